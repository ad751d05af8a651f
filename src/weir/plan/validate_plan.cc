// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/plan/validate_plan.h"

#include <set>

namespace weir {
namespace {

Schema Concatenated(const PlanNode& node) {
  Schema all;
  for (const PlanPtr& input : node.inputs) {
    all.fields.insert(all.fields.end(), input->schema.fields.begin(), input->schema.fields.end());
  }
  return all;
}

Status CheckExpr(const ExprPtr& expr, const Schema& input, std::string_view what) {
  if (expr == nullptr) return Status::OK();
  Status status;
  VisitExpr(expr, [&](const Expr& node) {
    if (!status.ok()) return;
    if (node.is_input()) {
      if (node.index < 0 || node.index >= input.size()) {
        status = Internal("{} reads column {} of {}", what, node.index, input.size());
      } else if (!input[node.index].type.EqualsIgnoringNullable(node.type)) {
        status = Internal("{} reads column {} as {}, but it is {}", what, node.index,
                          node.type.ToString(), input[node.index].type.ToString());
      }
    } else if (node.is_call("FIELD")) {
      bool is_row = node.args.size() == 1 && node.args[0]->type.kind() == TypeKind::kRow;
      if (!is_row || node.index < 0 ||
          static_cast<size_t>(node.index) >= node.args[0]->type.fields().size()) {
        status = Internal("{} reads field {} of what has no such field", what, node.index);
      } else if (const DataType& type =
                     node.args[0]->type.fields()[static_cast<size_t>(node.index)].type;
                 !type.EqualsIgnoringNullable(node.type)) {
        status = Internal("{} reads a field as {}, but it is {}", what, node.type.ToString(),
                          type.ToString());
      }
    } else if ((node.is_call("CAST") || node.is_call("TRY_CAST") || node.is_call("NOT")) &&
               node.args.size() != 1) {
      status = Internal("{} has a {} of {} arguments", what, node.function, node.args.size());
    }
  });
  return status;
}

Status CheckColumns(const std::vector<int>& columns, const Schema& input, std::string_view what) {
  for (int column : columns) {
    if (column < 0 || column >= input.size())
      return Internal("{} name column {} of {}", what, column, input.size());
  }
  return Status::OK();
}

Status CheckOptionalColumn(int column, const Schema& input, std::string_view what) {
  if (column < -1 || column >= input.size())
    return Internal("{} is column {} of {}", what, column, input.size());
  return Status::OK();
}

Status CheckWidth(size_t expected, const PlanNode& node) {
  if (expected == node.schema.fields.size()) return Status::OK();
  return Internal("the schema has {} columns instead of {}", node.schema.fields.size(), expected);
}

Status CheckCalls(const std::vector<AggregateCall>& calls, const Schema& input) {
  for (const AggregateCall& call : calls) {
    WEIR_RETURN_NOT_OK(CheckColumns(call.args, input, "arguments of " + call.function));
    WEIR_RETURN_NOT_OK(CheckOptionalColumn(call.filter, input, "the filter of " + call.function));
    if (call.filter >= 0 && input[call.filter].type.kind() != TypeKind::kBoolean) {
      return Internal("the filter of {} is not BOOLEAN", call.function);
    }
    if (call.literals.size() > call.args.size())
      return Internal("{} has more literals than arguments", call.function);
    for (const SortKey& key : call.order_by) {
      WEIR_RETURN_NOT_OK(CheckColumns({key.column}, input, "sort keys of " + call.function));
    }
  }
  return Status::OK();
}

/// A global phase's calls are over the input of its local phase.
Result<const Schema*> CallInput(const PlanNode& node, AggregatePhase phase) {
  if (phase != AggregatePhase::kGlobal) return &node.inputs[0]->schema;
  const PlanNode* below = node.inputs[0].get();
  while (below->As<ExchangeNode>() != nullptr) below = below->inputs[0].get();
  auto* aggregate = below->As<AggregateNode>();
  auto* window = below->As<WindowAggregateNode>();
  bool is_local = (aggregate != nullptr && aggregate->phase == AggregatePhase::kLocal &&
                   node.As<AggregateNode>() != nullptr) ||
                  (window != nullptr && window->phase == AggregatePhase::kLocal &&
                   node.As<WindowAggregateNode>() != nullptr);
  if (!is_local) return Internal("a global aggregation must be above its local one");
  return &below->inputs[0]->schema;
}

struct NodeCheck {
  const PlanNode& node;
  Schema in = Concatenated(node);

  Status Inputs(size_t count) const {
    if (node.inputs.size() == count) return Status::OK();
    return Internal("there are {} inputs instead of {}", node.inputs.size(), count);
  }
  Status Passes() const {
    WEIR_RETURN_NOT_OK(Inputs(1));
    return CheckWidth(in.fields.size(), node);
  }

