// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Calendar arithmetic on days since 1970-01-01 and on moments, the common form of DATE, TIME and
// both TIMESTAMPs. Proleptic Gregorian calendar as in java.time. Source: Howard Hinnant,
// "chrono-Compatible Low-Level Date Algorithms".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "weir/data/column.h"
#include "weir/data/text.h"
#include "weir/data/ticks.h"

namespace weir {

inline constexpr int64_t kMillisPerDay = 86'400'000;
inline constexpr int64_t kNanosPerDay = 86'400'000'000'000;

inline int64_t FloorDiv(int64_t a, int64_t b) {
  int64_t q = a / b;
  return q - ((a % b != 0 && ((a < 0) != (b < 0))) ? 1 : 0);
}
inline int64_t FloorMod(int64_t a, int64_t b) { return a - FloorDiv(a, b) * b; }

struct CivilDate {
  int64_t year = 1970;
  int32_t month = 1;
  int32_t day = 1;
};

inline CivilDate CivilFromDays(int64_t days) {
  days += 719468;
  int64_t era = FloorDiv(days, 146097);
  auto day_of_era = static_cast<uint32_t>(days - era * 146097);
  uint32_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  uint32_t month = (5 * day_of_year + 2) / 153;
  CivilDate date;
  date.day = static_cast<int32_t>(day_of_year - (153 * month + 2) / 5 + 1);
  date.month = static_cast<int32_t>(month < 10 ? month + 3 : month - 9);
  date.year = static_cast<int64_t>(year_of_era) + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

inline int64_t DaysFromCivil(int64_t year, int32_t month, int32_t day) {
  year -= month <= 2 ? 1 : 0;
  int64_t era = FloorDiv(year, 400);
  auto year_of_era = static_cast<uint32_t>(year - era * 400);
  auto day_of_year =
      static_cast<uint32_t>((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1);
  uint32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<int64_t>(day_of_era) - 719468;
}

inline bool IsLeapYear(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
int32_t DaysInMonth(int64_t year, int32_t month);
/// 1 (Monday) to 7 (Sunday).
inline int32_t IsoDayOfWeek(int64_t days) {
  return static_cast<int32_t>(FloorMod(days + 3, 7)) + 1;
}
/// The ISO 8601 week (1 to 53) and the year that it belongs to.
struct IsoWeek {
  int64_t year;
  int32_t week;
};
IsoWeek IsoWeekOf(int64_t days);
/// `months` later, the day cut to the length of the month.
int64_t AddMonths(int64_t days, int64_t months);
/// Whole months from `from` to `to`, with the time of day; negative if `to` is earlier.
int64_t MonthsBetween(int64_t from_days, int64_t from_nanos, int64_t to_days, int64_t to_nanos);

/// A day and the nanosecond of the day, in local time.
struct Moment {
  int64_t days = 0;
  int64_t nanos = 0;  // 0 to 86'399'999'999'999.
};

/// With the divisors known to the compiler: divisions by a variable would cost more than all the
/// rest.
template <int64_t kTicksPerSecond>
Moment MomentOf(int64_t ticks) {
  constexpr int64_t kTicksPerDay = kTicksPerSecond * 86'400;
  int64_t days = FloorDiv(ticks, kTicksPerDay);
  return {days, (ticks - days * kTicksPerDay) * (1'000'000'000 / kTicksPerSecond)};
}
/// The ticks of timestamps: microseconds in 64 bits, nanoseconds in 128.
inline Moment MomentOfTicks(int64_t micros) { return MomentOf<1'000'000>(micros); }
inline Moment MomentOfTicks(Int128 nanos) {
  const SplitTicks split = Split(nanos, kNanosPerDay);
  return {split.units, split.rest};
}
/// Microseconds of a moment; empty when they do not fit 64 bits.
std::optional<int64_t> MicrosOfMoment(const Moment& moment);
/// Ticks of type int64_t or Int128, which holds all.
template <typename Ticks>
std::optional<Ticks> TicksOfMoment(const Moment& moment) {
  if constexpr (sizeof(Ticks) == 16) {
    return Int128{moment.days} * kNanosPerDay + moment.nanos;
  } else {
    return MicrosOfMoment(moment);
  }
}

/// Reads DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ of a flat or constant column as local moments.
class MomentReader {
 public:
  /// `zone`: the session's, for TIMESTAMP_LTZ; null is UTC.
  MomentReader(const Column& column, const TimeZone* zone)
      : kind_(column.type.kind()),
        data_(column.values ? column.values->data() : nullptr),
        mask_(column.is_constant() ? 0 : ~int64_t{0}),
        is_wide_(column.type.is_wide_timestamp()),
        zone_(kind_ == TypeKind::kTimestampLtz ? zone : nullptr) {}

  Moment operator[](int64_t i) const {
    i &= mask_;
    if (kind_ == TypeKind::kDate) return {reinterpret_cast<const int32_t*>(data_)[i], 0};
    if (kind_ == TypeKind::kTime)
      return {0, reinterpret_cast<const int32_t*>(data_)[i] * int64_t{1'000'000}};
    return is_wide_ ? MomentAt<Int128, 1'000'000'000>(i) : MomentAt<int64_t, 1'000'000>(i);
  }

 private:
  template <typename Ticks, int64_t kPerSecond>
  Moment MomentAt(int64_t i) const {
    Ticks ticks = reinterpret_cast<const Ticks*>(data_)[i];
    if (zone_ != nullptr) ticks = ToLocal(*zone_, ticks, kPerSecond);
    return MomentOfTicks(ticks);
  }

  TypeKind kind_;
  const uint8_t* data_;
  int64_t mask_;
  bool is_wide_;
  const TimeZone* zone_;
};

enum class TimeUnit : uint8_t {
  kNanosecond,
  kMicrosecond,
  kMillisecond,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kYear,
  kDecade,
  kCentury,
  kMillennium,
  kEpoch,
  kDayOfWeek,
  kIsoDayOfWeek,
  kDayOfYear,
  kIsoYear,
};
/// By SQL's name, "SQL_TSI_" allowed before it: "DAY", "DOW", "ISOYEAR".
std::optional<TimeUnit> FindTimeUnit(std::string_view name);

/// EXTRACT(unit FROM moment).
int64_t ExtractUnit(TimeUnit unit, const Moment& moment);
/// The beginning of the unit that holds the day (floor), or of the next one as Flink's CEIL says.
/// `unit` is kWeek or coarser.
int64_t FloorDay(TimeUnit unit, int64_t days);
int64_t CeilDay(TimeUnit unit, int64_t days);
/// Nanoseconds of a unit from kNanosecond to kWeek; 0 for others.
int64_t NanosOfUnit(TimeUnit unit);

}  // namespace weir
