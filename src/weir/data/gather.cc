// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Moving rows: gather, flatten, concatenate. Loops run over raw pointers; one dispatch by type per
// column.
#include <algorithm>
#include <cstring>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "weir/data/loops.h"

namespace weir {
namespace {

struct Bytes16 {
  uint64_t words[2];
};

bool AnyNegative(std::span<const int32_t> indices) {
  // Eight at a time: this runs once a column.
  constexpr size_t kAtOnce = 8;
  constexpr uint64_t kSigns = 0x8000000080000000;
  uint64_t all[kAtOnce / 2] = {};
  size_t i = 0;
  for (; i + kAtOnce <= indices.size(); i += kAtOnce) {
    uint64_t some[kAtOnce / 2];
    std::memcpy(some, indices.data() + i, sizeof(some));
    for (size_t k = 0; k < kAtOnce / 2; ++k) all[k] |= some[k];
  }
  int32_t rest = 0;
  for (; i < indices.size(); ++i) rest |= indices[i];
  return rest < 0 || ((all[0] | all[1] | all[2] | all[3]) & kSigns) != 0;
}

template <typename T>
void GatherValues(const uint8_t* source, std::span<const int32_t> indices, bool clamp,
                  uint8_t* target) {
  const T* in = reinterpret_cast<const T*>(source);
  T* out = reinterpret_cast<T*>(target);
  const int32_t* index = indices.data();
  const auto n = static_cast<int64_t>(indices.size());
  if (clamp) {
    for (int64_t i = 0; i < n; ++i) out[i] = in[index[i] < 0 ? 0 : index[i]];
  } else {
    for (int64_t i = 0; i < n; ++i) out[i] = in[index[i]];
  }
}

void GatherWidth(int width, const uint8_t* source, std::span<const int32_t> indices, bool clamp,
                 uint8_t* target) {
  switch (width) {
    case 1:
      return GatherValues<uint8_t>(source, indices, clamp, target);
    case 2:
      return GatherValues<uint16_t>(source, indices, clamp, target);
    case 4:
      return GatherValues<uint32_t>(source, indices, clamp, target);
    case 8:
      return GatherValues<uint64_t>(source, indices, clamp, target);
    default:
      return GatherValues<Bytes16>(source, indices, clamp, target);
  }
}

// Validity of the gathered rows, absent when none is NULL.
Result<BufferPtr> GatherValidity(const uint8_t* validity, std::span<const int32_t> indices,
                                 bool clamp, arrow::MemoryPool* pool) {
  if (validity == nullptr && !clamp) return BufferPtr();
  const auto n = static_cast<int64_t>(indices.size());
  WEIR_ASSIGN_OR_RETURN(auto bits, AllocateBuffer(BitmapBytes(n), pool));
  uint8_t* out = bits->mutable_data();
  const int32_t* index = indices.data();
  if (validity == nullptr) {
    GenerateBits(n, out, [&](int64_t i) { return index[i] >= 0; });
  } else if (clamp) {
    GenerateBits(n, out, [&](int64_t i) { return index[i] >= 0 && GetBit(validity, index[i]); });
  } else {
    GenerateBits(n, out, [&](int64_t i) { return GetBit(validity, index[i]); });
  }
  if (AllBitsSet(out, n)) return BufferPtr();
  return BufferPtr(std::move(bits));
}

// Offsets and children of the gathered lists.
Status GatherLists(const Column& source, std::span<const int32_t> indices, Column* target,
                   arrow::MemoryPool* pool) {
  const auto n = static_cast<int64_t>(indices.size());
  const int32_t* from = source.offsets();
  const uint8_t* valid = target->validity_bits();
  WEIR_ASSIGN_OR_RETURN(auto offsets, AllocateBuffer((n + 1) * 4, pool));
  auto* out = reinterpret_cast<int32_t*>(offsets->mutable_data());
  int64_t total = 0;
  for (int64_t i = 0; i < n; ++i) {
    out[i] = static_cast<int32_t>(total);
    // What a NULL row holds is not carried along.
    if (valid != nullptr && !GetBit(valid, i)) continue;
    total += from[indices[i] + 1] - from[indices[i]];
    if (total > INT32_MAX)
      return ResourceExhausted("a column of {} would hold more than {} elements",
                               source.type.ToString(), INT32_MAX);
  }
  out[n] = static_cast<int32_t>(total);
  std::vector<int32_t> elements(static_cast<size_t>(total));
  for (int64_t i = 0; i < n; ++i) {
    if (out[i] == out[i + 1]) continue;
    std::iota(elements.begin() + out[i], elements.begin() + out[i + 1], from[indices[i]]);
  }
  target->values = std::move(offsets);
  for (const ColumnPtr& child : source.children) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr gathered, Gather(child, elements, pool));
    target->children.push_back(std::move(gathered));
  }
  return Status::OK();
}

