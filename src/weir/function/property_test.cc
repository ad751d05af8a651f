// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Laws that every scalar function obeys, tried with random arguments of each: a column gives what
// its rows give one by one, whatever its encoding, its NULLs, its offset, and whether all rows or a
// selection of them reach the call. And: a cast and the cast back give the value again.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <optional>

#include "weir/data/random_column.h"
#include "weir/expr/evaluator.h"

namespace weir {
namespace {

const FunctionRegistry& Registry() {
  static const FunctionRegistry* registry = [] {
    auto* made = new FunctionRegistry();
    RegisterBuiltinFunctions(made);
    return made;
  }();
  return *registry;
}

FunctionConfig Config() {
  FunctionConfig config;
  config.time_zone = "Europe/Berlin";
  config.result_bytes_max = 1 << 16;
  return config;
}

const std::vector<std::string>& Texts() {
  static const std::vector<std::string> kTexts = {"",
                                                  "a",
                                                  "Ab cD",
                                                  "żółć ÄÖ 日本",
                                                  "12",
                                                  "-7.25",
                                                  "1e3",
                                                  "true",
                                                  "2024-02-29",
                                                  "2024-02-29 12:30:45",
                                                  "12:30:45",
                                                  "a,b=c,,d",
                                                  "%_\\%",
                                                  "[a-c]+",
                                                  "(a)(b)?",
                                                  "$.a[0].b",
                                                  "lax $.*",
                                                  "yyyy-MM-dd",
                                                  "HH:mm",
                                                  "UTC",
                                                  "Asia/Tokyo",
                                                  "utf-8",
                                                  "UTF-16LE",
                                                  "%s-%d",
                                                  "YWJj",
                                                  "41zz",
                                                  "4a4B",
                                                  "{\"a\": [{\"b\": 1}, null], \"c\": \"ż\"}",
                                                  "[1, \"x\"]",
                                                  "\"quoted\"",
                                                  "https://u:p@ex.org:80/p/a?k=v&x=%20#f",
                                                  "QUERY",
                                                  "HOST",
                                                  "a text that is longer than twelve bytes"};
  return kTexts;
}
/// Words that calls spell: units, sides, behaviours.
const std::vector<std::string>& Words() {
  static const std::vector<std::string> kWords = {
      "YEAR", "MONTH", "WEEK",   "DAY",   "HOUR",  "SECOND", "MILLENNIUM", "BOTH",        "LEADING",
      "NULL", "ERROR", "ABSENT", "FALSE", "VALUE", "ARRAY",  "WITHOUT",    "EMPTY ARRAY", "\\"};
  return kWords;
}

const std::vector<DataType>& Types() {
  static const std::vector<DataType>* types = [] {
    auto* made = new std::vector<DataType>();
    for (const char* text : {"BOOLEAN",
                             "TINYINT",
                             "INT",
                             "INT",
                             "BIGINT",
                             "FLOAT",
                             "DOUBLE",
                             "DECIMAL(9, 2)",
                             "DECIMAL(38, 10)",
                             "CHAR(3)",
                             "STRING",
                             "STRING",
                             "STRING",
                             "BYTES",
                             "BINARY(3)",
                             "DATE",
                             "TIME(3)",
                             "TIMESTAMP(3)",
                             "TIMESTAMP(9)",
                             "TIMESTAMP_LTZ(3)",
                             "TIMESTAMP_LTZ(9)",
                             "INTERVAL YEAR(2) TO MONTH",
                             "INTERVAL DAY(2) TO SECOND(3)",
                             "ARRAY<INT>",
                             "ARRAY<STRING>",
                             "ARRAY<ROW<`k` STRING, `v` INT>>",
                             "MAP<STRING, BIGINT>",
                             "MAP<INT, STRING>",
                             "MULTISET<STRING>",
                             "ROW<`a` INT, `b` STRING>"}) {
      made->push_back(TypeOf(text));
    }
    return made;
  }();
  return *types;
}

Value SomeValue(const DataType& type, std::mt19937_64& random) {
  bool is_text = type.kind() == TypeKind::kVarchar;
  if (!is_text || random() % 8 == 0) return RandomValue(type, random);
  return Value::String(Texts()[random() % Texts().size()]);
}

/// Flat, constant or through a dictionary, perhaps a slice of a longer one.
ColumnPtr SomeColumn(const DataType& type, int64_t length, std::mt19937_64& random) {
  if (type.kind() != TypeKind::kVarchar) return RandomColumn(type, length, random);
  int64_t offset = random() % 3 == 0 ? static_cast<int64_t>(random() % 70) : 0;
  auto flat = [&](int64_t n, bool nulls) {
    ValueList values;
    for (int64_t i = 0; i < n; ++i) {
      Value value = SomeValue(type, random);
      values.push_back(value.is_null() && !nulls ? Value::String("x") : std::move(value));
    }
    return ColumnOf("STRING", values);
  };
  ColumnPtr column;
  switch (random() % 3) {
    case 0:
      return Get(MakeConstant(SomeValue(type, random), type, length, TestPool()));
    case 1: {
      ColumnPtr dictionary = flat(6, false);
      std::vector<int32_t> indices;
      for (int64_t i = 0; i < length + offset; ++i)
        indices.push_back(static_cast<int32_t>(random() % 7) - 1);
      column = DictionaryColumn(dictionary, indices);
      break;
    }
    default:
      column = flat(length + offset, true);
  }
  return offset == 0 ? column : Get(Slice(column, offset, length, TestPool()));
}

/// A call of `function` with arguments that it takes: inputs, at times literals. Null: none found.
ExprPtr RandomCall(const ScalarFunction& function, std::mt19937_64& random) {
  size_t most = 1;
  for (const Overload& overload : function.overloads)
    most = std::max(most, overload.coerce ? size_t{4} : overload.args.size() + overload.variadic);
  for (int attempt = 0; attempt < 3000; ++attempt) {
    size_t count = random() % (most + 1);
    std::vector<ExprPtr> args;
    for (size_t i = 0; i < count; ++i) {
      size_t type = random() % Types().size();
      if (i > 0 && random() % 3 == 0) type = static_cast<size_t>(args[0]->index) % Types().size();
      const DataType& as = Types()[type];
      bool word = random() % 5 == 0;
      if (word) {
        const std::string& text = Words()[random() % Words().size()];
        args.push_back(MakeLiteral(Value::String(text),
                                   DataType::Char(static_cast<int>(text.size())).NotNull()));
      } else if (random() % 5 == 0) {
        args.push_back(MakeLiteral(SomeValue(as, random), as));
      } else {
        args.push_back(MakeInput(static_cast<int>(type), as));
      }
    }
    auto call = Registry().MakeCall(function.name, std::move(args), Config());
    if (call.ok() && ExprProgram::Compile({*call}, Registry(), Config()).ok()) return *call;
  }
  return nullptr;
}

struct Evaluated {
  Status status;
  ColumnPtr column;
};

Evaluated RunBatch(const ExprPtr& expr, const Batch& batch) {
  auto program = ExprProgram::Compile({expr}, Registry(), Config());
  if (!program.ok()) return {program.status(), nullptr};
  RowErrors errors;
  KernelContext context{TestPool(), &errors, 0, nullptr};
  auto columns = (*program)->Evaluate(batch, context);
  return columns.ok() ? Evaluated{Status::OK(), (*columns)[0]}
                      : Evaluated{columns.status(), nullptr};
}

/// The rows one at a time, flat; the first error ends it.
Evaluated RunRows(const ExprPtr& expr, const Batch& batch, std::vector<ColumnPtr>* rows) {
  for (int64_t i = 0; i < batch.num_rows; ++i) {
    Batch row = Get(SliceBatch(batch, i, 1, TestPool()));
    for (ColumnPtr& column : row.columns) column = Get(Flatten(column, TestPool()));
    Evaluated one = RunBatch(expr, row);
    if (!one.status.ok()) return one;
    rows->push_back(one.column);
  }
  return {};
}

/// Whether `expr` gives the same for the batch as for its rows; says what differs.
::testing::AssertionResult AgreesWithRows(const ExprPtr& expr, const Batch& batch, bool* failed) {
  Evaluated whole = RunBatch(expr, batch);
  std::vector<ColumnPtr> rows;
  Evaluated each = RunRows(expr, batch, &rows);
  std::string text = ExprToString(*expr, {});
  *failed = !each.status.ok();
  if (whole.status.message() != each.status.message()) {
    return ::testing::AssertionFailure() << text << "\nbatch: " << whole.status.ToString()
                                         << "\nrows:  " << each.status.ToString();
  }
  if (*failed) return ::testing::AssertionSuccess();
  for (int64_t i = 0; i < batch.num_rows; ++i) {
    const Column& row = *rows[static_cast<size_t>(i)];
    if (SameValue(*whole.column, i, row, 0)) continue;
    return ::testing::AssertionFailure()
           << text << "\nrow " << i << ": " << RowsText(*Get(Slice(whole.column, i, 1, TestPool())))
           << " is not " << RowsText(row);
  }
  return ::testing::AssertionSuccess();
}

Batch RandomBatch(std::mt19937_64& random) {
  Batch batch;
  batch.num_rows = static_cast<int64_t>(1 + random() % 130);
  for (const DataType& type : Types())
    batch.columns.push_back(SomeColumn(type, batch.num_rows, random));
  return batch;
}

/// Only some rows reach the call.
ExprPtr Guarded(const ExprPtr& call) {
  ExprPtr condition = MakeInput(0, Types()[0]);  // BOOLEAN
  return *Registry().MakeCall(
      "CASE", {condition, call, MakeLiteral(Value::Null(), call->type.AsNullable())}, Config());
}

TEST(EveryFunction, ColumnsEqualRows) {
  std::vector<std::string> untried;
  int calls = 0, failing = 0;
  for (const std::string& name : Registry().Names()) {
    const ScalarFunction* function = Registry().FindScalar(name);
    if (function == nullptr || !function->deterministic) continue;
    // These calls carry more than their arguments.
    if (name == "FIELD" || name == "CAST" || name == "TRY_CAST") continue;
    bool tried = false;
    for (uint64_t seed = 1; seed <= 6; ++seed) {
      std::mt19937_64 random(seed * 104'729 + std::hash<std::string>()(name));
      ExprPtr call = RandomCall(*function, random);
      if (call == nullptr) break;
      tried = true;
      ++calls;
      Batch batch = RandomBatch(random);
      bool failed = false;
      EXPECT_TRUE(AgreesWithRows(call, batch, &failed)) << name << ", seed " << seed;
      failing += failed ? 1 : 0;
      EXPECT_TRUE(AgreesWithRows(Guarded(call), batch, &failed)) << name << ", seed " << seed;
    }
    if (!tried) untried.push_back(name);
  }
  EXPECT_GT(calls, 1000);
  EXPECT_GT(failing, 20);
  EXPECT_LT(untried.size(), 25U) << ::testing::PrintToString(untried);
}

// ---- Casts ----

ExprPtr Cast(const ExprPtr& arg, const DataType& to) {
  return MakeCall("CAST", {arg}, to.WithNullable(true));
}

void ExpectRoundTrip(const char* from_text, const char* through_text, uint64_t seed) {
  DataType from = TypeOf(from_text), through = TypeOf(through_text);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20; ++round) {
    Batch batch;
    batch.num_rows = static_cast<int64_t>(1 + random() % 200);
    ColumnPtr column = RandomColumn(from, batch.num_rows, random);
    // What the type's precision does not hold is cut first.
    batch.columns = {column};
    ExprPtr input = MakeInput(0, from);
    Evaluated back = RunBatch(Cast(Cast(input, through), from), batch);
    ASSERT_TRUE(back.status.ok()) << from_text << " through " << through_text << ": "
                                  << back.status.ToString();
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      ASSERT_TRUE(SameValue(*back.column, i, *column, i))
          << from_text << " through " << through_text << ": "
          << RowsText(*Get(Slice(column, i, 1, TestPool()))) << " became "
          << RowsText(*Get(Slice(back.column, i, 1, TestPool())));
    }
  }
}

TEST(Casts, ThereAndBack) {
  static const char* kPairs[][2] = {
      {"BOOLEAN", "STRING"},
      {"TINYINT", "STRING"},
      {"SMALLINT", "STRING"},
      {"INT", "STRING"},
      {"BIGINT", "STRING"},
      {"FLOAT", "STRING"},
      {"DOUBLE", "STRING"},
      {"DECIMAL(9, 2)", "STRING"},
      {"DECIMAL(38, 10)", "STRING"},
      {"DATE", "STRING"},
      {"TIME(3)", "STRING"},
      {"TIMESTAMP(6)", "STRING"},
      {"TIMESTAMP(9)", "STRING"},
      {"CHAR(3)", "STRING"},
      {"STRING", "BYTES"},
      {"TINYINT", "SMALLINT"},
      {"SMALLINT", "INT"},
      {"INT", "BIGINT"},
      {"INT", "DOUBLE"},
      {"SMALLINT", "FLOAT"},
      {"FLOAT", "DOUBLE"},
      {"BIGINT", "DECIMAL(19, 0)"},
      {"DECIMAL(9, 2)", "DECIMAL(38, 10)"},
      {"DECIMAL(9, 2)", "DOUBLE"},
      {"DATE", "TIMESTAMP(3)"},
      {"TIMESTAMP(9)", "TIMESTAMP(9)"},
      {"TIMESTAMP_LTZ(9)", "TIMESTAMP_LTZ(9)"},
      {"TIMESTAMP(6)", "TIMESTAMP(7)"},
      {"ARRAY<INT>", "ARRAY<BIGINT>"},
      {"ARRAY<INT>", "ARRAY<STRING>"},
      {"MAP<STRING, BIGINT>", "MAP<STRING, STRING>"},
      {"ROW<`a` INT, `b` STRING>", "ROW<`x` BIGINT, `y` STRING>"},
  };
  uint64_t seed = 1;
  for (const auto& [from, through] : kPairs) ExpectRoundTrip(from, through, seed++);
}

TEST(Casts, InstantsThroughLocalTime) {
  // Not in the hour that comes twice: there the local time says too little.
  DataType instant = TypeOf("TIMESTAMP_LTZ(6)");
  ValueList values;
  for (int64_t day = -30'000; day < 60'000; day += 7)
    values.push_back(Value::Int(day * 86'400'000'000 + 43'200'000'001));
  Batch batch;
  batch.columns = {ColumnOf("TIMESTAMP_LTZ(6)", values)};
  batch.num_rows = batch.columns[0]->length;
  for (const char* through : {"TIMESTAMP(6)", "STRING"}) {
    Evaluated back = RunBatch(Cast(Cast(MakeInput(0, instant), TypeOf(through)), instant), batch);
    ASSERT_TRUE(back.status.ok()) << back.status.ToString();
    for (int64_t i = 0; i < batch.num_rows; ++i)
      ASSERT_TRUE(SameValue(*back.column, i, *batch.columns[0], i)) << through << " row " << i;
  }
}

TEST(Casts, NanosecondsReachAllYears) {
  for (const char* from : {"DATE", "TIMESTAMP(3)", "TIMESTAMP_LTZ(6)"}) {
    for (const char* to : {"TIMESTAMP(9)", "TIMESTAMP_LTZ(7)"}) {
      for (int64_t days : {-719'162, -106'760, -1, 106'760, 2'932'896}) {
        int64_t value = from[0] == 'D' ? days : days * 86'400'000'000;
        Batch batch;
        batch.num_rows = 2;
        batch.columns = {ColumnOf(from, {Value::Int(0), Value::Int(value)})};
        DataType type = TypeOf(from);
        Evaluated back = RunBatch(Cast(Cast(MakeInput(0, type), TypeOf(to)), type), batch);
        ASSERT_TRUE(back.status.ok()) << back.status.ToString();
        EXPECT_TRUE(SameValue(*back.column, 1, *batch.columns[0], 1))
            << from << " " << days << " to " << to;
      }
    }
  }
}

// ---- Quick ways beside slow ones ----

TEST(Quick, QuotientsOfWholeNumbers) {
  std::mt19937_64 random(7);
  std::vector<int64_t> a, b;
  for (int i = 0; i < 20'000; ++i) {
    int bits = static_cast<int>(random() % 52);
    auto number = [&] {
      auto value = static_cast<int64_t>(random() & ((uint64_t{1} << bits) - 1));
      return random() % 2 == 0 ? value : -value;
    };
    int64_t divisor = number();
    if (divisor == 0) divisor = 1;
    // Near a multiple a rounding error would show.
    int64_t dividend = random() % 2 == 0 ? number() : divisor * (number() % 1000) - 1;
    a.push_back(dividend);
    b.push_back(divisor);
  }
  DataType type = TypeOf("BIGINT");
  for (int64_t extreme : {int64_t{0}, int64_t{1} << 51, INT64_MAX, INT64_MIN}) {
    if (extreme != 0) a[17] = extreme;  // Then the slow way has to serve.
    Batch batch;
    batch.num_rows = static_cast<int64_t>(a.size());
    batch.columns = {IntColumn(a), IntColumn(b)};
    for (const char* name : {"/", "%"}) {
      ExprPtr call = *Registry().MakeCall(name, {MakeInput(0, type), MakeInput(1, type)}, Config());
      Evaluated result = RunBatch(call, batch);
      ASSERT_TRUE(result.status.ok()) << result.status.ToString();
      for (size_t i = 0; i < a.size(); ++i) {
        int64_t expected =
            b[i] == -1 ? (*name == '/' ? static_cast<int64_t>(0 - static_cast<uint64_t>(a[i])) : 0)
                       : (*name == '/' ? a[i] / b[i] : a[i] % b[i]);
        ASSERT_EQ(result.column->At<int64_t>(static_cast<int64_t>(i)), expected)
            << a[i] << " " << name << " " << b[i];
      }
    }
  }
}

TEST(Quick, DoublesOfBigints) {
  std::mt19937_64 random(3);
  std::vector<int64_t> values = {0, 1, -1, INT64_MAX, INT64_MIN, INT32_MIN, (int64_t{1} << 53) + 1};
  for (int i = 0; i < 20'000; ++i)
    values.push_back(static_cast<int64_t>(random()) >> random() % 64);
  Batch batch;
  batch.columns = {IntColumn(values)};
  batch.num_rows = batch.columns[0]->length;
  Evaluated result = RunBatch(Cast(MakeInput(0, TypeOf("BIGINT")), TypeOf("DOUBLE")), batch);
  ASSERT_TRUE(result.status.ok()) << result.status.ToString();
  for (size_t i = 0; i < values.size(); ++i)
    ASSERT_EQ(result.column->At<double>(static_cast<int64_t>(i)), static_cast<double>(values[i]));
}

/// Half up by the decimal text; empty where the text has an exponent.
std::optional<double> RoundedText(double value, int digits) {
  std::string text = fmt::format("{}", std::abs(value));
  if (text.find('e') != std::string::npos) return std::nullopt;
  size_t point = text.find('.');
  if (point == std::string::npos || text.size() - point - 1 <= static_cast<size_t>(digits))
    return value;
  bool up = text[point + 1 + static_cast<size_t>(digits)] >= '5';
  std::string kept = text.substr(0, point) + text.substr(point + 1, static_cast<size_t>(digits));
  int64_t whole = std::stoll(kept) + (up ? 1 : 0);
  double rounded = std::stod(fmt::format("{}e-{}", whole, digits));
  return rounded == 0 ? 0 : std::copysign(rounded, value);
}

TEST(Quick, RoundsAsTheTextDoes) {
  std::mt19937_64 random(11);
  DataType type = TypeOf("DOUBLE");
  for (int digits = 0; digits <= 6; ++digits) {
    ValueList values;
    for (int i = 0; i < 5'000; ++i) {
      auto number = static_cast<double>(static_cast<int64_t>(random() % 20'000'001) - 10'000'000);
      switch (random() % 3) {
        case 0:  // Often a tie.
          values.push_back(Value::Double(number / std::pow(10, random() % 8)));
          break;
        case 1:
          values.push_back(Value::Double(std::nextafter(number / 1000, random() % 2 ? 1e9 : -1e9)));
          break;
        default:
          values.push_back(Value::Double(number / 7));
      }
    }
    Batch batch;
    batch.columns = {ColumnOf("DOUBLE", values)};
    batch.num_rows = batch.columns[0]->length;
    ExprPtr call = *Registry().MakeCall(
        "ROUND", {MakeInput(0, type), MakeLiteral(Value::Int(digits), TypeOf("INT NOT NULL"))},
        Config());
    Evaluated result = RunBatch(call, batch);
    ASSERT_TRUE(result.status.ok()) << result.status.ToString();
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      double value = values[static_cast<size_t>(i)].double_value();
      if (auto expected = RoundedText(value, digits)) {
        ASSERT_EQ(result.column->At<double>(i), *expected)
            << fmt::format("ROUND({}, {})", value, digits);
      }
    }
  }
}

/// A document, at times with something wrong.
std::string RandomJson(std::mt19937_64& random, int depth) {
  static const char* kNames[] = {"a", "b", "ab", "ż", "longer name", ""};
  static const char* kScalars[] = {
      "1",    "-2.5e3", "true",  "null", "\"x\"",   "\"żółć and more of it\"",
      "\"\"", "0",      "false", "17",   "\"\\n\"", "\"\\u017c\""};
  uint64_t kind = depth == 0 ? 0 : depth == 3 ? 1 : random() % 3;
  if (kind == 0) return kScalars[random() % std::size(kScalars)];
  std::string text(1, kind == 1 ? '{' : '[');
  for (uint64_t i = random() % 4; i > 0; --i) {
    if (text.size() > 1) text += random() % 3 == 0 ? " , " : ",";
    if (kind == 1) text += fmt::format("\"{}\": ", kNames[random() % std::size(kNames)]);
    text += RandomJson(random, depth - 1);
  }
  text += kind == 1 ? '}' : ']';
  if (random() % 20 == 0) text.erase(random() % text.size(), 1);
  if (random() % 50 == 0) text.insert(random() % text.size(), "01");
  return text;
}

TEST(Quick, JsonValuesAsTheTreeFindsThem) {
  std::mt19937_64 random(13);
  DataType type = TypeOf("STRING");
  int found = 0;
  for (const char* path :
       {"$.a", "$.b.a", "lax $.a[0]", "$[1]", "$.a.b.ab", "lax $['longer name'].ż"}) {
    ValueList values;
    for (int i = 0; i < 4'000; ++i) values.push_back(Value::String(RandomJson(random, 3)));
    Batch batch;
    batch.columns = {ColumnOf("STRING", values)};
    batch.num_rows = batch.columns[0]->length;
    auto text = [](const char* word) {
      return MakeLiteral(Value::String(word),
                         DataType::Char(static_cast<int>(std::strlen(word))).NotNull());
    };
    ExprPtr document = MakeInput(0, type);
    Evaluated quick =
        RunBatch(*Registry().MakeCall("JSON_VALUE", {document, text(path)}, Config()), batch);
    ExprPtr none = MakeLiteral(Value::Null(), type);
    Evaluated tree = RunBatch(*Registry().MakeCall("JSON_QUERY",
                                                   {document, text(path), text("UNCONDITIONAL"),
                                                    text("NULL"), text("NULL"), none},
                                                   Config()),
                              batch);
    ASSERT_TRUE(quick.status.ok() && tree.status.ok())
        << quick.status.ToString() << tree.status.ToString();
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      std::string wrapped =
          tree.column->IsNull(i) ? "" : std::string(tree.column->At<StringView>(i).view());
      bool is_scalar =
          wrapped.size() > 2 && wrapped[1] != '[' && wrapped[1] != '{' && wrapped != "[null]";
      ASSERT_EQ(!quick.column->IsNull(i), is_scalar)
          << values[static_cast<size_t>(i)].string_value() << " " << path << " " << wrapped;
      if (!is_scalar) continue;
      ++found;
      std::string inner = wrapped.substr(1, wrapped.size() - 2);
      if (inner.find('\\') != std::string::npos) continue;
      if (inner[0] == '"') inner = inner.substr(1, inner.size() - 2);
      EXPECT_EQ(quick.column->At<StringView>(i).view(), inner)
          << values[static_cast<size_t>(i)].string_value();
    }
  }
  EXPECT_GT(found, 150);
}

}  // namespace
}  // namespace weir
