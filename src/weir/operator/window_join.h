// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Join of two windowed inputs whose keys include window_start and window_end: rows meet within
// their window, when the watermark completes it.
//
//   SELECT * FROM TABLE(TUMBLE(..)) l LEFT JOIN TABLE(TUMBLE(..)) r
//   ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = r.window_end
//     left   1 [0, 5)   2 [0, 5)
//     right  1 [0, 5)                 watermark 4        right 2 [0, 5): late, dropped
//     out                             +I 1 1, +I 2 null
//
// The output is append-only for every kind of join, and state goes with its window; this is what
// an unwindowed join (operator/hash_join.h) cannot give. Late rows are dropped and counted.
// Errors: inputs that retract are refused.
//
// State: the rows of open windows, of both sides.
//
// Cost: a row is stored once; completing a window builds a hash table of its rows.
//
// Source: Flink documentation, "Window JOIN".
#pragma once

#include <memory>

#include "weir/operator/hash_join.h"
#include "weir/operator/operator.h"
#include "weir/operator/window_times.h"

namespace weir {

struct WindowJoinSpec {
  HashJoinSpec join;         // Its keys include the window columns; `emit` does not matter.
  int left_window_end = -1;  // TIMESTAMP columns of the inputs.
  int right_window_end = -1;
  DataType time_type =
      DataType::Timestamp(3);     // Of the time attribute: TIMESTAMP or TIMESTAMP_LTZ.
  std::string time_zone = "UTC";  // For TIMESTAMP_LTZ.
};

/// Errors: kUnsupported if an input retracts; otherwise as MakeHashJoin.
Result<std::unique_ptr<Operator>> MakeWindowJoin(WindowJoinSpec spec, OperatorContext& context);

}  // namespace weir
