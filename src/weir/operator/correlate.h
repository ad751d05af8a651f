// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// CROSS JOIN UNNEST, LATERAL TABLE(f(...)): each input row with every row that a table function
// makes of it.
//   FROM t CROSS JOIN UNNEST(t.a) AS u (x)
//     in   +I k [1,2]  -D m []
//     out  +I k [1,2] 1  +I k [1,2] 2
//   LEFT JOIN ... ON TRUE keeps rows without result:  -D m [] null
// Row kinds of the input are those of the output. A condition (ON) is tested on the joined row.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weir/expr/function_registry.h"
#include "weir/operator/operator.h"

namespace weir {

enum class Unmatched : uint8_t { kDrop, kKeep };

struct CorrelateSpec {
  std::string function;       // Of FunctionRegistry::FindTable.
  std::vector<ExprPtr> args;  // Over the input.
  Schema function_schema;     // The function's columns.
  Unmatched unmatched = Unmatched::kDrop;
  ExprPtr condition;                            // Over input ++ function columns; null: none.
  const FunctionRegistry* functions = nullptr;  // Outlives the operator.
  FunctionConfig config;
};

/// Errors: kInvalidQuery if the function is unknown.
Result<std::unique_ptr<Operator>> MakeCorrelate(CorrelateSpec spec, OperatorContext& context);

}  // namespace weir
