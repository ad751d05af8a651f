// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/correlate.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "weir/expr/table_function.h"
#include "weir/operator/expr_runner.h"

namespace weir {
namespace {

class CorrelateOperator : public Operator {
 public:
  CorrelateOperator(CorrelateSpec spec, OperatorContext& context)
      : spec_(std::move(spec)), context_(context) {}

  Status Open() {
    const TableFunction* function = spec_.functions->FindTable(spec_.function);
    if (function == nullptr)
      return InvalidQuery("table function '{}' does not exist", spec_.function);
    CallInfo call;
    for (const ExprPtr& arg : spec_.args) {
      call.arg_types.push_back(arg->type);
      call.literals.push_back(arg->is_literal() ? &arg->literal : nullptr);
    }
    call.config = &spec_.config;
    call.result_type = DataType::Row(spec_.function_schema.fields);
    WEIR_ASSIGN_OR_RETURN(kernel_, function->kernel(call));
    WEIR_ASSIGN_OR_RETURN(args_,
                          ExprRunner::Make(spec_.args, spec_.functions, spec_.config, context_));
    if (spec_.condition == nullptr) return Status::OK();
    WEIR_ASSIGN_OR_RETURN(
        condition_, ExprRunner::Make({spec_.condition}, spec_.functions, spec_.config, context_));
    return Status::OK();
  }

  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    input_ = batch;
    next_ = 0;
    return Continue(out);
  }

  Result<Progress> Continue(Output& out) override {
    while (joined_next_ < joined_.num_rows || next_ < input_.num_rows) {
      if (!out.HasRoom()) return Progress::kMoreOutput;
      if (joined_next_ >= joined_.num_rows) {
        WEIR_RETURN_NOT_OK(JoinNext());
        continue;
      }
      int64_t count = std::min(context_.batch_rows_max, joined_.num_rows - joined_next_);
      WEIR_ASSIGN_OR_RETURN(Batch piece, SliceBatch(joined_, joined_next_, count, context_.pool));
      joined_next_ += count;
      WEIR_RETURN_NOT_OK(out.Emit(std::move(piece)));
    }
    input_ = joined_ = Batch();
    next_ = joined_next_ = 0;
    return Progress::kDone;
  }

 private:
  /// Joins some more rows of the input: few at a time, since one row may give very many.
  Status JoinNext() {
    int64_t count = std::min<int64_t>(kRowsAtOnce, input_.num_rows - next_);
    WEIR_ASSIGN_OR_RETURN(Batch rows, SliceBatch(input_, next_, count, context_.pool));
    next_ += count;
    WEIR_ASSIGN_OR_RETURN(ColumnVector args, args_->Evaluate(rows));
    for (ColumnPtr& arg : args) {
      if (arg->encoding != Encoding::kDictionary) continue;
      WEIR_ASSIGN_OR_RETURN(arg, Flatten(arg, context_.pool));
    }
    KernelContext kernel = args_->MakeKernelContext();
    std::vector<int32_t> parents;
    ColumnVector made;
    WEIR_RETURN_NOT_OK(kernel_(kernel, args, rows.num_rows, &parents, &made));
    if (!kernel.errors->empty()) return InvalidData("{}", kernel.errors->first_message());
    WEIR_ASSIGN_OR_RETURN(joined_, Join(rows, parents, made));
    joined_next_ = 0;
    if (condition_ != nullptr) WEIR_RETURN_NOT_OK(ApplyCondition(&parents, &made));
    if (spec_.unmatched == Unmatched::kKeep) WEIR_RETURN_NOT_OK(AddUnmatched(rows, parents, made));
    return Status::OK();
  }

  Result<Batch> Join(const Batch& rows, const std::vector<int32_t>& parents,
                     const ColumnVector& made) {
    WEIR_ASSIGN_OR_RETURN(Batch joined, GatherBatch(rows, parents, context_.pool));
    for (size_t i = 0; i < made.size(); ++i) {
      joined.columns.push_back(Retype(made[i], spec_.function_schema[static_cast<int>(i)].type));
    }
    return joined;
  }

  Status ApplyCondition(std::vector<int32_t>* parents, ColumnVector* made) {
    std::vector<int32_t> selected, kept_parents;
    WEIR_RETURN_NOT_OK(condition_->Filter(joined_, 0, &selected));
    WEIR_ASSIGN_OR_RETURN(joined_, GatherBatch(joined_, selected, context_.pool));
    for (int32_t row : selected) kept_parents.push_back((*parents)[static_cast<size_t>(row)]);
    *parents = std::move(kept_parents);
    for (ColumnPtr& column : *made) {
      WEIR_ASSIGN_OR_RETURN(column, Gather(column, selected, context_.pool));
    }
    return Status::OK();
  }

  /// Rows without a match come where they would have been, with NULLs.
  Status AddUnmatched(const Batch& rows, const std::vector<int32_t>& parents,
                      const ColumnVector& made) {
    std::vector<int32_t> all_parents, all_made;
    size_t at = 0;
    for (int32_t row = 0; row < rows.num_rows; ++row) {
      if (at == parents.size() || parents[at] != row) {
        all_parents.push_back(row);
        all_made.push_back(-1);
      }
      for (; at < parents.size() && parents[at] == row; ++at) {
        all_parents.push_back(row);
        all_made.push_back(static_cast<int32_t>(at));
      }
    }
    if (all_parents.size() == parents.size()) return Status::OK();
    ColumnVector padded;
    for (const ColumnPtr& column : made) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr gathered, Gather(column, all_made, context_.pool));
      padded.push_back(std::move(gathered));
    }
    WEIR_ASSIGN_OR_RETURN(joined_, Join(rows, all_parents, padded));
    return Status::OK();
  }

  static constexpr int64_t kRowsAtOnce = 1024;

  CorrelateSpec spec_;
  OperatorContext& context_;
  TableKernel kernel_;
  std::unique_ptr<ExprRunner> args_, condition_;
  Batch input_;
  int64_t next_ = 0;
  Batch joined_;  // Of the rows before next_, not all given out.
  int64_t joined_next_ = 0;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeCorrelate(CorrelateSpec spec, OperatorContext& context) {
  auto correlate = std::make_unique<CorrelateOperator>(std::move(spec), context);
  WEIR_RETURN_NOT_OK(correlate->Open());
  return std::unique_ptr<Operator>(std::move(correlate));
}

}  // namespace weir
