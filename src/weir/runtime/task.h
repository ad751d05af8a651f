// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// One subtask of a chain of nodes: runners that call each other directly, the channels that feed
// them from other tasks, and their sources. A worker calls Run again and again; each call does a
// little of everything that can go on:
//   send barriers -> put waiting output into rings -> go on with unfinished events -> take events
//   from channels -> timers -> copy rows of a snapshot -> poll sources
// Threads: its worker; the runners' published counters from any.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "weir/runtime/node_runner.h"

namespace weir {

enum class SourcePolling : uint8_t {
  kWhileRunning,  // Run polls sources and ends them, and copies snapshots.
  kByCaller,      // The caller does, in the order that it wants.
};

class Task {
 public:
  Task(const Environment& environment, SourcePolling polling)
      : environment_(environment), polling_(polling) {}

  // ---- Wiring ----
  TaskState* state() { return &state_; }
  /// In topological order.
  void AddRunner(std::unique_ptr<NodeRunner> runner) { runners_.push_back(std::move(runner)); }
  void AddInput(NodeRunner* runner, int channel_number, std::shared_ptr<Channel> channel);
  /// `poked` is set from outside when the source has something to read.
  void AddSource(NodeRunner* runner, std::shared_ptr<std::atomic<bool>> poked);

  /// True if anything happened. Exceptions of libraries pass through.
  Result<bool> Run();
  bool IsDone() const;
  /// How long nothing but a wake-up can give this task work; at most `limit`.
  int64_t IdleMicros(int64_t limit) const;

  // ---- For SourcePolling::kByCaller ----
  int num_sources() const { return static_cast<int>(sources_.size()); }
  NodeRunner* source(int i) const { return sources_[static_cast<size_t>(i)].runner; }
  /// kEnd also when no row of it is wanted any more. kNothing too while there is no room behind.
  Result<PollState> PollSource(int i);
  Status EndSource(int i);
  /// Copies some rows of the snapshots that are being taken; true if there were any.
  Result<bool> CopySnapshots();

  const std::vector<std::unique_ptr<NodeRunner>>& runners() const { return runners_; }
  void Publish();
  void Release();

 private:
  struct Head {
    NodeRunner* runner;
    struct Input {
      int number;
      std::shared_ptr<Channel> channel;
      bool ended = false;
    };
    std::vector<Input> inputs;
    bool told_unwanted = false;
  };
  struct SourceSlot {
    NodeRunner* runner;
    std::shared_ptr<std::atomic<bool>> poked;
    int64_t next_poll_micros = 0;
    int64_t delay_micros = 0;
    bool ended = false;
  };

  Result<bool> TakeInput(Head& head);
  Result<bool> FireTimers();
  Result<bool> PollAll();

  const Environment& environment_;
  SourcePolling polling_;
  TaskState state_;
  std::vector<std::unique_ptr<NodeRunner>> runners_;
  std::vector<Head> heads_;
  std::vector<SourceSlot> sources_;
  int64_t runs_ = 0;  // Those that did something.
  int64_t published_runs_ = 0;
};

}  // namespace weir
