// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// One job of the server: a thread with a session of its own, which prepares (SET, CREATE ..), runs
// the statement and reports how it ended.
//
// Threads: all methods from any.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "weir/server/event_log.h"
#include "weir/server/job_record.h"
#include "weir/session/session.h"

namespace weir {

/// Why a job was asked to end.
enum class EndRequest : uint8_t {
  kNone,
  kCancel,   // By a user: it is over.
  kSuspend,  // The server ends; the job goes on with the next one.
};

class ManagedJob {
 public:
  /// What happens when the job has ended: its state and its error. Called once, in its thread; not
  /// for kSuspend.
  using OnEnd = std::function<void(JobState, const Status&)>;

  ManagedJob(JobRecord record, const Environment& environment, EventLog* log, OnEnd on_end);
  ~ManagedJob();  // Suspends it and waits.

  void Start();
  void RequestEnd(EndRequest request);
  /// Errors: kUnavailable while it starts or when it has ended.
  Status Savepoint(ObjectStore* target, SavepointEnd end);
  std::vector<NodeProgress> Progress() const;
  std::vector<CheckpointFigures> Checkpoints() const;
  int64_t restarts() const { return restarts_.load(); }
  bool is_ended() const { return ended_.load(); }

 private:
  void Run();
  Status RunJob();
  Result<std::unique_ptr<QueryResult>> Begin(Session& session);
  std::shared_ptr<QueryResult> result() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return result_;
  }

  const JobRecord record_;
  const Environment environment_;
  EventLog* log_;
  OnEnd on_end_;
  std::atomic<EndRequest> request_{EndRequest::kNone};
  std::atomic<int64_t> restarts_{0};
  std::atomic<bool> ended_{false};
  mutable std::mutex mutex_;
  std::shared_ptr<QueryResult> result_;
  // What was known when it ended.
  std::vector<NodeProgress> last_progress_;
  std::vector<CheckpointFigures> last_checkpoints_;
  std::thread thread_;
};

}  // namespace weir
