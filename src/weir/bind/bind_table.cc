// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// CREATE TABLE, LIKE, CREATE TABLE AS, CREATE VIEW: declarations checked and completed.
#include <algorithm>
#include <set>

#include "weir/bind/query_binder.h"
#include "weir/bind/table_elements.h"
#include "weir/sql/parser.h"
#include "weir/sql/unparse.h"

namespace weir {
namespace bind {

Result<TableColumn> ColumnOf(const AstColumn& ast) {
  TableColumn column;
  if (ast.name.size() != 1)
    return UnsupportedAt(ast.span, "changing a field of a ROW column is not supported");
  column.name = ast.name[0].value;
  column.comment = ast.comment.value_or("");
  switch (ast.kind) {
    case ColumnKind::kPhysical: {
      WEIR_ASSIGN_OR_RETURN(column.type, BindType(*ast.type));
      break;
    }
    case ColumnKind::kMetadata: {
      WEIR_ASSIGN_OR_RETURN(column.type, BindType(*ast.type));
      column.kind = TableColumnKind::kMetadata;
      column.metadata_key = ast.metadata_key.value_or(column.name);
      column.is_virtual = ast.is_virtual;
      break;
    }
    case ColumnKind::kComputed:
      column.kind = TableColumnKind::kComputed;
      column.expression = Unparse(*ast.expr);
      break;
    case ColumnKind::kNameOnly:
      return InvalidQueryAt(
          ast.span, "column '{}' has no type; only CREATE TABLE .. AS SELECT may leave it out",
          column.name);
  }
  return column;
}

namespace {

Schema PhysicalColumns(const TableDefinition& table) { return table.PhysicalSchema(); }

Status ResolveComputed(TableDefinition* table, const BinderContext& context) {
  Schema physical = PhysicalColumns(*table);
  for (TableColumn& column : table->columns) {
    if (column.kind != TableColumnKind::kComputed) continue;
    WEIR_ASSIGN_OR_RETURN(AstExprPtr ast, ParseExpression(column.expression));
    auto bound = BindScalar(*ast, physical, context);
    if (!bound.ok()) {
      ErrorInfo info = GetErrorInfo(bound.status());
      info.span.reset();
      return MakeError(std::move(info), fmt::format("computed column '{}': {}", column.name,
                                                    bound.status().message()));
    }
    column.type = (*bound)->type;
  }
  return Status::OK();
}

Status ResolveWatermark(const TableDefinition& table, const BinderContext& context) {
  if (!table.watermark) return Status::OK();
  int index = table.ColumnIndex(table.watermark->column);
  if (index < 0) {
    std::vector<std::string> names;
    for (const TableColumn& column : table.columns) names.push_back(column.name);
    std::string nearest = NearestName(table.watermark->column, names);
    Status status = InvalidQuery("the rowtime attribute field '{}' is not defined in the table",
                                 table.watermark->column);
    return nearest.empty() ? status : WithHint(status, fmt::format("did you mean `{}`?", nearest));
  }
  const DataType& type = table.columns[static_cast<size_t>(index)].type;
  if (!type.is_timestamp() || type.precision() > 3) {
    return InvalidQuery(
        "the rowtime attribute field '{}' must be TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p from 0 "
        "to 3, but is {}",
        table.watermark->column, type.ToString());
  }
  WEIR_ASSIGN_OR_RETURN(AstExprPtr ast, ParseExpression(table.watermark->expression));
  const AstCall* call = ast->As<AstCall>();
  if (call != nullptr && call->name.back().value == "SOURCE_WATERMARK") return Status::OK();
  auto bound = BindScalar(*ast, table.FullSchema(), context);
  if (!bound.ok()) return WithContext(bound.status(), "watermark");
  if (!(*bound)->type.is_timestamp()) {
    return InvalidQuery("the watermark expression must give a timestamp, not {}",
                        (*bound)->type.ToString());
  }
  return Status::OK();
}

}  // namespace

Status CheckTable(TableDefinition* table, const BinderContext& context) {
  std::set<std::string> names;
  for (const TableColumn& column : table->columns) {
    if (!names.insert(column.name).second)
      return InvalidQuery("column '{}' is declared twice", column.name);
  }
  // Primary key columns are NOT NULL from then on.
  for (const std::string& key : table->primary_key) {
    int index = table->ColumnIndex(key);
    if (index < 0) return InvalidQuery("primary key column '{}' is not defined in the table", key);
    TableColumn& column = table->columns[static_cast<size_t>(index)];
    if (column.kind != TableColumnKind::kPhysical) {
      return InvalidQuery("primary key column '{}' must be a physical column", key);
    }
    column.type = column.type.NotNull();
  }
  for (const std::string& key : table->partition_keys) {
    int index = table->ColumnIndex(key);
    if (index < 0) return InvalidQuery("partition column '{}' is not defined in the table", key);
    if (table->columns[static_cast<size_t>(index)].kind != TableColumnKind::kPhysical) {
      return InvalidQuery("partition column '{}' must be a physical column", key);
    }
  }
  WEIR_RETURN_NOT_OK(ResolveComputed(table, context));
  return ResolveWatermark(*table, context);
}

Status AddConstraint(const AstConstraint& constraint, const std::string& column,
                     TableDefinition* table) {
  if (constraint.kind == ConstraintKind::kUnique)
    return UnsupportedAt(constraint.span, "UNIQUE constraints are not supported yet");
  if (!constraint.enforced || *constraint.enforced) {
    return WithHint(InvalidQueryAt(constraint.span,
                                   "Flink doesn't support ENFORCED mode for PRIMARY KEY "
                                   "constraint: it does not own the data"),
                    "write PRIMARY KEY (..) NOT ENFORCED");
  }
  if (!table->primary_key.empty())
    return InvalidQueryAt(constraint.span, "duplicate primary key definition");
  if (column.empty()) {
    for (const Identifier& key : constraint.columns) table->primary_key.push_back(key.value);
  } else {
    table->primary_key.push_back(column);
  }
  table->primary_key_name = constraint.name
                                ? constraint.name->value
                                : fmt::format("PK_{}", fmt::join(table->primary_key, "_"));
  return Status::OK();
}

Status AddWatermark(const AstWatermark& watermark, TableDefinition* table) {
  if (watermark.column.size() != 1) {
    return UnsupportedAt(
        watermark.span,
        "a watermark on a field of a ROW is not supported; make a computed column of it");
  }
  table->watermark = TableWatermark{watermark.column[0].value, Unparse(*watermark.expr)};
  return Status::OK();
}

}  // namespace bind

namespace {

using bind::AddConstraint;
using bind::AddWatermark;
using bind::CheckTable;
using bind::ColumnOf;

struct LikeModes {
  LikeMode constraints = LikeMode::kIncluding, distribution = LikeMode::kIncluding,
           generated = LikeMode::kIncluding, metadata = LikeMode::kIncluding,
           options = LikeMode::kOverwriting, partitions = LikeMode::kIncluding,
           watermarks = LikeMode::kIncluding;
};

Result<LikeModes> ReadLike(const AstLikeClause& like) {
  LikeModes modes;
  for (const AstLikeOption& option : like.options) {
    if (option.feature != LikeFeature::kAll) continue;
    for (LikeMode* mode : {&modes.constraints, &modes.distribution, &modes.generated,
                           &modes.metadata, &modes.options, &modes.partitions, &modes.watermarks}) {
      *mode = option.mode;
    }
  }
  for (const AstLikeOption& option : like.options) {
    switch (option.feature) {
      case LikeFeature::kAll:
        break;
      case LikeFeature::kConstraints:
        modes.constraints = option.mode;
        break;
      case LikeFeature::kDistribution:
        modes.distribution = option.mode;
        break;
      case LikeFeature::kGenerated:
        modes.generated = option.mode;
        break;
      case LikeFeature::kMetadata:
        modes.metadata = option.mode;
        break;
      case LikeFeature::kOptions:
        modes.options = option.mode;
        break;
      case LikeFeature::kPartitions:
        modes.partitions = option.mode;
        break;
      case LikeFeature::kWatermarks:
        modes.watermarks = option.mode;
        break;
    }
  }
  return modes;
}

/// Puts what LIKE takes from `source` before what the statement declares itself (already in
/// `table`).
Status MergeLike(const AstLikeClause& like, const TableDefinition& source, TableDefinition* table) {
  WEIR_ASSIGN_OR_RETURN(LikeModes modes, ReadLike(like));
  std::vector<TableColumn> columns;
  for (const TableColumn& column : source.columns) {
    LikeMode mode = column.kind == TableColumnKind::kComputed   ? modes.generated
                    : column.kind == TableColumnKind::kMetadata ? modes.metadata
                                                                : LikeMode::kIncluding;
    if (mode == LikeMode::kExcluding) continue;
    int own = table->ColumnIndex(column.name);
    if (own >= 0) {
      if (mode != LikeMode::kOverwriting) {
        return InvalidQueryAt(like.span, "a column named '{}' already exists in the base table",
                              column.name);
      }
      continue;
    }
    columns.push_back(column);
  }
  columns.insert(columns.end(), table->columns.begin(), table->columns.end());
  table->columns = std::move(columns);
  if (modes.constraints != LikeMode::kExcluding && !source.primary_key.empty()) {
    if (!table->primary_key.empty() && modes.constraints == LikeMode::kIncluding) {
      return WithHint(InvalidQueryAt(like.span, "the base table already has a primary key"),
                      "EXCLUDING CONSTRAINTS");
    }
    if (table->primary_key.empty()) {
      table->primary_key = source.primary_key;
      table->primary_key_name = source.primary_key_name;
    }
  }
  if (modes.watermarks != LikeMode::kExcluding && source.watermark) {
    if (table->watermark && modes.watermarks == LikeMode::kIncluding) {
      return WithHint(
          InvalidQueryAt(like.span,
                         "there already exists a watermark spec for column '{}' in the base table",
                         source.watermark->column),
          "OVERWRITING WATERMARKS");
    }
    if (!table->watermark) table->watermark = source.watermark;
  }
  if (modes.partitions != LikeMode::kExcluding && !source.partition_keys.empty()) {
    if (!table->partition_keys.empty()) {
      return InvalidQueryAt(like.span, "the base table already has partitions defined");
    }
    table->partition_keys = source.partition_keys;
  }
  if (modes.distribution != LikeMode::kExcluding && table->distribution.empty())
    table->distribution = source.distribution;
  if (modes.options != LikeMode::kExcluding) {
    for (const auto& [key, value] : source.options) {
      auto [at, inserted] = table->options.emplace(key, value);
      if (!inserted && modes.options == LikeMode::kIncluding) {
        return WithHint(
            InvalidQueryAt(like.span, "there already exists an option '{}' in the base table", key),
            "OVERWRITING OPTIONS");
      }
    }
  }
  if (table->comment.empty()) table->comment = source.comment;
  return Status::OK();
}

std::string DistributionText(const AstDistribution& distribution) {
  std::string text = "DISTRIBUTED";
  if (!distribution.columns.empty()) {
    text += distribution.kind == DistributionKind::kHash    ? " BY HASH("
            : distribution.kind == DistributionKind::kRange ? " BY RANGE("
                                                            : " BY (";
    for (size_t i = 0; i < distribution.columns.size(); ++i)
      text += (i == 0 ? "`" : ", `") + distribution.columns[i].value + "`";
    text += ")";
  }
  if (distribution.buckets) text += fmt::format(" INTO {} BUCKETS", *distribution.buckets);
  return text;
}

Result<TableDefinition> Declare(const AstCreateTable& create, const BinderContext& context) {
  TableDefinition table;
  WEIR_ASSIGN_OR_RETURN(table.name, context.catalog->Qualify(create.name));
  table.is_temporary = create.temporary;
  table.comment = create.comment.value_or("");
  if (!create.connection.empty()) return Unsupported("USING CONNECTION is not supported yet");
  for (const AstColumn& ast : create.elements.columns) {
    if (ast.kind == ColumnKind::kNameOnly && create.query != nullptr) continue;
    WEIR_ASSIGN_OR_RETURN(TableColumn column, ColumnOf(ast));
    if (ast.constraint) WEIR_RETURN_NOT_OK(AddConstraint(*ast.constraint, column.name, &table));
    table.columns.push_back(std::move(column));
  }
  for (const AstConstraint& constraint : create.elements.constraints) {
    WEIR_RETURN_NOT_OK(AddConstraint(constraint, "", &table));
  }
  if (create.elements.watermarks.size() > 1) {
    return InvalidQueryAt(create.elements.watermarks[1].span,
                          "multiple WATERMARK statements are not supported");
  }
  for (const AstWatermark& watermark : create.elements.watermarks) {
    WEIR_RETURN_NOT_OK(AddWatermark(watermark, &table));
  }
  for (const Identifier& key : create.partitioned_by) table.partition_keys.push_back(key.value);
  if (create.distribution) table.distribution = DistributionText(*create.distribution);
  for (const AstOption& option : create.options) table.options[option.key] = option.value;
  if (create.like) {
    auto source = context.catalog->GetTable(create.like->table);
    if (!source.ok()) return WithSpan(source.status(), create.like->span);
    WEIR_RETURN_NOT_OK(MergeLike(*create.like, **source, &table));
  }
  return table;
}

}  // namespace

Result<TableDefinition> BindCreateTable(const AstCreateTable& create,
                                        const BinderContext& context) {
  WEIR_ASSIGN_OR_RETURN(TableDefinition table, Declare(create, context));
  bool has_physical =
      std::any_of(table.columns.begin(), table.columns.end(),
                  [](const TableColumn& c) { return c.kind == TableColumnKind::kPhysical; });
  if (!has_physical && !table.options.empty()) {
    TableContext table_context = MakeTableContext(table, {}, context.table_environment());
    WEIR_ASSIGN_OR_RETURN(const Connector* connector, context.connectors->Lookup(table_context));
    auto schema = connector->InferSchema(table_context);
    if (!schema.ok())
      return WithContext(schema.status(), fmt::format("columns of {}", table.name.ToString()));
    std::vector<TableColumn> columns;
    for (const Field& field : schema->fields) {
      TableColumn column;
      column.name = field.name;
      column.type = field.type;
      columns.push_back(std::move(column));
    }
    columns.insert(columns.end(), table.columns.begin(), table.columns.end());
    table.columns = std::move(columns);
  }
  WEIR_RETURN_NOT_OK(CheckTable(&table, context));
  return table;
}

Result<TableDefinition> BindCreateTableAs(const AstCreateTable& create, const Schema& query_schema,
                                          const BinderContext& context) {
  if (create.like)
    return InvalidQueryAt(create.like->span, "CREATE TABLE AS does not go with LIKE");
  WEIR_ASSIGN_OR_RETURN(TableDefinition table, Declare(create, context));
  bool names_only = std::any_of(create.elements.columns.begin(), create.elements.columns.end(),
                                [](const AstColumn& c) { return c.kind == ColumnKind::kNameOnly; });
  std::vector<TableColumn> from_query;
  for (const Field& field : query_schema.fields) {
    TableColumn column;
    column.name = field.name;
    column.type = field.type.WithTimeAttribute(TimeAttribute::kNone);
    if (column.type.kind() == TypeKind::kNull) {
      return WithHint(InvalidQuery("column '{}' of the query is NULL and has no type", field.name),
                      "CAST(NULL AS STRING)");
    }
    // A literal's CHAR(n) would make later rows not fit.
    if (column.type.kind() == TypeKind::kChar)
      column.type = DataType::String().WithNullable(column.type.nullable());
    from_query.push_back(std::move(column));
  }
  if (names_only) {
    if (create.elements.columns.size() != from_query.size()) {
      return InvalidQuery("the column list names {} columns, but the query has {}",
                          create.elements.columns.size(), from_query.size());
    }
    std::vector<TableColumn> ordered;
    for (const AstColumn& named : create.elements.columns) {
      auto at = std::find_if(from_query.begin(), from_query.end(),
                             [&](const TableColumn& c) { return c.name == named.name[0].value; });
      if (at == from_query.end()) {
        return InvalidQueryAt(named.span, "column '{}' not found in the query",
                              named.name[0].value);
      }
      ordered.push_back(*at);
    }
    table.columns = std::move(ordered);
  } else {
    // Declared columns come first; a column of the same name takes the declared type.
    std::vector<TableColumn> columns;
    for (const TableColumn& column : table.columns) {
      auto at = std::find_if(from_query.begin(), from_query.end(),
                             [&](const TableColumn& c) { return c.name == column.name; });
      if (at == from_query.end()) {
        columns.push_back(column);
      } else {
        *at = column;
      }
    }
    columns.insert(columns.end(), from_query.begin(), from_query.end());
    table.columns = std::move(columns);
  }
  WEIR_RETURN_NOT_OK(CheckTable(&table, context));
  return table;
}

Result<TableDefinition> BindCreateView(const AstCreateView& create, std::string_view sql,
                                       const BinderContext& context) {
  TableDefinition view;
  WEIR_ASSIGN_OR_RETURN(view.name, context.catalog->Qualify(create.name));
  view.is_view = true;
  view.is_temporary = create.temporary;
  view.comment = create.comment.value_or("");
  const SourceSpan& span = create.query->span;
  view.view_text = span.end <= sql.size()
                       ? std::string(sql.substr(span.begin, span.end - span.begin))
                       : Unparse(*create.query);
  view.view_catalog = context.catalog->current_catalog();
  view.view_database = context.catalog->current_database();
  WEIR_ASSIGN_OR_RETURN(BoundQuery bound, BindQuery(*create.query, context));
  if (!create.columns.empty() && create.columns.size() != bound.column_names.size()) {
    return InvalidQueryAt(create.columns[0].name.span,
                          "VIEW definition and input fields not match: {} names for {} columns",
                          create.columns.size(), bound.column_names.size());
  }
  for (size_t i = 0; i < bound.column_names.size(); ++i) {
    TableColumn column;
    column.name = create.columns.empty() ? bound.column_names[i] : create.columns[i].name.value;
    column.type = bound.plan->schema[static_cast<int>(i)].type;
    if (!create.columns.empty()) {
      column.comment = create.columns[i].comment.value_or("");
      view.view_columns.push_back(column.name);
    }
    view.columns.push_back(std::move(column));
  }
  return view;
}

}  // namespace weir
