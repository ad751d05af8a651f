// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/testing/sim_environment.h"

#include "weir/testing/sim_file_system.h"

namespace weir {
namespace {

struct KindFacts {
  std::string_view name;
  bool is_read_only;
  bool needs_room;
};

KindFacts FactsOf(CallKind kind) {
  switch (kind) {
    case CallKind::kOpenRead:
      return {"open for reading", true, false};
    case CallKind::kRead:
      return {"read", true, false};
    case CallKind::kList:
      return {"list", true, false};
    case CallKind::kStat:
      return {"stat", true, false};
    case CallKind::kOpenWrite:
      return {"open for writing", false, true};
    case CallKind::kAppend:
      return {"append to", false, true};
    case CallKind::kSync:
      return {"sync", false, false};
    case CallKind::kClose:
      return {"close", false, false};
    case CallKind::kRename:
      return {"rename", false, false};
    case CallKind::kDelete:
      return {"delete", false, false};
    case CallKind::kMakeDirectories:
      return {"make directory", false, true};
    case CallKind::kSyncDirectory:
      return {"sync directory", false, false};
    case CallKind::kLink:
      return {"link", false, true};
    case CallKind::kTruncate:
      return {"truncate", false, false};
    case CallKind::kLock:
      return {"lock", false, true};
    case CallKind::kGetObject:
      return {"get object", true, false};
    case CallKind::kListObjects:
      return {"list objects", true, false};
    case CallKind::kPutObject:
      return {"put object", false, false};
    case CallKind::kDeleteObject:
      return {"delete object", false, false};
  }
  return {"?", true, false};
}

}  // namespace

bool IsReadOnly(CallKind kind) { return FactsOf(kind).is_read_only; }
std::string_view CallKindName(CallKind kind) { return FactsOf(kind).name; }

uint64_t SimRandom::Next() {
  std::lock_guard<std::mutex> lock(mutex_);
  uint64_t z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

int64_t SimClock::MonotonicMicros() {
  std::lock_guard<std::mutex> lock(mutex_);
  return now_micros_ += micros_per_reading_;
}

void SimClock::SleepMicros(int64_t micros) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (micros > 0) now_micros_ += micros;
  }
  if (on_sleep_) on_sleep_(micros);
}

int64_t SimClock::now_micros() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return now_micros_;
}

void SimClock::JumpWall(int64_t micros) {
  std::lock_guard<std::mutex> lock(mutex_);
  wall_offset_micros_ += micros;
}

SimEnvironment::SimEnvironment(uint64_t seed)
    : random_(seed), fate_(seed ^ 0x5deece66d), files_(std::make_unique<SimFileSystem>(this)) {
  environment_ = {.clock = &clock_,
                  .random = &random_,
                  .files = files_.get(),
                  .objects = nullptr,
                  .network = nullptr};
}
SimEnvironment::~SimEnvironment() = default;

void SimEnvironment::SetPlan(const FaultPlan& plan) {
  std::lock_guard<std::mutex> lock(mutex_);
  plan_ = plan;
  calls_.clear();
  trace_.clear();
}

std::vector<CallKind> SimEnvironment::Calls() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return calls_;
}

std::vector<std::string> SimEnvironment::Trace() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return trace_;
}

bool SimEnvironment::is_crashed() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return crashed_;
}

int64_t SimEnvironment::incarnation() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return incarnation_;
}

Status SimEnvironment::Crash() {
  std::lock_guard<std::mutex> lock(mutex_);
  crashed_ = true;
  return Unavailable("the simulated machine has crashed");
}

