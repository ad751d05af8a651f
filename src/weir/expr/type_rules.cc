// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Which types convert to which, and what several types have in common.
// Source: the behaviour of Flink's LogicalTypeCasts and LogicalTypeMerging (Flink 2.2), and its
// documentation pages "Data Types" and "CAST". Decimal results follow SQL Server's table with
// Spark's way of giving up scale.
#include <algorithm>

#include "weir/expr/function_registry.h"

namespace weir {
namespace {

constexpr int kAdjustedScaleMin = 6;

bool IsExactNumeric(const DataType& type) { return type.is_integer() || type.is_decimal(); }
bool IsDatetime(const DataType& type) {
  return type.kind() == TypeKind::kDate || type.kind() == TypeKind::kTime || type.is_timestamp();
}
bool IsSingleFieldInterval(const DataType& type) {
  return type.is_interval() && type.interval_from() == type.interval_to();
}
bool IsSameClass(const DataType& a, const DataType& b) {
  return a.is_structured() == b.is_structured() && a.class_name() == b.class_name();
}
bool IsStringLike(const DataType& type) { return type.is_character() || type.is_binary(); }

/// Casts that need no CAST, for types of one field.
bool ImplicitRule(const DataType& from, const DataType& to) {
  TypeKind f = from.kind();
  switch (to.kind()) {
    case TypeKind::kVarchar:
      return from.is_character();
    case TypeKind::kVarbinary:
      return from.is_binary();
    case TypeKind::kSmallInt:
    case TypeKind::kInt:
    case TypeKind::kBigInt:
      return from.is_integer() && f <= to.kind();
    case TypeKind::kFloat:
      return from.is_numeric() && f != TypeKind::kDouble;
    case TypeKind::kDouble:
    case TypeKind::kDecimal:
      return from.is_numeric();
    case TypeKind::kDate:
    case TypeKind::kTime:
      return f == to.kind() || f == TypeKind::kTimestamp;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return from.is_timestamp();
    default:
      return f == to.kind();
  }
}

/// Casts that CAST adds to those.
bool ExplicitRule(const DataType& from, const DataType& to) {
  TypeKind f = from.kind();
  bool text = from.is_character();
  switch (to.kind()) {
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      return true;  // Everything prints.
    case TypeKind::kBoolean:
      return text || from.is_integer() || f == TypeKind::kBoolean || f == TypeKind::kVariant;
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      return text || from.is_binary() || f == TypeKind::kVariant;
    case TypeKind::kTinyInt:
    case TypeKind::kSmallInt:
    case TypeKind::kInt:
    case TypeKind::kBigInt:
    case TypeKind::kDecimal:
      return text || from.is_numeric() || f == TypeKind::kBoolean || from.is_interval() ||
             f == TypeKind::kVariant;
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return text || from.is_numeric() || f == TypeKind::kBoolean || f == TypeKind::kVariant;
    case TypeKind::kDate:
      return text || f == TypeKind::kDate || from.is_timestamp() || f == TypeKind::kVariant;
    case TypeKind::kTime:
      return text || f == TypeKind::kTime || from.is_timestamp() || f == TypeKind::kVariant;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return text || IsDatetime(from) || f == TypeKind::kVariant;
    case TypeKind::kVariant:
      return IsStringLike(from) || from.is_numeric() || f == TypeKind::kBoolean || IsDatetime(from);
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
      return text || IsExactNumeric(from) || f == to.kind();
    default:
      return f == to.kind();
  }
}

bool SupportsCast(const DataType& from, const DataType& to, bool explicitly);

/// VARIANT to ARRAY, MAP or ROW, and back: when every part can be cast; names are texts.
bool SupportsVariantParts(const DataType& from, const DataType& to) {
  const DataType& nested = from.is_nested() ? from : to;
  if (nested.kind() == TypeKind::kMultiset) return false;
  size_t first = 0;
  if (nested.kind() == TypeKind::kMap) {
    if (!nested.fields()[0].type.is_character()) return false;
    first = 1;
  }
  for (size_t i = first; i < nested.fields().size(); ++i) {
    const DataType& part = nested.fields()[i].type;
    if (!(from.is_nested() ? SupportsCast(part, to, true) : SupportsCast(from, part, true)))
      return false;
  }
  return true;
}

bool SupportsCast(const DataType& from, const DataType& to, bool explicitly) {
  if (from.nullable() && !to.nullable() && !explicitly) return false;
  if (from.kind() == TypeKind::kNull || from.EqualsIgnoringNullable(to)) return true;
  if (to.kind() == TypeKind::kNull) return false;
  if (from.is_interval() && IsExactNumeric(to)) return explicitly && IsSingleFieldInterval(from);
  if (IsExactNumeric(from) && to.is_interval()) return explicitly && IsSingleFieldInterval(to);
  if (from.is_nested() && to.is_nested()) {
    if (from.kind() != to.kind() || from.fields().size() != to.fields().size()) return false;
    // A ROW becomes an object by CAST only, an object never one of another class.
    if (!IsSameClass(from, to) && (!explicitly || (from.is_structured() && to.is_structured())))
      return false;
    for (size_t i = 0; i < from.fields().size(); ++i) {
      if (!SupportsCast(from.fields()[i].type, to.fields()[i].type, explicitly)) return false;
    }
    return true;
  }
  if ((from.kind() == TypeKind::kVariant && to.is_nested()) ||
      (from.is_nested() && to.kind() == TypeKind::kVariant)) {
    return explicitly && SupportsVariantParts(from, to);
  }
  return ImplicitRule(from, to) || (explicitly && ExplicitRule(from, to));
}

DataType AdjustDecimal(int precision, int scale) {
  constexpr int kMax = DataType::kDecimalPrecisionMax;
  if (precision <= kMax) return DataType::Decimal(precision, scale);
  int digits = precision - scale;
  return DataType::Decimal(kMax, std::max(kMax - digits, std::min(scale, kAdjustedScaleMin)));
}

bool AreSimilar(const DataType& a, const DataType& b) {
  return (a.is_character() && b.is_character()) || (a.is_binary() && b.is_binary()) ||
         (a.is_numeric() && b.is_numeric()) || (a.is_timestamp() && b.is_timestamp()) ||
         a.kind() == b.kind();
}

DataType CommonExactNumeric(const DataType& a, const DataType& b) {
  if (a.EqualsIgnoringNullable(b)) return a;
  if (!a.is_decimal() && !b.is_decimal()) return b.kind() > a.kind() ? b : a;
  constexpr int kMax = DataType::kDecimalPrecisionMax;
  DataType x = AsDecimal(a), y = AsDecimal(b);
  int digits = std::min(std::max(x.precision() - x.scale(), y.precision() - y.scale()), kMax);
  int scale = std::min(std::max(x.scale(), y.scale()), kMax - digits);
  return DataType::Decimal(digits + scale, scale);
}

DataType CommonInterval(const DataType& a, const DataType& b) {
  return DataType::Interval(std::min(a.interval_from(), b.interval_from()),
                            std::max(a.interval_to(), b.interval_to()),
                            std::max(a.precision(), b.precision()), std::max(a.scale(), b.scale()));
}

DataType CommonString(const DataType& a, const DataType& b) {
  int32_t length = std::max(a.length(), b.length());
  bool fixed = a.kind() == TypeKind::kChar || a.kind() == TypeKind::kBinary;
  if (!fixed) return a.WithLength(length);
  if (a.length() != b.length())
    return a.is_character() ? DataType::Varchar(length) : DataType::Varbinary(length);
  return b;
}

std::optional<DataType> CommonNested(const std::vector<DataType>& types) {
  const DataType& first = types[0];
  for (const DataType& type : types) {
    if (type.kind() != first.kind() || type.fields().size() != first.fields().size() ||
        !IsSameClass(type, first)) {
      return std::nullopt;
    }
  }
  std::vector<Field> fields = first.fields();
  for (size_t i = 0; i < fields.size(); ++i) {
    std::vector<DataType> children;
    children.reserve(types.size());
    for (const DataType& type : types) children.push_back(type.fields()[i].type);
    auto common = CommonType(children);
    if (!common) return std::nullopt;
    fields[i].type = *common;
  }
  switch (first.kind()) {
    case TypeKind::kArray:
      return DataType::Array(fields[0].type);
    case TypeKind::kMultiset:
      return DataType::Multiset(fields[0].type);
    case TypeKind::kMap:
      return DataType::Map(fields[0].type, fields[1].type);
    default:
      return first.WithFields(std::move(fields));
  }
}

/// The common type of two similar, not nested types. (Flink's rules for DATE + INTERVAL and the
/// like are arithmetic's.)
std::optional<DataType> Merge(const DataType& a, const DataType& b) {
  if (!AreSimilar(a, b)) return std::nullopt;
  if (IsStringLike(b)) return CommonString(a, b);
  if (IsExactNumeric(b)) {
    if (IsExactNumeric(a)) return CommonExactNumeric(a, b);
    return b.is_decimal() ? DataType::Double() : a;
  }
  if (b.is_approximate()) {
    if (a.is_approximate()) {
      return a.kind() == TypeKind::kDouble || b.kind() == TypeKind::kDouble ? DataType::Double()
                                                                            : a;
    }
    return a.is_decimal() ? DataType::Double() : b;
  }
  if (b.kind() == TypeKind::kDate) return b;
  if (b.kind() == TypeKind::kTime) return DataType::Time(std::max(a.precision(), b.precision()));
  if (b.is_timestamp()) {
    int precision = std::max(a.precision(), b.precision());
    bool local = a.kind() == TypeKind::kTimestampLtz || b.kind() == TypeKind::kTimestampLtz;
    return local ? DataType::TimestampLtz(precision) : DataType::Timestamp(precision);
  }
  if (b.is_interval()) return CommonInterval(a, b);
  return std::nullopt;
}

/// Among types without rule of their own: the one to which all the others convert implicitly.
std::optional<DataType> CommonCastable(const std::vector<DataType>& types) {
  DataType result = types[0];
  for (const DataType& type : types) {
    if (type.kind() == TypeKind::kNull) continue;
    if (CanImplicitlyCast(result, type)) {
      result = type;
    } else if (!CanImplicitlyCast(type, result)) {
      return std::nullopt;
    }
  }
  return result;
}

}  // namespace

bool CanImplicitlyCast(const DataType& from, const DataType& to) {
  return SupportsCast(from, to, false);
}
bool CanExplicitlyCast(const DataType& from, const DataType& to) {
  return SupportsCast(from, to, true);
}

Status CheckExplicitCast(const DataType& from, const DataType& to) {
  if (from.is_numeric() && to.kind() == TypeKind::kTimestamp) {
    return InvalidQuery(
        "The cast from NUMERIC type to TIMESTAMP type is not allowed. It's recommended to use "
        "TO_TIMESTAMP(FROM_UNIXTIME(numeric_col)) instead, note the numeric is in seconds.");
  }
  if (from.is_numeric() && to.kind() == TypeKind::kTimestampLtz) {
    return InvalidQuery(
        "The cast from NUMERIC type to TIMESTAMP_LTZ type is not allowed. It's recommended to use "
        "TO_TIMESTAMP_LTZ(numeric_col, precision) instead.");
  }
  if (from.kind() == TypeKind::kTimestamp && to.is_numeric()) {
    return InvalidQuery(
        "The cast from TIMESTAMP type to NUMERIC type is not allowed. It's recommended to use "
        "UNIX_TIMESTAMP(CAST(timestamp_col AS STRING)) instead.");
  }
  if (from.kind() == TypeKind::kTimestampLtz && to.is_numeric()) {
    return InvalidQuery("The cast from TIMESTAMP_LTZ type to NUMERIC type is not allowed.");
  }
  if (CanExplicitlyCast(from, to)) return Status::OK();
  return InvalidQuery("Cast function cannot convert value of type {} to type {}", from.ToString(),
                      to.ToString());
}

std::optional<DataType> CommonType(const std::vector<DataType>& types) {
  if (types.empty()) return std::nullopt;
  bool nullable = false;
  std::vector<DataType> known;
  for (const DataType& type : types) {
    nullable |= type.nullable();
    if (type.kind() != TypeKind::kNull) known.push_back(type.AsNullable());
  }
  if (known.empty()) return std::nullopt;
  std::optional<DataType> result = known[0];
  if (known[0].is_nested()) {
    result = CommonNested(known);
  } else {
    for (size_t i = 1; i < known.size() && result; ++i) {
      result = known[i].is_nested() ? std::nullopt : Merge(*result, known[i]);
    }
  }
  if (!result) result = CommonCastable(known);
  if (!result) return std::nullopt;
  return result->WithNullable(nullable);
}

DataType DecimalSumType(const DataType& a, const DataType& b) {
  int scale = std::max(a.scale(), b.scale());
  return AdjustDecimal(std::max(a.precision() - a.scale(), b.precision() - b.scale()) + scale + 1,
                       scale);
}

DataType DecimalProductType(const DataType& a, const DataType& b) {
  return AdjustDecimal(a.precision() + b.precision() + 1, a.scale() + b.scale());
}

DataType DecimalQuotientType(const DataType& a, const DataType& b) {
  int scale = std::max(kAdjustedScaleMin, a.scale() + b.precision() + 1);
  return AdjustDecimal(a.precision() - a.scale() + b.scale() + scale, scale);
}

DataType DecimalModuloType(const DataType& a, const DataType& b) {
  int scale = std::max(a.scale(), b.scale());
  return AdjustDecimal(std::min(a.precision() - a.scale(), b.precision() - b.scale()) + scale,
                       scale);
}

DataType AsDecimal(const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kTinyInt:
      return DataType::Decimal(3, 0).WithNullable(type.nullable());
    case TypeKind::kSmallInt:
      return DataType::Decimal(5, 0).WithNullable(type.nullable());
    case TypeKind::kInt:
      return DataType::Decimal(10, 0).WithNullable(type.nullable());
    case TypeKind::kBigInt:
      return DataType::Decimal(19, 0).WithNullable(type.nullable());
    default:
      return type;
  }
}

}  // namespace weir
