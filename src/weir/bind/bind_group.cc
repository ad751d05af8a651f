// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// GROUP BY: keys, grouping sets, group windows, and the rewriting of the select list over the
// aggregate.
#include <algorithm>

#include "weir/bind/select_binder.h"

namespace weir::bind {
namespace {

constexpr size_t kGroupingSetsMax = 4096;
constexpr int kCopyBits =
    40;  // Above these bits of an expand id stands which copy of the grouping set it is (GROUP_ID).

std::string UpperName(const AstCall& call) {
  std::string name = call.name.back().value;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return std::toupper(c); });
  return name;
}

std::vector<std::vector<int>> CrossProduct(const std::vector<std::vector<int>>& a,
                                           const std::vector<std::vector<int>>& b) {
  std::vector<std::vector<int>> product;
  for (const auto& left : a) {
    for (const auto& right : b) {
      std::vector<int> both = left;
      for (int key : right) {
        if (std::find(both.begin(), both.end(), key) == both.end()) both.push_back(key);
      }
      product.push_back(std::move(both));
    }
  }
  return product;
}

/// Adds `expr` to `columns` unless it is there; returns its position.
int ColumnOf(const ExprPtr& expr, std::vector<ExprPtr>* columns) {
  for (size_t i = 0; i < columns->size(); ++i) {
    if (SameExpr(*(*columns)[i], *expr)) return static_cast<int>(i);
  }
  columns->push_back(expr);
  return static_cast<int>(columns->size()) - 1;
}

}  // namespace

// The legacy form GROUP BY TUMBLE(ts, INTERVAL '1' HOUR).
Result<bool> SelectBinder::BindGroupWindow(const AstExpr& expr) {
  const AstCall* call = expr.As<AstCall>();
  if (call == nullptr) return false;
  std::string name = UpperName(*call);
  if (name != "TUMBLE" && name != "HOP" && name != "SESSION") return false;
  if (group_window_) return InvalidQueryAt(expr.span, "GROUP BY can have one group window only");
  size_t sizes = name == "HOP" ? 2 : 1;
  if (call->arguments.size() < sizes + 1 || call->arguments.size() > sizes + 2) {
    return InvalidQueryAt(expr.span, "{} takes a time column and {} interval{}", name, sizes,
                          sizes == 1 ? "" : "s");
  }
  GroupWindow window;
  ExprContext in;
  in.scope = &from_.scope;
  in.clause = "a group window";
  WEIR_ASSIGN_OR_RETURN(window.time, binder_.Bind(call->arguments[0].value, in));
  std::string time_name = DeriveName(*call->arguments[0].value, 0);
  WEIR_RETURN_NOT_OK(
      CheckTimeColumn(window.time->type, name, time_name, binder_.context().is_batch, expr.span));
  window.window.is_proctime = window.time->type.is_proctime();
  window.window.kind = name == "TUMBLE" ? WindowKind::kTumble
                       : name == "HOP"  ? WindowKind::kHop
                                        : WindowKind::kSession;
  WEIR_ASSIGN_OR_RETURN(
      int64_t first, binder_.BindIntervalMillis(*call->arguments[1].value, "the size of " + name));
  window.window.size_millis = first;
  if (name == "HOP") {
    window.window.step_millis = first;
    WEIR_ASSIGN_OR_RETURN(window.window.size_millis,
                          binder_.BindIntervalMillis(*call->arguments[2].value, "the size of HOP"));
  }
  if (call->arguments.size() == sizes + 2) {
    return UnsupportedAt(expr.span,
                         "the alignment argument of group windows is not supported (use "
                         "TABLE({}(..)) with an offset)",
                         name);
  }
  WEIR_RETURN_NOT_OK(CheckWindow(window.window, expr.span));
  group_window_ = std::move(window);
  return true;
}

