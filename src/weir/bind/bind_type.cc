// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Types as written -> types, with Flink's defaults and limits; texts of interval literals.
#include <cctype>

#include "weir/bind/query_binder.h"

namespace weir {
namespace {

Status CheckRange(const AstType& type, std::optional<int64_t> value, int64_t low, int64_t high,
                  const char* what) {
  if (value && (*value < low || *value > high)) {
    return InvalidQueryAt(type.span, "{} must be between {} and {}, not {}", what, low, high,
                          *value);
  }
  return Status::OK();
}

Result<IntervalUnit> ToIntervalUnit(TimeUnit unit, SourceSpan span) {
  switch (unit) {
    case TimeUnit::kYear:
      return IntervalUnit::kYear;
    case TimeUnit::kQuarter:
    case TimeUnit::kMonth:
      return IntervalUnit::kMonth;
    case TimeUnit::kWeek:
    case TimeUnit::kDay:
      return IntervalUnit::kDay;
    case TimeUnit::kHour:
      return IntervalUnit::kHour;
    case TimeUnit::kMinute:
      return IntervalUnit::kMinute;
    case TimeUnit::kSecond:
      return IntervalUnit::kSecond;
    default:
      return InvalidQueryAt(span, "an interval cannot be in units of {}", TimeUnitName(unit));
  }
}

Result<DataType> BindSizedType(const AstType& type) {
  int64_t length = type.precision.value_or(1);
  switch (type.kind) {
    case AstTypeKind::kChar:
      WEIR_RETURN_NOT_OK(
          CheckRange(type, type.precision, 1, DataType::kStringLength, "the length of CHAR"));
      return DataType::Char(static_cast<int32_t>(length));
    case AstTypeKind::kVarchar:
      WEIR_RETURN_NOT_OK(
          CheckRange(type, type.precision, 1, DataType::kStringLength, "the length of VARCHAR"));
      // Flink's planner reads VARCHAR without a length as STRING.
      return DataType::Varchar(
          static_cast<int32_t>(type.precision.value_or(DataType::kStringLength)));
    case AstTypeKind::kBinary:
      WEIR_RETURN_NOT_OK(
          CheckRange(type, type.precision, 1, DataType::kStringLength, "the length of BINARY"));
      return DataType::Binary(static_cast<int32_t>(length));
    case AstTypeKind::kVarbinary:
      WEIR_RETURN_NOT_OK(
          CheckRange(type, type.precision, 1, DataType::kStringLength, "the length of VARBINARY"));
      return DataType::Varbinary(
          static_cast<int32_t>(type.precision.value_or(DataType::kStringLength)));
    case AstTypeKind::kDecimal: {
      WEIR_RETURN_NOT_OK(CheckRange(type, type.precision, 1, 38, "the precision of DECIMAL"));
      int64_t precision = type.precision.value_or(10);
      WEIR_RETURN_NOT_OK(CheckRange(type, type.scale, 0, precision, "the scale of DECIMAL"));
      return DataType::Decimal(static_cast<int>(precision),
                               static_cast<int>(type.scale.value_or(0)));
    }
    case AstTypeKind::kTime:
      WEIR_RETURN_NOT_OK(CheckRange(type, type.precision, 0, 9, "the precision of TIME"));
      return DataType::Time(static_cast<int>(type.precision.value_or(0)));
    case AstTypeKind::kTimestamp:
      WEIR_RETURN_NOT_OK(CheckRange(type, type.precision, 0, 9, "the precision of TIMESTAMP"));
      return DataType::Timestamp(static_cast<int>(type.precision.value_or(6)));
    case AstTypeKind::kTimestampLtz:
      WEIR_RETURN_NOT_OK(CheckRange(type, type.precision, 0, 9, "the precision of TIMESTAMP_LTZ"));
      return DataType::TimestampLtz(static_cast<int>(type.precision.value_or(6)));
    default:
      return Internal("no sized type");
  }
}

Result<DataType> BindNestedType(const AstType& type) {
  switch (type.kind) {
    case AstTypeKind::kArray: {
      WEIR_ASSIGN_OR_RETURN(DataType element, BindType(*type.children[0]));
      return DataType::Array(std::move(element));
    }
    case AstTypeKind::kMultiset: {
      WEIR_ASSIGN_OR_RETURN(DataType element, BindType(*type.children[0]));
      return DataType::Multiset(std::move(element));
    }
    case AstTypeKind::kMap: {
      WEIR_ASSIGN_OR_RETURN(DataType key, BindType(*type.children[0]));
      WEIR_ASSIGN_OR_RETURN(DataType value, BindType(*type.children[1]));
      return DataType::Map(std::move(key), std::move(value));
    }
    default: {
      std::vector<Field> fields;
      for (const AstRowField& field : type.fields) {
        WEIR_ASSIGN_OR_RETURN(DataType field_type, BindType(*field.type));
        for (const Field& other : fields) {
          if (other.name == field.name.value) {
            return InvalidQueryAt(
                field.name.span, "field '{}' occurs twice in the {}", field.name.value,
                type.kind == AstTypeKind::kStructured ? "STRUCTURED type" : "ROW");
          }
        }
        fields.push_back({field.name.value, std::move(field_type)});
      }
      return type.kind == AstTypeKind::kStructured
                 ? DataType::Structured(type.class_name, std::move(fields))
                 : DataType::Row(std::move(fields));
    }
  }
}

Result<DataType> BindNullableType(const AstType& type) {
  switch (type.kind) {
    case AstTypeKind::kString:
      return DataType::String();
    case AstTypeKind::kBytes:
      return DataType::Bytes();
    case AstTypeKind::kBoolean:
      return DataType::Boolean();
    case AstTypeKind::kTinyint:
      return DataType::TinyInt();
    case AstTypeKind::kSmallint:
      return DataType::SmallInt();
    case AstTypeKind::kInt:
      return DataType::Int();
    case AstTypeKind::kBigint:
      return DataType::BigInt();
    case AstTypeKind::kFloat:
      return DataType::Float();
    case AstTypeKind::kDouble:
      return DataType::Double();
    case AstTypeKind::kDate:
      return DataType::Date();
    case AstTypeKind::kVariant:
      return DataType::Variant();
    case AstTypeKind::kNull:
      return DataType::Null();
    case AstTypeKind::kInterval:
      return bind::IntervalType(*type.interval);
    case AstTypeKind::kArray:
    case AstTypeKind::kMultiset:
    case AstTypeKind::kMap:
    case AstTypeKind::kRow:
    case AstTypeKind::kStructured:
      return BindNestedType(type);
    case AstTypeKind::kTimestampTz:
      return UnsupportedAt(type.span,
                           "TIMESTAMP WITH TIME ZONE is not supported (use TIMESTAMP_LTZ)");
    case AstTypeKind::kRaw:
      return UnsupportedAt(type.span, "RAW types are not supported: they hold Java objects");
    case AstTypeKind::kBitmap:
      return UnsupportedAt(type.span, "BITMAP is not supported yet");
    case AstTypeKind::kNamed:
      return InvalidQueryAt(type.span, "unknown type '{}'",
                            type.path.empty() ? "" : type.path.back().value);
    default:
      return BindSizedType(type);
  }
}

}  // namespace

Result<DataType> BindType(const AstType& type) {
  WEIR_ASSIGN_OR_RETURN(DataType bound, BindNullableType(type));
  return type.nullable.value_or(true) ? bound : bound.NotNull();
}

namespace bind {

Result<DataType> IntervalType(const AstIntervalQualifier& qualifier) {
  WEIR_ASSIGN_OR_RETURN(IntervalUnit from, ToIntervalUnit(qualifier.start, qualifier.span));
  IntervalUnit to = from;
  if (qualifier.end) {
    WEIR_ASSIGN_OR_RETURN(to, ToIntervalUnit(*qualifier.end, qualifier.span));
  }
  bool from_months = from <= IntervalUnit::kMonth;
  if (to < from || from_months != (to <= IntervalUnit::kMonth)) {
    return InvalidQueryAt(qualifier.span, "no interval goes from {} to {}",
                          TimeUnitName(qualifier.start), TimeUnitName(*qualifier.end));
  }
  int precision = qualifier.leading_precision.value_or(2);
  int fraction = qualifier.fractional_precision.value_or(6);
  if (from == IntervalUnit::kSecond && qualifier.leading_precision &&
      !qualifier.fractional_precision) {
    // The type INTERVAL SECOND(3) as Flink prints it: milliseconds.
    fraction = *qualifier.leading_precision;
    precision = 2;
  }
  if (precision < 1 || precision > 10) {
    return InvalidQueryAt(
        qualifier.span, "the precision of an interval must be between 1 and 10, not {}", precision);
  }
  if (fraction < 0 || fraction > 9) {
    return InvalidQueryAt(qualifier.span,
                          "the fraction of an interval must be between 0 and 9, not {}", fraction);
  }
  return DataType::Interval(from, to, precision, fraction);
}

namespace {

/// Reads the digits at `*at`; false when there are none or too many.
bool ReadNumber(std::string_view text, size_t* at, int64_t* out) {
  size_t begin = *at;
  *out = 0;
  while (*at < text.size() && std::isdigit(static_cast<unsigned char>(text[*at])) &&
         *at - begin < 18) {
    *out = *out * 10 + (text[*at] - '0');
    ++*at;
  }
  return *at > begin;
}

constexpr int64_t kUnitMillis[] = {0, 0, 86'400'000, 3'600'000, 60'000, 1'000};
/// What a field that is not the first may hold at most.
constexpr int64_t kFieldMax[] = {0, 11, 0, 23, 59, 59};

/// '12 10:30:05.5' from DAY to SECOND: fields from `from` to `to`, then a fraction of seconds of at
/// most `fraction_max` digits. `*leading` gets the first field.
bool ReadDayTime(std::string_view text, IntervalUnit from, IntervalUnit to, int fraction_max,
                 int64_t* leading, int64_t* millis) {
  size_t at = 0;
  *millis = 0;
  for (int unit = static_cast<int>(from); unit <= static_cast<int>(to); ++unit) {
    bool is_first = unit == static_cast<int>(from);
    if (!is_first) {
      char separator = unit == static_cast<int>(IntervalUnit::kHour) ? ' ' : ':';
      if (at >= text.size() || text[at] != separator) return false;
      while (at < text.size() && text[at] == separator && separator == ' ') ++at;
      if (separator == ':') ++at;
    }
    int64_t number = 0;
    if (!ReadNumber(text, &at, &number)) return false;
    if (is_first) *leading = number;
    if (!is_first && number > kFieldMax[unit]) return false;
    int64_t part = 0;
    if (__builtin_mul_overflow(number, kUnitMillis[unit], &part) ||
        __builtin_add_overflow(*millis, part, millis)) {
      return false;
    }
  }
  if (to == IntervalUnit::kSecond && at < text.size() && text[at] == '.') {
    ++at;
    int64_t scale = 100;
    size_t begin = at;
    while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at]))) {
      *millis += scale * (text[at] - '0');
      scale /= 10;
      ++at;
    }
    if (at == begin || at - begin > static_cast<size_t>(fraction_max)) return false;
  }
  return at == text.size();
}

