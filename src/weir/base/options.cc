// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/base/options.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>

namespace weir {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())))
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
    text.remove_suffix(1);
  return text;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::optional<int64_t> ParseInt(std::string_view text) {
  text = Trim(text);
  int64_t value = 0;
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> ParseReal(std::string_view text) {
  text = Trim(text);
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> ParseBool(std::string_view text) {
  std::string lower = Lower(Trim(text));
  if (lower == "true") return true;
  if (lower == "false") return false;
  return std::nullopt;
}

struct Unit {
  std::string_view name;
  int64_t factor;
};

// Microseconds; nanoseconds divide (factor 0).
constexpr Unit kDurationUnits[] = {
    {"d", 86'400'000'000},
    {"day", 86'400'000'000},
    {"days", 86'400'000'000},
    {"h", 3'600'000'000},
    {"hour", 3'600'000'000},
    {"hours", 3'600'000'000},
    {"min", 60'000'000},
    {"m", 60'000'000},
    {"minute", 60'000'000},
    {"minutes", 60'000'000},
    {"s", 1'000'000},
    {"sec", 1'000'000},
    {"secs", 1'000'000},
    {"second", 1'000'000},
    {"seconds", 1'000'000},
    {"ms", 1'000},
    {"milli", 1'000},
    {"millis", 1'000},
    {"millisecond", 1'000},
    {"milliseconds", 1'000},
    {"", 1'000},
    {"us", 1},
    {"\xc2\xb5s", 1},
    {"micro", 1},
    {"micros", 1},
    {"microsecond", 1},
    {"microseconds", 1},
    {"ns", 0},
    {"nano", 0},
    {"nanos", 0},
    {"nanosecond", 0},
    {"nanoseconds", 0},
};
constexpr Unit kByteUnits[] = {
    {"", 1},
    {"b", 1},
    {"bytes", 1},
    {"k", 1 << 10},
    {"kb", 1 << 10},
    {"kibibytes", 1 << 10},
    {"m", 1 << 20},
    {"mb", 1 << 20},
    {"mebibytes", 1 << 20},
    {"g", 1 << 30},
    {"gb", 1 << 30},
    {"gibibytes", 1 << 30},
    {"t", int64_t{1} << 40},
    {"tb", int64_t{1} << 40},
    {"tebibytes", int64_t{1} << 40},
};

// "<digits> <unit>": the number and the factor of the unit. Empty when it is not of that form or
// too big.
template <size_t kCount>
std::optional<int64_t> ParseWithUnit(std::string_view text, const Unit (&units)[kCount]) {
  text = Trim(text);
  size_t digits = 0;
  while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits]))) ++digits;
  auto number = ParseInt(text.substr(0, digits));
  if (digits == 0 || !number) return std::nullopt;
  std::string name = Lower(Trim(text.substr(digits)));
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (unit.factor == 0) return *number / 1000;
    int64_t product = 0;
    if (__builtin_mul_overflow(*number, unit.factor, &product)) return std::nullopt;
    return product;
  }
  return std::nullopt;
}

std::string JoinQuoted(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) {
    if (!joined.empty()) joined += ", ";
    joined += "'" + name + "'";
  }
  return joined;
}

}  // namespace

std::string_view OptionTypeName(OptionType type) {
  switch (type) {
    case OptionType::kString:
      return "string";
    case OptionType::kInt:
      return "integer";
    case OptionType::kDouble:
      return "number";
    case OptionType::kBool:
      return "boolean";
    case OptionType::kDuration:
      return "duration";
    case OptionType::kMemorySize:
      return "memory size";
    case OptionType::kEnum:
      return "enumeration";
  }
  return "string";
}

bool OptionSpec::Matches(std::string_view key) const {
  size_t hash = name.find('#');
  if (hash == std::string::npos) return key == name;
  std::string_view before = std::string_view(name).substr(0, hash);
  std::string_view after = std::string_view(name).substr(hash + 1);
  return key.size() > before.size() + after.size() && key.substr(0, before.size()) == before &&
         key.substr(key.size() - after.size()) == after;
}

Result<int64_t> ParseDurationMicros(std::string_view text) {
  if (auto value = ParseWithUnit(text, kDurationUnits)) return *value;
  return WithHint(InvalidQuery("'{}' is not a duration", text),
                  "write a number and a unit: '500 ms', '10 s', '1 min', '2 h', '1 d'");
}

Result<int64_t> ParseBytes(std::string_view text) {
  if (auto value = ParseWithUnit(text, kByteUnits)) return *value;
  return WithHint(InvalidQuery("'{}' is not a memory size", text),
                  "write a number and a unit: '512 kb', '128 mb', '1 gb'");
}

Status CheckOptionValue(const OptionSpec& spec, std::string_view key, std::string_view value,
                        std::string_view where) {
  bool good = true;
  switch (spec.type) {
    case OptionType::kString:
      break;
    case OptionType::kInt:
      good = ParseInt(value).has_value();
      break;
    case OptionType::kDouble:
      good = ParseReal(value).has_value();
      break;
    case OptionType::kBool:
      good = ParseBool(value).has_value();
      break;
    case OptionType::kDuration: {
      auto parsed = ParseDurationMicros(value);
      if (!parsed.ok())
        return WithContext(parsed.status(), fmt::format("option '{}' of {}", key, where));
      break;
    }
    case OptionType::kMemorySize: {
      auto parsed = ParseBytes(value);
      if (!parsed.ok())
        return WithContext(parsed.status(), fmt::format("option '{}' of {}", key, where));
      break;
    }
    case OptionType::kEnum: {
      for (const std::string& known : spec.enum_values) {
        if (Lower(known) == Lower(value)) return Status::OK();
      }
      Status error = InvalidQuery("option '{}' of {} must be one of {}, not '{}'", key, where,
                                  JoinQuoted(spec.enum_values), value);
      std::string nearest = NearestName(value, spec.enum_values);
      return nearest.empty()
                 ? error
                 : WithHint(error, fmt::format("did you mean '{}' = '{}'?", key, nearest));
    }
  }
  if (good) return Status::OK();
  return InvalidQuery("option '{}' of {} must be of type {}, not '{}'", key, where,
                      OptionTypeName(spec.type), value);
}

Status Options::Check(const std::vector<OptionSpec>& specs,
                      const std::vector<std::string>& allowed_prefixes,
                      std::string_view where) const {
  std::vector<std::string> names;
  for (const OptionSpec& spec : specs) names.push_back(spec.name);
  for (const auto& [key, value] : values_) {
    auto spec = std::find_if(specs.begin(), specs.end(),
                             [&](const OptionSpec& s) { return s.Matches(key); });
    if (spec != specs.end()) {
      WEIR_RETURN_NOT_OK(CheckOptionValue(*spec, key, value, where));
      continue;
    }
    bool allowed = std::any_of(
        allowed_prefixes.begin(), allowed_prefixes.end(),
        [&](const std::string& prefix) { return key.compare(0, prefix.size(), prefix) == 0; });
    if (allowed) continue;
    std::string nearest = NearestName(key, names);
    return WithHint(InvalidQuery("{} has no option '{}'", where, key),
                    nearest.empty() ? fmt::format("known options: {}", JoinQuoted(names))
                                    : fmt::format("did you mean '{}'?", nearest));
  }
  for (const OptionSpec& spec : specs) {
    if (spec.required && !Has(spec.name)) {
      return WithHint(
          InvalidQuery("{} needs the option '{}'", where, spec.name),
          fmt::format("add '{}' = '...' to the WITH clause: {}", spec.name, spec.description));
    }
  }
  return Status::OK();
}

std::optional<std::string> Options::Get(std::string_view key) const {
  auto found = values_.find(std::string(key));
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::string Options::GetOr(std::string_view key, std::string_view otherwise) const {
  auto found = values_.find(std::string(key));
  return found == values_.end() ? std::string(otherwise) : found->second;
}

Result<int64_t> Options::GetInt(std::string_view key, int64_t otherwise) const {
  auto text = Get(key);
  if (!text) return otherwise;
  if (auto value = ParseInt(*text)) return *value;
  return InvalidQuery("option '{}' must be of type integer, not '{}'", key, *text);
}

Result<double> Options::GetDouble(std::string_view key, double otherwise) const {
  auto text = Get(key);
  if (!text) return otherwise;
  if (auto value = ParseReal(*text)) return *value;
  return InvalidQuery("option '{}' must be of type number, not '{}'", key, *text);
}

Result<bool> Options::GetBool(std::string_view key, bool otherwise) const {
  auto text = Get(key);
  if (!text) return otherwise;
  if (auto value = ParseBool(*text)) return *value;
  return InvalidQuery("option '{}' must be of type boolean, not '{}'", key, *text);
}

Result<int64_t> Options::GetDurationMicros(std::string_view key, int64_t otherwise) const {
  auto text = Get(key);
  if (!text) return otherwise;
  auto value = ParseDurationMicros(*text);
  if (!value.ok()) return WithContext(value.status(), fmt::format("option '{}'", key));
  return value;
}

Result<int64_t> Options::GetBytes(std::string_view key, int64_t otherwise) const {
  auto text = Get(key);
  if (!text) return otherwise;
  auto value = ParseBytes(*text);
  if (!value.ok()) return WithContext(value.status(), fmt::format("option '{}'", key));
  return value;
}

Options Options::WithPrefixRemoved(std::string_view prefix) const {
  std::map<std::string, std::string> kept;
  for (const auto& [key, value] : values_) {
    if (key.size() > prefix.size() && key.compare(0, prefix.size(), prefix) == 0)
      kept[key.substr(prefix.size())] = value;
  }
  return Options(std::move(kept));
}

}  // namespace weir
