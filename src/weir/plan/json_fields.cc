// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/plan/json_fields.h"

#include <algorithm>
#include <limits>

namespace weir::plan {

JsonFields::JsonFields(const Json& object, std::string where)
    : object_(object), where_(std::move(where)) {
  if (!object.is_object()) Fail(InvalidData("{} must be an object", where_));
}

void JsonFields::Fail(Status status) {
  if (status_.ok()) status_ = std::move(status);
}

const Json* JsonFields::Find(const char* key) {
  used_.insert(key);
  if (!status_.ok()) return nullptr;
  auto at = object_.find(key);
  return at == object_.end() ? nullptr : &*at;
}

bool JsonFields::Has(const char* key) { return Find(key) != nullptr; }

template <typename T, typename Test>
T JsonFields::Read(const char* key, T otherwise, const char* kind, Test test) {
  const Json* found = Find(key);
  if (found == nullptr) return otherwise;
  if (!test(*found)) {
    Fail(InvalidData("field '{}' of {} must be {}", key, where_, kind));
    return otherwise;
  }
  return found->get<T>();
}

std::string JsonFields::Text(const char* key, bool required) {
  if (required && !Has(key)) Fail(InvalidData("{} has no field '{}'", where_, key));
  return Read<std::string>(key, {}, "a string", [](const Json& j) { return j.is_string(); });
}

int64_t JsonFields::Int(const char* key, int64_t otherwise) {
  return Read<int64_t>(key, otherwise, "an integer", [](const Json& j) {
    return j.is_number_integer() &&
           !(j.is_number_unsigned() &&
             j.get<uint64_t>() > uint64_t{std::numeric_limits<int64_t>::max()});
  });
}

int JsonFields::Column(const char* key, int otherwise) {
  int64_t value = Int(key, otherwise);
  if (value < -1 || value > std::numeric_limits<int>::max()) {
    Fail(InvalidData("field '{}' of {} is no column: {}", key, where_, value));
    return otherwise;
  }
  return static_cast<int>(value);
}

bool JsonFields::Bool(const char* key, bool otherwise) {
  return Read<bool>(key, otherwise, "true or false", [](const Json& j) { return j.is_boolean(); });
}

std::vector<const Json*> JsonFields::Items(const char* key) {
  const Json* found = Find(key);
  std::vector<const Json*> items;
  if (found == nullptr) return items;
  if (!found->is_array()) {
    Fail(InvalidData("field '{}' of {} must be an array", key, where_));
    return items;
  }
  for (const Json& item : *found) items.push_back(&item);
  return items;
}

std::vector<int> JsonFields::Ints(const char* key) {
  std::vector<int> out;
  for (const Json* item : Items(key)) {
    bool fits = item->is_number_integer() && !item->is_number_float();
    int64_t value = fits ? item->get<int64_t>() : -1;
    if (!fits || value < 0 || value > std::numeric_limits<int>::max()) {
      Fail(InvalidData("field '{}' of {} must hold numbers from 0", key, where_));
      return {};
    }
    out.push_back(static_cast<int>(value));
  }
  return out;
}

std::vector<std::string> JsonFields::Texts(const char* key) {
  std::vector<std::string> out;
  for (const Json* item : Items(key)) {
    if (!item->is_string()) {
      Fail(InvalidData("field '{}' of {} must hold strings", key, where_));
      return {};
    }
    out.push_back(item->get<std::string>());
  }
  return out;
}

std::map<std::string, std::string> JsonFields::TextMap(const char* key) {
  std::map<std::string, std::string> out;
  const Json* found = Find(key);
  if (found == nullptr) return out;
  if (!found->is_object()) {
    Fail(InvalidData("field '{}' of {} must be an object", key, where_));
    return out;
  }
  for (const auto& [name, value] : found->items()) {
    if (!value.is_string()) {
      Fail(InvalidData("field '{}' of {} must hold strings, but '{}' is none", key, where_, name));
      return {};
    }
    out[name] = value.get<std::string>();
  }
  return out;
}

DataType JsonFields::Type(const char* key) {
  std::string text = Text(key);
  if (!status_.ok()) return {};
  auto type = ParseTypeString(text);
  if (!type.ok()) {
    Fail(WithContext(type.status(), fmt::format("type of {}", where_)));
    return {};
  }
  int attribute = OneOf("timeAttribute", {"none", "rowtime", "proctime"}, 0);
  return attribute == 0 ? *type : type->WithTimeAttribute(static_cast<TimeAttribute>(attribute));
}

std::vector<Field> JsonFields::Columns(const char* key) {
  std::vector<Field> out;
  for (const Json* item : Items(key)) {
    JsonFields fields(*item, fmt::format("column {} of {}", out.size(), where_));
    Field field;
    field.name = fields.Text("name");
    field.type = fields.Type();
    Fail(fields.Finish());
    out.push_back(std::move(field));
  }
  return out;
}

ExprPtr JsonFields::Expression(const char* key) {
  const Json* found = Find(key);
  if (found == nullptr) return nullptr;
  auto expr = ExprFromJson(*found, fmt::format("'{}' of {}", key, where_));
  if (expr.ok()) return *expr;
  Fail(expr.status());
  return nullptr;
}

std::vector<ExprPtr> JsonFields::Expressions(const char* key) {
  std::vector<ExprPtr> out;
  for (const Json* item : Items(key)) {
    auto expr = ExprFromJson(*item, fmt::format("'{}' of {}", key, where_));
    if (!expr.ok()) {
      Fail(expr.status());
      return {};
    }
    out.push_back(*expr);
  }
  return out;
}

int JsonFields::OneOf(const char* key, const std::vector<std::string_view>& names, int otherwise) {
  if (!Has(key)) return otherwise;
  std::string text = Text(key);
  auto at = std::find(names.begin(), names.end(), text);
  if (at == names.end()) {
    Fail(InvalidData("field '{}' of {} is '{}', but must be one of {}", key, where_, text,
                     fmt::join(names, ", ")));
    return otherwise;
  }
  return static_cast<int>(at - names.begin());
}

Status JsonFields::Finish() {
  if (!status_.ok()) return status_;
  for (const auto& item : object_.items()) {
    if (used_.count(item.key()) == 0) {
      status_ = InvalidData("{} has an unknown field '{}'", where_, item.key());
      return status_;
    }
  }
  return status_;
}

}  // namespace weir::plan
