// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Times of rows of which many are the same, as a column: a constant, or a dictionary, where few
// differ, so that keys with a time in them are looked up once (state/key_finder.h).
//
//   10 10 10     constant 10
//   10 20 10     dictionary {10, 20}, rows 0 1 0; the same object for the next batch of 10s and 20s
#pragma once

#include <span>
#include <vector>

#include "weir/data/column.h"

namespace weir {

class TimeColumn {
 public:
  /// A BIGINT NOT NULL column of `times`.
  Result<ColumnPtr> Make(std::span<const int64_t> times, arrow::MemoryPool* pool);

 private:
  std::vector<int64_t> entries_;
  ColumnPtr dictionary_;  // Of entries_, in the last batch that had some.
};

}  // namespace weir