Result<int> SelectBinder::AddKey(const AstExprPtr& expr) {
  ExprContext in;
  in.scope = &from_.scope;
  in.clause = "GROUP BY";
  in.aliases = &aliases_;
  AstExprPtr target = expr;
  const AstLiteral* literal = expr->As<AstLiteral>();
  if (literal != nullptr && literal->kind == LiteralKind::kExactNumber &&
      literal->text.size() < 6 && literal->text.find('.') == std::string::npos) {
    size_t ordinal = static_cast<size_t>(std::stoll(literal->text));
    // Where the position holds an aggregate or a constant, the number can only be meant as a
    // constant, as in Flink.
    bool names_item = ordinal >= 1 && ordinal <= select_.items.size();
    if (names_item && !IsConstantOrAggregate(select_.items[ordinal - 1].expr))
      target = select_.items[ordinal - 1].expr;
  }
  WEIR_ASSIGN_OR_RETURN(ExprPtr key, binder_.Bind(target, in));
  TypeKind kind = key->type.kind();
  if (kind == TypeKind::kMap || kind == TypeKind::kMultiset) {
    return InvalidQueryAt(expr->span,
                          "Type({}) is not an orderable data type, it is not supported as a "
                          "ORDER_BY/GROUP_BY/JOIN_EQUAL field.",
                          key->type.ToString());
  }
  return ColumnOf(key, &keys_);
}

Result<std::vector<std::vector<int>>> SelectBinder::GroupingSets(const AstGrouping& grouping) {
  using Sets = std::vector<std::vector<int>>;
  switch (grouping.kind) {
    case GroupingKind::kExpression:
    case GroupingKind::kTuple: {
      std::vector<int> set;
      for (const AstExprPtr& expr : grouping.exprs) {
        WEIR_ASSIGN_OR_RETURN(bool is_window, BindGroupWindow(*expr));
        if (is_window) continue;
        WEIR_ASSIGN_OR_RETURN(int key, AddKey(expr));
        if (std::find(set.begin(), set.end(), key) == set.end()) set.push_back(key);
      }
      return Sets{set};
    }
    case GroupingKind::kRollup:
    case GroupingKind::kCube: {
      std::vector<std::vector<int>> parts;
      for (const AstGrouping& element : grouping.elements) {
        WEIR_ASSIGN_OR_RETURN(Sets sets, GroupingSets(element));
        parts.push_back(sets[0]);
      }
      Sets result;
      if (grouping.kind == GroupingKind::kRollup) {
        for (size_t count = parts.size() + 1; count-- > 0;) {
          std::vector<int> set;
          for (size_t i = 0; i < count; ++i)
            set.insert(set.end(), parts[i].begin(), parts[i].end());
          result.push_back(std::move(set));
        }
        return result;
      }
      if (parts.size() > 12)
        return InvalidQueryAt(grouping.span,
                              "CUBE of more than 12 columns makes too many grouping sets");
      for (size_t mask = size_t{1} << parts.size(); mask-- > 0;) {
        std::vector<int> set;
        for (size_t i = 0; i < parts.size(); ++i) {
          if (mask >> (parts.size() - 1 - i) & 1)
            set.insert(set.end(), parts[i].begin(), parts[i].end());
        }
        result.push_back(std::move(set));
      }
      return result;
    }
    case GroupingKind::kSets: {
      Sets result;
      for (const AstGrouping& element : grouping.elements) {
        WEIR_ASSIGN_OR_RETURN(Sets sets, GroupingSets(element));
        result.insert(result.end(), sets.begin(), sets.end());
      }
      return result;
    }
  }
  return Internal("unknown grouping");
}

Status SelectBinder::BindGroupBy() {
  sets_ = {{}};
  for (const AstGrouping& grouping : select_.group_by) {
    WEIR_ASSIGN_OR_RETURN(auto sets, GroupingSets(grouping));
    sets_ = CrossProduct(sets_, sets);
    if (sets_.size() > kGroupingSetsMax) {
      return InvalidQueryAt(grouping.span, "GROUP BY makes more than {} grouping sets",
                            kGroupingSetsMax);
    }
  }
  return Status::OK();
}