SimEnvironment::Verdict SimEnvironment::OnCall(CallKind kind, const std::string& what) {
  if (hook_) hook_(kind, what);
  DeliverArrivals();
  std::lock_guard<std::mutex> lock(mutex_);
  if (kind != CallKind::kList && kind != CallKind::kStat) last_deed_micros_ = clock_.now_micros();
  if (crashed_) return {Unavailable("the simulated machine has crashed"), false, false, false};
  int64_t number = static_cast<int64_t>(calls_.size());
  calls_.push_back(kind);
  if (keep_trace_) trace_.push_back(fmt::format("{} {}", CallKindName(kind), what));
  if (number == plan_.crash_at) {
    switch (plan_.moment) {
      case CrashMoment::kBefore:
        crashed_ = true;
        return {Unavailable("the simulated machine has crashed"), false, false, false};
      case CrashMoment::kAfter:
        return {Status::OK(), true, false, true};
      case CrashMoment::kTorn:
        return {Status::OK(), true, true, true};
    }
  }
  return FaultOf(kind, number, what);
}

SimEnvironment::Verdict SimEnvironment::FaultOf(CallKind kind, int64_t number,
                                                const std::string& what) {
  bool is_first = number == plan_.fault_at;
  if (is_first) fault_kind_ = kind;
  bool is_later = plan_.for_ever && plan_.fault_at >= 0 && number > plan_.fault_at;
  if (!is_first && !is_later) return {};
  switch (plan_.fault) {
    case DiskFault::kNone:
      return {};
    case DiskFault::kIoError:
      if (kind != fault_kind_) return {};
      return {Unavailable("cannot {} '{}': Input/output error", CallKindName(kind), what), false,
              false, false};
    case DiskFault::kDiskFull:
    case DiskFault::kShortWrite: {
      if (!FactsOf(kind).needs_room) return {};
      bool is_short = plan_.fault == DiskFault::kShortWrite && kind == CallKind::kAppend;
      return {ResourceExhausted("cannot {} '{}': the disk is full", CallKindName(kind), what),
              is_short, is_short, false};
    }
  }
  return {};
}

void SimEnvironment::Restart() {
  uint64_t choice = fate_.Below(4);
  files_->Restart(choice == 0   ? SimFileSystem::Loss::kNothing
                  : choice == 1 ? SimFileSystem::Loss::kUnsynced
                                : SimFileSystem::Loss::kSome);
  SetPlan({});
  std::lock_guard<std::mutex> lock(mutex_);
  crashed_ = false;
  ++incarnation_;
}

void SimEnvironment::RestartProcess() {
  files_->Restart(SimFileSystem::Loss::kNothing);
  SetPlan({});
  std::lock_guard<std::mutex> lock(mutex_);
  crashed_ = false;
  ++incarnation_;
}

void SimEnvironment::WriteFile(const std::string& path, std::string bytes) {
  files_->WriteDurably(path, std::move(bytes));
}

std::map<std::string, std::string> SimEnvironment::Files(const std::string& path) const {
  return files_->Files(path);
}

void SimEnvironment::SetArrivals(std::vector<Arrival> arrivals) {
  std::lock_guard<std::mutex> lock(mutex_);
  arrivals_ = std::move(arrivals);
}

bool SimEnvironment::IsQuietFor(int64_t micros) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return arrivals_.empty() && clock_.now_micros() - last_deed_micros_ >= micros;
}

void SimEnvironment::NoteDeed() {
  std::lock_guard<std::mutex> lock(mutex_);
  last_deed_micros_ = clock_.now_micros();
}

void SimEnvironment::DeliverArrivals() {
  std::vector<Arrival> due;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (arrivals_.empty()) return;
    int64_t now = clock_.now_micros();
    std::erase_if(arrivals_, [&](Arrival& arrival) {
      if (arrival.at_micros > now) return false;
      due.push_back(std::move(arrival));
      return true;
    });
    if (!due.empty()) last_deed_micros_ = now;
  }
  for (Arrival& arrival : due) {
    if (Files(arrival.path).empty()) WriteFile(arrival.path, std::move(arrival.bytes));
  }
}

void SimEnvironment::RemoveAll(const std::string& path) { files_->RemoveAll(path); }

}  // namespace weir
