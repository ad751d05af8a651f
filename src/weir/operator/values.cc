// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/values.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

Schema PositionSchema() { return {{{"next", DataType::BigInt().NotNull()}}}; }

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
  Status Save(SnapshotWriter& snapshot) override {
    if (context_.subtask != 0) return Status::OK();
    BatchBuilder builder(PositionSchema(), context_.pool);
    WEIR_RETURN_NOT_OK(builder.AppendRow({Value::Int(static_cast<int64_t>(next_))}));
    WEIR_ASSIGN_OR_RETURN(Batch row, builder.Finish());
    return snapshot.Write("position", PositionSchema(), row, {});
  }
  Status Restore(SnapshotReader& snapshot) override {
    WEIR_ASSIGN_OR_RETURN(auto batches, snapshot.Read("position", PositionSchema()));
    for (const Batch& batch : batches) {
      for (int64_t i = 0; i < batch.num_rows; ++i)
        next_ = static_cast<size_t>(batch.columns[0]->At<int64_t>(i));
    }
    if (next_ > spec_.rows.size())
      return Corruption("row {} of {} is to be read next", next_, spec_.rows.size());
    return Status::OK();
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
