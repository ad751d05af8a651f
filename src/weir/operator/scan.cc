// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/scan.h"

#include <algorithm>
#include <utility>

#include "weir/operator/expr_runner.h"

namespace weir {
namespace {

// One Poll looks into so many empty reads before it lets others have their turn.
constexpr int kReadsPerPollMax = 64;

class ScanOperator : public SourceOperator {
 public:
  ScanOperator(ScanSpec spec, OperatorContext& context)
      : spec_(std::move(spec)),
        context_(context),
        bounded_(spec_.source->is_bounded()),
        cutter_(spec_.watermark ? spec_.watermark->policy : WatermarkPolicy{},
                context.restored_watermark_millis) {}

  Status Open() {
    if (!spec_.projections.empty()) {
      WEIR_ASSIGN_OR_RETURN(projections_, ExprRunner::Make(spec_.projections, spec_.functions,
                                                           spec_.config, context_));
    }
    if (spec_.filter != nullptr) {
      WEIR_ASSIGN_OR_RETURN(
          filter_, ExprRunner::Make({spec_.filter}, spec_.functions, spec_.config, context_));
    }
    if (spec_.watermark && spec_.watermark->watermark != nullptr) {
      WEIR_ASSIGN_OR_RETURN(watermark_, ExprRunner::Make({spec_.watermark->watermark},
                                                         spec_.functions, spec_.config, context_));
    }
    return Status::OK();
  }

  Result<PollState> Poll(Output& out) override {
    if (spec_.limit && rows_given_ >= *spec_.limit) return PollState::kEnd;
    for (int i = 0; i < kReadsPerPollMax; ++i) {
      WEIR_RETURN_NOT_OK(TakeSplits(out));
      if (active_.empty()) {
        WEIR_RETURN_NOT_OK(UpdateActivity(out));
        return bounded_ ? PollState::kEnd : PollState::kNothing;
      }
      WEIR_ASSIGN_OR_RETURN(ReadOutcome outcome, ReadNext(out));
      if (outcome == ReadOutcome::kRows) return PollState::kMore;
      if (outcome == ReadOutcome::kNothing) {
        WEIR_RETURN_NOT_OK(UpdateActivity(out));
        return PollState::kNothing;
      }
    }
    return PollState::kMore;
  }

  /// What the other readers need not know stays out: rows given (a limit above counts again) and
  /// idleness (a split counts as active for one more timeout).
  Status Save(SnapshotWriter& snapshot) override {
    barrier_ = snapshot.epoch();
    std::vector<SplitState> splits;
    for (const ActiveSplit& active : active_) {
      WEIR_ASSIGN_OR_RETURN(SourceSplit split, active.reader->Position());
      splits.push_back({std::move(split), active.number, active.watermark_millis});
    }
    WEIR_ASSIGN_OR_RETURN(Batch rows, SplitsToBatch(splits, context_.pool));
    return snapshot.Write(kSplitTable, SplitTableSchema(), rows, {});
  }
  // Splits come back through the queue.

  std::string PositionText() const override {
    if (active_.empty())
      return rows_read_ == 0 ? std::string("waiting") : fmt::format("{} rows read", rows_read_);
    const ActiveSplit& split = active_[next_ < active_.size() ? next_ : 0];
    return fmt::format("{}, {} rows read", split.split.id, rows_read_);
  }

 private:
  struct ActiveSplit {
    SourceSplit split;
    std::unique_ptr<SplitReader> reader;
    int64_t number = 0;
    int64_t watermark_millis = Watermark::kMin;
    int64_t last_rows_micros = 0;
    bool idle = false;
  };
  enum class ReadOutcome : uint8_t { kRows, kNoRows, kNothing };

