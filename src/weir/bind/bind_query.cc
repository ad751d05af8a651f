// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Queries: WITH, set operations, VALUES, ORDER BY and LIMIT.
#include <algorithm>

#include "weir/bind/select_binder.h"
#include "weir/expr/evaluator.h"

namespace weir::bind {
namespace {

/// The common type of one column of several inputs.
Result<DataType> CommonColumnType(const std::vector<DataType>& types, std::string_view where) {
  bool same =
      std::all_of(types.begin(), types.end(), [&](const DataType& t) { return t == types[0]; });
  if (same) return types[0];
  std::optional<DataType> common = CommonType(types);
  if (!common) {
    std::vector<std::string> names;
    for (const DataType& type : types) {
      if (names.empty() || names.back() != type.ToString()) names.push_back(type.ToString());
    }
    return InvalidQuery("{} has no common type for {}", where, fmt::join(names, " and "));
  }
  bool nullable =
      std::any_of(types.begin(), types.end(), [](const DataType& t) { return t.nullable(); });
  return common->WithNullable(nullable);
}

PlanPtr CastColumns(PlanPtr plan, const std::vector<DataType>& types,
                    const std::vector<std::string>& names) {
  std::vector<ExprPtr> outputs;
  bool changed = false;
  for (int i = 0; i < plan->schema.size(); ++i) {
    ExprPtr column = MakeInput(i, plan->schema[i].type);
    const DataType& target = types[static_cast<size_t>(i)];
    if (!column->type.EqualsIgnoringNullable(target)) {
      column = MakeCast(column, target.WithNullable(column->type.nullable()));
      changed = true;
    }
    outputs.push_back(std::move(column));
  }
  return changed ? MakeProject(std::move(plan), std::move(outputs), names) : plan;
}

}  // namespace

Result<PlanPtr> QueryBinder::BindValues(const AstValues& values, const Schema* target) {
  WEIR_RETURN_NOT_OK(CountNode());
  Scope empty;
  ExprContext in;
  in.scope = &empty;
  in.clause = "VALUES";
  std::vector<std::vector<ExprPtr>> rows;
  for (const std::vector<AstExprPtr>& row : values.rows) {
    std::vector<ExprPtr> bound;
    for (const AstExprPtr& expr : row) {
      if (expr->As<AstDefault>() != nullptr) {
        bound.push_back(MakeLiteral(Value::Null(), DataType::Null()));
        continue;
      }
      WEIR_ASSIGN_OR_RETURN(ExprPtr value, Bind(expr, in));
      bound.push_back(std::move(value));
    }
    if (!rows.empty() && rows[0].size() != bound.size()) {
      return InvalidQueryAt(row.empty() ? SourceSpan{} : row[0]->span,
                            "VALUES has rows of {} and of {} columns", rows[0].size(),
                            bound.size());
    }
    rows.push_back(std::move(bound));
  }
  Schema schema;
  for (size_t c = 0; c < rows[0].size(); ++c) {
    DataType type;
    if (target != nullptr && c < target->fields.size()) {
      type = target->fields[c].type;
      bool fits = std::all_of(rows.begin(), rows.end(), [&](const auto& row) {
        return row[c]->type.kind() == TypeKind::kNull ||
               CanImplicitlyCast(row[c]->type.AsNullable(), type.AsNullable());
      });
      if (!fits) target = nullptr;
    }
    if (target == nullptr) {
      std::vector<DataType> types;
      for (const auto& row : rows) types.push_back(row[c]->type);
      WEIR_ASSIGN_OR_RETURN(type,
                            CommonColumnType(types, fmt::format("column {} of VALUES", c + 1)));
    }
    bool nullable = std::any_of(rows.begin(), rows.end(),
                                [&](const auto& row) { return row[c]->type.nullable(); });
    schema.fields.push_back({fmt::format("EXPR${}", c), type.WithNullable(nullable)});
  }
  bool all_literals = true;
  for (auto& row : rows) {
    for (size_t c = 0; c < row.size(); ++c) {
      row[c] = MakeCast(row[c], schema.fields[c].type.WithNullable(row[c]->type.nullable()));
      if (!row[c]->is_literal() && IsDeterministic(row[c], *context_.functions)) {
        WEIR_ASSIGN_OR_RETURN(Value value,
                              EvaluateConstant(row[c], *context_.functions, *context_.config));
        row[c] = MakeLiteral(std::move(value), schema.fields[c].type);
      }
      all_literals &= row[c]->is_literal();
    }
  }
  if (all_literals) {
    ValuesNode node;
    for (const auto& row : rows) {
      std::vector<Value> literal_row;
      for (const ExprPtr& expr : row) literal_row.push_back(expr->literal);
      node.rows.push_back(std::move(literal_row));
    }
    return MakePlan(std::move(node), std::move(schema), {});
  }
  // Rows with RAND(), NOW() and the like: one projection each.
  std::vector<PlanPtr> branches;
  for (auto& row : rows) {
    PlanPtr one = MakePlan(ValuesNode{{{}}}, Schema{}, {});
    PlanPtr projected = MakeProject(std::move(one), row, ColumnNames(schema));
    branches.push_back(std::move(projected));
  }
  if (branches.size() == 1) return branches[0];
  return MakePlan(UnionNode{}, std::move(schema), std::move(branches));
}

Result<BoundQuery> QueryBinder::BindSetOperation(const AstSetOperation& operation) {
  std::vector<BoundQuery> inputs;
  for (const AstQueryPtr& input : operation.inputs) {
    WEIR_ASSIGN_OR_RETURN(BoundQuery bound, BindQuery(*input));
    if (!inputs.empty() && bound.plan->schema.size() != inputs[0].plan->schema.size()) {
      return InvalidQueryAt(input->span, "column count mismatch in {}: {} and {}",
                            operation.kind == SetOperationKind::kUnion       ? "UNION"
                            : operation.kind == SetOperationKind::kIntersect ? "INTERSECT"
                                                                             : "EXCEPT",
                            inputs[0].plan->schema.size(), bound.plan->schema.size());
    }
    inputs.push_back(std::move(bound));
  }
  std::vector<DataType> types;
  for (int c = 0; c < inputs[0].plan->schema.size(); ++c) {
    std::vector<DataType> column;
    for (const BoundQuery& input : inputs) column.push_back(input.plan->schema[c].type);
    WEIR_ASSIGN_OR_RETURN(
        DataType type,
        CommonColumnType(column, fmt::format("column {} of the set operation", c + 1)));
    bool rowtime =
        std::all_of(column.begin(), column.end(), [](const DataType& t) { return t.is_rowtime(); });
    types.push_back(
        type.WithTimeAttribute(rowtime ? TimeAttribute::kRowtime : TimeAttribute::kNone));
  }
  BoundQuery result;
  result.column_names = inputs[0].column_names;
  Schema schema;
  for (size_t c = 0; c < types.size(); ++c)
    schema.fields.push_back({result.column_names[c], types[c]});
  std::vector<PlanPtr> plans;
  for (BoundQuery& input : inputs)
    plans.push_back(CastColumns(std::move(input.plan), types, result.column_names));
  auto distinct = [&](PlanPtr plan) {
    AggregateNode node;
    for (int i = 0; i < schema.size(); ++i) node.keys.push_back(i);
    return MakePlan(std::move(node), schema, {std::move(plan)});
  };
  if (operation.kind == SetOperationKind::kUnion) {
    PlanPtr all = MakePlan(UnionNode{}, schema, std::move(plans));
    result.plan = operation.all ? all : distinct(std::move(all));
    return result;
  }
  PlanPtr plan = plans[0];
  for (size_t i = 1; i < plans.size(); ++i) {
    SetOperationNode node{operation.kind == SetOperationKind::kIntersect, operation.all};
    plan = MakePlan(node, schema, {std::move(plan), plans[i]});
  }
  result.plan = std::move(plan);
  return result;
}

Status QueryBinder::BindFetch(const AstQuery& query, SortNode* sort) {
  auto count = [&](const AstExprPtr& expr, const char* what) -> Result<int64_t> {
    WEIR_ASSIGN_OR_RETURN(Value value, BindLiteralValue(*expr, DataType::BigInt(), what));
    if (value.is_null() || value.int_value() < 0)
      return InvalidQueryAt(expr->span, "{} must be a number of rows, 0 or more", what);
    return value.int_value();
  };
  if (query.limit != nullptr) {
    WEIR_ASSIGN_OR_RETURN(sort->fetch, count(query.limit, "LIMIT"));
  }
  if (query.offset != nullptr) {
    WEIR_ASSIGN_OR_RETURN(sort->offset, count(query.offset, "OFFSET"));
  }
  return Status::OK();
}

Result<BoundQuery> QueryBinder::ApplyOrder(BoundQuery bound, const AstQuery& query) {
  SortNode sort;
  WEIR_RETURN_NOT_OK(BindFetch(query, &sort));
  Scope scope;
  for (int i = 0; i < bound.plan->schema.size(); ++i) {
    scope.columns.push_back(
        {{}, bound.column_names[static_cast<size_t>(i)], bound.plan->schema[i].type});
  }
  ExprContext in;
  in.scope = &scope;
  in.clause = "ORDER BY";
  std::vector<ExprPtr> outputs = InputRefs(*bound.plan);
  std::vector<std::string> names = bound.column_names;
  size_t visible = outputs.size();
  for (const AstSortItem& item : query.order_by) {
    SortKey key;
    key.descending = item.direction == SortDirection::kDescending;
    key.nulls_first =
        item.nulls == NullsOrder::kDefault ? !key.descending : item.nulls == NullsOrder::kFirst;
    const AstLiteral* literal = item.expr->As<AstLiteral>();
    if (literal != nullptr && literal->kind == LiteralKind::kExactNumber) {
      int64_t ordinal = literal->text.size() > 6 ? -1 : std::atoll(literal->text.c_str());
      if (ordinal < 1 || ordinal > static_cast<int64_t>(visible)) {
        return InvalidQueryAt(item.expr->span,
                              "ORDER BY {} is no position of the result, which has {} columns",
                              literal->text, visible);
      }
      key.column = static_cast<int>(ordinal - 1);
    } else {
      WEIR_ASSIGN_OR_RETURN(ExprPtr expr, Bind(item.expr, in));
      if (expr->is_input()) {
        key.column = expr->index;
      } else {
        key.column = static_cast<int>(outputs.size());
        outputs.push_back(std::move(expr));
        names.push_back(fmt::format("$sort{}", key.column));
      }
    }
    sort.keys.push_back(key);
  }
  if (sort.keys.empty() && !sort.fetch && sort.offset == 0) return bound;
  WEIR_RETURN_NOT_OK(CountNode());
  PlanPtr plan = bound.plan;
  if (outputs.size() > visible) plan = MakeProject(std::move(plan), outputs, names);
  Schema schema = plan->schema;
  plan = MakePlan(std::move(sort), std::move(schema), {std::move(plan)});
  if (outputs.size() > visible) {
    outputs.resize(visible);
    plan = MakeProject(std::move(plan), std::move(outputs), bound.column_names);
  }
  bound.plan = std::move(plan);
  return bound;
}

Result<BoundQuery> QueryBinder::BindBody(const AstQuery& query) {
  if (auto* select = query.As<AstSelect>()) {
    SelectBinder select_binder(*this, *select, query.order_by);
    WEIR_ASSIGN_OR_RETURN(BoundSelect bound, select_binder.Bind());
    SortNode sort;
    sort.keys = bound.sort_keys;
    WEIR_RETURN_NOT_OK(BindFetch(query, &sort));
    PlanPtr plan = bound.plan;
    if (!sort.keys.empty() || sort.fetch || sort.offset > 0) {
      WEIR_RETURN_NOT_OK(CountNode());
      Schema schema = plan->schema;
      plan = MakePlan(std::move(sort), std::move(schema), {std::move(plan)});
    }
    if (plan->schema.fields.size() > bound.column_names.size()) {
      std::vector<ExprPtr> outputs = InputRefs(*plan);
      outputs.resize(bound.column_names.size());
      plan = MakeProject(std::move(plan), std::move(outputs), bound.column_names);
    }
    return BoundQuery{std::move(plan), std::move(bound.column_names)};
  }
  BoundQuery bound;
  if (auto* operation = query.As<AstSetOperation>()) {
    WEIR_ASSIGN_OR_RETURN(bound, BindSetOperation(*operation));
  } else if (auto* values = query.As<AstValues>()) {
    WEIR_ASSIGN_OR_RETURN(bound.plan, BindValues(*values, nullptr));
    bound.column_names = ColumnNames(bound.plan->schema);
  } else if (auto* table = query.As<AstTableQuery>()) {
    WEIR_ASSIGN_OR_RETURN(Relation relation, BindTableName(table->path, nullptr));
    bound.plan = relation.plan;
    for (const ScopeColumn& column : relation.scope.columns)
      bound.column_names.push_back(column.name);
  } else {
    WEIR_ASSIGN_OR_RETURN(bound, BindQuery(*query.As<AstNestedQuery>()->query));
  }
  return ApplyOrder(std::move(bound), query);
}

Result<BoundQuery> QueryBinder::BindQuery(const AstQuery& query) {
  if (query.recursive) return UnsupportedAt(query.span, "WITH RECURSIVE is not supported");
  size_t before = common_tables_.size();
  for (const AstCommonTable& common : query.with) {
    WEIR_ASSIGN_OR_RETURN(BoundQuery bound, BindQuery(*common.query));
    if (!common.columns.empty()) {
      if (common.columns.size() != bound.column_names.size()) {
        return InvalidQueryAt(common.name.span, "'{}' names {} columns, but its query has {}",
                              common.name.value, common.columns.size(), bound.column_names.size());
      }
      for (size_t i = 0; i < common.columns.size(); ++i)
        bound.column_names[i] = common.columns[i].value;
    }
    common_tables_.push_back({common.name.value, std::move(bound)});
  }
  auto bound = BindBody(query);
  common_tables_.resize(before);
  return bound;
}

}  // namespace weir::bind

namespace weir {

Result<BoundQuery> BindQuery(const AstQuery& query, const BinderContext& context) {
  bind::QueryBinder binder(context);
  return binder.BindQuery(query);
}

Result<ExprPtr> BindScalar(const AstExpr& expr, const Schema& schema,
                           const BinderContext& context) {
  bind::QueryBinder binder(context);
  bind::Scope scope;
  for (const Field& field : schema.fields) scope.columns.push_back({{}, field.name, field.type});
  bind::ExprContext in;
  in.scope = &scope;
  in.clause = "an expression of a table";
  return binder.Bind(expr, in);
}

}  // namespace weir
