// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/state/key_finder.h"

#include <gtest/gtest.h>

#include "weir/testing/text_batch.h"

namespace weir {
namespace {

arrow::MemoryPool* pool() { return arrow::default_memory_pool(); }

ColumnPtr Flat(const std::string& type, const std::string& rows) {
  return ParseRows(rows, ParseSchemaText("c " + type).ValueOrDie(), pool()).ValueOrDie().columns[0];
}

ColumnPtr Dictionary(const ColumnPtr& entries, const std::vector<int32_t>& indices) {
  auto column = std::make_shared<Column>();
  column->type = entries->type;
  column->length = static_cast<int64_t>(indices.size());
  column->encoding = Encoding::kDictionary;
  auto buffer = AllocateBuffer(column->length * 4, pool()).ValueOrDie();
  std::memcpy(buffer->mutable_data(), indices.data(), indices.size() * 4);
  column->values = std::move(buffer);
  column->children = {entries};
  return column;
}

class KeyFinderTest : public testing::Test {
 protected:
  std::vector<uint32_t> Find(KeyFinder* finder, const ColumnVector& keys) {
    std::vector<uint32_t> slots(static_cast<size_t>(keys[0]->length));
    inserted_.clear();
    Status status = finder->FindOrInsert(keys, keys[0]->length, slots.data(), &inserted_);
    EXPECT_TRUE(status.ok()) << status.ToString();
    return slots;
  }
  std::vector<int32_t> inserted_;
};

using Slots = std::vector<uint32_t>;
using Rows = std::vector<int32_t>;

TEST_F(KeyFinderTest, LooksDictionaryEntriesUpOnce) {
  KeyedTable table({DataType::String()}, pool());
  KeyFinder finder(&table, pool());
  ColumnPtr entries = Flat("STRING", "+I a  +I b  +I a  +I c");  // One value twice.
  EXPECT_EQ(Find(&finder, {Dictionary(entries, {1, 0, 1, 2})}), (Slots{0, 1, 0, 1}));
  EXPECT_EQ(inserted_, (Rows{0, 1}));
  EXPECT_EQ(Find(&finder, {Dictionary(entries, {3, 0, 3, 1})}), (Slots{2, 1, 2, 0}));
  EXPECT_EQ(inserted_, (Rows{0}));
  // Flat keys are the same keys.
  EXPECT_EQ(Find(&finder, {Flat("STRING", "+I c  +I d  +I a")}), (Slots{2, 3, 1}));
  EXPECT_EQ(inserted_, (Rows{1}));
  EXPECT_EQ(table.size(), 4);
}

TEST_F(KeyFinderTest, CombinesDictionariesAndConstants) {
  KeyedTable table({DataType::BigInt(), DataType::String(), DataType::Int()}, pool());
  KeyFinder finder(&table, pool());
  ColumnPtr names = Flat("STRING", "+I a  +I b"), numbers = Flat("INT", "+I 7  +I 8  +I 9");
  auto constant = [&](const char* row) {
    return Repeat(Flat("BIGINT", row), 5, pool()).ValueOrDie();
  };
  ColumnPtr name = Dictionary(names, {0, 1, 0, 1, 0});
  ColumnPtr number = Dictionary(numbers, {2, 2, 2, 0, 1});
  EXPECT_EQ(Find(&finder, {constant("+I 10"), name, number}), (Slots{0, 1, 0, 2, 3}));
  EXPECT_EQ(Find(&finder, {constant("+I 10"), name, number}), (Slots{0, 1, 0, 2, 3}));
  EXPECT_EQ(inserted_, Rows{});
  EXPECT_EQ(Find(&finder, {constant("+I 20"), name, number}), (Slots{4, 5, 4, 6, 7}));
  EXPECT_EQ(Find(&finder, {constant("+I null"), name, number}), (Slots{8, 9, 8, 10, 11}));
}

TEST_F(KeyFinderTest, ForgetsWithTheTable) {
  KeyedTable table({DataType::String()}, pool());
  KeyFinder finder(&table, pool());
  ColumnPtr key = Dictionary(Flat("STRING", "+I a  +I b"), {0, 1, 1});
  EXPECT_EQ(Find(&finder, {key}), (Slots{0, 1, 1}));
  ASSERT_TRUE(table.Erase(Slots{0}).ok());
  EXPECT_EQ(Find(&finder, {Flat("STRING", "+I z")}), (Slots{0}));
  EXPECT_EQ(Find(&finder, {key}), (Slots{2, 1, 1}));
  EXPECT_EQ(inserted_, (Rows{0}));
  ASSERT_TRUE(table.Clear().ok());
  EXPECT_EQ(Find(&finder, {key}), (Slots{0, 1, 1}));
}

}  // namespace
}  // namespace weir
