// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// SQL text -> tokens. Total: any bytes give tokens; what is wrong becomes a kBad token whose error
// the parser reports when it gets there. Comments and blanks give nothing; a hint /*+ .. */ gives
// kHintBegin, its tokens, kHintEnd.
//   SELECT `a`, 1.5 -- x    ->  kWord SELECT, kQuoted `a`, kComma, kExactNumber 1.5, kEnd
// The text must outlive the tokens, which hold positions in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/error.h"
#include "weir/sql/keywords.h"

namespace weir {

enum class TokenKind : uint8_t {
  kEnd,
  kWord,     // bare identifier or keyword
  kQuoted,   // `identifier`
  kString,   // 'text', N'text', _utf8'text'
  kUnicode,  // U&'text'
  kHex,      // X'0A'
  kExactNumber,
  kApproxNumber,
  kHintBegin,
  kHintEnd,
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kLeftBrace,
  kRightBrace,
  kComma,
  kSemicolon,
  kDot,
  kColon,
  kQuestion,
  kCaret,
  kBar,
  kDollar,
  kPlus,
  kMinus,
  kStar,
  kSlash,
  kPercent,
  kConcat,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kArrow,  // =>
  kBad,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  KeywordId keyword = kNoKeyword;  // kWord only.
  uint32_t begin = 0;
  uint32_t end = 0;
  SourceSpan span() const { return {begin, end}; }
};

struct TokenList {
  std::vector<Token> tokens;  // Closed by a kEnd.
  /// Errors of the kBad tokens, in order.
  std::vector<Status> errors;
  bool open_at_end = false;  // A quote or comment is still open at the end.
};

TokenList Tokenize(std::string_view sql);

/// Checks that `sql` is UTF-8; the error has the position.
Status CheckUtf8(std::string_view sql);

/// The value of a kWord, kQuoted, kString token: quotes and doubled quotes resolved.
std::string TokenValue(std::string_view sql, const Token& token);
/// The value of a kUnicode token with `escape` as escape character.
Result<std::string> UnicodeStringValue(std::string_view sql, const Token& token, char escape);
/// The bytes of a kHex token.
Result<std::string> HexStringValue(std::string_view sql, const Token& token);

}  // namespace weir
