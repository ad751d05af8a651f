// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// ALTER and DROP of everything.
#include "weir/sql/statement_parser.h"

namespace weir {

std::string_view ObjectKindName(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kTable:
      return "table";
    case ObjectKind::kView:
      return "view";
    case ObjectKind::kDatabase:
      return "database";
    case ObjectKind::kCatalog:
      return "catalog";
    case ObjectKind::kFunction:
      return "function";
    case ObjectKind::kModel:
      return "model";
    case ObjectKind::kMaterializedTable:
      return "materialized table";
    case ObjectKind::kConnection:
      return "connection";
    case ObjectKind::kModule:
      return "module";
    case ObjectKind::kJob:
      return "job";
    case ObjectKind::kConnector:
      return "connector";
    case ObjectKind::kFormat:
      return "format";
  }
  return "object";
}

Result<ObjectKind> StatementParser::ParseObjectKind() {
  const std::pair<KeywordId, ObjectKind> kinds[] = {
      {"TABLE"_kw, ObjectKind::kTable},           {"VIEW"_kw, ObjectKind::kView},
      {"DATABASE"_kw, ObjectKind::kDatabase},     {"CATALOG"_kw, ObjectKind::kCatalog},
      {"FUNCTION"_kw, ObjectKind::kFunction},     {"MODEL"_kw, ObjectKind::kModel},
      {"CONNECTION"_kw, ObjectKind::kConnection},
  };
  for (const auto& [keyword, kind] : kinds) {
    if (Accept(keyword)) return kind;
  }
  if (Accept("MATERIALIZED"_kw)) {
    WEIR_RETURN_NOT_OK(Expect("TABLE"_kw));
    return ObjectKind::kMaterializedTable;
  }
  return Unexpected(
      "TABLE, VIEW, DATABASE, CATALOG, FUNCTION, MODEL, CONNECTION or MATERIALIZED TABLE");
}

Result<Statement::Node> StatementParser::ParseAlter() {
  Advance();
  AstAlter alter;
  alter.temporary = Accept("TEMPORARY"_kw);
  alter.system = Accept("SYSTEM"_kw);
  WEIR_ASSIGN_OR_RETURN(alter.object, ParseObjectKind());
  WEIR_ASSIGN_OR_RETURN(alter.if_exists, AcceptIfExists());
  WEIR_ASSIGN_OR_RETURN(alter.name, ParsePath("a name"));
  switch (alter.object) {
    case ObjectKind::kTable:
      WEIR_RETURN_NOT_OK(ParseAlterTable(&alter));
      break;
    case ObjectKind::kMaterializedTable:
      WEIR_RETURN_NOT_OK(ParseAlterMaterializedTable(&alter));
      break;
    case ObjectKind::kFunction:
      WEIR_RETURN_NOT_OK(ParseAlterFunction(&alter));
      break;
    case ObjectKind::kView: {
      if (At("RENAME"_kw)) {
        WEIR_RETURN_NOT_OK(ParseAlterRename(&alter));
        break;
      }
      alter.kind = AlterKind::kAsQuery;
      WEIR_RETURN_NOT_OK(Expect("AS"_kw));
      WEIR_ASSIGN_OR_RETURN(alter.query, ParseQuery());
      break;
    }
    default:
      if (At("RENAME"_kw) && alter.object != ObjectKind::kDatabase &&
          alter.object != ObjectKind::kCatalog) {
        WEIR_RETURN_NOT_OK(ParseAlterRename(&alter));
      } else {
        WEIR_RETURN_NOT_OK(ParseAlterSet(&alter));
      }
  }
  return Statement::Node(std::move(alter));
}

Status StatementParser::ParseAlterTable(AstAlter* alter) {
  if (Accept("PARTITION"_kw)) {
    WEIR_ASSIGN_OR_RETURN(AstPartitionSpec partition, ParsePartitionSpec());
    alter->partitions.push_back(std::move(partition));
    if (At("COMPACT"_kw))
      return UnsupportedAt(Peek().span(), "ALTER TABLE COMPACT is not supported yet");
    return ParseAlterSet(alter);
  }
  if (At("RENAME"_kw)) return ParseAlterRename(alter);
  if (At("ADD"_kw)) return ParseAlterAdd(alter);
  if (At("MODIFY"_kw)) return ParseAlterModify(alter);
  if (At("DROP"_kw)) return ParseAlterDrop(alter);
  if (At("COMPACT"_kw))
    return UnsupportedAt(Peek().span(), "ALTER TABLE COMPACT is not supported yet");
  if (At("SET"_kw) || At("RESET"_kw) || At("COMMENT"_kw)) return ParseAlterSet(alter);
  return Unexpected("ADD, MODIFY, DROP, RENAME, SET or RESET");
}

