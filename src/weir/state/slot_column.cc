// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/state/slot_column.h"

#include <cmath>

#include "weir/data/loops.h"

namespace weir {

Status SlotColumn::SetMany(std::span<const uint32_t> slots, const ColumnPtr& column,
                           const int32_t* rows) {
  WEIR_ASSIGN_OR_RETURN(ColumnPtr flat, Flatten(column, pool_));
  for (size_t i = 0; i < slots.size(); ++i) {
    WEIR_RETURN_NOT_OK(Set(slots[i], *flat, rows != nullptr ? rows[i] : static_cast<int64_t>(i)));
  }
  return Status::OK();
}

Result<BufferPtr> SlotColumn::ValidityOf(std::span<const uint32_t> slots) const {
  const uint8_t* nulls = nulls_.data();
  bool any = false;
  for (uint32_t slot : slots) any |= slot == kNoSlot || nulls[slot] != 0;
  if (!any) return BufferPtr();
  auto n = static_cast<int64_t>(slots.size());
  WEIR_ASSIGN_OR_RETURN(auto bits, AllocateBitmap(n, false, pool_));
  uint8_t* out = bits->mutable_data();
  for (int64_t i = 0; i < n; ++i) {
    uint32_t slot = slots[static_cast<size_t>(i)];
    if (slot != kNoSlot && nulls[slot] == 0) SetBit(out, i);
  }
  return BufferPtr(std::move(bits));
}

namespace {

template <typename T>
bool SameFixed(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a == b || (std::isnan(a) && std::isnan(b));
  } else {
    return a == b;
  }
}

template <typename T>
class FixedSlots : public SlotColumn {
 public:
  FixedSlots(const DataType& type, arrow::MemoryPool* pool)
      : SlotColumn(type, pool), values_(pool) {}

  Status Resize(int64_t num_slots) override {
    if (num_slots <= values_.size()) return Status::OK();
    WEIR_RETURN_NOT_OK(values_.Resize(num_slots));
    return nulls_.Resize(num_slots, 1);
  }
  Status Set(uint32_t slot, const Column& column, int64_t row) override {
    bool is_null = column.IsNull(row);
    SetNull(slot, is_null);
    values_[slot] = is_null ? T() : column.data<T>()[row];
    return Status::OK();
  }
  Status SetMany(std::span<const uint32_t> slots, const ColumnPtr& column,
                 const int32_t* rows) override {
    if (!column->is_flat() || column->may_have_nulls())
      return SlotColumn::SetMany(slots, column, rows);
    const T* in = column->data<T>();
    for (size_t i = 0; i < slots.size(); ++i) {
      values_[slots[i]] = in[rows != nullptr ? rows[i] : static_cast<int64_t>(i)];
      nulls_[slots[i]] = 0;
    }
    return Status::OK();
  }
  Status Clear(std::span<const uint32_t> slots) override {
    for (uint32_t slot : slots) {
      values_[slot] = T();
      nulls_[slot] = 1;
    }
    return Status::OK();
  }
  void ClearAll() override {
    std::fill(values_.begin(), values_.end(), T());
    std::fill(nulls_.begin(), nulls_.end(), 1);
    any_null_ = false;
  }
  Result<ColumnPtr> Get(std::span<const uint32_t> slots) override {
    auto n = static_cast<int64_t>(slots.size());
    WEIR_ASSIGN_OR_RETURN(auto column, MakeFlatColumn(type_, n, pool_));
    T* out = reinterpret_cast<T*>(const_cast<uint8_t*>(column->values->data()));
    const T* in = values_.data();
    for (int64_t i = 0; i < n; ++i) {
      uint32_t slot = slots[static_cast<size_t>(i)];
      out[i] = slot == kNoSlot ? T() : in[slot];
    }
    WEIR_ASSIGN_OR_RETURN(column->validity, ValidityOf(slots));
    return ColumnPtr(std::move(column));
  }
  bool Equals(uint32_t slot, const Column& column, int64_t row) const override {
    bool is_null = column.IsNull(row);
    if (is_null || nulls_[slot] != 0) return is_null == (nulls_[slot] != 0);
    return SameFixed(values_[slot], column.data<T>()[row]);
  }
  const void* raw_values() const override { return values_.data(); }

