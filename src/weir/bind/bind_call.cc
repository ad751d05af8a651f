// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Function calls: scalar functions, aggregates (collected, see query_binder.h), group-window
// auxiliaries, SQL functions.
#include <algorithm>
#include <cctype>

#include "weir/bind/query_binder.h"
#include "weir/data/text.h"
#include "weir/expr/aggregate.h"
#include "weir/sql/parser.h"

namespace weir::bind {
namespace {

std::string Upper(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return std::toupper(c); });
  return upper;
}

bool IsOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

ExprPtr TextLiteral(const std::string& text) {
  return MakeLiteral(Value::String(text),
                     DataType::Char(static_cast<int32_t>(text.size())).NotNull());
}

/// Functions that work on whole partitions and therefore need OVER.
bool IsWindowOnly(std::string_view name) {
  return IsOneOf(name, {"ROW_NUMBER", "RANK", "DENSE_RANK", "LAG", "LEAD", "NTILE", "CUME_DIST",
                        "PERCENT_RANK"});
}

/// "TUMBLE_START" -> 0, "HOP_END" -> 1, "SESSION_ROWTIME" -> 2, "TUMBLE_PROCTIME" -> 3; -1 for
/// other names.
int WindowAuxiliary(std::string_view name) {
  static constexpr std::string_view kWindows[] = {"TUMBLE_", "HOP_", "SESSION_"};
  static constexpr std::string_view kProperties[] = {"START", "END", "ROWTIME", "PROCTIME"};
  for (std::string_view window : kWindows) {
    if (name.substr(0, window.size()) != window) continue;
    for (int i = 0; i < 4; ++i) {
      if (name.substr(window.size()) == kProperties[i]) return i;
    }
  }
  return -1;
}

}  // namespace

Result<std::optional<ExprPtr>> QueryBinder::BindWindowAuxiliary(const AstCall& call,
                                                                const std::string& name,
                                                                const ExprContext& in,
                                                                SourceSpan span) {
  int property = WindowAuxiliary(name);
  if (property < 0) return std::optional<ExprPtr>();
  if (in.group_window == nullptr || !in.group_window->has_value()) {
    return WithHint(InvalidQueryAt(span, "{} needs a group window: GROUP BY {}(..) is missing",
                                   name, name.substr(0, name.find('_'))),
                    "TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) gives "
                    "window_start and window_end");
  }
  const GroupWindow& window = **in.group_window;
  DataType type = DataType::Timestamp(3).NotNull();
  if (property == 2) type = window.time->type.NotNull().WithTimeAttribute(TimeAttribute::kRowtime);
  if (property == 3)
    type = DataType::TimestampLtz(3).NotNull().WithTimeAttribute(TimeAttribute::kProctime);
  auto expr = std::make_shared<Expr>(*MakeCall("$WINDOW", {}, type));
  expr->index = property;
  return std::optional<ExprPtr>(std::move(expr));
}

