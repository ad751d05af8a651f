// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// VARIANT columns through operators that keep them: as keys and as payload, over checkpoints.
#include <gtest/gtest.h>

#include "weir/operator/group_aggregate.h"
#include "weir/operator/hash_join.h"
#include "weir/testing/aggregate_specs.h"
#include "weir/testing/operator_check.h"

namespace weir {
namespace {

TEST(VariantState, IsAKey) {
  GroupAggregateSpec spec;
  spec.input = TestSchema("k VARIANT, v INT");
  spec.key_columns = {0};
  spec.calls = {Sum(1), CountAll()};
  spec.functions = TestAggregates();
  spec.input_may_retract = true;
  CheckOperator(MakeGroupAggregate, spec, R"(
    input k VARIANT, v INT
    in   +I '{"a":[1,2]}' 1  +I 1 5  +I '{ "a": [1, 2] }' 2  +I 1.0 7
    out  +I '{"a":[1,2]}' 3 2  +I 1 5 1  +I 1.0 7 1
    in   +I null 1  +I 'null' 2
    out  +I null 1 1  +I 'null' 2 1
    checkpoint
    in   -D '{"a":[1,2]}' 1  +I '"a text of more than twelve bytes"' 1
    out  -U '{"a":[1,2]}' 3 2  +U '{"a":[1,2]}' 2 1  +I '"a text of more than twelve bytes"' 1 1
    in   -D '{"a":[1,2]}' 2  -D null 1
    out  -D '{"a":[1,2]}' 2 1  -D null 1 1
  )");
}

TEST(VariantState, IsPayload) {
  HashJoinSpec spec;
  spec.kind = HashJoinKind::kInner;
  spec.left = {TestSchema("k VARIANT, a VARIANT"), {0}, true};
  spec.right = {TestSchema("k VARIANT, b ARRAY<VARIANT>"), {0}, true};
  CheckOperator(MakeHashJoin, spec, R"(
    input k VARIANT, a VARIANT
    input k VARIANT, b ARRAY<VARIANT>
    in   +I 1 '{"name":"Zoë","tags":[]}'  +I '"x"' null  +I null 2
    out
    in1  +I 1 [true,'[null]']
    out  +I 1 '{"name":"Zoë","tags":[]}' 1 [true,'[null]']
    checkpoint
    in   -D 1 '{"name":"Zoë","tags":[]}'  +I 1 3
    out  -D 1 '{"name":"Zoë","tags":[]}' 1 [true,'[null]']  +I 1 3 1 [true,'[null]']
    in1  +I '"x"' [null]
    out  +I '"x"' null '"x"' [null]
  )");
}

}  // namespace
}  // namespace weir