 private:
  PoolVector<T> values_;
};

// BOOLEAN, a byte a slot.
class BoolSlots : public SlotColumn {
 public:
  BoolSlots(const DataType& type, arrow::MemoryPool* pool)
      : SlotColumn(type, pool), values_(pool) {}

  Status Resize(int64_t num_slots) override {
    if (num_slots <= values_.size()) return Status::OK();
    WEIR_RETURN_NOT_OK(values_.Resize(num_slots));
    return nulls_.Resize(num_slots, 1);
  }
  Status Set(uint32_t slot, const Column& column, int64_t row) override {
    bool is_null = column.IsNull(row);
    SetNull(slot, is_null);
    values_[slot] = !is_null && column.BoolAt(row) ? 1 : 0;
    return Status::OK();
  }
  Status Clear(std::span<const uint32_t> slots) override {
    for (uint32_t slot : slots) {
      values_[slot] = 0;
      nulls_[slot] = 1;
    }
    return Status::OK();
  }
  void ClearAll() override {
    std::fill(nulls_.begin(), nulls_.end(), 1);
    any_null_ = false;
  }
  Result<ColumnPtr> Get(std::span<const uint32_t> slots) override {
    auto n = static_cast<int64_t>(slots.size());
    WEIR_ASSIGN_OR_RETURN(auto column, MakeFlatColumn(type_, n, pool_));
    auto* out = const_cast<uint8_t*>(column->values->data());
    GenerateBits(n, out, [&](int64_t i) {
      uint32_t slot = slots[static_cast<size_t>(i)];
      return slot != kNoSlot && values_[slot] != 0;
    });
    WEIR_ASSIGN_OR_RETURN(column->validity, ValidityOf(slots));
    return ColumnPtr(std::move(column));
  }
  bool Equals(uint32_t slot, const Column& column, int64_t row) const override {
    bool is_null = column.IsNull(row);
    if (is_null || nulls_[slot] != 0) return is_null == (nulls_[slot] != 0);
    return (values_[slot] != 0) == column.BoolAt(row);
  }

 private:
  PoolVector<uint8_t> values_;
};

constexpr int64_t kArenaBlockBytesMin = 4 << 10;
constexpr int64_t kArenaBlockBytesMax = 4 << 20;
// Below this much garbage compaction is not worth looking at.
constexpr int64_t kArenaDeadBytesMin = 64 << 10;

class ViewSlots : public SlotColumn {
 public:
  ViewSlots(const DataType& type, arrow::MemoryPool* pool)
      : SlotColumn(type, pool), values_(pool) {}

  Status Resize(int64_t num_slots) override {
    if (num_slots <= values_.size()) return Status::OK();
    WEIR_RETURN_NOT_OK(values_.Resize(num_slots));
    return nulls_.Resize(num_slots, 1);
  }
  Status Set(uint32_t slot, const Column& column, int64_t row) override {
    Release(slot);
    if (column.IsNull(row)) {
      SetNull(slot, true);
      values_[slot] = StringView();
      return Status::OK();
    }
    SetNull(slot, false);
    const StringView& view = column.views()[row];
    if (view.is_inline()) {
      values_[slot] = view;
      return Status::OK();
    }
    values_[slot] = StringView();
    WEIR_RETURN_NOT_OK(CompactIfWorthIt());
    WEIR_ASSIGN_OR_RETURN(values_[slot], Copy(view));
    return Status::OK();
  }
  Status Clear(std::span<const uint32_t> slots) override {
    for (uint32_t slot : slots) {
      Release(slot);
      values_[slot] = StringView();
      nulls_[slot] = 1;
    }
    return CompactIfWorthIt();
  }
  void ClearAll() override {
    std::fill(values_.begin(), values_.end(), StringView());
    std::fill(nulls_.begin(), nulls_.end(), 1);
    any_null_ = false;
    DropBlocks();
  }
  Result<ColumnPtr> Get(std::span<const uint32_t> slots) override {
    auto n = static_cast<int64_t>(slots.size());
    WEIR_ASSIGN_OR_RETURN(auto column, MakeFlatColumn(type_, n, pool_));
    auto* out = reinterpret_cast<StringView*>(const_cast<uint8_t*>(column->values->data()));
    const StringView* in = values_.data();
    bool any_long = false;
    for (int64_t i = 0; i < n; ++i) {
      uint32_t slot = slots[static_cast<size_t>(i)];
      out[i] = slot == kNoSlot ? StringView() : in[slot];
      any_long |= !out[i].is_inline();
    }
    if (any_long) column->heaps.assign(blocks_.begin(), blocks_.end());
    WEIR_ASSIGN_OR_RETURN(column->validity, ValidityOf(slots));
    return ColumnPtr(std::move(column));
  }
  bool Equals(uint32_t slot, const Column& column, int64_t row) const override {
    bool is_null = column.IsNull(row);
    if (is_null || nulls_[slot] != 0) return is_null == (nulls_[slot] != 0);
    return values_[slot] == column.views()[row];
  }
  const void* raw_values() const override { return values_.data(); }