Result<ExprPtr> QueryBinder::BindAggregateCall(const AstCall& call,
                                               const AggregateFunction& function,
                                               const ExprContext& in, SourceSpan span) {
  if (in.inside_aggregate) return InvalidQueryAt(span, "aggregate calls cannot be nested");
  if (in.aggregates == nullptr) {
    return InvalidQueryAt(span, "the aggregate function {} cannot stand in {}", function.name(),
                          in.clause);
  }
  ExprContext inner = in;
  inner.inside_aggregate = true;
  inner.aliases = nullptr;
  BoundAggregate aggregate;
  aggregate.function = function.name();
  aggregate.distinct = call.quantifier == SetQuantifier::kDistinct && !function.ignores_distinct();
  AggregateCallInfo info;
  bool is_star = call.arguments.size() == 1 && call.arguments[0].value->As<AstStar>() != nullptr;
  if (is_star && function.name() != "COUNT") {
    return InvalidQueryAt(span, "{}(*) does not exist; only COUNT takes *", function.name());
  }
  if (!is_star) {
    for (const AstArgument& argument : call.arguments) {
      WEIR_ASSIGN_OR_RETURN(ExprPtr arg, Bind(argument.value, inner));
      aggregate.args.push_back(std::move(arg));
    }
  }
  std::vector<ExprPtr> not_null;  // What must not be NULL for a row to count.
  if (aggregate.distinct && aggregate.args.size() > 1 && function.name() == "COUNT") {
    return WithHint(InvalidQueryAt(span, "COUNT(DISTINCT ..) takes one argument, not {}",
                                   aggregate.args.size()),
                    "COUNT(DISTINCT ROW(a, b)) counts distinct pairs");
  }
  if (call.nulls != NullTreatment::kNone && function.name() != "ARRAY_AGG") {
    return InvalidQueryAt(span, "{} takes neither IGNORE NULLS nor RESPECT NULLS", function.name());
  }
  if (call.nulls == NullTreatment::kIgnoreNulls) not_null = aggregate.args;
  size_t wanted = function.name() == "JSON_OBJECTAGG" ? 2 : 1;
  bool is_json = function.name() == "JSON_OBJECTAGG" || function.name() == "JSON_ARRAYAGG";
  bool is_empty_count = function.name() == "COUNT" && !is_star && aggregate.args.empty();
  if ((is_json && aggregate.args.size() != wanted) || is_empty_count) {
    return InvalidQueryAt(span, "Invalid number of arguments to function '{}': {}", function.name(),
                          aggregate.args.size());
  }
  if (function.name() == "LISTAGG" && aggregate.args.size() == 2 &&
      !aggregate.args[1]->is_literal()) {
    return InvalidQueryAt(span, "the separator of LISTAGG must be a literal");
  }
  if (is_json) {
    JsonNullClause nulls = call.json ? call.json->nulls : JsonNullClause::kNone;
    bool is_null_on_null = nulls == JsonNullClause::kNullOnNull ||
                           (nulls == JsonNullClause::kNone && function.name() == "JSON_OBJECTAGG");
    aggregate.args.push_back(TextLiteral(is_null_on_null ? "NULL" : "ABSENT"));
  }
  for (const ExprPtr& arg : aggregate.args) {
    info.call.arg_types.push_back(arg->type);
    info.call.literals.push_back(arg->is_literal() ? &arg->literal : nullptr);
  }
  info.call.config = context_.config;
  info.distinct = aggregate.distinct;
  info.has_group_keys = in.has_group_keys && call.filter == nullptr &&
                        not_null.empty();  // A filter may leave nothing of a group.
  std::vector<DataType> arg_types;
  Status resolved = function.Resolve(info, &arg_types, &aggregate.type);
  if (!resolved.ok()) return WithSpan(resolved, span);
  for (size_t i = 0; i < aggregate.args.size(); ++i) {
    aggregate.args[i] =
        MakeCast(aggregate.args[i], arg_types[i].WithNullable(aggregate.args[i]->type.nullable()));
  }
  if (call.filter != nullptr) {
    ExprContext filter_in = inner;
    filter_in.clause = "FILTER";
    WEIR_ASSIGN_OR_RETURN(aggregate.filter, BindCondition(*call.filter, filter_in));
  }
  for (ExprPtr& arg : not_null) {
    WEIR_ASSIGN_OR_RETURN(ExprPtr known, Call("IS NOT NULL", {std::move(arg)}, span));
    if (aggregate.filter != nullptr) known = AndOf({std::move(aggregate.filter), std::move(known)});
    aggregate.filter = std::move(known);
  }
  for (const std::vector<AstSortItem>* items : {&call.order_by, &call.within_group}) {
    for (const AstSortItem& item : *items) {
      WEIR_ASSIGN_OR_RETURN(ExprPtr key, Bind(item.expr, inner));
      SortKey sort_key;
      sort_key.descending = item.direction == SortDirection::kDescending;
      sort_key.nulls_first = item.nulls == NullsOrder::kDefault ? !sort_key.descending
                                                                : item.nulls == NullsOrder::kFirst;
      aggregate.order_by.push_back({std::move(key), sort_key});
    }
  }
  if (!aggregate.order_by.empty()) {
    Status status =
        UnsupportedAt(span, "ORDER BY inside {}(..) is not supported yet, nor is it by Flink 2.2",
                      function.name());
    return WithHint(status, "values come in the order of the rows that FROM gives");
  }
  // The same call twice is computed once.
  for (size_t i = 0; i < in.aggregates->size(); ++i) {
    const BoundAggregate& other = (*in.aggregates)[i];
    bool same = other.function == aggregate.function && other.distinct == aggregate.distinct &&
                other.args.size() == aggregate.args.size() &&
                (other.filter == nullptr) == (aggregate.filter == nullptr) &&
                (other.filter == nullptr || SameExpr(*other.filter, *aggregate.filter));
    for (size_t a = 0; same && a < other.args.size(); ++a)
      same = SameExpr(*other.args[a], *aggregate.args[a]);
    if (same) {
      auto expr = std::make_shared<Expr>(*MakeCall("$AGG", {}, other.type));
      expr->index = static_cast<int>(i);
      return ExprPtr(std::move(expr));
    }
  }
  auto expr = std::make_shared<Expr>(*MakeCall("$AGG", {}, aggregate.type));
  expr->index = static_cast<int>(in.aggregates->size());
  in.aggregates->push_back(std::move(aggregate));
  return ExprPtr(std::move(expr));
}

