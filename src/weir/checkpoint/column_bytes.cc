// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/checkpoint/column_bytes.h"

#include <algorithm>
#include <limits>

namespace weir {
namespace {

constexpr uint8_t kHasNulls = 1;

// Rows of lists are counted with 32 bits.
constexpr int64_t kElementsMax = std::numeric_limits<int32_t>::max();

template <typename T, typename Narrow>
void EncodeNarrow(const T* values, int64_t length, T base, ByteWriter& out) {
  auto* to = reinterpret_cast<Narrow*>(out.Array(length * static_cast<int64_t>(sizeof(Narrow))));
  for (int64_t i = 0; i < length; ++i) to[i] = static_cast<Narrow>(values[i] - base);
}

template <typename T, typename Narrow>
void Widen(const uint8_t* bytes, int64_t length, T base, T* out) {
  const auto* from = reinterpret_cast<const Narrow*>(bytes);
  for (int64_t i = 0; i < length; ++i) {
    // Wraps around instead of overflowing, whatever the bytes say.
    if constexpr (sizeof(T) == 16) {
      out[i] = static_cast<T>(static_cast<unsigned __int128>(base) + from[i]);
    } else {
      out[i] = static_cast<T>(static_cast<uint64_t>(base) + from[i]);
    }
  }
}

// A part of `block` as a buffer that keeps it alive.
BufferPtr Part(const BufferPtr& block, const uint8_t* at, int64_t size) {
  return arrow::SliceBuffer(block, at - block->data(), size);
}

Status EncodeFixed(const Column& column, ByteWriter& out) {
  if (column.type.is_approximate()) {
    int64_t bytes = column.length * column.type.value_width();
    if (bytes > 0) std::memcpy(out.Array(bytes), column.values->data(), static_cast<size_t>(bytes));
    return Status::OK();
  }
  switch (column.type.value_width()) {
    case 1:
      EncodeNumbers(column.data<int8_t>(), column.length, out);
      break;
    case 2:
      EncodeNumbers(column.data<int16_t>(), column.length, out);
      break;
    case 4:
      EncodeNumbers(column.data<int32_t>(), column.length, out);
      break;
    case 8:
      EncodeNumbers(column.data<int64_t>(), column.length, out);
      break;
    default:
      EncodeNumbers(column.data<Int128>(), column.length, out);
  }
  return Status::OK();
}

Status EncodeViews(const Column& column, ByteWriter& out) {
  std::vector<uint32_t> lengths(static_cast<size_t>(column.length));
  const StringView* views = column.views();
  uint64_t total = 0;
  for (int64_t i = 0; i < column.length; ++i) {
    uint32_t size = column.may_have_nulls() && column.IsNull(i) ? 0 : views[i].size();
    lengths[static_cast<size_t>(i)] = size;
    total += size;
  }
  if (total > std::numeric_limits<uint32_t>::max())
    return Unsupported("saving more than 4 GiB of texts at once");
  EncodeNumbers(lengths.data(), column.length, out);
  out.Number(static_cast<uint32_t>(total));
  uint8_t* to = out.Array(static_cast<int64_t>(total));
  for (int64_t i = 0; i < column.length; ++i) {
    uint32_t size = lengths[static_cast<size_t>(i)];
    if (size > 0) std::memcpy(to, views[i].data(), size);
    to += size;
  }
  return Status::OK();
}

Status EncodeLists(const Column& column, ByteWriter& out, arrow::MemoryPool* pool) {
  std::vector<uint32_t> lengths(static_cast<size_t>(column.length));
  const int32_t* offsets = column.offsets();
  // A NULL row may have elements; they are left out by taking the others one by one.
  bool has_hidden = false;
  for (int64_t i = 0; i < column.length; ++i) {
    bool is_null = column.may_have_nulls() && column.IsNull(i);
    auto size = static_cast<uint32_t>(offsets[i + 1] - offsets[i]);
    has_hidden |= is_null && size != 0;
    lengths[static_cast<size_t>(i)] = is_null ? 0 : size;
  }
  EncodeNumbers(lengths.data(), column.length, out);
  std::vector<int32_t> elements;
  if (has_hidden) {
    for (int64_t i = 0; i < column.length; ++i) {
      for (uint32_t k = 0; k < lengths[static_cast<size_t>(i)]; ++k)
        elements.push_back(offsets[i] + static_cast<int32_t>(k));
    }
  }
  for (const ColumnPtr& child : column.children) {
    ColumnPtr part;
    if (has_hidden) {
      WEIR_ASSIGN_OR_RETURN(part, Gather(child, elements, pool));
    } else {
      int64_t first = column.length == 0 ? 0 : offsets[0];
      int64_t last = column.length == 0 ? 0 : offsets[column.length];
      WEIR_ASSIGN_OR_RETURN(part, Slice(child, first, last - first, pool));
    }
    WEIR_RETURN_NOT_OK(EncodeColumn(part, out, pool));
  }
  return Status::OK();
}

Result<ColumnPtr> DecodeViews(std::shared_ptr<Column> column, ByteReader& in,
                              const BufferPtr& block, arrow::MemoryPool* pool) {
  WEIR_ASSIGN_OR_RETURN(BufferPtr lengths,
                        DecodeNumbers<uint32_t>(column->length, in, block, pool));
  WEIR_ASSIGN_OR_RETURN(uint32_t total, in.Number<uint32_t>());
  WEIR_ASSIGN_OR_RETURN(const uint8_t* bytes, in.Array(total));
  const auto* sizes = reinterpret_cast<const uint32_t*>(lengths->data());
  uint64_t sum = 0;
  for (int64_t i = 0; i < column->length; ++i) sum += sizes[i];
  if (sum != total) return Corruption("the lengths of texts do not add up");
  WEIR_ASSIGN_OR_RETURN(
      auto values, AllocateBuffer(column->length * static_cast<int64_t>(sizeof(StringView)), pool));
  auto* views = reinterpret_cast<StringView*>(values->mutable_data());
  const char* text = reinterpret_cast<const char*>(bytes);
  bool any_long = false;
  for (int64_t i = 0; i < column->length; ++i) {
    views[i] = StringView::FromPadded(text, sizes[i]);
    any_long |= sizes[i] > StringView::kInlineBytesMax;
    text += sizes[i];
  }
  column->values = std::move(values);
  if (any_long) column->heaps.push_back(block);
  return ColumnPtr(std::move(column));
}

Result<ColumnPtr> DecodeLists(std::shared_ptr<Column> column, ByteReader& in,
                              const BufferPtr& block, arrow::MemoryPool* pool) {
  WEIR_ASSIGN_OR_RETURN(BufferPtr lengths,
                        DecodeNumbers<uint32_t>(column->length, in, block, pool));
  WEIR_ASSIGN_OR_RETURN(auto values, AllocateBuffer((column->length + 1) * 4, pool));
  const auto* sizes = reinterpret_cast<const uint32_t*>(lengths->data());
  auto* offsets = reinterpret_cast<int32_t*>(values->mutable_data());
  int64_t total = 0;
  for (int64_t i = 0; i < column->length; ++i) {
    offsets[i] = static_cast<int32_t>(total);
    total += sizes[i];
    if (total > kElementsMax) return Corruption("a column of lists has too many elements");
  }
  offsets[column->length] = static_cast<int32_t>(total);
  column->values = std::move(values);
  for (const DataType& type : ChildTypes(column->type)) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr child, DecodeColumn(type, total, in, block, pool));
    column->children.push_back(std::move(child));
  }
  return ColumnPtr(std::move(column));
}

}  // namespace

