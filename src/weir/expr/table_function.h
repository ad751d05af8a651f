// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Table functions: each input row gives any number of rows. UNNEST is one.
#pragma once

#include "weir/data/batch.h"
#include "weir/expr/function_registry.h"

namespace weir {

/// Expands `num_rows` rows of `args`: fills `parents` with the input row of each output row
/// (ascending) and `out` with the output columns.
using TableKernel =
    std::function<Status(KernelContext& context, const ColumnVector& args, int64_t num_rows,
                         std::vector<int32_t>* parents, ColumnVector* out)>;

struct TableFunction {
  std::string name;
  std::string signatures;
  std::string description;
  std::string example;
  /// Coerces the argument types in place and gives the output columns.
  std::function<Result<Schema>(std::vector<DataType>* arg_types, const CallInfo& call)> resolve;
  std::function<Result<TableKernel>(const CallInfo& call)> kernel;
};

}  // namespace weir
