// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Adjacent Calcs become one, Calcs that do nothing go.
//
//   Calc(select a + 1 where c > 2)  over  Calc(select x * 2 AS a, y AS c where x > 0)
//     =>  Calc(select x * 2 + 1 where x > 0 AND y > 2)
//
// An expression that is used several times is still computed once a batch (the evaluator shares
// equal sub-expressions); one that is not deterministic is never written twice nor moved before a
// filter that reads it.
#include <algorithm>

#include "weir/expr/evaluator.h"
#include "weir/optimizer/rule.h"

namespace weir::optimizer {
namespace {

constexpr int64_t kMergedSizeMax =
    2000;  // Nodes of the merged expressions: repeated substitution can explode.

void CountUses(const ExprPtr& expr, std::vector<int>* uses) {
  VisitExpr(expr, [&](const Expr& node) {
    if (node.is_input()) ++(*uses)[static_cast<size_t>(node.index)];
  });
}

/// FIELD(ROW(a, b), 1) is b: appears when a constructor is substituted into a field access.
ExprPtr Substitute(const ExprPtr& expr, const std::vector<ExprPtr>& inner) {
  return RewriteExpr(SubstituteInputs(expr, inner), [](const ExprPtr& node) -> ExprPtr {
    if (!node->is_call("FIELD") || !node->args[0]->is_call("ROW")) return node;
    const ExprPtr& field = node->args[0]->args[static_cast<size_t>(node->index)];
    return field->type == node->type ? field : node;
  });
}

bool CanMerge(const CalcNode& outer, const CalcNode& inner, const OptimizerContext& context) {
  std::vector<int> uses(inner.projections.size(), 0);
  int64_t size = inner.condition == nullptr ? 0 : ExprSize(inner.condition, kMergedSizeMax);
  CountUses(outer.condition, &uses);
  if (outer.condition != nullptr) {
    for (int column : InputsOf(outer.condition)) {
      if (!IsDeterministic(inner.projections[static_cast<size_t>(column)], *context.functions))
        return false;
    }
    size += ExprSize(outer.condition, kMergedSizeMax);
  }
  for (const ExprPtr& expr : outer.projections) {
    CountUses(expr, &uses);
    size += ExprSize(expr, kMergedSizeMax);
  }
  for (size_t i = 0; i < uses.size(); ++i) {
    const ExprPtr& expr = inner.projections[i];
    if (uses[i] == 0 || expr->is_input() || expr->is_literal()) continue;
    if (uses[i] > 1 && !IsDeterministic(expr, *context.functions)) return false;
    size += uses[i] * ExprSize(expr, kMergedSizeMax);
    if (size > kMergedSizeMax) return false;
  }
  return true;
}

PlanPtr Merged(const PlanPtr& node, const CalcNode& outer, const CalcNode& inner) {
  std::vector<ExprPtr> conjuncts = Conjuncts(inner.condition);
  if (outer.condition != nullptr) {
    for (const ExprPtr& conjunct : Conjuncts(Substitute(outer.condition, inner.projections)))
      conjuncts.push_back(conjunct);
  }
  CalcNode merged;
  merged.condition = AndOf(std::move(conjuncts));
  for (const ExprPtr& expr : outer.projections)
    merged.projections.push_back(Substitute(expr, inner.projections));
  return MakePlan(std::move(merged), node->schema, node->inputs[0]->inputs, node->traits);
}

/// Names matter to people only: every node has its own.
bool SameTypes(const Schema& a, const Schema& b) {
  if (a.size() != b.size()) return false;
  for (int i = 0; i < a.size(); ++i) {
    if (!(a[i].type == b[i].type) || a[i].type.time_attribute() != b[i].type.time_attribute())
      return false;
  }
  return true;
}

}  // namespace

Result<Roots> MergeCalcs(Roots roots, const OptimizerContext& context) {
  auto readers = CountReaders(roots);
  std::vector<PlanPtr> order = InputsFirst(roots);
  std::unordered_map<const PlanNode*, bool> shared;  // Of rebuilt nodes.
  std::vector<PlanPtr> kept;
  size_t at = 0;
  return Rewrite(roots, [&](const PlanPtr& node) -> Result<PlanPtr> {
    bool is_shared = readers[order[at++].get()] > 1;
    PlanPtr result = node;
    if (auto* outer = result->As<CalcNode>()) {
      auto* inner = result->inputs[0]->As<CalcNode>();
      if (inner != nullptr && !shared[result->inputs[0].get()] &&
          CanMerge(*outer, *inner, context)) {
        result = Merged(result, *outer, *inner);
      }
    }
    if (auto* calc = result->As<CalcNode>();
        calc != nullptr && IsIdentity(*calc, *result->inputs[0])) {
      if (SameTypes(result->schema, result->inputs[0]->schema)) result = result->inputs[0];
    }
    kept.push_back(result);
    if (is_shared) shared[result.get()] = true;
    return result;
  });
}

}  // namespace weir::optimizer
