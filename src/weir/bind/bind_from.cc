// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// FROM items: tables, files, views, derived tables. Joins are in bind_join.cc, window functions in
// bind_window.cc.
#include <algorithm>

#include "weir/bind/query_binder.h"
#include "weir/format/format.h"
#include "weir/sql/parser.h"

namespace weir::bind {
namespace {

Relation MakeRelation(PlanPtr plan, const std::vector<std::string>& qualifier) {
  Relation relation;
  for (const Field& field : plan->schema.fields)
    relation.scope.columns.push_back({qualifier, field.name, field.type});
  relation.plan = std::move(plan);
  return relation;
}

Result<std::map<std::string, std::string>> OptionsHint(const std::vector<AstHint>& hints) {
  std::map<std::string, std::string> options;
  for (const AstHint& hint : hints) {
    std::string name = hint.name.value;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return std::toupper(c); });
    if (name != "OPTIONS")
      continue;  // Join and lookup hints on a table choose algorithms, never results.
    for (const AstHintArgument& argument : hint.arguments) {
      if (!argument.key)
        return InvalidQueryAt(argument.span, "OPTIONS takes 'key' = 'value' pairs");
      options[*argument.key] = argument.value;
    }
  }
  return options;
}

}  // namespace

Status QueryBinder::CountNode() {
  if (++nodes_ > context_.plan_nodes_max) {
    return ResourceExhausted("the query needs more than {} plan nodes", context_.plan_nodes_max);
  }
  return Status::OK();
}

Status QueryBinder::ApplyAlias(const AstTable& table, Relation* relation) {
  if (!table.alias) return Status::OK();
  const AstTableAlias& alias = *table.alias;
  if (!alias.columns.empty() && alias.columns.size() != relation->scope.columns.size()) {
    return InvalidQueryAt(alias.name.span, "'{}' names {} columns, but there are {}",
                          alias.name.value, alias.columns.size(), relation->scope.columns.size());
  }
  for (size_t i = 0; i < relation->scope.columns.size(); ++i) {
    relation->scope.columns[i].qualifier = {alias.name.value};
    if (!alias.columns.empty()) relation->scope.columns[i].name = alias.columns[i].value;
  }
  return Status::OK();
}

Result<PlanPtr> QueryBinder::ScanOf(const TablePtr& table, const std::vector<AstHint>& hints) {
  WEIR_RETURN_NOT_OK(CountNode());
  ScanNode scan;
  scan.table = table;
  scan.scan_schema = table->PhysicalSchema();
  WEIR_ASSIGN_OR_RETURN(scan.hint_options, OptionsHint(hints));
  auto allowed = context_.session_options.find("table.dynamic-table-options.enabled");
  if (!scan.hint_options.empty() && allowed != context_.session_options.end() &&
      (allowed->second == "false" || allowed->second == "FALSE")) {
    return InvalidQueryAt(
        hints[0].span, "OPTIONS hints are switched off by 'table.dynamic-table-options.enabled'");
  }
  Schema output;
  // Computed columns may use every physical and metadata column.
  int next = 0;  // Columns come in the schema's order: none of ten thousand is searched for.
  for (const TableColumn& column : table->columns) {
    if (column.kind == TableColumnKind::kComputed) {
      WEIR_ASSIGN_OR_RETURN(AstExprPtr ast, ParseExpression(column.expression));
      auto bound = BindScalar(*ast, scan.scan_schema, context_);
      if (!bound.ok()) {
        return WithContext(bound.status(), fmt::format("computed column '{}' of {}", column.name,
                                                       table->name.ToString()));
      }
      output.fields.push_back({column.name, (*bound)->type});
      scan.projections.push_back(std::move(*bound));
    } else {
      bool is_next = next < scan.scan_schema.size() && scan.scan_schema[next].name == column.name;
      int index = is_next ? next : scan.scan_schema.IndexOf(column.name);
      next = index + 1;
      output.fields.push_back({column.name, column.type});
      scan.projections.push_back(MakeInput(index, column.type));
    }
  }
  if (table->watermark) {
    scan.rowtime_column = output.IndexOf(table->watermark->column);
    if (scan.rowtime_column < 0) {
      return InvalidQuery("the watermark of {} is on '{}', which is no column of it",
                          table->name.ToString(), table->watermark->column);
    }
    Field& rowtime = output.fields[static_cast<size_t>(scan.rowtime_column)];
    if (!rowtime.type.is_timestamp() || rowtime.type.precision() > 3) {
      return InvalidQuery(
          "the watermark column '{}' must be TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p at most 3, "
          "but is {}",
          rowtime.name, rowtime.type.ToString());
    }
    WEIR_ASSIGN_OR_RETURN(AstExprPtr ast, ParseExpression(table->watermark->expression));
    const AstCall* call = ast->As<AstCall>();
    if (call == nullptr || call->name.back().value != "SOURCE_WATERMARK") {
      WEIR_ASSIGN_OR_RETURN(scan.watermark, BindScalar(*ast, output, context_));
      if (!scan.watermark->type.is_timestamp()) {
        return InvalidQuery("the watermark of '{}' must be a timestamp, not {}", rowtime.name,
                            scan.watermark->type.ToString());
      }
    }
    rowtime.type = rowtime.type.WithTimeAttribute(TimeAttribute::kRowtime);
  }
  return MakePlan(std::move(scan), std::move(output), {});
}

