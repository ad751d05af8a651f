// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Where rows must be for each node, and the exchanges that bring them there; aggregations are split
// into a local and a global phase around their exchange where their functions allow it.
//
//   GroupAggregate(k)     hash[k], or one task without keys      Join        both sides by their
//   keys WindowAggregate(k)    the same                               Sort        one task
//   ChangelogNormalize    hash[key]                              Sink(key)   hash[key], if it gets
//   changes
//
// A keyed node wants exactly its keys in their order, not some of them: the hash that an exchange
// routes by is then the hash that state is kept by, so that a range of hashes can move to another
// task together with its state.
#include <algorithm>
#include <numeric>

#include "weir/expr/aggregate.h"
#include "weir/optimizer/rule.h"

namespace weir::optimizer {
namespace {

/// Where the rows of a node's output are.
struct Placement {
  enum class Kind : uint8_t { kAnywhere, kSingle, kHash };
  Kind kind = Kind::kAnywhere;
  std::vector<int> keys;  // kHash: output columns; -1 where one is not put out.

  bool single() const { return kind == Kind::kSingle; }
};

bool Contains(const std::vector<int>& all, int column) {
  return std::find(all.begin(), all.end(), column) != all.end();
}

class ExchangePlacer {
 public:
  ExchangePlacer(const Roots& roots, const OptimizerContext& context)
      : roots_(roots), context_(context) {
    auto at = context.options.find("table.optimizer.agg-phase-strategy");
    std::string strategy = at == context.options.end() ? "AUTO" : at->second;
    std::transform(strategy.begin(), strategy.end(), strategy.begin(),
                   [](unsigned char c) { return std::toupper(c); });
    two_phases_ = strategy != "ONE_PHASE";
  }

  Result<Roots> Run() {
    return Rewrite(roots_, [this](const PlanPtr& node) -> Result<PlanPtr> {
      Placement placement;
      WEIR_ASSIGN_OR_RETURN(PlanPtr placed, Place(node, &placement));
      return Remember(std::move(placed), std::move(placement));
    });
  }

 private:
  const Placement& Of(const PlanPtr& node) { return placements_[node.get()]; }

  PlanPtr Remember(PlanPtr node, Placement placement) {
    if (placement.single() && node->traits.parallelism != 1) {
      auto copy = std::make_shared<PlanNode>(*node);
      copy->traits.parallelism = 1;
      node = std::move(copy);
    }
    kept_.push_back(node);  // Addresses stay unique while they are keys.
    placements_[node.get()] = std::move(placement);
    return node;
  }

  PlanPtr Exchange(const PlanPtr& input, Distribution distribution, std::vector<int> keys) {
    // Readers that want the same rows at the same place share the exchange.
    for (const auto& [known, exchange] : exchanges_) {
      const ExchangeNode& spec = *exchange->As<ExchangeNode>();
      if (known == input && spec.distribution == distribution && spec.keys == keys) return exchange;
    }
    PlanTraits traits = input->traits;
    traits.parallelism = 0;
    traits.semantic_id.clear();
    Schema schema = input->schema;
    PlanPtr node =
        MakePlan(ExchangeNode{distribution, keys}, std::move(schema), {input}, std::move(traits));
    Placement placement;
    if (distribution == Distribution::kSingleton) placement.kind = Placement::Kind::kSingle;
    if (distribution == Distribution::kHash) placement = {Placement::Kind::kHash, std::move(keys)};
    node = Remember(std::move(node), std::move(placement));
    exchanges_.emplace_back(input, node);
    return node;
  }

  PlanPtr ToSingle(const PlanPtr& input) {
    return context_.parallelism == 1 || Of(input).single()
               ? input
               : Exchange(input, Distribution::kSingleton, {});
  }
  /// From one task to all. Changes of a row take the same way, or a deletion could overtake what it
  /// deletes.
  PlanPtr Spread(const PlanPtr& input) {
    if (input->traits.changes.append_only()) return Exchange(input, Distribution::kRebalance, {});
    std::vector<int> keys;
    if (!input->traits.upsert_keys.empty()) keys = input->traits.upsert_keys[0];
    if (keys.empty()) {
      keys.resize(input->schema.size());
      std::iota(keys.begin(), keys.end(), 0);
    }
    return Exchange(input, Distribution::kHash, std::move(keys));
  }
  bool IsHashed(const PlanPtr& input, const std::vector<int>& keys) {
    const Placement& placement = Of(input);
    return placement.single() ||
           (placement.kind == Placement::Kind::kHash && placement.keys == keys);
  }
  PlanPtr ToHash(const PlanPtr& input, const std::vector<int>& keys) {
    if (keys.empty()) return ToSingle(input);
    return context_.parallelism == 1 || IsHashed(input, keys)
               ? input
               : Exchange(input, Distribution::kHash, keys);
  }

