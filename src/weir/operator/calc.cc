// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/calc.h"

#include <algorithm>
#include <utility>

#include "weir/operator/expr_runner.h"

namespace weir {
namespace {

class CalcOperator : public Operator {
 public:
  CalcOperator(OperatorContext& context) : context_(context) {}

  Status Open(CalcSpec spec) {
    if (spec.condition != nullptr) {
      WEIR_ASSIGN_OR_RETURN(
          condition_, ExprRunner::Make({spec.condition}, spec.functions, spec.config, context_));
    }
    only_columns_ = std::all_of(spec.projections.begin(), spec.projections.end(),
                                [](const ExprPtr& expr) { return expr->is_input(); });
    std::vector<int> mapping;
    for (const ExprPtr& expr : spec.projections) {
      for (int input : InputsOf(expr)) {
        mapping.resize(std::max(mapping.size(), static_cast<size_t>(input) + 1), -1);
        mapping[static_cast<size_t>(input)] = 0;
      }
    }
    for (size_t i = 0; i < mapping.size(); ++i) {
      if (mapping[i] < 0) continue;
      mapping[i] = static_cast<int>(needed_.size());
      needed_.push_back(static_cast<int>(i));
    }
    std::vector<ExprPtr> projections;
    for (const ExprPtr& expr : spec.projections) {
      projections.push_back(RemapInputs(expr, mapping));
      if (only_columns_) columns_.push_back(projections.back()->index);
    }
    if (only_columns_) return Status::OK();
    WEIR_ASSIGN_OR_RETURN(projections_, ExprRunner::Make(std::move(projections), spec.functions,
                                                         spec.config, context_));
    return Status::OK();
  }

  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    Batch rows;  // Those that pass, with the columns that are needed.
    rows.num_rows = batch.num_rows;
    rows.row_kinds = batch.row_kinds;
    for (int column : needed_) rows.columns.push_back(batch.columns[static_cast<size_t>(column)]);
    if (condition_ != nullptr) {
      selected_.clear();
      WEIR_RETURN_NOT_OK(condition_->Filter(batch, 0, &selected_));
      if (selected_.empty()) return Progress::kDone;
      if (static_cast<int64_t>(selected_.size()) < batch.num_rows) {
        WEIR_ASSIGN_OR_RETURN(rows, GatherBatch(rows, selected_, context_.pool));
      }
    }
    Batch result;
    result.num_rows = rows.num_rows;
    result.row_kinds = rows.row_kinds;
    if (only_columns_) {
      for (int column : columns_)
        result.columns.push_back(rows.columns[static_cast<size_t>(column)]);
    } else {
      WEIR_ASSIGN_OR_RETURN(result.columns, projections_->Evaluate(rows));
    }
    WEIR_RETURN_NOT_OK(out.Emit(std::move(result)));
    return Progress::kDone;
  }

 private:
  OperatorContext& context_;
  std::unique_ptr<ExprRunner> condition_;
  std::unique_ptr<ExprRunner> projections_;  // Over the needed columns.
  std::vector<int> needed_;                  // Input columns that projections read.
  bool only_columns_ = false;                // Every projection is a column:
  std::vector<int> columns_;                 // these of the needed ones.
  std::vector<int32_t> selected_;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeCalc(CalcSpec spec, OperatorContext& context) {
  auto calc = std::make_unique<CalcOperator>(context);
  WEIR_RETURN_NOT_OK(calc->Open(std::move(spec)));
  return std::unique_ptr<Operator>(std::move(calc));
}

}  // namespace weir
