// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// weir-slt DIR...: runs SQL test files (*.slt) and compares what they give.
//
//   # a comment
//   statement ok                     the statement works
//   statement error division by      it fails, and the message contains the text
//   query                            rows follow after ----, cells separated by |, in any order
//   query ordered                    the order counts
//   query changelog                  strict stream mode only: every change, "+I|a|1", in order
//   query text                       one cell, printed as lines (EXPLAIN, SHOW CREATE)
//   only batch stream                this file runs in these modes only
//
// Each file runs in every mode: batch, stream, parallelism 3, batches of one row; all must agree
// with the file. WEIR_UPDATE_EXPECTED=1 rewrites the rows behind ---- (from the first mode that
// runs the query).
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "weir/session/changelog_fold.h"
#include "weir/session/session.h"
#include "weir/sql/parser.h"

namespace weir {
namespace {

struct Mode {
  std::string name;
  std::map<std::string, std::string> options;
};

std::vector<Mode> AllModes() {
  return {{"batch", {{"execution.runtime-mode", "BATCH"}, {"parallelism.default", "1"}}},
          {"stream", {{"execution.runtime-mode", "STREAMING"}, {"parallelism.default", "1"}}},
          {"parallel", {{"execution.runtime-mode", "STREAMING"}, {"parallelism.default", "3"}}},
          {"parallel-batch", {{"execution.runtime-mode", "BATCH"}, {"parallelism.default", "3"}}},
          {"tiny",
           {{"execution.runtime-mode", "STREAMING"},
            {"parallelism.default", "2"},
            {"weir.batch.rows-max", "1"}}},
          {"strict", {{"execution.runtime-mode", "STREAMING"}, {"weir.strict", "true"}}}};
}

struct Record {
  int line = 0;
  std::string kind;  // "ok", "error", "rows", "ordered", "changelog", "text", "only"
  std::string argument;
  std::string sql;
  std::vector<std::string> expected;
  size_t expected_begin = 0, expected_end = 0;  // Lines of the file.
};

struct File {
  std::string path;
  std::vector<std::string> lines;
  std::vector<Record> records;
  std::vector<std::string> only;
};

bool ReadFile(const std::string& path, File* file, std::string* error) {
  std::ifstream in(path);
  if (!in) {
    *error = "cannot read " + path;
    return false;
  }
  file->path = path;
  for (std::string line; std::getline(in, line);) file->lines.push_back(line);
  size_t i = 0;
  while (i < file->lines.size()) {
    const std::string& line = file->lines[i];
    if (line.empty() || line[0] == '#') {
      ++i;
      continue;
    }
    std::istringstream words(line);
    std::string first, second;
    words >> first >> second;
    Record record;
    record.line = static_cast<int>(i) + 1;
    ++i;
    if (first == "only") {
      file->only.push_back(second);
      for (std::string more; words >> more;) file->only.push_back(more);
      continue;
    }
    if (first != "statement" && first != "query") {
      *error = path + ":" + std::to_string(record.line) +
               ": expected 'statement', 'query' or 'only', not '" + first + "'";
      return false;
    }
    record.kind = first == "statement" ? second : second.empty() ? "rows" : second;
    std::getline(words >> std::ws, record.argument);
    while (i < file->lines.size() && !file->lines[i].empty() && file->lines[i] != "----") {
      record.sql += file->lines[i++] + "\n";
    }
    if (i < file->lines.size() && file->lines[i] == "----") {
      record.expected_begin = ++i;
      while (i < file->lines.size() && !file->lines[i].empty())
        record.expected.push_back(file->lines[i++]);
      record.expected_end = i;
    } else {
      record.expected_begin = record.expected_end = i;
    }
    file->records.push_back(std::move(record));
  }
  return true;
}

std::string JoinCells(const FoldedRow& row) {
  std::string line;
  for (size_t i = 0; i < row.cells.size(); ++i) {
    if (i != 0) line += '|';
    for (char c : row.cells[i]) line += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return row.cells.size() == 1 && line.empty() ? "(empty)" : line;
}

/// Runs the statements of `sql`; the rows of the last one. `changelog`: with their kinds, unfolded.
Result<std::vector<std::string>> Run(Session& session, const std::string& sql,
                                     const std::string& kind) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Statement> statements, ParseStatements(sql));
  std::vector<std::string> lines;
  WEIR_ASSIGN_OR_RETURN(const TimeZone* zone, FindTimeZone(session.time_zone()));
  for (const Statement& statement : statements) {
    lines.clear();
    WEIR_ASSIGN_OR_RETURN(auto result, session.Execute(statement, sql));
    ChangelogFold fold(result->upsert_key(), TextStyle::kDisplay, zone);
    Batch batch;
    while (true) {
      WEIR_ASSIGN_OR_RETURN(bool more, result->Next(&batch));
      if (!more) break;
      if (kind != "changelog") {
        WEIR_RETURN_NOT_OK(fold.Add(batch));
        continue;
      }
      for (int64_t i = 0; i < batch.num_rows; ++i) {
        lines.push_back(fmt::format("{}|{}", RowKindText(batch.kind(i)),
                                    JoinCells(RenderRow(batch, i, TextStyle::kDisplay, zone))));
      }
    }
    for (const FoldedRow* row : fold.Rows()) {
      if (kind == "text") {
        std::istringstream text(row->cells[0]);
        // A blank line would end the record.
        for (std::string line; std::getline(text, line);)
          lines.push_back(line.empty() ? "." : line);
      } else {
        lines.push_back(JoinCells(*row));
      }
    }
  }
  return lines;
}

/// Empty when the record holds in this mode, else what is wrong.
std::string Check(Session& session, Record& record, const Mode& mode, bool update) {
  if (record.kind == "changelog" && mode.name != "strict") return {};
  auto result = Run(session, record.sql, record.kind);
  if (record.kind == "error") {
    if (result.ok()) return "expected an error, but it worked";
    std::string message = RenderError(result.status(), record.sql);
    if (message.find(record.argument) == std::string::npos) {
      return "expected an error with '" + record.argument + "', got: " + message;
    }
    return {};
  }
  if (!result.ok()) return RenderError(result.status(), record.sql);
  if (record.kind == "ok") return {};
  std::vector<std::string> got = *result, expected = record.expected;
  if (record.kind == "rows") {
    std::sort(got.begin(), got.end());
    if (update) record.expected = got;
    std::sort(expected.begin(), expected.end());
  } else if (update) {
    record.expected = got;
  }
  if (update || got == expected) return {};
  std::string text = "rows differ\n    expected:";
  for (const std::string& line : expected) text += "\n      " + line;
  text += "\n    got:";
  for (const std::string& line : got) text += "\n      " + line;
  return text;
}

void Rewrite(const File& file) {
  std::ofstream out(file.path);
  size_t line = 0;
  for (const Record& record : file.records) {
    while (line < record.expected_begin) out << file.lines[line++] << "\n";
    bool has_rows = record.kind != "ok" && record.kind != "error";
    if (has_rows && record.expected_begin == record.expected_end &&
        (line == 0 || file.lines[line - 1] != "----")) {
      out << "----\n";
    }
    for (const std::string& row : record.expected) out << row << "\n";
    line = record.expected_end;
  }
  while (line < file.lines.size()) out << file.lines[line++] << "\n";
}

int RunFile(const std::string& path, bool update, int* passed) {
  File file;
  std::string error;
  if (!ReadFile(path, &file, &error)) {
    std::printf("FAILED %s\n", error.c_str());
    return 1;
  }
  int failed = 0;
  std::vector<bool> written(file.records.size(),
                            false);  // Later modes check what the first one wrote.
  for (const Mode& mode : AllModes()) {
    if (!file.only.empty() &&
        std::find(file.only.begin(), file.only.end(), mode.name) == file.only.end())
      continue;
    auto session = Session::Create({nullptr, mode.options, 0});
    if (!session.ok()) {
      std::printf("FAILED %s: %s\n", path.c_str(), session.status().message().c_str());
      return 1;
    }
    std::string scratch = std::filesystem::temp_directory_path() /
                          ("weir-slt-" + std::to_string(getpid()) + "-" + mode.name);
    std::filesystem::remove_all(scratch);
    std::filesystem::create_directories(scratch);
    bool good = true;
    for (Record& record : file.records) {
      // $TMP: a folder of this file and mode alone.
      Record run = record;
      for (size_t at; (at = run.sql.find("$TMP")) != std::string::npos;)
        run.sql.replace(at, 4, scratch);
      bool write =
          update && (record.kind == "changelog" || !written[&record - file.records.data()]);
      std::string problem = Check(**session, run, mode, write);
      if (record.kind != "changelog" || mode.name == "strict")
        written[&record - file.records.data()] = true;
      record.expected = run.expected;
      if (problem.empty()) continue;
      std::printf("FAILED %s:%d (%s): %s\n", path.c_str(), record.line, mode.name.c_str(),
                  problem.c_str());
      good = false;
      break;
    }
    std::filesystem::remove_all(scratch);
    good ? ++*passed : ++failed;
  }
  if (update) Rewrite(file);
  return failed;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    std::error_code error;
    if (std::filesystem::is_directory(argv[i], error)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
        if (entry.path().extension() == ".slt") paths.push_back(entry.path());
      }
    } else {
      paths.push_back(argv[i]);
    }
  }
  std::sort(paths.begin(), paths.end());
  if (paths.empty()) {
    std::fprintf(stderr, "usage: weir-slt DIR|FILE.slt ... (no .slt file found)\n");
    return 2;
  }
  const char* update = std::getenv("WEIR_UPDATE_EXPECTED");
  int passed = 0, failed = 0;
  for (const std::string& path : paths)
    failed += weir::RunFile(path, update != nullptr && *update == '1', &passed);
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
