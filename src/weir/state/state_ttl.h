// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// State time-to-live by slot: when a slot was last written, and which are over. An expired slot is
// gone for readers at once; its memory is freed by a sweep every quarter of the TTL.
//
// Threads: one task.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "weir/state/keyed_table.h"

namespace weir {

class StateTtl {
 public:
  /// `ttl_millis` 0: nothing ever expires, and nothing is kept.
  StateTtl(int64_t ttl_millis, arrow::MemoryPool* pool)
      : ttl_millis_(ttl_millis), written_millis_(pool) {}

  bool is_on() const { return ttl_millis_ > 0; }
  Status Resize(int64_t num_slots) {
    return is_on() && num_slots > written_millis_.size() ? written_millis_.Resize(num_slots)
                                                         : Status::OK();
  }
  bool IsExpired(uint32_t slot, int64_t now_millis) const {
    return is_on() && written_millis_[slot] + ttl_millis_ <= now_millis;
  }
  void Write(uint32_t slot, int64_t now_millis) {
    if (!is_on()) return;
    written_millis_[slot] = now_millis;
    if (next_sweep_millis_ == kNever) next_sweep_millis_ = now_millis + SweepMillis();
  }
  /// As Column has saved it. What was saved without a TTL counts as written now.
  void Restore(uint32_t slot, int64_t written_millis, int64_t now_millis) {
    Write(slot, written_millis != 0 ? written_millis : now_millis);
  }
  int64_t next_sweep_millis() const { return next_sweep_millis_; }
  /// The expired ones of `slots`, when a sweep is due.
  std::vector<uint32_t> Sweep(const std::vector<uint32_t>& slots, int64_t now_millis) {
    std::vector<uint32_t> expired;
    for (uint32_t slot : slots) {
      if (IsExpired(slot, now_millis)) expired.push_back(slot);
    }
    next_sweep_millis_ = expired.size() == slots.size() ? kNever : now_millis + SweepMillis();
    return expired;
  }
  /// Zero where there is no TTL, so that snapshots have the column always.
  Result<ColumnPtr> Column(std::span<const uint32_t> slots, arrow::MemoryPool* pool) const {
    if (is_on()) return NumbersOf(written_millis_, slots, pool);
    PoolVector<int64_t> zeros(pool);
    WEIR_RETURN_NOT_OK(zeros.Resize(1));
    std::vector<uint32_t> first(slots.size(), 0);
    return NumbersOf(zeros, first, pool);
  }

 private:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
  int64_t SweepMillis() const { return std::max<int64_t>(1, ttl_millis_ / 4); }

  int64_t ttl_millis_;
  int64_t next_sweep_millis_ = kNever;
  PoolVector<int64_t> written_millis_;
};

}  // namespace weir
