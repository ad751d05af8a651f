// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The keywords of the dialect, one table. "SELECT"_kw is a keyword's number, looked up while
// compiling: a misspelt keyword in the parser does not compile.
//   case "SELECT"_kw: ...      if (Accept("ORDER"_kw)) ...
// Reserved are only words that would make a text ambiguous as a bare name; Flink reserves more
// (VALUE, DAY, USER ..).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir {

/// Position in SortedKeywords() plus one; 0 is no keyword.
using KeywordId = uint16_t;
inline constexpr KeywordId kNoKeyword = 0;

// clang-format off
inline constexpr std::string_view kReservedWords[] = {
    "ALL", "AND", "ANY", "AS", "BETWEEN", "BY", "CASE", "CAST", "CREATE", "CROSS", "CURRENT_CATALOG", "CURRENT_DATE",
    "CURRENT_PATH", "CURRENT_ROLE", "CURRENT_SCHEMA", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER", "DEFAULT",
    "DELETE", "DESCRIBE", "DISTINCT", "DROP", "ELSE", "END", "ESCAPE", "EXCEPT", "EXISTS", "EXPLAIN", "FALSE", "FETCH",
    "FOR", "FROM", "FULL", "GROUP", "HAVING", "IN", "INNER", "INSERT", "INTERSECT", "INTO", "IS", "JOIN", "LATERAL", "LEFT",
    "LIKE", "LIMIT", "LOCALTIME", "LOCALTIMESTAMP", "MATCH_RECOGNIZE", "MINUS", "NATURAL", "NOT", "NULL", "OFFSET", "ON",
    "OR", "ORDER", "OUTER", "OVER", "OVERLAPS", "PARTITION", "QUALIFY", "RIGHT", "SELECT", "SESSION_USER", "SET", "SIMILAR",
    "SOME", "SYSTEM_USER", "TABLE", "TABLESAMPLE", "THEN", "TRUE", "UNION", "UNKNOWN", "UNNEST", "UPDATE", "USING", "VALUES",
    "WHEN", "WHERE", "WINDOW", "WITH",
};
inline constexpr std::string_view kOtherWords[] = {
    "ABSENT", "ADD", "AFTER", "ALLOW", "ALTER", "ANALYZE", "ARCHIVE", "ARRAY", "ARTIFACT", "ASC", "ASOF", "AST", "AT",
    "BEGIN", "BERNOULLI", "BIGINT", "BINARY", "BITMAP", "BOOLEAN", "BOTH", "BUCKETS", "BYTES", "CALL", "CASCADE", "CATALOG",
    "CATALOGS", "CEIL", "CEILING", "CHANGELOG_MODE", "CHAR", "CHARACTER", "COLUMN", "COLUMNS", "COMMENT", "COMPACT", "COMPILE",
    "COMPUTE", "CONDITIONAL", "CONFLICT", "CONNECTION", "CONNECTIONS", "CONNECTOR", "CONNECTORS", "CONSTRAINT",
    "CONSTRAINTS", "CONTAINS", "CONTINUOUS", "CONVERT", "CUBE", "CURRENT", "DATABASE", "DATABASES", "DATE", "DEC", "DECIMAL",
    "DEDUPLICATE", "DEFINE", "DESC", "DESCRIPTOR", "DISTRIBUTED", "DISTRIBUTION", "DO", "DOUBLE", "DRAIN", "EMPTY",
    "ENFORCED", "EQUALS", "ERROR", "ESTIMATED_COST", "EXCLUDE", "EXCLUDING", "EXECUTE", "EXTENDED", "EXTRACT", "FILE", "FILTER",
    "FINAL", "FIRST", "FLOAT", "FLOOR", "FOLLOWING", "FORMAT", "FORMATS", "FRESHNESS", "FUNCTION", "FUNCTIONS", "GENERATED",
    "GROUPING", "GROUPS", "HASH", "IF", "IGNORE", "ILIKE", "IMMEDIATELY", "INCLUDING", "INPUT", "INT", "INTEGER", "INTERVAL",
    "JAR", "JARS", "JAVA", "JOB", "JOBS", "JSON", "JSON_ARRAY", "JSON_ARRAYAGG", "JSON_EXECUTION_PLAN", "JSON_EXISTS",
    "JSON_OBJECT", "JSON_OBJECTAGG", "JSON_QUERY", "JSON_VALUE", "KEEP", "KEY", "LANGUAGE", "LAST", "LEADING", "LOAD",
    "LOCAL", "MAP", "MATCH", "MATCH_CONDITION", "MATERIALIZED", "MEASURES", "MEMBER", "MERGE", "METADATA", "MODEL", "MODELS",
    "MODIFY", "MODULE", "MODULES", "MULTISET", "NEXT", "NOTHING", "NULLS", "NUMERIC", "OBJECT", "OF", "OMIT", "ONE", "ONLY",
    "OPTIONS", "ORDINALITY", "OUTPUT", "OVERLAY", "OVERWRITE", "OVERWRITING", "PARTIAL", "PARTITIONED", "PARTITIONS",
    "PASSING", "PAST", "PATTERN", "PER", "PERIOD", "PERMUTE", "PHYSICAL", "PIVOT", "PLACING", "PLAN", "PLAN_ADVICE",
    "POSITION", "PRECEDES", "PRECEDING", "PRECISION", "PRIMARY", "PROCEDURES", "PYTHON", "QUOTES", "RANGE", "RAW", "REAL",
    "RECURSIVE", "REFRESH", "REFRESH_MODE", "REMOVE", "RENAME", "REPEATABLE", "REPLACE", "RESET", "RESPECT", "RESTRICT",
    "RESUME", "RETURNING", "RETURNS", "RLIKE", "ROLLUP", "ROW", "ROWS", "RUNNING", "SAVEPOINT", "SCALA", "SCALAR",
    "SETS", "SHOW", "SKIP", "SMALLINT", "SQL", "START_MODE", "STATEMENT", "STATISTICS", "STOP", "STREAM", "STRING",
    "STRUCTURED", "SUBMULTISET", "SUBSET", "SUBSTRING", "SUCCEEDS", "SUSPEND", "SYMMETRIC", "ASYMMETRIC", "SYSTEM",
    "SYSTEM_TIME", "TABLES", "TEMPORARY", "TIES", "TIME", "TIMESTAMP", "TIMESTAMPADD", "TIMESTAMPDIFF", "TIMESTAMP_LTZ",
    "TINYINT", "TO", "TRAILING", "TRANSLATE", "TRIM", "TRUNCATE", "TRY_CAST", "UESCAPE", "UNBOUNDED", "UNCONDITIONAL",
    "UNIQUE", "UNLOAD", "UNPIVOT", "UPGRADE", "UPSERT", "USE", "USER", "VALUE", "VARBINARY", "VARCHAR", "VARIANT", "VARYING", "VIEW",
    "VIEWS", "VIRTUAL", "WATERMARK", "WATERMARKS", "WITHIN", "WITHOUT", "WRAPPER", "ZONE", "A",
};
// clang-format on

