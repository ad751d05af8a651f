// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/runtime/local_job.h"

#include <algorithm>
#include <new>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kSleepMaxMicros =
    100'000;  // A sleeping worker looks around this often, whatever happens.
// A result whose reader is slow wakes the worker itself; this is for operators that cannot.
constexpr int64_t kOutsideWaitMicros = 5'000;

/// Calls of the coordinator, where exceptions of libraries become errors.
template <typename Call>
Status CallOutside(const Call& call) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return ResourceExhausted("a checkpoint: the process has no memory left");
  } catch (const std::exception& exception) {
    return Internal("a checkpoint: {}", exception.what());
  }
}

}  // namespace

// ---- Running ----

Status LocalJob::Start() {
  Status status = Build();
  if (!status.ok()) {
    Fail(status);
    Complete();
    return status;
  }
  running_workers_ = static_cast<int>(workers_.size());
  bool has_coordinator_thread = coordinator_ != nullptr && !options_.deterministic;
  for (Worker& worker : workers_) {
    threads_.emplace_back([this, &worker, has_coordinator_thread] {
      Status status = options_.deterministic ? RunInTurn() : RunWorker(worker);
      if (!status.ok()) Fail(status);
      if (running_workers_.fetch_sub(1) > 1) return;
      // The last one ends the job, where nobody else does.
      has_coordinator_thread ? mail_->wake().Notify() : Complete();
    });
  }
  if (has_coordinator_thread) threads_.emplace_back([this] { RunCoordinator(); });
  return Status::OK();
}

/// Calls of a task, where exceptions of libraries become errors.
template <typename Call>
auto LocalJob::Guarded(Task& task, const Call& call) -> decltype(call()) {
  auto name = [&] {
    return task.state()->running != nullptr ? task.state()->running->name()
                                            : std::string("the task");
  };
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return ResourceExhausted("{}: the process has no memory left", name());
  } catch (const std::exception& exception) {
    return Internal("{}: {}", name(), exception.what());
  }
}

Status LocalJob::RunWorker(Worker& worker) {
  while (!stopping_.load(std::memory_order_acquire)) {
    uint64_t ticket = worker.wake->Ticket();
    bool progress = false, done = true;
    for (Task* task : worker.tasks) {
      if (task->IsDone()) continue;
      WEIR_ASSIGN_OR_RETURN(bool ran, Guarded(*task, [&] { return task->Run(); }));
      progress |= ran;
      done = done && task->IsDone();
    }
    if (done) return Status::OK();
    if (progress) continue;
    int64_t idle = kSleepMaxMicros;
    for (Task* task : worker.tasks) {
      idle = task->IdleMicros(idle);
      for (const auto& runner : task->runners()) {
        if (runner->WaitsOutside()) idle = std::min(idle, kOutsideWaitMicros);
      }
    }
    worker.wake->Wait(ticket, idle);
  }
  return Status::OK();
}

/// Runs all tasks until nothing is left to do without reading a source.
Status LocalJob::Drain() {
  Worker& worker = workers_[0];
  while (!stopping_.load(std::memory_order_acquire)) {
    uint64_t ticket = worker.wake->Ticket();
    bool progress = false, waits = false;
    for (Task* task : worker.tasks) {
      if (task->IsDone()) continue;
      WEIR_ASSIGN_OR_RETURN(bool ran, Guarded(*task, [&] { return task->Run(); }));
      progress |= ran;
      for (const auto& runner : task->runners()) waits |= runner->WaitsOutside();
    }
    if (progress) continue;
    if (!waits) return Status::OK();
    worker.wake->Wait(ticket, kOutsideWaitMicros);
  }
  return Status::OK();
}

Result<bool> LocalJob::CopySnapshots() {
  bool progress = false;
  if (coordinator_ == nullptr || !coordinator_->is_taking()) return false;
  for (Task* task : workers_[0].tasks) {
    WEIR_ASSIGN_OR_RETURN(bool copied, Guarded(*task, [&] { return task->CopySnapshots(); }));
    progress |= copied;
  }
  return progress;
}

