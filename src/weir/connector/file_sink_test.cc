// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include <gmock/gmock.h>

#include "weir/connector/filesystem/partition_commit.h"
#include "weir/connector/filesystem/sink_record.h"
#include "weir/connector/test_sink.h"
#include "weir/testing/fake_clock.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// A partitioned or plain table in a directory of its own, with a clock that tests move.
class FileSinkTest : public testing::Test {
 protected:
  using Text = std::map<std::string, std::string>;

  FileSinkTest() : environment_(RealEnvironment()) { environment_.clock = &clock_; }

  TestTable Table(const std::string& format, Text more = {}, bool partitioned = false) {
    more.insert({{"connector", "filesystem"}, {"path", dir_.path("out")}, {"format", format}});
    TestTable table(std::move(more), partitioned ? "a INT, p STRING" : "a INT");
    if (partitioned) table.Partitioned({"p"});
    table.context().environment = &environment_;
    table.context().job_id = "job";
    return table;
  }
  // The numbers in the visible files, in order.
  std::string Visible(const std::string& format) {
    TestTable table = Table(format);
    table.context().environment = &RealEnvironment();
    if (!RealEnvironment().files->Exists(dir_.path("out"))) return "";
    std::vector<int> numbers;
    std::string text = table.Read();
    if (text.rfind("error", 0) == 0) return text;
    for (size_t at = 0; (at = text.find("+I[", at)) != std::string::npos; ++at)
      numbers.push_back(std::atoi(text.c_str() + at + 3));
    std::sort(numbers.begin(), numbers.end());
    return fmt::format("{}", fmt::join(numbers, " "));
  }
  std::vector<std::string> Named(const std::function<bool(const std::string&)>& wanted) {
    std::vector<std::string> names;
    for (const std::string& path : dir_.Files("out")) {
      std::string name = path.substr(path.rfind('/') + 1);
      if (wanted(name)) names.push_back(path);
    }
    return names;
  }
  std::vector<std::string> Hidden() {
    return Named([](const std::string& name) { return name[0] == '.'; });
  }
  std::vector<std::string> Parts() {
    return Named([](const std::string& name) { return name.rfind("part-", 0) == 0; });
  }
  std::vector<std::string> Marks() {
    return Named([](const std::string& name) { return name[0] == '_'; });
  }

  TestDirectory dir_;
  FakeClock clock_;
  Environment environment_;
};

#define ASSERT_STATUS(expression)                    \
  do {                                               \
    Status status_ = (expression);                   \
    ASSERT_TRUE(status_.ok()) << status_.ToString(); \
  } while (false)

TEST_F(FileSinkTest, RecordsAreOneLine) {
  SinkRecord record;
  record.kind = SinkRecord::Kind::kDelete;
  record.subtask = -1;
  record.bytes = 7;
  record.schema = "json ROW<`a` INT>";
  record.partition = "p=\\x/";
  record.temporary = "/a b\tc\nd\xff";
  std::string text = record.ToString();
  EXPECT_TRUE(IsValidUtf8(text));
  EXPECT_EQ(text.find('\n'), std::string::npos);
  auto read = SinkRecord::Parse(text);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->ToString(), text);
  EXPECT_EQ(read->temporary, record.temporary);
  for (const char* bad : {"", "F", "Z\t0\t0\t0\t0\t\t\t\t", "F\t0\t0\t0\t0\t\t\t\\4\t",
                          "F\tx\t0\t0\t0\t\t\t\t", "F\t0\t0\t0\t0\t\t\t\t\t"})
    EXPECT_FALSE(SinkRecord::Parse(bad).ok()) << bad;
}

