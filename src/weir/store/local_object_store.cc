// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/store/local_object_store.h"

#include <algorithm>

namespace weir {
namespace {

constexpr std::string_view kTemporaryPrefix = ".weir-";
// An object is read into memory as a whole; none that is written comes near.
constexpr int64_t kObjectBytesMax = int64_t{4} << 30;

std::string DirectoryOf(const std::string& path) {
  size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return "";
  return slash == 0 ? "/" : path.substr(0, slash);
}
std::string Join(const std::string& directory, std::string_view name) {
  if (directory.empty()) return std::string(name);
  return directory.back() == '/' ? fmt::format("{}{}", directory, name)
                                 : fmt::format("{}/{}", directory, name);
}
std::string_view NameOf(std::string_view path) { return path.substr(path.find_last_of('/') + 1); }
bool IsMissing(FileSystem& files, const std::string& path, const Status& status) {
  return GetErrorInfo(status).code == ErrorCode::kInvalidData && !files.Exists(path);
}

}  // namespace

Status CheckObjectKey(std::string_view key) {
  size_t begin = 0;
  while (true) {
    size_t end = std::min(key.find('/', begin), key.size());
    std::string_view part = key.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.starts_with(kTemporaryPrefix) ||
        part.find('\0') != std::string_view::npos) {
      return InvalidData("'{}' cannot be the name of an object", key);
    }
    if (end == key.size()) return Status::OK();
    begin = end + 1;
  }
}

LocalObjectStore::LocalObjectStore(FileSystem* files, Random* random, std::string root)
    : files_(files), root_(std::move(root)), tag_(fmt::format("{:016x}", random->Next())) {}

Result<std::string> LocalObjectStore::Get(const std::string& key) {
  WEIR_RETURN_NOT_OK(CheckObjectKey(key));
  WEIR_ASSIGN_OR_RETURN(auto file, files_->OpenForRead(Join(root_, key)));
  WEIR_ASSIGN_OR_RETURN(int64_t size, file->Size());
  if (size > kObjectBytesMax) return Corruption("object '{}' has {} bytes", key, size);
  std::string bytes(static_cast<size_t>(size), '\0');
  WEIR_ASSIGN_OR_RETURN(int64_t got,
                        file->ReadAt(0, size, reinterpret_cast<uint8_t*>(bytes.data())));
  if (got != size) return Corruption("object '{}' ends after {} of {} bytes", key, got, size);
  return bytes;
}

Result<std::string> LocalObjectStore::GetRange(const std::string& key, int64_t offset,
                                               int64_t length) {
  WEIR_RETURN_NOT_OK(CheckObjectKey(key));
  WEIR_ASSIGN_OR_RETURN(auto file, files_->OpenForRead(Join(root_, key)));
  WEIR_ASSIGN_OR_RETURN(int64_t size, file->Size());
  if (offset < 0 || length < 0 || offset > size || length > size - offset) {
    return Corruption("object '{}' has {} bytes, but {} at {} are wanted", key, size, length,
                      offset);
  }
  std::string bytes(static_cast<size_t>(length), '\0');
  WEIR_ASSIGN_OR_RETURN(int64_t got,
                        file->ReadAt(offset, length, reinterpret_cast<uint8_t*>(bytes.data())));
  if (got != length) return Corruption("object '{}' ends at {}", key, offset + got);
  return bytes;
}

// Makes a directory and those above it; each new name is synced in the directory that holds it.
Status LocalObjectStore::MakeDurableDirectory(const std::string& directory) {
  if (directory.empty() || directory == "/" || files_->Exists(directory)) return Status::OK();
  std::string parent = DirectoryOf(directory);
  WEIR_RETURN_NOT_OK(MakeDurableDirectory(parent));
  WEIR_RETURN_NOT_OK(files_->MakeDirectories(directory));
  return files_->SyncDirectory(parent);
}

