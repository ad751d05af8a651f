// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/state/keyed_rows.h"

#include <algorithm>

namespace weir {

KeyedRows::KeyedRows(std::vector<DataType> key_types, std::vector<DataType> row_types, RowLife life,
                     arrow::MemoryPool* pool)
    : key_types_(key_types),
      pool_(pool),
      keys_(std::move(key_types), pool),
      heads_(pool),
      tails_(pool),
      rows_(life == RowLife::kAdd ? row_types : std::vector<DataType>(), pool),
      next_(pool),
      previous_(pool),
      key_(pool),
      counts_(pool),
      live_(pool),
      free_slots_(pool),
      changes_(pool) {
  if (life == RowLife::kAddAndRemove) table_.emplace(std::move(row_types), pool);
}

Status KeyedRows::MakeRoom(int64_t num_slots) {
  if (num_slots <= next_.size()) return Status::OK();
  WEIR_RETURN_NOT_OK(next_.Resize(num_slots, kNoSlot));
  WEIR_RETURN_NOT_OK(previous_.Resize(num_slots, kNoSlot));
  WEIR_RETURN_NOT_OK(key_.Resize(num_slots));
  WEIR_RETURN_NOT_OK(live_.Resize(num_slots));
  return changes_.Reserve(num_slots);
}

// Puts a row at the end of its key's list.
void KeyedRows::Link(uint32_t slot, uint32_t key) {
  next_[slot] = kNoSlot;
  previous_[slot] = tails_[key];
  key_[slot] = key;
  live_[slot] = 1;
  (tails_[key] == kNoSlot ? heads_[key] : next_[tails_[key]]) = slot;
  tails_[key] = slot;
  ++num_rows_;
}

// `gone_keys` gets the row's key if it was its last row.
void KeyedRows::Unlink(uint32_t slot, std::vector<uint32_t>* gone_keys) {
  uint32_t key = key_[slot];
  (previous_[slot] == kNoSlot ? heads_[key] : next_[previous_[slot]]) = next_[slot];
  (next_[slot] == kNoSlot ? tails_[key] : previous_[next_[slot]]) = previous_[slot];
  live_[slot] = 0;
  --num_rows_;
  if (heads_[key] == kNoSlot) gone_keys->push_back(key);
}

Status KeyedRows::Add(const ColumnVector& keys, std::span<const uint64_t> key_hashes,
                      const ColumnVector& columns, const std::vector<int32_t>& rows,
                      std::vector<uint32_t>* slots) {
  slots->resize(key_hashes.size(), kNoSlot);
  if (rows.empty()) return Status::OK();
  key_slots_.resize(key_hashes.size());
  inserted_.clear();
  WEIR_RETURN_NOT_OK(keys_.FindOrInsert(keys, key_hashes, key_slots_.data(), &inserted_, &rows));
  if (keys_.num_slots() > heads_.size()) {
    WEIR_RETURN_NOT_OK(heads_.Resize(keys_.num_slots(), kNoSlot));
    WEIR_RETURN_NOT_OK(tails_.Resize(keys_.num_slots(), kNoSlot));
  }
  if (!table_.has_value()) {
    int64_t reused = std::min(free_slots_.size(), static_cast<int64_t>(rows.size()));
    auto next = static_cast<uint32_t>(next_.size());
    WEIR_RETURN_NOT_OK(MakeRoom(next_.size() + static_cast<int64_t>(rows.size()) - reused));
    std::vector<uint32_t> places;
    for (int32_t row : rows) {
      uint32_t slot = next;
      if (free_slots_.size() > 0) {
        slot = free_slots_[free_slots_.size() - 1];
        WEIR_RETURN_NOT_OK(free_slots_.Resize(free_slots_.size() - 1));
      } else {
        ++next;
      }
      places.push_back(slot);
      (*slots)[static_cast<size_t>(row)] = slot;
      Link(slot, key_slots_[static_cast<size_t>(row)]);
    }
    changes_.Mark(places);
    WEIR_RETURN_NOT_OK(rows_.Resize(next_.size()));
    return rows_.SetMany(places, columns, rows.data());
  }
  WEIR_RETURN_NOT_OK(HashKeys(columns, static_cast<int64_t>(key_hashes.size()), &row_hashes_));
  inserted_.clear();
  WEIR_RETURN_NOT_OK(table_->FindOrInsert(columns, row_hashes_, slots->data(), &inserted_, &rows));
  WEIR_RETURN_NOT_OK(MakeRoom(table_->num_slots()));
  WEIR_RETURN_NOT_OK(counts_.Resize(std::max(counts_.size(), next_.size())));
  for (int32_t row : inserted_) {
    uint32_t slot = (*slots)[static_cast<size_t>(row)];
    counts_[slot] = 0;
    Link(slot, key_slots_[static_cast<size_t>(row)]);
  }
  changes_.Mark(slots->data(), rows);
  for (int32_t row : rows) ++counts_[(*slots)[static_cast<size_t>(row)]];
  return Status::OK();
}

Status KeyedRows::FindRows(const ColumnVector& columns, int64_t num_rows,
                           const std::vector<int32_t>& rows, std::vector<uint32_t>* slots) {
  slots->assign(static_cast<size_t>(num_rows), kNoSlot);
  if (rows.empty() || !table_.has_value()) return Status::OK();
  WEIR_RETURN_NOT_OK(HashKeys(columns, num_rows, &row_hashes_));
  return table_->Find(columns, row_hashes_, slots->data(), &rows);
}

Status KeyedRows::Remove(const ColumnVector& columns, int64_t num_rows,
                         const std::vector<int32_t>& rows) {
  if (rows.empty() || !table_.has_value()) return Status::OK();
  std::vector<uint32_t> slots;
  WEIR_RETURN_NOT_OK(FindRows(columns, num_rows, rows, &slots));
  std::vector<uint32_t> found, gone;
  for (int32_t row : rows) {
    uint32_t slot = slots[static_cast<size_t>(row)];
    if (slot != kNoSlot && counts_[slot] != 0) found.push_back(slot);
  }
  changes_.Mark(found);
  for (uint32_t slot : found) {
    if (counts_[slot] != 0 && --counts_[slot] == 0) gone.push_back(slot);
  }
  return EraseSlots(gone);
}

Status KeyedRows::EraseSlots(std::span<const uint32_t> slots) {
  changes_.Mark(slots);
  std::vector<uint32_t> gone_keys;
  for (uint32_t slot : slots) Unlink(slot, &gone_keys);
  if (table_.has_value()) {
    WEIR_RETURN_NOT_OK(table_->Erase(slots));
  } else {
    WEIR_RETURN_NOT_OK(rows_.Clear(slots));
    for (uint32_t slot : slots) WEIR_RETURN_NOT_OK(free_slots_.Append(slot));
  }
  return keys_.Erase(gone_keys);
}

Status KeyedRows::FindFirst(const ColumnVector& keys, std::span<const uint64_t> key_hashes,
                            const std::vector<int32_t>& rows, std::vector<uint32_t>* firsts) {
  firsts->assign(key_hashes.size(), kNoSlot);
  if (rows.empty()) return Status::OK();
  WEIR_RETURN_NOT_OK(keys_.Find(keys, key_hashes, firsts->data(), &rows));
  constexpr size_t kPrefetchRows = 16;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i + kPrefetchRows < rows.size()) {
      uint32_t ahead = (*firsts)[static_cast<size_t>(rows[i + kPrefetchRows])];
      if (ahead != kNoSlot) __builtin_prefetch(heads_.data() + ahead);
    }
    uint32_t& first = (*firsts)[static_cast<size_t>(rows[i])];
    if (first != kNoSlot) first = heads_[first];
  }
  return Status::OK();
}

std::vector<uint32_t> KeyedRows::Live() const {
  std::vector<uint32_t> slots;
  for (int64_t slot = 0; slot < live_.size(); ++slot) {
    if (live_[slot] != 0) slots.push_back(static_cast<uint32_t>(slot));
  }
  return slots;
}

void KeyedRows::Clear() {
  std::vector<DataType> row_types;
  for (int i = 0; i < rows_.size(); ++i) row_types.push_back(rows_.column(i).type());
  for (int i = 0; table_.has_value() && i < table_->num_keys(); ++i)
    row_types.push_back(table_->key_column(i).type());
  RowLife life = table_.has_value() ? RowLife::kAddAndRemove : RowLife::kAdd;
  changes_.MarkAll();
  SlotChanges changes = std::move(changes_);
  *this = KeyedRows(key_types_, std::move(row_types), life, pool_);
  changes_ = std::move(changes);
}

}  // namespace weir
