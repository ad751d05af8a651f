// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "statement_runner.h"

#include <chrono>
#include <cstdlib>
#include <optional>

#include "progress.h"
#include "table_view.h"
#include "terminal.h"
#include "weir/sql/parser.h"

namespace weir {
namespace {

using SteadyClock = std::chrono::steady_clock;

double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

void WriteError(std::string_view text) { (void)!std::fwrite(text.data(), 1, text.size(), stderr); }

/// An integer option of the session; `otherwise` when it is not set.
int64_t IntOption(const Session& session, const std::string& key, int64_t otherwise) {
  auto at = session.options().find(key);
  return at == session.options().end() ? otherwise : std::atoll(at->second.c_str());
}

bool WritesToOutput(const std::vector<NodeProgress>& nodes, const Catalog& catalog) {
  // The rows of a `print` table share the terminal: progress lines between them would only disturb.
  for (const NodeProgress& node : nodes) {
    if (!node.name.starts_with("Sink")) continue;
    std::string name = ShortNodeName(node.name);
    TablePtr table =
        catalog.FindTable({catalog.current_catalog(), catalog.current_database(), name});
    if (table == nullptr) return true;
    auto connector = table->options.find("connector");
    if (connector == table->options.end() || connector->second == "print") return true;
  }
  return false;
}

}  // namespace

std::string RenderScriptError(const Status& status, std::string_view text, size_t offset,
                              std::string_view name) {
  ErrorInfo info = GetErrorInfo(status);
  auto begin = static_cast<uint32_t>(offset);
  if (info.span) info.span = SourceSpan{info.span->begin + begin, info.span->end + begin};
  int line = LocateOffset(text, info.span ? info.span->begin : begin).line;
  std::string place = name.empty() ? "error: " : fmt::format("{}:{}: error: ", name, line);
  return place + RenderError(MakeError(std::move(info), status.message()), text) + "\n";
}

RunEnd StatementRunner::RunScript(std::string_view text, std::string_view name, size_t done) {
  RunEnd end = RunComplete(text, name, &done);
  if (end != RunEnd::kDone) return end;
  SplitText rest = SplitStatements(text.substr(done));
  if (rest.rest_is_blank) return RunEnd::kDone;
  return RunPart(
      text, name,
      {static_cast<uint32_t>(done + rest.rest_begin), static_cast<uint32_t>(text.size())});
}

RunEnd StatementRunner::RunComplete(std::string_view text, std::string_view name, size_t* done) {
  size_t base = *done;
  SplitText split = SplitStatements(text.substr(base));
  for (SourceSpan span : split.statements) {
    *done = base + span.end;
    RunEnd end =
        RunPart(text, name,
                {static_cast<uint32_t>(base + span.begin), static_cast<uint32_t>(base + span.end)});
    if (end != RunEnd::kDone) return end;
  }
  *done = base + split.rest_begin;
  return RunEnd::kDone;
}

RunEnd StatementRunner::RunPart(std::string_view text, std::string_view name, SourceSpan span) {
  Status status = RunStatement(text.substr(span.begin, span.end - span.begin));
  PrintWarnings();
  if (out_.is_closed()) return RunEnd::kOutputClosed;
  if (signals_.last() != 0) {
    if (!status.ok() && settings_.errors_are_terminal) WriteError("cancelled\n");
    return RunEnd::kCancelled;
  }
  if (status.ok()) return RunEnd::kDone;
  WriteError(RenderScriptError(status, text, span.begin, name));
  return RunEnd::kFailed;
}

void StatementRunner::PrintWarnings() {
  for (const SessionWarning& warning : session_.TakeWarnings())
    WriteError("warning: " + warning.message + "\n");
}

Status StatementRunner::RunStatement(std::string_view sql) {
  auto start = SteadyClock::now();
  WEIR_ASSIGN_OR_RETURN(Statement statement, ParseStatement(sql));
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<QueryResult> result, session_.Execute(statement, sql));
  PrintWarnings();
  SignalWatcher::Running running(signals_, [&result] { result->Cancel(); });
  if (result->has_rows()) return PrintRows(*result);
  {
    std::optional<ProgressLines> progress;
    bool is_job = result->is_query();
    if (is_job && shows_progress() && !WritesToOutput(result->Progress(), session_.catalog()))
      progress.emplace(*result);
    Batch none;
    for (bool more = true; more;) {
      WEIR_ASSIGN_OR_RETURN(more, result->Next(&none));
    }
  }
  return PrintOutcome(*result, SecondsSince(start));
}

