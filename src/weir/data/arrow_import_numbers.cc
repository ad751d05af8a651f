// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Fixed-width Arrow values as ours: shared, widened, or rescaled with a check of every value that
// counts.
#include <arrow/array/data.h>
#include <arrow/type.h>
#include <arrow/util/float16.h>

#include <limits>
#include <type_traits>

#include "weir/data/arrow_import.h"
#include "weir/data/calendar.h"
#include "weir/data/loops.h"
#include "weir/data/precision.h"

namespace weir {
namespace {

using arrow::ArrayData;

struct Context {
  const ArrayData& array;
  const DataType& type;
  const uint8_t* valid;
  arrow::MemoryPool* pool;

  Status Mismatch() const { return CannotRead(*array.type, type); }
  Status OutOfRange(int64_t row) const {
    return InvalidData("value {} of a column of Arrow type {} is out of range for {}", row,
                       array.type->ToString(), type.AsNullable().ToString());
  }
};

bool IsAligned(const uint8_t* data, int64_t width) {
  return reinterpret_cast<uintptr_t>(data) % static_cast<uintptr_t>(width) == 0;
}

// The array's own values.
Result<BufferPtr> ShareValues(const Context& c, int64_t width) {
  const BufferPtr& buffer = c.array.buffers[1];
  const int64_t bytes = c.array.length * width;
  if (buffer == nullptr || bytes == 0) {
    WEIR_ASSIGN_OR_RETURN(auto empty, AllocateBuffer(0, c.pool));
    return BufferPtr(std::move(empty));
  }
  if (IsAligned(buffer->data(), width))
    return arrow::SliceBuffer(buffer, c.array.offset * width, bytes);
  // Files and networks may place values at any address; ours are read with aligned instructions.
  WEIR_ASSIGN_OR_RETURN(auto copy, AllocateBuffer(bytes, c.pool));
  std::memcpy(copy->mutable_data(), buffer->data() + c.array.offset * width,
              static_cast<size_t>(bytes));
  return BufferPtr(std::move(copy));
}

// out[i] = convert(in[i], &out[i]); a value that counts must convert.
template <typename From, typename To, typename Convert>
Result<BufferPtr> ConvertValues(const Context& c, Convert&& convert) {
  const int64_t n = c.array.length;
  WEIR_ASSIGN_OR_RETURN(auto buffer, AllocateBuffer(n * static_cast<int64_t>(sizeof(To)), c.pool));
  auto* out = reinterpret_cast<To*>(buffer->mutable_data());
  const From* in = n == 0 ? nullptr : c.array.GetValues<From>(1);
  for (int64_t i = 0; i < n; ++i) {
    if (convert(in[i], &out[i])) continue;
    if (c.valid == nullptr || GetBit(c.valid, i)) return c.OutOfRange(i);
    out[i] = To{};
  }
  return BufferPtr(std::move(buffer));
}

// The same, the timestamps then cut to multiples of `step`.
template <typename From, typename To, typename Convert>
Result<BufferPtr> ConvertAndCut(const Context& c, int64_t step, Convert&& convert) {
  if (step == 1) return ConvertValues<From, To>(c, convert);
  return ConvertValues<From, To>(
      c, [&](From value, To* out) { return convert(value, out) && CutTicks(step, out); });
}

template <typename To, typename From>
Result<BufferPtr> ConvertInteger(const Context& c) {
  if constexpr (std::is_same_v<From, To>) {
    return ShareValues(c, sizeof(To));
  } else {
    return ConvertValues<From, To>(c, [](From value, To* out) {
      *out = static_cast<To>(value);
      return std::in_range<To>(value);
    });
  }
}

// Calls `apply` with a value of the C++ type of an Arrow integer; false for other types.
template <typename Apply>
bool WithIntegerType(arrow::Type::type id, Apply&& apply) {
  switch (id) {
    case arrow::Type::INT8:
      apply(int8_t{});
      return true;
    case arrow::Type::UINT8:
      apply(uint8_t{});
      return true;
    case arrow::Type::INT16:
      apply(int16_t{});
      return true;
    case arrow::Type::UINT16:
      apply(uint16_t{});
      return true;
    case arrow::Type::INT32:
      apply(int32_t{});
      return true;
    case arrow::Type::UINT32:
      apply(uint32_t{});
      return true;
    case arrow::Type::INT64:
      apply(int64_t{});
      return true;
    case arrow::Type::UINT64:
      apply(uint64_t{});
      return true;
    default:
      return false;
  }
}

template <typename To>
Result<BufferPtr> ImportInteger(const Context& c) {
  Result<BufferPtr> result = BufferPtr();
  const bool found = WithIntegerType(
      c.array.type->id(), [&](auto from) { result = ConvertInteger<To, decltype(from)>(c); });
  return found ? result : c.Mismatch();
}

// Only what the target holds exactly: integers up to its mantissa, narrower floats.
template <typename To>
Result<BufferPtr> ImportFloating(const Context& c) {
  auto from_half = [](uint16_t value, To* out) {
    *out = static_cast<To>(arrow::util::Float16::FromBits(value).ToFloat());
    return true;
  };
  auto plain = [](auto value, To* out) {
    *out = static_cast<To>(value);
    return true;
  };
  switch (c.array.type->id()) {
    case arrow::Type::HALF_FLOAT:
      return ConvertValues<uint16_t, To>(c, from_half);
    case arrow::Type::FLOAT:
      if constexpr (std::is_same_v<To, float>) return ShareValues(c, sizeof(float));
      return ConvertValues<float, To>(c, plain);
    case arrow::Type::DOUBLE:
      if constexpr (std::is_same_v<To, double>) return ShareValues(c, sizeof(double));
      return c.Mismatch();
    case arrow::Type::INT8:
      return ConvertValues<int8_t, To>(c, plain);
    case arrow::Type::UINT8:
      return ConvertValues<uint8_t, To>(c, plain);
    case arrow::Type::INT16:
      return ConvertValues<int16_t, To>(c, plain);
    case arrow::Type::UINT16:
      return ConvertValues<uint16_t, To>(c, plain);
    case arrow::Type::INT32:
      if constexpr (std::is_same_v<To, double>) return ConvertValues<int32_t, To>(c, plain);
      return c.Mismatch();
    case arrow::Type::UINT32:
      if constexpr (std::is_same_v<To, double>) return ConvertValues<uint32_t, To>(c, plain);
      return c.Mismatch();
    default:
      return c.Mismatch();
  }
}

Int128 PowerOfTen(int exponent) {
  Int128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

struct Int256 {
  uint64_t words[4];
};

Result<BufferPtr> ImportDecimal(const Context& c) {
  const arrow::Type::type id = c.array.type->id();
  const bool decimal = id == arrow::Type::DECIMAL32 || id == arrow::Type::DECIMAL64 ||
                       id == arrow::Type::DECIMAL128 || id == arrow::Type::DECIMAL256;
  int from_scale = 0, from_precision = 19;
  if (decimal) {
    const auto& type = static_cast<const arrow::DecimalType&>(*c.array.type);
    from_scale = type.scale();
    from_precision = type.precision();
  }
  const int shift = c.type.scale() - from_scale;
  if (shift < 0 || shift > DataType::kDecimalPrecisionMax) return c.Mismatch();
  if (id == arrow::Type::DECIMAL128 && shift == 0 && from_precision <= c.type.precision())
    return ShareValues(c, 16);
  const Int128 factor = PowerOfTen(shift), limit = PowerOfTen(c.type.precision());
  auto rescale = [factor, limit](Int128 value, Int128* out) {
    return !__builtin_mul_overflow(value, factor, out) && *out < limit && *out > -limit;
  };
  switch (id) {
    case arrow::Type::DECIMAL32:
      return ConvertValues<int32_t, Int128>(c, rescale);
    case arrow::Type::DECIMAL64:
      return ConvertValues<int64_t, Int128>(c, rescale);
    case arrow::Type::DECIMAL128: {
      struct Unaligned {
        uint64_t low, high;
      };
      return ConvertValues<Unaligned, Int128>(c, [&](Unaligned value, Int128* out) {
        return rescale(
            static_cast<Int128>((static_cast<unsigned __int128>(value.high) << 64) | value.low),
            out);
      });
    }
    case arrow::Type::DECIMAL256:
      return ConvertValues<Int256, Int128>(c, [&](const Int256& value, Int128* out) {
        const uint64_t sign = static_cast<int64_t>(value.words[1]) < 0 ? ~uint64_t{0} : 0;
        if (value.words[2] != sign || value.words[3] != sign) return false;
        return rescale(static_cast<Int128>((static_cast<unsigned __int128>(value.words[1]) << 64) |
                                           value.words[0]),
                       out);
      });
    default:
      break;
  }
  Result<BufferPtr> result = BufferPtr();
  const bool found = WithIntegerType(
      id, [&](auto from) { result = ConvertValues<decltype(from), Int128>(c, rescale); });
  return found ? result : c.Mismatch();
}

Result<BufferPtr> ImportDate(const Context& c) {
  if (c.array.type->id() == arrow::Type::DATE32) return ShareValues(c, 4);
  if (c.array.type->id() != arrow::Type::DATE64) return c.Mismatch();
  return ConvertValues<int64_t, int32_t>(c, [](int64_t millis, int32_t* out) {
    const int64_t days = FloorDiv(millis, kMillisPerDay);
    *out = static_cast<int32_t>(days);
    return std::in_range<int32_t>(days);
  });
}

int64_t TicksPerSecond(arrow::TimeUnit::type unit) {
  constexpr int64_t kTicks[] = {1, 1'000, 1'000'000, 1'000'000'000};
  return kTicks[static_cast<int>(unit)];
}

Result<BufferPtr> ImportTime(const Context& c) {
  const arrow::Type::type id = c.array.type->id();
  if (id != arrow::Type::TIME32 && id != arrow::Type::TIME64) return c.Mismatch();
  const int64_t ticks = TicksPerSecond(static_cast<const arrow::TimeType&>(*c.array.type).unit());
  const int precision = c.type.precision();
  if (ticks == 1'000 && precision >= 3) return ShareValues(c, 4);
  if (ticks == 1'000) {
    return ConvertValues<int32_t, int32_t>(c, [precision](int32_t millis, int32_t* out) {
      *out = CutTime(millis, precision);
      return true;
    });
  }
  auto in_day = [precision](int64_t millis, int32_t* out) {
    *out = CutTime(millis, precision);
    return millis >= 0 && millis < kMillisPerDay;
  };
  if (id == arrow::Type::TIME32) {
    return ConvertValues<int32_t, int32_t>(
        c, [&](int32_t seconds, int32_t* out) { return in_day(int64_t{seconds} * 1000, out); });
  }
  const int64_t divisor = ticks / 1'000;
  return ConvertValues<int64_t, int32_t>(
      c, [&](int64_t value, int32_t* out) { return in_day(value / divisor, out); });
}

// From `from` ticks a second to `to`, of which multiples of `step` are kept; finer ones are cut off
// towards the past.
Result<BufferPtr> RescaleTicks(const Context& c, int64_t from, int64_t to, int64_t step) {
  if (from == to && step == 1) return ShareValues(c, 8);
  if (from > to) {
    const int64_t divisor = from / to;
    return ConvertAndCut<int64_t, int64_t>(c, step, [divisor](int64_t value, int64_t* out) {
      *out = FloorDiv(value, divisor);
      return true;
    });
  }
  const int64_t factor = to / from;
  return ConvertAndCut<int64_t, int64_t>(c, step, [factor](int64_t value, int64_t* out) {
    return !__builtin_mul_overflow(value, factor, out);
  });
}

// From `from` ticks a second to nanoseconds of 128 bits, which hold them all.
Result<BufferPtr> WidenTicks(const Context& c, int64_t from, int64_t step) {
  const int64_t factor = 1'000'000'000 / from;
  return ConvertAndCut<int64_t, Int128>(c, step, [factor](int64_t value, Int128* out) {
    *out = Int128{value} * factor;
    return true;
  });
}

Result<BufferPtr> ImportTimestamp(const Context& c) {
  if (c.array.type->id() != arrow::Type::TIMESTAMP) return c.Mismatch();
  const int64_t from =
      TicksPerSecond(static_cast<const arrow::TimestampType&>(*c.array.type).unit());
  const int64_t step = CutStep(from, c.type);
  return c.type.is_wide_timestamp() ? WidenTicks(c, from, step)
                                    : RescaleTicks(c, from, c.type.ticks_per_second(), step);
}

Result<BufferPtr> ImportDuration(const Context& c) {
  switch (c.array.type->id()) {
    case arrow::Type::DURATION:
      return RescaleTicks(
          c, TicksPerSecond(static_cast<const arrow::DurationType&>(*c.array.type).unit()), 1'000,
          /*step=*/1);
    case arrow::Type::INTERVAL_DAY_TIME: {
      struct DayTime {
        int32_t days, millis;
      };
      return ConvertValues<DayTime, int64_t>(c, [](const DayTime& value, int64_t* out) {
        *out = int64_t{value.days} * kMillisPerDay + value.millis;
        return true;
      });
    }
    default:
      return c.Mismatch();
  }
}

}  // namespace

Result<BufferPtr> ImportValues(const arrow::ArrayData& array, const DataType& type,
                               const uint8_t* valid, arrow::MemoryPool* pool) {
  const Context c{array, type, valid, pool};
  switch (type.kind()) {
    case TypeKind::kTinyInt:
      return ImportInteger<int8_t>(c);
    case TypeKind::kSmallInt:
      return ImportInteger<int16_t>(c);
    case TypeKind::kInt:
      return ImportInteger<int32_t>(c);
    case TypeKind::kBigInt:
      return ImportInteger<int64_t>(c);
    case TypeKind::kFloat:
      return ImportFloating<float>(c);
    case TypeKind::kDouble:
      return ImportFloating<double>(c);
    case TypeKind::kDecimal:
      return ImportDecimal(c);
    case TypeKind::kDate:
      return ImportDate(c);
    case TypeKind::kTime:
      return ImportTime(c);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return ImportTimestamp(c);
    case TypeKind::kIntervalYearMonth:
      return array.type->id() == arrow::Type::INTERVAL_MONTHS ? ShareValues(c, 4)
                                                              : Result<BufferPtr>(c.Mismatch());
    case TypeKind::kIntervalDayTime:
      return ImportDuration(c);
    default:
      return c.Mismatch();
  }
}

}  // namespace weir
