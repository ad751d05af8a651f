// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Function calls: plain and named arguments, the forms with keywords, table arguments, and what
// follows ')': FILTER, OVER ..
#include <cctype>

#include "weir/sql/precedence.h"
#include "weir/sql/statement_parser.h"

namespace weir {
namespace {

KeywordId KeywordOf(const ObjectPath& name) {
  if (name.size() != 1 || name[0].quoted || name[0].value.size() > kKeywordBytesMax)
    return kNoKeyword;
  std::string upper = name[0].value;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return FindKeyword(upper);
}

}  // namespace

Result<AstExprPtr> StatementParser::ParseCall(ObjectPath name, uint32_t begin) {
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  // Filled in its place: calls nest deeply, and a call is large.
  auto expr = std::make_shared<AstExpr>();
  AstCall* call = &expr->node.emplace<AstCall>();
  call->name = std::move(name);
  WEIR_ASSIGN_OR_RETURN(bool done, ParseSpecialArguments(KeywordOf(call->name), call));
  if (!done) WEIR_RETURN_NOT_OK(ParsePlainArguments(call));
  WEIR_RETURN_NOT_OK(ExpectListEnd());
  WEIR_RETURN_NOT_OK(ParseCallTail(call));
  return Finish(std::move(expr), begin);
}

/// Reads the arguments of a function whose arguments have keywords; false when `keyword` is none of
/// them.
Result<bool> StatementParser::ParseSpecialArguments(KeywordId keyword, AstCall* call) {
  switch (keyword) {
    case "EXTRACT"_kw:
      WEIR_RETURN_NOT_OK(ParseExtractArguments(call));
      return true;
    case "TRIM"_kw:
      WEIR_RETURN_NOT_OK(ParseTrimArguments(call));
      return true;
    case "SUBSTRING"_kw:
      WEIR_RETURN_NOT_OK(ParseSubstringArguments(call));
      return true;
    case "OVERLAY"_kw:
      WEIR_RETURN_NOT_OK(ParseOverlayArguments(call));
      return true;
    case "POSITION"_kw:
      WEIR_RETURN_NOT_OK(ParsePositionArguments(call));
      return true;
    case "TIMESTAMPADD"_kw:
    case "TIMESTAMPDIFF"_kw:
      WEIR_RETURN_NOT_OK(ParseUnitFirstArguments(call));
      return true;
    case "JSON_EXISTS"_kw:
    case "JSON_VALUE"_kw:
    case "JSON_QUERY"_kw:
    case "JSON_OBJECT"_kw:
    case "JSON_OBJECTAGG"_kw:
    case "JSON_ARRAY"_kw:
    case "JSON_ARRAYAGG"_kw:
      WEIR_RETURN_NOT_OK(ParseJsonArguments(keyword, call));
      return true;
    case "CEIL"_kw:
    case "CEILING"_kw:
    case "FLOOR"_kw:
      WEIR_RETURN_NOT_OK(ParsePlainArguments(call));
      if (call->arguments.size() == 1 && Accept("TO"_kw)) {
        call->form = CallForm::kTo;
        WEIR_ASSIGN_OR_RETURN(AstExprPtr unit, ParseUnitSymbol());
        call->arguments.push_back({std::nullopt, std::move(unit)});
      }
      return true;
    case "CONVERT"_kw:
    case "TRANSLATE"_kw: {
      WEIR_RETURN_NOT_OK(ParsePlainArguments(call));
      uint32_t begin = this->begin();
      if (call->arguments.size() == 1 && Accept("USING"_kw)) {
        call->form = CallForm::kUsing;
        WEIR_ASSIGN_OR_RETURN(Identifier charset, ParseIdentifier("a character set"));
        WEIR_ASSIGN_OR_RETURN(AstExprPtr symbol, MakeSymbol(charset.value, begin));
        call->arguments.push_back({std::nullopt, std::move(symbol)});
      }
      return true;
    }
    default:
      return false;
  }
}

Status StatementParser::ParsePlainArguments(AstCall* call) {
  if (At(TokenKind::kRightParen)) return Status::OK();
  if (Accept("DISTINCT"_kw)) {
    call->quantifier = SetQuantifier::kDistinct;
  } else if (Accept("ALL"_kw)) {
    call->quantifier = SetQuantifier::kAll;
  }
  do {
    WEIR_ASSIGN_OR_RETURN(AstArgument argument, ParseArgument());
    call->arguments.push_back(std::move(argument));
  } while (Accept(TokenKind::kComma));
  if (At("IGNORE"_kw, "NULLS"_kw) || At("RESPECT"_kw, "NULLS"_kw)) {
    call->nulls = At("IGNORE"_kw) ? NullTreatment::kIgnoreNulls : NullTreatment::kRespectNulls;
    Advance();
    Advance();
  }
  if (At("ORDER"_kw)) {
    WEIR_ASSIGN_OR_RETURN(call->order_by, ParseSortItems());
  }
  return Status::OK();
}

Result<AstArgument> StatementParser::ParseArgument() {
  AstArgument argument;
  if (AtAhead(1, TokenKind::kArrow)) {
    WEIR_ASSIGN_OR_RETURN(argument.name, ParseAnyWord("an argument name"));
    Advance();
  }
  WEIR_ASSIGN_OR_RETURN(argument.value, ParseArgumentValue());
  return argument;
}

Result<AstExprPtr> StatementParser::ParseArgumentValue() {
  uint32_t begin = this->begin();
  if (Accept(TokenKind::kStar)) return Make(AstStar{}, begin);
  if (At("TABLE"_kw)) return ParseTableArgument();
  if (AtIdentifier(1) && At("MODEL"_kw)) return ParseModelArgument();
  if (AtQueryWord()) return ParseQueryArgument();
  WEIR_ASSIGN_OR_RETURN(AstExprPtr value, ParseExpression());
  if (!At("PARTITION"_kw) || value->As<AstSubquery>() == nullptr) return value;
  return ParseSubqueryPartition(std::move(value), begin);
}

Result<AstExprPtr> StatementParser::ParseModelArgument() {
  uint32_t begin = this->begin();
  Advance();
  WEIR_ASSIGN_OR_RETURN(ObjectPath model, ParsePath("a model name"));
  return Make(AstModelArgument{std::move(model)}, begin);
}

Result<AstExprPtr> StatementParser::ParseQueryArgument() {
  uint32_t begin = this->begin();
  WEIR_ASSIGN_OR_RETURN(AstQueryPtr query, ParseQuery());
  return Make(AstSubquery{std::move(query)}, begin);
}

/// (SELECT ..) PARTITION BY ..
Result<AstExprPtr> StatementParser::ParseSubqueryPartition(AstExprPtr subquery, uint32_t begin) {
  AstTableArgument argument;
  AstQueryPtr query = subquery->As<AstSubquery>()->query;
  WEIR_ASSIGN_OR_RETURN(argument.table, MakeTable(AstDerivedTable{std::move(query), false}, begin));
  return ParseTableArgumentClauses(std::move(argument), begin);
}

/// TABLE t, TABLE (SELECT ..), TABLE (f(..)), with PARTITION BY and ORDER BY behind.
Result<AstExprPtr> StatementParser::ParseTableArgument() {
  Level level(this);
  WEIR_RETURN_NOT_OK(level.Check());
  uint32_t begin = this->begin();
  Advance();
  uint32_t table_begin = this->begin();
  auto table = std::make_shared<AstTable>();
  if (AtQuery(1) && At(TokenKind::kLeftParen)) {
    WEIR_ASSIGN_OR_RETURN(AstQueryPtr query, ParseQueryInParentheses());
    table->node = AstDerivedTable{std::move(query), false};
  } else {
    bool wrapped = Accept(TokenKind::kLeftParen);
    WEIR_ASSIGN_OR_RETURN(ObjectPath path, ParsePath("a table name"));
    if (At(TokenKind::kLeftParen)) {
      WEIR_ASSIGN_OR_RETURN(AstExprPtr call, ParseCall(std::move(path), table_begin));
      table->node = AstTableFunction{std::move(call), false, wrapped};
    } else {
      table->node = AstTableName{std::move(path), std::nullopt};
    }
    if (wrapped) WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
    WEIR_ASSIGN_OR_RETURN(table->hints, ParseHints());
  }
  AstTableArgument argument;
  WEIR_ASSIGN_OR_RETURN(argument.table, MakeTable(std::move(table), table_begin));
  return ParseTableArgumentClauses(std::move(argument), begin);
}

Result<AstExprPtr> StatementParser::ParseTableArgumentClauses(AstTableArgument argument,
                                                              uint32_t begin) {
  if (Accept("PARTITION"_kw)) {
    WEIR_RETURN_NOT_OK(Expect("BY"_kw));
    // Several columns stand in parentheses, since a comma ends the argument.
    WEIR_ASSIGN_OR_RETURN(AstExprPtr key, ParseExpression());
    const auto* tuple = key->As<AstConstructor>();
    if (tuple != nullptr && tuple->kind == ConstructorKind::kTuple) {
      argument.partition_by = tuple->items;
    } else {
      argument.partition_by.push_back(std::move(key));
    }
  }
  if (Accept("ORDER"_kw)) {
    WEIR_RETURN_NOT_OK(Expect("BY"_kw));
    bool list = Accept(TokenKind::kLeftParen);
    do {
      AstSortItem item;
      WEIR_ASSIGN_OR_RETURN(item.expr, ParseExpression());
      if (Accept("DESC"_kw)) {
        item.direction = SortDirection::kDescending;
      } else if (Accept("ASC"_kw)) {
        item.direction = SortDirection::kAscending;
      }
      if (Accept("NULLS"_kw)) {
        item.nulls = At("LAST"_kw) ? NullsOrder::kLast : NullsOrder::kFirst;
        if (!Accept("LAST"_kw)) WEIR_RETURN_NOT_OK(Expect("FIRST"_kw));
      }
      argument.order_by.push_back(std::move(item));
    } while (list && Accept(TokenKind::kComma));
    if (list) WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
  }
  return Make(std::move(argument), begin);
}

Result<AstExprPtr> StatementParser::ParseDescriptor() {
  uint32_t begin = this->begin();
  Advance();
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  AstDescriptor descriptor;
  if (!At(TokenKind::kRightParen)) {
    do {
      WEIR_ASSIGN_OR_RETURN(Identifier column, ParseIdentifier("a column name"));
      descriptor.columns.push_back(std::move(column));
    } while (Accept(TokenKind::kComma));
  }
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
  return Make(std::move(descriptor), begin);
}

Result<AstExprPtr> StatementParser::ParseUnitSymbol() {
  uint32_t begin = this->begin();
  auto unit = PeekTimeUnit();
  if (!unit) return Unexpected("a time unit such as DAY");
  Advance();
  return MakeSymbol(std::string(TimeUnitName(*unit)), begin);
}

Status StatementParser::ParseExtractArguments(AstCall* call) {
  call->form = CallForm::kExtract;
  WEIR_ASSIGN_OR_RETURN(AstExprPtr unit, ParseUnitSymbol());
  WEIR_RETURN_NOT_OK(Expect("FROM"_kw));
  WEIR_ASSIGN_OR_RETURN(AstExprPtr operand, ParseExpression());
  call->arguments = {{std::nullopt, std::move(unit)}, {std::nullopt, std::move(operand)}};
  return Status::OK();
}

Status StatementParser::ParseTrimArguments(AstCall* call) {
  uint32_t begin = this->begin();
  bool flagged = false;
  std::string flag = "BOTH";
  if (At("BOTH"_kw) || At("LEADING"_kw) || At("TRAILING"_kw)) {
    // A column may have that name: TRIM(leading).
    if (!AtAhead(1, TokenKind::kRightParen) && !AtAhead(1, TokenKind::kDot) &&
        !AtAhead(1, TokenKind::kComma)) {
      flag = std::string(KeywordName(Peek().keyword));
      Advance();
      flagged = true;
    }
  }
  if (!flagged && !At("FROM"_kw)) {
    WEIR_RETURN_NOT_OK(ParsePlainArguments(call));
    if (call->arguments.size() != 1 || !At("FROM"_kw)) return Status::OK();
  }
  call->form = CallForm::kTrim;
  AstExprPtr removed;
  if (!call->arguments.empty()) {
    removed = call->arguments[0].value;
  } else if (!At("FROM"_kw)) {
    WEIR_ASSIGN_OR_RETURN(removed, ParseExpression());
  }
  WEIR_ASSIGN_OR_RETURN(AstExprPtr symbol, MakeSymbol(std::move(flag), begin));
  WEIR_RETURN_NOT_OK(Expect("FROM"_kw));
  WEIR_ASSIGN_OR_RETURN(AstExprPtr operand, ParseExpression());
  call->arguments = {{std::nullopt, std::move(symbol)},
                     {std::nullopt, std::move(removed)},
                     {std::nullopt, std::move(operand)}};
  return Status::OK();
}

Status StatementParser::ParseSubstringArguments(AstCall* call) {
  WEIR_RETURN_NOT_OK(ParsePlainArguments(call));
  if (call->arguments.size() != 1 || !Accept("FROM"_kw)) return Status::OK();
  call->form = CallForm::kSubstring;
  WEIR_ASSIGN_OR_RETURN(AstExprPtr from, ParseExpression());
  call->arguments.push_back({std::nullopt, std::move(from)});
  if (Accept("FOR"_kw)) {
    WEIR_ASSIGN_OR_RETURN(AstExprPtr length, ParseExpression());
    call->arguments.push_back({std::nullopt, std::move(length)});
  }
  return Status::OK();
}

Status StatementParser::ParseOverlayArguments(AstCall* call) {
  WEIR_RETURN_NOT_OK(ParsePlainArguments(call));
  if (call->arguments.size() != 1 || !Accept("PLACING"_kw)) return Status::OK();
  call->form = CallForm::kOverlay;
  WEIR_ASSIGN_OR_RETURN(AstExprPtr placed, ParseExpression());
  WEIR_RETURN_NOT_OK(Expect("FROM"_kw));
  WEIR_ASSIGN_OR_RETURN(AstExprPtr from, ParseExpression());
  call->arguments.push_back({std::nullopt, std::move(placed)});
  call->arguments.push_back({std::nullopt, std::move(from)});
  if (Accept("FOR"_kw)) {
    WEIR_ASSIGN_OR_RETURN(AstExprPtr length, ParseExpression());
    call->arguments.push_back({std::nullopt, std::move(length)});
  }
  return Status::OK();
}

Status StatementParser::ParsePositionArguments(AstCall* call) {
  if (At(TokenKind::kRightParen)) return Status::OK();
  // Above the precedence of IN, which is a keyword of the call here.
  WEIR_ASSIGN_OR_RETURN(AstExprPtr searched, ParseBinary(kRangePrecedence + 1));
  call->arguments.push_back({std::nullopt, std::move(searched)});
  if (!Accept("IN"_kw)) {
    while (Accept(TokenKind::kComma)) {
      WEIR_ASSIGN_OR_RETURN(AstArgument argument, ParseArgument());
      call->arguments.push_back(std::move(argument));
    }
    return Status::OK();
  }
  call->form = CallForm::kPosition;
  WEIR_ASSIGN_OR_RETURN(AstExprPtr text, ParseExpression());
  call->arguments.push_back({std::nullopt, std::move(text)});
  if (Accept("FROM"_kw)) {
    WEIR_ASSIGN_OR_RETURN(AstExprPtr from, ParseExpression());
    call->arguments.push_back({std::nullopt, std::move(from)});
  }
  return Status::OK();
}

/// TIMESTAMPADD(DAY, ..), TIMESTAMPDIFF(DAY, ..)
Status StatementParser::ParseUnitFirstArguments(AstCall* call) {
  if (PeekTimeUnit() && AtAhead(1, TokenKind::kComma)) {
    WEIR_ASSIGN_OR_RETURN(AstExprPtr unit, ParseUnitSymbol());
    call->arguments.push_back({std::nullopt, std::move(unit)});
    Advance();
  }
  return ParsePlainArguments(call);
}

Status StatementParser::ParseCallTail(AstCall* call) {
  while (true) {
    if (At("IGNORE"_kw, "NULLS"_kw) || At("RESPECT"_kw, "NULLS"_kw)) {
      call->nulls = At("IGNORE"_kw) ? NullTreatment::kIgnoreNulls : NullTreatment::kRespectNulls;
      Advance();
      Advance();
    } else if (At("WITHIN"_kw, "GROUP"_kw)) {
      Advance();
      Advance();
      WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
      if (!At("ORDER"_kw)) return Unexpected("ORDER BY");
      WEIR_ASSIGN_OR_RETURN(call->within_group, ParseSortItems());
      WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
    } else if (At("WITHIN"_kw, "DISTINCT"_kw)) {
      return UnsupportedAt(Peek().span(), "WITHIN DISTINCT is not supported yet");
    } else if (AtAhead(1, TokenKind::kLeftParen) && Accept("FILTER"_kw)) {
      Advance();
      WEIR_RETURN_NOT_OK(Expect("WHERE"_kw));
      WEIR_ASSIGN_OR_RETURN(call->filter, ParseExpression());
      WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
    } else if (Accept("OVER"_kw)) {
      AstWindowSpec spec;
      if (At(TokenKind::kLeftParen)) {
        WEIR_ASSIGN_OR_RETURN(spec, ParseWindowSpec());
      } else {
        uint32_t begin = this->begin();
        WEIR_ASSIGN_OR_RETURN(spec.base, ParseIdentifier("a window name or '('"));
        spec.is_reference = true;
        spec.span = SpanFrom(begin);
      }
      call->over = std::make_shared<const AstWindowSpec>(std::move(spec));
    } else {
      return Status::OK();
    }
  }
}

Status StatementParser::ParsePartitionBy(std::vector<AstExprPtr>* out) {
  WEIR_RETURN_NOT_OK(Expect("PARTITION"_kw, "BY"_kw));
  WEIR_ASSIGN_OR_RETURN(*out, ParseExpressionList());
  return Status::OK();
}

Result<AstWindowSpec> StatementParser::ParseWindowSpec() {
  AstWindowSpec spec;
  uint32_t begin = this->begin();
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  bool at_clause = At("PARTITION"_kw) || At("ORDER"_kw) || At("ROWS"_kw) || At("RANGE"_kw) ||
                   At("GROUPS"_kw) || At("ALLOW"_kw, "PARTIAL"_kw);
  if (!at_clause && AtIdentifier()) {
    WEIR_ASSIGN_OR_RETURN(spec.base, ParseIdentifier("a window name"));
  }
  if (At("PARTITION"_kw)) WEIR_RETURN_NOT_OK(ParsePartitionBy(&spec.partition_by));
  if (At("ORDER"_kw)) {
    WEIR_ASSIGN_OR_RETURN(spec.order_by, ParseSortItems());
  }
  if (At("ROWS"_kw) || At("RANGE"_kw) || At("GROUPS"_kw)) {
    WEIR_ASSIGN_OR_RETURN(spec.frame, ParseFrame());
  }
  if (Accept("ALLOW"_kw, "PARTIAL"_kw)) {
    spec.allow_partial = true;
  } else if (At("EXCLUDE"_kw)) {
    return UnsupportedAt(Peek().span(), "EXCLUDE in a window frame is not supported yet");
  }
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
  spec.span = SpanFrom(begin);
  return spec;
}

Result<AstFrame> StatementParser::ParseFrame() {
  AstFrame frame;
  frame.unit = At("ROWS"_kw)    ? FrameUnit::kRows
               : At("RANGE"_kw) ? FrameUnit::kRange
                                : FrameUnit::kGroups;
  Advance();
  if (Accept("BETWEEN"_kw)) {
    WEIR_ASSIGN_OR_RETURN(frame.start, ParseFrameBound());
    WEIR_RETURN_NOT_OK(Expect("AND"_kw));
    WEIR_ASSIGN_OR_RETURN(frame.end, ParseFrameBound());
  } else {
    WEIR_ASSIGN_OR_RETURN(frame.start, ParseFrameBound());
  }
  return frame;
}

Result<AstFrameBound> StatementParser::ParseFrameBound() {
  AstFrameBound bound;
  if (Accept("CURRENT"_kw, "ROW"_kw)) return bound;
  if (At("UNBOUNDED"_kw, "PRECEDING"_kw) || At("UNBOUNDED"_kw, "FOLLOWING"_kw)) {
    Advance();
    bool preceding = At("PRECEDING"_kw);
    bound.kind =
        preceding ? FrameBoundKind::kUnboundedPreceding : FrameBoundKind::kUnboundedFollowing;
    Advance();
    return bound;
  }
  WEIR_ASSIGN_OR_RETURN(bound.offset, ParseBinary(kRangePrecedence + 1));
  if (Accept("PRECEDING"_kw)) {
    bound.kind = FrameBoundKind::kPreceding;
  } else if (Accept("FOLLOWING"_kw)) {
    bound.kind = FrameBoundKind::kFollowing;
  } else {
    return Unexpected("PRECEDING or FOLLOWING");
  }
  return bound;
}

}  // namespace weir
