// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// GROUP BY window_start, window_end, keys over a window table function becomes a window
// aggregation, which shares slices between overlapping windows, keeps no row and puts out each
// window once.
//
//   Aggregate(keys: a, window_start, window_end)          Calc(order of the columns)
//     Calc / Expand ...                             =>      WindowAggregate(keys: a, TUMBLE(ts))
//       WindowTableFunction(TUMBLE(ts))                       Calc / Expand ... without window
//       columns, with ts
//
// Where something in between computes with the window columns (a filter on window_start), or the
// columns come from a window aggregation below (grouping its result again), the input keeps them:
// "attached" windows. Legacy group windows (GROUP BY TUMBLE(ts, ..)) have the same shape. Source:
// Flink documentation, "Window Aggregation".
#include <algorithm>
#include <set>

#include "weir/optimizer/rule.h"

namespace weir::optimizer {
namespace {

/// Where a column comes from: a window column (0 start, 1 end, 2 time) of `node`, or no window
/// column (-1).
struct Origin {
  PlanPtr node;
  int window_column = -1;
  int column = -1;  // Of `node`, where it is no window column.
};

bool InEverySet(const ExpandNode& expand, int key) {
  return std::all_of(expand.sets.begin(), expand.sets.end(), [&](const std::vector<int>& set) {
    return std::find(set.begin(), set.end(), key) != set.end();
  });
}

/// The column of an Expand's input that output column `column` always equals, or -1.
int PassedByExpand(const ExpandNode& expand, int input_columns, int column) {
  if (column < input_columns) return column;
  int key = column - input_columns;
  if (key >= static_cast<int>(expand.keys.size()) || !InEverySet(expand, key)) return -1;
  return expand.keys[static_cast<size_t>(key)];
}

int WindowColumnOf(const WindowAggregateNode& node, int column) {
  int at = static_cast<int>(node.keys.size() + node.calls.size());
  const bool emitted[3] = {node.emit_start, node.emit_end, node.emit_time};
  for (int i = 0; i < 3; ++i) {
    if (!emitted[i]) continue;
    if (column == at) return i;
    ++at;
  }
  return -1;
}

Origin Trace(PlanPtr node, int column) {
  while (true) {
    if (auto* calc = node->As<CalcNode>()) {
      int passed = PassedColumn(*calc, column);
      if (passed < 0) return {node, -1, column};
      column = passed;
    } else if (auto* expand = node->As<ExpandNode>()) {
      int passed = PassedByExpand(*expand, node->inputs[0]->schema.size(), column);
      if (passed < 0) return {node, -1, column};
      column = passed;
    } else if (node->As<WindowTableFunctionNode>() != nullptr) {
      int first = node->inputs[0]->schema.size();
      if (column >= first) return {node, column - first, column};
      return {node->inputs[0], -1, column};
    } else if (auto* aggregate = node->As<WindowAggregateNode>()) {
      return {node, WindowColumnOf(*aggregate, column), column};
    } else {
      return {node, -1, column};
    }
    node = node->inputs[0];
  }
}

/// A part of the plan without the columns of a window.
struct Stripped {
  PlanPtr plan;
  std::vector<int> mapping;  // Old column -> new one; -1: a window column.
  int time_column = -1;
};

bool ReadsMissing(const ExprPtr& expr, const std::vector<int>& mapping) {
  auto inputs = InputsOf(expr);
  return std::any_of(inputs.begin(), inputs.end(),
                     [&](int i) { return mapping[static_cast<size_t>(i)] < 0; });
}

std::optional<Stripped> StripCalc(const PlanNode& node, const Stripped& input) {
  const CalcNode& calc = *node.As<CalcNode>();
  if (calc.condition != nullptr && ReadsMissing(calc.condition, input.mapping)) return std::nullopt;
  Stripped out;
  CalcNode result;
  Schema schema;
  if (calc.condition != nullptr) result.condition = RemapInputs(calc.condition, input.mapping);
  for (size_t i = 0; i < calc.projections.size(); ++i) {
    const ExprPtr& expr = calc.projections[i];
    if (expr->is_input() && input.mapping[static_cast<size_t>(expr->index)] < 0) {
      out.mapping.push_back(-1);
      continue;
    }
    if (ReadsMissing(expr, input.mapping)) return std::nullopt;
    ExprPtr moved = RemapInputs(expr, input.mapping);
    if (moved->is_input() && moved->index == input.time_column) out.time_column = schema.size();
    out.mapping.push_back(schema.size());
    result.projections.push_back(std::move(moved));
    schema.fields.push_back(node.schema[static_cast<int>(i)]);
  }
  const Field& time = input.plan->schema[input.time_column];
  if (out.time_column < 0) {
    out.time_column = schema.size();
    result.projections.push_back(MakeInput(input.time_column, time.type));
    schema.fields.push_back(time);
  } else {
    // A window function puts the column out as a plain timestamp; below it is a time attribute
    // still.
    Field& kept = schema.fields[static_cast<size_t>(out.time_column)];
    kept.type = kept.type.WithTimeAttribute(time.type.time_attribute());
  }
  out.plan = MakePlan(std::move(result), std::move(schema), {input.plan});
  return out;
}

std::optional<Stripped> StripExpand(const PlanNode& node, const Stripped& input) {
  const ExpandNode& expand = *node.As<ExpandNode>();
  int old_inputs = node.inputs[0]->schema.size();
  ExpandNode result;
  result.ids = expand.ids;
  std::vector<int> key_positions;  // Old key -> new one.
  Stripped out;
  out.mapping = input.mapping;
  Schema schema = input.plan->schema;
  for (size_t k = 0; k < expand.keys.size(); ++k) {
    int column = input.mapping[static_cast<size_t>(expand.keys[k])];
    if (column < 0) {
      if (!InEverySet(expand, static_cast<int>(k))) return std::nullopt;
      key_positions.push_back(-1);
      out.mapping.push_back(-1);
      continue;
    }
    key_positions.push_back(static_cast<int>(result.keys.size()));
    result.keys.push_back(column);
    out.mapping.push_back(schema.size());
    schema.fields.push_back(node.schema[old_inputs + static_cast<int>(k)]);
  }
  for (const std::vector<int>& set : expand.sets) {
    std::vector<int> moved;
    for (int key : set) {
      int position = key_positions[static_cast<size_t>(key)];
      if (position >= 0) moved.push_back(position);
    }
    result.sets.push_back(std::move(moved));
  }
  out.mapping.push_back(schema.size());
  schema.fields.push_back(node.schema.fields.back());
  out.time_column = input.time_column;
  out.plan = MakePlan(std::move(result), std::move(schema), {input.plan});
  return out;
}

/// Everything from `top` down to the window function, rebuilt over the function's input.
std::optional<Stripped> Strip(const PlanPtr& top, const PlanPtr& function) {
  std::vector<PlanPtr> between;
  for (PlanPtr node = top; node != function; node = node->inputs[0]) between.push_back(node);
  Stripped stripped;
  stripped.plan = function->inputs[0];
  for (int i = 0; i < stripped.plan->schema.size(); ++i) stripped.mapping.push_back(i);
  stripped.mapping.insert(stripped.mapping.end(), 3, -1);
  const WindowSpec& window = function->As<WindowTableFunctionNode>()->window;
  stripped.time_column = window.time_column;
  for (size_t i = between.size(); i-- > 0;) {
    // A filter before sessions are made would make other sessions.
    auto* calc = between[i]->As<CalcNode>();
    if (calc != nullptr && calc->condition != nullptr && window.kind == WindowKind::kSession)
      return std::nullopt;
    auto next =
        calc != nullptr ? StripCalc(*between[i], stripped) : StripExpand(*between[i], stripped);
    if (!next) return std::nullopt;
    stripped = std::move(*next);
  }
  return stripped;
}

/// What the keys of an aggregation say about windows.
struct WindowKeys {
  PlanPtr source;                  // WindowTableFunction or WindowAggregate.
  int position[3] = {-1, -1, -1};  // Among the keys: start, end, time.
  std::vector<int> others;         // Positions of the other keys.
};

/// Sessions are kept apart by the partition keys: the group keys must be just these.
bool SessionFits(const WindowSpec& window, const WindowKeys& keys, const PlanNode& node,
                 const AggregateNode& aggregate) {
  std::set<int> partition(window.partition_keys.begin(), window.partition_keys.end()), grouped;
  for (int k : keys.others) {
    Origin origin = Trace(node.inputs[0], aggregate.keys[static_cast<size_t>(k)]);
    if (origin.node != keys.source->inputs[0] || origin.window_column >= 0) return false;
    grouped.insert(origin.column);
  }
  return partition == grouped;
}

std::optional<WindowKeys> FindWindowKeys(const PlanNode& node, const AggregateNode& aggregate) {
  WindowKeys found;
  for (size_t k = 0; k < aggregate.keys.size(); ++k) {
    Origin origin = Trace(node.inputs[0], aggregate.keys[k]);
    bool is_window = origin.window_column >= 0 &&
                     (found.source == nullptr || found.source == origin.node) &&
                     found.position[origin.window_column] < 0;
    if (is_window) {
      found.source = origin.node;
      found.position[origin.window_column] = static_cast<int>(k);
    } else {
      found.others.push_back(static_cast<int>(k));
    }
  }
  if (found.position[0] < 0 || found.position[1] < 0) return std::nullopt;
  // A group that is no whole session is an ordinary one: its rows come when their sessions are
  // complete.
  auto* function = found.source->As<WindowTableFunctionNode>();
  bool is_session = function != nullptr && function->window.kind == WindowKind::kSession;
  if (is_session && !SessionFits(function->window, found, node, aggregate)) return std::nullopt;
  return found;
}

bool ReadsMissing(const AggregateCall& call, const std::vector<int>& mapping) {
  auto missing = [&](int column) { return mapping[static_cast<size_t>(column)] < 0; };
  return std::any_of(call.args.begin(), call.args.end(), missing) ||
         (call.filter >= 0 && missing(call.filter)) ||
         std::any_of(call.order_by.begin(), call.order_by.end(),
                     [&](const SortKey& key) { return missing(key.column); });
}

AggregateCall Remapped(AggregateCall call, const std::vector<int>& mapping) {
  for (int& arg : call.args) arg = mapping[static_cast<size_t>(arg)];
  if (call.filter >= 0) call.filter = mapping[static_cast<size_t>(call.filter)];
  for (SortKey& key : call.order_by) key.column = mapping[static_cast<size_t>(key.column)];
  return call;
}

/// The aggregation over the input of the window function; empty where that cannot be.
std::optional<std::pair<WindowAggregateNode, PlanPtr>> OverFunctionInput(
    const PlanNode& node, const AggregateNode& aggregate, const WindowKeys& keys) {
  auto* function = keys.source->As<WindowTableFunctionNode>();
  if (function == nullptr) return std::nullopt;
  bool is_session = function->window.kind == WindowKind::kSession;
  auto stripped = Strip(node.inputs[0], keys.source);
  if (!stripped) return std::nullopt;
  WindowAggregateNode result;
  result.window = function->window;
  result.window.time_column = stripped->time_column;
  result.window.partition_keys.clear();
  for (int k : keys.others) {
    int column = stripped->mapping[static_cast<size_t>(aggregate.keys[static_cast<size_t>(k)])];
    if (column < 0) return std::nullopt;
    result.keys.push_back(column);
    if (is_session) result.window.partition_keys.push_back(column);
  }
  for (const AggregateCall& call : aggregate.calls) {
    if (ReadsMissing(call, stripped->mapping)) return std::nullopt;
    result.calls.push_back(Remapped(call, stripped->mapping));
  }
  return std::make_pair(std::move(result), stripped->plan);
}

WindowAggregateNode Attached(const AggregateNode& aggregate, const WindowKeys& keys) {
  WindowAggregateNode result;
  auto* function = keys.source->As<WindowTableFunctionNode>();
  result.window =
      function != nullptr ? function->window : keys.source->As<WindowAggregateNode>()->window;
  result.window.time_column = -1;
  result.window.partition_keys.clear();
  result.window_start_column = aggregate.keys[static_cast<size_t>(keys.position[0])];
  result.window_end_column = aggregate.keys[static_cast<size_t>(keys.position[1])];
  for (int k : keys.others) result.keys.push_back(aggregate.keys[static_cast<size_t>(k)]);
  result.calls = aggregate.calls;
  return result;
}

PlanPtr ToWindowAggregate(const PlanPtr& plan, const AggregateNode& aggregate,
                          const WindowKeys& keys) {
  PlanPtr input = plan->inputs[0];
  WindowAggregateNode result;
  if (auto moved = OverFunctionInput(*plan, aggregate, keys)) {
    result = std::move(moved->first);
    input = std::move(moved->second);
  } else {
    result = Attached(aggregate, keys);
  }
  // Columns of the window aggregation, then the old order.
  Schema schema;
  std::vector<int> from(aggregate.keys.size() + aggregate.calls.size());
  auto add = [&](size_t old) {
    from[old] = schema.size();
    schema.fields.push_back(plan->schema[static_cast<int>(old)]);
  };
  for (int k : keys.others) add(static_cast<size_t>(k));
  for (size_t c = 0; c < aggregate.calls.size(); ++c) add(aggregate.keys.size() + c);
  constexpr const char* kNames[] = {"window_start", "window_end", "window_time"};
  result.emit_time = keys.position[2] >= 0;
  for (int i = 0; i < 3; ++i) {
    if (keys.position[i] < 0) continue;
    add(static_cast<size_t>(keys.position[i]));
    schema.fields.back().name = kNames[i];
  }
  PlanPtr window = MakePlan(std::move(result), schema, {std::move(input)});
  std::vector<ExprPtr> outputs;
  for (int column : from) outputs.push_back(MakeInput(column, schema[column].type));
  return MakeProject(std::move(window), std::move(outputs), ColumnNames(plan->schema));
}

}  // namespace

Result<Roots> RecognizeWindows(Roots roots, const OptimizerContext& context) {
  return Rewrite(roots, [](const PlanPtr& node) -> Result<PlanPtr> {
    auto* aggregate = node->As<AggregateNode>();
    if (aggregate == nullptr || aggregate->phase != AggregatePhase::kSingle) return node;
    auto keys = FindWindowKeys(*node, *aggregate);
    if (!keys) return node;
    return ToWindowAggregate(node, *aggregate, *keys);
  });
}

}  // namespace weir::optimizer
