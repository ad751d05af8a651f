// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// LIMIT without ORDER BY tells the sources below how many rows are enough, through projections and
// UNION ALL. The limit itself stays: a source counts for each of its splits.
#include <algorithm>

#include "weir/optimizer/rule.h"

namespace weir::optimizer {
namespace {

class LimitPusher {
 public:
  LimitPusher(const Roots& roots, const OptimizerContext& context)
      : roots_(roots), context_(context), readers_(CountReaders(roots)) {}

  Result<Roots> Run() {
    for (const PlanPtr& node : InputsFirst(roots_)) {
      auto* sort = node->As<SortNode>();
      if (sort == nullptr || !sort->keys.empty() || !sort->fetch) continue;
      constexpr int64_t kMax = int64_t{1} << 62;
      if (*sort->fetch > kMax - sort->offset) continue;
      WEIR_RETURN_NOT_OK(Reach(node->inputs[0], *sort->fetch + sort->offset));
    }
    if (limits_.empty()) return roots_;
    std::vector<PlanPtr> order = InputsFirst(roots_);
    size_t at = 0;
    return Rewrite(roots_, [&](const PlanPtr& node) -> Result<PlanPtr> {
      auto limit = limits_.find(order[at++].get());
      if (limit == limits_.end()) return node;
      ScanNode scan = *node->As<ScanNode>();
      scan.limit = limit->second;
      return MakePlan(std::move(scan), node->schema, node->inputs, node->traits);
    });
  }

 private:
  /// Finds the scans from which `limit` rows are enough.
  Status Reach(const PlanPtr& top, int64_t limit) {
    std::vector<PlanPtr> open = {top};
    while (!open.empty()) {
      PlanPtr node = std::move(open.back());
      open.pop_back();
      if (readers_[node.get()] != 1) continue;
      auto* calc = node->As<CalcNode>();
      if (node->As<UnionNode>() != nullptr || (calc != nullptr && calc->condition == nullptr)) {
        open.insert(open.end(), node->inputs.begin(), node->inputs.end());
        continue;
      }
      auto* scan = node->As<ScanNode>();
      if (scan == nullptr || scan->filter != nullptr || (scan->limit && *scan->limit <= limit))
        continue;
      TableContext table = ScanTableContext(*scan, context_);
      WEIR_ASSIGN_OR_RETURN(const Connector* connector, context_.connectors->Lookup(table));
      WEIR_ASSIGN_OR_RETURN(ChangelogMode changes, connector->SourceChanges(table));
      if (changes.append_only()) limits_[node.get()] = limit;
    }
    return Status::OK();
  }

  const Roots& roots_;
  const OptimizerContext& context_;
  std::unordered_map<const PlanNode*, int> readers_;
  std::unordered_map<const PlanNode*, int64_t> limits_;
};

}  // namespace

Result<Roots> PushLimits(Roots roots, const OptimizerContext& context) {
  return LimitPusher(roots, context).Run();
}

}  // namespace weir::optimizer
