// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The local stage of window aggregation. See operator/window_aggregate.h.
#include "weir/operator/window_aggregate.h"

namespace weir {
namespace {

// Adds the slice's end to each row and groups by it as well.
class LocalSlices : public Operator {
 public:
  LocalSlices(WindowAggregateSpec spec, OperatorContext& context, WindowTimes times)
      : spec_(std::move(spec)), context_(context), times_(std::move(times)) {}
  Status Init() {
    const WindowAssignment& window = spec_.window;
    bool has_step = window.shape == WindowShape::kHop || window.shape == WindowShape::kCumulate;
    if (spec_.window_end_column < 0 && has_step && window.size_millis % window.step_millis != 0) {
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
      if (spec_.window_end_column < 0 && std::string_view(name) == "window_start") break;
      local.key_columns.push_back(local.input.size());
      local.input.fields.push_back({name, DataType::BigInt().NotNull()});
    }
    local.calls = spec_.calls;
    local.stage = AggregateStage::kLocal;
    local.input_may_retract = spec_.input_may_retract;
    local.functions = spec_.functions;
    local.config = spec_.config;
    WEIR_ASSIGN_OR_RETURN(local_, MakeLocalAggregate(std::move(local), context_));
    return Status::OK();
  }

  Result<Progress> OnBatch(int input, const Batch& batch, Output& out) override {
    Batch with_slices = batch;
    if (spec_.window_end_column < 0) {
      WEIR_ASSIGN_OR_RETURN(with_slices, times_.WithoutNullTimes(batch));
      if (with_slices.num_rows == 0) return Progress::kDone;
    }
    std::vector<int64_t> ends;
    if (spec_.window_end_column >= 0) {
      std::vector<int64_t> starts;
      WEIR_RETURN_NOT_OK(WindowTimes::ReadMillis(
          *batch.columns[static_cast<size_t>(spec_.window_end_column)], &ends));
      WEIR_RETURN_NOT_OK(WindowTimes::ReadMillis(
          *batch.columns[static_cast<size_t>(spec_.window_start_column)], &starts));
      WEIR_RETURN_NOT_OK(AddNumbers(ends, &with_slices));
      WEIR_RETURN_NOT_OK(AddNumbers(starts, &with_slices));
    } else {
      WEIR_RETURN_NOT_OK(times_.Read(with_slices, &ends));
      for (int64_t& end : ends) end = times_.StartOf(end, slice_millis_) + slice_millis_;
      WEIR_RETURN_NOT_OK(AddNumbers(ends, &with_slices));
    }
    return local_->OnBatch(input, with_slices, out);
  }
  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    return local_->OnWatermark(watermark, out);
  }
  Result<Progress> OnEnd(int input, Output& out) override { return local_->OnEnd(input, out); }
  Result<Progress> Continue(Output& out) override { return local_->Continue(out); }
  Status Save(SnapshotWriter& snapshot) override { return local_->Save(snapshot); }
  Status Restore(SnapshotReader& snapshot) override { return local_->Restore(snapshot); }

 private:
  Status AddNumbers(const std::vector<int64_t>& numbers, Batch* batch) {
    WEIR_ASSIGN_OR_RETURN(
        auto column, MakeFlatColumn(DataType::BigInt().NotNull(), batch->num_rows, context_.pool));
    std::memcpy(const_cast<uint8_t*>(column->values->data()), numbers.data(),
                numbers.size() * sizeof(int64_t));
    batch->columns.push_back(std::move(column));
    return Status::OK();
  }

  WindowAggregateSpec spec_;
  OperatorContext& context_;
  WindowTimes times_;
  int64_t slice_millis_ = 0;
  std::unique_ptr<Operator> local_;
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
