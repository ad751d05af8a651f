// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The one door: statements in, results out. The shell, the server, Python and the tests use this
// and nothing below.
//
//   auto session = Session::Create(SessionConfig{});
//   for (each statement of ParseStatements(sql)) {
//     auto result = session->Execute(statement, sql);     // plans and starts it
//     while (result->Next(&batch)) print(batch);          // rows as they come; INSERT: waits for
//     its end
//   }
//
// Threads: a session belongs to one thread; QueryResult::Cancel and Progress may be called from any
// thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/environment.h"
#include "weir/catalog/catalog.h"
#include "weir/connector/connector.h"
#include "weir/data/batch.h"
#include "weir/expr/function_registry.h"
#include "weir/plan/plan_node.h"
#include "weir/runtime/executor.h"
#include "weir/sql/statement.h"

namespace weir {

class ValuesStore;  // connector/values: rows of test tables.

/// What a statement gave. Exactly one of: rows (has_rows), or nothing but a message.
class QueryResult {
 public:
  virtual ~QueryResult() = default;
  /// True for queries and for SHOW, DESCRIBE, EXPLAIN, VALUES.
  virtual bool has_rows() const { return false; }
  /// True when the rows come from a job (a query), false for SHOW and the like.
  virtual bool is_query() const { return false; }
  /// Columns, with unique names as the user sees them.
  virtual const Schema& schema() const;
  /// Row kinds that may come. Append-only results have +I only.
  virtual ChangelogMode changes() const { return ChangelogMode::AppendOnly(); }
  /// Columns that identify a row of a changelog without -U; empty: every -U and -D carries its full
  /// row.
  virtual const std::vector<int>& upsert_key() const;
  /// True when the query runs in stream mode.
  virtual bool is_streaming() const { return false; }
  /// True when the result may never end.
  virtual bool is_unbounded() const { return false; }
  /// Blocks for the next batch, which lies in the job's memory and must not outlive this object;
  /// false at the end. INSERT: returns false when the job has ended. The first error of the job
  /// comes out here.
  virtual Result<bool> Next(Batch* batch) = 0;
  virtual void Cancel() {}
  /// What the job has done so far, sources first; empty without a job.
  virtual std::vector<NodeProgress> Progress() const { return {}; }
  /// The job behind the rows or the INSERT, for savepoints and figures; null without one.
  virtual Job* job() { return nullptr; }
  /// "OK", or what was done; for statements without rows.
  virtual std::string message() const { return "OK"; }
};

struct SessionConfig {
  const Environment* environment = nullptr;    // Null: the real one.
  std::map<std::string, std::string> options;  // Initial SET options, Flink's keys.
  int default_parallelism = 0;                 // 0: the number of cores.
  /// Called after the built-in connectors have been registered, to add others.
  std::function<void(ConnectorRegistry*)> add_connectors = {};
  /// Told a line for people while a job runs: restarts, failed checkpoints. Called from any thread.
  std::function<void(const std::string&)> log = {};
};

/// A note for the person at the terminal, said once: an unknown option, a deprecated form.
struct SessionWarning {
  std::string message;
};

class Session {
 public:
  static Result<std::unique_ptr<Session>> Create(SessionConfig config);
  virtual ~Session() = default;

  /// Executes one statement. `sql` is the text its spans refer to.
  virtual Result<std::unique_ptr<QueryResult>> Execute(const Statement& statement,
                                                       std::string_view sql) = 0;
  /// SET key = value, checked. Unknown keys are kept and give a warning with the nearest known
  /// name.
  virtual Status SetOption(const std::string& key, const std::string& value) = 0;
  virtual const std::map<std::string, std::string>& options() const = 0;
  /// Warnings since the last call.
  virtual std::vector<SessionWarning> TakeWarnings() = 0;

  virtual Catalog& catalog() = 0;
  virtual const FunctionRegistry& functions() const = 0;
  virtual const ConnectorRegistry& connectors() const = 0;
  virtual const Environment& environment() const = 0;
  /// Where the `values` connector keeps rows given by id and rows received; for tests.
  virtual ValuesStore& values_store() = 0;
  /// The session's zone for printing TIMESTAMP_LTZ.
  virtual const std::string& time_zone() const = 0;
};

/// Configuration options that Weir knows, for completion, SET's checks and docs.
struct KnownOption {
  std::string_view key;
  std::string_view type;  // "Boolean", "Integer", "Duration", "MemorySize", "String", "Enum".
  std::string_view default_value;
  std::string_view effect;  // What Weir does with it; "accepted, no effect" where that is so.
};
const std::vector<KnownOption>& KnownOptions();

}  // namespace weir
