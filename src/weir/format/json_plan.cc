// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/format/json_plan.h"

namespace weir {

JsonKey MakeJsonKey(std::string_view name, JsonFieldPlan* field) {
  JsonKey key;
  key.name = name;
  key.field = field;
  char bytes[16] = {}, mask[16] = {};
  for (size_t i = 0; i < 16 && i <= name.size(); ++i) {
    bytes[i] = i < name.size() ? name[i] : '"';
    mask[i] = '\xff';
  }
  std::memcpy(&key.low, bytes, 8);
  std::memcpy(&key.high, bytes + 8, 8);
  std::memcpy(&key.low_mask, mask, 8);
  std::memcpy(&key.high_mask, mask + 8, 8);
  return key;
}

Status CompileJsonField(const Field& field, ColumnSlot* slot, JsonFieldPlan* out) {
  out->name = field.name;
  out->kind = field.type.kind();
  out->slot = slot;
  switch (out->kind) {
    case TypeKind::kDecimal:
      out->scale = field.type.scale();
      [[fallthrough]];
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      out->precision = field.type.precision();
      return Status::OK();
    case TypeKind::kArray:
      out->elements.resize(1);
      return CompileJsonField({"element", field.type.element()}, &slot->child(0),
                              &out->elements[0]);
    case TypeKind::kMap:
    case TypeKind::kMultiset: {
      DataType key = out->kind == TypeKind::kMap ? field.type.key() : field.type.element();
      DataType value = out->kind == TypeKind::kMap ? field.type.value() : DataType::Int();
      if (!key.is_character()) {
        return InvalidQuery(
            "column '{}': keys of JSON objects are strings, so the format 'json' needs a MAP with "
            "STRING keys, not {}",
            field.name, field.type.ToString());
      }
      out->elements.resize(2);
      WEIR_RETURN_NOT_OK(CompileJsonField({"key", key}, &slot->child(0), &out->elements[0]));
      return CompileJsonField({"value", value}, &slot->child(1), &out->elements[1]);
    }
    case TypeKind::kRow: {
      out->object = std::make_unique<JsonObjectPlan>();
      std::vector<ColumnSlot*> slots;
      for (size_t i = 0; i < field.type.fields().size(); ++i) slots.push_back(&slot->child(i));
      return CompileJsonObject(field.type.fields(), slots, out->object.get());
    }
    default:
      return Status::OK();
  }
}

Status CompileJsonObject(const std::vector<Field>& fields, const std::vector<ColumnSlot*>& slots,
                         JsonObjectPlan* out) {
  out->fields.resize(fields.size());  // Pointers into it are kept: it does not grow again.
  for (size_t i = 0; i < fields.size(); ++i) {
    JsonFieldPlan& plan = out->fields[i];
    WEIR_RETURN_NOT_OK(CompileJsonField(fields[i], slots[i], &plan));
    out->by_name.emplace(plan.name, &plan);
    // A name with a quote or a backslash never equals its escaped form in the text: only the map
    // finds it.
    if (plan.name.find_first_of("\"\\") == std::string::npos)
      out->expected.push_back(MakeJsonKey(plan.name, &plan));
  }
  return Status::OK();
}

}  // namespace weir
