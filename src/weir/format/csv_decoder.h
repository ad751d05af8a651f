// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#pragma once

#include <memory>

#include "weir/format/csv_options.h"
#include "weir/format/format.h"

namespace weir {

/// Decodes RFC 4180 records; \n and \r\n end them, quoted fields may hold delimiters, line ends and
/// doubled quotes.
Result<std::unique_ptr<RecordDecoder>> MakeCsvDecoder(const DecodeSpec& spec);

/// Cuts one record of `text` that begins at *at, which moves behind it. False at the end, or when
/// the record is cut off.
bool SplitCsvRecord(const CsvDialect& dialect, std::string_view text, bool is_whole, size_t* at,
                    std::vector<std::string>* fields);

}  // namespace weir
