// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Sources and sinks.
#include <cctype>

#include "weir/catalog/table_context.h"
#include "weir/operator/collect.h"
#include "weir/operator/scan.h"
#include "weir/operator/sink.h"
#include "weir/operator/values.h"
#include "weir/translate/translator.h"

namespace weir {
namespace {

std::string OptionOf(const ScanNode& scan, const std::string& key) {
  auto hint = scan.hint_options.find(key);
  if (hint != scan.hint_options.end()) return hint->second;
  auto own = scan.table->options.find(key);
  return own == scan.table->options.end() ? std::string() : own->second;
}

/// The subtasks that a table asks for; `otherwise` when it does not.
Result<int> ParallelismOption(const TableContext& table, std::string_view key, int otherwise) {
  constexpr int64_t kParallelismMax = 1024;
  if (!table.options.Has(key)) return otherwise;
  WEIR_ASSIGN_OR_RETURN(int64_t asked, table.options.GetInt(key, otherwise));
  if (asked >= 1 && asked <= kParallelismMax) return static_cast<int>(asked);
  return InvalidQuery("option '{}' of table {} must be between 1 and {}, not {}", key,
                      table.table_name, kParallelismMax, asked);
}

}  // namespace

Result<Translator::Port> Translator::BuildScan(const PlanNode& plan, const ScanNode& scan) {
  TableEnvironment tables{context_.environment, context_.values_store, context_.pool.get(),
                          context_.config.time_zone, context_.is_batch};
  TableContext table = MakeTableContext(*scan.table, scan.hint_options, tables);
  WEIR_ASSIGN_OR_RETURN(const Connector* connector, context_.connectors->Lookup(table));
  bool needs_watermark = scan.rowtime_column >= 0 && !context_.is_batch;
  ScanRequest request;
  request.schema = scan.scan_schema;
  // A metadata column may have a name of its own; the connector knows it by its key.
  for (Field& field : request.schema.fields) {
    int index = scan.table->ColumnIndex(field.name);
    if (index < 0) continue;
    const TableColumn& column = scan.table->columns[static_cast<size_t>(index)];
    if (column.kind == TableColumnKind::kMetadata) field.name = column.metadata_key;
  }
  request.filters = scan.pushed_filters;
  request.limit = scan.limit;
  request.partitions = scan.partitions;
  request.keep_order = needs_watermark;
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<Source> made, connector->MakeSource(table, request));
  std::shared_ptr<Source> source = std::move(made);
  WEIR_ASSIGN_OR_RETURN(int parallelism,
                        ParallelismOption(table, "scan.parallelism", context_.parallelism));
  if (plan.traits.parallelism > 0) parallelism = plan.traits.parallelism;
  ScanSpec spec;
  spec.source = source;
  spec.splits = std::make_shared<SplitQueue>(source, parallelism, context_.environment->clock);
  spec.scanned = scan.scan_schema;
  spec.projections = scan.projections;
  spec.filter = scan.filter;
  spec.limit = scan.limit;
  spec.functions = context_.functions;
  spec.config = context_.config;
  if (needs_watermark) {
    ScanWatermark watermark;
    watermark.rowtime_column = scan.rowtime_column;
    watermark.watermark = scan.watermark;
    std::string strategy = OptionOf(scan, "scan.watermark.emit.strategy");
    if (strategy == "on-event") {
      watermark.policy.emission = WatermarkEmission::kPerRow;
    } else if (!strategy.empty() && strategy != "on-periodic") {
      return InvalidQuery(
          "option 'scan.watermark.emit.strategy' is 'on-event' or 'on-periodic', not '{}'",
          strategy);
    }
    std::string idle = OptionOf(scan, "scan.watermark.idle-timeout");
    if (!idle.empty()) {
      WEIR_ASSIGN_OR_RETURN(watermark.idle_timeout_micros, ParseDurationMicros(idle));
    } else {
      WEIR_ASSIGN_OR_RETURN(
          watermark.idle_timeout_micros,
          context_.options.GetDurationMicros("table.exec.source.idle-timeout", 0));
    }
    std::string gap = OptionOf(scan, "scan.watermark.emit.on-event.gap");
    if (!gap.empty() && gap != "1") {
      return Unsupported(
          "option 'scan.watermark.emit.on-event.gap' = '{}' is not supported yet; "
          "there is '1'",
          gap);
    }
    if (!OptionOf(scan, "scan.watermark.alignment.group").empty()) {
      return Unsupported(
          "watermark alignment ('scan.watermark.alignment.group') is not supported yet");
    }
    WEIR_ASSIGN_OR_RETURN(bool per_row, context_.options.GetBool("weir.watermark.per-row", false));
    if (per_row) watermark.policy.emission = WatermarkEmission::kPerRow;
    if (strategy != "on-event") {
      WEIR_ASSIGN_OR_RETURN(watermark.policy.min_step_millis,
                            context_.options.GetInt("weir.watermark.min-step-ms", 0));
    }
    if (has_session_windows_) watermark.policy.margin_millis = 1;
    spec.watermark = std::move(watermark);
  }
  out_.graph.sources.push_back({plan.traits.semantic_id, spec.splits});
  return AddSource(plan, fmt::format("Scan({})", table.table_name), parallelism,
                   [spec](OperatorContext& context) { return MakeScan(spec, context); });
}

