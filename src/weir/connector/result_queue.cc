// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/result_queue.h"

#include <chrono>
#include <utility>

namespace weir {

ResultQueue::Pushed ResultQueue::TryPush(Batch&& batch, const std::function<void()>& wake) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return Pushed::kClosed;
  if (batches_.size() >= batches_max_) {
    wake_ = wake;
    return Pushed::kFull;
  }
  batches_.push_back(std::move(batch));
  changed_.notify_one();
  return Pushed::kTaken;
}

void ResultQueue::Finish() {
  std::lock_guard<std::mutex> lock(mutex_);
  finished_ = true;
  changed_.notify_all();
}

std::optional<Batch> ResultQueue::Pop(int64_t wait_micros) {
  std::function<void()> wake;
  std::optional<Batch> batch;
  {
    std::unique_lock<std::mutex> lock(mutex_);
    auto ready = [&] { return !batches_.empty() || finished_ || closed_; };
    if (wait_micros < 0) {
      changed_.wait(lock, ready);
    } else if (!changed_.wait_for(lock, std::chrono::microseconds(wait_micros), ready)) {
      return std::nullopt;
    }
    if (batches_.empty()) return std::nullopt;
    batch = std::move(batches_.front());
    batches_.pop_front();
    // Half empty, so that the job is not woken for every batch.
    if (batches_.size() <= batches_max_ / 2) wake = std::exchange(wake_, nullptr);
  }
  if (wake) wake();
  return batch;
}

bool ResultQueue::is_finished() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return closed_ || (finished_ && batches_.empty());
}

void ResultQueue::Close() {
  std::function<void()> wake;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    batches_.clear();
    wake = std::exchange(wake_, nullptr);
    changed_.notify_all();
  }
  if (wake) wake();
}

}  // namespace weir