struct KeywordEntry {
  std::string_view name;
  bool reserved = false;
};

consteval auto MakeSortedKeywords() {
  std::array<KeywordEntry, std::size(kReservedWords) + std::size(kOtherWords)> table{};
  size_t n = 0;
  for (std::string_view word : kReservedWords) table[n++] = {word, true};
  for (std::string_view word : kOtherWords) table[n++] = {word, false};
  std::sort(table.begin(), table.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return table;
}
inline constexpr auto kSortedKeywords = MakeSortedKeywords();
inline constexpr size_t kKeywordBytesMax = 24;

/// Finds `upper`, which is in upper case.
constexpr KeywordId FindKeyword(std::string_view upper) {
  size_t low = 0, high = kSortedKeywords.size();
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (kSortedKeywords[middle].name < upper) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  bool found = low < kSortedKeywords.size() && kSortedKeywords[low].name == upper;
  return found ? static_cast<KeywordId>(low + 1) : kNoKeyword;
}
constexpr std::string_view KeywordName(KeywordId id) { return kSortedKeywords[id - 1].name; }
constexpr bool KeywordIsReserved(KeywordId id) {
  return id != kNoKeyword && kSortedKeywords[id - 1].reserved;
}

struct NotAKeyword {};
consteval KeywordId operator""_kw(const char* text, size_t size) {
  KeywordId id = FindKeyword({text, size});
  if (id == kNoKeyword) throw NotAKeyword{};
  return id;
}

}  // namespace weir
