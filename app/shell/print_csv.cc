// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// --output csv: RFC 4180 with \n as line end. NULL is nothing, the empty text "", bytes are base64,
// nested values are texts as CAST(x AS STRING) gives them.
#include <algorithm>

#include "printers.h"
#include "weir/format/text_values.h"

namespace weir {
namespace {

bool NeedsQuotes(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return true;
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return c == ',' || c == '"' || c == '\n' || c == '\r'; });
}

void AppendField(std::string_view text, std::string* out) {
  if (!NeedsQuotes(text)) {
    out->append(text);
    return;
  }
  *out += '"';
  for (char c : text) {
    if (c == '"') *out += '"';
    *out += c;
  }
  *out += '"';
}

class CsvPrinter : public ResultPrinter {
 public:
  CsvPrinter(const QueryResult& result, const PrintSettings& settings, OutputStream* out)
      : zone_(settings.zone), out_(out), with_op_(!result.changes().append_only()) {
    bool is_first = true;
    auto append_title = [&](std::string_view title) {
      if (!is_first) header_ += ',';
      is_first = false;
      AppendField(title, &header_);
    };
    if (with_op_) append_title("op");
    for (const Field& field : result.schema().fields) append_title(field.name);
    header_ += '\n';
  }

  Status OnBatch(const Batch& batch) override {
    std::string* text = out_->buffer();
    *text += std::exchange(header_, {});
    for (int64_t row = 0; row < batch.num_rows; ++row) {
      if (with_op_) *text += RowKindText(batch.kind(row));
      for (size_t i = 0; i < batch.columns.size(); ++i) {
        if (i > 0 || with_op_) *text += ',';
        AppendCell(*batch.columns[i], row, text);
      }
      *text += '\n';
      WEIR_RETURN_NOT_OK(out_->OnAppended());
    }
    return out_->Flush();
  }

  Status OnEnd(const PrintEnd&) override {
    *out_->buffer() += std::exchange(header_, {});
    return out_->Flush();
  }

 private:
  void AppendCell(const Column& column, int64_t row, std::string* text) {
    if (column.IsNull(row)) return;
    if (column.type.is_character()) {
      auto view = column.At<StringView>(row);
      AppendField(view.view(), text);
    } else if (column.type.is_binary()) {
      auto bytes = column.At<StringView>(row);
      scratch_.clear();
      AppendBase64(bytes.view(), &scratch_);
      AppendField(scratch_, text);
    } else if (column.type.is_nested() || column.type.is_view()) {
      scratch_.clear();
      AppendValueText(column, row, TextStyle::kDisplay, zone_, &scratch_);
      AppendField(scratch_, text);
    } else {  // Numbers and times hold nothing to quote.
      AppendValueText(column, row, TextStyle::kDisplay, zone_, text);
    }
  }

  const TimeZone* zone_;
  OutputStream* out_;
  bool with_op_;
  std::string header_;  // Empty once written.
  std::string scratch_;
};

}  // namespace

std::unique_ptr<ResultPrinter> MakeCsvPrinter(const QueryResult& result,
                                              const PrintSettings& settings, OutputStream* out) {
  return std::make_unique<CsvPrinter>(result, settings, out);
}

}  // namespace weir
