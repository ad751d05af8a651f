// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Random typed expressions over random columns, both made from the input's bytes. No crash; and
// every expression gives the same values and errors whether it runs over the whole batch, next to
// others, or over one row after the other.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "weir/base/check.h"
#include "weir/data/batch.h"
#include "weir/data/text.h"
#include "weir/expr/evaluator.h"
#include "weir/expr/expression.h"
#include "weir/expr/function_registry.h"

namespace {

using namespace weir;

constexpr const char* kTypes[] = {"BOOLEAN",
                                  "INT",
                                  "BIGINT",
                                  "DOUBLE",
                                  "STRING",
                                  "DECIMAL(9, 2)",
                                  "DATE",
                                  "TIMESTAMP(3)",
                                  "TINYINT",
                                  "TIMESTAMP_LTZ(3)",
                                  "TIME(0)",
                                  "BYTES",
                                  "ARRAY<INT>",
                                  "ARRAY<STRING>",
                                  "DECIMAL(38, 0)",
                                  "MAP<STRING, INT>",
                                  "FLOAT",
                                  "INTERVAL YEAR TO MONTH",
                                  "INTERVAL DAY TO SECOND(3)"};
constexpr int kNumColumns = 6;
constexpr int kNodesMax = 24;

const FunctionRegistry& Registry() {
  static const FunctionRegistry* registry = [] {
    auto* all = new FunctionRegistry();
    RegisterBuiltinFunctions(all);
    return all;
  }();
  return *registry;
}

/// Functions whose calls give the same for the same arguments.
const std::vector<std::string>& Functions() {
  static const std::vector<std::string>* names = [] {
    auto* all = new std::vector<std::string>();
    for (const std::string& name : Registry().Names()) {
      const ScalarFunction* function = Registry().FindScalar(name);
      if (function != nullptr && function->deterministic && name[0] != '$')
        all->push_back(function->name);
    }
    return all;
  }();
  return *names;
}

/// The input as a stream of small numbers; zeros once it has ended.
class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  bool at_end() const { return next_ >= size_; }
  uint8_t Next() { return at_end() ? 0 : data_[next_++]; }
  size_t Below(size_t n) { return n == 0 ? 0 : (n <= 256 ? Next() : Next() * 256u + Next()) % n; }

 private:
  const uint8_t* data_;
  size_t size_;
  size_t next_ = 0;
};

DataType Type(const char* text) {
  Result<DataType> type = ParseTypeString(text);
  WEIR_CHECK(type.ok(), "a type of this program");
  return *type;
}

int64_t Integer(Bytes* bytes, int64_t low, int64_t high) {
  switch (bytes->Next() % 6) {
    case 0:
      return low;
    case 1:
      return high;
    case 2:
      return 0;
    case 3:
      return std::max(low, int64_t{-1});
    case 4:
      return std::min(high, int64_t{bytes->Next()});
    default:
      return std::min(high, int64_t{bytes->Next()} * 1'000'003);
  }
}

Value RandomValue(const DataType& type, Bytes* bytes) {
  uint8_t choice = bytes->Next();
  if (type.nullable() && choice % 8 == 0) return Value::Null();
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return Value::Bool(choice & 1);
    case TypeKind::kTinyInt:
      return Value::Int(Integer(bytes, INT8_MIN, INT8_MAX));
    case TypeKind::kInt:
      return Value::Int(Integer(bytes, INT32_MIN, INT32_MAX));
    case TypeKind::kBigInt:
      return Value::Int(Integer(bytes, INT64_MIN, INT64_MAX));
    case TypeKind::kDate:
      return Value::Int(Integer(bytes, -719162, 2932896));
    case TypeKind::kTime:
      return Value::Int(Integer(bytes, 0, 86'399) * 1000);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return Value::Ticks(
          Int128{Integer(bytes, -62'135'596'800, 253'402'300'799)} * type.ticks_per_second(), type);
    case TypeKind::kFloat:
    case TypeKind::kDouble: {
      constexpr double kValues[] = {0.0, -0.0, 1.5, -2.25, 1e30, -1e-30, HUGE_VAL, -HUGE_VAL, NAN};
      return Value::Double(kValues[choice % std::size(kValues)]);
    }
    case TypeKind::kDecimal:
      return Value::Decimal(Int128(Integer(bytes, -999'999'999, 999'999'999)));
    case TypeKind::kVarchar: {
      constexpr const char* kValues[] = {"",
                                         "a",
                                         "äöü ß",
                                         "12",
                                         "-1.5e3",
                                         "2024-02-29",
                                         "2024-02-29 12:34:56.789",
                                         "{\"a\": [1, null]}",
                                         "$.a",
                                         "(a+)+$",
                                         "yyyy-MM-dd",
                                         "a,b;c=d",
                                         "日本語 text that is longer than inline",
                                         "%x_",
                                         "UTF-8",
                                         "[[",
                                         "http://a.b/c?d=e#f"};
      if (choice % 4 != 3) return Value::String(kValues[bytes->Below(std::size(kValues))]);
      std::string text;
      for (size_t n = bytes->Below(12); n > 0; --n) text += static_cast<char>(bytes->Next() & 0x7f);
      return Value::String(std::move(text));
    }
    case TypeKind::kArray: {
      ValueList list;
      for (size_t n = choice % 4; n > 0; --n) list.push_back(RandomValue(type.element(), bytes));
      return Value::List(std::move(list));
    }
    default:
      return type.nullable() ? Value::Null() : Value::Int(Integer(bytes, -1000, 1000));
  }
}

struct Input {
  std::vector<DataType> types;
  Batch batch;
};

