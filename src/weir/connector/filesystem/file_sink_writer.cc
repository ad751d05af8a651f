// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A writer of the file sink. For each partition that gets rows it has one open file; what the
// rolling policy ends is synced, closed and kept for PrepareCommit. At a checkpoint a file of a
// record format may stay open: InProgress names the bytes of it that are durable.
#include "weir/connector/filesystem/file_sink_writer.h"

#include <algorithm>
#include <map>

#include "weir/connector/filesystem/file_list.h"
#include "weir/connector/filesystem/part_file.h"
#include "weir/data/text.h"

namespace weir {
namespace {

class FileSinkWriter : public SinkWriter {
 public:
  FileSinkWriter(std::shared_ptr<const SinkTable> table, int subtask, int parallelism)
      : table_(std::move(table)), subtask_(subtask), parallelism_(parallelism) {
    auto zone = FindTimeZone(table_->context.time_zone);
    if (zone.ok()) zone_ = *zone;
    durability_ = table_->run->has_job() ? Durability::kNow : Durability::kLater;
  }
  // A writer that is dropped before its files are prepared leaves nothing behind.
  ~FileSinkWriter() override { (void)Abort(); }

  Status Write(const Batch& batch) override {
    if (batch.num_rows == 0) return Status::OK();
    Batch rows;
    rows.num_rows = batch.num_rows;
    for (int column : table_->file_columns)
      rows.columns.push_back(batch.columns[static_cast<size_t>(column)]);
    int64_t now = table_->environment().clock->MonotonicMicros();
    if (table_->partition_columns.empty()) {
      WEIR_RETURN_NOT_OK(WriteTo("", rows, now));
      return RollOldFiles(now);
    }
    std::map<std::string, std::vector<int32_t>> groups;
    for (int64_t row = 0; row < batch.num_rows; ++row)
      groups[PartitionPath(batch, row)].push_back(static_cast<int32_t>(row));
    for (const auto& [partition, indices] : groups) {
      if (static_cast<int64_t>(indices.size()) == batch.num_rows) {
        WEIR_RETURN_NOT_OK(WriteTo(partition, rows, now));
        continue;
      }
      WEIR_ASSIGN_OR_RETURN(Batch part, GatherBatch(rows, indices, table_->context.pool));
      WEIR_RETURN_NOT_OK(WriteTo(partition, part, now));
    }
    return RollOldFiles(now);
  }

  Status OnWatermark(int64_t watermark_millis) override {
    watermark_millis_ = std::max(watermark_millis_, watermark_millis);
    return RollOldFiles(table_->environment().clock->MonotonicMicros());
  }

  Result<std::vector<std::string>> PrepareCommit(PreparePoint point) override {
    bool is_end = point == PreparePoint::kEnd;
    if (!is_end) table_->run->NoteCheckpoint();
    in_progress_.clear();
    std::set<std::string> directories;
    std::vector<SinkRecord> notes;
    PartitionTrigger::Moment moment{table_->environment().clock->WallMicros(), watermark_millis_};
    int64_t now = table_->environment().clock->MonotonicMicros();
    for (auto file = open_.begin(); file != open_.end();) {
      auto next = std::next(file);
      if (is_end || table_->rolling.at_checkpoints || IsOld(*file->second, now) ||
          IsComplete(*file->second, moment)) {
        WEIR_RETURN_NOT_OK(CloseFile(file));
      } else {
        WEIR_RETURN_NOT_OK(file->second->Persist());
        SinkRecord record = file->second->Record();
        directories.insert(DirectoryOf(record.temporary));
        in_progress_.push_back(record.ToString());
        record.kind = SinkRecord::Kind::kBusy;
        if (table_->trigger) notes.push_back(std::move(record));
      }
      file = next;
    }
    for (const SinkRecord& record : prepared_) directories.insert(DirectoryOf(record.temporary));
    if (durability_ == Durability::kNow) {
      for (const std::string& directory : directories)
        WEIR_RETURN_NOT_OK(table_->files().SyncDirectory(directory));
    }
    if (table_->trigger) notes.push_back(Note(SinkRecord::Kind::kWatermark, watermark_millis_));
    if (is_end) notes.push_back(Note(SinkRecord::Kind::kEnd, 0));
    std::vector<SinkRecord> records = std::exchange(prepared_, {});
    for (const SinkRecord& record : records) table_->run->NotePrepared(record.temporary);
    records.insert(records.end(), notes.begin(), notes.end());
    disposable_.clear();
    return ToStrings(records);
  }

