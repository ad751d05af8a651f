// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Window table functions: TUMBLE, HOP, CUMULATE, SESSION in FROM TABLE(..), positional or with
// named arguments. Source: Flink documentation, "Windowing table-valued functions".
#include <algorithm>
#include <array>

#include "weir/bind/query_binder.h"

namespace weir::bind {
namespace {

constexpr int64_t kPanesMax =
    1'000'000;  // More windows per row than this would only fill the memory.

struct WindowArguments {
  const AstTableArgument* data = nullptr;
  std::shared_ptr<AstTableArgument> written_without_table;  // (SELECT ..) for TABLE (SELECT ..).
  const AstDescriptor* time = nullptr;
  std::map<std::string, const AstExpr*> others;
};

/// Parameter names by position.
std::vector<std::string> ParametersOf(std::string_view name) {
  if (name == "TUMBLE") return {"DATA", "TIMECOL", "SIZE", "OFFSET"};
  if (name == "HOP") return {"DATA", "TIMECOL", "SLIDE", "SIZE", "OFFSET"};
  if (name == "CUMULATE") return {"DATA", "TIMECOL", "STEP", "SIZE", "OFFSET"};
  return {"DATA", "TIMECOL", "GAP"};
}

Result<WindowArguments> ReadArguments(const AstCall& call, const std::string& name,
                                      SourceSpan span) {
  WindowArguments read;
  std::vector<std::string> parameters = ParametersOf(name);
  // The old form SESSION(TABLE t, DESCRIPTOR(ts), DESCRIPTOR(key), gap) is not in Flink 2.x.
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    const AstArgument& argument = call.arguments[i];
    std::string parameter;
    if (argument.name) {
      parameter = argument.name->value;
      std::transform(parameter.begin(), parameter.end(), parameter.begin(),
                     [](unsigned char c) { return std::toupper(c); });
      if (std::find(parameters.begin(), parameters.end(), parameter) == parameters.end()) {
        return WithHint(
            InvalidQueryAt(argument.name->span, "{} has no parameter {}", name, parameter),
            fmt::format("its parameters are {}", fmt::join(parameters, ", ")));
      }
    } else if (i < parameters.size()) {
      parameter = parameters[i];
    } else {
      return InvalidQueryAt(argument.value->span, "{} takes at most {} arguments", name,
                            parameters.size());
    }
    if (parameter == "DATA") {
      read.data = argument.value->As<AstTableArgument>();
      if (auto* subquery = argument.value->As<AstSubquery>()) {
        auto table = std::make_shared<AstTable>();
        table->node = AstDerivedTable{subquery->query, false};
        table->span = argument.value->span;
        read.written_without_table = std::make_shared<AstTableArgument>();
        read.written_without_table->table = std::move(table);
        read.data = read.written_without_table.get();
      }
      if (read.data == nullptr)
        return InvalidQueryAt(argument.value->span, "{} wants a table here: TABLE t", name);
    } else if (parameter == "TIMECOL") {
      read.time = argument.value->As<AstDescriptor>();
      if (read.time == nullptr || read.time->columns.size() != 1) {
        return InvalidQueryAt(argument.value->span, "{} wants one time column here: DESCRIPTOR(ts)",
                              name);
      }
    } else {
      read.others[parameter] = argument.value.get();
    }
  }
  std::vector<std::string> required(parameters.begin() + 2, parameters.end());
  if (!required.empty() && required.back() == "OFFSET") required.pop_back();
  bool complete = read.data != nullptr && read.time != nullptr;
  for (const std::string& parameter : required) complete &= read.others.count(parameter) != 0;
  if (!complete) {
    std::string usage = name + "(TABLE t, DESCRIPTOR(ts)";
    for (const std::string& parameter : required) usage += ", " + parameter;
    return WithHint(InvalidQueryAt(span, "{} is missing arguments", name), "write " + usage + ")");
  }
  return read;
}

WindowKind KindOf(std::string_view name) {
  return name == "TUMBLE"    ? WindowKind::kTumble
         : name == "HOP"     ? WindowKind::kHop
         : name == "SESSION" ? WindowKind::kSession
                             : WindowKind::kCumulate;
}

}  // namespace

Status CheckWindow(const WindowSpec& window, SourceSpan span) {
  const char* size_name = window.kind == WindowKind::kSession ? "gap" : "size";
  if (window.size_millis <= 0)
    return InvalidQueryAt(span, "the {} of a window must be at least 1 millisecond", size_name);
  if (window.kind != WindowKind::kHop && window.kind != WindowKind::kCumulate) return Status::OK();
  const char* step_name = window.kind == WindowKind::kHop ? "slide" : "step";
  if (window.step_millis <= 0)
    return InvalidQueryAt(span, "the {} of a window must be at least 1 millisecond", step_name);
  if (window.kind == WindowKind::kCumulate && window.size_millis % window.step_millis != 0) {
    return InvalidQueryAt(
        span,
        "CUMULATE requires the maximum size ({} ms) to be an integral multiple of the step ({} ms)",
        window.size_millis, window.step_millis);
  }
  if (window.size_millis / window.step_millis > kPanesMax) {
    return InvalidQueryAt(
        span, "a window of {} ms with {} of {} ms would put each row into more than {} windows",
        window.size_millis, step_name, window.step_millis, kPanesMax);
  }
  return Status::OK();
}

