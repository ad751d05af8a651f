// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/like_matcher.h"

#include "weir/function/utf8.h"

namespace weir {
namespace {

using sv = std::string_view;

Status InvalidEscapeSequence(sv pattern, size_t at) {
  return InvalidQuery("Invalid escape sequence '{}', {}", pattern,
                      CountCharacters(pattern.substr(0, at)));
}

Status CheckEscape(sv escape) {
  if (CountCharacters(escape) > 1) return InvalidQuery("Invalid escape character '{}'", escape);
  return Status::OK();
}

}  // namespace

Result<LikeMatcher> LikeMatcher::Compile(sv pattern, sv escape) {
  WEIR_RETURN_NOT_OK(CheckEscape(escape));
  LikeMatcher matcher;
  bool has_any_one = false;
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < pattern.size();) {
    size_t bytes = CharacterBytes(pattern.substr(i));
    sv character = pattern.substr(i, bytes);
    if (!escape.empty() && character == escape) {
      size_t next = i + bytes;
      if (next >= pattern.size()) return InvalidEscapeSequence(pattern, i);
      bytes = CharacterBytes(pattern.substr(next));
      character = pattern.substr(next, bytes);
      if (character != "%" && character != "_" && character != escape)
        return InvalidEscapeSequence(pattern, i);
      i = next;
    } else if (character == "%") {
      if (matcher.tokens_.empty() || matcher.tokens_.back().kind != Token::Kind::kAnyMany) {
        matcher.tokens_.push_back({Token::Kind::kAnyMany, {}});
        parts.emplace_back();
      }
      ++i;
      continue;
    } else if (character == "_") {
      matcher.tokens_.push_back({Token::Kind::kAnyOne, {}});
      has_any_one = true;
      ++i;
      continue;
    }
    matcher.tokens_.push_back({Token::Kind::kText, std::string(character)});
    parts.back() += character;
    i += bytes;
  }
  if (has_any_one) {
    matcher.shape_ = Shape::kGeneral;
    return matcher;
  }
  matcher.tokens_.clear();
  matcher.prefix_ = parts.front();
  if (parts.size() == 1) return matcher;
  matcher.suffix_ = parts.back();
  matcher.middle_.assign(parts.begin() + 1, parts.end() - 1);
  if (parts.size() == 2) {
    matcher.shape_ = matcher.suffix_.empty()   ? Shape::kPrefix
                     : matcher.prefix_.empty() ? Shape::kSuffix
                                               : Shape::kParts;
  } else if (parts.size() == 3 && matcher.prefix_.empty() && matcher.suffix_.empty()) {
    matcher.shape_ = Shape::kContains;
    matcher.suffix_ = parts[1];
  } else {
    matcher.shape_ = Shape::kParts;
  }
  return matcher;
}

bool LikeMatcher::MatchesParts(sv text) const {
  if (text.size() < prefix_.size() + suffix_.size() || !text.starts_with(prefix_) ||
      !text.ends_with(suffix_))
    return false;
  text.remove_prefix(prefix_.size());
  text.remove_suffix(suffix_.size());
  for (const std::string& part : middle_) {
    size_t at = FindBytes(text, part);
    if (at == sv::npos) return false;
    text.remove_prefix(at + part.size());
  }
  return true;
}

bool LikeMatcher::MatchesGeneral(sv text) const {
  size_t at = 0, token = 0;
  // Where to go on after a mismatch: behind the last %, with one character more given to it.
  size_t star_token = tokens_.size() + 1, star_at = 0;
  while (at < text.size() || token < tokens_.size()) {
    if (token < tokens_.size() && tokens_[token].kind == Token::Kind::kAnyMany) {
      star_token = ++token;
      star_at = at;
      continue;
    }
    if (token < tokens_.size() && at < text.size()) {
      size_t bytes = CharacterBytes(text.substr(at));
      if (tokens_[token].kind == Token::Kind::kAnyOne ||
          text.substr(at, bytes) == tokens_[token].text) {
        at += bytes;
        ++token;
        continue;
      }
    }
    if (star_token > tokens_.size() || star_at >= text.size()) return false;
    star_at += CharacterBytes(text.substr(star_at));
    at = star_at;
    token = star_token;
  }
  return true;
}

Result<std::string> SimilarToRegex(sv pattern, sv escape) {
  WEIR_RETURN_NOT_OK(CheckEscape(escape));
  std::string regex;
  bool in_class = false;
  auto append_literal = [&](sv character) {
    if (sv("\\^$.|?*+()[]{}-").find(character) != sv::npos) regex += '\\';
    regex += character;
  };
  for (size_t i = 0; i < pattern.size();) {
    size_t bytes = CharacterBytes(pattern.substr(i));
    sv character = pattern.substr(i, bytes);
    if (!escape.empty() && character == escape) {
      size_t next = i + bytes;
      if (next >= pattern.size()) return InvalidEscapeSequence(pattern, i);
      bytes = CharacterBytes(pattern.substr(next));
      character = pattern.substr(next, bytes);
      if (sv("_%|*+()[]{}^?-").find(character) == sv::npos && character != escape) {
        return InvalidEscapeSequence(pattern, i);
      }
      append_literal(character);
      i = next + bytes;
      continue;
    }
    if (in_class) {
      if (character == "]") in_class = false;
      if (character == "\\" || (character == "[" && !pattern.substr(i).starts_with("[:")))
        regex += '\\';
      regex += character;
    } else if (character == "%") {
      regex += "(?s:.*)";
    } else if (character == "_") {
      regex += "(?s:.)";
    } else if (character == "[") {
      in_class = true;
      regex += character;
    } else if (character == "$" || character == "^" || character == "\\") {
      append_literal(character);
    } else {
      regex += character;  // | * + ? { } ( ) and, as in Flink, the point mean what they mean in a
                           // regular expression.
    }
    i += bytes;
  }
  if (in_class) return InvalidQuery("invalid SIMILAR TO pattern '{}': '[' is not closed", pattern);
  return regex;
}

}  // namespace weir
