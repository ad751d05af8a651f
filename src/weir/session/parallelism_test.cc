// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// 'scan.parallelism' and 'sink.parallelism' decide how many subtasks there are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "weir/session/session.h"
#include "weir/sql/parser.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

/// How many readers the job had, or its error.
Result<size_t> Readers(const std::string& scan, const std::string& sink, const std::string& query) {
  std::string sql =
      "CREATE TABLE s (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '10'" + scan +
      "); CREATE TABLE o (n BIGINT" + sink + "); INSERT INTO o " + query;
  SessionConfig config;
  config.options = {{"execution.runtime-mode", "STREAMING"}, {"weir.batch.rows-max", "1"}};
  config.default_parallelism = 3;
  WEIR_ASSIGN_OR_RETURN(auto session, Session::Create(std::move(config)));
  WEIR_ASSIGN_OR_RETURN(std::vector<Statement> statements, ParseStatements(sql));
  size_t readers = 0;
  for (const Statement& statement : statements) {
    WEIR_ASSIGN_OR_RETURN(auto result, session->Execute(statement, sql));
    Batch batch;
    for (bool more = true; more;) {
      WEIR_ASSIGN_OR_RETURN(more, result->Next(&batch));
    }
    for (const NodeProgress& node : result->Progress()) {
      if (node.is_source) readers = node.positions.size();
      if (node.name.starts_with("Sink")) {
        EXPECT_EQ(node.counters.rows_in, 10);
      }
    }
  }
  return readers;
}

constexpr char kPlain[] = ") WITH ('connector' = 'blackhole'";

TEST(Parallelism, OfScans) {
  EXPECT_EQ(Readers("", kPlain, "SELECT n FROM s").ValueOrDie(), 3u);
  EXPECT_EQ(Readers(", 'scan.parallelism' = '1'", kPlain, "SELECT n FROM s").ValueOrDie(), 1u);
  EXPECT_EQ(Readers(", 'scan.parallelism' = '5'", kPlain, "SELECT n FROM s").ValueOrDie(), 5u);
  EXPECT_THAT(Readers(", 'scan.parallelism' = '0'", kPlain, "SELECT n FROM s").status().message(),
              HasSubstr("'scan.parallelism'"));
}

TEST(Parallelism, OfSinks) {
  for (const char* writers : {"1", "2", "7"}) {
    std::string sink = std::string(kPlain) + ", 'sink.parallelism' = '" + writers + "'";
    EXPECT_EQ(Readers("", sink, "SELECT n FROM s").ValueOrDie(), 3u) << writers;
  }
}

// Rows of a key keep their order, also where rows are only added.
TEST(Parallelism, RowsOfAKeyGoToOneWriter) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / fmt::format("weir-parallelism-{}", ::getpid());
  std::filesystem::remove_all(folder);
  std::string sink =
      ", PRIMARY KEY (n) NOT ENFORCED) WITH ('connector' = 'filesystem', 'format' = 'json', "
      "'sink.parallelism' = '2', 'path' = '" +
      folder.string() + "'";
  ASSERT_TRUE(Readers(", 'scan.parallelism' = '1', 'fields.n.min' = '1', 'fields.n.max' = '3'",
                      sink, "SELECT n FROM s")
                  .ok());
  std::map<std::string, std::set<std::string>> files_of;  // By row.
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::ifstream lines(file.path());
    for (std::string line; std::getline(lines, line);)
      files_of[line].insert(file.path().filename().string());
  }
  EXPECT_FALSE(files_of.empty());
  for (const auto& [row, files] : files_of) EXPECT_EQ(files.size(), 1u) << row;
  std::filesystem::remove_all(folder);
}

TEST(Parallelism, ChangesNeedAKeyToBeSpread) {
  const std::string writers = ") WITH ('connector' = 'print', 'sink.parallelism' = '2'";
  const std::string counts = "SELECT COUNT(*) FROM s GROUP BY n";
  EXPECT_THAT(Readers("", writers, counts).status().message(),
              HasSubstr("without a primary key their order would be lost"));
}

}  // namespace
}  // namespace weir
