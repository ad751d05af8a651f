// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A compiled LIKE pattern. What users write is nearly always one of the first five shapes, each of
// which is one comparison or one memmem; everything else is matched with two pointers, going back
// to the last % only.
//   'abc' kExact   'abc%' kPrefix   '%abc' kSuffix   '%abc%' kContains   'a%b%c' kParts   'a_c'
//   kGeneral
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/base/error.h"

namespace weir {

class LikeMatcher {
 public:
  /// `escape`: empty for none, or one character. Errors: kInvalidQuery with Flink's texts.
  static Result<LikeMatcher> Compile(std::string_view pattern, std::string_view escape);

  bool Matches(std::string_view text) const {
    switch (shape_) {
      case Shape::kExact:
        return text == prefix_;
      case Shape::kPrefix:
        return text.starts_with(prefix_);
      case Shape::kSuffix:
        return text.ends_with(suffix_);
      case Shape::kContains:
        return memmem(text.data(), text.size(), suffix_.data(), suffix_.size()) != nullptr;
      case Shape::kParts:
        return MatchesParts(text);
      case Shape::kGeneral:
        return MatchesGeneral(text);
    }
    return false;
  }

 private:
  enum class Shape : unsigned char { kExact, kPrefix, kSuffix, kContains, kParts, kGeneral };
  struct Token {
    enum class Kind : unsigned char { kText, kAnyOne, kAnyMany } kind;
    std::string text;
  };

  bool MatchesParts(std::string_view text) const;
  bool MatchesGeneral(std::string_view text) const;

  Shape shape_ = Shape::kExact;
  std::string prefix_;               // Before the first %.
  std::vector<std::string> middle_;  // Between two %.
  std::string suffix_;               // Behind the last %; what kContains looks for.
  std::vector<Token> tokens_;        // kGeneral: kText tokens hold one character.
};

/// The regular expression of a SIMILAR TO pattern, to be matched as a whole.
Result<std::string> SimilarToRegex(std::string_view pattern, std::string_view escape);

}  // namespace weir
