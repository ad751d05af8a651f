// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// GROUPING SETS, ROLLUP, CUBE: gives each row once for every set, with the keys that are not in the
// set as NULL.
//   GROUP BY ROLLUP (k)     in   +I a 1
//                           out  +I a 1  a 0      the set (k)
//                                +I a 1  null 1   the empty set
// Output: input columns, then a copy of each key, then expand_id BIGINT NOT NULL. Row kinds stay.
// Cost: none a row: each set is a batch that shares the input's columns.
#pragma once

#include <memory>
#include <vector>

#include "weir/operator/operator.h"

namespace weir {

struct ExpandSpec {
  std::vector<int> keys;               // Input columns that any set has.
  std::vector<std::vector<int>> sets;  // Positions in `keys`.
  std::vector<int64_t> ids;            // expand_id of each set.
};

Result<std::unique_ptr<Operator>> MakeExpand(ExpandSpec spec, OperatorContext& context);

}  // namespace weir
