// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// An equi-join of two windowed inputs on window_start and window_end of the same kind of window
// becomes a window join: rows meet when their window is complete, late ones are dropped, the output
// never changes, and state goes with its window.
//
//   Join(l.k = r.k, l.window_start = r.window_start, l.window_end = r.window_end) WindowJoin(the
//   same)
//     Calc .. WindowTableFunction(TUMBLE 5 s)                                    =>
//     Calc .. WindowAggregate(TUMBLE 5 s)
//
// Streams only: a batch has no late rows, and its joins put out final rows anyway.
// Source: Flink documentation, "Window JOIN".
#include <algorithm>

#include "weir/optimizer/rule.h"

namespace weir::optimizer {
namespace {

/// The window of which a column is a bound.
struct WindowColumn {
  WindowSpec window;
  bool is_instant = false;  // Windows over TIMESTAMP_LTZ.
  int which = -1;           // 0 start, 1 end, 2 time.
};

std::optional<WindowColumn> Trace(const PlanPtr& node, int column);

bool IsInstant(const PlanNode& input, int time_column) {
  return input.schema[time_column].type.kind() == TypeKind::kTimestampLtz;
}

std::optional<WindowColumn> OfAggregate(const PlanPtr& node, const WindowAggregateNode& aggregate,
                                        int column) {
  int at = static_cast<int>(aggregate.keys.size() + aggregate.calls.size());
  const bool emitted[3] = {aggregate.emit_start, aggregate.emit_end, aggregate.emit_time};
  for (int i = 0; i < 3; ++i) {
    if (!emitted[i] || column != at++) continue;
    WindowColumn found{aggregate.window, false, i};
    if (aggregate.window_end_column >= 0) {
      auto below = Trace(node->inputs[0], aggregate.window_end_column);
      if (!below) return std::nullopt;
      found.is_instant = below->is_instant;
    } else if (!aggregate.window.is_proctime) {
      found.is_instant = IsInstant(*node->inputs[0], aggregate.window.time_column);
    }
    return found;
  }
  return std::nullopt;
}

/// The side of a join that puts out `column` and never pads it.
std::optional<WindowColumn> OfJoin(const PlanPtr& node, const JoinNode& join, int column) {
  int left = node->inputs[0]->schema.size();
  bool is_left = column < left;
  bool pads =
      join.type == JoinType::kFull || join.type == (is_left ? JoinType::kRight : JoinType::kLeft);
  if (join.left_window_end < 0 || pads) return std::nullopt;
  return is_left ? Trace(node->inputs[0], column) : Trace(node->inputs[1], column - left);
}

std::optional<WindowColumn> Trace(const PlanPtr& top, int column) {
  PlanPtr node = top;
  while (true) {
    if (auto* calc = node->As<CalcNode>()) {
      column = PassedColumn(*calc, column);
      if (column < 0) return std::nullopt;
    } else if (auto* function = node->As<WindowTableFunctionNode>()) {
      int first = node->inputs[0]->schema.size();
      if (column >= first) {
        bool is_instant = !function->window.is_proctime &&
                          IsInstant(*node->inputs[0], function->window.time_column);
        return WindowColumn{function->window, is_instant, column - first};
      }
    } else if (auto* aggregate = node->As<WindowAggregateNode>()) {
      return OfAggregate(node, *aggregate, column);
    } else if (auto* join = node->As<JoinNode>()) {
      return OfJoin(node, *join, column);
    } else {
      return std::nullopt;
    }
    node = node->inputs[0];
  }
}

bool SameWindows(const WindowColumn& a, const WindowColumn& b) {
  return a.which == b.which && a.is_instant == b.is_instant && a.window.kind == b.window.kind &&
         a.window.is_proctime == b.window.is_proctime &&
         a.window.size_millis == b.window.size_millis &&
         a.window.step_millis == b.window.step_millis &&
         a.window.offset_millis == b.window.offset_millis;
}

Result<PlanPtr> ToWindowJoin(const PlanPtr& node, const JoinNode& join) {
  JoinNode windowed = join;
  bool has_start = false, is_proctime = false;
  for (size_t i = 0; i < join.left_keys.size(); ++i) {
    auto left = Trace(node->inputs[0], join.left_keys[i]),
         right = Trace(node->inputs[1], join.right_keys[i]);
    if (!left || !right || !SameWindows(*left, *right)) continue;
    has_start |= left->which == 0;
    if (left->which != 1) continue;
    windowed.left_window_end = join.left_keys[i];
    windowed.right_window_end = join.right_keys[i];
    windowed.window_is_instant = left->is_instant;
    is_proctime = left->window.is_proctime;
  }
  if (!has_start || windowed.left_window_end < 0) return node;
  if (is_proctime)
    return Unsupported("a window join over windows of processing time is not supported yet");
  windowed.left_ttl_millis = windowed.right_ttl_millis = 0;  // A window's rows go with it.
  return MakePlan(std::move(windowed), node->schema, node->inputs, node->traits);
}

}  // namespace

Result<Roots> RecognizeWindowJoins(Roots roots, const OptimizerContext& context) {
  if (context.is_batch) return roots;
  return Rewrite(roots, [](const PlanPtr& node) -> Result<PlanPtr> {
    auto* join = node->As<JoinNode>();
    if (join == nullptr || join->left_keys.size() < 2) return node;
    return ToWindowJoin(node, *join);
  });
}

}  // namespace weir::optimizer
