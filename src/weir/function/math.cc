// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Elementary functions (computed as DOUBLE, with Java's answers at the edges), ABS, SIGN, CEIL,
// FLOOR, and numbers as text: BIN, HEX, UNHEX. ROUND and TRUNCATE are in math_round.cc, RAND and
// UUID in math_random.cc.
#include <bit>
#include <cmath>
#include <numbers>

#include "weir/function/decimal_math.h"
#include "weir/function/dispatch.h"
#include "weir/function/families.h"
#include "weir/function/math.h"
#include "weir/function/temporal.h"

namespace weir {
namespace {

ScalarFunction MathFunction(const char* name, const char* signature, const char* description,
                            const char* example) {
  ScalarFunction function{.name = name, .family = "arithmetic"};
  function.signatures = signature;
  function.description = description;
  function.example = example;
  return function;
}

template <typename Apply>
void AddUnary(FunctionRegistry* registry, const char* name, const char* description,
              const char* example, Apply apply) {
  ScalarFunction function = MathFunction(name, "", description, example);
  function.signatures = fmt::format("{}(<NUMERIC>)", name);
  function.overloads = {{.args = {Arg::Exact(DataType::Double())},
                         .returns = ReturnType(DataType::Double()),
                         .kernel = MapKernel<double, double>(apply)}};
  registry->Add(std::move(function));
}

template <typename Apply>
Overload BinaryDouble(Apply apply) {
  return {.args = {Arg::Exact(DataType::Double()), Arg::Exact(DataType::Double())},
          .returns = ReturnType(DataType::Double()),
          .kernel = MapKernel<double, double, double>(apply)};
}

void AddConstant(FunctionRegistry* registry, const char* name, const char* description,
                 const char* example, double value) {
  ScalarFunction function = MathFunction(name, "", description, example);
  function.signatures = fmt::format("{}()", name);
  function.overloads = {
      {.returns = [](const CallInfo&) -> Result<DataType> { return DataType::Double().NotNull(); },
       .kernel = [value](const CallInfo&) -> Result<Kernel> {
         return Kernel([value](KernelContext& context, const ColumnVector&, int64_t n,
                               ColumnPtr* out) -> Status {
           WEIR_ASSIGN_OR_RETURN(
               *out, MakeConstant(Value::Double(value), DataType::Double(), n, context.pool));
           return Status::OK();
         });
       }}};
  registry->Add(std::move(function));
}

/// POWER as Java: like C's, but 1 and -1 to NaN or infinite powers are NaN.
double Power(double base, double exponent) {
  if (std::isnan(exponent)) return exponent;
  if (std::fabs(base) == 1 && std::isinf(exponent)) return std::nan("");
  return std::pow(base, exponent);
}

void RegisterElementary(FunctionRegistry* registry) {
  AddUnary(registry, "SQRT", "Returns the square root.", "SQRT(4) = 2.0",
           [](double x) { return std::sqrt(x); });
  AddUnary(registry, "EXP", "Returns e to the power of the value.", "EXP(0) = 1.0",
           [](double x) { return std::exp(x); });
  AddUnary(registry, "LN", "Returns the natural logarithm.", "LN(1) = 0.0",
           [](double x) { return std::log(x); });
  AddUnary(registry, "LOG10", "Returns the logarithm to base 10.", "LOG10(100) = 2.0",
           [](double x) { return std::log10(x); });
  AddUnary(registry, "LOG2", "Returns the logarithm to base 2.", "LOG2(8) = 3.0",
           [](double x) { return std::log(x) / std::log(2.0); });
  AddUnary(registry, "SIN", "Returns the sine.", "SIN(0) = 0.0",
           [](double x) { return std::sin(x); });
  AddUnary(registry, "COS", "Returns the cosine.", "COS(0) = 1.0",
           [](double x) { return std::cos(x); });
  AddUnary(registry, "TAN", "Returns the tangent.", "TAN(0) = 0.0",
           [](double x) { return std::tan(x); });
  AddUnary(registry, "COT", "Returns the cotangent.", "COT(1) = 0.6420926159343306",
           [](double x) { return 1.0 / std::tan(x); });
  AddUnary(registry, "ASIN", "Returns the arc sine.", "ASIN(0) = 0.0",
           [](double x) { return std::asin(x); });
  AddUnary(registry, "ACOS", "Returns the arc cosine.", "ACOS(1) = 0.0",
           [](double x) { return std::acos(x); });
  AddUnary(registry, "ATAN", "Returns the arc tangent.", "ATAN(0) = 0.0",
           [](double x) { return std::atan(x); });
  AddUnary(registry, "SINH", "Returns the hyperbolic sine.", "SINH(0) = 0.0",
           [](double x) { return std::sinh(x); });
  AddUnary(registry, "COSH", "Returns the hyperbolic cosine.", "COSH(0) = 1.0",
           [](double x) { return std::cosh(x); });
  AddUnary(registry, "TANH", "Returns the hyperbolic tangent.", "TANH(0) = 0.0",
           [](double x) { return std::tanh(x); });
  AddUnary(registry, "DEGREES", "Returns radians as degrees.", "DEGREES(0) = 0.0",
           [](double x) { return x * (180.0 / std::numbers::pi); });
  AddUnary(registry, "RADIANS", "Returns degrees as radians.", "RADIANS(0) = 0.0",
           [](double x) { return x * (std::numbers::pi / 180.0); });
  ScalarFunction power =
      MathFunction("POWER", "POWER(<NUMERIC>, <NUMERIC>)",
                   "Returns the first to the power of the second.", "POWER(2, 3) = 8.0");
  power.overloads = {BinaryDouble(Power)};
  registry->Add(std::move(power));
  ScalarFunction atan2 =
      MathFunction("ATAN2", "ATAN2(<NUMERIC>, <NUMERIC>)", "Returns the angle of the point (x, y).",
                   "ATAN2(0, 1) = 0.0");
  atan2.overloads = {BinaryDouble([](double y, double x) { return std::atan2(y, x); })};
  registry->Add(std::move(atan2));
  ScalarFunction log =
      MathFunction("LOG", "LOG(<NUMERIC>)\nLOG(base <NUMERIC>, <NUMERIC>)",
                   "Returns the logarithm, natural or to a base.", "LOG(10, 100) = 2.0");
  log.overloads = {
      {.args = {Arg::Exact(DataType::Double())},
       .returns = ReturnType(DataType::Double()),
       .kernel = MapKernel<double, double>([](double x) { return std::log(x); })},
      BinaryDouble([](double base, double x) { return std::log(x) / std::log(base); })};
  registry->Add(std::move(log));
  AddConstant(registry, "PI", "Returns pi.", "PI() = 3.141592653589793", std::numbers::pi);
  AddConstant(registry, "E", "Returns Euler's number.", "E() = 2.718281828459045", std::numbers::e);
}

// ---- ABS, SIGN, CEIL, FLOOR ----

template <typename T>
T SignOf(T x) {
  if constexpr (std::is_floating_point_v<T>) {
    return x > 0 ? T{1} : x < 0 ? T{-1} : x;  // 0.0, -0.0, NaN as they are.
  } else {
    return static_cast<T>((x > 0) - (x < 0));
  }
}

template <typename T>
T AbsoluteOf(T x) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::fabs(x);
  } else {
    return x < 0 ? WrapNegate(x) : x;
  }
}

