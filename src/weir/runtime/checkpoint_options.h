// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// When a job takes checkpoints, where they go, and what it starts from; and what is told of them.
#pragma once

#include <cstdint>
#include <memory>

#include "weir/checkpoint/checkpoint_storage.h"

namespace weir {

/// Meanings as of Flink's `execution.checkpointing.*`.
struct CheckpointOptions {
  int64_t interval_micros = 0;  // 0: only the final epoch, and savepoints.
  int64_t timeout_micros = 600'000'000;
  int64_t min_pause_micros = 0;
  int tolerable_failures = 0;  // In a row; -1: any number.
  int64_t every_polls = 0;     // Deterministic mode: an epoch after so many reads of sources.
  bool ignore_unclaimed_state = false;
  int64_t rows_per_step = 8192;  // Of a snapshot, that a task copies between two looks at events.
};

struct CheckpointSetup {
  std::shared_ptr<CheckpointStorage> storage;     // Null: the job takes no checkpoints.
  std::shared_ptr<const RestoredState> restored;  // Null: the job starts from nothing.
  CheckpointOptions options;
};

/// What became of one checkpoint.
struct CheckpointFigures {
  int64_t epoch = 0;
  EpochKind kind = EpochKind::kCheckpoint;
  Status status;
  int64_t started_micros = 0;  // Wall clock.
  int64_t duration_micros = 0;
  int64_t bytes_written = 0;
};

/// What happens to the job once a savepoint is there. kStop: it ends, and what its windows hold
/// stays in the savepoint. kDrain: its sources end first, so that everything comes out.
enum class SavepointEnd : uint8_t { kGoOn, kStop, kDrain };

}  // namespace weir
