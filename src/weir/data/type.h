// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Flink SQL's logical types, as cheap values.
//
// How a value lies in memory (see data/column.h) follows from the type alone:
//   BOOLEAN                    one bit
//   TINYINT SMALLINT INT BIGINT  int8 int16 int32 int64
//   FLOAT DOUBLE               float double
//   DECIMAL(p, s)              __int128, unscaled, p <= 38
//   CHAR VARCHAR BINARY VARBINARY VARIANT   StringView (16 bytes); a VARIANT as in data/variant.h
//   DATE                       int32 days since 1970-01-01
//   TIME(p)                    int32 milliseconds of the day (Flink keeps milliseconds whatever p
//                              is)
//   TIMESTAMP(p)               ticks since 1970-01-01 00:00:00 without zone: int64 microseconds for
//                              p <= 6, else __int128 nanoseconds (64 bits reach 1677 to 2262 only)
//   TIMESTAMP_LTZ(p)           the same, since the epoch in UTC
//   INTERVAL of months / of days to seconds   int32 months / int64 milliseconds
//   ARRAY MAP MULTISET         int32 offsets (length + 1) and child columns
//   ROW                        child columns. STRUCTURED<'class', ...> is a ROW with a class's name
//   NULL                       nothing; every row is NULL
// Source: Flink documentation, "Data Types".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/error.h"

namespace weir {

enum class TypeKind : uint8_t {
  kNull,
  kBoolean,
  kTinyInt,
  kSmallInt,
  kInt,
  kBigInt,
  kFloat,
  kDouble,
  kDecimal,
  kChar,
  kVarchar,
  kBinary,
  kVarbinary,
  kDate,
  kTime,
  kTimestamp,
  kTimestampLtz,
  kIntervalYearMonth,
  kIntervalDayTime,
  kArray,
  kMap,
  kMultiset,
  kRow,
  kVariant,
};

/// Whether a timestamp column is a time attribute. Carried by the type as in Flink, ignored by
/// equality.
enum class TimeAttribute : uint8_t { kNone, kRowtime, kProctime };

/// Units of INTERVAL types, from coarse to fine.
enum class IntervalUnit : uint8_t { kYear, kMonth, kDay, kHour, kMinute, kSecond };

struct Field;

/// A logical type: kind, nullability, and what the kind needs besides. A value type; copying is
/// cheap.
class DataType {
 public:
  static constexpr int32_t kStringLength =
      2147483647;  // STRING = VARCHAR(2147483647), BYTES alike.
  static constexpr int kDecimalPrecisionMax = 38;

  DataType() = default;  // NULL type.
  static DataType Null();
  static DataType Boolean();
  static DataType TinyInt();
  static DataType SmallInt();
  static DataType Int();
  static DataType BigInt();
  static DataType Float();
  static DataType Double();
  static DataType Decimal(int precision, int scale);
  static DataType Char(int32_t length);
  static DataType Varchar(int32_t length);
  static DataType String() { return Varchar(kStringLength); }
  static DataType Binary(int32_t length);
  static DataType Varbinary(int32_t length);
  static DataType Bytes() { return Varbinary(kStringLength); }
  static DataType Date();
  static DataType Time(int precision = 0);
  static DataType Timestamp(int precision = 6);
  static DataType TimestampLtz(int precision = 6);
  /// INTERVAL from..to of the year-month or of the day-time family. `precision` counts leading
  /// digits, `fraction` those of seconds.
  static DataType Interval(IntervalUnit from, IntervalUnit to, int precision, int fraction);
  static DataType IntervalYearMonth();  // INTERVAL YEAR TO MONTH
  static DataType IntervalDayTime();    // INTERVAL DAY TO SECOND(3)
  static DataType Array(DataType element);
  static DataType Map(DataType key, DataType value);
  static DataType Multiset(DataType element);
  static DataType Row(std::vector<Field> fields);
  /// STRUCTURED<'class_name', fields>: a ROW that is only compared with objects of its class.
  static DataType Structured(std::string class_name, std::vector<Field> fields);
  static DataType Variant();

  TypeKind kind() const { return kind_; }
  bool nullable() const { return nullable_; }
  /// Length of CHAR, VARCHAR, BINARY, VARBINARY.
  int32_t length() const { return precision_; }
  /// Precision of DECIMAL, TIME, TIMESTAMP, TIMESTAMP_LTZ; leading digits of an interval.
  int precision() const { return precision_; }
  /// Scale of DECIMAL; digits of the seconds' fraction of an interval.
  int scale() const { return scale_; }
  TimeAttribute time_attribute() const { return time_attribute_; }
  IntervalUnit interval_from() const { return interval_from_; }
  IntervalUnit interval_to() const { return interval_to_; }
  /// Children: ARRAY {element}, MAP {key, value}, MULTISET {element}, ROW its fields; else empty.
  const std::vector<Field>& fields() const;
  const DataType& element() const;  // ARRAY, MULTISET.
  const DataType& key() const;      // MAP.
  const DataType& value() const;    // MAP.
  /// The class of a STRUCTURED type; empty for all others.
  const std::string& class_name() const;
  bool is_structured() const { return class_name_ != nullptr; }
  /// The ROW (structured or not) with other fields.
  DataType WithFields(std::vector<Field> fields) const;
  /// Position of ROW field `name` (exact case), or -1.
  int FieldIndex(std::string_view name) const;

