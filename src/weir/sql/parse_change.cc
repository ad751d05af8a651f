// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Statements that change or run something: INSERT, DELETE, UPDATE, statement sets, EXPLAIN,
// compiled plans, CALL.
#include "weir/sql/statement_parser.h"

namespace weir {

Result<Statement::Node> StatementParser::ParseInsert(bool execute) {
  Advance();
  AstInsert insert;
  insert.execute = execute;
  if (Accept("OVERWRITE"_kw)) {
    insert.overwrite = true;
    Accept("INTO"_kw);
  } else {
    WEIR_RETURN_NOT_OK(Expect("INTO"_kw));
  }
  Accept("TABLE"_kw);
  if (At(TokenKind::kString)) {
    WEIR_ASSIGN_OR_RETURN(insert.file, ParseString("a table"));
  } else {
    WEIR_ASSIGN_OR_RETURN(insert.table, ParsePath("a table"));
  }
  WEIR_ASSIGN_OR_RETURN(insert.hints, ParseHints());
  if (Accept("PARTITION"_kw)) {
    WEIR_ASSIGN_OR_RETURN(insert.partition, ParsePartitionSpec());
  }
  if (At(TokenKind::kLeftParen) && !AtQuery(1)) {
    Advance();
    do {
      WEIR_ASSIGN_OR_RETURN(ObjectPath column, ParsePath("a column name"));
      insert.columns.push_back(std::move(column));
    } while (Accept(TokenKind::kComma));
    WEIR_RETURN_NOT_OK(ExpectListEnd());
  }
  WEIR_ASSIGN_OR_RETURN(insert.query, ParseQuery());
  if (Accept("ON"_kw)) {
    WEIR_ASSIGN_OR_RETURN(insert.on_conflict, ParseConflictAction());
  }
  return Statement::Node(std::move(insert));
}

Result<ConflictAction> StatementParser::ParseConflictAction() {
  WEIR_RETURN_NOT_OK(Expect("CONFLICT"_kw, "DO"_kw));
  if (Accept("NOTHING"_kw)) return ConflictAction::kDoNothing;
  if (Accept("ERROR"_kw)) return ConflictAction::kError;
  if (Accept("DEDUPLICATE"_kw)) return ConflictAction::kDeduplicate;
  return Unexpected("NOTHING, ERROR or DEDUPLICATE");
}

Result<Statement::Node> StatementParser::ParseDelete() {
  Advance();
  AstDelete out;
  WEIR_RETURN_NOT_OK(Expect("FROM"_kw));
  WEIR_ASSIGN_OR_RETURN(out.table, ParsePath("a table"));
  WEIR_ASSIGN_OR_RETURN(out.hints, ParseHints());
  WEIR_ASSIGN_OR_RETURN(out.alias, ParseTableAlias());
  if (Accept("WHERE"_kw)) {
    WEIR_ASSIGN_OR_RETURN(out.where, ParseExpression());
  }
  return Statement::Node(std::move(out));
}

Result<Statement::Node> StatementParser::ParseUpdate() {
  Advance();
  AstUpdate out;
  WEIR_ASSIGN_OR_RETURN(out.table, ParsePath("a table"));
  WEIR_ASSIGN_OR_RETURN(out.hints, ParseHints());
  WEIR_ASSIGN_OR_RETURN(out.alias, ParseTableAlias());
  WEIR_RETURN_NOT_OK(Expect("SET"_kw));
  do {
    AstAssignment assignment;
    WEIR_ASSIGN_OR_RETURN(assignment.column, ParsePath("a column name"));
    WEIR_RETURN_NOT_OK(Expect(TokenKind::kEqual));
    WEIR_ASSIGN_OR_RETURN(assignment.value, ParseExpression());
    out.assignments.push_back(std::move(assignment));
  } while (Accept(TokenKind::kComma));
  if (Accept("WHERE"_kw)) {
    WEIR_ASSIGN_OR_RETURN(out.where, ParseExpression());
  }
  return Statement::Node(std::move(out));
}

/// EXECUTE INSERT .., EXECUTE STATEMENT SET .., EXECUTE PLAN 'f', EXECUTE query.
Result<Statement::Node> StatementParser::ParseExecute() {
  Advance();
  if (At("INSERT"_kw)) return ParseInsert(true);
  if (At("STATEMENT"_kw, "SET"_kw)) return ParseStatementSet(true);
  if (Accept("PLAN"_kw)) {
    AstExecutePlan plan;
    WEIR_ASSIGN_OR_RETURN(plan.file, ParseString("a file name in quotes"));
    return Statement::Node(std::move(plan));
  }
  if (!AtQuery()) return Unexpected("INSERT, STATEMENT SET, PLAN or a query");
  AstQueryStatement query;
  WEIR_ASSIGN_OR_RETURN(query.query, ParseQuery());
  return Statement::Node(std::move(query));
}

/// STATEMENT SET BEGIN insert; insert; END
Result<Statement::Node> StatementParser::ParseStatementSet(bool execute) {
  AstStatementSet set;
  set.execute = execute;
  WEIR_RETURN_NOT_OK(Expect("STATEMENT"_kw, "SET"_kw));
  WEIR_RETURN_NOT_OK(Expect("BEGIN"_kw));
  WEIR_RETURN_NOT_OK(ParseStatementSetBody(&set));
  return Statement::Node(std::move(set));
}

/// BEGIN STATEMENT SET; insert; insert; END
Result<Statement::Node> StatementParser::ParseBeginStatementSet() {
  AstStatementSet set;
  Advance();
  WEIR_RETURN_NOT_OK(Expect("STATEMENT"_kw, "SET"_kw));
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kSemicolon));
  WEIR_RETURN_NOT_OK(ParseStatementSetBody(&set));
  return Statement::Node(std::move(set));
}