TEST_F(FileSinkTest, RowFilesOutliveCheckpointsAndAreCutAfterACrash) {
  for (std::string format : {"json", "csv", "raw"}) {
    TestTable table = Table(format, format == "csv" ? Text{{"csv.header", "true"}} : Text{});
    if (format == "raw") table.context().schema = TestTable::SchemaOf("a STRING");
    auto row = [&](int i) {
      return format == "raw" ? fmt::format("[[\"{}\"]]", i) : fmt::format("[[{}]]", i);
    };
    SinkEpoch epoch;
    {
      SinkRun run(&table, 1);
      ASSERT_STATUS(run.Start(nullptr));
      ASSERT_STATUS(run.Write(0, row(1)));
      ASSERT_STATUS(run.Checkpoint().status());
      ASSERT_STATUS(run.Write(0, row(2)));
      auto second = run.Checkpoint();
      ASSERT_STATUS(second.status());
      epoch = *second;
      EXPECT_THAT(Parts(), IsEmpty());
      ASSERT_STATUS(run.Write(0, row(3)));
      ASSERT_STATUS(run.Prepare(PreparePoint::kCheckpoint).status());  // Never becomes true.
    }
    EXPECT_THAT(Hidden(), SizeIs(1));  // Abort leaves what an epoch names.
    for (int i = 0; i < 2; ++i) {
      SinkRun run(&table, 1);
      ASSERT_STATUS(run.Start(&epoch));
      EXPECT_THAT(Parts(), IsEmpty());
      EXPECT_THAT(Hidden(), SizeIs(1));
      ASSERT_STATUS(run.Write(0, row(3)));
    }
    SinkRun run(&table, 2);
    ASSERT_STATUS(run.Start(&epoch));
    ASSERT_STATUS(run.Write(1, row(3)));
    ASSERT_STATUS(run.End());
    EXPECT_THAT(Hidden(), IsEmpty());
    TestTable reader = Table(format, {});
    if (format == "raw") {
      reader = Table(format, {});
      reader.context().schema = reader.request().schema = TestTable::SchemaOf("a STRING");
    }
    std::string rows = reader.Read();
    for (int i = 1; i <= 3; ++i) {
      std::string one = fmt::format("+I[{}]\n", i);
      ASSERT_NE(rows.find(one), std::string::npos) << rows;
      rows.erase(rows.find(one), one.size());
    }
    EXPECT_EQ(rows, "") << format;
    ASSERT_STATUS(RealEnvironment().files->DeleteTree(dir_.path("out")));
  }
}

TEST_F(FileSinkTest, ParquetFilesEndWithEachCheckpoint) {
  TestTable table = Table("parquet");
  SinkRun run(&table, 2);
  ASSERT_STATUS(run.Start(nullptr));
  ASSERT_STATUS(run.Write(0, "[[1]]"));
  ASSERT_STATUS(run.Write(1, "[[2]]"));
  auto epoch = run.Checkpoint();
  ASSERT_STATUS(epoch.status());
  EXPECT_THAT(epoch->in_progress, IsEmpty());
  EXPECT_EQ(Visible("parquet"), "1 2");
  ASSERT_STATUS(run.Write(0, "[[3]]"));
  ASSERT_STATUS(run.Prepare().status());
  EXPECT_EQ(Visible("parquet"), "1 2");
  SinkRun next(&table, 1);
  ASSERT_STATUS(next.Start(&*epoch));
  EXPECT_EQ(Visible("parquet"), "1 2");
  EXPECT_THAT(Hidden(), IsEmpty());
  ASSERT_STATUS(next.Write(0, "[[3]]"));
  ASSERT_STATUS(next.End());
  EXPECT_EQ(Visible("parquet"), "1 2 3");
}

TEST_F(FileSinkTest, LeavesTheFilesOfOtherJobsAlone) {
  TestTable table = Table("json");
  TestTable other = Table("json");
  other.context().job_id = "jo";
  SinkRun run(&table, 1), foreign(&other, 1);
  ASSERT_STATUS(run.Start(nullptr));
  ASSERT_STATUS(foreign.Start(nullptr));
  ASSERT_STATUS(run.Write(0, "[[1]]"));
  ASSERT_STATUS(foreign.Write(0, "[[2]]"));
  ASSERT_STATUS(run.Checkpoint().status());
  ASSERT_STATUS(foreign.Checkpoint().status());
  EXPECT_THAT(Hidden(), SizeIs(2));
  SinkRun afresh(&table, 1);
  ASSERT_STATUS(afresh.Start(nullptr));
  EXPECT_THAT(Hidden(), ElementsAre(HasSubstr("/.jo.part-")));
}

