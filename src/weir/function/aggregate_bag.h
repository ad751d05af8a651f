// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// All values of each group in order of arrival: what the order-sensitive aggregates keep over a
// changelog.
//   add a, add b, add a, retract a   ->   b a        the oldest equal value goes
//   retract a, add a                 ->   (nothing)  a retraction may come before its addition
// State: two ARRAYs, the values in order and the retractions without an addition.
#pragma once

#include "weir/function/aggregate_cells.h"

namespace weir {

class ArrivalBag {
 public:
  void Add(Value value);
  void Remove(const Value& value);
  void Clear();
  const std::map<int64_t, Value>& values() const { return values_; }
  /// Retractions that wait for their additions.
  std::vector<const Value*> missing() const;

 private:
  int64_t next_ = 0;
  std::map<int64_t, Value> values_;  // By number of arrival.
  std::map<Value, std::deque<int64_t>, CellLess> arrivals_;
  std::map<Value, int64_t, CellLess> missing_;
};

std::vector<DataType> BagStateTypes(const DataType& element);

/// Everything but Finish. What is kept of a row is its first argument, unless a subclass says
/// otherwise by ValueOf.
class BagAccumulators : public Accumulators {
 public:
  enum class Nulls : uint8_t { kSkip, kKeep };
  BagAccumulators(DataType element, Nulls nulls, arrow::MemoryPool* pool)
      : element_(std::move(element)), nulls_(nulls), pool_(pool) {}

  Status Resize(int64_t num_slots) override;
  Status Reset(std::span<const uint32_t> slots) override;
  Status Accumulate(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                    const std::vector<int32_t>* rows) override;
  Status Retract(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                 const std::vector<int32_t>* rows) override;
  Status Merge(std::span<const uint32_t> slots, const ColumnVector& state,
               int64_t num_rows) override;
  Result<ColumnVector> ToState(std::span<const uint32_t> slots) override;
  int64_t ExtraBytes() const override {
    return extra_bytes_ + static_cast<int64_t>(bags_.size() * sizeof(ArrivalBag));
  }

 protected:
  const ArrivalBag& bag(uint32_t slot) const { return bags_[slot]; }
  arrow::MemoryPool* pool() const { return pool_; }
  virtual Value ValueOf(const ColumnVector& args, int64_t i) const { return GetValue(*args[0], i); }

 private:
  static constexpr int64_t kEntryBytes = 3 * sizeof(Value) + 160;  // Nodes of the three maps.

  DataType element_;
  Nulls nulls_;
  arrow::MemoryPool* pool_;
  std::vector<ArrivalBag> bags_;
  int64_t extra_bytes_ = 0;
};

}  // namespace weir
