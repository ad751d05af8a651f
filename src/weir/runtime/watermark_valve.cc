// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/runtime/watermark_valve.h"

#include <algorithm>

namespace weir {

WatermarkValve::Change WatermarkValve::OnWatermark(int channel, Watermark watermark) {
  Channel& c = channels_[static_cast<size_t>(channel)];
  c.watermark = std::max(c.watermark, watermark);
  if (c.watermark >= current_) c.aligned = true;
  if (c.idle) return {};
  return Advance();
}

WatermarkValve::Change WatermarkValve::OnActivity(int channel, Activity activity) {
  Channel& c = channels_[static_cast<size_t>(channel)];
  c.idle = activity == Activity::kIdle;
  if (!c.idle) c.aligned = c.watermark >= current_;
  return Advance();
}

WatermarkValve::Change WatermarkValve::OnEnd(int channel) {
  Channel& c = channels_[static_cast<size_t>(channel)];
  if (!c.ended) ++num_ended_;
  c.ended = true;
  return Advance();
}

WatermarkValve::Change WatermarkValve::Advance() {
  Change change;
  bool any_active = false, any_idle = false, any_aligned = false;
  Watermark least{Watermark::kMax}, greatest_idle;
  for (const Channel& c : channels_) {
    if (c.ended) continue;
    if (c.idle) {
      any_idle = true;
      greatest_idle = std::max(greatest_idle, c.watermark);
      continue;
    }
    any_active = true;
    if (!c.aligned) continue;
    any_aligned = true;
    least = std::min(least, c.watermark);
  }
  if (any_active && !any_aligned) least = current_;
  if (!any_active && any_idle) least = greatest_idle;
  Activity activity = !any_active && any_idle ? Activity::kIdle : Activity::kActive;
  if (least > current_) {
    current_ = least;
    change.watermark = least;
  }
  if (activity != activity_) {
    activity_ = activity;
    change.activity = activity;
  }
  return change;
}

}  // namespace weir
