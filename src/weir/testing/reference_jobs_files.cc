// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Reference jobs: stateless queries, file sinks in every form, ordering, several sinks.
#include "weir/testing/reference_jobs.h"

namespace weir {
namespace {

constexpr char kBids[] =
    "CREATE TABLE bids (k STRING, v INT, ts TIMESTAMP(3)) "
    "WITH ('connector' = 'filesystem', 'path' = '/in/bids', 'format' = 'csv');\n";

std::string FileTable(const std::string& name, const std::string& columns,
                      const std::string& format, const std::string& partition = "",
                      const std::string& more = "") {
  return "CREATE TABLE " + name + " (" + columns + ") " +
         (partition.empty() ? "" : "PARTITIONED BY (" + partition + ") ") +
         "WITH ('connector' = 'filesystem', 'path' = '/out/" + name + "', 'format' = '" + format +
         "'" + more + ");\n";
}

}  // namespace

void AddFileJobs(std::vector<ReferenceJob>* jobs) {
  const std::map<std::string, std::string> files = {{"/in/bids/a.csv", BidLines(31, 30, 4)},
                                                    {"/in/bids/b.csv", BidLines(32, 25, 4)},
                                                    {"/in/bids/c.csv", BidLines(33, 5, 4)}};
  jobs->push_back({"filter-project",
                   "filter, projection",
                   files,
                   kBids + FileTable("rows", "k STRING, w INT", "csv") +
                       "INSERT INTO `rows` SELECT UPPER(k), v * 2 FROM bids WHERE v > 20;",
                   {{"/out/rows", OutputForm::kLines}}});
  jobs->push_back(
      {"json-to-parquet",
       "json source, parquet sink",
       {{"/in/events/a.json",
         R"({"id":1,"tags":["a","b"],"at":"2024-01-01 00:00:01"}
{"id":2,"tags":[],"at":"2024-01-01 00:00:02"}
{"id":3,"at":"2024-01-01 00:00:03"}
{"id":4,"tags":["c"],"at":"2024-01-01 00:00:04"}
{"id":5,"tags":["a",null],"at":"2024-01-01 00:00:05"}
{"id":6,"tags":["z"],"at":"2024-01-01 00:00:06"}
{"id":7,"tags":["y","x"],"at":"2024-01-01 00:00:07"}
{"id":8,"tags":["b"],"at":"2024-01-01 00:00:08"}
{"id":9,"tags":["b"],"at":"2024-01-01 00:00:09"}
)"},
        {"/in/events/b.json", "{\"id\":10,\"tags\":[\"q\"]}\n{\"id\":11}\n"}},
       "CREATE TABLE events (id INT, tags ARRAY<STRING>, `at` TIMESTAMP(3)) WITH ("
       "'connector' = 'filesystem', 'path' = '/in/events', 'format' = 'json');\n" +
           FileTable("rows", "id INT, tags ARRAY<STRING>, `at` TIMESTAMP(3)", "parquet") +
           "INSERT INTO `rows` SELECT id, tags, `at` FROM events WHERE id <> 4;",
       {{"/out/rows", OutputForm::kParquet}},
       {{"weir.batch.rows-max", "2"}}});
  for (const char* format : {"csv", "json", "parquet"}) {
    std::string name = std::string("partitioned-") + format;
    jobs->push_back({name,
                     "partitioned file sink, success files",
                     files,
                     kBids +
                         FileTable("rows", "v INT, ts TIMESTAMP(3), k STRING", format, "k",
                                   ", 'sink.partition-commit.policy.kind' = 'success-file'") +
                         "INSERT INTO `rows` SELECT v, ts, k FROM bids;",
                     {{"/out/rows", std::string(format) == "parquet" ? OutputForm::kParquet
                                                                     : OutputForm::kLines}}});
  }
  jobs->push_back({"rolling",
                   "file sink that rolls by size",
                   files,
                   kBids +
                       FileTable("rows", "k STRING, v INT, ts TIMESTAMP(3)", "csv", "",
                                 ", 'sink.rolling-policy.file-size' = '200 b'") +
                       "INSERT INTO `rows` SELECT k, v, ts FROM bids;",
                   {{"/out/rows", OutputForm::kLines}}});
  jobs->push_back({"compaction",
                   "file sink that merges small files",
                   files,
                   kBids +
                       FileTable("rows", "k STRING, v INT, ts TIMESTAMP(3)", "csv", "",
                                 ", 'auto-compaction' = 'true', 'compaction.file-size' = '700 b', "
                                 "'sink.rolling-policy.file-size' = '200 b'") +
                       "INSERT INTO `rows` SELECT k, v, ts FROM bids;",
                   {{"/out/rows", OutputForm::kLines}}});
  jobs->push_back({"compaction-parquet",
                   "file sink that merges small files of partitions",
                   files,
                   kBids +
                       FileTable("rows", "v INT, ts TIMESTAMP(3), k STRING", "parquet", "k",
                                 ", 'auto-compaction' = 'true', "
                                 "'sink.partition-commit.policy.kind' = 'success-file'") +
                       "INSERT INTO `rows` SELECT v, ts, k FROM bids;",
                   {{"/out/rows", OutputForm::kParquet}}});
  jobs->push_back(
      {"partition-time",
       "partitions committed by event time",
       {{"/in/bids/a.csv", BidLines(35, 60, 4)}},
       "CREATE TABLE bids (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ("
       "'connector' = 'filesystem', 'path' = '/in/bids', 'format' = 'csv');\n" +
           FileTable("rows", "k STRING, v INT, dt STRING, tens STRING", "csv", "dt, tens",
                     ", 'sink.partition-commit.trigger' = 'partition-time'"
                     ", 'partition.time-extractor.timestamp-pattern' = '$dt 00:00:00'"
                     ", 'sink.partition-commit.policy.kind' = 'success-file'") +
           "INSERT INTO `rows` SELECT k, v, DATE_FORMAT(ts, 'yyyy-MM-dd'), "
           "CAST(SECOND(ts) / 10 AS STRING) FROM bids;",
       {{"/out/rows", OutputForm::kLines}}});
  jobs->push_back({"overwrite",
                   "INSERT OVERWRITE",
                   {{"/in/bids/a.csv", BidLines(36, 30, 4)},
                    {"/out/rows/part-old-0.csv", "old,1\n"},
                    {"/out/rows/part-old-1.csv", "old,2\n"}},
                   kBids + FileTable("rows", "k STRING, n BIGINT", "csv") +
                       "INSERT OVERWRITE `rows` SELECT k, COUNT(*) FROM bids GROUP BY k;",
                   {{"/out/rows", OutputForm::kLines}},
                   {{"execution.runtime-mode", "BATCH"}}});
  jobs->push_back({"shared-directory",
                   "two INSERTs into one table",
                   files,
                   kBids + FileTable("rows", "k STRING, v INT", "csv") +
                       "EXECUTE STATEMENT SET BEGIN\n"
                       "INSERT INTO `rows` SELECT k, v FROM bids WHERE v < 50;\n"
                       "INSERT INTO `rows` SELECT UPPER(k), v FROM bids WHERE v > 30;\nEND;",
                   {{"/out/rows", OutputForm::kLines}}});
  jobs->push_back({"batch-top",
                   "sort with limit, as a batch",
                   files,
                   kBids + FileTable("rows", "k STRING, v INT, ts TIMESTAMP(3)", "csv") +
                       "INSERT INTO `rows` SELECT k, v, ts FROM bids ORDER BY v DESC, ts LIMIT 12;",
                   {{"/out/rows", OutputForm::kHeadLines}},
                   {{"execution.runtime-mode", "BATCH"}}});
  jobs->push_back({"batch-aggregate",
                   "hash aggregate, as a batch",
                   files,
                   kBids + FileTable("rows", "k STRING, n BIGINT, total BIGINT", "csv") +
                       "INSERT INTO `rows` SELECT k, COUNT(*), SUM(v) FROM bids GROUP BY k;",
                   {{"/out/rows", OutputForm::kLines}},
                   {{"execution.runtime-mode", "BATCH"}}});
  jobs->push_back({"stream-top",
                   "sort and limit of a stream",
                   {{"/in/bids/a.csv", BidLines(34, 30, 4)}},
                   kBids +
                       std::string("CREATE TABLE out_rows (k STRING, n BIGINT) WITH ("
                                   "'connector' = 'changelog', 'path' = '/out/rows');\n") +
                       "INSERT INTO out_rows SELECT k, n FROM (SELECT k, SUM(v) AS n FROM bids "
                       "GROUP BY k) ORDER BY n DESC, k LIMIT 2;",
                   {{"/out/rows", OutputForm::kChangelog}}});
  jobs->push_back({"statement-set",
                   "several sinks of one source",
                   files,
                   kBids + FileTable("high", "k STRING, v INT", "csv") +
                       FileTable("low", "k STRING, v INT", "json") +
                       "CREATE TABLE counts (k STRING, n BIGINT) WITH ('connector' = 'changelog', "
                       "'path' = '/out/counts');\n"
                       "EXECUTE STATEMENT SET BEGIN\n"
                       "INSERT INTO high SELECT k, v FROM bids WHERE v >= 50;\n"
                       "INSERT INTO low SELECT k, v FROM bids WHERE v < 50;\n"
                       "INSERT INTO counts SELECT k, COUNT(*) FROM bids GROUP BY k;\nEND;",
                   {{"/out/high", OutputForm::kLines},
                    {"/out/low", OutputForm::kLines},
                    {"/out/counts", OutputForm::kChangelog}}});
}

}  // namespace weir
