// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Takes the checkpoints of one job: asks for barriers, collects what the runners have saved, writes
// the epoch and publishes what the sinks have prepared for it. A state machine: whoever runs the
// job calls Step now and then, a thread of its own or the one thread of a deterministic job.
//
//   idle --due, or a savepoint is asked for--> taking --all have answered--> written -> published
//                                                |   timeout, failure          |
//   idle <---------------------------------------+-----------------------------+
//
// - One checkpoint at a time. One that fails is given up; whatever its snapshots held is asked for
//   in full by the next. More failures in a row than are tolerated fail the job; being replaced by
//   another process, or damaged files, at once.
// - A savepoint is a checkpoint whose snapshots, all full, are written to a second place first. So
//   what the job goes on from after a stop is the same, wherever it is started from.
// - The last epoch of a job that has ended well is final: every node is finished.
// Threads: Savepoint, Checkpoints from any; the rest from one at a time.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "weir/runtime/barrier_mail.h"
#include "weir/runtime/checkpoint_options.h"
#include "weir/runtime/job_graph.h"

namespace weir {

/// What of a job belongs to its checkpoints.
struct CheckpointParts {
  std::vector<StateWriter> writers;  // Runners that answer, by their number.
  std::vector<SourceStage> sources;
  std::vector<SinkStage> sinks;
  std::map<std::string, std::string> node_names;
};

class CheckpointCoordinator {
 public:
  /// `clock` and `mail` outlive it.
  CheckpointCoordinator(std::shared_ptr<CheckpointStorage> storage,
                        const CheckpointOptions& options, CheckpointParts parts, Clock* clock,
                        BarrierMail* mail);

  /// Does what is due; blocks on the store. Errors end the job.
  Status Step();
  /// Every runner has ended well: the final epoch.
  Status Finish();
  /// The job has ended; `why` goes to those who wait for a savepoint.
  void Close(const Status& why);

  /// How long nothing but an answer can make anything due.
  int64_t IdleMicros() const;
  bool is_taking() const { return taking_ != nullptr; }
  /// A savepoint has been taken after which the job is to end.
  bool has_stopped() const { return has_stopped_; }
  /// A source has been read once (CheckpointOptions::every_polls).
  void CountPoll() { ++polls_; }

  /// Waits until the savepoint is there.
  Status Savepoint(ObjectStore* target, SavepointEnd end);
  std::vector<CheckpointFigures> Checkpoints() const;

 private:
  struct Request {
    ObjectStore* target;
    SavepointEnd end;
    bool is_done = false;
    Status status;
  };
  /// A checkpoint under way.
  struct Taking {
    int64_t barrier = 0;
    Request* request = nullptr;  // Of a savepoint.
    std::unique_ptr<EpochWriter> epoch, savepoint;
    bool target_failed = false;  // The savepoint's place, not the job's.
    std::vector<bool> answered;
    size_t missing = 0;
    int64_t started_wall_micros = 0, started_micros = 0;
  };

  bool MayBegin() const;
  bool IsDue() const;
  Status Begin(Request* request);
  Status BeginWriters(Taking* taking);
  Status TakeAnswers();
  Status Note(RunnerAnswer answer);
  Status CompleteTaking();
  Status GiveUp(Status why);
  Status WriteFinal(const EpochFacts& facts);
  void WriteLastSavepoints(const EpochFacts& facts);
  Result<EpochFacts> CollectFacts(int64_t barrier);
  Status Publish();
  Request* NextRequest();
  void Answer(Request* request, const Status& status);
  void Record(const Taking& taking, EpochKind kind, const Status& status);
  int64_t Now() const { return clock_->MonotonicMicros(); }

  const std::shared_ptr<CheckpointStorage> storage_;
  const CheckpointOptions options_;
  const CheckpointParts parts_;
  Clock* const clock_;
  BarrierMail* const mail_;

  std::unique_ptr<Taking> taking_;
  std::vector<bool> finished_;  // By writer.
  size_t num_finished_ = 0;
  int64_t barrier_ = 0;
  int64_t next_due_micros_ = 0;
  int64_t polls_ = 0;
  int failures_in_a_row_ = 0;
  bool needs_full_ = false;  // Some snapshot was lost, and with it what had changed.
  bool is_draining_ = false;
  bool has_stopped_ = false;

  mutable std::mutex mutex_;
  std::condition_variable answered_;
  bool is_closed_ = false;
  std::vector<Request*> requests_;  // Not begun.
  std::deque<CheckpointFigures> figures_;
};

}  // namespace weir
