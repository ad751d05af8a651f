// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Reference jobs: aggregates without windows, and normalizing of changelogs.
#include "weir/testing/reference_jobs.h"

namespace weir {
namespace {

constexpr char kBids[] =
    "CREATE TABLE bids (k STRING, v INT, ts TIMESTAMP(3)) "
    "WITH ('connector' = 'filesystem', 'path' = '/in/bids', 'format' = 'csv');\n";

std::string ChangelogTable(const std::string& columns, const std::string& more = "") {
  return "CREATE TABLE out_rows (" + columns +
         ") WITH ('connector' = 'changelog', 'path' = '/out/rows'" + more + ");\n";
}

}  // namespace

void AddAggregateJobs(std::vector<ReferenceJob>* jobs) {
  const std::map<std::string, std::string> one_file = {{"/in/bids/a.csv", BidLines(1, 60, 5)}};
  jobs->push_back(
      {"group-by",
       "group aggregate",
       one_file,
       kBids +
           std::string(ChangelogTable(
               "k STRING, n BIGINT, total BIGINT, least INT, PRIMARY KEY (k) NOT ENFORCED",
               ", 'changes' = 'I,UA,D'")) +
           "INSERT INTO out_rows SELECT k, COUNT(*), SUM(v), MIN(v) FROM bids GROUP BY k;",
       {{"/out/rows", OutputForm::kChangelog, {0}, true}}});
  jobs->push_back(
      {"aggregate-over-aggregate",
       "group aggregate with retraction (MIN, MAX, COUNT)",
       one_file,
       kBids + ChangelogTable("n BIGINT, ks BIGINT, most BIGINT, least BIGINT") +
           "INSERT INTO out_rows SELECT n, COUNT(*), MAX(total), MIN(total) FROM "
           "(SELECT k, COUNT(*) AS n, SUM(v) AS total FROM bids GROUP BY k) GROUP BY n;",
       {{"/out/rows", OutputForm::kChangelog}}});
  jobs->push_back({"distinct",
                   "DISTINCT aggregates, FILTER",
                   one_file,
                   kBids + ChangelogTable("k STRING, ds BIGINT, total BIGINT, evens BIGINT") +
                       "INSERT INTO out_rows SELECT k, COUNT(DISTINCT v), SUM(DISTINCT v / 10), "
                       "COUNT(DISTINCT v) FILTER (WHERE MOD(v, 2) = 0) FROM bids GROUP BY k;",
                   {{"/out/rows", OutputForm::kChangelog, {}, true}}});
  jobs->push_back({"select-distinct",
                   "group aggregate without calls",
                   one_file,
                   kBids + ChangelogTable("k STRING, tens INT") +
                       "INSERT INTO out_rows SELECT DISTINCT k, v / 10 FROM bids;",
                   {{"/out/rows", OutputForm::kChangelog, {}, true}}});
  jobs->push_back({"global-aggregate",
                   "aggregate without keys, several input files",
                   {{"/in/bids/a.csv", BidLines(2, 30, 4)},
                    {"/in/bids/b.csv", BidLines(3, 20, 4)},
                    {"/in/bids/c.csv", BidLines(4, 10, 4)}},
                   kBids + ChangelogTable("n BIGINT, total BIGINT, least INT, most INT") +
                       "INSERT INTO out_rows SELECT COUNT(*), SUM(v), MIN(v), MAX(v) FROM bids;",
                   {{"/out/rows", OutputForm::kChangelog}}});
  jobs->push_back({"two-phase",
                   "local and global aggregate",
                   {{"/in/bids/a.csv", BidLines(5, 40, 6)}, {"/in/bids/b.csv", BidLines(6, 30, 6)}},
                   kBids + ChangelogTable("k STRING, n BIGINT, average INT, ds BIGINT") +
                       "INSERT INTO out_rows SELECT k, COUNT(*), AVG(v), COUNT(DISTINCT v) "
                       "FROM bids GROUP BY k;",
                   {{"/out/rows", OutputForm::kChangelog}},
                   {{"table.optimizer.agg-phase-strategy", "TWO_PHASE"},
                    {"table.exec.mini-batch.enabled", "true"},
                    {"table.exec.mini-batch.size", "8"},
                    {"table.exec.mini-batch.allow-latency", "1 s"}}});
  jobs->push_back(
      {"changelog-normalize",
       "changelog normalize, aggregate over an upsert source",
       {},
       "CREATE TABLE users (id INT, city STRING, n INT, PRIMARY KEY (id) NOT ENFORCED) WITH ("
       "'connector' = 'values', 'changelog-mode' = 'I,UA,D', 'data' = '"
       R"data({"op":"+I","values":[1,"Rome",1]}
{"op":"+I","values":[2,"Oslo",2]}
{"op":"+U","values":[1,"Oslo",3]}
{"op":"+I","values":[3,"Rome",4]}
{"op":"-D","values":[2,"Oslo",2]}
{"op":"+I","values":[4,"Bonn",5]}
{"op":"+U","values":[4,"Bonn",6]}
{"op":"+U","values":[3,"Bonn",4]}
{"op":"+I","values":[2,"Rome",7]}
{"op":"-D","values":[4,"Bonn",6]}
{"op":"-D","values":[9,"Rome",6]}
{"op":"+U","values":[1,"Rome",8]}
{"op":"+U","values":[5,"Oslo",9]}
{"op":"+U","values":[5,"Oslo",10]}
{"op":"-D","values":[1,"Rome",8]}
{"op":"+I","values":[6,"Rome",11]}'))data"
       ";\n" +
           ChangelogTable("city STRING, n BIGINT, total BIGINT") +
           "INSERT INTO out_rows SELECT city, COUNT(*), SUM(n) FROM users GROUP BY city;",
       {{"/out/rows", OutputForm::kChangelog}},
       {{"weir.batch.rows-max", "2"}}});
}

}  // namespace weir
