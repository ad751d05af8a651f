// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// How a JSON record becomes a row: a tree of field plans compiled from the (pruned) schema, and for
// every ROW a guess of the order in which its keys come, taken from the records before.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weir/base/options.h"
#include "weir/format/column_slots.h"
#include "weir/format/fast_parse.h"

namespace weir {

struct JsonFieldPlan;

/// A key that is expected, ready for comparison with `name"`.
struct JsonKey {
  uint64_t low = 0, high = 0, low_mask = 0,
           high_mask = 0;          // The first 16 bytes of the name and its closing quote.
  std::string_view name;           // Owned by the plan's names.
  JsonFieldPlan* field = nullptr;  // Null: a key that is not asked for.

  /// Whether the key whose opening quote is before `p` is this one.
  bool Matches(const char* p) const {
    if ((((LoadWord(p) ^ low) & low_mask) | ((LoadWord(p + 8) ^ high) & high_mask)) != 0)
      return false;
    if (name.size() < 16) return true;
    return std::memcmp(p, name.data(), name.size()) == 0 && p[name.size()] == '"';
  }
};

struct JsonObjectPlan {
  std::vector<JsonFieldPlan> fields;
  std::unordered_map<std::string_view, JsonFieldPlan*> by_name;
  std::vector<JsonKey> expected;  // In the order in which they last came.
  std::deque<std::string> names;  // Of keys that are not fields; bounded with `expected`.

  JsonObjectPlan() = default;
  JsonObjectPlan(const JsonObjectPlan&) = delete;
  JsonObjectPlan& operator=(const JsonObjectPlan&) = delete;
};

struct JsonFieldPlan {
  std::string name;
  TypeKind kind = TypeKind::kNull;
  int precision = 0, scale = 0;
  ColumnSlot* slot = nullptr;
  std::unique_ptr<JsonObjectPlan> object;  // ROW.
  std::vector<JsonFieldPlan> elements;     // ARRAY {element}; MAP, MULTISET {key, value}.
  uint64_t seen = 0;                       // The last object that had this field.
};

JsonKey MakeJsonKey(std::string_view name, JsonFieldPlan* field);
/// Plans `field` (and what is below it) to be written to `slot`. Errors: kUnsupported naming the
/// type.
Status CompileJsonField(const Field& field, ColumnSlot* slot, JsonFieldPlan* out);
/// Plans a ROW's fields, or a record's columns, over the slots given.
Status CompileJsonObject(const std::vector<Field>& fields, const std::vector<ColumnSlot*>& slots,
                         JsonObjectPlan* out);

}  // namespace weir
