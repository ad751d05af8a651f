// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/runtime/wake.h"

#include <chrono>

namespace weir {

// The sleeper stores sleeping_ and then reads epoch_, a notifier adds to epoch_ and then reads
// sleeping_; in the one order of all these operations at least one of them sees the other.
void Wake::Notify() {
  epoch_.fetch_add(1, std::memory_order_seq_cst);
  if (!sleeping_.load(std::memory_order_seq_cst)) return;
  std::lock_guard<std::mutex> lock(mutex_);
  condition_.notify_one();
}

void Wake::Wait(uint64_t ticket, int64_t timeout_micros) {
  std::unique_lock<std::mutex> lock(mutex_);
  sleeping_.store(true, std::memory_order_seq_cst);
  condition_.wait_for(lock, std::chrono::microseconds(timeout_micros),
                      [&] { return epoch_.load(std::memory_order_seq_cst) != ticket; });
  sleeping_.store(false, std::memory_order_seq_cst);
}

}  // namespace weir
