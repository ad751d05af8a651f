// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A bounded queue between exactly two threads, without locks:
//   | tail_ -> next slot to write (producer) | head_ -> next slot to read (consumer) |   both only
//   ever grow
// Each side keeps the last position it saw of the other, so that the shared cache lines are read
// only when the queue looks full or empty. Threads: TryPush and IsFull from one thread, TryPop and
// size_seen_by_consumer from one other.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace weir {

template <typename T>
class SpscRing {
 public:
  /// Holds `capacity` items, rounded up to a power of two.
  explicit SpscRing(size_t capacity)
      : slots_(std::bit_ceil(capacity < 2 ? size_t{2} : capacity)), mask_(slots_.size() - 1) {}

  bool IsFull() {
    uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ <= mask_) return false;
    head_seen_ = head_.load(std::memory_order_acquire);
    return tail - head_seen_ > mask_;
  }
  /// False, and `item` untouched, when the queue is full.
  bool TryPush(T&& item) {
    if (IsFull()) return false;
    uint64_t tail = tail_.load(std::memory_order_relaxed);
    slots_[tail & mask_] = std::move(item);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// False when the queue is empty.
  bool TryPop(T* item) {
    uint64_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head == tail_seen_) return false;
    }
    // A moved-from slot may keep memory: it is emptied.
    *item = std::exchange(slots_[head & mask_], T{});
    head_.store(head + 1, std::memory_order_release);
    return true;
  }
  size_t capacity() const { return slots_.size(); }
  /// How many items are left, as far as the consumer can see.
  size_t size_seen_by_consumer() {
    tail_seen_ = tail_.load(std::memory_order_acquire);
    return static_cast<size_t>(tail_seen_ - head_.load(std::memory_order_relaxed));
  }

 private:
  std::vector<T> slots_;
  const uint64_t mask_;
  alignas(64) std::atomic<uint64_t> tail_{0};
  uint64_t head_seen_ = 0;  // The producer's.
  alignas(64) std::atomic<uint64_t> head_{0};
  uint64_t tail_seen_ = 0;  // The consumer's.
};

}  // namespace weir
