// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include <string>

#include "weir/data/random_column.h"

namespace weir {
namespace {

constexpr int64_t kMicros = 1'000'000;

int64_t At(std::string_view text) { return *ParseTimestamp(text, 6); }
std::string Shown(int64_t ticks) {
  std::string text;
  AppendTimestamp(ticks, 0, &text);
  return text;
}
std::string Local(std::string_view zone, std::string_view utc) {
  return Shown(ToLocal(*Get(FindTimeZone(zone)), At(utc), kMicros));
}
std::string Utc(std::string_view zone, std::string_view local) {
  return Shown(FromLocal(*Get(FindTimeZone(zone)), At(local), kMicros));
}

TEST(TimeZones, OffsetsOfManySpellings) {
  for (std::string_view zone :
       {"GMT+8", "GMT+08:00", "UTC+8", "+8", "+08", "+0800", "+08:00", "+08:00:00", "UT+08:00"}) {
    EXPECT_EQ(Local(zone, "2020-01-01 00:00:00"), "2020-01-01 08:00:00") << zone;
  }
  EXPECT_EQ(Local("GMT-08:00", "2020-01-01 00:00:00"), "2019-12-31 16:00:00");
  EXPECT_EQ(Local("+05:30", "2020-01-01 00:00:00"), "2020-01-01 05:30:00");
  for (std::string_view zone : {"UTC", "GMT", "Z", "UT", "Etc/UTC", "+00:00", "GMT0"}) {
    EXPECT_EQ(Utc(zone, "2020-01-01 00:00:00"), "2020-01-01 00:00:00") << zone;
  }
}

TEST(TimeZones, UnknownOnesAreNamed) {
  for (std::string_view zone :
       {"", "Mars", "+19:00", "GMT+1:5", "+", "UTC+123456", "Europe/Berlinn", "../etc/passwd"}) {
    EXPECT_EQ(GetErrorInfo(FindTimeZone(zone).status()).code, ErrorCode::kInvalidQuery) << zone;
  }
  EXPECT_EQ(GetErrorInfo(FindTimeZone("Europe/Berlinn").status()).hint,
            "did you mean 'Europe/Berlin'?");
}

TEST(TimeZones, SummerAndWinter) {
  EXPECT_EQ(Local("Europe/Berlin", "2021-07-01 12:00:00"), "2021-07-01 14:00:00");
  EXPECT_EQ(Local("Europe/Berlin", "2021-01-01 12:00:00"), "2021-01-01 13:00:00");
  EXPECT_EQ(Utc("America/Los_Angeles", "2021-07-01 00:00:00"), "2021-07-01 07:00:00");
  EXPECT_EQ(Utc("America/Los_Angeles", "2021-12-01 00:00:00"), "2021-12-01 08:00:00");
}

TEST(TimeZones, GapsAndOverlaps) {
  // Berlin: 2021-03-28 02:00 to 03:00 does not exist, 2021-10-31 02:00 to 03:00 comes twice.
  EXPECT_EQ(Utc("Europe/Berlin", "2021-03-28 01:59:59"), "2021-03-28 00:59:59");
  EXPECT_EQ(Utc("Europe/Berlin", "2021-03-28 02:30:00"),
            "2021-03-28 01:30:00");  // 03:30 in summer time.
  EXPECT_EQ(Utc("Europe/Berlin", "2021-03-28 03:00:00"), "2021-03-28 01:00:00");
  EXPECT_EQ(Utc("Europe/Berlin", "2021-10-31 02:30:00"),
            "2021-10-31 00:30:00");  // The first one, still summer time.
  EXPECT_EQ(Utc("Europe/Berlin", "2021-10-31 03:00:00"), "2021-10-31 02:00:00");
  EXPECT_EQ(Utc("America/Los_Angeles", "2021-03-14 02:30:00"), "2021-03-14 10:30:00");
  EXPECT_EQ(Utc("America/Los_Angeles", "2021-11-07 01:30:00"), "2021-11-07 08:30:00");
}

TEST(TimeZones, BeforeAndAfterTheTables) {
  EXPECT_EQ(Local("Asia/Shanghai", "1900-01-01 00:00:00"),
            "1900-01-01 08:05:43");  // Local mean time.
  EXPECT_EQ(Local("Europe/Berlin", "2100-07-01 12:00:00"), "2100-07-01 14:00:00");
  EXPECT_EQ(Local("Europe/Berlin", "2100-01-01 12:00:00"), "2100-01-01 13:00:00");
  EXPECT_EQ(Local("Europe/Berlin", "0001-01-01 12:00:00"), "0001-01-01 12:53:28");
  EXPECT_EQ(Local("Asia/Tokyo", "9999-01-01 12:00:00"), "9999-01-01 21:00:00");
  const TimeZone* berlin = Get(FindTimeZone("Europe/Berlin"));
  EXPECT_EQ(ToLocal(*berlin, INT64_MAX, kMicros), INT64_MAX);
  EXPECT_LT(FromLocal(*berlin, INT64_MIN + 1, kMicros), INT64_MIN + 10'000'000'000);
}

TEST(TimeZones, ThereAndBack) {
  std::mt19937_64 random(9);
  for (std::string_view name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                                "Asia/Kathmandu", "America/St_Johns"}) {
    const TimeZone* zone = Get(FindTimeZone(name));
    for (int i = 0; i < 3000; ++i) {
      const int64_t ticks =
          (static_cast<int64_t>(random() % 8'000'000'000) - 4'000'000'000) * kMicros + 7;
      const int64_t local = ToLocal(*zone, ticks, kMicros);
      const int64_t back = FromLocal(*zone, local, kMicros);
      // In an overlap the earlier instant comes back, which shows the same wall-clock time.
      EXPECT_EQ(ToLocal(*zone, back, kMicros), local) << name << " " << Shown(ticks);
      EXPECT_LE(back, ticks);
      EXPECT_GE(back, ticks - 3 * 3600 * kMicros);
    }
  }
}

}  // namespace
}  // namespace weir
