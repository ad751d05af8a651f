// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Changelog modes: which row kinds every node puts out, and whether anybody needs -U rows.
//
//   up    what each node makes of its inputs' changes, if it sent all it could
//   down  whether -U is needed: by anything that takes rows away (aggregations, joins, filters of
//   updates), not by a sink
//         that folds by the upsert key
//   up    traits.changes; a DropUpdateBefore before sinks that want no -U but share their input
//   with others
// Batch mode: every node puts out insertions only, and sources must.
// Source: Flink documentation, "Dynamic Tables"; FLIP-105 (changelog normalization).
#include <algorithm>
#include <set>

#include "weir/base/options.h"
#include "weir/optimizer/rule.h"
#include "weir/plan/explain.h"

namespace weir::optimizer {
namespace {

using Keys = std::vector<std::vector<int>>;

/// What is known of a node's output while the changes are inferred.
struct Facts {
  ChangelogMode changes;  // If -U is sent wherever it can be.
  bool paired = true;     // Each -U is followed by a +U with the same upsert key.
  bool needs_before = false;
  bool needs_deleted_rows = false;  // Somebody reads more of a -D row than the key.
  Keys upsert_keys;                 // Without constant columns.
  std::vector<bool> constant;       // Columns with one value for all rows.
};

std::vector<bool> ConstantColumns(const PlanNode& node, const std::vector<const Facts*>& inputs) {
  std::vector<bool> constant(node.schema.fields.size(), false);
  if (inputs.size() != 1) return constant;
  const std::vector<bool>& input = inputs[0]->constant;
  auto keys = [&](const std::vector<int>& columns) {
    for (size_t i = 0; i < columns.size(); ++i)
      constant[i] = input[static_cast<size_t>(columns[i])];
  };
  if (auto* calc = node.As<CalcNode>()) {
    for (size_t i = 0; i < constant.size(); ++i) {
      const Expr& expr = *calc->projections[i];
      constant[i] =
          expr.is_literal() || (expr.is_input() && input[static_cast<size_t>(expr.index)]);
    }
  } else if (auto* aggregate = node.As<AggregateNode>()) {
    keys(aggregate->keys);
  } else if (auto* window = node.As<WindowAggregateNode>()) {
    keys(window->keys);
  } else if (node.As<SortNode>() != nullptr || node.As<ExchangeNode>() != nullptr ||
             node.As<WatermarkNode>() != nullptr || node.As<ChangelogNormalizeNode>() != nullptr) {
    constant = input;
  }
  return constant;
}

void RemoveConstants(const std::vector<bool>& constant, Keys* keys) {
  for (std::vector<int>& key : *keys) {
    key.erase(std::remove_if(key.begin(), key.end(),
                             [&](int c) { return constant[static_cast<size_t>(c)]; }),
              key.end());
  }
}

bool Contains(const std::vector<int>& all, const std::vector<int>& some) {
  return std::all_of(some.begin(), some.end(),
                     [&](int c) { return std::find(all.begin(), all.end(), c) != all.end(); });
}

bool SameColumns(const std::vector<int>& a, const std::vector<int>& b) {
  return Contains(a, b) && Contains(b, a);
}

/// Columns that never change for a row of a key: those of the key itself.
bool OnlyKeyColumns(const std::vector<int>& columns, const Keys& keys) {
  return std::any_of(keys.begin(), keys.end(),
                     [&](const std::vector<int>& key) { return Contains(key, columns); });
}

ChangelogMode Either(const ChangelogMode& a, const ChangelogMode& b) {
  return {a.insert || b.insert, a.update_before || b.update_before,
          a.update_after || b.update_after, a.erase || b.erase};
}

ChangelogMode AggregateChanges(const AggregateNode& node, const ChangelogMode& input) {
  if (node.phase == AggregatePhase::kLocal) return input;
  // DISTINCT of insertions only ever adds rows; with a TTL a row is sent again when it is
  // refreshed.
  bool updates = !node.calls.empty() || node.state_ttl_millis > 0;
  return {true, updates, updates, !input.append_only() && !node.keys.empty()};
}

ChangelogMode JoinChanges(const JoinNode& join, const ChangelogMode& left,
                          const ChangelogMode& right) {
  if (join.left_window_end >= 0) return {};  // Rows come when their window is complete.
  switch (join.type) {
    case JoinType::kInner:
      return Either(left, right);
    case JoinType::kSemi:
      return Either(left, {true, false, false, !right.append_only()});
    case JoinType::kAnti:
      return Either(left, {true, false, false, true});
    default:
      return Either(Either(left, right), {true, false, false, true});
  }
}

/// The output's changes given the inputs', if -U is sent (`before`) or not.
ChangelogMode OutputChanges(const PlanNode& node, const std::vector<ChangelogMode>& inputs,
                            bool before) {
  ChangelogMode out;
  if (auto* aggregate = node.As<AggregateNode>()) {
    out = AggregateChanges(*aggregate, inputs[0]);
    out.update_before &= before;
  } else if (node.As<WindowAggregateNode>() != nullptr) {
    // Each window is put out once, whatever its rows did before.
  } else if (auto* join = node.As<JoinNode>()) {
    out = JoinChanges(*join, inputs[0], inputs[1]);
  } else if (auto* operation = node.As<SetOperationNode>()) {
    bool erases = !operation->intersect || !inputs[0].append_only() || !inputs[1].append_only();
    out = {true, false, false, erases};
  } else if (node.As<ChangelogNormalizeNode>() != nullptr) {
    out = {true, before, true, true};
  } else if (auto* sort = node.As<SortNode>()) {
    // The first rows are kept up to date; all of them are put out once, at the end of the input.
    bool ranks = sort->fetch || sort->offset > 0;
    out.erase = ranks && (!sort->keys.empty() || !inputs[0].append_only());
  } else if (auto* drop = node.As<DropUpdateBeforeNode>()) {
    out = inputs[0];
    if (drop->as_delete && out.update_before) out.erase = true;
    out.update_before = false;
  } else {
    for (const ChangelogMode& input : inputs) out = Either(out, input);
  }
  return out;
}

bool StaysPaired(const PlanNode& node, const std::vector<const Facts*>& inputs) {
  bool paired = std::all_of(inputs.begin(), inputs.end(), [](const Facts* f) { return f->paired; });
  if (node.As<AggregateNode>() != nullptr || node.As<ChangelogNormalizeNode>() != nullptr)
    return true;
  if (auto* calc = node.As<CalcNode>(); calc != nullptr && calc->condition != nullptr) {
    return paired && OnlyKeyColumns(InputsOf(calc->condition), inputs[0]->upsert_keys);
  }
  if (auto* join = node.As<JoinNode>()) {
    auto stable = [](const Facts& side, const std::vector<int>& keys) {
      return !side.changes.update_after || OnlyKeyColumns(keys, side.upsert_keys);
    };
    return paired && join->type == JoinType::kInner && join->condition == nullptr &&
           stable(*inputs[0], join->left_keys) && stable(*inputs[1], join->right_keys);
  }
  if (node.As<WindowTableFunctionNode>() != nullptr || node.As<CorrelateNode>() != nullptr)
    return false;
  return paired;
}

/// Whether `node` needs the -U rows of its input although its own readers may not.
bool NeedsBefore(const PlanNode& node, const Facts& facts) {
  if (auto* calc = node.As<CalcNode>()) return calc->condition != nullptr || facts.needs_before;
  bool passes = node.As<ExchangeNode>() != nullptr || node.As<WatermarkNode>() != nullptr ||
                node.As<UnionNode>() != nullptr;
  if (passes) return facts.needs_before;
  return node.As<ChangelogNormalizeNode>() == nullptr;
}

/// Whether `node` only passes columns on.
bool OnlyMovesColumns(const CalcNode& calc) {
  return calc.condition == nullptr &&
         std::all_of(calc.projections.begin(), calc.projections.end(),
                     [](const ExprPtr& expr) { return expr->is_input(); });
}

/// What a sink makes of changes.
struct SinkDemand {
  bool needs_before = false;  // Of the input.
  bool needs_deleted_rows = true;
  bool accepts_before = true;
  bool as_delete = false;    // -U rows must arrive as deletions.
  bool materialize = false;  // The last row of each primary key must be found first.
};

/// The node that makes the changes which `node` only passes on.
const PlanNode& ProducerOf(const PlanNode& node,
                           const std::unordered_map<const PlanNode*, Facts>& facts) {
  const PlanNode* producer = &node;
  while (true) {
    bool own = producer->As<AggregateNode>() != nullptr || producer->As<JoinNode>() != nullptr ||
               producer->As<ScanNode>() != nullptr ||
               producer->As<ChangelogNormalizeNode>() != nullptr ||
               producer->As<SetOperationNode>() != nullptr;
    if (own) return *producer;
    const PlanNode* next = nullptr;
    for (const PlanPtr& input : producer->inputs) {
      if (!facts.at(input.get()).changes.append_only()) next = input.get();
    }
    if (next == nullptr) return *producer;
    producer = next;
  }
}

class ChangeInference {
 public:
  ChangeInference(const Roots& roots, const OptimizerContext& context)
      : roots_(roots), context_(context), order_(InputsFirst(roots)) {}

