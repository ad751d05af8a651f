// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// MIN and MAX. Over append-only input one value a group; over a changelog all values of a group
// with their counts, in order, so that the next one is at hand when the extreme goes. NaN is the
// greatest number.
#include "weir/function/aggregate_cells.h"

namespace weir {
namespace {

enum class Extreme : uint8_t { kMin, kMax };

template <Extreme kExtreme, typename T>
bool Beats(const T& a, const T& b) {
  if constexpr (std::is_floating_point_v<T>) {
    bool less = std::isnan(b) ? !std::isnan(a) : a < b;
    if constexpr (kExtreme == Extreme::kMin) return less;
    return std::isnan(a) ? !std::isnan(b) : a > b;
  } else {
    return kExtreme == Extreme::kMin ? a < b : b < a;
  }
}

Status CannotRetract(const char* name) {
  return Internal("{} was made for append-only input and got a retraction", name);
}

/// One fixed-width value a group.
template <Extreme kExtreme, typename T>
class FixedExtreme : public Accumulators {
 public:
  FixedExtreme(const AggregateCallInfo& info, arrow::MemoryPool* pool)
      : type_(info.call.result_type), pool_(pool), cells_(pool) {}

  Status Resize(int64_t num_slots) override { return cells_.Resize(num_slots); }
  Status Reset(std::span<const uint32_t> slots) override {
    cells_.Clear(slots);
    return Status::OK();
  }
  Status Accumulate(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                    const std::vector<int32_t>* rows) override {
    const Column& arg = *args[0];
    if (arg.type.kind() == TypeKind::kNull) return Status::OK();
    Cell* cells = cells_.data();
    ValueReader<T> values(arg);
    auto add = [](Cell& cell, T value) {
      if constexpr (std::is_floating_point_v<T>) {
        // Mostly the value loses; what is left are winners and NaNs.
        bool loses = kExtreme == Extreme::kMin ? value >= cell.value : value <= cell.value;
        if (loses && cell.has_value) return;
      }
      if (!cell.has_value || Beats<kExtreme>(value, cell.value)) {
        cell.value = value;
        cell.has_value = true;
      }
    };
    if (cells_.size() == 1) {
      Cell cell = cells[0];  // One group: it stays in registers.
      VisitCounted(arg, num_rows, rows, [&](int64_t i) { add(cell, values[i]); });
      cells[0] = cell;
      return Status::OK();
    }
    const uint32_t* slot = slots.data();
    VisitCounted(arg, num_rows, rows, [=](int64_t i) { add(cells[slot[i]], values[i]); });
    return Status::OK();
  }
  Status Retract(std::span<const uint32_t>, const ColumnVector&, int64_t,
                 const std::vector<int32_t>*) override {
    return CannotRetract(kExtreme == Extreme::kMin ? "MIN" : "MAX");
  }
  Status Merge(std::span<const uint32_t> slots, const ColumnVector& state,
               int64_t num_rows) override {
    return Accumulate(slots, state, num_rows, nullptr);
  }
  Result<ColumnVector> ToState(std::span<const uint32_t> slots) override {
    WEIR_ASSIGN_OR_RETURN(auto column, Finish(slots));
    return ColumnVector{Retype(column, type_.AsNullable())};
  }
  Result<ColumnPtr> Finish(std::span<const uint32_t> slots) override {
    return MakeSlotColumn<T>(type_, slots, pool_, [this](uint32_t slot, T* out) {
      *out = cells_[slot].value;
      return cells_[slot].has_value;
    });
  }

 private:
  struct Cell {
    T value;
    bool has_value;
  };
  DataType type_;
  arrow::MemoryPool* pool_;
  SlotArray<Cell> cells_;
};

/// One string a group. Long ones lie in blocks of their own; a longer winner takes new room, and
/// when more than half of the blocks is out of use all strings move to new blocks.
template <Extreme kExtreme>
class StringExtreme : public Accumulators {
 public:
  StringExtreme(const AggregateCallInfo& info, arrow::MemoryPool* pool)
      : type_(info.call.result_type), pool_(pool), cells_(pool) {}

