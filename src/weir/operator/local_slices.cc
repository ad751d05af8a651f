// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The local stage of window aggregation. See operator/window_aggregate.h.
#include <algorithm>
#include <limits>

#include "weir/operator/local_groups.h"
#include "weir/operator/time_column.h"
#include "weir/operator/window_aggregate.h"

namespace weir {
namespace {

constexpr int64_t kNoEnd = std::numeric_limits<int64_t>::max();

// Adds the slice's end to each row and groups by it as well. A slice's groups are kept until a
// watermark completes it, so that each is passed on once. What is late already goes on at once.
class LocalSlices : public Operator {
 public:
  LocalSlices(WindowAggregateSpec spec, OperatorContext& context, WindowTimes times)
      : spec_(std::move(spec)), context_(context), times_(std::move(times)), queue_(context) {}
  Status Init() {
    const WindowAssignment& window = spec_.window;
    bool has_step = window.shape == WindowShape::kHop || window.shape == WindowShape::kCumulate;
    if (!has_bounds() && has_step && window.size_millis % window.step_millis != 0) {
      return Unsupported(
          "two-phase aggregation of HOP windows whose size is no multiple of the slide");
    }
    if (window.is_proctime)
      return Unsupported("two-phase aggregation of windows of processing time");
    slice_millis_ = has_step ? window.step_millis : window.size_millis;
    GroupAggregateSpec local;
    local.input = spec_.input;
    local.key_columns = spec_.key_columns;
    for (const char* name : {"slice_end", "window_start"}) {
      if (!has_bounds() && std::string_view(name) == "window_start") break;
      local.key_columns.push_back(local.input.size());
      local.input.fields.push_back({name, DataType::BigInt().NotNull()});
    }
    local.calls = spec_.calls;
    local.stage = AggregateStage::kLocal;
    local.input_may_retract = spec_.input_may_retract;
    local.functions = spec_.functions;
    local.config = spec_.config;
    WEIR_ASSIGN_OR_RETURN(groups_, LocalGroups::Make(local, context_));
    return Status::OK();
  }

  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    Batch with_slices = batch;
    if (has_bounds()) {
      std::vector<int64_t> starts;
      WEIR_RETURN_NOT_OK(WindowTimes::ReadMillis(
          *batch.columns[static_cast<size_t>(spec_.window_end_column)], &ends_));
      WEIR_RETURN_NOT_OK(WindowTimes::ReadMillis(
          *batch.columns[static_cast<size_t>(spec_.window_start_column)], &starts));
      WEIR_RETURN_NOT_OK(AddTimes(ends_, &end_column_, &with_slices));
      WEIR_RETURN_NOT_OK(AddTimes(starts, &start_column_, &with_slices));
    } else {
      WEIR_ASSIGN_OR_RETURN(with_slices, times_.WithoutNullTimes(batch));
      WEIR_RETURN_NOT_OK(times_.ReadSliceEnds(with_slices, slice_millis_, &ends_));
      WEIR_RETURN_NOT_OK(AddTimes(ends_, &end_column_, &with_slices));
    }
    for (int64_t end : ends_) least_end_ = std::min(least_end_, end);
    WEIR_RETURN_NOT_OK(groups_->Add(with_slices, &queue_));
    if (groups_->is_full() || IsDue(watermark_.millis)) WEIR_RETURN_NOT_OK(PassOn());
    return queue_.Flush(out);
  }
  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    watermark_ = watermark;
    if (IsDue(watermark.millis)) WEIR_RETURN_NOT_OK(PassOn());
    queue_.Add(watermark);
    return queue_.Flush(out);
  }
  Result<Progress> OnEnd(int, Output& out) override {
    WEIR_RETURN_NOT_OK(PassOn());
    return queue_.Flush(out);
  }
  Result<Progress> OnBarrier(Output& out) override {
    WEIR_RETURN_NOT_OK(PassOn());
    return queue_.Flush(out);
  }
  Result<Progress> Continue(Output& out) override { return queue_.Flush(out); }
  Status Save(SnapshotWriter& snapshot) override { return groups_->Save(snapshot); }
  Status Restore(SnapshotReader& snapshot) override {
    WEIR_RETURN_NOT_OK(groups_->Restore(snapshot));
    is_restored_ = !groups_->empty();
    return Status::OK();
  }

 private:
  bool has_bounds() const { return spec_.window_end_column >= 0; }
  /// Whether a group may be of a slice that `watermark_millis` completes. Which slices restored
  /// groups are of is not known.
  bool IsDue(int64_t watermark_millis) const {
    return is_restored_ || (least_end_ != kNoEnd && times_.IsFired(least_end_, watermark_millis));
  }
  Status PassOn() {
    least_end_ = kNoEnd;
    is_restored_ = false;
    return groups_->PassOn(&queue_);
  }
  Status AddTimes(const std::vector<int64_t>& times, TimeColumn* column, Batch* batch) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr values, column->Make(times, context_.pool));
    batch->columns.push_back(std::move(values));
    return Status::OK();
  }

  WindowAggregateSpec spec_;
  OperatorContext& context_;
  WindowTimes times_;
  OutputQueue queue_;
  int64_t slice_millis_ = 0;
  std::unique_ptr<LocalGroups> groups_;
  TimeColumn end_column_, start_column_;
  Watermark watermark_;         // The last one passed on.
  int64_t least_end_ = kNoEnd;  // Of the slices of the groups.
  bool is_restored_ = false;
  std::vector<int64_t> ends_;  // Of the batch at hand.
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeLocalSlices(WindowAggregateSpec spec,
                                                  OperatorContext& context) {
  WEIR_ASSIGN_OR_RETURN(WindowTimes times, WindowTimes::Make(spec.window, context));
  auto local = std::make_unique<LocalSlices>(std::move(spec), context, std::move(times));
  WEIR_RETURN_NOT_OK(local->Init());
  return std::unique_ptr<Operator>(std::move(local));
}

}  // namespace weir
