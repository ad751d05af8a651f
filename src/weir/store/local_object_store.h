// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Objects as files below a directory. A key is the file's relative path.
//
//   Put           write .weir-<tag>-<n>, sync it, rename it to its name, sync the directory
//   PutIfAbsent   the same with link(2), which fails if the name exists, instead of the rename
//
// So an object is there as a whole or not at all, and what a call has confirmed survives a loss of
// power. What a crash leaves half written has a name beginning with `.weir-`; List does not show
// it, RemoveTemporaries deletes it.
//
// Errors: kInvalidData for keys that are missing or not allowed, and when the directory may not be
// read or written; kResourceExhausted when the disk is full; kUnavailable else.
//
// Threads: any, with a FileSystem of which the same is true.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "weir/base/environment.h"

namespace weir {

class LocalObjectStore : public ObjectStore {
 public:
  /// `root` is made with the first object. `random` names temporary files.
  LocalObjectStore(FileSystem* files, Random* random, std::string root);

  Result<std::string> Get(const std::string& key) override;
  Result<std::string> GetRange(const std::string& key, int64_t offset, int64_t length) override;
  Status Put(const std::string& key, std::string_view bytes) override;
  Result<bool> PutIfAbsent(const std::string& key, std::string_view bytes) override;
  /// Keys that begin with `prefix`, sorted.
  Result<std::vector<std::string>> List(const std::string& prefix) override;
  /// A missing object is fine.
  Status Delete(const std::string& key) override;

  /// Deletes what writers that died have left. Only while no other process writes here.
  Status RemoveTemporaries();

  const std::string& root() const { return root_; }

 private:
  Result<std::string> WriteTemporary(const std::string& directory, std::string_view bytes);
  Status MakeDurableDirectory(const std::string& directory);
  Status ListTree(const std::string& directory, const std::string& key_prefix,
                  const std::string& prefix, std::vector<std::string>* keys,
                  std::vector<std::string>* temporaries);

  FileSystem* files_;
  std::string root_;
  std::string tag_;  // Of this process, in the names of its temporary files.
  std::atomic<int64_t> next_temporary_{0};
};

/// Refuses keys that would leave the root or hide from List: empty, absolute, with `.` or `..` as a
/// part, with empty parts, or with a part that begins with `.weir-`.
Status CheckObjectKey(std::string_view key);

}  // namespace weir