Result<ExprPtr> QueryBinder::BindUserFunction(const SqlFunction& function, const AstCall& call,
                                              const ExprContext& in, SourceSpan span) {
  if (call.arguments.size() != function.parameters.size()) {
    return InvalidQueryAt(span, "function {} takes {} arguments, not {}", function.name.name,
                          function.parameters.size(), call.arguments.size());
  }
  std::vector<ExprPtr> args;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    WEIR_ASSIGN_OR_RETURN(ExprPtr arg, Bind(call.arguments[i].value, in));
    auto cast =
        ImplicitCast(std::move(arg), function.parameters[i].type, function.parameters[i].name);
    if (!cast.ok()) return WithSpan(cast.status(), span);
    args.push_back(std::move(*cast));
  }
  WEIR_ASSIGN_OR_RETURN(AstExprPtr body, ParseExpression(function.body));
  auto bound = BindScalar(*body, Schema{function.parameters}, context_);
  if (!bound.ok())
    return WithContext(bound.status(), fmt::format("in function {}", function.name.name));
  WEIR_ASSIGN_OR_RETURN(ExprPtr result,
                        ImplicitCast(std::move(*bound), function.returns, function.name.name));
  return SubstituteInputs(result, args);
}

namespace {

const char* BehaviorName(JsonBehaviorKind kind) {
  switch (kind) {
    case JsonBehaviorKind::kNull:
      return "NULL";
    case JsonBehaviorKind::kError:
      return "ERROR";
    case JsonBehaviorKind::kDefault:
      return "DEFAULT";
    case JsonBehaviorKind::kEmptyArray:
      return "EMPTY ARRAY";
    case JsonBehaviorKind::kEmptyObject:
      return "EMPTY OBJECT";
    case JsonBehaviorKind::kTrue:
      return "TRUE";
    case JsonBehaviorKind::kFalse:
      return "FALSE";
    case JsonBehaviorKind::kUnknown:
      return "UNKNOWN";
  }
  return "NULL";
}

const char* WrapperName(JsonWrapper wrapper) {
  return wrapper == JsonWrapper::kConditional     ? "CONDITIONAL"
         : wrapper == JsonWrapper::kUnconditional ? "UNCONDITIONAL"
                                                  : "WITHOUT";
}

}  // namespace

