// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Runs jobs in the background and keeps them over restarts of the server.
//
//   Open            locks the state directory, reads the records, starts what was running
//   Submit(script)  a job for each INSERT or statement set; SET, CREATE .. before it prepare it
//   Stop            savepoint, then the end; Cancel: the end at once
//
// One server a state directory; one job a name (the folder of its checkpoints is locked too).
//
// Threads: all methods from any; Savepoint and Stop block until the savepoint is complete.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "weir/server/managed_job.h"

namespace weir {

struct JobServerConfig {
  std::string state_directory;
  const Environment* environment = nullptr;    // Null: the real one.
  std::map<std::string, std::string> options;  // Of every job; a job's own win.
  size_t jobs_max = 1000;                      // Records kept; ended ones go first.
};

/// A job as it is now.
struct JobView {
  JobRecord record;
  std::vector<NodeProgress> nodes;
  std::vector<CheckpointFigures> checkpoints;
  int64_t restarts = 0;
};

struct SubmitRequest {
  std::string sql;
  std::map<std::string, std::string> options;
  bool resume = false;         // From the job's newest checkpoint, if there is one.
  std::string from_savepoint;  // Else from this savepoint.
};

struct SavepointRequest {
  std::string directory;  // Empty: `execution.checkpointing.savepoint-dir`, else the server's own.
  SavepointEnd end = SavepointEnd::kGoOn;
};

class JobServer {
 public:
  /// Errors: kUnavailable when another server has the directory; kCorruption for damaged records.
  static Result<std::unique_ptr<JobServer>> Open(JobServerConfig config, EventLog* log);
  ~JobServer();  // Suspends all jobs; the next server on the directory goes on with them.

  /// The ids of the jobs, in the order of the script. Nothing is started when any statement is
  /// wrong. Errors: kInvalidQuery when the script has no INSERT, or has a query.
  Result<std::vector<std::string>> Submit(const SubmitRequest& request);
  std::vector<JobView> List() const;  // In the order of their creation.
  Result<JobView> Show(const std::string& id) const;
  Status Cancel(const std::string& id);
  /// The path of the savepoint.
  Result<std::string> Savepoint(const std::string& id, const SavepointRequest& request);
  /// Deletes a savepoint that a job of this server has made.
  Status DisposeSavepoint(const std::string& path);

 private:
  struct Entry {
    JobRecord record;
    std::unique_ptr<ManagedJob> job;  // Null: not run by this server.
  };

  JobServer(JobServerConfig config, EventLog* log);
  Status Start();
  void Launch(JobRecord record);
  void OnEnd(const std::string& id, JobState state, const Status& status);
  Result<Entry*> Find(const std::string& id) const;  // Under mutex_.
  JobView ViewOf(const Entry& entry) const;
  Status MakeRoom();
  std::string NewId();

  JobServerConfig config_;
  const Environment environment_;
  EventLog* log_;
  std::unique_ptr<FileLock> lock_;
  JobRecords records_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Entry>> jobs_;
};

}  // namespace weir
