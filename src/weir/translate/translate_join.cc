// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Nodes that compare rows with rows: joins, set operations, upsert keys.
#include <algorithm>

#include "weir/operator/changelog_normalize.h"
#include "weir/operator/hash_join.h"
#include "weir/operator/set_operation.h"
#include "weir/operator/window_join.h"
#include "weir/translate/translator.h"

namespace weir {
namespace {

HashJoinKind ToKind(JoinType type) {
  switch (type) {
    case JoinType::kInner:
      return HashJoinKind::kInner;
    case JoinType::kLeft:
      return HashJoinKind::kLeft;
    case JoinType::kRight:
      return HashJoinKind::kRight;
    case JoinType::kFull:
      return HashJoinKind::kFull;
    case JoinType::kSemi:
      return HashJoinKind::kSemi;
    case JoinType::kAnti:
      return HashJoinKind::kAnti;
  }
  return HashJoinKind::kInner;
}

}  // namespace

Result<Translator::Port> Translator::BuildJoin(const PlanNode& plan, const JoinNode& node) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Port> inputs, BuildInputs(plan));
  HashJoinSpec spec;
  spec.kind = ToKind(node.type);
  spec.left = {plan.inputs[0]->schema, node.left_keys, MayRetract(*plan.inputs[0])};
  spec.right = {plan.inputs[1]->schema, node.right_keys, MayRetract(*plan.inputs[1])};
  if (!context_.is_batch) {
    WEIR_ASSIGN_OR_RETURN(int64_t ttl, StateTtlMillis());
    auto own = [&](int64_t hinted) { return hinted == 0 ? ttl : std::max<int64_t>(hinted, 0); };
    spec.left.state_ttl_millis = own(node.left_ttl_millis);
    spec.right.state_ttl_millis = own(node.right_ttl_millis);
  }
  spec.null_safe = node.null_safe;
  spec.condition = node.condition;
  spec.emit = context_.is_batch ? EmitMode::kAtEnd : EmitMode::kChanges;
  spec.functions = context_.functions;
  spec.config = context_.config;
  if (node.left_window_end >= 0) {
    WindowJoinSpec windowed;
    windowed.join = std::move(spec);
    // A window's rows go with it.
    windowed.join.left.state_ttl_millis = windowed.join.right.state_ttl_millis = 0;
    windowed.left_window_end = node.left_window_end;
    windowed.right_window_end = node.right_window_end;
    if (node.window_is_instant) {
      windowed.time_type = DataType::TimestampLtz(3);
      windowed.time_zone = context_.config.time_zone;
    }
    return AddOperator(plan, "WindowJoin", std::move(inputs), [windowed](OperatorContext& context) {
      return MakeWindowJoin(windowed, context);
    });
  }
  return AddOperator(plan, "Join", std::move(inputs),
                     [spec](OperatorContext& context) { return MakeHashJoin(spec, context); });
}

Result<Translator::Port> Translator::BuildSetOperation(const PlanNode& plan,
                                                       const SetOperationNode& node) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Port> inputs, BuildInputs(plan));
  SetOperationSpec spec;
  spec.input = plan.schema;
  spec.intersect = node.intersect;
  spec.all = node.all;
  if (!context_.is_batch) {
    WEIR_ASSIGN_OR_RETURN(spec.state_ttl_millis, StateTtlMillis());
  }
  spec.emit = context_.is_batch ? EmitMode::kAtEnd : EmitMode::kChanges;
  return AddOperator(plan, std::string(PlanName(plan)), std::move(inputs),
                     [spec](OperatorContext& context) { return MakeSetOperation(spec, context); });
}

Result<Translator::Port> Translator::BuildNormalize(const PlanNode& plan,
                                                    const ChangelogNormalizeNode& node) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Port> inputs, BuildInputs(plan));
  ChangelogNormalizeSpec spec;
  spec.input = plan.inputs[0]->schema;
  spec.key_columns = node.keys;
  spec.generate_update_before = plan.traits.changes.update_before;
  spec.condition = node.condition;
  WEIR_ASSIGN_OR_RETURN(spec.state_ttl_millis, StateTtlMillis());
  spec.functions = context_.functions;
  spec.config = context_.config;
  return AddOperator(
      plan, "ChangelogNormalize", std::move(inputs),
      [spec](OperatorContext& context) { return MakeChangelogNormalize(spec, context); });
}

}  // namespace weir