  DataType WithNullable(bool nullable) const;
  DataType AsNullable() const { return WithNullable(true); }
  DataType NotNull() const { return WithNullable(false); }
  DataType WithTimeAttribute(TimeAttribute attribute) const;
  DataType WithLength(int32_t length) const;    // CHAR family.
  DataType WithPrecision(int precision) const;  // TIME, TIMESTAMP, TIMESTAMP_LTZ.

  bool is_integer() const { return kind_ >= TypeKind::kTinyInt && kind_ <= TypeKind::kBigInt; }
  bool is_approximate() const { return kind_ == TypeKind::kFloat || kind_ == TypeKind::kDouble; }
  bool is_decimal() const { return kind_ == TypeKind::kDecimal; }
  bool is_numeric() const { return kind_ >= TypeKind::kTinyInt && kind_ <= TypeKind::kDecimal; }
  bool is_character() const { return kind_ == TypeKind::kChar || kind_ == TypeKind::kVarchar; }
  bool is_binary() const { return kind_ == TypeKind::kBinary || kind_ == TypeKind::kVarbinary; }
  bool is_timestamp() const {
    return kind_ == TypeKind::kTimestamp || kind_ == TypeKind::kTimestampLtz;
  }
  bool is_interval() const {
    return kind_ == TypeKind::kIntervalYearMonth || kind_ == TypeKind::kIntervalDayTime;
  }
  bool is_nested() const { return kind_ >= TypeKind::kArray && kind_ <= TypeKind::kRow; }
  /// TIMESTAMP or TIMESTAMP_LTZ of more than 6 digits: values are __int128 nanoseconds.
  bool is_wide_timestamp() const { return is_timestamp() && precision_ > 6; }
  /// Values are StringViews.
  bool is_view() const { return is_character() || is_binary() || kind_ == TypeKind::kVariant; }
  bool is_rowtime() const { return time_attribute_ == TimeAttribute::kRowtime; }
  bool is_proctime() const { return time_attribute_ == TimeAttribute::kProctime; }
  /// Ticks per second of a TIMESTAMP or TIMESTAMP_LTZ: 1'000'000 or 1'000'000'000.
  int64_t ticks_per_second() const { return precision_ <= 6 ? 1'000'000 : 1'000'000'000; }
  /// Bytes of one value in Column::values: 0 for BOOLEAN (bits), NULL and ROW; 4 (offsets) for
  /// ARRAY, MAP, MULTISET.
  int value_width() const;

  /// Equal apart from nullability at the top and time attributes anywhere.
  bool EqualsIgnoringNullable(const DataType& other) const;
  bool operator==(const DataType& other) const;

  /// As Flink prints types: "DECIMAL(10, 2) NOT NULL", "ROW<`a` INT, `b` STRING>";
  /// VARCHAR(2147483647) is "STRING".
  std::string ToString() const;
  /// ToString plus "*ROWTIME*" / "*PROCTIME*", as DESCRIBE prints.
  std::string ToSummaryString() const;

 private:
  TypeKind kind_ = TypeKind::kNull;
  bool nullable_ = true;
  TimeAttribute time_attribute_ = TimeAttribute::kNone;
  IntervalUnit interval_from_ = IntervalUnit::kDay;
  IntervalUnit interval_to_ = IntervalUnit::kSecond;
  int32_t precision_ = 0;
  int32_t scale_ = 0;
  std::shared_ptr<const std::vector<Field>> fields_;
  std::shared_ptr<const std::string> class_name_;
};

/// A named, typed column of a schema or field of a ROW.
struct Field {
  std::string name;
  DataType type;
  bool operator==(const Field& other) const = default;
};

/// The columns of a batch, table or plan node, in order. Names may repeat in the middle of a plan.
struct Schema {
  std::vector<Field> fields;

  int size() const { return static_cast<int>(fields.size()); }
  const Field& operator[](int i) const { return fields[static_cast<size_t>(i)]; }
  /// Position of the first column called `name` (exact case), or -1.
  int IndexOf(std::string_view name) const;
  std::string ToString() const;
  bool operator==(const Schema& other) const = default;
};

/// Reads a type as ToString prints it (a stable form for JSON plans). Also "STRING", "BYTES".
Result<DataType> ParseTypeString(std::string_view text);

}  // namespace weir
