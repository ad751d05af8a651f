// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/date_format.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace weir {
namespace {

using sv = std::string_view;

constexpr sv kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                          "July",    "August",   "September", "October", "November", "December"};
constexpr sv kWeekDays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                            "Friday", "Saturday", "Sunday"};

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

bool IsDigitAt(sv text, size_t at) {
  return at < text.size() && text[at] >= '0' && text[at] <= '9';
}

bool EqualsIgnoringCase(sv a, sv b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return (x | 32) == (y | 32); });
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

struct ReadState {
  std::optional<int64_t> year, month, day, day_of_year, hour, hour12, minute, second, nanos,
      milli_of_day;
  std::optional<bool> is_pm;
  std::optional<int32_t> offset;
};

Status DatePattern::AddLetters(char letter, int count, sv pattern) {
  auto add = [&](Field field, int width, size_t bytes, bool day) {
    parts_.push_back({field, width, {}});
    bytes_max_ += bytes;
    is_day_only_ = is_day_only_ && day;
    has_date_ = has_date_ || day;
    return Status::OK();
  };
  if (count > 19)
    return InvalidQuery("too many letters '{}' in the date pattern '{}'", letter, pattern);
  size_t digits = static_cast<size_t>(std::max(count, 20));
  switch (letter) {
    case 'y':
    case 'u':
      return add(Field::kYear, count, digits, true);
    case 'Y':
      return add(Field::kWeekYear, count, digits, true);
    case 'M':
    case 'L':
      if (count == 3) return add(Field::kMonthShort, 3, 3, true);
      if (count >= 4) return add(Field::kMonthName, count, 9, true);
      return add(Field::kMonth, count, digits, true);
    case 'd':
      return add(Field::kDay, count, digits, true);
    case 'D':
      return add(Field::kDayOfYear, count, digits, true);
    case 'H':
      return add(Field::kHour24, count, digits, false);
    case 'k':
      return add(Field::kHour24From1, count, digits, false);
    case 'h':
      return add(Field::kHour12, count, digits, false);
    case 'K':
      return add(Field::kHour12From0, count, digits, false);
    case 'm':
      return add(Field::kMinute, count, digits, false);
    case 's':
      return add(Field::kSecond, count, digits, false);
    case 'S':
      if (dialect_ == PatternDialect::kSimple) return add(Field::kMillis, count, digits, false);
      if (count > 9) return InvalidQuery("too many letters 'S' in the date pattern '{}'", pattern);
      return add(Field::kFraction, count, 9, false);
    case 'n':
      return add(Field::kNano, count, digits, false);
    case 'A':
      return add(Field::kMilliOfDay, count, digits, false);
    case 'a':
      return add(Field::kAmPm, count, 2, false);
    case 'E':
      return add(count >= 4 ? Field::kWeekDayName : Field::kWeekDayShort, count, 9, true);
    case 'e':
    case 'c':
      return add(Field::kWeekDayNumber, count, digits, true);
    case 'w':
      return add(Field::kWeekOfYear, count, digits, true);
    case 'W':
      return add(Field::kWeekOfMonth, count, digits, true);
    case 'Q':
    case 'q':
      return add(Field::kQuarter, count, digits, true);
    case 'G':
      return add(Field::kEra, count, 2, true);
    case 'x':
      return add(Field::kOffset, count, 6, false);
    case 'X':
      return add(Field::kOffsetZ, count, 6, false);
    case 'Z':
      return add(count <= 3 ? Field::kOffsetBasic : Field::kZoneName, count, 9, false);
    case 'z':
    case 'V':
    case 'O':
      return add(Field::kZoneName, count, 9, false);
    default:
      return InvalidQuery("the date pattern '{}' has an unknown letter '{}'", pattern, letter);
  }
}

Result<std::shared_ptr<const DatePattern>> DatePattern::Compile(sv pattern,
                                                                PatternDialect dialect) {
  auto made = std::make_shared<DatePattern>();
  made->dialect_ = dialect;
  auto add_text = [&](sv text) {
    if (made->parts_.empty() || made->parts_.back().field != Field::kText)
      made->parts_.push_back({Field::kText, 0, {}});
    made->parts_.back().text += text;
    made->bytes_max_ += text.size();
  };
  for (size_t i = 0; i < pattern.size();) {
    char c = pattern[i];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      size_t end = i;
      while (end < pattern.size() && pattern[end] == c) ++end;
      WEIR_RETURN_NOT_OK(made->AddLetters(c, static_cast<int>(end - i), pattern));
      i = end;
    } else if (c == '\'') {
      if (pattern.substr(i + 1).starts_with('\'')) {
        add_text("'");
        i += 2;
        continue;
      }
      size_t end = i + 1;
      std::string text;
      for (;; ++end) {
        if (end >= pattern.size())
          return InvalidQuery("the date pattern '{}' has a quote that is not closed", pattern);
        if (pattern[end] != '\'') {
          text += pattern[end];
        } else if (end + 1 < pattern.size() && pattern[end + 1] == '\'') {
          text += '\'';
          ++end;
        } else {
          break;
        }
      }
      add_text(text);
      i = end + 1;
    } else if (dialect == PatternDialect::kJavaTime &&
               (c == '[' || c == ']' || c == '{' || c == '}' || c == '#')) {
      return Unsupported("'{}' in the date pattern '{}' is not supported yet", c, pattern);
    } else {
      add_text(pattern.substr(i, 1));
      ++i;
    }
  }
  return std::shared_ptr<const DatePattern>(std::move(made));
}

