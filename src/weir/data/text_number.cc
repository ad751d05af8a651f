// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Numbers and booleans as text and back.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "weir/data/text.h"

namespace weir {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A decimal number 0.d1d2d3... x 10^exponent.
struct Digits {
  char text[24];
  int count = 0;
  int point = 0;  // Digits before the decimal point; may be negative or exceed `count`.
  bool negative = false;
};

// Reads what std::to_chars wrote in scientific form: "-1.25e-07".
Digits ReadScientific(const char* begin, const char* end) {
  Digits digits;
  if (*begin == '-') {
    digits.negative = true;
    ++begin;
  }
  for (; begin != end && *begin != 'e'; ++begin) {
    if (*begin != '.') digits.text[digits.count++] = *begin;
  }
  int exponent = 0;
  ++begin;
  bool negative = *begin == '-';
  for (++begin; begin != end; ++begin) exponent = exponent * 10 + (*begin - '0');
  digits.point = (negative ? -exponent : exponent) + 1;
  while (digits.count > 1 && digits.text[digits.count - 1] == '0') --digits.count;
  return digits;
}

// The shortest digits that read back to `value`; where one digit is enough, the nearest number of
// two digits that does (java.lang.Double.toString: 4.9E-324, not 5.0E-324).
template <typename T>
Digits ShortestDigits(T value) {
  char buffer[64];
  char* end =
      std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific).ptr;
  Digits digits = ReadScientific(buffer, end);
  if (digits.count > 1) return digits;
  end = std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific, 1).ptr;
  T back{};
  auto read = std::from_chars(buffer, end, back);
  return read.ec == std::errc() && back == value ? ReadScientific(buffer, end) : digits;
}

template <typename T>
void AppendFloating(T value, std::string* out) {
  if (std::isnan(value)) {
    *out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    *out += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  if (value == 0) {
    *out += std::signbit(value) ? "-0.0" : "0.0";
    return;
  }
  Digits digits = ShortestDigits(value);
  if (digits.negative) out->push_back('-');
  std::string_view text(digits.text, static_cast<size_t>(digits.count));
  if (digits.point > 7 || digits.point < -2) {  // Not 10^-3 <= |value| < 10^7.
    out->push_back(text[0]);
    out->push_back('.');
    *out += text.size() > 1 ? text.substr(1) : "0";
    out->push_back('E');
    char exponent[8];
    *out += std::string_view(
        exponent, std::to_chars(exponent, exponent + 8, digits.point - 1).ptr - exponent);
    return;
  }
  if (digits.point <= 0) {
    *out += "0.";
    out->append(static_cast<size_t>(-digits.point), '0');
    *out += text;
  } else if (digits.count <= digits.point) {
    *out += text;
    out->append(static_cast<size_t>(digits.point - digits.count), '0');
    *out += ".0";
  } else {
    *out += text.substr(0, static_cast<size_t>(digits.point));
    out->push_back('.');
    *out += text.substr(static_cast<size_t>(digits.point));
  }
}

constexpr std::array<Int128, 39> MakePowersOfTen() {
  std::array<Int128, 39> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}
constexpr std::array<Int128, 39> kPowersOfTen = MakePowersOfTen();

}  // namespace

void AppendDouble(double value, std::string* out) { AppendFloating(value, out); }
void AppendFloat(float value, std::string* out) { AppendFloating(value, out); }

void AppendDecimal(Int128 unscaled, int scale, std::string* out) {
  const bool negative = unscaled < 0;
  auto rest = static_cast<unsigned __int128>(unscaled);
  if (negative) rest = -rest;
  char buffer[48];
  char* end = buffer + sizeof(buffer);
  char* begin = end;
  // Division by 10^18 once or twice, the digits then by 64-bit arithmetic.
  constexpr uint64_t kChunk = 1'000'000'000'000'000'000ULL;
  while (rest > std::numeric_limits<uint64_t>::max()) {
    auto chunk = static_cast<uint64_t>(rest % kChunk);
    rest /= kChunk;
    for (int i = 0; i < 18; ++i, chunk /= 10) *--begin = static_cast<char>('0' + chunk % 10);
  }
  auto low = static_cast<uint64_t>(rest);
  while (low != 0) {
    *--begin = static_cast<char>('0' + low % 10);
    low /= 10;
  }
  // A zero before the point, and zeros up to it.
  while (end - begin <= scale) *--begin = '0';
  if (negative) out->push_back('-');
  const auto whole = static_cast<size_t>(end - begin - scale);
  out->append(begin, whole);
  if (scale > 0) {
    out->push_back('.');
    out->append(begin + whole, static_cast<size_t>(scale));
  }
}

