// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// How programs run: what is computed once, on which rows, and which errors surface. The functions
// are made here, so that they can count their rows.
#include "weir/expr/evaluator.h"

#include <gtest/gtest.h>

#include "weir/data/random_column.h"
#include "weir/expr/kernel.h"

namespace weir {
namespace {

class EvaluatorTest : public ::testing::Test {
 protected:
  EvaluatorTest() {
    Add("PLUS1", false, MapKernel<int64_t, int64_t>([this](int64_t x) { return ++rows_, x + 1; }));
    Add("POSITIVE", true, RowKernel<int64_t, int64_t>([this](int64_t x, KernelRow& row) {
          ++rows_;
          if (x <= 0) row.Fail("not positive");
          return x;
        }));
    registry_.Add(ScalarFunction{.name = "<",
                                 .family = "test",
                                 .overloads = {{.args = {Arg::Any(), Arg::Any()},
                                                .returns = ReturnType(DataType::Boolean()),
                                                .kernel = MapKernel<bool, int64_t, int64_t>(
                                                    [](int64_t a, int64_t b) { return a < b; })}}});
    for (const char* name : {"AND", "OR", "CASE", "COALESCE"}) {
      registry_.Add(ScalarFunction{.name = name, .family = "test"});
    }
  }

  void Add(const char* name, bool may_fail, KernelFactory kernel) {
    registry_.Add(ScalarFunction{.name = name,
                                 .family = "test",
                                 .overloads = {{.args = {Arg::Exact(DataType::BigInt())},
                                                .returns = ReturnSameAs(0),
                                                .kernel = std::move(kernel)}},
                                 .may_fail = may_fail});
  }

  static ExprPtr Input(int i = 0) { return MakeInput(i, DataType::BigInt()); }
  static ExprPtr Number(int64_t n) { return MakeLiteral(Value::Int(n), DataType::BigInt()); }
  static ExprPtr Call(const char* name, std::vector<ExprPtr> args) {
    bool truth = std::string_view("< AND OR").find(name) != std::string_view::npos;
    return MakeCall(name, std::move(args), truth ? DataType::Boolean() : DataType::BigInt());
  }

  /// The columns as text, or the error.
  std::string Run(std::vector<ExprPtr> exprs, ColumnVector columns) {
    auto program = ExprProgram::Compile(std::move(exprs), registry_, config_);
    if (!program.ok()) return program.status().message();
    RowErrors errors;
    KernelContext context{TestPool(), &errors, 0, nullptr};
    Batch batch{columns[0]->length, columns, nullptr};
    rows_ = 0;
    auto result = (*program)->Evaluate(batch, context);
    if (!result.ok()) return result.status().message();
    std::string text;
    for (const ColumnPtr& column : *result) text += (text.empty() ? "" : " | ") + RowsText(*column);
    return text;
  }

  std::vector<int32_t> Filter(const ExprPtr& expr, const ColumnPtr& column) {
    auto program = Get(ExprProgram::Compile({expr}, registry_, config_));
    RowErrors errors;
    KernelContext context{TestPool(), &errors, 0, nullptr};
    Batch batch{column->length, {column}, nullptr};
    std::vector<int32_t> selected;
    rows_ = 0;
    EXPECT_TRUE(program->Filter(batch, 0, context, &selected).ok());
    return selected;
  }

