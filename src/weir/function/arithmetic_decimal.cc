// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// + - * / % of DECIMALs. Where the types promise that nothing overflows, plain 128-bit loops; else
// exact wide arithmetic with a test per row.
#include "weir/function/arithmetic.h"
#include "weir/function/decimal_math.h"
#include "weir/function/dispatch.h"

namespace weir {
namespace {

constexpr int kShortDigitsMax = 18;  // As many fit 64 bits. NULL rows may hold anything: wrapping.

struct DecimalCall {
  int a_scale, b_scale, precision, scale;
};

/// out = apply(a, b, &value) where it gives true; NULL where false.
template <typename Apply>
Status MapOrNull(KernelContext& context, const ColumnVector& args, int64_t n, const Apply& apply,
                 ColumnPtr* out) {
  WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<Int128>(n, context.pool));
  WEIR_ASSIGN_OR_RETURN(BufferPtr valid, ArgumentValidity(args, n, context.pool));
  Reader<Int128> a(*args[0]), b(*args[1]);
  Int128* values = OutputValues<Int128>(*column);
  if (valid != nullptr) std::memset(values, 0, static_cast<size_t>(n) * sizeof(Int128));
  KernelRow row(context, n);
  VisitSetBits(valid ? valid->data() : nullptr, n, [&](int64_t i) {
    values[i] = 0;
    row.MoveTo(i);
    if (!apply(a[i], b[i], &values[i], row)) row.SetNull();
  });
  WEIR_ASSIGN_OR_RETURN(column->validity, row.TakeValidity());
  *out = std::move(column);
  return Status::OK();
}

template <typename Apply>
Kernel OrNull(Apply apply) {
  return [apply](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
    return MapOrNull(context, args, n, apply, out);
  };
}

/// Half of a DECIMAL in memory: the low one, then the high one.
using Word [[gnu::may_alias]] = int64_t;

/// The DECIMALs as words, and how many words lie between two rows.
struct Words {
  explicit Words(const Column& column)
      : data(reinterpret_cast<const Word*>(column.data<Int128>())),
        is_constant(column.is_constant()) {}
  const Word* data;
  bool is_constant;
};

/// out = apply(a, b) over values that fit 64 bits. The compiler vectorizes loops over words, not
/// those over 128 bits.
template <typename Apply>
Kernel ShortKernel(Apply apply) {
  return [apply](KernelContext& context, const ColumnVector& args, int64_t n,
                 ColumnPtr* out) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<Int128>(n, context.pool));
    Word* __restrict to = reinterpret_cast<Word*>(OutputValues<Int128>(*column));
    auto fill = [&](auto left, auto right) {
      for (int64_t i = 0; i < n; ++i) {
        const int64_t value = apply(left(i), right(i));
        to[2 * i] = value;
        to[2 * i + 1] = value < 0 ? -1 : 0;
      }
    };
    Words a(*args[0]), b(*args[1]);
    auto each_a = [x = a.data](int64_t i) -> int64_t { return x[2 * i]; };
    auto each_b = [y = b.data](int64_t i) -> int64_t { return y[2 * i]; };
    auto one_a = [value = int64_t{a.data[0]}](int64_t) { return value; };
    auto one_b = [value = int64_t{b.data[0]}](int64_t) { return value; };
    if (a.is_constant) {
      b.is_constant ? fill(one_a, one_b) : fill(one_a, each_b);
    } else {
      b.is_constant ? fill(each_a, one_b) : fill(each_a, each_b);
    }
    *out = std::move(column);
    return Status::OK();
  };
}

/// a * up_a + b * up_b. A factor of 1 costs nothing.
Kernel MakeShortSum(int64_t up_a, int64_t up_b) {
  if (up_a == 1 && up_b == 1)
    return ShortKernel([](int64_t a, int64_t b) { return WrapAdd(a, b); });
  if (up_a == 1) {
    return ShortKernel([up_b](int64_t a, int64_t b) { return WrapAdd(a, WrapMultiply(b, up_b)); });
  }
  return ShortKernel([up_a, up_b](int64_t a, int64_t b) {
    return WrapAdd(WrapMultiply(a, up_a), WrapMultiply(b, up_b));
  });
}

