// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Nodes that keep state: aggregates, windows, joins, sorts, set operations.
#include <algorithm>

#include "weir/operator/group_aggregate.h"
#include "weir/operator/limit.h"
#include "weir/operator/sort.h"
#include "weir/operator/sort_limit.h"
#include "weir/operator/temporal_sort.h"
#include "weir/operator/window_aggregate.h"
#include "weir/operator/window_table_function.h"
#include "weir/translate/translator.h"

namespace weir {
namespace {

AggregateStage ToStage(AggregatePhase phase) {
  return phase == AggregatePhase::kSingle  ? AggregateStage::kSingle
         : phase == AggregatePhase::kLocal ? AggregateStage::kLocal
                                           : AggregateStage::kGlobal;
}

const PlanNode& BelowExchange(const PlanNode& plan) {
  const PlanNode* input = plan.inputs[0].get();
  while (input->As<ExchangeNode>() != nullptr) input = input->inputs[0].get();
  return *input;
}

}  // namespace

std::vector<AggregateCallSpec> ToCallSpecs(const std::vector<AggregateCall>& calls) {
  std::vector<AggregateCallSpec> specs;
  for (const AggregateCall& call : calls) {
    AggregateCallSpec spec;
    spec.function = call.function;
    spec.args = call.args;
    spec.literals = call.literals;
    spec.distinct = call.distinct;
    spec.filter = call.filter;
    for (const SortKey& key : call.order_by) spec.order_by.push_back({key.column, key.descending});
    spec.type = call.type;
    specs.push_back(std::move(spec));
  }
  return specs;
}

WindowAssignment ToAssignment(const WindowSpec& window, const Schema& input,
                              const FunctionConfig& config) {
  WindowAssignment assignment;
  assignment.shape = window.kind == WindowKind::kTumble     ? WindowShape::kTumble
                     : window.kind == WindowKind::kHop      ? WindowShape::kHop
                     : window.kind == WindowKind::kCumulate ? WindowShape::kCumulate
                                                            : WindowShape::kSession;
  assignment.time_column = window.time_column;
  assignment.is_proctime = window.is_proctime;
  assignment.size_millis = window.size_millis;
  assignment.step_millis = window.step_millis;
  assignment.offset_millis = window.offset_millis;
  assignment.partition_keys = window.partition_keys;
  bool is_ltz =
      window.time_column >= 0 && input[window.time_column].type.kind() == TypeKind::kTimestampLtz;
  if (is_ltz || window.is_proctime) {
    assignment.time_type = DataType::TimestampLtz(3);
    assignment.time_zone = config.time_zone;
  }
  return assignment;
}

Result<Translator::Port> Translator::BuildAggregate(const PlanNode& plan,
                                                    const AggregateNode& node) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Port> inputs, BuildInputs(plan));
  // The global stage is described by the local stage's input.
  const PlanNode& described = node.phase == AggregatePhase::kGlobal ? BelowExchange(plan) : plan;
  const AggregateNode& described_node = *described.As<AggregateNode>();
  GroupAggregateSpec spec;
  spec.input = described.inputs[0]->schema;
  spec.key_columns = described_node.keys;
  spec.calls = ToCallSpecs(described_node.calls);
  spec.stage = ToStage(node.phase);
  spec.emit = context_.is_batch ? EmitMode::kAtEnd : EmitMode::kChanges;
  spec.input_may_retract = MayRetract(*described.inputs[0]);
  spec.generate_update_before = plan.traits.changes.update_before;
  WEIR_ASSIGN_OR_RETURN(int64_t ttl, StateTtlMillis());
  spec.state_ttl_millis =
      node.state_ttl_millis == 0 ? ttl : std::max<int64_t>(node.state_ttl_millis, 0);
  WEIR_ASSIGN_OR_RETURN(spec.local_hold_millis, LocalHoldMillis());
  spec.functions = context_.functions;
  spec.config = context_.config;
  return AddOperator(
      plan, std::string(PlanName(plan)), std::move(inputs), [spec](OperatorContext& context) {
        return spec.stage == AggregateStage::kLocal ? MakeLocalAggregate(spec, context)
                                                    : MakeGroupAggregate(spec, context);
      });
}

