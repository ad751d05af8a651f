// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Casts among DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ (through the session's time zone), and
// between intervals of one unit and exact numbers: CAST(INTERVAL '5' DAY AS INT) = 5. Precision is
// cut, never rounded.
#include "weir/function/cast.h"
#include "weir/function/decimal_math.h"
#include "weir/function/dispatch.h"

namespace weir {
namespace {

constexpr int64_t kMillisPerDay = 86'400'000;

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

/// Ticks of `type` in the smallest step of its precision.
int64_t TicksPerStep(const DataType& type) {
  int digits = type.ticks_per_second() == 1'000'000 ? 6 : 9;
  return static_cast<int64_t>(PowerOfTen(digits - type.precision()));
}

int32_t CutTime(int64_t millis, int precision) {
  int64_t unit = precision >= 3 ? 1 : precision == 2 ? 10 : precision == 1 ? 100 : 1000;
  return static_cast<int32_t>(millis - millis % unit);
}

constexpr const char* kBeyondNanos = "the time is beyond the range 1677-09-21 to 2262-04-11 of";

/// From ticks of `from` to ticks of `to`, cut to `to`'s precision.
struct TickChange {
  int64_t multiply, divide, step;
  TickChange(const DataType& from, const DataType& to)
      : multiply(to.ticks_per_second() > from.ticks_per_second() ? 1000 : 1),
        divide(to.ticks_per_second() < from.ticks_per_second() ? 1000 : 1),
        step(TicksPerStep(to)) {
    if (to.precision() >= from.precision()) step = 1;
  }
  int64_t operator()(int64_t ticks) const {
    if (divide != 1) ticks = FloorDivide(ticks, divide);
    ticks = WrapMultiply(ticks, multiply);
    return step == 1 ? ticks : FloorDivide(ticks, step) * step;
  }
};

/// Casts to nanoseconds from a type with a wider range: what does not fit is a row error, never
/// another time.
template <typename From, typename ToNanos>
Result<Kernel> MakeToNanos(const CastCall& cast, ToNanos to_nanos) {
  std::string type = cast.to.AsNullable().ToString();
  return RowKernel<int64_t, From>([type, to_nanos](From ticks, KernelRow& row) -> int64_t {
    int64_t nanos = 0;
    if (!to_nanos(ticks, &nanos)) row.Fail(fmt::format("{} {}", kBeyondNanos, type));
    return nanos;
  })({});
}

Result<Kernel> MakeWideToNanos(const CastCall& cast) {
  constexpr int64_t kPerSecond = 1'000'000'000;
  const TimeZone* to_zone = cast.to.kind() == TypeKind::kTimestampLtz ? cast.zone : nullptr;
  if (cast.from.kind() == TypeKind::kDate) {
    return MakeToNanos<int32_t>(cast, [to_zone](int32_t days, int64_t* nanos) {
      if (__builtin_mul_overflow(int64_t{days}, 86'400 * kPerSecond, nanos)) return false;
      if (to_zone != nullptr) *nanos = FromLocal(*to_zone, *nanos, kPerSecond);
      return true;
    });
  }
  // The zone is applied to microseconds, where it cannot overflow.
  bool same = cast.from.kind() == cast.to.kind();
  const TimeZone* zone = same ? nullptr : cast.zone;
  return MakeToNanos<int64_t>(cast, [zone, to_zone](int64_t micros, int64_t* nanos) {
    if (zone != nullptr) {
      micros = to_zone != nullptr ? FromLocal(*zone, micros, 1'000'000)
                                  : ToLocal(*zone, micros, 1'000'000);
    }
    return !__builtin_mul_overflow(micros, int64_t{1000}, nanos);
  });
}

Result<Kernel> MakeToTimestamp(const CastCall& cast) {
  if (ReachesBeyond(cast.from, cast.to)) return MakeWideToNanos(cast);
  int64_t tps = cast.to.ticks_per_second();
  const TimeZone* zone = cast.to.kind() == TypeKind::kTimestampLtz ? cast.zone : nullptr;
  auto zoned = [zone, tps](int64_t local) {
    return zone == nullptr ? local : FromLocal(*zone, local, tps);
  };
  switch (cast.from.kind()) {
    case TypeKind::kDate:
      return MapKernel<int64_t, int32_t>([zoned, tps](int32_t days) {
        return zoned(WrapMultiply<int64_t>(days, 86'400 * tps));
      })({});
    case TypeKind::kTime:
      return MapKernel<int64_t, int32_t>(
          [zoned, tps](int32_t millis) { return zoned(millis * (tps / 1000)); })({});
    default:
      break;
  }
  TickChange change(cast.from, cast.to);
  if (cast.from.kind() == cast.to.kind()) return MapKernel<int64_t, int64_t>(change)({});
  if (zone != nullptr)
    return MapKernel<int64_t, int64_t>(
        [zoned, change](int64_t ticks) { return zoned(change(ticks)); })({});
  int64_t from_tps = cast.from.ticks_per_second();
  return MapKernel<int64_t, int64_t>([zone = cast.zone, from_tps, change](int64_t ticks) {
    return change(ToLocal(*zone, ticks, from_tps));
  })({});
}

/// TIMESTAMP, TIMESTAMP_LTZ to DATE or TIME.
Result<Kernel> MakeFromTimestamp(const CastCall& cast) {
  int64_t tps = cast.from.ticks_per_second();
  const TimeZone* zone = cast.from.kind() == TypeKind::kTimestampLtz ? cast.zone : nullptr;
  auto local = [zone, tps](int64_t ticks) {
    return zone == nullptr ? ticks : ToLocal(*zone, ticks, tps);
  };
  if (cast.to.kind() == TypeKind::kDate) {
    return MapKernel<int32_t, int64_t>([local, per_day = tps * 86'400](int64_t ticks) {
      return static_cast<int32_t>(FloorDivide(local(ticks), per_day));
    })({});
  }
  int precision = cast.to.precision();
  return MapKernel<int32_t, int64_t>([local, tps, precision](int64_t ticks) {
    int64_t millis = FloorDivide(local(ticks), tps / 1000);
    return CutTime(millis - FloorDivide(millis, kMillisPerDay) * kMillisPerDay, precision);
  })({});
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
    return MapKernel<T, Months>([unit](Months value) { return static_cast<T>(value / unit); })({});
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

bool ReachesBeyond(const DataType& from, const DataType& to) {
  bool to_nanos = to.is_timestamp() && to.ticks_per_second() == 1'000'000'000;
  return to_nanos && (from.kind() == TypeKind::kDate ||
                      (from.is_timestamp() && from.ticks_per_second() < 1'000'000'000));
}

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
