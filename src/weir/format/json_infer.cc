// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/format/json_infer.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>

#include "weir/format/text_values.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kRecordsMax = 10'000;
constexpr int kDepthMax = 100;

// What was seen at one place of the records.
struct Shape {
  enum class Kind { kNothing, kScalar, kRow, kArray, kMixed } kind = Kind::kNothing;
  TextGuess scalar = TextGuess::kNothing;
  std::vector<std::pair<std::string, std::unique_ptr<Shape>>> fields;  // kRow.
  std::unique_ptr<Shape> element;                                      // kArray.
};

void Observe(const Json& json, int depth, Shape* shape);

void ObserveScalar(TextGuess guess, Shape* shape) {
  if (shape->kind != Shape::Kind::kNothing && shape->kind != Shape::Kind::kScalar) {
    shape->kind = Shape::Kind::kMixed;
    return;
  }
  shape->scalar = shape->kind == Shape::Kind::kNothing ? guess : MergeGuess(shape->scalar, guess);
  shape->kind = Shape::Kind::kScalar;
}

void ObserveObject(const Json& json, int depth, Shape* shape) {
  for (const auto& [key, value] : json.items()) {
    auto found = std::find_if(shape->fields.begin(), shape->fields.end(),
                              [&](const auto& field) { return field.first == key; });
    if (found == shape->fields.end()) {
      shape->fields.emplace_back(key, std::make_unique<Shape>());
      found = shape->fields.end() - 1;
    }
    Observe(value, depth + 1, found->second.get());
  }
}

void Observe(const Json& json, int depth, Shape* shape) {
  if (json.is_null()) return;
  if (json.is_boolean()) return ObserveScalar(TextGuess::kBoolean, shape);
  if (json.is_number_unsigned() && json.get<uint64_t>() > uint64_t{1} << 63)
    return ObserveScalar(TextGuess::kDouble, shape);
  if (json.is_number_integer()) return ObserveScalar(TextGuess::kBigInt, shape);
  if (json.is_number()) return ObserveScalar(TextGuess::kDouble, shape);
  if (json.is_string()) return ObserveScalar(GuessTime(json.get_ref<const std::string&>()), shape);
  auto kind = json.is_object() ? Shape::Kind::kRow : Shape::Kind::kArray;
  if (shape->kind != Shape::Kind::kNothing && shape->kind != kind) {
    shape->kind = Shape::Kind::kMixed;
    return;
  }
  shape->kind = depth >= kDepthMax ? Shape::Kind::kMixed : kind;
  if (shape->kind == Shape::Kind::kRow) ObserveObject(json, depth, shape);
  if (shape->kind == Shape::Kind::kArray) {
    if (shape->element == nullptr) shape->element = std::make_unique<Shape>();
    for (const Json& element : json) Observe(element, depth + 1, shape->element.get());
  }
}

DataType TypeOf(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::kScalar:
      return TypeOfGuess(shape.scalar);
    case Shape::Kind::kArray:
      return DataType::Array(TypeOf(*shape.element));
    case Shape::Kind::kRow: {
      if (shape.fields.empty()) return DataType::String();
      std::vector<Field> fields;
      for (const auto& [name, field] : shape.fields) fields.push_back({name, TypeOf(*field)});
      return DataType::Row(std::move(fields));
    }
    case Shape::Kind::kNothing:
    case Shape::Kind::kMixed:
      break;
  }
  return DataType::String();
}

// The end of the object that begins at text[begin], or npos.
size_t ObjectEnd(std::string_view text, size_t begin) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = begin; i < text.size(); ++i) {
    char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace

Result<Schema> InferJsonSchema(std::string_view sample, bool is_whole) {
  if (sample.substr(0, 3) == "\xEF\xBB\xBF") sample.remove_prefix(3);
  size_t first = sample.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos)
    return InvalidData("there is no record to tell the columns from: the file is empty");
  bool is_array = sample[first] == '[';
  Shape shape;
  int records = 0;
  std::optional<size_t> bad_record;
  size_t at = is_array ? first + 1 : first;
  while (at < sample.size() && records < kRecordsMax) {
    at = is_array ? sample.find('{', at) : sample.find_first_not_of(" \t\r\n", at);
    if (at == std::string_view::npos) break;
    size_t end = is_array ? ObjectEnd(sample, at) : sample.find('\n', at);
    if (end == std::string_view::npos) {
      if (is_array || !is_whole) break;
      end = sample.size();
    }
    Json json = Json::parse(sample.substr(at, end - at), nullptr, false);
    if (!json.is_object()) {  // Reading reports it, with its place.
      if (!bad_record) bad_record = at;
      at = end;
      continue;
    }
    at = end;
    ++records;
    shape.kind = Shape::Kind::kRow;
    ObserveObject(json, 0, &shape);
  }
  if (shape.fields.empty() && bad_record) {
    return InvalidData(
        "there is no JSON object to tell the columns from; the record at byte {} is none, or has a "
        "value out of range",
        *bad_record);
  }
  if (shape.fields.empty()) return InvalidData("there is no JSON object to tell the columns from");
  Schema schema;
  for (const auto& [name, field] : shape.fields) schema.fields.push_back({name, TypeOf(*field)});
  return schema;
}

}  // namespace weir
