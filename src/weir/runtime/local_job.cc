// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The local runtime: worker i owns subtask i of every task and runs them in turn, those behind
// first, so that what has been made is consumed before more is made. A worker that finds nothing to
// do sleeps until somebody wakes it.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "weir/runtime/contract_check.h"
#include "weir/runtime/executor.h"
#include "weir/runtime/job_plan.h"
#include "weir/runtime/task.h"

namespace weir {
namespace {

constexpr int64_t kSleepMaxMicros =
    100'000;  // A sleeping worker looks around this often, whatever happens.
// A result whose reader is slow wakes the worker itself; this is for operators that cannot.
constexpr int64_t kOutsideWaitMicros = 5'000;

class LocalJob : public Job {
 public:
  LocalJob(JobGraph graph, const ExecutionOptions& options, const Environment& environment,
           std::shared_ptr<BudgetPool> pool)
      : graph_(std::move(graph)),
        options_(options),
        environment_(environment),
        pool_(std::move(pool)) {}
  ~LocalJob() override;

  Status Start();
  Status Wait() override;
  void Cancel() override { Fail(Cancelled()); }
  bool is_finished() const override { return finished_.load(std::memory_order_acquire); }
  std::vector<NodeProgress> Progress() const override;

 private:
  struct Worker {
    std::shared_ptr<Wake> wake = std::make_shared<Wake>();
    std::vector<Task*> tasks;  // Those behind first.
  };

  Status Build();
  Status WireNode(int node, int subtask);
  Status MakeOperators(int node, int subtask);
  Task* TaskOf(int node, int subtask) {
    return tasks_[static_cast<size_t>(plan_.task_of[static_cast<size_t>(node)])]
                 [static_cast<size_t>(subtask)]
                     .get();
  }
  NodeRunner* RunnerOf(int node, int subtask) const {
    return runners_[static_cast<size_t>(node)][static_cast<size_t>(subtask)];
  }

  Status RunWorker(Worker& worker);
  Status RunInTurn();
  Status Drain();
  template <typename Call>
  auto Guarded(Task& task, const Call& call) -> decltype(call());
  void Fail(const Status& status);
  void Complete();

