// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Results as text on standard output: one class an output, one line of registration (printers.cc).
//   table      the folded result in a box                  json  {"op":"+I","id":1}    one row a
//   line, as it comes changelog  op and rows as they come, in a box          csv   op,id RFC 4180,
//   as it comes markdown   the folded result as a Markdown table
// json and csv name the kind of each row (op) only where the result is not append-only.
// Threads: one.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "output_stream.h"
#include "weir/data/text.h"
#include "weir/session/session.h"

namespace weir {

struct PrintSettings {
  const TimeZone* zone = nullptr;  // Of TIMESTAMP_LTZ; null: UTC.
  int column_width_max = 30;       // Of texts, bytes and nested values in boxes.
  int64_t rows_max = 0;            // Of a box; the rows in the middle are left out. 0: all.
  int line_width_max = 0;          // Boxes try to be no wider. 0: any.
  bool show_summary = true;        // "2 rows in set"
  bool show_time = false;          // " (0.12 s)"
};

/// How a result ended, and after how long.
struct PrintEnd {
  bool is_cancelled = false;
  double seconds = 0;
};

class ResultPrinter {
 public:
  virtual ~ResultPrinter() = default;
  virtual Status OnBatch(const Batch& batch) = 0;
  /// All rows have come, or all that will. Not called when the query failed.
  virtual Status OnEnd(const PrintEnd& end) = 0;
};

struct OutputKind {
  std::string_view name;
  std::string_view description;
  std::unique_ptr<ResultPrinter> (*make)(const QueryResult& result, const PrintSettings& settings,
                                         OutputStream* out);
};
/// All outputs; the first is the default.
const std::vector<OutputKind>& OutputKinds();
/// Null when there is none of that name.
const OutputKind* FindOutput(std::string_view name);

std::unique_ptr<ResultPrinter> MakeTablePrinter(const QueryResult&, const PrintSettings&,
                                                OutputStream*);
std::unique_ptr<ResultPrinter> MakeChangelogPrinter(const QueryResult&, const PrintSettings&,
                                                    OutputStream*);
std::unique_ptr<ResultPrinter> MakeJsonPrinter(const QueryResult&, const PrintSettings&,
                                               OutputStream*);
std::unique_ptr<ResultPrinter> MakeCsvPrinter(const QueryResult&, const PrintSettings&,
                                              OutputStream*);
std::unique_ptr<ResultPrinter> MakeMarkdownPrinter(const QueryResult&, const PrintSettings&,
                                                   OutputStream*);

/// Appends row `row` of `column` as a JSON value: numbers in full precision, NULL null, bytes as
/// base64, maps and rows as objects, all else as texts; NaN and the infinities are texts too.
void AppendJsonValue(const Column& column, int64_t row, const TimeZone* zone, std::string* out);

}  // namespace weir
