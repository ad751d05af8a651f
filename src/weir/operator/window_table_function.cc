// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/window_table_function.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "weir/operator/output_queue.h"
#include "weir/operator/session_windows.h"

namespace weir {
namespace {

// Rows of `batch`, each with its window.
Result<Batch> WithWindows(Batch batch, const WindowTimes& times, std::span<const int64_t> starts,
                          std::span<const int64_t> ends) {
  WEIR_ASSIGN_OR_RETURN(ColumnPtr start, times.BoundColumn(starts));
  WEIR_ASSIGN_OR_RETURN(ColumnPtr end, times.BoundColumn(ends));
  WEIR_ASSIGN_OR_RETURN(ColumnPtr time, times.TimeColumn(ends));
  batch.columns.insert(batch.columns.end(), {std::move(start), std::move(end), std::move(time)});
  return batch;
}

class AlignedWindowFunction : public Operator {
 public:
  AlignedWindowFunction(WindowTableFunctionSpec spec, OperatorContext& context, WindowTimes times)
      : spec_(std::move(spec)), context_(context), times_(std::move(times)), queue_(context) {}

  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    WEIR_RETURN_NOT_OK(times_.Read(batch, &row_times_, &rows_));
    bool has_nulls = !spec_.window.is_proctime &&
                     batch.columns[static_cast<size_t>(spec_.window.time_column)]->CountNulls() > 0;
    if (!has_nulls) {
      rows_.resize(static_cast<size_t>(batch.num_rows));
      std::iota(rows_.begin(), rows_.end(), 0);
    }
    if (context_.counters != nullptr) {
      context_.counters->records_skipped += batch.num_rows - static_cast<int64_t>(rows_.size());
    }
    std::vector<int32_t> out_rows;
    std::vector<int64_t> starts, ends;
    for (int32_t row : rows_) {
      AddWindows(row, row_times_[static_cast<size_t>(row)], &out_rows, &starts, &ends);
      if (static_cast<int64_t>(out_rows.size()) >= context_.batch_rows_max) {
        WEIR_RETURN_NOT_OK(Queue(batch, &out_rows, &starts, &ends));
      }
    }
    WEIR_RETURN_NOT_OK(Queue(batch, &out_rows, &starts, &ends));
    return queue_.Flush(out);
  }
  Result<Progress> Continue(Output& out) override { return queue_.Flush(out); }

 private:
  void AddWindows(int32_t row, int64_t time, std::vector<int32_t>* rows,
                  std::vector<int64_t>* starts, std::vector<int64_t>* ends) const {
    const WindowAssignment& window = spec_.window;
    auto add = [&](int64_t start, int64_t end) {
      rows->push_back(row);
      starts->push_back(start);
      ends->push_back(end);
    };
    switch (window.shape) {
      case WindowShape::kTumble: {
        int64_t start = times_.StartOf(time, window.size_millis);
        add(start, start + window.size_millis);
        break;
      }
      case WindowShape::kHop:
        for (int64_t start = times_.StartOf(time, window.step_millis);
             start > time - window.size_millis; start -= window.step_millis) {
          add(start, start + window.size_millis);
        }
        break;
      case WindowShape::kCumulate: {
        int64_t start = times_.StartOf(time, window.size_millis);
        for (int64_t end = times_.StartOf(time, window.step_millis) + window.step_millis;
             end <= start + window.size_millis; end += window.step_millis) {
          add(start, end);
        }
        break;
      }
      case WindowShape::kSession:
        break;
    }
  }
  Status Queue(const Batch& batch, std::vector<int32_t>* rows, std::vector<int64_t>* starts,
               std::vector<int64_t>* ends) {
    if (rows->empty()) return Status::OK();
    // One window a row: the columns pass as they are.
    Batch some = batch;
    bool all = static_cast<int64_t>(rows->size()) == batch.num_rows;
    for (size_t i = 0; all && i < rows->size(); ++i) all = (*rows)[i] == static_cast<int32_t>(i);
    if (!all) {
      WEIR_ASSIGN_OR_RETURN(some, GatherBatch(batch, *rows, context_.pool));
    }
    WEIR_ASSIGN_OR_RETURN(Batch result, WithWindows(std::move(some), times_, *starts, *ends));
    rows->clear();
    starts->clear();
    ends->clear();
    return queue_.Add(std::move(result));
  }

