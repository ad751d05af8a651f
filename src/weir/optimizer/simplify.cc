// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
//   1 + 2 > x AND TRUE AND NOT (a = b)     3 > x AND a <> b
//   CASE WHEN FALSE THEN a ELSE b END      b
//   CAST(k AS INT), k is INT               k
//   COALESCE(a, 0), a is NOT NULL          a
//
// A constant call that fails (1 / 0) is left as it is: whether it is an error is decided by the
// rows that reach it.
#include "weir/optimizer/simplify.h"

#include <algorithm>
#include <unordered_map>

#include "weir/expr/evaluator.h"

namespace weir::optimizer {
namespace {

constexpr size_t kFoldedBytesMax =
    64 << 10;  // Longer strings stay calls: the plan is printed and sent around.

ExprPtr BooleanLiteral(bool value) {
  return MakeLiteral(Value::Bool(value), DataType::Boolean().NotNull());
}

bool IsBoolean(const Expr& expr, bool value) {
  return expr.is_literal() && expr.type.kind() == TypeKind::kBoolean && !expr.literal.is_null() &&
         expr.literal.bool_value() == value;
}

/// Whether `expr` can stand where one of `type` stood.
bool Fits(const Expr& expr, const DataType& type) {
  return expr.type.EqualsIgnoringNullable(type) && (type.nullable() || !expr.type.nullable());
}

/// Expressions by their hash: a WHERE of many thousand parts is looked through once.
class ExpressionSet {
 public:
  bool Contains(const Expr& expr) const {
    auto [begin, end] = exprs_.equal_range(HashExpr(expr));
    return std::any_of(begin, end,
                       [&](const auto& entry) { return SameExpr(*entry.second, expr); });
  }
  void Add(const ExprPtr& expr) { exprs_.emplace(HashExpr(*expr), expr); }

 private:
  std::unordered_multimap<uint64_t, ExprPtr> exprs_;
};

class Simplifier {
 public:
  explicit Simplifier(const OptimizerContext& context) : context_(context) {}

  ExprPtr Visit(const ExprPtr& expr) {
    if (!expr->is_call()) return expr;
    const std::string& name = expr->function;
    ExprPtr result = expr;
    if (name == "AND" || name == "OR")
      result = Junction(expr);
    else if (name == "NOT")
      result = Not(expr);
    else if (name == "CASE")
      result = Case(expr);
    else if (name == "IF")
      result = If(expr);
    else if (name == "COALESCE")
      result = Coalesce(expr);
    else if (name == "CAST")
      result = Cast(expr);
    else if (name == "FIELD")
      result = FieldOf(expr);
    else if (name == "IS NULL" || name == "IS NOT NULL")
      result = NullTest(expr);
    else if (name == "IS TRUE" || name == "IS NOT FALSE")
      result = TruthTest(expr);
    return result->is_call() ? Fold(result) : result;
  }

 private:
  /// Calls over literals alone.
  ExprPtr Fold(const ExprPtr& expr) {
    bool constant = std::all_of(expr->args.begin(), expr->args.end(),
                                [](const ExprPtr& a) { return a->is_literal(); });
    if (!constant || expr->type.is_nested() || expr->type.kind() == TypeKind::kNull) return expr;
    if (expr->function == "FIELD" || !IsDeterministic(expr, *context_.functions)) return expr;
    auto value = EvaluateConstant(expr, *context_.functions, *context_.config);
    if (!value.ok() || (value->is_null() && !expr->type.nullable())) return expr;
    if (auto* text = std::get_if<std::string>(&value->v);
        text != nullptr && text->size() > kFoldedBytesMax)
      return expr;
    return MakeLiteral(std::move(*value), expr->type);
  }

  ExprPtr Junction(const ExprPtr& expr) {
    bool is_and = expr->function == "AND";
    std::vector<ExprPtr> parts, open(expr->args.rbegin(), expr->args.rend());
    ExpressionSet seen;
    bool changed = false;
    while (!open.empty()) {
      ExprPtr arg = std::move(open.back());
      open.pop_back();
      if (arg->is_call(expr->function)) {
        open.insert(open.end(), arg->args.rbegin(), arg->args.rend());
        changed = true;
      } else if (IsBoolean(*arg, is_and)) {
        changed = true;
      } else if (IsBoolean(*arg, !is_and)) {
        return BooleanLiteral(!is_and);
      } else if (seen.Contains(*arg) && IsDeterministic(arg, *context_.functions)) {
        changed = true;
      } else {
        seen.Add(arg);
        parts.push_back(std::move(arg));
      }
    }
    if (!changed) return expr;
    if (parts.empty()) return BooleanLiteral(is_and);
    if (parts.size() == 1) return parts[0];
    return MakeCall(expr->function, std::move(parts), expr->type);
  }

