// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The S3 client and whole jobs against a real server, found by AWS's variables (AWS_ENDPOINT_URL,
// AWS_ACCESS_KEY_ID, ...) and WEIR_S3_BUCKET. Files are simulated, objects are real: the machine
// dies at calls of the store as everywhere else.
#include <atomic>
#include <cstdlib>
#include <thread>

#include "audit.h"
#include "weir/store/open_object_store.h"
#include "weir/testing/sim_environment.h"

namespace weir::audit {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<std::unique_ptr<ObjectStore>> OpenReal(const std::string& prefix) {
  std::string bucket = Variable("WEIR_S3_BUCKET");
  if (bucket.empty()) return InvalidQuery("the variable WEIR_S3_BUCKET is not set");
  Options options({{"s3.path.style.access", "true"}, {"s3.retry.deadline", "20 s"}});
  return OpenObjectStore("s3://" + bucket + "/" + prefix, RealEnvironment(), options);
}

/// A real store as part of a simulated machine.
class StoreOnMachine : public ObjectStore {
 public:
  StoreOnMachine(ObjectStore* real, SimEnvironment* machine) : real_(real), machine_(machine) {}

  Result<std::string> Get(const std::string& key) override {
    WEIR_RETURN_NOT_OK(Enter(CallKind::kGetObject, key));
    return Leave(real_->Get(key));
  }
  Result<std::string> GetRange(const std::string& key, int64_t offset, int64_t length) override {
    WEIR_RETURN_NOT_OK(Enter(CallKind::kGetObject, key));
    return Leave(real_->GetRange(key, offset, length));
  }
  Status Put(const std::string& key, std::string_view bytes) override {
    WEIR_RETURN_NOT_OK(Enter(CallKind::kPutObject, key));
    Status status = real_->Put(key, bytes);
    return dies_ ? machine_->Crash() : status;
  }
  Result<bool> PutIfAbsent(const std::string& key, std::string_view bytes) override {
    WEIR_RETURN_NOT_OK(Enter(CallKind::kPutObject, key));
    return Leave(real_->PutIfAbsent(key, bytes));
  }
  Result<std::vector<std::string>> List(const std::string& prefix) override {
    WEIR_RETURN_NOT_OK(Enter(CallKind::kListObjects, prefix));
    return Leave(real_->List(prefix));
  }
  Status Delete(const std::string& key) override {
    WEIR_RETURN_NOT_OK(Enter(CallKind::kDeleteObject, key));
    Status status = real_->Delete(key);
    return dies_ ? machine_->Crash() : status;
  }

 private:
  Status Enter(CallKind kind, const std::string& key) {
    SimEnvironment::Verdict verdict = machine_->OnCall(kind, key);
    dies_ = verdict.crash_after;
    return verdict.is_applied ? Status::OK() : verdict.status;
  }
  template <typename T>
  Result<T> Leave(Result<T> result) {
    if (dies_) return machine_->Crash();
    return result;
  }

