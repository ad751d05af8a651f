// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/translate/translator.h"

namespace weir {

Result<Translator::Port> Translator::BuildJoin(const PlanNode& plan, const JoinNode& node) { return Unsupported("joins are not supported yet"); }
Result<Translator::Port> Translator::BuildSetOperation(const PlanNode& plan, const SetOperationNode& node) { return Unsupported("INTERSECT and EXCEPT are not supported yet"); }
Result<Translator::Port> Translator::BuildExpand(const PlanNode& plan, const ExpandNode& node) { return Unsupported("GROUPING SETS are not supported yet"); }
Result<Translator::Port> Translator::BuildNormalize(const PlanNode& plan, const ChangelogNormalizeNode& node) { return Unsupported("upsert sources are not supported yet"); }

}  // namespace weir
