// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/server/job_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "weir/session/job_settings.h"
#include "weir/sql/parser.h"
#include "weir/store/open_object_store.h"

namespace weir {
namespace {

constexpr std::string_view kIntervalKey = "execution.checkpointing.interval";
constexpr std::string_view kDirectoryKey = "execution.checkpointing.dir";
constexpr std::string_view kSavepointKeys[] = {"execution.checkpointing.savepoint-dir",
                                               "state.savepoints.dir"};
constexpr std::string_view kDefaultInterval = "10 s";

bool IsJob(const Statement& statement) {
  return statement.As<AstInsert>() != nullptr || statement.As<AstStatementSet>() != nullptr ||
         statement.As<AstExecutePlan>() != nullptr;
}

/// Statements that change nothing but the session, and so may be repeated when a job starts again.
bool Prepares(const Statement& statement) {
  if (auto* create = statement.As<AstCreateTable>()) return create->query == nullptr;
  return statement.As<AstSet>() != nullptr || statement.As<AstReset>() != nullptr ||
         statement.As<AstCreateView>() != nullptr || statement.As<AstUse>() != nullptr ||
         statement.As<AstCreateDatabase>() != nullptr ||
         statement.As<AstCreateCatalog>() != nullptr ||
         statement.As<AstCreateFunction>() != nullptr || statement.As<AstAlter>() != nullptr ||
         statement.As<AstDrop>() != nullptr;
}

/// "insert-into_<table>,..": as Flink names a job that has no name.
std::string DefaultJobName(const Statement& statement) {
  std::vector<std::string> tables;
  auto add = [&](const AstInsert& insert) {
    std::vector<std::string> parts;
    for (const Identifier& part : insert.table) parts.push_back(part.value);
    tables.push_back(insert.file ? *insert.file : fmt::format("{}", fmt::join(parts, ".")));
  };
  if (auto* insert = statement.As<AstInsert>()) add(*insert);
  if (auto* set = statement.As<AstStatementSet>()) {
    for (const StatementPtr& one : set->statements) {
      if (auto* insert = one->As<AstInsert>()) add(*insert);
    }
  }
  if (tables.empty()) return "execute-plan";
  return fmt::format("insert-into_{}", fmt::join(tables, ","));
}

struct Script {
  std::vector<JobRecord> jobs;  // With their default names, and all that prepares them.
  std::map<std::string, std::string> settings;  // What its SET statements say.
};

Result<Script> SplitScript(std::string_view sql) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Statement> statements, ParseStatements(sql));
  Script script;
  std::string preparation;
  for (const Statement& statement : statements) {
    std::string text(sql.substr(statement.span.begin, statement.span.end - statement.span.begin));
    if (IsJob(statement)) {
      JobRecord record;
      record.name = DefaultJobName(statement);
      record.preparation = preparation;
      record.statement = std::move(text);
      script.jobs.push_back(std::move(record));
    } else if (Prepares(statement)) {
      preparation += text + ";\n";
      auto* set = statement.As<AstSet>();
      if (set != nullptr && set->key) script.settings[*set->key] = set->value;
    } else {
      return WithHint(
          InvalidQueryAt(statement.span, "a job's script has SET, CREATE, USE and INSERT only"),
          "run queries with: weir run FILE.sql");
    }
  }
  if (script.jobs.empty()) {
    return WithHint(InvalidQuery("the script has no INSERT, so there is no job to run"),
                    "INSERT INTO a_table SELECT ...");
  }
  return script;
}

}  // namespace

JobServer::JobServer(JobServerConfig config, EventLog* log)
    : config_(std::move(config)),
      environment_(config_.environment != nullptr ? *config_.environment : RealEnvironment()),
      log_(log),
      records_(config_.state_directory + "/jobs", environment_.files) {}

JobServer::~JobServer() {
  // Ask all first, so that they end side by side; waiting happens in their destructors.
  std::vector<std::unique_ptr<ManagedJob>> ending;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto& [id, entry] : jobs_) {
      if (entry->job == nullptr) continue;
      entry->job->RequestEnd(EndRequest::kSuspend);
      ending.push_back(std::move(entry->job));
    }
  }
  ending.clear();
}

Result<std::unique_ptr<JobServer>> JobServer::Open(JobServerConfig config, EventLog* log) {
  std::unique_ptr<JobServer> server(new JobServer(std::move(config), log));
  WEIR_RETURN_NOT_OK(server->Start());
  return server;
}

