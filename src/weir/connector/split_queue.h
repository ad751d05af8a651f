// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Hands the splits of one source to its readers.
//   bounded     whoever asks gets the next split: readers that are done early take more
//   unbounded   split i belongs to reader i mod parallelism for good; new splits are looked for now
//   and then
// Threads: all methods from any thread.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "weir/connector/connector.h"

namespace weir {

class SplitQueue {
 public:
  SplitQueue(std::shared_ptr<Source> source, int parallelism, Clock* clock)
      : source_(std::move(source)),
        parallelism_(parallelism),
        clock_(clock),
        shares_(static_cast<size_t>(source_->is_bounded() ? 1 : parallelism)) {}

  /// The next split for `subtask`, if there is one now.
  Result<std::optional<SourceSplit>> Take(int subtask);
  /// Of a bounded source: some split has not been taken. True before the first Take.
  bool has_unassigned() const { return unassigned_.load(std::memory_order_acquire) != 0; }
  Source& source() const { return *source_; }

 private:
  Status DiscoverWhenDue(int subtask);

  std::shared_ptr<Source> source_;
  int parallelism_;
  Clock* clock_;
  std::mutex mutex_;
  std::vector<std::deque<SourceSplit>> shares_;
  size_t next_share_ = 0;
  bool discovered_ = false;
  int64_t next_discovery_micros_ = 0;
  std::atomic<int64_t> unassigned_{-1};
};

}  // namespace weir
