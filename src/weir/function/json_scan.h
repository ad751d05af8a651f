// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The quick way to one scalar of a plain document, for JSON_VALUE(json, '$.user.name'): one pass
// over the bytes, no tree, no copy. It takes only what is surely right; whatever else it meets (an
// escape in a name or in the answer, a name that stands twice, a list or an object as the answer,
// any error) is left to JsonReader.
//   {"a": 1, "b": [2, "x"]}  $.b[1]  ->  kScalar, a string, x        $.c  ->  kMissing
#pragma once

#include <string>
#include <string_view>

#include "weir/function/json_tree.h"

namespace weir {

enum class JsonScan : uint8_t {
  kUnsure,   // JsonReader has to read the document.
  kMissing,  // A good document without such a value.
  kScalar,
};

/// Keeps its buffer from one document to the next. Threads: one.
class JsonScanner {
 public:
  /// `path` must be plain. *kind and *text (characters of a string, else as written, inside `json`)
  /// are set where it gives kScalar.
  JsonScan Scan(std::string_view json, const JsonPath& path, JsonNode::Kind* kind,
                std::string_view* text);

 private:
  std::string padded_;
};

}  // namespace weir
