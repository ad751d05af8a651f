// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Logical plan -> physical plan. Rules are data: a list of named rewrites of the whole plan
// (rule.h), one a file.
//
//   logical    Sink <- Calc(HAVING) <- Aggregate(bidder) <- WindowTableFunction(TUMBLE) <-
//   Scan(bid) physical   Sink <- Calc <- WindowAggregate(bidder, TUMBLE) <- Exchange(hash[bidder])
//   <- Calc <- Scan(bid: 2 columns)
//
// The result of every rule is a plan of the same family with the same meaning, so any of them can
// be left out (option `weir.optimizer.disabled-rules`, for tests and for finding the culprit),
// those of the physical part excepted. Bounds: plan size and planning time; beyond them a query is
// refused by name. Threads: any; a call shares nothing.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/environment.h"
#include "weir/connector/connector.h"
#include "weir/expr/function_registry.h"
#include "weir/plan/plan_node.h"

namespace weir {

struct OptimizerContext {
  const FunctionRegistry* functions = nullptr;
  const FunctionConfig* config = nullptr;
  const ConnectorRegistry* connectors = nullptr;
  const Environment* environment = nullptr;
  ValuesStore* values_store = nullptr;
  bool is_batch = false;
  int parallelism = 1;
  /// The session's options: table.optimizer.agg-phase-strategy, table.exec.state.ttl, ...
  std::map<std::string, std::string> options = {};
  /// Asks sources for row counts (opens them); for EXPLAIN ESTIMATED_COST.
  bool estimate_rows = false;
  int64_t plan_nodes_max = 20'000;
  int64_t time_max_micros = 10'000'000;
};

/// Roots end in Sink or Collect; several are a statement set. Equal parts become one shared node.
/// Errors: kInvalidQuery as Flink's planner refuses, kUnsupported by name, kResourceExhausted
/// beyond the bounds.
Result<std::vector<PlanPtr>> Optimize(std::vector<PlanPtr> roots, const OptimizerContext& context);

/// Names of all rules in the order in which they run, for EXPLAIN and tests.
std::vector<std::string> OptimizerRuleNames();

/// What a connector is told of the table of a scan or sink; OPTIONS hints are merged over the
/// table's options.
TableContext ScanTableContext(const ScanNode& scan, const OptimizerContext& context);
TableContext SinkTableContext(const SinkNode& sink, const OptimizerContext& context);

/// Whether all sources below `node` end. Errors: those of the connectors' options.
Result<bool> IsBoundedPlan(const PlanPtr& node, const OptimizerContext& context);

}  // namespace weir
