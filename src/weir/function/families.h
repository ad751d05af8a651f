// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The function families: one function a family, defined in the file(s) of its name, called by
// all_functions.cc.
#pragma once

#include "weir/expr/function_registry.h"

namespace weir {

void RegisterArithmetic(FunctionRegistry* registry);  // + - * / % MOD, interval arithmetic
void RegisterComparison(FunctionRegistry* registry);  // = <> < <= > >= IS [NOT] DISTINCT FROM, IN
void RegisterLogic(FunctionRegistry* registry);       // AND OR NOT IS [NOT] TRUE/FALSE/UNKNOWN/NULL
void RegisterConditional(FunctionRegistry* registry);   // CASE IF COALESCE NULLIF GREATEST LEAST
void RegisterConversion(FunctionRegistry* registry);    // CAST TRY_CAST
void RegisterMath(FunctionRegistry* registry);          // ABS ROUND SQRT RAND ...
void RegisterConstruction(FunctionRegistry* registry);  // ROW ARRAY MAP FIELD ITEM

void RegisterString(FunctionRegistry* registry);
void RegisterRegexp(FunctionRegistry* registry);
void RegisterLike(FunctionRegistry* registry);
void RegisterJson(FunctionRegistry* registry);
void RegisterTemporal(FunctionRegistry* registry);
void RegisterCollection(FunctionRegistry* registry);
void RegisterHash(FunctionRegistry* registry);
void RegisterUrl(FunctionRegistry* registry);
void RegisterMisc(FunctionRegistry* registry);
void RegisterVariant(FunctionRegistry* registry);     // PARSE_JSON TRY_PARSE_JSON
void RegisterStructured(FunctionRegistry* registry);  // OBJECT_OF OBJECT_UPDATE
void RegisterAggregate(FunctionRegistry* registry);
void RegisterAggregateOrdered(FunctionRegistry* registry);
void RegisterTable(FunctionRegistry* registry);

}  // namespace weir
