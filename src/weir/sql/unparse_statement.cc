// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Statements other than CREATE as text.
#include <cctype>

#include "weir/sql/unparse.h"
#include "weir/sql/unparser.h"

namespace weir {
namespace {

std::string UpperKind(ObjectKind kind) {
  std::string text(ObjectKindName(kind));
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string_view ShowWords(ShowKind kind) {
  switch (kind) {
    case ShowKind::kCatalogs:
      return "CATALOGS";
    case ShowKind::kDatabases:
      return "DATABASES";
    case ShowKind::kTables:
      return "TABLES";
    case ShowKind::kViews:
      return "VIEWS";
    case ShowKind::kFunctions:
      return "FUNCTIONS";
    case ShowKind::kColumns:
      return "COLUMNS";
    case ShowKind::kPartitions:
      return "PARTITIONS";
    case ShowKind::kModules:
      return "MODULES";
    case ShowKind::kJars:
      return "JARS";
    case ShowKind::kJobs:
      return "JOBS";
    case ShowKind::kProcedures:
      return "PROCEDURES";
    case ShowKind::kModels:
      return "MODELS";
    case ShowKind::kMaterializedTables:
      return "MATERIALIZED TABLES";
    case ShowKind::kConnections:
      return "CONNECTIONS";
    case ShowKind::kCurrentCatalog:
      return "CURRENT CATALOG";
    case ShowKind::kCurrentDatabase:
      return "CURRENT DATABASE";
    case ShowKind::kCreateTable:
      return "CREATE TABLE";
    case ShowKind::kCreateView:
      return "CREATE VIEW";
    case ShowKind::kCreateCatalog:
      return "CREATE CATALOG";
    case ShowKind::kCreateDatabase:
      return "CREATE DATABASE";
    case ShowKind::kCreateModel:
      return "CREATE MODEL";
    case ShowKind::kCreateMaterializedTable:
      return "CREATE MATERIALIZED TABLE";
    case ShowKind::kCreateFunction:
      return "CREATE FUNCTION";
    case ShowKind::kCreateConnection:
      return "CREATE CONNECTION";
    case ShowKind::kConnectors:
      return "CONNECTORS";
    case ShowKind::kFormats:
      return "FORMATS";
  }
  return "";
}

bool ShowNameFollows(ShowKind kind) {
  return kind == ShowKind::kPartitions ||
         (kind >= ShowKind::kCreateTable && kind <= ShowKind::kCreateConnection);
}

}  // namespace

void Unparser::Statement(const weir::Statement& statement) {
  std::visit([this](const auto& node) { Write(node); }, statement.node);
}

void Unparser::Write(const AstQueryStatement& node) { Query(*node.query); }

void Unparser::Write(const AstInsert& node) {
  if (node.execute) Text("EXECUTE ");
  Text(node.overwrite ? "INSERT OVERWRITE " : "INSERT INTO ");
  if (node.file) String(*node.file);
  Path(node.table);
  if (!node.hints.empty()) {
    Text(" ");
    Hints(node.hints);
  }
  if (!node.partition.empty()) {
    Text(" PARTITION ");
    PartitionSpec(node.partition);
  }
  for (size_t i = 0; i < node.columns.size(); ++i) {
    Text(i == 0 ? " (" : ", ");
    Path(node.columns[i]);
  }
  Text(node.columns.empty() ? " " : ") ");
  Query(*node.query);
  switch (node.on_conflict) {
    case ConflictAction::kNone:
      return;
    case ConflictAction::kDoNothing:
      return Text(" ON CONFLICT DO NOTHING");
    case ConflictAction::kError:
      return Text(" ON CONFLICT DO ERROR");
    case ConflictAction::kDeduplicate:
      return Text(" ON CONFLICT DO DEDUPLICATE");
  }
}

void Unparser::Write(const AstDelete& node) {
  Text("DELETE FROM ");
  Path(node.table);
  if (!node.hints.empty()) {
    Text(" ");
    Hints(node.hints);
  }
  if (node.alias) Alias(*node.alias);
  if (node.where == nullptr) return;
  Text(" WHERE ");
  Expr(*node.where);
}

void Unparser::Write(const AstUpdate& node) {
  Text("UPDATE ");
  Path(node.table);
  if (!node.hints.empty()) {
    Text(" ");
    Hints(node.hints);
  }
  if (node.alias) Alias(*node.alias);
  for (size_t i = 0; i < node.assignments.size(); ++i) {
    Text(i == 0 ? " SET " : ", ");
    Path(node.assignments[i].column);
    Text(" = ");
    Expr(*node.assignments[i].value);
  }
  if (node.where == nullptr) return;
  Text(" WHERE ");
  Expr(*node.where);
}

void Unparser::Write(const AstTruncate& node) {
  Text("TRUNCATE TABLE ");
  Path(node.table);
}

void Unparser::Write(const AstStatementSet& node) {
  Text(node.execute ? "EXECUTE STATEMENT SET BEGIN " : "STATEMENT SET BEGIN ");
  for (const StatementPtr& statement : node.statements) {
    Statement(*statement);
    Text("; ");
  }
  Text("END");
}

void Unparser::Write(const AstCallProcedure& node) {
  Text("CALL ");
  Expr(*node.call);
}

void Unparser::Write(const AstDrop& node) {
  Text("DROP ");
  if (node.temporary) Text("TEMPORARY ");
  if (node.system) Text("SYSTEM ");
  Text(UpperKind(node.object));
  Text(node.if_exists ? " IF EXISTS " : " ");
  Path(node.name);
  if (node.behavior == DropBehavior::kCascade) Text(" CASCADE");
  if (node.behavior == DropBehavior::kRestrict) Text(" RESTRICT");
}

void Unparser::Write(const AstAlter& node) {
  Text("ALTER ");
  if (node.temporary) Text("TEMPORARY ");
  if (node.system) Text("SYSTEM ");
  Text(UpperKind(node.object));
  Text(node.if_exists ? " IF EXISTS " : " ");
  Path(node.name);
  Text(" ");
  AlterAction(node);
}

void Unparser::AlterAction(const AstAlter& node) {
  auto elements = [&](std::string_view word) {
    Text(word);
    if (node.elements.distribution)
      return Distribution("DISTRIBUTION", *node.elements.distribution);
    Elements(node.elements);
  };
  bool of_partition = node.kind == AlterKind::kSetOptions ||
                      node.kind == AlterKind::kResetOptions || node.kind == AlterKind::kComment;
  if (of_partition && !node.partitions.empty()) {
    Text("PARTITION ");
    PartitionSpec(node.partitions[0]);
    Text(" ");
  }
  switch (node.kind) {
    case AlterKind::kRename:
      Text("RENAME TO ");
      return Path(node.new_name);
    case AlterKind::kRenameColumn:
      Text("RENAME ");
      Path(node.columns[0]);
      Text(" TO ");
      return Path(node.new_name);
    case AlterKind::kAdd:
      return elements("ADD ");
    case AlterKind::kModify:
      return elements("MODIFY ");
    case AlterKind::kDropColumns:
      for (size_t i = 0; i < node.columns.size(); ++i) {
        Text(i == 0 ? "DROP (" : ", ");
        Path(node.columns[i]);
      }
      return Text(")");
    case AlterKind::kDropPrimaryKey:
      return Text("DROP PRIMARY KEY");
    case AlterKind::kDropConstraint:
      Text("DROP CONSTRAINT ");
      return Path(node.new_name);
    case AlterKind::kDropWatermark:
      return Text("DROP WATERMARK");
    case AlterKind::kDropDistribution:
      return Text("DROP DISTRIBUTION");
    case AlterKind::kAddPartitions:
    case AlterKind::kDropPartitions:
      return AlterPartitions(node);
    case AlterKind::kSetOptions:
      Text("SET ");
      return Options(node.options);
    case AlterKind::kResetOptions:
      Text("RESET (");
      for (size_t i = 0; i < node.keys.size(); ++i) {
        if (i > 0) Text(", ");
        String(node.keys[i]);
      }
      return Text(")");
    case AlterKind::kComment:
      Text("COMMENT ");
      return String(*node.comment);
    case AlterKind::kAsQuery:
      Text("AS ");
      return Query(*node.query);
    case AlterKind::kFunctionClass:
      Text("AS ");
      String(node.definition);
      return Text(node.language.empty() ? "" : " LANGUAGE " + node.language);
    case AlterKind::kSuspend:
      return Text("SUSPEND");
    case AlterKind::kResume:
      Text("RESUME");
      return WithOptions(node.options);
    case AlterKind::kRefresh:
      Text("REFRESH");
      if (node.partitions.empty()) return;
      Text(" PARTITION ");
      return PartitionSpec(node.partitions[0]);
    case AlterKind::kSetFreshness:
      Text("SET FRESHNESS = ");
      return Node(*node.freshness);
    case AlterKind::kSetRefreshMode:
      return Text(node.refresh_mode == RefreshMode::kFull ? "SET REFRESH_MODE = FULL"
                                                          : "SET REFRESH_MODE = CONTINUOUS");
    case AlterKind::kResetFreshness:
      return Text("RESET FRESHNESS");
    case AlterKind::kResetRefreshMode:
      return Text("RESET REFRESH_MODE");
  }
}

void Unparser::AlterPartitions(const AstAlter& node) {
  bool add = node.kind == AlterKind::kAddPartitions;
  Text(add ? "ADD" : "DROP");
  if (node.partition_if_exists) Text(add ? " IF NOT EXISTS" : " IF EXISTS");
  for (size_t i = 0; i < node.partitions.size(); ++i) {
    Text(i > 0 && !add ? ", PARTITION " : " PARTITION ");
    PartitionSpec(node.partitions[i]);
    if (add) WithOptions(node.partition_options[i]);
  }
}

void Unparser::Write(const AstShow& node) {
  Text("SHOW ");
  if (node.user) Text("USER ");
  if (node.full) Text("FULL ");
  Text(ShowWords(node.kind));
  if (!node.name.empty()) {
    Text(ShowNameFollows(node.kind) ? " " : " FROM ");
    Path(node.name);
  }
  if (!node.partition.empty()) {
    Text(" PARTITION ");
    PartitionSpec(node.partition);
  }
  if (!node.like) return;
  if (node.like_negated) Text(" NOT");
  Text(node.like_ignores_case ? " ILIKE " : " LIKE ");
  String(*node.like);
}

void Unparser::Write(const AstDescribe& node) {
  Text("DESCRIBE ");
  if (node.object != ObjectKind::kTable) Text(UpperKind(node.object) + " ");
  if (node.extended) Text("EXTENDED ");
  bool string_name = node.object == ObjectKind::kJob || node.object == ObjectKind::kConnector ||
                     node.object == ObjectKind::kFormat;
  if (string_name) return String(node.name[0].value);
  Path(node.name);
}

void Unparser::Write(const AstExplain& node) {
  Text("EXPLAIN ");
  std::string_view separator = "";
  for (ExplainDetail detail : node.details) {
    Text(separator);
    separator = ", ";
    switch (detail) {
      case ExplainDetail::kEstimatedCost:
        Text("ESTIMATED_COST");
        break;
      case ExplainDetail::kChangelogMode:
        Text("CHANGELOG_MODE");
        break;
      case ExplainDetail::kJsonExecutionPlan:
        Text("JSON_EXECUTION_PLAN");
        break;
      case ExplainDetail::kPlanAdvice:
        Text("PLAN_ADVICE");
        break;
      case ExplainDetail::kAst:
        Text("AST");
        break;
      case ExplainDetail::kPhysical:
        Text("PHYSICAL");
        break;
    }
  }
  if (!node.details.empty()) Text(" ");
  if (node.upgrade_from) {
    Text("UPGRADE FROM ");
    String(*node.upgrade_from);
    Text(" FOR ");
  }
  Statement(*node.statement);
}

void Unparser::Write(const AstCompilePlan& node) {
  Text(node.execute ? "COMPILE AND EXECUTE PLAN " : "COMPILE PLAN ");
  String(node.file);
  if (node.if_not_exists) Text(" IF NOT EXISTS");
  Text(" FOR ");
  Statement(*node.statement);
}

void Unparser::Write(const AstExecutePlan& node) {
  Text("EXECUTE PLAN ");
  String(node.file);
}

void Unparser::Write(const AstUse& node) {
  Text("USE ");
  if (node.object == ObjectKind::kModule) {
    Text("MODULES ");
    return Names(node.modules);
  }
  if (node.object == ObjectKind::kCatalog) Text("CATALOG ");
  Path(node.name);
}

void Unparser::Write(const AstSet& node) {
  Text("SET");
  if (!node.key) return;
  Text(fmt::format(" {} = {}", QuoteString(*node.key), QuoteString(node.value)));
}

void Unparser::Write(const AstReset& node) {
  Text("RESET");
  if (node.key) Text(" " + QuoteString(*node.key));
}

void Unparser::Write(const AstLoadModule& node) {
  Text("LOAD MODULE ");
  Name(node.name);
  WithOptions(node.options);
}

void Unparser::Write(const AstUnloadModule& node) {
  Text("UNLOAD MODULE ");
  Name(node.name);
}

void Unparser::Write(const AstJar& node) {
  Text(node.remove ? "REMOVE JAR " : "ADD JAR ");
  String(node.path);
}

void Unparser::Write(const AstStopJob& node) {
  Text("STOP JOB ");
  String(node.job_id);
  if (node.with_savepoint) Text(" WITH SAVEPOINT");
  if (node.with_drain) Text(" WITH DRAIN");
}

void Unparser::Write(const AstAnalyzeTable& node) {
  Text("ANALYZE TABLE ");
  Path(node.table);
  if (!node.partition.empty()) {
    Text(" PARTITION ");
    PartitionSpec(node.partition);
  }
  Text(" COMPUTE STATISTICS");
  if (!node.for_columns) return;
  if (node.for_all_columns) return Text(" FOR ALL COLUMNS");
  Text(" FOR COLUMNS ");
  Names(node.columns);
}

}  // namespace weir