Status JobServer::Start() {
  WEIR_RETURN_NOT_OK(environment_.files->MakeDirectories(config_.state_directory));
  WEIR_ASSIGN_OR_RETURN(lock_, environment_.files->TryLock(config_.state_directory + "/LOCK"));
  if (lock_ == nullptr) {
    return WithHint(
        Unavailable("another server has the state directory '{}'", config_.state_directory),
        "stop it, or give this one a directory of its own: --state-dir DIR");
  }
  WEIR_RETURN_NOT_OK(records_.Open());
  WEIR_ASSIGN_OR_RETURN(std::vector<JobRecord> found, records_.Load());
  for (JobRecord& record : found) {
    if (IsTerminal(record.state)) {
      std::string id = record.id;
      jobs_[id] = std::make_unique<Entry>(Entry{std::move(record), nullptr});
      continue;
    }
    record.resume = true;
    log_->Write(LogLevel::kInfo, "job goes on", {{"job", record.id}, {"name", record.name}});
    Launch(std::move(record));
  }
  return Status::OK();
}

std::string JobServer::NewId() {
  return fmt::format("j{:012x}", environment_.random->Next() & 0xffffffffffffULL);
}

/// Under mutex_, but for Start.
void JobServer::Launch(JobRecord record) {
  std::string id = record.id;
  auto entry = std::make_unique<Entry>();
  entry->job = std::make_unique<ManagedJob>(
      record, environment_, log_,
      [this, id](JobState state, const Status& status) { OnEnd(id, state, status); });
  entry->record = std::move(record);
  ManagedJob* job = entry->job.get();
  jobs_[id] = std::move(entry);
  job->Start();
}

Status JobServer::MakeRoom() {
  while (jobs_.size() >= config_.jobs_max) {
    auto oldest = jobs_.end();
    for (auto at = jobs_.begin(); at != jobs_.end(); ++at) {
      if (!IsTerminal(at->second->record.state)) continue;
      if (at->second->job != nullptr && !at->second->job->is_ended()) continue;
      if (oldest == jobs_.end() ||
          at->second->record.ended_micros < oldest->second->record.ended_micros)
        oldest = at;
    }
    if (oldest == jobs_.end())
      return ResourceExhausted("the server runs {} jobs, which is its limit", jobs_.size());
    WEIR_RETURN_NOT_OK(environment_.files->Delete(
        fmt::format("{}/jobs/{}.json", config_.state_directory, oldest->first)));
    jobs_.erase(oldest);
  }
  return Status::OK();
}

Result<std::vector<std::string>> JobServer::Submit(const SubmitRequest& request) {
  WEIR_ASSIGN_OR_RETURN(Script script, SplitScript(request.sql));
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::string> ids;
  std::map<std::string, int> named;  // How many jobs of the script have a name.
  for (JobRecord& record : script.jobs) {
    record.options = request.options;
    // What the script itself sets decides over the server's options.
    auto add = [&](const std::string& key, const std::string& value) {
      if (script.settings.count(key) == 0) record.options.try_emplace(key, value);
    };
    for (const auto& [key, value] : config_.options) add(key, value);
    add(std::string(kIntervalKey), std::string(kDefaultInterval));
    add(std::string(kDirectoryKey), config_.state_directory + "/checkpoints");
    if (!request.from_savepoint.empty())
      record.options["execution.state-recovery.path"] = request.from_savepoint;
    record.id = NewId();
    for (const auto& settings : {script.settings, record.options}) {
      auto set = settings.find("pipeline.name");
      if (set != settings.end() && !set->second.empty()) record.name = set->second;
    }
    // As in a session: the second job of a name has a folder of its own.
    if (int twin = ++named[record.name]; twin > 1) record.name += fmt::format("-{}", twin);
    record.options["pipeline.name"] = record.name;
    record.resume = request.resume;
    record.created_micros = environment_.clock->WallMicros();
    for (const auto& [id, entry] : jobs_) {
      bool runs = !IsTerminal(entry->record.state);
      if (runs && entry->record.name == record.name) {
        return WithHint(InvalidQuery("job '{}' runs already, as {}", record.name, id),
                        "give this one a name of its own: SET 'pipeline.name' = '...'");
      }
    }
  }
  for (JobRecord& record : script.jobs) {
    WEIR_RETURN_NOT_OK(MakeRoom());
    WEIR_RETURN_NOT_OK(records_.Store(record));
    ids.push_back(record.id);
    log_->Write(LogLevel::kInfo, "job submitted", {{"job", record.id}, {"name", record.name}});
    Launch(std::move(record));
  }
  return ids;
}

void JobServer::OnEnd(const std::string& id, JobState state, const Status& status) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto at = jobs_.find(id);
  if (at == jobs_.end()) return;
  JobRecord& record = at->second->record;
  record.state = state;
  record.error = status.ok() ? std::string() : status.message();
  record.ended_micros = environment_.clock->WallMicros();
  log_->Write(status.ok() ? LogLevel::kInfo : LogLevel::kError, "job ended",
              {{"job", id},
               {"name", record.name},
               {"state", std::string(JobStateName(state))},
               {"error", record.error}});
  Status stored = records_.Store(record);
  if (!stored.ok())
    log_->Write(LogLevel::kError, "job record cannot be written",
                {{"job", id}, {"error", stored.message()}});
}

