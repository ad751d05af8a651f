// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// WATERMARK FOR over something that is no table scan. Watermarks of the input are replaced, but for
// the last one.
//   in   +I 1 +I 9 +I 3     WATERMARK FOR t AS t - 2
//   out  +I 1 +I 9 w7 +I 3
// State: how far event time has come.
#pragma once

#include <memory>

#include "weir/expr/function_registry.h"
#include "weir/operator/operator.h"
#include "weir/operator/watermark_cutter.h"

namespace weir {

struct WatermarkAssignerSpec {
  int rowtime_column = -1;
  ExprPtr watermark;  // Over the input.
  WatermarkPolicy policy;
  const FunctionRegistry* functions = nullptr;  // Outlives the operator.
  FunctionConfig config;
};

Result<std::unique_ptr<Operator>> MakeWatermarkAssigner(WatermarkAssignerSpec spec,
                                                        OperatorContext& context);

}  // namespace weir
