// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Aggregate functions with columnar state: one Accumulators object holds the state of one aggregate
// call for every group, addressed by slot (a dense group number given out by the group's table,
// state/keyed_table.h).
//
// The operator calls, per batch: Resize(slots) -> Accumulate / Retract -> Finish for the touched
// slots. Two-phase aggregation and snapshots use ToState (columns) and Merge.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "weir/expr/function_registry.h"

namespace weir {

/// State of one aggregate call over all groups. Threads: one task.
class Accumulators {
 public:
  virtual ~Accumulators() = default;
  /// Makes room for slots [0, num_slots); new slots are empty groups. Never shrinks.
  virtual Status Resize(int64_t num_slots) = 0;
  /// Empties the groups `slots` (they may be reused for other keys).
  virtual Status Reset(std::span<const uint32_t> slots) = 0;
  /// Adds row i of `args` to group slots[i]. `rows`: when not empty only these rows (ascending)
  /// count, i.e. FILTER and row kinds have been applied; slots is still indexed by row. `args` are
  /// flat or constant.
  virtual Status Accumulate(std::span<const uint32_t> slots, const ColumnVector& args,
                            int64_t num_rows, const std::vector<int32_t>* rows) = 0;
  /// Takes rows away again. kUnsupported by name where the function cannot.
  virtual Status Retract(std::span<const uint32_t> slots, const ColumnVector& args,
                         int64_t num_rows, const std::vector<int32_t>* rows) = 0;
  /// Adds partial states (row i of `state` columns, made by ToState) to group slots[i].
  virtual Status Merge(std::span<const uint32_t> slots, const ColumnVector& state,
                       int64_t num_rows) = 0;
  /// The states of `slots` as columns of the call's state types.
  virtual Result<ColumnVector> ToState(std::span<const uint32_t> slots) = 0;
  /// The results of `slots`, in order.
  virtual Result<ColumnPtr> Finish(std::span<const uint32_t> slots) = 0;
  /// Bytes held outside the pool it was made with (hash sets, trees), for accounting.
  virtual int64_t ExtraBytes() const { return 0; }
};

struct AggregateCallInfo {
  CallInfo call;  // Argument types and literals; result_type is set when accumulators are made.
  bool distinct = false;
  bool may_retract = false;  // The input is a changelog with -U or -D rows.
  bool has_group_keys =
      true;  // Without keys an empty input still gives one row: results may be NULL.
  std::vector<std::pair<int, bool>>
      order_by;  // Arguments that order the input (LISTAGG, ARRAY_AGG): index, descending.
};

class AggregateFunction {
 public:
  virtual ~AggregateFunction() = default;
  virtual const std::string& name() const = 0;
  virtual std::string signatures() const = 0;
  virtual std::string description() const = 0;
  virtual std::string example() const { return {}; }
  /// Types to which the arguments are cast, and the result type. Errors: kInvalidQuery listing the
  /// signatures.
  virtual Status Resolve(const AggregateCallInfo& info, std::vector<DataType>* arg_types,
                         DataType* result) const = 0;
  /// Types of the state columns; empty when the function cannot be split into phases.
  virtual Result<std::vector<DataType>> StateTypes(const AggregateCallInfo& info) const = 0;
  /// `info.call.result_type` is set. DISTINCT is the operator's business: it passes only first and
  /// last occurrences.
  virtual Result<std::unique_ptr<Accumulators>> Make(const AggregateCallInfo& info,
                                                     arrow::MemoryPool* pool) const = 0;
  /// Whether NULL arguments are skipped (all but COUNT(*), COLLECT-like and JSON aggregates with
  /// NULL ON NULL).
  virtual bool skips_nulls() const { return true; }
  /// Whether DISTINCT changes nothing (MIN, MAX).
  virtual bool ignores_distinct() const { return false; }
  /// Whether the result depends on the order of arrival (FIRST_VALUE, LISTAGG, ...): such calls are
  /// not split.
  virtual bool is_order_sensitive() const { return false; }
};

}  // namespace weir
