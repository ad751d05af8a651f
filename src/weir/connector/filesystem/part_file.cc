// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/filesystem/part_file.h"

#include "weir/base/check.h"

namespace weir {
namespace {

constexpr size_t kBufferBytes = 256 << 10;

}  // namespace

PartFile::PartFile(const SinkTable& table, Names names) : table_(table), names_(std::move(names)) {}

Status PartFile::Open() {
  Clock* clock = table_.environment().clock;
  opened_micros_ = written_micros_ = clock->MonotonicMicros();
  created_micros_ = clock->WallMicros();
  WEIR_ASSIGN_OR_RETURN(file_, table_.files().OpenForWrite(names_.temporary));
  EncodeSpec spec = table_.encode_spec();
  if (table_.format->is_bulk()) {
    WEIR_ASSIGN_OR_RETURN(bulk_,
                          table_.format->OpenBulkWriter(file_.get(), spec, table_.context.pool));
    return Status::OK();
  }
  WEIR_ASSIGN_OR_RETURN(encoder_, table_.format->MakeEncoder(spec));
  buffer_ = encoder_->FileHeader();
  return Status::OK();
}

Status PartFile::Write(const Batch& batch) {
  if (bulk_ != nullptr) return bulk_->Write(batch);
  WEIR_RETURN_NOT_OK(encoder_->Encode(batch, &buffer_));
  return buffer_.size() >= kBufferBytes ? Flush() : Status::OK();
}

Status PartFile::Flush() {
  if (buffer_.empty()) return Status::OK();
  WEIR_RETURN_NOT_OK(file_->Append(buffer_));
  buffer_.clear();
  return Status::OK();
}

Status PartFile::Persist() {
  WEIR_CHECK(bulk_ == nullptr, "a bulk file is valid only when it is finished");
  WEIR_RETURN_NOT_OK(Flush());
  return file_->Sync();
}

Status PartFile::Finish() {
  if (bulk_ != nullptr) {
    WEIR_RETURN_NOT_OK(bulk_->Finish());
    bulk_ = nullptr;
  }
  WEIR_RETURN_NOT_OK(Flush());
  WEIR_RETURN_NOT_OK(file_->Sync());
  finished_ = true;
  return file_->Close();
}

int64_t PartFile::bytes() const {
  return file_->bytes_written() + static_cast<int64_t>(buffer_.size());
}

SinkRecord PartFile::Record() const {
  SinkRecord record;
  record.kind = finished_ ? SinkRecord::Kind::kFile : SinkRecord::Kind::kOpen;
  record.bytes = bytes();
  record.micros = created_micros_;
  record.schema = table_.schema_text;
  record.partition = names_.partition;
  record.temporary = names_.temporary;
  record.target = names_.target;
  return record;
}

}  // namespace weir
