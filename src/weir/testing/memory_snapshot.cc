// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/testing/memory_snapshot.h"

namespace weir {

class MemorySnapshotReader : public SnapshotReader {
 public:
  MemorySnapshotReader(const MemorySnapshot& snapshot, int subtask, int parallelism)
      : snapshot_(snapshot), subtask_(subtask), parallelism_(parallelism) {}

  Result<std::vector<Batch>> Read(std::string_view name, const Schema& schema) override {
    std::vector<Batch> batches;
    auto found = snapshot_.tables_.find(name);
    if (found == snapshot_.tables_.end()) return batches;
    for (const auto& part : found->second) {
      if (part.schema.size() != schema.size()) {
        return InvalidQuery("table '{}' of the snapshot has {} columns, {} are expected", name,
                            part.schema.size(), schema.size());
      }
      if (part.key_hashes.empty()) {
        batches.push_back(part.rows);
        continue;
      }
      std::vector<int32_t> mine;
      for (size_t i = 0; i < part.key_hashes.size(); ++i) {
        if (SubtaskOfHash(part.key_hashes[i], parallelism_) == subtask_)
          mine.push_back(static_cast<int32_t>(i));
      }
      if (mine.empty()) continue;
      WEIR_ASSIGN_OR_RETURN(Batch batch, GatherBatch(part.rows, mine, snapshot_.pool_));
      batches.push_back(std::move(batch));
    }
    return batches;
  }

 private:
  const MemorySnapshot& snapshot_;
  int subtask_;
  int parallelism_;
};

Status MemorySnapshot::Write(std::string_view name, const Schema& schema, const Batch& rows,
                             std::span<const uint64_t> key_hashes) {
  if (schema.size() != static_cast<int>(rows.columns.size())) {
    return Internal("table '{}' is saved with {} columns and a schema of {}", name,
                    rows.columns.size(), schema.size());
  }
  if (!key_hashes.empty() && static_cast<int64_t>(key_hashes.size()) != rows.num_rows) {
    return Internal("table '{}' is saved with {} rows and {} hashes", name, rows.num_rows,
                    key_hashes.size());
  }
  tables_[std::string(name)].push_back({schema, rows, {key_hashes.begin(), key_hashes.end()}});
  return Status::OK();
}

std::unique_ptr<SnapshotReader> MemorySnapshot::Reader(int subtask, int parallelism) const {
  return std::make_unique<MemorySnapshotReader>(*this, subtask, parallelism);
}

}  // namespace weir
