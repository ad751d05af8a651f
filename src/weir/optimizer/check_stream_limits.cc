// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What a stream cannot do, refused by name: sorting an input that never ends needs a time attribute
// first.
#include "weir/optimizer/rule.h"

namespace weir {

Result<bool> IsBoundedPlan(const PlanPtr& node, const OptimizerContext& context) {
  for (const PlanPtr& part : optimizer::InputsFirst({node})) {
    auto* scan = part->As<ScanNode>();
    if (scan == nullptr) continue;
    TableContext table = ScanTableContext(*scan, context);
    WEIR_ASSIGN_OR_RETURN(const Connector* connector, context.connectors->Lookup(table));
    WEIR_ASSIGN_OR_RETURN(bool bounded, connector->IsBounded(table));
    if (!bounded) return false;
  }
  return true;
}

namespace optimizer {
Result<Roots> CheckStreamLimits(Roots roots, const OptimizerContext& context) {
  if (context.is_batch) return roots;
  for (const PlanPtr& node : InputsFirst(roots)) {
    auto* sort = node->As<SortNode>();
    if (sort == nullptr || sort->keys.empty()) continue;
    WEIR_ASSIGN_OR_RETURN(bool bounded, IsBoundedPlan(node, context));
    if (bounded) continue;
    if (sort->fetch || sort->offset > 0) continue;  // Top-N: kept up to date.
    const SortKey& first = sort->keys[0];
    if (node->schema[first.column].type.time_attribute() != TimeAttribute::kNone &&
        !first.descending)
      continue;
    return WithHint(InvalidQuery("sort on a non-time-attribute field is not supported in stream "
                                 "mode over an unbounded input"),
                    "sort by the time attribute first, or run over a bounded input in batch mode");
  }
  return roots;
}

}  // namespace optimizer
}  // namespace weir
