// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/watermark_cutter.h"

#include <algorithm>

#include "weir/data/loops.h"
#include "weir/data/ticks.h"

namespace weir {

int64_t FloorMillis(int64_t ticks, int64_t ticks_per_milli) {
  return Split(ticks, ticks_per_milli).units;
}

namespace {

constexpr int64_t kMicrosPerMilli = 1000;

/// Microseconds of a flat timestamp column; those of a finer one are made in `made`.
const int64_t* MicrosOf(const Column& column, std::vector<int64_t>* made) {
  if (!column.type.is_wide_timestamp()) return column.data<int64_t>();
  made->resize(static_cast<size_t>(column.length));
  for (int64_t i = 0; i < column.length; ++i)
    (*made)[static_cast<size_t>(i)] = Split(column.data<Int128>()[i], 1000).units;
  return made->data();
}

}  // namespace

std::optional<Watermark> WatermarkCutter::Advance(int64_t least) {
  if (!Moves(least)) return std::nullopt;
  sent_ = least;
  return Watermark{least};
}

Result<std::vector<WatermarkPiece>> WatermarkCutter::Cut(const ColumnPtr& rowtime_column,
                                                         const ColumnPtr& watermark_column,
                                                         int64_t others, int64_t* split_millis,
                                                         arrow::MemoryPool* pool) {
  if (rowtime_column->may_have_nulls() && rowtime_column->CountNulls() > 0) {
    return InvalidData(
        "RowTime field should not be null, please convert it to "
        "a non-null long value.");
  }
  WEIR_ASSIGN_OR_RETURN(ColumnPtr rowtime, Flatten(rowtime_column, pool));
  WEIR_ASSIGN_OR_RETURN(ColumnPtr watermark, Flatten(watermark_column, pool));
  std::vector<int64_t> narrow_times, narrow_marks;
  const int64_t* times = MicrosOf(*rowtime, &narrow_times);
  bool no_watermarks = watermark->type.kind() == TypeKind::kNull;
  const int64_t* marks = no_watermarks ? nullptr : MicrosOf(*watermark, &narrow_marks);
  const int64_t n = rowtime->length;
  std::vector<WatermarkPiece> pieces;

  if (policy_.emission == WatermarkEmission::kPerBatch && n > 0 && marks != nullptr &&
      !watermark->may_have_nulls()) {
    // The usual case: no row lies behind what the whole batch could reach, so
    // nothing needs to be cut.
    int64_t least_time = times[0], greatest_mark = marks[0];
    for (int64_t i = 1; i < n; ++i) {
      least_time = std::min(least_time, times[i]);
      greatest_mark = std::max(greatest_mark, marks[i]);
    }
    int64_t split = std::max(*split_millis, FloorMillis(greatest_mark, kMicrosPerMilli));
    int64_t reached = std::max(sent_, std::min(split, others));
    bool stepped =
        policy_.min_step_millis > 0;  // Which watermark is sent then depends on the rows' order.
    if (!stepped && FloorMillis(least_time, kMicrosPerMilli) - policy_.margin_millis > reached) {
      *split_millis = split;
      pieces.push_back({0, n, Advance(std::min(split, others))});
      return pieces;
    }
  }
  int64_t begin = 0;
  int64_t last_sent = sent_;  // What has gone out in a piece; sent_ may be ahead within one.
  for (int64_t i = 0; i < n; ++i) {
    if (sent_ != last_sent &&
        FloorMillis(times[i], kMicrosPerMilli) - policy_.margin_millis <= sent_) {
      pieces.push_back({begin, i, Watermark{sent_}});
      begin = i;
      last_sent = sent_;
    }
    if (marks == nullptr || watermark->IsNull(i)) continue;
    *split_millis = std::max(*split_millis, FloorMillis(marks[i], kMicrosPerMilli));
    bool moved = Advance(std::min(*split_millis, others)).has_value();
    if (moved && policy_.emission == WatermarkEmission::kPerRow) {
      pieces.push_back({begin, i + 1, Watermark{sent_}});
      begin = i + 1;
      last_sent = sent_;
    }
  }
  if (begin < n) {
    pieces.push_back(
        {begin, n, sent_ != last_sent ? std::optional<Watermark>(Watermark{sent_}) : std::nullopt});
  }
  return pieces;
}

}  // namespace weir
