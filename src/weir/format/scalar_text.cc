// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/format/scalar_text.h"

#include <fast_float/fast_float.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "weir/data/precision.h"
#include "weir/data/text.h"

namespace weir {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

std::string Quote(const ScalarText& scalar) {
  std::string text(scalar.text.substr(0, 60));
  if (scalar.text.size() > 60) text += "...";
  return scalar.is_string ? "\"" + text + "\"" : text;
}

bool Refuse(const ScalarText& scalar, const ColumnSlot& slot, std::string* reason) {
  *reason = fmt::format("{} is not a value of type {}", Quote(scalar),
                        slot.type().AsNullable().ToString());
  return false;
}

std::optional<double> ReadDouble(std::string_view text) {
  double value;
  auto [end, error] = fast_float::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Whole numbers; a fraction of a JSON number is cut as Flink does.
std::optional<int64_t> ReadInteger(const ScalarText& scalar) {
  std::string_view text = scalar.is_string ? Trim(scalar.text) : scalar.text;
  int64_t value = 0;
  std::string_view digits = !text.empty() && text.front() == '+' ? text.substr(1) : text;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc() && end == digits.data() + digits.size()) return value;
  if (scalar.is_string || text.find_first_of(".eE") == std::string_view::npos) return std::nullopt;
  auto real = ReadDouble(text);
  if (!real || !(std::abs(*real) < 9.2e18)) return std::nullopt;
  return static_cast<int64_t>(*real);
}

bool StoreInteger(const ScalarText& scalar, ColumnSlot& slot, int64_t row) {
  auto value = ReadInteger(scalar);
  if (!value) return false;
  auto fits = [&](auto limit) {
    using T = decltype(limit);
    if (*value < std::numeric_limits<T>::min() || *value > std::numeric_limits<T>::max())
      return false;
    slot.Set<T>(row, static_cast<T>(*value));
    return true;
  };
  switch (slot.kind()) {
    case TypeKind::kTinyInt:
      return fits(int8_t{});
    case TypeKind::kSmallInt:
      return fits(int16_t{});
    case TypeKind::kInt:
    case TypeKind::kIntervalYearMonth:
      return fits(int32_t{});
    default:
      return fits(int64_t{});
  }
}

bool StoreReal(const ScalarText& scalar, ColumnSlot& slot, int64_t row) {
  std::string_view text = scalar.is_string ? Trim(scalar.text) : scalar.text;
  std::optional<double> value = ReadDouble(text);
  if (!value && scalar.is_string) value = ParseDouble(text);
  if (!value) return false;
  bool named = scalar.is_string && !text.empty() &&
               (text.back() == 'y' || text.back() == 'N');  // Infinity, NaN
  if (!std::isfinite(*value) && !named) return false;
  if (slot.kind() == TypeKind::kFloat) {
    auto narrow = static_cast<float>(*value);
    if (!std::isfinite(narrow) && !named) return false;
    slot.Set<float>(row, narrow);
  } else {
    slot.Set<double>(row, *value);
  }
  return true;
}

bool StoreBase64(std::string_view text, ColumnSlot& slot, int64_t row, BatchSlots* batch) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  if (text.size() % 4 == 1) return false;
  auto room = batch->AllocateBytes(static_cast<int64_t>(text.size() * 3 / 4 + 3));
  if (!room.ok()) return false;
  uint32_t bits = 0, count = 0, size = 0;
  for (char c : text) {
    int value = c >= 'A' && c <= 'Z'   ? c - 'A'
                : c >= 'a' && c <= 'z' ? c - 'a' + 26
                : c >= '0' && c <= '9' ? c - '0' + 52
                : c == '+' || c == '-' ? 62
                : c == '/' || c == '_' ? 63
                                       : -1;
    if (value < 0) return false;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      (*room)[size++] = static_cast<char>(bits >> count);
    }
  }
  slot.SetView(row, *room, size);
  return true;
}

}  // namespace

bool ScalarReader::Store(const ScalarText& scalar, ColumnSlot& slot, int64_t row, BatchSlots* batch,
                         std::string* reason) {
  std::string_view text = scalar.text;
  bool good = false;
  switch (slot.kind()) {
    case TypeKind::kNull:
      return true;
    case TypeKind::kBoolean: {
      std::string_view word = Trim(text);
      bool yes = word.size() == 4 && (word[0] | 32) == 't' && (word[1] | 32) == 'r' &&
                 (word[2] | 32) == 'u' && (word[3] | 32) == 'e';
      bool no = word.size() == 5 && (word[0] | 32) == 'f' && (word[1] | 32) == 'a' &&
                (word[2] | 32) == 'l' && (word[3] | 32) == 's' && (word[4] | 32) == 'e';
      if (yes || no) slot.SetBool(row, yes);
      good = yes || no;
      break;
    }
    case TypeKind::kTinyInt:
    case TypeKind::kSmallInt:
    case TypeKind::kInt:
    case TypeKind::kBigInt:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
      good = StoreInteger(scalar, slot, row);
      break;
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      good = StoreReal(scalar, slot, row);
      break;
    case TypeKind::kDecimal:
      if (auto value = ParseDecimal(Trim(text), slot.type().precision(), slot.type().scale())) {
        slot.Set<Int128>(row, *value);
        good = true;
      }
      break;
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      good = scalar.is_string && StoreBase64(text, slot, row, batch);
      break;
    case TypeKind::kDate:
      if (auto value = scalar.is_string ? ParseDate(text) : std::nullopt) {
        slot.Set<int32_t>(row, *value);
        good = true;
      }
      break;
    case TypeKind::kTime:
      if (!text.empty() && text.back() == 'Z') text.remove_suffix(1);
      if (auto value = scalar.is_string ? ParseTime(text) : std::nullopt) {
        slot.Set<int32_t>(row, CutTime(*value, slot.type().precision()));
        good = true;
      }
      break;
    case TypeKind::kTimestampLtz:
      if (!text.empty() && text.back() == 'Z') text.remove_suffix(1);
      [[fallthrough]];
    case TypeKind::kTimestamp: {
      bool separated = time_separator == '\0' || (text.size() > 10 && text[10] == time_separator);
      if (auto value = scalar.is_string && separated ? ParseTimestamp(text, slot.type().precision())
                                                     : std::nullopt) {
        if (slot.type().is_wide_timestamp()) {
          slot.Set<Int128>(row, *value);
        } else {
          slot.Set<int64_t>(row, static_cast<int64_t>(*value));
        }
        good = true;
      }
      break;
    }
    default:
      break;
  }
  return good || Refuse(scalar, slot, reason);
}

bool IsJsonScalar(std::string_view text) {
  if (text == "true" || text == "false" || text == "null") return true;
  size_t i = 0;
  auto digits = [&] {
    size_t begin = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - begin;
  };
  if (i < text.size() && text[i] == '-') ++i;
  bool leading_zero = i < text.size() && text[i] == '0';
  size_t whole = digits();
  if (whole == 0 || (leading_zero && whole > 1)) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] | 32) == 'e') {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

size_t CompactJson(std::string_view text, char* out) {
  size_t size = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (!in_string && static_cast<unsigned char>(c) <= ' ') continue;
    out[size++] = c;
    if (c == '"') in_string = !in_string;
    if (c == '\\' && in_string && i + 1 < text.size()) out[size++] = text[++i];
  }
  return size;
}

}  // namespace weir
