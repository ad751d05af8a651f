// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/runtime/task.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

// A source with nothing to read is asked again after 0.5 ms, 1 ms, 2 ms ... at most 8 ms.
constexpr int64_t kPollDelayMinMicros = 500;
constexpr int64_t kPollDelayMaxMicros = 8000;
// Counters go to other threads after so many runs, and whenever the task has nothing to do.
constexpr int64_t kRunsBetweenPublishing = 64;
// Events taken from one channel before others get their turn.
constexpr int kEventsPerChannel = 4;

}  // namespace

void Task::AddInput(NodeRunner* runner, int channel_number, std::shared_ptr<Channel> channel) {
  auto found = std::find_if(heads_.begin(), heads_.end(),
                            [&](const Head& head) { return head.runner == runner; });
  if (found == heads_.end()) found = heads_.insert(heads_.end(), Head{runner, {}, false});
  found->inputs.push_back({channel_number, std::move(channel), false});
}

void Task::AddSource(NodeRunner* runner, std::shared_ptr<std::atomic<bool>> poked) {
  sources_.push_back({runner, std::move(poked), 0, 0, false});
}

Result<bool> Task::Run() {
  bool progress = false;
  for (SourceSlot& source : sources_) {
    if (source.ended) continue;
    WEIR_ASSIGN_OR_RETURN(bool sent, source.runner->SendBarriers());
    progress |= sent;
  }
  for (auto runner = runners_.rbegin(); runner != runners_.rend(); ++runner) {
    progress |= (*runner)->FlushExchanges();
    WEIR_ASSIGN_OR_RETURN(bool resumed, (*runner)->Resume());
    progress |= resumed;
  }
  for (auto head = heads_.rbegin(); head != heads_.rend(); ++head) {
    WEIR_ASSIGN_OR_RETURN(bool taken, TakeInput(*head));
    progress |= taken;
  }
  WEIR_ASSIGN_OR_RETURN(bool fired, FireTimers());
  progress |= fired;
  if (polling_ == SourcePolling::kWhileRunning) {
    WEIR_ASSIGN_OR_RETURN(bool copied, CopySnapshots());
    progress |= copied;
    WEIR_ASSIGN_OR_RETURN(bool polled, PollAll());
    progress |= polled;
  }
  runs_ += progress ? 1 : 0;
  if (runs_ != published_runs_ && (!progress || runs_ - published_runs_ >= kRunsBetweenPublishing))
    Publish();
  return progress;
}

Result<bool> Task::TakeInput(Head& head) {
  bool progress = false;
  if (!head.told_unwanted && head.runner->InputUnwanted()) {
    for (auto& input : head.inputs) input.channel->SetUnwanted();
    head.told_unwanted = true;
  }
  for (auto& input : head.inputs) {
    for (int i = 0; i < kEventsPerChannel && !input.ended; ++i) {
      if (head.runner->IsBlocked() || !head.runner->HasRoom()) return progress;
      if (head.runner->IsHeld(input.number)) break;
      Event event;
      if (!input.channel->TryPop(&event)) break;
      progress = true;
      input.ended = event.kind == Event::Kind::kEnd;
      WEIR_RETURN_NOT_OK(head.runner->Deliver(input.number, std::move(event)));
    }
  }
  return progress;
}

Result<bool> Task::FireTimers() {
  bool progress = false;
  int64_t now_millis = Watermark::kMin;
  for (auto& runner : runners_) {
    int64_t due = runner->NextTimerMillis();
    if (due == Watermark::kMax) continue;
    if (now_millis == Watermark::kMin) now_millis = environment_.clock->WallMicros() / 1000;
    if (due > now_millis || !runner->HasRoom()) continue;
    WEIR_ASSIGN_OR_RETURN(bool fired, runner->FireTimer(now_millis));
    progress |= fired;
  }
  return progress;
}

Result<bool> Task::CopySnapshots() {
  bool progress = false;
  for (auto& runner : runners_) {
    WEIR_ASSIGN_OR_RETURN(bool copied, runner->CopySnapshot());
    progress |= copied;
  }
  return progress;
}

Result<bool> Task::PollAll() {
  bool progress = false;
  for (int i = 0; i < num_sources(); ++i) {
    if (sources_[static_cast<size_t>(i)].ended) continue;
    WEIR_ASSIGN_OR_RETURN(PollState state, PollSource(i));
    progress |= state != PollState::kNothing;
    if (state == PollState::kEnd) WEIR_RETURN_NOT_OK(EndSource(i));
  }
  return progress;
}

Result<PollState> Task::PollSource(int i) {
  SourceSlot& source = sources_[static_cast<size_t>(i)];
  if (source.runner->OutputUnwanted()) return PollState::kEnd;
  if (!source.runner->HasRoom()) return PollState::kNothing;
  bool poked = source.poked->exchange(false);
  int64_t now = source.delay_micros == 0 ? 0 : environment_.clock->MonotonicMicros();
  if (source.delay_micros != 0 && !poked && now < source.next_poll_micros)
    return PollState::kNothing;
  WEIR_ASSIGN_OR_RETURN(PollState state, source.runner->Poll());
  if (state == PollState::kNothing) {
    source.delay_micros =
        std::clamp(source.delay_micros * 2, kPollDelayMinMicros, kPollDelayMaxMicros);
    source.next_poll_micros = environment_.clock->MonotonicMicros() + source.delay_micros;
  } else {
    source.delay_micros = 0;
    ++runs_;
  }
  return state;
}

Status Task::EndSource(int i) {
  SourceSlot& source = sources_[static_cast<size_t>(i)];
  source.ended = true;
  return source.runner->EndSource();
}

bool Task::IsDone() const {
  return std::all_of(runners_.begin(), runners_.end(), [](const auto& runner) {
    return runner->IsFinished() && runner->IsFlushed();
  });
}

int64_t Task::IdleMicros(int64_t limit) const {
  int64_t idle = limit;
  for (const SourceSlot& source : sources_) {
    if (source.ended || source.delay_micros == 0 || !source.runner->HasRoom()) continue;
    idle = std::min(idle, source.next_poll_micros - environment_.clock->MonotonicMicros());
  }
  for (const auto& runner : runners_) {
    int64_t due = runner->NextTimerMillis();
    if (due == Watermark::kMax) continue;
    int64_t now_millis = environment_.clock->WallMicros() / 1000;
    idle = due - now_millis > limit / 1000 ? idle : std::min(idle, (due - now_millis) * 1000);
  }
  return std::max<int64_t>(idle, 50);
}

void Task::Publish() {
  published_runs_ = runs_;
  for (auto& runner : runners_) runner->Publish();
}

void Task::Release() {
  for (auto runner = runners_.rbegin(); runner != runners_.rend(); ++runner) (*runner)->Release();
  heads_.clear();
}

}  // namespace weir
