// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Operators, by precedence. A chain of one associative operator becomes one node with many
// operands, so that a condition of 20,000 ORs is a flat tree.
#include <algorithm>

#include "weir/sql/ast_walk.h"
#include "weir/sql/precedence.h"
#include "weir/sql/statement_parser.h"

namespace weir {

Status StatementParser::CheckDepth(int depth) {
  if (depth <= depth_max_) return Status::OK();
  ErrorInfo info{ErrorCode::kInvalidQuery, "split it into several statements or views",
                 Peek().span()};
  return MakeError(std::move(info),
                   fmt::format("expression is nested deeper than {} levels", depth_max_));
}

Result<AstExprPtr> StatementParser::Finish(std::shared_ptr<AstExpr> expr, uint32_t begin) {
  expr->span = SpanFrom(begin);
  int children = 0;
  ForEachChild(*expr, [&](const auto& child) { children = std::max(children, child.depth); });
  expr->depth = children + 1;
  // The binder applies a chain from the left, one level an operand; AND and OR stay flat, ||
  // becomes a balanced tree.
  auto* chain = expr->As<AstOperator>();
  if (chain != nullptr &&
      (chain->op == AstOperatorKind::kPlus || chain->op == AstOperatorKind::kTimes)) {
    expr->depth += static_cast<int>(chain->operands.size()) - 2;
  }
  WEIR_RETURN_NOT_OK(CheckDepth(expr->depth));
  return AstExprPtr(std::move(expr));
}

/// An operator that may follow an operand.
struct StatementParser::BinaryOperator {
  enum class Tail : uint8_t {
    kNone,
    kPlain,
    kChain,
    kIs,
    kIn,
    kBetween,
    kLike,
    kMultiset,
    kMember,
    kPeriod,
    kAtTimeZone
  };
  Tail tail = Tail::kNone;
  int precedence = 0;
  AstOperatorKind op = AstOperatorKind::kAnd;
  bool negated = false;
};

StatementParser::BinaryOperator StatementParser::PeekOperator() {
  using Tail = BinaryOperator::Tail;
  using Op = AstOperatorKind;
  auto comparison = [](Op op) {
    return BinaryOperator{Tail::kPlain, kComparisonPrecedence, op, false};
  };
  switch (Peek().kind) {
    case TokenKind::kEqual:
      return comparison(Op::kEqual);
    case TokenKind::kNotEqual:
      return comparison(Op::kNotEqual);
    case TokenKind::kLess:
      return comparison(Op::kLess);
    case TokenKind::kLessOrEqual:
      return comparison(Op::kLessOrEqual);
    case TokenKind::kGreater:
      return comparison(Op::kGreater);
    case TokenKind::kGreaterOrEqual:
      return comparison(Op::kGreaterOrEqual);
    case TokenKind::kPlus:
      return {Tail::kChain, kAddPrecedence, Op::kPlus, false};
    case TokenKind::kMinus:
      return {Tail::kPlain, kAddPrecedence, Op::kMinus, false};
    case TokenKind::kStar:
      return {Tail::kChain, kTimesPrecedence, Op::kTimes, false};
    case TokenKind::kSlash:
      return {Tail::kPlain, kTimesPrecedence, Op::kDivide, false};
    case TokenKind::kPercent:
      return {Tail::kPlain, kTimesPrecedence, Op::kModulo, false};
    case TokenKind::kConcat:
      return {Tail::kChain, kTimesPrecedence, Op::kConcat, false};
    case TokenKind::kWord:
      break;
    default:
      return {};
  }
  bool negated = Peek().keyword == "NOT"_kw;
  switch (Peek(negated ? 1 : 0).keyword) {
    case "IN"_kw:
      return {Tail::kIn, kRangePrecedence, Op::kAnd, negated};
    case "BETWEEN"_kw:
      return {Tail::kBetween, kRangePrecedence, Op::kAnd, negated};
    case "LIKE"_kw:
    case "ILIKE"_kw:
    case "RLIKE"_kw:
    case "SIMILAR"_kw:
      return {Tail::kLike, kRangePrecedence, Op::kAnd, negated};
    case "MEMBER"_kw:
    case "SUBMULTISET"_kw:
      if (!AtAhead(negated ? 2 : 1, "OF"_kw)) return {};
      return {Tail::kMember, kComparisonPrecedence, Op::kMemberOf, negated};
    default:
      break;
  }
  if (negated) return {};
  switch (Peek().keyword) {
    case "AND"_kw:
      return {Tail::kChain, kAndPrecedence, Op::kAnd, false};
    case "OR"_kw:
      return {Tail::kChain, kOrPrecedence, Op::kOr, false};
    case "IS"_kw: {
      bool distinct =
          AtAhead(1, "DISTINCT"_kw) || (AtAhead(1, "NOT"_kw) && AtAhead(2, "DISTINCT"_kw));
      return {Tail::kIs, distinct ? kDistinctFromPrecedence : kIsPrecedence, Op::kIsNull, false};
    }
    case "MULTISET"_kw:
      if (AtAhead(1, "UNION"_kw) || AtAhead(1, "INTERSECT"_kw) || AtAhead(1, "EXCEPT"_kw)) {
        return {Tail::kMultiset, kMultisetPrecedence, Op::kMultisetUnion, false};
      }
      return {};
    case "AT"_kw:
      if (!AtAhead(1, "TIME"_kw) || !AtAhead(2, "ZONE"_kw)) return {};
      return {Tail::kAtTimeZone, kPostfixPrecedence, Op::kAtTimeZone, false};
    case "OVERLAPS"_kw:
      return {Tail::kPeriod, kComparisonPrecedence, Op::kOverlaps, false};
    default:
      break;
  }
  // These are also names: an operand must follow for them to be operators.
  TokenKind next = Peek(1).kind;
  if (next != TokenKind::kLeftParen && !AtAhead(1, "ROW"_kw) && !AtAhead(1, "PERIOD"_kw) &&
      !AtAhead(1, "PRECEDES"_kw) && !AtAhead(1, "SUCCEEDS"_kw)) {
    return {};
  }
  switch (Peek().keyword) {
    case "CONTAINS"_kw:
      return {Tail::kPeriod, kComparisonPrecedence, Op::kContains, false};
    case "EQUALS"_kw:
      return {Tail::kPeriod, kComparisonPrecedence, Op::kPeriodEquals, false};
    case "PRECEDES"_kw:
      return {Tail::kPeriod, kComparisonPrecedence, Op::kPrecedes, false};
    case "SUCCEEDS"_kw:
      return {Tail::kPeriod, kComparisonPrecedence, Op::kSucceeds, false};
    case "IMMEDIATELY"_kw:
      if (AtAhead(1, "PRECEDES"_kw))
        return {Tail::kPeriod, kComparisonPrecedence, Op::kImmediatelyPrecedes, false};
      if (AtAhead(1, "SUCCEEDS"_kw))
        return {Tail::kPeriod, kComparisonPrecedence, Op::kImmediatelySucceeds, false};
      return {};
    default:
      return {};
  }
}

Result<AstExprPtr> StatementParser::ParseBinary(int min_precedence) {
  Level level(this);
  WEIR_RETURN_NOT_OK(level.Check());
  uint32_t begin = this->begin();
  WEIR_ASSIGN_OR_RETURN(AstExprPtr left, ParseUnary());
  while (true) {
    BinaryOperator op = PeekOperator();
    if (op.tail == BinaryOperator::Tail::kNone || op.precedence < min_precedence) return left;
    WEIR_ASSIGN_OR_RETURN(left, ParseOperatorTail(std::move(left), op, begin));
  }
}

Result<AstExprPtr> StatementParser::ParseOperatorTail(AstExprPtr left, const BinaryOperator& op,
                                                      uint32_t begin) {
  using Tail = BinaryOperator::Tail;
  switch (op.tail) {
    case Tail::kIs:
      return ParseIs(std::move(left), begin);
    case Tail::kMultiset:
      return ParseMultiset(std::move(left), begin);
    case Tail::kChain:
      return ParseChain(std::move(left), op, begin);
    default:
      break;
  }
  if (op.negated) Advance();
  if (op.tail == Tail::kIn) return ParseIn(std::move(left), op.negated, begin);
  if (op.tail == Tail::kBetween) return ParseBetween(std::move(left), op.negated, begin);
  if (op.tail == Tail::kLike) return ParseLike(std::move(left), op.negated, begin);
  AstOperatorKind kind = op.op;
  if (op.tail == Tail::kMember) {
    bool member = At("MEMBER"_kw);
    if (member) kind = op.negated ? AstOperatorKind::kNotMemberOf : AstOperatorKind::kMemberOf;
    if (!member)
      kind = op.negated ? AstOperatorKind::kNotSubmultisetOf : AstOperatorKind::kSubmultisetOf;
    Advance();
  }
  if (op.tail == Tail::kAtTimeZone) {
    Advance();
    Advance();
  }
  if (kind == AstOperatorKind::kImmediatelyPrecedes ||
      kind == AstOperatorKind::kImmediatelySucceeds)
    Advance();
  Advance();
  bool quantified =
      AtAhead(1, TokenKind::kLeftParen) && (At("ANY"_kw) || At("SOME"_kw) || At("ALL"_kw));
  if (quantified && op.precedence == kComparisonPrecedence && op.tail == Tail::kPlain) {
    return ParseQuantified(std::move(left), kind, begin);
  }
  WEIR_ASSIGN_OR_RETURN(AstExprPtr right, ParseBinary(op.precedence + 1));
  return Make(AstOperator{kind, {std::move(left), std::move(right)}}, begin);
}

Result<AstExprPtr> StatementParser::ParseChain(AstExprPtr first, const BinaryOperator& op,
                                               uint32_t begin) {
  AstOperator chain{op.op, {std::move(first)}};
  do {
    Advance();
    WEIR_ASSIGN_OR_RETURN(AstExprPtr next, ParseBinary(op.precedence + 1));
    chain.operands.push_back(std::move(next));
  } while (PeekOperator().tail == BinaryOperator::Tail::kChain && PeekOperator().op == op.op);
  return Make(std::move(chain), begin);
}

Result<AstExprPtr> StatementParser::ParseUnary() {
  uint32_t begin = this->begin();
  auto prefix = [&](AstOperatorKind op, int precedence) -> Result<AstExprPtr> {
    Advance();
    WEIR_ASSIGN_OR_RETURN(AstExprPtr operand, ParseBinary(precedence));
    return Make(AstOperator{op, {std::move(operand)}}, begin);
  };
  if (At(TokenKind::kMinus)) return prefix(AstOperatorKind::kNegate, kSignPrecedence);
  if (At(TokenKind::kPlus)) return prefix(AstOperatorKind::kPositive, kSignPrecedence);
  if (At("NOT"_kw)) return prefix(AstOperatorKind::kNot, kNotPrecedence);
  if (Peek(1).kind == TokenKind::kWord && AtAhead(2, TokenKind::kLeftParen)) {
    if (At("RUNNING"_kw)) return prefix(AstOperatorKind::kRunning, kPostfixPrecedence);
    if (At("FINAL"_kw)) return prefix(AstOperatorKind::kFinal, kPostfixPrecedence);
  }
  WEIR_ASSIGN_OR_RETURN(AstExprPtr operand, ParsePrimary());
  return ParsePostfix(std::move(operand), begin);
}

Result<AstExprPtr> StatementParser::ParsePostfix(AstExprPtr operand, uint32_t begin) {
  while (true) {
    if (Accept(TokenKind::kLeftBracket)) {
      WEIR_ASSIGN_OR_RETURN(AstExprPtr index, ParseExpression());
      WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightBracket));
      WEIR_ASSIGN_OR_RETURN(operand,
                            Make(AstSubscript{std::move(operand), std::move(index)}, begin));
    } else if (At(TokenKind::kDot)) {
      Advance();
      if (Accept(TokenKind::kStar)) return Make(AstStar{{}, std::move(operand)}, begin);
      WEIR_ASSIGN_OR_RETURN(Identifier field, ParseAnyWord("a field name"));
      WEIR_ASSIGN_OR_RETURN(operand,
                            Make(AstFieldAccess{std::move(operand), std::move(field)}, begin));
    } else {
      return operand;
    }
  }
}

