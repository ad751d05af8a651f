// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// OFFSET and FETCH without ORDER BY over append-only rows: the first that come.
//   OFFSET 1 FETCH 2      in  +I a +I b +I c +I d      out  +I b +I c
// Once the last row has gone out no more are wanted, and sources that feed nothing else end. Rows
// that may be taken away again need operator/sort_limit.h, which can fill the gap. State: how many
// rows have come.
#pragma once

#include <memory>
#include <optional>

#include "weir/operator/operator.h"

namespace weir {

struct LimitSpec {
  int64_t offset = 0;
  std::optional<int64_t> fetch;  // Absent: all that follow.
};

Result<std::unique_ptr<Operator>> MakeLimit(LimitSpec spec, OperatorContext& context);

}  // namespace weir
