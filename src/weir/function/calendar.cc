// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/calendar.h"

#include <algorithm>
#include <utility>

namespace weir {

int32_t DaysInMonth(int64_t year, int32_t month) {
  static constexpr int32_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[month - 1];
}

IsoWeek IsoWeekOf(int64_t days) {
  // The week belongs to the year of its Thursday.
  int64_t thursday = days - IsoDayOfWeek(days) + 4;
  int64_t year = CivilFromDays(thursday).year;
  return {year, static_cast<int32_t>((thursday - DaysFromCivil(year, 1, 1)) / 7) + 1};
}

int64_t AddMonths(int64_t days, int64_t months) {
  CivilDate date = CivilFromDays(days);
  int64_t total = date.year * 12 + (date.month - 1) + months;
  int64_t year = FloorDiv(total, 12);
  auto month = static_cast<int32_t>(FloorMod(total, 12)) + 1;
  return DaysFromCivil(year, month, std::min(date.day, DaysInMonth(year, month)));
}

int64_t MonthsBetween(int64_t from_days, int64_t from_nanos, int64_t to_days, int64_t to_nanos) {
  if (std::pair(to_days, to_nanos) < std::pair(from_days, from_nanos)) {
    return -MonthsBetween(to_days, to_nanos, from_days, from_nanos);
  }
  CivilDate from = CivilFromDays(from_days), to = CivilFromDays(to_days);
  int64_t months = (to.year - from.year) * 12 + to.month - from.month;
  int64_t reached = AddMonths(from_days, months);
  if (reached > to_days || (reached == to_days && from_nanos > to_nanos)) --months;
  return months;
}

std::optional<int64_t> MicrosOfMoment(const Moment& moment) {
  int64_t ticks = 0;
  if (__builtin_mul_overflow(moment.days, kNanosPerDay / 1000, &ticks) ||
      __builtin_add_overflow(ticks, moment.nanos / 1000, &ticks)) {
    return std::nullopt;
  }
  return ticks;
}

std::optional<TimeUnit> FindTimeUnit(std::string_view name) {
  static constexpr std::pair<std::string_view, TimeUnit> kUnits[] = {
      {"NANOSECOND", TimeUnit::kNanosecond},
      {"MICROSECOND", TimeUnit::kMicrosecond},
      {"MILLISECOND", TimeUnit::kMillisecond},
      {"SECOND", TimeUnit::kSecond},
      {"MINUTE", TimeUnit::kMinute},
      {"HOUR", TimeUnit::kHour},
      {"DAY", TimeUnit::kDay},
      {"WEEK", TimeUnit::kWeek},
      {"MONTH", TimeUnit::kMonth},
      {"QUARTER", TimeUnit::kQuarter},
      {"YEAR", TimeUnit::kYear},
      {"DECADE", TimeUnit::kDecade},
      {"CENTURY", TimeUnit::kCentury},
      {"MILLENNIUM", TimeUnit::kMillennium},
      {"EPOCH", TimeUnit::kEpoch},
      {"DOW", TimeUnit::kDayOfWeek},
      {"ISODOW", TimeUnit::kIsoDayOfWeek},
      {"DOY", TimeUnit::kDayOfYear},
      {"ISOYEAR", TimeUnit::kIsoYear},
      {"FRAC_SECOND", TimeUnit::kMicrosecond},
  };
  if (name.starts_with("SQL_TSI_")) name.remove_prefix(8);
  for (const auto& [unit_name, unit] : kUnits) {
    if (unit_name == name) return unit;
  }
  return std::nullopt;
}

int64_t NanosOfUnit(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kNanosecond:
      return 1;
    case TimeUnit::kMicrosecond:
      return 1'000;
    case TimeUnit::kMillisecond:
      return 1'000'000;
    case TimeUnit::kSecond:
      return 1'000'000'000;
    case TimeUnit::kMinute:
      return 60'000'000'000;
    case TimeUnit::kHour:
      return 3'600'000'000'000;
    case TimeUnit::kDay:
      return kNanosPerDay;
    case TimeUnit::kWeek:
      return 7 * kNanosPerDay;
    default:
      return 0;
  }
}

