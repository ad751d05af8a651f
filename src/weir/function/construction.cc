// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// ROW ARRAY MAP constructors, and FIELD and ITEM, which take such values apart.
//   ARRAY[7, 8][1] = 7 (from 1)    MAP['a', 1]['a'] = 1    what is not there is NULL
// FIELD is run by the evaluator: a field of a ROW is one of its child columns.
#include "weir/expr/kernel.h"
#include "weir/function/families.h"
#include "weir/function/variant.h"

namespace weir {
namespace {

Status RefuseUntypedNull(const std::vector<DataType>& types) {
  for (const DataType& type : types) {
    if (type.kind() == TypeKind::kNull) return InvalidQuery("Illegal use of 'NULL'");
  }
  return Status::OK();
}

Result<ColumnPtr> FlatArgument(const ColumnPtr& arg, int64_t n, arrow::MemoryPool* pool) {
  if (arg->is_flat() && arg->length == n) return arg;
  return Flatten(arg, pool);
}

std::shared_ptr<Column> NestedColumn(const DataType& type, int64_t n, ColumnVector children) {
  auto column = std::make_shared<Column>();
  column->type = type;
  column->length = n;
  column->children = std::move(children);
  return column;
}

// ---- Constructors ----

Result<DataType> RowType(const CallInfo& call) {
  WEIR_RETURN_NOT_OK(RefuseUntypedNull(call.arg_types));
  std::vector<Field> fields;
  for (size_t i = 0; i < call.arg_types.size(); ++i)
    fields.push_back({fmt::format("EXPR${}", i), call.arg_types[i]});
  return DataType::Row(std::move(fields)).NotNull();
}

Result<Kernel> MakeRowKernel(const CallInfo& call) {
  DataType type = call.result_type;
  return Kernel([type](KernelContext& context, const ColumnVector& args, int64_t n,
                       ColumnPtr* out) -> Status {
    ColumnVector children;
    for (size_t i = 0; i < args.size(); ++i) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr flat, FlatArgument(args[i], n, context.pool));
      children.push_back(Retype(flat, type.fields()[i].type));
    }
    *out = NestedColumn(type, n, std::move(children));
    return Status::OK();
  });
}

/// Row by row: the values of args[begin], args[begin + step], ..., in one column.
Result<ColumnPtr> Interleave(const ColumnVector& args, size_t begin, size_t step, int64_t n,
                             const DataType& type,
                             const std::vector<std::pair<int32_t, int32_t>>* picks,
                             arrow::MemoryPool* pool) {
  ColumnVector columns;
  for (size_t i = begin; i < args.size(); i += step) columns.push_back(Retype(args[i], type));
  WEIR_ASSIGN_OR_RETURN(ColumnPtr all, Concat(columns, pool));
  std::vector<int32_t> indices;
  if (picks != nullptr) {
    for (auto [row, entry] : *picks) indices.push_back(static_cast<int32_t>(entry * n + row));
  } else {
    for (int64_t i = 0; i < n; ++i) {
      for (size_t k = 0; k < columns.size(); ++k)
        indices.push_back(static_cast<int32_t>(static_cast<int64_t>(k) * n + i));
    }
  }
  return Gather(all, indices, pool);
}

Status CoerceElements(std::vector<DataType>* types, size_t begin, size_t step) {
  std::vector<DataType> group;
  for (size_t i = begin; i < types->size(); i += step) group.push_back((*types)[i]);
  auto common = CommonType(group);
  if (!common) {
    std::string list;
    for (const DataType& type : group) list += (list.empty() ? "" : ", ") + type.ToString();
    return InvalidQuery("Parameters must be of the same type: {}", list);
  }
  for (size_t i = begin; i < types->size(); i += step)
    (*types)[i] = common->WithNullable((*types)[i].nullable());
  return Status::OK();
}

