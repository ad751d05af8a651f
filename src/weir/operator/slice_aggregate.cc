// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Windows kept in slices: TUMBLE, HOP, CUMULATE, and windows that are in the input. See
// operator/window_aggregate.h.
#include <algorithm>
#include <optional>

#include "weir/operator/output_queue.h"
#include "weir/operator/time_column.h"
#include "weir/operator/window_aggregate.h"
#include "weir/state/key_finder.h"
#include "weir/state/time_buckets.h"

namespace weir {
namespace {

// What one bucket of state is.
enum class Keeping : uint8_t {
  kWindows,         // A window.
  kHopSlices,       // A slide; windows are put together from size / slide of them.
  kCumulateSlices,  // A step; complete ones are folded into the first of their window.
};

constexpr int64_t kNever = Watermark::kMax;

class SliceAggregate : public Operator {
 public:
  SliceAggregate(WindowAggregateSpec spec, OperatorContext& context, WindowTimes times)
      : spec_(std::move(spec)),
        context_(context),
        times_(std::move(times)),
        queue_(context),
        row_counts_(context.pool),
        window_counts_(context.pool) {}
  Status Init();

  Result<Progress> OnBatch(int input, const Batch& batch, Output& out) override;
  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    pass_on_ = watermark;
    if (!spec_.window.is_proctime) target_millis_ = std::max(target_millis_, watermark.millis);
    return Continue(out);
  }
  Result<Progress> OnTimer(int64_t now_millis, Output& out) override {
    if (!spec_.window.is_proctime) return Progress::kDone;
    target_millis_ = std::max(target_millis_, now_millis - 1);
    return Continue(out);
  }
  int64_t NextTimerMillis() const override { return next_timer_millis_; }
  Result<Progress> Continue(Output& out) override;
  Status Save(SnapshotWriter& snapshot) override;
  Status Restore(SnapshotReader& snapshot) override;

 private:
  bool has_bounds() const { return spec_.window_end_column >= 0; }
  bool counts_rows() const { return spec_.input_may_retract; }
  size_t num_time_keys() const { return has_bounds() ? 2 : 1; }
  int64_t size() const { return spec_.window.size_millis; }
  int64_t step() const { return spec_.window.step_millis; }
  // End of the first slice of the CUMULATE window that slice `end` belongs to.
  int64_t FirstSlice(int64_t end) const { return times_.StartOf(end - 1, size()) + step(); }
  int64_t LastWindow(int64_t slice_end) const {
    switch (keeping_) {
      case Keeping::kWindows:
        return slice_end;
      case Keeping::kHopSlices:
        return slice_end + size() - step();
      case Keeping::kCumulateSlices:
        return FirstSlice(slice_end) - step() + size();
    }
    return slice_end;
  }
  bool IsFired(int64_t end) const { return times_.IsFired(end, done_millis_); }

  Status AddTimes(const Batch& batch);
  Status AddToWindows(const Batch& batch, const std::vector<int64_t>& times);
  Status AddRows(const Batch& batch, const std::vector<int64_t>& starts,
                 const std::vector<int32_t>* rows);
  Status AddStates(const Batch& batch);
  int64_t DropLateRows(const std::vector<int32_t>* rows, int64_t num_rows);
  Status FindSlices(const ColumnVector& keys, const std::vector<int64_t>& starts, int64_t num_rows,
                    const std::vector<int32_t>* rows);
  ChangedRows CountRows(const Batch& batch, const std::vector<int32_t>* rows);

  Result<int64_t> NextWindow();
  Status BeginWindow(int64_t end);
  Status MergeHopSlices(int64_t end);
  Status FoldCumulateSlice(int64_t end);
  Status QueueWindowRows();
  Status EndWindow();
  Status Forget(const std::vector<uint32_t>& slots);
  Status UpdateTimer();
  Result<ColumnPtr> Repeated(Result<ColumnPtr> one, int64_t count) const {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr row, std::move(one));
    return Repeat(row, count, context_.pool);
  }
  std::vector<DataType> SliceTypes() const;
  Schema SliceSchema() const;

