// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Types, with Flink's synonyms: DEC is DECIMAL, INT ARRAY is ARRAY<INT>, CHARACTER VARYING is
// VARCHAR.
#include <algorithm>

#include "weir/sql/statement_parser.h"

namespace weir {

Result<AstTypePtr> StatementParser::MakeType(AstType type, uint32_t begin) {
  type.span = SpanFrom(begin);
  int children = 0;
  for (const auto& child : type.children) children = std::max(children, child->depth);
  for (const auto& field : type.fields) children = std::max(children, field.type->depth);
  type.depth = children + 1;
  WEIR_RETURN_NOT_OK(CheckDepth(type.depth));
  return std::make_shared<const AstType>(std::move(type));
}

void StatementParser::ParseNullability(AstType* type) {
  if (Accept("NOT"_kw, "NULL"_kw)) {
    type->nullable = false;
  } else if (!AtAhead(1, "ON"_kw) && Accept("NULL"_kw)) {
    // RETURNING INT NULL ON EMPTY: that NULL belongs to the next clause.
    type->nullable = true;
  }
}

Result<AstTypePtr> StatementParser::ParseType() {
  Level level(this);
  WEIR_RETURN_NOT_OK(level.Check());
  uint32_t begin = this->begin();
  WEIR_ASSIGN_OR_RETURN(AstType type, ParseTypeName());
  ParseNullability(&type);
  while (At("ARRAY"_kw) || At("MULTISET"_kw)) {
    WEIR_ASSIGN_OR_RETURN(AstTypePtr element, MakeType(std::move(type), begin));
    type = AstType{};
    type.kind = At("ARRAY"_kw) ? AstTypeKind::kArray : AstTypeKind::kMultiset;
    type.children.push_back(std::move(element));
    Advance();
    ParseNullability(&type);
  }
  return MakeType(std::move(type), begin);
}

Result<AstType> StatementParser::ParseTypeName() {
  AstType type;
  KeywordId keyword = Peek().keyword;
  switch (keyword) {
    case "ROW"_kw:
      WEIR_RETURN_NOT_OK(ParseRowType(&type));
      return type;
    case "STRUCTURED"_kw:
      WEIR_RETURN_NOT_OK(ParseStructuredType(&type));
      return type;
    case "RAW"_kw:
      WEIR_RETURN_NOT_OK(ParseRawType(&type));
      return type;
    case "ARRAY"_kw:
    case "MULTISET"_kw:
    case "MAP"_kw:
      Advance();
      type.kind = keyword == "ARRAY"_kw ? AstTypeKind::kArray
                  : keyword == "MAP"_kw ? AstTypeKind::kMap
                                        : AstTypeKind::kMultiset;
      WEIR_RETURN_NOT_OK(ParseTypeArguments(&type, keyword == "MAP"_kw ? 2 : 1));
      return type;
    case "INTERVAL"_kw: {
      Advance();
      type.kind = AstTypeKind::kInterval;
      WEIR_ASSIGN_OR_RETURN(type.interval, ParseIntervalQualifier());
      return type;
    }
    case "TIME"_kw:
    case "TIMESTAMP"_kw:
    case "TIMESTAMP_LTZ"_kw:
      WEIR_RETURN_NOT_OK(ParseTimeType(&type));
      return type;
    default:
      break;
  }
  WEIR_RETURN_NOT_OK(ParseSimpleType(keyword, &type));
  return type;
}

Status StatementParser::ParseSimpleType(KeywordId keyword, AstType* type) {
  using Kind = AstTypeKind;
  auto simple = [&](Kind kind) {
    Advance();
    type->kind = kind;
    return Status::OK();
  };
  auto with_length = [&](Kind fixed, Kind varying) {
    Advance();
    type->kind = fixed;
    if (varying != fixed && Accept("VARYING"_kw)) type->kind = varying;
    return ParsePrecision(type, false);
  };
  switch (keyword) {
    case "CHAR"_kw:
    case "CHARACTER"_kw:
      return with_length(Kind::kChar, Kind::kVarchar);
    case "VARCHAR"_kw:
      return with_length(Kind::kVarchar, Kind::kVarchar);
    case "BINARY"_kw:
      return with_length(Kind::kBinary, Kind::kVarbinary);
    case "VARBINARY"_kw:
      return with_length(Kind::kVarbinary, Kind::kVarbinary);
    case "STRING"_kw:
      return simple(Kind::kString);
    case "BYTES"_kw:
      return simple(Kind::kBytes);
    case "BOOLEAN"_kw:
      return simple(Kind::kBoolean);
    case "TINYINT"_kw:
      return simple(Kind::kTinyint);
    case "SMALLINT"_kw:
      return simple(Kind::kSmallint);
    case "INT"_kw:
    case "INTEGER"_kw:
      return simple(Kind::kInt);
    case "BIGINT"_kw:
      return simple(Kind::kBigint);
    case "REAL"_kw:
    case "FLOAT"_kw:
      return simple(Kind::kFloat);
    case "DATE"_kw:
      return simple(Kind::kDate);
    case "VARIANT"_kw:
      return simple(Kind::kVariant);
    case "BITMAP"_kw:
      return simple(Kind::kBitmap);
    case "NULL"_kw:
      return simple(Kind::kNull);
    case "DECIMAL"_kw:
    case "DEC"_kw:
    case "NUMERIC"_kw:
      Advance();
      type->kind = Kind::kDecimal;
      return ParsePrecision(type, true);
    case "DOUBLE"_kw:
      Advance();
      type->kind = Kind::kDouble;
      Accept("PRECISION"_kw);
      return Status::OK();
    default:
      break;
  }
  type->kind = Kind::kNamed;
  WEIR_ASSIGN_OR_RETURN(type->path, ParsePath("a type"));
  return Status::OK();
}

Status StatementParser::ParsePrecision(AstType* type, bool with_scale) {
  if (!Accept(TokenKind::kLeftParen)) return Status::OK();
  WEIR_ASSIGN_OR_RETURN(type->precision, ParseInteger("a number"));
  if (with_scale && Accept(TokenKind::kComma)) {
    WEIR_ASSIGN_OR_RETURN(type->scale, ParseInteger("a number"));
  }
  return Expect(TokenKind::kRightParen);
}

Status StatementParser::ParseTimeType(AstType* type) {
  KeywordId keyword = Peek().keyword;
  Advance();
  type->kind = keyword == "TIME"_kw            ? AstTypeKind::kTime
               : keyword == "TIMESTAMP_LTZ"_kw ? AstTypeKind::kTimestampLtz
                                               : AstTypeKind::kTimestamp;
  WEIR_RETURN_NOT_OK(ParsePrecision(type, false));
  if (keyword == "TIMESTAMP_LTZ"_kw) return Status::OK();
  if (Accept("WITHOUT"_kw, "TIME"_kw)) return Expect("ZONE"_kw);
  if (keyword == "TIME"_kw || !At("WITH"_kw)) return Status::OK();
  if (!AtAhead(1, "TIME"_kw) && !AtAhead(1, "LOCAL"_kw)) return Status::OK();
  Advance();
  type->kind = Accept("LOCAL"_kw) ? AstTypeKind::kTimestampLtz : AstTypeKind::kTimestampTz;
  return Expect("TIME"_kw, "ZONE"_kw);
}

Status StatementParser::ParseTypeArguments(AstType* type, size_t count) {
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLess));
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) WEIR_RETURN_NOT_OK(Expect(TokenKind::kComma));
    WEIR_ASSIGN_OR_RETURN(AstTypePtr child, ParseType());
    type->children.push_back(std::move(child));
  }
  return Expect(TokenKind::kGreater);
}

