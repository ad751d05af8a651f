// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Weir's types and Arrow's, one as the other.
#include <arrow/extension/parquet_variant.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>

#include <utility>

#include "weir/base/check.h"
#include "weir/data/arrow_convert.h"
#include "weir/data/arrow_variant.h"

namespace weir {
namespace {

std::shared_ptr<arrow::Field> ToArrowField(const std::string& name, const DataType& type) {
  return arrow::field(name, ToArrowType(type), type.nullable());
}

int PrecisionOf(arrow::TimeUnit::type unit) {
  return static_cast<int>(unit) * 3;
}  // SECOND, MILLI, MICRO, NANO.

Result<DataType> FromDecimal(const arrow::DecimalType& type) {
  if (type.precision() > DataType::kDecimalPrecisionMax || type.scale() < 0 ||
      type.scale() > type.precision()) {
    return Unsupported("the Arrow type {}", type.ToString());
  }
  return DataType::Decimal(type.precision(), type.scale());
}

Result<DataType> FromNested(const arrow::DataType& type) {
  auto child = [&](int i) {
    return FromArrowType(*type.field(i)->type(), type.field(i)->nullable());
  };
  switch (type.id()) {
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST: {
      WEIR_ASSIGN_OR_RETURN(DataType element, child(0));
      return DataType::Array(std::move(element));
    }
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      WEIR_ASSIGN_OR_RETURN(DataType key, FromArrowType(*map.key_type(), false));
      WEIR_ASSIGN_OR_RETURN(DataType value,
                            FromArrowType(*map.item_type(), map.item_field()->nullable()));
      return DataType::Map(std::move(key), std::move(value));
    }
    default: {
      std::vector<Field> fields;
      for (int i = 0; i < type.num_fields(); ++i) {
        WEIR_ASSIGN_OR_RETURN(DataType field, child(i));
        fields.push_back({type.field(i)->name(), std::move(field)});
      }
      return DataType::Row(std::move(fields));
    }
  }
}

Result<DataType> FromPlain(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::NA:
      return DataType::Null();
    case arrow::Type::BOOL:
      return DataType::Boolean();
    case arrow::Type::INT8:
      return DataType::TinyInt();
    case arrow::Type::UINT8:
    case arrow::Type::INT16:
      return DataType::SmallInt();
    case arrow::Type::UINT16:
    case arrow::Type::INT32:
      return DataType::Int();
    case arrow::Type::UINT32:
    case arrow::Type::INT64:
      return DataType::BigInt();
    case arrow::Type::UINT64:
      return DataType::Decimal(20, 0);
    case arrow::Type::HALF_FLOAT:
    case arrow::Type::FLOAT:
      return DataType::Float();
    case arrow::Type::DOUBLE:
      return DataType::Double();
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return FromDecimal(static_cast<const arrow::DecimalType&>(type));
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return DataType::String();
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
      return DataType::Bytes();
    case arrow::Type::FIXED_SIZE_BINARY:
      return DataType::Binary(static_cast<const arrow::FixedSizeBinaryType&>(type).byte_width());
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
      return DataType::Date();
    case arrow::Type::TIME32:
    case arrow::Type::TIME64:
      return DataType::Time(
          static_cast<const arrow::TimeType&>(type).unit() == arrow::TimeUnit::SECOND ? 0 : 3);
    case arrow::Type::TIMESTAMP: {
      const auto& timestamp = static_cast<const arrow::TimestampType&>(type);
      const int precision = PrecisionOf(timestamp.unit());
      return timestamp.timezone().empty() ? DataType::Timestamp(precision)
                                          : DataType::TimestampLtz(precision);
    }
    case arrow::Type::DURATION:
    case arrow::Type::INTERVAL_DAY_TIME:
      return DataType::IntervalDayTime();
    case arrow::Type::INTERVAL_MONTHS:
      return DataType::IntervalYearMonth();
    case arrow::Type::DICTIONARY:
      return FromArrowType(*static_cast<const arrow::DictionaryType&>(type).value_type(), true);
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST:
    case arrow::Type::MAP:
    case arrow::Type::STRUCT:
      return FromNested(type);
    default:
      return Unsupported("the Arrow type {}", type.ToString());
  }
}

}  // namespace

