// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// STDDEV_POP, STDDEV_SAMP, VAR_POP, VAR_SAMP from sum, sum of squares and count, so that rows can
// be retracted. As in Flink the result has the argument's type: over integers every step is integer
// arithmetic that wraps.
//   variance = (sum(x * x) - sum(x) * sum(x) / n) / n      (n - 1 for a sample)
// DECIMALs are computed in DOUBLE and rounded to the result's scale.
// Source: Apache Calcite's rule AggregateReduceFunctions, which Flink plans with.
#include <cmath>

#include "weir/function/aggregate_loops.h"

namespace weir {
namespace {

enum class Moment : uint8_t { kVarPop, kVarSamp, kStddevPop, kStddevSamp };

bool IsSample(Moment moment) { return moment == Moment::kVarSamp || moment == Moment::kStddevSamp; }
bool IsStddev(Moment moment) {
  return moment == Moment::kStddevPop || moment == Moment::kStddevSamp;
}

double PowerOfTen(int exponent) { return std::pow(10.0, exponent); }

/// In: type of the argument's values; Sum: uint64_t (modulo arithmetic) or double; Out: of the
/// result's values.
template <typename In, typename Sum, typename Out>
class MomentAccumulators : public Accumulators {
 public:
  MomentAccumulators(const AggregateCallInfo& info, Moment moment, arrow::MemoryPool* pool)
      : moment_(moment), type_(info.call.result_type), pool_(pool), cells_(pool) {
    if (type_.is_decimal()) {
      arg_scale_ = PowerOfTen(info.call.arg_types[0].scale());
      result_scale_ = PowerOfTen(type_.scale());
    }
  }

  Status Resize(int64_t num_slots) override { return cells_.Resize(num_slots); }
  Status Reset(std::span<const uint32_t> slots) override {
    cells_.Clear(slots);
    return Status::OK();
  }
  Status Accumulate(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                    const std::vector<int32_t>* rows) override {
    return Add<1>(slots, *args[0], num_rows, rows);
  }
  Status Retract(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                 const std::vector<int32_t>* rows) override {
    return Add<-1>(slots, *args[0], num_rows, rows);
  }
  Status Merge(std::span<const uint32_t> slots, const ColumnVector& state,
               int64_t num_rows) override {
    ValueReader<Sum> sums(*state[0]), squares(*state[1]);
    ValueReader<int64_t> counts(*state[2]);
    for (int64_t i = 0; i < num_rows; ++i) {
      Cell& cell = cells_[slots[static_cast<size_t>(i)]];
      cell.sum += sums[i];
      cell.squares += squares[i];
      cell.count += counts[i];
    }
    return Status::OK();
  }
  Result<ColumnVector> ToState(std::span<const uint32_t> slots) override {
    DataType sum_type =
        (std::is_same_v<Sum, double> ? DataType::Double() : DataType::BigInt()).NotNull();
    auto column = [&](auto Cell::* member, const DataType& type) {
      using T = std::remove_reference_t<decltype(cells_[0].*member)>;
      return MakeSlotColumn<T>(type, slots, pool_, [&, member](uint32_t slot, T* out) {
        *out = cells_[slot].*member;
        return true;
      });
    };
    WEIR_ASSIGN_OR_RETURN(auto sums, column(&Cell::sum, sum_type));
    WEIR_ASSIGN_OR_RETURN(auto squares, column(&Cell::squares, sum_type));
    WEIR_ASSIGN_OR_RETURN(auto counts, column(&Cell::count, DataType::BigInt().NotNull()));
    return ColumnVector{std::move(sums), std::move(squares), std::move(counts)};
  }
  Result<ColumnPtr> Finish(std::span<const uint32_t> slots) override {
    return MakeSlotColumn<Out>(
        type_, slots, pool_, [this](uint32_t slot, Out* out) { return Value(cells_[slot], out); });
  }

 private:
  struct Cell {
    Sum sum;
    Sum squares;
    int64_t count;
  };

  template <int kChange>
  Status Add(std::span<const uint32_t> slots, const Column& arg, int64_t num_rows,
             const std::vector<int32_t>* rows) {
    if (arg.type.kind() == TypeKind::kNull) return Status::OK();
    Cell* cells = cells_.data();
    const uint32_t* slot = slots.data();
    const double scale = arg_scale_;
    ValueReader<In> values(arg);
    VisitCounted(arg, num_rows, rows, [=](int64_t i) {
      auto value = static_cast<Sum>(values[i]);
      if constexpr (std::is_same_v<In, Int128>) value /= scale;
      Sum square = value * value;
      Cell& cell = cells[slot[i]];
      cell.sum += kChange > 0 ? value : -value;
      cell.squares += kChange > 0 ? square : -square;
      cell.count += kChange;
    });
    return Status::OK();
  }

  /// Of doubles; negative rounding residues of equal values count as 0.
  double Variance(const Cell& cell) const {
    auto count = static_cast<double>(cell.count);
    auto sum = static_cast<double>(cell.sum);
    double variance = (static_cast<double>(cell.squares) - sum * sum / count) /
                      (IsSample(moment_) ? count - 1 : count);
    return variance < 0 ? 0.0 : variance;
  }

