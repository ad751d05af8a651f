// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A column of a batch: Arrow-compatible buffers without offsets, immutable once shared.
//
//   encoding    rows stand for
//   kFlat       row i is value i
//   kConstant   every row is value 0 (buffers hold one value, children one row)
//   kDictionary row i is row indices[i] of children[0], the dictionary (flat); `values` holds int32
//   indices.
//               NULL rows are marked in `validity` of this column; the dictionary itself holds no
//               NULLs.
//
// Invariants: no offset anywhere (slices copy pointers, or bits where they do not fall on a byte);
// `validity` is absent when no row is NULL; bits past `length` are unspecified; values of NULL rows
// are unspecified but initialised (a StringView there is safe to read, an index lies in the
// dictionary, which is not empty). Offsets of lists ascend but need not begin at 0, and the
// children may hold more than the offsets reach. Children of a flat ROW have its length and any
// encoding. Threads: a shared Column is never changed, so any thread may read it.
#pragma once

#include <arrow/buffer.h>
#include <arrow/memory_pool.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "weir/base/check.h"
#include "weir/base/error.h"
#include "weir/data/string_view.h"
#include "weir/data/type.h"

namespace weir {

using Int128 = __int128;
using BufferPtr = std::shared_ptr<arrow::Buffer>;
class Column;
using ColumnPtr = std::shared_ptr<const Column>;
using ColumnVector = std::vector<ColumnPtr>;

enum class Encoding : uint8_t { kFlat, kConstant, kDictionary };

class Column {
 public:
  DataType type;
  int64_t length = 0;
  Encoding encoding = Encoding::kFlat;
  BufferPtr validity;            // LSB-first bitmap, 1 = not NULL. Absent: no NULLs.
  BufferPtr values;              // See data/type.h; absent for NULL and ROW types.
  std::vector<BufferPtr> heaps;  // What long StringViews point into.
  ColumnVector children;  // ARRAY {elements}, MAP {keys, values}, MULTISET {elements, INT counts},
                          // ROW fields; dictionary.

