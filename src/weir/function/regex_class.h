// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Character classes of java.util.regex in the syntax that RE2 and PCRE2 share: unions, [a-c[x-z]],
// and intersections, [a-z&&[^b]], are computed; Java's names, \p{Alpha}, \p{IsLatin},
// \p{javaUpperCase}, replaced.
//   [a-z&&[^b]]  ->  [\x{61}\x{63}-\x{7a}]        [\p{L}&&[^a]]  ->  (?:(?=[\p{L}])[^\x{61}])
// What only the tables of the engines know (\p{L}) is intersected by look-ahead, which is PCRE2's.
#pragma once

#include <string>
#include <string_view>

#include "weir/base/error.h"

namespace weir {

/// The class that begins with the '[' at pattern[*at], rewritten; *at moves behind its end. Errors:
/// kInvalidQuery.
Result<std::string> TranslateRegexClass(std::string_view pattern, size_t* at);

/// The \p{name}, \P{name} or \pN that begins at pattern[*at], rewritten; *at moves behind it.
/// Errors: kInvalidQuery.
Result<std::string> TranslateRegexProperty(std::string_view pattern, size_t* at);

}  // namespace weir
