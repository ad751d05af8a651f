// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/sql/lexer.h"

#include <cstddef>
#include <utility>

namespace weir {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsWordStart(char c) {
  return IsLetter(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool IsWordPart(char c) { return IsWordStart(c) || IsDigit(c) || c == '$'; }
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  char upper = Upper(c);
  return upper >= 'A' && upper <= 'F' ? upper - 'A' + 10 : -1;
}

/// Characters that look like blanks or quotes and come from copied documents.
struct Lookalike {
  std::string_view bytes;
  std::string_view name;
  std::string_view hint;
};
constexpr Lookalike kLookalikes[] = {
    {"\xC2\xA0", "no-break space", "replace it by a blank"},
    {"\xE3\x80\x80", "ideographic space", "replace it by a blank"},
    {"\xE2\x80\x8B", "zero-width space", "remove it"},
    {"\xE2\x80\x98", "typographic quote", "write ' around strings"},
    {"\xE2\x80\x99", "typographic quote", "write ' around strings"},
    {"\xE2\x80\x9C", "typographic quote", "write ' around strings and ` around names"},
    {"\xE2\x80\x9D", "typographic quote", "write ' around strings and ` around names"},
    {"\xEF\xBC\x8C", "full-width comma", "write ,"},
    {"\xEF\xBC\x9B", "full-width semicolon", "write ;"},
    {"\xEF\xBC\x88", "full-width parenthesis", "write ("},
    {"\xEF\xBC\x89", "full-width parenthesis", "write )"},
};

class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  TokenList Run() {
    if (sql_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;  // A byte order mark.
    list_.tokens.reserve(sql_.size() / 4 + 2);
    while (SkipBlanks()) Next();
    Add(TokenKind::kEnd, sql_.size(), sql_.size());
    return std::move(list_);
  }

 private:
  char Char(size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }
  bool Starts(std::string_view text) const { return sql_.substr(at_, text.size()) == text; }

