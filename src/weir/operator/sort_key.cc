// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/sort_key.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>
#include <string>

namespace weir {
namespace {

template <typename Unsigned>
void StoreBigEndian(Unsigned value, uint8_t* out) {
  for (size_t i = 0; i < sizeof(Unsigned); ++i) {
    out[i] = static_cast<uint8_t>(value >> (8 * (sizeof(Unsigned) - 1 - i)));
  }
}

uint32_t OrderedBits(float value) {
  if (value == 0) value = 0;
  auto bits = std::isnan(value) ? 0x7fc00000u : std::bit_cast<uint32_t>(value);
  return (bits >> 31) != 0 ? ~bits : bits | 0x80000000u;
}
uint64_t OrderedBits(double value) {
  if (value == 0) value = 0;
  auto bits = std::isnan(value) ? 0x7ff8000000000000ull : std::bit_cast<uint64_t>(value);
  return (bits >> 63) != 0 ? ~bits : bits | 0x8000000000000000ull;
}

/// Bytes of a value of fixed width, 0 for others.
int FixedWidth(const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return 1;
    case TypeKind::kNull:
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
    case TypeKind::kVariant:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kMultiset:
    case TypeKind::kRow:
      return 0;
    default:
      return type.value_width();
  }
}

/// Writes row `row` of a column of fixed width.
void StoreFixed(const Column& column, int64_t row, uint8_t* out) {
  switch (column.type.kind()) {
    case TypeKind::kBoolean:
      *out = column.BoolAt(row) ? 1 : 0;
      break;
    case TypeKind::kFloat:
      StoreBigEndian(OrderedBits(column.At<float>(row)), out);
      break;
    case TypeKind::kDouble:
      StoreBigEndian(OrderedBits(column.At<double>(row)), out);
      break;
    default:
      switch (column.type.value_width()) {
        case 1:
          *out = static_cast<uint8_t>(column.At<int8_t>(row)) ^ 0x80u;
          break;
        case 2:
          StoreBigEndian(
              static_cast<uint16_t>(static_cast<uint16_t>(column.At<int16_t>(row)) ^ 0x8000u), out);
          break;
        case 4:
          StoreBigEndian(static_cast<uint32_t>(column.At<int32_t>(row)) ^ 0x80000000u, out);
          break;
        case 8:
          StoreBigEndian(static_cast<uint64_t>(column.At<int64_t>(row)) ^ (uint64_t{1} << 63), out);
          break;
        default:
          StoreBigEndian(static_cast<unsigned __int128>(column.At<Int128>(row)) ^
                             (static_cast<unsigned __int128>(1) << 127),
                         out);
      }
  }
}

void AppendEscaped(std::string_view bytes, std::string* out) {
  for (char c : bytes) {
    *out += c;
    if (c == 0) *out += '\xff';
  }
  out->append(2, '\0');
}

/// Any type, ascending, NULLs first, for what lies inside nested values and for strings.
void AppendValue(const Column& column, int64_t row, std::string* out);

void AppendNullable(const Column& column, int64_t row, std::string* out) {
  bool null = column.IsNull(row);
  *out += null ? '\0' : '\1';
  if (!null) AppendValue(column, row, out);
}

void AppendValue(const Column& column, int64_t row, std::string* out) {
  if (column.encoding == Encoding::kDictionary)
    return AppendValue(column.dictionary(), column.indices()[row], out);
  int64_t at = column.Position(row);
  if (int width = FixedWidth(column.type); width > 0) {
    uint8_t bytes[16];
    StoreFixed(column, row, bytes);
    out->append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(width));
  } else if (column.type.is_view()) {
    AppendEscaped(column.views()[at].view(), out);
  } else if (column.type.kind() == TypeKind::kRow) {
    for (const ColumnPtr& child : column.children) AppendNullable(*child, at, out);
  } else if (column.type.kind() == TypeKind::kArray) {
    for (int32_t i = column.offsets()[at]; i < column.offsets()[at + 1]; ++i) {
      *out += '\1';
      AppendNullable(*column.children[0], i, out);
    }
    *out += '\0';
  }
}

/// How one key column adds to the keys. Each value has a byte that says whether it is NULL,
/// whatever the column says about NULLs: keys of several batches must compare.
struct KeyColumn {
  const Column* column;
  SortColumn order;
  int width;                          // 0: variable.
  std::vector<std::string> variable;  // One a row, where width is 0.