TEST_F(FileSinkTest, RollsBySizeAgeAndInactivity) {
  TestTable table = Table("json", {{"sink.rolling-policy.file-size", "20 b"},
                                   {"sink.rolling-policy.rollover-interval", "10 min"},
                                   {"sink.rolling-policy.inactivity-interval", "3 min"},
                                   {"sink.rolling-policy.check-interval", "1 min"}});
  SinkRun run(&table, 1);
  ASSERT_STATUS(run.Start(nullptr));
  ASSERT_STATUS(run.Write(0, "[[1],[2],[3]]"));  // 27 bytes.
  ASSERT_STATUS(run.Write(0, "[[4]]"));
  ASSERT_STATUS(run.Checkpoint().status());
  EXPECT_EQ(Visible("json"), "1 2 3");
  clock_.SleepMicros(int64_t{2} * 60'000'000);
  ASSERT_STATUS(run.Checkpoint().status());
  EXPECT_EQ(Visible("json"), "1 2 3");
  clock_.SleepMicros(int64_t{2} * 60'000'000);
  ASSERT_STATUS(run.Checkpoint().status());
  EXPECT_EQ(Visible("json"), "1 2 3 4");
  for (int i = 5; i < 7; ++i) {
    ASSERT_STATUS(run.Write(0, fmt::format("[[{}]]", i)));
    clock_.SleepMicros(int64_t{5} * 60'000'000);
    ASSERT_STATUS(run.Watermark(0, i));
  }
  ASSERT_STATUS(run.Checkpoint().status());
  EXPECT_EQ(Visible("json"), "1 2 3 4 5 6");
}

TEST_F(FileSinkTest, NamesAreNeverUsedAgain) {
  TestTable table = Table("parquet");
  SinkEpoch epoch;
  for (int i = 0; i < 5; ++i) {
    SinkRun run(&table, 2);
    ASSERT_STATUS(run.Start(i == 0 ? nullptr : &epoch));
    ASSERT_STATUS(run.Write(i % 2, fmt::format("[[{}]]", i)));
    auto taken = run.Checkpoint();
    ASSERT_STATUS(taken.status());
    epoch = *taken;
  }
  EXPECT_EQ(Visible("parquet"), "0 1 2 3 4");
}

TEST_F(FileSinkTest, AnEpochThatIsGivenUpComesWithTheNext) {
  for (const char* compact : {"false", "true"}) {
    TestTable table = Table("parquet", {{"auto-compaction", compact},
                                        {"sink.rolling-policy.rollover-interval", "0 s"}});
    SinkRun run(&table, 2);
    ASSERT_STATUS(run.Start(nullptr));
    for (int i = 0; i < 3; ++i) {
      ASSERT_STATUS(run.Write(0, fmt::format("[[{}]]", 2 * i)));
      ASSERT_STATUS(run.Write(1, fmt::format("[[{}]]", 2 * i + 1)));
      ASSERT_STATUS(run.Prepare().status());
    }
    EXPECT_EQ(Visible("parquet"), "");
    ASSERT_STATUS(run.Checkpoint().status());
    EXPECT_EQ(Visible("parquet"), "0 1 2 3 4 5");
    ASSERT_STATUS(run.End());
    EXPECT_EQ(Visible("parquet"), "0 1 2 3 4 5");
    EXPECT_THAT(Hidden(), IsEmpty());
    ASSERT_STATUS(RealEnvironment().files->DeleteTree(dir_.path("out")));
  }
}

