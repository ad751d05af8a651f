// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Row groups are skipped by the smallest and greatest value of a column. NaN is in no statistics
// and greater than all numbers, so "greater" filters on floating-point columns prove nothing.
#include "weir/format/parquet_prune.h"

#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <cmath>
#include <limits>
#include <optional>

#include "weir/data/precision.h"

namespace weir {
namespace {

// The column's bounds as a Value of the SQL type.
struct Bounds {
  Value low, high;
};

const DataType* FindType(const Schema& schema, std::string_view path) {
  const std::vector<Field>* fields = &schema.fields;
  while (true) {
    size_t dot = path.find('.');
    std::string_view name = path.substr(0, dot);
    const DataType* type = nullptr;
    for (const Field& field : *fields) {
      if (field.name == name) type = &field.type;
    }
    if (type == nullptr || dot == std::string_view::npos) return type;
    if (type->kind() != TypeKind::kRow) return nullptr;
    fields = &type->fields();
    path.remove_prefix(dot + 1);
  }
}

// A timestamp of the file as it is read as `type`, cut to its digits: what is read lies between the
// bounds so made, as cutting keeps the order. Empty when it does not fit.
std::optional<Int128> ToTicks(int64_t value, const parquet::ColumnDescriptor& column,
                              const DataType& type) {
  const auto& logical = column.logical_type();
  if (logical == nullptr || !logical->is_timestamp()) return std::nullopt;
  auto unit = static_cast<const parquet::TimestampLogicalType&>(*logical).time_unit();
  int64_t per_second = unit == parquet::LogicalType::TimeUnit::MILLIS   ? 1'000
                       : unit == parquet::LogicalType::TimeUnit::MICROS ? 1'000'000
                                                                        : 1'000'000'000;
  const int64_t wanted = type.ticks_per_second(), step = CutStep(per_second, type);
  if (type.is_wide_timestamp()) {
    Int128 out = Int128{value} * (wanted / per_second);
    return CutTicks(step, &out) ? std::optional(out) : std::nullopt;
  }
  int64_t out = 0;
  if (wanted < per_second) {
    out = Split(value, per_second / wanted).units;
  } else if (__builtin_mul_overflow(value, wanted / per_second, &out)) {
    return std::nullopt;
  }
  return CutTicks(step, &out) ? std::optional<Int128>(out) : std::nullopt;
}

std::optional<Bounds> IntegerBounds(int64_t low, int64_t high,
                                    const parquet::ColumnDescriptor& column, const DataType& type) {
  const auto& logical = column.logical_type();
  bool is_plain =
      logical == nullptr || logical->is_none() ||
      (logical->is_int() && static_cast<const parquet::IntLogicalType&>(*logical).is_signed());
  switch (type.kind()) {
    case TypeKind::kTinyInt:
    case TypeKind::kSmallInt:
    case TypeKind::kInt:
    case TypeKind::kBigInt:
      if (!is_plain) return std::nullopt;
      return Bounds{Value::Int(low), Value::Int(high)};
    case TypeKind::kDate:
      if (logical == nullptr || !logical->is_date()) return std::nullopt;
      return Bounds{Value::Int(low), Value::Int(high)};
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: {
      auto from = ToTicks(low, column, type), to = ToTicks(high, column, type);
      if (!from || !to) return std::nullopt;
      return Bounds{Value::Ticks(*from, type), Value::Ticks(*to, type)};
    }
    default:
      return std::nullopt;
  }
}

std::optional<Bounds> ReadBounds(const parquet::Statistics& statistics,
                                 const parquet::ColumnDescriptor& column, const DataType& type) {
  switch (statistics.physical_type()) {
    case parquet::Type::INT32: {
      const auto& typed = static_cast<const parquet::Int32Statistics&>(statistics);
      return IntegerBounds(typed.min(), typed.max(), column, type);
    }
    case parquet::Type::INT64: {
      const auto& typed = static_cast<const parquet::Int64Statistics&>(statistics);
      return IntegerBounds(typed.min(), typed.max(), column, type);
    }
    case parquet::Type::FLOAT: {
      const auto& typed = static_cast<const parquet::FloatStatistics&>(statistics);
      if (!type.is_approximate()) return std::nullopt;
      return Bounds{Value::Double(typed.min()), Value::Double(typed.max())};
    }
    case parquet::Type::DOUBLE: {
      const auto& typed = static_cast<const parquet::DoubleStatistics&>(statistics);
      if (!type.is_approximate()) return std::nullopt;
      return Bounds{Value::Double(typed.min()), Value::Double(typed.max())};
    }
    case parquet::Type::BYTE_ARRAY: {
      if (!type.is_character()) return std::nullopt;
      const auto& typed = static_cast<const parquet::ByteArrayStatistics&>(statistics);
      parquet::ByteArray low = typed.min(), high = typed.max();
      return Bounds{Value::String({reinterpret_cast<const char*>(low.ptr), low.len}),
                    Value::String({reinterpret_cast<const char*>(high.ptr), high.len})};
    }
    default:
      return std::nullopt;
  }
}

// Order of two values of one kind; empty when they are not.
std::optional<int> Order(const Value& a, const Value& b) {
  if (a.v.index() != b.v.index()) return std::nullopt;
  if (const auto* x = std::get_if<int64_t>(&a.v))
    return *x < b.int_value() ? -1 : *x > b.int_value();
  if (const auto* x = std::get_if<Int128>(&a.v))
    return *x < b.decimal_value() ? -1 : *x > b.decimal_value();
  if (const auto* x = std::get_if<double>(&a.v)) {
    double y = b.double_value();
    if (std::isnan(*x) || std::isnan(y)) return std::nullopt;
    return *x < y ? -1 : *x > y;
  }
  if (const auto* x = std::get_if<std::string>(&a.v)) return x->compare(b.string_value());
  return std::nullopt;
}

bool OutsideBounds(const Value& value, const Bounds& bounds) {
  auto low = Order(value, bounds.low), high = Order(value, bounds.high);
  return (low && *low < 0) || (high && *high > 0);
}

bool BoundsRefuse(const BulkFilter& filter, const Bounds& bounds, bool is_approximate) {
  using Op = BulkFilter::Op;
  if (filter.values.empty()) return false;
  const Value& value = filter.values[0];
  switch (filter.op) {
    case Op::kEqual:
    case Op::kIn:
      for (const Value& wanted : filter.values) {
        if (!OutsideBounds(wanted, bounds)) return false;
      }
      return true;
    case Op::kLess:
    case Op::kLessEqual: {
      auto order = Order(bounds.low, value);
      return order && (*order > 0 || (*order == 0 && filter.op == Op::kLess));
    }
    case Op::kGreater:
    case Op::kGreaterEqual: {
      auto order = Order(bounds.high, value);
      return !is_approximate && order && (*order < 0 || (*order == 0 && filter.op == Op::kGreater));
    }
    default:
      return false;
  }
}

bool FilterRefuses(const parquet::RowGroupMetaData& group, const Schema& schema,
                   const BulkFilter& filter) {
  const DataType* type = FindType(schema, filter.column);
  if (type == nullptr) return false;
  int leaf = group.schema()->ColumnIndex(filter.column);
  if (leaf < 0) return false;
  const parquet::ColumnDescriptor& column = *group.schema()->Column(leaf);
  if (column.max_repetition_level() > 0) return false;
  auto chunk = group.ColumnChunk(leaf);
  auto statistics = chunk->is_stats_set() ? chunk->statistics() : nullptr;
  if (statistics == nullptr) return false;
  if (filter.op == BulkFilter::Op::kIsNull)
    return statistics->HasNullCount() && statistics->null_count() == 0;
  bool all_null = statistics->HasNullCount() && statistics->null_count() == group.num_rows();
  if (all_null) return true;  // NULL satisfies no comparison.
  if (filter.op == BulkFilter::Op::kIsNotNull || !statistics->HasMinMax()) return false;
  auto bounds = ReadBounds(*statistics, column, *type);
  return bounds && BoundsRefuse(filter, *bounds, type->is_approximate());
}

}  // namespace

bool CanSkipRowGroup(const parquet::RowGroupMetaData& group, const Schema& schema,
                     const std::vector<BulkFilter>& filters) {
  for (const BulkFilter& filter : filters) {
    if (FilterRefuses(group, schema, filter)) return true;
  }
  return false;
}

}  // namespace weir
