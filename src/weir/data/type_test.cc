// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/data/type.h"

#include "weir/data/random_column.h"

namespace weir {
namespace {

TEST(Types, PrintAsFlinkAndReadBack) {
  for (std::string_view text : {"NULL",
                                "BOOLEAN",
                                "BOOLEAN NOT NULL",
                                "CHAR(3)",
                                "CHAR(0) NOT NULL",
                                "VARCHAR(20)",
                                "STRING",
                                "BINARY(4)",
                                "BYTES",
                                "DECIMAL(10, 2) NOT NULL",
                                "DATE",
                                "TIME(0)",
                                "TIMESTAMP(3)",
                                "TIMESTAMP_LTZ(9)",
                                "INTERVAL YEAR(2)",
                                "INTERVAL MONTH",
                                "INTERVAL YEAR(2) TO MONTH",
                                "INTERVAL DAY(2)",
                                "INTERVAL DAY(2) TO HOUR",
                                "INTERVAL DAY(3) TO SECOND(3)",
                                "INTERVAL HOUR",
                                "INTERVAL HOUR TO MINUTE",
                                "INTERVAL MINUTE TO SECOND(6)",
                                "INTERVAL SECOND(3) NOT NULL",
                                "VARIANT",
                                "ARRAY<INT NOT NULL>",
                                "MULTISET<STRING>",
                                "MAP<STRING NOT NULL, ARRAY<ROW<`x` INT>>>",
                                "ROW<`a` INT, `odd ``name` STRING NOT NULL> NOT NULL",
                                "ROW<>",
                                "STRUCTURED<'com.example.It''s', `a` INT NOT NULL> NOT NULL",
                                "STRUCTURED<'Empty'>"}) {
    auto type = ParseTypeString(text);
    ASSERT_TRUE(type.ok()) << type.status().ToString();
    EXPECT_EQ(type->ToString(), text);
  }
  EXPECT_EQ(DataType::IntervalDayTime().ToString(), "INTERVAL DAY(2) TO SECOND(3)");
  EXPECT_EQ(DataType::IntervalYearMonth().ToString(), "INTERVAL YEAR(2) TO MONTH");
}

TEST(Types, ReadOtherSpellings) {
  auto read = [](std::string_view text) { return TypeOf(text).ToString(); };
  EXPECT_EQ(read(" integer "), "INT");
  EXPECT_EQ(read("double precision not null"), "DOUBLE NOT NULL");
  EXPECT_EQ(read("varchar(2147483647)"), "STRING");
  EXPECT_EQ(read("TIMESTAMP(3) WITH LOCAL TIME ZONE"), "TIMESTAMP_LTZ(3)");
  EXPECT_EQ(read("TIMESTAMP"), "TIMESTAMP(6)");
  EXPECT_EQ(read("row(a int 'a comment', b string)"), "ROW<`a` INT, `b` STRING>");
  EXPECT_EQ(TypeOf("TIMESTAMP(3) *ROWTIME*").ToSummaryString(), "TIMESTAMP(3) *ROWTIME*");
  EXPECT_EQ(TypeOf("TIMESTAMP_LTZ(3) NOT NULL *PROCTIME*").ToSummaryString(),
            "TIMESTAMP_LTZ(3) NOT NULL *PROCTIME*");
}

TEST(Types, RefuseWhatIsNoType) {
  for (std::string_view text :
       {"", "INTT", "DECIMAL(39, 0)", "DECIMAL(3, 4)", "TIMESTAMP(10)", "ARRAY<INT", "MAP<INT>",
        "ROW<`a INT>", "INTERVAL DAY TO MONTH", "INT INT", "CHAR(99999999999)", "ROW<a>",
        "STRUCTURED<>", "STRUCTURED<'A' a INT>", "STRUCTURED<'A"}) {
    EXPECT_FALSE(ParseTypeString(text).ok()) << text;
  }
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "ARRAY<";
  EXPECT_FALSE(ParseTypeString(deep).ok());
}

TEST(Types, EqualityIgnoresTimeAttributes) {
  DataType rowtime = DataType::Timestamp(3).WithTimeAttribute(TimeAttribute::kRowtime);
  EXPECT_EQ(rowtime, DataType::Timestamp(3));
  EXPECT_NE(DataType::Timestamp(3).NotNull(), DataType::Timestamp(3));
  EXPECT_TRUE(DataType::Timestamp(3).NotNull().EqualsIgnoringNullable(rowtime));
  EXPECT_NE(DataType::Array(DataType::Int()), DataType::Array(DataType::Int().NotNull()));
  EXPECT_NE(TypeOf("ROW<`a` INT>"), TypeOf("ROW<`b` INT>"));
  EXPECT_NE(TypeOf("INTERVAL DAY(2)"), TypeOf("INTERVAL HOUR"));
  EXPECT_NE(TypeOf("STRUCTURED<'A', a INT>"), TypeOf("STRUCTURED<'B', a INT>"));
  EXPECT_NE(TypeOf("STRUCTURED<'A', a INT>"), TypeOf("ROW<a INT>"));
  EXPECT_EQ(TypeOf("STRUCTURED<'A', a INT>"), TypeOf("structured<'A', a int 'a comment'>"));
}

}  // namespace
}  // namespace weir
