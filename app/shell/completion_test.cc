// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "completion.h"

#include <gtest/gtest.h>

#include "line_editor.h"
#include "shell.h"
#include "statement_runner.h"

namespace weir {
namespace {

using Names = std::vector<std::string>;

class FixedNames : public NameSource {
 public:
  Names Tables() override { return {"orders", "order lines", "flights"}; }
  Names Databases() override { return {"default_database", "sales"}; }
  Names Catalogs() override { return {"default_catalog"}; }
  Names TablesOf(const std::string&, const std::string& database) override {
    return database == "sales" ? Names{"regions"} : Names{};
  }
  Names Columns(const std::vector<std::string>& path) override {
    if (path.back() == "orders") return {"order_id", "amount", "group"};
    if (path.back() == "flights") return {"origin", "delay"};
    return {};
  }
  Names Functions() override { return {"FLOOR", "FLATTEN", "UPPER"}; }
  Names SessionOptions() override {
    return {"execution.runtime-mode", "execution.attached", "parallelism.default"};
  }
  Names Connectors() override { return {"filesystem", "datagen"}; }
  Names Formats() override { return {"csv", "json"}; }
  Names ConnectorOptions(const std::string& connector) override {
    return connector == "datagen" ? Names{"connector", "rows-per-second"} : Names{"connector"};
  }
  Names OptionValues(const std::string&, const std::string& key) override {
    return key == "execution.runtime-mode" ? Names{"BATCH", "STREAMING"} : Names{};
  }
  Names Files(const std::string& prefix) override {
    return prefix == "fl" ? Names{"flights.csv"} : Names{};
  }
};

/// Candidates at '|' in `text`, separated by blanks; the suffix follows when there is only one.
std::string At(std::string text) {
  size_t cursor = text.find('|');
  text.erase(cursor, 1);
  FixedNames names;
  Completion completion = Complete(names, text, cursor);
  std::string shown;
  for (const Candidate& candidate : completion.candidates)
    shown += (shown.empty() ? "" : " ") + candidate.text;
  if (completion.candidates.size() == 1) shown += completion.candidates[0].suffix;
  return shown;
}

TEST(Complete, BeginsStatements) {
  EXPECT_EQ(At("SEL|"), "SELECT ");
  EXPECT_EQ(At("sel|"), "select ");
  EXPECT_EQ(At("DES|"), "DESCRIBE ");
}

TEST(Complete, OffersTablesAfterFrom) {
  EXPECT_EQ(At("SELECT * FROM |"), "flights `order lines` orders");
  EXPECT_EQ(At("SELECT * FROM fli|"), "flights ");
  EXPECT_EQ(At("INSERT INTO orders SELECT * FROM x JOIN fl|"), "flights ");
}

TEST(Complete, OffersColumnsOfTheTablesOfTheStatement) {
  EXPECT_EQ(At("SELECT am| FROM orders"), "amount");
  EXPECT_EQ(At("SELECT gr| FROM orders").substr(0, 7), "`group`");
  EXPECT_EQ(At("SELECT o.am| FROM orders AS o"), "amount");
  EXPECT_EQ(At("SELECT f.| FROM orders o, flights f"), "delay origin");
  EXPECT_EQ(At("SELECT * FROM flights WHERE del|").substr(0, 5), "delay");
}

TEST(Complete, OffersTablesOfADatabase) { EXPECT_EQ(At("SELECT * FROM sales.|"), "regions"); }

TEST(Complete, OffersFunctionsInTheTypedCase) {
  EXPECT_EQ(At("SELECT FLA|"), "FLATTEN(");
  EXPECT_EQ(At("SELECT uppe|"), "upper(");
}

TEST(Complete, OffersOptions) {
  EXPECT_EQ(At("SET 'execution.r|"), "execution.runtime-mode' = '");
  EXPECT_EQ(At("RESET 'par|"), "parallelism.default'");
  EXPECT_EQ(At("SET 'execution.runtime-mode' = 's|"), "STREAMING'");
  EXPECT_EQ(At("CREATE TABLE t (a INT) WITH ('connector' = 'd|"), "datagen'");
  EXPECT_EQ(At("CREATE TABLE t (a INT) WITH ('connector' = 'datagen', 'r|"),
            "rows-per-second' = '");
  EXPECT_EQ(At("CREATE TABLE t (a INT) WITH ('format' = '|"), "csv json");
}

TEST(Complete, OffersFiles) { EXPECT_EQ(At("SELECT * FROM 'fl|"), "flights.csv'"); }

TEST(Complete, OffersNothingInsideOtherTexts) {
  EXPECT_EQ(At("SELECT 'sel|"), "");
  EXPECT_EQ(At("'|"), "");
  EXPECT_EQ(At("|").substr(0, 6), "SELECT");
}

TEST(Completion, FindsTheCommonPrefix) {
  EXPECT_EQ((Completion{0, {{"order_id", ""}, {"orders", ""}}}.CommonPrefix()), "order");
  EXPECT_EQ((Completion{0, {{"é", ""}, {"è", ""}}}.CommonPrefix()), "");
}

TEST(OnOneLine, KeepsTextsAndComments) {
  EXPECT_EQ(OnOneLine("SELECT 1, -- one\n  2\n FROM t;\n"), "SELECT 1, /* one */ 2 FROM t;");
  EXPECT_EQ(OnOneLine("SELECT 'a -- b' /* c\nd */;"), "SELECT 'a -- b' /* c d */;");
  EXPECT_EQ(OnOneLine(" \n "), "");
}

TEST(ParseShellCommand, KnowsItsWords) {
  EXPECT_EQ(ParseShellCommand("help"), ShellCommand::kHelp);
  EXPECT_EQ(ParseShellCommand(" Quit ; "), ShellCommand::kQuit);
  EXPECT_EQ(ParseShellCommand("exit;"), ShellCommand::kQuit);
  EXPECT_EQ(ParseShellCommand("SELECT 1;"), ShellCommand::kNone);
}

TEST(RenderScriptError, NamesFileAndLine) {
  std::string text = "SELECT 1;\nSELECT x;\n";
  std::string shown =
      RenderScriptError(InvalidQueryAt({7, 8}, "column 'x' not found"), text, 10, "job.sql");
  EXPECT_EQ(shown,
            "job.sql:2: error: column 'x' not found\n  at line 2:8\n  | SELECT x;\n  |        ^\n");
}

}  // namespace
}  // namespace weir
