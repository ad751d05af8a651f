// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// GROUP BY keys and window, for windows of event time and of processing time.
//
//   SELECT k, window_end, COUNT(*) FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), 5 s, 10 s)) GROUP BY k,
//   window_start, window_end
//     in   a@1000  a@6000              watermark 4999   watermark 9999          watermark 14999
//     out                              a [-5s, 5s) 1    a [0, 10s) 2            a [5s, 15s) 1
//
// Rows are kept in slices (TUMBLE: the window; HOP: the slide; CUMULATE: the step): one probe a row
// however many windows overlap. Windows are put together from slices when the watermark completes
// them, earliest first, then forgotten. CUMULATE folds each slice into the window's first one as it
// completes. Where a call cannot be put together (DISTINCT, functions that cannot be split; HOP
// whose size is no multiple of its slide) each window is kept by itself instead. SESSION windows
// grow with their rows and merge (operator/session_windows.h). Windows already in the input
// (window_start and window_end columns) are kept by those.
//
// A row is late when the last window that it would fall into is complete: dropped and counted. A
// window without rows (never any, or all taken away again) puts out nothing. The output is
// append-only. Processing time: rows belong to the time of their arrival; windows complete by the
// clock alone: those that are open when the input ends are forgotten, as in Flink. kLocal puts out
// keys, slice_end BIGINT (with window_start BIGINT after it for windows of the input), then the
// calls' states before the watermark that completes the slice; kGlobal takes that.
//
// State: (slice, keys) -> calls' states; the watermark, so that a
// restored operator still knows what is late.
//
// Cost: one probe a row; completing a window costs a
// merge of its slices' groups.
//
// Source: Flink documentation, "Window Aggregation"; Carbone et al.,
// "Cutty: Aggregate Sharing for User-Defined Windows", CIKM 2016 (slices). Differences:
// docs/compat/windows.md.
#pragma once

#include <memory>
#include <vector>

#include "weir/operator/aggregate_calls.h"
#include "weir/operator/group_aggregate.h"
#include "weir/operator/window_times.h"

namespace weir {

struct WindowAggregateSpec {
  /// What `key_columns`, `calls` and `window` refer to. For kGlobal that is the input of the local
  /// stage.
  Schema input;
  WindowAssignment window;
  /// Not -1: the input has the window's bounds already; `window` then only says what they are.
  int window_start_column = -1;
  int window_end_column = -1;
  std::vector<int> key_columns;
  std::vector<AggregateCallSpec> calls;
  AggregateStage stage = AggregateStage::kSingle;
  bool emit_start =
      true;  // Output: keys, calls, then those of window_start, window_end, window_time asked for.
  bool emit_end = true;
  bool emit_time = true;
  bool input_may_retract = false;
  const FunctionRegistry* functions = nullptr;  // Outlives the operator.
  FunctionConfig config;
};

/// Errors: kInvalidQuery for sizes that do not fit, kUnsupported for stages of SESSION windows and
/// of functions that cannot be split.
Result<std::unique_ptr<Operator>> MakeWindowAggregate(WindowAggregateSpec spec,
                                                      OperatorContext& context);

/// SESSION windows, and the local stage of the others; MakeWindowAggregate calls them.
Result<std::unique_ptr<Operator>> MakeSessionAggregate(WindowAggregateSpec spec,
                                                       OperatorContext& context);
Result<std::unique_ptr<Operator>> MakeLocalSlices(WindowAggregateSpec spec,
                                                  OperatorContext& context);

}  // namespace weir
