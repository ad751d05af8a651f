// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/checkpoint/section.h"

#include <gtest/gtest.h>

#include <random>

#include "weir/data/random_column.h"

namespace weir {
namespace {

std::string BatchText(const Batch& batch) {
  std::string text;
  for (const ColumnPtr& column : batch.columns) text += RowsText(*column) + "\n";
  for (int64_t i = 0; i < batch.num_rows; ++i) text += RowKindText(batch.kind(i));
  return text;
}

// As it would be written behind `offset` bytes.
std::string Finished(SectionBuilder& builder, const Schema& schema, std::string_view object,
                     size_t offset) {
  std::string bytes(offset, 'x');
  EXPECT_TRUE(builder.Finish(schema, object, &bytes).ok());
  return bytes.substr(offset);
}

SubtaskSnapshot::Part RandomPart(std::mt19937_64& random, int64_t num_rows) {
  SubtaskSnapshot::Part part;
  part.table = "t";
  part.rows.num_rows = num_rows;
  for (const std::string& type : TestTypes()) {
    part.schema.fields.push_back({type, TypeOf(type)});
    part.rows.columns.push_back(RandomColumn(TypeOf(type), num_rows, random));
  }
  part.schema.fields.push_back({"null", DataType::Null()});
  part.rows.columns.push_back(Get(MakeNullColumn(DataType::Null(), num_rows, TestPool())));
  part.is_slot_table = random() % 2 == 0;
  uint32_t slot = 0;
  for (int64_t i = 0; i < num_rows; ++i) {
    part.key_hashes.push_back(random());
    slot += random() % 4 == 0 ? static_cast<uint32_t>(random() % 100) : 1;
    if (part.is_slot_table) part.slots.push_back(slot);
  }
  if (random() % 2 == 0) {
    auto kinds = Get(AllocateBuffer(num_rows, TestPool()));
    for (int64_t i = 0; i < num_rows; ++i)
      kinds->mutable_data()[i] = static_cast<uint8_t>(random() % 4);
    part.rows.row_kinds = std::move(kinds);
  }
  if (part.is_slot_table) part.erased = {7, 9, 4'000'000'000u, 1};
  return part;
}

TEST(Section, EveryTypeInEveryEncodingComesBack) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 60; ++round) {
    SubtaskSnapshot::Part part = RandomPart(random, static_cast<int64_t>(random() % 50));
    SectionBuilder builder(round % 3 == 0 ? 1 : 1 << 20);
    ASSERT_TRUE(builder.Add(part, TestPool()).ok());
    ASSERT_TRUE(builder.Add(part, TestPool()).ok());
    std::string bytes = Finished(builder, part.schema, "data/a", 17);
    auto rows = DecodeSection(bytes, part.schema, "data/a", 17, TestPool());
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    int times = 0;
    std::vector<uint32_t> erased;
    for (const SectionRows& group : *rows) {
      erased.insert(erased.end(), group.erased.begin(), group.erased.end());
      if (group.rows.num_rows == 0) continue;
      ++times;
      EXPECT_EQ(BatchText(group.rows), BatchText(part.rows));
      EXPECT_EQ(group.slots, part.slots);
      for (size_t i = 0; i < part.key_hashes.size(); ++i)
        EXPECT_EQ(group.hash_prefixes[i], part.key_hashes[i] >> 32);
    }
    EXPECT_EQ(times, part.rows.num_rows == 0 ? 0 : 2);
    EXPECT_EQ(erased.size(), 2 * part.erased.size());
  }
}

TEST(Section, LongRowsAreSplit) {
  SubtaskSnapshot::Part part;
  part.schema = {{{"s", DataType::String()}}};
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i)
    texts.push_back(std::string(200'000, static_cast<char>('a' + i % 26)));
  part.rows = {100, {StringColumn(texts)}, nullptr};
  part.key_hashes.assign(100, 5);
  SectionBuilder builder(1 << 20);
  ASSERT_TRUE(builder.Add(part, TestPool()).ok());
  std::string bytes = Finished(builder, part.schema, "o", 0);
  std::vector<SectionRows> rows = Get(DecodeSection(bytes, part.schema, "o", 0, TestPool()));
  EXPECT_GT(rows.size(), 4u);
  std::vector<Batch> batches;
  for (const SectionRows& group : rows) batches.push_back(group.rows);
  Batch all = Get(ConcatBatches(batches, part.schema, TestPool()));
  EXPECT_EQ(RowsText(*all.columns[0]), RowsText(*part.rows.columns[0]));
}

TEST(Section, DamageIsFound) {
  std::mt19937_64 random(2);
  SubtaskSnapshot::Part part = RandomPart(random, 9);
  SectionBuilder builder(1 << 20);
  ASSERT_TRUE(builder.Add(part, TestPool()).ok());
  std::string good = Finished(builder, part.schema, "data/a", 64);
  auto fails = [&](std::string_view bytes, std::string_view object, int64_t offset) {
    auto rows = DecodeSection(bytes, part.schema, object, offset, TestPool());
    return !rows.ok() && GetErrorInfo(rows.status()).code == ErrorCode::kCorruption &&
           rows.status().message().find(object) != std::string::npos;
  };
  EXPECT_FALSE(fails(good, "data/a", 64));
  EXPECT_TRUE(fails(good, "data/b", 64));
  EXPECT_TRUE(fails(good, "data/a", 0));
  EXPECT_TRUE(fails(good + "x", "data/a", 64));
  for (size_t i = 0; i < good.size(); ++i) {
    EXPECT_TRUE(fails(std::string_view(good).substr(0, i), "data/a", 64)) << i;
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
      EXPECT_TRUE(fails(bad, "data/a", 64)) << i;
    }
  }
}

// With a checksum that fits, damage may give other rows, but never reads behind the end.
TEST(Section, BytesMadeOnPurposeDoNoHarm) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 3000; ++round) {
    SubtaskSnapshot::Part part = RandomPart(random, static_cast<int64_t>(random() % 6));
    SectionBuilder builder(1 << 20);
    ASSERT_TRUE(builder.Add(part, TestPool()).ok());
    std::string bytes = Finished(builder, part.schema, "o", 0);
    bytes.resize(bytes.size() - 8);
    for (int n = 1 + static_cast<int>(random() % 3); n > 0; --n)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    uint64_t checksum = PlaceChecksum(bytes, "o", 0);
    bytes.append(reinterpret_cast<const char*>(&checksum), 8);
    auto rows = DecodeSection(bytes, part.schema, "o", 0, TestPool());
    if (!rows.ok()) continue;
    for (const SectionRows& group : *rows) (void)BatchBytes(group.rows);
  }
}

}  // namespace
}  // namespace weir