 private:
  void Release(uint32_t slot) {
    if (!values_[slot].is_inline()) dead_bytes_ += values_[slot].size();
  }
  Result<StringView> Copy(const StringView& view) {
    int64_t size = view.size();
    if (size > block_end_ - block_cursor_) {
      int64_t bytes =
          std::max(size, std::clamp(used_bytes_, kArenaBlockBytesMin, kArenaBlockBytesMax));
      WEIR_ASSIGN_OR_RETURN(auto block, AllocateBuffer(bytes, pool_));
      block_cursor_ = block->mutable_data();
      block_end_ = block_cursor_ + bytes;
      blocks_.push_back(std::move(block));
    }
    std::memcpy(block_cursor_, view.data(), static_cast<size_t>(size));
    StringView copy(reinterpret_cast<const char*>(block_cursor_), view.size());
    block_cursor_ += size;
    used_bytes_ += size;
    return copy;
  }
  Status CompactIfWorthIt() {
    if (dead_bytes_ < kArenaDeadBytesMin || dead_bytes_ * 2 < used_bytes_) return Status::OK();
    std::vector<BufferPtr> old_blocks = std::move(blocks_);
    DropBlocks();
    for (StringView& value : values_) {
      if (!value.is_inline()) {
        WEIR_ASSIGN_OR_RETURN(value, Copy(value));
      }
    }
    return Status::OK();
  }
  void DropBlocks() {
    blocks_.clear();
    block_cursor_ = block_end_ = nullptr;
    used_bytes_ = dead_bytes_ = 0;
  }

  PoolVector<StringView> values_;
  std::vector<BufferPtr> blocks_;
  uint8_t* block_cursor_ = nullptr;
  uint8_t* block_end_ = nullptr;
  int64_t used_bytes_ = 0;
  int64_t dead_bytes_ = 0;
};

// ARRAY, MAP, MULTISET, ROW: a slot refers to a row of a piece; pieces are joined when there are
// too many or too much of them is dead.
class NestedSlots : public SlotColumn {
 public:
  NestedSlots(const DataType& type, arrow::MemoryPool* pool)
      : SlotColumn(type, pool), places_(pool) {}

