// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Casts of VARIANT to scalar types and back (cast_variant_nested.cc: to ARRAY, MAP and ROW). A cast
// never reads one kind as another and never rounds: a number reaches any numeric type that holds it
// exactly (FLOAT and DOUBLE: that reach it), all other kinds only their own type. Lengths and
// fractions of seconds are cut as in other casts. A null within a variant is NULL. To STRING a
// variant is its JSON (cast_print.cc).
//   CAST(PARSE_JSON('1.5') AS DECIMAL(3, 1)) = 1.5     CAST(PARSE_JSON('1.5') AS INT) fails
// Source: Flink 2.4's VariantCastUtils as its documentation describes it (2.2 has none of these
// casts).
#include <cmath>
#include <limits>

#include "weir/data/variant.h"
#include "weir/function/cast.h"
#include "weir/function/dispatch.h"

namespace weir {
namespace {

using sv = std::string_view;

/// One cast of a variant at a row.
class VariantRow {
 public:
  VariantRow(const DataType& to, KernelRow& row) : to_(to), row_(row) {}

  /// Empty: the row is NULL or failed.
  std::optional<Variant> Open(sv bytes) {
    auto variant = Variant::Open(bytes);
    if (!variant) {
      row_.Fail("malformed variant");
    } else if (variant->kind() == VariantKind::kNull) {
      if (to_.nullable()) {
        row_.SetNull();
      } else {
        row_.Fail(fmt::format("Cannot cast a VARIANT null value to {}, which has no NULL",
                              to_.ToString()));
      }
    } else {
      return variant;
    }
    return std::nullopt;
  }
  void WrongKind(const Variant& variant) {
    row_.Fail(fmt::format(
        "Cannot cast a VARIANT {} value to {}: cast it to its own type first, then convert",
        VariantKindName(variant.kind()), to_.AsNullable().ToString()));
  }
  void Overflow(const Variant& variant) { Lost(variant, "overflowed"); }
  void Inexact(const Variant& variant) { Lost(variant, "would lose digits"); }

 private:
  void Lost(const Variant& variant, sv how) {
    std::string text;
    AppendVariantJson(variant, &text);
    row_.Fail(fmt::format("Casting the VARIANT value {} to {} {}", text,
                          to_.AsNullable().ToString(), how));
  }

