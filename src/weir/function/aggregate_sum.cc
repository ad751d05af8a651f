// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// COUNT, SUM, $SUM0 and AVG. Integer sums wrap as in Java; a DECIMAL sum beyond 38 digits is NULL;
// AVG of integers is an integer, cut towards zero. A count beside each sum makes it NULL again when
// every row has been retracted. Source: Flink documentation "System (Built-in) Functions",
// Aggregate Functions.
#include "weir/function/aggregate_loops.h"

namespace weir {
namespace {

// ---- COUNT ----

class CountAccumulators : public Accumulators {
 public:
  explicit CountAccumulators(DataType type, arrow::MemoryPool* pool)
      : type_(std::move(type)), pool_(pool), counts_(pool) {}

  Status Resize(int64_t num_slots) override { return counts_.Resize(num_slots); }
  Status Reset(std::span<const uint32_t> slots) override {
    counts_.Clear(slots);
    return Status::OK();
  }
  Status Accumulate(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                    const std::vector<int32_t>* rows) override {
    Add(slots, args, num_rows, rows, 1);
    return Status::OK();
  }
  Status Retract(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                 const std::vector<int32_t>* rows) override {
    Add(slots, args, num_rows, rows, -1);
    return Status::OK();
  }
  Status Merge(std::span<const uint32_t> slots, const ColumnVector& state,
               int64_t num_rows) override {
    ValueReader<int64_t> counts(*state[0]);
    VisitCounted(*state[0], num_rows, nullptr,
                 [&](int64_t i) { counts_[slots[static_cast<size_t>(i)]] += counts[i]; });
    return Status::OK();
  }
  Result<ColumnVector> ToState(std::span<const uint32_t> slots) override {
    WEIR_ASSIGN_OR_RETURN(auto column, Finish(slots));
    return ColumnVector{std::move(column)};
  }
  Result<ColumnPtr> Finish(std::span<const uint32_t> slots) override {
    return MakeSlotColumn<int64_t>(type_, slots, pool_, [this](uint32_t slot, int64_t* out) {
      *out = counts_[slot];
      return true;
    });
  }

 private:
  void Add(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
           const std::vector<int32_t>* rows, int64_t change) {
    int64_t* counts = counts_.data();
    const uint32_t* slot = slots.data();
    if (args.empty() && counts_.size() == 1) {
      counts[0] += change * (rows == nullptr ? num_rows : static_cast<int64_t>(rows->size()));
    } else if (args.empty()) {
      VisitRowList(num_rows, rows, [=](int64_t i) { counts[slot[i]] += change; });
    } else if (args.size() == 1 && counts_.size() == 1) {
      int64_t count = 0;
      VisitCounted(*args[0], num_rows, rows, [&](int64_t) { ++count; });
      counts[0] += change * count;
    } else if (args.size() == 1) {
      VisitCounted(*args[0], num_rows, rows, [=](int64_t i) { counts[slot[i]] += change; });
    } else {
      VisitCounted(*args[0], num_rows, rows, [&](int64_t i) {
        for (size_t k = 1; k < args.size(); ++k) {
          if (args[k]->IsNull(i)) return;
        }
        counts[slot[i]] += change;
      });
    }
  }

