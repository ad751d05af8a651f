// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/filesystem/sink_table.h"

namespace weir {
namespace {

constexpr std::string_view kUnfinished = ".inprogress";

}  // namespace

std::string RunFiles::NewName(const std::string& writer, std::string_view ending) {
  std::lock_guard lock(mutex_);
  return fmt::format("part-{}-{}-{:05}.{}", run_, writer, counters_[writer]++, ending);
}

std::string RunFiles::TemporaryName(const std::string& name) const {
  return fmt::format(".{}{}{}{}", job_, job_.empty() ? "" : ".", name, kUnfinished);
}

// A job named "a" must not take files of one named "a.part-b" for its own: what follows the job is
// one part name, and nothing else.
bool RunFiles::IsOwn(std::string_view file_name) const {
  std::string begin =
      job_.empty() ? fmt::format(".part-{}-", run_) : fmt::format(".{}.part-", job_);
  size_t part = file_name.rfind(".part-");
  size_t expected = job_.empty() ? 0 : job_.size() + 1;
  return file_name.substr(0, begin.size()) == begin && part == expected &&
         file_name.size() > kUnfinished.size() &&
         file_name.substr(file_name.size() - kUnfinished.size()) == kUnfinished;
}

void RunFiles::NotePrepared(const std::string& temporary) {
  std::lock_guard lock(mutex_);
  prepared_.insert(temporary);
}

void RunFiles::NoteCommitted(const std::string& temporary) {
  std::lock_guard lock(mutex_);
  prepared_.erase(temporary);
}

void RunFiles::NoteCheckpoint() {
  std::lock_guard lock(mutex_);
  has_checkpoint_ = true;
}

std::set<std::string> RunFiles::TakeAbandoned() {
  std::lock_guard lock(mutex_);
  if (has_job() || has_checkpoint_) return {};
  return std::exchange(prepared_, {});
}

Result<std::optional<FileInfo>> StatIfThere(FileSystem& files, const std::string& path) {
  auto info = files.Stat(path);
  if (info.ok()) return std::optional<FileInfo>(std::move(*info));
  if (GetErrorInfo(info.status()).code != ErrorCode::kInvalidData) return info.status();
  // A path that cannot be looked at is not a missing one.
  if (info.status().message().find("permission") != std::string::npos) return info.status();
  return std::optional<FileInfo>();
}

std::string DirectoryOf(const std::string& path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string FileNameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Status MakeDirectory(FileSystem& files, const std::string& root, const std::string& directory,
                     Durability durability) {
  // Of what stands above the table's directory, the part that is made here.
  bool is_there = files.Exists(root);
  std::vector<std::string> made;
  for (std::string part = root; part != "." && part != "/"; part = DirectoryOf(part)) {
    if (part != root && files.Exists(part)) break;
    made.push_back(part);
  }
  WEIR_RETURN_NOT_OK(files.MakeDirectories(directory));
  if (durability == Durability::kLater) return Status::OK();
  for (const std::string& part : made) {
    Status synced = files.SyncDirectory(DirectoryOf(part));
    // What is above a table that was there may be closed to us.
    bool is_closed = is_there && GetErrorInfo(synced).code == ErrorCode::kInvalidData;
    if (!synced.ok() && !is_closed) return synced;
  }
  std::string below = directory;
  while (!below.empty() && below.back() == '/') below.pop_back();
  while (below.size() > root.size()) {
    below = DirectoryOf(below);
    WEIR_RETURN_NOT_OK(files.SyncDirectory(below));
  }
  return Status::OK();
}

}  // namespace weir