  Result<Roots> Run() {
    for (const PlanPtr& node : order_) {
      WEIR_RETURN_NOT_OK(InferUp(*node));
    }
    for (size_t i = order_.size(); i-- > 0;) {
      WEIR_RETURN_NOT_OK(InferDown(*order_[i]));
    }
    return Rewrite(roots_, [&](const PlanPtr& node) { return Annotate(node); });
  }

 private:
  Result<ChangelogMode> SourceChanges(const ScanNode& scan) {
    TableContext table = ScanTableContext(scan, context_);
    WEIR_ASSIGN_OR_RETURN(const Connector* connector, context_.connectors->Lookup(table));
    WEIR_ASSIGN_OR_RETURN(ChangelogMode changes, connector->SourceChanges(table));
    if (context_.is_batch && !changes.append_only()) {
      return WithHint(InvalidQuery("querying a table in batch mode is only possible for "
                                   "INSERT-only sources, but the source "
                                   "for table {} produces other changes: {}",
                                   table.table_name, changes.ToString()),
                      "SET 'execution.runtime-mode' = 'streaming'");
    }
    return changes;
  }

  Status InferUp(const PlanNode& node) {
    Facts facts;
    std::vector<ChangelogMode> changes;
    std::vector<const Facts*> inputs;
    std::vector<Keys> keys;
    for (const PlanPtr& input : node.inputs) {
      inputs.push_back(&facts_[input.get()]);
      changes.push_back(inputs.back()->changes);
      keys.push_back(inputs.back()->upsert_keys);
    }
    if (auto* scan = node.As<ScanNode>()) {
      WEIR_ASSIGN_OR_RETURN(facts.changes, SourceChanges(*scan));
    } else if (!context_.is_batch) {
      facts.changes = OutputChanges(node, changes, true);
      facts.paired = StaysPaired(node, inputs);
    }
    facts.upsert_keys = DeriveUpsertKeys(node, keys);
    facts.constant = ConstantColumns(node, inputs);
    RemoveConstants(facts.constant, &facts.upsert_keys);
    facts_[&node] = std::move(facts);
    return Status::OK();
  }

