// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/state/slot_save.h"

#include <algorithm>
#include <bit>

#include "weir/state/keyed_table.h"

namespace weir {
namespace {

using WritePart =
    std::function<Status(const Batch&, std::span<const uint64_t>, std::span<const uint32_t>)>;

Status WriteParts(const SlotTable& table, std::span<const uint32_t> slots, const WritePart& write) {
  std::vector<uint64_t> hashes;
  for (size_t begin = 0; begin < slots.size(); begin += kSnapshotRowsMax) {
    std::span<const uint32_t> some =
        slots.subspan(begin, std::min<size_t>(kSnapshotRowsMax, slots.size() - begin));
    Batch batch;
    batch.num_rows = static_cast<int64_t>(some.size());
    WEIR_ASSIGN_OR_RETURN(batch.columns, table.columns_of(some));
    ColumnVector keys;
    for (int column : table.key_columns) keys.push_back(batch.columns[static_cast<size_t>(column)]);
    WEIR_RETURN_NOT_OK(HashKeys(keys, batch.num_rows, &hashes));
    WEIR_RETURN_NOT_OK(write(batch, hashes, some));
  }
  return Status::OK();
}

}  // namespace

Status SnapshotWriter::Defer(std::shared_ptr<SlotSave> save) {
  save->CopyAll();
  return save->Continue(0);
}

SlotSave::SlotSave(SlotTable table, PoolVector<uint64_t> slots, SnapshotWriter* target)
    : table_(std::move(table)), words_(std::move(slots)), target_(target) {}

void SlotSave::BeforeChange(std::span<const uint32_t> slots) {
  if (is_done_) return;
  copied_.clear();
  for (uint32_t slot : slots) {
    auto at = static_cast<int64_t>(slot / 64);
    uint64_t bit = uint64_t{1} << (slot % 64);
    if (at >= words_.size() || (words_[at] & bit) == 0) continue;
    words_[at] &= ~bit;
    copied_.push_back(slot);
  }
  if (!copied_.empty() && status_.ok()) status_ = Copy();
}

Status SlotSave::Continue(int64_t rows_max) {
  WEIR_RETURN_NOT_OK(status_);
  if (is_done_) return Status::OK();
  copied_.clear();
  while (next_word_ < words_.size() && static_cast<int64_t>(copied_.size()) < rows_max) {
    uint64_t& word = words_[next_word_];
    for (; word != 0 && static_cast<int64_t>(copied_.size()) < rows_max; word &= word - 1)
      copied_.push_back(static_cast<uint32_t>(next_word_ * 64 + std::countr_zero(word)));
    if (word == 0) ++next_word_;
  }
  if (!copied_.empty()) status_ = Copy();
  if (status_.ok() && next_word_ >= words_.size()) End();
  return status_;
}

void SlotSave::CopyAll() {
  while (!is_done_ && Continue(kSnapshotRowsMax).ok()) {
  }
}

Status SlotSave::Copy() {
  return WriteParts(
      table_, copied_,
      [this](const Batch& batch, std::span<const uint64_t> hashes, std::span<const uint32_t> some) {
        return target_->WriteSlots(table_.name, table_.schema, batch, hashes, some);
      });
}

void SlotSave::End() {
  is_done_ = true;
  words_.Free();
  table_.columns_of = nullptr;
  target_ = nullptr;
}

Status SaveSlots(SnapshotWriter& snapshot, const SlotTable& table,
                 std::span<const uint32_t> slots) {
  return WriteParts(
      table, slots,
      [&](const Batch& batch, std::span<const uint64_t> hashes, std::span<const uint32_t>) {
        return snapshot.Write(table.name, table.schema, batch, hashes);
      });
}

}  // namespace weir