  Status TakeSplits(Output& out) {
    bool had_begun = false;
    while (active_.empty() || !bounded_) {
      WEIR_ASSIGN_OR_RETURN(auto taken, spec_.splits->Take(context_.subtask, barrier_));
      if (!taken) break;
      ActiveSplit active;
      auto reader = spec_.source->OpenSplit(taken->split);
      if (!reader.ok()) return reader.status();
      active.reader = std::move(*reader);
      active.split = std::move(taken->split);
      active.number = taken->number;
      active.watermark_millis = taken->watermark_millis;
      active.last_rows_micros = NowMicros();
      had_begun |= active.watermark_millis != Watermark::kMin;
      active_.push_back(std::move(active));
      if (bounded_) break;
    }
    // Splits that an earlier run had read may have nothing more to say for long, and may have lain
    // with other readers: what they know of event time is told at once.
    return had_begun && spec_.watermark ? EmitLeast(out) : Status::OK();
  }

  /// Reads one batch from the active splits in turn; kNothing when none has any.
  Result<ReadOutcome> ReadNext(Output& out) {
    size_t tries = active_.size();
    for (size_t i = 0; i < tries; ++i) {
      if (next_ >= active_.size()) next_ = 0;
      size_t at = next_;
      ActiveSplit& split = active_[at];
      Batch batch;
      WEIR_ASSIGN_OR_RETURN(ReadState state,
                            split.reader->Read(context_.batch_rows_max, context_.pool, &batch));
      context_.counters->bytes_read = finished_bytes_ + SumOver(&SplitReader::bytes_read);
      context_.counters->records_skipped =
          finished_skipped_ + SumOver(&SplitReader::records_skipped);
      bool has_rows = batch.num_rows > 0;
      std::optional<int64_t> own_watermark = split.reader->TakeWatermark();
      if (has_rows) {
        rows_read_ += batch.num_rows;
        WEIR_RETURN_NOT_OK(OnRows(split, std::move(batch), out));
      }
      if (own_watermark && spec_.watermark && watermark_ == nullptr) {
        split.watermark_millis = std::max(split.watermark_millis, *own_watermark);
        WEIR_RETURN_NOT_OK(EmitLeast(out));
      }
      if (state == ReadState::kEnd) {
        WEIR_RETURN_NOT_OK(FinishSplit(at, out));
        return has_rows ? ReadOutcome::kRows : ReadOutcome::kNoRows;
      }
      ++next_;
      if (has_rows) return ReadOutcome::kRows;
      if (state == ReadState::kMore) return ReadOutcome::kNoRows;
    }
    return ReadOutcome::kNothing;
  }

  int64_t SumOver(int64_t (SplitReader::*counter)() const) const {
    int64_t sum = 0;
    for (const ActiveSplit& split : active_) sum += (split.reader.get()->*counter)();
    return sum;
  }

  Status FinishSplit(size_t at, Output& out) {
    finished_bytes_ += active_[at].reader->bytes_read();
    finished_skipped_ += active_[at].reader->records_skipped();
    active_.erase(active_.begin() + static_cast<int64_t>(at));
    if (!spec_.watermark || active_.empty()) return Status::OK();
    return EmitLeast(out);
  }

  Status OnRows(ActiveSplit& split, Batch scanned, Output& out) {
    WEIR_RETURN_NOT_OK(NoteRows(split, out));
    Batch rows;
    rows.num_rows = scanned.num_rows;
    rows.row_kinds = scanned.row_kinds;
    if (projections_ != nullptr) {
      WEIR_ASSIGN_OR_RETURN(rows.columns, projections_->Evaluate(scanned));
    } else {
      rows.columns = std::move(scanned.columns);
    }
    if (watermark_ == nullptr) return EmitRows(rows, out);
    WEIR_ASSIGN_OR_RETURN(ColumnVector watermark, watermark_->Evaluate(rows));
    const ColumnPtr& rowtime = rows.columns[static_cast<size_t>(spec_.watermark->rowtime_column)];
    WEIR_ASSIGN_OR_RETURN(auto pieces, cutter_.Cut(rowtime, watermark[0], LeastOfOthers(&split),
                                                   &split.watermark_millis, context_.pool));
    for (const WatermarkPiece& piece : pieces) {
      if (piece.begin == 0 && piece.end == rows.num_rows) {
        WEIR_RETURN_NOT_OK(EmitRows(rows, out));
      } else if (piece.begin < piece.end) {
        WEIR_ASSIGN_OR_RETURN(
            Batch part, SliceBatch(rows, piece.begin, piece.end - piece.begin, context_.pool));
        WEIR_RETURN_NOT_OK(EmitRows(part, out));
      }
      if (piece.watermark) WEIR_RETURN_NOT_OK(out.Emit(*piece.watermark));
    }
    return Status::OK();
  }

