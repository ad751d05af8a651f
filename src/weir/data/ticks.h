// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Division of the ticks of timestamps: int64_t microseconds and __int128 nanoseconds. Quotients are
// rounded towards the past, so that times before 1970 have a fraction of 0 or more.
#pragma once

#include <cstdint>

namespace weir {

/// A number of ticks as whole units (seconds, milliseconds, days ...) and the ticks after them.
struct SplitTicks {
  int64_t units;
  int64_t rest;  // 0 to ticks_per_unit - 1.
};
constexpr SplitTicks Split(int64_t ticks, int64_t ticks_per_unit) {
  const int64_t units = ticks / ticks_per_unit, rest = ticks % ticks_per_unit;
  return rest < 0 ? SplitTicks{units - 1, rest + ticks_per_unit} : SplitTicks{units, rest};
}
/// `units` is right if it fits 64 bits, `rest` always.
constexpr SplitTicks Split(__int128 ticks, int64_t ticks_per_unit) {
  // Nearly all times fit 64 bits, whose division is far quicker.
  if (const auto narrow = static_cast<int64_t>(ticks); narrow == ticks)
    return Split(narrow, ticks_per_unit);
  const auto units = static_cast<int64_t>(ticks / ticks_per_unit);
  const auto rest = static_cast<int64_t>(ticks % ticks_per_unit);
  return rest < 0 ? SplitTicks{units - 1, rest + ticks_per_unit} : SplitTicks{units, rest};
}

}  // namespace weir
