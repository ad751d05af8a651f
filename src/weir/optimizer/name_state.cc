// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Semantic ids: names of the nodes that keep state, sources and sinks, made from what they compute
// and not from where they stand. Columns are described by where they come from, so that a column
// more elsewhere, another order, an exchange, a split into phases or pruning changes no id, but for
// nodes that keep whole rows: theirs stands for the columns of these rows too.
//
//   Aggregate by bidder: COUNT(*)    kind + digest(keys: `cat`.`db`.`bid`.bidder) + digest(calls) +
//   digest(rows read)
//
// Equal twins get "-2", "-3" in order of appearance.
#include <xxhash.h>

#include <algorithm>
#include <map>

#include "weir/optimizer/rule.h"

namespace weir::optimizer {
namespace {

using Names = std::vector<std::string>;

std::string Digest(std::string_view text) {
  XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

/// What a node's rows and columns mean.
struct Meaning {
  std::string rows;  // Digest: which rows.
  Names columns;     // How each column is made.
};

std::string Describe(const ExprPtr& expr, const Names& names) {
  if (expr == nullptr) return "";
  if (expr->is_input() && static_cast<size_t>(expr->index) < names.size())
    return names[static_cast<size_t>(expr->index)];
  // A literal's type is not in its text.
  std::string types;
  VisitExpr(expr, [&](const Expr& e) {
    if (!e.is_input()) types += e.type.AsNullable().ToString() + ",";
  });
  return Digest(ExprToString(*expr, names) + ":" + types);
}

std::string Joined(const std::vector<int>& columns, const Names& names) {
  std::string out;
  for (int column : columns) out += names[static_cast<size_t>(column)] + ",";
  return out;
}

std::string Describe(const AggregateCall& call, const Names& names) {
  std::string out =
      call.function + "(" + (call.distinct ? "DISTINCT " : "") + Joined(call.args, names) + ")";
  if (call.filter >= 0) out += " FILTER " + names[static_cast<size_t>(call.filter)];
  for (const SortKey& key : call.order_by)
    out += fmt::format(" BY {} {}", names[static_cast<size_t>(key.column)], key.descending);
  return Digest(out + ":" + call.type.AsNullable().ToString());
}

std::string Describe(const WindowSpec& window, const Names& names) {
  std::string time =
      window.time_column >= 0 ? names[static_cast<size_t>(window.time_column)] : "attached";
  return fmt::format("{} {} {} {} {} {} [{}]", static_cast<int>(window.kind), time,
                     window.is_proctime, window.size_millis, window.step_millis,
                     window.offset_millis, Joined(window.partition_keys, names));
}

class StateNamer {
 public:
  PlanPtr Name(const PlanPtr& node) {
    std::vector<const Meaning*> inputs;
    for (const PlanPtr& input : node->inputs) inputs.push_back(&meanings_[input.get()]);
    Meaning meaning = MeaningOf(*node, inputs);
    PlanPtr named = node;
    if (KeepsState(*node)) {
      std::string kept = KeptColumns(*node, inputs);
      std::string digest = kept.empty() ? meaning.rows : Digest(meaning.rows + kept);
      std::string id = fmt::format("{}-{}", KindName(*node), digest.substr(0, 16));
      int twin = ++used_[id];
      auto copy = std::make_shared<PlanNode>(*node);
      copy->traits.semantic_id = twin == 1 ? id : fmt::format("{}-{}", id, twin);
      named = std::move(copy);
    }
    kept_.push_back(named);
    meanings_[named.get()] = std::move(meaning);
    return named;
  }

 private:
  static bool IsLocal(const PlanNode& node) {
    auto* aggregate = node.As<AggregateNode>();
    auto* window = node.As<WindowAggregateNode>();
    // Of the two phases of a sort with a limit the one in a single task counts.
    bool is_local_sort = node.As<SortNode>() != nullptr && node.traits.parallelism != 1;
    return is_local_sort || (aggregate != nullptr && aggregate->phase == AggregatePhase::kLocal) ||
           (window != nullptr && window->phase == AggregatePhase::kLocal);
  }
  static bool KeepsState(const PlanNode& node) {
    if (IsLocal(node)) return false;
    auto* function = node.As<WindowTableFunctionNode>();
    return node.As<ScanNode>() != nullptr || node.As<AggregateNode>() != nullptr ||
           node.As<WindowAggregateNode>() != nullptr || node.As<JoinNode>() != nullptr ||
           node.As<SortNode>() != nullptr || node.As<SetOperationNode>() != nullptr ||
           node.As<ChangelogNormalizeNode>() != nullptr || node.As<SinkNode>() != nullptr ||
           node.As<CollectNode>() != nullptr || node.As<WatermarkNode>() != nullptr ||
           (function != nullptr && function->window.kind == WindowKind::kSession) ||
           node.As<ValuesNode>() != nullptr;
  }
  /// State that consists of whole rows belongs to these columns in this order: with others the node
  /// is another, though what is above it may still be the same.
  static std::string KeptColumns(const PlanNode& node, const std::vector<const Meaning*>& inputs) {
    bool keeps_rows = node.As<JoinNode>() != nullptr || node.As<SortNode>() != nullptr ||
                      node.As<SetOperationNode>() != nullptr ||
                      node.As<ChangelogNormalizeNode>() != nullptr ||
                      node.As<WindowTableFunctionNode>() != nullptr;
    std::string text;
    if (!keeps_rows) return text;
    for (const Meaning* input : inputs) {
      text += " of ";
      for (const std::string& column : input->columns) text += column + ",";
    }
    return text;
  }
  static std::string KindName(const PlanNode& node) {
    if (node.As<AggregateNode>() != nullptr) return "GroupAggregate";
    if (node.As<WindowAggregateNode>() != nullptr) return "WindowAggregate";
    return std::string(PlanName(node));
  }

  /// For columns that only this node makes: numbered below its rows' digest.
  static void Number(const PlanNode& node, size_t first, Meaning* meaning) {
    for (size_t i = first; i < node.schema.fields.size(); ++i)
      meaning->columns.push_back(fmt::format("{}.{}", meaning->rows, i - first));
  }

  Meaning MeaningOf(const PlanNode& node, const std::vector<const Meaning*>& inputs) {
    Meaning out;
    auto passes = [&] {
      out = *inputs[0];
      return out;
    };
    if (IsLocal(node)) {
      // The global phase describes the whole: it needs the names of what the local one reads.
      out = *inputs[0];
      return out;
    }
    if (auto* scan = node.As<ScanNode>()) return OfScan(*scan);
    if (auto* calc = node.As<CalcNode>()) {
      out.rows =
          calc->condition == nullptr
              ? inputs[0]->rows
              : Digest(inputs[0]->rows + " where " + Describe(calc->condition, inputs[0]->columns));
      for (const ExprPtr& expr : calc->projections)
        out.columns.push_back(Describe(expr, inputs[0]->columns));
      return out;
    }
    if (auto* aggregate = node.As<AggregateNode>())
      return OfAggregate(node, *aggregate, *inputs[0]);
    if (auto* window = node.As<WindowAggregateNode>()) return OfWindow(node, *window, *inputs[0]);
    bool moves = node.As<ExchangeNode>() != nullptr || node.As<DropUpdateBeforeNode>() != nullptr ||
                 node.As<WatermarkNode>() != nullptr;
    if (moves) return passes();
    // Everything else: its kind, its inputs, and what it says of itself over their columns.
    out.rows = Digest(std::string(PlanName(node)) + Rest(node, inputs));
    size_t passed = 0;
    bool widens = node.As<CorrelateNode>() != nullptr ||
                  node.As<WindowTableFunctionNode>() != nullptr ||
                  node.As<ExpandNode>() != nullptr || node.As<JoinNode>() != nullptr ||
                  node.As<SortNode>() != nullptr || node.As<ChangelogNormalizeNode>() != nullptr;
    if (widens) {
      for (const Meaning* input : inputs)
        out.columns.insert(out.columns.end(), input->columns.begin(), input->columns.end());
      out.columns.resize(std::min(out.columns.size(), node.schema.fields.size()));
      passed = out.columns.size();
    }
    Number(node, passed, &out);
    return out;
  }

  static Meaning OfScan(const ScanNode& scan) {
    Meaning out;
    std::string table = scan.table->name.ToString(), text = "Scan " + table;
    for (const auto& [key, value] : scan.hint_options) text += " " + key + "=" + value;
    out.rows = Digest(text);
    Names scanned;
    for (const Field& field : scan.scan_schema.fields) scanned.push_back(table + "." + field.name);
    if (scan.projections.empty()) {
      out.columns = std::move(scanned);
    } else {
      for (const ExprPtr& expr : scan.projections) out.columns.push_back(Describe(expr, scanned));
    }
    return out;
  }

  static Meaning OfAggregate(const PlanNode& node, const AggregateNode& aggregate,
                             const Meaning& input) {
    // A global phase is described by its local one, whose input's meaning came through.
    const PlanNode* local = LocalOf(node);
    const std::vector<int>& keys =
        local == nullptr ? aggregate.keys : local->As<AggregateNode>()->keys;
    std::string text = "Aggregate " + input.rows + " by " + Joined(keys, input.columns);
    Names calls;
    for (const AggregateCall& call : aggregate.calls) {
      calls.push_back(Describe(call, input.columns));
      text += " " + calls.back();
    }
    Meaning out;
    out.rows = Digest(text);
    for (int key : keys) out.columns.push_back(input.columns[static_cast<size_t>(key)]);
    for (const std::string& call : calls) out.columns.push_back(Digest(out.rows + call));
    return out;
  }

  static Meaning OfWindow(const PlanNode& node, const WindowAggregateNode& window,
                          const Meaning& input) {
    const PlanNode* local = LocalOf(node);
    const WindowAggregateNode& spec = local == nullptr ? window : *local->As<WindowAggregateNode>();
    std::string text = "WindowAggregate " + input.rows + " by " + Joined(spec.keys, input.columns) +
                       " in " + Describe(spec.window, input.columns);
    if (spec.window_end_column >= 0)
      text += Joined({spec.window_start_column, spec.window_end_column}, input.columns);
    Names calls;
    for (const AggregateCall& call : window.calls) {
      calls.push_back(Describe(call, input.columns));
      text += " " + calls.back();
    }
    Meaning out;
    out.rows = Digest(text);
    for (int key : spec.keys) out.columns.push_back(input.columns[static_cast<size_t>(key)]);
    for (const std::string& call : calls) out.columns.push_back(Digest(out.rows + call));
    if (window.emit_start) out.columns.push_back(out.rows + ".start");
    if (window.emit_end) out.columns.push_back(out.rows + ".end");
    if (window.emit_time) out.columns.push_back(out.rows + ".time");
    return out;
  }

  static const PlanNode* LocalOf(const PlanNode& node) {
    const PlanNode* below = node.inputs[0].get();
    while (below->As<ExchangeNode>() != nullptr) below = below->inputs[0].get();
    return IsLocal(*below) ? below : nullptr;
  }

  static std::string Rest(const PlanNode& node, const std::vector<const Meaning*>& inputs) {
    Names names;
    std::string text;
    for (const Meaning* input : inputs) {
      text += " " + input->rows;
      names.insert(names.end(), input->columns.begin(), input->columns.end());
    }
    for (const ExprPtr& expr : ExpressionsOf(node)) text += " " + Describe(expr, names);
    if (auto* join = node.As<JoinNode>()) {
      text += fmt::format(" {} {} = {}", static_cast<int>(join->type),
                          Joined(join->left_keys, inputs[0]->columns),
                          Joined(join->right_keys, inputs[1]->columns));
    } else if (auto* sort = node.As<SortNode>()) {
      for (const SortKey& key : sort->keys) {
        text += fmt::format(" {} {} {}", names[static_cast<size_t>(key.column)], key.descending,
                            key.nulls_first);
      }
      text += fmt::format(" {} {}", sort->offset, sort->fetch.value_or(-1));
    } else if (auto* function = node.As<WindowTableFunctionNode>()) {
      text += Describe(function->window, names);
    } else if (auto* normalize = node.As<ChangelogNormalizeNode>()) {
      text += Joined(normalize->keys, names);
    } else if (auto* operation = node.As<SetOperationNode>()) {
      text += operation->all ? " all" : "";
    } else if (auto* correlate = node.As<CorrelateNode>()) {
      text += " " + correlate->function;
    } else if (auto* sink = node.As<SinkNode>()) {
      text = " " + sink->target;  // A sink stays itself whatever is written to it.
    } else if (node.As<CollectNode>() != nullptr) {
      text.clear();
    } else if (auto* expand = node.As<ExpandNode>()) {
      text += Joined(expand->keys, names);
      for (int64_t id : expand->ids) text += fmt::format(" {}", id);
    } else if (auto* values = node.As<ValuesNode>()) {
      text += fmt::format(" {}", values->rows.size());
    }
    return text;
  }

  std::unordered_map<const PlanNode*, Meaning> meanings_;
  std::vector<PlanPtr> kept_;
  std::map<std::string, int> used_;
};

}  // namespace

Result<Roots> NameState(Roots roots, const OptimizerContext& context) {
  StateNamer namer;
  return Rewrite(roots, [&](const PlanPtr& node) -> Result<PlanPtr> { return namer.Name(node); });
}

}  // namespace weir::optimizer
