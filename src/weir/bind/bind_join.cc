// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Joins and lateral table functions.
#include <algorithm>

#include "weir/bind/query_binder.h"
#include "weir/expr/table_function.h"

namespace weir::bind {
namespace {

JoinType ToJoinType(JoinKind kind) {
  switch (kind) {
    case JoinKind::kLeft:
      return JoinType::kLeft;
    case JoinKind::kRight:
      return JoinType::kRight;
    case JoinKind::kFull:
      return JoinType::kFull;
    default:
      return JoinType::kInner;
  }
}

bool IsLateralItem(const AstTable& table) {
  if (table.As<AstUnnest>() != nullptr) return true;
  const AstTableFunction* function = table.As<AstTableFunction>();
  if (function == nullptr) return false;
  std::string name = function->call->As<AstCall>()->name.back().value;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return std::toupper(c); });
  return name != "TUMBLE" && name != "HOP" && name != "CUMULATE" && name != "SESSION";
}

Scope Concat(const Scope& left, const Scope& right) {
  Scope both;
  both.columns = left.columns;
  both.columns.insert(both.columns.end(), right.columns.begin(), right.columns.end());
  return both;
}

/// Which sides of a join an expression reads.
struct Sides {
  bool left = false, right = false;
};
Sides SidesOf(const ExprPtr& expr, int left_columns) {
  Sides sides;
  for (int input : InputsOf(expr)) (input < left_columns ? sides.left : sides.right) = true;
  return sides;
}

}  // namespace

Result<PlanPtr> QueryBinder::MakeJoin(JoinType type, PlanPtr left, PlanPtr right, ExprPtr condition,
                                      JoinNode join) {
  WEIR_RETURN_NOT_OK(CountNode());
  join.type = type;
  int left_columns = left->schema.size();
  std::vector<ExprPtr> left_out = InputRefs(*left), right_out = InputRefs(*right);
  std::vector<std::string> left_names = ColumnNames(left->schema),
                           right_names = ColumnNames(right->schema);
  std::vector<ExprPtr> rest;
  // A key that is no plain column becomes one of its side.
  auto key_column = [](const ExprPtr& key, int shift, std::vector<ExprPtr>* out,
                       std::vector<std::string>* names) {
    std::vector<int> mapping;
    ExprPtr local = key;
    if (shift != 0) {
      std::vector<int> inputs = InputsOf(key);
      mapping.resize(inputs.empty() ? 0 : static_cast<size_t>(inputs.back()) + 1, -1);
      for (int input : inputs) mapping[static_cast<size_t>(input)] = input - shift;
      local = RemapInputs(key, mapping);
    }
    if (local->is_input()) return local->index;
    for (size_t i = 0; i < out->size(); ++i) {
      if (SameExpr(*(*out)[i], *local)) return static_cast<int>(i);
    }
    out->push_back(local);
    names->push_back(fmt::format("$key{}", out->size()));
    return static_cast<int>(out->size()) - 1;
  };
  for (const ExprPtr& conjunct : Conjuncts(condition)) {
    bool null_safe = conjunct->is_call("IS NOT DISTINCT FROM");
    if (conjunct->is_call("=") || null_safe) {
      Sides a = SidesOf(conjunct->args[0], left_columns),
            b = SidesOf(conjunct->args[1], left_columns);
      bool straight = a.left && !a.right && b.right && !b.left;
      bool crossed = a.right && !a.left && b.left && !b.right;
      if (straight || crossed) {
        const ExprPtr& left_key = conjunct->args[straight ? 0 : 1];
        const ExprPtr& right_key = conjunct->args[straight ? 1 : 0];
        join.left_keys.push_back(key_column(left_key, 0, &left_out, &left_names));
        join.right_keys.push_back(key_column(right_key, left_columns, &right_out, &right_names));
        join.null_safe.push_back(null_safe);
        continue;
      }
    }
    rest.push_back(conjunct);
  }
  int right_columns = right->schema.size();
  int added_left = static_cast<int>(left_out.size()) - left_columns;
  bool added = added_left > 0 || static_cast<int>(right_out.size()) > right_columns;
  if (added_left > 0) left = MakeProject(left, left_out, left_names);
  if (static_cast<int>(right_out.size()) > right_columns)
    right = MakeProject(right, right_out, right_names);
  // The residual condition sees the widened inputs.
  std::vector<int> widened;
  for (int i = 0; i < left_columns; ++i) widened.push_back(i);
  for (int i = 0; i < right_columns; ++i) widened.push_back(left_columns + added_left + i);
  ExprPtr residual = AndOf(std::move(rest));
  join.condition = residual == nullptr ? nullptr : RemapInputs(residual, widened);
  Schema schema;
  bool pad_left = type == JoinType::kRight || type == JoinType::kFull;
  bool pad_right = type == JoinType::kLeft || type == JoinType::kFull;
  for (const Field& f : left->schema.fields)
    schema.fields.push_back({f.name, pad_left ? f.type.AsNullable() : f.type});
  for (const Field& f : right->schema.fields)
    schema.fields.push_back({f.name, pad_right ? f.type.AsNullable() : f.type});
  PlanPtr plan = MakePlan(std::move(join), schema, {left, right});
  if (!added) return plan;
  std::vector<ExprPtr> outputs;
  std::vector<std::string> names;
  for (int column : widened) {
    outputs.push_back(MakeInput(column, schema[column].type));
    names.push_back(schema[column].name);
  }
  return MakeProject(std::move(plan), std::move(outputs), std::move(names));
}

