// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Upsert keys: column sets of which each names at most one row of the output at any time. A sink
// with a primary key can fold updates by it; an update without its -U row can be applied to whoever
// holds the key.
//
//   Scan(PRIMARY KEY (id)) {id}     Aggregate by (a, b) {a, b}     Aggregate without keys {}: one
//   row Join on right's key: the left keys hold; else left key with right key
#include <algorithm>

#include "weir/optimizer/rule.h"

namespace weir::optimizer {
namespace {

using Key = std::vector<int>;
using Keys = std::vector<Key>;
constexpr size_t kKeysMax = 8;  // More are never useful, and joins multiply them.

Keys Mapped(const Keys& keys, const std::vector<int>& mapping) {
  Keys out;
  for (const Key& key : keys) {
    Key moved;
    for (int column : key) moved.push_back(mapping[static_cast<size_t>(column)]);
    if (std::find(moved.begin(), moved.end(), -1) != moved.end()) continue;
    std::sort(moved.begin(), moved.end());
    out.push_back(std::move(moved));
  }
  return out;
}

std::vector<int> Range(int begin, int end) {
  std::vector<int> out;
  for (int i = begin; i < end; ++i) out.push_back(i);
  return out;
}

Keys OfScan(const ScanNode& scan, const Schema& schema) {
  if (scan.table == nullptr || scan.table->primary_key.empty()) return {};
  Key key;
  for (const std::string& name : scan.table->primary_key) {
    int column = schema.IndexOf(name);
    if (column < 0) return {};
    key.push_back(column);
  }
  std::sort(key.begin(), key.end());
  return {key};
}

/// Whether different values stay different under a cast to `to`.
bool KeepsApart(const DataType& from, const DataType& to) {
  if (from.EqualsIgnoringNullable(to)) return true;
  if (from.is_integer() && to.is_integer()) return from.kind() <= to.kind();
  if (from.is_integer() && to.is_decimal()) return to.precision() - to.scale() >= 19;
  if (from.is_decimal() && to.is_decimal()) {
    return to.scale() >= from.scale() &&
           to.precision() - to.scale() >= from.precision() - from.scale();
  }
  return from.kind() == TypeKind::kVarchar && to.kind() == TypeKind::kVarchar &&
         from.length() <= to.length();
}

/// The input column that output column `column` names as well as itself, or -1.
int NamedColumn(const CalcNode& calc, size_t column) {
  const Expr* expr = calc.projections[column].get();
  while (expr->is_call("CAST") && KeepsApart(expr->args[0]->type, expr->type))
    expr = expr->args[0].get();
  return expr->is_input() ? expr->index : -1;
}

Keys OfCalc(const CalcNode& calc, const Keys& input, int input_columns) {
  std::vector<int> mapping(static_cast<size_t>(input_columns), -1);
  for (size_t i = calc.projections.size(); i-- > 0;) {
    int passed = NamedColumn(calc, i);
    if (passed >= 0) mapping[static_cast<size_t>(passed)] = static_cast<int>(i);
  }
  return Mapped(input, mapping);
}

bool Covers(const Key& columns, const Keys& keys) {
  return std::any_of(keys.begin(), keys.end(), [&](const Key& key) {
    return std::all_of(key.begin(), key.end(), [&](int c) {
      return std::find(columns.begin(), columns.end(), c) != columns.end();
    });
  });
}

Keys OfJoin(const JoinNode& join, const Keys& left, const Keys& right, int left_columns,
            int right_columns) {
  if (join.type == JoinType::kSemi || join.type == JoinType::kAnti) return left;
  Keys moved = Mapped(right, Range(left_columns, left_columns + right_columns));
  Keys out;
  bool pads_left = join.type == JoinType::kRight || join.type == JoinType::kFull;
  bool pads_right = join.type == JoinType::kLeft || join.type == JoinType::kFull;
  if (!pads_left && Covers(join.right_keys, right)) out.insert(out.end(), left.begin(), left.end());
  if (!pads_right && Covers(join.left_keys, left))
    out.insert(out.end(), moved.begin(), moved.end());
  for (const Key& a : left) {
    for (const Key& b : moved) {
      Key both = a;
      both.insert(both.end(), b.begin(), b.end());
      out.push_back(std::move(both));
    }
  }
  return out;
}

Keys OfWindowAggregate(const WindowAggregateNode& node) {
  if (!node.emit_start && !node.emit_end) return {};
  Key key = Range(0, static_cast<int>(node.keys.size()));
  int at = static_cast<int>(node.keys.size() + node.calls.size());
  // The end alone names a window of all kinds but CUMULATE's and sessions', whose start does not
  // differ or both may.
  if (node.emit_start) key.push_back(at);
  if (node.emit_end) key.push_back(at + (node.emit_start ? 1 : 0));
  if (!node.emit_end && node.window.kind == WindowKind::kCumulate) return {};
  return {key};
}

Keys OfExpand(const ExpandNode& node, const Keys& input, int columns) {
  Keys out = input;
  for (Key& key : out) key.push_back(columns + static_cast<int>(node.keys.size()));
  return out;
}

Keys OfWindowFunction(const WindowTableFunctionNode& node, const Keys& input, int columns) {
  if (node.window.kind == WindowKind::kTumble || node.window.kind == WindowKind::kSession)
    return input;
  Keys out = input;
  for (Key& key : out) key.insert(key.end(), {columns, columns + 1});
  return out;
}

Keys Derive(const PlanNode& node, const std::vector<Keys>& inputs) {
  auto columns = [&](size_t input) { return node.inputs[input]->schema.size(); };
  if (auto* scan = node.As<ScanNode>()) return OfScan(*scan, node.schema);
  if (auto* calc = node.As<CalcNode>()) return OfCalc(*calc, inputs[0], columns(0));
  if (auto* aggregate = node.As<AggregateNode>()) {
    return aggregate->phase == AggregatePhase::kLocal
               ? Keys{}
               : Keys{Range(0, static_cast<int>(aggregate->keys.size()))};
  }
  if (auto* window = node.As<WindowAggregateNode>()) {
    return window->phase == AggregatePhase::kLocal ? Keys{} : OfWindowAggregate(*window);
  }
  if (auto* join = node.As<JoinNode>())
    return OfJoin(*join, inputs[0], inputs[1], columns(0), columns(1));
  if (auto* expand = node.As<ExpandNode>()) return OfExpand(*expand, inputs[0], columns(0));
  if (auto* function = node.As<WindowTableFunctionNode>())
    return OfWindowFunction(*function, inputs[0], columns(0));
  if (auto* normalize = node.As<ChangelogNormalizeNode>()) return {normalize->keys};
  if (auto* operation = node.As<SetOperationNode>()) {
    return operation->all ? Keys{} : Keys{Range(0, node.schema.size())};
  }
  bool passes = node.As<SortNode>() != nullptr || node.As<ExchangeNode>() != nullptr ||
                node.As<SinkNode>() != nullptr || node.As<CollectNode>() != nullptr ||
                node.As<DropUpdateBeforeNode>() != nullptr || node.As<WatermarkNode>() != nullptr;
  return passes ? inputs[0] : Keys{};
}

}  // namespace

std::vector<std::vector<int>> DeriveUpsertKeys(const PlanNode& node,
                                               const std::vector<Keys>& inputs) {
  Keys keys = Derive(node, inputs), out;
  for (Key& key : keys) {
    std::sort(key.begin(), key.end());
    key.erase(std::unique(key.begin(), key.end()), key.end());
    if (out.size() < kKeysMax && std::find(out.begin(), out.end(), key) == out.end())
      out.push_back(std::move(key));
  }
  return out;
}

}  // namespace weir::optimizer
