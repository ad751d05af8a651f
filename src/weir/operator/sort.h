// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// ORDER BY over an input that ends: everything is kept, sorted at the end, and given in order.
//   ORDER BY n FETCH 2      in  +I 3 +I 1 +I 2 -D 1      out at the end  +I 2 +I 3
// Rows that were taken away again are left out; what comes out is append-only. Equal rows keep
// their order of arrival. State: all rows; with FETCH over append-only input a small multiple of
// the rows wanted. Cost: n log n comparisons of eight bytes, seldom more (operator/sort_key.h).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "weir/operator/operator.h"
#include "weir/operator/sort_key.h"

namespace weir {

/// kLocal: what one of several subtasks could contribute to the first rows; it gives them on at
/// each barrier and so keeps no state, which another parallelism might have no use for.
enum class SortStage : uint8_t { kWhole, kLocal };

struct SortSpec {
  Schema input;
  std::vector<SortColumn> columns;
  int64_t offset = 0;
  std::optional<int64_t> fetch;
  SortStage stage = SortStage::kWhole;  // kLocal: rows are only added.
};

/// Errors: kUnsupported for columns that have no order.
Result<std::unique_ptr<Operator>> MakeSort(SortSpec spec, OperatorContext& context);

}  // namespace weir
