// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include <gmock/gmock.h>

#include "weir/format/test_decode.h"

namespace weir {
namespace {

using testing::HasSubstr;

std::string Csv(const std::string& text, const std::string& columns, const DecodeCase& how = {}) {
  return DecodeEveryWay("csv", text, columns, how);
}

TEST(CsvDecoder, ReadsRfc4180) {
  EXPECT_EQ(Csv("1,a\r\n2,\"b, \"\"c\"\"\nd\"\r\n3,\n", "a INT, b STRING"),
            "1|a\n2|b, \"c\"\nd\n3|\n");
  EXPECT_EQ(Csv("1,a", "a INT, b STRING"), "1|a\n");
  EXPECT_EQ(Csv("1,\"a\"", "a INT, b STRING"), "1|a\n");
  EXPECT_EQ(Csv("1,\"a\"\r", "a INT, b STRING"), "1|a\n");
  EXPECT_EQ(Csv("1,a\n\n\r\n2,b\n", "a INT, b STRING"), "1|a\n2|b\n");
  EXPECT_EQ(Csv("1,a\"b\"c\n", "a INT, b STRING"), "1|a\"b\"c\n");
  EXPECT_EQ(Csv("\"\"\n\"\"\"\"\n\"\n\"\n", "b STRING"), "\n\"\n\n\n");
}

TEST(CsvDecoder, ReadsEveryType) {
  EXPECT_EQ(Csv("true,-1,200,70000,12345678901234567,1.5,-2.5E3,12.345,2026-01-31,10:11:12,2026-01-"
                "31 10:11:12.5,2026-01-31 10:11:12Z,aGk=,1;2,7;x\n",
                "b BOOLEAN, t TINYINT, s SMALLINT, i INT, l BIGINT, f FLOAT, d DOUBLE, de "
                "DECIMAL(10, 2), dt DATE, ti TIME, ts TIMESTAMP(3), z TIMESTAMP_LTZ(3), by BYTES, "
                "a ARRAY<INT>, r ROW<`x` INT, `y` STRING>"),
            "true|-1|200|70000|12345678901234567|1.5|-2500.0|12.35|2026-01-31|10:11:12|2026-01-"
            "31T10:11:12.500|2026-01-31T10:11:12Z|[104, 105]|[1, 2]|+I[7, x]\n");
  EXPECT_EQ(Csv(",,,\n", "i INT, d DOUBLE, t TIMESTAMP(3), s STRING"), "null|null|null|\n");
}

TEST(CsvDecoder, FollowsOptions) {
  EXPECT_EQ(Csv("1\ta b\n", "a INT, b STRING", {{{"field-delimiter", "\\t"}}}), "1|a b\n");
  EXPECT_EQ(
      Csv("1;'x;y'\n", "a INT, b STRING", {{{"field-delimiter", ";"}, {"quote-character", "'"}}}),
      "1|x;y\n");
  EXPECT_EQ(Csv("1,\"x\n", "a INT, b STRING", {{{"disable-quote-character", "true"}}}), "1|\"x\n");
  EXPECT_EQ(Csv("1,a\\,b\n2,\"c\\\"d\"\n", "a INT, b STRING", {{{"escape-character", "\\"}}}),
            "1|a,b\n2|c\"d\n");
  EXPECT_EQ(Csv("#1,a\n1,n/a\n", "a INT, b STRING",
                {{{"allow-comments", "true"}, {"null-literal", "n/a"}}}),
            "1|null\n");
  EXPECT_EQ(Csv("x,y\n1,2\n", "a INT, b INT", {{{"header", "true"}}}), "1|2\n");
  EXPECT_EQ(Csv("a,b\n1,2\n", "a INT, b INT"), "1|2\n");
  EXPECT_THAT(Csv("a,b\n1,2\n", "a INT, b INT", {{{"header", "false"}}}),
              HasSubstr("bad [a] \"a\" is not a value of type INT"));
  EXPECT_THAT(Csv("", "a INT", {{{"field-delimiter", "ab"}}}),
              HasSubstr("must be one ASCII character"));
  EXPECT_THAT(Csv("", "a MAP<INT, INT>"), HasSubstr("is not supported"));
}

TEST(CsvDecoder, ReportsBadRecords) {
  EXPECT_EQ(Csv("1,2\n1\n1,2,3\nx,2\n3,4\n", "a INT, b INT"),
            "1|2\n3|4\nbad it has 1 fields, the table has 2 columns\nbad it has 3 fields, the "
            "table has 2 columns\nbad [a] \"x\" is not a value of type INT\n");
  EXPECT_EQ(Csv("1,2\n1\n1,2,3\nx,2\n", "a INT, b INT", {{{"ignore-parse-errors", "true"}}}),
            "1|2\n1|null\n1|2\nnull|2\n");
  EXPECT_EQ(Csv("\"a\"x,1\nb,2\n", "a STRING, b INT"),
            "b|2\nbad [a] text behind a closing quote\n");
  EXPECT_EQ(Csv("\"a,1\nb,2\nc,3\n", "a STRING, b INT"),
            "b|2\nc|3\nbad [a] a quoted field is not closed\n");
  EXPECT_EQ(Csv("x,\"a\nb\"\n1,c\n", "a INT, b STRING"),
            "1|c\nbad [a] \"x\" is not a value of type INT\n");
  EXPECT_EQ(Csv("1,\"a\nb\"x,y\n1,c\n", "a INT, b STRING"),
            "1|c\nbad [b] text behind a closing quote\n");
  EXPECT_EQ(Csv("\xff,1\nb,2\n", "a STRING, b INT"), "b|2\nbad invalid UTF-8\n");
  EXPECT_EQ(Csv("99999999999999999999\n-5\n 7\n", "a BIGINT"),
            "-5\n7\nbad [a] \"99999999999999999999\" is not a value of type BIGINT\n");
}

TEST(CsvDecoder, HandlesHeadersAndMarks) {
  EXPECT_EQ(Csv("\xEF\xBB\xBF"
                "1,2\n",
                "a INT, b INT"),
            "1|2\n");
  EXPECT_EQ(Csv("\xEF\xBB\xBF"
                "a,b\n",
                "a INT, b INT"),
            "");
  EXPECT_EQ(Csv("\"a\",b\r\n1,2\r\n", "a INT, b INT"), "1|2\n");
  EXPECT_EQ(Csv(std::string("a\0b\n", 4), "s STRING"), std::string("a\0b\n", 4));
}

TEST(CsvDecoder, ReadsSomeColumns) {
  EXPECT_EQ(Csv("x,1,\"a,b\"\ny,2,c\n", "a INT, b INT, c STRING", {{}, "c STRING, b INT"}),
            "a,b|1\nc|2\n");
}

TEST(CsvDecoder, FieldsAcrossManyBlocks) {
  std::string big(300000, 'q');
  EXPECT_EQ(Decode("csv", "1,\"" + big + "\n\"\n2,x\n", "a INT, b STRING"),
            "1|" + big + "\n\n2|x\n");
}

std::string RoundTrip(const std::string& text, const std::string& columns,
                      std::map<std::string, std::string> options = {}) {
  Schema schema = SchemaOfText(columns);
  const Format* csv = FindFormat("csv");
  auto decoder = csv->MakeDecoder({schema, schema, Options(options), "UTC"}).ValueOrDie();
  CollectedBadRecords bad;
  RecordReader reader(std::make_unique<TextStream>(text, 1 << 20), std::move(decoder), {}, 1 << 24,
                      &bad);
  bool at_end = false;
  Batch batch = reader.Read(100, arrow::default_memory_pool(), &at_end).ValueOrDie();
  auto encoder = csv->MakeEncoder({schema, Options(options), "UTC"}).ValueOrDie();
  std::string out = encoder->FileHeader();
  Status status = encoder->Encode(batch, &out);
  return status.ok() ? out + bad.text : "error: " + status.message();
}

TEST(CsvEncoder, WritesAsFlinkDoes) {
  EXPECT_EQ(RoundTrip("1,plain\n2,\"two words\"\n3,\"a\"\"b\"\n4,\n", "a INT, b STRING"),
            "1,plain\n2,\"two words\"\n3,\"a\"\"b\"\n4,\n");
  EXPECT_EQ(RoundTrip("2026-01-31 10:11:12.500,2026-01-31,1.50\n",
                      "t TIMESTAMP(3), d DATE, de DECIMAL(5, 2)"),
            "\"2026-01-31 10:11:12.5\",2026-01-31,1.50\n");
  EXPECT_EQ(RoundTrip("n,1;2\n", "s STRING, a ARRAY<INT>", {{"null-literal", "n"}}), "n,1;2\n");
  EXPECT_EQ(RoundTrip("x\n1\n", "x INT", {{"header", "true"}}), "x\n1\n");
  EXPECT_EQ(RoundTrip("abcdefghijklmnopqrstuvwxyz\n", "s STRING"),
            "\"abcdefghijklmnopqrstuvwxyz\"\n");
}

TEST(RawFormat, TakesLinesAsTheyAre) {
  EXPECT_EQ(DecodeEveryWay("raw", "a b\r\n\n{c}\nlast", "s STRING"), "a b\n\n{c}\nlast\n");
  EXPECT_EQ(DecodeEveryWay("raw", "\xff\nok\n", "s STRING"), "ok\nbad invalid UTF-8\n");
  EXPECT_EQ(DecodeEveryWay("raw", std::string("\0\0\1\2\nabc\n", 9), "i INT"),
            "258\nbad 3 bytes are not a INT\n");
  EXPECT_THAT(DecodeEveryWay("raw", "", "a INT, b INT"), HasSubstr("exactly one physical column"));
}

}  // namespace
}  // namespace weir
