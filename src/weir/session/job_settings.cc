// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/session/job_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace weir {
namespace {

constexpr size_t kJobIdLengthMax = 120;
constexpr int64_t kRetainedMax = 1000;

/// The value of the first key that is set: a key and its deprecated names.
std::string Either(const Options& options, std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys) {
    if (auto value = options.Get(key)) return *value;
  }
  return {};
}

Status RefuseUnlessDefault(const Options& options, std::string_view key, std::string_view allowed,
                           std::string_view why) {
  std::string value = options.GetOr(key, allowed);
  std::transform(value.begin(), value.end(), value.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (value == allowed) return Status::OK();
  return Unsupported("option '{}' = '{}' is not supported: {}", key, value, why);
}

Status CheckModes(const Options& options) {
  std::string mode = options.GetOr("execution.checkpointing.mode", "EXACTLY_ONCE");
  if (mode != "EXACTLY_ONCE" && mode != "AT_LEAST_ONCE") {
    return WithHint(InvalidQuery("option 'execution.checkpointing.mode' cannot be '{}'", mode),
                    "its values are EXACTLY_ONCE (which is what AT_LEAST_ONCE gives here, too)");
  }
  WEIR_RETURN_NOT_OK(RefuseUnlessDefault(options, "execution.checkpointing.unaligned.enabled",
                                         "false", "barriers are always aligned"));
  WEIR_RETURN_NOT_OK(
      RefuseUnlessDefault(options, "execution.checkpointing.checkpoints-after-tasks-finish", "true",
                          "checkpoints always go on when tasks have finished"));
  return RefuseUnlessDefault(options, "execution.checkpointing.max-concurrent-checkpoints", "1",
                             "one checkpoint is taken at a time");
}

std::string DefaultName(const std::vector<PlanPtr>& roots) {
  std::string name = "insert-into_";
  for (size_t i = 0; i < roots.size(); ++i) {
    const SinkNode* sink = roots[i]->As<SinkNode>();
    if (i > 0) name += ",";
    name += sink == nullptr ? "collect" : sink->target;
  }
  std::erase(name, '`');
  return name;
}

}  // namespace

std::string JobIdOf(const std::string& name) {
  std::string id;
  bool changed = name.size() > kJobIdLengthMax || name.empty();
  for (char c : name.substr(0, kJobIdLengthMax)) {
    bool safe =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
    // Hidden names are for what is not committed.
    if (id.empty() && (c == '.' || c == '_')) safe = false;
    id += safe ? c : '-';
    changed |= !safe;
  }
  if (!changed) return id;
  uint64_t hash = 14695981039346656037ULL;  // FNV-1a: names that look alike stay apart.
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return fmt::format("{}-{:08x}", id, static_cast<uint32_t>(hash ^ (hash >> 32)));
}

Result<JobSettings> ReadJobSettings(const Options& options, const std::vector<PlanPtr>& roots) {
  JobSettings settings;
  settings.name = options.GetOr("pipeline.name", "");
  if (settings.name.empty()) settings.name = DefaultName(roots);
  settings.id = JobIdOf(settings.name);
  settings.directory = Either(options, {"execution.checkpointing.dir", "state.checkpoints.dir"});
  settings.savepoint_path =
      Either(options, {"execution.state-recovery.path", "execution.savepoint.path"});
  WEIR_ASSIGN_OR_RETURN(settings.resume, options.GetBool("weir.job.resume", false));
  WEIR_ASSIGN_OR_RETURN(bool old_ignore,
                        options.GetBool("execution.savepoint.ignore-unclaimed-state", false));
  WEIR_ASSIGN_OR_RETURN(
      settings.ignore_unclaimed_state,
      options.GetBool("execution.state-recovery.ignore-unclaimed-state", old_ignore));
  WEIR_RETURN_NOT_OK(CheckModes(options));

  CheckpointOptions& checkpoints = settings.checkpoints;
  checkpoints.ignore_unclaimed_state = settings.ignore_unclaimed_state;
  WEIR_ASSIGN_OR_RETURN(checkpoints.interval_micros,
                        options.GetDurationMicros("execution.checkpointing.interval", 0));
  WEIR_ASSIGN_OR_RETURN(
      checkpoints.timeout_micros,
      options.GetDurationMicros("execution.checkpointing.timeout", checkpoints.timeout_micros));
  WEIR_ASSIGN_OR_RETURN(checkpoints.min_pause_micros,
                        options.GetDurationMicros("execution.checkpointing.min-pause", 0));
  WEIR_ASSIGN_OR_RETURN(int64_t tolerable,
                        options.GetInt("execution.checkpointing.tolerable-failed-checkpoints", 0));
  checkpoints.tolerable_failures = static_cast<int>(std::clamp<int64_t>(tolerable, -1, 1 << 30));
  WEIR_ASSIGN_OR_RETURN(checkpoints.every_polls, options.GetInt("weir.checkpoint.every-polls", 0));
  WEIR_ASSIGN_OR_RETURN(checkpoints.rows_per_step,
                        options.GetInt("weir.checkpoint.rows-per-step", checkpoints.rows_per_step));
  if (checkpoints.rows_per_step < 1) {
    return InvalidQuery("option 'weir.checkpoint.rows-per-step' is at least 1, not {}",
                        checkpoints.rows_per_step);
  }
  std::string retained =
      Either(options, {"execution.checkpointing.num-retained", "state.checkpoints.num-retained"});
  if (!retained.empty()) {
    WEIR_ASSIGN_OR_RETURN(int64_t count,
                          Options({{"execution.checkpointing.num-retained", retained}})
                              .GetInt("execution.checkpointing.num-retained", 1));
    if (count < 1 || count > kRetainedMax) {
      return InvalidQuery("option 'execution.checkpointing.num-retained' is 1 to {}, not {}",
                          kRetainedMax, count);
    }
    settings.retained_epochs = static_cast<int>(count);
  }
  WEIR_ASSIGN_OR_RETURN(settings.is_incremental,
                        options.GetBool("execution.checkpointing.incremental", true));
  settings.has_checkpoints = checkpoints.interval_micros > 0 || checkpoints.every_polls > 0 ||
                             !settings.directory.empty() || !settings.savepoint_path.empty();
  if (settings.resume && settings.directory.empty()) {
    return WithHint(InvalidQuery("--resume needs a checkpoint directory"),
                    "-D execution.checkpointing.dir=/path/to/checkpoints");
  }
  return settings;
}

}  // namespace weir
