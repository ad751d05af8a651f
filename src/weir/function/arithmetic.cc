// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// + - * / % and unary minus. Integers wrap, x / 0 of exact numbers is a row error, DECIMAL overflow
// is NULL. Source: Flink documentation, "System Functions", arithmetic; Java's arithmetic for what
// it leaves open.
#include "weir/function/arithmetic.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "weir/function/decimal_math.h"
#include "weir/function/dispatch.h"
#include "weir/function/families.h"

namespace weir {

namespace {

constexpr const char* kDivisionByZero = "Division by zero";

template <typename T>
Kernel TotalKernel(Arithmetic op) {
  switch (op) {
    case Arithmetic::kAdd:
      return [](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
        return MapColumns<T, T, T>(context, args, n, [](T a, T b) { return WrapAdd(a, b); }, out);
      };
    case Arithmetic::kSubtract:
      return [](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
        return MapColumns<T, T, T>(
            context, args, n, [](T a, T b) { return WrapSubtract(a, b); }, out);
      };
    default:
      return [](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
        return MapColumns<T, T, T>(
            context, args, n, [](T a, T b) { return WrapMultiply(a, b); }, out);
      };
  }
}

template <typename T>
T Divide(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a / b;
  } else {
    if (b == 0) return 0;
    return b == -1 ? WrapNegate(a) : static_cast<T>(a / b);
  }
}
template <typename T>
T Modulo(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::fmod(a, b);
  } else {
    return b == 0 || b == -1 ? 0 : static_cast<T>(a % b);
  }
}

/// Reports the rows whose divisor is 0.
template <typename T>
Status CheckDivisor(KernelContext& context, const ColumnVector& args, int64_t n) {
  Reader<T> divisor(*args[1]);
  bool any_zero = false;
  int64_t values = args[1]->is_constant() ? 1 : n;
  for (int64_t i = 0; i < values; ++i) any_zero |= divisor[i] == 0;
  if (!any_zero) return Status::OK();
  WEIR_ASSIGN_OR_RETURN(BufferPtr valid, ArgumentValidity(args, n, context.pool));
  VisitSetBits(valid ? valid->data() : nullptr, n, [&](int64_t i) {
    if (divisor[i] == 0) context.errors->Add(i, kDivisionByZero);
  });
  return Status::OK();
}

/// Division by a constant without dividing: n / d = (n * magic) >> shift, for 0 <= n < 2^63.
/// Source: Granlund, Montgomery, "Division by Invariant Integers using Multiplication", 1994,
/// theorem 4.2.
class ConstantDivisor {
 public:
  /// `divisor` > 1.
  explicit ConstantDivisor(int64_t divisor) : divisor_(divisor) {
    int log = std::bit_width(static_cast<uint64_t>(divisor - 1));  // divisor <= 2^log
    shift_ = log - 1;
    magic_ = static_cast<uint64_t>(
        ((static_cast<unsigned __int128>(1) << (63 + log)) / static_cast<uint64_t>(divisor)) + 1);
  }
  int64_t Divide(int64_t n) const {
    if (n == INT64_MIN) return n / divisor_;
    uint64_t magnitude = static_cast<uint64_t>(n < 0 ? -n : n);
    auto product = static_cast<unsigned __int128>(magic_) * magnitude;
    auto quotient = static_cast<int64_t>(static_cast<uint64_t>(product >> 64) >> shift_);
    return n < 0 ? -quotient : quotient;
  }
  int64_t Modulo(int64_t n) const { return n - Divide(n) * divisor_; }

 private:
  int64_t divisor_;
  uint64_t magic_;
  int shift_;
};

template <typename T, typename Out = T>
Kernel ConstantDivisionKernel(Arithmetic op, int64_t divisor) {
  bool modulo = op == Arithmetic::kModulo;
  return [modulo, by = ConstantDivisor(divisor)](KernelContext& context, const ColumnVector& args,
                                                 int64_t n, ColumnPtr* out) {
    ColumnVector first = {args[0]};
    if (modulo) {
      return MapColumns<Out, T>(
          context, first, n, [by](T a) { return static_cast<Out>(by.Modulo(a)); }, out);
    }
    return MapColumns<Out, T>(
        context, first, n, [by](T a) { return static_cast<Out>(by.Divide(a)); }, out);
  };
}