int64_t ExtractUnit(TimeUnit unit, const Moment& moment) {
  constexpr int64_t kSecond = 1'000'000'000;
  switch (unit) {
    case TimeUnit::kNanosecond:
      return moment.nanos % kSecond;
    case TimeUnit::kMicrosecond:
      return moment.nanos % kSecond / 1'000;
    case TimeUnit::kMillisecond:
      return moment.nanos % kSecond / 1'000'000;
    case TimeUnit::kSecond:
      return moment.nanos / kSecond % 60;
    case TimeUnit::kMinute:
      return moment.nanos / (60 * kSecond) % 60;
    case TimeUnit::kHour:
      return moment.nanos / (3600 * kSecond);
    case TimeUnit::kEpoch:
      return moment.days * 86'400 + moment.nanos / kSecond;
    case TimeUnit::kDayOfWeek:
      return IsoDayOfWeek(moment.days) % 7 + 1;
    case TimeUnit::kIsoDayOfWeek:
      return IsoDayOfWeek(moment.days);
    case TimeUnit::kWeek:
      return IsoWeekOf(moment.days).week;
    case TimeUnit::kIsoYear:
      return IsoWeekOf(moment.days).year;
    default:
      break;
  }
  CivilDate date = CivilFromDays(moment.days);
  switch (unit) {
    case TimeUnit::kDay:
      return date.day;
    case TimeUnit::kMonth:
      return date.month;
    case TimeUnit::kQuarter:
      return (date.month - 1) / 3 + 1;
    case TimeUnit::kDayOfYear:
      return moment.days - DaysFromCivil(date.year, 1, 1) + 1;
    case TimeUnit::kDecade:
      return FloorDiv(date.year, 10);
    case TimeUnit::kCentury:
      return date.year > 0 ? (date.year + 99) / 100 : (date.year - 99) / 100;
    case TimeUnit::kMillennium:
      return date.year > 0 ? (date.year + 999) / 1000 : (date.year - 999) / 1000;
    default:
      return date.year;
  }
}

int64_t FloorDay(TimeUnit unit, int64_t days) {
  if (unit == TimeUnit::kWeek) return days - IsoDayOfWeek(days) % 7;  // Weeks begin on Sunday.
  CivilDate date = CivilFromDays(days);
  switch (unit) {
    case TimeUnit::kMonth:
      return DaysFromCivil(date.year, date.month, 1);
    case TimeUnit::kQuarter:
      return DaysFromCivil(date.year, date.month - (date.month - 1) % 3, 1);
    case TimeUnit::kYear:
      return DaysFromCivil(date.year, 1, 1);
    case TimeUnit::kDecade:
      return DaysFromCivil(FloorDiv(date.year, 10) * 10, 1, 1);
    case TimeUnit::kCentury:
      return DaysFromCivil(FloorDiv(date.year + 99, 100) * 100 - 99, 1, 1);
    case TimeUnit::kMillennium:
      return DaysFromCivil(FloorDiv(date.year + 999, 1000) * 1000 - 999, 1, 1);
    default:
      return days;
  }
}

int64_t CeilDay(TimeUnit unit, int64_t days) {
  int64_t floor = FloorDay(unit, days);
  CivilDate date = CivilFromDays(floor);
  switch (unit) {
    case TimeUnit::kWeek:
      return floor == days ? days : floor + 7;
    case TimeUnit::kMonth:
      return floor == days ? days : AddMonths(floor, 1);
    case TimeUnit::kQuarter:
      return floor == days ? days : AddMonths(floor, 3);
    case TimeUnit::kYear:
      return floor == days ? days : DaysFromCivil(date.year + 1, 1, 1);
    // These go on even from their first day, as in Flink.
    case TimeUnit::kDecade:
      return DaysFromCivil(date.year + 10, 1, 1);
    case TimeUnit::kCentury:
      return DaysFromCivil(date.year + 100, 1, 1);
    case TimeUnit::kMillennium:
      return DaysFromCivil(date.year + 1000, 1, 1);
    default:
      return days;
  }
}

}  // namespace weir