  DataType type_;
  arrow::MemoryPool* pool_;
  SlotArray<int64_t> counts_;
};

// ---- SUM, $SUM0, AVG ----

enum class SumKind : uint8_t { kSum, kSumOrZero, kAverage };

constexpr Int128 kDecimalMax = [] {
  Int128 power = 1;
  for (int i = 0; i < 38; ++i) power *= 10;
  return power - 1;
}();

template <typename T>
struct SumCell {
  T sum;
  int64_t count;  // Rows added less rows retracted.
};

/// Adds or takes away as Java does: integers wrap.
template <typename T>
void AddTo(SumCell<T>& cell, T value, int64_t change) {
  if constexpr (std::is_floating_point_v<T>) {
    cell.sum += change > 0 ? value : -value;
  } else {
    using U = std::make_unsigned_t<T>;
    U sum = static_cast<U>(cell.sum), amount = static_cast<U>(value);
    cell.sum = static_cast<T>(static_cast<U>(change > 0 ? sum + amount : sum - amount));
  }
  cell.count += change;
}

struct DecimalCell {
  Int128 sum;
  int64_t count;
  bool is_overflown;
};

void AddTo(DecimalCell& cell, Int128 value, int64_t change) {
  Int128 sum = 0;
  bool overflow = change > 0 ? __builtin_add_overflow(cell.sum, value, &sum)
                             : __builtin_sub_overflow(cell.sum, value, &sum);
  cell.sum = sum;
  cell.is_overflown |= overflow;
  cell.count += change;
}

/// Adds a column of DECIMALs without NULLs that fit 64 bits: as many low words at once as cannot
/// overflow. False: it is another column.
bool AddShort(const Column& arg, int64_t num_rows, int64_t change, DecimalCell* cell) {
  constexpr int kShortDigitsMax = 18;
  if (!arg.is_flat() || arg.may_have_nulls() || arg.type.precision() > kShortDigitsMax)
    return false;
  int64_t block = INT64_MAX;
  for (int digit = 0; digit < arg.type.precision(); ++digit) block /= 10;
  using Word [[gnu::may_alias]] = int64_t;
  const Word* words = reinterpret_cast<const Word*>(arg.data<Int128>());
  for (int64_t begin = 0; begin < num_rows; begin += block) {
    const int64_t end = num_rows - begin > block ? begin + block : num_rows;
    int64_t sum = 0;
    for (int64_t i = begin; i < end; ++i) sum += words[2 * i];
    AddTo(*cell, sum, change);
    cell->count += change * (end - begin - 1);
    if (end == num_rows) break;
  }
  return true;
}

template <typename T>
using CellOf = std::conditional_t<std::is_same_v<T, Int128>, DecimalCell, SumCell<T>>;

/// sum / count with `digits` more digits than `sum` has, half up; beyond +-kDecimalMax where it has
/// more than 38 digits.
Int128 DivideDecimal(Int128 sum, int64_t count, int digits) {
  bool negative = sum < 0;
  Int128 rest = negative ? -sum : sum;
  Int128 quotient = rest / count;
  rest %= count;
  for (int i = 0; i < digits; ++i) {
    rest *= 10;
    quotient = quotient * 10 + rest / count;
    rest %= count;
    if (quotient > kDecimalMax) return negative ? -kDecimalMax - 1 : kDecimalMax + 1;
  }
  if (rest * 2 >= count) ++quotient;
  return negative ? -quotient : quotient;
}

/// Whether partial states carry the count: not where a NULL sum says "no rows" well enough.
bool HasCountState(const AggregateCallInfo& info, SumKind kind) {
  return kind == SumKind::kAverage || info.may_retract || info.call.arg_types[0].is_decimal();
}

/// In: type of the argument's values; Sum: of the running sum; Out: of the result's values.
template <typename In, typename Sum, typename Out>
class SumAccumulators : public Accumulators {
 public:
  SumAccumulators(const AggregateCallInfo& info, SumKind kind, DataType sum_type,
                  arrow::MemoryPool* pool)
      : kind_(kind),
        has_count_state_(HasCountState(info, kind)),
        sum_type_(std::move(sum_type)),
        type_(info.call.result_type),
        pool_(pool),
        cells_(pool) {
    if (type_.is_decimal()) more_digits_ = type_.scale() - info.call.arg_types[0].scale();
  }

  Status Resize(int64_t num_slots) override { return cells_.Resize(num_slots); }
  Status Reset(std::span<const uint32_t> slots) override {
    cells_.Clear(slots);
    return Status::OK();
  }
  Status Accumulate(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                    const std::vector<int32_t>* rows) override {
    Add<1>(slots, *args[0], num_rows, rows);
    return Status::OK();
  }
  Status Retract(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                 const std::vector<int32_t>* rows) override {
    Add<-1>(slots, *args[0], num_rows, rows);
    return Status::OK();
  }
  Status Merge(std::span<const uint32_t> slots, const ColumnVector& state,
               int64_t num_rows) override {
    ValueReader<Sum> sums(*state[0]);
    auto merge = [&](int64_t i, int64_t count) {
      auto& cell = cells_[slots[static_cast<size_t>(i)]];
      AddTo(cell, sums[i], 1);
      cell.count += count - 1;
    };
    if (has_count_state_) {
      ValueReader<int64_t> counts(*state[1]);
      // A DECIMAL sum that is NULL beside a count has overflown: so has what it is added to.
      if constexpr (std::is_same_v<Sum, Int128>) {
        for (int64_t i = 0; i < num_rows; ++i) {
          if (state[0]->IsNull(i)) cells_[slots[static_cast<size_t>(i)]].is_overflown = true;
        }
      }
      VisitCounted(*state[0], num_rows, nullptr, [&](int64_t i) { merge(i, counts[i]); });
    } else {
      VisitCounted(*state[0], num_rows, nullptr, [&](int64_t i) { merge(i, 1); });
    }
    return Status::OK();
  }
  Result<ColumnVector> ToState(std::span<const uint32_t> slots) override {
    ColumnVector state;
    WEIR_ASSIGN_OR_RETURN(
        auto sums, MakeSlotColumn<Sum>(sum_type_, slots, pool_, [this](uint32_t slot, Sum* out) {
          *out = cells_[slot].sum;
          return (has_count_state_ || cells_[slot].count != 0) && !IsOverflown(cells_[slot]);
        }));
    state.push_back(std::move(sums));
    if (!has_count_state_) return state;
    WEIR_ASSIGN_OR_RETURN(auto counts,
                          MakeSlotColumn<int64_t>(DataType::BigInt().NotNull(), slots, pool_,
                                                  [this](uint32_t slot, int64_t* out) {
                                                    *out = cells_[slot].count;
                                                    return true;
                                                  }));
    state.push_back(std::move(counts));
    return state;
  }
  Result<ColumnPtr> Finish(std::span<const uint32_t> slots) override {
    return MakeSlotColumn<Out>(
        type_, slots, pool_, [this](uint32_t slot, Out* out) { return Value(cells_[slot], out); });
  }