  WindowAggregateSpec spec_;
  OperatorContext& context_;
  WindowTimes times_;
  OutputQueue queue_;
  Keeping keeping_ = Keeping::kWindows;
  std::vector<DataType> key_types_;
  std::optional<KeyedTable>
      table_;  // Keys: slice end, window start where it is in the input, then the keys.
  std::optional<KeyFinder> finder_;
  TimeColumn end_column_, start_column_;
  std::unique_ptr<AggregateCalls> calls_;
  PoolVector<int64_t> row_counts_;
  TimeBuckets buckets_;  // Slice end -> its slots.
  // HOP: the window that is being put together, by key.
  std::optional<KeyedTable> window_table_;
  std::unique_ptr<AggregateCalls> window_calls_;
  PoolVector<int64_t> window_counts_;

  int64_t done_millis_ = Watermark::kMin;    // Up to here windows have been put out.
  int64_t target_millis_ = Watermark::kMin;  // Up to here they are to be.
  int64_t last_end_ = Watermark::kMin;       // Last window put out since done_millis_.
  std::optional<Watermark> pass_on_;
  int64_t next_timer_millis_ = kNever;
  // The window being put out.
  bool is_putting_out_ = false;
  int64_t end_ = 0;
  std::vector<uint32_t> out_slots_;
  size_t out_position_ = 0;
  // Of the batch at hand.
  std::vector<int64_t> times_of_rows_, ends_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> slots_;
  std::vector<int32_t> inserted_, kept_, not_null_, accumulate_rows_, retract_rows_;
};

Status SliceAggregate::Init() {
  for (int column : spec_.key_columns) key_types_.push_back(spec_.input[column].type);
  AggregateCallsSpec calls{
      spec_.input, spec_.calls, spec_.functions, spec_.config, spec_.input_may_retract, true};
  WEIR_ASSIGN_OR_RETURN(calls_, AggregateCalls::Make(calls, context_.pool));
  if (spec_.stage == AggregateStage::kGlobal && !calls_->unsplittable().empty()) {
    return Unsupported("two-phase aggregation of {}", calls_->unsplittable());
  }
  WindowShape shape = spec_.window.shape;
  bool overlapping =
      shape == WindowShape::kCumulate || (shape == WindowShape::kHop && step() != size());
  if (!has_bounds() && overlapping && calls_->unsplittable().empty() && size() % step() == 0) {
    keeping_ = shape == WindowShape::kHop ? Keeping::kHopSlices : Keeping::kCumulateSlices;
  }
  table_.emplace(SliceTypes(), context_.pool);
  finder_.emplace(&*table_, context_.pool);
  if (keeping_ == Keeping::kHopSlices) {
    window_table_.emplace(key_types_, context_.pool);
    WEIR_ASSIGN_OR_RETURN(window_calls_, AggregateCalls::Make(calls, context_.pool));
  }
  return Status::OK();
}

std::vector<DataType> SliceAggregate::SliceTypes() const {
  std::vector<DataType> types(num_time_keys(), DataType::BigInt().NotNull());
  types.insert(types.end(), key_types_.begin(), key_types_.end());
  return types;
}

Result<Progress> SliceAggregate::OnBatch(int, const Batch& batch, Output&) {
  if (spec_.stage == AggregateStage::kGlobal) {
    WEIR_RETURN_NOT_OK(AddStates(batch));
  } else if (has_bounds()) {
    std::vector<int64_t> starts;
    WEIR_RETURN_NOT_OK(WindowTimes::ReadMillis(
        *batch.columns[static_cast<size_t>(spec_.window_start_column)], &starts));
    WEIR_RETURN_NOT_OK(WindowTimes::ReadMillis(
        *batch.columns[static_cast<size_t>(spec_.window_end_column)], &ends_));
    WEIR_RETURN_NOT_OK(AddRows(batch, starts, nullptr));
  } else {
    WEIR_RETURN_NOT_OK(AddTimes(batch));
  }
  WEIR_RETURN_NOT_OK(UpdateTimer());
  return Progress::kDone;
}

