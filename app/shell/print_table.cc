// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "print_table.h"

#include <algorithm>

#include "terminal.h"

namespace weir {
namespace {

/// Rows after which a box of an append-only result is begun: its columns are fitted to these.
constexpr int64_t kFittedRows = 10'000;

void AppendSummary(std::string_view count, const PrintSettings& settings, const PrintEnd& end,
                   OutputStream* out) {
  if (!settings.show_summary) return;
  *out->buffer() += count;
  if (settings.show_time) *out->buffer() += fmt::format(" ({})", ShortDuration(end.seconds));
  *out->buffer() += end.is_cancelled ? ", cancelled\n" : "\n";
}

std::string CountText(int64_t count, std::string_view noun, std::string_view rest) {
  return fmt::format("{} {}{}{}", GroupDigits(count), noun, count == 1 ? "" : "s", rest);
}

class ChangelogPrinter : public ResultPrinter {
 public:
  ChangelogPrinter(const QueryResult& result, const PrintSettings& settings, OutputStream* out)
      : settings_(settings),
        out_(out),
        box_(result.schema(), result.is_query() ? settings.column_width_max : 0) {
    box_.AddLeadingColumn("op");
  }

  Status OnBatch(const Batch& batch) override {
    std::vector<std::vector<std::string>> rows;
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      FoldedRow row = RenderRow(batch, i, TextStyle::kDisplay, settings_.zone);
      row.cells.insert(row.cells.begin(), std::string(RowKindText(batch.kind(i))));
      box_.Fit(row.cells);
      rows.push_back(std::move(row.cells));
    }
    if (total_ == 0 && batch.num_rows > 0) box_.AppendHeader(out_->buffer());
    for (const auto& cells : rows) box_.AppendRow(cells, out_->buffer());
    total_ += batch.num_rows;
    return out_->Flush();
  }

  Status OnEnd(const PrintEnd& end) override {
    if (total_ > 0) box_.AppendBorder(out_->buffer());
    AppendSummary(total_ == 0 ? "Empty set" : CountText(total_, "change", ""), settings_, end,
                  out_);
    return out_->Flush();
  }

 private:
  PrintSettings settings_;
  OutputStream* out_;
  Box box_;
  int64_t total_ = 0;
};

class MarkdownPrinter : public ResultPrinter {
 public:
  MarkdownPrinter(const QueryResult& result, const PrintSettings& settings, OutputStream* out)
      : schema_(result.schema()), out_(out), rows_(result, settings.zone, 0) {}

  Status OnBatch(const Batch& batch) override { return rows_.Add(batch); }

  Status OnEnd(const PrintEnd&) override {
    std::string* text = out_->buffer();
    for (const Field& field : schema_.fields) AppendCell(field.name, text);
    *text += "|\n";
    for (const Field& field : schema_.fields)
      *text += field.type.is_numeric() ? "| ---: " : "| --- ";
    *text += "|\n";
    for (const FoldedRow* row : rows_.AllRows().head) {
      for (const std::string& cell : row->cells) AppendCell(cell, text);
      *text += "|\n";
      WEIR_RETURN_NOT_OK(out_->OnAppended());
    }
    return out_->Flush();
  }

 private:
  static void AppendCell(std::string_view cell, std::string* out) {
    *out += "| ";
    size_t begin = 0;
    while (begin <= cell.size()) {  // Line ends inside a cell are <br>.
      size_t end = std::min(cell.find('\n', begin), cell.size());
      for (char c : CleanText(cell.substr(begin, end - begin))) {
        if (c == '|') *out += '\\';
        *out += c;
      }
      if (end < cell.size()) *out += "<br>";
      begin = end + 1;
    }
    *out += ' ';
  }

  Schema schema_;
  OutputStream* out_;
  RowStore rows_;
};

}  // namespace