 private:
  using Cell = CellOf<Sum>;

  template <int kChange>
  void Add(std::span<const uint32_t> slots, const Column& arg, int64_t num_rows,
           const std::vector<int32_t>* rows) {
    if (arg.type.kind() == TypeKind::kNull) return;
    Cell* cells = cells_.data();
    ValueReader<In> values(arg);
    if (cells_.size() == 1) {
      // One group: its sum stays in registers instead of going through memory from row to row.
      Cell cell = cells[0];
      if constexpr (std::is_same_v<In, Int128>) {
        if (rows == nullptr && AddShort(arg, num_rows, kChange, &cell)) {
          cells[0] = cell;
          return;
        }
      }
      VisitCounted(arg, num_rows, rows,
                   [&](int64_t i) { AddTo(cell, static_cast<Sum>(values[i]), kChange); });
      cells[0] = cell;
      return;
    }
    const uint32_t* slot = slots.data();
    VisitCounted(arg, num_rows, rows,
                 [=](int64_t i) { AddTo(cells[slot[i]], static_cast<Sum>(values[i]), kChange); });
  }
  static bool IsOverflown(const Cell& cell) {
    if constexpr (std::is_same_v<Sum, Int128>) return cell.is_overflown;
    return false;
  }
  bool Value(const Cell& cell, Out* out) const {
    if (cell.count == 0) {
      *out = Out{};
      return kind_ == SumKind::kSumOrZero;
    }
    if constexpr (std::is_same_v<Sum, Int128>) {
      // The average is that of a sum of 38 digits: with more it is NULL.
      if (cell.is_overflown || cell.sum > kDecimalMax || cell.sum < -kDecimalMax) return false;
      *out =
          kind_ == SumKind::kAverage ? DivideDecimal(cell.sum, cell.count, more_digits_) : cell.sum;
      return *out <= kDecimalMax && *out >= -kDecimalMax;
    } else if (kind_ == SumKind::kAverage) {
      *out = static_cast<Out>(cell.sum / static_cast<Sum>(cell.count));
    } else {
      *out = static_cast<Out>(cell.sum);
    }
    return true;
  }

