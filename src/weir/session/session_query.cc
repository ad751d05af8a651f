// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Queries and INSERTs: bind, optimize, translate, run; EXPLAIN and compiled plans stop in between.
#include <unistd.h>

#include <functional>
#include <set>
#include <thread>

#include "weir/connector/filesystem/file_list.h"
#include "weir/optimizer/optimizer.h"
#include "weir/plan/explain.h"
#include "weir/plan/plan_json.h"
#include "weir/session/local_session.h"
#include "weir/session/supervised_job.h"
#include "weir/sql/unparse.h"
#include "weir/translate/translate.h"

namespace weir {
namespace {

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

int64_t DefaultMemoryLimit() {
  return static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE) / 4 * 3;
}

void VisitPlans(const std::vector<PlanPtr>& roots,
                const std::function<void(const PlanNode&)>& visit) {
  std::set<const PlanNode*> seen;
  std::vector<PlanPtr> open = roots;
  while (!open.empty()) {
    PlanPtr node = std::move(open.back());
    open.pop_back();
    if (!seen.insert(node.get()).second) continue;
    visit(*node);
    for (const PlanPtr& input : node->inputs) open.push_back(input);
  }
}

/// Rows or the end of a running job. The job's memory outlives its batches.
class JobResult : public QueryResult {
 public:
  JobResult(SupervisedJob started, const PlanNode& root, std::vector<std::string> names,
            PlanMode mode)
      : job_(std::move(started.job)), queue_(std::move(started.results)), mode_(mode) {
    changes_ = root.traits.changes;
    if (const CollectNode* collect = root.As<CollectNode>()) {
      schema_ = root.inputs[0]->schema;
      for (size_t i = 0; i < names.size() && i < schema_.fields.size(); ++i)
        schema_.fields[i].name = names[i];
      upsert_key_ = collect->upsert_key;
    }
  }
  ~JobResult() override {
    if (job_ == nullptr) return;
    if (!finished_) {
      if (queue_ != nullptr) queue_->Close();
      job_->Cancel();
      (void)job_->Wait();
    }
  }

  bool has_rows() const override { return queue_ != nullptr; }
  bool is_query() const override { return true; }
  const Schema& schema() const override { return schema_; }
  ChangelogMode changes() const override { return changes_; }
  const std::vector<int>& upsert_key() const override { return upsert_key_; }
  bool is_streaming() const override { return !mode_.is_batch; }
  bool is_unbounded() const override { return mode_.is_unbounded; }
  Result<bool> Next(Batch* batch) override {
    if (finished_) return false;
    if (queue_ != nullptr) {
      std::optional<Batch> next = queue_->Pop();
      if (next) {
        *batch = std::move(*next);
        return true;
      }
    }
    finished_ = true;
    WEIR_RETURN_NOT_OK(job_->Wait());
    return false;
  }
  void Cancel() override {
    if (queue_ != nullptr) queue_->Close();
    job_->Cancel();
  }
  std::vector<NodeProgress> Progress() const override { return job_->Progress(); }
  Job* job() override { return job_.get(); }

 private:
  std::unique_ptr<Job> job_;
  std::shared_ptr<ResultQueue> queue_;
  Schema schema_;
  ChangelogMode changes_;
  std::vector<int> upsert_key_;
  PlanMode mode_;
  bool finished_ = false;
};

}  // namespace

