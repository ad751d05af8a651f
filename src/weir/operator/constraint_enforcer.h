// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What a sink's column types promise, made true before rows are written:
//   NOT NULL            ERROR ends the job, DROP leaves the row out
//   table.exec.sink.not-null-enforcer lengths of CHAR, VARCHAR, BINARY, VARBINARY: IGNORE,
//   TRIM_PAD, ERROR     table.exec.sink.type-length-enforcer inside ROW, ARRAY, MAP, MULTISET:
//   IGNORE, ROWS, ROWS_AND_COLLECTIONS     table.exec.sink.nested-constraint-enforcer
// Cost: nothing for columns without NULLs and without lengths; one look at each string's size else.
// Source: Flink documentation, "Configuration", table.exec.sink options.
#pragma once

#include <memory>
#include <vector>

#include "weir/data/batch.h"

namespace weir {

enum class NotNullEnforcer : uint8_t { kError, kDrop };
enum class LengthEnforcer : uint8_t { kIgnore, kTrimPad, kError };
enum class NestedEnforcer : uint8_t { kIgnore, kRows, kRowsAndCollections };

struct ConstraintSpec {
  Schema schema;  // The table's columns.
  NotNullEnforcer not_null = NotNullEnforcer::kError;
  LengthEnforcer length = LengthEnforcer::kIgnore;
  NestedEnforcer nested = NestedEnforcer::kIgnore;
};

class ConstraintEnforcer {
 public:
  explicit ConstraintEnforcer(ConstraintSpec spec);
  /// `batch` as the sink may have it; the same batch when nothing is wrong with it.
  /// Errors: kInvalidData naming the column, its type and the option that decides.
  Result<Batch> Apply(const Batch& batch, arrow::MemoryPool* pool) const;

 private:
  ConstraintSpec spec_;
  std::vector<bool> checks_nested_;  // Of each column: something below its top needs a look.
};

}  // namespace weir
