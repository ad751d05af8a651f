// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Expressions: names, literals, constructors, CASE, casts. Operators are in bind_operator.cc, calls
// in bind_call.cc.
#include <algorithm>
#include <cctype>

#include "weir/bind/query_binder.h"
#include "weir/data/text.h"
#include "weir/expr/aggregate.h"
#include "weir/expr/evaluator.h"

namespace weir::bind {
namespace {

std::string PathText(const ObjectPath& path) {
  std::string text;
  for (const Identifier& part : path) {
    if (!text.empty()) text += '.';
    text += part.value;
  }
  return text;
}

bool QualifierMatches(const std::vector<std::string>& qualifier, const ObjectPath& path,
                      size_t parts) {
  if (parts > qualifier.size()) return false;
  size_t skip = qualifier.size() - parts;
  for (size_t i = 0; i < parts; ++i) {
    if (qualifier[skip + i] != path[i].value) return false;
  }
  return true;
}

struct ColumnMatch {
  int index = -1;
  size_t parts = 0;  // Names used: qualifier and column.
  int count = 0;
};

/// The column that the longest qualified reading of `path` names: t.a before a.field.
ColumnMatch FindColumn(const Scope& scope, const ObjectPath& path) {
  ColumnMatch match;
  for (size_t qualifier_parts = std::min<size_t>(path.size() - 1, 3) + 1; qualifier_parts-- > 0;) {
    for (size_t i = 0; i < scope.columns.size(); ++i) {
      const ScopeColumn& column = scope.columns[i];
      if (column.name != path[qualifier_parts].value) continue;
      if (!QualifierMatches(column.qualifier, path, qualifier_parts)) continue;
      if (match.count++ == 0) {
        match.index = static_cast<int>(i);
        match.parts = qualifier_parts + 1;
      }
    }
    if (match.count > 0) return match;
  }
  return match;
}

/// Where no column has the name: the fields of ROW columns may be named alone, as in `SELECT id`
/// for a column r ROW<id INT>.
ColumnMatch FindField(const Scope& scope, const ObjectPath& path) {
  ColumnMatch match;
  for (size_t qualifier_parts = std::min<size_t>(path.size() - 1, 3) + 1; qualifier_parts-- > 0;) {
    for (size_t i = 0; i < scope.columns.size(); ++i) {
      const ScopeColumn& column = scope.columns[i];
      bool has_field = column.type.kind() == TypeKind::kRow &&
                       column.type.FieldIndex(path[qualifier_parts].value) >= 0;
      if (!has_field || !QualifierMatches(column.qualifier, path, qualifier_parts)) continue;
      if (match.count++ == 0) {
        match.index = static_cast<int>(i);
        match.parts = qualifier_parts;
      }
    }
    if (match.count > 0) return match;
  }
  return match;
}

Status NoSuchColumn(const AstColumnPath& path, const ExprContext& in, SourceSpan span) {
  std::vector<std::string> names;
  for (const ScopeColumn& column : in.scope->columns) names.push_back(column.name);
  const std::string& wanted = path.path.back().value;
  std::string text = PathText(path.path);
  Status status = InvalidQueryAt(span, "column '{}' not found in any table", text);
  if (path.path.size() > 1) {
    bool known = false;
    for (const ScopeColumn& column : in.scope->columns)
      known |= QualifierMatches(column.qualifier, path.path, 1);
    if (!known) {
      std::vector<std::string> tables;
      for (const ScopeColumn& column : in.scope->columns) {
        if (!column.qualifier.empty()) tables.push_back(column.qualifier.back());
      }
      status = InvalidQueryAt(span, "table '{}' not found in '{}'", path.path[0].value, text);
      std::string nearest = NearestName(path.path[0].value, tables);
      return nearest.empty() ? status
                             : WithHint(status, fmt::format("did you mean `{}`?", nearest));
    }
  }
  std::string nearest = NearestName(wanted, names);
  if (!nearest.empty()) return WithHint(status, fmt::format("did you mean `{}`?", nearest));
  if (names.empty() && path.path.size() == 1 && EditDistance(wanted, "FROM") <= 2) {
    return WithHint(status, fmt::format("did you mean FROM instead of '{}'?", wanted));
  }
  if (!names.empty() && names.size() <= 12) {
    return WithHint(status, fmt::format("the columns are: {}", fmt::join(names, ", ")));
  }
  return status;
}

}  // namespace

Result<ExprPtr> QueryBinder::BindFieldAccess(ExprPtr row, const Identifier& field) {
  if (row->type.kind() != TypeKind::kRow) {
    return InvalidQueryAt(field.span, "'{}' is read from a value of type {}, which has no fields",
                          field.value, row->type.ToString());
  }
  int index = row->type.FieldIndex(field.value);
  if (index < 0) {
    std::vector<std::string> names;
    for (const Field& f : row->type.fields()) names.push_back(f.name);
    Status status =
        InvalidQueryAt(field.span, "field '{}' not found in {}", field.value, row->type.ToString());
    std::string nearest = NearestName(field.value, names);
    return nearest.empty() ? status : WithHint(status, fmt::format("did you mean `{}`?", nearest));
  }
  return MakeField(std::move(row), index);
}

Result<ExprPtr> QueryBinder::BindColumn(const AstColumnPath& path, const ExprContext& in,
                                        SourceSpan span) {
  ColumnMatch match = FindColumn(*in.scope, path.path);
  if (match.count == 0) {
    if (path.path.size() == 1 && in.aliases != nullptr) {
      auto alias = in.aliases->find(path.path[0].value);
      if (alias != in.aliases->end()) {
        ExprContext without = in;
        without.aliases = nullptr;
        return Bind(*alias->second, without);
      }
    }
    match = FindField(*in.scope, path.path);
    if (match.count == 0 && in.scope->outer != nullptr &&
        FindColumn(*in.scope->outer, path.path).count > 0) {
      return UnsupportedAt(span, "correlated subqueries are not supported yet");
    }
    if (match.count == 0) return NoSuchColumn(path, in, span);
  }
  if (match.count > 1) {
    return WithHint(InvalidQueryAt(span, "column '{}' is ambiguous", PathText(path.path)),
                    "put the table's name or alias before it");
  }
  ExprPtr expr = MakeInput(match.index, in.scope->columns[static_cast<size_t>(match.index)].type);
  for (size_t i = match.parts; i < path.path.size(); ++i) {
    WEIR_ASSIGN_OR_RETURN(expr, BindFieldAccess(std::move(expr), path.path[i]));
  }
  return expr;
}

namespace {

Result<ExprPtr> BindExactNumber(const std::string& text, SourceSpan span) {
  size_t point = text.find('.');
  if (point == std::string::npos) {
    std::optional<Int128> wide = ParseDecimal(text, 38, 0);
    if (!wide) return InvalidQueryAt(span, "number '{}' has more than 38 digits", text);
    if (*wide <= INT32_MAX)
      return MakeLiteral(Value::Int(static_cast<int64_t>(*wide)), DataType::Int().NotNull());
    if (*wide <= INT64_MAX)
      return MakeLiteral(Value::Int(static_cast<int64_t>(*wide)), DataType::BigInt().NotNull());
    size_t zeros = std::min(text.find_first_not_of('0'), text.size() - 1);
    return MakeLiteral(Value::Decimal(*wide),
                       DataType::Decimal(static_cast<int>(text.size() - zeros), 0).NotNull());
  }
  int scale = static_cast<int>(text.size() - point - 1);
  size_t zeros = std::min(text.find_first_not_of('0'), point);
  int integer_digits = static_cast<int>(point - zeros);
  int precision = std::max(integer_digits + scale, 1);
  // Calcite counts the digits of the unscaled value: 0.05 is DECIMAL(2, 2)... of at least the
  // scale.
  precision = std::max(precision, scale);
  if (precision > 38) return InvalidQueryAt(span, "number '{}' has more than 38 digits", text);
  std::string digits = text.front() == '.' ? "0" + text : text;
  if (digits.back() == '.') digits.pop_back();
  std::optional<Int128> value = ParseDecimal(digits, 38, scale);
  if (!value) return InvalidQueryAt(span, "'{}' is no number", text);
  return MakeLiteral(Value::Decimal(*value), DataType::Decimal(precision, scale).NotNull());
}

int CodePoints(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

int FractionDigits(std::string_view text) {
  size_t point = text.rfind('.');
  return point == std::string_view::npos
             ? 0
             : static_cast<int>(std::min<size_t>(text.size() - point - 1, 9));
}

/// Why a text is no TIMESTAMP: its form, or too many digits.
Status BadTimestampLiteral(const std::string& text, SourceSpan span) {
  size_t point = text.find('.');
  if (point != std::string::npos && text.size() - point - 1 > 9 &&
      ParseTimestamp(std::string_view(text).substr(0, point), 0)) {
    return InvalidQueryAt(
        span, "illegal TIMESTAMP literal '{}': a fraction of seconds has at most 9 digits", text);
  }
  return InvalidQueryAt(span, "illegal TIMESTAMP literal '{}': not in format 'yyyy-MM-dd HH:mm:ss'",
                        text);
}

}  // namespace

Result<ExprPtr> QueryBinder::BindLiteral(const AstLiteral& literal, SourceSpan span) {
  const std::string& text = literal.text;
  switch (literal.kind) {
    case LiteralKind::kNull:
      return MakeLiteral(Value::Null(), DataType::Null());
    case LiteralKind::kTrue:
    case LiteralKind::kFalse:
      return MakeLiteral(Value::Bool(literal.kind == LiteralKind::kTrue),
                         DataType::Boolean().NotNull());
    case LiteralKind::kUnknown:
      return MakeLiteral(Value::Null(), DataType::Boolean());
    case LiteralKind::kExactNumber:
      return BindExactNumber(text, span);
    case LiteralKind::kApproxNumber: {
      std::optional<double> value = ParseDouble(text);
      if (!value) return InvalidQueryAt(span, "'{}' is no number", text);
      return MakeLiteral(Value::Double(*value), DataType::Double().NotNull());
    }
    case LiteralKind::kString:
      return MakeLiteral(Value::String(text), DataType::Char(CodePoints(text)).NotNull());
    case LiteralKind::kBinary:
      return MakeLiteral(Value::String(text),
                         DataType::Binary(static_cast<int32_t>(text.size())).NotNull());
    case LiteralKind::kDate: {
      std::optional<int32_t> days = ParseDate(text);
      if (!days)
        return InvalidQueryAt(span, "illegal DATE literal '{}': not in format 'yyyy-MM-dd'", text);
      return MakeLiteral(Value::Int(*days), DataType::Date().NotNull());
    }
    case LiteralKind::kTime: {
      std::optional<int32_t> millis = ParseTime(text);
      if (!millis)
        return InvalidQueryAt(span, "illegal TIME literal '{}': not in format 'HH:mm:ss'", text);
      return MakeLiteral(Value::Int(*millis),
                         DataType::Time(std::min(FractionDigits(text), 3)).NotNull());
    }
    case LiteralKind::kTimestamp:
    case LiteralKind::kTimestampLtz: {
      int precision = FractionDigits(text);
      DataType type = DataType::Timestamp(precision).NotNull();
      std::optional<Int128> ticks = ParseTimestamp(text, precision);
      if (!ticks) return BadTimestampLiteral(text, span);
      if (literal.kind == LiteralKind::kTimestampLtz) {
        WEIR_ASSIGN_OR_RETURN(const TimeZone* zone, FindTimeZone(context_.config->time_zone));
        DataType ltz = DataType::TimestampLtz(precision).NotNull();
        return MakeLiteral(Value::Ticks(FromLocal(*zone, *ticks, ltz.ticks_per_second()), ltz),
                           ltz);
      }
      return MakeLiteral(Value::Ticks(*ticks, type), type);
    }
  }
  return Internal("unknown literal");
}

Result<ExprPtr> QueryBinder::BindInterval(const AstInterval& interval, const ExprContext& in,
                                          SourceSpan span) {
  WEIR_ASSIGN_OR_RETURN(DataType type, IntervalType(interval.qualifier));
  if (interval.value != nullptr) {
    WEIR_ASSIGN_OR_RETURN(ExprPtr amount, Bind(interval.value, in));
    if (interval.qualifier.end) {
      return InvalidQueryAt(span, "INTERVAL of an expression takes one unit");
    }
    AstIntervalQualifier qualifier = interval.qualifier;
    WEIR_ASSIGN_OR_RETURN(int64_t unit, ParseIntervalText("1", qualifier));
    ExprPtr one = MakeLiteral(Value::Int(interval.negative ? -unit : unit), type.NotNull());
    return Call("*", {std::move(amount), std::move(one)}, span);
  }
  auto parsed = ParseIntervalText(interval.text, interval.qualifier);
  if (!parsed.ok()) return WithSpan(parsed.status(), span);
  int64_t value = *parsed;
  return MakeLiteral(Value::Int(interval.negative ? -value : value), type.NotNull());
}

Result<ExprPtr> QueryBinder::Call(std::string_view function, std::vector<ExprPtr> args,
                                  SourceSpan span) {
  auto call = context_.functions->MakeCall(function, std::move(args), *context_.config);
  if (!call.ok()) return WithSpan(call.status(), span);
  return call;
}

Result<ExprPtr> QueryBinder::Cast(ExprPtr expr, const DataType& type, bool is_try,
                                  SourceSpan span) {
  Status castable = CheckExplicitCast(expr->type, type);
  if (!castable.ok()) return WithSpan(castable, span);
  bool nullable = is_try || expr->type.nullable();
  if (is_try) {
    return MakeCall("TRY_CAST", {std::move(expr)}, type.WithNullable(true));
  }
  // A cast to the same type makes a time attribute an ordinary time.
  if (expr->type.time_attribute() != TimeAttribute::kNone &&
      expr->type.EqualsIgnoringNullable(type)) {
    return MakeCall("CAST", {std::move(expr)}, type.WithNullable(nullable));
  }
  return MakeCast(std::move(expr), type.WithNullable(nullable));
}

Result<ExprPtr> QueryBinder::ImplicitCast(ExprPtr expr, const DataType& type,
                                          std::string_view what) {
  if (expr->type.EqualsIgnoringNullable(type)) return expr;
  if (expr->type.kind() != TypeKind::kNull &&
      !CanImplicitlyCast(expr->type.AsNullable(), type.AsNullable())) {
    return InvalidQuery("{} has type {}, which does not convert to {} without a CAST", what,
                        expr->type.ToString(), type.ToString());
  }
  return MakeCast(expr, type.WithNullable(expr->type.nullable()));
}

Result<ExprPtr> QueryBinder::BindCondition(const AstExpr& expr, const ExprContext& in) {
  WEIR_ASSIGN_OR_RETURN(ExprPtr bound, Bind(expr, in));
  if (bound->type.kind() == TypeKind::kNull) return MakeLiteral(Value::Null(), DataType::Boolean());
  if (bound->type.kind() != TypeKind::kBoolean) {
    return InvalidQueryAt(expr.span, "{} must be a condition (BOOLEAN), not {}", in.clause,
                          bound->type.ToString());
  }
  return bound;
}

Result<Value> QueryBinder::BindLiteralValue(const AstExpr& expr, const DataType& type,
                                            std::string_view what) {
  Scope empty;
  ExprContext in;
  in.scope = &empty;
  WEIR_ASSIGN_OR_RETURN(ExprPtr bound, Bind(expr, in));
  if (!InputsOf(bound).empty()) return InvalidQueryAt(expr.span, "{} must be a constant", what);
  WEIR_ASSIGN_OR_RETURN(bound, ImplicitCast(bound, type, what));
  auto value = EvaluateConstant(bound, *context_.functions, *context_.config);
  if (!value.ok()) return WithSpan(value.status(), expr.span);
  return value;
}

Result<int64_t> QueryBinder::BindIntervalMillis(const AstExpr& expr, std::string_view what) {
  Scope empty;
  ExprContext in;
  in.scope = &empty;
  WEIR_ASSIGN_OR_RETURN(ExprPtr bound, Bind(expr, in));
  if (bound->type.kind() == TypeKind::kIntervalYearMonth) {
    return InvalidQueryAt(
        expr.span, "{} must be an interval of days to seconds, not of months or years", what);
  }
  if (bound->type.kind() != TypeKind::kIntervalDayTime || !InputsOf(bound).empty()) {
    return InvalidQueryAt(expr.span, "{} must be a constant interval such as INTERVAL '1' MINUTE",
                          what);
  }
  WEIR_ASSIGN_OR_RETURN(Value value,
                        EvaluateConstant(bound, *context_.functions, *context_.config));
  if (value.is_null()) return InvalidQueryAt(expr.span, "{} must not be NULL", what);
  return value.int_value();
}

Result<ExprPtr> QueryBinder::BindCase(const AstCase& node, const ExprContext& in, SourceSpan span) {
  std::vector<ExprPtr> args;
  ExprPtr operand;
  if (node.operand != nullptr) {
    WEIR_ASSIGN_OR_RETURN(operand, Bind(node.operand, in));
  }
  for (const AstWhen& when : node.whens) {
    ExprPtr condition;
    if (operand != nullptr) {
      WEIR_ASSIGN_OR_RETURN(ExprPtr value, Bind(when.condition, in));
      WEIR_ASSIGN_OR_RETURN(condition,
                            Call("=", {operand, std::move(value)}, when.condition->span));
    } else {
      ExprContext inner = in;
      inner.clause = "WHEN";
      WEIR_ASSIGN_OR_RETURN(condition, BindCondition(*when.condition, inner));
    }
    WEIR_ASSIGN_OR_RETURN(ExprPtr result, Bind(when.result, in));
    args.push_back(std::move(condition));
    args.push_back(std::move(result));
  }
  if (node.otherwise != nullptr) {
    WEIR_ASSIGN_OR_RETURN(ExprPtr otherwise, Bind(node.otherwise, in));
    args.push_back(std::move(otherwise));
  } else {
    args.push_back(MakeLiteral(Value::Null(), DataType::Null()));
  }
  return Call("CASE", std::move(args), span);
}

Result<ExprPtr> QueryBinder::BindConstructor(const AstConstructor& node, const ExprContext& in,
                                             SourceSpan span) {
  if (node.query != nullptr)
    return UnsupportedAt(span, "a collection made from a subquery is not supported yet");
  std::vector<ExprPtr> items;
  for (const AstExprPtr& item : node.items) {
    WEIR_ASSIGN_OR_RETURN(ExprPtr bound, Bind(item, in));
    items.push_back(std::move(bound));
  }
  switch (node.kind) {
    case ConstructorKind::kRow:
    case ConstructorKind::kTuple:
      return Call("ROW", std::move(items), span);
    case ConstructorKind::kArray:
      return Call("ARRAY", std::move(items), span);
    case ConstructorKind::kMap:
      if (items.size() % 2 != 0) return InvalidQueryAt(span, "MAP needs a value for every key");
      return Call("MAP", std::move(items), span);
    case ConstructorKind::kMultiset:
      return UnsupportedAt(span, "the MULTISET constructor is not supported yet");
  }
  return Internal("unknown constructor");
}

namespace {

struct UnsupportedName {
  std::string operator()(const AstInQuery&) const { return "IN (SELECT ..)"; }
  std::string operator()(const AstExists&) const { return "EXISTS (SELECT ..)"; }
  std::string operator()(const AstSubquery&) const { return "a subquery as a value"; }
  std::string operator()(const AstQuantified& q) const {
    return q.quantifier == Quantifier::kAll ? "comparison with ALL" : "comparison with ANY or SOME";
  }
  std::string operator()(const AstParameter&) const { return "the dynamic parameter ?"; }
  std::string operator()(const AstModelArgument&) const { return "a MODEL argument"; }
  template <typename T>
  std::string operator()(const T&) const {
    return {};
  }
};

}  // namespace

Result<ExprPtr> QueryBinder::Bind(const AstExpr& expr, const ExprContext& in) {
  if (auto* literal = expr.As<AstLiteral>()) return BindLiteral(*literal, expr.span);
  if (auto* path = expr.As<AstColumnPath>()) return BindColumn(*path, in, expr.span);
  if (auto* op = expr.As<AstOperator>()) return BindOperator(*op, in, expr.span);
  if (auto* call = expr.As<AstCall>()) return BindCall(*call, in, expr.span);
  if (auto* interval = expr.As<AstInterval>()) return BindInterval(*interval, in, expr.span);
  if (auto* between = expr.As<AstBetween>()) return BindBetween(*between, in, expr.span);
  if (auto* in_list = expr.As<AstInList>()) return BindInList(*in_list, in, expr.span);
  if (auto* like = expr.As<AstLike>()) return BindLike(*like, in, expr.span);
  if (auto* node = expr.As<AstCase>()) return BindCase(*node, in, expr.span);
  if (auto* node = expr.As<AstConstructor>()) return BindConstructor(*node, in, expr.span);
  if (auto* cast = expr.As<AstCast>()) {
    WEIR_ASSIGN_OR_RETURN(ExprPtr operand, Bind(cast->operand, in));
    WEIR_ASSIGN_OR_RETURN(DataType type, BindType(*cast->type));
    return Cast(std::move(operand), type, cast->is_try, expr.span);
  }
  if (auto* subscript = expr.As<AstSubscript>()) {
    WEIR_ASSIGN_OR_RETURN(ExprPtr operand, Bind(subscript->operand, in));
    WEIR_ASSIGN_OR_RETURN(ExprPtr index, Bind(subscript->index, in));
    if (operand->type.kind() == TypeKind::kRow && index->is_literal() &&
        index->type.is_character()) {
      return BindFieldAccess(std::move(operand),
                             Identifier{index->literal.string_value(), true, expr.span});
    }
    if (operand->type.kind() == TypeKind::kRow && index->is_literal() && index->type.is_integer()) {
      int64_t field = index->literal.int_value();
      if (field < 1 || field > static_cast<int64_t>(operand->type.fields().size())) {
        return InvalidQueryAt(expr.span, "{} has no field {}", operand->type.ToString(), field);
      }
      return MakeField(std::move(operand), static_cast<int>(field - 1));
    }
    return Call("ITEM", {std::move(operand), std::move(index)}, expr.span);
  }
  if (auto* access = expr.As<AstFieldAccess>()) {
    WEIR_ASSIGN_OR_RETURN(ExprPtr operand, Bind(access->operand, in));
    return BindFieldAccess(std::move(operand), access->field);
  }
  if (auto* is_json = expr.As<AstIsJson>()) {
    WEIR_ASSIGN_OR_RETURN(ExprPtr operand, Bind(is_json->operand, in));
    static constexpr const char* kKinds[] = {"VALUE", "OBJECT", "ARRAY", "SCALAR"};
    std::string kind = kKinds[static_cast<int>(is_json->item)];
    ExprPtr kind_literal = MakeLiteral(Value::String(kind),
                                       DataType::Char(static_cast<int32_t>(kind.size())).NotNull());
    WEIR_ASSIGN_OR_RETURN(
        ExprPtr call, Call("IS JSON", {std::move(operand), std::move(kind_literal)}, expr.span));
    return is_json->negated ? Call("NOT", {std::move(call)}, expr.span)
                            : Result<ExprPtr>(std::move(call));
  }
  if (auto* symbol = expr.As<AstSymbol>()) {
    return MakeLiteral(Value::String(symbol->text),
                       DataType::Char(static_cast<int32_t>(symbol->text.size())).NotNull());
  }
  if (expr.As<AstStar>() != nullptr)
    return InvalidQueryAt(expr.span, "* cannot stand in {}", in.clause);
  if (expr.As<AstDefault>() != nullptr)
    return InvalidQueryAt(expr.span, "DEFAULT cannot stand here");
  std::string name = std::visit(UnsupportedName{}, expr.node);
  if (name.empty())
    return InvalidQueryAt(expr.span, "a table or descriptor cannot stand in {}", in.clause);
  return UnsupportedAt(expr.span, "{} is not supported yet", name);
}

}  // namespace weir::bind
