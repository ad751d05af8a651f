// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Event time of one batch: which watermarks follow which of its rows. A batch is cut only before a
// row that the watermark of the rows before it has passed (such a row may be late), so that results
// do not depend on how rows are grouped into batches, and batches in order stay whole.
//   rowtime    1 2 9 3 4        WATERMARK FOR t AS t - 2
//   pieces     1 2 9 | w7 | 3 4
// Source: Flink documentation, "Generating Watermarks".
#pragma once

#include <optional>
#include <vector>

#include "weir/data/batch.h"
#include "weir/operator/operator.h"

namespace weir {

enum class WatermarkEmission : uint8_t {
  kPerBatch,  // After a batch, and where the batch must be cut.
  kPerRow,    // After every row that moves it ('scan.watermark.emit.strategy' = 'on-event').
};

struct WatermarkPolicy {
  WatermarkEmission emission = WatermarkEmission::kPerBatch;
  /// A watermark counts only when it is more than this above the last one.
  int64_t min_step_millis = 0;
  /// Rows up to this far above the watermark are cut off too: 1 where a SESSION window may still
  /// take a row at its end, which is one millisecond after the watermark that completes it.
  int64_t margin_millis = 0;
};

/// A run of rows, and the watermark after it.
struct WatermarkPiece {
  int64_t begin = 0;
  int64_t end = 0;
  std::optional<Watermark> watermark;
};

/// Milliseconds of a timestamp, rounded down.
int64_t FloorMillis(int64_t ticks, int64_t ticks_per_milli);

/// Watermarks of one input: those of its parts (splits) are combined by the caller through
/// `others`.
class WatermarkCutter {
 public:
  /// `sent_millis`: the last watermark that an earlier run has sent.
  explicit WatermarkCutter(WatermarkPolicy policy, int64_t sent_millis = Watermark::kMin)
      : policy_(policy), sent_(sent_millis) {}

  /// Cuts a batch. `rowtime` and `watermark` are timestamp columns, one a row; NULL watermarks are
  /// passed over. `split_millis` is the watermark of the split that the rows are from, moved on by
  /// them; `others` the least watermark of the other splits, which may hold the result back.
  /// Errors: kInvalidData for a NULL rowtime.
  Result<std::vector<WatermarkPiece>> Cut(const ColumnPtr& rowtime, const ColumnPtr& watermark,
                                          int64_t others, int64_t* split_millis,
                                          arrow::MemoryPool* pool);
  /// What to send when the least watermark has become `least`.
  std::optional<Watermark> Advance(int64_t least);
  int64_t sent_millis() const { return sent_; }

 private:
  bool Moves(int64_t millis) const {
    return millis > sent_ && (sent_ == Watermark::kMin || policy_.min_step_millis == 0 ||
                              millis - sent_ > policy_.min_step_millis);
  }

  WatermarkPolicy policy_;
  int64_t sent_;
};

}  // namespace weir