// Rows go to the slice of their time.
Status SliceAggregate::AddTimes(const Batch& all) {
  WEIR_ASSIGN_OR_RETURN(Batch batch, times_.WithoutNullTimes(all));
  if (batch.num_rows == 0) return Status::OK();
  bool is_tumble = spec_.window.shape == WindowShape::kTumble ||
                   (spec_.window.shape == WindowShape::kHop && step() == size());
  if (keeping_ == Keeping::kWindows && !is_tumble) {
    WEIR_RETURN_NOT_OK(times_.Read(batch, &times_of_rows_));
    return AddToWindows(batch, times_of_rows_);
  }
  WEIR_RETURN_NOT_OK(
      times_.ReadSliceEnds(batch, keeping_ == Keeping::kWindows ? size() : step(), &ends_));
  return AddRows(batch, {}, nullptr);
}

// Rows go to each of their windows: a pass for the last window of every row, one for the last but
// one, ...
Status SliceAggregate::AddToWindows(const Batch& batch, const std::vector<int64_t>& times) {
  bool is_hop = spec_.window.shape == WindowShape::kHop;
  int64_t* late_rows =
      context_.counters != nullptr ? &context_.counters->late_rows_dropped : nullptr;
  std::vector<int32_t> rows;
  for (int64_t pass = 0;; ++pass) {
    rows.clear();
    ends_.assign(times.size(), 0);
    for (size_t i = 0; i < times.size(); ++i) {
      int64_t last = times_.StartOf(times[i], is_hop ? step() : size()) + size();
      int64_t end = last - pass * step();
      if (end <= times[i] || (is_hop && end - size() > times[i])) continue;
      ends_[i] = end;
      rows.push_back(static_cast<int32_t>(i));
    }
    if (rows.empty()) return Status::OK();
    int64_t late_before = late_rows != nullptr ? *late_rows : 0;
    WEIR_RETURN_NOT_OK(AddRows(batch, {}, &rows));
    // A row is late only if it is too late for its last window.
    if (late_rows != nullptr && pass > 0) *late_rows = late_before;
  }
}

// Leaves the rows that are not late in kept_; sends CUMULATE rows whose slice is complete to the
// window's first slice.
int64_t SliceAggregate::DropLateRows(const std::vector<int32_t>* rows, int64_t num_rows) {
  kept_.clear();
  int64_t late = 0;
  int64_t known_end = 0, target = 0;
  bool is_known = false, is_late = false;
  auto n = rows != nullptr ? static_cast<int64_t>(rows->size()) : num_rows;
  for (int64_t i = 0; i < n; ++i) {
    auto row = static_cast<size_t>(rows != nullptr ? (*rows)[static_cast<size_t>(i)] : i);
    if (!is_known || ends_[row] != known_end) {
      is_known = true;
      known_end = target = ends_[row];
      is_late = false;
      if (IsFired(known_end)) {
        is_late = IsFired(LastWindow(known_end));
        if (keeping_ == Keeping::kCumulateSlices) target = FirstSlice(known_end);
      }
    }
    ends_[row] = target;
    if (is_late) {
      ++late;
    } else {
      kept_.push_back(static_cast<int32_t>(row));
    }
  }
  if (context_.counters != nullptr) context_.counters->late_rows_dropped += late;
  return late;
}

// slots_ become the slices of the rows; new ones are entered in the buckets.
Status SliceAggregate::FindSlices(const ColumnVector& keys, const std::vector<int64_t>& starts,
                                  int64_t num_rows, const std::vector<int32_t>* rows) {
  ColumnVector columns;
  WEIR_ASSIGN_OR_RETURN(ColumnPtr ends, end_column_.Make(ends_, context_.pool));
  columns.push_back(std::move(ends));
  if (has_bounds()) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr column, start_column_.Make(starts, context_.pool));
    columns.push_back(std::move(column));
  }
  columns.insert(columns.end(), keys.begin(), keys.end());
  slots_.resize(static_cast<size_t>(num_rows));
  inserted_.clear();
  if (rows == nullptr) {
    WEIR_RETURN_NOT_OK(finder_->FindOrInsert(columns, num_rows, slots_.data(), &inserted_));
  } else {
    WEIR_RETURN_NOT_OK(HashKeys(columns, num_rows, &hashes_));
    WEIR_RETURN_NOT_OK(table_->FindOrInsert(columns, hashes_, slots_.data(), &inserted_, rows));
  }
  for (int32_t row : inserted_) {
    buckets_.Add(ends_[static_cast<size_t>(row)], slots_[static_cast<size_t>(row)]);
  }
  if (counts_rows() && table_->num_slots() > row_counts_.size()) {
    WEIR_RETURN_NOT_OK(row_counts_.Resize(table_->num_slots()));
  }
  return calls_->Resize(table_->num_slots());
}

