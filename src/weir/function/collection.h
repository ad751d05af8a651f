// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The parts of RegisterCollection, one a file.
#pragma once

#include "weir/expr/kernel.h"

namespace weir {

void RegisterArrayElements(
    FunctionRegistry* registry);  // ARRAY_CONTAINS, ARRAY_POSITION, ARRAY_APPEND ...
void RegisterArraySets(
    FunctionRegistry* registry);  // ARRAY_DISTINCT, ARRAY_UNION, ARRAY_CONCAT ...
void RegisterArrayOrder(
    FunctionRegistry* registry);  // ARRAY_SORT, ARRAY_MAX, ARRAY_SLICE, ARRAY_JOIN ...
void RegisterMaps(FunctionRegistry* registry);  // MAP_KEYS, MAP_UNION, CARDINALITY, ELEMENT ...

/// One collection function of one overload; `coerce` null: by `args`.
ScalarFunction CollectionFunction(std::string name, std::string signatures, std::string description,
                                  std::string example, Overload overload, NullPolicy null_policy);

}  // namespace weir
