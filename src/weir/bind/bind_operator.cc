// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Operators: each becomes a call of the function of its name, which decides types.
#include "weir/bind/query_binder.h"

namespace weir::bind {
namespace {

/// The function that an operator calls; null for those that are refused.
const char* FunctionOf(AstOperatorKind op) {
  switch (op) {
    case AstOperatorKind::kAnd:
      return "AND";
    case AstOperatorKind::kOr:
      return "OR";
    case AstOperatorKind::kPlus:
      return "+";
    case AstOperatorKind::kMinus:
      return "-";
    case AstOperatorKind::kTimes:
      return "*";
    case AstOperatorKind::kDivide:
      return "/";
    case AstOperatorKind::kModulo:
      return "%";
    case AstOperatorKind::kConcat:
      return "||";
    case AstOperatorKind::kEqual:
      return "=";
    case AstOperatorKind::kNotEqual:
      return "<>";
    case AstOperatorKind::kLess:
      return "<";
    case AstOperatorKind::kLessOrEqual:
      return "<=";
    case AstOperatorKind::kGreater:
      return ">";
    case AstOperatorKind::kGreaterOrEqual:
      return ">=";
    case AstOperatorKind::kIsDistinctFrom:
      return "IS DISTINCT FROM";
    case AstOperatorKind::kIsNotDistinctFrom:
      return "IS NOT DISTINCT FROM";
    case AstOperatorKind::kOverlaps:
      return "OVERLAPS";
    case AstOperatorKind::kNot:
      return "NOT";
    case AstOperatorKind::kIsNull:
      return "IS NULL";
    case AstOperatorKind::kIsNotNull:
      return "IS NOT NULL";
    case AstOperatorKind::kIsTrue:
      return "IS TRUE";
    case AstOperatorKind::kIsNotTrue:
      return "IS NOT TRUE";
    case AstOperatorKind::kIsFalse:
      return "IS FALSE";
    case AstOperatorKind::kIsNotFalse:
      return "IS NOT FALSE";
    case AstOperatorKind::kIsUnknown:
      return "IS UNKNOWN";
    case AstOperatorKind::kIsNotUnknown:
      return "IS NOT UNKNOWN";
    default:
      return nullptr;
  }
}

ExprPtr NegatedLiteral(const Expr& literal) {
  const Value& value = literal.literal;
  if (std::holds_alternative<int64_t>(value.v))
    return MakeLiteral(Value::Int(-value.int_value()), literal.type);
  if (std::holds_alternative<double>(value.v))
    return MakeLiteral(Value::Double(-value.double_value()), literal.type);
  if (std::holds_alternative<Int128>(value.v)) {
    // 2147483648 and 9223372036854775808 are one too long for INT and BIGINT, but not their
    // negatives.
    Int128 negative = -value.decimal_value();
    if (literal.type.scale() == 0 && negative == INT64_MIN) {
      return MakeLiteral(Value::Int(INT64_MIN), DataType::BigInt().NotNull());
    }
    return MakeLiteral(Value::Decimal(negative), literal.type);
  }
  return nullptr;
}

}  // namespace

Result<ExprPtr> QueryBinder::BindOperator(const AstOperator& op, const ExprContext& in,
                                          SourceSpan span) {
  std::vector<ExprPtr> args;
  args.reserve(op.operands.size());
  bool is_logic = op.op == AstOperatorKind::kAnd || op.op == AstOperatorKind::kOr ||
                  op.op == AstOperatorKind::kNot;
  for (const AstExprPtr& operand : op.operands) {
    WEIR_ASSIGN_OR_RETURN(ExprPtr bound, is_logic ? [&] {
      ExprContext inner = in;
      inner.clause = op.op == AstOperatorKind::kAnd  ? "AND"
                     : op.op == AstOperatorKind::kOr ? "OR"
                                                     : "NOT";
      return BindCondition(*operand, inner);
    }()
                                                  : Bind(operand, in));
    args.push_back(std::move(bound));
  }
  if (op.op == AstOperatorKind::kPositive) {
    if (!args[0]->type.is_numeric() && !args[0]->type.is_interval()) {
      return InvalidQueryAt(span, "cannot apply '+' to {}", args[0]->type.ToString());
    }
    return args[0];
  }
  if (op.op == AstOperatorKind::kNegate) {
    if (args[0]->is_literal() && op.operands[0]->As<AstLiteral>() != nullptr) {
      ExprPtr negated = NegatedLiteral(*args[0]);
      if (negated != nullptr) {
        if (negated->type.kind() == TypeKind::kBigInt &&
            negated->literal.int_value() == INT32_MIN) {
          return MakeLiteral(negated->literal, DataType::Int().NotNull());
        }
        return negated;
      }
    }
    return Call("-", std::move(args), span);
  }
  const char* function = FunctionOf(op.op);
  if (function == nullptr) {
    return UnsupportedAt(span, "this operator on periods or multisets is not supported yet");
  }
  if (op.op == AstOperatorKind::kConcat) {
    // In pairs of neighbours: any grouping gives the same text, and thousands of operands do not
    // nest deep.
    while (args.size() > 1) {
      std::vector<ExprPtr> pairs;
      for (size_t i = 0; i + 1 < args.size(); i += 2) {
        WEIR_ASSIGN_OR_RETURN(ExprPtr pair, Call(function, {args[i], args[i + 1]}, span));
        pairs.push_back(std::move(pair));
      }
      if (args.size() % 2 == 1) pairs.push_back(args.back());
      args = std::move(pairs);
    }
    return args[0];
  }
  if (op.operands.size() > 2 && !is_logic) {
    // A chain of one operator: applied from the left.
    ExprPtr result = args[0];
    for (size_t i = 1; i < args.size(); ++i) {
      WEIR_ASSIGN_OR_RETURN(result, Call(function, {std::move(result), args[i]}, span));
    }
    return result;
  }
  return Call(function, std::move(args), span);
}

Result<ExprPtr> QueryBinder::BindBetween(const AstBetween& between, const ExprContext& in,
                                         SourceSpan span) {
  WEIR_ASSIGN_OR_RETURN(ExprPtr operand, Bind(between.operand, in));
  WEIR_ASSIGN_OR_RETURN(ExprPtr low, Bind(between.low, in));
  WEIR_ASSIGN_OR_RETURN(ExprPtr high, Bind(between.high, in));
  auto within = [&](const ExprPtr& from, const ExprPtr& to) -> Result<ExprPtr> {
    WEIR_ASSIGN_OR_RETURN(ExprPtr above, Call(">=", {operand, from}, span));
    WEIR_ASSIGN_OR_RETURN(ExprPtr below, Call("<=", {operand, to}, span));
    return Call("AND", {std::move(above), std::move(below)}, span);
  };
  WEIR_ASSIGN_OR_RETURN(ExprPtr result, within(low, high));
  if (between.symmetric) {
    WEIR_ASSIGN_OR_RETURN(ExprPtr swapped, within(high, low));
    WEIR_ASSIGN_OR_RETURN(result, Call("OR", {std::move(result), std::move(swapped)}, span));
  }
  return between.negated ? Call("NOT", {std::move(result)}, span)
                         : Result<ExprPtr>(std::move(result));
}

Result<ExprPtr> QueryBinder::BindInList(const AstInList& in_list, const ExprContext& in,
                                        SourceSpan span) {
  WEIR_ASSIGN_OR_RETURN(ExprPtr operand, Bind(in_list.operand, in));
  std::vector<ExprPtr> items;
  items.reserve(in_list.items.size());
  bool all_literals = true;
  std::vector<DataType> types = {operand->type};
  for (const AstExprPtr& item : in_list.items) {
    WEIR_ASSIGN_OR_RETURN(ExprPtr bound, Bind(item, in));
    all_literals &= bound->is_literal();
    bool seen = false;
    for (const DataType& type : types) seen |= type == bound->type;
    if (!seen) types.push_back(bound->type);
    items.push_back(std::move(bound));
  }
  std::optional<DataType> common = CommonType(types);
  ExprPtr result;
  if (all_literals && common && !operand->type.is_nested()) {
    std::vector<ExprPtr> args = {MakeCast(operand, common->WithNullable(operand->type.nullable()))};
    for (ExprPtr& item : items) {
      DataType item_type = common->WithNullable(item->type.nullable());
      args.push_back(MakeCast(std::move(item), item_type));
    }
    WEIR_ASSIGN_OR_RETURN(result, Call("IN", std::move(args), span));
  } else {
    std::vector<ExprPtr> equals;
    for (ExprPtr& item : items) {
      WEIR_ASSIGN_OR_RETURN(ExprPtr equal, Call("=", {operand, std::move(item)}, span));
      equals.push_back(std::move(equal));
    }
    if (equals.size() == 1) {
      result = equals[0];
    } else {
      WEIR_ASSIGN_OR_RETURN(result, Call("OR", std::move(equals), span));
    }
  }
  return in_list.negated ? Call("NOT", {std::move(result)}, span)
                         : Result<ExprPtr>(std::move(result));
}

Result<ExprPtr> QueryBinder::BindLike(const AstLike& like, const ExprContext& in, SourceSpan span) {
  if (like.kind == LikeKind::kIlike || like.kind == LikeKind::kRlike) {
    return UnsupportedAt(
        span,
        "{} is not supported: Flink's dialect has LIKE, SIMILAR TO and REGEXP(string, pattern)",
        like.kind == LikeKind::kIlike ? "ILIKE" : "RLIKE");
  }
  std::vector<ExprPtr> args;
  for (const AstExprPtr& part : {like.operand, like.pattern, like.escape}) {
    if (part == nullptr) continue;
    WEIR_ASSIGN_OR_RETURN(ExprPtr bound, Bind(part, in));
    args.push_back(std::move(bound));
  }
  WEIR_ASSIGN_OR_RETURN(ExprPtr result, Call(like.kind == LikeKind::kLike ? "LIKE" : "SIMILAR TO",
                                             std::move(args), span));
  return like.negated ? Call("NOT", {std::move(result)}, span) : Result<ExprPtr>(std::move(result));
}

}  // namespace weir::bind