/// Quotients or rests of whole numbers by way of DOUBLE, which divides several at once: exact where
/// all numbers are below 2^51. False, with nothing of use written, where some are not. A divisor of
/// 0 gives anything.
template <bool kModulo>
bool DivideAsDoubles(const int64_t* a, const int64_t* b, int64_t n, int64_t* out) {
  constexpr int64_t kLimit = int64_t{1} << 51;
  uint64_t beyond = 0;
  for (int64_t i = 0; i < n; ++i) {
    auto x = static_cast<uint64_t>(a[i]) + kLimit, y = static_cast<uint64_t>(b[i]) + kLimit;
    beyond |= (x | y) >> 52;
  }
  if (beyond != 0) return false;
  // The bits of 1.5 * 2^52 + x are those of 1.5 * 2^52, plus x, for |x| < 2^51.
  constexpr double kShift = 6755399441055744.0;
  constexpr auto kBits = std::bit_cast<int64_t>(kShift);
  for (int64_t i = 0; i < n; ++i) {
    double x = std::bit_cast<double>(a[i] + kBits) - kShift;
    double y = std::bit_cast<double>(b[i] + kBits) - kShift;
    auto shifted = std::bit_cast<uint64_t>(std::trunc(x / y) + kShift);
    auto quotient = static_cast<int64_t>(shifted - static_cast<uint64_t>(kBits));
    out[i] = kModulo ? WrapSubtract(a[i], WrapMultiply(quotient, b[i])) : quotient;
  }
  return true;
}

/// The quick way for BIGINT columns; false where it does not do.
Result<bool> TryDivideAsDoubles(bool modulo, KernelContext& context, const ColumnVector& args,
                                int64_t n, ColumnPtr* out) {
  if (!args[0]->is_flat() || !args[1]->is_flat()) return false;
  WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<int64_t>(n, context.pool));
  auto* values = OutputValues<int64_t>(*column);
  const auto *a = args[0]->data<int64_t>(), *b = args[1]->data<int64_t>();
  bool done =
      modulo ? DivideAsDoubles<true>(a, b, n, values) : DivideAsDoubles<false>(a, b, n, values);
  if (done) *out = std::move(column);
  return done;
}

template <typename T>
Kernel DivisionKernel(Arithmetic op, bool check) {
  bool modulo = op == Arithmetic::kModulo;
  return
      [modulo, check](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
        if (check) WEIR_RETURN_NOT_OK(CheckDivisor<T>(context, args, n));
        if constexpr (std::is_same_v<T, int64_t>) {
          WEIR_ASSIGN_OR_RETURN(bool done, TryDivideAsDoubles(modulo, context, args, n, out));
          if (done) return Status::OK();
        }
        if (modulo)
          return MapColumns<T, T, T>(context, args, n, [](T a, T b) { return Modulo(a, b); }, out);
        return MapColumns<T, T, T>(context, args, n, [](T a, T b) { return Divide(a, b); }, out);
      };
}

bool IsLiteralZero(const CallInfo& call, size_t argument) {
  const Value* value = NonNullLiteral(call, argument);
  return value != nullptr && std::holds_alternative<double>(value->v) && value->double_value() == 0;
}

bool IsLiteralOtherThanZero(const CallInfo& call, size_t argument) {
  const Value* value = NonNullLiteral(call, argument);
  if (value == nullptr) return false;
  if (std::holds_alternative<int64_t>(value->v)) return value->int_value() != 0;
  return std::holds_alternative<Int128>(value->v) && value->decimal_value() != 0;
}

// ---- Registration ----

