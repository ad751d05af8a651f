// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to translate/: builds the job graph, one plan node after the other.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/operator/aggregate_calls.h"
#include "weir/operator/window_times.h"
#include "weir/translate/translate.h"

namespace weir {

class Translator {
 public:
  explicit Translator(const TranslateContext& context) : context_(context) {}
  Result<Translation> Run(const std::vector<PlanPtr>& roots);

 private:
  /// Where a node's rows come out, and how they travel to the reader.
  struct Port {
    int node = -1;
    Exchange exchange = Exchange::kForward;
    std::vector<int> keys;
  };
  using MakeOperator = std::function<Result<std::unique_ptr<Operator>>(OperatorContext&)>;
  using MakeSource = std::function<Result<std::unique_ptr<SourceOperator>>(OperatorContext&)>;

  Result<Port> Build(const PlanPtr& plan);
  Result<Port> BuildNew(const PlanPtr& plan);
  Result<std::vector<Port>> BuildInputs(const PlanNode& node);
  /// Adds a node behind `inputs`; its parallelism follows from theirs and the exchanges.
  Port AddOperator(const PlanNode& plan, std::string name, std::vector<Port> inputs,
                   MakeOperator make);
  Port AddSource(const PlanNode& plan, std::string name, int parallelism, MakeSource make);

  // translate_scan.cc
  Result<Port> BuildScan(const PlanNode& plan, const ScanNode& scan);
  Result<Port> BuildValues(const PlanNode& plan, const ValuesNode& values);
  Result<Port> BuildSink(const PlanNode& plan, const SinkNode& sink);
  Result<Port> BuildCollect(const PlanNode& plan);
  Status SetSinkParallelism(const PlanNode& plan, const SinkNode& sink, const TableContext& table,
                            const std::vector<int>& write_keys, int index);
  // translate_stateful.cc
  Result<Port> BuildAggregate(const PlanNode& plan, const AggregateNode& node);
  Result<Port> BuildWindowAggregate(const PlanNode& plan, const WindowAggregateNode& node);
  Result<Port> BuildWindowFunction(const PlanNode& plan, const WindowTableFunctionNode& node);
  Result<Port> BuildJoin(const PlanNode& plan, const JoinNode& node);
  Result<Port> BuildSort(const PlanNode& plan, const SortNode& node);
  Result<Port> BuildSetOperation(const PlanNode& plan, const SetOperationNode& node);
  Result<Port> BuildNormalize(const PlanNode& plan, const ChangelogNormalizeNode& node);
  // translate_simple.cc
  Result<Port> BuildCalc(const PlanNode& plan, const CalcNode& node);
  Result<Port> BuildUnion(const PlanNode& plan);
  Result<Port> BuildExpand(const PlanNode& plan, const ExpandNode& node);
  Result<Port> BuildCorrelate(const PlanNode& plan, const CorrelateNode& node);
  Result<Port> BuildWatermark(const PlanNode& plan, const WatermarkNode& node);
  Result<Port> BuildDropUpdateBefore(const PlanNode& plan);

  Result<int64_t> StateTtlMillis() const;
  /// How long the local stage of a stream's aggregate may keep rows.
  Result<int64_t> LocalHoldMillis() const;
  bool MayRetract(const PlanNode& plan) const {
    return !context_.is_batch && !plan.traits.changes.append_only();
  }

  TranslateContext context_;
  Translation out_;
  std::map<const PlanNode*, Port> built_;
  bool has_session_windows_ = false;
};

std::vector<AggregateCallSpec> ToCallSpecs(const std::vector<AggregateCall>& calls);
WindowAssignment ToAssignment(const WindowSpec& window, const Schema& input,
                              const FunctionConfig& config);

}  // namespace weir
