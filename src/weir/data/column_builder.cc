// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The builders behind ColumnBuilder::Make, one class for each physical layout.
#include <arrow/buffer_builder.h>

#include <limits>
#include <utility>

#include "weir/data/value.h"

namespace weir {
namespace {

// The base column of a row: through dictionaries and constants.
struct Place {
  const Column* column;
  int64_t row;
};
Place Locate(const Column& column, int64_t i) {
  if (column.encoding == Encoding::kDictionary) return {&column.dictionary(), column.indices()[i]};
  return {&column, column.is_constant() ? 0 : i};
}

// What every builder has: the validity bits, and refusals of what its type does not take.
class TypedBuilder : public ColumnBuilder {
 public:
  TypedBuilder(const DataType& type, arrow::MemoryPool* pool)
      : type_(type), pool_(pool), valid_(pool) {}

  int64_t length() const override { return valid_.length(); }
  Status AppendBool(bool) override { return Refuse("a boolean"); }
  Status AppendInt(int64_t) override { return Refuse("an integer"); }
  Status AppendDouble(double) override { return Refuse("a floating-point number"); }
  Status AppendDecimal(Int128) override { return Refuse("a decimal"); }
  Status AppendString(std::string_view) override { return Refuse("a string"); }
  Status AppendNested() override { return Refuse("a nested value"); }
  ColumnBuilder* child(int) override { return nullptr; }

  Status AppendValue(const Value& value) override {
    if (value.is_null()) return AppendNull();
    switch (value.v.index()) {
      case 1:
        return AppendBool(value.bool_value());
      case 2:
        return AppendInt(value.int_value());
      case 3:
        return AppendDouble(value.double_value());
      case 4:
        return AppendDecimal(value.decimal_value());
      case 5:
        return AppendString(value.string_value());
      default:
        return AppendList(value.list());
    }
  }
  Status AppendFrom(const Column& column, int64_t row) override {
    if (column.IsNull(row)) return AppendNull();
    Place place = Locate(column, row);
    return AppendPlace(*place.column, place.row);
  }
  Result<ColumnPtr> Finish() override {
    auto column = std::make_shared<Column>();
    column->type = type_;
    column->length = length();
    int64_t nulls = valid_.false_count();
    WEIR_ASSIGN_OR_RETURN(auto bits, valid_.Finish());
    if (nulls > 0) column->validity = std::move(bits);
    WEIR_RETURN_NOT_OK(FinishValues(column.get()));
    return ColumnPtr(std::move(column));
  }

 protected:
  // Appends a row that is not NULL of a flat column.
  virtual Status AppendPlace(const Column& column, int64_t row) = 0;
  virtual Status AppendList(const ValueList&) { return Refuse("a list"); }
  virtual Status FinishValues(Column* column) = 0;

  Status Refuse(std::string_view what) const {
    return Internal("{} was appended to a column of {}", what, type_.ToString());
  }
  Status MarkValid(bool valid) { return valid_.Append(valid); }

  DataType type_;
  arrow::MemoryPool* pool_;
  arrow::TypedBufferBuilder<bool> valid_;
};

class NullBuilder : public TypedBuilder {
 public:
  using TypedBuilder::TypedBuilder;
  Status AppendNull() override { return MarkValid(true); }
  Status AppendPlace(const Column&, int64_t) override { return AppendNull(); }
  Status FinishValues(Column*) override { return Status::OK(); }
};

class BoolBuilder : public TypedBuilder {
 public:
  BoolBuilder(const DataType& type, arrow::MemoryPool* pool)
      : TypedBuilder(type, pool), values_(pool) {}
  Status AppendNull() override {
    WEIR_RETURN_NOT_OK(values_.Append(false));
    return MarkValid(false);
  }
  Status AppendBool(bool value) override {
    WEIR_RETURN_NOT_OK(values_.Append(value));
    return MarkValid(true);
  }
  Status AppendPlace(const Column& column, int64_t row) override {
    return AppendBool(GetBit(column.values->data(), row));
  }
  Status FinishValues(Column* column) override {
    WEIR_ASSIGN_OR_RETURN(column->values, values_.Finish());
    return Status::OK();
  }

 private:
  arrow::TypedBufferBuilder<bool> values_;
};

template <typename T>
class FixedBuilder : public TypedBuilder {
 public:
  FixedBuilder(const DataType& type, arrow::MemoryPool* pool)
      : TypedBuilder(type, pool), values_(pool) {}
  Status AppendNull() override {
    WEIR_RETURN_NOT_OK(Push(T{}));
    return MarkValid(false);
  }
  Status AppendInt(int64_t value) override {
    if constexpr (std::is_same_v<T, Int128>) {
      return type_.is_timestamp() ? Append(value) : Refuse("an integer");
    } else if constexpr (!std::is_integral_v<T>) {
      return Refuse("an integer");
    } else {
      return Append(static_cast<T>(value));
    }
  }
  Status AppendDouble(double value) override {
    if constexpr (!std::is_floating_point_v<T>) {
      return Refuse("a floating-point number");
    } else {
      return Append(static_cast<T>(value));
    }
  }
  Status AppendDecimal(Int128 value) override {
    if constexpr (!std::is_same_v<T, Int128>) {
      return Refuse("a decimal");
    } else {
      return Append(value);
    }
  }
  Status AppendPlace(const Column& column, int64_t row) override {
    return Append(column.data<T>()[row]);
  }
  Status FinishValues(Column* column) override {
    WEIR_ASSIGN_OR_RETURN(column->values, values_.Finish());
    return Status::OK();
  }

