// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/scan.h"

#include <gtest/gtest.h>

#include "weir/testing/operator_check.h"
#include "weir/testing/text_batch.h"

namespace weir {
namespace {

Schema Columns() { return ParseSchemaText("t TIMESTAMP(3), n INT").ValueOrDie(); }

/// Splits of rows given as text; "." in a split is a moment with nothing to read, "w5" a watermark
/// of its own.
class TextSource : public Source {
 public:
  TextSource(std::vector<std::vector<std::string>> splits, bool bounded)
      : splits_(std::move(splits)), bounded_(bounded) {}
  bool is_bounded() const override { return bounded_; }
  Result<std::vector<SourceSplit>> Discover(int) override {
    std::vector<SourceSplit> splits;
    for (; discovered_ < splits_.size(); ++discovered_)
      splits.push_back({std::to_string(discovered_), "0"});
    return splits;
  }
  Result<std::unique_ptr<SplitReader>> OpenSplit(const SourceSplit& split) override {
    return std::make_unique<Reader>(splits_[std::stoul(split.id)]);
  }

 private:
  class Reader : public SplitReader {
   public:
    explicit Reader(std::vector<std::string> reads) : reads_(std::move(reads)) {}
    Result<ReadState> Read(int64_t rows_max, arrow::MemoryPool* pool, Batch* out) override {
      if (rest_.num_rows == 0) {
        if (next_ == reads_.size()) return ReadState::kEnd;
        const std::string& read = reads_[next_++];
        if (read == ".") return ReadState::kNothing;
        if (read[0] == 'w') {
          watermark_ = std::stoll(read.substr(1));
          return ReadState::kMore;
        }
        WEIR_ASSIGN_OR_RETURN(rest_, ParseRows(read, Columns(), pool));
      }
      int64_t count = std::min(rows_max, rest_.num_rows);
      WEIR_ASSIGN_OR_RETURN(*out, SliceBatch(rest_, 0, count, pool));
      WEIR_ASSIGN_OR_RETURN(rest_, SliceBatch(rest_, count, rest_.num_rows - count, pool));
      bytes_ += count * 10;
      return rest_.num_rows == 0 && next_ == reads_.size() ? ReadState::kEnd : ReadState::kMore;
    }
    Result<SourceSplit> Position() override { return SourceSplit{}; }
    int64_t bytes_read() const override { return bytes_; }
    std::optional<int64_t> TakeWatermark() override {
      return std::exchange(watermark_, std::nullopt);
    }

