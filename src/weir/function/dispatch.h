// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// From a type at run time to the C++ type of its values:
//   return DispatchFixed(type, [&](auto tag) { using T = typename decltype(tag)::type; ... });
#pragma once

#include <type_traits>

#include "weir/data/column.h"

namespace weir {

/// Types whose values are plain numbers of one size. BOOLEAN, strings and nested types are our own
/// mistake here.
template <typename Visit>
auto DispatchFixed(const DataType& type, Visit&& visit) {
  switch (type.kind()) {
    case TypeKind::kTinyInt:
      return visit(std::type_identity<int8_t>{});
    case TypeKind::kSmallInt:
      return visit(std::type_identity<int16_t>{});
    case TypeKind::kInt:
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kIntervalYearMonth:
      return visit(std::type_identity<int32_t>{});
    case TypeKind::kFloat:
      return visit(std::type_identity<float>{});
    case TypeKind::kDouble:
      return visit(std::type_identity<double>{});
    case TypeKind::kDecimal:
      return visit(std::type_identity<Int128>{});
    default:
      if (type.is_wide_timestamp()) return visit(std::type_identity<Int128>{});
      WEIR_CHECK(type.value_width() == 8, "not a type of fixed width");
      return visit(std::type_identity<int64_t>{});
  }
}

/// The ticks of a TIMESTAMP or TIMESTAMP_LTZ: int64_t microseconds or Int128 nanoseconds.
template <typename Visit>
auto DispatchTicks(const DataType& type, Visit&& visit) {
  return type.is_wide_timestamp() ? visit(std::type_identity<Int128>{})
                                  : visit(std::type_identity<int64_t>{});
}
template <typename Ticks>
inline constexpr int64_t kTicksPerSecond = sizeof(Ticks) == 16 ? 1'000'000'000 : 1'000'000;

/// TINYINT to DOUBLE: no decimals.
template <typename Visit>
auto DispatchPrimitive(const DataType& type, Visit&& visit) {
  switch (type.kind()) {
    case TypeKind::kTinyInt:
      return visit(std::type_identity<int8_t>{});
    case TypeKind::kSmallInt:
      return visit(std::type_identity<int16_t>{});
    case TypeKind::kInt:
      return visit(std::type_identity<int32_t>{});
    case TypeKind::kBigInt:
      return visit(std::type_identity<int64_t>{});
    case TypeKind::kFloat:
      return visit(std::type_identity<float>{});
    default:
      WEIR_CHECK(type.kind() == TypeKind::kDouble, "not a primitive numeric type");
      return visit(std::type_identity<double>{});
  }
}

/// Integer arithmetic as Java's: it wraps.
template <typename T>
T WrapAdd(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a + b;
  } else {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<U>(static_cast<U>(a) + static_cast<U>(b)));
  }
}
template <typename T>
T WrapSubtract(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a - b;
  } else {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<U>(static_cast<U>(a) - static_cast<U>(b)));
  }
}
template <typename T>
T WrapMultiply(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a * b;
  } else {
    using U = std::conditional_t<sizeof(T) <= 4, uint32_t,
                                 uint64_t>;  // No promotion to int, which may overflow.
    return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
  }
}
template <typename T>
T WrapNegate(T a) {
  if constexpr (std::is_floating_point_v<T>) {
    return -a;
  } else {
    return WrapSubtract<T>(0, a);
  }
}

}  // namespace weir
