// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// APPROX_COUNT_DISTINCT and PERCENTILE.
//
// APPROX_COUNT_DISTINCT is a HyperLogLog of 2^12 registers a group (standard error 1.04 /
// sqrt(4096) = 1.6 %). Small groups keep the hashes themselves and are exact. State: BYTES, 8 per
// hash, or one per register. Source: Flajolet et al., "HyperLogLog", AOFA 2007; small range by
// linear counting, section 4.
//
// PERCENTILE keeps each value with its frequency, in order, and interpolates between the two
// nearest ranks:
//   PERCENTILE(x, 0.5) over 1, 2, 10, 20  ->  6.0      PERCENTILE(x, ARRAY[0.25, 0.75])  ->
//   [1.75, 12.5]
#include <bit>
#include <cmath>
#include <set>

#include "weir/function/aggregate_cells.h"

namespace weir {
namespace {

// ---- APPROX_COUNT_DISTINCT ----

class DistinctSketch {
 public:
  static constexpr int kIndexBits = 12;
  static constexpr size_t kRegisters = size_t{1} << kIndexBits;
  static constexpr size_t kHashesMax = kRegisters / 8;  // As many bytes as the registers take.

  void Add(uint64_t hash) {
    if (!registers_.empty()) return AddToRegisters(hash);
    hashes_.insert(hash);
    if (hashes_.size() >= kHashesMax) {
      registers_.assign(kRegisters, 0);
      for (uint64_t each : hashes_) AddToRegisters(each);
      hashes_.clear();
    }
  }
  int64_t Count() const {
    if (registers_.empty()) return static_cast<int64_t>(hashes_.size());
    constexpr double m = kRegisters;
    double sum = 0;
    int zeros = 0;
    for (uint8_t rank : registers_) {
      sum += std::ldexp(1.0, -rank);
      zeros += rank == 0 ? 1 : 0;
    }
    double estimate = 0.7213 / (1 + 1.079 / m) * m * m / sum;
    if (estimate <= 2.5 * m && zeros > 0) estimate = m * std::log(m / zeros);
    return std::llround(estimate);
  }
  std::string ToBytes() const {
    if (!registers_.empty()) return registers_;
    std::string bytes;
    for (uint64_t hash : hashes_) bytes.append(reinterpret_cast<const char*>(&hash), sizeof(hash));
    return bytes;
  }
  Status Merge(std::string_view bytes) {
    if (bytes.size() == kRegisters) {
      if (registers_.empty()) registers_.assign(kRegisters, 0);
      for (size_t i = 0; i < kRegisters; ++i) {
        auto rank = static_cast<uint8_t>(bytes[i]);
        if (rank > static_cast<uint8_t>(registers_[i])) registers_[i] = bytes[i];
      }
      for (uint64_t hash : hashes_) AddToRegisters(hash);
      hashes_.clear();
      return Status::OK();
    }
    if (bytes.size() % sizeof(uint64_t) != 0) {
      return Corruption("the state of APPROX_COUNT_DISTINCT has a wrong length: {} bytes",
                        bytes.size());
    }
    for (size_t i = 0; i < bytes.size(); i += sizeof(uint64_t)) {
      uint64_t hash = 0;
      std::memcpy(&hash, bytes.data() + i, sizeof(hash));
      Add(hash);
    }
    return Status::OK();
  }
  int64_t bytes() const { return static_cast<int64_t>(registers_.size() + hashes_.size() * 48); }
  void Clear() {
    registers_.clear();
    hashes_.clear();
  }

 private:
  void AddToRegisters(uint64_t hash) {
    size_t index = hash >> (64 - kIndexBits);
    // The guard bit ends the run of zeros.
    uint64_t rest = (hash << kIndexBits) | (uint64_t{1} << (kIndexBits - 1));
    auto rank = static_cast<uint8_t>(std::countl_zero(rest) + 1);
    if (rank > static_cast<uint8_t>(registers_[index])) registers_[index] = static_cast<char>(rank);
  }