  ObjectStore* real_;
  SimEnvironment* machine_;
  bool dies_ = false;
};

Status Expect(bool is_so, std::string_view what) {
  return is_so ? Status::OK() : Internal("{}", what);
}

/// What checkpoints need of a store.
Status CheckContract() {
  WEIR_ASSIGN_OR_RETURN(auto store,
                        OpenReal(fmt::format("contract-{:x}", RealEnvironment().random->Next())));
  auto code = [](const Status& status) { return GetErrorInfo(status).code; };
  WEIR_RETURN_NOT_OK(store->Put("a/one", "1234567890"));
  WEIR_RETURN_NOT_OK(store->Put("a/with space+plus&and", "x"));
  WEIR_RETURN_NOT_OK(store->Put("a/empty", ""));
  WEIR_ASSIGN_OR_RETURN(std::string one, store->Get("a/one"));
  WEIR_RETURN_NOT_OK(Expect(one == "1234567890", "Get gives other bytes than Put was given"));
  WEIR_ASSIGN_OR_RETURN(std::string empty, store->Get("a/empty"));
  WEIR_RETURN_NOT_OK(Expect(empty.empty(), "an empty object is not empty"));
  WEIR_ASSIGN_OR_RETURN(std::string part, store->GetRange("a/one", 3, 4));
  WEIR_RETURN_NOT_OK(Expect(part == "4567", "GetRange gives other bytes"));
  WEIR_RETURN_NOT_OK(Expect(code(store->GetRange("a/one", 8, 4).status()) == ErrorCode::kCorruption,
                            "a range past the end is not refused"));
  WEIR_RETURN_NOT_OK(Expect(code(store->Get("a/none").status()) == ErrorCode::kInvalidData,
                            "a missing object is found"));
  WEIR_ASSIGN_OR_RETURN(bool first, store->PutIfAbsent("a/once", "1"));
  WEIR_ASSIGN_OR_RETURN(bool second, store->PutIfAbsent("a/once", "2"));
  WEIR_ASSIGN_OR_RETURN(std::string once, store->Get("a/once"));
  WEIR_RETURN_NOT_OK(
      Expect(first && !second && once == "1", "put-if-absent puts what is there already"));
  WEIR_ASSIGN_OR_RETURN(auto keys, store->List("a/"));
  WEIR_RETURN_NOT_OK(Expect(
      keys == std::vector<std::string>{"a/empty", "a/once", "a/one", "a/with space+plus&and"},
      "List gives other keys"));
  for (const std::string& key : keys) WEIR_RETURN_NOT_OK(store->Delete(key));
  WEIR_RETURN_NOT_OK(store->Delete("a/none"));
  WEIR_ASSIGN_OR_RETURN(keys, store->List(""));
  return Expect(keys.empty(), "deleted objects are listed");
}

/// More keys than a page of LIST has, and an object near the largest size.
Status CheckSizes() {
  constexpr int kKeys = 1'100;
  WEIR_ASSIGN_OR_RETURN(auto store,
                        OpenReal(fmt::format("sizes-{:x}", RealEnvironment().random->Next())));
  for (int i = 0; i < kKeys; ++i) WEIR_RETURN_NOT_OK(store->Put(fmt::format("p/{:05}", i), "x"));
  WEIR_ASSIGN_OR_RETURN(auto keys, store->List("p/"));
  WEIR_RETURN_NOT_OK(Expect(keys.size() == kKeys && std::is_sorted(keys.begin(), keys.end()),
                            "List leaves out keys of later pages"));
  std::string large(40 << 20, 'x');
  for (size_t i = 0; i < large.size(); i += 997) large[i] = static_cast<char>(i);
  WEIR_RETURN_NOT_OK(store->Put("large", large));
  WEIR_ASSIGN_OR_RETURN(std::string back, store->Get("large"));
  WEIR_RETURN_NOT_OK(Expect(back == large, "a large object comes back changed"));
  for (const std::string& key : keys) WEIR_RETURN_NOT_OK(store->Delete(key));
  return store->Delete("large");
}

/// Many at once: one wins.
Status CheckRace() {
  constexpr int kRacers = 8, kRounds = 10;
  WEIR_ASSIGN_OR_RETURN(auto store,
                        OpenReal(fmt::format("race-{:x}", RealEnvironment().random->Next())));
  for (int round = 0; round < kRounds; ++round) {
    std::atomic<int> winners{0}, losers{0};
    std::vector<std::thread> racers;
    std::string key = fmt::format("epoch-{}", round);
    for (int i = 0; i < kRacers; ++i) {
      racers.emplace_back([&, i] {
        auto put = store->PutIfAbsent(key, fmt::format("racer {}", i));
        if (put.ok()) ++(*put ? winners : losers);
      });
    }
    for (std::thread& racer : racers) racer.join();
    if (winners != 1 || losers != kRacers - 1)
      return Internal("{} of {} racers won, {} lost", winners.load(), kRacers, losers.load());
    WEIR_RETURN_NOT_OK(store->Delete(key));
  }
  return Status::OK();
}

void CrashOnRealStore(Audit* audit) {
  auto settings_of = [](uint64_t) {
    RunSettings settings;
    settings.directory = "s3://sim/checkpoints";
    return settings;
  };
  audit->ForEachJob(settings_of, [&](Subject& subject, uint64_t seed) {
    for (size_t call = 0; call < subject.calls.size(); ++call) {
      CallKind kind = subject.calls[call];
      if (kind != CallKind::kPutObject && kind != CallKind::kDeleteObject) continue;
      for (CrashMoment moment : {CrashMoment::kBefore, CrashMoment::kAfter}) {
        std::string coordinates = fmt::format("{},seed={},call={},{}", subject.job.name, seed, call,
                                              moment == CrashMoment::kBefore ? "before" : "after");
        if (!audit->Wants(coordinates)) continue;
        auto real = OpenReal(fmt::format("crash-{:x}", RealEnvironment().random->Next()));
        if (!real.ok()) return audit->Failed(coordinates, real.status().ToString());
        SimEnvironment machine(MixSeeds(seed, call));
        StoreOnMachine store(real->get(), &machine);
        machine.set_objects(&store);
        PutInputs(subject.job, &machine);
        machine.SetPlan({.crash_at = static_cast<int64_t>(call), .moment = moment});
        Status status = RunJob(subject.job, subject.settings, &machine);
        if (machine.is_crashed()) {
          machine.Restart();
          status = RunJob(subject.job, subject.settings, &machine);
        } else {
          audit->NotReached();
        }
        if (!status.ok()) {
          audit->Failed(coordinates, status.ToString());
          continue;
        }
        audit->Check(subject, machine, coordinates, ChangesMust::kBeEqual);
      }
    }
  });
}

}  // namespace

AuditReport AuditS3(const AuditOptions& options) {
  Audit audit("s3", options);
  struct {
    const char* name;
    Status (*check)();
  } checks[] = {{"contract", CheckContract}, {"sizes", CheckSizes}, {"race", CheckRace}};
  for (const auto& [name, check] : checks) {
    if (options.only.empty() ? options.shard != 0 : options.only != name) continue;
    audit.CountRun();
    Status status = check();
    if (!status.ok()) audit.Failed(name, status.ToString());
  }
  CrashOnRealStore(&audit);
  return audit.TakeReport();
}

}  // namespace weir::audit
