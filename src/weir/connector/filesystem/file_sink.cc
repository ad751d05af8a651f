// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The filesystem sink.
//   while writing    dir/[k=v/].part-<job>-<subtask>-<n>.json.inprogress
//   after a commit   dir/[k=v/]part-<job>-<subtask>-<n>.json            by one atomic rename
// A committable is "temporary name \t final name"; committing twice is harmless. What is aborted is
// deleted. OVERWRITE deletes the files that were there before only when the new ones are committed.
#include "weir/connector/filesystem/file_sink.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "weir/connector/filesystem/file_list.h"
#include "weir/connector/filesystem/file_source.h"
#include "weir/data/text.h"

namespace weir {
namespace {

struct SinkTable {
  TableContext context;
  const Format* format = nullptr;
  Options format_options;
  std::string path;
  Schema file_schema;
  std::vector<int> file_columns;  // Of a batch, those that go into the file.
  std::vector<int> partition_columns;
  std::string job;  // Random, in file names.
  std::string default_partition;
  int64_t file_bytes_max = 128 << 20;
  int64_t rollover_micros = int64_t{30} * 60 * 1'000'000;
  bool success_file = false;
  std::string success_name;
};

// One file being written.
class OpenFile {
 public:
  OpenFile(std::string temporary, std::string target)
      : temporary_(std::move(temporary)), target_(std::move(target)) {}

  Status Open(const SinkTable& table) {
    const Environment& environment = *table.context.environment;
    opened_at_ = environment.clock->MonotonicMicros();
    WEIR_RETURN_NOT_OK(environment.files->MakeDirectories(target_.substr(0, target_.rfind('/'))));
    WEIR_ASSIGN_OR_RETURN(file_, environment.files->OpenForWrite(temporary_));
    EncodeSpec spec{table.file_schema, table.format_options, table.context.time_zone};
    if (table.format->is_bulk()) {
      WEIR_ASSIGN_OR_RETURN(bulk_,
                            table.format->OpenBulkWriter(file_.get(), spec, table.context.pool));
      return Status::OK();
    }
    WEIR_ASSIGN_OR_RETURN(encoder_, table.format->MakeEncoder(spec));
    buffer_ = encoder_->FileHeader();
    return Status::OK();
  }
  Status Write(const Batch& batch) {
    if (bulk_ != nullptr) return bulk_->Write(batch);
    WEIR_RETURN_NOT_OK(encoder_->Encode(batch, &buffer_));
    return buffer_.size() >= kBufferBytes ? Flush() : Status::OK();
  }
  Status Finish() {
    if (bulk_ != nullptr) {
      WEIR_RETURN_NOT_OK(bulk_->Finish());
      bulk_ = nullptr;
    }
    WEIR_RETURN_NOT_OK(Flush());
    WEIR_RETURN_NOT_OK(file_->Sync());
    return file_->Close();
  }
  int64_t bytes() const { return file_->bytes_written() + static_cast<int64_t>(buffer_.size()); }
  int64_t opened_at() const { return opened_at_; }
  const std::string& temporary() const { return temporary_; }
  std::string committable() const { return temporary_ + "\t" + target_; }

 private:
  static constexpr size_t kBufferBytes = 256 << 10;

  Status Flush() {
    if (buffer_.empty()) return Status::OK();
    WEIR_RETURN_NOT_OK(file_->Append(buffer_));
    buffer_.clear();
    return Status::OK();
  }

  std::string temporary_, target_;
  std::unique_ptr<WritableFile> file_;
  std::unique_ptr<RecordEncoder> encoder_;
  std::unique_ptr<BulkWriter> bulk_;
  std::string buffer_;
  int64_t opened_at_ = 0;
};

class FileSinkWriter : public SinkWriter {
 public:
  FileSinkWriter(std::shared_ptr<const SinkTable> table, int subtask)
      : table_(std::move(table)), subtask_(subtask) {
    if (!table_->context.time_zone.empty()) {
      auto zone = FindTimeZone(table_->context.time_zone);
      if (zone.ok()) zone_ = *zone;
    }
  }
  // A writer that is dropped before its files are prepared leaves nothing behind.
  ~FileSinkWriter() override { (void)Abort(); }

  Status Write(const Batch& batch) override {
    if (batch.num_rows == 0) return Status::OK();
    Batch rows;
    rows.num_rows = batch.num_rows;
    for (int column : table_->file_columns)
      rows.columns.push_back(batch.columns[static_cast<size_t>(column)]);
    if (table_->partition_columns.empty()) return WriteTo("", rows);
    std::map<std::string, std::vector<int32_t>> groups;
    for (int64_t row = 0; row < batch.num_rows; ++row)
      groups[PartitionPath(batch, row)].push_back(static_cast<int32_t>(row));
    for (const auto& [partition, indices] : groups) {
      if (static_cast<int64_t>(indices.size()) == batch.num_rows) {
        WEIR_RETURN_NOT_OK(WriteTo(partition, rows));
        continue;
      }
      WEIR_ASSIGN_OR_RETURN(Batch part, GatherBatch(rows, indices, table_->context.pool));
      WEIR_RETURN_NOT_OK(WriteTo(partition, part));
    }
    return Status::OK();
  }