Result<JobServer::Entry*> JobServer::Find(const std::string& id) const {
  auto at = jobs_.find(id);
  if (at != jobs_.end()) return at->second.get();
  // A name serves too, as long as it means one job: the one that runs, or the newest.
  Entry* found = nullptr;
  for (const auto& [key, entry] : jobs_) {
    if (entry->record.name != id) continue;
    if (found == nullptr || !IsTerminal(entry->record.state) ||
        (IsTerminal(found->record.state) &&
         entry->record.created_micros > found->record.created_micros))
      found = entry.get();
  }
  if (found != nullptr) return found;
  return WithHint(InvalidQuery("there is no job '{}'", id), "weir job list");
}

JobView JobServer::ViewOf(const Entry& entry) const {
  JobView view;
  view.record = entry.record;
  if (entry.job == nullptr) return view;
  view.nodes = entry.job->Progress();
  view.checkpoints = entry.job->Checkpoints();
  view.restarts = entry.job->restarts();
  return view;
}

std::vector<JobView> JobServer::List() const {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<JobView> views;
  for (const auto& [id, entry] : jobs_) views.push_back(ViewOf(*entry));
  std::stable_sort(views.begin(), views.end(), [](const JobView& a, const JobView& b) {
    return a.record.created_micros < b.record.created_micros;
  });
  return views;
}

Result<JobView> JobServer::Show(const std::string& id) const {
  std::lock_guard<std::mutex> lock(mutex_);
  WEIR_ASSIGN_OR_RETURN(Entry * entry, Find(id));
  return ViewOf(*entry);
}

Status JobServer::Cancel(const std::string& id) {
  std::lock_guard<std::mutex> lock(mutex_);
  WEIR_ASSIGN_OR_RETURN(Entry * entry, Find(id));
  if (IsTerminal(entry->record.state) || entry->job == nullptr) {
    return InvalidQuery("job '{}' has ended already: {}", id, JobStateName(entry->record.state));
  }
  entry->job->RequestEnd(EndRequest::kCancel);
  return Status::OK();
}

Result<std::string> JobServer::Savepoint(const std::string& id, const SavepointRequest& request) {
  ManagedJob* job = nullptr;
  std::string directory = request.directory, key;
  std::map<std::string, std::string> options;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    WEIR_ASSIGN_OR_RETURN(Entry * entry, Find(id));
    if (IsTerminal(entry->record.state) || entry->job == nullptr) {
      return InvalidQuery("job '{}' has ended already: {}", id, JobStateName(entry->record.state));
    }
    key = entry->record.id;
    job = entry->job.get();
    options = entry->record.options;
  }
  if (directory.empty()) {
    for (std::string_view key_of_directory : kSavepointKeys) {
      auto set = options.find(std::string(key_of_directory));
      if (directory.empty() && set != options.end()) directory = set->second;
    }
    if (directory.empty()) directory = config_.state_directory + "/savepoints";
  }
  std::string path = fmt::format("{}/savepoint-{}-{:012x}", directory, key,
                                 environment_.random->Next() & 0xffffffffffffULL);
  WEIR_ASSIGN_OR_RETURN(auto target, OpenObjectStore(path, environment_, Options(options)));
  // Entries of running jobs stay until the server ends, so `job` does.
  WEIR_RETURN_NOT_OK(job->Savepoint(target.get(), request.end));
  std::lock_guard<std::mutex> lock(mutex_);
  WEIR_ASSIGN_OR_RETURN(Entry * entry, Find(key));
  entry->record.savepoints.push_back({path, environment_.clock->WallMicros()});
  log_->Write(LogLevel::kInfo, "savepoint completed", {{"job", key}, {"path", path}});
  WEIR_RETURN_NOT_OK(records_.Store(entry->record));
  return path;
}

Status JobServer::DisposeSavepoint(const std::string& path) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (auto& [id, entry] : jobs_) {
    auto& savepoints = entry->record.savepoints;
    auto at = std::find_if(savepoints.begin(), savepoints.end(),
                           [&](const SavepointRecord& one) { return one.path == path; });
    if (at == savepoints.end()) continue;
    WEIR_ASSIGN_OR_RETURN(auto target,
                          OpenObjectStore(path, environment_, Options(entry->record.options)));
    WEIR_ASSIGN_OR_RETURN(std::vector<std::string> keys, target->List(""));
    for (const std::string& key : keys) WEIR_RETURN_NOT_OK(target->Delete(key));
    target.reset();
    if (auto local = LocalPathOf(path)) WEIR_RETURN_NOT_OK(environment_.files->DeleteTree(*local));
    savepoints.erase(at);
    log_->Write(LogLevel::kInfo, "savepoint disposed", {{"job", id}, {"path", path}});
    return records_.Store(entry->record);
  }
  return InvalidQuery("no job of this server has made the savepoint '{}'", path);
}

}  // namespace weir
