// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/plan/json_spec.h"

#include <algorithm>

namespace weir::plan {
namespace {

using Names = std::vector<std::string_view>;

const Names kWindowKinds = {"TUMBLE", "HOP", "CUMULATE", "SESSION"};
const Names kPhases = {"single", "local", "global"};
const Names kJoinTypes = {"INNER", "LEFT", "RIGHT", "FULL", "SEMI", "ANTI"};
const Names kDistributions = {"hash", "single", "broadcast", "rebalance"};
const Names kFilterOps = {"=", "<>", "<", "<=", ">", ">=", "IS NULL", "IS NOT NULL", "IN"};
const Names kOperations = {"EXCEPT", "INTERSECT"};

Json Exprs(const std::vector<ExprPtr>& exprs) {
  Json json = Json::array();
  for (const ExprPtr& expr : exprs) json.push_back(ExprToJson(*expr));
  return json;
}

Json SortKeys(const std::vector<SortKey>& keys) {
  Json json = Json::array();
  for (const SortKey& key : keys) {
    json.push_back(
        {{"column", key.column}, {"descending", key.descending}, {"nullsFirst", key.nulls_first}});
  }
  return json;
}

std::vector<SortKey> ReadSortKeys(JsonFields* fields, const char* name) {
  std::vector<SortKey> keys;
  for (const Json* item : fields->Items(name)) {
    JsonFields of(*item, "a sort key of " + fields->where());
    keys.push_back(
        {of.Column("column", -1), of.Bool("descending", false), of.Bool("nullsFirst", true)});
    fields->Fail(of.Finish());
  }
  return keys;
}

Json Window(const WindowSpec& window) {
  Json json = {{"kind", kWindowKinds[static_cast<size_t>(window.kind)]},
               {"sizeMillis", window.size_millis}};
  if (window.time_column >= 0) json["timeColumn"] = window.time_column;
  if (window.is_proctime) json["proctime"] = true;
  if (window.step_millis != 0) json["stepMillis"] = window.step_millis;
  if (window.offset_millis != 0) json["offsetMillis"] = window.offset_millis;
  if (!window.partition_keys.empty()) json["partitionKeys"] = window.partition_keys;
  return json;
}

WindowSpec ReadWindow(JsonFields* fields) {
  WindowSpec window;
  const Json* json = fields->Find("window");
  if (json == nullptr) {
    fields->Fail(InvalidData("{} has no field 'window'", fields->where()));
    return window;
  }
  JsonFields of(*json, "window of " + fields->where());
  window.kind = static_cast<WindowKind>(of.OneOf("kind", kWindowKinds, 0));
  window.time_column = of.Column("timeColumn", -1);
  window.is_proctime = of.Bool("proctime", false);
  window.size_millis = of.Int("sizeMillis", 0);
  window.step_millis = of.Int("stepMillis", 0);
  window.offset_millis = of.Int("offsetMillis", 0);
  window.partition_keys = of.Ints("partitionKeys");
  bool has_step = window.kind == WindowKind::kHop || window.kind == WindowKind::kCumulate;
  if (window.size_millis <= 0 || window.step_millis < 0 || (has_step && window.step_millis == 0)) {
    of.Fail(InvalidData("window of {} has no positive size or step", fields->where()));
  }
  fields->Fail(of.Finish());
  return window;
}

Json Calls(const std::vector<AggregateCall>& calls) {
  Json json = Json::array();
  for (const AggregateCall& call : calls) {
    Json item = {{"function", call.function}, {"args", call.args}, {"name", call.name}};
    Json type = TypeToJson(call.type);
    item.update(type);
    Json literals = Json::array();
    bool any = false;
    for (const auto& literal : call.literals) {
      any |= literal.has_value();
      // A literal argument is text, a number or a boolean: its JSON says which.
      literals.push_back(literal ? Json{{"value", ValueToJson(*literal, DataType::String())}}
                                 : Json(nullptr));
    }
    if (any) item["literals"] = std::move(literals);
    if (call.distinct) item["distinct"] = true;
    if (call.filter >= 0) item["filter"] = call.filter;
    if (!call.order_by.empty()) item["orderBy"] = SortKeys(call.order_by);
    json.push_back(std::move(item));
  }
  return json;
}

/// The value of a literal argument, whose type is that of its column.
Result<std::optional<Value>> ReadLiteral(const Json& json, const std::string& where) {
  if (json.is_null()) return std::optional<Value>();
  if (!json.is_object() || !json.contains("value") || json.size() != 1)
    return InvalidData("{} must be {{\"value\": ..}}", where);
  const Json& value = json["value"];
  DataType type = value.is_boolean()          ? DataType::Boolean()
                  : value.is_number_integer() ? DataType::BigInt()
                  : value.is_number()         ? DataType::Double()
                                              : DataType::String();
  WEIR_ASSIGN_OR_RETURN(Value read, ValueFromJson(value, type, where));
  return std::make_optional(std::move(read));
}

std::vector<AggregateCall> ReadCalls(JsonFields* fields) {
  std::vector<AggregateCall> calls;
  for (const Json* item : fields->Items("calls")) {
    JsonFields of(*item, fmt::format("call {} of {}", calls.size(), fields->where()));
    AggregateCall call;
    call.function = of.Text("function");
    call.args = of.Ints("args");
    call.name = of.Text("name");
    call.type = of.Type();
    for (const Json* literal : of.Items("literals")) {
      auto value = ReadLiteral(*literal, "a literal of " + of.where());
      if (!value.ok()) of.Fail(value.status());
      call.literals.push_back(value.ok() ? *value : std::nullopt);
    }
    if (call.literals.empty()) call.literals.resize(call.args.size());
    call.distinct = of.Bool("distinct", false);
    call.filter = of.Column("filter", -1);
    call.order_by = ReadSortKeys(&of, "orderBy");
    fields->Fail(of.Finish());
    calls.push_back(std::move(call));
  }
  return calls;
}

const DataType* FieldType(const Schema& schema, const std::string& path) {
  const std::vector<Field>* fields = &schema.fields;
  const DataType* type = nullptr;
  size_t begin = 0;
  while (fields != nullptr && begin <= path.size()) {
    // A name may hold dots itself: the whole rest is tried first.
    const std::vector<Field>* next = nullptr;
    size_t end = path.size();
    for (const Field& field : *fields) {
      std::string_view rest = std::string_view(path).substr(begin);
      if (rest == field.name) return &field.type;
      if (rest.size() > field.name.size() && rest.starts_with(field.name) &&
          rest[field.name.size()] == '.') {
        next = &field.type.fields();
        end = begin + field.name.size() + 1;
      }
    }
    fields = next;
    begin = end;
  }
  return type;
}

class SpecWriter {
 public:
  SpecWriter(const PlanNode& node, JsonTables* tables, Json* json)
      : node_(node), tables_(tables), json_(*json) {}

