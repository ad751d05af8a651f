// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The local runtime: worker i owns subtask i of every task and runs them in turn, those behind
// first, so that what has been made is consumed before more is made. A worker that finds nothing to
// do sleeps until somebody wakes it. Checkpoints are taken by one more thread, which blocks on the
// store and stops nobody; in a deterministic job the one worker steps the coordinator between two
// reads of sources.
// Threads: the public methods from any.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "weir/runtime/checkpoint_coordinator.h"
#include "weir/runtime/executor.h"
#include "weir/runtime/job_plan.h"
#include "weir/runtime/task.h"

namespace weir {

class LocalJob : public Job {
 public:
  LocalJob(JobGraph graph, const ExecutionOptions& options, const Environment& environment,
           std::shared_ptr<BudgetPool> pool, CheckpointSetup setup)
      : graph_(std::move(graph)),
        options_(options),
        environment_(environment),
        pool_(std::move(pool)),
        setup_(std::move(setup)) {}
  ~LocalJob() override;

  Status Start();
  Status Wait() override;
  void Cancel() override { Fail(Cancelled()); }
  bool is_finished() const override { return finished_.load(std::memory_order_acquire); }
  std::vector<NodeProgress> Progress() const override;
  std::vector<CheckpointFigures> Checkpoints() const override;
  Status Savepoint(ObjectStore* target, SavepointEnd end) override;

 private:
  struct Worker {
    std::shared_ptr<Wake> wake = std::make_shared<Wake>();
    std::vector<Task*> tasks;  // Those behind first.
  };

  // local_job_build.cc
  Status Build();
  Status PrepareCheckpoints();
  Status CheckClaims() const;
  void FindSkipped();
  Status StartSinks();
  Status RestoreSplits();
  Status WireNode(int node, int subtask);
  Status MakeOperators(int node, int subtask);
  void WireOutputs(int node);
  Status RestoreOperators();
  Status RestoreSubtasks(int worker, int num_workers);
  bool HasState(const std::string& semantic_id) const;
  Task* TaskOf(int node, int subtask) {
    return tasks_[static_cast<size_t>(plan_.task_of[static_cast<size_t>(node)])]
                 [static_cast<size_t>(subtask)]
                     .get();
  }
  NodeRunner* RunnerOf(int node, int subtask) const {
    return runners_[static_cast<size_t>(node)][static_cast<size_t>(subtask)];
  }

  // local_job.cc
  /// One source of a deterministic job.
  struct Turn {
    Task* task;
    int source;
    bool exhausted = false;
  };
  Status RunWorker(Worker& worker);
  Status RunInTurn();
  Status PollInTurn(std::vector<Turn>& turns);
  Status Drain();
  Result<bool> CopySnapshots();
  Status StepInTurn();
  void RunCoordinator();
  void WakeWorkers();
  template <typename Call>
  auto Guarded(Task& task, const Call& call) -> decltype(call());
  void Fail(const Status& status);
  void StopAfterSavepoint();
  void Complete();
  Status PublishSinks();

  JobGraph graph_;
  ExecutionOptions options_;
  const Environment environment_;
  std::shared_ptr<BudgetPool> pool_;
  CheckpointSetup setup_;  // `restored` until all is restored.
  JobPlan plan_;
  std::vector<bool> skipped_;              // Nodes that had ended in the run that is continued.
  std::vector<std::vector<int>> writers_;  // Of each node and subtask; -1: keeps nothing.
  std::unique_ptr<BarrierMail> mail_;      // Null without checkpoints; so is the coordinator.
  std::vector<std::vector<std::unique_ptr<Task>>> tasks_;  // Of each task, its subtasks.
  std::vector<std::vector<NodeRunner*>> runners_;          // Of each node, its subtasks.
  std::vector<Worker> workers_;
  std::unique_ptr<CheckpointCoordinator> coordinator_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> stopped_with_savepoint_{false};
  std::atomic<int> running_workers_{0};
  std::atomic<bool> finished_{false};
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  Status status_;  // The first error; under mutex_.
};

}  // namespace weir
