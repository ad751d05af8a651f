// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// 'format' = 'parquet', over Arrow's Parquet library: reads the columns and ROW fields that are
// asked for, skips row groups by their statistics, checks page checksums where there are any.
// Exceptions of the library end here.
#include <arrow/array/array_base.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/schema.h>
#include <parquet/types.h>

#include "weir/data/arrow_convert.h"
#include "weir/format/formats.h"
#include "weir/format/parquet_direct.h"
#include "weir/format/parquet_file.h"
#include "weir/format/parquet_prune.h"

namespace weir {
namespace {

using parquet::arrow::SchemaField;

constexpr int64_t kReadBytes = 256 << 10;

// Runs `body`, which may throw, and names the file in its error.
template <typename Body>
auto Guard(const std::string& path, Body&& body) -> decltype(body()) {
  Status error;
  try {
    auto result = body();
    if (result.ok()) return result;
    if constexpr (std::is_same_v<std::decay_t<decltype(result)>, Status>) {
      error = result;
    } else {
      error = result.status();
    }
    if (GetErrorInfo(error).code == ErrorCode::kResourceExhausted) return error;
  } catch (const std::bad_alloc&) {
    return ResourceExhausted("out of memory while reading '{}'", path);
  } catch (const std::exception& exception) {
    error = InvalidData("{}", exception.what());
  }
  std::string_view reason =
      error.message();  // Of the library: may begin with its own code and have several lines.
  if (reason.starts_with("Invalid: ")) reason.remove_prefix(std::string_view("Invalid: ").size());
  return InvalidData("'{}' cannot be read as Parquet: {}", path,
                     reason.substr(0, reason.find('\n')));
}

// `type`, read from Arrow's form of the schema, with VARIANT where the file says so: Arrow shows
// the struct that stores it.
DataType WithVariants(const parquet::schema::Node& node, const DataType& type) {
  if (node.logical_type() != nullptr && node.logical_type()->is_variant())
    return DataType::Variant().WithNullable(type.nullable());
  if (!node.is_group() || !type.is_nested()) return type;
  const auto& group = static_cast<const parquet::schema::GroupNode&>(node);
  if (type.kind() == TypeKind::kRow &&
      static_cast<size_t>(group.field_count()) == type.fields().size()) {
    std::vector<Field> fields = type.fields();
    for (int i = 0; i < group.field_count(); ++i) {
      Field& field = fields[static_cast<size_t>(i)];
      field.type = WithVariants(*group.field(i), field.type);
    }
    return type.WithFields(std::move(fields));
  }
  if (type.kind() == TypeKind::kArray && group.field_count() == 1 && group.field(0)->is_group()) {
    const auto& list = static_cast<const parquet::schema::GroupNode&>(*group.field(0));
    if (list.field_count() == 1)
      return DataType::Array(WithVariants(*list.field(0), type.element()))
          .WithNullable(type.nullable());
  }
  return type;
}

void AddLeaves(const SchemaField& field, std::vector<int>* leaves) {
  if (field.column_index >= 0) leaves->push_back(field.column_index);
  for (const SchemaField& child : field.children) AddLeaves(child, leaves);
}

// Leaves of `field` that `type` asks for. A ROW of which no field exists keeps one leaf, which
// tells whether it is NULL.
void SelectLeaves(const SchemaField& field, const DataType& type, std::vector<int>* leaves) {
  if (type.kind() != TypeKind::kRow || field.children.empty() ||
      field.field->type()->id() != arrow::Type::STRUCT) {
    AddLeaves(field, leaves);
    return;
  }
  size_t before = leaves->size();
  for (const Field& wanted : type.fields()) {
    for (const SchemaField& child : field.children) {
      if (child.field->name() == wanted.name) SelectLeaves(child, wanted.type, leaves);
    }
  }
  if (leaves->size() > before) return;
  std::vector<int> all;
  AddLeaves(field, &all);
  if (!all.empty()) leaves->push_back(all[0]);
}

struct OpenedFile {
  std::shared_ptr<arrow::io::RandomAccessFile> source;
  std::unique_ptr<parquet::arrow::FileReader> reader;
};

Result<OpenedFile> Open(std::shared_ptr<ReadableFile> file, const std::string& path,
                        int64_t batch_rows, arrow::MemoryPool* pool) {
  return Guard(path, [&]() -> Result<OpenedFile> {
    OpenedFile opened;
    opened.source = ToArrowFile(std::move(file), pool);
    parquet::ReaderProperties properties(pool);
    properties.set_page_checksum_verification(true);
    // Column chunks are read in pieces, not whole: memory stays flat whatever the size of a row
    // group.
    properties.enable_buffered_stream();
    properties.set_buffer_size(kReadBytes);
    auto raw = parquet::ParquetFileReader::Open(opened.source, properties);
    parquet::ArrowReaderProperties arrow_properties(/*use_threads=*/false);
    arrow_properties.set_batch_size(batch_rows);
    arrow_properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
    arrow_properties.set_pre_buffer(false);
    WEIR_ASSIGN_OR_RETURN(opened.reader,
                          parquet::arrow::FileReader::Make(pool, std::move(raw), arrow_properties));
    return opened;
  });
}

// Reads row group by row group. Columns go straight from pages to Weir's columns
// (ParquetDirectColumn) where they can, the others through Arrow's reader, the same number of rows
// at a time.
class ParquetReader : public BulkReader {
 public:
  ParquetReader(std::shared_ptr<ReadableFile> file, BulkReadSpec spec)
      : file_(std::move(file)), spec_(std::move(spec)), skip_rows_(spec_.skip_rows) {}