  std::set<uint64_t> hashes_;  // In order, so that equal groups have equal state.
  std::string registers_;
};

class DistinctSketches : public Accumulators {
 public:
  DistinctSketches(const AggregateCallInfo& info, arrow::MemoryPool* pool)
      : type_(info.call.result_type), pool_(pool) {}

  Status Resize(int64_t num_slots) override {
    if (static_cast<size_t>(num_slots) > sketches_.size())
      sketches_.resize(static_cast<size_t>(num_slots));
    return Status::OK();
  }
  Status Reset(std::span<const uint32_t> slots) override {
    for (uint32_t slot : slots) sketches_[slot].Clear();
    return Status::OK();
  }
  Status Accumulate(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                    const std::vector<int32_t>* rows) override {
    hashes_.resize(static_cast<size_t>(num_rows));
    WEIR_RETURN_NOT_OK(HashColumns({args[0]}, num_rows, hashes_.data()));
    VisitCounted(*args[0], num_rows, rows, [&](int64_t i) {
      sketches_[slots[static_cast<size_t>(i)]].Add(hashes_[static_cast<size_t>(i)]);
    });
    return Status::OK();
  }
  Status Retract(std::span<const uint32_t>, const ColumnVector&, int64_t,
                 const std::vector<int32_t>*) override {
    return Unsupported("APPROX_COUNT_DISTINCT over updates or deletions is not supported yet");
  }
  Status Merge(std::span<const uint32_t> slots, const ColumnVector& state,
               int64_t num_rows) override {
    for (int64_t i = 0; i < num_rows; ++i) {
      if (state[0]->IsNull(i)) continue;
      WEIR_RETURN_NOT_OK(
          sketches_[slots[static_cast<size_t>(i)]].Merge(ReadCell<std::string>(*state[0], i)));
    }
    return Status::OK();
  }
  Result<ColumnVector> ToState(std::span<const uint32_t> slots) override {
    WEIR_ASSIGN_OR_RETURN(auto column,
                          BuildSlotColumn(DataType::Bytes(), slots, pool_,
                                          [this](ColumnBuilder* builder, uint32_t slot) {
                                            return builder->AppendString(sketches_[slot].ToBytes());
                                          }));
    return ColumnVector{std::move(column)};
  }
  Result<ColumnPtr> Finish(std::span<const uint32_t> slots) override {
    return MakeSlotColumn<int64_t>(type_, slots, pool_, [this](uint32_t slot, int64_t* out) {
      *out = sketches_[slot].Count();
      return true;
    });
  }
  int64_t ExtraBytes() const override {
    int64_t bytes = 0;
    for (const DistinctSketch& sketch : sketches_)
      bytes += static_cast<int64_t>(sizeof(sketch)) + sketch.bytes();
    return bytes;
  }

 private:
  DataType type_;
  arrow::MemoryPool* pool_;
  std::vector<DistinctSketch> sketches_;
  std::vector<uint64_t> hashes_;
};

// ---- PERCENTILE ----

class Percentiles : public Accumulators {
 public:
  Percentiles(const AggregateCallInfo& info, arrow::MemoryPool* pool)
      : type_(info.call.result_type), pool_(pool) {}

