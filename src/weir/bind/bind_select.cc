// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include <algorithm>
#include <set>
#include <utility>

#include "weir/bind/select_binder.h"
#include "weir/expr/aggregate.h"

namespace weir::bind {
namespace {

struct ContainsAggregate {
  const FunctionRegistry& functions;

  bool Any(const std::vector<AstExprPtr>& exprs) const {
    return std::any_of(exprs.begin(), exprs.end(), [this](const AstExprPtr& e) { return In(e); });
  }
  bool In(const AstExprPtr& expr) const {
    if (expr == nullptr) return false;
    if (auto* call = expr->As<AstCall>()) {
      if (call->over == nullptr && call->name.size() == 1 &&
          functions.FindAggregate(call->name[0].value) != nullptr) {
        return true;
      }
      return std::any_of(call->arguments.begin(), call->arguments.end(),
                         [this](const AstArgument& a) { return In(a.value); });
    }
    if (auto* op = expr->As<AstOperator>()) return Any(op->operands);
    if (auto* node = expr->As<AstBetween>())
      return In(node->operand) || In(node->low) || In(node->high);
    if (auto* node = expr->As<AstInList>()) return In(node->operand) || Any(node->items);
    if (auto* node = expr->As<AstLike>()) return In(node->operand) || In(node->pattern);
    if (auto* node = expr->As<AstCase>()) {
      return In(node->operand) || In(node->otherwise) ||
             std::any_of(node->whens.begin(), node->whens.end(),
                         [this](const AstWhen& w) { return In(w.condition) || In(w.result); });
    }
    if (auto* node = expr->As<AstCast>()) return In(node->operand);
    if (auto* node = expr->As<AstConstructor>()) return Any(node->items);
    if (auto* node = expr->As<AstSubscript>()) return In(node->operand) || In(node->index);
    if (auto* node = expr->As<AstFieldAccess>()) return In(node->operand);
    if (auto* node = expr->As<AstIsJson>()) return In(node->operand);
    if (auto* node = expr->As<AstInterval>()) return In(node->value);
    return false;
  }
};

/// Calcite gives repeated names a number: a, a0, a1.
void MakeUnique(std::vector<std::string>* names) {
  std::set<std::string> seen;
  for (std::string& name : *names) {
    std::string unique = name;
    for (int i = 0; !seen.insert(unique).second; ++i) unique = name + std::to_string(i);
    name = unique;
  }
}

}  // namespace

std::string DeriveName(const AstExpr& expr, int position) {
  if (auto* path = expr.As<AstColumnPath>()) return path->path.back().value;
  if (auto* access = expr.As<AstFieldAccess>()) return access->field.value;
  return fmt::format("EXPR${}", position);
}

bool SelectBinder::HasAggregates() const {
  ContainsAggregate contains{*binder_.context().functions};
  for (const AstSelectItem& item : select_.items) {
    if (contains.In(item.expr)) return true;
  }
  for (const AstSortItem& item : order_by_) {
    if (contains.In(item.expr)) return true;
  }
  return select_.having != nullptr;
}

bool SelectBinder::IsConstantOrAggregate(const AstExprPtr& expr) const {
  return expr->As<AstLiteral>() != nullptr || expr->As<AstStar>() != nullptr ||
         ContainsAggregate{*binder_.context().functions}.In(expr);
}

void SelectBinder::CollectAliases() {
  for (const AstSelectItem& item : select_.items) {
    if (item.alias) aliases_.emplace(item.alias->value, item.expr);
  }
}

Status SelectBinder::BindFromWhere() {
  WEIR_ASSIGN_OR_RETURN(ttl_hints_, StateTtlHints::Of(select_.hints, select_.from.get()));
  if (select_.from != nullptr) {
    const StateTtlHints* outer = std::exchange(binder_.ttl_hints_, &ttl_hints_);
    auto from = binder_.BindFrom(*select_.from, nullptr);
    binder_.ttl_hints_ = outer;
    WEIR_ASSIGN_OR_RETURN(from_, std::move(from));
  } else {
    from_.plan = MakePlan(ValuesNode{{{}}}, Schema{}, {});
  }
  plan_ = from_.plan;
  if (select_.where != nullptr) {
    ExprContext in;
    in.scope = &from_.scope;
    in.clause = "WHERE";
    WEIR_ASSIGN_OR_RETURN(ExprPtr condition, binder_.BindCondition(*select_.where, in));
    plan_ = MakeFilter(plan_, std::move(condition));
  }
  return Status::OK();
}

Status SelectBinder::ExpandStar(const AstStar& star, const ExprContext& in, SourceSpan span) {
  if (star.operand != nullptr || star.path.size() > 0) {
    // t.* first, then row.*.
    if (star.operand == nullptr) {
      size_t before = items_.size();
      for (size_t i = 0; i < from_.scope.columns.size(); ++i) {
        const ScopeColumn& column = from_.scope.columns[i];
        if (star.path.size() > column.qualifier.size()) continue;
        bool matches = true;
        size_t skip = column.qualifier.size() - star.path.size();
        for (size_t p = 0; p < star.path.size(); ++p)
          matches &= column.qualifier[skip + p] == star.path[p].value;
        if (matches)
          items_.push_back({MakeInput(static_cast<int>(i), column.type), column.name, span});
      }
      if (items_.size() > before) return Status::OK();
    }
    ExprPtr row;
    if (star.operand != nullptr) {
      WEIR_ASSIGN_OR_RETURN(row, binder_.Bind(star.operand, in));
    } else {
      AstExpr path;
      path.node = AstColumnPath{star.path};
      path.span = span;
      WEIR_ASSIGN_OR_RETURN(row, binder_.Bind(path, in));
    }
    if (row->type.kind() != TypeKind::kRow) {
      return InvalidQueryAt(span, ".* needs a table or a ROW, not {}", row->type.ToString());
    }
    for (size_t i = 0; i < row->type.fields().size(); ++i) {
      items_.push_back({MakeField(row, static_cast<int>(i)), row->type.fields()[i].name, span});
    }
    return Status::OK();
  }
  if (select_.from == nullptr) return InvalidQueryAt(span, "SELECT * needs a FROM clause");
  for (size_t i = 0; i < from_.scope.columns.size(); ++i) {
    items_.push_back({MakeInput(static_cast<int>(i), from_.scope.columns[i].type),
                      from_.scope.columns[i].name, span});
  }
  return Status::OK();
}

Status SelectBinder::BindItems(const ExprContext& in) {
  if (select_.items.empty()) return ExpandStar(AstStar{}, in, {});  // FROM t
  for (const AstSelectItem& item : select_.items) {
    if (auto* star = item.expr->As<AstStar>()) {
      WEIR_RETURN_NOT_OK(ExpandStar(*star, in, item.span));
      continue;
    }
    WEIR_ASSIGN_OR_RETURN(ExprPtr expr, binder_.Bind(item.expr, in));
    std::string name =
        item.alias ? item.alias->value : DeriveName(*item.expr, static_cast<int>(items_.size()));
    items_.push_back({std::move(expr), std::move(name), item.expr->span});
  }
  return Status::OK();
}

Status SelectBinder::BindSortKeys(const ExprContext& in) {
  for (const AstSortItem& item : order_by_) {
    Sort sort;
    sort.span = item.expr->span;
    sort.key.descending = item.direction == SortDirection::kDescending;
    sort.key.nulls_first = item.nulls == NullsOrder::kDefault ? !sort.key.descending
                                                              : item.nulls == NullsOrder::kFirst;
    const AstLiteral* literal = item.expr->As<AstLiteral>();
    if (literal != nullptr && literal->kind == LiteralKind::kExactNumber &&
        literal->text.find('.') == std::string::npos) {
      int64_t ordinal = literal->text.size() > 6 ? -1 : std::stoll(literal->text);
      if (ordinal < 1 || ordinal > static_cast<int64_t>(items_.size())) {
        return InvalidQueryAt(sort.span,
                              "ORDER BY {} is no position of the select list, which has {} columns",
                              literal->text, items_.size());
      }
      sort.item = static_cast<int>(ordinal - 1);
      sorts_.push_back(std::move(sort));
      continue;
    }
    const AstColumnPath* path = item.expr->As<AstColumnPath>();
    if (path != nullptr && path->path.size() == 1) {
      for (size_t i = 0; i < items_.size() && sort.item < 0; ++i) {
        if (items_[i].name == path->path[0].value) sort.item = static_cast<int>(i);
      }
    }
    if (sort.item < 0) {
      ExprContext sort_in = in;
      sort_in.clause = "ORDER BY";
      sort_in.aliases = &aliases_;
      WEIR_ASSIGN_OR_RETURN(sort.expr, binder_.Bind(item.expr, sort_in));
      for (size_t i = 0; i < items_.size() && sort.item < 0; ++i) {
        if (SameExpr(*items_[i].expr, *sort.expr)) sort.item = static_cast<int>(i);
      }
    }
    if (sort.item < 0 && select_.quantifier == SetQuantifier::kDistinct) {
      return InvalidQueryAt(
          sort.span, "with SELECT DISTINCT, ORDER BY can only use columns of the select list");
    }
    sorts_.push_back(std::move(sort));
  }
  return Status::OK();
}

Result<BoundSelect> SelectBinder::Bind() {
  if (select_.qualify != nullptr)
    return UnsupportedAt(select_.qualify->span, "QUALIFY is not supported yet");
  if (!select_.windows.empty()) {
    return UnsupportedAt(select_.windows[0].name.span, "the WINDOW clause is not supported yet");
  }
  WEIR_RETURN_NOT_OK(BindFromWhere());
  CollectAliases();
  grouped_ = select_.has_group_by || HasAggregates();
  ExprContext in;
  in.scope = &from_.scope;
  in.clause = "SELECT";
  if (grouped_) {
    WEIR_RETURN_NOT_OK(BindGroupBy());
    in.aggregates = &aggregates_;
    in.group_window = &group_window_;
    in.has_group_keys = !keys_.empty() || group_window_.has_value();
  }
  WEIR_RETURN_NOT_OK(BindItems(in));
  if (select_.having != nullptr) {
    ExprContext having_in = in;
    having_in.clause = "HAVING";
    having_in.aliases = &aliases_;
    WEIR_ASSIGN_OR_RETURN(having_, binder_.BindCondition(*select_.having, having_in));
  }
  WEIR_RETURN_NOT_OK(BindSortKeys(in));
  if (grouped_) WEIR_RETURN_NOT_OK(RewriteOverAggregate());
  BoundSelect bound;
  std::vector<ExprPtr> outputs;
  for (const Item& item : items_) {
    outputs.push_back(item.expr);
    bound.column_names.push_back(item.name);
  }
  MakeUnique(&bound.column_names);
  std::vector<std::string> names = bound.column_names;
  for (Sort& sort : sorts_) {
    if (sort.item < 0) {
      sort.item = static_cast<int>(outputs.size());
      outputs.push_back(sort.expr);
      names.push_back(fmt::format("$sort{}", sort.item));
    }
    sort.key.column = sort.item;
    bound.sort_keys.push_back(sort.key);
  }
  WEIR_RETURN_NOT_OK(binder_.CountNode());
  bound.plan = MakeProject(plan_, std::move(outputs), std::move(names));
  if (select_.quantifier == SetQuantifier::kDistinct) {
    AggregateNode distinct;
    for (int i = 0; i < bound.plan->schema.size(); ++i) distinct.keys.push_back(i);
    if (!binder_.context().is_batch && !grouped_ && select_.from != nullptr)
      distinct.state_ttl_millis = ttl_hints_.Millis(*select_.from);
    Schema schema = bound.plan->schema;
    bound.plan = MakePlan(std::move(distinct), std::move(schema), {bound.plan});
  }
  return bound;
}

}  // namespace weir::bind