Result<Relation> QueryBinder::BindCorrelate(Relation left, const AstTable& right, bool left_outer,
                                            const AstExprPtr& on) {
  WEIR_RETURN_NOT_OK(CountNode());
  CorrelateNode node;
  node.left_outer = left_outer;
  ExprContext in;
  in.scope = &left.scope;
  in.clause = "the arguments of a table function";
  SourceSpan span = right.span;
  if (auto* unnest = right.As<AstUnnest>()) {
    if (unnest->operands.size() != 1)
      return UnsupportedAt(span, "UNNEST of several collections is not supported yet");
    WEIR_ASSIGN_OR_RETURN(ExprPtr operand, Bind(unnest->operands[0], in));
    node.args.push_back(std::move(operand));
    node.function = unnest->with_ordinality ? "UNNEST_WITH_ORDINALITY" : "UNNEST";
  } else {
    const AstCall& call = *right.As<AstTableFunction>()->call->As<AstCall>();
    node.function = call.name.back().value;
    std::transform(node.function.begin(), node.function.end(), node.function.begin(),
                   [](unsigned char c) { return std::toupper(c); });
    if (context_.functions->FindTable(node.function) == nullptr) {
      // Refuses by name what is only not there yet.
      WEIR_RETURN_NOT_OK(BindTableFunction(call, span).status());
    }
    for (const AstArgument& argument : call.arguments) {
      WEIR_ASSIGN_OR_RETURN(ExprPtr arg, Bind(argument.value, in));
      node.args.push_back(std::move(arg));
    }
  }
  const TableFunction* function = context_.functions->FindTable(node.function);
  if (function == nullptr)
    return InvalidQueryAt(span, "table function '{}' not found", node.function);
  CallInfo info;
  std::vector<DataType> arg_types;
  for (const ExprPtr& arg : node.args) {
    arg_types.push_back(arg->type);
    info.literals.push_back(arg->is_literal() ? &arg->literal : nullptr);
  }
  info.arg_types = arg_types;
  info.config = context_.config;
  auto schema = function->resolve(&arg_types, info);
  if (!schema.ok()) return WithSpan(schema.status(), span);
  for (size_t i = 0; i < node.args.size(); ++i) {
    node.args[i] = MakeCast(node.args[i], arg_types[i].WithNullable(node.args[i]->type.nullable()));
  }
  node.function_schema = *schema;
  if (left_outer) {
    for (Field& field : node.function_schema.fields) field.type = field.type.AsNullable();
  }
  Relation produced;
  for (const Field& field : node.function_schema.fields)
    produced.scope.columns.push_back({{}, field.name, field.type});
  // UNNEST of plain values under an alias without columns: the alias names the column too.
  bool names_column =
      right.alias && right.alias->columns.empty() && produced.scope.columns.size() == 1;
  WEIR_RETURN_NOT_OK(ApplyAlias(right, &produced));
  if (names_column) produced.scope.columns[0].name = right.alias->name.value;
  Relation result;
  result.scope = Concat(left.scope, produced.scope);
  if (on != nullptr) {
    ExprContext on_in;
    on_in.scope = &result.scope;
    on_in.clause = "ON";
    WEIR_ASSIGN_OR_RETURN(ExprPtr condition, BindCondition(*on, on_in));
    bool always =
        condition->is_literal() && !condition->literal.is_null() && condition->literal.bool_value();
    if (!always) {
      if (left_outer) {
        return UnsupportedAt(
            on->span,
            "LEFT JOIN of a table function takes ON TRUE only; other conditions are not supported");
      }
      node.condition = std::move(condition);
    }
  }
  Schema output = left.plan->schema;
  output.fields.insert(output.fields.end(), node.function_schema.fields.begin(),
                       node.function_schema.fields.end());
  result.plan = MakePlan(std::move(node), std::move(output), {left.plan});
  return result;
}

