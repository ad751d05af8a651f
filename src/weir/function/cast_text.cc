// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Casts from text to values: blanks around the text do not count, and what is no such value is a
// row error.
#include <algorithm>
#include <limits>

#include "weir/data/precision.h"
#include "weir/function/cast.h"
#include "weir/function/dispatch.h"

namespace weir {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

std::string Shortened(std::string_view text) {
  constexpr size_t kBytesMax = 80;
  if (text.size() <= kBytesMax) return std::string(text);
  return fmt::format("{}...", text.substr(0, kBytesMax));
}

void FailNumber(std::string_view text, const DataType& type, KernelRow& row) {
  row.Fail(fmt::format("For input string: '{}'. It is no {}", Shortened(text),
                       type.AsNullable().ToString()));
}

void FailTime(std::string_view text, const DataType& type, KernelRow& row) {
  const bool is_iso = type.is_timestamp() && ParseTimestampLtz(Trim(text), 0, nullptr).has_value();
  row.Fail(fmt::format("Could not parse '{}' as {}{}", Shortened(text),
                       type.AsNullable().ToString(),
                       is_iso ? ": it takes 'yyyy-MM-dd HH:mm:ss'; TO_TIMESTAMP(text, "
                                "'yyyy-MM-dd''T''HH:mm:ss') reads other forms"
                              : ""));
}

Result<Kernel> MakeIntegerParser(const DataType& type) {
  return DispatchPrimitive(type, [&](auto tag) -> Result<Kernel> {
    using T = typename decltype(tag)::type;
    return RowKernel<T, std::string_view>([type](std::string_view text, KernelRow& row) -> T {
      if constexpr (std::is_floating_point_v<T>) {
        auto value = ParseDouble(Trim(text));
        if (value) return static_cast<T>(*value);
      } else {
        auto value = ParseInteger(Trim(text));
        if (value && *value >= std::numeric_limits<T>::min() &&
            *value <= std::numeric_limits<T>::max()) {
          return static_cast<T>(*value);
        }
      }
      FailNumber(text, type, row);
      return 0;
    })({});
  });
}

Result<Kernel> MakeTimestampParser(const CastCall& cast) {
  DataType type = cast.to;
  const TimeZone* zone = type.kind() == TypeKind::kTimestampLtz ? cast.zone : nullptr;
  return DispatchTicks(type, [&](auto tag) -> Result<Kernel> {
    using Ticks = typename decltype(tag)::type;
    return RowKernel<Ticks, std::string_view>(
        [type, zone](std::string_view text, KernelRow& row) -> Ticks {
          text = Trim(text);
          auto parsed = ParseTimestamp(text, type.precision());
          if (!parsed || !IsSqlTimestamp(text)) {
            FailTime(text, type, row);
            return 0;
          }
          auto ticks = static_cast<Ticks>(*parsed);
          return zone == nullptr ? ticks : FromLocal(*zone, ticks, kTicksPerSecond<Ticks>);
        })({});
  });
}

}  // namespace

bool IsSqlTimestamp(std::string_view text) {
  const auto colons = std::count(text.begin(), text.end(), ':');
  return text.find('T') == std::string_view::npos &&
         colons == (text.find(' ') == std::string_view::npos ? 0 : 2);
}

Result<Kernel> MakeTextParser(const CastCall& cast) {
  DataType type = cast.to;
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return RowKernel<bool, std::string_view>([](std::string_view text, KernelRow& row) {
        auto value = ParseBoolean(Trim(text));
        if (!value) row.Fail(fmt::format("Cannot parse '{}' as BOOLEAN", Shortened(text)));
        return value.value_or(false);
      })({});
    case TypeKind::kDecimal:
      return RowKernel<Int128, std::string_view>(
          [type](std::string_view text, KernelRow& row) -> Int128 {
            auto value = ParseDecimal(Trim(text), type.precision(), type.scale());
            if (!value) FailNumber(text, type, row);
            return value.value_or(0);
          })({});
    case TypeKind::kDate:
      return RowKernel<int32_t, std::string_view>(
          [type](std::string_view text, KernelRow& row) -> int32_t {
            auto days = ParseDate(Trim(text));
            if (!days) FailTime(text, type, row);
            return days.value_or(0);
          })({});
    case TypeKind::kTime:
      return RowKernel<int32_t, std::string_view>(
          [type](std::string_view text, KernelRow& row) -> int32_t {
            text = Trim(text);
            auto millis = ParseTime(text);
            if (!millis) FailTime(text, type, row);
            // The fourth digit of a second rounds the third.
            const size_t point = text.find('.');
            const bool up = point < text.size() - 4 && text.size() > 4 && text[point + 4] >= '5';
            return CutTime(millis.value_or(0) + (up ? 1 : 0), type.precision()) % 86'400'000;
          })({});
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return MakeTimestampParser(cast);
    default:
      if (type.is_numeric()) return MakeIntegerParser(type);
      return Unsupported("a cast of {} to {} is not supported yet", cast.from.ToString(),
                         type.ToString());
  }
}

}  // namespace weir
