// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/drop_update_before.h"

#include <arrow/buffer.h>

#include <vector>

namespace weir {
namespace {

class DropUpdateBefore : public Operator {
 public:
  DropUpdateBefore(DropUpdateBeforeSpec spec, OperatorContext& context)
      : spec_(spec), context_(context) {}
  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    WEIR_ASSIGN_OR_RETURN(Batch kept, spec_.as_delete ? WithDeletes(batch, context_.pool)
                                                      : WithoutUpdateBefore(batch, context_.pool));
    WEIR_RETURN_NOT_OK(out.Emit(std::move(kept)));
    return Progress::kDone;
  }

 private:
  static Result<Batch> WithDeletes(const Batch& batch, arrow::MemoryPool* pool) {
    if (batch.is_append_only()) return batch;
    WEIR_ASSIGN_OR_RETURN(std::unique_ptr<arrow::Buffer> kinds,
                          arrow::AllocateBuffer(batch.num_rows, pool));
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      RowKind kind = batch.kind(i);
      kinds->mutable_data()[i] =
          static_cast<uint8_t>(kind == RowKind::kUpdateBefore ? RowKind::kDelete : kind);
    }
    Batch out = batch;
    out.row_kinds = std::move(kinds);
    return out;
  }

  DropUpdateBeforeSpec spec_;
  OperatorContext& context_;
};

}  // namespace

Result<Batch> WithoutUpdateBefore(const Batch& batch, arrow::MemoryPool* pool) {
  if (batch.is_append_only()) return batch;
  std::vector<int32_t> kept;
  for (int64_t i = 0; i < batch.num_rows; ++i) {
    if (batch.kind(i) != RowKind::kUpdateBefore) kept.push_back(static_cast<int32_t>(i));
  }
  if (static_cast<int64_t>(kept.size()) == batch.num_rows) return batch;
  return GatherBatch(batch, kept, pool);
}

Result<std::unique_ptr<Operator>> MakeDropUpdateBefore(DropUpdateBeforeSpec spec,
                                                       OperatorContext& context) {
  return std::make_unique<DropUpdateBefore>(spec, context);
}

}  // namespace weir
