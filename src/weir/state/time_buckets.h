// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Slots by time: what a watermark sweeps instead of a timer per key. A bucket is everything that
// ends at one time.
//
//   Add(100, 3)  Add(100, 5)  Add(200, 1)        Take(100) -> 3 5        first_time() -> 200
//
// Threads: one task.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <vector>

namespace weir {

class TimeBuckets {
 public:
  void Add(int64_t time, uint32_t slot) { Bucket(time).push_back(slot); }
  bool empty() const { return buckets_.empty(); }
  /// Of the earliest bucket; the greatest number when there is none.
  int64_t first_time() const {
    return buckets_.empty() ? std::numeric_limits<int64_t>::max() : buckets_.begin()->first;
  }
  bool Has(int64_t time) const { return buckets_.contains(time); }
  /// The bucket of `time`, made if it is missing; in the order of Add.
  std::vector<uint32_t>& Bucket(int64_t time) {
    // Neighbouring rows mostly fall into one bucket.
    if (last_ == nullptr || last_time_ != time) {
      last_ = &buckets_[time];
      last_time_ = time;
    }
    return *last_;
  }
  /// Removes and returns a bucket; empty if it is missing.
  std::vector<uint32_t> Take(int64_t time) {
    auto node = buckets_.extract(time);
    last_ = nullptr;
    return node.empty() ? std::vector<uint32_t>() : std::move(node.mapped());
  }

 private:
  std::map<int64_t, std::vector<uint32_t>> buckets_;
  std::vector<uint32_t>* last_ = nullptr;
  int64_t last_time_ = 0;
};

}  // namespace weir
