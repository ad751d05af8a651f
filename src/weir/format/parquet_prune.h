// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#pragma once

#include <vector>

#include "weir/format/format.h"

namespace parquet {
class RowGroupMetaData;
class SchemaDescriptor;
}  // namespace parquet

namespace weir {

/// Whether the statistics of a row group prove that no row of it satisfies all of `filters`.
/// `schema` holds the types of the filters' columns. Unknown columns, types and statistics prove
/// nothing.
bool CanSkipRowGroup(const parquet::RowGroupMetaData& group, const Schema& schema,
                     const std::vector<BulkFilter>& filters);

}  // namespace weir
