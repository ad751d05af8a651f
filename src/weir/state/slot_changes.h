// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Which slots have been written or freed since the last Save: a bit a slot.
//
//   off                  until the first Save; a mark costs a test of one flag a batch
//   Save -> everything   the first time, and whenever the snapshot is to be full
//   Save -> changes      slots that hold something now, and slots that do not any more
//
// A slot that was freed and used again in between is simply changed. A slot that came and went in
// between is named as erased, though no snapshot has it: readers do not mind.
//
// Save notes names only; rows are copied later (state/slot_save.h), a row that changes before its
// turn at its mark. So marks come before changes.
//
// Threads: one task.
#pragma once

#include <bit>
#include <memory>
#include <span>
#include <vector>

#include "weir/base/check.h"
#include "weir/state/pool_vector.h"
#include "weir/state/slot_save.h"

namespace weir {

class SlotChanges {
 public:
  explicit SlotChanges(arrow::MemoryPool* pool) : words_(pool), pool_(pool) {}

  bool is_on() const { return is_on_; }
  /// Makes room for marks of slots [0, num_slots).
  Status Reserve(int64_t num_slots) {
    if (!is_on_ || num_slots <= words_.size() * 64) return Status::OK();
    return words_.Resize((num_slots + 63) / 64);
  }
  /// What belongs to these slots is about to change.
  void Mark(uint32_t slot) { Mark({&slot, 1}); }
  void Mark(std::span<const uint32_t> slots) {
    if (!is_on_) return;
    Preserve(slots);
    for (uint32_t slot : slots) Set(slot);
  }
  /// Marks slots[row] for each of `rows`.
  void Mark(const uint32_t* slots, const std::vector<int32_t>& rows) {
    if (!is_on_) return;
    if (save_ == nullptr) {
      for (int32_t row : rows) Set(slots[row]);
      return;
    }
    std::vector<uint32_t> marked;
    marked.reserve(rows.size());
    for (int32_t row : rows) marked.push_back(slots[row]);
    Mark(marked);
  }
  /// Marks all slots that there is room for.
  void MarkAll() {
    if (!is_on_) return;
    if (save_ != nullptr) save_->CopyAll();
    std::fill(words_.begin(), words_.end(), ~uint64_t{0});
  }
  /// Whether rows of a snapshot are still to be copied: slots that may be marked one by one are
  /// then better preserved together.
  bool is_saving() const { return save_ != nullptr && !save_->is_done(); }
  void Preserve(std::span<const uint32_t> slots) {
    if (save_ == nullptr) return;
    if (save_->is_done()) {
      save_.reset();
    } else {
      save_->BeforeChange(slots);
    }
  }

  /// What to save of [0, num_slots): if the snapshot is incremental the marked slots, else all that
  /// are live. Counting begins anew.
  template <typename IsLive>
  Status Save(SnapshotWriter& snapshot, SlotTable table, int64_t num_slots, const IsLive& is_live) {
    PoolVector<uint64_t> live(pool_);
    std::vector<uint32_t> erased;
    if (snapshot.is_incremental()) {
      if (!is_on_) return Internal("changes are asked for before everything has been saved");
      if (is_saving()) return Internal("changes are asked for while they are being saved");
      std::swap(live, words_);
      for (int64_t word = 0; word < live.size(); ++word) {
        for (uint64_t bits = live[word]; bits != 0; bits &= bits - 1) {
          auto slot = static_cast<uint32_t>(word * 64 + std::countr_zero(bits));
          if (slot < num_slots && is_live(slot)) continue;
          live[word] &= ~(bits & -bits);
          erased.push_back(slot);
        }
      }
    } else {
      words_.Clear();
      WEIR_RETURN_NOT_OK(live.Resize((num_slots + 63) / 64));
      for (int64_t slot = 0; slot < num_slots; ++slot) {
        uint64_t bit = is_live(static_cast<uint32_t>(slot)) ? 1 : 0;
        live[slot / 64] |= bit << (slot % 64);
      }
    }
    is_on_ = true;
    WEIR_RETURN_NOT_OK(Reserve(num_slots));
    if (!erased.empty()) WEIR_RETURN_NOT_OK(snapshot.EraseSlots(table.name, erased));
    save_ = std::make_shared<SlotSave>(std::move(table), std::move(live), &snapshot);
    return snapshot.Defer(save_);
  }

 private:
  void Set(uint32_t slot) {
    WEIR_DCHECK(slot / 64 < words_.size(), "room is made before marks");
    words_[slot / 64] |= uint64_t{1} << (slot % 64);
  }

  bool is_on_ = false;
  PoolVector<uint64_t> words_;
  std::shared_ptr<SlotSave> save_;  // Of the last Save; null when it is known to be done.
  arrow::MemoryPool* pool_;
};

}  // namespace weir
