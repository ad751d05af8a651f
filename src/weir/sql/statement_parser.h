// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The recursive-descent parser behind parser.h; internal to this folder. One class, its methods in
// several files:
//   parse_expression.cc  operators, by precedence      parse_primary.cc  literals, names,
//   constructors, CASE, CAST parse_call.cc        functions, OVER, arguments    parse_json.cc the
//   JSON functions' clauses parse_type.cc        types                         parse_query.cc
//   SELECT, set operations, WITH, ORDER BY parse_table.cc       FROM parse_match.cc MATCH_RECOGNIZE
//   parse_change.cc      INSERT, statement sets, EXPLAIN, plans          parse_create.cc,
//   parse_alter.cc, parse_show.cc
// Invariant: recursion and trees are both bounded by ParserLimits::depth_max.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/sql/parser.h"
#include "weir/sql/token_cursor.h"

namespace weir {

class StatementParser : public TokenCursor {
 public:
  StatementParser(std::string_view sql, const TokenList& list, const ParserLimits& limits)
      : TokenCursor(sql, list), depth_max_(limits.depth_max) {}

  Result<Statement> ParseStatement();
  Result<AstExprPtr> ParseExpression() { return ParseBinary(0); }
  Result<AstTypePtr> ParseType();
  Result<AstQueryPtr> ParseQuery();

 private:
  // ---- Depth. ----
  /// Counts one level while in scope. `Check` fails beyond the limit.
  class Level {
   public:
    explicit Level(StatementParser* parser) : parser_(parser) { ++parser_->depth_; }
    ~Level() { --parser_->depth_; }
    Level(const Level&) = delete;
    Status Check() const { return parser_->CheckDepth(parser_->depth_); }

   private:
    StatementParser* parser_;
  };
  Status CheckDepth(int depth);

  // ---- Making nodes: span from `begin` to here, depth computed and checked. ----
  // The template keeps the large variant off the stack frames of the functions that recurse.
  template <typename Node>
  Result<AstExprPtr> Make(Node node, uint32_t begin) {
    auto expr = std::make_shared<AstExpr>();
    expr->node = std::move(node);
    return Finish(std::move(expr), begin);
  }
  Result<AstExprPtr> Finish(std::shared_ptr<AstExpr> expr, uint32_t begin);
  Result<AstTablePtr> MakeTable(std::shared_ptr<AstTable> table, uint32_t begin);
  Result<AstTablePtr> MakeTable(AstTable::Node node, uint32_t begin);
  Result<AstQueryPtr> MakeQuery(AstQuery query, uint32_t begin);

  // ---- parse_expression.cc ----
  struct BinaryOperator;
  Result<AstExprPtr> ParseBinary(int min_precedence);
  Result<AstExprPtr> ParseUnary();
  BinaryOperator PeekOperator();
  Result<AstExprPtr> ParseOperatorTail(AstExprPtr left, const BinaryOperator& op, uint32_t begin);
  Result<AstExprPtr> ParseChain(AstExprPtr first, const BinaryOperator& op, uint32_t begin);
  Result<AstExprPtr> ParseIs(AstExprPtr left, uint32_t begin);
  Result<AstExprPtr> ParseIn(AstExprPtr left, bool negated, uint32_t begin);
  Result<AstExprPtr> ParseBetween(AstExprPtr left, bool negated, uint32_t begin);
  Result<AstExprPtr> ParseLike(AstExprPtr left, bool negated, uint32_t begin);
  Result<AstExprPtr> ParseMultiset(AstExprPtr left, uint32_t begin);
  Result<AstExprPtr> ParseQuantified(AstExprPtr left, AstOperatorKind op, uint32_t begin);
  Result<AstExprPtr> ParsePostfix(AstExprPtr operand, uint32_t begin);