Result<AstExprPtr> StatementParser::ParseIs(AstExprPtr left, uint32_t begin) {
  using Op = AstOperatorKind;
  Advance();
  bool negated = Accept("NOT"_kw);
  if (Accept("DISTINCT"_kw)) {
    WEIR_RETURN_NOT_OK(Expect("FROM"_kw));
    WEIR_ASSIGN_OR_RETURN(AstExprPtr right, ParseBinary(kDistinctFromPrecedence + 1));
    Op op = negated ? Op::kIsNotDistinctFrom : Op::kIsDistinctFrom;
    return Make(AstOperator{op, {std::move(left), std::move(right)}}, begin);
  }
  if (Accept("JSON"_kw)) {
    AstIsJson is{std::move(left), JsonItemKind::kValue, negated};
    if (Accept("OBJECT"_kw)) {
      is.item = JsonItemKind::kObject;
    } else if (Accept("ARRAY"_kw)) {
      is.item = JsonItemKind::kArray;
    } else if (Accept("SCALAR"_kw)) {
      is.item = JsonItemKind::kScalar;
    } else {
      Accept("VALUE"_kw);
    }
    return Make(std::move(is), begin);
  }
  Op op;
  if (Accept("NULL"_kw)) {
    op = negated ? Op::kIsNotNull : Op::kIsNull;
  } else if (Accept("TRUE"_kw)) {
    op = negated ? Op::kIsNotTrue : Op::kIsTrue;
  } else if (Accept("FALSE"_kw)) {
    op = negated ? Op::kIsNotFalse : Op::kIsFalse;
  } else if (Accept("UNKNOWN"_kw)) {
    op = negated ? Op::kIsNotUnknown : Op::kIsUnknown;
  } else if (Accept("EMPTY"_kw)) {
    op = negated ? Op::kIsNotEmpty : Op::kIsEmpty;
  } else if (At("A"_kw, "SET"_kw)) {
    Advance();
    Advance();
    op = negated ? Op::kIsNotASet : Op::kIsASet;
  } else {
    return Unexpected("NULL, TRUE, FALSE, UNKNOWN, JSON or DISTINCT FROM");
  }
  return Make(AstOperator{op, {std::move(left)}}, begin);
}

