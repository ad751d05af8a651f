// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Finds the slots of a batch's keys in a KeyedTable and remembers them by dictionary entry.
//
//   key columns   name: dictionary {a, b}, rows 1 0 1 1     end: constant 10
//   codes         1 0 1 1                                   of 2 x 1 combinations
//   slots         of (b, 10), (a, 10): hashed and probed once, also over batches, while the
//                 dictionaries stay the same and the table forgets nothing
//
// Other key columns are hashed and probed row by row.
//
// Threads: one task.
#pragma once

#include <vector>

#include "weir/state/keyed_table.h"

namespace weir {

class KeyFinder {
 public:
  /// `table` outlives this object.
  KeyFinder(KeyedTable* table, arrow::MemoryPool* pool) : table_(table), pool_(pool) {}
  /// KeyedTable::FindOrInsert for all rows of `keys` (at least one column), hashed by HashKeys.
  Status FindOrInsert(const ColumnVector& keys, int64_t num_rows, uint32_t* slots,
                      std::vector<int32_t>* inserted);

 private:
  bool CanRemember(const ColumnVector& keys, int64_t num_rows);
  const int32_t* Codes(const ColumnVector& keys, int64_t num_rows);
  Status FindMissing(const ColumnVector& keys, const int32_t* codes, int64_t num_rows,
                     uint32_t* slots, std::vector<int32_t>* inserted);

  KeyedTable* table_;
  arrow::MemoryPool* pool_;
  // What slot_of_code_ holds for: a dictionary, or a constant, of each key.
  ColumnVector remembered_;
  uint64_t table_changes_ = 0;
  std::vector<uint32_t> slot_of_code_;  // kNoSlot: not looked up yet.
  // Of the batch at hand.
  std::vector<int32_t> codes_, first_rows_, inserted_;
  std::vector<uint32_t> found_;
  std::vector<uint64_t> hashes_;
};

}  // namespace weir