Result<Relation> QueryBinder::BindView(const TableDefinition& view) {
  std::string name = view.name.ToString();
  if (std::find(open_views_.begin(), open_views_.end(), name) != open_views_.end()) {
    return InvalidQuery("view {} refers to itself", name);
  }
  constexpr size_t kViewDepthMax = 100;
  if (open_views_.size() >= kViewDepthMax)
    return ResourceExhausted("views are nested deeper than {}", kViewDepthMax);
  WEIR_ASSIGN_OR_RETURN(AstQueryPtr query, ParseQuery(view.view_text));
  // Names in the view mean what they meant where it was created.
  Catalog catalog = *context_.catalog;
  if (catalog.FindCatalog(view.view_catalog) != nullptr) {
    WEIR_RETURN_NOT_OK(catalog.UseDatabase(view.view_catalog, view.view_database));
  }
  BinderContext inner_context = context_;
  inner_context.catalog = &catalog;
  QueryBinder inner(inner_context);
  inner.open_views_ = open_views_;
  inner.open_views_.push_back(name);
  inner.nodes_ = nodes_;
  auto bound = inner.BindQuery(*query);
  nodes_ = inner.nodes_;
  if (!bound.ok()) {
    // Spans refer to the view's own text: they mean nothing in the statement at hand.
    ErrorInfo info = GetErrorInfo(bound.status());
    info.span.reset();
    return MakeError(std::move(info),
                     fmt::format("in view {}: {}", name, bound.status().message()));
  }
  Relation relation =
      MakeRelation(bound->plan, {view.name.catalog, view.name.database, view.name.name});
  for (size_t i = 0; i < relation.scope.columns.size() && i < view.columns.size(); ++i) {
    relation.scope.columns[i].name = view.columns[i].name;
  }
  return relation;
}

Result<Relation> QueryBinder::BindFileTable(const std::string& path, SourceSpan span,
                                            const std::vector<AstHint>& hints) {
  auto table = std::make_shared<TableDefinition>();
  table->name = {"", "", path};
  WEIR_ASSIGN_OR_RETURN(table->options, OptionsHint(hints));
  table->options["connector"] = "filesystem";
  table->options["path"] = path;
  auto hinted = table->options.find("format");
  std::string format = hinted != table->options.end() ? hinted->second : FormatOfPath(path);
  bool is_input = path == "stdin" || path == "-";  // Its first bytes tell the format.
  if (format.empty() && !is_input) {
    return WithHint(InvalidQueryAt(span, "'{}' does not say its format", path),
                    "a file read as a table ends in .parquet, .csv, .json, .ndjson or .jsonl, "
                    "perhaps with .gz or .zst");
  }
  if (!format.empty()) table->options["format"] = format;
  if (path.find(".tsv") != std::string::npos) table->options.emplace("csv.field-delimiter", "\\t");
  if (format == "csv") table->options.emplace("csv.header", "auto");
  TableContext table_context = MakeTableContext(*table, {}, context_.table_environment());
  auto connector = context_.connectors->Lookup(table_context);
  if (!connector.ok()) return WithSpan(connector.status(), span);
  auto schema = (*connector)->InferSchema(table_context);
  if (!schema.ok()) return WithSpan(schema.status(), span);
  for (const Field& field : schema->fields) {
    TableColumn column;
    column.name = field.name;
    column.type = field.type;
    table->columns.push_back(std::move(column));
  }
  WEIR_ASSIGN_OR_RETURN(PlanPtr scan, ScanOf(table, hints));
  size_t slash = path.find_last_of('/');
  std::string stem = slash == std::string::npos ? path : path.substr(slash + 1);
  return MakeRelation(std::move(scan), {stem.substr(0, stem.find('.'))});
}

