// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The parts that CREATE and ALTER share: columns, constraints, watermarks, options, partitions.
#include "weir/sql/statement_parser.h"

namespace weir {

Status StatementParser::ParseTableElements(AstTableElements* elements) {
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  // CREATE TABLE t () WITH (..) takes its columns from elsewhere.
  if (Accept(TokenKind::kRightParen)) return Status::OK();
  do {
    WEIR_RETURN_NOT_OK(ParseTableElement(elements));
  } while (Accept(TokenKind::kComma));
  return ExpectListEnd();
}

Status StatementParser::ParseTableElement(AstTableElements* elements) {
  if (AtConstraint()) {
    WEIR_ASSIGN_OR_RETURN(AstConstraint constraint, ParseConstraint());
    elements->constraints.push_back(std::move(constraint));
  } else if (At("WATERMARK"_kw, "FOR"_kw)) {
    WEIR_ASSIGN_OR_RETURN(AstWatermark watermark, ParseWatermark());
    elements->watermarks.push_back(std::move(watermark));
  } else if (At("PERIOD"_kw, "FOR"_kw)) {
    return UnsupportedAt(Peek().span(), "PERIOD FOR SYSTEM_TIME is not supported yet");
  } else {
    WEIR_ASSIGN_OR_RETURN(AstColumn column, ParseColumn());
    elements->columns.push_back(std::move(column));
  }
  return Status::OK();
}

Result<AstColumn> StatementParser::ParseColumn() {
  AstColumn column;
  uint32_t begin = this->begin();
  WEIR_ASSIGN_OR_RETURN(column.name, ParsePath("a column name"));
  if (Accept("AS"_kw)) {
    column.kind = ColumnKind::kComputed;
    WEIR_ASSIGN_OR_RETURN(column.expr, ParseExpression());
  } else if (At(TokenKind::kComma) || At(TokenKind::kRightParen)) {
    column.kind = ColumnKind::kNameOnly;
  } else {
    WEIR_ASSIGN_OR_RETURN(column.type, ParseType());
  }
  WEIR_RETURN_NOT_OK(ParseColumnTail(&column));
  column.span = SpanFrom(begin);
  return column;
}

Status StatementParser::ParseColumnTail(AstColumn* column) {
  while (true) {
    if (At("METADATA"_kw) && column->kind == ColumnKind::kPhysical) {
      Advance();
      column->kind = ColumnKind::kMetadata;
      if (Accept("FROM"_kw)) {
        WEIR_ASSIGN_OR_RETURN(column->metadata_key, ParseString("a metadata key in quotes"));
      }
      column->is_virtual = Accept("VIRTUAL"_kw);
    } else if (!column->constraint && (AtConstraint() || At("UNIQUE"_kw))) {
      WEIR_ASSIGN_OR_RETURN(column->constraint, ParseConstraint());
    } else if (At("COMMENT"_kw) && !column->comment) {
      WEIR_ASSIGN_OR_RETURN(column->comment, ParseComment());
    } else if (column->position == ColumnPositionKind::kNone &&
               (At("FIRST"_kw) || At("AFTER"_kw))) {
      WEIR_RETURN_NOT_OK(ParseColumnPosition(column));
    } else {
      return Status::OK();
    }
  }
}

Status StatementParser::ParseColumnPosition(AstColumn* column) {
  if (Accept("FIRST"_kw)) {
    column->position = ColumnPositionKind::kFirst;
    return Status::OK();
  }
  WEIR_RETURN_NOT_OK(Expect("AFTER"_kw));
  column->position = ColumnPositionKind::kAfter;
  WEIR_ASSIGN_OR_RETURN(column->after, ParsePath("a column name"));
  return Status::OK();
}

bool StatementParser::AtConstraint() {
  if (At("CONSTRAINT"_kw))
    return AtIdentifier(1) && (AtAhead(2, "PRIMARY"_kw) || AtAhead(2, "UNIQUE"_kw));
  if (At("PRIMARY"_kw, "KEY"_kw)) return true;
  return AtAhead(1, TokenKind::kLeftParen) && At("UNIQUE"_kw);
}

Result<AstConstraint> StatementParser::ParseConstraint() {
  AstConstraint constraint;
  uint32_t begin = this->begin();
  if (Accept("CONSTRAINT"_kw)) {
    WEIR_ASSIGN_OR_RETURN(constraint.name, ParseIdentifier("a constraint name"));
  }
  if (Accept("UNIQUE"_kw)) {
    constraint.kind = ConstraintKind::kUnique;
  } else {
    WEIR_RETURN_NOT_OK(Expect("PRIMARY"_kw, "KEY"_kw));
  }
  if (At(TokenKind::kLeftParen)) {
    WEIR_ASSIGN_OR_RETURN(constraint.columns, ParseIdentifierList("a column name"));
  }
  WEIR_RETURN_NOT_OK(ParseEnforced(&constraint));
  constraint.span = SpanFrom(begin);
  return constraint;
}

Status StatementParser::ParseEnforced(AstConstraint* constraint) {
  if (Accept("ENFORCED"_kw)) {
    constraint->enforced = true;
  } else if (Accept("NOT"_kw)) {
    WEIR_RETURN_NOT_OK(Expect("ENFORCED"_kw));
    constraint->enforced = false;
  }
  return Status::OK();
}

Result<AstWatermark> StatementParser::ParseWatermark() {
  AstWatermark watermark;
  uint32_t begin = this->begin();
  WEIR_RETURN_NOT_OK(Expect("WATERMARK"_kw, "FOR"_kw));
  WEIR_ASSIGN_OR_RETURN(watermark.column, ParsePath("a column name"));
  WEIR_RETURN_NOT_OK(Expect("AS"_kw));
  WEIR_ASSIGN_OR_RETURN(watermark.expr, ParseExpression());
  watermark.span = SpanFrom(begin);
  return watermark;
}

/// DISTRIBUTED [BY [HASH|RANGE] (a, b)] [INTO n BUCKETS]
Result<AstDistribution> StatementParser::ParseDistribution() {
  AstDistribution distribution;
  uint32_t begin = this->begin();
  WEIR_RETURN_NOT_OK(Expect("DISTRIBUTED"_kw));
  WEIR_RETURN_NOT_OK(ParseDistributionBody(&distribution));
  distribution.span = SpanFrom(begin);
  return distribution;
}

Status StatementParser::ParseDistributionBody(AstDistribution* distribution) {
  bool by = Accept("BY"_kw);
  if (by) {
    if (Accept("HASH"_kw)) {
      distribution->kind = DistributionKind::kHash;
    } else if (Accept("RANGE"_kw)) {
      distribution->kind = DistributionKind::kRange;
    }
    WEIR_ASSIGN_OR_RETURN(distribution->columns, ParseIdentifierList("a column name"));
  }
  if (!Accept("INTO"_kw)) return by ? Status::OK() : Unexpected("BY or INTO");
  WEIR_ASSIGN_OR_RETURN(distribution->buckets, ParseInteger("a number of buckets"));
  return Expect("BUCKETS"_kw);
}

/// LIKE t (INCLUDING ALL EXCLUDING OPTIONS ..)
Result<AstLikeClause> StatementParser::ParseLikeClause() {
  AstLikeClause like;
  uint32_t begin = this->begin();
  Advance();
  WEIR_ASSIGN_OR_RETURN(like.table, ParsePath("a table name"));
  if (Accept(TokenKind::kLeftParen)) {
    const std::pair<KeywordId, LikeMode> modes[] = {{"INCLUDING"_kw, LikeMode::kIncluding},
                                                    {"EXCLUDING"_kw, LikeMode::kExcluding},
                                                    {"OVERWRITING"_kw, LikeMode::kOverwriting}};
    const std::pair<KeywordId, LikeFeature> features[] = {
        {"ALL"_kw, LikeFeature::kAll},
        {"CONSTRAINTS"_kw, LikeFeature::kConstraints},
        {"DISTRIBUTION"_kw, LikeFeature::kDistribution},
        {"GENERATED"_kw, LikeFeature::kGenerated},
        {"METADATA"_kw, LikeFeature::kMetadata},
        {"OPTIONS"_kw, LikeFeature::kOptions},
        {"PARTITIONS"_kw, LikeFeature::kPartitions},
        {"WATERMARKS"_kw, LikeFeature::kWatermarks},
    };
    while (!Accept(TokenKind::kRightParen)) {
      AstLikeOption option;
      bool found = false;
      for (const auto& [keyword, mode] : modes) {
        if (found || !Accept(keyword)) continue;
        option.mode = mode;
        found = true;
      }
      if (!found) return Unexpected("INCLUDING, EXCLUDING or OVERWRITING");
      found = false;
      for (const auto& [keyword, feature] : features) {
        if (found || !Accept(keyword)) continue;
        option.feature = feature;
        found = true;
      }
      if (!found)
        return Unexpected(
            "ALL, CONSTRAINTS, GENERATED, METADATA, OPTIONS, PARTITIONS or WATERMARKS");
      like.options.push_back(option);
    }
  }
  like.span = SpanFrom(begin);
  return like;
}

/// ('k' = 'v', ..)
Result<std::vector<AstOption>> StatementParser::ParseOptions() {
  std::vector<AstOption> options;
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  if (Accept(TokenKind::kRightParen)) return options;
  do {
    AstOption option;
    uint32_t begin = this->begin();
    if (At(TokenKind::kWord) || At(TokenKind::kQuoted)) {
      return WithHint(Unexpected("an option in quotes"), "options are written 'key' = 'value'");
    }
    WEIR_ASSIGN_OR_RETURN(option.key, ParseString("an option in quotes"));
    WEIR_RETURN_NOT_OK(Expect(TokenKind::kEqual));
    if (!At(TokenKind::kString) && !At(TokenKind::kUnicode) && !AtStatementEnd() &&
        !At(TokenKind::kBad)) {
      return WithHint(Unexpected("a value in quotes"),
                      fmt::format("write '{}' = '{}'", option.key, Text(Peek())));
    }
    WEIR_ASSIGN_OR_RETURN(option.value, ParseString("a value in quotes"));
    option.span = SpanFrom(begin);
    options.push_back(std::move(option));
  } while (Accept(TokenKind::kComma));
  WEIR_RETURN_NOT_OK(ExpectListEnd());
  return options;
}

/// ('k', ..)
Result<std::vector<std::string>> StatementParser::ParseOptionKeys() {
  std::vector<std::string> keys;
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  if (Accept(TokenKind::kRightParen)) return keys;
  do {
    WEIR_ASSIGN_OR_RETURN(std::string key, ParseString("an option in quotes"));
    keys.push_back(std::move(key));
  } while (Accept(TokenKind::kComma));
  WEIR_RETURN_NOT_OK(ExpectListEnd());
  return keys;
}

/// (a, b, ..)
Result<std::vector<Identifier>> StatementParser::ParseIdentifierList(std::string_view what) {
  std::vector<Identifier> names;
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  do {
    WEIR_ASSIGN_OR_RETURN(Identifier name, ParseIdentifier(what));
    names.push_back(std::move(name));
  } while (Accept(TokenKind::kComma));
  WEIR_RETURN_NOT_OK(ExpectListEnd());
  return names;
}

/// (k = v, k2, ..)
Result<AstPartitionSpec> StatementParser::ParsePartitionSpec() {
  AstPartitionSpec spec;
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  do {
    AstPartitionValue value;
    WEIR_ASSIGN_OR_RETURN(value.name, ParseIdentifier("a partition column"));
    if (Accept(TokenKind::kEqual)) {
      WEIR_ASSIGN_OR_RETURN(value.value, ParseExpression());
    }
    spec.push_back(std::move(value));
  } while (Accept(TokenKind::kComma));
  WEIR_RETURN_NOT_OK(ExpectListEnd());
  return spec;
}

Result<std::optional<std::string>> StatementParser::ParseComment() {
  if (!Accept("COMMENT"_kw)) return std::optional<std::string>();
  WEIR_ASSIGN_OR_RETURN(std::string comment, ParseString("a comment in quotes"));
  return std::optional<std::string>(std::move(comment));
}

Result<bool> StatementParser::AcceptIfExists() {
  if (!At("IF"_kw, "EXISTS"_kw)) return false;
  Advance();
  Advance();
  return true;
}

Result<bool> StatementParser::AcceptIfNotExists() {
  if (!At("IF"_kw, "NOT"_kw)) return false;
  Advance();
  Advance();
  WEIR_RETURN_NOT_OK(Expect("EXISTS"_kw));
  return true;
}

/// REFRESH_MODE = CONTINUOUS
Result<RefreshMode> StatementParser::ParseRefreshMode() {
  Advance();
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kEqual));
  if (Accept("CONTINUOUS"_kw)) return RefreshMode::kContinuous;
  WEIR_RETURN_NOT_OK(Expect("FULL"_kw));
  return RefreshMode::kFull;
}

/// FRESHNESS = INTERVAL '3' MINUTE
Result<AstInterval> StatementParser::ParseFreshness() {
  Advance();
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kEqual));
  if (!At("INTERVAL"_kw)) return Unexpected("INTERVAL");
  WEIR_ASSIGN_OR_RETURN(AstExprPtr expr, ParseIntervalLiteral());
  return *expr->As<AstInterval>();
}

}  // namespace weir
