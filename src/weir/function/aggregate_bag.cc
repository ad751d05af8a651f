// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/aggregate_bag.h"

namespace weir {

void ArrivalBag::Add(Value value) {
  if (!missing_.empty()) {
    auto missing = missing_.find(value);
    if (missing != missing_.end()) {
      if (--missing->second == 0) missing_.erase(missing);
      return;
    }
  }
  arrivals_[value].push_back(next_);
  values_.emplace_hint(values_.end(), next_++, std::move(value));
}

void ArrivalBag::Remove(const Value& value) {
  auto arrivals = arrivals_.find(value);
  if (arrivals == arrivals_.end()) {
    ++missing_[value];
    return;
  }
  values_.erase(arrivals->second.front());
  arrivals->second.pop_front();
  if (arrivals->second.empty()) arrivals_.erase(arrivals);
}

void ArrivalBag::Clear() {
  next_ = 0;
  values_.clear();
  arrivals_.clear();
  missing_.clear();
}

std::vector<const Value*> ArrivalBag::missing() const {
  std::vector<const Value*> all;
  for (const auto& [value, count] : missing_)
    all.insert(all.end(), static_cast<size_t>(count), &value);
  return all;
}

std::vector<DataType> BagStateTypes(const DataType& element) {
  DataType list =
      DataType::Array(element.AsNullable().WithTimeAttribute(TimeAttribute::kNone)).NotNull();
  return {list, list};
}

Status BagAccumulators::Resize(int64_t num_slots) {
  if (static_cast<size_t>(num_slots) > bags_.size()) bags_.resize(static_cast<size_t>(num_slots));
  return Status::OK();
}

Status BagAccumulators::Reset(std::span<const uint32_t> slots) {
  for (uint32_t slot : slots) {
    extra_bytes_ -= static_cast<int64_t>(bags_[slot].values().size()) * kEntryBytes;
    bags_[slot].Clear();
  }
  return Status::OK();
}

Status BagAccumulators::Accumulate(std::span<const uint32_t> slots, const ColumnVector& args,
                                   int64_t num_rows, const std::vector<int32_t>* rows) {
  VisitRowList(num_rows, rows, [&](int64_t i) {
    if (nulls_ == Nulls::kSkip && args[0]->IsNull(i)) return;
    bags_[slots[static_cast<size_t>(i)]].Add(ValueOf(args, i));
    extra_bytes_ += kEntryBytes;
  });
  return Status::OK();
}

Status BagAccumulators::Retract(std::span<const uint32_t> slots, const ColumnVector& args,
                                int64_t num_rows, const std::vector<int32_t>* rows) {
  VisitRowList(num_rows, rows, [&](int64_t i) {
    if (nulls_ == Nulls::kSkip && args[0]->IsNull(i)) return;
    bags_[slots[static_cast<size_t>(i)]].Remove(ValueOf(args, i));
    extra_bytes_ -= kEntryBytes;
  });
  return Status::OK();
}

Status BagAccumulators::Merge(std::span<const uint32_t> slots, const ColumnVector& state,
                              int64_t num_rows) {
  for (int64_t i = 0; i < num_rows; ++i) {
    ArrivalBag& bag = bags_[slots[static_cast<size_t>(i)]];
    Value added = GetValue(*state[0], i);
    for (const Value& value : added.list()) bag.Add(value);
    Value missing = GetValue(*state[1], i);
    for (const Value& value : missing.list()) bag.Remove(value);
    extra_bytes_ += static_cast<int64_t>(added.list().size()) * kEntryBytes;
  }
  return Status::OK();
}

Result<ColumnVector> BagAccumulators::ToState(std::span<const uint32_t> slots) {
  DataType type = BagStateTypes(element_)[0];
  WEIR_ASSIGN_OR_RETURN(
      auto values,
      BuildSlotColumn(type, slots, pool_, [this](ColumnBuilder* builder, uint32_t slot) {
        WEIR_RETURN_NOT_OK(builder->AppendNested());
        for (const auto& [order, value] : bags_[slot].values()) {
          WEIR_RETURN_NOT_OK(builder->child(0)->AppendValue(value));
        }
        return Status::OK();
      }));
  WEIR_ASSIGN_OR_RETURN(
      auto missing,
      BuildSlotColumn(type, slots, pool_, [this](ColumnBuilder* builder, uint32_t slot) {
        WEIR_RETURN_NOT_OK(builder->AppendNested());
        for (const Value* value : bags_[slot].missing()) {
          WEIR_RETURN_NOT_OK(builder->child(0)->AppendValue(*value));
        }
        return Status::OK();
      }));
  return ColumnVector{std::move(values), std::move(missing)};
}

}  // namespace weir