ChangedRows SliceAggregate::CountRows(const Batch& batch, const std::vector<int32_t>* rows) {
  if (!counts_rows()) return {rows, nullptr};
  accumulate_rows_.clear();
  retract_rows_.clear();
  auto n = rows != nullptr ? static_cast<int64_t>(rows->size()) : batch.num_rows;
  for (int64_t i = 0; i < n; ++i) {
    int32_t row = rows != nullptr ? (*rows)[static_cast<size_t>(i)] : static_cast<int32_t>(i);
    int64_t& count = row_counts_[slots_[static_cast<size_t>(row)]];
    if (IsAccumulate(batch.kind(row))) {
      ++count;
      accumulate_rows_.push_back(row);
    } else {
      // Perhaps of a row in another slice: then the group goes below zero, and is put out so, as in
      // Flink.
      --count;
      retract_rows_.push_back(row);
    }
  }
  return {&accumulate_rows_, &retract_rows_};
}

// Adds rows to the slices that end at ends_.
Status SliceAggregate::AddRows(const Batch& batch, const std::vector<int64_t>& starts,
                               const std::vector<int32_t>* rows) {
  const std::vector<int32_t>* kept = rows;
  if (done_millis_ != Watermark::kMin && DropLateRows(rows, batch.num_rows) > 0) kept = &kept_;
  if (kept != nullptr && kept->empty()) return Status::OK();
  ColumnVector keys;
  for (int column : spec_.key_columns) keys.push_back(batch.columns[static_cast<size_t>(column)]);
  WEIR_RETURN_NOT_OK(FindSlices(keys, starts, batch.num_rows, kept));
  return calls_->Apply(batch, slots_, CountRows(batch, kept));
}

// What the local stage puts out: keys, slice end, perhaps window start, states.
Status SliceAggregate::AddStates(const Batch& all) {
  size_t num_keys = key_types_.size();
  Batch batch = all;
  WEIR_RETURN_NOT_OK(WindowTimes::ReadMillis(*batch.columns[num_keys], &ends_));
  if (done_millis_ != Watermark::kMin && DropLateRows(nullptr, batch.num_rows) > 0) {
    std::vector<int64_t> kept_ends;
    for (int32_t row : kept_) kept_ends.push_back(ends_[static_cast<size_t>(row)]);
    WEIR_ASSIGN_OR_RETURN(batch, GatherBatch(batch, kept_, context_.pool));
    ends_ = std::move(kept_ends);
  }
  if (batch.num_rows == 0) return Status::OK();
  std::vector<int64_t> starts;
  if (has_bounds())
    WEIR_RETURN_NOT_OK(WindowTimes::ReadMillis(*batch.columns[num_keys + 1], &starts));
  auto first_state = batch.columns.begin() + static_cast<int64_t>(num_keys + num_time_keys());
  ColumnVector keys(batch.columns.begin(), batch.columns.begin() + static_cast<int64_t>(num_keys));
  WEIR_RETURN_NOT_OK(FindSlices(keys, starts, batch.num_rows, nullptr));
  return calls_->MergeStates(slots_, ColumnVector(first_state, batch.columns.end()),
                             batch.num_rows);
}

Result<Progress> SliceAggregate::Continue(Output& out) {
  while (true) {
    WEIR_ASSIGN_OR_RETURN(Progress progress, queue_.Flush(out));
    if (progress != Progress::kDone) return progress;
    if (is_putting_out_) {
      if (out_position_ < out_slots_.size()) {
        WEIR_RETURN_NOT_OK(QueueWindowRows());
      } else {
        WEIR_RETURN_NOT_OK(EndWindow());
      }
      continue;
    }
    if (target_millis_ > done_millis_) {
      WEIR_ASSIGN_OR_RETURN(int64_t end, NextWindow());
      if (!buckets_.empty() && times_.IsFired(end, target_millis_)) {
        WEIR_RETURN_NOT_OK(BeginWindow(end));
        continue;
      }
      done_millis_ = target_millis_;
      last_end_ = Watermark::kMin;
      WEIR_RETURN_NOT_OK(UpdateTimer());
    }
    if (!pass_on_.has_value()) return Progress::kDone;
    queue_.Add(*pass_on_);
    pass_on_.reset();
  }
}

