// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Simplifies every expression of the plan (simplify.h). What a filter says of a column holds for
// what is computed from the rows that pass: where event_type = 2, CASE event_type WHEN 0 THEN a
// ELSE b END is b. Filters that keep all rows go, those that keep none leave an empty Values, and
// what is above an empty input is emptied as far as that is right: a grouping is, COUNT(*) without
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
  bool all = std::all_of(node.inputs.begin(), node.inputs.end(),
                         [](const PlanPtr& i) { return IsEmpty(*i); });
  bool any = std::any_of(node.inputs.begin(), node.inputs.end(),
                         [](const PlanPtr& i) { return IsEmpty(*i); });
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
  if (auto* operation = node.As<SetOperationNode>())
    return operation->intersect ? any : IsEmpty(*node.inputs[0]);
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

/// A column, or field of one, that a filter allows one value only.
struct KnownValue {
  ExprPtr path;
  ExprPtr literal;
};

std::optional<KnownValue> KnownBy(const ExprPtr& conjunct) {
  if (!conjunct->is_call("=")) return std::nullopt;
  for (int side : {0, 1}) {
    const ExprPtr &path = conjunct->args[static_cast<size_t>(side)],
                  &literal = conjunct->args[static_cast<size_t>(1 - side)];
    const Expr* at = path.get();
    while (at->is_call("FIELD")) at = at->args[0].get();
    // Equal integers are the same; equal strings and decimals may still differ in blanks or digits.
    if (!at->is_input() || !path->type.is_integer() || !literal->is_literal() ||
        literal->literal.is_null())
      continue;
    if (!literal->type.is_integer()) continue;
    return KnownValue{path, MakeLiteral(literal->literal, path->type.NotNull())};
  }
  return std::nullopt;
}

ExprPtr Replaced(const ExprPtr& expr, const std::vector<KnownValue>& known) {
  return RewriteExpr(expr, [&](const ExprPtr& node) -> ExprPtr {
    for (const KnownValue& value : known) {
      if (SameExpr(*node, *value.path)) return value.literal;
    }
    return node;
  });
}

/// The condition with each conjunct simplified by what the others say; fills `known`.
ExprPtr SimplifyByFacts(const ExprPtr& condition, std::vector<KnownValue>* known,
                        const OptimizerContext& context) {
  std::vector<ExprPtr> conjuncts = Conjuncts(condition);
  std::vector<size_t> from;
  for (size_t i = 0; i < conjuncts.size(); ++i) {
    if (auto value = KnownBy(conjuncts[i])) {
      known->push_back(std::move(*value));
      from.push_back(i);
    }
  }
  if (known->empty() || conjuncts.size() == 1) return condition;
  bool changed = false;
  for (size_t i = 0; i < conjuncts.size(); ++i) {
    if (std::find(from.begin(), from.end(), i) != from.end() && known->size() == 1) continue;
    std::vector<KnownValue> others;
    for (size_t k = 0; k < known->size(); ++k) {
      // Of two conjuncts about one column the later one is judged by the earlier.
      if (from[k] < i || std::find(from.begin(), from.end(), i) == from.end())
        others.push_back((*known)[k]);
    }
    ExprPtr replaced = Replaced(conjuncts[i], others);
    changed |= replaced != conjuncts[i];
    conjuncts[i] = std::move(replaced);
  }
  return changed ? SimplifyCondition(AndOf(std::move(conjuncts)), context) : condition;
}

PlanPtr SimplifyCalc(const PlanPtr& node, const CalcNode& calc, const OptimizerContext& context) {
  CalcNode copy;
  std::vector<KnownValue> known;
  bool changed = false;
  auto simple = [&](const ExprPtr& expr) {
    // A column that is only passed on costs nothing.
    bool computed = expr->is_call() && !expr->is_call("FIELD");
    ExprPtr result = Simplify(computed && !known.empty() ? Replaced(expr, known) : expr, context);
    changed |= result != expr;
    return result;
  };
  if (calc.condition != nullptr) {
    copy.condition = SimplifyByFacts(SimplifyCondition(calc.condition, context), &known, context);
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
    PlanPtr result =
        calc != nullptr
            ? SimplifyCalc(node, *calc, context)
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
