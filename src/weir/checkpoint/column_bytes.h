// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to checkpoint/: a column of any type as bytes.
//
//   column    flags (1: has NULLs), bitmap if so, then by type:
//   BOOLEAN   bitmap
//   integers, DECIMAL, dates, times: numbers (below); FLOAT, DOUBLE: the values
//   texts     numbers: lengths (NULL: 0); u32 bytes in all, the bytes
//   lists     numbers: lengths; then each child column, exactly as long as the lengths add up to
//   ROW       its fields as columns; NULL type: nothing
//   numbers   u8 width; width 0, 1, 2, 4: i64 base, then base-relative unsigned values of that
//             width; width of the type: the values
//
// Dictionary and constant encodings are made flat before. Values of NULL rows are not kept.
#pragma once

#include "weir/checkpoint/bytes.h"
#include "weir/data/column.h"

namespace weir {

Status EncodeColumn(const ColumnPtr& column, ByteWriter& out, arrow::MemoryPool* pool);
/// Reads `length` rows. `block` holds the bytes that `in` reads, followed by at least
/// kReadableTailBytes more: columns refer to it where they can.
Result<ColumnPtr> DecodeColumn(const DataType& type, int64_t length, ByteReader& in,
                               const BufferPtr& block, arrow::MemoryPool* pool);
inline constexpr int64_t kReadableTailBytes = 16;

/// Numbers as above; for slots and hashes too.
template <typename T>
void EncodeNumbers(const T* values, int64_t length, ByteWriter& out);
/// The values, in `block` or in a buffer of their own.
template <typename T>
Result<BufferPtr> DecodeNumbers(int64_t length, ByteReader& in, const BufferPtr& block,
                                arrow::MemoryPool* pool);

}  // namespace weir
