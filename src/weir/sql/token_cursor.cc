// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/sql/token_cursor.h"

#include <charconv>

namespace weir {
namespace {

std::string_view TokenKindName(TokenKind kind) {
  switch (kind) {
    case TokenKind::kLeftParen:
      return "'('";
    case TokenKind::kRightParen:
      return "')'";
    case TokenKind::kLeftBracket:
      return "'['";
    case TokenKind::kRightBracket:
      return "']'";
    case TokenKind::kLeftBrace:
      return "'{'";
    case TokenKind::kRightBrace:
      return "'}'";
    case TokenKind::kComma:
      return "','";
    case TokenKind::kSemicolon:
      return "';'";
    case TokenKind::kDot:
      return "'.'";
    case TokenKind::kColon:
      return "':'";
    case TokenKind::kEqual:
      return "'='";
    case TokenKind::kLess:
      return "'<'";
    case TokenKind::kGreater:
      return "'>'";
    case TokenKind::kArrow:
      return "'=>'";
    case TokenKind::kHintEnd:
      return "'*/'";
    case TokenKind::kMinus:
      return "'-'";
    case TokenKind::kString:
      return "a string";
    default:
      return "another token";
  }
}

/// Clause words that are suggested for a misspelt word wherever a clause may begin.
constexpr KeywordId kClauseWords[] = {
    "FROM"_kw,   "WHERE"_kw, "GROUP"_kw, "HAVING"_kw,    "ORDER"_kw,  "LIMIT"_kw,
    "UNION"_kw,  "JOIN"_kw,  "INNER"_kw, "LEFT"_kw,      "RIGHT"_kw,  "CROSS"_kw,
    "ON"_kw,     "USING"_kw, "AS"_kw,    "INTERSECT"_kw, "EXCEPT"_kw, "QUALIFY"_kw,
    "WINDOW"_kw, "AND"_kw,   "OR"_kw,    "BETWEEN"_kw,   "LIKE"_kw,
};

/// The keyword that `word` most likely was meant to be, among `looked_for` and the clause words.
std::string NearestKeyword(std::string_view word, const std::vector<KeywordId>& looked_for) {
  // One letter is too little to guess from, and two allow for one slip only.
  if (word.size() < 2 || word.size() > kKeywordBytesMax) return {};
  int best_distance = word.size() <= 3 ? 1 : 2;
  std::string best;
  auto consider = [&](KeywordId id) {
    std::string_view name = KeywordName(id);
    int distance = EditDistance(word, name);
    // An equal word here would be one that stands at the wrong place, not a slip.
    if (distance == 0 || distance * 2 >= static_cast<int>(name.size()) + 1) return;
    if (distance < best_distance || (distance == best_distance && best.empty())) {
      best_distance = distance;
      best = std::string(name);
    }
  };
  for (KeywordId id : looked_for) consider(id);
  for (KeywordId id : kClauseWords) consider(id);
  return best;
}

constexpr size_t kShownBytesMax = 40;

std::string Shown(std::string_view text) {
  if (text.size() <= kShownBytesMax) return std::string(text);
  size_t end = kShownBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "..";
}

}  // namespace

Status TokenCursor::Expect(TokenKind kind) {
  if (Accept(kind)) return Status::OK();
  return Unexpected(TokenKindName(kind));
}

Status TokenCursor::Expect(KeywordId keyword) {
  if (Accept(keyword)) return Status::OK();
  return Unexpected(KeywordName(keyword));
}

bool TokenCursor::AtIdentifier(size_t ahead) const {
  const Token& token = Peek(ahead);
  return token.kind == TokenKind::kQuoted ||
         (token.kind == TokenKind::kWord && !KeywordIsReserved(token.keyword));
}

Result<Identifier> TokenCursor::ParseIdentifier(std::string_view what) {
  const Token& token = Peek();
  if (!AtIdentifier()) {
    if (token.kind == TokenKind::kWord) {
      return WithHint(
          Unexpected(what),
          fmt::format("'{0}' is a reserved word; as a name it is written `{0}`", Text(token)));
    }
    if (token.kind == TokenKind::kString) {
      return WithHint(Unexpected(what), "names stand in back quotes, strings in single quotes");
    }
    return Unexpected(what);
  }
  Identifier out = IdentifierOf(token);
  Advance();
  return out;
}

Result<Identifier> TokenCursor::ParseAnyWord(std::string_view what) {
  const Token& token = Peek();
  if (token.kind != TokenKind::kWord) return ParseIdentifier(what);
  Identifier out = IdentifierOf(token);
  Advance();
  return out;
}

Result<ObjectPath> TokenCursor::ParsePath(std::string_view what) {
  ObjectPath path;
  WEIR_ASSIGN_OR_RETURN(Identifier first, ParseIdentifier(what));
  path.push_back(std::move(first));
  while (At(TokenKind::kDot) && !AtAhead(1, TokenKind::kStar)) {
    Advance();
    WEIR_ASSIGN_OR_RETURN(Identifier next, ParseAnyWord(what));
    path.push_back(std::move(next));
  }
  return path;
}

Result<std::string> TokenCursor::ParseString(std::string_view what) {
  const Token& token = Peek();
  if (token.kind == TokenKind::kUnicode) {
    WEIR_ASSIGN_OR_RETURN(std::string value, UnicodeStringValue(sql_, token, '\\'));
    Advance();
    return value;
  }
  if (token.kind != TokenKind::kString) return Unexpected(what);
  std::string value = TokenValue(sql_, token);
  Advance();
  return value;
}

Result<int64_t> TokenCursor::ParseInteger(std::string_view what) {
  const Token& token = Peek();
  if (token.kind != TokenKind::kExactNumber) return Unexpected(what);
  std::string_view text = Text(token);
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return InvalidQueryAt(token.span(), "invalid number '{}'; expected {}", Shown(text), what);
  }
  Advance();
  return value;
}

