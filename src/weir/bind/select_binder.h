// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to bind/: one SELECT, from FROM to the sort keys of its ORDER BY.
//
// A grouped SELECT becomes   Calc(keys, arguments, filters) -> [Expand | WindowTableFunction] ->
// Aggregate
// -> Calc(HAVING; select list): every expression is first bound over the FROM clause with
// placeholders for aggregates, then rewritten over the aggregate's output, where what equals a key
// is that key and any other column is an error.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "weir/bind/query_binder.h"

namespace weir::bind {

/// A bound SELECT: visible columns first, then hidden ones that only the sort keys need.
struct BoundSelect {
  PlanPtr plan;
  std::vector<std::string> column_names;  // Visible ones.
  std::vector<SortKey> sort_keys;
};

class SelectBinder {
 public:
  SelectBinder(QueryBinder& binder, const AstSelect& select,
               const std::vector<AstSortItem>& order_by)
      : binder_(binder), select_(select), order_by_(order_by) {}
  Result<BoundSelect> Bind();

 private:
  struct Item {
    ExprPtr expr;
    std::string name;
    SourceSpan span;
  };

  Status BindFromWhere();
  void CollectAliases();
  Status BindItems(const ExprContext& in);
  Status ExpandStar(const AstStar& star, const ExprContext& in, SourceSpan span);
  Status BindSortKeys(const ExprContext& in);
  bool HasAggregates() const;
  bool IsConstantOrAggregate(const AstExprPtr& expr) const;

  // bind_group.cc
  Status BindGroupBy();
  Result<std::vector<std::vector<int>>> GroupingSets(const AstGrouping& grouping);
  Result<int> AddKey(const AstExprPtr& expr);
  Result<bool> BindGroupWindow(const AstExpr& expr);
  Status BuildAggregate();
  Result<ExprPtr> OverAggregate(const ExprPtr& expr, SourceSpan span);
  Result<ExprPtr> GroupingValue(const Expr& call, SourceSpan span);
  Status RewriteOverAggregate();

  QueryBinder& binder_;
  const AstSelect& select_;
  const std::vector<AstSortItem>& order_by_;
  StateTtlHints ttl_hints_;
  Relation from_;
  PlanPtr plan_;
  std::map<std::string, AstExprPtr> aliases_;
  std::vector<Item> items_;
  struct Sort {
    ExprPtr expr;  // Null when `item` says which select item it is.
    int item = -1;
    SortKey key;
    SourceSpan span;
  };
  std::vector<Sort> sorts_;
  ExprPtr having_;
  // Grouping.
  bool grouped_ = false;
  std::vector<ExprPtr> keys_;
  std::vector<std::vector<int>> sets_;
  std::vector<BoundAggregate> aggregates_;
  std::optional<GroupWindow> group_window_;
  // Columns of the aggregate's output: keys, calls, then these.
  int window_start_at_ = -1, window_end_at_ = -1, window_time_at_ = -1, expand_id_at_ = -1;
  std::vector<DataType> aggregate_types_;  // Of its output columns.
  int first_call_at_ = 0;
};

}  // namespace weir::bind
