// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Runs typed expressions over batches, a column at a time.
//
// - Common sub-expressions among all expressions of one program are computed once per batch.
// - Calls whose arguments are all constant columns are computed for one row and stay constant; a
// deterministic
//   one-column call over a dictionary column is computed on the dictionary.
// - CASE, COALESCE, IF, AND and OR evaluate a branch only on the rows that reach it: a branch that
// may fail or is
//   expensive is run on the gathered rows, cheap and safe ones on all rows and blended. An error in
//   a branch that is not taken never surfaces.
// Threads: a program belongs to one task; copies share compiled kernels through Compile only.
#pragma once

#include <memory>
#include <vector>

#include "weir/data/batch.h"
#include "weir/expr/function_registry.h"

namespace weir {

class ExprProgram {
 public:
  /// Resolves every call and makes its kernels. Errors: kInvalidQuery if a function is unknown (a
  /// plan from elsewhere).
  static Result<std::unique_ptr<ExprProgram>> Compile(std::vector<ExprPtr> exprs,
                                                      const FunctionRegistry& registry,
                                                      const FunctionConfig& config);
  virtual ~ExprProgram() = default;

  /// One column per expression, each of batch.num_rows rows, any encoding. The first row error
  /// (lowest row, first expression) becomes kInvalidData, naming the expression.
  virtual Result<ColumnVector> Evaluate(const Batch& batch, KernelContext& context) = 0;
  /// Evaluates expression `i` as a condition: fills `selected` with the rows for which it is TRUE,
  /// ascending.
  virtual Status Filter(const Batch& batch, int i, KernelContext& context,
                        std::vector<int32_t>* selected) = 0;
};

/// Evaluates an expression that reads no input.
Result<Value> EvaluateConstant(const ExprPtr& expr, const FunctionRegistry& registry,
                               const FunctionConfig& config);
/// Whether `expr` gives the same value for the same inputs always (no RAND, UUID, NOW, PROCTIME
/// ...).
bool IsDeterministic(const ExprPtr& expr, const FunctionRegistry& registry);
/// Whether `expr` may report a row error (1/x, CAST from text ...).
bool MayFail(const ExprPtr& expr, const FunctionRegistry& registry);

}  // namespace weir
