// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Operands: literals, names, constructors, CASE, CAST, parentheses.
#include <array>
#include <cctype>

#include "weir/sql/statement_parser.h"

namespace weir {
namespace {

struct UnitName {
  std::string_view name;
  TimeUnit unit;
};
constexpr UnitName kUnitNames[] = {
    {"YEAR", TimeUnit::kYear},
    {"QUARTER", TimeUnit::kQuarter},
    {"MONTH", TimeUnit::kMonth},
    {"WEEK", TimeUnit::kWeek},
    {"DAY", TimeUnit::kDay},
    {"HOUR", TimeUnit::kHour},
    {"MINUTE", TimeUnit::kMinute},
    {"SECOND", TimeUnit::kSecond},
    {"MILLISECOND", TimeUnit::kMillisecond},
    {"MICROSECOND", TimeUnit::kMicrosecond},
    {"NANOSECOND", TimeUnit::kNanosecond},
    {"DECADE", TimeUnit::kDecade},
    {"CENTURY", TimeUnit::kCentury},
    {"MILLENNIUM", TimeUnit::kMillennium},
    {"EPOCH", TimeUnit::kEpoch},
    {"DOW", TimeUnit::kDow},
    {"ISODOW", TimeUnit::kIsoDow},
    {"DOY", TimeUnit::kDoy},
    {"ISOYEAR", TimeUnit::kIsoYear},
};

constexpr std::array kNiladicCalls = {
    "CURRENT_CATALOG"_kw, "CURRENT_DATE"_kw,   "CURRENT_PATH"_kw,      "CURRENT_ROLE"_kw,
    "CURRENT_SCHEMA"_kw,  "CURRENT_TIME"_kw,   "CURRENT_TIMESTAMP"_kw, "CURRENT_USER"_kw,
    "LOCALTIME"_kw,       "LOCALTIMESTAMP"_kw, "SESSION_USER"_kw,      "SYSTEM_USER"_kw,
};
/// Reserved words that are functions when '(' follows: LEFT('abc', 2).
constexpr std::array kCallableReserved = {"LEFT"_kw, "RIGHT"_kw, "INSERT"_kw,
                                          "ANY"_kw,  "SOME"_kw,  "DEFAULT"_kw};

template <size_t N>
bool Contains(const std::array<KeywordId, N>& set, KeywordId id) {
  for (KeywordId one : set) {
    if (one == id) return true;
  }
  return false;
}

std::string UpperCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

std::string_view TimeUnitName(TimeUnit unit) {
  for (const UnitName& one : kUnitNames) {
    if (one.unit == unit) return one.name;
  }
  return "";
}

std::optional<TimeUnit> StatementParser::PeekTimeUnit() const {
  const Token& token = Peek();
  if (token.kind != TokenKind::kWord || token.end - token.begin > 24) return std::nullopt;
  std::string word = UpperCase(Text(token));
  if (word.starts_with("SQL_TSI_")) word = word.substr(8);
  if (word == "FRAC_SECOND") return TimeUnit::kMicrosecond;
  if (word == "CENTURIES") return TimeUnit::kCentury;
  for (const UnitName& one : kUnitNames) {
    if (word == one.name ||
        (word.size() == one.name.size() + 1 && word.back() == 'S' && word.starts_with(one.name))) {
      return one.unit;
    }
  }
  return std::nullopt;
}

Result<AstExprPtr> StatementParser::ParsePrimary() {
  const Token& token = Peek();
  uint32_t begin = token.begin;
  switch (token.kind) {
    case TokenKind::kExactNumber:
    case TokenKind::kApproxNumber: {
      bool exact = token.kind == TokenKind::kExactNumber;
      std::string text(Text(token));
      Advance();
      return Make(AstLiteral{exact ? LiteralKind::kExactNumber : LiteralKind::kApproxNumber,
                             std::move(text)},
                  begin);
    }
    case TokenKind::kString:
    case TokenKind::kUnicode:
    case TokenKind::kHex:
      return ParseStringLiteral();
    case TokenKind::kLeftParen:
      return ParseParenthesized();
    case TokenKind::kQuoted:
      return ParseNameOrCall();
    case TokenKind::kWord:
      return ParseWord();
    case TokenKind::kQuestion:
      Advance();
      return Make(AstParameter{parameter_count_++}, begin);
    case TokenKind::kStar:
      return WithHint(Unexpected("an expression"), "* stands alone in SELECT or in COUNT(*)");
    default:
      return Unexpected("an expression");
  }
}

Result<AstExprPtr> StatementParser::ParseWord() {
  uint32_t begin = this->begin();
  KeywordId keyword = Peek().keyword;
  auto literal = [&](LiteralKind kind) {
    Advance();
    return Make(AstLiteral{kind, {}}, begin);
  };
  bool call = AtAhead(1, TokenKind::kLeftParen);
  bool bracket = AtAhead(1, TokenKind::kLeftBracket);
  bool string = AtAhead(1, TokenKind::kString);
  switch (keyword) {
    case kNoKeyword:
      return ParseNameOrCall();
    case "NULL"_kw:
      return literal(LiteralKind::kNull);
    case "TRUE"_kw:
      return literal(LiteralKind::kTrue);
    case "FALSE"_kw:
      return literal(LiteralKind::kFalse);
    case "UNKNOWN"_kw:
      return literal(LiteralKind::kUnknown);
    case "CASE"_kw:
      return ParseCase();
    case "CAST"_kw:
      return ParseCast(false);
    case "TRY_CAST"_kw:
      if (call) return ParseCast(true);
      break;
    case "EXISTS"_kw:
      return ParseExists();
    case "DATE"_kw:
      if (string) return ParseDateTimeLiteral(LiteralKind::kDate, 1);
      break;
    case "TIME"_kw:
      if (string) return ParseDateTimeLiteral(LiteralKind::kTime, 1);
      break;
    case "TIMESTAMP"_kw:
      if (string) return ParseDateTimeLiteral(LiteralKind::kTimestamp, 1);
      if (AtAhead(1, "WITH"_kw) && AtAhead(2, "LOCAL"_kw))
        return ParseDateTimeLiteral(LiteralKind::kTimestampLtz, 5);
      break;
    case "TIMESTAMP_LTZ"_kw:
      if (string) return ParseDateTimeLiteral(LiteralKind::kTimestampLtz, 1);
      break;
    case "INTERVAL"_kw:
      if (AtIntervalLiteral()) return ParseIntervalLiteral();
      break;
    case "ARRAY"_kw:
      if (bracket || (call && AtQuery(2))) return ParseConstructor(ConstructorKind::kArray);
      break;
    case "MAP"_kw:
      if (bracket || (call && AtQuery(2))) return ParseConstructor(ConstructorKind::kMap);
      break;
    case "MULTISET"_kw:
      if (bracket || (call && AtQuery(2))) return ParseConstructor(ConstructorKind::kMultiset);
      break;
    case "ROW"_kw:
      if (call) return ParseRowConstructor();
      break;
    case "DESCRIPTOR"_kw:
      if (call) return ParseDescriptor();
      break;
    case "DEFAULT"_kw:
      if (call) break;
      Advance();
      return Make(AstDefault{}, begin);
    default:
      break;
  }
  if (KeywordIsReserved(keyword)) {
    if (Contains(kNiladicCalls, keyword) || (call && Contains(kCallableReserved, keyword)))
      return ParseNameOrCall();
    if (AtQueryWord())
      return WithHint(Unexpected("an expression"),
                      "a query inside an expression stands in parentheses");
    Status status = Unexpected("an expression");
    return WithHint(status, fmt::format("'{0}' is a reserved word; as a name it is written `{0}`",
                                        Text(Peek())));
  }
  return ParseNameOrCall();
}

Result<AstExprPtr> StatementParser::ParseExists() {
  uint32_t begin = this->begin();
  Advance();
  WEIR_ASSIGN_OR_RETURN(AstQueryPtr query, ParseQueryInParentheses());
  return Make(AstExists{std::move(query)}, begin);
}

Result<AstExprPtr> StatementParser::MakeNiladicCall(ObjectPath name, uint32_t begin) {
  AstCall call;
  call.name = std::move(name);
  call.form = CallForm::kNiladic;
  return Make(std::move(call), begin);
}

Result<AstExprPtr> StatementParser::ParseNameOrCall() {
  uint32_t begin = this->begin();
  ObjectPath path;
  WEIR_ASSIGN_OR_RETURN(Identifier first, ParseAnyWord("an expression"));
  bool niladic = !first.quoted && Contains(kNiladicCalls, FindKeyword(UpperCase(first.value)));
  path.push_back(std::move(first));
  if (niladic && !At(TokenKind::kLeftParen)) {
    return MakeNiladicCall(std::move(path), begin);
  }
  while (At(TokenKind::kDot)) {
    Advance();
    if (Accept(TokenKind::kStar)) return Make(AstStar{std::move(path), nullptr}, begin);
    WEIR_ASSIGN_OR_RETURN(Identifier next, ParseAnyWord("a name"));
    path.push_back(std::move(next));
  }
  if (At(TokenKind::kLeftParen)) return ParseCall(std::move(path), begin);
  return Make(AstColumnPath{std::move(path)}, begin);
}

Result<AstExprPtr> StatementParser::ParseStringLiteral() {
  const Token& first = Peek();
  uint32_t begin = first.begin;
  AstLiteral literal{first.kind == TokenKind::kHex ? LiteralKind::kBinary : LiteralKind::kString,
                     {}};
  while (true) {
    const Token& token = Peek();
    Advance();
    if (token.kind == TokenKind::kHex) {
      WEIR_ASSIGN_OR_RETURN(std::string part, HexStringValue(sql(), token));
      literal.text += part;
    } else if (token.kind == TokenKind::kUnicode) {
      char escape = '\\';
      if (Accept("UESCAPE"_kw)) {
        SourceSpan span = Peek().span();
        WEIR_ASSIGN_OR_RETURN(std::string character, ParseString("an escape character in quotes"));
        if (character.size() != 1) return InvalidQueryAt(span, "UESCAPE takes one ASCII character");
        escape = character[0];
      }
      WEIR_ASSIGN_OR_RETURN(std::string part, UnicodeStringValue(sql(), token, escape));
      literal.text += part;
    } else {
      literal.text += TokenValue(sql(), token);
    }
    // 'a' on one line and 'b' on the next are one string, by the SQL standard.
    const Token& next = Peek();
    std::string_view gap = Text(SourceSpan{token.end, next.begin});
    bool continues = next.kind == TokenKind::kString && gap.find('\n') != std::string_view::npos;
    if (!continues) break;
  }
  if (At(TokenKind::kString)) {
    return WithHint(Unexpected("an operator or ','"),
                    "join strings with ||, and write '' for a quote inside a string");
  }
  return Make(std::move(literal), begin);
}

Result<AstExprPtr> StatementParser::ParseParenthesized() {
  uint32_t begin = this->begin();
  if (AtQueryWord(1)) {
    WEIR_ASSIGN_OR_RETURN(AstQueryPtr query, ParseQueryInParentheses());
    return Make(AstSubquery{std::move(query)}, begin);
  }
  bool maybe_query = AtQuery(1);
  Advance();
  uint32_t inner_begin = this->begin();
  WEIR_ASSIGN_OR_RETURN(std::vector<AstExprPtr> items, ParseExpressionList());
  // ((SELECT ..) UNION (SELECT ..)): what looked like an operand was the first query of several.
  const auto* subquery = items[0]->As<AstSubquery>();
  bool query_goes_on =
      AtSetOperator() || At("ORDER"_kw) || At("LIMIT"_kw) || At("OFFSET"_kw) || At("FETCH"_kw);
  if (maybe_query && items.size() == 1 && subquery != nullptr && query_goes_on) {
    WEIR_ASSIGN_OR_RETURN(AstQueryPtr query, ContinueQuery(subquery->query, inner_begin));
    WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
    return Make(AstSubquery{std::move(query)}, begin);
  }
  WEIR_RETURN_NOT_OK(ExpectListEnd());
  if (items.size() == 1) return std::move(items[0]);
  return Make(AstConstructor{ConstructorKind::kTuple, std::move(items), nullptr}, begin);
}

Result<std::vector<AstExprPtr>> StatementParser::ParseExpressionList() {
  std::vector<AstExprPtr> items;
  do {
    WEIR_ASSIGN_OR_RETURN(AstExprPtr item, ParseExpression());
    items.push_back(std::move(item));
  } while (Accept(TokenKind::kComma));
  return items;
}

Result<AstExprPtr> StatementParser::ParseCase() {
  uint32_t begin = this->begin();
  Advance();
  AstCase out;
  if (!At("WHEN"_kw)) {
    WEIR_ASSIGN_OR_RETURN(out.operand, ParseExpression());
  }
  if (!At("WHEN"_kw)) return Unexpected("WHEN");
  while (Accept("WHEN"_kw)) {
    std::vector<AstExprPtr> conditions;
    do {
      WEIR_ASSIGN_OR_RETURN(AstExprPtr condition, ParseExpression());
      conditions.push_back(std::move(condition));
    } while (out.operand != nullptr && Accept(TokenKind::kComma));
    WEIR_RETURN_NOT_OK(Expect("THEN"_kw));
    WEIR_ASSIGN_OR_RETURN(AstExprPtr result, ParseExpression());
    // WHEN 1, 2 THEN x is WHEN 1 THEN x WHEN 2 THEN x.
    for (AstExprPtr& condition : conditions) out.whens.push_back({std::move(condition), result});
  }
  if (Accept("ELSE"_kw)) {
    WEIR_ASSIGN_OR_RETURN(out.otherwise, ParseExpression());
  }
  WEIR_RETURN_NOT_OK(Expect("END"_kw));
  return Make(std::move(out), begin);
}

Result<AstExprPtr> StatementParser::ParseCast(bool is_try) {
  uint32_t begin = this->begin();
  Advance();
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  AstCast cast;
  cast.is_try = is_try;
  WEIR_ASSIGN_OR_RETURN(cast.operand, ParseExpression());
  WEIR_RETURN_NOT_OK(Expect("AS"_kw));
  WEIR_ASSIGN_OR_RETURN(cast.type, ParseType());
  if (At("FORMAT"_kw)) return UnsupportedAt(Peek().span(), "CAST with FORMAT is not supported yet");
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
  return Make(std::move(cast), begin);
}

Result<AstExprPtr> StatementParser::ParseConstructor(ConstructorKind kind) {
  uint32_t begin = this->begin();
  Advance();
  AstConstructor out{kind, {}, nullptr};
  if (At(TokenKind::kLeftParen)) {
    WEIR_ASSIGN_OR_RETURN(out.query, ParseQueryInParentheses());
    return Make(std::move(out), begin);
  }
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftBracket));
  if (!At(TokenKind::kRightBracket)) {
    WEIR_ASSIGN_OR_RETURN(out.items, ParseExpressionList());
  }
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightBracket));
  return Make(std::move(out), begin);
}

