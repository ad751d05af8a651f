// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// How a thread sleeps until somebody has work for it, without losing a wake-up:
//   uint64_t ticket = wake.Ticket();
//   if (!LookForWork()) wake.Wait(ticket, timeout);   // returns at once if Notify came after
//   Ticket
// Notify costs one atomic addition while nobody sleeps.
// Threads: Notify from any; Ticket and Wait from the owner.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace weir {

class Wake {
 public:
  uint64_t Ticket() const { return epoch_.load(std::memory_order_seq_cst); }
  void Notify();
  void Wait(uint64_t ticket, int64_t timeout_micros);

 private:
  std::atomic<uint64_t> epoch_{0};
  std::atomic<bool> sleeping_{false};
  std::mutex mutex_;
  std::condition_variable condition_;
};

}  // namespace weir
