// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The parts of the math family.
#pragma once

#include "weir/expr/kernel.h"

namespace weir {

void RegisterRounding(FunctionRegistry* registry);  // ROUND TRUNCATE
void RegisterRandom(FunctionRegistry* registry);    // RAND RAND_INTEGER UUID

}  // namespace weir