DataType ElementType(const std::vector<DataType>& types, size_t begin, size_t step) {
  bool nullable = false;
  for (size_t i = begin; i < types.size(); i += step) nullable |= types[i].nullable();
  return types[begin].WithNullable(nullable);
}

Status CoerceArray(std::vector<DataType>* types, const CallInfo&) {
  if (types->empty()) return InvalidQuery("Require at least 1 argument");
  return CoerceElements(types, 0, 1);
}

Result<DataType> ArrayType(const CallInfo& call) {
  return DataType::Array(ElementType(call.arg_types, 0, 1)).NotNull();
}

Result<std::shared_ptr<arrow::Buffer>> EvenOffsets(int64_t n, int64_t size,
                                                   arrow::MemoryPool* pool) {
  if (n * size > INT32_MAX) return ResourceExhausted("too many elements in a batch of arrays");
  WEIR_ASSIGN_OR_RETURN(auto offsets, AllocateBuffer((n + 1) * 4, pool));
  auto* values = reinterpret_cast<int32_t*>(offsets->mutable_data());
  for (int64_t i = 0; i <= n; ++i) values[i] = static_cast<int32_t>(i * size);
  return offsets;
}

Result<Kernel> MakeArrayKernel(const CallInfo& call) {
  DataType type = call.result_type;
  return Kernel([type](KernelContext& context, const ColumnVector& args, int64_t n,
                       ColumnPtr* out) -> Status {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr elements,
                          Interleave(args, 0, 1, n, type.element(), nullptr, context.pool));
    auto column = NestedColumn(type, n, {elements});
    WEIR_ASSIGN_OR_RETURN(column->values,
                          EvenOffsets(n, static_cast<int64_t>(args.size()), context.pool));
    *out = std::move(column);
    return Status::OK();
  });
}

Status CoerceMap(std::vector<DataType>* types, const CallInfo&) {
  if (types->empty() || types->size() % 2 != 0)
    return InvalidQuery("MAP needs keys and values in pairs");
  WEIR_RETURN_NOT_OK(CoerceElements(types, 0, 2));
  return CoerceElements(types, 1, 2);
}

Result<DataType> MapType(const CallInfo& call) {
  return DataType::Map(ElementType(call.arg_types, 0, 2), ElementType(call.arg_types, 1, 2))
      .NotNull();
}

/// The entries of each row that stay: of equal keys the last one.
std::vector<std::pair<int32_t, int32_t>> LastOfEachKey(const ColumnVector& args, int64_t n) {
  std::vector<std::pair<int32_t, int32_t>> picks;
  int32_t entries = static_cast<int32_t>(args.size() / 2);
  for (int32_t i = 0; i < n; ++i) {
    for (int32_t k = 0; k < entries; ++k) {
      bool again = false;
      const Column& key = *args[static_cast<size_t>(2 * k)];
      for (int32_t later = k + 1; later < entries && !again; ++later) {
        again = SameValue(key, i, *args[static_cast<size_t>(2 * later)], i);
      }
      if (!again) picks.emplace_back(i, k);
    }
  }
  return picks;
}

Result<Kernel> MakeMapKernel(const CallInfo& call) {
  DataType type = call.result_type;
  return Kernel([type](KernelContext& context, const ColumnVector& args, int64_t n,
                       ColumnPtr* out) -> Status {
    auto picks = LastOfEachKey(args, n);
    WEIR_ASSIGN_OR_RETURN(ColumnPtr keys,
                          Interleave(args, 0, 2, n, type.key(), &picks, context.pool));
    WEIR_ASSIGN_OR_RETURN(ColumnPtr values,
                          Interleave(args, 1, 2, n, type.value(), &picks, context.pool));
    WEIR_ASSIGN_OR_RETURN(auto offsets, EvenOffsets(n, 0, context.pool));
    auto* ends = reinterpret_cast<int32_t*>(offsets->mutable_data());
    for (auto [row, entry] : picks) ++ends[row + 1];
    for (int64_t i = 0; i < n; ++i) ends[i + 1] += ends[i];
    auto column = NestedColumn(type, n, {keys, values});
    column->values = std::move(offsets);
    *out = std::move(column);
    return Status::OK();
  });
}

