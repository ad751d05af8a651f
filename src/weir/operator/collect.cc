// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/collect.h"

#include <utility>

namespace weir {
namespace {

class CollectOperator : public Operator {
 public:
  CollectOperator(CollectSpec spec, OperatorContext& context)
      : spec_(std::move(spec)), context_(context) {}

  Result<Progress> OnBatch(int, const Batch& batch, Output&) override {
    waiting_ = batch;
    return Push();
  }
  Result<Progress> Continue(Output&) override { return Push(); }
  Result<Progress> OnEnd(int, Output&) override {
    spec_.queue->Finish();
    return Progress::kDone;
  }

 private:
  Result<Progress> Push() {
    switch (spec_.queue->TryPush(std::move(waiting_), context_.wake)) {
      case ResultQueue::Pushed::kTaken:
        waiting_ = Batch();
        return Progress::kDone;
      case ResultQueue::Pushed::kFull:
        return Progress::kMoreOutput;
      case ResultQueue::Pushed::kClosed:
        waiting_ = Batch();
        break;
    }
    return Progress::kEnough;
  }

  CollectSpec spec_;
  OperatorContext& context_;
  Batch waiting_;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeCollect(CollectSpec spec, OperatorContext& context) {
  return std::make_unique<CollectOperator>(std::move(spec), context);
}

}  // namespace weir
