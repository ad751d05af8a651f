// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/runtime/node_runner.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace weir {

void PublishedCounters::Store(const OperatorCounters& counters, std::string position) {
  rows_in_.store(counters.rows_in, std::memory_order_relaxed);
  rows_out_.store(counters.rows_out, std::memory_order_relaxed);
  late_.store(counters.late_rows_dropped, std::memory_order_relaxed);
  skipped_.store(counters.records_skipped, std::memory_order_relaxed);
  bytes_.store(counters.bytes_read, std::memory_order_relaxed);
  watermark_.store(counters.watermark_millis, std::memory_order_relaxed);
  if (position.empty()) return;
  std::lock_guard<std::mutex> lock(mutex_);
  position_ = std::move(position);
}

OperatorCounters PublishedCounters::Load() const {
  OperatorCounters counters;
  counters.rows_in = rows_in_.load(std::memory_order_relaxed);
  counters.rows_out = rows_out_.load(std::memory_order_relaxed);
  counters.late_rows_dropped = late_.load(std::memory_order_relaxed);
  counters.records_skipped = skipped_.load(std::memory_order_relaxed);
  counters.bytes_read = bytes_.load(std::memory_order_relaxed);
  counters.watermark_millis = watermark_.load(std::memory_order_relaxed);
  return counters;
}

std::string PublishedCounters::position() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return position_;
}

NodeRunner::NodeRunner(std::string name, int subtask, std::vector<int> channel_inputs,
                       TaskState* task)
    : name_(std::move(name)),
      task_(task),
      channel_inputs_(std::move(channel_inputs)),
      valve_(static_cast<int>(channel_inputs_.size())),
      aligner_(channel_inputs_.size()) {
  for (int input : channel_inputs_) {
    open_channels_.resize(std::max(open_channels_.size(), static_cast<size_t>(input) + 1));
    ++open_channels_[static_cast<size_t>(input)];
  }
  open_inputs_ = static_cast<int>(open_channels_.size());
  context_.subtask = subtask;
  context_.counters = &counters_;
}

void NodeRunner::AddChained(NodeRunner* consumer, int channel) {
  chained_.push_back({consumer, channel});
}
void NodeRunner::AddExchange(std::unique_ptr<ExchangeSender> sender) {
  exchanges_.push_back(std::move(sender));
}
void NodeRunner::SetPool(std::unique_ptr<BudgetPool> pool) {
  pool_ = std::move(pool);
  context_.pool = pool_.get();
}

/// Runs one call of the operator and notes how it ended.
template <typename Call>
Status NodeRunner::RunCall(const Call& call) {
  const NodeRunner* caller = std::exchange(task_->running, this);
  Result<Progress> progress = call();
  task_->running = caller;
  if (!progress.ok()) {
    if (task_->error.ok()) task_->error = WithContext(progress.status(), name_);
    return task_->error;
  }
  pending_ = *progress == Progress::kMoreOutput;
  if (*progress == Progress::kEnough) enough_ = true;
  return Status::OK();
}

/// The same for calls that are no events.
template <typename Call>
Status NodeRunner::Named(const Call& call) {
  const NodeRunner* caller = std::exchange(task_->running, this);
  Status status = call();
  task_->running = caller;
  if (status.ok()) return status;
  if (task_->error.ok()) task_->error = WithContext(status, name_);
  return task_->error;
}

// ---- Input ----

Status NodeRunner::Deliver(int channel, Event event) {
  if (aligner_.IsHeld(channel)) {
    aligner_.Park(channel, std::move(event));
    return Status::OK();
  }
  int input = channel_inputs_[static_cast<size_t>(channel)];
  switch (event.kind) {
    case Event::Kind::kBatch: {
      counters_.rows_in += event.batch.num_rows;
      Step step;
      step.input = input;
      step.batch = std::move(event.batch);
      return Queue(std::move(step));
    }
    case Event::Kind::kWatermark:
      return Apply(valve_.OnWatermark(channel, event.watermark));
    case Event::Kind::kActivity:
      return Apply(valve_.OnActivity(channel, event.activity));
    case Event::Kind::kBarrier:
      if (event.barrier != aligner_.next_barrier()) {
        return Internal("{}: barrier {} where {} is next", name_, event.barrier,
                        aligner_.next_barrier());
      }
      return aligner_.OnBarrier(channel) ? Align() : Status::OK();
    case Event::Kind::kEnd:
      return EndChannel(channel);
  }
  return Status::OK();
}