Result<Relation> QueryBinder::BindJoin(const AstJoin& join, const Scope* left_scope) {
  WEIR_ASSIGN_OR_RETURN(Relation left, BindFrom(*join.left, left_scope));
  if (join.kind == JoinKind::kAsof || join.kind == JoinKind::kLeftAsof) {
    return UnsupportedAt(join.right->span, "ASOF JOIN is not supported");
  }
  JoinType type = ToJoinType(join.kind);
  if (IsLateralItem(*join.right)) {
    if (type != JoinType::kInner && type != JoinType::kLeft) {
      return InvalidQueryAt(join.right->span,
                            "a table function can be joined by INNER, CROSS or LEFT JOIN only");
    }
    return BindCorrelate(std::move(left), *join.right, type == JoinType::kLeft, join.on);
  }
  WEIR_ASSIGN_OR_RETURN(Relation right, BindFrom(*join.right, &left.scope));
  Relation result;
  result.scope = Concat(left.scope, right.scope);
  std::vector<Identifier> using_columns = join.using_columns;
  if (join.natural) {
    for (const ScopeColumn& column : left.scope.columns) {
      for (const ScopeColumn& other : right.scope.columns) {
        if (column.name == other.name)
          using_columns.push_back({column.name, true, join.right->span});
      }
    }
  }
  ExprPtr condition;
  std::vector<std::pair<int, int>> merged;
  if (join.on != nullptr) {
    ExprContext in;
    in.scope = &result.scope;
    in.clause = "ON";
    WEIR_ASSIGN_OR_RETURN(condition, BindCondition(*join.on, in));
  }
  std::vector<ExprPtr> equals;
  for (const Identifier& name : using_columns) {
    auto find = [&](const Scope& scope) {
      auto at = std::find_if(scope.columns.begin(), scope.columns.end(),
                             [&](const ScopeColumn& column) { return column.name == name.value; });
      return at == scope.columns.end() ? -1 : static_cast<int>(at - scope.columns.begin());
    };
    int l = find(left.scope), r = find(right.scope);
    if (l < 0 || r < 0) {
      return InvalidQueryAt(name.span, "column '{}' in USING is missing on the {} side", name.value,
                            l < 0 ? "left" : "right");
    }
    int shift = static_cast<int>(left.scope.columns.size());
    WEIR_ASSIGN_OR_RETURN(
        ExprPtr equal,
        Call("=",
             {MakeInput(l, left.scope.columns[static_cast<size_t>(l)].type),
              MakeInput(shift + r, right.scope.columns[static_cast<size_t>(r)].type)},
             name.span));
    equals.push_back(std::move(equal));
    merged.push_back({l, shift + r});
  }
  if (!equals.empty()) condition = AndOf(std::move(equals));
  JoinNode node;
  if (ttl_hints_ != nullptr && !context_.is_batch) {
    node.left_ttl_millis = ttl_hints_->Millis(*join.left);
    node.right_ttl_millis = ttl_hints_->Millis(*join.right);
  }
  WEIR_ASSIGN_OR_RETURN(result.plan, MakeJoin(type, left.plan, right.plan, condition, node));
  for (size_t i = 0; i < result.scope.columns.size(); ++i) {
    result.scope.columns[i].type = result.plan->schema[static_cast<int>(i)].type;
  }
  if (merged.empty()) return result;
  // USING: the common columns once, first; then the others.
  Relation folded;
  std::vector<ExprPtr> outputs;
  std::vector<bool> used(result.scope.columns.size(), false);
  auto add = [&](ExprPtr expr, const ScopeColumn& column) {
    folded.scope.columns.push_back({column.qualifier, column.name, expr->type});
    outputs.push_back(std::move(expr));
  };
  for (auto [l, r] : merged) {
    ExprPtr a = MakeInput(l, result.plan->schema[l].type),
            b = MakeInput(r, result.plan->schema[r].type);
    ExprPtr value = type == JoinType::kRight ? b : a;
    if (type == JoinType::kFull) {
      WEIR_ASSIGN_OR_RETURN(value, Call("COALESCE", {a, b}, join.right->span));
    }
    ScopeColumn column = result.scope.columns[static_cast<size_t>(l)];
    column.qualifier.clear();
    add(std::move(value), column);
    used[static_cast<size_t>(l)] = used[static_cast<size_t>(r)] = true;
  }
  for (size_t i = 0; i < used.size(); ++i) {
    if (!used[i])
      add(MakeInput(static_cast<int>(i), result.scope.columns[i].type), result.scope.columns[i]);
  }
  std::vector<std::string> names;
  for (const ScopeColumn& column : folded.scope.columns) names.push_back(column.name);
  folded.plan = MakeProject(result.plan, std::move(outputs), std::move(names));
  return folded;
}

}  // namespace weir::bind
