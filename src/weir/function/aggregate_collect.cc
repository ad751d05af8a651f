// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// LISTAGG, COLLECT and ARRAY_AGG: a group's values as one string, MULTISET or ARRAY, in order of
// arrival.
//   LISTAGG(x, '-') over a, NULL, b   ->  'a-b'
//   COLLECT(x) over a, b, a           ->  {a=2, b=1}
//   ARRAY_AGG(x) over a, NULL         ->  [a, NULL]; ARRAY_AGG(x, 'IGNORE NULLS') skips it. NULL
//   when there is none.
#include "weir/function/aggregate_bag.h"

namespace weir {
namespace {

/// The separator of a LISTAGG call: a literal, or where a plan has moved it into a column, its
/// first row.
class Separator {
 public:
  explicit Separator(const AggregateCallInfo& info) {
    if (info.call.arg_types.size() < 2) {
      text_ = ",";
    } else if (info.call.literals.size() >= 2 && info.call.literals[1] != nullptr &&
               !info.call.literals[1]->is_null()) {
      text_ = info.call.literals[1]->string_value();
    } else {
      is_known_ = false;
    }
  }
  void Learn(const ColumnVector& args, int64_t num_rows) {
    if (is_known_ || num_rows == 0 || args.size() < 2 || args[1]->IsNull(0)) return;
    text_ = ReadCell<std::string>(*args[1], 0);
    is_known_ = true;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  bool is_known_ = true;
};

/// LISTAGG over append-only input: the text so far.
class ListTexts : public Accumulators {
 public:
  ListTexts(const AggregateCallInfo& info, arrow::MemoryPool* pool)
      : separator_(info), type_(info.call.result_type), pool_(pool) {}

  Status Resize(int64_t num_slots) override {
    if (static_cast<size_t>(num_slots) > texts_.size()) {
      texts_.resize(static_cast<size_t>(num_slots));
      has_value_.resize(static_cast<size_t>(num_slots));
    }
    return Status::OK();
  }
  Status Reset(std::span<const uint32_t> slots) override {
    for (uint32_t slot : slots) {
      bytes_ -= static_cast<int64_t>(texts_[slot].size());
      texts_[slot] = std::string();
      has_value_[slot] = 0;
    }
    return Status::OK();
  }
  Status Accumulate(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                    const std::vector<int32_t>* rows) override {
    const Column& arg = *args[0];
    if (arg.type.kind() == TypeKind::kNull) return Status::OK();
    separator_.Learn(args, num_rows);
    ValueReader<StringView> values(arg);
    VisitCounted(arg, num_rows, rows, [&](int64_t i) {
      uint32_t slot = slots[static_cast<size_t>(i)];
      std::string& text = texts_[slot];
      size_t before = text.size();
      if (has_value_[slot] != 0) text += separator_.text();
      StringView value = values[i];
      text.append(value.data(), value.size());
      has_value_[slot] = 1;
      bytes_ += static_cast<int64_t>(text.size() - before);
    });
    return Status::OK();
  }
  Status Retract(std::span<const uint32_t>, const ColumnVector&, int64_t,
                 const std::vector<int32_t>*) override {
    return Internal("LISTAGG was made for append-only input and got a retraction");
  }
  Status Merge(std::span<const uint32_t> slots, const ColumnVector& state,
               int64_t num_rows) override {
    return Accumulate(slots, state, num_rows, nullptr);
  }
  Result<ColumnVector> ToState(std::span<const uint32_t> slots) override {
    WEIR_ASSIGN_OR_RETURN(auto column, Finish(slots));
    return ColumnVector{Retype(column, DataType::String())};
  }
  Result<ColumnPtr> Finish(std::span<const uint32_t> slots) override {
    return BuildSlotColumn(type_, slots, pool_, [this](ColumnBuilder* builder, uint32_t slot) {
      return has_value_[slot] != 0 ? builder->AppendString(texts_[slot]) : builder->AppendNull();
    });
  }
  int64_t ExtraBytes() const override {
    return bytes_ + static_cast<int64_t>(texts_.size() * (sizeof(std::string) + 1));
  }

