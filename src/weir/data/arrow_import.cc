// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Arrow arrays as columns: dispatch, validity, strings, nested types and dictionaries. Numbers are
// in arrow_import_numbers.cc.
#include "weir/data/arrow_import.h"

#include <arrow/array/array_base.h>
#include <arrow/array/array_dict.h>
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "weir/data/arrow_convert.h"
#include "weir/data/arrow_variant.h"
#include "weir/data/loops.h"
#include "weir/data/text.h"

namespace weir {
namespace {

using arrow::ArrayData;
using ArrayDataPtr = std::shared_ptr<ArrayData>;

Result<ColumnPtr> ImportAny(const ArrayDataPtr& array, const DataType& type,
                            arrow::MemoryPool* pool);

// The bits [offset, offset + length) of `bits`, shared where they begin at a byte.
Result<BufferPtr> ImportBits(const BufferPtr& bits, int64_t offset, int64_t length,
                             arrow::MemoryPool* pool) {
  if ((offset & 7) == 0) return arrow::SliceBuffer(bits, offset >> 3, BitmapBytes(length));
  WEIR_ASSIGN_OR_RETURN(auto copy, AllocateBitmap(length, false, pool));
  CopyBits(bits->data(), offset, length, copy->mutable_data(), 0);
  return BufferPtr(std::move(copy));
}

Result<BufferPtr> ImportValidity(const ArrayData& array, arrow::MemoryPool* pool) {
  const BufferPtr& bits = array.buffers[0];
  if (bits == nullptr || array.null_count.load() == 0) return BufferPtr();
  WEIR_ASSIGN_OR_RETURN(BufferPtr validity, ImportBits(bits, array.offset, array.length, pool));
  if (AllBitsSet(validity->data(), array.length)) return BufferPtr();
  return validity;
}

// A flat column of `type` with the array's length and NULLs.
Result<std::shared_ptr<Column>> StartColumn(const ArrayData& array, const DataType& type,
                                            arrow::MemoryPool* pool) {
  auto column = std::make_shared<Column>();
  column->type = type;
  column->length = array.length;
  WEIR_ASSIGN_OR_RETURN(column->validity, ImportValidity(array, pool));
  return column;
}

// Views of strings by offsets. Only the last strings of the data could be read past its end.
template <typename Offset>
void FillViews(const Offset* offsets, const char* data, int64_t data_bytes, int64_t n,
               StringView* out) {
  int64_t safe = n;
  while (safe > 0 &&
         static_cast<int64_t>(offsets[safe - 1]) + StringView::kInlineBytesMax > data_bytes)
    --safe;
  for (int64_t i = 0; i < safe; ++i) {
    out[i] = StringView::FromPadded(data + offsets[i],
                                    static_cast<uint32_t>(offsets[i + 1] - offsets[i]));
  }
  for (int64_t i = safe; i < n; ++i) {
    out[i] = StringView(data + offsets[i], static_cast<uint32_t>(offsets[i + 1] - offsets[i]));
  }
}

template <typename Offset>
Result<ColumnPtr> ImportStrings(const ArrayData& array, const DataType& type,
                                arrow::MemoryPool* pool) {
  WEIR_ASSIGN_OR_RETURN(auto column, StartColumn(array, type, pool));
  const int64_t n = array.length;
  WEIR_ASSIGN_OR_RETURN(auto values,
                        AllocateBuffer(n * static_cast<int64_t>(sizeof(StringView)), pool));
  if (n > 0) {
    const auto* offsets = array.GetValues<Offset>(1);
    if constexpr (sizeof(Offset) == 8) {
      for (int64_t i = 0; i < n; ++i) {
        if (offsets[i + 1] - offsets[i] > std::numeric_limits<int32_t>::max()) {
          return InvalidData("a string of {} bytes is longer than {} bytes",
                             offsets[i + 1] - offsets[i], std::numeric_limits<int32_t>::max());
        }
      }
    }
    const BufferPtr& data = array.buffers[2];
    auto* out = reinterpret_cast<StringView*>(values->mutable_data());
    if (data == nullptr || data->size() == 0) {
      std::memset(static_cast<void*>(out), 0, static_cast<size_t>(n) * sizeof(StringView));
    } else {
      FillViews(offsets, reinterpret_cast<const char*>(data->data()), data->size(), n, out);
      column->heaps.push_back(data);
    }
  }
  column->values = std::move(values);
  return ColumnPtr(std::move(column));
}

// Arrow's views have our layout but for the long ones, which name a buffer and an offset instead of
// an address.
Result<ColumnPtr> ImportViews(const ArrayData& array, const DataType& type,
                              arrow::MemoryPool* pool) {
  WEIR_ASSIGN_OR_RETURN(auto column, StartColumn(array, type, pool));
  const int64_t n = array.length;
  WEIR_ASSIGN_OR_RETURN(auto values,
                        AllocateBuffer(n * static_cast<int64_t>(sizeof(StringView)), pool));
  auto* out = reinterpret_cast<StringView*>(values->mutable_data());
  const uint8_t* in = n == 0 ? nullptr : array.buffers[1]->data() + array.offset * 16;
  const uint8_t* valid = column->validity_bits();
  for (int64_t i = 0; i < n; ++i) {
    struct {
      int32_t size;
      char prefix[4];
      int32_t buffer;
      int32_t offset;
    } view;
    std::memcpy(&view, in + i * 16, 16);
    if (valid != nullptr && !GetBit(valid, i)) {
      out[i] = StringView();
    } else if (view.size <= static_cast<int32_t>(StringView::kInlineBytesMax)) {
      out[i] = StringView::FromPadded(reinterpret_cast<const char*>(in + i * 16 + 4),
                                      static_cast<uint32_t>(view.size));
    } else {
      const BufferPtr& data = array.buffers[static_cast<size_t>(view.buffer) + 2];
      out[i] = StringView(reinterpret_cast<const char*>(data->data()) + view.offset,
                          static_cast<uint32_t>(view.size));
    }
  }
  for (size_t k = 2; k < array.buffers.size(); ++k) column->heaps.push_back(array.buffers[k]);
  column->values = std::move(values);
  return ColumnPtr(std::move(column));
}

Result<ColumnPtr> ImportFixedBinary(const ArrayData& array, const DataType& type,
                                    arrow::MemoryPool* pool) {
  if (array.length == 0) return MakeEmptyColumn(type, pool);
  WEIR_ASSIGN_OR_RETURN(auto column, StartColumn(array, type, pool));
  const int64_t width = static_cast<const arrow::FixedSizeBinaryType&>(*array.type).byte_width();
  WEIR_ASSIGN_OR_RETURN(
      auto values, AllocateBuffer(array.length * static_cast<int64_t>(sizeof(StringView)), pool));
  auto* out = reinterpret_cast<StringView*>(values->mutable_data());
  const char* data = reinterpret_cast<const char*>(array.buffers[1]->data()) + array.offset * width;
  for (int64_t i = 0; i < array.length; ++i)
    out[i] = StringView(data + i * width, static_cast<uint32_t>(width));
  column->heaps.push_back(array.buffers[1]);
  column->values = std::move(values);
  return ColumnPtr(std::move(column));
}

Status CheckUtf8(const Column& column) {
  const StringView* views = column.views();
  int64_t bad = -1;
  VisitSetBits(column.validity_bits(), column.length, [&](int64_t i) {
    if (bad < 0 && !IsValidUtf8(views[i].view())) bad = i;
  });
  if (bad < 0) return Status::OK();
  return InvalidData("value {} of a binary column is not valid UTF-8 and cannot be read as {}", bad,
                     column.type.ToString());
}

Result<ColumnPtr> ImportText(const ArrayData& array, const DataType& type,
                             arrow::MemoryPool* pool) {
  auto import = [&]() -> Result<ColumnPtr> {
    switch (array.type->id()) {
      case arrow::Type::STRING:
      case arrow::Type::BINARY:
        return ImportStrings<int32_t>(array, type, pool);
      case arrow::Type::LARGE_STRING:
      case arrow::Type::LARGE_BINARY:
        return ImportStrings<int64_t>(array, type, pool);
      case arrow::Type::STRING_VIEW:
      case arrow::Type::BINARY_VIEW:
        return ImportViews(array, type, pool);
      case arrow::Type::FIXED_SIZE_BINARY:
        return ImportFixedBinary(array, type, pool);
      default:
        return CannotRead(*array.type, type);
    }
  };
  WEIR_ASSIGN_OR_RETURN(ColumnPtr column, import());
  if (type.is_character() && array.type->id() != arrow::Type::STRING &&
      array.type->id() != arrow::Type::LARGE_STRING &&
      array.type->id() != arrow::Type::STRING_VIEW) {
    WEIR_RETURN_NOT_OK(CheckUtf8(*column));
  }
  return column;
}

Result<ColumnPtr> ImportBool(const ArrayData& array, const DataType& type,
                             arrow::MemoryPool* pool) {
  if (array.type->id() != arrow::Type::BOOL) return CannotRead(*array.type, type);
  WEIR_ASSIGN_OR_RETURN(auto column, StartColumn(array, type, pool));
  if (array.length == 0) return MakeEmptyColumn(type, pool);
  WEIR_ASSIGN_OR_RETURN(column->values,
                        ImportBits(array.buffers[1], array.offset, array.length, pool));
  return ColumnPtr(std::move(column));
}

// Offsets of list rows as int32 from 0 on, and the range of elements that they reach.
struct ListRange {
  BufferPtr offsets;
  int64_t begin = 0;
  int64_t count = 0;
};

template <typename Offset>
Result<ListRange> ImportOffsets(const ArrayData& array, arrow::MemoryPool* pool) {
  const int64_t n = array.length;
  const auto* from = array.GetValues<Offset>(1);
  ListRange range{nullptr, static_cast<int64_t>(from[0]),
                  static_cast<int64_t>(from[n]) - static_cast<int64_t>(from[0])};
  if (range.count > std::numeric_limits<int32_t>::max()) {
    return InvalidData("an array of {} elements is longer than {}", range.count,
                       std::numeric_limits<int32_t>::max());
  }
  WEIR_ASSIGN_OR_RETURN(auto offsets, AllocateBuffer((n + 1) * 4, pool));
  auto* out = reinterpret_cast<int32_t*>(offsets->mutable_data());
  for (int64_t i = 0; i <= n; ++i) out[i] = static_cast<int32_t>(from[i] - from[0]);
  range.offsets = std::move(offsets);
  return range;
}

Result<ListRange> FixedOffsets(const ArrayData& array, arrow::MemoryPool* pool) {
  const int64_t size = static_cast<const arrow::FixedSizeListType&>(*array.type).list_size();
  WEIR_ASSIGN_OR_RETURN(auto offsets, AllocateBuffer((array.length + 1) * 4, pool));
  if (size * array.length > std::numeric_limits<int32_t>::max()) {
    return InvalidData("an array of {} elements is longer than {}", size * array.length,
                       std::numeric_limits<int32_t>::max());
  }
  auto* out = reinterpret_cast<int32_t*>(offsets->mutable_data());
  for (int64_t i = 0; i <= array.length; ++i) out[i] = static_cast<int32_t>(i * size);
  return ListRange{std::move(offsets), array.offset * size, array.length * size};
}

Result<ColumnPtr> ImportList(const ArrayData& array, const DataType& type,
                             arrow::MemoryPool* pool) {
  const bool entries = type.kind() != TypeKind::kArray;
  const arrow::Type::type id = array.type->id();
  const bool list = id == arrow::Type::LIST || id == arrow::Type::LARGE_LIST ||
                    id == arrow::Type::FIXED_SIZE_LIST;
  if (entries ? id != arrow::Type::MAP : !list) return CannotRead(*array.type, type);
  if (array.length == 0) return MakeEmptyColumn(type, pool);
  WEIR_ASSIGN_OR_RETURN(auto column, StartColumn(array, type, pool));
  WEIR_ASSIGN_OR_RETURN(ListRange range,
                        id == arrow::Type::LARGE_LIST        ? ImportOffsets<int64_t>(array, pool)
                        : id == arrow::Type::FIXED_SIZE_LIST ? FixedOffsets(array, pool)
                                                             : ImportOffsets<int32_t>(array, pool));
  column->values = std::move(range.offsets);
  std::vector<ArrayDataPtr> children;
  if (entries) {
    // The entries are a struct, whose own offset its children lack.
    const ArrayData& pairs = *array.child_data[0];
    for (const ArrayDataPtr& child : pairs.child_data)
      children.push_back(child->Slice(pairs.offset, pairs.length));
  } else {
    children.push_back(array.child_data[0]);
  }
  const std::vector<DataType> child_types = ChildTypes(type);
  for (size_t k = 0; k < child_types.size(); ++k) {
    ArrayDataPtr used = children[k]->Slice(range.begin, range.count);
    WEIR_ASSIGN_OR_RETURN(ColumnPtr child, ImportAny(used, child_types[k], pool));
    column->children.push_back(std::move(child));
  }
  return ColumnPtr(std::move(column));
}

Result<ColumnPtr> ImportRow(const ArrayData& array, const DataType& type, arrow::MemoryPool* pool) {
  if (array.type->id() != arrow::Type::STRUCT) return CannotRead(*array.type, type);
  WEIR_ASSIGN_OR_RETURN(auto column, StartColumn(array, type, pool));
  std::vector<std::string> names;
  for (const auto& field : array.type->fields()) names.push_back(field->name());
  const std::vector<int> matches = MatchNames(names, type.fields());
  for (size_t k = 0; k < type.fields().size(); ++k) {
    const Field& field = type.fields()[k];
    if (matches[k] < 0) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr missing, MakeNullColumn(field.type, array.length, pool));
      column->children.push_back(std::move(missing));
      continue;
    }
    ArrayDataPtr part =
        array.child_data[static_cast<size_t>(matches[k])]->Slice(array.offset, array.length);
    auto child = ImportAny(part, field.type, pool);
    if (!child.ok()) return WithContext(child.status(), fmt::format("field `{}`", field.name));
    column->children.push_back(std::move(child).ValueUnsafe());
  }
  return ColumnPtr(std::move(column));
}

