// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/temporal_sort.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "weir/operator/output_queue.h"
#include "weir/operator/watermark_cutter.h"
#include "weir/state/keyed_table.h"
#include "weir/state/timed_rows.h"

namespace weir {
namespace {

class TemporalSort : public Operator {
 public:
  TemporalSort(TemporalSortSpec spec, OperatorContext& context)
      : spec_(std::move(spec)),
        context_(context),
        waiting_(TypesOf(RowSchema()), context.pool),
        queue_(context) {
    order_ = spec_.then_by;
    if (spec_.time == SortTime::kRowtime)
      order_.insert(order_.begin(), {spec_.time_column, false, true});
  }

  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    if (spec_.time == SortTime::kProctime && spec_.then_by.empty()) {
      WEIR_RETURN_NOT_OK(out.Emit(batch));
      return Progress::kDone;
    }
    auto num_rows = static_cast<size_t>(batch.num_rows);
    std::vector<int64_t> times(num_rows, 0);  // Rows of processing time all wait for the same.
    std::vector<int32_t> in_time;
    if (spec_.time == SortTime::kProctime) {
      in_time = ColumnRange(0, num_rows);
      timer_millis_ = context_.environment->clock->WallMicros() / 1000 + 1;
    } else {
      for (size_t i = 0; i < num_rows; ++i) {
        times[i] = TimeOf(batch, static_cast<int64_t>(i));
        if (times[i] > given_millis_) in_time.push_back(static_cast<int32_t>(i));
      }
      context_.counters->late_rows_dropped += batch.num_rows - static_cast<int64_t>(in_time.size());
    }
    ColumnVector columns = batch.columns;
    WEIR_ASSIGN_OR_RETURN(ColumnPtr numbers, NumberRows(batch.num_rows));
    columns.push_back(std::move(numbers));
    WEIR_RETURN_NOT_OK(waiting_.Add(columns, times, in_time));
    return Progress::kDone;
  }

  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    if (spec_.time == SortTime::kRowtime || watermark.millis == Watermark::kMax)
      WEIR_RETURN_NOT_OK(GiveUpTo(watermark.millis));
    queue_.Add(watermark);
    return queue_.Flush(out);
  }
  Result<Progress> OnTimer(int64_t now_millis, Output& out) override {
    if (now_millis < timer_millis_) return Progress::kDone;
    WEIR_RETURN_NOT_OK(GiveUpTo(Watermark::kMax));
    return queue_.Flush(out);
  }
  int64_t NextTimerMillis() const override { return timer_millis_; }
  Result<Progress> Continue(Output& out) override { return queue_.Flush(out); }

  Status Save(SnapshotWriter& snapshot) override {
    // Rows have no key: equal hashes keep them together.
    WEIR_RETURN_NOT_OK(waiting_.Save(snapshot, "waiting", RowSchema(), {}));
    BatchBuilder builder(GivenSchema(), context_.pool);
    WEIR_RETURN_NOT_OK(builder.AppendRow({Value::Int(given_millis_)}));
    WEIR_ASSIGN_OR_RETURN(Batch given, builder.Finish());
    return snapshot.Write("given", GivenSchema(), given, {});
  }
  Status Restore(SnapshotReader& snapshot) override {
    WEIR_ASSIGN_OR_RETURN(std::vector<Batch> batches, snapshot.Read("waiting", RowSchema()));
    if (!batches.empty()) {
      WEIR_ASSIGN_OR_RETURN(Batch all, ConcatBatches(batches, RowSchema(), context_.pool));
      int number = static_cast<int>(all.columns.size()) - 1;
      WEIR_ASSIGN_OR_RETURN(auto in_order,
                            SortedRows(all, {{number, false, true}}, -1, context_.pool));
      WEIR_ASSIGN_OR_RETURN(all, GatherBatch(all, in_order, context_.pool));
      std::vector<int64_t> times(static_cast<size_t>(all.num_rows), 0);
      for (size_t i = 0; spec_.time == SortTime::kRowtime && i < times.size(); ++i)
        times[i] = TimeOf(all, static_cast<int64_t>(i));
      WEIR_ASSIGN_OR_RETURN(all.columns.back(), NumberRows(all.num_rows));
      WEIR_RETURN_NOT_OK(waiting_.Add(all.columns, times, ColumnRange(0, times.size())));
      if (spec_.time == SortTime::kProctime) timer_millis_ = 0;
    }
    WEIR_ASSIGN_OR_RETURN(auto given, snapshot.Read("given", GivenSchema()));
    for (const Batch& batch : given)
      given_millis_ = std::max(given_millis_, batch.columns[0]->At<int64_t>(0));
    return Status::OK();
  }

 private:
  Schema RowSchema() const {
    Schema schema;  // Names of the query may change.
    AppendFields("c", TypesOf(spec_.input), &schema);
    schema.fields.push_back({"number", DataType::BigInt().NotNull()});
    return schema;
  }
  static Schema GivenSchema() { return {{{"given_millis", DataType::BigInt().NotNull()}}}; }

  // Rows that compare equal come out as they came in, after a restore as well.
  Result<ColumnPtr> NumberRows(int64_t num_rows) {
    WEIR_ASSIGN_OR_RETURN(auto column,
                          MakeFlatColumn(DataType::BigInt().NotNull(), num_rows, context_.pool));
    auto* numbers = reinterpret_cast<int64_t*>(const_cast<uint8_t*>(column->values->data()));
    std::iota(numbers, numbers + num_rows, next_number_);
    next_number_ += num_rows;
    return ColumnPtr(std::move(column));
  }

  int64_t TimeOf(const Batch& batch, int64_t row) const {
    const Column& time = *batch.columns[static_cast<size_t>(spec_.time_column)];
    if (time.IsNull(row)) return Watermark::kMin;
    return FloorMillis(time.At<int64_t>(row), time.type.ticks_per_second() / 1000);
  }

  // Gives out, in order, the rows whose time is not after `millis`.
  Status GiveUpTo(int64_t millis) {
    timer_millis_ = Watermark::kMax;
    std::vector<uint32_t> due;
    while (!waiting_.empty() && waiting_.first_time() <= millis) {
      int64_t time = waiting_.first_time();
      std::vector<uint32_t> slots = waiting_.Take(time);
      due.insert(due.end(), slots.begin(), slots.end());
      if (spec_.time == SortTime::kRowtime) given_millis_ = std::max(given_millis_, time);
    }
    if (due.empty()) return Status::OK();
    Batch rows;
    rows.num_rows = static_cast<int64_t>(due.size());
    WEIR_ASSIGN_OR_RETURN(rows.columns, waiting_.Get(due));
    rows.columns.pop_back();
    WEIR_RETURN_NOT_OK(waiting_.Free(due));
    WEIR_ASSIGN_OR_RETURN(auto sorted, SortedRows(rows, order_, -1, context_.pool));
    WEIR_ASSIGN_OR_RETURN(Batch batch, GatherBatch(rows, sorted, context_.pool));
    return queue_.Add(std::move(batch));
  }

  TemporalSortSpec spec_;
  OperatorContext& context_;
  std::vector<SortColumn> order_;
  TimedRows waiting_;  // Columns of the input, then a number that counts the rows.
  int64_t next_number_ = 0;
  int64_t given_millis_ = Watermark::kMin;  // The latest time given out.
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
