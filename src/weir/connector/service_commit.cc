// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/service_commit.h"

#include <algorithm>
#include <utility>

#include "weir/connector/async_sink.h"

namespace weir {
namespace {

constexpr int64_t kSleepSliceMicros = 20'000;  // How soon a cancelled job stops waiting.

bool IsRetryable(const Status& status) {
  return GetErrorInfo(status).code == ErrorCode::kUnavailable;
}

/// What is left of `committables` to be tried again; `refused` is the last reason. `fatal` becomes
/// the first fatal answer, unless there was one before.
Result<std::vector<std::string>> CommitOnce(ServiceCommitter& committer,
                                            std::vector<std::string> committables, Status* refused,
                                            Status* fatal) {
  auto outcomes = committer.Commit(committables);
  if (!outcomes.ok()) {
    if (!IsRetryable(outcomes.status())) return outcomes.status();
    *refused = outcomes.status();
    return committables;
  }
  if (outcomes->size() != committables.size()) {
    return Internal("a service answered {} of {} commits", outcomes->size(), committables.size());
  }
  std::vector<std::string> again;
  for (size_t i = 0; i < committables.size(); ++i) {
    CommitOutcome& outcome = (*outcomes)[i];
    if (outcome.kind == CommitOutcome::Kind::kCommitted) continue;
    if (outcome.kind == CommitOutcome::Kind::kFatal) {
      if (fatal->ok())
        *fatal = WithContext(outcome.why, fmt::format("commit '{}'", committables[i]));
      continue;
    }
    *refused = outcome.why;
    again.push_back(std::move(committables[i]));
  }
  return again;
}

Status Pause(int64_t micros, Clock* clock, const std::function<bool()>& cancelled) {
  int64_t until = clock->MonotonicMicros() + micros;
  for (int64_t left = micros; left > 0; left = until - clock->MonotonicMicros()) {
    if (cancelled && cancelled()) return Cancelled();
    clock->SleepMicros(std::min(left, kSleepSliceMicros));
  }
  return Status::OK();
}

}  // namespace

Status CommitToService(ServiceCommitter& committer, std::vector<std::string> committables,
                       const ServiceCommitSettings& settings, const Environment& environment,
                       const std::function<bool()>& cancelled) {
  int64_t until = environment.clock->MonotonicMicros() + settings.retry_micros_max;
  Status fatal;
  for (int refusals = 0; !committables.empty(); ++refusals) {
    Status refused;
    WEIR_ASSIGN_OR_RETURN(committables,
                          CommitOnce(committer, std::move(committables), &refused, &fatal));
    if (committables.empty()) break;
    int64_t pause = RefusalPauseMicros(refusals, environment.random);
    if (environment.clock->MonotonicMicros() + pause > until) {
      WEIR_RETURN_NOT_OK(fatal);
      return Unavailable("{} commits were refused for {} s, last: {}", committables.size(),
                         settings.retry_micros_max / 1'000'000, refused.message());
    }
    WEIR_RETURN_NOT_OK(Pause(pause, environment.clock, cancelled));
  }
  return fatal;
}

}  // namespace weir
