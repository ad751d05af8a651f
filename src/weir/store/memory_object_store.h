// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Objects in this process's memory: checkpoints of a job that has no checkpoint directory. They
// serve restarts within the process and are gone with it.
//
// Threads: any.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "weir/base/environment.h"

namespace weir {

class MemoryObjectStore : public ObjectStore {
 public:
  Result<std::string> Get(const std::string& key) override;
  Status Put(const std::string& key, std::string_view bytes) override;
  Result<bool> PutIfAbsent(const std::string& key, std::string_view bytes) override;
  Result<std::vector<std::string>> List(const std::string& prefix) override;
  Status Delete(const std::string& key) override;

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> objects_;
};

}  // namespace weir
