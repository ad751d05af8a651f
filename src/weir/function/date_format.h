// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Date patterns in Java's letters ("yyyy-MM-dd HH:mm:ss.SSS"), compiled once, for writing and
// reading. Two dialects, as Flink uses both: java.time's DateTimeFormatter (strict widths, S is a
// fraction of a second) and SimpleDateFormat (lenient: digits as they come, S counts milliseconds,
// text behind the match is ignored).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/error.h"
#include "weir/function/calendar.h"

namespace weir {

enum class PatternDialect : uint8_t { kJavaTime, kSimple };

/// What reading a text gave; the zone only where the text has one.
struct ParsedMoment {
  Moment moment;
  std::optional<int32_t> offset_seconds;
};

class DatePattern {
 public:
  /// Errors: kInvalidQuery naming the pattern.
  static Result<std::shared_ptr<const DatePattern>> Compile(std::string_view pattern,
                                                            PatternDialect dialect);

  /// Most bytes that Write may take.
  size_t bytes_max() const { return bytes_max_; }
  /// Whether the text depends on the day alone.
  bool is_day_only() const { return is_day_only_; }
  /// Writes to `out` (bytes_max() bytes) and returns the end. `offset_seconds` is what zone letters
  /// print.
  char* Write(const Moment& moment, int32_t offset_seconds, char* out) const;
  /// Empty when the text does not fit.
  std::optional<ParsedMoment> Read(std::string_view text) const;

 private:
  /// Parts of the date, then of the time, then of the zone.
  enum class Field : uint8_t {
    kText,
    kYear,
    kWeekYear,
    kMonth,
    kMonthName,
    kMonthShort,
    kDay,
    kDayOfYear,
    kWeekDayName,
    kWeekDayShort,
    kWeekDayNumber,
    kWeekDayFromMonday,
    kWeekDayInMonth,
    kWeekOfYear,
    kWeekOfMonth,
    kQuarter,
    kQuarterName,
    kEra,  // The last of the date.
    kHour24,
    kHour24From1,
    kHour12,
    kHour12From0,
    kMinute,
    kSecond,
    kFraction,
    kMillis,
    kNano,
    kMilliOfDay,
    kAmPm,  // The last of the time.
    kOffset,
    kOffsetZ,
    kOffsetBasic,
    kZoneName,
  };
  struct Part {
    Field field;
    int width;
    std::string text;
  };

  struct Scanner;  // In date_format_read.cc.

  Status AddLetters(char letter, int count, std::string_view pattern);
  char* WriteDate(const Part& part, const Moment& moment, const CivilDate& date, char* out) const;
  char* WriteTime(const Part& part, const Moment& moment, char* out) const;
  char* WriteZone(const Part& part, int32_t offset_seconds, char* out) const;
  bool ReadDate(const Part& part, Scanner& scanner) const;
  bool ReadTime(const Part& part, Scanner& scanner) const;
  bool ReadZone(const Part& part, Scanner& scanner) const;
  /// Whether part `i` must take exactly as many digits as it has letters, for digits lie around it.
  bool IsAdjacent(size_t i) const;

  PatternDialect dialect_ = PatternDialect::kJavaTime;
  std::vector<Part> parts_;
  size_t bytes_max_ = 0;
  bool is_day_only_ = true;
  bool has_date_ = false;  // Some part depends on the day.
};

}  // namespace weir
