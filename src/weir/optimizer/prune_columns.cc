// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Columns that nobody reads are not produced: calls of aggregations, projections, inputs of joins,
// down to the scanned columns, and within ROW columns the fields.
//
//   SELECT bid.price FROM nexmark        Scan(fields=[bid(price)]) instead of 3 rows of 22 fields
//
// First down: what is read of every node's output, over all its readers. Then up: nodes are
// rebuilt, and each says where its columns went. A node's new columns are always some of its old
// ones, in their order.
#include <algorithm>

#include "weir/optimizer/column_use.h"
#include "weir/optimizer/rule.h"

namespace weir::optimizer {
namespace {

class ColumnPruner {
 public:
  explicit ColumnPruner(const Roots& roots) : roots_(roots), order_(InputsFirst(roots)) {}

  Result<Roots> Run() {
    for (const PlanPtr& node : order_) uses_[node.get()].resize(node->schema.fields.size());
    for (const PlanPtr& root : roots_) UseAll(&uses_[root.get()]);
    for (size_t i = order_.size(); i-- > 0;) Demand(*order_[i]);
    size_t at = 0;
    return Rewrite(roots_, [&](const PlanPtr& node) -> Result<PlanPtr> {
      const PlanNode& old = *order_[at++];
      Moves moves;
      PlanPtr rebuilt = Rebuild(node, old, &moves);
      kept_.push_back(rebuilt);
      moves_[rebuilt.get()] = std::move(moves);
      return rebuilt;
    });
  }

 private:
  // ---- down: what is read ----

  void Demand(const PlanNode& node) {
    const Uses& own = uses_[&node];
    std::vector<Uses*> in;
    for (const PlanPtr& input : node.inputs) in.push_back(&uses_[input.get()]);
    auto use = [&](int column, size_t input = 0) {
      (*in[input])[static_cast<size_t>(column)].whole = true;
    };
    auto use_all = [&](const std::vector<int>& columns, size_t input = 0) {
      for (int column : columns) use(column, input);
    };
    auto pass = [&](size_t columns) {
      for (size_t i = 0; i < columns; ++i) (*in[0])[i].Add(own[i]);
    };
    if (node.inputs.empty()) return;
    size_t first = node.inputs[0]->schema.fields.size();
    if (auto* calc = node.As<CalcNode>()) {
      if (calc->condition != nullptr) AddUses(*calc->condition, ColumnUse::Whole(), in[0]);
      for (size_t i = 0; i < calc->projections.size(); ++i) {
        if (own[i].used()) AddUses(*calc->projections[i], own[i], in[0]);
      }
    } else if (auto* aggregate = node.As<AggregateNode>()) {
      use_all(aggregate->keys);
      UseCalls(KeptCalls(own, aggregate->keys.size(), aggregate->calls, aggregate->keys.empty()),
               aggregate->calls, in[0]);
    } else if (auto* window = node.As<WindowAggregateNode>()) {
      use_all(window->keys);
      use_all(window->window.partition_keys);
      for (int column :
           {window->window.time_column, window->window_start_column, window->window_end_column}) {
        if (column >= 0) use(column);
      }
      UseCalls(KeptCalls(own, window->keys.size(), window->calls, false), window->calls, in[0]);
    } else if (auto* function = node.As<WindowTableFunctionNode>()) {
      pass(first);
      use(function->window.time_column);
      use_all(function->window.partition_keys);
    } else if (auto* expand = node.As<ExpandNode>()) {
      pass(first);
      use_all(expand->keys);
    } else if (auto* join = node.As<JoinNode>()) {
      DemandJoin(*join, own, first, in);
    } else if (auto* correlate = node.As<CorrelateNode>()) {
      pass(first);
      for (const ExprPtr& arg : correlate->args) AddUses(*arg, ColumnUse::Whole(), in[0]);
      if (correlate->condition != nullptr) {
        for (int column : InputsOf(correlate->condition)) {
          if (static_cast<size_t>(column) < first) use(column);
        }
      }
    } else if (node.As<UnionNode>() != nullptr) {
      for (size_t input = 0; input < in.size(); ++input) {
        for (size_t i = 0; i < own.size(); ++i) {
          if (own[i].used()) use(static_cast<int>(i), input);
        }
      }
    } else if (node.As<SetOperationNode>() != nullptr) {
      for (Uses* uses : in) UseAll(uses);
    } else {
      pass(first);
      if (auto* sort = node.As<SortNode>()) {
        for (const SortKey& key : sort->keys) use(key.column);
      } else if (auto* exchange = node.As<ExchangeNode>()) {
        use_all(exchange->keys);
      } else if (auto* normalize = node.As<ChangelogNormalizeNode>()) {
        use_all(normalize->keys);
        if (normalize->condition != nullptr)
          AddUses(*normalize->condition, ColumnUse::Whole(), in[0]);
      } else if (auto* watermark = node.As<WatermarkNode>()) {
        use(watermark->rowtime_column);
        if (watermark->watermark != nullptr)
          AddUses(*watermark->watermark, ColumnUse::Whole(), in[0]);
      }
    }
  }

