// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to checkpoint/: puts the snapshots of one epoch into data objects.
//
//   snapshot -> tables -> sections of a few MiB -> objects of at most object_bytes_max
//
// An object is uploaded as soon as it is full; Flush uploads the last one.
#pragma once

#include <functional>
#include <string>

#include "weir/checkpoint/manifest.h"
#include "weir/checkpoint/section.h"

namespace weir {

class DataObjects {
 public:
  /// `next_key` gives names that were never used before.
  DataObjects(ObjectStore* objects, int64_t object_bytes_max,
              std::function<std::string()> next_key);

  /// Encodes `snapshot`. An incremental one goes on from `before`: slot tables get a layer more,
  /// other tables are as the snapshot has them.
  Result<WriterState> Add(const StateWriter& writer, const SubtaskSnapshot& snapshot,
                          const WriterState* before, int64_t epoch);
  /// Uploads what is not yet.
  Status Flush();
  int64_t bytes() const { return bytes_; }

 private:
  Status AddTable(const std::vector<const SubtaskSnapshot::Part*>& parts, int64_t epoch,
                  TableState* table);
  Status AddSection(const Schema& schema, int64_t rows, TableLayer* layer);

  ObjectStore* objects_;
  int64_t object_bytes_max_;
  std::function<std::string()> next_key_;
  std::string key_;  // Of the object being filled; empty: none.
  std::string buffer_;
  SectionBuilder builder_;  // Empty between tables; keeps its memory.
  int64_t bytes_ = 0;
};

}  // namespace weir
