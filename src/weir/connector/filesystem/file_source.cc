// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The splits of a table of files. A split is a byte range of a record file, row groups of a bulk
// file, or a whole file where neither can be cut: compressed files, CSV with quotes, JSON arrays,
// scans that keep the order. With 'source.monitor-interval' the source goes on looking for files;
// what it has given out is saved with every epoch (seen_files.h).
#include "weir/connector/filesystem/file_source.h"

#include <algorithm>
#include <limits>

#include "weir/connector/filesystem/byte_streams.h"
#include "weir/connector/filesystem/file_split.h"
#include "weir/connector/filesystem/file_split_reader.h"
#include "weir/connector/filesystem/file_table.h"
#include "weir/connector/filesystem/seen_files.h"

namespace weir {
namespace {

constexpr int64_t kSplitBytesMin = 8 << 20;
constexpr int64_t kSplitBytesMax = 32 << 20;

class FileSource : public Source {
 public:
  FileSource(FileTable table, FileFinder finder,
             std::vector<std::map<std::string, std::string>> partitions, bool keep_order,
             int64_t interval_micros)
      : table_(std::make_shared<const FileTable>(std::move(table))),
        finder_(std::move(finder)),
        partitions_(std::move(partitions)),
        keep_order_(keep_order),
        interval_micros_(interval_micros) {}

  bool is_bounded() const override { return interval_micros_ == 0; }

  Result<std::vector<SourceSplit>> Discover(int parallelism) override {
    std::vector<SourceSplit> splits;
    int64_t now = table_->context.environment->clock->MonotonicMicros();
    bool is_due = is_bounded() ? !discovered_ : now >= next_look_;
    if (!is_due) return splits;
    discovered_ = true;
    next_look_ = now + interval_micros_;
    WEIR_ASSIGN_OR_RETURN(auto files, Files());
    int64_t total = 0;
    for (const InputFile& file : files) total += file.size_bytes;
    int64_t target =
        std::clamp(total / std::max(4 * parallelism, 1), kSplitBytesMin, kSplitBytesMax);
    last_growing_ = std::exchange(growing_, {});
    for (const InputFile& file : files) {
      if (const SeenFiles::Seen* seen = seen_.Find(file.path)) {
        WEIR_RETURN_NOT_OK(CheckSeen(file, *seen));
        continue;
      }
      if (!is_bounded() && !IsComplete(file, now)) continue;
      WEIR_RETURN_NOT_OK(
          AddSplits(file, parallelism > 1 && !keep_order_ ? target : kWholeFile, &splits));
      seen_.Add(file);
    }
    if (!is_bounded()) seen_.Forget(files);
    return splits;
  }

  Result<std::string> SaveDiscovery() override {
    return fmt::format("files {}\n{}", discovered_ ? 1 : 0, seen_.Save());
  }
  Status RestoreDiscovery(const std::string& state) override {
    if (state.rfind("files ", 0) != 0 || state.size() < 8)
      return Corruption("'{}' is no state of a file source", state.substr(0, 100));
    discovered_ = state[6] == '1';
    growing_.clear();
    return seen_.Restore(std::string_view(state).substr(8));
  }

  Result<std::unique_ptr<SplitReader>> OpenSplit(const SourceSplit& split) override {
    return OpenFileSplit(table_, split);
  }

  std::optional<int64_t> EstimatedBytes() override {
    auto files = Files();
    if (!files.ok()) return std::nullopt;
    int64_t total = 0;
    for (const InputFile& file : *files) total += file.size_bytes;
    return total;
  }
  std::optional<int64_t> EstimatedRows() override {
    constexpr size_t kFilesMax = 64;  // Each is opened.
    if (!table_->format->is_bulk()) return std::nullopt;
    auto files = Files();
    if (!files.ok() || files->size() > kFilesMax) return std::nullopt;
    int64_t rows = 0;
    for (const InputFile& file : *files) {
      auto info = Inspect(file);
      if (!info.ok()) return std::nullopt;
      rows += info->num_rows;
    }
    return rows;
  }

 private:
  struct Growing {
    int64_t size_bytes = 0;
    int64_t modified_micros = 0;
    int64_t since_micros = 0;  // Monotonic.
  };

  Result<std::vector<InputFile>> Files() const {
    if (IsStandardInput(table_->path)) return std::vector<InputFile>{{table_->path, 0, 0, {}}};
    auto missing = is_bounded() ? FileFinder::Missing::kIsError : FileFinder::Missing::kIsNothing;
    WEIR_ASSIGN_OR_RETURN(auto files, finder_.Find(&table_->files(), missing));
    if (partitions_.empty()) return files;
    files.erase(std::remove_if(files.begin(), files.end(),
                               [&](const InputFile& file) { return !IsWanted(file); }),
                files.end());
    return files;
  }
  bool IsWanted(const InputFile& file) const {
    return std::any_of(partitions_.begin(), partitions_.end(), [&](const auto& partition) {
      return std::all_of(partition.begin(), partition.end(), [&](const auto& entry) {
        auto found = file.partition.find(entry.first);
        return found != file.partition.end() && found->second == entry.second;
      });
    });
  }

