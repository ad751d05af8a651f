// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/format/column_slots.h"

#include <algorithm>
#include <limits>

#include "weir/data/batch.h"
#include "weir/data/loops.h"
#include "weir/format/format.h"

namespace weir {
namespace {

constexpr int64_t kChunkBytes = 64 << 10;

bool IsList(TypeKind kind) {
  return kind == TypeKind::kArray || kind == TypeKind::kMap || kind == TypeKind::kMultiset;
}

}  // namespace

ColumnSlot::ColumnSlot(const DataType& type) : type_(type) {
  is_list_ = IsList(type.kind());
  is_bits_ = type.kind() == TypeKind::kBoolean;
  width_ = is_list_ ? 4 : type.value_width();
  for (const DataType& child : ChildTypes(type))
    children_.push_back(std::make_unique<ColumnSlot>(child));
}

Status ColumnSlot::Begin(int64_t rows_max, arrow::MemoryPool* pool) {
  pool_ = pool;
  capacity_ = 0;
  length_ = 0;
  offsets_done_ = 0;
  values_buffer_ = validity_buffer_ = nullptr;
  values_ = validity_ = nullptr;
  WEIR_RETURN_NOT_OK(Grow(rows_max));
  for (auto& child : children_) WEIR_RETURN_NOT_OK(child->Begin(is_list_ ? 16 : rows_max, pool));
  return Status::OK();
}

// Makes room for `rows` rows; what is new is zero (a NULL row, an empty string).
Status ColumnSlot::Grow(int64_t rows) {
  auto resize = [&](BufferPtr* buffer, uint8_t** data, int64_t old_bytes, int64_t bytes) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto bigger, AllocateBuffer(bytes, pool_));
    uint8_t* out = bigger->mutable_data();
    if (old_bytes > 0) std::memcpy(out, *data, static_cast<size_t>(old_bytes));
    std::memset(out + old_bytes, 0, static_cast<size_t>(bytes - old_bytes));
    *data = out;
    *buffer = std::move(bigger);
    return Status::OK();
  };
  auto value_bytes = [&](int64_t n) {
    return is_bits_ ? BitmapBytes(n) : is_list_ ? (n + 1) * 4 : n * width_;
  };
  int64_t old = capacity_;
  WEIR_RETURN_NOT_OK(resize(&validity_buffer_, &validity_, old == 0 ? 0 : BitmapBytes(old),
                            BitmapBytes(rows) + 8));
  if (value_bytes(rows) > 0) {
    WEIR_RETURN_NOT_OK(
        resize(&values_buffer_, &values_, old == 0 ? 0 : value_bytes(old), value_bytes(rows) + 16));
  }
  capacity_ = rows;
  // Children of a ROW grow with it, except at the very beginning when they are not there yet.
  if (!is_list_ && old > 0) {
    for (auto& child : children_) WEIR_RETURN_NOT_OK(child->Grow(rows));
  }
  return Status::OK();
}

void ColumnSlot::FillOffsets(int64_t row) {
  auto end = static_cast<int32_t>(children_[0]->length_);
  while (offsets_done_ < row) offsets()[++offsets_done_] = end;
}

Status ColumnSlot::BeginList(int64_t row) {
  if (IsSet(row)) ClearRow(row);
  FillOffsets(row);
  return Status::OK();
}

Result<int64_t> ColumnSlot::AddElement() {
  int64_t element = children_[0]->length_;
  if (element == std::numeric_limits<int32_t>::max())
    return InvalidData("a batch holds too many elements of one array column");
  for (auto& child : children_) {
    if (element >= child->capacity_) WEIR_RETURN_NOT_OK(child->Grow(child->capacity_ * 2));
    child->length_ = element + 1;
  }
  return element;
}

void ColumnSlot::Truncate(int64_t rows) {
  for (int64_t row = rows; row < length_; ++row) ClearRow(row);
  length_ = std::min(length_, rows);
}

void ColumnSlot::ClearRow(int64_t row) {
  ClearBit(validity_, row);
  if (is_list_) {
    if (offsets_done_ >= row) {
      // The list of this row is the last one: what it added to the children goes.
      for (auto& child : children_) child->Truncate(offsets()[row]);
      offsets_done_ = row;
    }
    return;
  }
  for (auto& child : children_) child->ClearRow(row);
}

Result<ColumnPtr> ColumnSlot::Finish(int64_t rows, const std::vector<BufferPtr>& heaps) {
  auto column = std::make_shared<Column>();
  column->type = type_;
  column->length = rows;
  if (is_list_) FillOffsets(rows);
  if (kind() == TypeKind::kNull) return MakeNullColumn(type_, rows, pool_);
  if (!AllBitsSet(validity_, rows))
    column->validity = arrow::SliceBuffer(validity_buffer_, 0, BitmapBytes(rows));
  if (values_buffer_ != nullptr) {
    int64_t bytes = is_bits_ ? BitmapBytes(rows) : is_list_ ? (rows + 1) * 4 : rows * width_;
    column->values = arrow::SliceBuffer(values_buffer_, 0, bytes);
  }
  if (type_.is_view()) column->heaps = heaps;
  for (auto& child : children_) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr finished,
                          child->Finish(is_list_ ? child->length_ : rows, heaps));
    column->children.push_back(std::move(finished));
  }
  return ColumnPtr(std::move(column));
}

BatchSlots::BatchSlots(const Schema& schema) {
  for (const Field& field : schema.fields)
    columns_.push_back(std::make_unique<ColumnSlot>(field.type));
}

Status BatchSlots::Begin(int64_t rows_max, arrow::MemoryPool* pool) {
  pool_ = pool;
  rows_max_ = rows_max;
  heaps_.clear();
  chunk_ = nullptr;
  chunk_used_ = 0;
  for (auto& column : columns_) WEIR_RETURN_NOT_OK(column->Begin(rows_max, pool));
  return Status::OK();
}

void BatchSlots::ClearRow(int64_t row) {
  for (auto& column : columns_) column->ClearRow(row);
}

void BatchSlots::AddHeap(const BufferPtr& buffer) {
  if (buffer != nullptr && (heaps_.empty() || heaps_.back() != buffer)) heaps_.push_back(buffer);
}

Result<char*> BatchSlots::AllocateBytes(int64_t size) {
  int64_t needed = size + kBlockPadding;
  if (chunk_ == nullptr || chunk_used_ + needed > chunk_->size()) {
    WEIR_ASSIGN_OR_RETURN(auto chunk, AllocateBuffer(std::max(kChunkBytes, needed), pool_));
    std::memset(chunk->mutable_data(), 0, static_cast<size_t>(chunk->size()));
    chunk_ = std::move(chunk);
    chunk_used_ = 0;
    heaps_.push_back(chunk_);
  }
  char* out = reinterpret_cast<char*>(const_cast<uint8_t*>(chunk_->data())) + chunk_used_;
  chunk_used_ += size;
  return out;
}

Result<Batch> BatchSlots::Finish(int64_t rows) {
  Batch batch;
  batch.num_rows = rows;
  for (auto& column : columns_) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr finished, column->Finish(rows, heaps_));
    batch.columns.push_back(std::move(finished));
  }
  return batch;
}

}  // namespace weir
