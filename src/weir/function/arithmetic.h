// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The parts of the arithmetic family: which types an operator takes and gives, and the kernels of
// each kind of type.
#pragma once

#include "weir/expr/kernel.h"

namespace weir {

enum class Arithmetic : uint8_t { kAdd, kSubtract, kMultiply, kDivide, kModulo };

/// Types of `a op b` for numbers: both are cast to those of `types`; exact ones with a DECIMAL
/// become DECIMALs.
Status CoerceNumbers(Arithmetic op, std::vector<DataType>* types);
Result<DataType> NumberResult(Arithmetic op, const DataType& a, const DataType& b);

/// Both arguments of the result's type, or both DECIMAL.
Result<Kernel> MakeNumberKernel(Arithmetic op, const CallInfo& call);
Result<Kernel> MakeDecimalKernel(Arithmetic op, const CallInfo& call);

/// Whether `a op b` is arithmetic with intervals and dates; then the types and kernels of it.
bool IsIntervalArithmetic(Arithmetic op, const DataType& a, const DataType& b);
Status CoerceIntervals(Arithmetic op, std::vector<DataType>* types);
Result<DataType> IntervalResult(Arithmetic op, const DataType& a, const DataType& b);
Result<Kernel> MakeIntervalKernel(Arithmetic op, const CallInfo& call);

}  // namespace weir
