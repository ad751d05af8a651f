// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/state/timed_rows.h"

namespace weir {

TimedRows::TimedRows(const std::vector<DataType>& types, arrow::MemoryPool* pool)
    : rows_(types, pool), changes_(pool) {}

Status TimedRows::Add(const ColumnVector& columns, const std::vector<int64_t>& times,
                      const std::vector<int32_t>& rows) {
  if (rows.empty()) return Status::OK();
  std::vector<uint32_t> slots;
  slots.reserve(rows.size());
  for (int32_t row : rows) {
    uint32_t slot;
    if (free_.empty()) {
      slot = static_cast<uint32_t>(num_slots_++);
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    slots.push_back(slot);
    buckets_.Add(times[static_cast<size_t>(row)], slot);
  }
  if (num_slots_ >= static_cast<int64_t>(kNoSlot))
    return ResourceExhausted("more than 4 billion rows wait for their time");
  WEIR_RETURN_NOT_OK(rows_.Resize(num_slots_));
  WEIR_RETURN_NOT_OK(changes_.Reserve(num_slots_));
  changes_.Mark(slots);
  return rows_.SetMany(slots, columns, rows.data());
}

Status TimedRows::Free(std::span<const uint32_t> slots) {
  changes_.Mark(slots);
  free_.insert(free_.end(), slots.begin(), slots.end());
  return rows_.Clear(slots);
}

Status TimedRows::Save(SnapshotWriter& snapshot, std::string name, Schema schema,
                       std::vector<int> key_columns) {
  std::vector<uint8_t> is_free(static_cast<size_t>(num_slots_), 0);
  for (uint32_t slot : free_) is_free[slot] = 1;
  auto columns_of = [this](std::span<const uint32_t> slots) { return rows_.Get(slots); };
  return changes_.Save(snapshot,
                       {std::move(name), std::move(schema), columns_of, std::move(key_columns)},
                       num_slots_, [&](uint32_t slot) { return is_free[slot] == 0; });
}

}  // namespace weir
