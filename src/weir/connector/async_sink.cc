// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/async_sink.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <mutex>
#include <utility>

namespace weir {
namespace {

// How often a waiting writer looks for answers.
constexpr int64_t kWaitMicros = 1'000;

}  // namespace

int64_t RefusalPauseMicros(int refusals_before, Random* random) {
  constexpr int64_t kMinMicros = 10'000, kMaxMicros = 10'000'000;
  constexpr int kDoublingsMax = 10;
  int64_t pause = std::min(kMaxMicros, kMinMicros << std::min(refusals_before, kDoublingsMax));
  return pause - static_cast<int64_t>(random->Next() % static_cast<uint64_t>(pause / 2));
}

namespace {

/// micros + more; the greatest number where users mean "never".
int64_t Later(int64_t micros, int64_t more) {
  int64_t later = 0;
  return __builtin_add_overflow(micros, more, &later) ? std::numeric_limits<int64_t>::max() : later;
}

}  // namespace

/// What the writer shares with answers that may come after it is gone.
struct AsyncSinkWriter::Shared {
  struct Answered {
    int64_t number;
    SendAnswer answer;
  };
  std::mutex mutex;
  std::vector<Answered> answers;
  std::atomic<bool> has_answers{false};
};

const std::vector<OptionSpec>& AsyncSinkOptions() {
  static const auto* specs = new std::vector<OptionSpec>{
      {"sink.batch.max-size", OptionType::kInt, "500", "Entries of one request at most"},
      {"sink.flush-buffer.size", OptionType::kMemorySize, "5 mb", "Bytes of one request at most"},
      {"sink.flush-buffer.timeout", OptionType::kDuration, "5 s",
       "A request goes out when its first entry has waited for so long"},
      {"sink.requests.max-buffered", OptionType::kInt, "10000",
       "Entries that wait at most; then the job waits"},
      {"sink.requests.max-inflight", OptionType::kInt, "50", "Requests under way at most"},
      {"sink.record.max-size", OptionType::kMemorySize, "1 mb", "Bytes of one entry at most"},
      {"sink.request.timeout", OptionType::kDuration, "10 min",
       "A request without an answer for so long has failed"},
      {"sink.request.fail-on-timeout", OptionType::kBool, "false",
       "Whether such a request fails the job; else it is sent again"},
  };
  return *specs;
}

Result<AsyncSinkSettings> ReadAsyncSinkSettings(const Options& options) {
  AsyncSinkSettings settings;
  WEIR_ASSIGN_OR_RETURN(settings.batch_entries_max,
                        options.GetInt("sink.batch.max-size", settings.batch_entries_max));
  WEIR_ASSIGN_OR_RETURN(settings.batch_bytes_max,
                        options.GetBytes("sink.flush-buffer.size", settings.batch_bytes_max));
  WEIR_ASSIGN_OR_RETURN(
      settings.buffer_micros_max,
      options.GetDurationMicros("sink.flush-buffer.timeout", settings.buffer_micros_max));
  WEIR_ASSIGN_OR_RETURN(
      settings.buffered_entries_max,
      options.GetInt("sink.requests.max-buffered", settings.buffered_entries_max));
  WEIR_ASSIGN_OR_RETURN(settings.requests_max,
                        options.GetInt("sink.requests.max-inflight", settings.requests_max));
  WEIR_ASSIGN_OR_RETURN(settings.entry_bytes_max,
                        options.GetBytes("sink.record.max-size", settings.entry_bytes_max));
  WEIR_ASSIGN_OR_RETURN(
      settings.request_micros_max,
      options.GetDurationMicros("sink.request.timeout", settings.request_micros_max));
  WEIR_ASSIGN_OR_RETURN(settings.fail_on_timeout,
                        options.GetBool("sink.request.fail-on-timeout", settings.fail_on_timeout));
  const std::pair<std::string_view, int64_t> least[] = {
      {"sink.batch.max-size", settings.batch_entries_max},
      {"sink.flush-buffer.size", settings.batch_bytes_max},
      {"sink.requests.max-inflight", settings.requests_max},
      {"sink.record.max-size", settings.entry_bytes_max},
      {"sink.request.timeout", settings.request_micros_max}};
  for (const auto& [name, value] : least) {
    if (value < 1) return InvalidQuery("option '{}' must be greater than 0", name);
  }
  if (settings.buffered_entries_max < settings.batch_entries_max) {
    return InvalidQuery(
        "option 'sink.requests.max-buffered' ({}) must be at least "
        "'sink.batch.max-size' ({})",
        settings.buffered_entries_max, settings.batch_entries_max);
  }
  if (settings.entry_bytes_max > settings.batch_bytes_max) {
    return InvalidQuery(
        "option 'sink.record.max-size' ({}) must be at most 'sink.flush-buffer.size' ({})",
        settings.entry_bytes_max, settings.batch_bytes_max);
  }
  return settings;
}

AsyncSinkWriter::AsyncSinkWriter(const AsyncSinkSettings& settings,
                                 std::unique_ptr<ElementConverter> converter,
                                 std::unique_ptr<RequestSender> sender,
                                 const Environment& environment, std::function<bool()> cancelled)
    : settings_(settings),
      converter_(std::move(converter)),
      sender_(std::move(sender)),
      environment_(environment),
      cancelled_(std::move(cancelled)),
      shared_(std::make_shared<Shared>()),
      entries_under_way_max_(settings.batch_entries_max) {}

AsyncSinkWriter::~AsyncSinkWriter() = default;

int64_t AsyncSinkWriter::num_buffered() const { return static_cast<int64_t>(buffer_.size()); }
int64_t AsyncSinkWriter::num_entries_under_way() const { return entries_under_way_; }

bool AsyncSinkWriter::IsDue(int64_t now) const {
  return num_buffered() >= settings_.batch_entries_max ||
         buffer_bytes_ >= settings_.batch_bytes_max ||
         (!buffer_.empty() && now - buffer_.front().since_micros >= settings_.buffer_micros_max);
}

bool AsyncSinkWriter::MaySend(int64_t now) const {
  return !buffer_.empty() && now >= pause_until_micros_ && HasRoomUnderWay();
}

bool AsyncSinkWriter::HasRoomUnderWay() const {
  if (static_cast<int64_t>(under_way_.size()) >= settings_.requests_max) return false;
  return under_way_.empty() || entries_under_way_ < entries_under_way_max_;
}

void AsyncSinkWriter::SendOne(int64_t now) {
  Request request;
  request.number = next_number_++;
  request.sent_micros = now;
  int64_t bytes = 0;
  int64_t room =
      under_way_.empty() ? entries_under_way_max_ : entries_under_way_max_ - entries_under_way_;
  auto entries_max = static_cast<size_t>(std::clamp<int64_t>(room, 1, settings_.batch_entries_max));
  while (!buffer_.empty() && request.entries.size() < entries_max) {
    auto size = static_cast<int64_t>(buffer_.front().entry.bytes.size());
    if (!request.entries.empty() && bytes + size > settings_.batch_bytes_max) break;
    bytes += size;
    request.entries.push_back(std::move(buffer_.front().entry));
    buffer_.pop_front();
  }
  buffer_bytes_ -= bytes;
  entries_under_way_ += static_cast<int64_t>(request.entries.size());
  std::vector<SinkEntry> sent = request.entries;
  int64_t number = request.number;
  under_way_.push_back(std::move(request));
  sender_->Send(std::move(sent), [shared = shared_, number](SendAnswer answer) {
    std::lock_guard<std::mutex> lock(shared->mutex);
    shared->answers.push_back({number, std::move(answer)});
    shared->has_answers.store(true, std::memory_order_release);
  });
}

void AsyncSinkWriter::Refuse(std::vector<SinkEntry> entries, int64_t now) {
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    buffer_bytes_ += static_cast<int64_t>(entry->bytes.size());
    buffer_.push_front({std::move(*entry), now});
  }
  entries_under_way_max_ = std::max<int64_t>(1, entries_under_way_max_ / 2);
  pause_until_micros_ = now + RefusalPauseMicros(refusals_in_a_row_++, environment_.random);
}

