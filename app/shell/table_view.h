// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The result of a streaming query on a terminal: the folded table, redrawn in place while it
// changes, at most ten times a second and no higher than the terminal; at the end the table as
// --output table prints it. Append-only results show their last rows.
//   +--------+-------+
//   | page   | views |
//   +--------+-------+
//   | /home  |  1203 |
//   +--------+-------+
//   41 rows, Ctrl-C ends  0:12  clicks  1.2 M rows  300.1 K rows/s  at 45 %
// Threads: draws from its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "print_table.h"
#include "progress.h"

namespace weir {

class TableView : public ResultPrinter {
 public:
  TableView(const QueryResult& result, const PrintSettings& settings, OutputStream* out);
  ~TableView() override;
  Status OnBatch(const Batch& batch) override;
  Status OnEnd(const PrintEnd& end) override;

 private:
  void Run();
  void Stop();
  std::string Frame(int rows_max, int columns_max);
  void Draw();

  const QueryResult& result_;
  PrintSettings settings_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  ProgressMeter meter_;
  std::mutex mutex_;  // Guards all below.
  std::condition_variable stopped_;
  bool stop_ = false;
  bool is_changed_ = true;
  int lines_shown_ = 0;
  TablePrinter table_;
  std::thread thread_;
};

}  // namespace weir
