// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// JSON_OBJECTAGG(key, value, on_null) and JSON_ARRAYAGG(value, on_null). Rows are kept as JSON
// text, in order of arrival, so that they can be retracted; members of an object stand by key, the
// last of equal keys counts.
#include "weir/function/aggregate_bag.h"
#include "weir/function/json_tree.h"
#include "weir/function/json_value_text.h"

namespace weir {
namespace {

bool AbsentOnNull(const AggregateCallInfo& info) {
  const Value* flag = info.call.literals.empty() ? nullptr : info.call.literals.back();
  return flag != nullptr && !flag->is_null() && flag->string_value() == "ABSENT";
}

Value JsonOf(const Column& column, int64_t i) {
  std::string text;
  AppendJsonValue(column, i, &text);
  return Value::String(std::move(text));
}

DataType MemberType() {
  return DataType::Row({{"key", DataType::String()}, {"value", DataType::String()}});
}

class JsonArrays : public BagAccumulators {
 public:
  JsonArrays(const AggregateCallInfo& info, arrow::MemoryPool* pool)
      : BagAccumulators(DataType::String(), AbsentOnNull(info) ? Nulls::kSkip : Nulls::kKeep, pool),
        type_(info.call.result_type) {}

  Result<ColumnPtr> Finish(std::span<const uint32_t> slots) override {
    return BuildSlotColumn(type_, slots, pool(), [this](ColumnBuilder* builder, uint32_t slot) {
      std::string text = "[";
      for (const auto& [order, value] : bag(slot).values()) {
        if (text.size() > 1) text += ',';
        text += value.string_value();
      }
      text += ']';
      return builder->AppendString(text);
    });
  }

 protected:
  Value ValueOf(const ColumnVector& args, int64_t i) const override { return JsonOf(*args[0], i); }

 private:
  DataType type_;
};

class JsonObjects : public BagAccumulators {
 public:
  JsonObjects(const AggregateCallInfo& info, arrow::MemoryPool* pool)
      : BagAccumulators(MemberType(), Nulls::kKeep, pool),
        absent_on_null_(AbsentOnNull(info)),
        type_(info.call.result_type) {}

  Result<ColumnPtr> Finish(std::span<const uint32_t> slots) override {
    return BuildSlotColumn(type_, slots, pool(), [this](ColumnBuilder* builder, uint32_t slot) {
      std::map<std::string, const std::string*> members;
      for (const auto& [order, value] : bag(slot).values()) {
        const ValueList& member = value.list();
        if (member[0].is_null()) return InvalidData("a key of JSON_OBJECTAGG is NULL");
        if (absent_on_null_ && member[1].string_value() == "null") continue;
        const std::string& key = member[0].string_value();
        if (!members.emplace(key, &member[1].string_value()).second) {
          return InvalidData(
              "Key '{}' is already present. Duplicate keys are not allowed in JSON_OBJECTAGG. "
              "Please ensure that keys are unique.",
              key);
        }
      }
      std::string text = "{";
      for (const auto& [key, json] : members) {
        if (text.size() > 1) text += ',';
        AppendJsonString(key, &text);
        text += ':';
        text += *json;
      }
      text += '}';
      return builder->AppendString(text);
    });
  }

 protected:
  Value ValueOf(const ColumnVector& args, int64_t i) const override {
    return Value::List({GetValue(*args[0], i), JsonOf(*args[1], i)});
  }

 private:
  bool absent_on_null_;
  DataType type_;
};

template <typename State>
AggregateSpec JsonSpec(std::string name, std::string signatures, DataType element, size_t values) {
  AggregateSpec spec;
  spec.name = std::move(name);
  spec.signatures = std::move(signatures);
  spec.skips_nulls = false;
  spec.is_order_sensitive = true;
  spec.resolve = [values](const AggregateCallInfo&, std::vector<DataType>* args, DataType* result) {
    if (args->size() < values || args->size() > values + 1) return Status::TypeError("");
    for (DataType& arg : *args) {
      if (arg.kind() == TypeKind::kNull) arg = DataType::String();
    }
    if (values == 2 && !(*args)[0].is_character()) return Status::TypeError("");
    *result = DataType::String().NotNull();
    return Status::OK();
  };
  spec.state_types = [element](const AggregateCallInfo&) -> Result<std::vector<DataType>> {
    return BagStateTypes(element);
  };
  spec.make = [](const AggregateCallInfo& info,
                 arrow::MemoryPool* pool) -> Result<std::unique_ptr<Accumulators>> {
    return std::make_unique<State>(info, pool);
  };
  return spec;
}

}  // namespace

void RegisterJsonAggregates(FunctionRegistry* registry) {
  AggregateSpec object = JsonSpec<JsonObjects>(
      "JSON_OBJECTAGG", "JSON_OBJECTAGG([KEY] key VALUE value [ { NULL | ABSENT } ON NULL ])",
      MemberType(), 2);
  object.description = "Returns a JSON object of the keys and values of all rows.";
  object.example = "SELECT JSON_OBJECTAGG(KEY name VALUE age) FROM t";
  registry->Add(MakeAggregate(std::move(object)));
  AggregateSpec array = JsonSpec<JsonArrays>(
      "JSON_ARRAYAGG", "JSON_ARRAYAGG(value [ { NULL | ABSENT } ON NULL ])", DataType::String(), 1);
  array.description = "Returns a JSON array of the values of all rows, in order of arrival.";
  array.example = "SELECT JSON_ARRAYAGG(name) FROM t";
  registry->Add(MakeAggregate(std::move(array)));
}

}  // namespace weir
