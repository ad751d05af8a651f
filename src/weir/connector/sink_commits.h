// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What the writers of one sink have prepared, until the job commits it.
// Threads: Add from any; Commit from one, after all writers are done.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "weir/connector/connector.h"

namespace weir {

class SinkCommits {
 public:
  explicit SinkCommits(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
  void Add(std::vector<std::string> committables) {
    std::lock_guard<std::mutex> lock(mutex_);
    for (std::string& committable : committables) committables_.push_back(std::move(committable));
  }
  /// For JobGraph::on_success.
  Status Commit() {
    std::lock_guard<std::mutex> lock(mutex_);
    return sink_->Commit(committables_);
  }
  Sink& sink() const { return *sink_; }

 private:
  std::shared_ptr<Sink> sink_;
  std::mutex mutex_;
  std::vector<std::string> committables_;
};

}  // namespace weir
