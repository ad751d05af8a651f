// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// An operator turns batches into batches and keeps keyed state in between. One family for streams
// and batches: a batch query is a stream whose last watermark is +infinity. An operator knows
// neither thread, task nor host. Threads: one task makes every call. Blocking: never; waiting and
// cancelling belong to the runtime.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "weir/base/environment.h"
#include "weir/data/batch.h"
#include "weir/state/snapshot.h"

namespace weir {

/// Event time up to which an input is complete: milliseconds, as Flink's.
struct Watermark {
  int64_t millis = std::numeric_limits<int64_t>::min();
  static constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  static constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  auto operator<=>(const Watermark&) const = default;
};

/// Whether an input sends anything at present: idle inputs do not hold watermarks back.
enum class Activity : uint8_t { kActive, kIdle };

/// Where an operator's output goes: the next operator of the chain, exchanges, or both.
class Output {
 public:
  virtual ~Output() = default;
  /// Batches of no rows are dropped.
  virtual Status Emit(Batch batch) = 0;
  virtual Status Emit(Watermark watermark) = 0;
  /// For sources only: between operators the runtime itself passes activity on.
  virtual Status EmitActivity(Activity activity) { return Status::OK(); }
  /// False once the queues behind are full: return kMoreOutput soon.
  virtual bool HasRoom() const = 0;
};

enum class Progress : uint8_t {
  kDone,        // The event is consumed.
  kMoreOutput,  // Call Continue once there is room; the event is not finished.
  kEnough,  // Consumed, and no more rows are wanted: what still comes is dropped, sources that feed
            // nothing else end.
};

struct OperatorContext {
  const Environment* environment = nullptr;
  arrow::MemoryPool* pool = nullptr;  // This operator's own, charged to the query's budget.
  int subtask = 0;
  int parallelism = 1;
  int64_t batch_rows_max = 4096;             // Output batches are not longer than this.
  bool (*cancelled)(const void*) = nullptr;  // For loops longer than a batch (sort, spill merge).
  const void* cancelled_argument = nullptr;
  /// Event time at which a run that continues an epoch goes on: operators that judge what is late
  /// begin there, for watermarks up to it are not delivered again. Watermark::kMin at a fresh
  /// start.
  int64_t restored_watermark_millis = Watermark::kMin;
  bool IsCancelled() const { return cancelled != nullptr && cancelled(cancelled_argument); }
  struct OperatorCounters* counters = nullptr;
  /// Says, from any thread, that what a source (kNothing) or an operator (kMoreOutput) waits for
  /// outside has happened. May be kept longer than the operator. Empty: nobody waits.
  std::function<void()> wake;
};

/// Counters of one operator subtask; the runtime reads them for progress and metrics.
struct OperatorCounters {
  int64_t rows_in = 0;
  int64_t rows_out = 0;
  int64_t late_rows_dropped = 0;
  int64_t records_skipped = 0;
  int64_t bytes_read = 0;
  int64_t watermark_millis = Watermark::kMin;
};

class Operator {
 public:
  virtual ~Operator() = default;
  /// Consumes `batch` of input `input`.
  virtual Result<Progress> OnBatch(int input, const Batch& batch, Output& out) = 0;
  /// Event time has reached `watermark` on every input: emits what is final, frees what expired,
  /// passes it on.
  virtual Result<Progress> OnWatermark(Watermark watermark, Output& out) {
    WEIR_RETURN_NOT_OK(out.Emit(watermark));
    return Progress::kDone;
  }
  /// Input `input` has ended (after its watermark kMax). Emits what waited for it.
  virtual Result<Progress> OnEnd(int input, Output& out) { return Progress::kDone; }
  /// Goes on with the event that returned kMoreOutput.
  virtual Result<Progress> Continue(Output& out) { return Progress::kDone; }
  /// Processing time has reached `now_millis`; called at least as often as NextTimerMillis asks.
  virtual Result<Progress> OnTimer(int64_t now_millis, Output& out) { return Progress::kDone; }
  virtual int64_t NextTimerMillis() const { return Watermark::kMax; }
  /// Save follows: emits what is cheaper to send on than to save (a local aggregate's rows).
  virtual Result<Progress> OnBarrier(Output& out) { return Progress::kDone; }
  /// Called between events, never during one.
  virtual Status Save(SnapshotWriter& snapshot) { return Status::OK(); }
  virtual Status Restore(SnapshotReader& snapshot) { return Status::OK(); }
};

enum class PollState : uint8_t { kMore, kNothing, kEnd };

/// The head of a chain without inputs. Emits batches and watermarks; the runtime calls Poll while
/// there is room behind.
class SourceOperator {
 public:
  virtual ~SourceOperator() = default;
  /// Reads one batch, if there is one, and emits it with its watermark. kEnd: nothing follows; the
  /// runtime sends the watermark kMax and the end. kNothing: called again later, or after
  /// OperatorContext::wake.
  virtual Result<PollState> Poll(Output& out) = 0;
  virtual Status Save(SnapshotWriter& snapshot) { return Status::OK(); }
  virtual Status Restore(SnapshotReader& snapshot) { return Status::OK(); }
  /// Where it is now, for people: "flights.csv 45 %".
  virtual std::string PositionText() const { return {}; }
};

}  // namespace weir