// The struct {metadata, value} of Parquet.
Result<ColumnPtr> ImportVariant(const ArrayData& array, const DataType& type,
                                arrow::MemoryPool* pool) {
  if (array.type->id() != arrow::Type::STRUCT) return CannotRead(*array.type, type);
  const auto& layout = static_cast<const arrow::StructType&>(*array.type);
  const int metadata = layout.GetFieldIndex("metadata"), value = layout.GetFieldIndex("value");
  if (layout.GetFieldIndex("typed_value") >= 0)
    return Unsupported("reading a shredded VARIANT (with 'typed_value') is not supported yet");
  if (metadata < 0 || value < 0) return CannotRead(*array.type, type);
  WEIR_ASSIGN_OR_RETURN(auto column, StartColumn(array, type, pool));
  auto part = [&](int child) {
    return ImportAny(
        array.child_data[static_cast<size_t>(child)]->Slice(array.offset, array.length),
        DataType::Bytes(), pool);
  };
  WEIR_ASSIGN_OR_RETURN(ColumnPtr names, part(metadata));
  WEIR_ASSIGN_OR_RETURN(ColumnPtr values, part(value));
  WEIR_RETURN_NOT_OK(JoinVariants(*names, *values, column.get(), pool));
  return ColumnPtr(std::move(column));
}

