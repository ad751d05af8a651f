// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A clock that stands still until a test moves it. Sleeping moves it too.
// Threads: any.
#pragma once

#include <atomic>

#include "weir/base/environment.h"

namespace weir {

class FakeClock : public Clock {
 public:
  int64_t WallMicros() override { return now_micros_.load(); }
  int64_t MonotonicMicros() override { return now_micros_.load(); }
  void SleepMicros(int64_t micros) override { now_micros_.fetch_add(micros); }
  void SetMillis(int64_t millis) { now_micros_.store(millis * 1000); }

 private:
  std::atomic<int64_t> now_micros_{0};
};

}  // namespace weir