Status TokenCursor::Unexpected(std::string_view expected) {
  const Token& token = Peek();
  if (token.kind == TokenKind::kBad) {
    size_t index = 0;
    for (size_t i = 0; i < at_; ++i) index += list_.tokens[i].kind == TokenKind::kBad;
    return list_.errors[index];
  }
  std::string tail = expected.empty() ? "" : fmt::format("; expected {}", expected);
  if (implicit_alias_ + 1 == at_ && implicit_alias_ != SIZE_MAX) {
    // "SELECT a FORM t": the word before was taken for an alias and is more likely the mistake.
    const Token& alias = list_.tokens[implicit_alias_];
    std::string nearest = NearestKeyword(Text(alias), {});
    if (!nearest.empty()) {
      return InvalidQueryAt(alias.span(), "unexpected '{}'; did you mean {}?", Shown(Text(alias)),
                            nearest);
    }
  }
  if (token.kind == TokenKind::kEnd || token.kind == TokenKind::kSemicolon) {
    SourceSpan span = token.span();
    if (span.empty() && at_ > 0) span = {list_.tokens[at_ - 1].end - 1, list_.tokens[at_ - 1].end};
    return InvalidQueryAt(span, "unexpected end of statement{}", tail);
  }
  if (token.kind == TokenKind::kHintBegin) {
    return WithHint(InvalidQueryAt(token.span(), "unexpected hint{}", tail),
                    "hints follow SELECT, a table name or the target of INSERT");
  }
  bool reserved = KeywordIsReserved(token.keyword);
  bool closes_list = token.kind == TokenKind::kRightParen || reserved;
  if (closes_list && at_ > 0 && list_.tokens[at_ - 1].kind == TokenKind::kComma) {
    return WithHint(InvalidQueryAt(token.span(), "unexpected '{}'{}", Shown(Text(token)), tail),
                    "remove the ',' before it");
  }
  // A reserved word stands at the wrong place; it is no slip of the pen.
  if (token.kind == TokenKind::kWord && !reserved) {
    std::string nearest =
        NearestKeyword(Text(token), noted_at_ == at_ ? noted_ : std::vector<KeywordId>{});
    if (!nearest.empty()) {
      return InvalidQueryAt(token.span(), "unexpected '{}'; did you mean {}?", Shown(Text(token)),
                            nearest);
    }
  }
  return InvalidQueryAt(token.span(), "unexpected '{}'{}", Shown(Text(token)), tail);
}

}  // namespace weir
