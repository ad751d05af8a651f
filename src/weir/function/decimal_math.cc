// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/decimal_math.h"

#include <arrow/util/basic_decimal.h>

#include <charconv>
#include <cmath>
#include <string>

#include "weir/data/text.h"

namespace weir {
namespace {

using Wide = arrow::BasicDecimal256;

Wide Widen(Int128 value) {
  return Wide(
      arrow::BasicDecimal128(static_cast<int64_t>(value >> 64), static_cast<uint64_t>(value)));
}

Wide WidePower(int exponent) {
  if (exponent <= kDecimalDigitsMax) return Widen(PowerOfTen(exponent));
  return Widen(PowerOfTen(kDecimalDigitsMax)) * Widen(PowerOfTen(exponent - kDecimalDigitsMax));
}

bool IsNegative(const Wide& value) { return value.IsNegative(); }

Wide Magnitude(Wide value) { return IsNegative(value) ? -value : value; }

int CountDigits(const Wide& value) {
  Wide magnitude = Magnitude(value);
  int low = 0, high = 76;
  while (low < high) {  // The least `low` with magnitude < 10^low.
    int middle = (low + high) / 2;
    if (magnitude < WidePower(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

Wide DivideWideHalfUp(const Wide& value, const Wide& divisor) {
  Wide quotient, rest;
  (void)value.Divide(divisor, &quotient, &rest);
  Wide twice = Magnitude(rest);
  twice = twice + twice;
  if (twice >= Magnitude(divisor))
    quotient += Wide(IsNegative(value) != IsNegative(divisor) ? -1 : 1);
  return quotient;
}

bool Narrow(const Wide& value, int precision, Int128* out) {
  if (Magnitude(value) >= WidePower(precision)) return false;
  auto limbs = value.little_endian_array();
  *out = static_cast<Int128>((static_cast<unsigned __int128>(limbs[1]) << 64) | limbs[0]);
  return true;
}

/// `value` at `from`: to 38 digits, to scale `to`, to `precision`.
bool Settle(Wide value, int from, int precision, int to, Int128* out) {
  int digits = CountDigits(value);
  if (digits > kDecimalDigitsMax && from > to) {
    int drop = std::min(digits - kDecimalDigitsMax, from - to);
    value = DivideWideHalfUp(value, WidePower(drop));
    from -= drop;
  }
  if (from > to) {
    value = from - to > 76 ? Wide(0) : DivideWideHalfUp(value, WidePower(from - to));
  } else if (from < to) {
    if (CountDigits(value) + to - from > 76) return false;
    value = value * WidePower(to - from);
  }
  return Narrow(value, precision, out);
}

bool FitsInt64(Int128 value) { return value == static_cast<int64_t>(value); }

}  // namespace

bool RescaleDecimal(Int128 value, int from, int to, int precision, Int128* out) {
  if (from == to) {
    *out = value;
    return FitsPrecision(value, precision);
  }
  if (to > from) {
    int up = to - from;
    if (up > precision || !FitsPrecision(value, precision - up)) {
      *out = 0;
      return value == 0;
    }
    *out = value * PowerOfTen(up);
    return true;
  }
  *out = DivideHalfUp(value, PowerOfTen(from - to));
  return FitsPrecision(*out, precision);
}

bool AddDecimal(Int128 a, int a_scale, Int128 b, int b_scale, int precision, int scale,
                Int128* out) {
  int common = std::max(a_scale, b_scale);
  Wide sum = Widen(a) * WidePower(common - a_scale) + Widen(b) * WidePower(common - b_scale);
  return Settle(sum, common, precision, scale, out);
}

bool MultiplyDecimal(Int128 a, int a_scale, Int128 b, int b_scale, int precision, int scale,
                     Int128* out) {
  if (FitsInt64(a) && FitsInt64(b) && scale <= a_scale + b_scale &&
      a_scale + b_scale - scale <= kDecimalDigitsMax) {
    Int128 product = static_cast<Int128>(static_cast<int64_t>(a)) * static_cast<int64_t>(b);
    if (scale != a_scale + b_scale)
      product = DivideHalfUp(product, PowerOfTen(a_scale + b_scale - scale));
    *out = product;
    return FitsPrecision(product, precision);
  }
  return Settle(Widen(a) * Widen(b), a_scale + b_scale, precision, scale, out);
}

bool DivideDecimal(Int128 a, int a_scale, Int128 b, int b_scale, int precision, int scale,
                   Int128* out) {
  int up = scale - a_scale + b_scale;
  if (up >= 0 && up <= 18 && FitsInt64(a)) {
    Int128 numerator = static_cast<Int128>(static_cast<int64_t>(a)) * PowerOfTen(up);
    *out = b > 0 ? DivideHalfUp(numerator, b) : DivideHalfUp(-numerator, -b);
    return FitsPrecision(*out, precision);
  }
  Wide numerator = Widen(a), divisor = Widen(b);
  if (up > kDecimalDigitsMax) {
    // More digits than 256 bits hold: in two steps, the second on the rest.
    Wide quotient, rest;
    (void)(numerator * WidePower(kDecimalDigitsMax)).Divide(divisor, &quotient, &rest);
    if (CountDigits(quotient) + up - kDecimalDigitsMax > 76) return false;
    Wide tail = DivideWideHalfUp(rest * WidePower(up - kDecimalDigitsMax), divisor);
    return Narrow(quotient * WidePower(up - kDecimalDigitsMax) + tail, precision, out);
  }
  if (up >= 0) {
    numerator = numerator * WidePower(up);
  } else {
    divisor = divisor * WidePower(-up);
  }
  return Narrow(DivideWideHalfUp(numerator, divisor), precision, out);
}

bool ModuloDecimal(Int128 a, int a_scale, Int128 b, int b_scale, int precision, int scale,
                   Int128* out) {
  int common = std::max(a_scale, b_scale);
  Wide quotient, rest;
  (void)(Widen(a) * WidePower(common - a_scale))
      .Divide(Widen(b) * WidePower(common - b_scale), &quotient, &rest);
  return Settle(rest, common, precision, scale, out);
}

int CompareDecimal(Int128 a, int a_scale, Int128 b, int b_scale) {
  if (a_scale == b_scale) return a < b ? -1 : a > b;
  Wide x = Widen(a), y = Widen(b);
  if (a_scale < b_scale) {
    x = x * WidePower(b_scale - a_scale);
  } else {
    y = y * WidePower(a_scale - b_scale);
  }
  return x < y ? -1 : y < x;
}

double DecimalToDouble(Int128 value, int scale) {
  constexpr int kExactPower = 22;  // 10^22 is the last power of ten that a double holds exactly.
  constexpr Int128 kExact = Int128{1} << 53;
  if (value < kExact && value > -kExact && scale <= kExactPower) {
    return static_cast<double>(static_cast<int64_t>(value)) /
           static_cast<double>(PowerOfTen(scale));
  }
  std::string text;
  AppendDecimal(value, scale, &text);
  double result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

bool DoubleToDecimal(double value, int precision, int scale, Int128* out) {
  if (!std::isfinite(value) || std::fabs(value) >= 1e39) return false;
  // Java's BigDecimal.valueOf: the shortest digits that stand for the double, exactly.
  char text[40];
  auto end = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific).ptr;
  auto parsed =
      ParseDecimal(std::string_view(text, static_cast<size_t>(end - text)), precision, scale);
  if (!parsed) return false;
  *out = *parsed;
  return true;
}

}  // namespace weir
