// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Plans as text for people, in the form of Flink's EXPLAIN:
//
//   Sink(table=[default_catalog.default_database.out], fields=[bidder, cnt], changelogMode=[NONE])
//   +- GroupAggregate(groupBy=[bidder], select=[bidder, COUNT(*) AS cnt], changelogMode=[I,UA])
//      +- Exchange(distribution=[hash[bidder]], changelogMode=[I])
//         +- Scan(table=[default_catalog.default_database.bid], fields=[bidder], changelogMode=[I])
//
// A node with several readers is printed once, with (reuse_id=[1]), and then as
// Reused(reference_id=[1]).
#pragma once

#include <string>
#include <vector>

#include "weir/plan/plan_node.h"

namespace weir {

struct ExplainOptions {
  bool changelog_mode = false;
  bool estimated_cost = false;  // rowcount
  bool upsert_keys = false;
  bool semantic_ids = false;
};

/// One tree a root, each ending in a newline.
std::string ExplainPlan(const std::vector<PlanPtr>& roots, const ExplainOptions& options = {});
/// One node without its inputs: "GroupAggregate(groupBy=[bidder], select=[...])".
std::string ExplainNode(const PlanNode& node, const ExplainOptions& options = {});

}  // namespace weir