  const DataType& to_;
  KernelRow& row_;
};

bool IsNumber(VariantKind kind) {
  return kind >= VariantKind::kTinyInt && kind <= VariantKind::kDecimal;
}

/// Any number as a BIGINT, if it is one.
std::optional<int64_t> ToBigInt(const Variant& variant, VariantRow& row) {
  switch (variant.kind()) {
    case VariantKind::kFloat:
    case VariantKind::kDouble: {
      const double value = variant.real_value();
      if (!(std::abs(value) < 9223372036854775808.0)) {  // NaN fails it too.
        row.Overflow(variant);
        return std::nullopt;
      }
      const auto whole = static_cast<int64_t>(value);
      if (static_cast<double>(whole) == value) return whole;
      row.Inexact(variant);
      return std::nullopt;
    }
    case VariantKind::kDecimal: {
      int scale = 0;
      Int128 value = variant.decimal_value(&scale);
      for (; scale > 0; --scale) {
        if (value % 10 != 0) {
          row.Inexact(variant);
          return std::nullopt;
        }
        value /= 10;
      }
      if (value == static_cast<int64_t>(value)) return static_cast<int64_t>(value);
      row.Overflow(variant);
      return std::nullopt;
    }
    default:
      if (variant.is_integer()) return variant.int_value();
      row.WrongKind(variant);
      return std::nullopt;
  }
}

/// Any number as a DOUBLE.
std::optional<double> ToDouble(const Variant& variant) {
  if (variant.is_integer()) return static_cast<double>(variant.int_value());
  if (variant.kind() != VariantKind::kDecimal) return variant.real_value();
  int scale = 0;
  Int128 value = variant.decimal_value(&scale);
  std::string text;
  AppendDecimal(value, scale, &text);
  return ParseDouble(text);
}

template <typename T>
T ToNumber(const DataType& to, sv bytes, KernelRow& kernel_row) {
  VariantRow row(to, kernel_row);
  auto variant = row.Open(bytes);
  if (!variant) return 0;
  if (!IsNumber(variant->kind())) {
    row.WrongKind(*variant);
    return 0;
  }
  if constexpr (std::is_floating_point_v<T>) {
    auto value = static_cast<T>(ToDouble(*variant).value_or(0));
    if (!std::isfinite(value)) row.Overflow(*variant);
    return value;
  } else {
    auto value = ToBigInt(*variant, row);
    if (!value) return 0;
    if (*value < std::numeric_limits<T>::min() || *value > std::numeric_limits<T>::max())
      row.Overflow(*variant);
    return static_cast<T>(*value);
  }
}

Int128 ToDecimal(const DataType& to, sv bytes, KernelRow& kernel_row) {
  VariantRow row(to, kernel_row);
  auto variant = row.Open(bytes);
  if (!variant) return 0;
  int scale = 0;
  Int128 value = 0;
  if (variant->kind() == VariantKind::kDecimal) {
    value = variant->decimal_value(&scale);
  } else if (variant->is_integer()) {
    value = variant->int_value();
  } else {
    row.WrongKind(*variant);
    return 0;
  }
  for (; scale > to.scale(); --scale) {
    if (value % 10 != 0) {
      row.Inexact(*variant);
      return 0;
    }
    value /= 10;
  }
  Int128 limit = 1;  // Of the digits that are there before the scale is filled up.
  for (int i = 0; i < to.precision() - (to.scale() - scale); ++i) limit *= 10;
  if (value >= limit || value <= -limit) {
    row.Overflow(*variant);
    return 0;
  }
  for (; scale < to.scale(); ++scale) value *= 10;
  return value;
}

/// DATE, TIME and the timestamps: the value of one of two kinds, or a failure.
std::optional<int64_t> ToTemporal(const DataType& to, sv bytes, VariantKind kind, VariantKind finer,
                                  bool* is_finer, KernelRow& kernel_row) {
  VariantRow row(to, kernel_row);
  auto variant = row.Open(bytes);
  if (!variant) return std::nullopt;
  if (variant->kind() != kind && variant->kind() != finer) {
    row.WrongKind(*variant);
    return std::nullopt;
  }
  *is_finer = variant->kind() == finer && finer != kind;
  return variant->int_value();
}

int64_t FloorTo(int64_t value, int64_t unit) {
  int64_t rest = value % unit;
  return value - (rest < 0 ? rest + unit : rest);
}

/// Ticks of `to` from micro- or nanoseconds, cut to its digits.
template <typename Ticks>
Ticks ToTicks(const DataType& to, int64_t value, bool nanos) {
  if constexpr (sizeof(Ticks) == 16) {
    if (!nanos) return Ticks{value} * 1000;  // All digits of `to` are zeros or there.
  } else if (nanos) {
    value = FloorTo(value, 1000) / 1000;
  }
  int64_t unit = to.ticks_per_second();
  for (int i = 0; i < to.precision(); ++i) unit /= 10;
  return FloorTo(value, std::max<int64_t>(unit, 1));
}

Result<Kernel> MakeTimestampReader(const DataType& to) {
  const bool local = to.kind() == TypeKind::kTimestampLtz;
  const VariantKind micros = local ? VariantKind::kTimestampLtz : VariantKind::kTimestamp;
  const VariantKind nanos = local ? VariantKind::kTimestampLtzNanos : VariantKind::kTimestampNanos;
  return DispatchTicks(to, [&](auto tag) -> Result<Kernel> {
    using Ticks = typename decltype(tag)::type;
    return RowKernel<Ticks, sv>([to, micros, nanos](sv bytes, KernelRow& row) -> Ticks {
      bool is_finer = false;
      auto value = ToTemporal(to, bytes, micros, nanos, &is_finer, row);
      return value ? ToTicks<Ticks>(to, *value, is_finer) : 0;
    })({});
  });
}

Result<Kernel> MakeBytesReader(const DataType& to) {
  const bool fixed = to.kind() == TypeKind::kBinary;
  const auto length = static_cast<size_t>(to.length());
  return StringKernel<sv>([to, fixed, length](sv bytes, StringRow& row) {
    VariantRow variant_row(to, row);
    auto variant = variant_row.Open(bytes);
    if (!variant) return;
    if (variant->kind() != VariantKind::kBytes) return variant_row.WrongKind(*variant);
    sv value = variant->text().substr(0, length);
    if (!fixed || value.size() == length) return row.Set(value);
    std::string filled(value);
    filled.resize(length);
    row.Set(filled);
  })({});
}

Result<Kernel> MakeReader(const DataType& to) {
  switch (to.kind()) {
    case TypeKind::kBoolean:
      return RowKernel<bool, sv>([to](sv bytes, KernelRow& kernel_row) {
        VariantRow row(to, kernel_row);
        auto variant = row.Open(bytes);
        if (!variant) return false;
        if (variant->kind() != VariantKind::kBoolean) row.WrongKind(*variant);
        return variant->bool_value();
      })({});
    case TypeKind::kDecimal:
      return RowKernel<Int128, sv>(
          [to](sv bytes, KernelRow& row) { return ToDecimal(to, bytes, row); })({});
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      return MakeBytesReader(to);
    case TypeKind::kDate:
      return RowKernel<int32_t, sv>([to](sv bytes, KernelRow& row) -> int32_t {
        bool unused = false;
        return static_cast<int32_t>(
            ToTemporal(to, bytes, VariantKind::kDate, VariantKind::kDate, &unused, row)
                .value_or(0));
      })({});
    case TypeKind::kTime:
      return RowKernel<int32_t, sv>([to](sv bytes, KernelRow& row) -> int32_t {
        bool unused = false;
        auto micros =
            ToTemporal(to, bytes, VariantKind::kTime, VariantKind::kTime, &unused, row).value_or(0);
        int64_t unit = 1000;
        for (int i = 0; i < std::min(to.precision(), 3); ++i) unit /= 10;
        return static_cast<int32_t>(FloorTo(micros / 1000, unit));
      })({});
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return MakeTimestampReader(to);
    default:
      if (!to.is_numeric()) break;
      return DispatchPrimitive(to, [&](auto tag) -> Result<Kernel> {
        using T = typename decltype(tag)::type;
        return RowKernel<T, sv>(
            [to](sv bytes, KernelRow& row) -> T { return ToNumber<T>(to, bytes, row); })({});
      });
  }
  return Unsupported("a cast of VARIANT to {} is not supported yet", to.ToString());
}

// ---- To VARIANT: the value keeps the kind of its type ----

/// Builds by add(value, &builder), which gives nothing or a Status.
template <typename T, typename Add>
Result<Kernel> MakeWriter(Add add) {
  struct Memory {
    VariantBuilder builder;
    std::string bytes;
  };
  auto memory = std::make_shared<Memory>();
  return StringKernel<T>([add, memory](T value, StringRow& row) {
    memory->builder.Clear();
    memory->bytes.clear();
    if constexpr (std::is_void_v<decltype(add(value, &memory->builder))>) {
      add(value, &memory->builder);
    } else if (Status added = add(value, &memory->builder); !added.ok()) {
      return row.Fail(added.message());
    }
    Status status = memory->builder.Finish(&memory->bytes);
    if (!status.ok()) return row.Fail(status.message());
    row.Set(memory->bytes);
  })({});
}

VariantKind KindOf(const DataType& from) {
  const bool nanos = from.is_timestamp() && from.precision() > 6;
  switch (from.kind()) {
    case TypeKind::kTinyInt:
      return VariantKind::kTinyInt;
    case TypeKind::kSmallInt:
      return VariantKind::kSmallInt;
    case TypeKind::kInt:
      return VariantKind::kInt;
    case TypeKind::kBigInt:
      return VariantKind::kBigInt;
    case TypeKind::kDate:
      return VariantKind::kDate;
    case TypeKind::kTime:
      return VariantKind::kTime;
    case TypeKind::kTimestamp:
      return nanos ? VariantKind::kTimestampNanos : VariantKind::kTimestamp;
    default:
      return nanos ? VariantKind::kTimestampLtzNanos : VariantKind::kTimestampLtz;
  }
}

template <typename T>
Result<Kernel> MakeFixedWriter(const DataType& from) {
  const int64_t factor = from.kind() == TypeKind::kTime ? 1000 : 1;  // Milliseconds.
  return MakeWriter<T>([kind = KindOf(from), factor](T value, VariantBuilder* builder) {
    builder->AddFixed(kind, static_cast<int64_t>(value) * factor);
  });
}

/// A variant's nanoseconds have 64 bits.
Result<Kernel> MakeNanosecondsWriter(const DataType& from) {
  return MakeWriter<Int128>(
      [kind = KindOf(from), from](Int128 nanos, VariantBuilder* builder) -> Status {
        const auto narrow = static_cast<int64_t>(nanos);
        if (narrow != nanos) {
          std::string text;
          AppendTimestamp(nanos, from.precision(), &text);
          return InvalidData(
              "the time {} is beyond the range 1677-09-21 to 2262-04-11 of a VARIANT "
              "of nanoseconds: CAST it AS {} first",
              text, from.AsNullable().WithPrecision(6).ToString());
        }
        builder->AddFixed(kind, narrow);
        return Status::OK();
      });
}

Result<Kernel> MakeWriterOf(const DataType& from) {
  switch (from.kind()) {
    case TypeKind::kBoolean:
      return MakeWriter<bool>(
          [](bool value, VariantBuilder* builder) { builder->AddBoolean(value); });
    case TypeKind::kTinyInt:
      return MakeFixedWriter<int8_t>(from);
    case TypeKind::kSmallInt:
      return MakeFixedWriter<int16_t>(from);
    case TypeKind::kInt:
    case TypeKind::kDate:
    case TypeKind::kTime:
      return MakeFixedWriter<int32_t>(from);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      if (from.is_wide_timestamp()) return MakeNanosecondsWriter(from);
      [[fallthrough]];
    case TypeKind::kBigInt:
      return MakeFixedWriter<int64_t>(from);
    case TypeKind::kFloat:
      return MakeWriter<float>(
          [](float value, VariantBuilder* builder) { builder->AddFloat(value); });
    case TypeKind::kDouble:
      return MakeWriter<double>(
          [](double value, VariantBuilder* builder) { builder->AddDouble(value); });
    case TypeKind::kDecimal:
      return MakeWriter<Int128>([scale = from.scale()](Int128 value, VariantBuilder* builder) {
        builder->AddDecimal(value, scale);
      });
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      return MakeWriter<sv>([](sv value, VariantBuilder* builder) { builder->AddString(value); });
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      return MakeWriter<sv>([](sv value, VariantBuilder* builder) { builder->AddBytes(value); });
    default:
      return Unsupported("a cast of {} to VARIANT is not supported yet", from.ToString());
  }
}

}  // namespace

Result<Kernel> MakeVariantCast(const CastCall& cast) {
  if (cast.from.is_nested()) return MakeVariantFromNested(cast);
  if (cast.to.is_nested()) return MakeVariantToNested(cast);
  if (cast.to.kind() == TypeKind::kVariant) return MakeWriterOf(cast.from);
  return MakeReader(cast.to);
}

}  // namespace weir
