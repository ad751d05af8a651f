// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Types as text, as Flink prints them, and back.
#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "weir/data/type.h"

namespace weir {
namespace {

// Deeper types are refused: reading and printing recurse.
constexpr int kDepthMax = 200;

constexpr std::array<std::string_view, 6> kUnitNames = {"YEAR", "MONTH",  "DAY",
                                                        "HOUR", "MINUTE", "SECOND"};

void AppendQuoted(std::string_view name, std::string* out) {
  out->push_back('`');
  for (char c : name) {
    if (c == '`') out->push_back('`');
    out->push_back(c);
  }
  out->push_back('`');
}

std::string IntervalText(const DataType& type) {
  auto unit = [&](IntervalUnit which, bool leading) {
    std::string text(kUnitNames[static_cast<size_t>(which)]);
    if (which == IntervalUnit::kSecond) return text + fmt::format("({})", type.scale());
    bool sized = which == IntervalUnit::kYear || which == IntervalUnit::kDay;
    return leading && sized ? text + fmt::format("({})", type.precision()) : text;
  };
  std::string text = "INTERVAL " + unit(type.interval_from(), true);
  if (type.interval_to() != type.interval_from()) text += " TO " + unit(type.interval_to(), false);
  return text;
}

void AppendType(const DataType& type, bool summary, std::string* out);

void AppendSized(std::string_view name, const DataType& type, std::string_view longest,
                 std::string* out) {
  if (!longest.empty() && type.length() == DataType::kStringLength) {
    *out += longest;
  } else {
    *out += fmt::format("{}({})", name, type.length());
  }
}

void AppendNested(std::string_view name, const DataType& type, bool summary, std::string* out) {
  *out += name;
  out->push_back('<');
  bool first = true;
  if (type.is_structured()) {
    out->push_back('\'');
    for (char c : type.class_name()) {
      if (c == '\'') out->push_back('\'');
      out->push_back(c);
    }
    out->push_back('\'');
    first = false;
  }
  for (const Field& field : type.fields()) {
    if (!first) *out += ", ";
    first = false;
    if (type.kind() == TypeKind::kRow) {
      AppendQuoted(field.name, out);
      out->push_back(' ');
    }
    AppendType(field.type, summary, out);
  }
  out->push_back('>');
}

void AppendType(const DataType& type, bool summary, std::string* out) {
  switch (type.kind()) {
    case TypeKind::kNull:
      *out += "NULL";
      break;
    case TypeKind::kBoolean:
      *out += "BOOLEAN";
      break;
    case TypeKind::kTinyInt:
      *out += "TINYINT";
      break;
    case TypeKind::kSmallInt:
      *out += "SMALLINT";
      break;
    case TypeKind::kInt:
      *out += "INT";
      break;
    case TypeKind::kBigInt:
      *out += "BIGINT";
      break;
    case TypeKind::kFloat:
      *out += "FLOAT";
      break;
    case TypeKind::kDouble:
      *out += "DOUBLE";
      break;
    case TypeKind::kDecimal:
      *out += fmt::format("DECIMAL({}, {})", type.precision(), type.scale());
      break;
    case TypeKind::kChar:
      AppendSized("CHAR", type, "", out);
      break;
    case TypeKind::kVarchar:
      AppendSized("VARCHAR", type, "STRING", out);
      break;
    case TypeKind::kBinary:
      AppendSized("BINARY", type, "", out);
      break;
    case TypeKind::kVarbinary:
      AppendSized("VARBINARY", type, "BYTES", out);
      break;
    case TypeKind::kDate:
      *out += "DATE";
      break;
    case TypeKind::kTime:
      AppendSized("TIME", type, "", out);
      break;
    case TypeKind::kTimestamp:
      AppendSized("TIMESTAMP", type, "", out);
      break;
    case TypeKind::kTimestampLtz:
      AppendSized("TIMESTAMP_LTZ", type, "", out);
      break;
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
      *out += IntervalText(type);
      break;
    case TypeKind::kArray:
      AppendNested("ARRAY", type, summary, out);
      break;
    case TypeKind::kMap:
      AppendNested("MAP", type, summary, out);
      break;
    case TypeKind::kMultiset:
      AppendNested("MULTISET", type, summary, out);
      break;
    case TypeKind::kRow:
      AppendNested(type.is_structured() ? "STRUCTURED" : "ROW", type, summary, out);
      break;
    case TypeKind::kVariant:
      *out += "VARIANT";
      break;
  }
  if (!type.nullable()) *out += " NOT NULL";
  if (summary && type.is_rowtime()) *out += " *ROWTIME*";
  if (summary && type.is_proctime()) *out += " *PROCTIME*";
}

// Reads a type from left to right.
class TypeParser {
 public:
  explicit TypeParser(std::string_view text) : text_(text) {}

