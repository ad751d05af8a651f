// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Puts one column together from pieces of others: what CASE and COALESCE end with.
//
//   pieces   [10 20 30 40] where 1010,   [7 8] at rows {1, 3}
//   result   [10  7 30  8]
#pragma once

#include <vector>

#include "weir/data/loops.h"

namespace weir {

struct Piece {
  ColumnPtr column;
  BufferPtr mask;  // Full-length pieces: the rows taken from `column`.
  const std::vector<int32_t>* rows =
      nullptr;  // Compact pieces: row j of `column` is row rows[j] of the result.
};

/// The pieces are disjoint and cover all `num_rows` rows. Any encodings.
Result<ColumnPtr> AssemblePieces(const DataType& type, int64_t num_rows, std::vector<Piece> pieces,
                                 arrow::MemoryPool* pool);

/// Rows for which the BOOLEAN column is TRUE (`value` true) or FALSE (`value` false), as a new
/// bitmap.
Result<std::shared_ptr<arrow::Buffer>> BitsWhere(const ColumnPtr& column, bool value,
                                                 arrow::MemoryPool* pool);

/// `column`, whose rows are all alike or which has one row, as a constant of `num_rows` rows.
Result<ColumnPtr> AsConstant(const ColumnPtr& column, int64_t num_rows, arrow::MemoryPool* pool);

}  // namespace weir
