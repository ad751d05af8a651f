// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/runtime/barrier_mail.h"

namespace weir {

std::shared_ptr<const BarrierRequest> BarrierMail::request() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return request_;
}

void BarrierMail::Answer(RunnerAnswer answer) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    answers_.push_back(std::move(answer));
  }
  wake_.Notify();
}

void BarrierMail::Ask(BarrierRequest request) {
  int64_t barrier = request.barrier;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    request_ = std::make_shared<const BarrierRequest>(std::move(request));
  }
  wanted_.store(barrier, std::memory_order_release);
  wake_workers_();
}

std::vector<RunnerAnswer> BarrierMail::TakeAnswers() {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(answers_, {});
}

void BarrierMail::HoldSources(int64_t from) {
  hold_from_.store(from, std::memory_order_release);
  wake_workers_();
}

void BarrierMail::EndSources() {
  sources_end_.store(true, std::memory_order_release);
  wake_workers_();
}

}  // namespace weir
