// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Maps, and what all collections have: CARDINALITY and ELEMENT. The parts of a map share its
// buffers.
#include "weir/function/collection.h"
#include "weir/function/list_builder.h"

namespace weir {
namespace {

// ---- CARDINALITY, ELEMENT ----

Status Cardinality(KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
  WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<int32_t>(n, context.pool));
  bool is_multiset = args[0]->type.kind() == TypeKind::kMultiset;
  for (int64_t i = 0; i < n; ++i) {
    ElementRange range = args[0]->IsNull(i) ? ElementRange{} : ElementsOf(*args[0], i);
    int64_t size = range.size();
    if (is_multiset) {
      size = 0;
      for (int64_t k = range.begin; k < range.end; ++k)
        size += args[0]->children[1]->At<int32_t>(k);
    }
    OutputValues<int32_t>(*column)[i] = static_cast<int32_t>(size);
  }
  *out = std::move(column);
  return Status::OK();
}

Status Element(KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
  std::vector<int32_t> indices(static_cast<size_t>(n), -1);
  for (int64_t i = 0; i < n; ++i) {
    if (args[0]->IsNull(i)) continue;
    ElementRange range = ElementsOf(*args[0], i);
    if (range.size() > 1) {
      context.errors->Add(i, fmt::format("Array has more than one element: {}", range.size()));
    } else if (range.size() == 1) {
      indices[static_cast<size_t>(i)] = static_cast<int32_t>(range.begin);
    }
  }
  WEIR_ASSIGN_OR_RETURN(auto gathered, Gather(args[0]->children[0], indices, context.pool));
  WEIR_ASSIGN_OR_RETURN(*out, Flatten(gathered, context.pool));
  return Status::OK();
}

// ---- Parts of maps ----

/// Child 0 (keys) or 1 (values) of the map as an ARRAY.
Result<Kernel> MakePart(const CallInfo& call, size_t child) {
  DataType type = call.result_type;
  return Kernel(
      [type, child](KernelContext&, const ColumnVector& args, int64_t, ColumnPtr* out) -> Status {
        *out = WithChildren(*args[0], type, {args[0]->children[child]});
        return Status::OK();
      });
}

Result<Kernel> MakeEntries(const CallInfo& call) {
  DataType type = call.result_type;
  return Kernel(
      [type](KernelContext&, const ColumnVector& args, int64_t, ColumnPtr* out) -> Status {
        auto entries = std::make_shared<Column>();
        entries->type = type.element();
        entries->length = args[0]->children[0]->length;
        entries->children = args[0]->children;
        *out = WithChildren(*args[0], type, {entries});
        return Status::OK();
      });
}

/// MAP_FROM_ENTRIES: an ARRAY of ROWs of two fields; NULL entries give a NULL map.
Result<Kernel> MakeFromEntries(const CallInfo& call) {
  DataType type = call.result_type;
  return Kernel([type](KernelContext& context, const ColumnVector& args, int64_t n,
                       ColumnPtr* out) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto entries, Flatten(args[0]->children[0], context.pool));
    auto column = WithChildren(*args[0], type, {entries->children[0], entries->children[1]});
    if (entries->validity == nullptr) {
      *out = column;
      return Status::OK();
    }
    std::vector<int32_t> rows(static_cast<size_t>(n));
    for (int64_t i = 0; i < n; ++i) {
      bool is_null = args[0]->IsNull(i);
      ElementRange range = is_null ? ElementRange{} : ElementsOf(*args[0], i);
      for (int64_t k = range.begin; k < range.end; ++k) is_null = is_null || entries->IsNull(k);
      rows[static_cast<size_t>(i)] = is_null ? -1 : static_cast<int32_t>(i);
    }
    WEIR_ASSIGN_OR_RETURN(*out, Gather(column, rows, context.pool));
    return Status::OK();
  });
}

/// Later keys win: keeps the entries that no later one of the same row replaces, in order of first
/// appearance.
void AddEntries(const HashedElements& keys, const std::vector<ElementRange>& ranges,
                std::vector<int64_t>* entries) {
  entries->clear();
  std::unordered_multimap<uint64_t, size_t> positions;
  for (ElementRange range : ranges) {
    for (int64_t k = range.begin; k < range.end; ++k) {
      auto [begin, end] = positions.equal_range(keys.hash(k));
      auto same = std::find_if(begin, end, [&](const auto& entry) {
        return SameValue(keys.column(), (*entries)[entry.second], keys.column(), k);
      });
      if (same != end) {
        (*entries)[same->second] = k;
      } else {
        positions.emplace(keys.hash(k), entries->size());
        entries->push_back(k);
      }
    }
  }
}

Result<ColumnPtr> BuildMaps(const DataType& type, const ListBuilder& lists, const ColumnPtr& keys,
                            const ColumnPtr& values, arrow::MemoryPool* pool) {
  WEIR_ASSIGN_OR_RETURN(auto of_keys, lists.Finish(DataType::Array(type.key()), keys, pool));
  WEIR_ASSIGN_OR_RETURN(auto of_values, lists.Finish(DataType::Array(type.value()), values, pool));
  return WithChildren(*of_keys, type, {of_keys->children[0], of_values->children[0]});
}

