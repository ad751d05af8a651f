// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Equal parts of a plan become one node: a table that two INSERTs of a statement set read is
// scanned once, a common table expression runs once. What gives other values each time (RAND) is
// left alone.
#include <unordered_map>

#include "weir/expr/evaluator.h"
#include "weir/optimizer/rule.h"
#include "weir/plan/plan_json.h"

namespace weir::optimizer {
namespace {

bool MayShare(const PlanNode& node, const OptimizerContext& context) {
  if (node.As<SinkNode>() != nullptr || node.As<CollectNode>() != nullptr) return false;
  for (const ExprPtr& expr : ExpressionsOf(node)) {
    if (!IsDeterministic(expr, *context.functions)) return false;
  }
  return true;
}

}  // namespace

Result<Roots> ShareEqualParts(Roots roots, const OptimizerContext& context) {
  std::unordered_map<std::string, PlanPtr> known;
  return Rewrite(roots, [&](const PlanPtr& node) -> Result<PlanPtr> {
    if (!MayShare(*node, context)) return node;
    std::string text = PlanNodeText(*node);
    for (const PlanPtr& input : node->inputs)
      text += fmt::format(" {}", static_cast<const void*>(input.get()));
    return known.emplace(std::move(text), node).first->second;
  });
}

}  // namespace weir::optimizer
