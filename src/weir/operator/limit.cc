// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/limit.h"

#include <algorithm>

namespace weir {
namespace {

Schema CountSchema() { return {{{"rows_seen", DataType::BigInt().NotNull()}}}; }

class LimitOperator : public Operator {
 public:
  LimitOperator(LimitSpec spec, OperatorContext& context) : spec_(spec), context_(context) {}

  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    if (!batch.is_append_only()) return Internal("LIMIT without ORDER BY over rows that change");
    int64_t begin = std::clamp<int64_t>(spec_.offset - seen_, 0, batch.num_rows);
    int64_t end = batch.num_rows;
    // Not offset + fetch: the sum of two literals may overflow.
    if (spec_.fetch) {
      int64_t given = std::max<int64_t>(seen_ - spec_.offset, 0);
      end = begin + std::clamp<int64_t>(*spec_.fetch - given, 0, batch.num_rows - begin);
    }
    seen_ += batch.num_rows;
    if (begin < end) {
      WEIR_ASSIGN_OR_RETURN(Batch rows, SliceBatch(batch, begin, end - begin, context_.pool));
      WEIR_RETURN_NOT_OK(out.Emit(std::move(rows)));
    }
    return IsFull() ? Progress::kEnough : Progress::kDone;
  }
  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    WEIR_RETURN_NOT_OK(out.Emit(watermark));
    return IsFull() ? Progress::kEnough : Progress::kDone;
  }

  Status Save(SnapshotWriter& snapshot) override {
    BatchBuilder builder(CountSchema(), context_.pool);
    WEIR_RETURN_NOT_OK(builder.AppendRow({Value::Int(seen_)}));
    WEIR_ASSIGN_OR_RETURN(Batch batch, builder.Finish());
    return snapshot.Write("limit", CountSchema(), batch, {});
  }
  Status Restore(SnapshotReader& snapshot) override {
    WEIR_ASSIGN_OR_RETURN(auto batches, snapshot.Read("limit", CountSchema()));
    for (const Batch& batch : batches) {
      for (int64_t i = 0; i < batch.num_rows; ++i) seen_ += batch.columns[0]->At<int64_t>(i);
    }
    return Status::OK();
  }

 private:
  bool IsFull() const {
    return spec_.fetch && seen_ >= spec_.offset && seen_ - spec_.offset >= *spec_.fetch;
  }

  LimitSpec spec_;
  OperatorContext& context_;
  int64_t seen_ = 0;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeLimit(LimitSpec spec, OperatorContext& context) {
  return std::make_unique<LimitOperator>(spec, context);
}

}  // namespace weir