int LocalSession::Parallelism() const {
  for (const char* key : {"table.exec.resource.default-parallelism", "parallelism.default"}) {
    auto at = options_.find(key);
    if (at != options_.end() && std::atoi(at->second.c_str()) > 0)
      return std::atoi(at->second.c_str());
  }
  if (config_.default_parallelism > 0) return config_.default_parallelism;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

BinderContext LocalSession::MakeBinderContext(bool is_batch) {
  function_config_.time_zone = time_zone_;
  auto legacy = options_.find("table.exec.legacy-cast-behaviour");
  function_config_.legacy_cast = legacy != options_.end() && Upper(legacy->second) == "ENABLED";
  function_config_.is_streaming = !is_batch;
  function_config_.query_start_micros = environment_.clock->WallMicros();
  BinderContext context;
  context.catalog = &catalog_;
  context.functions = &functions_;
  context.connectors = &connectors_;
  context.config = &function_config_;
  context.environment = &environment_;
  context.values_store = &values_store_;
  context.session_options = options_;
  context.is_batch = is_batch;
  return context;
}

Result<PlanMode> LocalSession::ModeOf(const std::vector<PlanPtr>& plans) {
  PlanMode mode;
  Status status;
  VisitPlans(plans, [&](const PlanNode& node) {
    const ScanNode* scan = node.As<ScanNode>();
    if (scan == nullptr || !status.ok()) return;
    TableContext context = MakeTableContext(*scan->table, scan->hint_options,
                                            MakeBinderContext(false).table_environment());
    auto connector = connectors_.Lookup(context);
    if (!connector.ok()) {
      status = connector.status();
      return;
    }
    auto bounded = (*connector)->IsBounded(context);
    if (!bounded.ok()) {
      status = bounded.status();
    } else if (!*bounded) {
      mode.is_unbounded = true;
    }
  });
  WEIR_RETURN_NOT_OK(status);
  auto at = options_.find("execution.runtime-mode");
  std::string wanted = at == options_.end() ? "AUTOMATIC" : Upper(at->second);
  if (wanted == "BATCH" && mode.is_unbounded) {
    return WithHint(InvalidQuery("querying an unbounded table in batch mode is not allowed"),
                    "SET 'execution.runtime-mode' = 'STREAMING'");
  }
  mode.is_batch =
      wanted == "BATCH" || (wanted.starts_with("AUTO") && !mode.is_unbounded && !plans.empty());
  return mode;
}

Result<std::vector<PlanPtr>> LocalSession::BindRoots(const Statement& statement,
                                                     std::string_view sql, PlanMode* mode,
                                                     std::vector<std::string>* column_names) {
  auto bind = [&](bool is_batch) -> Result<std::vector<PlanPtr>> {
    BinderContext context = MakeBinderContext(is_batch);
    if (auto* query = statement.As<AstQueryStatement>()) {
      WEIR_ASSIGN_OR_RETURN(BoundQuery bound, BindQuery(*query->query, context));
      *column_names = bound.column_names;
      Schema schema = bound.plan->schema;
      return std::vector<PlanPtr>{MakePlan(CollectNode{}, std::move(schema), {bound.plan})};
    }
    std::vector<const AstInsert*> inserts;
    if (auto* insert = statement.As<AstInsert>()) inserts.push_back(insert);
    if (auto* set = statement.As<AstStatementSet>()) {
      for (const StatementPtr& one : set->statements) {
        const AstInsert* insert = one->As<AstInsert>();
        if (insert == nullptr)
          return UnsupportedAt(one->span,
                               "CREATE TABLE AS in a statement set is not supported yet");
        inserts.push_back(insert);
      }
    }
    if (inserts.empty()) return InvalidQueryAt(statement.span, "a query or INSERT is needed here");
    std::vector<PlanPtr> roots;
    for (const AstInsert* insert : inserts) {
      WEIR_ASSIGN_OR_RETURN(PlanPtr root, BindInsert(*insert, context));
      roots.push_back(std::move(root));
    }
    return roots;
  };
  // Whether this runs as a batch depends on the sources, which binding finds.
  auto wanted = options_.find("execution.runtime-mode");
  bool batch_first = wanted == options_.end() || !Upper(wanted->second).starts_with("STREAM");
  auto roots = bind(batch_first);
  if (!roots.ok()) return roots;
  WEIR_ASSIGN_OR_RETURN(*mode, ModeOf(*roots));
  return mode->is_batch == batch_first ? std::move(roots) : bind(mode->is_batch);
}

Result<std::vector<PlanPtr>> LocalSession::OptimizePlans(std::vector<PlanPtr> roots,
                                                         const PlanMode& mode,
                                                         RowEstimates estimates) {
  OptimizerContext context;
  context.functions = &functions_;
  context.config = &function_config_;
  context.connectors = &connectors_;
  context.environment = &environment_;
  context.values_store = &values_store_;
  context.is_batch = mode.is_batch;
  context.parallelism = Parallelism();
  context.options = options_;
  WEIR_ASSIGN_OR_RETURN(
      context.time_max_micros,
      Options{options_}.GetDurationMicros("weir.planning.time-limit", context.time_max_micros));
  context.estimate_rows = estimates == RowEstimates::kAsk;
  return Optimize(std::move(roots), context);
}

Result<QueryResultPtr> LocalSession::RunPlans(const std::vector<PlanPtr>& optimized,
                                              const PlanMode& mode,
                                              std::vector<std::string> column_names) {
  JobSpec spec;
  spec.options = Options{options_};
  const Options& options = spec.options;
  WEIR_ASSIGN_OR_RETURN(spec.memory_limit,
                        options.GetBytes("weir.memory.query-limit", DefaultMemoryLimit()));
  WEIR_ASSIGN_OR_RETURN(bool strict, options.GetBool("weir.strict", false));
  ExecutionOptions& execution = spec.execution;
  WEIR_ASSIGN_OR_RETURN(execution.deterministic, options.GetBool("weir.deterministic", false));
  WEIR_ASSIGN_OR_RETURN(execution.batch_rows_max, options.GetInt("weir.batch.rows-max", 4096));
  WEIR_ASSIGN_OR_RETURN(bool mini_batch, options.GetBool("table.exec.mini-batch.enabled", false));
  if (strict) {
    execution.deterministic = true;
    execution.batch_rows_max = 1;
    if (mini_batch) {
      WEIR_ASSIGN_OR_RETURN(execution.batch_rows_max,
                            options.GetInt("table.exec.mini-batch.size", 1));
    }
  }
  spec.plans = optimized;
  TranslateContext& context = spec.context;
  context.functions = &functions_;
  context.config = function_config_;
  context.connectors = &connectors_;
  context.environment = &environment_;
  context.values_store = &values_store_;
  context.is_batch = mode.is_batch;
  context.parallelism = strict ? 1 : Parallelism();
  context.options = options;
  context.batch_rows_max = execution.batch_rows_max;
  WEIR_ASSIGN_OR_RETURN(spec.settings, ReadJobSettings(options, optimized));
  // The second job of a name in one script has a folder of its own, also when it is run again.
  if (int twin = ++job_names_[spec.settings.name]; twin > 1) {
    spec.settings.name += fmt::format("-{}", twin);
    spec.settings.id = JobIdOf(spec.settings.name);
  }
  spec.log = config_.log;
  WEIR_ASSIGN_OR_RETURN(SupervisedJob started, StartSupervisedJob(std::move(spec)));
  return QueryResultPtr(std::make_unique<JobResult>(std::move(started), *optimized[0],
                                                    std::move(column_names), mode));
}

Result<QueryResultPtr> LocalSession::RunStatement(const Statement& statement,
                                                  std::string_view sql) {
  PlanMode mode;
  std::vector<std::string> names;
  if (auto* create = statement.As<AstCreateTable>()) {
    // CREATE TABLE AS: the table, then an INSERT of the query into it.
    Statement query;
    query.node = AstQueryStatement{create->query};
    query.span = create->query->span;
    WEIR_ASSIGN_OR_RETURN(std::vector<PlanPtr> bound, BindRoots(query, sql, &mode, &names));
    Schema schema = bound[0]->schema;
    for (size_t i = 0; i < names.size(); ++i) schema.fields[i].name = names[i];
    WEIR_ASSIGN_OR_RETURN(TableDefinition table,
                          BindCreateTableAs(*create, schema, MakeBinderContext(mode.is_batch)));
    auto shared = std::make_shared<const TableDefinition>(std::move(table));
    bool replace = create->replace || create->or_replace;
    if (!replace && create->if_not_exists && catalog_.FindTable(shared->name) != nullptr)
      return MakeMessage("OK");
    WEIR_RETURN_NOT_OK(replace ? catalog_.ReplaceTable(shared)
                               : catalog_.CreateTable(shared, false));
    AstInsert insert;
    insert.table = create->name;
    for (const std::string& name : names) insert.columns.push_back({Identifier{name, true, {}}});
    insert.query = create->query;
    Statement insert_statement;
    insert_statement.node = std::move(insert);
    insert_statement.span = statement.span;
    auto result = RunStatement(insert_statement, sql);
    if (!result.ok() && !replace)
      (void)catalog_.DropTable(shared->name, false, true, shared->is_temporary);
    return result;
  }
  WEIR_ASSIGN_OR_RETURN(std::vector<PlanPtr> roots, BindRoots(statement, sql, &mode, &names));
  WEIR_ASSIGN_OR_RETURN(std::vector<PlanPtr> optimized, OptimizePlans(std::move(roots), mode));
  return RunPlans(optimized, mode, std::move(names));
}

Result<QueryResultPtr> LocalSession::Explain(const AstExplain& explain, std::string_view sql) {
  PlanMode mode;
  std::vector<std::string> names;
  if (explain.statement->As<AstExecutePlan>() != nullptr)
    return Unsupported("EXPLAIN of EXECUTE PLAN is not supported yet");
  const Statement* statement = explain.statement.get();
  Statement query;
  if (auto* create = statement->As<AstCreateTable>();
      create != nullptr && create->query != nullptr) {
    query.node = AstQueryStatement{create->query};
    statement = &query;
  }
  if (explain.upgrade_from) return ExplainUpgrade(explain, *statement, sql);
  WEIR_ASSIGN_OR_RETURN(std::vector<PlanPtr> roots, BindRoots(*statement, sql, &mode, &names));
  ExplainOptions options;
  bool json = false;
  for (ExplainDetail detail : explain.details) {
    options.changelog_mode |= detail == ExplainDetail::kChangelogMode;
    options.estimated_cost |= detail == ExplainDetail::kEstimatedCost;
    json |= detail == ExplainDetail::kJsonExecutionPlan;
  }
  std::string text = "== Abstract Syntax Tree ==\n" + ExplainPlan(roots, ExplainOptions{});
  RowEstimates estimates = options.estimated_cost ? RowEstimates::kAsk : RowEstimates::kNone;
  WEIR_ASSIGN_OR_RETURN(std::vector<PlanPtr> optimized,
                        OptimizePlans(std::move(roots), mode, estimates));
  text += fmt::format("\n== Optimized Physical Plan ({}) ==\n", mode.is_batch ? "batch" : "stream");
  text += ExplainPlan(optimized, options);
  if (json) text += "\n== Physical Execution Plan ==\n" + PlanToJson(optimized) + "\n";
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return MakeTable({"result"}, {{text}});
}

Result<QueryResultPtr> LocalSession::CompilePlan(const AstCompilePlan& compile,
                                                 std::string_view sql) {
  FileSystem& files = *environment_.files;
  WEIR_ASSIGN_OR_RETURN(std::string path, LocalPath(compile.file));
  Options options{options_};
  WEIR_ASSIGN_OR_RETURN(bool force, options.GetBool("table.plan.force-recompile", false));
  if (files.Exists(path) && !force) {
    if (compile.if_not_exists) {
      if (!compile.execute) return MakeMessage("OK");
      return ExecutePlan(AstExecutePlan{path});
    }
    return WithHint(
        InvalidQuery("cannot overwrite the plan file '{}'", path),
        "COMPILE PLAN '..' IF NOT EXISTS, or SET 'table.plan.force-recompile' = 'true'");
  }
  if (compile.statement->As<AstQueryStatement>() != nullptr) {
    return InvalidQuery("only INSERT statements and statement sets can be compiled to a plan");
  }
  PlanMode mode;
  std::vector<std::string> names;
  WEIR_ASSIGN_OR_RETURN(std::vector<PlanPtr> roots,
                        BindRoots(*compile.statement, sql, &mode, &names));
  WEIR_ASSIGN_OR_RETURN(std::vector<PlanPtr> optimized, OptimizePlans(std::move(roots), mode));
  std::string temporary = path + ".inprogress";
  WEIR_ASSIGN_OR_RETURN(auto file, files.OpenForWrite(temporary));
  WEIR_RETURN_NOT_OK(file->Append(PlanToJson(optimized)));
  WEIR_RETURN_NOT_OK(file->Sync());
  WEIR_RETURN_NOT_OK(file->Close());
  WEIR_RETURN_NOT_OK(files.Rename(temporary, path));
  if (compile.execute) return RunPlans(optimized, mode, std::move(names));
  return MakeMessage("OK");
}

Result<QueryResultPtr> LocalSession::ExecutePlan(const AstExecutePlan& execute) {
  FileSystem& files = *environment_.files;
  WEIR_ASSIGN_OR_RETURN(std::string path, LocalPath(execute.file));
  WEIR_ASSIGN_OR_RETURN(auto file, files.OpenForRead(path));
  WEIR_ASSIGN_OR_RETURN(int64_t size, file->Size());
  constexpr int64_t kPlanBytesMax = 64 << 20;
  if (size > kPlanBytesMax)
    return InvalidData("plan file '{}' has {} bytes, more than {}", path, size, kPlanBytesMax);
  std::string text(static_cast<size_t>(size), '\0');
  WEIR_ASSIGN_OR_RETURN(int64_t read,
                        file->ReadAt(0, size, reinterpret_cast<uint8_t*>(text.data())));
  text.resize(static_cast<size_t>(read));
  auto plans = PlanFromJson(text);
  if (!plans.ok()) return WithContext(plans.status(), fmt::format("plan file '{}'", path));
  WEIR_ASSIGN_OR_RETURN(PlanMode mode, ModeOf(*plans));
  (void)MakeBinderContext(mode.is_batch);
  return RunPlans(*plans, mode, {});
}

}  // namespace weir