Result<Kernel> MakeAbs(const CallInfo& call) {
  if (call.arg_types[0].is_decimal()) {
    return MapKernel<Int128, Int128>([](Int128 x) { return x < 0 ? -x : x; })(call);
  }
  return DispatchPrimitive(call.arg_types[0], [&](auto tag) -> Result<Kernel> {
    using T = typename decltype(tag)::type;
    return MapKernel<T, T>([](T x) { return AbsoluteOf(x); })(call);
  });
}

Result<Kernel> MakeSign(const CallInfo& call) {
  if (call.arg_types[0].is_decimal()) {
    Int128 one = PowerOfTen(call.arg_types[0].scale());
    return MapKernel<Int128, Int128>([one](Int128 x) {
      return x > 0 ? one : x < 0 ? -one : 0;
    })(call);
  }
  return DispatchPrimitive(call.arg_types[0], [&](auto tag) -> Result<Kernel> {
    using T = typename decltype(tag)::type;
    return MapKernel<T, T>([](T x) { return SignOf(x); })(call);
  });
}

Result<Kernel> MakeCeilOrFloor(const CallInfo& call, bool up) {
  const DataType& type = call.arg_types[0];
  if (type.is_integer()) {
    return Kernel([](KernelContext&, const ColumnVector& args, int64_t, ColumnPtr* out) {
      *out = args[0];
      return Status::OK();
    });
  }
  if (type.is_decimal()) {
    Int128 unit = PowerOfTen(type.scale());
    return MapKernel<Int128, Int128>([unit, up](Int128 x) {
      Int128 whole = x / unit;
      if (x % unit == 0) return whole;
      return up ? whole + (x > 0) : whole - (x < 0);
    })(call);
  }
  return DispatchPrimitive(type, [&](auto tag) -> Result<Kernel> {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_floating_point_v<T>) {
      if (up) return MapKernel<T, T>([](T x) { return std::ceil(x); })(call);
      return MapKernel<T, T>([](T x) { return std::floor(x); })(call);
    } else {
      return Internal("an integer where none can be");
    }
  });
}

Result<DataType> WholeType(const CallInfo& call) {
  const DataType& type = call.arg_types[0];
  if (type.is_decimal())
    return DataType::Decimal(type.precision(), 0).WithNullable(type.nullable());
  return type;
}

