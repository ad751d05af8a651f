// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/window_join.h"

#include <gtest/gtest.h>

#include "weir/testing/aggregate_specs.h"
#include "weir/testing/operator_check.h"

namespace weir {
namespace {

WindowJoinSpec Spec(HashJoinKind kind) {
  WindowJoinSpec spec;
  spec.join.kind = kind;
  spec.join.left = {TestSchema("k INT, ws TIMESTAMP(3), we TIMESTAMP(3)"), {0, 1, 2}, false};
  spec.join.right = spec.join.left;
  spec.left_window_end = spec.right_window_end = 2;
  return spec;
}

TEST(WindowJoin, JoinsWhenTheWindowIsComplete) {
  CheckOperator(MakeWindowJoin, Spec(HashJoinKind::kLeft), R"(
    show watermarks
    input k INT, ws TIMESTAMP(3), we TIMESTAMP(3)
    input k INT, ws TIMESTAMP(3), we TIMESTAMP(3)
    in   +I 1 0 5  +I 2 0 5  +I 1 5 10
    in1  +I 1 0 5  +I 3 0 5
    watermark 3
    out  w3
    checkpoint
    watermark 4
    out  +I 1 0 5 1 0 5  +I 2 0 5 null null null  w4
    checkpoint
    in1  +I 2 0 5  +I 1 5 10  +I 1 5 10
    end
    out  +I 1 5 10 1 5 10  +I 1 5 10 1 5 10  wmax
  )");
}

TEST(WindowJoin, EveryKindIsAppendOnly) {
  CheckOperator(MakeWindowJoin, Spec(HashJoinKind::kFull), R"(
    unordered
    input k INT, ws TIMESTAMP(3), we TIMESTAMP(3)
    input k INT, ws TIMESTAMP(3), we TIMESTAMP(3)
    in   +I 1 0 5  +I 2 0 5
    in1  +I 1 0 5  +I 3 0 5
    end
    out  +I 1 0 5 1 0 5  +I 2 0 5 null null null  +I null null null 3 0 5
  )");
  CheckOperator(MakeWindowJoin, Spec(HashJoinKind::kSemi), R"(
    input k INT, ws TIMESTAMP(3), we TIMESTAMP(3)
    input k INT, ws TIMESTAMP(3), we TIMESTAMP(3)
    in   +I 1 0 5  +I 2 0 5
    in1  +I 1 0 5  +I 1 0 5
    end
    out  +I 1 0 5
  )");
  CheckOperator(MakeWindowJoin, Spec(HashJoinKind::kAnti), R"(
    input k INT, ws TIMESTAMP(3), we TIMESTAMP(3)
    input k INT, ws TIMESTAMP(3), we TIMESTAMP(3)
    in   +I 1 0 5  +I 2 0 5
    in1  +I 1 0 5
    end
    out  +I 2 0 5
  )");
}

}  // namespace
}  // namespace weir