Result<AstExprPtr> StatementParser::ParseRowConstructor() {
  uint32_t begin = this->begin();
  Advance();
  Advance();
  AstConstructor out{ConstructorKind::kRow, {}, nullptr};
  if (At(TokenKind::kRightParen))
    return WithHint(Unexpected("an expression"), "a row has at least one value");
  WEIR_ASSIGN_OR_RETURN(out.items, ParseExpressionList());
  WEIR_RETURN_NOT_OK(ExpectListEnd());
  return Make(std::move(out), begin);
}

Result<AstExprPtr> StatementParser::ParseDateTimeLiteral(LiteralKind kind, size_t words) {
  uint32_t begin = this->begin();
  // `words` is what stands before the string: TIMESTAMP, or TIMESTAMP WITH LOCAL TIME ZONE.
  Advance();
  if (words > 1) {
    WEIR_RETURN_NOT_OK(Expect("WITH"_kw, "LOCAL"_kw));
    WEIR_RETURN_NOT_OK(Expect("TIME"_kw, "ZONE"_kw));
  }
  WEIR_ASSIGN_OR_RETURN(std::string text, ParseString("a string"));
  return Make(AstLiteral{kind, std::move(text)}, begin);
}

bool StatementParser::AtIntervalLiteral() const {
  TokenKind next = Peek(1).kind;
  if (next == TokenKind::kMinus || next == TokenKind::kPlus) next = Peek(2).kind;
  if (next == TokenKind::kString || next == TokenKind::kExactNumber) return true;
  // INTERVAL (x) DAY; a function of that name does not exist.
  return Peek(1).kind == TokenKind::kLeftParen;
}