  Status Resize(int64_t num_slots) override { return cells_.Resize(num_slots); }
  Status Reset(std::span<const uint32_t> slots) override {
    for (uint32_t slot : slots) dead_bytes_ += cells_[slot].room;
    cells_.Clear(slots);
    return Status::OK();
  }
  Status Accumulate(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                    const std::vector<int32_t>* rows) override {
    const Column& arg = *args[0];
    if (arg.type.kind() == TypeKind::kNull) return Status::OK();
    ValueReader<StringView> values(arg);
    Status status;
    VisitCounted(arg, num_rows, rows, [&](int64_t i) {
      Cell& cell = cells_[slots[static_cast<size_t>(i)]];
      StringView value = values[i];
      if (cell.has_value) {
        int order = value.Compare(cell.value);
        if (kExtreme == Extreme::kMin ? order >= 0 : order <= 0) return;
      }
      if (status.ok()) status = Store(value, &cell);
    });
    return status;
  }
  Status Retract(std::span<const uint32_t>, const ColumnVector&, int64_t,
                 const std::vector<int32_t>*) override {
    return CannotRetract(kExtreme == Extreme::kMin ? "MIN" : "MAX");
  }
  Status Merge(std::span<const uint32_t> slots, const ColumnVector& state,
               int64_t num_rows) override {
    return Accumulate(slots, state, num_rows, nullptr);
  }
  Result<ColumnVector> ToState(std::span<const uint32_t> slots) override {
    WEIR_ASSIGN_OR_RETURN(auto column, Finish(slots));
    return ColumnVector{Retype(column, type_.AsNullable())};
  }
  Result<ColumnPtr> Finish(std::span<const uint32_t> slots) override {
    return BuildSlotColumn(type_, slots, pool_, [this](ColumnBuilder* builder, uint32_t slot) {
      const Cell& cell = cells_[slot];
      return cell.has_value ? builder->AppendString(cell.value.view()) : builder->AppendNull();
    });
  }

 private:
  static constexpr int64_t kBlockBytes = 64 << 10;
  struct Cell {
    StringView value;
    char* place;  // The room that the cell owns in a block, and its size.
    uint32_t room;
    bool has_value;
  };

  Status Store(StringView value, Cell* cell) {
    cell->has_value = true;
    if (value.is_inline()) {
      cell->value = value;
      return Status::OK();
    }
    if (cell->room < value.size()) {
      dead_bytes_ += cell->room;
      cell->room = 0;
      if (dead_bytes_ > (1 << 20) && dead_bytes_ * 2 > block_bytes_)
        WEIR_RETURN_NOT_OK(MoveAll(cell));
      WEIR_ASSIGN_OR_RETURN(cell->place, TakeRoom(value.size()));
      cell->room = value.size();
    }
    std::memcpy(cell->place, value.data(), value.size());
    cell->value = StringView(cell->place, value.size());
    return Status::OK();
  }
  Result<char*> TakeRoom(uint32_t size) {
    if (static_cast<size_t>(end_ - next_) < size) {
      int64_t bytes = std::max<int64_t>(kBlockBytes, size);
      WEIR_ASSIGN_OR_RETURN(auto block, AllocateBuffer(bytes, pool_));
      next_ = reinterpret_cast<char*>(block->mutable_data());
      end_ = next_ + bytes;
      block_bytes_ += bytes;
      blocks_.push_back(std::move(block));
    }
    char* place = next_;
    next_ += size;
    return place;
  }
  /// Moves every long string but that of `leaving`, which is about to be replaced.
  Status MoveAll(const Cell* leaving) {
    std::vector<BufferPtr> old = std::move(blocks_);
    blocks_.clear();
    next_ = end_ = nullptr;
    dead_bytes_ = block_bytes_ = 0;
    for (int64_t slot = 0; slot < cells_.size(); ++slot) {
      Cell& cell = cells_[slot];
      bool is_long = cell.has_value && !cell.value.is_inline();
      cell.room = 0;
      if (!is_long || &cell == leaving) continue;
      WEIR_ASSIGN_OR_RETURN(cell.place, TakeRoom(cell.value.size()));
      std::memcpy(cell.place, cell.value.data(), cell.value.size());
      cell.room = cell.value.size();
      cell.value = StringView(cell.place, cell.room);
    }
    return Status::OK();
  }