Status AsyncSinkWriter::TakeAnswers(int64_t now) {
  std::vector<Shared::Answered> answers;
  {
    std::lock_guard<std::mutex> lock(shared_->mutex);
    answers.swap(shared_->answers);
    shared_->has_answers.store(false, std::memory_order_relaxed);
  }
  Status fatal;
  for (Shared::Answered& answered : answers) {
    auto request = std::find_if(under_way_.begin(), under_way_.end(),
                                [&](const Request& one) { return one.number == answered.number; });
    if (request == under_way_.end()) continue;  // It had been given up, and sent again.
    entries_under_way_ -= static_cast<int64_t>(request->entries.size());
    under_way_.erase(request);
    if (!answered.answer.fatal.ok()) {
      if (fatal.ok()) fatal = answered.answer.fatal;
    } else if (!answered.answer.refused.empty()) {
      Refuse(std::move(answered.answer.refused), now);
    } else {
      refusals_in_a_row_ = 0;
      entries_under_way_max_ = std::min(settings_.requests_max * settings_.batch_entries_max,
                                        entries_under_way_max_ + settings_.batch_entries_max);
    }
  }
  WEIR_RETURN_NOT_OK(fatal);
  for (auto request = under_way_.begin(); request != under_way_.end();) {
    if (now - request->sent_micros < settings_.request_micros_max) {
      ++request;
      continue;
    }
    if (settings_.fail_on_timeout) {
      return WithHint(
          Unavailable("a request of {} entries has had no answer for {} s", request->entries.size(),
                      settings_.request_micros_max / 1'000'000),
          "'sink.request.timeout'");
    }
    std::vector<SinkEntry> entries = std::move(request->entries);
    entries_under_way_ -= static_cast<int64_t>(entries.size());
    request = under_way_.erase(request);
    Refuse(std::move(entries), now);
  }
  return Status::OK();
}

