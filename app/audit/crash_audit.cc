// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Crashes at every outside call. A case "tumble,seed=3,call=41,torn" is wholly determined by its
// name: the machine's seed, the parallelism, and whether it dies a second time while recovering
// come from it.
#include "audit.h"
#include "weir/testing/sim_object_store.h"

namespace weir::audit {
namespace {

constexpr std::string_view kMoments[] = {"before", "after", "torn"};
constexpr int kCrashesMax = 4;

struct CrashCase {
  int64_t call = 0;
  CrashMoment moment = CrashMoment::kBefore;
  uint64_t seed = 0;
};

void PrintTrace(const SimEnvironment& machine, const std::string& what) {
  int64_t number = 0;
  for (const std::string& call : machine.Trace()) fmt::print(stderr, "  {:4} {}\n", number++, call);
  fmt::print(stderr, "{}\n", what);
  for (const auto& [path, bytes] : machine.Files("/"))
    fmt::print(stderr, "  {:6} bytes  {}\n", bytes.size(), path);
}

/// Runs until the job has ended, dying first where the case says, then perhaps again.
Status RunWithCrashes(const Subject& subject, const CrashCase& one, bool is_verbose,
                      SimEnvironment* machine, bool* has_crashed) {
  SimRandom random(one.seed ^ 0xc4a5);
  if (is_verbose) machine->set_keep_trace();
  machine->SetPlan({.crash_at = one.call, .moment = one.moment});
  for (int crashes = 0;; ++crashes) {
    Status status = RunJob(subject.job, subject.settings, machine);
    if (is_verbose) PrintTrace(*machine, "ended: " + status.ToString());
    if (!machine->is_crashed()) return status;
    *has_crashed = true;
    machine->Restart();
    // A machine that comes up may have another idea of the time.
    constexpr int64_t kHour = 3'600'000'000,
                      kJumps[] = {0, 0, kHour, -kHour, 90'000 * kHour, -90'000 * kHour};
    machine->clock().JumpWall(kJumps[random.Below(6)]);
    if (is_verbose) PrintTrace(*machine, "after the restart:");
    if (crashes + 1 < kCrashesMax && random.Below(4) == 0) {
      machine->SetPlan({.crash_at = static_cast<int64_t>(random.Below(subject.calls.size())),
                        .moment = static_cast<CrashMoment>(random.Below(3))});
    }
  }
}

AuditReport CrashEverywhere(const std::string& name, const AuditOptions& options,
                            const std::string& directory) {
  Audit audit(name, options);
  auto settings_of = [&](uint64_t seed) {
    RunSettings settings;
    settings.parallelism = seed % 2 == 0 ? 2 : 1;
    settings.directory = directory;
    return settings;
  };
  audit.ForEachJob(settings_of, [&](Subject& subject, uint64_t seed) {
    for (size_t call = 0; call < subject.calls.size(); ++call) {
      if (IsReadOnly(subject.calls[call])) continue;
      for (int m = 0; m < 3; ++m) {
        std::string coordinates =
            fmt::format("{},seed={},call={},{}", subject.job.name, seed, call, kMoments[m]);
        if (!audit.Wants(coordinates)) continue;
        CrashCase one{static_cast<int64_t>(call), static_cast<CrashMoment>(m),
                      MixSeeds(seed, call * 3 + static_cast<size_t>(m))};
        SimEnvironment machine(one.seed);
        SimObjectStore store(&machine);
        machine.set_objects(&store);
        PutInputs(subject.job, &machine);
        bool has_crashed = false;
        Status status = RunWithCrashes(subject, one, options.is_verbose, &machine, &has_crashed);
        if (!has_crashed) audit.NotReached();
        audit.Count(std::string(CallKindName(subject.calls[call])));
        if (!status.ok()) {
          audit.Failed(coordinates, status.ToString());
        } else {
          // Local aggregates give out what they have at each barrier, wherever that falls.
          audit.Check(
              subject, machine, coordinates,
              subject.settings.parallelism == 1 ? ChangesMust::kBeEqual : ChangesMust::kFoldEqual);
        }
      }
    }
  });
  return audit.TakeReport();
}

}  // namespace

AuditReport AuditCrashes(const AuditOptions& options) {
  return CrashEverywhere("crash", options, "/checkpoints");
}

AuditReport AuditStoreCrashes(const AuditOptions& options) {
  return CrashEverywhere("store-crash", options, "s3://sim/checkpoints");
}

}  // namespace weir::audit
