// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include <gmock/gmock.h>

#include <set>

#include "weir/connector/nexmark/nexmark_events.h"
#include "weir/connector/test_table.h"
#include "weir/testing/fake_clock.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

std::map<std::string, std::string> With(const std::string& connector,
                                        std::map<std::string, std::string> more) {
  more["connector"] = connector;
  return more;
}

std::multiset<std::string> Lines(const std::string& text) {
  std::multiset<std::string> lines;
  size_t begin = 0;
  while (begin < text.size()) {
    size_t end = text.find('\n', begin);
    lines.insert(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

TEST(Datagen, MakesSequences) {
  TestTable table(With("datagen", {{"fields.a.kind", "sequence"},
                                   {"fields.a.start", "5"},
                                   {"fields.a.end", "8"},
                                   {"fields.s.kind", "sequence"},
                                   {"fields.s.start", "1"},
                                   {"fields.s.end", "9"}}),
                  "a INT, s STRING");
  EXPECT_EQ(table.Read(), "+I[5, 1]\n+I[6, 2]\n+I[7, 3]\n+I[8, 4]\n");
  EXPECT_EQ(table.Read(1), "+I[5, 1]\n+I[6, 2]\n+I[7, 3]\n+I[8, 4]\n");
  EXPECT_EQ(Lines(table.Read(2, 3)), Lines("+I[5, 1]\n+I[6, 2]\n+I[7, 3]\n+I[8, 4]\n"));
}

TEST(Datagen, MakesEveryType) {
  TestTable table(With("datagen", {{"number-of-rows", "3"},
                                   {"seed", "7"},
                                   {"fields.i.min", "10"},
                                   {"fields.i.max", "10"},
                                   {"fields.s.length", "4"},
                                   {"fields.n.null-rate", "1"},
                                   {"fields.ar.length", "2"},
                                   {"fields.ar.element.max", "0"},
                                   {"fields.ar.element.min", "0"},
                                   {"fields.de.min", "1.25"},
                                   {"fields.de.max", "1.25"}}),
                  "i BIGINT, s STRING, c CHAR(2), n INT, b BOOLEAN, ar ARRAY<TINYINT>, m MAP<INT, "
                  "DOUBLE>, r ROW<`x` INT>, de DECIMAL(5, 2), "
                  "ts TIMESTAMP(3), dt DATE, ti TIME, by BYTES, f FLOAT, ms MULTISET<INT>");
  FakeClock clock;  // Columns of time are of the moment they are read at.
  clock.SetMillis(1'600'000'000'000);
  Environment environment = RealEnvironment();
  environment.clock = &clock;
  table.context().environment = &environment;
  auto lines = Lines(table.Read());
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_THAT(
      *lines.begin(),
      MatchesRegex(
          "\\+I\\[10, [0-9a-f]{4}, [0-9a-f]{2}, null, (true|false), \\[0, 0\\], .*, 1\\.25, .*"));
  EXPECT_EQ(lines, Lines(table.Read(1)));
  EXPECT_EQ(lines, Lines(table.Read(2, 2)));
}

TEST(Datagen, TimesHaveTheDigitsOfTheirType) {
  // Ages go back to before 1970; what is cut is cut towards the past there too.
  TestTable table(
      {{"connector", "datagen"}, {"number-of-rows", "100"}, {"fields.l.max-past", "40000 d"}},
      "t TIME(0), l TIMESTAMP(0)");
  const std::string rows = table.Read();
  EXPECT_EQ(Lines(rows).size(), 100u) << rows;
  EXPECT_EQ(rows.find('.'), std::string::npos) << rows;  // Java prints fractions that are not 0.
}

TEST(Datagen, RefusesBadOptions) {
  auto read = [](std::map<std::string, std::string> options, const std::string& columns) {
    return TestTable(With("datagen", options), columns).Read();
  };
  EXPECT_THAT(read({{"fields.abc.min", "1"}}, "abd INT"), HasSubstr("names no column"));
  EXPECT_THAT(read({{"fields.a.min", "3"}, {"fields.a.max", "2"}}, "a INT"),
              HasSubstr("is no range of INT"));
  EXPECT_THAT(read({{"fields.a.kind", "sequence"}}, "a INT"),
              HasSubstr("needs the option 'fields.a.start'"));
  EXPECT_THAT(read({{"rows-per-secnd", "1"}}, "a INT"),
              HasSubstr("has no option 'rows-per-secnd'"));
  EXPECT_THAT(read({{"number-of-rows", "many"}}, "a INT"), HasSubstr("must be of type integer"));
}

TEST(Datagen, KeepsToItsRate) {
  TestTable table(With("datagen", {{"number-of-rows", "30"}, {"rows-per-second", "100"}}), "a INT");
  int64_t begin = RealEnvironment().clock->MonotonicMicros();
  EXPECT_EQ(Lines(table.Read()).size(), 30u);
  EXPECT_GT(RealEnvironment().clock->MonotonicMicros() - begin, 100'000);
}

TEST(Nexmark, HasTheBenchmarksProportions) {
  TestTable table(With("nexmark", {{"events.num", "5000"}}), "");
  table.context().schema = NexmarkSchema();
  table.Project("event_type INT");
  auto lines = Lines(table.Read());
  EXPECT_EQ(lines.count("+I[0]"), 100u);
  EXPECT_EQ(lines.count("+I[1]"), 300u);
  EXPECT_EQ(lines.count("+I[2]"), 4600u);
}

TEST(Nexmark, IsDeterministicUnderSplittingAndPruning) {
  TestTable table(With("nexmark", {{"events.num", "1020"}, {"seed", "3"}}), "");
  table.context().schema = NexmarkSchema();
  table.request().schema = NexmarkSchema();
  auto whole = Lines(table.Read());
  EXPECT_EQ(whole.size(), 1020u);
  EXPECT_EQ(whole, Lines(table.Read(33, 3)));
  EXPECT_EQ(whole, Lines(table.ReopenAlways().Read(100)));
  EXPECT_THAT(table.Read(1).substr(0, 2000), HasSubstr("2026-01-01T00:00"));
  table.Project("bid ROW<`price` BIGINT>");
  auto pruned = Lines(table.Read());
  EXPECT_EQ(pruned.count("+I[null]"), 84u);
  TestTable other(With("nexmark", {{"events.num", "1020"}, {"seed", "4"}}), "");
  other.context().schema = NexmarkSchema();
  other.request().schema = NexmarkSchema();
  EXPECT_NE(whole, Lines(other.Read()));
  EXPECT_THAT(TestTable(With("nexmark", {}), "x INT").Read(), HasSubstr("has no column 'x'"));
}

TEST(Values, ReadsRowsKindsAndWatermarks) {
  TestTable table(
      With(
          "values",
          {{"data",
            R"([[1,"a"],{"op":"-U","values":[1,"a"]},{"watermark":1000},{"op":"+U","values":[null,"b"]}])"},
           {"changelog-mode", "I,UB,UA,D"}}),
      "i INT, s STRING");
  EXPECT_EQ(table.Read(), "+I[1, a]\n-U[1, a]\nwatermark 1000\n+U[null, b]\n");
  table.Project("s STRING");
  EXPECT_EQ(table.Read(1), "+I[a]\n-U[a]\nwatermark 1000\n+U[b]\n");
  EXPECT_EQ(TestTable(With("values", {{"data", "[1]\n{\"op\":\"-D\",\"values\":[2]}\n"}}), "i INT")
                .Read(),
            "+I[1]\n-D[2]\n");
  EXPECT_THAT(TestTable(With("values", {{"data", "[[1,2]]"}}), "i INT").Read(),
              HasSubstr("row 1: it has 2 values, the table has 1 columns"));
  EXPECT_THAT(TestTable(With("values", {{"data", "[[\"x\"]]"}}), "i INT").Read(),
              HasSubstr("column 'i'"));
}

TEST(Values, ReadsEveryType) {
  TestTable table(
      With(
          "values",
          {{"data",
            R"([[true,1,"1.50","6869","2026-01-31","10:11:12","2026-01-31 10:11:12.5","2026-01-31 10:11:12Z",[1,null],[[ "k",1]],[7,"y"],"NaN"]])"}}),
      "b BOOLEAN, t TINYINT, d DECIMAL(10, 2), by BYTES, dt DATE, ti TIME, ts TIMESTAMP(3), z "
      "TIMESTAMP_LTZ(3), a ARRAY<INT>, m MAP<STRING, INT>, r ROW<`x` INT, `y` STRING>, f DOUBLE");
  EXPECT_EQ(table.Read(),
            "+I[true, 1, 1.50, [104, 105], 2026-01-31, 10:11:12, 2026-01-31T10:11:12.500, "
            "2026-01-31T10:11:12Z, [1, null], {k=1}, +I[7, y], NaN]\n");
}

TEST(Values, KeepsWhatSinksReceive) {
  TestTable table(With("values", {}), "i INT");
  ASSERT_TRUE(table.Write(R"([[1],{"op":"-D","values":[1]}])").ok());
  ValuesRows rows = table.store().Received("`t`");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].kind, RowKind::kDelete);
  EXPECT_EQ(table.MakeSink().ValueOrDie()->accepted_changes(ChangelogMode::All()),
            ChangelogMode::All());
  table.context().primary_key = {"i"};
  EXPECT_EQ(table.MakeSink().ValueOrDie()->accepted_changes(ChangelogMode::All()).ToString(),
            "I,UA,D");
  table.store().PutRows("big", rows);
  EXPECT_EQ(TestTable(With("values", {{"data-id", "big"}}), "i INT").Read(),
            "error: table `t`: no rows are registered as 'big'");
}

TEST(Registry, NamesTheNearest) {
  auto read = [](const std::string& name) {
    return TestTable({{"connector", name}}, "a INT").Read();
  };
  EXPECT_THAT(read("datgen"), HasSubstr("there is no connector 'datgen'"));
  EXPECT_THAT(read("kafka"), HasSubstr("the connector 'kafka' is not supported yet"));
  EXPECT_THAT(TestTable({}, "a INT").Read(), HasSubstr("has no 'connector' option"));
  EXPECT_THAT(TestTable({{"connector", "filesystem"}, {"format", "json"}}, "a INT").Read(),
              HasSubstr("needs the option 'path'"));
  EXPECT_THAT(TestTable({{"connector", "print"}}, "a INT").Read(), HasSubstr("is a sink only"));
}

}  // namespace
}  // namespace weir
