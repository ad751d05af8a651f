// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Sort keys as bytes: two rows compare as memcmp compares their keys, whatever the types, orders
// and NULLs are.
//   NULL           one byte before or after the byte of all other values
//   integers, dates, times, timestamps, intervals, DECIMAL   big-endian, sign bit flipped
//   FLOAT, DOUBLE  IEEE bits, made monotone; -0.0 as 0.0; NaN greatest
//   strings, bytes their bytes with 00 as 00 FF, then 00 00
//   ROW            its fields; ARRAY 01 before each element, 00 at the end
//   descending     all bytes of the value inverted
// Invariant: no key is a prefix of another row's key, so keys of several columns can be put
// together. Source: Graefe, "Implementing Sorting in Database Systems", ACM Computing Surveys 2006,
// section 3.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "weir/data/batch.h"

namespace weir {

/// One ORDER BY item. Flink's default: NULL is the smallest value, so first when ascending and last
/// when descending.
struct SortColumn {
  int column = 0;
  bool descending = false;
  bool nulls_first = true;
};

/// Keys of the rows of one batch.
class SortKeys {
 public:
  /// Errors: kUnsupported for types that have no order (MAP, MULTISET, VARIANT).
  static Result<SortKeys> Make(const Batch& batch, const std::vector<SortColumn>& columns,
                               arrow::MemoryPool* pool);

  std::string_view key(int64_t row) const {
    return {reinterpret_cast<const char*>(bytes_->data()) + offsets_[static_cast<size_t>(row)],
            static_cast<size_t>(offsets_[static_cast<size_t>(row) + 1] -
                                offsets_[static_cast<size_t>(row)])};
  }
  int64_t num_rows() const { return static_cast<int64_t>(offsets_.size()) - 1; }

 private:
  std::shared_ptr<arrow::Buffer> bytes_;
  std::vector<int64_t> offsets_;
};

/// Whether values of `type` can be sorted.
bool IsSortable(const DataType& type);

/// The rows of `batch` in order; rows with equal keys stay as they are. `limit` below 0: all, else
/// only the first rows.
Result<std::vector<int32_t>> SortedRows(const Batch& batch, const std::vector<SortColumn>& columns,
                                        int64_t limit, arrow::MemoryPool* pool);

}  // namespace weir
