// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Dates and times as text: DATE_FORMAT, TO_DATE, TO_TIMESTAMP, TO_TIMESTAMP_LTZ, UNIX_TIMESTAMP,
// FROM_UNIXTIME, CONVERT_TZ. Literal patterns are compiled once. Text that does not fit the pattern
// gives NULL (UNIX_TIMESTAMP: the least BIGINT), as in Flink; all results of milliseconds'
// precision are cut to it.
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "weir/function/cast.h"
#include "weir/function/date_format.h"
#include "weir/function/string.h"
#include "weir/function/temporal.h"

namespace weir {
namespace {

using sv = std::string_view;

constexpr int64_t kMicros = 1'000'000;
constexpr sv kDefaultPattern = "yyyy-MM-dd HH:mm:ss";

/// Compiled patterns of one call.
class Patterns {
 public:
  explicit Patterns(PatternDialect dialect) : dialect_(dialect) {}
  /// Null when the pattern is invalid, with the row failed.
  const DatePattern* Get(sv pattern, KernelRow& row) {
    if (!is_set_ || last_text_ != pattern) {
      last_ = DatePattern::Compile(pattern, dialect_);
      last_text_ = std::string(pattern);
      is_set_ = true;
    }
    if (last_.ok()) return last_->get();
    row.Fail(last_.status().message());
    return nullptr;
  }

 private:
  PatternDialect dialect_;
  bool is_set_ = false;
  std::string last_text_;
  Result<std::shared_ptr<const DatePattern>> last_ = Status::Invalid("");
};

/// Time zones by name, for zones that come as arguments.
/// The zone of an abbreviation that java.util.TimeZone knows; else the name itself.
sv LongZoneName(sv name) {
  static constexpr std::pair<sv, sv> kShort[] = {
      {"ACT", "Australia/Darwin"},
      {"AET", "Australia/Sydney"},
      {"AGT", "America/Argentina/Buenos_Aires"},
      {"ART", "Africa/Cairo"},
      {"AST", "America/Anchorage"},
      {"BET", "America/Sao_Paulo"},
      {"BST", "Asia/Dhaka"},
      {"CAT", "Africa/Harare"},
      {"CNT", "America/St_Johns"},
      {"CST", "America/Chicago"},
      {"CTT", "Asia/Shanghai"},
      {"EAT", "Africa/Addis_Ababa"},
      {"ECT", "Europe/Paris"},
      {"IET", "America/Indiana/Indianapolis"},
      {"IST", "Asia/Kolkata"},
      {"JST", "Asia/Tokyo"},
      {"MIT", "Pacific/Apia"},
      {"NET", "Asia/Yerevan"},
      {"NST", "Pacific/Auckland"},
      {"PLT", "Asia/Karachi"},
      {"PNT", "America/Phoenix"},
      {"PRT", "America/Puerto_Rico"},
      {"PST", "America/Los_Angeles"},
      {"SST", "Pacific/Guadalcanal"},
      {"VST", "Asia/Ho_Chi_Minh"},
  };
  for (const auto& [abbreviation, zone] : kShort) {
    if (abbreviation == name) return zone;
  }
  return name;
}

class Zones {
 public:
  /// Null when there is no such zone.
  const TimeZone* Get(sv name) {
    auto entry = zones_.find(name);
    if (entry == zones_.end()) {
      if (zones_.size() > 1000) zones_.clear();
      auto found = FindTimeZone(name);
      entry = zones_.emplace(std::string(name), found.ok() ? *found : nullptr).first;
    }
    return entry->second;
  }

 private:
  std::map<std::string, const TimeZone*, std::less<>> zones_;
};

/// A literal pattern is refused when the call is compiled.
Status CheckPattern(const CallInfo& call, size_t argument, PatternDialect dialect) {
  auto pattern = LiteralString(call, argument);
  return pattern ? DatePattern::Compile(*pattern, dialect).status() : Status::OK();
}

// ---- DATE_FORMAT ----

/// Writes moments by one pattern. Text of the day alone is kept for the next row of the same day.
class MomentWriter {
 public:
  explicit MomentWriter(std::shared_ptr<const DatePattern> pattern)
      : pattern_(std::move(pattern)) {}

