// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/state/keyed_table.h"

#include <bit>
#include <cmath>

#include "weir/data/loops.h"

namespace weir {
namespace {

constexpr int64_t kIndexEntriesMin = 64;
// Up to here the index stays in a core's own caches and prefetching only costs.
constexpr int64_t kPrefetchIndexBytesMin = 128 << 10;
constexpr int64_t kProbeRows = 64;

// Comparers: whether row `row` of the input equals the key of slot `slot`. They point into the key
// columns, which do not move during a probe (room was made before).

template <typename T>
struct FixedEqual {
  const T* in;
  const T* stored;
  FixedEqual(const Column& column, const SlotColumn& slots)
      : in(column.data<T>()), stored(static_cast<const T*>(slots.raw_values())) {}
  bool operator()(int64_t row, uint32_t slot) const { return in[row] == stored[slot]; }
  void Prefetch(uint32_t slot) const { __builtin_prefetch(stored + slot); }
};

struct ViewEqual {
  const StringView* in;
  const StringView* stored;
  ViewEqual(const Column& column, const SlotColumn& slots)
      : in(column.views()), stored(static_cast<const StringView*>(slots.raw_values())) {}
  bool operator()(int64_t row, uint32_t slot) const { return in[row] == stored[slot]; }
  void Prefetch(uint32_t slot) const { __builtin_prefetch(stored + slot); }
};

template <typename A, typename B>
struct PairEqual {
  A a;
  B b;
  bool operator()(int64_t row, uint32_t slot) const { return a(row, slot) && b(row, slot); }
  void Prefetch(uint32_t slot) const {
    a.Prefetch(slot);
    b.Prefetch(slot);
  }
};

// Any types, NULLs, any number of columns (also none: one key).
struct GeneralEqual {
  const ColumnVector* in;
  SlotRows* stored;
  bool operator()(int64_t row, uint32_t slot) const {
    for (int k = 0; k < stored->size(); ++k) {
      if (!stored->column(k).Equals(slot, *(*in)[static_cast<size_t>(k)], row)) return false;
    }
    return true;
  }
  void Prefetch(uint32_t) const {}
};

enum class KeyForm : uint8_t { kFour, kEight, kView, kOther };

// How a key column can be compared in the fast loops; kOther when NULLs or other types are about.
KeyForm FormOf(const Column& column, const SlotColumn& slots) {
  if (column.may_have_nulls() || slots.any_null()) return KeyForm::kOther;
  const DataType& type = column.type;
  if (type.is_view()) return KeyForm::kView;
  if (type.is_nested() || type.is_approximate() || type.kind() == TypeKind::kBoolean)
    return KeyForm::kOther;
  return type.value_width() == 4   ? KeyForm::kFour
         : type.value_width() == 8 ? KeyForm::kEight
                                   : KeyForm::kOther;
}

}  // namespace

KeyedTable::KeyedTable(std::vector<DataType> key_types, arrow::MemoryPool* pool)
    : keys_(key_types, pool),
      entries_(pool),
      hashes_(pool),
      live_(pool),
      free_slots_(pool),
      changes_(pool),
      pool_(pool) {}

Status KeyedTable::FindOrInsert(const ColumnVector& keys, std::span<const uint64_t> hashes,
                                uint32_t* slots, std::vector<int32_t>* inserted,
                                const std::vector<int32_t>* rows) {
  WEIR_RETURN_NOT_OK(Lookup<true>(keys, hashes, slots, inserted, rows));
  if (!changes_.is_on()) return Status::OK();
  if (rows != nullptr) {
    changes_.Mark(slots, *rows);
  } else {
    changes_.Mark({slots, hashes.size()});
  }
  return Status::OK();
}
Status KeyedTable::Find(const ColumnVector& keys, std::span<const uint64_t> hashes, uint32_t* slots,
                        const std::vector<int32_t>* rows) {
  return Lookup<false>(keys, hashes, slots, nullptr, rows);
}

template <bool kInsert>
Status KeyedTable::Lookup(const ColumnVector& keys, std::span<const uint64_t> hashes,
                          uint32_t* slots, std::vector<int32_t>* inserted,
                          const std::vector<int32_t>* rows) {
  WEIR_DCHECK(static_cast<int>(keys.size()) == keys_.size(), "one column a key");
  auto n = static_cast<int64_t>(rows != nullptr ? rows->size() : hashes.size());
  if (n == 0) return Status::OK();
  if constexpr (kInsert) {
    WEIR_RETURN_NOT_OK(ReserveKeys(n));
  } else if (num_live_ == 0) {
    for (int64_t i = 0; i < n; ++i)
      slots[rows != nullptr ? (*rows)[static_cast<size_t>(i)] : i] = kNoSlot;
    return Status::OK();
  }
  if (keys.size() == 1 && keys[0]->encoding == Encoding::kDictionary &&
      keys[0]->dictionary().length <= n && !keys[0]->may_have_nulls()) {
    return ProbeDictionary<kInsert>(keys[0], hashes, slots, inserted, rows);
  }
  ColumnVector flat(keys.size());
  for (size_t k = 0; k < keys.size(); ++k) {
    WEIR_ASSIGN_OR_RETURN(flat[k], Flatten(keys[k], pool_));
  }
  if (flat.size() == 1 || flat.size() == 2) {
    const Column& column = *flat[0];
    const SlotColumn& stored = keys_.column(0);
    switch (FormOf(column, stored)) {
      case KeyForm::kFour:
        return ProbePair<kInsert>(FixedEqual<int32_t>(column, stored), flat, hashes, slots,
                                  inserted, rows);
      case KeyForm::kEight:
        return ProbePair<kInsert>(FixedEqual<int64_t>(column, stored), flat, hashes, slots,
                                  inserted, rows);
      case KeyForm::kView:
        return ProbePair<kInsert>(ViewEqual(column, stored), flat, hashes, slots, inserted, rows);
      case KeyForm::kOther:
        break;
    }
  }
  return Probe<kInsert>(GeneralEqual{&flat, &keys_}, flat, hashes, slots, inserted, rows);
}

template <bool kInsert, typename First>
Status KeyedTable::ProbePair(const First& first, const ColumnVector& keys,
                             std::span<const uint64_t> hashes, uint32_t* slots,
                             std::vector<int32_t>* inserted, const std::vector<int32_t>* rows) {
  if (keys.size() == 1) return Probe<kInsert>(first, keys, hashes, slots, inserted, rows);
  const Column& column = *keys[1];
  const SlotColumn& stored = keys_.column(1);
  switch (FormOf(column, stored)) {
    case KeyForm::kFour: {
      FixedEqual<int32_t> second(column, stored);
      return Probe<kInsert>(PairEqual<First, FixedEqual<int32_t>>{first, second}, keys, hashes,
                            slots, inserted, rows);
    }
    case KeyForm::kEight: {
      FixedEqual<int64_t> second(column, stored);
      return Probe<kInsert>(PairEqual<First, FixedEqual<int64_t>>{first, second}, keys, hashes,
                            slots, inserted, rows);
    }
    case KeyForm::kView: {
      ViewEqual second(column, stored);
      return Probe<kInsert>(PairEqual<First, ViewEqual>{first, second}, keys, hashes, slots,
                            inserted, rows);
    }
    case KeyForm::kOther:
      break;
  }
  return Probe<kInsert>(GeneralEqual{&keys, &keys_}, keys, hashes, slots, inserted, rows);
}

// Each dictionary value that occurs is probed once.
template <bool kInsert>
Status KeyedTable::ProbeDictionary(const ColumnPtr& key, std::span<const uint64_t> hashes,
                                   uint32_t* slots, std::vector<int32_t>* inserted,
                                   const std::vector<int32_t>* rows) {
  const int32_t* indices = key->indices();
  std::vector<int32_t> first_row(static_cast<size_t>(key->dictionary().length), -1);
  std::vector<int32_t> first_rows;  // Rows that bring a value for the first time, ascending.
  auto n = static_cast<int64_t>(rows != nullptr ? rows->size() : hashes.size());
  auto row_at = [&](int64_t i) {
    return rows != nullptr ? (*rows)[static_cast<size_t>(i)] : static_cast<int32_t>(i);
  };
  for (int64_t i = 0; i < n; ++i) {
    int32_t row = row_at(i);
    int32_t& first = first_row[static_cast<size_t>(indices[row])];
    if (first < 0) {
      first = row;
      first_rows.push_back(row);
    }
  }
  WEIR_ASSIGN_OR_RETURN(ColumnPtr values, Gather(key, first_rows, pool_));
  WEIR_ASSIGN_OR_RETURN(values, Flatten(values, pool_));
  std::vector<uint64_t> value_hashes(first_rows.size());
  std::vector<uint32_t> value_slots(first_rows.size());
  for (size_t i = 0; i < first_rows.size(); ++i)
    value_hashes[i] = hashes[static_cast<size_t>(first_rows[i])];
  std::vector<int32_t> new_values;
  WEIR_RETURN_NOT_OK(
      Lookup<kInsert>({values}, value_hashes, value_slots.data(), &new_values, nullptr));
  if (inserted != nullptr) {
    for (int32_t i : new_values) inserted->push_back(first_rows[static_cast<size_t>(i)]);
  }
  std::vector<uint32_t> slot_of(first_row.size(), kNoSlot);
  for (size_t i = 0; i < first_rows.size(); ++i) {
    slot_of[static_cast<size_t>(indices[first_rows[i]])] = value_slots[i];
  }
  for (int64_t i = 0; i < n; ++i) {
    int32_t row = row_at(i);
    slots[row] = slot_of[static_cast<size_t>(indices[row])];
  }
  return Status::OK();
}

template <bool kInsert, typename Equal>
Status KeyedTable::Probe(const Equal& equal, const ColumnVector& keys,
                         std::span<const uint64_t> hashes, uint32_t* slots,
                         std::vector<int32_t>* inserted, const std::vector<int32_t>* rows) {
  if (rows == nullptr) {
    return ProbeRows<kInsert>(
        equal, [](int64_t i) { return i; }, static_cast<int64_t>(hashes.size()), keys,
        hashes.data(), slots, inserted);
  }
  const int32_t* some = rows->data();
  return ProbeRows<kInsert>(
      equal, [some](int64_t i) { return static_cast<int64_t>(some[i]); },
      static_cast<int64_t>(rows->size()), keys, hashes.data(), slots, inserted);
}

template <bool kInsert, typename Equal, typename RowAt>
Status KeyedTable::ProbeRows(const Equal& equal, const RowAt& row_at, int64_t n,
                             const ColumnVector& keys, const uint64_t* hashes, uint32_t* slots,
                             std::vector<int32_t>* inserted) {
  Entry* const entries = entries_.data();
  const uint64_t mask = mask_;
  const bool prefetch =
      entries_.size() * static_cast<int64_t>(sizeof(Entry)) >= kPrefetchIndexBytesMin;
  for (int64_t begin = 0; begin < n; begin += kProbeRows) {
    const int64_t end = std::min(n, begin + kProbeRows);
    if (prefetch) {
      for (int64_t i = begin; i < end; ++i)
        __builtin_prefetch(entries + (hashes[row_at(i)] & mask));
      for (int64_t i = begin; i < end; ++i) {
        const Entry& entry = entries[hashes[row_at(i)] & mask];
        // The first entry is the right one nearly always; a wrong guess costs one useless fetch.
        if (entry.slot != kNoSlot) equal.Prefetch(entry.slot);
      }
    }
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = row_at(i);
      const uint64_t hash = hashes[row];
      uint64_t position = hash & mask;
      Entry entry = entries[position];
      while (entry.slot != kNoSlot &&
             !(entry.tag == static_cast<uint32_t>(hash) && equal(row, entry.slot))) {
        position = (position + 1) & mask;
        entry = entries[position];
      }
      slots[row] = entry.slot;
      if constexpr (kInsert) {
        if (entry.slot != kNoSlot) [[likely]]
          continue;
        WEIR_RETURN_NOT_OK(Insert(keys, row, hash, &slots[row]));
        entries[position] = {static_cast<uint32_t>(hash), slots[row]};
        if (inserted != nullptr) inserted->push_back(static_cast<int32_t>(row));
      }
    }
  }
  return Status::OK();
}

