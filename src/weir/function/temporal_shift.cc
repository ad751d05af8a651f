// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// TIMESTAMPADD, TIMESTAMPDIFF and OVERLAPS.
//   TIMESTAMPADD(MONTH, 1, DATE '2016-01-31')  ->  2016-02-29     the day is cut to the month
//   TIMESTAMPADD(HOUR, 1, DATE '2016-01-31')   ->  a TIMESTAMP(6)
//   TIMESTAMPDIFF counts whole units, towards zero
#include "weir/function/families.h"
#include "weir/function/temporal.h"

namespace weir {
namespace {

int64_t MonthsOfUnit(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kMonth:
      return 1;
    case TimeUnit::kQuarter:
      return 3;
    case TimeUnit::kYear:
      return 12;
    case TimeUnit::kDecade:
      return 120;
    case TimeUnit::kCentury:
      return 1200;
    case TimeUnit::kMillennium:
      return 12000;
    default:
      return 0;
  }
}

Result<TimeUnit> ShiftUnit(const CallInfo& call) {
  WEIR_ASSIGN_OR_RETURN(TimeUnit unit, UnitArgument(call, 0));
  if (unit > TimeUnit::kMillennium)
    return InvalidQuery("{} cannot be counted", *LiteralString(call, 0));
  return unit;
}

/// The type of x shifted by `unit`: a DATE shifted by less than a day becomes a TIMESTAMP.
Result<DataType> ReturnAdd(const CallInfo& call) {
  WEIR_ASSIGN_OR_RETURN(TimeUnit unit, ShiftUnit(call));
  DataType type = call.arg_types[2].WithTimeAttribute(TimeAttribute::kNone);
  if (type.kind() == TypeKind::kDate && unit < TimeUnit::kDay) type = DataType::Timestamp(6);
  if (type.is_timestamp()) {
    int digits = unit == TimeUnit::kMillisecond   ? 3
                 : unit == TimeUnit::kMicrosecond ? 6
                 : unit == TimeUnit::kNanosecond  ? 9
                                                  : 0;
    if (type.precision() < digits) type = type.WithPrecision(digits);
  }
  return type.WithNullable(AnyNullable(call));
}

/// Empty when the result is out of range.
std::optional<Moment> Shift(TimeUnit unit, const Moment& moment, int64_t count) {
  constexpr int64_t kDaysMax = 400'000'000;
  Moment shifted = moment;
  if (int64_t months = MonthsOfUnit(unit); months != 0) {
    if (__builtin_mul_overflow(count, months, &months) || months > 12'000'000 ||
        months < -12'000'000)
      return std::nullopt;
    shifted.days = AddMonths(moment.days, months);
  } else {
    Int128 nanos = static_cast<Int128>(count) * NanosOfUnit(unit) + moment.nanos;
    Int128 days = nanos / kNanosPerDay - (nanos % kNanosPerDay < 0 ? 1 : 0);
    if (days > kDaysMax || days < -kDaysMax) return std::nullopt;
    shifted.days += static_cast<int64_t>(days);
    shifted.nanos = static_cast<int64_t>(nanos - days * kNanosPerDay);
  }
  if (shifted.days > kDaysMax || shifted.days < -kDaysMax) return std::nullopt;
  return shifted;
}

constexpr const char* kOutOfRange = "TIMESTAMPADD leads out of the range of the type";

/// Out: the ticks of the result.
template <typename Out>
Result<Kernel> MakeTimestampAdd(const CallInfo& call, TimeUnit unit, const TimeZone* zone) {
  auto shift = [=](Moment moment, int64_t count, KernelRow& row) -> Out {
    auto shifted = Shift(unit, moment, count);
    auto ticks = shifted ? TicksOfMoment<Out>(*shifted) : std::nullopt;
    if (!ticks) row.Fail(kOutOfRange);
    return ticks.value_or(0);
  };
  if (call.arg_types[2].kind() == TypeKind::kDate) {
    return RowKernel<Out, std::string_view, int64_t, int32_t>(
        [=](std::string_view, int64_t count, int32_t days, KernelRow& row) {
          return shift({days, 0}, count, row);
        })(call);
  }
  // Days and finer are added to the instant, months to the local date.
  bool is_local = zone != nullptr && MonthsOfUnit(unit) != 0;
  return DispatchTicks(call.arg_types[2], [&](auto tag) -> Result<Kernel> {
    using In = typename decltype(tag)::type;
    return RowKernel<Out, std::string_view, int64_t, In>(
        [=](std::string_view, int64_t count, In ticks, KernelRow& row) {
          if (is_local) ticks = ToLocal(*zone, ticks, kTicksPerSecond<In>);
          Out shifted = shift(MomentOfTicks(ticks), count, row);
          return is_local ? FromLocal(*zone, shifted, kTicksPerSecond<Out>) : shifted;
        })(call);
  });
}

Result<Kernel> MakeAdd(const CallInfo& call) {
  WEIR_ASSIGN_OR_RETURN(TimeUnit unit, ShiftUnit(call));
  WEIR_ASSIGN_OR_RETURN(const TimeZone* zone, ZoneFor(call, 2));
  WEIR_ASSIGN_OR_RETURN(DataType result, ReturnAdd(call));
  if (result.kind() == TypeKind::kTime) {
    return RowKernel<int32_t, std::string_view, int64_t, int32_t>(
        [=](std::string_view, int64_t count, int32_t millis, KernelRow&) -> int32_t {
          int64_t step = MonthsOfUnit(unit) != 0 ? 0 : NanosOfUnit(unit) / 1'000'000;
          return static_cast<int32_t>(FloorMod(
              millis + FloorMod(count, kMillisPerDay) * (step % kMillisPerDay), kMillisPerDay));
        })(call);
  }
  if (result.kind() == TypeKind::kDate) {
    return RowKernel<int32_t, std::string_view, int64_t, int32_t>(
        [=](std::string_view, int64_t count, int32_t days, KernelRow& row) -> int32_t {
          auto shifted = Shift(unit, {days, 0}, count);
          if (!shifted) row.Fail(kOutOfRange);
          return shifted ? static_cast<int32_t>(shifted->days) : 0;
        })(call);
  }
  return DispatchTicks(result, [&](auto tag) -> Result<Kernel> {
    return MakeTimestampAdd<typename decltype(tag)::type>(call, unit, zone);
  });
}

int64_t Difference(TimeUnit unit, const Moment& from, const Moment& to) {
  if (int64_t months = MonthsOfUnit(unit); months != 0) {
    return MonthsBetween(from.days, from.nanos, to.days, to.nanos) / months;
  }
  Int128 nanos = static_cast<Int128>(to.days - from.days) * kNanosPerDay + (to.nanos - from.nanos);
  return static_cast<int64_t>(nanos / NanosOfUnit(unit));
}

Result<Kernel> MakeDifference(const CallInfo& call) {
  WEIR_ASSIGN_OR_RETURN(TimeUnit unit, ShiftUnit(call));
  WEIR_ASSIGN_OR_RETURN(const TimeZone* from_zone, ZoneFor(call, 1));
  WEIR_ASSIGN_OR_RETURN(const TimeZone* to_zone, ZoneFor(call, 2));
  return Kernel(
      [=](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) -> Status {
        WEIR_ASSIGN_OR_RETURN(auto result, AllocateOutput<int32_t>(n, context.pool));
        auto* values = OutputValues<int32_t>(*result);
        MomentReader from(*args[1], from_zone), to(*args[2], to_zone);
        for (int64_t i = 0; i < n; ++i)
          values[i] = static_cast<int32_t>(Difference(unit, from[i], to[i]));
        *out = std::move(result);
        return Status::OK();
      });
}

Result<DataType> ReturnDifference(const CallInfo& call) {
  WEIR_RETURN_NOT_OK(ShiftUnit(call).status());
  const DataType &from = call.arg_types[1], &to = call.arg_types[2];
  if ((from.kind() == TypeKind::kTimestampLtz) != (to.kind() == TypeKind::kTimestampLtz)) {
    return InvalidQuery("TIMESTAMP_LTZ only supports diff between the same type.");
  }
  return DataType::Int().WithNullable(AnyNullable(call));
}

// ---- OVERLAPS ----

/// Start and end of each period; an interval is added to the start; a period may be given
/// backwards.
struct PeriodReader {
  PeriodReader(const Column& start, const Column& end, const TimeZone* zone)
      : starts(start, zone), ends(end, zone), end_kind(end.type.kind()), end_column(&end) {}

