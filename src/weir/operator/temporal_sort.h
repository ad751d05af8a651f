// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// ORDER BY a time attribute first, over a stream: rows wait until event time has passed them.
//   ORDER BY t, n     in  +I 2 b  +I 2 a  +I 1 c   watermark 2      out  +I 1 c  +I 2 a  +I 2 b
// Rows of a time that has been given out already are late and dropped (counted). With processing
// time as the only key rows pass as they come; with more keys those of one millisecond are sorted
// once it is over. State: rows that wait. Source: Flink documentation, "ORDER BY clause".
#pragma once

#include <memory>
#include <vector>

#include "weir/operator/operator.h"
#include "weir/operator/sort_key.h"

namespace weir {

enum class SortTime : uint8_t { kRowtime, kProctime };

struct TemporalSortSpec {
  Schema input;
  SortTime time = SortTime::kRowtime;
  int time_column = 0;  // Ascending.
  std::vector<SortColumn> then_by;
};

Result<std::unique_ptr<Operator>> MakeTemporalSort(TemporalSortSpec spec, OperatorContext& context);

}  // namespace weir
