// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/expand.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

class ExpandOperator : public Operator {
 public:
  ExpandOperator(ExpandSpec spec, OperatorContext& context)
      : spec_(std::move(spec)), context_(context), next_set_(spec_.sets.size()) {}

  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    input_ = batch;
    next_set_ = 0;
    return Continue(out);
  }

  Result<Progress> Continue(Output& out) override {
    for (; next_set_ < spec_.sets.size(); ++next_set_) {
      if (!out.HasRoom()) return Progress::kMoreOutput;
      WEIR_ASSIGN_OR_RETURN(Batch expanded, Expand(next_set_));
      WEIR_RETURN_NOT_OK(out.Emit(std::move(expanded)));
    }
    input_ = Batch();
    return Progress::kDone;
  }

 private:
  Result<Batch> Expand(size_t set) const {
    Batch expanded = input_;
    const std::vector<int>& members = spec_.sets[set];
    for (size_t i = 0; i < spec_.keys.size(); ++i) {
      const ColumnPtr& key = input_.columns[static_cast<size_t>(spec_.keys[i])];
      DataType type = key->type.AsNullable();
      if (std::find(members.begin(), members.end(), static_cast<int>(i)) != members.end()) {
        expanded.columns.push_back(Retype(key, type));
        continue;
      }
      WEIR_ASSIGN_OR_RETURN(ColumnPtr nulls, MakeNullColumn(type, input_.num_rows, context_.pool));
      expanded.columns.push_back(std::move(nulls));
    }
    WEIR_ASSIGN_OR_RETURN(ColumnPtr id,
                          MakeConstant(Value::Int(spec_.ids[set]), DataType::BigInt().NotNull(),
                                       input_.num_rows, context_.pool));
    expanded.columns.push_back(std::move(id));
    return expanded;
  }

  ExpandSpec spec_;
  OperatorContext& context_;
  Batch input_;
  size_t next_set_;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeExpand(ExpandSpec spec, OperatorContext& context) {
  if (spec.sets.size() != spec.ids.size())
    return Internal("{} grouping sets with {} ids", spec.sets.size(), spec.ids.size());
  return std::make_unique<ExpandOperator>(std::move(spec), context);
}

}  // namespace weir
