// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A string value of a column: 16 bytes, short strings inline, longer ones by pointer with a 4-byte
// prefix.
//   size <= 12:  | size 4 | bytes 12 (the rest zero) |
//   size  > 12:  | size 4 | prefix 4 | pointer 8     |
// The bytes belong to a heap buffer of the column (Column::heaps). Two equal short strings have
// equal 16 bytes. Source: Neumann, Freitag, "Umbra: A Disk-Based System with In-Memory
// Performance", CIDR 2020, section 3.1.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir {

class StringView {
 public:
  static constexpr uint32_t kInlineBytesMax = 12;

  StringView() : size_(0) { std::memset(inline_, 0, sizeof(inline_)); }
  /// Refers to `data` when longer than kInlineBytesMax; the caller keeps it alive.
  StringView(const char* data, uint32_t size) : size_(size) {
    if (size <= kInlineBytesMax) {
      std::memset(inline_, 0, sizeof(inline_));
      if (size != 0) std::memcpy(inline_, data, size);
    } else {
      std::memcpy(inline_, data, 4);
      std::memcpy(inline_ + 4, &data, 8);
    }
  }
  /// The same, faster, where kInlineBytesMax bytes from `data` on may be read whatever `size` is.
  static StringView FromPadded(const char* data, uint32_t size) {
    struct Mask {
      uint32_t first;
      uint64_t rest;
    };
    static constexpr Mask kMasks[kInlineBytesMax + 1] = {{0, 0},
                                                         {0xFF, 0},
                                                         {0xFFFF, 0},
                                                         {0xFFFFFF, 0},
                                                         {0xFFFFFFFF, 0},
                                                         {0xFFFFFFFF, 0xFF},
                                                         {0xFFFFFFFF, 0xFFFF},
                                                         {0xFFFFFFFF, 0xFFFFFF},
                                                         {0xFFFFFFFF, 0xFFFFFFFF},
                                                         {0xFFFFFFFF, 0xFFFFFFFFFF},
                                                         {0xFFFFFFFF, 0xFFFFFFFFFFFF},
                                                         {0xFFFFFFFF, 0xFFFFFFFFFFFFFF},
                                                         {0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF}};
    uint32_t first;
    uint64_t rest;
    std::memcpy(&first, data, 4);
    if (size <= kInlineBytesMax) {
      std::memcpy(&rest, data + 4, 8);
      first &= kMasks[size].first;
      rest &= kMasks[size].rest;
    } else {
      std::memcpy(&rest, &data, 8);
    }
    return StringView(size, first, rest);
  }
  explicit StringView(std::string_view text)
      : StringView(text.data(), static_cast<uint32_t>(text.size())) {}

  uint32_t size() const { return size_; }
  bool is_inline() const { return size_ <= kInlineBytesMax; }
  const char* data() const {
    if (is_inline()) return inline_;
    const char* pointer;
    std::memcpy(&pointer, inline_ + 4, 8);
    return pointer;
  }
  /// Valid as long as this object (short strings) and the heap (long ones) live.
  std::string_view view() const { return {data(), size_}; }

  bool operator==(const StringView& other) const {
    // Size and the first four bytes lie together: most unequal strings differ here.
    uint64_t head, other_head;
    std::memcpy(&head, this, 8);
    std::memcpy(&other_head, &other, 8);
    if (head != other_head) return false;
    uint64_t tail, other_tail;
    std::memcpy(&tail, inline_ + 4, 8);
    std::memcpy(&other_tail, other.inline_ + 4, 8);
    if (tail == other_tail) return true;
    return size_ > kInlineBytesMax && std::memcmp(data() + 4, other.data() + 4, size_ - 4) == 0;
  }
  /// Order by unsigned bytes: negative, 0 or positive.
  int Compare(const StringView& other) const {
    std::string_view a = view(), b = other.view();
    int order = std::memcmp(a.data(), b.data(), a.size() < b.size() ? a.size() : b.size());
    return order != 0 ? order : (a.size() < b.size() ? -1 : a.size() > b.size());
  }

 private:
  StringView(uint32_t size, uint32_t first, uint64_t rest) : size_(size) {
    std::memcpy(inline_, &first, 4);
    std::memcpy(inline_ + 4, &rest, 8);
  }

  uint32_t size_;
  char inline_[12];
};
static_assert(sizeof(StringView) == 16);

}  // namespace weir