  /// Placement of an output whose first columns are `keys` of the input.
  Placement OfKeys(const PlanPtr& input, size_t keys) {
    if (Of(input).single()) return {Placement::Kind::kSingle, {}};
    Placement placement{Placement::Kind::kHash, {}};
    for (size_t i = 0; i < keys; ++i) placement.keys.push_back(static_cast<int>(i));
    return placement;
  }

  Result<PlanPtr> Place(const PlanPtr& node, Placement* placement) {
    if (auto* aggregate = node->As<AggregateNode>())
      return PlaceAggregate(node, *aggregate, placement);
    if (auto* window = node->As<WindowAggregateNode>())
      return PlaceWindow(node, *window, placement);
    if (auto* join = node->As<JoinNode>()) return PlaceJoin(node, *join, placement);
    if (auto* sort = node->As<SortNode>()) return PlaceSort(node, *sort, placement);
    if (node->As<UnionNode>() != nullptr) return PlaceUnion(node, placement);
    if (node->As<SetOperationNode>() != nullptr) return PlaceSetOperation(node, placement);
    if (auto* normalize = node->As<ChangelogNormalizeNode>()) {
      PlanPtr input = ToHash(node->inputs[0], normalize->keys);
      *placement = Of(input);
      return WithInputs(node, {input});
    }
    if (auto* function = node->As<WindowTableFunctionNode>();
        function != nullptr && function->window.kind == WindowKind::kSession) {
      PlanPtr input = ToHash(node->inputs[0], function->window.partition_keys);
      *placement = Of(input);
      return WithInputs(node, {input});
    }
    if (auto* sink = node->As<SinkNode>()) return PlaceSink(node, *sink, placement);
    if (node->As<CollectNode>() != nullptr) {
      PlanPtr input = ToSingle(node->inputs[0]);
      placement->kind = Placement::Kind::kSingle;
      return WithInputs(node, {input});
    }
    if (node->As<ValuesNode>() != nullptr) placement->kind = Placement::Kind::kSingle;
    if (!node->inputs.empty()) *placement = Passed(*node);
    return node;
  }

  /// Placement behind a node that leaves rows where they are.
  Placement Passed(const PlanNode& node) {
    Placement placement = Of(node.inputs[0]);
    auto* calc = node.As<CalcNode>();
    if (calc == nullptr || placement.kind != Placement::Kind::kHash) return placement;
    for (int& key : placement.keys) {
      int at = -1;
      for (size_t i = calc->projections.size(); i-- > 0;) {
        if (PassedColumn(*calc, static_cast<int>(i)) == key) at = static_cast<int>(i);
      }
      key = at;
    }
    if (Contains(placement.keys, -1)) return {};
    return placement;
  }

  Result<PlanPtr> PlaceAggregate(const PlanPtr& node, const AggregateNode& aggregate,
                                 Placement* placement) {
    PlanPtr input = node->inputs[0];
    bool is_placed = aggregate.keys.empty() ? Of(input).single() : IsHashed(input, aggregate.keys);
    if (context_.parallelism > 1 && !is_placed && aggregate.phase == AggregatePhase::kSingle) {
      WEIR_ASSIGN_OR_RETURN(auto states, StateFields(*input, aggregate.keys, aggregate.calls));
      if (states) return SplitAggregate(node, aggregate, *states, placement);
    }
    input = ToHash(input, aggregate.keys);
    *placement = OfKeys(input, aggregate.keys.size());
    return WithInputs(node, {input});
  }

  /// Columns of the calls' partial states; empty where some call cannot be split, or splitting is
  /// pointless.
  Result<std::optional<std::vector<Field>>> StateFields(const PlanNode& input,
                                                        const std::vector<int>& keys,
                                                        const std::vector<AggregateCall>& calls) {
    std::optional<std::vector<Field>> none;
    if (!two_phases_ || !input.traits.changes.append_only()) return none;
    std::vector<Field> fields;
    for (const AggregateCall& call : calls) {
      const AggregateFunction* function = context_.functions->FindAggregate(call.function);
      if (function == nullptr)
        return InvalidQuery("aggregate function '{}' not found", call.function);
      bool distinct = call.distinct && !function->ignores_distinct();
      if (distinct || function->is_order_sensitive() || !call.order_by.empty()) return none;
      AggregateCallInfo info;
      info.call.config = context_.config;
      info.call.result_type = call.type;
      info.has_group_keys = !keys.empty();
      for (size_t i = 0; i < call.args.size(); ++i) {
        info.call.arg_types.push_back(input.schema[call.args[i]].type);
        info.call.literals.push_back(
            i < call.literals.size() && call.literals[i] ? &*call.literals[i] : nullptr);
      }
      auto types = function->StateTypes(info);
      if (!types.ok() || types->empty()) return none;
      for (size_t i = 0; i < types->size(); ++i) {
        fields.push_back({fmt::format("{}${}", call.name, i), (*types)[i].AsNullable()});
      }
    }
    return std::make_optional(std::move(fields));
  }

