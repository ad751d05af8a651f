// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/list_builder.h"

namespace weir {

Result<ColumnPtr> ListBuilder::Finish(const DataType& type, const ColumnPtr& elements,
                                      arrow::MemoryPool* pool) const {
  WEIR_CHECK(static_cast<int64_t>(offsets_.size()) == num_rows_ + 1,
             "a list column has another number of rows");
  if (indices_.size() > INT32_MAX)
    return ResourceExhausted("a column of arrays has more than {} elements", INT32_MAX);
  auto column = std::make_shared<Column>();
  column->type = type;
  column->length = num_rows_;
  auto bytes = static_cast<int64_t>(offsets_.size() * sizeof(int32_t));
  WEIR_ASSIGN_OR_RETURN(auto offsets, AllocateBuffer(bytes, pool));
  std::memcpy(offsets->mutable_data(), offsets_.data(), static_cast<size_t>(bytes));
  column->values = std::move(offsets);
  WEIR_ASSIGN_OR_RETURN(auto gathered, Gather(elements, indices_, pool));
  WEIR_ASSIGN_OR_RETURN(gathered, Flatten(gathered, pool));
  column->children.push_back(std::move(gathered));
  if (!nulls_.empty()) {
    WEIR_ASSIGN_OR_RETURN(auto valid, AllocateBitmap(num_rows_, true, pool));
    for (int64_t row : nulls_) ClearBit(valid->mutable_data(), row);
    column->validity = std::move(valid);
  }
  return ColumnPtr(std::move(column));
}

ColumnPtr WithChildren(const Column& lists, const DataType& type, ColumnVector children) {
  auto column = std::make_shared<Column>();
  column->type = type;
  column->length = lists.length;
  column->encoding = lists.encoding;
  column->validity = lists.validity;
  column->values = lists.values;
  column->children = std::move(children);
  return column;
}

Result<HashedElements> HashedElements::Make(ColumnPtr column) {
  HashedElements elements;
  elements.hashes_.resize(static_cast<size_t>(column->length));
  WEIR_RETURN_NOT_OK(HashColumns({column}, column->length, elements.hashes_.data()));
  elements.column_ = std::move(column);
  return elements;
}

bool ElementSet::Contains(const HashedElements& elements, int64_t i) const {
  auto [begin, end] = map_.equal_range(elements.hash(i));
  for (auto entry = begin; entry != end; ++entry) {
    if (SameValue(*entry->second.first, entry->second.second, elements.column(), i)) return true;
  }
  return false;
}

bool ElementSet::Insert(const HashedElements& elements, int64_t i) {
  if (Contains(elements, i)) return false;
  map_.emplace(elements.hash(i), std::pair(&elements.column(), i));
  return true;
}

}  // namespace weir