  DataType type_;
  arrow::MemoryPool* pool_;
  SlotArray<Cell> cells_;
  std::vector<BufferPtr> blocks_;
  char* next_ = nullptr;
  char* end_ = nullptr;
  int64_t block_bytes_ = 0;
  int64_t dead_bytes_ = 0;
};

DataType CountsType(const DataType& arg) {
  return DataType::Map(arg.NotNull(), DataType::BigInt().NotNull());
}

/// All values of a group with their counts.
template <Extreme kExtreme, typename Cell>
class RetractableExtreme : public Accumulators {
 public:
  RetractableExtreme(const AggregateCallInfo& info, arrow::MemoryPool* pool)
      : type_(info.call.result_type), pool_(pool) {}

  Status Resize(int64_t num_slots) override {
    if (static_cast<size_t>(num_slots) > groups_.size())
      groups_.resize(static_cast<size_t>(num_slots));
    return Status::OK();
  }
  Status Reset(std::span<const uint32_t> slots) override {
    for (uint32_t slot : slots) {
      for (const auto& [cell, count] : groups_[slot].counts()) extra_bytes_ -= EntryBytes(cell);
      groups_[slot].Clear();
    }
    return Status::OK();
  }
  Status Accumulate(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                    const std::vector<int32_t>* rows) override {
    Add(slots, *args[0], num_rows, rows, 1);
    return Status::OK();
  }
  Status Retract(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                 const std::vector<int32_t>* rows) override {
    Add(slots, *args[0], num_rows, rows, -1);
    return Status::OK();
  }
  Status Merge(std::span<const uint32_t> slots, const ColumnVector& state,
               int64_t num_rows) override {
    VisitCounted(*state[0], num_rows, nullptr, [&](int64_t i) {
      ElementRange range = ElementsOf(*state[0], i);
      for (int64_t k = range.begin; k < range.end; ++k) {
        AddCell(groups_[slots[static_cast<size_t>(i)]], ReadCell<Cell>(*state[0]->children[0], k),
                ReadCell<int64_t>(*state[0]->children[1], k));
      }
    });
    return Status::OK();
  }
  Result<ColumnVector> ToState(std::span<const uint32_t> slots) override {
    WEIR_ASSIGN_OR_RETURN(
        auto column,
        BuildSlotColumn(CountsType(type_), slots, pool_,
                        [this](ColumnBuilder* builder, uint32_t slot) {
                          WEIR_RETURN_NOT_OK(builder->AppendNested());
                          for (const auto& [cell, count] : groups_[slot].counts()) {
                            WEIR_RETURN_NOT_OK(AppendCell(builder->child(0), type_, cell));
                            WEIR_RETURN_NOT_OK(builder->child(1)->AppendInt(count));
                          }
                          return Status::OK();
                        }));
    return ColumnVector{std::move(column)};
  }
  Result<ColumnPtr> Finish(std::span<const uint32_t> slots) override {
    return BuildSlotColumn(type_, slots, pool_, [this](ColumnBuilder* builder, uint32_t slot) {
      const Cell* best = BestOf(groups_[slot].counts());
      return best == nullptr ? builder->AppendNull() : AppendCell(builder, type_, *best);
    });
  }
  int64_t ExtraBytes() const override {
    return extra_bytes_ + static_cast<int64_t>(groups_.size() * sizeof(groups_[0]));
  }