/// SET ('k'='v'), RESET ('k'), COMMENT 'c'
Status StatementParser::ParseAlterSet(AstAlter* alter) {
  if (Accept("SET"_kw)) {
    alter->kind = AlterKind::kSetOptions;
    WEIR_ASSIGN_OR_RETURN(alter->options, ParseOptions());
  } else if (Accept("RESET"_kw)) {
    alter->kind = AlterKind::kResetOptions;
    WEIR_ASSIGN_OR_RETURN(alter->keys, ParseOptionKeys());
  } else if (At("COMMENT"_kw)) {
    alter->kind = AlterKind::kComment;
    WEIR_ASSIGN_OR_RETURN(alter->comment, ParseComment());
  } else {
    return Unexpected("SET, RESET or COMMENT");
  }
  return Status::OK();
}

Status StatementParser::ParseAlterRename(AstAlter* alter) {
  Advance();
  if (Accept("TO"_kw)) {
    alter->kind = AlterKind::kRename;
    WEIR_ASSIGN_OR_RETURN(alter->new_name, ParsePath("a new name"));
    return Status::OK();
  }
  if (alter->object != ObjectKind::kTable && alter->object != ObjectKind::kMaterializedTable)
    return Unexpected("TO");
  alter->kind = AlterKind::kRenameColumn;
  WEIR_ASSIGN_OR_RETURN(ObjectPath column, ParsePath("a column name"));
  alter->columns.push_back(std::move(column));
  WEIR_RETURN_NOT_OK(Expect("TO"_kw));
  WEIR_ASSIGN_OR_RETURN(alter->new_name, ParsePath("a new name"));
  return Status::OK();
}

/// One element, or several in parentheses.
Status StatementParser::ParseAlterElements(AstAlter* alter) {
  if (At(TokenKind::kLeftParen)) return ParseTableElements(&alter->elements);
  if (At("DISTRIBUTION"_kw) || At("DISTRIBUTED"_kw)) {
    AstDistribution distribution;
    uint32_t begin = this->begin();
    Advance();
    WEIR_RETURN_NOT_OK(ParseDistributionBody(&distribution));
    distribution.span = SpanFrom(begin);
    alter->elements.distribution = std::move(distribution);
    return Status::OK();
  }
  Accept("COLUMN"_kw);
  return ParseTableElement(&alter->elements);
}

Status StatementParser::ParseAlterAdd(AstAlter* alter) {
  Advance();
  WEIR_ASSIGN_OR_RETURN(bool if_not_exists, AcceptIfNotExists());
  if (!if_not_exists && !At("PARTITION"_kw)) {
    alter->kind = AlterKind::kAdd;
    return ParseAlterElements(alter);
  }
  alter->kind = AlterKind::kAddPartitions;
  alter->partition_if_exists = if_not_exists;
  do {
    WEIR_RETURN_NOT_OK(Expect("PARTITION"_kw));
    WEIR_ASSIGN_OR_RETURN(AstPartitionSpec partition, ParsePartitionSpec());
    alter->partitions.push_back(std::move(partition));
    alter->partition_options.emplace_back();
    if (Accept("WITH"_kw)) {
      WEIR_ASSIGN_OR_RETURN(alter->partition_options.back(), ParseOptions());
    }
  } while (At("PARTITION"_kw));
  return Status::OK();
}

Status StatementParser::ParseAlterModify(AstAlter* alter) {
  Advance();
  alter->kind = AlterKind::kModify;
  return ParseAlterElements(alter);
}