  void Write(const Moment& moment, int32_t offset_seconds, int64_t row,
             StringColumnWriter& writer) {
    if (pattern_->is_day_only()) {
      if (!has_day_ || day_ != moment.days) {
        text_.resize(pattern_->bytes_max());
        text_.resize(static_cast<size_t>(pattern_->Write(moment, 0, text_.data()) - text_.data()));
        day_ = moment.days;
        has_day_ = true;
      }
      return writer.Set(row, text_);
    }
    char* out = writer.Reserve(pattern_->bytes_max());
    if (out == nullptr) return;
    writer.Commit(row, static_cast<size_t>(pattern_->Write(moment, offset_seconds, out) - out));
  }

 private:
  std::shared_ptr<const DatePattern> pattern_;
  bool has_day_ = false;
  int64_t day_ = 0;
  std::string text_;
};

Result<Kernel> MakeFormatLiteral(const CallInfo& call, const std::string& pattern_text) {
  WEIR_ASSIGN_OR_RETURN(auto pattern,
                        DatePattern::Compile(pattern_text, PatternDialect::kJavaTime));
  WEIR_ASSIGN_OR_RETURN(const TimeZone* zone, ZoneFor(call, 0));
  const DataType& type = call.arg_types[0];
  bool is_timestamp = type.is_timestamp();
  return Kernel(
      [=](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) -> Status {
        StringColumnWriter writer(n, context.pool);
        WEIR_RETURN_NOT_OK(writer.status());
        MomentWriter moments(pattern);
        if (!is_timestamp) {
          MomentReader reader(*args[0], nullptr);
          for (int64_t i = 0; i < n; ++i) moments.Write(reader[i], 0, i, writer);
        } else {
          DispatchTicks(args[0]->type, [&](auto tag) {
            using Ticks = typename decltype(tag)::type;
            constexpr int64_t kPerSecond = kTicksPerSecond<Ticks>;
            ValueReader<Ticks> ticks(*args[0]);
            for (int64_t i = 0; i < n; ++i) {
              Ticks local = zone == nullptr ? ticks[i] : ToLocal(*zone, ticks[i], kPerSecond);
              auto offset = static_cast<int32_t>((local - ticks[i]) / kPerSecond);
              moments.Write(MomentOfTicks(local), offset, i, writer);
            }
          });
        }
        WEIR_ASSIGN_OR_RETURN(*out, writer.Finish());
        return Status::OK();
      });
}

void WriteMoment(const DatePattern& pattern, const Moment& moment, StringRow& row) {
  char* out = row.Reserve(pattern.bytes_max());
  if (out != nullptr) row.Commit(static_cast<size_t>(pattern.Write(moment, 0, out) - out));
}

/// A text is read as SimpleDateFormat does with the default pattern, and written as it does.
void FormatText(const DatePattern& reader, Patterns& patterns, sv text, sv pattern_text,
                StringRow& row) {
  const DatePattern* pattern = patterns.Get(pattern_text, row);
  if (pattern == nullptr) return;
  auto parsed = reader.Read(text);
  if (!parsed) return row.SetNull();
  WriteMoment(*pattern, parsed->moment, row);
}

Result<Kernel> MakeFormat(const CallInfo& call) {
  auto literal = LiteralString(call, 1);
  if (literal && !call.arg_types[0].is_character()) return MakeFormatLiteral(call, *literal);
  if (call.arg_types[0].is_character()) {
    WEIR_ASSIGN_OR_RETURN(auto reader,
                          DatePattern::Compile(kDefaultPattern, PatternDialect::kSimple));
    auto simple = std::make_shared<Patterns>(PatternDialect::kSimple);
    return StringKernel<sv, sv>([reader, simple](sv text, sv pattern, StringRow& row) {
      FormatText(*reader, *simple, text, pattern, row);
    })(call);
  }
  auto patterns = std::make_shared<Patterns>(PatternDialect::kJavaTime);
  WEIR_ASSIGN_OR_RETURN(const TimeZone* zone, ZoneFor(call, 0));
  return Kernel(
      [=](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) -> Status {
        MomentReader moments(*args[0], zone);
        return MapStrings<sv>(
            context, {args[1]}, n,
            [&](sv pattern_text, StringRow& row) {
              const DatePattern* pattern = patterns->Get(pattern_text, row);
              if (pattern != nullptr) WriteMoment(*pattern, moments[row.index()], row);
            },
            out);
      });
}

// ---- Reading ----

std::optional<int64_t> CutToMillis(const Moment& moment) {
  auto ticks = MicrosOfMoment(moment);
  if (ticks) *ticks -= FloorMod(*ticks, 1000);
  return ticks;
}

/// TO_TIMESTAMP: where the text does not fit, "yyyy-m-d[ h:m:s[.f]]" is tried, as Flink does.
std::optional<int64_t> ReadTimestamp(const DatePattern& pattern, sv text) {
  if (auto parsed = pattern.Read(text)) return CutToMillis(parsed->moment);
  while (!text.empty() && static_cast<uint8_t>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<uint8_t>(text.back()) <= ' ') text.remove_suffix(1);
  if (!IsSqlTimestamp(text)) return std::nullopt;
  return ParseTimestamp(text, 3);
}

std::optional<int64_t> ReadDefaultTimestamp(sv text) {
  if (!IsSqlTimestamp(text)) return std::nullopt;
  return ParseTimestamp(text, 3);
}

int64_t OrNull(std::optional<int64_t> value, KernelRow& row) {
  if (!value) row.SetNull();
  return value.value_or(0);
}

Result<Kernel> MakeToTimestamp(const CallInfo& call) {
  if (call.arg_types.size() == 1) {
    return RowKernel<int64_t, sv>(
        [](sv text, KernelRow& row) { return OrNull(ReadDefaultTimestamp(text), row); })(call);
  }
  WEIR_RETURN_NOT_OK(CheckPattern(call, 1, PatternDialect::kJavaTime));
  auto patterns = std::make_shared<Patterns>(PatternDialect::kJavaTime);
  return RowKernel<int64_t, sv, sv>(
      [patterns](sv text, sv pattern_text, KernelRow& row) -> int64_t {
        const DatePattern* pattern = patterns->Get(pattern_text, row);
        return pattern == nullptr ? 0 : OrNull(ReadTimestamp(*pattern, text), row);
      })(call);
}

Result<Kernel> MakeToDate(const CallInfo& call) {
  if (call.arg_types.size() == 1) {
    return RowKernel<int32_t, sv>([](sv text, KernelRow& row) {
      auto days = ParseDate(text);
      if (!days) row.SetNull();
      return days.value_or(0);
    })(call);
  }
  WEIR_RETURN_NOT_OK(CheckPattern(call, 1, PatternDialect::kSimple));
  auto patterns = std::make_shared<Patterns>(PatternDialect::kSimple);
  return RowKernel<int32_t, sv, sv>(
      [patterns](sv text, sv pattern_text, KernelRow& row) -> int32_t {
        const DatePattern* pattern = patterns->Get(pattern_text, row);
        auto parsed = pattern == nullptr ? std::nullopt : pattern->Read(text);
        if (!parsed) row.SetNull();
        return parsed ? static_cast<int32_t>(parsed->moment.days) : 0;
      })(call);
}

// ---- TO_TIMESTAMP_LTZ ----

constexpr int64_t kYear0Millis = -62'167'219'200'000;
constexpr int64_t kYear9999Millis = 253'402'300'799'999;

/// Years 0000 to 9999, else NULL.
int64_t InstantOfMillis(double millis, KernelRow& row) {
  if (!(millis >= static_cast<double>(kYear0Millis)) ||
      !(millis <= static_cast<double>(kYear9999Millis))) {
    row.SetNull();
    return 0;
  }
  return static_cast<int64_t>(millis) * 1000;
}
int64_t InstantOfMillis(int64_t count, int64_t millis_per_count, KernelRow& row) {
  int64_t millis = 0;
  if (__builtin_mul_overflow(count, millis_per_count, &millis) || millis < kYear0Millis ||
      millis > kYear9999Millis) {
    row.SetNull();
    return 0;
  }
  return millis * 1000;
}

Result<int64_t> MillisPerCount(const CallInfo& call) {
  if (call.arg_types.size() == 1) return 1;
  auto precision = LiteralInt(call, 1);
  if (!precision)
    return InvalidQuery("the precision of TO_TIMESTAMP_LTZ must be the literal 0 or 3");
  if (*precision != 0 && *precision != 3) {
    return InvalidQuery(
        "The precision value '{}' for function TO_TIMESTAMP_LTZ(numeric, precision) is "
        "unsupported, the supported value "
        "is '0' for second or '3' for millisecond.",
        *precision);
  }
  return *precision == 0 ? 1000 : 1;
}

/// Of a number; its precision may come as a second argument.
Result<Kernel> MakeInstantOfNumber(const CallInfo& call) {
  WEIR_ASSIGN_OR_RETURN(int64_t scale, MillisPerCount(call));
  const DataType& type = call.arg_types[0];
  auto with_first = [](auto kernel) -> Result<Kernel> {
    WEIR_ASSIGN_OR_RETURN(Kernel first, kernel({}));
    return Kernel([first](KernelContext& context, const ColumnVector& args, int64_t n,
                          ColumnPtr* out) { return first(context, {args[0]}, n, out); });
  };
  if (type.is_approximate()) {
    bool is_float = type.kind() == TypeKind::kFloat;
    auto instant = [scale](double value, KernelRow& row) {
      return InstantOfMillis(std::trunc(value * static_cast<double>(scale)), row);
    };
    if (is_float) {  // Flink cuts a FLOAT to a whole number first, also where it counts seconds.
      return with_first(RowKernel<int64_t, float>(
          [instant](float value, KernelRow& row) { return instant(std::trunc(value), row); }));
    }
    return with_first(RowKernel<int64_t, double>(instant));
  }
  if (type.is_decimal()) {
    Int128 divisor = 1;
    for (int i = 0; i < type.scale(); ++i) divisor *= 10;
    return with_first(RowKernel<int64_t, Int128>([=](Int128 value, KernelRow& row) {
      Int128 whole = value / divisor;  // Fractions are cut, also those of seconds.
      if (whole > INT64_MAX / 1000 || whole < INT64_MIN / 1000) {
        row.SetNull();
        return int64_t{0};
      }
      return InstantOfMillis(static_cast<int64_t>(whole), scale, row);
    }));
  }
  return with_first(RowKernel<int64_t, int64_t>(
      [scale](int64_t value, KernelRow& row) { return InstantOfMillis(value, scale, row); }));
}

/// Of text: local time in UTC, or in the zone that the third argument names.
Result<Kernel> MakeInstantOfText(const CallInfo& call) {
  if (call.arg_types.size() == 1) return MakeToTimestamp(call);
  if (call.arg_types.size() == 2) return MakeToTimestamp(call);
  WEIR_RETURN_NOT_OK(CheckPattern(call, 1, PatternDialect::kJavaTime));
  auto patterns = std::make_shared<Patterns>(PatternDialect::kJavaTime);
  auto zones = std::make_shared<Zones>();
  return RowKernel<int64_t, sv, sv, sv>(
      [=](sv text, sv pattern_text, sv zone_name, KernelRow& row) -> int64_t {
        const DatePattern* pattern = patterns->Get(pattern_text, row);
        const TimeZone* zone = zones->Get(zone_name);
        auto local =
            pattern == nullptr || zone == nullptr ? std::nullopt : ReadTimestamp(*pattern, text);
        if (!local) return OrNull(std::nullopt, row);
        return FromLocal(*zone, *local, kMicros);
      })(call);
}

Result<DataType> ReturnInstantOfNumber(const CallInfo& call) {
  WEIR_RETURN_NOT_OK(MillisPerCount(call).status());
  return DataType::TimestampLtz(3);
}

// ---- Unix time ----

/// Seconds since the epoch of a local moment.
int64_t UnixSeconds(const ParsedMoment& parsed, const TimeZone* zone) {
  int64_t seconds = parsed.moment.days * 86'400 + parsed.moment.nanos / 1'000'000'000;
  if (parsed.offset_seconds) return seconds - *parsed.offset_seconds;
  if (zone == nullptr) return seconds;
  return FloorDiv(FromLocal(*zone, seconds * kMicros, kMicros), kMicros);
}

Result<Kernel> MakeUnixTimestamp(const CallInfo& call) {
  WEIR_ASSIGN_OR_RETURN(const TimeZone* zone, SessionZone(call));
  WEIR_RETURN_NOT_OK(CheckPattern(call, 1, PatternDialect::kSimple));
  auto patterns = std::make_shared<Patterns>(PatternDialect::kSimple);
  auto read = [=](sv text, sv pattern_text, KernelRow& row) {
    const DatePattern* pattern = patterns->Get(pattern_text, row);
    auto parsed = pattern == nullptr ? std::nullopt : pattern->Read(text);
    constexpr int64_t kDaysMax = 100'000'000;  // Beyond, microseconds do not fit.
    if (!parsed || parsed->moment.days > kDaysMax || parsed->moment.days < -kDaysMax)
      return std::numeric_limits<int64_t>::min();
    return UnixSeconds(*parsed, zone);
  };
  if (call.arg_types.size() == 1) {
    return RowKernel<int64_t, sv>(
        [read](sv text, KernelRow& row) { return read(text, kDefaultPattern, row); })(call);
  }
  return RowKernel<int64_t, sv, sv>(read)(call);
}

Status UnixNow(KernelContext& context, const ColumnVector&, int64_t n, ColumnPtr* out) {
  WEIR_ASSIGN_OR_RETURN(*out, MakeConstant(Value::Int(FloorDiv(context.now_micros, kMicros)),
                                           DataType::BigInt().NotNull(), n, context.pool));
  return Status::OK();
}

Result<Kernel> MakeFromUnixTime(const CallInfo& call) {
  WEIR_ASSIGN_OR_RETURN(const TimeZone* zone, SessionZone(call));
  WEIR_RETURN_NOT_OK(CheckPattern(call, 1, PatternDialect::kSimple));
  auto patterns = std::make_shared<Patterns>(PatternDialect::kSimple);
  auto write = [=](int64_t seconds, sv pattern_text, StringRow& row) {
    const DatePattern* pattern = patterns->Get(pattern_text, row);
    if (pattern == nullptr) return;
    constexpr int64_t kSecondsMax = std::numeric_limits<int64_t>::max() / kMicros - 86'400;
    if (seconds > kSecondsMax || seconds < -kSecondsMax) {
      return row.Fail(
          fmt::format("the time is beyond the calendar: {} seconds since 1970", seconds));
    }
    int64_t local =
        zone == nullptr ? seconds * kMicros : ToLocal(*zone, seconds * kMicros, kMicros);
    char* out = row.Reserve(pattern->bytes_max());
    if (out == nullptr) return;
    auto offset = static_cast<int32_t>((local - seconds * kMicros) / kMicros);
    row.Commit(static_cast<size_t>(pattern->Write(MomentOfTicks(local), offset, out) - out));
  };
  if (call.arg_types.size() == 1) {
    return StringKernel<int64_t>(
        [write](int64_t seconds, StringRow& row) { write(seconds, kDefaultPattern, row); })(call);
  }
  return StringKernel<int64_t, sv>(write)(call);
}

Result<Kernel> MakeConvertTz(const CallInfo& call) {
  auto zones = std::make_shared<Zones>();
  WEIR_ASSIGN_OR_RETURN(auto pattern,
                        DatePattern::Compile(kDefaultPattern, PatternDialect::kSimple));
  return StringKernel<sv, sv, sv>([=](sv text, sv from_name, sv to_name, StringRow& row) {
    const TimeZone* from = zones->Get(LongZoneName(from_name));
    const TimeZone* to = zones->Get(LongZoneName(to_name));
    auto parsed = from == nullptr || to == nullptr ? std::nullopt : pattern->Read(text);
    auto local = parsed ? MicrosOfMoment(parsed->moment) : std::nullopt;
    if (!local) return row.SetNull();
    int64_t converted = ToLocal(*to, FromLocal(*from, *local, kMicros), kMicros);
    WriteMoment(*pattern, MomentOfTicks(converted), row);
  })(call);
}

Overload TextOverload(std::vector<Arg> args, int optional, DataType type,
                      Result<Kernel> (*make)(const CallInfo&)) {
  return {.args = std::move(args),
          .optional_args = optional,
          .returns = ForceNullable(ReturnType(std::move(type))),
          .kernel = make};
}

void Add(FunctionRegistry* registry, std::string name, std::string signatures,
         std::string description, std::string example, std::vector<Overload> overloads) {
  registry->Add(ScalarFunction{.name = std::move(name),
                               .family = "temporal",
                               .signatures = std::move(signatures),
                               .description = std::move(description),
                               .example = std::move(example),
                               .overloads = std::move(overloads),
                               .may_fail = true});
}

void RegisterUnixTime(FunctionRegistry* registry) {
  Arg text = Arg::Character(), number = Arg::Exact(DataType::BigInt());
  Overload now{
      .args = {}, .returns = ReturnType(DataType::BigInt()), .kernel = Stateless(&UnixNow)};
  Overload read{.args = {text, text},
                .optional_args = 1,
                .returns = ReturnType(DataType::BigInt()),
                .kernel = &MakeUnixTimestamp};
  registry->Add(ScalarFunction{
      .name = "UNIX_TIMESTAMP",
      .family = "temporal",
      .signatures = "UNIX_TIMESTAMP()\nUNIX_TIMESTAMP(string [, pattern])",
      .description =
          "Returns the seconds since 1970, of now or of a text in the session's time zone.",
      .example = "UNIX_TIMESTAMP('1970-01-01 00:00:01') = 1",
      .overloads = {now, read},
      .deterministic = false,
      .may_fail = true});
  Add(registry, "FROM_UNIXTIME", "FROM_UNIXTIME(seconds [, pattern])",
      "Returns the time so many seconds after 1970 as text, in the session's time zone.",
      "FROM_UNIXTIME(44) = '1970-01-01 00:00:44'",
      {{.args = {number, text},
        .optional_args = 1,
        .returns = ReturnString(),
        .kernel = &MakeFromUnixTime}});
}

}  // namespace

void RegisterTemporalText(FunctionRegistry* registry) {
  Arg text = Arg::Character();
  auto nullable_text = ReturnNullableString();
  Add(registry, "DATE_FORMAT", "DATE_FORMAT(timestamp, pattern)\nDATE_FORMAT(string, pattern)",
      "Returns the time in the pattern's form.",
      "DATE_FORMAT(TIMESTAMP '2020-01-31 10:08:09', 'yyyy-MM-dd') = '2020-01-31'",
      {{.args = {TimestampArg(), text}, .returns = ReturnString(), .kernel = &MakeFormat},
       {.args = {DateArg(), text}, .returns = ReturnString(), .kernel = &MakeFormat},
       {.args = {text, text}, .returns = nullable_text, .kernel = &MakeFormat}});
  Add(registry, "TO_DATE", "TO_DATE(string [, pattern])",
      "Returns the date that the text names, NULL if it names none.",
      "TO_DATE('2020-01-31') = DATE '2020-01-31'",
      {TextOverload({text, text}, 1, DataType::Date(), &MakeToDate)});
  Add(registry, "TO_TIMESTAMP", "TO_TIMESTAMP(string [, pattern])",
      "Returns the timestamp that the text names, NULL if it names none.",
      "TO_TIMESTAMP('2020-01-31 10:08:09') = TIMESTAMP '2020-01-31 10:08:09'",
      {TextOverload({text, text}, 1, DataType::Timestamp(3), &MakeToTimestamp)});
  Overload of_number{.returns = &ReturnInstantOfNumber, .kernel = &MakeInstantOfNumber};
  // Integers are cast to BIGINT, other numbers taken as they are.
  of_number.coerce = [](std::vector<DataType>* types, const CallInfo&) -> Status {
    if (types->empty() || types->size() > 2) return InvalidQuery("one or two arguments are needed");
    DataType& value = (*types)[0];
    if (value.kind() == TypeKind::kNull) value = DataType::BigInt();
    if (!value.is_numeric()) return InvalidQuery("the first argument is no number");
    if (value.is_integer()) value = DataType::BigInt().WithNullable(value.nullable());
    if (types->size() == 2 && !(*types)[1].is_integer())
      return InvalidQuery("the precision is no integer");
    return Status::OK();
  };
  Add(registry, "TO_TIMESTAMP_LTZ",
      "TO_TIMESTAMP_LTZ(numeric [, precision])\nTO_TIMESTAMP_LTZ(string [, pattern [, time zone]])",
      "Returns the instant of an epoch time in seconds (0) or milliseconds (3), or of a text.",
      "TO_TIMESTAMP_LTZ(4001, 3) = TIMESTAMP '1970-01-01 00:00:04.001'",
      {TextOverload({text, text, text}, 2, DataType::TimestampLtz(3), &MakeInstantOfText),
       of_number});
  Add(registry, "CONVERT_TZ", "CONVERT_TZ(string, from_zone, to_zone)",
      "Converts a local time from one time zone to another.",
      "CONVERT_TZ('1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles') = '1969-12-31 16:00:00'",
      {{.args = {text, text, text}, .returns = nullable_text, .kernel = &MakeConvertTz}});
  RegisterUnixTime(registry);
}

}  // namespace weir
