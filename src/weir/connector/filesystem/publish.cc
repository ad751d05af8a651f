// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/filesystem/publish.h"

#include <algorithm>

#include "weir/connector/filesystem/file_list.h"

namespace weir {
namespace {

Status GoneError(const SinkRecord& file) {
  return WithHint(
      Corruption("the written file '{}' is gone before it was published as '{}'", file.temporary,
                 file.target),
      "files whose names begin with '.' belong to jobs and their savepoints; without it "
      "rows are lost");
}

Status SizeError(const SinkRecord& file, const FileInfo& found) {
  return Corruption("'{}' has {} bytes, and {} were written", file.temporary, found.size_bytes,
                    file.bytes);
}

// Neither name of a published file is there. In a repeated commit somebody may have taken it away;
// but not if its directory cannot be read.
Status CheckTakenAway(const SinkTable& table, const SinkRecord& file) {
  std::string directory = DirectoryOf(file.target);
  WEIR_ASSIGN_OR_RETURN(auto info, StatIfThere(table.files(), directory));
  return info ? table.files().List(directory).status() : Status::OK();
}

Status DeleteReplaced(const SinkTable& table, const std::vector<SinkRecord>& records) {
  std::set<std::string> directories;
  for (const SinkRecord& record : records) {
    if (record.kind != SinkRecord::Kind::kDelete) continue;
    WEIR_ASSIGN_OR_RETURN(auto info, StatIfThere(table.files(), record.temporary));
    if (!info) continue;
    // A file that has come under the same name since then is not ours.
    bool is_other = record.bytes >= 0 &&
                    (info->size_bytes != record.bytes || info->modified_micros != record.micros);
    if (is_other) continue;
    WEIR_RETURN_NOT_OK(table.files().Delete(record.temporary));
    directories.insert(DirectoryOf(record.temporary));
  }
  for (const std::string& directory : directories)
    WEIR_RETURN_NOT_OK(table.files().SyncDirectory(directory));
  return Status::OK();
}

class LeftoverSweep {
 public:
  LeftoverSweep(const SinkTable& table, const std::set<std::string>& keep)
      : table_(table), keep_(keep) {}

  // Goes down through the directories of partitions only: `level` of them are above.
  Status Sweep(const std::string& directory, size_t level) {
    auto entries = table_.files().List(directory);
    if (!entries.ok()) {
      // Somebody may take away whole partitions meanwhile.
      WEIR_ASSIGN_OR_RETURN(auto info, StatIfThere(table_.files(), directory));
      return info ? entries.status() : Status::OK();
    }
    const std::vector<std::string>& keys = table_.context.partition_keys;
    for (const FileInfo& entry : *entries) {
      std::string name = FileNameOf(entry.path);
      if (entry.is_directory) {
        bool is_partition =
            level < keys.size() && name.rfind(EscapePartition(keys[level]) + "=", 0) == 0;
        if (is_partition) WEIR_RETURN_NOT_OK(Sweep(directory + "/" + name, level + 1));
      } else if (table_.run->IsOwn(name) && keep_.count(name) == 0) {
        WEIR_RETURN_NOT_OK(table_.files().Delete(directory + "/" + name));
      }
    }
    return Status::OK();
  }

 private:
  const SinkTable& table_;
  const std::set<std::string>& keep_;
};

}  // namespace

Status Publish(const SinkTable& table, const std::vector<SinkRecord>& records,
               Publishing publishing) {
  std::set<std::string> directories;
  bool has_renamed = false;
  for (const SinkRecord& record : records) {
    if (record.kind != SinkRecord::Kind::kFile) continue;
    WEIR_ASSIGN_OR_RETURN(auto written, StatIfThere(table.files(), record.temporary));
    if (written) {
      if (written->size_bytes != record.bytes) {
        return SizeError(record, *written);
      }
      WEIR_RETURN_NOT_OK(table.files().Rename(record.temporary, record.target));
      has_renamed = true;
    } else {
      WEIR_ASSIGN_OR_RETURN(auto published, StatIfThere(table.files(), record.target));
      if (!published) {
        // Files are renamed in order: behind one that was not, none was.
        if (publishing == Publishing::kFirst || has_renamed) return GoneError(record);
        WEIR_RETURN_NOT_OK(CheckTakenAway(table, record));
        continue;
      }
    }
    directories.insert(DirectoryOf(record.target));
    table.run->NoteCommitted(record.temporary);
  }
  for (const std::string& directory : directories)
    WEIR_RETURN_NOT_OK(table.files().SyncDirectory(directory));
  return DeleteReplaced(table, records);
}

Result<bool> FinishFile(const SinkTable& table, const SinkRecord& begun) {
  WEIR_ASSIGN_OR_RETURN(auto info, StatIfThere(table.files(), begun.temporary));
  if (!info) {
    WEIR_ASSIGN_OR_RETURN(auto published, StatIfThere(table.files(), begun.target));
    return published ? Result<bool>(false) : Result<bool>(GoneError(begun));
  }
  if (info->size_bytes < begun.bytes) return SizeError(begun, *info);
  if (info->size_bytes > begun.bytes)
    WEIR_RETURN_NOT_OK(table.files().Truncate(begun.temporary, begun.bytes));
  return true;
}

Status DeleteLeftovers(const SinkTable& table, const std::set<std::string>& keep) {
  return LeftoverSweep(table, keep).Sweep(table.path, 0);
}

}  // namespace weir
