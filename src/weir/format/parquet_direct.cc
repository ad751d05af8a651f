// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/format/parquet_direct.h"

#include <parquet/column_reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/schema.h>
#include <parquet/types.h>

#include <algorithm>
#include <cstring>

#include "weir/data/loops.h"
#include "weir/data/precision.h"
#include "weir/data/text.h"
#include "weir/data/ticks.h"

namespace weir {
namespace {

// A longer dictionary is resolved: its entries hardly repeat within a batch.
constexpr uint32_t kDictionaryEntriesMax = 8192;

// How values are changed on their way.
enum class Conversion : uint8_t {
  kNone,
  kMillisToMicros,
  kMillisToNanos,
  kMicrosToNanos,
  kNanos,
  kInt96
};

std::optional<Conversion> TimestampConversion(const parquet::TimestampLogicalType& logical,
                                              const DataType& type) {
  bool zoned = type.kind() == TypeKind::kTimestampLtz;
  if (logical.is_adjusted_to_utc() != zoned) return std::nullopt;
  bool wide = type.is_wide_timestamp();
  switch (logical.time_unit()) {
    case parquet::LogicalType::TimeUnit::MILLIS:
      return wide ? Conversion::kMillisToNanos : Conversion::kMillisToMicros;
    case parquet::LogicalType::TimeUnit::MICROS:
      return wide ? Conversion::kMicrosToNanos : Conversion::kNone;
    case parquet::LogicalType::TimeUnit::NANOS:
      return wide ? std::optional(Conversion::kNanos) : std::nullopt;
    default:
      return std::nullopt;
  }
}

// What multiple of ticks the values of a column are cut to.
int64_t StepOf(const parquet::schema::PrimitiveNode& node, const DataType& type) {
  if (!type.is_timestamp()) return 1;
  if (node.physical_type() == parquet::Type::INT96) return CutStep(1'000'000'000, type);
  using Unit = parquet::LogicalType::TimeUnit;
  const Unit::unit unit =
      static_cast<const parquet::TimestampLogicalType&>(*node.logical_type()).time_unit();
  return CutStep(unit == Unit::MILLIS   ? 1'000
                 : unit == Unit::MICROS ? 1'000'000
                                        : 1'000'000'000,
                 type);
}

bool IsSignedInt(const parquet::LogicalType& logical, int bits) {
  if (!logical.is_int()) return false;
  const auto& type = static_cast<const parquet::IntLogicalType&>(logical);
  return type.is_signed() && type.bit_width() == bits;
}

// Empty: these values are not read here.
std::optional<Conversion> ConversionOf(const parquet::schema::PrimitiveNode& node,
                                       const DataType& type) {
  const parquet::LogicalType& logical = *node.logical_type();
  bool plain = logical.is_none();
  auto when = [](bool good) { return good ? std::optional(Conversion::kNone) : std::nullopt; };
  switch (node.physical_type()) {
    case parquet::Type::BOOLEAN:
      return when(type.kind() == TypeKind::kBoolean && plain);
    case parquet::Type::INT32:
      if (type.kind() == TypeKind::kDate) return when(logical.is_date());
      return when(type.kind() == TypeKind::kInt && (plain || IsSignedInt(logical, 32)));
    case parquet::Type::INT64:
      if (type.is_timestamp() && logical.is_timestamp())
        return TimestampConversion(static_cast<const parquet::TimestampLogicalType&>(logical),
                                   type);
      return when(type.kind() == TypeKind::kBigInt && (plain || IsSignedInt(logical, 64)));
    case parquet::Type::INT96:
      return type.is_timestamp() ? std::optional(Conversion::kInt96) : std::nullopt;
    case parquet::Type::FLOAT:
      return when(type.kind() == TypeKind::kFloat && plain);
    case parquet::Type::DOUBLE:
      return when(type.kind() == TypeKind::kDouble && plain);
    case parquet::Type::BYTE_ARRAY:
      if (type.kind() == TypeKind::kVarchar) return when(logical.is_string());
      return when(type.kind() == TypeKind::kVarbinary && (plain || logical.is_string()));
    default:
      return std::nullopt;
  }
}

// Nanoseconds since 1970 of a Julian day and the nanosecond of the day.
Int128 NanosOfInt96(const parquet::Int96& value) {
  constexpr int64_t kJulianDayOf1970 = 2'440'588, kNanosPerDay = 86'400'000'000'000;
  uint64_t nanos;
  std::memcpy(&nanos, value.value.data(), sizeof(nanos));
  return (int64_t{value.value[2]} - kJulianDayOf1970) * Int128{kNanosPerDay} + nanos;
}

// Moves `count` values at the front of `values` to the rows whose level is `level`; the others
// become zero.
template <typename T>
void Spread(T* values, int64_t count, const int16_t* levels, int16_t level, int64_t rows) {
  int64_t from = count;
  for (int64_t i = rows - 1; i >= 0; --i) {
    if (from == i + 1) return;  // All rows before have their value, in place.
    bool present = levels[i] == level;
    from -= present;
    if (present) {
      values[i] = values[from];
    } else {
      values[i] = T{};
    }
  }
}

}  // namespace

// The values of one leaf of the file's schema.
class ParquetLeaf {
 public:
  ParquetLeaf(int column, DataType type, Conversion conversion, int64_t step, int16_t level)
      : column_(column),
        type_(std::move(type)),
        conversion_(conversion),
        step_(step),
        level_(level) {}