  Result<Batch> Read(int64_t rows_max, arrow::MemoryPool* pool) override {
    if (opened_.reader == nullptr) WEIR_RETURN_NOT_OK(Start(rows_max, pool));
    while (group_left_ == 0) {
      if (next_group_ == groups_.size()) return EmptyBatch(pool);
      WEIR_RETURN_NOT_OK(Guard(spec_.path, [&] { return StartGroup(groups_[next_group_++]); }));
    }
    return Guard(spec_.path, [&] { return ReadRows(rows_max, pool); });
  }
  int64_t bytes_read() const override { return bytes_read_; }
  int64_t rows_done() const override { return std::max(rows_done_, spec_.skip_rows); }

 private:
  // A requested column: read directly, through Arrow, or not in the file.
  struct Target {
    std::optional<ParquetDirectColumn> direct;
    bool by_arrow = false;
  };

  Status Start(int64_t rows_max, arrow::MemoryPool* pool) {
    rows_a_read_ = std::max<int64_t>(rows_max, 1);
    WEIR_ASSIGN_OR_RETURN(opened_, Open(file_, spec_.path, rows_a_read_, pool));
    return Guard(spec_.path, [&]() -> Status {
      const auto& manifest = opened_.reader->manifest();
      metadata_ = opened_.reader->parquet_reader()->metadata();
      const parquet::SchemaDescriptor& schema = *metadata_->schema();
      for (const Field& field : spec_.requested.fields) {
        Target target;
        int position = schema.group_node()->FieldIndex(field.name);
        if (position >= 0) {
          target.direct =
              ParquetDirectColumn::Plan(*schema.group_node()->field(position), field.type, schema);
          target.by_arrow = !target.direct.has_value();
        }
        if (target.by_arrow)
          SelectLeaves(manifest.schema_fields[static_cast<size_t>(position)], field.type,
                       &arrow_leaves_);
        targets_.push_back(std::move(target));
      }
      SelectGroups();
      return Status::OK();
    });
  }

