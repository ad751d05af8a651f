// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/union.h"

#include <utility>

namespace weir {
namespace {

class UnionOperator : public Operator {
 public:
  explicit UnionOperator(UnionSpec spec) : spec_(std::move(spec)) {}

  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    Batch result = batch;
    for (int i = 0; i < spec_.output.size(); ++i) {
      ColumnPtr& column = result.columns[static_cast<size_t>(i)];
      if (column->type != spec_.output[i].type) column = Retype(column, spec_.output[i].type);
    }
    WEIR_RETURN_NOT_OK(out.Emit(std::move(result)));
    return Progress::kDone;
  }

 private:
  UnionSpec spec_;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeUnion(UnionSpec spec, OperatorContext&) {
  return std::make_unique<UnionOperator>(std::move(spec));
}

}  // namespace weir
