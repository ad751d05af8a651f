// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Random numbers of generating connectors: a function of seed, row and salt, so that any row can be
// made on its own (restored positions, splits, columns left out). And the pace at which rows are
// let out. Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA
// 2014 (the mixing function).
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "weir/base/environment.h"

namespace weir {

inline uint64_t MixBits(uint64_t z) {
  z += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

/// The draws that belong to one row.
class RandomStream {
 public:
  RandomStream(uint64_t seed, uint64_t row) : state_(MixBits(seed ^ MixBits(row))) {}
  uint64_t Next() { return MixBits(state_++); }
  /// 0 <= result < bound; bound > 0.
  uint64_t Below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }
  /// 0 <= result < 1.
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  /// A stream of its own for part `salt` of the row.
  RandomStream Part(uint64_t salt) const { return RandomStream(state_, salt); }

 private:
  uint64_t state_;
};

/// Lets out `per_second` rows a second since the first call; 0: no limit.
class Pace {
 public:
  Pace(double per_second, Clock* clock) : per_second_(per_second), clock_(clock) {}
  /// How many of `wanted` rows may come now.
  int64_t Take(int64_t wanted) {
    if (per_second_ <= 0) return wanted;
    int64_t now = clock_->MonotonicMicros();
    if (!started_) start_ = now, started_ = true;
    // A tenth of a second may come at once, so that the first rows do not wait.
    double due = (static_cast<double>(now - start_) * 1e-6 + 0.1) * per_second_;
    int64_t allowed =
        std::clamp<int64_t>(static_cast<int64_t>(std::max(due, 1.0)) - taken_, 0, wanted);
    taken_ += allowed;
    return allowed;
  }

 private:
  double per_second_;
  Clock* clock_;
  bool started_ = false;
  int64_t start_ = 0, taken_ = 0;
};

}  // namespace weir
