// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/split_queue.h"

#include <utility>

namespace weir {
namespace {
constexpr int64_t kDiscoveryIntervalMicros = 1'000'000;
}  // namespace

Status SplitQueue::DiscoverWhenDue(int subtask) {
  bool bounded = source_->is_bounded();
  if (discovered_) {
    if (bounded || !shares_[static_cast<size_t>(subtask)].empty()) return Status::OK();
    if (clock_->MonotonicMicros() < next_discovery_micros_) return Status::OK();
  }
  WEIR_ASSIGN_OR_RETURN(std::vector<SourceSplit> splits, source_->Discover(parallelism_));
  discovered_ = true;
  if (!bounded) next_discovery_micros_ = clock_->MonotonicMicros() + kDiscoveryIntervalMicros;
  for (SourceSplit& split : splits) {
    shares_[next_share_].push_back(std::move(split));
    next_share_ = (next_share_ + 1) % shares_.size();
  }
  return Status::OK();
}

Result<std::optional<SourceSplit>> SplitQueue::Take(int subtask) {
  std::lock_guard<std::mutex> lock(mutex_);
  int share = source_->is_bounded() ? 0 : subtask;
  WEIR_RETURN_NOT_OK(DiscoverWhenDue(share));
  std::deque<SourceSplit>& splits = shares_[static_cast<size_t>(share)];
  std::optional<SourceSplit> taken;
  if (!splits.empty()) {
    taken = std::move(splits.front());
    splits.pop_front();
  }
  unassigned_.store(static_cast<int64_t>(splits.size()), std::memory_order_release);
  return taken;
}

}  // namespace weir
