// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/filesystem/file_split_reader.h"

#include <algorithm>

#include "weir/connector/filesystem/byte_streams.h"
#include "weir/format/record_reader.h"

namespace weir {
namespace {

// Readers make room for whole columns: of very many columns, fewer rows are read at once.
constexpr int64_t kCellsMax = 4 << 20;
constexpr int64_t kRowsMin = 16;

// Lines may be appended to a text file; nothing else grows without being another file.
Growth GrowthOf(const FileTable& table, const std::string& path) {
  return table.format->is_bulk() || IsCompressed(path) ? Growth::kRefused : Growth::kAllowed;
}

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
    WEIR_ASSIGN_OR_RETURN(file, table_->files().OpenForRead(is_input ? "-" : position_.path));
    is_watched_ = !is_input && file->Size().ok();
    if (is_watched_ && position_.file.head == 0) {
      WEIR_ASSIGN_OR_RETURN(position_.file.head, HeadChecksum(table_->files(), position_.path,
                                                              position_.file.size_bytes));
    }
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
    const int64_t columns = std::max(table_->read_schema.size(), 1);
    rows_max = std::min(rows_max, std::max(kCellsMax / columns, kRowsMin));
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
    bool has_all = table_->limit && rows_given_ >= *table_->limit;
    if (!at_end && !has_all) return ReadState::kMore;
    if (!has_all) WEIR_RETURN_NOT_OK(CheckAtEnd());
    WEIR_RETURN_NOT_OK(bad_records_.Finish());
    return ReadState::kEnd;
  }

  Result<SourceSplit> Position() override {
    SplitPosition position = position_;
    if (bulk_ != nullptr) {
      position.rows = bulk_->rows_done();
    } else if (records_->is_whole_stream()) {
      position.next = 0;
      // Rows that were passed over are among those done.
      position.rows = std::max(position.rows, records_->rows_done());
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
  // What was cut off while the file was read would look like its end.
  Status CheckAtEnd() const {
    if (!is_watched_) return Status::OK();
    auto now = table_->files().Stat(position_.path);
    // A file that is deleted while it is open can still be read to its end.
    if (!now.ok() && GetErrorInfo(now.status()).code == ErrorCode::kInvalidData)
      return Status::OK();
    WEIR_RETURN_NOT_OK(now.status());
    return CheckUnchanged(table_->files(), position_.path, position_.file, *now, growth(),
                          Touching::kRefused);
  }
  Growth growth() const { return GrowthOf(*table_, position_.path); }

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
  bool is_watched_ = false;  // A file, and no stream.
};

}  // namespace

Result<std::unique_ptr<SplitReader>> OpenFileSplit(std::shared_ptr<const FileTable> table,
                                                   const SourceSplit& split) {
  WEIR_ASSIGN_OR_RETURN(SplitPosition position, SplitPosition::Parse(split.position));
  InputFile file{position.path, 0, 0, {}};
  if (!IsStandardInput(position.path)) {
    auto info = table->files().Stat(position.path);
    if (!info.ok()) {
      return WithContext(info.status(), position.is_begun()
                                            ? "a file that was read in part cannot be read on"
                                            : "a file that was found cannot be read");
    }
    if (info->is_directory) return InvalidData("'{}' is a directory, not a file", position.path);
    if (position.is_begun() || !position.is_whole_file()) {
      WEIR_RETURN_NOT_OK(CheckUnchanged(table->files(), position.path, position.file, *info,
                                        GrowthOf(*table, position.path), Touching::kAllowed));
    }
    position.file.size_bytes = info->size_bytes;
    position.file.modified_micros = info->modified_micros;
    file.size_bytes = info->size_bytes;
    file.modified_micros = info->modified_micros;
    file.partition = PartitionOfPath(position.path, table->context.partition_keys);
  }
  WEIR_ASSIGN_OR_RETURN(ColumnAssembler assembler, ColumnAssembler::Make(*table, file));
  auto reader = std::make_unique<FileSplitReader>(std::move(table), split.id, std::move(position),
                                                  std::move(assembler));
  WEIR_RETURN_NOT_OK(reader->Open());
  return std::unique_ptr<SplitReader>(std::move(reader));
}

}  // namespace weir