  void StartGroup(parquet::RowGroupReader& group) {
    dictionary_ = dictionary_in_use_ = nullptr;
    if (type_.is_view()) {
      reader_ = group.ColumnWithExposeEncoding(column_, parquet::ExposedEncoding::DICTIONARY);
    } else {
      reader_ = group.Column(column_);
    }
  }

  void Skip(int64_t rows) {
    switch (reader_->type()) {
      case parquet::Type::BOOLEAN:
        return SkipTyped<parquet::BooleanType>(rows);
      case parquet::Type::INT32:
        return SkipTyped<parquet::Int32Type>(rows);
      case parquet::Type::INT64:
        return SkipTyped<parquet::Int64Type>(rows);
      case parquet::Type::INT96:
        return SkipTyped<parquet::Int96Type>(rows);
      case parquet::Type::FLOAT:
        return SkipTyped<parquet::FloatType>(rows);
      case parquet::Type::DOUBLE:
        return SkipTyped<parquet::DoubleType>(rows);
      default:
        return SkipTyped<parquet::ByteArrayType>(rows);
    }
  }

  Status Read(int64_t rows, arrow::MemoryPool* pool) {
    rows_ = rows;
    levels_.resize(static_cast<size_t>(rows) + 1);
    switch (reader_->type()) {
      case parquet::Type::BOOLEAN:
        return ReadBooleans(pool);
      case parquet::Type::INT32:
        return ReadFixed<parquet::Int32Type>(pool);
      case parquet::Type::INT64:
        return ReadInt64(pool);
      case parquet::Type::INT96:
        return ReadInt96(pool);
      case parquet::Type::FLOAT:
        return ReadFixed<parquet::FloatType>(pool);
      case parquet::Type::DOUBLE:
        return ReadFixed<parquet::DoubleType>(pool);
      default:
        return ReadBytes(pool);
    }
  }

  // Bit i: row i is not NULL from `level` on. Absent when all are.
  Result<BufferPtr> Validity(int16_t level, arrow::MemoryPool* pool) const {
    if (level == 0 || all_present_) return BufferPtr();
    WEIR_ASSIGN_OR_RETURN(auto bits, AllocateBitmap(rows_, false, pool));
    const int16_t* levels = levels_.data();
    GenerateBits(rows_, bits->mutable_data(), [&](int64_t i) { return levels[i] >= level; });
    if (AllBitsSet(bits->data(), rows_)) return BufferPtr();
    return BufferPtr(std::move(bits));
  }
  const BufferPtr& values() const { return values_; }
  const std::vector<BufferPtr>& heaps() const { return heaps_; }
  /// What values() are indices into; null: they are the values themselves.
  const ColumnPtr& dictionary() const { return dictionary_in_use_; }