Result<std::string> LocalObjectStore::WriteTemporary(const std::string& directory,
                                                     std::string_view bytes) {
  WEIR_RETURN_NOT_OK(MakeDurableDirectory(directory));
  std::string path =
      Join(directory, fmt::format("{}{}-{}", kTemporaryPrefix, tag_, next_temporary_++));
  auto write = [&]() -> Status {
    WEIR_ASSIGN_OR_RETURN(auto file, files_->OpenForWrite(path));
    WEIR_RETURN_NOT_OK(file->Append(bytes));
    WEIR_RETURN_NOT_OK(file->Sync());
    return file->Close();
  };
  Status status = write();
  if (!status.ok()) {
    if (files_->Exists(path)) (void)files_->Delete(path);
    return status;
  }
  return path;
}

Status LocalObjectStore::Put(const std::string& key, std::string_view bytes) {
  WEIR_RETURN_NOT_OK(CheckObjectKey(key));
  std::string path = Join(root_, key), directory = DirectoryOf(path);
  WEIR_ASSIGN_OR_RETURN(std::string temporary, WriteTemporary(directory, bytes));
  Status status = files_->Rename(temporary, path);
  if (!status.ok()) {
    if (files_->Exists(temporary)) (void)files_->Delete(temporary);
    return status;
  }
  return files_->SyncDirectory(directory);
}

Result<bool> LocalObjectStore::PutIfAbsent(const std::string& key, std::string_view bytes) {
  WEIR_RETURN_NOT_OK(CheckObjectKey(key));
  std::string path = Join(root_, key), directory = DirectoryOf(path);
  WEIR_ASSIGN_OR_RETURN(std::string temporary, WriteTemporary(directory, bytes));
  Result<bool> linked = files_->LinkIfAbsent(temporary, path);
  // The name is made durable also when it was there: whoever made it may have died before.
  Status synced = linked.ok() ? files_->SyncDirectory(directory) : Status::OK();
  (void)files_->Delete(temporary);
  WEIR_RETURN_NOT_OK(linked.status());
  WEIR_RETURN_NOT_OK(synced);
  return *linked;
}

Status LocalObjectStore::ListTree(const std::string& directory, const std::string& key_prefix,
                                  const std::string& prefix, std::vector<std::string>* keys,
                                  std::vector<std::string>* temporaries) {
  Result<std::vector<FileInfo>> entries = files_->List(directory);
  if (!entries.ok()) {
    return IsMissing(*files_, directory, entries.status()) ? Status::OK() : entries.status();
  }
  for (const FileInfo& entry : *entries) {
    std::string_view name = NameOf(entry.path);
    if (name.starts_with(kTemporaryPrefix)) {
      if (temporaries != nullptr && !entry.is_directory) temporaries->push_back(entry.path);
      continue;
    }
    std::string key = key_prefix + std::string(name);
    if (!entry.is_directory) {
      if (key.starts_with(prefix)) keys->push_back(std::move(key));
      continue;
    }
    key += '/';
    // Only where prefix and directory can have keys in common.
    if (key.starts_with(prefix) || prefix.starts_with(key)) {
      WEIR_RETURN_NOT_OK(ListTree(entry.path, key, prefix, keys, temporaries));
    }
  }
  return Status::OK();
}

Result<std::vector<std::string>> LocalObjectStore::List(const std::string& prefix) {
  std::vector<std::string> keys;
  WEIR_RETURN_NOT_OK(ListTree(root_, "", prefix, &keys, nullptr));
  std::sort(keys.begin(), keys.end());
  return keys;
}

Status LocalObjectStore::Delete(const std::string& key) {
  WEIR_RETURN_NOT_OK(CheckObjectKey(key));
  std::string path = Join(root_, key);
  Status status = files_->Delete(path);
  if (!status.ok() && IsMissing(*files_, path, status)) return Status::OK();
  return status;
}

Status LocalObjectStore::RemoveTemporaries() {
  std::vector<std::string> keys, temporaries;
  WEIR_RETURN_NOT_OK(ListTree(root_, "", "", &keys, &temporaries));
  for (const std::string& path : temporaries) WEIR_RETURN_NOT_OK(files_->Delete(path));
  return Status::OK();
}

}  // namespace weir
