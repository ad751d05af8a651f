// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Splits of files and their readers. A split is a byte range of a record file, row groups of a bulk
// file, or a whole file where neither can be cut: compressed files, CSV with quotes, JSON arrays,
// scans that keep the order. Position of a split: "begin end next rows path"; `next` is the byte to
// go on at (-1: not begun), `rows` the rows read.
#include "weir/connector/filesystem/file_source.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "weir/connector/filesystem/bad_records.h"
#include "weir/connector/filesystem/byte_streams.h"
#include "weir/connector/filesystem/file_list.h"
#include "weir/data/text.h"
#include "weir/format/record_reader.h"

namespace weir {
namespace {

constexpr int64_t kSplitBytesMin = 8 << 20;
constexpr int64_t kSplitBytesMax = 32 << 20;
constexpr int64_t kRecordBytesMax = 16 << 20;
constexpr int64_t kWholeFile = std::numeric_limits<int64_t>::max();

struct SplitPosition {
  int64_t begin = 0, end = kWholeFile;  // Bytes, or row groups.
  int64_t next = -1;
  int64_t rows = 0;
  std::string path;

  std::string ToString() const {
    return fmt::format("{} {} {} {} {}", begin, end, next, rows, path);
  }
  static Result<SplitPosition> Parse(const std::string& text) {
    SplitPosition position;
    const char* p = text.data();
    const char* end = p + text.size();
    for (int64_t* number : {&position.begin, &position.end, &position.next, &position.rows}) {
      auto [stop, error] = std::from_chars(p, end, *number);
      if (error != std::errc() || stop == end || *stop != ' ')
        return Corruption("'{}' is no position of a file source", text);
      p = stop + 1;
    }
    position.path.assign(p, end);
    return position;
  }
};

// Where the columns that a query wants come from.
struct ColumnOrigin {
  enum class Kind { kFile, kPartition, kMetadata } kind = Kind::kFile;
  int index = 0;  // In the file schema that is read.
  Field field;
};

struct FileTable {
  TableContext context;
  const Format* format = nullptr;
  Options format_options;
  std::string path;
  Schema file_schema;  // All columns in the files.
  Schema read_schema;  // Those that are read.
  std::vector<ColumnOrigin> columns;
  std::vector<BulkFilter> filters;
  std::optional<int64_t> limit;
  BadRecordPolicy bad_records;
  int64_t record_bytes_max = kRecordBytesMax;
  std::string default_partition;
  StandardInput* standard_input = nullptr;  // The connector's.
};

Result<Value> PartitionValue(const std::string& text, const Field& field,
                             const std::string& default_name) {
  if (text == default_name) return Value::Null();
  auto made = [&](auto parsed) -> Result<Value> {
    if (!parsed)
      return InvalidData("'{}' in the path is not a value of partition column '{}' {}", text,
                         field.name, field.type.ToString());
    return Value::Int(*parsed);
  };
  const DataType& type = field.type;
  switch (type.kind()) {
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      return Value::String(text);
    case TypeKind::kBoolean:
      if (auto parsed = ParseBoolean(text)) return Value::Bool(*parsed);
      return made(std::optional<int64_t>());
    case TypeKind::kTinyInt:
    case TypeKind::kSmallInt:
    case TypeKind::kInt:
    case TypeKind::kBigInt:
      return made(ParseInteger(text));
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      if (auto parsed = ParseDouble(text)) return Value::Double(*parsed);
      return made(std::optional<int64_t>());
    case TypeKind::kDecimal:
      if (auto parsed = ParseDecimal(text, type.precision(), type.scale()))
        return Value::Decimal(*parsed);
      return made(std::optional<int64_t>());
    case TypeKind::kDate:
      return made(ParseDate(text));
    case TypeKind::kTime:
      return made(ParseTime(text));
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return made(ParseTimestamp(text, type.precision()));
    default:
      return Unsupported("partition columns of type {} are not supported", type.ToString());
  }
}

Value MetadataValue(const InputFile& file, const std::string& key) {
  if (key == "file.path") return Value::String(file.path);
  if (key == "file.name") return Value::String(file.path.substr(file.path.rfind('/') + 1));
  if (key == "file.size") return Value::Int(file.size_bytes);
  return Value::Int(file.modified_micros / 1000 * 1000);
}

// Puts the columns that are the same for a whole file beside those read from it.
class ColumnAssembler {
 public:
  static Result<ColumnAssembler> Make(const FileTable& table, const InputFile& file) {
    ColumnAssembler assembler;
    assembler.columns_ = &table.columns;
    for (const ColumnOrigin& column : table.columns) {
      Value value;
      if (column.kind == ColumnOrigin::Kind::kPartition) {
        auto found = file.partition.find(column.field.name);
        if (found == file.partition.end()) {
          return InvalidData("'{}' is not in a directory of partition column '{}' ({}=...)",
                             file.path, column.field.name, column.field.name);
        }
        WEIR_ASSIGN_OR_RETURN(value,
                              PartitionValue(found->second, column.field, table.default_partition));
      } else if (column.kind == ColumnOrigin::Kind::kMetadata) {
        value = MetadataValue(file, column.field.name);
      }
      assembler.values_.push_back(std::move(value));
    }
    return assembler;
  }