  Status InferDown(const PlanNode& node) {
    Facts& own = facts_[&node];
    if (auto* sink = node.As<SinkNode>()) {
      WEIR_ASSIGN_OR_RETURN(SinkDemand demand, DemandOf(*sink, *node.inputs[0]));
      demands_[&node] = demand;
      facts_[node.inputs[0].get()].needs_before |= demand.needs_before;
      facts_[node.inputs[0].get()].needs_deleted_rows |= demand.needs_deleted_rows;
      return Status::OK();
    }
    if (auto* collect = node.As<CollectNode>()) {
      const Facts& input = facts_[node.inputs[0].get()];
      bool folds =
          !collect->upsert_key.empty() && input.paired && HasKey(input, collect->upsert_key);
      SinkDemand demand;
      demand.needs_before = !folds;
      demand.accepts_before = !folds;
      demands_[&node] = demand;
      // Whoever watches a result wants to see what came first and what was deleted.
      is_watched_ = true;
      facts_[node.inputs[0].get()].needs_before |= demand.needs_before;
      return Status::OK();
    }
    bool needs = NeedsBefore(node, own);
    auto* calc = node.As<CalcNode>();
    bool needs_deleted_rows = calc == nullptr || !OnlyMovesColumns(*calc) || own.needs_deleted_rows;
    for (const PlanPtr& input : node.inputs) {
      facts_[input.get()].needs_before |= needs;
      facts_[input.get()].needs_deleted_rows |= needs_deleted_rows;
    }
    if (auto* normalize = node.As<ChangelogNormalizeNode>()) {
      WEIR_ASSIGN_OR_RETURN(bool is_needed, IsNeeded(*normalize, node, own));
      if (!is_needed) dropped_.insert(&node);
    }
    return Status::OK();
  }

