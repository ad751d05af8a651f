// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "job_run.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "weir/runtime/executor.h"
#include "weir/session/session.h"
#include "weir/sql/parser.h"
#include "weir/store/local_object_store.h"
#include "weir/testing/changelog_sink.h"
#include "weir/testing/segment_source.h"

namespace weir::audit {
namespace {

SessionConfig ConfigOf(const ReferenceJob& job, const RunSettings& settings,
                       SimEnvironment* machine) {
  SessionConfig config;
  config.environment = &machine->environment();
  config.options = {{"execution.runtime-mode", "STREAMING"},
                    {"weir.batch.rows-max", "5"},
                    {"weir.memory.query-limit", "1 gb"},
                    {"weir.deterministic", "true"},
                    {"weir.checkpoint.every-polls", std::to_string(settings.every_polls)},
                    {"weir.checkpoint.rows-per-step", std::to_string(settings.rows_per_step)},
                    {"parallelism.default", std::to_string(settings.parallelism)},
                    {"execution.checkpointing.dir", settings.directory},
                    {"weir.job.resume", "true"},
                    {"restart-strategy.type", "none"},
                    {"pipeline.name", job.name}};
  for (const auto& [key, value] : job.options) config.options[key] = value;
  for (const auto& [key, value] : settings.options) config.options[key] = value;
  config.add_connectors = [](ConnectorRegistry* registry) {
    registry->Add(MakeChangelogConnector());
    registry->Add(MakeSegmentConnector());
  };
  return config;
}

/// Ends a job that never ends by itself: asks for a savepoint once all is read and the machine has
/// been quiet for a while. It asks from a thread of its own, for asking waits; the job's thread
/// sleeps a moment of real time meanwhile, so that the run is the same each time. A job whose
/// savepoint keeps failing is cancelled.
class JobEnder {
 public:
  JobEnder(ReferenceEnd end, SimEnvironment* machine) : end_(end), machine_(machine) {}
  ~JobEnder() { OnEnd(); }

  void OnStart(Job* job) {
    job_ = job;
    machine_->clock().SetOnSleep([this](int64_t micros) { OnSleep(micros); });
  }
  void OnEnd() {
    if (asker_.joinable()) asker_.join();
    machine_->clock().SetOnSleep(nullptr);
  }
  /// Why no savepoint could be taken, when that ended the job.
  const Status& failure() const { return failure_; }

 private:
  static constexpr int64_t kQuietMicros = 6'000'000;
  static constexpr int64_t kIdleSleepMaxMicros = 200'000;
  static constexpr int kTriesMax = 3;
  static constexpr std::chrono::milliseconds kAskTime{3};

  void OnSleep(int64_t micros) {
    // Whoever sleeps for so long does not look for files: a store is slow, a commit is tried again.
    if (micros > kIdleSleepMaxMicros) return machine_->NoteDeed();
    if (asker_.joinable()) {
      if (!has_answer_.load()) return;
      asker_.join();
      if (!asked_.ok() && (++tries_ == kTriesMax || machine_->is_crashed())) {
        failure_ = asked_;
        job_->Cancel();
      }
    }
    if (failure_.ok() && machine_->IsQuietFor(kQuietMicros)) Ask();
  }
  void Ask() {
    has_answer_.store(false);
    size_t number = machine_->Files("/savepoints").size();  // Another place each time.
    target_ = std::make_unique<LocalObjectStore>(machine_->environment().files,
                                                 machine_->environment().random,
                                                 fmt::format("/savepoints/{}", number));
    auto end = end_ == ReferenceEnd::kDrain ? SavepointEnd::kDrain : SavepointEnd::kStop;
    asker_ = std::thread([this, end] {
      asked_ = job_->Savepoint(target_.get(), end);
      has_answer_.store(true);
    });
    std::this_thread::sleep_for(kAskTime);
  }

  const ReferenceEnd end_;
  SimEnvironment* const machine_;
  Job* job_ = nullptr;
  std::thread asker_;
  std::atomic<bool> has_answer_{false};
  std::unique_ptr<ObjectStore> target_;
  Status asked_, failure_;
  int tries_ = 0;
};

/// Whoever runs the job to its end.
Status RunStatement(Session& session, const Statement& statement, const ReferenceJob& job,
                    SimEnvironment* machine, const JobWatch& watch) {
  WEIR_ASSIGN_OR_RETURN(auto result, session.Execute(statement, job.sql));
  bool is_job = result->job() != nullptr;
  JobEnder ender(job.end, machine);
  if (is_job && job.end != ReferenceEnd::kBounded) ender.OnStart(result->job());
  bool is_watched = watch.on_start != nullptr && is_job;
  if (is_watched) watch.on_start(result->job());
  Batch batch;
  Result<bool> more = true;
  while (more.ok() && *more) more = result->Next(&batch);
  if (is_watched) watch.on_end();
  ender.OnEnd();
  return ender.failure().ok() ? more.status() : ender.failure();
}

}  // namespace

void PutInputs(const ReferenceJob& job, SimEnvironment* machine) {
  for (const auto& [path, bytes] : job.inputs) machine->WriteFile(path, bytes);
}

Status RunJob(const ReferenceJob& job, const RunSettings& settings, SimEnvironment* machine,
              const JobWatch& watch) {
  std::vector<SimEnvironment::Arrival> arrivals;
  for (const ReferenceArrival& arrival : job.arrivals)
    arrivals.push_back({arrival.at_millis * 1000, arrival.path, arrival.bytes});
  machine->SetArrivals(std::move(arrivals));
  WEIR_ASSIGN_OR_RETURN(auto session, Session::Create(ConfigOf(job, settings, machine)));
  WEIR_ASSIGN_OR_RETURN(std::vector<Statement> statements, ParseStatements(job.sql));
  for (const Statement& statement : statements)
    WEIR_RETURN_NOT_OK(RunStatement(*session, statement, job, machine, watch));
  return Status::OK();
}

}  // namespace weir::audit