  // In a directory that is watched, a file is taken once it has stayed the same for one interval:
  // by the wall clock, or if that tells nothing, from one look to another. An empty file is about
  // to be written.
  bool IsComplete(const InputFile& file, int64_t now) {
    if (file.size_bytes == 0) return false;
    int64_t age = table_->context.environment->clock->WallMicros() - file.modified_micros;
    Growing growing{file.size_bytes, file.modified_micros, now};
    auto last = last_growing_.find(file.path);
    bool is_same = last != last_growing_.end() && last->second.size_bytes == file.size_bytes &&
                   last->second.modified_micros == file.modified_micros;
    if (is_same) growing.since_micros = last->second.since_micros;
    if (age < interval_micros_ && now - growing.since_micros < interval_micros_) {
      growing_.emplace(file.path, growing);
      return false;
    }
    return true;
  }
  // Rows that are added to a file that was taken would be lost without a word.
  Status CheckSeen(const InputFile& file, const SeenFiles::Seen& seen) const {
    if (is_bounded() || file.size_bytes == seen.size_bytes) return Status::OK();
    return WithHint(
        InvalidData("'{}' has changed since it was taken: it had {} bytes and has {}", file.path,
                    seen.size_bytes, file.size_bytes),
        "a watched directory takes whole files: write them under a name that begins with '.' and "
        "rename them; what has changed can be given another name");
  }

  Result<BulkFileInfo> Inspect(const InputFile& file) const {
    WEIR_ASSIGN_OR_RETURN(std::shared_ptr<ReadableFile> opened,
                          table_->files().OpenForRead(file.path));
    BulkReadSpec spec;
    spec.path = file.path;
    return table_->format->InspectBulk(std::move(opened), spec);
  }

  Status AddSplits(const InputFile& file, int64_t target, std::vector<SourceSplit>* splits) const {
    FileIdentity identity{file.size_bytes, file.modified_micros, 0};
    auto add = [&](int64_t begin, int64_t end) {
      std::string id =
          begin == 0 && end == kWholeFile ? file.path : fmt::format("{}:{}", file.path, begin);
      SplitPosition position{begin, end, -1, 0, identity, file.path};
      splits->push_back({std::move(id), position.ToString()});
    };
    if (target == kWholeFile || file.size_bytes <= target || IsStandardInput(file.path)) {
      add(0, kWholeFile);
      return Status::OK();
    }
    // The parts must be of one file.
    WEIR_ASSIGN_OR_RETURN(identity.head, HeadChecksum(table_->files(), file.path, file.size_bytes));
    if (table_->format->is_bulk()) {
      WEIR_ASSIGN_OR_RETURN(BulkFileInfo info, Inspect(file));
      int64_t begin = 0, bytes = 0;
      auto groups = static_cast<int64_t>(info.group_bytes.size());
      for (int64_t i = 0; i < groups; ++i) {
        bytes += info.group_bytes[static_cast<size_t>(i)];
        if (bytes < target && i + 1 < groups) continue;
        add(begin, i + 1);
        begin = i + 1;
        bytes = 0;
      }
      return Status::OK();
    }
    WEIR_ASSIGN_OR_RETURN(bool can_cut, CanCut(file));
    if (!can_cut) {
      add(0, kWholeFile);
      return Status::OK();
    }
    for (int64_t begin = 0; begin < file.size_bytes; begin += target) {
      add(begin, begin + target >= file.size_bytes ? kWholeFile : begin + target);
    }
    return Status::OK();
  }
  // A JSON file that begins with '[' is one array.
  Result<bool> CanCut(const InputFile& file) const {
    if (IsCompressed(file.path) || !table_->format->splits_at_lines(table_->format_options))
      return false;
    if (table_->format->name() != "json") return true;
    WEIR_ASSIGN_OR_RETURN(auto opened, table_->files().OpenForRead(file.path));
    uint8_t head[64];
    WEIR_ASSIGN_OR_RETURN(int64_t got, opened->ReadAt(0, sizeof(head), head));
    std::string_view text(reinterpret_cast<const char*>(head), static_cast<size_t>(got));
    size_t first = text.find_first_not_of("\xEF\xBB\xBF \t\r\n");
    return first == std::string_view::npos || text[first] != '[';
  }

