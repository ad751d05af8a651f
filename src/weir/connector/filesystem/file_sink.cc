// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The filesystem sink, exactly once. For an epoch:
//   writers     finish, sync and name files (kFile); go on with some (kOpen, through InProgress)
//   PreCommit   merges small files or holds them back; decides which partitions are complete
//   -- the epoch becomes true --
//   Commit      renames, deletes what was merged or overwritten          (publish.h)
//   PostCommit  runs the policies of complete partitions; at the end removes what is left over
// Recover does the last two again, and deletes what no epoch knows of; files that the epoch names
// as begun or held back are published with the next one, so that they are still there if it fails.
//
// Invariants: a file that an epoch may name is deleted only by the Commit of a later one; a name is
// never used twice; PreCommit may be given a file again (an epoch that was given up).
#include "weir/connector/filesystem/file_sink.h"

#include <algorithm>

#include "weir/connector/filesystem/compaction.h"
#include "weir/connector/filesystem/file_list.h"
#include "weir/connector/filesystem/file_sink_writer.h"
#include "weir/connector/filesystem/file_source.h"
#include "weir/connector/filesystem/publish.h"

namespace weir {
namespace {

using Kind = SinkRecord::Kind;
using Policies = std::vector<std::unique_ptr<PartitionCommitPolicy>>;

class FileSink : public Sink {
 public:
  FileSink(SinkTable table, Policies policies)
      : table_(std::make_shared<const SinkTable>(std::move(table))),
        policies_(std::move(policies)) {}
  ~FileSink() override {
    for (const std::string& path : table_->run->TakeAbandoned()) {
      if (table_->files().Exists(path)) (void)table_->files().Delete(path);
    }
  }

  ChangelogMode accepted_changes(const ChangelogMode&) const override {
    return ChangelogMode::AppendOnly();
  }

  Result<std::unique_ptr<SinkWriter>> OpenWriter(int subtask, int parallelism) override {
    WEIR_RETURN_NOT_OK(table_->files().MakeDirectories(table_->path));
    return MakeFileSinkWriter(table_, subtask, parallelism);
  }

  std::vector<int> PreWriteKeys() const override {
    auto shuffle = table_->context.options.GetBool("sink.shuffle-by-partition.enable", false);
    return shuffle.ok() && *shuffle ? table_->partition_columns : std::vector<int>{};
  }

  Status Truncate() override {
    overwrites_ = true;
    return Status::OK();
  }

  Result<std::vector<std::string>> PreCommit(std::vector<std::string> committables) override {
    WEIR_ASSIGN_OR_RETURN(std::vector<SinkRecord> given, ParseRecords(committables));
    std::vector<SinkRecord> out;
    busy_.clear();
    for (SinkRecord& record : given) TakeIn(std::move(record), &out);
    bool is_end = parallelism_ > 0 && static_cast<int>(ended_.size()) >= parallelism_;
    std::set<std::string> complete = CompletePartitions(is_end);
    WEIR_ASSIGN_OR_RETURN(std::vector<SinkRecord> files, TakeFiles(is_end, complete));
    if (is_end && overwrites_) WEIR_RETURN_NOT_OK(AddReplaced(files, &out));
    out.insert(out.end(), files.begin(), files.end());
    for (const std::string& partition : complete) {
      out.push_back(PartitionRecord(Kind::kPublish, partition, 0));
      pending_.erase(partition);
    }
    if (is_end) {
      SinkRecord end;
      end.kind = Kind::kEnd;
      end.subtask = -1;
      out.push_back(std::move(end));
    }
    return ToStrings(out);
  }

  std::vector<std::string> HeldBack() override {
    std::vector<SinkRecord> records;
    for (const auto& [temporary, file] : files_) {
      records.push_back(file);
      records.back().kind = Kind::kHeld;
    }
    for (const auto& [partition, created] : pending_)
      records.push_back(PartitionRecord(Kind::kPending, partition, created));
    if (overwrites_) records.push_back(PartitionRecord(Kind::kOverwrite, "", 0));
    return ToStrings(records);
  }

  Status Commit(const std::vector<std::string>& committables) override {
    WEIR_ASSIGN_OR_RETURN(std::vector<SinkRecord> records, ParseRecords(committables));
    return Publish(*table_, records, Publishing::kFirst);
  }

