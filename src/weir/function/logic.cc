// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// AND OR NOT and IS [NOT] TRUE / FALSE / UNKNOWN / NULL, over bitmaps. AND and OR are run by the
// evaluator, which evaluates an argument only on the rows that still need it; here they only get
// their types.
#include "weir/function/compare_kernels.h"
#include "weir/function/families.h"

namespace weir {
namespace {

Result<Kernel> RunByEvaluator(const CallInfo&) {
  return Kernel([](KernelContext&, const ColumnVector&, int64_t, ColumnPtr*) {
    return Internal("the evaluator runs this function itself");
  });
}

Status CoerceConditions(std::vector<DataType>* types, const CallInfo&) {
  if (types->empty()) return InvalidQuery("a condition is missing");
  for (DataType& type : *types) {
    if (type.kind() == TypeKind::kNull) type = DataType::Boolean();
    if (type.kind() != TypeKind::kBoolean)
      return InvalidQuery("a condition is BOOLEAN, not {}", type.ToString());
  }
  return Status::OK();
}

ScalarFunction LogicFunction(const char* name, const char* description) {
  ScalarFunction function{.name = name, .family = "logic"};
  function.signatures = fmt::format("<BOOLEAN> {} <BOOLEAN>", name);
  function.description = description;
  function.example = fmt::format("TRUE {} FALSE", name);
  function.null_policy = NullPolicy::kKernel;
  Overload overload{.returns = ReturnType(DataType::Boolean()), .kernel = RunByEvaluator};
  overload.coerce = CoerceConditions;
  function.overloads = {overload};
  return function;
}

Status NotKernel(KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
  if (args[0]->is_constant())
    return MapColumns<bool, bool>(context, args, n, [](bool a) { return !a; }, out);
  WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<bool>(n, context.pool));
  NotBits(args[0]->values->data(), n, OutputValues<uint8_t>(*column));
  *out = std::move(column);
  return Status::OK();
}

/// IS [NOT] TRUE / FALSE: `value` the value asked for, `negated` IS NOT.
Kernel IsValueKernel(bool value, bool negated) {
  return [value, negated](KernelContext& context, const ColumnVector& args, int64_t n,
                          ColumnPtr* out) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<bool>(n, context.pool));
    auto* bits = OutputValues<uint8_t>(*column);
    WEIR_ASSIGN_OR_RETURN(auto valid, ValidBits(*args[0], n, context.pool));
    if (args[0]->is_constant()) {
      FillBits(n > 0 && GetBit(valid->data(), 0) && args[0]->BoolAt(0) == value, n, bits);
    } else if (value) {
      AndBits(valid->data(), args[0]->values->data(), n, bits);
    } else {
      AndNotBits(valid->data(), args[0]->values->data(), n, bits);
    }
    if (negated) NotBits(bits, n, bits);
    *out = std::move(column);
    return Status::OK();
  };
}

Kernel IsNullKernel(bool negated) {
  return [negated](KernelContext& context, const ColumnVector& args, int64_t n,
                   ColumnPtr* out) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<bool>(n, context.pool));
    auto* bits = OutputValues<uint8_t>(*column);
    WEIR_ASSIGN_OR_RETURN(auto valid, ValidBits(*args[0], n, context.pool));
    if (negated) {
      AndBits(valid->data(), valid->data(), n, bits);
    } else {
      NotBits(valid->data(), n, bits);
    }
    *out = std::move(column);
    return Status::OK();
  };
}

ScalarFunction IsFunction(const char* what, Arg arg, Kernel kernel) {
  ScalarFunction function{.name = what, .family = "logic"};
  function.signatures = fmt::format("<value> {}", what);
  function.description = fmt::format("Returns TRUE if the value {}{}; never NULL.",
                                     what[0] == 'I' ? "is" : "", std::string(what).substr(2));
  function.example = fmt::format("NULL {}", what);
  function.null_policy = NullPolicy::kKernel;
  Overload overload{.args = {arg}, .returns = ForceNotNull(ReturnType(DataType::Boolean()))};
  overload.kernel = [kernel](const CallInfo&) -> Result<Kernel> { return kernel; };
  function.overloads = {overload};
  return function;
}

}  // namespace

void RegisterLogic(FunctionRegistry* registry) {
  registry->Add(LogicFunction("AND", "Returns TRUE if all conditions are; three-valued."));
  registry->Add(LogicFunction("OR", "Returns TRUE if some condition is; three-valued."));
  registry->Add(ScalarFunction{.name = "NOT",
                               .family = "logic",
                               .signatures = "NOT <BOOLEAN>",
                               .description = "Returns the opposite; NULL of NULL.",
                               .example = "NOT TRUE = FALSE",
                               .overloads = {{.args = {Arg::Of(Arg::Family::kBoolean)},
                                              .returns = ReturnArgument(0),
                                              .kernel = Stateless(NotKernel)}}});
  Arg boolean = Arg::Of(Arg::Family::kBoolean);
  registry->Add(IsFunction("IS TRUE", boolean, IsValueKernel(true, false)));
  registry->Add(IsFunction("IS NOT TRUE", boolean, IsValueKernel(true, true)));
  registry->Add(IsFunction("IS FALSE", boolean, IsValueKernel(false, false)));
  registry->Add(IsFunction("IS NOT FALSE", boolean, IsValueKernel(false, true)));
  registry->Add(IsFunction("IS UNKNOWN", boolean, IsNullKernel(false)));
  registry->Add(IsFunction("IS NOT UNKNOWN", boolean, IsNullKernel(true)));
  registry->Add(IsFunction("IS NULL", Arg::Any(), IsNullKernel(false)));
  registry->Add(IsFunction("IS NOT NULL", Arg::Any(), IsNullKernel(true)));
}

}  // namespace weir
