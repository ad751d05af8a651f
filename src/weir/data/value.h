// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// One value outside a column: literals, options, test rows, results shown to people. Never used at
// row rate.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "weir/data/column.h"

namespace weir {

struct Value;
using ValueList = std::vector<Value>;

/// Physical value as in data/type.h: NULL is monostate; integers, dates, times, timestamps of at
/// most 6 digits and intervals are int64_t; finer timestamps are Int128, as decimals; strings,
/// bytes and variants std::string; ARRAY a list; ROW the list of its fields; MAP a list of
/// 2-element lists [key, value]; MULTISET a list of [element, count].
struct Value {
  std::variant<std::monostate, bool, int64_t, double, Int128, std::string, ValueList> v;

  bool is_null() const { return std::holds_alternative<std::monostate>(v); }
  static Value Null() { return {}; }
  static Value Bool(bool b) { return {b}; }
  static Value Int(int64_t i) { return {i}; }
  static Value Double(double d) { return {d}; }
  static Value Decimal(Int128 unscaled) { return {unscaled}; }
  /// Of a TIMESTAMP or TIMESTAMP_LTZ.
  static Value Ticks(Int128 ticks, const DataType& type) {
    return type.is_wide_timestamp() ? Decimal(ticks) : Int(static_cast<int64_t>(ticks));
  }
  static Value String(std::string s) { return {std::move(s)}; }
  static Value List(ValueList list) { return {std::move(list)}; }
  bool bool_value() const { return std::get<bool>(v); }
  int64_t int_value() const { return std::get<int64_t>(v); }
  double double_value() const { return std::get<double>(v); }
  Int128 decimal_value() const { return std::get<Int128>(v); }
  Int128 ticks_value() const {
    return std::holds_alternative<Int128>(v) ? decimal_value() : Int128{int_value()};
  }
  const std::string& string_value() const { return std::get<std::string>(v); }
  const ValueList& list() const { return std::get<ValueList>(v); }
  bool operator==(const Value& other) const;
};

/// Row `i` of `column`.
Value GetValue(const Column& column, int64_t i);
/// A constant column of `length` rows. `value` must fit `type` (our own mistake otherwise).
Result<ColumnPtr> MakeConstant(const Value& value, const DataType& type, int64_t length,
                               arrow::MemoryPool* pool);

/// Builds a flat column of any type row by row; the one mutable form of a column.
class ColumnBuilder {
 public:
  static std::unique_ptr<ColumnBuilder> Make(const DataType& type, arrow::MemoryPool* pool);
  virtual ~ColumnBuilder() = default;

  virtual int64_t length() const = 0;
  virtual Status AppendNull() = 0;
  virtual Status AppendBool(bool value) = 0;
  /// Every integer-like type: narrowed, or for timestamps of more than 6 digits widened.
  virtual Status AppendInt(int64_t value) = 0;
  virtual Status AppendDouble(double value) = 0;  // FLOAT, DOUBLE.
  virtual Status AppendDecimal(Int128 unscaled) = 0;
  virtual Status AppendString(std::string_view bytes) = 0;  // Copies.
  /// ARRAY, MAP, MULTISET: opens the next list; then append to child(0) (and child(1)); the list
  /// ends with the next call on this builder. ROW: opens a row; append one value to every child.
  virtual Status AppendNested() = 0;
  virtual ColumnBuilder* child(int i) = 0;
  virtual Status AppendValue(const Value& value) = 0;
  /// Appends row `row` of `column` (same type).
  virtual Status AppendFrom(const Column& column, int64_t row) = 0;
  /// The rows so far; the builder is empty afterwards.
  virtual Result<ColumnPtr> Finish() = 0;
};

}  // namespace weir
