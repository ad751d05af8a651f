// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Rows that stand in the query: VALUES (1, 'a'), (2, 'b'). Subtask 0 gives them all.
// State: which row is next.
#pragma once

#include <memory>
#include <vector>

#include "weir/operator/operator.h"

namespace weir {

struct ValuesSpec {
  Schema schema;
  std::vector<ValueList> rows;  // Of the schema's types.
};

Result<std::unique_ptr<SourceOperator>> MakeValues(ValuesSpec spec, OperatorContext& context);

}  // namespace weir
