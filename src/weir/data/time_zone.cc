// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Time zones by Howard Hinnant's date library over the system's tzdata.
// Threads: any. The tables are made once and then only read; each thread remembers the interval
// between two transitions that it met last, so that a run of near instants costs two comparisons
// each.
#include <date/tz.h>

#include <array>
#include <cctype>
#include <exception>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "weir/data/calendar.h"
#include "weir/data/text.h"

namespace weir {

struct TimeZone {
  const date::time_zone* region = nullptr;  // Null: a fixed offset.
  int64_t offset_seconds = 0;
};

namespace {

constexpr int kOffsetMinutesMax = 18 * 60;  // java.time.ZoneOffset's bound.

// One zone for each whole minute of offset.
const TimeZone* FixedZone(int minutes) {
  using Table = std::array<TimeZone, 2 * kOffsetMinutesMax + 1>;
  static const Table kZones = [] {
    Table zones;
    for (int i = 0; i < static_cast<int>(zones.size()); ++i) {
      zones[static_cast<size_t>(i)].offset_seconds = int64_t{i - kOffsetMinutesMax} * 60;
    }
    return zones;
  }();
  return &kZones[static_cast<size_t>(minutes + kOffsetMinutesMax)];
}

using RegionTable = std::map<std::string, TimeZone, std::less<>>;

Result<const RegionTable*> Regions() {
  // The library throws where tzdata is missing; nothing thrown may leave this file.
  try {
    static const RegionTable kRegions = [] {
      RegionTable regions;
      for (const date::time_zone& zone : date::get_tzdb().zones) {
        regions.emplace(zone.name(), TimeZone{&zone, 0});
      }
      return regions;
    }();
    return &kRegions;
  } catch (const std::exception& error) {
    return WithHint(Unavailable("the time zone database cannot be read: {}", error.what()),
                    "install the package tzdata");
  }
}

// "+8", "+08", "+0830", "+8:30", "-08:00", "+08:00:00"; empty when it is no offset.
std::optional<int> ParseOffsetMinutes(std::string_view text) {
  if (text.size() < 2 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const bool negative = text[0] == '-';
  text.remove_prefix(1);
  if (text.size() > 6 && text.ends_with(":00") && text.find(':') != text.size() - 3)
    text.remove_suffix(3);
  int parts[2] = {0, 0};
  int digits[2] = {0, 0};
  int part = 0;
  const bool packed = text.size() == 4 && text.find(':') == std::string_view::npos;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ':' && part == 0) {
      part = 1;
      continue;
    }
    if (packed && i == 2) part = 1;
    if (text[i] < '0' || text[i] > '9' || ++digits[part] > 2) return std::nullopt;
    parts[part] = parts[part] * 10 + (text[i] - '0');
  }
  if (digits[0] == 0 || (part == 1 && digits[1] != 2) || parts[1] > 59) return std::nullopt;
  const int minutes = parts[0] * 60 + parts[1];
  if (minutes > kOffsetMinutesMax) return std::nullopt;
  return negative ? -minutes : minutes;
}

// The instants [begin, end) in seconds, all with one offset.
struct Interval {
  const date::time_zone* region = nullptr;
  int64_t begin = 0;
  int64_t end = 0;
  int64_t offset = 0;
};

// A year from 2009 to 2036 with the same calendar. tzdata lists transitions up to 2037, the rules
// go on as they are.
int64_t EquivalentYear(int64_t year) {
  const int weekday = IsoWeekday(DaysFromCivil(year, 1, 1));
  for (int64_t y = 2036; y > 2008; --y) {
    if (IsLeapYear(y) == IsLeapYear(year) && IsoWeekday(DaysFromCivil(y, 1, 1)) == weekday)
      return y;
  }
  return 2036;
}

constexpr int64_t kLastListed = 2'114'380'800;  // 2037-01-01.
constexpr int64_t kFirstAsked =
    -300'000'000'000;  // About 9,500 years before 1970; earlier ones are alike.
constexpr int64_t kForEver = 100'000'000'000'000;  // More seconds than any timestamp has.

// How far seconds of a year from 2037 on are from those of its equivalent year.
int64_t EquivalentShift(int64_t seconds) {
  if (seconds < kLastListed) return 0;
  const int64_t year = CivilFromDays(FloorDiv(seconds, kSecondsPerDay)).year;
  return (DaysFromCivil(year, 1, 1) - DaysFromCivil(EquivalentYear(year), 1, 1)) * kSecondsPerDay;
}

Interval FindInterval(const date::time_zone* region, int64_t seconds) {
  const int64_t shift = EquivalentShift(seconds);
  const int64_t asked = std::max(seconds - shift, kFirstAsked);
  date::sys_info info = region->get_info(date::sys_seconds(std::chrono::seconds(asked)));
  // "For ever" must leave room for additions.
  Interval interval{region, std::max<int64_t>(info.begin.time_since_epoch().count(), -kForEver),
                    std::min<int64_t>(info.end.time_since_epoch().count(), kForEver),
                    info.offset.count()};
  if (asked != seconds - shift) interval.begin = -kForEver;
  if (shift != 0) {
    // Good within this year only.
    const int64_t year = CivilFromDays(FloorDiv(seconds, kSecondsPerDay)).year;
    interval.begin = std::max(interval.begin + shift, DaysFromCivil(year, 1, 1) * kSecondsPerDay);
    interval.end = std::min(interval.end + shift, DaysFromCivil(year + 1, 1, 1) * kSecondsPerDay);
  } else {
    interval.end = std::min(interval.end, kLastListed);
  }
  return interval;
}

// The interval of the instant `seconds`, from this thread's memory when it is the last one.
const Interval& IntervalOf(const date::time_zone* region, int64_t seconds) {
  thread_local Interval last;
  if (last.region != region || seconds < last.begin || seconds >= last.end)
    last = FindInterval(region, seconds);
  return last;
}

int64_t AddSeconds(int64_t ticks, int64_t seconds, int64_t ticks_per_second) {
  int64_t result;
  if (!__builtin_add_overflow(ticks, seconds * ticks_per_second, &result)) return result;
  return seconds > 0 ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min();
}
Int128 AddSeconds(Int128 ticks, int64_t seconds, int64_t ticks_per_second) {
  return ticks + seconds * ticks_per_second;
}

template <typename Ticks>
Ticks LocalOf(const TimeZone& zone, Ticks ticks, int64_t ticks_per_second) {
  if (zone.region == nullptr) {
    return zone.offset_seconds == 0 ? ticks
                                    : AddSeconds(ticks, zone.offset_seconds, ticks_per_second);
  }
  const int64_t seconds = Split(ticks, ticks_per_second).units;
  return AddSeconds(ticks, IntervalOf(zone.region, seconds).offset, ticks_per_second);
}

template <typename Ticks>
Ticks InstantOf(const TimeZone& zone, Ticks ticks, int64_t ticks_per_second) {
  if (zone.region == nullptr) {
    return zone.offset_seconds == 0 ? ticks
                                    : AddSeconds(ticks, -zone.offset_seconds, ticks_per_second);
  }
  const int64_t local = Split(ticks, ticks_per_second).units;
  // A wall-clock time in an overlap takes the offset before the transition (the earlier instant),
  // in a gap too (which moves it forward by the gap). So the offset that holds a day before is
  // tried first: it is right if its instant still lies in its interval, or if the next interval
  // would place the instant before its own beginning (a gap).
  Interval interval = IntervalOf(zone.region, local - kSecondsPerDay);
  while (true) {
    const int64_t instant = local - interval.offset;
    if (instant < interval.end) break;
    Interval next = IntervalOf(zone.region, interval.end);
    if (local - next.offset < next.begin) break;
    interval = next;
  }
  return AddSeconds(ticks, -interval.offset, ticks_per_second);
}

}  // namespace

