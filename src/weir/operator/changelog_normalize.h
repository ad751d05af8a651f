// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Makes a full changelog of an upsert stream by keeping the last row of each key.
//
//   in   +I 1 a    +I 1 b          +U 1 b   -D 1 null   -D 1 b
//   out  +I 1 a    -U 1 a  +U 1 b           -D 1 b
//
// A row of a live key is an update, whatever its kind says; one equal to the stored row is
// swallowed (with a TTL it is sent); a delete puts out the stored row; a delete of an unknown key
// and -U rows are dropped. With a condition only rows that pass it are live for readers: an update
// that stops passing is a delete, one that begins to an insert. (The condition does not look at
// keys alone: it may change over a key's life.) Each change is put out, none is folded: readers may
// depend on them.
//
// State: the last row of each key.
//
// Cost: one probe a row.
//
// Source: Flink
// documentation, "Changelog normalization" of upsert sources.
#pragma once

#include <memory>
#include <vector>

#include "weir/expr/function_registry.h"
#include "weir/operator/operator.h"

namespace weir {

struct ChangelogNormalizeSpec {
  Schema input;
  std::vector<int> key_columns;                 // Not empty.
  bool generate_update_before = true;           // False: the reader needs no -U rows.
  ExprPtr condition;                            // Over the input; null for none.
  int64_t state_ttl_millis = 0;                 // 0: state is kept.
  const FunctionRegistry* functions = nullptr;  // Outlives the operator; needed with a condition.
  FunctionConfig config;
};

Result<std::unique_ptr<Operator>> MakeChangelogNormalize(ChangelogNormalizeSpec spec,
                                                         OperatorContext& context);

}  // namespace weir
