// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Between Weir's columns and Arrow's arrays. Bytes of strings are shared, not copied, where the
// layouts allow.
#pragma once

#include <arrow/type_fwd.h>

#include "weir/data/batch.h"

namespace weir {

/// The Arrow type that ToArrow gives for `type` (strings as utf8, TIMESTAMP as timestamp[us|ns],
/// DECIMAL as decimal128, ...).
std::shared_ptr<arrow::DataType> ToArrowType(const DataType& type);
std::shared_ptr<arrow::Schema> ToArrowSchema(const Schema& schema);
/// The Weir type nearest to an Arrow type. Errors: kUnsupported, naming the type.
Result<DataType> FromArrowType(const arrow::DataType& type, bool nullable);
Result<Schema> FromArrowSchema(const arrow::Schema& schema);

Result<std::shared_ptr<arrow::Array>> ToArrow(const ColumnPtr& column, arrow::MemoryPool* pool);
/// `type` is what the reader wants; values are converted where that is exact or the usual widening
/// (int32 -> BIGINT, timestamp units, dictionary arrays stay dictionaries). Errors: kInvalidData
/// naming both types.
Result<ColumnPtr> FromArrow(const std::shared_ptr<arrow::Array>& array, const DataType& type,
                            arrow::MemoryPool* pool);
Result<std::shared_ptr<arrow::RecordBatch>> ToArrow(const Batch& batch, const Schema& schema,
                                                    arrow::MemoryPool* pool);
Result<Batch> FromArrow(const arrow::RecordBatch& batch, const Schema& schema,
                        arrow::MemoryPool* pool);

}  // namespace weir