Status StatementRunner::PrintOutcome(QueryResult& result, double seconds) {
  PrintLosses(result);
  if (!settings_.output_is_terminal || settings_.quiet) return Status::OK();
  if (result.is_query()) {
    int64_t rows = RowsWritten(result.Progress());
    *out_.buffer() += fmt::format("{} row{} written ({})\n", GroupDigits(rows),
                                  rows == 1 ? "" : "s", ShortDuration(seconds));
  } else if (!result.message().empty()) {
    *out_.buffer() += result.message() + "\n";
  }
  return out_.Flush();
}

void StatementRunner::PrintLosses(const QueryResult& result) {
  if (settings_.quiet || !result.is_query()) return;
  int64_t skipped = 0, late = 0;
  for (const NodeProgress& node : result.Progress()) {
    skipped += node.counters.records_skipped;
    late += node.counters.late_rows_dropped;
  }
  if (skipped > 0)
    WriteError(fmt::format("note: {} bad record{} skipped\n", GroupDigits(skipped),
                           skipped == 1 ? " was" : "s were"));
  // Late rows are the watermark's business as usual: said to people only.
  if (late > 0 && settings_.errors_are_terminal) {
    WriteError(fmt::format("note: {} late row{} dropped\n", GroupDigits(late),
                           late == 1 ? " was" : "s were"));
  }
}

PrintSettings StatementRunner::MakePrintSettings() const {
  PrintSettings settings;
  auto zone = FindTimeZone(session_.time_zone());
  if (zone.ok()) settings.zone = *zone;
  int64_t width =
      IntOption(session_, "sql-client.display.max-column-width", settings.column_width_max);
  settings.column_width_max =
      static_cast<int>(IntOption(session_, "table.display.max-column-width", width));
  if (settings_.output_is_terminal) {
    constexpr int64_t kTerminalRows = 200;
    settings.rows_max =
        std::max<int64_t>(IntOption(session_, "weir.display.rows-max", kTerminalRows), 0);
    settings.line_width_max = SizeOfTerminal(1).columns;
  }
  settings.show_summary = !settings_.quiet;
  settings.show_time = settings_.output_is_terminal;
  return settings;
}

std::unique_ptr<ResultPrinter> StatementRunner::MakePrinter(const QueryResult& result,
                                                            const PrintSettings& settings) {
  bool is_table = settings_.output == &OutputKinds().front();
  if (is_table && settings_.output_is_terminal && result.is_query() && result.is_streaming()) {
    return std::make_unique<TableView>(result, settings, &out_);
  }
  return settings_.output->make(result, settings, &out_);
}

Status StatementRunner::PrintRows(QueryResult& result) {
  auto start = SteadyClock::now();
  PrintSettings settings = MakePrintSettings();
  std::unique_ptr<ResultPrinter> printer = MakePrinter(result, settings);
  std::optional<ProgressLines> progress;
  bool is_live = dynamic_cast<TableView*>(printer.get()) != nullptr;  // Has its own figures.
  if (result.is_query() && shows_progress() && !is_live) progress.emplace(result);
  Status status;
  Batch batch;
  while (true) {
    Result<bool> next = result.Next(&batch);
    if (!next.ok()) status = next.status();
    if (!next.ok() || !*next) break;
    // Lines and rows share the screen.
    if (progress && settings_.output_is_terminal) progress->Erase();
    status = printer->OnBatch(batch);
    if (!status.ok()) {
      result.Cancel();
      break;
    }
  }
  progress.reset();
  bool is_cancelled = signals_.last() != 0 && !out_.is_closed();
  if (!status.ok() && !is_cancelled) {
    printer.reset();
    (void)out_.Flush();
    return status;
  }
  WEIR_RETURN_NOT_OK(printer->OnEnd(PrintEnd{is_cancelled, SecondsSince(start)}));
  PrintLosses(result);
  return Status::OK();
}

}  // namespace weir
