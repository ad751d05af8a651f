// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "job_run.h"

#include "weir/session/session.h"
#include "weir/sql/parser.h"
#include "weir/testing/changelog_sink.h"

namespace weir::audit {
namespace {

SessionConfig ConfigOf(const ReferenceJob& job, const RunSettings& settings,
                       SimEnvironment* machine) {
  SessionConfig config;
  config.environment = &machine->environment();
  config.options = {{"execution.runtime-mode", "STREAMING"},
                    {"weir.batch.rows-max", "5"},
                    {"weir.memory.query-limit", "1 gb"},
                    {"weir.deterministic", "true"},
                    {"weir.checkpoint.every-polls", std::to_string(settings.every_polls)},
                    {"parallelism.default", std::to_string(settings.parallelism)},
                    {"execution.checkpointing.dir", settings.directory},
                    {"weir.job.resume", "true"},
                    {"restart-strategy.type", "none"},
                    {"pipeline.name", job.name}};
  for (const auto& [key, value] : job.options) config.options[key] = value;
  for (const auto& [key, value] : settings.options) config.options[key] = value;
  config.add_connectors = [](ConnectorRegistry* registry) {
    registry->Add(MakeChangelogConnector());
  };
  return config;
}

}  // namespace

void PutInputs(const ReferenceJob& job, SimEnvironment* machine) {
  for (const auto& [path, bytes] : job.inputs) machine->WriteFile(path, bytes);
}

Status RunJob(const ReferenceJob& job, const RunSettings& settings, SimEnvironment* machine,
              const JobWatch& watch) {
  WEIR_ASSIGN_OR_RETURN(auto session, Session::Create(ConfigOf(job, settings, machine)));
  WEIR_ASSIGN_OR_RETURN(std::vector<Statement> statements, ParseStatements(job.sql));
  for (const Statement& statement : statements) {
    WEIR_ASSIGN_OR_RETURN(auto result, session->Execute(statement, job.sql));
    bool is_watched = watch.on_start != nullptr && result->job() != nullptr;
    if (is_watched) watch.on_start(result->job());
    Batch batch;
    Result<bool> more = true;
    while (more.ok() && *more) more = result->Next(&batch);
    if (is_watched) watch.on_end();
    WEIR_RETURN_NOT_OK(more.status());
  }
  return Status::OK();
}

}  // namespace weir::audit