  // Positions count the rows of all groups of the range, skipped ones too: they hold whatever the
  // filters are.
  void SelectGroups() {
    int64_t end = spec_.end_group < 0
                      ? metadata_->num_row_groups()
                      : std::min<int64_t>(spec_.end_group, metadata_->num_row_groups());
    for (int64_t i = spec_.first_group; i < end; ++i) groups_.push_back(static_cast<int>(i));
  }

  Status StartGroup(int index) {
    auto group = metadata_->RowGroup(index);
    int64_t rows = group->num_rows();
    if (rows < 0) return InvalidData("row group {} has {} rows", index, rows);
    if (skip_rows_ >= rows || CanSkipRowGroup(*group, spec_.requested, spec_.filters)) {
      skip_rows_ = std::max<int64_t>(skip_rows_ - rows, 0);
      rows_done_ += rows;
      return Status::OK();
    }
    bytes_read_ += group->total_byte_size();
    group_reader_ = opened_.reader->parquet_reader()->RowGroup(index);
    for (Target& target : targets_) {
      if (!target.direct) continue;
      target.direct->StartGroup(*group_reader_);
      if (skip_rows_ > 0) target.direct->Skip(skip_rows_);
    }
    arrow_batches_ = nullptr;
    arrow_rest_ = nullptr;
    if (!arrow_leaves_.empty()) {
      WEIR_ASSIGN_OR_RETURN(arrow_batches_,
                            opened_.reader->GetRecordBatchReader({index}, arrow_leaves_));
      if (skip_rows_ > 0) WEIR_RETURN_NOT_OK(ReadArrow(skip_rows_, nullptr));
    }
    group_left_ = rows - skip_rows_;
    rows_done_ += skip_rows_;
    skip_rows_ = 0;
    return Status::OK();
  }

  // The next `rows` rows of the columns that Arrow reads, as one or more pieces.
  Status ReadArrow(int64_t rows, std::vector<std::shared_ptr<arrow::RecordBatch>>* pieces) {
    while (rows > 0) {
      if (arrow_rest_ == nullptr || arrow_rest_->num_rows() == 0) {
        WEIR_RETURN_NOT_OK(arrow_batches_->ReadNext(&arrow_rest_));
        if (arrow_rest_ == nullptr)
          return InvalidData("a column has fewer values than its row group has rows");
        continue;
      }
      int64_t taken = std::min(rows, arrow_rest_->num_rows());
      if (pieces != nullptr) pieces->push_back(arrow_rest_->Slice(0, taken));
      arrow_rest_ = arrow_rest_->Slice(taken);
      rows -= taken;
    }
    return Status::OK();
  }

  Result<Batch> ReadRows(int64_t rows_max, arrow::MemoryPool* pool) {
    Batch batch;
    batch.num_rows = std::min({rows_max, group_left_, rows_a_read_});
    std::vector<std::shared_ptr<arrow::RecordBatch>> pieces;
    if (arrow_batches_ != nullptr) WEIR_RETURN_NOT_OK(ReadArrow(batch.num_rows, &pieces));
    for (size_t i = 0; i < targets_.size(); ++i) {
      const Field& field = spec_.requested[static_cast<int>(i)];
      auto column = targets_[i].direct     ? targets_[i].direct->Read(batch.num_rows, pool)
                    : targets_[i].by_arrow ? FromPieces(pieces, field, pool)
                                           : MakeNullColumn(field.type, batch.num_rows, pool);
      if (!column.ok()) return WithContext(column.status(), fmt::format("column '{}'", field.name));
      batch.columns.push_back(std::move(column).ValueUnsafe());
    }
    group_left_ -= batch.num_rows;
    rows_done_ += batch.num_rows;
    return batch;
  }

  static Result<ColumnPtr> FromPieces(
      const std::vector<std::shared_ptr<arrow::RecordBatch>>& pieces, const Field& field,
      arrow::MemoryPool* pool) {
    ColumnVector columns;
    for (const auto& piece : pieces) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr column,
                            FromArrow(piece->GetColumnByName(field.name), field.type, pool));
      columns.push_back(std::move(column));
    }
    return columns.size() == 1 ? Result<ColumnPtr>(columns[0]) : Concat(columns, pool);
  }

