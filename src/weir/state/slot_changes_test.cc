// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/state/slot_changes.h"

#include <gmock/gmock.h>
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

/// What a snapshot says of one table with a BIGINT column: the value of each slot.
class Recorder : public SnapshotWriter {
 public:
  Recorder(bool is_incremental, bool is_deferred)
      : is_incremental_(is_incremental), is_deferred_(is_deferred) {}
  Status Write(std::string_view, const Schema&, const Batch&, std::span<const uint64_t>) override {
    return Internal("a slot table");
  }
  bool is_incremental() const override { return is_incremental_; }
  Status WriteSlots(std::string_view, const Schema&, const Batch& rows, std::span<const uint64_t>,
                    std::span<const uint32_t> slots) override {
    for (size_t i = 0; i < slots.size(); ++i) {
      bool is_first =
          live.emplace(slots[i], rows.columns[0]->At<int64_t>(static_cast<int64_t>(i))).second;
      if (!is_first) return Internal("slot {} is saved twice", slots[i]);
    }
    return Status::OK();
  }
  Status EraseSlots(std::string_view, std::span<const uint32_t> slots) override {
    erased.insert(slots.begin(), slots.end());
    return Status::OK();
  }
  Status Defer(std::shared_ptr<SlotSave> save) override {
    if (!is_deferred_) return SnapshotWriter::Defer(std::move(save));
    deferred = std::move(save);
    return Status::OK();
  }
  Slots live_slots() const {
    Slots slots;
    for (const auto& [slot, value] : live) slots.push_back(slot);
    return slots;
  }

  std::map<uint32_t, int64_t> live;
  std::set<uint32_t> erased;
  std::shared_ptr<SlotSave> deferred;

 private:
  bool is_incremental_, is_deferred_;
};

SlotTable TableOf(SlotColumns columns_of) {
  return {"table", {{{"k", DataType::BigInt()}}}, std::move(columns_of), {0}};
}

TEST(SlotChanges, NamesWhatHasChanged) {
  SlotChanges changes(TestPool());
  std::set<uint32_t> live = {0, 2, 3};
  auto save = [&](bool is_incremental, int64_t num_slots) -> Result<Recorder> {
    Recorder recorder(is_incremental, false);
    auto columns_of = [](std::span<const uint32_t> slots) -> Result<ColumnVector> {
      return ColumnVector{IntColumn({slots.begin(), slots.end()})};
    };
    WEIR_RETURN_NOT_OK(changes.Save(recorder, TableOf(columns_of), num_slots,
                                    [&](uint32_t slot) { return live.contains(slot); }));
    return recorder;
  };
  changes.Mark(2);  // Off: nothing is kept, and no room is needed.
  EXPECT_FALSE(changes.is_on());
  EXPECT_FALSE(save(true, 4).ok());
  Recorder all = Get(save(false, 4));
  EXPECT_EQ(all.live_slots(), (Slots{0, 2, 3}));
  EXPECT_TRUE(all.erased.empty());
  Recorder none = Get(save(true, 4));
  EXPECT_TRUE(none.live.empty() && none.erased.empty());
  ASSERT_TRUE(changes.Reserve(200).ok());
  changes.Mark(3);
  changes.Mark(Slots{130, 3});
  changes.Mark(0);
  live = {2, 3, 130};
  Recorder some = Get(save(true, 131));
  EXPECT_EQ(some.live_slots(), (Slots{3, 130}));
  EXPECT_EQ(some.erased, (std::set<uint32_t>{0}));
  changes.MarkAll();
  live.clear();
  EXPECT_GE(Get(save(true, 0)).erased.size(), 131u);
}