// ---- Access ----

Status CoerceItem(std::vector<DataType>* types, const CallInfo& call) {
  DataType &container = (*types)[0], &index = (*types)[1];
  if (container.kind() == TypeKind::kArray &&
      (index.is_integer() || index.kind() == TypeKind::kNull)) {
    if (auto position = LiteralInt(call, 1); position && *position < 1) {
      return InvalidQuery("Array element access needs an index starting at 1 but was {}.",
                          *position);
    }
    index = DataType::BigInt().WithNullable(index.nullable());
    return Status::OK();
  }
  // Texts of any length are compared as they are, numbers at their common type.
  if (container.kind() == TypeKind::kMap && container.key().is_character() && index.is_character())
    return Status::OK();
  if (container.kind() == TypeKind::kMap && container.key().is_numeric() && index.is_numeric()) {
    auto common = CommonType({container.key().AsNullable(), index.AsNullable()});
    if (common) {
      index = common->WithNullable(index.nullable());
      container = DataType::Map(common->WithNullable(container.key().nullable()), container.value())
                      .WithNullable(container.nullable());
      return Status::OK();
    }
  }
  if (container.kind() == TypeKind::kMap &&
      CanImplicitlyCast(index.AsNullable(), container.key().AsNullable())) {
    index = container.key().WithNullable(index.nullable());
    return Status::OK();
  }
  if (container.kind() == TypeKind::kRow && LiteralString(call, 1)) return Status::OK();
  if (container.kind() == TypeKind::kVariant && (index.is_integer() || index.is_character())) {
    if (index.is_integer()) index = DataType::BigInt().WithNullable(index.nullable());
    return Status::OK();
  }
  return InvalidQuery("Cannot apply 'ITEM' to {} and {}", container.ToString(), index.ToString());
}

Result<DataType> ItemType(const CallInfo& call) {
  const DataType& container = call.arg_types[0];
  if (container.kind() == TypeKind::kArray) return container.element().AsNullable();
  if (container.kind() == TypeKind::kMap) return container.value().AsNullable();
  if (container.kind() == TypeKind::kVariant) return DataType::Variant();
  return container.fields().empty() ? DataType::Null()
                                    : container.fields()[0].type;  // ROW: see ExpandItem.
}

/// Which field it is stands in the expression, not among the arguments: MakeField builds the call.
Result<DataType> FieldType(const CallInfo& call) { return call.result_type; }

/// row['name'] is a field.
Result<ExprPtr> ExpandItem(const FunctionRegistry&, std::vector<ExprPtr> args,
                           const FunctionConfig&) {
  if (args[0]->type.kind() != TypeKind::kRow) return ExprPtr();
  const std::string& name = args[1]->literal.string_value();
  int field = args[0]->type.FieldIndex(name);
  if (field >= 0) return MakeField(args[0], field);
  return InvalidQuery("{} has no field '{}'", args[0]->type.ToString(), name);
}

Status ArrayItemKernel(KernelContext& context, const ColumnVector& args, int64_t n,
                       ColumnPtr* out) {
  const Column& array = *args[0];
  Reader<int64_t> index(*args[1]);
  WEIR_ASSIGN_OR_RETURN(BufferPtr valid, ArgumentValidity(args, n, context.pool));
  std::vector<int32_t> picks(static_cast<size_t>(n), -1);
  VisitSetBits(valid ? valid->data() : nullptr, n, [&](int64_t i) {
    int64_t at = array.Position(i);
    int32_t begin = array.offsets()[at], end = array.offsets()[at + 1];
    int64_t position = index[i];
    if (position >= 1 && position <= end - begin) {
      picks[static_cast<size_t>(i)] = static_cast<int32_t>(begin + position - 1);
    }
  });
  WEIR_ASSIGN_OR_RETURN(*out, Gather(array.children[0], picks, context.pool));
  return Status::OK();
}