  Status EmitRows(const Batch& rows, Output& out) {
    Batch kept = rows;
    if (filter_ != nullptr) {
      selected_.clear();
      WEIR_RETURN_NOT_OK(filter_->Filter(rows, 0, &selected_));
      if (static_cast<int64_t>(selected_.size()) < rows.num_rows) {
        WEIR_ASSIGN_OR_RETURN(kept, GatherBatch(rows, selected_, context_.pool));
      }
    }
    if (spec_.limit && rows_given_ + kept.num_rows > *spec_.limit) {
      WEIR_ASSIGN_OR_RETURN(kept, SliceBatch(kept, 0, *spec_.limit - rows_given_, context_.pool));
    }
    rows_given_ += kept.num_rows;
    return out.Emit(std::move(kept));
  }

  // ---- Event time over splits ----

  /// The least watermark of the active splits besides `but`; splits nobody has taken hold back
  /// everything.
  int64_t LeastOfOthers(const ActiveSplit* but) const {
    if (bounded_ && spec_.splits->has_unassigned()) return Watermark::kMin;
    int64_t least = Watermark::kMax;
    for (const ActiveSplit& split : active_) {
      if (&split != but && !split.idle) least = std::min(least, split.watermark_millis);
    }
    return least;
  }

  Status EmitLeast(Output& out) {
    int64_t least = LeastOfOthers(nullptr);
    if (least == Watermark::kMax) return Status::OK();  // All are idle.
    std::optional<Watermark> watermark = cutter_.Advance(least);
    return watermark ? out.Emit(*watermark) : Status::OK();
  }

  int64_t NowMicros() const { return context_.environment->clock->MonotonicMicros(); }
  int64_t IdleTimeout() const { return spec_.watermark ? spec_.watermark->idle_timeout_micros : 0; }

  Status NoteRows(ActiveSplit& split, Output& out) {
    if (IdleTimeout() == 0) return Status::OK();
    split.last_rows_micros = NowMicros();
    split.idle = false;
    if (!idle_) return Status::OK();
    idle_ = false;
    return out.EmitActivity(Activity::kActive);
  }

  /// Called when there is nothing to read.
  Status UpdateActivity(Output& out) {
    if (IdleTimeout() == 0 || bounded_) return Status::OK();
    int64_t now = NowMicros();
    bool all_idle = true;
    for (ActiveSplit& split : active_) {
      split.idle = now - split.last_rows_micros >= IdleTimeout();
      all_idle = all_idle && split.idle;
    }
    WEIR_RETURN_NOT_OK(EmitLeast(out));
    if (active_.empty()) {
      if (started_micros_ < 0) started_micros_ = now;
      all_idle = now - started_micros_ >= IdleTimeout();
    }
    if (all_idle == idle_) return Status::OK();
    idle_ = all_idle;
    return out.EmitActivity(idle_ ? Activity::kIdle : Activity::kActive);
  }

  const ScanSpec spec_;
  OperatorContext& context_;
  const bool bounded_;
  std::unique_ptr<ExprRunner> projections_, filter_, watermark_;
  WatermarkCutter cutter_;
  std::vector<ActiveSplit> active_;
  size_t next_ = 0;
  int64_t barrier_ = 0;  // At which it was saved last.
  int64_t rows_read_ = 0, rows_given_ = 0;
  int64_t finished_bytes_ = 0, finished_skipped_ = 0;
  int64_t started_micros_ = -1;
  bool idle_ = false;
  std::vector<int32_t> selected_;
};

}  // namespace

Result<std::unique_ptr<SourceOperator>> MakeScan(ScanSpec spec, OperatorContext& context) {
  auto scan = std::make_unique<ScanOperator>(std::move(spec), context);
  WEIR_RETURN_NOT_OK(scan->Open());
  return std::unique_ptr<SourceOperator>(std::move(scan));
}

}  // namespace weir
