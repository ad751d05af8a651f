// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/format/json_encoder.h"

#include <cmath>
#include <cstring>

#include "weir/data/text.h"
#include "weir/data/variant.h"
#include "weir/format/text_values.h"

namespace weir {
namespace {

enum class NullKeys { kFail, kDrop, kLiteral };

void AppendInteger(int64_t value, std::string* out) {
  fmt::format_int text(value);
  out->append(text.data(), text.size());
}

class JsonEncoder : public RecordEncoder {
 public:
  JsonEncoder(Schema schema, char separator, bool plain_decimals, bool ignore_nulls,
              NullKeys null_keys, std::string literal)
      : schema_(std::move(schema)),
        separator_(separator),
        plain_decimals_(plain_decimals),
        ignore_nulls_(ignore_nulls),
        null_keys_(null_keys),
        literal_(std::move(literal)) {}

  Status Encode(const Batch& batch, std::string* out) override {
    for (int64_t row = 0; row < batch.num_rows; ++row) {
      *out += '{';
      bool first = true;
      for (size_t i = 0; i < batch.columns.size(); ++i) {
        WEIR_RETURN_NOT_OK(
            AppendField(schema_[static_cast<int>(i)].name, *batch.columns[i], row, &first, out));
      }
      *out += "}\n";
    }
    return Status::OK();
  }

 private:
  Status AppendField(const std::string& name, const Column& column, int64_t row, bool* first,
                     std::string* out) {
    if (ignore_nulls_ && column.IsNull(row)) return Status::OK();
    if (!*first) *out += ',';
    *first = false;
    AppendJsonString(name, out);
    *out += ':';
    return AppendValue(column, row, out);
  }

  Status AppendNested(const Column& column, int64_t at, std::string* out) {
    if (column.type.kind() == TypeKind::kRow) {
      *out += '{';
      bool first = true;
      for (size_t i = 0; i < column.children.size(); ++i) {
        WEIR_RETURN_NOT_OK(
            AppendField(column.type.fields()[i].name, *column.children[i], at, &first, out));
      }
      *out += '}';
      return Status::OK();
    }
    bool is_array = column.type.kind() == TypeKind::kArray;
    *out += is_array ? '[' : '{';
    bool first = true;
    for (int32_t i = column.offsets()[at]; i < column.offsets()[at + 1]; ++i) {
      if (!is_array && column.children[0]->IsNull(i)) {
        if (null_keys_ == NullKeys::kDrop) continue;
        if (null_keys_ == NullKeys::kFail) {
          return WithHint(InvalidData("a NULL key of a map cannot be written as JSON"),
                          "set 'json.map-null-key.mode' = 'DROP' or 'LITERAL'");
        }
      }
      if (!first) *out += ',';
      first = false;
      if (!is_array) {
        AppendJsonString(column.children[0]->IsNull(i)
                             ? std::string_view(literal_)
                             : column.children[0]->At<StringView>(i).view(),
                         out);
        *out += ':';
      }
      WEIR_RETURN_NOT_OK(AppendValue(*column.children[is_array ? 0 : 1], i, out));
    }
    *out += is_array ? ']' : '}';
    return Status::OK();
  }

  template <typename T>
  void AppendReal(T value, std::string* out) {
    bool quoted = !std::isfinite(value);
    if (quoted) *out += '"';
    if constexpr (sizeof(T) == 4) {
      AppendFloat(value, out);
    } else {
      AppendDouble(value, out);
    }
    if (quoted) *out += '"';
  }