 private:
  Status Append(T value) {
    WEIR_RETURN_NOT_OK(Push(value));
    return MarkValid(true);
  }
  Status Push(const T& value) { return values_.Append(&value, sizeof(T)); }
  arrow::BufferBuilder values_;
};

// Long strings are copied into blocks, which never move: the views point into them.
class ViewBuilder : public TypedBuilder {
 public:
  ViewBuilder(const DataType& type, arrow::MemoryPool* pool)
      : TypedBuilder(type, pool), values_(pool) {}
  Status AppendNull() override {
    StringView empty;
    WEIR_RETURN_NOT_OK(values_.Append(&empty, sizeof(empty)));
    return MarkValid(false);
  }
  Status AppendString(std::string_view bytes) override {
    if (bytes.size() > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
      return InvalidData("a string of {} bytes is longer than {} bytes", bytes.size(),
                         std::numeric_limits<int32_t>::max());
    }
    const char* data = bytes.data();
    if (bytes.size() > StringView::kInlineBytesMax) {
      WEIR_ASSIGN_OR_RETURN(data, Store(bytes));
    }
    StringView view(data, static_cast<uint32_t>(bytes.size()));
    WEIR_RETURN_NOT_OK(values_.Append(&view, sizeof(view)));
    return MarkValid(true);
  }
  Status AppendPlace(const Column& column, int64_t row) override {
    return AppendString(column.views()[row].view());
  }
  Status FinishValues(Column* column) override {
    WEIR_ASSIGN_OR_RETURN(column->values, values_.Finish());
    column->heaps = std::move(heaps_);
    heaps_.clear();
    free_bytes_ = 0;
    return Status::OK();
  }

 private:
  static constexpr int64_t kFirstBlockBytes = 4096;
  static constexpr int64_t kLastBlockBytes =
      1 << 20;  // Blocks double up to here, so few are half empty.

  Result<const char*> Store(std::string_view bytes) {
    const auto size = static_cast<int64_t>(bytes.size());
    if (size > free_bytes_) {
      int64_t block =
          std::min(kLastBlockBytes, kFirstBlockBytes << std::min<size_t>(heaps_.size(), 8));
      block = std::max(block, size);
      WEIR_ASSIGN_OR_RETURN(auto heap, AllocateBuffer(block, pool_));
      free_ = reinterpret_cast<char*>(heap->mutable_data());
      free_bytes_ = block;
      heaps_.push_back(std::move(heap));
    }
    char* copy = free_;
    std::memcpy(copy, bytes.data(), bytes.size());
    free_ += size;
    free_bytes_ -= size;
    return static_cast<const char*>(copy);
  }

  arrow::BufferBuilder values_;
  std::vector<BufferPtr> heaps_;
  char* free_ = nullptr;
  int64_t free_bytes_ = 0;
};

class ListBuilder : public TypedBuilder {
 public:
  ListBuilder(const DataType& type, arrow::MemoryPool* pool)
      : TypedBuilder(type, pool), offsets_(pool) {
    for (const DataType& child : ChildTypes(type))
      children_.push_back(ColumnBuilder::Make(child, pool));
  }
  Status AppendNull() override {
    WEIR_RETURN_NOT_OK(OpenList());
    return MarkValid(false);
  }
  Status AppendNested() override {
    WEIR_RETURN_NOT_OK(OpenList());
    return MarkValid(true);
  }
  ColumnBuilder* child(int i) override { return children_[static_cast<size_t>(i)].get(); }
  Status AppendList(const ValueList& list) override {
    WEIR_RETURN_NOT_OK(AppendNested());
    for (const Value& element : list) {
      if (children_.size() == 1) {
        WEIR_RETURN_NOT_OK(children_[0]->AppendValue(element));
        continue;
      }
      if (element.is_null() || element.v.index() != 6 || element.list().size() != 2)
        return Refuse("an entry that is no pair");
      WEIR_RETURN_NOT_OK(children_[0]->AppendValue(element.list()[0]));
      WEIR_RETURN_NOT_OK(children_[1]->AppendValue(element.list()[1]));
    }
    return Status::OK();
  }
  Status AppendPlace(const Column& column, int64_t row) override {
    WEIR_RETURN_NOT_OK(AppendNested());
    const int32_t begin = column.offsets()[row], end = column.offsets()[row + 1];
    for (size_t k = 0; k < children_.size(); ++k) {
      for (int64_t j = begin; j < end; ++j)
        WEIR_RETURN_NOT_OK(children_[k]->AppendFrom(*column.children[k], j));
    }
    return Status::OK();
  }
  Status FinishValues(Column* column) override {
    WEIR_RETURN_NOT_OK(OpenList());
    WEIR_ASSIGN_OR_RETURN(column->values, offsets_.Finish());
    const int64_t elements = children_[0]->length();
    for (auto& child : children_) {
      if (child->length() != elements)
        return Internal("keys and values of {} differ in number", type_.ToString());
      WEIR_ASSIGN_OR_RETURN(ColumnPtr finished, child->Finish());
      column->children.push_back(std::move(finished));
    }
    return Status::OK();
  }

