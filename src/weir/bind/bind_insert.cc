// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// INSERT: the query's columns put in the table's order, cast to its types, with NULL for the
// columns not named.
#include <algorithm>

#include "weir/bind/query_binder.h"
#include "weir/expr/evaluator.h"

namespace weir {
namespace {

/// A column that an INSERT writes: physical, or metadata that is not virtual.
struct Target {
  const TableColumn* column;
  int query_column = -1;
  std::optional<Value> constant;  // PARTITION (k = v).
};

std::vector<Target> TargetsOf(const TableDefinition& table) {
  std::vector<Target> targets;
  for (const TableColumn& column : table.columns) {
    bool written = column.kind == TableColumnKind::kPhysical ||
                   (column.kind == TableColumnKind::kMetadata && !column.is_virtual);
    if (written) targets.push_back({&column, -1, std::nullopt});
  }
  return targets;
}

Status BindPartition(const AstInsert& insert, bind::QueryBinder& binder,
                     const TableDefinition& table, std::vector<Target>* targets) {
  for (const AstPartitionValue& part : insert.partition) {
    auto at = std::find_if(targets->begin(), targets->end(),
                           [&](const Target& t) { return t.column->name == part.name.value; });
    bool is_key = std::find(table.partition_keys.begin(), table.partition_keys.end(),
                            part.name.value) != table.partition_keys.end();
    if (at == targets->end() || !is_key) {
      return InvalidQueryAt(part.name.span, "'{}' is no partition column of {}", part.name.value,
                            table.name.ToString());
    }
    if (part.value == nullptr) continue;  // Dynamic.
    WEIR_ASSIGN_OR_RETURN(
        at->constant, binder.BindLiteralValue(*part.value, at->column->type, "a partition value"));
  }
  return Status::OK();
}

Status AssignColumns(const AstInsert& insert, const TableDefinition& table,
                     std::vector<Target>* targets, int* expected) {
  *expected = 0;
  if (insert.columns.empty()) {
    for (Target& target : *targets) {
      if (!target.constant) target.query_column = (*expected)++;
    }
    return Status::OK();
  }
  for (const ObjectPath& path : insert.columns) {
    if (path.size() != 1)
      return UnsupportedAt(path[0].span, "INSERT into a field of a row is not supported");
    auto at = std::find_if(targets->begin(), targets->end(),
                           [&](const Target& t) { return t.column->name == path[0].value; });
    if (at == targets->end()) {
      std::vector<std::string> names;
      for (const Target& target : *targets) names.push_back(target.column->name);
      Status status = InvalidQueryAt(path[0].span, "unknown target column '{}' of {}",
                                     path[0].value, table.name.ToString());
      std::string nearest = NearestName(path[0].value, names);
      return nearest.empty() ? status
                             : WithHint(status, fmt::format("did you mean `{}`?", nearest));
    }
    if (at->query_column >= 0) {
      return InvalidQueryAt(path[0].span, "target column '{}' is assigned more than once",
                            path[0].value);
    }
    if (at->constant)
      return InvalidQueryAt(path[0].span, "column '{}' already has its value by PARTITION",
                            path[0].value);
    at->query_column = (*expected)++;
  }
  for (const Target& target : *targets) {
    if (target.query_column < 0 && !target.constant && !target.column->type.nullable()) {
      return InvalidQuery("column '{}' has no default value and does not allow NULLs",
                          target.column->name);
    }
  }
  return Status::OK();
}

std::string TypeList(const Schema& schema) {
  std::vector<std::string> parts;
  for (const Field& field : schema.fields)
    parts.push_back(fmt::format("{}: {}", field.name, field.type.ToString()));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

Result<TablePtr> SinkTable(const AstInsert& insert, const BinderContext& context) {
  if (insert.file) {
    return Unsupported(
        "INSERT INTO a file name is not supported yet; create a filesystem table for '{}'",
        *insert.file);
  }
  auto table = context.catalog->GetTable(insert.table);
  SourceSpan span{insert.table.front().span.begin, insert.table.back().span.end};
  if (!table.ok()) return WithSpan(table.status(), span);
  if ((*table)->is_view)
    return InvalidQueryAt(span, "{} is a view: INSERT needs a table", (*table)->name.ToString());
  return table;
}

}  // namespace

Result<PlanPtr> BindInsert(const AstInsert& insert, const BinderContext& context) {
  WEIR_ASSIGN_OR_RETURN(TablePtr table, SinkTable(insert, context));
  if (insert.on_conflict != ConflictAction::kNone)
    return Unsupported("INSERT .. ON CONFLICT is not supported yet");
  bind::QueryBinder binder(context);
  std::vector<Target> targets = TargetsOf(*table);
  WEIR_RETURN_NOT_OK(BindPartition(insert, binder, *table, &targets));
  int expected = 0;
  WEIR_RETURN_NOT_OK(AssignColumns(insert, *table, &targets, &expected));
  // VALUES take the target's types at once, so that 1 and 1.5 may stand in one DOUBLE column.
  BoundQuery bound;
  const AstValues* values = insert.query->As<AstValues>();
  if (values != nullptr && insert.query->order_by.empty() && insert.query->limit == nullptr &&
      insert.query->with.empty()) {
    Schema wanted;
    wanted.fields.resize(static_cast<size_t>(expected));
    for (const Target& target : targets) {
      if (target.query_column >= 0) {
        wanted.fields[static_cast<size_t>(target.query_column)] = {target.column->name,
                                                                   target.column->type};
      }
    }
    WEIR_ASSIGN_OR_RETURN(bound.plan, binder.BindValues(*values, &wanted));
  } else {
    WEIR_ASSIGN_OR_RETURN(bound, binder.BindQuery(*insert.query));
  }
  Schema sink_schema;
  SinkNode sink;
  for (const Target& target : targets) {
    (target.column->kind == TableColumnKind::kMetadata ? sink.metadata_columns
                                                       : sink.physical_schema.fields)
        .push_back({target.column->kind == TableColumnKind::kMetadata ? target.column->metadata_key
                                                                      : target.column->name,
                    target.column->type});
    sink_schema.fields.push_back({target.column->name, target.column->type});
  }
  if (bound.plan->schema.size() != expected) {
    Schema query_schema = bound.plan->schema;
    for (size_t i = 0; i < bound.column_names.size(); ++i)
      query_schema.fields[i].name = bound.column_names[i];
    return InvalidQueryAt(
        insert.query->span,
        "column types of query result and sink for '{}' do not match; cause: different number of "
        "columns; query schema: {}; sink schema: {}",
        table->name.ToString(), TypeList(query_schema), TypeList(sink_schema));
  }
  std::vector<ExprPtr> outputs;
  std::vector<std::string> names;
  // The connector sees physical columns first, then metadata columns.
  std::stable_sort(targets.begin(), targets.end(), [](const Target& a, const Target& b) {
    return a.column->kind == TableColumnKind::kPhysical &&
           b.column->kind != TableColumnKind::kPhysical;
  });
  for (const Target& target : targets) {
    const DataType& type = target.column->type;
    ExprPtr value;
    if (target.constant) {
      value = MakeLiteral(*target.constant, type);
    } else if (target.query_column < 0) {
      value = MakeLiteral(Value::Null(), type.AsNullable());
    } else {
      value = MakeInput(target.query_column, bound.plan->schema[target.query_column].type);
      if (value->type.kind() != TypeKind::kNull &&
          !CanImplicitlyCast(value->type.AsNullable(), type.AsNullable())) {
        return InvalidQueryAt(
            insert.query->span,
            "column types of query result and sink for '{}' do not match; cause: incompatible "
            "types "
            "for sink column '{}' at position {}: {} does not convert to {} without a CAST",
            table->name.ToString(), target.column->name, target.query_column,
            value->type.ToString(), type.ToString());
      }
      value = MakeCast(value, type.WithNullable(value->type.nullable()));
    }
    outputs.push_back(std::move(value));
    names.push_back(target.column->name);
  }
  for (const AstHint& hint : insert.hints) {
    for (const AstHintArgument& argument : hint.arguments) {
      if (argument.key) sink.hint_options[*argument.key] = argument.value;
    }
  }
  sink.table = table;
  sink.overwrite = insert.overwrite;
  sink.target = table->name.ToString();
  for (const std::string& key : table->primary_key) {
    auto at = std::find(names.begin(), names.end(), key);
    if (at != names.end()) sink.upsert_key.push_back(static_cast<int>(at - names.begin()));
  }
  PlanPtr input = MakeProject(bound.plan, std::move(outputs), std::move(names));
  Schema schema = input->schema;
  return MakePlan(std::move(sink), std::move(schema), {std::move(input)});
}

}  // namespace weir
