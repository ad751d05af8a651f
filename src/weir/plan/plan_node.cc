// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/plan/plan_node.h"

#include <utility>

namespace weir {

PlanPtr MakePlan(PlanSpec spec, Schema schema, std::vector<PlanPtr> inputs, PlanTraits traits) {
  auto node = std::make_shared<PlanNode>();
  node->spec = std::move(spec);
  node->schema = std::move(schema);
  node->inputs = std::move(inputs);
  node->traits = std::move(traits);
  return node;
}

PlanPtr WithInputs(const PlanPtr& node, std::vector<PlanPtr> inputs) {
  if (inputs == node->inputs) return node;
  auto copy = std::make_shared<PlanNode>(*node);
  copy->inputs = std::move(inputs);
  return copy;
}

std::string_view PlanName(const PlanNode& node) {
  struct Namer {
    std::string_view operator()(const ScanNode&) const { return "Scan"; }
    std::string_view operator()(const ValuesNode&) const { return "Values"; }
    std::string_view operator()(const CalcNode&) const { return "Calc"; }
    std::string_view operator()(const AggregateNode& n) const {
      return n.phase == AggregatePhase::kSingle  ? "GroupAggregate"
             : n.phase == AggregatePhase::kLocal ? "LocalGroupAggregate"
                                                 : "GlobalGroupAggregate";
    }
    std::string_view operator()(const ExpandNode&) const { return "Expand"; }
    std::string_view operator()(const WindowTableFunctionNode&) const {
      return "WindowTableFunction";
    }
    std::string_view operator()(const WindowAggregateNode& n) const {
      return n.phase == AggregatePhase::kSingle  ? "WindowAggregate"
             : n.phase == AggregatePhase::kLocal ? "LocalWindowAggregate"
                                                 : "GlobalWindowAggregate";
    }
    std::string_view operator()(const JoinNode& n) const {
      return n.left_window_end >= 0 ? "WindowJoin" : "Join";
    }
    std::string_view operator()(const SortNode& n) const {
      return n.keys.empty() ? "Limit" : (n.fetch || n.offset > 0) ? "SortLimit" : "Sort";
    }
    std::string_view operator()(const UnionNode&) const { return "Union"; }
    std::string_view operator()(const SetOperationNode& n) const {
      return n.intersect ? "Intersect" : "Except";
    }
    std::string_view operator()(const CorrelateNode&) const { return "Correlate"; }
    std::string_view operator()(const WatermarkNode&) const { return "WatermarkAssigner"; }
    std::string_view operator()(const ChangelogNormalizeNode&) const {
      return "ChangelogNormalize";
    }
    std::string_view operator()(const DropUpdateBeforeNode&) const { return "DropUpdateBefore"; }
    std::string_view operator()(const ExchangeNode&) const { return "Exchange"; }
    std::string_view operator()(const SinkNode&) const { return "Sink"; }
    std::string_view operator()(const CollectNode&) const { return "Collect"; }
  };
  return std::visit(Namer{}, node.spec);
}

PlanPtr MakeProject(PlanPtr input, std::vector<ExprPtr> projections,
                    std::vector<std::string> names) {
  Schema schema;
  for (size_t i = 0; i < projections.size(); ++i)
    schema.fields.push_back({names[i], projections[i]->type});
  return MakePlan(CalcNode{nullptr, std::move(projections)}, std::move(schema), {std::move(input)});
}

PlanPtr MakeFilter(PlanPtr input, ExprPtr condition) {
  std::vector<ExprPtr> all = InputRefs(*input);
  Schema schema = input->schema;
  return MakePlan(CalcNode{std::move(condition), std::move(all)}, std::move(schema),
                  {std::move(input)});
}

std::vector<ExprPtr> InputRefs(const PlanNode& node) {
  std::vector<ExprPtr> refs;
  for (int i = 0; i < node.schema.size(); ++i) refs.push_back(MakeInput(i, node.schema[i].type));
  return refs;
}

std::vector<std::string> ColumnNames(const Schema& schema) {
  std::vector<std::string> names;
  for (const Field& field : schema.fields) names.push_back(field.name);
  return names;
}

}  // namespace weir
