// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The list of rules and the loop that applies them, within the bounds of plan size and planning
// time.
#include "weir/optimizer/optimizer.h"

#include <algorithm>

#include "weir/catalog/table_context.h"
#include "weir/optimizer/rule.h"

namespace weir {
namespace {

using optimizer::InputsFirst;
using optimizer::Roots;
using optimizer::Rule;

/// Once, before anything else.
constexpr Rule kPrepareRules[] = {
    {"NormalizeSources", "full changelogs from sources that send upserts",
     optimizer::NormalizeSources},
    {"ShareEqualParts", "equal parts of the plan become one node", optimizer::ShareEqualParts},
    {"RecognizeWindows",
     "grouping by the columns of a window function becomes a window aggregation",
     optimizer::RecognizeWindows},
    {"DropWatermarks", "event time that nobody uses is not computed", optimizer::DropWatermarks},
};

/// Until nothing changes.
constexpr Rule kRewriteRules[] = {
    {"SimplifyExpressions", "constants are folded, conditions simplified",
     optimizer::SimplifyExpressions},
    {"MergeCalcs", "adjacent projections and filters become one", optimizer::MergeCalcs},
    {"PushFilters", "filters move towards the sources", optimizer::PushFilters},
    {"CleanAggregates", "equal aggregate calls are computed once", optimizer::CleanAggregates},
    {"PruneColumns", "columns and fields that nobody reads are not produced",
     optimizer::PruneColumns},
};

/// Once, when the plan above the sources is settled.
constexpr Rule kSourceRules[] = {
    {"PushScanFilters", "sources are told of comparisons and partitions",
     optimizer::PushScanFilters},
    {"PushLimits", "sources are told how many rows are enough", optimizer::PushLimits},
};

/// Once, in this order.
constexpr Rule kPhysicalRules[] = {
    {"ShareEqualParts", "equal parts of the plan become one node", optimizer::ShareEqualParts},
    {"CheckStreamLimits", "what a stream cannot do is refused", optimizer::CheckStreamLimits},
    {"RecognizeWindowJoins", "joins on the bounds of windows become window joins",
     optimizer::RecognizeWindowJoins},
    {"InferChanges", "which row kinds each node puts out", optimizer::InferChanges},
    {"AddExchanges", "rows are brought where they are needed; aggregations are split",
     optimizer::AddExchanges},
    {"EstimateRows", "how many rows each node may put out", optimizer::EstimateRows},
    {"NameState", "semantic ids", optimizer::NameState},
};

constexpr int kRoundsMax = 8;  // Two or three do in practice; more only polish.

class RuleRunner {
 public:
  explicit RuleRunner(const OptimizerContext& context) : context_(context) {
    if (context.environment != nullptr) deadline_ = Now() + context.time_max_micros;
    auto at = context.options.find("weir.optimizer.disabled-rules");
    if (at != context.options.end()) disabled_ = "," + at->second + ",";
  }

  Status Apply(const Rule& rule, bool optional, Roots* roots) {
    if (optional && disabled_.find(fmt::format(",{},", rule.name)) != std::string::npos)
      return Status::OK();
    WEIR_ASSIGN_OR_RETURN(*roots, rule.apply(std::move(*roots), context_));
    size_t nodes = InputsFirst(*roots).size();
    if (static_cast<int64_t>(nodes) > context_.plan_nodes_max) {
      return ResourceExhausted("the plan has {} nodes after rule {}, more than {}", nodes,
                               rule.name, context_.plan_nodes_max);
    }
    if (context_.environment != nullptr && Now() > deadline_) {
      return ResourceExhausted("planning took longer than {} ms (stopped after rule {})",
                               context_.time_max_micros / 1000, rule.name);
    }
    return Status::OK();
  }

 private:
  int64_t Now() const { return context_.environment->clock->MonotonicMicros(); }

  const OptimizerContext& context_;
  int64_t deadline_ = 0;
  std::string disabled_;
};

TableEnvironment EnvironmentOf(const OptimizerContext& context) {
  TableEnvironment environment;
  environment.environment = context.environment;
  environment.values_store = context.values_store;
  if (context.config != nullptr) environment.time_zone = context.config->time_zone;
  environment.is_batch = context.is_batch;
  return environment;
}

}  // namespace

TableContext ScanTableContext(const ScanNode& scan, const OptimizerContext& context) {
  return MakeTableContext(*scan.table, scan.hint_options, EnvironmentOf(context));
}

TableContext SinkTableContext(const SinkNode& sink, const OptimizerContext& context) {
  TableContext table = MakeTableContext(*sink.table, sink.hint_options, EnvironmentOf(context));
  table.schema = sink.physical_schema;
  table.metadata_columns = sink.metadata_columns;
  return table;
}

Result<std::vector<PlanPtr>> Optimize(std::vector<PlanPtr> roots, const OptimizerContext& context) {
  RuleRunner runner(context);
  for (const Rule& rule : kPrepareRules) {
    WEIR_RETURN_NOT_OK(runner.Apply(rule, rule.apply != optimizer::NormalizeSources, &roots));
  }
  for (int round = 0; round < kRoundsMax; ++round) {
    Roots before = roots;
    for (const Rule& rule : kRewriteRules) {
      WEIR_RETURN_NOT_OK(runner.Apply(rule, true, &roots));
    }
    if (roots == before) break;
  }
  for (const Rule& rule : kSourceRules) {
    WEIR_RETURN_NOT_OK(runner.Apply(rule, true, &roots));
  }
  for (const Rule& rule : kPhysicalRules) {
    WEIR_RETURN_NOT_OK(runner.Apply(rule, false, &roots));
  }
  return roots;
}

std::vector<std::string> OptimizerRuleNames() {
  std::vector<std::string> names;
  auto add = [&](const auto& rules) {
    for (const Rule& rule : rules) names.emplace_back(rule.name);
  };
  add(kPrepareRules);
  add(kRewriteRules);
  add(kSourceRules);
  add(kPhysicalRules);
  return names;
}

}  // namespace weir
