// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A job that is started again when it fails: each attempt translates the plans anew, restores the
// newest checkpoint and runs. The supervision happens inside Wait, in the caller's thread.
//
//   attempt 1 --fails--> strategy: wait 1 s --> attempt 2 from epoch 17 --> ... --> done
//
// Threads: Wait from one; Cancel, Progress and Savepoint from any.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/runtime/executor.h"
#include "weir/session/job_settings.h"
#include "weir/translate/translate.h"

namespace weir {

struct JobSpec {
  std::vector<PlanPtr> plans;  // Physical; ending in sinks or one Collect.
  TranslateContext context;    // Its pool is made for each attempt.
  ExecutionOptions execution;
  int64_t memory_limit = 0;
  Options options;
  JobSettings settings;
  std::function<void(const std::string&)> log;  // A line for people; may be empty.
};

struct SupervisedJob {
  std::unique_ptr<Job> job;
  std::shared_ptr<ResultQueue> results;  // Of a query. Queries are never started again.
};

/// Starts the first attempt. Errors: those of translating and opening; kUnavailable when another
/// process runs the same job on the same directory.
Result<SupervisedJob> StartSupervisedJob(JobSpec spec);

}  // namespace weir
