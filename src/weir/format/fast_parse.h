// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Parsing of the common forms of numbers and times, eight bytes at a time; what they do not take
// goes to data/text.h. All may read up to 24 bytes from `p` whatever `size` is (see kBlockPadding).
// Source: D. Lemire, "Quickly parsing eight digits", 2018 (the eight-digit conversion).
#pragma once

#include <cstdint>
#include <cstring>

namespace weir {

inline uint64_t LoadWord(const char* p) {
  uint64_t word;
  std::memcpy(&word, p, 8);
  return word;
}

/// Whether each of the eight bytes is a digit.
inline bool AllDigits(uint64_t word) {
  return (((word + 0x4646464646464646u) | (word - 0x3030303030303030u)) & 0x8080808080808080u) == 0;
}
/// The number that eight digits stand for.
inline uint64_t EightDigits(uint64_t word) {
  word -= 0x3030303030303030u;
  word = word * 10 + (word >> 8);
  constexpr uint64_t kMask = 0x000000FF000000FFu;
  return ((word & kMask) * 0x000F424000000064u + ((word >> 16) & kMask) * 0x0000271000000001u) >>
         32;
}
/// The first `size` (1 to 8) bytes, with zeros ('0') before them.
inline uint64_t PadDigits(uint64_t word, uint32_t size) {
  uint32_t shift = (8 - size) * 8;
  return shift == 0 ? word : (word << shift) | (0x3030303030303030u >> (64 - shift));
}

/// Digits only, 1 to 16 of them: true and the number.
inline bool ParseDigits(const char* p, uint32_t size, uint64_t* out) {
  if (size - 1 < 8) {
    uint64_t word = PadDigits(LoadWord(p), size);
    if (!AllDigits(word)) return false;
    *out = EightDigits(word);
    return true;
  }
  if (size - 1 >= 16) return false;
  uint64_t head = PadDigits(LoadWord(p), size - 8), tail = LoadWord(p + size - 8);
  if (!AllDigits(head) || !AllDigits(tail)) return false;
  *out = EightDigits(head) * 100'000'000 + EightDigits(tail);
  return true;
}

/// Days since 1970-01-01 of a proleptic Gregorian date.
/// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
inline int32_t DaysOfDate(int year, int month, int day) {
  year -= month <= 2;
  int era = (year >= 0 ? year : year - 399) / 400;
  int year_of_era = year - era * 400;
  int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

/// Reads "yyyy-MM-dd" and remembers the last one: neighbouring events share their date.
class DateReader {
 public:
  DateReader() : head_(LoadWord("1970-01-01")) { std::memcpy(&tail_, "01", 2); }
  bool Read(const char* p, int32_t* days) {
    uint64_t head = LoadWord(p);
    uint16_t tail;
    std::memcpy(&tail, p + 8, 2);
    if (head != head_ || tail != tail_) {
      if (!ReadSlow(p)) return false;
      head_ = head;
      tail_ = tail;
    }
    *days = days_;
    return true;
  }

 private:
  bool ReadSlow(const char* p) {
    auto digit = [&](int i) { return static_cast<unsigned>(p[i] - '0'); };
    for (int i : {0, 1, 2, 3, 5, 6, 8, 9}) {
      if (digit(i) > 9) return false;
    }
    if (p[4] != '-' || p[7] != '-') return false;
    int year = static_cast<int>(digit(0) * 1000 + digit(1) * 100 + digit(2) * 10 + digit(3));
    int month = static_cast<int>(digit(5) * 10 + digit(6)),
        day = static_cast<int>(digit(8) * 10 + digit(9));
    constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1) return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > kDays[month - 1] + (month == 2 && leap)) return false;
    days_ = DaysOfDate(year, month, day);
    return true;
  }

  uint64_t head_;
  uint16_t tail_;
  int32_t days_ = 0;
};

/// Reads "HH:mm:ss" at `p`: seconds of the day, or -1.
inline int32_t ReadClock(const char* p) {
  uint64_t word =
      LoadWord(p) ^ 0x30303A30303A3030u;  // "00:00:00": digits become their values, colons 0.
  if ((((word + 0x76767F76767F7676u) | word) & 0x8080808080808080u) != 0) return -1;
  auto two = [&](int shift) {
    return static_cast<int32_t>(((word >> shift) & 0xFF) * 10 + ((word >> (shift + 8)) & 0xFF));
  };
  int32_t hour = two(0), minute = two(24), second = two(48);
  if (hour > 23 || minute > 59 || second > 59) return -1;
  return hour * 3600 + minute * 60 + second;
}

/// "yyyy-MM-dd HH:mm:ss[.f]" with `separator` between date and time ('\0': blank or T), f of 1 to 9
/// digits, of which no more than `precision` are kept. `ticks` of type int64_t are microseconds, of
/// type Int128 nanoseconds. False: not of this form (it may still be a timestamp).
template <typename Ticks>
bool ReadTimestamp(const char* p, uint32_t size, int precision, char separator, DateReader* dates,
                   Ticks* ticks) {
  if (size < 19 || size > 29) return false;
  int32_t days;
  if (!dates->Read(p, &days)) return false;
  if (separator != '\0' ? p[10] != separator : (p[10] != ' ' && p[10] != 'T')) return false;
  int32_t seconds = ReadClock(p + 11);
  if (seconds < 0) return false;
  int64_t nanos = 0;
  if (size > 19) {
    if (p[19] != '.' || size == 20) return false;
    constexpr int64_t kScale[] = {1'000'000'000, 100'000'000, 10'000'000, 1'000'000, 100'000,
                                  10'000,        1'000,       100,        10,        1};
    uint32_t digits = size - 20;
    uint64_t fraction;
    if (!ParseDigits(p + 20, digits, &fraction)) return false;
    nanos = static_cast<int64_t>(fraction) * kScale[digits];
    if (precision < static_cast<int>(digits)) nanos -= nanos % kScale[precision];
  }
  int64_t whole = int64_t{days} * 86400 + seconds;
  if constexpr (sizeof(Ticks) == 16) {
    *ticks = Ticks{whole} * 1'000'000'000 + nanos;
  } else {
    *ticks = whole * 1'000'000 + nanos / 1000;
  }
  return true;
}

}  // namespace weir
