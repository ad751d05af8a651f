// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/catalog/catalog.h"

#include <algorithm>
#include <set>

#include "weir/catalog/secret_options.h"
#include "weir/sql/unparse.h"

namespace weir {
namespace {

template <typename Map>
std::vector<std::string> Keys(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

Status NotFound(std::string_view what, std::string_view name,
                const std::vector<std::string>& candidates) {
  Status status = InvalidQuery("{} '{}' does not exist", what, name);
  std::string nearest = NearestName(name, candidates);
  return nearest.empty() ? status : WithHint(status, fmt::format("did you mean `{}`?", nearest));
}

}  // namespace

std::string ObjectName::ToString() const {
  if (catalog.empty()) return fmt::format("'{}'", name);  // FROM 'file.csv'.
  return fmt::format("`{}`.`{}`.`{}`", catalog, database, name);
}

Schema TableDefinition::PhysicalSchema() const {
  Schema schema;
  for (const TableColumn& column : columns) {
    if (column.kind == TableColumnKind::kPhysical)
      schema.fields.push_back({column.name, column.type});
  }
  for (const TableColumn& column : columns) {
    if (column.kind == TableColumnKind::kMetadata)
      schema.fields.push_back({column.name, column.type});
  }
  return schema;
}

Schema TableDefinition::FullSchema() const {
  Schema schema;
  for (const TableColumn& column : columns) schema.fields.push_back({column.name, column.type});
  return schema;
}

int TableDefinition::ColumnIndex(std::string_view column_name) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == column_name) return static_cast<int>(i);
  }
  return -1;
}

Catalog::Catalog() { catalogs_[kDefaultCatalog].databases[kDefaultDatabase] = {}; }

CatalogEntry* Catalog::FindCatalog(const std::string& name) {
  auto at = catalogs_.find(name);
  return at == catalogs_.end() ? nullptr : &at->second;
}

Database* Catalog::FindDatabase(const std::string& catalog, const std::string& name) {
  CatalogEntry* entry = FindCatalog(catalog);
  if (entry == nullptr) return nullptr;
  auto at = entry->databases.find(name);
  return at == entry->databases.end() ? nullptr : &at->second;
}

std::vector<std::string> Catalog::CatalogNames() const { return Keys(catalogs_); }

Status Catalog::UseCatalog(const std::string& catalog) {
  CatalogEntry* entry = FindCatalog(catalog);
  if (entry == nullptr) return NotFound("catalog", catalog, CatalogNames());
  current_catalog_ = catalog;
  // Flink goes to the catalog's default database; ours is the first, or default_database.
  bool has_default = entry->databases.count(kDefaultDatabase) != 0 || entry->databases.empty();
  current_database_ = has_default ? kDefaultDatabase : entry->databases.begin()->first;
  return Status::OK();
}

Status Catalog::UseDatabase(const std::string& catalog, const std::string& database) {
  CatalogEntry* entry = FindCatalog(catalog);
  if (entry == nullptr) return NotFound("catalog", catalog, CatalogNames());
  if (entry->databases.count(database) == 0)
    return NotFound("database", database, Keys(entry->databases));
  current_catalog_ = catalog;
  current_database_ = database;
  return Status::OK();
}

Status Catalog::CreateCatalog(const std::string& name, std::map<std::string, std::string> options,
                              std::string comment, bool if_not_exists) {
  if (catalogs_.count(name) != 0) {
    return if_not_exists ? Status::OK() : InvalidQuery("catalog '{}' already exists", name);
  }
  auto type = options.find("type");
  if (type == options.end()) {
    return WithHint(InvalidQuery("catalog '{}' needs a type", name),
                    "WITH ('type' = 'generic_in_memory')");
  }
  if (type->second != "generic_in_memory") {
    return Unsupported("catalogs of type '{}' are not supported yet; there is 'generic_in_memory'",
                       type->second);
  }
  CatalogEntry entry;
  auto default_database = options.find("default-database");
  entry.databases[default_database == options.end() ? "default" : default_database->second] = {};
  entry.options = std::move(options);
  entry.comment = std::move(comment);
  catalogs_[name] = std::move(entry);
  return Status::OK();
}

