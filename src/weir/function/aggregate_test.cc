// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Each aggregate on small inputs: as it is, after retractions, and when half of the rows come as
// merged partial state.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "weir/data/text.h"
#include "weir/expr/aggregate.h"
#include "weir/function/aggregate_loops.h"
#include "weir/function/families.h"

namespace weir {
namespace {

arrow::MemoryPool* Pool() { return arrow::default_memory_pool(); }

const FunctionRegistry& Registry() {
  static const FunctionRegistry* registry = [] {
    auto* made = new FunctionRegistry;
    RegisterAggregate(made);
    RegisterAggregateOrdered(made);
    return made;
  }();
  return *registry;
}

ColumnPtr MakeColumn(const DataType& type, const ValueList& values) {
  auto builder = ColumnBuilder::Make(type, Pool());
  for (const Value& value : values) EXPECT_TRUE(builder->AppendValue(value).ok());
  return builder->Finish().ValueOrDie();
}

std::string Text(const Column& column, int64_t i) {
  std::string text;
  AppendValueText(column, i, TextStyle::kCast, nullptr, &text);
  return text;
}

/// One call over one or more groups.
struct Call {
  std::string name;
  std::vector<DataType> types;
  std::vector<Value> literals = {};
  bool may_retract = false;
  AggregateCallInfo info = {};
  std::vector<const Value*> literal_pointers = {};
  std::unique_ptr<Accumulators> state = {};

