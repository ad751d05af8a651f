// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/session/restart_strategy.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace weir {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int kSameErrorMax = 3;

class NoRestart : public RestartStrategy {
 public:
  std::string name() const override { return "none"; }

 protected:
  std::optional<int64_t> Decide(int64_t, Random*) override { return std::nullopt; }
};

class FixedDelay : public RestartStrategy {
 public:
  FixedDelay(int64_t attempts, int64_t delay) : left_(attempts), delay_(delay) {}
  std::string name() const override { return "fixed-delay"; }

 protected:
  std::optional<int64_t> Decide(int64_t, Random*) override {
    if (left_ <= 0) return std::nullopt;
    --left_;
    return delay_;
  }

 private:
  int64_t left_;
  int64_t delay_;
};

class FailureRate : public RestartStrategy {
 public:
  FailureRate(int64_t failures_max, int64_t interval, int64_t delay)
      : failures_max_(failures_max), interval_(interval), delay_(delay) {}
  std::string name() const override { return "failure-rate"; }

 protected:
  std::optional<int64_t> Decide(int64_t now, Random*) override {
    failures_.push_back(now);
    while (failures_.front() <= now - interval_) failures_.pop_front();
    if (static_cast<int64_t>(failures_.size()) > failures_max_) return std::nullopt;
    return delay_;
  }

 private:
  int64_t failures_max_, interval_, delay_;
  std::deque<int64_t> failures_;
};

class ExponentialDelay : public RestartStrategy {
 public:
  struct Spec {
    int64_t initial = kSecond, max = 60 * kSecond, reset_after = 3600 * kSecond;
    double multiplier = 1.5, jitter = 0.1;
    int64_t attempts = std::numeric_limits<int64_t>::max();
  };
  explicit ExponentialDelay(const Spec& spec) : spec_(spec), next_(spec.initial) {}
  std::string name() const override { return "exponential-delay"; }

 protected:
  std::optional<int64_t> Decide(int64_t now, Random* random) override {
    // Quiet since the last start for long enough: this failure is a first one again.
    if (last_start_ && now - *last_start_ >= spec_.reset_after) {
      next_ = spec_.initial;
      failures_ = 0;
    }
    if (++failures_ > spec_.attempts) return std::nullopt;
    int64_t delay = next_;
    next_ =
        std::min(spec_.max,
                 static_cast<int64_t>(std::llround(static_cast<double>(next_) * spec_.multiplier)));
    auto spread = static_cast<int64_t>(static_cast<double>(delay) * spec_.jitter);
    if (spread > 0) {
      delay +=
          static_cast<int64_t>(random->Next() % static_cast<uint64_t>(2 * spread + 1)) - spread;
    }
    last_start_ = now + delay;
    return delay;
  }

 private:
  Spec spec_;
  int64_t next_;
  int64_t failures_ = 0;
  std::optional<int64_t> last_start_;
};

Status MustBe(bool good, std::string_view key, std::string_view what) {
  return good ? Status::OK() : InvalidQuery("option '{}' must be {}", key, what);
}

Result<std::unique_ptr<RestartStrategy>> MakeExponential(const Options& options) {
  const std::string prefix = "restart-strategy.exponential-delay.";
  ExponentialDelay::Spec spec;
  WEIR_ASSIGN_OR_RETURN(spec.initial,
                        options.GetDurationMicros(prefix + "initial-backoff", spec.initial));
  WEIR_ASSIGN_OR_RETURN(spec.max, options.GetDurationMicros(prefix + "max-backoff", spec.max));
  WEIR_ASSIGN_OR_RETURN(
      spec.reset_after,
      options.GetDurationMicros(prefix + "reset-backoff-threshold", spec.reset_after));
  WEIR_ASSIGN_OR_RETURN(spec.multiplier,
                        options.GetDouble(prefix + "backoff-multiplier", spec.multiplier));
  WEIR_ASSIGN_OR_RETURN(spec.jitter, options.GetDouble(prefix + "jitter-factor", spec.jitter));
  if (options.GetOr(prefix + "attempts-before-reset-backoff", "infinite") != "infinite") {
    WEIR_ASSIGN_OR_RETURN(spec.attempts,
                          options.GetInt(prefix + "attempts-before-reset-backoff", spec.attempts));
  }
  WEIR_RETURN_NOT_OK(MustBe(spec.initial > 0, prefix + "initial-backoff", "greater than 0"));
  WEIR_RETURN_NOT_OK(
      MustBe(spec.max >= spec.initial, prefix + "max-backoff", "at least the initial backoff"));
  WEIR_RETURN_NOT_OK(MustBe(spec.multiplier >= 1, prefix + "backoff-multiplier", "at least 1"));
  WEIR_RETURN_NOT_OK(
      MustBe(spec.jitter >= 0 && spec.jitter <= 1, prefix + "jitter-factor", "between 0 and 1"));
  return std::make_unique<ExponentialDelay>(spec);
}

