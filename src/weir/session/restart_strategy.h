// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Whether and when a failed job is started again: Flink's restart strategies, as pure decisions.
//
//   none               never
//   fixed-delay        at most `attempts` times, `delay` apart
//   failure-rate       while there are at most `max-failures-per-interval` failures in an interval
//   exponential-delay  waits that grow by a factor and shrink back after a quiet time
//
// An error that the same data will give again (invalid data, a bug) is not tried for ever, whatever
// the strategy: the third time in a row without a checkpoint in between it is final.
//
// Threads: one at a time. Source: Flink documentation, "Task Failure Recovery".
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "weir/base/environment.h"
#include "weir/base/options.h"

namespace weir {

class RestartStrategy {
 public:
  /// Reads `restart-strategy.*`. Without a type: exponential-delay with checkpoints, else none.
  static Result<std::unique_ptr<RestartStrategy>> Make(const Options& options,
                                                       bool has_checkpoints);
  virtual ~RestartStrategy() = default;

  /// The job has failed with `status`; `epoch` is its newest checkpoint (-1: none). How long to
  /// wait before the next start, in microseconds; nothing: the failure is final.
  std::optional<int64_t> OnFailure(const Status& status, int64_t epoch, int64_t now_micros,
                                   Random* random);
  /// "exponential-delay", for people.
  virtual std::string name() const = 0;

 protected:
  virtual std::optional<int64_t> Decide(int64_t now_micros, Random* random) = 0;

 private:
  std::string last_message_;
  int64_t last_epoch_ = -1;
  int repeats_ = 0;
};

}  // namespace weir