  Result<DataType> ParseWhole() {
    WEIR_ASSIGN_OR_RETURN(DataType type, Parse(0));
    SkipBlanks();
    if (pos_ != text_.size()) return Expected("the end of the type");
    return type;
  }

 private:
  Status Expected(std::string_view what) {
    return InvalidQuery("expected {} at byte {} of the type \"{}\"", what, pos_,
                        text_.substr(0, 200));
  }
  void SkipBlanks() {
    while (pos_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[pos_]))) ++pos_;
  }
  bool Take(char c) {
    SkipBlanks();
    if (pos_ >= text_.size() || text_[pos_] != c) return false;
    ++pos_;
    return true;
  }
  // The next word in upper case, not taken; empty when there is none.
  std::string PeekWord() {
    SkipBlanks();
    size_t end = pos_;
    while (end < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[end])) || text_[end] == '_'))
      ++end;
    std::string word(text_.substr(pos_, end - pos_));
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return std::toupper(c); });
    word_end_ = end;
    return word;
  }
  bool TakeWord(std::string_view word) {
    if (PeekWord() != word) return false;
    pos_ = word_end_;
    return true;
  }
  Result<int32_t> ParseNumber() {
    SkipBlanks();
    int64_t number = 0;
    size_t begin = pos_;
    while (pos_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[pos_])) &&
           number <= INT32_MAX) {
      number = number * 10 + (text_[pos_++] - '0');
    }
    if (pos_ == begin || number > INT32_MAX) return Expected("a length or precision");
    return static_cast<int32_t>(number);
  }
  // "(n)" or `otherwise`.
  Result<int32_t> ParseSize(int32_t otherwise) {
    if (!Take('(')) return otherwise;
    WEIR_ASSIGN_OR_RETURN(int32_t size, ParseNumber());
    if (!Take(')')) return Expected("')'");
    return size;
  }
  Result<int32_t> ParseSizeIn(int32_t low, int32_t high, int32_t otherwise) {
    WEIR_ASSIGN_OR_RETURN(int32_t size, ParseSize(otherwise));
    if (size < low || size > high) {
      return InvalidQuery("{} is out of range {} to {} in the type \"{}\"", size, low, high,
                          text_.substr(0, 200));
    }
    return size;
  }
  Result<std::string> ParseName() {
    if (!Take('`')) {
      std::string upper = PeekWord();
      if (upper.empty()) return Expected("a field name");
      std::string name(text_.substr(pos_, upper.size()));
      pos_ = word_end_;
      return name;
    }
    std::string name;
    while (pos_ < text_.size()) {
      char c = text_[pos_++];
      if (c != '`') {
        name.push_back(c);
      } else if (pos_ < text_.size() && text_[pos_] == '`') {
        name.push_back(text_[pos_++]);
      } else {
        return name;
      }
    }
    return Expected("'`'");
  }

  Result<DataType> Parse(int depth);
  Result<DataType> ParsePlain(const std::string& word, int depth);
  Result<DataType> ParseDecimal();
  Result<DataType> ParseTimestamp(bool ltz);
  Result<DataType> ParseInterval();
  Result<DataType> ParseRow(int depth);
  Result<DataType> ParseStructured(int depth);
  Result<Field> ParseField(int depth);
  Result<std::vector<DataType>> ParseArguments(size_t count, int depth);

  std::string_view text_;
  size_t pos_ = 0;
  size_t word_end_ = 0;
};

Result<DataType> TypeParser::Parse(int depth) {
  if (depth > kDepthMax)
    return InvalidQuery("a type is nested more than {} levels deep", kDepthMax);
  std::string word = PeekWord();
  if (word.empty()) return Expected("a type");
  WEIR_ASSIGN_OR_RETURN(DataType type, ParsePlain(word, depth));
  if (TakeWord("NOT")) {
    if (!TakeWord("NULL")) return Expected("NULL");
    type = type.NotNull();
  } else {
    (void)TakeWord("NULL");
  }
  SkipBlanks();
  for (auto [mark, attribute] : {std::pair{"*ROWTIME*", TimeAttribute::kRowtime},
                                 std::pair{"*PROCTIME*", TimeAttribute::kProctime}}) {
    if (text_.substr(pos_).starts_with(mark)) {
      pos_ += std::string_view(mark).size();
      type = type.WithTimeAttribute(attribute);
    }
  }
  return type;
}