  WindowTableFunctionSpec spec_;
  OperatorContext& context_;
  WindowTimes times_;
  OutputQueue queue_;
  std::vector<int64_t> row_times_;
  std::vector<int32_t> rows_;
};

class SessionWindowFunction : public Operator {
 public:
  SessionWindowFunction(WindowTableFunctionSpec spec, OperatorContext& context, WindowTimes times)
      : spec_(std::move(spec)),
        context_(context),
        times_(std::move(times)),
        queue_(context),
        rows_(TypesOf(spec_.input), context.pool),
        kinds_(context.pool),
        times_of_(context.pool),
        next_(context.pool),
        heads_(context.pool),
        tails_(context.pool),
        changes_(context.pool) {
    std::vector<DataType> key_types;
    for (int column : spec_.window.partition_keys) key_types.push_back(spec_.input[column].type);
    sessions_.emplace(std::move(key_types), times_, context.pool);
  }

  Result<Progress> OnBatch(int, const Batch& batch, Output&) override {
    std::vector<int32_t> not_null;
    WEIR_RETURN_NOT_OK(times_.Read(batch, &row_times_, &not_null));
    bool has_nulls = !spec_.window.is_proctime &&
                     batch.columns[static_cast<size_t>(spec_.window.time_column)]->CountNulls() > 0;
    WEIR_RETURN_NOT_OK(AssignRows(batch, has_nulls ? &not_null : nullptr, done_millis_));
    CountDropped(batch, has_nulls);
    return Store(batch);
  }
  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    if (!spec_.window.is_proctime) WEIR_RETURN_NOT_OK(Fire(watermark.millis));
    queue_.Add(watermark);
    return queue_.Flush(out);
  }
  Result<Progress> OnTimer(int64_t now_millis, Output& out) override {
    if (spec_.window.is_proctime) WEIR_RETURN_NOT_OK(Fire(now_millis - 1));
    return queue_.Flush(out);
  }
  int64_t NextTimerMillis() const override {
    if (!spec_.window.is_proctime) return Watermark::kMax;
    int64_t instant = sessions_->NextInstant();
    return instant == Watermark::kMax ? instant : instant + 1;
  }
  Result<Progress> Continue(Output& out) override { return queue_.Flush(out); }

  Status Save(SnapshotWriter& snapshot) override;
  Status Restore(SnapshotReader& snapshot) override;