  Status PostCommit(const std::vector<std::string>& committables) override {
    WEIR_ASSIGN_OR_RETURN(std::vector<SinkRecord> records, ParseRecords(committables));
    bool is_end = false;
    for (const SinkRecord& record : records) {
      is_end |= record.kind == Kind::kEnd && record.subtask < 0;
      if (record.kind == Kind::kPublish) WEIR_RETURN_NOT_OK(CommitPartition(record.partition));
    }
    // Nothing is written any more, and nothing is held back.
    bool has_leftovers = is_end && (table_->run->has_job() || table_->compaction);
    return has_leftovers ? DeleteLeftovers(*table_, {}) : Status::OK();
  }

  Status Recover(const std::vector<std::string>& committables,
                 const std::vector<std::string>& in_progress) override {
    files_.clear();
    pending_.clear();
    watermarks_.clear();
    ended_.clear();
    WEIR_ASSIGN_OR_RETURN(std::vector<SinkRecord> committed, ParseRecords(committables));
    WEIR_RETURN_NOT_OK(Publish(*table_, committed, Publishing::kAgain));
    WEIR_RETURN_NOT_OK(PostCommit(committables));
    WEIR_ASSIGN_OR_RETURN(std::vector<SinkRecord> begun, ParseRecords(in_progress));
    for (const SinkRecord& record : begun) overwrites_ |= record.kind == Kind::kOverwrite;
    for (SinkRecord& record : begun) {
      bool is_file = record.kind == Kind::kOpen || record.kind == Kind::kHeld;
      if (record.kind != Kind::kPending && !is_file) continue;
      NotePending(record.partition, record.micros);
      if (!is_file) continue;
      WEIR_ASSIGN_OR_RETURN(bool waits, FinishFile(*table_, record));
      record.kind = Kind::kFile;
      if (waits) files_.emplace(FileNameOf(record.temporary), std::move(record));
    }
    if (!table_->run->has_job()) return Status::OK();
    WEIR_ASSIGN_OR_RETURN(auto directory, StatIfThere(table_->files(), table_->path));
    if (!directory) return Status::OK();
    std::set<std::string> keep;
    for (const auto& entry : files_) keep.insert(entry.first);
    return DeleteLeftovers(*table_, keep);
  }

 private:
  static SinkRecord PartitionRecord(Kind kind, const std::string& partition, int64_t micros) {
    SinkRecord record;
    record.kind = kind;
    record.partition = partition;
    record.micros = micros;
    return record;
  }

  void NotePending(const std::string& partition, int64_t created_micros) {
    if (!table_->trigger) return;
    auto [entry, is_new] = pending_.try_emplace(partition, created_micros);
    if (!is_new) entry->second = std::min(entry->second, created_micros);
  }

  // Sorts what writers, and epochs that were given up, have handed in.
  void TakeIn(SinkRecord record, std::vector<SinkRecord>* out) {
    switch (record.kind) {
      case Kind::kFile:
      case Kind::kHeld:
        NotePending(record.partition, record.micros);
        files_.emplace(FileNameOf(record.temporary), std::move(record));
        break;
      case Kind::kBusy:
        NotePending(record.partition, record.micros);
        busy_.insert(record.partition);
        break;
      case Kind::kPending:
        NotePending(record.partition, record.micros);
        break;
      case Kind::kWatermark: {
        parallelism_ = record.parallelism;
        auto [entry, is_new] = watermarks_.try_emplace(record.subtask, record.micros);
        if (!is_new) entry->second = std::max(entry->second, record.micros);
        break;
      }
      case Kind::kEnd:
        if (record.subtask < 0) break;
        parallelism_ = record.parallelism;
        ended_.insert(record.subtask);
        watermarks_[record.subtask] = std::numeric_limits<int64_t>::max();
        break;
      case Kind::kOpen:
      case Kind::kOverwrite:
        break;
      case Kind::kDelete:
        files_.erase(FileNameOf(record.temporary));
        out->push_back(std::move(record));
        break;
      case Kind::kPublish:
        out->push_back(std::move(record));
        break;
    }
  }

