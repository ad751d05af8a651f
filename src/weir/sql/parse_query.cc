// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Queries: WITH, SELECT, set operations, VALUES, ORDER BY, LIMIT. INTERSECT binds more than UNION
// and EXCEPT.
#include <algorithm>

#include "weir/sql/ast_walk.h"
#include "weir/sql/statement_parser.h"

namespace weir {
namespace {

constexpr int kUnionPrecedence = 1;
constexpr int kIntersectPrecedence = 2;

/// A query that is nothing but its body.
bool IsPlain(const AstQuery& query) {
  return query.with.empty() && query.order_by.empty() && query.limit == nullptr &&
         query.offset == nullptr;
}

}  // namespace

Result<AstQueryPtr> StatementParser::MakeQuery(AstQuery query, uint32_t begin) {
  query.span = SpanFrom(begin);
  int children = 0;
  ForEachChild(query, [&](const auto& child) { children = std::max(children, child.depth); });
  query.depth = children + 1;
  WEIR_RETURN_NOT_OK(CheckDepth(query.depth));
  return std::make_shared<const AstQuery>(std::move(query));
}

bool StatementParser::AtQueryWord(size_t ahead) const {
  switch (Peek(ahead).keyword) {
    case "SELECT"_kw:
    case "VALUES"_kw:
    case "WITH"_kw:
    case "FROM"_kw:
    case "TABLE"_kw:
      return true;
    default:
      return false;
  }
}

bool StatementParser::AtQuery(size_t ahead) const {
  while (AtAhead(ahead, TokenKind::kLeftParen)) ++ahead;
  return AtQueryWord(ahead);
}

bool StatementParser::AtSetOperator() {
  return At("UNION"_kw) || At("INTERSECT"_kw) || At("EXCEPT"_kw) || At("MINUS"_kw);
}

Result<AstQueryPtr> StatementParser::ParseQueryInParentheses() {
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  WEIR_ASSIGN_OR_RETURN(AstQueryPtr query, ParseQuery());
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
  return query;
}

Result<AstQueryPtr> StatementParser::ParseQuery() {
  Level level(this);
  WEIR_RETURN_NOT_OK(level.Check());
  uint32_t begin = this->begin();
  AstQuery query;
  if (At("WITH"_kw)) WEIR_RETURN_NOT_OK(ParseWith(&query));
  WEIR_ASSIGN_OR_RETURN(AstQueryPtr first, ParseQueryTerm());
  return ParseQueryRest(std::move(query), std::move(first), begin);
}

Result<AstQueryPtr> StatementParser::ParseQueryRest(AstQuery query, AstQueryPtr first,
                                                    uint32_t begin) {
  WEIR_ASSIGN_OR_RETURN(AstQueryPtr body, ParseSetOperations(std::move(first), kUnionPrecedence));
  WEIR_RETURN_NOT_OK(ParseOrderAndLimit(&query));
  if (IsPlain(query)) {
    // Only parentheses may stand around it.
    return body;
  }
  if (IsPlain(*body)) {
    query.body = body->body;
  } else {
    query.body = AstNestedQuery{std::move(body)};
  }
  return MakeQuery(std::move(query), begin);
}

Result<AstQueryPtr> StatementParser::ContinueQuery(AstQueryPtr first, uint32_t begin) {
  return ParseQueryRest({}, std::move(first), begin);
}

Status StatementParser::ParseWith(AstQuery* query) {
  Advance();
  query->recursive = Accept("RECURSIVE"_kw);
  do {
    AstCommonTable common;
    WEIR_ASSIGN_OR_RETURN(common.name, ParseIdentifier("a name for the query"));
    if (At(TokenKind::kLeftParen)) {
      WEIR_ASSIGN_OR_RETURN(common.columns, ParseIdentifierList("a column name"));
    }
    WEIR_RETURN_NOT_OK(Expect("AS"_kw));
    WEIR_ASSIGN_OR_RETURN(common.query, ParseQueryInParentheses());
    query->with.push_back(std::move(common));
  } while (Accept(TokenKind::kComma));
  return Status::OK();
}

/// One operand of a set operation.
Result<AstQueryPtr> StatementParser::ParseQueryTerm() {
  switch (Peek().keyword) {
    case "SELECT"_kw:
      return ParseSelect();
    case "VALUES"_kw:
      return ParseValues();
    case "FROM"_kw:
      return ParseFromFirst();
    case "TABLE"_kw: {
      uint32_t begin = this->begin();
      Advance();
      AstQuery query;
      WEIR_ASSIGN_OR_RETURN(ObjectPath path, ParsePath("a table name"));
      query.body = AstTableQuery{std::move(path)};
      return MakeQuery(std::move(query), begin);
    }
    default:
      break;
  }
  if (At(TokenKind::kLeftParen)) return ParseQueryInParentheses();
  At("SELECT"_kw);
  At("VALUES"_kw);
  return Unexpected("a query");
}

Result<AstQueryPtr> StatementParser::ParseSetOperations(AstQueryPtr left, int min_precedence) {
  while (AtSetOperator()) {
    int precedence = At("INTERSECT"_kw) ? kIntersectPrecedence : kUnionPrecedence;
    if (precedence < min_precedence) break;
    uint32_t begin = left->span.begin;
    AstSetOperation operation;
    operation.inputs.push_back(std::move(left));
    auto kind_here = [&] {
      if (At("UNION"_kw)) return SetOperationKind::kUnion;
      return At("INTERSECT"_kw) ? SetOperationKind::kIntersect : SetOperationKind::kExcept;
    };
    operation.kind = kind_here();
    operation.all = AtAhead(1, "ALL"_kw);
    do {
      Advance();
      if (!Accept("ALL"_kw)) Accept("DISTINCT"_kw);
      WEIR_ASSIGN_OR_RETURN(AstQueryPtr right, ParseQueryTerm());
      if (precedence < kIntersectPrecedence) {
        WEIR_ASSIGN_OR_RETURN(right, ParseSetOperations(std::move(right), kIntersectPrecedence));
      }
      operation.inputs.push_back(std::move(right));
    } while (AtSetOperator() && kind_here() == operation.kind &&
             AtAhead(1, "ALL"_kw) == operation.all);
    AstQuery query;
    query.body = std::move(operation);
    WEIR_ASSIGN_OR_RETURN(left, MakeQuery(std::move(query), begin));
  }
  return left;
}

Result<std::vector<AstSortItem>> StatementParser::ParseSortItems() {
  WEIR_RETURN_NOT_OK(Expect("ORDER"_kw, "BY"_kw));
  std::vector<AstSortItem> items;
  do {
    AstSortItem item;
    WEIR_ASSIGN_OR_RETURN(item.expr, ParseExpression());
    if (Accept("ASC"_kw)) {
      item.direction = SortDirection::kAscending;
    } else if (Accept("DESC"_kw)) {
      item.direction = SortDirection::kDescending;
    }
    if (Accept("NULLS"_kw)) {
      if (Accept("FIRST"_kw)) {
        item.nulls = NullsOrder::kFirst;
      } else {
        WEIR_RETURN_NOT_OK(Expect("LAST"_kw));
        item.nulls = NullsOrder::kLast;
      }
    }
    items.push_back(std::move(item));
  } while (Accept(TokenKind::kComma));
  return items;
}

Status StatementParser::ParseOrderAndLimit(AstQuery* query) {
  if (At("ORDER"_kw)) {
    WEIR_ASSIGN_OR_RETURN(query->order_by, ParseSortItems());
  }
  while (true) {
    uint32_t begin = this->begin();
    AstExprPtr* target = nullptr;
    if (Accept("LIMIT"_kw)) {
      if (Accept("ALL"_kw)) continue;
      target = &query->limit;
      if (*target != nullptr) return InvalidQueryAt(SpanFrom(begin), "LIMIT is given twice");
      WEIR_ASSIGN_OR_RETURN(*target, ParseExpression());
      if (At(TokenKind::kComma)) {
        return WithHint(Unexpected("OFFSET"), "write LIMIT count OFFSET start");
      }
    } else if (Accept("OFFSET"_kw)) {
      target = &query->offset;
      if (*target != nullptr) return InvalidQueryAt(SpanFrom(begin), "OFFSET is given twice");
      WEIR_ASSIGN_OR_RETURN(*target, ParseExpression());
      if (!Accept("ROWS"_kw)) Accept("ROW"_kw);
    } else if (Accept("FETCH"_kw)) {
      if (!Accept("FIRST"_kw)) WEIR_RETURN_NOT_OK(Expect("NEXT"_kw));
      target = &query->limit;
      if (*target != nullptr)
        return InvalidQueryAt(SpanFrom(begin), "LIMIT and FETCH cannot both be given");
      if (At("ROW"_kw) || At("ROWS"_kw)) {
        WEIR_ASSIGN_OR_RETURN(*target, Make(AstLiteral{LiteralKind::kExactNumber, "1"}, begin));
      } else {
        WEIR_ASSIGN_OR_RETURN(*target, ParseExpression());
      }
      if (!Accept("ROWS"_kw)) WEIR_RETURN_NOT_OK(Expect("ROW"_kw));
      WEIR_RETURN_NOT_OK(Expect("ONLY"_kw));
    } else {
      return Status::OK();
    }
  }
}

Result<AstQueryPtr> StatementParser::ParseValues() {
  uint32_t begin = this->begin();
  Advance();
  AstValues values;
  do {
    WEIR_ASSIGN_OR_RETURN(AstExprPtr item, ParseExpression());
    const auto* row = item->As<AstConstructor>();
    bool is_row = row != nullptr &&
                  (row->kind == ConstructorKind::kTuple || row->kind == ConstructorKind::kRow);
    if (is_row) {
      values.rows.push_back(row->items);
    } else {
      values.rows.push_back({std::move(item)});
    }
  } while (Accept(TokenKind::kComma));
  AstQuery query;
  query.body = std::move(values);
  return MakeQuery(std::move(query), begin);
}

Result<AstQueryPtr> StatementParser::ParseSelect() {
  uint32_t begin = this->begin();
  Advance();
  AstSelect select;
  WEIR_ASSIGN_OR_RETURN(select.hints, ParseHints());
  WEIR_RETURN_NOT_OK(ParseSelectItems(&select));
  if (Accept("FROM"_kw)) {
    WEIR_ASSIGN_OR_RETURN(select.from, ParseFrom());
  }
  WEIR_RETURN_NOT_OK(ParseSelectTail(&select));
  AstQuery query;
  query.body = std::move(select);
  return MakeQuery(std::move(query), begin);
}

/// FROM t [SELECT ..] [WHERE ..] ..: without SELECT, all columns.
Result<AstQueryPtr> StatementParser::ParseFromFirst() {
  uint32_t begin = this->begin();
  Advance();
  AstSelect select;
  select.from_first = true;
  WEIR_ASSIGN_OR_RETURN(select.from, ParseFrom());
  if (Accept("SELECT"_kw)) {
    WEIR_ASSIGN_OR_RETURN(select.hints, ParseHints());
    WEIR_RETURN_NOT_OK(ParseSelectItems(&select));
  } else {
    uint32_t here = this->begin();
    AstSelectItem all;
    WEIR_ASSIGN_OR_RETURN(all.expr, Make(AstStar{}, here));
    all.span = all.expr->span;
    select.items.push_back(std::move(all));
  }
  WEIR_RETURN_NOT_OK(ParseSelectTail(&select));
  AstQuery query;
  query.body = std::move(select);
  return MakeQuery(std::move(query), begin);
}

Status StatementParser::ParseSelectItems(AstSelect* select) {
  if (At("STREAM"_kw) && !AtAhead(1, TokenKind::kComma) && !AtAhead(1, "FROM"_kw) &&
      !AtAhead(1, TokenKind::kDot)) {
    Advance();
    select->stream = true;
  }
  if (Accept("DISTINCT"_kw)) {
    select->quantifier = SetQuantifier::kDistinct;
  } else if (Accept("ALL"_kw)) {
    select->quantifier = SetQuantifier::kAll;
  }
  do {
    WEIR_ASSIGN_OR_RETURN(AstSelectItem item, ParseSelectItem());
    select->items.push_back(std::move(item));
  } while (Accept(TokenKind::kComma));
  return Status::OK();
}

Result<AstSelectItem> StatementParser::ParseSelectItem() {
  AstSelectItem item;
  uint32_t begin = this->begin();
  if (Accept(TokenKind::kStar)) {
    WEIR_ASSIGN_OR_RETURN(item.expr, Make(AstStar{}, begin));
    item.span = item.expr->span;
    return item;
  }
  WEIR_ASSIGN_OR_RETURN(item.expr, ParseExpression());
  if (Accept("AS"_kw)) {
    WEIR_ASSIGN_OR_RETURN(item.alias, ParseIdentifier("a column name"));
  } else if (AtImplicitAlias()) {
    WEIR_ASSIGN_OR_RETURN(item.alias, ParseIdentifier("a column name"));
    MarkImplicitAlias();
  }
  item.span = SpanFrom(begin);
  return item;
}

/// WHERE, GROUP BY, HAVING, WINDOW, QUALIFY.
Status StatementParser::ParseSelectTail(AstSelect* select) {
  if (Accept("WHERE"_kw)) {
    WEIR_ASSIGN_OR_RETURN(select->where, ParseExpression());
  }
  if (Accept("GROUP"_kw)) {
    WEIR_RETURN_NOT_OK(Expect("BY"_kw));
    select->has_group_by = true;
    if (Accept("DISTINCT"_kw)) {
      select->group_quantifier = SetQuantifier::kDistinct;
    } else if (Accept("ALL"_kw)) {
      select->group_quantifier = SetQuantifier::kAll;
    }
    do {
      WEIR_ASSIGN_OR_RETURN(AstGrouping grouping, ParseGrouping());
      select->group_by.push_back(std::move(grouping));
    } while (Accept(TokenKind::kComma));
  }
  if (Accept("HAVING"_kw)) {
    WEIR_ASSIGN_OR_RETURN(select->having, ParseExpression());
  }
  if (Accept("WINDOW"_kw)) {
    do {
      AstNamedWindow window;
      WEIR_ASSIGN_OR_RETURN(window.name, ParseIdentifier("a window name"));
      WEIR_RETURN_NOT_OK(Expect("AS"_kw));
      WEIR_ASSIGN_OR_RETURN(AstWindowSpec spec, ParseWindowSpec());
      window.spec = std::make_shared<const AstWindowSpec>(std::move(spec));
      select->windows.push_back(std::move(window));
    } while (Accept(TokenKind::kComma));
  }
  if (Accept("QUALIFY"_kw)) {
    WEIR_ASSIGN_OR_RETURN(select->qualify, ParseExpression());
  }
  return Status::OK();
}

Result<AstGrouping> StatementParser::ParseGrouping() {
  Level level(this);
  WEIR_RETURN_NOT_OK(level.Check());
  AstGrouping grouping;
  uint32_t begin = this->begin();
  if (At("GROUPING"_kw, "SETS"_kw)) {
    Advance();
    Advance();
    grouping.kind = GroupingKind::kSets;
    WEIR_RETURN_NOT_OK(ParseGroupingElements(&grouping));
  } else if (AtAhead(1, TokenKind::kLeftParen) && (At("ROLLUP"_kw) || At("CUBE"_kw))) {
    grouping.kind = At("ROLLUP"_kw) ? GroupingKind::kRollup : GroupingKind::kCube;
    Advance();
    WEIR_RETURN_NOT_OK(ParseGroupingElements(&grouping));
  } else if (At(TokenKind::kLeftParen) && AtAhead(1, TokenKind::kRightParen)) {
    Advance();
    Advance();
    grouping.kind = GroupingKind::kTuple;
  } else {
    WEIR_ASSIGN_OR_RETURN(AstExprPtr expr, ParseExpression());
    const auto* tuple = expr->As<AstConstructor>();
    if (tuple != nullptr && tuple->kind == ConstructorKind::kTuple) {
      grouping.kind = GroupingKind::kTuple;
      grouping.exprs = tuple->items;
    } else {
      grouping.exprs.push_back(std::move(expr));
    }
  }
  grouping.span = SpanFrom(begin);
  return grouping;
}

Status StatementParser::ParseGroupingElements(AstGrouping* grouping) {
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  do {
    WEIR_ASSIGN_OR_RETURN(AstGrouping element, ParseGrouping());
    grouping->elements.push_back(std::move(element));
  } while (Accept(TokenKind::kComma));
  return Expect(TokenKind::kRightParen);
}

}  // namespace weir
