// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// --output json.
#include <charconv>
#include <cmath>

#include "printers.h"
#include "terminal.h"
#include "weir/data/variant.h"
#include "weir/format/json_encoder.h"
#include "weir/format/text_values.h"

namespace weir {
namespace {

template <typename T>
void AppendInteger(T value, std::string* out) {
  char digits[24];
  out->append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
}

void AppendText(std::string_view text, std::string* out) {
  // JSON is UTF-8 whatever the column holds.
  IsValidUtf8(text) ? AppendJsonString(text, out) : AppendJsonString(RepairUtf8(text), out);
}

void AppendReal(bool is_finite, const Column& column, int64_t row, std::string* out) {
  if (!is_finite) *out += '"';
  AppendValueText(column, row, TextStyle::kDisplay, nullptr, out);
  if (!is_finite) *out += '"';
}

void AppendRow(const Column& column, int64_t row, const TimeZone* zone, std::string* out) {
  const std::vector<Field>& fields = column.type.fields();
  *out += '{';
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) *out += ',';
    AppendText(fields[i].name, out);
    *out += ':';
    AppendJsonValue(*column.children[i], row, zone, out);
  }
  *out += '}';
}

/// ARRAY, and MAP and MULTISET as objects.
void AppendList(const Column& column, int64_t row, const TimeZone* zone, std::string* out) {
  bool is_array = column.type.kind() == TypeKind::kArray;
  *out += is_array ? '[' : '{';
  for (int32_t i = column.offsets()[row]; i < column.offsets()[row + 1]; ++i) {
    if (i > column.offsets()[row]) *out += ',';
    if (!is_array) {
      std::string key;
      AppendValueText(*column.children[0], i, TextStyle::kDisplay, zone, &key);
      AppendText(key, out);
      *out += ':';
    }
    AppendJsonValue(*column.children[is_array ? 0 : 1], i, zone, out);
  }
  *out += is_array ? ']' : '}';
}

class JsonPrinter : public ResultPrinter {
 public:
  JsonPrinter(const QueryResult& result, const PrintSettings& settings, OutputStream* out)
      : zone_(settings.zone), out_(out), with_op_(!result.changes().append_only()) {
    for (const Field& field : result.schema().fields) {
      std::string key = keys_.empty() ? "" : ",";
      AppendText(field.name, &key);
      keys_.push_back(key + ":");
    }
  }

  Status OnBatch(const Batch& batch) override {
    std::string* text = out_->buffer();
    for (int64_t row = 0; row < batch.num_rows; ++row) {
      *text += '{';
      if (with_op_) {
        *text += "\"op\":\"";
        *text += RowKindText(batch.kind(row));
        *text += keys_.empty() ? "\"" : "\",";
      }
      for (size_t i = 0; i < keys_.size(); ++i) {
        *text += keys_[i];
        AppendJsonValue(*batch.columns[i], row, zone_, text);
      }
      *text += "}\n";
      WEIR_RETURN_NOT_OK(out_->OnAppended());
    }
    return out_->Flush();
  }
  Status OnEnd(const PrintEnd&) override { return out_->Flush(); }

 private:
  const TimeZone* zone_;
  OutputStream* out_;
  bool with_op_;
  std::vector<std::string> keys_;  // `,"name":`
};

}  // namespace

void AppendJsonValue(const Column& column, int64_t row, const TimeZone* zone, std::string* out) {
  if (column.IsNull(row)) {
    *out += "null";
    return;
  }
  switch (column.type.kind()) {
    case TypeKind::kNull:
      *out += "null";
      return;
    case TypeKind::kBoolean:
      *out += column.BoolAt(row) ? "true" : "false";
      return;
    case TypeKind::kTinyInt:
      return AppendInteger(column.At<int8_t>(row), out);
    case TypeKind::kSmallInt:
      return AppendInteger(column.At<int16_t>(row), out);
    case TypeKind::kInt:
      return AppendInteger(column.At<int32_t>(row), out);
    case TypeKind::kBigInt:
      return AppendInteger(column.At<int64_t>(row), out);
    case TypeKind::kFloat:
      return AppendReal(std::isfinite(column.At<float>(row)), column, row, out);
    case TypeKind::kDouble:
      return AppendReal(std::isfinite(column.At<double>(row)), column, row, out);
    case TypeKind::kDecimal:
      return AppendDecimal(column.At<Int128>(row), column.type.scale(), out);
    case TypeKind::kChar:
    case TypeKind::kVarchar: {
      auto text = column.At<StringView>(row);
      return AppendText(text.view(), out);
    }
    case TypeKind::kVariant: {
      auto bytes = column.At<StringView>(row);
      return AppendVariantJson(bytes.view(), out);
    }
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: {
      auto bytes = column.At<StringView>(row);
      *out += '"';
      AppendBase64(bytes.view(), out);
      *out += '"';
      return;
    }
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
      *out += '"';
      AppendValueText(column, row, TextStyle::kDisplay, zone, out);
      *out += '"';
      return;
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kMultiset:
    case TypeKind::kRow: {
      int64_t at = column.Position(row);
      const Column& flat = column.encoding == Encoding::kDictionary ? column.dictionary() : column;
      return column.type.kind() == TypeKind::kRow ? AppendRow(flat, at, zone, out)
                                                  : AppendList(flat, at, zone, out);
    }
  }
}

std::unique_ptr<ResultPrinter> MakeJsonPrinter(const QueryResult& result,
                                               const PrintSettings& settings, OutputStream* out) {
  return std::make_unique<JsonPrinter>(result, settings, out);
}

}  // namespace weir
