// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/watermark_assigner.h"

#include <utility>

#include "weir/operator/expr_runner.h"

namespace weir {
namespace {

class WatermarkAssigner : public Operator {
 public:
  WatermarkAssigner(WatermarkAssignerSpec spec, OperatorContext& context)
      : spec_(std::move(spec)), context_(context), cutter_(spec_.policy) {}

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
