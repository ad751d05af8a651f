// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/state/keyed_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "weir/testing/text_batch.h"

namespace weir {
namespace {

arrow::MemoryPool* pool() { return arrow::default_memory_pool(); }

Batch Rows(const std::string& schema, const std::string& rows) {
  return ParseRows(rows, ParseSchemaText(schema).ValueOrDie(), pool()).ValueOrDie();
}

std::vector<uint64_t> Hashes(const Batch& batch) {
  std::vector<uint64_t> hashes(static_cast<size_t>(batch.num_rows));
  EXPECT_TRUE(HashColumns(batch.columns, batch.num_rows, hashes.data()).ok());
  return hashes;
}

struct Found {
  std::vector<uint32_t> slots;
  std::vector<int32_t> inserted;
};
Found FindOrInsert(KeyedTable* table, const Batch& batch) {
  Found found;
  found.slots.resize(static_cast<size_t>(batch.num_rows));
  Status status =
      table->FindOrInsert(batch.columns, Hashes(batch), found.slots.data(), &found.inserted);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return found;
}

TEST(KeyedTable, GivesDenseSlotsInOrder) {
  KeyedTable table({DataType::BigInt()}, pool());
  Found found = FindOrInsert(&table, Rows("k BIGINT", "+I 7  +I 8  +I 7  +I 9  +I 8"));
  EXPECT_EQ(found.slots, (std::vector<uint32_t>{0, 1, 0, 2, 1}));
  EXPECT_EQ(found.inserted, (std::vector<int32_t>{0, 1, 3}));
  EXPECT_EQ(table.size(), 3);
}

TEST(KeyedTable, ReusesSlotsOfErasedKeys) {
  KeyedTable table({DataType::String()}, pool());
  const std::string schema = "k STRING";
  FindOrInsert(&table, Rows(schema, "+I one  +I 'a long key that is not inline'  +I three"));
  ASSERT_TRUE(table.Erase(std::vector<uint32_t>{1}).ok());
  EXPECT_EQ(table.size(), 2);
  Found found =
      FindOrInsert(&table, Rows(schema, "+I three  +I 'another key that is not inline'  +I one"));
  EXPECT_EQ(found.slots, (std::vector<uint32_t>{2, 1, 0}));
  std::vector<uint32_t> slots = {1, kNoSlot, 2};
  ColumnVector keys = table.Keys(slots).ValueOrDie();
  EXPECT_EQ(keys[0]->views()[0].view(), "another key that is not inline");
  EXPECT_TRUE(keys[0]->IsNull(1));
  EXPECT_EQ(keys[0]->views()[2].view(), "three");
}

TEST(KeyedTable, NullEqualsNull) {
  KeyedTable table({DataType::Int(), DataType::String()}, pool());
  const std::string schema = "k INT, s STRING";
  Found found = FindOrInsert(
      &table, Rows(schema, "+I 1 a  +I null a  +I 1 null  +I null a  +I 1 null  +I 1 a"));
  EXPECT_EQ(found.slots, (std::vector<uint32_t>{0, 1, 2, 1, 2, 0}));
}

TEST(KeyedTable, FindsNestedAndApproximateKeys) {
  KeyedTable table({DataType::Array(DataType::Int()), DataType::Double(), DataType::Boolean()},
                   pool());
  const std::string schema = "a ARRAY<INT>, d DOUBLE, b BOOLEAN";
  Found found = FindOrInsert(
      &table,
      Rows(schema, "+I [1,2] 0.0 true  +I [1] 0.0 true  +I [1,2] -0.0 true  +I [1] 0.0 false"));
  EXPECT_EQ(found.slots, (std::vector<uint32_t>{0, 1, 0, 2}));
  Found again = FindOrInsert(&table, Rows(schema, "+I [1] 0.0 false  +I [1,2] 0.0 true"));
  EXPECT_EQ(again.slots, (std::vector<uint32_t>{2, 0}));
}

TEST(KeyedTable, FindDoesNotInsert) {
  KeyedTable table({DataType::Int()}, pool());
  FindOrInsert(&table, Rows("k INT", "+I 1  +I 2"));
  Batch batch = Rows("k INT", "+I 2  +I 3");
  std::vector<uint32_t> slots(2);
  ASSERT_TRUE(table.Find(batch.columns, Hashes(batch), slots.data()).ok());
  EXPECT_EQ(slots, (std::vector<uint32_t>{1, kNoSlot}));
  EXPECT_EQ(table.size(), 2);
}

TEST(KeyedTable, LooksAtChosenRowsOnly) {
  KeyedTable table({DataType::Int()}, pool());
  Batch batch = Rows("k INT", "+I 1  +I 2  +I 3  +I 1");
  std::vector<uint32_t> slots(4, 99);
  std::vector<int32_t> rows = {0, 2, 3}, inserted;
  ASSERT_TRUE(
      table.FindOrInsert(batch.columns, Hashes(batch), slots.data(), &inserted, &rows).ok());
  EXPECT_EQ(slots, (std::vector<uint32_t>{0, 99, 1, 0}));
  EXPECT_EQ(inserted, (std::vector<int32_t>{0, 2}));
}

// Against a plain map: inserts and erases of integers and of strings, with enough keys for a big
// index.
TEST(KeyedTable, AgreesWithMap) {
  std::mt19937_64 random(7);
  Schema schema = ParseSchemaText("k BIGINT, s STRING").ValueOrDie();
  KeyedTable table({DataType::BigInt(), DataType::String()}, pool());
  std::map<std::pair<int64_t, std::string>, uint32_t> model;
  for (int round = 0; round < 60; ++round) {
    BatchBuilder builder(schema, pool());
    std::vector<std::pair<int64_t, std::string>> keys;
    for (int i = 0; i < 1000; ++i) {
      auto number = static_cast<int64_t>(random() % 5000);
      std::string text = number % 3 == 0
                             ? fmt::format("a text too long for inlining {}", random() % 5)
                             : fmt::format("{}", random() % 3);
      keys.emplace_back(number, text);
      ASSERT_TRUE(builder.AppendRow({Value::Int(number), Value::String(text)}).ok());
    }
    Batch batch = builder.Finish().ValueOrDie();
    Found found = FindOrInsert(&table, batch);
    for (size_t i = 0; i < keys.size(); ++i) {
      auto [entry, is_new] = model.try_emplace(keys[i], found.slots[i]);
      ASSERT_EQ(entry->second, found.slots[i]);
    }
    ASSERT_EQ(static_cast<size_t>(table.size()), model.size());
    std::vector<uint32_t> erased;
    for (auto entry = model.begin(); entry != model.end();) {
      if (random() % 4 == 0) {
        erased.push_back(entry->second);
        entry = model.erase(entry);
      } else {
        ++entry;
      }
    }
    ASSERT_TRUE(table.Erase(erased).ok());
    std::vector<uint32_t> live = table.LiveSlots();
    ASSERT_EQ(live.size(), model.size());
    ColumnVector columns = table.Keys(live).ValueOrDie();
    for (size_t i = 0; i < live.size(); ++i) {
      auto row = static_cast<int64_t>(i);
      auto entry =
          model.find({columns[0]->At<int64_t>(row), std::string(columns[1]->views()[i].view())});
      ASSERT_NE(entry, model.end());
      ASSERT_EQ(entry->second, live[i]);
    }
  }
}

TEST(KeyedTable, ClearForgetsEverything) {
  KeyedTable table({DataType::Int()}, pool());
  FindOrInsert(&table, Rows("k INT", "+I 1  +I 2"));
  ASSERT_TRUE(table.Clear().ok());
  EXPECT_EQ(table.size(), 0);
  EXPECT_EQ(FindOrInsert(&table, Rows("k INT", "+I 2")).slots, (std::vector<uint32_t>{0}));
}

TEST(TouchedSlots, KeepsTheOrderOfFirstTouches) {
  TouchedSlots touched(pool());
  ASSERT_TRUE(touched.Begin(4).ok());
  for (uint32_t slot : {3u, 1u, 3u, 0u, 1u}) touched.Touch(slot);
  EXPECT_EQ(touched.slots(), (std::vector<uint32_t>{3, 1, 0}));
  EXPECT_EQ(touched.position(0), 2u);
  ASSERT_TRUE(touched.Begin(5).ok());
  EXPECT_TRUE(touched.Touch(3));
}

}  // namespace
}  // namespace weir
