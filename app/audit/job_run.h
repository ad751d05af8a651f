// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// One run of a reference job on a simulated machine, through a session as any program would do it;
// and what its sinks hold afterwards, in a form in which two runs can be compared.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "weir/base/error.h"
#include "weir/testing/reference_jobs.h"
#include "weir/testing/sim_environment.h"

namespace weir {
class Job;
}

namespace weir::audit {

struct RunSettings {
  int parallelism = 1;
  int every_polls = 2;    // An epoch after so many reads of sources.
  int rows_per_step = 2;  // Of a snapshot, between two reads.
  std::string directory = "/checkpoints";
  std::map<std::string, std::string> options = {};  // Win over all others.
};

/// Puts the job's inputs on the disk.
void PutInputs(const ReferenceJob& job, SimEnvironment* machine);

/// Told of the job that the INSERT has started, while it lives.
struct JobWatch {
  std::function<void(Job*)> on_start;
  std::function<void()> on_end;
};

/// Runs the job's statements; continues its newest checkpoint if there is one. A job that never
/// ends is ended as it asks for.
Status RunJob(const ReferenceJob& job, const RunSettings& settings, SimEnvironment* machine,
              const JobWatch& watch = {});

/// What one sink holds.
struct SinkRows {
  std::vector<std::string> rows;               // Sorted, unless their order counts.
  std::map<std::string, std::string> changes;  // kChangelog: of each first cell, all its lines.
};

struct JobOutput {
  std::map<std::string, SinkRows> sinks;  // By path.
  std::vector<std::string> leftovers;     // Files that should not be there.
};

/// Errors: kCorruption when the files cannot be read or are no legal changelog.
Result<JobOutput> ReadOutput(const ReferenceJob& job, const SimEnvironment& machine);

enum class ChangesMust : uint8_t { kFoldEqual, kBeEqual };
/// How they differ; nothing when they agree and nothing is left over in `actual`.
std::optional<std::string> Difference(const ReferenceJob& job, const JobOutput& expected,
                                      const JobOutput& actual, ChangesMust changes);

}  // namespace weir::audit
