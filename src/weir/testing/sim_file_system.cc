// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/testing/sim_file_system.h"

#include <algorithm>
#include <cstring>
#include <functional>

namespace weir {
namespace {

/// Without doubled and closing slashes and "." parts; "" is the root.
std::string Normal(const std::string& path) {
  std::string out;
  size_t begin = 0;
  while (begin <= path.size()) {
    size_t end = std::min(path.find('/', begin), path.size());
    std::string part = path.substr(begin, end - begin);
    if (!part.empty() && part != ".") out += "/" + part;
    begin = end + 1;
  }
  return out;
}

std::string ParentOf(const std::string& normal) {
  size_t slash = normal.rfind('/');
  return slash == std::string::npos ? "" : normal.substr(0, slash);
}

Status Missing(std::string_view action, const std::string& path) {
  return InvalidData("cannot {} '{}': there is no such file or directory", action, path);
}

class SimReadableFile : public ReadableFile {
 public:
  SimReadableFile(SimFileSystem* disk, std::shared_ptr<SimFile> file, int64_t incarnation,
                  std::string path)
      : disk_(disk), file_(std::move(file)), incarnation_(incarnation), path_(std::move(path)) {}
  Result<int64_t> Size() override { return static_cast<int64_t>(file_->bytes.size()); }
  Result<int64_t> ReadAt(int64_t offset, int64_t length, uint8_t* out) override {
    return disk_->ReadAt(*file_, incarnation_, path_, offset, length, out);
  }
  Result<int64_t> Read(int64_t length, uint8_t* out) override {
    WEIR_ASSIGN_OR_RETURN(int64_t got, ReadAt(position_, length, out));
    position_ += got;
    return got;
  }

 private:
  SimFileSystem* disk_;
  std::shared_ptr<SimFile> file_;
  int64_t incarnation_;
  std::string path_;
  int64_t position_ = 0;
};

class SimWritableFile : public WritableFile {
 public:
  SimWritableFile(SimFileSystem* disk, std::shared_ptr<SimFile> file, int64_t incarnation,
                  std::string path)
      : disk_(disk), file_(std::move(file)), incarnation_(incarnation), path_(std::move(path)) {}
  Status Append(std::string_view bytes) override {
    return disk_->Append(*file_, incarnation_, path_, bytes, &written_);
  }
  Status Sync() override { return disk_->Sync(*file_, incarnation_, path_); }
  Status Close() override {
    if (closed_) return Status::OK();
    closed_ = true;
    return disk_->Close(incarnation_, path_);
  }
  int64_t bytes_written() const override { return written_; }

 private:
  SimFileSystem* disk_;
  std::shared_ptr<SimFile> file_;
  int64_t incarnation_;
  std::string path_;
  int64_t written_ = 0;
  bool closed_ = false;
};

class SimFileLock : public FileLock {
 public:
  explicit SimFileLock(std::function<void()> free) : free_(std::move(free)) {}
  ~SimFileLock() override { free_(); }

