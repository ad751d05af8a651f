// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// GROUP BY keys and SESSION window. See operator/window_aggregate.h.
#include <algorithm>
#include <optional>

#include "weir/operator/output_queue.h"
#include "weir/operator/session_windows.h"
#include "weir/operator/window_aggregate.h"

namespace weir {
namespace {

class SessionAggregate : public Operator {
 public:
  SessionAggregate(WindowAggregateSpec spec, OperatorContext& context, WindowTimes times)
      : spec_(std::move(spec)),
        context_(context),
        times_(std::move(times)),
        queue_(context),
        row_counts_(context.pool) {}
  Status Init() {
    std::vector<DataType> key_types;
    for (int column : spec_.key_columns) key_types.push_back(spec_.input[column].type);
    AggregateCallsSpec calls{
        spec_.input, spec_.calls, spec_.functions, spec_.config, spec_.input_may_retract, true};
    WEIR_ASSIGN_OR_RETURN(calls_, AggregateCalls::Make(calls, context_.pool));
    sessions_.emplace(std::move(key_types), times_, context_.pool);
    return Status::OK();
  }

  Result<Progress> OnBatch(int, const Batch& all, Output&) override {
    WEIR_ASSIGN_OR_RETURN(Batch batch, times_.WithoutNullTimes(all));
    if (batch.num_rows == 0) return Progress::kDone;
    WEIR_RETURN_NOT_OK(times_.Read(batch, &times_of_rows_));
    ColumnVector keys;
    for (int column : spec_.key_columns) keys.push_back(batch.columns[static_cast<size_t>(column)]);
    WEIR_RETURN_NOT_OK(
        sessions_->Assign(keys, times_of_rows_, nullptr, done_millis_, &slots_, &merges_));
    WEIR_RETURN_NOT_OK(calls_->Resize(sessions_->num_slots()));
    if (sessions_->num_slots() > row_counts_.size())
      WEIR_RETURN_NOT_OK(row_counts_.Resize(sessions_->num_slots()));
    WEIR_RETURN_NOT_OK(MergeSessions());
    WEIR_RETURN_NOT_OK(calls_->Apply(batch, slots_, CountRows(batch)));
    return Progress::kDone;
  }

  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    if (!spec_.window.is_proctime) Fire(watermark.millis);
    pass_on_ = watermark;
    return Continue(out);
  }
  Result<Progress> OnTimer(int64_t now_millis, Output& out) override {
    if (spec_.window.is_proctime) Fire(now_millis - 1);
    return Continue(out);
  }
  int64_t NextTimerMillis() const override {
    if (!spec_.window.is_proctime) return Watermark::kMax;
    int64_t instant = sessions_->NextInstant();
    return instant == Watermark::kMax ? instant : instant + 1;
  }
  Result<Progress> Continue(Output& out) override {
    while (true) {
      WEIR_ASSIGN_OR_RETURN(Progress progress, queue_.Flush(out));
      if (progress != Progress::kDone) return progress;
      if (position_ < fired_.size()) {
        WEIR_RETURN_NOT_OK(QueueSessions());
      } else if (pass_on_.has_value()) {
        queue_.Add(*pass_on_);
        pass_on_.reset();
      } else {
        return Progress::kDone;
      }
    }
  }

  Status Save(SnapshotWriter& snapshot) override {
    std::vector<int> key_columns = ColumnRange(0, spec_.key_columns.size());
    auto columns_of = [this](std::span<const uint32_t> slots) -> Result<ColumnVector> {
      WEIR_ASSIGN_OR_RETURN(ColumnVector columns, sessions_->Names(slots));
      WEIR_ASSIGN_OR_RETURN(ColumnPtr rows, NumbersOf(row_counts_, slots, context_.pool));
      columns.push_back(std::move(rows));
      WEIR_ASSIGN_OR_RETURN(ColumnVector states, calls_->States(slots));
      columns.insert(columns.end(), states.begin(), states.end());
      return columns;
    };
    WEIR_RETURN_NOT_OK(
        sessions_->Save(snapshot, {"sessions", SessionSchema(), columns_of, key_columns}));
    WEIR_RETURN_NOT_OK(calls_->SaveDistinct(
        snapshot, sessions_->anchor_types(),
        [this](std::span<const uint32_t> slots) { return sessions_->Anchors(slots); },
        key_columns));
    return SaveProgress(snapshot, done_millis_, context_.pool);
  }
  Status Restore(SnapshotReader& snapshot) override {
    WEIR_ASSIGN_OR_RETURN(std::vector<Batch> batches, snapshot.Read("sessions", SessionSchema()));
    for (const Batch& batch : batches) {
      WEIR_RETURN_NOT_OK(FindSessions(batch.columns, batch.num_rows, &slots_));
      auto next = batch.columns.begin() + static_cast<int64_t>(sessions_->name_types().size());
      for (int64_t i = 0; i < batch.num_rows; ++i) {
        row_counts_[slots_[static_cast<size_t>(i)]] += (*next)->At<int64_t>(i);
      }
      WEIR_RETURN_NOT_OK(
          calls_->MergeStates(slots_, ColumnVector(next + 1, batch.columns.end()), batch.num_rows));
    }
    WEIR_RETURN_NOT_OK(calls_->RestoreDistinct(
        snapshot, sessions_->anchor_types(),
        [&](const ColumnVector& anchors, int64_t num_rows, std::vector<uint32_t>* slots) {
          return sessions_->FindAnchored(anchors, num_rows, slots);
        }));
    WEIR_ASSIGN_OR_RETURN(done_millis_, RestoreProgress(snapshot));
    return Status::OK();
  }