Result<Translator::Port> Translator::BuildValues(const PlanNode& plan, const ValuesNode& values) {
  ValuesSpec spec{plan.schema, values.rows};
  return AddSource(plan, "Values", 1,
                   [spec](OperatorContext& context) { return MakeValues(spec, context); });
}

namespace {

Result<ConstraintSpec> ConstraintsOf(const SinkNode& sink, const Schema& schema,
                                     const Options& options) {
  ConstraintSpec spec;
  spec.schema = schema;
  for (size_t i = 0; i < spec.schema.fields.size() && i < sink.physical_schema.fields.size(); ++i) {
    spec.schema.fields[i] = sink.physical_schema.fields[i];
  }
  auto choose = [&](const char* key, auto* target, auto choices) -> Status {
    std::string value = options.GetOr(key, "");
    if (value.empty()) return Status::OK();
    for (char& c : value) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    for (auto& [name, choice] : choices) {
      if (value == name) {
        *target = choice;
        return Status::OK();
      }
    }
    return InvalidQuery("option '{}' cannot be '{}'", key, value);
  };
  using NotNull = std::vector<std::pair<std::string_view, NotNullEnforcer>>;
  using Length = std::vector<std::pair<std::string_view, LengthEnforcer>>;
  using Nested = std::vector<std::pair<std::string_view, NestedEnforcer>>;
  WEIR_RETURN_NOT_OK(
      choose("table.exec.sink.not-null-enforcer", &spec.not_null,
             NotNull{{"ERROR", NotNullEnforcer::kError}, {"DROP", NotNullEnforcer::kDrop}}));
  WEIR_RETURN_NOT_OK(choose("table.exec.sink.type-length-enforcer", &spec.length,
                            Length{{"IGNORE", LengthEnforcer::kIgnore},
                                   {"TRIM_PAD", LengthEnforcer::kTrimPad},
                                   {"ERROR", LengthEnforcer::kError}}));
  WEIR_RETURN_NOT_OK(choose("table.exec.sink.nested-constraint-enforcer", &spec.nested,
                            Nested{{"IGNORE", NestedEnforcer::kIgnore},
                                   {"ROWS", NestedEnforcer::kRows},
                                   {"ROWS_AND_COLLECTIONS", NestedEnforcer::kRowsAndCollections}}));
  return spec;
}

}  // namespace

