// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to bind/: the STATE_TTL hints of one SELECT. They speak of the tables of its own FROM
// clause, by alias where there is one, and not of those within views and subqueries.
//   SELECT /*+ STATE_TTL('o' = '3 d', 'lines' = '1 d') */ .. FROM orders o JOIN lines ON ..
// Of a name that comes twice, the last value in one hint counts, and the first hint of several.
// Source: Flink documentation, "Hints", "State TTL Hints".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "weir/base/error.h"
#include "weir/sql/ast.h"

namespace weir::bind {

/// A hint that asks for state without end, against 'table.exec.state.ttl'.
inline constexpr int64_t kNeverExpires = -1;

class StateTtlHints {
 public:
  /// Errors: kInvalidQuery for a malformed hint, or one that names no table of `from` (may be
  /// null).
  static Result<StateTtlHints> Of(const std::vector<AstHint>& hints, const AstTable* from);

  /// Milliseconds for the rows of `table`; 0 when no hint is about it.
  int64_t Millis(const AstTable& table) const;

 private:
  std::map<std::string, int64_t> millis_;
};

}  // namespace weir::bind