  Result<std::vector<std::string>> PrepareCommit(PreparePoint) override {
    while (!open_.empty()) WEIR_RETURN_NOT_OK(CloseFile(open_.begin()));
    temporaries_.clear();
    return std::exchange(prepared_, {});
  }

  Status Abort() override {
    FileSystem* files = table_->context.environment->files;
    open_.clear();
    prepared_.clear();
    for (const std::string& path : temporaries_) {
      if (files->Exists(path)) (void)files->Delete(path);
    }
    temporaries_.clear();
    return Status::OK();
  }

 private:
  using OpenFiles = std::map<std::string, std::unique_ptr<OpenFile>>;

  std::string PartitionPath(const Batch& batch, int64_t row) {
    std::string path;
    for (int index : table_->partition_columns) {
      const Column& column = *batch.columns[static_cast<size_t>(index)];
      std::string text;
      if (!column.IsNull(row)) AppendValueText(column, row, TextStyle::kDisplay, zone_, &text);
      if (text.empty()) text = table_->default_partition;
      path += table_->context.schema[index].name + "=" + EscapePartition(text) + "/";
    }
    return path;
  }

  Status WriteTo(const std::string& partition, const Batch& batch) {
    auto found = open_.find(partition);
    if (found == open_.end()) {
      std::string name = fmt::format("part-{}-{}-{:05}.{}", table_->job, subtask_, counter_++,
                                     table_->format->name());
      std::string directory = table_->path + "/" + partition;
      std::string temporary = directory + "." + name + ".inprogress";
      temporaries_.push_back(temporary);
      auto file = std::make_unique<OpenFile>(temporary, directory + name);
      WEIR_RETURN_NOT_OK(file->Open(*table_));
      found = open_.emplace(partition, std::move(file)).first;
    }
    WEIR_RETURN_NOT_OK(found->second->Write(batch));
    int64_t age =
        table_->context.environment->clock->MonotonicMicros() - found->second->opened_at();
    if (found->second->bytes() >= table_->file_bytes_max || age >= table_->rollover_micros)
      return CloseFile(found);
    return Status::OK();
  }

  Status CloseFile(OpenFiles::iterator file) {
    WEIR_RETURN_NOT_OK(file->second->Finish());
    prepared_.push_back(file->second->committable());
    open_.erase(file);
    return Status::OK();
  }

  std::shared_ptr<const SinkTable> table_;
  int subtask_;
  int64_t counter_ = 0;
  const TimeZone* zone_ = nullptr;
  OpenFiles open_;                        // By partition path.
  std::vector<std::string> prepared_;     // Finished, to be named by PrepareCommit.
  std::vector<std::string> temporaries_;  // Since the last PrepareCommit.
};

class FileSink : public Sink {
 public:
  explicit FileSink(SinkTable table)
      : table_(std::make_shared<const SinkTable>(std::move(table))) {}

  ChangelogMode accepted_changes(const ChangelogMode&) const override {
    return ChangelogMode::AppendOnly();
  }

  Result<std::unique_ptr<SinkWriter>> OpenWriter(int subtask, int) override {
    WEIR_RETURN_NOT_OK(table_->context.environment->files->MakeDirectories(table_->path));
    return std::make_unique<FileSinkWriter>(table_, subtask);
  }

  Status Truncate() override {
    std::lock_guard lock(mutex_);
    FileSystem* files = table_->context.environment->files;
    replaced_.emplace();
    if (!files->Exists(table_->path)) return Status::OK();
    WEIR_ASSIGN_OR_RETURN(auto old, ListFiles(table_->path, table_->context.partition_keys, files));
    for (InputFile& file : old) replaced_->push_back(std::move(file.path));
    return Status::OK();
  }

  Status Commit(const std::vector<std::string>& committables) override {
    std::lock_guard lock(mutex_);
    FileSystem* files = table_->context.environment->files;
    std::set<std::string> directories;
    for (const std::string& committable : committables) {
      size_t tab = committable.find('\t');
      if (tab == std::string::npos) return Corruption("'{}' is not a file to commit", committable);
      std::string from = committable.substr(0, tab), to = committable.substr(tab + 1);
      directories.insert(to.substr(0, to.rfind('/')));
      if (files->Exists(from)) {
        WEIR_RETURN_NOT_OK(files->Rename(from, to));
      } else if (!files->Exists(to)) {
        return Corruption("the written file '{}' is gone", from);
      }
    }
    WEIR_RETURN_NOT_OK(DeleteReplaced(directories));
    for (const std::string& directory : directories) {
      WEIR_RETURN_NOT_OK(files->SyncDirectory(directory));
      if (!table_->success_file) continue;
      WEIR_ASSIGN_OR_RETURN(auto marker,
                            files->OpenForWrite(directory + "/" + table_->success_name));
      WEIR_RETURN_NOT_OK(marker->Close());
    }
    return Status::OK();
  }

