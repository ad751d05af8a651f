// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/sink.h"

#include <utility>

#include "weir/operator/drop_update_before.h"

namespace weir {
namespace {

class SinkOperator : public Operator {
 public:
  SinkOperator(SinkSpec spec, std::unique_ptr<SinkWriter> writer, OperatorContext& context)
      : spec_(std::move(spec)),
        constraints_(spec_.constraints),
        writer_(std::move(writer)),
        context_(context) {}
  ~SinkOperator() override {
    if (!prepared_) (void)writer_->Abort();  // The job has failed already; there is nobody to tell.
  }

  Result<Progress> OnBatch(int, const Batch& batch, Output&) override {
    WEIR_ASSIGN_OR_RETURN(Batch rows, constraints_.Apply(batch, context_.pool));
    if (spec_.update_before == UpdateBefore::kDrop) {
      WEIR_ASSIGN_OR_RETURN(rows, WithoutUpdateBefore(rows, context_.pool));
    }
    if (rows.num_rows > 0) WEIR_RETURN_NOT_OK(writer_->Write(rows));
    context_.counters->rows_out += rows.num_rows;
    return Progress::kDone;
  }
  Result<Progress> OnWatermark(Watermark watermark, Output&) override {
    WEIR_RETURN_NOT_OK(writer_->OnWatermark(watermark.millis));
    return Progress::kDone;
  }
  Result<Progress> OnEnd(int, Output&) override {
    WEIR_ASSIGN_OR_RETURN(auto committables, writer_->PrepareCommit(PreparePoint::kEnd));
    spec_.commits->Add(std::move(committables));
    prepared_ = true;
    return Progress::kDone;
  }

 private:
  SinkSpec spec_;
  ConstraintEnforcer constraints_;
  std::unique_ptr<SinkWriter> writer_;
  OperatorContext& context_;
  bool prepared_ = false;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeSink(SinkSpec spec, OperatorContext& context) {
  WEIR_ASSIGN_OR_RETURN(auto writer,
                        spec.commits->sink().OpenWriter(context.subtask, context.parallelism));
  return std::make_unique<SinkOperator>(std::move(spec), std::move(writer), context);
}

}  // namespace weir