  std::vector<std::string> InProgress() override { return in_progress_; }

  // A file that InProgress has named may be part of an epoch: it is Recover's.
  Status Abort() override {
    open_.clear();
    prepared_.clear();
    for (const std::string& path : disposable_) {
      if (table_->files().Exists(path)) (void)table_->files().Delete(path);
    }
    disposable_.clear();
    return Status::OK();
  }

 private:
  using OpenFiles = std::map<std::string, std::unique_ptr<PartFile>>;

  std::string PartitionPath(const Batch& batch, int64_t row) {
    std::string path;
    for (int index : table_->partition_columns) {
      const Column& column = *batch.columns[static_cast<size_t>(index)];
      std::string text;
      if (!column.IsNull(row)) AppendValueText(column, row, TextStyle::kDisplay, zone_, &text);
      if (text.empty()) text = table_->default_partition;
      path +=
          EscapePartition(table_->context.schema[index].name) + "=" + EscapePartition(text) + "/";
    }
    return path;
  }

  Result<OpenFiles::iterator> OpenPart(const std::string& partition) {
    if (table_->trigger) WEIR_RETURN_NOT_OK(table_->trigger->Check(partition));
    std::string directory = table_->path + "/" + partition;
    if (directories_.insert(partition).second) {
      WEIR_RETURN_NOT_OK(MakeDirectory(table_->files(), table_->path, directory, durability_));
    }
    std::string name = table_->run->NewName(std::to_string(subtask_), table_->format->name());
    auto file = std::make_unique<PartFile>(
        *table_,
        PartFile::Names{partition, directory + table_->run->TemporaryName(name), directory + name});
    disposable_.insert(file->names().temporary);
    WEIR_RETURN_NOT_OK(file->Open());
    return open_.emplace(partition, std::move(file)).first;
  }

  Status WriteTo(const std::string& partition, const Batch& batch, int64_t now) {
    auto found = open_.find(partition);
    if (found == open_.end()) {
      WEIR_ASSIGN_OR_RETURN(found, OpenPart(partition));
    }
    WEIR_RETURN_NOT_OK(found->second->Write(batch));
    found->second->set_written_micros(now);
    if (found->second->bytes() >= table_->rolling.file_bytes_max) return CloseFile(found);
    return Status::OK();
  }

  bool IsOld(const PartFile& file, int64_t now) const {
    return now - file.opened_micros() >= table_->rolling.rollover_micros ||
           now - file.written_micros() >= table_->rolling.inactivity_micros;
  }
  bool IsComplete(const PartFile& file, PartitionTrigger::Moment moment) const {
    return table_->trigger &&
           table_->trigger->IsComplete(file.names().partition, file.created_micros(), moment);
  }
  Status RollOldFiles(int64_t now) {
    if (now - last_check_micros_ < table_->rolling.check_micros) return Status::OK();
    last_check_micros_ = now;
    for (auto file = open_.begin(); file != open_.end();) {
      auto next = std::next(file);
      if (IsOld(*file->second, now)) WEIR_RETURN_NOT_OK(CloseFile(file));
      file = next;
    }
    return Status::OK();
  }

  Status CloseFile(OpenFiles::iterator file) {
    WEIR_RETURN_NOT_OK(file->second->Finish());
    prepared_.push_back(file->second->Record());
    open_.erase(file);
    return Status::OK();
  }

  SinkRecord Note(SinkRecord::Kind kind, int64_t micros) const {
    SinkRecord record;
    record.kind = kind;
    record.subtask = subtask_;
    record.parallelism = parallelism_;
    record.micros = micros;
    return record;
  }

  std::shared_ptr<const SinkTable> table_;
  const int subtask_;
  const int parallelism_;
  Durability durability_ = Durability::kLater;
  const TimeZone* zone_ = nullptr;
  OpenFiles open_;                        // By partition.
  std::vector<SinkRecord> prepared_;      // Finished since the last PrepareCommit.
  std::vector<std::string> in_progress_;  // As of the last PrepareCommit.
  std::set<std::string> disposable_;      // Files that nothing but this writer knows of.
  std::set<std::string> directories_;     // Partitions whose directories are there.
  int64_t watermark_millis_ = std::numeric_limits<int64_t>::min();
  int64_t last_check_micros_ = 0;
};

}  // namespace

std::unique_ptr<SinkWriter> MakeFileSinkWriter(std::shared_ptr<const SinkTable> table, int subtask,
                                               int parallelism) {
  return std::make_unique<FileSinkWriter>(std::move(table), subtask, parallelism);
}

}  // namespace weir