   private:
    std::vector<std::string> reads_;
    size_t next_ = 0;
    Batch rest_;
    int64_t bytes_ = 0;
    std::optional<int64_t> watermark_;
  };
  std::vector<std::vector<std::string>> splits_;
  bool bounded_;
  size_t discovered_ = 0;
};

struct ScanCase {
  std::vector<std::vector<std::string>> splits = {};
  bool bounded = true;
  bool with_watermark = true;
  bool own_watermarks = false;
  WatermarkPolicy policy = {};
  int64_t idle_timeout_micros = 0;
  std::optional<int64_t> limit = {};
  ExprPtr filter = {};
  SourceRun run = {};
};

std::string RunScan(const ScanCase& scan) {
  static const FunctionRegistry* functions = [] {
    auto* made = new FunctionRegistry();
    RegisterBuiltinFunctions(made);
    return made;
  }();
  return RunSource(
      [&](OperatorContext& context) {
        auto source = std::make_shared<TextSource>(scan.splits, scan.bounded);
        ScanSpec spec;
        spec.source = source;
        spec.splits = std::make_shared<SplitQueue>(source, 1, context.environment->clock);
        spec.scanned = Columns();
        spec.filter = scan.filter;
        spec.limit = scan.limit;
        if (scan.with_watermark) {
          // The watermark is the rowtime itself.
          ExprPtr watermark = scan.own_watermarks ? nullptr : MakeInput(0, Columns()[0].type);
          spec.watermark = ScanWatermark{0, watermark, scan.policy, scan.idle_timeout_micros};
        }
        spec.functions = functions;
        return MakeScan(std::move(spec), context);
      },
      scan.run);
}

TEST(Scan, ReadsSplitAfterSplit) {
  EXPECT_EQ(RunScan({.splits = {{"+I 1 1 +I 2 2"}, {}, {"+I 3 3"}}, .with_watermark = false}),
            "+I 1 1  +I 2 2  +I 3 3  end");
  EXPECT_EQ(RunScan({.splits = {}}), "end");
}
TEST(Scan, EventTimeFollowsTheRows) {
  EXPECT_EQ(RunScan({.splits = {{"+I 1 1 +I 2 2", "+I 3 3"}}}),
            "+I 1 1  +I 2 2  w2  +I 3 3  w3  end");
}
TEST(Scan, CutsBeforeRowsThatMayBeLateWhateverTheBatchSize) {
  const std::vector<std::vector<std::string>> splits = {{"+I 1 1 +I 5 2 +I 5 3 +I 9 4"}};
  EXPECT_EQ(RunScan({.splits = splits, .run = {.show_batches = false}}),
            "+I 1 1  +I 5 2  w5  +I 5 3  +I 9 4  w9  end");
  EXPECT_EQ(RunScan({.splits = splits, .run = {.batch_rows_max = 1}}),
            "+I 1 1  w1  +I 5 2  w5  +I 5 3  +I 9 4  w9  end");
}
TEST(Scan, EventTimeStandsStillWhileSplitsAreLeft) {
  EXPECT_EQ(RunScan({.splits = {{"+I 7 1"}, {"+I 3 2"}, {"+I 5 3", "+I 8 4"}}}),
            "+I 7 1  +I 3 2  +I 5 3  w5  +I 8 4  w8  end");
}
TEST(Scan, UnboundedSplitsAreReadInTurnAndTheLeastCounts) {
  EXPECT_EQ(RunScan({.splits = {{"+I 7 1", "+I 9 1"}, {"+I 3 2", "+I 5 2"}},
                     .bounded = false,
                     .run = {.polls_max = 4}}),
            "+I 7 1  +I 3 2  w3  +I 9 1  +I 5 2  w5");
}
TEST(Scan, OnEventEveryRowMovesEventTime) {
  EXPECT_EQ(
      RunScan({.splits = {{"+I 1 1 +I 1 2 +I 5 3"}}, .policy = {WatermarkEmission::kPerRow, 0}}),
      "+I 1 1  w1  +I 1 2  +I 5 3  w5  end");
}
TEST(Scan, IdleSplitsHoldNothingBack) {
  EXPECT_EQ(RunScan({.splits = {{"+I 7 1", ".", ".", ".", ".", "+I 9 1"},
                                {"+I 3 2", ".", ".", ".", ".", ".", "+I 8 2"}},
                     .bounded = false,
                     .idle_timeout_micros = 2000,
                     .run = {.polls_max = 12}}),
            "+I 7 1  +I 3 2  w3  idle  active  +I 9 1  w9  idle  active  +I 8 2  idle");
}
TEST(Scan, SourcesMayHaveTheirOwnWatermarks) {
  EXPECT_EQ(RunScan({.splits = {{"+I 7 1", "w5", "+I 9 1", "w4", "w8"}}, .own_watermarks = true}),
            "+I 7 1  w5  +I 9 1  w8  end");
}
TEST(Scan, StopsAtTheLimit) {
  EXPECT_EQ(
      RunScan(
          {.splits = {{"+I 1 1 +I 2 2 +I 3 3", "+I 4 4"}}, .with_watermark = false, .limit = 2}),
      "+I 1 1  +I 2 2  end");
}
TEST(Scan, NullEventTimeIsAnError) {
  EXPECT_EQ(RunScan({.splits = {{"+I null 1"}}}),
            "error RowTime field should not be null, please convert it to a non-null long value.");
}
TEST(Scan, KeepsRowKinds) {
  EXPECT_EQ(RunScan({.splits = {{"+I 1 1 -U 1 1 +U 1 2 -D 1 2"}}, .with_watermark = false}),
            "+I 1 1  -U 1 1  +U 1 2  -D 1 2  end");
}

}  // namespace
}  // namespace weir
