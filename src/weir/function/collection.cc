// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Elements in arrays: looked for, added, removed. NULL elements are equal to each other here, as in
// Flink.
#include "weir/function/collection.h"

#include "weir/function/families.h"
#include "weir/function/list_builder.h"

namespace weir {

ScalarFunction CollectionFunction(std::string name, std::string signatures, std::string description,
                                  std::string example, Overload overload, NullPolicy null_policy) {
  ScalarFunction function;
  function.name = std::move(name);
  function.family = "collection";
  function.signatures = std::move(signatures);
  function.description = std::move(description);
  function.example = std::move(example);
  function.overloads.push_back(std::move(overload));
  function.null_policy = null_policy;
  return function;
}

namespace {

/// (array, element): the element is cast to the array's element type, which becomes nullable if it
/// must.
Status CoerceElement(std::vector<DataType>* types, const CallInfo&) {
  DataType& array = (*types)[0];
  DataType& element = (*types)[1];
  if (array.kind() != TypeKind::kArray) return InvalidQuery("the first argument is no array");
  DataType wanted = array.element().AsNullable();
  if (element.kind() != TypeKind::kNull && !CanImplicitlyCast(element.AsNullable(), wanted)) {
    return InvalidQuery("the element cannot be converted to {}", array.element().ToString());
  }
  element = wanted.WithNullable(element.nullable());
  return Status::OK();
}

/// (array, needle): as an element, but texts and bytes of any length are compared as they are.
Status CoerceNeedle(std::vector<DataType>* types, const CallInfo& call) {
  const DataType &array = (*types)[0], &needle = (*types)[1];
  if (array.kind() == TypeKind::kArray &&
      ((array.element().is_character() && needle.is_character()) ||
       (array.element().is_binary() && needle.is_binary()))) {
    return Status::OK();
  }
  return CoerceElement(types, call);
}

Overload NeedleOverload(ReturnRule returns, KernelFactory kernel) {
  return {.args = {Arg::Any(), Arg::Any()},
          .returns = std::move(returns),
          .kernel = std::move(kernel),
          .coerce = &CoerceNeedle};
}

Overload ElementOverload(ReturnRule returns, KernelFactory kernel) {
  return {.args = {Arg::Any(), Arg::Any()},
          .returns = std::move(returns),
          .kernel = std::move(kernel),
          .coerce = &CoerceElement};
}

bool SameElement(const Column& elements, int64_t k, const Column& needle, int64_t i) {
  return SameValue(elements, k, needle, i);
}

Status ArrayContains(KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
  WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<bool>(n, context.pool));
  WEIR_ASSIGN_OR_RETURN(auto valid, ArgumentValidity({args[0]}, n, context.pool));
  const Column& elements = *args[0]->children[0];
  for (int64_t i = 0; i < n; ++i) {
    if (args[0]->IsNull(i)) continue;
    ElementRange range = ElementsOf(*args[0], i);
    for (int64_t k = range.begin; k < range.end; ++k) {
      if (SameElement(elements, k, *args[1], i)) {
        SetBit(OutputValues<uint8_t>(*column), i);
        break;
      }
    }
  }
  column->validity = std::move(valid);
  *out = std::move(column);
  return Status::OK();
}

Status ArrayPosition(KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
  WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<int32_t>(n, context.pool));
  const Column& elements = *args[0]->children[0];
  for (int64_t i = 0; i < n; ++i) {
    int32_t position = 0;
    if (!args[0]->IsNull(i) && !args[1]->IsNull(i)) {
      ElementRange range = ElementsOf(*args[0], i);
      for (int64_t k = range.begin; k < range.end && position == 0; ++k) {
        if (SameElement(elements, k, *args[1], i))
          position = static_cast<int32_t>(k - range.begin + 1);
      }
    }
    OutputValues<int32_t>(*column)[i] = position;
  }
  *out = std::move(column);
  return Status::OK();
}

Result<Kernel> MakeArrayRemove(const CallInfo& call) {
  DataType type = call.result_type;
  return Kernel([type](KernelContext& context, const ColumnVector& args, int64_t n,
                       ColumnPtr* out) -> Status {
    ListBuilder lists(n);
    const ColumnPtr& elements = args[0]->children[0];
    for (int64_t i = 0; i < n; ++i) {
      if (args[0]->IsNull(i)) {
        lists.EndNull();
        continue;
      }
      ElementRange range = ElementsOf(*args[0], i);
      for (int64_t k = range.begin; k < range.end; ++k) {
        if (!SameElement(*elements, k, *args[1], i)) lists.Add(k);
      }
      lists.EndRow();
    }
    WEIR_ASSIGN_OR_RETURN(*out, lists.Finish(type, elements, context.pool));
    return Status::OK();
  });
}