  std::set<std::string> CompletePartitions(bool is_end) const {
    std::set<std::string> complete;
    PartitionTrigger::Moment moment{table_->environment().clock->WallMicros(),
                                    std::numeric_limits<int64_t>::min()};
    if (static_cast<int>(watermarks_.size()) >= std::max(parallelism_, 1)) {
      moment.watermark_millis = std::numeric_limits<int64_t>::max();
      for (const auto& [subtask, millis] : watermarks_)
        moment.watermark_millis = std::min(moment.watermark_millis, millis);
    }
    for (const auto& [partition, created] : pending_) {
      bool is_complete = is_end || (busy_.count(partition) == 0 && !overwrites_ &&
                                    table_->trigger->IsComplete(partition, created, moment));
      if (is_complete) complete.insert(partition);
    }
    return complete;
  }

  // The files to publish now, merged where they are small; the rest waits.
  Result<std::vector<SinkRecord>> TakeFiles(bool is_end, const std::set<std::string>& complete) {
    if (overwrites_ && !is_end) return std::vector<SinkRecord>{};
    using Place = std::pair<std::string, std::string>;  // Partition, schema.
    std::map<Place, std::vector<SinkRecord>> by_place;
    for (const auto& [name, file] : files_) by_place[{file.partition, file.schema}].push_back(file);
    std::vector<MergeGroup> groups;
    int64_t now = table_->environment().clock->WallMicros();
    for (auto& [place, files] : by_place) {
      // Files of an earlier run may be of another schema: they stay as they are.
      bool merges = table_->compaction && place.second == table_->schema_text;
      int64_t target = merges ? table_->compaction->file_bytes : 0;
      for (MergeGroup& group : PlanMerges(std::move(files), target)) {
        bool waits = merges && !group.is_full && !is_end && complete.count(place.first) == 0 &&
                     now - group.files[0].micros < table_->compaction->wait_micros;
        if (!waits) groups.push_back(std::move(group));
      }
    }
    WEIR_ASSIGN_OR_RETURN(std::vector<SinkRecord> published, MergeFiles(*table_, groups));
    for (const MergeGroup& group : groups) {
      for (const SinkRecord& file : group.files) files_.erase(FileNameOf(file.temporary));
    }
    return published;
  }

  // OVERWRITE replaces a table without partitions as a whole, else the partitions that were
  // written to.
  Status AddReplaced(const std::vector<SinkRecord>& files, std::vector<SinkRecord>* out) {
    WEIR_ASSIGN_OR_RETURN(auto directory, StatIfThere(table_->files(), table_->path));
    if (!directory) return Status::OK();
    std::set<std::string> directories;
    for (const SinkRecord& file : files) {
      if (file.kind == Kind::kFile) directories.insert(DirectoryOf(file.target));
    }
    WEIR_ASSIGN_OR_RETURN(
        auto old, ListFiles(table_->path, table_->context.partition_keys, &table_->files()));
    for (InputFile& file : old) {
      if (!table_->partition_columns.empty() && directories.count(DirectoryOf(file.path)) == 0)
        continue;
      SinkRecord record;
      record.kind = Kind::kDelete;
      record.bytes = file.size_bytes;
      record.micros = file.modified_micros;
      record.temporary = std::move(file.path);
      out->push_back(std::move(record));
    }
    return Status::OK();
  }

  Status CommitPartition(const std::string& partition) {
    PartitionToCommit to_commit{table_->context.table_name,
                                DirectoryOf(table_->path + "/" + partition),
                                PartitionValues(partition)};
    // Somebody may have taken away the whole partition before this is repeated.
    WEIR_ASSIGN_OR_RETURN(auto info, StatIfThere(table_->files(), to_commit.path));
    if (!info) return Status::OK();
    for (const auto& policy : policies_) {
      Status done = policy->Commit(to_commit, table_->environment());
      if (!done.ok())
        return WithContext(done, fmt::format("the commit of partition '{}'", to_commit.path));
    }
    return Status::OK();
  }