TEST_F(FileSinkTest, LostFilesAreNamed) {
  TestTable table = Table("json");
  SinkRun run(&table, 1);
  ASSERT_STATUS(run.Start(nullptr));
  ASSERT_STATUS(run.Write(0, "[[1]]"));
  auto epoch = run.Prepare();
  ASSERT_STATUS(epoch.status());
  dir_.Write(Hidden()[0], "{\"");
  SinkRun cut(&table, 1);
  Status status = cut.Start(&*epoch);
  EXPECT_THAT(status.message(), HasSubstr("has 2 bytes, and 8 were written"));
  EXPECT_EQ(GetErrorInfo(status).code, ErrorCode::kCorruption);
  SinkRun ending(&table, 1);
  ASSERT_STATUS(ending.Start(nullptr));  // What nobody goes on with is removed.
  SinkRun late(&table, 1);
  EXPECT_THAT(late.Start(&*epoch).message(), HasSubstr("is gone before it was published as"));
  ASSERT_STATUS(ending.Write(0, "[[1]]"));
  ASSERT_STATUS(ending.Prepare(PreparePoint::kEnd).status());
  ASSERT_STATUS(RealEnvironment().files->Delete(dir_.path(Hidden()[0])));
  EXPECT_THAT(ending.Publish().message(), HasSubstr("is gone before it was published as"));
}

TEST_F(FileSinkTest, ARepeatedCommitRevivesNothing) {
  TestTable table = Table("parquet");
  SinkRun run(&table, 1);
  ASSERT_STATUS(run.Start(nullptr));
  ASSERT_STATUS(run.Write(0, "[[1]]"));
  auto epoch = run.Checkpoint();
  ASSERT_STATUS(epoch.status());
  ASSERT_STATUS(RealEnvironment().files->Delete(dir_.path(Parts()[0])));  // Taken by a consumer.
  SinkRun next(&table, 1);
  ASSERT_STATUS(next.Start(&*epoch));
  ASSERT_STATUS(next.End());
  EXPECT_EQ(Visible("parquet"), "");
}

TEST_F(FileSinkTest, OverwriteReplacesWithTheLastEpoch) {
  TestTable table = Table("json", {{"sink.rolling-policy.file-size", "1 b"}});
  dir_.Write("out/old.json", "{\"a\":7}\n{\"a\":8}\n");
  SinkRun run(&table, 1);
  ASSERT_STATUS(run.Start(nullptr, true));
  ASSERT_STATUS(run.Write(0, "[[1]]"));
  auto epoch = run.Checkpoint();
  ASSERT_STATUS(epoch.status());
  EXPECT_EQ(Visible("json"), "7 8");
  SinkRun next(&table, 1);
  ASSERT_STATUS(next.Start(&*epoch));  // The epoch knows that it overwrites.
  ASSERT_STATUS(next.Write(0, "[[2]]"));
  auto last = next.Prepare(PreparePoint::kEnd);
  ASSERT_STATUS(last.status());
  EXPECT_EQ(Visible("json"), "7 8");
  ASSERT_STATUS(next.Publish());
  EXPECT_EQ(Visible("json"), "1 2");
  // Later files of that name are not the ones that were replaced.
  dir_.Write("out/old.json", "{\"a\":9}\n");
  SinkRun again(&table, 1);
  ASSERT_STATUS(again.Start(&*last));
  EXPECT_EQ(Visible("json"), "1 2 9");
  EXPECT_THAT(Hidden(), IsEmpty());
}

TEST_F(FileSinkTest, AbandonedFilesGoWithoutAJobToo) {
  TestTable table = Table("json");
  table.context().job_id = "";
  {
    SinkRun run(&table, 2);
    ASSERT_STATUS(run.Start(nullptr));
    ASSERT_STATUS(run.Write(0, "[[1]]"));
    ASSERT_STATUS(run.Write(1, "[[2]]"));
    ASSERT_STATUS(run.writer(0).PrepareCommit(PreparePoint::kEnd).status());
    EXPECT_THAT(Hidden(), SizeIs(2));
  }
  EXPECT_THAT(Hidden(), IsEmpty());
}

// ---- Compaction ----

