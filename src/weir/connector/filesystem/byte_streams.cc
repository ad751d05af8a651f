// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/filesystem/byte_streams.h"

#include <arrow/util/compression.h>

#include <algorithm>
#include <cstring>

namespace weir {
namespace {

constexpr int64_t kCompressedBytes = 256 << 10;

bool EndsWith(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() && text.substr(text.size() - ending.size()) == ending;
}

Result<arrow::Compression::type> CompressionOf(std::string_view path) {
  if (EndsWith(path, ".gz") || EndsWith(path, ".gzip")) return arrow::Compression::GZIP;
  if (EndsWith(path, ".zst") || EndsWith(path, ".zstd")) return arrow::Compression::ZSTD;
  if (EndsWith(path, ".bz2")) return arrow::Compression::BZ2;
  if (EndsWith(path, ".xz")) return Unsupported("xz compression ('{}') is not supported yet", path);
  if (EndsWith(path, ".deflate"))
    return Unsupported("deflate compression ('{}') is not supported yet", path);
  return arrow::Compression::UNCOMPRESSED;
}

class FileStream : public ByteStream {
 public:
  FileStream(std::unique_ptr<ReadableFile> file, int64_t offset)
      : file_(std::move(file)), offset_(offset) {}
  Result<int64_t> Read(int64_t length, uint8_t* out) override {
    WEIR_ASSIGN_OR_RETURN(int64_t got, file_->ReadAt(offset_, length, out));
    offset_ += got;
    return got;
  }
  Status Skip(int64_t length) override {
    offset_ += length;
    return Status::OK();
  }

 private:
  std::unique_ptr<ReadableFile> file_;
  int64_t offset_;
};

class DecompressingStream : public ByteStream {
 public:
  DecompressingStream(std::unique_ptr<ReadableFile> file, std::string path,
                      std::unique_ptr<arrow::util::Codec> codec,
                      std::shared_ptr<arrow::util::Decompressor> decompressor)
      : file_(std::move(file)),
        path_(std::move(path)),
        codec_(std::move(codec)),
        decompressor_(std::move(decompressor)),
        input_(static_cast<size_t>(kCompressedBytes)) {}

  Result<int64_t> Read(int64_t length, uint8_t* out) override {
    while (true) {
      if (begin_ == end_ && !file_ended_) {
        WEIR_ASSIGN_OR_RETURN(end_, file_->ReadAt(file_offset_, kCompressedBytes, input_.data()));
        file_offset_ += end_;
        begin_ = 0;
        file_ended_ = end_ == 0;
      }
      if (decompressor_->IsFinished()) {
        if (begin_ == end_ && file_ended_) return int64_t{0};
        if (begin_ == end_) continue;
        // Another member follows, or padding with zeros, which gzip files may end with.
        if (std::all_of(input_.begin() + begin_, input_.begin() + end_,
                        [](uint8_t c) { return c == 0; })) {
          begin_ = end_;
          continue;
        }
        WEIR_RETURN_NOT_OK(Named(decompressor_->Reset()));
        in_member_ = false;
      }
      if (begin_ == end_ && file_ended_ && !in_member_) return int64_t{0};
      auto step = decompressor_->Decompress(end_ - begin_, input_.data() + begin_, length, out);
      if (!step.ok()) return Named(step.status());
      in_member_ |= step->bytes_read > 0;
      begin_ += step->bytes_read;
      if (step->bytes_written > 0) return step->bytes_written;
      if (decompressor_->IsFinished()) continue;
      if (begin_ == end_ && file_ended_) {
        return InvalidData("'{}' is cut off: its compressed data ends at byte {} within a member",
                           path_, file_offset_);
      }
      if (step->bytes_read == 0 && begin_ < end_)
        return Named(Status::IOError("the decompressor makes no progress"));
    }
  }

 private:
  Status Named(const Status& status) const {
    if (status.ok()) return status;
    return InvalidData("'{}' cannot be decompressed at byte {}: {}", path_,
                       file_offset_ - (end_ - begin_), status.message());
  }

  std::unique_ptr<ReadableFile> file_;
  std::string path_;
  std::unique_ptr<arrow::util::Codec> codec_;
  std::shared_ptr<arrow::util::Decompressor> decompressor_;
  std::vector<uint8_t> input_;
  int64_t begin_ = 0, end_ = 0;  // Of input_: compressed bytes not yet taken.
  int64_t file_offset_ = 0;
  bool file_ended_ = false;
  bool in_member_ = false;  // The decompressor has taken a part of a member.
};

class LiveStream : public ByteStream {
 public:
  LiveStream(std::unique_ptr<ReadableFile> file, std::string head)
      : file_(std::move(file)), head_(std::move(head)) {}
  Result<int64_t> Read(int64_t length, uint8_t* out) override {
    if (taken_ < head_.size()) {
      int64_t size = std::min(length, static_cast<int64_t>(head_.size() - taken_));
      std::memcpy(out, head_.data() + taken_, static_cast<size_t>(size));
      taken_ += static_cast<size_t>(size);
      return size;
    }
    return file_->Read(length, out);
  }
  bool is_live() const override { return true; }

 private:
  std::unique_ptr<ReadableFile> file_;
  std::string head_;
  size_t taken_ = 0;
};

}  // namespace

bool IsCompressed(std::string_view path) {
  auto type = CompressionOf(path);
  return !type.ok() || *type != arrow::Compression::UNCOMPRESSED;
}

Result<std::unique_ptr<ByteStream>> OpenByteStream(std::unique_ptr<ReadableFile> file,
                                                   const std::string& path, int64_t offset) {
  WEIR_ASSIGN_OR_RETURN(auto type, CompressionOf(path));
  if (type == arrow::Compression::UNCOMPRESSED) {
    if (!file->Size().ok()) return MakeLiveStream(std::move(file), {});  // A pipe.
    return std::make_unique<FileStream>(std::move(file), offset);
  }
  WEIR_ASSIGN_OR_RETURN(auto codec, arrow::util::Codec::Create(type));
  WEIR_ASSIGN_OR_RETURN(auto decompressor, codec->MakeDecompressor());
  auto stream = std::make_unique<DecompressingStream>(std::move(file), path, std::move(codec),
                                                      std::move(decompressor));
  if (offset > 0) WEIR_RETURN_NOT_OK(stream->Skip(offset));
  return stream;
}

std::unique_ptr<ByteStream> MakeLiveStream(std::unique_ptr<ReadableFile> file, std::string head) {
  return std::make_unique<LiveStream>(std::move(file), std::move(head));
}

}  // namespace weir
