// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Reads a table: splits of a source, computed columns, event time, a filter.
//   split readers -> scanned columns -> projections (the declared columns) -> watermarks -> filter
//   -> out
//
// - A bounded source's splits are read one after the other; an unbounded source's in turn.
// - The watermark is the least of the active splits; while a bounded source has splits that nobody
// has taken, it stands
//   still, since they may hold any event time. Watermarks see every row, also those that the filter
//   drops.
// - Batches are cut where the watermark could make a row late (operator/watermark_cutter.h).
// - Idle splits do not hold the watermark back; when all are idle, the operator says so.
// State: the splits being read, each with its position and watermark (connector/split_queue.h);
// after a restore they are handed out anew.
// Threads: one task; the split queue is shared by the subtasks.
// Source: Flink FLIP-27; Flink documentation, "Generating Watermarks".
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "weir/connector/split_queue.h"
#include "weir/expr/function_registry.h"
#include "weir/operator/operator.h"
#include "weir/operator/watermark_cutter.h"

namespace weir {

struct ScanWatermark {
  int rowtime_column = -1;  // Of the output.
  ExprPtr watermark;        // Over the output; null: the source's own (SplitReader::TakeWatermark).
  WatermarkPolicy policy;
  int64_t idle_timeout_micros = 0;  // 0: splits are never idle.
};

struct ScanSpec {
  std::shared_ptr<Source> source;
  std::shared_ptr<SplitQueue> splits;  // One for all subtasks.
  Schema scanned;                      // What the readers give.
  std::vector<ExprPtr> projections;    // Over `scanned`; empty: the scanned columns.
  ExprPtr filter;                      // Over the output; null: none.
  std::optional<ScanWatermark> watermark;
  std::optional<int64_t> limit;                 // Rows that this subtask gives at most.
  const FunctionRegistry* functions = nullptr;  // Outlives the operator.
  FunctionConfig config;
};

Result<std::unique_ptr<SourceOperator>> MakeScan(ScanSpec spec, OperatorContext& context);

}  // namespace weir
