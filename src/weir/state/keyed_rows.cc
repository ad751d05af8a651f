// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/state/keyed_rows.h"

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
      live_(pool) {
  if (life == RowLife::kAddAndRemove) table_.emplace(std::move(row_types), pool);
}

// Puts a row at the end of its key's list.
Status KeyedRows::Link(uint32_t slot, uint32_t key) {
  next_[slot] = kNoSlot;
  previous_[slot] = tails_[key];
  key_[slot] = key;
  live_[slot] = 1;
  (tails_[key] == kNoSlot ? heads_[key] : next_[tails_[key]]) = slot;
  tails_[key] = slot;
  ++num_rows_;
  return Status::OK();
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
  auto make_room = [&](int64_t num_slots) -> Status {
    if (num_slots <= next_.size()) return Status::OK();
    WEIR_RETURN_NOT_OK(next_.Resize(num_slots, kNoSlot));
    WEIR_RETURN_NOT_OK(previous_.Resize(num_slots, kNoSlot));
    WEIR_RETURN_NOT_OK(key_.Resize(num_slots));
    return live_.Resize(num_slots);
  };
  if (!table_.has_value()) {
    auto first = static_cast<uint32_t>(next_.size());
    WEIR_RETURN_NOT_OK(make_room(next_.size() + static_cast<int64_t>(rows.size())));
    std::vector<uint32_t> places;
    for (size_t i = 0; i < rows.size(); ++i) {
      auto slot = static_cast<uint32_t>(first + i);
      auto row = static_cast<size_t>(rows[i]);
      places.push_back(slot);
      (*slots)[row] = slot;
      WEIR_RETURN_NOT_OK(Link(slot, key_slots_[row]));
    }
    WEIR_RETURN_NOT_OK(rows_.Resize(next_.size()));
    return rows_.SetMany(places, columns, rows.data());
  }
  WEIR_RETURN_NOT_OK(HashKeys(columns, static_cast<int64_t>(key_hashes.size()), &row_hashes_));
  inserted_.clear();
  WEIR_RETURN_NOT_OK(table_->FindOrInsert(columns, row_hashes_, slots->data(), &inserted_, &rows));
  WEIR_RETURN_NOT_OK(make_room(table_->num_slots()));
  WEIR_RETURN_NOT_OK(counts_.Resize(std::max(counts_.size(), next_.size())));
  for (int32_t row : inserted_) {
    uint32_t slot = (*slots)[static_cast<size_t>(row)];
    counts_[slot] = 0;
    WEIR_RETURN_NOT_OK(Link(slot, key_slots_[static_cast<size_t>(row)]));
  }
  for (int32_t row : rows) ++counts_[(*slots)[static_cast<size_t>(row)]];
  return Status::OK();
}

Status KeyedRows::Remove(const ColumnVector& columns, int64_t num_rows,
                         const std::vector<int32_t>& rows) {
  if (rows.empty() || !table_.has_value()) return Status::OK();
  WEIR_RETURN_NOT_OK(HashKeys(columns, num_rows, &row_hashes_));
  std::vector<uint32_t> slots(static_cast<size_t>(num_rows));
  WEIR_RETURN_NOT_OK(table_->Find(columns, row_hashes_, slots.data(), &rows));
  std::vector<uint32_t> gone, gone_keys;
  for (int32_t row : rows) {
    uint32_t slot = slots[static_cast<size_t>(row)];
    if (slot == kNoSlot || counts_[slot] == 0 || --counts_[slot] > 0) continue;
    gone.push_back(slot);
    uint32_t key = key_[slot];
    (previous_[slot] == kNoSlot ? heads_[key] : next_[previous_[slot]]) = next_[slot];
    (next_[slot] == kNoSlot ? tails_[key] : previous_[next_[slot]]) = previous_[slot];
    live_[slot] = 0;
    --num_rows_;
    if (heads_[key] == kNoSlot) gone_keys.push_back(key);
  }
  WEIR_RETURN_NOT_OK(table_->Erase(gone));
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
  int num_columns = rows_.size();
  for (int i = 0; i < num_columns; ++i) row_types.push_back(rows_.column(i).type());
  std::vector<DataType> table_types;
  if (table_.has_value()) {
    for (int i = 0; i < table_->num_keys(); ++i)
      table_types.push_back(table_->key_column(i).type());
  }
  RowLife life = table_.has_value() ? RowLife::kAddAndRemove : RowLife::kAdd;
  *this = KeyedRows(key_types_, life == RowLife::kAdd ? row_types : table_types, life, pool_);
}

}  // namespace weir
