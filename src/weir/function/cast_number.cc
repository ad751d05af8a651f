// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Casts among BOOLEAN, integers, FLOAT, DOUBLE and DECIMAL, as Java converts: integers keep their
// low bits, DOUBLE to integer saturates (through INT for the small ones), DECIMAL to integer cuts
// the fraction and keeps low bits.
#include <bit>
#include <cmath>
#include <limits>

#include "weir/function/cast.h"
#include "weir/function/decimal_math.h"
#include "weir/function/dispatch.h"

namespace weir {
namespace {

/// Java's (int) and (long) of a floating-point value.
template <typename To>
To Saturate(double value) {
  if (std::isnan(value)) return 0;
  constexpr double kLow = static_cast<double>(std::numeric_limits<To>::min());
  constexpr double kHigh = -kLow;  // One above the greatest.
  if (value >= kHigh) return std::numeric_limits<To>::max();
  if (value <= kLow) return std::numeric_limits<To>::min();
  return static_cast<To>(value);
}

/// The nearest DOUBLE, by operations that AVX2 has for several at once: the halves of the number as
/// the last bits of 2^84 and of 2^52, of which the sum alone is rounded.
double DoubleOf(int64_t value) {
  auto bits = static_cast<uint64_t>(value);
  double high = std::bit_cast<double>((bits >> 32) ^ 0x4530000080000000);
  double low = std::bit_cast<double>((bits & 0xFFFFFFFF) | 0x4330000000000000);
  return (high - std::bit_cast<double>(uint64_t{0x4530000080100000})) + low;
}

template <typename From, typename To>
To ConvertPrimitive(From value) {
  if constexpr (std::is_same_v<From, int64_t> && std::is_same_v<To, double>) return DoubleOf(value);
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if constexpr (sizeof(To) < 4) {
      return static_cast<To>(Saturate<int32_t>(value));
    } else {
      return Saturate<To>(value);
    }
  } else {
    return static_cast<To>(value);
  }
}

int DigitsOf(const DataType& integer) { return AsDecimal(integer).precision(); }

Result<Kernel> MakeFromBoolean(const CastCall& cast) {
  if (cast.to.is_decimal()) {
    int scale = cast.to.scale();
    if (cast.to.precision() == scale) {  // DECIMAL(2, 2) has no 1.
      return RowKernel<Int128, bool>([](bool value, KernelRow& row) -> Int128 {
        if (value) row.SetNull();
        return 0;
      })({});
    }
    Int128 one = PowerOfTen(scale);
    return MapKernel<Int128, bool>([one](bool value) -> Int128 { return value ? one : 0; })({});
  }
  return DispatchPrimitive(cast.to, [&](auto tag) -> Result<Kernel> {
    using T = typename decltype(tag)::type;
    return MapKernel<T, bool>([](bool value) { return static_cast<T>(value); })({});
  });
}

Result<Kernel> MakeFromDecimal(const CastCall& cast) {
  int from_scale = cast.from.scale(), to_scale = cast.to.scale(), precision = cast.to.precision();
  if (cast.to.is_decimal()) {
    int up = to_scale - from_scale;
    if (up >= 0 && cast.from.precision() + up <= precision) {
      Int128 factor = PowerOfTen(up);
      return MapKernel<Int128, Int128>([factor](Int128 value) { return value * factor; })({});
    }
    return RowKernel<Int128, Int128>([=](Int128 value, KernelRow& row) -> Int128 {
      Int128 out = 0;
      if (!RescaleDecimal(value, from_scale, to_scale, precision, &out)) row.SetNull();
      return out;
    })({});
  }
  if (cast.to.kind() == TypeKind::kBoolean)
    return MapKernel<bool, Int128>([](Int128 value) { return value != 0; })({});
  return DispatchPrimitive(cast.to, [&](auto tag) -> Result<Kernel> {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_floating_point_v<T>) {
      return MapKernel<T, Int128>([from_scale](Int128 value) {
        return static_cast<T>(DecimalToDouble(value, from_scale));
      })({});
    } else {
      Int128 unit = PowerOfTen(from_scale);
      return MapKernel<T, Int128>([unit](Int128 value) {
        return static_cast<T>(static_cast<int64_t>(unit == 1 ? value : value / unit));
      })({});
    }
  });
}

Result<Kernel> MakeToDecimal(const CastCall& cast) {
  int precision = cast.to.precision(), scale = cast.to.scale();
  bool always_fits = cast.from.is_integer() && DigitsOf(cast.from) + scale <= precision;
  return DispatchPrimitive(cast.from, [&](auto tag) -> Result<Kernel> {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_floating_point_v<T>) {
      return RowKernel<Int128, T>([=](T value, KernelRow& row) -> Int128 {
        Int128 out = 0;
        if (!DoubleToDecimal(static_cast<double>(value), precision, scale, &out)) row.SetNull();
        return out;
      })({});
    } else {
      if (always_fits) {
        if (scale == 0) return MapKernel<Int128, T>([](T value) -> Int128 { return value; })({});
        Int128 factor = PowerOfTen(scale);
        return MapKernel<Int128, T>([factor](T value) { return value * factor; })({});
      }
      return RowKernel<Int128, T>([=](T value, KernelRow& row) -> Int128 {
        Int128 out = 0;
        if (!RescaleDecimal(value, 0, scale, precision, &out)) row.SetNull();
        return out;
      })({});
    }
  });
}

}  // namespace

Result<Kernel> MakeNumberCast(const CastCall& cast) {
  if (cast.from.kind() == TypeKind::kBoolean) return MakeFromBoolean(cast);
  if (cast.from.is_decimal()) return MakeFromDecimal(cast);
  if (cast.to.is_decimal()) return MakeToDecimal(cast);
  return DispatchPrimitive(cast.from, [&](auto from_tag) -> Result<Kernel> {
    using From = typename decltype(from_tag)::type;
    if (cast.to.kind() == TypeKind::kBoolean)
      return MapKernel<bool, From>([](From value) { return value != 0; })({});
    return DispatchPrimitive(cast.to, [&](auto to_tag) -> Result<Kernel> {
      using To = typename decltype(to_tag)::type;
      return MapKernel<To, From>([](From value) { return ConvertPrimitive<From, To>(value); })({});
    });
  });
}

}  // namespace weir
