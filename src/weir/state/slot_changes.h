// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Which slots have been written or freed since the last Save: a bit a slot.
//
//   off                  until the first Save; a mark costs a test of one flag a batch
//   Take -> everything   the first time, and whenever the snapshot is to be full
//   Take -> changes      slots that hold something now, and slots that do not any more
//
// A slot that was freed and used again in between is simply changed. A slot that came and went in
// between is named as erased, though no snapshot has it: readers do not mind.
//
// Threads: one task.
#pragma once

#include <bit>
#include <span>
#include <vector>

#include "weir/base/check.h"
#include "weir/state/pool_vector.h"

namespace weir {

/// What a Save writes of a table whose rows are addressed by slot; ascending.
struct SlotsToSave {
  std::vector<uint32_t> live;
  std::vector<uint32_t> erased;
};

class SlotChanges {
 public:
  explicit SlotChanges(arrow::MemoryPool* pool) : words_(pool) {}

  bool is_on() const { return is_on_; }
  /// Makes room for marks of slots [0, num_slots).
  Status Reserve(int64_t num_slots) {
    if (!is_on_ || num_slots <= words_.size() * 64) return Status::OK();
    return words_.Resize((num_slots + 63) / 64);
  }
  void Mark(uint32_t slot) {
    if (is_on_) Set(slot);
  }
  void Mark(std::span<const uint32_t> slots) {
    if (!is_on_) return;
    for (uint32_t slot : slots) Set(slot);
  }
  /// Marks slots[row] for each of `rows`.
  void Mark(const uint32_t* slots, const std::vector<int32_t>& rows) {
    if (!is_on_) return;
    for (int32_t row : rows) Set(slots[row]);
  }
  /// Marks all slots that there is room for.
  void MarkAll() {
    if (is_on_) std::fill(words_.begin(), words_.end(), ~uint64_t{0});
  }

  /// What to save: with `incremental` the marked slots, else all that are live, of [0, num_slots).
  /// Counting begins anew.
  template <typename IsLive>
  Result<SlotsToSave> Take(bool incremental, int64_t num_slots, const IsLive& is_live) {
    SlotsToSave slots;
    if (incremental) {
      if (!is_on_) return Internal("changes are asked for before everything has been saved");
      for (int64_t word = 0; word < words_.size(); ++word) {
        for (uint64_t bits = words_[word]; bits != 0; bits &= bits - 1) {
          auto slot = static_cast<uint32_t>(word * 64 + std::countr_zero(bits));
          (slot < num_slots && is_live(slot) ? slots.live : slots.erased).push_back(slot);
        }
      }
    } else {
      for (int64_t slot = 0; slot < num_slots; ++slot) {
        if (is_live(static_cast<uint32_t>(slot))) slots.live.push_back(static_cast<uint32_t>(slot));
      }
    }
    is_on_ = true;
    std::fill(words_.begin(), words_.end(), 0);
    WEIR_RETURN_NOT_OK(Reserve(num_slots));
    return slots;
  }

 private:
  void Set(uint32_t slot) {
    WEIR_DCHECK(slot / 64 < words_.size(), "room is made before marks");
    words_[slot / 64] |= uint64_t{1} << (slot % 64);
  }

  bool is_on_ = false;
  PoolVector<uint64_t> words_;
};

}  // namespace weir