 private:
  template <typename Physical>
  parquet::TypedColumnReader<Physical>& Typed() {
    return static_cast<parquet::TypedColumnReader<Physical>&>(*reader_);
  }
  template <typename Physical>
  void SkipTyped(int64_t rows) {
    if (Typed<Physical>().Skip(rows) != rows)
      throw parquet::ParquetException(
          "a column chunk has fewer values than its row group has rows");
  }
  bool AllLevelsAre(int16_t level) const {
    // Each equals the one behind it: the comparison of bytes is the fastest loop there is.
    return rows_ == 0 ||
           (levels_[0] == level && std::memcmp(levels_.data(), levels_.data() + 1,
                                               static_cast<size_t>(rows_ - 1) * 2) == 0);
  }
  int16_t* LevelsAt(int64_t row) { return level_ > 0 ? levels_.data() + row : nullptr; }

  // Calls read(row, values so far, levels wanted) -> {levels, values} until all rows are there.
  template <typename ReadSome>
  int64_t ReadAll(ReadSome&& read_some) {
    int64_t row = 0, count = 0;
    while (row < rows_) {
      int64_t values = 0;
      int64_t got = read_some(row, count, rows_ - row, &values);
      // Columns that cannot be NULL report no levels but values.
      if (got <= 0 || got > rows_ - row || values < 0 || values > got) {
        throw parquet::ParquetException(
            "a column chunk has fewer values than its row group has rows");
      }
      row += got;
      count += values;
    }
    // Levels come from the file: their number of values must be the one decoded.
    int64_t present = rows_;
    all_present_ = level_ == 0 || (count == rows_ && AllLevelsAre(level_));
    if (!all_present_) {
      present = 0;
      for (int64_t i = 0; i < rows_; ++i) present += levels_[static_cast<size_t>(i)] == level_;
    }
    if (present != count)
      throw parquet::ParquetException("definition levels do not fit the values");
    return count;
  }

  template <typename Physical>
  Status ReadFixed(arrow::MemoryPool* pool) {
    using T = typename Physical::c_type;
    WEIR_ASSIGN_OR_RETURN(auto buffer,
                          AllocateBuffer(rows_ * static_cast<int64_t>(sizeof(T)), pool));
    T* out = reinterpret_cast<T*>(buffer->mutable_data());
    auto& reader = Typed<Physical>();
    int64_t count = ReadAll([&](int64_t row, int64_t done, int64_t wanted, int64_t* values) {
      return reader.ReadBatch(wanted, LevelsAt(row), nullptr, out + done, values);
    });
    if (conversion_ == Conversion::kMillisToMicros) {
      for (int64_t i = 0; i < count; ++i) {
        if constexpr (sizeof(T) == 8 && std::is_integral_v<T>) {
          if (__builtin_mul_overflow(out[i], T{1000}, &out[i]))
            return InvalidData("a timestamp is out of range");
        }
      }
    }
    if constexpr (std::is_same_v<T, int64_t>) {
      if (!CutAllTicks(step_, count, out)) return InvalidData("a timestamp is out of range");
    }
    if (count < rows_) Spread(out, count, levels_.data(), level_, rows_);
    values_ = std::move(buffer);
    return Status::OK();
  }

  // out = convert(value, &out); false: it is out of range.
  template <typename Physical, typename Out, typename Convert>
  Status ReadConverted(arrow::MemoryPool* pool, Convert&& convert) {
    using T = typename Physical::c_type;
    WEIR_ASSIGN_OR_RETURN(auto scratch,
                          AllocateBuffer(rows_ * static_cast<int64_t>(sizeof(T)), pool));
    WEIR_ASSIGN_OR_RETURN(auto buffer,
                          AllocateBuffer(rows_ * static_cast<int64_t>(sizeof(Out)), pool));
    T* in = reinterpret_cast<T*>(scratch->mutable_data());
    Out* out = reinterpret_cast<Out*>(buffer->mutable_data());
    auto& reader = Typed<Physical>();
    int64_t count = ReadAll([&](int64_t row, int64_t done, int64_t wanted, int64_t* values) {
      return reader.ReadBatch(wanted, LevelsAt(row), nullptr, in + done, values);
    });
    for (int64_t i = 0; i < count; ++i) {
      if (!convert(in[i], &out[i])) return InvalidData("a timestamp is out of range");
    }
    if (!CutAllTicks(step_, count, out)) return InvalidData("a timestamp is out of range");
    if (count < rows_) Spread(out, count, levels_.data(), level_, rows_);
    values_ = std::move(buffer);
    return Status::OK();
  }