Status StatementParser::ParseRowType(AstType* type) {
  Advance();
  type->kind = AstTypeKind::kRow;
  if (Accept(TokenKind::kNotEqual)) return Status::OK();  // ROW<>
  bool parentheses = Accept(TokenKind::kLeftParen);
  if (!parentheses) WEIR_RETURN_NOT_OK(Expect(TokenKind::kLess));
  TokenKind close = parentheses ? TokenKind::kRightParen : TokenKind::kGreater;
  if (Accept(close)) return Status::OK();
  do {
    AstRowField field;
    WEIR_ASSIGN_OR_RETURN(field.name, ParseAnyWord("a field name"));
    WEIR_ASSIGN_OR_RETURN(field.type, ParseType());
    if (At(TokenKind::kString)) {
      WEIR_ASSIGN_OR_RETURN(field.comment, ParseString("a comment"));
    } else {
      WEIR_ASSIGN_OR_RETURN(field.comment, ParseComment());
    }
    type->fields.push_back(std::move(field));
  } while (Accept(TokenKind::kComma));
  return Expect(close);
}

Status StatementParser::ParseStructuredType(AstType* type) {
  Advance();
  type->kind = AstTypeKind::kStructured;
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLess));
  WEIR_ASSIGN_OR_RETURN(type->class_name, ParseString("a class name in quotes"));
  while (Accept(TokenKind::kComma)) {
    AstRowField field;
    WEIR_ASSIGN_OR_RETURN(field.name, ParseAnyWord("a field name"));
    WEIR_ASSIGN_OR_RETURN(field.type, ParseType());
    if (At(TokenKind::kString)) {
      WEIR_ASSIGN_OR_RETURN(field.comment, ParseString("a comment"));
    } else {
      WEIR_ASSIGN_OR_RETURN(field.comment, ParseComment());
    }
    type->fields.push_back(std::move(field));
  }
  return Expect(TokenKind::kGreater);
}

Status StatementParser::ParseRawType(AstType* type) {
  Advance();
  type->kind = AstTypeKind::kRaw;
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  WEIR_ASSIGN_OR_RETURN(type->class_name, ParseString("a class name in quotes"));
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kComma));
  WEIR_ASSIGN_OR_RETURN(type->serializer, ParseString("a serializer in quotes"));
  return Expect(TokenKind::kRightParen);
}

}  // namespace weir
