// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/json_value_text.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "weir/function/json_tree.h"
#include "weir/function/list_builder.h"

namespace weir {
namespace {

/// 1990-06-02T13:37:42.001, with the type's digits less trailing zeros.
std::string TimestampText(const Column& column, int64_t i) {
  std::string text;
  int precision = column.type.precision();
  AppendTimestamp(column.TicksAt(i), precision, &text);
  size_t blank = text.find(' ');
  if (blank != std::string::npos) text[blank] = 'T';
  if (precision > 0) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  if (column.type.kind() == TypeKind::kTimestampLtz) text += 'Z';
  return text;
}

void AppendObject(std::vector<std::pair<std::string, std::string>> members, std::string* out) {
  std::stable_sort(members.begin(), members.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  *out += '{';
  for (size_t k = 0; k < members.size(); ++k) {
    if (k > 0) *out += ',';
    AppendJsonString(members[k].first, out);
    *out += ':';
    *out += members[k].second;
  }
  *out += '}';
}

std::string KeyText(const Column& keys, int64_t k) {
  std::string text;
  if (keys.type.is_character() && !keys.IsNull(k))
    return std::string(keys.At<StringView>(k).view());
  AppendValueText(keys, k, TextStyle::kCast, nullptr, &text);
  return text;
}

void AppendNested(const Column& column, int64_t i, std::string* out) {
  int64_t position = column.encoding == Encoding::kFlat ? i : column.Position(i);
  const Column& owner = column.encoding == Encoding::kDictionary ? column.dictionary() : column;
  if (column.type.kind() == TypeKind::kRow) {
    std::vector<std::pair<std::string, std::string>> members;
    for (size_t f = 0; f < owner.children.size(); ++f) {
      std::string value;
      AppendJsonValue(*owner.children[f], position, &value);
      members.emplace_back(column.type.fields()[f].name, std::move(value));
    }
    return AppendObject(std::move(members), out);
  }
  int64_t begin = owner.offsets()[position], end = owner.offsets()[position + 1];
  if (column.type.kind() == TypeKind::kArray) {
    *out += '[';
    for (int64_t k = begin; k < end; ++k) {
      if (k > begin) *out += ',';
      AppendJsonValue(*owner.children[0], k, out);
    }
    *out += ']';
    return;
  }
  std::vector<std::pair<std::string, std::string>> members;
  for (int64_t k = begin; k < end; ++k) {
    std::string value;
    AppendJsonValue(*owner.children[1], k, &value);
    members.emplace_back(KeyText(*owner.children[0], k), std::move(value));
  }
  AppendObject(std::move(members), out);
}

}  // namespace

void AppendJsonValue(const Column& column, int64_t i, std::string* out) {
  if (column.IsNull(i)) {
    *out += "null";
    return;
  }
  const DataType& type = column.type;
  if (type.is_nested()) return AppendNested(column, i, out);
  if (type.is_character()) return AppendJsonString(column.At<StringView>(i).view(), out);
  if (type.is_timestamp()) return AppendJsonString(TimestampText(column, i), out);
  if (type.is_binary()) {
    *out += '"';
    AppendBase64(column.At<StringView>(i).view(), out);
    *out += '"';
    return;
  }
  std::string text;
  switch (type.kind()) {
    case TypeKind::kBoolean:
      *out += column.BoolAt(i) ? "true" : "false";
      return;
    case TypeKind::kFloat:
    case TypeKind::kDouble:
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime: {
      if (type.kind() == TypeKind::kFloat) {  // As the DOUBLE that it is, with all its digits.
        AppendDouble(column.At<float>(i), &text);
      } else {
        AppendValueText(column, i, TextStyle::kCast, nullptr, &text);
      }
      bool is_number = type.is_approximate() && (text.back() >= '0' && text.back() <= '9');
      if (is_number) {
        AppendJsonNumber(text, out);
      } else {
        AppendJsonString(text, out);
      }
      return;
    }
    case TypeKind::kVariant:
      AppendValueText(column, i, TextStyle::kCast, nullptr, &text);
      *out += text;
      return;
    default:
      AppendValueText(column, i, TextStyle::kCast, nullptr, &text);
      AppendJsonNumber(text, out);
  }
}

}  // namespace weir
