// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/window_times.h"

#include <limits>

#include "weir/data/ticks.h"
#include "weir/data/value.h"

namespace weir {
namespace {

Status CheckSizes(const WindowAssignment& window) {
  if (window.size_millis <= 0) {
    return InvalidQuery("a window's {} must be positive, not {} ms",
                        window.shape == WindowShape::kSession ? "gap" : "size", window.size_millis);
  }
  bool has_step = window.shape == WindowShape::kHop || window.shape == WindowShape::kCumulate;
  if (!has_step) return Status::OK();
  if (window.step_millis <= 0) {
    return InvalidQuery("a {} window's {} must be positive, not {} ms",
                        window.shape == WindowShape::kHop ? "HOP" : "CUMULATE",
                        window.shape == WindowShape::kHop ? "slide" : "step", window.step_millis);
  }
  if (window.shape == WindowShape::kCumulate && window.size_millis % window.step_millis != 0) {
    return InvalidQuery(
        "the size of a CUMULATE window must be a multiple of its step, but {} ms is none of {} ms",
        window.size_millis, window.step_millis);
  }
  return Status::OK();
}

// Floor division of ticks by ticks per millisecond.
int64_t TicksToMillis(int64_t ticks, int64_t ticks_per_milli) {
  int64_t millis = ticks / ticks_per_milli;
  return millis - (ticks % ticks_per_milli < 0 ? 1 : 0);
}

// TIMESTAMP(3) keeps microseconds; times beyond what those can say stop at the end.
int64_t MillisToTicks(int64_t millis) {
  int64_t ticks;
  if (__builtin_mul_overflow(millis, int64_t{1000}, &ticks)) {
    return millis < 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
  }
  return ticks;
}

}  // namespace

Result<WindowTimes> WindowTimes::Make(const WindowAssignment& window,
                                      const OperatorContext& context) {
  WEIR_RETURN_NOT_OK(CheckSizes(window));
  WindowTimes times;
  times.window_ = window;
  times.context_ = &context;
  bool is_instant = window.is_proctime || window.time_type.kind() == TypeKind::kTimestampLtz;
  if (is_instant && window.time_zone != "UTC") {
    WEIR_ASSIGN_OR_RETURN(times.zone_, FindTimeZone(window.time_zone));
  }
  return times;
}

Status WindowTimes::ReadMillis(const Column& column, std::vector<int64_t>* millis) {
  millis->resize(static_cast<size_t>(column.length));
  int64_t ticks_per_milli = column.type.is_timestamp() ? column.type.ticks_per_second() / 1000 : 1;
  if (column.type.is_wide_timestamp()) {
    for (int64_t i = 0; i < column.length; ++i) {
      (*millis)[static_cast<size_t>(i)] = Split(column.TicksAt(i), ticks_per_milli).units;
    }
    return Status::OK();
  }
  if (column.is_flat()) {
    const auto* ticks = column.data<int64_t>();
    int64_t* out = millis->data();
    if (ticks_per_milli == 1000) {  // A constant divisor is a multiplication.
      for (int64_t i = 0; i < column.length; ++i) out[i] = TicksToMillis(ticks[i], 1000);
    } else {
      for (int64_t i = 0; i < column.length; ++i) out[i] = TicksToMillis(ticks[i], ticks_per_milli);
    }
    return Status::OK();
  }
  for (int64_t i = 0; i < column.length; ++i) {
    (*millis)[static_cast<size_t>(i)] = TicksToMillis(column.At<int64_t>(i), ticks_per_milli);
  }
  return Status::OK();
}

Status WindowTimes::Read(const Batch& batch, std::vector<int64_t>* times,
                         std::vector<int32_t>* rows_not_null) const {
  if (window_.is_proctime) {
    int64_t now = NowMillis();
    times->assign(static_cast<size_t>(batch.num_rows),
                  zone_ == nullptr ? now : ToLocal(*zone_, now, 1000));
  } else {
    const Column& column = *batch.columns[static_cast<size_t>(window_.time_column)];
    if (!column.type.is_timestamp()) {
      return InvalidQuery("a window needs a TIMESTAMP or TIMESTAMP_LTZ column, not {}",
                          column.type.ToString());
    }
    WEIR_RETURN_NOT_OK(ReadMillis(column, times));
    if (column.may_have_nulls() && column.CountNulls() > 0) {
      if (rows_not_null == nullptr) {
        return WithHint(InvalidData("the time of a row to be windowed is NULL"),
                        "leave such rows out: WHERE the time column IS NOT NULL");
      }
      rows_not_null->clear();
      for (int64_t i = 0; i < batch.num_rows; ++i) {
        if (!column.IsNull(i)) rows_not_null->push_back(static_cast<int32_t>(i));
      }
    }
    if (zone_ != nullptr) {
      for (int64_t& time : *times) time = ToLocal(*zone_, time, 1000);
    }
  }
  return Status::OK();
}

Result<Batch> WindowTimes::WithoutNullTimes(const Batch& batch) const {
  if (window_.is_proctime) return batch;
  const Column& column = *batch.columns[static_cast<size_t>(window_.time_column)];
  if (!column.may_have_nulls() || column.CountNulls() == 0) return batch;
  std::vector<int32_t> kept;
  for (int64_t i = 0; i < batch.num_rows; ++i) {
    if (!column.IsNull(i)) kept.push_back(static_cast<int32_t>(i));
  }
  if (context_->counters != nullptr) {
    context_->counters->records_skipped += batch.num_rows - static_cast<int64_t>(kept.size());
  }
  return GatherBatch(batch, kept, context_->pool);
}

Status WindowTimes::ReadSliceEnds(const Batch& batch, int64_t size,
                                  std::vector<int64_t>* ends) const {
  // Neighbouring rows mostly fall into one slice, which spares the divisions.
  int64_t start = 0, end = 0;
  const Column* column =
      window_.is_proctime ? nullptr : batch.columns[static_cast<size_t>(window_.time_column)].get();
  bool plain = column != nullptr && zone_ == nullptr && column->is_flat() &&
               !column->may_have_nulls() && column->type.is_timestamp() &&
               !column->type.is_wide_timestamp();
  if (!plain) {
    WEIR_RETURN_NOT_OK(Read(batch, ends));
    for (int64_t& time : *ends) {
      if (time < start || time >= end) {
        start = StartOf(time, size);
        end = start + size;
      }
      time = end;
    }
    return Status::OK();
  }
  const int64_t per_milli = column->type.ticks_per_second() / 1000;
  const auto* ticks = column->data<int64_t>();
  ends->resize(static_cast<size_t>(batch.num_rows));
  int64_t start_ticks = 0, end_ticks = 0;
  for (int64_t i = 0; i < batch.num_rows; ++i) {
    if (ticks[i] < start_ticks || ticks[i] >= end_ticks) {
      end = StartOf(TicksToMillis(ticks[i], per_milli), size) + size;
      // Times at the ends of what can be said are looked at one by one.
      if (__builtin_mul_overflow(end - size, per_milli, &start_ticks) ||
          __builtin_mul_overflow(end, per_milli, &end_ticks))
        start_ticks = end_ticks = 0;
    }
    (*ends)[static_cast<size_t>(i)] = end;
  }
  return Status::OK();
}

int64_t WindowTimes::LastInstant(int64_t end) const {
  return zone_ == nullptr ? end - 1 : FromLocal(*zone_, end - 1, 1000);
}

Result<ColumnPtr> WindowTimes::BoundColumn(std::span<const int64_t> local_millis) const {
  auto n = static_cast<int64_t>(local_millis.size());
  WEIR_ASSIGN_OR_RETURN(auto column,
                        MakeFlatColumn(DataType::Timestamp(3).NotNull(), n, context_->pool));
  auto* out = reinterpret_cast<int64_t*>(const_cast<uint8_t*>(column->values->data()));
  for (int64_t i = 0; i < n; ++i) out[i] = MillisToTicks(local_millis[static_cast<size_t>(i)]);
  return ColumnPtr(std::move(column));
}

Result<ColumnPtr> WindowTimes::TimeColumn(std::span<const int64_t> ends) const {
  auto n = static_cast<int64_t>(ends.size());
  WEIR_ASSIGN_OR_RETURN(auto column, MakeFlatColumn(window_.time_type, n, context_->pool));
  auto* out = reinterpret_cast<int64_t*>(const_cast<uint8_t*>(column->values->data()));
  for (int64_t i = 0; i < n; ++i) out[i] = MillisToTicks(LastInstant(ends[static_cast<size_t>(i)]));
  return ColumnPtr(std::move(column));
}

namespace {
Schema ProgressSchema() { return Schema{{{"watermark", DataType::BigInt().NotNull()}}}; }
}  // namespace

Status SaveProgress(SnapshotWriter& snapshot, int64_t watermark_millis, arrow::MemoryPool* pool) {
  Batch batch;
  batch.num_rows = 1;
  WEIR_ASSIGN_OR_RETURN(ColumnPtr column, MakeConstant(Value::Int(watermark_millis),
                                                       DataType::BigInt().NotNull(), 1, pool));
  batch.columns.push_back(std::move(column));
  return snapshot.Write("progress", ProgressSchema(), batch, {});
}

Result<int64_t> RestoreProgress(SnapshotReader& snapshot) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Batch> batches, snapshot.Read("progress", ProgressSchema()));
  bool any = false;
  int64_t least = Watermark::kMax;
  for (const Batch& batch : batches) {
    for (int64_t i = 0; i < batch.num_rows; ++i)
      least = std::min(least, batch.columns[0]->At<int64_t>(i));
    any = any || batch.num_rows > 0;
  }
  return any ? least : Watermark::kMin;
}

}  // namespace weir
