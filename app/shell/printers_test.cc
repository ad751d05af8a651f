// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "printers.h"

#include <gtest/gtest.h>

#include "weir/testing/text_batch.h"

namespace weir {
namespace {

class FakeResult : public QueryResult {
 public:
  FakeResult(Schema schema, ChangelogMode changes, std::vector<int> key)
      : schema_(std::move(schema)), changes_(changes), key_(std::move(key)) {}
  bool has_rows() const override { return true; }
  bool is_query() const override { return true; }
  const Schema& schema() const override { return schema_; }
  ChangelogMode changes() const override { return changes_; }
  const std::vector<int>& upsert_key() const override { return key_; }
  Result<bool> Next(Batch*) override { return false; }

 private:
  Schema schema_;
  ChangelogMode changes_;
  std::vector<int> key_;
};

struct Case {
  std::string schema;
  std::string rows;
  ChangelogMode changes = ChangelogMode::AppendOnly();
  std::vector<int> key = {};
  PrintSettings settings = {};
};

/// What `output` prints of the rows, all in one batch.
std::string Printed(std::string_view output, const Case& c) {
  auto schema = ParseSchemaText(c.schema);
  EXPECT_TRUE(schema.ok()) << schema.status().ToString();
  FakeResult result(*schema, c.changes, c.key);
  OutputStream out(-1);
  std::unique_ptr<ResultPrinter> printer = FindOutput(output)->make(result, c.settings, &out);
  if (!c.rows.empty()) {
    auto batch = ParseRows(c.rows, *schema, arrow::default_memory_pool());
    EXPECT_TRUE(batch.ok()) << batch.status().ToString();
    EXPECT_TRUE(printer->OnBatch(*batch).ok());
  }
  EXPECT_TRUE(printer->OnEnd({}).ok());
  return *out.buffer();
}

TEST(TablePrinter, PrintsRowsInABox) {
  EXPECT_EQ(Printed("table", {"id INT, name STRING", "+I 1 Alice +I 20 null"}),
            "+----+-------+\n"
            "| id | name  |\n"
            "+----+-------+\n"
            "|  1 | Alice |\n"
            "| 20 | NULL  |\n"
            "+----+-------+\n"
            "2 rows in set\n");
}

TEST(TablePrinter, FoldsAChangelog) {
  EXPECT_EQ(Printed("table", {"k STRING, n BIGINT", "+I a 1 +I b 5 -U a 1 +U a 2 -D b 5",
                              ChangelogMode::All()}),
            "+---+---+\n"
            "| k | n |\n"
            "+---+---+\n"
            "| a | 2 |\n"
            "+---+---+\n"
            "1 row in set\n");
}

TEST(TablePrinter, CutsLongTextsOnly) {
  PrintSettings settings;
  settings.column_width_max = 8;
  EXPECT_EQ(
      Printed("table", {"s STRING, n BIGINT", "+I Washington 1234567890123", {}, {}, settings}),
      "+----------+---------------+\n"
      "| s        |             n |\n"
      "+----------+---------------+\n"
      "| Washi... | 1234567890123 |\n"
      "+----------+---------------+\n"
      "1 row in set\n");
}

TEST(TablePrinter, CountsColumnsOfWideCharacters) {
  EXPECT_EQ(Printed("table", {"s STRING", "+I 東京 +I Oslo12"}),
            "+--------+\n"
            "| s      |\n"
            "+--------+\n"
            "| 東京   |\n"
            "| Oslo12 |\n"
            "+--------+\n"
            "2 rows in set\n");
}

TEST(TablePrinter, LeavesOutTheMiddleOfLongResults) {
  PrintSettings settings;
  settings.rows_max = 3;
  EXPECT_EQ(Printed("table", {"n BIGINT, s STRING",
                              "+I 1 a +I 2 b +I 3 c +I 4 d +I 5 abcdefghijklmnopqrstuvwxyz",
                              {},
                              {},
                              settings}),
            "+---+----------------------------+\n"
            "| n | s                          |\n"
            "+---+----------------------------+\n"
            "| 1 | a                          |\n"
            "| 2 | b                          |\n"
            "| ... 2 more rows; --output c... |\n"
            "| 5 | abcdefghijklmnopqrstuvwxyz |\n"
            "+---+----------------------------+\n"
            "5 rows in set\n");
}

TEST(TablePrinter, SaysThatThereAreNoRows) {
  EXPECT_EQ(Printed("table", {"n INT", ""}), "Empty set\n");
}

TEST(TablePrinter, ShowsControlCharacters) {
  EXPECT_NE(Printed("table", {"s STRING", "+I 'a\x1b[2Jb'"}).find("| a\\x1b[2Jb |"),
            std::string::npos);
}

TEST(ChangelogPrinter, PrintsEveryChange) {
  EXPECT_EQ(Printed("changelog", {"k STRING", "+I a -U a +U b", ChangelogMode::All()}),
            "+----+---+\n"
            "| op | k |\n"
            "+----+---+\n"
            "| +I | a |\n"
            "| -U | a |\n"
            "| +U | b |\n"
            "+----+---+\n"
            "3 changes\n");
}

TEST(JsonPrinter, PrintsTypedValues) {
  EXPECT_EQ(
      Printed(
          "json",
          {"i INT, d DECIMAL(38, 4), f DOUBLE, s STRING, b BYTES, at TIMESTAMP(3), t BOOLEAN",
           "+I 1 12345678901234567890.1234 1.5 'say \"hi\"' x'00ff' '2020-01-31 10:00:00.5' true"}),
      "{\"i\":1,\"d\":12345678901234567890.1234,\"f\":1.5,\"s\":\"say \\\"hi\\\"\",\"b\":\"AP8=\","
      "\"at\":\"2020-01-31 10:00:00.500\",\"t\":true}\n");
}

TEST(JsonPrinter, PrintsNestedValues) {
  EXPECT_EQ(Printed("json", {"a ARRAY<INT>, r ROW<x INT, y STRING>, m MAP<STRING, INT>",
                             "+I [1,2,null] (1,b) {k:7} +I null null null"}),
            "{\"a\":[1,2,null],\"r\":{\"x\":1,\"y\":\"b\"},\"m\":{\"k\":7}}\n"
            "{\"a\":null,\"r\":null,\"m\":null}\n");
}

TEST(JsonPrinter, NamesTheKindOfChangelogRows) {
  EXPECT_EQ(Printed("json", {"k STRING", "+I a -D a", ChangelogMode::All()}),
            "{\"op\":\"+I\",\"k\":\"a\"}\n{\"op\":\"-D\",\"k\":\"a\"}\n");
}

TEST(CsvPrinter, QuotesWhereRfc4180Wants) {
  EXPECT_EQ(
      Printed("csv", {"a STRING, b STRING, n INT", "+I 'x,y' 'say \"hi\"' 1 +I '' null null"}),
      "a,b,n\n"
      "\"x,y\",\"say \"\"hi\"\"\",1\n"
      "\"\",,\n");
}

TEST(CsvPrinter, PutsTheKindFirst) {
  EXPECT_EQ(Printed("csv", {"n INT", "+I 1 -U 1 +U 2", ChangelogMode::All()}),
            "op,n\n+I,1\n-U,1\n+U,2\n");
}

TEST(CsvPrinter, PrintsTheHeaderOfAnEmptyResult) {
  EXPECT_EQ(Printed("csv", {"a INT, b INT", ""}), "a,b\n");
}

TEST(MarkdownPrinter, PrintsAFoldedTable) {
  EXPECT_EQ(Printed("markdown",
                    {"s STRING, n INT", "+I 'a|b' 1 -U 'a|b' 1 +U 'a|b' 2", ChangelogMode::All()}),
            "| s | n |\n"
            "| --- | ---: |\n"
            "| a\\|b | 2 |\n");
}

TEST(OutputKinds, AreFoundByName) {
  for (const OutputKind& kind : OutputKinds()) EXPECT_EQ(FindOutput(kind.name), &kind);
  EXPECT_EQ(FindOutput("xml"), nullptr);
}

}  // namespace
}  // namespace weir
