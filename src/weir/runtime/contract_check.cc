// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/runtime/contract_check.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

/// What one stream of batches and watermarks must keep to.
class StreamContract {
 public:
  StreamContract(std::string where, const Schema* schema) : where_(std::move(where)) {
    if (schema != nullptr) schema_ = *schema;
  }

  Status Check(const Batch& batch) {
    if (ended_) return Internal("{}: a batch after the end", where_);
    if (watermark_.millis == Watermark::kMax)
      return Internal("{}: a batch after the last watermark", where_);
    Status status = CheckBatch(batch, schema_ ? &*schema_ : nullptr);
    if (!status.ok()) return WithContext(status, where_);
    if (!schema_) {
      schema_.emplace();
      for (const ColumnPtr& column : batch.columns) schema_->fields.push_back({"", column->type});
    }
    return Status::OK();
  }

  Status Check(Watermark watermark) {
    if (watermark < watermark_) {
      return Internal("{}: the watermark goes back from {} to {}", where_, watermark_.millis,
                      watermark.millis);
    }
    watermark_ = watermark;
    return Status::OK();
  }

  Status CheckEnd() {
    if (ended_) return Internal("{}: a second end", where_);
    ended_ = true;
    return Status::OK();
  }

 private:
  std::string where_;
  std::optional<Schema> schema_;
  Watermark watermark_;
  bool ended_ = false;
};

class CheckedOutput : public Output {
 public:
  CheckedOutput(const ContractSpec& spec)
      : contract_(spec.name + ", output", spec.output ? &*spec.output : nullptr),
        rows_max_(spec.batch_rows_max) {}

  Status Emit(Batch batch) override {
    if (batch.num_rows == 0) return Status::OK();
    WEIR_RETURN_NOT_OK(contract_.Check(batch));
    if (rows_max_ > 0 && batch.num_rows > std::max(rows_max_, input_rows_max_)) {
      return Internal("output: a batch of {} rows where {} are the most", batch.num_rows,
                      std::max(rows_max_, input_rows_max_));
    }
    return target_->Emit(std::move(batch));
  }
  Status Emit(Watermark watermark) override {
    WEIR_RETURN_NOT_OK(contract_.Check(watermark));
    return target_->Emit(watermark);
  }
  Status EmitActivity(Activity activity) override { return target_->EmitActivity(activity); }
  bool HasRoom() const override { return target_->HasRoom(); }

  CheckedOutput& To(Output& target) {
    target_ = &target;
    return *this;
  }
  void NoteInput(int64_t rows) { input_rows_max_ = std::max(input_rows_max_, rows); }

 private:
  StreamContract contract_;
  int64_t rows_max_;
  int64_t input_rows_max_ = 0;
  Output* target_ = nullptr;
};

class CheckedOperator : public Operator {
 public:
  CheckedOperator(std::unique_ptr<Operator> checked, ContractSpec spec)
      : checked_(std::move(checked)),
        spec_(std::move(spec)),
        output_(spec_),
        combined_(spec_.name + ", input", nullptr) {}

