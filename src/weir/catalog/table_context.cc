// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/catalog/table_context.h"

namespace weir {

TableContext MakeTableContext(const TableDefinition& table,
                              const std::map<std::string, std::string>& hint_options,
                              const TableEnvironment& environment) {
  TableContext context;
  context.table_name = table.name.ToString();
  for (const TableColumn& column : table.columns) {
    if (column.kind == TableColumnKind::kPhysical)
      context.schema.fields.push_back({column.name, column.type});
    if (column.kind == TableColumnKind::kMetadata)
      context.metadata_columns.push_back({column.metadata_key, column.type});
  }
  context.primary_key = table.primary_key;
  context.partition_keys = table.partition_keys;
  std::map<std::string, std::string> options = table.options;
  for (const auto& [key, value] : hint_options) options[key] = value;
  std::erase_if(options,
                [](const auto& option) { return option.first.starts_with("scan.watermark."); });
  context.options = Options(std::move(options));
  context.environment = environment.environment;
  context.values_store = environment.values_store;
  context.pool = environment.pool != nullptr ? environment.pool : arrow::default_memory_pool();
  context.time_zone = environment.time_zone;
  context.is_batch = environment.is_batch;
  return context;
}

}  // namespace weir
