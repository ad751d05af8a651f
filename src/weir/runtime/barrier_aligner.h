// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Waits until the barrier of a checkpoint has come on every channel of a runner. A channel that has
// brought it is held: what follows it there belongs to the next epoch.
//   channel 0   a |1 b          held from |1 on; b is parked (or not read at all)
//   channel 1   c d |1          aligned: barrier 1, then b
//   channel 2   e end           an ended channel holds up nobody
// Barriers are numbered without gaps and every channel brings all of them until its end, given-up
// ones too; so a held channel always comes free, and what holds it up never waits for it.
// Threads: one task.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "weir/runtime/event.h"

namespace weir {

class BarrierAligner {
 public:
  explicit BarrierAligner(size_t num_channels) : held_(num_channels, 0), num_open_(num_channels) {}

  bool IsHeld(int channel) const {
    return num_held_ > 0 && held_[static_cast<size_t>(channel)] != 0;
  }
  /// What has come on a held channel.
  void Park(int channel, Event event) { parked_.push_back({channel, std::move(event)}); }
  /// The next barrier has come on `channel`, or its end. True: it has come on all that are open,
  /// so the barrier's turn is now, and then Release's.
  bool OnBarrier(int channel) {
    held_[static_cast<size_t>(channel)] = 1;
    return ++num_held_ == num_open_;
  }
  bool OnEnd() { return --num_open_ == num_held_ && num_held_ > 0; }
  /// The number of the barrier that is waited for.
  int64_t next_barrier() const { return passed_ + 1; }
  struct Parked {
    int channel;
    Event event;
  };
  /// The barrier has passed. What was parked, in order; it is to be delivered as if it came now.
  std::vector<Parked> Release() {
    held_.assign(held_.size(), 0);
    num_held_ = 0;
    ++passed_;
    return std::exchange(parked_, {});
  }

 private:
  std::vector<char> held_;
  std::vector<Parked> parked_;
  size_t num_open_;
  size_t num_held_ = 0;
  int64_t passed_ = 0;
};

}  // namespace weir
