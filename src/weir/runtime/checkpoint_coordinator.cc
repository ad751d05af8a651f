// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/runtime/checkpoint_coordinator.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace weir {
namespace {

constexpr size_t kFiguresKept = 100;
// The final epoch has no later one to make up for it: it is tried again, after 0.1 s, 0.2 s, ...
constexpr int kFinalRetriesMax = 6;
constexpr int64_t kFinalRetryMicros = 100'000;

/// Whoever goes on after these does harm.
bool EndsTheJob(const Status& status) {
  if (status.ok()) return false;
  ErrorCode code = GetErrorInfo(status).code;
  return code == ErrorCode::kFenced || code == ErrorCode::kCorruption ||
         code == ErrorCode::kInternal;
}

}  // namespace

CheckpointCoordinator::CheckpointCoordinator(std::shared_ptr<CheckpointStorage> storage,
                                             const CheckpointOptions& options,
                                             CheckpointParts parts, Clock* clock, BarrierMail* mail)
    : storage_(std::move(storage)),
      options_(options),
      parts_(std::move(parts)),
      clock_(clock),
      mail_(mail),
      finished_(parts_.writers.size()) {
  next_due_micros_ = Now() + options_.interval_micros;
}

Status CheckpointCoordinator::Step() {
  WEIR_RETURN_NOT_OK(TakeAnswers());
  if (taking_ != nullptr) {
    if (taking_->missing == 0) {
      WEIR_RETURN_NOT_OK(CompleteTaking());
    } else if (Now() - taking_->started_micros >= options_.timeout_micros) {
      WEIR_RETURN_NOT_OK(GiveUp(Unavailable("{} of {} subtasks have not answered in time",
                                            taking_->missing, parts_.writers.size())));
    }
  }
  if (taking_ != nullptr || !MayBegin()) return Status::OK();
  Request* request = NextRequest();
  if (request != nullptr && request->end == SavepointEnd::kDrain) {
    is_draining_ = true;
    std::lock_guard<std::mutex> lock(mutex_);
    requests_.push_back(request);  // The final epoch is what it gets.
    mail_->EndSources();
    return Status::OK();
  }
  return request != nullptr || IsDue() ? Begin(request) : Status::OK();
}

/// Once all have ended, the final epoch is next.
bool CheckpointCoordinator::MayBegin() const {
  return !has_stopped_ && !is_draining_ && num_finished_ < finished_.size();
}

bool CheckpointCoordinator::IsDue() const {
  if (options_.every_polls > 0) return polls_ >= options_.every_polls;
  return options_.interval_micros > 0 && Now() >= next_due_micros_;
}

int64_t CheckpointCoordinator::IdleMicros() const {
  constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
  int64_t due = kForever;
  if (taking_ != nullptr) {
    due = taking_->started_micros + options_.timeout_micros;
  } else if (MayBegin() && options_.interval_micros > 0) {
    due = next_due_micros_;
  }
  return due == kForever ? due : std::max<int64_t>(due - Now(), 0);
}

// ---- One checkpoint ----

Status CheckpointCoordinator::Begin(Request* request) {
  taking_ = std::make_unique<Taking>();
  taking_->request = request;
  taking_->started_wall_micros = clock_->WallMicros();
  taking_->started_micros = Now();
  next_due_micros_ = taking_->started_micros + options_.interval_micros;
  polls_ = 0;
  Status begun = BeginWriters(taking_.get());
  if (!begun.ok()) return GiveUp(begun);
  BarrierRequest barrier;
  barrier.barrier = taking_->barrier = ++barrier_;
  barrier.rows_per_step = options_.rows_per_step;
  for (const StateWriter& writer : parts_.writers) {
    barrier.incremental.push_back(request == nullptr && !needs_full_ &&
                                  storage_->MayBeIncremental(writer));
  }
  if (request != nullptr && request->end == SavepointEnd::kStop) mail_->HoldSources(barrier_);
  mail_->Ask(std::move(barrier));
  return Status::OK();
}

Status CheckpointCoordinator::BeginWriters(Taking* taking) {
  if (taking->request != nullptr) {
    auto savepoint = storage_->BeginSavepoint(taking->request->target);
    taking->target_failed = !savepoint.ok();
    WEIR_ASSIGN_OR_RETURN(taking->savepoint, std::move(savepoint));
  }
  WEIR_ASSIGN_OR_RETURN(taking->epoch, storage_->BeginEpoch(EpochKind::kCheckpoint));
  taking->answered = finished_;
  taking->missing = finished_.size() - num_finished_;
  for (size_t i = 0; i < finished_.size(); ++i) {
    if (!finished_[i]) continue;
    WEIR_RETURN_NOT_OK(taking->epoch->AddFinished(parts_.writers[i]));
    if (taking->savepoint != nullptr)
      WEIR_RETURN_NOT_OK(taking->savepoint->AddFinished(parts_.writers[i]));
  }
  return Status::OK();
}