TablePrinter::TablePrinter(const QueryResult& result, const PrintSettings& settings,
                           OutputStream* out)
    : schema_(result.schema()),
      is_query_(result.is_query()),
      settings_(settings),
      out_(out),
      rows_(result, settings.zone, settings.rows_max),
      box_(schema_, is_query_ ? settings.column_width_max : 0) {}

Status TablePrinter::OnBatch(const Batch& batch) {
  if (is_begun_) return AppendRows(batch);
  WEIR_RETURN_NOT_OK(rows_.Add(batch));
  // Without a limit the rows of an append-only result need not be kept to the end.
  bool may_begin =
      rows_.is_append_only() && settings_.rows_max == 0 && rows_.total() >= kFittedRows;
  return may_begin ? Begin() : Status::OK();
}

Status TablePrinter::OnEnd(const PrintEnd& end) {
  if (!is_begun_ && IsPlainText()) {
    for (const FoldedRow* row : rows_.AllRows().head) *out_->buffer() += row->cells[0] + "\n";
    return out_->Flush();
  }
  int64_t total = is_begun_ ? total_ : rows_.total();
  if (total == 0) {
    AppendSummary("Empty set", settings_, end, out_);
    return out_->Flush();
  }
  if (!is_begun_) WEIR_RETURN_NOT_OK(Begin());
  box_.AppendBorder(out_->buffer());
  AppendSummary(CountText(total, "row", " in set"), settings_, end, out_);
  return out_->Flush();
}

bool TablePrinter::IsPlainText() const {
  if (is_query_ || schema_.size() != 1 || rows_.total() != 1) return false;
  return rows_.AllRows().head[0]->cells[0].find('\n') != std::string::npos;
}

Status TablePrinter::Begin() {
  is_begun_ = true;
  total_ = rows_.total();
  RowStore::View view =
      settings_.rows_max > 0
          ? rows_.Rows(settings_.rows_max - settings_.rows_max / 2, settings_.rows_max / 2)
          : rows_.AllRows();
  for (const auto* part : {&view.head, &view.tail}) {
    for (const FoldedRow* row : *part) box_.Fit(row->cells);
  }
  if (settings_.line_width_max > 0) box_.Shrink(settings_.line_width_max);
  box_.AppendHeader(out_->buffer());
  for (const FoldedRow* row : view.head) {
    box_.AppendRow(row->cells, out_->buffer());
    WEIR_RETURN_NOT_OK(out_->OnAppended());
  }
  if (view.omitted > 0) {
    box_.AppendNote(
        fmt::format("... {} more rows; --output csv has them all ...", GroupDigits(view.omitted)),
        out_->buffer());
  }
  for (const FoldedRow* row : view.tail) box_.AppendRow(row->cells, out_->buffer());
  return out_->OnAppended();
}

Status TablePrinter::AppendRows(const Batch& batch) {
  for (int64_t row = 0; row < batch.num_rows; ++row) {
    box_.AppendRow(RenderRow(batch, row, TextStyle::kDisplay, settings_.zone).cells,
                   out_->buffer());
    WEIR_RETURN_NOT_OK(out_->OnAppended());
  }
  total_ += batch.num_rows;
  return Status::OK();
}

std::unique_ptr<ResultPrinter> MakeTablePrinter(const QueryResult& result,
                                                const PrintSettings& settings, OutputStream* out) {
  return std::make_unique<TablePrinter>(result, settings, out);
}
std::unique_ptr<ResultPrinter> MakeChangelogPrinter(const QueryResult& result,
                                                    const PrintSettings& settings,
                                                    OutputStream* out) {
  return std::make_unique<ChangelogPrinter>(result, settings, out);
}
std::unique_ptr<ResultPrinter> MakeMarkdownPrinter(const QueryResult& result,
                                                   const PrintSettings& settings,
                                                   OutputStream* out) {
  return std::make_unique<MarkdownPrinter>(result, settings, out);
}

}  // namespace weir