Result<Kernel> MakeUnion(const CallInfo& call) {
  DataType type = call.result_type;
  return Kernel([type](KernelContext& context, const ColumnVector& args, int64_t n,
                       ColumnPtr* out) -> Status {
    ColumnVector key_parts, value_parts;
    std::vector<int64_t> offsets;
    int64_t length = 0;
    for (const ColumnPtr& arg : args) {
      key_parts.push_back(Retype(arg->children[0], type.key()));
      value_parts.push_back(Retype(arg->children[1], type.value()));
      offsets.push_back(length);
      length += arg->children[0]->length;
    }
    WEIR_ASSIGN_OR_RETURN(auto keys, Concat(key_parts, context.pool));
    WEIR_ASSIGN_OR_RETURN(auto values, Concat(value_parts, context.pool));
    WEIR_ASSIGN_OR_RETURN(HashedElements hashed, HashedElements::Make(keys));
    WEIR_ASSIGN_OR_RETURN(auto valid, ArgumentValidity(args, n, context.pool));
    ListBuilder lists(n);
    std::vector<ElementRange> ranges(args.size());
    std::vector<int64_t> entries;
    for (int64_t i = 0; i < n; ++i) {
      if (valid != nullptr && !GetBit(valid->data(), i)) {
        lists.EndNull();
        continue;
      }
      for (size_t a = 0; a < args.size(); ++a) {
        ElementRange range = ElementsOf(*args[a], i);
        ranges[a] = {range.begin + offsets[a], range.end + offsets[a]};
      }
      AddEntries(hashed, ranges, &entries);
      for (int64_t k : entries) lists.Add(k);
      lists.EndRow();
    }
    WEIR_ASSIGN_OR_RETURN(*out, BuildMaps(type, lists, keys, values, context.pool));
    return Status::OK();
  });
}

Status CoerceUnion(std::vector<DataType>* types, const CallInfo&) {
  for (const DataType& type : *types) {
    if (type.kind() != TypeKind::kMap) return InvalidQuery("{} is no map", type.ToString());
  }
  auto common = CommonType(*types);
  if (!common) return InvalidQuery("the maps have no common type");
  for (DataType& type : *types) type = common->WithNullable(type.nullable());
  return Status::OK();
}

Result<Kernel> MakeFromArrays(const CallInfo& call) {
  DataType type = call.result_type;
  return Kernel([type](KernelContext& context, const ColumnVector& args, int64_t n,
                       ColumnPtr* out) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto valid, ArgumentValidity(args, n, context.pool));
    ListBuilder keys(n), values(n);
    for (int64_t i = 0; i < n; ++i) {
      if (valid != nullptr && !GetBit(valid->data(), i)) {
        keys.EndNull();
        values.EndNull();
        continue;
      }
      ElementRange a = ElementsOf(*args[0], i), b = ElementsOf(*args[1], i);
      if (a.size() != b.size()) {
        context.errors->Add(
            i, fmt::format(
                   "Invalid function MAP_FROM_ARRAYS call:\nThe length of the keys array {} is "
                   "not equal to the length of the values array {}",
                   a.size(), b.size()));
        a = b = {};
      }
      for (int64_t k = 0; k < a.size(); ++k) {
        keys.Add(a.begin + k);
        values.Add(b.begin + k);
      }
      keys.EndRow();
      values.EndRow();
    }
    WEIR_ASSIGN_OR_RETURN(auto key_lists, keys.Finish(DataType::Array(type.key()),
                                                      args[0]->children[0], context.pool));
    WEIR_ASSIGN_OR_RETURN(auto value_lists, values.Finish(DataType::Array(type.value()),
                                                          args[1]->children[0], context.pool));
    *out = WithChildren(*key_lists, type, {key_lists->children[0], value_lists->children[0]});
    return Status::OK();
  });
}

void RegisterParts(FunctionRegistry* registry) {
  Arg map = Arg::Of(Arg::Family::kMap);
  registry->Add(CollectionFunction(
      "MAP_KEYS", "MAP_KEYS(input <MAP>)", "Returns the keys as an ARRAY.",
      "MAP_KEYS(MAP['a', 1]) = ARRAY['a']",
      {.args = {map},
       .returns = [](const CallInfo& call) -> Result<DataType> {
         return DataType::Array(call.arg_types[0].key()).WithNullable(call.arg_types[0].nullable());
       },
       .kernel = [](const CallInfo& call) { return MakePart(call, 0); }},
      NullPolicy::kPropagate));
  registry->Add(
      CollectionFunction("MAP_VALUES", "MAP_VALUES(input <MAP>)", "Returns the values as an ARRAY.",
                         "MAP_VALUES(MAP['a', 1]) = ARRAY[1]",
                         {.args = {map},
                          .returns = [](const CallInfo& call) -> Result<DataType> {
                            return DataType::Array(call.arg_types[0].value())
                                .WithNullable(call.arg_types[0].nullable());
                          },
                          .kernel = [](const CallInfo& call) { return MakePart(call, 1); }},
                         NullPolicy::kPropagate));
  registry->Add(CollectionFunction(
      "MAP_ENTRIES", "MAP_ENTRIES(input <MAP>)", "Returns the entries as an ARRAY of ROWs.",
      "MAP_ENTRIES(MAP['a', 1]) = ARRAY[ROW('a', 1)]",
      {.args = {map},
       .returns = [](const CallInfo& call) -> Result<DataType> {
         const DataType& type = call.arg_types[0];
         DataType row = DataType::Row({{"key", type.key()}, {"value", type.value()}});
         return DataType::Array(row).WithNullable(type.nullable());
       },
       .kernel = &MakeEntries},
      NullPolicy::kPropagate));
}

}  // namespace

