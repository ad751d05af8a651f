// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/json_tree.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace weir {
namespace {

using sv = std::string_view;
namespace ondemand = simdjson::ondemand;

sv TrimBlanks(sv text) {
  while (!text.empty() && static_cast<uint8_t>(text.back()) <= ' ') text.remove_suffix(1);
  while (!text.empty() && static_cast<uint8_t>(text.front()) <= ' ') text.remove_prefix(1);
  return text;
}

bool IsJsonNumber(sv text) {
  size_t i = 0;
  auto digits = [&] {
    size_t from = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - from;
  };
  if (i < text.size() && text[i] == '-') ++i;
  size_t first = i;
  size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[first] == '0')) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

Status ReadError(simdjson::error_code error) {
  return InvalidData("invalid JSON: {}", simdjson::error_message(error));
}

template <typename Value>
Status ReadScalar(Value& value, ondemand::json_type type, JsonNode* node) {
  if (type == ondemand::json_type::string) {
    sv text;
    auto error = value.get_string().get(text);
    if (error) return ReadError(error);
    if (node == nullptr) return Status::OK();
    node->kind = JsonNode::Kind::kString;
    node->text = text;
    return Status::OK();
  }
  sv token;
  if constexpr (std::is_same_v<Value, ondemand::document>) {
    auto error = value.raw_json_token().get(token);
    if (error) return ReadError(error);
  } else {
    token = value.raw_json_token();
  }
  token = TrimBlanks(token);
  JsonNode::Kind kind = JsonNode::Kind::kNumber;
  if (token == "true" || token == "false") {
    kind = JsonNode::Kind::kBool;
  } else if (token == "null") {
    kind = JsonNode::Kind::kNull;
  } else if (!IsJsonNumber(token)) {
    return InvalidData("invalid JSON: unexpected '{}'", token.substr(0, 40));
  }
  if (node == nullptr) return Status::OK();
  node->kind = kind;
  kind == JsonNode::Kind::kNumber ? AppendJsonNumber(token, &node->text) : void(node->text = token);
  return Status::OK();
}

/// Reads `value` into `node`, or checks it only when there is none. `only`, if not null: the one
/// member of an object that is kept.
template <typename Value>
Status ReadNode(Value& value, int depth, JsonNode* node, const sv* only = nullptr);

template <typename Value>
Status ReadArray(Value& value, int depth, JsonNode* node) {
  ondemand::array array;
  auto error = value.get_array().get(array);
  if (error) return ReadError(error);
  if (node != nullptr) node->kind = JsonNode::Kind::kArray;
  for (auto item : array) {
    ondemand::value child;
    error = std::move(item).get(child);
    if (error) return ReadError(error);
    WEIR_RETURN_NOT_OK(
        ReadNode(child, depth + 1, node == nullptr ? nullptr : &node->items.emplace_back()));
  }
  return Status::OK();
}

template <typename Value>
Status ReadObject(Value& value, int depth, JsonNode* node, const sv* only) {
  ondemand::object object;
  auto error = value.get_object().get(object);
  if (error) return ReadError(error);
  if (node != nullptr) node->kind = JsonNode::Kind::kObject;
  for (auto field : object) {
    sv key;
    error = field.unescaped_key().get(key);
    if (error) return ReadError(error);
    bool is_wanted = node != nullptr && (only == nullptr || key == *only);
    std::string name(is_wanted ? key : sv());
    ondemand::value child;
    error = field.value().get(child);
    if (error) return ReadError(error);
    if (!is_wanted) {
      WEIR_RETURN_NOT_OK(ReadNode(child, depth + 1, nullptr));
      continue;
    }
    auto same = std::find_if(node->members.begin(), node->members.end(),
                             [&](const auto& m) { return m.first == name; });
    JsonNode* target = nullptr;
    // Finding duplicates takes long in huge objects; there the last one found by Find counts all
    // the same.
    if (node->members.size() < 64 && same != node->members.end()) {
      same->second = JsonNode{};
      target = &same->second;
    } else {
      target = &node->members.emplace_back(std::move(name), JsonNode{}).second;
    }
    WEIR_RETURN_NOT_OK(ReadNode(child, depth + 1, target));
  }
  return Status::OK();
}

template <typename Value>
Status ReadNode(Value& value, int depth, JsonNode* node, const sv* only) {
  if (depth > kJsonDepthMax)
    return InvalidData("invalid JSON: nested deeper than {} levels", kJsonDepthMax);
  ondemand::json_type type{};
  auto error = value.type().get(type);
  if (error) return ReadError(error);
  if (type == ondemand::json_type::array) return ReadArray(value, depth, node);
  if (type == ondemand::json_type::object) return ReadObject(value, depth, node, only);
  return ReadScalar(value, type, node);
}

}  // namespace

struct JsonReader::Parser {
  ondemand::parser parser;
  std::string padded;
};

JsonReader::JsonReader() : parser_(std::make_unique<Parser>()) {}
JsonReader::~JsonReader() = default;