  std::optional<int> parallelism() const override {
    auto given = table_->context.options.GetInt("sink.parallelism", 0);
    if (!given.ok() || *given <= 0) return std::nullopt;
    return static_cast<int>(*given);
  }

 private:
  // OVERWRITE replaces a table without partitions as a whole, else the partitions that were written
  // to.
  Status DeleteReplaced(const std::set<std::string>& directories) {
    if (!replaced_) return Status::OK();
    for (const std::string& path : *replaced_) {
      bool replaced = table_->partition_columns.empty() ||
                      directories.count(path.substr(0, path.rfind('/'))) > 0;
      if (replaced && table_->context.environment->files->Exists(path)) {
        WEIR_RETURN_NOT_OK(table_->context.environment->files->Delete(path));
      }
    }
    if (table_->partition_columns.empty()) replaced_->clear();
    return Status::OK();
  }

  std::shared_ptr<const SinkTable> table_;
  std::mutex mutex_;
  std::optional<std::vector<std::string>> replaced_;  // OVERWRITE: files that were there before.
};

Status RefuseUnknownPolicies(const Options& options) {
  WEIR_ASSIGN_OR_RETURN(bool compaction, options.GetBool("auto-compaction", false));
  if (compaction)
    return Unsupported("'auto-compaction' of the connector 'filesystem' is not supported yet");
  if (options.GetOr("sink.partition-commit.trigger", "process-time") != "process-time") {
    return Unsupported("'sink.partition-commit.trigger' = 'partition-time' is not supported yet");
  }
  WEIR_ASSIGN_OR_RETURN(int64_t delay, options.GetDurationMicros("sink.partition-commit.delay", 0));
  if (delay != 0)
    return Unsupported("'sink.partition-commit.delay' other than 0 is not supported yet");
  std::string policy = options.GetOr("sink.partition-commit.policy.kind", "");
  if (!policy.empty() && policy != "success-file") {
    return Unsupported("'sink.partition-commit.policy.kind' = '{}' is not supported yet", policy);
  }
  return Status::OK();
}

}  // namespace

Result<std::unique_ptr<Sink>> MakeFileSink(const TableContext& table, const Format* format,
                                           const std::string& path) {
  WEIR_RETURN_NOT_OK(RefuseUnknownPolicies(table.options));
  SinkTable sink;
  sink.context = table;
  sink.format = format;
  sink.format_options = FormatOptions(table, *format);
  sink.path = path;
  while (sink.path.size() > 1 && sink.path.back() == '/') sink.path.pop_back();
  FileSystem* files = table.environment->files;
  if (files->Exists(sink.path)) {
    WEIR_ASSIGN_OR_RETURN(FileInfo info, files->Stat(sink.path));
    if (!info.is_directory) {
      return WithHint(
          InvalidData("table {} cannot be written: '{}' is a file", table.table_name, sink.path),
          "the path of a table that is written to is a directory");
    }
  }
  sink.file_schema = FileSchema(table);
  for (int i = 0; i < table.schema.size(); ++i) {
    bool is_partition = std::find(table.partition_keys.begin(), table.partition_keys.end(),
                                  table.schema[i].name) != table.partition_keys.end();
    if (!is_partition) sink.file_columns.push_back(i);
  }
  for (const std::string& key : table.partition_keys)
    sink.partition_columns.push_back(table.schema.IndexOf(key));
  if (sink.file_columns.empty())
    return InvalidQuery("table {} has partition columns only", table.table_name);
  sink.job = fmt::format("{:016x}", table.environment->random->Next());
  sink.default_partition = table.options.GetOr("partition.default-name", "__DEFAULT_PARTITION__");
  WEIR_ASSIGN_OR_RETURN(sink.file_bytes_max, table.options.GetBytes("sink.rolling-policy.file-size",
                                                                    sink.file_bytes_max));
  WEIR_ASSIGN_OR_RETURN(sink.rollover_micros,
                        table.options.GetDurationMicros("sink.rolling-policy.rollover-interval",
                                                        sink.rollover_micros));
  sink.success_file =
      table.options.GetOr("sink.partition-commit.policy.kind", "") == "success-file" &&
      !table.partition_keys.empty();
  sink.success_name = table.options.GetOr("sink.partition-commit.success-file.name", "_SUCCESS");
  // Malformed options and types show before anything runs.
  if (!format->is_bulk())
    WEIR_RETURN_NOT_OK(
        format->MakeEncoder({sink.file_schema, sink.format_options, table.time_zone}).status());
  return std::make_unique<FileSink>(std::move(sink));
}

}  // namespace weir
