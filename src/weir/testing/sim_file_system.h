// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to testing/: the disk of a SimEnvironment. Names and bytes exist twice, as programs see
// them and as they would be after a power loss; `changes_` is the way from the second names to the
// first.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "weir/testing/sim_environment.h"

namespace weir {

/// The bytes of a file; several names may share one.
struct SimFile {
  std::string bytes;
  std::string durable;
  int64_t modified_micros = 0;
};

class SimFileSystem : public FileSystem {
 public:
  explicit SimFileSystem(SimEnvironment* machine) : machine_(machine) {}

  Result<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> OpenForWrite(const std::string& path) override;
  Result<std::vector<FileInfo>> List(const std::string& directory) override;
  Result<FileInfo> Stat(const std::string& path) override;
  bool Exists(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Delete(const std::string& path) override;
  Status DeleteTree(const std::string& path) override;
  Status MakeDirectories(const std::string& path) override;
  Status SyncDirectory(const std::string& path) override;
  Result<bool> LinkIfAbsent(const std::string& from, const std::string& to) override;
  Status Truncate(const std::string& path, int64_t length) override;
  Result<std::unique_ptr<FileLock>> TryLock(const std::string& path) override;

  // For the handles of files.
  Result<int64_t> ReadAt(SimFile& file, int64_t incarnation, const std::string& path,
                         int64_t offset, int64_t length, uint8_t* out);
  Status Append(SimFile& file, int64_t incarnation, const std::string& path, std::string_view bytes,
                int64_t* written);
  Status Sync(SimFile& file, int64_t incarnation, const std::string& path);
  Status Close(int64_t incarnation, const std::string& path);

  enum class Loss : uint8_t { kNothing, kUnsynced, kSome };
  void Restart(Loss loss);
  void WriteDurably(const std::string& path, std::string bytes);
  std::map<std::string, std::string> Files(const std::string& path) const;
  void RemoveAll(const std::string& path);

 private:
  /// Null: a directory.
  using Names = std::map<std::string, std::shared_ptr<SimFile>>;
  /// One change of names, atomic.
  struct Change {
    std::vector<std::string> removed;
    Names added;
    std::set<std::string> directories;  // Whose entries it changes.
  };

  template <typename Effect>
  Status Do(CallKind kind, const std::string& path, const Effect& effect);
  void Record(Change change);
  void MakeDurable(const std::string& directory);
  static void Apply(const Change& change, Names* names);
  void LoseSome();
  void TearFile(SimFile* file);
  bool IsDirectory(const std::string& path) const;
  Status NeedParent(const std::string& path, std::string_view action) const;
  std::vector<std::string> Below(const std::string& path) const;

  SimEnvironment* machine_;
  mutable std::mutex mutex_;
  Names names_;
  Names durable_;
  std::vector<Change> changes_;
  std::set<std::string> locked_;
};

}  // namespace weir
