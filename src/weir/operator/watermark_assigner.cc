// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/watermark_assigner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "weir/operator/expr_runner.h"

namespace weir {
namespace {

Schema ReachedSchema() { return {{{"reached", DataType::BigInt().NotNull()}}}; }

class WatermarkAssigner : public Operator {
 public:
  WatermarkAssigner(WatermarkAssignerSpec spec, OperatorContext& context)
      : spec_(std::move(spec)),
        context_(context),
        cutter_(spec_.policy, context.restored_watermark_millis) {}

  Status Open() {
    WEIR_ASSIGN_OR_RETURN(
        watermark_, ExprRunner::Make({spec_.watermark}, spec_.functions, spec_.config, context_));
    return Status::OK();
  }

  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    WEIR_ASSIGN_OR_RETURN(ColumnVector watermark, watermark_->Evaluate(batch));
    const ColumnPtr& rowtime = batch.columns[static_cast<size_t>(spec_.rowtime_column)];
    WEIR_ASSIGN_OR_RETURN(auto pieces, cutter_.Cut(rowtime, watermark[0], Watermark::kMax,
                                                   &watermark_millis_, context_.pool));
    for (const WatermarkPiece& piece : pieces) {
      if (piece.begin < piece.end) {
        WEIR_ASSIGN_OR_RETURN(
            Batch part, SliceBatch(batch, piece.begin, piece.end - piece.begin, context_.pool));
        WEIR_RETURN_NOT_OK(out.Emit(std::move(part)));
      }
      if (piece.watermark) WEIR_RETURN_NOT_OK(out.Emit(*piece.watermark));
    }
    return Progress::kDone;
  }

  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    if (watermark.millis == Watermark::kMax) WEIR_RETURN_NOT_OK(out.Emit(watermark));
    return Progress::kDone;
  }

  Status Save(SnapshotWriter& snapshot) override {
    BatchBuilder builder(ReachedSchema(), context_.pool);
    WEIR_RETURN_NOT_OK(builder.AppendRow({Value::Int(watermark_millis_)}));
    WEIR_ASSIGN_OR_RETURN(Batch row, builder.Finish());
    return snapshot.Write("reached", ReachedSchema(), row, {});
  }
  /// The least of the old subtasks', so that nothing becomes late that was not.
  Status Restore(SnapshotReader& snapshot) override {
    WEIR_ASSIGN_OR_RETURN(auto batches, snapshot.Read("reached", ReachedSchema()));
    std::optional<int64_t> least;
    for (const Batch& batch : batches) {
      for (int64_t i = 0; i < batch.num_rows; ++i) {
        int64_t reached = batch.columns[0]->At<int64_t>(i);
        least = least ? std::min(*least, reached) : reached;
      }
    }
    watermark_millis_ = least.value_or(Watermark::kMin);
    return Status::OK();
  }

 private:
  WatermarkAssignerSpec spec_;
  OperatorContext& context_;
  std::unique_ptr<ExprRunner> watermark_;
  WatermarkCutter cutter_;
  int64_t watermark_millis_ = Watermark::kMin;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeWatermarkAssigner(WatermarkAssignerSpec spec,
                                                        OperatorContext& context) {
  auto assigner = std::make_unique<WatermarkAssigner>(std::move(spec), context);
  WEIR_RETURN_NOT_OK(assigner->Open());
  return std::unique_ptr<Operator>(std::move(assigner));
}

}  // namespace weir
