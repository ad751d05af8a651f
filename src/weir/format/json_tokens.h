// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The structural index of JSON text, made by simdjson's first stage: the positions of { } [ ] : ,
// and of the first byte of each string, number and literal. Quotes are balanced and UTF-8 is valid
// wherever Index succeeds.
//   {"a":[1,"x"]}   positions of  {  "a  :  [  1  ,  "x  ]  }
// Between a string's opening quote and the next position there is nothing but the string and white
// space.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace weir {

/// Threads: one.
class JsonTokens {
 public:
  JsonTokens();
  ~JsonTokens();
  /// Indexes `size` bytes, which must end with a line end or be followed by a NUL byte, and be
  /// followed by kBlockPadding readable bytes. Empty: good; else what is wrong.
  std::string Index(const char* data, size_t size);
  /// The positions of the last Index, and three sentinels behind them: the position of that line
  /// end or NUL.
  const uint32_t* begin() const { return begin_; }
  const uint32_t* end() const { return end_; }
  /// Decodes the escapes of a string: `source` is the byte behind the opening quote, `out` has room
  /// for the raw string and kBlockPadding. Returns the end of what was written; null for a bad
  /// escape or a lone surrogate.
  char* Unescape(const char* source, char* out) const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  const uint32_t* begin_ = nullptr;
  const uint32_t* end_ = nullptr;
};

}  // namespace weir
