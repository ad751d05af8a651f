// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A growable array of plain values whose memory is charged to a pool; growing reports errors
// instead of throwing. What state tables keep their per-slot facts in.
#pragma once

#include <arrow/memory_pool.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "weir/base/error.h"

namespace weir {

template <typename T>
class PoolVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit PoolVector(arrow::MemoryPool* pool) : pool_(pool) {}
  PoolVector(PoolVector&& other) noexcept
      : pool_(other.pool_),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  PoolVector& operator=(PoolVector&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~PoolVector() { Free(); }

  int64_t size() const { return size_; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T& operator[](int64_t i) { return data_[i]; }
  const T& operator[](int64_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }

  /// Makes room for `capacity` values without changing the size. Grows by half at least.
  Status Reserve(int64_t capacity) {
    if (capacity <= capacity_) return Status::OK();
    capacity = std::max({capacity, capacity_ + capacity_ / 2, int64_t{16}});
    uint8_t* bytes = reinterpret_cast<uint8_t*>(data_);
    if (data_ == nullptr) {
      WEIR_RETURN_NOT_OK(pool_->Allocate(capacity * kWidth, 64, &bytes));
    } else {
      WEIR_RETURN_NOT_OK(pool_->Reallocate(capacity_ * kWidth, capacity * kWidth, 64, &bytes));
    }
    data_ = reinterpret_cast<T*>(bytes);
    capacity_ = capacity;
    return Status::OK();
  }
  /// New values are `fill`.
  Status Resize(int64_t size, T fill = T()) {
    WEIR_RETURN_NOT_OK(Reserve(size));
    if (size > size_) std::fill(data_ + size_, data_ + size, fill);
    size_ = size;
    return Status::OK();
  }
  Status Append(T value) {
    if (size_ == capacity_) WEIR_RETURN_NOT_OK(Reserve(size_ + 1));
    data_[size_++] = value;
    return Status::OK();
  }
  void Clear() { size_ = 0; }
  void Free() {
    if (data_ != nullptr) pool_->Free(reinterpret_cast<uint8_t*>(data_), capacity_ * kWidth, 64);
    data_ = nullptr;
    size_ = capacity_ = 0;
  }

 private:
  static constexpr int64_t kWidth = static_cast<int64_t>(sizeof(T));
  arrow::MemoryPool* pool_;
  T* data_ = nullptr;
  int64_t size_ = 0;
  int64_t capacity_ = 0;
};

}  // namespace weir
