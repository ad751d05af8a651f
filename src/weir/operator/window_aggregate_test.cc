// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/window_aggregate.h"

#include <gtest/gtest.h>

#include "weir/operator/window_table_function.h"
#include "weir/testing/aggregate_specs.h"
#include "weir/testing/operator_check.h"

namespace weir {
namespace {

constexpr const char* kRows = "k STRING, v INT, ts TIMESTAMP(3)";

WindowAssignment Window(WindowShape shape, int64_t size, int64_t step = 0, int64_t offset = 0) {
  WindowAssignment window;
  window.shape = shape;
  window.time_column = 2;
  window.size_millis = size;
  window.step_millis = step;
  window.offset_millis = offset;
  return window;
}

// Output: k, calls, start, end.
WindowAggregateSpec Spec(WindowAssignment window, std::vector<AggregateCallSpec> calls) {
  WindowAggregateSpec spec;
  spec.input = TestSchema(kRows);
  spec.window = std::move(window);
  spec.key_columns = {0};
  spec.calls = std::move(calls);
  spec.emit_time = false;
  spec.functions = TestAggregates();
  return spec;
}

TEST(WindowAggregate, TumbleFiresAtTheWatermark) {
  WindowAggregateSpec spec = Spec(Window(WindowShape::kTumble, 10), {Sum(1), CountAll()});
  spec.emit_time = true;
  CheckOperator(MakeWindowAggregate, spec, R"(
    show watermarks
    strict
    input k STRING, v INT, ts TIMESTAMP(3)
    output k STRING, s INT, n BIGINT NOT NULL, ws TIMESTAMP(3) NOT NULL, we TIMESTAMP(3) NOT NULL, wt TIMESTAMP(3)
    in   +I a 1 1  +I b 2 3  +I a 4 12  +I null 7 9
    watermark 8
    out  w8
    checkpoint
    in   +I a 5 9  +I a 100 0
    watermark 9
    out  +I a 106 3 0 10 9  +I b 2 1 0 10 9  +I null 7 1 0 10 9  w9
    in   +I a 1000 9  +I b 6 10
    end
    out  +I a 4 1 10 20 19  +I b 6 1 10 20 19  wmax
  )");
}

TEST(WindowAggregate, LateRowsAreKnownAfterARestore) {
  CheckOperator(MakeWindowAggregate, Spec(Window(WindowShape::kTumble, 10), {CountAll()}), R"(
    input k STRING, v INT, ts TIMESTAMP(3)
    in   +I a 1 1
    watermark 9
    out  +I a 1 0 10
    checkpoint
    in   +I a 1 5  +I a 1 11
    end
    out  +I a 1 10 20
  )");
}

TEST(WindowAggregate, NegativeTimesAndOffsets) {
  CheckOperator(MakeWindowAggregate, Spec(Window(WindowShape::kTumble, 10, 0, 3), {CountAll()}), R"(
    input k STRING, v INT, ts TIMESTAMP(3)
    in   +I a 1 -1  +I a 1 -7  +I a 1 -8  +I a 1 3
    end
    out  +I a 1 -17 -7  +I a 2 -7 3  +I a 1 3 13
  )");
}

TEST(WindowAggregate, HopSharesSlices) {
  CheckOperator(MakeWindowAggregate, Spec(Window(WindowShape::kHop, 10, 5), {CountAll(), Max(1)}),
                R"(
    strict
    input k STRING, v INT, ts TIMESTAMP(3)
    in   +I a 1 1  +I a 2 6  +I b 3 7
    watermark 4
    out  +I a 1 1 -5 5
    checkpoint
    in   +I a 9 2
    watermark 9
    out  +I a 3 9 0 10  +I b 1 3 0 10
    in   +I c 4 9
    watermark 13
    out
    in   +I c 4 3
    end
    out  +I a 1 2 5 15  +I b 1 3 5 15  +I c 1 4 5 15
  )");
}

TEST(WindowAggregate, HopOverGaps) {
  CheckOperator(MakeWindowAggregate, Spec(Window(WindowShape::kHop, 10, 5), {CountAll()}), R"(
    input k STRING, v INT, ts TIMESTAMP(3)
    in   +I a 1 1  +I a 1 4000000000000000  +I a 1 -4000000000000000
    end
    out  +I a 1 -4000000000000005 -3999999999999995  +I a 1 -4000000000000000 -3999999999999990
         +I a 1 -5 5  +I a 1 0 10  +I a 1 3999999999999995 4000000000000005  +I a 1 4000000000000000 4000000000000010
  )");
}

TEST(WindowAggregate, HopWithoutSharedSlices) {
  CheckOperator(MakeWindowAggregate, Spec(Window(WindowShape::kHop, 10, 4), {CountAll()}), R"(
    input k STRING, v INT, ts TIMESTAMP(3)
    in   +I a 1 1  +I a 1 5
    watermark 5
    out  +I a 1 -8 2  +I a 2 -4 6
    in   +I a 1 3
    checkpoint
    end
    out  +I a 3 0 10  +I a 1 4 14
  )");
}

TEST(WindowAggregate, HopWithDistinct) {
  CheckOperator(MakeWindowAggregate, Spec(Window(WindowShape::kHop, 10, 5), {Distinct(Count(1))}),
                R"(
    input k STRING, v INT, ts TIMESTAMP(3)
    in   +I a 1 1  +I a 1 6  +I a 2 7
    watermark 4
    out  +I a 1 -5 5
    checkpoint
    in   +I a 2 2
    end
    out  +I a 2 0 10  +I a 2 5 15
  )");
}

TEST(WindowAggregate, CumulateGrowsStepByStep) {
  for (bool distinct : {false, true}) {
    WindowAggregateSpec spec = Spec(Window(WindowShape::kCumulate, 15, 5), {CountAll(), Max(1)});
    if (distinct) spec.calls.push_back(Distinct(Count(1)));
    CheckOperator(MakeWindowAggregate, spec,
                  distinct ? R"(
      input k STRING, v INT, ts TIMESTAMP(3)
      in   +I a 1 1  +I b 2 6  +I a 3 7
      watermark 4
      out  +I a 1 1 1 0 5
      watermark 9
      out  +I a 2 3 2 0 10  +I b 1 2 1 0 10
      checkpoint
      in   +I a 9 3  +I c 1 20
      end
      out  +I a 3 9 3 0 15  +I b 1 2 1 0 15  +I c 1 1 1 15 25  +I c 1 1 1 15 30
    )"
                           : R"(
      strict
      input k STRING, v INT, ts TIMESTAMP(3)
      in   +I a 1 1  +I b 2 6  +I a 3 7
      watermark 4
      out  +I a 1 1 0 5
      watermark 9
      out  +I a 2 3 0 10  +I b 1 2 0 10
      checkpoint
      in   +I a 9 3  +I c 1 20
      end
      out  +I a 3 9 0 15  +I b 1 2 0 15  +I c 1 1 15 25  +I c 1 1 15 30
    )");
  }
}

TEST(WindowAggregate, RetractsRows) {
  WindowAggregateSpec spec = Spec(Window(WindowShape::kHop, 10, 5), {CountAll(), Sum(1)});
  spec.input_may_retract = true;
  CheckOperator(MakeWindowAggregate, spec, R"(
    input k STRING, v INT, ts TIMESTAMP(3)
    in   +I a 1 1  +I a 2 6  +I b 3 7
    in   -D b 3 7  -U a 2 6  +U a 5 6
    checkpoint
    end
    out  +I a 1 1 -5 5  +I a 2 6 0 10  +I a 1 5 5 15
  )");
}

TEST(WindowAggregate, WindowsOfTheInput) {
  WindowAggregateSpec spec;
  spec.input = TestSchema("k STRING, v INT, ws TIMESTAMP(3), we TIMESTAMP(3)");
  spec.window = Window(WindowShape::kTumble, 10);
  spec.window_start_column = 2;
  spec.window_end_column = 3;
  spec.key_columns = {0};
  spec.calls = {Sum(1)};
  spec.emit_time = false;
  spec.functions = TestAggregates();
  CheckOperator(MakeWindowAggregate, spec, R"(
    input k STRING, v INT, ws TIMESTAMP(3), we TIMESTAMP(3)
    in   +I a 1 0 10  +I a 2 0 10  +I a 3 5 10  +I a 4 10 20
    watermark 9
    out  +I a 3 0 10  +I a 3 5 10
    checkpoint
    in   +I a 9 0 10
    end
    out  +I a 4 10 20
  )");
}

TEST(WindowAggregate, ProcessingTimeGoesByTheClock) {
  WindowAggregateSpec spec = Spec(Window(WindowShape::kTumble, 1000), {CountAll()});
  spec.window.is_proctime = true;
  CheckOperator(MakeWindowAggregate, spec, R"(
    input k STRING, v INT, ts TIMESTAMP(3)
    time 10100
    in   +I a 1 0
    time 10999
    in   +I a 1 0
    out
    time 11000
    out  +I a 2 10000 11000
    in   +I b 1 0
    end
    out
  )");
}

TEST(WindowAggregate, DaysBeginAtTheZonesMidnight) {
  WindowAggregateSpec spec = Spec(Window(WindowShape::kTumble, 86'400'000), {CountAll()});
  spec.input = TestSchema("k STRING, v INT, ts TIMESTAMP_LTZ(3)");
  spec.window.time_type = DataType::TimestampLtz(3);
  spec.window.time_zone = "Asia/Shanghai";
  spec.emit_time = true;
  CheckOperator(MakeWindowAggregate, spec, R"(
    input k STRING, v INT, ts TIMESTAMP_LTZ(3)
    in   +I a 1 57599999  +I a 1 57600000
    watermark 57599998
    out
    watermark 57599999
    out  +I a 1 0 86400000 57599999
    end
    out  +I a 1 86400000 172800000 143999999
  )");
}

TEST(WindowAggregate, SessionsGrowAndMerge) {
  CheckOperator(MakeWindowAggregate, Spec(Window(WindowShape::kSession, 5), {CountAll(), Sum(1)}),
                R"(
    strict
    input k STRING, v INT, ts TIMESTAMP(3)
    in   +I a 1 10  +I a 2 13  +I b 3 11  +I a 4 24
    checkpoint
    in   +I a 8 18  +I null 1 12
    watermark 15
    out  +I b 1 3 11 16
    checkpoint
    in   +I a 16 20  +I b 1 3  +I b 1 13
    out
    end
    out  +I null 1 1 12 17  +I b 1 1 13 18  +I a 5 31 10 29
  )");
}

TEST(WindowAggregate, SessionsMergeDistinctValues) {
  CheckOperator(MakeWindowAggregate,
                Spec(Window(WindowShape::kSession, 5), {Distinct(Count(1)), Distinct(Sum(1))}), R"(
    input k STRING, v INT, ts TIMESTAMP(3)
    in   +I a 1 10  +I a 2 11  +I a 2 20  +I a 3 21
    checkpoint
    in   +I a 2 15
    end
    out  +I a 3 6 10 26
  )");
}

TEST(WindowAggregate, LocalStageNamesSlices) {
  WindowAggregateSpec spec = Spec(Window(WindowShape::kHop, 10, 5), {CountAll()});
  spec.stage = AggregateStage::kLocal;
  CheckOperator(MakeWindowAggregate, spec, R"(
    input k STRING, v INT, ts TIMESTAMP(3)
    unordered
    in   +I a 1 1  +I a 2 2
    out
    in   +I a 1 6
    watermark 4
    out  +I a 5 2  +I a 10 1
    in   +I late 1 3
    out  +I late 5 1
    in   +I b 1 7
    checkpoint
    watermark 5
    out  +I b 10 1
    in   +I c 1 8
    end
    out  +I c 10 1
  )");
  spec.stage = AggregateStage::kGlobal;
  CheckOperator(MakeWindowAggregate, spec, R"(
    input k STRING, slice BIGINT, n BIGINT
    in   +I a 5 1  +I a 10 2  +I a 5 3
    watermark 4
    out  +I a 4 -5 5
    checkpoint
    in   +I a 5 1
    end
    out  +I a 7 0 10  +I a 2 5 15
  )");
}

TEST(WindowAggregate, RefusesSizesThatDoNotFit) {
  OperatorContext context;
  context.pool = arrow::default_memory_pool();
  for (WindowAssignment window : {Window(WindowShape::kTumble, 0), Window(WindowShape::kHop, 10, 0),
                                  Window(WindowShape::kCumulate, 10, 4)}) {
    Status status = MakeWindowAggregate(Spec(window, {CountAll()}), context).status();
    EXPECT_EQ(GetErrorInfo(status).code, ErrorCode::kInvalidQuery) << status.ToString();
  }
}

TEST(WindowAggregate, NullTimeIsInNoWindow) {
  CheckOperator(MakeWindowAggregate, Spec(Window(WindowShape::kTumble, 10), {CountAll()}), R"(
    input k STRING, v INT, ts TIMESTAMP(3)
    in   +I a 1 null  +I a 2 3
    end
    out  +I a 1 0 10
  )");
}

WindowTableFunctionSpec Function(WindowAssignment window) {
  WindowTableFunctionSpec spec;
  spec.input = TestSchema(kRows);
  spec.window = std::move(window);
  return spec;
}

TEST(WindowTableFunction, RepeatsRowsPerWindow) {
  CheckOperator(MakeWindowTableFunction, Function(Window(WindowShape::kTumble, 10)), R"(
    input k STRING, v INT, ts TIMESTAMP(3)
    in   +I a 1 7  -D b 2 null  +I b 2 13
    out  +I a 1 7 0 10 9  +I b 2 13 10 20 19
  )");
  CheckOperator(MakeWindowTableFunction, Function(Window(WindowShape::kHop, 10, 5)), R"(
    strict
    input k STRING, v INT, ts TIMESTAMP(3)
    in   +I a 1 7  -D b 2 13
    out  +I a 1 7 5 15 14  +I a 1 7 0 10 9  -D b 2 13 10 20 19  -D b 2 13 5 15 14
  )");
  CheckOperator(MakeWindowTableFunction, Function(Window(WindowShape::kCumulate, 15, 5)), R"(
    input k STRING, v INT, ts TIMESTAMP(3)
    in   +I a 1 7
    out  +I a 1 7 0 10 9  +I a 1 7 0 15 14
  )");
}

TEST(WindowTableFunction, SessionsWaitForTheirEnd) {
  WindowTableFunctionSpec spec = Function(Window(WindowShape::kSession, 5));
  spec.window.partition_keys = {0};
  CheckOperator(MakeWindowTableFunction, spec, R"(
    strict
    input k STRING, v INT, ts TIMESTAMP(3)
    in   +I a 1 10  +I a 2 19  +I b 3 11
    checkpoint
    in   +I a 4 15
    watermark 16
    out  +I b 3 11 11 16 15
    checkpoint
    in   +I b 9 2  +I a 5 null
    end
    out  +I a 1 10 10 24 23  +I a 2 19 10 24 23  +I a 4 15 10 24 23
  )");
}

}  // namespace
}  // namespace weir
