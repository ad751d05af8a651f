// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/compare_kernels.h"

#include <functional>

#include "weir/function/decimal_math.h"
#include "weir/function/dispatch.h"

namespace weir {
namespace {

/// Calls make(test) with a test of two values for `op`.
template <typename Make>
Result<Kernel> WithTest(Comparison op, const Make& make) {
  switch (op) {
    case Comparison::kEqual:
      return make(std::equal_to<>{});
    case Comparison::kNotEqual:
      return make(std::not_equal_to<>{});
    case Comparison::kLess:
      return make(std::less<>{});
    case Comparison::kLessOrEqual:
      return make(std::less_equal<>{});
    case Comparison::kGreater:
      return make(std::greater<>{});
    case Comparison::kGreaterOrEqual:
      return make(std::greater_equal<>{});
  }
  return Internal("an unknown comparison");
}

template <typename A, typename B, typename Test>
Kernel TestKernel(Test test) {
  return [test](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
    return MapColumns<bool, A, B>(context, args, n, test, out);
  };
}

Result<Kernel> MakeStringCompare(Comparison op) {
  if (op == Comparison::kEqual)
    return TestKernel<StringView, StringView>(std::equal_to<StringView>{});
  if (op == Comparison::kNotEqual) {
    return TestKernel<StringView, StringView>(
        [](const StringView& a, const StringView& b) { return !(a == b); });
  }
  return WithTest(op, [](auto test) -> Result<Kernel> {
    return TestKernel<StringView, StringView>(
        [test](const StringView& a, const StringView& b) { return test(a.Compare(b), 0); });
  });
}

Result<Kernel> MakeDecimalCompare(Comparison op, const DataType& a, const DataType& b) {
  int scale = std::max(a.scale(), b.scale());
  int a_up = scale - a.scale(), b_up = scale - b.scale();
  bool fits =
      a.precision() + a_up <= kDecimalDigitsMax && b.precision() + b_up <= kDecimalDigitsMax;
  return WithTest(op, [&](auto test) -> Result<Kernel> {
    if (a_up == 0 && b_up == 0) return TestKernel<Int128, Int128>(test);
    if (fits) {
      Int128 a_factor = PowerOfTen(a_up), b_factor = PowerOfTen(b_up);
      return TestKernel<Int128, Int128>([test, a_factor, b_factor](Int128 x, Int128 y) {
        return test(x * a_factor, y * b_factor);
      });
    }
    return TestKernel<Int128, Int128>(
        [test, a_scale = a.scale(), b_scale = b.scale()](Int128 x, Int128 y) {
          return test(CompareDecimal(x, a_scale, y, b_scale), 0);
        });
  });
}

// ---- Nested equality ----

bool NestedEqual(const Column& a, int64_t i, const Column& b, int64_t j);

bool EntriesEqual(const Column& a, int64_t i, const Column& b, int64_t j) {
  int64_t a_at = a.Position(i), b_at = b.Position(j);
  int32_t a_begin = a.offsets()[a_at], a_end = a.offsets()[a_at + 1];
  int32_t b_begin = b.offsets()[b_at], b_end = b.offsets()[b_at + 1];
  if (a_end - a_begin != b_end - b_begin) return false;
  for (int32_t x = a_begin; x < a_end; ++x) {
    bool found = false;
    for (int32_t y = b_begin; y < b_end && !found; ++y) {
      found = NestedEqual(*a.children[0], x, *b.children[0], y) &&
              NestedEqual(*a.children[1], x, *b.children[1], y);
    }
    if (!found) return false;
  }
  return true;
}

bool NestedEqual(const Column& a, int64_t i, const Column& b, int64_t j) {
  bool a_null = a.IsNull(i), b_null = b.IsNull(j);
  if (a_null || b_null) return a_null && b_null;
  switch (a.type.kind()) {
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      return EntriesEqual(a, i, b, j);
    case TypeKind::kArray: {
      int64_t a_at = a.Position(i), b_at = b.Position(j);
      int32_t a_begin = a.offsets()[a_at], b_begin = b.offsets()[b_at];
      int32_t length = a.offsets()[a_at + 1] - a_begin;
      if (length != b.offsets()[b_at + 1] - b_begin) return false;
      for (int32_t k = 0; k < length; ++k) {
        if (!NestedEqual(*a.children[0], a_begin + k, *b.children[0], b_begin + k)) return false;
      }
      return true;
    }
    case TypeKind::kRow:
      for (size_t k = 0; k < a.children.size(); ++k) {
        if (!NestedEqual(*a.children[k], a.Position(i), *b.children[k], b.Position(j)))
          return false;
      }
      return true;
    default:
      return SameValue(a, i, b, j);
  }
}

Kernel MakeNestedCompare(bool want_equal) {
  return [want_equal](KernelContext& context, const ColumnVector& args, int64_t n,
                      ColumnPtr* out) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<bool>(n, context.pool));
    const Column &a = *args[0], &b = *args[1];
    GenerateBits(n, OutputValues<uint8_t>(*column),
                 [&](int64_t i) { return NestedEqual(a, i, b, i) == want_equal; });
    *out = std::move(column);
    return Status::OK();
  };
}

}  // namespace

Result<std::shared_ptr<arrow::Buffer>> ValidBits(const Column& column, int64_t n,
                                                 arrow::MemoryPool* pool) {
  bool none = n > 0 && column.is_constant() && column.IsNull(0);
  none |= column.type.kind() == TypeKind::kNull;
  WEIR_ASSIGN_OR_RETURN(auto bits, AllocateBitmap(n, !none, pool));
  if (!column.is_constant() && column.validity_bits() != nullptr) {
    std::memcpy(bits->mutable_data(), column.validity_bits(), static_cast<size_t>(BitmapBytes(n)));
  }
  return bits;
}

Result<Kernel> MakeCompareKernel(Comparison op, const DataType& a, const DataType& b) {
  if (a.is_nested()) {
    if (op != Comparison::kEqual && op != Comparison::kNotEqual) {
      return InvalidQuery("values of type {} have no order", a.ToString());
    }
    return MakeNestedCompare(op == Comparison::kEqual);
  }
  if (a.is_view()) return MakeStringCompare(op);
  if (a.is_decimal()) return MakeDecimalCompare(op, a, b);
  return WithTest(op, [&](auto test) -> Result<Kernel> {
    if (a.kind() == TypeKind::kBoolean || a.kind() == TypeKind::kNull)
      return TestKernel<bool, bool>(test);
    return DispatchFixed(a, [&](auto tag) -> Result<Kernel> {
      using T = typename decltype(tag)::type;
      return TestKernel<T, T>(test);
    });
  });
}

}  // namespace weir
