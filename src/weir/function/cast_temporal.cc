// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Casts among DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ (through the session's time zone), and
// between intervals of one unit and exact numbers: CAST(INTERVAL '5' DAY AS INT) = 5. Precision is
// cut, never rounded.
#include "weir/data/precision.h"
#include "weir/data/ticks.h"
#include "weir/function/calendar.h"
#include "weir/function/cast.h"
#include "weir/function/decimal_math.h"
#include "weir/function/dispatch.h"

namespace weir {
namespace {

/// From ticks of one type to ticks of another, cut to the precision of `to`.
template <typename From, typename To>
struct TickChange {
  int64_t step;  // Ticks of From in the smallest step of `to`; 1: nothing is cut.
  TickChange(const DataType& from, const DataType& to)
      : step(
            to.precision() >= from.precision()
                ? 1
                : static_cast<int64_t>(PowerOfTen((sizeof(From) == 16 ? 9 : 6) - to.precision()))) {
  }

  To operator()(From ticks) const {
    if (step != 1) ticks -= Split(ticks, step).rest;
    if constexpr (sizeof(To) > sizeof(From)) {
      return To{ticks} * 1000;
    } else if constexpr (sizeof(To) < sizeof(From)) {
      return static_cast<To>(Split(ticks, 1000).units);
    } else {
      return ticks;
    }
  }
};

/// TIMESTAMP, TIMESTAMP_LTZ to either.
template <typename From, typename To>
Result<Kernel> MakeTickChange(const CastCall& cast) {
  TickChange<From, To> change(cast.from, cast.to);
  if (cast.from.kind() == cast.to.kind()) return MapKernel<To, From>(change)({});
  if (cast.to.kind() == TypeKind::kTimestampLtz) {
    return MapKernel<To, From>([zone = cast.zone, change](From ticks) {
      return FromLocal(*zone, change(ticks), kTicksPerSecond<To>);
    })({});
  }
  return MapKernel<To, From>([zone = cast.zone, change](From ticks) {
    return change(ToLocal(*zone, ticks, kTicksPerSecond<From>));
  })({});
}

template <typename To>
Result<Kernel> MakeToTicks(const CastCall& cast) {
  constexpr int64_t kPerSecond = kTicksPerSecond<To>;
  const TimeZone* zone = cast.to.kind() == TypeKind::kTimestampLtz ? cast.zone : nullptr;
  auto zoned = [zone](To local) {
    return zone == nullptr ? local : FromLocal(*zone, local, kPerSecond);
  };
  switch (cast.from.kind()) {
    case TypeKind::kDate:
      return MapKernel<To, int32_t>([zoned](int32_t days) {
        if constexpr (sizeof(To) == 16) return zoned(To{days} * (86'400 * kPerSecond));
        return zoned(static_cast<To>(WrapMultiply<int64_t>(days, 86'400 * kPerSecond)));
      })({});
    case TypeKind::kTime:
      return MapKernel<To, int32_t>(
          [zoned](int32_t millis) { return zoned(To{millis} * (kPerSecond / 1000)); })({});
    default:
      return DispatchTicks(cast.from, [&](auto tag) -> Result<Kernel> {
        return MakeTickChange<typename decltype(tag)::type, To>(cast);
      });
  }
}

Result<Kernel> MakeToTimestamp(const CastCall& cast) {
  return DispatchTicks(cast.to, [&](auto tag) -> Result<Kernel> {
    return MakeToTicks<typename decltype(tag)::type>(cast);
  });
}

/// TIMESTAMP, TIMESTAMP_LTZ to DATE or TIME.
template <typename From>
Result<Kernel> MakeFromTicks(const CastCall& cast) {
  constexpr int64_t kPerSecond = kTicksPerSecond<From>;
  const TimeZone* zone = cast.from.kind() == TypeKind::kTimestampLtz ? cast.zone : nullptr;
  auto local = [zone](From ticks) {
    return zone == nullptr ? ticks : ToLocal(*zone, ticks, kPerSecond);
  };
  if (cast.to.kind() == TypeKind::kDate) {
    return MapKernel<int32_t, From>(
        [local](From ticks) { return static_cast<int32_t>(MomentOfTicks(local(ticks)).days); })({});
  }
  return MapKernel<int32_t, From>([local, precision = cast.to.precision()](From ticks) {
    return CutTime(MomentOfTicks(local(ticks)).nanos / 1'000'000, precision);
  })({});
}

Result<Kernel> MakeFromTimestamp(const CastCall& cast) {
  return DispatchTicks(cast.from, [&](auto tag) -> Result<Kernel> {
    return MakeFromTicks<typename decltype(tag)::type>(cast);
  });
}

/// Months, or milliseconds, of one unit.
int64_t UnitOf(const DataType& interval) {
  switch (interval.interval_from()) {
    case IntervalUnit::kYear:
      return 12;
    case IntervalUnit::kMonth:
      return 1;
    case IntervalUnit::kDay:
      return kMillisPerDay;
    case IntervalUnit::kHour:
      return 3'600'000;
    case IntervalUnit::kMinute:
      return 60'000;
    case IntervalUnit::kSecond:
      return 1000;
  }
  return 1;
}

template <typename Months>
Result<Kernel> MakeFromInterval(const CastCall& cast) {
  int64_t unit = UnitOf(cast.from);
  if (cast.to.is_decimal()) {
    int precision = cast.to.precision(), scale = cast.to.scale();
    return RowKernel<Int128, Months>([=](Months value, KernelRow& row) -> Int128 {
      Int128 out = 0;
      if (!DivideDecimal(value, 0, unit, 0, precision, scale, &out)) row.SetNull();
      return out;
    })({});
  }
  return DispatchPrimitive(cast.to, [&](auto tag) -> Result<Kernel> {
    using T = typename decltype(tag)::type;
    return MapKernel<T, Months>([unit](Months value) {
      const int64_t whole = value / unit;
      return static_cast<T>(whole);
    })({});
  });
}

template <typename Months>
Result<Kernel> MakeToInterval(const CastCall& cast) {
  int64_t unit = UnitOf(cast.to);
  if (cast.from.is_decimal()) {
    Int128 divisor = PowerOfTen(cast.from.scale());
    return MapKernel<Months, Int128>([unit, divisor](Int128 value) {
      return static_cast<Months>(static_cast<int64_t>(value / divisor) * unit);
    })({});
  }
  return DispatchPrimitive(cast.from, [&](auto tag) -> Result<Kernel> {
    using T = typename decltype(tag)::type;
    return MapKernel<Months, T>([unit](T value) {
      return static_cast<Months>(WrapMultiply(static_cast<int64_t>(value), unit));
    })({});
  });
}

}  // namespace

Result<Kernel> MakeTemporalCast(const CastCall& cast) {
  const DataType &from = cast.from, &to = cast.to;
  if (to.is_timestamp()) return MakeToTimestamp(cast);
  if (from.is_timestamp() && (to.kind() == TypeKind::kDate || to.kind() == TypeKind::kTime))
    return MakeFromTimestamp(cast);
  if (from.kind() == TypeKind::kTime && to.kind() == TypeKind::kTime) {
    return MapKernel<int32_t, int32_t>(
        [p = to.precision()](int32_t millis) { return CutTime(millis, p); })({});
  }
  if (from.is_interval() && to.is_numeric()) {
    return from.kind() == TypeKind::kIntervalYearMonth ? MakeFromInterval<int32_t>(cast)
                                                       : MakeFromInterval<int64_t>(cast);
  }
  if (to.is_interval() && from.is_numeric()) {
    return to.kind() == TypeKind::kIntervalYearMonth ? MakeToInterval<int32_t>(cast)
                                                     : MakeToInterval<int64_t>(cast);
  }
  return Unsupported("a cast of {} to {} is not supported yet", from.ToString(), to.ToString());
}

}  // namespace weir
