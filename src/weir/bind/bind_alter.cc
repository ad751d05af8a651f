// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// ALTER TABLE: the changed definition, or what is in the way.
#include <algorithm>

#include "weir/bind/table_elements.h"

namespace weir {
namespace {

Status NoColumn(const TableDefinition& table, const Identifier& name) {
  std::vector<std::string> names;
  for (const TableColumn& column : table.columns) names.push_back(column.name);
  Status status = InvalidQueryAt(name.span, "column '{}' does not exist in {}", name.value,
                                 table.name.ToString());
  std::string nearest = NearestName(name.value, names);
  return nearest.empty() ? status : WithHint(status, fmt::format("did you mean `{}`?", nearest));
}

/// What refers to column `name` besides itself; empty when nothing does.
std::string UseOf(const TableDefinition& table, const std::string& name) {
  auto has = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (has(table.primary_key)) return "the primary key";
  if (has(table.partition_keys)) return "the partition keys";
  std::string quoted = "`" + name + "`";
  if (table.watermark && (table.watermark->column == name ||
                          table.watermark->expression.find(quoted) != std::string::npos)) {
    return "the watermark";
  }
  for (const TableColumn& column : table.columns) {
    if (column.kind == TableColumnKind::kComputed &&
        column.expression.find(quoted) != std::string::npos) {
      return fmt::format("computed column '{}'", column.name);
    }
  }
  return {};
}

Status PlaceColumn(const AstColumn& ast, TableColumn column, TableDefinition* table) {
  size_t at = table->columns.size();
  if (ast.position == ColumnPositionKind::kFirst) at = 0;
  if (ast.position == ColumnPositionKind::kAfter) {
    int after = table->ColumnIndex(ast.after.back().value);
    if (after < 0) return NoColumn(*table, ast.after.back());
    at = static_cast<size_t>(after) + 1;
  }
  table->columns.insert(table->columns.begin() + static_cast<std::ptrdiff_t>(at),
                        std::move(column));
  return Status::OK();
}

Status AddElements(const AstAlter& alter, TableDefinition* table) {
  for (const AstColumn& ast : alter.elements.columns) {
    WEIR_ASSIGN_OR_RETURN(TableColumn column, bind::ColumnOf(ast));
    if (table->ColumnIndex(column.name) >= 0) {
      return InvalidQueryAt(ast.span, "try to add a column '{}' which already exists in the table",
                            column.name);
    }
    if (ast.constraint)
      WEIR_RETURN_NOT_OK(bind::AddConstraint(*ast.constraint, column.name, table));
    WEIR_RETURN_NOT_OK(PlaceColumn(ast, std::move(column), table));
  }
  for (const AstConstraint& constraint : alter.elements.constraints) {
    if (!table->primary_key.empty()) {
      return WithHint(
          InvalidQueryAt(constraint.span, "the base table has already defined a primary key"),
          "ALTER TABLE .. MODIFY");
    }
    WEIR_RETURN_NOT_OK(bind::AddConstraint(constraint, "", table));
  }
  for (const AstWatermark& watermark : alter.elements.watermarks) {
    if (table->watermark) {
      return WithHint(
          InvalidQueryAt(watermark.span, "the base table has already defined a watermark"),
          "ALTER TABLE .. MODIFY");
    }
    WEIR_RETURN_NOT_OK(bind::AddWatermark(watermark, table));
  }
  return Status::OK();
}

Status ModifyElements(const AstAlter& alter, TableDefinition* table) {
  for (const AstColumn& ast : alter.elements.columns) {
    WEIR_ASSIGN_OR_RETURN(TableColumn column, bind::ColumnOf(ast));
    int index = table->ColumnIndex(column.name);
    if (index < 0) return NoColumn(*table, ast.name.back());
    if (ast.position == ColumnPositionKind::kNone) {
      table->columns[static_cast<size_t>(index)] = std::move(column);
    } else {
      table->columns.erase(table->columns.begin() + index);
      WEIR_RETURN_NOT_OK(PlaceColumn(ast, std::move(column), table));
    }
  }
  for (const AstConstraint& constraint : alter.elements.constraints) {
    if (table->primary_key.empty())
      return InvalidQueryAt(constraint.span, "the base table does not define any primary key");
    table->primary_key.clear();
    WEIR_RETURN_NOT_OK(bind::AddConstraint(constraint, "", table));
  }
  for (const AstWatermark& watermark : alter.elements.watermarks) {
    if (!table->watermark)
      return InvalidQueryAt(watermark.span, "the base table does not define any watermark");
    WEIR_RETURN_NOT_OK(bind::AddWatermark(watermark, table));
  }
  return Status::OK();
}

Status RenameColumn(const AstAlter& alter, TableDefinition* table) {
  const Identifier& from = alter.columns.at(0).back();
  const std::string& to = alter.new_name.back().value;
  int index = table->ColumnIndex(from.value);
  if (index < 0) return NoColumn(*table, from);
  if (table->ColumnIndex(to) >= 0)
    return InvalidQueryAt(from.span, "column '{}' already exists", to);
  auto rename = [&](std::vector<std::string>* names) {
    std::replace(names->begin(), names->end(), from.value, to);
  };
  std::string quoted = "`" + from.value + "`";
  for (const TableColumn& column : table->columns) {
    if (column.kind == TableColumnKind::kComputed &&
        column.expression.find(quoted) != std::string::npos) {
      return InvalidQueryAt(from.span, "column '{}' is used by computed column '{}'", from.value,
                            column.name);
    }
  }
  if (table->watermark && (table->watermark->column == from.value ||
                           table->watermark->expression.find(quoted) != std::string::npos)) {
    return InvalidQueryAt(from.span, "column '{}' is used by the watermark", from.value);
  }
  rename(&table->primary_key);
  rename(&table->partition_keys);
  table->columns[static_cast<size_t>(index)].name = to;
  return Status::OK();
}

Status DropColumns(const AstAlter& alter, TableDefinition* table) {
  for (const ObjectPath& path : alter.columns) {
    int index = table->ColumnIndex(path.back().value);
    if (index < 0) return NoColumn(*table, path.back());
    table->columns.erase(table->columns.begin() + index);
    std::string use = UseOf(*table, path.back().value);
    if (!use.empty())
      return InvalidQueryAt(path.back().span, "column '{}' is used by {}", path.back().value, use);
  }
  if (table->columns.empty()) return InvalidQuery("a table keeps at least one column");
  return Status::OK();
}

}  // namespace

Result<TableDefinition> BindAlterTable(const AstAlter& alter, const TableDefinition& table,
                                       const BinderContext& context) {
  TableDefinition changed = table;
  switch (alter.kind) {
    case AlterKind::kAdd:
      WEIR_RETURN_NOT_OK(AddElements(alter, &changed));
      break;
    case AlterKind::kModify:
      WEIR_RETURN_NOT_OK(ModifyElements(alter, &changed));
      break;
    case AlterKind::kRenameColumn:
      WEIR_RETURN_NOT_OK(RenameColumn(alter, &changed));
      break;
    case AlterKind::kDropColumns:
      WEIR_RETURN_NOT_OK(DropColumns(alter, &changed));
      break;
    case AlterKind::kDropPrimaryKey:
    case AlterKind::kDropConstraint:
      if (changed.primary_key.empty())
        return InvalidQuery("the base table does not define any primary key");
      if (alter.kind == AlterKind::kDropConstraint &&
          alter.new_name.back().value != changed.primary_key_name) {
        return InvalidQuery("the base table does not define a constraint '{}'",
                            alter.new_name.back().value);
      }
      changed.primary_key.clear();
      changed.primary_key_name.clear();
      break;
    case AlterKind::kDropWatermark:
      if (!changed.watermark)
        return InvalidQuery("the base table does not define any watermark strategy");
      changed.watermark.reset();
      break;
    case AlterKind::kDropDistribution:
      if (changed.distribution.empty())
        return InvalidQuery("the base table does not define any distribution");
      changed.distribution.clear();
      break;
    case AlterKind::kSetOptions:
      if (!alter.partitions.empty()) return Unsupported("options of a partition are not supported");
      for (const AstOption& option : alter.options) changed.options[option.key] = option.value;
      break;
    case AlterKind::kResetOptions:
      for (const std::string& key : alter.keys) {
        if (key == "connector")
          return InvalidQuery("changing 'connector' is not supported by ALTER TABLE RESET");
        changed.options.erase(key);
      }
      break;
    case AlterKind::kComment:
      changed.comment = alter.comment.value_or("");
      break;
    case AlterKind::kAddPartitions:
    case AlterKind::kDropPartitions:
      return Unsupported("ALTER TABLE ADD/DROP PARTITION is not supported yet");
    default:
      return Unsupported("this ALTER TABLE is not supported yet");
  }
  WEIR_RETURN_NOT_OK(bind::CheckTable(&changed, context));
  return changed;
}

}  // namespace weir
