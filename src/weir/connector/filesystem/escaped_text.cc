// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/filesystem/escaped_text.h"

#include <fmt/format.h>

#include <charconv>

#include "weir/data/text.h"

namespace weir {

void AppendEscaped(std::string_view text, std::string* out) {
  bool is_utf8 = IsValidUtf8(text);
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || c == '\\' || (!is_utf8 && byte >= 0x80)) {
      *out += fmt::format("\\{:02x}", byte);
    } else {
      *out += c;
    }
  }
}

bool AppendUnescaped(std::string_view text, std::string* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      *out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return false;
    unsigned byte = 0;
    const char* digits = text.data() + i + 1;
    auto [end, error] = std::from_chars(digits, digits + 2, byte, 16);
    if (error != std::errc() || end != digits + 2) return false;
    *out += static_cast<char>(byte);
    i += 2;
  }
  return true;
}

}  // namespace weir