  Result<PlanPtr> SplitAggregate(const PlanPtr& node, const AggregateNode& aggregate,
                                 const std::vector<Field>& states, Placement* placement) {
    PlanPtr input = node->inputs[0];
    AggregateNode local = aggregate;
    local.phase = AggregatePhase::kLocal;
    Schema schema;
    for (int key : aggregate.keys) schema.fields.push_back(input->schema[key]);
    schema.fields.insert(schema.fields.end(), states.begin(), states.end());
    PlanPtr first = Remember(MakePlan(std::move(local), std::move(schema), {input}), Of(input));
    AggregateNode global = aggregate;
    global.phase = AggregatePhase::kGlobal;
    global.keys.clear();
    for (size_t i = 0; i < aggregate.keys.size(); ++i) global.keys.push_back(static_cast<int>(i));
    PlanPtr exchange = ToHash(first, global.keys);
    *placement = OfKeys(exchange, global.keys.size());
    return MakePlan(std::move(global), node->schema, {exchange}, node->traits);
  }

  Result<PlanPtr> PlaceWindow(const PlanPtr& node, const WindowAggregateNode& window,
                              Placement* placement) {
    PlanPtr input = node->inputs[0];
    bool is_placed = window.keys.empty() ? Of(input).single() : IsHashed(input, window.keys);
    // Sessions grow over rows, windows of processing time end by the clock of one task.
    const WindowSpec& spec = window.window;
    bool whole = spec.kind == WindowKind::kSession || spec.is_proctime ||
                 (spec.kind == WindowKind::kHop && spec.size_millis % spec.step_millis != 0);
    if (context_.parallelism > 1 && !is_placed && !whole &&
        window.phase == AggregatePhase::kSingle) {
      WEIR_ASSIGN_OR_RETURN(auto states, StateFields(*input, window.keys, window.calls));
      if (states) return SplitWindow(node, window, *states, placement);
    }
    input = ToHash(input, window.keys);
    *placement = OfKeys(input, window.keys.size());
    return WithInputs(node, {input});
  }

  Result<PlanPtr> SplitWindow(const PlanPtr& node, const WindowAggregateNode& window,
                              const std::vector<Field>& states, Placement* placement) {
    PlanPtr input = node->inputs[0];
    WindowAggregateNode local = window;
    local.phase = AggregatePhase::kLocal;
    Schema schema;
    for (int key : window.keys) schema.fields.push_back(input->schema[key]);
    schema.fields.push_back({"$slice_end", DataType::BigInt().NotNull()});
    if (window.window_end_column >= 0)
      schema.fields.push_back({"$window_start", DataType::BigInt().NotNull()});
    schema.fields.insert(schema.fields.end(), states.begin(), states.end());
    PlanPtr first = Remember(MakePlan(std::move(local), std::move(schema), {input}), Of(input));
    WindowAggregateNode global = window;
    global.phase = AggregatePhase::kGlobal;
    global.keys.clear();
    for (size_t i = 0; i < window.keys.size(); ++i) global.keys.push_back(static_cast<int>(i));
    PlanPtr exchange = ToHash(first, global.keys);
    *placement = OfKeys(exchange, global.keys.size());
    return MakePlan(std::move(global), node->schema, {exchange}, node->traits);
  }