  static void DemandJoin(const JoinNode& join, const Uses& own, size_t left,
                         const std::vector<Uses*>& in) {
    auto side = [&](size_t column) -> ColumnUse& {
      return column < left ? (*in[0])[column] : (*in[1])[column - left];
    };
    for (size_t i = 0; i < own.size(); ++i) side(i).Add(own[i]);
    for (int key : join.left_keys) (*in[0])[static_cast<size_t>(key)].whole = true;
    for (int key : join.right_keys) (*in[1])[static_cast<size_t>(key)].whole = true;
    if (join.condition == nullptr) return;
    Uses both(left + in[1]->size());
    AddUses(*join.condition, ColumnUse::Whole(), &both);
    for (size_t i = 0; i < both.size(); ++i) side(i).Add(both[i]);
  }

  /// Calls whose result is read. Without keys one stays: a row comes out even of no rows.
  static std::vector<size_t> KeptCalls(const Uses& own, size_t first,
                                       const std::vector<AggregateCall>& calls, bool keep_one) {
    std::vector<size_t> kept;
    for (size_t i = 0; i < calls.size(); ++i) {
      if (own[first + i].used()) kept.push_back(i);
    }
    if (kept.empty() && keep_one && !calls.empty()) kept.push_back(0);
    return kept;
  }

  static void UseCalls(const std::vector<size_t>& kept, const std::vector<AggregateCall>& calls,
                       Uses* in) {
    auto use = [&](int column) { (*in)[static_cast<size_t>(column)].whole = true; };
    for (size_t i : kept) {
      for (int arg : calls[i].args) use(arg);
      if (calls[i].filter >= 0) use(calls[i].filter);
      for (const SortKey& key : calls[i].order_by) use(key.column);
    }
  }

  // ---- up: rebuilding ----

  /// Columns that a node passes on go where its input's went; `schema` gets them under the node's
  /// own names.
  static void PassOn(const Moves& input, const Schema& old, const PlanNode& rebuilt_input,
                     Moves* moves, Schema* schema) {
    size_t first = schema->fields.size();
    schema->fields.resize(first + rebuilt_input.schema.fields.size());
    for (size_t i = 0; i < input.size(); ++i) {
      ColumnMove move = input[i];
      if (move.index >= 0) {
        const Field& field = old.fields[moves->size()];
        schema->fields[first + static_cast<size_t>(move.index)] = {
            field.name, MovedType(field.type, move.fields)};
        move.index += static_cast<int>(first);
      }
      moves->push_back(std::move(move));
    }
  }

  static void Remap(std::vector<int>* columns, const Moves& moves) {
    for (int& column : *columns) column = moves[static_cast<size_t>(column)].index;
  }
  static void Remap(int* column, const Moves& moves) {
    if (*column >= 0) *column = moves[static_cast<size_t>(*column)].index;
  }
  static void Remap(std::vector<AggregateCall>* calls, const Moves& moves) {
    for (AggregateCall& call : *calls) {
      Remap(&call.args, moves);
      Remap(&call.filter, moves);
      for (SortKey& key : call.order_by) Remap(&key.column, moves);
    }
  }
  static void Append(const Field& field, Moves* moves, Schema* schema) {
    moves->push_back({schema->size(), nullptr});
    schema->fields.push_back(field);
  }

