// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Commits in a service: what Sink::Commit of a connector calls whose target makes prepared things
// visible on request (a transaction, a load job). Each committable has an answer of its own:
//   committed   it is visible, now or from an earlier try
//   retry       not now: it is committed again after a pause (with those alike, in order)
//   fatal       never: the error of the job, naming the committable
// Committing is idempotent. What is still refused when the time is over is kUnavailable: the job
// starts again from the epoch, which commits it once more, so nothing is lost. A fatal answer does
// not keep the others from being committed.
// Source: Flink FLIP-143 (Committer), FLIP-171 (pauses).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "weir/connector/connector.h"

namespace weir {

struct CommitOutcome {
  enum class Kind : uint8_t { kCommitted, kRetry, kFatal };
  Kind kind = Kind::kCommitted;
  Status why;  // Not OK unless it is committed.
};

/// The client of the service. Threads: one at a time.
class ServiceCommitter {
 public:
  virtual ~ServiceCommitter() = default;
  /// Commits and waits; one outcome for each. Errors: of the connection, all are tried again where
  /// they are kUnavailable.
  virtual Result<std::vector<CommitOutcome>> Commit(
      const std::vector<std::string>& committables) = 0;
};

struct ServiceCommitSettings {
  int64_t retry_micros_max = 60'000'000;  // sink.committer.retry-timeout
};

/// Commits all. Errors: the first fatal one; kUnavailable when the time for retries is over;
/// kCancelled when `cancelled` (may be empty) says so during a pause.
Status CommitToService(ServiceCommitter& committer, std::vector<std::string> committables,
                       const ServiceCommitSettings& settings, const Environment& environment,
                       const std::function<bool()>& cancelled = {});

}  // namespace weir
