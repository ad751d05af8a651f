// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What may stand in FROM: tables, files, subqueries, table functions, UNNEST, joins; and hints.
#include <algorithm>

#include "weir/sql/ast_walk.h"
#include "weir/sql/statement_parser.h"

namespace weir {

Result<AstTablePtr> StatementParser::MakeTable(std::shared_ptr<AstTable> table, uint32_t begin) {
  table->span = SpanFrom(begin);
  int children = 0;
  ForEachChild(*table, [&](const auto& child) { children = std::max(children, child.depth); });
  table->depth = children + 1;
  WEIR_RETURN_NOT_OK(CheckDepth(table->depth));
  return AstTablePtr(std::move(table));
}

Result<AstTablePtr> StatementParser::MakeTable(AstTable::Node node, uint32_t begin) {
  auto table = std::make_shared<AstTable>();
  table->node = std::move(node);
  return MakeTable(std::move(table), begin);
}

Result<AstTablePtr> StatementParser::ParseFrom() {
  uint32_t begin = this->begin();
  WEIR_ASSIGN_OR_RETURN(AstTablePtr left, ParseJoins());
  while (Accept(TokenKind::kComma)) {
    WEIR_ASSIGN_OR_RETURN(AstTablePtr right, ParseJoins());
    AstJoin join{JoinKind::kComma, false, std::move(left), std::move(right), nullptr, {}, nullptr};
    WEIR_ASSIGN_OR_RETURN(left, MakeTable(std::move(join), begin));
  }
  return left;
}

/// Reads "[INNER|LEFT|..] JOIN"; the join's kind, or nothing when no join stands here.
std::optional<JoinKind> StatementParser::AcceptJoin() {
  auto accept = [&](size_t words, JoinKind kind) {
    for (size_t i = 0; i < words; ++i) Advance();
    return kind;
  };
  if (At("JOIN"_kw)) return accept(1, JoinKind::kInner);
  if (At("INNER"_kw, "JOIN"_kw)) return accept(2, JoinKind::kInner);
  if (At("CROSS"_kw, "JOIN"_kw)) return accept(2, JoinKind::kCross);
  if (At("ASOF"_kw, "JOIN"_kw)) return accept(2, JoinKind::kAsof);
  if (At("LEFT"_kw, "ASOF"_kw) && AtAhead(2, "JOIN"_kw)) return accept(3, JoinKind::kLeftAsof);
  const std::pair<KeywordId, JoinKind> outer[] = {
      {"LEFT"_kw, JoinKind::kLeft}, {"RIGHT"_kw, JoinKind::kRight}, {"FULL"_kw, JoinKind::kFull}};
  for (const auto& [keyword, kind] : outer) {
    if (!At(keyword)) continue;
    if (AtAhead(1, "JOIN"_kw)) return accept(2, kind);
    if (AtAhead(1, "OUTER"_kw) && AtAhead(2, "JOIN"_kw)) return accept(3, kind);
  }
  return std::nullopt;
}

Result<AstTablePtr> StatementParser::ParseJoins() {
  uint32_t begin = this->begin();
  WEIR_ASSIGN_OR_RETURN(AstTablePtr left, ParseTableFactor());
  while (true) {
    bool natural = Accept("NATURAL"_kw);
    auto kind = AcceptJoin();
    if (kind) {
      WEIR_ASSIGN_OR_RETURN(left, ParseJoin(std::move(left), *kind, natural, begin));
      continue;
    }
    bool half =
        At("INNER"_kw) || At("LEFT"_kw) || At("RIGHT"_kw) || At("FULL"_kw) || At("CROSS"_kw);
    if (!natural && !half) return left;
    if (half) Advance();
    Accept("OUTER"_kw);
    return Unexpected("JOIN");
  }
}

/// What follows JOIN.
Result<AstTablePtr> StatementParser::ParseJoin(AstTablePtr left, JoinKind kind, bool natural,
                                               uint32_t begin) {
  AstJoin join;
  join.kind = kind;
  join.natural = natural;
  join.left = std::move(left);
  WEIR_ASSIGN_OR_RETURN(join.right, ParseTableFactor());
  if (Accept("MATCH_CONDITION"_kw)) {
    WEIR_ASSIGN_OR_RETURN(join.match_condition, ParseExpression());
  }
  if (Accept("ON"_kw)) {
    WEIR_ASSIGN_OR_RETURN(join.on, ParseExpression());
  } else if (Accept("USING"_kw)) {
    WEIR_ASSIGN_OR_RETURN(join.using_columns, ParseIdentifierList("a column name"));
  }
  return MakeTable(std::move(join), begin);
}

Result<AstTablePtr> StatementParser::ParseTableFactor() {
  Level level(this);
  WEIR_RETURN_NOT_OK(level.Check());
  uint32_t begin = this->begin();
  auto table = std::make_shared<AstTable>();
  WEIR_RETURN_NOT_OK(ParseTablePrimary(table.get()));
  return ParseTableSuffixes(std::move(table), begin);
}

Status StatementParser::ParseTablePrimary(AstTable* table) {
  bool lateral = Accept("LATERAL"_kw);
  if (At(TokenKind::kLeftParen)) return ParseTableInParentheses(lateral, table);
  if (AtAhead(1, TokenKind::kLeftParen) && At("TABLE"_kw))
    return ParseTableFunction(lateral, table);
  if (At("UNNEST"_kw)) return ParseUnnest(lateral, table);
  if (At(TokenKind::kString) && !lateral) {
    AstTableName name;
    WEIR_ASSIGN_OR_RETURN(name.file, ParseString("a file name"));
    table->node = std::move(name);
    return Status::OK();
  }
  if (At("TABLE"_kw)) Advance();  // FROM TABLE t
  if (At("VALUES"_kw)) {
    return WithHint(Unexpected("a table"),
                    "VALUES in FROM stands in parentheses: FROM (VALUES (1, 'a')) AS t(a, b)");
  }
  if (At("SELECT"_kw))
    return WithHint(Unexpected("a table"), "a query in FROM stands in parentheses");
  WEIR_RETURN_NOT_OK(ParseTableName(table));
  if (auto* function = std::get_if<AstTableFunction>(&table->node)) function->lateral = lateral;
  return Status::OK();
}

Status StatementParser::ParseTableName(AstTable* table) {
  uint32_t begin = this->begin();
  WEIR_ASSIGN_OR_RETURN(ObjectPath path, ParsePath("a table"));
  if (At(TokenKind::kLeftParen)) {
    // A table function without TABLE(..) around it.
    WEIR_ASSIGN_OR_RETURN(AstExprPtr call, ParseCall(std::move(path), begin));
    table->node = AstTableFunction{std::move(call), false, false};
  } else {
    table->node = AstTableName{std::move(path), std::nullopt};
  }
  return Status::OK();
}

/// (query) or (a JOIN b).
Status StatementParser::ParseTableInParentheses(bool lateral, AstTable* table) {
  if (AtQueryWord(1) && !(AtAhead(1, "TABLE"_kw) && AtAhead(2, TokenKind::kLeftParen))) {
    WEIR_ASSIGN_OR_RETURN(AstQueryPtr query, ParseQueryInParentheses());
    table->node = AstDerivedTable{std::move(query), lateral};
    return Status::OK();
  }
  Advance();
  uint32_t begin = this->begin();
  WEIR_ASSIGN_OR_RETURN(AstTablePtr inner, ParseFrom());
  const auto* derived = inner->As<AstDerivedTable>();
  bool query_goes_on =
      AtSetOperator() || At("ORDER"_kw) || At("LIMIT"_kw) || At("OFFSET"_kw) || At("FETCH"_kw);
  if (derived != nullptr && !inner->alias && query_goes_on) {
    // ((SELECT ..) UNION (SELECT ..)): what looked like a table was the first query of several.
    WEIR_ASSIGN_OR_RETURN(AstQueryPtr query, ContinueQuery(derived->query, begin));
    table->node = AstDerivedTable{std::move(query), lateral};
  } else {
    *table = *inner;
  }
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
  return Status::OK();
}

/// TABLE(f(..)), and TABLE(t) which is just t.
Status StatementParser::ParseTableFunction(bool lateral, AstTable* table) {
  Advance();
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  WEIR_RETURN_NOT_OK(ParseTableName(table));
  if (auto* function = std::get_if<AstTableFunction>(&table->node)) {
    function->lateral = lateral;
    function->wrapped = true;
  }
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
  return Status::OK();
}

Status StatementParser::ParseUnnest(bool lateral, AstTable* table) {
  Advance();
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  AstUnnest unnest;
  unnest.lateral = lateral;
  if (AtQueryWord()) {
    uint32_t begin = this->begin();
    WEIR_ASSIGN_OR_RETURN(AstQueryPtr query, ParseQuery());
    WEIR_ASSIGN_OR_RETURN(AstExprPtr operand, Make(AstSubquery{std::move(query)}, begin));
    unnest.operands.push_back(std::move(operand));
  } else {
    WEIR_ASSIGN_OR_RETURN(unnest.operands, ParseExpressionList());
  }
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
  unnest.with_ordinality = Accept("WITH"_kw, "ORDINALITY"_kw);
  table->node = std::move(unnest);
  return Status::OK();
}

/// What follows a table: hints, FOR SYSTEM_TIME, MATCH_RECOGNIZE, PIVOT, an alias.
Result<AstTablePtr> StatementParser::ParseTableSuffixes(std::shared_ptr<AstTable> table,
                                                        uint32_t begin) {
  while (true) {
    if (At(TokenKind::kHintBegin)) {
      WEIR_ASSIGN_OR_RETURN(std::vector<AstHint> hints, ParseHints());
      for (AstHint& hint : hints) table->hints.push_back(std::move(hint));
    } else if (At("FOR"_kw) && table->system_time == nullptr) {
      WEIR_RETURN_NOT_OK(ParseSystemTime(table.get()));
    } else if (At("TABLESAMPLE"_kw) && !table->sample) {
      WEIR_RETURN_NOT_OK(ParseSample(table.get()));
    } else if (At("MATCH_RECOGNIZE"_kw) ||
               (AtAhead(1, TokenKind::kLeftParen) && (At("PIVOT"_kw) || At("UNPIVOT"_kw)))) {
      WEIR_ASSIGN_OR_RETURN(AstTablePtr input, MakeTable(std::move(table), begin));
      bool match = At("MATCH_RECOGNIZE"_kw);
      WEIR_ASSIGN_OR_RETURN(AstTablePtr output, match ? ParseMatchRecognize(std::move(input), begin)
                                                      : ParsePivot(std::move(input), begin));
      table = std::make_shared<AstTable>(*output);
    } else if (!table->alias && (At("AS"_kw) || AtImplicitAlias())) {
      WEIR_ASSIGN_OR_RETURN(table->alias, ParseTableAlias());
    } else {
      return MakeTable(std::move(table), begin);
    }
  }
}

Status StatementParser::ParseSystemTime(AstTable* table) {
  Advance();
  WEIR_RETURN_NOT_OK(Expect("SYSTEM_TIME"_kw));
  WEIR_RETURN_NOT_OK(Expect("AS"_kw, "OF"_kw));
  WEIR_ASSIGN_OR_RETURN(table->system_time, ParseExpression());
  return Status::OK();
}

Status StatementParser::ParseSample(AstTable* table) {
  Advance();
  AstTableSample sample;
  sample.bernoulli = Accept("BERNOULLI"_kw);
  if (!sample.bernoulli) WEIR_RETURN_NOT_OK(Expect("SYSTEM"_kw));
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  WEIR_ASSIGN_OR_RETURN(sample.percentage, ParseExpression());
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
  if (Accept("REPEATABLE"_kw)) {
    WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
    WEIR_ASSIGN_OR_RETURN(sample.repeatable, ParseInteger("a seed"));
    WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
  }
  table->sample = std::move(sample);
  return Status::OK();
}

Result<AstTablePtr> StatementParser::ParsePivot(AstTablePtr input, uint32_t begin) {
  AstPivot pivot{std::move(input), At("UNPIVOT"_kw)};
  Advance();
  WEIR_RETURN_NOT_OK(SkipBalanced());
  return MakeTable(std::move(pivot), begin);
}

Status StatementParser::SkipBalanced() {
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  for (int open = 1; open > 0; Advance()) {
    if (AtStatementEnd() || At(TokenKind::kBad)) return Unexpected("')'");
    open += At(TokenKind::kLeftParen) ? 1 : At(TokenKind::kRightParen) ? -1 : 0;
  }
  return Status::OK();
}

bool StatementParser::AtImplicitAlias() {
  if (!AtIdentifier()) return false;
  if (At(TokenKind::kQuoted)) return true;
  // Words that are names elsewhere and begin a clause here.
  switch (Peek().keyword) {
    case "ASOF"_kw:
      return !AtAhead(1, "JOIN"_kw);
    case "PIVOT"_kw:
    case "UNPIVOT"_kw:
      return !AtAhead(1, TokenKind::kLeftParen);
    case "MATCH_CONDITION"_kw:
      return false;
    default:
      return true;
  }
}

Result<std::optional<AstTableAlias>> StatementParser::ParseTableAlias() {
  bool written = Accept("AS"_kw);
  if (!written && !AtImplicitAlias()) return std::optional<AstTableAlias>();
  AstTableAlias alias;
  WEIR_ASSIGN_OR_RETURN(alias.name, ParseIdentifier("an alias"));
  if (!written) MarkImplicitAlias();
  if (At(TokenKind::kLeftParen)) {
    WEIR_ASSIGN_OR_RETURN(alias.columns, ParseIdentifierList("a column name"));
  }
  return std::optional<AstTableAlias>(std::move(alias));
}

Result<std::vector<AstHint>> StatementParser::ParseHints() {
  std::vector<AstHint> hints;
  while (Accept(TokenKind::kHintBegin)) {
    while (!Accept(TokenKind::kHintEnd)) {
      AstHint hint;
      uint32_t begin = this->begin();
      WEIR_ASSIGN_OR_RETURN(hint.name, ParseAnyWord("a hint"));
      if (Accept(TokenKind::kLeftParen)) {
        while (!At(TokenKind::kRightParen)) {
          WEIR_ASSIGN_OR_RETURN(AstHintArgument argument, ParseHintArgument());
          hint.arguments.push_back(std::move(argument));
          if (!Accept(TokenKind::kComma)) break;
        }
        WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
      }
      hint.span = SpanFrom(begin);
      hints.push_back(std::move(hint));
      Accept(TokenKind::kComma);
    }
  }
  return hints;
}

/// 'key' = 'value', key = 'value', table, 10
Result<AstHintArgument> StatementParser::ParseHintArgument() {
  AstHintArgument argument;
  uint32_t begin = this->begin();
  auto value = [&]() -> Result<std::string> {
    if (At(TokenKind::kExactNumber)) {
      std::string text(Text(Peek()));
      Advance();
      return text;
    }
    if (At(TokenKind::kString) || At(TokenKind::kUnicode)) return ParseString("a value");
    WEIR_ASSIGN_OR_RETURN(Identifier first, ParseAnyWord("a value"));
    std::string text = first.value;
    while (Accept(TokenKind::kDot)) {
      WEIR_ASSIGN_OR_RETURN(Identifier next, ParseAnyWord("a name"));
      text += "." + next.value;
    }
    return text;
  };
  WEIR_ASSIGN_OR_RETURN(argument.value, value());
  if (Accept(TokenKind::kEqual)) {
    argument.key = std::move(argument.value);
    WEIR_ASSIGN_OR_RETURN(argument.value, value());
  }
  argument.span = SpanFrom(begin);
  return argument;
}

}  // namespace weir