template <typename Index>
bool WidenIndices(const ArrayData& array, const uint8_t* valid, int64_t entries, int32_t* out) {
  const auto* in = array.GetValues<Index>(1);
  const auto limit = static_cast<uint64_t>(entries);
  bool good = true;
  for (int64_t i = 0; i < array.length; ++i) {
    const bool is_null = valid != nullptr && !GetBit(valid, i);
    const uint64_t index = is_null ? 0 : static_cast<uint64_t>(static_cast<int64_t>(in[i]));
    good &= index < limit;
    out[i] = static_cast<int32_t>(index);
  }
  return good;
}

bool WidenAnyIndices(const ArrayData& array, const uint8_t* valid, int64_t entries, int32_t* out) {
  switch (static_cast<const arrow::DictionaryType&>(*array.type).index_type()->id()) {
    case arrow::Type::INT8:
      return WidenIndices<int8_t>(array, valid, entries, out);
    case arrow::Type::UINT8:
      return WidenIndices<uint8_t>(array, valid, entries, out);
    case arrow::Type::INT16:
      return WidenIndices<int16_t>(array, valid, entries, out);
    case arrow::Type::UINT16:
      return WidenIndices<uint16_t>(array, valid, entries, out);
    case arrow::Type::INT32:
      return WidenIndices<int32_t>(array, valid, entries, out);
    case arrow::Type::UINT32:
      return WidenIndices<uint32_t>(array, valid, entries, out);
    case arrow::Type::INT64:
      return WidenIndices<int64_t>(array, valid, entries, out);
    case arrow::Type::UINT64:
      return WidenIndices<uint64_t>(array, valid, entries, out);
    default:
      return false;
  }
}