Status NodeRunner::Apply(const WatermarkValve::Change& change) {
  Step activity;
  activity.kind = Step::Kind::kActivity;
  activity.activity = change.activity.value_or(Activity::kActive);
  if (change.activity == Activity::kActive) WEIR_RETURN_NOT_OK(Queue(activity));
  if (change.watermark) {
    Step step;
    step.kind = Step::Kind::kWatermark;
    step.watermark = *change.watermark;
    WEIR_RETURN_NOT_OK(Queue(std::move(step)));
  }
  if (change.activity == Activity::kIdle) WEIR_RETURN_NOT_OK(Queue(activity));
  return Status::OK();
}

Status NodeRunner::EndChannel(int channel) {
  int input = channel_inputs_[static_cast<size_t>(channel)];
  WEIR_RETURN_NOT_OK(Apply(valve_.OnEnd(channel)));
  Step step;
  if (--open_channels_[static_cast<size_t>(input)] == 0) {
    --open_inputs_;
    step.kind = Step::Kind::kEndInput;
    step.input = input;
    WEIR_RETURN_NOT_OK(Queue(step));
  }
  if (aligner_.OnEnd()) return Align();
  if (open_inputs_ > 0) return Status::OK();
  step.kind = Step::Kind::kFinish;
  return Queue(std::move(step));
}

/// The barrier has come on every channel: its turn is behind all that waits.
Status NodeRunner::Align() {
  Step step;
  step.kind = Step::Kind::kBarrier;
  step.barrier = aligner_.next_barrier();
  WEIR_RETURN_NOT_OK(Queue(std::move(step)));
  for (BarrierAligner::Parked& parked : aligner_.Release())
    WEIR_RETURN_NOT_OK(Deliver(parked.channel, std::move(parked.event)));
  return Status::OK();
}

Status NodeRunner::Queue(Step step) {
  if (!IsBlocked()) return RunStep(step);
  if (step.kind == Step::Kind::kBatch && enough_) return Status::OK();
  steps_.push_back(std::move(step));
  return Status::OK();
}

Status NodeRunner::RunStep(Step& step) {
  switch (step.kind) {
    case Step::Kind::kBatch:
      if (InputUnwanted()) return Status::OK();
      return RunCall([&] { return operator_->OnBatch(step.input, step.batch, *this); });
    case Step::Kind::kWatermark:
      counters_.watermark_millis = step.watermark.millis;
      if (skipped_) return Emit(step.watermark);
      return RunCall([&] { return operator_->OnWatermark(step.watermark, *this); });
    case Step::Kind::kActivity:
      return SendOn(Event::Of(step.activity));
    case Step::Kind::kBarrier:
      if (!skipped_) WEIR_RETURN_NOT_OK(RunCall([&] { return operator_->OnBarrier(*this); }));
      if (!pending_) return PassBarrier(step.barrier);
      step.kind = Step::Kind::kSave;
      steps_.push_front(std::move(step));
      return Status::OK();
    case Step::Kind::kSave:
      return PassBarrier(step.barrier);
    case Step::Kind::kEndInput:
      if (skipped_) return Status::OK();
      return RunCall([&] { return operator_->OnEnd(step.input, *this); });
    case Step::Kind::kFinish:
      return Finish();
  }
  return Status::OK();
}

