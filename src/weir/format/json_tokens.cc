// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/format/json_tokens.h"

#include <simdjson.h>

#include <algorithm>

namespace weir {

struct JsonTokens::Parser {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> implementation;
  size_t capacity = 0;
};

JsonTokens::JsonTokens() : parser_(std::make_unique<Parser>()) {}
JsonTokens::~JsonTokens() = default;

std::string JsonTokens::Index(const char* data, size_t size) {
  begin_ = end_ = nullptr;
  if (parser_->implementation == nullptr || parser_->capacity < size) {
    size_t capacity = std::max<size_t>(size + size / 4, 64 << 10);
    // The depth only sizes stage 2's stack, which is not used.
    auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
        capacity, 8, parser_->implementation);
    if (error) return simdjson::error_message(error);
    parser_->capacity = capacity;
  }
  auto error = parser_->implementation->stage1(reinterpret_cast<const uint8_t*>(data), size,
                                               simdjson::stage1_mode::regular);
  switch (error) {
    case simdjson::SUCCESS:
      break;
    case simdjson::EMPTY:
      break;
    case simdjson::UTF8_ERROR:
      return "invalid UTF-8";
    case simdjson::UNESCAPED_CHARS:
      return "a control character in a string that is not escaped, or a string that is not closed";
    case simdjson::UNCLOSED_STRING:
      return "a string that is not closed";
    default:
      return simdjson::error_message(error);
  }
  uint32_t count = error == simdjson::EMPTY ? 0 : parser_->implementation->n_structural_indexes;
  uint32_t* positions = parser_->implementation->structural_indexes.get();
  // A walk that runs over the end meets a byte that is no token.
  auto sentinel = static_cast<uint32_t>(size > 0 && data[size - 1] == '\n' ? size - 1 : size);
  for (uint32_t i = 0; i < 3; ++i) positions[count + i] = sentinel;
  begin_ = positions;
  end_ = positions + count;
  return {};
}

char* JsonTokens::Unescape(const char* source, char* out) const {
  return reinterpret_cast<char*>(parser_->implementation->parse_string(
      reinterpret_cast<const uint8_t*>(source), reinterpret_cast<uint8_t*>(out)));
}

}  // namespace weir
