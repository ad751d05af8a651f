// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Aggregate calls that say the same are computed once; DISTINCT goes where it changes nothing (MIN,
// MAX). Calls that nobody reads are left to PruneColumns.
#include <algorithm>

#include "weir/expr/aggregate.h"
#include "weir/optimizer/rule.h"

namespace weir::optimizer {
namespace {

bool SameCall(const AggregateCall& a, const AggregateCall& b) {
  return a.function == b.function && a.args == b.args && a.literals == b.literals &&
         a.distinct == b.distinct && a.filter == b.filter && a.order_by == b.order_by &&
         a.type == b.type;
}

/// Unique calls; `from` gets the position of each old call among them.
std::vector<AggregateCall> UniqueCalls(std::vector<AggregateCall> calls,
                                       const OptimizerContext& context, std::vector<int>* from,
                                       bool* changed) {
  std::vector<AggregateCall> unique;
  size_t before = calls.size();
  for (AggregateCall& call : calls) {
    const AggregateFunction* function = context.functions->FindAggregate(call.function);
    if (call.distinct && function != nullptr && function->ignores_distinct()) {
      call.distinct = false;
      *changed = true;
    }
    auto at = std::find_if(unique.begin(), unique.end(),
                           [&](const AggregateCall& c) { return SameCall(c, call); });
    from->push_back(static_cast<int>(at - unique.begin()));
    if (at == unique.end()) unique.push_back(std::move(call));
  }
  *changed |= unique.size() != before;
  return unique;
}

/// `spec` with its calls cleaned; a Calc repeats what was there twice.
template <typename Spec>
PlanPtr Cleaned(const PlanPtr& node, Spec spec, const OptimizerContext& context) {
  std::vector<int> from;
  bool changed = false;
  size_t keys = spec.keys.size(), calls = spec.calls.size();
  spec.calls = UniqueCalls(std::move(spec.calls), context, &from, &changed);
  if (!changed) return node;
  bool fewer = spec.calls.size() != calls;
  Schema schema;
  std::vector<ExprPtr> outputs;
  auto output = [&](size_t column, size_t old) {
    outputs.push_back(MakeInput(static_cast<int>(column), node->schema.fields[old].type));
  };
  for (size_t i = 0; i < keys; ++i) {
    schema.fields.push_back(node->schema.fields[i]);
    output(i, i);
  }
  size_t next = 0;
  for (size_t i = 0; i < calls; ++i) {
    if (static_cast<size_t>(from[i]) == next) {
      schema.fields.push_back(node->schema.fields[keys + i]);
      ++next;
    }
    output(keys + static_cast<size_t>(from[i]), keys + i);
  }
  for (size_t i = keys + calls; i < node->schema.fields.size(); ++i) {
    output(schema.fields.size(), i);
    schema.fields.push_back(node->schema.fields[i]);
  }
  PlanPtr plan = MakePlan(std::move(spec), std::move(schema), node->inputs, node->traits);
  return fewer ? MakeProject(std::move(plan), std::move(outputs), ColumnNames(node->schema)) : plan;
}

}  // namespace

Result<Roots> CleanAggregates(Roots roots, const OptimizerContext& context) {
  return Rewrite(roots, [&](const PlanPtr& node) -> Result<PlanPtr> {
    if (auto* aggregate = node->As<AggregateNode>();
        aggregate != nullptr && aggregate->phase == AggregatePhase::kSingle) {
      return Cleaned(node, *aggregate, context);
    }
    if (auto* window = node->As<WindowAggregateNode>();
        window != nullptr && window->phase == AggregatePhase::kSingle) {
      return Cleaned(node, *window, context);
    }
    return node;
  });
}

}  // namespace weir::optimizer
