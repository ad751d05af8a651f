// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Times cut to the digits of their type. Sources cut what they read, towards the past as casts do,
// so that values which print alike are equal.
//   CutStep(1'000'000, DataType::Timestamp(3)) == 1'000; of a tick 1'234'567 1'234'000 remains.
//   CutTime(1'234, 1) == 1'200.
#pragma once

#include <algorithm>
#include <cstdint>

#include "weir/data/ticks.h"
#include "weir/data/type.h"

namespace weir {

/// Ticks of a timestamp of `precision` digits (microseconds up to 6, then nanoseconds) in the
/// smallest step that it shows.
constexpr int64_t TickStep(int precision) {
  int64_t step = 1;
  for (int digits = precision > 6 ? 9 : 6; digits > precision; --digits) step *= 10;
  return step;
}

/// What multiple of ticks of the timestamp `type` those are cut to that were made of
/// `units_per_second`. 1: the units are no finer than the type, nothing is cut.
inline int64_t CutStep(int64_t units_per_second, const DataType& type) {
  const int64_t step = TickStep(type.precision());
  return units_per_second > type.ticks_per_second() / step ? step : 1;
}

/// Cuts one value; false: it is out of range.
template <typename Ticks>
constexpr bool CutTicks(int64_t step, Ticks* ticks) {
  return !__builtin_sub_overflow(*ticks, Ticks{Split(*ticks, step).rest}, ticks);
}

/// Cuts `count` values; false: one of them is out of range.
template <typename Ticks>
bool CutAllTicks(int64_t step, int64_t count, Ticks* ticks) {
  auto cut = [&](int64_t constant) {
    bool good = true;
    for (int64_t i = 0; i < count; ++i) good &= CutTicks(constant, &ticks[i]);
    return good;
  };
  if (step == 1) return true;
  // The usual step has a loop of its own: a division by a constant is a multiplication.
  return step == 1'000 ? cut(1'000) : cut(step);
}

/// A time of day with `precision` digits of a second.
constexpr int32_t CutTime(int64_t millis, int precision) {
  const int64_t step = TickStep(std::min(precision, 3) + 3);
  return static_cast<int32_t>(millis - Split(millis, step).rest);
}

}  // namespace weir