Result<bool> NodeRunner::Resume() {
  bool progress = false;
  constexpr int kRoundsMax = 16;  // Then others of the task get their turn.
  for (int round = 0; round < kRoundsMax && IsBlocked() && HasRoom(); ++round) {
    if (!pending_) {
      Step step = std::move(steps_.front());
      steps_.pop_front();
      WEIR_RETURN_NOT_OK(RunStep(step));
      progress = true;
      continue;
    }
    int64_t emits = num_emits_;
    WEIR_RETURN_NOT_OK(RunCall([&] { return operator_->Continue(*this); }));
    if (pending_ && num_emits_ == emits) break;
    progress = true;
  }
  return progress;
}

Result<bool> NodeRunner::FireTimer(int64_t now_millis) {
  if (IsBlocked() || NextTimerMillis() > now_millis) return false;
  WEIR_RETURN_NOT_OK(RunCall([&] { return operator_->OnTimer(now_millis, *this); }));
  return true;
}

Status NodeRunner::Finish() {
  while (saving_ != nullptr) WEIR_RETURN_NOT_OK(ContinueSave(save_rows_max_));
  finished_ = true;
  if (writer_ >= 0) mail_->Answer({writer_, nullptr});
  WEIR_RETURN_NOT_OK(Emit(Watermark{Watermark::kMax}));
  return SendOn(Event::End());
}

// ---- Checkpoints ----

void NodeRunner::SetCheckpoints(BarrierMail* mail, int writer) {
  mail_ = mail;
  writer_ = writer;
}

void NodeRunner::RestoreWatermark(Watermark watermark) {
  valve_.Restore(watermark);
  sent_watermark_ = watermark;
  counters_.watermark_millis = watermark.millis;
  context_.restored_watermark_millis = watermark.millis;
}

Status NodeRunner::Restore(SnapshotReader& snapshot) {
  return Named([&] {
    return source_ != nullptr ? source_->Restore(snapshot) : operator_->Restore(snapshot);
  });
}

Status NodeRunner::ResendWatermark() {
  if (skipped_ || sent_watermark_.millis == Watermark::kMin) return Status::OK();
  return SendOn(Event::Of(sent_watermark_));
}

Status NodeRunner::PassBarrier(int64_t barrier) {
  if (writer_ >= 0 && !skipped_) {
    auto request = mail_->request();
    // A checkpoint that has been given up: nobody wants what it would hold.
    if (request != nullptr && request->barrier == barrier)
      WEIR_RETURN_NOT_OK(Named([&] { return Save(*request); }));
  }
  return SendOn(Event::Barrier(barrier));
}

Status NodeRunner::Save(const BarrierRequest& request) {
  saving_.reset();  // Of a checkpoint that was given up.
  auto snapshot = std::make_unique<SubtaskSnapshot>(
      request.barrier, request.incremental[static_cast<size_t>(writer_)]);
  WEIR_RETURN_NOT_OK(source_ != nullptr ? source_->Save(*snapshot) : operator_->Save(*snapshot));
  // Those behind go on from what was sent to them; it differs from what came in where an operator
  // makes watermarks of its own.
  snapshot->watermark_millis =
      has_consumers() ? sent_watermark_.millis : counters_.watermark_millis;
  saving_ = std::move(snapshot);
  save_rows_max_ = request.rows_per_step;
  return ContinueSave(0);
}

Status NodeRunner::ContinueSave(int64_t rows_max) {
  WEIR_RETURN_NOT_OK(Named([&] { return saving_->Continue(rows_max); }));
  if (saving_->is_complete()) mail_->Answer({writer_, std::move(saving_)});
  return Status::OK();
}

Result<bool> NodeRunner::CopySnapshot() {
  if (saving_ == nullptr) return false;
  WEIR_RETURN_NOT_OK(ContinueSave(save_rows_max_));
  return true;
}

Result<bool> NodeRunner::SendBarriers() {
  if (mail_ == nullptr || finished_) return false;
  int64_t wanted = mail_->wanted();
  if (sent_barrier_ >= wanted) return false;
  // Every one of them, also those given up meanwhile: channels behind count on it.
  while (sent_barrier_ < wanted) WEIR_RETURN_NOT_OK(PassBarrier(++sent_barrier_));
  return true;
}

// ---- Sources ----