  Result<PlanPtr> PlaceJoin(const PlanPtr& node, const JoinNode& join, Placement* placement) {
    PlanPtr left = node->inputs[0], right = node->inputs[1];
    if (Of(left).single() && Of(right).single()) {
      placement->kind = Placement::Kind::kSingle;
      return node;
    }
    if (join.left_keys.empty()) {
      placement->kind = Placement::Kind::kSingle;  // A cross join: every row meets every row.
      return WithInputs(node, {ToSingle(left), ToSingle(right)});
    }
    if (context_.parallelism > 1) {
      // One task's rows are hashed too as soon as the other side's are.
      if (Of(left).single()) left = Exchange(left, Distribution::kHash, join.left_keys);
      if (Of(right).single()) right = Exchange(right, Distribution::kHash, join.right_keys);
      left = ToHash(left, join.left_keys);
      right = ToHash(right, join.right_keys);
      bool left_kept = join.type == JoinType::kInner || join.type == JoinType::kLeft ||
                       join.type == JoinType::kSemi || join.type == JoinType::kAnti;
      if (left_kept) *placement = {Placement::Kind::kHash, join.left_keys};
    }
    return WithInputs(node, {left, right});
  }

  Result<PlanPtr> PlaceSort(const PlanPtr& node, const SortNode& sort, Placement* placement) {
    PlanPtr input = node->inputs[0];
    placement->kind = Placement::Kind::kSingle;
    if (context_.parallelism == 1 || Of(input).single()) return node;
    bool is_changelog = !context_.is_batch && !sort.keys.empty();
    if (sort.fetch && input->traits.changes.append_only() && !is_changelog) {
      // Each task keeps what it could contribute.
      SortNode local = sort;
      constexpr int64_t kMax = int64_t{1} << 62;
      local.fetch = *sort.fetch > kMax - sort.offset ? kMax : *sort.fetch + sort.offset;
      local.offset = 0;
      PlanTraits traits = node->traits;
      Schema schema = node->schema;
      input = Remember(MakePlan(std::move(local), std::move(schema), {input}, std::move(traits)),
                       Of(input));
    }
    return WithInputs(node, {ToSingle(input)});
  }

  Result<PlanPtr> PlaceUnion(const PlanPtr& node, Placement* placement) {
    bool all_single = std::all_of(node->inputs.begin(), node->inputs.end(),
                                  [&](const PlanPtr& i) { return Of(i).single(); });
    if (all_single) {
      placement->kind = Placement::Kind::kSingle;
      return node;
    }
    std::vector<PlanPtr> inputs;
    for (const PlanPtr& input : node->inputs) {
      bool moves = context_.parallelism > 1 && Of(input).single();
      inputs.push_back(moves ? Spread(input) : input);
    }
    const Placement& first = Of(inputs[0]);
    bool same = first.kind == Placement::Kind::kHash &&
                std::all_of(inputs.begin(), inputs.end(), [&](const PlanPtr& i) {
                  return Of(i).kind == Placement::Kind::kHash && Of(i).keys == first.keys;
                });
    if (same) *placement = first;
    return WithInputs(node, std::move(inputs));
  }

  Result<PlanPtr> PlaceSetOperation(const PlanPtr& node, Placement* placement) {
    std::vector<int> all;
    for (int i = 0; i < node->schema.size(); ++i) all.push_back(i);
    bool all_single = std::all_of(node->inputs.begin(), node->inputs.end(),
                                  [&](const PlanPtr& i) { return Of(i).single(); });
    if (all_single || context_.parallelism == 1) {
      placement->kind = all_single ? Placement::Kind::kSingle : Placement::Kind::kAnywhere;
      return node;
    }
    std::vector<PlanPtr> inputs;
    for (const PlanPtr& input : node->inputs)
      inputs.push_back(Exchange(input, Distribution::kHash, all));
    *placement = {Placement::Kind::kHash, all};
    return WithInputs(node, std::move(inputs));
  }

  Result<PlanPtr> PlaceSink(const PlanPtr& node, const SinkNode& sink, Placement* placement) {
    PlanPtr input = node->inputs[0];
    if (!input->traits.changes.append_only() && !sink.upsert_key.empty() &&
        context_.parallelism > 1) {
      const Placement& at = Of(input);
      bool together = at.single() || (at.kind == Placement::Kind::kHash &&
                                      std::all_of(at.keys.begin(), at.keys.end(), [&](int key) {
                                        return Contains(sink.upsert_key, key);
                                      }));
      if (!together) input = Exchange(input, Distribution::kHash, sink.upsert_key);
    }
    *placement = Of(input);
    return WithInputs(node, {input});
  }

  const Roots& roots_;
  const OptimizerContext& context_;
  bool two_phases_ = true;
  std::unordered_map<const PlanNode*, Placement> placements_;
  std::vector<PlanPtr> kept_;
  std::vector<std::pair<PlanPtr, PlanPtr>> exchanges_;
};

}  // namespace

Result<Roots> AddExchanges(Roots roots, const OptimizerContext& context) {
  return ExchangePlacer(roots, context).Run();
}

}  // namespace weir::optimizer