  Status operator()(const ScanNode& scan) const {
    WEIR_RETURN_NOT_OK(Inputs(0));
    WEIR_RETURN_NOT_OK(CheckWidth(
        scan.projections.empty() ? scan.scan_schema.fields.size() : scan.projections.size(), node));
    for (const ExprPtr& expr : scan.projections) {
      WEIR_RETURN_NOT_OK(CheckExpr(expr, scan.scan_schema, "a projection"));
    }
    WEIR_RETURN_NOT_OK(CheckExpr(scan.filter, node.schema, "the filter"));
    WEIR_RETURN_NOT_OK(CheckOptionalColumn(scan.rowtime_column, node.schema, "rowtime"));
    if (scan.limit && *scan.limit < 0) return Internal("the limit is negative");
    return CheckExpr(scan.watermark, node.schema, "the watermark");
  }
  Status operator()(const ValuesNode& values) const {
    WEIR_RETURN_NOT_OK(Inputs(0));
    for (const auto& row : values.rows) WEIR_RETURN_NOT_OK(CheckWidth(row.size(), node));
    return Status::OK();
  }
  Status operator()(const CalcNode& calc) const {
    WEIR_RETURN_NOT_OK(Inputs(1));
    WEIR_RETURN_NOT_OK(CheckWidth(calc.projections.size(), node));
    WEIR_RETURN_NOT_OK(CheckExpr(calc.condition, in, "the condition"));
    if (calc.condition != nullptr && calc.condition->type.kind() != TypeKind::kBoolean)
      return Internal("the condition is not BOOLEAN");
    for (size_t i = 0; i < calc.projections.size(); ++i) {
      WEIR_RETURN_NOT_OK(CheckExpr(calc.projections[i], in, "a projection"));
      if (!calc.projections[i]->type.EqualsIgnoringNullable(node.schema.fields[i].type)) {
        return Internal("projection {} is {}, but its column is {}", i,
                        calc.projections[i]->type.ToString(),
                        node.schema.fields[i].type.ToString());
      }
    }
    return Status::OK();
  }
  Status operator()(const AggregateNode& aggregate) const {
    WEIR_RETURN_NOT_OK(Inputs(1));
    WEIR_RETURN_NOT_OK(CheckColumns(aggregate.keys, in, "keys"));
    WEIR_ASSIGN_OR_RETURN(const Schema* input, CallInput(node, aggregate.phase));
    WEIR_RETURN_NOT_OK(CheckCalls(aggregate.calls, *input));
    if (aggregate.phase == AggregatePhase::kLocal) return Status::OK();
    return CheckWidth(aggregate.keys.size() + aggregate.calls.size(), node);
  }
  Status operator()(const ExpandNode& expand) const {
    WEIR_RETURN_NOT_OK(Inputs(1));
    WEIR_RETURN_NOT_OK(CheckColumns(expand.keys, in, "keys"));
    if (expand.ids.size() != expand.sets.size())
      return Internal("there are {} ids for {} sets", expand.ids.size(), expand.sets.size());
    for (const auto& set : expand.sets) {
      for (int key : set) {
        if (key < 0 || static_cast<size_t>(key) >= expand.keys.size())
          return Internal("a set names key {}", key);
      }
    }
    return CheckWidth(in.fields.size() + expand.keys.size() + 1, node);
  }
  Status operator()(const WindowTableFunctionNode& function) const {
    WEIR_RETURN_NOT_OK(Inputs(1));
    WEIR_RETURN_NOT_OK(CheckColumns({function.window.time_column}, in, "time columns"));
    WEIR_RETURN_NOT_OK(CheckColumns(function.window.partition_keys, in, "partition keys"));
    return CheckWidth(in.fields.size() + 3, node);
  }
  Status operator()(const WindowAggregateNode& window) const {
    WEIR_RETURN_NOT_OK(Inputs(1));
    WEIR_RETURN_NOT_OK(CheckColumns(window.keys, in, "keys"));
    WEIR_ASSIGN_OR_RETURN(const Schema* input, CallInput(node, window.phase));
    WEIR_RETURN_NOT_OK(CheckCalls(window.calls, *input));
    bool attached = window.window_end_column >= 0;
    WEIR_RETURN_NOT_OK(CheckOptionalColumn(window.window_start_column, *input, "window_start"));
    WEIR_RETURN_NOT_OK(CheckOptionalColumn(window.window_end_column, *input, "window_end"));
    WEIR_RETURN_NOT_OK(CheckColumns(window.window.partition_keys, *input, "partition keys"));
    if (attached != (window.window_start_column >= 0))
      return Internal("only one window column is given");
    if (!attached)
      WEIR_RETURN_NOT_OK(CheckColumns({window.window.time_column}, *input, "time columns"));
    if (window.phase == AggregatePhase::kLocal) return Status::OK();
    size_t emitted = size_t{window.emit_start} + size_t{window.emit_end} + size_t{window.emit_time};
    return CheckWidth(window.keys.size() + window.calls.size() + emitted, node);
  }
  Status operator()(const JoinNode& join) const {
    WEIR_RETURN_NOT_OK(Inputs(2));
    WEIR_RETURN_NOT_OK(CheckColumns(join.left_keys, node.inputs[0]->schema, "left keys"));
    WEIR_RETURN_NOT_OK(CheckColumns(join.right_keys, node.inputs[1]->schema, "right keys"));
    if (join.left_keys.size() != join.right_keys.size() ||
        join.null_safe.size() != join.left_keys.size()) {
      return Internal("the sides have {} and {} keys", join.left_keys.size(),
                      join.right_keys.size());
    }
    if (join.left_window_end >= 0 || join.right_window_end >= 0) {
      WEIR_RETURN_NOT_OK(
          CheckColumns({join.left_window_end}, node.inputs[0]->schema, "the left window end"));
      WEIR_RETURN_NOT_OK(
          CheckColumns({join.right_window_end}, node.inputs[1]->schema, "the right window end"));
    }
    WEIR_RETURN_NOT_OK(CheckExpr(join.condition, in, "the condition"));
    bool left_only = join.type == JoinType::kSemi || join.type == JoinType::kAnti;
    return CheckWidth(left_only ? node.inputs[0]->schema.fields.size() : in.fields.size(), node);
  }
  Status operator()(const SortNode& sort) const {
    for (const SortKey& key : sort.keys)
      WEIR_RETURN_NOT_OK(CheckColumns({key.column}, in, "sort keys"));
    return Passes();
  }
  Status operator()(const UnionNode&) const {
    if (node.inputs.empty()) return Internal("there are no inputs");
    return SameInputs();
  }
  Status operator()(const SetOperationNode&) const {
    WEIR_RETURN_NOT_OK(Inputs(2));
    return SameInputs();
  }
  Status SameInputs() const {
    for (const PlanPtr& input : node.inputs) {
      WEIR_RETURN_NOT_OK(CheckWidth(input->schema.fields.size(), node));
      for (int i = 0; i < node.schema.size(); ++i) {
        if (!input->schema[i].type.EqualsIgnoringNullable(node.schema[i].type))
          return Internal("column {} differs between inputs", i);
      }
    }
    return Status::OK();
  }
  Status operator()(const CorrelateNode& correlate) const {
    WEIR_RETURN_NOT_OK(Inputs(1));
    for (const ExprPtr& arg : correlate.args) WEIR_RETURN_NOT_OK(CheckExpr(arg, in, "an argument"));
    WEIR_RETURN_NOT_OK(CheckExpr(correlate.condition, node.schema, "the condition"));
    return CheckWidth(in.fields.size() + correlate.function_schema.fields.size(), node);
  }
  Status operator()(const WatermarkNode& watermark) const {
    WEIR_RETURN_NOT_OK(Passes());
    WEIR_RETURN_NOT_OK(CheckColumns({watermark.rowtime_column}, in, "rowtime"));
    return CheckExpr(watermark.watermark, in, "the watermark");
  }
  Status operator()(const ChangelogNormalizeNode& normalize) const {
    WEIR_RETURN_NOT_OK(Passes());
    WEIR_RETURN_NOT_OK(CheckExpr(normalize.condition, in, "the condition"));
    return CheckColumns(normalize.keys, in, "keys");
  }
  Status operator()(const DropUpdateBeforeNode&) const { return Passes(); }
  Status operator()(const ExchangeNode& exchange) const {
    WEIR_RETURN_NOT_OK(Passes());
    return CheckColumns(exchange.keys, in, "keys");
  }
  Status operator()(const SinkNode& sink) const {
    WEIR_RETURN_NOT_OK(Passes());
    WEIR_RETURN_NOT_OK(CheckColumns(sink.upsert_key, in, "upsert keys"));
    return CheckWidth(sink.physical_schema.fields.size() + sink.metadata_columns.size(), node);
  }
  Status operator()(const CollectNode& collect) const {
    WEIR_RETURN_NOT_OK(Passes());
    return CheckColumns(collect.upsert_key, in, "upsert keys");
  }
};

}  // namespace

Status ValidatePlanNode(const PlanNode& node) { return std::visit(NodeCheck{node}, node.spec); }

Status ValidatePlan(const std::vector<PlanPtr>& roots) {
  std::set<const PlanNode*> seen;
  std::vector<const PlanNode*> open;
  for (const PlanPtr& root : roots) open.push_back(root.get());
  while (!open.empty()) {
    const PlanNode* node = open.back();
    open.pop_back();
    if (!seen.insert(node).second) continue;
    Status status = ValidatePlanNode(*node);
    if (!status.ok()) return WithContext(status, PlanName(*node));
    for (const PlanPtr& input : node->inputs) open.push_back(input.get());
  }
  return Status::OK();
}

}  // namespace weir
