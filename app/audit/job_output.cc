// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Reads what sinks have written without Weir's own readers.
#include <arrow/io/memory.h>
#include <arrow/scalar.h>
#include <arrow/table.h>
#include <parquet/arrow/reader.h>

#include <algorithm>
#include <set>

#include "job_run.h"

namespace weir::audit {
namespace {

using NamedFiles = std::map<std::string, std::string>;  // Below the sink's path.

std::vector<std::string> LinesOf(const std::string& bytes) {
  std::vector<std::string> lines;
  size_t begin = 0;
  while (begin < bytes.size()) {
    size_t end = std::min(bytes.find('\n', begin), bytes.size());
    lines.push_back(bytes.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::string FolderOf(const std::string& path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

std::string_view NameOf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

Result<std::vector<std::string>> ParquetRows(const std::string& path, const std::string& bytes) {
  auto input = std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes));
  auto reader = parquet::arrow::OpenFile(input, arrow::default_memory_pool());
  if (!reader.ok()) return Corruption("{}: {}", path, reader.status().message());
  auto read = (*reader)->ReadTable();
  if (!read.ok()) return Corruption("{}: {}", path, read.status().message());
  WEIR_ASSIGN_OR_RETURN(auto table, (*read)->CombineChunks());
  std::vector<std::string> rows(static_cast<size_t>(table->num_rows()));
  for (int c = 0; c < table->num_columns(); ++c) {
    for (int64_t i = 0; i < table->num_rows(); ++i) {
      WEIR_ASSIGN_OR_RETURN(auto scalar, table->column(c)->GetScalar(i));
      rows[static_cast<size_t>(i)] += "|" + scalar->ToString();
    }
  }
  return rows;
}

std::vector<std::string> CellsOf(const std::string& line) {
  std::vector<std::string> cells;
  size_t begin = 0;
  while (begin <= line.size()) {
    size_t end = std::min(line.find('|', begin), line.size());
    cells.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return cells;
}

/// "+I|a|1", "-U|a|1", "+U|a|2" -> "a|2".
Result<SinkRows> Fold(const NamedFiles& files, const ReferenceOutput& output) {
  SinkRows sink;
  std::map<std::string, std::vector<std::string>> live;  // By key.
  for (const auto& [path, bytes] : files) {
    for (const std::string& line : LinesOf(bytes)) {
      std::vector<std::string> cells = CellsOf(line);
      if (cells.size() < 2 || cells[0].size() != 2)
        return Corruption("{}: '{}' is no line of a changelog", path, line);
      sink.changes[cells[1]] += line + "\n";
      std::string row = line.substr(3), key;
      if (output.key.empty()) key = row;
      for (int column : output.key) key += cells[static_cast<size_t>(column) + 1] + "|";
      std::vector<std::string>& rows = live[key];
      if (cells[0][0] == '-') {
        if (rows.empty())
          return Corruption("{}: '{}' takes away a row that is not there", path, line);
        rows.pop_back();
        continue;
      }
      if (!output.key.empty()) rows.clear();
      rows.push_back(row);
    }
  }
  for (const auto& [key, rows] : live) sink.rows.insert(sink.rows.end(), rows.begin(), rows.end());
  std::sort(sink.rows.begin(), sink.rows.end());
  return sink;
}

Result<SinkRows> Plain(const NamedFiles& files, const ReferenceOutput& output) {
  SinkRows sink;
  for (const auto& [path, bytes] : files) {
    if (NameOf(path) == "_SUCCESS") {
      sink.rows.push_back(path);
      continue;
    }
    std::vector<std::string> lines;
    if (output.form == OutputForm::kParquet) {
      WEIR_ASSIGN_OR_RETURN(lines, ParquetRows(path, bytes));
    } else {
      if (!bytes.empty() && bytes.back() != '\n')
        return Corruption("{}: the last line is not whole", path);
      lines = LinesOf(bytes);
    }
    for (const std::string& line : lines) sink.rows.push_back(FolderOf(path) + line);
  }
  if (output.form != OutputForm::kHeadLines) std::sort(sink.rows.begin(), sink.rows.end());
  return sink;
}

std::string FirstDifference(const std::vector<std::string>& expected,
                            const std::vector<std::string>& actual) {
  std::vector<std::string> missing, extra, a = expected, b = actual;
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(missing));
  std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(extra));
  if (missing.empty() && extra.empty()) return "the rows are in another order";
  return fmt::format("{} rows missing{}{}, {} too many{}{}", missing.size(),
                     missing.empty() ? "" : ", first ", missing.empty() ? "" : missing[0],
                     extra.size(), extra.empty() ? "" : ", first ", extra.empty() ? "" : extra[0]);
}

}  // namespace

Result<JobOutput> ReadOutput(const ReferenceJob& job, const SimEnvironment& machine) {
  JobOutput result;
  for (const ReferenceOutput& output : job.outputs) {
    NamedFiles files;
    for (const auto& [path, bytes] : machine.Files(output.path)) {
      std::string_view name = NameOf(path);
      if ((name.starts_with('.') || name.starts_with('_')) && name != "_SUCCESS") {
        result.leftovers.push_back(path);
      } else {
        files[path.substr(output.path.size() + 1)] = bytes;
      }
    }
    auto rows = output.form == OutputForm::kChangelog ? Fold(files, output) : Plain(files, output);
    if (!rows.ok()) return WithContext(rows.status(), output.path);
    result.sinks[output.path] = std::move(*rows);
  }
  return result;
}

std::optional<std::string> Difference(const ReferenceJob& job, const JobOutput& expected,
                                      const JobOutput& actual, ChangesMust changes) {
  for (const ReferenceOutput& output : job.outputs) {
    const SinkRows& wanted = expected.sinks.at(output.path);
    const SinkRows& got = actual.sinks.at(output.path);
    if (wanted.rows != got.rows)
      return fmt::format("{}: {}", output.path, FirstDifference(wanted.rows, got.rows));
    if (!output.same_changes || changes == ChangesMust::kFoldEqual) continue;
    for (const auto& [key, lines] : wanted.changes) {
      auto found = got.changes.find(key);
      std::string other = found == got.changes.end() ? "" : found->second;
      if (other != lines)
        return fmt::format("{}: the changes of '{}' differ: {}", output.path, key,
                           FirstDifference(LinesOf(lines), LinesOf(other)));
    }
  }
  if (!actual.leftovers.empty())
    return fmt::format("{} files left over, first {}", actual.leftovers.size(),
                       actual.leftovers[0]);
  return std::nullopt;
}

}  // namespace weir::audit
