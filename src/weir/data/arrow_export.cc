// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Columns as Arrow arrays. Fixed-width values, bitmaps and offsets are shared; strings are laid out
// one after the other.
#include <arrow/array/data.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "weir/data/arrow_convert.h"
#include "weir/data/arrow_variant.h"
#include "weir/data/loops.h"
#include "weir/data/text.h"

namespace weir {
namespace {

using ArrayDataPtr = std::shared_ptr<arrow::ArrayData>;

Result<ArrayDataPtr> ExportColumn(const ColumnPtr& column, const DataType& type,
                                  arrow::MemoryPool* pool);

Result<ArrayDataPtr> ExportViews(const Column& column, const DataType& type,
                                 arrow::MemoryPool* pool) {
  const StringView* views = column.views();
  const uint8_t* valid = column.validity_bits();
  int64_t bytes = 0;
  VisitSetBits(valid, column.length, [&](int64_t i) { bytes += views[i].size(); });
  if (bytes > std::numeric_limits<int32_t>::max()) {
    return ResourceExhausted("a column of {} holds more than {} bytes for one Arrow array",
                             type.ToString(), std::numeric_limits<int32_t>::max());
  }
  WEIR_ASSIGN_OR_RETURN(auto offsets, AllocateBuffer((column.length + 1) * 4, pool));
  WEIR_ASSIGN_OR_RETURN(auto data, AllocateBuffer(bytes, pool));
  auto* offset = reinterpret_cast<int32_t*>(offsets->mutable_data());
  uint8_t* begin = data->mutable_data();
  uint8_t* free = begin;
  for (int64_t i = 0; i < column.length; ++i) {
    offset[i] = static_cast<int32_t>(free - begin);
    if ((valid != nullptr && !GetBit(valid, i)) || views[i].size() == 0) continue;
    std::memcpy(free, views[i].data(), views[i].size());
    free += views[i].size();
  }
  offset[column.length] = static_cast<int32_t>(free - begin);
  return arrow::ArrayData::Make(ToArrowType(type), column.length,
                                {column.validity, std::move(offsets), std::move(data)});
}

// Arrow's nanoseconds have 64 bits.
Result<ArrayDataPtr> ExportNanoseconds(const Column& column, const DataType& type,
                                       arrow::MemoryPool* pool) {
  WEIR_ASSIGN_OR_RETURN(auto values, AllocateBuffer(column.length * 8, pool));
  const auto* from = column.data<Int128>();
  auto* out = reinterpret_cast<int64_t*>(values->mutable_data());
  for (int64_t i = 0; i < column.length; ++i) {
    out[i] = static_cast<int64_t>(from[i]);
    if (out[i] == from[i]) continue;
    if (column.IsNull(i)) {
      out[i] = 0;
      continue;
    }
    std::string text;
    AppendTimestamp(from[i], type.precision(), &text);
    return WithHint(
        InvalidData("the time {} of type {} is beyond the range 1677-09-21 to 2262-04-11 of "
                    "64-bit nanoseconds",
                    text, type.AsNullable().ToString()),
        fmt::format("CAST(... AS {}) reaches all years",
                    type.AsNullable().WithPrecision(6).ToString()));
  }
  return arrow::ArrayData::Make(ToArrowType(type), column.length,
                                {column.validity, std::move(values)});
}

Result<ArrayDataPtr> ExportList(const Column& column, const DataType& type,
                                arrow::MemoryPool* pool) {
  const int32_t* from = column.offsets();
  const int32_t begin = from[0], end = from[column.length];
  BufferPtr offsets = column.values;
  if (begin != 0) {
    WEIR_ASSIGN_OR_RETURN(auto rebased, AllocateBuffer((column.length + 1) * 4, pool));
    auto* out = reinterpret_cast<int32_t*>(rebased->mutable_data());
    for (int64_t i = 0; i <= column.length; ++i) out[i] = from[i] - begin;
    offsets = std::move(rebased);
  }
  const std::vector<DataType> child_types = ChildTypes(type);
  std::vector<ArrayDataPtr> children;
  for (size_t k = 0; k < child_types.size(); ++k) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr used, Slice(column.children[k], begin, end - begin, pool));
    WEIR_ASSIGN_OR_RETURN(ArrayDataPtr child, ExportColumn(used, child_types[k], pool));
    children.push_back(std::move(child));
  }
  std::shared_ptr<arrow::DataType> arrow_type = ToArrowType(type);
  if (type.kind() != TypeKind::kArray) {
    ArrayDataPtr entries =
        arrow::ArrayData::Make(arrow_type->field(0)->type(), end - begin, {nullptr}, children, 0);
    children.assign(1, entries);
  }
  return arrow::ArrayData::Make(std::move(arrow_type), column.length, {column.validity, offsets},
                                children);
}

Result<ArrayDataPtr> ExportColumn(const ColumnPtr& column, const DataType& type,
                                  arrow::MemoryPool* pool) {
  if (type.kind() == TypeKind::kNull) {
    return arrow::ArrayData::Make(arrow::null(), column->length, {nullptr}, column->length);
  }
  ColumnPtr flat = column;
  if (column->type.kind() == TypeKind::kNull) {  // A column of untyped NULLs serves for any type.
    WEIR_ASSIGN_OR_RETURN(flat, MakeNullColumn(type, column->length, pool));
  }
  WEIR_ASSIGN_OR_RETURN(flat, Flatten(flat, pool));
  if (type.kind() == TypeKind::kVariant) return ExportVariants(*flat, pool);
  if (type.is_view()) return ExportViews(*flat, type, pool);
  if (type.kind() == TypeKind::kRow) {
    std::vector<ArrayDataPtr> children;
    for (size_t k = 0; k < flat->children.size(); ++k) {
      WEIR_ASSIGN_OR_RETURN(ArrayDataPtr child,
                            ExportColumn(flat->children[k], type.fields()[k].type, pool));
      children.push_back(std::move(child));
    }
    return arrow::ArrayData::Make(ToArrowType(type), flat->length, {flat->validity}, children);
  }
  if (type.is_nested()) return ExportList(*flat, type, pool);
  if (type.is_wide_timestamp()) return ExportNanoseconds(*flat, type, pool);
  return arrow::ArrayData::Make(ToArrowType(type), flat->length, {flat->validity, flat->values});
}

}  // namespace

Result<std::shared_ptr<arrow::Array>> ToArrow(const ColumnPtr& column, arrow::MemoryPool* pool) {
  WEIR_ASSIGN_OR_RETURN(ArrayDataPtr data, ExportColumn(column, column->type, pool));
  return arrow::MakeArray(data);
}

Result<std::shared_ptr<arrow::RecordBatch>> ToArrow(const Batch& batch, const Schema& schema,
                                                    arrow::MemoryPool* pool) {
  if (batch.columns.size() != schema.fields.size()) {
    return Internal("a batch of {} columns does not fit the schema {}", batch.columns.size(),
                    schema.ToString());
  }
  std::vector<ArrayDataPtr> columns;
  for (size_t i = 0; i < batch.columns.size(); ++i) {
    WEIR_ASSIGN_OR_RETURN(ArrayDataPtr data,
                          ExportColumn(batch.columns[i], schema.fields[i].type, pool));
    columns.push_back(std::move(data));
  }
  return arrow::RecordBatch::Make(ToArrowSchema(schema), batch.num_rows, std::move(columns));
}

}  // namespace weir
