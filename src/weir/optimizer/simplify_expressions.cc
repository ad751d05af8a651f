// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Simplifies every expression of the plan (simplify.h); filters that keep all rows go, those that keep none leave an
// empty Values, and what is above an empty input is emptied as far as that is right: a grouping is, COUNT(*) without
// keys is not.
#include <algorithm>

#include "weir/optimizer/rule.h"
#include "weir/optimizer/simplify.h"

namespace weir::optimizer {
namespace {

PlanPtr EmptyOf(const PlanNode& node) { return MakePlan(ValuesNode{}, node.schema, {}); }

bool IsEmpty(const PlanNode& node) {
  auto* values = node.As<ValuesNode>();
  return values != nullptr && values->rows.empty();
}

bool EmptyByInputs(const PlanNode& node) {
  if (node.inputs.empty()) return false;
  bool all = std::all_of(node.inputs.begin(), node.inputs.end(), [](const PlanPtr& i) { return IsEmpty(*i); });
  bool any = std::any_of(node.inputs.begin(), node.inputs.end(), [](const PlanPtr& i) { return IsEmpty(*i); });
  if (auto* join = node.As<JoinNode>()) {
    bool left = IsEmpty(*node.inputs[0]), right = IsEmpty(*node.inputs[1]);
    switch (join->type) {
      case JoinType::kInner:
        return any;
      case JoinType::kSemi:
        return any;
      case JoinType::kLeft:
      case JoinType::kAnti:
        return left;
      case JoinType::kRight:
        return right;
      case JoinType::kFull:
        return all;
    }
  }
  if (auto* aggregate = node.As<AggregateNode>()) return all && !aggregate->keys.empty();
  if (auto* operation = node.As<SetOperationNode>()) return operation->intersect ? any : IsEmpty(*node.inputs[0]);
  bool ends = node.As<SinkNode>() != nullptr || node.As<CollectNode>() != nullptr;
  return all && !ends;
}

PlanPtr Emptied(const PlanPtr& node) {
  if (EmptyByInputs(*node)) return EmptyOf(*node);
  auto* sort = node->As<SortNode>();
  if (sort != nullptr && sort->fetch && *sort->fetch == 0) return EmptyOf(*node);
  if (node->As<UnionNode>() != nullptr) {
    std::vector<PlanPtr> inputs;
    for (const PlanPtr& input : node->inputs) {
      if (!IsEmpty(*input)) inputs.push_back(input);
    }
    if (inputs.size() == node->inputs.size()) return node;
    if (inputs.size() == 1) {
      std::vector<ExprPtr> columns = InputRefs(*inputs[0]);
      return MakePlan(CalcNode{nullptr, std::move(columns)}, node->schema, {inputs[0]});
    }
    return WithInputs(node, std::move(inputs));
  }
  return node;
}

PlanPtr SimplifyCalc(const PlanPtr& node, const CalcNode& calc, const OptimizerContext& context) {
  CalcNode copy;
  bool changed = false;
  auto simple = [&](const ExprPtr& expr) {
    ExprPtr result = Simplify(expr, context);
    changed |= result != expr;
    return result;
  };
  if (calc.condition != nullptr) {
    copy.condition = SimplifyCondition(calc.condition, context);
    changed |= copy.condition != calc.condition;
    if (IsFalseOrNull(*copy.condition)) return EmptyOf(*node);
    if (IsTrue(*copy.condition)) copy.condition = nullptr;
  }
  for (const ExprPtr& expr : calc.projections) copy.projections.push_back(simple(expr));
  return changed ? MakePlan(std::move(copy), node->schema, node->inputs, node->traits) : node;
}

}  // namespace

Result<Roots> SimplifyExpressions(Roots roots, const OptimizerContext& context) {
  return Rewrite(roots, [&](const PlanPtr& node) -> Result<PlanPtr> {
    auto* calc = node->As<CalcNode>();
    PlanPtr result = calc != nullptr ? SimplifyCalc(node, *calc, context)
                                     : MapExpressions(node, [&](const ExprPtr& e) { return Simplify(e, context); });
    auto* join = result->As<JoinNode>();
    if (join != nullptr && join->condition != nullptr && IsTrue(*join->condition)) {
      JoinNode copy = *join;
      copy.condition = nullptr;
      result = MakePlan(std::move(copy), result->schema, result->inputs, result->traits);
    }
    return Emptied(result);
  });
}

}  // namespace weir::optimizer
