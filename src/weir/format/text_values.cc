// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/format/text_values.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "weir/data/text.h"

namespace weir {
namespace {

void DropTrailingZeros(size_t begin, std::string* out) {
  if (out->find('.', begin) == std::string::npos) return;
  while (out->back() == '0') out->pop_back();
  if (out->back() == '.') out->pop_back();
}

bool IsDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool EqualsLower(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() &&
         std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == b;
         });
}

}  // namespace

void AppendShortTimestamp(Int128 ticks, const DataType& type, char separator, std::string* out) {
  size_t begin = out->size();
  AppendTimestamp(ticks, type.precision(), out);
  size_t blank = out->find(' ', begin);
  if (blank != std::string::npos) (*out)[blank] = separator;
  DropTrailingZeros(begin, out);
}

void AppendShortTime(int32_t millis, std::string* out) {
  size_t begin = out->size();
  fmt::format_to(std::back_inserter(*out), "{:02}:{:02}:{:02}", millis / 3'600'000,
                 millis / 60'000 % 60, millis / 1000 % 60);
  if (millis % 1000 == 0) return;
  fmt::format_to(std::back_inserter(*out), ".{:03}", millis % 1000);
  DropTrailingZeros(begin, out);
}

void AppendJavaDecimal(Int128 unscaled, int scale, bool plain, std::string* out) {
  std::string digits;
  AppendDecimal(unscaled < 0 ? -unscaled : unscaled, 0, &digits);
  int exponent = static_cast<int>(digits.size()) - 1 - scale;
  if (plain || exponent >= -6) {
    AppendDecimal(unscaled, scale, out);
    return;
  }
  if (unscaled < 0) *out += '-';
  *out += digits[0];
  if (digits.size() > 1) *out += "." + digits.substr(1);
  *out += fmt::format("E{}", exponent);
}

TextGuess GuessTime(std::string_view text) {
  if (text.size() < 10 || text.size() > 30 || text[4] != '-' || text[7] != '-')
    return TextGuess::kString;
  if (text.size() == 10) return ParseDate(text) ? TextGuess::kDate : TextGuess::kString;
  bool is_utc = text.back() == 'Z';
  if (is_utc) text.remove_suffix(1);
  if (text.size() < 16 || (text[10] != ' ' && text[10] != 'T') || !ParseTimestamp(text, 9))
    return TextGuess::kString;
  size_t point = text.find('.');
  bool fine = point != std::string_view::npos && text.size() - point - 1 > 3;
  if (is_utc) return fine ? TextGuess::kTimestampLtz6 : TextGuess::kTimestampLtz3;
  return fine ? TextGuess::kTimestamp6 : TextGuess::kTimestamp3;
}

TextGuess GuessField(std::string_view text) {
  if (text.empty()) return TextGuess::kNothing;
  if (EqualsLower(text, "true") || EqualsLower(text, "false")) return TextGuess::kBoolean;
  std::string_view digits = text.front() == '-' || text.front() == '+' ? text.substr(1) : text;
  if (IsDigits(digits)) {
    // A leading zero is a code (a zip, an account), not a number.
    if (digits.size() > 1 && digits.front() == '0') return TextGuess::kString;
    return ParseInteger(text) ? TextGuess::kBigInt : TextGuess::kDouble;
  }
  bool numeric = std::all_of(digits.begin(), digits.end(), [](char c) {
    return (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' || c == '-' || c == '+';
  });
  if (numeric && text.size() != 10 && ParseDouble(text)) return TextGuess::kDouble;
  if (numeric && text.size() == 10 && text[4] != '-' && ParseDouble(text))
    return TextGuess::kDouble;
  return GuessTime(text);
}

TextGuess MergeGuess(TextGuess a, TextGuess b) {
  if (a == b || b == TextGuess::kNothing) return a;
  if (a == TextGuess::kNothing) return b;
  if (a > b) std::swap(a, b);
  if (a == TextGuess::kBigInt && b == TextGuess::kDouble) return b;
  bool local = a >= TextGuess::kDate && b <= TextGuess::kTimestamp6;
  if (local) return b;
  if (a == TextGuess::kTimestampLtz3 && b == TextGuess::kTimestampLtz6) return b;
  return TextGuess::kString;
}

DataType TypeOfGuess(TextGuess guess) {
  switch (guess) {
    case TextGuess::kBoolean:
      return DataType::Boolean();
    case TextGuess::kBigInt:
      return DataType::BigInt();
    case TextGuess::kDouble:
      return DataType::Double();
    case TextGuess::kDate:
      return DataType::Date();
    case TextGuess::kTimestamp3:
      return DataType::Timestamp(3);
    case TextGuess::kTimestamp6:
      return DataType::Timestamp(6);
    case TextGuess::kTimestampLtz3:
      return DataType::TimestampLtz(3);
    case TextGuess::kTimestampLtz6:
      return DataType::TimestampLtz(6);
    case TextGuess::kNothing:
    case TextGuess::kString:
      break;
  }
  return DataType::String();
}

}  // namespace weir
