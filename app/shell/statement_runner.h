// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Runs statements of a session: plans, prints rows and messages, shows progress, cancels on a
// signal.
//   runner.RunScript("CREATE TABLE ..; SELECT ..", "job.sql")
// Rows go to standard output, everything else to standard error. Threads: one.
#pragma once

#include <string>
#include <string_view>

#include "output_stream.h"
#include "printers.h"
#include "signals.h"
#include "weir/session/session.h"

namespace weir {

struct RunnerSettings {
  const OutputKind* output = nullptr;
  bool quiet = false;
  bool output_is_terminal = false;   // Standard output.
  bool errors_are_terminal = false;  // Standard error.
};

/// What became of a text of statements.
enum class RunEnd : uint8_t {
  kDone,
  kFailed,        // A statement failed; the message is on standard error.
  kCancelled,     // By a signal: see SignalWatcher::last().
  kOutputClosed,  // Nobody reads standard output any more.
};

class StatementRunner {
 public:
  StatementRunner(Session& session, SignalWatcher& signals, RunnerSettings settings)
      : session_(session), signals_(signals), settings_(settings), out_(1) {}

  /// Runs the statements of `text` up to the first that fails. `name`: of the file, for messages;
  /// empty: none. `done`: how much of `text` has been run already.
  RunEnd RunScript(std::string_view text, std::string_view name, size_t done = 0);
  /// Runs the statements that are complete in `text` from `*done` on, and moves `*done` behind
  /// them.
  RunEnd RunComplete(std::string_view text, std::string_view name, size_t* done);
  /// Prints the session's warnings on standard error.
  void PrintWarnings();

 private:
  RunEnd RunPart(std::string_view text, std::string_view name, SourceSpan span);
  Status RunStatement(std::string_view sql);
  Status PrintRows(QueryResult& result);
  Status PrintOutcome(QueryResult& result, double seconds);
  void PrintLosses(const QueryResult& result);
  PrintSettings MakePrintSettings() const;
  std::unique_ptr<ResultPrinter> MakePrinter(const QueryResult& result,
                                             const PrintSettings& settings);
  bool shows_progress() const { return settings_.errors_are_terminal && !settings_.quiet; }

  Session& session_;
  SignalWatcher& signals_;
  RunnerSettings settings_;
  OutputStream out_;
};

/// "name:line: " and the rendered error. `offset`: where in `text` the statement that the error's
/// span refers to begins.
std::string RenderScriptError(const Status& status, std::string_view text, size_t offset,
                              std::string_view name);

}  // namespace weir
