// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/set_operation.h"

#include <gtest/gtest.h>

#include "weir/testing/aggregate_specs.h"
#include "weir/testing/operator_check.h"

namespace weir {
namespace {

SetOperationSpec Spec(bool intersect, bool all, EmitMode emit = EmitMode::kChanges) {
  SetOperationSpec spec;
  spec.input = TestSchema("s STRING, n INT");
  spec.intersect = intersect;
  spec.all = all;
  spec.emit = emit;
  return spec;
}

TEST(SetOperation, Intersect) {
  CheckOperator(MakeSetOperation, Spec(true, false), R"(
    input s STRING, n INT
    input s STRING, n INT
    in   +I a 1  +I a 1  +I b null
    in1  +I a 1  +I c 3  +I b null
    out  +I a 1  +I b null
    checkpoint
    in   -D a 1
    out
    in   -D a 1
    out  -D a 1
  )");
}

TEST(SetOperation, IntersectAll) {
  CheckOperator(MakeSetOperation, Spec(true, true), R"(
    input s STRING, n INT
    input s STRING, n INT
    in   +I a 1  +I a 1  +I a 1
    in1  +I a 1  +I a 1
    out  +I a 1  +I a 1
    in1  -D a 1
    out  -D a 1
  )");
}

TEST(SetOperation, Except) {
  CheckOperator(MakeSetOperation, Spec(false, false), R"(
    input s STRING, n INT
    input s STRING, n INT
    in   +I a 1  +I a 1  +I b 2
    out  +I a 1  +I b 2
    in1  +I a 1
    out  -D a 1
    checkpoint
    in1  -D a 1
    out  +I a 1
  )");
}

TEST(SetOperation, ExceptAllAtEnd) {
  CheckOperator(MakeSetOperation, Spec(false, true, EmitMode::kAtEnd), R"(
    input s STRING, n INT
    input s STRING, n INT
    in   +I a 1  +I a 1  +I a 1  +I a 1  +I b 2
    in1  +I a 1  +I b 2
    out
    checkpoint
    end
    out  +I a 1  +I a 1  +I a 1
  )");
}

TEST(SetOperation, RowsExpire) {
  SetOperationSpec spec = Spec(true, false);
  spec.state_ttl_millis = 1000;
  CheckOperator(MakeSetOperation, spec, R"(
    input s STRING, n INT
    input s STRING, n INT
    time 10000
    in   +I a 1  +I b 2
    time 10600
    in1  +I a 1
    out  +I a 1
    checkpoint
    time 11200
    in1  +I b 2
    out
    in   +I b 2
    out  +I b 2
    time 13000
    in   +I a 1
    out
    in1  +I a 1
    out  +I a 1
  )");
}

}  // namespace
}  // namespace weir