  /// Sinks that fold by the key can have an upsert source's changes as they are.
  Result<bool> IsNeeded(const ChangelogNormalizeNode& normalize, const PlanNode& node,
                        const Facts& facts) {
    auto* scan = node.inputs[0]->As<ScanNode>();
    if (scan == nullptr || is_watched_ || facts.needs_before || normalize.condition != nullptr)
      return true;
    const ChangelogMode& source = facts_[node.inputs[0].get()].changes;
    if (source.update_before ||
        OptionOr("table.exec.source.cdc-events-duplicate", "false") == "true")
      return true;
    TableContext table = ScanTableContext(*scan, context_);
    WEIR_ASSIGN_OR_RETURN(const Connector* connector, context_.connectors->Lookup(table));
    WEIR_ASSIGN_OR_RETURN(bool by_key, connector->DeletesByKey(table));
    if (!by_key) return false;
    // A -D without its other columns would break their NOT NULL.
    for (int i = 0; i < node.schema.size(); ++i) {
      bool is_key =
          std::find(normalize.keys.begin(), normalize.keys.end(), i) != normalize.keys.end();
      if (!is_key && !node.schema[i].type.nullable()) return true;
    }
    return facts.needs_deleted_rows;
  }

  static bool HasKey(const Facts& facts, const std::vector<int>& key) {
    Keys wanted = {key};
    RemoveConstants(facts.constant, &wanted);
    return std::any_of(facts.upsert_keys.begin(), facts.upsert_keys.end(),
                       [&](const std::vector<int>& own) { return SameColumns(own, wanted[0]); });
  }

  Status CheckAccepted(const SinkNode& sink, const PlanNode& input, const ChangelogMode& accepted) {
    const ChangelogMode& sent = facts_[&input].changes;
    bool updates = sent.update_after && !accepted.update_after,
         deletes = sent.erase && !accepted.erase;
    if (!updates && !deletes) return Status::OK();
    const char* what = updates && deletes ? "update and delete" : updates ? "update" : "delete";
    Status status = InvalidQuery(
        "table sink '{}' doesn't support consuming {} changes which is produced by node {}",
        sink.target, what, ExplainNode(ProducerOf(input, facts_)));
    return WithHint(status,
                    context_.connectors != nullptr
                        ? "write to a sink that takes changes (print), or compute a result that "
                          "never changes: a window "
                          "aggregation, or batch mode: SET 'execution.runtime-mode' = 'batch'"
                        : "");
  }

  Result<SinkDemand> DemandOf(const SinkNode& sink, const PlanNode& input) {
    const Facts& facts = facts_[&input];
    SinkDemand demand;
    TableContext table = SinkTableContext(sink, context_);
    WEIR_ASSIGN_OR_RETURN(const Connector* connector, context_.connectors->Lookup(table));
    if (!connector->can_write()) {
      return InvalidQuery("table {} cannot be written: connector '{}' is a source only",
                          sink.target, connector->name());
    }
    if (facts.changes.append_only()) return demand;
    WEIR_ASSIGN_OR_RETURN(std::unique_ptr<Sink> made, connector->MakeSink(table));
    demand.needs_deleted_rows = !made->accepts_deletes_by_key();
    ChangelogMode accepted = made->accepted_changes(facts.changes);
    WEIR_RETURN_NOT_OK(CheckAccepted(sink, input, accepted));
    demand.accepts_before = accepted.update_before;
    demand.needs_before = accepted.update_before;
    if (accepted.update_before || !facts.changes.update_after || sink.upsert_key.empty())
      return demand;
    bool exact = HasKey(facts, sink.upsert_key);
    if (exact && facts.paired) return demand;
    bool covered =
        std::any_of(facts.upsert_keys.begin(), facts.upsert_keys.end(),
                    [&](const std::vector<int>& key) { return Contains(sink.upsert_key, key); });
    // Rows of several upsert keys may share a primary key for a while: all of them are kept, the
    // last one is shown.
    demand.materialize =
        !covered && OptionOr("table.exec.sink.upsert-materialize", "auto") != "none";
    if (demand.materialize) {
      demand.needs_before = true;
      return demand;
    }
    demand.needs_before = covered;
    demand.as_delete = covered && accepted.erase;
    return demand;
  }