  bool is_constant() const { return encoding == Encoding::kConstant; }
  bool is_flat() const { return encoding == Encoding::kFlat; }
  bool may_have_nulls() const { return validity != nullptr || type.kind() == TypeKind::kNull; }
  const uint8_t* validity_bits() const { return validity ? validity->data() : nullptr; }
  /// Raw values. For kConstant only [0] exists; for kDictionary use indices().
  template <typename T>
  const T* data() const {
    return reinterpret_cast<const T*>(values->data());
  }
  const StringView* views() const { return data<StringView>(); }
  const int32_t* offsets() const { return data<int32_t>(); }
  const int32_t* indices() const { return data<int32_t>(); }
  const Column& dictionary() const { return *children[0]; }
  /// Position of row `i` in the buffers (for kDictionary: in the dictionary's).
  int64_t Position(int64_t i) const {
    return encoding == Encoding::kFlat ? i : encoding == Encoding::kConstant ? 0 : indices()[i];
  }
  bool IsNull(int64_t i) const {
    if (type.kind() == TypeKind::kNull) return true;
    if (validity == nullptr) return false;
    int64_t bit = encoding == Encoding::kConstant ? 0 : i;
    return ((validity->data()[bit >> 3] >> (bit & 7)) & 1) == 0;
  }
  /// Value of row `i` under any encoding. Undefined for NULL rows but safe. Slow: not for kernels.
  template <typename T>
  T At(int64_t i) const {
    return encoding == Encoding::kDictionary ? dictionary().data<T>()[indices()[i]]
                                             : data<T>()[Position(i)];
  }
  /// Ticks of row `i` of a TIMESTAMP or TIMESTAMP_LTZ of any precision; as slow as At.
  Int128 TicksAt(int64_t i) const {
    return type.is_wide_timestamp() ? At<Int128>(i) : Int128{At<int64_t>(i)};
  }
  bool BoolAt(int64_t i) const {
    int64_t bit = Position(i);
    const uint8_t* bits =
        encoding == Encoding::kDictionary ? dictionary().values->data() : values->data();
    return ((bits[bit >> 3] >> (bit & 7)) & 1) != 0;
  }
  /// Number of NULL rows.
  int64_t CountNulls() const;
};

inline bool GetBit(const uint8_t* bits, int64_t i) { return ((bits[i >> 3] >> (i & 7)) & 1) != 0; }
inline void SetBit(uint8_t* bits, int64_t i) {
  bits[i >> 3] = static_cast<uint8_t>(bits[i >> 3] | (1u << (i & 7)));
}
inline void ClearBit(uint8_t* bits, int64_t i) {
  bits[i >> 3] = static_cast<uint8_t>(bits[i >> 3] & ~(1u << (i & 7)));
}
inline void SetBitTo(uint8_t* bits, int64_t i, bool value) {
  value ? SetBit(bits, i) : ClearBit(bits, i);
}
inline int64_t BitmapBytes(int64_t bits) { return (bits + 7) / 8; }

/// AllocateBuffer(bytes, pool) allocates `bytes` uninitialised bytes (padded to 64) from `pool`.
/// An object, not a function: argument-dependent lookup would find Arrow's function of that name
/// too.
struct BufferAllocation {
  Result<std::shared_ptr<arrow::Buffer>> operator()(int64_t bytes, arrow::MemoryPool* pool) const;
};
inline constexpr BufferAllocation AllocateBuffer;
/// Allocates a bitmap of `bits` bits, all set to `value`.
Result<std::shared_ptr<arrow::Buffer>> AllocateBitmap(int64_t bits, bool value,
                                                      arrow::MemoryPool* pool);

/// A flat column with `values` allocated for `length` rows (not initialised), no validity. Not for
/// nested types.
Result<std::shared_ptr<Column>> MakeFlatColumn(const DataType& type, int64_t length,
                                               arrow::MemoryPool* pool);
/// A flat column without rows, of any type.
Result<ColumnPtr> MakeEmptyColumn(const DataType& type, arrow::MemoryPool* pool);
/// Types of Column::children of a flat column: as DataType::fields(), plus the counts of a
/// MULTISET.
std::vector<DataType> ChildTypes(const DataType& type);
/// A column of `length` NULLs (constant-encoded).
Result<ColumnPtr> MakeNullColumn(const DataType& type, int64_t length, arrow::MemoryPool* pool);

/// Row i of the result is row indices[i] of `column`; an index of -1 gives NULL. Encodings stay
/// where that is cheap.
Result<ColumnPtr> Gather(const ColumnPtr& column, std::span<const int32_t> indices,
                         arrow::MemoryPool* pool);
/// Rows [offset, offset + length). Shares buffers.
Result<ColumnPtr> Slice(const ColumnPtr& column, int64_t offset, int64_t length,
                        arrow::MemoryPool* pool);
/// The columns one after the other (equal types). The result is flat.
Result<ColumnPtr> Concat(const ColumnVector& columns, arrow::MemoryPool* pool);
/// The same rows, flat. Returns `column` itself when it is flat.
Result<ColumnPtr> Flatten(const ColumnPtr& column, arrow::MemoryPool* pool);
/// The row of a column with one row, repeated: a constant column of `length` rows. Shares buffers.
Result<ColumnPtr> Repeat(const ColumnPtr& row, int64_t length, arrow::MemoryPool* pool);
/// The same buffers under another type of the same physical layout (nullability, lengths,
/// precisions, names).
ColumnPtr Retype(const ColumnPtr& column, const DataType& type);
/// Copies long strings out of shared heaps into one heap of their own, so that big inputs can be
/// freed.
Result<ColumnPtr> Compact(const ColumnPtr& column, arrow::MemoryPool* pool);
/// Bytes reachable from the column's buffers (shared ones counted fully).
int64_t ColumnBytes(const Column& column);

/// Fills `hashes` (length entries) with a 64-bit hash per row over `columns`; NULL has a hash of
/// its own; -0.0 and 0.0 hash alike, NaNs hash alike. The same values hash alike on every machine
/// and run (state files depend on it).
Status HashColumns(const ColumnVector& columns, int64_t num_rows, uint64_t* hashes);
/// Whether row `i` of `a` and row `j` of `b` are the same value; NULL is the same as NULL; NaN the
/// same as NaN.
bool SameValue(const Column& a, int64_t i, const Column& b, int64_t j);
/// Order of two non-NULL values of one type: negative, 0, positive. NaN is the greatest. ARRAY and
/// ROW by element.
int CompareValues(const Column& a, int64_t i, const Column& b, int64_t j);

}  // namespace weir