Status Catalog::DropCatalog(const std::string& name, bool if_exists) {
  if (catalogs_.count(name) == 0)
    return if_exists ? Status::OK() : NotFound("catalog", name, CatalogNames());
  if (name == current_catalog_) {
    return WithHint(InvalidQuery("catalog '{}' is in use and cannot be dropped", name),
                    "USE CATALOG another one first");
  }
  catalogs_.erase(name);
  return Status::OK();
}

Status Catalog::CreateDatabase(const std::string& catalog, const std::string& name,
                               Database database, bool if_not_exists) {
  CatalogEntry* entry = FindCatalog(catalog);
  if (entry == nullptr) return NotFound("catalog", catalog, CatalogNames());
  if (entry->databases.count(name) != 0) {
    return if_not_exists
               ? Status::OK()
               : InvalidQuery("database '{}' already exists in catalog '{}'", name, catalog);
  }
  entry->databases[name] = std::move(database);
  return Status::OK();
}

Status Catalog::DropDatabase(const std::string& catalog, const std::string& name, bool if_exists,
                             bool cascade) {
  CatalogEntry* entry = FindCatalog(catalog);
  if (entry == nullptr) return NotFound("catalog", catalog, CatalogNames());
  auto at = entry->databases.find(name);
  if (at == entry->databases.end())
    return if_exists ? Status::OK() : NotFound("database", name, Keys(entry->databases));
  if (catalog == current_catalog_ && name == current_database_) {
    return WithHint(InvalidQuery("database '{}' is in use and cannot be dropped", name),
                    "USE another one first");
  }
  if (!cascade && (!at->second.tables.empty() || !at->second.functions.empty())) {
    return WithHint(InvalidQuery("database '{}' is not empty", name),
                    fmt::format("DROP DATABASE `{}` CASCADE", name));
  }
  entry->databases.erase(at);
  return Status::OK();
}

Result<ObjectName> Catalog::Qualify(const ObjectPath& path) const {
  switch (path.size()) {
    case 1:
      return ObjectName{current_catalog_, current_database_, path[0].value};
    case 2:
      return ObjectName{current_catalog_, path[0].value, path[1].value};
    case 3:
      return ObjectName{path[0].value, path[1].value, path[2].value};
    default:
      return InvalidQuery("a name has at most three parts: catalog, database, object");
  }
}

TablePtr Catalog::FindTable(const ObjectName& name) const {
  auto temporary = temporary_tables_.find(name);
  if (temporary != temporary_tables_.end()) return temporary->second;
  auto catalog = catalogs_.find(name.catalog);
  if (catalog == catalogs_.end()) return nullptr;
  auto database = catalog->second.databases.find(name.database);
  if (database == catalog->second.databases.end()) return nullptr;
  auto table = database->second.tables.find(name.name);
  return table == database->second.tables.end() ? nullptr : table->second;
}

Result<TablePtr> Catalog::GetTable(const ObjectPath& path) const {
  WEIR_ASSIGN_OR_RETURN(ObjectName name, Qualify(path));
  TablePtr table = FindTable(name);
  if (table != nullptr) return table;
  std::string written = path.back().value;
  if (path.size() > 1) {
    written.clear();
    for (const Identifier& part : path) written += (written.empty() ? "" : ".") + part.value;
  }
  Status status = InvalidQuery("object '{}' not found", written);
  std::vector<std::string> names = TableNames(name.catalog, name.database, false);
  std::string nearest = NearestName(name.name, names);
  if (!nearest.empty()) return WithHint(status, fmt::format("did you mean `{}`?", nearest));
  if (names.empty())
    return WithHint(
        status, "there are no tables yet: CREATE TABLE .., or FROM 'file.parquet' reads a file");
  return names.size() > 10
             ? status
             : WithHint(status, fmt::format("the tables are: {}", fmt::join(names, ", ")));
}

Status Catalog::CreateTable(TablePtr table, bool if_not_exists) {
  const ObjectName& name = table->name;
  Database* database = FindDatabase(name.catalog, name.database);
  if (!table->is_temporary && database == nullptr) {
    return InvalidQuery("database `{}`.`{}` does not exist", name.catalog, name.database);
  }
  bool exists = table->is_temporary ? temporary_tables_.count(name) != 0
                                    : database->tables.count(name.name) != 0;
  if (exists) {
    if (if_not_exists) return Status::OK();
    return WithHint(InvalidQuery("table or view {} already exists", name.ToString()),
                    fmt::format("DROP {} {}, or CREATE .. IF NOT EXISTS",
                                table->is_view ? "VIEW" : "TABLE", name.name));
  }
  if (table->is_temporary) {
    temporary_tables_[name] = std::move(table);
  } else {
    database->tables[name.name] = std::move(table);
  }
  return Status::OK();
}

