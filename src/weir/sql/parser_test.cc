// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Text in, text out: what is parsed is written back, canonically, and that text must parse to
// itself.
#include "weir/sql/parser.h"

#include <gtest/gtest.h>

#include <string>

#include "weir/sql/unparse.h"

namespace weir {
namespace {

std::string Rendered(const Status& status, std::string_view sql) {
  return "error: " + RenderError(status, sql);
}

std::string Expression(std::string_view sql) {
  auto expr = ParseExpression(sql);
  if (!expr.ok()) return Rendered(expr.status(), sql);
  std::string text = Unparse(**expr);
  auto again = ParseExpression(text);
  if (!again.ok()) return "again: " + Rendered(again.status(), text);
  EXPECT_EQ(text, Unparse(**again));
  return text;
}

std::string Query(std::string_view sql) {
  auto query = ParseQuery(sql);
  if (!query.ok()) return Rendered(query.status(), sql);
  std::string text = Unparse(**query);
  auto again = ParseQuery(text);
  if (!again.ok()) return "again: " + Rendered(again.status(), text);
  EXPECT_EQ(text, Unparse(**again));
  return text;
}

std::string Type(std::string_view sql) {
  auto type = ParseType(sql);
  if (!type.ok()) return Rendered(type.status(), sql);
  std::string text = Unparse(**type);
  auto again = ParseType(text);
  if (!again.ok()) return "again: " + Rendered(again.status(), text);
  EXPECT_EQ(text, Unparse(**again));
  return text;
}

TEST(ParseExpression, Literals) {
  EXPECT_EQ(Expression("1.50"), "1.50");
  EXPECT_EQ(Expression(".5e-3"), ".5e-3");
  EXPECT_EQ(Expression("'it''s'"), "'it''s'");
  EXPECT_EQ(Expression("U&'\\00e4 \\+01F600'"), "'ä 😀'");
  EXPECT_EQ(Expression("U&'!0041' UESCAPE '!'"), "'A'");
  EXPECT_EQ(Expression("_UTF8'x'"), "'x'");
  EXPECT_EQ(Expression("x'0aff'"), "X'0AFF'");
  EXPECT_EQ(Expression("'a'\n'b'"), "'ab'");
  EXPECT_EQ(Expression("DATE '2020-01-02'"), "DATE '2020-01-02'");
  EXPECT_EQ(Expression("TIMESTAMP WITH LOCAL TIME ZONE '2020-01-02 00:00:00'"),
            "TIMESTAMP_LTZ '2020-01-02 00:00:00'");
  EXPECT_EQ(Expression("INTERVAL -'1 02' DAY(3) TO HOUR"), "INTERVAL -'1 02' DAY(3) TO HOUR");
  EXPECT_EQ(Expression("interval '5' seconds"), "INTERVAL '5' SECOND");
  EXPECT_EQ(Expression("INTERVAL 5 DAY"), "INTERVAL (5) DAY");
}

TEST(ParseExpression, WordsThatAreAlsoNames) {
  EXPECT_EQ(Expression("value + day"), "`value` + `day`");
  EXPECT_EQ(Expression("timestamp"), "`timestamp`");
  EXPECT_EQ(Expression("t.order"), "`t`.`order`");
  EXPECT_EQ(Expression("LEFT(a, 2)"), "LEFT(`a`, 2)");
  EXPECT_EQ(Expression("current_date"), "current_date");
  EXPECT_EQ(Expression("`current_date`"), "`current_date`");
  EXPECT_EQ(Expression("größe$1"), "`größe$1`");
}

TEST(ParseExpression, Precedence) {
  EXPECT_EQ(Expression("a+b * 2"), "`a` + `b` * 2");
  EXPECT_EQ(Expression("(a+b)*2"), "(`a` + `b`) * 2");
  EXPECT_EQ(Expression("a - (b - c) - d"), "`a` - (`b` - `c`) - `d`");
  EXPECT_EQ(Expression("- -a"), "- -`a`");
  EXPECT_EQ(Expression("NOT a = b AND c IS NULL OR d"), "NOT `a` = `b` AND `c` IS NULL OR `d`");
  EXPECT_EQ(Expression("NOT (a AND b)"), "NOT (`a` AND `b`)");
  EXPECT_EQ(Expression("a BETWEEN 1 AND 2 AND b"), "`a` BETWEEN 1 AND 2 AND `b`");
  EXPECT_EQ(Expression("a NOT BETWEEN SYMMETRIC 1+1 AND 2"),
            "`a` NOT BETWEEN SYMMETRIC 1 + 1 AND 2");
  EXPECT_EQ(Expression("a || b LIKE 'x!%' ESCAPE '!'"), "`a` || `b` LIKE 'x!%' ESCAPE '!'");
  EXPECT_EQ(Expression("a = b IS NOT DISTINCT FROM c"), "`a` = `b` IS NOT DISTINCT FROM `c`");
  EXPECT_EQ(Expression("a != ANY (1, 2)"), "`a` <> SOME (1, 2)");
  EXPECT_EQ(Expression("(a OR b) OR c OR d"), "(`a` OR `b`) OR `c` OR `d`");
}

TEST(ParseExpression, ChainsAreFlat) {
  auto expr = ParseExpression("a AND b AND c AND d").ValueOrDie();
  ASSERT_NE(expr->As<AstOperator>(), nullptr);
  EXPECT_EQ(expr->As<AstOperator>()->operands.size(), 4u);
}

TEST(ParseExpression, Predicates) {
  EXPECT_EQ(Expression("a NOT IN (1, 'b')"), "`a` NOT IN (1, 'b')");
  EXPECT_EQ(Expression("a IN ((SELECT 1) UNION ALL (SELECT 2))"),
            "`a` IN (SELECT 1 UNION ALL SELECT 2)");
  EXPECT_EQ(Expression("EXISTS (VALUES 1)"), "EXISTS (VALUES (1))");
  EXPECT_EQ(Expression("((SELECT 1) EXCEPT SELECT 2) + 1"), "(SELECT 1 EXCEPT SELECT 2) + 1");
  EXPECT_EQ(Expression("a IS NOT JSON OBJECT"), "`a` IS NOT JSON OBJECT");
  EXPECT_EQ(Expression("(a, b) OVERLAPS (c, d)"), "(`a`, `b`) OVERLAPS (`c`, `d`)");
}

TEST(ParseExpression, Constructors) {
  EXPECT_EQ(Expression("ROW(1, 'a').f0"), "(ROW(1, 'a')).`f0`");
  EXPECT_EQ(Expression("ARRAY[1, 2][1]"), "ARRAY[1, 2][1]");
  EXPECT_EQ(Expression("MAP['k', ARRAY[]]"), "MAP['k', ARRAY[]]");
  EXPECT_EQ(Expression("a.b[1].c.d"), "`a`.`b`[1].`c`.`d`");
  EXPECT_EQ(Expression("(a).b"), "(`a`).`b`");
  EXPECT_EQ(Expression("f(x).*"), "f(`x`).*");
  EXPECT_EQ(Expression("CASE a WHEN 1, 2 THEN 'x' ELSE NULL END"),
            "CASE `a` WHEN 1 THEN 'x' WHEN 2 THEN 'x' ELSE NULL END");
  EXPECT_EQ(Expression("TRY_CAST(a AS ROW<b INT NOT NULL, c STRING>)"),
            "TRY_CAST(`a` AS ROW<`b` INT NOT NULL, `c` STRING>)");
}

TEST(ParseExpression, Calls) {
  EXPECT_EQ(Expression("count(*)"), "count(*)");
  EXPECT_EQ(Expression("SUM(DISTINCT a) FILTER (WHERE b > 1)"),
            "SUM(DISTINCT `a`) FILTER (WHERE `b` > 1)");
  EXPECT_EQ(Expression("f(a => 1, b => DEFAULT)"), "f(`a` => 1, `b` => DEFAULT)");
  EXPECT_EQ(Expression("EXTRACT(DAY FROM x)"), "EXTRACT(DAY FROM `x`)");
  EXPECT_EQ(Expression("CEIL(x TO MONTH)"), "CEIL(`x` TO MONTH)");
  EXPECT_EQ(Expression("SUBSTRING(x FROM 1 FOR 2)"), "SUBSTRING(`x` FROM 1 FOR 2)");
  EXPECT_EQ(Expression("TRIM(LEADING 'a' FROM x)"), "TRIM(LEADING 'a' FROM `x`)");
  EXPECT_EQ(Expression("TRIM('a' FROM x)"), "TRIM(BOTH 'a' FROM `x`)");
  EXPECT_EQ(Expression("TRIM(x)"), "TRIM(`x`)");
  EXPECT_EQ(Expression("POSITION('a' IN x)"), "POSITION('a' IN `x`)");
  EXPECT_EQ(Expression("OVERLAY(x PLACING 'a' FROM 1 FOR 2)"),
            "OVERLAY(`x` PLACING 'a' FROM 1 FOR 2)");
  EXPECT_EQ(Expression("TIMESTAMPADD(DAY, 1, x)"), "TIMESTAMPADD(DAY, 1, `x`)");
  EXPECT_EQ(Expression("LISTAGG(a, ',') WITHIN GROUP (ORDER BY b DESC NULLS LAST)"),
            "LISTAGG(`a`, ',') WITHIN GROUP (ORDER BY `b` DESC NULLS LAST)");
  EXPECT_EQ(Expression("LAST_VALUE(a) IGNORE NULLS OVER w"),
            "LAST_VALUE(`a`) IGNORE NULLS OVER `w`");
  EXPECT_EQ(
      Expression(
          "SUM(a) OVER (PARTITION BY b ORDER BY c ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)"),
      "SUM(`a`) OVER (PARTITION BY `b` ORDER BY `c` ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)");
  EXPECT_EQ(Expression("SUM(a) OVER (RANGE INTERVAL '1' DAY PRECEDING)"),
            "SUM(`a`) OVER (RANGE INTERVAL '1' DAY PRECEDING)");
}

TEST(ParseExpression, Json) {
  EXPECT_EQ(Expression("JSON_VALUE(d, '$.a' RETURNING INTEGER NULL ON EMPTY DEFAULT 42 ON ERROR)"),
            "JSON_VALUE(`d`, '$.a' RETURNING INT NULL ON EMPTY DEFAULT 42 ON ERROR)");
  EXPECT_EQ(Expression("JSON_QUERY(d, '$' WITH CONDITIONAL WRAPPER EMPTY ARRAY ON EMPTY)"),
            "JSON_QUERY(`d`, '$' WITH CONDITIONAL ARRAY WRAPPER EMPTY ARRAY ON EMPTY)");
  EXPECT_EQ(Expression("JSON_EXISTS(d, '$.a' TRUE ON ERROR)"),
            "JSON_EXISTS(`d`, '$.a' TRUE ON ERROR)");
  EXPECT_EQ(Expression("JSON_OBJECT('a' VALUE 1, KEY 'b' VALUE x FORMAT JSON ABSENT ON NULL)"),
            "JSON_OBJECT(KEY 'a' VALUE 1, KEY 'b' VALUE `x` FORMAT JSON ABSENT ON NULL)");
  EXPECT_EQ(Expression("JSON_ARRAY(1, NULL NULL ON NULL)"), "JSON_ARRAY(1, NULL NULL ON NULL)");
  EXPECT_EQ(Expression("JSON_OBJECTAGG(KEY k VALUE v)"), "JSON_OBJECTAGG(KEY `k` VALUE `v`)");
}

TEST(ParseType, AllForms) {
  EXPECT_EQ(Type("character varying(10)"), "VARCHAR(10)");
  EXPECT_EQ(Type("dec(10, 2) not null"), "DECIMAL(10, 2) NOT NULL");
  EXPECT_EQ(Type("double precision"), "DOUBLE");
  EXPECT_EQ(Type("TIMESTAMP(3) WITH LOCAL TIME ZONE"), "TIMESTAMP_LTZ(3)");
  EXPECT_EQ(Type("TIMESTAMP WITHOUT TIME ZONE"), "TIMESTAMP");
  EXPECT_EQ(Type("INT ARRAY NOT NULL MULTISET"), "MULTISET<ARRAY<INT> NOT NULL>");
  EXPECT_EQ(Type("ROW(a INT COMMENT 'x', `b c` MAP<INT, ARRAY<STRING>>)"),
            "ROW<`a` INT 'x', `b c` MAP<INT, ARRAY<STRING>>>");
  EXPECT_EQ(Type("INTERVAL DAY(2) TO SECOND(3)"), "INTERVAL DAY(2) TO SECOND(3)");
  EXPECT_EQ(Type("STRUCTURED<'a.B', x INT>"), "STRUCTURED<'a.B', `x` INT>");
  EXPECT_EQ(Type("RAW('a.B', 'AA==')"), "RAW('a.B', 'AA==')");
}

TEST(ParseQuery, Select) {
  EXPECT_EQ(Query("select a x, t.*, 'b' as b from t where a > 1"),
            "SELECT `a` AS `x`, `t`.*, 'b' AS `b` FROM `t` WHERE `a` > 1");
  EXPECT_EQ(Query("FROM t SELECT a"), "SELECT `a` FROM `t`");
  EXPECT_EQ(Query("FROM 'a.parquet' WHERE x ORDER BY y LIMIT 3"),
            "SELECT * FROM 'a.parquet' WHERE `x` ORDER BY `y` LIMIT 3");
  EXPECT_EQ(
      Query(
          "SELECT /*+ STATE_TTL('a'='1d'), BROADCAST(t) */ 1 FROM t /*+ OPTIONS('k'='v') */ AS x"),
      "SELECT /*+ `STATE_TTL`('a' = '1d'), `BROADCAST`('t') */ 1 FROM `t` /*+ `OPTIONS`('k' = 'v') "
      "*/ AS `x`");
  EXPECT_EQ(Query("SELECT a FROM t GROUP BY GROUPING SETS ((a, b), a, ()), ROLLUP(c), ()"),
            "SELECT `a` FROM `t` GROUP BY GROUPING SETS ((`a`, `b`), `a`, ()), ROLLUP (`c`), ()");
  EXPECT_EQ(Query("SELECT a FROM t HAVING b WINDOW w AS (ORDER BY c) QUALIFY d = 1"),
            "SELECT `a` FROM `t` HAVING `b` WINDOW `w` AS (ORDER BY `c`) QUALIFY `d` = 1");
  EXPECT_EQ(Query("SELECT 1 OFFSET 2 ROWS FETCH FIRST 3 ROWS ONLY"), "SELECT 1 LIMIT 3 OFFSET 2");
  EXPECT_EQ(Query("WITH a (x) AS (VALUES 1, 2), b AS (TABLE a) SELECT * FROM b"),
            "WITH `a` (`x`) AS (VALUES (1), (2)), `b` AS (TABLE `a`) SELECT * FROM `b`");
}

TEST(ParseQuery, SetOperations) {
  EXPECT_EQ(Query("SELECT 1 UNION SELECT 2 INTERSECT SELECT 3 UNION SELECT 4"),
            "SELECT 1 UNION (SELECT 2 INTERSECT SELECT 3) UNION SELECT 4");
  EXPECT_EQ(Query("(SELECT 1 LIMIT 1) UNION ALL (SELECT 2) ORDER BY 1"),
            "(SELECT 1 LIMIT 1) UNION ALL SELECT 2 ORDER BY 1");
  EXPECT_EQ(Query("SELECT 1 MINUS ALL SELECT 2 EXCEPT SELECT 3"),
            "(SELECT 1 EXCEPT ALL SELECT 2) EXCEPT SELECT 3");
  EXPECT_EQ(Query("(SELECT 1 ORDER BY 1 LIMIT 5) LIMIT 3"),
            "(SELECT 1 ORDER BY 1 LIMIT 5) LIMIT 3");
}

TEST(ParseQuery, From) {
  EXPECT_EQ(Query("SELECT * FROM a, b JOIN c ON x LEFT OUTER JOIN d USING (y)"),
            "SELECT * FROM `a`, (`b` JOIN `c` ON `x` LEFT JOIN `d` USING (`y`))");
  EXPECT_EQ(Query("SELECT * FROM (a CROSS JOIN b) AS x"),
            "SELECT * FROM (`a` CROSS JOIN `b`) AS `x`");
  EXPECT_EQ(Query("SELECT * FROM o JOIN r FOR SYSTEM_TIME AS OF o.ts AS r ON TRUE"),
            "SELECT * FROM `o` JOIN `r` FOR SYSTEM_TIME AS OF `o`.`ts` AS `r` ON TRUE");
  EXPECT_EQ(
      Query("SELECT * FROM t, LATERAL TABLE(f(a)) AS x(b), UNNEST(c) WITH ORDINALITY u (d, e)"),
      "SELECT * FROM `t`, LATERAL TABLE(f(`a`)) AS `x` (`b`), UNNEST(`c`) WITH ORDINALITY AS `u` "
      "(`d`, `e`)");
  EXPECT_EQ(Query("SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))"),
            "SELECT * FROM TABLE(TUMBLE(TABLE `t`, DESCRIPTOR(`ts`), INTERVAL '1' MINUTE))");
  EXPECT_EQ(
      Query("SELECT * FROM SESSION(DATA => TABLE t PARTITION BY (a, b) ORDER BY c, SIZE => 1)"),
      "SELECT * FROM SESSION(`DATA` => TABLE `t` PARTITION BY (`a`, `b`) ORDER BY (`c`), `SIZE` => "
      "1)");
  EXPECT_EQ(Query("SELECT * FROM ((SELECT 1) UNION SELECT 2) t"),
            "SELECT * FROM (SELECT 1 UNION SELECT 2) AS `t`");
}

TEST(ParseQuery, MatchRecognize) {
  EXPECT_EQ(
      Query(
          "SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY a ORDER BY ts MEASURES LAST(B.x, 1) AS y "
          "ONE ROW PER MATCH "
          "AFTER MATCH SKIP TO LAST B PATTERN (A B+? C{2,3} (D | E)* F$) WITHIN INTERVAL '1' HOUR "
          "DEFINE B AS B.x > PREV(B.x)) AS m"),
      "SELECT * FROM `t` MATCH_RECOGNIZE (PARTITION BY `a` ORDER BY `ts` MEASURES LAST(`B`.`x`, 1) "
      "AS `y` ONE ROW PER MATCH "
      "AFTER MATCH SKIP TO LAST `B` PATTERN (`A` `B`+? `C`{2,3} (`D` | `E`)* `F$`) WITHIN INTERVAL "
      "'1' HOUR "
      "DEFINE `B` AS `B`.`x` > PREV(`B`.`x`)) AS `m`");
}

}  // namespace
}  // namespace weir
