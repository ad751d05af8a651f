// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The stable JSON form of plans (docs/decisions/0004-plan-json.md).
//
//   {"weirPlanVersion": 1,
//    "tables": [{"name": {...}, "columns": [...], ...}],
//    "nodes": [{"id": 0, "kind": "Scan", "inputs": [], "schema": [{"name": "a", "type": "BIGINT"}],
//    "table": 0, ...},
//              {"id": 1, "kind": "Calc", "inputs": [0], "condition": {"call": ">", "args":
//              [{"column": 0, ...}, ...]}, ...}],
//    "roots": [1]}
//
// Nodes are listed after their inputs; a node read twice is listed once. A field that is missing
// means its default, an unknown field or kind is an error that names it, so that nothing is ever
// ignored. Types are as DataType::ToString.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/plan/plan_node.h"

namespace weir {

std::string PlanToJson(const std::vector<PlanPtr>& roots);

/// Errors: kInvalidData naming the node and field, kResourceExhausted beyond 64 MiB, 200 levels or
/// 100,000 nodes.
Result<std::vector<PlanPtr>> PlanFromJson(std::string_view text);

/// What `node` computes, as JSON without id, inputs and traits: equal for nodes that do the same
/// with the same inputs.
std::string PlanNodeText(const PlanNode& node);

}  // namespace weir
