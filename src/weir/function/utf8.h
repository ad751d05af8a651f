// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Characters of UTF-8 text. SQL counts code points; bytes that are no valid UTF-8 count one each,
// so that no input can lead out of the text. Text of ASCII alone is found out first, for there a
// character is a byte.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace weir {

inline bool IsAscii(std::string_view text) {
  const char* at = text.data();
  const char* end = at + text.size();
  uint64_t high = 0;
  for (; end - at >= 8; at += 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    high |= word;
  }
  for (; at != end; ++at) high |= static_cast<uint8_t>(*at);
  return (high & 0x8080808080808080ULL) == 0;
}

/// Bytes of the character that begins `text` (not empty): 1 to 4, never more than there are.
inline size_t CharacterBytes(std::string_view text) {
  auto lead = static_cast<uint8_t>(text[0]);
  if (lead < 0xC0) return 1;
  size_t wanted = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  size_t bytes = 1;
  while (bytes < wanted && bytes < text.size() &&
         (static_cast<uint8_t>(text[bytes]) & 0xC0) == 0x80)
    ++bytes;
  return bytes;
}

/// Number of characters.
inline int64_t CountCharacters(std::string_view text) {
  if (IsAscii(text)) return static_cast<int64_t>(text.size());
  int64_t count = 0;
  while (!text.empty()) {
    text.remove_prefix(CharacterBytes(text));
    ++count;
  }
  return count;
}

/// Byte offset of character `index` (from 0); text.size() when there are not as many.
inline size_t CharacterOffset(std::string_view text, int64_t index) {
  size_t at = 0;
  for (; index > 0 && at < text.size(); --index) at += CharacterBytes(text.substr(at));
  return at;
}

/// The code point that begins `text` (not empty), and its bytes. A byte that is no UTF-8 stands for
/// itself.
uint32_t DecodeCharacter(std::string_view text, size_t* bytes);
void AppendCharacter(uint32_t code_point, std::string* out);

/// Unicode's simple case mappings (one character to one), as towupper.
uint32_t UpperOf(uint32_t code_point);
uint32_t LowerOf(uint32_t code_point);
bool IsLetter(uint32_t code_point);

/// `count` characters from the 1-based `start` on, as SUBSTRING counts: 0 is the first, -1 the last
/// character.
std::string_view SubstringOf(std::string_view text, int64_t start, int64_t count);

/// Byte offset of `needle` at or after byte `from`, or npos. Faster than string_view::find for long
/// texts.
inline size_t FindBytes(std::string_view text, std::string_view needle, size_t from = 0) {
  if (from > text.size()) return std::string_view::npos;
  if (needle.empty()) return from;
  const void* at = memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
  return at == nullptr ? std::string_view::npos
                       : static_cast<size_t>(static_cast<const char*>(at) - text.data());
}

}  // namespace weir
