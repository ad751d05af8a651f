// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/data/text.h"

#include <cmath>

#include "weir/data/calendar.h"
#include "weir/data/random_column.h"

namespace weir {
namespace {

template <typename Append, typename... Args>
std::string Text(Append&& append, Args... args) {
  std::string out;
  append(args..., &out);
  return out;
}

TEST(Numbers, DoublesPrintAsJava) {
  const std::vector<std::pair<double, std::string>> cases = {
      {1.0, "1.0"},
      {-0.0, "-0.0"},
      {0.1, "0.1"},
      {100.0, "100.0"},
      {1234567.0, "1234567.0"},
      {9999999.0, "9999999.0"},
      {1e7, "1.0E7"},
      {12345678.9, "1.23456789E7"},
      {0.001, "0.001"},
      {0.00012, "1.2E-4"},
      {1e-4, "1.0E-4"},
      {0.0012345, "0.0012345"},
      {123.456789, "123.456789"},
      {1e23, "1.0E23"},
      {2e23, "2.0E23"},
      {4.9e-324, "4.9E-324"},
      {1.7976931348623157e308, "1.7976931348623157E308"},
      {2.2250738585072014e-308, "2.2250738585072014E-308"},
      {-1.5e300, "-1.5E300"},
      {1.0 / 3, "0.3333333333333333"},
      {9007199254740993.0, "9.007199254740992E15"},
      {NAN, "NaN"},
      {INFINITY, "Infinity"},
      {-INFINITY, "-Infinity"},
      {1e21, "1.0E21"},
      {5e-324, "4.9E-324"}};
  for (const auto& [value, text] : cases) EXPECT_EQ(Text(AppendDouble, value), text);
}

TEST(Numbers, FloatsPrintAsJava) {
  const std::vector<std::pair<float, std::string>> cases = {
      {1.0f, "1.0"},         {0.1f, "0.1"},
      {123.456f, "123.456"}, {3.4028235e38f, "3.4028235E38"},
      {1.4e-45f, "1.4E-45"}, {16777216.0f, "1.6777216E7"},
      {1e10f, "1.0E10"},     {0.001f, "0.001"},
      {-12.345f, "-12.345"}, {1.17549435e-38f, "1.1754944E-38"}};
  for (const auto& [value, text] : cases) EXPECT_EQ(Text(AppendFloat, value), text);
}

TEST(Numbers, DoublesReadBack) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 20'000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (std::isnan(value)) continue;
    EXPECT_EQ(ParseDouble(Text(AppendDouble, value)), value);
  }
}

TEST(Numbers, ParseDoubleTakesJavasForms) {
  EXPECT_EQ(ParseDouble("1"), 1.0);
  EXPECT_EQ(ParseDouble("+.5"), 0.5);
  EXPECT_EQ(ParseDouble("5."), 5.0);
  EXPECT_EQ(ParseDouble("1e3"), 1000.0);
  EXPECT_EQ(ParseDouble("1E+3d"), 1000.0);
  EXPECT_EQ(ParseDouble("1e999"), INFINITY);
  EXPECT_EQ(ParseDouble("-1e999"), -INFINITY);
  EXPECT_EQ(ParseDouble("1e-999"), 0.0);
  EXPECT_EQ(ParseDouble("-Infinity"), -INFINITY);
  EXPECT_TRUE(std::isnan(*ParseDouble("NaN")));
  for (std::string_view bad : {"", ".", "e5", "1e", "nan", "inf", "1 ", " 1", "1.2.3", "0x10",
                               "1,5", "--1", "+-1", "1f2"}) {
    EXPECT_FALSE(ParseDouble(bad)) << bad;
  }
  EXPECT_FALSE(ParseDouble(std::string_view("1\0", 2)));
}

