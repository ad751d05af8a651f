// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/date_format.h"

#include <algorithm>

namespace weir {

using sv = std::string_view;

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
  constexpr sv kSimpleLetters = "GyYMLwWDdFEuaHkKhmsSzZX";
  if (dialect_ == PatternDialect::kSimple && kSimpleLetters.find(letter) == sv::npos)
    return InvalidQuery("the date pattern '{}' has an unknown letter '{}'", pattern, letter);
  switch (letter) {
    case 'y':
    case 'u':
      if (letter == 'u' && dialect_ == PatternDialect::kSimple)
        return add(Field::kWeekDayFromMonday, count, digits, true);
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
    case 'F':
      return add(Field::kWeekDayInMonth, count, digits, true);
    case 'W':
      return add(Field::kWeekOfMonth, count, digits, true);
    case 'Q':
    case 'q':
      if (count >= 3) return add(Field::kQuarterName, count, 11, true);
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

}  // namespace weir