  Result<Batch> EmptyBatch(arrow::MemoryPool* pool) const {
    Batch batch;
    for (const Field& field : spec_.requested.fields) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr empty, MakeEmptyColumn(field.type, pool));
      batch.columns.push_back(std::move(empty));
    }
    return batch;
  }

  std::shared_ptr<ReadableFile> file_;
  BulkReadSpec spec_;
  OpenedFile opened_;
  std::shared_ptr<parquet::FileMetaData> metadata_;
  std::vector<Target> targets_;
  std::vector<int> arrow_leaves_;
  std::vector<int> groups_;
  size_t next_group_ = 0;
  std::shared_ptr<parquet::RowGroupReader> group_reader_;
  std::shared_ptr<arrow::RecordBatchReader> arrow_batches_;
  std::shared_ptr<arrow::RecordBatch> arrow_rest_;
  int64_t rows_a_read_ = 1;
  int64_t group_left_ = 0;
  int64_t skip_rows_ = 0, rows_done_ = 0, bytes_read_ = 0;
};

class ParquetWriter : public BulkWriter {
 public:
  ParquetWriter(WritableFile* file, Schema schema, arrow::MemoryPool* pool)
      : stream_(ToArrowStream(file)), schema_(std::move(schema)), pool_(pool) {}

  Status Open(const Options& options) {
    WEIR_ASSIGN_OR_RETURN(auto compression, Compression(options.GetOr("compression", "SNAPPY")));
    WEIR_ASSIGN_OR_RETURN(bool dictionary, options.GetBool("enable.dictionary", true));
    WEIR_ASSIGN_OR_RETURN(int64_t page_bytes, options.GetBytes("page.size", 1 << 20));
    WEIR_ASSIGN_OR_RETURN(bool int64_timestamps, options.GetBool("write.int64.timestamp", true));
    parquet::WriterProperties::Builder builder;
    builder.memory_pool(pool_)
        ->compression(compression)
        ->version(parquet::ParquetVersion::PARQUET_2_6)
        ->data_pagesize(page_bytes);
    builder.max_row_group_length(kGroupRows)->enable_write_page_index();
    if (!dictionary) builder.disable_dictionary();
    parquet::ArrowWriterProperties::Builder arrow_builder;
    if (!int64_timestamps) arrow_builder.enable_deprecated_int96_timestamps();
    return Caught([&]() -> Status {
      WEIR_ASSIGN_OR_RETURN(
          writer_, parquet::arrow::FileWriter::Open(*ToArrowSchema(schema_), pool_, stream_,
                                                    builder.build(), arrow_builder.build()));
      return Status::OK();
    });
  }
  Status Write(const Batch& batch) override {
    if (batch.num_rows == 0) return Status::OK();
    WEIR_ASSIGN_OR_RETURN(auto record_batch, ToArrow(batch, schema_, pool_));
    return Caught([&] { return writer_->WriteRecordBatch(*record_batch); });
  }
  Status Finish() override {
    return Caught([&] { return writer_->Close(); });
  }

 private:
  static constexpr int64_t kGroupRows = 1 << 20;

  template <typename Body>
  static Status Caught(Body&& body) {
    try {
      return body();
    } catch (const std::bad_alloc&) {
      return ResourceExhausted("out of memory while writing Parquet");
    } catch (const parquet::ParquetStatusException& exception) {
      return exception.status();
    } catch (const std::exception& exception) {
      return Unavailable("writing Parquet failed: {}", exception.what());
    }
  }
  static Result<parquet::Compression::type> Compression(std::string name) {
    for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (name == "SNAPPY") return parquet::Compression::SNAPPY;
    if (name == "ZSTD") return parquet::Compression::ZSTD;
    if (name == "GZIP") return parquet::Compression::GZIP;
    if (name == "UNCOMPRESSED") return parquet::Compression::UNCOMPRESSED;
    return Unsupported("'parquet.compression' = '{}' is not supported", name);
  }