TEST_F(FileSinkTest, MergesSmallFilesOfWritersAndCheckpoints) {
  for (std::string format : {"json", "csv", "parquet"}) {
    Text options = {{"auto-compaction", "true"},
                    {"compaction.file-size", format == "parquet" ? "1500 b" : "50 b"},
                    {"compaction.parallelism", "2"}};
    if (format == "csv") options["csv.header"] = "true";
    TestTable table = Table(format, options, true);
    SinkRun run(&table, 3);
    ASSERT_STATUS(run.Start(nullptr));
    int next = 0;
    for (int checkpoint = 0; checkpoint < 12; ++checkpoint) {
      for (int writer = 0; writer < 3; ++writer) {
        ASSERT_STATUS(run.Write(writer, fmt::format("[[{},\"{}\"]]", next, writer % 2)));
        ++next;
      }
      ASSERT_STATUS(run.Checkpoint().status());
    }
    size_t before = Parts().size();
    EXPECT_GE(before, 2u);
    EXPECT_LE(before, 26u);
    ASSERT_STATUS(run.End());
    EXPECT_THAT(Hidden(), IsEmpty());
    std::vector<std::string> expected;
    for (int i = 0; i < next; ++i) expected.push_back(std::to_string(i));
    EXPECT_EQ(Visible(format), fmt::format("{}", fmt::join(expected, " "))) << format;
    ASSERT_STATUS(RealEnvironment().files->DeleteTree(dir_.path("out")));
  }
}

TEST_F(FileSinkTest, WaitingFilesSurviveAndAreFreedWhenCompactionIsOff) {
  TestTable table = Table("json", {{"auto-compaction", "true"}});
  SinkRun run(&table, 1);
  ASSERT_STATUS(run.Start(nullptr));
  ASSERT_STATUS(run.Write(0, "[[1]]"));
  ASSERT_STATUS(run.Checkpoint().status());
  ASSERT_STATUS(run.Write(0, "[[2]]"));
  auto epoch = run.Checkpoint();
  ASSERT_STATUS(epoch.status());
  EXPECT_EQ(Visible("json"), "");
  {
    SinkRun next(&table, 1);
    ASSERT_STATUS(next.Start(&*epoch));
    EXPECT_EQ(Visible("json"), "");
    EXPECT_THAT(Hidden(), SizeIs(2));
    clock_.SleepMicros(int64_t{31} * 60'000'000);
    auto later = next.Checkpoint();
    ASSERT_STATUS(later.status());
    EXPECT_EQ(Visible("json"), "1 2");
    EXPECT_THAT(Parts(), SizeIs(1));
    EXPECT_THAT(Hidden(), IsEmpty());
    ASSERT_STATUS(next.Write(0, "[[3]]"));
    auto waiting = next.Checkpoint();
    ASSERT_STATUS(waiting.status());
    epoch = *waiting;
  }
  TestTable plain = Table("json");
  SinkRun off(&plain, 1);
  ASSERT_STATUS(off.Start(&*epoch));
  ASSERT_STATUS(off.Checkpoint().status());
  EXPECT_EQ(Visible("json"), "1 2 3");
  EXPECT_THAT(Hidden(), IsEmpty());
}

TEST_F(FileSinkTest, FilesOfAnotherSchemaAreNotMerged) {
  TestTable table = Table("parquet", {{"auto-compaction", "true"}});
  SinkRun run(&table, 1);
  ASSERT_STATUS(run.Start(nullptr));
  ASSERT_STATUS(run.Write(0, "[[1]]"));
  auto epoch = run.Checkpoint();
  ASSERT_STATUS(epoch.status());
  TestTable wider = Table("parquet", {{"auto-compaction", "true"}});
  wider.context().schema = TestTable::SchemaOf("a INT, b STRING");
  SinkRun next(&wider, 1);
  ASSERT_STATUS(next.Start(&*epoch));
  ASSERT_STATUS(next.Checkpoint().status());
  EXPECT_EQ(Visible("parquet"), "1");
  ASSERT_STATUS(next.Write(0, "[[2,\"x\"]]"));
  ASSERT_STATUS(next.End());
  EXPECT_EQ(Visible("parquet"), "1 2");
}

// ---- Partition commit ----

