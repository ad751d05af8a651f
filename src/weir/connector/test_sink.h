// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// For tests of sinks: runs one as a job with checkpoints does. An epoch of the job that is over is
// what the next run starts from.
//   SinkRun run(&table, 2);  run.Start(nullptr);  run.Write(0, "[[1]]");  auto epoch =
//   run.Checkpoint(); SinkRun next(&table, 3);  next.Start(&epoch);
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weir/connector/test_table.h"

namespace weir {

struct SinkEpoch {
  std::vector<std::string> committables;
  std::vector<std::string> in_progress;
};

/// Methods return errors; none is fatal to the test by itself.
class SinkRun {
 public:
  SinkRun(TestTable* table, int parallelism) : table_(table), parallelism_(parallelism) {}

  Status Start(const SinkEpoch* restored, bool overwrite = false) {
    WEIR_ASSIGN_OR_RETURN(sink_, table_->MakeSink());
    if (overwrite) WEIR_RETURN_NOT_OK(sink_->Truncate());
    SinkEpoch none;
    const SinkEpoch& epoch = restored == nullptr ? none : *restored;
    WEIR_RETURN_NOT_OK(sink_->Recover(epoch.committables, epoch.in_progress));
    for (int i = 0; i < parallelism_; ++i) {
      WEIR_ASSIGN_OR_RETURN(auto writer, sink_->OpenWriter(i, parallelism_));
      writers_.push_back(std::move(writer));
    }
    return Status::OK();
  }
  Status Write(int writer, const std::string& rows) {
    WEIR_ASSIGN_OR_RETURN(Batch batch, table_->MakeBatch(rows));
    return writers_[static_cast<size_t>(writer)]->Write(batch);
  }
  Status Watermark(int writer, int64_t millis) {
    return writers_[static_cast<size_t>(writer)]->OnWatermark(millis);
  }
  /// Everything up to the moment at which the epoch becomes true.
  Result<SinkEpoch> Prepare(PreparePoint point = PreparePoint::kCheckpoint) {
    SinkEpoch epoch;
    for (auto& writer : writers_) {
      WEIR_ASSIGN_OR_RETURN(auto names, writer->PrepareCommit(point));
      ready_.insert(ready_.end(), names.begin(), names.end());
      auto begun = writer->InProgress();
      if (point == PreparePoint::kCheckpoint)
        epoch.in_progress.insert(epoch.in_progress.end(), begun.begin(), begun.end());
    }
    WEIR_ASSIGN_OR_RETURN(ready_, sink_->PreCommit(ready_));
    auto held = sink_->HeldBack();
    epoch.in_progress.insert(epoch.in_progress.end(), held.begin(), held.end());
    epoch.committables = ready_;
    return epoch;
  }
  Status Publish() {
    WEIR_RETURN_NOT_OK(sink_->Commit(ready_));
    WEIR_RETURN_NOT_OK(sink_->PostCommit(ready_));
    ready_.clear();
    return Status::OK();
  }
  Result<SinkEpoch> Checkpoint(PreparePoint point = PreparePoint::kCheckpoint) {
    WEIR_ASSIGN_OR_RETURN(SinkEpoch epoch, Prepare(point));
    WEIR_RETURN_NOT_OK(Publish());
    return epoch;
  }
  Status End() { return Checkpoint(PreparePoint::kEnd).status(); }
  Sink& sink() { return *sink_; }
  SinkWriter& writer(int i) { return *writers_[static_cast<size_t>(i)]; }

 private:
  TestTable* table_;
  int parallelism_;
  std::unique_ptr<Sink> sink_;
  std::vector<std::unique_ptr<SinkWriter>> writers_;
  std::vector<std::string> ready_;
};

}  // namespace weir
