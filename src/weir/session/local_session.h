// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to session/: the session of this process.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "weir/bind/binder.h"
#include "weir/connector/values/values_store.h"
#include "weir/memory/budget_pool.h"
#include "weir/session/session.h"

namespace weir {

using QueryResultPtr = std::unique_ptr<QueryResult>;

/// A result that is there at once: SHOW, DESCRIBE, EXPLAIN, or only a message.
QueryResultPtr MakeMessage(std::string message);
/// Rows of strings (empty optional: NULL).
using TextRow = std::vector<std::optional<std::string>>;
Result<QueryResultPtr> MakeTable(const std::vector<std::string>& columns,
                                 const std::vector<TextRow>& rows);

/// "MATERIALIZED TABLE": for messages.
std::string UpperKind(ObjectKind kind);

/// Whether sources are asked for their row counts (EXPLAIN ESTIMATED_COST).
enum class RowEstimates : uint8_t { kNone, kAsk };

/// How a statement's plans run.
struct PlanMode {
  bool is_batch = false;
  bool is_unbounded = false;
};

class LocalSession : public Session {
 public:
  explicit LocalSession(SessionConfig config);
  Status Open();

  Result<QueryResultPtr> Execute(const Statement& statement, std::string_view sql) override;
  Status SetOption(const std::string& key, const std::string& value) override;
  const std::map<std::string, std::string>& options() const override { return options_; }
  std::vector<SessionWarning> TakeWarnings() override { return std::exchange(warnings_, {}); }
  Catalog& catalog() override { return catalog_; }
  const FunctionRegistry& functions() const override { return functions_; }
  const ConnectorRegistry& connectors() const override { return connectors_; }
  const Environment& environment() const override { return environment_; }
  ValuesStore& values_store() override { return values_store_; }
  const std::string& time_zone() const override { return time_zone_; }

 private:
  // session_query.cc
  BinderContext MakeBinderContext(bool is_batch);
  /// How `plans` run: as the options ask; by default as a batch when every source is bounded.
  Result<PlanMode> ModeOf(const std::vector<PlanPtr>& plans);
  Result<std::vector<PlanPtr>> OptimizePlans(std::vector<PlanPtr> roots, const PlanMode& mode,
                                             RowEstimates estimates = RowEstimates::kNone);
  Result<QueryResultPtr> RunPlans(const std::vector<PlanPtr>& optimized, const PlanMode& mode,
                                  std::vector<std::string> column_names);
  /// Logical plans of a query (ending in Collect) or of INSERTs (ending in Sink).
  Result<std::vector<PlanPtr>> BindRoots(const Statement& statement, std::string_view sql,
                                         PlanMode* mode, std::vector<std::string>* column_names);
  Result<QueryResultPtr> RunStatement(const Statement& statement, std::string_view sql);
  Result<QueryResultPtr> Explain(const AstExplain& explain, std::string_view sql);
  /// What becomes of a savepoint's state when `statement` starts from it.
  Result<QueryResultPtr> ExplainUpgrade(const AstExplain& explain, const Statement& statement,
                                        std::string_view sql);
  Result<QueryResultPtr> CompilePlan(const AstCompilePlan& compile, std::string_view sql);
  Result<QueryResultPtr> ExecutePlan(const AstExecutePlan& execute);
  int Parallelism() const;

  // session_ddl.cc
  Result<QueryResultPtr> CreateTable(const AstCreateTable& create, const Statement& statement,
                                     std::string_view sql);
  Result<QueryResultPtr> CreateView(const AstCreateView& create, std::string_view sql);
  Result<QueryResultPtr> CreateDatabase(const AstCreateDatabase& create);
  Result<QueryResultPtr> CreateCatalog(const AstCreateCatalog& create);
  Result<QueryResultPtr> CreateFunction(const AstCreateFunction& create);
  Result<QueryResultPtr> Alter(const AstAlter& alter, std::string_view sql);
  Result<QueryResultPtr> Drop(const AstDrop& drop);
  Result<QueryResultPtr> Use(const AstUse& use);

  // session_show.cc
  Result<QueryResultPtr> Show(const AstShow& show);
  Result<QueryResultPtr> Describe(const AstDescribe& describe);
  Result<QueryResultPtr> DescribeTable(const AstDescribe& describe);
  Result<QueryResultPtr> DescribeFunction(const AstDescribe& describe);
  Result<QueryResultPtr> ShowSettings();
  Result<std::vector<TextRow>> ColumnRows(const TableDefinition& table, bool with_comment);

  SessionConfig config_;
  Environment environment_;
  Catalog catalog_;
  FunctionRegistry functions_;
  ConnectorRegistry connectors_;
  ValuesStore values_store_;
  std::map<std::string, std::string> options_;
  std::set<std::string> warned_;
  std::vector<SessionWarning> warnings_;
  std::string time_zone_ = "UTC";
  FunctionConfig function_config_;
  std::map<std::string, int> job_names_;  // How many jobs of a name were started.
};

}  // namespace weir
