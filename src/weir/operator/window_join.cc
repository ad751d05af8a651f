// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/window_join.h"

#include <algorithm>
#include <array>

#include "weir/operator/output_queue.h"
#include "weir/state/keyed_table.h"
#include "weir/state/timed_rows.h"

namespace weir {
namespace {

constexpr int kLeft = 0, kRight = 1;

// Rows of one side by the end of their window.
struct WindowedRows {
  WindowedRows(const HashJoinSide& side, int end, arrow::MemoryPool* pool)
      : spec(side), end_column(end), rows(TypesOf(side.input), pool) {}
  HashJoinSide spec;
  int end_column;
  TimedRows rows;  // By the end of their window.
};

// Takes what the join of one window puts out; its watermark ends there.
class WindowOutput : public Output {
 public:
  explicit WindowOutput(OutputQueue* queue) : queue_(queue) {}
  Status Emit(Batch batch) override { return queue_->Add(std::move(batch)); }
  Status Emit(Watermark) override { return Status::OK(); }
  bool HasRoom() const override { return true; }

 private:
  OutputQueue* queue_;
};

class WindowJoin : public Operator {
 public:
  WindowJoin(WindowJoinSpec spec, OperatorContext& context, WindowTimes times)
      : spec_(std::move(spec)),
        context_(context),
        times_(std::move(times)),
        queue_(context),
        sides_{WindowedRows(spec_.join.left, spec_.left_window_end, context.pool),
               WindowedRows(spec_.join.right, spec_.right_window_end, context.pool)} {}

  Result<Progress> OnBatch(int input, const Batch& batch, Output&) override {
    WindowedRows& side = sides_[static_cast<size_t>(input)];
    std::vector<int64_t> ends;
    WEIR_RETURN_NOT_OK(
        WindowTimes::ReadMillis(*batch.columns[static_cast<size_t>(side.end_column)], &ends));
    std::vector<int32_t> kept;
    for (size_t i = 0; i < ends.size(); ++i) {
      if (times_.IsFired(ends[i], done_millis_)) continue;
      kept.push_back(static_cast<int32_t>(i));
    }
    if (context_.counters != nullptr) {
      context_.counters->late_rows_dropped += batch.num_rows - static_cast<int64_t>(kept.size());
    }
    WEIR_RETURN_NOT_OK(side.rows.Add(batch.columns, ends, kept));
    return Progress::kDone;
  }
  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    target_millis_ = std::max(target_millis_, watermark.millis);
    pass_on_ = watermark;
    return Continue(out);
  }
  Result<Progress> Continue(Output& out) override {
    while (true) {
      WEIR_ASSIGN_OR_RETURN(Progress progress, queue_.Flush(out));
      if (progress != Progress::kDone) return progress;
      int64_t end = std::min(sides_[kLeft].rows.first_time(), sides_[kRight].rows.first_time());
      bool any = !sides_[kLeft].rows.empty() || !sides_[kRight].rows.empty();
      if (any && times_.IsFired(end, target_millis_)) {
        WEIR_RETURN_NOT_OK(JoinWindow(end));
        continue;
      }
      done_millis_ = target_millis_;
      if (!pass_on_.has_value()) return Progress::kDone;
      queue_.Add(*pass_on_);
      pass_on_.reset();
    }
  }

  Status Save(SnapshotWriter& snapshot) override {
    for (int i : {kLeft, kRight}) {
      WindowedRows& side = sides_[static_cast<size_t>(i)];
      WEIR_RETURN_NOT_OK(side.rows.Save(snapshot, std::string(TableName(i)), RowSchema(side),
                                        side.spec.key_columns));
    }
    return SaveProgress(snapshot, done_millis_, context_.pool);
  }
  Status Restore(SnapshotReader& snapshot) override {
    for (int i : {kLeft, kRight}) {
      WindowedRows& side = sides_[static_cast<size_t>(i)];
      WEIR_ASSIGN_OR_RETURN(std::vector<Batch> batches,
                            snapshot.Read(TableName(i), RowSchema(side)));
      for (const Batch& batch : batches) {
        std::vector<int64_t> ends;
        WEIR_RETURN_NOT_OK(
            WindowTimes::ReadMillis(*batch.columns[static_cast<size_t>(side.end_column)], &ends));
        std::vector<int32_t> all = ColumnRange(0, ends.size());
        WEIR_RETURN_NOT_OK(side.rows.Add(batch.columns, ends, all));
      }
    }
    WEIR_ASSIGN_OR_RETURN(done_millis_, RestoreProgress(snapshot));
    target_millis_ = done_millis_;
    return Status::OK();
  }

 private:
  static std::string_view TableName(int side) { return side == kLeft ? "left" : "right"; }
  static Schema RowSchema(const WindowedRows& side) {
    Schema schema;
    AppendFields("c", TypesOf(side.spec.input), &schema);
    return schema;
  }

  // Joins the rows of the window that ends at `end` and forgets them.
  Status JoinWindow(int64_t end) {
    HashJoinSpec spec = spec_.join;
    spec.emit = EmitMode::kAtEnd;
    WEIR_ASSIGN_OR_RETURN(std::unique_ptr<Operator> join, MakeHashJoin(std::move(spec), context_));
    WindowOutput output(&queue_);
    for (int input : {kLeft, kRight}) {
      WindowedRows& side = sides_[static_cast<size_t>(input)];
      std::vector<uint32_t> slots = side.rows.Take(end);
      auto rows_max = static_cast<size_t>(context_.batch_rows_max);
      for (size_t begin = 0; begin < slots.size(); begin += rows_max) {
        std::span<const uint32_t> some(slots.data() + begin,
                                       std::min(rows_max, slots.size() - begin));
        Batch batch;
        batch.num_rows = static_cast<int64_t>(some.size());
        WEIR_ASSIGN_OR_RETURN(batch.columns, side.rows.Get(some));
        WEIR_RETURN_NOT_OK(join->OnBatch(input, batch, output).status());
      }
      WEIR_RETURN_NOT_OK(side.rows.Free(slots));
    }
    return join->OnWatermark({Watermark::kMax}, output).status();
  }

  WindowJoinSpec spec_;
  OperatorContext& context_;
  WindowTimes times_;
  OutputQueue queue_;
  std::array<WindowedRows, 2> sides_;
  int64_t done_millis_ = Watermark::kMin;
  int64_t target_millis_ = Watermark::kMin;
  std::optional<Watermark> pass_on_;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeWindowJoin(WindowJoinSpec spec, OperatorContext& context) {
  if (spec.join.left.may_retract || spec.join.right.may_retract) {
    return Unsupported("a window join of inputs with -U or -D rows is not supported yet");
  }
  WindowAssignment window;
  window.size_millis = 1;  // Windows come with the rows; only the zone counts.
  window.time_type = spec.time_type;
  window.time_zone = spec.time_zone;
  WEIR_ASSIGN_OR_RETURN(WindowTimes times, WindowTimes::Make(window, context));
  HashJoinSpec checked = spec.join;
  checked.emit = EmitMode::kAtEnd;
  WEIR_RETURN_NOT_OK(MakeHashJoin(std::move(checked), context).status());
  return std::make_unique<WindowJoin>(std::move(spec), context, std::move(times));
}

}  // namespace weir