Result<AstExprPtr> StatementParser::ParseIn(AstExprPtr left, bool negated, uint32_t begin) {
  Advance();
  if (!At(TokenKind::kLeftParen)) return Unexpected("'('");
  if (AtQueryWord(1)) {
    WEIR_ASSIGN_OR_RETURN(AstQueryPtr query, ParseQueryInParentheses());
    return Make(AstInQuery{std::move(left), std::move(query), negated}, begin);
  }
  Advance();
  AstInList in{std::move(left), {}, negated};
  uint32_t list_begin = this->begin();
  WEIR_ASSIGN_OR_RETURN(in.items, ParseExpressionList());
  // IN ((SELECT ..) UNION ..) is the query, not a list of one scalar subquery.
  if (const auto* subquery = in.items[0]->As<AstSubquery>();
      subquery != nullptr && in.items.size() == 1) {
    WEIR_ASSIGN_OR_RETURN(AstQueryPtr query, ContinueQuery(subquery->query, list_begin));
    WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
    return Make(AstInQuery{std::move(in.operand), std::move(query), negated}, begin);
  }
  WEIR_RETURN_NOT_OK(ExpectListEnd());
  return Make(std::move(in), begin);
}

Result<AstExprPtr> StatementParser::ParseBetween(AstExprPtr left, bool negated, uint32_t begin) {
  Advance();
  AstBetween between{std::move(left), nullptr, nullptr, negated, false};
  if (Accept("SYMMETRIC"_kw)) {
    between.symmetric = true;
  } else {
    Accept("ASYMMETRIC"_kw);
  }
  WEIR_ASSIGN_OR_RETURN(between.low, ParseBinary(kRangePrecedence + 1));
  WEIR_RETURN_NOT_OK(Expect("AND"_kw));
  WEIR_ASSIGN_OR_RETURN(between.high, ParseBinary(kRangePrecedence + 1));
  return Make(std::move(between), begin);
}

