// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Arrays as sets: DISTINCT, UNION, EXCEPT, INTERSECT keep the order of first appearance. CONCAT,
// REVERSE.
#include "weir/function/collection.h"
#include "weir/function/list_builder.h"

namespace weir {
namespace {

/// All arguments become arrays of their common type.
Status CoerceCommonArrays(std::vector<DataType>* types, const CallInfo&) {
  for (const DataType& type : *types) {
    if (type.kind() != TypeKind::kArray) return InvalidQuery("{} is no array", type.ToString());
  }
  auto common = CommonType(*types);
  if (!common) return InvalidQuery("the arrays have no common type");
  for (DataType& type : *types) type = common->WithNullable(type.nullable());
  return Status::OK();
}

/// What is done with a row: `a` and `b` are ranges of the columns of their elements.
enum class SetKind : uint8_t { kDistinct, kUnion, kExcept, kIntersect };

void AddRow(SetKind kind, const HashedElements& elements, ElementRange a, ElementRange b,
            ElementSet* seen, ElementSet* others, ListBuilder* lists) {
  seen->Clear();
  others->Clear();
  if (kind == SetKind::kExcept || kind == SetKind::kIntersect) {
    for (int64_t k = b.begin; k < b.end; ++k) others->Insert(elements, k);
  }
  for (int64_t k = a.begin; k < a.end; ++k) {
    if (kind == SetKind::kExcept && others->Contains(elements, k)) continue;
    if (kind == SetKind::kIntersect && !others->Contains(elements, k)) continue;
    if (seen->Insert(elements, k)) lists->Add(k);
  }
  if (kind == SetKind::kUnion) {
    for (int64_t k = b.begin; k < b.end; ++k) {
      if (seen->Insert(elements, k)) lists->Add(k);
    }
  }
  lists->EndRow();
}

Result<Kernel> MakeSet(const CallInfo& call, SetKind kind) {
  DataType type = call.result_type;
  return Kernel([type, kind](KernelContext& context, const ColumnVector& args, int64_t n,
                             ColumnPtr* out) -> Status {
    ColumnVector parts;
    for (const ColumnPtr& arg : args) parts.push_back(Retype(arg->children[0], type.element()));
    ColumnPtr both = parts[0];
    if (parts.size() > 1) {
      WEIR_ASSIGN_OR_RETURN(both, Concat(parts, context.pool));
    }
    WEIR_ASSIGN_OR_RETURN(HashedElements elements, HashedElements::Make(both));
    int64_t offset = parts[0]->length;
    ListBuilder lists(n);
    ElementSet seen, others;
    for (int64_t i = 0; i < n; ++i) {
      bool is_null = args[0]->IsNull(i) || (args.size() > 1 && args[1]->IsNull(i));
      if (is_null) {
        lists.EndNull();
        continue;
      }
      ElementRange b;
      if (args.size() > 1) {
        b = ElementsOf(*args[1], i);
        b = {b.begin + offset, b.end + offset};
      }
      AddRow(kind, elements, ElementsOf(*args[0], i), b, &seen, &others, &lists);
    }
    WEIR_ASSIGN_OR_RETURN(*out, lists.Finish(type, both, context.pool));
    return Status::OK();
  });
}

Result<Kernel> MakeConcatArrays(const CallInfo& call) {
  DataType type = call.result_type;
  return Kernel([type](KernelContext& context, const ColumnVector& args, int64_t n,
                       ColumnPtr* out) -> Status {
    ColumnVector parts;
    std::vector<int64_t> offsets;
    int64_t length = 0;
    for (const ColumnPtr& arg : args) {
      parts.push_back(Retype(arg->children[0], type.element()));
      offsets.push_back(length);
      length += parts.back()->length;
    }
    WEIR_ASSIGN_OR_RETURN(auto all, Concat(parts, context.pool));
    WEIR_ASSIGN_OR_RETURN(auto valid, ArgumentValidity(args, n, context.pool));
    ListBuilder lists(n);
    for (int64_t i = 0; i < n; ++i) {
      if (valid != nullptr && !GetBit(valid->data(), i)) {
        lists.EndNull();
        continue;
      }
      for (size_t a = 0; a < args.size(); ++a) {
        ElementRange range = ElementsOf(*args[a], i);
        for (int64_t k = range.begin; k < range.end; ++k) lists.Add(offsets[a] + k);
      }
      lists.EndRow();
    }
    WEIR_ASSIGN_OR_RETURN(*out, lists.Finish(type, all, context.pool));
    return Status::OK();
  });
}

Result<Kernel> MakeReverse(const CallInfo& call) {
  DataType type = call.result_type;
  return Kernel([type](KernelContext& context, const ColumnVector& args, int64_t n,
                       ColumnPtr* out) -> Status {
    ListBuilder lists(n);
    for (int64_t i = 0; i < n; ++i) {
      if (args[0]->IsNull(i)) {
        lists.EndNull();
        continue;
      }
      ElementRange range = ElementsOf(*args[0], i);
      for (int64_t k = range.end; k > range.begin; --k) lists.Add(k - 1);
      lists.EndRow();
    }
    WEIR_ASSIGN_OR_RETURN(*out, lists.Finish(type, args[0]->children[0], context.pool));
    return Status::OK();
  });
}

void RegisterPair(FunctionRegistry* registry, SetKind kind, std::string name,
                  std::string description, std::string example) {
  Overload overload{.args = {Arg::Any(), Arg::Any()},
                    .returns = ReturnSameAs(0),
                    .kernel = [kind](const CallInfo& call) { return MakeSet(call, kind); },
                    .coerce = &CoerceCommonArrays};
  std::string signatures = name + "(<COMMON>, <COMMON>)";
  registry->Add(CollectionFunction(std::move(name), std::move(signatures), std::move(description),
                                   std::move(example), std::move(overload),
                                   NullPolicy::kPropagate));
}

}  // namespace

void RegisterArraySets(FunctionRegistry* registry) {
  Arg array = Arg::Of(Arg::Family::kArray);
  registry->Add(CollectionFunction(
      "ARRAY_DISTINCT", "ARRAY_DISTINCT(haystack <ARRAY>)",
      "Returns the different elements in order of first appearance.",
      "ARRAY_DISTINCT(ARRAY[1, 2, 1]) = ARRAY[1, 2]",
      {.args = {array},
       .returns = ReturnArgument(0),
       .kernel = [](const CallInfo& call) { return MakeSet(call, SetKind::kDistinct); }},
      NullPolicy::kPropagate));
  registry->Add(CollectionFunction(
      "ARRAY_REVERSE", "ARRAY_REVERSE(haystack <ARRAY>)", "Returns the elements in reverse order.",
      "ARRAY_REVERSE(ARRAY[1, 2]) = ARRAY[2, 1]",
      {.args = {array}, .returns = ReturnArgument(0), .kernel = &MakeReverse},
      NullPolicy::kPropagate));
  registry->Add(CollectionFunction("ARRAY_CONCAT", "ARRAY_CONCAT(<COMMON>, <COMMON>...)",
                                   "Returns the arrays one after the other.",
                                   "ARRAY_CONCAT(ARRAY[1], ARRAY[2]) = ARRAY[1, 2]",
                                   {.args = {Arg::Any()},
                                    .variadic = true,
                                    .returns = ReturnSameAs(0),
                                    .kernel = &MakeConcatArrays,
                                    .coerce = &CoerceCommonArrays},
                                   NullPolicy::kPropagate));
  RegisterPair(registry, SetKind::kUnion, "ARRAY_UNION",
               "Returns the different elements of both arrays.",
               "ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3]) = ARRAY[1, 2, 3]");
  RegisterPair(registry, SetKind::kExcept, "ARRAY_EXCEPT",
               "Returns the different elements of the first array that the second lacks.",
               "ARRAY_EXCEPT(ARRAY[1, 2], ARRAY[2]) = ARRAY[1]");
  RegisterPair(registry, SetKind::kIntersect, "ARRAY_INTERSECT",
               "Returns the different elements that both arrays have.",
               "ARRAY_INTERSECT(ARRAY[1, 2], ARRAY[2]) = ARRAY[2]");
}

}  // namespace weir
