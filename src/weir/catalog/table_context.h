// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// From a declared table to what its connector is told.
#pragma once

#include <map>
#include <string>

#include "weir/catalog/catalog.h"

namespace weir {

struct TableEnvironment {
  const Environment* environment = nullptr;
  ValuesStore* values_store = nullptr;
  arrow::MemoryPool* pool = nullptr;  // Null: the default pool.
  std::string time_zone = "UTC";
  bool is_batch = false;
};

/// `hint_options` go over the table's own. Options of the planner ("scan.watermark.*") are not
/// passed on.
TableContext MakeTableContext(const TableDefinition& table,
                              const std::map<std::string, std::string>& hint_options,
                              const TableEnvironment& environment);

}  // namespace weir
