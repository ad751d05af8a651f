// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Reference jobs that never end by themselves: a directory that is watched while files come into
// it, and partitions of which some fall silent. The latter depend on every watermark that an epoch
// holds: what is final when they are stopped follows from how far the silent ones had been.
#include "weir/testing/reference_jobs.h"

namespace weir {
namespace {

std::string Watched(const std::string& watermark) {
  return "CREATE TABLE bids (k STRING, v INT, ts TIMESTAMP(3)" +
         (watermark.empty() ? "" : ", WATERMARK FOR ts AS " + watermark) +
         ") WITH ('connector' = 'filesystem', 'path' = '/in/bids', 'format' = 'csv', "
         "'source.monitor-interval' = '1 s');\n";
}

std::string FileSink(const std::string& columns, const std::string& format,
                     const std::string& more = "") {
  return "CREATE TABLE out_rows (" + columns +
         ") WITH ('connector' = 'filesystem', 'path' = '/out/rows', 'format' = '" + format + "'" +
         more + ");\n";
}

constexpr char kTumble[] =
    "INSERT INTO out_rows SELECT k, window_start, COUNT(*), SUM(v) FROM TABLE(TUMBLE("
    "TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY k, window_start, window_end;";

/// Lines [begin, end) of `lines`.
std::string LinesOf(const std::string& lines, int begin, int end) {
  size_t from = 0, to = 0;
  for (int i = 0; i < end; ++i) {
    if (i == begin) from = to;
    to = lines.find('\n', to) + 1;
  }
  return lines.substr(from, to - from);
}

/// One file at the start, two that come later; event time goes on from each to the next, so that
/// no row is late, whichever files are read together.
ReferenceJob WatchJob(const std::string& name, const std::string& operators, uint64_t seed,
                      std::string sql, OutputForm form, ReferenceEnd end) {
  std::string lines = BidLines(seed, 54, 4);
  ReferenceJob job;
  job.name = name;
  job.operators = operators;
  job.inputs = {{"/in/bids/a.csv", LinesOf(lines, 0, 20)}};
  job.arrivals = {{3'000, "/in/bids/b.csv", LinesOf(lines, 20, 38)},
                  {6'000, "/in/bids/c.csv", LinesOf(lines, 38, 54)}};
  job.sql = std::move(sql);
  job.outputs = {{"/out/rows", form}};
  job.end = end;
  return job;
}

/// A row of a segment: a second of event time.
std::string Row(const std::string& key, int value, int second) {
  return "+I " + key + " " + std::to_string(value) +
         " '2024-01-01 00:00:" + (second < 10 ? "0" : "") + std::to_string(second) + "'\n";
}

std::string Rows(const std::vector<int>& seconds) {
  std::string rows;
  for (int second : seconds) rows += Row(second % 3 == 0 ? "a" : "b", second + 1, second);
  return rows;
}

std::string SegmentTable(const std::string& name, int partitions, const std::string& more = "") {
  return "CREATE TABLE " + name +
         " (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ("
         "'connector' = 'segments', 'path' = '/in/" +
         name + "', 'partitions' = '" + std::to_string(partitions) + "'" + more + ");\n";
}

constexpr char kCounts[] =
    "CREATE TABLE out_rows (k STRING, b TIMESTAMP(3), n BIGINT, total BIGINT) WITH ("
    "'connector' = 'changelog', 'path' = '/out/rows', 'changes' = 'I');\n";

}  // namespace

void AddContinuousJobs(std::vector<ReferenceJob>* jobs) {
  jobs->push_back(WatchJob("watch-copy", "a directory that is watched, drained", 41,
                           Watched("") + FileSink("k STRING, v INT, ts TIMESTAMP(3)", "csv") +
                               "INSERT INTO out_rows SELECT k, v, ts FROM bids;",
                           OutputForm::kLines, ReferenceEnd::kDrain));
  jobs->push_back(WatchJob("watch-stop", "a directory that is watched, stopped", 42,
                           Watched("") + FileSink("v INT, ts TIMESTAMP(3), k STRING", "parquet") +
                               "INSERT INTO out_rows SELECT v, ts, k FROM bids WHERE v > 20;",
                           OutputForm::kParquet, ReferenceEnd::kStop));
  jobs->push_back(
      WatchJob("watch-windows", "windows over a directory that is watched, drained", 43,
               Watched("ts - INTERVAL '2' SECOND") +
                   FileSink("k STRING, b TIMESTAMP(3), n BIGINT, total BIGINT", "json") + kTumble,
               OutputForm::kLines, ReferenceEnd::kDrain));
  // Partition 0 ends at 00:28 and says no more. What partition 1 has then is final up to there and
  // not beyond; its row of 00:05 is late by far.
  ReferenceJob silent;
  silent.name = "silent-partition";
  silent.operators = "event time of a silent partition, late rows";
  silent.inputs = {{"/in/bids/0/000", Rows({1, 9, 17, 28})},
                   {"/in/bids/1/000", Rows({0, 2, 3, 7, 8})}};
  silent.arrivals = {{2'000, "/in/bids/1/001", Rows({11, 12, 14, 16, 18, 21, 24, 26})},
                     {4'000, "/in/bids/1/002", Rows({29, 31, 5, 33, 36, 41, 44})}};
  silent.sql = SegmentTable("bids", 2) + kCounts + kTumble;
  silent.outputs = {{"/out/rows", OutputForm::kChangelog}};
  silent.has_late_rows = true;
  silent.end = ReferenceEnd::kStop;
  jobs->push_back(silent);
  // One side of the join has said all it will say before the other begins.
  ReferenceJob join;
  join.name = "silent-join-side";
  join.operators = "window join with a silent side";
  join.inputs = {{"/in/bids/0/000", Rows({1, 6, 12, 23})}, {"/in/bids/1/000", Rows({4, 9, 22})}};
  join.arrivals = {{2'000, "/in/asks/0/000", Rows({0, 7, 10, 15})},
                   {2'000, "/in/asks/1/000", Rows({3, 9, 14})},
                   {4'000, "/in/asks/0/001", Rows({18, 24, 29})},
                   {4'000, "/in/asks/1/001", Rows({20, 25, 27})}};
  join.sql = SegmentTable("bids", 2) + SegmentTable("asks", 2) +
             "CREATE TABLE out_rows (k STRING, b TIMESTAMP(3), v INT, w INT) WITH ("
             "'connector' = 'changelog', 'path' = '/out/rows', 'changes' = 'I');\n"
             "INSERT INTO out_rows SELECT l.k, l.window_start, l.v, r.v FROM "
             "(SELECT * FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND))) l "
             "LEFT JOIN "
             "(SELECT * FROM TABLE(TUMBLE(TABLE asks, DESCRIPTOR(ts), INTERVAL '5' SECOND))) r "
             "ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end;";
  join.outputs = {{"/out/rows", OutputForm::kChangelog}};
  join.end = ReferenceEnd::kStop;
  join.has_late_rows = true;  // A reader without a partition holds all others back.
  jobs->push_back(join);
  // Nobody ever writes to `asks`: it is idle, and the others' event time goes on without it.
  ReferenceJob idle;
  idle.name = "idle-input";
  idle.operators = "union with an idle input, window aggregate";
  idle.inputs = {{"/in/bids/0/000", Rows({1, 4, 6, 12})}};
  idle.arrivals = {{4'000, "/in/bids/0/001", Rows({13, 19, 22})},
                   {8'000, "/in/bids/0/002", Rows({23, 27, 31, 36})}};
  std::string is_idle = ", 'scan.watermark.idle-timeout' = '1 s'";
  idle.sql =
      SegmentTable("bids", 1, is_idle) + SegmentTable("asks", 1, is_idle) + kCounts +
      "CREATE VIEW both_sides AS SELECT * FROM bids UNION ALL SELECT * FROM asks;\n" +
      std::string(kTumble).replace(std::string(kTumble).find("TABLE bids"), 10, "TABLE both_sides");
  idle.outputs = {{"/out/rows", OutputForm::kChangelog}};
  idle.end = ReferenceEnd::kStop;
  jobs->push_back(idle);
}

}  // namespace weir
