// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/translate/translate.h"

#include <algorithm>
#include <unordered_set>

#include "weir/translate/translator.h"

namespace weir {

Result<Translator::Port> Translator::Build(const PlanPtr& plan) {
  if (const ExchangeNode* exchange = plan->As<ExchangeNode>()) {
    WEIR_ASSIGN_OR_RETURN(Port port, Build(plan->inputs[0]));
    switch (exchange->distribution) {
      case Distribution::kHash:
        port.exchange = Exchange::kHash;
        port.keys = exchange->keys;
        break;
      case Distribution::kSingleton:
        port.exchange = Exchange::kSingleton;
        break;
      case Distribution::kBroadcast:
        port.exchange = Exchange::kBroadcast;
        break;
      case Distribution::kRebalance:
        port.exchange = Exchange::kRebalance;
        break;
    }
    return port;
  }
  auto at = built_.find(plan.get());
  if (at != built_.end()) return at->second;
  WEIR_ASSIGN_OR_RETURN(Port port, BuildNew(plan));
  built_[plan.get()] = port;
  return port;
}

Result<Translator::Port> Translator::BuildNew(const PlanPtr& plan) {
  const PlanNode& node = *plan;
  if (auto* spec = node.As<ScanNode>()) return BuildScan(node, *spec);
  if (auto* spec = node.As<ValuesNode>()) return BuildValues(node, *spec);
  if (auto* spec = node.As<CalcNode>()) return BuildCalc(node, *spec);
  if (auto* spec = node.As<AggregateNode>()) return BuildAggregate(node, *spec);
  if (auto* spec = node.As<ExpandNode>()) return BuildExpand(node, *spec);
  if (auto* spec = node.As<WindowTableFunctionNode>()) return BuildWindowFunction(node, *spec);
  if (auto* spec = node.As<WindowAggregateNode>()) return BuildWindowAggregate(node, *spec);
  if (auto* spec = node.As<JoinNode>()) return BuildJoin(node, *spec);
  if (auto* spec = node.As<SortNode>()) return BuildSort(node, *spec);
  if (node.As<UnionNode>() != nullptr) return BuildUnion(node);
  if (auto* spec = node.As<SetOperationNode>()) return BuildSetOperation(node, *spec);
  if (auto* spec = node.As<CorrelateNode>()) return BuildCorrelate(node, *spec);
  if (auto* spec = node.As<WatermarkNode>()) return BuildWatermark(node, *spec);
  if (auto* spec = node.As<ChangelogNormalizeNode>()) return BuildNormalize(node, *spec);
  if (node.As<DropUpdateBeforeNode>() != nullptr) return BuildDropUpdateBefore(node);
  if (auto* spec = node.As<SinkNode>()) return BuildSink(node, *spec);
  if (node.As<CollectNode>() != nullptr) return BuildCollect(node);
  return Internal("no operator for plan node {}", PlanName(node));
}

Result<std::vector<Translator::Port>> Translator::BuildInputs(const PlanNode& node) {
  std::vector<Port> ports;
  for (const PlanPtr& input : node.inputs) {
    WEIR_ASSIGN_OR_RETURN(Port port, Build(input));
    ports.push_back(std::move(port));
  }
  return ports;
}

Translator::Port Translator::AddOperator(const PlanNode& plan, std::string name,
                                         std::vector<Port> inputs, MakeOperator make) {
  JobNode node;
  node.name = std::move(name);
  node.semantic_id = plan.traits.semantic_id;
  bool singleton = false, repartitioned = false;
  int forwarded = 0;
  bool mixed = false;
  for (const Port& port : inputs) {
    int parallelism = out_.graph.nodes[static_cast<size_t>(port.node)].parallelism;
    if (port.exchange == Exchange::kSingleton) {
      singleton = true;
    } else if (port.exchange == Exchange::kForward) {
      mixed |= forwarded != 0 && forwarded != parallelism;
      forwarded = std::max(forwarded, parallelism);
    } else {
      repartitioned = true;
    }
  }
  // Inputs of unequal parallelism meet in one subtask: anything else would lose the order of one
  // key's changes.
  mixed |= repartitioned && forwarded != 0 && forwarded != context_.parallelism;
  node.parallelism = singleton || mixed ? 1
                     : repartitioned    ? context_.parallelism
                                        : std::max(forwarded, 1);
  for (Port& port : inputs) {
    int parallelism = out_.graph.nodes[static_cast<size_t>(port.node)].parallelism;
    if (node.parallelism == 1 && port.exchange != Exchange::kBroadcast) {
      port.exchange = parallelism == 1 ? Exchange::kForward : Exchange::kSingleton;
      port.keys.clear();
    }
    node.inputs.push_back({port.node, port.exchange, std::move(port.keys)});
  }
  node.make_operator = std::move(make);
  out_.graph.nodes.push_back(std::move(node));
  return {static_cast<int>(out_.graph.nodes.size()) - 1, Exchange::kForward, {}};
}

Translator::Port Translator::AddSource(const PlanNode& plan, std::string name, int parallelism,
                                       MakeSource make) {
  JobNode node;
  node.name = std::move(name);
  node.semantic_id = plan.traits.semantic_id;
  node.parallelism = parallelism;
  node.make_source = std::move(make);
  out_.graph.nodes.push_back(std::move(node));
  return {static_cast<int>(out_.graph.nodes.size()) - 1, Exchange::kForward, {}};
}

Result<int64_t> Translator::StateTtlMillis() const {
  WEIR_ASSIGN_OR_RETURN(int64_t micros,
                        context_.options.GetDurationMicros("table.exec.state.ttl", 0));
  return micros / 1000;
}

Result<int64_t> Translator::LocalHoldMillis() const {
  constexpr int64_t kDefaultMillis = 5;  // Nobody waits for that, and it is many batches.
  for (const char* option : {"weir.strict", "weir.deterministic"}) {
    WEIR_ASSIGN_OR_RETURN(bool by_rows_alone, context_.options.GetBool(option, false));
    if (by_rows_alone) return 0;
  }
  WEIR_ASSIGN_OR_RETURN(bool mini_batch,
                        context_.options.GetBool("table.exec.mini-batch.enabled", false));
  if (!mini_batch) return kDefaultMillis;
  WEIR_ASSIGN_OR_RETURN(
      int64_t micros, context_.options.GetDurationMicros("table.exec.mini-batch.allow-latency", 0));
  return micros / 1000;
}

namespace {

/// `seen`: a plan shares nodes; met once for each way to it, 40 levels would take for ever.
bool HasSessionWindow(const PlanNode& node, std::unordered_set<const PlanNode*>* seen) {
  if (!seen->insert(&node).second) return false;
  auto* aggregate = node.As<WindowAggregateNode>();
  auto* function = node.As<WindowTableFunctionNode>();
  if (aggregate != nullptr && aggregate->window.kind == WindowKind::kSession) return true;
  if (function != nullptr && function->window.kind == WindowKind::kSession) return true;
  return std::any_of(node.inputs.begin(), node.inputs.end(),
                     [&](const PlanPtr& input) { return HasSessionWindow(*input, seen); });
}

}  // namespace

Result<Translation> Translator::Run(const std::vector<PlanPtr>& roots) {
  std::unordered_set<const PlanNode*> seen;
  has_session_windows_ = std::any_of(roots.begin(), roots.end(), [&](const PlanPtr& root) {
    return HasSessionWindow(*root, &seen);
  });
  out_.graph.job_id = context_.job_id;
  for (const PlanPtr& root : roots) {
    WEIR_ASSIGN_OR_RETURN([[maybe_unused]] Port port, Build(root));
  }
  return std::move(out_);
}

Result<Translation> Translate(const std::vector<PlanPtr>& roots, const TranslateContext& context) {
  Translator translator(context);
  return translator.Run(roots);
}

}  // namespace weir
