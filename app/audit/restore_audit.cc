// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Restores: at another parallelism, and from state that has been damaged.
#include "audit.h"
#include "weir/testing/sim_object_store.h"

namespace weir::audit {
namespace {

constexpr int kParallelisms[] = {1, 2, 3, 8};
constexpr int kKillPlaces = 4;  // Kills at 1/5, 2/5, ... of the calls; place 0: none.

/// Runs the job at `parallelism` and kills it after `call` calls.
Status RunAndKill(const Subject& subject, int parallelism, int64_t call, SimEnvironment* machine) {
  RunSettings settings = subject.settings;
  settings.parallelism = parallelism;
  machine->SetPlan({.crash_at = call, .moment = CrashMoment::kAfter});
  Status status = RunJob(subject.job, settings, machine);
  if (machine->is_crashed()) status = Status::OK();
  machine->RestartProcess();
  return status;
}

/// A copy of what lies on the disk. Another seed: names that are random must not come again.
std::unique_ptr<SimEnvironment> CopyOf(const std::map<std::string, std::string>& files,
                                       uint64_t seed) {
  auto machine = std::make_unique<SimEnvironment>(seed);
  for (const auto& [path, bytes] : files) machine->WriteFile(path, bytes);
  return machine;
}

std::string_view FolderName(const std::string& path) {
  size_t slash = path.rfind('/');
  size_t before = path.rfind('/', slash - 1);
  return std::string_view(path).substr(before + 1, slash - before - 1);
}

}  // namespace

AuditReport AuditRescale(const AuditOptions& options) {
  Audit audit("rescale", options);
  auto visit = [&](Subject& subject, uint64_t seed) {
    for (int from : kParallelisms) {
      for (int to : kParallelisms) {
        if (subject.job.has_late_rows && (from != 1 || to != 1)) continue;
        for (int place = from == to ? 0 : 1; place <= kKillPlaces; ++place) {
          std::string coordinates =
              fmt::format("{},seed={},{}-to-{},place={}", subject.job.name, seed, from, to, place);
          if (!audit.Wants(coordinates)) continue;
          SimEnvironment machine(
              MixSeeds(seed, static_cast<uint64_t>(from * 100 + to * 10 + place)));
          PutInputs(subject.job, &machine);
          int64_t call = static_cast<int64_t>(subject.calls.size()) * place / (kKillPlaces + 1) +
                         static_cast<int64_t>(seed % 7);
          if (place == 0) call = -1;
          Status status = RunAndKill(subject, from, call, &machine);
          RunSettings settings = subject.settings;
          settings.parallelism = to;
          if (status.ok()) status = RunJob(subject.job, settings, &machine);
          if (status.ok()) {
            audit.Check(subject, machine, coordinates, ChangesMust::kFoldEqual);
          } else {
            audit.Failed(coordinates, status.ToString());
          }
        }
      }
    }
  };
  audit.ForEachJob([](uint64_t) { return RunSettings{}; }, visit);
  return audit.TakeReport();
}

namespace {

constexpr int kVariants = 24;

/// Flips a bit, or cuts the file off (every fourth time).
std::string Damaged(const std::string& bytes, int variant, SimRandom* random) {
  std::string damaged = bytes;
  if (bytes.empty()) return "x";
  if (variant % 4 == 3) {
    damaged.resize(random->Below(bytes.size()));
  } else {
    uint64_t bit = random->Below(bytes.size() * 8);
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
  }
  return damaged;
}

/// What became of a run from damaged state: the right rows, or a named error.
void CheckDamaged(const Subject& subject, const Status& status, const SimEnvironment& machine,
                  const std::string& kind, const std::string& coordinates, Audit* audit) {
  if (status.ok()) {
    audit->Count(kind + ": harmless");
    return audit->Check(subject, machine, coordinates, ChangesMust::kFoldEqual);
  }
  audit->Count(kind + ": detected");
  // A format version is read before the checksum that stands behind it: another one is not known.
  ErrorCode code = GetErrorInfo(status).code;
  bool is_version = code == ErrorCode::kUnsupported &&
                    status.message().find("format version") != std::string::npos;
  if (code != ErrorCode::kCorruption && !is_version)
    audit->Failed(coordinates, "found, but not called damaged: " + status.ToString());
}

void DamageCheckpoints(const Subject& subject, uint64_t seed, Audit* audit) {
  SimEnvironment machine(seed);
  PutInputs(subject.job, &machine);
  int64_t call = static_cast<int64_t>(subject.calls.size()) * 3 / 4;
  Status status = RunAndKill(subject, 1, call, &machine);
  if (!status.ok()) return audit->Failed(subject.job.name + ",prepare", status.ToString());
  const std::map<std::string, std::string> files = machine.Files("/");
  for (const auto& [path, bytes] : files) {
    if (!path.starts_with("/checkpoints/") || path.ends_with("/LOCK")) continue;
    for (int variant = 0; variant < kVariants; ++variant) {
      std::string coordinates =
          fmt::format("{},seed={},{},variant={}", subject.job.name, seed, path, variant);
      if (!audit->Wants(coordinates)) continue;
      SimRandom random(MixSeeds(seed, static_cast<uint64_t>(variant) * 7919 + path.size()));
      auto damaged = files;
      damaged[path] = Damaged(bytes, variant, &random);
      auto copy = CopyOf(damaged, MixSeeds(seed, 0xc0b1));
      status = RunJob(subject.job, subject.settings, copy.get());
      CheckDamaged(subject, status, *copy, std::string(FolderName(path)), coordinates, audit);
    }
  }
}

void DamageSavepoint(const Subject& subject, uint64_t seed, Audit* audit) {
  constexpr int64_t kCheckpoint = 2;
  SimEnvironment machine(seed);
  SimObjectStore store(&machine);
  PutInputs(subject.job, &machine);
  machine.SetPlan({});
  auto stopped = RunAndStop(subject.job, subject.settings, {kCheckpoint, SavepointEnd::kStop},
                            &machine, &store);
  if (!stopped.ok())
    return audit->Failed(subject.job.name + ",prepare", stopped.status().ToString());
  if (!*stopped) return;  // A job of very few reads.
  const std::map<std::string, std::string> files = machine.Files("/");
  RunSettings settings = subject.settings;
  settings.directory = "/other-checkpoints";
  settings.options["execution.state-recovery.path"] = "s3://sim/savepoint";
  for (const auto& [key, bytes] : store.Objects()) {
    for (int variant = 0; variant < kVariants; ++variant) {
      std::string coordinates =
          fmt::format("{},seed={},savepoint/{},variant={}", subject.job.name, seed, key, variant);
      if (!audit->Wants(coordinates)) continue;
      SimRandom random(MixSeeds(seed, static_cast<uint64_t>(variant) * 7919 + key.size()));
      auto copy = CopyOf(files, MixSeeds(seed, 0xc0b2));
      SimObjectStore objects(copy.get());
      std::map<std::string, std::string> damaged;
      for (const auto& [other, good] : store.Objects()) damaged["sim/savepoint/" + other] = good;
      damaged["sim/savepoint/" + key] = Damaged(bytes, variant, &random);
      objects.SetObjects(std::move(damaged));
      copy->set_objects(&objects);
      Status status = RunJob(subject.job, settings, copy.get());
      CheckDamaged(subject, status, *copy, "savepoint", coordinates, audit);
    }
  }
}

}  // namespace

AuditReport AuditDamage(const AuditOptions& options) {
  Audit audit("damage", options);
  audit.ForEachJob([](uint64_t) { return RunSettings{}; },
                   [&](Subject& subject, uint64_t seed) {
                     DamageCheckpoints(subject, seed, &audit);
                     DamageSavepoint(subject, seed, &audit);
                   });
  return audit.TakeReport();
}

}  // namespace weir::audit
