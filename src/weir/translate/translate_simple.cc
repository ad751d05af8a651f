// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Nodes that keep no state.
#include "weir/operator/calc.h"
#include "weir/operator/correlate.h"
#include "weir/operator/drop_update_before.h"
#include "weir/operator/expand.h"
#include "weir/operator/union.h"
#include "weir/operator/watermark_assigner.h"
#include "weir/translate/translator.h"

namespace weir {

Result<Translator::Port> Translator::BuildCalc(const PlanNode& plan, const CalcNode& node) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Port> inputs, BuildInputs(plan));
  CalcSpec spec{node.condition, node.projections, context_.functions, context_.config};
  return AddOperator(plan, "Calc", std::move(inputs),
                     [spec](OperatorContext& context) { return MakeCalc(spec, context); });
}

Result<Translator::Port> Translator::BuildUnion(const PlanNode& plan) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Port> inputs, BuildInputs(plan));
  UnionSpec spec{plan.schema};
  return AddOperator(plan, "Union", std::move(inputs),
                     [spec](OperatorContext& context) { return MakeUnion(spec, context); });
}

Result<Translator::Port> Translator::BuildWatermark(const PlanNode& plan,
                                                    const WatermarkNode& node) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Port> inputs, BuildInputs(plan));
  WatermarkAssignerSpec spec;
  spec.rowtime_column = node.rowtime_column;
  spec.watermark = node.watermark;
  if (has_session_windows_) spec.policy.margin_millis = 1;
  spec.functions = context_.functions;
  spec.config = context_.config;
  return AddOperator(
      plan, "WatermarkAssigner", std::move(inputs),
      [spec](OperatorContext& context) { return MakeWatermarkAssigner(spec, context); });
}

Result<Translator::Port> Translator::BuildCorrelate(const PlanNode& plan,
                                                    const CorrelateNode& node) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Port> inputs, BuildInputs(plan));
  CorrelateSpec spec;
  spec.function = node.function;
  spec.args = node.args;
  spec.function_schema = node.function_schema;
  spec.unmatched = node.left_outer ? Unmatched::kKeep : Unmatched::kDrop;
  spec.condition = node.condition;
  spec.functions = context_.functions;
  spec.config = context_.config;
  return AddOperator(plan, fmt::format("Correlate({})", node.function), std::move(inputs),
                     [spec](OperatorContext& context) { return MakeCorrelate(spec, context); });
}

Result<Translator::Port> Translator::BuildExpand(const PlanNode& plan, const ExpandNode& node) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Port> inputs, BuildInputs(plan));
  ExpandSpec spec{node.keys, node.sets, node.ids};
  return AddOperator(plan, "Expand", std::move(inputs),
                     [spec](OperatorContext& context) { return MakeExpand(spec, context); });
}

Result<Translator::Port> Translator::BuildDropUpdateBefore(const PlanNode& plan) {
  DropUpdateBeforeSpec spec{plan.As<DropUpdateBeforeNode>()->as_delete};
  WEIR_ASSIGN_OR_RETURN(std::vector<Port> inputs, BuildInputs(plan));
  return AddOperator(plan, "DropUpdateBefore", std::move(inputs), [spec](OperatorContext& context) {
    return MakeDropUpdateBefore(spec, context);
  });
}

}  // namespace weir