// What is saved by changes always amounts to what was there when the snapshot was taken, however
// much the table changes while the rows are copied.
TEST(SlotChanges, KeyedTablesAgainstAMap) {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    KeyedTable table({DataType::BigInt()}, TestPool());
    KeyFinder finder(&table, TestPool());
    std::vector<int64_t> values;         // What is kept by slot: changes after the marks.
    std::map<uint32_t, int64_t> saved;   // As snapshots have it.
    std::map<uint32_t, int64_t> wanted;  // When the snapshot was taken.
    auto taken = std::make_unique<Recorder>(false, true);
    bool is_saved = false;
    auto columns_of = [&](std::span<const uint32_t> slots) -> Result<ColumnVector> {
      std::vector<int64_t> numbers;
      for (uint32_t slot : slots) numbers.push_back(values[slot]);
      return ColumnVector{IntColumn(numbers)};
    };
    auto end_save = [&]() {
      if (!is_saved) return;
      while (!taken->deferred->is_done())
        ASSERT_TRUE(taken->deferred->Continue(1 + static_cast<int64_t>(random() % 90)).ok());
      if (!taken->is_incremental()) saved.clear();
      for (uint32_t slot : taken->erased) saved.erase(slot);
      for (const auto& [slot, value] : taken->live) saved[slot] = value;
      ASSERT_EQ(saved, wanted) << seed;
    };
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
      values.resize(static_cast<size_t>(table.num_slots()));
      for (uint32_t slot : slots) values[slot] = static_cast<int64_t>(random());
      Slots erased;
      for (uint32_t slot : table.LiveSlots()) {
        if (random() % 5 == 0) erased.push_back(slot);
      }
      if (random() % 2 == 0) {
        ASSERT_TRUE(table.Erase(erased).ok());
        for (uint32_t slot : erased) values[slot] = -1;
      }
      if (random() % 30 == 0) {
        ASSERT_TRUE(table.Clear().ok());
      }
      if (is_saved && random() % 2 == 0) {
        ASSERT_TRUE(taken->deferred->Continue(static_cast<int64_t>(random() % 40)).ok());
      }
      if (random() % 3 != 0) continue;
      end_save();
      bool is_full = !is_saved || random() % 6 == 0;
      is_saved = true;
      taken = std::make_unique<Recorder>(!is_full, true);
      wanted.clear();
      for (uint32_t slot : table.LiveSlots()) wanted[slot] = values[slot];
      ASSERT_TRUE(table.Save(*taken, TableOf(columns_of)).ok());
    }
    end_save();
  }
}

TEST(SlotSave, AbandonedSavesCopyNothing) {
  KeyedTable table({DataType::BigInt()}, TestPool());
  std::vector<uint32_t> slots(3);
  auto add = [&](const std::vector<int64_t>& numbers) {
    ColumnVector keys = {IntColumn(numbers)};
    std::vector<uint64_t> hashes;
    ASSERT_TRUE(HashKeys(keys, 3, &hashes).ok());
    ASSERT_TRUE(table.FindOrInsert(keys, hashes, slots.data(), nullptr).ok());
  };
  auto columns_of = [&](std::span<const uint32_t> some) { return table.Keys(some); };
  add({1, 2, 3});
  {
    Recorder given_up(false, true);
    ASSERT_TRUE(table.Save(given_up, TableOf(columns_of)).ok());
    ASSERT_TRUE(given_up.deferred->Continue(1).ok());
    given_up.deferred->Abandon();
    EXPECT_EQ(given_up.live.size(), 1u);
  }
  add({2, 3, 4});
  Recorder next(false, true);
  ASSERT_TRUE(table.Save(next, TableOf(columns_of)).ok());
  add({4, 5, 6});
  ASSERT_TRUE(next.deferred->Continue(100).ok());
  EXPECT_TRUE(next.deferred->is_done());
  EXPECT_EQ(next.live, (std::map<uint32_t, int64_t>{{0, 1}, {1, 2}, {2, 3}, {3, 4}}));
}

TEST(SlotSave, ErrorsComeOutOfContinue) {
  KeyedTable table({DataType::BigInt()}, TestPool());
  ColumnVector keys = {IntColumn({1, 2})};
  std::vector<uint64_t> hashes;
  ASSERT_TRUE(HashKeys(keys, 2, &hashes).ok());
  std::vector<uint32_t> slots(2);
  ASSERT_TRUE(table.FindOrInsert(keys, hashes, slots.data(), nullptr).ok());
  Recorder recorder(false, true);
  ASSERT_TRUE(table
                  .Save(recorder, TableOf([](std::span<const uint32_t>) -> Result<ColumnVector> {
                          return ResourceExhausted("no memory is left");
                        }))
                  .ok());
  table.MarkChanged(slots);
  EXPECT_THAT(recorder.deferred->Continue(1).message(), ::testing::HasSubstr("no memory is left"));
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
    auto save = [&](bool is_incremental) {
      Recorder recorder(is_incremental, false);
      EXPECT_TRUE(rows.Save(recorder, TableOf([&](std::span<const uint32_t> slots) {
                              return rows.Get(slots);
                            }))
                      .ok());
      return recorder;
    };
    EXPECT_EQ(save(false).live_slots(), (Slots{0, 1, 2}));
    ASSERT_TRUE(rows.EraseSlots(Slots{1, 2}).ok());
    EXPECT_EQ(rows.size(), 1);
    Slots second = add({3}, {"c"});
    EXPECT_LT(second[0], 3u);
    Recorder changes = save(true);
    EXPECT_EQ(changes.live_slots(), second);
    EXPECT_EQ(changes.erased.size(), 1u);
    rows.Clear();
    EXPECT_EQ(rows.size(), 0);
    changes = save(true);
    EXPECT_TRUE(changes.live.empty());
    EXPECT_GE(changes.erased.size(), 2u);
    EXPECT_EQ(add({5}, {"e"}), (Slots{0}));
    EXPECT_EQ(save(true).live_slots(), (Slots{0}));
  }
}

}  // namespace
}  // namespace weir
