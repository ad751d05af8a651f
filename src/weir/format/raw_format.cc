// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// 'format' = 'raw': one column; each line is one value. Strings and bytes as they stand, numbers in
// binary. Source: Flink documentation, "Raw Format".
#include <algorithm>
#include <bit>
#include <cstring>

#include "weir/data/text.h"
#include "weir/format/column_slots.h"
#include "weir/format/formats.h"
#include "weir/format/record_options.h"

namespace weir {
namespace {

Status CheckColumn(const Schema& schema) {
  if (schema.size() != 1) {
    return InvalidQuery("the format 'raw' needs exactly one physical column, the table has {}",
                        schema.size());
  }
  const DataType& type = schema[0].type;
  switch (type.kind()) {
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
    case TypeKind::kBoolean:
    case TypeKind::kTinyInt:
    case TypeKind::kSmallInt:
    case TypeKind::kInt:
    case TypeKind::kBigInt:
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return Status::OK();
    default:
      return InvalidQuery("the format 'raw' cannot hold the type {} of column '{}'",
                          type.ToString(), schema[0].name);
  }
}

template <typename T>
T Swapped(T value, bool swap) {
  if (swap)
    std::reverse(reinterpret_cast<char*>(&value), reinterpret_cast<char*>(&value) + sizeof(T));
  return value;
}

class RawDecoder : public RecordDecoder {
 public:
  RawDecoder(const DecodeSpec& spec, bool big_endian)
      : slots_(spec.requested), type_(spec.table_schema[0].type), big_endian_(big_endian) {}

  Status SetBlock(const ByteBlock& block) override {
    block_ = block;
    at_ = 0;
    limit_ = block.size;
    if (!block.is_last) {
      const void* last = memrchr(block.data, '\n', static_cast<size_t>(block.size));
      limit_ = last == nullptr ? 0 : static_cast<const char*>(last) - block.data + 1;
    }
    slots_.AddHeap(block.buffer);
    return Status::OK();
  }
  Status BeginBatch(int64_t rows_max, arrow::MemoryPool* pool) override {
    num_rows_ = 0;
    WEIR_RETURN_NOT_OK(slots_.Begin(std::max<int64_t>(rows_max, 1), pool));
    if (!block_done()) slots_.AddHeap(block_.buffer);
    return Status::OK();
  }
  Status Decode(BadRecordHandler* bad_records) override {
    while (at_ < limit_ && num_rows_ < slots_.rows_max()) {
      const char* begin = block_.data + at_;
      const void* found = std::memchr(begin, '\n', static_cast<size_t>(limit_ - at_));
      int64_t size = found == nullptr ? limit_ - at_ : static_cast<const char*>(found) - begin;
      std::string_view line(begin, static_cast<size_t>(size));
      int64_t offset = block_.stream_offset + at_;
      at_ += size + (found == nullptr ? 0 : 1);
      if (!line.empty() && line.back() == '\r' && (type_.is_character())) line.remove_suffix(1);
      if (slots_.num_columns() == 0 || Store(line)) {
        ++num_rows_;
        continue;
      }
      WEIR_RETURN_NOT_OK(bad_records->OnBadRecord({offset, line, {}, reason_}));
    }
    return Status::OK();
  }
  bool block_done() const override { return at_ >= limit_; }
  int64_t consumed() const override { return at_; }
  int64_t num_rows() const override { return num_rows_; }
  Result<Batch> FinishBatch() override { return slots_.Finish(num_rows_); }

 private:
  template <typename T>
  bool StoreNumber(std::string_view line) {
    if (line.size() != sizeof(T)) {
      reason_ = fmt::format("{} bytes are not a {}", line.size(), type_.ToString());
      return false;
    }
    T value;
    std::memcpy(&value, line.data(), sizeof(T));
    slots_.column(0).Set<T>(num_rows_, Swapped(value, big_endian_));
    return true;
  }
  bool Store(std::string_view line) {
    switch (type_.kind()) {
      case TypeKind::kBoolean:
        if (line.size() != 1) {
          reason_ = fmt::format("{} bytes are not a BOOLEAN", line.size());
          return false;
        }
        slots_.column(0).SetBool(num_rows_, line[0] != 0);
        return true;
      case TypeKind::kTinyInt:
        return StoreNumber<int8_t>(line);
      case TypeKind::kSmallInt:
        return StoreNumber<int16_t>(line);
      case TypeKind::kInt:
        return StoreNumber<int32_t>(line);
      case TypeKind::kBigInt:
        return StoreNumber<int64_t>(line);
      case TypeKind::kFloat:
        return StoreNumber<float>(line);
      case TypeKind::kDouble:
        return StoreNumber<double>(line);
      default:
        if (type_.is_character() && !IsValidUtf8(line)) {
          reason_ = "invalid UTF-8";
          return false;
        }
        slots_.column(0).SetView(num_rows_, line.data(), static_cast<uint32_t>(line.size()));
        return true;
    }
  }

