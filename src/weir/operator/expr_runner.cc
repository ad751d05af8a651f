// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/expr_runner.h"

#include <utility>

namespace weir {

ExprRunner::ExprRunner(const OperatorContext& context)
    : context_(context), random_state_(context.environment->random->Next()) {}

Result<std::unique_ptr<ExprRunner>> ExprRunner::Make(std::vector<ExprPtr> exprs,
                                                     const FunctionRegistry* functions,
                                                     const FunctionConfig& config,
                                                     const OperatorContext& context) {
  std::unique_ptr<ExprRunner> runner(new ExprRunner(context));
  WEIR_ASSIGN_OR_RETURN(runner->program_,
                        ExprProgram::Compile(std::move(exprs), *functions, config));
  return runner;
}

KernelContext ExprRunner::MakeKernelContext() {
  errors_.Clear();
  KernelContext kernel;
  kernel.pool = context_.pool;
  kernel.errors = &errors_;
  kernel.now_micros = context_.environment->clock->WallMicros();
  kernel.random_state = &random_state_;
  if (context_.counters != nullptr) kernel.watermark_millis = context_.counters->watermark_millis;
  return kernel;
}

Result<ColumnVector> ExprRunner::Evaluate(const Batch& batch) {
  KernelContext kernel = MakeKernelContext();
  return program_->Evaluate(batch, kernel);
}

Status ExprRunner::Filter(const Batch& batch, int i, std::vector<int32_t>* selected) {
  KernelContext kernel = MakeKernelContext();
  return program_->Filter(batch, i, kernel, selected);
}

}  // namespace weir