/// A first field may not have more digits than the qualifier says, 2 if it says nothing.
Status CheckLeadingField(int64_t leading, const AstIntervalQualifier& qualifier) {
  int digits = qualifier.leading_precision.value_or(2);
  int64_t limit = 1;
  for (int i = 0; i < digits; ++i) limit *= 10;
  if (leading < limit) return Status::OK();
  std::string unit(TimeUnitName(qualifier.start));
  std::string number = std::to_string(leading);
  Status status =
      InvalidQueryAt(qualifier.span, "Interval field value {} exceeds precision of {}({}) field",
                     number, unit, digits);
  if (number.size() > 10) return status;
  return WithHint(status, fmt::format("INTERVAL '{}' {}({})", number, unit, number.size()));
}

}  // namespace

Result<int64_t> ParseIntervalText(std::string_view text, const AstIntervalQualifier& qualifier) {
  WEIR_ASSIGN_OR_RETURN(DataType type, IntervalType(qualifier));
  std::string_view rest = text;
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  while (!rest.empty() && rest.back() == ' ') rest.remove_suffix(1);
  bool negative = false;
  if (!rest.empty() && (rest.front() == '-' || rest.front() == '+')) {
    negative = rest.front() == '-';
    rest.remove_prefix(1);
  }
  int64_t value = 0, leading = 0;
  bool good = false;
  if (type.kind() == TypeKind::kIntervalYearMonth) {
    size_t at = 0;
    int64_t number = 0;
    good = ReadNumber(rest, &at, &number);
    leading = number;
    value = type.interval_from() == IntervalUnit::kYear ? number * 12 : number;
    if (qualifier.start == TimeUnit::kQuarter) value = number * 3;
    if (good && type.interval_from() == IntervalUnit::kYear &&
        type.interval_to() == IntervalUnit::kMonth) {
      good = at < rest.size() && rest[at] == '-';
      ++at;
      good = good && ReadNumber(rest, &at, &number) && number < 12;
      value += number;
    }
    good = good && at == rest.size() && value <= INT32_MAX;
  } else {
    good = ReadDayTime(rest, type.interval_from(), type.interval_to(),
                       qualifier.fractional_precision.value_or(6), &leading, &value);
    if (qualifier.start == TimeUnit::kWeek)
      good = good && !__builtin_mul_overflow(value, int64_t{7}, &value);
  }
  if (!good) {
    return InvalidQueryAt(qualifier.span, "illegal interval literal format '{}' for {}", text,
                          type.ToString());
  }
  WEIR_RETURN_NOT_OK(CheckLeadingField(leading, qualifier));
  return negative ? -value : value;
}

}  // namespace bind
}  // namespace weir
