// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What writers and commits of one file sink share, and the names of its files.
//   while written, until the commit   dir/[k=v/].<job>.part-<run>-<writer>-<n>.json.inprogress
//   after the commit                  dir/[k=v/]part-<run>-<writer>-<n>.json
// <run> is random, so that no run ever meets a name of another; <job> says whose leftovers these
// are.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "weir/connector/connector.h"
#include "weir/connector/filesystem/partition_commit.h"
#include "weir/connector/filesystem/sink_record.h"
#include "weir/format/format.h"

namespace weir {

/// When a writer ends a file ('sink.rolling-policy.*').
struct RollingPolicy {
  int64_t file_bytes_max = 128 << 20;
  int64_t rollover_micros = int64_t{30} * 60 * 1'000'000;    // Since the file was begun.
  int64_t inactivity_micros = int64_t{30} * 60 * 1'000'000;  // Since its last row.
  int64_t check_micros = int64_t{60} * 1'000'000;            // How often both are looked at.
  bool at_checkpoints = false;  // No file outlives a checkpoint: bulk formats, compaction.
};

struct CompactionPolicy {
  int64_t file_bytes = 128 << 20;  // What merged files should have.
  int64_t wait_micros = 0;         // How long a small file waits for others.
  int parallelism = 1;
};

/// Names of a run, and its files that are prepared and not committed. Threads: any.
class RunFiles {
 public:
  RunFiles(std::string run, std::string job) : run_(std::move(run)), job_(std::move(job)) {}
  /// A new name: "part-<run>-<writer>-00000.json".
  std::string NewName(const std::string& writer, std::string_view ending);
  std::string TemporaryName(const std::string& name) const;
  /// Whether a file of this name is an uncommitted one of this job (without a job: of this run).
  bool IsOwn(std::string_view file_name) const;
  bool has_job() const { return !job_.empty(); }

  void NotePrepared(const std::string& temporary);
  void NoteCommitted(const std::string& temporary);
  /// An epoch may name files of this run from now on.
  void NoteCheckpoint();
  /// What nobody can commit any more when the sink ends now.
  std::set<std::string> TakeAbandoned();

 private:
  const std::string run_;
  const std::string job_;
  std::mutex mutex_;
  std::map<std::string, int64_t> counters_;  // By writer.
  std::set<std::string> prepared_;
  bool has_checkpoint_ = false;
};

struct SinkTable {
  TableContext context;
  const Format* format = nullptr;
  Options format_options;
  std::string path;
  Schema file_schema;
  std::string schema_text;        // Of the files: format and columns.
  std::vector<int> file_columns;  // Of a batch, those that go into the file.
  std::vector<int> partition_columns;
  std::string default_partition;
  RollingPolicy rolling;
  std::optional<CompactionPolicy> compaction;
  std::optional<PartitionTrigger> trigger;  // Absent: partitions are not committed.
  std::shared_ptr<RunFiles> run;

  const Environment& environment() const { return *context.environment; }
  FileSystem& files() const { return *context.environment->files; }
  EncodeSpec encode_spec() const { return {file_schema, format_options, context.time_zone}; }
};

/// What is at `path`; nothing when there is nothing.
Result<std::optional<FileInfo>> StatIfThere(FileSystem& files, const std::string& path);
std::string DirectoryOf(const std::string& path);
std::string FileNameOf(const std::string& path);
/// Makes `directory` with all above it. kNow: the names from `root` down survive a power loss when
/// this returns, whoever made them.
enum class Durability : uint8_t { kLater, kNow };
Status MakeDirectory(FileSystem& files, const std::string& root, const std::string& directory,
                     Durability durability);

}  // namespace weir
