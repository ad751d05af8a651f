// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/format/record_reader.h"

#include <algorithm>
#include <cstring>

namespace weir {
namespace {

// Small enough to stay in a core's second-level cache from the read to the last look at a string.
constexpr int64_t kBlockBytes = 256 << 10;
constexpr int64_t kWholeStreamBytesMax = int64_t{1} << 30;

}  // namespace

Status ByteStream::Skip(int64_t length) {
  std::vector<uint8_t> scratch(static_cast<size_t>(std::min<int64_t>(length, 256 << 10)));
  while (length > 0) {
    WEIR_ASSIGN_OR_RETURN(
        int64_t got,
        Read(std::min<int64_t>(length, static_cast<int64_t>(scratch.size())), scratch.data()));
    if (got == 0) return InvalidData("the file is shorter than when it was read before");
    length -= got;
  }
  return Status::OK();
}

RecordReader::RecordReader(std::unique_ptr<ByteStream> stream,
                           std::unique_ptr<RecordDecoder> decoder, RecordRange range,
                           int64_t record_bytes_max, BadRecordHandler* bad_records)
    : stream_(std::move(stream)),
      decoder_(std::move(decoder)),
      range_(range),
      record_bytes_max_(record_bytes_max),
      bad_records_(bad_records),
      buffer_offset_(range.begin) {}

int64_t RecordReader::position() const {
  return buffer_offset_ + start_ + (has_block_ ? decoder_->consumed() : 0);
}

// Reads until buffer_ holds `target_bytes` or the stream ends (a live stream: until there is
// anything). True: got some.
Result<bool> RecordReader::ReadMore(int64_t target_bytes) {
  bool got_any = false;
  while (!stream_ended_ && filled_ < target_bytes) {
    WEIR_ASSIGN_OR_RETURN(int64_t got,
                          stream_->Read(target_bytes - filled_, buffer_->mutable_data() + filled_));
    if (got == 0) {
      stream_ended_ = true;
      break;
    }
    filled_ += got;
    bytes_read_ += got;
    got_any = true;
    if (stream_->is_live()) break;
  }
  return got_any;
}

// A new buffer: what is left of the old one, then more of the stream.
Status RecordReader::FillBlock(arrow::MemoryPool* pool) {
  int64_t left = filled_ - start_;
  int64_t capacity = kBlockBytes;
  while (capacity < left * 2) capacity *= 2;
  // No larger than the longest record, so that a longer one never fits.
  if (!decoder_->needs_whole_stream())
    capacity = std::min(capacity, std::max<int64_t>(kBlockBytes, record_bytes_max_ + 1));
  WEIR_ASSIGN_OR_RETURN(auto buffer, AllocateBuffer(capacity + kBlockPadding, pool));
  if (left > 0)
    std::memcpy(buffer->mutable_data(), buffer_->data() + start_, static_cast<size_t>(left));
  buffer_offset_ += start_;
  buffer_ = std::move(buffer);
  capacity_ = capacity;
  start_ = 0;
  filled_ = left;
  WEIR_RETURN_NOT_OK(ReadMore(capacity).status());
  std::memset(buffer_->mutable_data() + filled_, 0, kBlockPadding);
  return Status::OK();
}

// The rest of a record that is too long to be one.
Status RecordReader::DropLongRecord(arrow::MemoryPool* pool) {
  BadRecord record;
  record.stream_offset = buffer_offset_ + start_;
  record.bytes = {reinterpret_cast<const char*>(buffer_->data()) + start_,
                  static_cast<size_t>(std::min<int64_t>(256, filled_ - start_))};
  record.reason =
      fmt::format("the record is longer than {} bytes ('max-record-bytes')", record_bytes_max_);
  WEIR_RETURN_NOT_OK(bad_records_->OnBadRecord(record));
  while (true) {
    const void* found =
        std::memchr(buffer_->data() + start_, '\n', static_cast<size_t>(filled_ - start_));
    if (found != nullptr) {
      start_ = static_cast<const uint8_t*>(found) - buffer_->data() + 1;
      return Status::OK();
    }
    start_ = filled_;
    if (stream_ended_) return Status::OK();
    WEIR_RETURN_NOT_OK(FillBlock(pool));
  }
}

// Hands the decoder the next block with a whole record in it, or finishes.
Status RecordReader::NextBlock(arrow::MemoryPool* pool) {
  if (has_block_) {
    start_ += decoder_->consumed();
    has_block_ = false;
  }
  while (!finished_) {
    if (buffer_offset_ + start_ >= range_.end) {
      finished_ = true;
      break;
    }
    if (!stream_ended_) WEIR_RETURN_NOT_OK(FillBlock(pool));
    const auto* bytes = reinterpret_cast<const char*>(buffer_->data());
    if (range_.skip_partial && filled_ > start_) {
      const void* found = std::memchr(bytes + start_, '\n', static_cast<size_t>(filled_ - start_));
      start_ = found == nullptr ? filled_ : static_cast<const char*>(found) - bytes + 1;
      range_.skip_partial = found == nullptr;
      if (found == nullptr && !stream_ended_) continue;
      if (buffer_offset_ + start_ >= range_.end) continue;
    }
    if (start_ == filled_ && stream_ended_) {
      finished_ = true;
      break;
    }
    ByteBlock block{buffer_, bytes + start_, filled_ - start_, buffer_offset_ + start_,
                    stream_ended_};
    // The last record is the one whose line end is the first at or after end - 1.
    int64_t past = range_.end - 1 - (buffer_offset_ + start_);
    if (past < block.size) {
      const void* found =
          std::memchr(block.data + past, '\n', static_cast<size_t>(block.size - past));
      if (found != nullptr) {
        block.size = static_cast<const char*>(found) - block.data + 1;
        block.is_last = true;
      }
    }
    WEIR_RETURN_NOT_OK(decoder_->SetBlock(block));
    if (decoder_->consumed() > 0 || !decoder_->block_done() || block.is_last) {
      has_block_ = true;
      break;
    }
    // Not one whole record: more bytes are needed, up to the limit.
    if (decoder_->needs_whole_stream()) {
      if (block.size >= kWholeStreamBytesMax)
        return ResourceExhausted(
            "a JSON array of more than 1 GiB in one file is not supported; write one object a "
            "line");
    } else if (block.size > record_bytes_max_) {
      WEIR_RETURN_NOT_OK(DropLongRecord(pool));
    }
  }
  return Status::OK();
}

Result<Batch> RecordReader::Read(int64_t rows_max, arrow::MemoryPool* pool, bool* at_end) {
  while (true) {
    WEIR_RETURN_NOT_OK(decoder_->BeginBatch(rows_max, pool));
    while (!finished_ && decoder_->num_rows() < rows_max) {
      if (!has_block_ || decoder_->block_done()) {
        bool stop = stream_->is_live() && decoder_->num_rows() > 0;
        if (stop) break;
        WEIR_RETURN_NOT_OK(NextBlock(pool));
        if (!has_block_) break;
      }
      WEIR_RETURN_NOT_OK(decoder_->Decode(bad_records_));
      if (decoder_->block_done() && stream_ended_ && start_ + decoder_->consumed() >= filled_)
        finished_ = true;
    }
    *at_end = finished_;
    int64_t rows = decoder_->num_rows();
    WEIR_ASSIGN_OR_RETURN(Batch batch, decoder_->FinishBatch());
    rows_done_ += rows;
    if (range_.skip_rows == 0) return batch;
    int64_t skipped = std::min(range_.skip_rows, rows);
    range_.skip_rows -= skipped;
    if (skipped < rows || finished_) return SliceBatch(batch, skipped, rows - skipped, pool);
  }
}

}  // namespace weir
