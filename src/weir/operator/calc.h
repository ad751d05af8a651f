// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// WHERE and SELECT in one: drops rows for which the condition is not TRUE, then computes the output
// columns.
//
//   SELECT n + 1 FROM t WHERE k = 'a'
//     in   +I a 1  +I b 2  -U a 1  +U a 5
//     out  +I 2            -U 2    +U 6
//
// Row kinds stay, as in Flink: an update whose one half does not pass leaves its other half alone.
// Cost: the condition first; only columns that the projections read are copied, and none when every
// row passes or a projection is a plain column.
#pragma once

#include <memory>
#include <vector>

#include "weir/expr/function_registry.h"
#include "weir/operator/operator.h"

namespace weir {

struct CalcSpec {
  ExprPtr condition;                            // Null keeps all rows.
  std::vector<ExprPtr> projections;             // Over the input.
  const FunctionRegistry* functions = nullptr;  // Outlives the operator.
  FunctionConfig config;
};

/// Errors: kInvalidQuery for an unknown function.
Result<std::unique_ptr<Operator>> MakeCalc(CalcSpec spec, OperatorContext& context);

}  // namespace weir