Overload BinaryOverload(Arithmetic op) {
  Overload overload;
  overload.args = {Arg::Any(), Arg::Any()};
  overload.coerce = [op](std::vector<DataType>* types, const CallInfo&) {
    return IsIntervalArithmetic(op, (*types)[0], (*types)[1]) ? CoerceIntervals(op, types)
                                                              : CoerceNumbers(op, types);
  };
  overload.returns = [op](const CallInfo& call) -> Result<DataType> {
    const DataType &a = call.arg_types[0], &b = call.arg_types[1];
    WEIR_ASSIGN_OR_RETURN(DataType type, IsIntervalArithmetic(op, a, b) ? IntervalResult(op, a, b)
                                                                        : NumberResult(op, a, b));
    return type.WithNullable(AnyNullable(call));
  };
  overload.kernel = [op](const CallInfo& call) -> Result<Kernel> {
    const DataType &a = call.arg_types[0], &b = call.arg_types[1];
    if (IsIntervalArithmetic(op, a, b)) return MakeIntervalKernel(op, call);
    return a.is_decimal() || b.is_decimal() ? MakeDecimalKernel(op, call)
                                            : MakeNumberKernel(op, call);
  };
  return overload;
}

Result<Kernel> MakeNegateKernel(const CallInfo& call) {
  if (call.arg_types[0].is_decimal()) {
    return MapKernel<Int128, Int128>([](Int128 a) { return -a; })(call);
  }
  return DispatchFixed(call.arg_types[0], [&](auto tag) -> Result<Kernel> {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_same_v<T, Int128>) {
      return Internal("a DECIMAL where none can be");
    } else {
      return MapKernel<T, T>([](T a) { return WrapNegate(a); })(call);
    }
  });
}

Overload NegateOverload(Arg::Family family) {
  return {.args = {Arg::Of(family)}, .returns = ReturnArgument(0), .kernel = MakeNegateKernel};
}

ScalarFunction Operator(const char* name, const char* description, const char* example,
                        Arithmetic op) {
  ScalarFunction function;
  function.name = name;
  function.family = "arithmetic";
  function.signatures = fmt::format("<NUMERIC> {} <NUMERIC>", name);
  function.description = description;
  function.example = example;
  function.overloads = {BinaryOverload(op)};
  bool divides = op == Arithmetic::kDivide || op == Arithmetic::kModulo;
  bool shifts = op == Arithmetic::kAdd ||
                op == Arithmetic::kSubtract;  // Months can lead out of a datetime's range.
  function.may_fail = divides || shifts;
  function.call_may_fail = [divides](const CallInfo& call) {
    if (call.arg_types.size() < 2) return false;  // A sign.
    if (!divides) {
      if (call.result_type.is_wide_timestamp()) return true;
      // A minus may have one argument.
      bool months = std::any_of(
          call.arg_types.begin(), call.arg_types.end(),
          [](const DataType& type) { return type.kind() == TypeKind::kIntervalYearMonth; });
      return months && !call.result_type.is_interval();
    }
    if (call.arg_types[0].is_approximate() || call.arg_types[1].is_approximate())
      return IsLiteralZero(call, 1);
    return !IsLiteralOtherThanZero(call, 1);
  };
  return function;
}

}  // namespace

/// BIGINT times a DECIMAL of 18 digits fits in 128 bits, and each factor in 64: no need to widen
/// the BIGINT before.
static bool IsShortProduct(const DataType& decimal, const DataType& integer) {
  return decimal.is_decimal() && decimal.precision() <= 18 && integer.kind() == TypeKind::kBigInt;
}

Status CoerceNumbers(Arithmetic op, std::vector<DataType>* types) {
  DataType &a = (*types)[0], &b = (*types)[1];
  if (a.kind() == TypeKind::kNull && b.is_numeric()) a = b.AsNullable();
  if (b.kind() == TypeKind::kNull && a.is_numeric()) b = a.AsNullable();
  if (!a.is_numeric() || !b.is_numeric()) {
    return InvalidQuery("Cannot apply arithmetic to {} and {}", a.ToString(), b.ToString());
  }
  bool decimal = (a.is_decimal() || b.is_decimal()) && !a.is_approximate() && !b.is_approximate();
  if (decimal) {
    // MOD(DECIMAL(p, 0), INT) is an INT.
    bool keep = op == Arithmetic::kModulo && a.is_decimal() && a.scale() == 0 && b.is_integer();
    if (op == Arithmetic::kMultiply && (IsShortProduct(a, b) || IsShortProduct(b, a)))
      return Status::OK();
    a = AsDecimal(a);
    if (!keep) b = AsDecimal(b);
    return Status::OK();
  }
  if (op == Arithmetic::kModulo && a.is_integer() && b.is_integer() && a.kind() != b.kind()) {
    a = DataType::BigInt().WithNullable(a.nullable());  // The result has the type of the divisor.
    return Status::OK();
  }
  auto common = CommonType({a, b});
  a = common->WithNullable(a.nullable());
  b = common->WithNullable(b.nullable());
  return Status::OK();
}