  Status AppendValue(const Column& column, int64_t row, std::string* out) {
    if (column.IsNull(row)) {
      *out += "null";
      return Status::OK();
    }
    const DataType& type = column.type;
    switch (type.kind()) {
      case TypeKind::kBoolean:
        *out += column.BoolAt(row) ? "true" : "false";
        break;
      case TypeKind::kTinyInt:
        AppendInteger(column.At<int8_t>(row), out);
        break;
      case TypeKind::kSmallInt:
        AppendInteger(column.At<int16_t>(row), out);
        break;
      case TypeKind::kInt:
      case TypeKind::kIntervalYearMonth:
        AppendInteger(column.At<int32_t>(row), out);
        break;
      case TypeKind::kBigInt:
      case TypeKind::kIntervalDayTime:
        AppendInteger(column.At<int64_t>(row), out);
        break;
      case TypeKind::kFloat:
        AppendReal(column.At<float>(row), out);
        break;
      case TypeKind::kDouble:
        AppendReal(column.At<double>(row), out);
        break;
      case TypeKind::kDecimal:
        AppendJavaDecimal(column.At<Int128>(row), type.scale(), plain_decimals_, out);
        break;
      case TypeKind::kChar:
      case TypeKind::kVarchar: {
        StringView view = column.At<StringView>(row);
        AppendJsonString(view.view(), out);
        break;
      }
      case TypeKind::kBinary:
      case TypeKind::kVarbinary: {
        StringView view = column.At<StringView>(row);
        *out += '"';
        AppendBase64(view.view(), out);
        *out += '"';
        break;
      }
      case TypeKind::kDate:
        *out += '"';
        AppendDate(column.At<int32_t>(row), out);
        *out += '"';
        break;
      case TypeKind::kTime:
        *out += '"';
        AppendShortTime(column.At<int32_t>(row), out);
        *out += '"';
        break;
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampLtz:
        *out += '"';
        AppendShortTimestamp(column.TicksAt(row), type, separator_, out);
        *out += type.kind() == TypeKind::kTimestampLtz ? "Z\"" : "\"";
        break;
      case TypeKind::kArray:
      case TypeKind::kMap:
      case TypeKind::kMultiset:
      case TypeKind::kRow: {
        int64_t at = column.Position(row);
        return AppendNested(column.encoding == Encoding::kDictionary ? column.dictionary() : column,
                            at, out);
      }
      case TypeKind::kVariant: {
        StringView view = column.At<StringView>(row);
        AppendVariantJson(view.view(), out);
        break;
      }
      case TypeKind::kNull:
        *out += "null";
        break;
    }
    return Status::OK();
  }

  Schema schema_;
  char separator_;
  bool plain_decimals_, ignore_nulls_;
  NullKeys null_keys_;
  std::string literal_;
};

Status CheckWritable(const Field& field) {
  if (field.type.kind() == TypeKind::kMap && !field.type.key().is_character()) {
    return InvalidQuery(
        "column '{}': keys of JSON objects are strings, so the format 'json' needs a MAP with "
        "STRING keys, not {}",
        field.name, field.type.ToString());
  }
  for (const Field& child : field.type.fields()) WEIR_RETURN_NOT_OK(CheckWritable(child));
  return Status::OK();
}

}  // namespace

Result<std::unique_ptr<RecordEncoder>> MakeJsonEncoder(const EncodeSpec& spec) {
  for (const Field& field : spec.schema.fields) WEIR_RETURN_NOT_OK(CheckWritable(field));
  WEIR_ASSIGN_OR_RETURN(bool plain, spec.options.GetBool("encode.decimal-as-plain-number", false));
  WEIR_ASSIGN_OR_RETURN(bool ignore_nulls,
                        spec.options.GetBool("encode.ignore-null-fields", false));
  std::string mode = spec.options.GetOr("map-null-key.mode", "FAIL");
  NullKeys null_keys = mode == "DROP" || mode == "drop"         ? NullKeys::kDrop
                       : mode == "LITERAL" || mode == "literal" ? NullKeys::kLiteral
                                                                : NullKeys::kFail;
  char separator = spec.options.GetOr("timestamp-format.standard", "SQL") == "SQL" ? ' ' : 'T';
  return std::make_unique<JsonEncoder>(spec.schema, separator, plain, ignore_nulls, null_keys,
                                       spec.options.GetOr("map-null-key.literal", "null"));
}

}  // namespace weir
