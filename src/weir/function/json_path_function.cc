// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Functions in JSON paths: $.numbers.sum() $.names.concat("!") $.list.index(-2) $.max($.a, 3)
//   length size keys first last index append concat min max avg sum stddev
// Arguments are JSON values and paths from the document's root; a list among them stands for its
// elements. A path may go on behind a function. A '..' at the start is the function's argument:
// $..price.sum() is $.sum($..price).
// Source: Jayway JsonPath 2.9, which Flink uses, with what surprises in it: [7].last() fails, and
// $..a.length() counts what is below.
#include <algorithm>
#include <cmath>

#include "weir/data/text.h"
#include "weir/function/json_tree.h"

namespace weir {
namespace {

using sv = std::string_view;
using Kind = JsonNode::Kind;

constexpr int64_t kCallsMax = 100;  // Each may make a copy of the document.

JsonNode NumberNode(std::string text) { return {Kind::kNumber, std::move(text), {}, {}}; }

JsonNode DoubleNode(double value) {
  std::string text;
  AppendDouble(value, &text);
  return NumberNode(std::move(text));
}

/// min, max, avg, sum, stddev; empty: without a number there is no value.
std::optional<double> Aggregate(sv name, const std::vector<double>& numbers) {
  if (numbers.empty()) return std::nullopt;
  double sum = 0, squares = 0, least = numbers[0], most = numbers[0];
  for (double value : numbers) {
    sum += value;
    squares += value * value;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  auto n = static_cast<double>(numbers.size());
  if (name == "min") return least;
  if (name == "max") return most;
  if (name == "avg") return sum / n;
  if (name == "sum") return sum;
  return std::sqrt(squares / n - sum * sum / n / n);
}

void AddNumbers(const JsonNode& value, std::vector<double>* numbers) {
  if (value.kind == Kind::kNumber) numbers->push_back(ParseDouble(value.text).value_or(0));
}

/// The position of the `)` that ends the call whose `(` is at `open`.
size_t CallEnd(sv text, size_t open) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = open; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\' && quoted) {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == '(') {
      ++depth;
    } else if (!quoted && c == ')' && --depth == 0) {
      return i;
    }
  }
  return sv::npos;
}

/// The arguments in `text`, which commas separate.
std::vector<sv> SplitArguments(sv text) {
  std::vector<sv> parts;
  int depth = 0;
  bool quoted = false;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    char c = i < text.size() ? text[i] : ',';
    if (c == '\\' && quoted) {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (quoted) {
      continue;
    } else if (sv("([{").find(c) != sv::npos) {
      ++depth;
    } else if (sv(")]}").find(c) != sv::npos) {
      --depth;
    } else if (c == ',' && (depth == 0 || i == text.size())) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  return parts;
}

}  // namespace

Status JsonPath::ReadFunction(sv text, size_t name, size_t* at) {
  size_t open = *at, close = CallEnd(text, open);
  Step step{Step::Kind::kFunction, {std::string(text.substr(name, open - name))}};
  if (std::count(text.begin(), text.end(), '(') > kCallsMax)
    return InvalidQuery("invalid JSON path '{}': it has too many functions", text.substr(0, 100));
  if (close == sv::npos) {
    return InvalidQuery("invalid JSON path '{}': the arguments of {} are not closed", text,
                        step.names[0]);
  }
  for (sv argument : SplitArguments(text.substr(open + 1, close - open - 1)))
    WEIR_RETURN_NOT_OK(AddArgument(argument, text, &step));
  steps_.push_back(std::move(step));
  *at = close + 1;
  return Status::OK();
}

Status JsonPath::AddArgument(sv text, sv path, Step* step) {
  while (!text.empty() && static_cast<uint8_t>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<uint8_t>(text.back()) <= ' ') text.remove_suffix(1);
  if (text.empty()) return Status::OK();
  Argument argument;
  if (text[0] == '$' || text[0] == '@') {
    const char* mode = mode_ == Mode::kLax ? "lax $" : "strict $";
    WEIR_ASSIGN_OR_RETURN(JsonPath inner, Compile(mode + std::string(text.substr(1))));
    argument.path = std::make_shared<JsonPath>(std::move(inner));
    reads_root_ = true;
  } else {
    auto value = JsonReader().Read(text);
    if (!value.ok()) {
      return InvalidQuery("invalid JSON path '{}': the argument {} is neither a path nor JSON",
                          path, text);
    }
    argument.value = std::move(value).ValueUnsafe();
  }
  step->arguments.push_back(std::move(argument));
  return Status::OK();
}

void JsonPath::InvertDeepFunction() {
  bool is_function = !steps_.empty() && steps_.back().kind == Step::Kind::kFunction;
  if (!is_function || steps_[0].kind != Step::Kind::kDeep) return;
  auto first = std::find_if(steps_.begin(), steps_.end(),
                            [](const Step& step) { return step.kind == Step::Kind::kFunction; });
  JsonPath inner;
  inner.mode_ = mode_;
  inner.is_definite_ = false;
  inner.steps_.assign(steps_.begin(), first);
  Argument argument;
  argument.path = std::make_shared<JsonPath>(std::move(inner));
  first->arguments = {std::move(argument)};
  steps_.erase(steps_.begin(), first);
  reads_root_ = true;
}

Status JsonPath::Evaluate(const Step& step, const JsonNode& root, std::vector<JsonNode>* values,
                          int64_t* visits) const {
  const bool counts = step.names[0] == "length" || step.names[0] == "size";
  for (const Argument& argument : step.arguments) {
    if (argument.value) {
      values->push_back(*argument.value);
      continue;
    }
    JsonPath path = *argument.path;
    if (counts && (path.steps_.empty() || path.steps_.back().kind != Step::Kind::kFunction)) {
      path.steps_.push_back({Step::Kind::kWildcard});
      path.is_definite_ = false;
    }
    Found found = path.Find(root);
    *visits += found.visits;
    if (found.node != nullptr) values->push_back(*found.node);
    if (found.is_failure || (found.node == nullptr && mode_ == Mode::kStrict))
      return InvalidData("{}", found.error);
  }
  return Status::OK();
}

/// The function's value; nothing where it has none (the length of a number).
JsonPath::Found JsonPath::Apply(const Step& step, const JsonNode& model,
                                const JsonNode& root) const {
  const std::string& name = step.names[0];
  Found result;
  auto give = [&](JsonNode value) {
    result.owned = std::make_shared<JsonNode>(std::move(value));
    result.node = result.owned.get();
    return result;
  };
  auto fail = [&](std::string why) {
    result.error = std::move(why);
    result.is_failure = true;
    return result;
  };
  std::vector<JsonNode> arguments;
  Status status = Evaluate(step, root, &arguments, &result.visits);
  if (!status.ok()) return fail(status.message());
  std::vector<const JsonNode*> values;  // Lists stand for their elements.
  for (const JsonNode& argument : arguments) {
    if (argument.kind != Kind::kArray) values.push_back(&argument);
    for (const JsonNode& item : argument.items) values.push_back(&item);
  }
  const bool is_array = model.kind == Kind::kArray;
  if (name == "length" || name == "size") {
    bool counts_argument = !arguments.empty() && arguments[0].kind == Kind::kArray;
    const JsonNode& counted = counts_argument ? arguments[0] : model;
    if (counted.is_scalar()) return result;
    return give(NumberNode(std::to_string(counted.items.size() + counted.members.size())));
  }
  if (name == "keys") {
    if (model.kind != Kind::kObject) return result;
    JsonNode keys{Kind::kArray, {}, {}, {}};
    for (const auto& member : model.members)
      keys.items.push_back({Kind::kString, member.first, {}, {}});
    return give(std::move(keys));
  }
  if (name == "append") {
    JsonNode list = model;
    if (is_array) list.items.insert(list.items.end(), arguments.begin(), arguments.end());
    return give(std::move(list));
  }
  if (name == "concat") {
    JsonNode text{Kind::kString, {}, {}, {}};
    for (const JsonNode& item : model.items) {
      if (item.kind == Kind::kString) text.text += item.text;
    }
    for (const JsonNode* value : values) {
      if (value->is_scalar()) text.text += value->text;
      if (!value->is_scalar()) AppendJson(*value, &text.text);
    }
    return give(std::move(text));
  }
  if (name == "first" || name == "last" || name == "index") {
    if (!is_array)
      return fail("Aggregation function attempted to calculate value using empty array");
    auto size = static_cast<int64_t>(model.items.size());
    int64_t index = name == "last" ? -1 : 0;
    if (name == "index") {
      std::vector<double> numbers;
      for (const JsonNode* value : values) AddNumbers(*value, &numbers);
      if (numbers.empty()) return fail("index() takes a number");
      index = static_cast<int64_t>(std::clamp(numbers[0], -2147483648.0, 2147483647.0));
    }
    int64_t position = index < 0 ? size + index : index;
    if (position >= size || position < 0 || (index < 0 && position == 0)) {
      return fail(fmt::format("Target index:{} larger than object count:{}", index, size));
    }
    return give(model.items[static_cast<size_t>(position)]);
  }
  for (sv aggregate : {"min", "max", "avg", "sum", "stddev"}) {
    if (aggregate != name) continue;
    std::vector<double> numbers;
    for (const JsonNode& item : model.items) AddNumbers(item, &numbers);
    for (const JsonNode* value : values) AddNumbers(*value, &numbers);
    auto value = Aggregate(name, numbers);
    if (!value) return fail("Aggregation function attempted to calculate value using empty array");
    return give(DoubleNode(*value));
  }
  return fail(fmt::format("Function with name: {} does not exist.", name));
}

}  // namespace weir
