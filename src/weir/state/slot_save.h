// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Rows of a table as they are when a snapshot is taken, copied little by little while the table
// goes on changing. When the snapshot is taken only the names of the rows are noted, a bit a slot:
//
//   barrier          slots 0 2 3 are to be saved
//   Continue(2)      copies rows 0 and 2
//   row 3 is about to change: BeforeChange({3}) copies it first
//   Continue(2)      nothing is left: done
//
// Invariant: `columns_of` is asked for a slot once, before anything of that slot has changed since
// the snapshot was taken. Owners of tables see to it: they say what they change before they do.
//
// Threads: the task of the operator.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "weir/state/pool_vector.h"
#include "weir/state/snapshot.h"

namespace weir {

/// The columns of some slots.
using SlotColumns = std::function<Result<ColumnVector>(std::span<const uint32_t>)>;

/// A table as snapshots have it. `columns_of` gives the columns of `schema`; it is called until the
/// save is done, so that it must hold what it needs. `key_columns` are those of the key that
/// decides which subtask owns the row.
struct SlotTable {
  std::string name;
  Schema schema;
  SlotColumns columns_of;
  std::vector<int> key_columns;
};

/// Rows of one part of a snapshot.
inline constexpr int64_t kSnapshotRowsMax = 4096;

class SlotSave {
 public:
  /// `slots`: bit s of word s / 64 is set when slot s is to be saved. `target` outlives the save or
  /// calls Abandon.
  SlotSave(SlotTable table, PoolVector<uint64_t> slots, SnapshotWriter* target);

  bool is_done() const { return is_done_; }
  /// Copies what is to be saved of `slots` and has not been copied. Errors come out of Continue.
  void BeforeChange(std::span<const uint32_t> slots);
  /// Copies at most `rows_max` rows more.
  Status Continue(int64_t rows_max);
  /// Copies all that is left. Errors come out of Continue.
  void CopyAll();
  /// Nobody wants the snapshot any more.
  void Abandon() { End(); }

 private:
  Status Copy();
  void End();

  SlotTable table_;
  PoolVector<uint64_t> words_;
  SnapshotWriter* target_;
  int64_t next_word_ = 0;  // Words before it are empty.
  std::vector<uint32_t> copied_;
  Status status_;
  bool is_done_ = false;
};

/// Writes slots of a table that every snapshot holds as a whole.
Status SaveSlots(SnapshotWriter& snapshot, const SlotTable& table, std::span<const uint32_t> slots);

}  // namespace weir
