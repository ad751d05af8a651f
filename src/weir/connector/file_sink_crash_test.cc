// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The file sink on a simulated machine that crashes at every call. A small job writes numbered rows
// with two writers and takes checkpoints; after each crash it starts from the newest epoch. In the
// end each row is there once, and nothing else is.
#include <gmock/gmock.h>

#include <optional>
#include <ostream>
#include <sstream>

#include "weir/connector/test_sink.h"
#include "weir/testing/sim_environment.h"

namespace weir {
namespace {

struct SinkCase {
  std::string name;
  std::string format;
  std::map<std::string, std::string> options;
  bool partitioned = false;
  bool overwrites = false;
};

void PrintTo(const SinkCase& sink_case, std::ostream* out) { *out << sink_case.name; }

constexpr int kRows = 12;  // In batches of one, a checkpoint after every third.

/// The job, and what lies outside the machine: the newest epoch.
class CrashingJob {
 public:
  CrashingJob(const SinkCase& sink_case, uint64_t seed) : case_(sink_case), machine_(seed) {
    machine_.clock().set_micros_per_reading(1000);
    auto options = case_.options;
    options.insert({{"connector", "filesystem"}, {"path", "/out"}, {"format", case_.format}});
    table_ = std::make_unique<TestTable>(options, case_.partitioned ? "a INT, p STRING" : "a INT");
    if (case_.partitioned) table_->Partitioned({"p"});
    table_->context().environment = &machine_.environment();
    table_->context().job_id = "job";
    machine_.WriteFile("/out/.other.part-0-0-00000.json.inprogress", "another job's");
    if (case_.overwrites) machine_.WriteFile("/out/old." + case_.format, "not to be seen");
  }

  SimEnvironment& machine() { return machine_; }
  bool is_done() const { return is_done_; }

  /// From the newest epoch to the end, or to a crash.
  Status Run() {
    SinkRun run(table_.get(), 2);
    bool restores = epoch_.has_value();
    WEIR_RETURN_NOT_OK(run.Start(restores ? &*epoch_ : nullptr, case_.overwrites && !restores));
    if (is_done_) return Status::OK();
    for (int row = next_row_; row < kRows;) {
      WEIR_RETURN_NOT_OK(run.Write(row % 2, RowText(row)));
      WEIR_RETURN_NOT_OK(run.Watermark(row % 2, row));
      ++row;
      if (row % 3 != 0 || row == kRows) continue;
      WEIR_ASSIGN_OR_RETURN(SinkEpoch epoch, run.Prepare());
      if (row % 2 == 0) continue;  // This one is given up.
      epoch_ = std::move(epoch);
      next_row_ = row;
      WEIR_RETURN_NOT_OK(run.Publish());
    }
    WEIR_ASSIGN_OR_RETURN(SinkEpoch last, run.Prepare(PreparePoint::kEnd));
    epoch_ = std::move(last);
    next_row_ = kRows;
    is_done_ = true;
    return run.Publish();
  }

  /// What is visible, sorted; or "error: ...".
  std::string Visible() {
    std::vector<int> numbers;
    std::string text = table_->Read();
    if (text.rfind("error", 0) == 0) return text;
    for (size_t at = 0; (at = text.find("+I[", at)) != std::string::npos; ++at)
      numbers.push_back(std::atoi(text.c_str() + at + 3));
    std::sort(numbers.begin(), numbers.end());
    return fmt::format("{}", fmt::join(numbers, " "));
  }
  std::string Leftovers() {
    std::string names;
    for (const auto& [path, bytes] : machine_.Files("/out")) {
      std::string name = path.substr(path.rfind('/') + 1);
      if (name[0] == '.' && name.rfind(".other.", 0) != 0) names += name + " ";
    }
    return names;
  }
  int SuccessFiles() {
    int count = 0;
    for (const auto& [path, bytes] : machine_.Files("/out"))
      count += path.substr(path.rfind('/') + 1) == "_SUCCESS" ? 1 : 0;
    return count;
  }

 private:
  std::string RowText(int row) const {
    return case_.partitioned ? fmt::format("[[{},\"{}\"]]", row, row / 6)
                             : fmt::format("[[{}]]", row);
  }