  BatchSlots slots_;
  DataType type_;
  bool big_endian_;
  ByteBlock block_;
  int64_t at_ = 0, limit_ = 0, num_rows_ = 0;
  std::string reason_;
};

class RawEncoder : public RecordEncoder {
 public:
  explicit RawEncoder(bool big_endian) : big_endian_(big_endian) {}
  Status Encode(const Batch& batch, std::string* out) override {
    const Column& column = *batch.columns[0];
    for (int64_t row = 0; row < batch.num_rows; ++row) {
      if (!column.IsNull(row)) Append(column, row, out);
      *out += '\n';
    }
    return Status::OK();
  }

 private:
  template <typename T>
  void AppendNumber(const Column& column, int64_t row, std::string* out) {
    T value = Swapped(column.At<T>(row), big_endian_);
    out->append(reinterpret_cast<const char*>(&value), sizeof(T));
  }
  void Append(const Column& column, int64_t row, std::string* out) {
    switch (column.type.kind()) {
      case TypeKind::kBoolean:
        *out += static_cast<char>(column.BoolAt(row));
        break;
      case TypeKind::kTinyInt:
        return AppendNumber<int8_t>(column, row, out);
      case TypeKind::kSmallInt:
        return AppendNumber<int16_t>(column, row, out);
      case TypeKind::kInt:
        return AppendNumber<int32_t>(column, row, out);
      case TypeKind::kBigInt:
        return AppendNumber<int64_t>(column, row, out);
      case TypeKind::kFloat:
        return AppendNumber<float>(column, row, out);
      case TypeKind::kDouble:
        return AppendNumber<double>(column, row, out);
      default: {
        StringView view = column.At<StringView>(row);
        *out += view.view();
      }
    }
  }
  bool big_endian_;
};

class RawFormat : public Format {
 public:
  const std::string& name() const override { return name_; }
  std::string description() const override { return "One value a line, as it stands"; }
  const std::vector<OptionSpec>& options() const override {
    static const std::vector<OptionSpec>* specs = new std::vector<OptionSpec>{
        {"charset", OptionType::kEnum, "UTF-8", "Encoding of strings", false, {"UTF-8"}},
        {"endianness",
         OptionType::kEnum,
         "big-endian",
         "Byte order of numbers",
         false,
         {"big-endian", "little-endian"}},
        OnBadRecordOption(),
    };
    return *specs;
  }
  bool splits_at_lines(const Options&) const override { return true; }
  Result<std::unique_ptr<RecordDecoder>> MakeDecoder(const DecodeSpec& spec) const override {
    WEIR_RETURN_NOT_OK(CheckColumn(spec.table_schema));
    return std::make_unique<RawDecoder>(spec, IsBigEndian(spec.options));
  }
  Result<std::unique_ptr<RecordEncoder>> MakeEncoder(const EncodeSpec& spec) const override {
    WEIR_RETURN_NOT_OK(CheckColumn(spec.schema));
    return std::make_unique<RawEncoder>(IsBigEndian(spec.options));
  }
  Result<Schema> InferSchema(std::string_view, bool, const Options&) const override {
    return Schema{{{"line", DataType::String()}}};
  }

 private:
  static bool IsBigEndian(const Options& options) {
    return (options.GetOr("endianness", "big-endian") == "big-endian") ==
           (std::endian::native == std::endian::little);
  }
  std::string name_ = "raw";
};

}  // namespace

std::unique_ptr<Format> MakeRawFormat() { return std::make_unique<RawFormat>(); }

}  // namespace weir