Result<JsonNode> JsonReader::Read(sv text, const sv* only) {
  text = TrimBlanks(text);
  if (text.empty()) return InvalidData("invalid JSON: the text is empty");
  std::string& padded = parser_->padded;
  padded.assign(text);
  padded.resize(text.size() + simdjson::SIMDJSON_PADDING);
  ondemand::document document;
  auto error = parser_->parser.iterate(padded.data(), text.size(), padded.size()).get(document);
  if (error) return ReadError(error);
  JsonNode root;
  char first = text[0];
  if (first != '{' && first != '[' && first != '"') {
    // A scalar alone needs no parser, and simdjson wants structure behind it.
    root.kind = text == "null"                      ? JsonNode::Kind::kNull
                : text == "true" || text == "false" ? JsonNode::Kind::kBool
                                                    : JsonNode::Kind::kNumber;
    if (root.kind == JsonNode::Kind::kNumber && !IsJsonNumber(text)) {
      return InvalidData("invalid JSON: unexpected '{}'", text.substr(0, 40));
    }
    root.kind == JsonNode::Kind::kNumber ? AppendJsonNumber(text, &root.text)
                                         : void(root.text = text);
    return root;
  }
  WEIR_RETURN_NOT_OK(ReadNode(document, 1, &root, only));
  const char* rest = nullptr;
  if (!document.current_location().get(rest) && rest < padded.data() + text.size()) {
    return InvalidData("invalid JSON: text behind the end of the document");
  }
  return root;
}

const JsonNode* JsonNode::Find(sv key) const {
  for (auto member = members.rbegin(); member != members.rend(); ++member) {
    if (member->first == key) return &member->second;
  }
  return nullptr;
}

// ---- Writing ----

bool IsPlainJsonNumber(sv number) {
  if (number.find_first_of("eE") != sv::npos || number.starts_with("-0")) return false;
  return !number.starts_with("0.00000");
}

void AppendJsonNumber(sv number, std::string* out) {
  if (IsPlainJsonNumber(number)) {
    *out += number;
    return;
  }
  const size_t e = number.find_first_of("eE");
  sv mantissa = number.substr(0, e), exponent = e == sv::npos ? "0" : number.substr(e + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  int64_t power = 0;
  auto [end, error] = std::from_chars(exponent.data(), exponent.data() + exponent.size(), power);
  if (error != std::errc() || std::abs(power) > INT32_MAX) {  // More than Java's numbers reach.
    *out += number;
    return;
  }
  const bool negative = mantissa.starts_with('-');
  if (negative) mantissa.remove_prefix(1);
  const size_t point = mantissa.find('.');
  std::string digits(mantissa.substr(0, point));
  int64_t scale = -power;
  if (point != sv::npos) {
    digits += mantissa.substr(point + 1);
    scale += static_cast<int64_t>(mantissa.size() - point - 1);
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  if (negative && digits != "0") *out += '-';
  const auto count = static_cast<int64_t>(digits.size());
  const int64_t adjusted = count - 1 - scale;  // The exponent of the first digit.
  if (scale >= 0 && adjusted >= -6) {
    if (count <= scale) digits.insert(0, static_cast<size_t>(scale - count + 1), '0');
    if (scale > 0) digits.insert(digits.size() - static_cast<size_t>(scale), 1, '.');
    *out += digits;
    return;
  }
  if (count > 1) digits.insert(1, 1, '.');
  *out += fmt::format("{}E{}{}", digits, adjusted > 0 ? "+" : "", adjusted);
}

void AppendJson(const JsonNode& node, std::string* out) {
  switch (node.kind) {
    case JsonNode::Kind::kNull:
      *out += "null";
      return;
    case JsonNode::Kind::kBool:
    case JsonNode::Kind::kNumber:
      *out += node.text;
      return;
    case JsonNode::Kind::kString:
      return AppendJsonString(node.text, out);
    case JsonNode::Kind::kArray: {
      *out += '[';
      for (size_t i = 0; i < node.items.size(); ++i) {
        if (i > 0) *out += ',';
        AppendJson(node.items[i], out);
      }
      *out += ']';
      return;
    }
    case JsonNode::Kind::kObject:
      break;
  }
  std::vector<const JsonMember*> sorted;
  for (const auto& member : node.members) sorted.push_back(&member);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* a, const auto* b) { return a->first < b->first; });
  *out += '{';
  bool is_first = true;
  for (size_t i = 0; i < sorted.size(); ++i) {
    if (i + 1 < sorted.size() && sorted[i]->first == sorted[i + 1]->first)
      continue;  // A later one counts.
    if (!is_first) *out += ',';
    is_first = false;
    AppendJsonString(sorted[i]->first, out);
    *out += ':';
    AppendJson(sorted[i]->second, out);
  }
  *out += '}';
}

std::string JsonScalarText(const JsonNode& node) {
  return node.kind == JsonNode::Kind::kNull ? "null" : node.text;
}

}  // namespace weir
