// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The temporal family, a case a line.
#include <gtest/gtest.h>

#include "weir/function/calendar.h"
#include "weir/function/call_text.h"
#include "weir/function/date_format.h"

namespace weir {
namespace {

struct Case {
  const char* call;
  const char* expected;
};

void Check(std::initializer_list<Case> cases, const char* zone = "UTC") {
  FunctionConfig config;
  config.time_zone = zone;
  for (const Case& c : cases) EXPECT_EQ(Eval(c.call, config), c.expected) << c.call;
}

TEST(Calendar, DaysAndDatesAgree) {
  for (int64_t days = -1'000'000; days <= 3'000'000; days += 97) {
    CivilDate date = CivilFromDays(days);
    ASSERT_EQ(DaysFromCivil(date.year, date.month, date.day), days);
    ASSERT_LE(date.day, DaysInMonth(date.year, date.month));
  }
  EXPECT_EQ(DaysFromCivil(1970, 1, 1), 0);
  EXPECT_EQ(IsoDayOfWeek(0), 4);
  EXPECT_EQ(IsoWeekOf(DaysFromCivil(2005, 1, 1)).year, 2004);
  EXPECT_EQ(IsoWeekOf(DaysFromCivil(2005, 1, 1)).week, 53);
}

TEST(Temporal, Extract) {
  Check({{"EXTRACT('DAY', DATE '2006-06-05')", "5"},
         {"EXTRACT('DOW', DATE '2020-02-29')", "7"},
         {"EXTRACT('EPOCH', TIMESTAMP '1969-12-31 23:59:59')", "-1"},
         {"EXTRACT('MICROSECOND', TIMESTAMP '2000-01-31 11:22:33.123456')", "123456"},
         {"EXTRACT('HOUR', TIME '01:02:03')", "1"},
         {"EXTRACT('YEAR', INTERVAL '25' MONTH)", "2"},
         {"EXTRACT('HOUR', INTERVAL '90000' SECOND)", "1"},
         {"WEEK(DATE '1994-09-27')", "39"},
         {"HOUR(TIMESTAMP '1969-12-31 23:00:00')", "23"},
         {"YEAR(NULL AS DATE)", "NULL"}});
  EXPECT_EQ(Eval("EXTRACT('DAY', TIME '01:02:03')").substr(0, 6), "error:");
  Check({{"EXTRACT('HOUR', TIMESTAMP_LTZ '2020-06-01 12:00:00')", "14"}}, "Europe/Berlin");
}

TEST(Temporal, FloorAndCeil) {
  Check({{"FLOOR(TIMESTAMP '2018-03-20 06:44:31', 'HOUR')", "2018-03-20 06:00:00"},
         {"CEIL(TIMESTAMP '2018-03-31 00:00:01', 'DAY')", "2018-04-01 00:00:00"},
         {"FLOOR(TIMESTAMP '1969-12-31 06:44:31', 'DAY')", "1969-12-31 00:00:00"},
         {"FLOOR(TIMESTAMP '2021-02-27 00:00:00', 'WEEK')", "2021-02-21 00:00:00"},
         {"CEIL(DATE '1990-10-14', 'MONTH')", "1990-11-01"},
         {"FLOOR(TIME '12:44:31', 'MINUTE')", "12:44:00"},
         {"FLOOR(2.5)", "2"}});
}

TEST(Temporal, Shift) {
  Check({{"TIMESTAMPADD('MONTH', 1, DATE '2016-01-31')", "2016-02-29"},
         {"TIMESTAMPADD('HOUR', -1, DATE '2016-06-15')", "2016-06-14 23:00:00.000000"},
         {"TIMESTAMPADD('SECOND', 1, TIME '23:59:59')", "00:00:00"},
         {"TIMESTAMPADD('DAY', 9223372036854775807, DATE '2016-01-31')",
          "error: TIMESTAMPADD leads out of the range of the type"},
         {"TIMESTAMPDIFF('MONTH', DATE '2016-01-31', DATE '2016-02-29')", "1"},
         {"TIMESTAMPDIFF('DAY', TIMESTAMP '2016-01-02 00:00:00', TIMESTAMP '2016-01-01 00:00:01')",
          "0"},
         {"TIMESTAMPDIFF('WEEK', DATE '2016-01-01', DATE '2016-01-15')", "2"},
         {"TEMPORAL_OVERLAPS(TIME '9:00:00', TIME '10:00:00', TIME '10:15:00', TIME '11:00:00')",
          "FALSE"},
         {"OVERLAPS(ROW(TIME '2:55:00', INTERVAL '3600' SECOND), ROW(TIME '3:30:00', INTERVAL "
          "'7200' SECOND))",
          "TRUE"}});
}

TEST(Temporal, Format) {
  Check({{"DATE_FORMAT(TIMESTAMP '2020-01-31 10:08:09', 'yyyy-MM-dd')", "2020-01-31"},
         {"DATE_FORMAT(TIMESTAMP '2020-01-31 10:08:09.123', 'HH:mm:ss.SSS')", "10:08:09.123"},
         {"DATE_FORMAT(TIMESTAMP '2020-01-31 00:08:09', 'h:mm a, EEE d MMM yy')",
          "12:08 AM, Fri 31 Jan 20"},
         {"DATE_FORMAT(TIMESTAMP '2020-01-31 00:08:09', '''day'' D''''')", "day 31'"},
         {"DATE_FORMAT('2020-01-31 10:08:09', 'HHmm')", "1008"},
         {"DATE_FORMAT(DATE '2020-01-31', 'yyyy/MM/dd')", "2020/01/31"},
         {"FROM_UNIXTIME(44)", "1970-01-01 00:00:44"},
         {"FROM_UNIXTIME(44, 'mm:ss')", "00:44"}});
  EXPECT_EQ(Eval("DATE_FORMAT(TIMESTAMP '2020-01-31 10:08:09', 'yyyy-bb')"),
            "error: the date pattern 'yyyy-bb' has an unknown letter 'b'");
  Check({{"DATE_FORMAT(TIMESTAMP_LTZ '2020-06-01 12:00:00', 'HH:mm XXX')", "14:00 +02:00"},
         {"FROM_UNIXTIME(0)", "1970-01-01 01:00:00"}},
        "Europe/Berlin");
}

TEST(Temporal, Parse) {
  Check({{"TO_DATE('2020-01-31')", "2020-01-31"},
         {"TO_DATE('31.1.2020', 'dd.MM.yyyy')", "2020-01-31"},
         {"TO_DATE('abc')", "NULL"},
         {"TO_TIMESTAMP('1970-01-01 00:00:00.123456789')", "1970-01-01 00:00:00.123"},
         {"TO_TIMESTAMP('20000202 59:59.1234567', 'yyyyMMdd mm:ss.SSSSSSS')",
          "2000-02-02 00:59:59.123"},
         {"TO_TIMESTAMP('2017-9-1 10:00:00', 'yyyy-MM-dd HH:mm:ss')", "2017-09-01 10:00:00.000"},
         {"TO_TIMESTAMP('invalid', 'yyyy-MM-dd')", "NULL"},
         {"TO_TIMESTAMP_LTZ(4001, 3)", "1970-01-01 00:00:04.001"},
         {"TO_TIMESTAMP_LTZ(253402300800000, 3)", "NULL"},
         {"TO_TIMESTAMP_LTZ('2023-01-01 00:00:00', 'yyyy-MM-dd HH:mm:ss', 'Asia/Shanghai')",
          "2022-12-31 16:00:00.000"},
         {"UNIX_TIMESTAMP('1970-01-01 00:00:01')", "1"},
         {"UNIX_TIMESTAMP('1970-01-01 08:00:01.001 +0800', 'yyyy-MM-dd HH:mm:ss.SSS X')", "1"},
         {"UNIX_TIMESTAMP('nonsense')", "-9223372036854775808"},
         {"CONVERT_TZ('1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles')", "1969-12-31 16:00:00"},
         {"CONVERT_TZ('1970-01-01 00:00:00', 'Nowhere', 'UTC')", "NULL"}});
}

TEST(Temporal, WhatIsWrittenCanBeRead) {
  for (const char* text : {"yyyy-MM-dd HH:mm:ss.SSSSSSSSS", "d/M/yyyy H:m:s.SSSSSSSSS",
                           "yyyyMMddHHmmssSSSSSSSSS", "MMM d, yyyy hh:mm:ss.SSSSSSSSS a"}) {
    auto pattern = DatePattern::Compile(text, PatternDialect::kJavaTime).ValueOrDie();
    for (int64_t i = 0; i < 500; ++i) {
      Moment moment{i * 97 - 10'000, (i * 1'234'567'891'011) % kNanosPerDay};
      std::string buffer(pattern->bytes_max(), ' ');
      buffer.resize(static_cast<size_t>(pattern->Write(moment, 0, buffer.data()) - buffer.data()));
      auto read = pattern->Read(buffer);
      ASSERT_TRUE(read.has_value()) << buffer;
      ASSERT_EQ(read->moment.days, moment.days) << buffer;
      ASSERT_EQ(read->moment.nanos, moment.nanos) << buffer;
    }
  }
}

TEST(Temporal, NowIsOneForABatchQuery) {
  FunctionConfig config;
  config.is_streaming = false;
  config.query_start_micros = 1'000'000;
  EXPECT_EQ(Eval("CURRENT_TIMESTAMP", config), "1970-01-01 00:00:01.000");
  EXPECT_EQ(Eval("CURRENT_DATE", config), "1970-01-01");
  EXPECT_EQ(TypeOfCall("LOCALTIMESTAMP"), "TIMESTAMP(3) NOT NULL");
  EXPECT_NE(Eval("CURRENT_WATERMARK(TIMESTAMP '1970-01-01 00:00:00')")
                .find("must be a rowtime attribute, but was 'TIMESTAMP(0) NOT NULL'"),
            std::string::npos);
}

}  // namespace
}  // namespace weir