Status SliceAggregate::UpdateTimer() {
  next_timer_millis_ = kNever;
  if (!spec_.window.is_proctime) return Status::OK();
  WEIR_ASSIGN_OR_RETURN(int64_t end, NextWindow());
  if (!buckets_.empty()) next_timer_millis_ = times_.LastInstant(end) + 1;
  return Status::OK();
}

// The earliest window that is not complete yet and has a slice. Slices that no window needs any
// more are dropped.
Result<int64_t> SliceAggregate::NextWindow() {
  while (!buckets_.empty()) {
    int64_t slice = buckets_.first_time();
    if (keeping_ == Keeping::kWindows) return slice;
    // The first slice of a CUMULATE window stands for all complete ones and goes into every later
    // window.
    if (keeping_ == Keeping::kCumulateSlices && slice != FirstSlice(slice)) return slice;
    int64_t end = last_end_ == Watermark::kMin ? slice : std::max(slice, last_end_ + step());
    int64_t last = LastWindow(slice);
    while (end <= last && IsFired(end)) end += step();
    if (end <= last) return end;
    WEIR_RETURN_NOT_OK(Forget(buckets_.Take(slice)));
  }
  return kNever;
}

Status SliceAggregate::BeginWindow(int64_t end) {
  is_putting_out_ = true;
  end_ = last_end_ = end;
  out_position_ = 0;
  switch (keeping_) {
    case Keeping::kWindows:
      out_slots_ = buckets_.Bucket(end);
      break;
    case Keeping::kHopSlices:
      return MergeHopSlices(end);
    case Keeping::kCumulateSlices:
      WEIR_RETURN_NOT_OK(FoldCumulateSlice(end));
      out_slots_ = buckets_.Bucket(FirstSlice(end));
      break;
  }
  if (counts_rows()) {
    std::erase_if(out_slots_, [&](uint32_t slot) { return row_counts_[slot] == 0; });
  }
  return Status::OK();
}

Status SliceAggregate::MergeHopSlices(int64_t end) {
  for (int64_t slice = end - size() + step(); slice <= end; slice += step()) {
    if (!buckets_.Has(slice)) continue;
    const std::vector<uint32_t>& from = buckets_.Bucket(slice);
    auto n = static_cast<int64_t>(from.size());
    WEIR_ASSIGN_OR_RETURN(ColumnVector columns, table_->Keys(from));
    ColumnVector keys(columns.begin() + 1, columns.end());
    WEIR_RETURN_NOT_OK(HashKeys(keys, n, &hashes_));
    slots_.resize(from.size());
    WEIR_RETURN_NOT_OK(window_table_->FindOrInsert(keys, hashes_, slots_.data(), nullptr));
    WEIR_RETURN_NOT_OK(window_calls_->Resize(window_table_->num_slots()));
    WEIR_ASSIGN_OR_RETURN(ColumnVector states, calls_->States(from));
    WEIR_RETURN_NOT_OK(window_calls_->MergeStates(slots_, states, n));
    if (!counts_rows()) continue;
    WEIR_RETURN_NOT_OK(
        window_counts_.Resize(std::max(window_counts_.size(), window_table_->num_slots())));
    for (size_t i = 0; i < from.size(); ++i) window_counts_[slots_[i]] += row_counts_[from[i]];
  }
  out_slots_ = window_table_->LiveSlots();
  if (counts_rows()) {
    std::erase_if(out_slots_, [&](uint32_t slot) { return window_counts_[slot] == 0; });
  }
  return Status::OK();
}