Status KeyedTable::Insert(const ColumnVector& keys, int64_t row, uint64_t hash,
                          uint32_t* slot_out) {
  uint32_t slot;
  if (free_slots_.size() > 0) {
    slot = free_slots_[free_slots_.size() - 1];
    WEIR_RETURN_NOT_OK(free_slots_.Resize(free_slots_.size() - 1));
  } else {
    slot = static_cast<uint32_t>(num_slots_++);
  }
  for (int k = 0; k < keys_.size(); ++k) {
    WEIR_RETURN_NOT_OK(keys_.column(k).Set(slot, *keys[static_cast<size_t>(k)], row));
  }
  hashes_[slot] = hash;
  live_[slot] = 1;
  ++num_live_;
  *slot_out = slot;
  return Status::OK();
}

// Room for `additional` keys, so that nothing moves while a batch is probed.
Status KeyedTable::ReserveKeys(int64_t additional) {
  int64_t slots = num_slots_ + std::max<int64_t>(0, additional - free_slots_.size());
  if (slots >= static_cast<int64_t>(kNoSlot))
    return ResourceExhausted("a state table has more than 4 billion keys");
  if (slots > hashes_.size()) {
    int64_t room = std::max(slots, hashes_.size() + hashes_.size() / 2);
    WEIR_RETURN_NOT_OK(keys_.Resize(room));
    WEIR_RETURN_NOT_OK(hashes_.Resize(room));
    WEIR_RETURN_NOT_OK(live_.Resize(room));
  }
  WEIR_RETURN_NOT_OK(changes_.Reserve(slots));
  int64_t wanted = (num_live_ + additional) * 8 / 5 + 1;
  if (wanted > entries_.size()) {
    return Rehash(std::max<int64_t>(
        kIndexEntriesMin, static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(wanted)))));
  }
  return Status::OK();
}