Status SelectBinder::BuildAggregate() {
  WEIR_RETURN_NOT_OK(binder_.CountNode());
  std::vector<ExprPtr> columns = keys_;
  AggregateNode node;
  if (!binder_.context().is_batch && !group_window_ && select_.from != nullptr)
    node.state_ttl_millis = ttl_hints_.Millis(*select_.from);
  int time_column = -1;
  if (group_window_) time_column = ColumnOf(group_window_->time, &columns);
  for (const BoundAggregate& aggregate : aggregates_) {
    AggregateCall call;
    call.function = aggregate.function;
    call.distinct = aggregate.distinct;
    call.type = aggregate.type;
    call.name = fmt::format("$agg{}", node.calls.size());
    for (const ExprPtr& arg : aggregate.args) {
      call.args.push_back(ColumnOf(arg, &columns));
      call.literals.push_back(arg->is_literal() ? std::optional<Value>(arg->literal)
                                                : std::nullopt);
    }
    if (aggregate.filter != nullptr) call.filter = ColumnOf(aggregate.filter, &columns);
    node.calls.push_back(std::move(call));
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < columns.size(); ++i) {
    const Expr& expr = *columns[i];
    names.push_back(expr.is_input() ? from_.plan->schema[expr.index].name : fmt::format("$f{}", i));
  }
  PlanPtr input = MakeProject(plan_, columns, names);
  for (size_t i = 0; i < keys_.size(); ++i) node.keys.push_back(static_cast<int>(i));
  Schema output;
  bool many_sets = sets_.size() > 1;
  if (group_window_) {
    if (many_sets)
      return Unsupported(
          "group windows with several grouping sets are not supported (use a window table "
          "function)");
    WindowTableFunctionNode window;
    window.window = group_window_->window;
    window.window.time_column = time_column;
    if (window.window.kind == WindowKind::kSession) window.window.partition_keys = node.keys;
    Schema schema = input->schema;
    DataType time_type = group_window_->time->type.NotNull();
    int at = schema.size();
    schema.fields.push_back({"window_start", DataType::Timestamp(3).NotNull()});
    schema.fields.push_back({"window_end", DataType::Timestamp(3).NotNull()});
    schema.fields.push_back({"window_time", time_type});
    input = MakePlan(std::move(window), std::move(schema), {input});
    for (int i = 0; i < 3; ++i) node.keys.push_back(at + i);
    window_start_at_ = static_cast<int>(keys_.size());
    window_end_at_ = window_start_at_ + 1;
    window_time_at_ = window_start_at_ + 2;
  }
  if (many_sets) {
    ExpandNode expand;
    expand.keys = node.keys;
    Schema schema = input->schema;
    int at = schema.size();
    std::map<int64_t, int64_t> seen;
    for (const std::vector<int>& set : sets_) {
      int64_t id = 0;
      for (size_t k = 0; k < keys_.size(); ++k) {
        bool missing = std::find(set.begin(), set.end(), static_cast<int>(k)) == set.end();
        id = id * 2 + (missing ? 1 : 0);
      }
      // A set that occurs twice gives its rows twice: a number above the bits keeps the copies
      // apart.
      expand.ids.push_back(id + (seen[id]++ << kCopyBits));
      expand.sets.push_back(set);
    }
    for (size_t k = 0; k < keys_.size(); ++k) {
      bool always = std::all_of(sets_.begin(), sets_.end(), [&](const std::vector<int>& set) {
        return std::find(set.begin(), set.end(), static_cast<int>(k)) != set.end();
      });
      DataType type = always ? keys_[k]->type : keys_[k]->type.AsNullable();
      schema.fields.push_back({names[k], type});
      node.keys[k] = at + static_cast<int>(k);
    }
    schema.fields.push_back({"$e", DataType::BigInt().NotNull()});
    node.keys.push_back(schema.size() - 1);
    expand_id_at_ = static_cast<int>(node.keys.size()) - 1;
    input = MakePlan(std::move(expand), std::move(schema), {input});
  }
  for (int key : node.keys) output.fields.push_back(input->schema[key]);
  first_call_at_ = output.size();
  for (const AggregateCall& call : node.calls) output.fields.push_back({call.name, call.type});
  for (const Field& field : output.fields) aggregate_types_.push_back(field.type);
  plan_ = MakePlan(std::move(node), std::move(output), {input});
  return Status::OK();
}

