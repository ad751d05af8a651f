// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The keyed state interface: keys get dense slot numbers, and whatever an operator keeps per key
// (accumulators, stored rows, counts) lies in columns addressed by slot. Everything is a batch at a
// time.
//
//   index    open addressing, 8 bytes an entry: | low 32 bits of the hash | slot |, at most 5/8
//   full, linear probing by slot  key columns (state/slot_column.h), 64-bit hash, live flag
//
//   keys   a b a c        FindOrInsert   slots 0 1 0 2      inserted rows 0 1 3
//   Erase {1}, then key d                slot 1 again
//
// The caller gives the hash of every key. Its high bits are the key group (SubtaskOfHash), so
// tables whose rows move on a rescale are hashed by their key columns (HashColumns). The index uses
// the low bits. Probing runs in three steps over 64 rows at a time (fetch the entry, fetch the key,
// compare), so that the cache misses of a big table overlap.
//
// State: saved and restored by the operator as rows of its own (keys plus values), see Save; the
// table knows which slots have changed since (state/slot_changes.h).
//
// Cost: one entry and one key per
// row; see state_bench.
//
// Threads: one task.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "weir/data/batch.h"
#include "weir/state/slot_changes.h"
#include "weir/state/slot_column.h"
#include "weir/state/snapshot.h"

namespace weir {

class KeyedTable {
 public:
  KeyedTable(std::vector<DataType> key_types, arrow::MemoryPool* pool);

  /// slots[i] becomes the slot of row i of `keys`; NULL equals NULL. Rows whose key was not there
  /// are appended to `inserted` (may be null), in order: one a new key. With `rows` only these rows
  /// (ascending) are looked at and the other entries of `slots` stay as they are.
  Status FindOrInsert(const ColumnVector& keys, std::span<const uint64_t> hashes, uint32_t* slots,
                      std::vector<int32_t>* inserted, const std::vector<int32_t>* rows = nullptr);
  /// Makes room for so many keys more at once.
  Status Reserve(int64_t additional) { return ReserveKeys(additional); }
  /// As FindOrInsert; kNoSlot where the key is missing.
  Status Find(const ColumnVector& keys, std::span<const uint64_t> hashes, uint32_t* slots,
              const std::vector<int32_t>* rows = nullptr);
  /// Forgets the keys of `slots` (each live, once); the slots are given to new keys later.
  Status Erase(std::span<const uint32_t> slots);
  /// Forgets all keys.
  Status Clear();

  int64_t size() const { return num_live_; }
  /// All slots are below this.
  int64_t num_slots() const { return num_slots_; }
  bool is_live(uint32_t slot) const { return live_[slot] != 0; }
  uint64_t hash(uint32_t slot) const { return hashes_[slot]; }
  /// Grows whenever keys are forgotten: what was remembered of slots no longer holds.
  uint64_t num_forgettings() const { return num_forgettings_; }
  /// Slots in use, ascending.
  std::vector<uint32_t> LiveSlots() const;
  /// The key columns of `slots`.
  Result<ColumnVector> Keys(std::span<const uint32_t> slots) { return keys_.Get(slots); }
  /// Saves what `table` keeps by slot of this one. FindOrInsert marks the slots that it gives,
  /// Erase those that it frees; who changes what belongs to a slot otherwise calls MarkChanged
  /// before.
  Status Save(SnapshotWriter& snapshot, SlotTable table) {
    return changes_.Save(snapshot, std::move(table), num_slots_,
                         [this](uint32_t slot) { return live_[slot] != 0; });
  }
  void MarkChanged(std::span<const uint32_t> slots) { changes_.Mark(slots); }
  int num_keys() const { return keys_.size(); }
  SlotColumn& key_column(int i) { return keys_.column(i); }

