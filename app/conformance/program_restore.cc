// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Table programs with a savepoint in between. Phase 1 reads the rows before it and stays open until
// its sinks hold what they must; it stops with a savepoint, without draining. Phase 2 is another
// session, started from the savepoint, and reads the rows after it.
//
// Checkpoints and savepoints lie in this process's memory: an object store that serves s3:// here.
#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>

#include "program.h"
#include "weir/sql/parser.h"
#include "weir/store/memory_object_store.h"
#include "weir/store/open_object_store.h"

namespace weir::conformance {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr auto kLookAgain = std::chrono::milliseconds(2);
constexpr auto kReadingMax = std::chrono::seconds(5);
// For changes that come by themselves: timers of processing time.
constexpr auto kChangesMax = std::chrono::seconds(2);
constexpr auto kTimersMax = std::chrono::seconds(20);

/// Wall time stands at the start of a minute until it is released; then it runs faster than real
/// time, so that nobody waits a minute for a window.
class MinuteClock : public Clock {
 public:
  explicit MinuteClock(Clock* real) : real_(real), held_at_(real->WallMicros()) { Hold(); }
  int64_t WallMicros() override {
    std::lock_guard<std::mutex> lock(mutex_);
    return Now();
  }
  int64_t MonotonicMicros() override { return real_->MonotonicMicros(); }
  void SleepMicros(int64_t micros) override { real_->SleepMicros(micros); }
  void Hold() {
    std::lock_guard<std::mutex> lock(mutex_);
    held_at_ = (Now() / kMinute + 1) * kMinute;
    is_released_ = false;
  }
  void Release() {
    std::lock_guard<std::mutex> lock(mutex_);
    released_at_ = real_->MonotonicMicros();
    is_released_ = true;
  }

 private:
  static constexpr int64_t kMinute = 60'000'000;
  static constexpr int64_t kSpeed = 5;
  int64_t Now() const {
    return is_released_ ? held_at_ + (real_->MonotonicMicros() - released_at_) * kSpeed : held_at_;
  }

  Clock* real_;
  std::mutex mutex_;
  int64_t held_at_;
  int64_t released_at_ = 0;
  bool is_released_ = false;
};

/// Looks until `is_so` or the job ends; false when that takes longer than `longest`.
bool WaitUntil(const Job& job, SteadyClock::duration longest, const std::function<bool()>& is_so) {
  auto until = SteadyClock::now() + longest;
  while (!is_so()) {
    if (job.is_finished() || SteadyClock::now() > until) return false;
    std::this_thread::sleep_for(kLookAgain);
  }
  return true;
}

/// One run: two sessions and what lies between them.
class TwoPhases {
 public:
  TwoPhases(std::string id, const Json& test, const Json& run, const RunOptions& options)
      : id_(std::move(id)),
        test_(test),
        run_(run),
        options_(options),
        stays_open_(run.at("kind") == "restore-open"),
        folds_(options.parallelism > 1 || options.restore_parallelism > 1),
        environment_(RealEnvironment()),
        clock_(RealEnvironment().clock) {
    environment_.objects = &objects_;
    if (stays_open_) environment_.clock = &clock_;
  }

  CaseResult Run() {
    if (auto ended = RunPhase(Part::kBefore)) return std::move(*ended);
    if (run_.contains("pause_ms"))
      std::this_thread::sleep_for(std::chrono::milliseconds(run_.at("pause_ms").get<int64_t>()));
    clock_.Hold();
    if (auto ended = RunPhase(Part::kAfter)) return std::move(*ended);
    return {id_, {}, Outcome::kPassed, {}};
  }

 private:
  /// Of the savepoint of statement `step` of the program.
  static std::string SavepointPath(size_t step) {
    return fmt::format("s3://conformance/savepoint-{}", step);
  }
  CaseResult Failed(std::string why) const {
    return {id_, {}, Outcome::kFailed, phase_ + ": " + std::move(why)};
  }

  /// The outcome when the phase ends the run.
  std::optional<CaseResult> RunPhase(Part part) {
    bool is_first = part == Part::kBefore;
    phase_ = is_first ? "before the savepoint" : "after the restore";
    std::map<std::string, std::string> config =
        OptionsOf(test_, run_, is_first ? options_.parallelism : options_.restore_parallelism);
    config["restart-strategy.type"] = "none";
    // A job takes savepoints when it may take checkpoints.
    if (is_first) config["execution.checkpointing.interval"] = "24 h";
    auto session = OpenSession(config, &environment_);
    if (!session.ok()) return FromError(id_, session.status());
    session_ = session->get();
    sinks_.clear();
    SourceSetting sources{part, is_first || stays_open_, /*is_bounded=*/false};
    if (auto failure = SetUpProgram(*session_, test_, sources, &sinks_))
      return FromError(id_, failure->status);
    const Json& steps = test_.at("run");
    for (size_t i = 0; i < steps.size(); ++i) {
      std::string sql = SqlOf(steps[i]);
      if (sql.empty())
        return CaseResult{id_, {}, Outcome::kUnsupported, "the statement has no SQL form"};
      std::optional<CaseResult> ended;
      auto failure = RunStep(sql, i, part, &ended);
      if (steps[i].at("kind").get<std::string>().starts_with("failing"))
        return RunFailing(id_, steps[i], failure);
      if (failure) {
        CaseResult result = FromError(id_, failure->status);
        if (result.outcome == Outcome::kFailed) result.reason = phase_ + ": " + result.reason;
        return result;
      }
      if (ended) return ended;
    }
    std::optional<CaseResult> ended = CompareAll(is_first ? Part::kBefore : Part::kAll);
    for (const ProgramSink& sink : sinks_) received_[sink.name] = Received(sink);
    return ended;
  }

