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
#include <optional>

#include "weir/data/text.h"
#include "weir/function/json_tree.h"

namespace weir {
namespace {

using sv = std::string_view;
using Kind = JsonNode::Kind;

constexpr int64_t kCallsMax = 100;  // Each may make a copy of the document.

JsonNode NumberNode(std::string text) { return {Kind::kNumber, std::move(text), {}, {}}; }

/// JSON has no number that is not finite; Jackson writes its name as a text.
JsonNode DoubleNode(double value) {
  std::string text;
  AppendDouble(value, &text);
  return {std::isfinite(value) ? Kind::kNumber : Kind::kString, std::move(text), {}, {}};
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
  double variance = squares / n - sum * sum / n / n;
  return std::sqrt(variance < 0 ? 0 : variance);  // Rounding; NaN stays.
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
    CountItems(step->names[0], &inner);
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
  CountItems(first->names[0], &inner);
  Argument argument;
  argument.path = std::make_shared<JsonPath>(std::move(inner));
  first->arguments = {std::move(argument)};
  steps_.erase(steps_.begin(), first);
  reads_root_ = true;
}

/// length($.a) counts the elements of $.a.
void JsonPath::CountItems(sv function, JsonPath* argument) {
  if (function != "length" && function != "size") return;
  std::vector<Step>& steps = argument->steps_;
  if (!steps.empty() && steps.back().kind == Step::Kind::kFunction) return;
  steps.push_back({Step::Kind::kWildcard});
  argument->is_definite_ = false;
}

Status JsonPath::Evaluate(const Step& step, const JsonNode& root, JsonBudget* budget,
                          std::vector<Found>* values) const {
  for (const Argument& argument : step.arguments) {
    Found found;
    if (argument.value) found.node = &*argument.value;
    if (argument.path != nullptr) {
      found = argument.path->Find(root, budget);
      if (found.is_failure || (found.node == nullptr && mode_ == Mode::kStrict))
        return InvalidData("{}", found.error);
    }
    if (found.node != nullptr) values->push_back(std::move(found));
  }
  return Status::OK();
}

namespace {

constexpr size_t kCallVisits = 5;  // What a call takes beside what its values take.

/// A function and what it is given.
struct FunctionCall {
  const std::string& name;
  const JsonNode& model;
  std::vector<const JsonNode*> arguments = {};
  std::vector<const JsonNode*> values = {};  // Lists among the arguments stand for their elements.
  JsonBudget* budget;