// Folds the slice that ends at `end` into the first of its window.
Status SliceAggregate::FoldCumulateSlice(int64_t end) {
  int64_t first = FirstSlice(end);
  if (end == first || !buckets_.Has(end)) return Status::OK();
  std::vector<uint32_t> from = buckets_.Take(end);
  WEIR_ASSIGN_OR_RETURN(ColumnVector columns, table_->Keys(from));
  ends_.assign(from.size(), first);
  WEIR_RETURN_NOT_OK(FindSlices(ColumnVector(columns.begin() + 1, columns.end()), {},
                                static_cast<int64_t>(from.size()), nullptr));
  WEIR_RETURN_NOT_OK(calls_->MergeGroups(from, slots_));
  if (counts_rows()) {
    for (size_t i = 0; i < from.size(); ++i) row_counts_[slots_[i]] += row_counts_[from[i]];
  }
  return Forget(from);
}

Status SliceAggregate::QueueWindowRows() {
  size_t count =
      std::min(static_cast<size_t>(context_.batch_rows_max), out_slots_.size() - out_position_);
  std::span<const uint32_t> slots(out_slots_.data() + out_position_, count);
  out_position_ += count;
  auto n = static_cast<int64_t>(count);
  bool is_hop = keeping_ == Keeping::kHopSlices;
  Batch batch;
  batch.num_rows = n;
  WEIR_ASSIGN_OR_RETURN(ColumnVector keys,
                        is_hop ? window_table_->Keys(slots) : table_->Keys(slots));
  batch.columns.assign(keys.begin() + static_cast<int64_t>(is_hop ? 0 : num_time_keys()),
                       keys.end());
  WEIR_ASSIGN_OR_RETURN(ColumnVector values,
                        is_hop ? window_calls_->Finish(slots) : calls_->Finish(slots));
  batch.columns.insert(batch.columns.end(), values.begin(), values.end());
  if (spec_.emit_start) {
    ColumnPtr starts;
    if (has_bounds()) {
      WEIR_ASSIGN_OR_RETURN(starts, times_.BoundColumn({keys[1]->data<int64_t>(), count}));
    } else {
      int64_t start = spec_.window.shape == WindowShape::kCumulate
                          ? times_.StartOf(end_ - 1, size())
                          : end_ - size();
      WEIR_ASSIGN_OR_RETURN(starts, Repeated(times_.BoundColumn({&start, 1}), n));
    }
    batch.columns.push_back(std::move(starts));
  }
  if (spec_.emit_end) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr ends, Repeated(times_.BoundColumn({&end_, 1}), n));
    batch.columns.push_back(std::move(ends));
  }
  if (spec_.emit_time) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr times, Repeated(times_.TimeColumn({&end_, 1}), n));
    batch.columns.push_back(std::move(times));
  }
  return queue_.Add(std::move(batch));
}

// Forgets what no later window needs.
Status SliceAggregate::EndWindow() {
  is_putting_out_ = false;
  out_slots_.clear();
  switch (keeping_) {
    case Keeping::kWindows:
      return Forget(buckets_.Take(end_));
    case Keeping::kHopSlices:
      WEIR_RETURN_NOT_OK(window_calls_->Reset(window_table_->LiveSlots()));
      WEIR_RETURN_NOT_OK(window_table_->Clear());
      std::fill(window_counts_.begin(), window_counts_.end(), 0);
      return Forget(buckets_.Take(end_ - size() + step()));
    case Keeping::kCumulateSlices:
      if (end_ == LastWindow(end_)) return Forget(buckets_.Take(FirstSlice(end_)));
      return Status::OK();
  }
  return Status::OK();
}

Status SliceAggregate::Forget(const std::vector<uint32_t>& slots) {
  if (slots.empty()) return Status::OK();
  table_->MarkChanged(slots);
  WEIR_RETURN_NOT_OK(calls_->Reset(slots));
  if (counts_rows()) {
    for (uint32_t slot : slots) row_counts_[slot] = 0;
  }
  return table_->Erase(slots);
}

Schema SliceAggregate::SliceSchema() const {
  Schema schema;
  schema.fields.push_back({"slice_end", DataType::BigInt().NotNull()});
  if (has_bounds()) schema.fields.push_back({"window_start", DataType::BigInt().NotNull()});
  AppendFields("k", key_types_, &schema);
  if (counts_rows()) schema.fields.push_back({"rows", DataType::BigInt().NotNull()});
  AppendFields("s", calls_->state_types(), &schema);
  return schema;
}