Status CheckTimeColumn(const DataType& type, std::string_view function, std::string_view column,
                       bool is_batch, SourceSpan span) {
  if (type.is_rowtime() || type.is_proctime()) return Status::OK();
  if (is_batch && type.is_timestamp()) return Status::OK();  // A batch needs no watermark.
  return WithHint(
      InvalidQueryAt(
          span,
          "the window function {} requires the time column to be a time attribute, but '{}' is {}",
          function, column, type.ToString()),
      fmt::format("declare WATERMARK FOR {} AS {} - INTERVAL '5' SECOND on the table", column,
                  column));
}

Result<Relation> QueryBinder::BindWindowFunction(const AstCall& call, const std::string& name,
                                                 SourceSpan span) {
  WEIR_RETURN_NOT_OK(CountNode());
  WEIR_ASSIGN_OR_RETURN(WindowArguments arguments, ReadArguments(call, name, span));
  WEIR_ASSIGN_OR_RETURN(Relation input, BindFrom(*arguments.data->table, nullptr));
  WindowTableFunctionNode node;
  WindowSpec& window = node.window;
  window.kind = KindOf(name);
  const Identifier& time = arguments.time->columns[0];
  ExprContext in;
  in.scope = &input.scope;
  in.clause = "DESCRIPTOR";
  WEIR_ASSIGN_OR_RETURN(ExprPtr column, BindColumn(AstColumnPath{{time}}, in, time.span));
  if (!column->is_input()) return InvalidQueryAt(time.span, "'{}' must be a column", time.value);
  window.time_column = column->index;
  WEIR_RETURN_NOT_OK(CheckTimeColumn(column->type, name, time.value, context_.is_batch, time.span));
  window.is_proctime = column->type.is_proctime();
  auto millis = [&](const char* parameter, int64_t* out) -> Status {
    auto at = arguments.others.find(parameter);
    if (at == arguments.others.end()) return Status::OK();
    WEIR_ASSIGN_OR_RETURN(
        *out, BindIntervalMillis(*at->second, fmt::format("{} of {}", parameter, name)));
    return Status::OK();
  };
  WEIR_RETURN_NOT_OK(
      millis(window.kind == WindowKind::kSession ? "GAP" : "SIZE", &window.size_millis));
  WEIR_RETURN_NOT_OK(millis("SLIDE", &window.step_millis));
  WEIR_RETURN_NOT_OK(millis("STEP", &window.step_millis));
  WEIR_RETURN_NOT_OK(millis("OFFSET", &window.offset_millis));
  WEIR_RETURN_NOT_OK(CheckWindow(window, span));
  for (const AstExprPtr& key : arguments.data->partition_by) {
    WEIR_ASSIGN_OR_RETURN(ExprPtr bound, Bind(key, in));
    if (!bound->is_input())
      return InvalidQueryAt(key->span, "PARTITION BY of a window takes plain columns");
    window.partition_keys.push_back(bound->index);
  }
  if (!arguments.data->order_by.empty()) {
    return UnsupportedAt(span, "ORDER BY of a table argument is not supported yet");
  }
  if (window.kind != WindowKind::kSession && !window.partition_keys.empty()) {
    return InvalidQueryAt(span, "{} takes no PARTITION BY: its windows are the same for all keys",
                          name);
  }
  Schema schema;
  Relation result;
  for (const ScopeColumn& c : input.scope.columns) {
    // In Flink the time column goes on as a plain timestamp: window_time is the time attribute from
    // here on.
    DataType type = c.type;
    if (static_cast<int>(schema.fields.size()) == window.time_column)
      type = type.WithTimeAttribute(TimeAttribute::kNone);
    schema.fields.push_back({c.name, type});
    result.scope.columns.push_back({{}, c.name, type});
  }
  DataType bound_type = DataType::Timestamp(3).NotNull();
  DataType time_type =
      (window.is_proctime
           ? DataType::TimestampLtz(3).WithTimeAttribute(TimeAttribute::kProctime)
           : column->type.WithPrecision(3).WithTimeAttribute(TimeAttribute::kRowtime))
          .NotNull();
  std::array<std::pair<const char*, DataType>, 3> added = {
      {{"window_start", bound_type}, {"window_end", bound_type}, {"window_time", time_type}}};
  for (const auto& [added_name, type] : added) {
    schema.fields.push_back({added_name, type});
    result.scope.columns.push_back({{}, added_name, type});
  }
  result.plan = MakePlan(std::move(node), std::move(schema), {input.plan});
  return result;
}

Result<Relation> QueryBinder::BindTableFunction(const AstCall& call, SourceSpan span) {
  std::string name = call.name.back().value;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return std::toupper(c); });
  if (name == "TUMBLE" || name == "HOP" || name == "CUMULATE" || name == "SESSION") {
    return BindWindowFunction(call, name, span);
  }
  for (std::string_view known : {"ML_PREDICT", "ML_EVALUATE", "VECTOR_SEARCH", "FROM_CHANGELOG",
                                 "TO_CHANGELOG", "AI_FORECAST"}) {
    if (name == known) return UnsupportedAt(span, "{} is not supported yet", name);
  }
  if (context_.functions->FindTable(name) == nullptr) {
    Status status = InvalidQueryAt(span, "table function '{}' not found", name);
    std::string nearest = NearestName(
        name, std::vector<std::string>{"TUMBLE", "HOP", "CUMULATE", "SESSION", "UNNEST"});
    return nearest.empty() ? status : WithHint(status, "did you mean " + nearest + "?");
  }
  return Relation{};  // A lateral function: BindCorrelate does it.
}

}  // namespace weir::bind
