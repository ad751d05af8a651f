// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Drives a RecordDecoder over a stream of bytes: cuts it into blocks, carries incomplete records
// over, keeps to a byte range, and gives batches.
//   range [begin, end): the records that begin in it. The reader starts behind the first line end
//   at or after begin - 1 and stops behind the first line end at or after end - 1, so that
//   neighbouring ranges meet without gap or overlap.
// Threads: one.
#pragma once

#include <limits>
#include <memory>

#include "weir/format/format.h"

namespace weir {

/// Bytes one after the other, decompressed.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Up to `length` bytes; 0 only at the end.
  virtual Result<int64_t> Read(int64_t length, uint8_t* out) = 0;
  /// Passes over `length` bytes.
  virtual Status Skip(int64_t length);
  /// Whether a read may wait for another process (standard input): then batches do not wait to be
  /// full.
  virtual bool is_live() const { return false; }
};

struct RecordRange {
  int64_t begin = 0;  // Offset in the stream at which `stream` stands.
  int64_t end = std::numeric_limits<int64_t>::max();
  bool skip_partial = false;  // `begin` may lie within a record, of which the rest is passed over.
  int64_t skip_rows = 0;      // Rows of a whole-stream file that were read before.
};

class RecordReader {
 public:
  RecordReader(std::unique_ptr<ByteStream> stream, std::unique_ptr<RecordDecoder> decoder,
               RecordRange range, int64_t record_bytes_max, BadRecordHandler* bad_records);
  /// Reads up to `rows_max` rows. `*at_end`: nothing follows.
  Result<Batch> Read(int64_t rows_max, arrow::MemoryPool* pool, bool* at_end);
  /// Where the next record begins; for whole-stream files rows_done is the position.
  int64_t position() const;
  int64_t rows_done() const { return rows_done_; }
  bool is_whole_stream() const { return decoder_->needs_whole_stream(); }
  int64_t bytes_read() const { return bytes_read_; }

 private:
  Status FillBlock(arrow::MemoryPool* pool);
  Status NextBlock(arrow::MemoryPool* pool);
  Status DropLongRecord(arrow::MemoryPool* pool);
  Result<bool> ReadMore(int64_t target_bytes);

  std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<RecordDecoder> decoder_;
  RecordRange range_;
  int64_t record_bytes_max_;
  BadRecordHandler* bad_records_;  // The caller's.
  std::shared_ptr<arrow::Buffer> buffer_;
  int64_t capacity_ = 0;       // Of buffer_, without padding.
  int64_t start_ = 0;          // First byte of buffer_ not yet decoded.
  int64_t filled_ = 0;         // Bytes of buffer_ that hold data.
  int64_t buffer_offset_ = 0;  // Stream offset of buffer_[0].
  bool has_block_ = false;
  bool stream_ended_ = false;
  bool finished_ = false;
  int64_t bytes_read_ = 0;
  int64_t rows_done_ = 0;
};

}  // namespace weir
