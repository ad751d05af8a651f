// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// 'connector' = 'filesystem'. Source: Flink documentation, "FileSystem SQL Connector".
#include <mutex>
#include <set>

#include "weir/connector/connectors.h"
#include "weir/connector/filesystem/byte_streams.h"
#include "weir/connector/filesystem/file_list.h"
#include "weir/connector/filesystem/file_sink.h"
#include "weir/connector/filesystem/file_source.h"

namespace weir {
namespace {

constexpr int64_t kSampleBytes = 1 << 20;

const std::vector<OptionSpec>& Specs() {
  using T = OptionType;
  static const std::vector<OptionSpec>* specs = new std::vector<OptionSpec>{
      {"path", T::kString, "", "File, directory, glob, or - for standard input", true, {}},
      {"max-record-bytes", T::kMemorySize, "16 mb", "A longer record is a bad record"},
      {"dead-letter.path", T::kString, "",
       "Directory for bad records with '<format>.on-bad-record' = 'dead-letter'"},
      {"source.monitor-interval", T::kDuration, "",
       "Look for new files this often; the source is then unbounded"},
      {"source.path.regex-pattern", T::kString, "",
       "Only files whose path matches (not supported yet)"},
      {"source.report-statistics",
       T::kEnum,
       "ALL",
       "Statistics for the planner",
       false,
       {"NONE", "ALL"}},
      {"partition.default-name", T::kString, "__DEFAULT_PARTITION__",
       "Partition of NULL and empty values"},
      {"partition.time-extractor.kind", T::kString, "default",
       "Accepted; used by 'partition-time' commits only"},
      {"partition.time-extractor.class", T::kString, "",
       "Accepted; used by 'partition-time' commits only"},
      {"partition.time-extractor.timestamp-pattern", T::kString, "",
       "Accepted; used by 'partition-time' commits only"},
      {"partition.time-extractor.timestamp-formatter", T::kString, "",
       "Accepted; used by 'partition-time' commits only"},
      {"sink.rolling-policy.file-size", T::kMemorySize, "128 mb",
       "A file of this size is finished"},
      {"sink.rolling-policy.rollover-interval", T::kDuration, "30 min",
       "A file of this age is finished"},
      {"sink.rolling-policy.inactivity-interval", T::kDuration, "30 min",
       "Accepted; files end with each checkpoint"},
      {"sink.rolling-policy.check-interval", T::kDuration, "1 min",
       "Accepted; ages are looked at with each write"},
      {"sink.shuffle-by-partition.enable", T::kBool, "false", "Accepted; has no effect"},
      {"sink.partition-commit.trigger",
       T::kEnum,
       "process-time",
       "When a partition is committed",
       false,
       {"process-time", "partition-time"}},
      {"sink.partition-commit.delay", T::kDuration, "0 s", "How long after that"},
      {"sink.partition-commit.watermark-time-zone", T::kString, "UTC",
       "Accepted; used by 'partition-time' commits only"},
      {"sink.partition-commit.policy.kind", T::kString, "", "What a commit does: success-file"},
      {"sink.partition-commit.policy.class", T::kString, "",
       "Class of a custom policy (not supported)"},
      {"sink.partition-commit.policy.class.parameters", T::kString, "",
       "Its parameters (not supported)"},
      {"sink.partition-commit.success-file.name", T::kString, "_SUCCESS",
       "Name of the success file"},
      {"auto-compaction", T::kBool, "false", "Merge small files (not supported yet)"},
      {"compaction.file-size", T::kMemorySize, "", "Size that compaction aims at"},
      {"compaction.parallelism", T::kInt, "", "Parallelism of compaction"},
  };
  return *specs;
}

class SharedStandardInput : public StandardInput {
 public:
  Result<std::string> Peek(FileSystem* files) override {
    std::lock_guard lock(mutex_);
    if (taken_) return TakenError();
    if (peeked_) return head_;
    WEIR_ASSIGN_OR_RETURN(auto file, files->OpenForRead("-"));
    std::string chunk(64 << 10, '\0');
    while (static_cast<int64_t>(head_.size()) < kSampleBytes &&
           head_.find('\n') == std::string::npos) {
      WEIR_ASSIGN_OR_RETURN(int64_t got, file->Read(static_cast<int64_t>(chunk.size()),
                                                    reinterpret_cast<uint8_t*>(chunk.data())));
      if (got == 0) break;
      head_.append(chunk, 0, static_cast<size_t>(got));
    }
    peeked_ = true;
    return head_;
  }
  Result<std::string> Take() override {
    std::lock_guard lock(mutex_);
    if (taken_) return TakenError();
    taken_ = true;
    return std::move(head_);
  }

 private:
  static Status TakenError() {
    return InvalidQuery("standard input can be read only once, and was read before");
  }

  std::mutex mutex_;
  bool peeked_ = false, taken_ = false;
  std::string head_;
};

class FilesystemConnector : public Connector {
 public:
  const std::string& name() const override { return name_; }
  std::string description() const override {
    return "Files in directories, read as tables and written atomically";
  }
  const std::vector<OptionSpec>& options() const override { return Specs(); }
  bool uses_format() const override { return true; }
  bool can_read() const override { return true; }
  bool can_write() const override { return true; }
  std::vector<Field> readable_metadata(const TableContext&) const override {
    return FileMetadata();
  }
  Result<bool> IsBounded(const TableContext& table) const override {
    return !table.options.Has("source.monitor-interval");
  }