/// The coordinator's turn: what it asks for goes through the whole graph, and it has its answers.
Status LocalJob::StepInTurn() {
  if (coordinator_ == nullptr || stopping_.load(std::memory_order_acquire)) return Status::OK();
  WEIR_RETURN_NOT_OK(coordinator_->Step());
  if (coordinator_->is_taking()) {
    WEIR_RETURN_NOT_OK(Drain());
    WEIR_RETURN_NOT_OK(coordinator_->Step());
  }
  if (coordinator_->has_stopped()) StopAfterSavepoint();
  return Status::OK();
}

Status LocalJob::RunInTurn() {
  std::vector<Turn> turns;
  for (size_t node = 0; node < graph_.nodes.size(); ++node) {
    if (!graph_.nodes[node].make_source) continue;
    for (int i = 0; i < graph_.nodes[node].parallelism; ++i) {
      Task* task = TaskOf(static_cast<int>(node), i);
      for (int s = 0; s < task->num_sources(); ++s) {
        if (task->source(s) != RunnerOf(static_cast<int>(node), i)) continue;
        if (!skipped_[node]) {
          turns.push_back({task, s, false});
          continue;
        }
        WEIR_RETURN_NOT_OK(Guarded(*task, [&] { return task->EndSource(s); }));
        WEIR_RETURN_NOT_OK(Drain());
      }
    }
  }
  WEIR_RETURN_NOT_OK(PollInTurn(turns));
  for (Turn& turn : turns) {
    if (stopping_.load(std::memory_order_acquire)) break;
    WEIR_RETURN_NOT_OK(Guarded(*turn.task, [&] { return turn.task->EndSource(turn.source); }));
    WEIR_RETURN_NOT_OK(Drain());
    if (coordinator_ != nullptr) coordinator_->CountPoll();
    WEIR_RETURN_NOT_OK(StepInTurn());
  }
  return Status::OK();
}

/// Until every source has given its last batch.
Status LocalJob::PollInTurn(std::vector<Turn>& turns) {
  while (!stopping_.load(std::memory_order_acquire)) {
    bool all_exhausted = true, progress = false;
    for (Turn& turn : turns) {
      if (turn.exhausted || stopping_.load(std::memory_order_acquire)) continue;
      WEIR_ASSIGN_OR_RETURN(
          PollState state, Guarded(*turn.task, [&] { return turn.task->PollSource(turn.source); }));
      turn.exhausted = state == PollState::kEnd;
      all_exhausted = all_exhausted && turn.exhausted;
      progress |= state != PollState::kNothing;
      WEIR_RETURN_NOT_OK(Drain());
      if (coordinator_ != nullptr && state != PollState::kNothing) coordinator_->CountPoll();
      WEIR_ASSIGN_OR_RETURN(bool copied, CopySnapshots());
      progress |= copied;
      WEIR_RETURN_NOT_OK(StepInTurn());
    }
    if (all_exhausted) break;
    if (progress) continue;
    // By the clock of the environment, which may be simulated.
    int64_t idle = kSleepMaxMicros;
    for (Task* task : workers_[0].tasks) idle = task->IdleMicros(idle);
    environment_.clock->SleepMicros(idle);
  }
  return Status::OK();
}

// ---- Checkpoints ----

void LocalJob::WakeWorkers() {
  for (Worker& worker : workers_) worker.wake->Notify();
}

void LocalJob::RunCoordinator() {
  Wake& wake = mail_->wake();
  for (;;) {
    uint64_t ticket = wake.Ticket();
    if (running_workers_.load() == 0) break;
    int64_t idle = kSleepMaxMicros;
    if (!stopping_.load(std::memory_order_acquire)) {
      Status status = CallOutside([&] { return coordinator_->Step(); });
      if (!status.ok()) Fail(status);
      if (coordinator_->has_stopped()) StopAfterSavepoint();
      idle = std::min(idle, coordinator_->IdleMicros());
    }
    if (idle > 0) wake.Wait(ticket, idle);
  }
  Complete();
}

void LocalJob::StopAfterSavepoint() {
  stopped_with_savepoint_ = true;
  stopping_.store(true, std::memory_order_release);
  WakeWorkers();
}

