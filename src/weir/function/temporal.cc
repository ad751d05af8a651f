// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The current time, EXTRACT, and FLOOR and CEIL of dates and times.
// While streaming the clock is read per batch; a batch query has one time from start to end.
#include "weir/function/temporal.h"

#include <limits>

#include "weir/function/families.h"

namespace weir {

Result<const TimeZone*> SessionZone(const CallInfo& call) {
  if (call.config == nullptr || call.config->time_zone == "UTC") return nullptr;
  return FindTimeZone(call.config->time_zone);
}

Result<const TimeZone*> ZoneFor(const CallInfo& call, size_t argument) {
  if (call.arg_types[argument].kind() != TypeKind::kTimestampLtz) return nullptr;
  return SessionZone(call);
}

Result<TimeUnit> UnitArgument(const CallInfo& call, size_t argument) {
  auto name = LiteralString(call, argument);
  if (!name)
    return InvalidQuery("the time unit must be given as it is: YEAR, MONTH, DAY, HOUR ...");
  auto unit = FindTimeUnit(*name);
  if (!unit) return InvalidQuery("'{}' is no time unit", *name);
  return *unit;
}

namespace {

// ---- Now ----

enum class Clock : uint8_t { kPerQuery, kPerRow };

int64_t NowMicros(const KernelContext& context, const FunctionConfig* config, Clock clock) {
  bool per_query = clock == Clock::kPerQuery && config != nullptr && !config->is_streaming;
  return per_query ? config->query_start_micros : context.now_micros;
}

template <typename T>
Status ConstantColumn(T value, const DataType& type, int64_t n, arrow::MemoryPool* pool,
                      ColumnPtr* out) {
  WEIR_ASSIGN_OR_RETURN(*out, MakeConstant(Value::Int(value), type.NotNull(), n, pool));
  return Status::OK();
}

/// value(local ticks in microseconds, instant in microseconds) -> what the column holds.
template <typename Compute>
void RegisterNow(FunctionRegistry* registry, std::string name, DataType type, Clock clock,
                 std::string description, Compute compute) {
  auto factory = [type, clock, compute](const CallInfo& call) -> Result<Kernel> {
    WEIR_ASSIGN_OR_RETURN(const TimeZone* zone, SessionZone(call));
    // The configuration outlives the plan's kernels no longer than binding: what is needed is
    // copied.
    FunctionConfig config = call.config == nullptr ? FunctionConfig{} : *call.config;
    return Kernel(
        [=](KernelContext& context, const ColumnVector&, int64_t n, ColumnPtr* out) -> Status {
          int64_t now = FloorDiv(NowMicros(context, &config, clock), 1000) * 1000;
          int64_t local = zone == nullptr ? now : ToLocal(*zone, now, 1'000'000);
          return ConstantColumn(compute(local, now), type, n, context.pool, out);
        });
  };
  registry->Add(
      ScalarFunction{.name = name,
                     .family = "temporal",
                     .signatures = name + (clock == Clock::kPerRow || name == "NOW" ? "()" : ""),
                     .description = std::move(description),
                     .example = {},
                     .overloads = {{.args = {},
                                    .returns = [type](const CallInfo&) -> Result<DataType> {
                                      return type.NotNull();
                                    },
                                    .kernel = factory}},
                     .deterministic = false,
                     .per_query = clock == Clock::kPerQuery});
}

// ---- EXTRACT ----

int64_t ExtractFromMonths(TimeUnit unit, int64_t months) {
  switch (unit) {
    case TimeUnit::kYear:
      return months / 12;
    case TimeUnit::kMonth:
      return months % 12;
    case TimeUnit::kQuarter:
      return months % 12 / 3 + 1;
    case TimeUnit::kDecade:
      return months / 120;
    case TimeUnit::kCentury:
      return months / 1200;
    case TimeUnit::kMillennium:
      return months / 12000;
    default:
      return 0;
  }
}

int64_t ExtractFromMillis(TimeUnit unit, int64_t millis) {
  switch (unit) {
    case TimeUnit::kWeek:
      return millis / (7 * kMillisPerDay);
    case TimeUnit::kDay:
      return millis / kMillisPerDay;
    case TimeUnit::kHour:
      return millis / 3'600'000 % 24;
    case TimeUnit::kMinute:
      return millis / 60'000 % 60;
    case TimeUnit::kSecond:
      return millis / 1000 % 60;
    case TimeUnit::kMillisecond:
      return millis % 1000;
    case TimeUnit::kMicrosecond:
      return millis % 1000 * 1000;
    case TimeUnit::kNanosecond:
      return millis % 1000 * 1'000'000;
    case TimeUnit::kEpoch:
      return millis / 1000;
    default:
      return 0;
  }
}

Status CheckExtract(TimeUnit unit, const DataType& type) {
  bool is_part_of_day = unit <= TimeUnit::kHour || unit == TimeUnit::kEpoch;
  bool fits = true;
  if (type.kind() == TypeKind::kTime) fits = is_part_of_day;
  if (type.kind() == TypeKind::kIntervalYearMonth) {
    fits = unit >= TimeUnit::kMonth && unit <= TimeUnit::kMillennium;
  } else if (type.kind() == TypeKind::kIntervalDayTime) {
    fits = is_part_of_day || unit == TimeUnit::kDay || unit == TimeUnit::kWeek;
  }
  if (!fits) return InvalidQuery("a value of type {} has no such unit to extract", type.ToString());
  return Status::OK();
}

Result<Kernel> MakeExtractUnit(const CallInfo& call, TimeUnit unit, size_t argument) {
  const DataType& type = call.arg_types[argument];
  WEIR_RETURN_NOT_OK(CheckExtract(unit, type));
  WEIR_ASSIGN_OR_RETURN(const TimeZone* zone, ZoneFor(call, argument));
  TypeKind kind = type.kind();
  return Kernel(
      [=](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) -> Status {
        const Column& column = *args[argument];
        WEIR_ASSIGN_OR_RETURN(auto result, AllocateOutput<int64_t>(n, context.pool));
        auto* values = OutputValues<int64_t>(*result);
        if (kind == TypeKind::kIntervalYearMonth) {
          MapUnary<int32_t, int64_t>(
              column, n, values, [=](int32_t months) { return ExtractFromMonths(unit, months); });
        } else if (kind == TypeKind::kIntervalDayTime) {
          MapUnary<int64_t, int64_t>(
              column, n, values, [=](int64_t millis) { return ExtractFromMillis(unit, millis); });
        } else {
          MomentReader moments(column, zone);
          for (int64_t i = 0; i < n; ++i) values[i] = ExtractUnit(unit, moments[i]);
        }
        *out = std::move(result);
        return Status::OK();
      });
}

Result<DataType> ReturnExtract(const CallInfo& call) {
  WEIR_ASSIGN_OR_RETURN(TimeUnit unit, UnitArgument(call, 0));
  WEIR_RETURN_NOT_OK(CheckExtract(unit, call.arg_types[1]));
  return DataType::BigInt().WithNullable(call.arg_types[1].nullable());
}

void RegisterPart(FunctionRegistry* registry, std::string name, TimeUnit unit,
                  std::string example) {
  auto factory = [unit](const CallInfo& call) { return MakeExtractUnit(call, unit, 0); };
  auto returns = [unit](const CallInfo& call) -> Result<DataType> {
    WEIR_RETURN_NOT_OK(CheckExtract(unit, call.arg_types[0]));
    return DataType::BigInt().WithNullable(call.arg_types[0].nullable());
  };
  registry->Add(ScalarFunction{
      .name = name,
      .family = "temporal",
      .signatures = name + "(datetime)",
      .description = "Returns this part of a date, time, timestamp or interval, as EXTRACT does.",
      .example = std::move(example),
      .overloads = {
          {.args = {DatetimeArg()}, .returns = returns, .kernel = factory},
          {.args = {Arg::Of(Arg::Family::kInterval)}, .returns = returns, .kernel = factory}}});
}

// ---- FLOOR and CEIL ----

enum class Rounding : uint8_t { kFloor, kCeil };

/// As Flink: units up to a day round the time; coarser ones look at the day alone. CEIL of a DATE
/// to DAY is the next.
Moment RoundMoment(TimeUnit unit, Rounding rounding, const Moment& moment) {
  int64_t step = NanosOfUnit(unit);
  if (unit >= TimeUnit::kWeek) {
    int64_t day =
        rounding == Rounding::kFloor ? FloorDay(unit, moment.days) : CeilDay(unit, moment.days);
    return {day, 0};
  }
  Moment rounded = moment;
  rounded.nanos = moment.nanos / step * step;
  if (rounding == Rounding::kCeil && rounded.nanos != moment.nanos) rounded.nanos += step;
  if (rounded.nanos >= kNanosPerDay) {
    rounded.nanos -= kNanosPerDay;
    ++rounded.days;
  }
  return rounded;
}

int32_t RoundDay(TimeUnit unit, Rounding rounding, int32_t days) {
  if (unit < TimeUnit::kDay) return days;
  if (unit == TimeUnit::kDay) return rounding == Rounding::kFloor ? days : days + 1;
  return static_cast<int32_t>(rounding == Rounding::kFloor ? FloorDay(unit, days)
                                                           : CeilDay(unit, days));
}

int32_t RoundTime(TimeUnit unit, Rounding rounding, int32_t millis) {
  int64_t step = NanosOfUnit(unit) / 1'000'000;
  if (step <= 1) return millis;
  int64_t rounded = millis / step * step;
  if (rounding == Rounding::kCeil && rounded != millis) rounded += step;
  return static_cast<int32_t>(rounded % kMillisPerDay);
}

Result<Kernel> MakeRound(const CallInfo& call, Rounding rounding) {
  WEIR_ASSIGN_OR_RETURN(TimeUnit unit, UnitArgument(call, 1));
  const DataType& type = call.arg_types[0];
  if (type.kind() == TypeKind::kDate) {
    return MapKernel<int32_t, int32_t>(
        [=](int32_t days) { return RoundDay(unit, rounding, days); })({});
  }
  if (type.kind() == TypeKind::kTime) {
    return MapKernel<int32_t, int32_t>(
        [=](int32_t millis) { return RoundTime(unit, rounding, millis); })({});
  }
  WEIR_ASSIGN_OR_RETURN(const TimeZone* zone, ZoneFor(call, 0));
  return DispatchTicks(type, [&](auto tag) -> Result<Kernel> {
    using Ticks = typename decltype(tag)::type;
    constexpr int64_t kPerSecond = kTicksPerSecond<Ticks>;
    return RowKernel<Ticks, Ticks>([=](Ticks ticks, KernelRow& row) -> Ticks {
      if (zone != nullptr) ticks = ToLocal(*zone, ticks, kPerSecond);
      auto rounded = TicksOfMoment<Ticks>(RoundMoment(unit, rounding, MomentOfTicks(ticks)));
      if (!rounded) {
        row.Fail("the timestamp is beyond the range of its type");
        return 0;
      }
      return zone == nullptr ? *rounded : FromLocal(*zone, *rounded, kPerSecond);
    })({});
  });
}

Result<DataType> ReturnRound(const CallInfo& call) {
  WEIR_ASSIGN_OR_RETURN(TimeUnit unit, UnitArgument(call, 1));
  if (unit > TimeUnit::kMillennium) return InvalidQuery("a time cannot be rounded to this unit");
  if (call.arg_types[0].kind() == TypeKind::kTime && unit > TimeUnit::kHour) {
    return InvalidQuery("a TIME can be rounded to HOUR, MINUTE, SECOND and finer units");
  }
  return call.arg_types[0].WithTimeAttribute(TimeAttribute::kNone);
}

std::vector<Overload> RoundOverloads(Rounding rounding) {
  return {{.args = {DatetimeArg(), Arg::Character()},
           .returns = &ReturnRound,
           .kernel = [rounding](const CallInfo& call) { return MakeRound(call, rounding); }}};
}

// ---- CURRENT_WATERMARK ----

Status CoerceWatermark(std::vector<DataType>* types, const CallInfo&) {
  if (types->size() != 1) return InvalidQuery("one argument is needed");
  const DataType& type = (*types)[0];
  if (type.is_timestamp() && type.time_attribute() == TimeAttribute::kRowtime) return Status::OK();
  return InvalidQuery(
      "The argument of CURRENT_WATERMARK() must be a rowtime attribute, but was '{}'.",
      type.ToString());
}

Result<DataType> ReturnWatermark(const CallInfo& call) {
  bool is_ltz = call.arg_types[0].kind() == TypeKind::kTimestampLtz;
  return is_ltz ? DataType::TimestampLtz(3) : DataType::Timestamp(3);
}

/// The watermark that the task has passed on when the batch comes: NULL before the first.
Status WatermarkKernel(KernelContext& context, const ColumnVector& args, int64_t n,
                       ColumnPtr* out) {
  DataType type = args[0]->type.kind() == TypeKind::kTimestampLtz ? DataType::TimestampLtz(3)
                                                                  : DataType::Timestamp(3);
  int64_t micros = 0;
  bool known = context.watermark_millis != std::numeric_limits<int64_t>::min() &&
               !__builtin_mul_overflow(context.watermark_millis, int64_t{1000}, &micros);
  WEIR_ASSIGN_OR_RETURN(
      *out, MakeConstant(known ? Value::Int(micros) : Value::Null(), type, n, context.pool));
  return Status::OK();
}

}  // namespace

std::vector<Overload> TemporalFloorOverloads() { return RoundOverloads(Rounding::kFloor); }
std::vector<Overload> TemporalCeilOverloads() { return RoundOverloads(Rounding::kCeil); }

void RegisterTemporalNow(FunctionRegistry* registry) {
  auto instant = [](int64_t, int64_t now) { return now; };
  auto local_ticks = [](int64_t local, int64_t) { return local; };
  auto date = [](int64_t local, int64_t) { return FloorDiv(local, 86'400'000'000); };
  auto time = [](int64_t local, int64_t) {
    return FloorMod(local, 86'400'000'000) / 1'000'000 * 1000;
  };
  DataType ltz = DataType::TimestampLtz(3);
  const char* kNow = "Returns the current time; in batch mode one for the whole query.";
  RegisterNow(registry, "CURRENT_TIMESTAMP", ltz, Clock::kPerQuery, kNow, instant);
  RegisterNow(registry, "NOW", ltz, Clock::kPerQuery, kNow, instant);
  RegisterNow(registry, "CURRENT_ROW_TIMESTAMP", ltz, Clock::kPerRow,
              "Returns the current time, in batch mode too.", instant);
  RegisterNow(registry, "PROCTIME", ltz.WithTimeAttribute(TimeAttribute::kProctime), Clock::kPerRow,
              "Returns the processing time as a time attribute.", instant);
  RegisterNow(registry, "LOCALTIMESTAMP", DataType::Timestamp(3), Clock::kPerQuery,
              "Returns the current time in the session's time zone.", local_ticks);
  for (const char* name : {"LOCALTIME", "CURRENT_TIME"}) {
    RegisterNow(registry, name, DataType::Time(0), Clock::kPerQuery,
                "Returns the current time of day in the session's time zone.", time);
  }
  RegisterNow(registry, "CURRENT_DATE", DataType::Date(), Clock::kPerQuery,
              "Returns the current date in the session's time zone.", date);
  registry->Add(
      ScalarFunction{.name = "CURRENT_WATERMARK",
                     .family = "temporal",
                     .signatures = "CURRENT_WATERMARK(<TIMESTAMP_WITHOUT_TIME_ZONE *ROWTIME*>)\n"
                                   "CURRENT_WATERMARK(<TIMESTAMP_WITH_LOCAL_TIME_ZONE *ROWTIME*>)",
                     .description = "Returns the current watermark of a rowtime attribute.",
                     .example = {},
                     .overloads = {{.returns = &ReturnWatermark,
                                    .kernel = Stateless(&WatermarkKernel),
                                    .coerce = &CoerceWatermark}},
                     .null_policy = NullPolicy::kKernel,
                     .deterministic = false});
}

void RegisterTemporalExtract(FunctionRegistry* registry) {
  auto factory = [](const CallInfo& call) -> Result<Kernel> {
    WEIR_ASSIGN_OR_RETURN(TimeUnit unit, UnitArgument(call, 0));
    return MakeExtractUnit(call, unit, 1);
  };
  registry->Add(ScalarFunction{
      .name = "EXTRACT",
      .family = "temporal",
      .signatures = "EXTRACT(unit FROM datetime)",
      .description = "Returns a part of a date, time, timestamp or interval.",
      .example = "EXTRACT(DAY FROM DATE '2006-06-05') = 5",
      .overloads = {
          {.args = {Arg::Character(), DatetimeArg()}, .returns = &ReturnExtract, .kernel = factory},
          {.args = {Arg::Character(), Arg::Of(Arg::Family::kInterval)},
           .returns = &ReturnExtract,
           .kernel = factory}}});
  RegisterPart(registry, "YEAR", TimeUnit::kYear, "YEAR(DATE '1994-09-27') = 1994");
  RegisterPart(registry, "QUARTER", TimeUnit::kQuarter, "QUARTER(DATE '1994-09-27') = 3");
  RegisterPart(registry, "MONTH", TimeUnit::kMonth, "MONTH(DATE '1994-09-27') = 9");
  RegisterPart(registry, "WEEK", TimeUnit::kWeek, "WEEK(DATE '1994-09-27') = 39");
  RegisterPart(registry, "DAYOFYEAR", TimeUnit::kDayOfYear, "DAYOFYEAR(DATE '1994-09-27') = 270");
  RegisterPart(registry, "DAYOFMONTH", TimeUnit::kDay, "DAYOFMONTH(DATE '1994-09-27') = 27");
  RegisterPart(registry, "DAYOFWEEK", TimeUnit::kDayOfWeek, "DAYOFWEEK(DATE '1994-09-27') = 3");
  RegisterPart(registry, "HOUR", TimeUnit::kHour, "HOUR(TIMESTAMP '1994-09-27 13:14:15') = 13");
  RegisterPart(registry, "MINUTE", TimeUnit::kMinute,
               "MINUTE(TIMESTAMP '1994-09-27 13:14:15') = 14");
  RegisterPart(registry, "SECOND", TimeUnit::kSecond,
               "SECOND(TIMESTAMP '1994-09-27 13:14:15') = 15");
}

void RegisterTemporal(FunctionRegistry* registry) {
  RegisterTemporalNow(registry);
  RegisterTemporalExtract(registry);
  RegisterTemporalShift(registry);
  RegisterTemporalText(registry);
}

}  // namespace weir
