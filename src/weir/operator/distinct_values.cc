// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/distinct_values.h"

#include <bit>

#include "weir/base/check.h"

namespace weir {
namespace {

std::vector<DataType> WithSlotType(const std::vector<DataType>& types) {
  std::vector<DataType> all = {DataType::Int().NotNull()};
  all.insert(all.end(), types.begin(), types.end());
  return all;
}

// How far ahead of the row at hand its entry is fetched.
constexpr int64_t kPrefetchRows = 16;

}  // namespace

DistinctValues::DistinctValues(std::vector<int> columns, std::vector<DataType> types,
                               bool may_retract, arrow::MemoryPool* pool)
    : columns_(std::move(columns)),
      types_(std::move(types)),
      may_retract_(may_retract),
      pool_(pool),
      table_(WithSlotType(types_), pool),
      seen_(pool),
      counts_(pool),
      next_(pool),
      previous_(pool),
      group_(pool),
      heads_(pool) {}

int DistinctValues::BitOf(int filter) {
  for (int bit = 0; bit < num_bits(); ++bit) {
    if (filters_[static_cast<size_t>(bit)] == filter) return bit;
  }
  if (num_bits() == kFiltersMax) return -1;
  filters_.push_back(filter);
  calls_.emplace_back();
  rows_.emplace_back();
  return num_bits() - 1;
}

// entries_[row] becomes the entry of each row; new ones join their group's list.
Status DistinctValues::FindEntries(std::span<const uint32_t> slots, const ColumnVector& args,
                                   int64_t num_rows, const std::vector<int32_t>* rows) {
  auto n = static_cast<size_t>(num_rows);
  if (hashes_.size() < n) {
    hashes_.resize(n);
    entries_.resize(n);
  }
  WEIR_RETURN_NOT_OK(HashColumns(args, num_rows, hashes_.data()));
  uint32_t slots_max = 0;
  for (size_t i = 0; i < n; ++i) hashes_[i] = MixHash(hashes_[i], slots[i]);
  ColumnVector keys = {BorrowColumn(DataType::Int().NotNull(), slots.data(), num_rows)};
  keys.insert(keys.end(), args.begin(), args.end());
  inserted_.clear();
  WEIR_RETURN_NOT_OK(
      table_.FindOrInsert(keys, {hashes_.data(), n}, entries_.data(), &inserted_, rows));
  if (inserted_.empty()) return Status::OK();
  for (int32_t row : inserted_) slots_max = std::max(slots_max, slots[static_cast<size_t>(row)]);
  int64_t num_entries = table_.num_slots();
  if (may_retract_) {
    WEIR_RETURN_NOT_OK(counts_.Resize(std::max(counts_.size(), num_entries * num_bits())));
  } else {
    WEIR_RETURN_NOT_OK(seen_.Resize(std::max(seen_.size(), num_entries)));
  }
  if (num_entries > next_.size()) {
    WEIR_RETURN_NOT_OK(next_.Resize(num_entries));
    WEIR_RETURN_NOT_OK(previous_.Resize(num_entries));
    WEIR_RETURN_NOT_OK(group_.Resize(num_entries));
  }
  if (slots_max >= heads_.size())
    WEIR_RETURN_NOT_OK(heads_.Resize(int64_t{slots_max} + 1, kNoSlot));
  for (int32_t row : inserted_) {
    uint32_t entry = entries_[static_cast<size_t>(row)];
    uint32_t slot = slots[static_cast<size_t>(row)];
    next_[entry] = heads_[slot];
    previous_[entry] = kNoSlot;
    group_[entry] = slot;
    if (heads_[slot] != kNoSlot) previous_[heads_[slot]] = entry;
    heads_[slot] = entry;
  }
  return Status::OK();
}

Status DistinctValues::Apply(std::span<const uint32_t> slots, const ColumnVector& args,
                             int64_t num_rows,
                             const std::vector<const std::vector<int32_t>*>& accumulate,
                             const std::vector<const std::vector<int32_t>*>& retract) {
  auto n = static_cast<size_t>(num_rows);
  masks_.assign(n, 0);
  uint64_t all_rows_mask = 0;
  for (int bit = 0; bit < num_bits(); ++bit) {
    rows_[static_cast<size_t>(bit)].accumulate.clear();
    rows_[static_cast<size_t>(bit)].retract.clear();
    const std::vector<int32_t>* some = accumulate[static_cast<size_t>(bit)];
    if (some == nullptr) {
      all_rows_mask |= uint64_t{1} << bit;
    } else {
      for (int32_t row : *some) masks_[static_cast<size_t>(row)] |= uint64_t{1} << bit;
    }
  }
  if (may_retract_) {
    retract_masks_.assign(n, 0);
    for (int bit = 0; bit < num_bits(); ++bit) {
      const std::vector<int32_t>* some = retract[static_cast<size_t>(bit)];
      if (some == nullptr) continue;
      for (int32_t row : *some) retract_masks_[static_cast<size_t>(row)] |= uint64_t{1} << bit;
    }
  }
  const std::vector<int32_t>* rows = nullptr;
  if (all_rows_mask == 0) {
    selected_.clear();
    for (size_t i = 0; i < n; ++i) {
      if (masks_[i] != 0 || (may_retract_ && retract_masks_[i] != 0))
        selected_.push_back(static_cast<int32_t>(i));
    }
    if (selected_.empty()) return Status::OK();
    rows = &selected_;
  } else if (may_retract_) {
    for (size_t i = 0; i < n; ++i) masks_[i] |= all_rows_mask;
  }
  WEIR_RETURN_NOT_OK(FindEntries(slots, args, num_rows, rows));
  if (may_retract_) return ApplyCounts(num_rows);
  ApplySeen(rows, num_rows, all_rows_mask);
  return Status::OK();
}

void DistinctValues::ApplySeen(const std::vector<int32_t>* rows, int64_t num_rows,
                               uint64_t all_rows_mask) {
  auto n = rows != nullptr ? static_cast<int64_t>(rows->size()) : num_rows;
  auto row_at = [&](int64_t i) {
    return rows != nullptr ? static_cast<size_t>((*rows)[static_cast<size_t>(i)])
                           : static_cast<size_t>(i);
  };
  uint64_t* seen = seen_.data();
  for (int64_t i = 0; i < n; ++i) {
    if (i + kPrefetchRows < n) __builtin_prefetch(seen + entries_[row_at(i + kPrefetchRows)], 1);
    size_t row = row_at(i);
    uint64_t& bits = seen[entries_[row]];
    uint64_t fresh = (masks_[row] | all_rows_mask) & ~bits;
    if (fresh == 0) continue;
    bits |= fresh;
    for (; fresh != 0; fresh &= fresh - 1) {
      rows_[static_cast<size_t>(std::countr_zero(fresh))].accumulate.push_back(
          static_cast<int32_t>(row));
    }
  }
}

Status DistinctValues::ApplyCounts(int64_t num_rows) {
  std::vector<uint32_t> emptied;
  for (int64_t i = 0; i < num_rows; ++i) {
    auto row = static_cast<size_t>(i);
    if (masks_[row] == 0 && retract_masks_[row] == 0) continue;
    int64_t* counts = counts_.data() + int64_t{entries_[row]} * num_bits();
    for (uint64_t bits = masks_[row]; bits != 0; bits &= bits - 1) {
      auto bit = static_cast<size_t>(std::countr_zero(bits));
      if (counts[bit]++ == 0) rows_[bit].accumulate.push_back(static_cast<int32_t>(i));
    }
    for (uint64_t bits = retract_masks_[row]; bits != 0; bits &= bits - 1) {
      auto bit = static_cast<size_t>(std::countr_zero(bits));
      if (--counts[bit] == 0) {
        rows_[bit].retract.push_back(static_cast<int32_t>(i));
        emptied.push_back(entries_[row]);
      }
    }
  }
  std::erase_if(emptied, [&](uint32_t entry) {
    const int64_t* counts = counts_.data() + int64_t{entry} * num_bits();
    return std::any_of(counts, counts + num_bits(), [](int64_t count) { return count != 0; });
  });
  std::sort(emptied.begin(), emptied.end());
  emptied.erase(std::unique(emptied.begin(), emptied.end()), emptied.end());
  return EraseEntries(emptied);
}

Status DistinctValues::EraseEntries(const std::vector<uint32_t>& entries) {
  table_.MarkChanged(entries);
  for (uint32_t entry : entries) {
    if (previous_[entry] != kNoSlot) {
      next_[previous_[entry]] = next_[entry];
    } else {
      heads_[group_[entry]] = next_[entry];
    }
    if (next_[entry] != kNoSlot) previous_[next_[entry]] = previous_[entry];
    if (may_retract_) {
      std::fill_n(counts_.data() + int64_t{entry} * num_bits(), num_bits(), 0);
    } else {
      seen_[entry] = 0;
    }
  }
  return table_.Erase(entries);
}

Status DistinctValues::Reset(std::span<const uint32_t> slots) {
  std::vector<uint32_t> entries;
  for (uint32_t slot : slots) {
    if (slot >= heads_.size()) continue;
    for (uint32_t entry = heads_[slot]; entry != kNoSlot; entry = next_[entry])
      entries.push_back(entry);
  }
  return EraseEntries(entries);
}

Status DistinctValues::Merge(uint32_t from, uint32_t to, ColumnVector* args) {
  for (Rows& rows : rows_) {
    rows.accumulate.clear();
    rows.retract.clear();
  }
  std::vector<uint32_t> sources;
  if (from < heads_.size()) {
    for (uint32_t entry = heads_[from]; entry != kNoSlot; entry = next_[entry])
      sources.push_back(entry);
  }
  WEIR_ASSIGN_OR_RETURN(ColumnVector keys, table_.Keys(sources));
  args->assign(keys.begin() + 1, keys.end());
  if (sources.empty()) return Status::OK();
  std::vector<uint32_t> targets(sources.size(), to);
  WEIR_RETURN_NOT_OK(FindEntries(targets, *args, static_cast<int64_t>(sources.size()), nullptr));
  for (size_t i = 0; i < sources.size(); ++i) {
    uint32_t source = sources[i], target = entries_[i];
    for (int bit = 0; bit < num_bits(); ++bit) {
      bool is_new;
      if (may_retract_) {
        int64_t added = counts_[int64_t{source} * num_bits() + bit];
        int64_t& count = counts_[int64_t{target} * num_bits() + bit];
        is_new = count == 0 && added > 0;
        count += added;
      } else {
        uint64_t mask = uint64_t{1} << bit;
        is_new = (seen_[source] & mask) != 0 && (seen_[target] & mask) == 0;
        seen_[target] |= seen_[source] & mask;
      }
      if (is_new) rows_[static_cast<size_t>(bit)].accumulate.push_back(static_cast<int32_t>(i));
    }
  }
  return Status::OK();
}

Schema DistinctValues::SnapshotSchema(const std::vector<DataType>& group_types) const {
  Schema schema;
  AppendFields("k", group_types, &schema);
  AppendFields("v", types_, &schema);
  AppendFields(
      may_retract_ ? "count" : "seen",
      std::vector<DataType>(may_retract_ ? filters_.size() : 1, DataType::BigInt().NotNull()),
      &schema);
  return schema;
}

Status DistinctValues::Save(SnapshotWriter& snapshot, std::string_view name,
                            const std::vector<DataType>& group_types, const SlotColumns& columns_of,
                            const std::vector<int>& key_columns) {
  auto columns = [this, columns_of](std::span<const uint32_t> entries) -> Result<ColumnVector> {
    std::vector<uint32_t> groups;
    for (uint32_t entry : entries) groups.push_back(group_[entry]);
    WEIR_ASSIGN_OR_RETURN(ColumnVector out, columns_of(groups));
    WEIR_ASSIGN_OR_RETURN(ColumnVector keys, table_.Keys(entries));
    out.insert(out.end(), keys.begin() + 1, keys.end());
    int num_numbers = may_retract_ ? num_bits() : 1;
    for (int k = 0; k < num_numbers; ++k) {
      WEIR_ASSIGN_OR_RETURN(auto column,
                            MakeFlatColumn(DataType::BigInt().NotNull(),
                                           static_cast<int64_t>(entries.size()), pool_));
      auto* numbers = reinterpret_cast<int64_t*>(const_cast<uint8_t*>(column->values->data()));
      for (size_t i = 0; i < entries.size(); ++i) {
        numbers[i] = may_retract_ ? counts_[int64_t{entries[i]} * num_bits() + k]
                                  : static_cast<int64_t>(seen_[entries[i]]);
      }
      out.push_back(std::move(column));
    }
    return out;
  };
  return table_.Save(snapshot,
                     {std::string(name), SnapshotSchema(group_types), columns, key_columns});
}

Status DistinctValues::Restore(
    SnapshotReader& snapshot, std::string_view name, const std::vector<DataType>& group_types,
    const std::function<Status(const ColumnVector&, int64_t, std::vector<uint32_t>*)>& slots_of) {
  WEIR_ASSIGN_OR_RETURN(std::vector<Batch> batches,
                        snapshot.Read(name, SnapshotSchema(group_types)));
  for (const Batch& batch : batches) {
    auto first_value = batch.columns.begin() + static_cast<int64_t>(group_types.size());
    auto first_number = first_value + static_cast<int64_t>(types_.size());
    std::vector<uint32_t> slots;
    WEIR_RETURN_NOT_OK(
        slots_of(ColumnVector(batch.columns.begin(), first_value), batch.num_rows, &slots));
    std::vector<int32_t> rows;
    for (size_t i = 0; i < slots.size(); ++i) {
      if (slots[i] != kNoSlot) rows.push_back(static_cast<int32_t>(i));
    }
    WEIR_RETURN_NOT_OK(
        FindEntries(slots, ColumnVector(first_value, first_number), batch.num_rows, &rows));
    for (int32_t row : rows) {
      uint32_t entry = entries_[static_cast<size_t>(row)];
      if (!may_retract_) {
        seen_[entry] |= static_cast<uint64_t>((*first_number)->At<int64_t>(row));
        continue;
      }
      for (int bit = 0; bit < num_bits(); ++bit) {
        counts_[int64_t{entry} * num_bits() + bit] += first_number[bit]->At<int64_t>(row);
      }
    }
  }
  return Status::OK();
}

}  // namespace weir