Result<ColumnPtr> GatherFlat(const Column& column, std::span<const int32_t> indices, bool clamp,
                             arrow::MemoryPool* pool) {
  const auto n = static_cast<int64_t>(indices.size());
  auto out = std::make_shared<Column>();
  out->type = column.type;
  out->length = n;
  out->heaps = column.heaps;
  WEIR_ASSIGN_OR_RETURN(out->validity,
                        GatherValidity(column.validity_bits(), indices, clamp, pool));
  if (column.type.kind() == TypeKind::kRow) {
    for (const ColumnPtr& child : column.children) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr gathered, Gather(child, indices, pool));
      out->children.push_back(std::move(gathered));
    }
  } else if (column.type.is_nested()) {
    WEIR_RETURN_NOT_OK(GatherLists(column, indices, out.get(), pool));
  } else if (column.type.kind() == TypeKind::kBoolean) {
    WEIR_ASSIGN_OR_RETURN(auto bits, AllocateBuffer(BitmapBytes(n), pool));
    const uint8_t* in = column.values->data();
    const int32_t* index = indices.data();
    GenerateBits(n, bits->mutable_data(),
                 [&](int64_t i) { return GetBit(in, index[i] < 0 ? 0 : index[i]); });
    out->values = std::move(bits);
  } else {
    int width = column.type.value_width();
    WEIR_ASSIGN_OR_RETURN(auto values, AllocateBuffer(n * width, pool));
    GatherWidth(width, column.values->data(), indices, clamp, values->mutable_data());
    out->values = std::move(values);
  }
  return ColumnPtr(std::move(out));
}

Result<ColumnPtr> GatherDictionary(const Column& column, std::span<const int32_t> indices,
                                   bool clamp, arrow::MemoryPool* pool) {
  auto out = std::make_shared<Column>();
  out->type = column.type;
  out->length = static_cast<int64_t>(indices.size());
  out->encoding = Encoding::kDictionary;
  out->children = column.children;
  WEIR_ASSIGN_OR_RETURN(out->validity,
                        GatherValidity(column.validity_bits(), indices, clamp, pool));
  WEIR_ASSIGN_OR_RETURN(auto values, AllocateBuffer(out->length * 4, pool));
  GatherWidth(4, column.values->data(), indices, clamp, values->mutable_data());
  out->values = std::move(values);
  return ColumnPtr(std::move(out));
}

// Rows of a constant, some of them NULL: the constant becomes a dictionary of one entry.
Result<ColumnPtr> GatherConstant(const Column& column, std::span<const int32_t> indices,
                                 arrow::MemoryPool* pool) {
  const auto n = static_cast<int64_t>(indices.size());
  auto entry = std::make_shared<Column>(column);
  entry->encoding = Encoding::kFlat;
  entry->length = 1;
  entry->validity = nullptr;
  auto out = std::make_shared<Column>();
  out->type = column.type;
  out->length = n;
  out->encoding = Encoding::kDictionary;
  out->children.push_back(std::move(entry));
  WEIR_ASSIGN_OR_RETURN(out->validity, GatherValidity(nullptr, indices, true, pool));
  WEIR_ASSIGN_OR_RETURN(auto zeros, AllocateBuffer(n * 4, pool));
  std::memset(zeros->mutable_data(), 0, static_cast<size_t>(n * 4));
  out->values = std::move(zeros);
  return ColumnPtr(std::move(out));
}

template <typename T>
void FillValues(const uint8_t* source, int64_t n, uint8_t* target) {
  const T value = *reinterpret_cast<const T*>(source);
  std::fill_n(reinterpret_cast<T*>(target), n, value);
}

