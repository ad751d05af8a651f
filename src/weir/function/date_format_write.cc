// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Writing by a date pattern.
#include <cstring>

#include "weir/function/date_format.h"
#include "weir/function/date_names.h"

namespace weir {
namespace {

using sv = std::string_view;

char* WriteText(sv text, char* out) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* WriteTwo(uint32_t value, char* out) {
  out[0] = static_cast<char>('0' + value / 10);
  out[1] = static_cast<char>('0' + value % 10);
  return out + 2;
}

/// At least `width` digits.
char* WriteNumber(int64_t value, int width, char* out) {
  if (width == 2 && value >= 0 && value < 100) return WriteTwo(static_cast<uint32_t>(value), out);
  if (width == 4 && value >= 0 && value < 10000) {
    return WriteTwo(static_cast<uint32_t>(value % 100),
                    WriteTwo(static_cast<uint32_t>(value / 100), out));
  }
  char digits[24];
  int count = 0;
  uint64_t rest = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  do {
    digits[count++] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (value < 0) *out++ = '-';
  for (int i = count; i < width; ++i) *out++ = '0';
  while (count > 0) *out++ = digits[--count];
  return out;
}

char* WriteOffset(int32_t seconds, bool colon, bool hours_only, char* out) {
  *out++ = seconds < 0 ? '-' : '+';
  auto rest = static_cast<uint32_t>(seconds < 0 ? -seconds : seconds);
  out = WriteTwo(rest / 3600, out);
  if (hours_only && rest % 3600 == 0) return out;
  if (colon) *out++ = ':';
  return WriteTwo(rest / 60 % 60, out);
}

/// Week of the year as in the United States: weeks begin on Sunday, the first holds January 1.
int32_t WeekOfUsYear(int64_t days, int64_t* week_year) {
  CivilDate date = CivilFromDays(days);
  auto begin_of = [](int64_t year) {
    int64_t first = DaysFromCivil(year, 1, 1);
    return first - IsoDayOfWeek(first) % 7;
  };
  *week_year = days >= begin_of(date.year + 1) ? date.year + 1 : date.year;
  return static_cast<int32_t>((days - begin_of(*week_year)) / 7) + 1;
}

}  // namespace

char* DatePattern::Write(const Moment& moment, int32_t offset_seconds, char* out) const {
  CivilDate date = has_date_ ? CivilFromDays(moment.days) : CivilDate{};
  for (const Part& part : parts_) {
    if (part.field == Field::kText) {
      out = WriteText(part.text, out);
    } else if (part.field <= Field::kEra) {
      out = WriteDate(part, moment, date, out);
    } else if (part.field <= Field::kAmPm) {
      out = WriteTime(part, moment, out);
    } else {
      out = WriteZone(part, offset_seconds, out);
    }
  }
  return out;
}

char* DatePattern::WriteDate(const Part& part, const Moment& moment, const CivilDate& date,
                             char* out) const {
  int width = part.width;
  int64_t year = date.year;
  int32_t week_day = IsoDayOfWeek(moment.days);
  switch (part.field) {
    case Field::kWeekYear:
      WeekOfUsYear(moment.days, &year);
      [[fallthrough]];
    case Field::kYear:
      return width == 2 ? WriteNumber(FloorMod(year, 100), 2, out) : WriteNumber(year, width, out);
    case Field::kMonth:
      return WriteNumber(date.month, width, out);
    case Field::kMonthShort:
      return WriteText(kMonths[date.month - 1].substr(0, 3), out);
    case Field::kMonthName:
      return WriteText(kMonths[date.month - 1].substr(0, width == 5 ? 1 : sv::npos), out);
    case Field::kDay:
      return WriteNumber(date.day, width, out);
    case Field::kDayOfYear:
      return WriteNumber(ExtractUnit(TimeUnit::kDayOfYear, moment), width, out);
    case Field::kWeekDayShort:
      return WriteText(kWeekDays[week_day - 1].substr(0, 3), out);
    case Field::kWeekDayName:
      return WriteText(kWeekDays[week_day - 1].substr(0, width == 5 ? 1 : sv::npos), out);
    case Field::kWeekDayNumber:
      return WriteNumber(week_day % 7 + 1, width, out);
    case Field::kWeekDayFromMonday:
      return WriteNumber(week_day, width, out);
    case Field::kWeekDayInMonth:  // java.time counts days in weeks from the 1st, the other weeks.
      return WriteNumber(
          dialect_ == PatternDialect::kSimple ? (date.day - 1) / 7 + 1 : (date.day - 1) % 7 + 1,
          width, out);
    case Field::kWeekOfYear:
      return WriteNumber(WeekOfUsYear(moment.days, &year), width, out);
    case Field::kWeekOfMonth: {
      int64_t first = DaysFromCivil(date.year, date.month, 1);
      return WriteNumber((moment.days - (first - IsoDayOfWeek(first) % 7)) / 7 + 1, width, out);
    }
    case Field::kQuarter:
      return WriteNumber((date.month - 1) / 3 + 1, width, out);
    case Field::kQuarterName: {
      static constexpr sv kQuarters[] = {"1st quarter", "2nd quarter", "3rd quarter",
                                         "4th quarter"};
      const int quarter = (date.month - 1) / 3;
      if (width == 4) return WriteText(kQuarters[quarter], out);
      if (width == 3) *out++ = 'Q';
      return WriteNumber(quarter + 1, 1, out);
    }
    default:
      return WriteText(date.year > 0 ? "AD" : "BC", out);
  }
}

char* DatePattern::WriteTime(const Part& part, const Moment& moment, char* out) const {
  auto second_of_day = static_cast<uint32_t>(moment.nanos / 1'000'000'000);
  int64_t nano = moment.nanos - second_of_day * int64_t{1'000'000'000};
  uint32_t hour = second_of_day / 3600;
  int width = part.width;
  switch (part.field) {
    case Field::kHour24:
      return WriteNumber(hour, width, out);
    case Field::kHour24From1:
      return WriteNumber(hour == 0 ? 24 : hour, width, out);
    case Field::kHour12:
      return WriteNumber(hour % 12 == 0 ? 12 : hour % 12, width, out);
    case Field::kHour12From0:
      return WriteNumber(hour % 12, width, out);
    case Field::kMinute:
      return WriteNumber(second_of_day / 60 % 60, width, out);
    case Field::kSecond:
      return WriteNumber(second_of_day % 60, width, out);
    case Field::kFraction:
      for (int i = width; i < 9; ++i) nano /= 10;
      return WriteNumber(nano, width, out);
    case Field::kMillis:
      return WriteNumber(nano / 1'000'000, width, out);
    case Field::kNano:
      return WriteNumber(nano, width, out);
    case Field::kMilliOfDay:
      return WriteNumber(moment.nanos / 1'000'000, width, out);
    default:
      return WriteText(hour < 12 ? "AM" : "PM", out);
  }
}

char* DatePattern::WriteZone(const Part& part, int32_t offset_seconds, char* out) const {
  switch (part.field) {
    case Field::kOffsetZ:
      if (offset_seconds == 0) {
        *out++ = 'Z';
        return out;
      }
      [[fallthrough]];
    case Field::kOffset:
      return WriteOffset(offset_seconds, part.width == 3 || part.width == 5, part.width == 1, out);
    case Field::kOffsetBasic:
      return WriteOffset(offset_seconds, false, false, out);
    default:
      if (offset_seconds == 0) return WriteText("UTC", out);
      return WriteOffset(offset_seconds, true, false, WriteText("GMT", out));
  }
}

}  // namespace weir
