// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// VARIANT columns in Arrow's extension type "arrow.parquet.variant": a struct of two binary arrays,
// metadata and value, which is also how Parquet stores them. Ours hold both in one string.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "weir/data/column.h"

namespace weir {

inline constexpr char kVariantExtension[] = "arrow.parquet.variant";

/// The flat VARIANT column `column` as an array of the extension type.
Result<std::shared_ptr<arrow::ArrayData>> ExportVariants(const Column& column,
                                                         arrow::MemoryPool* pool);
/// Fills `column`, whose type, length and NULLs are set, from the parts (columns of BYTES). Every
/// value is checked. Errors: kInvalidData.
Status JoinVariants(const Column& metadata, const Column& value, Column* column,
                    arrow::MemoryPool* pool);

}  // namespace weir