  std::string OptionOr(const std::string& key, const std::string& otherwise) const {
    auto at = context_.options.find(key);
    std::string value = at == context_.options.end() ? otherwise : at->second;
    std::transform(value.begin(), value.end(), value.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    return value;
  }

  /// The last row of each primary key among those that are there: GROUP BY key with LAST_VALUE of
  /// the whole row.
  static PlanPtr Materialized(const PlanPtr& input, const std::vector<int>& primary_key) {
    const Schema& schema = input->schema;
    std::vector<ExprPtr> columns;
    std::vector<std::string> names;
    for (int key : primary_key) {
      columns.push_back(MakeInput(key, schema[key].type));
      names.push_back(schema[key].name);
    }
    int row_at = static_cast<int>(columns.size());
    columns.push_back(MakeCall("ROW", InputRefs(*input), DataType::Row(schema.fields).NotNull()));
    names.push_back("$row");
    PlanTraits traits;
    traits.changes = input->traits.changes;
    auto rows =
        std::make_shared<PlanNode>(*MakeProject(input, std::move(columns), std::move(names)));
    rows->traits = traits;
    AggregateNode last;
    AggregateCall call;
    call.function = "LAST_VALUE";
    call.args = {row_at};
    call.literals = {std::nullopt};
    call.type = DataType::Row(schema.fields);
    call.name = "$row";
    last.calls.push_back(std::move(call));
    traits.changes = ChangelogMode::Upsert();
    Schema keyed = rows->schema;
    keyed.fields.back().type = last.calls[0].type;
    for (int i = 0; i < row_at; ++i) last.keys.push_back(i);
    traits.upsert_keys = {last.keys};
    PlanPtr group = MakePlan(std::move(last), std::move(keyed), {std::move(rows)}, traits);
    std::vector<ExprPtr> fields;
    ExprPtr row = MakeInput(row_at, group->schema[row_at].type);
    for (int i = 0; i < schema.size(); ++i) {
      auto key = std::find(primary_key.begin(), primary_key.end(), i);
      bool is_key = key != primary_key.end();
      int at = static_cast<int>(key - primary_key.begin());
      fields.push_back(is_key ? MakeInput(at, group->schema[at].type) : MakeField(row, i));
    }
    traits.upsert_keys = {primary_key};
    auto out = std::make_shared<PlanNode>(
        *MakeProject(std::move(group), std::move(fields), ColumnNames(schema)));
    out->traits = std::move(traits);
    return out;
  }

  Result<PlanPtr> Annotate(const PlanPtr& node) {
    // `node` is over rebuilt inputs; its facts are those of the node it was, which comes next in
    // order.
    const PlanNode& old = *order_[annotated_++];
    if (dropped_.count(&old) != 0) return node->inputs[0];
    auto copy = std::make_shared<PlanNode>(*node);
    auto demand = demands_.find(&old);
    if (demand != demands_.end() && demand->second.materialize) {
      copy->inputs = {Materialized(copy->inputs[0], node->As<SinkNode>()->upsert_key)};
    } else if (demand != demands_.end() && copy->inputs[0]->traits.changes.update_before &&
               !demand->second.accepts_before) {
      PlanPtr input = copy->inputs[0];
      PlanTraits traits;
      traits.changes =
          OutputChanges(*MakePlan(DropUpdateBeforeNode{demand->second.as_delete}, {}, {}),
                        {input->traits.changes}, false);
      traits.upsert_keys = input->traits.upsert_keys;
      Schema schema = input->schema;
      copy->inputs = {MakePlan(DropUpdateBeforeNode{demand->second.as_delete}, std::move(schema),
                               {input}, std::move(traits))};
    }
    std::vector<ChangelogMode> inputs;
    for (const PlanPtr& input : copy->inputs) inputs.push_back(input->traits.changes);
    const Facts& facts = facts_[&old];
    copy->traits.upsert_keys = facts.upsert_keys;
    if (node->As<ScanNode>() != nullptr || context_.is_batch) {
      copy->traits.changes = facts.changes;
    } else {
      copy->traits.changes = OutputChanges(*copy, inputs, facts.needs_before);
    }
    return PlanPtr(std::move(copy));
  }

  const Roots& roots_;
  const OptimizerContext& context_;
  std::vector<PlanPtr> order_;
  std::unordered_map<const PlanNode*, Facts> facts_;
  std::unordered_map<const PlanNode*, SinkDemand> demands_;
  std::set<const PlanNode*> dropped_;  // ChangelogNormalize nodes that nobody needs.
  bool is_watched_ = false;
  size_t annotated_ = 0;
};

/// Sources that send updates without -U, or that may repeat changes, are made full changelogs
/// first.
Result<PlanPtr> Normalized(const PlanPtr& node, const OptimizerContext& context) {
  auto* scan = node->As<ScanNode>();
  if (scan == nullptr) return node;
  TableContext table = ScanTableContext(*scan, context);
  WEIR_ASSIGN_OR_RETURN(const Connector* connector, context.connectors->Lookup(table));
  if (!connector->can_read()) {
    return InvalidQuery("table {} cannot be read: connector '{}' is a sink only", table.table_name,
                        connector->name());
  }
  WEIR_ASSIGN_OR_RETURN(ChangelogMode changes, connector->SourceChanges(table));
  if (changes.append_only()) return node;
  bool upsert = changes.update_after && !changes.update_before;
  const auto& primary_key = scan->table->primary_key;
  if (upsert && primary_key.empty()) {
    return WithHint(
        InvalidQuery(
            "table {} produces a changelog that contains UPDATE_AFTER but no UPDATE_BEFORE, which "
            "requires a primary key on the table",
            table.table_name),
        "add PRIMARY KEY (..) NOT ENFORCED to the table");
  }
  WEIR_ASSIGN_OR_RETURN(
      bool duplicates,
      Options(context.options).GetBool("table.exec.source.cdc-events-duplicate", false));
  if (!upsert && !duplicates) return node;
  if (primary_key.empty()) {
    return InvalidQuery(
        "'table.exec.source.cdc-events-duplicate' requires a primary key on the table {}",
        table.table_name);
  }
  ChangelogNormalizeNode normalize;
  for (const std::string& name : primary_key) {
    int column = node->schema.IndexOf(name);
    if (column < 0)
      return InvalidQuery("the primary key column '{}' of table {} is not read", name,
                          table.table_name);
    normalize.keys.push_back(column);
  }
  Schema schema = node->schema;
  return MakePlan(std::move(normalize), std::move(schema), {node});
}

}  // namespace

Result<Roots> NormalizeSources(Roots roots, const OptimizerContext& context) {
  WEIR_ASSIGN_OR_RETURN(int64_t ttl_micros,
                        Options(context.options).GetDurationMicros("table.exec.state.ttl", 0));
  return Rewrite(roots, [&](const PlanPtr& node) -> Result<PlanPtr> {
    auto* aggregate = node->As<AggregateNode>();
    if (aggregate != nullptr && !context.is_batch && ttl_micros > 0 &&
        aggregate->state_ttl_millis == 0) {
      AggregateNode copy = *aggregate;
      copy.state_ttl_millis = std::max<int64_t>(1, ttl_micros / 1000);
      return MakePlan(std::move(copy), node->schema, node->inputs, node->traits);
    }
    auto* join = node->As<JoinNode>();
    if (join != nullptr && !context.is_batch && ttl_micros > 0 && join->left_window_end < 0) {
      JoinNode copy = *join;
      for (int64_t* ttl : {&copy.left_ttl_millis, &copy.right_ttl_millis})
        *ttl = *ttl == 0 ? std::max<int64_t>(1, ttl_micros / 1000) : *ttl;
      return MakePlan(std::move(copy), node->schema, node->inputs, node->traits);
    }
    return context.is_batch ? Result<PlanPtr>(node) : Normalized(node, context);
  });
}

Result<Roots> InferChanges(Roots roots, const OptimizerContext& context) {
  return ChangeInference(roots, context).Run();
}

}  // namespace weir::optimizer
