// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Paths: $ .name ['name'] ["name"] ['a','b'] [0] [-1] [0,2] [1:3] [*] .* ..name [?(@.a > 1)]
// A path with wildcards, slices, unions, filters or '..' gives the list of all it finds. At the end
// may stand .length() .size() .min() .max() .avg() .sum() .stddev() .keys() .first() .last().
#include <algorithm>
#include <charconv>
#include <cmath>

#include "weir/data/text.h"
#include "weir/function/json_filter.h"
#include "weir/function/json_tree.h"

namespace weir {
namespace {

using sv = std::string_view;

Status BadPath(sv path, sv why) { return InvalidQuery("invalid JSON path '{}': {}", path, why); }

bool StartsWithWord(sv text, sv word) {
  return text.size() > word.size() && text.substr(0, word.size()) == word &&
         static_cast<uint8_t>(text[word.size()]) <= ' ';
}

bool ReadInteger(sv text, int64_t* value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

sv Trim(sv text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

Result<JsonPath> JsonPath::Compile(sv text) {
  JsonPath path;
  sv whole = text;
  while (!text.empty() && static_cast<uint8_t>(text.front()) <= ' ') text.remove_prefix(1);
  for (auto [word, mode] : {std::pair<sv, Mode>{"lax", Mode::kLax}, {"strict", Mode::kStrict}}) {
    if (StartsWithWord(text, word)) {
      path.mode_ = mode;
      text.remove_prefix(word.size());
      break;
    }
  }
  text = Trim(text);
  size_t at = text.starts_with('$') ? 1 : 0;
  if (text.empty()) return BadPath(whole, "it is empty");
  while (at < text.size()) {
    char c = text[at];
    if (c == '[') {
      WEIR_RETURN_NOT_OK(path.ReadBracket(text, &at));
      continue;
    }
    if (c == '.') {
      ++at;
      if (at < text.size() && text[at] == '.') {
        path.steps_.push_back({Step::Kind::kDeep});
        path.is_definite_ = false;
        path.is_deep_ = true;
        ++at;
      }
      if (at >= text.size()) return BadPath(whole, "it ends with '.'");
      if (text[at] == '[') continue;
    } else if (at != 0) {
      return BadPath(whole, fmt::format("unexpected '{}'", c));
    }
    size_t end = std::min(text.find_first_of(".[ ", at), text.size());
    sv name = text.substr(at, end - at);
    if (name.empty()) return BadPath(whole, "a name is missing");
    if (name == "*") {
      path.steps_.push_back({Step::Kind::kWildcard});
      path.is_definite_ = false;
    } else if (name.ends_with(')') && name.find('(') != sv::npos) {
      WEIR_RETURN_NOT_OK(path.SetFunction(name, whole));
      if (end != text.size()) return BadPath(whole, fmt::format("{} is not at its end", name));
    } else {
      path.steps_.push_back({Step::Kind::kMember, {std::string(name)}});
    }
    at = end;
  }
  path.SetPlainSteps();
  return path;
}

void JsonPath::SetPlainSteps() {
  if (!is_definite_ || function_ != Function::kNone) return;
  for (const Step& step : steps_) {
    bool is_member = step.kind == Step::Kind::kMember;
    if (!is_member && step.indices[0] < 0) return plain_steps_.clear();
    plain_steps_.push_back(is_member ? PlainStep{step.names[0], -1}
                                     : PlainStep{std::string(), step.indices[0]});
  }
}

Status JsonPath::SetFunction(sv call, sv path) {
  static constexpr std::pair<sv, Function> kFunctions[] = {
      {"length()", Function::kLength},    {"size()", Function::kLength},
      {"min()", Function::kMin},          {"max()", Function::kMax},
      {"avg()", Function::kAverage},      {"sum()", Function::kSum},
      {"stddev()", Function::kDeviation}, {"keys()", Function::kKeys},
      {"first()", Function::kFirst},      {"last()", Function::kLast},
  };
  for (const auto& [name, function] : kFunctions) {
    if (name == call && (is_definite_ || is_deep_)) {
      function_ = function;
      return Status::OK();
    }
  }
  return Unsupported("the function {} in the JSON path '{}' is not supported yet", call, path);
}

Status JsonPath::ReadFilter(sv text, size_t* at) {
  size_t i = *at + 1;
  while (i < text.size() && text[i] == ' ') ++i;
  if (i >= text.size() || text[i] != '(') return BadPath(text, "a filter has no '('");
  ++i;
  Step step{Step::Kind::kFilter};
  WEIR_ASSIGN_OR_RETURN(step.filter, JsonFilter::Read(text, &i));
  for (char c : {')', ']'}) {
    while (i < text.size() && text[i] == ' ') ++i;
    if (i >= text.size() || text[i] != c) return BadPath(text, fmt::format("a '{}' is missing", c));
    ++i;
  }
  reads_root_ |= step.filter->reads_root();
  is_definite_ = false;
  steps_.push_back(std::move(step));
  *at = i;
  return Status::OK();
}

Status JsonPath::ReadBracket(sv text, size_t* at) {
  size_t i = *at + 1;
  size_t question = text.find_first_not_of(' ', i);
  if (question != sv::npos && text[question] == '?') {
    *at = question;
    return ReadFilter(text, at);
  }
  Step step{Step::Kind::kMember};
  std::vector<std::pair<std::string, bool>> items;  // Text and whether it was quoted.
  for (;;) {
    while (i < text.size() && text[i] == ' ') ++i;
    if (i >= text.size()) return BadPath(text, "a '[' is not closed");
    std::string item;
    bool quoted = text[i] == '\'' || text[i] == '"';
    if (quoted) {
      char quote = text[i++];
      for (; i < text.size() && text[i] != quote; ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        item += text[i];
      }
      if (i >= text.size()) return BadPath(text, "a quote is not closed");
      ++i;
    } else {
      size_t end = text.find_first_of(",]", i);
      if (end == sv::npos) return BadPath(text, "a '[' is not closed");
      item = std::string(Trim(text.substr(i, end - i)));
      i = end;
    }
    items.emplace_back(std::move(item), quoted);
    while (i < text.size() && text[i] == ' ') ++i;
    if (i < text.size() && text[i] == ',') {
      ++i;
      continue;
    }
    if (i >= text.size() || text[i] != ']') return BadPath(text, "a '[' is not closed");
    break;
  }
  *at = i + 1;
  for (auto& [item, quoted] : items) {
    int64_t index = 0;
    if (quoted) {
      step.names.push_back(std::move(item));
    } else if (item == "*") {
      step.kind = Step::Kind::kWildcard;
    } else if (item.starts_with('(')) {
      return Unsupported("the script [{}] in the JSON path '{}' is not supported yet", item, text);
    } else if (size_t colon = item.find(':'); colon != std::string::npos) {
      step.kind = Step::Kind::kSlice;
      bool ok = (colon == 0 || ReadInteger(sv(item).substr(0, colon), &step.from)) &&
                (colon + 1 == item.size() || ReadInteger(sv(item).substr(colon + 1), &step.to));
      if (!ok) return BadPath(text, fmt::format("no slice: [{}]", item));
    } else if (ReadInteger(item, &index)) {
      step.kind = Step::Kind::kIndex;
      step.indices.push_back(index);
    } else {
      return BadPath(text, fmt::format("no index and no quoted name: [{}]", item));
    }
  }
  if (!step.names.empty() && step.kind != Step::Kind::kMember)
    return BadPath(text, "names and indices are mixed");
  bool is_one = (step.kind == Step::Kind::kMember && step.names.size() == 1) ||
                (step.kind == Step::Kind::kIndex && step.indices.size() == 1);
  is_definite_ = is_definite_ && is_one;
  steps_.push_back(std::move(step));
  return Status::OK();
}

/// What a path with several answers finds, and how much of the document it may still look at: '..'
/// more than once visits values once for each way to them.
struct JsonPath::Collector {
  std::vector<const JsonNode*> found;
  const JsonNode* root = nullptr;
  int64_t visits_left = 10'000'000;

  /// Counts the values below `node`; false when there are too many.
  bool Pay(const JsonNode& node) {
    if (--visits_left <= 0) return false;
    for (const JsonNode& item : node.items) {
      if (!Pay(item)) return false;
    }
    for (const auto& member : node.members) {
      if (!Pay(member.second)) return false;
    }
    return true;
  }
};

JsonPath::Found JsonPath::Find(const JsonNode& root) const {
  Found found = FindNode(root);
  if (function_ == Function::kNone || found.node == nullptr) return found;
  return Apply(std::move(found));
}

/// The answer's function; nothing where it has no value (the length of a number).
JsonPath::Found JsonPath::Apply(Found found) const {
  const JsonNode& node = *found.node;
  Found result;
  result.owned = std::make_shared<JsonNode>();
  auto give = [&](JsonNode value) {
    *result.owned = std::move(value);
    result.node = result.owned.get();
    return result;
  };
  auto number = [](std::string text) {
    return JsonNode{JsonNode::Kind::kNumber, std::move(text), {}, {}};
  };
  bool is_array = node.kind == JsonNode::Kind::kArray;
  switch (function_) {
    case Function::kNone:
      return found;
    case Function::kLength:
      if (node.is_scalar()) return result;
      return give(number(std::to_string(is_array ? node.items.size() : node.members.size())));
    case Function::kKeys: {
      JsonNode keys{JsonNode::Kind::kArray, {}, {}, {}};
      if (node.kind != JsonNode::Kind::kObject) return result;
      for (const auto& [name, member] : node.members)
        keys.items.push_back({JsonNode::Kind::kString, name, {}, {}});
      return give(std::move(keys));
    }
    case Function::kFirst:
    case Function::kLast:
      if (!is_array || node.items.empty()) {
        result.error = "Aggregation function attempted to calculate value using empty array";
        return result;
      }
      return give(function_ == Function::kFirst ? node.items.front() : node.items.back());
    default:
      break;
  }
  double sum = 0, squares = 0, least = INFINITY, most = -INFINITY;
  int64_t count = 0;
  for (const JsonNode& item : node.items) {
    if (item.kind != JsonNode::Kind::kNumber) continue;
    double value = ParseDouble(item.text).value_or(0);
    ++count;
    sum += value;
    squares += value * value;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  if (count == 0) {
    result.error = "Aggregation function attempted to calculate value using empty array";
    return result;
  }
  auto n = static_cast<double>(count);
  double value = function_ == Function::kMin       ? least
                 : function_ == Function::kMax     ? most
                 : function_ == Function::kAverage ? sum / n
                 : function_ == Function::kSum     ? sum
                                                   : std::sqrt(squares / n - sum * sum / n / n);
  std::string text;
  AppendDouble(value, &text);
  return give(number(std::move(text)));
}

JsonPath::Found JsonPath::FindNode(const JsonNode& root) const {
  Found result;
  if (!is_definite_) {
    Collector collector;
    collector.root = &root;
    Collect(root, 0, &collector);
    result.owned = std::make_shared<JsonNode>();
    result.owned->kind = JsonNode::Kind::kArray;
    for (const JsonNode* node : collector.found) {
      if (!collector.Pay(*node)) break;
      result.owned->items.push_back(*node);
    }
    result.is_too_long = collector.visits_left <= 0;
    if (result.is_too_long) {
      result.error = "the JSON path finds or visits too many values";
    } else {
      result.node = result.owned.get();
    }
    return result;
  }
  const JsonNode* node = &root;
  std::string where = "$";
  for (size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    if (step.kind == Step::Kind::kMember) {
      const JsonNode* next =
          node->kind == JsonNode::Kind::kObject ? node->Find(step.names[0]) : nullptr;
      std::string name = "['" + step.names[0] + "']";
      if (next == nullptr) {
        if (node->kind != JsonNode::Kind::kObject) {
          result.error =
              fmt::format("Expected to find an object with property {} in path {}", name, where);
        } else if (i + 1 < steps_.size()) {
          result.error = fmt::format("Missing property in path {}{}", where, name);
        } else {
          result.error = fmt::format("No results for path: {}{}", where, name);
        }
        return result;
      }
      node = next;
      where += name;
    } else {
      int64_t size = static_cast<int64_t>(node->items.size());
      int64_t index = step.indices[0] < 0 ? step.indices[0] + size : step.indices[0];
      if (node->kind != JsonNode::Kind::kArray || index < 0 || index >= size) {
        result.error =
            fmt::format("Index out of bounds when evaluating path {}[{}]", where, step.indices[0]);
        return result;
      }
      node = &node->items[static_cast<size_t>(index)];
      where += fmt::format("[{}]", index);
    }
  }
  result.node = node;
  return result;
}

void JsonPath::CollectDeep(const JsonNode& node, size_t step, Collector* collector) const {
  if (collector->visits_left <= 0) return;
  Collect(node, step, collector);
  for (const JsonNode& item : node.items) CollectDeep(item, step, collector);
  for (const auto& [name, member] : node.members) CollectDeep(member, step, collector);
}

void JsonPath::Collect(const JsonNode& node, size_t step_index, Collector* collector) const {
  if (--collector->visits_left <= 0) return;
  if (step_index == steps_.size()) return collector->found.push_back(&node);
  const Step& step = steps_[step_index];
  auto size = static_cast<int64_t>(node.items.size());
  auto visit = [&](int64_t index) {
    if (index < 0) index += size;
    if (index >= 0 && index < size)
      Collect(node.items[static_cast<size_t>(index)], step_index + 1, collector);
  };
  switch (step.kind) {
    case Step::Kind::kMember:
      for (const std::string& name : step.names) {
        const JsonNode* member = node.Find(name);
        if (member != nullptr) Collect(*member, step_index + 1, collector);
      }
      return;
    case Step::Kind::kIndex:
      for (int64_t index : step.indices) visit(index);
      return;
    case Step::Kind::kWildcard:
      for (const JsonNode& item : node.items) Collect(item, step_index + 1, collector);
      for (const auto& [name, member] : node.members) Collect(member, step_index + 1, collector);
      return;
    case Step::Kind::kSlice: {
      int64_t from = step.from < 0 ? std::max<int64_t>(step.from + size, 0) : step.from;
      int64_t to = step.to < 0 ? step.to + size : std::min(step.to, size);
      for (int64_t i = from; i < to; ++i) visit(i);
      return;
    }
    case Step::Kind::kFilter: {
      // Elements of an array one by one, an object as it is.
      auto test = [&](const JsonNode& value) {
        if (!collector->Pay(value)) return;
        if (step.filter->Accepts(value, *collector->root))
          Collect(value, step_index + 1, collector);
      };
      for (const JsonNode& item : node.items) test(item);
      if (node.kind == JsonNode::Kind::kObject) test(node);
      return;
    }
    case Step::Kind::kDeep:
      return CollectDeep(node, step_index + 1, collector);
  }
}

}  // namespace weir
