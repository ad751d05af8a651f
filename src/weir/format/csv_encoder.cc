// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/format/csv_encoder.h"

#include <algorithm>

#include "weir/data/text.h"
#include "weir/data/variant.h"
#include "weir/format/csv_options.h"
#include "weir/format/text_values.h"

namespace weir {
namespace {

constexpr size_t kUnquotedMax = 24;

class CsvEncoder : public RecordEncoder {
 public:
  CsvEncoder(Schema schema, CsvDialect dialect)
      : schema_(std::move(schema)), dialect_(std::move(dialect)) {
    safe_from_ =
        static_cast<unsigned char>(std::max({dialect_.delimiter, dialect_.quote, '\n'})) + 1u;
  }

  std::string FileHeader() const override {
    if (dialect_.header != CsvDialect::Header::kYes) return {};
    std::string header;
    for (int i = 0; i < schema_.size(); ++i) {
      if (i > 0) header += dialect_.delimiter;
      AppendText(schema_[i].name, &header);
    }
    return header + "\n";
  }

  Status Encode(const Batch& batch, std::string* out) override {
    std::string scratch;
    for (int64_t row = 0; row < batch.num_rows; ++row) {
      size_t begin = out->size();
      for (size_t i = 0; i < batch.columns.size(); ++i) {
        if (i > 0) *out += dialect_.delimiter;
        WEIR_RETURN_NOT_OK(AppendField(*batch.columns[i], row, &scratch, out));
      }
      // An empty line would be no record.
      if (out->size() == begin && dialect_.quote != '\0') out->append(2, dialect_.quote);
      *out += '\n';
    }
    return Status::OK();
  }

 private:
  bool NeedsQuotes(std::string_view text) const {
    if (dialect_.quote == '\0') return false;
    if (text.size() > kUnquotedMax) return true;
    return std::any_of(text.begin(), text.end(), [&](char c) {
      return static_cast<unsigned char>(c) < safe_from_ || c == dialect_.delimiter ||
             c == dialect_.quote || c == dialect_.escape;
    });
  }

  void AppendText(std::string_view text, std::string* out) const {
    if (!NeedsQuotes(text)) {
      out->append(text);
      return;
    }
    *out += dialect_.quote;
    for (char c : text) {
      if (c == dialect_.quote) *out += dialect_.escape != '\0' ? dialect_.escape : dialect_.quote;
      if (dialect_.escape != '\0' && c == dialect_.escape) *out += dialect_.escape;
      *out += c;
    }
    *out += dialect_.quote;
  }

  Status AppendField(const Column& column, int64_t row, std::string* scratch,
                     std::string* out) const {
    if (column.IsNull(row)) {
      if (dialect_.null_literal) *out += *dialect_.null_literal;
      return Status::OK();
    }
    scratch->clear();
    WEIR_ASSIGN_OR_RETURN(bool is_text, Render(column, row, scratch));
    if (dialect_.quote == '\0' &&
        scratch->find_first_of(std::string{dialect_.delimiter, '\n', '\r'}) != std::string::npos &&
        dialect_.escape == '\0') {
      return InvalidData("the text '{}' cannot be written as CSV without quotes",
                         scratch->substr(0, 60));
    }
    if (is_text) {
      AppendText(*scratch, out);
    } else {
      *out += *scratch;
    }
    return Status::OK();
  }

  // The text of a value that is not NULL; whether it is one that may need quotes.
  Result<bool> Render(const Column& column, int64_t row, std::string* out) const {
    const DataType& type = column.type;
    switch (type.kind()) {
      case TypeKind::kBoolean:
        *out += column.BoolAt(row) ? "true" : "false";
        return false;
      case TypeKind::kTinyInt:
        *out += fmt::format("{}", column.At<int8_t>(row));
        return false;
      case TypeKind::kSmallInt:
        *out += fmt::format("{}", column.At<int16_t>(row));
        return false;
      case TypeKind::kInt:
      case TypeKind::kIntervalYearMonth:
        *out += fmt::format("{}", column.At<int32_t>(row));
        return false;
      case TypeKind::kBigInt:
      case TypeKind::kIntervalDayTime:
        *out += fmt::format("{}", column.At<int64_t>(row));
        return false;
      case TypeKind::kFloat:
        AppendFloat(column.At<float>(row), out);
        return false;
      case TypeKind::kDouble:
        AppendDouble(column.At<double>(row), out);
        return false;
      case TypeKind::kDecimal:
        AppendJavaDecimal(column.At<Int128>(row), type.scale(), dialect_.plain_decimals, out);
        return false;
      case TypeKind::kChar:
      case TypeKind::kVarchar: {
        StringView view = column.At<StringView>(row);
        *out += view.view();
        return true;
      }
      case TypeKind::kBinary:
      case TypeKind::kVarbinary: {
        StringView view = column.At<StringView>(row);
        AppendBase64(view.view(), out);
        return true;
      }
      case TypeKind::kDate:
        AppendDate(column.At<int32_t>(row), out);
        return true;
      case TypeKind::kTime:
        AppendShortTime(column.At<int32_t>(row), out);
        return true;
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampLtz:
        AppendShortTimestamp(column.TicksAt(row), type, ' ', out);
        if (type.kind() == TypeKind::kTimestampLtz) *out += 'Z';
        return true;
      case TypeKind::kVariant: {
        StringView view = column.At<StringView>(row);
        AppendVariantJson(view.view(), out);
        return true;
      }
      case TypeKind::kArray:
      case TypeKind::kRow:
        return RenderNested(column, row, out);
      default:
        return Unsupported("writing {} as CSV is not supported", type.ToString());
    }
  }

  Result<bool> RenderNested(const Column& column, int64_t row, std::string* out) const {
    const Column& flat = column.encoding == Encoding::kDictionary ? column.dictionary() : column;
    int64_t at = column.Position(row);
    bool is_array = column.type.kind() == TypeKind::kArray;
    int64_t begin = is_array ? flat.offsets()[at] : 0;
    int64_t end = is_array ? flat.offsets()[at + 1] : static_cast<int64_t>(flat.children.size());
    for (int64_t i = begin; i < end; ++i) {
      if (i > begin) *out += dialect_.element_delimiter;
      const Column& child = *flat.children[is_array ? 0 : static_cast<size_t>(i)];
      int64_t position = is_array ? i : at;
      if (child.IsNull(position)) {
        if (dialect_.null_literal) *out += *dialect_.null_literal;
        continue;
      }
      WEIR_RETURN_NOT_OK(Render(child, position, out).status());
    }
    return true;
  }

  Schema schema_;
  CsvDialect dialect_;
  unsigned safe_from_ = 0;
};

}  // namespace

Result<std::unique_ptr<RecordEncoder>> MakeCsvEncoder(const EncodeSpec& spec) {
  for (const Field& field : spec.schema.fields) {
    TypeKind kind = field.type.kind();
    if (kind == TypeKind::kMap || kind == TypeKind::kMultiset) {
      return Unsupported("writing {} (column '{}') as CSV is not supported", field.type.ToString(),
                         field.name);
    }
  }
  WEIR_ASSIGN_OR_RETURN(CsvDialect dialect, ReadCsvDialect(spec.options));
  return std::make_unique<CsvEncoder>(spec.schema, std::move(dialect));
}

}  // namespace weir
