// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// FIRST_VALUE, LAST_VALUE (by arrival, NULLs skipped) and SINGLE_VALUE (what a scalar subquery
// becomes). Over a changelog all values of a group are kept in order of arrival; a retraction takes
// the oldest equal value.
#include "weir/function/aggregate_bag.h"

namespace weir {
namespace {

enum class Which : uint8_t { kFirst, kLast, kOnly };

/// One value a group, append-only.
template <typename Cell>
class OneValue : public Accumulators {
 public:
  OneValue(const AggregateCallInfo& info, Which which, arrow::MemoryPool* pool)
      : which_(which), type_(info.call.result_type), pool_(pool) {}

  Status Resize(int64_t num_slots) override {
    if (static_cast<size_t>(num_slots) > cells_.size()) {
      cells_.resize(static_cast<size_t>(num_slots));
      has_value_.resize(static_cast<size_t>(num_slots));
    }
    return Status::OK();
  }
  Status Reset(std::span<const uint32_t> slots) override {
    for (uint32_t slot : slots) {
      cells_[slot] = Cell{};
      has_value_[slot] = 0;
    }
    return Status::OK();
  }
  Status Accumulate(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                    const std::vector<int32_t>* rows) override {
    const Column& arg = *args[0];
    VisitCounted(arg, num_rows, rows, [&](int64_t i) {
      uint32_t slot = slots[static_cast<size_t>(i)];
      if (which_ == Which::kFirst && has_value_[slot] != 0) return;
      cells_[slot] = ReadCell<Cell>(arg, i);
      has_value_[slot] = 1;
    });
    return Status::OK();
  }
  Status Retract(std::span<const uint32_t>, const ColumnVector&, int64_t,
                 const std::vector<int32_t>*) override {
    return Internal(
        "FIRST_VALUE or LAST_VALUE was made for append-only input and got a retraction");
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
      return has_value_[slot] != 0 ? AppendCell(builder, type_, cells_[slot])
                                   : builder->AppendNull();
    });
  }
  int64_t ExtraBytes() const override {
    return static_cast<int64_t>(cells_.size() * (sizeof(Cell) + 1));
  }

 private:
  Which which_;
  DataType type_;
  arrow::MemoryPool* pool_;
  std::vector<Cell> cells_;
  std::vector<uint8_t> has_value_;
};

/// All values of a group in order of arrival.
class AnyOfAll : public BagAccumulators {
 public:
  AnyOfAll(const AggregateCallInfo& info, Which which, arrow::MemoryPool* pool)
      : BagAccumulators(info.call.arg_types[0], which == Which::kOnly ? Nulls::kKeep : Nulls::kSkip,
                        pool),
        which_(which),
        type_(info.call.result_type) {}

  Result<ColumnPtr> Finish(std::span<const uint32_t> slots) override {
    return BuildSlotColumn(type_, slots, pool(), [this](ColumnBuilder* builder, uint32_t slot) {
      const auto& values = bag(slot).values();
      if (values.empty()) return builder->AppendNull();
      if (which_ == Which::kOnly && values.size() > 1) {
        return InvalidData("a scalar subquery gave {} rows where one is allowed", values.size());
      }
      return builder->AppendValue(which_ == Which::kLast ? values.rbegin()->second
                                                         : values.begin()->second);
    });
  }

 private:
  Which which_;
  DataType type_;
};

void RegisterOne(FunctionRegistry* registry, Which which, std::string name,
                 std::string description) {
  AggregateSpec spec;
  spec.name = name;
  spec.signatures = name + "(any)";
  spec.description = std::move(description);
  spec.example = "SELECT " + name + "(price) FROM t";
  spec.skips_nulls = which != Which::kOnly;
  spec.is_order_sensitive = true;
  spec.resolve = [which](const AggregateCallInfo& info, std::vector<DataType>* args,
                         DataType* result) {
    if (args->size() != 1) return Status::TypeError("");
    if ((*args)[0].kind() == TypeKind::kNull) (*args)[0] = DataType::Int();
    bool nullable = which == Which::kOnly || AggregateMayBeNull(info);
    *result = (*args)[0].WithNullable(nullable).WithTimeAttribute(TimeAttribute::kNone);
    return Status::OK();
  };
  spec.state_types = [which](const AggregateCallInfo& info) -> Result<std::vector<DataType>> {
    if (info.may_retract || which == Which::kOnly) return BagStateTypes(info.call.arg_types[0]);
    return std::vector<DataType>{info.call.arg_types[0].AsNullable()};
  };
  spec.make = [which](const AggregateCallInfo& info,
                      arrow::MemoryPool* pool) -> Result<std::unique_ptr<Accumulators>> {
    if (info.may_retract || which == Which::kOnly)
      return std::make_unique<AnyOfAll>(info, which, pool);
    return WithCellOf(info.call.result_type, [&]<typename Cell>() -> std::unique_ptr<Accumulators> {
      return std::make_unique<OneValue<Cell>>(info, which, pool);
    });
  };
  registry->Add(MakeAggregate(std::move(spec)));
}

}  // namespace

void RegisterFirstLastAggregates(FunctionRegistry* registry) {
  RegisterOne(registry, Which::kFirst, "FIRST_VALUE",
              "Returns the first value that is not NULL, in order of arrival.");
  RegisterOne(registry, Which::kLast, "LAST_VALUE",
              "Returns the last value that is not NULL, in order of arrival.");
  RegisterOne(registry, Which::kOnly, "SINGLE_VALUE",
              "Returns the only row's value; more rows are an error.");
}

}  // namespace weir
