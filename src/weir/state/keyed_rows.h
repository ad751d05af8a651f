// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A multimap: rows by key. One side of a join.
//
//   key 1   -> row 0 -> row 3          rows of a key form a list in the order in which they came
//   key 2   -> row 1
//
// Rows that are only added each have a slot of their own. Where rows are taken away again they are
// found by value: equal rows share a slot, which counts them.
//
// State: saved by row slot, as rows with their counts; which slots have changed since is known
// here.
//
// Threads: one task.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "weir/state/keyed_table.h"

namespace weir {

/// kAdd: rows are only added. kAddAndRemove: they are found by value.
enum class RowLife : uint8_t { kAdd, kAddAndRemove };

class KeyedRows {
 public:
  KeyedRows(std::vector<DataType> key_types, std::vector<DataType> row_types, RowLife life,
            arrow::MemoryPool* pool);

  /// Adds `rows` (ascending) of the columns; slots[row] becomes each one's slot.
  Status Add(const ColumnVector& keys, std::span<const uint64_t> key_hashes,
             const ColumnVector& columns, const std::vector<int32_t>& rows,
             std::vector<uint32_t>* slots);
  /// Takes rows away, each once; rows that are not there are left alone.
  Status Remove(const ColumnVector& columns, int64_t num_rows, const std::vector<int32_t>& rows);
  /// The slots of equal rows, kNoSlot where there is none. Only where rows are found by value.
  Status FindRows(const ColumnVector& columns, int64_t num_rows, const std::vector<int32_t>& rows,
                  std::vector<uint32_t>* slots);
  /// Takes the rows of `slots` away, however often each is there.
  Status EraseSlots(std::span<const uint32_t> slots);
  /// firsts[row] becomes the first row slot of each row's key, or kNoSlot.
  Status FindFirst(const ColumnVector& keys, std::span<const uint64_t> key_hashes,
                   const std::vector<int32_t>& rows, std::vector<uint32_t>* firsts);
  /// The next row of the same key, or kNoSlot.
  uint32_t Next(uint32_t slot) const { return next_[slot]; }
  void Prefetch(uint32_t slot) const { __builtin_prefetch(next_.data() + slot); }
  /// How often the row is there.
  int64_t count(uint32_t slot) const { return counts_.size() == 0 ? 1 : counts_[slot]; }
  void set_count(uint32_t slot, int64_t count) { counts_[slot] = count; }

  int64_t size() const { return num_rows_; }
  /// All row slots are below this.
  int64_t num_slots() const { return next_.size(); }
  std::vector<uint32_t> Live() const;
  Result<ColumnVector> Get(std::span<const uint32_t> slots) {
    return table_ ? table_->Keys(slots) : rows_.Get(slots);
  }
  /// Forgets all rows and gives their memory back.
  void Clear();

  /// Saves what `table` keeps by row slot. Adding and taking away mark slots; who keeps more by
  /// slot calls MarkChanged before it changes that.
  Status Save(SnapshotWriter& snapshot, SlotTable table) {
    return changes_.Save(snapshot, std::move(table), num_slots(),
                         [this](uint32_t slot) { return live_[slot] != 0; });
  }
  void MarkChanged(std::span<const uint32_t> slots) { changes_.Mark(slots); }
  /// False: marks are for nothing, since no snapshot has been taken.
  bool tracks_changes() const { return changes_.is_on(); }

 private:
  Status MakeRoom(int64_t num_slots);
  void Link(uint32_t slot, uint32_t key);
  void Unlink(uint32_t slot, std::vector<uint32_t>* gone_keys);

  std::vector<DataType> key_types_;
  arrow::MemoryPool* pool_;
  KeyedTable keys_;
  PoolVector<uint32_t> heads_, tails_;  // By key.
  SlotRows rows_;                       // RowLife::kAdd.
  std::optional<KeyedTable> table_;     // RowLife::kAddAndRemove.
  // By row.
  PoolVector<uint32_t> next_, previous_, key_;
  PoolVector<int64_t> counts_;
  PoolVector<uint8_t> live_;
  PoolVector<uint32_t> free_slots_;  // RowLife::kAdd.
  SlotChanges changes_;
  int64_t num_rows_ = 0;
  // Of the batch at hand.
  std::vector<uint32_t> key_slots_;
  std::vector<uint64_t> row_hashes_;
  std::vector<int32_t> inserted_;
};

}  // namespace weir