 private:
  // slots_ become the sessions of the rows, whose times are row_times_.
  Status AssignRows(const Batch& batch, const std::vector<int32_t>* rows, int64_t done_millis) {
    ColumnVector keys;
    for (int column : spec_.window.partition_keys)
      keys.push_back(batch.columns[static_cast<size_t>(column)]);
    WEIR_RETURN_NOT_OK(sessions_->Assign(keys, row_times_, rows, done_millis, &slots_, &merges_));
    WEIR_RETURN_NOT_OK(MakeRoom());
    for (const SessionWindows::Merge& merge : merges_) Append(merge.from, merge.to);
    return sessions_->FreeMerged(merges_);
  }
  Status MakeRoom() {
    if (sessions_->num_slots() <= heads_.size()) return Status::OK();
    WEIR_RETURN_NOT_OK(heads_.Resize(sessions_->num_slots(), kNoSlot));
    return tails_.Resize(sessions_->num_slots(), kNoSlot);
  }
  void CountDropped(const Batch& batch, bool has_nulls) {
    if (context_.counters == nullptr) return;
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      if (slots_[static_cast<size_t>(i)] != kNoSlot) continue;
      bool is_null =
          has_nulls && batch.columns[static_cast<size_t>(spec_.window.time_column)]->IsNull(i);
      ++(is_null ? context_.counters->records_skipped : context_.counters->late_rows_dropped);
    }
  }
  // The rows of session `from` follow those of `to`.
  void Append(uint32_t from, uint32_t to) {
    if (heads_[from] == kNoSlot) return;
    (heads_[to] == kNoSlot ? heads_[to] : next_[tails_[to]]) = heads_[from];
    tails_[to] = tails_[from];
    heads_[from] = tails_[from] = kNoSlot;
  }
  // Keeps the rows that have a session in slots_.
  Result<Progress> Store(const Batch& batch) {
    std::vector<uint32_t> places;
    std::vector<int32_t> stored;
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      uint32_t session = slots_[static_cast<size_t>(i)];
      if (session == kNoSlot) continue;
      uint32_t place;
      if (!free_.empty()) {
        place = free_.back();
        free_.pop_back();
      } else {
        place = static_cast<uint32_t>(next_.size());
        WEIR_RETURN_NOT_OK(next_.Append(kNoSlot));
        WEIR_RETURN_NOT_OK(kinds_.Append(0));
        WEIR_RETURN_NOT_OK(times_of_.Append(0));
      }
      next_[place] = kNoSlot;
      kinds_[place] = static_cast<uint8_t>(batch.kind(i));
      times_of_[place] = row_times_[static_cast<size_t>(i)];
      (heads_[session] == kNoSlot ? heads_[session] : next_[tails_[session]]) = place;
      tails_[session] = place;
      places.push_back(place);
      stored.push_back(static_cast<int32_t>(i));
    }
    if (places.empty()) return Progress::kDone;
    WEIR_RETURN_NOT_OK(changes_.Reserve(next_.size()));
    changes_.Mark(places);
    WEIR_RETURN_NOT_OK(rows_.Resize(next_.size()));
    WEIR_RETURN_NOT_OK(rows_.SetMany(places, batch.columns, stored.data()));
    return Progress::kDone;
  }
  Status Fire(int64_t watermark_millis);
  // Rows are saved with their time: sessions follow from those.
  Schema RowSchema() const {
    Schema schema = {
        {{"time", DataType::BigInt().NotNull()}, {"kind", DataType::BigInt().NotNull()}}};
    AppendFields("c", TypesOf(spec_.input), &schema);
    return schema;
  }

  WindowTableFunctionSpec spec_;
  OperatorContext& context_;
  WindowTimes times_;
  OutputQueue queue_;
  std::optional<SessionWindows> sessions_;
  // Rows by place, and a list of places for each session.
  SlotRows rows_;
  PoolVector<uint8_t> kinds_;
  PoolVector<int64_t> times_of_;
  PoolVector<uint32_t> next_, heads_, tails_;
  std::vector<uint32_t> free_;
  SlotChanges changes_;  // Of places.
  int64_t done_millis_ = Watermark::kMin;
  // Of the batch at hand.
  std::vector<int64_t> row_times_;
  std::vector<uint32_t> slots_;
  std::vector<SessionWindows::Merge> merges_;
};

Status SessionWindowFunction::Fire(int64_t watermark_millis) {
  if (watermark_millis <= done_millis_) return Status::OK();
  done_millis_ = watermark_millis;
  std::vector<uint32_t> fired = sessions_->TakeFired(watermark_millis);
  std::vector<uint32_t> places;
  std::vector<int64_t> starts, ends;
  KindList kinds;
  auto queue = [&]() -> Status {
    Batch batch;
    batch.num_rows = static_cast<int64_t>(places.size());
    WEIR_ASSIGN_OR_RETURN(batch.columns, rows_.Get(places));
    WEIR_ASSIGN_OR_RETURN(batch.row_kinds, kinds.Finish(context_.pool));
    WEIR_ASSIGN_OR_RETURN(Batch result, WithWindows(std::move(batch), times_, starts, ends));
    changes_.Mark(places);
    WEIR_RETURN_NOT_OK(rows_.Clear(places));
    free_.insert(free_.end(), places.begin(), places.end());
    places.clear();
    starts.clear();
    ends.clear();
    return queue_.Add(std::move(result));
  };
  for (uint32_t session : fired) {
    for (uint32_t place = heads_[session]; place != kNoSlot; place = next_[place]) {
      places.push_back(place);
      starts.push_back(sessions_->start(session));
      ends.push_back(sessions_->end(session));
      kinds.Add(static_cast<RowKind>(kinds_[place]));
      if (static_cast<int64_t>(places.size()) >= context_.batch_rows_max)
        WEIR_RETURN_NOT_OK(queue());
    }
    heads_[session] = tails_[session] = kNoSlot;
  }
  WEIR_RETURN_NOT_OK(queue());
  return sessions_->Free(fired);
}