  // ---- parse_primary.cc ----
  Result<AstExprPtr> ParsePrimary();
  Result<AstExprPtr> ParseWord();
  Result<AstExprPtr> ParseStringLiteral();
  Result<AstExprPtr> ParseParenthesized();
  Result<AstExprPtr> ParseCase();
  Result<AstExprPtr> ParseCast(bool is_try);
  Result<AstExprPtr> ParseConstructor(ConstructorKind kind);
  Result<AstExprPtr> ParseRowConstructor();
  Result<AstExprPtr> ParseDateTimeLiteral(LiteralKind kind, size_t words);
  Result<AstExprPtr> ParseIntervalLiteral();
  Result<AstExprPtr> ParseNameOrCall();
  Result<AstExprPtr> ParseExists();
  Result<AstExprPtr> MakeNiladicCall(ObjectPath name, uint32_t begin);
  bool AtIntervalLiteral() const;
  /// A time unit's word stands here.
  std::optional<TimeUnit> PeekTimeUnit() const;
  Result<AstIntervalQualifier> ParseIntervalQualifier();
  Result<std::vector<AstExprPtr>> ParseExpressionList();

  // ---- parse_call.cc ----
  Result<AstExprPtr> ParseCall(ObjectPath name, uint32_t begin);
  Result<bool> ParseSpecialArguments(KeywordId keyword, AstCall* call);
  Result<AstArgument> ParseArgument();
  Result<AstExprPtr> ParseArgumentValue();
  Result<AstExprPtr> ParseModelArgument();
  Result<AstExprPtr> ParseQueryArgument();
  Result<AstExprPtr> ParseSubqueryPartition(AstExprPtr subquery, uint32_t begin);
  Result<AstExprPtr> ParseTableArgument();
  Result<AstExprPtr> ParseTableArgumentClauses(AstTableArgument argument, uint32_t begin);
  Result<AstExprPtr> ParseDescriptor();
  Status ParsePlainArguments(AstCall* call);
  Status ParseExtractArguments(AstCall* call);
  Status ParseTrimArguments(AstCall* call);
  Status ParseSubstringArguments(AstCall* call);
  Status ParseOverlayArguments(AstCall* call);
  Status ParsePositionArguments(AstCall* call);
  Status ParseUnitFirstArguments(AstCall* call);
  Status ParseCallTail(AstCall* call);
  Result<AstExprPtr> ParseUnitSymbol();
  Result<AstExprPtr> MakeSymbol(std::string text, uint32_t begin) {
    return Make(AstSymbol{std::move(text)}, begin);
  }
  Result<AstWindowSpec> ParseWindowSpec();
  Result<AstFrame> ParseFrame();
  Result<AstFrameBound> ParseFrameBound();
  Status ParsePartitionBy(std::vector<AstExprPtr>* out);

  // ---- parse_json.cc ----
  Status ParseJsonArguments(KeywordId keyword, AstCall* call);
  Status ParseJsonObjectArguments(AstCall* call, AstJsonClauses* json);
  Status ParseJsonArrayArguments(AstCall* call, AstJsonClauses* json);
  Status ParseJsonPathArguments(KeywordId keyword, AstCall* call, AstJsonClauses* json);
  Status ParseJsonNameAndValue(AstCall* call, AstJsonClauses* json);
  Status ParseJsonNulls(AstJsonClauses* json);
  Status ParseJsonWrapper(AstJsonClauses* json);
  Status ParseJsonValue(AstCall* call, AstJsonClauses* json);
  bool AtJsonNulls();
  bool AtJsonBehavior();
  Result<AstJsonBehavior> ParseJsonBehavior();

  // ---- parse_type.cc ----
  Result<AstType> ParseTypeName();
  Status ParseSimpleType(KeywordId keyword, AstType* type);
  Status ParseTimeType(AstType* type);
  Status ParseRowType(AstType* type);
  Status ParseStructuredType(AstType* type);
  Status ParseRawType(AstType* type);
  Status ParseTypeArguments(AstType* type, size_t count);
  Status ParsePrecision(AstType* type, bool with_scale);
  Result<AstTypePtr> MakeType(AstType type, uint32_t begin);
  void ParseNullability(AstType* type);

