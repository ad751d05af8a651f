// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What the writers of one sink have prepared, by checkpoint, until it is published.
//   writers    Add(at barrier n or at their end) ........ Add(at barrier n + 1) ...
//   job        TakeUpTo(n) -> the epoch of n becomes true -> Publish
// An epoch that is given up loses nothing: what was taken for it is taken with the next one.
// Threads: Add from any; the rest from one at a time.
#pragma once

#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "weir/connector/connector.h"

namespace weir {

enum class SinkMode : uint8_t { kAppend, kOverwrite };

class SinkCommits {
 public:
  /// The end of a job: after every barrier.
  static constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();

  /// Of one writer at barrier `barrier`; at its end the number after the last barrier that it saw.
  struct Prepared {
    int subtask = 0;
    int64_t barrier = 0;
    std::vector<std::string> committables;
    std::vector<std::string> in_progress;
  };
  /// Recorded with an epoch, comes back through Start.
  struct Epoch {
    std::vector<std::string> committables;
    std::vector<std::string> in_progress;
  };

  explicit SinkCommits(std::shared_ptr<Sink> sink, SinkMode mode = SinkMode::kAppend)
      : sink_(std::move(sink)), mode_(mode) {}

  /// Before the first writer of a run. `restored`: of the epoch that the run continues; null at a
  /// fresh start, which clears away what earlier runs of the job have left (`has_job_id`) and,
  /// in a sink that overwrites, what was there.
  Status Start(const Epoch* restored, bool has_job_id);
  void Add(Prepared prepared);
  /// What is to be published with the epoch of `barrier`.
  Result<Epoch> TakeUpTo(int64_t barrier);
  /// Makes visible what the last TakeUpTo gave.
  Status Publish();
  Sink& sink() const { return *sink_; }

 private:
  std::shared_ptr<Sink> sink_;
  SinkMode mode_;
  std::vector<std::string> ready_;  // Taken and not published yet.
  std::mutex mutex_;
  std::vector<Prepared> prepared_;                       // In order of Add; under mutex_.
  std::map<int, std::vector<std::string>> in_progress_;  // By subtask, at the last barrier taken.
};

}  // namespace weir
