// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Reading by a date pattern. Digits: in java.time exactly as many as letters where two or more
// letters stand, in SimpleDateFormat as they come; exactly as many as letters where digits follow
// directly.
#include <algorithm>

#include "weir/function/date_format.h"
#include "weir/function/date_names.h"

namespace weir {
namespace {

using sv = std::string_view;

bool IsDigitAt(sv text, size_t at) {
  return at < text.size() && text[at] >= '0' && text[at] <= '9';
}

bool EqualsIgnoringCase(sv a, sv b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return (x | 32) == (y | 32); });
}

}  // namespace

/// The text, how far it has been read, and what it has said.
struct DatePattern::Scanner {
  sv text;
  bool is_simple = false;
  size_t at = 0;
  bool is_adjacent = false;
  std::optional<int64_t> year, month, day, day_of_year;
  std::optional<int64_t> hour, hour12, minute, second, nanos, milli_of_day;
  std::optional<bool> is_pm;
  std::optional<int32_t> offset_seconds;

  /// Digits of a part of `width` letters, at most `digits_max`.
  bool Number(int width, int digits_max, std::optional<int64_t>* into) {
    bool exact = is_adjacent || (!is_simple && width >= 2);
    int limit = exact ? width : digits_max;
    bool negative = !exact && at < text.size() && text[at] == '-';
    if (negative) ++at;
    int64_t value = 0;
    int count = 0;
    for (; count < limit && IsDigitAt(text, at); ++count) value = value * 10 + (text[at++] - '0');
    if (count == 0 || (exact && !is_simple && count < width)) return false;
    *into = negative ? -value : value;
    return true;
  }
  /// One of `names`, whole or its first three letters; SimpleDateFormat takes either.
  bool Name(const sv* names, size_t count, bool short_form, int64_t* index) {
    for (size_t i = 0; i < count; ++i) {
      for (sv form : {names[i], names[i].substr(0, 3)}) {
        if (!is_simple && short_form != (form.size() == 3) && names[i].size() != 3) continue;
        if (!EqualsIgnoringCase(text.substr(at, form.size()), form)) continue;
        at += form.size();
        *index = static_cast<int64_t>(i);
        return true;
      }
    }
    return false;
  }
  bool Text(sv wanted) {
    if (!text.substr(at).starts_with(wanted)) return false;
    at += wanted.size();
    return true;
  }
  /// The moment that the fields name; empty when they are out of their ranges.
  std::optional<ParsedMoment> Resolve() const;
};

bool DatePattern::ReadDate(const Part& part, Scanner& scanner) const {
  std::optional<int64_t> ignored;
  int64_t index = 0;
  bool is_simple = scanner.is_simple;
  switch (part.field) {
    case Field::kYear:
    case Field::kWeekYear: {
      size_t from = scanner.at;
      if (!scanner.Number(part.width, is_simple || part.width == 1 ? 18 : 10, &scanner.year))
        return false;
      // Two digits mean a year of this century; SimpleDateFormat's window is 80 years back from
      // now.
      bool is_short = part.width == 2 && scanner.at - from == 2;
      if (is_short) *scanner.year += is_simple && *scanner.year >= 46 ? 1900 : 2000;
      return true;
    }
    case Field::kMonth:
      return scanner.Number(part.width, is_simple ? 9 : 2, &scanner.month);
    case Field::kMonthShort:
    case Field::kMonthName:
      if (!scanner.Name(kMonths, std::size(kMonths), part.field == Field::kMonthShort, &index))
        return false;
      scanner.month = index + 1;
      return true;
    case Field::kDay:
      return scanner.Number(part.width, is_simple ? 9 : 2, &scanner.day);
    case Field::kDayOfYear:
      return scanner.Number(part.width, is_simple ? 9 : 3, &scanner.day_of_year);
    case Field::kWeekDayShort:
    case Field::kWeekDayName:
      return scanner.Name(kWeekDays, std::size(kWeekDays), part.field == Field::kWeekDayShort,
                          &index);
    case Field::kEra:
      return scanner.Text("AD");
    default:
      return scanner.Number(part.width, 2, &ignored);
  }
}

bool DatePattern::ReadTime(const Part& part, Scanner& scanner) const {
  int digits_max = scanner.is_simple ? 9 : 2;
  switch (part.field) {
    case Field::kHour24:
    case Field::kHour24From1:
      if (!scanner.Number(part.width, digits_max, &scanner.hour)) return false;
      if (part.field == Field::kHour24From1 && *scanner.hour == 24) scanner.hour = 0;
      return true;
    case Field::kHour12:
    case Field::kHour12From0:
      if (!scanner.Number(part.width, digits_max, &scanner.hour12)) return false;
      if (*scanner.hour12 == 12) scanner.hour12 = 0;
      return true;
    case Field::kMinute:
      return scanner.Number(part.width, digits_max, &scanner.minute);
    case Field::kSecond:
      return scanner.Number(part.width, digits_max, &scanner.second);
    case Field::kFraction: {
      int64_t nanos = 0;
      for (int i = 0; i < 9; ++i) {
        if (i < part.width && !IsDigitAt(scanner.text, scanner.at)) return false;
        nanos = nanos * 10 + (i < part.width ? scanner.text[scanner.at++] - '0' : 0);
      }
      scanner.nanos = nanos;
      return true;
    }
    case Field::kMillis:
      if (!scanner.Number(part.width, 9, &scanner.nanos)) return false;
      *scanner.nanos *= 1'000'000;
      return true;
    case Field::kNano:
      return scanner.Number(part.width, 9, &scanner.nanos);
    case Field::kMilliOfDay:
      return scanner.Number(part.width, 8, &scanner.milli_of_day);
    default: {
      sv half = scanner.text.substr(scanner.at, 2);
      if (!EqualsIgnoringCase(half, "AM") && !EqualsIgnoringCase(half, "PM")) return false;
      scanner.is_pm = (half[0] | 32) == 'p';
      scanner.at += 2;
      return true;
    }
  }
}