  std::pair<Moment, Moment> operator[](int64_t i) const {
    Moment start = starts[i], end;
    if (end_kind == TypeKind::kIntervalYearMonth) {
      end = {AddMonths(start.days, end_column->At<int32_t>(i)), start.nanos};
    } else if (end_kind == TypeKind::kIntervalDayTime) {
      end = Shift(TimeUnit::kMillisecond, start, end_column->At<int64_t>(i)).value_or(start);
    } else {
      end = ends[i];
    }
    bool is_backwards = std::pair(end.days, end.nanos) < std::pair(start.days, start.nanos);
    return is_backwards ? std::pair(end, start) : std::pair(start, end);
  }

  MomentReader starts, ends;
  TypeKind end_kind;
  const Column* end_column;
};

Result<Kernel> MakeOverlaps(const CallInfo& call) {
  WEIR_ASSIGN_OR_RETURN(const TimeZone* a_zone, ZoneFor(call, 0));
  WEIR_ASSIGN_OR_RETURN(const TimeZone* b_zone, ZoneFor(call, 2));
  return Kernel(
      [=](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) -> Status {
        WEIR_ASSIGN_OR_RETURN(auto result, AllocateOutput<bool>(n, context.pool));
        PeriodReader a(*args[0], *args[1], a_zone), b(*args[2], *args[3], b_zone);
        auto not_after = [](const Moment& x, const Moment& y) {
          return std::pair(x.days, x.nanos) <= std::pair(y.days, y.nanos);
        };
        GenerateBits(n, OutputValues<uint8_t>(*result), [&](int64_t i) {
          auto left = a[i], right = b[i];
          return not_after(left.first, right.second) && not_after(right.first, left.second);
        });
        *out = std::move(result);
        return Status::OK();
      });
}

Status CoerceOverlaps(std::vector<DataType>* types, const CallInfo&) {
  if (types->size() != 4) return InvalidQuery("OVERLAPS compares two pairs");
  for (size_t k : {size_t{0}, size_t{2}}) {
    const DataType &start = (*types)[k], &end = (*types)[k + 1];
    bool is_datetime =
        start.is_timestamp() || start.kind() == TypeKind::kDate || start.kind() == TypeKind::kTime;
    bool fits = end.is_interval() || end.kind() == start.kind() ||
                (end.is_timestamp() && start.is_timestamp());
    if (!is_datetime || !fits)
      return InvalidQuery("OVERLAPS takes (start, end) and (start, interval)");
  }
  return Status::OK();
}

/// (a, b) OVERLAPS (c, d) comes as two ROWs, whose fields are what the kernel wants.
Result<ExprPtr> ExpandOverlaps(const FunctionRegistry& registry, std::vector<ExprPtr> args,
                               const FunctionConfig& config) {
  if (args.size() != 2) return registry.MakeCall("TEMPORAL_OVERLAPS", std::move(args), config);
  std::vector<ExprPtr> fields;
  for (const ExprPtr& arg : args) {
    for (int i = 0; i < 2; ++i) {
      fields.push_back(arg->is_call("ROW") ? arg->args[static_cast<size_t>(i)] : MakeField(arg, i));
    }
  }
  return registry.MakeCall("TEMPORAL_OVERLAPS", std::move(fields), config);
}

Status CoerceOverlapsRows(std::vector<DataType>* types, const CallInfo&) {
  bool is_rows = types->size() == 2;
  for (const DataType& type : *types)
    is_rows = is_rows && type.kind() == TypeKind::kRow && type.fields().size() == 2;
  if (!is_rows && types->size() != 4) return InvalidQuery("OVERLAPS compares two pairs");
  return Status::OK();
}

}  // namespace