 private:
  Schema SessionSchema() const {
    Schema schema;
    AppendFields("k", sessions_->name_types(), &schema);
    schema.fields.push_back({"rows", DataType::BigInt().NotNull()});
    AppendFields("s", calls_->state_types(), &schema);
    return schema;
  }
  Status FindSessions(const ColumnVector& names, int64_t num_rows, std::vector<uint32_t>* slots) {
    WEIR_RETURN_NOT_OK(sessions_->FindOrMake(names, num_rows, slots));
    if (sessions_->num_slots() > row_counts_.size())
      WEIR_RETURN_NOT_OK(row_counts_.Resize(sessions_->num_slots()));
    return calls_->Resize(sessions_->num_slots());
  }

  // Moves the state of sessions that became part of others.
  Status MergeSessions() {
    std::vector<uint32_t> from, to;
    for (const SessionWindows::Merge& merge : merges_) {
      if (row_counts_[merge.from] == 0) continue;  // Made by rows of this batch.
      from.push_back(merge.from);
      to.push_back(merge.to);
      row_counts_[merge.to] += row_counts_[merge.from];
      row_counts_[merge.from] = 0;
    }
    if (!from.empty()) {
      WEIR_RETURN_NOT_OK(calls_->MergeGroups(from, to));
      WEIR_RETURN_NOT_OK(calls_->Reset(from));
    }
    return sessions_->FreeMerged(merges_);
  }

  ChangedRows CountRows(const Batch& batch) {
    accumulate_rows_.clear();
    retract_rows_.clear();
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      uint32_t slot = slots_[static_cast<size_t>(i)];
      if (slot == kNoSlot) {
        if (context_.counters != nullptr) ++context_.counters->late_rows_dropped;
      } else if (IsAccumulate(batch.kind(i))) {
        ++row_counts_[slot];
        accumulate_rows_.push_back(static_cast<int32_t>(i));
      } else if (row_counts_[slot] > 0) {
        --row_counts_[slot];
        retract_rows_.push_back(static_cast<int32_t>(i));
      }
    }
    return {&accumulate_rows_, &retract_rows_};
  }

  void Fire(int64_t watermark_millis) {
    if (watermark_millis <= done_millis_) return;
    done_millis_ = watermark_millis;
    fired_ = sessions_->TakeFired(watermark_millis);
    position_ = 0;
  }

  // Puts out some of the sessions that are complete, and forgets them.
  Status QueueSessions() {
    size_t count =
        std::min(static_cast<size_t>(context_.batch_rows_max), fired_.size() - position_);
    std::vector<uint32_t> all(fired_.begin() + static_cast<int64_t>(position_),
                              fired_.begin() + static_cast<int64_t>(position_ + count));
    position_ += count;
    std::vector<uint32_t> slots = all;
    std::erase_if(slots, [&](uint32_t slot) { return row_counts_[slot] == 0; });
    Batch batch;
    batch.num_rows = static_cast<int64_t>(slots.size());
    WEIR_ASSIGN_OR_RETURN(batch.columns, sessions_->Keys(slots));
    WEIR_ASSIGN_OR_RETURN(ColumnVector values, calls_->Finish(slots));
    batch.columns.insert(batch.columns.end(), values.begin(), values.end());
    std::vector<int64_t> starts, ends;
    for (uint32_t slot : slots) {
      starts.push_back(sessions_->start(slot));
      ends.push_back(sessions_->end(slot));
    }
    if (spec_.emit_start) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr column, times_.BoundColumn(starts));
      batch.columns.push_back(std::move(column));
    }
    if (spec_.emit_end) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr column, times_.BoundColumn(ends));
      batch.columns.push_back(std::move(column));
    }
    if (spec_.emit_time) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr column, times_.TimeColumn(ends));
      batch.columns.push_back(std::move(column));
    }
    sessions_->MarkChanged(all);
    WEIR_RETURN_NOT_OK(calls_->Reset(all));
    for (uint32_t slot : all) row_counts_[slot] = 0;
    WEIR_RETURN_NOT_OK(sessions_->Free(all));
    return queue_.Add(std::move(batch));
  }

  WindowAggregateSpec spec_;
  OperatorContext& context_;
  WindowTimes times_;
  OutputQueue queue_;
  std::optional<SessionWindows> sessions_;
  std::unique_ptr<AggregateCalls> calls_;
  PoolVector<int64_t> row_counts_;  // By session.
  int64_t done_millis_ = Watermark::kMin;
  std::vector<uint32_t> fired_;
  size_t position_ = 0;
  std::optional<Watermark> pass_on_;
  // Of the batch at hand.
  std::vector<int64_t> times_of_rows_;
  std::vector<uint32_t> slots_;
  std::vector<SessionWindows::Merge> merges_;
  std::vector<int32_t> accumulate_rows_, retract_rows_;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeSessionAggregate(WindowAggregateSpec spec,
                                                       OperatorContext& context) {
  if (spec.stage != AggregateStage::kSingle)
    return Unsupported("two-phase aggregation of SESSION windows");
  WEIR_ASSIGN_OR_RETURN(WindowTimes times, WindowTimes::Make(spec.window, context));
  auto aggregate = std::make_unique<SessionAggregate>(std::move(spec), context, std::move(times));
  WEIR_RETURN_NOT_OK(aggregate->Init());
  return std::unique_ptr<Operator>(std::move(aggregate));
}

}  // namespace weir
