// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/utf8.h"

#include <locale.h>
#include <clocale>
#include <cwctype>

#include <algorithm>

namespace weir {
namespace {

/// glibc's own UTF-8 locale, independent of the process's; null where it is missing (then only
/// ASCII has case).
locale_t Utf8Locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

}  // namespace

uint32_t DecodeCharacter(std::string_view text, size_t* bytes) {
  auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(text[i])); };
  size_t length = CharacterBytes(text);
  *bytes = length;
  uint32_t lead = byte(0);
  if (length == 1) return lead;
  if (length == 2) return ((lead & 0x1F) << 6) | (byte(1) & 0x3F);
  if (length == 3) return ((lead & 0x0F) << 12) | ((byte(1) & 0x3F) << 6) | (byte(2) & 0x3F);
  return ((lead & 0x07) << 18) | ((byte(1) & 0x3F) << 12) | ((byte(2) & 0x3F) << 6) |
         (byte(3) & 0x3F);
}

void AppendCharacter(uint32_t c, std::string* out) {
  if (c < 0x80) {
    *out += static_cast<char>(c);
  } else if (c < 0x800) {
    *out += static_cast<char>(0xC0 | (c >> 6));
    *out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    *out += static_cast<char>(0xE0 | (c >> 12));
    *out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    *out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    *out += static_cast<char>(0xF0 | (c >> 18));
    *out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    *out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    *out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

uint32_t UpperOf(uint32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 32 : c;
  return Utf8Locale() == nullptr
             ? c
             : static_cast<uint32_t>(towupper_l(static_cast<wint_t>(c), Utf8Locale()));
}

uint32_t LowerOf(uint32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  return Utf8Locale() == nullptr
             ? c
             : static_cast<uint32_t>(towlower_l(static_cast<wint_t>(c), Utf8Locale()));
}

bool IsLetter(uint32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return Utf8Locale() != nullptr && iswalpha_l(static_cast<wint_t>(c), Utf8Locale()) != 0;
}

std::string_view SubstringOf(std::string_view text, int64_t start, int64_t count) {
  if (count <= 0) return {};
  bool is_ascii = IsAscii(text);
  int64_t length = is_ascii    ? static_cast<int64_t>(text.size())
                   : start < 0 ? CountCharacters(text)
                               : 0;
  if (start < 0) {
    if (start < -length) return {};
    start += length;
  } else if (start > 0) {
    --start;
  }
  if (is_ascii) {
    if (start >= length) return {};
    return text.substr(static_cast<size_t>(start),
                       static_cast<size_t>(std::min(count, length - start)));
  }
  text.remove_prefix(CharacterOffset(text, start));
  return text.substr(0, CharacterOffset(text, count));
}

}  // namespace weir
