// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// sink, constraint_enforcer, collect.
#include "weir/operator/sink.h"

#include <gtest/gtest.h>

#include <thread>

#include "weir/operator/collect.h"
#include "weir/testing/operator_check.h"
#include "weir/testing/text_batch.h"

namespace weir {
namespace {

Schema Columns(const std::string& text) { return ParseSchemaText(text).ValueOrDie(); }

/// `rows` after the constraints of `schema`, as text. Input columns have the types of `input`.
std::string Enforced(const std::string& input, const std::string& schema, const std::string& rows,
                     ConstraintSpec spec = {}) {
  spec.schema = Columns(schema);
  Batch batch = ParseRows(rows, Columns(input), arrow::default_memory_pool()).ValueOrDie();
  auto result = ConstraintEnforcer(spec).Apply(batch, arrow::default_memory_pool());
  if (!result.ok()) return result.status().message();
  std::string text;
  for (int64_t i = 0; i < result->num_rows; ++i)
    text += (text.empty() ? "" : "  ") + FormatRow(*result, i);
  return text;
}

TEST(ConstraintEnforcer, NotNull) {
  EXPECT_EQ(Enforced("a INT", "a INT NOT NULL", "+I 1 -D 2"), "+I 1  -D 2");
  EXPECT_EQ(Enforced("a INT", "a INT NOT NULL", "+I 1 +I null"),
            "Column 'a' is NOT NULL, however, a null value is being written into it. You can set "
            "job configuration "
            "'table.exec.sink.not-null-enforcer'='DROP' to suppress this exception and drop such "
            "records silently.");
  EXPECT_EQ(Enforced("a INT, b INT", "a INT NOT NULL, b INT", "+I 1 null +I null 2 -D 3 3",
                     {{}, NotNullEnforcer::kDrop, {}, {}}),
            "+I 1 null  -D 3 3");
}
TEST(ConstraintEnforcer, Lengths) {
  const ConstraintSpec error{{}, {}, LengthEnforcer::kError, {}};
  const ConstraintSpec trim{{}, {}, LengthEnforcer::kTrimPad, {}};
  EXPECT_EQ(Enforced("a STRING", "a VARCHAR(2)", "+I abc"), "+I abc");
  EXPECT_EQ(Enforced("a STRING", "a VARCHAR(2)", "+I äö +I a", error), "+I äö  +I a");
  EXPECT_EQ(Enforced("a STRING", "a VARCHAR(2)", "+I abc", error),
            "Column 'a' is VARCHAR(2), however, a string of length 3 is being written into it. You "
            "can set job configuration "
            "'table.exec.sink.type-length-enforcer' to control this behaviour.");
  EXPECT_EQ(Enforced("a STRING", "a CHAR(3)", "+I abcd +I äöüx +I ä +I null", trim),
            "+I abc  +I äöü  +I 'ä  '  +I null");
  EXPECT_EQ(Enforced("a BYTES", "a BINARY(2)", "+I x'010203' +I x'01'", trim),
            "+I x'0102'  +I x'0100'");
}
TEST(ConstraintEnforcer, Nested) {
  const std::string loose = "a ROW<i INT, s ARRAY<STRING>>",
                    strict = "a ROW<i INT NOT NULL, s ARRAY<CHAR(2) NOT NULL>>";
  EXPECT_EQ(Enforced(loose, strict, "+I (null,[abc])"), "+I (null,[abc])");
  EXPECT_EQ(Enforced(loose, strict, "+I (1,[null]) +I (null,[]) +I (2,null)",
                     {{}, NotNullEnforcer::kDrop, {}, NestedEnforcer::kRows}),
            "+I (1,[null])  +I (2,null)");
  EXPECT_EQ(Enforced(loose, strict, "+I (1,[null]) +I (null,[]) +I (2,null)",
                     {{}, NotNullEnforcer::kDrop, {}, NestedEnforcer::kRowsAndCollections}),
            "+I (2,null)");
  EXPECT_EQ(Enforced(loose, strict, "+I (1,[ab,abc])",
                     {{}, {}, LengthEnforcer::kError, NestedEnforcer::kRowsAndCollections})
                .substr(0, 30),
            "Column 'a.s[1]' is CHAR(2), ho");
}

class RecordingSink : public Sink {
 public:
  ChangelogMode accepted_changes(const ChangelogMode& query) const override { return query; }
  Result<std::unique_ptr<SinkWriter>> OpenWriter(int, int) override {
    return std::make_unique<Writer>(log);
  }
  Status Commit(const std::vector<std::string>& committables) override {
    for (const std::string& committable : committables) *log += "commit " + committable;
    return Status::OK();
  }
  std::shared_ptr<std::string> log = std::make_shared<std::string>();

