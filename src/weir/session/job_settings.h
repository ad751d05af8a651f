// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What the options say of one job: its name, where its checkpoints lie, what it starts from, how
// it is restarted. Flink's keys; deprecated ones are read where Flink reads them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weir/base/options.h"
#include "weir/plan/plan_node.h"
#include "weir/runtime/checkpoint_options.h"

namespace weir {

struct JobSettings {
  std::string name;  // `pipeline.name`, else "insert-into_<catalog>.<database>.<table>,..".
  /// The name made safe for a path: letters, digits, '.', '_', '-'; with a hash where something was
  /// replaced or cut.
  std::string id;
  bool has_checkpoints = false;  // An interval, a directory or a savepoint was asked for.
  /// Where checkpoints go; empty: this process's memory. The job's own folder is below.
  std::string directory;
  bool resume = false;         // Go on from the newest epoch in the directory, if there is one.
  std::string savepoint_path;  // Else start from here; empty: from nothing.
  bool ignore_unclaimed_state = false;
  int retained_epochs = 1;
  bool is_incremental = true;
  CheckpointOptions checkpoints;
};

/// `roots`: physical plans ending in sinks. Errors: kInvalidQuery and kUnsupported naming the
/// option.
Result<JobSettings> ReadJobSettings(const Options& options, const std::vector<PlanPtr>& roots);
/// Of any name: see JobSettings::id.
std::string JobIdOf(const std::string& name);

}  // namespace weir
