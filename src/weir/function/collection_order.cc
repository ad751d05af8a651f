// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Order and place in arrays: ARRAY_SORT, ARRAY_MIN, ARRAY_MAX, ARRAY_SLICE, ARRAY_JOIN.
#include <algorithm>

#include "weir/function/collection.h"
#include "weir/function/list_builder.h"

namespace weir {
namespace {

bool IsOrdered(const DataType& type) {
  return type.is_numeric() || type.is_character() || type.is_binary() ||
         type.kind() == TypeKind::kDate || type.kind() == TypeKind::kTime || type.is_timestamp() ||
         type.is_interval();
}

Status CheckOrderedArray(const DataType& type) {
  if (type.kind() != TypeKind::kArray) return InvalidQuery("{} is no array", type.ToString());
  if (!IsOrdered(type.element()))
    return InvalidQuery("elements of type {} have no order", type.element().ToString());
  return Status::OK();
}

// ---- ARRAY_SORT ----

Status CoerceSort(std::vector<DataType>* types, const CallInfo&) {
  WEIR_RETURN_NOT_OK(CheckOrderedArray((*types)[0]));
  for (size_t i = 1; i < types->size(); ++i) {
    DataType& flag = (*types)[i];
    if (flag.kind() == TypeKind::kNull) flag = DataType::Boolean();
    if (flag.kind() != TypeKind::kBoolean) return InvalidQuery("the order is given by BOOLEANs");
  }
  return Status::OK();
}

Result<Kernel> MakeSort(const CallInfo& call) {
  DataType type = call.result_type;
  return Kernel([type](KernelContext& context, const ColumnVector& args, int64_t n,
                       ColumnPtr* out) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto elements, Flatten(args[0]->children[0], context.pool));
    WEIR_ASSIGN_OR_RETURN(auto valid, ArgumentValidity(args, n, context.pool));
    ListBuilder lists(n);
    std::vector<int64_t> order;
    for (int64_t i = 0; i < n; ++i) {
      if (valid != nullptr && !GetBit(valid->data(), i)) {
        lists.EndNull();
        continue;
      }
      bool ascending = args.size() < 2 || args[1]->BoolAt(i);
      bool nulls_first = args.size() < 3 ? ascending : args[2]->BoolAt(i);
      ElementRange range = ElementsOf(*args[0], i);
      order.clear();
      int64_t nulls = 0;
      for (int64_t k = range.begin; k < range.end; ++k) {
        if (elements->IsNull(k)) {
          ++nulls;
        } else {
          order.push_back(k);
        }
      }
      std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
        int compared = CompareValues(*elements, a, *elements, b);
        return ascending ? compared < 0 : compared > 0;
      });
      if (nulls_first) {
        for (int64_t k = 0; k < nulls; ++k) lists.Add(-1);
      }
      for (int64_t k : order) lists.Add(k);
      if (!nulls_first) {
        for (int64_t k = 0; k < nulls; ++k) lists.Add(-1);
      }
      lists.EndRow();
    }
    WEIR_ASSIGN_OR_RETURN(*out, lists.Finish(type, elements, context.pool));
    return Status::OK();
  });
}

// ---- ARRAY_MIN, ARRAY_MAX ----

enum class Extreme : uint8_t { kMin, kMax };

template <Extreme kExtreme>
Status BestElement(KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
  const ColumnPtr& elements = args[0]->children[0];
  std::vector<int32_t> best(static_cast<size_t>(n), -1);
  for (int64_t i = 0; i < n; ++i) {
    if (args[0]->IsNull(i)) continue;
    ElementRange range = ElementsOf(*args[0], i);
    int32_t& found = best[static_cast<size_t>(i)];
    for (int64_t k = range.begin; k < range.end; ++k) {
      if (elements->IsNull(k)) continue;
      int compared = found < 0 ? 0 : CompareValues(*elements, k, *elements, found);
      if (found < 0 || (kExtreme == Extreme::kMin ? compared < 0 : compared > 0))
        found = static_cast<int32_t>(k);
    }
  }
  WEIR_ASSIGN_OR_RETURN(auto gathered, Gather(elements, best, context.pool));
  WEIR_ASSIGN_OR_RETURN(*out, Flatten(gathered, context.pool));
  return Status::OK();
}

