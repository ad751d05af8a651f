// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/session/supervised_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "weir/session/restart_strategy.h"
#include "weir/store/local_object_store.h"
#include "weir/store/memory_object_store.h"
#include "weir/store/open_object_store.h"

namespace weir {
namespace {

constexpr int64_t kSleepSliceMicros = 20'000;
constexpr int64_t kLockWaitMicros = 3'000'000;

/// What is released only after the job that uses it.
struct Attempt {
  std::shared_ptr<BudgetPool> pool;
  std::unique_ptr<ObjectStore> savepoint;  // It was started from.
  std::shared_ptr<const RestoredState> restored;
  std::unique_ptr<Job> job;
};

class Supervisor : public Job {
 public:
  explicit Supervisor(JobSpec spec)
      : spec_(std::move(spec)), environment_(*spec_.context.environment) {}

  Status Open();
  Status StartAttempt(bool is_first);
  std::shared_ptr<ResultQueue> results() const { return results_; }

  Status Wait() override;
  void Cancel() override {
    cancelled_.store(true);
    if (auto attempt = current()) attempt->job->Cancel();
  }
  bool is_finished() const override { return finished_.load(); }
  std::vector<NodeProgress> Progress() const override {
    auto attempt = current();
    return attempt == nullptr ? std::vector<NodeProgress>() : attempt->job->Progress();
  }
  std::vector<CheckpointFigures> Checkpoints() const override {
    auto attempt = current();
    return attempt == nullptr ? std::vector<CheckpointFigures>() : attempt->job->Checkpoints();
  }
  Status Savepoint(ObjectStore* target, SavepointEnd end) override {
    auto attempt = current();
    if (attempt == nullptr) return Unavailable("the job is being started again; try later");
    return attempt->job->Savepoint(target, end);
  }

 private:
  std::shared_ptr<Attempt> current() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return attempt_;
  }
  Status LockDirectory();
  Result<CheckpointSetup> OpenCheckpoints(bool is_first, Attempt* attempt);
  Status WithPlace(const Status& status, const Attempt& attempt) const;
  void Log(const std::string& line) const {
    if (spec_.log) spec_.log(line);
  }
  int64_t NewestEpoch() const {
    auto attempt = current();
    if (attempt == nullptr) return newest_epoch_;
    for (const CheckpointFigures& figures : attempt->job->Checkpoints()) {
      if (figures.status.ok()) newest_epoch_ = std::max(newest_epoch_, figures.epoch);
    }
    return newest_epoch_;
  }
  bool Sleep(int64_t micros);

  JobSpec spec_;
  const Environment environment_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<ObjectStore> objects_;
  std::unique_ptr<RestartStrategy> strategy_;
  std::shared_ptr<ResultQueue> results_;
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> finished_{false};
  mutable int64_t newest_epoch_ = -1;
  Status final_status_;
  mutable std::mutex mutex_;
  std::shared_ptr<Attempt> attempt_;
};

Status Supervisor::LockDirectory() {
  std::optional<std::string> path = LocalPathOf(spec_.settings.directory);
  if (!path) return Status::OK();  // Elsewhere the epoch log alone keeps writers apart.
  std::string folder = *path + "/" + spec_.settings.id;
  WEIR_RETURN_NOT_OK(environment_.files->MakeDirectories(folder));
  // A process that was killed a moment ago may still be ending.
  for (int64_t waited = 0; lock_ == nullptr && waited <= kLockWaitMicros;
       waited += kSleepSliceMicros) {
    if (waited > 0) environment_.clock->SleepMicros(kSleepSliceMicros);
    WEIR_ASSIGN_OR_RETURN(lock_, environment_.files->TryLock(folder + "/LOCK"));
  }
  if (lock_ != nullptr) {
    // What a process that was killed had begun to write.
    return LocalObjectStore(environment_.files, environment_.random, folder).RemoveTemporaries();
  }
  return WithHint(Unavailable("job '{}' is running already: another process has locked '{}'",
                              spec_.settings.name, folder),
                  "wait for it, or give this job a name of its own: SET 'pipeline.name' = '...'");
}

Status Supervisor::Open() {
  // The rows of a query that failed half-way have been seen: it cannot be repeated.
  bool is_query = std::any_of(spec_.plans.begin(), spec_.plans.end(), [](const PlanPtr& plan) {
    return plan->As<CollectNode>() != nullptr;
  });
  if (is_query) {
    spec_.settings.has_checkpoints = false;
    std::map<std::string, std::string> never = {{"restart-strategy.type", "none"}};
    WEIR_ASSIGN_OR_RETURN(strategy_, RestartStrategy::Make(Options(never), false));
    return Status::OK();
  }
  WEIR_ASSIGN_OR_RETURN(strategy_,
                        RestartStrategy::Make(spec_.options, spec_.settings.has_checkpoints));
  if (!spec_.settings.has_checkpoints) return Status::OK();
  if (spec_.settings.directory.empty()) {
    objects_ = std::make_unique<MemoryObjectStore>();
    // Leftovers are those of this process alone: another one may run a job of the same name.
    spec_.context.job_id =
        fmt::format("{}~{:016x}", spec_.settings.id, environment_.random->Next());
    return Status::OK();
  }
  spec_.context.job_id = spec_.settings.id;
  WEIR_RETURN_NOT_OK(LockDirectory());
  return WithContext(OpenObjectStore(spec_.settings.directory + "/" + spec_.settings.id,
                                     environment_, spec_.options)
                         .Value(&objects_),
                     "option 'execution.checkpointing.dir'");
}

Result<CheckpointSetup> Supervisor::OpenCheckpoints(bool is_first, Attempt* attempt) {
  CheckpointStorageConfig config;
  config.objects = objects_.get();
  config.clock = environment_.clock;
  config.random = environment_.random;
  config.retained_epochs = spec_.settings.retained_epochs;
  config.is_incremental = spec_.settings.is_incremental;
  CheckpointSetup setup;
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<CheckpointStorage> storage,
                        CheckpointStorage::Open(config));
  setup.storage = std::move(storage);
  setup.options = spec_.settings.checkpoints;
  if (!is_first || spec_.settings.resume) {
    WEIR_ASSIGN_OR_RETURN(attempt->restored, setup.storage->Newest());
  }
  WEIR_RETURN_NOT_OK(setup.storage->BeginGeneration(
      attempt->restored != nullptr ? GenerationStart::kContinue : GenerationStart::kAfresh));
  if (attempt->restored == nullptr && !spec_.settings.savepoint_path.empty()) {
    WEIR_ASSIGN_OR_RETURN(attempt->savepoint, OpenObjectStore(spec_.settings.savepoint_path,
                                                              environment_, spec_.options));
    auto opened = OpenSavepoint(attempt->savepoint.get());
    if (!opened.ok()) {
      if (GetErrorInfo(opened.status()).code == ErrorCode::kCorruption) return opened.status();
      return WithContext(opened.status(),
                         fmt::format("savepoint '{}'", spec_.settings.savepoint_path));
    }
    attempt->restored = *opened;
  }
  setup.restored = attempt->restored;
  return setup;
}