// The clauses become literal arguments, as function/json.h lists them.
Result<ExprPtr> QueryBinder::BindJsonCall(const AstCall& call, const ExprContext& in,
                                          SourceSpan span) {
  const std::string name = Upper(call.name.back().value);
  static const AstJsonClauses kNoClauses;
  const AstJsonClauses& json = call.json ? *call.json : kNoClauses;
  std::vector<ExprPtr> args;
  for (const AstArgument& argument : call.arguments) {
    WEIR_ASSIGN_OR_RETURN(ExprPtr arg, Bind(argument.value, in));
    args.push_back(std::move(arg));
  }
  if (name == "JSON_OBJECT" || name == "JSON_ARRAY") {
    JsonNullClause otherwise =
        name == "JSON_OBJECT" ? JsonNullClause::kNullOnNull : JsonNullClause::kAbsentOnNull;
    JsonNullClause nulls = json.nulls == JsonNullClause::kNone ? otherwise : json.nulls;
    args.insert(args.begin(),
                TextLiteral(nulls == JsonNullClause::kNullOnNull ? "NULL" : "ABSENT"));
    return Call(name, std::move(args), span);
  }
  bool reads_path = name == "JSON_EXISTS" || name == "JSON_QUERY" || name == "JSON_VALUE";
  if (reads_path && call.arguments.size() != 2) {
    return InvalidQueryAt(
        span, "Invalid number of arguments to function '{}'. Was expecting 2 arguments, not {}",
        name, call.arguments.size());
  }
  for (const ExprPtr& arg : args) {
    // Said here, before the clauses become arguments that nobody wrote.
    if (reads_path && !arg->type.is_character() && arg->type.kind() != TypeKind::kNull) {
      return InvalidQueryAt(
          span, "SQL validation failed. Invalid function call:\n{}({}, {})\n{} is no string", name,
          args[0]->type.ToString(), args[1]->type.ToString(), arg->type.ToString());
    }
  }
  DataType result = DataType::String();
  if (json.returning != nullptr) {
    WEIR_ASSIGN_OR_RETURN(result, BindType(*json.returning));
  }
  if (name == "JSON_EXISTS") {
    args.push_back(TextLiteral(json.on_error ? BehaviorName(json.on_error->kind) : "FALSE"));
    return Call(name, std::move(args), span);
  }
  if (name == "JSON_QUERY") {
    args.push_back(TextLiteral(WrapperName(json.wrapper)));
    args.push_back(TextLiteral(json.on_empty ? BehaviorName(json.on_empty->kind) : "NULL"));
    args.push_back(TextLiteral(json.on_error ? BehaviorName(json.on_error->kind) : "NULL"));
    if (json.quotes != JsonQuotes::kNone)
      return UnsupportedAt(span, "QUOTES in JSON_QUERY is not supported yet");
    // The type that RETURNING names travels as a typed NULL.
    args.push_back(MakeLiteral(Value::Null(), result.AsNullable()));
    return Call(name, std::move(args), span);
  }
  if (name != "JSON_VALUE") return Call(name, std::move(args), span);
  for (const std::optional<AstJsonBehavior>* behavior : {&json.on_empty, &json.on_error}) {
    args.push_back(TextLiteral(*behavior ? BehaviorName((*behavior)->kind) : "NULL"));
    ExprPtr otherwise = MakeLiteral(Value::Null(), result.AsNullable());
    if (*behavior && (*behavior)->default_value != nullptr) {
      WEIR_ASSIGN_OR_RETURN(otherwise, Bind((*behavior)->default_value, in));
      WEIR_ASSIGN_OR_RETURN(
          otherwise, ImplicitCast(std::move(otherwise), result, "the DEFAULT of JSON_VALUE"));
    }
    args.push_back(std::move(otherwise));
  }
  return Call(name, std::move(args), span);
}