Result<DataType> NumberResult(Arithmetic op, const DataType& a, const DataType& b) {
  if (!a.is_decimal() && !b.is_decimal()) return op == Arithmetic::kModulo ? b : a;
  if (op == Arithmetic::kMultiply) return DecimalProductType(AsDecimal(a), AsDecimal(b));
  switch (op) {
    case Arithmetic::kAdd:
    case Arithmetic::kSubtract:
      return DecimalSumType(a, b);
    case Arithmetic::kMultiply:
      break;
    case Arithmetic::kDivide:
      return DecimalQuotientType(a, b);
    case Arithmetic::kModulo:
      return b.is_integer() || (a.scale() == 0 && b.scale() == 0) ? b : DecimalModuloType(a, b);
  }
  return Internal("an unknown operator");
}

namespace {

/// BIGINT % a smaller integer, of the smaller type.
Result<Kernel> MakeNarrowModulo(const CallInfo& call) {
  auto literal = LiteralInt(call, 1);
  return DispatchPrimitive(call.arg_types[1], [&](auto tag) -> Result<Kernel> {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_floating_point_v<T>) {
      return Internal("a DOUBLE where none can be");
    } else {
      if (literal && *literal > 1)
        return ConstantDivisionKernel<int64_t, T>(Arithmetic::kModulo, *literal);
      return Kernel(
          [](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
            WEIR_RETURN_NOT_OK(CheckDivisor<T>(context, args, n));
            auto modulo = [](int64_t a, T b) { return static_cast<T>(Modulo<int64_t>(a, b)); };
            return MapColumns<T, int64_t, T>(context, args, n, modulo, out);
          });
    }
  });
}

}  // namespace

Result<Kernel> MakeNumberKernel(Arithmetic op, const CallInfo& call) {
  if (call.arg_types[0].kind() != call.arg_types[1].kind()) return MakeNarrowModulo(call);
  // A divisor that is constantly 0 is refused for DOUBLE too, as Flink does; one that happens to be
  // 0 gives Infinity.
  bool zero = IsLiteralZero(call, 1);
  return DispatchPrimitive(call.arg_types[0], [&](auto tag) -> Result<Kernel> {
    using T = typename decltype(tag)::type;
    if (op == Arithmetic::kDivide || op == Arithmetic::kModulo) {
      if constexpr (std::is_integral_v<T>) {
        auto divisor = LiteralInt(call, 1);
        if (divisor && *divisor > 1) return ConstantDivisionKernel<T>(op, *divisor);
      }
      return DivisionKernel<T>(op, zero || !std::is_floating_point_v<T>);
    }
    return TotalKernel<T>(op);
  });
}

void RegisterArithmetic(FunctionRegistry* registry) {
  registry->Add(Operator("+", "Returns the sum.", "1 + 2 = 3", Arithmetic::kAdd));
  ScalarFunction minus =
      Operator("-", "Returns the difference, or the negative.", "3 - 2 = 1", Arithmetic::kSubtract);
  minus.signatures += "\n- <NUMERIC>";
  minus.overloads.push_back(NegateOverload(Arg::Family::kNumeric));
  minus.overloads.push_back(NegateOverload(Arg::Family::kInterval));
  registry->Add(std::move(minus));
  registry->Add(Operator("*", "Returns the product.", "2 * 3 = 6", Arithmetic::kMultiply));
  registry->Add(Operator("/", "Returns the quotient; of integers the whole part.", "7 / 2 = 3",
                         Arithmetic::kDivide));
  ScalarFunction modulo =
      Operator("%", "Returns the rest of a division, with the sign of the first.", "-7 % 3 = -1",
               Arithmetic::kModulo);
  registry->Add(modulo);
  modulo.name = "MOD";
  modulo.signatures = "MOD(<NUMERIC>, <NUMERIC>)";
  modulo.example = "MOD(-7, 3) = -1";
  registry->Add(std::move(modulo));
}

}  // namespace weir
