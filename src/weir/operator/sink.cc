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
  Result<Progress> OnTimer(int64_t now_millis, Output&) override {
    WEIR_RETURN_NOT_OK(writer_->OnTimer(now_millis));
    return Progress::kDone;
  }
  int64_t NextTimerMillis() const override {
    return prepared_ ? Watermark::kMax : writer_->NextTimerMillis();
  }
  Result<Progress> OnEnd(int, Output&) override {
    WEIR_ASSIGN_OR_RETURN(auto committables, writer_->PrepareCommit(PreparePoint::kEnd));
    spec_.commits->Add({context_.subtask, barrier_ + 1, std::move(committables), {}});
    prepared_ = true;
    return Progress::kDone;
  }

  /// What it has written belongs to the checkpoint; the names go to SinkCommits and not into a
  /// table, for they are published by the job and not by a restored writer.
  Status Save(SnapshotWriter& snapshot) override {
    if (prepared_) return Status::OK();
    WEIR_ASSIGN_OR_RETURN(auto committables, writer_->PrepareCommit(PreparePoint::kCheckpoint));
    barrier_ = snapshot.epoch();
    spec_.commits->Add(
        {context_.subtask, barrier_, std::move(committables), writer_->InProgress()});
    return Status::OK();
  }

 private:
  SinkSpec spec_;
  ConstraintEnforcer constraints_;
  std::unique_ptr<SinkWriter> writer_;
  OperatorContext& context_;
  bool prepared_ = false;
  int64_t barrier_ = 0;  // The last at which it has prepared.
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeSink(SinkSpec spec, OperatorContext& context) {
  WEIR_ASSIGN_OR_RETURN(auto writer,
                        spec.commits->sink().OpenWriter(context.subtask, context.parallelism));
  return std::make_unique<SinkOperator>(std::move(spec), std::move(writer), context);
}

}  // namespace weir