/// Whether the same data will very likely give the same error.
bool IsDeterministic(ErrorCode code) {
  return code == ErrorCode::kInvalidData || code == ErrorCode::kInvalidQuery ||
         code == ErrorCode::kUnsupported || code == ErrorCode::kInternal;
}

}  // namespace

Result<std::unique_ptr<RestartStrategy>> RestartStrategy::Make(const Options& options,
                                                               bool has_checkpoints) {
  std::string type = options.GetOr("restart-strategy.type", options.GetOr("restart-strategy", ""));
  for (char& c : type) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (type.empty()) type = has_checkpoints ? "exponential-delay" : "none";
  if (type == "none" || type == "off" || type == "disable" || type == "disabled")
    return std::make_unique<NoRestart>();
  if (type == "fixed-delay" || type == "fixeddelay") {
    WEIR_ASSIGN_OR_RETURN(int64_t attempts,
                          options.GetInt("restart-strategy.fixed-delay.attempts", 1));
    WEIR_ASSIGN_OR_RETURN(int64_t delay,
                          options.GetDurationMicros("restart-strategy.fixed-delay.delay", kSecond));
    WEIR_RETURN_NOT_OK(
        MustBe(attempts >= 0, "restart-strategy.fixed-delay.attempts", "at least 0"));
    return std::make_unique<FixedDelay>(attempts, delay);
  }
  if (type == "failure-rate" || type == "failurerate") {
    const std::string prefix = "restart-strategy.failure-rate.";
    WEIR_ASSIGN_OR_RETURN(int64_t failures,
                          options.GetInt(prefix + "max-failures-per-interval", 1));
    WEIR_ASSIGN_OR_RETURN(int64_t interval, options.GetDurationMicros(
                                                prefix + "failure-rate-interval", 60 * kSecond));
    WEIR_ASSIGN_OR_RETURN(int64_t delay, options.GetDurationMicros(prefix + "delay", kSecond));
    WEIR_RETURN_NOT_OK(MustBe(failures >= 0, prefix + "max-failures-per-interval", "at least 0"));
    return std::make_unique<FailureRate>(failures, interval, delay);
  }
  if (type == "exponential-delay" || type == "exponentialdelay") return MakeExponential(options);
  return WithHint(InvalidQuery("option 'restart-strategy.type' cannot be '{}'", type),
                  "its values are none, fixed-delay, failure-rate, exponential-delay");
}

std::optional<int64_t> RestartStrategy::OnFailure(const Status& status, int64_t epoch,
                                                  int64_t now_micros, Random* random) {
  ErrorCode code = GetErrorInfo(status).code;
  if (code == ErrorCode::kCancelled || code == ErrorCode::kCorruption || code == ErrorCode::kFenced)
    return std::nullopt;
  bool same = IsDeterministic(code) && status.message() == last_message_ && epoch == last_epoch_;
  repeats_ = same ? repeats_ + 1 : 1;
  last_message_ = status.message();
  last_epoch_ = epoch;
  if (repeats_ >= kSameErrorMax) return std::nullopt;
  return Decide(now_micros, random);
}

}  // namespace weir
