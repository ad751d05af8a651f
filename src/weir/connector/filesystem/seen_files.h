// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Which files of a table have been given out as splits, so that none is given out twice, also after
// a restart. Files that exist are remembered; of those that exist no more, the 100,000 last
// modified: a path that comes back later than that counts as new.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "weir/connector/filesystem/file_list.h"

namespace weir {

/// Threads: one.
class SeenFiles {
 public:
  struct Seen {
    int64_t size_bytes = 0;
    int64_t modified_micros = 0;
  };

  /// Null: never seen.
  const Seen* Find(const std::string& path) const;
  void Add(const InputFile& file);
  /// Forgets old files that are not among `existing` (sorted by path), if there are too many.
  void Forget(const std::vector<InputFile>& existing);
  size_t size() const { return files_.size(); }

  /// One text; equal beginnings of neighbouring paths are written once.
  std::string Save() const;
  /// Errors: kCorruption.
  Status Restore(std::string_view text);

 private:
  std::map<std::string, Seen> files_;
};

}  // namespace weir
