// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Calls that fail instead of machines that die: every call of the disk, and every call of the
// object store in each way in which such stores fail; once, or from then on. What is survived must
// give the right rows; what stops must name the reason, and must go on well once the fault is gone.
#include "audit.h"
#include "weir/testing/sim_object_store.h"

namespace weir::audit {
namespace {

std::string_view Often(bool for_ever) { return for_ever ? "for-ever" : "once"; }

/// An error that a person can act on.
bool IsNamed(const Status& status) {
  ErrorCode code = GetErrorInfo(status).code;
  return code != ErrorCode::kInternal && code != ErrorCode::kCancelled && !status.message().empty();
}

/// Half of the cases go on when a checkpoint fails: what it held must come with the next one.
RunSettings SettingsOf(const Subject& subject, int64_t call) {
  RunSettings settings = subject.settings;
  if (call % 2 != 0)
    settings.options["execution.checkpointing.tolerable-failed-checkpoints"] = "-1";
  return settings;
}

}  // namespace

AuditReport AuditDisk(const AuditOptions& options) {
  Audit audit("disk", options);
  auto visit = [&](Subject& subject, uint64_t seed) {
    for (size_t call = 0; call < subject.calls.size(); ++call) {
      for (DiskFault fault : {DiskFault::kDiskFull, DiskFault::kIoError, DiskFault::kShortWrite}) {
        if (fault != DiskFault::kIoError && IsReadOnly(subject.calls[call])) continue;
        for (bool for_ever : {false, true}) {
          constexpr std::string_view kNames[] = {"none", "disk-full", "io-error", "short-write"};
          std::string coordinates =
              fmt::format("{},seed={},call={},{},{}", subject.job.name, seed, call,
                          kNames[static_cast<size_t>(fault)], Often(for_ever));
          if (!audit.Wants(coordinates)) continue;
          SimEnvironment machine(MixSeeds(seed, call));
          PutInputs(subject.job, &machine);
          machine.SetPlan(
              {.fault_at = static_cast<int64_t>(call), .fault = fault, .for_ever = for_ever});
          RunSettings settings = SettingsOf(subject, static_cast<int64_t>(call));
          Status status = RunJob(subject.job, settings, &machine);
          audit.Count(status.ok() ? "survived" : "stopped");
          if (!status.ok()) {
            if (!IsNamed(status)) {
              audit.Failed(coordinates, "stopped without a reason: " + status.ToString());
              continue;
            }
            machine.RestartProcess();
            status = RunJob(subject.job, settings, &machine);
          }
          if (!status.ok()) {
            audit.Failed(coordinates, "after the fault: " + status.ToString());
            continue;
          }
          audit.Check(subject, machine, coordinates, ChangesMust::kBeEqual);
        }
      }
    }
  };
  audit.ForEachJob([](uint64_t) { return RunSettings{}; }, visit);
  return audit.TakeReport();
}

namespace {

struct StoreCase {
  int64_t call = 0;
  ObjectFault fault = ObjectFault::kNone;
  bool for_ever = false;
  bool while_restoring = false;  // The fault meets the second run, which restores.
};

/// The whole life of a job with one fault; an error says what was wrong.
Status RunStoreCase(const Subject& subject, const StoreCase& one, uint64_t seed, Audit* audit,
                    SimEnvironment* machine, SimObjectStore* store) {
  RunSettings settings = SettingsOf(subject, one.call);
  if (one.while_restoring) {
    machine->SetPlan({.crash_at = static_cast<int64_t>(subject.calls.size() * 2 / 3),
                      .moment = CrashMoment::kAfter});
    (void)RunJob(subject.job, settings, machine);
    machine->RestartProcess();
  }
  store->SetFault({.at = one.call, .fault = one.fault, .for_ever = one.for_ever});
  Status status = RunJob(subject.job, settings, machine);
  audit->Count(status.ok() ? "survived" : "stopped");
  if (status.ok()) return status;
  if (!IsNamed(status)) return Internal("stopped without a reason: {}", status.ToString());
  store->SetFault({});
  machine->RestartProcess();
  status = RunJob(subject.job, settings, machine);
  return status.ok() ? status : WithContext(status, "after the fault");
}

}  // namespace

AuditReport AuditStore(const AuditOptions& options) {
  Audit audit("store", options);
  auto settings_of = [](uint64_t) {
    RunSettings settings;
    settings.directory = "s3://sim/checkpoints";
    settings.options = {{"restart-strategy.type", "fixed-delay"},
                        {"restart-strategy.fixed-delay.attempts", "3"}};
    return settings;
  };
  audit.ForEachJob(settings_of, [&](Subject& subject, uint64_t seed) {
    for (int64_t call = 0; call < subject.num_store_calls; ++call) {
      for (int f = 1; f < kNumObjectFaults; ++f) {
        for (int how = 0; how < 4; ++how) {
          StoreCase one{call, static_cast<ObjectFault>(f), how % 2 != 0, how / 2 != 0};
          std::string coordinates =
              fmt::format("{},seed={},call={},{},{},{}", subject.job.name, seed, call,
                          ObjectFaultName(one.fault), Often(one.for_ever),
                          one.while_restoring ? "restoring" : "running");
          if (!audit.Wants(coordinates)) continue;
          uint64_t machine_seed = MixSeeds(seed, static_cast<uint64_t>(call * 100 + f));
          SimEnvironment machine(machine_seed);
          SimObjectStore store(&machine);
          machine.set_objects(&store);
          PutInputs(subject.job, &machine);
          Status status = RunStoreCase(subject, one, machine_seed, &audit, &machine, &store);
          if (status.ok()) {
            audit.Check(subject, machine, coordinates, ChangesMust::kBeEqual);
          } else {
            audit.Failed(coordinates, status.ToString());
          }
        }
      }
    }
  });
  return audit.TakeReport();
}

}  // namespace weir::audit
