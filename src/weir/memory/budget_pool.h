// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Memory accounting: a tree of Arrow memory pools. The root is a query's budget, each operator has
// a pool of its own below it, so that a budget has an address: exceeding it fails the allocation
// with an error that names the operator. Threads: all methods may be called from any thread
// (counters are atomic).
#pragma once

#include <arrow/memory_pool.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "weir/base/error.h"

namespace weir {

class BudgetPool : public arrow::MemoryPool {
 public:
  /// `limit_bytes` 0: no limit of its own. `parent` is charged too and must outlive this pool;
  /// null: `upstream` gives the memory.
  BudgetPool(std::string name, int64_t limit_bytes, BudgetPool* parent,
             arrow::MemoryPool* upstream);

  using arrow::MemoryPool::Allocate;
  using arrow::MemoryPool::Free;
  using arrow::MemoryPool::Reallocate;
  /// Errors: kResourceExhausted naming the pool that is full, its limit and the pool that asked.
  Status Allocate(int64_t size, int64_t alignment, uint8_t** out) override;
  Status Reallocate(int64_t old_size, int64_t new_size, int64_t alignment, uint8_t** ptr) override;
  void Free(uint8_t* buffer, int64_t size, int64_t alignment) override;
  /// Accounts memory that was not allocated here (hash tables, arenas). `bytes` may be negative.
  Status Charge(int64_t bytes);

  int64_t bytes_allocated() const override { return used_.load(std::memory_order_relaxed); }
  int64_t max_memory() const override { return peak_.load(std::memory_order_relaxed); }
  int64_t total_bytes_allocated() const override { return total_.load(std::memory_order_relaxed); }
  int64_t num_allocations() const override { return count_.load(std::memory_order_relaxed); }
  std::string backend_name() const override { return "weir"; }
  const std::string& name() const { return name_; }

 private:
  Status ChargeTree(int64_t bytes, const BudgetPool& asker);

  std::string name_;
  int64_t limit_bytes_;
  BudgetPool* parent_;
  arrow::MemoryPool* upstream_;
  std::atomic<int64_t> used_{0}, peak_{0}, total_{0}, count_{0};
};

}  // namespace weir
