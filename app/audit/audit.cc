// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "audit.h"

#include <re2/re2.h>

#include "weir/testing/sim_object_store.h"

namespace weir::audit {

uint64_t MixSeeds(uint64_t a, uint64_t b) { return SimRandom(a * 0x9e3779b97f4a7c15 + b).Next(); }

void Audit::ForEachJob(const std::function<RunSettings(uint64_t seed)>& settings_of,
                       const std::function<void(Subject&, uint64_t seed)>& visit) {
  RE2 pattern(options_.jobs);
  std::vector<ReferenceJob> jobs = AllReferenceJobs();
  for (seed_ = options_.first_seed; seed_ <= options_.last_seed; ++seed_) {
    report_.num_jobs = 0;
    for (const ReferenceJob& job : jobs) {
      if (is_done()) return;
      if (!options_.jobs.empty() && !RE2::FullMatch(job.name, pattern)) continue;
      if (!options_.only.empty() && !options_.only.starts_with(job.name + ",")) continue;
      ++report_.num_jobs;
      Subject subject{change_ ? change_(job) : job, settings_of(seed_), {}, {}, 0};
      if (Prepare(&subject)) visit(subject, seed_);
    }
  }
}

bool Audit::Prepare(Subject* subject) {
  std::string coordinates = fmt::format("{},seed={},undisturbed", subject->job.name, seed_);
  SimEnvironment machine(1);
  SimObjectStore store(&machine);
  machine.set_objects(&store);
  PutInputs(subject->job, &machine);
  machine.SetPlan({});
  Status status = RunJob(subject->job, subject->settings, &machine);
  auto expected = status.ok() ? ReadOutput(subject->job, machine) : Result<JobOutput>(status);
  if (!expected.ok()) {
    Failed(coordinates, expected.status().ToString());
    return false;
  }
  subject->calls = machine.Calls();
  subject->num_store_calls = store.num_calls();
  subject->expected = std::move(*expected);
  bool is_empty = true;
  for (const auto& [path, sink] : subject->expected.sinks) is_empty &= sink.rows.empty();
  if (is_empty) Failed(coordinates, "the job writes no rows");
  if (!subject->expected.leftovers.empty())
    Failed(coordinates, "left over: " + subject->expected.leftovers[0]);
  return true;
}

bool Audit::Wants(const std::string& coordinates) {
  if (!options_.only.empty()) {
    if (coordinates != options_.only) return false;
  } else {
    if (is_done()) return false;
    int64_t number = next_case_++;
    if (number % options_.num_shards != options_.shard) return false;
    int64_t in_shard = number / options_.num_shards;
    if (in_shard % options_.every != static_cast<int64_t>(seed_) % options_.every) return false;
  }
  ++report_.runs;
  if (options_.is_verbose) fmt::print(stderr, "{} {}\n", name_, coordinates);
  return true;
}

void Audit::Failed(const std::string& coordinates, const std::string& what) {
  report_.failures.push_back(fmt::format("{}\n    repeat: build/release/weir-audit {} --only '{}'",
                                         what, name_, coordinates));
}

void Audit::Check(const Subject& subject, const SimEnvironment& machine,
                  const std::string& coordinates, ChangesMust changes) {
  auto actual = ReadOutput(subject.job, machine);
  if (!actual.ok()) return Failed(coordinates, actual.status().ToString());
  auto difference = Difference(subject.job, subject.expected, *actual, changes);
  if (difference) Failed(coordinates, *difference);
}

}  // namespace weir::audit