  int64_t Size(int64_t row) const {
    if (column->IsNull(row)) return 1;
    return 1 +
           (width > 0 ? width : static_cast<int64_t>(variable[static_cast<size_t>(row)].size()));
  }
  uint8_t* Store(int64_t row, uint8_t* out) const {
    bool null = column->IsNull(row);
    *out++ = null == order.nulls_first ? 0 : 1;
    if (null) return out;
    uint8_t* begin = out;
    if (width > 0) {
      StoreFixed(*column, row, out);
      out += width;
    } else {
      const std::string& bytes = variable[static_cast<size_t>(row)];
      std::memcpy(out, bytes.data(), bytes.size());
      out += bytes.size();
    }
    if (order.descending) {
      for (; begin < out; ++begin) *begin = static_cast<uint8_t>(~*begin);
    }
    return out;
  }
};

}  // namespace

bool IsSortable(const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kMap:
    case TypeKind::kMultiset:
    case TypeKind::kVariant:
      return false;
    case TypeKind::kArray:
    case TypeKind::kRow:
      return std::all_of(type.fields().begin(), type.fields().end(),
                         [](const Field& field) { return IsSortable(field.type); });
    default:
      return true;
  }
}

Result<SortKeys> SortKeys::Make(const Batch& batch, const std::vector<SortColumn>& columns,
                                arrow::MemoryPool* pool) {
  std::vector<KeyColumn> keys;
  for (const SortColumn& order : columns) {
    const Column& column = *batch.columns[static_cast<size_t>(order.column)];
    if (!IsSortable(column.type))
      return Unsupported("sorting by {} is not supported", column.type.ToString());
    KeyColumn key{&column, order, FixedWidth(column.type), {}};
    if (key.width == 0) {
      key.variable.resize(static_cast<size_t>(batch.num_rows));
      for (int64_t i = 0; i < batch.num_rows; ++i) {
        if (!column.IsNull(i)) AppendValue(column, i, &key.variable[static_cast<size_t>(i)]);
      }
    }
    keys.push_back(std::move(key));
  }
  SortKeys result;
  result.offsets_.resize(static_cast<size_t>(batch.num_rows) + 1);
  int64_t size = 0;
  for (int64_t i = 0; i < batch.num_rows; ++i) {
    for (const KeyColumn& key : keys) size += key.Size(i);
    result.offsets_[static_cast<size_t>(i) + 1] = size;
  }
  WEIR_ASSIGN_OR_RETURN(result.bytes_, AllocateBuffer(std::max<int64_t>(size, 1), pool));
  uint8_t* out = result.bytes_->mutable_data();
  for (int64_t i = 0; i < batch.num_rows; ++i) {
    for (const KeyColumn& key : keys) out = key.Store(i, out);
  }
  return result;
}

Result<std::vector<int32_t>> SortedRows(const Batch& batch, const std::vector<SortColumn>& columns,
                                        int64_t limit, arrow::MemoryPool* pool) {
  WEIR_ASSIGN_OR_RETURN(SortKeys keys, SortKeys::Make(batch, columns, pool));
  // The first eight bytes decide most comparisons without touching the keys.
  struct Entry {
    uint64_t head;
    int32_t row;
  };
  std::vector<Entry> entries(static_cast<size_t>(batch.num_rows));
  for (int64_t i = 0; i < batch.num_rows; ++i) {
    std::string_view key = keys.key(i);
    uint8_t head[8] = {};
    std::memcpy(head, key.data(), std::min<size_t>(key.size(), 8));
    uint64_t value = 0;
    for (uint8_t byte : head) value = value << 8 | byte;
    entries[static_cast<size_t>(i)] = {value, static_cast<int32_t>(i)};
  }
  auto less = [&](const Entry& a, const Entry& b) {
    if (a.head != b.head) return a.head < b.head;
    int order = keys.key(a.row).compare(keys.key(b.row));
    return order != 0 ? order < 0 : a.row < b.row;
  };
  size_t count = entries.size();
  if (limit >= 0 && limit < batch.num_rows) {
    count = static_cast<size_t>(limit);
    std::partial_sort(entries.begin(), entries.begin() + limit, entries.end(), less);
  } else {
    std::sort(entries.begin(), entries.end(), less);
  }
  std::vector<int32_t> rows(count);
  for (size_t i = 0; i < count; ++i) rows[i] = entries[i].row;
  return rows;
}

}  // namespace weir