  Status Resize(int64_t num_slots) override {
    if (static_cast<size_t>(num_slots) > groups_.size())
      groups_.resize(static_cast<size_t>(num_slots));
    return Status::OK();
  }
  Status Reset(std::span<const uint32_t> slots) override {
    for (uint32_t slot : slots) groups_[slot] = {};
    return Status::OK();
  }
  Status Accumulate(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                    const std::vector<int32_t>* rows) override {
    return Add(slots, args, num_rows, rows, 1);
  }
  Status Retract(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                 const std::vector<int32_t>* rows) override {
    return Add(slots, args, num_rows, rows, -1);
  }
  Status Merge(std::span<const uint32_t> slots, const ColumnVector& state,
               int64_t num_rows) override {
    for (int64_t i = 0; i < num_rows; ++i) {
      Group& group = groups_[slots[static_cast<size_t>(i)]];
      ElementRange range = ElementsOf(*state[0], i);
      for (int64_t k = range.begin; k < range.end; ++k) {
        group.values.Add(ReadCell<double>(*state[0]->children[0], k),
                         ReadCell<int64_t>(*state[0]->children[1], k));
      }
      ElementRange ranks = ElementsOf(*state[1], i);
      if (ranks.begin < ranks.end) group.ranks.clear();
      for (int64_t k = ranks.begin; k < ranks.end; ++k) {
        group.ranks.push_back(ReadCell<double>(*state[1]->children[0], k));
      }
    }
    return Status::OK();
  }
  Result<ColumnVector> ToState(std::span<const uint32_t> slots) override {
    std::vector<DataType> types = StateTypes();
    WEIR_ASSIGN_OR_RETURN(
        auto values,
        BuildSlotColumn(types[0], slots, pool_, [this](ColumnBuilder* builder, uint32_t slot) {
          WEIR_RETURN_NOT_OK(builder->AppendNested());
          for (auto [value, count] : groups_[slot].values.counts()) {
            WEIR_RETURN_NOT_OK(builder->child(0)->AppendDouble(value));
            WEIR_RETURN_NOT_OK(builder->child(1)->AppendInt(count));
          }
          return Status::OK();
        }));
    WEIR_ASSIGN_OR_RETURN(
        auto ranks,
        BuildSlotColumn(types[1], slots, pool_, [this](ColumnBuilder* builder, uint32_t slot) {
          WEIR_RETURN_NOT_OK(builder->AppendNested());
          for (double rank : groups_[slot].ranks) {
            WEIR_RETURN_NOT_OK(builder->child(0)->AppendDouble(rank));
          }
          return Status::OK();
        }));
    return ColumnVector{std::move(values), std::move(ranks)};
  }
  Result<ColumnPtr> Finish(std::span<const uint32_t> slots) override {
    return BuildSlotColumn(type_, slots, pool_, [this](ColumnBuilder* builder, uint32_t slot) {
      const Group& group = groups_[slot];
      int64_t total = 0;
      for (auto [value, count] : group.values.counts()) total += std::max<int64_t>(count, 0);
      if (total == 0 || group.ranks.empty()) return builder->AppendNull();
      if (type_.kind() != TypeKind::kArray)
        return builder->AppendDouble(At(group, group.ranks[0], total));
      WEIR_RETURN_NOT_OK(builder->AppendNested());
      for (double rank : group.ranks)
        WEIR_RETURN_NOT_OK(builder->child(0)->AppendDouble(At(group, rank, total)));
      return Status::OK();
    });
  }
  static std::vector<DataType> StateTypes() {
    return {DataType::Map(DataType::Double().NotNull(), DataType::BigInt().NotNull()).NotNull(),
            DataType::Array(DataType::Double().NotNull()).NotNull()};
  }

 private:
  struct Group {
    CellCounts<double> values;
    std::vector<double> ranks;
  };

  Status Add(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
             const std::vector<int32_t>* rows, int64_t change) {
    Status status;
    VisitCounted(*args[0], num_rows, rows, [&](int64_t i) {
      Group& group = groups_[slots[static_cast<size_t>(i)]];
      if (group.ranks.empty() && status.ok()) status = ReadRanks(*args[1], i, &group.ranks);
      int64_t frequency = 1;
      if (args.size() > 2) {
        if (args[2]->IsNull(i)) return;
        frequency = ReadCell<int64_t>(*args[2], i);
      }
      if (frequency > 0) group.values.Add(ReadCell<double>(*args[0], i), change * frequency);
    });
    return status;
  }
  static Status ReadRanks(const Column& arg, int64_t i, std::vector<double>* ranks) {
    if (arg.IsNull(i)) return Status::OK();
    if (arg.type.kind() == TypeKind::kArray) {
      ElementRange range = ElementsOf(arg, i);
      for (int64_t k = range.begin; k < range.end; ++k) {
        if (!arg.children[0]->IsNull(k)) ranks->push_back(ReadCell<double>(*arg.children[0], k));
      }
    } else {
      ranks->push_back(ReadCell<double>(arg, i));
    }
    for (double rank : *ranks) {
      if (!(rank >= 0 && rank <= 1)) {
        return InvalidData("the percentage of PERCENTILE must lie between 0.0 and 1.0: {}", rank);
      }
    }
    return Status::OK();
  }
  static double At(const Group& group, double rank, int64_t total) {
    double position = rank * static_cast<double>(total - 1);
    auto lower = static_cast<int64_t>(std::floor(position));
    auto upper = static_cast<int64_t>(std::ceil(position));
    double low = ValueAt(group, lower);
    if (lower == upper) return low;
    double high = ValueAt(group, upper);
    return low == high ? low
                       : (static_cast<double>(upper) - position) * low +
                             (position - static_cast<double>(lower)) * high;
  }
  static double ValueAt(const Group& group, int64_t index) {
    for (auto [value, count] : group.values.counts()) {
      if (count <= 0) continue;
      if (index < count) return value;
      index -= count;
    }
    return 0;
  }