  // ---- parse_query.cc ----
  /// A query starts `ahead` tokens from here (SELECT, VALUES, WITH, FROM, TABLE).
  bool AtQueryWord(size_t ahead = 0) const;
  /// AtQueryWord behind any number of '('.
  bool AtQuery(size_t ahead = 0) const;
  bool AtSetOperator();
  Result<AstQueryPtr> ParseSetOperations(AstQueryPtr left, int min_precedence);
  Result<AstQueryPtr> ParseQueryTerm();
  /// Parses what may follow the first operand of a query: set operations, ORDER BY, LIMIT. `query`
  /// has the WITH list.
  Result<AstQueryPtr> ParseQueryRest(AstQuery query, AstQueryPtr first, uint32_t begin);
  /// ParseQueryRest without a WITH list; apart, to keep the AstQuery off the callers' stack frames.
  Result<AstQueryPtr> ContinueQuery(AstQueryPtr first, uint32_t begin);
  Status ParseWith(AstQuery* query);
  Status ParseOrderAndLimit(AstQuery* query);
  Result<AstQueryPtr> ParseSelect();
  Result<AstQueryPtr> ParseFromFirst();
  Status ParseSelectItems(AstSelect* select);
  Status ParseSelectTail(AstSelect* select);
  Result<AstSelectItem> ParseSelectItem();
  Result<AstQueryPtr> ParseValues();
  Result<AstGrouping> ParseGrouping();
  Status ParseGroupingElements(AstGrouping* grouping);
  Result<std::vector<AstSortItem>> ParseSortItems();
  /// '(' query ')'.
  Result<AstQueryPtr> ParseQueryInParentheses();

  // ---- parse_table.cc ----
  Result<AstTablePtr> ParseFrom();
  Result<AstTablePtr> ParseJoins();
  std::optional<JoinKind> AcceptJoin();
  Result<AstTablePtr> ParseTableFactor();
  // A table that is being read lives on the heap: these call each other, a level of parentheses a
  // round, and an AstTable is too large for a thousand of them on the stack.
  Status ParseTablePrimary(AstTable* table);
  Status ParseTableInParentheses(bool lateral, AstTable* table);
  Status ParseTableFunction(bool lateral, AstTable* table);
  Status ParseUnnest(bool lateral, AstTable* table);
  Status ParseTableName(AstTable* table);
  Result<AstTablePtr> ParseTableSuffixes(std::shared_ptr<AstTable> table, uint32_t begin);
  Result<AstTablePtr> ParseJoin(AstTablePtr left, JoinKind kind, bool natural, uint32_t begin);
  Status ParseSystemTime(AstTable* table);
  Status ParseSample(AstTable* table);
  Result<AstTablePtr> ParsePivot(AstTablePtr input, uint32_t begin);
  Result<std::optional<AstTableAlias>> ParseTableAlias();
  Result<std::vector<AstHint>> ParseHints();
  Result<AstHintArgument> ParseHintArgument();
  /// A bare word here is an alias rather than the next clause.
  bool AtImplicitAlias();
  Status SkipBalanced();

  // ---- parse_match.cc ----
  Result<AstTablePtr> ParseMatchRecognize(AstTablePtr input, uint32_t begin);
  Status ParseMeasures(AstMatchRecognize* match);
  Status ParseRowsAndSkip(AstMatchRecognize* match);
  Status ParseDefinitions(AstMatchRecognize* match);
  Status ParseSubsets(AstMatchRecognize* match);
  Result<AstPattern> ParsePattern();
  Result<AstPattern> ParsePatternSequence();
  Result<AstPattern> ParsePatternFactor();
  Result<AstPattern> ParsePatternPrimary();
  Status ParsePatternQuantifier(AstPattern* quantified);

  // ---- parse_change.cc ----
  Result<Statement::Node> ParseInsert(bool execute);
  Result<Statement::Node> ParseDelete();
  Result<Statement::Node> ParseUpdate();
  Result<Statement::Node> ParseExecute();
  Result<Statement::Node> ParseBeginStatementSet();
  Result<Statement::Node> ParseStatementSet(bool execute);
  Status ParseStatementSetBody(AstStatementSet* set);
  Result<Statement::Node> ParseExplain();
  Result<Statement::Node> ParseCompile();
  Result<Statement::Node> ParseCallProcedure();
  Result<StatementPtr> ParseInnerStatement();
  Result<ConflictAction> ParseConflictAction();

