// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Reference jobs: windows on event time, with late rows.
#include "weir/testing/reference_jobs.h"

namespace weir {
namespace {

std::string Bids(const std::string& name) {
  return "CREATE TABLE " + name +
         " (k STRING, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) "
         "WITH ('connector' = 'filesystem', 'path' = '/in/" +
         name + "', 'format' = 'csv');\n";
}

std::string Lines(const std::string& columns, const std::string& format) {
  return "CREATE TABLE out_rows (" + columns +
         ") WITH ('connector' = 'filesystem', 'path' = '/out/rows', 'format' = '" + format +
         "');\n";
}

enum class LateRows : uint8_t { kNone, kSome };

ReferenceJob Windowed(const std::string& name, const std::string& window, const std::string& calls,
                      LateRows late = LateRows::kNone) {
  bool is_late = late == LateRows::kSome;
  return {name,
          "window aggregate (" + name + ")" + (is_late ? ", late rows" : ""),
          {{"/in/bids/a.csv", BidLines(11, 70, 3, is_late ? 3 : 0)}},
          Bids("bids") +
              Lines("k STRING, b TIMESTAMP(3), e TIMESTAMP(3), n BIGINT, x BIGINT",
                    name.starts_with("tumble") ? "json" : "csv") +
              "INSERT INTO out_rows SELECT k, window_start, window_end, COUNT(*), " + calls +
              " FROM TABLE(" + window + ") GROUP BY k, window_start, window_end;",
          {{"/out/rows", OutputForm::kLines}},
          {},
          is_late};
}

}  // namespace

void AddWindowJobs(std::vector<ReferenceJob>* jobs) {
  jobs->push_back(
      Windowed("tumble", "TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND)", "SUM(v)"));
  jobs->push_back(
      Windowed("hop", "HOP(TABLE bids, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '12' SECOND)",
               "CAST(MAX(v) AS BIGINT)"));
  jobs->push_back(Windowed(
      "cumulate", "CUMULATE(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND)",
      "COUNT(DISTINCT v)"));
  jobs->push_back(
      Windowed("session", "SESSION(TABLE bids PARTITION BY k, DESCRIPTOR(ts), INTERVAL '4' SECOND)",
               "SUM(v)"));
  jobs->push_back(Windowed("tumble-late", "TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND)",
                           "SUM(v)", LateRows::kSome));
  jobs->push_back(Windowed(
      "session-late", "SESSION(TABLE bids PARTITION BY k, DESCRIPTOR(ts), INTERVAL '4' SECOND)",
      "SUM(v)", LateRows::kSome));
  // Which watermarks are sent, and so which rows are late, follows from the last one sent.
  jobs->push_back(Windowed("tumble-stepped",
                           "TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND)", "SUM(v)",
                           LateRows::kSome));
  jobs->back().inputs = {{"/in/bids/a.csv", BidLines(17, 70, 3, 2, 6'000)}};
  jobs->back().options = {{"weir.watermark.min-step-ms", "4000"}};
  jobs->push_back(
      {"two-phase-window",
       "local and global window aggregate, two input files",
       {{"/in/bids/a.csv", BidLines(12, 40, 4, 11)}, {"/in/bids/b.csv", BidLines(13, 40, 4, 7)}},
       Bids("bids") + Lines("k STRING, b TIMESTAMP(3), n BIGINT, total BIGINT", "csv") +
           "INSERT INTO out_rows SELECT k, window_start, COUNT(*), SUM(v) FROM TABLE(TUMBLE("
           "TABLE bids, DESCRIPTOR(ts), INTERVAL '60' SECOND)) GROUP BY k, window_start, "
           "window_end;",
       {{"/out/rows", OutputForm::kLines}},
       {{"table.optimizer.agg-phase-strategy", "TWO_PHASE"}}});
  jobs->push_back(
      {"window-of-windows",
       "window aggregate over window aggregate",
       {{"/in/bids/a.csv", BidLines(14, 70, 4)}},
       Bids("bids") + Lines("b TIMESTAMP(3), ks BIGINT, total BIGINT", "csv") +
           "INSERT INTO out_rows SELECT window_start, COUNT(*), SUM(total) FROM TABLE(TUMBLE("
           "TABLE per_key, DESCRIPTOR(rt), INTERVAL '20' SECOND)) GROUP BY window_start, "
           "window_end;",
       {{"/out/rows", OutputForm::kLines}}});
  ReferenceJob& nested = jobs->back();
  nested.sql.insert(
      nested.sql.find("INSERT"),
      "CREATE VIEW per_key AS SELECT k, window_time AS rt, SUM(v) AS total FROM TABLE(TUMBLE("
      "TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND)) GROUP BY k, window_start, window_end, "
      "window_time;\n");
  jobs->push_back(
      {"window-join",
       "window join, left outer",
       {{"/in/bids/a.csv", BidLines(15, 50, 4)}, {"/in/asks/a.csv", BidLines(16, 50, 4)}},
       Bids("bids") + Bids("asks") + Lines("k STRING, b TIMESTAMP(3), v INT, w INT", "csv") +
           "INSERT INTO out_rows SELECT l.k, l.window_start, l.v, r.v FROM "
           "(SELECT * FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '5' SECOND))) l "
           "LEFT JOIN "
           "(SELECT * FROM TABLE(TUMBLE(TABLE asks, DESCRIPTOR(ts), INTERVAL '5' SECOND))) r "
           "ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end;",
       {{"/out/rows", OutputForm::kLines}}});
}

}  // namespace weir
