// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Arithmetic with intervals:
//   DATE, TIME, TIMESTAMP +- INTERVAL     INTERVAL + DATE ...     INTERVAL +- INTERVAL     INTERVAL
//   * n, n * INTERVAL, / n
// Months are added by the calendar; a day that the month lacks becomes its last: 31 January + 1
// month = 28 February.
#include <chrono>

#include "weir/function/arithmetic.h"
#include "weir/function/dispatch.h"

namespace weir {
namespace {

constexpr int64_t kMillisPerDay = 86'400'000;

bool IsDatetime(const DataType& type) {
  return type.kind() == TypeKind::kDate || type.kind() == TypeKind::kTime || type.is_timestamp();
}

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

int32_t AddMonths(int32_t days, int64_t months) {
  using namespace std::chrono;
  constexpr int32_t kDaysMax = 11'248'737;  // std::chrono's years end at 32767.
  if (days > kDaysMax || days < -kDaysMax) return days;
  year_month_day date{sys_days{std::chrono::days{days}}};
  int64_t total = static_cast<int64_t>(static_cast<int>(date.year())) * 12 +
                  static_cast<unsigned>(date.month()) - 1;
  total += months;
  int64_t year_number = FloorDivide(total, 12);
  if (year_number < -32767 || year_number > 32767) return days;
  year_month target{year{static_cast<int>(year_number)},
                    month{static_cast<unsigned>(total - year_number * 12 + 1)}};
  year_month_day moved = target / date.day();
  if (!moved.ok()) moved = target / last;
  return static_cast<int32_t>(sys_days{moved}.time_since_epoch().count());
}

/// Ticks at `ticks_per_day` ticks a day, moved by months.
int64_t AddMonthsToTicks(int64_t ticks, int64_t months, int64_t ticks_per_day) {
  int64_t days = FloorDivide(ticks, ticks_per_day);
  if (days > INT32_MAX || days < INT32_MIN) return ticks;
  int64_t moved = AddMonths(static_cast<int32_t>(days), months);
  return WrapAdd<int64_t>(ticks, WrapMultiply<int64_t>(moved - days, ticks_per_day));
}

int32_t AddToTime(int32_t time, int64_t millis) {
  int64_t sum = (time + millis % kMillisPerDay) % kMillisPerDay;
  return static_cast<int32_t>(sum < 0 ? sum + kMillisPerDay : sum);
}

/// Kernel of datetime `sign` months.
Result<Kernel> MakeMonthsKernel(const CallInfo& call, int sign) {
  const DataType& type = call.arg_types[0];
  if (type.kind() == TypeKind::kDate) {
    return MapKernel<int32_t, int32_t, int32_t>([sign](int32_t days, int32_t months) {
      return AddMonths(days, int64_t{sign} * months);
    })(call);
  }
  int64_t ticks_per_day = type.ticks_per_second() * 86'400;
  return MapKernel<int64_t, int64_t, int32_t>([sign, ticks_per_day](int64_t ticks, int32_t months) {
    return AddMonthsToTicks(ticks, int64_t{sign} * months, ticks_per_day);
  })(call);
}

/// Kernel of datetime `sign` milliseconds.
Result<Kernel> MakeMillisKernel(const CallInfo& call, int sign) {
  const DataType& type = call.arg_types[0];
  if (type.kind() == TypeKind::kTime) {
    return MapKernel<int32_t, int32_t, int64_t>([sign](int32_t time, int64_t millis) {
      return AddToTime(time, sign * (millis % kMillisPerDay));
    })(call);
  }
  if (type.kind() == TypeKind::kTimestamp || type.kind() == TypeKind::kTimestampLtz) {
    int64_t factor = sign * (type.ticks_per_second() / 1000);
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
