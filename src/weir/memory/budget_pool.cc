// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/memory/budget_pool.h"

#include <utility>

namespace weir {
namespace {

std::string BytesText(int64_t bytes) {
  constexpr int64_t kKiB = 1024, kMiB = kKiB * 1024, kGiB = kMiB * 1024;
  if (bytes >= kGiB) return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / kGiB);
  if (bytes >= kMiB) return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / kMiB);
  if (bytes >= kKiB) return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / kKiB);
  return fmt::format("{} bytes", bytes);
}

}  // namespace

BudgetPool::BudgetPool(std::string name, int64_t limit_bytes, BudgetPool* parent,
                       arrow::MemoryPool* upstream)
    : name_(std::move(name)),
      limit_bytes_(limit_bytes),
      parent_(parent),
      upstream_(upstream != nullptr ? upstream : parent->upstream_) {}

Status BudgetPool::ChargeTree(int64_t bytes, const BudgetPool& asker) {
  if (parent_ != nullptr) WEIR_RETURN_NOT_OK(parent_->ChargeTree(bytes, asker));
  int64_t used = used_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (bytes <= 0) return Status::OK();
  if (limit_bytes_ > 0 && used > limit_bytes_) {
    // Undo this level and those above; the levels below have not been charged yet.
    for (BudgetPool* pool = this; pool != nullptr; pool = pool->parent_) {
      pool->used_.fetch_sub(bytes, std::memory_order_relaxed);
    }
    std::string who = &asker == this ? std::string() : fmt::format(" for {}", asker.name_);
    return MakeError(
        {ErrorCode::kResourceExhausted,
         "SET 'weir.memory.query-limit' to more, or reduce what the query keeps",
         {}},
        fmt::format("{} is out of memory: {} more were needed{}, {} of {} are in use", name_,
                    BytesText(bytes), who, BytesText(used - bytes), BytesText(limit_bytes_)));
  }
  total_.fetch_add(bytes, std::memory_order_relaxed);
  int64_t peak = peak_.load(std::memory_order_relaxed);
  while (used > peak && !peak_.compare_exchange_weak(peak, used, std::memory_order_relaxed)) {
  }
  return Status::OK();
}

Status BudgetPool::Charge(int64_t bytes) { return ChargeTree(bytes, *this); }

Status BudgetPool::Allocate(int64_t size, int64_t alignment, uint8_t** out) {
  WEIR_RETURN_NOT_OK(ChargeTree(size, *this));
  Status status = upstream_->Allocate(size, alignment, out);
  if (!status.ok()) {
    (void)ChargeTree(-size, *this);
    return WithContext(status, name_);
  }
  count_.fetch_add(1, std::memory_order_relaxed);
  return status;
}

Status BudgetPool::Reallocate(int64_t old_size, int64_t new_size, int64_t alignment,
                              uint8_t** ptr) {
  int64_t growth = new_size - old_size;
  if (growth > 0) WEIR_RETURN_NOT_OK(ChargeTree(growth, *this));
  Status status = upstream_->Reallocate(old_size, new_size, alignment, ptr);
  if (!status.ok()) {
    if (growth > 0) (void)ChargeTree(-growth, *this);
    return WithContext(status, name_);
  }
  if (growth < 0) (void)ChargeTree(growth, *this);
  count_.fetch_add(1, std::memory_order_relaxed);
  return status;
}

void BudgetPool::Free(uint8_t* buffer, int64_t size, int64_t alignment) {
  upstream_->Free(buffer, size, alignment);
  (void)ChargeTree(-size, *this);
}

}  // namespace weir