  PlanPtr Rebuild(const PlanPtr& node, const PlanNode& old, Moves* moves) {
    std::vector<const Moves*> in;
    bool changed = false;
    for (const PlanPtr& input : node->inputs) {
      in.push_back(&moves_[input.get()]);
      changed |= !IsIdentityMove(*in.back());
    }
    const Uses& own = uses_[&old];
    if (auto* scan = node->As<ScanNode>()) return RebuildScan(node, *scan, own, moves);
    if (auto* values = node->As<ValuesNode>()) return RebuildValues(node, *values, own, moves);
    if (auto* calc = node->As<CalcNode>())
      return RebuildCalc(node, *calc, own, *in[0], changed, moves);
    if (auto* aggregate = node->As<AggregateNode>())
      return RebuildAggregate(node, *aggregate, own, *in[0], changed, moves);
    if (auto* window = node->As<WindowAggregateNode>())
      return RebuildWindow(node, *window, own, *in[0], changed, moves);
    if (node->As<UnionNode>() != nullptr) return RebuildUnion(node, own, in, changed, moves);
    if (!changed) {
      *moves = IdentityMoves(node->schema.fields.size());
      return node;
    }
    return RebuildOther(node, in, moves);
  }

  static PlanPtr RebuildCalc(const PlanPtr& node, const CalcNode& calc, const Uses& own,
                             const Moves& in, bool changed, Moves* moves) {
    CalcNode result;
    Schema schema;
    if (calc.condition != nullptr) result.condition = Moved(calc.condition, in).expr;
    for (size_t i = 0; i < calc.projections.size(); ++i) {
      if (!own[i].used()) {
        moves->push_back({-1, nullptr});
        changed = true;
        continue;
      }
      MovedExpr moved = Moved(calc.projections[i], in);
      const Field& field = node->schema.fields[i];
      moves->push_back({schema.size(), moved.fields});
      schema.fields.push_back({field.name, MovedType(field.type, moved.fields)});
      result.projections.push_back(std::move(moved.expr));
    }
    if (!changed) return node;
    return MakePlan(std::move(result), std::move(schema), node->inputs, node->traits);
  }

  /// Keys and the calls that are read; says whether calls went.
  static bool KeepCalls(const PlanNode& node, const Uses& own, size_t keys, bool keep_one,
                        std::vector<AggregateCall>* calls, Moves* moves, Schema* schema) {
    std::vector<size_t> kept = KeptCalls(own, keys, *calls, keep_one);
    for (size_t i = 0; i < keys; ++i) Append(node.schema.fields[i], moves, schema);
    std::vector<AggregateCall> remaining;
    for (size_t i = 0; i < calls->size(); ++i) {
      if (std::find(kept.begin(), kept.end(), i) == kept.end()) {
        moves->push_back({-1, nullptr});
        continue;
      }
      Append(node.schema.fields[keys + i], moves, schema);
      remaining.push_back((*calls)[i]);
    }
    bool went = remaining.size() != calls->size();
    *calls = std::move(remaining);
    return went;
  }

  static PlanPtr RebuildAggregate(const PlanPtr& node, const AggregateNode& aggregate,
                                  const Uses& own, const Moves& in, bool changed, Moves* moves) {
    AggregateNode result = aggregate;
    Schema schema;
    changed |= KeepCalls(*node, own, aggregate.keys.size(), aggregate.keys.empty(), &result.calls,
                         moves, &schema);
    if (!changed) return node;
    Remap(&result.keys, in);
    Remap(&result.calls, in);
    return MakePlan(std::move(result), std::move(schema), node->inputs, node->traits);
  }

  static PlanPtr RebuildWindow(const PlanPtr& node, const WindowAggregateNode& window,
                               const Uses& own, const Moves& in, bool changed, Moves* moves) {
    WindowAggregateNode result = window;
    Schema schema;
    changed |= KeepCalls(*node, own, window.keys.size(), false, &result.calls, moves, &schema);
    size_t at = window.keys.size() + window.calls.size();
    for (bool* emit : {&result.emit_start, &result.emit_end, &result.emit_time}) {
      if (!*emit) continue;
      *emit = own[at].used();
      if (*emit) {
        Append(node->schema.fields[at], moves, &schema);
      } else {
        moves->push_back({-1, nullptr});
        changed = true;
      }
      ++at;
    }
    if (!changed) return node;
    Remap(&result.keys, in);
    Remap(&result.calls, in);
    Remap(&result.window.time_column, in);
    Remap(&result.window.partition_keys, in);
    Remap(&result.window_start_column, in);
    Remap(&result.window_end_column, in);
    return MakePlan(std::move(result), std::move(schema), node->inputs, node->traits);
  }

