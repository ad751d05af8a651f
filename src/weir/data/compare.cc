// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Sameness and order of single values, through all encodings.
#include <algorithm>
#include <cmath>

#include "weir/data/column.h"

namespace weir {
namespace {

// A row of a flat or constant column.
struct Place {
  const Column* column;
  int64_t row;
  template <typename T>
  const T& Get() const {
    return column->data<T>()[row];
  }
};
Place Locate(const Column& column, int64_t i) {
  if (column.encoding == Encoding::kDictionary) return {&column.dictionary(), column.indices()[i]};
  return {&column, column.is_constant() ? 0 : i};
}

template <typename T>
int Order(T a, T b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
template <typename T>
int OrderFloating(T a, T b) {
  const bool a_nan = std::isnan(a), b_nan = std::isnan(b);
  if (a_nan || b_nan) return Order<int>(a_nan, b_nan);
  return Order(a, b);
}

int ComparePlaces(const Place& a, const Place& b);

// NULL elements come first.
int CompareElements(const Column& a, int64_t i, const Column& b, int64_t j) {
  const bool a_null = a.IsNull(i), b_null = b.IsNull(j);
  if (a_null || b_null) return Order<int>(!a_null, !b_null);
  return ComparePlaces(Locate(a, i), Locate(b, j));
}

int CompareLists(const Place& a, const Place& b) {
  const int32_t* x = a.column->offsets() + a.row;
  const int32_t* y = b.column->offsets() + b.row;
  const int32_t x_size = x[1] - x[0], y_size = y[1] - y[0];
  for (int32_t k = 0; k < std::min(x_size, y_size); ++k) {
    for (size_t c = 0; c < a.column->children.size(); ++c) {
      int order =
          CompareElements(*a.column->children[c], x[0] + k, *b.column->children[c], y[0] + k);
      if (order != 0) return order;
    }
  }
  return Order(x_size, y_size);
}

int ComparePlaces(const Place& a, const Place& b) {
  switch (a.column->type.kind()) {
    case TypeKind::kNull:
      return 0;
    case TypeKind::kBoolean:
      return Order<int>(GetBit(a.column->values->data(), a.row),
                        GetBit(b.column->values->data(), b.row));
    case TypeKind::kTinyInt:
      return Order(a.Get<int8_t>(), b.Get<int8_t>());
    case TypeKind::kSmallInt:
      return Order(a.Get<int16_t>(), b.Get<int16_t>());
    case TypeKind::kInt:
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kIntervalYearMonth:
      return Order(a.Get<int32_t>(), b.Get<int32_t>());
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      if (a.column->type.is_wide_timestamp()) return Order(a.Get<Int128>(), b.Get<Int128>());
      [[fallthrough]];
    case TypeKind::kBigInt:
    case TypeKind::kIntervalDayTime:
      return Order(a.Get<int64_t>(), b.Get<int64_t>());
    case TypeKind::kFloat:
      return OrderFloating(a.Get<float>(), b.Get<float>());
    case TypeKind::kDouble:
      return OrderFloating(a.Get<double>(), b.Get<double>());
    case TypeKind::kDecimal:
      return Order(a.Get<Int128>(), b.Get<Int128>());
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
    case TypeKind::kVariant:
      return a.Get<StringView>().Compare(b.Get<StringView>());
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      return CompareLists(a, b);
    case TypeKind::kRow:
      for (size_t c = 0; c < a.column->children.size(); ++c) {
        int order = CompareElements(*a.column->children[c], a.row, *b.column->children[c], b.row);
        if (order != 0) return order;
      }
      return 0;
  }
  return 0;
}

// MAP and MULTISET: the same entries in any order. Keys are distinct.
bool SameEntries(const Place& a, const Place& b) {
  const int32_t* x = a.column->offsets() + a.row;
  const int32_t* y = b.column->offsets() + b.row;
  if (x[1] - x[0] != y[1] - y[0]) return false;
  auto same = [&](int32_t i, int32_t j) {
    return SameValue(*a.column->children[0], i, *b.column->children[0], j) &&
           SameValue(*a.column->children[1], i, *b.column->children[1], j);
  };
  for (int32_t k = 0; k < x[1] - x[0]; ++k) {
    if (same(x[0] + k, y[0] + k)) continue;  // Mostly the order is the same too.
    bool found = false;
    for (int32_t j = y[0]; j < y[1] && !found; ++j) found = same(x[0] + k, j);
    if (!found) return false;
  }
  return true;
}

}  // namespace

bool SameValue(const Column& a, int64_t i, const Column& b, int64_t j) {
  const bool a_null = a.IsNull(i), b_null = b.IsNull(j);
  if (a_null || b_null) return a_null == b_null;
  const Place x = Locate(a, i), y = Locate(b, j);
  switch (x.column->type.kind()) {
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
    case TypeKind::kVariant:
      return x.Get<StringView>() == y.Get<StringView>();
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      return SameEntries(x, y);
    case TypeKind::kArray: {
      const int32_t* from = x.column->offsets() + x.row;
      const int32_t* other = y.column->offsets() + y.row;
      if (from[1] - from[0] != other[1] - other[0]) return false;
      for (int32_t k = 0; k < from[1] - from[0]; ++k) {
        if (!SameValue(*x.column->children[0], from[0] + k, *y.column->children[0], other[0] + k))
          return false;
      }
      return true;
    }
    case TypeKind::kRow:
      for (size_t c = 0; c < x.column->children.size(); ++c) {
        if (!SameValue(*x.column->children[c], x.row, *y.column->children[c], y.row)) return false;
      }
      return true;
    default:
      return ComparePlaces(x, y) == 0;
  }
}

int CompareValues(const Column& a, int64_t i, const Column& b, int64_t j) {
  return ComparePlaces(Locate(a, i), Locate(b, j));
}

}  // namespace weir
