// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// sort_key, sort, temporal_sort, sort_limit.
#include <gtest/gtest.h>

#include <random>

#include "weir/operator/sort.h"
#include "weir/operator/sort_limit.h"
#include "weir/operator/temporal_sort.h"
#include "weir/testing/operator_check.h"
#include "weir/testing/text_batch.h"

namespace weir {
namespace {

Schema Columns(const std::string& text) { return ParseSchemaText(text).ValueOrDie(); }

/// The rows of `rows` in order of column 0, as text.
std::string Sorted(const std::string& schema, const std::string& rows, SortColumn order = {}) {
  Batch batch = ParseRows(rows, Columns(schema), arrow::default_memory_pool()).ValueOrDie();
  auto sorted = SortedRows(batch, {order}, -1, arrow::default_memory_pool());
  if (!sorted.ok()) return sorted.status().message();
  std::string text;
  for (int32_t row : *sorted) text += (text.empty() ? "" : " ") + FormatValues(batch, row);
  return text;
}

TEST(SortKeys, OrderEveryType) {
  EXPECT_EQ(Sorted("a INT", "+I 3 +I -1 +I null +I 0 +I -2147483648 +I 2147483647"),
            "null -2147483648 -1 0 3 2147483647");
  EXPECT_EQ(Sorted("a TINYINT", "+I 3 +I -128 +I 127 +I -1"), "-128 -1 3 127");
  EXPECT_EQ(Sorted("a SMALLINT", "+I 300 +I -300 +I 0"), "-300 0 300");
  EXPECT_EQ(Sorted("a BIGINT NOT NULL", "+I 5000000000 +I -5000000000 +I 0"),
            "-5000000000 0 5000000000");
  EXPECT_EQ(Sorted("a DOUBLE", "+I NaN +I 1.5 +I -1.5 +I 0.0 +I Infinity +I -Infinity +I null"),
            "null -Infinity -1.5 0.0 1.5 Infinity NaN");
  EXPECT_EQ(Sorted("a FLOAT", "+I 2.5 +I -1.0 +I 0.25"), "-1.0 0.25 2.5");
  EXPECT_EQ(Sorted("a DECIMAL(38, 2)", "+I 1.50 +I -1.50 +I 100000000000000000000000.00"),
            "-1.50 1.50 100000000000000000000000.00");
  EXPECT_EQ(Sorted("a BOOLEAN", "+I true +I null +I false"), "null false true");
  EXPECT_EQ(Sorted("a STRING", "+I b +I ab +I '' +I a +I null +I abc"), "null '' a ab abc b");
  EXPECT_EQ(Sorted("a BYTES", "+I x'0001' +I x'00' +I x'' +I x'ff' +I x'000000'"),
            "x'' x'00' x'000000' x'0001' x'ff'");
  EXPECT_EQ(Sorted("a DATE", "+I 2020-01-02 +I 1969-12-31 +I 2020-01-01"),
            "1969-12-31 2020-01-01 2020-01-02");
  EXPECT_EQ(Sorted("a TIMESTAMP(3)", "+I 1000 +I -1000 +I 0"), "-1000 0 1000");
  EXPECT_EQ(Sorted("a ARRAY<INT>", "+I [1,2] +I [1] +I [] +I [2] +I [1,null]"),
            "[] [1] [1,null] [1,2] [2]");
  EXPECT_EQ(Sorted("a ROW<x INT, y STRING>", "+I (1,b) +I (1,a) +I (0,z) +I null"),
            "null (0,z) (1,a) (1,b)");
}
TEST(SortKeys, DescendingAndNulls) {
  EXPECT_EQ(Sorted("a INT", "+I 1 +I null +I 2", {0, true, false}), "2 1 null");
  EXPECT_EQ(Sorted("a INT", "+I 1 +I null +I 2", {0, true, true}), "null 2 1");
  EXPECT_EQ(Sorted("a INT", "+I 1 +I null +I 2", {0, false, false}), "1 2 null");
  EXPECT_EQ(Sorted("a STRING", "+I a +I ab +I '' +I b", {0, true, false}), "b ab a ''");
}
TEST(SortKeys, RefuseWhatHasNoOrder) {
  EXPECT_EQ(Sorted("a MAP<INT, INT>", "+I {1:2}"), "sorting by MAP<INT, INT> is not supported");
}
TEST(SortKeys, AgreeWithCompareValues) {
  std::mt19937 random(7);
  BatchBuilder builder(Columns("a DOUBLE, b STRING, c BIGINT"), arrow::default_memory_pool());
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (uint32_t k = random() % 12; k > 0; --k) text += static_cast<char>(random() % 3);
    ASSERT_TRUE(
        builder
            .AppendRow({Value::Double(static_cast<double>(random() % 5) - 2), Value::String(text),
                        Value::Int(static_cast<int64_t>(random()) - (int64_t{1} << 31))})
            .ok());
  }
  Batch batch = builder.Finish().ValueOrDie();
  auto rows = SortedRows(batch, {{0, true, false}, {1, false, true}, {2, true, false}}, -1,
                         arrow::default_memory_pool())
                  .ValueOrDie();
  for (size_t i = 1; i < rows.size(); ++i) {
    int order = -CompareValues(*batch.columns[0], rows[i - 1], *batch.columns[0], rows[i]);
    if (order == 0)
      order = CompareValues(*batch.columns[1], rows[i - 1], *batch.columns[1], rows[i]);
    if (order == 0)
      order = -CompareValues(*batch.columns[2], rows[i - 1], *batch.columns[2], rows[i]);
    ASSERT_LE(order, 0) << i;
  }
}

TEST(Sort, SortsAtTheEnd) {
  CheckOperator(MakeSort, SortSpec{Columns("n INT, k STRING"), {{0, false, true}}, 0, {}}, R"(
    input   n INT, k STRING
    output  n INT, k STRING
    strict
    show watermarks
    in   +I 3 a  +I 1 b
    in   +I null c  +I 1 d
    watermark 5
    out  w5
    checkpoint
    in   +I 2 e
    end
    out  +I null c  +I 1 b  +I 1 d  +I 2 e  +I 3 a  wmax
  )");
}
TEST(Sort, LeavesOutWhatWasTakenAway) {
  CheckOperator(MakeSort, SortSpec{Columns("n INT, k STRING"), {{0, true, false}}, 0, {}}, R"(
    input   n INT, k STRING
    output  n INT, k STRING
    strict
    in   +I 3 a  +I 1 b  +I 1 b  -U 3 a  +U 4 a
    checkpoint
    in   -D 1 b  -D 9 z
    end
    out  +I 4 a  +I 1 b
  )");
}
TEST(Sort, OffsetAndFetch) {
  CheckOperator(MakeSort, SortSpec{Columns("n INT"), {{0, false, true}}, 1, 2}, R"(
    input   n INT
    in   +I 3  +I 1  +I 5  +I 2  +I 4
    end
    out  +I 2  +I 3
  )");
  CheckOperator(MakeSort, SortSpec{Columns("n INT"), {{0, false, true}}, 9, 2}, R"(
    input   n INT
    in   +I 3  +I 1
    end
    out
  )");
}
TEST(Sort, NothingGivesNothing) {
  CheckOperator(MakeSort, SortSpec{Columns("n INT"), {{0, false, true}}, 0, {}}, R"(
    input   n INT
    end
    out
  )");
}

TEST(TemporalSort, GivesWhatEventTimeHasPassed) {
  CheckOperator(
      MakeTemporalSort,
      TemporalSortSpec{Columns("t TIMESTAMP(3), n INT"), SortTime::kRowtime, 0, {{1, true, false}}},
      R"(
    input   t TIMESTAMP(3), n INT
    output  t TIMESTAMP(3), n INT
    strict
    show watermarks
    in   +I 2 1  +I 2 9  +I 1 5  +I 7 0
    watermark 2
    out  +I 1 5  +I 2 9  +I 2 1  w2
    checkpoint
    in   +I 2 3  +I 3 3
    watermark 6
    out  +I 3 3  w6
    end
    out  +I 7 0  wmax
  )");
}
TEST(TemporalSort, ProcessingTimeAloneIsTheOrderOfArrival) {
  CheckOperator(MakeTemporalSort,
                TemporalSortSpec{Columns("t TIMESTAMP_LTZ(3), n INT"), SortTime::kProctime, 0, {}},
                R"(
    input   t TIMESTAMP_LTZ(3), n INT
    in   +I 2 1  +I 1 9
    out  +I 2 1  +I 1 9
  )");
}
TEST(TemporalSort, RowsOfOneMillisecondAreSortedWhenItIsOver) {
  CheckOperator(
      MakeTemporalSort,
      TemporalSortSpec{
          Columns("t TIMESTAMP_LTZ(3), n INT"), SortTime::kProctime, 0, {{1, false, true}}},
      R"(
    input   t TIMESTAMP_LTZ(3), n INT
    in   +I 0 9  +I 0 1
    out
    time 1
    out  +I 0 1  +I 0 9
    in   +I 1 4
    end
    out  +I 1 4
  )");
}

TEST(SortLimit, KeepsTheFirstRowsUpToDate) {
  CheckOperator(
      MakeSortLimit,
      SortLimitSpec{Columns("n INT"), {{0, false, true}}, 0, 3, InputChanges::kAppendOnly}, R"(
    input   n INT
    output  n INT
    strict
    in   +I 2  +I 4  +I 6  +I 1  +I 3  +I 5
    out  +I 2  +I 4  +I 6  -D 6  +I 1  -D 4  +I 3
    checkpoint
    in   +I 2  +I 4  +I 1
    out  -D 3  +I 2  -D 2  +I 1
  )");
}
TEST(SortLimit, FillsTheGapOfARowThatGoes) {
  CheckOperator(
      MakeSortLimit,
      SortLimitSpec{Columns("n INT, k STRING"), {{0, true, false}}, 0, 2, InputChanges::kRetract},
      R"(
    input   n INT, k STRING
    output  n INT, k STRING
    strict
    in   +I 1 a  +I 2 b  +I 3 c
    out  +I 1 a  +I 2 b  -D 1 a  +I 3 c
    in   -D 3 c
    out  -D 3 c  +I 1 a
    checkpoint
    in   -U 1 a  +U 5 a
    out  -D 1 a  +I 5 a
    in   -D 9 z
    out
    in   -D 5 a  -D 2 b
    out  -D 5 a  -D 2 b
  )");
}
TEST(SortLimit, OffsetMovesTheRange) {
  CheckOperator(MakeSortLimit,
                SortLimitSpec{Columns("n INT"), {{0, false, true}}, 1, 2, InputChanges::kRetract},
                R"(
    input   n INT
    output  n INT
    strict
    in   +I 5
    out
    in   +I 3
    out  +I 5
    in   +I 4  +I 1
    out  +I 4  -D 5  +I 3
    in   -D 1
    out  -D 3  +I 5
    in   -D 4
    out  -D 4
  )");
}
TEST(SortLimit, WithoutColumnsItIsALimitOverChanges) {
  CheckOperator(MakeSortLimit, SortLimitSpec{Columns("n INT"), {}, 0, 2, InputChanges::kRetract},
                R"(
    input   n INT
    output  n INT
    strict
    in   +I 5  +I 3  +I 4
    out  +I 5  +I 3
    in   -D 5
    out  -D 5  +I 4
  )");
}

/// Random changes against sorting everything anew.
TEST(SortLimit, AgreesWithSortingEverything) {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    int64_t offset = random() % 3, fetch = random() % 4;
    std::vector<int64_t> rows;
    std::string script = "input n INT\noutput n INT\nin ";
    for (int i = 0; i < 40; ++i) {
      if (!rows.empty() && random() % 3 == 0) {
        size_t at = random() % rows.size();
        script += fmt::format(" -D {}", rows[at]);
        rows.erase(rows.begin() + static_cast<int64_t>(at));
      } else {
        rows.push_back(random() % 10);
        script += fmt::format(" +I {}", rows.back());
      }
    }
    std::sort(rows.begin(), rows.end());
    // In one batch changes are not folded, so their sum is compared through an operator that sorts
    // them at the end.
    auto make = [&](OperatorContext& context) -> Result<std::unique_ptr<Operator>> {
      return MakeSortLimit(
          {Columns("n INT"), {{0, false, true}}, offset, fetch, InputChanges::kRetract}, context);
    };
    class Folding : public Operator {
     public:
      Folding(std::unique_ptr<Operator> first, std::unique_ptr<Operator> second)
          : first_(std::move(first)), second_(std::move(second)) {}
      Result<Progress> OnBatch(int, const Batch& batch, Output&) override {
        class Feed : public Output {
         public:
          explicit Feed(Operator& to) : to_(to) {}
          Status Emit(Batch batch) override { return to_.OnBatch(0, batch, *this).status(); }
          Status Emit(Watermark) override { return Status::OK(); }
          bool HasRoom() const override { return true; }
          Operator& to_;
        } feed(*second_);
        return first_->OnBatch(0, batch, feed);
      }
      Result<Progress> OnEnd(int input, Output& out) override { return second_->OnEnd(input, out); }
      Result<Progress> OnWatermark(Watermark, Output&) override { return Progress::kDone; }
      Result<Progress> Continue(Output& out) override { return second_->Continue(out); }
      std::unique_ptr<Operator> first_, second_;
    };
    auto folding = [&](OperatorContext& context) -> Result<std::unique_ptr<Operator>> {
      WEIR_ASSIGN_OR_RETURN(auto first, make(context));
      WEIR_ASSIGN_OR_RETURN(auto second,
                            MakeSort({Columns("n INT"), {{0, false, true}}, 0, {}}, context));
      return std::make_unique<Folding>(std::move(first), std::move(second));
    };
    script += "\nend\nout ";
    for (int64_t i = offset;
         i < std::min<int64_t>(offset + fetch, static_cast<int64_t>(rows.size())); ++i) {
      script += fmt::format(" +I {}", rows[static_cast<size_t>(i)]);
    }
    CheckOperatorScript(folding, script, std::source_location::current());
    if (HasFailure()) FAIL() << "seed " << seed << "\n" << script;
  }
}

}  // namespace
}  // namespace weir
