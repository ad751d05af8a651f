// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/format/json_infer.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "weir/format/text_values.h"

namespace weir {
namespace {

using Json = nlohmann::json;

constexpr int kRecordsMax = 10'000;
constexpr size_t kDepthMax = 100;

// What was seen at one place of the records.
struct Shape {
  enum class Kind { kNothing, kScalar, kRow, kArray, kMixed } kind = Kind::kNothing;
  TextGuess scalar = TextGuess::kNothing;
  std::vector<std::pair<std::string, std::unique_ptr<Shape>>> fields;  // kRow, as first met.
  std::unordered_map<std::string, size_t> positions;                   // Of names in fields.
  std::unique_ptr<Shape> element;                                      // kArray.

  Shape* Field(const std::string& name) {
    auto [position, is_new] = positions.try_emplace(name, fields.size());
    if (is_new) fields.emplace_back(name, std::make_unique<Shape>());
    return fields[position->second].second.get();
  }
  void AddScalar(TextGuess guess) {
    if (kind != Kind::kNothing && kind != Kind::kScalar) {
      kind = Kind::kMixed;
      return;
    }
    scalar = kind == Kind::kNothing ? guess : MergeGuess(scalar, guess);
    kind = Kind::kScalar;
  }
};

// Notes the shape of one record from the parser's events; no tree of values is made.
class ShapeNoter : public Json::json_sax_t {
 public:
  explicit ShapeNoter(Shape* record) : next_(record) {}

  bool null() override { return true; }
  bool boolean(bool) override { return Scalar(TextGuess::kBoolean); }
  bool number_integer(number_integer_t) override { return Scalar(TextGuess::kBigInt); }
  bool number_unsigned(number_unsigned_t value) override {
    return Scalar(value >= uint64_t{1} << 63 ? TextGuess::kDouble : TextGuess::kBigInt);
  }
  bool number_float(number_float_t, const string_t&) override { return Scalar(TextGuess::kDouble); }
  bool string(string_t& value) override {
    return Scalar(Place() != nullptr ? GuessTime(value) : TextGuess::kNothing);
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return Start(Shape::Kind::kRow); }
  bool key(string_t& name) override {
    Shape* object = open_.back();
    next_ = object != nullptr ? object->Field(name) : nullptr;
    return true;
  }
  bool end_object() override { return Close(); }
  bool start_array(size_t) override { return Start(Shape::Kind::kArray); }
  bool end_array() override { return Close(); }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  // Where the next value belongs; null: within what is mixed or too deep.
  Shape* Place() {
    if (open_.empty() || open_.back() == nullptr || open_.back()->kind != Shape::Kind::kArray)
      return next_;
    return open_.back()->element.get();
  }
  bool Scalar(TextGuess guess) {
    if (Shape* place = Place()) place->AddScalar(guess);
    return true;
  }
  bool Start(Shape::Kind kind) {
    Shape* place = Place();
    if (place != nullptr) {
      bool fits = place->kind == Shape::Kind::kNothing || place->kind == kind;
      place->kind = fits && open_.size() <= kDepthMax ? kind : Shape::Kind::kMixed;
      if (place->kind != kind) place = nullptr;
    }
    if (place != nullptr && kind == Shape::Kind::kArray && place->element == nullptr)
      place->element = std::make_unique<Shape>();
    open_.push_back(place);
    next_ = nullptr;
    return true;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }

  Shape* next_;               // The value of the key just read; the record at first.
  std::vector<Shape*> open_;  // Objects and arrays around; null: not noted.
};

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
    std::string_view record = sample.substr(at, end - at);
    if (record[0] != '{' || !Json::accept(record)) {  // Reading reports it, with its place.
      if (!bad_record) bad_record = at;
      at = end;
      continue;
    }
    at = end;
    ++records;
    ShapeNoter noter(&shape);
    Json::sax_parse(record, &noter);
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