Status AsyncSinkWriter::SendWhatIsDue() {
  int64_t now = environment_.clock->MonotonicMicros();
  WEIR_RETURN_NOT_OK(TakeAnswers(now));
  while (IsDue(now) && MaySend(now)) {
    SendOne(now);
    WEIR_RETURN_NOT_OK(TakeAnswers(now));  // A sender may answer at once.
  }
  return Status::OK();
}

Status AsyncSinkWriter::Drain(int64_t buffered) {
  while (true) {
    int64_t now = environment_.clock->MonotonicMicros();
    WEIR_RETURN_NOT_OK(TakeAnswers(now));
    if (num_buffered() <= buffered && (buffered > 0 || under_way_.empty())) return Status::OK();
    if (cancelled_ && cancelled_()) return Cancelled();
    if (num_buffered() > buffered && MaySend(now)) {
      SendOne(now);
      continue;
    }
    if (now < pause_until_micros_) {
      environment_.clock->SleepMicros(std::min(kWaitMicros, pause_until_micros_ - now));
      continue;
    }
    bool came = false;
    {
      std::lock_guard<std::mutex> lock(shared_->mutex);
      came = !shared_->answers.empty();
    }
    if (!came) environment_.clock->SleepMicros(kWaitMicros);
  }
}

Status AsyncSinkWriter::Write(const Batch& batch) {
  std::vector<SinkEntry> entries;
  WEIR_RETURN_NOT_OK(converter_->Convert(batch, &entries));
  const int64_t now = environment_.clock->MonotonicMicros();
  for (SinkEntry& entry : entries) {
    auto size = static_cast<int64_t>(entry.bytes.size());
    if (size > settings_.entry_bytes_max) {
      return WithHint(InvalidData("a row has {} bytes as an entry of the sink, more than {}", size,
                                  settings_.entry_bytes_max),
                      "'sink.record.max-size'");
    }
    buffer_bytes_ += size;
    buffer_.push_back({std::move(entry), now});
    if (num_buffered() < settings_.buffered_entries_max) continue;
    WEIR_RETURN_NOT_OK(Drain(settings_.buffered_entries_max - 1));
  }
  return SendWhatIsDue();
}

Status AsyncSinkWriter::OnWatermark(int64_t) { return SendWhatIsDue(); }
Status AsyncSinkWriter::OnTimer(int64_t) { return SendWhatIsDue(); }

int64_t AsyncSinkWriter::NextTimerMillis() const {
  constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
  if (buffer_.empty() && under_way_.empty()) return kNever;
  int64_t now = environment_.clock->MonotonicMicros();
  int64_t due = kNever;
  if (shared_->has_answers.load(std::memory_order_acquire)) due = now;
  for (const Request& request : under_way_)
    due = std::min(due, Later(request.sent_micros, settings_.request_micros_max));
  // While as much is under way as may be, the next answer is what matters.
  if (!buffer_.empty() && HasRoomUnderWay()) {
    int64_t old =
        IsDue(now) ? now : Later(buffer_.front().since_micros, settings_.buffer_micros_max);
    due = std::min(due, std::max(old, pause_until_micros_));
  }
  if (due == kNever) return kNever;
  // Ages are by the monotonic clock, timers by the other one. Not a moment too early.
  return (environment_.clock->WallMicros() + std::max<int64_t>(due - now, 0) + 999) / 1000;
}

Result<std::vector<std::string>> AsyncSinkWriter::PrepareCommit(PreparePoint) {
  WEIR_RETURN_NOT_OK(Drain(0));
  return std::vector<std::string>{};
}

Status AsyncSinkWriter::Abort() {
  buffer_.clear();
  buffer_bytes_ = 0;
  return Status::OK();
}

}  // namespace weir
