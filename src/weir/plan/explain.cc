// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/plan/explain.h"

#include <map>

#include "weir/data/text.h"

namespace weir {
namespace {

using Parts = std::vector<std::string>;

std::string Listed(const Parts& parts) { return fmt::format("[{}]", fmt::join(parts, ", ")); }

std::string Millis(int64_t millis) {
  static constexpr std::pair<int64_t, const char*> kUnits[] = {
      {86'400'000, "d"}, {3'600'000, "h"}, {60'000, "min"}, {1000, "s"}};
  for (auto [size, name] : kUnits) {
    if (millis != 0 && millis % size == 0) return fmt::format("{} {}", millis / size, name);
  }
  return fmt::format("{} ms", millis);
}

/// A column with the fields of its ROW that are read, where some are not: "bid(price, item(id))".
std::string ReadPart(const std::string& name, const DataType& read, const DataType& declared) {
  bool whole = read.kind() != TypeKind::kRow || declared.kind() != TypeKind::kRow ||
               declared.EqualsIgnoringNullable(read);
  if (whole) return name;
  Parts fields;
  for (const Field& inner : read.fields()) {
    int index = declared.FieldIndex(inner.name);
    fields.push_back(index < 0 ? inner.name
                               : ReadPart(inner.name, inner.type,
                                          declared.fields()[static_cast<size_t>(index)].type));
  }
  return fmt::format("{}({})", name, fmt::join(fields, ", "));
}

std::string ScannedColumn(const Field& field, const TableDefinition* table) {
  int index = table == nullptr ? -1 : table->ColumnIndex(field.name);
  return index < 0
             ? field.name
             : ReadPart(field.name, field.type, table->columns[static_cast<size_t>(index)].type);
}

std::string FilterText(const PushedFilter& filter, const Schema& schema) {
  static constexpr const char* kOps[] = {"=",  "<>",      "<",           "<=", ">",
                                         ">=", "IS NULL", "IS NOT NULL", "IN"};
  std::string text = filter.column + " " + kOps[static_cast<size_t>(filter.op)];
  DataType type;
  size_t begin = 0;
  const std::vector<Field>* fields = &schema.fields;
  while (fields != nullptr && begin <= filter.column.size()) {  // Follows a dotted path.
    size_t dot = filter.column.find('.', begin);
    std::string step = filter.column.substr(begin, dot == std::string::npos ? dot : dot - begin);
    const std::vector<Field>* next = nullptr;
    for (const Field& field : *fields) {
      if (field.name == step) {
        type = field.type;
        next = &field.type.fields();
      }
    }
    if (dot == std::string::npos) break;
    fields = next;
    begin = dot + 1;
  }
  Parts values;
  for (const Value& value : filter.values)
    values.push_back(ExprToString(*MakeLiteral(value, type), {}));
  if (filter.op == PushedFilter::Op::kIn)
    return text + " (" + fmt::format("{}", fmt::join(values, ", ")) + ")";
  return values.empty() ? text : text + " " + values[0];
}

class NodeText {
 public:
  NodeText(const PlanNode& node, const ExplainOptions& options) : node_(node), options_(options) {
    for (const PlanPtr& input : node.inputs) inputs_.push_back(ColumnNames(input->schema));
  }

  Parts Describe() {
    std::visit([this](const auto& spec) { Add(spec); }, node_.spec);
    const PlanTraits& traits = node_.traits;
    if (options_.changelog_mode) {
      bool ends = node_.As<SinkNode>() != nullptr || node_.As<CollectNode>() != nullptr;
      parts_.push_back(
          fmt::format("changelogMode=[{}]", ends ? "NONE" : traits.changes.ToString()));
    }
    if (options_.upsert_keys && !traits.upsert_keys.empty()) {
      Parts keys;
      for (const std::vector<int>& key : traits.upsert_keys)
        keys.push_back(Listed(Columns(key, ColumnNames(node_.schema))));
      Put("upsertKeys", keys);
    }
    if (options_.semantic_ids && !traits.semantic_id.empty()) Put("id", traits.semantic_id);
    return std::move(parts_);
  }

 private:
  void Put(std::string_view name, const std::string& value) {
    parts_.push_back(fmt::format("{}=[{}]", name, value));
  }
  void PutTtl(std::string_view name, int64_t millis) {
    if (millis != 0) Put(name, millis < 0 ? std::string("never") : Millis(millis));
  }
  void Put(std::string_view name, const Parts& values) {
    Put(name, fmt::format("{}", fmt::join(values, ", ")));
  }

  static std::string Name(int column, const Parts& names) {
    return column >= 0 && static_cast<size_t>(column) < names.size()
               ? names[static_cast<size_t>(column)]
               : fmt::format("${}", column);
  }
  static Parts Columns(const std::vector<int>& columns, const Parts& names) {
    Parts out;
    for (int column : columns) out.push_back(Name(column, names));
    return out;
  }
  const Parts& Input(size_t i = 0) const {
    static const Parts kNone;
    return i < inputs_.size() ? inputs_[i] : kNone;
  }

  static std::string As(const std::string& text, const std::string& name) {
    return text == name ? text : fmt::format("{} AS {}", text, name);
  }

  Parts Selected(const std::vector<ExprPtr>& exprs, const Parts& names) const {
    Parts out;
    for (size_t i = 0; i < exprs.size(); ++i) {
      std::string text = ExprToString(*exprs[i], names);
      out.push_back(i < node_.schema.fields.size() ? As(text, node_.schema.fields[i].name) : text);
    }
    return out;
  }

  Parts Orders(const std::vector<SortKey>& keys) const {
    Parts out;
    for (const SortKey& key : keys) {
      std::string text = Name(key.column, Input()) + (key.descending ? " DESC" : " ASC");
      if (key.nulls_first == key.descending)
        text += key.nulls_first ? " NULLS FIRST" : " NULLS LAST";
      out.push_back(std::move(text));
    }
    return out;
  }

  std::string CallText(const AggregateCall& call, bool is_global) const {
    if (is_global) return call.function + "(...)";
    Parts args = Columns(call.args, Input());
    for (size_t i = 0; i < args.size() && i < call.literals.size(); ++i) {
      if (call.literals[i])
        args[i] = ExprToString(*MakeLiteral(*call.literals[i], ArgType(call.args[i])), {});
    }
    std::string inner =
        args.empty() && call.function == "COUNT" ? "*" : fmt::format("{}", fmt::join(args, ", "));
    std::string text =
        fmt::format("{}({}{}{})", call.function, call.distinct ? "DISTINCT " : "", inner,
                    call.order_by.empty()
                        ? ""
                        : fmt::format(" ORDER BY {}", fmt::join(Orders(call.order_by), ", ")));
    if (call.filter >= 0) text += " FILTER " + Name(call.filter, Input());
    return text;
  }
  DataType ArgType(int column) const {
    const Schema& schema = node_.inputs[0]->schema;
    return column >= 0 && column < schema.size() ? schema[column].type : DataType::Null();
  }

  void AddCalls(const std::vector<int>& keys, const std::vector<AggregateCall>& calls,
                AggregatePhase phase) {
    if (!keys.empty()) Put("groupBy", Columns(keys, Input()));
    Parts select = Columns(keys, Input());
    for (const AggregateCall& call : calls)
      select.push_back(As(CallText(call, phase == AggregatePhase::kGlobal), call.name));
    select_ = std::move(select);
  }

  std::string WindowText(const WindowSpec& window, const Parts& names, int start = -1,
                         int end = -1) const {
    static constexpr const char* kKinds[] = {"TUMBLE", "HOP", "CUMULATE", "SESSION"};
    Parts parts;
    if (end >= 0) {
      parts.push_back(
          fmt::format("win_start=[{}], win_end=[{}]", Name(start, names), Name(end, names)));
    } else {
      parts.push_back(fmt::format("time_col=[{}]", Name(window.time_column, names)));
    }
    switch (window.kind) {
      case WindowKind::kTumble:
        parts.push_back(fmt::format("size=[{}]", Millis(window.size_millis)));
        break;
      case WindowKind::kHop:
        parts.push_back(fmt::format("size=[{}], slide=[{}]", Millis(window.size_millis),
                                    Millis(window.step_millis)));
        break;
      case WindowKind::kCumulate:
        parts.push_back(fmt::format("max_size=[{}], step=[{}]", Millis(window.size_millis),
                                    Millis(window.step_millis)));
        break;
      case WindowKind::kSession:
        parts.push_back(fmt::format("gap=[{}]", Millis(window.size_millis)));
        if (!window.partition_keys.empty()) {
          parts.push_back(
              fmt::format("partition keys={}", Listed(Columns(window.partition_keys, names))));
        }
        break;
    }
    if (window.offset_millis != 0)
      parts.push_back(fmt::format("offset=[{}]", Millis(window.offset_millis)));
    if (window.is_proctime) parts.push_back("proctime");
    return fmt::format("{}({})", kKinds[static_cast<size_t>(window.kind)], fmt::join(parts, ", "));
  }

  void Add(const ScanNode& scan) {
    if (scan.table != nullptr) Put("table", scan.table->name.ToString());
    Parts fields;
    for (const Field& field : scan.scan_schema.fields)
      fields.push_back(ScannedColumn(field, scan.table.get()));
    Put("fields", fields);
    Parts names = ColumnNames(scan.scan_schema), output = ColumnNames(node_.schema);
    Parts computed;
    bool plain = scan.projections.size() == names.size();
    for (size_t i = 0; i < scan.projections.size(); ++i) {
      plain &= scan.projections[i]->is_input() && scan.projections[i]->index == static_cast<int>(i);
    }
    if (!scan.projections.empty() && !plain) Put("select", Selected(scan.projections, names));
    if (scan.filter != nullptr) Put("filter", ExprToString(*scan.filter, output));
    for (const PushedFilter& filter : scan.pushed_filters)
      computed.push_back(FilterText(filter, scan.scan_schema));
    if (!computed.empty()) Put("pushed", computed);
    if (scan.limit) Put("limit", std::to_string(*scan.limit));
    Parts partitions;
    for (const auto& partition : scan.partitions) {
      Parts values;
      for (const auto& [key, value] : partition) values.push_back(key + "=" + value);
      partitions.push_back("{" + fmt::format("{}", fmt::join(values, ", ")) + "}");
    }
    if (!partitions.empty()) Put("partitions", partitions);
    if (scan.rowtime_column >= 0) AddWatermark(scan.rowtime_column, scan.watermark, output);
    Parts hints;
    for (const auto& [key, value] : scan.hint_options) hints.push_back(key + ":" + value);
    if (!hints.empty()) Put("hints", hints);
  }
  void AddWatermark(int rowtime, const ExprPtr& watermark, const Parts& names) {
    Put("rowtime", Name(rowtime, names));
    Put("watermark", watermark == nullptr ? "SOURCE_WATERMARK()" : ExprToString(*watermark, names));
  }
  void Add(const ValuesNode& values) {
    constexpr size_t kShown = 10;
    Parts rows;
    for (size_t r = 0; r < values.rows.size() && r < kShown; ++r) {
      Parts cells;
      for (size_t c = 0; c < values.rows[r].size() && c < node_.schema.fields.size(); ++c) {
        cells.push_back(
            ExprToString(*MakeLiteral(values.rows[r][c], node_.schema.fields[c].type), {}));
      }
      rows.push_back("{ " + fmt::format("{}", fmt::join(cells, ", ")) + " }");
    }
    if (values.rows.size() > kShown) rows.push_back(fmt::format("... {} rows", values.rows.size()));
    Put("tuples", Listed(rows));
    Put("fields", ColumnNames(node_.schema));
  }
  void Add(const CalcNode& calc) {
    Put("select", Selected(calc.projections, Input()));
    if (calc.condition != nullptr) Put("where", ExprToString(*calc.condition, Input()));
  }
  void Add(const AggregateNode& aggregate) {
    AddCalls(aggregate.keys, aggregate.calls, aggregate.phase);
    Put("select", select_);
    PutTtl("stateTtl", aggregate.state_ttl_millis);
  }
  void Add(const ExpandNode& expand) {
    Parts sets;
    for (size_t i = 0; i < expand.sets.size(); ++i) {
      Parts keys;
      for (int key : expand.sets[i])
        keys.push_back(Name(expand.keys[static_cast<size_t>(key)], Input()));
      sets.push_back("{" + fmt::format("{}", fmt::join(keys, ", ")) + "}");
    }
    Put("sets", sets);
  }
  void Add(const WindowTableFunctionNode& function) {
    Put("window", WindowText(function.window, Input()));
  }
  void Add(const WindowAggregateNode& window) {
    AddCalls(window.keys, window.calls, window.phase);
    if (window.phase == AggregatePhase::kGlobal) {
      Put("window",
          WindowText(window.window, {}, window.window_start_column, window.window_end_column));
    } else {
      Put("window",
          WindowText(window.window, Input(), window.window_start_column, window.window_end_column));
    }
    if (window.phase != AggregatePhase::kLocal) {
      if (window.emit_start) select_.push_back("start('w$') AS window_start");
      if (window.emit_end) select_.push_back("end('w$') AS window_end");
      if (window.emit_time) select_.push_back("rowtime('w$') AS window_time");
    }
    Put("select", select_);
  }
  void Add(const JoinNode& join) {
    static constexpr const char* kTypes[] = {"InnerJoin",     "LeftOuterJoin", "RightOuterJoin",
                                             "FullOuterJoin", "LeftSemiJoin",  "LeftAntiJoin"};
    Put("joinType", kTypes[static_cast<size_t>(join.type)]);
    Parts conditions;
    for (size_t i = 0; i < join.left_keys.size(); ++i) {
      bool null_safe = i < join.null_safe.size() && join.null_safe[i];
      conditions.push_back(fmt::format("({} {} {})", Name(join.left_keys[i], Input(0)),
                                       null_safe ? "IS NOT DISTINCT FROM" : "=",
                                       Name(join.right_keys[i], Input(1))));
    }
    if (join.condition != nullptr) {
      Parts names = Input(0);
      names.insert(names.end(), Input(1).begin(), Input(1).end());
      conditions.push_back(ExprToString(*join.condition, names));
    }
    Put("where", conditions.empty() ? "true" : fmt::format("{}", fmt::join(conditions, " AND ")));
    Put("select", ColumnNames(node_.schema));
    PutTtl("leftStateTtl", join.left_ttl_millis);
    PutTtl("rightStateTtl", join.right_ttl_millis);
  }
  void Add(const SortNode& sort) {
    if (!sort.keys.empty()) Put("orderBy", Orders(sort.keys));
    if (sort.offset > 0) Put("offset", std::to_string(sort.offset));
    if (sort.fetch) Put("fetch", std::to_string(*sort.fetch));
  }
  void Add(const UnionNode&) {
    Put("all", "true");
    Put("union", ColumnNames(node_.schema));
  }
  void Add(const SetOperationNode& operation) { Put("all", operation.all ? "true" : "false"); }
  void Add(const CorrelateNode& correlate) {
    Parts args;
    for (const ExprPtr& arg : correlate.args) args.push_back(ExprToString(*arg, Input()));
    Put("invocation", fmt::format("{}({})", correlate.function, fmt::join(args, ", ")));
    Put("select", ColumnNames(node_.schema));
    Put("joinType", correlate.left_outer ? "LEFT" : "INNER");
    if (correlate.condition != nullptr)
      Put("condition", ExprToString(*correlate.condition, ColumnNames(node_.schema)));
  }
  void Add(const WatermarkNode& watermark) {
    AddWatermark(watermark.rowtime_column, watermark.watermark, Input());
  }
  void Add(const ChangelogNormalizeNode& normalize) {
    Put("key", Columns(normalize.keys, Input()));
    if (normalize.condition != nullptr)
      Put("condition", ExprToString(*normalize.condition, Input()));
  }
  void Add(const DropUpdateBeforeNode& drop) {
    if (drop.as_delete) Put("asDelete", "true");
  }
  void Add(const ExchangeNode& exchange) {
    static constexpr const char* kNames[] = {"hash", "single", "broadcast", "rebalance"};
    std::string text = kNames[static_cast<size_t>(exchange.distribution)];
    if (exchange.distribution == Distribution::kHash)
      text += Listed(Columns(exchange.keys, Input()));
    Put("distribution", text);
  }
  void Add(const SinkNode& sink) {
    Put("table", sink.target);
    Put("fields", ColumnNames(node_.schema));
    if (sink.overwrite) Put("overwrite", "true");
    if (!sink.upsert_key.empty()) Put("key", Columns(sink.upsert_key, ColumnNames(node_.schema)));
  }
  void Add(const CollectNode& collect) {
    Put("fields", ColumnNames(node_.schema));
    if (!collect.upsert_key.empty())
      Put("key", Columns(collect.upsert_key, ColumnNames(node_.schema)));
  }

  const PlanNode& node_;
  const ExplainOptions& options_;
  std::vector<Parts> inputs_;
  Parts parts_;
  Parts select_;
};

std::string NodeLine(const PlanNode& node, const ExplainOptions& options, int reuse_id) {
  Parts parts = NodeText(node, options).Describe();
  std::string text = fmt::format("{}({})", PlanName(node), fmt::join(parts, ", "));
  if (reuse_id > 0) text += fmt::format("(reuse_id=[{}])", reuse_id);
  if (options.estimated_cost) {
    text += node.traits.estimated_rows
                ? fmt::format(": rowcount = {:.0f}", *node.traits.estimated_rows)
                : std::string(": rowcount = unknown");
  }
  return text;
}

/// Prints a tree with a stack of its own: plans may be deep.
class TreePrinter {
 public:
  TreePrinter(const std::vector<PlanPtr>& roots, const ExplainOptions& options)
      : options_(options) {
    std::vector<const PlanNode*> open;
    for (const PlanPtr& root : roots) open.push_back(root.get());
    while (!open.empty()) {
      const PlanNode* node = open.back();
      open.pop_back();
      if (++readers_[node] > 1) continue;
      for (const PlanPtr& input : node->inputs) open.push_back(input.get());
    }
  }

  void Print(const PlanNode& root, std::string* out) {
    struct Item {
      const PlanNode* node;
      std::string prefix;  // Of the lines below it.
      std::string lead;    // Of its own line.
    };
    std::vector<Item> stack = {{&root, "", ""}};
    while (!stack.empty()) {
      Item item = std::move(stack.back());
      stack.pop_back();
      *out += item.lead;
      bool is_shared = readers_[item.node] > 1;
      if (is_shared && reused_.count(item.node) != 0) {
        *out += fmt::format("Reused(reference_id=[{}])\n", reused_[item.node]);
        continue;
      }
      int id = 0;
      if (is_shared) {
        id = static_cast<int>(reused_.size()) + 1;
        reused_[item.node] = id;
      }
      *out += NodeLine(*item.node, options_, id) + "\n";
      for (size_t i = item.node->inputs.size(); i-- > 0;) {
        bool last = i + 1 == item.node->inputs.size();
        stack.push_back({item.node->inputs[i].get(), item.prefix + (last ? "   " : ":  "),
                         item.prefix + (last ? "+- " : ":- ")});
      }
    }
  }

 private:
  const ExplainOptions& options_;
  std::map<const PlanNode*, int> readers_;
  std::map<const PlanNode*, int> reused_;
};

}  // namespace

std::string ExplainNode(const PlanNode& node, const ExplainOptions& options) {
  return NodeLine(node, options, 0);
}

std::string ExplainPlan(const std::vector<PlanPtr>& roots, const ExplainOptions& options) {
  TreePrinter printer(roots, options);
  std::string out;
  for (const PlanPtr& root : roots) {
    if (!out.empty()) out += "\n";
    printer.Print(*root, &out);
  }
  return out;
}

}  // namespace weir
