// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Values as text and back, exactly as Flink prints and reads them: the one place for it. Casts,
// formats, sinks, the shell and the conformance runner all call these. Source: Flink documentation
// "CAST"; java.lang.Double.toString (JDK 19+, shortest digits); java.time formatting.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weir/data/column.h"

namespace weir {

/// As Java prints: "1.0", "1.0E10" from 1e7 up and below 1e-3, "NaN", "Infinity".
void AppendDouble(double value, std::string* out);
void AppendFloat(float value, std::string* out);
/// Plain notation with exactly `scale` digits after the point.
void AppendDecimal(Int128 unscaled, int scale, std::string* out);
void AppendDate(int32_t days, std::string* out);  // 2020-01-31
void AppendTime(int32_t millis, int precision,
                std::string* out);  // 10:08:09[.f], see the conformance page
/// "2020-01-31 10:08:09" plus "." and exactly `precision` digits when precision > 0. `ticks` as in
/// data/type.h.
void AppendTimestamp(Int128 ticks, int precision, std::string* out);
void AppendIntervalYearMonth(int32_t months, std::string* out);  // +2-01
void AppendIntervalDayTime(int64_t millis, std::string* out);    // +12 00:00:00.000

/// Reading. Leading and trailing blanks are not removed. Empty: the text is no such value.
std::optional<int64_t> ParseInteger(
    std::string_view text);  // Flink's CAST rules for integers; also "1.9" -> 1
std::optional<double> ParseDouble(std::string_view text);
/// Rounds half up to `scale`; empty when not a number or when it needs more than `precision`
/// digits.
std::optional<Int128> ParseDecimal(std::string_view text, int precision, int scale);
std::optional<bool> ParseBoolean(std::string_view text);
std::optional<int32_t> ParseDate(std::string_view text);
std::optional<int32_t> ParseTime(std::string_view text);
/// "yyyy-MM-dd[ HH:mm[:ss[.f]]]" or with 'T'; the fraction is cut to `precision` digits. The result
/// is in the ticks of TIMESTAMP(precision); those of a precision of at most 6 fit 64 bits.
std::optional<Int128> ParseTimestamp(std::string_view text, int precision);

/// Time zones; the returned object lives as long as the process. `zone`: a region
/// ("Europe/Berlin"), "UTC", or an offset ("GMT+8", "+08:00").
struct TimeZone;
Result<const TimeZone*> FindTimeZone(std::string_view zone);
/// Local wall-clock ticks of the instant `ticks` (both with `ticks_per_second`), and back. A local
/// time in a gap moves forward by the gap; in an overlap the earlier offset is taken (java.time's
/// rules).
int64_t ToLocal(const TimeZone& zone, int64_t ticks, int64_t ticks_per_second);
int64_t FromLocal(const TimeZone& zone, int64_t ticks, int64_t ticks_per_second);
Int128 ToLocal(const TimeZone& zone, Int128 ticks, int64_t ticks_per_second);
Int128 FromLocal(const TimeZone& zone, Int128 ticks, int64_t ticks_per_second);

/// An instant: as ParseTimestamp, with "Z" or an offset ("+01:00") at the end, else in `zone` (UTC
/// when null).
std::optional<Int128> ParseTimestampLtz(std::string_view text, int precision, const TimeZone* zone);

/// How AppendValueText prints a whole value.
enum class TextStyle : uint8_t {
  kCast,     // CAST(x AS STRING): TRUE, NULL inside nested values, (a, b), [a, b], {k=v}
  kDisplay,  // The shell's table and csv output: as kCast with lower-case booleans as the SQL
             // client prints them
  kJavaRow,  // Row.toString of Flink's tests: true, null, 2020-04-15T08:00, +I[a, b], bytes as
             // [104, 101]
};
/// Appends row `i` of `column`; NULL prints as "NULL" (kCast, kDisplay) or "null" (kJavaRow).
/// `zone` (UTC when null) is the session's zone for TIMESTAMP_LTZ.
void AppendValueText(const Column& column, int64_t i, TextStyle style, const TimeZone* zone,
                     std::string* out);

/// As java.time prints: "2020-04-15T08:00", ":10" when seconds or a fraction are there, ".5" in 3,
/// 6 or 9 digits.
void AppendIsoTimestamp(Int128 ticks, int64_t ticks_per_second, std::string* out);
/// The same of an instant, always with seconds: "2020-04-15T08:00:00Z".
void AppendIsoInstant(Int128 ticks, int64_t ticks_per_second, std::string* out);
void AppendIsoTime(int32_t millis, std::string* out);  // 10:08, 10:08:09, 10:08:09.500

/// Whether the bytes are valid UTF-8.
bool IsValidUtf8(std::string_view bytes);

}  // namespace weir
