// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/testing/sim_object_store.h"

namespace weir {
namespace {

constexpr int64_t kSlowMicros = 60'000'000;
constexpr int64_t kLateCalls = 4;  // A duplicate comes so many calls later.

Status NoAnswer(const std::string& key) {
  return Unavailable("object '{}': the connection was reset", key);
}

Status Missing(const std::string& key) { return InvalidData("object '{}' does not exist", key); }

}  // namespace

std::string_view ObjectFaultName(ObjectFault fault) {
  constexpr std::string_view kNames[kNumObjectFaults] = {
      "none",           "500",           "503",         "reset",        "slow", "lost-reply",
      "late-duplicate", "truncated-get", "wrong-bytes", "not-found-yet"};
  return kNames[static_cast<size_t>(fault)];
}

void SimObjectStore::SetFault(const ObjectFaultPlan& plan) {
  std::lock_guard<std::mutex> lock(mutex_);
  plan_ = plan;
  num_calls_ = 0;
}

int64_t SimObjectStore::num_calls() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return num_calls_;
}

/// Counts a call; late duplicates that are due take place before it.
ObjectFault SimObjectStore::NextFault() {
  std::lock_guard<std::mutex> lock(mutex_);
  int64_t number = num_calls_++;
  for (LateWrite& write : late_) {
    if (write.at > number || write.at < 0) continue;
    if (!write.only_if_absent || objects_.count(write.key) == 0) objects_[write.key] = write.bytes;
    write.at = -1;
  }
  if (plan_.at < 0) return ObjectFault::kNone;
  bool is_now = number == plan_.at || (plan_.for_ever && number > plan_.at);
  return is_now ? plan_.fault : ObjectFault::kNone;
}

template <typename Effect>
Status SimObjectStore::Write(CallKind kind, const std::string& key, std::string_view bytes,
                             bool only_if_absent, const Effect& effect) {
  SimEnvironment::Verdict verdict = machine_->OnCall(kind, key);
  if (!verdict.is_applied) return verdict.status;
  ObjectFault fault = NextFault();
  switch (fault) {
    case ObjectFault::k500:
      return Unavailable("object '{}': the store answers 500", key);
    case ObjectFault::k503:
      machine_->clock().SleepMicros(1'000'000);
      return Unavailable("object '{}': the store answers 503 SlowDown", key);
    case ObjectFault::kSlow:
      machine_->clock().SleepMicros(kSlowMicros);
      break;
    case ObjectFault::kReset:
      if (machine_->Below(2) == 0) return NoAnswer(key);
      break;
    default:
      break;
  }
  // A put is there as a whole or not at all; torn means that it may be either.
  if (!verdict.is_torn || machine_->Below(2) == 0) {
    std::lock_guard<std::mutex> lock(mutex_);
    effect();
    if (fault == ObjectFault::kLateDuplicate && kind == CallKind::kPutObject)
      late_.push_back({num_calls_ + kLateCalls, key, std::string(bytes), only_if_absent});
  }
  if (verdict.crash_after) return machine_->Crash();
  if (fault == ObjectFault::kReset || fault == ObjectFault::kLostReply) return NoAnswer(key);
  return verdict.status;
}

Result<std::string> SimObjectStore::Get(const std::string& key) {
  SimEnvironment::Verdict verdict = machine_->OnCall(CallKind::kGetObject, key);
  if (!verdict.is_applied) return verdict.status;
  if (verdict.crash_after) return machine_->Crash();
  ObjectFault fault = NextFault();
  switch (fault) {
    case ObjectFault::k500:
      return Unavailable("object '{}': the store answers 500", key);
    case ObjectFault::k503:
      machine_->clock().SleepMicros(1'000'000);
      return Unavailable("object '{}': the store answers 503 SlowDown", key);
    case ObjectFault::kReset:
    case ObjectFault::kLostReply:
      return NoAnswer(key);
    case ObjectFault::kSlow:
      machine_->clock().SleepMicros(kSlowMicros);
      break;
    case ObjectFault::kNotFoundYet:
      return Missing(key);
    default:
      break;
  }
  WEIR_ASSIGN_OR_RETURN(std::string bytes, Read(key));
  if (!bytes.empty() && fault == ObjectFault::kTruncatedGet)
    bytes.resize(machine_->Below(bytes.size()));
  if (!bytes.empty() && fault == ObjectFault::kWrongBytes) {
    uint64_t bit = machine_->Below(bytes.size() * 8);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
  return bytes;
}

Result<std::string> SimObjectStore::Read(const std::string& key) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = objects_.find(key);
  if (found == objects_.end()) return Missing(key);
  return found->second;
}

Status SimObjectStore::Put(const std::string& key, std::string_view bytes) {
  return Write(CallKind::kPutObject, key, bytes, false,
               [&] { objects_[key] = std::string(bytes); });
}

Result<bool> SimObjectStore::PutIfAbsent(const std::string& key, std::string_view bytes) {
  bool is_new = false;
  WEIR_RETURN_NOT_OK(Write(CallKind::kPutObject, key, bytes, true,
                           [&] { is_new = objects_.emplace(key, std::string(bytes)).second; }));
  return is_new;
}

Result<std::vector<std::string>> SimObjectStore::List(const std::string& prefix) {
  SimEnvironment::Verdict verdict = machine_->OnCall(CallKind::kListObjects, prefix);
  if (!verdict.is_applied) return verdict.status;
  if (verdict.crash_after) return machine_->Crash();
  ObjectFault fault = NextFault();
  if (fault == ObjectFault::kSlow) machine_->clock().SleepMicros(kSlowMicros);
  if (fault == ObjectFault::k500 || fault == ObjectFault::k503)
    return Unavailable("objects '{}*': the store answers {}", prefix, ObjectFaultName(fault));
  if (fault == ObjectFault::kReset || fault == ObjectFault::kLostReply) return NoAnswer(prefix);
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::string> keys;
  for (auto at = objects_.lower_bound(prefix); at != objects_.end(); ++at) {
    if (!at->first.starts_with(prefix)) break;
    keys.push_back(at->first);
  }
  return keys;
}

Status SimObjectStore::Delete(const std::string& key) {
  return Write(CallKind::kDeleteObject, key, {}, false, [&] { objects_.erase(key); });
}

std::map<std::string, std::string> SimObjectStore::Objects() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return objects_;
}

void SimObjectStore::SetObjects(std::map<std::string, std::string> objects) {
  std::lock_guard<std::mutex> lock(mutex_);
  objects_ = std::move(objects);
  late_.clear();
}

}  // namespace weir
