// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// weir-audit AUDIT [options]: tries misfortunes on the reference jobs in a simulated world and
// counts. `./dev audit` runs all of them; a failure prints the command that repeats it.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <ctime>

#include "audit.h"

namespace weir::audit {
namespace {

struct Entry {
  const char* name;
  const char* what;
  AuditReport (*run)(const AuditOptions&);
};

constexpr Entry kAudits[] = {
    {"crash", "the machine dies at every call, before, after, torn", AuditCrashes},
    {"store-crash", "the same with checkpoints in an object store", AuditStoreCrashes},
    {"disk", "every call: disk full, error, short write; once and for ever", AuditDisk},
    {"store", "every call of the object store fails in nine ways", AuditStore},
    {"rescale", "killed at parallelism {1,2,3,8}, continued at {1,2,3,8}", AuditRescale},
    {"stop", "stopped with a savepoint after each record, with and without drain", AuditStop},
    {"damage", "flipped bits and cut-off files of state", AuditDamage},
    {"s3", "a real S3 server: its contract, and crashes of jobs that keep their state there",
     AuditS3},
};

/// Reads the seed of "job,seed=7,...".
uint64_t SeedOf(const std::string& coordinates) {
  size_t at = coordinates.find(",seed=");
  return at == std::string::npos ? 1 : std::strtoull(coordinates.c_str() + at + 6, nullptr, 10);
}

bool ParseSeeds(const std::string& text, AuditOptions* options) {
  size_t dots = text.find("..");
  char* end = nullptr;
  options->first_seed = std::strtoull(text.c_str(), &end, 10);
  options->last_seed = dots == std::string::npos ? options->first_seed
                                                 : std::strtoull(text.c_str() + dots + 2, &end, 10);
  return *end == '\0' && options->first_seed > 0 && options->last_seed >= options->first_seed;
}

void AppendLedger(const std::string& path, const std::string& name, const std::string& commit,
                  const AuditOptions& options, const AuditReport& report, double seconds) {
  std::FILE* file = std::fopen(path.c_str(), "a");
  if (file == nullptr) {
    std::fprintf(stderr, "weir-audit: the ledger '%s' cannot be written\n", path.c_str());
    return;
  }
  std::time_t now = std::time(nullptr);
  char date[32];
  std::strftime(date, sizeof(date), "%Y-%m-%d", std::gmtime(&now));
  std::string kinds;
  for (const auto& [kind, count] : report.kinds)
    kinds += fmt::format("{}\"{}\":{}", kinds.empty() ? "" : ",", kind, count);
  fmt::print(
      file,
      "{{\"date\":\"{}\",\"commit\":\"{}\",\"audit\":\"{}\",\"jobs\":{},\"seeds\":\"{}..{}\","
      "\"every\":{},\"shard\":\"{}/{}\",\"runs\":{},\"not_reached\":{},\"failed\":{},"
      "\"seconds\":{:.0f},\"kinds\":{{{}}}}}\n",
      date, commit, name, report.num_jobs, options.first_seed, options.last_seed, options.every,
      options.shard, options.num_shards, report.runs, report.not_reached, report.failures.size(),
      seconds, kinds);
  std::fclose(file);
}

int Run(int argc, char** argv) {
  CLI::App app{"Misfortunes, tried on the reference jobs in a simulated world"};
  std::string name, seeds = "1", ledger, commit = "unknown";
  AuditOptions options;
  app.add_option("audit", name,
                 "crash, store-crash, disk, store, rescale, stop, damage, s3; or list")
      ->required();
  app.add_option("--jobs", options.jobs, "regular expression of the jobs' names");
  app.add_option("--seeds", seeds, "one, or first..last");
  app.add_option("--every", options.every, "only every n-th case")->check(CLI::PositiveNumber);
  app.add_option("--runs-max", options.runs_max, "stop after so many runs");
  std::string shard = "0/1";
  app.add_option("--shard", shard, "i/n: this process runs every n-th case");
  app.add_option("--only", options.only, "the coordinates of one case, as a failure prints them");
  app.add_option("--ledger", ledger, "append a line of JSON to this file");
  app.add_option("--commit", commit, "what the ledger says of the commit");
  app.add_flag("--verbose", options.is_verbose, "print each case");
  CLI11_PARSE(app, argc, argv);
  if (name == "list") {
    for (const ReferenceJob& job : AllReferenceJobs())
      fmt::print("{:26} {}\n", job.name, job.operators);
    return 0;
  }
  if (!options.only.empty()) options.first_seed = options.last_seed = SeedOf(options.only);
  if (options.only.empty() && !ParseSeeds(seeds, &options)) {
    std::fprintf(stderr, "weir-audit: '%s' is no range of seeds, like 1..4\n", seeds.c_str());
    return 2;
  }
  if (std::sscanf(shard.c_str(), "%d/%d", &options.shard, &options.num_shards) != 2 ||
      options.num_shards < 1 || options.shard < 0 || options.shard >= options.num_shards) {
    std::fprintf(stderr, "weir-audit: '%s' is no shard, like 0/2\n", shard.c_str());
    return 2;
  }
  for (const Entry& entry : kAudits) {
    if (name != entry.name) continue;
    auto begin = std::chrono::steady_clock::now();
    AuditReport report = entry.run(options);
    double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    constexpr size_t kFailuresShown = 20;
    for (size_t i = 0; i < report.failures.size() && i < kFailuresShown; ++i)
      fmt::print("FAILED {}\n", report.failures[i]);
    if (report.runs == 0 && report.failures.empty()) report.failures.push_back("no case was run");
    if (!ledger.empty()) AppendLedger(ledger, name, commit, options, report, seconds);
    std::string kinds;
    for (const auto& [kind, count] : report.kinds) kinds += fmt::format(", {} {}", kind, count);
    fmt::print("{}: {} jobs, {} runs ({} past the end{}), {:.1f} s\n", name, report.num_jobs,
               report.runs, report.not_reached, kinds, seconds);
    int64_t failed = static_cast<int64_t>(report.failures.size());
    fmt::print("{} passed, {} failed\n", std::max<int64_t>(report.runs - failed, 0), failed);
    return failed == 0 ? 0 : 1;
  }
  std::fprintf(stderr, "weir-audit: there is no audit '%s'\n", name.c_str());
  return 2;
}

}  // namespace
}  // namespace weir::audit

int main(int argc, char** argv) { return weir::audit::Run(argc, argv); }
