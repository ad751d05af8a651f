// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to bind/: the binder of one statement. Expressions are bound against a Scope, the
// columns that a FROM clause makes visible. While a query with GROUP BY is bound, aggregate calls
// turn into placeholder calls:
//   $AGG        index = number of the collected call
//   $GROUPING   args = grouped expressions (GROUPING, GROUPING_ID)
//   $WINDOW     index = 0 start, 1 end, 2 rowtime, 3 proctime of a group window
// which the select binder replaces by columns of the aggregation.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/bind/binder.h"
#include "weir/bind/state_ttl_hints.h"

namespace weir::bind {

struct ScopeColumn {
  std::vector<std::string>
      qualifier;  // {"cat", "db", "t"} or {"alias"}; any suffix of it names the table.
  std::string name;
  DataType type;
};

struct Scope {
  std::vector<ScopeColumn> columns;
  const Scope* outer = nullptr;  // Seen by correlated items; reading it is refused by name for now.
};

/// A FROM item: its plan and the names of its columns.
struct Relation {
  PlanPtr plan;
  Scope scope;
};

/// One aggregate call as bound: argument expressions over the input, before they become columns.
struct BoundAggregate {
  std::string function;
  std::vector<ExprPtr> args;
  bool distinct = false;
  ExprPtr filter;
  std::vector<std::pair<ExprPtr, SortKey>> order_by;
  DataType type;
};

/// A legacy group window found in GROUP BY: TUMBLE(ts, INTERVAL ..), HOP, SESSION.
struct GroupWindow {
  WindowSpec window;
  ExprPtr time;  // Over the input.
};

/// Where an expression stands: what may occur in it.
struct ExprContext {
  const Scope* scope = nullptr;
  std::vector<BoundAggregate>* aggregates = nullptr;   // Null: aggregates are not allowed.
  std::optional<GroupWindow>* group_window = nullptr;  // Auxiliary functions refer to it.
  const char* clause = "this clause";                  // For messages: "WHERE", "GROUP BY".
  bool inside_aggregate = false;
  bool has_group_keys = true;  // Without, aggregates of nothing are NULL.
  /// Select-list aliases that may stand for expressions (GROUP BY, HAVING, ORDER BY; after real
  /// columns).
  const std::map<std::string, AstExprPtr>* aliases = nullptr;
};

class QueryBinder {
 public:
  explicit QueryBinder(const BinderContext& context) : context_(context) {}

  // bind_query.cc
  Result<BoundQuery> BindQuery(const AstQuery& query);
  Result<PlanPtr> BindValues(const AstValues& values, const Schema* target);
  // bind_expression.cc
  Result<ExprPtr> Bind(const AstExprPtr& expr, const ExprContext& in) { return Bind(*expr, in); }
  Result<ExprPtr> Bind(const AstExpr& expr, const ExprContext& in);
  /// Binds a condition: BOOLEAN or an error.
  Result<ExprPtr> BindCondition(const AstExpr& expr, const ExprContext& in);
  /// Binds and folds to a literal; an error that names `what` otherwise.
  Result<Value> BindLiteralValue(const AstExpr& expr, const DataType& type, std::string_view what);
  Result<int64_t> BindIntervalMillis(const AstExpr& expr, std::string_view what);
  Result<ExprPtr> Call(std::string_view function, std::vector<ExprPtr> args, SourceSpan span);
  Result<ExprPtr> Cast(ExprPtr expr, const DataType& type, bool is_try, SourceSpan span);
  /// Cast without asking: INSERT, set operations, VALUES. Errors name both types.
  Result<ExprPtr> ImplicitCast(ExprPtr expr, const DataType& type, std::string_view what);

  // bind_from.cc
  Result<Relation> BindFrom(const AstTable& table, const Scope* left);
  Result<Relation> BindTableName(const ObjectPath& path, const AstTable* table);
  Result<PlanPtr> ScanOf(const TablePtr& table, const std::vector<AstHint>& hints);

  const BinderContext& context() const { return context_; }

 private:
  friend class SelectBinder;

