// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/translate/translator.h"

namespace weir {

Result<Translator::Port> Translator::BuildExpand(const PlanNode& plan, const ExpandNode& node) { return Unsupported("GROUPING SETS are not supported yet"); }

}  // namespace weir
