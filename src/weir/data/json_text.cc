// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/data/json_text.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <iterator>

namespace weir {
namespace {

// The first place at or after `i` that may need an escape; looks at eight bytes at a time.
size_t SkipPlain(std::string_view text, size_t i) {
  constexpr uint64_t kOnes = 0x0101010101010101u, kHigh = 0x8080808080808080u;
  auto has_zero = [](uint64_t word) { return (word - kOnes) & ~word & kHigh; };
  while (i + 8 <= text.size()) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    uint64_t low = (word - kOnes * 0x20) & ~word & kHigh;
    if ((low | has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\'))) != 0) return i;
    i += 8;
  }
  return i;
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  *out += '"';
  size_t done = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    i = SkipPlain(text, i);
    if (i == text.size()) break;
    auto c = static_cast<unsigned char>(text[i]);
    if (c >= ' ' && c != '"' && c != '\\') continue;
    out->append(text, done, i - done);
    done = i + 1;
    switch (c) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      case '\b':
        *out += "\\b";
        break;
      case '\f':
        *out += "\\f";
        break;
      default:
        fmt::format_to(std::back_inserter(*out), "\\u{:04X}", c);
    }
  }
  out->append(text, done, text.size() - done);
  *out += '"';
}

void AppendBase64(std::string_view bytes, std::string* out) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k)
      bits = bits << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) {
      *out += i + k > bytes.size() ? '=' : kAlphabet[(bits >> (18 - 6 * k)) & 63];
    }
  }
}

}  // namespace weir