Status StatementParser::ParseAlterDrop(AstAlter* alter) {
  Advance();
  if (Accept("PRIMARY"_kw, "KEY"_kw)) {
    alter->kind = AlterKind::kDropPrimaryKey;
    return Status::OK();
  }
  if (AtIdentifier(1) && Accept("CONSTRAINT"_kw)) {
    alter->kind = AlterKind::kDropConstraint;
    WEIR_ASSIGN_OR_RETURN(alter->new_name, ParsePath("a constraint name"));
    return Status::OK();
  }
  bool last = AtAhead(1, TokenKind::kEnd) || AtAhead(1, TokenKind::kSemicolon);
  if (last && Accept("WATERMARK"_kw)) {
    alter->kind = AlterKind::kDropWatermark;
    return Status::OK();
  }
  if (last && Accept("DISTRIBUTION"_kw)) {
    alter->kind = AlterKind::kDropDistribution;
    return Status::OK();
  }
  WEIR_ASSIGN_OR_RETURN(alter->partition_if_exists, AcceptIfExists());
  if (alter->partition_if_exists || At("PARTITION"_kw)) {
    alter->kind = AlterKind::kDropPartitions;
    do {
      WEIR_RETURN_NOT_OK(Expect("PARTITION"_kw));
      WEIR_ASSIGN_OR_RETURN(AstPartitionSpec partition, ParsePartitionSpec());
      alter->partitions.push_back(std::move(partition));
    } while (Accept(TokenKind::kComma));
    return Status::OK();
  }
  alter->kind = AlterKind::kDropColumns;
  Accept("COLUMN"_kw);
  bool list = Accept(TokenKind::kLeftParen);
  do {
    WEIR_ASSIGN_OR_RETURN(ObjectPath column, ParsePath("a column name"));
    alter->columns.push_back(std::move(column));
  } while (list && Accept(TokenKind::kComma));
  return list ? Expect(TokenKind::kRightParen) : Status::OK();
}

Status StatementParser::ParseAlterMaterializedTable(AstAlter* alter) {
  if (Accept("SUSPEND"_kw)) {
    alter->kind = AlterKind::kSuspend;
  } else if (Accept("RESUME"_kw)) {
    alter->kind = AlterKind::kResume;
    if (Accept("WITH"_kw)) {
      WEIR_ASSIGN_OR_RETURN(alter->options, ParseOptions());
    }
  } else if (Accept("REFRESH"_kw)) {
    alter->kind = AlterKind::kRefresh;
    if (Accept("PARTITION"_kw)) {
      WEIR_ASSIGN_OR_RETURN(AstPartitionSpec partition, ParsePartitionSpec());
      alter->partitions.push_back(std::move(partition));
    }
  } else if (Accept("AS"_kw)) {
    alter->kind = AlterKind::kAsQuery;
    WEIR_ASSIGN_OR_RETURN(alter->query, ParseQuery());
  } else if (At("SET"_kw, "FRESHNESS"_kw)) {
    Advance();
    alter->kind = AlterKind::kSetFreshness;
    WEIR_ASSIGN_OR_RETURN(alter->freshness, ParseFreshness());
  } else if (At("SET"_kw, "REFRESH_MODE"_kw)) {
    Advance();
    alter->kind = AlterKind::kSetRefreshMode;
    WEIR_ASSIGN_OR_RETURN(alter->refresh_mode, ParseRefreshMode());
  } else if (Accept("RESET"_kw, "FRESHNESS"_kw)) {
    alter->kind = AlterKind::kResetFreshness;
  } else if (Accept("RESET"_kw, "REFRESH_MODE"_kw)) {
    alter->kind = AlterKind::kResetRefreshMode;
  } else {
    return ParseAlterTable(alter);
  }
  return Status::OK();
}

Status StatementParser::ParseAlterFunction(AstAlter* alter) {
  alter->kind = AlterKind::kFunctionClass;
  WEIR_RETURN_NOT_OK(Expect("AS"_kw));
  WEIR_ASSIGN_OR_RETURN(alter->definition, ParseString("a class name in quotes"));
  if (!Accept("LANGUAGE"_kw)) return Status::OK();
  KeywordId word = Peek().keyword;
  if (word != "JAVA"_kw && word != "SCALA"_kw && word != "PYTHON"_kw)
    return Unexpected("JAVA, SCALA or PYTHON");
  alter->language = std::string(KeywordName(word));
  Advance();
  return Status::OK();
}

Result<Statement::Node> StatementParser::ParseDrop() {
  Advance();
  AstDrop drop;
  drop.temporary = Accept("TEMPORARY"_kw);
  drop.system = Accept("SYSTEM"_kw);
  WEIR_ASSIGN_OR_RETURN(drop.object, ParseObjectKind());
  WEIR_ASSIGN_OR_RETURN(drop.if_exists, AcceptIfExists());
  WEIR_ASSIGN_OR_RETURN(drop.name, ParsePath("a name"));
  if (drop.object == ObjectKind::kDatabase || drop.object == ObjectKind::kTable) {
    if (Accept("CASCADE"_kw)) {
      drop.behavior = DropBehavior::kCascade;
    } else if (Accept("RESTRICT"_kw)) {
      drop.behavior = DropBehavior::kRestrict;
    }
  }
  return Statement::Node(std::move(drop));
}

}  // namespace weir