  void Add(TokenKind kind, size_t begin, size_t end, KeywordId keyword = kNoKeyword) {
    list_.tokens.push_back(
        {kind, keyword, static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
    at_ = end;
  }
  void AddBad(size_t begin, size_t end, Status error, std::string hint) {
    SourceSpan span{static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
    if (!hint.empty()) error = WithHint(error, std::move(hint));
    list_.errors.push_back(WithSpan(error, span));
    Add(TokenKind::kBad, begin, end);
  }

  /// Skips blanks and comments; false at the end.
  bool SkipBlanks() {
    while (at_ < sql_.size()) {
      char c = sql_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v') {
        ++at_;
      } else if (Starts("--") || Starts("//")) {
        size_t end = sql_.find('\n', at_);
        at_ = end == std::string_view::npos ? sql_.size() : end + 1;
      } else if (Starts("/*") && Char(2) != '+') {
        size_t end = sql_.find("*/", at_ + 2);
        if (end == std::string_view::npos) {
          list_.open_at_end = true;
          AddBad(at_, sql_.size(),
                 InvalidQuery("unexpected end of statement: the comment is not closed"), "add */");
          return false;
        }
        at_ = end + 2;
      } else {
        return true;
      }
    }
    return false;
  }

  void Next() {
    char c = sql_[at_];
    if (c == '\'') return Quoted(at_, at_, TokenKind::kString);
    if (c == '`') return Quoted(at_, at_, TokenKind::kQuoted);
    if ((c == 'x' || c == 'X') && Char(1) == '\'') return Quoted(at_, at_ + 1, TokenKind::kHex);
    if ((c == 'n' || c == 'N') && Char(1) == '\'') return Quoted(at_, at_ + 1, TokenKind::kString);
    if ((c == 'u' || c == 'U') && Char(1) == '&' && Char(2) == '\'')
      return Quoted(at_, at_ + 2, TokenKind::kUnicode);
    if (IsDigit(c) || (c == '.' && IsDigit(Char(1)))) return Number();
    if (const Lookalike* one = FindLookalike(at_)) {
      return AddBad(at_, at_ + one->bytes.size(), InvalidQuery("unexpected {}", one->name),
                    std::string(one->hint));
    }
    if (IsWordStart(c) || (c == '$' && IsWordPart(Char(1)))) return Word();
    Punctuation(c);
  }

  /// A text in quotes; `quote_at` is the opening quote, `begin` the token's start (before X, N,
  /// U&).
  void Quoted(size_t begin, size_t quote_at, TokenKind kind) {
    char quote = sql_[quote_at];
    size_t i = quote_at + 1;
    while (true) {
      i = sql_.find(quote, i);
      if (i == std::string_view::npos) {
        list_.open_at_end = true;
        std::string_view what = kind == TokenKind::kQuoted ? "name" : "string";
        return AddBad(
            begin, sql_.size(),
            WithSpan(
                InvalidQuery("unexpected end of statement: the {} that starts here is not closed",
                             what),
                {static_cast<uint32_t>(begin), static_cast<uint32_t>(quote_at + 1)}),
            fmt::format("add {} at its end", quote));
      }
      if (i + 1 >= sql_.size() || sql_[i + 1] != quote) break;
      i += 2;
    }
    if (kind == TokenKind::kQuoted && i == quote_at + 1) {
      return AddBad(begin, i + 1, InvalidQuery("a name cannot be empty"), "");
    }
    Add(kind, begin, i + 1);
  }

  void Number() {
    size_t begin = at_, i = at_;
    auto digits = [&] {
      while (i < sql_.size() && IsDigit(sql_[i])) ++i;
    };
    digits();
    if (i < sql_.size() && sql_[i] == '.') {
      ++i;
      digits();
    }
    TokenKind kind = TokenKind::kExactNumber;
    if (i < sql_.size() && (sql_[i] == 'e' || sql_[i] == 'E')) {
      size_t exponent = i + 1;
      if (exponent < sql_.size() && (sql_[exponent] == '+' || sql_[exponent] == '-')) ++exponent;
      if (exponent < sql_.size() && IsDigit(sql_[exponent])) {
        i = exponent;
        digits();
        kind = TokenKind::kApproxNumber;
      }
    }
    if (i < sql_.size() && IsWordPart(sql_[i])) {
      while (i < sql_.size() && IsWordPart(sql_[i])) ++i;
      std::string_view text = sql_.substr(begin, i - begin);
      return AddBad(begin, i, InvalidQuery("invalid number '{}'", text),
                    fmt::format("a name that starts with a digit is written `{}`", text));
    }
    Add(kind, begin, i);
  }

  void Word() {
    size_t begin = at_, i = at_;
    while (i < sql_.size() && IsWordPart(sql_[i]) && FindLookalike(i) == nullptr) ++i;
    // _utf8'text' names the character set of a string; the text is UTF-8 either way.
    if (sql_[begin] == '_' && i < sql_.size() && sql_[i] == '\'')
      return Quoted(begin, i, TokenKind::kString);
    KeywordId keyword = kNoKeyword;
    if (i - begin <= kKeywordBytesMax) {
      char upper[kKeywordBytesMax];
      for (size_t k = begin; k < i; ++k) upper[k - begin] = Upper(sql_[k]);
      keyword = FindKeyword({upper, i - begin});
    }
    Add(TokenKind::kWord, begin, i, keyword);
  }

  const Lookalike* FindLookalike(size_t at) const {
    if (static_cast<unsigned char>(sql_[at]) < 0x80) return nullptr;
    for (const Lookalike& one : kLookalikes) {
      if (sql_.substr(at, one.bytes.size()) == one.bytes) return &one;
    }
    return nullptr;
  }

  void Punctuation(char c);
  void Two(TokenKind kind) { Add(kind, at_, at_ + 2); }
  void One(TokenKind kind) { Add(kind, at_, at_ + 1); }
  void DoubleQuote();

  std::string_view sql_;
  size_t at_ = 0;
  bool in_hint_ = false;
  TokenList list_;
};

void Lexer::DoubleQuote() {
  size_t end = sql_.find('"', at_ + 1);
  end = end == std::string_view::npos ? at_ + 1 : end + 1;
  std::string_view text = sql_.substr(at_, end - at_);
  std::string hint = "write `name` for a name and 'text' for a string";
  if (text.size() > 2 && text.size() < 60 && text.find('\n') == std::string_view::npos) {
    std::string_view inner = text.substr(1, text.size() - 2);
    hint = fmt::format("write `{}` if it is a name and '{}' if it is a string", inner, inner);
  }
  AddBad(at_, end, InvalidQuery("double quotes are not used in Flink SQL"), std::move(hint));
}

void Lexer::Punctuation(char c) {
  using K = TokenKind;
  switch (c) {
    case '(':
      return One(K::kLeftParen);
    case ')':
      return One(K::kRightParen);
    case '[':
      return One(K::kLeftBracket);
    case ']':
      return One(K::kRightBracket);
    case '{':
      return One(K::kLeftBrace);
    case '}':
      return One(K::kRightBrace);
    case ',':
      return One(K::kComma);
    case ';':
      return One(K::kSemicolon);
    case '.':
      return One(K::kDot);
    case '?':
      return One(K::kQuestion);
    case '^':
      return One(K::kCaret);
    case '$':
      return One(K::kDollar);
    case '+':
      return One(K::kPlus);
    case '-':
      return One(K::kMinus);
    case '%':
      return One(K::kPercent);
    case '*':
      if (in_hint_ && Char(1) == '/') {
        in_hint_ = false;
        return Two(K::kHintEnd);
      }
      return One(K::kStar);
    case '/':
      if (Starts("/*+")) {
        in_hint_ = true;
        return Add(K::kHintBegin, at_, at_ + 3);
      }
      return One(K::kSlash);
    case '|':
      return Char(1) == '|' ? Two(K::kConcat) : One(K::kBar);
    case '<':
      if (Char(1) == '>') return Two(K::kNotEqual);
      return Char(1) == '=' ? Two(K::kLessOrEqual) : One(K::kLess);
    case '>':
      return Char(1) == '=' ? Two(K::kGreaterOrEqual) : One(K::kGreater);
    case '!':
      if (Char(1) == '=') return Two(K::kNotEqual);
      return AddBad(at_, at_ + 1, InvalidQuery("unexpected '!'"), "write NOT");
    case '=':
      if (Char(1) == '>') return Two(K::kArrow);
      if (Char(1) == '=') return AddBad(at_, at_ + 2, InvalidQuery("unexpected '=='"), "write =");
      return One(K::kEqual);
    case ':':
      if (Char(1) == ':')
        return AddBad(at_, at_ + 2, InvalidQuery("unexpected '::'"), "write CAST(x AS type)");
      return One(K::kColon);
    case '&':
      if (Char(1) == '&') return AddBad(at_, at_ + 2, InvalidQuery("unexpected '&&'"), "write AND");
      return AddBad(at_, at_ + 1, InvalidQuery("unexpected '&'"), "");
    case '"':
      return DoubleQuote();
    default:
      break;
  }
  unsigned char byte = static_cast<unsigned char>(c);
  if (byte < 0x20 || byte == 0x7F)
    return AddBad(at_, at_ + 1, InvalidQuery("unexpected byte 0x{:02X}", byte), "");
  AddBad(at_, at_ + 1, InvalidQuery("unexpected '{}'", c), "");
}

void AppendUtf8(uint32_t point, std::string* out) {
  auto put = [&](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

/// The text between the quotes, doubled quotes made single.
std::string Unquote(std::string_view text, char quote) {
  size_t open = text.find(quote);
  std::string out;
  for (size_t i = open + 1; i + 1 < text.size(); ++i) {
    out.push_back(text[i]);
    if (text[i] == quote) ++i;
  }
  return out;
}

/// Length of the valid UTF-8 sequence at `i`, or 0.
size_t Utf8Length(std::string_view s, size_t i) {
  auto byte = [&](size_t k) { return k < s.size() ? static_cast<unsigned char>(s[k]) : 0u; };
  auto tail = [&](size_t k) { return (byte(k) & 0xC0) == 0x80; };
  unsigned b = byte(i);
  if (b < 0x80) return 1;
  if (b >= 0xC2 && b <= 0xDF) return tail(i + 1) ? 2 : 0;
  if (b >= 0xE0 && b <= 0xEF) {
    if (!tail(i + 1) || !tail(i + 2)) return 0;
    if (b == 0xE0 && byte(i + 1) < 0xA0) return 0;  // Overlong.
    if (b == 0xED && byte(i + 1) > 0x9F) return 0;  // A surrogate.
    return 3;
  }
  if (b >= 0xF0 && b <= 0xF4) {
    if (!tail(i + 1) || !tail(i + 2) || !tail(i + 3)) return 0;
    if (b == 0xF0 && byte(i + 1) < 0x90) return 0;
    if (b == 0xF4 && byte(i + 1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

}  // namespace

TokenList Tokenize(std::string_view sql) { return Lexer(sql).Run(); }

Status CheckUtf8(std::string_view sql) {
  for (size_t i = 0; i < sql.size();) {
    size_t length = Utf8Length(sql, i);
    if (length == 0) {
      SourceSpan span{static_cast<uint32_t>(i), static_cast<uint32_t>(i + 1)};
      return InvalidQueryAt(span, "the SQL text is not valid UTF-8: byte 0x{:02X} at offset {}",
                            static_cast<unsigned char>(sql[i]), i);
    }
    i += length;
  }
  return Status::OK();
}

std::string TokenValue(std::string_view sql, const Token& token) {
  std::string_view text = sql.substr(token.begin, token.end - token.begin);
  if (token.kind == TokenKind::kQuoted) return Unquote(text, '`');
  if (token.kind == TokenKind::kString) return Unquote(text, '\'');
  return std::string(text);
}

Result<std::string> UnicodeStringValue(std::string_view sql, const Token& token, char escape) {
  std::string text = Unquote(sql.substr(token.begin, token.end - token.begin), '\'');
  std::string out;
  uint32_t high_surrogate = 0;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != escape) {
      if (high_surrogate != 0)
        return InvalidQueryAt(token.span(), "half a surrogate pair in a unicode string");
      out.push_back(text[i++]);
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == escape) {
      out.push_back(escape);
      i += 2;
      continue;
    }
    size_t digits = i + 1 < text.size() && text[i + 1] == '+' ? 6 : 4;
    size_t start = digits == 6 ? i + 2 : i + 1;
    uint32_t point = 0;
    for (size_t k = start; k < start + digits; ++k) {
      int digit = k < text.size() ? HexDigit(text[k]) : -1;
      if (digit < 0) {
        return WithHint(
            InvalidQueryAt(token.span(), "invalid unicode escape in a string"),
            fmt::format("write {}XXXX or {}+XXXXXX with hexadecimal digits", escape, escape));
      }
      point = point * 16 + static_cast<uint32_t>(digit);
    }
    i = start + digits;
    bool is_low = point >= 0xDC00 && point <= 0xDFFF;
    if (is_low != (high_surrogate != 0))
      return InvalidQueryAt(token.span(), "half a surrogate pair in a unicode string");
    if (is_low) {
      point = 0x10000 + ((high_surrogate - 0xD800) << 10) + (point - 0xDC00);
      high_surrogate = 0;
    } else if (point >= 0xD800 && point <= 0xDBFF) {
      high_surrogate = point;
      continue;
    }
    if (point > 0x10FFFF) return InvalidQueryAt(token.span(), "unicode escape beyond U+10FFFF");
    AppendUtf8(point, &out);
  }
  if (high_surrogate != 0)
    return InvalidQueryAt(token.span(), "half a surrogate pair in a unicode string");
  return out;
}

Result<std::string> HexStringValue(std::string_view sql, const Token& token) {
  std::string text = Unquote(sql.substr(token.begin, token.end - token.begin), '\'');
  if (text.size() % 2 != 0) {
    return InvalidQueryAt(
        token.span(),
        "a binary literal needs an even number of hexadecimal digits; this one has {}",
        text.size());
  }
  std::string out;
  for (size_t i = 0; i < text.size(); i += 2) {
    int high = HexDigit(text[i]), low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0)
      return InvalidQueryAt(token.span(), "a binary literal takes hexadecimal digits only");
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return out;
}

}  // namespace weir