  Status ReadInt64(arrow::MemoryPool* pool) {
    if (!type_.is_wide_timestamp()) return ReadFixed<parquet::Int64Type>(pool);
    const int64_t factor = conversion_ == Conversion::kMillisToNanos   ? 1'000'000
                           : conversion_ == Conversion::kMicrosToNanos ? 1'000
                                                                       : 1;
    return ReadConverted<parquet::Int64Type, Int128>(pool, [factor](int64_t value, Int128* out) {
      *out = Int128{value} * factor;
      return true;
    });
  }

  Status ReadInt96(arrow::MemoryPool* pool) {
    if (type_.is_wide_timestamp()) {
      return ReadConverted<parquet::Int96Type, Int128>(
          pool, [](const parquet::Int96& value, Int128* out) {
            *out = NanosOfInt96(value);
            return true;
          });
    }
    return ReadConverted<parquet::Int96Type, int64_t>(
        pool, [](const parquet::Int96& value, int64_t* out) {
          // 32 bits of days are more years than 64 bits of microseconds.
          const Int128 nanos = NanosOfInt96(value);
          *out = Split(nanos, 1000).units;
          return nanos <= Int128{INT64_MAX} * 1000 && nanos >= Int128{INT64_MIN} * 1000;
        });
  }

  Status ReadBooleans(arrow::MemoryPool* pool) {
    WEIR_ASSIGN_OR_RETURN(auto scratch, AllocateBuffer(rows_, pool));
    auto* bools = reinterpret_cast<bool*>(scratch->mutable_data());
    auto& reader = Typed<parquet::BooleanType>();
    int64_t count = ReadAll([&](int64_t row, int64_t done, int64_t wanted, int64_t* values) {
      return reader.ReadBatch(wanted, LevelsAt(row), nullptr, bools + done, values);
    });
    if (count < rows_) Spread(bools, count, levels_.data(), level_, rows_);
    WEIR_ASSIGN_OR_RETURN(auto bits, AllocateBitmap(rows_, false, pool));
    GenerateBits(rows_, bits->mutable_data(), [&](int64_t i) { return bools[i]; });
    values_ = std::move(bits);
    return Status::OK();
  }

  Status ReadBytes(arrow::MemoryPool* pool) {
    dictionary_in_use_ = nullptr;
    if (reader_->GetExposedEncoding() == parquet::ExposedEncoding::DICTIONARY)
      return ReadIndices(pool);
    WEIR_ASSIGN_OR_RETURN(auto buffer, AllocateBuffer(rows_ * 16, pool));
    auto* out = reinterpret_cast<StringView*>(buffer->mutable_data());
    heaps_.clear();
    WEIR_ASSIGN_OR_RETURN(int64_t count, ReadPlain(out, pool));
    if (count < rows_) Spread(out, count, levels_.data(), level_, rows_);
    values_ = std::move(buffer);
    return Status::OK();
  }

  // A dictionary that is not long stays one: what follows works on its entries, not on the rows.
  Status ReadIndices(arrow::MemoryPool* pool) {
    WEIR_ASSIGN_OR_RETURN(auto buffer, AllocateBuffer(rows_ * 4, pool));
    auto* indices = reinterpret_cast<int32_t*>(buffer->mutable_data());
    auto& reader = Typed<parquet::ByteArrayType>();
    const parquet::ByteArray* entries = nullptr;
    int32_t entry_count = 0;
    int64_t count = ReadAll([&](int64_t row, int64_t done, int64_t wanted, int64_t* values) {
      const parquet::ByteArray* some = nullptr;
      int32_t size = 0;
      int64_t got = reader.ReadBatchWithDictionary(wanted, LevelsAt(row), nullptr, indices + done,
                                                   values, &some, &size);
      if (some != nullptr) entries = some, entry_count = size;
      return got;
    });
    if (dictionary_ == nullptr) {
      WEIR_ASSIGN_OR_RETURN(dictionary_, MakeDictionary(entries, entry_count, pool));
    }
    auto size = static_cast<uint32_t>(dictionary_->length);
    uint32_t greatest = 0;
    for (int64_t i = 0; i < count; ++i)
      greatest = std::max(greatest, static_cast<uint32_t>(indices[i]));
    if (count > 0 && greatest >= size)
      return InvalidData("a value refers to entry {} of a dictionary of {}", greatest, size);
    if (count < rows_) Spread(indices, count, levels_.data(), level_, rows_);
    heaps_.clear();
    if (size > 0 && size <= kDictionaryEntriesMax) {
      dictionary_in_use_ = dictionary_;
      values_ = std::move(buffer);
      return Status::OK();
    }
    heaps_ = dictionary_->heaps;
    WEIR_ASSIGN_OR_RETURN(values_, AllocateBuffer(rows_ * 16, pool));
    auto* out = reinterpret_cast<StringView*>(values_->mutable_data());
    const StringView* views = dictionary_->views();
    for (int64_t i = 0; i < rows_; ++i) out[i] = size > 0 ? views[indices[i]] : StringView();
    return Status::OK();
  }