Result<PollState> NodeRunner::Poll() {
  if (skipped_ || (mail_ != nullptr && mail_->sources_end())) return PollState::kEnd;
  if (mail_ != nullptr && mail_->HoldsSource(sent_barrier_)) return PollState::kNothing;
  const NodeRunner* caller = std::exchange(task_->running, this);
  Result<PollState> state = source_->Poll(*this);
  task_->running = caller;
  if (state.ok()) return state;
  if (task_->error.ok()) task_->error = WithContext(state.status(), name_);
  return task_->error;
}

Status NodeRunner::EndSource() { return finished_ ? Status::OK() : Finish(); }

bool NodeRunner::OutputUnwanted() const {
  for (const Consumer& consumer : chained_) {
    if (!consumer.runner->InputUnwanted()) return false;
  }
  for (const auto& exchange : exchanges_) {
    if (!exchange->Unwanted()) return false;
  }
  return has_consumers();
}

// ---- Output ----

Status NodeRunner::SendOn(const Event& event) {
  for (const Consumer& consumer : chained_)
    WEIR_RETURN_NOT_OK(consumer.runner->Deliver(consumer.channel, event));
  for (auto& exchange : exchanges_) exchange->SendToAll(event);
  return Status::OK();
}

Status NodeRunner::Emit(Batch batch) {
  if (batch.num_rows == 0) return Status::OK();
  counters_.rows_out += batch.num_rows;
  ++num_emits_;
  for (auto& exchange : exchanges_) WEIR_RETURN_NOT_OK(exchange->Send(batch));
  for (size_t i = 0; i < chained_.size(); ++i) {
    bool last = i + 1 == chained_.size();
    // Only the last one moves it.
    Event event = Event::Of(last ? std::move(batch) : batch);  // NOLINT(bugprone-use-after-move)
    WEIR_RETURN_NOT_OK(chained_[i].runner->Deliver(chained_[i].channel, std::move(event)));
  }
  return Status::OK();
}

Status NodeRunner::Emit(Watermark watermark) {
  if (watermark <= sent_watermark_) return Status::OK();
  sent_watermark_ = watermark;
  if (source_ != nullptr) counters_.watermark_millis = watermark.millis;
  return SendOn(Event::Of(watermark));
}

Status NodeRunner::EmitActivity(Activity activity) { return SendOn(Event::Of(activity)); }

bool NodeRunner::HasRoom() const {
  auto sends = [](const NodeRunner& runner) {
    return std::none_of(runner.chained_.begin(), runner.chained_.end(),
                        [](const Consumer& c) { return c.runner->IsHeld(c.channel); }) &&
           std::all_of(runner.exchanges_.begin(), runner.exchanges_.end(),
                       [](const auto& e) { return e->HasRoom(); });
  };
  if (behind_.empty() && !chained_.empty()) FindBehind();
  return sends(*this) && std::all_of(behind_.begin(), behind_.end(), [&](const NodeRunner* r) {
           return !r->IsBlocked() && sends(*r);
         });
}

void NodeRunner::FindBehind() const {
  std::unordered_set<const NodeRunner*> seen;
  for (size_t next = 0; next <= behind_.size(); ++next) {
    for (const Consumer& consumer : (next == 0 ? this : behind_[next - 1])->chained_) {
      if (seen.insert(consumer.runner).second) behind_.push_back(consumer.runner);
    }
  }
}

bool NodeRunner::FlushExchanges() {
  bool moved = false;
  for (auto& exchange : exchanges_) moved |= exchange->Flush();
  return moved;
}

bool NodeRunner::IsFlushed() const {
  return std::all_of(exchanges_.begin(), exchanges_.end(),
                     [](const auto& exchange) { return exchange->IsFlushed(); });
}

void NodeRunner::Publish() {
  published_.Store(counters_, source_ != nullptr ? source_->PositionText() : std::string());
}

void NodeRunner::Release() {
  saving_.reset();
  operator_.reset();
  source_.reset();
  steps_.clear();
  exchanges_.clear();
}

}  // namespace weir