void RegisterWhole(FunctionRegistry* registry) {
  ScalarFunction abs =
      MathFunction("ABS", "ABS(<NUMERIC>)", "Returns the absolute value.", "ABS(-1) = 1");
  abs.overloads = {{.args = {Arg::Numeric()}, .returns = ReturnArgument(0), .kernel = MakeAbs}};
  registry->Add(std::move(abs));
  ScalarFunction sign =
      MathFunction("SIGN", "SIGN(<NUMERIC>)", "Returns -1, 0 or 1.", "SIGN(-5) = -1");
  sign.overloads = {{.args = {Arg::Numeric()}, .returns = ReturnArgument(0), .kernel = MakeSign}};
  registry->Add(std::move(sign));
  ScalarFunction ceil =
      MathFunction("CEIL", "CEIL(<NUMERIC>)", "Returns the next whole number up.", "CEIL(1.2) = 2");
  ceil.overloads = {{.args = {Arg::Numeric()},
                     .returns = WholeType,
                     .kernel = [](const CallInfo& call) { return MakeCeilOrFloor(call, true); }}};
  for (Overload& overload : TemporalCeilOverloads()) ceil.overloads.push_back(std::move(overload));
  registry->Add(std::move(ceil));
  registry->AddAlias("CEILING", "CEIL");
  ScalarFunction floor = MathFunction("FLOOR", "FLOOR(<NUMERIC>)",
                                      "Returns the next whole number down.", "FLOOR(1.8) = 1");
  floor.overloads = {{.args = {Arg::Numeric()},
                      .returns = WholeType,
                      .kernel = [](const CallInfo& call) { return MakeCeilOrFloor(call, false); }}};
  for (Overload& overload : TemporalFloorOverloads())
    floor.overloads.push_back(std::move(overload));
  registry->Add(std::move(floor));
}

// ---- Numbers as text ----

void WriteHex(std::string_view bytes, StringRow& row) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  char* out = row.Reserve(bytes.size() * 2);
  if (out == nullptr) return;
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto byte = static_cast<unsigned char>(bytes[i]);
    out[2 * i] = kDigits[byte >> 4];
    out[2 * i + 1] = kDigits[byte & 15];
  }
  row.Commit(bytes.size() * 2);
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void WriteUnhex(std::string_view text, StringRow& row) {
  char* out = row.Reserve(text.size() / 2 + 1);
  if (out == nullptr) return;
  size_t size = 0, i = 0;
  bool odd = text.size() % 2 == 1;
  if (odd) {  // A digit that lacks its partner makes a byte of 0.
    if (HexDigit(text[0]) < 0) return row.SetNull();
    out[size++] = 0;
    i = 1;
  }
  for (; i + 1 < text.size(); i += 2) {
    int high = HexDigit(text[i]), low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) return row.SetNull();
    out[size++] = static_cast<char>(high * 16 + low);
  }
  row.Commit(size);
}

void RegisterRadix(FunctionRegistry* registry) {
  ScalarFunction bin =
      MathFunction("BIN", "BIN(<INTEGER>)", "Returns the number in binary.", "BIN(4) = '100'");
  bin.overloads = {{.args = {Arg::Exact(DataType::BigInt())},
                    .returns = ReturnType(DataType::String()),
                    .kernel = StringKernel<int64_t>([](int64_t x, StringRow& row) {
                      row.Set(fmt::format("{:b}", static_cast<uint64_t>(x)));
                    })}};
  registry->Add(std::move(bin));
  ScalarFunction hex = MathFunction("HEX", "HEX(<INTEGER>)\nHEX(<CHARACTER_STRING>)",
                                    "Returns the number, or the bytes of the text, in hexadecimal.",
                                    "HEX(20) = '14'");
  hex.overloads = {{.args = {Arg::Exact(DataType::BigInt())},
                    .returns = ReturnType(DataType::String()),
                    .kernel = StringKernel<int64_t>([](int64_t x, StringRow& row) {
                      row.Set(fmt::format("{:X}", static_cast<uint64_t>(x)));
                    })},
                   {.args = {Arg::Of(Arg::Family::kString)},
                    .returns = ReturnType(DataType::String()),
                    .kernel = StringKernel<std::string_view>(WriteHex)}};
  registry->Add(std::move(hex));
  ScalarFunction unhex =
      MathFunction("UNHEX", "UNHEX(expr <CHARACTER_STRING>)",
                   "Returns the bytes that the hexadecimal text stands for; NULL if it is none.",
                   "UNHEX('466C696E6B')");
  unhex.overloads = {{.args = {Arg::Character()},
                      .returns = ForceNullable(ReturnType(DataType::Bytes())),
                      .kernel = StringKernel<std::string_view>(WriteUnhex)}};
  registry->Add(std::move(unhex));
}

}  // namespace

void RegisterMath(FunctionRegistry* registry) {
  RegisterElementary(registry);
  RegisterWhole(registry);
  RegisterRadix(registry);
  RegisterRounding(registry);
  RegisterRandom(registry);
}

}  // namespace weir