enum class End : uint8_t { kFront, kBack };

Result<Kernel> MakeArrayAdd(const CallInfo& call, End end) {
  DataType type = call.result_type;
  return Kernel([type, end](KernelContext& context, const ColumnVector& args, int64_t n,
                            ColumnPtr* out) -> Status {
    ListBuilder lists(n);
    ColumnPtr elements = Retype(args[0]->children[0], type.element());
    WEIR_ASSIGN_OR_RETURN(auto added, Flatten(Retype(args[1], type.element()), context.pool));
    int64_t offset = elements->length;
    WEIR_ASSIGN_OR_RETURN(auto both, Concat({elements, added}, context.pool));
    for (int64_t i = 0; i < n; ++i) {
      if (args[0]->IsNull(i)) {
        lists.EndNull();
        continue;
      }
      int64_t element = offset + (args[1]->is_constant() && added->length == 1 ? 0 : i);
      if (end == End::kFront) lists.Add(element);
      ElementRange range = ElementsOf(*args[0], i);
      for (int64_t k = range.begin; k < range.end; ++k) lists.Add(k);
      if (end == End::kBack) lists.Add(element);
      lists.EndRow();
    }
    WEIR_ASSIGN_OR_RETURN(*out, lists.Finish(type, both, context.pool));
    return Status::OK();
  });
}

Result<DataType> ReturnGrown(const CallInfo& call) {
  const DataType& array = call.arg_types[0];
  bool nullable = array.element().nullable() || call.arg_types[1].nullable();
  return DataType::Array(array.element().WithNullable(nullable)).WithNullable(array.nullable());
}

}  // namespace

void RegisterArrayElements(FunctionRegistry* registry) {
  auto nullable_as_array = [](const CallInfo& call) -> Result<DataType> {
    return DataType::Boolean().WithNullable(call.arg_types[0].nullable());
  };
  registry->Add(CollectionFunction(
      "ARRAY_CONTAINS", "ARRAY_CONTAINS(haystack <ARRAY>, needle <ARRAY ELEMENT>)",
      "Returns whether the array has the element; NULL can be looked for.",
      "ARRAY_CONTAINS(ARRAY[1, 2], 2) = TRUE",
      NeedleOverload(nullable_as_array, Stateless(&ArrayContains)), NullPolicy::kKernel));
  registry->Add(CollectionFunction(
      "ARRAY_POSITION", "ARRAY_POSITION(haystack <ARRAY>, needle <ARRAY ELEMENT>)",
      "Returns the 1-based position of the element; 0 if it is not there.",
      "ARRAY_POSITION(ARRAY[3, 4], 4) = 2",
      NeedleOverload(ReturnType(DataType::Int()), Stateless(&ArrayPosition)),
      NullPolicy::kPropagate));
  registry->Add(
      CollectionFunction("ARRAY_REMOVE", "ARRAY_REMOVE(haystack <ARRAY>, needle <ARRAY ELEMENT>)",
                         "Returns the array without the elements that equal the given one.",
                         "ARRAY_REMOVE(ARRAY[1, 2, 2], 2) = ARRAY[1]",
                         NeedleOverload(ReturnArgument(0), &MakeArrayRemove), NullPolicy::kKernel));
  registry->Add(CollectionFunction(
      "ARRAY_APPEND", "ARRAY_APPEND(array <ARRAY>, element <ARRAY ELEMENT>)",
      "Returns the array with an element at its end.", "ARRAY_APPEND(ARRAY[1], 2) = ARRAY[1, 2]",
      ElementOverload(&ReturnGrown,
                      [](const CallInfo& call) { return MakeArrayAdd(call, End::kBack); }),
      NullPolicy::kKernel));
  registry->Add(CollectionFunction(
      "ARRAY_PREPEND", "ARRAY_PREPEND(array <ARRAY>, element <ARRAY ELEMENT>)",
      "Returns the array with an element at its start.", "ARRAY_PREPEND(ARRAY[1], 2) = ARRAY[2, 1]",
      ElementOverload(&ReturnGrown,
                      [](const CallInfo& call) { return MakeArrayAdd(call, End::kFront); }),
      NullPolicy::kKernel));
}

void RegisterCollection(FunctionRegistry* registry) {
  RegisterArrayElements(registry);
  RegisterArraySets(registry);
  RegisterArrayOrder(registry);
  RegisterMaps(registry);
}

}  // namespace weir