template <typename T>
void EncodeNumbers(const T* values, int64_t length, ByteWriter& out) {
  constexpr auto kWidth = static_cast<uint8_t>(sizeof(T));
  T least = 0, greatest = 0;
  if (length > 0) {
    least = greatest = values[0];
    for (int64_t i = 1; i < length; ++i) {
      least = std::min(least, values[i]);
      greatest = std::max(greatest, values[i]);
    }
  }
  auto range = static_cast<unsigned __int128>(greatest) - static_cast<unsigned __int128>(least);
  bool fits = true;
  if constexpr (sizeof(T) == 16) {
    fits = least >= std::numeric_limits<int64_t>::min() &&
           least <= std::numeric_limits<int64_t>::max();
  }
  uint8_t width = !fits                 ? kWidth
                  : range == 0          ? 0
                  : range <= 0xff       ? 1
                  : range <= 0xffff     ? 2
                  : range <= 0xffffffff ? 4
                                        : kWidth;
  width = std::min(width, kWidth);
  out.Number(width);
  if (width == kWidth) {
    int64_t bytes = length * kWidth;
    if (bytes > 0) std::memcpy(out.Array(bytes), values, static_cast<size_t>(bytes));
    return;
  }
  out.Number(static_cast<int64_t>(least));
  if (width == 1) EncodeNarrow<T, uint8_t>(values, length, least, out);
  if (width == 2) EncodeNarrow<T, uint16_t>(values, length, least, out);
  if (width == 4) EncodeNarrow<T, uint32_t>(values, length, least, out);
}

