// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Equi-join of two inputs with any further condition, for streams and batches. Both sides keep
// their rows; a batch of one side is matched against all rows of the other. Without keys it is a
// cross join.
//
//   SELECT * FROM l LEFT JOIN r ON l.k = r.k
//     left   +I 1 a                                                        -D 1 a
//     right               +I 1 x              +I 1 y       -D 1 x
//     out    +I 1 a null  -D 1 a null         +I 1 a 1 y   -D 1 a 1 x      -D 1 a 1 y
//                         +I 1 a 1 x
//
// NULL keys match nothing (unless null_safe: IS NOT DISTINCT FROM). Outer sides pad with NULLs: the
// padded row goes when the first match comes, and comes back when the last one goes. kSemi and
// kAnti put out left rows alone, once. EmitMode::kAtEnd (both inputs append-only and bounded): only
// final rows; padded rows and those of kAnti come when the other input has ended. Rows of a side
// are no longer kept once the other side has ended, so the smaller input should be the one that
// ends first.
//
// Output: left columns, then right ones; columns of a side that may be padded are
// nullable.
//
// State: rows of both sides by join key, with how often each is there, (outer, semi, anti) how many
// match it, and with a TTL when it was last written (added, or its number of matches changed).
// Nothing is put out when a row's time is over: it only matches nothing any more, as in Flink.
//
// Cost: one probe a row of the other side's keys, one of the own; a side
// that retracts also finds its rows by value.
//
// Source: Flink documentation, "Joins", "Regular
// Joins".
//
// Differences: docs/compat/joins.md.
#pragma once

#include <memory>
#include <vector>

#include "weir/expr/expression.h"
#include "weir/operator/group_aggregate.h"
#include "weir/operator/operator.h"

namespace weir {

enum class HashJoinKind : uint8_t { kInner, kLeft, kRight, kFull, kSemi, kAnti };

struct HashJoinSide {
  Schema input;
  std::vector<int> key_columns;
  bool may_retract = false;
  int64_t state_ttl_millis = 0;  // A row is forgotten so long after its last write; 0: never.
};

struct HashJoinSpec {
  HashJoinKind kind = HashJoinKind::kInner;
  HashJoinSide left, right;     // Inputs 0 and 1; equal numbers of keys, of equal types.
  std::vector<bool> null_safe;  // One a key; may be empty.
  ExprPtr condition;            // Over left ++ right; null for none.
  EmitMode emit = EmitMode::kChanges;
  const FunctionRegistry* functions = nullptr;  // Outlives the operator; needed with a condition.
  FunctionConfig config;
};

/// Errors: kInvalidQuery if kAtEnd is asked for inputs that retract, or the condition calls an
/// unknown function.
Result<std::unique_ptr<Operator>> MakeHashJoin(HashJoinSpec spec, OperatorContext& context);

}  // namespace weir
