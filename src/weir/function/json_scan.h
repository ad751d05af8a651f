// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The quick way to one scalar member of a plain document, for JSON_VALUE(json, '$.name'): one pass
// over the bytes, no tree. It takes only what is surely right (ASCII, no escapes, the member not
// twice and no list or object); whatever else it meets, errors included, is left to JsonReader.
//   {"a": 1, "b": [2]}  a  ->  an object with the member a alone
#pragma once

#include <string_view>

#include "weir/function/json_tree.h"

namespace weir {

/// False: JsonReader has to read `text`, and `root` is of no use.
bool ScanJsonMember(std::string_view text, std::string_view member, JsonNode* root);

}  // namespace weir