 private:
  void Add(std::span<const uint32_t> slots, const Column& arg, int64_t num_rows,
           const std::vector<int32_t>* rows, int64_t change) {
    VisitCounted(arg, num_rows, rows, [&](int64_t i) {
      AddCell(groups_[slots[static_cast<size_t>(i)]], ReadCell<Cell>(arg, i), change);
    });
  }
  void AddCell(CellCounts<Cell>& group, Cell cell, int64_t change) {
    int64_t bytes = EntryBytes(cell);
    auto before = static_cast<int64_t>(group.counts().size());
    group.Add(std::move(cell), change);
    extra_bytes_ += bytes * (static_cast<int64_t>(group.counts().size()) - before);
  }
  static int64_t EntryBytes(const Cell& cell) {
    return CellBytes(cell) + 48;  // A tree node's own fields.
  }
  static const Cell* BestOf(const std::map<Cell, int64_t, CellLess>& counts) {
    if constexpr (kExtreme == Extreme::kMin) {
      for (auto entry = counts.begin(); entry != counts.end(); ++entry) {
        if (entry->second > 0) return &entry->first;
      }
    } else {
      for (auto entry = counts.rbegin(); entry != counts.rend(); ++entry) {
        if (entry->second > 0) return &entry->first;
      }
    }
    return nullptr;
  }

  DataType type_;
  arrow::MemoryPool* pool_;
  std::vector<CellCounts<Cell>> groups_;
  int64_t extra_bytes_ = 0;
};

template <Extreme kExtreme>
Result<std::unique_ptr<Accumulators>> MakeExtreme(const AggregateCallInfo& info,
                                                  arrow::MemoryPool* pool) {
  const DataType& type = info.call.result_type;
  if (info.may_retract) {
    return WithCellOf(type, [&]<typename Cell>() -> std::unique_ptr<Accumulators> {
      return std::make_unique<RetractableExtreme<kExtreme, Cell>>(info, pool);
    });
  }
  if (type.is_view()) return std::make_unique<StringExtreme<kExtreme>>(info, pool);
  if (type.kind() == TypeKind::kBoolean)
    return std::make_unique<FixedExtreme<kExtreme, bool>>(info, pool);
  if (type.kind() == TypeKind::kFloat)
    return std::make_unique<FixedExtreme<kExtreme, float>>(info, pool);
  if (type.kind() == TypeKind::kDouble)
    return std::make_unique<FixedExtreme<kExtreme, double>>(info, pool);
  switch (type.value_width()) {
    case 1:
      return std::make_unique<FixedExtreme<kExtreme, int8_t>>(info, pool);
    case 2:
      return std::make_unique<FixedExtreme<kExtreme, int16_t>>(info, pool);
    case 4:
      return std::make_unique<FixedExtreme<kExtreme, int32_t>>(info, pool);
    case 8:
      return std::make_unique<FixedExtreme<kExtreme, int64_t>>(info, pool);
    default:
      return std::make_unique<FixedExtreme<kExtreme, Int128>>(info, pool);
  }
}

template <Extreme kExtreme>
void RegisterExtreme(FunctionRegistry* registry, std::string name, std::string description) {
  AggregateSpec spec;
  spec.name = name;
  spec.signatures = name + "(comparable)";
  spec.description = std::move(description);
  spec.example = "SELECT " + name + "(price) FROM t";
  spec.ignores_distinct = true;
  spec.resolve = [](const AggregateCallInfo& info, std::vector<DataType>* args, DataType* result) {
    if (args->size() != 1) return Status::TypeError("");
    DataType& arg = (*args)[0];
    if (arg.kind() == TypeKind::kNull) arg = DataType::Int();
    if (arg.is_nested() || arg.kind() == TypeKind::kVariant) return Status::TypeError("");
    *result = arg.WithNullable(AggregateMayBeNull(info)).WithTimeAttribute(TimeAttribute::kNone);
    return Status::OK();
  };
  spec.state_types = [](const AggregateCallInfo& info) -> Result<std::vector<DataType>> {
    const DataType& arg = info.call.arg_types[0];
    return std::vector<DataType>{info.may_retract ? CountsType(arg) : arg.AsNullable()};
  };
  spec.make = &MakeExtreme<kExtreme>;
  registry->Add(MakeAggregate(std::move(spec)));
}

}  // namespace

void RegisterMinMaxAggregates(FunctionRegistry* registry) {
  RegisterExtreme<Extreme::kMin>(registry, "MIN",
                                 "Returns the least value, or NULL if there is none.");
  RegisterExtreme<Extreme::kMax>(registry, "MAX",
                                 "Returns the greatest value, or NULL if there is none.");
}

}  // namespace weir