Result<Translator::Port> Translator::BuildSink(const PlanNode& plan, const SinkNode& sink) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Port> inputs, BuildInputs(plan));
  TableEnvironment tables{context_.environment, context_.values_store, context_.pool.get(),
                          context_.config.time_zone, context_.is_batch};
  TableContext table = MakeTableContext(*sink.table, sink.hint_options, tables);
  // Virtual metadata columns are not written.
  table.metadata_columns = sink.metadata_columns;
  // Two sinks of a job may write to one place: each has what it left behind under its own name.
  if (!context_.job_id.empty())
    table.job_id = fmt::format("{}.{}", context_.job_id, plan.traits.semantic_id);
  WEIR_ASSIGN_OR_RETURN(const Connector* connector, context_.connectors->Lookup(table));
  if (!connector->can_write()) {
    return InvalidQuery("connector '{}' of table {} cannot be written to", connector->name(),
                        sink.target);
  }
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<Sink> made, connector->MakeSink(table));
  std::shared_ptr<Sink> shared = std::move(made);
  auto commits = std::make_shared<SinkCommits>(
      shared, sink.overwrite ? SinkMode::kOverwrite : SinkMode::kAppend);
  SinkSpec spec;
  spec.commits = commits;
  WEIR_ASSIGN_OR_RETURN(spec.constraints,
                        ConstraintsOf(sink, plan.inputs[0]->schema, context_.options));
  ChangelogMode accepted = shared->accepted_changes(plan.inputs[0]->traits.changes);
  if (!accepted.update_before) spec.update_before = UpdateBefore::kDrop;
  out_.graph.sinks.push_back({plan.traits.semantic_id, commits});
  std::vector<int> write_keys = shared->PreWriteKeys();
  const JobNode& from = out_.graph.nodes[static_cast<size_t>(inputs[0].node)];
  bool one_writer = inputs[0].exchange == Exchange::kSingleton ||
                    (inputs[0].exchange == Exchange::kForward && from.parallelism == 1);
  if (!write_keys.empty() && !one_writer) {
    inputs[0].exchange = Exchange::kHash;
    inputs[0].keys = write_keys;
  }
  Port port = AddOperator(plan, fmt::format("Sink({})", sink.target), std::move(inputs),
                          [spec](OperatorContext& context) { return MakeSink(spec, context); });
  WEIR_RETURN_NOT_OK(SetSinkParallelism(plan, sink, table, write_keys, port.node));
  return port;
}

/// 'sink.parallelism': rows of a key go to one writer, so that they keep their order; where there
/// is no key, rows that are only added go to any.
Status Translator::SetSinkParallelism(const PlanNode& plan, const SinkNode& sink,
                                      const TableContext& table, const std::vector<int>& write_keys,
                                      int index) {
  JobNode& node = out_.graph.nodes[static_cast<size_t>(index)];
  WEIR_ASSIGN_OR_RETURN(int parallelism,
                        ParallelismOption(table, "sink.parallelism", node.parallelism));
  if (parallelism == node.parallelism) return Status::OK();
  JobEdge& edge = node.inputs[0];
  node.parallelism = parallelism;
  if (parallelism == 1) {
    edge = {edge.from, Exchange::kSingleton, {}};
  } else if (!write_keys.empty()) {
    edge = {edge.from, Exchange::kHash, write_keys};
  } else if (!sink.upsert_key.empty()) {
    edge = {edge.from, Exchange::kHash, sink.upsert_key};
  } else if (plan.inputs[0]->traits.changes.append_only()) {
    edge = {edge.from, Exchange::kRebalance, {}};
  } else {
    return WithHint(InvalidQuery("'sink.parallelism' = '{}' of {}: its input has changes, and "
                                 "without a primary key their order would be lost",
                                 parallelism, sink.target),
                    "declare one: PRIMARY KEY (..) NOT ENFORCED");
  }
  return Status::OK();
}

Result<Translator::Port> Translator::BuildCollect(const PlanNode& plan) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Port> inputs, BuildInputs(plan));
  if (inputs[0].exchange == Exchange::kForward) inputs[0].exchange = Exchange::kSingleton;
  auto queue = std::make_shared<ResultQueue>();
  out_.results = queue;
  out_.graph.on_failure.push_back([queue] { queue->Finish(); });
  return AddOperator(plan, "Collect", std::move(inputs),
                     [queue](OperatorContext& context) { return MakeCollect({queue}, context); });
}

}  // namespace weir
