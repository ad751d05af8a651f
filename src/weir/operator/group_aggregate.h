// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// GROUP BY over a stream or a batch; without calls it is SELECT DISTINCT.
//
//   SELECT k, SUM(v) FROM t GROUP BY k
//     in   +I a 1              +I a 2             +I b 5   -D a 1 -D a 2
//     out  +I a 1              -U a 1  +U a 3     +I b 5   -D a 3           EmitMode::kChanges
//     out  at the end:  +I b 5                                              EmitMode::kAtEnd
//
// Changes of one group within one batch are folded to their net change, in the order in which
// groups are first touched; with batches of one row that is Flink's log row by row. An update that
// changes nothing is not sent (with a state TTL it is, as in Flink). A group whose rows are all
// taken away again is deleted and forgotten; a retraction for a group that does not exist is
// dropped.
//
// Two stages (functions that can be split, append-only input):
//   kLocal   groups the rows of a few milliseconds (kAtEnd: as many as stay in a cache) and puts
//            out keys and partial states; where that does not make rows fewer it converts row by
//            row instead
//   kGlobal  merges them
//
// Output: keys, then one column a call (kLocal: keys, then each call's state columns).
//
// State: keys, calls' states, a row count where the input retracts, the time of the last change
// with a TTL; DISTINCT values apart.
//
// Cost: one probe a row, one a row and argument list with
// DISTINCT.
//
// Source: Flink documentation, "Group Aggregation", "Performance Tuning".
#pragma once

#include <memory>
#include <vector>

#include "weir/operator/aggregate_calls.h"
#include "weir/operator/operator.h"

namespace weir {

enum class AggregateStage : uint8_t { kSingle, kLocal, kGlobal };
enum class EmitMode : uint8_t {
  kChanges,  // A changelog, as rows come.
  kAtEnd,    // Final rows only, when the input has ended.
};

struct GroupAggregateSpec {
  /// What `key_columns` and `calls` refer to. For kGlobal that is the input of the local stage: the
  /// batches themselves have the keys and then the states.
  Schema input;
  std::vector<int> key_columns;
  std::vector<AggregateCallSpec> calls;
  AggregateStage stage = AggregateStage::kSingle;
  EmitMode emit = EmitMode::kChanges;
  bool input_may_retract = false;
  bool generate_update_before = true;           // False: the reader needs no -U rows.
  int64_t state_ttl_millis = 0;                 // 0: state is kept.
  int64_t local_hold_millis = 0;                // kLocal, kChanges: 0 passes every batch on.
  const FunctionRegistry* functions = nullptr;  // Outlives the operator.
  FunctionConfig config;
};

/// Errors: kInvalidQuery for an unknown function, kUnsupported for stages of a function that cannot
/// be split.
Result<std::unique_ptr<Operator>> MakeGroupAggregate(GroupAggregateSpec spec,
                                                     OperatorContext& context);

/// Types of the output's columns.
Result<std::vector<DataType>> GroupAggregateTypes(const GroupAggregateSpec& spec,
                                                  arrow::MemoryPool* pool);

/// The kLocal stage, for operators that add a key of their own (operator/window_aggregate.h).
Result<std::unique_ptr<Operator>> MakeLocalAggregate(GroupAggregateSpec spec,
                                                     OperatorContext& context);

}  // namespace weir
