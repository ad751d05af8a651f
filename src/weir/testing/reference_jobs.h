// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Small jobs that between them use every stateful operator and every exactly-once sink. Registering
// a job here is all that is needed to have it crashed at every outside call, restored, rescaled,
// stopped and given damaged state (app/audit).
//
// To add one: write its SQL with inputs below /in and sinks below /out in one of the
// reference_jobs_*.cc files, and name how each sink's rows are compared.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace weir {

enum class OutputForm : uint8_t {
  kLines,      // Text files: all lines of all files, in any order; partitions apart.
  kHeadLines,  // As kLines; the rows come from one ordered query, so their order counts.
  kParquet,    // Rows, in any order.
  kChangelog,  // Lines of the changelog sink: what remains when they are folded.
};

struct ReferenceOutput {
  std::string path;  // "/out/counts".
  OutputForm form = OutputForm::kLines;
  /// kChangelog with upserts: the columns that identify a row. Empty: whole rows.
  std::vector<int> key = {};
  /// One source and no folding by time: the sequence of changes of each value of column 0 is the
  /// same in every run at one parallelism, not only the result.
  bool same_changes = false;
};

/// A file that comes while the job runs.
struct ReferenceArrival {
  int64_t at_millis = 0;
  std::string path;
  std::string bytes;
};

/// How a job whose sources never end is ended, once it has read all there is.
enum class ReferenceEnd : uint8_t {
  kBounded,  // It ends by itself.
  kStop,     // With a savepoint.
  kDrain,    // With a savepoint, as if its input ended there.
};

struct ReferenceJob {
  std::string name;       // "tumble-late".
  std::string operators;  // What it is for: "window aggregate (tumble), late rows".
  std::map<std::string, std::string> inputs;  // Path to bytes.
  std::string sql;                            // DDL, then one INSERT or statement set.
  std::vector<ReferenceOutput> outputs;
  std::map<std::string, std::string> options = {};
  /// Which rows are late depends on how many readers there are: the rows are the same only between
  /// runs of one parallelism.
  bool has_late_rows = false;
  std::vector<ReferenceArrival> arrivals = {};
  ReferenceEnd end = ReferenceEnd::kBounded;
};

/// Deterministic: the same jobs in the same order each time.
std::vector<ReferenceJob> AllReferenceJobs();

// One function a file of jobs.
void AddAggregateJobs(std::vector<ReferenceJob>* jobs);
void AddWindowJobs(std::vector<ReferenceJob>* jobs);
void AddJoinJobs(std::vector<ReferenceJob>* jobs);
void AddFileJobs(std::vector<ReferenceJob>* jobs);
void AddContinuousJobs(std::vector<ReferenceJob>* jobs);

/// Rows "k<i % keys>,<value>,<timestamp>" for inputs: `rows` lines of csv. Values and times come
/// from `seed`; times go up by about a second a row, and every `late_every`-th row (0: none) is
/// `late_by_millis` behind.
std::string BidLines(uint64_t seed, int rows, int keys, int late_every = 0,
                     int64_t late_by_millis = 20'000);

}  // namespace weir