 private:
  std::function<void()> free_;
};

}  // namespace

// ---- Names ----

void SimFileSystem::Apply(const Change& change, Names* names) {
  for (const std::string& path : change.removed) names->erase(path);
  for (const auto& [path, file] : change.added) (*names)[path] = file;
}

void SimFileSystem::Record(Change change) {
  for (const std::string& path : change.removed) change.directories.insert(ParentOf(path));
  for (const auto& [path, file] : change.added) change.directories.insert(ParentOf(path));
  Apply(change, &names_);
  changes_.push_back(std::move(change));
}

void SimFileSystem::MakeDurable(const std::string& directory) {
  std::vector<Change> left;
  for (Change& change : changes_) {
    if (change.directories.count(directory) != 0) {
      Apply(change, &durable_);
    } else {
      left.push_back(std::move(change));
    }
  }
  changes_ = std::move(left);
}

bool SimFileSystem::IsDirectory(const std::string& path) const {
  if (path.empty()) return true;
  auto found = names_.find(path);
  return found != names_.end() && found->second == nullptr;
}

Status SimFileSystem::NeedParent(const std::string& path, std::string_view action) const {
  if (IsDirectory(ParentOf(path))) return Status::OK();
  if (names_.count(ParentOf(path)) == 0) return Missing(action, path);
  return InvalidData("cannot {} '{}': a part of the path is not a directory", action, path);
}

std::vector<std::string> SimFileSystem::Below(const std::string& path) const {
  std::vector<std::string> found;
  for (auto at = names_.lower_bound(path + "/"); at != names_.end(); ++at) {
    if (at->first.compare(0, path.size() + 1, path + "/") != 0) break;
    found.push_back(at->first);
  }
  return found;
}

/// Asks what is to happen to the call, and does it: effect(is_torn) under the lock.
template <typename Effect>
Status SimFileSystem::Do(CallKind kind, const std::string& path, const Effect& effect) {
  SimEnvironment::Verdict verdict = machine_->OnCall(kind, path);
  Status status = verdict.status;
  if (verdict.is_applied) {
    std::lock_guard<std::mutex> lock(mutex_);
    Status done = effect(verdict.is_torn);
    if (status.ok()) status = done;
  }
  return verdict.crash_after ? machine_->Crash() : status;
}

Result<std::unique_ptr<ReadableFile>> SimFileSystem::OpenForRead(const std::string& path) {
  std::string name = Normal(path);
  std::unique_ptr<ReadableFile> opened;
  int64_t incarnation = machine_->incarnation();
  WEIR_RETURN_NOT_OK(Do(CallKind::kOpenRead, path, [&](bool) -> Status {
    if (IsDirectory(name)) return InvalidData("cannot read '{}': it is a directory", path);
    auto found = names_.find(name);
    if (found == names_.end()) return Missing("read", path);
    opened = std::make_unique<SimReadableFile>(this, found->second, incarnation, path);
    return Status::OK();
  }));
  return opened;
}

Result<std::unique_ptr<WritableFile>> SimFileSystem::OpenForWrite(const std::string& path) {
  std::string name = Normal(path);
  std::unique_ptr<WritableFile> opened;
  int64_t incarnation = machine_->incarnation();
  WEIR_RETURN_NOT_OK(Do(CallKind::kOpenWrite, path, [&](bool) -> Status {
    if (IsDirectory(name)) return InvalidData("cannot write '{}': it is a directory", path);
    WEIR_RETURN_NOT_OK(NeedParent(name, "write"));
    auto found = names_.find(name);
    std::shared_ptr<SimFile> file;
    if (found != names_.end()) {
      file = found->second;
      file->bytes.clear();
    } else {
      file = std::make_shared<SimFile>();
      Record({{}, {{name, file}}, {}});
    }
    file->modified_micros = machine_->clock().WallMicros();
    opened = std::make_unique<SimWritableFile>(this, file, incarnation, path);
    return Status::OK();
  }));
  return opened;
}

Result<std::vector<FileInfo>> SimFileSystem::List(const std::string& directory) {
  std::string name = Normal(directory);
  std::vector<FileInfo> entries;
  WEIR_RETURN_NOT_OK(Do(CallKind::kList, directory, [&](bool) -> Status {
    if (!IsDirectory(name)) return Missing("list", directory);
    for (const std::string& path : Below(name)) {
      if (path.find('/', name.size() + 1) != std::string::npos) continue;
      const auto& file = names_[path];
      entries.push_back({directory.empty() || directory.back() == '/'
                             ? directory + path.substr(name.size() + 1)
                             : directory + path.substr(name.size()),
                         file == nullptr, file == nullptr ? 0 : int64_t(file->bytes.size()),
                         file == nullptr ? 0 : file->modified_micros});
    }
    return Status::OK();
  }));
  return entries;
}

Result<FileInfo> SimFileSystem::Stat(const std::string& path) {
  std::string name = Normal(path);
  FileInfo info{path, false, 0, 0};
  WEIR_RETURN_NOT_OK(Do(CallKind::kStat, path, [&](bool) -> Status {
    if (IsDirectory(name)) {
      info.is_directory = true;
      return Status::OK();
    }
    auto found = names_.find(name);
    if (found == names_.end()) return Missing("read", path);
    info.size_bytes = static_cast<int64_t>(found->second->bytes.size());
    info.modified_micros = found->second->modified_micros;
    return Status::OK();
  }));
  return info;
}

bool SimFileSystem::Exists(const std::string& path) { return Stat(path).ok(); }

Status SimFileSystem::Rename(const std::string& from, const std::string& to) {
  std::string old_name = Normal(from), new_name = Normal(to);
  return Do(CallKind::kRename, from, [&](bool is_torn) -> Status {
    auto found = names_.find(old_name);
    if (found == names_.end()) return Missing("rename", from);
    WEIR_RETURN_NOT_OK(NeedParent(new_name, "rename to"));
    if (is_torn && machine_->Below(2) == 0) return Status::OK();
    if (old_name == new_name) return Status::OK();
    bool moves_directory = found->second == nullptr;
    if (IsDirectory(new_name) && (!moves_directory || !Below(new_name).empty()))
      return InvalidData("cannot rename '{}': '{}' is a directory", from, to);
    Change change{{old_name}, {{new_name, found->second}}, {}};
    if (moves_directory) {
      for (const std::string& path : Below(old_name)) {
        change.removed.push_back(path);
        change.added[new_name + path.substr(old_name.size())] = names_[path];
      }
    }
    Record(std::move(change));
    return Status::OK();
  });
}

Status SimFileSystem::Delete(const std::string& path) {
  std::string name = Normal(path);
  return Do(CallKind::kDelete, path, [&](bool is_torn) -> Status {
    auto found = names_.find(name);
    if (found == names_.end()) return Missing("delete", path);
    if (found->second == nullptr) return InvalidData("cannot delete '{}': it is a directory", path);
    if (!is_torn || machine_->Below(2) == 0) Record({{name}, {}, {}});
    return Status::OK();
  });
}

Status SimFileSystem::DeleteTree(const std::string& path) {
  std::string name = Normal(path);
  return Do(CallKind::kDelete, path, [&](bool is_torn) -> Status {
    if (names_.count(name) == 0) return Status::OK();
    std::vector<std::string> all = Below(name);
    std::reverse(all.begin(), all.end());  // What lies deeper goes first.
    all.push_back(name);
    if (is_torn) all.resize(machine_->Below(all.size() + 1));
    for (const std::string& one : all) Record({{one}, {}, {}});
    return Status::OK();
  });
}

Status SimFileSystem::MakeDirectories(const std::string& path) {
  std::string name = Normal(path);
  return Do(CallKind::kMakeDirectories, path, [&](bool is_torn) -> Status {
    for (size_t end = 1; end <= name.size(); ++end) {
      if (end != name.size() && name[end] != '/') continue;
      std::string part = name.substr(0, end);
      if (IsDirectory(part)) continue;
      if (names_.count(part) != 0)
        return InvalidData("cannot create the directory '{}': '{}' is a file", path, part);
      if (is_torn && machine_->Below(2) == 0) return Status::OK();
      Record({{}, {{part, nullptr}}, {}});
      if (!is_torn) MakeDurable(ParentOf(part));
    }
    return Status::OK();
  });
}

Status SimFileSystem::SyncDirectory(const std::string& path) {
  std::string name = Normal(path);
  return Do(CallKind::kSyncDirectory, path, [&](bool is_torn) -> Status {
    if (!IsDirectory(name)) return Missing("sync", path);
    if (is_torn) return Status::OK();  // Restart decides what had got through.
    MakeDurable(name);
    return Status::OK();
  });
}

Result<bool> SimFileSystem::LinkIfAbsent(const std::string& from, const std::string& to) {
  std::string old_name = Normal(from), new_name = Normal(to);
  bool is_made = false;
  WEIR_RETURN_NOT_OK(Do(CallKind::kLink, to, [&](bool is_torn) -> Status {
    auto found = names_.find(old_name);
    if (found == names_.end()) return Missing("link", from);
    if (found->second == nullptr) return InvalidData("cannot link '{}': it is a directory", from);
    WEIR_RETURN_NOT_OK(NeedParent(new_name, "link"));
    if (names_.count(new_name) != 0) return Status::OK();
    if (is_torn && machine_->Below(2) == 0) return Status::OK();
    Record({{}, {{new_name, found->second}}, {}});
    is_made = true;
    return Status::OK();
  }));
  return is_made;
}

Status SimFileSystem::Truncate(const std::string& path, int64_t length) {
  std::string name = Normal(path);
  return Do(CallKind::kTruncate, path, [&](bool is_torn) -> Status {
    auto found = names_.find(name);
    if (found == names_.end() || found->second == nullptr) return Missing("truncate", path);
    if (is_torn && machine_->Below(2) == 0) return Status::OK();
    SimFile& file = *found->second;
    file.bytes.resize(static_cast<size_t>(length));
    if (!is_torn) file.durable = file.bytes;
    return Status::OK();
  });
}

Result<std::unique_ptr<FileLock>> SimFileSystem::TryLock(const std::string& path) {
  std::string name = Normal(path);
  std::unique_ptr<FileLock> held;
  int64_t incarnation = machine_->incarnation();
  WEIR_RETURN_NOT_OK(Do(CallKind::kLock, path, [&](bool) -> Status {
    if (IsDirectory(name)) return InvalidData("cannot lock '{}': it is a directory", path);
    WEIR_RETURN_NOT_OK(NeedParent(name, "lock"));
    if (names_.count(name) == 0) Record({{}, {{name, std::make_shared<SimFile>()}}, {}});
    if (!locked_.insert(name).second) return Status::OK();
    held = std::make_unique<SimFileLock>([this, name, incarnation] {
      if (machine_->incarnation() != incarnation) return;
      std::lock_guard<std::mutex> lock(mutex_);
      locked_.erase(name);
    });
    return Status::OK();
  }));
  return held;
}

// ---- Bytes ----

Result<int64_t> SimFileSystem::ReadAt(SimFile& file, int64_t incarnation, const std::string& path,
                                      int64_t offset, int64_t length, uint8_t* out) {
  if (incarnation != machine_->incarnation()) return Unavailable("'{}' is not open", path);
  int64_t got = 0;
  WEIR_RETURN_NOT_OK(Do(CallKind::kRead, path, [&](bool) -> Status {
    int64_t size = static_cast<int64_t>(file.bytes.size());
    got = std::max<int64_t>(0, std::min(length, size - offset));
    if (got > 0) std::memcpy(out, file.bytes.data() + offset, static_cast<size_t>(got));
    return Status::OK();
  }));
  return got;
}

Status SimFileSystem::Append(SimFile& file, int64_t incarnation, const std::string& path,
                             std::string_view bytes, int64_t* written) {
  if (incarnation != machine_->incarnation()) return Unavailable("'{}' is not open", path);
  return Do(CallKind::kAppend, path, [&](bool is_torn) -> Status {
    if (is_torn) bytes = bytes.substr(0, machine_->Below(bytes.size() + 1));
    file.bytes += bytes;
    file.modified_micros = machine_->clock().WallMicros();
    *written += static_cast<int64_t>(bytes.size());
    return Status::OK();
  });
}

Status SimFileSystem::Sync(SimFile& file, int64_t incarnation, const std::string& path) {
  if (incarnation != machine_->incarnation()) return Unavailable("'{}' is not open", path);
  return Do(CallKind::kSync, path, [&](bool is_torn) -> Status {
    if (!is_torn) file.durable = file.bytes;
    return Status::OK();
  });
}

Status SimFileSystem::Close(int64_t incarnation, const std::string& path) {
  if (incarnation != machine_->incarnation()) return Unavailable("'{}' is not open", path);
  return Do(CallKind::kClose, path, [](bool) { return Status::OK(); });
}

// ---- Crashes ----

/// Of each directory the first changes survive; one that concerns two directories must be among
/// the first of both.
void SimFileSystem::LoseSome() {
  std::map<std::string, size_t> total, seen, kept;
  for (const Change& change : changes_) {
    for (const std::string& directory : change.directories) ++total[directory];
  }
  for (const auto& [directory, count] : total) kept[directory] = machine_->Below(count + 1);
  for (const Change& change : changes_) {
    bool survives = true;
    for (const std::string& directory : change.directories) {
      survives = survives && seen[directory] < kept[directory];
    }
    for (const std::string& directory : change.directories) {
      // What follows a lost change of a directory is lost as well.
      if (!survives) kept[directory] = std::min(kept[directory], seen[directory]);
      ++seen[directory];
    }
    if (survives) Apply(change, &durable_);
  }
}

void SimFileSystem::TearFile(SimFile* file) {
  if (file->bytes == file->durable) return;
  uint64_t choice = machine_->Below(4);
  if (choice == 0) return;  // All lost.
  std::string torn = file->bytes;
  if (choice >= 2) {
    size_t same = 0;
    while (same < torn.size() && same < file->durable.size() && torn[same] == file->durable[same])
      ++same;
    size_t good = same + machine_->Below(torn.size() - same + 1);
    if (choice == 2) {
      torn.resize(good);
    } else {
      std::fill(torn.begin() + static_cast<int64_t>(good), torn.end(), '\0');
    }
  }
  file->durable = std::move(torn);
}

void SimFileSystem::Restart(Loss loss) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (loss == Loss::kNothing) {
    durable_ = names_;
    for (auto& [path, file] : names_) {
      if (file != nullptr) file->durable = file->bytes;
    }
  } else if (loss == Loss::kSome) {
    LoseSome();
    std::set<SimFile*> torn;
    for (auto& [path, file] : durable_) {
      if (file != nullptr && torn.insert(file.get()).second) TearFile(file.get());
    }
  }
  // A name whose folder is lost is lost. Files begin a new life, so that old handles reach nothing.
  Names survivors;
  std::map<SimFile*, std::shared_ptr<SimFile>> reborn;
  for (const auto& [path, file] : durable_) {
    std::string parent = ParentOf(path);
    if (!parent.empty()) {
      auto found = survivors.find(parent);
      if (found == survivors.end() || found->second != nullptr) continue;
    }
    std::shared_ptr<SimFile> fresh;
    if (file != nullptr) {
      auto& known = reborn[file.get()];
      if (known == nullptr) {
        known =
            std::make_shared<SimFile>(SimFile{file->durable, file->durable, file->modified_micros});
      }
      fresh = known;
    }
    survivors[path] = std::move(fresh);
  }
  names_ = durable_ = std::move(survivors);
  changes_.clear();
  locked_.clear();
}