  void operator()(const ScanNode& scan) {
    json_["table"] = tables_->IndexOf(scan.table);
    json_["scanSchema"] = ColumnsToJson(scan.scan_schema.fields);
    if (!scan.projections.empty()) json_["projections"] = Exprs(scan.projections);
    if (scan.filter != nullptr) json_["filter"] = ExprToJson(*scan.filter);
    if (!scan.pushed_filters.empty()) {
      Json filters = Json::array();
      for (const PushedFilter& filter : scan.pushed_filters) {
        const DataType* type = FieldType(scan.scan_schema, filter.column);
        Json values = Json::array();
        for (const Value& value : filter.values)
          values.push_back(ValueToJson(value, type == nullptr ? DataType::String() : *type));
        Json item = {{"column", filter.column}, {"op", kFilterOps[static_cast<size_t>(filter.op)]}};
        if (type != nullptr) item["type"] = type->ToString();
        item["values"] = std::move(values);
        filters.push_back(std::move(item));
      }
      json_["pushedFilters"] = std::move(filters);
    }
    if (scan.limit) json_["limit"] = *scan.limit;
    if (!scan.partitions.empty()) json_["partitions"] = scan.partitions;
    if (scan.rowtime_column >= 0) json_["rowtimeColumn"] = scan.rowtime_column;
    if (scan.watermark != nullptr) json_["watermark"] = ExprToJson(*scan.watermark);
    if (!scan.hint_options.empty()) json_["hintOptions"] = scan.hint_options;
  }
  void operator()(const ValuesNode& values) {
    Json rows = Json::array();
    for (const auto& row : values.rows) {
      Json cells = Json::array();
      for (size_t i = 0; i < row.size(); ++i)
        cells.push_back(ValueToJson(row[i], node_.schema.fields[i].type));
      rows.push_back(std::move(cells));
    }
    json_["rows"] = std::move(rows);
  }
  void operator()(const CalcNode& calc) {
    if (calc.condition != nullptr) json_["condition"] = ExprToJson(*calc.condition);
    json_["projections"] = Exprs(calc.projections);
  }
  void operator()(const AggregateNode& aggregate) {
    json_["keys"] = aggregate.keys;
    json_["calls"] = Calls(aggregate.calls);
    PutPhase(aggregate.phase);
    if (aggregate.state_ttl_millis != 0) json_["stateTtlMillis"] = aggregate.state_ttl_millis;
  }
  void operator()(const ExpandNode& expand) {
    json_["keys"] = expand.keys;
    json_["sets"] = expand.sets;
    json_["ids"] = expand.ids;
  }
  void operator()(const WindowTableFunctionNode& function) {
    json_["window"] = Window(function.window);
  }
  void operator()(const WindowAggregateNode& window) {
    json_["window"] = Window(window.window);
    if (window.window_start_column >= 0) json_["windowStartColumn"] = window.window_start_column;
    if (window.window_end_column >= 0) json_["windowEndColumn"] = window.window_end_column;
    json_["keys"] = window.keys;
    json_["calls"] = Calls(window.calls);
    PutPhase(window.phase);
    json_["emit"] = {
        {"start", window.emit_start}, {"end", window.emit_end}, {"time", window.emit_time}};
  }
  void operator()(const JoinNode& join) {
    json_["joinType"] = kJoinTypes[static_cast<size_t>(join.type)];
    json_["leftKeys"] = join.left_keys;
    json_["rightKeys"] = join.right_keys;
    std::vector<int> safe;
    for (size_t i = 0; i < join.null_safe.size(); ++i) {
      if (join.null_safe[i]) safe.push_back(static_cast<int>(i));
    }
    if (!safe.empty()) json_["nullSafeKeys"] = safe;
    if (join.left_window_end >= 0) {
      json_["leftWindowEnd"] = join.left_window_end;
      json_["rightWindowEnd"] = join.right_window_end;
      if (join.window_is_instant) json_["windowIsInstant"] = true;
    }
    if (join.left_ttl_millis != 0) json_["leftStateTtlMillis"] = join.left_ttl_millis;
    if (join.right_ttl_millis != 0) json_["rightStateTtlMillis"] = join.right_ttl_millis;
    if (join.condition != nullptr) json_["condition"] = ExprToJson(*join.condition);
  }
  void operator()(const SortNode& sort) {
    if (!sort.keys.empty()) json_["orderBy"] = SortKeys(sort.keys);
    if (sort.offset != 0) json_["offset"] = sort.offset;
    if (sort.fetch) json_["fetch"] = *sort.fetch;
  }
  void operator()(const UnionNode&) {}
  void operator()(const SetOperationNode& operation) {
    json_["operation"] = kOperations[operation.intersect ? 1 : 0];
    if (operation.all) json_["all"] = true;
  }
  void operator()(const CorrelateNode& correlate) {
    json_["function"] = correlate.function;
    json_["args"] = Exprs(correlate.args);
    json_["functionSchema"] = ColumnsToJson(correlate.function_schema.fields);
    if (correlate.left_outer) json_["leftOuter"] = true;
    if (correlate.condition != nullptr) json_["condition"] = ExprToJson(*correlate.condition);
  }
  void operator()(const WatermarkNode& watermark) {
    json_["rowtimeColumn"] = watermark.rowtime_column;
    if (watermark.watermark != nullptr) json_["watermark"] = ExprToJson(*watermark.watermark);
  }
  void operator()(const ChangelogNormalizeNode& normalize) {
    json_["keys"] = normalize.keys;
    if (normalize.condition != nullptr) json_["condition"] = ExprToJson(*normalize.condition);
  }
  void operator()(const DropUpdateBeforeNode& drop) {
    if (drop.as_delete) json_["asDelete"] = true;
  }
  void operator()(const ExchangeNode& exchange) {
    json_["distribution"] = kDistributions[static_cast<size_t>(exchange.distribution)];
    if (!exchange.keys.empty()) json_["keys"] = exchange.keys;
  }
  void operator()(const SinkNode& sink) {
    json_["table"] = tables_->IndexOf(sink.table);
    json_["physicalSchema"] = ColumnsToJson(sink.physical_schema.fields);
    if (!sink.metadata_columns.empty())
      json_["metadataColumns"] = ColumnsToJson(sink.metadata_columns);
    if (sink.overwrite) json_["overwrite"] = true;
    if (!sink.hint_options.empty()) json_["hintOptions"] = sink.hint_options;
    if (!sink.static_partition.empty()) json_["staticPartition"] = sink.static_partition;
    if (!sink.upsert_key.empty()) json_["upsertKey"] = sink.upsert_key;
    json_["target"] = sink.target;
  }
  void operator()(const CollectNode& collect) {
    if (!collect.upsert_key.empty()) json_["upsertKey"] = collect.upsert_key;
  }

