// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Syntax tree -> logical plan: names and types resolved by Flink's rules, implicit casts made
// explicit, everything that is known and missing refused by name. The tree that comes out holds no
// text and no unresolved name. Threads: one session's thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weir/catalog/catalog.h"
#include "weir/catalog/table_context.h"
#include "weir/expr/function_registry.h"
#include "weir/plan/plan_node.h"
#include "weir/sql/statement.h"

namespace weir {

struct BinderContext {
  const Catalog* catalog = nullptr;
  const FunctionRegistry* functions = nullptr;
  const ConnectorRegistry* connectors = nullptr;
  const FunctionConfig* config = nullptr;
  const Environment* environment = nullptr;
  ValuesStore* values_store = nullptr;  // For tables of the values connector.
  std::map<std::string, std::string> session_options;
  bool is_batch = false;
  int64_t plan_nodes_max = 20'000;

  TableEnvironment table_environment() const {
    return {environment, values_store, nullptr, config->time_zone, is_batch};
  }
};

/// A query: its plan (no sink) and the user's column names.
struct BoundQuery {
  PlanPtr plan;
  std::vector<std::string> column_names;
};

Result<BoundQuery> BindQuery(const AstQuery& query, const BinderContext& context);
/// INSERT: a plan that ends in a Sink.
Result<PlanPtr> BindInsert(const AstInsert& insert, const BinderContext& context);
/// CREATE TABLE (without AS): resolves types, computed columns, the watermark, LIKE; infers columns
/// where none are given.
Result<TableDefinition> BindCreateTable(const AstCreateTable& create, const BinderContext& context);
/// CREATE TABLE .. AS: the table whose columns come from the query (merged with declared ones).
Result<TableDefinition> BindCreateTableAs(const AstCreateTable& create, const Schema& query_schema,
                                          const BinderContext& context);
/// CREATE VIEW: checks the query and gives the view. `sql` is the text that the spans refer to.
Result<TableDefinition> BindCreateView(const AstCreateView& create, std::string_view sql,
                                       const BinderContext& context);
/// ALTER TABLE: the changed definition. Errors name what is in the way.
Result<TableDefinition> BindAlterTable(const AstAlter& alter, const TableDefinition& table,
                                       const BinderContext& context);

/// A type as written -> a type. Nullable unless written NOT NULL.
Result<DataType> BindType(const AstType& type);
/// An expression over the columns of `schema` (a computed column, a SQL function's body).
Result<ExprPtr> BindScalar(const AstExpr& expr, const Schema& schema, const BinderContext& context);

}  // namespace weir
