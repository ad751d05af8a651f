// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// How many rows each node may put out: the sources' counts, and the usual guesses for what filters
// and groups keep. Only made when asked for (EXPLAIN ESTIMATED_COST): sources are opened for it.
#include <algorithm>

#include "weir/optimizer/rule.h"

namespace weir::optimizer {
namespace {

using Rows = std::optional<double>;

/// Share of rows that a condition keeps.
double Selectivity(const ExprPtr& condition) {
  double share = 1;
  for (const ExprPtr& conjunct : Conjuncts(condition)) {
    if (conjunct->is_call("=")) {
      share *= 0.15;
    } else if (conjunct->is_call("IS NOT NULL")) {
      share *= 0.9;
    } else if (conjunct->is_call("<") || conjunct->is_call(">") || conjunct->is_call("<=") ||
               conjunct->is_call(">=")) {
      share *= 0.5;
    } else {
      share *= 0.25;
    }
  }
  return share;
}

Rows OfScan(const ScanNode& scan, const OptimizerContext& context) {
  TableContext table = ScanTableContext(scan, context);
  auto connector = context.connectors->Lookup(table);
  if (!connector.ok()) return std::nullopt;
  ScanRequest request;
  request.schema = scan.scan_schema;
  request.filters = scan.pushed_filters;
  request.partitions = scan.partitions;
  auto source = (*connector)->MakeSource(table, request);
  if (!source.ok() || !(*source)->is_bounded()) return std::nullopt;
  std::optional<int64_t> rows = (*source)->EstimatedRows();
  if (!rows) return std::nullopt;
  double estimate = static_cast<double>(*rows) * Selectivity(scan.filter);
  return scan.limit ? std::min(estimate, static_cast<double>(*scan.limit)) : estimate;
}

Rows Estimate(const PlanNode& node, const OptimizerContext& context) {
  if (auto* scan = node.As<ScanNode>()) return OfScan(*scan, context);
  if (auto* values = node.As<ValuesNode>()) return static_cast<double>(values->rows.size());
  double rows = 0;
  for (const PlanPtr& input : node.inputs) {
    if (!input->traits.estimated_rows) return std::nullopt;
    rows += *input->traits.estimated_rows;
  }
  constexpr double kGroupShare = 0.1;
  if (auto* calc = node.As<CalcNode>()) return rows * Selectivity(calc->condition);
  if (auto* aggregate = node.As<AggregateNode>())
    return aggregate->keys.empty() ? 1 : std::max(1.0, rows * kGroupShare);
  if (node.As<WindowAggregateNode>() != nullptr) return std::max(1.0, rows * kGroupShare);
  if (auto* expand = node.As<ExpandNode>()) return rows * static_cast<double>(expand->sets.size());
  if (auto* join = node.As<JoinNode>()) {
    double left = *node.inputs[0]->traits.estimated_rows,
           right = *node.inputs[1]->traits.estimated_rows;
    return std::max(left, right) * Selectivity(join->condition);
  }
  if (auto* sort = node.As<SortNode>()) {
    rows = std::max(0.0, rows - static_cast<double>(sort->offset));
    return sort->fetch ? std::min(rows, static_cast<double>(*sort->fetch)) : rows;
  }
  if (node.As<SetOperationNode>() != nullptr) return rows / 2;
  return rows;
}

}  // namespace

Result<Roots> EstimateRows(Roots roots, const OptimizerContext& context) {
  if (!context.estimate_rows) return roots;
  return Rewrite(roots, [&](const PlanPtr& node) -> Result<PlanPtr> {
    auto copy = std::make_shared<PlanNode>(*node);
    copy->traits.estimated_rows = Estimate(*node, context);
    return PlanPtr(std::move(copy));
  });
}

}  // namespace weir::optimizer
