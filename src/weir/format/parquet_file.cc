// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/format/parquet_file.h"

#include <arrow/buffer.h>

namespace weir {
namespace {

class ArrowFile : public arrow::io::RandomAccessFile {
 public:
  ArrowFile(std::shared_ptr<ReadableFile> file, arrow::MemoryPool* pool)
      : file_(std::move(file)), pool_(pool) {
    set_mode(arrow::io::FileMode::READ);
  }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Seek(int64_t position) override {
    position_ = position;
    return arrow::Status::OK();
  }
  arrow::Result<int64_t> GetSize() override { return file_->Size(); }
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t bytes, void* out) override {
    return file_->ReadAt(position, bytes, static_cast<uint8_t*>(out));
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t bytes) override {
    // A damaged footer may ask for any length.
    WEIR_ASSIGN_OR_RETURN(int64_t size, file_->Size());
    bytes = std::max<int64_t>(0, std::min(bytes, size - position));
    WEIR_ASSIGN_OR_RETURN(auto buffer, arrow::AllocateResizableBuffer(bytes, pool_));
    WEIR_ASSIGN_OR_RETURN(int64_t got, ReadAt(position, bytes, buffer->mutable_data()));
    if (got < bytes) WEIR_RETURN_NOT_OK(buffer->Resize(got));
    return std::shared_ptr<arrow::Buffer>(std::move(buffer));
  }
  arrow::Result<int64_t> Read(int64_t bytes, void* out) override {
    WEIR_ASSIGN_OR_RETURN(int64_t got, ReadAt(position_, bytes, out));
    position_ += got;
    return got;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t bytes) override {
    WEIR_ASSIGN_OR_RETURN(auto buffer, ReadAt(position_, bytes));
    position_ += buffer->size();
    return buffer;
  }

 private:
  std::shared_ptr<ReadableFile> file_;
  arrow::MemoryPool* pool_;
  int64_t position_ = 0;
  bool closed_ = false;
};

class ArrowStream : public arrow::io::OutputStream {
 public:
  explicit ArrowStream(WritableFile* file) : file_(file) { set_mode(arrow::io::FileMode::WRITE); }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return file_->bytes_written(); }
  using arrow::io::OutputStream::Write;
  arrow::Status Write(const void* data, int64_t bytes) override {
    return file_->Append({static_cast<const char*>(data), static_cast<size_t>(bytes)});
  }

 private:
  WritableFile* file_;
  bool closed_ = false;
};

}  // namespace

std::shared_ptr<arrow::io::RandomAccessFile> ToArrowFile(std::shared_ptr<ReadableFile> file,
                                                         arrow::MemoryPool* pool) {
  return std::make_shared<ArrowFile>(std::move(file), pool);
}

std::shared_ptr<arrow::io::OutputStream> ToArrowStream(WritableFile* file) {
  return std::make_shared<ArrowStream>(file);
}

}  // namespace weir
