// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/data/loops.h"

namespace weir {
namespace {

// 64 bits from bit `offset` on; all of them must exist.
uint64_t LoadUnaligned(const uint8_t* bits, int64_t offset) {
  const uint8_t* bytes = bits + (offset >> 3);
  int shift = static_cast<int>(offset & 7);
  uint64_t word;
  std::memcpy(&word, bytes, 8);
  if (shift == 0) return word;
  return (word >> shift) | (uint64_t{bytes[8]} << (64 - shift));
}

}  // namespace

void CopyBits(const uint8_t* source, int64_t source_offset, int64_t n, uint8_t* out,
              int64_t out_offset) {
  auto bit = [&](int64_t i) { return source == nullptr || GetBit(source, source_offset + i); };
  int64_t i = 0;
  for (; i < n && ((out_offset + i) & 7) != 0; ++i) SetBitTo(out, out_offset + i, bit(i));
  uint8_t* bytes = out + ((out_offset + i) >> 3);
  for (; i + 64 <= n; i += 64, bytes += 8) {
    uint64_t word = source == nullptr ? ~uint64_t{0} : LoadUnaligned(source, source_offset + i);
    std::memcpy(bytes, &word, 8);
  }
  for (; i < n; ++i) SetBitTo(out, out_offset + i, bit(i));
}

Result<BufferPtr> AndValidity(const BufferPtr& a, const BufferPtr& b, int64_t length,
                              arrow::MemoryPool* pool) {
  if (a == nullptr || a == b) return b;
  if (b == nullptr) return a;
  WEIR_ASSIGN_OR_RETURN(auto out, AllocateBuffer(BitmapBytes(length), pool));
  AndBits(a->data(), b->data(), length, out->mutable_data());
  return BufferPtr(std::move(out));
}

Result<BufferPtr> ExpandValidity(const Column& column, arrow::MemoryPool* pool) {
  if (column.type.kind() == TypeKind::kNull) {
    WEIR_ASSIGN_OR_RETURN(auto none, AllocateBitmap(column.length, false, pool));
    return BufferPtr(std::move(none));
  }
  if (!column.is_constant() || column.validity == nullptr) return column.validity;
  WEIR_ASSIGN_OR_RETURN(auto out, AllocateBitmap(column.length, !column.IsNull(0), pool));
  return BufferPtr(std::move(out));
}

}  // namespace weir
