// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// weir-conformance --cases DIR [--filter RE] [--report FILE]
//                  [--parallelism N] [--restore-parallelism N]
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include "conformance.h"

namespace weir::conformance {
namespace {

namespace fs = std::filesystem;

bool HasPrograms(const std::string& dir) {
  for (const std::string& file : CaseFiles(dir)) {
    std::ifstream in(file);
    std::string line;
    if (!std::getline(in, line)) continue;
    Json first = Json::parse(line, nullptr, false);
    if (first.is_object() && first.contains("runs") && first.contains("setup")) return true;
  }
  return false;
}

/// Runs what `dir` holds by the files in it; folders of the corpus are looked into.
Status RunDirectory(const std::string& dir, const RunOptions& options, int depth, int* forms) {
  if (fs::exists(fs::path(dir) / "fixtures.json")) {
    ++*forms;
    return RunExpressions(dir, options);
  }
  if (fs::exists(fs::path(dir) / "prelude.sql")) {
    ++*forms;
    return RunNexmark(dir, options);
  }
  if (!CaseFiles(dir).empty()) {
    for (const fs::path& place : {fs::path(dir), fs::path(dir).parent_path()}) {
      if (!fs::exists(place / "tables.json")) continue;
      ++*forms;
      return RunQueries(dir, place / "tables.json", options);
    }
    if (HasPrograms(dir)) {
      ++*forms;
      return RunPrograms(dir, options);
    }
  }
  if (depth == 0) return Status::OK();
  std::vector<std::string> folders;
  for (const auto& entry : fs::directory_iterator(dir)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  for (const std::string& folder : folders)
    WEIR_RETURN_NOT_OK(RunDirectory(folder, options, depth - 1, forms));
  return Status::OK();
}

struct Counts {
  int passed = 0, failed = 0, unsupported = 0;
  std::map<std::string, int> reasons;
};

int Main(int argc, char** argv) {
  CLI::App app("Runs conformance cases against Weir.", "weir-conformance");
  std::string cases, report_file;
  RunOptions options;
  bool verbose = false;
  app.add_option("--cases", cases, "Folder of cases")->required();
  app.add_option("--filter", options.filter, "Only cases whose id matches this regular expression");
  app.add_option("--report", report_file, "Writes one JSON object a case");
  app.add_option("--parallelism", options.parallelism,
                 "Of programs; with more than 1 only the content of sinks is compared")
      ->check(CLI::Range(1, 128));
  CLI::Option* restore_parallelism =
      app.add_option("--restore-parallelism", options.restore_parallelism,
                     "Of programs started from their savepoint; else as --parallelism")
          ->check(CLI::Range(1, 128));
  app.add_flag("--verbose", verbose, "Prints every case that did not pass");
  CLI11_PARSE(app, argc, argv);
  if (restore_parallelism->empty()) options.restore_parallelism = options.parallelism;
  if (!fs::is_directory(cases)) {
    std::fprintf(stderr, "weir-conformance: no folder '%s'\n", cases.c_str());
    return 2;
  }
  try {
    std::regex check(options.filter);
  } catch (const std::regex_error& error) {
    std::fprintf(stderr, "weir-conformance: --filter is no regular expression: %s\n", error.what());
    return 2;
  }
  std::ofstream report;
  if (!report_file.empty()) {
    report.open(report_file);
    if (!report) {
      std::fprintf(stderr, "weir-conformance: cannot write '%s'\n", report_file.c_str());
      return 2;
    }
  }
  std::map<std::string, Counts> files;
  Counts all;
  options.report = [&](CaseResult result) {
    static constexpr const char* kNames[] = {"passed", "failed", "unsupported"};
    const char* status = kNames[static_cast<int>(result.outcome)];
    for (Counts* counts : {&files[result.file], &all}) {
      (result.outcome == Outcome::kPassed   ? counts->passed
       : result.outcome == Outcome::kFailed ? counts->failed
                                            : counts->unsupported)++;
      if (result.outcome != Outcome::kPassed)
        ++counts->reasons[std::string(status) + ": " + result.reason];
    }
    if (report.is_open()) {
      Json line = {
          {"id", result.id}, {"file", result.file}, {"status", status}, {"reason", result.reason}};
      report << line.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n" << std::flush;
    }
    if (verbose && result.outcome != Outcome::kPassed) {
      std::printf("%s %s: %s\n", status, result.id.c_str(), result.reason.c_str());
      std::fflush(stdout);
    }
  };
  int forms = 0;
  Status status = RunDirectory(cases, options, 2, &forms);
  if (status.ok() && forms == 0)
    status = InvalidData("'{}' holds none of the known forms of cases", cases);
  for (const auto& [file, counts] : files) {
    std::printf("%-48s %5d passed %5d failed %5d unsupported\n", file.c_str(), counts.passed,
                counts.failed, counts.unsupported);
    for (const auto& [reason, count] : counts.reasons) {
      std::printf("    %4d x %s\n", count,
                  reason.size() > 160 ? (reason.substr(0, 160) + "...").c_str() : reason.c_str());
    }
  }
  std::printf("total: %d passed, %d failed, %d unsupported\n", all.passed, all.failed,
              all.unsupported);
  if (!status.ok()) {
    std::fprintf(stderr, "weir-conformance: %s\n", status.message().c_str());
    return 2;
  }
  return all.failed == 0 && all.passed + all.unsupported > 0 ? 0 : 1;
}

}  // namespace
}  // namespace weir::conformance

int main(int argc, char** argv) { return weir::conformance::Main(argc, argv); }
