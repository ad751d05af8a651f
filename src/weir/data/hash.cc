// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Hashes of rows over columns. Two steps: every value has a 64-bit hash of its own, and these are
// folded column by column into the row's. Both steps multiply 64 x 64 -> 128 bits and xor the
// halves, which spreads every bit of the input over the whole word (the high bits choose the key
// group, the low ones the slot of a hash table). State files depend on every constant here.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cmath>
#include <vector>

#include "weir/data/loops.h"

namespace weir {
namespace {

// Odd, with balanced bits; the first two are the fractions of the golden ratio and of sqrt(2).
constexpr uint64_t kKey0 = 0x9E3779B97F4A7C15ULL;
constexpr uint64_t kKey1 = 0x6A09E667F3BCC909ULL;
constexpr uint64_t kKey2 = 0xD6E8FEB86659FD93ULL;
constexpr uint64_t kSeed = 0x2545F4914F6CDD1DULL;
constexpr uint64_t kNullHash = 0xC2B2AE3D27D4EB4FULL;

inline uint64_t Multiply(uint64_t a, uint64_t b) {
  auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}
inline uint64_t HashWord(uint64_t word) { return Multiply(word ^ kKey0, kKey1); }
// Both words pass through a multiplication that no value of the other can turn into zero.
inline uint64_t HashTwoWords(uint64_t a, uint64_t b) {
  return Multiply(Multiply(a ^ kKey0, kKey1) ^ b, kKey2);
}
inline uint64_t Fold(uint64_t row, uint64_t value) { return Multiply(row ^ value, kKey2); }

inline uint64_t HashOf(int8_t v) { return HashWord(static_cast<uint64_t>(int64_t{v})); }
inline uint64_t HashOf(int16_t v) { return HashWord(static_cast<uint64_t>(int64_t{v})); }
inline uint64_t HashOf(int32_t v) { return HashWord(static_cast<uint64_t>(int64_t{v})); }
inline uint64_t HashOf(int64_t v) { return HashWord(static_cast<uint64_t>(v)); }
inline uint64_t HashOf(double v) {
  v += 0.0;  // -0.0 becomes 0.0.
  uint64_t bits = std::bit_cast<uint64_t>(v);
  return HashWord(v != v ? 0x7FF8000000000000ULL : bits);
}
inline uint64_t HashOf(float v) { return HashOf(static_cast<double>(v)); }
inline uint64_t HashOf(Int128 v) {
  return HashTwoWords(static_cast<uint64_t>(v),
                      static_cast<uint64_t>(static_cast<unsigned __int128>(v) >> 64));
}
inline uint64_t HashOf(const StringView& v) {
  if (v.is_inline()) {
    uint64_t words[2];
    std::memcpy(words, &v, 16);
    return HashTwoWords(words[0], words[1]);
  }
  return XXH3_64bits(v.data(), v.size());
}

// Folds one value hash a row into `hashes`, for the rows [begin, begin + n); value(position) hashes
// the value at a position of the flat buffers.
template <typename Value>
void FoldColumn(const Column& column, int64_t begin, int64_t n, uint64_t* hashes, Value&& value) {
  const uint8_t* valid = column.validity_bits();
  auto is_valid = [&](int64_t i) { return valid == nullptr || GetBit(valid, begin + i); };
  if (column.is_constant()) {
    const uint64_t one = column.IsNull(0) ? kNullHash : value(0);
    for (int64_t i = 0; i < n; ++i) hashes[i] = Fold(hashes[i], one);
    return;
  }
  if (column.encoding == Encoding::kDictionary) {
    const int32_t* index = column.indices() + begin;
    const int64_t entries = column.dictionary().length;
    if (entries <= n) {
      std::vector<uint64_t> entry_hashes(static_cast<size_t>(entries));
      for (int64_t k = 0; k < entries; ++k) entry_hashes[static_cast<size_t>(k)] = value(k);
      const uint64_t* entry = entry_hashes.data();
      for (int64_t i = 0; i < n; ++i)
        hashes[i] = Fold(hashes[i], is_valid(i) ? entry[index[i]] : kNullHash);
    } else {
      for (int64_t i = 0; i < n; ++i)
        hashes[i] = Fold(hashes[i], is_valid(i) ? value(index[i]) : kNullHash);
    }
    return;
  }
  if (valid == nullptr) {
    for (int64_t i = 0; i < n; ++i) hashes[i] = Fold(hashes[i], value(begin + i));
  } else {
    for (int64_t i = 0; i < n; ++i)
      hashes[i] = Fold(hashes[i], is_valid(i) ? value(begin + i) : kNullHash);
  }
}

template <typename T>
void FoldValues(const Column& column, const Column& base, int64_t begin, int64_t n,
                uint64_t* hashes) {
  const T* values = base.data<T>();
  FoldColumn(column, begin, n, hashes, [values](int64_t i) { return HashOf(values[i]); });
}

void FoldAny(const Column& column, int64_t begin, int64_t n, uint64_t* hashes);

// Value hashes of rows [begin, begin + rows) of a nested column that is no dictionary. Entries of
// MAP and MULTISET are added up: their order means nothing.
std::vector<uint64_t> NestedHashes(const Column& base, int64_t begin, int64_t rows) {
  std::vector<uint64_t> hashes(static_cast<size_t>(rows), kSeed);
  if (base.type.kind() == TypeKind::kRow) {
    for (const ColumnPtr& child : base.children) FoldAny(*child, begin, rows, hashes.data());
    return hashes;
  }
  const int32_t* offsets = base.offsets() + begin;
  const int32_t first = offsets[0];
  const int64_t elements = offsets[rows] - first;
  std::vector<uint64_t> element(static_cast<size_t>(elements), kSeed);
  for (const ColumnPtr& child : base.children) FoldAny(*child, first, elements, element.data());
  const bool ordered = base.type.kind() == TypeKind::kArray;
  for (int64_t i = 0; i < rows; ++i) {
    uint64_t hash = HashWord(static_cast<uint64_t>(offsets[i + 1] - offsets[i]));
    for (int32_t j = offsets[i] - first; j < offsets[i + 1] - first; ++j) {
      hash = ordered ? Fold(hash, element[static_cast<size_t>(j)])
                     : hash + element[static_cast<size_t>(j)];
    }
    hashes[static_cast<size_t>(i)] = hash;
  }
  return hashes;
}

void FoldAny(const Column& column, int64_t begin, int64_t n, uint64_t* hashes) {
  const Column& base = column.encoding == Encoding::kDictionary ? column.dictionary() : column;
  switch (column.type.kind()) {
    case TypeKind::kNull:
      for (int64_t i = 0; i < n; ++i) hashes[i] = Fold(hashes[i], kNullHash);
      return;
    case TypeKind::kBoolean: {
      const uint8_t* bits = base.values->data();
      return FoldColumn(column, begin, n, hashes,
                        [bits](int64_t i) { return HashWord(GetBit(bits, i) ? 1 : 0); });
    }
    case TypeKind::kTinyInt:
      return FoldValues<int8_t>(column, base, begin, n, hashes);
    case TypeKind::kSmallInt:
      return FoldValues<int16_t>(column, base, begin, n, hashes);
    case TypeKind::kInt:
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kIntervalYearMonth:
      return FoldValues<int32_t>(column, base, begin, n, hashes);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      if (column.type.is_wide_timestamp())
        return FoldValues<Int128>(column, base, begin, n, hashes);
      [[fallthrough]];
    case TypeKind::kBigInt:
    case TypeKind::kIntervalDayTime:
      return FoldValues<int64_t>(column, base, begin, n, hashes);
    case TypeKind::kFloat:
      return FoldValues<float>(column, base, begin, n, hashes);
    case TypeKind::kDouble:
      return FoldValues<double>(column, base, begin, n, hashes);
    case TypeKind::kDecimal:
      return FoldValues<Int128>(column, base, begin, n, hashes);
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
    case TypeKind::kVariant:
      return FoldValues<StringView>(column, base, begin, n, hashes);
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kMultiset:
    case TypeKind::kRow: {
      // A constant is hashed once, a dictionary entry by entry, and only the rows asked for of a
      // flat column.
      const bool flat = column.is_flat();
      const int64_t first = flat ? begin : 0;
      const int64_t rows = flat ? n : base.is_constant() ? 1 : base.length;
      std::vector<uint64_t> values = NestedHashes(base, first, rows);
      return FoldColumn(column, begin, n, hashes,
                        [&](int64_t i) { return values[static_cast<size_t>(i - first)]; });
    }
  }
}

}  // namespace

Status HashColumns(const ColumnVector& columns, int64_t num_rows, uint64_t* hashes) {
  std::fill_n(hashes, num_rows, kSeed);
  for (const ColumnPtr& column : columns) FoldAny(*column, 0, num_rows, hashes);
  return Status::OK();
}

}  // namespace weir
