// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "shell.h"

#include <cctype>
#include <cstdio>
#include <cstdlib>

#include "line_editor.h"
#include "session_names.h"
#include "weir/sql/parser.h"

namespace weir {
namespace {

constexpr std::string_view kPrompt = "weir> ";
constexpr std::string_view kMorePrompt = "   -> ";

constexpr std::string_view kHelp = R"(Statements end with ';' and may take several lines.

  SELECT ...; INSERT INTO ...; CREATE TABLE ...;   run a statement
  SELECT * FROM 'flights.csv';                     a file is a table, as .json and .parquet are
  EXPLAIN SELECT ...;                              how a query runs
  SHOW TABLES; DESCRIBE t; SHOW CREATE TABLE t;    what there is
  SHOW FUNCTIONS; SHOW CONNECTORS; DESCRIBE CONNECTOR filesystem;
  SET 'execution.runtime-mode' = 'streaming';      change an option; SET; lists them

  HELP   this text        CLEAR   clear the screen        QUIT or EXIT   leave

Tab completes keywords, tables, columns, functions, options and file names.
Up and Down walk through the history, Ctrl-R searches it.
Ctrl-C cancels the running query, or drops the statement being typed.
Ctrl-D leaves.
)";

void Print(std::string_view text) {
  (void)std::fwrite(text.data(), 1, text.size(), stdout);
  (void)std::fflush(stdout);
}

std::string HistoryPath() {
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? std::string() : std::string(home) + "/.weir_history";
}

class Shell {
 public:
  Shell(Session& session, SignalWatcher& signals, StatementRunner& runner)
      : signals_(signals),
        runner_(runner),
        names_(MakeSessionNames(session)),
        editor_(MakeLineEditor(
            signals,
            [this](std::string_view line, size_t cursor) { return CompleteLine(line, cursor); },
            HistoryPath())) {}

  int Run() {
    std::string line;
    while (true) {
      LineEnd end = editor_->ReadLine(typed_.empty() ? kPrompt : kMorePrompt, &line);
      if (end == LineEnd::kEnd) return signals_.last() == 0 ? 0 : 128 + signals_.last();
      if (end == LineEnd::kInterrupted) {
        typed_.clear();
        continue;
      }
      if (typed_.empty()) {
        ShellCommand command = ParseShellCommand(line);
        if (command == ShellCommand::kQuit) return 0;
        if (command != ShellCommand::kNone) {
          editor_->Remember(line);
          Print(command == ShellCommand::kHelp ? kHelp : "\x1b[H\x1b[2J");
          continue;
        }
      }
      typed_ += line;
      typed_ += '\n';
      if (!IsComplete(typed_)) continue;
      std::string text = std::move(typed_);
      typed_.clear();
      if (SplitStatements(text).statements.empty()) continue;
      editor_->Remember(text);
      RunEnd outcome = runner_.RunScript(text, "");
      if (outcome == RunEnd::kOutputClosed) return 0;
      if (int signal = signals_.Take(); signal == SIGTERM || signal == SIGHUP) return 128 + signal;
    }
  }

 private:
  Completion CompleteLine(std::string_view line, size_t cursor) {
    std::string text = typed_ + std::string(line);
    // Of several statements, only the one at the cursor counts.
    size_t begin = 0;
    for (SourceSpan span :
         SplitStatements(std::string_view(text).substr(0, typed_.size() + cursor)).statements)
      begin = span.end + 1;
    begin = std::min(begin, typed_.size() + cursor);
    Completion completion =
        Complete(*names_, std::string_view(text).substr(begin), typed_.size() + cursor - begin);
    size_t at = completion.begin + begin;
    if (at < typed_.size()) return {};  // A text that began on a line above.
    completion.begin = at - typed_.size();
    return completion;
  }

  SignalWatcher& signals_;
  StatementRunner& runner_;
  std::unique_ptr<NameSource> names_;
  std::string typed_;  // Lines of the statement so far.
  std::unique_ptr<LineEditor> editor_;
};

}  // namespace

ShellCommand ParseShellCommand(std::string_view line) {
  std::string word;
  for (char c : line) {
    if (c != ';' && std::isspace(static_cast<unsigned char>(c)) == 0)
      word += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  if (word == "HELP" || word == "?" || word == "\\?") return ShellCommand::kHelp;
  if (word == "CLEAR") return ShellCommand::kClear;
  if (word == "QUIT" || word == "EXIT" || word == "\\Q") return ShellCommand::kQuit;
  return ShellCommand::kNone;
}

int RunShell(Session& session, SignalWatcher& signals, StatementRunner& runner,
             const RunnerSettings& settings, std::string_view version) {
  signals.SetWhenIdle(WhenIdle::kNotify);
  if (!settings.quiet)
    Print(fmt::format("weir {}. Statements end with ';'. HELP; tells more, Ctrl-D leaves.\n",
                      version));
  return Shell(session, signals, runner).Run();
}

}  // namespace weir
