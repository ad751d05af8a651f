// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Regular expressions as java.util.regex has them. RE2 runs what it can express, in time linear in
// the text; PCRE2, with a bound on its steps, runs the rest (look-around, back references,
// possessive quantifiers) and the texts that end in a line terminator where the pattern has a '$',
// which in Java may stand before it. Before either, memmem looks for a text that every match must
// contain. Differences of syntax are translated: Java's '.' stops at \n \r \u0085 \u2028 \u2029,
// its \s takes \x0B, its classes nest and intersect (regex_class.h). Threads: one. Matching keeps
// scratch inside.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weir/base/error.h"

namespace weir {

class Regex {
 public:
  enum class Outcome : uint8_t { kMatch, kNoMatch, kTooManySteps };
  enum class Anchor : uint8_t { kNone, kBoth };

  /// Errors: kInvalidQuery with the cause, kUnsupported.
  static Result<std::unique_ptr<Regex>> Compile(std::string_view pattern, int64_t steps_max,
                                                Anchor anchor = Anchor::kNone);
  virtual ~Regex() = default;

  virtual int num_groups() const = 0;
  /// Finds the first match at or after byte `from`. groups[0] is the match, groups[i] group i; a
  /// group that takes no part has a null data pointer. Only `groups.size()` of them are computed
  /// (fewer is faster).
  virtual Outcome Find(std::string_view text, size_t from,
                       std::vector<std::string_view>* groups) = 0;
};

/// Calls visit(groups) for all matches as Matcher.find does; false when the steps ran out. `visit`
/// returns false to stop.
template <typename Visit>
bool VisitMatches(Regex& regex, std::string_view text, std::vector<std::string_view>* groups,
                  Visit&& visit);

/// Regular expressions by pattern, compiled once; a bounded number of them.
class RegexCache {
 public:
  explicit RegexCache(int64_t steps_max, Regex::Anchor anchor = Regex::Anchor::kNone)
      : steps_max_(steps_max), anchor_(anchor) {}
  /// Null when the pattern is invalid; `status` (if given) says why.
  Regex* Get(std::string_view pattern, Status* status = nullptr);

 private:
  static constexpr size_t kPatternsMax = 64;
  struct Entry {
    std::unique_ptr<Regex> regex;
    Status status;
  };
  int64_t steps_max_;
  Regex::Anchor anchor_;
  std::string last_pattern_;
  Entry* last_ = nullptr;
  std::unordered_map<std::string, Entry> entries_;
};

/// Bytes of the UTF-8 character at `at` in `text` (at least 1): how far to go on after an empty
/// match.
size_t RegexStep(std::string_view text, size_t at);

template <typename Visit>
bool VisitMatches(Regex& regex, std::string_view text, std::vector<std::string_view>* groups,
                  Visit&& visit) {
  for (size_t from = 0; from <= text.size();) {
    Regex::Outcome outcome = regex.Find(text, from, groups);
    if (outcome == Regex::Outcome::kTooManySteps) return false;
    if (outcome == Regex::Outcome::kNoMatch || !visit(*groups)) return true;
    std::string_view match = (*groups)[0];
    size_t end = static_cast<size_t>(match.data() - text.data()) + match.size();
    from = match.empty() ? end + RegexStep(text, end) : end;
  }
  return true;
}

}  // namespace weir
