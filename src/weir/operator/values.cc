// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/values.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

class ValuesOperator : public SourceOperator {
 public:
  ValuesOperator(ValuesSpec spec, OperatorContext& context)
      : spec_(std::move(spec)), context_(context) {}

  Result<PollState> Poll(Output& out) override {
    if (context_.subtask != 0 || next_ == spec_.rows.size()) return PollState::kEnd;
    BatchBuilder builder(spec_.schema, context_.pool);
    size_t end = std::min(spec_.rows.size(), next_ + static_cast<size_t>(context_.batch_rows_max));
    for (; next_ < end; ++next_) WEIR_RETURN_NOT_OK(builder.AppendRow(spec_.rows[next_]));
    WEIR_ASSIGN_OR_RETURN(Batch batch, builder.Finish());
    WEIR_RETURN_NOT_OK(out.Emit(std::move(batch)));
    return PollState::kMore;
  }
  std::string PositionText() const override {
    return fmt::format("{} of {} rows", next_, spec_.rows.size());
  }

 private:
  ValuesSpec spec_;
  OperatorContext& context_;
  size_t next_ = 0;
};

}  // namespace

Result<std::unique_ptr<SourceOperator>> MakeValues(ValuesSpec spec, OperatorContext& context) {
  return std::make_unique<ValuesOperator>(std::move(spec), context);
}

}  // namespace weir
