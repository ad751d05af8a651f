// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// ROUND (half up, away from zero) and TRUNCATE (towards zero) to a number of digits after the
// point; a negative number of digits means before it: ROUND(646, -2) = 600. A DOUBLE is taken for
// the decimal number that it prints as.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "weir/function/decimal_math.h"
#include "weir/function/dispatch.h"
#include "weir/function/math.h"

namespace weir {
namespace {

enum class Rounding : uint8_t { kHalfUp, kDown };

Int128 DropDigits(Int128 value, int digits, Rounding rounding) {
  if (digits > kDecimalDigitsMax) return 0;
  Int128 unit = PowerOfTen(digits);
  return rounding == Rounding::kHalfUp ? DivideHalfUp(value, unit) : value / unit;
}

template <typename T>
T RoundInteger(T value, int32_t digits, Rounding rounding) {
  if (digits >= 0) return value;
  if (digits < -19) return 0;
  Int128 unit = PowerOfTen(-digits);
  return static_cast<T>(static_cast<int64_t>(DropDigits(value, -digits, rounding) * unit));
}

/// Rounds by arithmetic where the decimal text of `value` cannot decide: not near a tie (or, cut, a
/// whole number), and not too large. The quotient of two whole numbers below 2^53 is the DOUBLE
/// nearest to the decimal number that it stands for.
bool RoundQuickly(double value, int32_t digits, Rounding rounding, double* out) {
  constexpr double kPowers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
  if (digits < 0 || digits > 9) return false;
  double scaled = std::abs(value) * kPowers[digits];
  if (!(scaled < 4294967296.0)) return false;
  double whole = std::floor(scaled), rest = scaled - whole;
  constexpr double kMargin = 1.0 / (1 << 18);  // Of what the text and the product may be off.
  if (rounding == Rounding::kHalfUp) {
    if (std::abs(rest - 0.5) < kMargin) return false;
    whole += rest > 0.5 ? 1 : 0;
  } else if (rest < kMargin || rest > 1 - kMargin) {
    return false;
  }
  *out = whole == 0 ? 0 : std::copysign(whole / kPowers[digits], value);
  return true;
}

/// Rounds the shortest decimal text of `value`.
template <typename T>
T RoundFloating(T value, int32_t digits, Rounding rounding) {
  if (!std::isfinite(value) || value == 0) return value;
  if constexpr (std::is_same_v<T, double>) {
    double quick = 0;
    if (RoundQuickly(value, digits, rounding, &quick)) return quick;
  }
  digits = std::clamp(digits, -400, 400);  // Beyond all digits of a DOUBLE.
  char text[64];
  auto end = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific).ptr;
  // d.ddddde[+-]xx: the digits as a number, and where the point is.
  Int128 unscaled = 0;
  int scale = 0;
  const char* p = text;
  bool negative = *p == '-';
  if (negative) ++p;
  bool after_point = false;
  for (; *p != 'e'; ++p) {
    if (*p == '.') {
      after_point = true;
      continue;
    }
    unscaled = unscaled * 10 + (*p - '0');
    scale += after_point;
  }
  int exponent = 0;
  ++p;
  if (*p == '+') ++p;
  std::from_chars(p, end, exponent);
  scale -= exponent;
  if (digits >= scale) return value;
  Int128 rounded = DropDigits(unscaled, scale - digits, rounding);
  if (rounded == 0) return 0;  // A BigDecimal knows no -0.0.
  std::string result =
      fmt::format("{}{}e{}", negative ? "-" : "", static_cast<int64_t>(rounded), -digits);
  T out = 0;
  std::from_chars(result.data(), result.data() + result.size(), out);
  return out;
}

/// Type of a DECIMAL rounded to `digits`.
DataType RoundedDecimal(const DataType& type, int64_t digits) {
  int precision = type.precision(), scale = type.scale();
  if (digits >= scale) return type;
  if (digits < 0) return DataType::Decimal(std::min(kDecimalDigitsMax, 1 + precision - scale), 0);
  int wanted = static_cast<int>(digits);
  return DataType::Decimal(std::min(kDecimalDigitsMax, 1 + precision - scale + wanted), wanted);
}

Result<DataType> RoundedType(const CallInfo& call) {
  DataType type = call.arg_types[0];
  if (type.is_decimal()) {
    if (call.arg_types.size() == 1) {
      type = RoundedDecimal(type, 0);
    } else if (auto digits = LiteralInt(call, 1)) {
      type = RoundedDecimal(type, *digits);
    }
  }
  return type.WithNullable(AnyNullable(call));
}

Result<Kernel> MakeDecimalRounding(const CallInfo& call, Rounding rounding) {
  int from = call.arg_types[0].scale(), to = call.result_type.scale(),
      precision = call.result_type.precision();
  auto round = [from, to, precision, rounding](Int128 value, int32_t digits,
                                               KernelRow& row) -> Int128 {
    digits = std::clamp(digits, -100, 100);
    if (digits < from) {
      value = DropDigits(value, std::min(from - digits, 100), rounding);
      // Now at scale `digits`; a whole number of tens, hundreds ... at scale 0.
      Int128 out = 0;
      if (digits < 0 && (value == 0 || -digits <= kDecimalDigitsMax)) {
        if (RescaleDecimal(value, 0, value == 0 ? 0 : -digits, kDecimalDigitsMax, &out) &&
            RescaleDecimal(out, 0, to, precision, &out)) {
          return out;
        }
      } else if (digits >= 0 && RescaleDecimal(value, digits, to, precision, &out)) {
        return out;
      }
      row.SetNull();
      return 0;
    }
    Int128 out = 0;
    if (!RescaleDecimal(value, from, to, precision, &out)) row.SetNull();
    return out;
  };
  if (call.arg_types.size() == 1) {
    return RowKernel<Int128, Int128>(
        [round](Int128 value, KernelRow& row) { return round(value, 0, row); })(call);
  }
  return RowKernel<Int128, Int128, int32_t>(round)(call);
}

template <Rounding rounding>
Result<Kernel> MakeRounding(const CallInfo& call) {
  if (call.arg_types[0].is_decimal()) return MakeDecimalRounding(call, rounding);
  return DispatchPrimitive(call.arg_types[0], [&](auto tag) -> Result<Kernel> {
    using T = typename decltype(tag)::type;
    auto round = [](T value, int32_t digits) {
      if constexpr (std::is_floating_point_v<T>) {
        return RoundFloating(value, digits, rounding);
      } else {
        return RoundInteger(value, digits, rounding);
      }
    };
    if (call.arg_types.size() == 1)
      return MapKernel<T, T>([round](T value) { return round(value, 0); })(call);
    return MapKernel<T, T, int32_t>(round)(call);
  });
}

ScalarFunction RoundingFunction(const char* name, const char* description, const char* example,
                                KernelFactory kernel) {
  ScalarFunction function{.name = name, .family = "arithmetic"};
  function.signatures = fmt::format("{}(<NUMERIC>)\n{}(<NUMERIC>, <INTEGER>)", name, name);
  function.description = description;
  function.example = example;
  function.overloads = {{.args = {Arg::Numeric(), Arg::Exact(DataType::Int())},
                         .optional_args = 1,
                         .returns = RoundedType,
                         .kernel = std::move(kernel)}};
  return function;
}

}  // namespace

void RegisterRounding(FunctionRegistry* registry) {
  registry->Add(RoundingFunction(
      "ROUND", "Returns the number rounded to so many digits after the point, half up.",
      "ROUND(12.345, 2) = 12.35", MakeRounding<Rounding::kHalfUp>));
  registry->Add(RoundingFunction("TRUNCATE",
                                 "Returns the number cut off after so many digits after the point.",
                                 "TRUNCATE(12.345, 2) = 12.34", MakeRounding<Rounding::kDown>));
}

}  // namespace weir