Status StatementParser::ParseStatementSetBody(AstStatementSet* set) {
  uint32_t begin = this->begin();
  while (!Accept("END"_kw)) {
    uint32_t statement_begin = this->begin();
    Statement statement;
    if (At("INSERT"_kw)) {
      WEIR_ASSIGN_OR_RETURN(statement.node, ParseInsert(false));
    } else if (At("EXECUTE"_kw, "INSERT"_kw)) {
      Advance();
      WEIR_ASSIGN_OR_RETURN(statement.node, ParseInsert(true));
    } else if (At("CREATE"_kw)) {
      WEIR_ASSIGN_OR_RETURN(statement.node, ParseCreate());
      const auto* table = statement.As<AstCreateTable>();
      if (table == nullptr || table->query == nullptr) {
        return InvalidQueryAt(SpanFrom(statement_begin),
                              "a statement set takes INSERT and CREATE TABLE AS only");
      }
    } else {
      return Unexpected("INSERT or END");
    }
    statement.span = SpanFrom(statement_begin);
    set->statements.push_back(std::make_shared<const Statement>(std::move(statement)));
    WEIR_RETURN_NOT_OK(Expect(TokenKind::kSemicolon));
  }
  if (set->statements.empty()) return InvalidQueryAt(SpanFrom(begin), "the statement set is empty");
  return Status::OK();
}

Result<StatementPtr> StatementParser::ParseInnerStatement() {
  Level level(this);
  WEIR_RETURN_NOT_OK(level.Check());
  uint32_t begin = this->begin();
  Statement statement;
  if (At("STATEMENT"_kw, "SET"_kw)) {
    WEIR_ASSIGN_OR_RETURN(statement.node, ParseStatementSet(false));
  } else if (AtQuery() || At("INSERT"_kw) || At("EXECUTE"_kw) || At("CREATE"_kw) ||
             At("REPLACE"_kw) || At("DELETE"_kw) || At("UPDATE"_kw)) {
    WEIR_ASSIGN_OR_RETURN(statement.node, ParseStatementNode());
  } else {
    return Unexpected("a query, INSERT or STATEMENT SET");
  }
  statement.span = SpanFrom(begin);
  return std::make_shared<const Statement>(std::move(statement));
}

Result<Statement::Node> StatementParser::ParseExplain() {
  Advance();
  AstExplain explain;
  const std::pair<KeywordId, ExplainDetail> details[] = {
      {"ESTIMATED_COST"_kw, ExplainDetail::kEstimatedCost},
      {"CHANGELOG_MODE"_kw, ExplainDetail::kChangelogMode},
      {"JSON_EXECUTION_PLAN"_kw, ExplainDetail::kJsonExecutionPlan},
      {"PLAN_ADVICE"_kw, ExplainDetail::kPlanAdvice},
      {"AST"_kw, ExplainDetail::kAst},
      {"PHYSICAL"_kw, ExplainDetail::kPhysical},
  };
  if (Accept("PLAN"_kw)) {
    WEIR_RETURN_NOT_OK(Expect("FOR"_kw));
  } else if (Accept("UPGRADE"_kw)) {
    Accept("FROM"_kw);
    WEIR_ASSIGN_OR_RETURN(explain.upgrade_from, ParseString("a savepoint's path"));
    Accept("FOR"_kw);
  } else {
    bool more = true;
    while (more) {
      more = false;
      for (const auto& [keyword, detail] : details) {
        if (!Accept(keyword)) continue;
        explain.details.push_back(detail);
        more = Accept(TokenKind::kComma);
        break;
      }
    }
  }
  WEIR_ASSIGN_OR_RETURN(explain.statement, ParseInnerStatement());
  return Statement::Node(std::move(explain));
}

/// COMPILE PLAN 'f' [IF NOT EXISTS] FOR statement, COMPILE AND EXECUTE PLAN 'f' FOR statement
Result<Statement::Node> StatementParser::ParseCompile() {
  Advance();
  AstCompilePlan compile;
  if (Accept("AND"_kw)) {
    WEIR_RETURN_NOT_OK(Expect("EXECUTE"_kw));
    compile.execute = true;
  }
  WEIR_RETURN_NOT_OK(Expect("PLAN"_kw));
  WEIR_ASSIGN_OR_RETURN(compile.file, ParseString("a file name in quotes"));
  WEIR_ASSIGN_OR_RETURN(compile.if_not_exists, AcceptIfNotExists());
  WEIR_RETURN_NOT_OK(Expect("FOR"_kw));
  WEIR_ASSIGN_OR_RETURN(compile.statement, ParseInnerStatement());
  return Statement::Node(std::move(compile));
}

Result<Statement::Node> StatementParser::ParseCallProcedure() {
  Advance();
  AstCallProcedure call;
  uint32_t begin = this->begin();
  WEIR_ASSIGN_OR_RETURN(ObjectPath name, ParsePath("a procedure"));
  WEIR_ASSIGN_OR_RETURN(call.call, ParseCall(std::move(name), begin));
  return Statement::Node(std::move(call));
}

}  // namespace weir