  Result<Schema> InferSchema(const TableContext& table) const override {
    WEIR_ASSIGN_OR_RETURN(std::string path, PathOf(table));
    FileSystem* files = table.environment->files;
    std::vector<InputFile> found;
    if (!IsStandardInput(path)) {
      WEIR_ASSIGN_OR_RETURN(found, ListFiles(path, table.partition_keys, files));
      if (found.empty())
        return InvalidData("the directory '{}' holds no file to tell the columns of {} from", path,
                           table.table_name);
    }
    WEIR_ASSIGN_OR_RETURN(const Format* format,
                          FormatOf(table, found.empty() ? path : found[0].path));
    if (IsStandardInput(path)) {
      WEIR_ASSIGN_OR_RETURN(std::string head, standard_input_.Peek(files));
      bool is_whole = head.find('\n') == std::string::npos;
      auto schema = format->InferSchema(head, is_whole, FormatOptions(table, *format));
      return schema.ok() ? schema : WithContext(schema.status(), "standard input");
    }
    // Files without rows tell nothing: the first that does counts.
    Result<Schema> schema = Schema{};
    for (const InputFile& file : found) {
      schema = InferFrom(table, *format, file);
      if (schema.ok()) return schema;
    }
    return schema;
  }

  Result<std::unique_ptr<Source>> MakeSource(const TableContext& table,
                                             const ScanRequest& request) const override {
    WEIR_ASSIGN_OR_RETURN(std::string path, PathOf(table));
    if (table.options.Has("source.path.regex-pattern")) {
      return Unsupported("'source.path.regex-pattern' is not supported yet; a glob in 'path' is");
    }
    std::string sample = path;
    if (!table.options.Has("format") && FormatOfPath(path).empty() && !IsStandardInput(path)) {
      WEIR_ASSIGN_OR_RETURN(auto found,
                            ListFiles(path, table.partition_keys, table.environment->files));
      if (!found.empty()) sample = found[0].path;
    }
    WEIR_ASSIGN_OR_RETURN(const Format* format, FormatOf(table, sample));
    return MakeFileSource(table, request, format, path, &standard_input_);
  }

  Result<std::unique_ptr<Sink>> MakeSink(const TableContext& table) const override {
    WEIR_ASSIGN_OR_RETURN(std::string path, PathOf(table));
    if (IsStandardInput(path))
      return Unsupported(
          "writing to standard output through the connector 'filesystem' is not supported; use "
          "'print'");
    if (path.find_first_of("*?[") != std::string::npos)
      return InvalidQuery("table {} cannot be written: its path '{}' is a glob", table.table_name,
                          path);
    WEIR_ASSIGN_OR_RETURN(const Format* format, FormatOf(table, path));
    return MakeFileSink(table, format, path);
  }

  Result<std::vector<std::map<std::string, std::string>>> Partitions(
      const TableContext& table) const override {
    std::vector<std::map<std::string, std::string>> partitions;
    WEIR_ASSIGN_OR_RETURN(std::string path, PathOf(table));
    if (table.partition_keys.empty() || !table.environment->files->Exists(path)) return partitions;
    WEIR_ASSIGN_OR_RETURN(auto files,
                          ListFiles(path, table.partition_keys, table.environment->files));
    std::set<std::map<std::string, std::string>> seen;
    for (const InputFile& file : files) {
      if (file.partition.size() == table.partition_keys.size() &&
          seen.insert(file.partition).second)
        partitions.push_back(file.partition);
    }
    return partitions;
  }

 private:
  static Result<std::string> PathOf(const TableContext& table) {
    auto path = table.options.Get("path");
    if (!path) return InvalidQuery("table {} needs the option 'path'", table.table_name);
    return LocalPath(*path);
  }
  static Result<const Format*> FormatOf(const TableContext& table, const std::string& path) {
    if (auto name = table.options.Get("format")) return LookupFormat(*name);
    std::string name = FormatOfPath(path);
    if (name.empty() && IsStandardInput(path)) name = "json";
    if (!name.empty()) return LookupFormat(name);
    return WithHint(
        InvalidQuery("table {} needs the option 'format': the name '{}' does not tell it",
                     table.table_name, path),
        "add 'format' = 'json', 'csv', 'parquet' or 'raw'");
  }
  static Result<Schema> InferFrom(const TableContext& table, const Format& format,
                                  const InputFile& file) {
    FileSystem* files = table.environment->files;
    WEIR_ASSIGN_OR_RETURN(auto opened, files->OpenForRead(file.path));
    if (format.is_bulk()) {
      BulkReadSpec spec;
      spec.path = file.path;
      WEIR_ASSIGN_OR_RETURN(BulkFileInfo info, format.InspectBulk(std::move(opened), spec));
      WEIR_RETURN_NOT_OK(info.schema_error);
      return info.schema;
    }
    WEIR_ASSIGN_OR_RETURN(auto stream, OpenByteStream(std::move(opened), file.path, 0));
    std::string sample(static_cast<size_t>(kSampleBytes), '\0');
    int64_t size = 0;
    bool is_whole = false;
    while (size < kSampleBytes && !is_whole) {
      WEIR_ASSIGN_OR_RETURN(
          int64_t got,
          stream->Read(kSampleBytes - size, reinterpret_cast<uint8_t*>(sample.data()) + size));
      size += got;
      is_whole = got == 0;
    }
    sample.resize(static_cast<size_t>(size));
    auto schema = format.InferSchema(sample, is_whole, FormatOptions(table, format));
    return schema.ok() ? schema : WithContext(schema.status(), fmt::format("'{}'", file.path));
  }

  std::string name_ = "filesystem";
  mutable SharedStandardInput standard_input_;
};

}  // namespace

std::unique_ptr<Connector> MakeFilesystemConnector() {
  return std::make_unique<FilesystemConnector>();
}

}  // namespace weir