Result<DataType> TypeParser::ParsePlain(const std::string& word, int depth) {
  size_t begin = pos_;
  pos_ = word_end_;
  if (word == "NULL") return DataType::Null();
  if (word == "BOOLEAN") return DataType::Boolean();
  if (word == "TINYINT") return DataType::TinyInt();
  if (word == "SMALLINT") return DataType::SmallInt();
  if (word == "INT" || word == "INTEGER") return DataType::Int();
  if (word == "BIGINT") return DataType::BigInt();
  if (word == "FLOAT") return DataType::Float();
  if (word == "DOUBLE") {
    (void)TakeWord("PRECISION");
    return DataType::Double();
  }
  if (word == "STRING") return DataType::String();
  if (word == "BYTES") return DataType::Bytes();
  if (word == "DATE") return DataType::Date();
  if (word == "VARIANT") return DataType::Variant();
  if (word == "DECIMAL" || word == "DEC" || word == "NUMERIC") return ParseDecimal();
  if (word == "CHAR" || word == "VARCHAR" || word == "BINARY" || word == "VARBINARY") {
    // CHAR(0) is the type of the empty literal.
    WEIR_ASSIGN_OR_RETURN(int32_t length, ParseSize(1));
    if (word == "CHAR") return DataType::Char(length);
    if (word == "VARCHAR") return DataType::Varchar(length);
    return word == "BINARY" ? DataType::Binary(length) : DataType::Varbinary(length);
  }
  if (word == "TIME") {
    WEIR_ASSIGN_OR_RETURN(int32_t precision, ParseSizeIn(0, 9, 0));
    return DataType::Time(precision);
  }
  if (word == "TIMESTAMP") return ParseTimestamp(false);
  if (word == "TIMESTAMP_LTZ") return ParseTimestamp(true);
  if (word == "INTERVAL") return ParseInterval();
  if (word == "ARRAY" || word == "MULTISET") {
    WEIR_ASSIGN_OR_RETURN(auto arguments, ParseArguments(1, depth));
    return word == "ARRAY" ? DataType::Array(arguments[0]) : DataType::Multiset(arguments[0]);
  }
  if (word == "MAP") {
    WEIR_ASSIGN_OR_RETURN(auto arguments, ParseArguments(2, depth));
    return DataType::Map(arguments[0], arguments[1]);
  }
  if (word == "ROW") return ParseRow(depth);
  if (word == "STRUCTURED") return ParseStructured(depth);
  pos_ = begin;
  return Expected("a type");
}

Result<DataType> TypeParser::ParseDecimal() {
  if (!Take('(')) return DataType::Decimal(10, 0);
  WEIR_ASSIGN_OR_RETURN(int32_t precision, ParseNumber());
  int32_t scale = 0;
  if (Take(',')) {
    WEIR_ASSIGN_OR_RETURN(scale, ParseNumber());
  }
  if (!Take(')')) return Expected("')'");
  if (precision < 1 || precision > DataType::kDecimalPrecisionMax || scale > precision) {
    return InvalidQuery(
        "DECIMAL({}, {}) is out of range: precision is 1 to {}, scale at most the precision",
        precision, scale, DataType::kDecimalPrecisionMax);
  }
  return DataType::Decimal(precision, scale);
}

Result<DataType> TypeParser::ParseTimestamp(bool ltz) {
  WEIR_ASSIGN_OR_RETURN(int32_t precision, ParseSizeIn(0, 9, 6));
  if (ltz) return DataType::TimestampLtz(precision);
  if (TakeWord("WITHOUT")) {
    if (!TakeWord("TIME") || !TakeWord("ZONE")) return Expected("TIME ZONE");
  } else if (TakeWord("WITH")) {
    if (!TakeWord("LOCAL")) return Unsupported("the type TIMESTAMP WITH TIME ZONE");
    if (!TakeWord("TIME") || !TakeWord("ZONE")) return Expected("TIME ZONE");
    return DataType::TimestampLtz(precision);
  }
  return DataType::Timestamp(precision);
}

