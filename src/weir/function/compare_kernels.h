// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Kernels that compare two columns of one kind; shared by the comparison family, GREATEST and
// LEAST.
#pragma once

#include "weir/expr/kernel.h"

namespace weir {

enum class Comparison : uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual
};

/// Kernel of a op b, BOOLEAN, for arguments of the same type; DECIMALs may differ in precision and
/// scale, strings in length. Equality of nested types takes NULL elements for equal, and maps for
/// equal in any order.
Result<Kernel> MakeCompareKernel(Comparison op, const DataType& a, const DataType& b);

/// Row i of `column` as bits: 1 = not NULL. Always a bitmap of n bits.
Result<std::shared_ptr<arrow::Buffer>> ValidBits(const Column& column, int64_t n,
                                                 arrow::MemoryPool* pool);

/// Kernel of value IN (literals of call.arg_types, from the second on), NullPolicy::kKernel.
Result<Kernel> MakeInKernel(const CallInfo& call);

}  // namespace weir