  bool Pay(size_t visits) const { return budget->Pay(visits); }
};

/// Nothing where a function has no value (the length of a number).
using Made = std::optional<JsonNode>;

Made Length(const FunctionCall& call) {
  bool counts_argument = !call.arguments.empty() && call.arguments[0]->kind == Kind::kArray;
  const JsonNode& counted = counts_argument ? *call.arguments[0] : call.model;
  if (counted.is_scalar()) return std::nullopt;
  return NumberNode(std::to_string(counted.items.size() + counted.members.size()));
}

Result<Made> Keys(const FunctionCall& call) {
  if (call.model.kind != Kind::kObject) return Made();
  JsonNode keys{Kind::kArray, {}, {}, {}};
  for (const JsonMember& member : call.model.members) {
    if (!call.Pay(JsonBudget::kCopyWeight) || !call.budget->PayText(2 * member.first.size()))
      return JsonBudget::Spent();
    keys.items.push_back({Kind::kString, member.first, {}, {}});
  }
  return Made(std::move(keys));
}

Result<Made> Append(const FunctionCall& call) {
  const bool is_array = call.model.kind == Kind::kArray;
  if (!call.budget->PayCopy(call.model)) return JsonBudget::Spent();
  for (const JsonNode* argument : call.arguments) {
    if (is_array && !call.budget->PayCopy(*argument)) return JsonBudget::Spent();
  }
  JsonNode list = call.model;
  if (!is_array) return Made(std::move(list));
  list.items.reserve(list.items.size() + call.arguments.size());
  for (const JsonNode* argument : call.arguments) list.items.push_back(*argument);
  return Made(std::move(list));
}

Result<Made> Concat(const FunctionCall& call) {
  JsonNode text{Kind::kString, {}, {}, {}};
  for (const JsonNode& item : call.model.items) {
    if (!call.Pay(1) || !call.budget->PayText(item.text.size())) return JsonBudget::Spent();
    if (item.kind == Kind::kString) text.text += item.text;
  }
  for (const JsonNode* value : call.values) {
    if (!call.budget->PayText(value->text.size())) return JsonBudget::Spent();
    if (!value->is_scalar() && !call.budget->PayCopy(*value)) return JsonBudget::Spent();
    value->is_scalar() ? void(text.text += value->text) : AppendJson(*value, &text.text);
  }
  return Made(std::move(text));
}

/// Numbers among the arguments, and before them (`of_model`) among the elements.
Result<std::vector<double>> Numbers(const FunctionCall& call, bool of_model) {
  std::vector<double> numbers;
  auto add = [&](const JsonNode& value) {
    AddNumbers(value, &numbers);
    return call.Pay(1) && call.budget->PayText(value.text.size());
  };
  for (size_t i = 0; of_model && i < call.model.items.size(); ++i) {
    if (!add(call.model.items[i])) return JsonBudget::Spent();
  }
  for (const JsonNode* value : call.values) {
    if (!add(*value)) return JsonBudget::Spent();
  }
  return numbers;
}

/// first, last, index.
Result<Made> Element(const FunctionCall& call) {
  if (call.model.kind != Kind::kArray)
    return InvalidData("Aggregation function attempted to calculate value using empty array");
  auto size = static_cast<int64_t>(call.model.items.size());
  int64_t index = call.name == "last" ? -1 : 0;
  if (call.name == "index") {
    WEIR_ASSIGN_OR_RETURN(auto numbers, Numbers(call, false));
    if (numbers.empty()) return InvalidData("index() takes a number");
    index = static_cast<int64_t>(std::clamp(numbers[0], -2147483648.0, 2147483647.0));
  }
  int64_t position = index < 0 ? size + index : index;
  if (position >= size || position < 0 || (index < 0 && position == 0))
    return InvalidData("Target index:{} larger than object count:{}", index, size);
  const JsonNode& element = call.model.items[static_cast<size_t>(position)];
  if (!call.budget->PayCopy(element)) return JsonBudget::Spent();
  return Made(element);
}

Result<Made> Run(const FunctionCall& call) {
  const std::string& name = call.name;
  if (name == "length" || name == "size") return Length(call);
  if (name == "keys") return Keys(call);
  if (name == "append") return Append(call);
  if (name == "concat") return Concat(call);
  if (name == "first" || name == "last" || name == "index") return Element(call);
  for (sv aggregate : {"min", "max", "avg", "sum", "stddev"}) {
    if (aggregate != name) continue;
    WEIR_ASSIGN_OR_RETURN(auto numbers, Numbers(call, true));
    auto value = Aggregate(name, numbers);
    if (!value)
      return InvalidData("Aggregation function attempted to calculate value using empty array");
    return Made(DoubleNode(*value));
  }
  return InvalidData("Function with name: {} does not exist.", name);
}

}  // namespace

/// The function's value; nothing where it has none.
JsonPath::Found JsonPath::Apply(const Step& step, const JsonNode& model, const JsonNode& root,
                                JsonBudget* budget) const {
  Found result;
  auto fail = [&](const Status& status) {
    result.error = status.message();
    result.is_failure = true;
    return result;
  };
  if (!budget->Pay(kCallVisits)) return fail(JsonBudget::Spent());
  std::vector<Found> arguments;
  Status status = Evaluate(step, root, budget, &arguments);
  if (!status.ok()) return fail(status);
  FunctionCall call{.name = step.names[0], .model = model, .budget = budget};
  for (const Found& argument : arguments) {
    call.arguments.push_back(argument.node);
    if (!budget->Pay(1 + argument.node->items.size())) return fail(JsonBudget::Spent());
    if (argument.node->kind != Kind::kArray) call.values.push_back(argument.node);
    for (const JsonNode& item : argument.node->items) call.values.push_back(&item);
  }
  auto made = Run(call);
  if (!made.ok()) return fail(made.status());
  if (!*made) return result;
  result.owned = std::make_shared<JsonNode>(std::move(**made));
  result.node = result.owned.get();
  return result;
}

}  // namespace weir
