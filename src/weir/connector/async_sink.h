// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The writer of a sink whose target is a service: entries are gathered, sent in requests of which
// several are under way, and sent again when the service refuses some of them.
//
//   rows -> ElementConverter -> buffer |e e e e e e| -> request {e e e} -> RequestSender
//                                       ^---- refused entries, in front, after a pause ----+
//
// - A request goes out when the buffer holds enough entries or bytes, or its oldest entry is old
//   enough; a timer looks after that, after pauses and timeouts where no batch comes.
// - Back-pressure: Write returns only once the buffer is below its bound again. It waits for
//   answers no longer than the request timeout.
// - How many entries may be under way adapts: one more batch after a success, half after a refusal
//   (additive increase, multiplicative decrease).
// - PrepareCommit sends everything and waits for all answers, so nothing of it needs to be saved:
//   at least once by itself, exactly once with a target that knows its entries again.
// - Order: refused entries go to the front of the buffer, but others may be under way; a target
// that
//   needs order per key wants `sink.requests.max-inflight` 1.
// - A fatal answer is the error of the next call, PrepareCommit at the latest. None is lost.
// Threads: the writer's calls by one task; answers from any thread, also from within Send.
// Source: Flink FLIP-171, FLIP-242.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/connector/connector.h"

namespace weir {

/// What one row became.
struct SinkEntry {
  std::string bytes;
  RowKind kind = RowKind::kInsert;
};

/// What became of a request.
struct SendAnswer {
  std::vector<SinkEntry> refused;  // To be sent again.
  Status fatal;                    // Not OK: sending again is of no use.
};

/// The client of the service. Threads: Send by the writer's task.
class RequestSender {
 public:
  virtual ~RequestSender() = default;
  /// Sends without waiting; `answer` is called once, from any thread, also before Send returns. It
  /// may be called after the writer is gone.
  virtual void Send(std::vector<SinkEntry> entries, std::function<void(SendAnswer)> answer) = 0;
};

class ElementConverter {
 public:
  virtual ~ElementConverter() = default;
  /// Appends one entry a row, in order.
  virtual Status Convert(const Batch& batch, std::vector<SinkEntry>* entries) = 0;
};

/// How long to wait after a refusal: 10 ms, 20 ms, ... 10 s, each less a random part of up to a
/// half.
int64_t RefusalPauseMicros(int refusals_before, Random* random);

struct AsyncSinkSettings {
  int64_t batch_entries_max = 500;           // sink.batch.max-size
  int64_t batch_bytes_max = 5 << 20;         // sink.flush-buffer.size
  int64_t buffer_micros_max = 5'000'000;     // sink.flush-buffer.timeout
  int64_t buffered_entries_max = 10'000;     // sink.requests.max-buffered
  int64_t requests_max = 50;                 // sink.requests.max-inflight
  int64_t entry_bytes_max = 1 << 20;         // sink.record.max-size
  int64_t request_micros_max = 600'000'000;  // sink.request.timeout
  bool fail_on_timeout = false;              // sink.request.fail-on-timeout; else sent again
};
/// Its options as data, for Connector::options().
const std::vector<OptionSpec>& AsyncSinkOptions();
/// Errors: kInvalidQuery naming the option that is out of its bounds.
Result<AsyncSinkSettings> ReadAsyncSinkSettings(const Options& options);

class AsyncSinkWriter : public SinkWriter {
 public:
  /// `environment`'s clock and random numbers; `cancelled` (may be empty) ends every wait.
  AsyncSinkWriter(const AsyncSinkSettings& settings, std::unique_ptr<ElementConverter> converter,
                  std::unique_ptr<RequestSender> sender, const Environment& environment,
                  std::function<bool()> cancelled = {});
  ~AsyncSinkWriter() override;

  Status Write(const Batch& batch) override;
  Status OnWatermark(int64_t watermark_millis) override;
  Status OnTimer(int64_t now_millis) override;
  /// When the oldest entry will be old enough, a pause after a refusal ends, or an answer is
  /// overdue; at once while answers wait to be looked at.
  int64_t NextTimerMillis() const override;
  /// Sends all and waits; there is nothing left to commit.
  Result<std::vector<std::string>> PrepareCommit(PreparePoint point) override;
  Status Abort() override;

  int64_t num_buffered() const;
  int64_t num_entries_under_way() const;

 private:
  struct Shared;
  struct Request {
    int64_t number = 0;
    int64_t sent_micros = 0;
    std::vector<SinkEntry> entries;  // Kept, to be sent again after a timeout.
  };

  struct Waiting {
    SinkEntry entry;
    int64_t since_micros;  // It came, or came back.
  };

  bool IsDue(int64_t now) const;
  bool MaySend(int64_t now) const;
  bool HasRoomUnderWay() const;
  void SendOne(int64_t now);
  Status TakeAnswers(int64_t now);
  void Refuse(std::vector<SinkEntry> entries, int64_t now);
  Status SendWhatIsDue();
  /// Sends and waits until at most `buffered` entries are in the buffer, and, where that is 0, none
  /// is under way.
  Status Drain(int64_t buffered);

  const AsyncSinkSettings settings_;
  std::unique_ptr<ElementConverter> converter_;
  std::unique_ptr<RequestSender> sender_;
  const Environment environment_;
  std::function<bool()> cancelled_;
  std::shared_ptr<Shared> shared_;  // Also held by answers that are still to come.
  std::deque<Waiting> buffer_;
  int64_t buffer_bytes_ = 0;
  std::vector<Request> under_way_;
  int64_t entries_under_way_ = 0;
  int64_t entries_under_way_max_;
  int64_t next_number_ = 0;
  int64_t pause_until_micros_ = 0;
  int refusals_in_a_row_ = 0;
};

}  // namespace weir