TEST_F(FileSinkTest, CommitsPartitionsByProcessTime) {
  TestTable table = Table("json",
                          {{"sink.partition-commit.policy.kind", "success-file"},
                           {"sink.partition-commit.success-file.name", "_DONE"},
                           {"sink.partition-commit.delay", "1 h"}},
                          true);
  SinkEpoch epoch;
  {
    SinkRun run(&table, 1);
    ASSERT_STATUS(run.Start(nullptr));
    ASSERT_STATUS(run.Write(0, "[[1,\"x\"]]"));
    auto taken = run.Checkpoint();
    ASSERT_STATUS(taken.status());
    epoch = *taken;
    EXPECT_THAT(Marks(), IsEmpty());
  }
  clock_.SleepMicros(int64_t{50} * 60'000'000);
  SinkRun run(&table, 1);
  ASSERT_STATUS(run.Start(&epoch));  // The partition is still to be committed.
  ASSERT_STATUS(run.Write(0, "[[2,\"y\"]]"));
  ASSERT_STATUS(run.Checkpoint().status());
  EXPECT_THAT(Marks(), IsEmpty());
  clock_.SleepMicros(int64_t{15} * 60'000'000);
  auto taken = run.Checkpoint();
  ASSERT_STATUS(taken.status());
  EXPECT_THAT(Marks(), ElementsAre("out/p=x/_DONE"));
  // Commit without PostCommit: the next run does it.
  ASSERT_STATUS(RealEnvironment().files->Delete(dir_.path(Marks()[0])));
  SinkRun next(&table, 1);
  ASSERT_STATUS(next.Start(&*taken));
  EXPECT_THAT(Marks(), ElementsAre("out/p=x/_DONE"));
  ASSERT_STATUS(next.End());
  EXPECT_THAT(Marks(), ElementsAre("out/p=x/_DONE", "out/p=y/_DONE"));
}

TEST_F(FileSinkTest, CommitsPartitionsByTheirTime) {
  TestTable table = Table("json",
                          {{"sink.partition-commit.policy.kind", "success-file"},
                           {"sink.partition-commit.trigger", "partition-time"},
                           {"sink.partition-commit.delay", "1 h"},
                           {"sink.partition-commit.watermark-time-zone", "Asia/Shanghai"},
                           {"partition.time-extractor.timestamp-pattern", "$p:00:00"},
                           {"partition.time-extractor.timestamp-formatter", "yyyyMMdd HH:mm:ss"}},
                          true);
  SinkRun run(&table, 2);
  ASSERT_STATUS(run.Start(nullptr));
  ASSERT_STATUS(run.Write(0, "[[1,\"20260101 08\"]]"));
  ASSERT_STATUS(run.Write(1, "[[2,\"20260101 08\"],[3,\"20260101 09\"],[4,null]]"));
  int64_t end = 1767225600000 + 3'600'000;  // 2026-01-01 09:00 in Shanghai is 01:00 UTC.
  ASSERT_STATUS(run.Watermark(0, end + 1));
  ASSERT_STATUS(run.Watermark(1, end));
  ASSERT_STATUS(run.Checkpoint().status());
  EXPECT_THAT(Marks(), IsEmpty());
  ASSERT_STATUS(run.Watermark(1, end + 1));
  ASSERT_STATUS(run.Checkpoint().status());
  EXPECT_THAT(Marks(), ElementsAre("out/p=20260101 08/_SUCCESS"));
  EXPECT_EQ(Visible("json"), "1 2");  // The file of a complete partition is ended.
  // Late rows: the partition is committed again.
  ASSERT_STATUS(RealEnvironment().files->Delete(dir_.path(Marks()[0])));
  ASSERT_STATUS(run.Write(0, "[[5,\"20260101 08\"]]"));
  ASSERT_STATUS(run.Checkpoint().status());
  EXPECT_THAT(Marks(), ElementsAre("out/p=20260101 08/_SUCCESS"));
  EXPECT_THAT(run.Write(0, "[[6,\"yesterday\"]]").message(),
              HasSubstr("the partition 'p=yesterday/' of table `t` has no time"));
  ASSERT_STATUS(run.End());
  EXPECT_THAT(Marks(), SizeIs(3));  // NULL's partition at the end.
}

