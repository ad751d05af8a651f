// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// UNNEST and UNNEST_WITH_ORDINALITY: a row for each element of an array, multiset or map.
//   ARRAY[1, 2]            ->  f0: 1, 2
//   ARRAY[ROW(1, 'a')]     ->  the row's fields
//   MULTISET {a=2}         ->  f0: a, a
//   MAP['k', 1]            ->  KEY, VALUE
// WITH ORDINALITY adds the position from 1. NULL collections give no row; a NULL ROW gives NULL
// fields.
#include "weir/expr/table_function.h"
#include "weir/function/families.h"
#include "weir/function/list_builder.h"

namespace weir {
namespace {

enum class Ordinality : uint8_t { kWithout, kWith };

Result<Schema> ResolveUnnest(const std::vector<DataType>& types, Ordinality ordinality) {
  if (types.size() != 1)
    return InvalidQuery("UNNEST takes one collection, not {} arguments", types.size());
  const DataType& type = types[0];
  Schema schema;
  if (type.kind() == TypeKind::kMap) {
    schema.fields = {{"KEY", type.key()}, {"VALUE", type.value()}};
  } else if (type.kind() == TypeKind::kArray || type.kind() == TypeKind::kMultiset) {
    const DataType& element = type.element();
    if (element.kind() == TypeKind::kRow) {
      for (const Field& field : element.fields()) {
        schema.fields.push_back(
            {field.name, field.type.WithNullable(field.type.nullable() || element.nullable())});
      }
    } else {
      schema.fields = {{"f0", element}};
    }
  } else {
    return InvalidQuery("UNNEST takes an array, a map or a multiset, not {}", type.ToString());
  }
  if (ordinality == Ordinality::kWith)
    schema.fields.push_back({"ORDINALITY", DataType::Int().NotNull()});
  return schema;
}

/// Columns of `element` at `positions`: the fields of a ROW, else itself.
Status GatherElement(const ColumnPtr& element, const std::vector<int32_t>& positions,
                     arrow::MemoryPool* pool, ColumnVector* out) {
  if (element->type.kind() != TypeKind::kRow) {
    WEIR_ASSIGN_OR_RETURN(auto gathered, Gather(element, positions, pool));
    out->push_back(std::move(gathered));
    return Status::OK();
  }
  WEIR_ASSIGN_OR_RETURN(auto rows, Flatten(element, pool));
  std::vector<int32_t> fields_at = positions;
  if (rows->validity != nullptr) {
    for (int32_t& position : fields_at) {
      if (rows->IsNull(position)) position = -1;
    }
  }
  for (const ColumnPtr& field : rows->children) {
    WEIR_ASSIGN_OR_RETURN(auto gathered, Gather(field, fields_at, pool));
    out->push_back(std::move(gathered));
  }
  return Status::OK();
}

Status Unnest(KernelContext& context, const Column& lists, int64_t n, Ordinality ordinality,
              std::vector<int32_t>* parents, ColumnVector* out) {
  parents->clear();
  out->clear();
  std::vector<int32_t> positions, ordinals;
  bool is_multiset = lists.type.kind() == TypeKind::kMultiset;
  for (int64_t i = 0; i < n; ++i) {
    if (lists.IsNull(i)) continue;
    ElementRange range = ElementsOf(lists, i);
    int32_t ordinal = 0;
    for (int64_t k = range.begin; k < range.end; ++k) {
      int32_t copies = is_multiset ? lists.children[1]->At<int32_t>(k) : 1;
      for (int32_t copy = 0; copy < copies; ++copy) {
        parents->push_back(static_cast<int32_t>(i));
        positions.push_back(static_cast<int32_t>(k));
        ordinals.push_back(++ordinal);
      }
    }
  }
  WEIR_RETURN_NOT_OK(GatherElement(lists.children[0], positions, context.pool, out));
  if (lists.type.kind() == TypeKind::kMap) {
    WEIR_ASSIGN_OR_RETURN(auto values, Gather(lists.children[1], positions, context.pool));
    out->push_back(std::move(values));
  }
  if (ordinality == Ordinality::kWith) {
    auto size = static_cast<int64_t>(ordinals.size());
    WEIR_ASSIGN_OR_RETURN(auto column,
                          MakeFlatColumn(DataType::Int().NotNull(), size, context.pool));
    if (size > 0) {
      std::memcpy(const_cast<uint8_t*>(column->values->data()), ordinals.data(),
                  ordinals.size() * sizeof(int32_t));
    }
    out->push_back(std::move(column));
  }
  return Status::OK();
}

TableFunction MakeUnnest(std::string name, std::string description, Ordinality ordinality) {
  TableFunction function;
  function.signatures = name + "(array)\n" + name + "(map)\n" + name + "(multiset)";
  function.name = std::move(name);
  function.description = std::move(description);
  function.example = "SELECT t.a, u.x FROM t, UNNEST(t.list) AS u (x)";
  function.resolve = [ordinality](std::vector<DataType>* types, const CallInfo&) {
    return ResolveUnnest(*types, ordinality);
  };
  function.kernel = [ordinality](const CallInfo& call) -> Result<TableKernel> {
    WEIR_ASSIGN_OR_RETURN(Schema schema, ResolveUnnest(call.arg_types, ordinality));
    return TableKernel([schema, ordinality](KernelContext& context, const ColumnVector& args,
                                            int64_t n, std::vector<int32_t>* parents,
                                            ColumnVector* out) -> Status {
      WEIR_ASSIGN_OR_RETURN(auto lists, args[0]->encoding == Encoding::kDictionary
                                            ? Flatten(args[0], context.pool)
                                            : Result<ColumnPtr>(args[0]));
      WEIR_RETURN_NOT_OK(Unnest(context, *lists, n, ordinality, parents, out));
      for (size_t i = 0; i < out->size(); ++i) (*out)[i] = Retype((*out)[i], schema.fields[i].type);
      return Status::OK();
    });
  };
  return function;
}

}  // namespace

void RegisterTable(FunctionRegistry* registry) {
  registry->Add(
      MakeUnnest("UNNEST", "Gives a row for each element of a collection.", Ordinality::kWithout));
  registry->Add(MakeUnnest("UNNEST_WITH_ORDINALITY",
                           "Gives a row for each element of a collection, and its position.",
                           Ordinality::kWith));
}

}  // namespace weir
