// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// TYPEOF, which asks about the call and not its values.
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
}

}  // namespace weir