std::vector<CheckpointFigures> LocalJob::Checkpoints() const {
  return coordinator_ == nullptr ? std::vector<CheckpointFigures>() : coordinator_->Checkpoints();
}

Status LocalJob::Savepoint(ObjectStore* target, SavepointEnd end) {
  if (coordinator_ == nullptr) return Job::Savepoint(target, end);
  return coordinator_->Savepoint(target, end);
}

/// Of a job without checkpoints, once all is done.
Status LocalJob::PublishSinks() {
  for (SinkStage& sink : graph_.sinks)
    WEIR_RETURN_NOT_OK(sink.commits->TakeUpTo(SinkCommits::kEnd).status());
  for (SinkStage& sink : graph_.sinks) WEIR_RETURN_NOT_OK(sink.commits->Publish());
  return Status::OK();
}

// ---- Ending ----

void LocalJob::Fail(const Status& status) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (finished_.load() || !status_.ok()) return;
    status_ = status;
  }
  stopping_.store(true, std::memory_order_release);
  WakeWorkers();
}

/// Runs in the last thread that touches the tasks.
void LocalJob::Complete() {
  for (auto& subtasks : tasks_) {
    for (auto& task : subtasks) task->Publish();
  }
  for (auto task = tasks_.rbegin(); task != tasks_.rend(); ++task) {
    for (auto& subtask : *task) subtask->Release();
  }
  Status status;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    status = status_;
  }
  bool is_whole = status.ok() && !stopped_with_savepoint_.load();
  if (is_whole) {
    status = CallOutside(
        [&] { return coordinator_ != nullptr ? coordinator_->Finish() : PublishSinks(); });
  }
  if (is_whole && status.ok()) {
    for (auto& commit : graph_.on_success) {
      status = commit();
      if (!status.ok()) break;
    }
  }
  if (!status.ok() || !is_whole) {
    for (auto& undo : graph_.on_failure) undo();
  }
  if (coordinator_ != nullptr)
    coordinator_->Close(status.ok() ? Unavailable("the job has ended") : status);
  std::lock_guard<std::mutex> lock(mutex_);
  status_ = status;
  finished_.store(true, std::memory_order_release);
  ended_.notify_all();
}

Status LocalJob::Wait() {
  std::unique_lock<std::mutex> lock(mutex_);
  ended_.wait(lock, [&] { return finished_.load(); });
  return status_;
}

LocalJob::~LocalJob() {
  Cancel();
  for (std::thread& thread : threads_) thread.join();
  // What these hold may lie in the pools of the tasks.
  coordinator_.reset();
  mail_.reset();
  graph_ = JobGraph();
}

std::vector<NodeProgress> LocalJob::Progress() const {
  std::vector<NodeProgress> all;
  for (size_t node = 0; node < graph_.nodes.size(); ++node) {
    NodeProgress progress;
    progress.name = graph_.nodes[node].name;
    progress.is_source = static_cast<bool>(graph_.nodes[node].make_source);
    progress.counters.watermark_millis = Watermark::kMax;
    for (const NodeRunner* runner : runners_[node]) {
      OperatorCounters counters = runner->published().Load();
      progress.memory_bytes += runner->memory_bytes();
      progress.counters.rows_in += counters.rows_in;
      progress.counters.rows_out += counters.rows_out;
      progress.counters.late_rows_dropped += counters.late_rows_dropped;
      progress.counters.records_skipped += counters.records_skipped;
      progress.counters.bytes_read += counters.bytes_read;
      progress.counters.watermark_millis =
          std::min(progress.counters.watermark_millis, counters.watermark_millis);
      if (progress.is_source) progress.positions.push_back(runner->published().position());
    }
    all.push_back(std::move(progress));
  }
  return all;
}

Result<std::unique_ptr<Job>> StartJob(JobGraph graph, const ExecutionOptions& options,
                                      const Environment& environment,
                                      std::shared_ptr<BudgetPool> pool,
                                      CheckpointSetup checkpoints) {
  auto job = std::make_unique<LocalJob>(std::move(graph), options, environment, std::move(pool),
                                        std::move(checkpoints));
  WEIR_RETURN_NOT_OK(job->Start());
  return std::unique_ptr<Job>(std::move(job));
}

}  // namespace weir