Status KeyedTable::Rehash(int64_t num_entries) {
  PoolVector<Entry> entries(pool_);
  WEIR_RETURN_NOT_OK(entries.Resize(num_entries, Entry{0, kNoSlot}));
  mask_ = static_cast<uint64_t>(num_entries) - 1;
  for (const Entry& entry : entries_) {
    if (entry.slot == kNoSlot) continue;
    // The tag has the low 32 bits, which is all that an index of up to 2^32 entries asks for.
    uint64_t position = entry.tag & mask_;
    while (entries[static_cast<int64_t>(position)].slot != kNoSlot)
      position = (position + 1) & mask_;
    entries[static_cast<int64_t>(position)] = entry;
  }
  entries_ = std::move(entries);
  return Status::OK();
}

Status KeyedTable::Erase(std::span<const uint32_t> slots) {
  if (!slots.empty()) ++num_forgettings_;
  changes_.Mark(slots);
  Entry* entries = entries_.data();
  for (uint32_t slot : slots) {
    WEIR_DCHECK(live_[slot] != 0, "only live slots are erased");
    uint64_t position = hashes_[slot] & mask_;
    while (entries[position].slot != slot) position = (position + 1) & mask_;
    // Entries behind move up, so that no chain has a hole.
    uint64_t hole = position;
    while (true) {
      position = (position + 1) & mask_;
      if (entries[position].slot == kNoSlot) break;
      uint64_t home = entries[position].tag & mask_;
      if (((position - home) & mask_) >= ((position - hole) & mask_)) {
        entries[hole] = entries[position];
        hole = position;
      }
    }
    entries[hole].slot = kNoSlot;
    live_[slot] = 0;
    --num_live_;
    WEIR_RETURN_NOT_OK(free_slots_.Append(slot));
  }
  return keys_.Clear(slots);
}

