// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/testing/text_batch.h"

#include <cctype>
#include <utility>

#include "weir/data/text.h"
#include "weir/data/ticks.h"
#include "weir/data/variant.h"

namespace weir {
namespace {

bool IsBare(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         (c != 0 && std::string_view("_.:/%#@*=<>!?&|-+").find(c) != std::string_view::npos) ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Reads values one after the other.
class ValueParser {
 public:
  explicit ValueParser(std::string_view text) : text_(text) {}

  void SkipBlanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  bool AtEnd() {
    SkipBlanks();
    return at_ >= text_.size();
  }

  struct Token {
    std::string text;
    bool quoted = false;
    bool bytes = false;
  };

  Result<Token> ReadToken(bool nested) {
    SkipBlanks();
    Token token;
    if (at_ + 1 < text_.size() && text_[at_] == 'x' && text_[at_ + 1] == '\'') {
      token.bytes = true;
      ++at_;
    }
    if (at_ < text_.size() && text_[at_] == '\'') {
      token.quoted = true;
      for (++at_;; ++at_) {
        if (at_ >= text_.size()) return Wrong("a closing quote is missing");
        if (text_[at_] != '\'') {
          token.text += text_[at_];
        } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '\'') {
          token.text += text_[++at_];
        } else {
          break;
        }
      }
      ++at_;
      return token;
    }
    while (at_ < text_.size() && IsBare(text_[at_]) && !(nested && text_[at_] == ':')) {
      token.text += text_[at_++];
    }
    if (token.text.empty()) return Wrong("a value is expected");
    return token;
  }

  Result<Value> ReadValue(const DataType& type, bool nested) {
    SkipBlanks();
    if (text_.substr(at_, 4) == "null" &&
        (at_ + 4 >= text_.size() || !IsBare(text_[at_ + 4]) || (nested && text_[at_ + 4] == ':'))) {
      at_ += 4;
      return Value::Null();
    }
    switch (type.kind()) {
      case TypeKind::kArray:
        return ReadList('[', ']', [&](size_t) { return ReadValue(type.element(), true); });
      case TypeKind::kRow:
        return ReadList('(', ')', [&](size_t i) -> Result<Value> {
          if (i >= type.fields().size()) return Wrong("the ROW has too many fields");
          return ReadValue(type.fields()[i].type, true);
        });
      case TypeKind::kMap:
      case TypeKind::kMultiset: {
        bool is_map = type.kind() == TypeKind::kMap;
        const DataType key = is_map ? type.key() : type.element();
        const DataType value = is_map ? type.value() : DataType::Int();
        return ReadList('{', '}', [&, key, value](size_t) -> Result<Value> {
          WEIR_ASSIGN_OR_RETURN(Value k, ReadValue(key, true));
          if (!Accept(':')) return Wrong("':' is expected");
          WEIR_ASSIGN_OR_RETURN(Value v, ReadValue(value, true));
          return Value::List({std::move(k), std::move(v)});
        });
      }
      default: {
        WEIR_ASSIGN_OR_RETURN(Token token, ReadToken(nested));
        return FromToken(token, type);
      }
    }
  }

  Status Wrong(std::string_view why) const {
    return InvalidData("{} at '{}'", why, text_.substr(std::min(at_, text_.size()), 20));
  }

 private:
  bool Accept(char c) {
    SkipBlanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  template <typename Read>
  Result<Value> ReadList(char open, char close, const Read& read) {
    ValueList list;
    if (!Accept(open)) return Wrong(fmt::format("'{}' is expected", open));
    if (Accept(close)) return Value::List(std::move(list));
    do {
      WEIR_ASSIGN_OR_RETURN(Value value, read(list.size()));
      list.push_back(std::move(value));
    } while (Accept(','));
    if (!Accept(close)) return Wrong(fmt::format("'{}' is expected", close));
    return Value::List(std::move(list));
  }

  template <typename T>
  Result<Value> OrWrong(std::optional<T> value, const Token& token, const DataType& type) {
    if (!value.has_value()) return InvalidData("'{}' is no {}", token.text, type.ToString());
    if constexpr (std::is_same_v<T, Int128>) {
      return Value::Decimal(*value);
    } else if constexpr (std::is_same_v<T, bool>) {
      return Value::Bool(*value);
    } else if constexpr (std::is_same_v<T, double>) {
      return Value::Double(*value);
    } else {
      return Value::Int(*value);
    }
  }

  Result<Value> FromToken(const Token& token, const DataType& type) {
    switch (type.kind()) {
      case TypeKind::kNull:
        return Wrong("a value of type NULL can only be null");
      case TypeKind::kBoolean:
        return OrWrong(ParseBoolean(token.text), token, type);
      case TypeKind::kFloat:
      case TypeKind::kDouble:
        return OrWrong(ParseDouble(token.text), token, type);
      case TypeKind::kDecimal:
        return OrWrong(ParseDecimal(token.text, type.precision(), type.scale()), token, type);
      case TypeKind::kDate:
        return OrWrong(ParseDate(token.text), token, type);
      case TypeKind::kTime:
        return OrWrong(ParseTime(token.text), token, type);
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampLtz: {
        std::optional<Int128> ticks;
        if (token.quoted) {
          ticks = ParseTimestamp(token.text, type.precision());
        } else if (auto millis = ParseInteger(token.text)) {
          ticks = Int128{*millis} * (type.ticks_per_second() / 1000);
        }
        if (!ticks) return InvalidData("'{}' is no {}", token.text, type.ToString());
        return Value::Ticks(*ticks, type);
      }
      case TypeKind::kBinary:
      case TypeKind::kVarbinary:
        return token.bytes ? FromHex(token.text) : Result<Value>(Value::String(token.text));
      case TypeKind::kChar:
      case TypeKind::kVarchar:
        return Value::String(token.text);
      case TypeKind::kVariant: {
        VariantBuilder builder;
        std::string bytes;
        WEIR_RETURN_NOT_OK(ParseVariantJson(token.text, &builder));
        WEIR_RETURN_NOT_OK(builder.Finish(&bytes));
        return Value::String(std::move(bytes));
      }
      default:
        return OrWrong(ParseInteger(token.text), token, type);
    }
  }

  Result<Value> FromHex(std::string_view hex) {
    std::string bytes;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) {
      bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    }
    return Value::String(std::move(bytes));
  }

  std::string_view text_;
  size_t at_ = 0;
};

void AppendText(std::string_view text, std::string* out) {
  bool bare = !text.empty() && text != "null" && text[0] != '+' && text[0] != '-';
  for (char c : text) bare = bare && IsBare(c) && c != ':';
  if (bare) {
    out->append(text);
    return;
  }
  *out += '\'';
  for (char c : text) {
    if (c == '\'') *out += '\'';
    *out += c;
  }
  *out += '\'';
}

void AppendTextValue(const Value& value, const DataType& type, std::string* out);

void AppendList(const Value& value, char open, char close, std::string* out,
                const std::function<void(size_t, const Value&)>& append) {
  *out += open;
  for (size_t i = 0; i < value.list().size(); ++i) {
    if (i != 0) *out += ',';
    append(i, value.list()[i]);
  }
  *out += close;
}

void AppendNested(const Value& value, const DataType& type, std::string* out) {
  if (type.kind() == TypeKind::kArray) {
    AppendList(value, '[', ']', out,
               [&](size_t, const Value& v) { AppendTextValue(v, type.element(), out); });
  } else if (type.kind() == TypeKind::kRow) {
    AppendList(value, '(', ')', out,
               [&](size_t i, const Value& v) { AppendTextValue(v, type.fields()[i].type, out); });
  } else {
    bool is_map = type.kind() == TypeKind::kMap;
    AppendList(value, '{', '}', out, [&](size_t, const Value& entry) {
      AppendTextValue(entry.list()[0], is_map ? type.key() : type.element(), out);
      *out += ':';
      AppendTextValue(entry.list()[1], is_map ? type.value() : DataType::Int(), out);
    });
  }
}

void AppendTimestampText(Int128 ticks, const DataType& type, std::string* out) {
  const SplitTicks millis = Split(ticks, type.ticks_per_second() / 1000);
  if (millis.rest == 0) {
    *out += std::to_string(millis.units);
    return;
  }
  *out += '\'';
  AppendTimestamp(ticks, type.precision(), out);
  *out += '\'';
}

void AppendTextValue(const Value& value, const DataType& type, std::string* out) {
  if (value.is_null()) {
    out->append("null");
    return;
  }
  switch (type.kind()) {
    case TypeKind::kBoolean:
      out->append(value.bool_value() ? "true" : "false");
      break;
    case TypeKind::kFloat:
      AppendFloat(static_cast<float>(value.double_value()), out);
      break;
    case TypeKind::kDouble:
      AppendDouble(value.double_value(), out);
      break;
    case TypeKind::kDecimal:
      AppendDecimal(value.decimal_value(), type.scale(), out);
      break;
    case TypeKind::kDate:
      AppendDate(static_cast<int32_t>(value.int_value()), out);
      break;
    case TypeKind::kTime:
      AppendTime(static_cast<int32_t>(value.int_value()), type.precision(), out);
      break;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      AppendTimestampText(value.ticks_value(), type, out);
      break;
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      out->append("x'");
      for (char c : value.string_value())
        out->append(fmt::format("{:02x}", static_cast<uint8_t>(c)));
      *out += '\'';
      break;
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      AppendText(value.string_value(), out);
      break;
    case TypeKind::kVariant: {
      std::string json;
      AppendVariantJson(value.string_value(), &json);
      AppendText(json, out);
      break;
    }
    case TypeKind::kArray:
    case TypeKind::kRow:
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      AppendNested(value, type, out);
      break;
    default:
      *out += std::to_string(value.int_value());
  }
}

}  // namespace

Result<Schema> ParseSchemaText(std::string_view text) {
  Schema schema;
  std::string piece;
  int depth = 0;
  auto add = [&]() -> Status {
    size_t begin = piece.find_first_not_of(" \t");
    if (begin == std::string::npos) return Status::OK();
    size_t end = piece.find_first_of(" \t", begin);
    if (end == std::string::npos) return InvalidData("column '{}' has no type", piece);
    WEIR_ASSIGN_OR_RETURN(DataType type,
                          ParseTypeString(piece.substr(piece.find_first_not_of(" \t", end))));
    schema.fields.push_back({piece.substr(begin, end - begin), std::move(type)});
    piece.clear();
    return Status::OK();
  };
  for (char c : text) {
    if (c == '(' || c == '<') ++depth;
    if (c == ')' || c == '>') --depth;
    if (c == ',' && depth == 0) {
      WEIR_RETURN_NOT_OK(add());
    } else {
      piece += c;
    }
  }
  while (!piece.empty() && std::isspace(static_cast<unsigned char>(piece.back())) != 0)
    piece.pop_back();
  WEIR_RETURN_NOT_OK(add());
  return schema;
}

Result<Batch> ParseRows(std::string_view text, const Schema& schema, arrow::MemoryPool* pool) {
  BatchBuilder builder(schema, pool);
  ValueParser parser(text);
  while (!parser.AtEnd()) {
    WEIR_ASSIGN_OR_RETURN(auto token, parser.ReadToken(false));
    WEIR_ASSIGN_OR_RETURN(RowKind kind, ParseRowKind(token.text));
    ValueList values;
    for (const Field& field : schema.fields) {
      WEIR_ASSIGN_OR_RETURN(Value value, parser.ReadValue(field.type, false));
      values.push_back(std::move(value));
    }
    WEIR_RETURN_NOT_OK(builder.AppendRow(values, kind));
  }
  return builder.Finish();
}

std::string FormatRow(const Batch& batch, int64_t row) {
  std::string text(RowKindText(batch.kind(row)));
  if (batch.columns.empty()) return text;
  return text + " " + FormatValues(batch, row);
}

std::string FormatValues(const Batch& batch, int64_t row, const std::vector<int>& columns) {
  std::string text;
  size_t count = columns.empty() ? batch.columns.size() : columns.size();
  for (size_t i = 0; i < count; ++i) {
    const Column& column = *batch.columns[columns.empty() ? i : static_cast<size_t>(columns[i])];
    if (i != 0) text += ' ';
    AppendTextValue(GetValue(column, row), column.type, &text);
  }
  return text;
}

}  // namespace weir
