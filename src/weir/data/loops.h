// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What kernels loop with: bitmaps 64 bits at a time, and readers that hide the encoding of a
// column.
//   GenerateBits(n, out, [&](int64_t i) { return a[i] < b[i]; });
//   VisitSetBits(bits, n, [&](int64_t i) { sum += values[i]; });
// A null bitmap stands for "all set", as in Column::validity. Bitmaps are LSB first and may begin
// at any byte; nothing is read or written past BitmapBytes(n) bytes. Bits past `n` of the last byte
// written are 0.
#pragma once

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "weir/data/column.h"

namespace weir {

static_assert(std::endian::native == std::endian::little,
              "bitmaps are read as little-endian words");

/// Bits [i, i + 64) of a bitmap of `n` bits, i divisible by 8; bits from `n` on are 0. A null
/// bitmap is all set.
inline uint64_t LoadBits(const uint8_t* bits, int64_t i, int64_t n) {
  int64_t left = n - i;
  uint64_t word = ~uint64_t{0};
  if (left >= 64) {
    if (bits != nullptr) std::memcpy(&word, bits + (i >> 3), 8);
    return word;
  }
  if (left <= 0) return 0;
  if (bits != nullptr) {
    word = 0;
    std::memcpy(&word, bits + (i >> 3), static_cast<size_t>(BitmapBytes(left)));
  }
  return word & ((uint64_t{1} << left) - 1);
}

/// Stores the low bits of `word` as bits [i, min(i + 64, n)), i divisible by 8.
inline void StoreBits(uint64_t word, uint8_t* bits, int64_t i, int64_t n) {
  int64_t left = n - i;
  if (left >= 64) {
    std::memcpy(bits + (i >> 3), &word, 8);
  } else if (left > 0) {
    word &= (uint64_t{1} << left) - 1;
    std::memcpy(bits + (i >> 3), &word, static_cast<size_t>(BitmapBytes(left)));
  }
}

/// Packs 64 bytes, each 0 or 1, into 64 bits.
inline uint64_t PackBools(const uint8_t* bools) {
#if defined(__AVX2__)
  __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bools));
  __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bools + 32));
  // The lowest bit of each byte moves to its highest, which movemask collects.
  auto mask_low = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_slli_epi16(low, 7)));
  auto mask_high = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_slli_epi16(high, 7)));
  return mask_low | (uint64_t{mask_high} << 32);
#else
  uint64_t word = 0;
  for (int k = 0; k < 8; ++k) {
    uint64_t eight;
    std::memcpy(&eight, bools + 8 * k, 8);
    word |= ((eight * 0x0102040810204080ULL) >> 56) << (8 * k);
  }
  return word;
#endif
}

/// Calls `bit(i)` for 0 <= i < n and stores the answers. The predicate is called in straight loops
/// over 64 rows, so that a simple one is vectorised.
template <typename Predicate>
void GenerateBits(int64_t n, uint8_t* out_bits, Predicate&& bit) {
  int64_t i = 0;
  for (; i + 64 <= n; i += 64) {
    alignas(32) uint8_t bools[64];
    for (int64_t j = 0; j < 64; ++j) bools[j] = bit(i + j) ? 1 : 0;
    uint64_t word = PackBools(bools);
    std::memcpy(out_bits + (i >> 3), &word, 8);
  }
  if (i < n) {
    uint64_t word = 0;
    for (int64_t j = 0; i + j < n; ++j) word |= uint64_t{bit(i + j) ? 1u : 0u} << j;
    StoreBits(word, out_bits, i, n);
  }
}

/// Combines bitmaps word by word: out = combine(a, b). `out` may be `a` or `b`.
template <typename Combine>
void CombineBits(const uint8_t* a, const uint8_t* b, int64_t n, uint8_t* out, Combine&& combine) {
  int64_t i = 0;
  if (a != nullptr && b != nullptr) {
    for (; i + 64 <= n; i += 64) {
      uint64_t x, y;
      std::memcpy(&x, a + (i >> 3), 8);
      std::memcpy(&y, b + (i >> 3), 8);
      x = combine(x, y);
      std::memcpy(out + (i >> 3), &x, 8);
    }
  }
  for (; i < n; i += 64) StoreBits(combine(LoadBits(a, i, n), LoadBits(b, i, n)), out, i, n);
}
inline void AndBits(const uint8_t* a, const uint8_t* b, int64_t n, uint8_t* out) {
  CombineBits(a, b, n, out, [](uint64_t x, uint64_t y) { return x & y; });
}
inline void OrBits(const uint8_t* a, const uint8_t* b, int64_t n, uint8_t* out) {
  CombineBits(a, b, n, out, [](uint64_t x, uint64_t y) { return x | y; });
}
/// out = a and not b.
inline void AndNotBits(const uint8_t* a, const uint8_t* b, int64_t n, uint8_t* out) {
  CombineBits(a, b, n, out, [](uint64_t x, uint64_t y) { return x & ~y; });
}
inline void XorBits(const uint8_t* a, const uint8_t* b, int64_t n, uint8_t* out) {
  CombineBits(a, b, n, out, [](uint64_t x, uint64_t y) { return x ^ y; });
}
inline void NotBits(const uint8_t* a, int64_t n, uint8_t* out) {
  CombineBits(a, a, n, out, [](uint64_t x, uint64_t) { return ~x; });
}
inline void FillBits(bool value, int64_t n, uint8_t* out) {
  for (int64_t i = 0; i < n; i += 64) StoreBits(value ? ~uint64_t{0} : 0, out, i, n);
}

inline int64_t CountSetBits(const uint8_t* bits, int64_t n) {
  if (bits == nullptr) return n;
  int64_t count = 0;
  for (int64_t i = 0; i < n; i += 64) count += std::popcount(LoadBits(bits, i, n));
  return count;
}
inline bool AllBitsSet(const uint8_t* bits, int64_t n) {
  return bits == nullptr || CountSetBits(bits, n) == n;
}