void SimFileSystem::WriteDurably(const std::string& path, std::string bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  std::string name = Normal(path);
  for (size_t end = 1; end < name.size(); ++end) {
    if (name[end] != '/') continue;
    names_.emplace(name.substr(0, end), nullptr);
    durable_.emplace(name.substr(0, end), nullptr);
  }
  auto file = std::make_shared<SimFile>(SimFile{bytes, bytes, machine_->clock().WallMicros()});
  names_[name] = durable_[name] = std::move(file);
}

std::map<std::string, std::string> SimFileSystem::Files(const std::string& path) const {
  std::lock_guard<std::mutex> lock(mutex_);
  std::map<std::string, std::string> files;
  std::string name = Normal(path);
  for (const auto& [one, file] : names_) {
    bool is_below = one == name || one.compare(0, name.size() + 1, name + "/") == 0;
    if (is_below && file != nullptr) files[one] = file->bytes;
  }
  return files;
}

void SimFileSystem::RemoveAll(const std::string& path) {
  std::lock_guard<std::mutex> lock(mutex_);
  std::string name = Normal(path);
  std::vector<std::string> all = Below(name);
  all.push_back(name);
  for (const std::string& one : all) {
    names_.erase(one);
    durable_.erase(one);
  }
  std::erase_if(changes_, [&](const Change& change) {
    for (const auto& [added, file] : change.added) {
      if (added == name || added.compare(0, name.size() + 1, name + "/") == 0) return true;
    }
    return false;
  });
}

}  // namespace weir
