// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The local stage of GROUP BY. See operator/group_aggregate.h.
#include "weir/operator/local_groups.h"

namespace weir {
namespace {

class LocalAggregate : public Operator {
 public:
  LocalAggregate(const GroupAggregateSpec& spec, std::unique_ptr<LocalGroups> groups,
                 OperatorContext& context)
      : emit_(spec.emit),
        hold_millis_(spec.local_hold_millis),
        context_(context),
        groups_(std::move(groups)),
        queue_(context) {}

  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    WEIR_RETURN_NOT_OK(groups_->Add(batch, &queue_));
    bool at_once = emit_ == EmitMode::kChanges && hold_millis_ == 0;
    if (at_once || groups_->is_full()) {
      WEIR_RETURN_NOT_OK(PassOn());
    } else if (emit_ == EmitMode::kChanges && due_millis_ == Watermark::kMax && !groups_->empty()) {
      due_millis_ = context_.environment->clock->WallMicros() / 1000 + hold_millis_;
    }
    return queue_.Flush(out);
  }

  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    if (emit_ == EmitMode::kChanges || watermark.millis == Watermark::kMax)
      WEIR_RETURN_NOT_OK(PassOn());
    queue_.Add(watermark);
    return queue_.Flush(out);
  }
  Result<Progress> OnEnd(int, Output& out) override {
    WEIR_RETURN_NOT_OK(PassOn());
    return queue_.Flush(out);
  }
  Result<Progress> OnBarrier(Output& out) override {
    WEIR_RETURN_NOT_OK(PassOn());
    return queue_.Flush(out);
  }
  Result<Progress> Continue(Output& out) override { return queue_.Flush(out); }
  int64_t NextTimerMillis() const override { return due_millis_; }
  Result<Progress> OnTimer(int64_t now_millis, Output& out) override {
    if (now_millis >= due_millis_) WEIR_RETURN_NOT_OK(PassOn());
    return queue_.Flush(out);
  }
  Status Save(SnapshotWriter& snapshot) override { return groups_->Save(snapshot); }
  Status Restore(SnapshotReader& snapshot) override {
    WEIR_RETURN_NOT_OK(groups_->Restore(snapshot));
    if (emit_ == EmitMode::kChanges && !groups_->empty()) due_millis_ = Watermark::kMin;
    return Status::OK();
  }

 private:
  Status PassOn() {
    due_millis_ = Watermark::kMax;
    return groups_->PassOn(&queue_);
  }

  EmitMode emit_;
  int64_t hold_millis_;
  OperatorContext& context_;
  std::unique_ptr<LocalGroups> groups_;
  OutputQueue queue_;
  int64_t due_millis_ = Watermark::kMax;  // When the groups are passed on; kMax: not by the clock.
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeLocalAggregate(GroupAggregateSpec spec,
                                                     OperatorContext& context) {
  WEIR_ASSIGN_OR_RETURN(auto groups, LocalGroups::Make(spec, context));
  return std::unique_ptr<Operator>(
      std::make_unique<LocalAggregate>(spec, std::move(groups), context));
}

}  // namespace weir
