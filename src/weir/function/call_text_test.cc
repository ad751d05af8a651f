// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/call_text.h"

#include <gtest/gtest.h>

#include <charconv>

#include "weir/data/text.h"
#include "weir/expr/evaluator.h"

namespace weir {
namespace {

using sv = std::string_view;

class CallReader {
 public:
  CallReader(sv text, const FunctionConfig& config) : text_(text), config_(config) {}

  Result<ExprPtr> ReadAll() {
    WEIR_ASSIGN_OR_RETURN(ExprPtr expr, Read());
    Skip();
    if (at_ != text_.size())
      return Status::Invalid("text behind the call: ", std::string(text_.substr(at_)));
    return expr;
  }

 private:
  Result<ExprPtr> Read() {
    WEIR_ASSIGN_OR_RETURN(ExprPtr expr, ReadOne());
    if (!TakeWord("AS")) return expr;
    size_t end = at_;
    for (int depth = 0; end < text_.size(); ++end) {
      char c = text_[end];
      depth += c == '(' || c == '<' ? 1 : c == '>' ? -1 : 0;
      if (depth == 0 && (c == ',' || c == ')' || c == ']')) break;
      if (c == ')') --depth;
    }
    WEIR_ASSIGN_OR_RETURN(DataType type, ParseTypeString(text_.substr(at_, end - at_)));
    at_ = end;
    if (expr->is_literal() && expr->literal.is_null())
      return MakeLiteral(Value::Null(), type.AsNullable());
    return MakeCall("CAST", {expr}, type.WithNullable(expr->type.nullable()));
  }

  Result<ExprPtr> ReadOne() {
    Skip();
    if (at_ >= text_.size()) return Status::Invalid("the text ends");
    char c = text_[at_];
    if (c == '\'') return Text(ReadQuoted());
    if ((c == 'X' || c == 'x') && text_.substr(at_ + 1).starts_with('\'')) {
      ++at_;
      return Bytes(ReadQuoted());
    }
    if (c == '-' || (c >= '0' && c <= '9')) return ReadNumber();
    std::string name = ReadName();
    if (name == "TRUE" || name == "FALSE")
      return MakeLiteral(Value::Bool(name == "TRUE"), DataType::Boolean().NotNull());
    if (name == "NULL") return MakeLiteral(Value::Null(), DataType::Null());
    Skip();
    if (at_ < text_.size() && text_[at_] == '\'') return ReadTyped(name);
    if (Take('[')) return ReadArguments(name, ']');
    if (Take('(')) return ReadArguments(name, ')');
    return AllFunctions().MakeCall(name, {}, config_);
  }

  Result<ExprPtr> ReadArguments(const std::string& name, char end) {
    std::vector<ExprPtr> args;
    Skip();
    while (!Take(end)) {
      WEIR_ASSIGN_OR_RETURN(ExprPtr arg, Read());
      args.push_back(std::move(arg));
      Skip();
      Take(',');
      Skip();
    }
    return AllFunctions().MakeCall(name, std::move(args), config_);
  }

  Result<ExprPtr> ReadTyped(const std::string& name) {
    std::string text = ReadQuoted();
    auto literal = [](std::optional<int64_t> value, DataType type) -> Result<ExprPtr> {
      if (!value) return Status::Invalid("bad literal");
      return MakeLiteral(Value::Int(*value), type.NotNull());
    };
    if (name == "DATE") return literal(ParseDate(text), DataType::Date());
    if (name == "TIME") return literal(ParseTime(text), DataType::Time(0));
    if (name == "TIMESTAMP" || name == "TIMESTAMP_LTZ") {
      size_t point = text.find('.');
      int precision = point == std::string::npos ? 0 : static_cast<int>(text.size() - point - 1);
      DataType type =
          name == "TIMESTAMP" ? DataType::Timestamp(precision) : DataType::TimestampLtz(precision);
      auto ticks = ParseTimestamp(text, precision);
      if (!ticks) return Status::Invalid("bad literal");
      return MakeLiteral(Value::Ticks(*ticks, type), type.NotNull());
    }
    bool is_months = TakeWord("MONTH");
    if (!is_months && !TakeWord("SECOND")) return Status::Invalid("INTERVAL needs MONTH or SECOND");
    int64_t count = std::stoll(text);
    return is_months ? literal(count, DataType::IntervalYearMonth())
                     : literal(count * 1000, DataType::IntervalDayTime());
  }

