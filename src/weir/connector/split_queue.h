// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Hands the splits of one source to its readers, and knows at every checkpoint which of them no
// reader has.
//   bounded     whoever asks gets the next split: readers that are done early take more
//   unbounded   split i belongs to reader i mod parallelism for good; new splits are looked for now
//   and then
//
// Nobody stops for a checkpoint. A reader saves its splits at its barrier; one that it takes after
// that barrier is not among them, so the queue counts it as not taken:
//   reader 0     | takes a | barrier 1: saves a |          takes c |
//   queue                                        Save(1): c, d      (d: nobody has it)
// Restore puts the readers' splits and the queue's together, in the order of discovery.
// Threads: Take, Save and has_unassigned from any; the rest before the first Take.
#pragma once

#include <atomic>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/connector/connector.h"

namespace weir {

/// A split and what is known of its rows so far.
struct SplitState {
  SourceSplit split;
  int64_t number = 0;  // In the order of discovery.
  int64_t watermark_millis = std::numeric_limits<int64_t>::min();
};

/// The table in which readers save their splits.
inline constexpr std::string_view kSplitTable = "splits";
Schema SplitTableSchema();
Result<Batch> SplitsToBatch(std::span<const SplitState> splits, arrow::MemoryPool* pool);
std::vector<SplitState> SplitsOfBatch(const Batch& batch);

class SplitQueue {
 public:
  SplitQueue(std::shared_ptr<Source> source, int parallelism, Clock* clock)
      : source_(std::move(source)),
        parallelism_(parallelism),
        clock_(clock),
        shares_(static_cast<size_t>(source_->is_bounded() ? 1 : parallelism)) {}

  /// Checkpoints will be taken: splits that have been taken are kept until one has them.
  void KeepTaken() { keeps_taken_ = true; }
  /// `state` is what Save gave; `read` are the splits that readers had saved with it.
  /// Errors: kCorruption when `state` cannot be read; the source's own.
  Status Restore(const std::string& state, std::vector<SplitState> read);

  /// The next split for `subtask`, if there is one now. `barrier`: the last one at which the reader
  /// has saved itself; 0 before the first.
  Result<std::optional<SplitState>> Take(int subtask, int64_t barrier = 0);
  /// Of a bounded source: some split has not been taken. True before the first Take.
  bool has_unassigned() const { return unassigned_.load(std::memory_order_acquire) != 0; }
  /// What belongs to the checkpoint of `barrier` besides the readers' own splits. All readers have
  /// saved themselves at it, or ended; checkpoints before it are not asked for any more.
  Result<std::string> Save(int64_t barrier);
  Source& source() const { return *source_; }

 private:
  struct Taken {
    SplitState split;
    int64_t barrier;
  };

  Status DiscoverWhenDue(int subtask);
  void Share(SplitState split);
  void CountUnassigned();

  std::shared_ptr<Source> source_;
  int parallelism_;
  Clock* clock_;
  bool keeps_taken_ = false;
  std::mutex mutex_;
  std::vector<std::deque<SplitState>> shares_;
  std::vector<Taken> taken_;  // In order.
  int64_t num_discovered_ = 0;
  bool discovered_ = false;
  bool discovers_again_ = true;
  int64_t next_discovery_micros_ = 0;
  std::atomic<int64_t> unassigned_{-1};
};

}  // namespace weir