std::optional<int64_t> ParseInteger(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  // Counted downwards, so that the smallest number needs no case of its own.
  int64_t value = 0;
  size_t i = 0;
  for (; i < text.size() && text[i] != '.'; ++i) {
    if (!IsDigit(text[i])) return std::nullopt;
    if (__builtin_mul_overflow(value, int64_t{10}, &value)) return std::nullopt;
    if (__builtin_sub_overflow(value, int64_t{text[i] - '0'}, &value)) return std::nullopt;
  }
  // The fraction is cut off but must be one.
  for (++i; i < text.size(); ++i) {
    if (!IsDigit(text[i])) return std::nullopt;
  }
  if (negative) return value;
  if (value == std::numeric_limits<int64_t>::min()) return std::nullopt;
  return -value;
}

namespace {

// sign, digits with a point, exponent, as Java's parsers take them.
struct NumberShape {
  bool valid = false;
  bool negative = false;
  std::string_view mantissa;
  int64_t exponent = 0;
  std::string_view number;  // Without sign and without a suffix such as "d".
};

NumberShape ReadNumber(std::string_view text) {
  NumberShape shape;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    shape.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  size_t i = 0;
  int digits = 0, points = 0;
  for (; i < text.size() && (IsDigit(text[i]) || text[i] == '.'); ++i) {
    if (text[i] == '.') {
      ++points;
    } else {
      ++digits;
    }
  }
  if (digits == 0 || points > 1) return shape;
  shape.mantissa = text.substr(0, i);
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    bool negative = i < text.size() && text[i] == '-';
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    const size_t begin = i;
    for (; i < text.size() && IsDigit(text[i]); ++i) {
      if (shape.exponent < 1'000'000'000) shape.exponent = shape.exponent * 10 + (text[i] - '0');
    }
    if (i == begin) return shape;
    if (negative) shape.exponent = -shape.exponent;
  }
  shape.number = text.substr(0, i);
  shape.valid = i == text.size();
  if (!shape.valid && i + 1 == text.size() &&
      std::string_view("fFdD").find(text[i]) != std::string_view::npos) {
    shape.valid = true;
  }
  return shape;
}

}  // namespace

std::optional<double> ParseDouble(std::string_view text) {
  NumberShape shape = ReadNumber(text);
  if (!shape.valid) {
    if (text == "NaN" || text == "+NaN" || text == "-NaN")
      return std::numeric_limits<double>::quiet_NaN();
    if (text == "Infinity" || text == "+Infinity") return std::numeric_limits<double>::infinity();
    if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
    return std::nullopt;
  }
  double value = 0;
  const char* begin = shape.number.data();
  auto read = std::from_chars(begin, begin + shape.number.size(), value);
  if (read.ec == std::errc::result_out_of_range)
    value = std::strtod(std::string(shape.number).c_str(), nullptr);
  return shape.negative ? -value : value;
}

std::optional<Int128> ParseDecimal(std::string_view text, int precision, int scale) {
  NumberShape shape = ReadNumber(text);
  if (!shape.valid || shape.number.data() + shape.number.size() != text.data() + text.size())
    return std::nullopt;
  // How many digits from the first one that is not 0 the result keeps.
  std::string_view mantissa = shape.mantissa;
  const size_t point = std::min(mantissa.find('.'), mantissa.size());
  size_t first = 0;
  while (first < mantissa.size() && (mantissa[first] == '0' || mantissa[first] == '.')) ++first;
  if (first == mantissa.size()) return Int128{0};
  int64_t before_point = first < point ? static_cast<int64_t>(point - first)
                                       : -static_cast<int64_t>(first - point - 1);
  const int64_t keep = before_point + shape.exponent + scale;
  if (keep < 0) return Int128{0};
  if (keep > precision) return std::nullopt;
  Int128 value = 0;
  int64_t taken = 0;
  bool round_up = false;
  for (size_t i = first; i < mantissa.size(); ++i) {
    if (mantissa[i] == '.') continue;
    if (taken == keep) {
      round_up = mantissa[i] >= '5';
      break;
    }
    value = value * 10 + (mantissa[i] - '0');
    ++taken;
  }
  value = value * kPowersOfTen[static_cast<size_t>(keep - taken)] + (round_up ? 1 : 0);
  if (value >= kPowersOfTen[static_cast<size_t>(precision)]) return std::nullopt;
  return shape.negative ? -value : value;
}

std::optional<bool> ParseBoolean(std::string_view text) {
  if (text.size() > 5) return std::nullopt;
  char lower[6] = {};
  for (size_t i = 0; i < text.size(); ++i) {
    lower[i] = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
  }
  std::string_view word(lower, text.size());
  for (std::string_view yes : {"true", "t", "yes", "y", "1"}) {
    if (word == yes) return true;
  }
  for (std::string_view no : {"false", "f", "no", "n", "0"}) {
    if (word == no) return false;
  }
  return std::nullopt;
}

}  // namespace weir