  DataType type_;
  arrow::MemoryPool* pool_;
  std::vector<Group> groups_;
};

Status ResolvePercentile(const AggregateCallInfo&, std::vector<DataType>* args, DataType* result) {
  if (args->size() < 2 || args->size() > 3 || !(*args)[0].is_numeric())
    return Status::TypeError("");
  if (args->size() == 3) {
    if (!(*args)[2].is_integer()) return Status::TypeError("");
    (*args)[2] = DataType::BigInt().WithNullable((*args)[2].nullable());
  }
  (*args)[0] = DataType::Double().WithNullable((*args)[0].nullable());
  DataType& rank = (*args)[1];
  if (rank.kind() == TypeKind::kArray && rank.element().is_numeric()) {
    rank = DataType::Array(DataType::Double().WithNullable(rank.element().nullable()))
               .WithNullable(rank.nullable());
    *result = DataType::Array(DataType::Double().NotNull());
  } else if (rank.is_numeric()) {
    rank = DataType::Double().WithNullable(rank.nullable());
    *result = DataType::Double();
  } else {
    return Status::TypeError("");
  }
  return Status::OK();
}

}  // namespace

void RegisterSketchAggregates(FunctionRegistry* registry) {
  AggregateSpec count;
  count.name = "APPROX_COUNT_DISTINCT";
  count.signatures = "APPROX_COUNT_DISTINCT(any)";
  count.description = "Returns about how many different values there are, within a few per cent.";
  count.example = "SELECT APPROX_COUNT_DISTINCT(user_id) FROM t";
  count.ignores_distinct = true;
  count.resolve = [](const AggregateCallInfo& info, std::vector<DataType>* args, DataType* result) {
    if (args->size() != 1) return Status::TypeError("");
    if (info.may_retract)
      return Unsupported("APPROX_COUNT_DISTINCT over updates or deletions is not supported yet");
    *result = DataType::BigInt().NotNull();
    return Status::OK();
  };
  count.state_types = [](const AggregateCallInfo&) -> Result<std::vector<DataType>> {
    return std::vector<DataType>{DataType::Bytes()};
  };
  count.make = [](const AggregateCallInfo& info,
                  arrow::MemoryPool* pool) -> Result<std::unique_ptr<Accumulators>> {
    return std::make_unique<DistinctSketches>(info, pool);
  };
  registry->Add(MakeAggregate(std::move(count)));

  AggregateSpec percentile;
  percentile.name = "PERCENTILE";
  percentile.signatures =
      "PERCENTILE(numeric, percentage [, frequency])\nPERCENTILE(numeric, ARRAY[percentage, ...] "
      "[, frequency])";
  percentile.description =
      "Returns the exact percentile of the values, interpolated between the two nearest ones.";
  percentile.example = "SELECT PERCENTILE(age, 0.25) FROM t";
  percentile.resolve = &ResolvePercentile;
  percentile.state_types = [](const AggregateCallInfo&) -> Result<std::vector<DataType>> {
    return Percentiles::StateTypes();
  };
  percentile.make = [](const AggregateCallInfo& info,
                       arrow::MemoryPool* pool) -> Result<std::unique_ptr<Accumulators>> {
    return std::make_unique<Percentiles>(info, pool);
  };
  registry->Add(MakeAggregate(std::move(percentile)));
}

}  // namespace weir