  std::optional<Failure> RunStep(const std::string& sql, size_t step, Part part,
                                 std::optional<CaseResult>* ended) {
    if (part == Part::kAfter) {
      Status set = session_->SetOption("execution.state-recovery.path", SavepointPath(step));
      if (!set.ok()) return Failure{set, true};
    }
    auto parsed = ParseStatements(sql);
    if (!parsed.ok()) return Failure{parsed.status(), true};
    for (const Statement& statement : *parsed) {
      auto result = session_->Execute(statement, sql);
      if (!result.ok()) return Failure{result.status(), true};
      Job* job = (*result)->job();
      bool is_cancelled = false;
      if (job != nullptr && part == Part::kBefore && !(*result)->has_rows()) {
        *ended = StopWithSavepoint(*job, SavepointPath(step));
        is_cancelled = ended->has_value();
      } else if (job != nullptr && (part == Part::kBefore || stays_open_)) {
        WaitForSinks(*job, part == Part::kBefore ? part : Part::kAll);
        is_cancelled = true;
      }
      if (is_cancelled) (*result)->Cancel();
      Batch batch;
      for (bool more = true; more;) {
        auto next = (*result)->Next(&batch);
        if (!next.ok() && !is_cancelled) return Failure{next.status(), false};
        more = next.ok() && *next;
      }
    }
    return std::nullopt;
  }

  /// Every reader has been asked for more than there is; what is read row by row has passed through
  /// the whole query then.
  void WaitForReaders(const Job& job) {
    std::vector<NodeProgress> nodes = job.Progress();
    auto sources = std::count_if(nodes.begin(), nodes.end(),
                                 [](const NodeProgress& node) { return node.is_source; });
    WaitUntil(job, kReadingMax, [&] {
      ValuesStore::Readers readers = session_->values_store().readers();
      return readers.waiting >= sources && readers.waiting == readers.opened;
    });
  }

  void WaitForSinks(const Job& job, Part part) {
    WaitForReaders(job);
    clock_.Release();
    WaitUntil(job, stays_open_ ? SteadyClock::duration(kTimersMax) : kChangesMax,
              [&] { return !CompareAll(part); });
  }

  /// What sinks lack then may still come with the savepoint: bundles end at it.
  std::optional<CaseResult> StopWithSavepoint(Job& job, const std::string& path) {
    WaitForSinks(job, Part::kBefore);
    auto target = OpenObjectStore(path, environment_, Options{});
    if (!target.ok()) return Failed(target.status().message());
    Status status = job.Savepoint(target->get(), SavepointEnd::kStop);
    if (status.ok()) return std::nullopt;
    if (job.is_finished()) {
      Status end = job.Wait();
      if (!end.ok()) return std::nullopt;  // The reader of the result learns it.
    }
    return Failed("the savepoint failed: " + status.message());
  }

  /// Of both phases so far.
  ValuesRows Received(const ProgramSink& sink) const {
    auto before = received_.find(sink.name);
    ValuesRows rows = before == received_.end() ? ValuesRows{} : before->second;
    ValuesRows now = session_->values_store().Received(sink.name);
    rows.insert(rows.end(), now.begin(), now.end());
    return rows;
  }

  std::optional<CaseResult> CompareAll(Part part) const {
    for (const ProgramSink& sink : sinks_) {
      auto why = CompareSink(sink, Received(sink), part, /*is_batch=*/false, folds_);
      if (!why.ok()) return FromError(id_, why.status());
      if (!why->empty()) return Failed(*why);
    }
    return std::nullopt;
  }

  const std::string id_;
  const Json& test_;
  const Json& run_;
  const RunOptions& options_;
  const bool stays_open_;
  const bool folds_;
  MemoryObjectStore objects_;
  Environment environment_;
  MinuteClock clock_;
  std::string phase_;
  Session* session_ = nullptr;  // Of the phase that runs.
  std::vector<ProgramSink> sinks_;
  std::map<std::string, ValuesRows> received_;  // In phase 1.
};

}  // namespace

CaseResult RunInTwoPhases(const std::string& id, const Json& test, const Json& run,
                          const RunOptions& options) {
  return TwoPhases(id, test, run, options).Run();
}

}  // namespace weir::conformance
