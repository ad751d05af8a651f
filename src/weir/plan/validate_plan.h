// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Whether a plan is sound: column positions exist, expressions read columns of the type they say,
// every node has the inputs and the schema its kind wants. Plans from files are checked; tests
// check the optimizer's rules by it.
#pragma once

#include "weir/plan/plan_node.h"

namespace weir {

/// One node, given that its inputs are sound. Errors: kInternal naming what is wrong.
Status ValidatePlanNode(const PlanNode& node);
/// All nodes; the error names the node.
Status ValidatePlan(const std::vector<PlanPtr>& roots);

}  // namespace weir
