// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The environment seam: clock, random numbers, files, objects and network are interfaces, handed
// in, never global. RealEnvironment() is thin; testing/ has simulated ones that are seeded,
// single-threaded and can fail at any call.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/error.h"

namespace weir {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t WallMicros() = 0;       // Since 1970-01-01 UTC; may jump.
  virtual int64_t MonotonicMicros() = 0;  // Never goes back; for timeouts and leases.
  /// Waits; returns early only when the environment ends.
  virtual void SleepMicros(int64_t micros) = 0;
};

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t Next() = 0;
};

struct FileInfo {
  std::string path;
  bool is_directory = false;
  int64_t size_bytes = 0;
  int64_t modified_micros = 0;
};

/// Threads: one reader at a time per object; ReadAt from several threads is allowed.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  virtual Result<int64_t> Size() = 0;
  /// Reads up to `length` bytes at `offset`; fewer only at the end of the file.
  virtual Result<int64_t> ReadAt(int64_t offset, int64_t length, uint8_t* out) = 0;
  /// The next bytes of a stream (pipes, standard input); 0 at the end. Files too.
  virtual Result<int64_t> Read(int64_t length, uint8_t* out) = 0;
};

class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual Status Append(std::string_view bytes) = 0;
  virtual Status Sync() = 0;
  virtual Status Close() = 0;
  virtual int64_t bytes_written() const = 0;
};

/// Held while the object lives; the operating system frees it when the process dies.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

/// Errors of all calls: kInvalidData when a path does not exist or is of the wrong kind,
/// kResourceExhausted when the disk is full, kUnavailable else; messages name the path.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) = 0;
  /// Creates or replaces.
  virtual Result<std::unique_ptr<WritableFile>> OpenForWrite(const std::string& path) = 0;
  /// Entries of a directory, sorted by name.
  virtual Result<std::vector<FileInfo>> List(const std::string& directory) = 0;
  virtual Result<FileInfo> Stat(const std::string& path) = 0;
  virtual bool Exists(const std::string& path) = 0;
  /// Atomic; replaces an existing file.
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status Delete(const std::string& path) = 0;  // A file.
  virtual Status DeleteTree(
      const std::string& path) = 0;  // A directory and all below; missing is fine.
  /// With those above; what it makes is durable when it returns.
  virtual Status MakeDirectories(const std::string& path) = 0;
  virtual Status SyncDirectory(const std::string& path) = 0;
  /// Gives the file `from` a second name unless `to` exists (then false); atomic.
  virtual Result<bool> LinkIfAbsent(const std::string& from, const std::string& to) = 0;
  /// Cuts a file to `length` bytes, which it has at least; durable when it returns.
  virtual Status Truncate(const std::string& path, int64_t length) = 0;
  /// Locks the file, made if it is missing, for this process; null when another one holds it.
  virtual Result<std::unique_ptr<FileLock>> TryLock(const std::string& path) = 0;
};

/// Immutable objects with a put-if-absent: what checkpoints are kept in. What has been put is
/// durable when the call returns.
/// Errors of all calls: kInvalidData when the object does not exist, kUnavailable when the store
/// does not answer; then a Put, PutIfAbsent or Delete may have been done or not. Deleting what does
/// not exist is fine.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  virtual Result<std::string> Get(const std::string& key) = 0;
  /// `length` bytes from `offset` on; kCorruption when the object has fewer.
  virtual Result<std::string> GetRange(const std::string& key, int64_t offset, int64_t length);
  virtual Status Put(const std::string& key, std::string_view bytes) = 0;
  /// False when the key exists already.
  virtual Result<bool> PutIfAbsent(const std::string& key, std::string_view bytes) = 0;
  virtual Result<std::vector<std::string>> List(const std::string& prefix) = 0;
  virtual Status Delete(const std::string& key) = 0;
};

/// Outbound connections. Nothing in the foundation opens one; connectors to come take it from here.
class Network {
 public:
  virtual ~Network() = default;
};

struct Environment {
  Clock* clock = nullptr;
  Random* random = nullptr;
  FileSystem* files = nullptr;
  ObjectStore* objects = nullptr;  // Null until a checkpoint directory is configured.
  Network* network = nullptr;
};

/// The environment of this process; lives until exit.
const Environment& RealEnvironment();

}  // namespace weir
