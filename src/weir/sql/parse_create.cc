// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// CREATE statements. Clauses behind the name may stand in any order; Flink's documentation has one
// order.
#include "weir/sql/statement_parser.h"

namespace weir {

Result<Statement::Node> StatementParser::ParseCreate() {
  Advance();
  CreateFlags flags;
  uint32_t begin = this->begin();
  if (Accept("OR"_kw)) {
    flags.or_replace = Accept("REPLACE"_kw);
    if (!flags.or_replace) {
      WEIR_RETURN_NOT_OK(Expect("ALTER"_kw));
      flags.or_alter = true;
    }
  }
  flags.temporary = Accept("TEMPORARY"_kw);
  flags.system = Accept("SYSTEM"_kw);
  SourceSpan flag_span = SpanFrom(begin);
  bool materialized = At("MATERIALIZED"_kw, "TABLE"_kw);
  if (flags.or_alter && !materialized)
    return InvalidQueryAt(flag_span, "CREATE OR ALTER is for materialized tables only");
  if (flags.system && !At("FUNCTION"_kw) && !At("CONNECTION"_kw)) return Unexpected("FUNCTION");
  if (At("TABLE"_kw)) return ParseCreateTable(flags);
  if (At("VIEW"_kw)) return ParseCreateView(flags);
  if (At("FUNCTION"_kw)) return ParseCreateFunction(flags);
  if (At("MODEL"_kw)) return ParseCreateModel(flags);
  if (At("CONNECTION"_kw)) return ParseCreateConnection(flags);
  if (flags.temporary) return Unexpected("TABLE, VIEW, FUNCTION, MODEL or CONNECTION");
  if (materialized) return ParseCreateMaterializedTable(flags);
  if (At("DATABASE"_kw)) return ParseCreateDatabase();
  if (At("CATALOG"_kw)) return ParseCreateCatalog();
  return Unexpected(
      "TABLE, VIEW, DATABASE, CATALOG, FUNCTION, MODEL, CONNECTION or MATERIALIZED TABLE");
}

/// REPLACE TABLE t .. AS query
Result<Statement::Node> StatementParser::ParseReplace() {
  Advance();
  if (!At("TABLE"_kw)) return Unexpected("TABLE");
  WEIR_ASSIGN_OR_RETURN(Statement::Node node, ParseCreateTable({}));
  std::get<AstCreateTable>(node).replace = true;
  return node;
}

Result<Statement::Node> StatementParser::ParseCreateTable(const CreateFlags& flags) {
  Advance();
  AstCreateTable create;
  create.or_replace = flags.or_replace;
  create.temporary = flags.temporary;
  WEIR_ASSIGN_OR_RETURN(create.if_not_exists, AcceptIfNotExists());
  WEIR_ASSIGN_OR_RETURN(create.name, ParsePath("a table name"));
  if (At(TokenKind::kLeftParen)) WEIR_RETURN_NOT_OK(ParseTableElements(&create.elements));
  while (true) {
    if (At("COMMENT"_kw) && !create.comment) {
      WEIR_ASSIGN_OR_RETURN(create.comment, ParseComment());
    } else if (At("DISTRIBUTED"_kw) && !create.distribution) {
      WEIR_ASSIGN_OR_RETURN(create.distribution, ParseDistribution());
    } else if (At("PARTITIONED"_kw) && create.partitioned_by.empty()) {
      Advance();
      WEIR_RETURN_NOT_OK(Expect("BY"_kw));
      WEIR_ASSIGN_OR_RETURN(create.partitioned_by, ParseIdentifierList("a column name"));
    } else if (At("USING"_kw) && create.connection.empty()) {
      Advance();
      WEIR_RETURN_NOT_OK(Expect("CONNECTION"_kw));
      WEIR_ASSIGN_OR_RETURN(create.connection, ParsePath("a connection"));
    } else if (At("WITH"_kw) && create.options.empty()) {
      Advance();
      WEIR_ASSIGN_OR_RETURN(create.options, ParseOptions());
    } else if (At("LIKE"_kw) && !create.like) {
      WEIR_ASSIGN_OR_RETURN(create.like, ParseLikeClause());
    } else {
      break;
    }
  }
  if (Accept("AS"_kw)) {
    WEIR_ASSIGN_OR_RETURN(create.query, ParseQuery());
  }
  return Statement::Node(std::move(create));
}

Result<Statement::Node> StatementParser::ParseCreateView(const CreateFlags& flags) {
  Advance();
  AstCreateView create;
  create.or_replace = flags.or_replace;
  create.temporary = flags.temporary;
  WEIR_ASSIGN_OR_RETURN(create.if_not_exists, AcceptIfNotExists());
  WEIR_ASSIGN_OR_RETURN(create.name, ParsePath("a view name"));
  if (Accept(TokenKind::kLeftParen)) {
    do {
      AstViewColumn column;
      WEIR_ASSIGN_OR_RETURN(column.name, ParseIdentifier("a column name"));
      WEIR_ASSIGN_OR_RETURN(column.comment, ParseComment());
      create.columns.push_back(std::move(column));
    } while (Accept(TokenKind::kComma));
    WEIR_RETURN_NOT_OK(ExpectListEnd());
  }
  WEIR_ASSIGN_OR_RETURN(create.comment, ParseComment());
  WEIR_RETURN_NOT_OK(Expect("AS"_kw));
  WEIR_ASSIGN_OR_RETURN(create.query, ParseQuery());
  return Statement::Node(std::move(create));
}

Result<Statement::Node> StatementParser::ParseCreateDatabase() {
  Advance();
  AstCreateDatabase create;
  WEIR_ASSIGN_OR_RETURN(create.if_not_exists, AcceptIfNotExists());
  WEIR_ASSIGN_OR_RETURN(create.name, ParsePath("a database name"));
  WEIR_ASSIGN_OR_RETURN(create.comment, ParseComment());
  if (Accept("WITH"_kw)) {
    WEIR_ASSIGN_OR_RETURN(create.options, ParseOptions());
  }
  return Statement::Node(std::move(create));
}

Result<Statement::Node> StatementParser::ParseCreateCatalog() {
  Advance();
  AstCreateCatalog create;
  WEIR_ASSIGN_OR_RETURN(create.if_not_exists, AcceptIfNotExists());
  WEIR_ASSIGN_OR_RETURN(create.name, ParseIdentifier("a catalog name"));
  WEIR_ASSIGN_OR_RETURN(create.comment, ParseComment());
  if (Accept("WITH"_kw)) {
    WEIR_ASSIGN_OR_RETURN(create.options, ParseOptions());
  }
  return Statement::Node(std::move(create));
}

Result<Statement::Node> StatementParser::ParseCreateFunction(const CreateFlags& flags) {
  Advance();
  AstCreateFunction create;
  create.or_replace = flags.or_replace;
  create.temporary = flags.temporary;
  create.system = flags.system;
  WEIR_ASSIGN_OR_RETURN(create.if_not_exists, AcceptIfNotExists());
  WEIR_ASSIGN_OR_RETURN(create.name, ParsePath("a function name"));
  if (At(TokenKind::kLeftParen)) WEIR_RETURN_NOT_OK(ParseSqlFunctionHead(&create));
  auto language = [&]() -> Status {
    if (!Accept("LANGUAGE"_kw)) return Status::OK();
    KeywordId word = Peek().keyword;
    if (word != "JAVA"_kw && word != "SCALA"_kw && word != "PYTHON"_kw && word != "SQL"_kw) {
      return Unexpected("JAVA, SCALA, PYTHON or SQL");
    }
    create.language = std::string(KeywordName(word));
    Advance();
    return Status::OK();
  };
  WEIR_RETURN_NOT_OK(language());
  WEIR_RETURN_NOT_OK(Expect("AS"_kw));
  if (Accept("SQL"_kw)) create.language = "SQL";
  create.definition_span = Peek().span();
  WEIR_ASSIGN_OR_RETURN(create.definition, ParseString("a class name or an expression in quotes"));
  WEIR_RETURN_NOT_OK(language());
  if (create.returns != nullptr && create.language.empty()) create.language = "SQL";
  if (Accept("USING"_kw)) WEIR_RETURN_NOT_OK(ParseResources(&create));
  if (Accept("WITH"_kw)) {
    WEIR_ASSIGN_OR_RETURN(create.options, ParseOptions());
  }
  return Statement::Node(std::move(create));
}

/// (a INT, b STRING) RETURNS INT
Status StatementParser::ParseSqlFunctionHead(AstCreateFunction* create) {
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
  while (!At(TokenKind::kRightParen)) {
    AstFunctionParameter parameter;
    WEIR_ASSIGN_OR_RETURN(parameter.name, ParseIdentifier("a parameter name"));
    WEIR_ASSIGN_OR_RETURN(parameter.type, ParseType());
    create->parameters.push_back(std::move(parameter));
    if (!Accept(TokenKind::kComma)) break;
  }
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kRightParen));
  WEIR_RETURN_NOT_OK(Expect("RETURNS"_kw));
  WEIR_ASSIGN_OR_RETURN(create->returns, ParseType());
  return Status::OK();
}