template <Extreme kExtreme>
void RegisterExtreme(FunctionRegistry* registry, std::string name, std::string description,
                     std::string example) {
  Overload overload{.args = {Arg::Any()},
                    .returns = [](const CallInfo& call) -> Result<DataType> {
                      return call.arg_types[0].element().AsNullable();
                    },
                    .kernel = Stateless(&BestElement<kExtreme>),
                    .coerce = [](std::vector<DataType>* types,
                                 const CallInfo&) { return CheckOrderedArray((*types)[0]); }};
  std::string signatures = name + "(<ARRAY>)";
  registry->Add(CollectionFunction(std::move(name), std::move(signatures), std::move(description),
                                   std::move(example), std::move(overload),
                                   NullPolicy::kPropagate));
}

// ---- ARRAY_SLICE ----

/// Positions from 1, from the end when negative; 0 is the first; what lies outside is cut off.
ElementRange SliceRange(ElementRange range, int64_t start, int64_t end) {
  int64_t size = range.size();
  if (start < 0) start += size + 1;
  if (end < 0) end += size + 1;
  start = std::max<int64_t>(start, 1);
  end = std::min(end, size);
  if (start > end) return {range.begin, range.begin};
  return {range.begin + start - 1, range.begin + end};
}

Result<Kernel> MakeSlice(const CallInfo& call) {
  DataType type = call.result_type;
  return Kernel([type](KernelContext& context, const ColumnVector& args, int64_t n,
                       ColumnPtr* out) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto valid, ArgumentValidity(args, n, context.pool));
    ListBuilder lists(n);
    for (int64_t i = 0; i < n; ++i) {
      if (valid != nullptr && !GetBit(valid->data(), i)) {
        lists.EndNull();
        continue;
      }
      int64_t start = Reader<int64_t>(*args[1])[i];
      int64_t end = args.size() > 2 ? Reader<int64_t>(*args[2])[i] : INT64_MAX;
      constexpr int64_t kFar = int64_t{1} << 40;  // Farther than any array; sums stay in range.
      ElementRange range = SliceRange(ElementsOf(*args[0], i), std::clamp(start, -kFar, kFar),
                                      std::clamp(end, -kFar, kFar));
      for (int64_t k = range.begin; k < range.end; ++k) lists.Add(k);
      lists.EndRow();
    }
    WEIR_ASSIGN_OR_RETURN(*out, lists.Finish(type, args[0]->children[0], context.pool));
    return Status::OK();
  });
}

// ---- ARRAY_JOIN ----

/// NULL elements are left out, or given as the third argument.
Result<Kernel> MakeJoin(const CallInfo& call) {
  int64_t bytes_max =
      call.config == nullptr ? FunctionConfig{}.result_bytes_max : call.config->result_bytes_max;
  return Kernel([bytes_max](KernelContext& context, const ColumnVector& args, int64_t n,
                            ColumnPtr* out) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto valid, ArgumentValidity(args, n, context.pool));
    WEIR_ASSIGN_OR_RETURN(auto elements, Flatten(args[0]->children[0], context.pool));
    StringColumnWriter writer(n, context.pool);
    WEIR_RETURN_NOT_OK(writer.status());
    Reader<std::string_view> separators(*args[1]);
    std::string text;
    VisitSetBits(valid ? valid->data() : nullptr, n, [&](int64_t i) {
      text.clear();
      bool is_first = true;
      ElementRange range = ElementsOf(*args[0], i);
      for (int64_t k = range.begin; k < range.end; ++k) {
        bool is_null = elements->IsNull(k);
        if (is_null && args.size() < 3) continue;
        if (!is_first) text += separators[i];
        text += is_null ? Reader<std::string_view>(*args[2])[i] : elements->views()[k].view();
        is_first = false;
      }
      if (text.size() > static_cast<size_t>(bytes_max)) {
        context.errors->Add(
            i,
            fmt::format("a result of {} bytes is longer than the limit of {} bytes for one string",
                        text.size(), bytes_max));
      } else {
        writer.Set(i, text);
      }
    });
    WEIR_ASSIGN_OR_RETURN(*out, writer.Finish());
    return Status::OK();
  });
}