 private:
  Status OpenList() {
    const int64_t begin = children_[0]->length();
    if (begin > std::numeric_limits<int32_t>::max()) {
      return ResourceExhausted("a column of {} would hold more than {} elements", type_.ToString(),
                               std::numeric_limits<int32_t>::max());
    }
    return offsets_.Append(static_cast<int32_t>(begin));
  }

  arrow::TypedBufferBuilder<int32_t> offsets_;
  std::vector<std::unique_ptr<ColumnBuilder>> children_;
};

class RowBuilder : public TypedBuilder {
 public:
  RowBuilder(const DataType& type, arrow::MemoryPool* pool) : TypedBuilder(type, pool) {
    for (const Field& field : type.fields())
      children_.push_back(ColumnBuilder::Make(field.type, pool));
  }
  Status AppendNull() override {
    for (auto& child : children_) WEIR_RETURN_NOT_OK(child->AppendNull());
    return MarkValid(false);
  }
  Status AppendNested() override { return MarkValid(true); }
  ColumnBuilder* child(int i) override { return children_[static_cast<size_t>(i)].get(); }
  Status AppendList(const ValueList& list) override {
    if (list.size() != children_.size()) return Refuse("a row with another number of fields");
    WEIR_RETURN_NOT_OK(AppendNested());
    for (size_t k = 0; k < list.size(); ++k) WEIR_RETURN_NOT_OK(children_[k]->AppendValue(list[k]));
    return Status::OK();
  }
  Status AppendPlace(const Column& column, int64_t row) override {
    WEIR_RETURN_NOT_OK(AppendNested());
    for (size_t k = 0; k < children_.size(); ++k)
      WEIR_RETURN_NOT_OK(children_[k]->AppendFrom(*column.children[k], row));
    return Status::OK();
  }
  Status FinishValues(Column* column) override {
    for (auto& child : children_) {
      if (child->length() != column->length)
        return Internal("a field of {} misses a value", type_.ToString());
      WEIR_ASSIGN_OR_RETURN(ColumnPtr finished, child->Finish());
      column->children.push_back(std::move(finished));
    }
    return Status::OK();
  }

 private:
  std::vector<std::unique_ptr<ColumnBuilder>> children_;
};

}  // namespace

std::unique_ptr<ColumnBuilder> ColumnBuilder::Make(const DataType& type, arrow::MemoryPool* pool) {
  switch (type.kind()) {
    case TypeKind::kNull:
      return std::make_unique<NullBuilder>(type, pool);
    case TypeKind::kBoolean:
      return std::make_unique<BoolBuilder>(type, pool);
    case TypeKind::kTinyInt:
      return std::make_unique<FixedBuilder<int8_t>>(type, pool);
    case TypeKind::kSmallInt:
      return std::make_unique<FixedBuilder<int16_t>>(type, pool);
    case TypeKind::kInt:
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kIntervalYearMonth:
      return std::make_unique<FixedBuilder<int32_t>>(type, pool);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      if (type.is_wide_timestamp()) return std::make_unique<FixedBuilder<Int128>>(type, pool);
      [[fallthrough]];
    case TypeKind::kBigInt:
    case TypeKind::kIntervalDayTime:
      return std::make_unique<FixedBuilder<int64_t>>(type, pool);
    case TypeKind::kFloat:
      return std::make_unique<FixedBuilder<float>>(type, pool);
    case TypeKind::kDouble:
      return std::make_unique<FixedBuilder<double>>(type, pool);
    case TypeKind::kDecimal:
      return std::make_unique<FixedBuilder<Int128>>(type, pool);
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
    case TypeKind::kVariant:
      return std::make_unique<ViewBuilder>(type, pool);
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      return std::make_unique<ListBuilder>(type, pool);
    case TypeKind::kRow:
      return std::make_unique<RowBuilder>(type, pool);
  }
  return std::make_unique<NullBuilder>(type, pool);
}

}  // namespace weir
