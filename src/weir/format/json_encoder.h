// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#pragma once

#include "weir/format/format.h"

namespace weir {

/// Writes one JSON object a row and line, values as Flink's json format writes them.
Result<std::unique_ptr<RecordEncoder>> MakeJsonEncoder(const EncodeSpec& spec);
/// Appends a JSON string with quotes.
void AppendJsonString(std::string_view text, std::string* out);

}  // namespace weir
