// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/data/value.h"

#include "weir/base/check.h"

namespace weir {
namespace {

ValueList ListValues(const Column& column, int64_t position) {
  ValueList list;
  const int32_t* offsets = column.offsets();
  for (int64_t j = offsets[position]; j < offsets[position + 1]; ++j) {
    if (column.children.size() == 1) {
      list.push_back(GetValue(*column.children[0], j));
    } else {
      list.push_back(
          Value::List({GetValue(*column.children[0], j), GetValue(*column.children[1], j)}));
    }
  }
  return list;
}

}  // namespace

bool Value::operator==(const Value& other) const { return v == other.v; }

Value GetValue(const Column& column, int64_t i) {
  if (column.IsNull(i)) return Value::Null();
  if (column.encoding == Encoding::kDictionary)
    return GetValue(column.dictionary(), column.indices()[i]);
  const int64_t at = column.Position(i);
  switch (column.type.kind()) {
    case TypeKind::kNull:
      return Value::Null();
    case TypeKind::kBoolean:
      return Value::Bool(GetBit(column.values->data(), at));
    case TypeKind::kTinyInt:
      return Value::Int(column.data<int8_t>()[at]);
    case TypeKind::kSmallInt:
      return Value::Int(column.data<int16_t>()[at]);
    case TypeKind::kInt:
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kIntervalYearMonth:
      return Value::Int(column.data<int32_t>()[at]);
    case TypeKind::kBigInt:
    case TypeKind::kIntervalDayTime:
      return Value::Int(column.data<int64_t>()[at]);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return Value::Ticks(column.TicksAt(i), column.type);
    case TypeKind::kFloat:
      return Value::Double(static_cast<double>(column.data<float>()[at]));
    case TypeKind::kDouble:
      return Value::Double(column.data<double>()[at]);
    case TypeKind::kDecimal:
      return Value::Decimal(column.data<Int128>()[at]);
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
    case TypeKind::kVariant:
      return Value::String(std::string(column.views()[at].view()));
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      return Value::List(ListValues(column, at));
    case TypeKind::kRow: {
      ValueList fields;
      for (const ColumnPtr& child : column.children) fields.push_back(GetValue(*child, at));
      return Value::List(std::move(fields));
    }
  }
  return Value::Null();
}

Result<ColumnPtr> MakeConstant(const Value& value, const DataType& type, int64_t length,
                               arrow::MemoryPool* pool) {
  if (value.is_null()) return MakeNullColumn(type, length, pool);
  auto builder = ColumnBuilder::Make(type, pool);
  WEIR_RETURN_NOT_OK(builder->AppendValue(value));
  WEIR_ASSIGN_OR_RETURN(ColumnPtr row, builder->Finish());
  return Repeat(row, length, pool);
}

}  // namespace weir
