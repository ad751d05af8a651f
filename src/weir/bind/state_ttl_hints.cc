// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/bind/state_ttl_hints.h"

#include <strings.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "weir/base/options.h"

namespace weir::bind {
namespace {

/// What a hint may call a table: its alias, or else its name with or without what it lies in.
std::vector<std::string> NamesOf(const AstTable& table) {
  if (table.alias) return {table.alias->name.value};
  const auto* named = table.As<AstTableName>();
  if (named == nullptr) return {};
  if (named->file) {
    std::string stem = named->file->substr(named->file->find_last_of('/') + 1);
    return {stem.substr(0, stem.find('.')), *named->file};
  }
  std::vector<std::string> names;
  std::string name;
  for (auto part = named->path.rbegin(); part != named->path.rend(); ++part) {
    name = name.empty() ? part->value : part->value + "." + name;
    names.push_back(name);
  }
  return names;
}

/// One list of names a table.
void CollectTables(const AstTable* table, std::vector<std::vector<std::string>>* out) {
  if (table == nullptr) return;
  const auto* join = table->As<AstJoin>();
  if (join != nullptr && !table->alias) {
    CollectTables(join->left.get(), out);
    CollectTables(join->right.get(), out);
    return;
  }
  std::vector<std::string> names = NamesOf(*table);
  if (!names.empty()) out->push_back(std::move(names));
}

Status UnknownTable(const AstHintArgument& argument,
                    const std::vector<std::vector<std::string>>& tables) {
  std::string known;
  for (const auto& names : tables)
    known += fmt::format("{}'{}'", known.empty() ? "" : ", ", names[0]);
  Status status = InvalidQueryAt(argument.span, "hint STATE_TTL: '{}' is no table of this SELECT",
                                 *argument.key);
  return WithHint(status, known.empty()
                              ? std::string("it has no table that a hint could name")
                              : fmt::format("it reads {}; an alias counts instead of the table's "
                                            "name",
                                            known));
}

Result<int64_t> ReadMillis(const AstHintArgument& argument) {
  auto micros = ParseDurationMicros(argument.value);
  if (!micros.ok())
    return InvalidQueryAt(argument.span, "hint STATE_TTL: {}", micros.status().message());
  return *micros == 0 ? kNeverExpires : std::max<int64_t>(1, *micros / 1000);
}

}  // namespace

Result<StateTtlHints> StateTtlHints::Of(const std::vector<AstHint>& hints, const AstTable* from) {
  StateTtlHints result;
  std::vector<std::vector<std::string>> tables;
  for (const AstHint& hint : hints) {
    if (strcasecmp(hint.name.value.c_str(), "STATE_TTL") != 0) continue;
    if (tables.empty()) CollectTables(from, &tables);
    bool is_list = std::any_of(hint.arguments.begin(), hint.arguments.end(),
                               [](const AstHintArgument& argument) { return !argument.key; });
    if (hint.arguments.empty() || is_list) {
      return WithHint(InvalidQueryAt(hint.span, "hint STATE_TTL needs a duration for each table"),
                      "/*+ STATE_TTL('orders' = '1 d', 'lines' = '12 h') */");
    }
    std::map<std::string, int64_t> of_hint;
    for (const AstHintArgument& argument : hint.arguments) {
      bool is_known =
          std::any_of(tables.begin(), tables.end(), [&](const std::vector<std::string>& names) {
            return std::find(names.begin(), names.end(), *argument.key) != names.end();
          });
      if (!is_known) return UnknownTable(argument, tables);
      WEIR_ASSIGN_OR_RETURN(of_hint[*argument.key], ReadMillis(argument));
    }
    result.millis_.merge(of_hint);
  }
  return result;
}

int64_t StateTtlHints::Millis(const AstTable& table) const {
  if (millis_.empty()) return 0;
  for (const std::string& name : NamesOf(table)) {
    auto found = millis_.find(name);
    if (found != millis_.end()) return found->second;
  }
  return 0;
}

}  // namespace weir::bind
