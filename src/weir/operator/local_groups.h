// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What the local stages of aggregation share (local_aggregate.cc, local_slices.cc): groups of some
// rows, passed on as keys and partial states whenever the operator wants. Where grouping does not
// make rows fewer, rows are converted to states one by one for a while.
//
// State: the groups not passed on.
//
// Threads: one task.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/operator/aggregate_calls.h"
#include "weir/operator/group_aggregate.h"
#include "weir/operator/output_queue.h"
#include "weir/state/key_finder.h"

namespace weir {

class LocalGroups {
 public:
  /// `spec` as of MakeLocalAggregate. Errors: kUnsupported for functions that cannot be split.
  static Result<std::unique_ptr<LocalGroups>> Make(const GroupAggregateSpec& spec,
                                                   OperatorContext& context);
  /// Adds the rows of `batch` to their groups, or puts each into `queue` as a group of its own.
  Status Add(const Batch& batch, OutputQueue* queue);
  /// Puts the groups into `queue` and forgets them.
  Status PassOn(OutputQueue* queue);
  bool empty() const { return table_.size() == 0; }
  /// More groups would no longer stay in a core's own cache.
  bool is_full() const;
  Status Save(SnapshotWriter& snapshot);
  Status Restore(SnapshotReader& snapshot);

 private:
  LocalGroups(const GroupAggregateSpec& spec, std::vector<DataType> key_types,
              OperatorContext& context)
      : key_columns_(spec.key_columns),
        key_types_(std::move(key_types)),
        context_(context),
        table_(key_types_, context.pool),
        finder_(&table_, context.pool) {}
  Status FindGroups(const ColumnVector& keys, int64_t num_rows);
  Status ConvertRows(const Batch& batch, ColumnVector keys, OutputQueue* queue);
  Schema GroupSchema() const;

  std::vector<int> key_columns_;
  std::vector<DataType> key_types_;
  OperatorContext& context_;
  KeyedTable table_;
  KeyFinder finder_;
  std::unique_ptr<AggregateCalls> calls_;
  // How many groups came of how many rows lately, and for how many rows grouping is given up.
  int64_t trial_rows_ = 0, trial_groups_ = 0;
  int64_t bypass_rows_ = 0;
  std::vector<uint32_t> slots_;  // Of the batch at hand.
};

}  // namespace weir