  static PlanPtr RebuildUnion(const PlanPtr& node, const Uses& own,
                              const std::vector<const Moves*>& in, bool changed, Moves* moves) {
    std::vector<int> kept;
    Schema schema;
    for (size_t i = 0; i < own.size(); ++i) {
      if (own[i].used()) {
        kept.push_back(static_cast<int>(i));
        Append(node->schema.fields[i], moves, &schema);
      } else {
        moves->push_back({-1, nullptr});
        changed = true;
      }
    }
    if (!changed) return node;
    // Inputs may keep columns for themselves: all must give the same ones.
    std::vector<PlanPtr> inputs;
    for (size_t input = 0; input < in.size(); ++input) {
      const PlanPtr& plan = node->inputs[input];
      std::vector<ExprPtr> columns;
      std::vector<std::string> names;
      for (int column : kept) {
        int at = (*in[input])[static_cast<size_t>(column)].index;
        columns.push_back(MakeInput(at, plan->schema[at].type));
        names.push_back(plan->schema[at].name);
      }
      bool same = columns.size() == plan->schema.fields.size();
      for (size_t i = 0; same && i < columns.size(); ++i)
        same = columns[i]->index == static_cast<int>(i);
      inputs.push_back(same ? plan : MakeProject(plan, std::move(columns), std::move(names)));
    }
    return MakePlan(UnionNode{}, std::move(schema), std::move(inputs), node->traits);
  }

  static PlanPtr RebuildValues(const PlanPtr& node, const ValuesNode& values, const Uses& own,
                               Moves* moves) {
    ValuesNode result;
    Schema schema;
    result.rows.resize(values.rows.size());
    for (size_t i = 0; i < own.size(); ++i) {
      if (!own[i].used()) {
        moves->push_back({-1, nullptr});
        continue;
      }
      Append(node->schema.fields[i], moves, &schema);
      for (size_t r = 0; r < values.rows.size(); ++r) result.rows[r].push_back(values.rows[r][i]);
    }
    if (schema.fields.size() == own.size()) return node;
    return MakePlan(std::move(result), std::move(schema), {}, node->traits);
  }

  /// A column to keep where none is read: rows must still be counted.
  static size_t CheapestColumn(const Schema& schema) {
    for (size_t i = 0; i < schema.fields.size(); ++i) {
      const DataType& type = schema.fields[i].type;
      if (!type.is_view() && !type.is_nested()) return i;
    }
    return 0;
  }

  /// Whether rows can be counted without reading a column: Parquet files say how many there are.
  static bool CountsRowsAlone(const ScanNode& scan) {
    const auto& options = scan.table->options;
    auto format = options.find("format");
    auto hinted = scan.hint_options.find("format");
    const std::string* name = hinted != scan.hint_options.end() ? &hinted->second
                              : format != options.end()         ? &format->second
                                                                : nullptr;
    return name != nullptr && *name == "parquet";
  }

  static PlanPtr RebuildScan(const PlanPtr& node, const ScanNode& scan, Uses own, Moves* moves) {
    const bool needs_column = !CountsRowsAlone(scan);
    for (const ExprPtr& expr : {scan.filter, scan.watermark}) {
      if (expr != nullptr) AddUses(*expr, ColumnUse::Whole(), &own);
    }
    if (scan.rowtime_column >= 0) own[static_cast<size_t>(scan.rowtime_column)].whole = true;
    bool none =
        std::none_of(own.begin(), own.end(), [](const ColumnUse& use) { return use.used(); });
    if (none && needs_column && !own.empty()) own[CheapestColumn(node->schema)].whole = true;
    // What is read of the scanned columns.
    Uses scanned(scan.scan_schema.fields.size());
    if (scan.projections.empty()) {
      scanned = own;
    } else {
      for (size_t i = 0; i < own.size(); ++i) {
        if (own[i].used()) AddUses(*scan.projections[i], own[i], &scanned);
      }
    }
    none = std::none_of(scanned.begin(), scanned.end(),
                        [](const ColumnUse& use) { return use.used(); });
    if (none && needs_column && !scanned.empty())
      scanned[CheapestColumn(scan.scan_schema)].whole = true;
    ScanNode result = scan;
    result.scan_schema.fields.clear();
    Moves columns;
    bool changed = false;
    for (size_t i = 0; i < scanned.size(); ++i) {
      if (!scanned[i].used()) {
        columns.push_back({-1, nullptr});
        changed = true;
        continue;
      }
      const Field& field = scan.scan_schema.fields[i];
      FieldMovesPtr fields = KeepUsedFields(field.type, scanned[i]);
      changed |= fields != nullptr;
      columns.push_back({result.scan_schema.size(), fields});
      result.scan_schema.fields.push_back({field.name, MovedType(field.type, fields)});
    }
    Schema schema;
    if (scan.projections.empty()) {
      *moves = columns;
      for (size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].index < 0) continue;
        const Field& field = node->schema.fields[i];
        schema.fields.push_back({field.name, MovedType(field.type, columns[i].fields)});
      }
    } else {
      result.projections.clear();
      for (size_t i = 0; i < own.size(); ++i) {
        if (!own[i].used()) {
          moves->push_back({-1, nullptr});
          changed = true;
          continue;
        }
        MovedExpr moved = Moved(scan.projections[i], columns);
        const Field& field = node->schema.fields[i];
        moves->push_back({schema.size(), moved.fields});
        schema.fields.push_back({field.name, MovedType(field.type, moved.fields)});
        result.projections.push_back(std::move(moved.expr));
      }
      if (result.projections.empty() && needs_column) return RestoreScan(node, moves);
    }
    if (!changed) {
      *moves = IdentityMoves(node->schema.fields.size());
      return node;
    }
    Remap(&result.rowtime_column, *moves);
    if (scan.filter != nullptr) result.filter = Moved(scan.filter, *moves).expr;
    if (scan.watermark != nullptr) result.watermark = Moved(scan.watermark, *moves).expr;
    return MakePlan(std::move(result), std::move(schema), {}, node->traits);
  }

