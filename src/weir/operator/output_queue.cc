// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/output_queue.h"

namespace weir {

Status OutputQueue::Add(Batch batch) {
  if (batch.num_rows == 0) return Status::OK();
  if (batch.num_rows <= context_.batch_rows_max) {
    batches_.push_back(std::move(batch));
    return Status::OK();
  }
  for (int64_t offset = 0; offset < batch.num_rows; offset += context_.batch_rows_max) {
    int64_t length = std::min(context_.batch_rows_max, batch.num_rows - offset);
    WEIR_ASSIGN_OR_RETURN(Batch piece, SliceBatch(batch, offset, length, context_.pool));
    batches_.push_back(std::move(piece));
  }
  return Status::OK();
}

Result<Progress> OutputQueue::Flush(Output& out) {
  while (!batches_.empty()) {
    if (!out.HasRoom()) return Progress::kMoreOutput;
    Batch batch = std::move(batches_.front());
    batches_.pop_front();
    WEIR_RETURN_NOT_OK(out.Emit(std::move(batch)));
  }
  if (watermark_.has_value()) {
    WEIR_RETURN_NOT_OK(out.Emit(*watermark_));
    watermark_.reset();
  }
  return Progress::kDone;
}

Result<BufferPtr> KindList::Finish(arrow::MemoryPool* pool) {
  BufferPtr result;
  if (!only_inserts_) {
    WEIR_ASSIGN_OR_RETURN(auto buffer, AllocateBuffer(static_cast<int64_t>(kinds_.size()), pool));
    std::memcpy(buffer->mutable_data(), kinds_.data(), kinds_.size());
    result = std::move(buffer);
  }
  kinds_.clear();
  only_inserts_ = true;
  return result;
}

}  // namespace weir
