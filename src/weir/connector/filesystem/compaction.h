// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Merges small files of one partition before they become visible ('auto-compaction').
//   held 3 MB, 2 MB  +  new 120 MB, 9 MB    target 128 MB    ->  merge 3+2+120+9, or hold all
#pragma once

#include <vector>

#include "weir/connector/filesystem/sink_table.h"

namespace weir {

/// Cuts files, oldest first, into groups of at least `target_bytes`; what is left over is the last
/// group, `is_full` false.
struct MergeGroup {
  std::vector<SinkRecord> files;
  bool is_full = true;
};
std::vector<MergeGroup> PlanMerges(std::vector<SinkRecord> files, int64_t target_bytes);

/// Merges each group of more than one file into a new, durable one, and returns what to publish and
/// what to delete in return. Files of a group are of one partition and one schema.
Result<std::vector<SinkRecord>> MergeFiles(const SinkTable& table,
                                           const std::vector<MergeGroup>& groups);

}  // namespace weir
