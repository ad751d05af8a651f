// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Columns under construction, written to by position: what record decoders fill. Everything is
// preallocated for a batch, so that setting a value is one store and one bit; rows that are not set
// are NULL.
//
//   slot.Set<int64_t>(row, 42);            validity bit `row` and values[row]
//   slot.SetView(row, data, size);         refers to `data` when longer than 12 bytes: a heap must
//   keep it child = slot.BeginList(row);           ARRAY, MAP, MULTISET: elements go to children at
//   row child = AddElement()
//
// Invariants: bits of `validity` beyond the rows set are 0, so NULL needs no call; list offsets are
// filled lazily. Threads: one.
#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "weir/data/batch.h"

namespace weir {

class ColumnSlot {
 public:
  explicit ColumnSlot(const DataType& type);

  const DataType& type() const { return type_; }
  TypeKind kind() const { return type_.kind(); }
  ColumnSlot& child(size_t i) { return *children_[i]; }
  size_t num_children() const { return children_.size(); }

  bool IsSet(int64_t row) const { return GetBit(validity_, row); }
  void Mark(int64_t row) { SetBit(validity_, row); }
  template <typename T>
  void Set(int64_t row, T value) {
    reinterpret_cast<T*>(values_)[row] = value;
    SetBit(validity_, row);
  }
  void SetBool(int64_t row, bool value) {
    SetBitTo(values_, row, value);
    SetBit(validity_, row);
  }
  /// `data` must have 16 readable bytes and, when longer than 12, be kept alive by a heap of the
  /// batch.
  void SetView(int64_t row, const char* data, uint32_t size) {
    char* out = reinterpret_cast<char*>(values_ + row * 16);
    if (size <= StringView::kInlineBytesMax) {
      // Both halves are loaded whole and cut by mask: short strings are common, their lengths are
      // not predictable.
      uint64_t low, high;
      std::memcpy(&low, data, 8);
      std::memcpy(&high, data + 4, 8);
      uint64_t keep_low = size >= 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * size)) - 1;
      uint64_t keep_high = size <= 4    ? 0
                           : size >= 12 ? ~uint64_t{0}
                                        : (uint64_t{1} << (8 * (size - 4))) - 1;
      low &= keep_low;
      high &= keep_high;
      std::memcpy(out, &size, 4);
      std::memcpy(out + 4, &low, 8);
      std::memcpy(out + 8, &high, 8);
    } else {
      StringView view(data, size);
      std::memcpy(out, &view, 16);
    }
    SetBit(validity_, row);
  }
  /// NULL, also if the row was set before.
  void SetNull(int64_t row) {
    if (IsSet(row)) ClearRow(row);
  }
  /// Opens the list of `row`; a list that was there is dropped.
  Status BeginList(int64_t row);
  /// A new element row in child(0) (and child(1)); its position.
  Result<int64_t> AddElement();
  void EndList(int64_t row) { SetBit(validity_, row); }
  /// Makes row `row` as it was before it was set, with everything below.
  void ClearRow(int64_t row);

  /// Begins a batch of at most `rows_max` rows.
  Status Begin(int64_t rows_max, arrow::MemoryPool* pool);
  /// The first `rows` rows; strings get `heaps`.
  Result<ColumnPtr> Finish(int64_t rows, const std::vector<BufferPtr>& heaps);

 private:
  Status Grow(int64_t rows);
  void Truncate(int64_t rows);
  int32_t* offsets() { return reinterpret_cast<int32_t*>(values_); }
  void FillOffsets(int64_t row);

  DataType type_;
  bool is_list_ = false;
  bool is_bits_ = false;
  int64_t width_ = 0;
  uint8_t* values_ = nullptr;
  uint8_t* validity_ = nullptr;
  int64_t capacity_ = 0;
  int64_t length_ = 0;        // As the child of a list: elements so far.
  int64_t offsets_done_ = 0;  // Lists: offsets [0, offsets_done_] are written.
  arrow::MemoryPool* pool_ = nullptr;
  BufferPtr values_buffer_, validity_buffer_;
  std::vector<std::unique_ptr<ColumnSlot>> children_;
};

/// The slots of a batch, and the bytes that strings are copied to where they cannot stay in the
/// block.
class BatchSlots {
 public:
  explicit BatchSlots(const Schema& schema);
  Status Begin(int64_t rows_max, arrow::MemoryPool* pool);
  int64_t rows_max() const { return rows_max_; }
  ColumnSlot& column(size_t i) { return *columns_[i]; }
  size_t num_columns() const { return columns_.size(); }
  void ClearRow(int64_t row);
  /// Keeps `buffer` alive with the batch.
  void AddHeap(const BufferPtr& buffer);
  /// Room for `size` bytes that live as long as the batch, with padding behind.
  Result<char*> AllocateBytes(int64_t size);
  Result<Batch> Finish(int64_t rows);

 private:
  std::vector<std::unique_ptr<ColumnSlot>> columns_;
  std::vector<BufferPtr> heaps_;
  BufferPtr chunk_;
  int64_t chunk_used_ = 0;
  int64_t rows_max_ = 0;
  arrow::MemoryPool* pool_ = nullptr;
};

}  // namespace weir
