// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What an operator writes when it is saved and reads when it is restored: named tables of batches.
// Keyed tables carry the key hash of each row, so that a restore at another parallelism can hand
// every row to the subtask that owns it. Slot tables carry the slot of each row as well: within one
// run of an operator it names the row, so that a snapshot can hold changes only (decision 6).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/data/batch.h"

namespace weir {

/// Key groups are ranges of the high bits of the 64-bit key hash: subtask i of n owns hashes whose
/// high 32 bits h satisfy (h * n) >> 32 == i. Any parallelism can own any interval.
inline int SubtaskOfHash(uint64_t hash, int parallelism) {
  return static_cast<int>(((hash >> 32) * static_cast<uint64_t>(parallelism)) >> 32);
}

class SlotSave;

class SnapshotWriter {
 public:
  virtual ~SnapshotWriter() = default;
  /// Adds rows to table `name`. `key_hashes`: one a row for keyed tables; empty: the rows are not
  /// keyed (they go to every subtask on restore, which takes what it wants).
  virtual Status Write(std::string_view name, const Schema& schema, const Batch& rows,
                       std::span<const uint64_t> key_hashes) = 0;
  /// The checkpoint that is being taken; 0 outside of checkpoints.
  virtual int64_t epoch() const { return 0; }
  /// True: slot tables need only what has changed since this operator's last Save. False:
  /// everything.
  virtual bool is_incremental() const { return false; }
  /// As Write, for a table whose rows are addressed by slot: slots[i] now holds row i. A table is
  /// written either by Write or by these two.
  virtual Status WriteSlots(std::string_view name, const Schema& schema, const Batch& rows,
                            std::span<const uint64_t> key_hashes, std::span<const uint32_t> slots) {
    return Write(name, schema, rows, key_hashes);
  }
  /// These slots hold nothing any more. Only where is_incremental.
  virtual Status EraseSlots(std::string_view name, std::span<const uint32_t> slots) {
    return Status::OK();
  }
  /// Rows that are to be copied into this snapshot, which may take its time with it (see
  /// state/slot_save.h). Here: all at once.
  virtual Status Defer(std::shared_ptr<SlotSave> save);
};

class SnapshotReader {
 public:
  virtual ~SnapshotReader() = default;
  /// The rows of table `name` that belong to this subtask (all rows when the table is not keyed);
  /// none if it is missing. Errors: kCorruption when bytes are damaged, kInvalidQuery when `schema`
  /// does not fit.
  virtual Result<std::vector<Batch>> Read(std::string_view name, const Schema& schema) = 0;
};

}  // namespace weir
