// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Years are counted from March, so that the leap day is the last day of a year, in cycles of 400
// years. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
#include "weir/data/calendar.h"

namespace weir {
namespace {

constexpr int64_t kDaysPerCycle = 146'097;  // 400 years.
constexpr int64_t kEpochInCycle = 719'468;  // Days from 0000-03-01 to 1970-01-01.
constexpr int64_t kDaysFromMarch[] = {0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337};

}  // namespace

CivilDate CivilFromDays(int64_t days) {
  const int64_t shifted = days + kEpochInCycle;
  const int64_t cycle = FloorDiv(shifted, kDaysPerCycle);
  const auto day_of_cycle = static_cast<uint32_t>(shifted - cycle * kDaysPerCycle);
  // 1,460 days are 4 years less the leap day, 36,524 a century less its own, 146,096 the last day
  // of the cycle.
  const uint32_t year_of_cycle =
      (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / 146096) / 365;
  const uint32_t day_of_year =
      day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
  const uint32_t march_month =
      (5 * day_of_year + 2) / 153;  // 153 days are the five months from March or August on.
  CivilDate date;
  date.month = static_cast<int>(march_month < 10 ? march_month + 3 : march_month - 9);
  date.day = static_cast<int>(day_of_year - static_cast<uint32_t>(kDaysFromMarch[march_month])) + 1;
  date.year = static_cast<int64_t>(year_of_cycle) + cycle * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

int64_t DaysFromCivil(int64_t year, int month, int64_t day) {
  const int64_t march_year = year - (month <= 2 ? 1 : 0);
  const int64_t cycle = FloorDiv(march_year, 400);
  const int64_t year_of_cycle = march_year - cycle * 400;
  const int march_month = month > 2 ? month - 3 : month + 9;
  const int64_t day_of_cycle = year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 +
                               kDaysFromMarch[march_month] + day - 1;
  return cycle * kDaysPerCycle + day_of_cycle - kEpochInCycle;
}

}  // namespace weir
