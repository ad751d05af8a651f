// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Texts of any bytes as values: dates, times, timestamps, decimals, numbers, intervals, types, JSON
// paths over JSON documents, regular expressions, variants. No crash, and what is read and printed
// is read to the same value again. The first byte says which reader gets the rest; readers of two
// texts split them at the first zero byte.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "weir/base/check.h"
#include "weir/data/text.h"
#include "weir/data/type.h"
#include "weir/data/variant.h"
#include "weir/expr/evaluator.h"
#include "weir/expr/expression.h"
#include "weir/expr/function_registry.h"

namespace {

using namespace weir;

const FunctionRegistry& Registry() {
  static const FunctionRegistry* registry = [] {
    auto* all = new FunctionRegistry();
    RegisterBuiltinFunctions(all);
    return all;
  }();
  return *registry;
}

ExprPtr Text(std::string_view text) {
  return MakeLiteral(Value::String(std::string(text)), DataType::String());
}

/// Evaluates `function` over the texts; errors of the texts are results like others.
void Call(const char* function, std::vector<ExprPtr> args) {
  FunctionConfig config;
  config.regex_steps_max = 10'000;
  config.result_bytes_max = 1 << 20;
  Result<ExprPtr> call = Registry().MakeCall(function, std::move(args), config);
  if (call.ok()) (void)EvaluateConstant(*call, Registry(), config);
}

/// A text that becomes a value is printed; the printed text becomes the same printed text.
void RoundTrip(const DataType& type, std::string_view text) {
  FunctionConfig config;
  auto cast = [&](const ExprPtr& from, const DataType& to) -> Result<Value> {
    return EvaluateConstant(MakeCall("TRY_CAST", {from}, to), Registry(), config);
  };
  Result<Value> value = cast(Text(text), type);
  if (!value.ok() || value->is_null()) return;
  Result<Value> printed = cast(MakeLiteral(*value, type), DataType::String());
  WEIR_CHECK(printed.ok() && !printed->is_null(), "a value that was read is not printed");
  Result<Value> again = cast(Text(printed->string_value()), type);
  WEIR_CHECK(again.ok() && !again->is_null(), "a printed value is not read");
  Result<Value> printed_again = cast(MakeLiteral(*again, type), DataType::String());
  WEIR_CHECK(printed_again.ok() && printed_again->string_value() == printed->string_value(),
             "a value changes by being printed and read");
}

/// JSON that becomes a variant is printed as JSON that prints the same again. (The first time -0e0
/// becomes -0.0, which is read as the DECIMAL 0.0.)
void VariantRoundTrip(std::string_view json) {
  std::string bytes, printed;
  for (int round = 0; round < 3; ++round) {
    VariantBuilder builder(VariantBuilder::DuplicateKeys::kKeepLast);
    bytes.clear();
    bool is_read =
        ParseVariantJson(round == 0 ? json : printed, &builder).ok() && builder.Finish(&bytes).ok();
    WEIR_CHECK(is_read || round == 0, "printed JSON is not read");
    if (!is_read) return;
    WEIR_CHECK(!IsValidUtf8(json) || ValidateVariant(bytes).ok(), "a variant of ours is malformed");
    std::string last = std::move(printed);
    printed.clear();
    AppendVariantJson(bytes, &printed);
    WEIR_CHECK(round < 2 || printed == last, "a variant changes by being printed and read");
  }
}

/// Any bytes as a variant: reading is safe, and what passes the check is copied and printed alike.
void ReadVariant(std::string_view bytes) {
  auto variant = Variant::Open(bytes);
  if (!variant) return;
  (void)variant->Find("a");
  (void)variant->element(0).element(1).text();
  if (!ValidateVariant(bytes).ok()) return;
  std::string printed, copy;
  AppendVariantJson(bytes, &printed);
  VariantBuilder builder(VariantBuilder::DuplicateKeys::kKeepLast);
  builder.AddVariant(*variant);
  if (!builder.Finish(&copy).ok()) return;
  WEIR_CHECK(ValidateVariant(copy).ok(), "a copied variant is malformed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || size > 4096) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  size_t zero = text.find('\0');
  std::string_view first = text.substr(0, zero);
  std::string_view second =
      zero == std::string_view::npos ? std::string_view() : text.substr(zero + 1);
  constexpr const char* kTypes[] = {
      "DATE",    "TIME(0)", "TIMESTAMP(3)", "TIMESTAMP(9)",   "TIMESTAMP_LTZ(3)",
      "BOOLEAN", "INT",     "BIGINT",       "DECIMAL(38, 6)", "DECIMAL(18, 9)",
      "FLOAT",   "DOUBLE",  "TINYINT",      "TIME(3)"};
  constexpr size_t kNumTypes = std::size(kTypes);
  size_t choice = data[0] % (kNumTypes + 10);
  if (choice < kNumTypes) {
    Result<DataType> type = ParseTypeString(kTypes[choice]);
    WEIR_CHECK(type.ok(), "a type of this program");
    RoundTrip(*type, text);
    return 0;
  }
  switch (choice - kNumTypes) {
    case 0: {
      Result<DataType> type = ParseTypeString(text);
      if (type.ok()) {
        Result<DataType> again = ParseTypeString(type->ToString());
        WEIR_CHECK(again.ok() && *again == *type, "a printed type is another one");
      }
      break;
    }
    case 1:
      Call("REGEXP", {Text(first), Text(second)});
      break;
    case 2:
      Call("REGEXP_REPLACE", {Text(first), Text(second), Text("-")});
      break;
    case 3:
      Call("IS JSON", {Text(text), Text("VALUE")});
      break;
    case 4:
      Call("JSON_EXISTS", {Text(first), Text(second), Text("ERROR")});
      break;
    case 5:
      Call("JSON_UNQUOTE", {Text(text)});
      break;
    case 6:
      Call("TO_TIMESTAMP", {Text(first), Text(second)});
      break;
    case 7:
      Call("LIKE", {Text(first), Text(second)});
      break;
    case 8:
      VariantRoundTrip(text);
      break;
    case 9:
      ReadVariant(text);
      break;
  }
  return 0;
}
