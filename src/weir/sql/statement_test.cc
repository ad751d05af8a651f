// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Statements, text in, text out.
#include "weir/sql/statement.h"

#include <gtest/gtest.h>

#include <string>

#include "weir/sql/parser.h"
#include "weir/sql/unparse.h"

namespace weir {
namespace {

/// The statement written back; it must parse to itself again.
std::string Written(std::string_view sql) {
  auto statement = ParseStatement(sql);
  if (!statement.ok()) return "error: " + RenderError(statement.status(), sql);
  std::string text = Unparse(*statement);
  auto again = ParseStatement(text);
  if (!again.ok()) return "again: " + RenderError(again.status(), text);
  EXPECT_EQ(text, Unparse(*again));
  return text;
}

/// For statements that are written back as they are.
void Same(std::string_view sql) { EXPECT_EQ(Written(sql), sql); }

TEST(Statements, CreateTable) {
  EXPECT_EQ(Written("create table if not exists c.d.t (a int not null comment 'x', b as a + 1, ts "
                    "timestamp(3) metadata from "
                    "'timestamp' virtual, primary key (a) not enforced, watermark for ts as ts - "
                    "interval '5' second) "
                    "comment 'c' distributed by hash(a) into 3 buckets partitioned by (a) with "
                    "('k' = 'v', 'l' = '')"),
            "CREATE TABLE IF NOT EXISTS `c`.`d`.`t` (`a` INT NOT NULL COMMENT 'x', `b` AS `a` + 1, "
            "`ts` TIMESTAMP(3) METADATA "
            "FROM 'timestamp' VIRTUAL, PRIMARY KEY (`a`) NOT ENFORCED, WATERMARK FOR `ts` AS `ts` "
            "- INTERVAL '5' SECOND) "
            "COMMENT 'c' DISTRIBUTED BY HASH (`a`) INTO 3 BUCKETS PARTITIONED BY (`a`) WITH ('k' = "
            "'v', 'l' = '')");
  Same("CREATE OR REPLACE TABLE `t` WITH ('a' = 'b') AS SELECT 1");
  Same("REPLACE TABLE `t` AS SELECT 1");
  Same("CREATE TABLE `t` (`a`, `b`) AS SELECT 1, 2");
  Same(
      "CREATE TEMPORARY TABLE `t` (`a` INT PRIMARY KEY NOT ENFORCED) LIKE `u` (INCLUDING ALL "
      "OVERWRITING WATERMARKS)");
  EXPECT_EQ(Written("CREATE TABLE t WITH ('connector' = 'filesystem')"),
            "CREATE TABLE `t` WITH ('connector' = 'filesystem')");
}

TEST(Statements, CreateOther) {
  Same("CREATE TEMPORARY VIEW IF NOT EXISTS `v` (`a` COMMENT 'x', `b`) COMMENT 'y' AS SELECT 1, 2");
  Same("CREATE DATABASE IF NOT EXISTS `d` COMMENT 'x' WITH ('a' = 'b')");
  Same("CREATE CATALOG `c` WITH ('type' = 'generic_in_memory')");
  Same(
      "CREATE TEMPORARY SYSTEM FUNCTION `f` AS 'a.B' LANGUAGE JAVA USING JAR 'x.jar', JAR 'y.jar'");
  EXPECT_EQ(Written("CREATE FUNCTION f(a INT, b STRING) RETURNS INT AS SQL 'a + 1'"),
            "CREATE FUNCTION `f`(`a` INT, `b` STRING) RETURNS INT AS 'a + 1' LANGUAGE SQL");
  Same(
      "CREATE MODEL `m` INPUT (`a` STRING) OUTPUT (`b` FLOAT) COMMENT 'x' WITH ('provider' = 'p')");
  Same("CREATE CONNECTION `c` WITH ('a' = 'b')");
  Same(
      "CREATE OR ALTER MATERIALIZED TABLE `m` PARTITIONED BY (`a`) WITH ('x' = 'y') FRESHNESS = "
      "INTERVAL '3' MINUTE "
      "REFRESH_MODE = FULL AS SELECT 1");
}

TEST(Statements, Alter) {
  Same("ALTER TABLE IF EXISTS `t` RENAME TO `u`");
  Same("ALTER TABLE `t` RENAME `a` TO `b`");
  EXPECT_EQ(Written("ALTER TABLE t ADD a INT FIRST"), "ALTER TABLE `t` ADD (`a` INT FIRST)");
  Same("ALTER TABLE `t` ADD (`a` INT AFTER `b`, PRIMARY KEY (`a`) NOT ENFORCED)");
  EXPECT_EQ(Written("ALTER TABLE t MODIFY WATERMARK FOR ts AS ts"),
            "ALTER TABLE `t` MODIFY (WATERMARK FOR `ts` AS `ts`)");
  EXPECT_EQ(Written("ALTER TABLE t DROP a"), "ALTER TABLE `t` DROP (`a`)");
  Same("ALTER TABLE `t` DROP PRIMARY KEY");
  Same("ALTER TABLE `t` DROP WATERMARK");
  Same("ALTER TABLE `t` ADD DISTRIBUTION BY HASH (`a`) INTO 4 BUCKETS");
  Same(
      "ALTER TABLE `t` ADD IF NOT EXISTS PARTITION (`a` = 1) WITH ('k' = 'v') PARTITION (`a` = 2)");
  Same("ALTER TABLE `t` DROP IF EXISTS PARTITION (`a` = 1), PARTITION (`a` = 2)");
  Same("ALTER TABLE `t` SET ('k' = 'v')");
  Same("ALTER TABLE `t` RESET ('k', 'l')");
  Same("ALTER VIEW `v` AS SELECT 1");
  Same("ALTER CATALOG `c` COMMENT 'x'");
  Same("ALTER DATABASE `d` SET ('k' = 'v')");
  Same("ALTER FUNCTION `f` AS 'a.B' LANGUAGE PYTHON");
  Same("ALTER MATERIALIZED TABLE `m` REFRESH PARTITION (`a` = 1)");
  Same("ALTER MATERIALIZED TABLE `m` RESUME WITH ('k' = 'v')");
  Same("DROP TEMPORARY VIEW IF EXISTS `v`");
  Same("DROP DATABASE `d` CASCADE");
}

TEST(Statements, Changes) {
  Same("INSERT INTO `t` SELECT 1");
  Same(
      "INSERT OVERWRITE `t` /*+ `OPTIONS`('k' = 'v') */ PARTITION (`a` = 1, `b`) (`c`, `d`.`e`) "
      "VALUES (1, 2)");
  EXPECT_EQ(Written("INSERT INTO t (SELECT 1)"), "INSERT INTO `t` SELECT 1");
  Same("INSERT INTO `t` SELECT 1 ON CONFLICT DO DEDUPLICATE");
  Same("EXECUTE INSERT INTO `t` VALUES (1)");
  Same("EXECUTE STATEMENT SET BEGIN INSERT INTO `a` SELECT 1; INSERT INTO `b` SELECT 2; END");
  EXPECT_EQ(Written("BEGIN STATEMENT SET; INSERT INTO a SELECT 1; END;"),
            "EXECUTE STATEMENT SET BEGIN INSERT INTO `a` SELECT 1; END");
  Same("DELETE FROM `t` WHERE `a` = 1");
  Same("UPDATE `t` SET `a` = 1, `b` = `c` WHERE TRUE");
  Same("TRUNCATE TABLE `t`");
  EXPECT_EQ(Written("CALL sys.p(a => 1)"), "CALL sys.p(`a` => 1)");
  Same("EXPLAIN SELECT 1");
  Same("EXPLAIN ESTIMATED_COST, CHANGELOG_MODE INSERT INTO `t` SELECT 1");
  EXPECT_EQ(Written("EXPLAIN PLAN FOR SELECT 1"), "EXPLAIN SELECT 1");
  Same("EXPLAIN STATEMENT SET BEGIN INSERT INTO `a` SELECT 1; END");
  Same("COMPILE PLAN 'p.json' IF NOT EXISTS FOR INSERT INTO `t` SELECT 1");
  Same("COMPILE AND EXECUTE PLAN 'p.json' FOR INSERT INTO `t` SELECT 1");
  Same("EXECUTE PLAN 'p.json'");
}

TEST(Statements, LookingAndSetting) {
  Same("SHOW TABLES FROM `c`.`d` NOT LIKE 'a%'");
  Same("SHOW CATALOGS ILIKE 'a'");
  Same("SHOW USER FUNCTIONS");
  Same("SHOW FULL MODULES");
  Same("SHOW CURRENT DATABASE");
  Same("SHOW COLUMNS FROM `t` LIKE 'a'");
  Same("SHOW PARTITIONS `t` PARTITION (`a` = 1)");
  Same("SHOW CREATE MATERIALIZED TABLE `t`");
  Same("SHOW CONNECTORS");
  Same("SHOW FORMATS");
  EXPECT_EQ(Written("desc t"), "DESCRIBE `t`");
  EXPECT_EQ(Written("DESCRIBE catalog"), "DESCRIBE `catalog`");
  Same("DESCRIBE DATABASE EXTENDED `d`");
  Same("DESCRIBE JOB 'abc'");
  EXPECT_EQ(Written("DESCRIBE CONNECTOR upsert-kafka"), "DESCRIBE CONNECTOR 'upsert-kafka'");
  Same("USE `c`.`d`");
  Same("USE CATALOG `c`");
  Same("USE MODULES `a`, `b`");
  Same("SET");
  Same("SET 'a.b-c' = 'it''s'");
  EXPECT_EQ(Written("SET execution.runtime-mode = batch;"),
            "SET 'execution.runtime-mode' = 'batch'");
  EXPECT_EQ(Written("SET a.ttl = 5 min"), "SET 'a.ttl' = '5 min'");
  Same("RESET");
  EXPECT_EQ(Written("RESET a.b"), "RESET 'a.b'");
  Same("LOAD MODULE `m` WITH ('a' = 'b')");
  Same("UNLOAD MODULE `m`");
  Same("ADD JAR 'x.jar'");
  Same("STOP JOB 'abc' WITH SAVEPOINT WITH DRAIN");
  Same("EXPLAIN UPGRADE FROM '/save/x' FOR INSERT INTO `t` SELECT `a` FROM `s`");
  EXPECT_EQ(Written("EXPLAIN UPGRADE '/save/x' INSERT INTO t SELECT a FROM s"),
            "EXPLAIN UPGRADE FROM '/save/x' FOR INSERT INTO `t` SELECT `a` FROM `s`");
  Same("ANALYZE TABLE `t` PARTITION (`a`) COMPUTE STATISTICS FOR ALL COLUMNS");
}

TEST(Statements, SpansSliceTheText) {
  std::string_view sql = " CREATE VIEW v AS /* c */ SELECT a\nFROM t ; SHOW TABLES";
  auto statements = ParseStatements(sql).ValueOrDie();
  ASSERT_EQ(statements.size(), 2u);
  auto slice = [&](SourceSpan span) { return sql.substr(span.begin, span.end - span.begin); };
  EXPECT_EQ(slice(statements[0].span), "CREATE VIEW v AS /* c */ SELECT a\nFROM t");
  EXPECT_EQ(slice(statements[0].As<AstCreateView>()->query->span), "SELECT a\nFROM t");
  EXPECT_EQ(slice(statements[1].span), "SHOW TABLES");
}

}  // namespace
}  // namespace weir
