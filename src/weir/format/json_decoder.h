// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#pragma once

#include <memory>

#include "weir/format/format.h"

namespace weir {

/// Decodes one JSON object a line, or a file that is one array of objects.
///   {"a":1,"b":{"c":"x"}}    ->   a = 1, b = ROW('x')
/// A missing key is NULL, of equal keys the last one counts, keys that are not asked for are passed
/// over.
Result<std::unique_ptr<RecordDecoder>> MakeJsonDecoder(const DecodeSpec& spec);

}  // namespace weir
