// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Event time of an operator from its channels: the minimum over those that are neither idle nor
// ended, never going back.
//   channel 0:  5 ........ 9
//   channel 1:  ..... 7 .......... idle
//   operator:   ..... 5 .. 7 ..... 9
// A channel that becomes active again counts from its own watermark; until it has caught up it
// holds nothing back that has been given out. When every channel has become idle, the operator's
// event time is the greatest watermark of them. Source: Flink documentation, "Generating
// Watermarks", idle sources.
#pragma once

#include <optional>
#include <vector>

#include "weir/operator/operator.h"

namespace weir {

class WatermarkValve {
 public:
  explicit WatermarkValve(int num_channels) : channels_(static_cast<size_t>(num_channels)) {}

  /// What the operator is to be told, if anything.
  struct Change {
    std::optional<Watermark> watermark;
    std::optional<Activity> activity;
  };
  Change OnWatermark(int channel, Watermark watermark);
  Change OnActivity(int channel, Activity activity);
  Change OnEnd(int channel);
  /// Event time begins here and not at the least; before anything else.
  void Restore(Watermark watermark) { current_ = watermark; }

  Watermark current() const { return current_; }
  bool all_ended() const { return num_ended_ == channels_.size(); }

 private:
  struct Channel {
    Watermark watermark;
    bool idle = false;
    bool ended = false;
    bool aligned = true;  // Not behind the operator since it was idle last.
  };
  Change Advance();

  std::vector<Channel> channels_;
  Watermark current_;
  Activity activity_ = Activity::kActive;
  size_t num_ended_ = 0;
};

}  // namespace weir