Result<ExprPtr> QueryBinder::BindCall(const AstCall& call, const ExprContext& in, SourceSpan span) {
  std::string name = Upper(call.name.back().value);
  if (call.over != nullptr)
    return UnsupportedAt(span, "OVER is not supported yet (in {} OVER ..)", name);
  if (IsWindowOnly(name)) {
    return WithHint(UnsupportedAt(span, "{} is not supported yet", name),
                    "it needs OVER, which is not supported yet");
  }
  // A name alone means a built-in function before one of a catalog, as in Flink.
  bool is_built_in = call.name.size() == 1 && (context_.functions->FindScalar(name) != nullptr ||
                                               context_.functions->FindAggregate(name) != nullptr);
  const SqlFunction* function = context_.catalog->FindFunction(call.name);
  if (function != nullptr && (function->is_system || !is_built_in)) {
    return BindUserFunction(*function, call, in, span);
  }
  const AggregateFunction* aggregate =
      call.name.size() == 1 ? context_.functions->FindAggregate(name) : nullptr;
  if (aggregate != nullptr) return BindAggregateCall(call, *aggregate, in, span);
  if (call.quantifier == SetQuantifier::kDistinct)
    return InvalidQueryAt(span, "{} is no aggregate function: DISTINCT means nothing", name);
  if (call.filter != nullptr)
    return InvalidQueryAt(span, "{} is no aggregate function: FILTER means nothing", name);
  if (call.form == CallForm::kJson) return BindJsonCall(call, in, span);
  WEIR_ASSIGN_OR_RETURN(std::optional<ExprPtr> auxiliary,
                        BindWindowAuxiliary(call, name, in, span));
  if (auxiliary) return *auxiliary;
  if (IsOneOf(name, {"TUMBLE", "HOP", "SESSION", "CUMULATE"})) {
    return WithHint(InvalidQueryAt(span, "{}(..) cannot stand in {}", name, in.clause),
                    "windows stand in GROUP BY or in FROM TABLE(..)");
  }
  std::vector<ExprPtr> args;
  for (const AstArgument& argument : call.arguments) {
    if (argument.name) {
      return UnsupportedAt(argument.name->span,
                           "named arguments of scalar functions are not supported yet");
    }
    if (argument.value == nullptr) continue;
    WEIR_ASSIGN_OR_RETURN(ExprPtr arg, Bind(argument.value, in));
    args.push_back(std::move(arg));
  }
  if (name == "GROUPING" || name == "GROUPING_ID" || name == "GROUP_ID") {
    if (in.aggregates == nullptr) return InvalidQueryAt(span, "{} needs GROUP BY", name);
    return MakeCall("$" + name, std::move(args), DataType::BigInt().NotNull());
  }
  if (name == "SOURCE_WATERMARK") {
    return InvalidQueryAt(
        span, "SOURCE_WATERMARK() is no function of rows: it stands in WATERMARK FOR only");
  }
  if (name == "CURRENT_DATABASE" && args.empty())
    return TextLiteral(context_.catalog->current_database());
  if (name == "CURRENT_CATALOG" && args.empty())
    return TextLiteral(context_.catalog->current_catalog());
  if (call.form == CallForm::kTrim) {
    const std::string& flag = args[0]->literal.string_value();
    std::string function = flag == "LEADING" ? "LTRIM" : flag == "TRAILING" ? "RTRIM" : "BTRIM";
    std::vector<ExprPtr> trim_args = {args.back()};
    if (args.size() == 3) trim_args.push_back(args[1]);
    return Call(function, std::move(trim_args), span);
  }
  if (name == "CEILING") name = "CEIL";
  if (call.name.size() > 1 && context_.functions->FindScalar(name) == nullptr) {
    return InvalidQueryAt(span, "function '{}' not found", name);
  }
  return Call(name, std::move(args), span);
}

}  // namespace weir::bind