Result<Translator::Port> Translator::BuildWindowAggregate(const PlanNode& plan,
                                                          const WindowAggregateNode& node) {
  for (const char* option :
       {"table.exec.emit.early-fire.enabled", "table.exec.emit.late-fire.enabled"}) {
    WEIR_ASSIGN_OR_RETURN(bool fires, context_.options.GetBool(option, false));
    if (fires && !context_.is_batch) return Unsupported("'{}' is not supported yet", option);
  }
  WEIR_ASSIGN_OR_RETURN(std::vector<Port> inputs, BuildInputs(plan));
  const PlanNode& described = node.phase == AggregatePhase::kGlobal ? BelowExchange(plan) : plan;
  const WindowAggregateNode& described_node = *described.As<WindowAggregateNode>();
  WindowAggregateSpec spec;
  spec.input = described.inputs[0]->schema;
  spec.window = ToAssignment(described_node.window, spec.input, context_.config);
  spec.window_start_column = described_node.window_start_column;
  spec.window_end_column = described_node.window_end_column;
  spec.key_columns = described_node.keys;
  spec.calls = ToCallSpecs(described_node.calls);
  spec.stage = ToStage(node.phase);
  spec.emit_start = node.emit_start;
  spec.emit_end = node.emit_end;
  spec.emit_time = node.emit_time;
  spec.input_may_retract = MayRetract(*described.inputs[0]);
  spec.functions = context_.functions;
  spec.config = context_.config;
  return AddOperator(
      plan, std::string(PlanName(plan)), std::move(inputs),
      [spec](OperatorContext& context) { return MakeWindowAggregate(spec, context); });
}

Result<Translator::Port> Translator::BuildWindowFunction(const PlanNode& plan,
                                                         const WindowTableFunctionNode& node) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Port> inputs, BuildInputs(plan));
  WindowTableFunctionSpec spec;
  spec.input = plan.inputs[0]->schema;
  spec.window = ToAssignment(node.window, spec.input, context_.config);
  return AddOperator(
      plan, std::string(PlanName(plan)), std::move(inputs),
      [spec](OperatorContext& context) { return MakeWindowTableFunction(spec, context); });
}

Result<Translator::Port> Translator::BuildSort(const PlanNode& plan, const SortNode& node) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Port> inputs, BuildInputs(plan));
  const PlanNode& input = *plan.inputs[0];
  bool input_changes = MayRetract(input);
  if (node.keys.empty() && !input_changes) {
    LimitSpec spec{node.offset, node.fetch};
    return AddOperator(plan, "Limit", std::move(inputs),
                       [spec](OperatorContext& context) { return MakeLimit(spec, context); });
  }
  std::vector<SortColumn> columns;
  for (const SortKey& key : node.keys)
    columns.push_back({key.column, key.descending, key.nulls_first});
  bool has_limit = node.fetch || node.offset > 0;
  const DataType* first = node.keys.empty() ? nullptr : &input.schema[node.keys[0].column].type;
  bool by_time = !context_.is_batch && !has_limit && !input_changes && first != nullptr &&
                 !node.keys[0].descending && (first->is_rowtime() || first->is_proctime());
  if (by_time) {
    TemporalSortSpec spec;
    spec.input = input.schema;
    spec.time = first->is_rowtime() ? SortTime::kRowtime : SortTime::kProctime;
    spec.time_column = node.keys[0].column;
    spec.then_by.assign(columns.begin() + 1, columns.end());
    return AddOperator(plan, "TemporalSort", std::move(inputs), [spec](OperatorContext& context) {
      return MakeTemporalSort(spec, context);
    });
  }
  // A changelog of the first rows where the plan says so; else the sorted rows once, when the input
  // has ended.
  if (!context_.is_batch && !plan.traits.changes.append_only()) {
    SortLimitSpec spec;
    spec.input = input.schema;
    spec.columns = std::move(columns);
    spec.offset = node.offset;
    spec.fetch = node.fetch;
    spec.changes = input_changes ? InputChanges::kRetract : InputChanges::kAppendOnly;
    return AddOperator(plan, std::string(PlanName(plan)), std::move(inputs),
                       [spec](OperatorContext& context) { return MakeSortLimit(spec, context); });
  }
  SortSpec spec{input.schema, std::move(columns), node.offset, node.fetch, SortStage::kWhole};
  // What the optimizer has given no id is the local phase.
  if (plan.traits.semantic_id.empty() && plan.traits.parallelism != 1)
    spec.stage = SortStage::kLocal;
  return AddOperator(plan, std::string(PlanName(plan)), std::move(inputs),
                     [spec](OperatorContext& context) { return MakeSort(spec, context); });
}

}  // namespace weir
