// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// An object store that fails as remote ones do. Its calls are calls of the machine it belongs to
// (crashes), and are numbered from 0 on their own as well (faults). Objects survive every crash:
// what a store has confirmed is durable.
//
//   SimObjectStore store(&machine);
//   store.SetFault({.at = 3, .fault = ObjectFault::kLostReply});
//   machine.set_objects(&store);
//
// Threads: any.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "weir/testing/sim_environment.h"

namespace weir {

enum class ObjectFault : uint8_t {
  kNone,
  k500,            // Refused, nothing done.
  k503,            // Refused after a while.
  kReset,          // No answer; nothing done, or done, by the seed.
  kSlow,           // Answered after a minute.
  kLostReply,      // Done, no answer.
  kLateDuplicate,  // Done, and done again some calls later.
  kTruncatedGet,   // Get gives the first part of the bytes.
  kWrongBytes,     // Get gives bytes with one bit flipped.
  kNotFoundYet,    // Get does not find what has been put.
};
constexpr int kNumObjectFaults = 10;
std::string_view ObjectFaultName(ObjectFault fault);

struct ObjectFaultPlan {
  int64_t at = -1;  // The store's call that it happens at; -1: never.
  ObjectFault fault = ObjectFault::kNone;
  bool for_ever = false;  // At every later call too.
};

class SimObjectStore : public ObjectStore {
 public:
  explicit SimObjectStore(SimEnvironment* machine) : machine_(machine) {}

  /// Numbers calls from 0 again.
  void SetFault(const ObjectFaultPlan& plan);
  int64_t num_calls() const;

  Result<std::string> Get(const std::string& key) override;
  Status Put(const std::string& key, std::string_view bytes) override;
  Result<bool> PutIfAbsent(const std::string& key, std::string_view bytes) override;
  Result<std::vector<std::string>> List(const std::string& prefix) override;
  Status Delete(const std::string& key) override;

  // ---- Past all faults, uncounted ----
  std::map<std::string, std::string> Objects() const;
  void SetObjects(std::map<std::string, std::string> objects);

 private:
  struct LateWrite {
    int64_t at = 0;
    std::string key, bytes;
    bool only_if_absent = false;
  };
  ObjectFault NextFault();
  /// What the fault makes of a call that writes: whether it is done, and the answer.
  template <typename Effect>
  Status Write(CallKind kind, const std::string& key, std::string_view bytes, bool only_if_absent,
               const Effect& effect);
  Result<std::string> Read(const std::string& key);

  SimEnvironment* machine_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> objects_;
  std::vector<LateWrite> late_;
  ObjectFaultPlan plan_;
  int64_t num_calls_ = 0;
};

}  // namespace weir
