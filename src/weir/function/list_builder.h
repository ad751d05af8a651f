// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// ARRAYs made of the elements of other arrays: a kernel says which elements, one gather moves them.
//   ListBuilder lists(n);
//   for each row: lists.Add(element) ...; lists.EndRow();   or lists.EndNull();
//   lists.Finish(array type, elements, pool)
#pragma once

#include <unordered_map>
#include <vector>

#include "weir/data/column.h"
#include "weir/data/loops.h"

namespace weir {

/// Elements [begin, end) of row `i` of a flat or constant ARRAY, MAP or MULTISET column.
struct ElementRange {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t size() const { return end - begin; }
};
inline ElementRange ElementsOf(const Column& column, int64_t i) {
  int64_t row = column.is_constant() ? 0 : i;
  return {column.offsets()[row], column.offsets()[row + 1]};
}

class ListBuilder {
 public:
  explicit ListBuilder(int64_t num_rows) : num_rows_(num_rows) {
    offsets_.reserve(static_cast<size_t>(num_rows) + 1);
  }
  /// Element `index` of the column given to Finish; -1 is NULL.
  void Add(int64_t index) { indices_.push_back(static_cast<int32_t>(index)); }
  void EndRow() { offsets_.push_back(static_cast<int32_t>(indices_.size())); }
  void EndNull() {
    nulls_.push_back(static_cast<int64_t>(offsets_.size()) - 1);
    EndRow();
  }
  /// Errors: kResourceExhausted with more than 2^31 elements.
  Result<ColumnPtr> Finish(const DataType& type, const ColumnPtr& elements,
                           arrow::MemoryPool* pool) const;

 private:
  int64_t num_rows_;
  std::vector<int32_t> offsets_{0};
  std::vector<int32_t> indices_;
  std::vector<int64_t> nulls_;
};

/// A list column over `children` with the offsets of `lists` (flat or constant), sharing its
/// buffers.
ColumnPtr WithChildren(const Column& lists, const DataType& type, ColumnVector children);

/// Elements of one column with their hashes.
class HashedElements {
 public:
  static Result<HashedElements> Make(ColumnPtr column);
  const Column& column() const { return *column_; }
  uint64_t hash(int64_t i) const { return hashes_[static_cast<size_t>(i)]; }

 private:
  ColumnPtr column_;
  std::vector<uint64_t> hashes_;
};

/// The different elements of a row; NULL is one of them.
class ElementSet {
 public:
  void Clear() { map_.clear(); }
  /// False when an equal one is there.
  bool Insert(const HashedElements& elements, int64_t i);
  bool Contains(const HashedElements& elements, int64_t i) const;

 private:
  std::unordered_multimap<uint64_t, std::pair<const Column*, int64_t>> map_;
};

}  // namespace weir