  Status Assemble(Batch* batch, arrow::MemoryPool* pool) const {
    ColumnVector columns;
    for (size_t i = 0; i < columns_->size(); ++i) {
      const ColumnOrigin& origin = (*columns_)[i];
      if (origin.kind == ColumnOrigin::Kind::kFile) {
        columns.push_back(batch->columns[static_cast<size_t>(origin.index)]);
      } else {
        WEIR_ASSIGN_OR_RETURN(ColumnPtr column,
                              MakeConstant(values_[i], origin.field.type, batch->num_rows, pool));
        columns.push_back(std::move(column));
      }
    }
    batch->columns = std::move(columns);
    return Status::OK();
  }

 private:
  const std::vector<ColumnOrigin>* columns_ = nullptr;  // The table's.
  std::vector<Value> values_;
};

class FileSplitReader : public SplitReader {
 public:
  FileSplitReader(std::shared_ptr<const FileTable> table, std::string id, SplitPosition position,
                  ColumnAssembler assembler)
      : table_(std::move(table)),
        id_(std::move(id)),
        position_(std::move(position)),
        assembler_(std::move(assembler)),
        bad_records_(table_->bad_records, position_.path, table_->context.environment) {}

  Status Open() {
    std::unique_ptr<ReadableFile> file;
    bool is_input = IsStandardInput(position_.path);
    WEIR_ASSIGN_OR_RETURN(
        file, table_->context.environment->files->OpenForRead(is_input ? "-" : position_.path));
    if (table_->format->is_bulk()) {
      if (is_input)
        return Unsupported("reading the format '{}' from standard input is not supported yet",
                           table_->format->name());
      BulkReadSpec spec{table_->read_schema, table_->format_options,
                        table_->filters,     position_.path,
                        position_.begin,     position_.end == kWholeFile ? -1 : position_.end,
                        position_.rows,      table_->context.time_zone};
      WEIR_ASSIGN_OR_RETURN(
          bulk_, table_->format->OpenBulkReader(std::move(file), spec, table_->context.pool));
      return Status::OK();
    }
    RecordRange range;
    range.end = position_.end;
    range.skip_rows = 0;
    if (position_.next >= 0) {
      range.begin = position_.next;
      if (position_.next == 0)
        range.skip_rows = position_.rows;  // A whole-stream file counts rows.
    } else if (position_.begin > 0) {
      range.begin = position_.begin - 1;
      range.skip_partial = true;
    }
    std::unique_ptr<ByteStream> stream;
    if (is_input) {
      WEIR_ASSIGN_OR_RETURN(std::string head, table_->standard_input->Take());
      stream = MakeLiveStream(std::move(file), std::move(head));
    } else {
      WEIR_ASSIGN_OR_RETURN(stream, OpenByteStream(std::move(file), position_.path, range.begin));
    }
    DecodeSpec spec{table_->file_schema, table_->read_schema, table_->format_options,
                    table_->context.time_zone};
    WEIR_ASSIGN_OR_RETURN(auto decoder, table_->format->MakeDecoder(spec));
    records_ = std::make_unique<RecordReader>(std::move(stream), std::move(decoder), range,
                                              table_->record_bytes_max, &bad_records_);
    return Status::OK();
  }