/// JAR 'x', FILE 'y', ..
Status StatementParser::ParseResources(AstCreateFunction* create) {
  do {
    AstResource resource;
    if (Accept("FILE"_kw)) {
      resource.kind = ResourceKind::kFile;
    } else if (Accept("ARCHIVE"_kw)) {
      resource.kind = ResourceKind::kArchive;
    } else if (Accept("ARTIFACT"_kw)) {
      resource.kind = ResourceKind::kArtifact;
    } else {
      WEIR_RETURN_NOT_OK(Expect("JAR"_kw));
    }
    WEIR_ASSIGN_OR_RETURN(resource.path, ParseString("a path in quotes"));
    create->resources.push_back(std::move(resource));
  } while (Accept(TokenKind::kComma));
  return Status::OK();
}

Result<Statement::Node> StatementParser::ParseCreateModel(const CreateFlags& flags) {
  Advance();
  AstCreateModel create;
  create.or_replace = flags.or_replace;
  create.temporary = flags.temporary;
  WEIR_ASSIGN_OR_RETURN(create.if_not_exists, AcceptIfNotExists());
  WEIR_ASSIGN_OR_RETURN(create.name, ParsePath("a model name"));
  auto columns = [&](std::vector<AstColumn>* out) -> Status {
    WEIR_RETURN_NOT_OK(Expect(TokenKind::kLeftParen));
    do {
      WEIR_ASSIGN_OR_RETURN(AstColumn column, ParseColumn());
      out->push_back(std::move(column));
    } while (Accept(TokenKind::kComma));
    return Expect(TokenKind::kRightParen);
  };
  if (Accept("INPUT"_kw)) WEIR_RETURN_NOT_OK(columns(&create.inputs));
  if (Accept("OUTPUT"_kw)) WEIR_RETURN_NOT_OK(columns(&create.outputs));
  WEIR_ASSIGN_OR_RETURN(create.comment, ParseComment());
  if (Accept("WITH"_kw)) {
    WEIR_ASSIGN_OR_RETURN(create.options, ParseOptions());
  }
  if (Accept("AS"_kw)) {
    WEIR_ASSIGN_OR_RETURN(create.query, ParseQuery());
  }
  return Statement::Node(std::move(create));
}

