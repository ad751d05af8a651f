// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include <cstring>

#include "weir/data/text.h"

namespace weir {
namespace {

// Length of the well-formed sequence at `p` that does not begin with ASCII, or 0.
// Source: The Unicode Standard, table 3-7.
int SequenceLength(const unsigned char* p, const unsigned char* end) {
  const auto left = end - p;
  auto tail = [&](int k, unsigned char low = 0x80, unsigned char high = 0xBF) {
    return p[k] >= low && p[k] <= high;
  };
  if (p[0] >= 0xC2 && p[0] <= 0xDF) return left >= 2 && tail(1) ? 2 : 0;
  if (p[0] >= 0xE0 && p[0] <= 0xEF) {
    // E0 would be overlong below A0, ED from A0 on are surrogates.
    if (left < 3 || !tail(1, p[0] == 0xE0 ? 0xA0 : 0x80, p[0] == 0xED ? 0x9F : 0xBF)) return 0;
    return tail(2) ? 3 : 0;
  }
  if (p[0] >= 0xF0 && p[0] <= 0xF4) {
    // F0 would be overlong below 90, F4 beyond U+10FFFF from 90 on.
    if (left < 4 || !tail(1, p[0] == 0xF0 ? 0x90 : 0x80, p[0] == 0xF4 ? 0x8F : 0xBF)) return 0;
    return tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool IsValidUtf8(std::string_view bytes) {
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  const unsigned char* end = p + bytes.size();
  while (true) {
    // ASCII by 32 bytes; the loads are vectorised.
    while (end - p >= 32) {
      uint64_t words[4];
      std::memcpy(words, p, 32);
      if (((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080ULL) != 0) break;
      p += 32;
    }
    while (p != end && *p < 0x80) ++p;
    if (p == end) return true;
    // Text of another script: stay here as long as it lasts.
    while (p != end && *p >= 0x80) {
      int length = SequenceLength(p, end);
      if (length == 0) return false;
      p += length;
    }
  }
}

}  // namespace weir
