// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include <gmock/gmock.h>

#include "weir/data/batch.h"
#include "weir/format/test_decode.h"

namespace weir {
namespace {

using testing::HasSubstr;

std::string Json(const std::string& text, const std::string& columns, const DecodeCase& how = {}) {
  return DecodeEveryWay("json", text, columns, how);
}

TEST(JsonDecoder, ReadsEveryType) {
  EXPECT_EQ(Json("{\"b\":true,\"t\":-7,\"s\":300,\"i\":-70000,\"l\":9223372036854775807,\"f\":1.5,"
                 "\"d\":-2.5e3,\"de\":123.4}\n",
                 "b BOOLEAN, t TINYINT, s SMALLINT, i INT, l BIGINT, f FLOAT, d DOUBLE, de "
                 "DECIMAL(10, 2)"),
            "true|-7|300|-70000|9223372036854775807|1.5|-2500.0|123.40\n");
  EXPECT_EQ(Json("{\"d\":\"2026-01-31\",\"t\":\"10:11:12\",\"s\":\"2026-01-31 "
                 "10:11:12.5\",\"z\":\"2026-01-31 10:11:12Z\",\"y\":\"aGk=\"}\n",
                 "d DATE, t TIME, s TIMESTAMP(3), z TIMESTAMP_LTZ(3), y BYTES"),
            "2026-01-31|10:11:12|2026-01-31T10:11:12.500|2026-01-31T10:11:12Z|[104, 105]\n");
  EXPECT_EQ(Json("{\"a\":[1,null,3],\"m\":{\"k\":1,\"l\":null},\"r\":{\"x\":{\"y\":\"deep\"}},"
                 "\"e\":[]}\n{\"a\":null}\n",
                 "a ARRAY<INT>, m MAP<STRING, INT>, r ROW<`x` ROW<`y` STRING>>, e ARRAY<STRING>"),
            "[1, null, 3]|{k=1, l=null}|+I[+I[deep]]|[]\nnull|null|null|null\n");
}

TEST(JsonDecoder, TakesKeysInAnyOrderAndMissingOnesAsNull) {
  EXPECT_EQ(Json("{\"a\":1,\"b\":2}\n{\"b\":2,\"a\":1}\n{\"b\":3}\n{}\n{\"x\":[{\"y\":[1]}],\"a\":"
                 "4,\"z\":\"}\"}\n",
                 "a INT, b INT"),
            "1|2\n1|2\nnull|3\nnull|null\n4|null\n");
}

TEST(JsonDecoder, LastOfEqualKeysWins) {
  EXPECT_EQ(Json("{\"a\":1,\"a\":2}\n{\"a\":1,\"a\":null}\n{\"a\":null,\"a\":3}\n", "a INT"),
            "2\nnull\n3\n");
  EXPECT_EQ(Json("{\"a\":[1,2],\"a\":[3]}\n{\"a\":[4]}\n", "a ARRAY<INT>"), "[3]\n[4]\n");
  EXPECT_EQ(Json("{\"a\":{\"x\":1,\"y\":2},\"a\":{\"x\":3}}\n", "a ROW<`x` INT, `y` INT>"),
            "+I[3, null]\n");
}

TEST(JsonDecoder, DecodesEscapes) {
  EXPECT_EQ(Json("{\"s\":\"a\\n\\\"b\\u00e9\\ud83d\\ude00 and some more "
                 "text\"}\n{\"s\":\"plain\"}\n{\"\\u0073\":\"key with an escape\"}\n",
                 "s STRING"),
            "a\n\"b\xc3\xa9\xf0\x9f\x98\x80 and some more text\nplain\nkey with an escape\n");
  EXPECT_EQ(Json("{\"s\":\"\\ud800\"}\n{\"s\":\"\\x\"}\n{\"s\":\"ok\"}\n", "s STRING"),
            "ok\nbad [s] a bad escape in a string, or half of a surrogate pair\nbad [s] a bad "
            "escape in a string, or half of a surrogate pair\n");
}

TEST(JsonDecoder, AnythingCanBeAString) {
  EXPECT_EQ(Json("{\"s\":12.50}\n{\"s\":true}\n{\"s\":{\"a\" : [1, \"x "
                 "y\"]}}\n{\"s\":\"\"}\n{\"s\":\"123456789012\"}\n{\"s\":\"1234567890123\"}\n",
                 "s STRING"),
            "12.50\ntrue\n{\"a\":[1,\"x y\"]}\n\n123456789012\n1234567890123\n");
}

TEST(JsonDecoder, AnythingCanBeAVariant) {
  EXPECT_EQ(Json("{\"v\": {\"b\" : [1, 2.50, \"x y\"], \"a\": {}} , \"i\": 1}\n{\"v\":\"a text "
                 "longer than twelve\"}\n"
                 "{\"v\": -7 }\n{\"v\":null}\n{\"v\":true}\n{\"v\":{\"k\":1,\"k\":2}}\n{}\n",
                 "v VARIANT, i INT"),
            "{\"a\":{},\"b\":[1,2.50,\"x y\"]}|1\n\"a text longer than "
            "twelve\"|null\n-7|null\nnull|null\n"
            "true|null\n{\"k\":2}|null\nnull|null\n");
  EXPECT_EQ(Json("{\"a\":[1,{\"x\":null}],\"m\":{\"k\":[]}}\n",
                 "a ARRAY<VARIANT>, m MAP<STRING, VARIANT>"),
            "[1, {\"x\":null}]|{k=[]}\n");
  EXPECT_EQ(
      Json("{\"v\":[1,]}\n{\"v\":[1 2]}\n{\"v\":tru}\n{\"v\":01}\n{\"v\":1}\n", "v VARIANT"),
      "1\nbad [v] expected a value but found ']' at byte 3\nbad [v] expected ',' or ']' but found "
      "'2' at "
      "byte 3\nbad [v] expected a value but found 't' at byte 0\nbad [v] expected a number without "
      "leading zeros but found '1' at byte 1\n");
}

TEST(JsonDecoder, ReadsNumbersAsFlinkDoes) {
  EXPECT_EQ(Json("{\"a\":\"12\"}\n{\"a\":1.9}\n{\"a\":-0}\n{\"a\":1e3}\n", "a INT"),
            "12\n1\n0\n1000\n");
  EXPECT_EQ(Json("{\"a\":1180591620717411303424}\n{\"a\":9223372036854775808}\n{\"a\":-"
                 "9223372036854775808}\n",
                 "a BIGINT"),
            "-9223372036854775808\n"
            "bad [a] 1180591620717411303424 is not a value of type BIGINT\nbad [a] "
            "9223372036854775808 is not a value of type BIGINT\n");
  EXPECT_EQ(Json("{\"a\":1e400}\n{\"a\":\"1.5\"}\n", "a DOUBLE"),
            "1.5\nbad [a] 1e400 is not a value of type DOUBLE\n");
  EXPECT_EQ(Json("{\"a\":1234567890123456789012345678901234567890}\n{\"a\":"
                 "12345678901234567890123456789012345678}\n",
                 "a DECIMAL(38, 0)"),
            "12345678901234567890123456789012345678\nbad [a] "
            "1234567890123456789012345678901234567890 is not a value of type DECIMAL(38, 0)\n");
  EXPECT_EQ(Json("{\"a\":01}\n{\"a\":+1}\n{\"a\":1.}\n{\"a\":0x1}\n{\"a\":NaN}\n{\"a\":nul}\n{"
                 "\"a\":12345678a}\n",
                 "a BIGINT"),
            "bad expected a value\nbad expected a value\nbad expected a value\nbad expected a "
            "value\nbad expected a value\nbad expected a value\nbad expected a value\n");
}

TEST(JsonDecoder, ReadsTimestampsInBothFormsUnlessToldWhich) {
  std::string text = "{\"t\":\"2026-02-28 23:59:59.123456\"}\n{\"t\":\"2026-02-28T23:59:59\"}\n";
  EXPECT_EQ(Json(text, "t TIMESTAMP(3)"), "2026-02-28T23:59:59.123\n2026-02-28T23:59:59\n");
  EXPECT_THAT(Json(text, "t TIMESTAMP(6)", {{{"timestamp-format.standard", "SQL"}}}),
              HasSubstr("bad [t] \"2026-02-28T23:59:59\""));
  EXPECT_THAT(Json(text, "t TIMESTAMP(6)", {{{"timestamp-format.standard", "ISO-8601"}}}),
              HasSubstr("bad [t] \"2026-02-28 23"));
  EXPECT_EQ(Json("{\"t\":\"2026-13-01 00:00:00\"}\n{\"t\":\"2026-02-01 25:00:00\"}\n{\"t\":5}\n",
                 "t TIMESTAMP(3)"),
            "bad [t] \"2026-13-01 00:00:00\" is not a value of type TIMESTAMP(3)\nbad [t] "
            "\"2026-02-01 25:00:00\" is not a value of type TIMESTAMP(3)\n"
            "bad [t] 5 is not a value of type TIMESTAMP(3)\n");
}

TEST(JsonDecoder, KeepsToLines) {
  EXPECT_EQ(Json("{\"a\":\n1}\n{\"a\":2}\n", "a INT"),
            "2\nbad the line ends within the record\nbad a record must be a JSON object\n");
  EXPECT_EQ(Json("{\"a\":1}{\"a\":2}\n{\"a\":3}\n", "a INT"),
            "3\nbad more text behind the record\n");
  EXPECT_EQ(Json("\r\n{\"a\":1}\r\n\n  \n{\"a\":2}", "a INT"), "1\n2\n");
  EXPECT_EQ(Json("\xEF\xBB\xBF{\"a\":1}\n", "a INT"), "1\n");
  EXPECT_EQ(Json("1\n\"x\"\nnull\n[1]\n", "a INT").substr(0, 37),
            "bad a record must be a JSON object\nba");
}

TEST(JsonDecoder, FindsTheBadLinesOfABlock) {
  EXPECT_EQ(Json("{\"a\":\"x\"}\n{\"a\":\"y}\n{\"a\":\"z\"}\n", "a STRING"),
            "x\nz\nbad a string that is not closed\n");
  EXPECT_THAT(Json("{\"a\":\"\xff\"}\n{\"a\":\"z\"}\n", "a STRING"),
              testing::EndsWith("bad invalid UTF-8\n"));
  EXPECT_EQ(Json(std::string("{\"a\":\0}\n{\"a\":1}\n", 16), "a INT"), "1\nbad expected a value\n");
  EXPECT_EQ(Json("{\"a\":1\n}\n}}}}\n{\"b\":{\"b\":{\"b\":{\"b\":{\"b\":\n}}}}}}}}}}\n{\"a\":2}\n",
                 "a INT")
                .substr(0, 2),
            "2\n");
}

TEST(JsonDecoder, BoundsDepth) {
  std::string deep =
      "{\"x\":" + std::string(100000, '[') + std::string(100000, ']') + "}\n{\"a\":1}\n";
  EXPECT_EQ(Decode("json", deep, "a INT"), "1\nbad nested deeper than 1000 levels\n");
  std::string open = "{\"x\":" + std::string(100000, '[') + "\n{\"a\":1}\n";
  EXPECT_EQ(Decode("json", open, "a INT"), "1\nbad nested deeper than 1000 levels\n");
  EXPECT_EQ(Json("{\"x\":[}\n{\"x\":{]}\n{\"x\":[[]\n{\"a\":1}\n", "a INT").substr(0, 2), "1\n");
}

TEST(JsonDecoder, BadFieldsCanBeNull) {
  DecodeCase ignore{{{"ignore-parse-errors", "true"}}};
  EXPECT_EQ(Json("{\"a\":\"x\",\"b\":[1,\"y\"],\"c\":{\"d\":\"z\",\"e\":5},\"f\":6}\n",
                 "a INT, b ARRAY<INT>, c ROW<`d` INT, `e` INT>, f INT", ignore),
            "null|null|+I[null, 5]|6\n");
  EXPECT_EQ(Json("{\"b\":[1,2,\"x\"]}\n{\"b\":[7]}\n", "b ARRAY<INT>", ignore), "null\n[7]\n");
}

TEST(JsonDecoder, CanInsistOnAllFields) {
  EXPECT_EQ(Json("{\"a\":1,\"b\":{\"x\":null}}\n{\"b\":{\"x\":2}}\n{\"a\":1,\"b\":{}}\n",
                 "a INT, b ROW<`x` INT>", {{{"fail-on-missing-field", "true"}}}),
            "1|+I[null]\nbad [a] the key is missing\nbad [b.x] the key is missing\n");
}

TEST(JsonDecoder, DecodesOnlyWhatIsAskedFor) {
  std::string columns = "a INT, r ROW<`x` INT, `y` STRING, `z` INT>, c STRING";
  EXPECT_EQ(
      Json("{\"a\":\"not a number\",\"r\":{\"x\":1,\"y\":\"yy\",\"z\":\"bad\"},\"c\":\"cc\"}\n",
           columns, {{}, "c STRING, r ROW<`y` STRING>"}),
      "cc|+I[yy]\n");
}

TEST(JsonDecoder, ReadsArraysOfObjects) {
  EXPECT_EQ(Json(" [{\"a\":1},\n {\"a\":2} ,{\"a\":\"x\"},{\"a\":4}]\n", "a INT"),
            "1\n2\n4\nbad [a] \"x\" is not a value of type INT\n");
  EXPECT_EQ(Json("[]", "a INT"), "");
  EXPECT_THAT(Json("[{\"a\":1}", "a INT"), HasSubstr("error: "));
  EXPECT_THAT(Json("[{\"a\":1}] x", "a INT"), HasSubstr("error: more text"));
}

TEST(JsonDecoder, SurvivesManyUnknownKeys) {
  std::string text, expected;
  for (int i = 0; i < 3000; ++i) {
    text += fmt::format("{{\"k{}\":1,\"a\":{},\"j{}\":[{{}}]}}\n", i, i, i % 7);
    expected += fmt::format("{}\n", i);
  }
  EXPECT_EQ(Decode("json", text, "a INT"), expected);
}

TEST(JsonEncoder, WritesAsFlinkDoes) {
  Schema schema = SchemaOfText(
      "s STRING, i INT, d DOUBLE, de DECIMAL(10, 8), by BYTES, dt DATE, t TIME, ts TIMESTAMP(3), z "
      "TIMESTAMP_LTZ(3), a ARRAY<INT>, m MAP<STRING, INT>, r ROW<`x` INT>");
  std::string text =
      "{\"s\":\"a\\\"\\n\\u0001\",\"i\":-5,\"d\":1.0E10,\"de\":1E-8,\"by\":\"aGk=\",\"dt\":\"2026-"
      "01-31\",\"t\":\"10:11:12\","
      "\"ts\":\"2026-01-31 10:11:12.5\",\"z\":\"2026-01-31 "
      "10:11:12Z\",\"a\":[1,null],\"m\":{\"k\":1},\"r\":{\"x\":null}}\n"
      "{\"s\":null,\"i\":null,\"d\":null,\"de\":null,\"by\":null,\"dt\":null,\"t\":null,\"ts\":"
      "null,\"z\":null,\"a\":null,\"m\":null,\"r\":null}\n";
  const Format* json = FindFormat("json");
  auto decoder = json->MakeDecoder({schema, schema, {}, "UTC"}).ValueOrDie();
  CollectedBadRecords bad;
  RecordReader reader(std::make_unique<TextStream>(text, 1 << 20), std::move(decoder), {}, 1 << 24,
                      &bad);
  bool at_end = false;
  Batch batch = reader.Read(100, arrow::default_memory_pool(), &at_end).ValueOrDie();
  ASSERT_EQ(bad.text, "");
  std::string out;
  ASSERT_TRUE(json->MakeEncoder({schema, {}, "UTC"}).ValueOrDie()->Encode(batch, &out).ok());
  EXPECT_EQ(out, text);
  out.clear();
  Options options({{"encode.ignore-null-fields", "true"},
                   {"encode.decimal-as-plain-number", "true"},
                   {"timestamp-format.standard", "ISO-8601"}});
  ASSERT_TRUE(json->MakeEncoder({schema, options, "UTC"}).ValueOrDie()->Encode(batch, &out).ok());
  EXPECT_THAT(out, HasSubstr("\"de\":0.00000001"));
  EXPECT_THAT(out, HasSubstr("\"ts\":\"2026-01-31T10:11:12.5\""));
  EXPECT_THAT(out, testing::EndsWith("\n{}\n"));
}

}  // namespace
}  // namespace weir