 private:
  class Writer : public SinkWriter {
   public:
    explicit Writer(std::shared_ptr<std::string> log) : log_(std::move(log)) {}
    Status Write(const Batch& batch) override {
      for (int64_t i = 0; i < batch.num_rows; ++i) *log_ += FormatRow(batch, i) + "; ";
      return Status::OK();
    }
    Result<std::vector<std::string>> PrepareCommit(PreparePoint) override {
      return std::vector<std::string>{"file-1"};
    }
    Status Abort() override {
      *log_ += "abort; ";
      return Status::OK();
    }
    Status OnTimer(int64_t now_millis) override {
      *log_ += fmt::format("timer {}; ", now_millis);
      return Status::OK();
    }
    int64_t NextTimerMillis() const override { return 7; }
    std::shared_ptr<std::string> log_;
  };
};

class Nowhere : public Output {
 public:
  Status Emit(Batch) override { return Status::OK(); }
  Status Emit(Watermark) override { return Status::OK(); }
  bool HasRoom() const override { return true; }
};

struct Fixture {
  Fixture() {
    context.environment = &RealEnvironment();
    context.pool = arrow::default_memory_pool();
    context.counters = &counters;
  }
  OperatorCounters counters;
  OperatorContext context;
  Nowhere out;
};

TEST(Sink, WritesPreparesAndCommits) {
  auto sink = std::make_shared<RecordingSink>();
  auto commits = std::make_shared<SinkCommits>(sink);
  Fixture f;
  Schema schema = Columns("a INT");
  auto made =
      MakeSink({commits, {schema, {}, {}, {}}, UpdateBefore::kDrop}, f.context).ValueOrDie();
  Batch batch = ParseRows("+I 1 -U 1 +U 2", schema, f.context.pool).ValueOrDie();
  ASSERT_TRUE(made->OnBatch(0, batch, f.out).ok());
  EXPECT_EQ(f.counters.rows_out, 2);
  ASSERT_TRUE(made->OnEnd(0, f.out).ok());
  made.reset();
  ASSERT_TRUE(commits->TakeUpTo(SinkCommits::kEnd).ok());
  ASSERT_TRUE(commits->Publish().ok());
  EXPECT_EQ(*sink->log, "+I 1; +U 2; commit file-1");
}
// Until its end: what it wrote then belongs to the job.
TEST(Sink, TheWriterHasATimer) {
  auto sink = std::make_shared<RecordingSink>();
  auto commits = std::make_shared<SinkCommits>(sink);
  Fixture f;
  auto made = MakeSink({commits, {Columns("a INT"), {}, {}, {}}, UpdateBefore::kKeep}, f.context)
                  .ValueOrDie();
  EXPECT_EQ(made->NextTimerMillis(), 7);
  ASSERT_TRUE(made->OnTimer(9, f.out).ok());
  EXPECT_EQ(*sink->log, "timer 9; ");
  ASSERT_TRUE(made->OnEnd(0, f.out).ok());
  EXPECT_EQ(made->NextTimerMillis(), Watermark::kMax);
}

TEST(Sink, ThrowsAwayWhatIsNotFinished) {
  auto sink = std::make_shared<RecordingSink>();
  auto commits = std::make_shared<SinkCommits>(sink);
  Fixture f;
  auto made = MakeSink({commits, {Columns("a INT"), {}, {}, {}}, UpdateBefore::kKeep}, f.context)
                  .ValueOrDie();
  made.reset();
  EXPECT_EQ(*sink->log, "abort; ");
}

TEST(Collect, AFullQueueHoldsBackAndWakes) {
  auto queue = std::make_shared<ResultQueue>(2);
  Fixture f;
  int wakes = 0;
  f.context.wake = [&] { ++wakes; };
  auto made = MakeCollect({queue}, f.context).ValueOrDie();
  Batch batch = ParseRows("+I 1", Columns("a INT"), f.context.pool).ValueOrDie();
  EXPECT_EQ(*made->OnBatch(0, batch, f.out), Progress::kDone);
  EXPECT_EQ(*made->OnBatch(0, batch, f.out), Progress::kDone);
  EXPECT_EQ(*made->OnBatch(0, batch, f.out), Progress::kMoreOutput);
  EXPECT_EQ(*made->Continue(f.out), Progress::kMoreOutput);
  EXPECT_TRUE(queue->Pop().has_value());
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(*made->Continue(f.out), Progress::kDone);
  ASSERT_TRUE(made->OnEnd(0, f.out).ok());
  EXPECT_TRUE(queue->Pop().has_value());
  EXPECT_FALSE(queue->is_finished());
  EXPECT_TRUE(queue->Pop().has_value());
  EXPECT_FALSE(queue->Pop().has_value());
  EXPECT_TRUE(queue->is_finished());
}
TEST(Collect, AClosedQueueHasEnough) {
  auto queue = std::make_shared<ResultQueue>(2);
  Fixture f;
  auto made = MakeCollect({queue}, f.context).ValueOrDie();
  queue->Close();
  Batch batch = ParseRows("+I 1", Columns("a INT"), f.context.pool).ValueOrDie();
  EXPECT_EQ(*made->OnBatch(0, batch, f.out), Progress::kEnough);
}
TEST(Collect, WaitingForRowsHasABound) {
  ResultQueue queue(2);
  EXPECT_FALSE(queue.Pop(1000).has_value());
  EXPECT_FALSE(queue.is_finished());
  std::thread finisher([&] { queue.Finish(); });
  EXPECT_FALSE(queue.Pop().has_value());
  finisher.join();
}

}  // namespace
}  // namespace weir