  SinkCase case_;
  SimEnvironment machine_;
  std::unique_ptr<TestTable> table_;
  std::optional<SinkEpoch> epoch_;
  int next_row_ = 0;
  bool is_done_ = false;
};

std::vector<SinkCase> Cases() {
  std::map<std::string, std::string> compact = {{"auto-compaction", "true"},
                                                {"compaction.file-size", "40 b"}};
  std::map<std::string, std::string> commit = {
      {"sink.partition-commit.policy.kind", "success-file"}};
  std::map<std::string, std::string> both = compact;
  both.insert(commit.begin(), commit.end());
  both["sink.partition-commit.delay"] = "1 d";
  std::map<std::string, std::string> header = {{"csv.header", "true"},
                                               {"sink.rolling-policy.file-size", "5 b"}};
  std::map<std::string, std::string> header_compact = compact;
  header_compact["csv.header"] = "true";
  return {
      {"JsonStaysOpen", "json", {}},
      {"CsvRolls", "csv", header},
      {"Parquet", "parquet", {}, true},
      {"JsonMerges", "json", compact, true},
      {"CsvMerges", "csv", header_compact},
      {"ParquetMerges", "parquet", compact},
      {"JsonCommitsPartitions", "json", commit, true},
      {"JsonMergesAndCommits", "json", both, true},
      {"JsonOverwrites", "json", {}, false, true},
  };
}

// Whether "0 3 4" holds numbers in order, none twice, or the directory is not there yet.
bool IsPart(const std::string& visible) {
  if (visible.rfind("error: ", 0) == 0) return visible.find("there is no") != std::string::npos;
  std::istringstream numbers(visible);
  int last = -1;
  for (int number; numbers >> number; last = number) {
    if (number <= last) return false;
  }
  return true;
}

class FileSinkCrashTest : public testing::TestWithParam<SinkCase> {};

TEST_P(FileSinkCrashTest, EachRowIsThereOnce) {
  const SinkCase& sink_case = GetParam();
  std::string whole;
  for (int i = 0; i < kRows; ++i) whole += fmt::format("{}{}", i == 0 ? "" : " ", i);
  std::vector<CallKind> calls;
  {
    CrashingJob job(sink_case, 1);
    job.machine().SetPlan({});
    Status status = job.Run();
    ASSERT_TRUE(status.ok()) << status.ToString();
    calls = job.machine().Calls();
    ASSERT_EQ(job.Visible(), whole);
    ASSERT_EQ(job.Leftovers(), "");
  }
  int runs = 0;
  for (size_t at = 0; at < calls.size(); ++at) {
    if (IsReadOnly(calls[at])) continue;
    for (CrashMoment moment : {CrashMoment::kBefore, CrashMoment::kAfter, CrashMoment::kTorn}) {
      std::string what = fmt::format("{}: crash at call {} ({}), moment {}", sink_case.name, at,
                                     CallKindName(calls[at]), static_cast<int>(moment));
      CrashingJob job(sink_case, at * 3 + static_cast<size_t>(moment));
      job.machine().SetPlan({.crash_at = static_cast<int64_t>(at), .moment = moment});
      Status first = job.Run();
      ASSERT_TRUE(job.machine().is_crashed()) << what;
      job.machine().Restart();
      // And once more, in the middle of recovering.
      job.machine().SetPlan({.crash_at = static_cast<int64_t>(at % 7), .moment = moment});
      (void)job.Run();
      if (job.machine().is_crashed()) {
        job.machine().Restart();
      } else {
        job.machine().SetPlan({});
      }
      // A part of the rows, none twice; while a table is replaced, both may be seen.
      std::string between = job.Visible();
      ASSERT_TRUE(sink_case.overwrites || IsPart(between)) << what << between;
      Status last = job.Run();
      ASSERT_TRUE(last.ok()) << what << ": " << last.ToString();
      ASSERT_EQ(job.Visible(), whole) << what;
      ASSERT_EQ(job.Leftovers(), "") << what;
      bool commits = sink_case.options.count("sink.partition-commit.policy.kind") > 0;
      ASSERT_EQ(job.SuccessFiles(), commits ? 2 : 0) << what;
      Status again = job.Run();  // The last epoch, repeated.
      ASSERT_TRUE(again.ok()) << what << ": " << again.ToString();
      ASSERT_EQ(job.Visible(), whole) << what;
      ++runs;
    }
  }
  EXPECT_GT(runs, 30);
}

TEST_P(FileSinkCrashTest, FullAndBrokenDisksAreNamed) {
  const SinkCase& sink_case = GetParam();
  std::string whole;
  for (int i = 0; i < kRows; ++i) whole += fmt::format("{}{}", i == 0 ? "" : " ", i);
  for (DiskFault fault : {DiskFault::kDiskFull, DiskFault::kIoError, DiskFault::kShortWrite}) {
    for (int64_t at = 0; at < 400; ++at) {
      CrashingJob job(sink_case, static_cast<uint64_t>(at));
      job.machine().SetPlan({.fault_at = at, .fault = fault});
      Status status = job.Run();
      int64_t calls = static_cast<int64_t>(job.machine().Calls().size());
      job.machine().SetPlan({});
      if (!status.ok()) {
        ErrorCode code = GetErrorInfo(status).code;
        ASSERT_TRUE(code == ErrorCode::kUnavailable || code == ErrorCode::kResourceExhausted ||
                    code == ErrorCode::kInvalidData)
            << sink_case.name << " fault at " << at << ": " << status.ToString();
        Status next = job.Run();
        ASSERT_TRUE(next.ok()) << sink_case.name << " fault at " << at << ": " << next.ToString();
      }
      ASSERT_EQ(job.Visible(), whole) << sink_case.name << " fault at " << at;
      ASSERT_EQ(job.Leftovers(), "") << sink_case.name << " fault at " << at;
      if (at >= calls) break;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, FileSinkCrashTest, testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace weir
