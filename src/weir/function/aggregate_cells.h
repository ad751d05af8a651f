// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Single values kept as aggregate state outside columns, for the aggregates that remember values
// (retracting MIN, FIRST_VALUE, LISTAGG, COLLECT ...). Four plain cell types stand for all scalar
// types; `Value` for nested ones.
//   int64_t: BOOLEAN, integers, dates, times, timestamps, intervals   double: FLOAT, DOUBLE
//   Int128: DECIMAL, TIMESTAMP(7..9)   std::string: characters and bytes   Value: ARRAY, MAP,
//   MULTISET, ROW
#pragma once

#include <cmath>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "weir/data/value.h"
#include "weir/function/aggregate_loops.h"
#include "weir/function/list_builder.h"

namespace weir {

/// Row `i` (not NULL) of a flat or constant column.
template <typename Cell>
Cell ReadCell(const Column& column, int64_t i);
template <>
int64_t ReadCell<int64_t>(const Column& column, int64_t i);
template <>
double ReadCell<double>(const Column& column, int64_t i);
template <>
Int128 ReadCell<Int128>(const Column& column, int64_t i);
template <>
std::string ReadCell<std::string>(const Column& column, int64_t i);
template <>
Value ReadCell<Value>(const Column& column, int64_t i);

Status AppendCell(ColumnBuilder* builder, const DataType& type, int64_t cell);
Status AppendCell(ColumnBuilder* builder, const DataType& type, double cell);
Status AppendCell(ColumnBuilder* builder, const DataType& type, Int128 cell);
Status AppendCell(ColumnBuilder* builder, const DataType& type, const std::string& cell);
Status AppendCell(ColumnBuilder* builder, const DataType& type, const Value& cell);

/// A total order: NaN last, -0.0 with 0.0, strings by unsigned bytes, lists by element.
struct CellLess {
  bool operator()(int64_t a, int64_t b) const { return a < b; }
  bool operator()(double a, double b) const { return std::isnan(b) ? !std::isnan(a) : a < b; }
  bool operator()(Int128 a, Int128 b) const { return a < b; }
  bool operator()(const std::string& a, const std::string& b) const { return a < b; }
  bool operator()(const Value& a, const Value& b) const;
};

inline int64_t CellBytes(const std::string& cell) {
  return static_cast<int64_t>(sizeof(std::string) + (cell.capacity() > 15 ? cell.capacity() : 0));
}
inline int64_t CellBytes(const Value&) { return 128; }  // An estimate: nested values are rare.
template <typename Cell>
int64_t CellBytes(const Cell&) {
  return sizeof(Cell);
}

/// Values with how often each is there. A retraction that comes before its addition leaves a count
/// below zero, which the addition lifts again.
template <typename Cell>
class CellCounts {
 public:
  void Add(Cell cell, int64_t change) {
    auto [entry, is_new] = counts_.try_emplace(std::move(cell), 0);
    entry->second += change;
    if (entry->second == 0) counts_.erase(entry);
  }
  const std::map<Cell, int64_t, CellLess>& counts() const { return counts_; }
  void Clear() { counts_.clear(); }

 private:
  std::map<Cell, int64_t, CellLess> counts_;
};

/// Calls make.template operator()<Cell>() for the cell type that stands for `type`.
template <typename Make>
auto WithCellOf(const DataType& type, Make&& make) {
  if (type.is_nested()) return make.template operator()<Value>();
  if (type.is_view()) return make.template operator()<std::string>();
  if (type.is_decimal() || type.is_wide_timestamp()) return make.template operator()<Int128>();
  if (type.is_approximate()) return make.template operator()<double>();
  return make.template operator()<int64_t>();
}

/// Builds a column of `type`, one row a slot: append(builder, slot).
template <typename Append>
Result<ColumnPtr> BuildSlotColumn(const DataType& type, std::span<const uint32_t> slots,
                                  arrow::MemoryPool* pool, Append&& append) {
  auto builder = ColumnBuilder::Make(type, pool);
  for (uint32_t slot : slots) WEIR_RETURN_NOT_OK(append(builder.get(), slot));
  return builder->Finish();
}

}  // namespace weir
