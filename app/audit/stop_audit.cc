// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Stop with savepoint after each record. The job reads one record at a time and takes a checkpoint
// after each; while checkpoint number n becomes true, a savepoint is asked for, so that the job
// stops one record later.
//   stop     what is written then plus what a continued job writes is the undisturbed job's rows;
//   it
//            is continued from its checkpoints or, without them, from the savepoint
//   drain    the rows are those of a job whose input ends where this one stopped; a continued job
//            has nothing left to do. Only jobs with one input file at the start: what they have
//            read is a beginning of it and of what came after it.
#include <future>
#include <optional>
#include <set>
#include <thread>

#include "audit.h"
#include "weir/testing/sim_object_store.h"

namespace weir::audit {
namespace {

constexpr int64_t kSavepointMillis = 2;  // Long enough for another thread to ask for it.

/// Small batches make every record a position.
ReferenceJob WithSmallInputs(ReferenceJob job) {
  auto cut = [](std::string* bytes, int lines) {
    size_t end = 0;
    for (int line = 0; line < lines && end < bytes->size(); ++line)
      end = std::min(bytes->find('\n', end), bytes->size() - 1) + 1;
    bytes->resize(end);
  };
  for (auto& [path, bytes] : job.inputs) cut(&bytes, 24);
  for (ReferenceArrival& arrival : job.arrivals) cut(&arrival.bytes, 8);
  return job;
}

/// The job with the first `length` bytes of its only input and of what comes after it; nothing
/// unless they end a line.
std::optional<ReferenceJob> BeginningOf(const ReferenceJob& whole, size_t length) {
  ReferenceJob job = whole;
  job.end = whole.arrivals.empty() ? ReferenceEnd::kBounded : ReferenceEnd::kDrain;
  size_t left = length;
  bool at_end_of_line = length == 0;
  auto cut = [&](std::string* bytes) {
    if (left < bytes->size()) bytes->resize(left);
    left -= bytes->size();
    if (left == 0 && !bytes->empty()) at_end_of_line |= bytes->back() == '\n';
  };
  cut(&job.inputs.begin()->second);
  for (ReferenceArrival& arrival : job.arrivals) cut(&arrival.bytes);
  std::erase_if(job.arrivals,
                [](const ReferenceArrival& arrival) { return arrival.bytes.empty(); });
  if (left > 0 || !at_end_of_line) return std::nullopt;
  return job;
}

/// The rows of the job for every length of its input.
Result<std::vector<JobOutput>> RowsOfPrefixes(const Subject& subject) {
  std::vector<JobOutput> all;
  size_t whole = subject.job.inputs.begin()->second.size();
  for (const ReferenceArrival& arrival : subject.job.arrivals) whole += arrival.bytes.size();
  for (size_t length = 0; length <= whole; ++length) {
    std::optional<ReferenceJob> job = BeginningOf(subject.job, length);
    if (!job) continue;
    SimEnvironment machine(1);
    PutInputs(*job, &machine);
    machine.SetPlan({});
    WEIR_RETURN_NOT_OK(RunJob(*job, subject.settings, &machine));
    WEIR_ASSIGN_OR_RETURN(JobOutput output, ReadOutput(*job, machine));
    all.push_back(std::move(output));
  }
  return all;
}

void CheckDrained(const Subject& subject, const std::vector<JobOutput>& prefixes,
                  const std::string& coordinates, SimEnvironment* machine, Audit* audit) {
  for (int round = 0; round < 2; ++round) {  // As it is, and once more after a restart.
    auto actual = ReadOutput(subject.job, *machine);
    if (!actual.ok()) return audit->Failed(coordinates, actual.status().ToString());
    bool is_found = false;
    for (const JobOutput& prefix : prefixes)
      is_found |= !Difference(subject.job, prefix, *actual, ChangesMust::kFoldEqual);
    if (!is_found)
      return audit->Failed(coordinates, "drained: the rows are those of no beginning of the input");
    if (round == 1) return;
    Status status = RunJob(subject.job, subject.settings, machine);
    if (!status.ok()) return audit->Failed(coordinates, "after the drain: " + status.ToString());
  }
}

void RunStopCase(const Subject& subject, const StopCase& one,
                 const std::vector<JobOutput>& prefixes, const std::string& coordinates,
                 Audit* audit) {
  SimEnvironment machine(1);
  SimObjectStore savepoint(&machine);
  machine.set_objects(&savepoint);
  PutInputs(subject.job, &machine);
  machine.SetPlan({});
  auto stopped = RunAndStop(subject.job, subject.settings, one, &machine, &savepoint);
  if (!stopped.ok()) return audit->Failed(coordinates, stopped.status().ToString());
  if (!*stopped) {
    audit->NotReached();
    return audit->Check(subject, machine, coordinates, ChangesMust::kFoldEqual);
  }
  if (one.end == SavepointEnd::kDrain)
    return CheckDrained(subject, prefixes, coordinates, &machine, audit);
  RunSettings settings = subject.settings;
  if (one.checkpoint % 2 == 1) {
    // The savepoint is found through the environment's objects: SimObjectStore holds it at its
    // root.
    std::map<std::string, std::string> moved;
    for (const auto& [key, bytes] : savepoint.Objects()) moved["sim/savepoint/" + key] = bytes;
    savepoint.SetObjects(std::move(moved));
    settings.directory = "/other-checkpoints";
    settings.options["execution.state-recovery.path"] = "s3://sim/savepoint";
    audit->Count("from the savepoint");
  } else {
    audit->Count("from the checkpoints");
  }
  Status status = RunJob(subject.job, settings, &machine);
  if (!status.ok()) return audit->Failed(coordinates, "continued: " + status.ToString());
  audit->Check(subject, machine, coordinates, ChangesMust::kFoldEqual);
}

}  // namespace

Result<bool> RunAndStop(const ReferenceJob& job, const RunSettings& settings, const StopCase& one,
                        SimEnvironment* machine, ObjectStore* target) {
  std::promise<Job*> started;
  std::shared_future<Job*> running = started.get_future().share();
  std::thread asker;
  Status asked = Status::OK();
  int64_t checkpoints = 0;
  bool has_asked = false;
  machine->SetHook([&](CallKind kind, const std::string& what) {
    if (kind != CallKind::kLink || what.find("/epochs/") == std::string::npos) return;
    if (checkpoints++ != one.checkpoint + 1) return;  // The first record is the fence.
    Job* running_job = running.get();
    if (running_job == nullptr) return;
    has_asked = true;
    asker = std::thread([&, running_job] { asked = running_job->Savepoint(target, one.end); });
    std::this_thread::sleep_for(std::chrono::milliseconds(kSavepointMillis));
  });
  JobWatch watch;
  watch.on_start = [&](Job* made) { started.set_value(made); };
  watch.on_end = [&] {
    if (asker.joinable()) asker.join();
  };
  Status status = RunJob(job, settings, machine, watch);
  machine->SetHook(nullptr);
  WEIR_RETURN_NOT_OK(status);
  if (has_asked && !asked.ok() && GetErrorInfo(asked).code != ErrorCode::kUnavailable) return asked;
  return has_asked && asked.ok();
}

AuditReport AuditStop(const AuditOptions& options) {
  Audit audit("stop", options);
  audit.ChangeJobs(WithSmallInputs);
  auto settings_of = [](uint64_t seed) {
    RunSettings settings;
    settings.parallelism = seed % 2 == 0 ? 2 : 1;
    settings.every_polls = 1;
    settings.options = {{"weir.batch.rows-max", "1"}};
    return settings;
  };
  audit.ForEachJob(settings_of, [&](Subject& subject, uint64_t seed) {
    int64_t num_checkpoints = 0;
    for (CallKind kind : subject.calls) num_checkpoints += kind == CallKind::kLink;
    std::vector<JobOutput> prefixes;
    for (SavepointEnd end : {SavepointEnd::kStop, SavepointEnd::kDrain}) {
      bool is_drain = end == SavepointEnd::kDrain;
      if (is_drain && subject.job.inputs.size() != 1) continue;
      for (int64_t checkpoint = 0; checkpoint < num_checkpoints; ++checkpoint) {
        std::string coordinates = fmt::format("{},seed={},checkpoint={},{}", subject.job.name, seed,
                                              checkpoint, is_drain ? "drain" : "stop");
        if (!audit.Wants(coordinates)) continue;
        if (is_drain && prefixes.empty()) {
          auto rows = RowsOfPrefixes(subject);
          if (!rows.ok()) return audit.Failed(coordinates, rows.status().ToString());
          prefixes = std::move(*rows);
        }
        RunStopCase(subject, {checkpoint, end}, prefixes, coordinates, &audit);
      }
    }
  });
  return audit.TakeReport();
}

}  // namespace weir::audit