  std::shared_ptr<const FileTable> table_;
  FileFinder finder_;
  std::vector<std::map<std::string, std::string>> partitions_;
  bool keep_order_;
  int64_t interval_micros_;  // 0: bounded.
  bool discovered_ = false;
  int64_t next_look_ = std::numeric_limits<int64_t>::min();
  SeenFiles seen_;
  std::map<std::string, Growing> growing_;       // Files that are not taken yet.
  std::map<std::string, Growing> last_growing_;  // At the look before.
};

std::vector<BulkFilter> ToBulkFilters(const std::vector<PushedFilter>& filters) {
  std::vector<BulkFilter> out;
  for (const PushedFilter& filter : filters) {
    BulkFilter bulk{filter.column, BulkFilter::Op::kEqual, filter.values};
    switch (filter.op) {
      case PushedFilter::Op::kEqual:
        bulk.op = BulkFilter::Op::kEqual;
        break;
      case PushedFilter::Op::kLess:
        bulk.op = BulkFilter::Op::kLess;
        break;
      case PushedFilter::Op::kLessEqual:
        bulk.op = BulkFilter::Op::kLessEqual;
        break;
      case PushedFilter::Op::kGreater:
        bulk.op = BulkFilter::Op::kGreater;
        break;
      case PushedFilter::Op::kGreaterEqual:
        bulk.op = BulkFilter::Op::kGreaterEqual;
        break;
      case PushedFilter::Op::kIsNull:
        bulk.op = BulkFilter::Op::kIsNull;
        break;
      case PushedFilter::Op::kIsNotNull:
        bulk.op = BulkFilter::Op::kIsNotNull;
        break;
      case PushedFilter::Op::kIn:
        bulk.op = BulkFilter::Op::kIn;
        break;
      case PushedFilter::Op::kNotEqual:
        continue;
    }
    out.push_back(std::move(bulk));
  }
  return out;
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

const std::vector<Field>& FileMetadata() {
  static const std::vector<Field>* fields = new std::vector<Field>{
      {"file.path", DataType::String().NotNull()},
      {"file.name", DataType::String().NotNull()},
      {"file.size", DataType::BigInt().NotNull()},
      {"file.modification-time", DataType::TimestampLtz(3).NotNull()},
  };
  return *fields;
}

Schema FileSchema(const TableContext& table) {
  Schema schema;
  for (const Field& field : table.schema.fields) {
    if (!Contains(table.partition_keys, field.name)) schema.fields.push_back(field);
  }
  return schema;
}

Options FormatOptions(const TableContext& table, const Format& format) {
  return table.options.WithPrefixRemoved(format.name() + ".");
}

Result<std::unique_ptr<Source>> MakeFileSource(const TableContext& table,
                                               const ScanRequest& request, const Format* format,
                                               const std::string& path,
                                               StandardInput* standard_input) {
  FileTable files;
  files.context = table;
  files.format = format;
  files.format_options = FormatOptions(table, *format);
  files.path = path;
  files.file_schema = FileSchema(table);
  files.filters = ToBulkFilters(request.filters);
  files.limit = request.limit;
  files.standard_input = standard_input;
  files.default_partition = table.options.GetOr("partition.default-name", "__DEFAULT_PARTITION__");
  WEIR_ASSIGN_OR_RETURN(files.bad_records, ReadBadRecordPolicy(table, *format));
  WEIR_ASSIGN_OR_RETURN(files.record_bytes_max,
                        table.options.GetBytes("max-record-bytes", files.record_bytes_max));
  for (const Field& field : request.schema.fields) {
    ColumnOrigin origin;
    origin.field = field;
    bool is_physical = table.schema.IndexOf(field.name) >= 0;
    if (is_physical && Contains(table.partition_keys, field.name)) {
      origin.kind = ColumnOrigin::Kind::kPartition;
    } else if (!is_physical) {
      origin.kind = ColumnOrigin::Kind::kMetadata;
    } else {
      origin.index = files.read_schema.size();
      files.read_schema.fields.push_back(field);
    }
    files.columns.push_back(std::move(origin));
  }
  // Malformed options and types show before anything runs.
  if (!format->is_bulk()) {
    WEIR_RETURN_NOT_OK(format
                           ->MakeDecoder({files.file_schema, files.read_schema,
                                          files.format_options, table.time_zone})
                           .status());
  }
  WEIR_ASSIGN_OR_RETURN(int64_t interval,
                        table.options.GetDurationMicros("source.monitor-interval", 0));
  if (table.options.Has("source.monitor-interval") && interval <= 0)
    return InvalidQuery("'source.monitor-interval' must be positive (table {})", table.table_name);
  WEIR_ASSIGN_OR_RETURN(FileFinder finder,
                        FileFinder::Make(path, table.options.GetOr("source.path.regex-pattern", ""),
                                         table.partition_keys));
  return std::make_unique<FileSource>(std::move(files), std::move(finder), request.partitions,
                                      request.keep_order, interval);
}

}  // namespace weir
