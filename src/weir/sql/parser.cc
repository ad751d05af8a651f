// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/sql/parser.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "weir/sql/statement_parser.h"

namespace weir {
namespace {

Status CheckText(std::string_view sql, const ParserLimits& limits) {
  if (sql.size() > limits.text_bytes_max) {
    return ResourceExhausted("the SQL text has {} bytes; at most {} are allowed", sql.size(),
                             limits.text_bytes_max);
  }
  return CheckUtf8(sql);
}

/// Parses all of `sql` by `parse`, which is given a StatementParser at the first token.
template <typename T, typename Parse>
Result<T> ParseAll(std::string_view sql, const ParserLimits& limits, Parse parse) {
  WEIR_RETURN_NOT_OK(CheckText(sql, limits));
  TokenList tokens = Tokenize(sql);
  StatementParser parser(sql, tokens, limits);
  WEIR_ASSIGN_OR_RETURN(T out, parse(parser));
  if (!parser.At(TokenKind::kEnd)) return parser.Unexpected("the end");
  return out;
}

}  // namespace

Result<Statement> StatementParser::ParseStatement() {
  uint32_t begin = this->begin();
  parameter_count_ = 0;
  Statement statement;
  WEIR_ASSIGN_OR_RETURN(statement.node, ParseStatementNode());
  statement.span = SpanFrom(begin);
  if (!AtStatementEnd()) return Unexpected("the end of the statement");
  return statement;
}

Result<Statement::Node> StatementParser::ParseStatementNode() {
  if (AtQuery()) {
    AstQueryStatement query;
    WEIR_ASSIGN_OR_RETURN(query.query, ParseQuery());
    return Statement::Node(std::move(query));
  }
  switch (Peek().keyword) {
    case "INSERT"_kw:
      return ParseInsert(false);
    case "DELETE"_kw:
      return ParseDelete();
    case "UPDATE"_kw:
      return ParseUpdate();
    case "EXECUTE"_kw:
      return ParseExecute();
    case "BEGIN"_kw:
      return ParseBeginStatementSet();
    case "EXPLAIN"_kw:
      return ParseExplain();
    case "COMPILE"_kw:
      return ParseCompile();
    case "CALL"_kw:
      return ParseCallProcedure();
    case "CREATE"_kw:
      return ParseCreate();
    case "REPLACE"_kw:
      return ParseReplace();
    case "ALTER"_kw:
      return ParseAlter();
    case "DROP"_kw:
      return ParseDrop();
    case "SHOW"_kw:
      return ParseShow();
    case "DESC"_kw:
    case "DESCRIBE"_kw:
      return ParseDescribe();
    case "USE"_kw:
      return ParseUse();
    case "SET"_kw:
      return ParseSet();
    case "RESET"_kw:
      return ParseReset();
    case "LOAD"_kw:
      return ParseModule(true);
    case "UNLOAD"_kw:
      return ParseModule(false);
    case "ADD"_kw:
      return ParseJar(false);
    case "REMOVE"_kw:
      return ParseJar(true);
    case "STOP"_kw:
      return ParseStopJob();
    case "TRUNCATE"_kw:
      return ParseTruncate();
    case "ANALYZE"_kw:
      return ParseAnalyze();
    case "UPSERT"_kw:
      return WithHint(UnsupportedAt(Peek().span(), "UPSERT INTO is not supported yet"),
                      "write INSERT INTO");
    case "MERGE"_kw:
      return UnsupportedAt(Peek().span(), "MERGE INTO is not supported yet");
    default:
      break;
  }
  for (KeywordId word :
       {"SELECT"_kw, "WITH"_kw,    "VALUES"_kw,   "FROM"_kw,    "INSERT"_kw,  "DELETE"_kw,
        "UPDATE"_kw, "EXECUTE"_kw, "BEGIN"_kw,    "EXPLAIN"_kw, "COMPILE"_kw, "CALL"_kw,
        "CREATE"_kw, "REPLACE"_kw, "ALTER"_kw,    "DROP"_kw,    "SHOW"_kw,    "DESCRIBE"_kw,
        "USE"_kw,    "SET"_kw,     "RESET"_kw,    "LOAD"_kw,    "UNLOAD"_kw,  "ADD"_kw,
        "REMOVE"_kw, "STOP"_kw,    "TRUNCATE"_kw, "ANALYZE"_kw}) {
    At(word);
  }
  return Unexpected("a statement");
}

Result<std::vector<Statement>> ParseStatements(std::string_view sql, const ParserLimits& limits) {
  WEIR_RETURN_NOT_OK(CheckText(sql, limits));
  TokenList tokens = Tokenize(sql);
  StatementParser parser(sql, tokens, limits);
  std::vector<Statement> statements;
  while (true) {
    while (parser.Accept(TokenKind::kSemicolon)) continue;
    if (parser.At(TokenKind::kEnd)) return statements;
    WEIR_ASSIGN_OR_RETURN(Statement statement, parser.ParseStatement());
    statements.push_back(std::move(statement));
  }
}

Result<Statement> ParseStatement(std::string_view sql, const ParserLimits& limits) {
  return ParseAll<Statement>(sql, limits, [](StatementParser& parser) -> Result<Statement> {
    while (parser.Accept(TokenKind::kSemicolon)) continue;
    WEIR_ASSIGN_OR_RETURN(Statement statement, parser.ParseStatement());
    while (parser.Accept(TokenKind::kSemicolon)) continue;
    return statement;
  });
}

Result<AstExprPtr> ParseExpression(std::string_view sql, const ParserLimits& limits) {
  return ParseAll<AstExprPtr>(sql, limits,
                              [](StatementParser& parser) { return parser.ParseExpression(); });
}

Result<AstTypePtr> ParseType(std::string_view sql, const ParserLimits& limits) {
  return ParseAll<AstTypePtr>(sql, limits,
                              [](StatementParser& parser) { return parser.ParseType(); });
}

Result<AstQueryPtr> ParseQuery(std::string_view sql, const ParserLimits& limits) {
  return ParseAll<AstQueryPtr>(sql, limits,
                               [](StatementParser& parser) { return parser.ParseQuery(); });
}

SplitText SplitStatements(std::string_view sql) {
  TokenList list = Tokenize(sql);
  const std::vector<Token>& tokens = list.tokens;
  SplitText split;
  size_t first = 0;  // The first token of the statement that is being read.
  bool in_block = false;
  size_t i = 0;
  for (; tokens[i].kind != TokenKind::kEnd; ++i) {
    bool begins_set = tokens[i].keyword == "BEGIN"_kw &&
                      ((i == first && tokens[i + 1].keyword == "STATEMENT"_kw) ||
                       (i > first && tokens[i - 1].keyword == "SET"_kw));
    if (begins_set) in_block = true;
    bool after_separator = i > first && (tokens[i - 1].kind == TokenKind::kSemicolon ||
                                         tokens[i - 1].keyword == "BEGIN"_kw);
    if (in_block && after_separator && tokens[i].keyword == "END"_kw) in_block = false;
    if (in_block || tokens[i].kind != TokenKind::kSemicolon) continue;
    if (i > first) split.statements.push_back({tokens[first].begin, tokens[i - 1].end});
    split.rest_begin = tokens[i].end;
    first = i + 1;
  }
  split.rest_is_blank = first == i;
  if (split.rest_is_blank) split.rest_begin = sql.size();
  return split;
}

bool IsComplete(std::string_view sql) { return SplitStatements(sql).rest_is_blank; }

bool IsReservedWord(std::string_view word) {
  if (word.size() > kKeywordBytesMax) return false;
  std::string upper(word);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return KeywordIsReserved(FindKeyword(upper));
}

const std::vector<std::string_view>& SqlKeywords() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> out;
    for (const KeywordEntry& entry : kSortedKeywords) out.push_back(entry.name);
    return out;
  }();
  return names;
}

}  // namespace weir