Status SessionWindowFunction::Save(SnapshotWriter& snapshot) {
  std::vector<uint8_t> is_free(static_cast<size_t>(next_.size()), 0);
  for (uint32_t place : free_) is_free[place] = 1;
  auto columns_of = [this](std::span<const uint32_t> some) -> Result<ColumnVector> {
    PoolVector<int64_t> kinds(context_.pool);
    std::vector<uint32_t> order;
    for (uint32_t place : some) {
      order.push_back(static_cast<uint32_t>(order.size()));
      WEIR_RETURN_NOT_OK(kinds.Append(kinds_[place]));
    }
    ColumnVector columns(2);
    WEIR_ASSIGN_OR_RETURN(columns[0], NumbersOf(times_of_, some, context_.pool));
    WEIR_ASSIGN_OR_RETURN(columns[1], NumbersOf(kinds, order, context_.pool));
    WEIR_ASSIGN_OR_RETURN(ColumnVector rows, rows_.Get(some));
    columns.insert(columns.end(), rows.begin(), rows.end());
    return columns;
  };
  std::vector<int> key_columns;
  for (int column : spec_.window.partition_keys) key_columns.push_back(column + 2);
  WEIR_RETURN_NOT_OK(changes_.Save(snapshot, {"rows", RowSchema(), columns_of, key_columns},
                                   next_.size(),
                                   [&](uint32_t place) { return is_free[place] == 0; }));
  return SaveProgress(snapshot, done_millis_, context_.pool);
}

Status SessionWindowFunction::Restore(SnapshotReader& snapshot) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Batch> batches, snapshot.Read("rows", RowSchema()));
  for (const Batch& saved : batches) {
    Batch rows;
    rows.num_rows = saved.num_rows;
    rows.columns.assign(saved.columns.begin() + 2, saved.columns.end());
    KindList kinds;
    row_times_.clear();
    for (int64_t i = 0; i < saved.num_rows; ++i) {
      row_times_.push_back(saved.columns[0]->At<int64_t>(i));
      kinds.Add(static_cast<RowKind>(saved.columns[1]->At<int64_t>(i)));
    }
    WEIR_ASSIGN_OR_RETURN(rows.row_kinds, kinds.Finish(context_.pool));
    // None of them is late: they were kept.
    WEIR_RETURN_NOT_OK(AssignRows(rows, nullptr, Watermark::kMin));
    WEIR_RETURN_NOT_OK(Store(rows).status());
  }
  WEIR_ASSIGN_OR_RETURN(done_millis_, RestoreProgress(snapshot));
  return Status::OK();
}

}  // namespace

Result<std::unique_ptr<Operator>> MakeWindowTableFunction(WindowTableFunctionSpec spec,
                                                          OperatorContext& context) {
  WEIR_ASSIGN_OR_RETURN(WindowTimes times, WindowTimes::Make(spec.window, context));
  if (spec.window.shape == WindowShape::kSession) {
    return std::make_unique<SessionWindowFunction>(std::move(spec), context, std::move(times));
  }
  return std::make_unique<AlignedWindowFunction>(std::move(spec), context, std::move(times));
}

}  // namespace weir