Status KeyedTable::Clear() {
  ++num_forgettings_;
  changes_.MarkAll();
  keys_.ClearAll();
  std::fill(entries_.begin(), entries_.end(), Entry{0, kNoSlot});
  std::fill(live_.begin(), live_.end(), 0);
  free_slots_.Clear();
  num_slots_ = num_live_ = 0;
  return Status::OK();
}

std::vector<uint32_t> KeyedTable::LiveSlots() const {
  std::vector<uint32_t> slots;
  slots.reserve(static_cast<size_t>(num_live_));
  for (int64_t slot = 0; slot < num_slots_; ++slot) {
    if (live_[slot] != 0) slots.push_back(static_cast<uint32_t>(slot));
  }
  return slots;
}

Status TouchedSlots::Begin(int64_t num_slots) {
  slots_.clear();
  if (++epoch_ == 0) {  // Once in four billion batches.
    std::fill(epochs_.begin(), epochs_.end(), 0);
    epoch_ = 1;
  }
  if (num_slots > epochs_.size()) {
    WEIR_RETURN_NOT_OK(epochs_.Resize(num_slots));
    WEIR_RETURN_NOT_OK(positions_.Resize(num_slots));
  }
  return Status::OK();
}

std::vector<int> ColumnRange(size_t begin, size_t count) {
  std::vector<int> columns;
  for (size_t i = 0; i < count; ++i) columns.push_back(static_cast<int>(begin + i));
  return columns;
}

Status HashKeys(const ColumnVector& keys, int64_t num_rows, std::vector<uint64_t>* hashes) {
  hashes->resize(static_cast<size_t>(num_rows));
  if (!keys.empty()) return HashColumns(keys, num_rows, hashes->data());
  std::fill(hashes->begin(), hashes->end(), 0);
  return Status::OK();
}

Result<ColumnPtr> NumbersOf(const PoolVector<int64_t>& numbers, std::span<const uint32_t> slots,
                            arrow::MemoryPool* pool) {
  WEIR_ASSIGN_OR_RETURN(auto column, MakeFlatColumn(DataType::BigInt().NotNull(),
                                                    static_cast<int64_t>(slots.size()), pool));
  auto* out = reinterpret_cast<int64_t*>(const_cast<uint8_t*>(column->values->data()));
  for (size_t i = 0; i < slots.size(); ++i) out[i] = numbers[slots[i]];
  return ColumnPtr(std::move(column));
}

void AppendFields(std::string_view prefix, const std::vector<DataType>& types, Schema* schema) {
  for (size_t i = 0; i < types.size(); ++i) {
    schema->fields.push_back({fmt::format("{}{}", prefix, i), types[i]});
  }
}

ColumnPtr BorrowColumn(const DataType& type, const void* values, int64_t length) {
  auto column = std::make_shared<Column>();
  column->type = type;
  column->length = length;
  column->values = std::make_shared<arrow::Buffer>(static_cast<const uint8_t*>(values),
                                                   length * type.value_width());
  return column;
}

}  // namespace weir
