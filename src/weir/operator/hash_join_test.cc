// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/hash_join.h"

#include <gtest/gtest.h>

#include "weir/function/families.h"
#include "weir/testing/aggregate_specs.h"
#include "weir/testing/operator_check.h"

namespace weir {
namespace {

HashJoinSpec Spec(HashJoinKind kind, bool may_retract = false) {
  HashJoinSpec spec;
  spec.kind = kind;
  spec.left = {TestSchema("k INT, a STRING"), {0}, may_retract};
  spec.right = {TestSchema("k INT, b STRING"), {0}, may_retract};
  return spec;
}
HashJoinSpec AtEnd(HashJoinKind kind) {
  HashJoinSpec spec = Spec(kind);
  spec.emit = EmitMode::kAtEnd;
  return spec;
}

TEST(HashJoin, InnerMatchesBothWays) {
  CheckOperator(MakeHashJoin, Spec(HashJoinKind::kInner), R"(
    input k INT, a STRING
    input k INT, b STRING
    output k INT, a STRING, k2 INT, b STRING
    in   +I 1 x  +I 2 y  +I null z  +I 1 w
    out
    in1  +I 1 p  +I null q  +I 3 r  +I 1 s
    out  +I 1 x 1 p  +I 1 w 1 p  +I 1 x 1 s  +I 1 w 1 s
    checkpoint
    in   +I 3 t  +I 1 'a string longer than twelve bytes'
    out  +I 3 t 3 r  +I 1 'a string longer than twelve bytes' 1 p  +I 1 'a string longer than twelve bytes' 1 s
    in1  +I 2 u
    out  +I 2 y 2 u
  )");
}

TEST(HashJoin, InnerRetracts) {
  CheckOperator(MakeHashJoin, Spec(HashJoinKind::kInner, true), R"(
    input k INT, a STRING
    input k INT, b STRING
    in   +I 1 x  +I 1 x  +I 2 y
    in1  +I 1 p
    out  +I 1 x 1 p  +I 1 x 1 p
    in   -D 1 x
    out  -D 1 x 1 p
    checkpoint
    in1  -U 1 p  +U 1 q
    out  -U 1 x 1 p  +U 1 x 1 q
    in   -D 1 x
    out  -D 1 x 1 q
    in1  +I 1 r
    out
  )");
}

TEST(HashJoin, ChecksTheCondition) {
  static const FunctionRegistry* const functions = [] {
    auto* registry = new FunctionRegistry();
    RegisterComparison(registry);
    return registry;
  }();
  HashJoinSpec spec;
  spec.left = {TestSchema("k INT, v INT"), {0}, false};
  spec.right = {TestSchema("k INT, w INT"), {0}, false};
  spec.functions = functions;
  spec.condition =
      functions
          ->MakeCall("<", {MakeInput(1, DataType::Int()), MakeInput(3, DataType::Int())},
                     spec.config)
          .ValueOrDie();
  CheckOperator(MakeHashJoin, spec, R"(
    input k INT, v INT
    input k INT, w INT
    in   +I 1 5  +I 1 7  +I 2 1
    in1  +I 1 6  +I 1 8  +I 2 1
    out  +I 1 5 1 6  +I 1 5 1 8  +I 1 7 1 8
  )");
  spec.kind = HashJoinKind::kLeft;
  CheckOperator(MakeHashJoin, spec, R"(
    input k INT, v INT
    input k INT, w INT
    in   +I 1 5  +I 2 1
    out  +I 1 5 null null  +I 2 1 null null
    in1  +I 1 6  +I 2 1
    out  -D 1 5 null null  +I 1 5 1 6
  )");
}

TEST(HashJoin, LeftPadsAndTakesBack) {
  CheckOperator(MakeHashJoin, Spec(HashJoinKind::kLeft, true), R"(
    input k INT, a STRING
    input k INT, b STRING
    in   +I 1 x  +I null z
    out  +I 1 x null null  +I null z null null
    in1  +I 1 p
    out  -D 1 x null null  +I 1 x 1 p
    in1  +I 1 q
    out  +I 1 x 1 q
    checkpoint
    in1  -D 1 p
    out  -D 1 x 1 p
    in1  -D 1 q
    out  -D 1 x 1 q  +I 1 x null null
    in   -D 1 x  -D null z
    out  -D 1 x null null  -D null z null null
    in1  +I 1 r
    out
  )");
}

TEST(HashJoin, FullPadsBothSides) {
  CheckOperator(MakeHashJoin, Spec(HashJoinKind::kFull, true), R"(
    input k INT, a STRING
    input k INT, b STRING
    in1  +I 1 p  +I 2 q
    out  +I null null 1 p  +I null null 2 q
    in   +I 1 x  +I 3 y
    out  -D null null 1 p  +I 1 x 1 p  +I 3 y null null
    checkpoint
    in   -D 1 x
    out  -D 1 x 1 p  +I null null 1 p
    in1  +I 3 r
    out  -D 3 y null null  +I 3 y 3 r
  )");
}

TEST(HashJoin, RightIsLeftTurned) {
  CheckOperator(MakeHashJoin, Spec(HashJoinKind::kRight), R"(
    input k INT, a STRING
    input k INT, b STRING
    in1  +I 1 p
    out  +I null null 1 p
    in   +I 1 x  +I 2 y
    out  -D null null 1 p  +I 1 x 1 p
  )");
}

TEST(HashJoin, SemiAndAntiEmitLeftRows) {
  CheckOperator(MakeHashJoin, Spec(HashJoinKind::kSemi, true), R"(
    input k INT, a STRING
    input k INT, b STRING
    in   +I 1 x  +I 2 y
    out
    in1  +I 1 p  +I 1 q
    out  +I 1 x
    in   +I 1 z
    out  +I 1 z
    checkpoint
    in1  -D 1 p
    out
    in1  -D 1 q
    out  -D 1 x  -D 1 z
  )");
  CheckOperator(MakeHashJoin, Spec(HashJoinKind::kAnti, true), R"(
    input k INT, a STRING
    input k INT, b STRING
    in   +I 1 x  +I null y
    out  +I 1 x  +I null y
    in1  +I 1 p
    out  -D 1 x
    checkpoint
    in1  -D 1 p
    out  +I 1 x
    in   -D 1 x
    out  -D 1 x
  )");
}

TEST(HashJoin, AtEndEmitsFinalRowsOnly) {
  CheckOperator(MakeHashJoin, AtEnd(HashJoinKind::kLeft), R"(
    input k INT, a STRING
    input k INT, b STRING
    in   +I 1 x  +I 2 y  +I null n
    in1  +I 1 p
    out  +I null n null null  +I 1 x 1 p
    end 1
    out  +I 2 y null null
    in   +I 1 z  +I 3 w
    out  +I 1 z 1 p  +I 3 w null null
    end
    out
  )");
  CheckOperator(MakeHashJoin, AtEnd(HashJoinKind::kFull), R"(
    input k INT, a STRING
    input k INT, b STRING
    unordered
    in   +I 1 x  +I 2 y
    in1  +I 1 p  +I 3 q
    end
    out  +I 1 x 1 p  +I 2 y null null  +I null null 3 q
  )");
  CheckOperator(MakeHashJoin, AtEnd(HashJoinKind::kAnti), R"(
    input k INT, a STRING
    input k INT, b STRING
    in   +I 1 x  +I 2 y
    in1  +I 1 p
    out
    end
    out  +I 2 y
  )");
  CheckOperator(MakeHashJoin, AtEnd(HashJoinKind::kSemi), R"(
    input k INT, a STRING
    input k INT, b STRING
    in   +I 1 x  +I 2 y
    in1  +I 1 p  +I 1 p
    out  +I 1 x
    end
    out
  )");
}

TEST(HashJoin, WithoutKeysIsACrossJoin) {
  HashJoinSpec spec = Spec(HashJoinKind::kInner);
  spec.left.key_columns.clear();
  spec.right.key_columns.clear();
  CheckOperator(MakeHashJoin, spec, R"(
    input k INT, a STRING
    input k INT, b STRING
    in   +I 1 x  +I null y
    in1  +I 3 p
    out  +I 1 x 3 p  +I null y 3 p
  )");
}

TEST(HashJoin, NullSafeKeysMatch) {
  HashJoinSpec spec = Spec(HashJoinKind::kInner);
  spec.null_safe = {true};
  CheckOperator(MakeHashJoin, spec, R"(
    input k INT, a STRING
    input k INT, b STRING
    in   +I null x
    in1  +I null p
    out  +I null x null p
  )");
}

// As in Flink, rows go without a word; those of an outer side stay while their matches come and go.
TEST(HashJoin, RowsExpire) {
  HashJoinSpec spec = Spec(HashJoinKind::kLeft, true);
  spec.left.state_ttl_millis = spec.right.state_ttl_millis = 1000;
  CheckOperator(MakeHashJoin, spec, R"(
    input k INT, a STRING
    input k INT, b STRING
    time 10000
    in   +I 1 x  +I 2 y
    out  +I 1 x null null  +I 2 y null null
    time 10600
    in1  +I 1 p
    out  -D 1 x null null  +I 1 x 1 p
    checkpoint
    time 11200
    in1  +I 2 q  +I 1 r
    out  +I 1 x 1 r
    time 12300
    in   +I 1 z
    out  +I 1 z null null
    in   -D 1 x
    out  -D 1 x null null
    in1  +I 1 p
    out  -D 1 z null null  +I 1 z 1 p
    in1  -D 1 p
    out  -D 1 z 1 p  +I 1 z null null
  )");
}

TEST(HashJoin, RowsThatAreOnlyAddedExpire) {
  HashJoinSpec spec = Spec(HashJoinKind::kInner);
  spec.left.state_ttl_millis = spec.right.state_ttl_millis = 1000;
  CheckOperator(MakeHashJoin, spec, R"(
    input k INT, a STRING
    input k INT, b STRING
    time 10000
    in   +I 1 x
    time 10900
    in   +I 1 y
    in1  +I 1 p
    out  +I 1 x 1 p  +I 1 y 1 p
    time 11500
    in1  +I 1 q
    out  +I 1 y 1 q
    checkpoint
    time 11950
    in1  +I 1 r
    out
    in   +I 1 z
    out  +I 1 z 1 q  +I 1 z 1 r
  )");
}

// As STATE_TTL hints ask: left rows live for a second, right ones for ever.
TEST(HashJoin, EachSideHasItsOwnTtl) {
  HashJoinSpec spec = Spec(HashJoinKind::kInner);
  spec.left.state_ttl_millis = 1000;
  CheckOperator(MakeHashJoin, spec, R"(
    input k INT, a STRING
    input k INT, b STRING
    time 10000
    in   +I 1 x
    in1  +I 1 p
    out  +I 1 x 1 p
    checkpoint
    time 11000
    in1  +I 1 q
    out
    time 99000
    in   +I 1 y
    out  +I 1 y 1 p  +I 1 y 1 q
  )");
}

}  // namespace
}  // namespace weir