  Result<ReadState> Read(int64_t rows_max, arrow::MemoryPool* pool, Batch* out) override {
    if (table_->limit)
      rows_max = std::min(rows_max, std::max<int64_t>(*table_->limit - rows_given_, 1));
    bool at_end = false;
    if (bulk_ != nullptr) {
      WEIR_ASSIGN_OR_RETURN(*out, bulk_->Read(rows_max, pool));
      at_end = out->num_rows == 0;
    } else {
      auto batch = records_->Read(rows_max, pool, &at_end);
      if (!batch.ok()) return Named(batch.status());
      *out = std::move(batch).ValueUnsafe();
    }
    WEIR_RETURN_NOT_OK(assembler_.Assemble(out, pool));
    rows_given_ += out->num_rows;
    at_end |= table_->limit && rows_given_ >= *table_->limit;
    if (!at_end) return ReadState::kMore;
    WEIR_RETURN_NOT_OK(bad_records_.Finish());
    return ReadState::kEnd;
  }

  Result<SourceSplit> Position() override {
    SplitPosition position = position_;
    if (bulk_ != nullptr) {
      position.rows = bulk_->rows_done();
    } else if (records_->is_whole_stream()) {
      position.next = 0;
      position.rows += records_->rows_done();
    } else {
      position.next = records_->position();
    }
    return SourceSplit{id_, position.ToString()};
  }
  int64_t bytes_read() const override {
    return bulk_ != nullptr ? bulk_->bytes_read() : records_->bytes_read();
  }
  int64_t records_skipped() const override { return bad_records_.count(); }

 private:
  // Errors that do not name the file yet.
  Status Named(const Status& status) const {
    if (status.message().find("'" + position_.path + "'") != std::string::npos) return status;
    return WithContext(status, fmt::format("'{}'", position_.path));
  }

  std::shared_ptr<const FileTable> table_;
  std::string id_;
  SplitPosition position_;
  ColumnAssembler assembler_;
  FileBadRecords bad_records_;
  std::unique_ptr<RecordReader> records_;
  std::unique_ptr<BulkReader> bulk_;
  int64_t rows_given_ = 0;
};

class FileSource : public Source {
 public:
  FileSource(FileTable table, std::vector<std::map<std::string, std::string>> partitions,
             bool keep_order, int64_t interval_micros)
      : table_(std::make_shared<const FileTable>(std::move(table))),
        partitions_(std::move(partitions)),
        keep_order_(keep_order),
        interval_micros_(interval_micros) {}

  bool is_bounded() const override { return interval_micros_ == 0; }

  Result<std::vector<SourceSplit>> Discover(int parallelism) override {
    std::vector<SourceSplit> splits;
    int64_t now = table_->context.environment->clock->MonotonicMicros();
    if (discovered_ && (is_bounded() || now < next_look_)) return splits;
    discovered_ = true;
    next_look_ = now + interval_micros_;
    WEIR_ASSIGN_OR_RETURN(auto files, Files());
    int64_t total = 0;
    for (const InputFile& file : files) total += file.size_bytes;
    int64_t target =
        std::clamp(total / std::max(4 * parallelism, 1), kSplitBytesMin, kSplitBytesMax);
    for (const InputFile& file : files) {
      if (!seen_.insert(file.path).second) continue;
      WEIR_RETURN_NOT_OK(
          AddSplits(file, parallelism > 1 && !keep_order_ ? target : kWholeFile, &splits));
    }
    return splits;
  }