  // bind_query.cc
  Result<BoundQuery> BindBody(const AstQuery& query);
  Result<BoundQuery> BindSetOperation(const AstSetOperation& operation);
  Result<BoundQuery> ApplyOrder(BoundQuery bound, const AstQuery& query);
  Status BindFetch(const AstQuery& query, SortNode* sort);

  // bind_expression.cc, bind_operator.cc
  Result<ExprPtr> BindColumn(const AstColumnPath& path, const ExprContext& in, SourceSpan span);
  Result<ExprPtr> BindLiteral(const AstLiteral& literal, SourceSpan span);
  Result<ExprPtr> BindInterval(const AstInterval& interval, const ExprContext& in, SourceSpan span);
  Result<ExprPtr> BindOperator(const AstOperator& op, const ExprContext& in, SourceSpan span);
  Result<ExprPtr> BindBetween(const AstBetween& between, const ExprContext& in, SourceSpan span);
  Result<ExprPtr> BindInList(const AstInList& in_list, const ExprContext& in, SourceSpan span);
  Result<ExprPtr> BindLike(const AstLike& like, const ExprContext& in, SourceSpan span);
  Result<ExprPtr> BindCase(const AstCase& node, const ExprContext& in, SourceSpan span);
  Result<ExprPtr> BindConstructor(const AstConstructor& node, const ExprContext& in,
                                  SourceSpan span);
  Result<ExprPtr> BindFieldAccess(ExprPtr row, const Identifier& field);
  // bind_call.cc
  Result<ExprPtr> BindCall(const AstCall& call, const ExprContext& in, SourceSpan span);
  Result<ExprPtr> BindAggregateCall(const AstCall& call, const AggregateFunction& function,
                                    const ExprContext& in, SourceSpan span);
  Result<ExprPtr> BindJsonCall(const AstCall& call, const ExprContext& in, SourceSpan span);
  Result<ExprPtr> BindUserFunction(const SqlFunction& function, const AstCall& call,
                                   const ExprContext& in, SourceSpan span);
  Result<std::optional<ExprPtr>> BindWindowAuxiliary(const AstCall& call, const std::string& name,
                                                     const ExprContext& in, SourceSpan span);
  // bind_from.cc, bind_join.cc, bind_window.cc
  Result<Relation> BindNamed(const AstTableName& name, const AstTable& table);
  Result<Relation> BindFileTable(const std::string& path, SourceSpan span,
                                 const std::vector<AstHint>& hints);
  Result<Relation> BindView(const TableDefinition& view);
  Result<Relation> BindJoin(const AstJoin& join, const Scope* left);
  Result<Relation> BindCorrelate(Relation left, const AstTable& right, bool left_outer,
                                 const AstExprPtr& on);
  Result<Relation> BindTableFunction(const AstCall& call, SourceSpan span);
  Result<Relation> BindWindowFunction(const AstCall& call, const std::string& name,
                                      SourceSpan span);
  Status ApplyAlias(const AstTable& table, Relation* relation);
  /// `join`: what is known of it besides; the keys are found here.
  Result<PlanPtr> MakeJoin(JoinType type, PlanPtr left, PlanPtr right, ExprPtr condition,
                           JoinNode join);
  Status CountNode();

  const BinderContext& context_;
  struct CommonTable {
    std::string name;
    BoundQuery query;
  };
  std::vector<CommonTable> common_tables_;  // Innermost last.
  std::vector<std::string> open_views_;     // Views being expanded, to find cycles.
  int64_t nodes_ = 0;
  const StateTtlHints* ttl_hints_ = nullptr;  // Of the SELECT whose FROM clause is being bound.
};

/// Errors of impossible window sizes, and of time columns that are no time attribute.
Status CheckWindow(const WindowSpec& window, SourceSpan span);
Status CheckTimeColumn(const DataType& type, std::string_view function, std::string_view column,
                       bool is_batch, SourceSpan span);
/// Column name of an unnamed select item: EXPR$0.
std::string DeriveName(const AstExpr& expr, int position);

/// The milliseconds or months of INTERVAL 'text' qualifier. Errors: kInvalidQuery.
Result<int64_t> ParseIntervalText(std::string_view text, const AstIntervalQualifier& qualifier);
Result<DataType> IntervalType(const AstIntervalQualifier& qualifier);

}  // namespace weir::bind