Status Catalog::ReplaceTable(TablePtr table) {
  if (table->is_temporary) {
    temporary_tables_[table->name] = table;
    return Status::OK();
  }
  Database* database = FindDatabase(table->name.catalog, table->name.database);
  if (database == nullptr) {
    return InvalidQuery("database `{}`.`{}` does not exist", table->name.catalog,
                        table->name.database);
  }
  database->tables[table->name.name] = table;
  return Status::OK();
}

Status Catalog::DropTable(const ObjectName& name, bool is_view, bool if_exists, bool temporary) {
  const char* what = is_view ? "view" : "table";
  TablePtr table = FindTable(name);
  if (table == nullptr) {
    if (if_exists) return Status::OK();
    return NotFound(what, name.ToString(), TableNames(name.catalog, name.database, is_view));
  }
  if (table->is_view != is_view) {
    return WithHint(InvalidQuery("{} is a {}, not a {}", name.ToString(),
                                 table->is_view ? "view" : "table", what),
                    fmt::format("DROP {} `{}`", table->is_view ? "VIEW" : "TABLE", name.name));
  }
  if (temporary && !table->is_temporary) {
    return if_exists ? Status::OK()
                     : InvalidQuery("temporary {} {} does not exist", what, name.ToString());
  }
  if (table->is_temporary) {
    if (!temporary) {
      return WithHint(
          InvalidQuery("a temporary {} {} exists; it must be dropped first", what, name.ToString()),
          fmt::format("DROP TEMPORARY {} `{}`", is_view ? "VIEW" : "TABLE", name.name));
    }
    temporary_tables_.erase(name);
    return Status::OK();
  }
  FindDatabase(name.catalog, name.database)->tables.erase(name.name);
  return Status::OK();
}

Status Catalog::RenameTable(const ObjectName& from, const std::string& to) {
  TablePtr table = FindTable(from);
  if (table == nullptr)
    return NotFound("table", from.ToString(), TableNames(from.catalog, from.database, false));
  auto renamed = std::make_shared<TableDefinition>(*table);
  renamed->name.name = to;
  if (FindTable(renamed->name) != nullptr)
    return InvalidQuery("table or view {} already exists", renamed->name.ToString());
  if (table->is_temporary) {
    temporary_tables_.erase(from);
  } else {
    FindDatabase(from.catalog, from.database)->tables.erase(from.name);
  }
  return ReplaceTable(std::move(renamed));
}

std::vector<std::string> Catalog::TableNames(const std::string& catalog,
                                             const std::string& database, bool views_only) const {
  std::set<std::string> names;
  auto entry = catalogs_.find(catalog);
  if (entry != catalogs_.end()) {
    auto at = entry->second.databases.find(database);
    if (at != entry->second.databases.end()) {
      for (const auto& [name, table] : at->second.tables) {
        if (!views_only || table->is_view) names.insert(name);
      }
    }
  }
  for (const auto& [name, table] : temporary_tables_) {
    if (name.catalog == catalog && name.database == database && (!views_only || table->is_view))
      names.insert(name.name);
  }
  return {names.begin(), names.end()};
}

Status Catalog::CreateFunction(SqlFunction function, bool if_not_exists, bool replace) {
  std::string key = function.name.name;
  if (function.is_system) {
    if (system_functions_.count(key) != 0 && !replace) {
      return if_not_exists ? Status::OK() : InvalidQuery("function '{}' already exists", key);
    }
    system_functions_[key] = std::move(function);
    return Status::OK();
  }
  Database* database = FindDatabase(function.name.catalog, function.name.database);
  if (database == nullptr) {
    return InvalidQuery("database `{}`.`{}` does not exist", function.name.catalog,
                        function.name.database);
  }
  if (database->functions.count(key) != 0 && !replace) {
    return if_not_exists ? Status::OK()
                         : InvalidQuery("function {} already exists", function.name.ToString());
  }
  database->functions[key] = std::move(function);
  return Status::OK();
}