Result<AstExprPtr> StatementParser::ParseIntervalLiteral() {
  uint32_t begin = this->begin();
  Advance();
  AstInterval out;
  if (Accept(TokenKind::kMinus)) {
    out.negative = true;
  } else {
    Accept(TokenKind::kPlus);
  }
  if (At(TokenKind::kString)) {
    WEIR_ASSIGN_OR_RETURN(out.text, ParseString("a string"));
  } else {
    WEIR_ASSIGN_OR_RETURN(out.value, ParsePrimary());
  }
  WEIR_ASSIGN_OR_RETURN(out.qualifier, ParseIntervalQualifier());
  return Make(std::move(out), begin);
}

Result<AstIntervalQualifier> StatementParser::ParseIntervalQualifier() {
  AstIntervalQualifier out;
  uint32_t begin = this->begin();
  auto unit = PeekTimeUnit();
  if (!unit) return WithHint(Unexpected("a time unit such as DAY"), "write INTERVAL '1' DAY");
  out.start = *unit;
  Advance();
  auto precision = [&](std::optional<int>* target) -> Status {
    WEIR_ASSIGN_OR_RETURN(int64_t value, ParseInteger("a precision"));
    if (value > 1000)
      return InvalidQueryAt(SpanFrom(begin), "interval precision {} is too large", value);
    *target = static_cast<int>(value);
    return Status::OK();
  };
  if (Accept(TokenKind::kLeftParen)) {
    WEIR_RETURN_NOT_OK(precision(&out.leading_precision));
    if (Accept(TokenKind::kComma)) WEIR_RETURN_NOT_OK(precision(&out.fractional_precision));
    WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
  }
  if (Accept("TO"_kw)) {
    out.end = PeekTimeUnit();
    if (!out.end) return Unexpected("a time unit such as SECOND");
    Advance();
    if (Accept(TokenKind::kLeftParen)) {
      WEIR_RETURN_NOT_OK(precision(&out.fractional_precision));
      WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
    }
  }
  out.span = SpanFrom(begin);
  return out;
}

}  // namespace weir
