// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Options of tables, formats and sessions: declared as data, checked against the declaration, read
// by type.
//   {"rows-per-second", OptionType::kInt, "10000", "Rows per second and subtask"}
//   {"fields.#.kind", OptionType::kEnum, "random", "...", false, {"random", "sequence"}}    #
//   stands for one name
// Source: Flink documentation, "Configuration": units of durations and of memory sizes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/base/error.h"

namespace weir {

enum class OptionType : uint8_t { kString, kInt, kDouble, kBool, kDuration, kMemorySize, kEnum };

/// "string", "integer", "duration", ...: as DESCRIBE CONNECTOR prints.
std::string_view OptionTypeName(OptionType type);

struct OptionSpec {
  std::string name;  // "rows-per-second"; "fields.#.kind": # stands for one name.
  OptionType type = OptionType::kString;
  std::string default_value = {};  // Empty: none.
  std::string description = {};
  bool required = false;
  std::vector<std::string> enum_values = {};  // kEnum.

  /// Whether `key` is this option.
  bool Matches(std::string_view key) const;
};

/// Options of one table or session, by key, checked against their specs.
class Options {
 public:
  Options() = default;
  explicit Options(std::map<std::string, std::string> values) : values_(std::move(values)) {}
  /// Checks every key and value against `specs` (keys beginning with one of `allowed_prefixes`
  /// pass). Errors: kInvalidQuery naming the option, `where`, the expected type, the nearest known
  /// name.
  Status Check(const std::vector<OptionSpec>& specs,
               const std::vector<std::string>& allowed_prefixes, std::string_view where) const;
  std::optional<std::string> Get(std::string_view key) const;
  std::string GetOr(std::string_view key, std::string_view otherwise) const;
  bool Has(std::string_view key) const { return values_.find(std::string(key)) != values_.end(); }
  /// Typed reads; `otherwise` when absent. Malformed values were refused by Check; here they are
  /// kInvalidQuery too.
  Result<int64_t> GetInt(std::string_view key, int64_t otherwise) const;
  Result<double> GetDouble(std::string_view key, double otherwise) const;
  Result<bool> GetBool(std::string_view key, bool otherwise) const;
  Result<int64_t> GetDurationMicros(std::string_view key,
                                    int64_t otherwise) const;  // "10 s", "1 min", "500ms"
  Result<int64_t> GetBytes(std::string_view key, int64_t otherwise) const;  // "128 mb"
  const std::map<std::string, std::string>& values() const { return values_; }
  /// The options whose keys begin with `prefix`, without it.
  Options WithPrefixRemoved(std::string_view prefix) const;

 private:
  std::map<std::string, std::string> values_;
};

Result<int64_t> ParseDurationMicros(std::string_view text);
Result<int64_t> ParseBytes(std::string_view text);
/// Whether `value` can be read as `spec` says; the error names `key` and `where`.
Status CheckOptionValue(const OptionSpec& spec, std::string_view key, std::string_view value,
                        std::string_view where);

}  // namespace weir