 private:
  Separator separator_;
  DataType type_;
  arrow::MemoryPool* pool_;
  std::vector<std::string> texts_;
  std::vector<uint8_t> has_value_;
  int64_t bytes_ = 0;
};

/// LISTAGG over a changelog.
class RetractableListTexts : public BagAccumulators {
 public:
  RetractableListTexts(const AggregateCallInfo& info, arrow::MemoryPool* pool)
      : BagAccumulators(DataType::String(), Nulls::kSkip, pool),
        separator_(info),
        type_(info.call.result_type) {}

  Status Accumulate(std::span<const uint32_t> slots, const ColumnVector& args, int64_t num_rows,
                    const std::vector<int32_t>* rows) override {
    separator_.Learn(args, num_rows);
    return BagAccumulators::Accumulate(slots, args, num_rows, rows);
  }
  Result<ColumnPtr> Finish(std::span<const uint32_t> slots) override {
    std::string text;
    return BuildSlotColumn(type_, slots, pool(), [&](ColumnBuilder* builder, uint32_t slot) {
      if (bag(slot).values().empty()) return builder->AppendNull();
      text.clear();
      bool is_first = true;
      for (const auto& [order, value] : bag(slot).values()) {
        if (!is_first) text += separator_.text();
        text += value.string_value();
        is_first = false;
      }
      return builder->AppendString(text);
    });
  }

 private:
  Separator separator_;
  DataType type_;
};

/// COLLECT: distinct values in order of their first arrival, with counts.
class Collection : public BagAccumulators {
 public:
  Collection(const AggregateCallInfo& info, arrow::MemoryPool* pool)
      : BagAccumulators(info.call.arg_types[0], Nulls::kSkip, pool), type_(info.call.result_type) {}

  Result<ColumnPtr> Finish(std::span<const uint32_t> slots) override {
    return BuildSlotColumn(type_, slots, pool(), [this](ColumnBuilder* builder, uint32_t slot) {
      WEIR_RETURN_NOT_OK(builder->AppendNested());
      std::map<Value, size_t, CellLess> positions;
      std::vector<std::pair<const Value*, int64_t>> counts;
      for (const auto& [order, value] : bag(slot).values()) {
        auto [entry, is_new] = positions.try_emplace(value, counts.size());
        if (is_new) counts.emplace_back(&entry->first, 0);
        ++counts[entry->second].second;
      }
      for (const auto& [value, count] : counts) {
        WEIR_RETURN_NOT_OK(builder->child(0)->AppendValue(*value));
        WEIR_RETURN_NOT_OK(builder->child(1)->AppendInt(count));
      }
      return Status::OK();
    });
  }

 private:
  DataType type_;
};

bool IgnoresNulls(const AggregateCallInfo& info) {
  return info.call.literals.size() == 2 && info.call.literals[1] != nullptr &&
         !info.call.literals[1]->is_null() &&
         info.call.literals[1]->string_value() == "IGNORE NULLS";
}

class ArrayOfValues : public BagAccumulators {
 public:
  ArrayOfValues(const AggregateCallInfo& info, arrow::MemoryPool* pool)
      : BagAccumulators(info.call.arg_types[0], IgnoresNulls(info) ? Nulls::kSkip : Nulls::kKeep,
                        pool),
        type_(info.call.result_type) {}

  Result<ColumnPtr> Finish(std::span<const uint32_t> slots) override {
    return BuildSlotColumn(type_, slots, pool(), [this](ColumnBuilder* builder, uint32_t slot) {
      if (bag(slot).values().empty()) return builder->AppendNull();
      WEIR_RETURN_NOT_OK(builder->AppendNested());
      for (const auto& [order, value] : bag(slot).values()) {
        WEIR_RETURN_NOT_OK(builder->child(0)->AppendValue(value));
      }
      return Status::OK();
    });
  }