  bool Value(const Cell& cell, Out* out) const {
    if (cell.count <= 0 || (IsSample(moment_) && cell.count == 1)) return false;
    if constexpr (std::is_same_v<Sum, double>) {
      double value = Variance(cell);
      if (IsStddev(moment_)) value = std::sqrt(value);
      if constexpr (std::is_same_v<Out, Int128>) {
        double unscaled = std::round(value * result_scale_);
        if (!(std::fabs(unscaled) < 1e38)) return false;
        *out = static_cast<Int128>(unscaled);
      } else {
        *out = static_cast<Out>(value);
      }
    } else {
      // Out is the integer type: the sums wrap to it, and so does the square of the sum.
      auto sum = static_cast<uint64_t>(static_cast<int64_t>(static_cast<Out>(cell.sum)));
      auto square = static_cast<int64_t>(static_cast<Out>(sum * sum));
      auto squares = static_cast<int64_t>(static_cast<Out>(cell.squares));
      int64_t rest = static_cast<int64_t>(static_cast<uint64_t>(squares) -
                                          static_cast<uint64_t>(square / cell.count));
      int64_t variance = rest / (IsSample(moment_) ? cell.count - 1 : cell.count);
      if (IsStddev(moment_)) {
        *out = variance < 0 ? Out{0} : static_cast<Out>(std::sqrt(static_cast<double>(variance)));
      } else {
        *out = static_cast<Out>(variance);
      }
    }
    return true;
  }

  Moment moment_;
  double arg_scale_ = 1;
  double result_scale_ = 1;
  DataType type_;
  arrow::MemoryPool* pool_;
  SlotArray<Cell> cells_;
};

Result<std::unique_ptr<Accumulators>> MakeMoment(const AggregateCallInfo& info, Moment moment,
                                                 arrow::MemoryPool* pool) {
  switch (info.call.arg_types[0].kind()) {
    case TypeKind::kTinyInt:
      return std::make_unique<MomentAccumulators<int8_t, uint64_t, int8_t>>(info, moment, pool);
    case TypeKind::kSmallInt:
      return std::make_unique<MomentAccumulators<int16_t, uint64_t, int16_t>>(info, moment, pool);
    case TypeKind::kInt:
      return std::make_unique<MomentAccumulators<int32_t, uint64_t, int32_t>>(info, moment, pool);
    case TypeKind::kBigInt:
      return std::make_unique<MomentAccumulators<int64_t, uint64_t, int64_t>>(info, moment, pool);
    case TypeKind::kFloat:
      return std::make_unique<MomentAccumulators<float, double, float>>(info, moment, pool);
    case TypeKind::kDouble:
      return std::make_unique<MomentAccumulators<double, double, double>>(info, moment, pool);
    default:
      return std::make_unique<MomentAccumulators<Int128, double, Int128>>(info, moment, pool);
  }
}

void RegisterMoment(FunctionRegistry* registry, Moment moment, std::string name,
                    std::string description) {
  AggregateSpec spec;
  spec.name = name;
  spec.signatures = name + "(numeric)";
  spec.description = std::move(description);
  spec.example = "SELECT " + name + "(price) FROM t";
  spec.resolve = [moment](const AggregateCallInfo& info, std::vector<DataType>* args,
                          DataType* result) {
    if (args->size() != 1) return Status::TypeError("");
    DataType& arg = (*args)[0];
    if (arg.kind() == TypeKind::kNull) arg = DataType::Double();
    if (!arg.is_numeric()) return Status::TypeError("");
    *result = arg.is_decimal()
                  ? DataType::Decimal(DataType::kDecimalPrecisionMax, std::max(6, arg.scale()))
                  : arg;
    *result = result->WithNullable(IsSample(moment) || AggregateMayBeNull(info));
    return Status::OK();
  };
  spec.state_types = [](const AggregateCallInfo& info) -> Result<std::vector<DataType>> {
    DataType sum =
        (info.call.arg_types[0].is_integer() ? DataType::BigInt() : DataType::Double()).NotNull();
    return std::vector<DataType>{sum, sum, DataType::BigInt().NotNull()};
  };
  spec.make = [moment](const AggregateCallInfo& info, arrow::MemoryPool* pool) {
    return MakeMoment(info, moment, pool);
  };
  registry->Add(MakeAggregate(std::move(spec)));
}

}  // namespace

void RegisterMomentAggregates(FunctionRegistry* registry) {
  RegisterMoment(registry, Moment::kVarPop, "VAR_POP",
                 "Returns the population variance of the values.");
  for (const char* name : {"VAR_SAMP", "VARIANCE"}) {
    RegisterMoment(registry, Moment::kVarSamp, name,
                   "Returns the sample variance of the values; NULL for a single one.");
  }
  RegisterMoment(registry, Moment::kStddevPop, "STDDEV_POP",
                 "Returns the population standard deviation of the values.");
  for (const char* name : {"STDDEV_SAMP", "STDDEV"}) {
    RegisterMoment(registry, Moment::kStddevSamp, name,
                   "Returns the sample standard deviation of the values; NULL for a single one.");
  }
}

}  // namespace weir
