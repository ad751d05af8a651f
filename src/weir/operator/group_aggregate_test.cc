// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/group_aggregate.h"

#include <gtest/gtest.h>

#include "weir/testing/aggregate_specs.h"
#include "weir/testing/operator_check.h"

namespace weir {
namespace {

GroupAggregateSpec Spec(const std::string& schema, std::vector<int> keys,
                        std::vector<AggregateCallSpec> calls) {
  GroupAggregateSpec spec;
  spec.input = TestSchema(schema);
  spec.key_columns = std::move(keys);
  spec.calls = std::move(calls);
  spec.functions = TestAggregates();
  return spec;
}

TEST(GroupAggregate, EmitsChanges) {
  CheckOperator(MakeGroupAggregate, Spec("k STRING, v INT", {0}, {Sum(1), CountAll()}), R"(
    input k STRING, v INT
    in   +I a 1  +I b 5
    out  +I a 1 1  +I b 5 1
    in   +I a 2  +I null 1
    out  -U a 1 1  +U a 3 2  +I null 1 1
    checkpoint
    in   +I null 2  +I c 1  +I c 1
    out  -U null 1 1  +U null 3 2  +I c 2 2
    end
    out
  )");
}

TEST(GroupAggregate, RetractsAndDeletes) {
  GroupAggregateSpec spec = Spec("k STRING, v INT", {0}, {Sum(1), Max(1)});
  spec.input_may_retract = true;
  CheckOperator(MakeGroupAggregate, spec, R"(
    input k STRING, v INT
    in   +I a 1  +I a 7  +I b 5
    out  +I a 8 7  +I b 5 5
    in   -D a 7
    out  -U a 8 7  +U a 1 1
    checkpoint
    in   -U a 1
    out  -D a 1 1
    in   +U a 3
    out  +I a 3 3
    in   -D x 1
    out
    in   -U b 5  +U b 5
    out
    in   -D b 5  -D a 3
    out  -D b 5 5  -D a 3 3
  )");
}

TEST(GroupAggregate, SwallowsEqualUpdates) {
  CheckOperator(MakeGroupAggregate, Spec("k INT, v INT", {0}, {Max(1)}), R"(
    strict
    input k INT, v INT
    in   +I 1 5
    out  +I 1 5
    in   +I 1 3
    out
    in   +I 1 5
    out
  )");
}

TEST(GroupAggregate, LeavesOutUpdateBefore) {
  GroupAggregateSpec spec = Spec("k INT, v INT", {0}, {CountAll(), Sum(1)});
  spec.generate_update_before = false;
  CheckOperator(MakeGroupAggregate, spec, R"(
    key 0
    input k INT, v INT
    output k INT, n BIGINT NOT NULL, s INT
    in   +I 1 5  +I 2 1
    out  +I 1 1 5  +I 2 1 1
    in   +I 1 3
    out  +U 1 2 8
    checkpoint
    in   +I 2 0
    out  +U 2 2 1
  )");
}

TEST(GroupAggregate, WithoutCallsIsDistinct) {
  GroupAggregateSpec spec = Spec("k INT, s STRING", {0, 1}, {});
  spec.input_may_retract = true;
  CheckOperator(MakeGroupAggregate, spec, R"(
    input k INT, s STRING
    in   +I 1 a  +I 1 a  +I 2 null  +I 2 null
    out  +I 1 a  +I 2 null
    in   -D 1 a
    out
    checkpoint
    in   -D 1 a  -D 2 null
    out  -D 1 a
  )");
}

TEST(GroupAggregate, CountsDistinctValuesPerFilter) {
  CheckOperator(MakeGroupAggregate,
                Spec("k INT, v INT, f BOOLEAN", {0},
                     {Distinct(Count(1)), Filtered(Distinct(Count(1)), 2), Distinct(Sum(1)),
                      Filtered(CountAll(), 2)}),
                R"(
    input k INT, v INT, f BOOLEAN
    in   +I 1 5 false  +I 1 5 true  +I 1 6 null  +I 2 null true
    out  +I 1 2 1 11 1  +I 2 0 0 null 1
    checkpoint
    in   +I 1 5 true  +I 1 6 true
    out  -U 1 2 1 11 1  +U 1 2 2 11 3
    in   +I 2 5 false
    out  -U 2 0 0 null 1  +U 2 1 0 5 1
  )");
}

TEST(GroupAggregate, RetractsDistinctValues) {
  GroupAggregateSpec spec =
      Spec("k INT, v INT, f BOOLEAN", {0}, {Distinct(Count(1)), Filtered(Distinct(Sum(1)), 2)});
  spec.input_may_retract = true;
  CheckOperator(MakeGroupAggregate, spec, R"(
    input k INT, v INT, f BOOLEAN
    in   +I 1 5 true  +I 1 5 true  +I 1 6 false
    out  +I 1 2 5
    in   -D 1 5 true
    out
    checkpoint
    in   -D 1 5 true
    out  -U 1 2 5  +U 1 1 null
    in   -D 1 6 false  +I 1 7 true
    out  -U 1 1 null  +U 1 1 7
    in   -D 1 7 true
    out  -D 1 1 7
  )");
}

TEST(GroupAggregate, AtEndEmitsFinalRowsOnly) {
  GroupAggregateSpec spec = Spec("k STRING, v INT", {0}, {Sum(1)});
  spec.emit = EmitMode::kAtEnd;
  CheckOperator(MakeGroupAggregate, spec, R"(
    show watermarks
    input k STRING, v INT
    in   +I a 1  +I b 5  +I c 7
    in   +I a 2
    watermark 5
    out  w5
    checkpoint
    end
    out  +I a 3  +I b 5  +I c 7  wmax
  )");
}

TEST(GroupAggregate, WithoutKeysAnEmptyBatchInputHasOneRow) {
  GroupAggregateSpec spec = Spec("v INT", {}, {Sum(0), CountAll()});
  spec.emit = EmitMode::kAtEnd;
  CheckOperator(MakeGroupAggregate, spec, R"(
    input v INT
    end
    out  +I null 0
  )");
  CheckOperator(MakeGroupAggregate, spec, R"(
    input v INT
    in   +I 1 +I 2
    end
    out  +I 3 2
  )");
}

TEST(GroupAggregate, WithoutKeysAStreamEmitsFromTheFirstRowOn) {
  CheckOperator(MakeGroupAggregate, Spec("v INT", {}, {Sum(0), CountAll()}), R"(
    input v INT
    in   +I 1
    out  +I 1 1
    checkpoint
    in   +I 2
    out  -U 1 1  +U 3 2
    end
    out
  )");
  CheckOperator(MakeGroupAggregate, Spec("v INT", {}, {Sum(0)}), R"(
    input v INT
    end
    out
  )");
}

TEST(GroupAggregate, ForgetsGroupsAfterTheirTtl) {
  GroupAggregateSpec spec = Spec("k INT, v INT", {0}, {Sum(1)});
  spec.state_ttl_millis = 1000;
  CheckOperator(MakeGroupAggregate, spec, R"(
    input k INT, v INT
    time 10000
    in   +I 1 1
    out  +I 1 1
    time 10600
    in   +I 1 0
    out  -U 1 1  +U 1 1
    checkpoint
    time 11500
    in   +I 1 2
    out  -U 1 1  +U 1 3
    time 13000
    in   +I 1 5
    out  +I 1 5
  )");
}

TEST(GroupAggregate, LocalStageGroupsEachBatch) {
  GroupAggregateSpec spec = Spec("k INT, v INT", {0}, {CountAll(), Sum(1)});
  spec.stage = AggregateStage::kLocal;
  CheckOperatorScript(
      [spec](OperatorContext& context) -> Result<std::unique_ptr<Operator>> {
        // Both stages in one chain would need a runtime; here the local stage feeds the global one
        // directly.
        struct TwoStages : Operator {
          struct Forward : Output {
            Operator* next;
            Output* out;
            Status Emit(Batch batch) override { return next->OnBatch(0, batch, *out).status(); }
            Status Emit(Watermark watermark) override {
              return next->OnWatermark(watermark, *out).status();
            }
            bool HasRoom() const override { return true; }
          };
          std::unique_ptr<Operator> local, global;
          Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
            Forward forward;
            forward.next = global.get();
            forward.out = &out;
            WEIR_RETURN_NOT_OK(local->OnBatch(0, batch, forward).status());
            return global->Continue(out);
          }
          Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
            Forward forward;
            forward.next = global.get();
            forward.out = &out;
            WEIR_RETURN_NOT_OK(local->OnWatermark(watermark, forward).status());
            return global->Continue(out);
          }
          Result<Progress> Continue(Output& out) override { return global->Continue(out); }
          Status Save(SnapshotWriter& snapshot) override { return global->Save(snapshot); }
          Status Restore(SnapshotReader& snapshot) override { return global->Restore(snapshot); }
        };
        auto stages = std::make_unique<TwoStages>();
        WEIR_ASSIGN_OR_RETURN(stages->local, MakeGroupAggregate(spec, context));
        GroupAggregateSpec global = spec;
        global.stage = AggregateStage::kGlobal;
        WEIR_ASSIGN_OR_RETURN(stages->global, MakeGroupAggregate(global, context));
        return std::unique_ptr<Operator>(std::move(stages));
      },
      R"(
    input k INT, v INT
    in   +I 1 1  +I 1 2  +I 2 null
    out  +I 1 2 3  +I 2 1 null
    checkpoint
    in   +I 2 4
    out  -U 2 1 null  +U 2 2 4
    end
    out
  )",
      std::source_location::current());
}

TEST(GroupAggregate, LocalStageKeepsRowsForAWhile) {
  GroupAggregateSpec spec = Spec("k INT, v INT", {0}, {CountAll()});
  spec.stage = AggregateStage::kLocal;
  spec.local_hold_millis = 5;
  CheckOperator(MakeGroupAggregate, spec, R"(
    input k INT, v INT
    unordered
    in   +I 1 10  +I 2 5
    in   +I 1 7
    out
    time 1000000
    out  +I 1 2  +I 2 1
    in   +I 3 1
    watermark 9
    out  +I 3 1
    in   +I 4 1
    checkpoint
    time 2000000
    out  +I 4 1
    in   +I 5 1
    end
    out  +I 5 1
  )");
}

TEST(GroupAggregate, RefusesStagesOfDistinct) {
  GroupAggregateSpec spec = Spec("k INT, v INT", {0}, {Distinct(Count(1))});
  spec.stage = AggregateStage::kLocal;
  OperatorContext context;
  context.pool = arrow::default_memory_pool();
  Status status = MakeGroupAggregate(spec, context).status();
  EXPECT_EQ(GetErrorInfo(status).code, ErrorCode::kUnsupported) << status.ToString();
}

}  // namespace
}  // namespace weir
