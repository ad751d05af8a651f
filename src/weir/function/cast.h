// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The parts of CAST, by what is cast. Each maker gives the kernel of one pair of types, or
// Unsupported. Kernels see flat or constant columns; rows that are NULL are not theirs; what cannot
// be converted is a row error, what is out of a DECIMAL's range is NULL, integers wrap, DOUBLEs
// saturate.
#pragma once

#include "weir/data/text.h"
#include "weir/expr/kernel.h"

namespace weir {

struct CastCall {
  DataType from;
  DataType to;
  const TimeZone* zone = nullptr;  // Of the session.
  bool legacy =
      false;  // table.exec.legacy-cast-behaviour: no padding, no trimming, NULL for what fails.
};

Result<Kernel> MakeCastKernel(const CastCall& cast);
Result<Kernel> MakeNumberCast(const CastCall& cast);  // From numbers and BOOLEAN to the same.
Result<Kernel> MakeTextParser(
    const CastCall& cast);  // From CHAR, VARCHAR to all but text and bytes.
Result<Kernel> MakeTextPrinter(const CastCall& cast);  // To CHAR, VARCHAR.
Result<Kernel> MakeBinaryCast(const CastCall& cast);   // To BINARY, VARBINARY.
Result<Kernel> MakeTemporalCast(
    const CastCall& cast);  // Among dates, times, timestamps; intervals and numbers.
/// From VARIANT to anything but text, and from anything to VARIANT.
Result<Kernel> MakeVariantCast(const CastCall& cast);
Result<Kernel> MakeVariantToNested(const CastCall& cast);    // To ARRAY, MAP, ROW.
Result<Kernel> MakeVariantFromNested(const CastCall& cast);  // From ARRAY, MAP, ROW.
Result<Kernel> MakeNestedCast(const CastCall& cast);  // ARRAY, MAP, MULTISET, ROW to the same kind.

/// Whether a text that reads as a timestamp does so for SQL: a blank before the time, which has
/// hours, minutes and seconds. Formats take more ("T", no seconds).
bool IsSqlTimestamp(std::string_view text);
/// Whether some value makes the cast fail.
bool CastMayFail(const DataType& from, const DataType& to);
/// Whether the bytes stay: a Retype.
bool IsFreeCast(const DataType& from, const DataType& to, bool legacy);

/// Applies `kernel` to a column of any encoding, NULLs kept; the result has type `to`.
Result<ColumnPtr> CastColumn(const Kernel& kernel, KernelContext& context, const ColumnPtr& column,
                             const DataType& to);

/// Rows of `column`, of `n` rows, that own the rows of its children in `errors`, reported in `out`.
void ReportOwners(const Column& column, int64_t n, const RowErrors& errors, RowErrors* out);

/// TRY_CAST: rows that fail become NULL.
Kernel NullInsteadOfErrors(Kernel kernel);

}  // namespace weir