  const AggregateFunction& function() const {
    const AggregateFunction* found = Registry().FindAggregate(name);
    EXPECT_NE(found, nullptr) << name;
    return *found;
  }
  void Resolve() {
    info.call.arg_types = types;
    literal_pointers.assign(types.size(), nullptr);
    for (size_t i = 0; i < literals.size(); ++i)
      literal_pointers[types.size() - 1 - i] = &literals[i];
    info.call.literals = literal_pointers;
    info.may_retract = may_retract;
    info.has_group_keys = false;
    std::vector<DataType> args;
    Status status = function().Resolve(info, &args, &info.call.result_type);
    ASSERT_TRUE(status.ok()) << status.ToString();
    info.call.arg_types = args;
  }
  std::unique_ptr<Accumulators> Make(int64_t num_slots) {
    auto made = function().Make(info, Pool()).ValueOrDie();
    EXPECT_TRUE(made->Resize(num_slots).ok());
    return made;
  }
};

ColumnVector Columns(const Call& call, const std::vector<ValueList>& args) {
  ColumnVector columns;
  for (size_t i = 0; i < args.size(); ++i)
    columns.push_back(MakeColumn(call.info.call.arg_types[i], args[i]));
  return columns;
}

/// The result over `added` less `retracted` in one group, computed directly and by merging; both
/// must agree.
std::string Aggregate(Call call, const std::vector<ValueList>& added,
                      const std::vector<ValueList>& retracted = {}) {
  call.may_retract = call.may_retract || !retracted.empty();
  call.Resolve();
  int64_t num_rows = added.empty() ? 0 : static_cast<int64_t>(added[0].size());
  std::vector<uint32_t> slots(static_cast<size_t>(num_rows), 1);
  ColumnVector args = Columns(call, added);
  auto state = call.Make(3);
  EXPECT_TRUE(state->Accumulate(slots, args, num_rows, nullptr).ok());

  std::vector<int32_t> first, second;
  for (int32_t i = 0; i < num_rows; ++i) (i < num_rows / 2 ? first : second).push_back(i);
  auto part = call.Make(2), merged = call.Make(2);
  EXPECT_TRUE(merged->Accumulate(slots, args, num_rows, &first).ok());
  EXPECT_TRUE(part->Accumulate(slots, args, num_rows, &second).ok());
  if (!retracted.empty()) {
    auto rows = static_cast<int64_t>(retracted[0].size());
    std::vector<uint32_t> out(static_cast<size_t>(rows), 1);
    EXPECT_TRUE(state->Retract(out, Columns(call, retracted), rows, nullptr).ok());
    // Of equal values the oldest goes: where the order counts that is to be found in the whole
    // only, below.
    if (!call.function().is_order_sensitive()) {
      EXPECT_TRUE(part->Retract(out, Columns(call, retracted), rows, nullptr).ok());
    }
  }
  std::vector<uint32_t> one{1};
  auto partial = part->ToState(one).ValueOrDie();
  auto types = call.function().StateTypes(call.info).ValueOrDie();
  EXPECT_EQ(partial.size(), types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    EXPECT_TRUE(partial[i]->type.EqualsIgnoringNullable(types[i]))
        << partial[i]->type.ToString() << types[i].ToString();
  }
  EXPECT_TRUE(merged->Merge(one, partial, 1).ok());
  if (!retracted.empty() && call.function().is_order_sensitive()) {
    auto rows = static_cast<int64_t>(retracted[0].size());
    std::vector<uint32_t> out(static_cast<size_t>(rows), 1);
    EXPECT_TRUE(merged->Retract(out, Columns(call, retracted), rows, nullptr).ok());
  }

  std::vector<uint32_t> both{1, 0};
  auto result = state->Finish(both);
  if (!result.ok()) return result.status().message();
  EXPECT_EQ((*result)->length, 2);
  auto merged_result = merged->Finish(one).ValueOrDie();
  EXPECT_EQ(Text(**result, 0), Text(*merged_result, 0)) << call.name;
  EXPECT_TRUE(state->Reset(both).ok());
  EXPECT_EQ(Text(*state->Finish(one).ValueOrDie(), 0), Text(**result, 1))
      << call.name << " after Reset";
  return Text(**result, 0);
}

ValueList Ints(std::initializer_list<int64_t> list) {
  ValueList values;
  for (int64_t value : list) values.push_back(Value::Int(value));
  return values;
}
ValueList Doubles(std::initializer_list<double> list) {
  ValueList values;
  for (double value : list) values.push_back(Value::Double(value));
  return values;
}
ValueList Strings(std::initializer_list<const char*> list) {
  ValueList values;
  for (const char* value : list)
    values.push_back(value == nullptr ? Value::Null() : Value::String(value));
  return values;
}
ValueList Decimals(std::initializer_list<int64_t> list) {
  ValueList values;
  for (int64_t value : list) values.push_back(Value::Decimal(value));
  return values;
}
const ValueList kNone = {};

TEST(Aggregate, Count) {
  EXPECT_EQ(Aggregate({"COUNT", {DataType::Int()}}, {Ints({1, 2, 3})}), "3");
  EXPECT_EQ(Aggregate({"COUNT", {DataType::Int()}}, {{Value::Int(1), Value::Null()}}), "1");
  EXPECT_EQ(Aggregate({"COUNT", {DataType::Int(), DataType::Int()}},
                      {{Value::Int(1), Value::Null(), Value::Int(3)},
                       {Value::Null(), Value::Int(1), Value::Int(3)}}),
            "1");
  EXPECT_EQ(Aggregate({"COUNT", {DataType::Int()}}, {Ints({1, 2, 3})}, {Ints({2})}), "2");
}

TEST(Aggregate, CountStarCountsRowsOfEachGroup) {
  Call call{"COUNT", {}};
  call.Resolve();
  auto state = call.Make(2);
  std::vector<uint32_t> slots{0, 1, 1, 1};
  ASSERT_TRUE(state->Accumulate(slots, {}, 4, nullptr).ok());
  std::vector<int32_t> rows{0, 2};
  ASSERT_TRUE(state->Retract(slots, {}, 4, &rows).ok());
  auto counts = state->Finish(std::vector<uint32_t>{0, 1}).ValueOrDie();
  EXPECT_EQ(counts->data<int64_t>()[0], 0);
  EXPECT_EQ(counts->data<int64_t>()[1], 2);
}

TEST(Aggregate, Sum) {
  EXPECT_EQ(Aggregate({"SUM", {DataType::Int()}}, {Ints({1, 2, 3})}), "6");
  EXPECT_EQ(Aggregate({"SUM", {DataType::Int()}}, {{Value::Null(), Value::Null()}}), "NULL");
  EXPECT_EQ(Aggregate({"SUM", {DataType::Int()}}, {Ints({2147483647, 1})}), "-2147483648");
  EXPECT_EQ(Aggregate({"SUM", {DataType::TinyInt()}}, {Ints({100, 100})}), "-56");
  EXPECT_EQ(Aggregate({"SUM", {DataType::BigInt()}}, {Ints({INT64_MAX, 1})}),
            "-9223372036854775808");
  EXPECT_EQ(Aggregate({"SUM", {DataType::Double()}}, {Doubles({1.5, 2.25})}), "3.75");
  EXPECT_EQ(Aggregate({"SUM", {DataType::Decimal(10, 2)}}, {Decimals({150, 225})}), "3.75");
  EXPECT_EQ(Aggregate({"SUM", {DataType::Int()}}, {Ints({1, 2})}, {Ints({1, 2})}), "NULL");
  EXPECT_EQ(Aggregate({"SUM", {DataType::Int()}}, {Ints({1, 2})}, {Ints({2})}), "1");
  EXPECT_EQ(Aggregate({"$SUM0", {DataType::Int()}}, {kNone}), "0");
}

TEST(Aggregate, SumOfDecimalsBeyond38DigitsIsNull) {
  Int128 big = 1;
  for (int i = 0; i < 37; ++i) big *= 10;
  ValueList values(9, Value::Decimal(big));
  EXPECT_EQ(Aggregate({"SUM", {DataType::Decimal(38, 0)}}, {values}),
            "90000000000000000000000000000000000000");
  values.assign(10, Value::Decimal(big));
  EXPECT_EQ(Aggregate({"SUM", {DataType::Decimal(38, 0)}}, {values}), "NULL");
  values.assign(20, Value::Decimal(big));
  EXPECT_EQ(Aggregate({"SUM", {DataType::Decimal(38, 0)}}, {values}), "NULL");
}

TEST(Aggregate, Average) {
  EXPECT_EQ(Aggregate({"AVG", {DataType::Int()}}, {Ints({1, 2})}), "1");
  EXPECT_EQ(Aggregate({"AVG", {DataType::Int()}}, {Ints({-1, -2})}), "-1");
  EXPECT_EQ(Aggregate({"AVG", {DataType::Int()}}, {Ints({2147483647, 2147483647})}), "2147483647");
  EXPECT_EQ(Aggregate({"AVG", {DataType::Double()}}, {Doubles({1, 2})}), "1.5");
  EXPECT_EQ(Aggregate({"AVG", {DataType::Float()}}, {Doubles({1, 2})}), "1.5");
  EXPECT_EQ(Aggregate({"AVG", {DataType::Decimal(10, 2)}}, {Decimals({100, 100, 200})}),
            "1.333333");
  EXPECT_EQ(Aggregate({"AVG", {DataType::Decimal(10, 0)}}, {Decimals({-1, -2, -2})}), "-1.666667");
  EXPECT_EQ(Aggregate({"AVG", {DataType::Int()}}, {Ints({1, 2})}, {Ints({1, 2})}), "NULL");
}

TEST(Aggregate, MinAndMax) {
  EXPECT_EQ(Aggregate({"MIN", {DataType::Int()}}, {Ints({3, 1, 2})}), "1");
  EXPECT_EQ(Aggregate({"MAX", {DataType::Int()}}, {Ints({3, 1, 2})}), "3");
  EXPECT_EQ(Aggregate({"MAX", {DataType::Int()}}, {kNone}), "NULL");
  EXPECT_EQ(Aggregate({"MAX", {DataType::Boolean()}}, {{Value::Bool(false), Value::Bool(true)}}),
            "TRUE");
  EXPECT_EQ(Aggregate({"MAX", {DataType::Double()}}, {Doubles({1, NAN, 2})}), "NaN");
  EXPECT_EQ(Aggregate({"MIN", {DataType::Double()}}, {Doubles({NAN, 2, 3})}), "2.0");
  EXPECT_EQ(Aggregate({"MIN", {DataType::String()}}, {Strings({"pear", nullptr, "apple", "zoe"})}),
            "apple");
  EXPECT_EQ(
      Aggregate(
          {"MAX", {DataType::String()}},
          {Strings({"a string that is long", "b string that is longer than it", "b string"})}),
      "b string that is longer than it");
  EXPECT_EQ(Aggregate({"MAX", {DataType::Int()}}, {Ints({3, 1, 3, 2})}, {Ints({3})}), "3");
  EXPECT_EQ(Aggregate({"MAX", {DataType::Int()}}, {Ints({3, 1, 3, 2})}, {Ints({3, 3})}), "2");
  EXPECT_EQ(Aggregate({"MIN", {DataType::String()}}, {Strings({"a", "b"})}, {Strings({"a", "b"})}),
            "NULL");
}

TEST(Aggregate, MaxOfManyStringsMovesThemTogether) {
  Call call{"MAX", {DataType::String()}};
  call.Resolve();
  auto state = call.Make(50);
  std::vector<std::string> expected(50);
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    ValueList values;
    std::vector<uint32_t> slots;
    for (uint32_t slot = 0; slot < 50; ++slot) {
      std::string text = std::to_string(100000 + round * 50 + static_cast<int>(slot));
      text.append(random() % 1000 + static_cast<size_t>(round), 'x');
      expected[slot] = std::max(expected[slot], text);
      values.push_back(Value::String(text));
      slots.push_back(slot);
    }
    ASSERT_TRUE(state->Accumulate(slots, Columns(call, {values}), 50, nullptr).ok());
  }
  std::vector<uint32_t> slots;
  for (uint32_t slot = 0; slot < 50; ++slot) slots.push_back(slot);
  auto result = state->Finish(slots).ValueOrDie();
  for (int64_t i = 0; i < 50; ++i) EXPECT_EQ(Text(*result, i), expected[static_cast<size_t>(i)]);
}

TEST(Aggregate, Moments) {
  EXPECT_EQ(Aggregate({"VAR_POP", {DataType::Double()}}, {Doubles({1, 2, 3, 4})}), "1.25");
  EXPECT_EQ(Aggregate({"STDDEV_SAMP", {DataType::Double()}}, {Doubles({1, 3})}),
            "1.4142135623730951");
  EXPECT_EQ(Aggregate({"STDDEV_POP", {DataType::Double()}}, {Doubles({7})}), "0.0");
  EXPECT_EQ(Aggregate({"STDDEV_SAMP", {DataType::Double()}}, {Doubles({7})}), "NULL");
  EXPECT_EQ(Aggregate({"VAR_POP", {DataType::Double()}}, {kNone}), "NULL");
  EXPECT_EQ(Aggregate({"VAR_SAMP", {DataType::Int()}}, {Ints({1, 3, 8})}), "13");
  EXPECT_EQ(
      Aggregate({"VAR_POP", {DataType::Double()}}, {Doubles({1, 2, 3, 4, 9})}, {Doubles({9})}),
      "1.25");
  EXPECT_EQ(Aggregate({"VAR_POP", {DataType::Decimal(5, 1)}}, {Decimals({10, 20, 30, 40})}),
            "1.250000");
}

TEST(Aggregate, FirstAndLast) {
  EXPECT_EQ(Aggregate({"FIRST_VALUE", {DataType::Int()}},
                      {{Value::Null(), Value::Int(2), Value::Int(3)}}),
            "2");
  EXPECT_EQ(Aggregate({"LAST_VALUE", {DataType::String()}}, {Strings({"a", "b", nullptr})}), "b");
  EXPECT_EQ(Aggregate({"FIRST_VALUE", {DataType::Int()}}, {Ints({1, 2, 1})}, {Ints({1})}), "2");
  EXPECT_EQ(Aggregate({"LAST_VALUE", {DataType::Int()}}, {Ints({1, 2, 3})}, {Ints({3})}), "2");
  EXPECT_EQ(Aggregate({"SINGLE_VALUE", {DataType::Int()}}, {Ints({5})}), "5");
  EXPECT_EQ(Aggregate({"SINGLE_VALUE", {DataType::Int()}}, {Ints({5, 6})}),
            "a scalar subquery gave 2 rows where one is allowed");
  EXPECT_EQ(Aggregate({"SINGLE_VALUE", {DataType::Int()}}, {Ints({5, 6})}, {Ints({5})}), "6");
}

TEST(Aggregate, Lists) {
  DataType text = DataType::String();
  EXPECT_EQ(Aggregate({"LISTAGG", {text}}, {Strings({"a", nullptr, "b"})}), "a,b");
  EXPECT_EQ(Aggregate({"LISTAGG", {text, text}, {Value::String(" - ")}},
                      {Strings({"a", "b"}), Strings({" - ", " - "})}),
            "a - b");
  EXPECT_EQ(Aggregate({"LISTAGG", {text}}, {Strings({nullptr})}), "NULL");
  EXPECT_EQ(Aggregate({"LISTAGG", {text}}, {Strings({"a", "b", "a"})}, {Strings({"a"})}), "b,a");
  EXPECT_EQ(Aggregate({"COLLECT", {text}}, {Strings({"b", "a", "b"})}), "{b=2, a=1}");
  EXPECT_EQ(Aggregate({"COLLECT", {text}}, {Strings({"b", "a", "b"})}, {Strings({"b"})}),
            "{a=1, b=1}");
  EXPECT_EQ(
      Aggregate({"ARRAY_AGG", {DataType::Int()}}, {{Value::Int(1), Value::Null(), Value::Int(1)}}),
      "[1, NULL, 1]");
  EXPECT_EQ(Aggregate({"ARRAY_AGG", {DataType::Int()}}, {kNone}), "NULL");
}

TEST(Aggregate, Percentile) {
  DataType list = DataType::Array(DataType::Double());
  EXPECT_EQ(Aggregate({"PERCENTILE", {DataType::Int(), DataType::Double()}},
                      {Doubles({1, 2, 10, 20}), Doubles({0.5, 0.5, 0.5, 0.5})}),
            "6.0");
  Value ranks = Value::List(Doubles({0.25, 0.75}));
  EXPECT_EQ(Aggregate({"PERCENTILE", {DataType::Double(), list, DataType::Int()}},
                      {Doubles({1, 2}), {ranks, ranks}, Ints({1, 2})}),
            "[1.5, 2.0]");
}

TEST(Aggregate, ApproximateDistinctIsNearTheTruth) {
  Call call{"APPROX_COUNT_DISTINCT", {DataType::BigInt()}};
  for (int64_t distinct : {0, 1, 100, 511, 5000, 200000}) {
    call.Resolve();
    auto left = call.Make(1), right = call.Make(1);
    ValueList values;
    for (int64_t i = 0; i < distinct; ++i) values.push_back(Value::Int(i * 7919));
    std::vector<uint32_t> slots(values.size(), 0), one{0};
    std::vector<int32_t> even, third;
    for (int32_t i = 0; i < distinct; ++i) {
      if (i % 2 == 0) even.push_back(i);
      if (i % 2 == 1 || i % 3 == 0) third.push_back(i);
    }
    ColumnVector columns = Columns(call, {values});
    ASSERT_TRUE(left->Accumulate(slots, columns, distinct, &even).ok());
    ASSERT_TRUE(right->Accumulate(slots, columns, distinct, &third).ok());
    ASSERT_TRUE(left->Merge(one, right->ToState(one).ValueOrDie(), 1).ok());
    auto count = static_cast<double>(left->Finish(one).ValueOrDie()->data<int64_t>()[0]);
    EXPECT_NEAR(count, static_cast<double>(distinct), static_cast<double>(distinct) * 0.05);
  }
}

TEST(Aggregate, RandomChangesAgreeWithAModel) {
  std::mt19937_64 random(42);
  std::vector<Call> calls;
  for (const char* name : {"COUNT", "SUM", "MIN", "MAX", "FIRST_VALUE", "LAST_VALUE"}) {
    calls.push_back(Call{name, {DataType::BigInt()}});
    calls.back().may_retract = true;
  }
  std::vector<std::unique_ptr<Accumulators>> states;
  for (Call& call : calls) {
    call.Resolve();
    states.push_back(call.Make(4));
  }
  std::vector<std::vector<int64_t>> model(4);
  for (int step = 0; step < 2000; ++step) {
    auto slot = static_cast<uint32_t>(random() % 4);
    std::vector<int64_t>& group = model[slot];
    bool add = group.empty() || random() % 5 < 3;
    int64_t value = add ? static_cast<int64_t>(random() % 10) : group[random() % group.size()];
    for (size_t k = 0; k < calls.size(); ++k) {
      ColumnVector column = Columns(calls[k], {{Value::Int(value)}});
      std::vector<uint32_t> slots{slot};
      ASSERT_TRUE((add ? states[k]->Accumulate(slots, column, 1, nullptr)
                       : states[k]->Retract(slots, column, 1, nullptr))
                      .ok());
    }
    if (add) {
      group.push_back(value);
    } else {
      group.erase(std::find(group.begin(), group.end(), value));
    }
    std::vector<std::string> expected(calls.size(), "NULL");
    expected[0] = std::to_string(group.size());
    if (!group.empty()) {
      int64_t sum = 0;
      for (int64_t each : group) sum += each;
      expected[1] = std::to_string(sum);
      expected[2] = std::to_string(*std::min_element(group.begin(), group.end()));
      expected[3] = std::to_string(*std::max_element(group.begin(), group.end()));
      expected[4] = std::to_string(group.front());
      expected[5] = std::to_string(group.back());
    }
    for (size_t k = 0; k < calls.size(); ++k) {
      auto result = states[k]->Finish(std::vector<uint32_t>{slot}).ValueOrDie();
      ASSERT_EQ(Text(*result, 0), expected[k]) << calls[k].name << " at step " << step;
    }
  }
}

TEST(Aggregate, RefusesWrongArguments) {
  Call call{"SUM", {DataType::String()}};
  call.info.call.arg_types = call.types;
  std::vector<DataType> args;
  DataType result;
  Status status = call.function().Resolve(call.info, &args, &result);
  EXPECT_EQ(status.message().substr(0, 34), "SUM cannot be called with (STRING)");
  EXPECT_EQ(GetErrorInfo(status).hint, "supported: SUM(numeric)");
}

}  // namespace
}  // namespace weir