  Result<ExprPtr> ReadNumber() {
    size_t end = text_.find_first_not_of("-+0123456789.eE", at_);
    std::string number(text_.substr(at_, end == sv::npos ? sv::npos : end - at_));
    at_ += number.size();
    if (number.find_first_of("eE") != std::string::npos) {
      return MakeLiteral(Value::Double(std::stod(number)), DataType::Double().NotNull());
    }
    size_t point = number.find('.');
    if (point != std::string::npos) {
      int scale = static_cast<int>(number.size() - point - 1);
      int precision = static_cast<int>(number.size()) - 1 - (number[0] == '-' ? 1 : 0);
      auto value = ParseDecimal(number, precision, scale);
      return MakeLiteral(Value::Decimal(*value), DataType::Decimal(precision, scale).NotNull());
    }
    int64_t value = 0;
    std::from_chars(number.data(), number.data() + number.size(), value);
    bool is_int = value >= INT32_MIN && value <= INT32_MAX;
    return MakeLiteral(Value::Int(value),
                       (is_int ? DataType::Int() : DataType::BigInt()).NotNull());
  }

  static ExprPtr Text(std::string text) {
    int32_t length = 0;
    for (char c : text) length += (c & 0xC0) != 0x80 ? 1 : 0;
    return MakeLiteral(Value::String(std::move(text)), DataType::Char(length).NotNull());
  }
  static ExprPtr Bytes(const std::string& digits) {
    std::string bytes;
    for (size_t i = 0; i + 1 < digits.size(); i += 2)
      bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    auto length = static_cast<int32_t>(bytes.size());
    return MakeLiteral(Value::String(std::move(bytes)), DataType::Binary(length).NotNull());
  }

  std::string ReadQuoted() {
    std::string out;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != '\'') {
        out += text_[at_];
      } else if (text_.substr(at_ + 1).starts_with('\'')) {
        out += text_[at_++];
      } else {
        break;
      }
    }
    ++at_;
    return out;
  }
  /// A name, or several words as in IS JSON and SIMILAR TO.
  std::string ReadName() {
    if (Take('`')) {
      size_t end = text_.find('`', at_);
      std::string name(text_.substr(at_, end - at_));
      at_ = end + 1;
      return name;
    }
    size_t end = at_;
    while (end < text_.size() && (isalnum(static_cast<unsigned char>(text_[end])) ||
                                  text_[end] == '_' || text_[end] == '|'))
      ++end;
    std::string name(text_.substr(at_, end - at_));
    at_ = end;
    for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return name;
  }
  void Skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool Take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool TakeWord(sv word) {
    Skip();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    Skip();
    return true;
  }

  sv text_;
  const FunctionConfig& config_;
  size_t at_ = 0;
};

}  // namespace

const FunctionRegistry& AllFunctions() {
  static const FunctionRegistry* registry = [] {
    auto* made = new FunctionRegistry;
    RegisterBuiltinFunctions(made);
    return made;
  }();
  return *registry;
}

std::string Eval(sv call, const FunctionConfig& config) {
  auto expr = CallReader(call, config).ReadAll();
  if (!expr.ok()) return "error: " + expr.status().message();
  auto value = EvaluateConstant(*expr, AllFunctions(), config);
  if (!value.ok()) {
    // Without the evaluator's ", in CALL".
    std::string message = value.status().message();
    return "error: " + message.substr(0, message.rfind(", in "));
  }
  auto column = MakeConstant(*value, (*expr)->type, 1, arrow::default_memory_pool());
  if (!column.ok()) return "error: " + column.status().message();
  const TimeZone* zone = nullptr;
  if (config.time_zone != "UTC") zone = FindTimeZone(config.time_zone).ValueOrDie();
  std::string text;
  AppendValueText(**column, 0, TextStyle::kCast, zone, &text);
  return text;
}

std::string TypeOfCall(sv call, const FunctionConfig& config) {
  auto expr = CallReader(call, config).ReadAll();
  return expr.ok() ? (*expr)->type.ToString() : "error: " + expr.status().message();
}

TEST(CallText, ReadsWhatTestsWrite) {
  EXPECT_EQ(Eval("CONCAT('a', UPPER('b'))"), "aB");
  EXPECT_EQ(Eval("1.50"), "1.50");
  EXPECT_EQ(Eval("DATE '2020-01-31'"), "2020-01-31");
  EXPECT_EQ(Eval("ARRAY[1, 2]"), "[1, 2]");
  EXPECT_EQ(Eval("NULL AS INT"), "NULL");
  EXPECT_EQ(Eval("'7' AS INT"), "7");
  EXPECT_EQ(TypeOfCall("UPPER('a')"), "STRING NOT NULL");
}

}  // namespace weir
