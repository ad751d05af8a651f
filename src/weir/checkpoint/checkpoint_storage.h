// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Where the checkpoints of one job lie, and the protocol by which they become true (decision 6):
//
//   Open -> Newest -> BeginGeneration                          a start; fences older processes
//   BeginEpoch -> Add .. Add -> Commit                         a checkpoint, by the coordinator
//   DropOld                                                    retention and garbage collection
//
// Layout: see docs/decisions/0006-checkpoints.md. A process that finds its next epoch number taken
// has been replaced: Commit fails with kFenced and the job stops.
//
// Threads: one at a time; everything here blocks on the store.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "weir/base/environment.h"
#include "weir/checkpoint/subtask_snapshot.h"

namespace weir {

/// kFinal: of a bounded job that has ended; every node is finished.
enum class EpochKind : uint8_t { kCheckpoint, kSavepoint, kFinal, kFence };

/// Whether a generation goes on from the newest epoch.
enum class GenerationStart : uint8_t { kContinue, kAfresh };

/// One operator subtask of the running job.
struct StateWriter {
  std::string node;  // Semantic id.
  int subtask = 0;
  int parallelism = 1;
  auto operator<=>(const StateWriter&) const = default;
};

/// What a sink had prepared when the epoch was taken.
struct SinkState {
  std::vector<std::string> committables;  // To be committed with the epoch.
  std::vector<std::string> in_progress;   // Begun things with the length that is valid.
};

/// What belongs to an epoch besides the snapshots of operators. Keys are semantic ids.
struct EpochFacts {
  std::map<std::string, std::string> sources;  // State of split queues, opaque.
  std::map<std::string, SinkState> sinks;
  std::map<std::string, std::string> node_names;  // "GroupAggregate(bidder)", for people.
};

/// The state of one epoch, as a new run sees it. Threads: any (reading only).
class RestoredState {
 public:
  virtual ~RestoredState() = default;
  virtual int64_t epoch() const = 0;
  virtual EpochKind kind() const = 0;
  virtual const EpochFacts& facts() const = 0;
  /// Every node with state, finished ones included.
  virtual std::set<std::string> Nodes() const = 0;
  /// All subtasks of the node had ended: it is not run again.
  virtual bool IsFinished(const std::string& node) const = 0;
  /// The least watermark of the node's unfinished subtasks; nothing if the node is unknown.
  virtual std::optional<int64_t> Watermark(const std::string& node) const = 0;
  /// What the subtask owns now. Fetches and decodes; damaged bytes are kCorruption errors that name
  /// the object. The reader must not outlive this.
  virtual Result<std::unique_ptr<SnapshotReader>> Read(const std::string& node, int subtask,
                                                       int parallelism,
                                                       arrow::MemoryPool* pool) const = 0;
};

/// An epoch being written. Dropping it without Commit gives it up.
class EpochWriter {
 public:
  virtual ~EpochWriter() = default;
  virtual int64_t epoch() const = 0;
  /// Encodes the snapshot; full objects are uploaded at once.
  virtual Status Add(const StateWriter& writer, const SubtaskSnapshot& snapshot) = 0;
  /// The subtask has ended and has no state any more.
  virtual Status AddFinished(const StateWriter& writer) = 0;
  /// Uploads the rest, then the manifest, then puts the epoch record: from then on the epoch is
  /// true. Errors: kFenced when another generation has taken the number; anything else leaves the
  /// previous epoch the newest, or this one, when the store's answer was lost: the storage finds
  /// out before its next call.
  virtual Status Commit(const EpochFacts& facts) = 0;
  virtual int64_t bytes_written() const = 0;
};

struct CheckpointStorageConfig {
  ObjectStore* objects = nullptr;  // Rooted at the job's checkpoint folder; outlives the storage.
  Clock* clock = nullptr;
  Random* random = nullptr;
  int retained_epochs = 1;  // execution.checkpointing.num-retained
  int64_t object_bytes_max = 64 << 20;
  bool is_incremental = true;  // execution.checkpointing.incremental
};

class CheckpointStorage {
 public:
  virtual ~CheckpointStorage() = default;
  /// Errors: kUnavailable when the store cannot be reached, kCorruption when the epoch log is
  /// damaged.
  static Result<std::unique_ptr<CheckpointStorage>> Open(const CheckpointStorageConfig& config);
  /// The newest committed epoch, or null. If its bytes are damaged that is an error, never an older
  /// epoch.
  virtual Result<std::shared_ptr<const RestoredState>> Newest() = 0;
  /// Fences older processes. Once, before the first BeginEpoch. kAfresh: what is there is not
  /// continued: Newest of a later process gives nothing before this generation's first epoch.
  virtual Status BeginGeneration(GenerationStart start) = 0;
  /// Whether the writer's next snapshot may hold changes only.
  virtual bool MayBeIncremental(const StateWriter& writer) const = 0;
  /// The next epoch's number is the last one's plus one; one epoch is written at a time.
  virtual int64_t next_epoch() const = 0;
  virtual Result<std::unique_ptr<EpochWriter>> BeginEpoch(EpochKind kind) = 0;
  /// Writes a self-contained copy elsewhere: all snapshots must be full. `objects` outlives the
  /// writer.
  virtual Result<std::unique_ptr<EpochWriter>> BeginSavepoint(ObjectStore* objects) = 0;
  /// Deletes epochs beyond the retained ones and objects that nothing names any more.
  virtual Status DropOld() = 0;
};

/// A savepoint, or one epoch of a checkpoint folder, for reading.
Result<std::shared_ptr<const RestoredState>> OpenSavepoint(ObjectStore* objects);

}  // namespace weir
