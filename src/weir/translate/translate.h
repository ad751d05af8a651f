// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Physical plan -> job graph: the only folder that knows both plan nodes and operators. A new
// operator is one case here.
#pragma once

#include <memory>
#include <vector>

#include "weir/expr/function_registry.h"
#include "weir/memory/budget_pool.h"
#include "weir/operator/collect.h"
#include "weir/plan/plan_node.h"
#include "weir/runtime/job_graph.h"

namespace weir {

struct TranslateContext {
  const FunctionRegistry* functions = nullptr;  // These outlive the job.
  const ConnectorRegistry* connectors = nullptr;
  const Environment* environment = nullptr;
  ValuesStore* values_store = nullptr;
  FunctionConfig config;
  std::shared_ptr<BudgetPool> pool;
  bool is_batch = false;
  int parallelism = 1;
  Options options;
  int64_t batch_rows_max = 4096;
  std::string job_id;  // TableContext::job_id of sinks.
};

struct Translation {
  JobGraph graph;
  std::shared_ptr<ResultQueue> results;  // Set when a root is a Collect.
};

/// Errors: kUnsupported naming a plan node that has no operator yet; the connectors' errors.
Result<Translation> Translate(const std::vector<PlanPtr>& roots, const TranslateContext& context);

}  // namespace weir
