// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What a running job has done, for people:
//   0:12  flights  1.2 M rows  300.1 K rows/s  watermark 2020-01-31 10:00:00.000  at flights.csv 45
//   %
// ProgressMeter makes the lines; ProgressLines shows them on standard error twice a second and
// erases them at the end.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "weir/session/session.h"

namespace weir {

/// Rates need two readings: keep one meter a job.
class ProgressMeter {
 public:
  /// One line a source, beginning with the time since the start; `seconds` is that time.
  std::vector<std::string> Lines(const std::vector<NodeProgress>& nodes, double seconds);

 private:
  struct Reading {
    int64_t rows = 0;
    double seconds = 0;
    double rate = 0;  // Smoothed.
  };
  std::map<size_t, Reading> readings_;  // By node.
};

/// "Scan(`c`.`d`.`t`)" -> "t".
std::string ShortNodeName(std::string_view name);
/// Rows that went into the sinks of a job.
int64_t RowsWritten(const std::vector<NodeProgress>& nodes);

/// Threads: draws from its own; everything else from the one that made it.
class ProgressLines {
 public:
  explicit ProgressLines(const QueryResult& result);
  ~ProgressLines();
  /// Takes the lines away, so that rows can be written; they come back with the next tick.
  void Erase();

 private:
  void Run();
  void EraseLocked();

  const QueryResult& result_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  ProgressMeter meter_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  int lines_shown_ = 0;
  std::thread thread_;
};

}  // namespace weir
