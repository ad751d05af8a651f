// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Rows that wait for a time: the windows of a join, a sort by event time.
//
//   Add  a@5 b@3 c@5      first_time 3      Take(3)  b      Take(5)  a c
//
// Rows have slots; a slot that Take has given out holds its row until Free.
//
// Threads: one task.
#pragma once

#include <string>
#include <vector>

#include "weir/state/slot_changes.h"
#include "weir/state/slot_column.h"
#include "weir/state/time_buckets.h"

namespace weir {

class TimedRows {
 public:
  TimedRows(const std::vector<DataType>& types, arrow::MemoryPool* pool);

  /// Each row of `rows` (ascending) of the columns waits for times[row].
  Status Add(const ColumnVector& columns, const std::vector<int64_t>& times,
             const std::vector<int32_t>& rows);
  bool empty() const { return buckets_.empty(); }
  /// The earliest time that is waited for; the greatest number when there is none.
  int64_t first_time() const { return buckets_.first_time(); }
  /// The rows that wait for `time`, in the order in which they came.
  std::vector<uint32_t> Take(int64_t time) { return buckets_.Take(time); }
  Result<ColumnVector> Get(std::span<const uint32_t> slots) { return rows_.Get(slots); }
  Status Free(std::span<const uint32_t> slots);

  /// Saves the rows that wait, as columns of `schema`.
  Status Save(SnapshotWriter& snapshot, std::string name, Schema schema,
              std::vector<int> key_columns);

 private:
  SlotRows rows_;
  TimeBuckets buckets_;
  std::vector<uint32_t> free_;
  int64_t num_slots_ = 0;
  SlotChanges changes_;
};

}  // namespace weir