/// Z, UTC, GMT, +02, +0200, +02:00, GMT+02:00
bool DatePattern::ReadZone(const Part& part, Scanner& scanner) const {
  sv text = scanner.text;
  scanner.offset_seconds = 0;
  if (scanner.Text("Z")) return true;
  bool has_name = part.field == Field::kZoneName && (scanner.Text("UTC") || scanner.Text("GMT"));
  size_t at = scanner.at;
  if (at >= text.size() || (text[at] != '+' && text[at] != '-')) return has_name;
  int sign = text[at] == '-' ? -1 : 1;
  size_t digit = at + 1;
  int32_t parts[2] = {0, 0};
  for (int k = 0; k < 2 && IsDigitAt(text, digit) && IsDigitAt(text, digit + 1); ++k) {
    parts[k] = (text[digit] - '0') * 10 + (text[digit + 1] - '0');
    digit += 2;
    if (k == 0 && digit < text.size() && text[digit] == ':') ++digit;
  }
  if (digit == at + 1 || parts[0] > 18 || parts[1] > 59) return false;
  if (part.width == 1 && scanner.is_simple && part.field == Field::kOffsetZ) {
    digit = at + 3;  // "X" alone takes the hours only.
    parts[1] = 0;
  }
  scanner.at = digit;
  scanner.offset_seconds = sign * (parts[0] * 3600 + parts[1] * 60);
  return true;
}

bool DatePattern::IsAdjacent(size_t i) const {
  auto has_digits = [&](size_t k) {
    return k < parts_.size() && parts_[k].field != Field::kText && parts_[k].field < Field::kAmPm;
  };
  if (!has_digits(i)) return false;
  if (has_digits(i + 1)) return true;
  bool follows = i > 0 && parts_[i - 1].field != Field::kText;
  return follows && dialect_ == PatternDialect::kJavaTime && parts_[i].field != Field::kYear;
}

std::optional<ParsedMoment> DatePattern::Read(sv text) const {
  Scanner scanner;
  scanner.text = text;
  scanner.is_simple = dialect_ == PatternDialect::kSimple;
  for (size_t i = 0; i < parts_.size(); ++i) {
    const Part& part = parts_[i];
    scanner.is_adjacent = IsAdjacent(i);
    bool read = part.field == Field::kText   ? scanner.Text(part.text)
                : part.field <= Field::kEra  ? ReadDate(part, scanner)
                : part.field <= Field::kAmPm ? ReadTime(part, scanner)
                                             : ReadZone(part, scanner);
    if (!read) return std::nullopt;
  }
  if (!scanner.is_simple && scanner.at != text.size()) return std::nullopt;
  return scanner.Resolve();
}

std::optional<ParsedMoment> DatePattern::Scanner::Resolve() const {
  int64_t h = hour.value_or(0);
  if (!hour && hour12) h = *hour12 + (is_pm.value_or(false) ? 12 : 0);
  int64_t m = minute.value_or(0), s = second.value_or(0), n = nanos.value_or(0);
  int64_t y = year.value_or(1970), mo = month.value_or(1), d = day.value_or(1);
  if (y < -999'999 || y > 999'999) return std::nullopt;
  if (!is_simple) {
    bool is_date = mo >= 1 && mo <= 12 && d >= 1 && d <= 31;
    bool is_time = h >= 0 && h <= 23 && m <= 59 && s <= 59;
    if (!is_date || !is_time) return std::nullopt;
    // java.time's default resolver moves 30 and 31 to the end of a shorter month.
    d = std::min<int64_t>(d, DaysInMonth(y, static_cast<int32_t>(mo)));
  }
  // SimpleDateFormat lets month 13 be January of the next year, and so on down to the seconds.
  int64_t months = y * 12 + mo - 1;
  int64_t days =
      DaysFromCivil(FloorDiv(months, 12), static_cast<int32_t>(FloorMod(months, 12)) + 1, 1) + d -
      1;
  if (day_of_year) days = DaysFromCivil(y, 1, 1) + *day_of_year - 1;
  int64_t seconds = h * 3600 + m * 60 + s;
  if (milli_of_day) {
    seconds = *milli_of_day / 1000;
    n = *milli_of_day % 1000 * 1'000'000;
  }
  seconds += FloorDiv(n, 1'000'000'000);
  days += FloorDiv(seconds, 86'400);
  if (days > INT32_MAX || days < INT32_MIN) return std::nullopt;  // Beyond DATE.
  int64_t nanos_of_day = FloorMod(seconds, 86'400) * 1'000'000'000 + FloorMod(n, 1'000'000'000);
  return ParsedMoment{{days, nanos_of_day}, offset_seconds};
}

}  // namespace weir
