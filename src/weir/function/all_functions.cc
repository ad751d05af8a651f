// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The list of all built-in function families.
#include "weir/function/families.h"

namespace weir {

void RegisterBuiltinFunctions(FunctionRegistry* registry) {
  RegisterString(registry);
  RegisterAggregate(registry);
  RegisterAggregateOrdered(registry);
}

}  // namespace weir