void RegisterMaps(FunctionRegistry* registry) {
  RegisterParts(registry);
  Arg array = Arg::Of(Arg::Family::kArray), map = Arg::Of(Arg::Family::kMap),
      multiset = Arg::Of(Arg::Family::kMultiset);
  ScalarFunction cardinality = CollectionFunction(
      "CARDINALITY", "CARDINALITY(array)\nCARDINALITY(map)\nCARDINALITY(multiset)",
      "Returns the number of elements.", "CARDINALITY(ARRAY[1, 2]) = 2",
      {.args = {array}, .returns = ReturnType(DataType::Int()), .kernel = Stateless(&Cardinality)},
      NullPolicy::kPropagate);
  for (const Arg& arg : {map, multiset}) {
    cardinality.overloads.push_back(
        {.args = {arg}, .returns = ReturnType(DataType::Int()), .kernel = Stateless(&Cardinality)});
  }
  registry->Add(std::move(cardinality));
  auto return_element = [](const CallInfo& call) -> Result<DataType> {
    return call.arg_types[0].element().AsNullable();
  };
  ScalarFunction element = CollectionFunction(
      "ELEMENT", "ELEMENT(array)",
      "Returns the only element; NULL if there is none; more are an error.",
      "ELEMENT(ARRAY[1]) = 1",
      {.args = {array}, .returns = return_element, .kernel = Stateless(&Element)},
      NullPolicy::kPropagate);
  element.overloads.push_back(
      {.args = {multiset}, .returns = return_element, .kernel = Stateless(&Element)});
  element.may_fail = true;
  registry->Add(std::move(element));
  ScalarFunction from_arrays = CollectionFunction(
      "MAP_FROM_ARRAYS", "MAP_FROM_ARRAYS(array_of_keys, array_of_values)",
      "Returns the map of an array of keys and one of values.",
      "MAP_FROM_ARRAYS(ARRAY['a'], ARRAY[1]) = MAP['a', 1]",
      {.args = {array, array},
       .returns = [](const CallInfo& call) -> Result<DataType> {
         return DataType::Map(call.arg_types[0].element(), call.arg_types[1].element())
             .WithNullable(AnyNullable(call));
       },
       .kernel = &MakeFromArrays},
      NullPolicy::kPropagate);
  from_arrays.may_fail = true;
  registry->Add(std::move(from_arrays));
  registry->Add(
      CollectionFunction("MAP_UNION", "MAP_UNION(<COMMON>, <COMMON>...)",
                         "Returns the entries of all maps; of equal keys the last counts.",
                         "MAP_UNION(MAP['a', 1], MAP['b', 2]) = MAP['a', 1, 'b', 2]",
                         {.args = {Arg::Any()},
                          .variadic = true,
                          .returns = ReturnSameAs(0),
                          .kernel = &MakeUnion,
                          .coerce = &CoerceUnion},
                         NullPolicy::kPropagate));
  auto coerce_entries = [](std::vector<DataType>* types, const CallInfo&) -> Status {
    const DataType& type = (*types)[0];
    bool is_rows = type.kind() == TypeKind::kArray && type.element().kind() == TypeKind::kRow;
    if (!is_rows || type.element().fields().size() != 2)
      return InvalidQuery("{} is no array of pairs", type.ToString());
    return Status::OK();
  };
  registry->Add(CollectionFunction(
      "MAP_FROM_ENTRIES", "MAP_FROM_ENTRIES(array_of_rows)",
      "Returns the map of an array of ROWs of a key and a value.",
      "MAP_FROM_ENTRIES(ARRAY[ROW('a', 1)]) = MAP['a', 1]",
      {.args = {Arg::Any()},
       .returns = [](const CallInfo& call) -> Result<DataType> {
         const DataType& row = call.arg_types[0].element();
         bool nullable = call.arg_types[0].nullable() || row.nullable();
         return DataType::Map(row.fields()[0].type, row.fields()[1].type).WithNullable(nullable);
       },
       .kernel = &MakeFromEntries,
       .coerce = coerce_entries},
      NullPolicy::kPropagate));
}

}  // namespace weir