Status MapItemKernel(KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
  const Column &map = *args[0], &key = *args[1];
  WEIR_ASSIGN_OR_RETURN(BufferPtr valid, ArgumentValidity(args, n, context.pool));
  std::vector<int32_t> picks(static_cast<size_t>(n), -1);
  VisitSetBits(valid ? valid->data() : nullptr, n, [&](int64_t i) {
    int64_t at = map.Position(i);
    for (int32_t entry = map.offsets()[at]; entry < map.offsets()[at + 1]; ++entry) {
      if (SameValue(*map.children[0], entry, key, i)) picks[static_cast<size_t>(i)] = entry;
    }
  });
  WEIR_ASSIGN_OR_RETURN(*out, Gather(map.children[1], picks, context.pool));
  return Status::OK();
}

Result<Kernel> MakeItemKernel(const CallInfo& call) {
  if (call.arg_types[0].kind() == TypeKind::kVariant) return MakeVariantItem(call);
  return Kernel(call.arg_types[0].kind() == TypeKind::kArray ? ArrayItemKernel : MapItemKernel);
}

ScalarFunction Constructor(const char* name, const char* signature, const char* description,
                           const char* example) {
  ScalarFunction function{.name = name, .family = "value construction"};
  function.signatures = signature;
  function.description = description;
  function.example = example;
  function.null_policy = NullPolicy::kKernel;
  return function;
}

}  // namespace

void RegisterConstruction(FunctionRegistry* registry) {
  ScalarFunction row =
      Constructor("ROW", "ROW(<ANY>, ...)", "Returns a row of the values.", "ROW(1, 'a')");
  row.overloads = {
      {.args = {Arg::Any()}, .variadic = true, .returns = RowType, .kernel = MakeRowKernel}};
  registry->Add(std::move(row));
  ScalarFunction array = Constructor("ARRAY", "ARRAY[<COMMON>, ...]",
                                     "Returns an array of the values.", "ARRAY[1, 2]");
  array.overloads = {{.returns = ArrayType, .kernel = MakeArrayKernel, .coerce = CoerceArray}};
  registry->Add(std::move(array));
  ScalarFunction map =
      Constructor("MAP", "MAP[<COMMON>, <COMMON>, ...]",
                  "Returns a map of keys and values in turn.", "MAP['a', 1, 'b', 2]");
  map.overloads = {{.returns = MapType, .kernel = MakeMapKernel, .coerce = CoerceMap}};
  registry->Add(std::move(map));
  ScalarFunction field =
      Constructor("FIELD", "<ROW>.<name>", "Returns a field of a row.", "ROW(1, 'a').EXPR$0 = 1");
  field.family = "value access";
  field.overloads = {
      {.args = {Arg::Of(Arg::Family::kRow)}, .returns = FieldType, .kernel = MakeRowKernel}};
  registry->Add(std::move(field));
  ScalarFunction item = Constructor(
      "ITEM", "<ARRAY>[<INTEGER>]\n<MAP>[<key>]\n<ROW>['field']\n<VARIANT>[<CHARACTER>|<INTEGER>]",
      "Returns an element, by position from 1, key, or name.", "ARRAY[7, 8][1] = 7");
  item.family = "value access";
  item.null_policy = NullPolicy::kPropagate;
  item.may_fail = true;
  item.call_may_fail = [](const CallInfo& call) {
    return call.arg_types[0].kind() == TypeKind::kVariant;
  };
  item.overloads = {{.args = {Arg::Any(), Arg::Any()},
                     .returns = ItemType,
                     .kernel = MakeItemKernel,
                     .coerce = CoerceItem}};
  item.expand = ExpandItem;
  registry->Add(std::move(item));
}

}  // namespace weir
