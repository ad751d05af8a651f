// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Sources, sinks and the registry of connectors. One connector = one folder below connector/ and
// one line in connector/all_connectors.cc. Options are declared as data; validation, SHOW
// CONNECTORS, DESCRIBE CONNECTOR and error messages all come from that declaration.
//
// A source (after Flink's FLIP-27) gives out splits; a reader reads one split and knows the
// position that is read next. A sink (after Flink's Sink V2) has writers, one a subtask, and a
// commit of what they prepared.
#pragma once

#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/base/environment.h"
#include "weir/base/options.h"
#include "weir/data/batch.h"

namespace weir {

class ValuesStore;  // connector/values/values_store.h

/// Which row kinds a source produces or a sink takes.
struct ChangelogMode {
  bool insert = true, update_before = false, update_after = false, erase = false;
  static ChangelogMode AppendOnly() { return {}; }
  static ChangelogMode All() { return {true, true, true, true}; }
  static ChangelogMode Upsert() { return {true, false, true, true}; }
  bool append_only() const { return !update_before && !update_after && !erase; }
  bool operator==(const ChangelogMode&) const = default;
  std::string ToString() const;  // "I,UB,UA,D"
};
/// Reads "I,UB,UA,D" (any subset, blanks allowed).
Result<ChangelogMode> ParseChangelogMode(std::string_view text);

/// What a connector is told of the table it serves.
struct TableContext {
  std::string table_name;  // For messages: `default_catalog`.`default_database`.`t`.
  Schema schema;           // Physical columns, in order.
  std::vector<Field>
      metadata_columns;  // Metadata columns asked for: key and type; they follow the physical ones.
  std::vector<std::string> primary_key;
  std::vector<std::string> partition_keys;
  Options options;
  const Environment* environment = nullptr;
  arrow::MemoryPool* pool = nullptr;
  std::string time_zone = "UTC";
  bool is_batch = false;
  /// Names the job in whatever it has not committed yet, so that its leftovers are found and those
  /// of others are left alone; safe in a file name. Empty: nobody will look for leftovers.
  std::string job_id;
  ValuesStore* values_store =
      nullptr;  // Rows of the values connector; owned by the session. Null: only inline rows.
};

/// A comparison of a column with a literal that a source may use to skip data. Rows that do not
/// satisfy it may be left out or not: the filter above the scan stays.
struct PushedFilter {
  enum class Op : uint8_t {
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kIsNull,
    kIsNotNull,
    kIn
  };
  std::string column;  // Top-level column, or dotted path below ROWs.
  Op op = Op::kEqual;
  std::vector<Value>
      values;  // One; any number for kIn; none for the NULL tests. Of the column's type.
};

/// What a query wants of a source.
struct ScanRequest {
  /// Columns to produce, in order: a subset of TableContext::schema + metadata_columns. A ROW may
  /// have lost fields that nobody reads (matched by name).
  Schema schema;
  std::vector<PushedFilter> filters;  // Conjunction.
  std::optional<int64_t> limit;       // No more rows than this are needed from each split.
  std::vector<std::map<std::string, std::string>> partitions;  // Not empty: only these partitions.
  bool keep_order =
      false;  // Rows of one file must come as one split, in order (event time in stream mode).
};

struct SourceSplit {
  std::string id;        // Stable name, for people and snapshots.
  std::string position;  // Opaque to all but the source: where to read next.
};

enum class ReadState : uint8_t {
  kMore,     // Call again.
  kEnd,      // The split is finished.
  kNothing,  // Nothing to read now (unbounded sources); call again later.
};

/// Reads one split. Threads: one task.
class SplitReader {
 public:
  virtual ~SplitReader() = default;
  /// Reads at most `rows_max` rows into *out (possibly 0 rows). Columns as ScanRequest::schema.
  virtual Result<ReadState> Read(int64_t rows_max, arrow::MemoryPool* pool, Batch* out) = 0;
  /// The split with the position after everything read so far.
  virtual Result<SourceSplit> Position() = 0;
  /// Bytes read and records skipped so far, for progress and counters.
  virtual int64_t bytes_read() const { return 0; }
  virtual int64_t records_skipped() const { return 0; }
  /// The explicit watermark (milliseconds) that follows the rows of the last Read, once; Read ends
  /// a batch there. Only sources with has_own_watermarks() give any.
  virtual std::optional<int64_t> TakeWatermark() { return std::nullopt; }
};

/// Threads: Discover from one thread at a time; OpenSplit from any.
class Source {
 public:
  virtual ~Source() = default;
  virtual bool is_bounded() const = 0;
  virtual ChangelogMode changelog_mode() const { return ChangelogMode::AppendOnly(); }
  /// Splits that are new since the last call. `parallelism`: how many readers there will be (a
  /// hint).
  virtual Result<std::vector<SourceSplit>> Discover(int parallelism) = 0;
  /// What Discover knows has been given out already, opaque; saved with every epoch.
  virtual Result<std::string> SaveDiscovery() { return std::string(); }
  /// Before the first Discover of a run that continues: nothing given out before is given out
  /// again.
  virtual Status RestoreDiscovery(const std::string& state) { return Status::OK(); }
  virtual Result<std::unique_ptr<SplitReader>> OpenSplit(const SourceSplit& split) = 0;
  /// Rows and bytes if known without reading, for EXPLAIN and join order.
  virtual std::optional<int64_t> EstimatedRows() { return std::nullopt; }
  virtual std::optional<int64_t> EstimatedBytes() { return std::nullopt; }
  /// The source sends explicit watermarks through SplitReader::TakeWatermark (the values test
  /// connector).
  virtual bool has_own_watermarks() const { return false; }
};

/// kCheckpoint: writing goes on afterwards. kEnd: nothing follows.
enum class PreparePoint : uint8_t { kCheckpoint, kEnd };

/// Threads: one task.
class SinkWriter {
 public:
  virtual ~SinkWriter() = default;
  virtual Status Write(const Batch& batch) = 0;
  virtual Status OnWatermark(int64_t watermark_millis) { return Status::OK(); }
  /// Processing time (wall clock) has reached what NextTimerMillis asked for, on a silent stream
  /// too.
  virtual Status OnTimer(int64_t now_millis) { return Status::OK(); }
  virtual int64_t NextTimerMillis() const { return std::numeric_limits<int64_t>::max(); }
  /// Finishes what is to be published with the epoch that is being taken, makes it durable, and
  /// names it for Sink::Commit. At kCheckpoint a writer may go on with something it has begun
  /// (InProgress); at kEnd everything is finished.
  virtual Result<std::vector<std::string>> PrepareCommit(PreparePoint point) = 0;
  /// Right after PrepareCommit(kCheckpoint): names of begun things with the length that is valid
  /// now and durable. After a restore they come back through Sink::Recover.
  virtual std::vector<std::string> InProgress() { return {}; }
  /// Throws away what is not prepared.
  virtual Status Abort() = 0;
};

/// A sink: writers, one a subtask, and a commit; after Flink's Sink V2 (FLIP-143, FLIP-191). The
/// order for an epoch: every writer's PrepareCommit, PreCommit, the epoch becomes true, Commit,
/// PostCommit. Threads: OpenWriter while the job is built; the rest from one thread at a time.
class Sink {
 public:
  virtual ~Sink() = default;
  /// What the sink can take; the planner converts.
  virtual ChangelogMode accepted_changes(const ChangelogMode& query) const = 0;
  /// Whether a -D may carry the primary key alone, all else NULL.
  virtual bool accepts_deletes_by_key() const { return false; }
  virtual Result<std::unique_ptr<SinkWriter>> OpenWriter(int subtask, int parallelism) = 0;
  /// Before the write: columns whose equal values must reach one writer (say, partitions); empty:
  /// any writer takes any row.
  virtual std::vector<int> PreWriteKeys() const { return {}; }
  /// Before the commit: all writers' committables of an epoch, together (say, to merge small
  /// files). What it returns is recorded with the epoch and given to Commit. It may hold some back:
  /// those it reports through HeldBack until it gives them out.
  virtual Result<std::vector<std::string>> PreCommit(std::vector<std::string> committables) {
    return committables;
  }
  /// What PreCommit has held back so far; recorded with the epoch, comes back through Recover.
  virtual std::vector<std::string> HeldBack() { return {}; }
  /// Makes prepared things visible; idempotent: after a crash it is repeated, also when everything
  /// was visible already. Called once per epoch.
  virtual Status Commit(const std::vector<std::string>& committables) { return Status::OK(); }
  /// After the commit, with the same committables; idempotent too (say, success files).
  virtual Status PostCommit(const std::vector<std::string>& committables) { return Status::OK(); }
  /// Before the first writer of a run that continues an epoch (`committables` and `in_progress` of
  /// that epoch, HeldBack things among the latter) or that starts afresh (both empty, when the job
  /// has a job_id): publishes the former, finishes and publishes the latter up to their valid
  /// length, and removes all else that the job has left behind.
  virtual Status Recover(const std::vector<std::string>& committables,
                         const std::vector<std::string>& in_progress) {
    return committables.empty() ? Status::OK() : Commit(committables);
  }
  /// Called once before the first writer with OVERWRITE.
  virtual Status Truncate() {
    return Unsupported("INSERT OVERWRITE into this connector is not supported");
  }
};

class Connector {
 public:
  virtual ~Connector() = default;
  virtual const std::string& name() const = 0;
  virtual std::string description() const = 0;
  virtual const std::vector<OptionSpec>& options() const = 0;
  /// Whether options with prefix "<format>." and the 'format' option apply.
  virtual bool uses_format() const { return false; }
  /// Metadata columns that can be read, key and type.
  virtual std::vector<Field> readable_metadata(const TableContext& table) const { return {}; }
  virtual std::vector<Field> writable_metadata(const TableContext& table) const { return {}; }
  virtual bool can_read() const { return false; }
  virtual bool can_write() const { return false; }
  /// Columns of a table declared without any. Errors: kUnsupported if the connector cannot tell.
  virtual Result<Schema> InferSchema(const TableContext& table) const;
  virtual Result<std::unique_ptr<Source>> MakeSource(const TableContext& table,
                                                     const ScanRequest& request) const;
  virtual Result<std::unique_ptr<Sink>> MakeSink(const TableContext& table) const;
  /// Facts the planner needs before a scan request exists.
  virtual Result<bool> IsBounded(const TableContext& table) const { return true; }
  virtual Result<ChangelogMode> SourceChanges(const TableContext& table) const {
    return ChangelogMode::AppendOnly();
  }
  /// Whether the -D rows of an upsert source carry the primary key alone, all else NULL.
  virtual Result<bool> DeletesByKey(const TableContext& table) const { return true; }
  /// Partitions that exist, for SHOW PARTITIONS and pruning; empty when unknown.
  virtual Result<std::vector<std::map<std::string, std::string>>> Partitions(
      const TableContext& table) const {
    return std::vector<std::map<std::string, std::string>>{};
  }
};

/// Threads: filled at start, read-only afterwards.
class ConnectorRegistry {
 public:
  void Add(std::unique_ptr<Connector> connector);
  const Connector* Find(std::string_view name) const;
  std::vector<std::string> Names() const;
  /// The connector of `options['connector']`, with all options checked. Errors name the nearest
  /// connector or option.
  Result<const Connector*> Lookup(const TableContext& table) const;

 private:
  std::vector<std::unique_ptr<Connector>> connectors_;
};

/// Registers every built-in connector (connector/all_connectors.cc).
void RegisterBuiltinConnectors(ConnectorRegistry* registry);

}  // namespace weir