  // ---- parse_create.cc ----
  struct CreateFlags {
    bool or_replace = false;
    bool or_alter = false;
    bool temporary = false;
    bool system = false;
  };
  Result<Statement::Node> ParseCreate();
  Result<Statement::Node> ParseReplace();
  Result<Statement::Node> ParseCreateTable(const CreateFlags& flags);
  Result<Statement::Node> ParseCreateView(const CreateFlags& flags);
  Result<Statement::Node> ParseCreateDatabase();
  Result<Statement::Node> ParseCreateCatalog();
  Result<Statement::Node> ParseCreateFunction(const CreateFlags& flags);
  Status ParseSqlFunctionHead(AstCreateFunction* create);
  Result<Statement::Node> ParseCreateModel(const CreateFlags& flags);
  Result<Statement::Node> ParseCreateConnection(const CreateFlags& flags);
  Result<Statement::Node> ParseCreateMaterializedTable(const CreateFlags& flags);
  Status ParseMaterializedTableClauses(AstCreateMaterializedTable* create);
  Status ParseResources(AstCreateFunction* create);

  // ---- parse_table_parts.cc ----
  Status ParseTableElements(AstTableElements* elements);
  Status ParseTableElement(AstTableElements* elements);
  Result<AstColumn> ParseColumn();
  Status ParseColumnTail(AstColumn* column);
  Status ParseColumnPosition(AstColumn* column);
  bool AtConstraint();
  Result<AstConstraint> ParseConstraint();
  Status ParseEnforced(AstConstraint* constraint);
  Result<AstWatermark> ParseWatermark();
  Result<AstDistribution> ParseDistribution();
  Status ParseDistributionBody(AstDistribution* distribution);
  Result<AstLikeClause> ParseLikeClause();
  Result<std::vector<AstOption>> ParseOptions();
  Result<std::vector<std::string>> ParseOptionKeys();
  Result<std::vector<Identifier>> ParseIdentifierList(std::string_view what);
  Result<AstPartitionSpec> ParsePartitionSpec();
  Result<std::optional<std::string>> ParseComment();
  Result<bool> AcceptIfExists();
  Result<bool> AcceptIfNotExists();
  Result<RefreshMode> ParseRefreshMode();
  Result<AstInterval> ParseFreshness();

  // ---- parse_alter.cc ----
  Result<Statement::Node> ParseAlter();
  Status ParseAlterTable(AstAlter* alter);
  Status ParseAlterAdd(AstAlter* alter);
  Status ParseAlterModify(AstAlter* alter);
  Status ParseAlterDrop(AstAlter* alter);
  Status ParseAlterRename(AstAlter* alter);
  Status ParseAlterSet(AstAlter* alter);
  Status ParseAlterMaterializedTable(AstAlter* alter);
  Status ParseAlterFunction(AstAlter* alter);
  Status ParseAlterElements(AstAlter* alter);
  Result<Statement::Node> ParseDrop();
  Result<ObjectKind> ParseObjectKind();

  // ---- parse_show.cc ----
  Result<Statement::Node> ParseShow();
  Result<Statement::Node> ParseShowCreate();
  Status ParseShowLike(AstShow* show);
  Result<Statement::Node> ParseDescribe();
  Result<Statement::Node> ParseUse();
  Result<Statement::Node> ParseSet();
  Result<Statement::Node> ParseReset();
  Result<Statement::Node> ParseModule(bool load);
  Result<Statement::Node> ParseJar(bool remove);
  Result<Statement::Node> ParseStopJob();
  Result<Statement::Node> ParseTruncate();
  Result<Statement::Node> ParseAnalyze();
  Result<std::string> ParseRawKey();
  void SkipToStatementEnd();

  Result<Statement::Node> ParseStatementNode();

  int depth_max_;
  int depth_ = 0;
  int parameter_count_ = 0;
};

}  // namespace weir
