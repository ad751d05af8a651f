// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The core families: values that Flink gives, one a line, and the law that a column gives what its
// rows give.
#include <gtest/gtest.h>

#include "weir/data/random_column.h"
#include "weir/expr/evaluator.h"
#include "weir/function/families.h"

namespace weir {
namespace {

const FunctionRegistry& Registry() {
  static const FunctionRegistry* registry = [] {
    auto* made = new FunctionRegistry();
    RegisterArithmetic(made);
    RegisterComparison(made);
    RegisterLogic(made);
    RegisterConditional(made);
    RegisterConversion(made);
    RegisterMath(made);
    RegisterConstruction(made);
    return made;
  }();
  return *registry;
}

FunctionConfig& Config() {
  static FunctionConfig config;
  return config;
}

ExprPtr Int(int64_t value, std::string_view type = "INT NOT NULL") {
  return MakeLiteral(Value::Int(value), TypeOf(type));
}
ExprPtr Null(std::string_view type) { return MakeLiteral(Value::Null(), TypeOf(type)); }
ExprPtr Text(std::string text) {
  auto length = static_cast<int32_t>(text.size());
  return MakeLiteral(Value::String(std::move(text)), DataType::Char(length).NotNull());
}
ExprPtr Double(double value) {
  return MakeLiteral(Value::Double(value), DataType::Double().NotNull());
}
ExprPtr Call(std::string_view name, std::vector<ExprPtr> args) {
  auto call = Registry().MakeCall(name, std::move(args), Config());
  if (call.ok()) return *call;
  ADD_FAILURE() << call.status().ToString();
  return Null("INT");
}
ExprPtr Cast(ExprPtr arg, std::string_view type) {
  return MakeCall("CAST", {arg}, TypeOf(type).WithNullable(arg->type.nullable()));
}
ExprPtr TryCast(ExprPtr arg, std::string_view type) {
  return MakeCall("TRY_CAST", {arg}, TypeOf(type));
}
ExprPtr Decimal(std::string_view text, std::string_view type) {
  return Cast(Text(std::string(text)), type);
}

/// "value", as CAST to STRING shows it, or "error: message".
std::string Show(const ExprPtr& expr) {
  auto value = EvaluateConstant(expr, Registry(), Config());
  if (!value.ok()) {
    std::string message = value.status().message();
    return "error: " + message.substr(0, message.find(", in "));
  }
  return RowsText(*Get(MakeConstant(*value, expr->type, 1, TestPool())));
}
std::string TypeText(const ExprPtr& expr) { return expr->type.ToString(); }

std::string RefusalOf(std::string_view name, std::vector<ExprPtr> args) {
  auto call = Registry().MakeCall(name, std::move(args), Config());
  return call.ok() ? "no refusal" : call.status().message();
}

TEST(Arithmetic, Integers) {
  EXPECT_EQ(Show(Call("+", {Int(INT32_MAX), Int(1)})), "-2147483648");
  EXPECT_EQ(Show(Call("*", {Int(INT64_MIN, "BIGINT NOT NULL"), Int(-1)})), "-9223372036854775808");
  EXPECT_EQ(Show(Call("/", {Int(INT32_MIN), Int(-1)})), "-2147483648");
  EXPECT_EQ(Show(Call("/", {Int(-7), Int(2)})), "-3");
  EXPECT_EQ(Show(Call("%", {Int(-7), Int(3)})), "-1");
  EXPECT_EQ(Show(Call("/", {Int(1), Int(0)})), "error: Division by zero");
  EXPECT_EQ(TypeText(Call("+", {Int(1, "TINYINT NOT NULL"), Int(1, "SMALLINT")})), "SMALLINT");
  EXPECT_EQ(Show(Call("-", {Int(5)})), "-5");
  EXPECT_EQ(Show(Call("+", {Int(5), Null("INT")})), "NULL");
}

TEST(Arithmetic, ConstantDivisors) {
  std::vector<int64_t> values = {
      0, 1, -1, 122, 123, 124, -123, INT64_MAX, INT64_MAX - 1, INT64_MIN, INT64_MIN + 1};
  RowErrors errors;
  KernelContext context{TestPool(), &errors, 0, nullptr};
  for (int64_t divisor :
       {int64_t{2}, int64_t{3}, int64_t{7}, int64_t{123}, int64_t{1} << 40, INT64_MAX}) {
    ExprPtr by = Int(divisor, "BIGINT NOT NULL"), in = MakeInput(0, DataType::BigInt());
    auto program =
        Get(ExprProgram::Compile({Call("/", {in, by}), Call("%", {in, by})}, Registry(), Config()));
    ColumnVector columns = Get(program->Evaluate(
        {static_cast<int64_t>(values.size()), {IntColumn(values)}, nullptr}, context));
    for (size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(columns[0]->data<int64_t>()[i], values[i] / divisor)
          << values[i] << " / " << divisor;
      EXPECT_EQ(columns[1]->data<int64_t>()[i], values[i] % divisor)
          << values[i] << " % " << divisor;
    }
  }
}

TEST(Arithmetic, Doubles) {
  EXPECT_EQ(Show(Call("/", {Double(1), Double(0)})), "error: Division by zero");  // Constantly 0.
  EXPECT_EQ(Show(Call("+", {Int(1), Double(0.5)})), "1.5");
}

TEST(Arithmetic, DecimalTypes) {
  auto d = [](const char* type) { return Null(type); };
  EXPECT_EQ(TypeText(Call("+", {d("DECIMAL(19, 0)"), Int(6)})), "DECIMAL(20, 0)");
  EXPECT_EQ(TypeText(Call("*", {d("DECIMAL(19, 0)"), Int(6)})), "DECIMAL(30, 0)");
  EXPECT_EQ(TypeText(Call("/", {d("DECIMAL(19, 0)"), d("DECIMAL(19, 0)")})), "DECIMAL(38, 19)");
  EXPECT_EQ(TypeText(Call("*", {d("DECIMAL(30, 20)"), d("DECIMAL(30, 20)")})), "DECIMAL(38, 17)");
  EXPECT_EQ(TypeText(Call("MOD", {d("DECIMAL(19, 0)"), Int(6)})), "INT");
  EXPECT_EQ(TypeText(Call("MOD", {d("DECIMAL(10, 2)"), Int(6)})), "DECIMAL(10, 2)");
  EXPECT_EQ(TypeText(Call("*", {d("DECIMAL(3, 3)"), Null("BIGINT")})), "DECIMAL(23, 3)");
}

TEST(Arithmetic, Decimals) {
  EXPECT_EQ(Show(Call("/", {Decimal("2.0", "DECIMAL(2, 1)"), Int(-3)})), "-0.666666666667");
  EXPECT_EQ(Show(Call("+", {Decimal("100.0123456789", "DECIMAL(38, 10)"),
                            Decimal("200.0123456789012345678901234567", "DECIMAL(38, 28)")})),
            "300.024691358");
  auto half = Decimal("50000000000000000000000000000000000000", "DECIMAL(38, 0)");
  EXPECT_EQ(Show(Call("+", {half, half})), "NULL");
  auto small = Decimal("0.01", "DECIMAL(30, 20)");
  EXPECT_EQ(Show(Call("*", {small, small})), "0.00010000000000000");
  EXPECT_EQ(Show(Call("/", {Decimal("100000000000000000000", "DECIMAL(30, 0)"),
                            Decimal("0.000000000000001", "DECIMAL(30, 20)")})),
            "NULL");
  EXPECT_EQ(Show(Call("*", {Decimal("0.908", "DECIMAL(3, 3)"), Int(INT64_MIN, "BIGINT NOT NULL")})),
            "-8374821809464136433.664");
}

TEST(Arithmetic, Intervals) {
  ExprPtr day = Cast(Text("2020-01-31"), "DATE");
  ExprPtr month = MakeLiteral(Value::Int(1), TypeOf("INTERVAL MONTH(1)").NotNull());
  ExprPtr hour = MakeLiteral(Value::Int(3'600'000), TypeOf("INTERVAL HOUR(2)").NotNull());
  EXPECT_EQ(Show(Call("+", {day, month})), "2020-02-29");
  EXPECT_EQ(Show(Call("-", {day, month})), "2019-12-31");
  EXPECT_EQ(Show(Call("+", {hour, day})), "2020-01-31 01:00:00");
  EXPECT_EQ(Show(Call("-", {Cast(Text("00:30:00"), "TIME(0)"), hour})), "23:30:00");
  EXPECT_EQ(Show(Call("+", {Cast(Text("1969-12-31 23:30:00.123456789"), "TIMESTAMP(9)"), hour})),
            "1970-01-01 00:30:00.123456789");
  EXPECT_EQ(Show(Call("*", {hour, Int(3)})), "+0 03:00:00.000");
  EXPECT_EQ(Show(Call("-", {month})), "-0-01");
}

TEST(Comparison, MixedTypes) {
  EXPECT_EQ(Show(Call("=", {Int(1), Decimal("1.00", "DECIMAL(8, 2)")})), "TRUE");
  EXPECT_EQ(
      Show(Call("<", {Decimal("1.01", "DECIMAL(38, 2)"), Decimal("1.011", "DECIMAL(38, 37)")})),
      "TRUE");
  EXPECT_EQ(Show(Call("=", {Cast(Text("1996-11-10"), "DATE"), Text("1996-11-10")})), "TRUE");
  EXPECT_EQ(Show(Call("=", {Cast(Text("1996-11-10"), "DATE"), Cast(Text("no day"), "STRING")})),
            "NULL");
  EXPECT_NE(RefusalOf("=", {Text("invalid"), Cast(Text("1996-11-10"), "DATE")})
                .find("Error when casting CHAR(7) NOT NULL to DATE"),
            std::string::npos);
  EXPECT_NE(RefusalOf("=", {Null("STRING"), Null("TINYINT")})
                .find("implicit type conversion between VARCHAR and TINYINT is not supported now"),
            std::string::npos);
  EXPECT_EQ(Show(Call("IS DISTINCT FROM", {Null("INT"), Int(1)})), "TRUE");
  EXPECT_EQ(Show(Call("IS NOT DISTINCT FROM", {Null("INT"), Null("INT")})), "TRUE");
  EXPECT_EQ(Show(Call("=", {Call("MAP", {Int(1), Int(2), Int(3), Int(4)}),
                            Call("MAP", {Int(3), Int(4), Int(1), Int(2)})})),
            "TRUE");
}

TEST(Comparison, In) {
  EXPECT_EQ(Show(Call("IN", {Int(2), Int(1), Int(2)})), "TRUE");
  EXPECT_EQ(Show(Call("IN", {Int(3), Int(1), Null("INT")})), "NULL");
  EXPECT_EQ(Show(Call("IN", {Null("INT"), Int(1)})), "NULL");
  EXPECT_EQ(Show(Call("IN", {Text("TEST"), Text("west"), Text("TEST"), Text("rest")})), "TRUE");
  std::vector<ExprPtr> args = {MakeInput(0, DataType::BigInt())};
  for (int64_t i = 0; i < 100'000; ++i) args.push_back(Int(i * 3, "BIGINT NOT NULL"));
  auto program = Get(ExprProgram::Compile({Call("IN", args)}, Registry(), Config()));
  RowErrors errors;
  KernelContext context{TestPool(), &errors, 0, nullptr};
  Batch batch{4, {IntColumn({299'997, 299'998, -3, 3})}, nullptr};
  EXPECT_EQ(RowsText(*Get(program->Evaluate(batch, context))[0]), "TRUE; FALSE; FALSE; TRUE");
}

TEST(Logic, ThreeValues) {
  ExprPtr t = MakeLiteral(Value::Bool(true), DataType::Boolean()),
          f = MakeLiteral(Value::Bool(false), DataType::Boolean());
  ExprPtr n = Null("BOOLEAN");
  EXPECT_EQ(Show(Call("AND", {t, n, f})), "FALSE");
  EXPECT_EQ(Show(Call("AND", {t, n})), "NULL");
  EXPECT_EQ(Show(Call("OR", {f, n, t})), "TRUE");
  EXPECT_EQ(Show(Call("OR", {f, n})), "NULL");
  EXPECT_EQ(Show(Call("NOT", {n})), "NULL");
  EXPECT_EQ(Show(Call("IS NOT TRUE", {n})), "TRUE");
  EXPECT_EQ(Show(Call("IS UNKNOWN", {n})), "TRUE");
}

TEST(Conditional, TypesAndBranches) {
  ExprPtr yes = Call("=", {Int(1), Int(1)});
  EXPECT_EQ(TypeText(Call("CASE", {yes, Text("GREATER"), Text("SMALLER")})), "CHAR(7) NOT NULL");
  EXPECT_EQ(TypeText(Call("CASE", {yes, Text("EQUAL"), Text("SMALLER")})), "VARCHAR(7) NOT NULL");
  EXPECT_EQ(Show(Call("CASE", {yes, Int(3), Call("/", {Int(1), Int(0)})})), "3");
  EXPECT_EQ(TypeText(Call("COALESCE", {Null("BIGINT"), Int(1)})), "BIGINT NOT NULL");
  EXPECT_EQ(Show(Call("COALESCE", {Null("BIGINT"), Int(1), Call("/", {Int(1), Int(0)})})), "1");
  EXPECT_EQ(Show(Call("NULLIF", {Int(1), Decimal("1.0", "DECIMAL(8, 1)")})), "NULL");
  EXPECT_EQ(Show(Call("GREATEST", {Int(1), Int(3), Int(2)})), "3");
  EXPECT_EQ(Show(Call("LEAST", {Int(1), Null("INT")})), "NULL");
  EXPECT_NE(RefusalOf("LEAST", {Int(1), Cast(Text("hello"), "STRING")})
                .find("Invalid function call:\nLEAST(INT NOT NULL, STRING NOT NULL)"),
            std::string::npos);
}

TEST(Cast, Numbers) {
  EXPECT_EQ(Show(Cast(Decimal("9123.870", "DECIMAL(10, 3)"), "TINYINT")), "-93");
  EXPECT_EQ(Show(Cast(Double(9.234568e9), "INT")), "2147483647");
  EXPECT_EQ(Show(Cast(Double(-123.9), "SMALLINT")), "-123");
  EXPECT_EQ(Show(Cast(Int(12345), "DECIMAL(8, 4)")), "NULL");
  EXPECT_EQ(Show(Cast(Double(3.123456), "DECIMAL(8, 4)")), "3.1235");
  EXPECT_EQ(Show(Cast(Text(" .123 "), "DOUBLE")), "0.123");
  EXPECT_EQ(Show(Cast(Text("1.9"), "INT")), "1");
  EXPECT_EQ(Show(Cast(Text("-130"), "TINYINT")),
            "error: For input string: '-130'. It is no TINYINT");
  EXPECT_EQ(Show(TryCast(Text("non-numeric"), "BIGINT")), "NULL");
  EXPECT_EQ(Show(Cast(Int(5), "BOOLEAN")), "TRUE");
}

TEST(Cast, TextAndBytes) {
  EXPECT_EQ(Show(Cast(Text("foo"), "CHAR(5)")), "foo  ");
  EXPECT_EQ(Show(Cast(Text("Apache Flink"), "VARCHAR(3)")), "Apa");
  EXPECT_EQ(Show(Cast(Cast(Text("FLIÖK"), "STRING"), "VARCHAR(4)")), "FLIÖ");
  EXPECT_EQ(Show(Cast(Double(1e308), "VARCHAR(3)")), "1.0");
  EXPECT_EQ(Show(Cast(Cast(Text("f"), "BINARY(3)"), "STRING")), std::string("f\0\0", 3));
}

TEST(Cast, Times) {
  EXPECT_EQ(Show(Cast(Text("2021-09-27 12:34:56.123456789"), "TIMESTAMP(4)")),
            "2021-09-27 12:34:56.1234");
  EXPECT_EQ(Show(Cast(Cast(Text("1969-12-31 23:59:59.9999999"), "TIMESTAMP(7)"), "TIMESTAMP(3)")),
            "1969-12-31 23:59:59.999");
  EXPECT_EQ(Show(Cast(Cast(Text("2021-09-24 12:34:56.7"), "TIMESTAMP(3)"), "TIME(0)")), "12:34:56");
  Config().time_zone = "Asia/Shanghai";
  ExprPtr local = Cast(Cast(Text("2021-09-24 12:34:56"), "TIMESTAMP(0)"), "TIMESTAMP_LTZ(0)");
  EXPECT_EQ(Show(Cast(local, "STRING")), "2021-09-24 12:34:56");
  EXPECT_EQ(Show(local), "2021-09-24 04:34:56");
  EXPECT_EQ(Show(Cast(local, "DATE")), "2021-09-24");
  Config().time_zone = "UTC";
}

TEST(Cast, Nested) {
  ExprPtr array = Call("ARRAY", {Int(1), Null("INT"), Int(3)});
  EXPECT_EQ(Show(Cast(array, "ARRAY<STRING>")), "[1, NULL, 3]");
  EXPECT_EQ(Show(Cast(array, "STRING")), "[1, NULL, 3]");
  ExprPtr map = Call("MAP", {Text("a"), Int(2)});
  EXPECT_EQ(Show(TryCast(map, "MAP<INT, INT>")), "NULL");
  EXPECT_EQ(Show(Cast(map, "MAP<INT, INT>")), "error: For input string: 'a'. It is no INT");
  EXPECT_EQ(Show(Cast(Call("ROW", {Int(1), Text("12:34:56")}), "ROW<`a` TINYINT, `b` TIME(0)>")),
            "(1, 12:34:56)");
}

TEST(Cast, Refusals) {
  auto refusal = [](const char* from, const char* to) {
    return CheckExplicitCast(TypeOf(from), TypeOf(to)).message();
  };
  EXPECT_EQ(refusal("BYTES", "INT"),
            "Cast function cannot convert value of type BYTES to type INT");
  EXPECT_EQ(refusal("TIMESTAMP_LTZ(3)", "INT"),
            "The cast from TIMESTAMP_LTZ type to NUMERIC type is not allowed.");
  EXPECT_TRUE(CheckExplicitCast(TypeOf("INTERVAL MONTH(2)"), TypeOf("INT")).ok());
}

TEST(Math, Values) {
  EXPECT_EQ(Show(Call("ROUND", {Decimal("646.646", "DECIMAL(10, 3)"), Int(-2)})), "600");
  EXPECT_EQ(Show(Call("ROUND", {Decimal("646.646", "DECIMAL(10, 3)"), Int(-3)})), "1000");
  EXPECT_EQ(Show(Call("ROUND", {Decimal("99.99", "DECIMAL(4, 2)"), Int(1)})), "100.0");
  EXPECT_EQ(Show(Call("ROUND", {Decimal("99999999999999999999999999999999999999", "DECIMAL(38, 0)"),
                                Int(-1)})),
            "NULL");
  EXPECT_EQ(Show(Call("ROUND", {Double(-12.345), Int(2)})), "-12.35");
  EXPECT_EQ(Show(Call("TRUNCATE", {Int(42), Int(-1)})), "40");
  EXPECT_EQ(Show(Call("TRUNCATE", {Double(42.345), Int(2)})), "42.34");
  EXPECT_EQ(TypeText(Call("ROUND", {Null("DECIMAL(10, 5)"), Int(2)})), "DECIMAL(8, 2)");
  EXPECT_EQ(Show(Call("RAND", {Int(1)})), "0.7308781907032909");
  EXPECT_EQ(Show(Call("RAND_INTEGER", {Int(1), Int(10)})), "5");
  EXPECT_EQ(Show(Call("HEX", {Int(-1)})), "FFFFFFFFFFFFFFFF");
  EXPECT_EQ(Show(Call("BIN", {Int(12)})), "1100");
  EXPECT_EQ(Show(Cast(Call("UNHEX", {Text("466C696E6B")}), "STRING")), "Flink");
  EXPECT_EQ(Show(Call("UNHEX", {Text("z")})), "NULL");
  EXPECT_EQ(Show(Call("SIGN", {Decimal("-3.14", "DECIMAL(10, 2)")})), "-1.00");
  EXPECT_EQ(Show(Call("CEIL", {Decimal("-1231.12", "DECIMAL(10, 2)")})), "-1231");
}

TEST(Construction, Access) {
  ExprPtr array = Call("ARRAY", {Int(7), Int(8)});
  EXPECT_EQ(TypeText(array), "ARRAY<INT NOT NULL> NOT NULL");
  EXPECT_EQ(Show(Call("ITEM", {array, Int(2)})), "8");
  EXPECT_EQ(Show(Call("ITEM", {array, Int(3)})), "NULL");
  EXPECT_EQ(Show(Call("ITEM", {Call("MAP", {Text("a"), Int(1), Text("b"), Int(2)}), Text("b")})),
            "2");
  EXPECT_EQ(Show(MakeField(Call("ROW", {Int(1), Text("x")}), 1)), "x");
  EXPECT_NE(RefusalOf("ROW", {MakeLiteral(Value::Null(), DataType::Null())})
                .find("Illegal use of 'NULL'"),
            std::string::npos);
}

TEST(Registry, NearestName) {
  auto status = Registry().MakeCall("GRATEST", {Int(1)}, Config()).status();
  EXPECT_EQ(GetErrorInfo(status).hint, "did you mean GREATEST?");
}

// ---- Columns give what their rows give ----

class RandomExpressions {
 public:
  explicit RandomExpressions(uint64_t seed) : random_(seed) {}

  std::vector<DataType> MakeInputs() {
    static const char* kTypes[] = {"BOOLEAN",
                                   "TINYINT",
                                   "INT",
                                   "BIGINT",
                                   "FLOAT",
                                   "DOUBLE",
                                   "DECIMAL(9, 2)",
                                   "DECIMAL(38, 10)",
                                   "STRING",
                                   "CHAR(3)",
                                   "DATE",
                                   "TIME(3)",
                                   "TIMESTAMP(3)",
                                   "TIMESTAMP_LTZ(6)",
                                   "ARRAY<INT>",
                                   "ROW<`a` INT, `b` STRING>",
                                   "INTERVAL DAY(2) TO SECOND(3)",
                                   "MAP<STRING, BIGINT>"};
    inputs_.clear();
    for (const char* type : kTypes) inputs_.push_back(TypeOf(type));
    return inputs_;
  }

  ExprPtr Make(int depth) {
    for (int attempt = 0; attempt < 200; ++attempt) {
      ExprPtr made = depth == 0 ? Leaf() : Node(depth);
      if (made != nullptr) return made;
    }
    return Leaf();
  }

 private:
  ExprPtr Leaf() {
    size_t i = random_() % inputs_.size();
    if (random_() % 4 == 0) return MakeLiteral(RandomValue(inputs_[i], random_), inputs_[i]);
    return MakeInput(static_cast<int>(i), inputs_[i]);
  }

  ExprPtr Node(int depth) {
    static const char* kNames[] = {"+",
                                   "-",
                                   "*",
                                   "/",
                                   "%",
                                   "=",
                                   "<>",
                                   "<",
                                   ">=",
                                   "AND",
                                   "OR",
                                   "NOT",
                                   "CASE",
                                   "IF",
                                   "COALESCE",
                                   "NULLIF",
                                   "IS NULL",
                                   "IS TRUE",
                                   "IS DISTINCT FROM",
                                   "GREATEST",
                                   "LEAST",
                                   "ABS",
                                   "ROUND",
                                   "SQRT",
                                   "CEIL",
                                   "ROW",
                                   "ARRAY",
                                   "ITEM",
                                   "IN",
                                   "CAST",
                                   "CAST",
                                   "TRY_CAST"};
    std::string name = kNames[random_() % std::size(kNames)];
    if (name == "CAST" || name == "TRY_CAST") {
      ExprPtr arg = Make(depth - 1);
      DataType to = inputs_[random_() % inputs_.size()];
      if (!CheckExplicitCast(arg->type, to).ok()) return nullptr;
      return MakeCall(name, {arg}, to.AsNullable());
    }
    size_t count = name == "CASE" ? 5 : name == "IF" ? 3 : 1 + random_() % 3;
    std::vector<ExprPtr> args;
    for (size_t i = 0; i < count; ++i)
      args.push_back(Make(static_cast<int>(random_() % static_cast<uint64_t>(depth))));
    auto call = Registry().MakeCall(name, std::move(args), Config());
    return call.ok() ? *call : nullptr;
  }

  std::mt19937_64 random_;
  std::vector<DataType> inputs_;
};

/// The values of `expr` row by row, or the first error.
Result<std::vector<ColumnPtr>> RowByRow(const ExprPtr& expr, const Batch& batch) {
  std::vector<ColumnPtr> rows;
  auto program = ExprProgram::Compile({expr}, Registry(), Config());
  WEIR_RETURN_NOT_OK(program.status());
  RowErrors errors;
  KernelContext context{TestPool(), &errors, 0, nullptr};
  for (int64_t i = 0; i < batch.num_rows; ++i) {
    Batch row = Get(SliceBatch(batch, i, 1, TestPool()));
    for (ColumnPtr& column : row.columns) column = Get(Flatten(column, TestPool()));
    WEIR_ASSIGN_OR_RETURN(ColumnVector columns, (*program)->Evaluate(row, context));
    rows.push_back(columns[0]);
  }
  return rows;
}

TEST(Evaluator, ColumnsEqualRows) {
  int failing = 0, passing = 0;
  for (uint64_t seed = 1; seed <= 1500; ++seed) {
    RandomExpressions make(seed);
    std::mt19937_64 random(seed * 7919);
    Batch batch;
    batch.num_rows = static_cast<int64_t>(1 + random() % 100);
    for (const DataType& type : make.MakeInputs())
      batch.columns.push_back(RandomColumn(type, batch.num_rows, random));
    ExprPtr expr = make.Make(1 + static_cast<int>(seed % 4));
    auto program = ExprProgram::Compile({expr}, Registry(), Config());
    if (!program.ok()) {
      EXPECT_EQ(GetErrorInfo(program.status()).code, ErrorCode::kUnsupported)
          << program.status().ToString();
      continue;
    }
    RowErrors errors;
    KernelContext context{TestPool(), &errors, 0, nullptr};
    auto whole = (*program)->Evaluate(batch, context);
    auto rows = RowByRow(expr, batch);
    std::string text = "seed " + std::to_string(seed) + ": " + ExprToString(*expr, {});
    ASSERT_EQ(whole.ok(), rows.ok()) << text << "\n"
                                     << whole.status().ToString() << "\n"
                                     << rows.status().ToString();
    if (!whole.ok()) {
      ++failing;
      EXPECT_EQ(whole.status().message(), rows.status().message()) << text;
      continue;
    }
    ++passing;
    const ColumnPtr& column = (*whole)[0];
    ASSERT_EQ(column->length, batch.num_rows) << text;
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      ASSERT_TRUE(SameValue(*column, i, *(*rows)[static_cast<size_t>(i)], 0))
          << text << " row " << i << ": " << RowsText(*Get(Slice(column, i, 1, TestPool())))
          << " is not " << RowsText(*(*rows)[static_cast<size_t>(i)]);
    }
    if (expr->type.kind() != TypeKind::kBoolean) continue;
    std::vector<int32_t> selected, expected;
    ASSERT_TRUE((*program)->Filter(batch, 0, context, &selected).ok()) << text;
    for (int32_t i = 0; i < batch.num_rows; ++i) {
      if (!column->IsNull(i) && column->BoolAt(i)) expected.push_back(i);
    }
    EXPECT_EQ(selected, expected) << text;
  }
  EXPECT_GT(passing, 500);
  EXPECT_GT(failing, 20);
}

}  // namespace
}  // namespace weir