Status Catalog::DropFunction(const ObjectName& name, bool if_exists) {
  Database* database = FindDatabase(name.catalog, name.database);
  if (database != nullptr && database->functions.erase(name.name) != 0) return Status::OK();
  if (system_functions_.erase(name.name) != 0 || if_exists) return Status::OK();
  return NotFound("function", name.name, FunctionNames());
}

const SqlFunction* Catalog::FindFunction(const ObjectPath& path) const {
  Result<ObjectName> name = Qualify(path);
  if (!name.ok()) return nullptr;
  auto same = [](const std::string& a, const std::string& b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
             return std::tolower(x) == std::tolower(y);
           });
  };
  if (path.size() == 1) {
    for (const auto& [key, function] : system_functions_) {
      if (same(key, name->name)) return &function;
    }
  }
  auto catalog = catalogs_.find(name->catalog);
  if (catalog == catalogs_.end()) return nullptr;
  auto database = catalog->second.databases.find(name->database);
  if (database == catalog->second.databases.end()) return nullptr;
  for (const auto& [key, function] : database->second.functions) {
    if (same(key, name->name)) return &function;
  }
  return nullptr;
}

std::vector<std::string> Catalog::FunctionNames() const {
  std::set<std::string> names;
  for (const auto& [name, function] : system_functions_) names.insert(name);
  auto catalog = catalogs_.find(current_catalog_);
  if (catalog != catalogs_.end()) {
    auto database = catalog->second.databases.find(current_database_);
    if (database != catalog->second.databases.end()) {
      for (const auto& [name, function] : database->second.functions) names.insert(name);
    }
  }
  return {names.begin(), names.end()};
}

namespace {

std::string ShowColumn(const TableColumn& column) {
  std::string line = fmt::format("  `{}` ", column.name);
  if (column.kind == TableColumnKind::kComputed) {
    line += "AS " + column.expression;
  } else {
    std::string type = column.type.ToString();
    line += type == "STRING" || type == "STRING NOT NULL" ? "VARCHAR(2147483647)" + type.substr(6)
                                                          : type;
    if (column.kind == TableColumnKind::kMetadata) {
      line += " METADATA";
      if (column.metadata_key != column.name) line += " FROM " + QuoteString(column.metadata_key);
      if (column.is_virtual) line += " VIRTUAL";
    }
  }
  if (!column.comment.empty()) line += " COMMENT " + QuoteString(column.comment);
  return line;
}

std::string QuoteList(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "`" : ", `") + name + "`";
  return list;
}

}  // namespace

std::string ShowCreate(const TableDefinition& table) {
  std::string out = fmt::format("CREATE {}{} {}", table.is_temporary ? "TEMPORARY " : "",
                                table.is_view ? "VIEW" : "TABLE", table.name.ToString());
  if (table.is_view) {
    out += " (\n";
    for (size_t i = 0; i < table.columns.size(); ++i)
      out +=
          fmt::format("  `{}`{}\n", table.columns[i].name, i + 1 < table.columns.size() ? "," : "");
    out += ")";
    if (!table.comment.empty()) out += "\nCOMMENT " + QuoteString(table.comment);
    return out + "\nAS " + table.view_text;
  }
  std::vector<std::string> lines;
  for (const TableColumn& column : table.columns) lines.push_back(ShowColumn(column));
  if (table.watermark) {
    lines.push_back(fmt::format("  WATERMARK FOR `{}` AS {}", table.watermark->column,
                                table.watermark->expression));
  }
  if (!table.primary_key.empty()) {
    lines.push_back(fmt::format("  CONSTRAINT `{}` PRIMARY KEY ({}) NOT ENFORCED",
                                table.primary_key_name, QuoteList(table.primary_key)));
  }
  out += fmt::format(" (\n{}\n)", fmt::join(lines, ",\n"));
  if (!table.comment.empty()) out += "\nCOMMENT " + QuoteString(table.comment);
  if (!table.distribution.empty()) out += "\n" + table.distribution;
  if (!table.partition_keys.empty())
    out += fmt::format("\nPARTITIONED BY ({})", QuoteList(table.partition_keys));
  std::vector<std::string> options;
  for (const auto& [key, value] : table.options)
    options.push_back(
        fmt::format("  {} = {}", QuoteString(key), QuoteString(ShownValue(key, value))));
  out += fmt::format("\nWITH (\n{}\n)", fmt::join(options, ",\n"));
  return out;
}

}  // namespace weir
