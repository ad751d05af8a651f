// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/expr/kernel.h"

#include <algorithm>

namespace weir {
namespace {

constexpr size_t kHeapBytesFirst = 4 << 10;
constexpr size_t kHeapBytesMax = 1 << 20;

}  // namespace

Result<BufferPtr> ArgumentValidity(const ColumnVector& args, int64_t num_rows,
                                   arrow::MemoryPool* pool) {
  BufferPtr valid;
  for (const ColumnPtr& arg : args) {
    if (!arg->may_have_nulls()) continue;
    if (arg->is_constant() || arg->type.kind() == TypeKind::kNull) {
      if (num_rows == 0 || !arg->IsNull(0)) continue;
      WEIR_ASSIGN_OR_RETURN(valid, AllocateBitmap(num_rows, false, pool));
      return valid;
    }
    WEIR_ASSIGN_OR_RETURN(valid, AndValidity(valid, arg->validity, num_rows, pool));
  }
  return valid;
}

void KernelRow::SetNull() {
  if (validity_ == nullptr) {
    if (!status_.ok()) return;
    auto bitmap = AllocateBitmap(num_rows_, true, context_.pool);
    if (!bitmap.ok()) {
      status_ = bitmap.status();
      return;
    }
    validity_ = std::move(bitmap).ValueUnsafe();
  }
  ClearBit(validity_->mutable_data(), index_);
}

Result<BufferPtr> KernelRow::TakeValidity() {
  WEIR_RETURN_NOT_OK(status_);
  return BufferPtr(std::move(validity_));
}

StringColumnWriter::StringColumnWriter(int64_t num_rows, arrow::MemoryPool* pool)
    : num_rows_(num_rows), pool_(pool) {
  int64_t bytes = num_rows * static_cast<int64_t>(sizeof(StringView));
  auto values = AllocateBuffer(bytes, pool);
  if (!values.ok()) {
    status_ = values.status();
    return;
  }
  values_ = std::move(values).ValueUnsafe();
  std::memset(values_->mutable_data(), 0, static_cast<size_t>(bytes));
  views_ = reinterpret_cast<StringView*>(values_->mutable_data());
}

void StringColumnWriter::ShareHeapsOf(const Column& column) {
  const Column& owner = column.encoding == Encoding::kDictionary ? column.dictionary() : column;
  for (const BufferPtr& heap : owner.heaps) {
    if (std::find(shared_heaps_.begin(), shared_heaps_.end(), heap) == shared_heaps_.end()) {
      shared_heaps_.push_back(heap);
    }
  }
}

char* StringColumnWriter::Grow(size_t size) {
  if (!status_.ok()) return nullptr;
  if (size > INT32_MAX) {
    status_ = ResourceExhausted(
        "a string of {} bytes is longer than the longest possible string of {} bytes", size,
        INT32_MAX);
    return nullptr;
  }
  size_t wanted =
      std::min(kHeapBytesFirst << (2 * std::min<size_t>(heaps_.size(), 8)), kHeapBytesMax);
  auto heap = AllocateBuffer(static_cast<int64_t>(std::max(size, wanted)), pool_);
  if (!heap.ok()) {
    status_ = heap.status();
    return nullptr;
  }
  next_ = reinterpret_cast<char*>((*heap)->mutable_data());
  end_ = next_ + std::max(size, wanted);
  heaps_.push_back(std::move(heap).ValueUnsafe());
  return next_;
}

void StringColumnWriter::SetNull(int64_t row) {
  if (validity_ == nullptr) {
    if (!status_.ok()) return;
    auto bitmap = AllocateBitmap(num_rows_, true, pool_);
    if (!bitmap.ok()) {
      status_ = bitmap.status();
      return;
    }
    validity_ = std::move(bitmap).ValueUnsafe();
  }
  ClearBit(validity_->mutable_data(), row);
}

Result<ColumnPtr> StringColumnWriter::Finish(const DataType& type) {
  WEIR_RETURN_NOT_OK(status_);
  auto column = std::make_shared<Column>();
  column->type = type;
  column->length = num_rows_;
  column->values = std::move(values_);
  column->validity = std::move(validity_);
  column->heaps = std::move(heaps_);
  if (shares_)
    column->heaps.insert(column->heaps.end(), shared_heaps_.begin(), shared_heaps_.end());
  return ColumnPtr(std::move(column));
}

KernelFactory Stateless(Status (*kernel)(KernelContext&, const ColumnVector&, int64_t,
                                         ColumnPtr*)) {
  return [kernel](const CallInfo&) -> Result<Kernel> { return Kernel(kernel); };
}

bool AnyNullable(const CallInfo& call) {
  return std::any_of(call.arg_types.begin(), call.arg_types.end(),
                     [](const DataType& type) { return type.nullable(); });
}

ReturnRule ReturnType(DataType type) {
  return [type](const CallInfo& call) -> Result<DataType> {
    return type.WithNullable(AnyNullable(call));
  };
}

ReturnRule ReturnSameAs(int argument) {
  return [argument](const CallInfo& call) -> Result<DataType> {
    return call.arg_types[static_cast<size_t>(argument)].WithNullable(AnyNullable(call));
  };
}

ReturnRule ReturnArgument(int argument) {
  return [argument](const CallInfo& call) -> Result<DataType> {
    return call.arg_types[static_cast<size_t>(argument)];
  };
}

ReturnRule ForceNullable(ReturnRule rule) {
  return [rule](const CallInfo& call) -> Result<DataType> {
    WEIR_ASSIGN_OR_RETURN(DataType type, rule(call));
    return type.AsNullable();
  };
}

ReturnRule ForceNotNull(ReturnRule rule) {
  return [rule](const CallInfo& call) -> Result<DataType> {
    WEIR_ASSIGN_OR_RETURN(DataType type, rule(call));
    return type.NotNull();
  };
}

const Value* NonNullLiteral(const CallInfo& call, size_t argument) {
  if (argument >= call.literals.size() || call.literals[argument] == nullptr) return nullptr;
  return call.literals[argument]->is_null() ? nullptr : call.literals[argument];
}

std::optional<int64_t> LiteralInt(const CallInfo& call, size_t argument) {
  const Value* value = NonNullLiteral(call, argument);
  if (value == nullptr || !std::holds_alternative<int64_t>(value->v)) return std::nullopt;
  return value->int_value();
}

std::optional<std::string> LiteralString(const CallInfo& call, size_t argument) {
  const Value* value = NonNullLiteral(call, argument);
  if (value == nullptr || !std::holds_alternative<std::string>(value->v)) return std::nullopt;
  return value->string_value();
}

}  // namespace weir
