// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/utf8_repair.h"

#include <cstddef>
#include <cstdint>

namespace weir {
namespace {

/// What may follow a first byte: how many bytes, and the range of the first of them. Source: The
/// Unicode Standard, table 3-7.
struct Follow {
  size_t count = 0;
  uint8_t low = 0x80, high = 0xBF;
};

Follow FollowOf(uint8_t first) {
  if (first >= 0xC2 && first <= 0xDF) return {1};
  if (first == 0xE0) return {2, 0xA0, 0xBF};
  if (first == 0xED) return {2, 0x80, 0x9F};
  if (first >= 0xE1 && first <= 0xEF) return {2};
  if (first == 0xF0) return {3, 0x90, 0xBF};
  if (first >= 0xF1 && first <= 0xF3) return {3};
  if (first == 0xF4) return {3, 0x80, 0x8F};
  return {};
}

}  // namespace

void AppendRepairedUtf8(std::string_view bytes, std::string* out) {
  for (size_t i = 0; i < bytes.size();) {
    auto first = static_cast<uint8_t>(bytes[i]);
    Follow follow = FollowOf(first);
    size_t size = 1;
    while (size <= follow.count && i + size < bytes.size()) {
      auto next = static_cast<uint8_t>(bytes[i + size]);
      bool fits =
          size == 1 ? next >= follow.low && next <= follow.high : next >= 0x80 && next <= 0xBF;
      if (!fits) break;
      ++size;
    }
    bool is_good = first < 0x80 || (follow.count > 0 && size == follow.count + 1);
    *out += is_good ? bytes.substr(i, size) : std::string_view("\xEF\xBF\xBD");
    i += size;
  }
}

}  // namespace weir
