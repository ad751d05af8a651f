// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/data/column.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "weir/data/loops.h"

namespace weir {

int64_t Column::CountNulls() const {
  if (type.kind() == TypeKind::kNull) return length;
  if (validity == nullptr) return 0;
  if (is_constant()) return IsNull(0) ? length : 0;
  return length - CountSetBits(validity->data(), length);
}

Result<std::shared_ptr<arrow::Buffer>> BufferAllocation::operator()(int64_t bytes,
                                                                    arrow::MemoryPool* pool) const {
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<arrow::Buffer> buffer, arrow::AllocateBuffer(bytes, pool));
  return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

Result<std::shared_ptr<arrow::Buffer>> AllocateBitmap(int64_t bits, bool value,
                                                      arrow::MemoryPool* pool) {
  WEIR_ASSIGN_OR_RETURN(auto buffer, AllocateBuffer(BitmapBytes(bits), pool));
  if (bits > 0)
    std::memset(buffer->mutable_data(), value ? 0xFF : 0, static_cast<size_t>(BitmapBytes(bits)));
  return buffer;
}

Result<std::shared_ptr<Column>> MakeFlatColumn(const DataType& type, int64_t length,
                                               arrow::MemoryPool* pool) {
  WEIR_CHECK(!type.is_nested(), "nested columns are made by builders");
  auto column = std::make_shared<Column>();
  column->type = type;
  column->length = length;
  if (type.kind() == TypeKind::kNull) return column;
  int64_t bytes =
      type.kind() == TypeKind::kBoolean ? BitmapBytes(length) : length * type.value_width();
  WEIR_ASSIGN_OR_RETURN(column->values, AllocateBuffer(bytes, pool));
  return column;
}

Result<ColumnPtr> MakeEmptyColumn(const DataType& type, arrow::MemoryPool* pool) {
  if (!type.is_nested()) {
    WEIR_ASSIGN_OR_RETURN(auto column, MakeFlatColumn(type, 0, pool));
    return ColumnPtr(std::move(column));
  }
  auto column = std::make_shared<Column>();
  column->type = type;
  for (const DataType& child : ChildTypes(type)) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr empty, MakeEmptyColumn(child, pool));
    column->children.push_back(std::move(empty));
  }
  if (type.kind() != TypeKind::kRow) {
    WEIR_ASSIGN_OR_RETURN(auto offsets, AllocateBuffer(sizeof(int32_t), pool));
    std::memset(offsets->mutable_data(), 0, sizeof(int32_t));
    column->values = std::move(offsets);
  }
  return ColumnPtr(std::move(column));
}

std::vector<DataType> ChildTypes(const DataType& type) {
  std::vector<DataType> types;
  if (!type.is_nested()) return types;
  for (const Field& field : type.fields()) types.push_back(field.type);
  if (type.kind() == TypeKind::kMultiset) types.push_back(DataType::Int().NotNull());
  return types;
}

Result<ColumnPtr> MakeNullColumn(const DataType& type, int64_t length, arrow::MemoryPool* pool) {
  auto column = std::make_shared<Column>();
  column->type = type;
  column->length = length;
  column->encoding = Encoding::kConstant;
  if (type.kind() == TypeKind::kNull) return ColumnPtr(std::move(column));
  WEIR_ASSIGN_OR_RETURN(column->validity, AllocateBitmap(1, false, pool));
  if (type.kind() == TypeKind::kRow) {
    for (const Field& field : type.fields()) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr child, MakeNullColumn(field.type, 1, pool));
      column->children.push_back(std::move(child));
    }
    return ColumnPtr(std::move(column));
  }
  // One value of any width, or the two offsets of an empty list.
  WEIR_ASSIGN_OR_RETURN(auto zeros, AllocateBuffer(16, pool));
  std::memset(zeros->mutable_data(), 0, 16);
  column->values = std::move(zeros);
  for (const DataType& child : ChildTypes(type)) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr empty, MakeEmptyColumn(child, pool));
    column->children.push_back(std::move(empty));
  }
  return ColumnPtr(std::move(column));
}

