// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Arithmetic with intervals:
//   DATE, TIME, TIMESTAMP +- INTERVAL     INTERVAL + DATE ...     INTERVAL +- INTERVAL     INTERVAL
//   * n, n * INTERVAL, / n
// Months are added by the calendar; a day that the month lacks becomes its last: 31 January + 1
// month = 28 February.
#include "weir/function/arithmetic.h"
#include "weir/function/calendar.h"
#include "weir/function/dispatch.h"

namespace weir {
namespace {

constexpr int64_t kMillisPerDay = 86'400'000;

bool IsDatetime(const DataType& type) {
  return type.kind() == TypeKind::kDate || type.kind() == TypeKind::kTime || type.is_timestamp();
}

int32_t AddToTime(int32_t time, int64_t millis) {
  int64_t sum = (time + millis % kMillisPerDay) % kMillisPerDay;
  return static_cast<int32_t>(sum < 0 ? sum + kMillisPerDay : sum);
}

/// Kernel of datetime `sign` months.
Result<Kernel> MakeMonthsKernel(const CallInfo& call, int sign) {
  const DataType& type = call.arg_types[0];
  auto fail = [](KernelRow& row) {
    row.Fail("the interval leads out of the range of the type");
    return 0;
  };
  if (type.kind() == TypeKind::kDate) {
    return RowKernel<int32_t, int32_t, int32_t>(
        [=](int32_t days, int32_t months, KernelRow& row) -> int32_t {
          int64_t moved = AddMonths(days, int64_t{sign} * months);
          return moved == static_cast<int32_t>(moved) ? static_cast<int32_t>(moved) : fail(row);
        })(call);
  }
  return DispatchTicks(type, [&](auto tag) -> Result<Kernel> {
    using Ticks = typename decltype(tag)::type;
    constexpr int64_t kPerDay = kTicksPerSecond<Ticks> * 86'400;
    return RowKernel<Ticks, Ticks, int32_t>(
        [=](Ticks ticks, int32_t months, KernelRow& row) -> Ticks {
          int64_t days = MomentOfTicks(ticks).days;
          Ticks moved = 0;
          bool overflow = __builtin_mul_overflow(AddMonths(days, int64_t{sign} * months) - days,
                                                 Ticks{kPerDay}, &moved) ||
                          __builtin_add_overflow(ticks, moved, &moved);
          return overflow ? fail(row) : moved;
        })(call);
  });
}

/// Kernel of datetime `sign` milliseconds.
Result<Kernel> MakeMillisKernel(const CallInfo& call, int sign) {
  const DataType& type = call.arg_types[0];
  if (type.kind() == TypeKind::kTime) {
    return MapKernel<int32_t, int32_t, int64_t>([sign](int32_t time, int64_t millis) {
      return AddToTime(time, sign * (millis % kMillisPerDay));
    })(call);
  }
  if (type.is_timestamp()) {
    if (type.is_wide_timestamp()) {
      return RowKernel<Int128, Int128, int64_t>(
          [sign](Int128 ticks, int64_t millis, KernelRow& row) -> Int128 {
            constexpr Int128 kMax = Int128{INT64_MAX} * 1000;  // As far as microseconds reach.
            Int128 moved = ticks + Int128{millis} * (sign * 1'000'000);
            if (moved <= kMax && moved >= -kMax) return moved;
            row.Fail("the interval leads out of the range of the type");
            return 0;
          })(call);
    }
    int64_t factor = sign * 1000;
    return MapKernel<int64_t, int64_t, int64_t>([factor](int64_t ticks, int64_t millis) {
      return WrapAdd(ticks, WrapMultiply(millis, factor));
    })(call);
  }
  if (call.result_type.kind() == TypeKind::kDate) {
    return MapKernel<int32_t, int32_t, int64_t>([sign](int32_t days, int64_t millis) {
      return static_cast<int32_t>(days + sign * (millis / kMillisPerDay));
    })(call);
  }
  return MapKernel<int64_t, int32_t, int64_t>([sign](int32_t days, int64_t millis) {
    return (days * kMillisPerDay + sign * millis) * 1000;
  })(call);
}

/// DATE + INTERVAL HOUR is a TIMESTAMP, as are minutes and seconds; whole days leave a DATE.
DataType ShiftedType(const DataType& datetime, const DataType& interval) {
  bool has_time = interval.kind() == TypeKind::kIntervalDayTime &&
                  interval.interval_from() > IntervalUnit::kDay;
  if (datetime.kind() == TypeKind::kDate && has_time) return DataType::Timestamp(0);
  return datetime;
}

template <typename T>
Result<Kernel> MakeIntervalSum(Arithmetic op, const CallInfo& call) {
  if (op == Arithmetic::kAdd)
    return MapKernel<T, T, T>([](T a, T b) { return WrapAdd(a, b); })(call);
  return MapKernel<T, T, T>([](T a, T b) { return WrapSubtract(a, b); })(call);
}

/// INTERVAL * BIGINT, INTERVAL / BIGINT.
template <typename T>
Result<Kernel> MakeScaledInterval(Arithmetic op, const CallInfo& call) {
  if (op == Arithmetic::kMultiply) {
    return MapKernel<T, T, int64_t>([](T a, int64_t factor) {
      return static_cast<T>(WrapMultiply(static_cast<int64_t>(a), factor));
    })(call);
  }
  return RowKernel<T, T, int64_t>([](T a, int64_t divisor, KernelRow& row) -> T {
    if (divisor == 0) {
      row.Fail("Division by zero");
      return 0;
    }
    return divisor == -1 ? WrapNegate(a) : static_cast<T>(a / divisor);
  })(call);
}

Kernel Swapped(Kernel kernel) {
  return [kernel](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
    return kernel(context, {args[1], args[0]}, n, out);
  };
}

}  // namespace

bool IsIntervalArithmetic(Arithmetic op, const DataType& a, const DataType& b) {
  if (op == Arithmetic::kModulo) return false;
  return a.is_interval() || b.is_interval();
}

Status CoerceIntervals(Arithmetic op, std::vector<DataType>* types) {
  DataType &a = (*types)[0], &b = (*types)[1];
  bool sum = op == Arithmetic::kAdd || op == Arithmetic::kSubtract;
  if (a.kind() == TypeKind::kNull) a = b.AsNullable();
  if (b.kind() == TypeKind::kNull) b = a.AsNullable();
  if (sum && a.is_interval() && b.is_interval() && a.kind() == b.kind()) return Status::OK();
  bool forward = IsDatetime(a) && b.is_interval(), backward = a.is_interval() && IsDatetime(b);
  if ((sum && forward) || (op == Arithmetic::kAdd && backward)) {
    bool months = (forward ? b : a).kind() == TypeKind::kIntervalYearMonth;
    if (!months || (forward ? a : b).kind() != TypeKind::kTime) return Status::OK();
  }
  if (op == Arithmetic::kMultiply || op == Arithmetic::kDivide) {
    DataType* number = a.is_interval() ? &b : op == Arithmetic::kMultiply ? &a : nullptr;
    if (number != nullptr && number->is_numeric()) {
      *number = DataType::BigInt().WithNullable(number->nullable());
      return Status::OK();
    }
  }
  return InvalidQuery("Cannot apply arithmetic to {} and {}", a.ToString(), b.ToString());
}

Result<DataType> IntervalResult(Arithmetic op, const DataType& a, const DataType& b) {
  if (IsDatetime(a)) return ShiftedType(a, b);
  if (IsDatetime(b)) return ShiftedType(b, a);
  if (a.is_interval() && b.is_interval()) {
    auto common = CommonType({a, b});
    return common ? *common : a;
  }
  return a.is_interval() ? a : b;
}

Result<Kernel> MakeIntervalKernel(Arithmetic op, const CallInfo& call) {
  const DataType &a = call.arg_types[0], &b = call.arg_types[1];
  bool swap = (a.is_interval() && IsDatetime(b)) || a.is_numeric();
  if (swap) {
    CallInfo swapped = call;
    swapped.arg_types = {b, a};
    WEIR_ASSIGN_OR_RETURN(Kernel kernel, MakeIntervalKernel(op, swapped));
    return Swapped(std::move(kernel));
  }
  if (IsDatetime(a)) {
    int sign = op == Arithmetic::kAdd ? 1 : -1;
    return b.kind() == TypeKind::kIntervalYearMonth ? MakeMonthsKernel(call, sign)
                                                    : MakeMillisKernel(call, sign);
  }
  bool months = a.kind() == TypeKind::kIntervalYearMonth;
  if (b.is_interval())
    return months ? MakeIntervalSum<int32_t>(op, call) : MakeIntervalSum<int64_t>(op, call);
  return months ? MakeScaledInterval<int32_t>(op, call) : MakeScaledInterval<int64_t>(op, call);
}

}  // namespace weir
