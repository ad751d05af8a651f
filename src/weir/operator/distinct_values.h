// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The distinct values of each group, for all DISTINCT calls over one argument list: one probe a row
// serves any number of FILTERs over the same arguments.
//
//   COUNT(DISTINCT x), COUNT(DISTINCT x) FILTER (a), SUM(DISTINCT x) FILTER (b): filters {none, a,
//   b} = bits 0 1 2 value (group slot, x)   seen 0b011       append-only input: a bit a filter
//                           counts 4 2 0     changelog input: how many rows of each filter have the
//                           value
//
// Values of a group form a list, so that a group is emptied or merged without a scan.
// State: one entry per (group, value).
//
// Cost: one probe a row, one bit operation a filter.
//
// Threads: one task.
#pragma once

#include <memory>
#include <vector>

#include "weir/data/batch.h"
#include "weir/state/keyed_table.h"

namespace weir {

class DistinctValues {
 public:
  static constexpr int kFiltersMax = 64;

  DistinctValues(std::vector<int> columns, std::vector<DataType> types, bool may_retract,
                 arrow::MemoryPool* pool);

  const std::vector<int>& columns() const { return columns_; }
  const std::vector<DataType>& types() const { return types_; }
  const std::vector<int>& filters() const { return filters_; }
  /// The bit of filter column `filter` (-1: none); adds it. -1 when there are too many.
  int BitOf(int filter);
  /// Calls that read bit `bit`.
  std::vector<int>& calls(int bit) { return calls_[static_cast<size_t>(bit)]; }

  struct Rows {
    std::vector<int32_t> accumulate;  // First rows of their value.
    std::vector<int32_t> retract;     // Last rows of their value.
  };
  /// Takes in rows; afterwards rows(bit) are those that make a value come or go. `accumulate[bit]`
  /// and `retract[bit]` are the rows that pass the bit's filter, ascending; a null
  /// `accumulate[bit]` stands for all rows.
  Status Apply(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
               const std::vector<const std::vector<int32_t>*>& accumulate,
               const std::vector<const std::vector<int32_t>*>& retract);
  const Rows& rows(int bit) const { return rows_[static_cast<size_t>(bit)]; }

  /// Copies group `from`'s values into group `to`. `args` get the values of `from`; afterwards
  /// rows(bit).accumulate are the rows of `args` that are new in `to`.
  Status Merge(uint32_t from, uint32_t to, ColumnVector* args);
  /// Forgets the values of groups.
  Status Reset(std::span<const uint32_t> slots);

  int64_t num_values() const { return table_.size(); }
  /// `columns_of` gives what names a group, which stays the same while it lives.
  Status Save(SnapshotWriter& snapshot, std::string_view name,
              const std::vector<DataType>& group_types, const SlotColumns& columns_of,
              const std::vector<int>& key_columns);
  Status Restore(
      SnapshotReader& snapshot, std::string_view name, const std::vector<DataType>& group_types,
      const std::function<Status(const ColumnVector&, int64_t, std::vector<uint32_t>*)>& slots_of);

 private:
  Status FindEntries(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                     const std::vector<int32_t>* rows);
  void ApplySeen(const std::vector<int32_t>* rows, int64_t num_rows, uint64_t all_rows_mask);
  Status ApplyCounts(int64_t num_rows);
  Status EraseEntries(const std::vector<uint32_t>& entries);
  Schema SnapshotSchema(const std::vector<DataType>& group_types) const;
  int num_bits() const { return static_cast<int>(filters_.size()); }

  std::vector<int> columns_;
  std::vector<DataType> types_;
  bool may_retract_;
  arrow::MemoryPool* pool_;
  std::vector<int> filters_;
  std::vector<std::vector<int>> calls_;
  KeyedTable table_;  // Keys: group slot INT, then the values.
  PoolVector<uint64_t> seen_;
  PoolVector<int64_t> counts_;  // num_bits() an entry.
  // A doubly linked list of entries for each group slot.
  PoolVector<uint32_t> next_, previous_, group_, heads_;
  // Of the batch at hand.
  std::vector<Rows> rows_;
  std::vector<uint64_t> hashes_, masks_, retract_masks_;
  std::vector<uint32_t> entries_;
  std::vector<int32_t> inserted_, selected_;
};

}  // namespace weir