namespace {

Result<BufferPtr> SliceBits(const BufferPtr& bits, int64_t offset, int64_t length,
                            arrow::MemoryPool* pool) {
  if ((offset & 7) == 0) return arrow::SliceBuffer(bits, offset >> 3, BitmapBytes(length));
  WEIR_ASSIGN_OR_RETURN(auto copy, AllocateBitmap(length, false, pool));
  CopyBits(bits->data(), offset, length, copy->mutable_data(), 0);
  return BufferPtr(std::move(copy));
}

bool IsList(const DataType& type) { return type.is_nested() && type.kind() != TypeKind::kRow; }

}  // namespace

Result<ColumnPtr> Slice(const ColumnPtr& column, int64_t offset, int64_t length,
                        arrow::MemoryPool* pool) {
  WEIR_CHECK(offset >= 0 && length >= 0 && offset + length <= column->length,
             "a slice lies inside its column");
  if (length == column->length) return column;
  auto slice = std::make_shared<Column>();
  slice->type = column->type;
  slice->length = length;
  slice->encoding = column->encoding;
  slice->heaps = column->heaps;
  if (column->is_constant() || column->type.kind() == TypeKind::kNull) {
    slice->validity = column->validity;
    slice->values = column->values;
    slice->children = column->children;
    return ColumnPtr(std::move(slice));
  }
  if (column->validity != nullptr) {
    WEIR_ASSIGN_OR_RETURN(slice->validity, SliceBits(column->validity, offset, length, pool));
    if (AllBitsSet(slice->validity->data(), length)) slice->validity = nullptr;
  }
  if (column->encoding == Encoding::kDictionary) {
    slice->values = arrow::SliceBuffer(column->values, offset * 4, length * 4);
    slice->children = column->children;
  } else if (column->type.kind() == TypeKind::kBoolean) {
    WEIR_ASSIGN_OR_RETURN(slice->values, SliceBits(column->values, offset, length, pool));
  } else if (column->type.kind() == TypeKind::kRow) {
    for (const ColumnPtr& child : column->children) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr part, Slice(child, offset, length, pool));
      slice->children.push_back(std::move(part));
    }
  } else {
    int64_t width = column->type.value_width();
    int64_t count = IsList(column->type) ? length + 1 : length;
    slice->values = arrow::SliceBuffer(column->values, offset * width, count * width);
    slice->children = column->children;
  }
  return ColumnPtr(std::move(slice));
}

ColumnPtr Retype(const ColumnPtr& column, const DataType& type) {
  WEIR_CHECK(
      column->type.kind() == TypeKind::kNull || column->type.value_width() == type.value_width(),
      "Retype keeps the layout");
  auto copy = std::make_shared<Column>(*column);
  copy->type = type;
  if (column->encoding == Encoding::kDictionary) {
    copy->children[0] = Retype(column->children[0], type.NotNull());
    return copy;
  }
  const std::vector<Field>& fields = type.fields();
  for (size_t i = 0; i < fields.size() && i < copy->children.size(); ++i) {
    if (copy->children[i]->type == fields[i].type) continue;
    copy->children[i] = Retype(copy->children[i], fields[i].type);
  }
  return copy;
}

