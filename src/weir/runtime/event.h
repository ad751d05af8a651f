// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What travels between operators: batches, watermarks, activity and the end of a channel, all in
// one order.
#pragma once

#include "weir/operator/operator.h"

namespace weir {

struct Event {
  enum class Kind : uint8_t { kBatch, kWatermark, kActivity, kEnd };
  Kind kind = Kind::kEnd;
  Activity activity = Activity::kActive;
  Watermark watermark;
  Batch batch;

  static Event Of(Batch batch) { return {Kind::kBatch, Activity::kActive, {}, std::move(batch)}; }
  static Event Of(Watermark watermark) {
    return {Kind::kWatermark, Activity::kActive, watermark, {}};
  }
  static Event Of(Activity activity) { return {Kind::kActivity, activity, {}, {}}; }
  static Event End() { return {}; }
};

}  // namespace weir