  Result<ColumnPtr> MakeDictionary(const parquet::ByteArray* entries, int32_t count,
                                   arrow::MemoryPool* pool) {
    WEIR_ASSIGN_OR_RETURN(auto column, MakeFlatColumn(type_, count, pool));
    auto* views = reinterpret_cast<StringView*>(const_cast<uint8_t*>(column->values->data()));
    WEIR_ASSIGN_OR_RETURN(BufferPtr heap, CopyBytes(entries, count, views, pool));
    if (heap != nullptr) column->heaps.push_back(std::move(heap));
    return ColumnPtr(std::move(column));
  }

  Result<int64_t> ReadPlain(StringView* out, arrow::MemoryPool* pool) {
    auto& reader = Typed<parquet::ByteArrayType>();
    entries_.resize(static_cast<size_t>(rows_));
    Status status;
    int64_t count = ReadAll([&](int64_t row, int64_t done, int64_t wanted, int64_t* values) {
      int64_t got = reader.ReadBatch(wanted, LevelsAt(row), nullptr, entries_.data(), values);
      // The bytes lie in the page: they are copied before the next one comes.
      auto heap = CopyBytes(entries_.data(), *values, out + done, pool);
      if (!heap.ok()) {
        if (status.ok()) status = heap.status();
      } else if (*heap != nullptr) {
        heaps_.push_back(*heap);
      }
      return got;
    });
    WEIR_RETURN_NOT_OK(status);
    return count;
  }

  // Copies long values to a heap, makes views of all; the heap (null when no value is long).
  Result<BufferPtr> CopyBytes(const parquet::ByteArray* entries, int64_t count, StringView* out,
                              arrow::MemoryPool* pool) {
    int64_t bytes = 0;
    for (int64_t i = 0; i < count; ++i)
      bytes += entries[i].len > StringView::kInlineBytesMax ? entries[i].len : 0;
    BufferPtr heap;
    char* room = nullptr;
    if (bytes > 0) {
      WEIR_ASSIGN_OR_RETURN(auto buffer, AllocateBuffer(bytes, pool));
      room = reinterpret_cast<char*>(buffer->mutable_data());
      heap = std::move(buffer);
    }
    bool is_text = type_.is_character();
    const char* begin = room;
    bool good = true;
    for (int64_t i = 0; i < count; ++i) {
      const auto* data = reinterpret_cast<const char*>(entries[i].ptr);
      uint32_t size = entries[i].len;
      if (size <= StringView::kInlineBytesMax) {
        out[i] = StringView(data, size);
        if (is_text) good &= IsValidUtf8({data, size});
        continue;
      }
      std::memcpy(room, data, size);
      out[i] = StringView(room, size);
      // Together with the check of the whole heap: each value begins at a character.
      if (is_text) good &= (static_cast<unsigned char>(*data) & 0xC0) != 0x80;
      room += size;
    }
    if (is_text && bytes > 0) good &= IsValidUtf8({begin, static_cast<size_t>(bytes)});
    if (!good) return InvalidData("a string is not valid UTF-8");
    return heap;
  }