  std::shared_ptr<const SinkTable> table_;
  const Policies policies_;
  bool overwrites_ = false;
  int parallelism_ = 0;
  std::map<std::string, SinkRecord> files_;  // Finished, not given out; by temporary file name.
  std::map<std::string, int64_t> pending_;   // Partitions to commit: wall clock of their rows.
  std::set<std::string> busy_;               // Partitions with open files in this epoch.
  std::map<int, int64_t> watermarks_;        // By subtask.
  std::set<int> ended_;                      // Subtasks.
};

Status MustBePositive(std::string_view option, int64_t value, const SinkTable& table) {
  if (value > 0) return Status::OK();
  return InvalidQuery("option '{}' of table {} must be greater than 0", option,
                      table.context.table_name);
}

Status ReadRolling(const Options& options, const Format& format, SinkTable* table) {
  RollingPolicy& rolling = table->rolling;
  WEIR_ASSIGN_OR_RETURN(rolling.file_bytes_max,
                        options.GetBytes("sink.rolling-policy.file-size", rolling.file_bytes_max));
  for (auto [name, micros] : {std::pair{"rollover-interval", &rolling.rollover_micros},
                              std::pair{"inactivity-interval", &rolling.inactivity_micros},
                              std::pair{"check-interval", &rolling.check_micros}}) {
    WEIR_ASSIGN_OR_RETURN(
        *micros, options.GetDurationMicros(fmt::format("sink.rolling-policy.{}", name), *micros));
  }
  WEIR_RETURN_NOT_OK(
      MustBePositive("sink.rolling-policy.file-size", rolling.file_bytes_max, *table));
  WEIR_ASSIGN_OR_RETURN(bool compacts, options.GetBool("auto-compaction", false));
  rolling.at_checkpoints = format.is_bulk() || compacts;
  if (!compacts) return Status::OK();
  CompactionPolicy compaction;
  WEIR_ASSIGN_OR_RETURN(compaction.file_bytes,
                        options.GetBytes("compaction.file-size", rolling.file_bytes_max));
  WEIR_RETURN_NOT_OK(MustBePositive("compaction.file-size", compaction.file_bytes, *table));
  compaction.wait_micros = rolling.rollover_micros;
  WEIR_ASSIGN_OR_RETURN(int64_t parallelism, options.GetInt("compaction.parallelism", 1));
  if (parallelism < 1 || parallelism > 64) {
    return InvalidQuery("'compaction.parallelism' is {}, and must be from 1 to 64 (table {})",
                        parallelism, table->context.table_name);
  }
  compaction.parallelism = static_cast<int>(parallelism);
  table->compaction = compaction;
  return Status::OK();
}

Status CheckPath(const SinkTable& table) {
  WEIR_ASSIGN_OR_RETURN(auto info, StatIfThere(table.files(), table.path));
  if (!info || info->is_directory) return Status::OK();
  return WithHint(InvalidData("table {} cannot be written: '{}' is a file",
                              table.context.table_name, table.path),
                  "the path of a table that is written to is a directory");
}

}  // namespace

Result<std::unique_ptr<Sink>> MakeFileSink(const TableContext& table, const Format* format,
                                           const std::string& path,
                                           const PartitionPolicies& policies) {
  SinkTable sink;
  sink.context = table;
  sink.format = format;
  sink.format_options = FormatOptions(table, *format);
  sink.path = path;
  while (sink.path.size() > 1 && sink.path.back() == '/') sink.path.pop_back();
  WEIR_RETURN_NOT_OK(CheckPath(sink));
  sink.file_schema = FileSchema(table);
  sink.schema_text =
      fmt::format("{} {}", format->name(), DataType::Row(sink.file_schema.fields).ToString());
  for (int i = 0; i < table.schema.size(); ++i) {
    bool is_partition = std::find(table.partition_keys.begin(), table.partition_keys.end(),
                                  table.schema[i].name) != table.partition_keys.end();
    if (!is_partition) sink.file_columns.push_back(i);
  }
  for (const std::string& key : table.partition_keys)
    sink.partition_columns.push_back(table.schema.IndexOf(key));
  if (sink.file_columns.empty())
    return InvalidQuery("table {} has partition columns only", table.table_name);
  sink.default_partition = table.options.GetOr("partition.default-name", "__DEFAULT_PARTITION__");
  WEIR_RETURN_NOT_OK(ReadRolling(table.options, *format, &sink));
  WEIR_ASSIGN_OR_RETURN(Policies made, MakePartitionPolicies(table, policies));
  WEIR_ASSIGN_OR_RETURN(PartitionTrigger trigger, PartitionTrigger::Make(table));
  if (!made.empty()) sink.trigger = std::move(trigger);
  sink.run = std::make_shared<RunFiles>(fmt::format("{:016x}", table.environment->random->Next()),
                                        table.job_id);
  // Malformed options and types show before anything runs.
  if (!format->is_bulk()) WEIR_RETURN_NOT_OK(format->MakeEncoder(sink.encode_spec()).status());
  return std::make_unique<FileSink>(std::move(sink), std::move(made));
}

}  // namespace weir