Result<Relation> QueryBinder::BindTableName(const ObjectPath& path, const AstTable* table) {
  if (path.size() == 1) {
    for (size_t i = common_tables_.size(); i-- > 0;) {
      if (common_tables_[i].name != path[0].value) continue;
      Relation relation = MakeRelation(common_tables_[i].query.plan, {path[0].value});
      for (size_t c = 0; c < relation.scope.columns.size(); ++c) {
        relation.scope.columns[c].name = common_tables_[i].query.column_names[c];
      }
      return relation;
    }
  }
  auto found = context_.catalog->GetTable(path);
  SourceSpan span{path.front().span.begin, path.back().span.end};
  if (!found.ok()) {
    if (path.size() == 1 && path[0].value == "stdin")
      return BindFileTable("stdin", span, table != nullptr ? table->hints : std::vector<AstHint>{});
    return WithSpan(found.status(), span);
  }
  const TablePtr& definition = *found;
  if (definition->is_view) return BindView(*definition);
  auto scan = ScanOf(definition, table != nullptr ? table->hints : std::vector<AstHint>{});
  if (!scan.ok()) return scan.status();
  return MakeRelation(std::move(*scan),
                      {definition->name.catalog, definition->name.database, definition->name.name});
}

Result<Relation> QueryBinder::BindNamed(const AstTableName& name, const AstTable& table) {
  if (table.system_time != nullptr) {
    return UnsupportedAt(table.span,
                         "FOR SYSTEM_TIME AS OF (temporal and lookup joins) is not supported yet");
  }
  return name.file ? BindFileTable(*name.file, table.span, table.hints)
                   : BindTableName(name.path, &table);
}

Result<Relation> QueryBinder::BindFrom(const AstTable& table, const Scope* left) {
  if (table.sample) return UnsupportedAt(table.span, "TABLESAMPLE is not supported");
  Result<Relation> bound = Internal("unknown FROM item");
  if (auto* name = table.As<AstTableName>()) {
    bound = BindNamed(*name, table);
  } else if (auto* derived = table.As<AstDerivedTable>()) {
    QueryBinder inner(context_);
    inner.common_tables_ = common_tables_;
    inner.open_views_ = open_views_;
    inner.nodes_ = nodes_;
    auto query = inner.BindQuery(*derived->query);
    nodes_ = inner.nodes_;
    if (!query.ok()) {
      if (derived->lateral && left != nullptr &&
          GetErrorInfo(query.status()).code == ErrorCode::kInvalidQuery) {
        return UnsupportedAt(
            table.span,
            "a LATERAL subquery that reads columns of its left side is not supported yet ({})",
            query.status().message());
      }
      return query.status();
    }
    Relation relation = MakeRelation(query->plan, {});
    for (size_t i = 0; i < relation.scope.columns.size(); ++i)
      relation.scope.columns[i].name = query->column_names[i];
    bound = std::move(relation);
  } else if (auto* join = table.As<AstJoin>()) {
    bound = BindJoin(*join, left);
  } else if (auto* function = table.As<AstTableFunction>()) {
    bound = BindTableFunction(*function->call->As<AstCall>(), table.span);
    if (!bound.ok()) return bound;
    if (bound->plan == nullptr) {
      Relation nothing = MakeRelation(MakePlan(ValuesNode{{{}}}, Schema{}, {}), {});
      return BindCorrelate(std::move(nothing), table, false, nullptr);
    }
  } else if (table.As<AstUnnest>() != nullptr) {
    Relation nothing = MakeRelation(MakePlan(ValuesNode{{{}}}, Schema{}, {}), {});
    return BindCorrelate(std::move(nothing), table, false, nullptr);
  } else if (table.As<AstMatchRecognize>() != nullptr) {
    return UnsupportedAt(table.span, "MATCH_RECOGNIZE is not supported yet");
  } else if (auto* pivot = table.As<AstPivot>()) {
    return UnsupportedAt(table.span, "{} is not supported", pivot->unpivot ? "UNPIVOT" : "PIVOT");
  }
  if (!bound.ok()) return WithSpan(bound.status(), table.span);
  Relation relation = std::move(*bound);
  WEIR_RETURN_NOT_OK(ApplyAlias(table, &relation));
  return relation;
}

}  // namespace weir::bind
