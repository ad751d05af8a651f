// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/server/managed_job.h"

#include <utility>

#include "weir/sql/parser.h"

namespace weir {
namespace {

/// Runs the statements of `sql` to their ends.
Status RunAll(Session& session, std::string_view sql) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Statement> statements, ParseStatements(sql));
  for (const Statement& statement : statements) {
    WEIR_ASSIGN_OR_RETURN(auto result, session.Execute(statement, sql));
    Batch batch;
    for (bool more = true; more;) {
      WEIR_ASSIGN_OR_RETURN(more, result->Next(&batch));
    }
  }
  return Status::OK();
}

}  // namespace

ManagedJob::ManagedJob(JobRecord record, const Environment& environment, EventLog* log,
                       OnEnd on_end)
    : record_(std::move(record)),
      environment_(environment),
      log_(log),
      on_end_(std::move(on_end)) {}

ManagedJob::~ManagedJob() {
  RequestEnd(EndRequest::kSuspend);
  if (thread_.joinable()) thread_.join();
}

void ManagedJob::Start() {
  thread_ = std::thread([this] { Run(); });
}

Result<std::unique_ptr<QueryResult>> ManagedJob::Begin(Session& session) {
  WEIR_RETURN_NOT_OK(RunAll(session, record_.preparation));
  // Options of the request win over those of the script.
  for (const auto& [key, value] : record_.options)
    WEIR_RETURN_NOT_OK(session.SetOption(key, value));
  if (record_.resume) WEIR_RETURN_NOT_OK(session.SetOption("weir.job.resume", "true"));
  WEIR_ASSIGN_OR_RETURN(Statement statement, ParseStatement(record_.statement));
  return session.Execute(statement, record_.statement);
}

Status ManagedJob::RunJob() {
  SessionConfig config;
  config.environment = &environment_;
  config.options = record_.options;
  config.log = [this](const std::string& line) {
    restarts_.fetch_add(1);
    log_->Write(LogLevel::kWarning, "job is started again",
                {{"job", record_.id}, {"name", record_.name}, {"reason", line}});
  };
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<Session> session, Session::Create(std::move(config)));
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<QueryResult> begun, Begin(*session));
  std::shared_ptr<QueryResult> result(std::move(begun));
  {
    std::lock_guard<std::mutex> lock(mutex_);
    result_ = result;
  }
  if (request_.load() != EndRequest::kNone) result->Cancel();
  Status status;
  Batch batch;
  for (bool more = true; more && status.ok();) {
    Result<bool> next = result->Next(&batch);
    status = next.status();
    more = next.ok() && *next;
  }
  std::lock_guard<std::mutex> lock(mutex_);
  last_progress_ = result->Progress();
  if (result->job() != nullptr) last_checkpoints_ = result->job()->Checkpoints();
  result_.reset();
  result.reset();  // Before its session.
  return status;
}

void ManagedJob::Run() {
  Status status = RunJob();
  ended_.store(true);
  EndRequest request = request_.load();
  JobState state = JobState::kFinished;
  if (!status.ok()) {
    if (request == EndRequest::kSuspend) return;
    state = request == EndRequest::kCancel ? JobState::kCanceled : JobState::kFailed;
  }
  on_end_(state, state == JobState::kFailed ? status : Status::OK());
}

void ManagedJob::RequestEnd(EndRequest request) {
  EndRequest none = EndRequest::kNone;
  if (!request_.compare_exchange_strong(none, request)) return;
  if (auto running = result()) running->Cancel();
}

Status ManagedJob::Savepoint(ObjectStore* target, SavepointEnd end) {
  std::shared_ptr<QueryResult> running = result();
  if (running == nullptr || running->job() == nullptr) {
    return Unavailable("job '{}' {}", record_.id, is_ended() ? "has ended" : "is starting");
  }
  return running->job()->Savepoint(target, end);
}

std::vector<NodeProgress> ManagedJob::Progress() const {
  if (auto running = result()) return running->Progress();
  std::lock_guard<std::mutex> lock(mutex_);
  return last_progress_;
}

std::vector<CheckpointFigures> ManagedJob::Checkpoints() const {
  auto running = result();
  if (running != nullptr && running->job() != nullptr) return running->job()->Checkpoints();
  std::lock_guard<std::mutex> lock(mutex_);
  return last_checkpoints_;
}

}  // namespace weir
