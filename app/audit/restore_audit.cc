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
          SimEnvironment machine(MixSeeds(seed, static_cast<uint64_t>(from * 100 + to * 10 + place)));
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

void TryDamage(const Subject& subject, std::map<std::string, std::string> files,
               const std::string& path, uint64_t seed, int variant,
               const std::string& coordinates, Audit* audit) {
  SimRandom random(MixSeeds(seed, static_cast<uint64_t>(variant) * 7919 + path.size()));
  files[path] = Damaged(files[path], variant, &random);
  auto machine = CopyOf(files, MixSeeds(seed, 0xc0b1));
  Status status = RunJob(subject.job, subject.settings, machine.get());
  if (status.ok()) {
    audit->Count(fmt::format("{}: harmless", FolderName(path)));
    return audit->Check(subject, *machine, coordinates, ChangesMust::kFoldEqual);
  }
  audit->Count(fmt::format("{}: detected", FolderName(path)));
  if (GetErrorInfo(status).code != ErrorCode::kCorruption)
    audit->Failed(coordinates, "found, but not called damaged: " + status.ToString());
}

}  // namespace

AuditReport AuditDamage(const AuditOptions& options) {
  constexpr int kVariants = 24;
  Audit audit("damage", options);
  auto visit = [&](Subject& subject, uint64_t seed) {
    SimEnvironment machine(seed);
    PutInputs(subject.job, &machine);
    int64_t call = static_cast<int64_t>(subject.calls.size()) * 3 / 4;
    Status status = RunAndKill(subject, 1, call, &machine);
    if (!status.ok()) return audit.Failed(subject.job.name + ",prepare", status.ToString());
    auto files = machine.Files("/");
    for (const auto& [path, bytes] : files) {
      if (!path.starts_with("/checkpoints/") || path.ends_with("/LOCK")) continue;
      for (int variant = 0; variant < kVariants; ++variant) {
        std::string coordinates =
            fmt::format("{},seed={},{},variant={}", subject.job.name, seed, path, variant);
        if (!audit.Wants(coordinates)) continue;
        TryDamage(subject, files, path, seed, variant, coordinates, &audit);
      }
    }
  };
  audit.ForEachJob([](uint64_t) { return RunSettings{}; }, visit);
  return audit.TakeReport();
}

}  // namespace weir::audit