Result<const TimeZone*> FindTimeZone(std::string_view zone) {
  if (zone == "Z") return FixedZone(0);
  std::string_view rest = zone;
  for (std::string_view prefix : {"UTC", "GMT", "UT"}) {
    if (!zone.starts_with(prefix)) continue;
    rest = zone.substr(prefix.size());
    if (rest.empty()) return FixedZone(0);
    break;
  }
  if (std::optional<int> minutes = ParseOffsetMinutes(rest)) return FixedZone(*minutes);
  for (std::string_view name :
       {"Etc/UTC", "Etc/GMT", "Etc/UCT", "Zulu", "Etc/Zulu", "Universal", "Greenwich"}) {
    if (zone == name) return FixedZone(0);
  }
  WEIR_ASSIGN_OR_RETURN(const RegionTable* regions, Regions());
  auto found = regions->find(zone);
  if (found != regions->end()) {
    // Reads the zone's file now, so that nothing can fail later.
    try {
      (void)found->second.region->get_info(date::sys_seconds(std::chrono::seconds(0)));
    } catch (const std::exception& error) {
      return Unavailable("the time zone \"{}\" cannot be read: {}", zone, error.what());
    }
    return &found->second;
  }
  std::vector<std::string> names;
  for (const auto& [name, unused] : *regions) names.push_back(name);
  std::string nearest = NearestName(zone, names);
  Status unknown = InvalidQuery("unknown time zone \"{}\"", zone.substr(0, 100));
  if (nearest.empty())
    return WithHint(unknown,
                    "name a region such as 'Europe/Berlin' or an offset such as 'GMT+08:00'");
  return WithHint(unknown, fmt::format("did you mean '{}'?", nearest));
}

int64_t ToLocal(const TimeZone& zone, int64_t ticks, int64_t ticks_per_second) {
  return LocalOf(zone, ticks, ticks_per_second);
}
Int128 ToLocal(const TimeZone& zone, Int128 ticks, int64_t ticks_per_second) {
  return LocalOf(zone, ticks, ticks_per_second);
}
int64_t FromLocal(const TimeZone& zone, int64_t ticks, int64_t ticks_per_second) {
  return InstantOf(zone, ticks, ticks_per_second);
}
Int128 FromLocal(const TimeZone& zone, Int128 ticks, int64_t ticks_per_second) {
  return InstantOf(zone, ticks, ticks_per_second);
}

}  // namespace weir