namespace {

// A buffer of its own instead of a slice of a bigger one.
Result<BufferPtr> Unshare(const BufferPtr& buffer, arrow::MemoryPool* pool) {
  if (buffer == nullptr || buffer->parent() == nullptr) return buffer;
  WEIR_ASSIGN_OR_RETURN(auto copy, AllocateBuffer(buffer->size(), pool));
  if (buffer->size() > 0)
    std::memcpy(copy->mutable_data(), buffer->data(), static_cast<size_t>(buffer->size()));
  return BufferPtr(std::move(copy));
}

int64_t RootBytes(const BufferPtr& buffer) {
  const arrow::Buffer* root = buffer.get();
  while (root->parent() != nullptr) root = root->parent().get();
  return root->size();
}

// Moves the long strings of `column`, flat or constant, into one heap.
Status CompactViews(Column* column, arrow::MemoryPool* pool) {
  int64_t rows = column->is_constant() ? 1 : column->length;
  const StringView* views = column->views();
  const uint8_t* valid = column->validity_bits();
  // Rows that repeat the string before them (expanded constants, sorted keys) share its copy.
  StringView last;
  auto repeats = [&](int64_t i) {
    return views[i].data() == last.data() && views[i].size() <= last.size();
  };
  auto is_null = [&](int64_t i) { return valid != nullptr && !GetBit(valid, i); };
  int64_t used = 0;
  for (int64_t i = 0; i < rows; ++i) {
    if (views[i].is_inline() || is_null(i) || repeats(i)) continue;
    last = views[i];
    used += last.size();
  }
  int64_t held = 0;
  for (const BufferPtr& heap : column->heaps) held += RootBytes(heap);
  if (column->heaps.size() <= 1 && held <= used + used / 4) return Status::OK();
  WEIR_ASSIGN_OR_RETURN(auto heap, AllocateBuffer(used, pool));
  WEIR_ASSIGN_OR_RETURN(auto values,
                        AllocateBuffer(rows * static_cast<int64_t>(sizeof(StringView)), pool));
  char* free = reinterpret_cast<char*>(heap->mutable_data());
  auto* out = reinterpret_cast<StringView*>(values->mutable_data());
  last = StringView();
  const char* last_copy = nullptr;
  for (int64_t i = 0; i < rows; ++i) {
    if (is_null(i)) {
      out[i] = StringView();
      continue;
    }
    if (views[i].is_inline()) {
      out[i] = views[i];
      continue;
    }
    if (!repeats(i)) {
      last = views[i];
      last_copy = free;
      std::memcpy(free, last.data(), last.size());
      free += last.size();
    }
    out[i] = StringView(last_copy, views[i].size());
  }
  column->values = std::move(values);
  column->heaps.clear();
  column->heaps.push_back(std::move(heap));
  return Status::OK();
}

}  // namespace

Result<ColumnPtr> Compact(const ColumnPtr& column, arrow::MemoryPool* pool) {
  if (column->encoding == Encoding::kDictionary && column->dictionary().length > column->length) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr flat, Flatten(column, pool));
    return Compact(flat, pool);
  }
  auto copy = std::make_shared<Column>(*column);
  WEIR_ASSIGN_OR_RETURN(copy->validity, Unshare(copy->validity, pool));
  if (copy->is_flat() && IsList(copy->type)) {
    // Only the elements that the offsets reach; the offsets then begin at 0.
    const int32_t* offsets = column->offsets();
    int32_t begin = offsets[0];
    WEIR_ASSIGN_OR_RETURN(auto rebased, AllocateBuffer((column->length + 1) * 4, pool));
    auto* out = reinterpret_cast<int32_t*>(rebased->mutable_data());
    for (int64_t i = 0; i <= column->length; ++i) out[i] = offsets[i] - begin;
    copy->values = std::move(rebased);
    for (ColumnPtr& child : copy->children) {
      WEIR_ASSIGN_OR_RETURN(child, Slice(child, begin, offsets[column->length] - begin, pool));
    }
  } else if (copy->type.is_view() && copy->encoding != Encoding::kDictionary) {
    WEIR_RETURN_NOT_OK(CompactViews(copy.get(), pool));
  }
  WEIR_ASSIGN_OR_RETURN(copy->values, Unshare(copy->values, pool));
  for (ColumnPtr& child : copy->children) {
    WEIR_ASSIGN_OR_RETURN(child, Compact(child, pool));
  }
  return ColumnPtr(std::move(copy));
}

int64_t ColumnBytes(const Column& column) {
  int64_t bytes =
      (column.validity ? column.validity->size() : 0) + (column.values ? column.values->size() : 0);
  for (const BufferPtr& heap : column.heaps) bytes += heap->size();
  for (const ColumnPtr& child : column.children) bytes += ColumnBytes(*child);
  return bytes;
}

}  // namespace weir
