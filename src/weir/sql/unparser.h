// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The writer behind unparse.h; internal to this folder. Expressions are in unparse_expression.cc,
// queries in unparse_query.cc, statements in unparse_statement.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/sql/ast.h"
#include "weir/sql/statement.h"

namespace weir {

class Unparser {
 public:
  void Expr(const AstExpr& expr);
  void Type(const AstType& type);
  void Query(const AstQuery& query);
  void Statement(const weir::Statement& statement);
  void Path(const ObjectPath& path);
  std::string Take() { return std::move(out_); }

 private:
  void Text(std::string_view text) { out_ += text; }
  void Name(const Identifier& name);
  void Names(const std::vector<Identifier>& names);
  void String(std::string_view text);

  // ---- unparse_expression.cc ----
  /// Writes `expr`, in parentheses if it binds less than `min_precedence`.
  void Operand(const AstExpr& expr, int min_precedence);
  void Exprs(const std::vector<AstExprPtr>& exprs);
  void Node(const AstLiteral& node);
  void Node(const AstInterval& node);
  void Node(const AstColumnPath& node);
  void Node(const AstStar& node);
  void Node(const AstOperator& node);
  void Node(const AstBetween& node);
  void Node(const AstInList& node);
  void Node(const AstInQuery& node);
  void Node(const AstLike& node);
  void Node(const AstQuantified& node);
  void Node(const AstExists& node);
  void Node(const AstSubquery& node);
  void Node(const AstIsJson& node);
  void Node(const AstCase& node);
  void Node(const AstCast& node);
  void Node(const AstConstructor& node);
  void Node(const AstSubscript& node);
  void Node(const AstFieldAccess& node);
  void Node(const AstSymbol& node);
  void Node(const AstDescriptor& node);
  void Node(const AstTableArgument& node);
  void Node(const AstModelArgument& node);
  void Node(const AstDefault& node);
  void Node(const AstParameter& node);
  void FieldOperand(const AstExpr& expr);
  void IntervalQualifier(const AstIntervalQualifier& qualifier);
  void Binary(const AstOperator& node, std::string_view word, int precedence);
  void RowFields(const std::vector<AstRowField>& fields);

  // ---- unparse_call.cc ----
  void Node(const AstCall& node);
  void CallArguments(const AstCall& node);
  void Arguments(const std::vector<AstArgument>& arguments);
  void JsonArguments(const AstCall& node);
  void JsonBehavior(const std::optional<AstJsonBehavior>& behavior, std::string_view when);
  void WindowSpec(const AstWindowSpec& spec);
  void FrameBound(const AstFrameBound& bound);
  void SortItems(const std::vector<AstSortItem>& items);

  // ---- unparse_query.cc ----
  void Body(const AstSelect& select);
  void Body(const AstSetOperation& operation);
  void Body(const AstValues& values);
  void Body(const AstTableQuery& query);
  void Body(const AstNestedQuery& query);
  void Groupings(const std::vector<AstGrouping>& groupings);
  void Grouping(const AstGrouping& grouping);
  void Hints(const std::vector<AstHint>& hints);
  void Alias(const AstTableAlias& alias);
  void Table(const AstTable& table);
  /// Writes `table` so that a suffix or a join may follow: joins in parentheses.
  void TableFactor(const AstTable& table);
  void TableNode(const AstTableName& node);
  void TableNode(const AstDerivedTable& node);
  void TableNode(const AstTableFunction& node);
  void TableNode(const AstUnnest& node);
  void TableNode(const AstJoin& node);
  void TableNode(const AstMatchRecognize& node);
  void TableNode(const AstPivot& node);
  void Pattern(const AstPattern& pattern);
  void PatternQuantifier(const AstPattern& pattern);

  // ---- unparse_statement.cc ----
  void Write(const AstQueryStatement& node);
  void Write(const AstInsert& node);
  void Write(const AstDelete& node);
  void Write(const AstUpdate& node);
  void Write(const AstTruncate& node);
  void Write(const AstStatementSet& node);
  void Write(const AstCallProcedure& node);
  void Write(const AstAlter& node);
  void Write(const AstDrop& node);
  void Write(const AstShow& node);
  void Write(const AstDescribe& node);
  void Write(const AstExplain& node);
  void Write(const AstCompilePlan& node);
  void Write(const AstExecutePlan& node);
  void Write(const AstUse& node);
  void Write(const AstSet& node);
  void Write(const AstReset& node);
  void Write(const AstLoadModule& node);
  void Write(const AstUnloadModule& node);
  void Write(const AstJar& node);
  void Write(const AstStopJob& node);
  void Write(const AstAnalyzeTable& node);
  void AlterAction(const AstAlter& node);
  void AlterPartitions(const AstAlter& node);

  // ---- unparse_create.cc ----
  void Write(const AstCreateTable& node);
  void Write(const AstCreateView& node);
  void Write(const AstCreateDatabase& node);
  void Write(const AstCreateCatalog& node);
  void Write(const AstCreateFunction& node);
  void Write(const AstCreateModel& node);
  void Write(const AstCreateConnection& node);
  void Write(const AstCreateMaterializedTable& node);
  void CreateHead(bool or_replace, bool temporary, bool system, std::string_view object,
                  bool if_not_exists);
  void Options(const std::vector<AstOption>& options);
  void WithOptions(const std::vector<AstOption>& options);
  void PartitionSpec(const AstPartitionSpec& spec);
  void Comment(const std::optional<std::string>& comment);
  void Elements(const AstTableElements& elements);
  void Column(const AstColumn& column);
  void Constraint(const AstConstraint& constraint);
  void Watermark(const AstWatermark& watermark);
  void Distribution(std::string_view word, const AstDistribution& distribution);
  void Like(const AstLikeClause& like);

  std::string out_;
};

}  // namespace weir