  Result<std::unique_ptr<SplitReader>> OpenSplit(const SourceSplit& split) override {
    WEIR_ASSIGN_OR_RETURN(SplitPosition position, SplitPosition::Parse(split.position));
    InputFile file{position.path, 0, 0, {}};
    if (!IsStandardInput(position.path)) {
      WEIR_ASSIGN_OR_RETURN(FileInfo info, table_->context.environment->files->Stat(position.path));
      if (info.is_directory) return InvalidData("'{}' is a directory, not a file", position.path);
      file.size_bytes = info.size_bytes;
      file.modified_micros = info.modified_micros;
      file.partition = PartitionOf(position.path);
    }
    WEIR_ASSIGN_OR_RETURN(ColumnAssembler assembler, ColumnAssembler::Make(*table_, file));
    auto reader = std::make_unique<FileSplitReader>(table_, split.id, std::move(position),
                                                    std::move(assembler));
    WEIR_RETURN_NOT_OK(reader->Open());
    return reader;
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
  Result<std::vector<InputFile>> Files() const {
    if (IsStandardInput(table_->path)) return std::vector<InputFile>{{table_->path, 0, 0, {}}};
    WEIR_ASSIGN_OR_RETURN(auto files, ListFiles(table_->path, table_->context.partition_keys,
                                                table_->context.environment->files));
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
  std::map<std::string, std::string> PartitionOf(const std::string& path) const {
    std::map<std::string, std::string> partition;
    for (const std::string& key : table_->context.partition_keys) {
      size_t at = path.rfind("/" + key + "=");
      if (at == std::string::npos) continue;
      size_t begin = at + key.size() + 2;
      partition[key] =
          UnescapePartition(std::string_view(path).substr(begin, path.find('/', begin) - begin));
    }
    return partition;
  }
  Result<BulkFileInfo> Inspect(const InputFile& file) const {
    WEIR_ASSIGN_OR_RETURN(std::shared_ptr<ReadableFile> opened,
                          table_->context.environment->files->OpenForRead(file.path));
    BulkReadSpec spec;
    spec.path = file.path;
    return table_->format->InspectBulk(std::move(opened), spec);
  }

  Status AddSplits(const InputFile& file, int64_t target, std::vector<SourceSplit>* splits) const {
    auto add = [&](int64_t begin, int64_t end) {
      std::string id =
          begin == 0 && end == kWholeFile ? file.path : fmt::format("{}:{}", file.path, begin);
      splits->push_back({std::move(id), SplitPosition{begin, end, -1, 0, file.path}.ToString()});
    };
    if (target == kWholeFile || file.size_bytes <= target || IsStandardInput(file.path)) {
      add(0, kWholeFile);
      return Status::OK();
    }
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
    WEIR_ASSIGN_OR_RETURN(auto opened, table_->context.environment->files->OpenForRead(file.path));
    uint8_t head[64];
    WEIR_ASSIGN_OR_RETURN(int64_t got, opened->ReadAt(0, sizeof(head), head));
    std::string_view text(reinterpret_cast<const char*>(head), static_cast<size_t>(got));
    size_t first = text.find_first_not_of("\xEF\xBB\xBF \t\r\n");
    return first == std::string_view::npos || text[first] != '[';
  }

  std::shared_ptr<const FileTable> table_;
  std::vector<std::map<std::string, std::string>> partitions_;
  bool keep_order_;
  int64_t interval_micros_;  // 0: bounded.
  bool discovered_ = false;
  int64_t next_look_ = 0;
  std::set<std::string> seen_;
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
  WEIR_ASSIGN_OR_RETURN(files.bad_records, ReadBadRecordPolicy(table, files.format_options));
  WEIR_ASSIGN_OR_RETURN(files.record_bytes_max,
                        table.options.GetBytes("max-record-bytes", kRecordBytesMax));
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
  return std::make_unique<FileSource>(std::move(files), request.partitions, request.keep_order,
                                      interval);
}

}  // namespace weir