Result<Statement::Node> StatementParser::ParseCreateConnection(const CreateFlags& flags) {
  Advance();
  AstCreateConnection create;
  create.or_replace = flags.or_replace;
  create.temporary = flags.temporary;
  create.system = flags.system;
  WEIR_ASSIGN_OR_RETURN(create.if_not_exists, AcceptIfNotExists());
  WEIR_ASSIGN_OR_RETURN(create.name, ParsePath("a connection name"));
  WEIR_ASSIGN_OR_RETURN(create.comment, ParseComment());
  if (Accept("WITH"_kw)) {
    WEIR_ASSIGN_OR_RETURN(create.options, ParseOptions());
  }
  return Statement::Node(std::move(create));
}

Result<Statement::Node> StatementParser::ParseCreateMaterializedTable(const CreateFlags& flags) {
  Advance();
  Advance();
  AstCreateMaterializedTable create;
  create.or_alter = flags.or_alter;
  create.or_replace = flags.or_replace;
  WEIR_ASSIGN_OR_RETURN(create.if_not_exists, AcceptIfNotExists());
  WEIR_ASSIGN_OR_RETURN(create.name, ParsePath("a table name"));
  if (At(TokenKind::kLeftParen)) WEIR_RETURN_NOT_OK(ParseTableElements(&create.elements));
  WEIR_RETURN_NOT_OK(ParseMaterializedTableClauses(&create));
  WEIR_RETURN_NOT_OK(Expect("AS"_kw));
  WEIR_ASSIGN_OR_RETURN(create.query, ParseQuery());
  return Statement::Node(std::move(create));
}

Status StatementParser::ParseMaterializedTableClauses(AstCreateMaterializedTable* create) {
  while (true) {
    if (At("COMMENT"_kw) && !create->comment) {
      WEIR_ASSIGN_OR_RETURN(create->comment, ParseComment());
    } else if (At("DISTRIBUTED"_kw) && !create->distribution) {
      WEIR_ASSIGN_OR_RETURN(create->distribution, ParseDistribution());
    } else if (At("PARTITIONED"_kw) && create->partitioned_by.empty()) {
      Advance();
      WEIR_RETURN_NOT_OK(Expect("BY"_kw));
      WEIR_ASSIGN_OR_RETURN(create->partitioned_by, ParseIdentifierList("a column name"));
    } else if (At("WITH"_kw) && create->options.empty()) {
      Advance();
      WEIR_ASSIGN_OR_RETURN(create->options, ParseOptions());
    } else if (At("FRESHNESS"_kw) && !create->freshness) {
      WEIR_ASSIGN_OR_RETURN(create->freshness, ParseFreshness());
    } else if (At("REFRESH_MODE"_kw) && create->refresh_mode == RefreshMode::kNone) {
      WEIR_ASSIGN_OR_RETURN(create->refresh_mode, ParseRefreshMode());
    } else if (At("START_MODE"_kw) && create->start_mode == nullptr) {
      Advance();
      WEIR_RETURN_NOT_OK(Expect(TokenKind::kEqual));
      WEIR_ASSIGN_OR_RETURN(create->start_mode, ParseExpression());
    } else {
      return Status::OK();
    }
  }
}

}  // namespace weir
