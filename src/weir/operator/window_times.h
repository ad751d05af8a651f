// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The arithmetic of windows: which windows a time falls into, when a window is complete, and the
// window columns. All in milliseconds of local time: for TIMESTAMP that is the column itself, for
// TIMESTAMP_LTZ and processing time the wall clock of the session's zone, so that a daily window
// begins at the zone's midnight. Watermarks are instants; a window is complete when the watermark
// has reached the instant of its last millisecond.
//
//   TUMBLE size 10, offset 2     [2, 12) [12, 22) ...
//   HOP size 10, slide 5         [0, 10) [5, 15) ...        a time falls into size / slide windows
//   CUMULATE size 10, step 5     [0, 5) [0, 10) [10, 15) [10, 20) ...
//   SESSION gap 5                grows with its rows; operator/session_windows.h
//
// Source: Flink documentation, "Windowing table-valued functions (Windowing TVFs)", "Time Zone".
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "weir/data/batch.h"
#include "weir/data/text.h"
#include "weir/operator/operator.h"

namespace weir {

enum class WindowShape : uint8_t { kTumble, kHop, kCumulate, kSession };

/// A window table function over a time column. All in milliseconds.
struct WindowAssignment {
  WindowShape shape = WindowShape::kTumble;
  int time_column = -1;  // Of the input; not needed for processing time.
  bool is_proctime = false;
  int64_t size_millis = 0;  // CUMULATE: the greatest size. SESSION: the gap.
  int64_t step_millis = 0;  // HOP: slide. CUMULATE: step.
  int64_t offset_millis = 0;
  std::vector<int> partition_keys;              // SESSION: of the input.
  DataType time_type = DataType::Timestamp(3);  // Of window_time: TIMESTAMP(3) or TIMESTAMP_LTZ(3).
  std::string time_zone = "UTC";                // For TIMESTAMP_LTZ and processing time.
};

class WindowTimes {
 public:
  /// Errors: kInvalidQuery when sizes are not positive or do not fit each other.
  static Result<WindowTimes> Make(const WindowAssignment& window, const OperatorContext& context);

  /// Local times of the rows of `batch`. NULLs fail (kInvalidData), or are left out of `rows` when
  /// it is given.
  Status Read(const Batch& batch, std::vector<int64_t>* times,
              std::vector<int32_t>* rows_not_null = nullptr) const;
  /// `batch` without its rows whose time is NULL: they are in no window. Counted as skipped.
  Result<Batch> WithoutNullTimes(const Batch& batch) const;
  /// Ticks of a TIMESTAMP column as milliseconds.
  static Status ReadMillis(const Column& column, std::vector<int64_t>* millis);

  int64_t StartOf(int64_t time, int64_t size) const {
    int64_t from_grid = (time - window_.offset_millis) % size;
    return time - from_grid - (from_grid < 0 ? size : 0);
  }
  /// The ends of the slices of `size` milliseconds that the rows of `batch` fall into. NULLs fail.
  Status ReadSliceEnds(const Batch& batch, int64_t size, std::vector<int64_t>* ends) const;
  /// The instant at which a window that ends at local time `end` is complete.
  int64_t LastInstant(int64_t end) const;
  bool IsFired(int64_t end, int64_t watermark_millis) const {
    if (watermark_millis == Watermark::kMax) return true;
    if (watermark_millis == Watermark::kMin) return false;
    return zone_ == nullptr ? end - 1 <= watermark_millis : LastInstant(end) <= watermark_millis;
  }
  /// Now, as an instant; never goes back.
  int64_t NowMillis() const {
    now_millis_ = std::max(now_millis_, context_->environment->clock->WallMicros() / 1000);
    return now_millis_;
  }

  /// window_start or window_end: TIMESTAMP(3) NOT NULL.
  Result<ColumnPtr> BoundColumn(std::span<const int64_t> local_millis) const;
  /// window_time of windows that end at `ends`.
  Result<ColumnPtr> TimeColumn(std::span<const int64_t> ends) const;
  const WindowAssignment& window() const { return window_; }

 private:
  WindowTimes() = default;
  WindowAssignment window_;
  const OperatorContext* context_ = nullptr;
  const TimeZone* zone_ = nullptr;  // Null: local time is the instant's.
  mutable int64_t now_millis_ = 0;
};

/// Saves up to which watermark windows were put out; a restored operator goes on from the least of
/// all subtasks.
Status SaveProgress(SnapshotWriter& snapshot, int64_t watermark_millis, arrow::MemoryPool* pool);
Result<int64_t> RestoreProgress(SnapshotReader& snapshot);

}  // namespace weir
