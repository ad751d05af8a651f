// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Values of one type addressed by slot: the mutable columns of which state is made (keys, stored
// rows, last results).
//
//   slots [0, capacity) each hold one value or NULL; a cleared slot is NULL and may be set again.
//
// Long strings are copied into blocks of an arena. Blocks are appended to and never overwritten, so
// columns handed out by Get share them; when most of the bytes are dead, the living ones are copied
// into new blocks.
//
// Threads: one task writes; columns handed out may be read by any thread.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "weir/data/column.h"
#include "weir/state/pool_vector.h"

namespace weir {

/// No slot: Get gives NULL for it.
inline constexpr uint32_t kNoSlot = 0xffffffffu;

class SlotColumn {
 public:
  static std::unique_ptr<SlotColumn> Make(const DataType& type, arrow::MemoryPool* pool);
  virtual ~SlotColumn() = default;

  const DataType& type() const { return type_; }
  /// Makes room for slots [0, num_slots); new ones are NULL. Never shrinks.
  virtual Status Resize(int64_t num_slots) = 0;
  /// Slot `slot` becomes row `row` of `column`, which is flat.
  virtual Status Set(uint32_t slot, const Column& column, int64_t row) = 0;
  /// Slot slots[i] becomes row rows[i] of `column` (any encoding). `rows` null: row i.
  virtual Status SetMany(std::span<const uint32_t> slots, const ColumnPtr& column,
                         const int32_t* rows);
  virtual Status Clear(std::span<const uint32_t> slots) = 0;
  /// Drops all values and their memory; all slots are NULL.
  virtual void ClearAll() = 0;
  /// The values of `slots` as a flat column.
  virtual Result<ColumnPtr> Get(std::span<const uint32_t> slots) = 0;
  /// Whether the slot holds the value of row `row` of `column`, which is flat; NULL equals NULL.
  virtual bool Equals(uint32_t slot, const Column& column, int64_t row) const = 0;

  /// For probing loops: values by slot (BOOLEAN: one byte each), null for nested types.
  virtual const void* raw_values() const { return nullptr; }
  bool any_null() const { return any_null_; }
  const uint8_t* null_bytes() const { return nulls_.data(); }  // 1: NULL.

 protected:
  SlotColumn(const DataType& type, arrow::MemoryPool* pool)
      : type_(type), pool_(pool), nulls_(pool) {}
  void SetNull(uint32_t slot, bool is_null) {
    nulls_[slot] = is_null ? 1 : 0;
    any_null_ = any_null_ || is_null;
  }
  /// Validity of the values of `slots`; absent when none is NULL.
  Result<BufferPtr> ValidityOf(std::span<const uint32_t> slots) const;

  DataType type_;
  arrow::MemoryPool* pool_;
  PoolVector<uint8_t> nulls_;
  // Whether a NULL was ever set in a slot in use (cleared slots do not count).
  bool any_null_ = false;
};

/// Rows by slot: one SlotColumn a field.
class SlotRows {
 public:
  SlotRows(const std::vector<DataType>& types, arrow::MemoryPool* pool);
  Status Resize(int64_t num_slots);
  Status SetMany(std::span<const uint32_t> slots, const ColumnVector& columns, const int32_t* rows);
  Status Clear(std::span<const uint32_t> slots);
  void ClearAll();
  Result<ColumnVector> Get(std::span<const uint32_t> slots);
  int size() const { return static_cast<int>(columns_.size()); }
  SlotColumn& column(int i) { return *columns_[static_cast<size_t>(i)]; }

 private:
  std::vector<std::unique_ptr<SlotColumn>> columns_;
};

/// The types of `schema`'s fields.
std::vector<DataType> TypesOf(const Schema& schema);

}  // namespace weir
