// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/sink_commits.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace weir {

Status SinkCommits::Start(const Epoch* restored, bool has_job_id) {
  if (restored != nullptr) return sink_->Recover(restored->committables, restored->in_progress);
  if (mode_ == SinkMode::kOverwrite) WEIR_RETURN_NOT_OK(sink_->Truncate());
  return has_job_id ? sink_->Recover({}, {}) : Status::OK();
}

void SinkCommits::Add(Prepared prepared) {
  std::lock_guard<std::mutex> lock(mutex_);
  prepared_.push_back(std::move(prepared));
}

Result<SinkCommits::Epoch> SinkCommits::TakeUpTo(int64_t barrier) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    auto later = std::stable_partition(prepared_.begin(), prepared_.end(),
                                       [&](const Prepared& p) { return p.barrier <= barrier; });
    for (auto p = prepared_.begin(); p != later; ++p) {
      std::move(p->committables.begin(), p->committables.end(), std::back_inserter(ready_));
      in_progress_[p->subtask] = std::move(p->in_progress);
    }
    prepared_.erase(prepared_.begin(), later);
  }
  WEIR_ASSIGN_OR_RETURN(ready_, sink_->PreCommit(ready_));
  Epoch epoch;
  epoch.committables = ready_;
  for (const auto& [subtask, names] : in_progress_)
    epoch.in_progress.insert(epoch.in_progress.end(), names.begin(), names.end());
  std::vector<std::string> held = sink_->HeldBack();
  epoch.in_progress.insert(epoch.in_progress.end(), held.begin(), held.end());
  return epoch;
}

Status SinkCommits::Publish() {
  WEIR_RETURN_NOT_OK(sink_->Commit(ready_));
  WEIR_RETURN_NOT_OK(sink_->PostCommit(ready_));
  ready_.clear();
  return Status::OK();
}

}  // namespace weir
