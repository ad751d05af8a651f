// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The proleptic Gregorian calendar on 64-bit integers: any day count works, none overflows.
#pragma once

#include <cstdint>

#include "weir/data/ticks.h"

namespace weir {

inline constexpr int64_t kMillisPerDay = 86'400'000;
inline constexpr int64_t kSecondsPerDay = 86'400;

struct CivilDate {
  int64_t year;
  int month;  // 1 to 12.
  int day;    // 1 to 31.
};

/// Quotient rounded towards negative infinity; `b` > 0.
constexpr int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
/// Remainder in [0, b); `b` > 0.
constexpr int64_t FloorMod(int64_t a, int64_t b) {
  int64_t rest = a % b;
  return rest < 0 ? rest + b : rest;
}

constexpr bool IsLeapYear(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
constexpr int DaysInMonth(int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[month - 1];
}

/// Date of the day `days` after 1970-01-01.
CivilDate CivilFromDays(int64_t days);
/// Days since 1970-01-01. `month` must be 1 to 12; `day` may lie outside of the month.
int64_t DaysFromCivil(int64_t year, int month, int64_t day);
/// Monday = 1 to Sunday = 7.
constexpr int IsoWeekday(int64_t days) { return static_cast<int>(FloorMod(days + 3, 7)) + 1; }

}  // namespace weir
