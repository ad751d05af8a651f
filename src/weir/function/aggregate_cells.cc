// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/aggregate_cells.h"

namespace weir {

template <>
int64_t ReadCell<int64_t>(const Column& column, int64_t i) {
  int64_t position = column.Position(i);
  switch (column.type.kind()) {
    case TypeKind::kNull:
      return 0;
    case TypeKind::kBoolean:
      return column.BoolAt(i) ? 1 : 0;
    case TypeKind::kTinyInt:
      return column.data<int8_t>()[position];
    case TypeKind::kSmallInt:
      return column.data<int16_t>()[position];
    case TypeKind::kInt:
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kIntervalYearMonth:
      return column.data<int32_t>()[position];
    default:
      return column.data<int64_t>()[position];
  }
}

template <>
double ReadCell<double>(const Column& column, int64_t i) {
  int64_t position = column.Position(i);
  return column.type.kind() == TypeKind::kFloat ? column.data<float>()[position]
                                                : column.data<double>()[position];
}

template <>
Int128 ReadCell<Int128>(const Column& column, int64_t i) {
  return column.data<Int128>()[column.Position(i)];
}

template <>
std::string ReadCell<std::string>(const Column& column, int64_t i) {
  return std::string(column.views()[column.Position(i)].view());
}

template <>
Value ReadCell<Value>(const Column& column, int64_t i) {
  return GetValue(column, i);
}

Status AppendCell(ColumnBuilder* builder, const DataType& type, int64_t cell) {
  return type.kind() == TypeKind::kBoolean ? builder->AppendBool(cell != 0)
                                           : builder->AppendInt(cell);
}
Status AppendCell(ColumnBuilder* builder, const DataType&, double cell) {
  return builder->AppendDouble(cell);
}
Status AppendCell(ColumnBuilder* builder, const DataType&, Int128 cell) {
  return builder->AppendDecimal(cell);
}
Status AppendCell(ColumnBuilder* builder, const DataType&, const std::string& cell) {
  return builder->AppendString(cell);
}
Status AppendCell(ColumnBuilder* builder, const DataType&, const Value& cell) {
  return builder->AppendValue(cell);
}

bool CellLess::operator()(const Value& a, const Value& b) const {
  if (a.v.index() != b.v.index()) return a.v.index() < b.v.index();
  if (a.is_null()) return false;
  if (const auto* x = std::get_if<ValueList>(&a.v)) {
    return std::lexicographical_compare(x->begin(), x->end(), b.list().begin(), b.list().end(),
                                        *this);
  }
  if (const auto* x = std::get_if<double>(&a.v)) return (*this)(*x, b.double_value());
  if (const auto* x = std::get_if<std::string>(&a.v)) return *x < b.string_value();
  if (const auto* x = std::get_if<Int128>(&a.v)) return *x < b.decimal_value();
  if (const auto* x = std::get_if<bool>(&a.v)) return *x < b.bool_value();
  return a.int_value() < b.int_value();
}

}  // namespace weir
