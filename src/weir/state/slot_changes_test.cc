// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/state/slot_changes.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "weir/data/random_column.h"
#include "weir/state/key_finder.h"
#include "weir/state/keyed_rows.h"

namespace weir {
namespace {

using Slots = std::vector<uint32_t>;

TEST(SlotChanges, NamesWhatHasChanged) {
  SlotChanges changes(TestPool());
  std::set<uint32_t> live = {0, 2, 3};
  auto is_live = [&](uint32_t slot) { return live.contains(slot); };
  changes.Mark(2);  // Off: nothing is kept, and no room is needed.
  EXPECT_FALSE(changes.is_on());
  EXPECT_FALSE(changes.Take(true, 4, is_live).ok());
  SlotsToSave all = Get(changes.Take(false, 4, is_live));
  EXPECT_EQ(all.live, (Slots{0, 2, 3}));
  EXPECT_TRUE(all.erased.empty());
  SlotsToSave none = Get(changes.Take(true, 4, is_live));
  EXPECT_TRUE(none.live.empty() && none.erased.empty());
  ASSERT_TRUE(changes.Reserve(200).ok());
  changes.Mark(3);
  changes.Mark(Slots{130, 3});
  changes.Mark(0);
  live = {2, 3, 130};
  SlotsToSave some = Get(changes.Take(true, 131, is_live));
  EXPECT_EQ(some.live, (Slots{3, 130}));
  EXPECT_EQ(some.erased, (Slots{0}));
  changes.MarkAll();
  live.clear();
  EXPECT_GE(Get(changes.Take(true, 0, is_live)).erased.size(), 131u);
}

class Incremental : public SnapshotWriter {
 public:
  explicit Incremental(bool is_incremental) : is_incremental_(is_incremental) {}
  Status Write(std::string_view, const Schema&, const Batch&, std::span<const uint64_t>) override {
    return Status::OK();
  }
  bool is_incremental() const override { return is_incremental_; }

 private:
  bool is_incremental_;
};

// What is saved by changes always amounts to what is there.
TEST(SlotChanges, KeyedTablesAndRowsAgainstAMap) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    KeyedTable table({DataType::BigInt()}, TestPool());
    KeyFinder finder(&table, TestPool());
    std::map<uint32_t, int64_t> saved;  // Key by slot, as snapshots have it.
    bool is_saved = false;
    for (int round = 0; round < 60; ++round) {
      std::vector<int64_t> numbers;
      for (int i = 0; i < 1 + static_cast<int>(random() % 60); ++i)
        numbers.push_back(static_cast<int64_t>(random() % 400));
      ColumnPtr keys = IntColumn(numbers);
      if (random() % 3 == 0) {
        std::vector<int32_t> indices;
        for (int i = 0; i < 50; ++i)
          indices.push_back(static_cast<int32_t>(random() % numbers.size()));
        keys = DictionaryColumn(keys, indices);
      }
      std::vector<uint32_t> slots(static_cast<size_t>(keys->length));
      ASSERT_TRUE(finder.FindOrInsert({keys}, keys->length, slots.data(), nullptr).ok());
      Slots live = table.LiveSlots(), erased;
      for (uint32_t slot : live) {
        if (random() % 5 == 0) erased.push_back(slot);
      }
      if (random() % 2 == 0) {
        ASSERT_TRUE(table.Erase(erased).ok());
      }
      if (random() % 30 == 0) {
        ASSERT_TRUE(table.Clear().ok());
      }
      if (random() % 3 != 0) continue;
      bool full = !is_saved || random() % 6 == 0;
      if (full) saved.clear();
      is_saved = true;
      SlotsToSave changes = Get(table.TakeChanges(Incremental(!full)));
      ColumnPtr values = Get(table.Keys(changes.live))[0];
      for (size_t i = 0; i < changes.live.size(); ++i)
        saved[changes.live[i]] = values->At<int64_t>(static_cast<int64_t>(i));
      for (uint32_t slot : changes.erased) saved.erase(slot);
      live = table.LiveSlots();
      ASSERT_EQ(saved.size(), live.size()) << seed;
      values = Get(table.Keys(live))[0];
      for (size_t i = 0; i < live.size(); ++i)
        ASSERT_EQ(saved[live[i]], values->At<int64_t>(static_cast<int64_t>(i))) << seed;
    }
  }
}

TEST(KeyedRows, ErasedSlotsAreUsedAgain) {
  for (RowLife life : {RowLife::kAdd, RowLife::kAddAndRemove}) {
    KeyedRows rows({DataType::BigInt()}, {DataType::BigInt(), DataType::String()}, life,
                   TestPool());
    auto add = [&](const std::vector<int64_t>& keys, const std::vector<std::string>& texts) {
      ColumnVector columns = {IntColumn(keys), StringColumn(texts)};
      std::vector<uint64_t> hashes;
      EXPECT_TRUE(HashKeys({columns[0]}, static_cast<int64_t>(keys.size()), &hashes).ok());
      std::vector<int32_t> all = ColumnRange(0, keys.size());
      std::vector<uint32_t> slots;
      EXPECT_TRUE(rows.Add({columns[0]}, hashes, columns, all, &slots).ok());
      return slots;
    };
    Slots first = add({1, 1, 2}, {"a", "b", "a text of more than twelve bytes"});
    EXPECT_EQ(Get(rows.TakeChanges(Incremental(false))).live, (Slots{0, 1, 2}));
    ASSERT_TRUE(rows.EraseSlots(Slots{1, 2}).ok());
    EXPECT_EQ(rows.size(), 1);
    Slots second = add({3}, {"c"});
    EXPECT_LT(second[0], 3u);
    SlotsToSave changes = Get(rows.TakeChanges(Incremental(true)));
    EXPECT_EQ(changes.live, second);
    EXPECT_EQ(changes.erased.size(), 1u);
    rows.Clear();
    EXPECT_EQ(rows.size(), 0);
    changes = Get(rows.TakeChanges(Incremental(true)));
    EXPECT_TRUE(changes.live.empty());
    EXPECT_GE(changes.erased.size(), 2u);
    EXPECT_EQ(add({5}, {"e"}), (Slots{0}));
    EXPECT_EQ(Get(rows.TakeChanges(Incremental(true))).live, (Slots{0}));
  }
}

}  // namespace
}  // namespace weir
