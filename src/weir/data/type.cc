// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/data/type.h"

#include <utility>

#include "weir/base/check.h"

namespace weir {
namespace {

const std::vector<Field>& NoFields() {
  static const std::vector<Field> kNone;
  return kNone;
}

}  // namespace

DataType DataType::Null() { return DataType(); }

#define WEIR_SIMPLE_TYPE(name, kind) \
  DataType DataType::name() {        \
    DataType type;                   \
    type.kind_ = TypeKind::kind;     \
    return type;                     \
  }
WEIR_SIMPLE_TYPE(Boolean, kBoolean)
WEIR_SIMPLE_TYPE(TinyInt, kTinyInt)
WEIR_SIMPLE_TYPE(SmallInt, kSmallInt)
WEIR_SIMPLE_TYPE(Int, kInt)
WEIR_SIMPLE_TYPE(BigInt, kBigInt)
WEIR_SIMPLE_TYPE(Float, kFloat)
WEIR_SIMPLE_TYPE(Double, kDouble)
WEIR_SIMPLE_TYPE(Date, kDate)
WEIR_SIMPLE_TYPE(Variant, kVariant)
#undef WEIR_SIMPLE_TYPE

#define WEIR_SIZED_TYPE(name, kind)            \
  DataType DataType::name(int32_t precision) { \
    DataType type;                             \
    type.kind_ = TypeKind::kind;               \
    type.precision_ = precision;               \
    return type;                               \
  }
WEIR_SIZED_TYPE(Char, kChar)
WEIR_SIZED_TYPE(Varchar, kVarchar)
WEIR_SIZED_TYPE(Binary, kBinary)
WEIR_SIZED_TYPE(Varbinary, kVarbinary)
WEIR_SIZED_TYPE(Time, kTime)
WEIR_SIZED_TYPE(Timestamp, kTimestamp)
WEIR_SIZED_TYPE(TimestampLtz, kTimestampLtz)
#undef WEIR_SIZED_TYPE

DataType DataType::Decimal(int precision, int scale) {
  DataType type;
  type.kind_ = TypeKind::kDecimal;
  type.precision_ = precision;
  type.scale_ = scale;
  return type;
}

DataType DataType::Interval(IntervalUnit from, IntervalUnit to, int precision, int fraction) {
  DataType type;
  bool months = from <= IntervalUnit::kMonth;
  type.kind_ = months ? TypeKind::kIntervalYearMonth : TypeKind::kIntervalDayTime;
  type.interval_from_ = from;
  type.interval_to_ = to;
  // Only YEAR and DAY have leading digits and only seconds have a fraction; what is not printed
  // must not differ.
  bool leading = from == IntervalUnit::kYear || from == IntervalUnit::kDay;
  type.precision_ = leading ? precision : 2;
  type.scale_ = to == IntervalUnit::kSecond ? fraction : (months ? 0 : 6);
  return type;
}
DataType DataType::IntervalYearMonth() {
  return Interval(IntervalUnit::kYear, IntervalUnit::kMonth, 2, 0);
}
DataType DataType::IntervalDayTime() {
  return Interval(IntervalUnit::kDay, IntervalUnit::kSecond, 2, 3);
}

DataType DataType::Array(DataType element) {
  DataType type = Row({{"element", std::move(element)}});
  type.kind_ = TypeKind::kArray;
  return type;
}
DataType DataType::Map(DataType key, DataType value) {
  DataType type = Row({{"key", std::move(key)}, {"value", std::move(value)}});
  type.kind_ = TypeKind::kMap;
  return type;
}
DataType DataType::Multiset(DataType element) {
  DataType type = Row({{"element", std::move(element)}});
  type.kind_ = TypeKind::kMultiset;
  return type;
}
DataType DataType::Row(std::vector<Field> fields) {
  DataType type;
  type.kind_ = TypeKind::kRow;
  type.fields_ = std::make_shared<const std::vector<Field>>(std::move(fields));
  return type;
}

DataType DataType::Structured(std::string class_name, std::vector<Field> fields) {
  DataType type = Row(std::move(fields));
  type.class_name_ = std::make_shared<const std::string>(std::move(class_name));
  return type;
}
DataType DataType::WithFields(std::vector<Field> fields) const {
  DataType type = *this;
  type.fields_ = std::make_shared<const std::vector<Field>>(std::move(fields));
  return type;
}
const std::string& DataType::class_name() const {
  static const std::string kNone;
  return class_name_ ? *class_name_ : kNone;
}

const std::vector<Field>& DataType::fields() const { return fields_ ? *fields_ : NoFields(); }
const DataType& DataType::element() const {
  WEIR_CHECK(kind_ == TypeKind::kArray || kind_ == TypeKind::kMultiset,
             "only ARRAY and MULTISET have elements");
  return (*fields_)[0].type;
}
const DataType& DataType::key() const {
  WEIR_CHECK(kind_ == TypeKind::kMap, "only MAP has keys");
  return (*fields_)[0].type;
}
const DataType& DataType::value() const {
  WEIR_CHECK(kind_ == TypeKind::kMap, "only MAP has values");
  return (*fields_)[1].type;
}

int DataType::FieldIndex(std::string_view name) const {
  const std::vector<Field>& all = fields();
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

DataType DataType::WithNullable(bool nullable) const {
  DataType type = *this;
  type.nullable_ = nullable;
  return type;
}
DataType DataType::WithTimeAttribute(TimeAttribute attribute) const {
  DataType type = *this;
  type.time_attribute_ = attribute;
  return type;
}
DataType DataType::WithLength(int32_t length) const {
  DataType type = *this;
  type.precision_ = length;
  return type;
}
DataType DataType::WithPrecision(int precision) const {
  DataType type = *this;
  type.precision_ = precision;
  return type;
}

int DataType::value_width() const {
  switch (kind_) {
    case TypeKind::kNull:
    case TypeKind::kBoolean:
    case TypeKind::kRow:
      return 0;
    case TypeKind::kTinyInt:
      return 1;
    case TypeKind::kSmallInt:
      return 2;
    case TypeKind::kInt:
    case TypeKind::kFloat:
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      return 4;
    case TypeKind::kBigInt:
    case TypeKind::kDouble:
    case TypeKind::kIntervalDayTime:
      return 8;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return is_wide_timestamp() ? 16 : 8;
    case TypeKind::kDecimal:
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
    case TypeKind::kVariant:
      return 16;
  }
  return 0;
}

bool DataType::EqualsIgnoringNullable(const DataType& other) const {
  if (kind_ != other.kind_ || precision_ != other.precision_ || scale_ != other.scale_)
    return false;
  if (is_interval())
    return interval_from_ == other.interval_from_ && interval_to_ == other.interval_to_;
  if (!is_nested()) return true;
  if (is_structured() != other.is_structured() || class_name() != other.class_name()) return false;
  if (fields_ == other.fields_) return true;
  return fields() == other.fields();
}
bool DataType::operator==(const DataType& other) const {
  return nullable_ == other.nullable_ && EqualsIgnoringNullable(other);
}

int Schema::IndexOf(std::string_view name) const {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace weir
