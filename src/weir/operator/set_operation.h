// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// INTERSECT and EXCEPT, with and without ALL. (UNION ALL is operator/union.h, DISTINCT a GROUP BY
// without calls.)
//
//   left  a a b   right  a c      INTERSECT  a      INTERSECT ALL  a      EXCEPT  b      EXCEPT ALL
//   a b
//
// A row is in the result as often as its counts l and r on both sides say:
//   INTERSECT  l and r > 0: once      INTERSECT ALL  min(l, r)
//   EXCEPT     l > 0 and r = 0: once  EXCEPT ALL     max(l - r, 0)
// kChanges puts out the difference that each batch makes (+I, -D; +I and -D of one row within one
// batch cancel), kAtEnd the result when both inputs have ended. NULL equals NULL.
//
// State: each row that either side has, with its counts; with a TTL also when it last came or went.
// A row whose time is over is forgotten without a word.
//
// Cost: one probe a row.
#pragma once

#include <memory>

#include "weir/operator/group_aggregate.h"
#include "weir/operator/operator.h"

namespace weir {

struct SetOperationSpec {
  Schema input;           // Of both inputs.
  bool intersect = true;  // Else EXCEPT.
  bool all = false;
  EmitMode emit = EmitMode::kChanges;
  int64_t state_ttl_millis = 0;  // 0: state is kept.
};

Result<std::unique_ptr<Operator>> MakeSetOperation(SetOperationSpec spec, OperatorContext& context);

}  // namespace weir