Result<AstExprPtr> StatementParser::ParseLike(AstExprPtr left, bool negated, uint32_t begin) {
  AstLike like{LikeKind::kLike, std::move(left), nullptr, nullptr, negated};
  if (Accept("SIMILAR"_kw)) {
    WEIR_RETURN_NOT_OK(Expect("TO"_kw));
    like.kind = LikeKind::kSimilarTo;
  } else if (Accept("ILIKE"_kw)) {
    like.kind = LikeKind::kIlike;
  } else if (Accept("RLIKE"_kw)) {
    like.kind = LikeKind::kRlike;
  } else {
    Advance();
  }
  WEIR_ASSIGN_OR_RETURN(like.pattern, ParseBinary(kRangePrecedence + 1));
  if (Accept("ESCAPE"_kw)) {
    WEIR_ASSIGN_OR_RETURN(like.escape, ParseBinary(kRangePrecedence + 1));
  }
  return Make(std::move(like), begin);
}

Result<AstExprPtr> StatementParser::ParseMultiset(AstExprPtr left, uint32_t begin) {
  using Op = AstOperatorKind;
  Advance();
  KeywordId word = Peek().keyword;
  Advance();
  bool distinct = Accept("DISTINCT"_kw);
  if (!distinct) Accept("ALL"_kw);
  Op op = distinct ? Op::kMultisetUnionDistinct : Op::kMultisetUnion;
  if (word == "INTERSECT"_kw)
    op = distinct ? Op::kMultisetIntersectDistinct : Op::kMultisetIntersect;
  if (word == "EXCEPT"_kw) op = distinct ? Op::kMultisetExceptDistinct : Op::kMultisetExcept;
  WEIR_ASSIGN_OR_RETURN(AstExprPtr right, ParseBinary(kMultisetPrecedence + 1));
  return Make(AstOperator{op, {std::move(left), std::move(right)}}, begin);
}

Result<AstExprPtr> StatementParser::ParseQuantified(AstExprPtr left, AstOperatorKind op,
                                                    uint32_t begin) {
  AstQuantified quantified;
  quantified.op = op;
  quantified.quantifier = At("ALL"_kw) ? Quantifier::kAll : Quantifier::kSome;
  quantified.operand = std::move(left);
  Advance();
  if (AtQuery(1)) {
    WEIR_ASSIGN_OR_RETURN(quantified.query, ParseQueryInParentheses());
  } else {
    Advance();
    WEIR_ASSIGN_OR_RETURN(quantified.items, ParseExpressionList());
    WEIR_RETURN_NOT_OK(ExpectListEnd());
  }
  return Make(std::move(quantified), begin);
}

}  // namespace weir