// Dictionaries stay dictionaries. One that holds NULLs marks the rows that refer to them instead.
Result<ColumnPtr> ImportDictionary(const ArrayData& array, const DataType& type,
                                   arrow::MemoryPool* pool) {
  if (array.length == 0) return MakeEmptyColumn(type, pool);
  WEIR_ASSIGN_OR_RETURN(auto column, StartColumn(array, type, pool));
  const ArrayDataPtr& entries = array.dictionary;
  if (entries == nullptr || entries->length == 0) {
    if (column->CountNulls() < array.length)
      return InvalidData("a dictionary column refers to an empty dictionary");
    return MakeNullColumn(type, array.length, pool);
  }
  if (entries->length > std::numeric_limits<int32_t>::max())
    return InvalidData("a dictionary has {} entries", entries->length);
  WEIR_ASSIGN_OR_RETURN(ColumnPtr dictionary, ImportAny(entries, type, pool));
  WEIR_ASSIGN_OR_RETURN(dictionary, Flatten(dictionary, pool));
  WEIR_ASSIGN_OR_RETURN(auto indices, AllocateBuffer(array.length * 4, pool));
  auto* index = reinterpret_cast<int32_t*>(indices->mutable_data());
  if (!WidenAnyIndices(array, column->validity_bits(), entries->length, index)) {
    return InvalidData("a dictionary column refers to entries beyond the {} of its dictionary",
                       entries->length);
  }
  if (dictionary->may_have_nulls()) {
    WEIR_ASSIGN_OR_RETURN(auto bits, AllocateBitmap(array.length, false, pool));
    const Column& source = *dictionary;
    GenerateBits(array.length, bits->mutable_data(),
                 [&](int64_t i) { return !column->IsNull(i) && !source.IsNull(index[i]); });
    column->validity = std::move(bits);
  }
  auto clean = std::make_shared<Column>(*dictionary);
  clean->type = type.NotNull();
  clean->validity = nullptr;
  column->encoding = Encoding::kDictionary;
  column->values = std::move(indices);
  column->children.push_back(std::move(clean));
  return ColumnPtr(std::move(column));
}