  ExprPtr Not(const ExprPtr& expr) {
    const Expr& arg = *expr->args[0];
    if (arg.is_call("NOT")) return arg.args[0];
    if (!arg.is_call() || arg.args.size() != 2) return expr;
    static constexpr std::pair<std::string_view, const char*> kOpposites[] = {
        {"=", "<>"}, {"<>", "="}, {"<", ">="}, {">=", "<"}, {">", "<="}, {"<=", ">"}};
    for (const auto& [name, opposite] : kOpposites) {
      if (arg.function != name) continue;
      // NaN is neither less nor not less.
      bool ordered = name != "=" && name != "<>";
      if (ordered && (arg.args[0]->type.is_approximate() || arg.args[1]->type.is_approximate()))
        return expr;
      auto call = context_.functions->MakeCall(opposite, arg.args, *context_.config);
      return call.ok() && Fits(**call, expr->type) ? *call : expr;
    }
    if (arg.function == "IS NULL" || arg.function == "IS NOT NULL") return expr;
    return expr;
  }

  ExprPtr Case(const ExprPtr& expr) {
    std::vector<ExprPtr> args;
    size_t i = 0;
    bool changed = false;
    for (; i + 1 < expr->args.size(); i += 2) {
      const Expr& condition = *expr->args[i];
      if (IsFalseOrNull(condition)) {
        changed = true;
        continue;
      }
      if (IsTrue(condition)) {
        args.push_back(expr->args[i + 1]);
        if (args.size() == 1) return Fits(*args[0], expr->type) ? args[0] : expr;
        return MakeCall("CASE", std::move(args), expr->type);
      }
      args.push_back(expr->args[i]);
      args.push_back(expr->args[i + 1]);
    }
    if (!changed || i >= expr->args.size()) return expr;
    args.push_back(expr->args[i]);
    if (args.size() == 1) return Fits(*args[0], expr->type) ? args[0] : expr;
    return MakeCall("CASE", std::move(args), expr->type);
  }

  ExprPtr If(const ExprPtr& expr) {
    if (expr->args.size() != 3) return expr;
    const Expr& condition = *expr->args[0];
    if (!IsTrue(condition) && !IsFalseOrNull(condition)) return expr;
    const ExprPtr& taken = expr->args[IsTrue(condition) ? 1 : 2];
    return Fits(*taken, expr->type) ? taken : expr;
  }

  ExprPtr Coalesce(const ExprPtr& expr) {
    std::vector<ExprPtr> args;
    for (const ExprPtr& arg : expr->args) {
      if (arg->is_literal() && arg->literal.is_null()) continue;
      args.push_back(arg);
      if (!arg->type.nullable()) break;
    }
    if (args.size() == expr->args.size() || args.empty()) return expr;
    if (args.size() == 1 && Fits(*args[0], expr->type)) return args[0];
    return args.size() == 1 ? expr : MakeCall("COALESCE", std::move(args), expr->type);
  }

  /// A cast to the type it has already.
  ExprPtr Cast(const ExprPtr& expr) {
    return Fits(*expr->args[0], expr->type) ? expr->args[0] : expr;
  }

  ExprPtr FieldOf(const ExprPtr& expr) {
    const Expr& row = *expr->args[0];
    if (!row.is_call("ROW")) return expr;
    const ExprPtr& field = row.args[static_cast<size_t>(expr->index)];
    return Fits(*field, expr->type) ? field : expr;
  }

  ExprPtr NullTest(const ExprPtr& expr) {
    if (expr->args[0]->type.nullable()) return expr;
    return BooleanLiteral(expr->function == "IS NOT NULL");
  }

  ExprPtr TruthTest(const ExprPtr& expr) {
    const ExprPtr& arg = expr->args[0];
    return arg->type.kind() == TypeKind::kBoolean && !arg->type.nullable() ? arg : expr;
  }

  const OptimizerContext& context_;
};

}  // namespace

bool IsTrue(const Expr& expr) { return IsBoolean(expr, true); }

bool IsFalseOrNull(const Expr& expr) {
  return IsBoolean(expr, false) || (expr.is_literal() && expr.literal.is_null());
}

ExprPtr Simplify(const ExprPtr& expr, const OptimizerContext& context) {
  Simplifier simplifier(context);
  return RewriteExpr(expr, [&](const ExprPtr& node) { return simplifier.Visit(node); });
}

ExprPtr SimplifyCondition(const ExprPtr& condition, const OptimizerContext& context) {
  ExprPtr simple = Simplify(condition, context);
  for (const ExprPtr& conjunct : Conjuncts(simple)) {
    if (IsFalseOrNull(*conjunct)) return BooleanLiteral(false);
  }
  return simple;
}

}  // namespace weir::optimizer
