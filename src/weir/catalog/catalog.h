// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What a session knows: catalogs, databases, tables, views, user functions. Everything is kept in
// memory (Flink's generic_in_memory catalog); names are case-sensitive. Threads: one session's
// thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/connector/connector.h"
#include "weir/data/type.h"
#include "weir/sql/ast.h"

namespace weir {

/// A full name. Printed as `catalog`.`database`.`name`.
struct ObjectName {
  std::string catalog, database, name;
  std::string ToString() const;
  auto operator<=>(const ObjectName&) const = default;
};

enum class TableColumnKind : uint8_t { kPhysical, kComputed, kMetadata };

struct TableColumn {
  std::string name;
  DataType type;
  TableColumnKind kind = TableColumnKind::kPhysical;
  std::string expression;    // kComputed: SQL text.
  std::string metadata_key;  // kMetadata: the connector's key (the name when FROM is missing).
  bool is_virtual = false;   // kMetadata: not written.
  std::string comment;
  bool operator==(const TableColumn&) const = default;
};

struct TableWatermark {
  std::string column;
  std::string expression;  // SQL text; "SOURCE_WATERMARK()" means the source's own.
  bool operator==(const TableWatermark&) const = default;
};

/// A table or view as declared. Immutable once in the catalog (changes make a new one).
struct TableDefinition {
  ObjectName name;
  bool is_view = false;
  bool is_temporary = false;
  std::vector<TableColumn> columns;
  std::optional<TableWatermark> watermark;
  std::vector<std::string> primary_key;
  std::string primary_key_name;
  std::vector<std::string> partition_keys;
  std::string distribution;  // As written: "DISTRIBUTED BY HASH(`a`) INTO 3 BUCKETS"; empty: none.
  std::map<std::string, std::string> options;
  std::string comment;
  // Views: the query's text and the names in force when it was created.
  std::string view_text;
  std::string view_catalog, view_database;
  std::vector<std::string> view_columns;  // Explicit column list, if any.

  /// Physical and metadata columns as the connector sees them, then in declared order.
  Schema PhysicalSchema() const;
  /// All columns.
  Schema FullSchema() const;
  int ColumnIndex(std::string_view column_name) const;
  bool operator==(const TableDefinition&) const = default;
};
using TablePtr = std::shared_ptr<const TableDefinition>;

/// CREATE FUNCTION f(a INT) RETURNS INT AS SQL 'expr'.
struct SqlFunction {
  ObjectName name;
  bool is_temporary = false;
  bool is_system = false;
  std::vector<Field> parameters;
  DataType returns;
  std::string body;
};

struct Database {
  std::string comment;
  std::map<std::string, std::string> options;
  std::map<std::string, TablePtr> tables;  // Tables and views.
  std::map<std::string, SqlFunction> functions;
};

struct CatalogEntry {
  std::string comment;
  std::map<std::string, std::string> options;
  std::map<std::string, Database> databases;
};

class Catalog {
 public:
  static constexpr const char* kDefaultCatalog = "default_catalog";
  static constexpr const char* kDefaultDatabase = "default_database";
  Catalog();

  const std::string& current_catalog() const { return current_catalog_; }
  const std::string& current_database() const { return current_database_; }
  Status UseCatalog(const std::string& catalog);
  Status UseDatabase(const std::string& catalog, const std::string& database);

  Status CreateCatalog(const std::string& name, std::map<std::string, std::string> options,
                       std::string comment, bool if_not_exists);
  Status DropCatalog(const std::string& name, bool if_exists);
  Status CreateDatabase(const std::string& catalog, const std::string& name, Database database,
                        bool if_not_exists);
  Status DropDatabase(const std::string& catalog, const std::string& name, bool if_exists,
                      bool cascade);
  /// Null when missing.
  CatalogEntry* FindCatalog(const std::string& name);
  Database* FindDatabase(const std::string& catalog, const std::string& name);
  std::vector<std::string> CatalogNames() const;

  /// Completes 1 to 3 parts with the current catalog and database. Errors: kInvalidQuery for more
  /// parts.
  Result<ObjectName> Qualify(const ObjectPath& path) const;
  /// Temporary objects come first. Null when missing.
  TablePtr FindTable(const ObjectName& name) const;
  /// Like FindTable, but missing is kInvalidQuery with the nearest name.
  Result<TablePtr> GetTable(const ObjectPath& path) const;
  Status CreateTable(TablePtr table, bool if_not_exists);
  Status ReplaceTable(TablePtr table);
  Status DropTable(const ObjectName& name, bool is_view, bool if_exists, bool temporary);
  Status RenameTable(const ObjectName& from, const std::string& to);
  /// Tables (or views) of a database, temporary ones included, sorted.
  std::vector<std::string> TableNames(const std::string& catalog, const std::string& database,
                                      bool views_only) const;

  Status CreateFunction(SqlFunction function, bool if_not_exists, bool replace);
  Status DropFunction(const ObjectName& name, bool if_exists);
  const SqlFunction* FindFunction(const ObjectPath& path) const;
  std::vector<std::string> FunctionNames() const;

 private:
  std::map<std::string, CatalogEntry> catalogs_;
  std::map<ObjectName, TablePtr> temporary_tables_;
  std::map<std::string, SqlFunction> system_functions_;
  std::string current_catalog_ = kDefaultCatalog;
  std::string current_database_ = kDefaultDatabase;
};

/// The statement that creates `table`, as SHOW CREATE TABLE / VIEW prints it.
std::string ShowCreate(const TableDefinition& table);

}  // namespace weir