Status CoerceJoin(std::vector<DataType>* types, const CallInfo&) {
  const DataType& array = (*types)[0];
  if (array.kind() != TypeKind::kArray || !array.element().is_character()) {
    return InvalidQuery("{} is no array of strings", array.ToString());
  }
  for (size_t i = 1; i < types->size(); ++i) {
    DataType& type = (*types)[i];
    if (type.kind() == TypeKind::kNull) type = DataType::String();
    if (!type.is_character()) return InvalidQuery("{} is no string", type.ToString());
  }
  return Status::OK();
}

}  // namespace

void RegisterArrayOrder(FunctionRegistry* registry) {
  RegisterExtreme<Extreme::kMin>(registry, "ARRAY_MIN",
                                 "Returns the least element that is not NULL.",
                                 "ARRAY_MIN(ARRAY[2, 1]) = 1");
  RegisterExtreme<Extreme::kMax>(registry, "ARRAY_MAX",
                                 "Returns the greatest element that is not NULL.",
                                 "ARRAY_MAX(ARRAY[2, 1]) = 2");
  registry->Add(CollectionFunction(
      "ARRAY_SORT",
      "ARRAY_SORT(<ARRAY>)\nARRAY_SORT(<ARRAY>, <BOOLEAN>)\nARRAY_SORT(<ARRAY>, <BOOLEAN>, "
      "<BOOLEAN>)",
      "Returns the elements in order: ascending (or not), NULLs first (or last).",
      "ARRAY_SORT(ARRAY[2, 1]) = ARRAY[1, 2]",
      {.args = {Arg::Any(), Arg::Any(), Arg::Any()},
       .optional_args = 2,
       .returns = ReturnSameAs(0),
       .kernel = &MakeSort,
       .coerce = &CoerceSort},
      NullPolicy::kPropagate));
  Arg array = Arg::Of(Arg::Family::kArray), integer = Arg::Exact(DataType::BigInt());
  registry->Add(CollectionFunction(
      "ARRAY_SLICE", "ARRAY_SLICE(<ARRAY>, <INTEGER>, <INTEGER>)\nARRAY_SLICE(<ARRAY>, <INTEGER>)",
      "Returns the elements from one 1-based position to another.",
      "ARRAY_SLICE(ARRAY[1, 2, 3], 2, 3) = ARRAY[2, 3]",
      {.args = {array, integer, integer},
       .optional_args = 1,
       .returns = ReturnSameAs(0),
       .kernel = &MakeSlice},
      NullPolicy::kPropagate));
  ScalarFunction join =
      CollectionFunction("ARRAY_JOIN",
                         "ARRAY_JOIN(ARRAY<STRING>, <CHARACTER_STRING>)\nARRAY_JOIN(ARRAY<STRING>, "
                         "<CHARACTER_STRING>, <CHARACTER_STRING>)",
                         "Joins the strings with a separator; NULLs are left out or replaced.",
                         "ARRAY_JOIN(ARRAY['a', 'b'], '-') = 'a-b'",
                         {.args = {Arg::Any(), Arg::Any(), Arg::Any()},
                          .optional_args = 1,
                          .returns = ReturnType(DataType::String()),
                          .kernel = &MakeJoin,
                          .coerce = &CoerceJoin},
                         NullPolicy::kPropagate);
  join.may_fail = true;
  registry->Add(std::move(join));
}

}  // namespace weir
