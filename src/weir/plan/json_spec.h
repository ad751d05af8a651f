// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to plan/: what each kind of node says of itself, as JSON.
#pragma once

#include "weir/plan/json_fields.h"

namespace weir::plan {

/// Tables of a plan, each written once.
struct JsonTables {
  std::vector<TablePtr> tables;
  int IndexOf(const TablePtr& table);
};

/// The kind's name in the JSON form: the same whatever the node's phase.
std::string_view KindOf(const PlanNode& node);
/// Adds the spec's fields to `json`.
void SpecToJson(const PlanNode& node, JsonTables* tables, Json* json);
/// Reads the spec of a node of `kind`. Errors stick in `fields`.
PlanSpec SpecFromJson(std::string_view kind, const std::vector<TablePtr>& tables,
                      const Schema& schema, JsonFields* fields);

}  // namespace weir::plan