 private:
  struct Entry {
    uint32_t tag;
    uint32_t slot;
  };
  template <bool kInsert>
  Status Lookup(const ColumnVector& keys, std::span<const uint64_t> hashes, uint32_t* slots,
                std::vector<int32_t>* inserted, const std::vector<int32_t>* rows);
  template <bool kInsert, typename Equal>
  Status Probe(const Equal& equal, const ColumnVector& keys, std::span<const uint64_t> hashes,
               uint32_t* slots, std::vector<int32_t>* inserted, const std::vector<int32_t>* rows);
  template <bool kInsert, typename Equal, typename RowAt>
  Status ProbeRows(const Equal& equal, const RowAt& row_at, int64_t n, const ColumnVector& keys,
                   const uint64_t* hashes, uint32_t* slots, std::vector<int32_t>* inserted);
  template <bool kInsert, typename First>
  Status ProbePair(const First& first, const ColumnVector& keys, std::span<const uint64_t> hashes,
                   uint32_t* slots, std::vector<int32_t>* inserted,
                   const std::vector<int32_t>* rows);
  template <bool kInsert>
  Status ProbeDictionary(const ColumnPtr& key, std::span<const uint64_t> hashes, uint32_t* slots,
                         std::vector<int32_t>* inserted, const std::vector<int32_t>* rows);
  [[gnu::noinline]] Status Insert(const ColumnVector& keys, int64_t row, uint64_t hash,
                                  uint32_t* slot);
  Status ReserveKeys(int64_t additional);
  Status Rehash(int64_t num_entries);

  SlotRows keys_;
  PoolVector<Entry> entries_;
  PoolVector<uint64_t> hashes_;
  PoolVector<uint8_t> live_;
  PoolVector<uint32_t> free_slots_;
  SlotChanges changes_;
  uint64_t mask_ = 0;
  int64_t num_slots_ = 0;
  int64_t num_live_ = 0;
  uint64_t num_forgettings_ = 0;
  arrow::MemoryPool* pool_;
};

/// Which slots a batch has touched: Begin, then Touch a row at a time; in the order of the first
/// touch.
class TouchedSlots {
 public:
  explicit TouchedSlots(arrow::MemoryPool* pool) : epochs_(pool), positions_(pool) {}
  /// Begins a batch; slots are below `num_slots`.
  Status Begin(int64_t num_slots);
  /// Whether this is the slot's first touch.
  bool Touch(uint32_t slot) {
    if (epochs_[slot] == epoch_) return false;
    epochs_[slot] = epoch_;
    positions_[slot] = static_cast<uint32_t>(slots_.size());
    slots_.push_back(slot);
    return true;
  }
  const std::vector<uint32_t>& slots() const { return slots_; }
  bool is_touched(uint32_t slot) const { return epochs_[slot] == epoch_; }
  /// Where a touched slot is in slots().
  uint32_t position(uint32_t slot) const { return positions_[slot]; }

 private:
  uint32_t epoch_ = 0;
  PoolVector<uint32_t> epochs_;
  PoolVector<uint32_t> positions_;
  std::vector<uint32_t> slots_;
};

/// {begin, begin + 1, ... begin + count - 1}.
std::vector<int> ColumnRange(size_t begin, size_t count);
/// Hash of each row over `keys`; all 0 when there are no keys.
Status HashKeys(const ColumnVector& keys, int64_t num_rows, std::vector<uint64_t>* hashes);
/// A schema of fields "k0", "k1" ... of these types; snapshot tables name their columns so.
void AppendFields(std::string_view prefix, const std::vector<DataType>& types, Schema* schema);

/// A BIGINT column of numbers[slot] for each of `slots`.
Result<ColumnPtr> NumbersOf(const PoolVector<int64_t>& numbers, std::span<const uint32_t> slots,
                            arrow::MemoryPool* pool);

/// A flat column over memory that the caller keeps alive and unchanged while the column lives.
ColumnPtr BorrowColumn(const DataType& type, const void* values, int64_t length);
/// `hashes` mixed with `number`: the hash of (key, number) from that of the key.
inline uint64_t MixHash(uint64_t hash, uint64_t number) {
  hash ^= (number + 1) * 0x9e3779b97f4a7c15ULL;
  hash = (hash ^ (hash >> 32)) * 0xd6e8feb86659fd93ULL;
  return hash ^ (hash >> 29);
}

}  // namespace weir
