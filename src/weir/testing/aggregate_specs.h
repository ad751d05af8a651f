// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Aggregate calls and their functions, for tests of operators.
#pragma once

#include <string>
#include <vector>

#include "weir/function/families.h"
#include "weir/operator/aggregate_calls.h"
#include "weir/testing/text_batch.h"

namespace weir {

inline const FunctionRegistry* TestAggregates() {
  static const FunctionRegistry* const registry = [] {
    auto* functions = new FunctionRegistry();
    RegisterAggregate(functions);
    return functions;
  }();
  return registry;
}

inline AggregateCallSpec TestCall(std::string function, std::vector<int> args, DataType type) {
  AggregateCallSpec call;
  call.function = std::move(function);
  call.args = std::move(args);
  call.type = std::move(type);
  return call;
}
inline AggregateCallSpec Distinct(AggregateCallSpec call) {
  call.distinct = true;
  return call;
}
inline AggregateCallSpec Filtered(AggregateCallSpec call, int filter) {
  call.filter = filter;
  return call;
}
inline AggregateCallSpec CountAll() { return TestCall("COUNT", {}, DataType::BigInt().NotNull()); }
inline AggregateCallSpec Count(int arg) {
  return TestCall("COUNT", {arg}, DataType::BigInt().NotNull());
}
inline AggregateCallSpec Sum(int arg) { return TestCall("SUM", {arg}, DataType::Int()); }
inline AggregateCallSpec Max(int arg) { return TestCall("MAX", {arg}, DataType::Int()); }
inline Schema TestSchema(const std::string& text) { return ParseSchemaText(text).ValueOrDie(); }

}  // namespace weir