  FunctionRegistry registry_;
  FunctionConfig config_;
  int rows_ = 0;
};

TEST_F(EvaluatorTest, CommonSubExpressionsOnce) {
  ExprPtr a = Call("PLUS1", {Input()}), same = Call("PLUS1", {Input()});
  EXPECT_EQ(Run({a, same, Call("PLUS1", {a})}, {IntColumn({1, 2})}), "2; 3 | 2; 3 | 3; 4");
  EXPECT_EQ(rows_, 4);
}

TEST_F(EvaluatorTest, ConstantsForOneRow) {
  EXPECT_EQ(Run({Call("PLUS1", {Number(1)})}, {IntColumn({1, 2, 3})}), "2; 2; 2");
  EXPECT_EQ(rows_, 1);
  ColumnPtr constant = Get(MakeConstant(Value::Int(4), DataType::BigInt(), 3, TestPool()));
  EXPECT_EQ(Run({Call("PLUS1", {Input()})}, {constant}), "5; 5; 5");
  EXPECT_EQ(rows_, 1);
}

TEST_F(EvaluatorTest, DictionariesByValue) {
  ColumnPtr column = DictionaryColumn(IntColumn({10, 20}), {0, 1, -1, 1, 0});
  EXPECT_EQ(Run({Call("PLUS1", {Input()})}, {column}), "11; 21; NULL; 21; 11");
  EXPECT_EQ(rows_, 2);
  // A bad value that no row refers to is no error.
  ColumnPtr unused = DictionaryColumn(IntColumn({-1, 20}), {1, 1, 1});
  EXPECT_EQ(Run({Call("POSITIVE", {Input()})}, {unused}), "20; 20; 20");
}

TEST_F(EvaluatorTest, ErrorsOfRowsThatReachThem) {
  ExprPtr positive = Call("POSITIVE", {Input()});
  EXPECT_EQ(Run({positive}, {IntColumn({1, 0, -1})}), "not positive, in POSITIVE($0)");
  ExprPtr guarded = Call("CASE", {Call("<", {Number(0), Input()}), positive, Number(7)});
  EXPECT_EQ(Run({guarded}, {IntColumn({1, 0, 3, -1})}), "1; 7; 3; 7");
  EXPECT_EQ(rows_, 2);
  ExprPtr condition =
      Call("AND", {Call("<", {Number(0), Input()}), Call("<", {positive, Number(3)})});
  EXPECT_EQ(Run({condition}, {IntColumn({1, 0, 3, -1})}), "TRUE; FALSE; FALSE; FALSE");
  ExprPtr first = Call("COALESCE", {Number(5), positive});
  EXPECT_EQ(Run({first}, {IntColumn({-1})}), "5");
  EXPECT_EQ(Filter(condition, IntColumn({0, 1, 0, 2, 4})), (std::vector<int32_t>{1, 3}));
  EXPECT_EQ(rows_, 3);
}

TEST_F(EvaluatorTest, UnconditionalValuesServeBranches) {
  ExprPtr positive = Call("POSITIVE", {Input()});
  ExprPtr branch = Call("CASE", {Call("<", {Input(), Number(2)}), positive, Number(7)});
  EXPECT_EQ(Run({branch, positive}, {IntColumn({1, 2, 3})}), "1; 7; 7 | 1; 2; 3");
  EXPECT_EQ(rows_, 3);
}

TEST_F(EvaluatorTest, DeepExpressions) {
  ExprPtr deep = Input();
  for (int i = 0; i < 3000; ++i) deep = Call("PLUS1", {deep});
  EXPECT_EQ(Run({deep}, {IntColumn({1, 2})}), "3001; 3002");
  for (int i = 0; i < 3000; ++i) deep = Call("PLUS1", {deep});
  EXPECT_EQ(Run({deep}, {IntColumn({1})}), "an expression is nested deeper than 4000 levels");
}

TEST_F(EvaluatorTest, SharedParts) {
  registry_.Add(ScalarFunction{.name = "SUM2",
                               .family = "test",
                               .overloads = {{.args = {Arg::Any(), Arg::Any()},
                                              .returns = ReturnSameAs(0),
                                              .kernel = MapKernel<int64_t, int64_t, int64_t>(
                                                  [](int64_t a, int64_t b) { return a + b; })}}});
  ExprPtr doubled = Input();
  for (int i = 0; i < 40; ++i) doubled = Call("SUM2", {doubled, doubled});
  EXPECT_EQ(Run({RemapInputs(doubled, {0})}, {IntColumn({1, 3})}), "1099511627776; 3298534883328");
  EXPECT_EQ(HashExpr(*doubled), HashExpr(*RemapInputs(doubled, {0})));
  EXPECT_EQ(InputsOf(doubled), (std::vector<int>{0}));
}

TEST_F(EvaluatorTest, StringWriterSharesAndCopies) {
  ColumnPtr text = StringColumn({"a text that is longer than twelve bytes", "short", "NULL"});
  KernelContext context;
  RowErrors errors;
  context.pool = TestPool();
  context.errors = &errors;
  ColumnPtr out;
  auto tail = [](std::string_view s, StringRow& row) {
    if (row.index() == 0) {
      row.Share(s.substr(2));
    } else {
      row.Set(std::string(20, s[0]));
    }
  };
  ASSERT_TRUE((MapStrings<std::string_view>(context, {text}, 3, tail, &out)).ok());
  EXPECT_EQ(out->views()[0].view(), "text that is longer than twelve bytes");
  EXPECT_EQ(out->views()[0].data(), text->views()[0].data() + 2);
  EXPECT_EQ(out->views()[1].view(), "ssssssssssssssssssss");
  EXPECT_EQ(out->views()[2].view(), "");
}

TEST(Expression, TextAndRewrites) {
  ExprPtr a = MakeInput(0, DataType::BigInt()), b = MakeInput(1, DataType::BigInt());
  ExprPtr sum = MakeCall(
      "+", {a, MakeCall("*", {b, MakeLiteral(Value::Int(2), DataType::Int())}, b->type)}, a->type);
  EXPECT_EQ(ExprToString(*sum, {"price"}), "price + ($1 * 2)");
  EXPECT_EQ(ExprToString(*RemapInputs(sum, {1, 0}), {"x", "y"}), "y + (x * 2)");
  EXPECT_EQ(ExprToString(*SubstituteInputs(sum, {b, a}), {"x", "y"}), "y + (x * 2)");
  EXPECT_EQ(InputsOf(sum), (std::vector<int>{0, 1}));
  EXPECT_TRUE(SameExpr(*sum, *SubstituteInputs(sum, {a, b})));
  EXPECT_EQ(HashExpr(*sum), HashExpr(*SubstituteInputs(sum, {a, b})));
  ExprPtr text = MakeLiteral(Value::String("it's"), DataType::Char(4));
  EXPECT_EQ(ExprToString(*MakeCall("IS NULL", {text}, DataType::Boolean()), {}), "'it''s' IS NULL");
  ExprPtr both = AndOf({sum, AndOf({a, b})});
  EXPECT_EQ(Conjuncts(both).size(), 3U);
  EXPECT_EQ(AndOf({}), nullptr);
}

}  // namespace
}  // namespace weir
