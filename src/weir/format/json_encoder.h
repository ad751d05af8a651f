// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#pragma once

#include "weir/data/json_text.h"
#include "weir/format/format.h"

namespace weir {

/// Writes one JSON object a row and line, values as Flink's json format writes them.
Result<std::unique_ptr<RecordEncoder>> MakeJsonEncoder(const EncodeSpec& spec);

}  // namespace weir