Result<Input> MakeInputs(Bytes* bytes) {
  Input input;
  int64_t num_rows = 1 + bytes->Next() % 9;
  for (int c = 0; c < kNumColumns; ++c) {
    DataType type = Type(kTypes[bytes->Below(std::size(kTypes))]);
    auto builder = ColumnBuilder::Make(type, arrow::default_memory_pool());
    bool constant = bytes->Next() % 5 == 0;
    Value value = RandomValue(type, bytes);
    for (int64_t row = 0; row < num_rows; ++row) {
      WEIR_RETURN_NOT_OK(builder->AppendValue(value));
      if (!constant) value = RandomValue(type, bytes);
    }
    WEIR_ASSIGN_OR_RETURN(ColumnPtr column, builder->Finish());
    if (constant) {
      WEIR_ASSIGN_OR_RETURN(
          column, MakeConstant(GetValue(*column, 0), type, num_rows, arrow::default_memory_pool()));
    }
    input.types.push_back(type);
    input.batch.columns.push_back(std::move(column));
  }
  input.batch.num_rows = num_rows;
  return input;
}

/// Expressions grow from a pool of which any may become an argument; a call that does not type is
/// dropped.
std::vector<ExprPtr> MakeExpressions(const Input& input, const FunctionConfig& config,
                                     Bytes* bytes) {
  std::vector<ExprPtr> pool;
  for (int c = 0; c < kNumColumns; ++c)
    pool.push_back(MakeInput(c, input.types[static_cast<size_t>(c)]));
  for (int n = 0; n < 4; ++n) {
    DataType type = Type(kTypes[bytes->Below(12)]);
    pool.push_back(MakeLiteral(RandomValue(type, bytes), type));
  }
  for (int n = 0; n < kNodesMax && !bytes->at_end(); ++n) {
    const std::string& name = Functions()[bytes->Below(Functions().size())];
    size_t num_args = bytes->Next() % 5;
    std::vector<ExprPtr> args;
    for (size_t a = 0; a < num_args; ++a) args.push_back(pool[bytes->Below(pool.size())]);
    if (name == "CAST" || name == "TRY_CAST") {
      DataType target = Type(kTypes[bytes->Below(std::size(kTypes))]);
      if (args.size() == 1 && CanExplicitlyCast(args[0]->type, target))
        pool.push_back(MakeCall(name, args, target));
      continue;
    }
    Result<ExprPtr> call = Registry().MakeCall(name, std::move(args), config);
    if (call.ok()) pool.push_back(*call);
  }
  return std::vector<ExprPtr>(pool.begin() + kNumColumns + 4, pool.end());
}

/// The rows as texts, or the error's.
std::string Show(const Column& column, int64_t row) {
  std::string text;
  AppendValueText(column, row, TextStyle::kCast, nullptr, &text);
  return text;
}

Result<ColumnVector> Run(const std::vector<ExprPtr>& exprs, const FunctionConfig& config,
                         const Batch& batch) {
  WEIR_ASSIGN_OR_RETURN(auto program, ExprProgram::Compile(exprs, Registry(), config));
  RowErrors errors;
  uint64_t random_state = 1;
  KernelContext context{arrow::default_memory_pool(), &errors, 0, &random_state};
  return program->Evaluate(batch, context);
}

void CheckRows(const ExprPtr& expr, const FunctionConfig& config, const Batch& batch) {
  Result<ColumnVector> whole = Run({expr}, config, batch);
  bool any_failed = false;
  for (int64_t row = 0; row < batch.num_rows; ++row) {
    Result<Batch> slice = SliceBatch(batch, row, 1, arrow::default_memory_pool());
    WEIR_CHECK(slice.ok(), "a slice");
    Result<ColumnVector> single = Run({expr}, config, *slice);
    any_failed |= !single.ok();
    if (!whole.ok() || !single.ok()) continue;
    if (Show(*(*whole)[0], row) != Show(*(*single)[0], 0)) {
      std::string text = ExprToString(*expr, {}) + " row " + std::to_string(row) + ": " +
                         Show(*(*whole)[0], row) + " in a batch, " + Show(*(*single)[0], 0) +
                         " alone";
      fprintf(stderr, "%s\n", text.c_str());
      WEIR_CHECK(false, "a value depends on the rows beside it");
    }
  }
  if (whole.ok() == any_failed) {
    fprintf(stderr, "%s: %s\n", ExprToString(*expr, {}).c_str(), whole.status().ToString().c_str());
    WEIR_CHECK(false, "an error depends on the rows beside it");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 2048) return 0;
  Bytes bytes(data, size);
  FunctionConfig config;
  config.regex_steps_max = 10'000;
  config.result_bytes_max = 1 << 16;
  Result<Input> input = MakeInputs(&bytes);
  if (!input.ok()) return 0;
  std::vector<ExprPtr> exprs = MakeExpressions(*input, config, &bytes);
  if (exprs.empty()) return 0;
  Result<ColumnVector> all = Run(exprs, config, input->batch);
  for (size_t i = 0; i < exprs.size(); ++i) CheckRows(exprs[i], config, input->batch);
  if (!all.ok()) return 0;
  for (size_t i = 0; i < exprs.size(); ++i) {
    Result<ColumnVector> alone = Run({exprs[i]}, config, input->batch);
    WEIR_CHECK(alone.ok(), "an error appears only alone");
    for (int64_t row = 0; row < input->batch.num_rows; ++row) {
      bool same = Show(*(*all)[i], row) == Show(*(*alone)[0], row);
      if (!same) fprintf(stderr, "%s\n", ExprToString(*exprs[i], {}).c_str());
      WEIR_CHECK(same, "a value depends on the expressions beside it");
    }
  }
  return 0;
}