  static PlanPtr RestoreScan(const PlanPtr& node, Moves* moves) {
    *moves = IdentityMoves(node->schema.fields.size());
    return node;
  }

  /// Nodes that pass their inputs' columns on, in order, and may add their own.
  static PlanPtr RebuildOther(const PlanPtr& node, const std::vector<const Moves*>& in,
                              Moves* moves) {
    PlanSpec spec = node->spec;
    Schema schema;
    const Moves& first = *in[0];
    PassOn(first, node->schema, *node->inputs[0], moves, &schema);
    auto own_columns = [&] {
      for (size_t i = moves->size(); i < node->schema.fields.size(); ++i)
        Append(node->schema.fields[i], moves, &schema);
    };
    if (auto* function = std::get_if<WindowTableFunctionNode>(&spec)) {
      Remap(&function->window.time_column, first);
      Remap(&function->window.partition_keys, first);
      own_columns();
    } else if (auto* expand = std::get_if<ExpandNode>(&spec)) {
      Remap(&expand->keys, first);
      own_columns();
    } else if (auto* correlate = std::get_if<CorrelateNode>(&spec)) {
      own_columns();
      for (ExprPtr& arg : correlate->args) arg = Moved(arg, first).expr;
      if (correlate->condition != nullptr)
        correlate->condition = Moved(correlate->condition, *moves).expr;
    } else if (auto* join = std::get_if<JoinNode>(&spec)) {
      Remap(&join->left_keys, first);
      Remap(&join->right_keys, *in[1]);
      Moves both = *moves;
      if (join->type == JoinType::kSemi || join->type == JoinType::kAnti) {
        int shift = node->inputs[0]->schema.size();
        for (ColumnMove move : *in[1]) {
          if (move.index >= 0) move.index += shift;
          both.push_back(std::move(move));
        }
      } else {
        PassOn(*in[1], node->schema, *node->inputs[1], moves, &schema);
        both = *moves;
      }
      if (join->condition != nullptr) join->condition = Moved(join->condition, both).expr;
    } else if (auto* sort = std::get_if<SortNode>(&spec)) {
      for (SortKey& key : sort->keys) Remap(&key.column, first);
    } else if (auto* exchange = std::get_if<ExchangeNode>(&spec)) {
      Remap(&exchange->keys, first);
    } else if (auto* normalize = std::get_if<ChangelogNormalizeNode>(&spec)) {
      Remap(&normalize->keys, first);
      if (normalize->condition != nullptr)
        normalize->condition = Moved(normalize->condition, first).expr;
    } else if (auto* watermark = std::get_if<WatermarkNode>(&spec)) {
      Remap(&watermark->rowtime_column, first);
      if (watermark->watermark != nullptr)
        watermark->watermark = Moved(watermark->watermark, first).expr;
    }
    return MakePlan(std::move(spec), std::move(schema), node->inputs, node->traits);
  }

  const Roots& roots_;
  std::vector<PlanPtr> order_;
  std::unordered_map<const PlanNode*, Uses> uses_;
  std::unordered_map<const PlanNode*, Moves> moves_;
  std::vector<PlanPtr> kept_;
};

}  // namespace

Result<Roots> PruneColumns(Roots roots, const OptimizerContext& context) {
  return ColumnPruner(roots).Run();
}

}  // namespace weir::optimizer
