// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Errors with their positions, limits, and the splitting of a text into statements.
#include <gtest/gtest.h>

#include <string>

#include "weir/sql/parser.h"
#include "weir/sql/unparse.h"

namespace weir {
namespace {

/// "line:column message (hint)"
std::string ErrorOf(std::string_view sql) {
  Status status = ParseStatements(sql).status();
  if (status.ok()) return "no error";
  ErrorInfo info = GetErrorInfo(status);
  LineColumn at = LocateOffset(sql, info.span ? info.span->begin : 0);
  std::string hint = info.hint.empty() ? "" : " (" + info.hint + ")";
  return fmt::format("{}:{} {}{}", at.line, at.column, status.message(), hint);
}

TEST(ParserErrors, MisspeltKeywords) {
  EXPECT_EQ(ErrorOf("SELECT 1 FORM t"), "1:10 unexpected 'FORM'; did you mean FROM?");
  EXPECT_EQ(ErrorOf("SELEC 1"), "1:1 unexpected 'SELEC'; did you mean SELECT?");
  EXPECT_EQ(ErrorOf("SELECT a\nFROM t WERE a > 1"), "2:8 unexpected 'WERE'; did you mean WHERE?");
  EXPECT_EQ(ErrorOf("SELECT a FROM t GROUP BT a"), "1:23 unexpected 'BT'; did you mean BY?");
  EXPECT_EQ(ErrorOf("SELECT a FROM t ORDRE BY a"), "1:17 unexpected 'ORDRE'; did you mean ORDER?");
  EXPECT_EQ(ErrorOf("CRATE TABLE t (a INT)"), "1:1 unexpected 'CRATE'; did you mean CREATE?");
  EXPECT_EQ(ErrorOf("SHOW TABELS"), "1:6 unexpected 'TABELS'; did you mean TABLES?");
}

TEST(ParserErrors, Expected) {
  EXPECT_EQ(ErrorOf("SELECT"), "1:6 unexpected end of statement; expected an expression");
  EXPECT_EQ(ErrorOf("SELECT (1"), "1:9 unexpected end of statement; expected ',' or ')'");
  EXPECT_EQ(ErrorOf("SELECT 1,"), "1:9 unexpected end of statement; expected an expression");
  EXPECT_EQ(ErrorOf("SELECT a, FROM t"),
            "1:11 unexpected 'FROM'; expected an expression (remove the ',' before it)");
  EXPECT_EQ(ErrorOf("CREATE TABLE t (a INT b INT)"), "1:23 unexpected 'b'; expected ',' or ')'");
  EXPECT_EQ(ErrorOf("SELECT 1 2"), "1:10 unexpected '2'; expected the end of the statement");
  EXPECT_EQ(ErrorOf("SELECT 'a"),
            "1:8 unexpected end of statement: the string that starts here is not closed (add ' at "
            "its end)");
  EXPECT_EQ(ErrorOf("SELECT 1 /* x"),
            "1:10 unexpected end of statement: the comment is not closed (add */)");
  EXPECT_EQ(ErrorOf("SELECT order FROM t"),
            "1:8 unexpected 'order'; expected an expression ('order' is a reserved word; as a name "
            "it is written `order`)");
  EXPECT_EQ(ErrorOf("SELECT \"a\" FROM t"),
            "1:8 double quotes are not used in Flink SQL (write `a` if it is a name and 'a' if it "
            "is a string)");
  EXPECT_EQ(ErrorOf("SELECT a == 1"), "1:10 unexpected '==' (write =)");
  EXPECT_EQ(ErrorOf("SELECT a::INT"), "1:9 unexpected '::' (write CAST(x AS type))");
  EXPECT_EQ(ErrorOf("SELECT 1a"),
            "1:8 invalid number '1a' (a name that starts with a digit is written `1a`)");
  EXPECT_EQ(ErrorOf("CREATE TABLE t (a INT) WITH ('k' = 1)"),
            "1:36 unexpected '1'; expected a value in quotes (write 'k' = '1')");
  EXPECT_EQ(ErrorOf("SELECT a FROM t WHERE a IN ()"),
            "1:29 unexpected ')'; expected an expression");
  EXPECT_EQ(ErrorOf("SELECT X'ABC'"),
            "1:8 a binary literal needs an even number of hexadecimal digits; this one has 3");
}

TEST(ParserErrors, BadBytes) {
  EXPECT_EQ(ErrorOf("SELECT '\xFF'"), "1:9 the SQL text is not valid UTF-8: byte 0xFF at offset 8");
  EXPECT_EQ(ErrorOf("SELECT\xC2\xA0"
                    "1"),
            "1:7 unexpected no-break space (replace it by a blank)");
  EXPECT_EQ(ErrorOf(std::string_view("SELECT \0", 8)), "1:8 unexpected byte 0x00");
  EXPECT_EQ(ErrorOf("SELECT U&'\\D83D'"), "1:8 half a surrogate pair in a unicode string");
}

TEST(ParserErrors, RefusedByName) {
  EXPECT_EQ(ErrorOf("MERGE INTO t"), "1:1 MERGE INTO is not supported yet");
  EXPECT_EQ(GetErrorInfo(ParseStatement("MERGE INTO t").status()).code, ErrorCode::kUnsupported);
}

std::string Repeat(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

TEST(ParserLimits, Nesting) {
  constexpr std::string_view kTooDeep = "expression is nested deeper than 1000 levels";
  auto message = [](const std::string& sql) { return ParseStatements(sql).status().message(); };
  EXPECT_EQ(message("SELECT " + Repeat("(", 10000)), kTooDeep);
  EXPECT_EQ(message("SELECT " + Repeat("(", 10000) + "1" + Repeat(")", 10000)), kTooDeep);
  EXPECT_EQ(message("SELECT " + Repeat("f(", 10000) + "1" + Repeat(")", 10000)), kTooDeep);
  EXPECT_EQ(message("SELECT " + Repeat("- ", 10000) + "1"), kTooDeep);
  EXPECT_EQ(message("SELECT " + Repeat("NOT ", 10000) + "a"), kTooDeep);
  EXPECT_EQ(message("SELECT " + Repeat("CASE WHEN ", 10000)), kTooDeep);
  EXPECT_EQ(message("SELECT " + Repeat("1 OR 1 AND 1 = 1 + 1 * (", 10000)), kTooDeep);
  EXPECT_EQ(message("SELECT a" + Repeat("[1]", 10000)), kTooDeep);
  EXPECT_EQ(message("SELECT 1" + Repeat(" - 1", 10000)), kTooDeep);
  EXPECT_EQ(message("SELECT 1" + Repeat(" + 1", 10000)), kTooDeep);
  EXPECT_EQ(message(Repeat("SELECT * FROM (", 10000)), kTooDeep);
  EXPECT_EQ(message("SELECT * FROM " + Repeat("(", 10000)), kTooDeep);
  EXPECT_EQ(message("SELECT * FROM t" + Repeat(", t", 10000)), kTooDeep);
  EXPECT_EQ(message(Repeat("(", 10000)), "unexpected '('; expected a statement");
  EXPECT_EQ(message(Repeat("(", 10000) + "SELECT 1"), kTooDeep);
  EXPECT_EQ(message("SELECT 1" + Repeat(" UNION SELECT 1 EXCEPT SELECT 2", 2000)), kTooDeep);
  EXPECT_EQ(message("SELECT CAST(1 AS " + Repeat("ARRAY<", 10000)), kTooDeep);
  EXPECT_EQ(message("SELECT CAST(1 AS INT" + Repeat(" ARRAY", 10000) + ")"), kTooDeep);
  EXPECT_EQ(message("SELECT 1 FROM t GROUP BY " + Repeat("ROLLUP(", 10000)), kTooDeep);
  EXPECT_EQ(message("SELECT * FROM t MATCH_RECOGNIZE (PATTERN (" + Repeat("(", 10000)), kTooDeep);
  EXPECT_EQ(message(Repeat("EXPLAIN ", 10000)),
            "unexpected 'EXPLAIN'; expected a query, INSERT or STATEMENT SET");
}

TEST(ParserLimits, DeepEnough) {
  std::string sql = "SELECT " + Repeat("(", 900) + "1" + Repeat(")", 900);
  EXPECT_TRUE(ParseStatements(sql).ok());
  sql = "SELECT " + Repeat("f(", 900) + "1" + Repeat(")", 900);
  auto statement = ParseStatement(sql);
  ASSERT_TRUE(statement.ok());
  EXPECT_EQ(Unparse(*statement), sql);
  EXPECT_TRUE(ParseStatements(Repeat("SELECT * FROM (", 300) + "t" + Repeat(")", 300)).ok());
}

TEST(ParserLimits, LongChainsAndLists) {
  EXPECT_TRUE(ParseStatements("SELECT * FROM t WHERE a = 0" + Repeat(" OR a = 1", 20000)).ok());
  EXPECT_TRUE(ParseStatements("SELECT 'a'" + Repeat(" || 'b'", 20000)).ok());
  EXPECT_TRUE(ParseStatements("SELECT 1" + Repeat(" + 1", 900)).ok());
  EXPECT_TRUE(ParseStatements("SELECT a IN (1" + Repeat(", 123", 100000) + ")").ok());
  EXPECT_TRUE(ParseStatements("SELECT 1" + Repeat(" UNION ALL SELECT 1", 20000)).ok());
  EXPECT_TRUE(ParseStatements("VALUES (1)" + Repeat(", (1)", 100000)).ok());
  EXPECT_TRUE(ParseStatements(Repeat("SELECT 1;", 100000)).ok());
}

TEST(ParserLimits, TextSize) {
  Status status = ParseStatements(std::string((1 << 20) + 1, ' ')).status();
  EXPECT_EQ(GetErrorInfo(status).code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "the SQL text has 1048577 bytes; at most 1048576 are allowed");
}

std::string Split(std::string_view sql) {
  SplitText split = SplitStatements(sql);
  std::string out;
  for (SourceSpan span : split.statements)
    out += fmt::format("[{}]", sql.substr(span.begin, span.end - span.begin));
  if (!split.rest_is_blank) out += fmt::format(" rest:{}", sql.substr(split.rest_begin));
  return out;
}

TEST(Split, AtSemicolons) {
  EXPECT_EQ(Split(""), "");
  EXPECT_EQ(Split("SELECT 1; SELECT 2 ; -- ;\n"), "[SELECT 1][SELECT 2]");
  EXPECT_EQ(Split("SELECT ';'; SELECT 2"), "[SELECT ';'] rest: SELECT 2");
  EXPECT_EQ(Split("SELECT 1 -- x;"), " rest:SELECT 1 -- x;");
  EXPECT_EQ(Split("SELECT '1;"), " rest:SELECT '1;");
  EXPECT_EQ(Split("BEGIN STATEMENT SET; INSERT INTO t SELECT 1;"),
            " rest:BEGIN STATEMENT SET; INSERT INTO t SELECT 1;");
  EXPECT_EQ(
      Split("BEGIN STATEMENT SET; INSERT INTO t SELECT CASE WHEN a THEN 1 END; END; SELECT 1;"),
      "[BEGIN STATEMENT SET; INSERT INTO t SELECT CASE WHEN a THEN 1 END; END][SELECT 1]");
  EXPECT_EQ(Split("EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 1; END;"),
            "[EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 1; END]");
  EXPECT_TRUE(IsComplete("SELECT 1;"));
  EXPECT_TRUE(IsComplete("  -- nothing"));
  EXPECT_FALSE(IsComplete("SELECT 1"));
  EXPECT_FALSE(IsComplete("SELECT `a;"));
  EXPECT_FALSE(IsComplete("SELECT 1 /* ;"));
}

TEST(Keywords, Reserved) {
  EXPECT_TRUE(IsReservedWord("select"));
  EXPECT_FALSE(IsReservedWord("value"));
  EXPECT_FALSE(SqlKeywords().empty());
}

}  // namespace
}  // namespace weir
