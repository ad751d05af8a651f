// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What the sources that read Arrow arrays share; see arrow_convert.h for the way in.
#pragma once

#include <arrow/type_fwd.h>

#include <string>
#include <vector>

#include "weir/data/column.h"

namespace weir {

/// kInvalidData: an array of one type is no column of the other.
Status CannotRead(const arrow::DataType& from, const DataType& to);

/// For each of `fields` the position in `names`: by name, else by order where the numbers agree,
/// else -1.
std::vector<int> MatchNames(const std::vector<std::string>& names,
                            const std::vector<Field>& fields);

/// Values of a fixed-width type other than BOOLEAN, shared when the layouts agree, else converted;
/// `valid` marks the rows that count (null: all). Errors: kInvalidData for types that do not fit
/// and for values out of range.
Result<BufferPtr> ImportValues(const arrow::ArrayData& array, const DataType& type,
                               const uint8_t* valid, arrow::MemoryPool* pool);

}  // namespace weir
