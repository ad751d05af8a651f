// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// MATCH_RECOGNIZE, the whole of SQL:2016's clause; what Flink does not run is refused later, by
// name.
#include "weir/sql/statement_parser.h"

namespace weir {

Result<AstTablePtr> StatementParser::ParseMatchRecognize(AstTablePtr input, uint32_t begin) {
  Advance();
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  AstMatchRecognize match;
  match.input = std::move(input);
  if (At("PARTITION"_kw)) WEIR_RETURN_NOT_OK(ParsePartitionBy(&match.partition_by));
  if (At("ORDER"_kw)) {
    WEIR_ASSIGN_OR_RETURN(match.order_by, ParseSortItems());
  }
  if (Accept("MEASURES"_kw)) WEIR_RETURN_NOT_OK(ParseMeasures(&match));
  WEIR_RETURN_NOT_OK(ParseRowsAndSkip(&match));
  WEIR_RETURN_NOT_OK(Expect("PATTERN"_kw));
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  match.starts_at_first = Accept(TokenKind::kCaret);
  WEIR_ASSIGN_OR_RETURN(match.pattern, ParsePattern());
  match.ends_at_last = Accept(TokenKind::kDollar);
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
  if (Accept("WITHIN"_kw)) {
    WEIR_ASSIGN_OR_RETURN(match.within, ParseExpression());
  }
  if (Accept("SUBSET"_kw)) WEIR_RETURN_NOT_OK(ParseSubsets(&match));
  if (Accept("DEFINE"_kw)) WEIR_RETURN_NOT_OK(ParseDefinitions(&match));
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
  return MakeTable(std::move(match), begin);
}

Status StatementParser::ParseMeasures(AstMatchRecognize* match) {
  do {
    AstMeasure measure;
    WEIR_ASSIGN_OR_RETURN(measure.expr, ParseExpression());
    WEIR_RETURN_NOT_OK(Expect("AS"_kw));
    WEIR_ASSIGN_OR_RETURN(measure.alias, ParseIdentifier("a measure's name"));
    match->measures.push_back(std::move(measure));
  } while (Accept(TokenKind::kComma));
  return Status::OK();
}

Status StatementParser::ParseRowsAndSkip(AstMatchRecognize* match) {
  if (At("ONE"_kw) || At("ALL"_kw)) {
    bool one = At("ONE"_kw);
    Advance();
    WEIR_RETURN_NOT_OK(one ? Expect("ROW"_kw) : Expect("ROWS"_kw));
    WEIR_RETURN_NOT_OK(Expect("PER"_kw, "MATCH"_kw));
    match->rows_per_match = one ? RowsPerMatch::kOneRow : RowsPerMatch::kAllRows;
  }
  if (!Accept("AFTER"_kw)) return Status::OK();
  WEIR_RETURN_NOT_OK(Expect("MATCH"_kw, "SKIP"_kw));
  if (Accept("PAST"_kw)) {
    match->after_match = AfterMatchSkip::kPastLastRow;
    return Expect("LAST"_kw, "ROW"_kw);
  }
  WEIR_RETURN_NOT_OK(Expect("TO"_kw));
  if (Accept("NEXT"_kw, "ROW"_kw)) {
    match->after_match = AfterMatchSkip::kToNextRow;
    return Status::OK();
  }
  bool first = At("FIRST"_kw) && AtIdentifier(1);
  bool last = At("LAST"_kw) && AtIdentifier(1);
  if (first || last) Advance();
  match->after_match = first ? AfterMatchSkip::kToFirst : AfterMatchSkip::kToLast;
  WEIR_ASSIGN_OR_RETURN(match->skip_variable, ParseIdentifier("a pattern variable"));
  return Status::OK();
}

Status StatementParser::ParseSubsets(AstMatchRecognize* match) {
  do {
    AstPatternSubset subset;
    WEIR_ASSIGN_OR_RETURN(subset.name, ParseIdentifier("a name"));
    WEIR_RETURN_NOT_OK(Expect(TokenKind::kEqual));
    WEIR_ASSIGN_OR_RETURN(subset.variables, ParseIdentifierList("a pattern variable"));
    match->subsets.push_back(std::move(subset));
  } while (Accept(TokenKind::kComma));
  return Status::OK();
}

Status StatementParser::ParseDefinitions(AstMatchRecognize* match) {
  do {
    AstPatternDefinition definition;
    WEIR_ASSIGN_OR_RETURN(definition.variable, ParseIdentifier("a pattern variable"));
    WEIR_RETURN_NOT_OK(Expect("AS"_kw));
    WEIR_ASSIGN_OR_RETURN(definition.condition, ParseExpression());
    match->definitions.push_back(std::move(definition));
  } while (Accept(TokenKind::kComma));
  return Status::OK();
}

Result<AstPattern> StatementParser::ParsePattern() {
  Level level(this);
  WEIR_RETURN_NOT_OK(level.Check());
  uint32_t begin = this->begin();
  WEIR_ASSIGN_OR_RETURN(AstPattern first, ParsePatternSequence());
  if (!At(TokenKind::kBar)) return first;
  AstPattern alternation;
  alternation.kind = PatternKind::kAlternation;
  alternation.children.push_back(std::move(first));
  while (Accept(TokenKind::kBar)) {
    WEIR_ASSIGN_OR_RETURN(AstPattern next, ParsePatternSequence());
    alternation.children.push_back(std::move(next));
  }
  alternation.span = SpanFrom(begin);
  return alternation;
}

Result<AstPattern> StatementParser::ParsePatternSequence() {
  AstPattern sequence;
  sequence.kind = PatternKind::kSequence;
  uint32_t begin = this->begin();
  do {
    WEIR_ASSIGN_OR_RETURN(AstPattern next, ParsePatternFactor());
    sequence.children.push_back(std::move(next));
  } while (AtIdentifier() || At(TokenKind::kLeftParen) || At(TokenKind::kLeftBrace));
  if (sequence.children.size() == 1) return AstPattern(std::move(sequence.children[0]));
  sequence.span = SpanFrom(begin);
  return sequence;
}

Result<AstPattern> StatementParser::ParsePatternFactor() {
  uint32_t begin = this->begin();
  WEIR_ASSIGN_OR_RETURN(AstPattern operand, ParsePatternPrimary());
  AstPattern quantified;
  quantified.kind = PatternKind::kQuantified;
  bool braces = At(TokenKind::kLeftBrace) && !AtAhead(1, TokenKind::kMinus);
  if (!braces && !At(TokenKind::kStar) && !At(TokenKind::kPlus) && !At(TokenKind::kQuestion))
    return operand;
  WEIR_RETURN_NOT_OK(ParsePatternQuantifier(&quantified));
  quantified.reluctant = Accept(TokenKind::kQuestion);
  quantified.children.push_back(std::move(operand));
  quantified.span = SpanFrom(begin);
  return quantified;
}

Status StatementParser::ParsePatternQuantifier(AstPattern* quantified) {
  quantified->min = 0;
  if (Accept(TokenKind::kStar)) return Status::OK();
  if (Accept(TokenKind::kPlus)) {
    quantified->min = 1;
    return Status::OK();
  }
  if (Accept(TokenKind::kQuestion)) {
    quantified->max = 1;
    return Status::OK();
  }
  Advance();
  bool has_min = !At(TokenKind::kComma);
  if (has_min) {
    WEIR_ASSIGN_OR_RETURN(quantified->min, ParseInteger("a number of repetitions"));
  }
  if (Accept(TokenKind::kComma)) {
    if (!At(TokenKind::kRightBrace) || !has_min) {
      WEIR_ASSIGN_OR_RETURN(quantified->max, ParseInteger("a number of repetitions"));
    }
  } else {
    quantified->max = quantified->min;
  }
  return Expect(TokenKind::kRightBrace);
}

Result<AstPattern> StatementParser::ParsePatternPrimary() {
  AstPattern pattern;
  uint32_t begin = this->begin();
  if (Accept(TokenKind::kLeftParen)) {
    if (Accept(TokenKind::kRightParen)) {
      pattern.kind = PatternKind::kEmpty;
    } else {
      pattern.kind = PatternKind::kGroup;
      WEIR_ASSIGN_OR_RETURN(AstPattern inner, ParsePattern());
      pattern.children.push_back(std::move(inner));
      WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
    }
  } else if (Accept(TokenKind::kLeftBrace)) {
    pattern.kind = PatternKind::kExclude;
    WEIR_RETURN_NOT_OK(Expect(TokenKind::kMinus));
    WEIR_ASSIGN_OR_RETURN(AstPattern inner, ParsePattern());
    pattern.children.push_back(std::move(inner));
    WEIR_RETURN_NOT_OK(Expect(TokenKind::kMinus));
    WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightBrace));
  } else if (AtAhead(1, TokenKind::kLeftParen) && Accept("PERMUTE"_kw)) {
    Advance();
    pattern.kind = PatternKind::kPermute;
    do {
      WEIR_ASSIGN_OR_RETURN(AstPattern inner, ParsePattern());
      pattern.children.push_back(std::move(inner));
    } while (Accept(TokenKind::kComma));
    WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
  } else {
    WEIR_ASSIGN_OR_RETURN(pattern.variable, ParseIdentifier("a pattern variable"));
  }
  pattern.span = SpanFrom(begin);
  return pattern;
}

}  // namespace weir
