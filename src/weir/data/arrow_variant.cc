// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/data/arrow_variant.h"

#include <arrow/array/data.h>
#include <arrow/type.h>

#include <cstring>
#include <limits>

#include "weir/data/arrow_convert.h"
#include "weir/data/loops.h"
#include "weir/data/variant.h"

namespace weir {
namespace {

using ArrayDataPtr = std::shared_ptr<arrow::ArrayData>;

Result<ArrayDataPtr> BinaryArray(const std::vector<std::string_view>& parts,
                                 arrow::MemoryPool* pool) {
  int64_t bytes = 0;
  for (std::string_view part : parts) bytes += static_cast<int64_t>(part.size());
  if (bytes > std::numeric_limits<int32_t>::max()) {
    return ResourceExhausted("a column of VARIANT holds more than {} bytes for one Arrow array",
                             std::numeric_limits<int32_t>::max());
  }
  const auto length = static_cast<int64_t>(parts.size());
  WEIR_ASSIGN_OR_RETURN(auto offsets, AllocateBuffer((length + 1) * 4, pool));
  WEIR_ASSIGN_OR_RETURN(auto data, AllocateBuffer(bytes, pool));
  auto* offset = reinterpret_cast<int32_t*>(offsets->mutable_data());
  int32_t at = 0;
  for (std::string_view part : parts) {
    *offset++ = at;
    if (!part.empty()) std::memcpy(data->mutable_data() + at, part.data(), part.size());
    at += static_cast<int32_t>(part.size());
  }
  *offset = at;
  return arrow::ArrayData::Make(arrow::binary(), length,
                                {nullptr, std::move(offsets), std::move(data)}, 0);
}

}  // namespace

Result<ArrayDataPtr> ExportVariants(const Column& column, arrow::MemoryPool* pool) {
  const auto length = static_cast<size_t>(column.length);
  std::vector<std::string_view> metadata(length), values(length);
  VisitSetBits(column.validity_bits(), column.length, [&](int64_t i) {
    auto variant = Variant::Open(column.views()[i].view());
    if (!variant) return;
    metadata[static_cast<size_t>(i)] = variant->metadata();
    values[static_cast<size_t>(i)] = variant->value();
  });
  std::vector<ArrayDataPtr> children(2);
  WEIR_ASSIGN_OR_RETURN(children[0], BinaryArray(metadata, pool));
  WEIR_ASSIGN_OR_RETURN(children[1], BinaryArray(values, pool));
  return arrow::ArrayData::Make(ToArrowType(DataType::Variant()), column.length, {column.validity},
                                std::move(children));
}

Status JoinVariants(const Column& metadata, const Column& value, Column* column,
                    arrow::MemoryPool* pool) {
  const int64_t length = column->length;
  int64_t bytes = 0;
  VisitSetBits(column->validity_bits(), length, [&](int64_t i) {
    if (!metadata.IsNull(i)) bytes += metadata.At<StringView>(i).size();
    if (!value.IsNull(i)) bytes += value.At<StringView>(i).size();
  });
  WEIR_ASSIGN_OR_RETURN(auto views,
                        AllocateBuffer(length * static_cast<int64_t>(sizeof(StringView)), pool));
  WEIR_ASSIGN_OR_RETURN(auto heap, AllocateBuffer(bytes, pool));
  auto* out = reinterpret_cast<StringView*>(views->mutable_data());
  char* free = reinterpret_cast<char*>(heap->mutable_data());
  Status status;
  for (int64_t i = 0; i < length; ++i) {
    out[i] = StringView();
    if (column->IsNull(i) || !status.ok()) continue;
    if (metadata.IsNull(i) || value.IsNull(i)) {
      status = InvalidData("row {}: a VARIANT without metadata or value", i);
      continue;
    }
    StringView parts[] = {metadata.At<StringView>(i), value.At<StringView>(i)};
    char* begin = free;
    for (const StringView& part : parts) {
      std::memcpy(free, part.data(), part.size());
      free += part.size();
    }
    std::string_view joined(begin, static_cast<size_t>(free - begin));
    status = ValidateVariant(joined);
    if (!status.ok()) status = WithContext(status, fmt::format("row {}", i));
    out[i] = StringView(joined);
  }
  column->values = std::move(views);
  column->heaps.push_back(std::move(heap));
  return status;
}

}  // namespace weir
