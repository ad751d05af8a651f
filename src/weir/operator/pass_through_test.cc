// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Operators that keep (next to) no state: calc, union, limit, drop_update_before, correlate,
// watermark_assigner, values.
#include <gtest/gtest.h>

#include "weir/expr/table_function.h"
#include "weir/operator/calc.h"
#include "weir/operator/correlate.h"
#include "weir/operator/drop_update_before.h"
#include "weir/operator/expand.h"
#include "weir/operator/limit.h"
#include "weir/operator/union.h"
#include "weir/operator/values.h"
#include "weir/operator/watermark_assigner.h"
#include "weir/testing/operator_check.h"

namespace weir {
namespace {

const FunctionRegistry& Functions() {
  static const FunctionRegistry* registry = [] {
    auto* made = new FunctionRegistry();
    RegisterBuiltinFunctions(made);
    return made;
  }();
  return *registry;
}

ExprPtr Call(std::string_view name, std::vector<ExprPtr> args) {
  return Functions().MakeCall(name, std::move(args), FunctionConfig{}).ValueOrDie();
}
ExprPtr Int(int64_t value) { return MakeLiteral(Value::Int(value), DataType::Int().NotNull()); }

CalcSpec Calc(ExprPtr condition, std::vector<ExprPtr> projections) {
  return {.condition = std::move(condition),
          .projections = std::move(projections),
          .functions = &Functions(),
          .config = {}};
}

TEST(Calc, FiltersThenProjects) {
  ExprPtr k = MakeInput(0, DataType::String()), n = MakeInput(1, DataType::Int());
  CheckOperator(MakeCalc, Calc(Call(">", {n, Int(1)}), {Call("+", {n, Int(1)}), k}), R"(
    input   k STRING, n INT
    output  n INT, k STRING
    in   +I a 1  +I b 2  -U a 3  +U a 1  -D c null
    out  +I 3 b  -U 4 a
    in   +I a 0
    out
    end
    out
  )");
}

TEST(Calc, PlainColumnsAreNotComputed) {
  CheckOperator(MakeCalc,
                Calc(nullptr, {MakeInput(1, DataType::Int()), MakeInput(1, DataType::Int())}), R"(
    input   k STRING, n INT
    output  n INT, m INT
    in   +I a 1  -D b null
    out  +I 1 1  -D null null
  )");
}

TEST(Calc, WithoutColumnsRowsStillCount) {
  CheckOperator(MakeCalc, Calc(nullptr, {Int(7)}), R"(
    input   k STRING
    output  n INT
    in   +I a  +I b
    out  +I 7  +I 7
  )");
}

TEST(Calc, RowErrorsEndIt) {
  ExprPtr n = MakeInput(0, DataType::Int());
  CheckOperator(MakeCalc, Calc(nullptr, {Call("/", {Int(1), n})}), R"(
    input   n INT
    in   +I 1  +I 0
    error  zero
  )");
}

TEST(Calc, ConditionGuardsTheProjection) {
  ExprPtr n = MakeInput(0, DataType::Int());
  CheckOperator(MakeCalc, Calc(Call("<>", {n, Int(0)}), {Call("/", {Int(4), n})}), R"(
    input   n INT
    output  n INT
    in   +I 2  +I 0  +I 4
    out  +I 2  +I 1
  )");
}

TEST(Union, PassesEveryInput) {
  CheckOperator(MakeUnion, UnionSpec{{{{"k", DataType::String()}}}}, R"(
    input   k STRING
    input   k STRING NOT NULL
    output  k STRING
    show watermarks
    in    +I a
    in1   +I b  -D b
    watermark 5
    out   +I a  +I b  -D b  w5
    end
    out   wmax
  )");
}

TEST(Limit, GivesTheFirstRows) {
  CheckOperator(MakeLimit, LimitSpec{.offset = 1, .fetch = 3}, R"(
    input   k STRING
    strict
    in   +I a  +I b
    out  +I b
    checkpoint
    in   +I c  +I d  +I e
    out  +I c  +I d
    in   +I f
    out
    end
    out
  )");
}
TEST(Limit, BoundsMayBeHuge) {
  CheckOperator(MakeLimit, LimitSpec{.offset = 1, .fetch = INT64_MAX}, R"(
    input   k STRING
    in   +I a  +I b  +I c
    out  +I b  +I c
  )");
  CheckOperator(MakeLimit, LimitSpec{.offset = INT64_MAX, .fetch = {}}, R"(
    input   k STRING
    in   +I a  +I b  +I c
    out
  )");
  CheckOperator(MakeLimit, LimitSpec{.offset = 0, .fetch = 0}, R"(
    input   k STRING
    in   +I a
    out
  )");
}

TEST(DropUpdateBefore, DropsOnlyThose) {
  CheckOperator(MakeDropUpdateBefore, DropUpdateBeforeSpec{}, R"(
    input   k STRING, n INT
    strict
    in   +I a 1  -U a 1  +U a 2  -D a 2
    out  +I a 1  +U a 2  -D a 2
    in   +I b 1
    out  +I b 1
    in   -U b 1
    out
  )");
}

// ---- Correlate ----

/// Gives the numbers 1 .. n.
FunctionRegistry* CountingFunctions() {
  auto* registry = new FunctionRegistry();
  RegisterBuiltinFunctions(registry);
  TableFunction function;
  function.name = "COUNT_TO";
  function.resolve = [](std::vector<DataType>*, const CallInfo&) -> Result<Schema> {
    return Schema{{{"i", DataType::Int()}}};
  };
  function.kernel = [](const CallInfo&) -> Result<TableKernel> {
    return TableKernel([](KernelContext& context, const ColumnVector& args, int64_t num_rows,
                          std::vector<int32_t>* parents, ColumnVector* out) -> Status {
      auto builder = ColumnBuilder::Make(DataType::Int(), context.pool);
      for (int64_t row = 0; row < num_rows; ++row) {
        int64_t n = args[0]->IsNull(row) ? 0 : args[0]->At<int32_t>(row);
        for (int64_t i = 1; i <= n; ++i) {
          parents->push_back(static_cast<int32_t>(row));
          WEIR_RETURN_NOT_OK(builder->AppendInt(i));
        }
      }
      WEIR_ASSIGN_OR_RETURN(ColumnPtr column, builder->Finish());
      *out = {column};
      return Status::OK();
    });
  };
  registry->Add(std::move(function));
  return registry;
}

CorrelateSpec Correlate(Unmatched unmatched, ExprPtr condition) {
  static const FunctionRegistry* registry = CountingFunctions();
  return {.function = "COUNT_TO",
          .args = {MakeInput(1, DataType::Int())},
          .function_schema = {{{"i", DataType::Int()}}},
          .unmatched = unmatched,
          .condition = std::move(condition),
          .functions = registry,
          .config = {}};
}

TEST(Correlate, JoinsEachRowWithItsResults) {
  CheckOperator(MakeCorrelate, Correlate(Unmatched::kDrop, nullptr), R"(
    input   k STRING, n INT
    output  k STRING, n INT, i INT
    in   +I a 2  -D b 0  -D c 3  +I d null
    out  +I a 2 1  +I a 2 2  -D c 3 1  -D c 3 2  -D c 3 3
  )");
}
TEST(Correlate, KeepsRowsWithoutResult) {
  CheckOperator(MakeCorrelate, Correlate(Unmatched::kKeep, nullptr), R"(
    input   k STRING, n INT
    output  k STRING, n INT, i INT
    in   +I z 0  +I a 2  -D b 0  +I d null
    out  +I z 0 null  +I a 2 1  +I a 2 2  -D b 0 null  +I d null null
  )");
}
TEST(Correlate, TestsTheConditionOnTheJoinedRow) {
  ExprPtr condition = Call(">", {MakeInput(2, DataType::Int()), Int(1)});
  CheckOperator(MakeCorrelate, Correlate(Unmatched::kDrop, condition), R"(
    input   k STRING, n INT
    output  k STRING, n INT, i INT
    in   +I a 3  +I b 1
    out  +I a 3 2  +I a 3 3
  )");
  CheckOperator(MakeCorrelate, Correlate(Unmatched::kKeep, condition), R"(
    input   k STRING, n INT
    output  k STRING, n INT, i INT
    in   +I a 3  +I b 1
    out  +I a 3 2  +I a 3 3  +I b 1 null
  )");
}

// ---- Expand ----

TEST(Expand, GivesEachRowOnceForEverySet) {
  CheckOperator(MakeExpand, ExpandSpec{{0, 1}, {{0, 1}, {0}, {}}, {0, 1, 3}}, R"(
    input   k STRING NOT NULL, j INT, n INT
    output  k STRING NOT NULL, j INT, n INT, k0 STRING, j0 INT, id BIGINT NOT NULL
    in   +I a 1 9
    out  +I a 1 9 a 1 0  +I a 1 9 a null 1  +I a 1 9 null null 3
    in   -U a 1 9  +U a null 8
    out  -U a 1 9 a 1 0  +U a null 8 a null 0  -U a 1 9 a null 1  +U a null 8 a null 1
         -U a 1 9 null null 3  +U a null 8 null null 3
  )");
}

// ---- Watermarks ----

/// The rowtime itself is the watermark.
WatermarkAssignerSpec Assigner(WatermarkPolicy policy) {
  return {.rowtime_column = 0,
          .watermark = MakeInput(1, DataType::TimestampLtz(3)),
          .policy = policy,
          .functions = &Functions(),
          .config = {}};
}

TEST(WatermarkAssigner, CutsBeforeRowsThatMayBeLate) {
  CheckOperator(MakeWatermarkAssigner, Assigner({}), R"(
    input   t TIMESTAMP_LTZ(3), w TIMESTAMP_LTZ(3)
    show watermarks
    in   +I 3 1  +I 9 7  +I 8 6
    out  +I 3 1  +I 9 7  +I 8 6  w7
    in   +I 7 5  +I 20 18  +I 4 2  +I 19 17
    out  +I 7 5  +I 20 18  w18  +I 4 2  +I 19 17
    watermark 100
    out
    end
    out  wmax
  )");
}
TEST(WatermarkAssigner, SendsOneAfterEachRowOnEvent) {
  CheckOperator(MakeWatermarkAssigner, Assigner({WatermarkEmission::kPerRow, 0}), R"(
    input   t TIMESTAMP_LTZ(3), w TIMESTAMP_LTZ(3)
    show watermarks
    strict
    in   +I 3 1  +I 9 null  +I 8 6  +I 7 5
    out  +I 3 1  w1  +I 9 null  +I 8 6  w6  +I 7 5
  )");
}
TEST(WatermarkAssigner, SmallStepsDoNotCount) {
  CheckOperator(MakeWatermarkAssigner, Assigner({WatermarkEmission::kPerRow, 200}), R"(
    input   t TIMESTAMP_LTZ(3), w TIMESTAMP_LTZ(3)
    show watermarks
    strict
    in   +I 0 0  +I 200 200  +I 201 201  +I 300 300
    out  +I 0 0  w0  +I 200 200  +I 201 201  w201  +I 300 300
  )");
}
TEST(WatermarkAssigner, NullEventTimeIsAnError) {
  CheckOperator(MakeWatermarkAssigner, Assigner({}), R"(
    input   t TIMESTAMP_LTZ(3), w TIMESTAMP_LTZ(3)
    in   +I null 1
    error  RowTime field should not be null, please convert it to a non-null long value.
  )");
}

TEST(Values, GivesItsRowsOnce) {
  ValuesSpec spec{{{{"a", DataType::Int()}, {"b", DataType::String()}}},
                  {{Value::Int(1), Value::String("x")}, {Value::Int(2), Value::Null()}}};
  auto make = [&](OperatorContext& context) { return MakeValues(spec, context); };
  EXPECT_EQ(RunSource(make), "+I 1 x  +I 2 null  end");
  EXPECT_EQ(RunSource(make, {.batch_rows_max = 1, .show_batches = true}),
            "+I 1 x | +I 2 null  end");
}

}  // namespace
}  // namespace weir