Result<Kernel> MakeSum(const CallInfo& call, const DecimalCall& types, bool subtract) {
  int scale = std::max(types.a_scale, types.b_scale);
  int digits = std::max(call.arg_types[0].precision() - types.a_scale,
                        call.arg_types[1].precision() - types.b_scale);
  if (types.scale == scale && digits + scale < kDecimalDigitsMax &&
      types.precision > digits + scale) {
    Int128 up_a = PowerOfTen(scale - types.a_scale), up_b = PowerOfTen(scale - types.b_scale);
    if (subtract) up_b = -up_b;
    if (types.precision <= kShortDigitsMax && call.arg_types[0].precision() <= kShortDigitsMax &&
        call.arg_types[1].precision() <= kShortDigitsMax) {
      return MakeShortSum(static_cast<int64_t>(up_a), static_cast<int64_t>(up_b));
    }
    if (up_a == 1 && up_b == 1)
      return MapKernel<Int128, Int128, Int128>([](Int128 a, Int128 b) { return a + b; })(call);
    return MapKernel<Int128, Int128, Int128>(
        [up_a, up_b](Int128 a, Int128 b) { return a * up_a + b * up_b; })(call);
  }
  return OrNull([types, subtract](Int128 a, Int128 b, Int128* out, KernelRow&) {
    return AddDecimal(a, types.a_scale, subtract ? -b : b, types.b_scale, types.precision,
                      types.scale, out);
  });
}

Int128 ShortProduct(int64_t a, int64_t b) { return static_cast<Int128>(a) * b; }

Result<Kernel> MakeProduct(const CallInfo& call, const DecimalCall& types) {
  if (call.arg_types[0].is_integer()) {
    return MapKernel<Int128, int64_t, Int128>(
        [](int64_t a, Int128 b) { return ShortProduct(a, static_cast<int64_t>(b)); })(call);
  }
  if (call.arg_types[1].is_integer()) {
    return MapKernel<Int128, Int128, int64_t>(
        [](Int128 a, int64_t b) { return ShortProduct(static_cast<int64_t>(a), b); })(call);
  }
  int a_digits = call.arg_types[0].precision(), b_digits = call.arg_types[1].precision();
  if (types.scale == types.a_scale + types.b_scale && a_digits + b_digits <= kDecimalDigitsMax &&
      types.precision >= a_digits + b_digits) {
    if (a_digits + b_digits <= kShortDigitsMax) {
      return ShortKernel([](int64_t a, int64_t b) { return WrapMultiply(a, b); });
    }
    if (a_digits <= kShortDigitsMax && b_digits <= kShortDigitsMax) {
      return MapKernel<Int128, Int128, Int128>([](Int128 a, Int128 b) {
        return ShortProduct(static_cast<int64_t>(a), static_cast<int64_t>(b));
      })(call);
    }
    return MapKernel<Int128, Int128, Int128>([](Int128 a, Int128 b) {
      return static_cast<Int128>(static_cast<unsigned __int128>(a) *
                                 static_cast<unsigned __int128>(b));
    })(call);
  }
  return OrNull([types](Int128 a, Int128 b, Int128* out, KernelRow&) {
    return MultiplyDecimal(a, types.a_scale, b, types.b_scale, types.precision, types.scale, out);
  });
}

Kernel MakeQuotient(const DecimalCall& types) {
  return OrNull([types](Int128 a, Int128 b, Int128* out, KernelRow& row) {
    if (b == 0) {
      row.Fail("Division by zero");
      return true;
    }
    return DivideDecimal(a, types.a_scale, b, types.b_scale, types.precision, types.scale, out);
  });
}

/// MOD(DECIMAL(p, 0), integer), an integer.
Result<Kernel> MakeIntegerModulo(const CallInfo& call) {
  return DispatchPrimitive(call.arg_types[1], [&](auto tag) -> Result<Kernel> {
    using T = typename decltype(tag)::type;
    return RowKernel<T, Int128, T>([](Int128 a, T b, KernelRow& row) -> T {
      if (b == 0) {
        row.Fail("Division by zero");
        return 0;
      }
      return static_cast<T>(a % static_cast<Int128>(b));
    })(call);
  });
}

Kernel MakeModulo(const DecimalCall& types) {
  return OrNull([types](Int128 a, Int128 b, Int128* out, KernelRow& row) {
    if (b == 0) {
      row.Fail("Division by zero");
      return true;
    }
    if (types.a_scale == types.b_scale && types.scale == types.a_scale) {
      *out = a % b;
      return FitsPrecision(*out, types.precision);
    }
    return ModuloDecimal(a, types.a_scale, b, types.b_scale, types.precision, types.scale, out);
  });
}

}  // namespace

Result<Kernel> MakeDecimalKernel(Arithmetic op, const CallInfo& call) {
  DecimalCall types{call.arg_types[0].scale(), call.arg_types[1].scale(),
                    call.result_type.precision(), call.result_type.scale()};
  switch (op) {
    case Arithmetic::kAdd:
    case Arithmetic::kSubtract:
      return MakeSum(call, types, op == Arithmetic::kSubtract);
    case Arithmetic::kMultiply:
      return MakeProduct(call, types);
    case Arithmetic::kDivide:
      return MakeQuotient(types);
    case Arithmetic::kModulo:
      return call.arg_types[1].is_integer() ? MakeIntegerModulo(call) : MakeModulo(types);
  }
  return Internal("an unknown operator");
}

}  // namespace weir
