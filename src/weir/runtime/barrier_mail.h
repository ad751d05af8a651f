// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Between the coordinator of checkpoints and the runners: what is asked of the sources, and what
// the runners answer. A question costs a source one atomic load between two polls.
//   coordinator --Ask--> wanted, request --> sources (barriers) --> runners --Answer--> coordinator
// Threads: Ask, TakeAnswers, HoldSources and EndSources by the coordinator; the rest from any.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "weir/checkpoint/subtask_snapshot.h"
#include "weir/runtime/wake.h"

namespace weir {

struct BarrierRequest {
  int64_t barrier = 0;
  std::vector<bool> incremental;  // By writer: changes are enough.
  int64_t rows_per_step = 0;      // That a runner copies before it looks at events again.
};

/// Of a runner that keeps state. `writer` is its number in CheckpointParts.
struct RunnerAnswer {
  int writer = -1;
  std::unique_ptr<SubtaskSnapshot> snapshot;  // Null: the runner has ended.
};

class BarrierMail {
 public:
  explicit BarrierMail(std::function<void()> wake_workers)
      : wake_workers_(std::move(wake_workers)) {}

  // ---- Runners ----
  /// The last barrier that has been asked for.
  int64_t wanted() const { return wanted_.load(std::memory_order_acquire); }
  /// The checkpoint that is being taken; null before the first. Barriers of others only pass.
  std::shared_ptr<const BarrierRequest> request() const;
  void Answer(RunnerAnswer answer);
  /// A source that has sent `barrier` reads no more for the present.
  bool HoldsSource(int64_t barrier) const {
    int64_t from = hold_from_.load(std::memory_order_acquire);
    return from != 0 && barrier >= from;
  }
  bool sources_end() const { return sources_end_.load(std::memory_order_acquire); }

  // ---- Coordinator ----
  void Ask(BarrierRequest request);
  std::vector<RunnerAnswer> TakeAnswers();
  /// From barrier `from` on; 0: no longer.
  void HoldSources(int64_t from);
  void EndSources();
  Wake& wake() { return wake_; }

 private:
  std::function<void()> wake_workers_;
  Wake wake_;  // The coordinator's.
  std::atomic<int64_t> wanted_{0};
  std::atomic<int64_t> hold_from_{0};
  std::atomic<bool> sources_end_{false};
  mutable std::mutex mutex_;
  std::shared_ptr<const BarrierRequest> request_;
  std::vector<RunnerAnswer> answers_;
};

}  // namespace weir
