// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What one operator subtask has saved for one epoch, in memory: filled by the subtask's thread, its
// small tables when the barrier comes, the rows of its slot tables bit by bit between later events;
// then handed to the coordinator, which encodes it.
//
// Threads: one at a time.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "weir/state/slot_save.h"

namespace weir {

class SubtaskSnapshot : public SnapshotWriter {
 public:
  /// Rows of one table. Slot tables may have any number of parts, and erased slots.
  struct Part {
    std::string table;
    Schema schema;
    Batch rows;
    std::vector<uint64_t> key_hashes;  // Empty: rows are not keyed.
    std::vector<uint32_t> slots;       // Slot tables: one a row.
    std::vector<uint32_t> erased;      // Slot tables; of earlier epochs' rows.
    bool is_slot_table = false;
  };

  SubtaskSnapshot(int64_t epoch, bool is_incremental)
      : epoch_(epoch), is_incremental_(is_incremental) {}
  ~SubtaskSnapshot() override;
  SubtaskSnapshot(const SubtaskSnapshot&) = delete;
  SubtaskSnapshot& operator=(const SubtaskSnapshot&) = delete;

  Status Write(std::string_view name, const Schema& schema, const Batch& rows,
               std::span<const uint64_t> key_hashes) override;
  int64_t epoch() const override { return epoch_; }
  bool is_incremental() const override { return is_incremental_; }
  Status WriteSlots(std::string_view name, const Schema& schema, const Batch& rows,
                    std::span<const uint64_t> key_hashes, std::span<const uint32_t> slots) override;
  Status EraseSlots(std::string_view name, std::span<const uint32_t> slots) override;
  Status Defer(std::shared_ptr<SlotSave> save) override;

  /// Whether rows are still to be copied.
  bool is_complete() const { return deferred_.empty(); }
  /// Copies at most `rows_max` rows more. By the subtask, between events.
  Status Continue(int64_t rows_max);

  const std::vector<Part>& parts() const { return parts_; }

  /// The runner's watermark; Watermark::kMin when there was none.
  int64_t watermark_millis = std::numeric_limits<int64_t>::min();

 private:
  int64_t epoch_;
  bool is_incremental_;
  std::vector<Part> parts_;
  std::vector<std::shared_ptr<SlotSave>> deferred_;  // The last one is being copied.
};

}  // namespace weir
