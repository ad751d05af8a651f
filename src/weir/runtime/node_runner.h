// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// One subtask of one node: turns what arrives on its channels into calls of its operator, and is
// that operator's output.
//   Deliver(channel, event) -> aligner -> valve -> step -> operator -> Emit -> next runners of the
//   chain, exchanges
// At a barrier it saves its operator and passes the barrier on; CopySnapshot copies the rows of
// keyed tables bit by bit between later events, then the snapshot is handed over.
// Invariants: an operator gets no event while one is unfinished; what arrives meanwhile waits in
// order in `steps_`. An input ends after its last event; the last input ends after the watermark
// kMax; the end is sent on once, last. Threads: one task; the counters are read by any thread
// through Published.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "weir/memory/budget_pool.h"
#include "weir/operator/operator.h"
#include "weir/runtime/barrier_aligner.h"
#include "weir/runtime/barrier_mail.h"
#include "weir/runtime/exchange.h"
#include "weir/runtime/watermark_valve.h"

namespace weir {

/// A copy of counters for other threads.
class PublishedCounters {
 public:
  void Store(const OperatorCounters& counters, std::string position);
  OperatorCounters Load() const;
  std::string position() const;

 private:
  std::atomic<int64_t> rows_in_{0}, rows_out_{0}, late_{0}, skipped_{0}, bytes_{0},
      watermark_{Watermark::kMin};
  mutable std::mutex mutex_;
  std::string position_;
};

class NodeRunner;

/// What the runners of one task share, so that an error is named after the operator that it comes
/// from and not after those that called it.
struct TaskState {
  Status error;
  const NodeRunner* running = nullptr;
};

class NodeRunner : public Output {
 public:
  /// A channel number counts through the inputs: input 0's channels first. `channel_inputs[c]` is
  /// the input of channel c. `task` must outlive the runner.
  NodeRunner(std::string name, int subtask, std::vector<int> channel_inputs, TaskState* task);

  /// Where output goes. Called while the graph is wired.
  void AddChained(NodeRunner* consumer, int channel);
  void AddExchange(std::unique_ptr<ExchangeSender> sender);
  OperatorContext& context() { return context_; }
  void SetPool(std::unique_ptr<BudgetPool> pool);
  void SetOperator(std::unique_ptr<Operator> op) { operator_ = std::move(op); }
  void SetSource(std::unique_ptr<SourceOperator> source) { source_ = std::move(source); }
  /// Instead of an operator or a source: it had ended in the run that this one continues, and only
  /// ends again.
  void SetSkipped() { skipped_ = enough_ = true; }
  /// `writer`: its number among those that answer; -1: it keeps nothing. `mail` outlives it.
  void SetCheckpoints(BarrierMail* mail, int writer);
  /// Event time goes on at `watermark`. Before the operator is made.
  void RestoreWatermark(Watermark watermark);
  Status Restore(SnapshotReader& snapshot);
  /// Tells those behind the event time that a restored runner had sent.
  Status ResendWatermark();

  // ---- Input ----
  Status Deliver(int channel, Event event);
  /// Goes on with what is unfinished, if there is room; true if something happened.
  Result<bool> Resume();
  /// An event is unfinished or waiting.
  bool IsBlocked() const { return pending_ || !steps_.empty(); }
  /// Waits for something other than room behind: for a reader of results.
  bool WaitsOutside() const { return pending_ && HasRoom(); }
  /// The channel has brought a barrier that others have not brought yet: it is not to be read.
  bool IsHeld(int channel) const { return aligner_.IsHeld(channel); }
  /// No row of this runner's inputs can matter any more.
  bool InputUnwanted() const { return enough_ || (has_consumers() && OutputUnwanted()); }
  bool IsFinished() const { return finished_; }
  Result<bool> FireTimer(int64_t now_millis);
  int64_t NextTimerMillis() const {
    return operator_ != nullptr && !finished_ ? operator_->NextTimerMillis() : Watermark::kMax;
  }

  // ---- Sources ----
  bool is_source() const { return source_ != nullptr; }
  /// kEnd when it had ended before; kNothing while a checkpoint holds the sources.
  Result<PollState> Poll();
  /// Sends the barriers that have been asked for; true if there were any. Between two polls.
  Result<bool> SendBarriers();
  bool OutputUnwanted() const;
  /// Copies some rows more of the snapshot that is being taken; false if there is none.
  Result<bool> CopySnapshot();
  /// Sends the last watermark and the end.
  Status EndSource();

  // ---- Output ----
  Status Emit(Batch batch) override;
  Status Emit(Watermark watermark) override;
  Status EmitActivity(Activity activity) override;
  bool HasRoom() const override;
  bool FlushExchanges();
  /// Nothing of the output waits in an outbox.
  bool IsFlushed() const;

  const std::string& name() const { return name_; }
  void Publish();
  /// Frees the operator and what waits for it; the pool and the counters stay.
  void Release();
  const PublishedCounters& published() const { return published_; }
  int64_t memory_bytes() const { return pool_->bytes_allocated(); }

 private:
  struct Step {
    // kBarrier: the operator may send what it holds; then kSave: it is saved.
    enum class Kind : uint8_t {
      kBatch,
      kWatermark,
      kActivity,
      kBarrier,
      kSave,
      kEndInput,
      kFinish
    };
    Kind kind = Kind::kBatch;
    int input = 0;
    Activity activity = Activity::kActive;
    Watermark watermark;
    int64_t barrier = 0;
    Batch batch;
  };
  struct Consumer {
    NodeRunner* runner;
    int channel;
  };

  Status Queue(Step step);
  Status RunStep(Step& step);
  Status Apply(const WatermarkValve::Change& change);
  Status EndChannel(int channel);
  Status Align();
  Status PassBarrier(int64_t barrier);
  Status Save(const BarrierRequest& request);
  Status ContinueSave(int64_t rows_max);
  Status Finish();
  template <typename Call>
  Status RunCall(const Call& call);
  template <typename Call>
  Status Named(const Call& call);
  Status SendOn(const Event& event);
  void FindBehind() const;
  bool has_consumers() const { return !chained_.empty() || !exchanges_.empty(); }

  std::string name_;
  TaskState* task_;
  std::unique_ptr<BudgetPool> pool_;  // Outlives the operator and its batches.
  OperatorCounters counters_;
  OperatorContext context_;
  std::unique_ptr<Operator> operator_;
  std::unique_ptr<SourceOperator> source_;

  std::vector<int> channel_inputs_;
  std::vector<int> open_channels_;  // Of each input.
  int open_inputs_ = 0;
  WatermarkValve valve_;
  BarrierAligner aligner_;
  BarrierMail* mail_ = nullptr;
  int writer_ = -1;
  std::unique_ptr<SubtaskSnapshot> saving_;  // Rows are still to be copied. Goes before operator_.
  int64_t save_rows_max_ = 0;                // At a time.
  int64_t sent_barrier_ = 0;                 // Sources.
  std::deque<Step> steps_;
  bool pending_ = false;
  bool enough_ = false;
  bool finished_ = false;
  bool skipped_ = false;
  int64_t num_emits_ = 0;

  std::vector<Consumer> chained_;
  mutable std::vector<const NodeRunner*>
      behind_;  // All that are chained behind, once each: ways there can be many.
  std::vector<std::unique_ptr<ExchangeSender>> exchanges_;
  Watermark sent_watermark_;
  PublishedCounters published_;
};

}  // namespace weir