  JobGraph graph_;
  ExecutionOptions options_;
  const Environment environment_;
  std::shared_ptr<BudgetPool> pool_;
  JobPlan plan_;
  std::vector<std::vector<std::unique_ptr<Task>>> tasks_;  // Of each task, its subtasks.
  std::vector<std::vector<NodeRunner*>> runners_;          // Of each node, its subtasks.
  std::vector<Worker> workers_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> running_workers_{0};
  std::atomic<bool> finished_{false};
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  Status status_;  // The first error; under mutex_.
};

// ---- Building ----

Status LocalJob::Build() {
  WEIR_ASSIGN_OR_RETURN(plan_, PlanJob(graph_));
  workers_.resize(static_cast<size_t>(options_.deterministic ? 1 : plan_.num_workers));
  tasks_.resize(plan_.tasks.size());
  auto polling = options_.deterministic ? SourcePolling::kByCaller : SourcePolling::kWhileRunning;
  for (size_t t = 0; t < plan_.tasks.size(); ++t) {
    for (int i = 0; i < plan_.tasks[t].parallelism; ++i) {
      tasks_[t].push_back(std::make_unique<Task>(environment_, polling));
      std::vector<Task*>& owned = workers_[static_cast<size_t>(i) % workers_.size()].tasks;
      owned.insert(owned.begin(), tasks_[t].back().get());
    }
  }
  runners_.resize(graph_.nodes.size());
  for (int node = 0; node < static_cast<int>(graph_.nodes.size()); ++node) {
    for (int i = 0; i < graph_.nodes[static_cast<size_t>(node)].parallelism; ++i) {
      WEIR_RETURN_NOT_OK(WireNode(node, i));
    }
    for (int i = 0; i < graph_.nodes[static_cast<size_t>(node)].parallelism; ++i) {
      WEIR_RETURN_NOT_OK(MakeOperators(node, i));
    }
  }
  // Producers' senders, once all runners exist: subtask p of the producer gets a channel to each
  // consumer subtask.
  for (int node = 0; node < static_cast<int>(graph_.nodes.size()); ++node) {
    const JobNode& to = graph_.nodes[static_cast<size_t>(node)];
    int first_channel = 0;
    for (const JobEdge& edge : to.inputs) {
      const JobNode& from = graph_.nodes[static_cast<size_t>(edge.from)];
      bool chained = IsChained(graph_, edge, to);
      for (int p = 0; p < from.parallelism; ++p) {
        NodeRunner* producer = RunnerOf(edge.from, p);
        if (chained) {
          producer->AddChained(RunnerOf(node, p), first_channel);
          continue;
        }
        std::vector<std::shared_ptr<Channel>> channels;
        for (int c = 0; c < to.parallelism; ++c) {
          auto wake_of = [&](int i) {
            return workers_[static_cast<size_t>(i) % workers_.size()].wake;
          };
          channels.push_back(std::make_shared<Channel>(
              static_cast<size_t>(std::max<int64_t>(options_.queue_batches_max, 1)), wake_of(p),
              wake_of(c)));
          TaskOf(node, c)->AddInput(RunnerOf(node, c), first_channel + p, channels.back());
        }
        producer->AddExchange(
            std::make_unique<ExchangeSender>(edge, std::move(channels), producer->context().pool));
      }
      first_channel += chained ? 1 : from.parallelism;
    }
  }
  return Status::OK();
}

Status LocalJob::WireNode(int node, int subtask) {
  const JobNode& spec = graph_.nodes[static_cast<size_t>(node)];
  std::vector<int> channel_inputs;
  for (size_t i = 0; i < spec.inputs.size(); ++i) {
    const JobEdge& edge = spec.inputs[i];
    int channels = IsChained(graph_, edge, spec)
                       ? 1
                       : graph_.nodes[static_cast<size_t>(edge.from)].parallelism;
    channel_inputs.insert(channel_inputs.end(), static_cast<size_t>(channels), static_cast<int>(i));
  }
  Task* task = TaskOf(node, subtask);
  auto runner =
      std::make_unique<NodeRunner>(spec.name, subtask, std::move(channel_inputs), task->state());
  runner->SetPool(std::make_unique<BudgetPool>(spec.name, 0, pool_.get(), nullptr));
  OperatorContext& context = runner->context();
  context.environment = &environment_;
  context.parallelism = spec.parallelism;
  context.batch_rows_max = options_.batch_rows_max;
  context.cancelled = [](const void* stopping) {
    return static_cast<const std::atomic<bool>*>(stopping)->load(std::memory_order_relaxed);
  };
  context.cancelled_argument = &stopping_;
  auto poked = std::make_shared<std::atomic<bool>>(false);
  context.wake = [poked, wake = workers_[static_cast<size_t>(subtask) % workers_.size()].wake] {
    poked->store(true);
    wake->Notify();
  };
  if (spec.make_source) task->AddSource(runner.get(), poked);
  runners_[static_cast<size_t>(node)].push_back(runner.get());
  task->AddRunner(std::move(runner));
  return Status::OK();
}

Status LocalJob::MakeOperators(int node, int subtask) {
  const JobNode& spec = graph_.nodes[static_cast<size_t>(node)];
  NodeRunner* runner = RunnerOf(node, subtask);
  ContractSpec contract{spec.name, {}, std::nullopt, 0};
  if (spec.make_source) {
    auto made = spec.make_source(runner->context());
    if (!made.ok()) return WithContext(made.status(), spec.name);
    runner->SetSource(options_.check_contracts ? WithContractChecks(std::move(*made), contract)
                                               : std::move(*made));
    return Status::OK();
  }
  auto made = spec.make_operator(runner->context());
  if (!made.ok()) return WithContext(made.status(), spec.name);
  runner->SetOperator(options_.check_contracts ? WithContractChecks(std::move(*made), contract)
                                               : std::move(*made));
  return Status::OK();
}

// ---- Running ----

Status LocalJob::Start() {
  Status status = Build();
  if (!status.ok()) {
    Fail(status);
    Complete();
    return status;
  }
  running_workers_ = static_cast<int>(workers_.size());
  for (Worker& worker : workers_) {
    threads_.emplace_back([this, &worker] {
      Status status = options_.deterministic ? RunInTurn() : RunWorker(worker);
      if (!status.ok()) Fail(status);
      if (running_workers_.fetch_sub(1) == 1) Complete();
    });
  }
  return Status::OK();
}

/// The one place where exceptions of libraries become errors.
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

Status LocalJob::RunInTurn() {
  struct Turn {
    Task* task;
    int source;
    bool exhausted = false;
  };
  std::vector<Turn> turns;
  for (size_t node = 0; node < graph_.nodes.size(); ++node) {
    if (!graph_.nodes[node].make_source) continue;
    for (int i = 0; i < graph_.nodes[node].parallelism; ++i) {
      Task* task = TaskOf(static_cast<int>(node), i);
      for (int s = 0; s < task->num_sources(); ++s) {
        if (task->source(s) == RunnerOf(static_cast<int>(node), i))
          turns.push_back({task, s, false});
      }
    }
  }
  while (!stopping_.load(std::memory_order_acquire)) {
    bool all_exhausted = true, progress = false;
    uint64_t ticket = workers_[0].wake->Ticket();
    for (Turn& turn : turns) {
      if (turn.exhausted) continue;
      WEIR_ASSIGN_OR_RETURN(
          PollState state, Guarded(*turn.task, [&] { return turn.task->PollSource(turn.source); }));
      turn.exhausted = state == PollState::kEnd;
      all_exhausted = all_exhausted && turn.exhausted;
      progress |= state != PollState::kNothing;
      WEIR_RETURN_NOT_OK(Drain());
    }
    if (all_exhausted) break;
    if (!progress) workers_[0].wake->Wait(ticket, 500);
  }
  for (Turn& turn : turns) {
    if (stopping_.load(std::memory_order_acquire)) break;
    WEIR_RETURN_NOT_OK(Guarded(*turn.task, [&] { return turn.task->EndSource(turn.source); }));
    WEIR_RETURN_NOT_OK(Drain());
  }
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
  for (Worker& worker : workers_) worker.wake->Notify();
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
  if (status.ok()) {
    for (auto& commit : graph_.on_success) {
      status = commit();
      if (!status.ok()) break;
    }
  }
  if (!status.ok()) {
    for (auto& undo : graph_.on_failure) undo();
  }
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
  graph_ = JobGraph();  // What its functions hold may lie in the pools of the tasks.
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

}  // namespace

Result<std::unique_ptr<Job>> StartJob(JobGraph graph, const ExecutionOptions& options,
                                      const Environment& environment,
                                      std::shared_ptr<BudgetPool> pool,
                                      CheckpointSetup checkpoints) {
  auto job = std::make_unique<LocalJob>(std::move(graph), options, environment, std::move(pool));
  WEIR_RETURN_NOT_OK(job->Start());
  return std::unique_ptr<Job>(std::move(job));
}

}  // namespace weir
