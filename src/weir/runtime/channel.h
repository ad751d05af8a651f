// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// One channel of an exchange: from one subtask to another, a bounded ring of events.
//   producer's worker --Push--> | ring | --Pop--> consumer's worker
// Each side is woken by the other; within one worker nobody needs to be.
// Threads: Push and HasRoom by the producer, Pop and SetUnwanted by the consumer.
#pragma once

#include <atomic>
#include <memory>

#include "weir/runtime/event.h"
#include "weir/runtime/ring.h"
#include "weir/runtime/wake.h"

namespace weir {

class Channel {
 public:
  Channel(size_t capacity, std::shared_ptr<Wake> producer, std::shared_ptr<Wake> consumer)
      : ring_(capacity), producer_(std::move(producer)), consumer_(std::move(consumer)) {}

  bool HasRoom() { return !ring_.IsFull(); }
  /// False, and `event` untouched, when the ring is full.
  bool TryPush(Event&& event) {
    if (!ring_.TryPush(std::move(event))) return false;
    if (producer_ != consumer_) consumer_->Notify();
    return true;
  }

  bool TryPop(Event* event) {
    if (!ring_.TryPop(event)) return false;
    if (producer_ != consumer_) NotifyProducer();
    return true;
  }
  /// No rows are wanted any more: a producer that feeds nothing else may end.
  void SetUnwanted() {
    if (unwanted_.exchange(true)) return;
    producer_->Notify();
  }
  bool unwanted() const { return unwanted_.load(std::memory_order_relaxed); }

 private:
  /// A producer that found the ring full sleeps until it is half empty, so that the two do not wake
  /// each other for every event. While it sleeps the ring only shrinks, so one of the two sizes is
  /// always passed.
  void NotifyProducer() {
    size_t left = ring_.size_seen_by_consumer();
    if (left == ring_.capacity() / 2 || left == 0) producer_->Notify();
  }

  SpscRing<Event> ring_;
  std::shared_ptr<Wake> producer_;
  std::shared_ptr<Wake> consumer_;
  std::atomic<bool> unwanted_{false};
};

}  // namespace weir