 private:
  void PutPhase(AggregatePhase phase) {
    if (phase != AggregatePhase::kSingle) json_["phase"] = kPhases[static_cast<size_t>(phase)];
  }

  const PlanNode& node_;
  JsonTables* tables_;
  Json& json_;
};

TablePtr ReadTable(JsonFields* f, const std::vector<TablePtr>& tables) {
  int64_t index = f->Int("table", -1);
  if (index < 0 || index >= static_cast<int64_t>(tables.size())) {
    f->Fail(InvalidData("{} names table {}, but there are {}", f->where(), index, tables.size()));
    return std::make_shared<TableDefinition>();
  }
  return tables[static_cast<size_t>(index)];
}

PlanSpec ReadScan(JsonFields* f, const std::vector<TablePtr>& tables) {
  ScanNode scan;
  scan.table = ReadTable(f, tables);
  scan.scan_schema.fields = f->Columns("scanSchema");
  scan.projections = f->Expressions("projections");
  scan.filter = f->Expression("filter");
  for (const Json* item : f->Items("pushedFilters")) {
    JsonFields of(*item, "a pushed filter of " + f->where());
    PushedFilter filter;
    filter.column = of.Text("column");
    filter.op = static_cast<PushedFilter::Op>(of.OneOf("op", kFilterOps, 0));
    DataType type = of.Type();
    for (const Json* value : of.Items("values")) {
      auto read = ValueFromJson(*value, type, "a value of " + of.where());
      if (!read.ok()) {
        of.Fail(read.status());
      } else {
        filter.values.push_back(std::move(*read));
      }
    }
    f->Fail(of.Finish());
    scan.pushed_filters.push_back(std::move(filter));
  }
  if (f->Has("limit")) scan.limit = f->Int("limit", 0);
  for (const Json* item : f->Items("partitions")) {
    Json wrapped = {{"partition", *item}};
    JsonFields of(wrapped, "a partition of " + f->where());
    scan.partitions.push_back(of.TextMap("partition"));
    f->Fail(of.Finish());
  }
  scan.rowtime_column = f->Column("rowtimeColumn", -1);
  scan.watermark = f->Expression("watermark");
  scan.hint_options = f->TextMap("hintOptions");
  return scan;
}

PlanSpec ReadValues(JsonFields* f, const Schema& schema) {
  ValuesNode values;
  for (const Json* item : f->Items("rows")) {
    if (!item->is_array() || item->size() != schema.fields.size()) {
      f->Fail(InvalidData("rows of {} must have {} values each", f->where(), schema.fields.size()));
      return values;
    }
    std::vector<Value> row;
    for (size_t i = 0; i < schema.fields.size(); ++i) {
      auto value = ValueFromJson((*item)[i], schema.fields[i].type, "a value of " + f->where());
      if (!value.ok()) {
        f->Fail(value.status());
        return values;
      }
      row.push_back(std::move(*value));
    }
    values.rows.push_back(std::move(row));
  }
  return values;
}

AggregatePhase ReadPhase(JsonFields* f) {
  return static_cast<AggregatePhase>(f->OneOf("phase", kPhases, 0));
}

PlanSpec ReadWindowAggregate(JsonFields* f) {
  WindowAggregateNode window;
  window.window = ReadWindow(f);
  window.window_start_column = f->Column("windowStartColumn", -1);
  window.window_end_column = f->Column("windowEndColumn", -1);
  window.keys = f->Ints("keys");
  window.calls = ReadCalls(f);
  window.phase = ReadPhase(f);
  if (const Json* emit = f->Find("emit")) {
    JsonFields of(*emit, "'emit' of " + f->where());
    window.emit_start = of.Bool("start", true);
    window.emit_end = of.Bool("end", true);
    window.emit_time = of.Bool("time", true);
    f->Fail(of.Finish());
  }
  return window;
}

PlanSpec ReadExpand(JsonFields* f) {
  ExpandNode expand;
  expand.keys = f->Ints("keys");
  for (const Json* item : f->Items("sets")) {
    Json wrapped = {{"set", *item}};
    JsonFields of(wrapped, "a set of " + f->where());
    expand.sets.push_back(of.Ints("set"));
    f->Fail(of.Finish());
  }
  for (const Json* item : f->Items("ids")) {
    if (!item->is_number_integer())
      f->Fail(InvalidData("'ids' of {} must hold integers", f->where()));
    expand.ids.push_back(item->is_number_integer() ? item->get<int64_t>() : 0);
  }
  return expand;
}

PlanSpec ReadJoin(JsonFields* f) {
  JoinNode join;
  join.type = static_cast<JoinType>(f->OneOf("joinType", kJoinTypes, 0));
  join.left_keys = f->Ints("leftKeys");
  join.right_keys = f->Ints("rightKeys");
  join.null_safe.resize(join.left_keys.size());
  for (int key : f->Ints("nullSafeKeys")) {
    if (static_cast<size_t>(key) >= join.null_safe.size()) {
      f->Fail(InvalidData("'nullSafeKeys' of {} names key {}, but there are {}", f->where(), key,
                          join.null_safe.size()));
      break;
    }
    join.null_safe[static_cast<size_t>(key)] = true;
  }
  join.left_window_end = f->Column("leftWindowEnd", -1);
  join.right_window_end = f->Column("rightWindowEnd", -1);
  join.window_is_instant = f->Bool("windowIsInstant", false);
  join.left_ttl_millis = f->Int("leftStateTtlMillis", 0);
  join.right_ttl_millis = f->Int("rightStateTtlMillis", 0);
  join.condition = f->Expression("condition");
  return join;
}

PlanSpec ReadSink(JsonFields* f, const std::vector<TablePtr>& tables) {
  SinkNode sink;
  sink.table = ReadTable(f, tables);
  sink.physical_schema.fields = f->Columns("physicalSchema");
  sink.metadata_columns = f->Columns("metadataColumns");
  sink.overwrite = f->Bool("overwrite", false);
  sink.hint_options = f->TextMap("hintOptions");
  sink.static_partition = f->TextMap("staticPartition");
  sink.upsert_key = f->Ints("upsertKey");
  sink.target = f->Text("target");
  return sink;
}

PlanSpec ReadCorrelate(JsonFields* f) {
  CorrelateNode correlate;
  correlate.function = f->Text("function");
  correlate.args = f->Expressions("args");
  correlate.function_schema.fields = f->Columns("functionSchema");
  correlate.left_outer = f->Bool("leftOuter", false);
  correlate.condition = f->Expression("condition");
  return correlate;
}

}  // namespace

int JsonTables::IndexOf(const TablePtr& table) {
  for (size_t i = 0; i < tables.size(); ++i) {
    if (tables[i] == table || *tables[i] == *table) return static_cast<int>(i);
  }
  tables.push_back(table);
  return static_cast<int>(tables.size()) - 1;
}

std::string_view KindOf(const PlanNode& node) {
  static constexpr std::string_view kKinds[] = {"Scan",
                                                "Values",
                                                "Calc",
                                                "Aggregate",
                                                "Expand",
                                                "WindowTableFunction",
                                                "WindowAggregate",
                                                "Join",
                                                "Sort",
                                                "Union",
                                                "SetOperation",
                                                "Correlate",
                                                "Watermark",
                                                "ChangelogNormalize",
                                                "DropUpdateBefore",
                                                "Exchange",
                                                "Sink",
                                                "Collect"};
  static_assert(std::size(kKinds) == std::variant_size_v<PlanSpec>);
  return kKinds[node.spec.index()];
}

void SpecToJson(const PlanNode& node, JsonTables* tables, Json* json) {
  std::visit(SpecWriter(node, tables, json), node.spec);
}

PlanSpec SpecFromJson(std::string_view kind, const std::vector<TablePtr>& tables,
                      const Schema& schema, JsonFields* f) {
  if (kind == "Scan") return ReadScan(f, tables);
  if (kind == "Values") return ReadValues(f, schema);
  if (kind == "Calc") {
    CalcNode calc;
    calc.condition = f->Expression("condition");
    calc.projections = f->Expressions("projections");
    return calc;
  }
  if (kind == "Aggregate")
    return AggregateNode{f->Ints("keys"), ReadCalls(f), ReadPhase(f), f->Int("stateTtlMillis", 0)};
  if (kind == "Expand") return ReadExpand(f);
  if (kind == "WindowTableFunction") return WindowTableFunctionNode{ReadWindow(f)};
  if (kind == "WindowAggregate") return ReadWindowAggregate(f);
  if (kind == "Join") return ReadJoin(f);
  if (kind == "Sort") {
    SortNode sort;
    sort.keys = ReadSortKeys(f, "orderBy");
    sort.offset = f->Int("offset", 0);
    if (f->Has("fetch")) sort.fetch = f->Int("fetch", 0);
    if (sort.offset < 0 || sort.fetch.value_or(0) < 0)
      f->Fail(InvalidData("offset and fetch of {} must not be negative", f->where()));
    return sort;
  }
  if (kind == "Union") return UnionNode{};
  if (kind == "SetOperation") {
    bool intersect = f->OneOf("operation", kOperations, 0) == 1;
    return SetOperationNode{intersect, f->Bool("all", false)};
  }
  if (kind == "Correlate") return ReadCorrelate(f);
  if (kind == "Watermark")
    return WatermarkNode{f->Column("rowtimeColumn", -1), f->Expression("watermark")};
  if (kind == "ChangelogNormalize")
    return ChangelogNormalizeNode{f->Ints("keys"), f->Expression("condition")};
  if (kind == "DropUpdateBefore") return DropUpdateBeforeNode{f->Bool("asDelete", false)};
  if (kind == "Exchange") {
    return ExchangeNode{static_cast<Distribution>(f->OneOf("distribution", kDistributions, 0)),
                        f->Ints("keys")};
  }
  if (kind == "Sink") return ReadSink(f, tables);
  if (kind == "Collect") return CollectNode{f->Ints("upsertKey")};
  f->Fail(InvalidData("{} is of the unknown kind '{}'", f->where(), kind));
  return UnionNode{};
}

}  // namespace weir::plan