std::shared_ptr<arrow::DataType> ToArrowType(const DataType& type) {
  const auto ticks =
      type.is_timestamp() && type.precision() > 6 ? arrow::TimeUnit::NANO : arrow::TimeUnit::MICRO;
  switch (type.kind()) {
    case TypeKind::kNull:
      return arrow::null();
    case TypeKind::kBoolean:
      return arrow::boolean();
    case TypeKind::kTinyInt:
      return arrow::int8();
    case TypeKind::kSmallInt:
      return arrow::int16();
    case TypeKind::kInt:
      return arrow::int32();
    case TypeKind::kBigInt:
      return arrow::int64();
    case TypeKind::kFloat:
      return arrow::float32();
    case TypeKind::kDouble:
      return arrow::float64();
    case TypeKind::kDecimal:
      return arrow::decimal128(type.precision(), type.scale());
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      return arrow::utf8();
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      return arrow::binary();
    case TypeKind::kVariant:
      return arrow::extension::variant(
          arrow::struct_({arrow::field("metadata", arrow::binary(), false),
                          arrow::field("value", arrow::binary(), false)}));
    case TypeKind::kDate:
      return arrow::date32();
    case TypeKind::kTime:
      return arrow::time32(arrow::TimeUnit::MILLI);
    case TypeKind::kTimestamp:
      return arrow::timestamp(ticks);
    case TypeKind::kTimestampLtz:
      return arrow::timestamp(ticks, "UTC");
    case TypeKind::kIntervalYearMonth:
      return arrow::month_interval();
    case TypeKind::kIntervalDayTime:
      return arrow::duration(arrow::TimeUnit::MILLI);
    case TypeKind::kArray:
      return arrow::list(ToArrowField("element", type.element()));
    case TypeKind::kMap:
      return std::make_shared<arrow::MapType>(ToArrowField("key", type.key().NotNull()),
                                              ToArrowField("value", type.value()));
    case TypeKind::kMultiset:
      return std::make_shared<arrow::MapType>(ToArrowField("key", type.element().NotNull()),
                                              arrow::field("value", arrow::int32(), false));
    case TypeKind::kRow: {
      arrow::FieldVector fields;
      for (const Field& field : type.fields())
        fields.push_back(ToArrowField(field.name, field.type));
      return arrow::struct_(fields);
    }
  }
  WEIR_CHECK(false, "every type has an Arrow type");
}

std::shared_ptr<arrow::Schema> ToArrowSchema(const Schema& schema) {
  arrow::FieldVector fields;
  for (const Field& field : schema.fields) fields.push_back(ToArrowField(field.name, field.type));
  return arrow::schema(std::move(fields));
}

Result<DataType> FromArrowType(const arrow::DataType& type, bool nullable) {
  if (type.id() == arrow::Type::EXTENSION) {
    const auto& extension = static_cast<const arrow::ExtensionType&>(type);
    if (extension.extension_name() == kVariantExtension)
      return DataType::Variant().WithNullable(nullable);
    // An extension reads as what it is stored as.
    return FromArrowType(*static_cast<const arrow::ExtensionType&>(type).storage_type(), nullable);
  }
  WEIR_ASSIGN_OR_RETURN(DataType plain, FromPlain(type));
  return plain.kind() == TypeKind::kNull ? plain : plain.WithNullable(nullable);
}

Result<Schema> FromArrowSchema(const arrow::Schema& schema) {
  Schema result;
  for (const auto& field : schema.fields()) {
    auto type = FromArrowType(*field->type(), field->nullable());
    if (!type.ok()) return WithContext(type.status(), fmt::format("column `{}`", field->name()));
    result.fields.push_back({field->name(), *type});
  }
  return result;
}

}  // namespace weir
