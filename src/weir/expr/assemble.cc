// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/expr/assemble.h"

#include <algorithm>

namespace weir {
namespace {

template <typename T>
void CopyMasked(const T* values, bool constant, const uint8_t* mask, int64_t n, T* out) {
  if (constant) {
    const T value = values[0];
    VisitSetBits(mask, n, [&](int64_t i) { out[i] = value; });
  } else {
    VisitSetBits(mask, n, [&](int64_t i) { out[i] = values[i]; });
  }
}

template <typename T>
void CopyPiece(const Piece& piece, int64_t n, T* out) {
  const Column& column = *piece.column;
  const T* values = column.data<T>();
  if (piece.rows == nullptr) {
    CopyMasked(values, column.is_constant(), piece.mask->data(), n, out);
    return;
  }
  const std::vector<int32_t>& rows = *piece.rows;
  int64_t mask = column.is_constant() ? 0 : ~int64_t{0};
  for (size_t j = 0; j < rows.size(); ++j) out[rows[j]] = values[static_cast<int64_t>(j) & mask];
}

/// Sets the bits of `out` that the piece owns to the piece's `bits` (absent: all set).
void CopyPieceBits(const Piece& piece, const uint8_t* bits, int64_t n, uint8_t* out) {
  bool constant = piece.column->is_constant();
  bool constant_bit = bits == nullptr || GetBit(bits, 0);
  if (piece.rows != nullptr) {
    const std::vector<int32_t>& rows = *piece.rows;
    for (size_t j = 0; j < rows.size(); ++j) {
      SetBitTo(out, rows[j],
               constant ? constant_bit : bits == nullptr || GetBit(bits, static_cast<int64_t>(j)));
    }
    return;
  }
  const uint8_t* mask = piece.mask->data();
  for (int64_t i = 0; i < n; i += 64) {
    uint64_t m = LoadBits(mask, i, n);
    uint64_t b = constant ? (constant_bit ? ~uint64_t{0} : 0) : LoadBits(bits, i, n);
    StoreBits((LoadBits(out, i, n) & ~m) | (b & m), out, i, n);
  }
}

template <typename T>
void CopyPieces(const std::vector<Piece>& pieces, int64_t n, Column& out) {
  T* values = reinterpret_cast<T*>(const_cast<uint8_t*>(out.values->data()));
  for (const Piece& piece : pieces) CopyPiece<T>(piece, n, values);
}

/// Any type: all pieces one after the other, then picked in order.
Result<ColumnPtr> AssembleNested(const DataType& type, int64_t n, const std::vector<Piece>& pieces,
                                 arrow::MemoryPool* pool) {
  ColumnVector columns;
  std::vector<int32_t> indices(static_cast<size_t>(n), -1);
  int64_t begin = 0;
  for (const Piece& piece : pieces) {
    columns.push_back(Retype(piece.column, type));
    if (piece.rows != nullptr) {
      for (size_t j = 0; j < piece.rows->size(); ++j) {
        indices[static_cast<size_t>((*piece.rows)[j])] =
            static_cast<int32_t>(begin + static_cast<int64_t>(j));
      }
    } else {
      VisitSetBits(piece.mask->data(), n, [&](int64_t i) {
        indices[static_cast<size_t>(i)] = static_cast<int32_t>(begin + i);
      });
    }
    begin += piece.column->length;
  }
  WEIR_ASSIGN_OR_RETURN(auto all, Concat(columns, pool));
  return Gather(all, indices, pool);
}

Result<BufferPtr> AssembleValidity(int64_t n, const std::vector<Piece>& pieces,
                                   arrow::MemoryPool* pool) {
  bool nulls = std::any_of(pieces.begin(), pieces.end(),
                           [](const Piece& p) { return p.column->may_have_nulls(); });
  if (!nulls) return BufferPtr();
  WEIR_ASSIGN_OR_RETURN(auto bits, AllocateBitmap(n, true, pool));
  for (const Piece& piece : pieces)
    CopyPieceBits(piece, piece.column->validity_bits(), n, bits->mutable_data());
  return BufferPtr(std::move(bits));
}

void AddHeaps(const Column& from, Column* to) {
  for (const BufferPtr& heap : from.heaps) {
    if (std::find(to->heaps.begin(), to->heaps.end(), heap) == to->heaps.end())
      to->heaps.push_back(heap);
  }
}

}  // namespace

Result<ColumnPtr> AssemblePieces(const DataType& type, int64_t n, std::vector<Piece> pieces,
                                 arrow::MemoryPool* pool) {
  if (type.kind() == TypeKind::kNull || pieces.empty()) return MakeNullColumn(type, n, pool);
  for (Piece& piece : pieces) {
    if (piece.column->encoding == Encoding::kDictionary) {
      WEIR_ASSIGN_OR_RETURN(piece.column, Flatten(piece.column, pool));
    }
  }
  if (type.is_nested()) return AssembleNested(type, n, pieces, pool);
  WEIR_ASSIGN_OR_RETURN(auto out, MakeFlatColumn(type, n, pool));
  if (type.kind() == TypeKind::kBoolean) {
    auto* bits = const_cast<uint8_t*>(out->values->data());
    FillBits(false, n, bits);
    for (const Piece& piece : pieces) CopyPieceBits(piece, piece.column->values->data(), n, bits);
  } else {
    switch (type.value_width()) {
      case 1:
        CopyPieces<uint8_t>(pieces, n, *out);
        break;
      case 2:
        CopyPieces<uint16_t>(pieces, n, *out);
        break;
      case 4:
        CopyPieces<uint32_t>(pieces, n, *out);
        break;
      case 8:
        CopyPieces<uint64_t>(pieces, n, *out);
        break;
      default:
        WEIR_CHECK(type.value_width() == 16, "a value of unknown width");
        CopyPieces<Int128>(pieces, n, *out);
    }
  }
  if (type.is_view()) {
    for (const Piece& piece : pieces) AddHeaps(*piece.column, out.get());
  }
  WEIR_ASSIGN_OR_RETURN(out->validity, AssembleValidity(n, pieces, pool));
  return ColumnPtr(std::move(out));
}

Result<std::shared_ptr<arrow::Buffer>> BitsWhere(const ColumnPtr& column, bool value,
                                                 arrow::MemoryPool* pool) {
  int64_t n = column->length;
  if (column->type.kind() == TypeKind::kNull) return AllocateBitmap(n, false, pool);
  if (column->is_constant()) {
    return AllocateBitmap(n, n > 0 && !column->IsNull(0) && column->BoolAt(0) == value, pool);
  }
  WEIR_ASSIGN_OR_RETURN(ColumnPtr flat, Flatten(column, pool));
  WEIR_ASSIGN_OR_RETURN(auto bits, AllocateBitmap(n, false, pool));
  if (value) {
    AndBits(flat->validity_bits(), flat->values->data(), n, bits->mutable_data());
  } else {
    AndNotBits(flat->validity_bits(), flat->values->data(), n, bits->mutable_data());
  }
  return bits;
}

Result<ColumnPtr> AsConstant(const ColumnPtr& column, int64_t num_rows, arrow::MemoryPool* pool) {
  ColumnPtr one = column;
  if (!column->is_constant() && column->length != 1) {
    WEIR_ASSIGN_OR_RETURN(one, Slice(column, 0, 1, pool));
  }
  if (one->encoding == Encoding::kDictionary) {
    WEIR_ASSIGN_OR_RETURN(one, Flatten(one, pool));
  }
  auto constant = std::make_shared<Column>(*one);
  constant->encoding = Encoding::kConstant;
  constant->length = num_rows;
  return ColumnPtr(std::move(constant));
}

}  // namespace weir
