// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/time_column.h"

#include <algorithm>
#include <cstring>

namespace weir {
namespace {

constexpr size_t kEntriesMax = 16;

DataType TimeType() { return DataType::BigInt().NotNull(); }

Result<ColumnPtr> FlatColumn(std::span<const int64_t> times, arrow::MemoryPool* pool) {
  WEIR_ASSIGN_OR_RETURN(auto column,
                        MakeFlatColumn(TimeType(), static_cast<int64_t>(times.size()), pool));
  if (!times.empty())
    std::memcpy(const_cast<uint8_t*>(column->values->data()), times.data(), times.size_bytes());
  return ColumnPtr(std::move(column));
}

}  // namespace

Result<ColumnPtr> TimeColumn::Make(std::span<const int64_t> times, arrow::MemoryPool* pool) {
  if (times.empty()) return FlatColumn(times, pool);
  int64_t differences = 0;
  for (int64_t time : times) differences |= time ^ times[0];
  if (differences == 0) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr one, FlatColumn(times.first(1), pool));
    return Repeat(one, static_cast<int64_t>(times.size()), pool);
  }
  std::vector<int64_t> entries;
  WEIR_ASSIGN_OR_RETURN(auto indices, AllocateBuffer(static_cast<int64_t>(times.size()) * 4, pool));
  auto* index = reinterpret_cast<int32_t*>(indices->mutable_data());
  int64_t last = 0;
  int32_t at = -1;
  for (size_t i = 0; i < times.size(); ++i) {
    if (at < 0 || times[i] != last) {
      last = times[i];
      auto found = std::find(entries.begin(), entries.end(), last);
      at = static_cast<int32_t>(found - entries.begin());
      if (found == entries.end()) {
        if (entries.size() == kEntriesMax) return FlatColumn(times, pool);
        entries.push_back(last);
      }
    }
    index[i] = at;
  }
  if (dictionary_ == nullptr || entries != entries_) {
    WEIR_ASSIGN_OR_RETURN(dictionary_, FlatColumn(entries, pool));
    entries_ = std::move(entries);
  }
  auto column = std::make_shared<Column>();
  column->type = TimeType();
  column->length = static_cast<int64_t>(times.size());
  column->encoding = Encoding::kDictionary;
  column->values = std::move(indices);
  column->children = {dictionary_};
  return ColumnPtr(std::move(column));
}

}  // namespace weir
