// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Runs a job graph in this process: worker threads, each owning subtask i of every task, with
// bounded single-producer single-consumer queues between them.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "weir/memory/budget_pool.h"
#include "weir/runtime/checkpoint_options.h"
#include "weir/runtime/job_graph.h"

namespace weir {

struct ExecutionOptions {
  int64_t batch_rows_max = 4096;
  int64_t queue_batches_max = 8;  // Per channel.
  bool deterministic = false;     // One thread runs all workers in a fixed order (strict tests,
                               // simulation): sources give one batch each in turn, in node order; a
                               // batch and its watermark pass through the whole graph before the
                               // next; no source ends before all have given their last batch.
  bool check_contracts = false;  // Wraps operators in contract checks (runtime/contract_check.h).
};

struct NodeProgress {
  std::string name;
  OperatorCounters counters;           // Summed over subtasks; watermark is the minimum.
  std::vector<std::string> positions;  // Sources: one a subtask.
  bool is_source = false;
  int64_t memory_bytes = 0;  // Held by its subtasks' pools.
};

/// A running job. Threads: Cancel and Progress from any thread.
class Job {
 public:
  virtual ~Job() = default;
  /// Blocks until the job has ended; the first error wins; on_success / on_failure have been
  /// called.
  virtual Status Wait() = 0;
  virtual void Cancel() = 0;
  virtual bool is_finished() const = 0;
  virtual std::vector<NodeProgress> Progress() const = 0;
  /// The last hundred checkpoints, oldest first.
  virtual std::vector<CheckpointFigures> Checkpoints() const { return {}; }
  /// Writes a savepoint to `target`, and waits until it is complete. Errors: kUnavailable when the
  /// job has ended or is ending; kInvalidQuery when it takes no checkpoints.
  virtual Status Savepoint(ObjectStore* target, SavepointEnd end) {
    return InvalidQuery("this job takes no checkpoints");
  }
};

/// Starts the job. `pool` is the query's budget; the environment must outlive the job, and the job
/// all batches that it gave out (they lie in its operators' pools). on_failure is called too when
/// starting fails.
Result<std::unique_ptr<Job>> StartJob(JobGraph graph, const ExecutionOptions& options,
                                      const Environment& environment,
                                      std::shared_ptr<BudgetPool> pool,
                                      CheckpointSetup checkpoints = {});

}  // namespace weir