 private:
  DataType type_;
};

Status RefuseOrderBy(const AggregateCallInfo& info, std::string_view name) {
  return info.order_by.empty() ? Status::OK()
                               : Unsupported("ORDER BY inside {} is not supported yet", name);
}

AggregateSpec ListAggSpec() {
  AggregateSpec spec;
  spec.name = "LISTAGG";
  spec.signatures = "LISTAGG(string)\nLISTAGG(string, separator)";
  spec.description =
      "Joins the values in order of arrival with the separator (',' if there is none given).";
  spec.example = "SELECT LISTAGG(name, '; ') FROM t";
  spec.is_order_sensitive = true;
  spec.resolve = [](const AggregateCallInfo& info, std::vector<DataType>* args, DataType* result) {
    WEIR_RETURN_NOT_OK(RefuseOrderBy(info, "LISTAGG"));
    if (args->empty() || args->size() > 2) return Status::TypeError("");
    for (DataType& arg : *args) {
      if (arg.kind() == TypeKind::kNull) arg = DataType::String();
      if (!CanImplicitlyCast(arg, DataType::String())) return Status::TypeError("");
      if (!arg.is_character()) arg = DataType::String().WithNullable(arg.nullable());
    }
    *result = DataType::String();
    return Status::OK();
  };
  spec.state_types = [](const AggregateCallInfo& info) -> Result<std::vector<DataType>> {
    if (info.may_retract) return BagStateTypes(DataType::String());
    return std::vector<DataType>{DataType::String()};
  };
  spec.make = [](const AggregateCallInfo& info,
                 arrow::MemoryPool* pool) -> Result<std::unique_ptr<Accumulators>> {
    if (info.may_retract) return std::make_unique<RetractableListTexts>(info, pool);
    return std::make_unique<ListTexts>(info, pool);
  };
  return spec;
}

template <typename State>
AggregateSpec BagSpec(std::string name, std::string signatures) {
  AggregateSpec spec;
  spec.name = std::move(name);
  spec.signatures = std::move(signatures);
  spec.is_order_sensitive = true;
  spec.state_types = [](const AggregateCallInfo& info) -> Result<std::vector<DataType>> {
    return BagStateTypes(info.call.arg_types[0]);
  };
  spec.make = [](const AggregateCallInfo& info,
                 arrow::MemoryPool* pool) -> Result<std::unique_ptr<Accumulators>> {
    return std::make_unique<State>(info, pool);
  };
  return spec;
}

}  // namespace

void RegisterCollectAggregates(FunctionRegistry* registry) {
  registry->Add(MakeAggregate(ListAggSpec()));

  AggregateSpec collect = BagSpec<Collection>("COLLECT", "COLLECT(any)");
  collect.description = "Returns the values that are not NULL as a MULTISET.";
  collect.example = "SELECT COLLECT(name) FROM t";
  collect.resolve = [](const AggregateCallInfo&, std::vector<DataType>* args, DataType* result) {
    if (args->size() != 1) return Status::TypeError("");
    *result = DataType::Multiset((*args)[0].WithTimeAttribute(TimeAttribute::kNone)).NotNull();
    return Status::OK();
  };
  registry->Add(MakeAggregate(std::move(collect)));

  AggregateSpec array =
      BagSpec<ArrayOfValues>("ARRAY_AGG", "ARRAY_AGG(any [RESPECT NULLS | IGNORE NULLS])");
  array.description =
      "Returns the values as an ARRAY in order of arrival, or NULL if there is none.";
  array.example = "SELECT ARRAY_AGG(name) FROM t";
  array.skips_nulls = false;
  array.resolve = [](const AggregateCallInfo& info, std::vector<DataType>* args, DataType* result) {
    WEIR_RETURN_NOT_OK(RefuseOrderBy(info, "ARRAY_AGG"));
    if (args->empty() || args->size() > 2 || (args->size() == 2 && !(*args)[1].is_character())) {
      return Status::TypeError("");
    }
    *result = DataType::Array((*args)[0].WithTimeAttribute(TimeAttribute::kNone));
    return Status::OK();
  };
  registry->Add(MakeAggregate(std::move(array)));
}

}  // namespace weir
