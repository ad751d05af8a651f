// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A batch: equal-length columns and, in a changelog, the kind of each row. Immutable and cheap to
// copy.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/data/column.h"
#include "weir/data/value.h"

namespace weir {

/// Flink's row kinds, with Flink's byte values.
enum class RowKind : uint8_t { kInsert = 0, kUpdateBefore = 1, kUpdateAfter = 2, kDelete = 3 };

/// "+I", "-U", "+U", "-D".
std::string_view RowKindText(RowKind kind);
Result<RowKind> ParseRowKind(std::string_view text);
/// +I and +U add a row, -U and -D take one away.
inline bool IsAccumulate(RowKind kind) {
  return kind == RowKind::kInsert || kind == RowKind::kUpdateAfter;
}

struct Batch {
  int64_t num_rows = 0;
  ColumnVector columns;
  BufferPtr row_kinds;  // One RowKind byte a row; absent when all rows are +I.

  bool is_append_only() const { return row_kinds == nullptr; }
  RowKind kind(int64_t row) const {
    return row_kinds ? static_cast<RowKind>(row_kinds->data()[row]) : RowKind::kInsert;
  }
};

/// Rows of `batch` in the order of `indices` (all >= 0).
Result<Batch> GatherBatch(const Batch& batch, std::span<const int32_t> indices,
                          arrow::MemoryPool* pool);
Result<Batch> SliceBatch(const Batch& batch, int64_t offset, int64_t length,
                         arrow::MemoryPool* pool);
Result<Batch> ConcatBatches(const std::vector<Batch>& batches, const Schema& schema,
                            arrow::MemoryPool* pool);
int64_t BatchBytes(const Batch& batch);

/// Builds batches row by row; for sources of single rows, tests and small results.
class BatchBuilder {
 public:
  BatchBuilder(const Schema& schema, arrow::MemoryPool* pool);
  int64_t num_rows() const { return num_rows_; }
  ColumnBuilder* column(int i) { return columns_[static_cast<size_t>(i)].get(); }
  /// Ends a row: one value must have been appended to each column.
  void EndRow(RowKind kind = RowKind::kInsert);
  Status AppendRow(const ValueList& values, RowKind kind = RowKind::kInsert);
  Status AppendRowFrom(const Batch& batch, int64_t row, RowKind kind);
  /// The rows so far; empty afterwards.
  Result<Batch> Finish();

 private:
  arrow::MemoryPool* pool_;
  int64_t num_rows_ = 0;
  bool only_inserts_ = true;
  std::vector<uint8_t> kinds_;
  std::vector<std::unique_ptr<ColumnBuilder>> columns_;
};

}  // namespace weir