TEST(Numbers, ParseIntegerCutsTheFraction) {
  EXPECT_EQ(ParseInteger("123"), 123);
  EXPECT_EQ(ParseInteger("+1.9"), 1);
  EXPECT_EQ(ParseInteger("-1.9"), -1);
  EXPECT_EQ(ParseInteger("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(ParseInteger("9223372036854775807"), INT64_MAX);
  for (std::string_view bad : {"", "-", "+", "9223372036854775808", "-9223372036854775809", "1e3",
                               "1.x", " 1", "1 ", "1.2.3", "a"}) {
    EXPECT_FALSE(ParseInteger(bad)) << bad;
  }
}

Int128 Power(int n) {
  Int128 p = 1;
  while (n-- > 0) p *= 10;
  return p;
}

TEST(Numbers, DecimalsPrintEveryDigit) {
  auto text = [](Int128 unscaled, int scale) { return Text(AppendDecimal, unscaled, scale); };
  EXPECT_EQ(text(0, 0), "0");
  EXPECT_EQ(text(0, 3), "0.000");
  EXPECT_EQ(text(-5, 3), "-0.005");
  EXPECT_EQ(text(12345, 2), "123.45");
  EXPECT_EQ(text(Power(38) - 1, 0), std::string(38, '9'));
  EXPECT_EQ(text(-(Power(38) - 1), 38), "-0." + std::string(38, '9'));
  EXPECT_EQ(text(Power(37), 18), "10000000000000000000." + std::string(18, '0'));
  EXPECT_EQ(text(Power(18), 0), "1000000000000000000");
  EXPECT_EQ(text(Power(19) * 5, 1), "5000000000000000000.0");
}

TEST(Numbers, ParseDecimalRoundsHalfUp) {
  auto parse = [](std::string_view text, int precision, int scale) {
    std::optional<Int128> value = ParseDecimal(text, precision, scale);
    return value ? Text(AppendDecimal, *value, scale) : std::string("none");
  };
  EXPECT_EQ(parse("1.234", 5, 3), "1.234");
  EXPECT_EQ(parse("1.2345", 5, 3), "1.235");
  EXPECT_EQ(parse("-1.2345", 5, 3), "-1.235");
  EXPECT_EQ(parse("1.2344999", 5, 3), "1.234");
  EXPECT_EQ(parse("99.9995", 5, 3), "none");
  EXPECT_EQ(parse("99.9994", 5, 3), "99.999");
  EXPECT_EQ(parse("12345", 4, 0), "none");
  EXPECT_EQ(parse(".5", 1, 0), "1");
  EXPECT_EQ(parse(".4", 1, 0), "0");
  EXPECT_EQ(parse("0.05", 1, 0), "0");
  EXPECT_EQ(parse("1e3", 10, 2), "1000.00");
  EXPECT_EQ(parse("12.5E-1", 10, 2), "1.25");
  EXPECT_EQ(parse("1e999999999999", 10, 2), "none");
  EXPECT_EQ(parse("1e-999999999999", 10, 2), "0.00");
  EXPECT_EQ(parse("0e999999999999", 10, 2), "0.00");
  EXPECT_EQ(parse("000000000000000000000000000000000000000000000001.5", 10, 1), "1.5");
  EXPECT_EQ(parse(std::string(38, '9'), 38, 0), std::string(38, '9'));
  EXPECT_EQ(parse(std::string(39, '9'), 38, 0), "none");
  EXPECT_EQ(parse("0." + std::string(38, '9'), 38, 38), "0." + std::string(38, '9'));
  for (std::string_view bad : {"", ".", "abc", "1d", "NaN", "1..2", " 1"})
    EXPECT_EQ(parse(bad, 10, 2), "none") << bad;
}

TEST(Booleans, FlinksWords) {
  for (std::string_view yes : {"true", "TRUE", "t", "T", "yes", "Y", "1"})
    EXPECT_EQ(ParseBoolean(yes), true) << yes;
  for (std::string_view no : {"FalsE", "f", "no", "N", "0"})
    EXPECT_EQ(ParseBoolean(no), false) << no;
  for (std::string_view bad : {"", "tr", "2", " true", "Apache Flink"})
    EXPECT_FALSE(ParseBoolean(bad)) << bad;
}

TEST(Calendar, AgreesWithItself) {
  EXPECT_EQ(DaysFromCivil(1970, 1, 1), 0);
  EXPECT_EQ(DaysFromCivil(2000, 2, 29), 11'016);
  EXPECT_EQ(DaysFromCivil(0, 1, 1), -719'528);
  EXPECT_EQ(IsoWeekday(0), 4);
  int64_t last = DaysFromCivil(-801, 12, 31);
  for (int64_t year = -800; year <= 2500; ++year) {
    for (int month = 1; month <= 12; ++month) {
      for (int day = 1; day <= DaysInMonth(year, month); ++day) {
        ASSERT_EQ(DaysFromCivil(year, month, day), ++last);
        const CivilDate date = CivilFromDays(last);
        ASSERT_TRUE(date.year == year && date.month == month && date.day == day)
            << year << "-" << month << "-" << day;
      }
    }
  }
}

TEST(Dates, PrintFourDigitYears) {
  EXPECT_EQ(Text(AppendDate, 0), "1970-01-01");
  EXPECT_EQ(Text(AppendDate, -1), "1969-12-31");
  EXPECT_EQ(Text(AppendDate, -719'528), "0000-01-01");
  EXPECT_EQ(Text(AppendDate, 2'932'896), "9999-12-31");
  EXPECT_EQ(Text(AppendDate, 2'932'897), "+10000-01-01");
  EXPECT_EQ(Text(AppendDate, -719'529), "-0001-12-31");
  EXPECT_EQ(Text(AppendDate, INT32_MAX), "+5881580-07-11");
  EXPECT_EQ(Text(AppendDate, INT32_MIN), "-5877641-06-23");
}

TEST(Dates, ParseAsFlink) {
  auto parse = [](std::string_view text) {
    std::optional<int32_t> days = ParseDate(text);
    return days ? Text(AppendDate, *days) : std::string("none");
  };
  EXPECT_EQ(parse("2021-09-27"), "2021-09-27");
  EXPECT_EQ(parse("2021-9-1"), "2021-09-01");
  EXPECT_EQ(parse("2021-9"), "2021-09-01");
  EXPECT_EQ(parse("123"), "0123-01-01");
  EXPECT_EQ(parse("2021-09-27 12:34:56.123456789"), "2021-09-27");
  EXPECT_EQ(parse("2020-02-29"), "2020-02-29");
  for (std::string_view bad :
       {"", "foo", "2021/09/27", "2021-02-29", "2021-13-01", "2021-00-01", "10000-01-01",
        "2021-09-27T00", "2021-1-1-1", "-1-1-1", "99999999999999999999"}) {
    EXPECT_EQ(parse(bad), "none") << bad;
  }
}

TEST(Times, PrintAndParse) {
  EXPECT_EQ(Text(AppendTime, 36'489'000, 0), "10:08:09");
  EXPECT_EQ(Text(AppendTime, 36'489'000, 3), "10:08:09.0");
  EXPECT_EQ(Text(AppendTime, 36'489'120, 3), "10:08:09.12");
  EXPECT_EQ(Text(AppendTime, 36'489'123, 1), "10:08:09.1");
  EXPECT_EQ(Text(AppendTime, 36'489'123, 9), "10:08:09.123");
  EXPECT_EQ(Text(AppendIsoTime, 36'480'000), "10:08");
  EXPECT_EQ(Text(AppendIsoTime, 36'489'500), "10:08:09.500");
  auto parse = [](std::string_view text) {
    std::optional<int32_t> millis = ParseTime(text);
    return millis ? Text(AppendTime, *millis, 3) : std::string("none");
  };
  EXPECT_EQ(parse("23"), "23:00:00.0");
  EXPECT_EQ(parse("23:45"), "23:45:00.0");
  EXPECT_EQ(parse("1:30:00"), "01:30:00.0");
  EXPECT_EQ(parse("12:34:56.123456789"), "12:34:56.123");
  for (std::string_view bad : {"", "foo", "123", "123:45", "2021-09-27 12:34:56", "24:00:00",
                               "12:60", "12:00:60", "1:2:3:4", "12:34:56.x"}) {
    EXPECT_EQ(parse(bad), "none") << bad;
  }
}

TEST(Timestamps, PrintExactlyThePrecision) {
  EXPECT_EQ(Text(AppendTimestamp, 0, 0), "1970-01-01 00:00:00");
  EXPECT_EQ(Text(AppendTimestamp, -1, 6), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(Text(AppendTimestamp, -1, 3), "1969-12-31 23:59:59.999");
  EXPECT_EQ(Text(AppendTimestamp, -1, 9), "1969-12-31 23:59:59.999999999");
  EXPECT_EQ(Text(AppendTimestamp, 1'500'000, 1), "1970-01-01 00:00:01.5");
  EXPECT_EQ(Text(AppendTimestamp, 1'500'000'000, 7), "1970-01-01 00:00:01.5000000");
  EXPECT_EQ(Text(AppendTimestamp, INT64_MIN, 6), "-290308-12-21 19:59:05.224192");
  EXPECT_EQ(Text(AppendTimestamp, INT64_MAX, 9), "2262-04-11 23:47:16.854775807");
  EXPECT_EQ(Text(AppendIsoTimestamp, 28'800'000'000, 1'000'000), "1970-01-01T08:00");
  EXPECT_EQ(Text(AppendIsoTimestamp, 28'800'100'000, 1'000'000), "1970-01-01T08:00:00.100");
  EXPECT_EQ(Text(AppendIsoTimestamp, 28'800'000'010, 1'000'000), "1970-01-01T08:00:00.000010");
  EXPECT_EQ(Text(AppendIsoTimestamp, 1, 1'000'000'000), "1970-01-01T00:00:00.000000001");
  const Int128 first = Int128{-62'135'596'800} * 1'000'000'000;
  EXPECT_EQ(Text(AppendTimestamp, first, 9), "0001-01-01 00:00:00.000000000");
  EXPECT_EQ(Text(AppendIsoTimestamp, first + 1, 1'000'000'000), "0001-01-01T00:00:00.000000001");
  EXPECT_EQ(Text(AppendIsoInstant, 28'800'000'000, 1'000'000), "1970-01-01T08:00:00Z");
}

TEST(Timestamps, ParseManyForms) {
  auto parse = [](std::string_view text, int precision) {
    std::optional<Int128> ticks = ParseTimestamp(text, precision);
    return ticks ? Text(AppendTimestamp, *ticks, precision) : std::string("none");
  };
  EXPECT_EQ(parse("2021-09-27 12:34:56.123", 9), "2021-09-27 12:34:56.123000000");
  EXPECT_EQ(parse("2021-09-27T12:34:56.123456789", 9), "2021-09-27 12:34:56.123456789");
  EXPECT_EQ(parse("2021-09-27 12:34:56.123456789", 6), "2021-09-27 12:34:56.123456");
  EXPECT_EQ(parse("2021-09-27 12:34:56.129", 2), "2021-09-27 12:34:56.12");
  EXPECT_TRUE(ParseTimestamp("1970-01-01 00:00:00.129", 2) ==
              120'000);  // Cut to the precision, not only printed so.
  EXPECT_EQ(parse("1500-04-30 12:00:00.123456789", 6), "1500-04-30 12:00:00.123456");
  EXPECT_EQ(parse("1500-04-30 12:00:00", 9), "1500-04-30 12:00:00.000000000");
  EXPECT_EQ(parse("0001-01-01 00:00:00.123456789", 9), "0001-01-01 00:00:00.123456789");
  EXPECT_EQ(parse("9999-12-31 23:59:59.999999999", 9), "9999-12-31 23:59:59.999999999");
  EXPECT_EQ(parse("9999-12-31 23:59:59.999999999", 7), "9999-12-31 23:59:59.9999999");
  EXPECT_EQ(parse("1999-9-10 05:20:10.123456", 6), "1999-09-10 05:20:10.123456");
  EXPECT_EQ(parse("1999-9-10", 6), "1999-09-10 00:00:00.000000");
  EXPECT_EQ(parse("1999-09-10 5:2", 0), "1999-09-10 05:02:00");
  EXPECT_EQ(parse("2021-02-31 00:00:00", 0), "2021-02-28 00:00:00");
  EXPECT_EQ(parse("2021-02-28 24:00:00", 0), "2021-03-01 00:00:00");
  EXPECT_EQ(parse("9999-12-31 23:59:59.999999", 6), "9999-12-31 23:59:59.999999");
  EXPECT_EQ(parse("0001-01-01 00:00:00", 6), "0001-01-01 00:00:00.000000");
  EXPECT_EQ(parse("+10000-01-01 00:00:00", 0), "+10000-01-01 00:00:00");
  EXPECT_EQ(parse("2021-09-27 12:34:56.", 0), "2021-09-27 12:34:56");
  for (std::string_view bad : {"", "foo", "123", "2021-09-27 ", "2021-09-27 12", "2021-09-27 12:61",
                               "2021-09-27 25:00:00", "2021-09-27 24:00:01", "0000-01-01 00:00:00",
                               "2021-09-27 12:34:56.1234567890", "2021-09-27 12:34:56Z", "21-09-27",
                               "2021-13-01", "2021-09-2712:34:56", "-001-01-01 00:00:00"}) {
    EXPECT_EQ(parse(bad, 6), "none") << bad;
  }
}

TEST(Timestamps, InstantsHaveAZone) {
  auto parse = [](std::string_view text, const TimeZone* zone) {
    std::optional<Int128> ticks = ParseTimestampLtz(text, 3, zone);
    return ticks ? Text(AppendTimestamp, *ticks, 3) : std::string("none");
  };
  const TimeZone* berlin = Get(FindTimeZone("Europe/Berlin"));
  EXPECT_EQ(parse("2021-09-27 12:34:56.123", berlin), "2021-09-27 10:34:56.123");
  EXPECT_EQ(parse("2021-09-27 12:34:56.123Z", berlin), "2021-09-27 12:34:56.123");
  EXPECT_EQ(parse("2021-09-27T12:34:56+05:30", berlin), "2021-09-27 07:04:56.000");
  EXPECT_EQ(parse("2021-09-27T12:34:56-0130", nullptr), "2021-09-27 14:04:56.000");
  EXPECT_EQ(parse("2021-09-27 12:34:56", nullptr), "2021-09-27 12:34:56.000");
  EXPECT_EQ(parse("2021-09-27 12:34:56 Z", nullptr), "none");
  EXPECT_EQ(parse("2021-09-27 12:34:56+25:00", nullptr), "none");
}

TEST(Timestamps, ReadBack) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 20'000; ++i) {
    const int precision = static_cast<int>(random() % 10);
    const int64_t unit = precision <= 6 ? 6 - precision : 9 - precision;
    int64_t step = 1;
    for (int64_t k = 0; k < unit; ++k) step *= 10;
    const Int128 second = precision <= 6 ? 1'000'000 : 1'000'000'000;
    const Int128 ticks =  // From year 1 to 9999.
        (Int128{random()} * 17 % (315'537'897'600 * second) - 62'135'596'800 * second) / step *
        step;
    EXPECT_TRUE(ParseTimestamp(Text(AppendTimestamp, ticks, precision), precision) == ticks)
        << Text(AppendTimestamp, ticks, precision);
  }
}

TEST(Intervals, PrintSigns) {
  EXPECT_EQ(Text(AppendIntervalYearMonth, 25), "+2-01");
  EXPECT_EQ(Text(AppendIntervalYearMonth, -24), "-2-00");
  EXPECT_EQ(Text(AppendIntervalYearMonth, 0), "+0-00");
  EXPECT_EQ(Text(AppendIntervalYearMonth, INT32_MIN), "-178956970-08");
  EXPECT_EQ(Text(AppendIntervalDayTime, 12 * kMillisPerDay), "+12 00:00:00.000");
  EXPECT_EQ(Text(AppendIntervalDayTime, -1), "-0 00:00:00.001");
  EXPECT_EQ(Text(AppendIntervalDayTime, INT64_MIN), "-106751991167 07:12:55.808");
}

TEST(Utf8, TellsValidFromInvalid) {
  for (std::string_view good :
       {"", "ascii only, and longer than thirty-two bytes for the fast path", "Zürich", "日本語",
        "\xF0\x9F\x98\x80", "\xEF\xBF\xBD", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF"}) {
    EXPECT_TRUE(IsValidUtf8(good)) << good;
  }
  for (std::string_view bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80",
                               "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3",
                               "\xE2\x82", "\xF0\x9F\x98", "abc\xFFxyz", "\xC3\x28"}) {
    EXPECT_FALSE(IsValidUtf8(bad));
    EXPECT_FALSE(IsValidUtf8(std::string(64, 'a') + std::string(bad)));
  }
}

std::string Shown(std::string_view type, Value value, TextStyle style,
                  const TimeZone* zone = nullptr) {
  std::string text;
  AppendValueText(*ColumnOf(type, {std::move(value)}), 0, style, zone, &text);
  return text;
}

TEST(Values, ThreeStyles) {
  auto all = [](std::string_view type, const Value& value) {
    return Shown(type, value, TextStyle::kCast) + " | " + Shown(type, value, TextStyle::kDisplay) +
           " | " + Shown(type, value, TextStyle::kJavaRow);
  };
  EXPECT_EQ(all("INT", Value::Null()), "NULL | NULL | null");
  EXPECT_EQ(all("BOOLEAN", Value::Bool(true)), "TRUE | true | true");
  EXPECT_EQ(all("BYTES", Value::String("he\xFF")), "he\xFF | x'6865ff' | [104, 101, -1]");
  EXPECT_EQ(all("DECIMAL(20, 18)", Value::Decimal(0)),
            "0.000000000000000000 | 0.000000000000000000 | 0E-18");
  EXPECT_EQ(all("DECIMAL(20, 8)", Value::Decimal(-123)), "-0.00000123 | -0.00000123 | -0.00000123");
  EXPECT_EQ(all("DECIMAL(20, 9)", Value::Decimal(-123)), "-0.000000123 | -0.000000123 | -1.23E-7");
  EXPECT_EQ(all("TIMESTAMP(3)", Value::Int(0)),
            "1970-01-01 00:00:00.000 | 1970-01-01 00:00:00.000 | 1970-01-01T00:00");
  EXPECT_EQ(all("TIMESTAMP_LTZ(3)", Value::Int(0)),
            "1970-01-01 00:00:00.000 | 1970-01-01 00:00:00.000 | 1970-01-01T00:00:00Z");
  EXPECT_EQ(all("TIME(0)", Value::Int(36'480'000)), "10:08:00 | 10:08:00 | 10:08");
  EXPECT_EQ(Shown("INTERVAL YEAR(2) TO MONTH", Value::Int(-25), TextStyle::kJavaRow), "P-2Y-1M");
  EXPECT_EQ(Shown("INTERVAL MONTH", Value::Int(25), TextStyle::kJavaRow), "P25M");
  EXPECT_EQ(Shown("INTERVAL MONTH", Value::Int(0), TextStyle::kJavaRow), "P0D");
  EXPECT_EQ(Shown("INTERVAL DAY(2) TO SECOND(3)", Value::Int(129'600'000), TextStyle::kJavaRow),
            "PT36H");
  EXPECT_EQ(Shown("INTERVAL SECOND(3)", Value::Int(-500), TextStyle::kJavaRow), "PT-0.5S");
  EXPECT_EQ(Shown("INTERVAL SECOND(3)", Value::Int(-61'250), TextStyle::kJavaRow), "PT-1M-1.25S");
  EXPECT_EQ(Shown("INTERVAL SECOND(3)", Value::Int(0), TextStyle::kJavaRow), "PT0S");
  const Value nested =
      Value::List({Value::List({Value::Int(1), Value::Null()}),
                   Value::List({Value::List({Value::String("k"), Value::Bool(false)})})});
  EXPECT_EQ(all("ROW<`a` ARRAY<INT>, `m` MAP<STRING, BOOLEAN>>", nested),
            "([1, NULL], {k=FALSE}) | ([1, NULL], {k=false}) | +I[[1, null], {k=false}]");
}

TEST(Values, LocalTimestampsFollowTheZone) {
  const TimeZone* shanghai = Get(FindTimeZone("Asia/Shanghai"));
  EXPECT_EQ(Shown("TIMESTAMP_LTZ(3)", Value::Int(0), TextStyle::kCast, shanghai),
            "1970-01-01 08:00:00.000");
  EXPECT_EQ(Shown("TIMESTAMP(3)", Value::Int(0), TextStyle::kCast, shanghai),
            "1970-01-01 00:00:00.000");
}

}  // namespace
}  // namespace weir
