// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The aggregate calls of one operator over groups that are addressed by slot: arguments, FILTER,
// DISTINCT and row kinds are resolved here, a batch at a time, before the functions' accumulators
// see plain columns.
//
//   rows -> FILTER (row lists, once a filter column) -> DISTINCT (operator/distinct_values.h, once
//   an argument list)
//        -> Accumulators (expr/aggregate.h), one a call
//
// Knows nothing of keys, windows or changelogs of the output: group_aggregate.cc and
// window_aggregate.cc give slots.
//
// Threads: one task.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/data/batch.h"
#include "weir/expr/aggregate.h"
#include "weir/memory/budget_pool.h"
#include "weir/operator/distinct_values.h"
#include "weir/state/keyed_table.h"

namespace weir {

/// One aggregate call over the input's columns.
struct AggregateCallSpec {
  std::string function;   // "SUM"; COUNT without arguments is COUNT(*).
  std::vector<int> args;  // Input columns.
  std::vector<std::optional<Value>>
      literals;  // One an argument where it is a literal; may be shorter than `args`.
  bool distinct = false;
  int filter = -1;                             // BOOLEAN input column, or -1.
  std::vector<std::pair<int, bool>> order_by;  // Input column, descending.
  DataType type;                               // Of the result.
};

struct AggregateCallsSpec {
  Schema input;
  std::vector<AggregateCallSpec> calls;
  const FunctionRegistry* functions = nullptr;  // Outlives the operator.
  FunctionConfig config;
  bool input_may_retract = false;
  bool has_group_keys = true;
};

/// The rows of a batch that are added and those that are taken away; ascending.
struct ChangedRows {
  const std::vector<int32_t>* accumulate = nullptr;  // Null: all rows.
  const std::vector<int32_t>* retract = nullptr;     // Null: none.
};

class AggregateCalls {
 public:
  /// Errors: kInvalidQuery if a function is unknown, kUnsupported if one cannot retract.
  static Result<std::unique_ptr<AggregateCalls>> Make(AggregateCallsSpec spec,
                                                      arrow::MemoryPool* pool);
  ~AggregateCalls();

  /// Makes room for slots [0, num_slots).
  Status Resize(int64_t num_slots);
  /// Applies the changed rows of `batch`; row i belongs to group slots[i].
  Status Apply(const Batch& batch, std::span<const uint32_t> slots, ChangedRows rows);
  /// Adds partial states: row i of `states` (the calls' state columns in order) to group slots[i].
  Status MergeStates(std::span<const uint32_t> slots, const ColumnVector& states, int64_t num_rows);
  /// Adds group from[i] to group to[i]; the former is left as it is. Both lists are free of the
  /// other's slots.
  Status MergeGroups(std::span<const uint32_t> from, std::span<const uint32_t> to);
  Result<ColumnVector> Finish(std::span<const uint32_t> slots);
  Result<ColumnVector> States(std::span<const uint32_t> slots);
  /// Empties groups.
  Status Reset(std::span<const uint32_t> slots);

  /// Types of all calls' state columns in order.
  const std::vector<DataType>& state_types() const { return state_types_; }
  /// Result types, one a call.
  const std::vector<DataType>& result_types() const { return result_types_; }
  /// Names the first call whose groups cannot be split into partial states; empty when all can.
  const std::string& unsplittable() const { return unsplittable_; }
  bool has_distinct() const { return !distinct_.empty(); }
  bool is_order_sensitive() const { return is_order_sensitive_; }
  /// Whether every added row changes the result of its group (a plain COUNT(*) of an append-only
  /// input).
  bool always_changes() const { return always_changes_; }

  /// DISTINCT's tables are saved apart. `columns_of`: columns of `group_types` that name groups;
  /// `key_columns`: those that decide which subtask owns the group.
  Status SaveDistinct(SnapshotWriter& snapshot, const std::vector<DataType>& group_types,
                      const SlotColumns& columns_of, const std::vector<int>& key_columns);
  /// `slots_of` finds the groups of rows of group columns (kNoSlot: not here).
  using GroupSlots = std::function<Status(const ColumnVector& columns, int64_t num_rows,
                                          std::vector<uint32_t>* slots)>;
  Status RestoreDistinct(SnapshotReader& snapshot, const std::vector<DataType>& group_types,
                         const GroupSlots& slots_of);

 private:
  struct Call {
    AggregateCallSpec spec;
    std::vector<int> columns;  // Arguments, then what orders them.
    const AggregateFunction* function = nullptr;
    std::unique_ptr<Accumulators> accumulators;
    int num_states = 0;
    bool distinct = false;
  };
  struct RowLists {
    const std::vector<int32_t>* accumulate;
    const std::vector<int32_t>* retract;
  };

  AggregateCalls(AggregateCallsSpec spec, arrow::MemoryPool* pool)
      : spec_(std::move(spec)), pool_(pool), budget_(dynamic_cast<BudgetPool*>(pool)) {}
  Status AddCall(const AggregateCallSpec& spec);
  Status ChargeExtraBytes();
  void AddDistinct(int call);
  Result<ColumnPtr> ArgColumn(const Batch& batch, int column);
  Result<ColumnVector> ArgColumns(const Batch& batch, const std::vector<int>& columns);
  Result<RowLists> FilteredRows(const Batch& batch, int filter, ChangedRows rows);
  Status Filter(const Batch& batch, int filter, const std::vector<int32_t>* rows,
                std::vector<int32_t>* out);
  Status Run(Call& call, std::span<const uint32_t> slots, const ColumnVector& args,
             int64_t num_rows, RowLists rows);

  AggregateCallsSpec spec_;
  arrow::MemoryPool* pool_;
  std::vector<Call> calls_;
  std::vector<std::unique_ptr<DistinctValues>> distinct_;
  std::vector<DataType> state_types_;
  std::vector<DataType> result_types_;
  std::string unsplittable_;
  bool is_order_sensitive_ = false;
  bool always_changes_ = false;
  int64_t num_slots_ = 0;
  // What accumulators hold outside the pool is charged to it every few batches.
  BudgetPool* budget_ = nullptr;
  int64_t charged_bytes_ = 0;
  int batches_until_charge_ = 0;
  // Of the batch at hand.
  std::map<int, ColumnPtr> flat_;
  struct FilterRows {
    std::vector<int32_t> accumulate, retract;
  };
  std::map<int, FilterRows> filtered_;
};

}  // namespace weir
