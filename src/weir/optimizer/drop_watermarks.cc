// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Event time that nobody uses is not computed: a scan whose readers have no window loses its
// watermark, and with it often the time column itself. In batch mode no watermark is needed at all:
// the last one comes with the end of the input.
//
// Computed columns that a watermark does not need leave the scan for a Calc above it, where filters
// come before them.
#include <algorithm>

#include "weir/optimizer/rule.h"

namespace weir::optimizer {
namespace {

bool UsesEventTime(const PlanNode& node) {
  if (auto* function = node.As<WindowTableFunctionNode>()) return !function->window.is_proctime;
  if (auto* window = node.As<WindowAggregateNode>()) return !window->window.is_proctime;
  for (const ExprPtr& expr : ExpressionsOf(node)) {
    bool reads_watermark = false;
    VisitExpr(expr, [&](const Expr& e) { reads_watermark |= e.is_call("CURRENT_WATERMARK"); });
    if (reads_watermark) return true;
  }
  auto* sort = node.As<SortNode>();
  return sort != nullptr && !sort->keys.empty() && !sort->keys[0].descending && !sort->fetch &&
         sort->offset == 0 && node.schema[sort->keys[0].column].type.is_rowtime();
}

/// A scan of plain columns below a Calc that computes the rest.
PlanPtr SplitScan(const PlanPtr& node) {
  const ScanNode& scan = *node->As<ScanNode>();
  if (scan.rowtime_column >= 0 || scan.filter != nullptr || scan.projections.empty()) return node;
  bool plain = std::all_of(scan.projections.begin(), scan.projections.end(),
                           [](const ExprPtr& e) { return e->is_input(); });
  ScanNode below = scan;
  below.projections.clear();
  if (plain && scan.projections.size() == scan.scan_schema.fields.size()) {
    bool same = true;
    for (size_t i = 0; i < scan.projections.size(); ++i)
      same &= scan.projections[i]->index == static_cast<int>(i);
    if (same) return MakePlan(std::move(below), node->schema, {}, node->traits);
  }
  Schema schema = scan.scan_schema;
  PlanPtr input = MakePlan(std::move(below), std::move(schema), {}, node->traits);
  return MakePlan(CalcNode{nullptr, scan.projections}, node->schema, {std::move(input)});
}

}  // namespace

Result<Roots> DropWatermarks(Roots roots, const OptimizerContext& context) {
  std::vector<PlanPtr> order = InputsFirst(roots);
  std::unordered_map<const PlanNode*, bool> needed;
  for (size_t i = order.size(); i-- > 0;) {  // Readers first.
    bool uses = !context.is_batch && (needed[order[i].get()] || UsesEventTime(*order[i]));
    for (const PlanPtr& input : order[i]->inputs) needed[input.get()] = needed[input.get()] || uses;
  }
  size_t at = 0;
  return Rewrite(roots, [&](const PlanPtr& node) -> Result<PlanPtr> {
    bool keeps = needed[order[at++].get()];
    if (node->As<WatermarkNode>() != nullptr && !keeps) return node->inputs[0];
    auto* scan = node->As<ScanNode>();
    if (scan == nullptr) return node;
    if (scan->rowtime_column < 0 || keeps) return SplitScan(node);
    ScanNode copy = *scan;
    copy.rowtime_column = -1;
    copy.watermark = nullptr;
    return SplitScan(MakePlan(std::move(copy), node->schema, {}, node->traits));
  });
}

}  // namespace weir::optimizer
