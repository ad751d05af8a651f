// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Dates, times, timestamps and intervals as text and back.
#include <charconv>
#include <cstdlib>

#include "weir/data/calendar.h"
#include "weir/data/text.h"

namespace weir {
namespace {

constexpr uint32_t kPowers[] = {1,       10,        100,        1'000,       10'000,
                                100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

// The Put functions write at `out` and return the end of what they wrote.
char* PutTwo(uint32_t value, char* out) {
  out[0] = static_cast<char>('0' + value / 10);
  out[1] = static_cast<char>('0' + value % 10);
  return out + 2;
}

// `value` in `width` characters, zeros in front.
char* PutDigits(uint32_t value, int width, char* out) {
  for (int i = width - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
  return out + width;
}

void AppendNumber(int64_t value, std::string* out) {
  char buffer[24];
  out->append(buffer, static_cast<size_t>(
                          std::to_chars(buffer, buffer + sizeof(buffer), value).ptr - buffer));
}

// "yyyy-MM-dd"; java.time marks years of more or less than four digits by a sign. At most 24
// characters.
char* PutDate(int64_t days, char* out) {
  const CivilDate date = CivilFromDays(days);
  if (date.year < 0 || date.year > 9999) {
    *out++ = date.year < 0 ? '-' : '+';
    const int64_t year = std::abs(date.year);
    out = year > 9999 ? std::to_chars(out, out + 16, year).ptr
                      : PutDigits(static_cast<uint32_t>(year), 4, out);
  } else {
    out = PutTwo(static_cast<uint32_t>(date.year) / 100, out);
    out = PutTwo(static_cast<uint32_t>(date.year) % 100, out);
  }
  *out++ = '-';
  out = PutTwo(static_cast<uint32_t>(date.month), out);
  *out++ = '-';
  return PutTwo(static_cast<uint32_t>(date.day), out);
}

// "HH:mm:ss" of a second of the day.
char* PutClock(int64_t second_of_day, char* out) {
  const auto seconds = static_cast<uint32_t>(second_of_day);
  out = PutTwo(seconds / 3600, out);
  *out++ = ':';
  out = PutTwo(seconds / 60 % 60, out);
  *out++ = ':';
  return PutTwo(seconds % 60, out);
}

void AppendCivil(int64_t days, std::string* out) {
  char buffer[32];
  out->append(buffer, static_cast<size_t>(PutDate(days, buffer) - buffer));
}

void AppendClock(int64_t second_of_day, std::string* out) {
  char buffer[8];
  out->append(buffer, static_cast<size_t>(PutClock(second_of_day, buffer) - buffer));
}

// "." and the fraction in 3, 6 or 9 digits, as few as show all of it; nothing when it is 0.
void AppendIsoFraction(int64_t nanos, std::string* out) {
  if (nanos == 0) return;
  const int digits = nanos % 1'000'000 == 0 ? 3 : nanos % 1'000 == 0 ? 6 : 9;
  char buffer[10] = {'.'};
  PutDigits(static_cast<uint32_t>(nanos) / kPowers[9 - digits], digits, buffer + 1);
  out->append(buffer, static_cast<size_t>(digits) + 1);
}

// "HH:mm", and ":ss" when that is not 0, when a fraction follows or when `always_seconds`.
void AppendIsoClock(int64_t second_of_day, int64_t nanos, bool always_seconds, std::string* out) {
  AppendClock(second_of_day, out);
  if (!always_seconds && nanos == 0 && second_of_day % 60 == 0) out->resize(out->size() - 3);
  AppendIsoFraction(nanos, out);
}

void AppendIso(Int128 ticks, int64_t ticks_per_second, bool always_seconds, std::string* out) {
  const auto [seconds, rest] = Split(ticks, ticks_per_second);
  const int64_t nanos = rest * (1'000'000'000 / ticks_per_second);
  AppendCivil(FloorDiv(seconds, kSecondsPerDay), out);
  out->push_back('T');
  AppendIsoClock(FloorMod(seconds, kSecondsPerDay), nanos, always_seconds, out);
}

}  // namespace

void AppendDate(int32_t days, std::string* out) { AppendCivil(days, out); }

void AppendTime(int32_t millis, int precision, std::string* out) {
  const int64_t of_day = FloorMod(millis, kMillisPerDay);
  AppendClock(of_day / 1000, out);
  if (precision <= 0) return;
  char buffer[4] = {'.'};
  PutDigits(static_cast<uint32_t>(of_day % 1000), 3, buffer + 1);
  size_t digits = static_cast<size_t>(precision < 3 ? precision : 3);
  while (digits > 1 && buffer[digits] == '0') --digits;
  out->append(buffer, digits + 1);
}

namespace {

// A template, so that the divisions are by constants.
template <int kTickDigits, typename Ticks>
void AppendTicks(Ticks ticks, int precision, std::string* out) {
  constexpr int64_t kPerSecond = kPowers[kTickDigits];
  const auto [seconds, rest] = Split(ticks, kPerSecond);
  const int64_t days = FloorDiv(seconds, kSecondsPerDay);
  char buffer[48];
  char* end = PutDate(days, buffer);
  *end++ = ' ';
  end = PutClock(seconds - days * kSecondsPerDay, end);
  if (precision > 0) {
    *end++ = '.';
    const auto fraction = static_cast<uint32_t>(rest);
    end = PutDigits(fraction / kPowers[kTickDigits - precision], precision, end);
  }
  out->append(buffer, static_cast<size_t>(end - buffer));
}

}  // namespace

void AppendTimestamp(Int128 ticks, int precision, std::string* out) {
  return precision <= 6 ? AppendTicks<6>(static_cast<int64_t>(ticks), precision, out)
                        : AppendTicks<9>(ticks, precision, out);
}

void AppendIsoTimestamp(Int128 ticks, int64_t ticks_per_second, std::string* out) {
  AppendIso(ticks, ticks_per_second, false, out);
}
void AppendIsoInstant(Int128 ticks, int64_t ticks_per_second, std::string* out) {
  AppendIso(ticks, ticks_per_second, true, out);
  out->push_back('Z');
}
void AppendIsoTime(int32_t millis, std::string* out) {
  const int64_t of_day = FloorMod(millis, kMillisPerDay);
  AppendIsoClock(of_day / 1000, of_day % 1000 * 1'000'000, false, out);
}

void AppendIntervalYearMonth(int32_t months, std::string* out) {
  out->push_back(months < 0 ? '-' : '+');
  const int64_t size = std::abs(int64_t{months});
  AppendNumber(size / 12, out);
  char buffer[3] = {'-'};
  PutTwo(static_cast<uint32_t>(size % 12), buffer + 1);
  out->append(buffer, 3);
}

void AppendIntervalDayTime(int64_t millis, std::string* out) {
  out->push_back(millis < 0 ? '-' : '+');
  const uint64_t size = millis < 0 ? -static_cast<uint64_t>(millis) : static_cast<uint64_t>(millis);
  const auto of_day = static_cast<int64_t>(size % static_cast<uint64_t>(kMillisPerDay));
  AppendNumber(static_cast<int64_t>(size / static_cast<uint64_t>(kMillisPerDay)), out);
  out->push_back(' ');
  AppendClock(of_day / 1000, out);
  char buffer[4] = {'.'};
  PutDigits(static_cast<uint32_t>(of_day % 1000), 3, buffer + 1);
  out->append(buffer, 4);
}

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads a text from left to right.
struct Cursor {
  std::string_view text;
  size_t pos = 0;

  bool done() const { return pos == text.size(); }
  bool Take(char c) {
    if (done() || text[pos] != c) return false;
    ++pos;
    return true;
  }
  // A number of `low` to `high` digits, or -1.
  int64_t Number(size_t low, size_t high) {
    const size_t begin = pos;
    int64_t value = 0;
    while (!done() && pos - begin < high && IsDigit(text[pos]))
      value = value * 10 + (text[pos++] - '0');
    return pos - begin < low ? -1 : value;
  }
  size_t DigitsAhead() const {
    size_t end = pos;
    while (end < text.size() && IsDigit(text[end])) ++end;
    return end - pos;
  }
};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// A whole field that is a number of at most 9 digits, blanks around it allowed, or -1.
int64_t FieldNumber(std::string_view field) {
  Cursor cursor{Trim(field)};
  const int64_t value = cursor.Number(1, 9);
  return cursor.done() ? value : -1;
}

struct Clock {
  int64_t second_of_day = 0;
  int64_t nanos = 0;
};

// H[H]:m[m][:s[s][.fraction]]; 24:00:00 is the end of the day.
std::optional<Clock> ReadClock(Cursor* cursor) {
  const int64_t hour = cursor->Number(1, 2);
  if (hour < 0 || hour > 24 || !cursor->Take(':')) return std::nullopt;
  const int64_t minute = cursor->Number(1, 2);
  if (minute < 0 || minute > 59) return std::nullopt;
  int64_t second = 0;
  Clock clock;
  if (cursor->Take(':')) {
    second = cursor->Number(1, 2);
    if (second < 0 || second > 59) return std::nullopt;
    if (cursor->Take('.')) {
      const size_t digits = cursor->DigitsAhead();
      if (digits > 9) return std::nullopt;
      clock.nanos = cursor->Number(0, 9) * kPowers[9 - digits];
    }
  }
  clock.second_of_day = hour * 3600 + minute * 60 + second;
  if (hour == 24 && (clock.second_of_day != kSecondsPerDay || clock.nanos != 0))
    return std::nullopt;
  return clock;
}

// The seconds since 1970 and the nanoseconds of "yyyy-M[M]-d[d][( |T)clock]", the cursor behind it.
struct LocalTime {
  int64_t seconds = 0;
  int64_t nanos = 0;
};
std::optional<LocalTime> ReadLocalTime(Cursor* cursor) {
  const bool plus = cursor->Take('+');
  const size_t year_digits = cursor->DigitsAhead();
  // Years of more than four digits have a sign (java.time); six digits are plenty.
  if (plus ? year_digits < 5 || year_digits > 6 : year_digits != 4) return std::nullopt;
  const int64_t year = cursor->Number(4, 6);
  if (year < 1 || !cursor->Take('-')) return std::nullopt;
  const int64_t month = cursor->Number(1, 2);
  if (month < 1 || month > 12 || !cursor->Take('-')) return std::nullopt;
  int64_t day = cursor->Number(1, 2);
  if (day < 1 || day > 31) return std::nullopt;
  // java.time's "smart" resolution: February 30 is the last of February.
  day = std::min<int64_t>(day, DaysInMonth(year, static_cast<int>(month)));
  LocalTime time;
  time.seconds = DaysFromCivil(year, static_cast<int>(month), day) * kSecondsPerDay;
  if (cursor->Take(' ') || cursor->Take('T')) {
    std::optional<Clock> clock = ReadClock(cursor);
    if (!clock) return std::nullopt;
    time.seconds += clock->second_of_day;
    time.nanos = clock->nanos;
  }
  return time;
}

std::optional<Int128> ToTicks(const LocalTime& time, int precision) {
  // Digits beyond the precision are cut off.
  const int64_t nanos = time.nanos / kPowers[9 - precision] * kPowers[9 - precision];
  if (precision > 6) return Int128{time.seconds} * kPowers[9] + nanos;
  int64_t ticks;
  if (__builtin_mul_overflow(time.seconds, int64_t{kPowers[6]}, &ticks)) return std::nullopt;
  if (__builtin_add_overflow(ticks, nanos / kPowers[3], &ticks)) return std::nullopt;
  return ticks;
}

// Two digits at `p`, or something negative.
inline int TwoDigits(const char* p) {
  const unsigned high = static_cast<unsigned>(p[0] - '0'), low = static_cast<unsigned>(p[1] - '0');
  return high > 9 || low > 9 ? -10'000 : static_cast<int>(high * 10 + low);
}

// "yyyy-MM-dd?HH:mm:ss", the form that nearly all data has; the fraction is left to the caller.
std::optional<LocalTime> ReadUsualForm(std::string_view text) {
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' ||
      (text[10] != ' ' && text[10] != 'T') || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  const char* p = text.data();
  const int year = TwoDigits(p) * 100 + TwoDigits(p + 2), month = TwoDigits(p + 5),
            day = TwoDigits(p + 8);
  const int hour = TwoDigits(p + 11), minute = TwoDigits(p + 14), second = TwoDigits(p + 17);
  if (TwoDigits(p) < 0 || year < 1 || month < 1 || month > 12 || day < 1 ||
      day > DaysInMonth(year, month))
    return std::nullopt;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
    return std::nullopt;
  return LocalTime{
      DaysFromCivil(year, month, day) * kSecondsPerDay + hour * 3600 + minute * 60 + second, 0};
}

std::optional<LocalTime> ReadTimestamp(Cursor* cursor) {
  std::optional<LocalTime> usual = ReadUsualForm(cursor->text);
  if (!usual) return ReadLocalTime(cursor);
  cursor->pos = 19;
  if (cursor->Take('.')) {
    const size_t digits = cursor->DigitsAhead();
    if (digits > 9) return std::nullopt;
    usual->nanos = cursor->Number(0, 9) * kPowers[9 - digits];
  }
  return usual;
}

}  // namespace

std::optional<int32_t> ParseDate(std::string_view text) {
  const size_t blank = text.find(' ');
  if (blank != std::string_view::npos && blank > 0) text = text.substr(0, blank);
  int64_t fields[3] = {0, 1, 1};
  for (int i = 0; i < 3; ++i) {
    const size_t hyphen = i < 2 ? text.find('-') : std::string_view::npos;
    fields[i] = FieldNumber(text.substr(0, hyphen));
    if (hyphen == std::string_view::npos) break;
    text = text.substr(hyphen + 1);
  }
  const auto [year, month, day] = fields;
  if (year < 0 || year > 9999 || month < 1 || month > 12) return std::nullopt;
  if (day < 1 || day > DaysInMonth(year, static_cast<int>(month))) return std::nullopt;
  return static_cast<int32_t>(DaysFromCivil(year, static_cast<int>(month), day));
}

std::optional<int32_t> ParseTime(std::string_view text) {
  int64_t fields[3] = {0, 0, 0};
  int64_t millis = 0;
  for (int i = 0; i < 3; ++i) {
    const size_t colon = i < 2 ? text.find(':') : std::string_view::npos;
    std::string_view field = text.substr(0, colon);
    const size_t dot = i == 2 ? field.find('.') : std::string_view::npos;
    fields[i] = FieldNumber(field.substr(0, dot));
    if (dot != std::string_view::npos) {
      std::string_view fraction = Trim(field.substr(dot + 1));
      for (size_t k = 0; k < fraction.size(); ++k) {
        if (!IsDigit(fraction[k])) return std::nullopt;
        if (k < 3) millis += (fraction[k] - '0') * kPowers[2 - k];
      }
    }
    if (colon == std::string_view::npos) break;
    text = text.substr(colon + 1);
  }
  const auto [hour, minute, second] = fields;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
    return std::nullopt;
  return static_cast<int32_t>((hour * 3600 + minute * 60 + second) * 1000 + millis);
}

std::optional<Int128> ParseTimestamp(std::string_view text, int precision) {
  Cursor cursor{text};
  std::optional<LocalTime> time = ReadTimestamp(&cursor);
  if (!time || !cursor.done()) return std::nullopt;
  return ToTicks(*time, precision);
}

std::optional<Int128> ParseTimestampLtz(std::string_view text, int precision,
                                        const TimeZone* zone) {
  Cursor cursor{text};
  std::optional<LocalTime> time = ReadTimestamp(&cursor);
  if (!time) return std::nullopt;
  if (cursor.done()) {
    std::optional<Int128> ticks = ToTicks(*time, precision);
    if (!ticks || zone == nullptr) return ticks;
    return FromLocal(*zone, *ticks, kPowers[precision <= 6 ? 6 : 9]);
  }
  if (!cursor.Take('Z')) {
    const bool minus = cursor.Take('-');
    if (!minus && !cursor.Take('+')) return std::nullopt;
    const int64_t hours = cursor.Number(2, 2);
    (void)cursor.Take(':');
    const int64_t minutes = cursor.done() ? 0 : cursor.Number(2, 2);
    if (hours < 0 || hours > 18 || minutes < 0 || minutes > 59) return std::nullopt;
    time->seconds += (minus ? 1 : -1) * (hours * 3600 + minutes * 60);
  }
  return cursor.done() ? ToTicks(*time, precision) : std::nullopt;
}

}  // namespace weir
