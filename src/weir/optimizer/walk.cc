// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include <algorithm>

#include "weir/optimizer/rule.h"

namespace weir::optimizer {

std::vector<PlanPtr> InputsFirst(const Roots& roots) {
  std::vector<PlanPtr> order;
  std::unordered_map<const PlanNode*, bool> done;  // False while its inputs are under way.
  std::vector<PlanPtr> stack(roots.rbegin(), roots.rend());
  while (!stack.empty()) {
    PlanPtr node = stack.back();
    auto [at, is_new] = done.emplace(node.get(), false);
    if (is_new) {
      for (size_t i = node->inputs.size(); i-- > 0;) {
        if (done.find(node->inputs[i].get()) == done.end()) stack.push_back(node->inputs[i]);
      }
      continue;
    }
    stack.pop_back();
    if (at->second) continue;
    at->second = true;
    order.push_back(std::move(node));
  }
  return order;
}

std::unordered_map<const PlanNode*, int> CountReaders(const Roots& roots) {
  std::unordered_map<const PlanNode*, int> readers;
  for (const PlanPtr& root : roots) ++readers[root.get()];
  for (const PlanPtr& node : InputsFirst(roots)) {
    for (const PlanPtr& input : node->inputs) ++readers[input.get()];
  }
  return readers;
}

Result<Roots> Rewrite(const Roots& roots,
                      const std::function<Result<PlanPtr>(const PlanPtr&)>& replace) {
  std::unordered_map<const PlanNode*, PlanPtr> rebuilt;
  for (const PlanPtr& node : InputsFirst(roots)) {
    std::vector<PlanPtr> inputs;
    for (const PlanPtr& input : node->inputs) inputs.push_back(rebuilt[input.get()]);
    WEIR_ASSIGN_OR_RETURN(PlanPtr result, replace(WithInputs(node, std::move(inputs))));
    rebuilt[node.get()] = std::move(result);
  }
  Roots out;
  for (const PlanPtr& root : roots) out.push_back(rebuilt[root.get()]);
  return out;
}

namespace {

/// Calls change(slot) for every expression slot of a spec that is not null.
template <typename Spec, typename Change>
void ForExpressions(Spec& spec, const Change& change) {
  auto one = [&](auto& slot) {
    if (slot != nullptr) change(slot);
  };
  auto all = [&](auto& slots) {
    for (auto& slot : slots) change(slot);
  };
  if (auto* scan = std::get_if<ScanNode>(&spec)) {
    all(scan->projections);
    one(scan->filter);
    one(scan->watermark);
  } else if (auto* calc = std::get_if<CalcNode>(&spec)) {
    one(calc->condition);
    all(calc->projections);
  } else if (auto* join = std::get_if<JoinNode>(&spec)) {
    one(join->condition);
  } else if (auto* correlate = std::get_if<CorrelateNode>(&spec)) {
    all(correlate->args);
    one(correlate->condition);
  } else if (auto* watermark = std::get_if<WatermarkNode>(&spec)) {
    one(watermark->watermark);
  } else if (auto* normalize = std::get_if<ChangelogNormalizeNode>(&spec)) {
    one(normalize->condition);
  }
}

}  // namespace

PlanPtr MapExpressions(const PlanPtr& node, const std::function<ExprPtr(const ExprPtr&)>& change) {
  PlanSpec spec = node->spec;
  bool changed = false;
  ForExpressions(spec, [&](ExprPtr& slot) {
    ExprPtr result = change(slot);
    changed |= result != slot;
    slot = std::move(result);
  });
  return changed ? MakePlan(std::move(spec), node->schema, node->inputs, node->traits) : node;
}

std::vector<ExprPtr> ExpressionsOf(const PlanNode& node) {
  std::vector<ExprPtr> exprs;
  ForExpressions(node.spec, [&](const ExprPtr& slot) { exprs.push_back(slot); });
  return exprs;
}

int PassedColumn(const CalcNode& calc, int column) {
  const Expr& expr = *calc.projections[static_cast<size_t>(column)];
  return expr.is_input() ? expr.index : -1;
}

bool IsIdentity(const CalcNode& calc, const PlanNode& input) {
  if (calc.condition != nullptr || calc.projections.size() != input.schema.fields.size())
    return false;
  for (size_t i = 0; i < calc.projections.size(); ++i) {
    if (PassedColumn(calc, static_cast<int>(i)) != static_cast<int>(i)) return false;
  }
  return true;
}

int64_t ExprSize(const ExprPtr& expr, int64_t max) {
  int64_t size = 1;
  for (const ExprPtr& arg : expr->args) {
    if (size >= max) break;
    size += ExprSize(arg, max - size);
  }
  return size;
}

}  // namespace weir::optimizer