  SumKind kind_;
  bool has_count_state_;
  int more_digits_ = 0;
  DataType sum_type_;
  DataType type_;
  arrow::MemoryPool* pool_;
  SlotArray<Cell> cells_;
};

DataType SumTypeOf(const DataType& arg, SumKind kind) {
  if (arg.is_decimal()) return DataType::Decimal(DataType::kDecimalPrecisionMax, arg.scale());
  if (kind != SumKind::kAverage) return arg.AsNullable();
  return arg.is_integer() ? DataType::BigInt() : DataType::Double();
}

Status ResolveSum(const AggregateCallInfo& info, SumKind kind, std::vector<DataType>* args,
                  DataType* result) {
  if (args->size() != 1) return Status::TypeError("");
  DataType& arg = (*args)[0];
  if (arg.kind() == TypeKind::kNull) arg = DataType::Int();
  if (!arg.is_numeric()) return Status::TypeError("");
  *result = arg;
  if (arg.is_decimal()) {
    int scale = kind == SumKind::kAverage ? std::max(6, arg.scale()) : arg.scale();
    *result = DataType::Decimal(DataType::kDecimalPrecisionMax, scale);
  }
  *result = result->WithNullable(kind != SumKind::kSumOrZero && AggregateMayBeNull(info));
  return Status::OK();
}

template <typename In, typename Average>
std::unique_ptr<Accumulators> MakeTypedSum(const AggregateCallInfo& info, SumKind kind,
                                           arrow::MemoryPool* pool) {
  DataType sum_type = SumTypeOf(info.call.arg_types[0], kind);
  if (kind == SumKind::kAverage) {
    return std::make_unique<SumAccumulators<In, Average, In>>(info, kind, sum_type, pool);
  }
  return std::make_unique<SumAccumulators<In, In, In>>(info, kind, sum_type, pool);
}

Result<std::unique_ptr<Accumulators>> MakeSum(const AggregateCallInfo& info, SumKind kind,
                                              arrow::MemoryPool* pool) {
  switch (info.call.arg_types[0].kind()) {
    case TypeKind::kTinyInt:
      return MakeTypedSum<int8_t, int64_t>(info, kind, pool);
    case TypeKind::kSmallInt:
      return MakeTypedSum<int16_t, int64_t>(info, kind, pool);
    case TypeKind::kInt:
      return MakeTypedSum<int32_t, int64_t>(info, kind, pool);
    case TypeKind::kBigInt:
      return MakeTypedSum<int64_t, int64_t>(info, kind, pool);
    case TypeKind::kFloat:
      return MakeTypedSum<float, double>(info, kind, pool);
    case TypeKind::kDouble:
      return MakeTypedSum<double, double>(info, kind, pool);
    case TypeKind::kDecimal:
      return MakeTypedSum<Int128, Int128>(info, kind, pool);
    default:
      return Internal("no sum over {}", info.call.arg_types[0].ToString());
  }
}

void RegisterSum(FunctionRegistry* registry, SumKind kind, std::string name,
                 std::string description, std::string example) {
  AggregateSpec spec;
  spec.name = name;
  spec.signatures = name + "(numeric)";
  spec.description = std::move(description);
  spec.example = std::move(example);
  spec.resolve = [kind](const AggregateCallInfo& info, std::vector<DataType>* args,
                        DataType* result) { return ResolveSum(info, kind, args, result); };
  spec.state_types = [kind](const AggregateCallInfo& info) -> Result<std::vector<DataType>> {
    std::vector<DataType> types{SumTypeOf(info.call.arg_types[0], kind).AsNullable()};
    if (HasCountState(info, kind)) types.push_back(DataType::BigInt().NotNull());
    return types;
  };
  spec.make = [kind](const AggregateCallInfo& info, arrow::MemoryPool* pool) {
    return MakeSum(info, kind, pool);
  };
  registry->Add(MakeAggregate(std::move(spec)));
}

}  // namespace

void RegisterSumAggregates(FunctionRegistry* registry) {
  AggregateSpec count;
  count.name = "COUNT";
  count.signatures = "COUNT(*)\nCOUNT(any [, any]*)";
  count.description = "Returns the number of rows, or of rows where no argument is NULL.";
  count.example = "SELECT COUNT(*), COUNT(DISTINCT city) FROM t";
  count.resolve = [](const AggregateCallInfo&, std::vector<DataType>*, DataType* result) {
    *result = DataType::BigInt().NotNull();
    return Status::OK();
  };
  count.state_types = [](const AggregateCallInfo&) -> Result<std::vector<DataType>> {
    return std::vector<DataType>{DataType::BigInt().NotNull()};
  };
  count.make = [](const AggregateCallInfo&,
                  arrow::MemoryPool* pool) -> Result<std::unique_ptr<Accumulators>> {
    return std::make_unique<CountAccumulators>(DataType::BigInt().NotNull(), pool);
  };
  registry->Add(MakeAggregate(std::move(count)));
  RegisterSum(registry, SumKind::kSum, "SUM",
              "Returns the sum of the values, or NULL if there is none.",
              "SELECT SUM(price) FROM t");
  RegisterSum(registry, SumKind::kSumOrZero, "$SUM0",
              "Returns the sum of the values, or 0 if there is none.", "");
  RegisterSum(
      registry, SumKind::kAverage, "AVG",
      "Returns the arithmetic mean of the values, in their own type, or NULL if there is none.",
      "SELECT AVG(price) FROM t");
}

}  // namespace weir
