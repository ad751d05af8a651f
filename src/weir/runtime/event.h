// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What travels between operators: batches, watermarks, activity, barriers of checkpoints and the
// end of a channel, all in one order.
#pragma once

#include "weir/operator/operator.h"

namespace weir {

struct Event {
  enum class Kind : uint8_t { kBatch, kWatermark, kActivity, kBarrier, kEnd };
  Kind kind = Kind::kEnd;
  Activity activity = Activity::kActive;
  Watermark watermark;
  int64_t barrier = 0;  // Numbered 1, 2, 3 ... in each run; every channel brings all until its end.
  Batch batch;

  static Event Of(Batch batch) {
    Event event;
    event.kind = Kind::kBatch;
    event.batch = std::move(batch);
    return event;
  }
  static Event Of(Watermark watermark) {
    Event event;
    event.kind = Kind::kWatermark;
    event.watermark = watermark;
    return event;
  }
  static Event Of(Activity activity) {
    Event event;
    event.kind = Kind::kActivity;
    event.activity = activity;
    return event;
  }
  static Event Barrier(int64_t barrier) {
    Event event;
    event.kind = Kind::kBarrier;
    event.barrier = barrier;
    return event;
  }
  static Event End() { return {}; }
};

}  // namespace weir
