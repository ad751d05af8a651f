// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Window table functions that are not aggregated at once: each row with the bounds of its window.
//
//   SELECT * FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), 5 ms, 10 ms))
//     in   a@7                    out  a@7 window_start 5 window_end 15 window_time 14,  a@7 0 10 9
//
// TUMBLE, HOP and CUMULATE keep no state: rows pass at once, late ones too, once for each of their
// windows (HOP from the latest to the earliest, CUMULATE from the shortest to the longest). SESSION
// holds rows back until the watermark completes their session; late rows are dropped and counted.
// Rows without a time are dropped and counted (records_skipped). Row kinds stay.
//
// Output: input
// columns, window_start, window_end, window_time.
//
// State: SESSION: the rows of open sessions.
//
// Source: Flink documentation, "Windowing table-valued functions (Windowing TVFs)".
#pragma once

#include <memory>

#include "weir/operator/operator.h"
#include "weir/operator/window_times.h"

namespace weir {

struct WindowTableFunctionSpec {
  Schema input;
  WindowAssignment window;
};

/// Errors: kInvalidQuery for sizes that do not fit.
Result<std::unique_ptr<Operator>> MakeWindowTableFunction(WindowTableFunctionSpec spec,
                                                          OperatorContext& context);

}  // namespace weir
