// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// An operator on some subtasks, whose input is split by the hash of its key columns, with real
// checkpoints in memory: saved in full or by its changes, restored on another number of subtasks.
//
//   CheckpointedOperator op(factory, {{0}, {1}}, 2);     key columns of each input; 2 subtasks
//   op.Send(0, batch, out);
//   op.Checkpoint();                                     by changes where that is possible; its
//                                                        rows are copied while the next ones come
//   op.Restart(3);                                       a checkpoint, then a new run of 3
//   op.Crash(2);                                         a new run from the last checkpoint
//
// Failures are GoogleTest's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/checkpoint/checkpoint_storage.h"
#include "weir/store/memory_object_store.h"
#include "weir/testing/operator_check.h"

namespace weir {

class CheckpointedOperator {
 public:
  /// `key_columns`: of each input; without any, all rows go to the first subtask.
  CheckpointedOperator(OperatorFactory factory, std::vector<std::vector<int>> key_columns,
                       int parallelism);
  ~CheckpointedOperator();

  void Send(int input, const Batch& batch, Output& out);
  void SendWatermark(int64_t millis, Output& out);
  void SendTime(int64_t now_millis, Output& out);
  /// The last watermark and the end of all inputs.
  void End(Output& out);
  void Checkpoint();
  void Restart(int parallelism);
  /// What has come since the last Checkpoint comes again, and its output is thrown away.
  void Crash(int parallelism);
  /// How many snapshots held changes only.
  int num_incremental() const { return num_incremental_; }
  /// The clock that operators see.
  void SetMillis(int64_t now_millis);

 private:
  struct Task;
  void Make(int parallelism);
  void CopySomeRows();
  void CompleteCheckpoint();
  void Finish(int subtask, Result<Progress> progress, Output& out);

  OperatorFactory factory_;
  std::vector<std::vector<int>> key_columns_;
  std::unique_ptr<class FakeClock> clock_;
  Environment environment_;
  MemoryObjectStore objects_;
  std::unique_ptr<CheckpointStorage> storage_;
  std::vector<std::unique_ptr<Task>> tasks_;
  // Of the checkpoint that is being taken.
  std::unique_ptr<EpochWriter> epoch_;
  std::vector<std::unique_ptr<SubtaskSnapshot>> snapshots_;
  std::vector<std::function<void(Output&)>> since_;  // The last checkpoint.
  bool has_checkpoint_ = false;
  int num_incremental_ = 0;
};

}  // namespace weir
