// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Batches as text, for tests:
//   schema   k STRING, n INT NOT NULL, at TIMESTAMP(3)
//   rows     +I a 1 5000   -U 'two words' null '2020-01-01 00:00:00'
// Values: null; true; 12; 1.5; text, bare or in quotes ('' stands for one); TIMESTAMP as
// milliseconds or as quoted text; DATE and TIME as text; bytes x'00ff'; ARRAY [1,2]; ROW (1,a); MAP
// and MULTISET {key:value}; intervals as numbers. FormatRow writes what ParseRows reads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/data/batch.h"

namespace weir {

Result<Schema> ParseSchemaText(std::string_view text);
/// Any number of rows, each its kind and one value a field.
Result<Batch> ParseRows(std::string_view text, const Schema& schema, arrow::MemoryPool* pool);
/// "+I a 1".
std::string FormatRow(const Batch& batch, int64_t row);
/// Without the kind; only `columns` when not empty.
std::string FormatValues(const Batch& batch, int64_t row, const std::vector<int>& columns = {});

}  // namespace weir
