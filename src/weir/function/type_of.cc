// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// TYPEOF, which asks about the call and not its values, and functions of types that Weir has not
// yet.
#include "weir/data/value.h"
#include "weir/expr/kernel.h"
#include "weir/function/families.h"

namespace weir {
namespace {

/// TYPEOF(x [, force_serializable]): the type as text.
Result<Kernel> MakeTypeOf(const CallInfo& call) {
  bool serializable = false;
  if (call.literals.size() > 1 && call.literals[1] != nullptr && !call.literals[1]->is_null()) {
    serializable = call.literals[1]->bool_value();
  }
  std::string text =
      serializable ? call.arg_types[0].ToString() : call.arg_types[0].ToSummaryString();
  return Kernel(
      [text](KernelContext& context, const ColumnVector&, int64_t n, ColumnPtr* out) -> Status {
        WEIR_ASSIGN_OR_RETURN(
            *out, MakeConstant(Value::String(text), DataType::String().NotNull(), n, context.pool));
        return Status::OK();
      });
}

/// A function that Flink has and Weir has not: refused by name, not as unknown.
void RegisterRefusal(FunctionRegistry* registry, std::string name, std::string description,
                     std::function<Status(const CallInfo&)> check = nullptr) {
  auto refuse = [name, check](std::vector<DataType>*, const CallInfo& call) -> Status {
    if (check) WEIR_RETURN_NOT_OK(check(call));
    return Unsupported("{} is not supported yet", name);
  };
  ScalarFunction function;
  function.name = name;
  function.family = "conversion";
  function.signatures = name + "(...)";
  function.description = std::move(description);
  function.overloads = {{.returns = ReturnType(DataType::Null()),
                         .kernel = [name](const CallInfo&) -> Result<Kernel> {
                           return Unsupported("{} is not supported yet", name);
                         },
                         .coerce = refuse}};
  registry->Add(std::move(function));
}

Status CheckClassName(const CallInfo& call) {
  if (LiteralString(call, 0)) return Status::OK();
  return InvalidQuery(
      "The first argument must be a non-nullable character string literal representing the class "
      "name.");
}

}  // namespace

void RegisterMisc(FunctionRegistry* registry) {
  registry->Add(ScalarFunction{.name = "TYPEOF",
                               .family = "conversion",
                               .signatures = "TYPEOF(input)\nTYPEOF(input, force_serializable)",
                               .description = "Returns the type of the expression as text.",
                               .example = "TYPEOF(1) = 'INT NOT NULL'",
                               .overloads = {{.args = {Arg::Any(), Arg::Of(Arg::Family::kBoolean)},
                                              .optional_args = 1,
                                              .returns = [](const CallInfo&) -> Result<DataType> {
                                                return DataType::String();
                                              },
                                              .kernel = &MakeTypeOf}},
                               .null_policy = NullPolicy::kKernel});
  RegisterRefusal(registry, "OBJECT_OF", "Makes a structured object of a class and its fields.",
                  &CheckClassName);
  RegisterRefusal(registry, "OBJECT_UPDATE", "Changes fields of a structured object.");
  RegisterRefusal(registry, "PARSE_JSON", "Reads JSON as a VARIANT.");
  RegisterRefusal(registry, "TRY_PARSE_JSON", "Reads JSON as a VARIANT; NULL where it is broken.");
}

}  // namespace weir
