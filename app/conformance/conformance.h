// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The conformance runner: cases in neutral JSON (forms: the README files of the corpus) run against
// Weir. It knows forms, never cases. A case is
//   passed       Weir gives what the case expects
//   unsupported  Weir itself refused by name (error code "not supported"), or the case has no SQL
//   failed       anything else: a wrong row, a wrong error, an error where rows are expected
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "weir/session/changelog_fold.h"
#include "weir/session/session.h"

namespace weir::conformance {

using Json = nlohmann::json;

enum class Outcome { kPassed, kFailed, kUnsupported };

struct CaseResult {
  std::string id;
  std::string file;
  Outcome outcome = Outcome::kFailed;
  std::string reason;
};

struct RunOptions {
  std::string filter;  // Regular expression over ids; empty: all.
  /// Of programs. With more than one subtask only the content of sinks is compared.
  int parallelism = 1;
  int restore_parallelism = 1;  // Of programs that start from a savepoint.
  std::function<void(CaseResult)> report;
  bool Wants(const std::string& id) const {
    return filter.empty() || std::regex_search(id, std::regex(filter));
  }
};

// One function a form; each reads the files of `dir`.
Status RunExpressions(const std::string& dir, const RunOptions& options);
Status RunQueries(const std::string& dir, const std::string& tables_file,
                  const RunOptions& options);
Status RunPrograms(const std::string& dir, const RunOptions& options);
Status RunNexmark(const std::string& dir, const RunOptions& options);

// ---- Shared ----
Result<std::string> ReadText(const std::string& path);
/// Files DIR/*.jsonl, sorted.
std::vector<std::string> CaseFiles(const std::string& dir);
/// Calls `run` for each line of a .jsonl file.
Status ForEachCase(const std::string& path, const std::function<void(const Json&)>& run);

/// A session with `options` set; `environment`: null is the real one.
Result<std::unique_ptr<Session>> OpenSession(const std::map<std::string, std::string>& options,
                                             const Environment* environment = nullptr);
std::map<std::string, std::string> ConfigOf(const Json& config);

/// Where a statement failed.
struct Failure {
  Status status;
  bool while_planning = false;
};
/// Runs one statement to its end and gives its batches to `consume`. Empty when it worked. Batches
/// live in the result's job: who keeps columns keeps the result too, in `kept`.
std::optional<Failure> RunStatement(
    Session& session, const std::string& sql,
    const std::function<Status(const QueryResult&, const Batch&)>& consume,
    std::unique_ptr<QueryResult>* kept = nullptr);
/// Passed, failed or unsupported for an unexpected error.
CaseResult FromError(std::string id, const Status& status);

/// Backquoted.
std::string Quote(const std::string& name);
/// The quoted list of "`name` type" of JSON columns.
std::string ColumnList(const Json& columns);
/// A row as the values connector reads it.
std::string RowText(const Json& row);

/// Whether row `row` of `column` equals `expected` (typed JSON of the corpora). `why` says what
/// differs.
bool SameTyped(const Column& column, int64_t row, const Json& expected, std::string* why);

}  // namespace weir::conformance
