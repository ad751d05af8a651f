// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The audits: each tries one kind of misfortune on every reference job and counts. A case is named
// by its coordinates; the name is also the command that repeats it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "job_run.h"
#include "weir/runtime/executor.h"

namespace weir::audit {

struct AuditOptions {
  std::string jobs = "";  // Regular expression; empty: all.
  uint64_t first_seed = 1, last_seed = 1;
  int shard = 0, num_shards = 1;  // Runs number i with i % num_shards == shard.
  int64_t runs_max = 0;           // Stop after so many; 0: all.
  int64_t every = 1;              // Only every n-th case, beginning with another one each seed.
  std::string only = "";          // The coordinates of one case; the seeds are those in it.
  bool is_verbose = false;
};

struct AuditReport {
  int64_t runs = 0;
  int64_t not_reached = 0;  // The misfortune lay behind the end of the run.
  int64_t num_jobs = 0;
  std::vector<std::string> failures;  // "coordinates: what".
  std::map<std::string, int64_t> kinds;
};

/// The machine dies at every call that changes anything, before, after or in the middle of it.
AuditReport AuditCrashes(const AuditOptions& options);
/// As AuditCrashes, with checkpoints in an object store.
AuditReport AuditStoreCrashes(const AuditOptions& options);
/// Every call fails once or from then on: disk full, error, short write.
AuditReport AuditDisk(const AuditOptions& options);
/// Every call of the object store fails in every way, once or from then on.
AuditReport AuditStore(const AuditOptions& options);
/// Killed at several places at one parallelism, continued at another.
AuditReport AuditRescale(const AuditOptions& options);
/// Stopped with a savepoint at every record position, with and without drain, and continued.
AuditReport AuditStop(const AuditOptions& options);
/// A real S3 server, named by AWS's variables and WEIR_S3_BUCKET.
AuditReport AuditS3(const AuditOptions& options);
/// Every file of state with flipped bits or cut off.
AuditReport AuditDamage(const AuditOptions& options);

// ---- For the audits ----

/// A reference job with the answer of its undisturbed run.
struct Subject {
  ReferenceJob job;
  RunSettings settings;
  JobOutput expected;
  std::vector<CallKind> calls;
  int64_t num_store_calls = 0;
};

/// Walks over jobs, seeds and cases, and keeps the count.
class Audit {
 public:
  Audit(std::string name, const AuditOptions& options)
      : name_(std::move(name)), options_(options) {}

  /// visit(subject, seed) for each seed and each job that matches, after its undisturbed run.
  void ForEachJob(const std::function<RunSettings(uint64_t seed)>& settings_of,
                  const std::function<void(Subject&, uint64_t seed)>& visit);
  /// Jobs are changed so before anything else; before ForEachJob.
  void ChangeJobs(std::function<ReferenceJob(ReferenceJob)> change) { change_ = std::move(change); }
  /// Whether this case is to be run here; counts it.
  bool Wants(const std::string& coordinates);
  void CountRun() { ++report_.runs; }
  void Failed(const std::string& coordinates, const std::string& what);
  void NotReached() { ++report_.not_reached; }
  void Count(const std::string& kind) { ++report_.kinds[kind]; }
  /// Compares what the machine holds with what is expected.
  void Check(const Subject& subject, const SimEnvironment& machine, const std::string& coordinates,
             ChangesMust changes);
  bool is_done() const { return options_.runs_max > 0 && report_.runs >= options_.runs_max; }
  AuditReport TakeReport() { return std::move(report_); }
  const AuditOptions& options() const { return options_; }

 private:
  std::string name_;
  AuditOptions options_;
  AuditReport report_;
  /// The job's undisturbed run; false: it failed, which is counted.
  bool Prepare(Subject* subject);

  std::function<ReferenceJob(ReferenceJob)> change_;
  int64_t next_case_ = 0;
  uint64_t seed_ = 0;  // Of the cases now asked for.
};

struct StopCase {
  int64_t checkpoint = 0;  // The one during which the savepoint is asked for.
  SavepointEnd end = SavepointEnd::kStop;
};

/// Starts the job, asks for a savepoint at the right moment, waits for the end. False: the job
/// ended before it.
Result<bool> RunAndStop(const ReferenceJob& job, const RunSettings& settings, const StopCase& one,
                        SimEnvironment* machine, ObjectStore* target);

uint64_t MixSeeds(uint64_t a, uint64_t b);

}  // namespace weir::audit
