// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What aggregate functions are written with: state arrays addressed by slot, the loop over the rows
// that count, and a function made from data.
//
//   SlotArray<SumCell> cells;                                   // zero-filled, charged to the
//   operator's pool VisitCounted(arg, n, rows, [&](int64_t i) { cells[slots[i]].sum += values[i];
//   });
#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/data/loops.h"
#include "weir/expr/aggregate.h"

namespace weir {

/// A growing array of plain values, zero bytes at first, allocated from a pool.
template <typename T>
class SlotArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit SlotArray(arrow::MemoryPool* pool) : pool_(pool) {}
  SlotArray(const SlotArray&) = delete;
  SlotArray& operator=(const SlotArray&) = delete;
  ~SlotArray() { Free(); }

  Status Resize(int64_t size) {
    if (size <= size_) return Status::OK();
    if (size > capacity_) {
      int64_t capacity = std::max<int64_t>({size, capacity_ * 2, 16});
      uint8_t* bytes = nullptr;
      WEIR_RETURN_NOT_OK(pool_->Allocate(capacity * Width(), &bytes));
      if (data_ != nullptr) std::memcpy(bytes, data_, static_cast<size_t>(size_ * Width()));
      Free();
      data_ = reinterpret_cast<T*>(bytes);
      capacity_ = capacity;
    }
    std::memset(static_cast<void*>(data_ + size_), 0,
                static_cast<size_t>((size - size_) * Width()));
    size_ = size;
    return Status::OK();
  }
  T& operator[](int64_t slot) { return data_[slot]; }
  const T& operator[](int64_t slot) const { return data_[slot]; }
  T* data() { return data_; }
  int64_t size() const { return size_; }
  void Clear(std::span<const uint32_t> slots) {
    for (uint32_t slot : slots) std::memset(static_cast<void*>(data_ + slot), 0, sizeof(T));
  }

 private:
  static constexpr int64_t Width() { return static_cast<int64_t>(sizeof(T)); }
  void Free() {
    if (data_ != nullptr) pool_->Free(reinterpret_cast<uint8_t*>(data_), capacity_ * Width());
    data_ = nullptr;
  }

  arrow::MemoryPool* pool_;
  T* data_ = nullptr;
  int64_t size_ = 0;
  int64_t capacity_ = 0;
};

/// Calls visit(i) for the rows of an aggregate call's input: those in `rows`, or all [0, num_rows)
/// if it is null.
template <typename Visit>
void VisitRowList(int64_t num_rows, const std::vector<int32_t>* rows, Visit&& visit) {
  if (rows == nullptr) {
    for (int64_t i = 0; i < num_rows; ++i) visit(i);
  } else {
    for (int32_t i : *rows) visit(static_cast<int64_t>(i));
  }
}

/// The same without the rows where `arg` (flat or constant) is NULL.
template <typename Visit>
void VisitCounted(const Column& arg, int64_t num_rows, const std::vector<int32_t>* rows,
                  Visit&& visit) {
  if (!arg.may_have_nulls()) return VisitRowList(num_rows, rows, visit);
  if (arg.is_constant() || arg.type.kind() == TypeKind::kNull) {
    if (num_rows > 0 && !arg.IsNull(0)) VisitRowList(num_rows, rows, visit);
    return;
  }
  const uint8_t* valid = arg.validity->data();
  if (rows == nullptr) {
    VisitSetBits(valid, num_rows, visit);
  } else {
    for (int32_t i : *rows) {
      if (GetBit(valid, i)) visit(static_cast<int64_t>(i));
    }
  }
}

/// A column of `slots.size()` values of the physical type T; get(slot, T*) says whether there is
/// one (else NULL).
template <typename T, typename Get>
Result<ColumnPtr> MakeSlotColumn(const DataType& type, std::span<const uint32_t> slots,
                                 arrow::MemoryPool* pool, Get&& get) {
  auto n = static_cast<int64_t>(slots.size());
  WEIR_ASSIGN_OR_RETURN(auto column, MakeFlatColumn(type, n, pool));
  WEIR_ASSIGN_OR_RETURN(auto valid, AllocateBitmap(n, true, pool));
  auto* bytes = const_cast<uint8_t*>(column->values->data());
  if constexpr (std::is_same_v<T, bool>) std::memset(bytes, 0, static_cast<size_t>(BitmapBytes(n)));
  bool has_nulls = false;
  for (int64_t i = 0; i < n; ++i) {
    T value{};
    if (!get(slots[static_cast<size_t>(i)], &value)) {
      ClearBit(valid->mutable_data(), i);
      has_nulls = true;
      value = T{};
    }
    if constexpr (std::is_same_v<T, bool>) {
      if (value) SetBit(bytes, i);
    } else {
      reinterpret_cast<T*>(bytes)[i] = value;
    }
  }
  if (has_nulls) column->validity = std::move(valid);
  return ColumnPtr(std::move(column));
}

/// An aggregate function as data; see AggregateFunction for the members' meaning.
struct AggregateSpec {
  std::string name;
  std::string signatures;
  std::string description;
  std::string example;
  std::function<Status(const AggregateCallInfo& info, std::vector<DataType>* args,
                       DataType* result)>
      resolve;
  std::function<Result<std::vector<DataType>>(const AggregateCallInfo& info)> state_types;
  std::function<Result<std::unique_ptr<Accumulators>>(const AggregateCallInfo& info,
                                                      arrow::MemoryPool* pool)>
      make;
  bool skips_nulls = true;
  bool ignores_distinct = false;
  bool is_order_sensitive = false;
};
std::unique_ptr<AggregateFunction> MakeAggregate(AggregateSpec spec);

/// "SUM cannot be called with (STRING); it has SUM(numeric)".
Status BadAggregateArguments(const AggregateSpec& spec, const AggregateCallInfo& info);
/// Whether a result over `info` may be NULL: some argument may be, or the input may be empty
/// without group keys.
bool AggregateMayBeNull(const AggregateCallInfo& info);

/// The parts of RegisterAggregate and RegisterAggregateOrdered, one a file.
void RegisterSumAggregates(FunctionRegistry* registry);     // COUNT SUM $SUM0 AVG
void RegisterMomentAggregates(FunctionRegistry* registry);  // STDDEV VARIANCE ...
void RegisterMinMaxAggregates(FunctionRegistry* registry);  // MIN MAX
void RegisterSketchAggregates(FunctionRegistry* registry);  // APPROX_COUNT_DISTINCT PERCENTILE
void RegisterFirstLastAggregates(
    FunctionRegistry* registry);                             // FIRST_VALUE LAST_VALUE SINGLE_VALUE
void RegisterCollectAggregates(FunctionRegistry* registry);  // LISTAGG COLLECT ARRAY_AGG
void RegisterJsonAggregates(FunctionRegistry* registry);     // JSON_OBJECTAGG JSON_ARRAYAGG

}  // namespace weir