Status CheckpointCoordinator::TakeAnswers() {
  for (RunnerAnswer& answer : mail_->TakeAnswers()) {
    Status noted = Note(std::move(answer));
    if (!noted.ok()) WEIR_RETURN_NOT_OK(GiveUp(std::move(noted)));
  }
  return Status::OK();
}

Status CheckpointCoordinator::Note(RunnerAnswer answer) {
  auto index = static_cast<size_t>(answer.writer);
  const StateWriter& writer = parts_.writers[index];
  bool has_finished = answer.snapshot == nullptr;
  if (has_finished && !finished_[index]) {
    finished_[index] = true;
    ++num_finished_;
  }
  bool is_awaited = taking_ != nullptr && !taking_->answered[index] &&
                    (has_finished || answer.snapshot->epoch() == taking_->barrier);
  if (!is_awaited) return Status::OK();
  taking_->answered[index] = true;
  --taking_->missing;
  for (EpochWriter* target : {taking_->epoch.get(), taking_->savepoint.get()}) {
    if (target == nullptr) continue;
    WEIR_RETURN_NOT_OK(has_finished ? target->AddFinished(writer)
                                    : target->Add(writer, *answer.snapshot));
  }
  return Status::OK();
}

Result<EpochFacts> CheckpointCoordinator::CollectFacts(int64_t barrier) {
  EpochFacts facts;
  facts.node_names = parts_.node_names;
  for (const SourceStage& source : parts_.sources) {
    WEIR_ASSIGN_OR_RETURN(facts.sources[source.semantic_id], source.splits->Save(barrier));
  }
  for (const SinkStage& sink : parts_.sinks) {
    WEIR_ASSIGN_OR_RETURN(SinkCommits::Epoch epoch, sink.commits->TakeUpTo(barrier));
    facts.sinks[sink.semantic_id] = {std::move(epoch.committables), std::move(epoch.in_progress)};
  }
  return facts;
}

Status CheckpointCoordinator::CompleteTaking() {
  Request* request = taking_->request;
  auto facts = CollectFacts(taking_->barrier);
  if (!facts.ok()) return GiveUp(facts.status());
  if (taking_->savepoint != nullptr) {
    Status written = taking_->savepoint->Commit(*facts);
    taking_->target_failed = !written.ok();
    if (!written.ok()) return GiveUp(std::move(written));
    if (request->end == SavepointEnd::kGoOn) {
      Record(*taking_, EpochKind::kSavepoint, Status::OK());
      Answer(std::exchange(request, nullptr), Status::OK());
      taking_->request = nullptr;
    }
  }
  Status written = taking_->epoch->Commit(*facts);
  if (!written.ok()) return GiveUp(std::move(written));
  std::unique_ptr<Taking> taken = std::move(taking_);
  Record(*taken, EpochKind::kCheckpoint, Status::OK());
  failures_in_a_row_ = 0;
  needs_full_ = false;
  next_due_micros_ = std::max(next_due_micros_, Now() + options_.min_pause_micros);
  Status published = Publish();
  if (request != nullptr) {
    has_stopped_ = published.ok();
    Answer(request, published);
  }
  return published;
}

/// The epoch is true: what it published must become visible, or the job starts again from it.
Status CheckpointCoordinator::Publish() {
  for (const SinkStage& sink : parts_.sinks) WEIR_RETURN_NOT_OK(sink.commits->Publish());
  Status dropped = storage_->DropOld();
  // Anything else is tried again after the next epoch.
  return EndsTheJob(dropped) ? dropped : Status::OK();
}

Status CheckpointCoordinator::GiveUp(Status why) {
  std::unique_ptr<Taking> taken = std::move(taking_);
  needs_full_ = true;
  if (taken == nullptr) return EndsTheJob(why) ? why : Status::OK();
  Record(*taken, taken->request != nullptr ? EpochKind::kSavepoint : EpochKind::kCheckpoint, why);
  next_due_micros_ = std::max(next_due_micros_, Now() + options_.min_pause_micros);
  if (taken->request != nullptr) {
    mail_->HoldSources(0);
    Answer(taken->request, why);
    // What is wrong with the place of a savepoint is no harm to the job.
    return EndsTheJob(why) && !taken->target_failed ? why : Status::OK();
  }
  ++failures_in_a_row_;
  int tolerable = options_.tolerable_failures;
  if (EndsTheJob(why) || (tolerable >= 0 && failures_in_a_row_ > tolerable)) {
    return WithContext(
        why, failures_in_a_row_ == 1
                 ? std::string("the checkpoint failed")
                 : fmt::format("{} checkpoints in a row failed, at last", failures_in_a_row_));
  }
  return Status::OK();
}

