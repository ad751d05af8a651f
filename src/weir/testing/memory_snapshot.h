// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A snapshot in memory: what Save wrote is what Restore reads, for any subtask of any parallelism.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "weir/state/snapshot.h"

namespace weir {

class MemorySnapshot : public SnapshotWriter {
 public:
  explicit MemorySnapshot(arrow::MemoryPool* pool) : pool_(pool) {}
  Status Write(std::string_view name, const Schema& schema, const Batch& rows,
               std::span<const uint64_t> key_hashes) override;
  /// What subtask `subtask` of `parallelism` restores; `*this` must outlive it.
  std::unique_ptr<SnapshotReader> Reader(int subtask, int parallelism) const;

 private:
  friend class MemorySnapshotReader;
  struct Part {
    Schema schema;
    Batch rows;
    std::vector<uint64_t> key_hashes;
  };
  arrow::MemoryPool* pool_;
  std::map<std::string, std::vector<Part>, std::less<>> tables_;
};

}  // namespace weir