Result<ColumnPtr> FlattenConstant(const ColumnPtr& column, arrow::MemoryPool* pool) {
  const int64_t n = column->length;
  if (n == 0) return MakeEmptyColumn(column->type, pool);
  auto flat = std::make_shared<Column>(*column);
  flat->encoding = Encoding::kFlat;
  WEIR_ASSIGN_OR_RETURN(flat->validity, ExpandValidity(*column, pool));
  const DataType& type = column->type;
  if (type.kind() == TypeKind::kNull) {
    flat->validity = nullptr;
  } else if (type.kind() == TypeKind::kRow) {
    for (ColumnPtr& child : flat->children) {
      WEIR_ASSIGN_OR_RETURN(child, Repeat(child, n, pool));
    }
  } else if (type.is_nested()) {
    std::vector<int32_t> zeros(static_cast<size_t>(n), 0);
    flat->children.clear();
    WEIR_RETURN_NOT_OK(GatherLists(*column, zeros, flat.get(), pool));
  } else if (type.kind() == TypeKind::kBoolean) {
    WEIR_ASSIGN_OR_RETURN(flat->values, AllocateBitmap(n, GetBit(column->values->data(), 0), pool));
  } else {
    WEIR_ASSIGN_OR_RETURN(auto values, AllocateBuffer(n * type.value_width(), pool));
    const uint8_t* source = column->values->data();
    switch (type.value_width()) {
      case 1:
        FillValues<uint8_t>(source, n, values->mutable_data());
        break;
      case 2:
        FillValues<uint16_t>(source, n, values->mutable_data());
        break;
      case 4:
        FillValues<uint32_t>(source, n, values->mutable_data());
        break;
      case 8:
        FillValues<uint64_t>(source, n, values->mutable_data());
        break;
      default:
        FillValues<Bytes16>(source, n, values->mutable_data());
        break;
    }
    flat->values = std::move(values);
  }
  return ColumnPtr(std::move(flat));
}

}  // namespace

Result<ColumnPtr> Gather(const ColumnPtr& column, std::span<const int32_t> indices,
                         arrow::MemoryPool* pool) {
  const auto n = static_cast<int64_t>(indices.size());
  if (n == 0) return Slice(column, 0, 0, pool);
  const bool clamp = AnyNegative(indices);
  if (column->type.kind() == TypeKind::kNull) return MakeNullColumn(column->type, n, pool);
  if (column->is_constant()) {
    if (clamp && !column->IsNull(0)) return GatherConstant(*column, indices, pool);
    auto out = std::make_shared<Column>(*column);
    out->length = n;
    return ColumnPtr(std::move(out));
  }
  if (column->length == 0) return MakeNullColumn(column->type, n, pool);  // All indices are -1.
  if (column->encoding == Encoding::kDictionary)
    return GatherDictionary(*column, indices, clamp, pool);
  return GatherFlat(*column, indices, clamp, pool);
}

Result<ColumnPtr> Repeat(const ColumnPtr& row, int64_t length, arrow::MemoryPool* pool) {
  WEIR_CHECK(row->length == 1 || row->is_constant(), "Repeat takes one row");
  if (row->type.kind() == TypeKind::kNull || row->IsNull(0))
    return MakeNullColumn(row->type, length, pool);
  ColumnPtr one = row;
  if (row->encoding == Encoding::kDictionary) {
    WEIR_ASSIGN_OR_RETURN(one, Slice(row->children[0], row->indices()[0], 1, pool));
  }
  auto out = std::make_shared<Column>(*one);
  out->type = row->type;
  out->encoding = Encoding::kConstant;
  out->length = length;
  out->validity = nullptr;
  return ColumnPtr(std::move(out));
}

Result<ColumnPtr> Flatten(const ColumnPtr& column, arrow::MemoryPool* pool) {
  if (column->is_flat()) return column;
  if (column->is_constant()) return FlattenConstant(column, pool);
  std::span<const int32_t> indices(column->indices(), static_cast<size_t>(column->length));
  if (indices.empty()) return MakeEmptyColumn(column->type, pool);
  WEIR_ASSIGN_OR_RETURN(ColumnPtr gathered, GatherFlat(column->dictionary(), indices, false, pool));
  auto flat = std::make_shared<Column>(*gathered);
  flat->type = column->type;
  flat->validity = column->validity;
  return ColumnPtr(std::move(flat));
}

