// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// CAST(x AS type) and TRY_CAST: which part does which pair of types.
// Source: Flink documentation, "CAST" with its matrix; FLIP-203 for the text forms.
#include "weir/function/cast.h"

#include "weir/function/families.h"

namespace weir {
namespace {

bool IsDatetime(const DataType& type) {
  return type.kind() == TypeKind::kDate || type.kind() == TypeKind::kTime || type.is_timestamp();
}
bool IsNumberLike(const DataType& type) {
  return type.is_numeric() || type.kind() == TypeKind::kBoolean;
}

Kernel RetypeKernel(const DataType& to) {
  return [to](KernelContext&, const ColumnVector& args, int64_t, ColumnPtr* out) {
    *out = Retype(args[0], to);
    return Status::OK();
  };
}

/// An INT is a number of days: only before Flink 1.15, and under its legacy behaviour since.
bool IsLegacyDayCount(const DataType& from, const DataType& to) {
  return from.kind() == TypeKind::kInt && to.kind() == TypeKind::kDate;
}

Result<Kernel> MakeCast(const CallInfo& call, bool try_cast) {
  CastCall cast{call.arg_types[0], call.result_type, nullptr, call.config->legacy_cast};
  WEIR_ASSIGN_OR_RETURN(cast.zone, FindTimeZone(call.config->time_zone));
  WEIR_ASSIGN_OR_RETURN(Kernel kernel, MakeCastKernel(cast));
  if ((try_cast || cast.legacy) && CastMayFail(cast.from, cast.to))
    return NullInsteadOfErrors(std::move(kernel));
  return kernel;
}

ScalarFunction CastFunction(const char* name, const char* description, const char* example,
                            bool try_cast) {
  ScalarFunction function{.name = name, .family = "conversion"};
  function.signatures = fmt::format("{}(<ANY> AS <type>)", name);
  function.description = description;
  function.example = example;
  function.may_fail = !try_cast;
  function.call_may_fail = [](const CallInfo& call) {
    return CastMayFail(call.arg_types[0], call.result_type);
  };
  Overload overload{.args = {Arg::Any()}};
  overload.coerce = [](std::vector<DataType>* types, const CallInfo& call) {
    bool legacy = call.config != nullptr && call.config->legacy_cast;
    if (legacy && IsLegacyDayCount((*types)[0], call.result_type)) return Status::OK();
    return CheckExplicitCast((*types)[0], call.result_type);
  };
  overload.returns = [](const CallInfo& call) -> Result<DataType> { return call.result_type; };
  overload.kernel = [try_cast](const CallInfo& call) { return MakeCast(call, try_cast); };
  function.overloads = {overload};
  return function;
}

}  // namespace

bool IsFreeCast(const DataType& from, const DataType& to, bool legacy) {
  if (from.EqualsIgnoringNullable(to)) return true;
  if (from.is_character() && to.is_character()) {
    if (legacy) return true;
    return to.kind() == TypeKind::kVarchar && to.length() >= from.length();
  }
  if (from.is_binary() && to.is_binary())
    return legacy || (to.kind() == TypeKind::kVarbinary && to.length() >= from.length());
  if (from.kind() != to.kind()) return false;
  if (from.is_timestamp())
    return to.precision() >= from.precision() && to.ticks_per_second() == from.ticks_per_second();
  if (from.kind() == TypeKind::kTime) return to.precision() >= from.precision();
  return from.is_interval();
}

bool CastMayFail(const DataType& from, const DataType& to) {
  if (from.kind() == TypeKind::kNull || IsFreeCast(from, to, false)) return false;
  if (from.is_character()) return !to.is_character() && !to.is_binary();
  if (from.is_nested() && to.kind() == from.kind()) {
    for (size_t i = 0; i < from.fields().size() && i < to.fields().size(); ++i) {
      if (CastMayFail(from.fields()[i].type, to.fields()[i].type)) return true;
    }
    return false;
  }
  if (from.kind() == TypeKind::kVariant) return !to.is_character();
  // Bytes and lists may be too long for a VARIANT, nanoseconds too far away.
  return to.kind() == TypeKind::kVariant &&
         (from.is_binary() || from.is_nested() || from.is_wide_timestamp());
}

Result<Kernel> MakeCastKernel(const CastCall& cast) {
  const DataType &from = cast.from, &to = cast.to;
  if (from.kind() == TypeKind::kNull) {
    return Kernel(
        [to](KernelContext& context, const ColumnVector&, int64_t n, ColumnPtr* out) -> Status {
          WEIR_ASSIGN_OR_RETURN(*out, MakeNullColumn(to, n, context.pool));
          return Status::OK();
        });
  }
  if (IsFreeCast(from, to, cast.legacy) || (cast.legacy && IsLegacyDayCount(from, to)))
    return RetypeKernel(to);
  if ((from.kind() == TypeKind::kVariant && !to.is_character()) || to.kind() == TypeKind::kVariant)
    return MakeVariantCast(cast);
  if (to.is_character()) return MakeTextPrinter(cast);
  if (to.is_binary()) return MakeBinaryCast(cast);
  if (from.is_character()) return MakeTextParser(cast);
  if (IsNumberLike(from) && IsNumberLike(to)) return MakeNumberCast(cast);
  if (IsDatetime(from) || from.is_interval() || to.is_interval()) return MakeTemporalCast(cast);
  if (from.is_nested() && from.kind() == to.kind()) return MakeNestedCast(cast);
  return Unsupported("a cast of {} to {} is not supported yet", from.ToString(), to.ToString());
}

Result<ColumnPtr> CastColumn(const Kernel& kernel, KernelContext& context, const ColumnPtr& column,
                             const DataType& to) {
  ColumnPtr in = column;
  if (in->length == 0 || in->type.kind() == TypeKind::kNull)
    return MakeNullColumn(to, in->length, context.pool);
  if (in->encoding == Encoding::kDictionary) {
    WEIR_ASSIGN_OR_RETURN(in, Flatten(in, context.pool));
  }
  if (in->is_constant() && in->IsNull(0)) return MakeNullColumn(to, in->length, context.pool);
  ColumnPtr out;
  WEIR_RETURN_NOT_OK(kernel(context, {in}, in->length, &out));
  if (in->is_constant() || in->validity == nullptr) return Retype(out, to);
  if (out->is_constant()) {
    WEIR_ASSIGN_OR_RETURN(out, Flatten(out, context.pool));
  }
  auto copy = std::make_shared<Column>(*out);
  copy->type = to;
  WEIR_ASSIGN_OR_RETURN(copy->validity,
                        AndValidity(out->validity, in->validity, in->length, context.pool));
  return ColumnPtr(std::move(copy));
}

Kernel NullInsteadOfErrors(Kernel kernel) {
  return [kernel](KernelContext& context, const ColumnVector& args, int64_t n,
                  ColumnPtr* out) -> Status {
    RowErrors errors;
    KernelContext inner = context;
    inner.errors = &errors;
    WEIR_RETURN_NOT_OK(kernel(inner, args, n, out));
    if (errors.empty()) return Status::OK();
    if ((*out)->is_constant()) {
      WEIR_ASSIGN_OR_RETURN(*out, Flatten(*out, context.pool));
    }
    auto copy = std::make_shared<Column>(**out);
    WEIR_ASSIGN_OR_RETURN(auto valid, AllocateBitmap(n, true, context.pool));
    if (copy->validity != nullptr)
      AndBits(valid->data(), copy->validity->data(), n, valid->mutable_data());
    for (int64_t row : errors.rows()) ClearBit(valid->mutable_data(), row);
    copy->validity = std::move(valid);
    *out = std::move(copy);
    return Status::OK();
  };
}

void RegisterConversion(FunctionRegistry* registry) {
  registry->Add(CastFunction(
      "CAST", "Returns the value converted to another type; fails where that is not possible.",
      "CAST('42' AS INT) = 42", false));
  registry->Add(CastFunction(
      "TRY_CAST", "Returns the value converted to another type; NULL where that is not possible.",
      "TRY_CAST('forty-two' AS INT) IS NULL", true));
}

}  // namespace weir
