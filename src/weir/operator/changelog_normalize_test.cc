// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/changelog_normalize.h"

#include <gtest/gtest.h>

#include "weir/function/families.h"
#include "weir/testing/aggregate_specs.h"
#include "weir/testing/operator_check.h"

namespace weir {
namespace {

ChangelogNormalizeSpec Spec() {
  ChangelogNormalizeSpec spec;
  spec.input = TestSchema("k STRING, n INT, s STRING");
  spec.key_columns = {0};
  return spec;
}

TEST(ChangelogNormalize, MakesAFullChangelog) {
  CheckOperator(MakeChangelogNormalize, Spec(), R"(
    strict
    input k STRING, n INT, s STRING
    in   +I one 1 a  +U one 2 bb  +I three 3 ccc  +U three 3 ccc
    out  +I one 1 a  -U one 1 a  +U one 2 bb  +I three 3 ccc
    checkpoint
    in   +I one 4 aaaa  +U one 4 aaaa  -D three 3 cc  -D five 5 e  -U one 4 aaaa
    out  -U one 2 bb  +U one 4 aaaa  -D three 3 ccc
    in   +U three 1 null
    out  +I three 1 null
    in   -D three 1 null  +I three 2 a
    out  -D three 1 null  +I three 2 a
  )");
}

TEST(ChangelogNormalize, LeavesOutUpdateBefore) {
  ChangelogNormalizeSpec spec = Spec();
  spec.generate_update_before = false;
  CheckOperator(MakeChangelogNormalize, spec, R"(
    strict
    key 0
    input k STRING, n INT, s STRING
    output k STRING, n INT, s STRING
    in   +I a 1 x
    out  +I a 1 x
    in   +I a 2 x
    out  +U a 2 x
  )");
}

TEST(ChangelogNormalize, RowsThatDoNotPassAreNotLive) {
  static const FunctionRegistry* const functions = [] {
    auto* registry = new FunctionRegistry();
    RegisterComparison(registry);
    return registry;
  }();
  ChangelogNormalizeSpec spec = Spec();
  spec.functions = functions;
  spec.condition =
      functions
          ->MakeCall("<",
                     {MakeInput(1, DataType::Int()), MakeLiteral(Value::Int(3), DataType::Int())},
                     spec.config)
          .ValueOrDie();
  CheckOperator(MakeChangelogNormalize, spec, R"(
    strict
    input k STRING, n INT, s STRING
    in   +I a 1 x  +I b 5 y
    out  +I a 1 x
    checkpoint
    in   +U a 7 x  +U b 2 y
    out  -D a 1 x  +I b 2 y
    in   -D a 7 x
    out
  )");
}

TEST(ChangelogNormalize, ForgetsKeysAfterTheirTtl) {
  ChangelogNormalizeSpec spec = Spec();
  spec.state_ttl_millis = 1000;
  CheckOperator(MakeChangelogNormalize, spec, R"(
    input k STRING, n INT, s STRING
    time 5000
    in   +I a 1 x
    out  +I a 1 x
    checkpoint
    time 5900
    in   +U a 1 x
    out  -U a 1 x  +U a 1 x
    time 7000
    in   -D a 1 x
    out
  )");
}

}  // namespace
}  // namespace weir
