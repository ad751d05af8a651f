// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A compiled program with what a task needs to run it: its pool, its clock, its random numbers.
#pragma once

#include <memory>
#include <vector>

#include "weir/expr/evaluator.h"
#include "weir/operator/operator.h"

namespace weir {

class ExprRunner {
 public:
  /// `context` must outlive the runner.
  static Result<std::unique_ptr<ExprRunner>> Make(std::vector<ExprPtr> exprs,
                                                  const FunctionRegistry* functions,
                                                  const FunctionConfig& config,
                                                  const OperatorContext& context);
  /// One column an expression.
  Result<ColumnVector> Evaluate(const Batch& batch);
  /// Rows for which expression `i` is TRUE, ascending.
  Status Filter(const Batch& batch, int i, std::vector<int32_t>* selected);
  /// For kernels that are called without a program.
  KernelContext MakeKernelContext();

 private:
  explicit ExprRunner(const OperatorContext& context);

  const OperatorContext& context_;
  std::unique_ptr<ExprProgram> program_;
  RowErrors errors_;
  uint64_t random_state_;
};

}  // namespace weir