namespace {

Status ConcatValidity(const ColumnVector& columns, Column* out, arrow::MemoryPool* pool) {
  bool any = std::any_of(columns.begin(), columns.end(),
                         [](const ColumnPtr& c) { return c->validity != nullptr; });
  if (!any) return Status::OK();
  WEIR_ASSIGN_OR_RETURN(auto bits, AllocateBitmap(out->length, false, pool));
  int64_t at = 0;
  for (const ColumnPtr& column : columns) {
    CopyBits(column->validity_bits(), 0, column->length, bits->mutable_data(), at);
    at += column->length;
  }
  if (!AllBitsSet(bits->data(), out->length)) out->validity = std::move(bits);
  return Status::OK();
}

void ConcatHeaps(const ColumnVector& columns, Column* out) {
  std::unordered_set<const arrow::Buffer*> seen;
  for (const ColumnPtr& column : columns) {
    for (const BufferPtr& heap : column->heaps) {
      if (seen.insert(heap.get()).second) out->heaps.push_back(heap);
    }
  }
}

Status ConcatLists(const ColumnVector& columns, Column* out, arrow::MemoryPool* pool) {
  WEIR_ASSIGN_OR_RETURN(auto offsets, AllocateBuffer((out->length + 1) * 4, pool));
  auto* target = reinterpret_cast<int32_t*>(offsets->mutable_data());
  const size_t child_count = columns[0]->children.size();
  std::vector<ColumnVector> parts(child_count);
  int64_t total = 0;
  for (const ColumnPtr& column : columns) {
    const int32_t* from = column->offsets();
    const int32_t begin = from[0], end = from[column->length];
    if (total + end - begin > INT32_MAX) {
      return ResourceExhausted("a column of {} would hold more than {} elements",
                               out->type.ToString(), INT32_MAX);
    }
    for (int64_t i = 0; i < column->length; ++i)
      *target++ = static_cast<int32_t>(total + from[i] - begin);
    total += end - begin;
    for (size_t k = 0; k < child_count; ++k) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr part, Slice(column->children[k], begin, end - begin, pool));
      parts[k].push_back(std::move(part));
    }
  }
  *target = static_cast<int32_t>(total);
  out->values = std::move(offsets);
  for (const ColumnVector& part : parts) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr child, Concat(part, pool));
    out->children.push_back(std::move(child));
  }
  return Status::OK();
}

}  // namespace

Result<ColumnPtr> Concat(const ColumnVector& columns, arrow::MemoryPool* pool) {
  WEIR_CHECK(!columns.empty(), "Concat needs a column to know the type");
  if (columns.size() == 1) return Flatten(columns[0], pool);
  ColumnVector flats;
  auto out = std::make_shared<Column>();
  out->type = columns[0]->type;
  for (const ColumnPtr& column : columns) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr flat, Flatten(column, pool));
    out->length += column->length;
    if (column->type.nullable()) out->type = out->type.AsNullable();
    flats.push_back(std::move(flat));
  }
  const DataType& type = out->type;
  if (type.kind() == TypeKind::kNull) return ColumnPtr(std::move(out));
  WEIR_RETURN_NOT_OK(ConcatValidity(flats, out.get(), pool));
  if (type.kind() == TypeKind::kRow) {
    for (size_t k = 0; k < type.fields().size(); ++k) {
      ColumnVector parts;
      for (const ColumnPtr& flat : flats) parts.push_back(flat->children[k]);
      WEIR_ASSIGN_OR_RETURN(ColumnPtr child, Concat(parts, pool));
      out->children.push_back(std::move(child));
    }
  } else if (type.is_nested()) {
    WEIR_RETURN_NOT_OK(ConcatLists(flats, out.get(), pool));
  } else if (type.kind() == TypeKind::kBoolean) {
    WEIR_ASSIGN_OR_RETURN(auto bits, AllocateBitmap(out->length, false, pool));
    int64_t at = 0;
    for (const ColumnPtr& flat : flats) {
      CopyBits(flat->values->data(), 0, flat->length, bits->mutable_data(), at);
      at += flat->length;
    }
    out->values = std::move(bits);
  } else {
    const int64_t width = type.value_width();
    WEIR_ASSIGN_OR_RETURN(auto values, AllocateBuffer(out->length * width, pool));
    uint8_t* target = values->mutable_data();
    for (const ColumnPtr& flat : flats) {
      if (flat->length == 0) continue;
      std::memcpy(target, flat->values->data(), static_cast<size_t>(flat->length * width));
      target += flat->length * width;
    }
    out->values = std::move(values);
    ConcatHeaps(flats, out.get());
  }
  return ColumnPtr(std::move(out));
}

}  // namespace weir
