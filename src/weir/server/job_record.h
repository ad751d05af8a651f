// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What the job server keeps of a job on disk, one JSON file a job, and the folder of all of them.
// Files are replaced as a whole, so a crash leaves the old record or the new one.
//
//   <state-dir>/LOCK  token  server.json  jobs/<id>.json  checkpoints/<job>/..  savepoints/..
//
// Threads: one at a time.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "weir/base/environment.h"

namespace weir {

/// Flink's words. Jobs that were kRunning or kRestarting when the server ended run on when it
/// starts.
enum class JobState : uint8_t { kRunning, kRestarting, kFinished, kFailed, kCanceled };
std::string_view JobStateName(JobState state);
/// Ended for good.
inline bool IsTerminal(JobState state) {
  return state != JobState::kRunning && state != JobState::kRestarting;
}

struct SavepointRecord {
  std::string path;
  int64_t created_micros = 0;  // Wall clock.
};

struct JobRecord {
  std::string id;                              // "j" and 12 hex digits.
  std::string name;                            // `pipeline.name`, or what the INSERT writes to.
  std::string preparation;                     // SET, CREATE ... that came before it in its script.
  std::string statement;                       // The INSERT or statement set.
  std::map<std::string, std::string> options;  // Of the server and the request.
  JobState state = JobState::kRunning;
  std::string error;    // Of a failed job.
  bool resume = false;  // Its next start goes on from its newest checkpoint.
  int64_t created_micros = 0;
  int64_t ended_micros = 0;
  std::vector<SavepointRecord> savepoints;
};

std::string RecordToJson(const JobRecord& record);
/// Errors: kCorruption naming what is wrong; `where` is the file's name.
Result<JobRecord> RecordFromJson(std::string_view json, std::string_view where);

class JobRecords {
 public:
  JobRecords(std::string directory, FileSystem* files)
      : directory_(std::move(directory)), files_(files) {}
  Status Open();
  Result<std::vector<JobRecord>> Load();
  Status Store(const JobRecord& record);

 private:
  std::string directory_;
  FileSystem* files_;
};

/// Reads a small file as a whole. Errors: kInvalidData when it is longer than `bytes_max`.
Result<std::string> ReadSmallFile(FileSystem* files, const std::string& path, int64_t bytes_max);
/// Replaces `path` by `bytes`, durably.
Status ReplaceFile(FileSystem* files, const std::string& path, std::string_view bytes);

}  // namespace weir
