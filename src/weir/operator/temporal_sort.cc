// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/temporal_sort.h"

#include <algorithm>
#include <utility>

#include "weir/operator/output_queue.h"
#include "weir/operator/watermark_cutter.h"
#include "weir/state/keyed_table.h"

namespace weir {
namespace {

class TemporalSort : public Operator {
 public:
  TemporalSort(TemporalSortSpec spec, OperatorContext& context)
      : spec_(std::move(spec)), context_(context), queue_(context) {
    order_ = spec_.then_by;
    if (spec_.time == SortTime::kRowtime)
      order_.insert(order_.begin(), {spec_.time_column, false, true});
  }

  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    if (spec_.time == SortTime::kProctime) {
      if (spec_.then_by.empty()) {
        WEIR_RETURN_NOT_OK(out.Emit(batch));
        return Progress::kDone;
      }
      waiting_.push_back(batch);
      timer_millis_ = context_.environment->clock->WallMicros() / 1000 + 1;
      return Progress::kDone;
    }
    std::vector<int32_t> in_time;
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      int64_t time = TimeOf(batch, i);
      if (time <= given_millis_) continue;
      in_time.push_back(static_cast<int32_t>(i));
      least_waiting_ = std::min(least_waiting_, time);
    }
    int64_t late = batch.num_rows - static_cast<int64_t>(in_time.size());
    context_.counters->late_rows_dropped += late;
    if (late == 0) {
      waiting_.push_back(batch);
    } else if (!in_time.empty()) {
      WEIR_ASSIGN_OR_RETURN(Batch kept, GatherBatch(batch, in_time, context_.pool));
      waiting_.push_back(std::move(kept));
    }
    return Progress::kDone;
  }

  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    if (spec_.time == SortTime::kRowtime) WEIR_RETURN_NOT_OK(GiveUpTo(watermark.millis));
    if (watermark.millis == Watermark::kMax && spec_.time == SortTime::kProctime)
      WEIR_RETURN_NOT_OK(GiveAll());
    queue_.Add(watermark);
    return queue_.Flush(out);
  }
  Result<Progress> OnTimer(int64_t now_millis, Output& out) override {
    if (now_millis < timer_millis_) return Progress::kDone;
    WEIR_RETURN_NOT_OK(GiveAll());
    return queue_.Flush(out);
  }
  int64_t NextTimerMillis() const override { return timer_millis_; }
  Result<Progress> Continue(Output& out) override { return queue_.Flush(out); }

  Status Save(SnapshotWriter& snapshot) override {
    for (const Batch& batch : waiting_) {
      // Rows have no key; equal hashes keep them together, and in order.
      std::vector<uint64_t> hashes(static_cast<size_t>(batch.num_rows), 0);
      WEIR_RETURN_NOT_OK(snapshot.Write("waiting", RowSchema(), batch, hashes));
    }
    BatchBuilder builder(GivenSchema(), context_.pool);
    WEIR_RETURN_NOT_OK(builder.AppendRow({Value::Int(given_millis_)}));
    WEIR_ASSIGN_OR_RETURN(Batch given, builder.Finish());
    return snapshot.Write("given", GivenSchema(), given, {});
  }
  Status Restore(SnapshotReader& snapshot) override {
    WEIR_ASSIGN_OR_RETURN(waiting_, snapshot.Read("waiting", RowSchema()));
    if (!waiting_.empty()) least_waiting_ = Watermark::kMin;
    if (!waiting_.empty() && spec_.time == SortTime::kProctime) timer_millis_ = 0;
    WEIR_ASSIGN_OR_RETURN(auto given, snapshot.Read("given", GivenSchema()));
    for (const Batch& batch : given)
      given_millis_ = std::max(given_millis_, batch.columns[0]->At<int64_t>(0));
    return Status::OK();
  }

 private:
  Schema RowSchema() const {
    Schema schema;  // Names of the query may change.
    AppendFields("c", TypesOf(spec_.input), &schema);
    return schema;
  }
  static Schema GivenSchema() { return {{{"given_millis", DataType::BigInt().NotNull()}}}; }

  int64_t TimeOf(const Batch& batch, int64_t row) const {
    const Column& time = *batch.columns[static_cast<size_t>(spec_.time_column)];
    if (time.IsNull(row)) return Watermark::kMin;
    return FloorMillis(time.At<int64_t>(row), time.type.ticks_per_second() / 1000);
  }

  Status GiveUpTo(int64_t millis) {
    if (waiting_.empty() || millis < least_waiting_) return Status::OK();
    WEIR_ASSIGN_OR_RETURN(Batch all, ConcatBatches(waiting_, spec_.input, context_.pool));
    waiting_.clear();
    least_waiting_ = Watermark::kMax;
    std::vector<int32_t> due, later;
    int64_t given = given_millis_;
    for (int64_t i = 0; i < all.num_rows; ++i) {
      int64_t time = TimeOf(all, i);
      (time <= millis ? due : later).push_back(static_cast<int32_t>(i));
      if (time <= millis) {
        given = std::max(given, time);
      } else {
        least_waiting_ = std::min(least_waiting_, time);
      }
    }
    given_millis_ = given;
    if (due.empty()) {
      waiting_.push_back(std::move(all));
      return Status::OK();
    }
    if (!later.empty()) {
      WEIR_ASSIGN_OR_RETURN(Batch kept, GatherBatch(all, later, context_.pool));
      waiting_.push_back(std::move(kept));
    }
    WEIR_ASSIGN_OR_RETURN(Batch ready, GatherBatch(all, due, context_.pool));
    return Give(ready);
  }
  Status GiveAll() {
    timer_millis_ = Watermark::kMax;
    if (waiting_.empty()) return Status::OK();
    WEIR_ASSIGN_OR_RETURN(Batch all, ConcatBatches(waiting_, spec_.input, context_.pool));
    waiting_.clear();
    return Give(all);
  }
  Status Give(const Batch& rows) {
    WEIR_ASSIGN_OR_RETURN(auto sorted, SortedRows(rows, order_, -1, context_.pool));
    WEIR_ASSIGN_OR_RETURN(Batch batch, GatherBatch(rows, sorted, context_.pool));
    return queue_.Add(std::move(batch));
  }

  TemporalSortSpec spec_;
  OperatorContext& context_;
  std::vector<SortColumn> order_;
  std::vector<Batch> waiting_;
  int64_t given_millis_ = Watermark::kMin;   // The latest time given out.
  int64_t least_waiting_ = Watermark::kMax;  // The earliest time that waits, or earlier.
  int64_t timer_millis_ = Watermark::kMax;
  OutputQueue queue_;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeTemporalSort(TemporalSortSpec spec,
                                                   OperatorContext& context) {
  for (const SortColumn& column : spec.then_by) {
    const DataType& type = spec.input[column.column].type;
    if (!IsSortable(type)) return Unsupported("sorting by {} is not supported", type.ToString());
  }
  return std::make_unique<TemporalSort>(std::move(spec), context);
}

}  // namespace weir