  Result<Progress> OnBatch(int input, const Batch& batch, Output& out) override {
    WEIR_RETURN_NOT_OK(CheckIdle("OnBatch"));
    WEIR_RETURN_NOT_OK(InputAt(input).Check(batch));
    output_.NoteInput(batch.num_rows);
    return Note(checked_->OnBatch(input, batch, output_.To(out)));
  }
  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    WEIR_RETURN_NOT_OK(CheckIdle("OnWatermark"));
    WEIR_RETURN_NOT_OK(combined_.Check(watermark));
    return Note(checked_->OnWatermark(watermark, output_.To(out)));
  }
  Result<Progress> OnEnd(int input, Output& out) override {
    WEIR_RETURN_NOT_OK(CheckIdle("OnEnd"));
    WEIR_RETURN_NOT_OK(InputAt(input).CheckEnd());
    return Note(checked_->OnEnd(input, output_.To(out)));
  }
  Result<Progress> Continue(Output& out) override {
    if (!pending_) return Internal("{}: Continue without an unfinished event", spec_.name);
    return Note(checked_->Continue(output_.To(out)));
  }
  Result<Progress> OnTimer(int64_t now_millis, Output& out) override {
    WEIR_RETURN_NOT_OK(CheckIdle("OnTimer"));
    return Note(checked_->OnTimer(now_millis, output_.To(out)));
  }
  int64_t NextTimerMillis() const override { return checked_->NextTimerMillis(); }
  Result<Progress> OnBarrier(Output& out) override {
    WEIR_RETURN_NOT_OK(CheckIdle("OnBarrier"));
    return Note(checked_->OnBarrier(output_.To(out)));
  }
  Status Save(SnapshotWriter& snapshot) override {
    WEIR_RETURN_NOT_OK(CheckIdle("Save"));
    return checked_->Save(snapshot);
  }
  Status Restore(SnapshotReader& snapshot) override { return checked_->Restore(snapshot); }

 private:
  Status CheckIdle(std::string_view event) const {
    if (pending_) return Internal("{}: {} while an event is unfinished", spec_.name, event);
    return Status::OK();
  }
  Result<Progress> Note(Result<Progress> progress) {
    if (progress.ok()) pending_ = *progress == Progress::kMoreOutput;
    return progress;
  }
  StreamContract& InputAt(int input) {
    while (static_cast<int>(inputs_.size()) <= input) {
      size_t i = inputs_.size();
      inputs_.emplace_back(fmt::format("{}, input {}", spec_.name, i),
                           i < spec_.inputs.size() ? &spec_.inputs[i] : nullptr);
    }
    return inputs_[static_cast<size_t>(input)];
  }

  std::unique_ptr<Operator> checked_;
  ContractSpec spec_;
  CheckedOutput output_;
  StreamContract combined_;
  std::vector<StreamContract> inputs_;
  bool pending_ = false;
};

class CheckedSource : public SourceOperator {
 public:
  CheckedSource(std::unique_ptr<SourceOperator> checked, ContractSpec spec)
      : checked_(std::move(checked)), spec_(std::move(spec)), output_(spec_) {}

  Result<PollState> Poll(Output& out) override {
    if (ended_) return Internal("{}: Poll after the end", spec_.name);
    auto state = checked_->Poll(output_.To(out));
    ended_ = state.ok() && *state == PollState::kEnd;
    return state;
  }
  Status Save(SnapshotWriter& snapshot) override { return checked_->Save(snapshot); }
  Status Restore(SnapshotReader& snapshot) override { return checked_->Restore(snapshot); }
  std::string PositionText() const override { return checked_->PositionText(); }

 private:
  std::unique_ptr<SourceOperator> checked_;
  ContractSpec spec_;
  CheckedOutput output_;
  bool ended_ = false;
};

}  // namespace

Status CheckBatch(const Batch& batch, const Schema* schema) {
  if (schema != nullptr && static_cast<size_t>(schema->size()) != batch.columns.size()) {
    return Internal("a batch of {} columns where the schema has {}", batch.columns.size(),
                    schema->size());
  }
  for (size_t i = 0; i < batch.columns.size(); ++i) {
    const ColumnPtr& column = batch.columns[i];
    if (column == nullptr) return Internal("column {} of a batch is missing", i);
    if (column->length != batch.num_rows) {
      return Internal("column {} has {} rows in a batch of {}", i, column->length, batch.num_rows);
    }
    if (schema != nullptr &&
        !column->type.EqualsIgnoringNullable((*schema)[static_cast<int>(i)].type)) {
      return Internal("column {} is {} where the schema has {}", i, column->type.ToString(),
                      (*schema)[static_cast<int>(i)].type.ToString());
    }
  }
  if (batch.row_kinds != nullptr) {
    if (batch.row_kinds->size() < batch.num_rows)
      return Internal("a batch has fewer row kinds than rows");
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      if (batch.row_kinds->data()[i] > 3)
        return Internal("row {} has the kind {}", i, batch.row_kinds->data()[i]);
    }
  }
  return Status::OK();
}

std::unique_ptr<Operator> WithContractChecks(std::unique_ptr<Operator> checked, ContractSpec spec) {
  return std::make_unique<CheckedOperator>(std::move(checked), std::move(spec));
}
std::unique_ptr<SourceOperator> WithContractChecks(std::unique_ptr<SourceOperator> checked,
                                                   ContractSpec spec) {
  return std::make_unique<CheckedSource>(std::move(checked), std::move(spec));
}

}  // namespace weir