template <typename T>
Result<BufferPtr> DecodeNumbers(int64_t length, ByteReader& in, const BufferPtr& block,
                                arrow::MemoryPool* pool) {
  constexpr auto kWidth = static_cast<uint8_t>(sizeof(T));
  WEIR_ASSIGN_OR_RETURN(uint8_t width, in.Number<uint8_t>());
  if (width == kWidth) {
    int64_t bytes = length * kWidth;
    // An empty array is not aligned by the writer.
    if (bytes == 0) return Part(block, block->data(), 0);
    WEIR_ASSIGN_OR_RETURN(const uint8_t* at, in.Array(bytes));
    return Part(block, at, bytes);
  }
  if (width > 4 || width == 3 || width > kWidth)
    return Corruption("numbers of {} bytes do not exist here", width);
  WEIR_ASSIGN_OR_RETURN(int64_t base, in.Number<int64_t>());
  const uint8_t* at = nullptr;
  if (width > 0) {
    WEIR_ASSIGN_OR_RETURN(at, in.Array(length * width));
  }
  WEIR_ASSIGN_OR_RETURN(auto values, AllocateBuffer(length * kWidth, pool));
  T* out = reinterpret_cast<T*>(values->mutable_data());
  if (width == 0) std::fill_n(out, length, static_cast<T>(base));
  if (width == 1) Widen<T, uint8_t>(at, length, static_cast<T>(base), out);
  if (width == 2) Widen<T, uint16_t>(at, length, static_cast<T>(base), out);
  if (width == 4) Widen<T, uint32_t>(at, length, static_cast<T>(base), out);
  return BufferPtr(std::move(values));
}

template void EncodeNumbers(const uint32_t*, int64_t, ByteWriter&);
template Result<BufferPtr> DecodeNumbers<uint32_t>(int64_t, ByteReader&, const BufferPtr&,
                                                   arrow::MemoryPool*);

Status EncodeColumn(const ColumnPtr& given, ByteWriter& out, arrow::MemoryPool* pool) {
  WEIR_ASSIGN_OR_RETURN(ColumnPtr column, Flatten(given, pool));
  if (column->type.kind() == TypeKind::kNull) return Status::OK();
  bool has_nulls = column->validity != nullptr && column->CountNulls() > 0;
  out.Number(static_cast<uint8_t>(has_nulls ? kHasNulls : 0));
  if (has_nulls) out.Bytes(column->validity->data(), BitmapBytes(column->length));
  if (column->type.kind() == TypeKind::kBoolean) {
    out.Bytes(column->values->data(), BitmapBytes(column->length));
    return Status::OK();
  }
  if (column->type.kind() == TypeKind::kRow) {
    for (const ColumnPtr& child : column->children) {
      WEIR_RETURN_NOT_OK(EncodeColumn(child, out, pool));
    }
    return Status::OK();
  }
  if (column->type.is_nested()) return EncodeLists(*column, out, pool);
  return column->type.is_view() ? EncodeViews(*column, out) : EncodeFixed(*column, out);
}

Result<ColumnPtr> DecodeColumn(const DataType& type, int64_t length, ByteReader& in,
                               const BufferPtr& block, arrow::MemoryPool* pool) {
  auto column = std::make_shared<Column>();
  column->type = type;
  column->length = length;
  if (type.kind() == TypeKind::kNull) return ColumnPtr(std::move(column));
  WEIR_ASSIGN_OR_RETURN(uint8_t flags, in.Number<uint8_t>());
  if (flags > kHasNulls) return Corruption("a column has unknown flags");
  if (flags == kHasNulls) {
    WEIR_ASSIGN_OR_RETURN(const uint8_t* bits, in.Bytes(BitmapBytes(length)));
    column->validity = Part(block, bits, BitmapBytes(length));
  }
  if (type.kind() == TypeKind::kBoolean) {
    WEIR_ASSIGN_OR_RETURN(const uint8_t* bits, in.Bytes(BitmapBytes(length)));
    column->values = Part(block, bits, BitmapBytes(length));
    return ColumnPtr(std::move(column));
  }
  if (type.kind() == TypeKind::kRow) {
    for (const DataType& child : ChildTypes(type)) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr field, DecodeColumn(child, length, in, block, pool));
      column->children.push_back(std::move(field));
    }
    return ColumnPtr(std::move(column));
  }
  if (type.is_nested()) return DecodeLists(std::move(column), in, block, pool);
  if (type.is_view()) return DecodeViews(std::move(column), in, block, pool);
  if (type.is_approximate()) {
    int64_t bytes = length * type.value_width();
    if (bytes == 0) {
      column->values = Part(block, block->data(), 0);
      return ColumnPtr(std::move(column));
    }
    WEIR_ASSIGN_OR_RETURN(const uint8_t* at, in.Array(bytes));
    column->values = Part(block, at, bytes);
    return ColumnPtr(std::move(column));
  }
  switch (type.value_width()) {
    case 1: {
      WEIR_ASSIGN_OR_RETURN(column->values, DecodeNumbers<int8_t>(length, in, block, pool));
      break;
    }
    case 2: {
      WEIR_ASSIGN_OR_RETURN(column->values, DecodeNumbers<int16_t>(length, in, block, pool));
      break;
    }
    case 4: {
      WEIR_ASSIGN_OR_RETURN(column->values, DecodeNumbers<int32_t>(length, in, block, pool));
      break;
    }
    case 8: {
      WEIR_ASSIGN_OR_RETURN(column->values, DecodeNumbers<int64_t>(length, in, block, pool));
      break;
    }
    default: {
      WEIR_ASSIGN_OR_RETURN(column->values, DecodeNumbers<Int128>(length, in, block, pool));
    }
  }
  return ColumnPtr(std::move(column));
}

}  // namespace weir