Result<ColumnPtr> ImportNumbers(const ArrayData& array, const DataType& type,
                                arrow::MemoryPool* pool) {
  WEIR_ASSIGN_OR_RETURN(auto column, StartColumn(array, type, pool));
  WEIR_ASSIGN_OR_RETURN(column->values, ImportValues(array, type, column->validity_bits(), pool));
  return ColumnPtr(std::move(column));
}

Result<ColumnPtr> ImportAny(const ArrayDataPtr& array, const DataType& type,
                            arrow::MemoryPool* pool) {
  switch (array->type->id()) {
    case arrow::Type::EXTENSION: {
      ArrayDataPtr storage = array->Copy();
      storage->type = static_cast<const arrow::ExtensionType&>(*array->type).storage_type();
      return ImportAny(storage, type, pool);
    }
    case arrow::Type::NA:
      return MakeNullColumn(type, array->length, pool);
    case arrow::Type::DICTIONARY:
      return ImportDictionary(*array, type, pool);
    default:
      break;
  }
  switch (type.kind()) {
    case TypeKind::kNull:
      return CannotRead(*array->type, type);
    case TypeKind::kBoolean:
      return ImportBool(*array, type, pool);
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      return ImportText(*array, type, pool);
    case TypeKind::kVariant:
      return ImportVariant(*array, type, pool);
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      return ImportList(*array, type, pool);
    case TypeKind::kRow:
      return ImportRow(*array, type, pool);
    default:
      return ImportNumbers(*array, type, pool);
  }
}

}  // namespace

Status CannotRead(const arrow::DataType& from, const DataType& to) {
  return InvalidData("a column of Arrow type {} cannot be read as {}", from.ToString(),
                     to.AsNullable().ToString());
}

std::vector<int> MatchNames(const std::vector<std::string>& names,
                            const std::vector<Field>& fields) {
  std::vector<int> matches;
  bool any = false;
  for (const Field& field : fields) {
    auto found = std::find(names.begin(), names.end(), field.name);
    const bool unique =
        found != names.end() && std::find(found + 1, names.end(), field.name) == names.end();
    matches.push_back(unique ? static_cast<int>(found - names.begin()) : -1);
    any = any || unique;
  }
  if (std::find(matches.begin(), matches.end(), -1) == matches.end()) return matches;
  if (names.size() == fields.size()) {
    // Other names throughout, or repeated ones: the order decides.
    for (size_t i = 0; i < fields.size(); ++i) matches[i] = static_cast<int>(i);
  }
  return matches;
}

Result<ColumnPtr> FromArrow(const std::shared_ptr<arrow::Array>& array, const DataType& type,
                            arrow::MemoryPool* pool) {
  return ImportAny(array->data(), type, pool);
}

Result<Batch> FromArrow(const arrow::RecordBatch& batch, const Schema& schema,
                        arrow::MemoryPool* pool) {
  std::vector<std::string> names;
  for (int i = 0; i < batch.num_columns(); ++i) names.push_back(batch.column_name(i));
  const std::vector<int> matches = MatchNames(names, schema.fields);
  Batch result;
  result.num_rows = batch.num_rows();
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    const Field& field = schema.fields[i];
    if (matches[i] < 0)
      return InvalidData("there is no column `{}` among {} columns", field.name, names.size());
    auto column = ImportAny(batch.column_data(matches[i]), field.type, pool);
    if (!column.ok()) return WithContext(column.status(), fmt::format("column `{}`", field.name));
    result.columns.push_back(std::move(column).ValueUnsafe());
  }
  return result;
}

}  // namespace weir