  int column_;
  DataType type_;
  Conversion conversion_;
  int64_t step_;   // Timestamps are cut to multiples of it.
  int16_t level_;  // Of a value that is there.
  std::shared_ptr<parquet::ColumnReader> reader_;
  int64_t rows_ = 0;
  std::vector<int16_t> levels_;
  bool all_present_ = false;  // Of the rows just read.
  std::vector<parquet::ByteArray> entries_;
  ColumnPtr dictionary_;         // Of the row group.
  ColumnPtr dictionary_in_use_;  // Of the rows just read.
  BufferPtr values_;
  std::vector<BufferPtr> heaps_;
};

ParquetDirectColumn::ParquetDirectColumn() = default;
ParquetDirectColumn::~ParquetDirectColumn() = default;
ParquetDirectColumn::ParquetDirectColumn(ParquetDirectColumn&&) noexcept = default;
ParquetDirectColumn& ParquetDirectColumn::operator=(ParquetDirectColumn&&) noexcept = default;

std::optional<ParquetDirectColumn> ParquetDirectColumn::Plan(
    const parquet::schema::Node& node, const DataType& type,
    const parquet::SchemaDescriptor& schema) {
  ParquetDirectColumn column;
  if (!column.PlanNode(node, type, 0, schema, &column.root_)) return std::nullopt;
  return column;
}

bool ParquetDirectColumn::PlanNode(const parquet::schema::Node& node, const DataType& type,
                                   int16_t level, const parquet::SchemaDescriptor& schema,
                                   Node* out) {
  if (node.is_repeated()) return false;
  if (node.is_optional()) ++level;
  out->type = type;
  out->level = level;
  if (node.is_primitive()) {
    const auto& primitive = static_cast<const parquet::schema::PrimitiveNode&>(node);
    auto conversion = ConversionOf(primitive, type);
    int index = schema.ColumnIndex(node);
    if (!conversion || index < 0) return false;
    out->leaf = static_cast<int>(leaves_.size());
    leaves_.push_back(
        std::make_unique<ParquetLeaf>(index, type, *conversion, StepOf(primitive, type), level));
    return true;
  }
  if (type.kind() != TypeKind::kRow || !node.logical_type()->is_none()) return false;
  const auto& group = static_cast<const parquet::schema::GroupNode&>(node);
  for (const Field& field : type.fields()) {
    Node child;
    int index = group.FieldIndex(field.name);
    if (index < 0) {
      child.type = field.type;
      child.missing = true;
    } else if (!PlanNode(*group.field(index), field.type, level, schema, &child)) {
      return false;
    }
    if (out->leaf < 0) out->leaf = child.leaf;
    out->children.push_back(std::move(child));
  }
  return out->leaf >= 0;  // Without a leaf nothing tells which ROWs are NULL.
}

void ParquetDirectColumn::StartGroup(parquet::RowGroupReader& group) {
  for (auto& leaf : leaves_) leaf->StartGroup(group);
}

void ParquetDirectColumn::Skip(int64_t rows) {
  for (auto& leaf : leaves_) leaf->Skip(rows);
}

Result<ColumnPtr> ParquetDirectColumn::Read(int64_t rows, arrow::MemoryPool* pool) {
  for (auto& leaf : leaves_) WEIR_RETURN_NOT_OK(leaf->Read(rows, pool));
  return Assemble(root_, rows, pool);
}

Result<ColumnPtr> ParquetDirectColumn::Assemble(const Node& node, int64_t rows,
                                                arrow::MemoryPool* pool) {
  if (node.missing) return MakeNullColumn(node.type, rows, pool);
  const ParquetLeaf& leaf = *leaves_[static_cast<size_t>(node.leaf)];
  auto column = std::make_shared<Column>();
  column->type = node.type;
  column->length = rows;
  WEIR_ASSIGN_OR_RETURN(column->validity, leaf.Validity(node.level, pool));
  if (node.type.kind() == TypeKind::kRow) {
    for (const Node& child : node.children) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr part, Assemble(child, rows, pool));
      column->children.push_back(std::move(part));
    }
    return ColumnPtr(std::move(column));
  }
  column->values = leaf.values();
  if (leaf.dictionary() != nullptr) {
    column->encoding = Encoding::kDictionary;
    column->children = {leaf.dictionary()};
  } else if (node.type.is_view()) {
    column->heaps = leaf.heaps();
  }
  return ColumnPtr(std::move(column));
}

}  // namespace weir