// ---- The end ----

Status CheckpointCoordinator::Finish() {
  WEIR_RETURN_NOT_OK(Step());  // All have answered: nothing stays under way.
  taking_.reset();
  int tolerable = options_.tolerable_failures;
  int retries = tolerable < 0 ? kFinalRetriesMax : std::min(tolerable, kFinalRetriesMax);
  Status status;
  for (int retry = 0; retry <= retries; ++retry) {
    if (retry > 0) clock_->SleepMicros(kFinalRetryMicros << (retry - 1));
    auto facts = CollectFacts(SinkCommits::kEnd);
    status = facts.ok() ? WriteFinal(*facts) : facts.status();
    if (status.ok() || EndsTheJob(status)) break;
  }
  if (!status.ok()) return WithContext(status, "the last checkpoint failed");
  return Publish();
}

Status CheckpointCoordinator::WriteFinal(const EpochFacts& facts) {
  WriteLastSavepoints(facts);
  Taking taking;
  taking.started_wall_micros = clock_->WallMicros();
  taking.started_micros = Now();
  auto write = [&]() -> Status {
    WEIR_ASSIGN_OR_RETURN(taking.epoch, storage_->BeginEpoch(EpochKind::kFinal));
    for (const StateWriter& writer : parts_.writers)
      WEIR_RETURN_NOT_OK(taking.epoch->AddFinished(writer));
    return taking.epoch->Commit(facts);
  };
  Status written = write();
  Record(taking, EpochKind::kFinal, written);
  return written;
}

/// Savepoints that were asked for when all was over, and the one that drained the job.
void CheckpointCoordinator::WriteLastSavepoints(const EpochFacts& facts) {
  while (Request* request = NextRequest()) {
    auto write = [&]() -> Status {
      WEIR_ASSIGN_OR_RETURN(auto savepoint, storage_->BeginSavepoint(request->target));
      for (const StateWriter& writer : parts_.writers)
        WEIR_RETURN_NOT_OK(savepoint->AddFinished(writer));
      return savepoint->Commit(facts);
    };
    Answer(request, write());
  }
}

void CheckpointCoordinator::Close(const Status& why) {
  std::unique_ptr<Taking> taken = std::move(taking_);
  if (taken != nullptr && taken->request != nullptr) Answer(taken->request, why);
  std::lock_guard<std::mutex> lock(mutex_);
  is_closed_ = true;
  for (Request* request : requests_) {
    request->status = why;
    request->is_done = true;
  }
  requests_.clear();
  answered_.notify_all();
}

// ---- Other threads ----

Status CheckpointCoordinator::Savepoint(ObjectStore* target, SavepointEnd end) {
  Request request{target, end, false, {}};
  std::unique_lock<std::mutex> lock(mutex_);
  if (is_closed_) return Unavailable("the job has ended");
  requests_.push_back(&request);
  mail_->wake().Notify();
  answered_.wait(lock, [&] { return request.is_done; });
  return request.status;
}

CheckpointCoordinator::Request* CheckpointCoordinator::NextRequest() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (requests_.empty()) return nullptr;
  Request* first = requests_.front();
  requests_.erase(requests_.begin());
  return first;
}

void CheckpointCoordinator::Answer(Request* request, const Status& status) {
  std::lock_guard<std::mutex> lock(mutex_);
  request->status = status;
  request->is_done = true;
  answered_.notify_all();
}

void CheckpointCoordinator::Record(const Taking& taking, EpochKind kind, const Status& status) {
  CheckpointFigures figures;
  const EpochWriter* writer =
      kind == EpochKind::kSavepoint ? taking.savepoint.get() : taking.epoch.get();
  if (writer != nullptr) {
    figures.epoch = writer->epoch();
    figures.bytes_written = writer->bytes_written();
  }
  figures.kind = kind;
  figures.status = status;
  figures.started_micros = taking.started_wall_micros;
  figures.duration_micros = Now() - taking.started_micros;
  std::lock_guard<std::mutex> lock(mutex_);
  if (figures_.size() == kFiguresKept) figures_.pop_front();
  figures_.push_back(std::move(figures));
}

std::vector<CheckpointFigures> CheckpointCoordinator::Checkpoints() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return {figures_.begin(), figures_.end()};
}

}  // namespace weir
