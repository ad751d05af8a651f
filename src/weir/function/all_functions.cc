// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The list of all built-in function families.
#include "weir/function/families.h"

namespace weir {

void RegisterBuiltinFunctions(FunctionRegistry* registry) {
  RegisterArithmetic(registry);
  RegisterComparison(registry);
  RegisterLogic(registry);
  RegisterConditional(registry);
  RegisterConversion(registry);
  RegisterMath(registry);
  RegisterConstruction(registry);
  RegisterString(registry);
  RegisterLike(registry);
  RegisterRegexp(registry);
  RegisterTemporal(registry);
  RegisterCollection(registry);
  RegisterHash(registry);
  RegisterUrl(registry);
  RegisterMisc(registry);
  RegisterJson(registry);
  RegisterVariant(registry);
  RegisterStructured(registry);
  RegisterTable(registry);
  RegisterAggregate(registry);
  RegisterAggregateOrdered(registry);
}

}  // namespace weir
