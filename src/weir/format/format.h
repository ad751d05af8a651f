// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Formats: bytes <-> batches. One format = its own files and one line in format/all_formats.cc.
// Options are data, without the prefix that they have in a table ('json.ignore-parse-errors' is
// "ignore-parse-errors" here).
//
// Two families:
//   record formats (json, csv, raw)  a RecordDecoder takes blocks of bytes and appends rows to
//   columns; RecordReader
//                                    (record_reader.h) drives it over a stream. A RecordEncoder
//                                    appends bytes.
//   bulk formats (parquet)           a BulkReader reads whole files, a BulkWriter writes them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/base/environment.h"
#include "weir/base/options.h"
#include "weir/data/batch.h"

namespace weir {

/// Bytes that may be read past the end of a block: decoders load whole words.
inline constexpr int64_t kBlockPadding = 64;

/// A piece of a stream in memory.
struct ByteBlock {
  BufferPtr buffer;            // Keeps `data` alive; strings of decoded columns may point into it.
  const char* data = nullptr;  // Followed by kBlockPadding readable bytes.
  int64_t size = 0;
  int64_t stream_offset = 0;  // Of data[0].
  bool is_last = false;       // Nothing follows: the last record needs no line end.
};

/// Why a record cannot be a row.
struct BadRecord {
  int64_t stream_offset = 0;  // Of the byte at fault.
  std::string_view bytes;     // The record.
  std::string column;         // Empty: the record as a whole.
  std::string reason;
};

/// What to do with bad records: fail (the error returned), or go on without the row (OK).
class BadRecordHandler {
 public:
  virtual ~BadRecordHandler() = default;
  virtual Status OnBadRecord(const BadRecord& record) = 0;
};

struct DecodeSpec {
  Schema table_schema;  // All columns that lie in the records, in order.
  Schema requested;     // Those to produce: a subset by name; ROWs may have lost fields.
  Options options;      // Of the format, without prefix.
  std::string time_zone = "UTC";
};

/// Turns blocks of records into columns. SetBlock, then BeginBatch / Decode / FinishBatch in any
/// rhythm: a batch may span blocks, a block may fill several batches. Threads: one.
class RecordDecoder {
 public:
  virtual ~RecordDecoder() = default;
  /// The next bytes; the block before must be used up. What `consumed` leaves must be handed in
  /// again, with more.
  virtual Status SetBlock(const ByteBlock& block) = 0;
  virtual Status BeginBatch(int64_t rows_max, arrow::MemoryPool* pool) = 0;
  /// Appends rows until the batch is full or the block holds no whole record any more (then
  /// `block_done`).
  virtual Status Decode(BadRecordHandler* bad_records) = 0;
  virtual bool block_done() const = 0;
  virtual int64_t consumed() const = 0;
  /// The stream must be handed in as one block (a JSON array over a whole file).
  virtual bool needs_whole_stream() const { return false; }
  virtual int64_t num_rows() const = 0;
  virtual Result<Batch> FinishBatch() = 0;
};

struct EncodeSpec {
  Schema schema;
  Options options;
  std::string time_zone = "UTC";
};

/// Threads: one.
class RecordEncoder {
 public:
  virtual ~RecordEncoder() = default;
  /// What a file begins with (a header line), if anything.
  virtual std::string FileHeader() const { return {}; }
  /// Appends one record, with its line end, for each row. Row kinds are not written.
  virtual Status Encode(const Batch& batch, std::string* out) = 0;
};

/// A literal comparison that may skip row groups. See PushedFilter in connector/connector.h.
struct BulkFilter {
  enum class Op : uint8_t {
    kEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kIsNull,
    kIsNotNull,
    kIn
  };
  std::string column;  // Dotted below ROWs.
  Op op = Op::kEqual;
  std::vector<Value> values;
};

struct BulkReadSpec {
  Schema requested;
  Options options;
  std::vector<BulkFilter> filters;
  std::string path;                         // For messages.
  int64_t first_group = 0, end_group = -1;  // Row groups to read; -1: all.
  int64_t skip_rows = 0;  // Rows of the range already read before (restored positions).
  std::string time_zone = "UTC";
};

class BulkReader {
 public:
  virtual ~BulkReader() = default;
  /// Reads up to `rows_max` rows; 0 rows at the end.
  virtual Result<Batch> Read(int64_t rows_max, arrow::MemoryPool* pool) = 0;
  virtual int64_t bytes_read() const { return 0; }
  /// Rows of the range that were passed over or read: BulkReadSpec::skip_rows of a reader that goes
  /// on here.
  virtual int64_t rows_done() const = 0;
};

/// What is known of a bulk file without reading its rows.
struct BulkFileInfo {
  Schema schema;
  Status schema_error;  // Why `schema` is empty.
  int64_t num_rows = 0;
  std::vector<int64_t> group_rows;
  std::vector<int64_t> group_bytes;
};

class BulkWriter {
 public:
  virtual ~BulkWriter() = default;
  virtual Status Write(const Batch& batch) = 0;
  /// Writes what ends the file; the WritableFile is not closed.
  virtual Status Finish() = 0;
};

class Format {
 public:
  virtual ~Format() = default;
  virtual const std::string& name() const = 0;
  virtual std::string description() const = 0;
  virtual const std::vector<OptionSpec>& options() const = 0;
  virtual bool is_bulk() const { return false; }
  /// Whether a record ends at every line end, so that a reader may begin in the middle of a file.
  virtual bool splits_at_lines(const Options& options) const { return false; }

  virtual Result<std::unique_ptr<RecordDecoder>> MakeDecoder(const DecodeSpec& spec) const;
  virtual Result<std::unique_ptr<RecordEncoder>> MakeEncoder(const EncodeSpec& spec) const;
  virtual Result<BulkFileInfo> InspectBulk(std::shared_ptr<ReadableFile> file,
                                           const BulkReadSpec& spec) const;
  virtual Result<std::unique_ptr<BulkReader>> OpenBulkReader(std::shared_ptr<ReadableFile> file,
                                                             const BulkReadSpec& spec,
                                                             arrow::MemoryPool* pool) const;
  virtual Result<std::unique_ptr<BulkWriter>> OpenBulkWriter(WritableFile* file,
                                                             const EncodeSpec& spec,
                                                             arrow::MemoryPool* pool) const;
  /// Columns of a record file from its first bytes. `is_whole`: nothing follows them.
  /// Errors: kInvalidData when nothing can be told.
  virtual Result<Schema> InferSchema(std::string_view sample, bool is_whole,
                                     const Options& options) const;
};

/// All formats, in the order of their names.
const std::vector<const Format*>& BuiltinFormats();
/// Null when there is none.
const Format* FindFormat(std::string_view name);
/// Errors: kInvalidQuery with the nearest name; kUnsupported for known formats to come.
Result<const Format*> LookupFormat(std::string_view name);
/// The format that a file name's ending stands for ("x.csv.gz" -> csv); empty when unknown.
std::string FormatOfPath(std::string_view path);

}  // namespace weir
