// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// CREATE, ALTER, DROP, USE.
#include <algorithm>

#include "weir/session/local_session.h"
#include "weir/sql/parser.h"

namespace weir {
namespace {

std::map<std::string, std::string> OptionMap(const std::vector<AstOption>& options) {
  std::map<std::string, std::string> map;
  for (const AstOption& option : options) map[option.key] = option.value;
  return map;
}

}  // namespace

Result<QueryResultPtr> LocalSession::CreateTable(const AstCreateTable& create,
                                                 const Statement& statement, std::string_view sql) {
  if (create.query != nullptr) return RunStatement(statement, sql);
  WEIR_ASSIGN_OR_RETURN(PlanMode mode, ModeOf({}));
  WEIR_ASSIGN_OR_RETURN(TableDefinition table,
                        BindCreateTable(create, MakeBinderContext(mode.is_batch)));
  auto shared = std::make_shared<const TableDefinition>(std::move(table));
  if (create.replace || create.or_replace) {
    if (create.replace && catalog_.FindTable(shared->name) == nullptr) {
      return InvalidQuery("table {} does not exist and cannot be replaced",
                          shared->name.ToString());
    }
    WEIR_RETURN_NOT_OK(catalog_.ReplaceTable(shared));
  } else {
    WEIR_RETURN_NOT_OK(catalog_.CreateTable(shared, create.if_not_exists));
  }
  return MakeMessage("OK");
}

Result<QueryResultPtr> LocalSession::CreateView(const AstCreateView& create, std::string_view sql) {
  WEIR_ASSIGN_OR_RETURN(TableDefinition view,
                        BindCreateView(create, sql, MakeBinderContext(false)));
  auto shared = std::make_shared<const TableDefinition>(std::move(view));
  if (create.or_replace) {
    WEIR_RETURN_NOT_OK(catalog_.ReplaceTable(shared));
  } else {
    WEIR_RETURN_NOT_OK(catalog_.CreateTable(shared, create.if_not_exists));
  }
  return MakeMessage("OK");
}

Result<QueryResultPtr> LocalSession::CreateDatabase(const AstCreateDatabase& create) {
  Database database;
  database.comment = create.comment.value_or("");
  database.options = OptionMap(create.options);
  std::string catalog = create.name.size() > 1 ? create.name[0].value : catalog_.current_catalog();
  WEIR_RETURN_NOT_OK(catalog_.CreateDatabase(catalog, create.name.back().value, std::move(database),
                                             create.if_not_exists));
  return MakeMessage("OK");
}

Result<QueryResultPtr> LocalSession::CreateCatalog(const AstCreateCatalog& create) {
  WEIR_RETURN_NOT_OK(catalog_.CreateCatalog(create.name.value, OptionMap(create.options),
                                            create.comment.value_or(""), create.if_not_exists));
  return MakeMessage("OK");
}

Result<QueryResultPtr> LocalSession::CreateFunction(const AstCreateFunction& create) {
  if (create.language != "SQL") {
    std::string language = create.language.empty() ? "JAVA" : create.language;
    return WithHint(Unsupported("functions in {} are not supported: Weir runs no {} code", language,
                                language == "PYTHON" ? "Python" : "JVM"),
                    "CREATE FUNCTION f(a INT) RETURNS INT AS SQL 'a + 1'");
  }
  SqlFunction function;
  WEIR_ASSIGN_OR_RETURN(function.name, catalog_.Qualify(create.name));
  function.is_temporary = create.temporary;
  function.is_system = create.system;
  function.body = create.definition;
  for (const AstFunctionParameter& parameter : create.parameters) {
    WEIR_ASSIGN_OR_RETURN(DataType type, BindType(*parameter.type));
    function.parameters.push_back({parameter.name.value, std::move(type)});
  }
  WEIR_ASSIGN_OR_RETURN(function.returns, BindType(*create.returns));
  // The body must make sense now, not at the first call. It cannot call itself: it does not exist
  // yet.
  WEIR_ASSIGN_OR_RETURN(AstExprPtr body, ParseExpression(function.body));
  auto bound = BindScalar(*body, Schema{function.parameters}, MakeBinderContext(false));
  if (!bound.ok()) {
    ErrorInfo info = GetErrorInfo(bound.status());
    info.span = create.definition_span;
    return MakeError(std::move(info), bound.status().message());
  }
  if (!CanImplicitlyCast((*bound)->type, function.returns) &&
      (*bound)->type.kind() != TypeKind::kNull) {
    return InvalidQueryAt(create.definition_span,
                          "the function gives {}, which does not convert to {}",
                          (*bound)->type.ToString(), function.returns.ToString());
  }
  WEIR_RETURN_NOT_OK(
      catalog_.CreateFunction(std::move(function), create.if_not_exists, create.or_replace));
  return MakeMessage("OK");
}

Result<QueryResultPtr> LocalSession::Alter(const AstAlter& alter, std::string_view sql) {
  if (alter.object == ObjectKind::kDatabase) {
    std::string catalog = alter.name.size() > 1 ? alter.name[0].value : catalog_.current_catalog();
    Database* database = catalog_.FindDatabase(catalog, alter.name.back().value);
    if (database == nullptr) {
      if (alter.if_exists) return MakeMessage("OK");
      return InvalidQuery("database '{}' does not exist", alter.name.back().value);
    }
    for (const AstOption& option : alter.options) database->options[option.key] = option.value;
    return MakeMessage("OK");
  }
  if (alter.object == ObjectKind::kCatalog) {
    CatalogEntry* entry = catalog_.FindCatalog(alter.name.back().value);
    if (entry == nullptr)
      return InvalidQuery("catalog '{}' does not exist", alter.name.back().value);
    for (const AstOption& option : alter.options) entry->options[option.key] = option.value;
    for (const std::string& key : alter.keys) entry->options.erase(key);
    if (alter.kind == AlterKind::kComment) entry->comment = alter.comment.value_or("");
    return MakeMessage("OK");
  }
  if (alter.object != ObjectKind::kTable && alter.object != ObjectKind::kView) {
    return Unsupported("ALTER {} is not supported yet", UpperKind(alter.object));
  }
  WEIR_ASSIGN_OR_RETURN(ObjectName name, catalog_.Qualify(alter.name));
  if (catalog_.FindTable(name) == nullptr && alter.if_exists) return MakeMessage("OK");
  WEIR_ASSIGN_OR_RETURN(TablePtr table, catalog_.GetTable(alter.name));
  bool wants_view = alter.object == ObjectKind::kView;
  if (table->is_view != wants_view) {
    return InvalidQuery("{} is a {}", name.ToString(), table->is_view ? "view" : "table");
  }
  if (alter.kind == AlterKind::kRename) {
    WEIR_RETURN_NOT_OK(catalog_.RenameTable(name, alter.new_name.back().value));
    return MakeMessage("OK");
  }
  if (wants_view) {
    if (alter.kind != AlterKind::kAsQuery)
      return Unsupported("this ALTER VIEW is not supported yet");
    AstCreateView create;
    create.name = alter.name;
    create.temporary = table->is_temporary;
    create.query = alter.query;
    WEIR_ASSIGN_OR_RETURN(TableDefinition view,
                          BindCreateView(create, sql, MakeBinderContext(false)));
    WEIR_RETURN_NOT_OK(
        catalog_.ReplaceTable(std::make_shared<const TableDefinition>(std::move(view))));
    return MakeMessage("OK");
  }
  WEIR_ASSIGN_OR_RETURN(TableDefinition changed,
                        BindAlterTable(alter, *table, MakeBinderContext(false)));
  WEIR_RETURN_NOT_OK(
      catalog_.ReplaceTable(std::make_shared<const TableDefinition>(std::move(changed))));
  return MakeMessage("OK");
}

Result<QueryResultPtr> LocalSession::Drop(const AstDrop& drop) {
  switch (drop.object) {
    case ObjectKind::kTable:
    case ObjectKind::kView: {
      WEIR_ASSIGN_OR_RETURN(ObjectName name, catalog_.Qualify(drop.name));
      WEIR_RETURN_NOT_OK(catalog_.DropTable(name, drop.object == ObjectKind::kView, drop.if_exists,
                                            drop.temporary));
      break;
    }
    case ObjectKind::kDatabase: {
      std::string catalog = drop.name.size() > 1 ? drop.name[0].value : catalog_.current_catalog();
      WEIR_RETURN_NOT_OK(catalog_.DropDatabase(catalog, drop.name.back().value, drop.if_exists,
                                               drop.behavior == DropBehavior::kCascade));
      break;
    }
    case ObjectKind::kCatalog:
      WEIR_RETURN_NOT_OK(catalog_.DropCatalog(drop.name.back().value, drop.if_exists));
      break;
    case ObjectKind::kFunction: {
      WEIR_ASSIGN_OR_RETURN(ObjectName name, catalog_.Qualify(drop.name));
      WEIR_RETURN_NOT_OK(catalog_.DropFunction(name, drop.if_exists));
      break;
    }
    default:
      return Unsupported("DROP {} is not supported yet", UpperKind(drop.object));
  }
  return MakeMessage("OK");
}

Result<QueryResultPtr> LocalSession::Use(const AstUse& use) {
  if (use.object == ObjectKind::kCatalog) {
    WEIR_RETURN_NOT_OK(catalog_.UseCatalog(use.name.back().value));
  } else if (use.object == ObjectKind::kDatabase) {
    std::string catalog = use.name.size() > 1 ? use.name[0].value : catalog_.current_catalog();
    WEIR_RETURN_NOT_OK(catalog_.UseDatabase(catalog, use.name.back().value));
  } else {
    for (const Identifier& module : use.modules) {
      if (module.value != "core")
        return Unsupported("module '{}' is not supported; there is 'core'", module.value);
    }
  }
  return MakeMessage("OK");
}

}  // namespace weir
