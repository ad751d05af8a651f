// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include <algorithm>
#include <cctype>

#include "weir/connector/connector.h"
#include "weir/session/option_check.h"
#include "weir/session/session.h"

namespace weir {
namespace {

constexpr std::string_view kNone = "accepted, no effect";

// Keys that belong to a cluster or a JVM: a job file that sets them runs here unchanged.
constexpr std::string_view kForeignPrefixes[] = {"jobmanager.",
                                                 "taskmanager.",
                                                 "rest.",
                                                 "high-availability",
                                                 "kubernetes.",
                                                 "yarn.",
                                                 "metrics.",
                                                 "security.",
                                                 "env.",
                                                 "akka.",
                                                 "pekko.",
                                                 "blob.",
                                                 "fs.",
                                                 "s3.",
                                                 "historyserver.",
                                                 "web.",
                                                 "classloader.",
                                                 "python.",
                                                 "state.",
                                                 "cluster.",
                                                 "deployment.",
                                                 "client.",
                                                 "sql-gateway.",
                                                 "execution.checkpointing.cleaner.",
                                                 "execution.checkpointing.file-merging.",
                                                 "execution.checkpointing.local-backup.",
                                                 "heartbeat.",
                                                 "slot.",
                                                 "slotmanager.",
                                                 "resourcemanager.",
                                                 "workflow-scheduler.",
                                                 "traces.",
                                                 "events.",
                                                 "job-event.",
                                                 "io.",
                                                 "user."};

}  // namespace

const std::vector<KnownOption>& KnownOptions() {
  static const std::vector<KnownOption> options = {
      {"execution.runtime-mode", "Enum", "AUTOMATIC",
       "AUTOMATIC: batch when every source is bounded; STREAMING; BATCH"},
      {"parallelism.default", "Integer", "the cores", "subtasks of each operator"},
      {"table.exec.resource.default-parallelism", "Integer", "-1", "overrides parallelism.default"},
      {"pipeline.max-parallelism", "Integer", "-1", kNone},
      {"pipeline.name", "String", "insert-into_<tables>",
       "names the job, and its folder of checkpoints"},
      {"pipeline.jars", "String", "", kNone},
      {"pipeline.operator-chaining.enabled", "Boolean", "true", kNone},
      {"pipeline.object-reuse", "Boolean", "false", kNone},
      {"pipeline.auto-watermark-interval", "Duration", "200 ms",
       "watermarks go out with every batch"},
      {"pipeline.watermark-alignment.allow-unaligned-source-splits", "Boolean", "false", kNone},
      {"execution.buffer-timeout.interval", "Duration", "100 ms",
       "no row ever waits for its batch to fill"},
      {"execution.buffer-timeout.enabled", "Boolean", "true", kNone},
      {"execution.batch-shuffle-mode", "Enum", "ALL_EXCHANGES_BLOCKING", kNone},
      {"execution.attached", "Boolean", "false", kNone},
      {"execution.shutdown-on-attached-exit", "Boolean", "false", kNone},
      {"execution.target", "String", "", kNone},
      {"execution.state-recovery.path", "String", "", "the savepoint that a job starts from"},
      {"execution.state-recovery.ignore-unclaimed-state", "Boolean", "false",
       "start although the savepoint holds state that no operator of the job claims"},
      {"execution.state-recovery.claim-mode", "Enum", "NO_CLAIM",
       "accepted, no effect: a savepoint is never changed and the first checkpoint is complete"},
      {"execution.checkpointing.interval", "Duration", "0 ms",
       "time between checkpoints; 0: none but the last one of a bounded job"},
      {"execution.checkpointing.dir", "String", "",
       "where checkpoints go: a directory or s3://bucket/prefix; empty: memory"},
      {"execution.checkpointing.savepoint-dir", "String", "",
       "where savepoints go when none is named"},
      {"execution.checkpointing.mode", "Enum", "EXACTLY_ONCE", "always EXACTLY_ONCE"},
      {"execution.checkpointing.timeout", "Duration", "10 min",
       "a checkpoint that takes longer is given up"},
      {"execution.checkpointing.min-pause", "Duration", "0 ms",
       "shortest time between the end of a checkpoint and the next"},
      {"execution.checkpointing.tolerable-failed-checkpoints", "Integer", "0",
       "failed checkpoints in a row before the job fails; -1: any number"},
      {"execution.checkpointing.num-retained", "Integer", "1",
       "completed checkpoints that are kept"},
      {"execution.checkpointing.incremental", "Boolean", "true",
       "a checkpoint holds what has changed since the last one"},
      {"execution.checkpointing.max-concurrent-checkpoints", "Integer", "1", "only 1"},
      {"execution.checkpointing.unaligned.enabled", "Boolean", "false", "only false"},
      {"execution.checkpointing.checkpoints-after-tasks-finish", "Boolean", "true", "only true"},
      {"execution.checkpointing.externalized-checkpoint-retention", "Enum",
       "RETAIN_ON_CANCELLATION", "accepted, no effect: the newest checkpoints are always kept"},
      {"execution.checkpointing.storage", "Enum", "filesystem", kNone},
      {"execution.checkpointing.interval-during-backlog", "Duration", "", kNone},
      {"execution.checkpointing.aligned-checkpoint-timeout", "Duration", "0 ms", kNone},
      {"execution.checkpointing.snapshot-compression", "Boolean", "false", kNone},
      {"execution.checkpointing.data-inline-threshold", "MemorySize", "20 kb", kNone},
      {"execution.checkpointing.write-buffer-size", "Integer", "4096", kNone},
      {"execution.checkpointing.create-subdir", "Boolean", "true",
       "accepted, no effect: each job has a folder of its own"},
      {"execution.checkpointing.unaligned.forced", "Boolean", "false", kNone},
      {"execution.checkpointing.unaligned.interruptible-timers.enabled", "Boolean", "true", kNone},
      {"execution.checkpointing.unaligned.max-subtasks-per-channel-state-file", "Integer", "5",
       kNone},
      {"execution.checkpointing.unaligned.recover-output-on-downstream.enabled", "Boolean", "false",
       kNone},
      {"restart-strategy", "Enum", "", "old name of restart-strategy.type"},
      {"restart-strategy.type", "Enum", "exponential-delay with checkpoints, else none",
       "none, fixed-delay, failure-rate, exponential-delay"},
      {"restart-strategy.fixed-delay.attempts", "Integer", "1", "restarts at most"},
      {"restart-strategy.fixed-delay.delay", "Duration", "1 s", "time before a restart"},
      {"restart-strategy.failure-rate.max-failures-per-interval", "Integer", "1",
       "more failures in an interval end the job"},
      {"restart-strategy.failure-rate.failure-rate-interval", "Duration", "1 min", "the interval"},
      {"restart-strategy.failure-rate.delay", "Duration", "1 s", "time before a restart"},
      {"restart-strategy.exponential-delay.initial-backoff", "Duration", "1 s",
       "time before the first restart"},
      {"restart-strategy.exponential-delay.max-backoff", "Duration", "1 min",
       "longest time before a restart"},
      {"restart-strategy.exponential-delay.backoff-multiplier", "Double", "1.5",
       "how much longer each time"},
      {"restart-strategy.exponential-delay.reset-backoff-threshold", "Duration", "1 h",
       "quiet time after which the delay is the first one again"},
      {"restart-strategy.exponential-delay.jitter-factor", "Double", "0.1",
       "part of the delay that is random"},
      {"restart-strategy.exponential-delay.attempts-before-reset-backoff", "String", "infinite",
       "failures in a row before the job ends"},
      {"state.checkpoints.dir", "String", "", "old name of execution.checkpointing.dir"},
      {"state.savepoints.dir", "String", "", "old name of execution.checkpointing.savepoint-dir"},
      {"state.checkpoints.num-retained", "Integer", "1",
       "old name of execution.checkpointing.num-retained"},
      {"execution.sorted-inputs.enabled", "Boolean", "true", kNone},
      {"table.local-time-zone", "String", "UTC", "zone of TIMESTAMP_LTZ texts and local windows"},
      {"table.sql-dialect", "Enum", "default", "only 'default'"},
      {"table.dml-sync", "Boolean", "true", "an INSERT statement always waits for its end"},
      {"table.builtin-catalog-name", "String", "default_catalog", kNone},
      {"table.builtin-database-name", "String", "default_database", kNone},
      {"table.column-expansion-strategy", "String", "", kNone},
      {"table.display.max-column-width", "Integer", "30",
       "width of a column in the shell's tables"},
      {"table.dynamic-table-options.enabled", "Boolean", "true", "OPTIONS hints"},
      {"table.legacy-nested-row-nullability", "Boolean", "false", kNone},
      {"table.plan.force-recompile", "Boolean", "false", "COMPILE PLAN may replace a file"},
      {"table.plan.compile.catalog-objects", "Enum", "ALL", kNone},
      {"table.plan.restore.catalog-objects", "Enum", "ALL", kNone},
      {"table.rtas-ctas.atomicity-enabled", "Boolean", "false", kNone},
      {"table.catalog-store.kind", "String", "generic_in_memory", kNone},
      {"table.generated-code.max-length", "Integer", "4000", kNone},
      {"table.generated-code.max-members", "Integer", "10000", kNone},
      {"table.exec.legacy-cast-behaviour", "Enum", "DISABLED", "only DISABLED is exact"},
      {"table.exec.mini-batch.enabled", "Boolean", "false",
       "changes of one key are always folded within a batch"},
      {"table.exec.mini-batch.allow-latency", "Duration", "0 ms",
       "with mini-batch enabled, how long a local aggregate keeps rows (else 5 ms)"},
      {"table.exec.mini-batch.size", "Integer", "-1",
       "rows of a batch in weir.strict with mini-batch enabled"},
      {"table.exec.state.ttl", "Duration", "0 ms", "how long state of an idle key is kept"},
      {"table.exec.source.idle-timeout", "Duration", "0 ms",
       "a source silent for so long no longer holds the watermark"},
      {"table.exec.source.cdc-events-duplicate", "Boolean", "false",
       "normalizes changelogs by primary key"},
      {"table.exec.sink.not-null-enforcer", "Enum", "ERROR", "ERROR or DROP"},
      {"table.exec.sink.type-length-enforcer", "Enum", "IGNORE", "IGNORE, TRIM_PAD or ERROR"},
      {"table.exec.sink.nested-constraint-enforcer", "Enum", "IGNORE",
       "IGNORE, ROWS or ROWS_AND_COLLECTIONS"},
      {"table.exec.sink.upsert-materialize", "Enum", "AUTO", kNone},
      {"table.exec.sink.keyed-shuffle", "Enum", "AUTO", kNone},
      {"table.exec.sink.rowtime-inserter", "Enum", "ENABLED", kNone},
      {"table.exec.sort.default-limit", "Integer", "-1", kNone},
      {"table.exec.sort.non-temporal.enabled", "Boolean", "true", kNone},
      {"table.exec.non-temporal-sort.enabled", "Boolean", "true", kNone},
      {"table.exec.window-agg.buffer-size-limit", "Integer", "100000", kNone},
      {"table.exec.disabled-operators", "String", "", kNone},
      {"table.exec.shuffle-mode", "String", "", kNone},
      {"table.exec.async-state.enabled", "Boolean", "false", kNone},
      {"table.exec.async-lookup.buffer-capacity", "Integer", "100", kNone},
      {"table.exec.async-lookup.timeout", "Duration", "3 min", kNone},
      {"table.exec.async-lookup.output-mode", "Enum", "ORDERED", kNone},
      {"table.exec.deduplicate.insert-update-after-sensitive-enabled", "Boolean", "true", kNone},
      {"table.exec.deduplicate.mini-batch.compact-changes-enabled", "Boolean", "false", kNone},
      {"table.exec.rank.topn-cache-size", "Integer", "10000", kNone},
      {"table.exec.interval-join.min-cleanup-interval", "Duration", "0 ms", kNone},
      {"table.exec.simplify-operator-name-enabled", "Boolean", "true", kNone},
      {"table.exec.uid.format", "String", "", kNone},
      {"table.exec.uid.generation", "Enum", "PLAN_ONLY", kNone},
      {"table.exec.spill-compression.enabled", "Boolean", "true", kNone},
      {"table.exec.spill-compression.block-size", "MemorySize", "64 kb", kNone},
      {"table.exec.operator-fusion-codegen.enabled", "Boolean", "false", kNone},
      {"table.exec.local-hash-agg.adaptive.enabled", "Boolean", "true", kNone},
      {"table.exec.local-hash-agg.adaptive.sampling-threshold", "Integer", "500000", kNone},
      {"table.exec.local-hash-agg.adaptive.distinct-value-rate-threshold", "Double", "0.5", kNone},
      {"table.exec.resource.external-buffer-memory", "MemorySize", "10 mb", kNone},
      {"table.exec.resource.hash-agg.memory", "MemorySize", "128 mb", kNone},
      {"table.exec.resource.hash-join.memory", "MemorySize", "128 mb", kNone},
      {"table.exec.resource.sort.memory", "MemorySize", "128 mb", kNone},
      {"table.optimizer.agg-phase-strategy", "Enum", "AUTO", "AUTO, ONE_PHASE, TWO_PHASE"},
      {"table.optimizer.distinct-agg.split.enabled", "Boolean", "false", kNone},
      {"table.optimizer.distinct-agg.split.bucket-num", "Integer", "1024", kNone},
      {"table.optimizer.incremental-agg-enabled", "Boolean", "true", kNone},
      {"table.optimizer.join-reorder-enabled", "Boolean", "false", kNone},
      {"table.optimizer.join.broadcast-threshold", "MemorySize", "1 mb", kNone},
      {"table.optimizer.multi-join.enabled", "Boolean", "false", kNone},
      {"table.optimizer.multiple-input-enabled", "Boolean", "true", kNone},
      {"table.optimizer.non-deterministic-update.strategy", "Enum", "IGNORE", kNone},
      {"table.optimizer.reuse-sub-plan-enabled", "Boolean", "true", "equal subplans run once"},
      {"table.optimizer.reuse-source-enabled", "Boolean", "true",
       "see table.optimizer.reuse-sub-plan-enabled"},
      {"table.optimizer.reuse-sink-enabled", "Boolean", "false", kNone},
      {"table.optimizer.source.report-statistics-enabled", "Boolean", "true", kNone},
      {"table.optimizer.dynamic-filtering.enabled", "Boolean", "true", kNone},
      {"table.optimizer.runtime-filter.enabled", "Boolean", "false", kNone},
      {"table.optimizer.adaptive-broadcast-join.strategy", "Enum", "AUTO", kNone},
      {"table.optimizer.skewed-join-optimization.strategy", "Enum", "AUTO", kNone},
      {"table.optimizer.union-all-as-breakpoint-enabled", "Boolean", "true", kNone},
      {"table.optimizer.bushy-join-reorder-threshold", "Integer", "12", kNone},
      {"table.optimizer.delta-join.strategy", "Enum", "AUTO", kNone},
      {"sql-client.execution.result-mode", "Enum", "TABLE", kNone},
      {"sql-client.execution.max-table-result.rows", "Integer", "1000000", kNone},
      {"sql-client.verbose", "Boolean", "false", kNone},
      {"sql-client.display.color-schema", "String", "", kNone},
      {"sql-client.display.max-column-width", "Integer", "30",
       "see table.display.max-column-width"},
      {"sql-client.display.print-time-cost", "Boolean", "true", kNone},
      {"sql-client.prompt", "String", "", kNone},
      {"weir.batch.rows-max", "Integer", "4096", "rows of a batch, at most"},
      {"weir.display.rows-max", "Integer", "200",
       "rows of a table on a terminal; the middle is left out; 0: all"},
      {"weir.memory.query-limit", "MemorySize", "3/4 of the machine",
       "memory that one query may use"},
      {"weir.job.resume", "Boolean", "false",
       "go on from the newest checkpoint in execution.checkpointing.dir, if there is one"},
      {"weir.deterministic", "Boolean", "false",
       "one thread runs all subtasks in a fixed order, for tests"},
      {"weir.checkpoint.every-polls", "Integer", "0",
       "a checkpoint after so many reads of sources, for tests"},
      {"weir.checkpoint.rows-per-step", "Integer", "8192",
       "rows that a task copies into a checkpoint before it looks at events again"},
      {"weir.strict", "Boolean", "false", "row at a time in one thread: every intermediate change"},
      {"weir.optimizer.disabled-rules", "String", "",
       "optional optimizer rules to leave out, by name"},
      {"weir.watermark.per-row", "Boolean", "false", "a watermark after every row that moves it"},
      {"weir.watermark.min-step-ms", "Integer", "0", "smaller steps of a watermark are not sent"},
      {"weir.planning.time-limit", "Duration", "10 s", "longest time for planning a statement"},
  };
  return options;
}

namespace {

bool IsInteger(std::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  return !text.empty() && text.size() < 19 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

std::string Upper(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return std::toupper(c); });
  return upper;
}

Status CheckEnum(std::string_view key, std::string_view value,
                 std::initializer_list<std::string_view> allowed) {
  std::string upper = Upper(value);
  for (std::string_view one : allowed) {
    if (upper == one) return Status::OK();
  }
  return WithHint(InvalidQuery("option '{}' cannot be '{}'", key, value),
                  fmt::format("its values are {}", fmt::join(allowed, ", ")));
}

Status CheckKnown(const KnownOption& option, std::string_view value) {
  if (option.key == "execution.runtime-mode") {
    return CheckEnum(option.key, value, {"AUTOMATIC", "AUTO", "STREAMING", "STREAM", "BATCH"});
  }
  if (option.key == "table.sql-dialect" && Upper(value) != "DEFAULT") {
    return Unsupported("SQL dialect '{}' is not supported; there is 'default'", value);
  }
  if (option.key == "table.exec.sink.not-null-enforcer")
    return CheckEnum(option.key, value, {"ERROR", "DROP"});
  if (option.key == "table.optimizer.agg-phase-strategy") {
    return CheckEnum(option.key, value, {"AUTO", "ONE_PHASE", "TWO_PHASE"});
  }
  if (option.type == "Boolean" && Upper(value) != "TRUE" && Upper(value) != "FALSE") {
    return InvalidQuery("option '{}' is true or false, not '{}'", option.key, value);
  }
  if (option.type == "Integer" && !IsInteger(value)) {
    return InvalidQuery("option '{}' is an integer, not '{}'", option.key, value);
  }
  if (option.key == "parallelism.default" &&
      (value.size() > 4 || std::atoi(std::string(value).c_str()) < 1 ||
       std::atoi(std::string(value).c_str()) > 1024)) {
    return InvalidQuery("option 'parallelism.default' must be between 1 and 1024, not {}", value);
  }
  if (option.type == "Duration")
    return WithContext(ParseDurationMicros(value).status(), fmt::format("option '{}'", option.key));
  if (option.type == "MemorySize")
    return WithContext(ParseBytes(value).status(), fmt::format("option '{}'", option.key));
  return Status::OK();
}

}  // namespace

Result<std::string> CheckOption(std::string_view key, std::string_view value) {
  for (const KnownOption& option : KnownOptions()) {
    if (option.key != key) continue;
    WEIR_RETURN_NOT_OK(CheckKnown(option, value));
    return std::string();
  }
  for (std::string_view prefix : kForeignPrefixes) {
    if (key.starts_with(prefix)) return std::string();
  }
  std::vector<std::string_view> keys;
  for (const KnownOption& option : KnownOptions()) keys.push_back(option.key);
  std::string nearest = NearestName(key, keys);
  std::string warning = fmt::format("unknown option '{}' is kept and has no effect", key);
  if (!nearest.empty()) warning += fmt::format("; did you mean '{}'?", nearest);
  return warning;
}

}  // namespace weir