TEST_F(FileSinkTest, CustomPoliciesAreKnownByName) {
  class Recorder : public PartitionCommitPolicy {
   public:
    explicit Recorder(std::vector<std::string>* log) : log_(log) {}
    Status Commit(const PartitionToCommit& partition, const Environment&) override {
      log_->push_back(partition.values[0].first + "=" + partition.values[0].second);
      return Status::OK();
    }

   private:
    std::vector<std::string>* log_;
  };
  std::vector<std::string> log, given;
  auto connector =
      MakeFilesystemConnector({{"note",
                                [&](const TableContext&, const std::vector<std::string>& parameters)
                                    -> Result<std::unique_ptr<PartitionCommitPolicy>> {
                                  given = parameters;
                                  return std::make_unique<Recorder>(&log);
                                }}});
  TestTable table = Table("json",
                          {{"sink.partition-commit.policy.kind", "custom, success-file"},
                           {"sink.partition-commit.policy.class", "note"},
                           {"sink.partition-commit.policy.class.parameters", "a;b"}},
                          true);
  auto sink = connector->MakeSink(table.context());
  ASSERT_STATUS(sink.status());
  auto writer = (*sink)->OpenWriter(0, 1).ValueOrDie();
  ASSERT_STATUS(writer->Write(table.MakeBatch("[[1,\"x/y\"]]").ValueOrDie()));
  auto names = (*sink)->PreCommit(writer->PrepareCommit(PreparePoint::kEnd).ValueOrDie());
  ASSERT_STATUS(names.status());
  ASSERT_STATUS((*sink)->Commit(*names));
  ASSERT_STATUS((*sink)->PostCommit(*names));
  EXPECT_THAT(log, ElementsAre("p=x/y"));
  EXPECT_THAT(given, ElementsAre("a", "b"));
  EXPECT_THAT(Marks(), ElementsAre("out/p=x%2Fy/_SUCCESS"));
  TestTable other = Table("json",
                          {{"sink.partition-commit.policy.kind", "custom"},
                           {"sink.partition-commit.policy.class", "com.example.Policy"}},
                          true);
  EXPECT_THAT(connector->MakeSink(other.context()).status().message(),
              HasSubstr("there is no partition commit policy 'com.example.Policy'"));
}

TEST_F(FileSinkTest, ReadsLocalTimes) {
  auto millis = [](std::string_view text, std::string_view pattern) {
    auto time = ParseLocalTime(text, pattern);
    return time.ok() ? *time : -1;
  };
  EXPECT_EQ(millis("1970-01-02", ""), 86'400'000);
  EXPECT_EQ(millis("1970-1-1 0:0:1", ""), 1000);
  EXPECT_EQ(millis("1970-01-01T00:01:00", ""), 60'000);
  EXPECT_EQ(millis("19700101 01", "yyyyMMdd HH"), 3'600'000);
  EXPECT_EQ(millis("1970-01-01 at 00h", "yyyy-MM-dd 'at' HH'h'"), 0);
  EXPECT_EQ(millis("1970-01-01 00:00:00.25", "yyyy-MM-dd HH:mm:ss.SS"), 250);
  EXPECT_EQ(millis("1970-02-29", ""), -1);
  EXPECT_EQ(millis("1970-01-01x", ""), -1);
  EXPECT_EQ(GetErrorInfo(ParseLocalTime("x", "EEE").status()).code, ErrorCode::kUnsupported);
}

TEST_F(FileSinkTest, RowsOfAPartitionMayGoToOneWriter) {
  TestTable table = Table("json", {{"sink.shuffle-by-partition.enable", "true"}}, true);
  EXPECT_THAT(table.MakeSink().ValueOrDie()->PreWriteKeys(), ElementsAre(1));
  TestTable plain = Table("json", {}, true);
  EXPECT_THAT(plain.MakeSink().ValueOrDie()->PreWriteKeys(), IsEmpty());
}

}  // namespace
}  // namespace weir