Result<DataType> TypeParser::ParseInterval() {
  int precision = 2, fraction = 6;
  auto parse_unit = [&]() -> Result<IntervalUnit> {
    std::string word = PeekWord();
    auto found = std::find(kUnitNames.begin(), kUnitNames.end(), word);
    if (found == kUnitNames.end()) return Expected("a unit from YEAR to SECOND");
    pos_ = word_end_;
    auto unit = static_cast<IntervalUnit>(found - kUnitNames.begin());
    int& digits = unit == IntervalUnit::kSecond ? fraction : precision;
    WEIR_ASSIGN_OR_RETURN(digits, ParseSizeIn(0, 9, digits));
    return unit;
  };
  WEIR_ASSIGN_OR_RETURN(IntervalUnit from, parse_unit());
  IntervalUnit to = from;
  if (TakeWord("TO")) {
    WEIR_ASSIGN_OR_RETURN(to, parse_unit());
  }
  if (to < from || (from <= IntervalUnit::kMonth) != (to <= IntervalUnit::kMonth)) {
    return InvalidQuery("an interval cannot go from {} to {}",
                        kUnitNames[static_cast<size_t>(from)], kUnitNames[static_cast<size_t>(to)]);
  }
  return DataType::Interval(from, to, precision, fraction);
}

Result<std::vector<DataType>> TypeParser::ParseArguments(size_t count, int depth) {
  if (!Take('<')) return Expected("'<'");
  std::vector<DataType> arguments;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0 && !Take(',')) return Expected("','");
    WEIR_ASSIGN_OR_RETURN(DataType type, Parse(depth + 1));
    arguments.push_back(std::move(type));
  }
  if (!Take('>')) return Expected("'>'");
  return arguments;
}

Result<DataType> TypeParser::ParseRow(int depth) {
  bool angle = Take('<');
  if (!angle && !Take('(')) return Expected("'<'");
  char close = angle ? '>' : ')';
  std::vector<Field> fields;
  if (Take(close)) return DataType::Row(fields);
  do {
    WEIR_ASSIGN_OR_RETURN(Field field, ParseField(depth));
    fields.push_back(std::move(field));
  } while (Take(','));
  if (!Take(close)) return Expected(angle ? "'>'" : "')'");
  return DataType::Row(std::move(fields));
}

Result<Field> TypeParser::ParseField(int depth) {
  WEIR_ASSIGN_OR_RETURN(std::string name, ParseName());
  WEIR_ASSIGN_OR_RETURN(DataType type, Parse(depth + 1));
  SkipBlanks();
  if (pos_ < text_.size() &&
      text_[pos_] == '\'') {  // A comment on the field; it is not part of the type here.
    size_t end = text_.find('\'', pos_ + 1);
    if (end == std::string_view::npos) return Expected("the end of the comment");
    pos_ = end + 1;
  }
  return Field{std::move(name), std::move(type)};
}

Result<DataType> TypeParser::ParseStructured(int depth) {
  if (!Take('<')) return Expected("'<'");
  if (!Take('\'')) return Expected("the name of a class in quotes");
  std::string class_name;
  while (true) {
    if (pos_ >= text_.size()) return Expected("the quote that ends the name of a class");
    char c = text_[pos_++];
    if (c == '\'' && (pos_ >= text_.size() || text_[pos_] != '\'')) break;
    if (c == '\'') ++pos_;
    class_name.push_back(c);
  }
  std::vector<Field> fields;
  while (Take(',')) {
    WEIR_ASSIGN_OR_RETURN(Field field, ParseField(depth));
    fields.push_back(std::move(field));
  }
  if (!Take('>')) return Expected("'>'");
  return DataType::Structured(std::move(class_name), std::move(fields));
}

}  // namespace

std::string DataType::ToString() const {
  std::string text;
  AppendType(*this, false, &text);
  return text;
}
std::string DataType::ToSummaryString() const {
  std::string text;
  AppendType(*this, true, &text);
  return text;
}

std::string Schema::ToString() const {
  std::string text = "(";
  for (const Field& field : fields) {
    if (text.size() > 1) text += ", ";
    AppendQuoted(field.name, &text);
    text.push_back(' ');
    AppendType(field.type, true, &text);
  }
  text.push_back(')');
  return text;
}

Result<DataType> ParseTypeString(std::string_view text) { return TypeParser(text).ParseWhole(); }

}  // namespace weir