  Status Resize(int64_t num_slots) override {
    if (num_slots <= places_.size()) return Status::OK();
    WEIR_RETURN_NOT_OK(places_.Resize(num_slots, Place{0, -1}));
    return nulls_.Resize(num_slots, 1);
  }
  Status Set(uint32_t slot, const Column& column, int64_t row) override {
    auto index = static_cast<int32_t>(row);
    // Gather only reads through the pointer; the aliasing pointer does not own.
    ColumnPtr borrowed(ColumnPtr(), &column);
    return SetMany({&slot, 1}, borrowed, &index);
  }
  Status SetMany(std::span<const uint32_t> slots, const ColumnPtr& column,
                 const int32_t* rows) override {
    std::vector<int32_t> indices;
    for (size_t i = 0; i < slots.size(); ++i) {
      int32_t row = rows != nullptr ? rows[i] : static_cast<int32_t>(i);
      Release(slots[i]);
      bool is_null = column->IsNull(row);
      SetNull(slots[i], is_null);
      if (is_null) continue;
      places_[slots[i]] = {static_cast<int32_t>(pieces_.size()),
                           static_cast<int32_t>(indices.size())};
      indices.push_back(row);
    }
    if (indices.empty()) return Status::OK();
    WEIR_ASSIGN_OR_RETURN(ColumnPtr piece, Gather(column, indices, pool_));
    WEIR_ASSIGN_OR_RETURN(piece, Flatten(piece, pool_));
    WEIR_ASSIGN_OR_RETURN(piece, Concat({piece}, pool_));  // Owns its bytes whatever Gather shared.
    pieces_.push_back(std::move(piece));
    piece_rows_ += static_cast<int64_t>(indices.size());
    live_rows_ += static_cast<int64_t>(indices.size());
    return JoinPiecesIfWorthIt();
  }
  Status Clear(std::span<const uint32_t> slots) override {
    for (uint32_t slot : slots) {
      Release(slot);
      nulls_[slot] = 1;
    }
    return JoinPiecesIfWorthIt();
  }
  void ClearAll() override {
    std::fill(places_.begin(), places_.end(), Place{0, -1});
    std::fill(nulls_.begin(), nulls_.end(), 1);
    any_null_ = false;
    pieces_.clear();
    piece_rows_ = live_rows_ = 0;
  }
  Result<ColumnPtr> Get(std::span<const uint32_t> slots) override {
    WEIR_RETURN_NOT_OK(JoinPieces());
    std::vector<int32_t> indices(slots.size());
    for (size_t i = 0; i < slots.size(); ++i) {
      indices[i] = slots[i] == kNoSlot || nulls_[slots[i]] != 0 ? -1 : places_[slots[i]].row;
    }
    if (pieces_.empty()) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr nulls,
                            MakeNullColumn(type_, static_cast<int64_t>(slots.size()), pool_));
      return Flatten(nulls, pool_);
    }
    WEIR_ASSIGN_OR_RETURN(ColumnPtr column, Gather(pieces_[0], indices, pool_));
    return Flatten(column, pool_);
  }
  bool Equals(uint32_t slot, const Column& column, int64_t row) const override {
    bool is_null = column.IsNull(row);
    if (is_null || nulls_[slot] != 0) return is_null == (nulls_[slot] != 0);
    Place place = places_[slot];
    return SameValue(*pieces_[static_cast<size_t>(place.piece)], place.row, column, row);
  }

 private:
  struct Place {
    int32_t piece, row;
  };
  void Release(uint32_t slot) {
    if (places_[slot].row >= 0) --live_rows_;
    places_[slot].row = -1;
  }
  Status JoinPiecesIfWorthIt() {
    // Joining doubles what one piece holds, so its cost per value stays constant.
    bool many = pieces_.size() > 64 && pieces_[0]->length * 2 < piece_rows_;
    bool dead = piece_rows_ > 1024 && live_rows_ * 2 < piece_rows_;
    return many || dead ? JoinPieces() : Status::OK();
  }
  Status JoinPieces() {
    if (pieces_.size() <= 1 && live_rows_ * 2 >= piece_rows_) return Status::OK();
    ColumnPtr all;
    std::vector<int64_t> offsets;
    int64_t total = 0;
    for (const ColumnPtr& piece : pieces_) {
      offsets.push_back(total);
      total += piece->length;
    }
    WEIR_ASSIGN_OR_RETURN(all, Concat(pieces_, pool_));
    std::vector<int32_t> live;
    for (Place& place : places_) {
      if (place.row < 0) continue;
      live.push_back(static_cast<int32_t>(offsets[static_cast<size_t>(place.piece)] + place.row));
      place = {0, static_cast<int32_t>(live.size()) - 1};
    }
    WEIR_ASSIGN_OR_RETURN(all, Gather(all, live, pool_));
    WEIR_ASSIGN_OR_RETURN(all, Flatten(all, pool_));
    WEIR_ASSIGN_OR_RETURN(all, Concat({all}, pool_));
    pieces_.assign(1, all);
    piece_rows_ = live_rows_ = all->length;
    return Status::OK();
  }

  PoolVector<Place> places_;
  ColumnVector pieces_;
  int64_t piece_rows_ = 0;
  int64_t live_rows_ = 0;
};