Status SliceAggregate::Save(SnapshotWriter& snapshot) {
  std::vector<int> key_columns = ColumnRange(num_time_keys(), key_types_.size());
  auto columns_of = [this](std::span<const uint32_t> slots) -> Result<ColumnVector> {
    WEIR_ASSIGN_OR_RETURN(ColumnVector columns, table_->Keys(slots));
    if (counts_rows()) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr rows, NumbersOf(row_counts_, slots, context_.pool));
      columns.push_back(std::move(rows));
    }
    WEIR_ASSIGN_OR_RETURN(ColumnVector states, calls_->States(slots));
    columns.insert(columns.end(), states.begin(), states.end());
    return columns;
  };
  WEIR_RETURN_NOT_OK(table_->Save(snapshot, {"slices", SliceSchema(), columns_of, key_columns}));
  WEIR_RETURN_NOT_OK(calls_->SaveDistinct(
      snapshot, SliceTypes(),
      [this](std::span<const uint32_t> slots) { return table_->Keys(slots); }, key_columns));
  return SaveProgress(snapshot, done_millis_, context_.pool);
}

Status SliceAggregate::Restore(SnapshotReader& snapshot) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Batch> batches, snapshot.Read("slices", SliceSchema()));
  auto find = [&](const ColumnVector& columns, int64_t num_rows) -> Status {
    std::vector<int64_t> starts;
    WEIR_RETURN_NOT_OK(WindowTimes::ReadMillis(*columns[0], &ends_));
    if (has_bounds()) WEIR_RETURN_NOT_OK(WindowTimes::ReadMillis(*columns[1], &starts));
    auto first_key = columns.begin() + static_cast<int64_t>(num_time_keys());
    return FindSlices(ColumnVector(first_key, first_key + static_cast<int64_t>(key_types_.size())),
                      starts, num_rows, nullptr);
  };
  for (const Batch& batch : batches) {
    WEIR_RETURN_NOT_OK(find(batch.columns, batch.num_rows));
    auto next = batch.columns.begin() + static_cast<int64_t>(num_time_keys() + key_types_.size());
    if (counts_rows()) {
      for (int64_t i = 0; i < batch.num_rows; ++i) {
        row_counts_[slots_[static_cast<size_t>(i)]] += (*next)->At<int64_t>(i);
      }
      ++next;
    }
    WEIR_RETURN_NOT_OK(
        calls_->MergeStates(slots_, ColumnVector(next, batch.columns.end()), batch.num_rows));
  }
  WEIR_RETURN_NOT_OK(calls_->RestoreDistinct(
      snapshot, SliceTypes(),
      [&](const ColumnVector& columns, int64_t num_rows, std::vector<uint32_t>* slots) -> Status {
        WEIR_RETURN_NOT_OK(find(columns, num_rows));
        *slots = slots_;
        return Status::OK();
      }));
  WEIR_ASSIGN_OR_RETURN(done_millis_, RestoreProgress(snapshot));
  target_millis_ = done_millis_;
  return UpdateTimer();
}

}  // namespace

Result<std::unique_ptr<Operator>> MakeWindowAggregate(WindowAggregateSpec spec,
                                                      OperatorContext& context) {
  bool has_bounds = spec.window_end_column >= 0;
  if (has_bounds && spec.window.shape == WindowShape::kSession)
    spec.window.size_millis = 1;  // Only its bounds count.
  WEIR_ASSIGN_OR_RETURN(WindowTimes times, WindowTimes::Make(spec.window, context));
  if (spec.window.shape == WindowShape::kSession && !has_bounds) {
    return MakeSessionAggregate(std::move(spec), context);
  }
  if (spec.stage == AggregateStage::kLocal) return MakeLocalSlices(std::move(spec), context);
  auto aggregate = std::make_unique<SliceAggregate>(std::move(spec), context, std::move(times));
  WEIR_RETURN_NOT_OK(aggregate->Init());
  return std::unique_ptr<Operator>(std::move(aggregate));
}

}  // namespace weir
