// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/session/local_session.h"

#include <cctype>

#include "weir/data/text.h"
#include "weir/session/option_check.h"

namespace weir {
namespace {

const std::vector<int> kNoKey;
const Schema kNoColumns;

class MessageResult : public QueryResult {
 public:
  explicit MessageResult(std::string message) : message_(std::move(message)) {}
  Result<bool> Next(Batch*) override { return false; }
  std::string message() const override { return message_; }

 private:
  std::string message_;
};

class TableResult : public QueryResult {
 public:
  TableResult(Schema schema, Batch batch) : schema_(std::move(schema)), batch_(std::move(batch)) {}
  bool has_rows() const override { return true; }
  const Schema& schema() const override { return schema_; }
  Result<bool> Next(Batch* batch) override {
    if (done_ || batch_.num_rows == 0) return false;
    *batch = batch_;
    done_ = true;
    return true;
  }

 private:
  Schema schema_;
  Batch batch_;
  bool done_ = false;
};

struct StatementName {
  std::string operator()(const AstDelete&) const { return "DELETE"; }
  std::string operator()(const AstUpdate&) const { return "UPDATE"; }
  std::string operator()(const AstTruncate&) const { return "TRUNCATE TABLE"; }
  std::string operator()(const AstCallProcedure&) const { return "CALL"; }
  std::string operator()(const AstCreateModel&) const { return "CREATE MODEL"; }
  std::string operator()(const AstCreateConnection&) const { return "CREATE CONNECTION"; }
  std::string operator()(const AstCreateMaterializedTable&) const {
    return "CREATE MATERIALIZED TABLE";
  }
  std::string operator()(const AstLoadModule&) const { return "LOAD MODULE"; }
  std::string operator()(const AstUnloadModule&) const { return "UNLOAD MODULE"; }
  std::string operator()(const AstJar& jar) const { return jar.remove ? "REMOVE JAR" : "ADD JAR"; }
  std::string operator()(const AstStopJob&) const { return "STOP JOB"; }
  std::string operator()(const AstAnalyzeTable&) const { return "ANALYZE TABLE"; }
  template <typename T>
  std::string operator()(const T&) const {
    return "this statement";
  }
};

}  // namespace

const Schema& QueryResult::schema() const { return kNoColumns; }
const std::vector<int>& QueryResult::upsert_key() const { return kNoKey; }

std::string UpperKind(ObjectKind kind) {
  std::string name(ObjectKindName(kind));
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

QueryResultPtr MakeMessage(std::string message) {
  return std::make_unique<MessageResult>(std::move(message));
}

Result<QueryResultPtr> MakeTable(const std::vector<std::string>& columns,
                                 const std::vector<TextRow>& rows) {
  Schema schema;
  for (const std::string& column : columns) schema.fields.push_back({column, DataType::String()});
  BatchBuilder builder(schema, arrow::default_memory_pool());
  for (const TextRow& row : rows) {
    ValueList values;
    for (const auto& cell : row) values.push_back(cell ? Value::String(*cell) : Value::Null());
    WEIR_RETURN_NOT_OK(builder.AppendRow(values));
  }
  WEIR_ASSIGN_OR_RETURN(Batch batch, builder.Finish());
  return QueryResultPtr(std::make_unique<TableResult>(std::move(schema), std::move(batch)));
}

Result<std::unique_ptr<Session>> Session::Create(SessionConfig config) {
  auto session = std::make_unique<LocalSession>(std::move(config));
  WEIR_RETURN_NOT_OK(session->Open());
  return std::unique_ptr<Session>(std::move(session));
}

LocalSession::LocalSession(SessionConfig config) : config_(std::move(config)) {
  environment_ = config_.environment != nullptr ? *config_.environment : RealEnvironment();
}

Status LocalSession::Open() {
  RegisterBuiltinFunctions(&functions_);
  RegisterBuiltinConnectors(&connectors_);
  if (config_.add_connectors) config_.add_connectors(&connectors_);
  for (const auto& [key, value] : config_.options) WEIR_RETURN_NOT_OK(SetOption(key, value));
  return Status::OK();
}

Status LocalSession::SetOption(const std::string& key, const std::string& value) {
  WEIR_ASSIGN_OR_RETURN(std::string warning, CheckOption(key, value));
  if (!warning.empty() && warned_.insert(key).second) warnings_.push_back({std::move(warning)});
  if (key == "table.local-time-zone") {
    std::string zone = value == "default" ? "UTC" : value;
    auto found = FindTimeZone(zone);
    if (!found.ok()) return found.status();
    time_zone_ = zone;
  }
  options_[key] = value;
  return Status::OK();
}

Result<QueryResultPtr> LocalSession::Execute(const Statement& statement, std::string_view sql) {
  if (auto* s = statement.As<AstCreateTable>()) return CreateTable(*s, statement, sql);
  if (auto* s = statement.As<AstCreateView>()) return CreateView(*s, sql);
  if (auto* s = statement.As<AstCreateDatabase>()) return CreateDatabase(*s);
  if (auto* s = statement.As<AstCreateCatalog>()) return CreateCatalog(*s);
  if (auto* s = statement.As<AstCreateFunction>()) return CreateFunction(*s);
  if (auto* s = statement.As<AstAlter>()) return Alter(*s, sql);
  if (auto* s = statement.As<AstDrop>()) return Drop(*s);
  if (auto* s = statement.As<AstUse>()) return Use(*s);
  if (auto* s = statement.As<AstShow>()) return Show(*s);
  if (auto* s = statement.As<AstDescribe>()) return Describe(*s);
  if (auto* s = statement.As<AstExplain>()) return Explain(*s, sql);
  if (auto* s = statement.As<AstCompilePlan>()) return CompilePlan(*s, sql);
  if (auto* s = statement.As<AstExecutePlan>()) return ExecutePlan(*s);
  if (auto* s = statement.As<AstSet>()) {
    if (!s->key) return ShowSettings();
    WEIR_RETURN_NOT_OK(WithSpan(SetOption(*s->key, s->value), statement.span));
    return MakeMessage("OK");
  }
  if (auto* s = statement.As<AstReset>()) {
    if (s->key) {
      options_.erase(*s->key);
    } else {
      options_ = config_.options;
    }
    if (options_.count("table.local-time-zone") == 0) time_zone_ = "UTC";
    return MakeMessage("OK");
  }
  if (statement.As<AstQueryStatement>() != nullptr || statement.As<AstInsert>() != nullptr ||
      statement.As<AstStatementSet>() != nullptr) {
    return RunStatement(statement, sql);
  }
  return UnsupportedAt(statement.span, "{} is not supported yet",
                       std::visit(StatementName{}, statement.node));
}

}  // namespace weir