void RegisterTemporalShift(FunctionRegistry* registry) {
  registry->Add(ScalarFunction{
      .name = "TIMESTAMPADD",
      .family = "temporal",
      .signatures = "TIMESTAMPADD(unit, integer, datetime)",
      .description = "Returns the date or time so many units later.",
      .example = "TIMESTAMPADD(WEEK, 1, DATE '2003-01-02') = DATE '2003-01-09'",
      .overloads = {{.args = {Arg::Character(), Arg::Exact(DataType::BigInt()), DatetimeArg()},
                     .returns = &ReturnAdd,
                     .kernel = &MakeAdd}},
      .may_fail = true});
  registry->Add(ScalarFunction{
      .name = "TIMESTAMPDIFF",
      .family = "temporal",
      .signatures = "TIMESTAMPDIFF(unit, datetime1, datetime2)",
      .description = "Returns the number of whole units from the first to the second.",
      .example = "TIMESTAMPDIFF(DAY, DATE '2003-01-02', DATE '2003-01-09') = 7",
      .overloads = {{.args = {Arg::Character(), DatetimeArg(), DatetimeArg()},
                     .returns = &ReturnDifference,
                     .kernel = &MakeDifference}}});
  registry->Add(ScalarFunction{
      .name = "TEMPORAL_OVERLAPS",
      .family = "temporal",
      .signatures = "TEMPORAL_OVERLAPS(start1, end1, start2, end2)",
      .description = "Returns whether two periods overlap; each end may be an interval.",
      .example = {},
      .overloads = {{.returns = ReturnType(DataType::Boolean()),
                     .kernel = &MakeOverlaps,
                     .coerce = &CoerceOverlaps}}});
  registry->Add(ScalarFunction{
      .name = "OVERLAPS",
      .family = "temporal",
      .signatures = "(start1, end1) OVERLAPS (start2, end2)",
      .description = "Returns whether two periods overlap; each end may be an interval.",
      .example =
          "(TIME '2:55:00', INTERVAL '1' HOUR) OVERLAPS (TIME '3:30:00', INTERVAL '2' HOUR) = TRUE",
      .overloads = {{.returns = ReturnType(DataType::Boolean()),
                     .kernel = &MakeOverlaps,
                     .coerce = &CoerceOverlapsRows}},
      .expand = &ExpandOverlaps});
}

}  // namespace weir
