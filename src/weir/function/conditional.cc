// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// CASE IF COALESCE IFNULL NULLIF GREATEST LEAST. The first four are run by the evaluator branch by
// branch; here they get their types: the common type of the branches.
#include "weir/expr/assemble.h"
#include "weir/function/compare_kernels.h"
#include "weir/function/families.h"

namespace weir {
namespace {

Result<Kernel> RunByEvaluator(const CallInfo&) {
  return Kernel([](KernelContext&, const ColumnVector&, int64_t, ColumnPtr*) {
    return Internal("the evaluator runs this function itself");
  });
}

/// Under legacy casts an INT beside a DATE is a number of days.
std::optional<DataType> LegacyCommonType(const std::vector<DataType>& types) {
  bool nullable = false, has_date = false;
  for (const DataType& type : types) {
    nullable |= type.nullable();
    has_date |= type.kind() == TypeKind::kDate;
    if (type.kind() != TypeKind::kDate && type.kind() != TypeKind::kInt) return std::nullopt;
  }
  if (!has_date) return std::nullopt;
  return DataType::Date().WithNullable(nullable);
}

/// Gives the arguments `which` their common type.
Status CoerceTogether(std::vector<DataType>* types, const std::vector<size_t>& which,
                      const CallInfo& call) {
  std::vector<DataType> group;
  for (size_t i : which) group.push_back((*types)[i]);
  auto common = CommonType(group);
  if (!common && call.config != nullptr && call.config->legacy_cast)
    common = LegacyCommonType(group);
  if (!common) return InvalidQuery("the results have no common type");
  for (size_t i : which) (*types)[i] = common->WithNullable((*types)[i].nullable());
  return Status::OK();
}

Status CoerceCondition(DataType* type) {
  if (type->kind() == TypeKind::kNull) *type = DataType::Boolean();
  if (type->kind() == TypeKind::kBoolean) return Status::OK();
  return InvalidQuery("a condition is BOOLEAN, not {}", type->ToString());
}

std::vector<size_t> CaseResults(size_t count) {
  std::vector<size_t> results;
  for (size_t i = 1; i < count; i += 2) results.push_back(i);
  if (count % 2 == 1) results.push_back(count - 1);
  return results;
}

Status CoerceCase(std::vector<DataType>* types, const CallInfo& call) {
  if (types->size() < 2) return InvalidQuery("CASE needs a condition and a result");
  for (size_t i = 0; i + 1 < types->size(); i += 2)
    WEIR_RETURN_NOT_OK(CoerceCondition(&(*types)[i]));
  return CoerceTogether(types, CaseResults(types->size()), call);
}

Result<DataType> CaseType(const CallInfo& call) {
  bool nullable = call.arg_types.size() % 2 == 0;  // Without ELSE.
  for (size_t i : CaseResults(call.arg_types.size())) nullable |= call.arg_types[i].nullable();
  return call.arg_types[1].WithNullable(nullable);
}

Status CoerceIf(std::vector<DataType>* types, const CallInfo& call) {
  WEIR_RETURN_NOT_OK(CoerceCondition(types->data()));
  return CoerceTogether(types, {1, 2}, call);
}

Status CoerceAll(std::vector<DataType>* types, const CallInfo& call) {
  if (types->empty()) return InvalidQuery("an argument is missing");
  std::vector<size_t> all;
  for (size_t i = 0; i < types->size(); ++i) all.push_back(i);
  return CoerceTogether(types, all, call);
}

Result<DataType> CoalesceType(const CallInfo& call) {
  bool nullable = true;
  for (const DataType& type : call.arg_types) nullable &= type.nullable();
  return call.arg_types[0].WithNullable(nullable);
}

/// NULLIF(a, b) is CASE WHEN a = b THEN NULL ELSE a END.
Result<ExprPtr> ExpandNullIf(const FunctionRegistry& registry, std::vector<ExprPtr> args,
                             const FunctionConfig& config) {
  DataType type = args[0]->type.AsNullable();
  if (type.kind() == TypeKind::kNull) return InvalidQuery("Illegal use of 'NULL'");
  WEIR_ASSIGN_OR_RETURN(ExprPtr equal, registry.MakeCall("=", {args[0], args[1]}, config));
  return MakeCall("CASE", {equal, MakeLiteral(Value::Null(), type), MakeCast(args[0], type)}, type);
}

Status CoerceComparable(std::vector<DataType>* types, const CallInfo& call) {
  WEIR_RETURN_NOT_OK(CoerceAll(types, call));
  const DataType& type = types->front();
  if (type.is_nested() || type.kind() == TypeKind::kVariant) {
    return InvalidQuery("values of type {} have no order", type.ToString());
  }
  return Status::OK();
}

/// GREATEST (kGreater) and LEAST (kLess).
Result<Kernel> MakeExtremeKernel(const CallInfo& call, Comparison op) {
  const DataType& type = call.arg_types[0];
  WEIR_ASSIGN_OR_RETURN(Kernel better, MakeCompareKernel(op, type, type));
  return Kernel([better, type](KernelContext& context, const ColumnVector& args, int64_t n,
                               ColumnPtr* out) -> Status {
    ColumnPtr best = args[0];
    for (size_t k = 1; k < args.size(); ++k) {
      ColumnPtr wins;
      WEIR_RETURN_NOT_OK(better(context, {args[k], best}, n, &wins));
      WEIR_ASSIGN_OR_RETURN(auto loses, AllocateBitmap(n, false, context.pool));
      NotBits(wins->values->data(), n, loses->mutable_data());
      WEIR_ASSIGN_OR_RETURN(
          best, AssemblePieces(type, n, {{args[k], wins->values}, {best, loses}}, context.pool));
    }
    *out = best;
    return Status::OK();
  });
}

ScalarFunction Extreme(const char* name, const char* description, Comparison op) {
  ScalarFunction function{.name = name, .family = "conditional"};
  function.signatures = fmt::format("{}(<COMPARABLE>, <COMPARABLE>...)", name);
  function.description = description;
  function.example = fmt::format("{}(1, 3, 2) = {}", name, op == Comparison::kGreater ? 3 : 1);
  Overload overload{.returns = ReturnSameAs(0)};
  overload.coerce = CoerceComparable;
  overload.kernel = [op](const CallInfo& call) { return MakeExtremeKernel(call, op); };
  function.overloads = {overload};
  return function;
}

ScalarFunction Branching(const char* name, const char* signature, const char* description,
                         const char* example, Overload overload) {
  overload.kernel = RunByEvaluator;
  return ScalarFunction{.name = name,
                        .family = "conditional",
                        .signatures = signature,
                        .description = description,
                        .example = example,
                        .overloads = {std::move(overload)},
                        .null_policy = NullPolicy::kKernel};
}

}  // namespace

void RegisterConditional(FunctionRegistry* registry) {
  registry->Add(Branching("CASE", "CASE WHEN <BOOLEAN> THEN <result> ... ELSE <result> END",
                          "Returns the result of the first condition that is TRUE.",
                          "CASE WHEN 1 = 2 THEN 3 ELSE 4 END = 4",
                          {.returns = CaseType, .coerce = CoerceCase}));
  registry->Add(Branching(
      "IF", "IF(<BOOLEAN>, <result>, <result>)",
      "Returns the second argument if the first is TRUE, else the third.", "IF(1 = 2, 3, 4) = 4",
      {.args = {Arg::Any(), Arg::Any(), Arg::Any()},
       .returns = [](const CallInfo& call) -> Result<DataType> {
         bool nullable = call.arg_types[1].nullable() || call.arg_types[2].nullable();
         return call.arg_types[1].WithNullable(nullable);
       },
       .coerce = CoerceIf}));
  registry->Add(Branching("COALESCE", "COALESCE(<COMMON>, <COMMON>...)",
                          "Returns the first value that is not NULL.", "COALESCE(NULL, 2, 3) = 2",
                          {.returns = CoalesceType, .coerce = CoerceAll}));
  registry->Add(
      Branching("IFNULL", "IFNULL(<COMMON>, <COMMON>)",
                "Returns the second value if the first is NULL.", "IFNULL(NULL, 2) = 2",
                {.args = {Arg::Any(), Arg::Any()}, .returns = CoalesceType, .coerce = CoerceAll}));
  ScalarFunction null_if =
      Branching("NULLIF", "NULLIF(<COMPARABLE>, <COMPARABLE>)",
                "Returns NULL if the values are equal, else the first.", "NULLIF(1, 1) IS NULL",
                {.args = {Arg::Any(), Arg::Any()}, .returns = ForceNullable(ReturnArgument(0))});
  null_if.expand = ExpandNullIf;
  registry->Add(std::move(null_if));
  registry->Add(Extreme("GREATEST", "Returns the greatest value; NULL if one is NULL.",
                        Comparison::kGreater));
  registry->Add(
      Extreme("LEAST", "Returns the least value; NULL if one is NULL.", Comparison::kLess));
}

}  // namespace weir
