// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/store/memory_object_store.h"

namespace weir {

Result<std::string> MemoryObjectStore::Get(const std::string& key) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto at = objects_.find(key);
  if (at == objects_.end()) return InvalidData("object '{}' does not exist", key);
  return at->second;
}

Status MemoryObjectStore::Put(const std::string& key, std::string_view bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  objects_[key] = std::string(bytes);
  return Status::OK();
}

Result<bool> MemoryObjectStore::PutIfAbsent(const std::string& key, std::string_view bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  return objects_.emplace(key, std::string(bytes)).second;
}

Result<std::vector<std::string>> MemoryObjectStore::List(const std::string& prefix) {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::string> keys;
  for (auto at = objects_.lower_bound(prefix); at != objects_.end(); ++at) {
    if (!at->first.starts_with(prefix)) break;
    keys.push_back(at->first);
  }
  return keys;
}

Status MemoryObjectStore::Delete(const std::string& key) {
  std::lock_guard<std::mutex> lock(mutex_);
  objects_.erase(key);
  return Status::OK();
}

}  // namespace weir
