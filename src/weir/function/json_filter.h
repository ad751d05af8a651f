// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Filters in JSON paths, as Jayway JsonPath has them, which is what Flink uses:
//   $.books[?(@.price < 10 && @.isbn)].title     $[?(@.name =~ /a.*/i)]     $[?(@.kind in ['a',
//   'b'])]
// @ is the value that is tested, $ the document. Operators: == != === !== < <= > >= =~ in nin
// contains all size empty subsetof anyof noneof exists, && || ! and parentheses; type and matches,
// which take what no text can say, accept nothing. A path alone asks whether
// it leads anywhere. Numbers and texts are equal when one reads as the other; a path that leads
// nowhere equals nothing.
#pragma once

#include <memory>
#include <string_view>

#include "weir/function/json_tree.h"

namespace weir {

class JsonFilter {
 public:
  /// Reads the expression at text[*at], up to the parenthesis that closes it, which is left.
  /// Errors: kInvalidQuery.
  static Result<std::shared_ptr<const JsonFilter>> Read(std::string_view text, size_t* at);
  virtual ~JsonFilter() = default;

  /// Threads: one; regular expressions keep scratch inside.
  /// What it looks at is paid from the budget of the path; when that is spent the answer means
  /// nothing.
  virtual bool Accepts(const JsonNode& value, const JsonNode& root, JsonBudget* budget) const = 0;
  /// Whether it looks at the whole document.
  virtual bool reads_root() const = 0;
};

}  // namespace weir