Result<ExprPtr> SelectBinder::GroupingValue(const Expr& call, SourceSpan span) {
  auto number = [](int64_t value) {
    return MakeLiteral(Value::Int(value), DataType::BigInt().NotNull());
  };
  if (call.function == "$GROUP_ID") {
    if (!call.args.empty()) return InvalidQueryAt(span, "GROUP_ID takes no arguments");
    if (expand_id_at_ < 0) return number(0);
    ExprPtr id = MakeInput(expand_id_at_, DataType::BigInt().NotNull());
    WEIR_ASSIGN_OR_RETURN(
        ExprPtr copy, binder_.Call("/", {std::move(id), number(int64_t{1} << kCopyBits)}, span));
    return MakeCast(std::move(copy), DataType::BigInt().NotNull());
  }
  if (call.args.empty())
    return InvalidQueryAt(span, "GROUPING needs at least one grouped expression");
  ExprPtr result = number(0);
  for (const ExprPtr& arg : call.args) {
    size_t key = 0;
    while (key < keys_.size() && !SameExpr(*keys_[key], *arg)) ++key;
    if (key == keys_.size())
      return InvalidQueryAt(span, "the argument of GROUPING must be an expression of GROUP BY");
    ExprPtr bit = number(0);
    if (expand_id_at_ >= 0) {
      ExprPtr id = MakeInput(expand_id_at_, DataType::BigInt().NotNull());
      WEIR_ASSIGN_OR_RETURN(
          ExprPtr shifted,
          binder_.Call("/", {id, number(int64_t{1} << (keys_.size() - 1 - key))}, span));
      WEIR_ASSIGN_OR_RETURN(bit, binder_.Call("%", {std::move(shifted), number(2)}, span));
    }
    WEIR_ASSIGN_OR_RETURN(ExprPtr doubled, binder_.Call("*", {std::move(result), number(2)}, span));
    WEIR_ASSIGN_OR_RETURN(result, binder_.Call("+", {std::move(doubled), std::move(bit)}, span));
  }
  return MakeCast(result, DataType::BigInt().NotNull());
}

Result<ExprPtr> SelectBinder::OverAggregate(const ExprPtr& expr, SourceSpan span) {
  for (size_t i = 0; i < keys_.size(); ++i) {
    if (SameExpr(*keys_[i], *expr)) return MakeInput(static_cast<int>(i), aggregate_types_[i]);
  }
  if (expr->is_literal()) return expr;
  if (expr->is_input()) {
    const ScopeColumn& column = from_.scope.columns[static_cast<size_t>(expr->index)];
    return WithHint(
        InvalidQueryAt(span, "expression '{}' is not being grouped", column.name),
        fmt::format("add `{}` to GROUP BY, or put it into an aggregate such as MAX(`{}`)",
                    column.name, column.name));
  }
  if (expr->is_call("$AGG")) {
    return MakeInput(first_call_at_ + expr->index,
                     aggregate_types_[static_cast<size_t>(first_call_at_ + expr->index)]);
  }
  if (expr->is_call("$WINDOW")) {
    int at = expr->index == 0   ? window_start_at_
             : expr->index == 1 ? window_end_at_
                                : window_time_at_;
    return MakeInput(at, expr->type);
  }
  if (expr->is_call() && expr->function.starts_with("$GROUP")) return GroupingValue(*expr, span);
  auto copy = std::make_shared<Expr>(*expr);
  for (ExprPtr& arg : copy->args) {
    WEIR_ASSIGN_OR_RETURN(arg, OverAggregate(arg, span));
  }
  // A FIELD or CAST of a key that grouping sets made nullable becomes nullable too.
  bool nullable = std::any_of(copy->args.begin(), copy->args.end(),
                              [](const ExprPtr& a) { return a->type.nullable(); });
  bool was_nullable = std::any_of(expr->args.begin(), expr->args.end(),
                                  [](const ExprPtr& a) { return a->type.nullable(); });
  if (nullable && !was_nullable) copy->type = copy->type.AsNullable();
  return ExprPtr(std::move(copy));
}

Status SelectBinder::RewriteOverAggregate() {
  WEIR_RETURN_NOT_OK(BuildAggregate());
  for (Item& item : items_) {
    WEIR_ASSIGN_OR_RETURN(item.expr, OverAggregate(item.expr, item.span));
  }
  for (Sort& sort : sorts_) {
    if (sort.item < 0) {
      WEIR_ASSIGN_OR_RETURN(sort.expr, OverAggregate(sort.expr, sort.span));
    }
  }
  if (having_ != nullptr) {
    WEIR_ASSIGN_OR_RETURN(ExprPtr condition, OverAggregate(having_, select_.having->span));
    plan_ = MakeFilter(plan_, std::move(condition));
  }
  return Status::OK();
}

}  // namespace weir::bind
