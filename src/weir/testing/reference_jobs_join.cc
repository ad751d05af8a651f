// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Reference jobs: joins and set operations.
#include "weir/testing/reference_jobs.h"

namespace weir {
namespace {

std::string Bids(const std::string& name) {
  return "CREATE TABLE " + name +
         " (k STRING, v INT, ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = '/in/" +
         name + "', 'format' = 'csv');\n";
}

std::string Changelog(const std::string& columns) {
  return "CREATE TABLE out_rows (" + columns +
         ") WITH ('connector' = 'changelog', 'path' = '/out/rows');\n";
}

ReferenceJob TwoInputs(const std::string& name, const std::string& operators,
                       const std::string& sink, const std::string& query,
                       OutputForm form = OutputForm::kChangelog) {
  return {name,
          operators,
          {{"/in/bids/a.csv", BidLines(21, 40, 8)}, {"/in/asks/a.csv", BidLines(22, 30, 10)}},
          Bids("bids") + Bids("asks") + sink + "INSERT INTO out_rows " + query + ";",
          {{"/out/rows", form}}};
}

}  // namespace

void AddJoinJobs(std::vector<ReferenceJob>* jobs) {
  jobs->push_back(
      TwoInputs("inner-join", "inner join of two streams, file sink",
                "CREATE TABLE out_rows (k STRING, v INT, w INT) WITH ('connector' = 'filesystem', "
                "'path' = '/out/rows', 'format' = 'csv');\n",
                "SELECT b.k, b.v, a.v FROM bids b JOIN asks a ON b.k = a.k AND b.v < a.v",
                OutputForm::kLines));
  jobs->push_back(TwoInputs(
      "full-join", "full outer join", Changelog("k STRING, v INT, k2 STRING, w INT"),
      "SELECT b.k, b.v, a.k, a.v FROM bids b FULL JOIN asks a ON b.k = a.k AND b.v = a.v"));
  jobs->push_back(TwoInputs(
      "left-join-of-aggregates", "left outer join of two updating inputs",
      Changelog("k STRING, n BIGINT, m BIGINT"),
      "SELECT b.k, b.n, a.n FROM (SELECT k, COUNT(*) AS n FROM bids GROUP BY k) b LEFT JOIN "
      "(SELECT k, SUM(v) AS n FROM asks GROUP BY k) a ON b.k = a.k"));
  jobs->push_back(TwoInputs("union", "union, distinct", Changelog("k STRING, v INT"),
                            "SELECT k, v / 5 FROM bids UNION SELECT k, v / 5 FROM asks"));
  jobs->push_back(TwoInputs("intersect", "intersect all", Changelog("k STRING, v INT"),
                            "SELECT k, v / 10 FROM bids INTERSECT ALL SELECT k, v / 10 FROM asks"));
  jobs->push_back(TwoInputs("except", "except", Changelog("k STRING, v INT"),
                            "SELECT k, v / 10 FROM bids EXCEPT SELECT k, v / 10 FROM asks"));
}

}  // namespace weir