/// Damage is named with the place it was found in.
Status Supervisor::WithPlace(const Status& status, const Attempt& attempt) const {
  if (status.ok() || GetErrorInfo(status).code != ErrorCode::kCorruption) return status;
  if (attempt.savepoint != nullptr)
    return WithContext(status, fmt::format("savepoint '{}'", spec_.settings.savepoint_path));
  if (spec_.settings.directory.empty()) return status;
  return WithContext(
      status, fmt::format("checkpoints '{}/{}'", spec_.settings.directory, spec_.settings.id));
}

Status Supervisor::StartAttempt(bool is_first) {
  auto attempt = std::make_shared<Attempt>();
  attempt->pool = std::make_shared<BudgetPool>("query", spec_.memory_limit, nullptr,
                                               arrow::default_memory_pool());
  CheckpointSetup setup;
  if (spec_.settings.has_checkpoints) {
    auto opened = OpenCheckpoints(is_first, attempt.get());
    if (!opened.ok()) return WithPlace(opened.status(), *attempt);
    setup = std::move(*opened);
  }
  TranslateContext context = spec_.context;
  context.pool = attempt->pool;
  WEIR_ASSIGN_OR_RETURN(Translation translation, Translate(spec_.plans, context));
  results_ = translation.results;
  auto started = StartJob(std::move(translation.graph), spec_.execution, environment_,
                          attempt->pool, std::move(setup));
  if (!started.ok()) return WithPlace(started.status(), *attempt);
  attempt->job = std::move(*started);
  std::lock_guard<std::mutex> lock(mutex_);
  attempt_ = std::move(attempt);
  if (cancelled_.load()) attempt_->job->Cancel();
  return Status::OK();
}

/// False when the job was cancelled meanwhile.
bool Supervisor::Sleep(int64_t micros) {
  int64_t until = environment_.clock->MonotonicMicros() + micros;
  while (!cancelled_.load()) {
    int64_t left = until - environment_.clock->MonotonicMicros();
    if (left <= 0) return true;
    environment_.clock->SleepMicros(std::min(left, kSleepSliceMicros));
  }
  return false;
}

Status Supervisor::Wait() {
  if (finished_.load()) return final_status_;
  Status status = current()->job->Wait();
  int restarts = 0;
  while (!status.ok() && !cancelled_.load()) {
    std::optional<int64_t> delay = strategy_->OnFailure(
        status, NewestEpoch(), environment_.clock->MonotonicMicros(), environment_.random);
    if (!delay) break;
    Log(fmt::format("job '{}' failed: {}; restart {} in {:.1f} s ({})", spec_.settings.name,
                    status.message(), ++restarts, static_cast<double>(*delay) / 1e6,
                    strategy_->name()));
    {
      std::lock_guard<std::mutex> lock(mutex_);
      attempt_.reset();
    }
    if (!Sleep(*delay)) break;
    status = StartAttempt(false);
    if (status.ok()) status = current()->job->Wait();
  }
  final_status_ = status;
  finished_.store(true);
  return status;
}

}  // namespace

Result<SupervisedJob> StartSupervisedJob(JobSpec spec) {
  auto supervisor = std::make_unique<Supervisor>(std::move(spec));
  WEIR_RETURN_NOT_OK(supervisor->Open());
  WEIR_RETURN_NOT_OK(supervisor->StartAttempt(true));
  SupervisedJob started;
  started.results = supervisor->results();
  started.job = std::move(supervisor);
  return started;
}

}  // namespace weir
