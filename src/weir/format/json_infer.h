// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#pragma once

#include "weir/data/type.h"

namespace weir {

/// Columns of JSON records (one object a line, or one array of objects) from the first of them:
/// BOOLEAN, BIGINT, DOUBLE, DATE, TIMESTAMP, STRING, ROW, ARRAY; what is always NULL is STRING.
/// `is_whole`: nothing follows `sample`.
Result<Schema> InferJsonSchema(std::string_view sample, bool is_whole);

}  // namespace weir
