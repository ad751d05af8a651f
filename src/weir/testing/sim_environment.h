// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A simulated machine: files in memory, a clock that only moves when it is read or slept on, random
// numbers from a seed, and a plan of what goes wrong.
//
//   SimEnvironment machine(seed);
//   machine.SetPlan({.crash_at = 17, .moment = CrashMoment::kTorn});
//   run(machine.environment());          // From call 17 on every call fails.
//   if (machine.is_crashed()) machine.Restart();
//   run(machine.environment());
//
// The disk knows what has been synced. Restart keeps that, and decides by the seed about the rest:
// all of it survives (the process was killed), none of it (power loss), or some: of each directory
// the first changes, of each file a part of the unsynced bytes, perhaps with zeros at the end.
// A file's bytes are safe after Sync, its name after SyncDirectory of the folder that holds it;
// Truncate and MakeDirectories are safe when they return, as environment.h says.
//
// Calls of the file system, and of a SimObjectStore on the same machine, are numbered from 0 since
// SetPlan. With one thread of calls and one seed a run repeats exactly. Threads: any.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "weir/base/environment.h"

namespace weir {

enum class CrashMoment : uint8_t { kBefore, kAfter, kTorn };  // Torn: call k is done in part.
enum class DiskFault : uint8_t { kNone, kDiskFull, kIoError, kShortWrite };

/// What goes wrong, and when. -1: never.
struct FaultPlan {
  int64_t crash_at = -1;
  CrashMoment moment = CrashMoment::kBefore;
  int64_t fault_at = -1;
  DiskFault fault = DiskFault::kNone;
  /// Every later call that asks for the same thing fails too: room (kDiskFull, kShortWrite), or a
  /// call of the same kind (kIoError).
  bool for_ever = false;
};

enum class CallKind : uint8_t {
  kOpenRead,
  kRead,
  kList,
  kStat,
  kOpenWrite,
  kAppend,
  kSync,
  kClose,
  kRename,
  kDelete,
  kMakeDirectories,
  kSyncDirectory,
  kLink,
  kTruncate,
  kLock,
  kGetObject,
  kListObjects,
  kPutObject,
  kDeleteObject,
};
/// Calls that leave the world as it was: a crash there is as one at the next call that does not.
bool IsReadOnly(CallKind kind);
std::string_view CallKindName(CallKind kind);

/// SplitMix64.
class SimRandom : public Random {
 public:
  explicit SimRandom(uint64_t seed) : state_(seed) {}
  uint64_t Next() override;
  /// Less than `bound`, which is positive.
  uint64_t Below(uint64_t bound) { return Next() % bound; }

 private:
  std::mutex mutex_;
  uint64_t state_;
};

/// Each reading takes a while, so that time passes in a busy job.
class SimClock : public Clock {
 public:
  int64_t WallMicros() override { return MonotonicMicros() + wall_offset_micros_; }
  int64_t MonotonicMicros() override;
  void SleepMicros(int64_t micros) override;
  /// The wall clock jumps; the monotonic one does not.
  void JumpWall(int64_t micros);
  void set_micros_per_reading(int64_t micros) { micros_per_reading_ = micros; }
  /// Without taking time.
  int64_t now_micros() const;
  /// Called in the thread that sleeps, after each sleep, with its length. Set while nothing runs.
  void SetOnSleep(std::function<void(int64_t micros)> on_sleep) { on_sleep_ = std::move(on_sleep); }

 private:
  mutable std::mutex mutex_;
  std::function<void(int64_t)> on_sleep_;
  int64_t now_micros_ = 0;
  int64_t micros_per_reading_ = 1;
  int64_t wall_offset_micros_ = 1'700'000'000'000'000;
};

class SimFileSystem;

class SimEnvironment {
 public:
  explicit SimEnvironment(uint64_t seed);
  ~SimEnvironment();
  SimEnvironment(const SimEnvironment&) = delete;
  SimEnvironment& operator=(const SimEnvironment&) = delete;

  const Environment& environment() const { return environment_; }
  SimClock& clock() { return clock_; }
  /// For Environment::objects; must outlive what is run.
  void set_objects(ObjectStore* objects) { environment_.objects = objects; }

  /// Numbers calls from 0 again.
  void SetPlan(const FaultPlan& plan);
  /// The calls since SetPlan.
  std::vector<CallKind> Calls() const;
  /// "append /out/.part-0", of each call since SetPlan; only once set_keep_trace was called.
  std::vector<std::string> Trace() const;
  void set_keep_trace() { keep_trace_ = true; }
  bool is_crashed() const;
  /// Called in the calling thread at the beginning of each call, outside of all locks. Set while
  /// nothing runs.
  void SetHook(std::function<void(CallKind, const std::string& what)> hook) {
    hook_ = std::move(hook);
  }
  /// The machine comes up again: what was not durable is lost, kept or torn, locks are free,
  /// handles of before fail for ever. The plan is empty.
  void Restart();
  /// As Restart of a process that was killed: nothing on the disk is lost.
  void RestartProcess();

  // ---- The disk, past the plan and uncounted ----
  void WriteFile(const std::string& path, std::string bytes);  // Durable, with its directories.
  /// Files at or below `path` with their bytes.
  std::map<std::string, std::string> Files(const std::string& path) const;
  void RemoveAll(const std::string& path);
  /// A file that somebody writes while the machine runs, whole, in an instant.
  struct Arrival {
    int64_t at_micros = 0;  // Of the monotonic clock.
    std::string path;
    std::string bytes;
  };
  /// Instead of those of before; what is there already does not come again.
  void SetArrivals(std::vector<Arrival> arrivals);
  /// Nothing is to arrive any more, and for so long nobody has done more than look for files.
  bool IsQuietFor(int64_t micros) const;
  /// Something happened.
  void NoteDeed();

  // ---- For SimFileSystem and SimObjectStore ----
  struct Verdict {
    Status status;             // Not OK: the call fails with this.
    bool is_applied = true;    // Whether its effect takes place (torn and short writes:
    bool is_torn = false;      // in part).
    bool crash_after = false;  // The caller applies, then calls Crash.
  };
  Verdict OnCall(CallKind kind, const std::string& what);
  Status Crash();
  uint64_t Below(uint64_t bound) { return fate_.Below(bound); }
  int64_t incarnation() const;

 private:
  Verdict FaultOf(CallKind kind, int64_t number, const std::string& what);
  void DeliverArrivals();

  mutable std::mutex mutex_;
  std::vector<Arrival> arrivals_;  // Still to come; under mutex_, as what follows.
  int64_t last_deed_micros_ = 0;   // When something happened last, besides looks for files.
  SimClock clock_;
  SimRandom random_;  // For the program.
  SimRandom fate_;    // For what goes wrong.
  std::unique_ptr<SimFileSystem> files_;
  Environment environment_;
  FaultPlan plan_;
  std::vector<CallKind> calls_;
  std::vector<std::string> trace_;
  bool keep_trace_ = false;
  std::function<void(CallKind, const std::string&)> hook_;
  bool crashed_ = false;
  int64_t incarnation_ = 0;
  CallKind fault_kind_ = CallKind::kOpenRead;
};

}  // namespace weir
