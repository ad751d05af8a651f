// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// SHOW and DESCRIBE, with Flink's column names.
#include <algorithm>
#include <cctype>

#include "weir/catalog/secret_options.h"
#include "weir/expr/aggregate.h"
#include "weir/expr/table_function.h"
#include "weir/format/format.h"
#include "weir/session/local_session.h"
#include "weir/sql/unparse.h"

namespace weir {
namespace {

/// SQL LIKE over a name: % any text, _ one character, \ takes the next literally.
bool MatchesLike(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '%') {
    for (size_t skip = 0; skip <= text.size(); ++skip) {
      if (MatchesLike(text.substr(skip), pattern.substr(1))) return true;
    }
    return false;
  }
  if (text.empty()) return false;
  if (pattern[0] == '_') return MatchesLike(text.substr(1), pattern.substr(1));
  if (pattern[0] == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
  return text[0] == pattern[0] && MatchesLike(text.substr(1), pattern.substr(1));
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::vector<std::string> Filtered(std::vector<std::string> names, const AstShow& show) {
  if (!show.like) return names;
  constexpr size_t kPatternMax = 256;  // The matcher is exponential in the number of % at worst.
  std::string pattern = show.like->substr(0, kPatternMax);
  // Runs of % are one.
  pattern.erase(std::unique(pattern.begin(), pattern.end(),
                            [](char a, char b) { return a == '%' && b == '%'; }),
                pattern.end());
  if (show.like_ignores_case) pattern = Lower(pattern);
  std::erase_if(names, [&](const std::string& name) {
    return MatchesLike(show.like_ignores_case ? Lower(name) : name, pattern) == show.like_negated;
  });
  return names;
}

Result<QueryResultPtr> NameTable(const std::string& column, std::vector<std::string> names,
                                 const AstShow& show) {
  std::vector<TextRow> rows;
  for (std::string& name : Filtered(std::move(names), show)) rows.push_back({std::move(name)});
  return MakeTable({column}, rows);
}

std::string CommentClause(const std::string& comment) {
  return comment.empty() ? "" : "\nCOMMENT " + QuoteString(comment);
}

std::string OptionLines(const std::map<std::string, std::string>& options) {
  std::vector<std::string> lines;
  for (const auto& [key, value] : options)
    lines.push_back(
        fmt::format("  {} = {}", QuoteString(key), QuoteString(ShownValue(key, value))));
  return fmt::format("{}", fmt::join(lines, ",\n"));
}

const char* TypeName(OptionType type) {
  switch (type) {
    case OptionType::kString:
      return "String";
    case OptionType::kInt:
      return "Integer";
    case OptionType::kDouble:
      return "Double";
    case OptionType::kBool:
      return "Boolean";
    case OptionType::kDuration:
      return "Duration";
    case OptionType::kMemorySize:
      return "MemorySize";
    case OptionType::kEnum:
      return "Enum";
  }
  return "String";
}

Result<QueryResultPtr> OptionTable(const std::vector<OptionSpec>& options) {
  std::vector<TextRow> rows;
  for (const OptionSpec& option : options) {
    std::string type = TypeName(option.type);
    if (!option.enum_values.empty())
      type += fmt::format(" ({})", fmt::join(option.enum_values, ", "));
    rows.push_back({option.name, option.required ? "TRUE" : "FALSE", type,
                    option.default_value.empty() ? std::nullopt
                                                 : std::optional<std::string>(option.default_value),
                    option.description});
  }
  return MakeTable({"option", "required", "type", "default", "description"}, rows);
}

}  // namespace

Result<QueryResultPtr> LocalSession::ShowSettings() {
  std::vector<TextRow> rows;
  for (const auto& [key, value] : options_) rows.push_back({key, ShownValue(key, value)});
  return MakeTable({"key", "value"}, rows);
}

Result<std::vector<TextRow>> LocalSession::ColumnRows(const TableDefinition& table,
                                                      bool with_comment) {
  std::vector<TextRow> rows;
  for (const TableColumn& column : table.columns) {
    DataType type = column.type;
    if (table.watermark && table.watermark->column == column.name)
      type = type.WithTimeAttribute(TimeAttribute::kRowtime);
    std::string name = type.WithNullable(true).ToSummaryString();
    TextRow row = {column.name, name, type.nullable() ? "TRUE" : "FALSE"};
    bool is_key = std::find(table.primary_key.begin(), table.primary_key.end(), column.name) !=
                  table.primary_key.end();
    row.push_back(is_key ? std::optional<std::string>(
                               fmt::format("PRI({})", fmt::join(table.primary_key, ", ")))
                         : std::nullopt);
    std::optional<std::string> extras;
    if (column.kind == TableColumnKind::kComputed) extras = "AS " + column.expression;
    if (column.kind == TableColumnKind::kMetadata) {
      extras = "METADATA";
      if (column.metadata_key != column.name)
        *extras += fmt::format(" FROM '{}'", column.metadata_key);
      if (column.is_virtual) *extras += " VIRTUAL";
    }
    row.push_back(std::move(extras));
    bool has_watermark = table.watermark && table.watermark->column == column.name;
    row.push_back(has_watermark ? std::optional<std::string>(table.watermark->expression)
                                : std::nullopt);
    if (with_comment)
      row.push_back(column.comment.empty() ? std::nullopt
                                           : std::optional<std::string>(column.comment));
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<QueryResultPtr> LocalSession::Show(const AstShow& show) {
  std::string catalog = catalog_.current_catalog(), database = catalog_.current_database();
  if (!show.name.empty() && (show.kind == ShowKind::kTables || show.kind == ShowKind::kViews)) {
    if (show.name.size() > 1) catalog = show.name[0].value;
    database = show.name.back().value;
    if (catalog_.FindDatabase(catalog, database) == nullptr) {
      return InvalidQuery("database `{}`.`{}` does not exist", catalog, database);
    }
  }
  switch (show.kind) {
    case ShowKind::kCatalogs:
      return NameTable("catalog name", catalog_.CatalogNames(), show);
    case ShowKind::kDatabases: {
      if (!show.name.empty()) catalog = show.name[0].value;
      CatalogEntry* entry = catalog_.FindCatalog(catalog);
      if (entry == nullptr) return InvalidQuery("catalog '{}' does not exist", catalog);
      std::vector<std::string> names;
      for (const auto& [name, value] : entry->databases) names.push_back(name);
      return NameTable("database name", std::move(names), show);
    }
    case ShowKind::kTables:
      return NameTable("table name", catalog_.TableNames(catalog, database, false), show);
    case ShowKind::kViews:
      return NameTable("view name", catalog_.TableNames(catalog, database, true), show);
    case ShowKind::kFunctions: {
      std::vector<std::string> names = catalog_.FunctionNames();
      if (!show.user) {
        for (std::string& name : functions_.Names()) names.push_back(Lower(std::move(name)));
      }
      std::sort(names.begin(), names.end());
      return NameTable("function name", std::move(names), show);
    }
    case ShowKind::kColumns: {
      WEIR_ASSIGN_OR_RETURN(TablePtr table, catalog_.GetTable(show.name));
      std::vector<std::string> keep;
      for (const TableColumn& column : table->columns) keep.push_back(column.name);
      keep = Filtered(std::move(keep), show);
      WEIR_ASSIGN_OR_RETURN(std::vector<TextRow> rows, ColumnRows(*table, false));
      std::erase_if(rows, [&](const TextRow& row) {
        return std::find(keep.begin(), keep.end(), *row[0]) == keep.end();
      });
      return MakeTable({"name", "type", "null", "key", "extras", "watermark"}, rows);
    }
    case ShowKind::kModules:
      return NameTable("module name", {"core"}, show);
    case ShowKind::kJars:
      return NameTable("jars", {}, show);
    case ShowKind::kJobs:
      return MakeTable({"job id", "job name", "status", "start time"}, {});
    case ShowKind::kProcedures:
      return NameTable("procedure name", {}, show);
    case ShowKind::kModels:
      return NameTable("model name", {}, show);
    case ShowKind::kMaterializedTables:
      return NameTable("materialized table name", {}, show);
    case ShowKind::kConnections:
      return NameTable("connection name", {}, show);
    case ShowKind::kCurrentCatalog:
      return MakeTable({"current catalog name"}, {{catalog_.current_catalog()}});
    case ShowKind::kCurrentDatabase:
      return MakeTable({"current database name"}, {{catalog_.current_database()}});
    case ShowKind::kCreateTable:
    case ShowKind::kCreateView: {
      WEIR_ASSIGN_OR_RETURN(TablePtr table, catalog_.GetTable(show.name));
      bool wants_view = show.kind == ShowKind::kCreateView;
      if (table->is_view != wants_view) {
        return WithHint(
            InvalidQuery("{} is a {}", table->name.ToString(), table->is_view ? "view" : "table"),
            fmt::format("SHOW CREATE {} `{}`", table->is_view ? "VIEW" : "TABLE",
                        table->name.name));
      }
      return MakeTable({"result"}, {{ShowCreate(*table)}});
    }
    case ShowKind::kConnectors: {
      std::vector<TextRow> rows;
      for (const std::string& name : Filtered(connectors_.Names(), show)) {
        const Connector* connector = connectors_.Find(name);
        rows.push_back({name, connector->can_read() ? "TRUE" : "FALSE",
                        connector->can_write() ? "TRUE" : "FALSE", connector->description()});
      }
      return MakeTable({"connector", "reads", "writes", "description"}, rows);
    }
    case ShowKind::kPartitions: {
      WEIR_ASSIGN_OR_RETURN(TablePtr table, catalog_.GetTable(show.name));
      if (table->partition_keys.empty())
        return InvalidQuery("table {} is not partitioned", table->name.ToString());
      TableContext context =
          MakeTableContext(*table, {}, MakeBinderContext(true).table_environment());
      WEIR_ASSIGN_OR_RETURN(const Connector* connector, connectors_.Lookup(context));
      WEIR_ASSIGN_OR_RETURN(auto partitions, connector->Partitions(context));
      std::vector<std::string> names;
      for (const auto& partition : partitions) {
        std::string name;
        for (const std::string& key : table->partition_keys) {
          auto at = partition.find(key);
          name += fmt::format("{}{}={}", name.empty() ? "" : "/", key,
                              at == partition.end() ? "" : at->second);
        }
        names.push_back(std::move(name));
      }
      return NameTable("partition name", std::move(names), show);
    }
    case ShowKind::kFormats: {
      std::vector<std::string> names;
      for (const Format* format : BuiltinFormats()) names.push_back(format->name());
      std::vector<TextRow> rows;
      for (const std::string& name : Filtered(std::move(names), show))
        rows.push_back({name, FindFormat(name)->description()});
      return MakeTable({"format", "description"}, rows);
    }
    case ShowKind::kCreateCatalog: {
      CatalogEntry* entry = catalog_.FindCatalog(show.name.back().value);
      if (entry == nullptr)
        return InvalidQuery("catalog '{}' does not exist", show.name.back().value);
      std::map<std::string, std::string> options = entry->options;
      options.emplace("type", "generic_in_memory");
      return MakeTable({"result"},
                       {{fmt::format("CREATE CATALOG `{}`{}\nWITH (\n{}\n)", show.name.back().value,
                                     CommentClause(entry->comment), OptionLines(options))}});
    }
    case ShowKind::kCreateDatabase: {
      std::string owner = show.name.size() > 1 ? show.name[0].value : catalog_.current_catalog();
      Database* found = catalog_.FindDatabase(owner, show.name.back().value);
      if (found == nullptr)
        return InvalidQuery("database '{}' does not exist", show.name.back().value);
      std::string text = fmt::format("CREATE DATABASE `{}`.`{}`{}", owner, show.name.back().value,
                                     CommentClause(found->comment));
      if (!found->options.empty())
        text += fmt::format("\nWITH (\n{}\n)", OptionLines(found->options));
      return MakeTable({"result"}, {{std::move(text)}});
    }
    case ShowKind::kCreateModel:
      return Unsupported("SHOW CREATE MODEL is not supported yet");
    case ShowKind::kCreateMaterializedTable:
      return Unsupported("SHOW CREATE MATERIALIZED TABLE is not supported yet");
    case ShowKind::kCreateConnection:
      return Unsupported("SHOW CREATE CONNECTION is not supported yet");
    case ShowKind::kCreateFunction:
      return Unsupported("SHOW CREATE FUNCTION is not supported yet");
  }
  return Internal("unknown SHOW");
}

Result<QueryResultPtr> LocalSession::DescribeTable(const AstDescribe& describe) {
  WEIR_ASSIGN_OR_RETURN(TablePtr table, catalog_.GetTable(describe.name));
  bool any_comment = std::any_of(table->columns.begin(), table->columns.end(),
                                 [](const TableColumn& column) { return !column.comment.empty(); });
  WEIR_ASSIGN_OR_RETURN(std::vector<TextRow> rows, ColumnRows(*table, any_comment));
  std::vector<std::string> columns = {"name", "type", "null", "key", "extras", "watermark"};
  if (any_comment) columns.push_back("comment");
  return MakeTable(columns, rows);
}

Result<QueryResultPtr> LocalSession::DescribeFunction(const AstDescribe& describe) {
  const std::string& name = describe.name.back().value;
  std::vector<TextRow> rows;
  if (const SqlFunction* function = catalog_.FindFunction(describe.name)) {
    std::string signature = function->name.name + "(";
    for (size_t i = 0; i < function->parameters.size(); ++i) {
      signature += fmt::format("{}{} {}", i == 0 ? "" : ", ", function->parameters[i].name,
                               function->parameters[i].type.ToString());
    }
    rows = {{"is system function", function->is_system ? "true" : "false"},
            {"is temporary", function->is_temporary ? "true" : "false"},
            {"signature", signature + ") -> " + function->returns.ToString()},
            {"language", "SQL"},
            {"definition", function->body}};
    return MakeTable({"info name", "info value"}, rows);
  }
  rows = {{"is system function", "true"}, {"is temporary", "false"}};
  auto add = [&](std::string kind, std::string signatures, std::string description,
                 std::string example) {
    rows.push_back({"kind", std::move(kind)});
    rows.push_back({"signature", std::move(signatures)});
    if (describe.extended) {
      rows.push_back({"description", std::move(description)});
      rows.push_back({"example", std::move(example)});
    }
  };
  if (const ScalarFunction* function = functions_.FindScalar(name)) {
    add("SCALAR", function->signatures, function->description, function->example);
    if (describe.extended)
      rows.push_back({"is deterministic", function->deterministic ? "true" : "false"});
  } else if (const AggregateFunction* aggregate = functions_.FindAggregate(name)) {
    add("AGGREGATE", aggregate->signatures(), aggregate->description(), aggregate->example());
  } else if (const TableFunction* table = functions_.FindTable(name)) {
    add("TABLE", table->signatures, table->description, table->example);
  } else {
    Status status = InvalidQuery("function '{}' does not exist", name);
    std::string nearest = NearestName(name, functions_.Names());
    return nearest.empty() ? status : WithHint(status, fmt::format("did you mean {}?", nearest));
  }
  return MakeTable({"info name", "info value"}, rows);
}

Result<QueryResultPtr> LocalSession::Describe(const AstDescribe& describe) {
  const std::string& name = describe.name.back().value;
  switch (describe.object) {
    case ObjectKind::kTable:
    case ObjectKind::kView:
      return DescribeTable(describe);
    case ObjectKind::kFunction:
      return DescribeFunction(describe);
    case ObjectKind::kCatalog: {
      CatalogEntry* entry = catalog_.FindCatalog(name);
      if (entry == nullptr) return InvalidQuery("catalog '{}' does not exist", name);
      std::vector<TextRow> rows = {
          {"name", name}, {"type", "generic_in_memory"}, {"comment", entry->comment}};
      if (describe.extended) {
        for (const auto& [key, value] : entry->options) rows.push_back({"option:" + key, value});
      }
      return MakeTable({"info name", "info value"}, rows);
    }
    case ObjectKind::kDatabase: {
      std::string catalog =
          describe.name.size() > 1 ? describe.name[0].value : catalog_.current_catalog();
      Database* database = catalog_.FindDatabase(catalog, name);
      if (database == nullptr) return InvalidQuery("database '{}' does not exist", name);
      std::vector<TextRow> rows = {
          {"catalog name", catalog}, {"database name", name}, {"comment", database->comment}};
      if (describe.extended) {
        for (const auto& [key, value] : database->options) rows.push_back({"option:" + key, value});
      }
      return MakeTable({"info name", "info value"}, rows);
    }
    case ObjectKind::kConnector: {
      const Connector* connector = connectors_.Find(name);
      if (connector == nullptr) {
        Status status = InvalidQuery("connector '{}' does not exist", name);
        std::string nearest = NearestName(name, connectors_.Names());
        return nearest.empty() ? status
                               : WithHint(status, fmt::format("did you mean '{}'?", nearest));
      }
      return OptionTable(connector->options());
    }
    case ObjectKind::kFormat: {
      WEIR_ASSIGN_OR_RETURN(const Format* format, LookupFormat(name));
      return OptionTable(format->options());
    }
    default:
      return Unsupported("DESCRIBE {} is not supported yet", UpperKind(describe.object));
  }
}

}  // namespace weir
