// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// OBJECT_OF and OBJECT_UPDATE: objects of structured types, which are rows with the name of a
// class.
//   OBJECT_OF('com.example.User', 'name', 'Bob', 'age', 42).age = 42
// No Java class is looked for: as in Flink where there is none of that name.
#include <algorithm>

#include "weir/expr/kernel.h"
#include "weir/function/families.h"

namespace weir {
namespace {

/// The names at arguments 1, 3, ...
Result<std::vector<std::string>> FieldNames(const CallInfo& call,
                                            const std::vector<DataType>& types) {
  std::vector<std::string> names;
  for (size_t i = 1; i < types.size(); i += 2) {
    if (!types[i].is_character()) {
      return InvalidQuery(
          "The field key at position {} must be a non-nullable character string, but was {}.",
          i + 1, types[i].ToString());
    }
    auto name = LiteralString(call, i);
    if (!name) {
      return InvalidQuery(
          "The field key at position {} must be a non-nullable character string literal.", i + 1);
    }
    if (std::find(names.begin(), names.end(), *name) != names.end())
      return InvalidQuery("The field name '{}' at position {} is repeated.", *name, i + 1);
    names.push_back(std::move(*name));
  }
  return names;
}

Status RefuseUntypedNulls(const std::vector<DataType>& types) {
  for (size_t i = 2; i < types.size(); i += 2) {
    if (types[i].kind() == TypeKind::kNull) {
      return WithHint(InvalidQuery("Illegal use of 'NULL'"),
                      "give it a type: CAST(NULL AS STRING)");
    }
  }
  return Status::OK();
}

Status CheckObjectOf(std::vector<DataType>* types, const CallInfo& call) {
  if (types->empty() || types->size() % 2 == 0)
    return InvalidQuery("OBJECT_OF needs the name of a class, then names and values in pairs");
  if (!(*types)[0].is_character()) {
    return InvalidQuery(
        "The first argument must be a non-nullable character string representing the class name, "
        "but was {}.",
        (*types)[0].ToString());
  }
  if (!LiteralString(call, 0)) {
    return InvalidQuery(
        "The first argument must be a non-nullable character string literal representing the class "
        "name.");
  }
  WEIR_RETURN_NOT_OK(FieldNames(call, *types).status());
  return RefuseUntypedNulls(*types);
}

Result<DataType> ObjectType(const CallInfo& call) {
  WEIR_ASSIGN_OR_RETURN(std::vector<std::string> names, FieldNames(call, call.arg_types));
  std::vector<Field> fields;
  for (size_t i = 0; i < names.size(); ++i)
    fields.push_back({std::move(names[i]), call.arg_types[2 * i + 2]});
  auto class_name = LiteralString(call, 0);
  return DataType::Structured(class_name.value_or(""), std::move(fields)).NotNull();
}

Result<ColumnPtr> FlatArgument(const ColumnPtr& arg, const DataType& type,
                               arrow::MemoryPool* pool) {
  WEIR_ASSIGN_OR_RETURN(ColumnPtr flat, Flatten(arg, pool));
  return Retype(flat, type);
}

Result<Kernel> MakeObjectOf(const CallInfo& call) {
  return Kernel([type = call.result_type](KernelContext& context, const ColumnVector& args,
                                          int64_t n, ColumnPtr* out) -> Status {
    auto column = std::make_shared<Column>();
    column->type = type;
    column->length = n;
    for (size_t k = 0; k < type.fields().size(); ++k) {
      WEIR_ASSIGN_OR_RETURN(ColumnPtr field,
                            FlatArgument(args[2 * k + 2], type.fields()[k].type, context.pool));
      column->children.push_back(std::move(field));
    }
    *out = std::move(column);
    return Status::OK();
  });
}

Status CheckObjectUpdate(std::vector<DataType>* types, const CallInfo& call) {
  if (types->size() < 3 || types->size() % 2 == 0)
    return InvalidQuery("OBJECT_UPDATE needs an object, then names and values in pairs");
  const DataType& object = (*types)[0];
  if (!object.is_structured()) {
    return InvalidQuery("The first argument must be a structured type, but was {}.",
                        object.ToString());
  }
  WEIR_ASSIGN_OR_RETURN(std::vector<std::string> names, FieldNames(call, *types));
  for (size_t i = 0; i < names.size(); ++i) {
    if (object.FieldIndex(names[i]) >= 0) continue;
    std::string known;
    for (const Field& field : object.fields()) known += (known.empty() ? "" : ", ") + field.name;
    return InvalidQuery(
        "The field name '{}' at position {} is not part of the structured type attributes. "
        "Available attributes: [{}].",
        names[i], 2 * i + 2, known);
  }
  return RefuseUntypedNulls(*types);
}

Result<DataType> UpdatedType(const CallInfo& call) {
  WEIR_ASSIGN_OR_RETURN(std::vector<std::string> names, FieldNames(call, call.arg_types));
  std::vector<Field> fields = call.arg_types[0].fields();
  for (size_t i = 0; i < names.size(); ++i) {
    fields[static_cast<size_t>(call.arg_types[0].FieldIndex(names[i]))].type =
        call.arg_types[2 * i + 2];
  }
  return call.arg_types[0].WithFields(std::move(fields));
}

Result<Kernel> MakeObjectUpdate(const CallInfo& call) {
  WEIR_ASSIGN_OR_RETURN(std::vector<std::string> names, FieldNames(call, call.arg_types));
  return Kernel([type = call.result_type, names](KernelContext& context, const ColumnVector& args,
                                                 int64_t, ColumnPtr* out) -> Status {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr object, Flatten(args[0], context.pool));
    auto column = std::make_shared<Column>(*object);
    column->type = type;
    for (size_t i = 0; i < names.size(); ++i) {
      auto field = static_cast<size_t>(type.FieldIndex(names[i]));
      WEIR_ASSIGN_OR_RETURN(column->children[field],
                            FlatArgument(args[2 * i + 2], type.fields()[field].type, context.pool));
    }
    *out = std::move(column);
    return Status::OK();
  });
}

}  // namespace

void RegisterStructured(FunctionRegistry* registry) {
  registry->Add(ScalarFunction{
      .name = "OBJECT_OF",
      .family = "value construction",
      .signatures = "OBJECT_OF(class_name, [name, value]*)",
      .description =
          "Returns an object of a structured type: the name of a class, and fields by name.",
      .example = "OBJECT_OF('User', 'name', 'Bob', 'age', 42).age = 42",
      .overloads = {{.returns = ObjectType, .kernel = MakeObjectOf, .coerce = CheckObjectOf}},
      .null_policy = NullPolicy::kKernel});
  registry->Add(
      ScalarFunction{.name = "OBJECT_UPDATE",
                     .family = "value modification",
                     .signatures = "OBJECT_UPDATE(object, [name, value]+)",
                     .description = "Returns the object with other values in the fields named.",
                     .example = "OBJECT_UPDATE(OBJECT_OF('User', 'age', 42), 'age', 43).age = 43",
                     .overloads = {{.returns = UpdatedType,
                                    .kernel = MakeObjectUpdate,
                                    .coerce = CheckObjectUpdate}},
                     .null_policy = NullPolicy::kKernel});
}

}  // namespace weir