// Every value is NULL.
class NullSlots : public SlotColumn {
 public:
  NullSlots(const DataType& type, arrow::MemoryPool* pool) : SlotColumn(type, pool) {}
  Status Resize(int64_t num_slots) override {
    return num_slots <= nulls_.size() ? Status::OK() : nulls_.Resize(num_slots, 1);
  }
  Status Set(uint32_t slot, const Column&, int64_t) override {
    SetNull(slot, true);
    return Status::OK();
  }
  Status Clear(std::span<const uint32_t>) override { return Status::OK(); }
  void ClearAll() override {}
  Result<ColumnPtr> Get(std::span<const uint32_t> slots) override {
    return MakeNullColumn(type_, static_cast<int64_t>(slots.size()), pool_);
  }
  bool Equals(uint32_t, const Column&, int64_t) const override { return true; }
};

}  // namespace

std::unique_ptr<SlotColumn> SlotColumn::Make(const DataType& type, arrow::MemoryPool* pool) {
  if (type.kind() == TypeKind::kNull) return std::make_unique<NullSlots>(type, pool);
  if (type.kind() == TypeKind::kBoolean) return std::make_unique<BoolSlots>(type, pool);
  if (type.kind() == TypeKind::kFloat) return std::make_unique<FixedSlots<float>>(type, pool);
  if (type.kind() == TypeKind::kDouble) return std::make_unique<FixedSlots<double>>(type, pool);
  if (type.is_view()) return std::make_unique<ViewSlots>(type, pool);
  if (type.is_nested()) return std::make_unique<NestedSlots>(type, pool);
  switch (type.value_width()) {
    case 1:
      return std::make_unique<FixedSlots<int8_t>>(type, pool);
    case 2:
      return std::make_unique<FixedSlots<int16_t>>(type, pool);
    case 4:
      return std::make_unique<FixedSlots<int32_t>>(type, pool);
    case 8:
      return std::make_unique<FixedSlots<int64_t>>(type, pool);
    default:
      return std::make_unique<FixedSlots<Int128>>(type, pool);
  }
}

SlotRows::SlotRows(const std::vector<DataType>& types, arrow::MemoryPool* pool) {
  for (const DataType& type : types) columns_.push_back(SlotColumn::Make(type, pool));
}
Status SlotRows::Resize(int64_t num_slots) {
  for (auto& column : columns_) WEIR_RETURN_NOT_OK(column->Resize(num_slots));
  return Status::OK();
}
Status SlotRows::SetMany(std::span<const uint32_t> slots, const ColumnVector& columns,
                         const int32_t* rows) {
  for (size_t i = 0; i < columns_.size(); ++i)
    WEIR_RETURN_NOT_OK(columns_[i]->SetMany(slots, columns[i], rows));
  return Status::OK();
}
Status SlotRows::Clear(std::span<const uint32_t> slots) {
  for (auto& column : columns_) WEIR_RETURN_NOT_OK(column->Clear(slots));
  return Status::OK();
}
void SlotRows::ClearAll() {
  for (auto& column : columns_) column->ClearAll();
}
Result<ColumnVector> SlotRows::Get(std::span<const uint32_t> slots) {
  ColumnVector out(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    WEIR_ASSIGN_OR_RETURN(out[i], columns_[i]->Get(slots));
  }
  return out;
}

std::vector<DataType> TypesOf(const Schema& schema) {
  std::vector<DataType> types;
  for (const Field& field : schema.fields) types.push_back(field.type);
  return types;
}

}  // namespace weir
