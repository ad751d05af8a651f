// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// ORDER BY with OFFSET and FETCH over a stream: the rows of the range are kept up to date as a
// changelog without ranks.
//   ORDER BY n FETCH 2
//     in   +I 5   +I 3   +I 4           -D 3
//     out  +I 5   +I 3   -D 5  +I 4     -D 3  +I 5
// A row that leaves the range goes out (-D) before the one that enters (+I). Equal rows rank by
// arrival. Without sort columns that is a plain LIMIT over rows that change. State: append-only
// input: the rows up to the end of the range; else all rows, in order. Cost: one probe into an
// ordered map a row and a walk over the keys before the end of the range; rows behind a full range
// are dropped after one comparison of bytes. Source: Flink documentation, "Top-N", without rank
// numbers.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "weir/operator/operator.h"
#include "weir/operator/sort_key.h"

namespace weir {

enum class InputChanges : uint8_t {
  kAppendOnly,
  kRetract,  // -U and -D rows carry the whole row.
};

struct SortLimitSpec {
  Schema input;
  std::vector<SortColumn> columns;
  int64_t offset = 0;
  std::optional<int64_t> fetch;  // Absent: all from `offset` on; then rows are kept in any case.
  InputChanges changes = InputChanges::kRetract;
};

/// Errors: kUnsupported for columns that have no order.
Result<std::unique_ptr<Operator>> MakeSortLimit(SortLimitSpec spec, OperatorContext& context);

}  // namespace weir
