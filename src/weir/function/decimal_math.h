// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Arithmetic on unscaled decimals of up to 38 digits, with intermediate results of up to 76. A
// value is unscaled * 10^-scale.
//   MultiplyDecimal(12 "1.2", 1; 34 "3.4", 1; into scale 1) = 41 "4.1"
// Rounding is half up (away from zero), first to 38 significant digits, then to the wanted scale,
// as Flink computes.
#pragma once

#include <array>
#include <cstdint>

#include "weir/data/column.h"

namespace weir {

inline constexpr int kDecimalDigitsMax = 38;

constexpr std::array<Int128, kDecimalDigitsMax + 1> MakePowersOfTen() {
  std::array<Int128, kDecimalDigitsMax + 1> powers{};
  Int128 power = 1;
  for (int i = 0; i <= kDecimalDigitsMax; ++i) {
    powers[static_cast<size_t>(i)] = power;
    if (i < kDecimalDigitsMax) power *= 10;
  }
  return powers;
}
inline constexpr std::array<Int128, kDecimalDigitsMax + 1> kPowersOfTen = MakePowersOfTen();
inline Int128 PowerOfTen(int exponent) { return kPowersOfTen[static_cast<size_t>(exponent)]; }

/// Whether `value` has at most `precision` digits.
inline bool FitsPrecision(Int128 value, int precision) {
  Int128 limit = PowerOfTen(precision);
  return value < limit && value > -limit;
}

/// value / divisor, rounded half up. `divisor` > 0.
inline Int128 DivideHalfUp(Int128 value, Int128 divisor) {
  Int128 quotient = value / divisor;
  Int128 rest = value - quotient * divisor;
  if (rest < 0) rest = -rest;
  if (rest >= divisor - rest) quotient += value < 0 ? -1 : 1;
  return quotient;
}

/// `value` of scale `from` at scale `to`. False: more than `precision` digits.
bool RescaleDecimal(Int128 value, int from, int to, int precision, Int128* out);

/// Results at `scale`, of at most `precision` digits; false when they have more.
bool AddDecimal(Int128 a, int a_scale, Int128 b, int b_scale, int precision, int scale,
                Int128* out);
bool MultiplyDecimal(Int128 a, int a_scale, Int128 b, int b_scale, int precision, int scale,
                     Int128* out);
/// `b` is not 0.
bool DivideDecimal(Int128 a, int a_scale, Int128 b, int b_scale, int precision, int scale,
                   Int128* out);
bool ModuloDecimal(Int128 a, int a_scale, Int128 b, int b_scale, int precision, int scale,
                   Int128* out);
/// Negative, 0, positive.
int CompareDecimal(Int128 a, int a_scale, Int128 b, int b_scale);

/// Nearest double, and back: shortest decimal text of `value` rounded half up to `scale`; false
/// when it does not fit.
double DecimalToDouble(Int128 value, int scale);
bool DoubleToDecimal(double value, int precision, int scale, Int128* out);

}  // namespace weir
