// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The rows of a SELECT on their way to whoever asked: a short queue between a job and one reader.
//   job --TryPush--> | a few batches | --Pop--> reader
// A full queue holds the job back; a reader that has seen enough closes it.
// Threads: TryPush and Finish from the job, the rest from the reader. Popped batches lie in the
// job's memory: the job must outlive them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "weir/data/batch.h"

namespace weir {

class ResultQueue {
 public:
  explicit ResultQueue(size_t batches_max = 16) : batches_max_(batches_max) {}

  // ---- The job's side ----
  enum class Pushed : uint8_t { kTaken, kFull, kClosed };
  /// kFull: `wake` is called when there is room again. `batch` is moved from only when taken.
  Pushed TryPush(Batch&& batch, const std::function<void()>& wake);
  /// No more rows will come: the job has ended, well or not.
  void Finish();

  // ---- The reader's side ----
  /// Blocks until there is a batch; none after the last one. `wait_micros` below 0: without bound;
  /// else none also when the time is over (see is_finished).
  std::optional<Batch> Pop(int64_t wait_micros = -1);
  /// Finished, and everything has been read.
  bool is_finished() const;
  /// No more rows are wanted.
  void Close();

 private:
  const size_t batches_max_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> batches_;
  std::function<void()> wake_;
  bool finished_ = false;
  bool closed_ = false;
};

}  // namespace weir