/// Calls `visit(i)` for every set bit, in order. Words with all bits set are visited by a straight
/// loop.
template <typename Visit>
void VisitSetBits(const uint8_t* bits, int64_t n, Visit&& visit) {
  for (int64_t i = 0; i < n; i += 64) {
    uint64_t word = LoadBits(bits, i, n);
    if (word == ~uint64_t{0}) {
      for (int64_t j = i; j < i + 64; ++j) visit(j);
      continue;
    }
    while (word != 0) {
      visit(i + std::countr_zero(word));
      word &= word - 1;
    }
  }
}
/// Calls `visit(i)` for every bit that is not set, in order.
template <typename Visit>
void VisitClearBits(const uint8_t* bits, int64_t n, Visit&& visit) {
  if (bits == nullptr) return;
  for (int64_t i = 0; i < n; i += 64) {
    uint64_t limit = n - i >= 64 ? ~uint64_t{0} : (uint64_t{1} << (n - i)) - 1;
    uint64_t word = ~LoadBits(bits, i, n) & limit;
    while (word != 0) {
      visit(i + std::countr_zero(word));
      word &= word - 1;
    }
  }
}

/// Writes the positions of the set bits to `out` (room for all of them) and returns how many there
/// are.
inline int64_t BitmapToIndices(const uint8_t* bits, int64_t n, int32_t* out) {
  int32_t* begin = out;
  VisitSetBits(bits, n, [&](int64_t i) { *out++ = static_cast<int32_t>(i); });
  return out - begin;
}

/// Copies bits [source_offset, source_offset + n) of `source` to the bits of `out` from
/// `out_offset` on; the other bits of `out` stay. A null `source` sets the bits.
void CopyBits(const uint8_t* source, int64_t source_offset, int64_t n, uint8_t* out,
              int64_t out_offset);

/// A validity bitmap that is the AND of two; absent (null) when both are. Shares a buffer when only
/// one is present.
Result<BufferPtr> AndValidity(const BufferPtr& a, const BufferPtr& b, int64_t length,
                              arrow::MemoryPool* pool);
/// The validity of a flat result of `column.length` rows: expands a constant's, shares others'.
/// Null: no NULLs.
Result<BufferPtr> ExpandValidity(const Column& column, arrow::MemoryPool* pool);

/// Reads the values of a flat or constant column: reader[i] is the value of row i. For dictionaries
/// Flatten first.
template <typename T>
class ValueReader {
 public:
  explicit ValueReader(const Column& column)
      : data_(column.data<T>()), mask_(column.is_constant() ? 0 : ~int64_t{0}) {}
  T operator[](int64_t i) const { return data_[i & mask_]; }
  bool is_constant() const { return mask_ == 0; }
  const T* data() const { return data_; }

 private:
  const T* data_;
  int64_t mask_;
};
/// The same for BOOLEAN.
template <>
class ValueReader<bool> {
 public:
  explicit ValueReader(const Column& column)
      : bits_(column.values->data()), mask_(column.is_constant() ? 0 : ~int64_t{0}) {}
  bool operator[](int64_t i) const { return GetBit(bits_, i & mask_); }
  bool is_constant() const { return mask_ == 0; }
  const uint8_t* bits() const { return bits_; }

 private:
  const uint8_t* bits_;
  int64_t mask_;
};

/// out[i] = apply(a[i]) over a flat or constant column (a constant is computed once).
template <typename T, typename Out, typename Apply>
void MapUnary(const Column& a, int64_t n, Out* out, Apply&& apply) {
  const T* x = a.data<T>();
  if (a.is_constant()) {
    const Out value = apply(x[0]);
    for (int64_t i = 0; i < n; ++i) out[i] = value;
  } else {
    for (int64_t i = 0; i < n; ++i) out[i] = apply(x[i]);
  }
}
/// out[i] = apply(a[i], b[i]) over flat or constant columns; one straight loop for each
/// combination.
template <typename A, typename B, typename Out, typename Apply>
void MapBinary(const Column& a, const Column& b, int64_t n, Out* out, Apply&& apply) {
  const A* x = a.data<A>();
  const B* y = b.data<B>();
  if (a.is_constant()) {
    const A value = x[0];
    if (b.is_constant()) {
      const Out result = apply(value, y[0]);
      for (int64_t i = 0; i < n; ++i) out[i] = result;
    } else {
      for (int64_t i = 0; i < n; ++i) out[i] = apply(value, y[i]);
    }
  } else if (b.is_constant()) {
    const B value = y[0];
    for (int64_t i = 0; i < n; ++i) out[i] = apply(x[i], value);
  } else {
    for (int64_t i = 0; i < n; ++i) out[i] = apply(x[i], y[i]);
  }
}
/// Bits of test(a[i], b[i]) over flat or constant columns; one straight loop for each combination.
template <typename A, typename B, typename Test>
void TestBinary(const Column& a, const Column& b, int64_t n, uint8_t* out_bits, Test&& test) {
  const A* x = a.data<A>();
  const B* y = b.data<B>();
  if (a.is_constant()) {
    const A value = x[0];
    if (b.is_constant()) {
      FillBits(test(value, y[0]), n, out_bits);
    } else {
      GenerateBits(n, out_bits, [&](int64_t i) { return test(value, y[i]); });
    }
  } else if (b.is_constant()) {
    const B value = y[0];
    GenerateBits(n, out_bits, [&](int64_t i) { return test(x[i], value); });
  } else {
    GenerateBits(n, out_bits, [&](int64_t i) { return test(x[i], y[i]); });
  }
}

}  // namespace weir
