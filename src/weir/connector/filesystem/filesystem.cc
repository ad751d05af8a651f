// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// 'connector' = 'filesystem'. Source: Flink documentation, "FileSystem SQL Connector".
#include <map>
#include <mutex>
#include <set>
#include <tuple>

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
       "Only files whose path matches this regular expression as a whole"},
      {"source.report-statistics",
       T::kEnum,
       "ALL",
       "Statistics for the planner",
       false,
       {"NONE", "ALL"}},
      {"partition.default-name", T::kString, "__DEFAULT_PARTITION__",
       "Partition of NULL and empty values"},
      {"partition.time-extractor.kind", T::kString, "default",
       "How the time of a partition is found: default"},
      {"partition.time-extractor.class", T::kString, "", "Class of a custom extractor (not used)"},
      {"partition.time-extractor.timestamp-pattern", T::kString, "",
       "The time of a partition from its columns: '$dt $hour:00:00'; else the first column"},
      {"partition.time-extractor.timestamp-formatter", T::kString, "",
       "How that time is written, as Java's DateTimeFormatter: 'yyyyMMdd HH'"},
      {"sink.rolling-policy.file-size", T::kMemorySize, "128 mb",
       "A file of this size is finished"},
      {"sink.rolling-policy.rollover-interval", T::kDuration, "30 min",
       "A file of this age is finished"},
      {"sink.rolling-policy.inactivity-interval", T::kDuration, "30 min",
       "A file without new rows for this long is finished"},
      {"sink.rolling-policy.check-interval", T::kDuration, "1 min",
       "How often the ages of files are looked at"},
      {"sink.shuffle-by-partition.enable", T::kBool, "false",
       "Rows of one partition go to one writer: fewer files"},
      {"sink.partition-commit.trigger",
       T::kEnum,
       "process-time",
       "When a partition is committed",
       false,
       {"process-time", "partition-time"}},
      {"sink.partition-commit.delay", T::kDuration, "0 s", "How long after that"},
      {"sink.partition-commit.watermark-time-zone", T::kString, "UTC",
       "Zone of the times in partitions, for 'partition-time'"},
      {"sink.partition-commit.policy.kind", T::kString, "",
       "What a commit does: a list of success-file and custom"},
      {"sink.partition-commit.policy.class", T::kString, "", "Registered name of a custom policy"},
      {"sink.partition-commit.policy.class.parameters", T::kString, "",
       "Its parameters, separated by ';'"},
      {"sink.partition-commit.success-file.name", T::kString, "_SUCCESS",
       "Name of the success file"},
      {"auto-compaction", T::kBool, "false", "Merge small files before they become visible"},
      {"compaction.file-size", T::kMemorySize, "",
       "Size that compaction aims at; else the rolling file size"},
      {"compaction.parallelism", T::kInt, "1", "Threads that merge"},
  };
  return *specs;
}

// What standard input holds, told from its first bytes: JSON, or values with a delimiter.
Result<std::map<std::string, std::string>> OptionsOfHead(std::string_view head) {
  auto begins = [&](std::string_view magic) { return head.substr(0, magic.size()) == magic; };
  for (auto [magic, name, tool] : {std::tuple{"\x1F\x8B", "gzip", "zcat"},
                                   std::tuple{"\x28\xB5\x2F\xFD", "zstd", "zstdcat"}}) {
    if (begins(magic))
      return WithHint(InvalidData("standard input is compressed with {}", name),
                      fmt::format("unpack it first: {} FILE | weir ...", tool));
  }
  if (begins("PAR1"))
    return WithHint(Unsupported("reading Parquet from standard input is not supported"),
                    "name the file instead: FROM 'file.parquet'");
  if (begins("\xEF\xBB\xBF")) head.remove_prefix(3);
  size_t first = head.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || head[first] == '{' || head[first] == '[')
    return std::map<std::string, std::string>{{"format", "json"}};
  std::map<std::string, std::string> options = {{"format", "csv"}, {"csv.header", "auto"}};
  std::string_view line = head.substr(0, head.find('\n'));
  if (line.find(',') == std::string_view::npos) {
    if (line.find('\t') != std::string_view::npos) options["csv.field-delimiter"] = "\\t";
    if (line.find(';') != std::string_view::npos) options["csv.field-delimiter"] = ";";
  }
  return options;
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
  explicit FilesystemConnector(PartitionPolicies policies) : policies_(std::move(policies)) {}

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

  Result<Schema> InferSchema(const TableContext& given) const override {
    WEIR_ASSIGN_OR_RETURN(std::string path, PathOf(given));
    WEIR_ASSIGN_OR_RETURN(TableContext table, WithFormat(given, path));
    FileSystem* files = table.environment->files;
    std::vector<InputFile> found;
    if (!IsStandardInput(path)) {
      WEIR_ASSIGN_OR_RETURN(found, FilesOf(table, path));
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

  Result<std::unique_ptr<Source>> MakeSource(const TableContext& given,
                                             const ScanRequest& request) const override {
    WEIR_ASSIGN_OR_RETURN(std::string path, PathOf(given));
    WEIR_ASSIGN_OR_RETURN(TableContext table, WithFormat(given, path));
    std::string sample = path;
    if (!table.options.Has("format") && FormatOfPath(path).empty() && !IsStandardInput(path)) {
      WEIR_ASSIGN_OR_RETURN(auto found, FilesOf(table, path));
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
    return MakeFileSink(table, format, path, policies_);
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
  // The table with the format of standard input, where nobody has said it.
  Result<TableContext> WithFormat(const TableContext& given, const std::string& path) const {
    TableContext table = given;
    if (!IsStandardInput(path) || given.options.Has("format")) return table;
    WEIR_ASSIGN_OR_RETURN(std::string head, standard_input_.Peek(given.environment->files));
    WEIR_ASSIGN_OR_RETURN(auto values, OptionsOfHead(head));
    for (const auto& [key, value] : given.options.values()) values[key] = value;
    table.options = Options(std::move(values));
    return table;
  }
  static Result<std::vector<InputFile>> FilesOf(const TableContext& table,
                                                const std::string& path) {
    WEIR_ASSIGN_OR_RETURN(
        FileFinder finder,
        FileFinder::Make(path, table.options.GetOr("source.path.regex-pattern", ""),
                         table.partition_keys));
    return finder.Find(table.environment->files, FileFinder::Missing::kIsError);
  }
  static Result<const Format*> FormatOf(const TableContext& table, const std::string& path) {
    if (auto name = table.options.Get("format")) return LookupFormat(*name);
    std::string name = FormatOfPath(path);
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

  const std::string name_ = "filesystem";
  const PartitionPolicies policies_;
  mutable SharedStandardInput standard_input_;
};

}  // namespace

std::unique_ptr<Connector> MakeFilesystemConnector(PartitionPolicies policies) {
  return std::make_unique<FilesystemConnector>(std::move(policies));
}

std::unique_ptr<Connector> MakeFilesystemConnector() { return MakeFilesystemConnector({}); }

}  // namespace weir
