// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// = <> < <= > >=, IS [NOT] DISTINCT FROM, IN.
// Numbers are compared at their common type (DECIMALs exactly, whatever their scales). A text
// beside a date, time or timestamp is read as one; beside a number it is refused. Arrays, maps and
// rows know only = and <>. Source: Flink documentation, "System Functions", comparison;
// ScalarOperatorGens' behaviour for implicit conversions.
#include "weir/expr/evaluator.h"
#include "weir/function/compare_kernels.h"
#include "weir/function/families.h"

namespace weir {
namespace {

bool IsDatetime(const DataType& type) {
  return type.kind() == TypeKind::kDate || type.kind() == TypeKind::kTime || type.is_timestamp();
}

/// A type's name without its parameters, as Flink's message about strings wants it.
std::string RootName(const DataType& type) {
  if (type.kind() == TypeKind::kInt) return "INTEGER";
  if (type.kind() == TypeKind::kVarchar) return "VARCHAR";
  std::string name = type.AsNullable().ToString();
  return name.substr(0, name.find('('));
}

Status CannotCompare(const DataType& a, const DataType& b) {
  return InvalidQuery("Cannot compare {} with {}", a.ToString(), b.ToString());
}

/// Finds the types at which a and b are compared.
Status CoerceComparison(Comparison op, std::vector<DataType>* types) {
  DataType &a = (*types)[0], &b = (*types)[1];
  if (a.kind() == TypeKind::kNull && b.kind() == TypeKind::kNull) {
    a = b = DataType::Boolean();
    return Status::OK();
  }
  if (a.kind() == TypeKind::kNull) a = b.AsNullable();
  if (b.kind() == TypeKind::kNull) b = a.AsNullable();
  bool equality = op == Comparison::kEqual || op == Comparison::kNotEqual;
  if (!equality && (a.is_nested() || b.is_nested() || a.kind() == TypeKind::kVariant))
    return CannotCompare(a, b);
  if (a.is_structured() && b.is_structured() && a.class_name() != b.class_name()) {
    return InvalidQuery("Incompatible structured types: '{}' and '{}'", a.class_name(),
                        b.class_name());
  }
  if ((a.is_character() && b.is_numeric()) || (a.is_numeric() && b.is_character())) {
    return InvalidQuery("implicit type conversion between {} and {} is not supported now",
                        RootName(a), RootName(b));
  }
  bool decimals = (a.is_decimal() || b.is_decimal()) && !a.is_approximate() && !b.is_approximate();
  if (decimals && a.is_numeric() && b.is_numeric()) {
    a = AsDecimal(a);
    b = AsDecimal(b);
    return Status::OK();
  }
  if ((a.is_character() && b.is_character()) || (a.is_binary() && b.is_binary()))
    return Status::OK();
  if (a.is_character() && (IsDatetime(b) || b.kind() == TypeKind::kBoolean || b.is_interval())) {
    a = b.WithNullable(a.nullable());
    return Status::OK();
  }
  if (b.is_character() && (IsDatetime(a) || a.kind() == TypeKind::kBoolean || a.is_interval())) {
    b = a.WithNullable(b.nullable());
    return Status::OK();
  }
  // A day beside a number is an interval's business, not a comparison's.
  if (a.is_numeric() != b.is_numeric() || IsDatetime(a) != IsDatetime(b))
    return CannotCompare(a, b);
  auto common = CommonType({a, b});
  if (!common) return CannotCompare(a, b);
  a = common->WithNullable(a.nullable());
  b = common->WithNullable(b.nullable());
  return Status::OK();
}

/// `text` as a value of `type`: a literal must be one; what is not one otherwise is NULL.
Result<ExprPtr> ReadText(const FunctionRegistry& registry, const FunctionConfig& config,
                         const ExprPtr& text, const DataType& type) {
  if (!text->is_literal()) return MakeCall("TRY_CAST", {text}, type.AsNullable());
  DataType wanted = type.WithNullable(text->type.nullable());
  auto value = EvaluateConstant(MakeCast(text, wanted), registry, config);
  if (value.ok()) return MakeLiteral(*value, wanted);
  return InvalidQuery("Error when casting {} to {}", text->type.ToString(),
                      type.AsNullable().ToString());
}

/// text = datetime: reads the text.
Result<ExprPtr> ExpandEquality(const char* name, const FunctionRegistry& registry,
                               std::vector<ExprPtr> args, const FunctionConfig& config) {
  for (size_t i = 0; i < 2; ++i) {
    const DataType &type = args[i]->type, &other = args[1 - i]->type;
    if (!type.is_character() || !IsDatetime(other)) continue;
    WEIR_ASSIGN_OR_RETURN(args[i], ReadText(registry, config, args[i], other));
    return registry.MakeCall(name, std::move(args), config);
  }
  return ExprPtr();
}

/// IS DISTINCT FROM: NULL is a value like others.
Result<Kernel> MakeDistinctKernel(const CallInfo& call, bool distinct) {
  WEIR_ASSIGN_OR_RETURN(
      Kernel equal, MakeCompareKernel(Comparison::kEqual, call.arg_types[0], call.arg_types[1]));
  return Kernel([equal, distinct](KernelContext& context, const ColumnVector& args, int64_t n,
                                  ColumnPtr* out) -> Status {
    ColumnPtr same;
    WEIR_RETURN_NOT_OK(equal(context, args, n, &same));
    WEIR_ASSIGN_OR_RETURN(auto a, ValidBits(*args[0], n, context.pool));
    WEIR_ASSIGN_OR_RETURN(auto b, ValidBits(*args[1], n, context.pool));
    WEIR_ASSIGN_OR_RETURN(auto result, AllocateOutput<bool>(n, context.pool));
    auto* bits = OutputValues<uint8_t>(*result);
    AndBits(a->data(), b->data(), n, bits);
    AndNotBits(bits, same->values->data(), n, bits);      // Both there, and different.
    XorBits(a->data(), b->data(), n, a->mutable_data());  // One there.
    OrBits(bits, a->data(), n, bits);
    if (!distinct) NotBits(bits, n, bits);
    *out = std::move(result);
    return Status::OK();
  });
}

ScalarFunction CompareFunction(const char* name, const char* description, Comparison op) {
  ScalarFunction function{.name = name, .family = "comparison"};
  function.signatures = fmt::format("<COMPARABLE> {} <COMPARABLE>", name);
  function.description = description;
  function.example = fmt::format("1 {} 2", name);
  Overload overload{.args = {Arg::Any(), Arg::Any()}, .returns = ReturnType(DataType::Boolean())};
  overload.coerce = [op](std::vector<DataType>* types, const CallInfo&) {
    return CoerceComparison(op, types);
  };
  overload.kernel = [op](const CallInfo& call) {
    return MakeCompareKernel(op, call.arg_types[0], call.arg_types[1]);
  };
  function.overloads = {overload};
  if (op == Comparison::kEqual || op == Comparison::kNotEqual) {
    function.expand = [name](const FunctionRegistry& registry, std::vector<ExprPtr> args,
                             const FunctionConfig& config) {
      return ExpandEquality(name, registry, std::move(args), config);
    };
  }
  return function;
}

ScalarFunction DistinctFunction(const char* name, bool distinct) {
  ScalarFunction function{.name = name, .family = "comparison"};
  function.signatures = fmt::format("<COMPARABLE> {} <COMPARABLE>", name);
  function.description =
      distinct ? "Returns TRUE if the values differ; NULL is a value like others."
               : "Returns TRUE if the values are the same; NULL is a value like others.";
  function.example = fmt::format("1 {} NULL", name);
  function.null_policy = NullPolicy::kKernel;
  Overload overload{.args = {Arg::Any(), Arg::Any()},
                    .returns = ForceNotNull(ReturnType(DataType::Boolean()))};
  overload.coerce = [](std::vector<DataType>* types, const CallInfo&) {
    return CoerceComparison(Comparison::kEqual, types);
  };
  overload.kernel = [distinct](const CallInfo& call) { return MakeDistinctKernel(call, distinct); };
  function.overloads = {overload};
  return function;
}

Status CoerceIn(std::vector<DataType>* types, const CallInfo&) {
  std::vector<DataType> different;
  for (const DataType& type : *types) {
    bool seen = false;
    for (const DataType& other : different) seen |= other == type;
    if (!seen) different.push_back(type);
  }
  auto common = CommonType(different);
  if (!common) return InvalidQuery("the values of IN have no common type");
  for (DataType& type : *types) type = common->WithNullable(type.nullable());
  return Status::OK();
}

ScalarFunction InFunction() {
  ScalarFunction function{.name = "IN", .family = "comparison"};
  function.signatures = "<COMPARABLE> IN (<COMPARABLE>, ...)";
  function.description = "Returns TRUE if the value is in the list.";
  function.example = "2 IN (1, 2, 3)";
  function.null_policy = NullPolicy::kKernel;
  Overload overload{.args = {Arg::Any(), Arg::Any()},
                    .variadic = true,
                    .returns = ReturnType(DataType::Boolean())};
  overload.coerce = CoerceIn;
  overload.kernel = MakeInKernel;
  function.overloads = {overload};
  return function;
}

}  // namespace

void RegisterComparison(FunctionRegistry* registry) {
  registry->Add(CompareFunction("=", "Returns TRUE if the values are equal.", Comparison::kEqual));
  registry->Add(
      CompareFunction("<>", "Returns TRUE if the values are not equal.", Comparison::kNotEqual));
  registry->Add(CompareFunction("<", "Returns TRUE if the first is less.", Comparison::kLess));
  registry->Add(CompareFunction("<=", "Returns TRUE if the first is less or equal.",
                                Comparison::kLessOrEqual));
  registry->Add(
      CompareFunction(">", "Returns TRUE if the first is greater.", Comparison::kGreater));
  registry->Add(CompareFunction(">=", "Returns TRUE if the first is greater or equal.",
                                Comparison::kGreaterOrEqual));
  registry->AddAlias("!=", "<>");
  registry->Add(DistinctFunction("IS DISTINCT FROM", true));
  registry->Add(DistinctFunction("IS NOT DISTINCT FROM", false));
  registry->Add(InFunction());
}

}  // namespace weir
