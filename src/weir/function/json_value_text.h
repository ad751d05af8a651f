// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// SQL values as JSON text, as JSON_STRING, JSON_OBJECT and the JSON aggregates write them.
#pragma once

#include <string>

#include "weir/data/column.h"
#include "weir/data/text.h"

namespace weir {

/// Appends row `i` of `column` (any encoding): NULL as null, text and times quoted, bytes in
/// base64, ROWs and MAPs as objects with their members by name.
void AppendJsonValue(const Column& column, int64_t i, std::string* out);

}  // namespace weir