char* DatePattern::Write(const Moment& moment, int32_t offset_seconds, char* out) const {
  CivilDate date = has_date_ ? CivilFromDays(moment.days) : CivilDate{};
  auto second_of_day = static_cast<uint32_t>(moment.nanos / 1'000'000'000);
  int64_t nano = moment.nanos - second_of_day * int64_t{1'000'000'000};
  uint32_t hour = second_of_day / 3600;
  for (const Part& part : parts_) {
    int width = part.width;
    switch (part.field) {
      case Field::kText:
        out = WriteText(part.text, out);
        break;
      case Field::kYear:
      case Field::kWeekYear: {
        int64_t year = date.year;
        if (part.field == Field::kWeekYear) WeekOfUsYear(moment.days, &year);
        out = width == 2 ? WriteNumber(FloorMod(year, 100), 2, out) : WriteNumber(year, width, out);
        break;
      }
      case Field::kMonth:
        out = WriteNumber(date.month, width, out);
        break;
      case Field::kMonthShort:
        out = WriteText(kMonths[date.month - 1].substr(0, 3), out);
        break;
      case Field::kMonthName:
        out = WriteText(kMonths[date.month - 1].substr(0, width == 5 ? 1 : sv::npos), out);
        break;
      case Field::kDay:
        out = WriteNumber(date.day, width, out);
        break;
      case Field::kDayOfYear:
        out = WriteNumber(ExtractUnit(TimeUnit::kDayOfYear, moment), width, out);
        break;
      case Field::kHour24:
        out = WriteNumber(hour, width, out);
        break;
      case Field::kHour24From1:
        out = WriteNumber(hour == 0 ? 24 : hour, width, out);
        break;
      case Field::kHour12:
        out = WriteNumber(hour % 12 == 0 ? 12 : hour % 12, width, out);
        break;
      case Field::kHour12From0:
        out = WriteNumber(hour % 12, width, out);
        break;
      case Field::kMinute:
        out = WriteNumber(second_of_day / 60 % 60, width, out);
        break;
      case Field::kSecond:
        out = WriteNumber(second_of_day % 60, width, out);
        break;
      case Field::kFraction: {
        int64_t fraction = nano;
        for (int i = width; i < 9; ++i) fraction /= 10;
        out = WriteNumber(fraction, width, out);
        break;
      }
      case Field::kMillis:
        out = WriteNumber(nano / 1'000'000, width, out);
        break;
      case Field::kNano:
        out = WriteNumber(nano, width, out);
        break;
      case Field::kMilliOfDay:
        out = WriteNumber(moment.nanos / 1'000'000, width, out);
        break;
      case Field::kAmPm:
        out = WriteText(hour < 12 ? "AM" : "PM", out);
        break;
      case Field::kWeekDayShort:
        out = WriteText(kWeekDays[IsoDayOfWeek(moment.days) - 1].substr(0, 3), out);
        break;
      case Field::kWeekDayName:
        out = WriteText(
            kWeekDays[IsoDayOfWeek(moment.days) - 1].substr(0, width == 5 ? 1 : sv::npos), out);
        break;
      case Field::kWeekDayNumber:
        out = WriteNumber(IsoDayOfWeek(moment.days) % 7 + 1, width, out);
        break;
      case Field::kWeekOfYear: {
        int64_t year = 0;
        out = WriteNumber(WeekOfUsYear(moment.days, &year), width, out);
        break;
      }
      case Field::kWeekOfMonth: {
        int64_t first = DaysFromCivil(date.year, date.month, 1);
        out = WriteNumber((moment.days - (first - IsoDayOfWeek(first) % 7)) / 7 + 1, width, out);
        break;
      }
      case Field::kQuarter:
        out = WriteNumber((date.month - 1) / 3 + 1, width, out);
        break;
      case Field::kEra:
        out = WriteText(date.year > 0 ? "AD" : "BC", out);
        break;
      case Field::kOffsetZ:
        if (offset_seconds == 0) {
          *out++ = 'Z';
          break;
        }
        [[fallthrough]];
      case Field::kOffset:
        out = WriteOffset(offset_seconds, width == 3 || width == 5, width == 1, out);
        break;
      case Field::kOffsetBasic:
        out = WriteOffset(offset_seconds, false, false, out);
        break;
      case Field::kZoneName:
        out = WriteText(offset_seconds == 0 ? "UTC" : "GMT", out);
        if (offset_seconds != 0) out = WriteOffset(offset_seconds, true, false, out);
        break;
    }
  }
  return out;
}

bool DatePattern::ReadPart(const Part& part, bool adjacent, sv text, size_t* at,
                           ReadState* state) const {
  bool is_simple = dialect_ == PatternDialect::kSimple;
  // Digits: exactly the letters' number if more digits follow directly or, in java.time, if two or
  // more letters stand.
  auto number = [&](int width, int digits_max, std::optional<int64_t>* into) {
    bool exact = adjacent || (!is_simple && width >= 2);
    int limit = exact ? width : digits_max;
    size_t from = *at;
    bool negative = !exact && from < text.size() && text[from] == '-';
    if (negative) ++*at;
    int64_t value = 0;
    int count = 0;
    while (count < limit && IsDigitAt(text, *at)) {
      value = value * 10 + (text[(*at)++] - '0');
      ++count;
    }
    if (count == 0 || (exact && !is_simple && count < width)) return false;
    *into = negative ? -value : value;
    return true;
  };
  auto name = [&](const sv* names, size_t count, bool short_form, int64_t* index) {
    for (size_t i = 0; i < count; ++i) {
      for (sv form : {names[i], names[i].substr(0, 3)}) {
        if (!is_simple && short_form != (form.size() == 3) && names[i].size() != 3) continue;
        if (EqualsIgnoringCase(text.substr(*at, form.size()), form)) {
          *at += form.size();
          *index = static_cast<int64_t>(i);
          return true;
        }
      }
    }
    return false;
  };
  std::optional<int64_t> ignored;
  switch (part.field) {
    case Field::kText:
      if (!text.substr(*at).starts_with(part.text)) return false;
      *at += part.text.size();
      return true;
    case Field::kYear:
    case Field::kWeekYear: {
      size_t from = *at;
      if (!number(part.width, is_simple || part.width == 1 ? 18 : 10, &state->year)) return false;
      // Two digits mean a year of this century; SimpleDateFormat's window is 80 years back from
      // now.
      if (part.width == 2 && *at - from == 2)
        *state->year += is_simple && *state->year >= 46 ? 1900 : 2000;
      return true;
    }
    case Field::kMonth:
      return number(part.width, is_simple ? 9 : 2, &state->month);
    case Field::kMonthShort:
    case Field::kMonthName: {
      int64_t index = 0;
      if (!name(kMonths, 12, part.field == Field::kMonthShort, &index)) return false;
      state->month = index + 1;
      return true;
    }
    case Field::kDay:
      return number(part.width, is_simple ? 9 : 2, &state->day);
    case Field::kDayOfYear:
      return number(part.width, is_simple ? 9 : 3, &state->day_of_year);
    case Field::kHour24:
    case Field::kHour24From1:
      if (!number(part.width, is_simple ? 9 : 2, &state->hour)) return false;
      if (part.field == Field::kHour24From1 && *state->hour == 24) state->hour = 0;
      return true;
    case Field::kHour12:
    case Field::kHour12From0:
      if (!number(part.width, is_simple ? 9 : 2, &state->hour12)) return false;
      if (*state->hour12 == 12) state->hour12 = 0;
      return true;
    case Field::kMinute:
      return number(part.width, is_simple ? 9 : 2, &state->minute);
    case Field::kSecond:
      return number(part.width, is_simple ? 9 : 2, &state->second);
    case Field::kFraction: {
      int64_t nanos = 0;
      for (int i = 0; i < 9; ++i) {
        int digit = 0;
        if (i < part.width) {
          if (!IsDigitAt(text, *at)) return false;
          digit = text[(*at)++] - '0';
        }
        nanos = nanos * 10 + digit;
      }
      state->nanos = nanos;
      return true;
    }
    case Field::kMillis: {
      if (!number(part.width, 9, &state->nanos)) return false;
      *state->nanos *= 1'000'000;
      return true;
    }
    case Field::kNano:
      return number(part.width, 9, &state->nanos);
    case Field::kMilliOfDay:
      return number(part.width, 8, &state->milli_of_day);
    case Field::kAmPm: {
      sv half = text.substr(*at, 2);
      if (!EqualsIgnoringCase(half, "AM") && !EqualsIgnoringCase(half, "PM")) return false;
      state->is_pm = (half[0] | 32) == 'p';
      *at += 2;
      return true;
    }
    case Field::kWeekDayShort:
    case Field::kWeekDayName: {
      int64_t index = 0;
      return name(kWeekDays, 7, part.field == Field::kWeekDayShort, &index);
    }
    case Field::kWeekDayNumber:
    case Field::kWeekOfYear:
    case Field::kWeekOfMonth:
    case Field::kQuarter:
      return number(part.width, 2, &ignored);
    case Field::kEra:
      if (text.substr(*at, 2) != "AD") return false;
      *at += 2;
      return true;
    case Field::kOffset:
    case Field::kOffsetZ:
    case Field::kOffsetBasic:
    case Field::kZoneName: {
      if (text.substr(*at).starts_with('Z')) {
        ++*at;
        state->offset = 0;
        return true;
      }
      for (sv utc : {sv("UTC"), sv("GMT")}) {
        if (part.field == Field::kZoneName && text.substr(*at).starts_with(utc)) {
          *at += 3;
          state->offset = 0;
          if (*at >= text.size() || (text[*at] != '+' && text[*at] != '-')) return true;
        }
      }
      if (*at >= text.size() || (text[*at] != '+' && text[*at] != '-')) return false;
      int sign = text[*at] == '-' ? -1 : 1;
      size_t digit = *at + 1;
      int32_t parts[2] = {0, 0};
      for (int k = 0; k < 2 && IsDigitAt(text, digit) && IsDigitAt(text, digit + 1); ++k) {
        parts[k] = (text[digit] - '0') * 10 + (text[digit + 1] - '0');
        digit += 2;
        if (k == 0 && digit < text.size() && text[digit] == ':') ++digit;
      }
      if (digit == *at + 1 || parts[0] > 18 || parts[1] > 59) return false;
      // "X" alone takes the hours only.
      if (part.width == 1 && is_simple && part.field == Field::kOffsetZ) {
        digit = *at + 3;
        parts[1] = 0;
      }
      *at = digit;
      state->offset = sign * (parts[0] * 3600 + parts[1] * 60);
      return true;
    }
  }
  return false;
}

std::optional<ParsedMoment> DatePattern::Read(sv text) const {
  ReadState state;
  size_t at = 0;
  bool is_simple = dialect_ == PatternDialect::kSimple;
  for (size_t i = 0; i < parts_.size(); ++i) {
    // A number directly before another number takes exactly its letters.
    bool adjacent = i + 1 < parts_.size() && parts_[i].field != Field::kText &&
                    parts_[i + 1].field != Field::kText && parts_[i + 1].field != Field::kAmPm &&
                    parts_[i + 1].field < Field::kOffset;
    adjacent = adjacent || (i > 0 && parts_[i - 1].field != Field::kText && !is_simple &&
                            parts_[i].field != Field::kYear);
    if (!ReadPart(parts_[i], adjacent, text, &at, &state)) return std::nullopt;
  }
  if (!is_simple && at != text.size()) return std::nullopt;
  int64_t hour = state.hour.value_or(0);
  if (!state.hour && state.hour12) hour = *state.hour12 + (state.is_pm.value_or(false) ? 12 : 0);
  int64_t minute = state.minute.value_or(0), second = state.second.value_or(0),
          nanos = state.nanos.value_or(0);
  int64_t year = state.year.value_or(1970), month = state.month.value_or(1),
          day = state.day.value_or(1);
  if (year < -999'999 || year > 999'999) return std::nullopt;
  if (!is_simple) {
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59 ||
        hour < 0)
      return std::nullopt;
    // java.time's default resolver moves 30 and 31 to the end of a shorter month.
    day = std::min<int64_t>(day, DaysInMonth(year, static_cast<int32_t>(month)));
  }
  int64_t months =
      year * 12 + month - 1;  // SimpleDateFormat lets month 13 be January of the next year.
  int64_t days =
      DaysFromCivil(FloorDiv(months, 12), static_cast<int32_t>(FloorMod(months, 12)) + 1, 1) + day -
      1;
  if (state.day_of_year) days = DaysFromCivil(year, 1, 1) + *state.day_of_year - 1;
  int64_t seconds = hour * 3600 + minute * 60 + second;
  if (state.milli_of_day) {
    seconds = *state.milli_of_day / 1000;
    nanos = *state.milli_of_day % 1000 * 1'000'000;
  }
  seconds += FloorDiv(nanos, 1'000'000'000);
  nanos = FloorMod(nanos, 1'000'000'000);
  days += FloorDiv(seconds, 86'400);
  seconds = FloorMod(seconds, 86'400);
  return ParsedMoment{{days, seconds * 1'000'000'000 + nanos}, state.offset};
}

}  // namespace weir
