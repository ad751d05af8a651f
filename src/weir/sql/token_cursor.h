// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A place in a list of tokens, and the errors for tokens that do not fit there. The parsers build
// on it. It remembers which keywords were looked for at the current token, so that an error can
// name the one that was meant.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/sql/ast.h"
#include "weir/sql/lexer.h"

namespace weir {

class TokenCursor {
 public:
  /// `sql` and `list` outlive the cursor.
  TokenCursor(std::string_view sql, const TokenList& list) : sql_(sql), list_(list) {}

  const Token& Peek(size_t ahead = 0) const {
    size_t index = at_ + ahead;
    return list_.tokens[index < list_.tokens.size() ? index : list_.tokens.size() - 1];
  }
  bool At(TokenKind kind) const { return Peek().kind == kind; }
  bool At(KeywordId keyword) {
    if (Peek().keyword == keyword) return true;
    Note(keyword);
    return false;
  }
  bool AtAhead(size_t ahead, KeywordId keyword) const { return Peek(ahead).keyword == keyword; }
  bool AtAhead(size_t ahead, TokenKind kind) const { return Peek(ahead).kind == kind; }
  /// The keywords `first second` stand here.
  bool At(KeywordId first, KeywordId second) { return AtAhead(1, second) && At(first); }

  void Advance() { at_ += Peek().kind == TokenKind::kEnd ? 0 : 1; }
  bool Accept(TokenKind kind) {
    if (!At(kind)) return false;
    Advance();
    return true;
  }
  bool Accept(KeywordId keyword) {
    if (!At(keyword)) return false;
    Advance();
    return true;
  }
  bool Accept(KeywordId first, KeywordId second) {
    if (!At(first, second)) return false;
    Advance();
    Advance();
    return true;
  }
  Status Expect(TokenKind kind);
  Status Expect(KeywordId keyword);
  /// The ')' behind a list, where another item could follow too.
  Status ExpectListEnd() {
    return Accept(TokenKind::kRightParen) ? Status::OK() : Unexpected("',' or ')'");
  }
  Status Expect(KeywordId first, KeywordId second) {
    WEIR_RETURN_NOT_OK(Expect(first));
    return Expect(second);
  }

  /// A bare name or a quoted one stands `ahead` tokens from here.
  bool AtIdentifier(size_t ahead = 0) const;
  /// A statement ends here.
  bool AtStatementEnd() const { return At(TokenKind::kEnd) || At(TokenKind::kSemicolon); }

  /// A quote or comment begins here that is open to the end of the text.
  bool AtOpenQuote() const {
    return At(TokenKind::kBad) && list_.open_at_end && Peek().end == sql_.size();
  }

  /// Reads a name; `what` is for the error: "a column name".
  Result<Identifier> ParseIdentifier(std::string_view what);
  /// Reads any word as a name, reserved or not: where a name only can follow.
  Result<Identifier> ParseAnyWord(std::string_view what);
  Result<ObjectPath> ParsePath(std::string_view what);
  Result<std::string> ParseString(std::string_view what);
  Result<int64_t> ParseInteger(std::string_view what);

  /// The error for the token that stands here; `expected` names what would have fitted: "a table
  /// name".
  Status Unexpected(std::string_view expected = {});

  std::string_view Text(const Token& token) const {
    return sql_.substr(token.begin, token.end - token.begin);
  }
  std::string_view Text(SourceSpan span) const {
    return sql_.substr(span.begin, span.end - span.begin);
  }
  uint32_t begin() const { return Peek().begin; }
  /// From `begin` to the end of the last token that was read.
  SourceSpan SpanFrom(uint32_t begin) const {
    uint32_t end = at_ == 0 ? begin : list_.tokens[at_ - 1].end;
    return {begin, end < begin ? begin : end};
  }
  std::string_view sql() const { return sql_; }
  size_t position() const { return at_; }
  /// Says that the word just read was taken as an alias without AS: the likeliest place of a
  /// misspelt keyword.
  void MarkImplicitAlias() { implicit_alias_ = at_ - 1; }

 private:
  void Note(KeywordId keyword) {
    if (Peek().kind != TokenKind::kWord) return;
    if (noted_at_ != at_) {
      noted_.clear();
      noted_at_ = at_;
    }
    if (noted_.size() < 64) noted_.push_back(keyword);
  }
  Identifier IdentifierOf(const Token& token) const {
    return {TokenValue(sql_, token), token.kind == TokenKind::kQuoted, token.span()};
  }

  std::string_view sql_;
  const TokenList& list_;
  size_t at_ = 0;
  size_t implicit_alias_ = SIZE_MAX;
  std::vector<KeywordId> noted_;
  size_t noted_at_ = SIZE_MAX;
};

}  // namespace weir