  std::shared_ptr<arrow::io::OutputStream> stream_;
  Schema schema_;
  arrow::MemoryPool* pool_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
};

class ParquetFormat : public Format {
 public:
  const std::string& name() const override { return name_; }
  std::string description() const override { return "Apache Parquet files"; }
  bool is_bulk() const override { return true; }
  const std::vector<OptionSpec>& options() const override {
    using T = OptionType;
    static const std::vector<OptionSpec>* specs = new std::vector<OptionSpec>{
        {"compression",
         T::kEnum,
         "SNAPPY",
         "Compression of written files",
         false,
         {"SNAPPY", "ZSTD", "GZIP", "UNCOMPRESSED"}},
        {"enable.dictionary", T::kBool, "true", "Write dictionaries of frequent values"},
        {"page.size", T::kMemorySize, "1 mb", "Bytes of a written page"},
        {"block.size", T::kMemorySize, "",
         "Accepted for Flink's sake; row groups have up to 1,048,576 rows"},
        {"write.int64.timestamp", T::kBool, "true",
         "Write timestamps as 64-bit integers; false: INT96, which Flink reads within rows"},
        {"utc-timezone",
         T::kBool,
         "true",
         "Accepted when true: timestamps without zone are not shifted",
         false,
         {}},
    };
    return *specs;
  }

  Result<BulkFileInfo> InspectBulk(std::shared_ptr<ReadableFile> file,
                                   const BulkReadSpec& spec) const override {
    WEIR_ASSIGN_OR_RETURN(OpenedFile opened,
                          Open(std::move(file), spec.path, 1024, arrow::default_memory_pool()));
    return Guard(spec.path, [&]() -> Result<BulkFileInfo> {
      BulkFileInfo info;
      std::shared_ptr<arrow::Schema> schema;
      WEIR_RETURN_NOT_OK(opened.reader->GetSchema(&schema));
      auto converted = FromArrowSchema(*schema);
      info.schema_error = converted.status();
      if (converted.ok()) info.schema = std::move(converted).ValueUnsafe();
      auto metadata = opened.reader->parquet_reader()->metadata();
      const auto& root = *metadata->schema()->group_node();
      for (size_t i = 0; i < info.schema.fields.size() && root.field_count() > static_cast<int>(i);
           ++i) {
        DataType& type = info.schema.fields[i].type;
        type = WithVariants(*root.field(static_cast<int>(i)), type);
      }
      info.num_rows = metadata->num_rows();
      for (int i = 0; i < metadata->num_row_groups(); ++i) {
        auto group = metadata->RowGroup(i);
        info.group_rows.push_back(group->num_rows());
        info.group_bytes.push_back(group->total_byte_size());
      }
      return info;
    });
  }

  Result<std::unique_ptr<BulkReader>> OpenBulkReader(std::shared_ptr<ReadableFile> file,
                                                     const BulkReadSpec& spec,
                                                     arrow::MemoryPool*) const override {
    return std::make_unique<ParquetReader>(std::move(file), spec);
  }
  Result<std::unique_ptr<BulkWriter>> OpenBulkWriter(WritableFile* file, const EncodeSpec& spec,
                                                     arrow::MemoryPool* pool) const override {
    auto writer = std::make_unique<ParquetWriter>(file, spec.schema, pool);
    WEIR_RETURN_NOT_OK(writer->Open(spec.options));
    return writer;
  }

 private:
  std::string name_ = "parquet";
};

}  // namespace

std::unique_ptr<Format> MakeParquetFormat() { return std::make_unique<ParquetFormat>(); }

}  // namespace weir
