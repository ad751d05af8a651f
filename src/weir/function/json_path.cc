// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Paths: $ .name ['name'] ["name"] ['a','b'] [0] [-1] [0,2] [1:3] [*] .* ..name [?(@.a > 1)]
// A path with wildcards, slices, several indices, filters or '..' gives the list of all it finds;
// several names at the end give one object of them. Functions: json_path_function.cc.
#include <algorithm>
#include <charconv>

#include "weir/function/json_filter.h"
#include "weir/function/json_tree.h"

namespace weir {
namespace {

using sv = std::string_view;

Status BadPath(sv path, sv why) { return InvalidQuery("invalid JSON path '{}': {}", path, why); }

/// In any case.
bool StartsWithWord(sv text, sv word) {
  if (text.size() <= word.size() || static_cast<uint8_t>(text[word.size()]) > ' ') return false;
  return std::equal(word.begin(), word.end(), text.begin(),
                    [](char a, char b) { return a == (b | 0x20); });
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
        ++at;
      }
      if (at >= text.size()) return BadPath(whole, "it ends with '.'");
      if (text[at] == '[') continue;
    } else if (at != 0) {
      return BadPath(whole, fmt::format("unexpected '{}'", c));
    }
    size_t end = std::min(text.find_first_of(".[ (", at), text.size());
    sv name = text.substr(at, end - at);
    if (name.empty()) return BadPath(whole, "a name is missing");
    if (end < text.size() && text[end] == '(') {
      WEIR_RETURN_NOT_OK(path.ReadFunction(text, at, &end));
    } else if (name == "*") {
      path.steps_.push_back({Step::Kind::kWildcard});
    } else {
      path.steps_.push_back({Step::Kind::kMember, {std::string(name)}});
    }
    at = end;
  }
  path.InvertDeepFunction();
  path.is_definite_ = path.IsDefinite();
  path.SetPlainSteps();
  return path;
}

bool JsonPath::IsDefinite(const Step& step) {
  return step.kind == Step::Kind::kFunction ||
         (step.kind == Step::Kind::kMember && step.names.size() == 1) ||
         (step.kind == Step::Kind::kIndex && step.indices.size() == 1);
}

bool JsonPath::IsDefinite() const {
  for (const Step& step : steps_) {
    bool merges = step.kind == Step::Kind::kMember && &step == &steps_.back();
    if (!merges && !IsDefinite(step)) return false;
  }
  return true;
}

void JsonPath::SetPlainSteps() {
  if (!is_definite_) return;
  for (const Step& step : steps_) {
    bool is_member = step.kind == Step::Kind::kMember && step.names.size() == 1;
    if (!is_member && (step.kind != Step::Kind::kIndex || step.indices[0] < 0))
      return plain_steps_.clear();
    plain_steps_.push_back(is_member ? PlainStep{step.names[0], -1}
                                     : PlainStep{std::string(), step.indices[0]});
  }
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
      bool ok = item.size() > 1;
      if (colon > 0) ok = ok && ReadInteger(sv(item).substr(0, colon), &step.from.emplace());
      if (colon + 1 < item.size())
        ok = ok && ReadInteger(sv(item).substr(colon + 1), &step.to.emplace());
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
  steps_.push_back(std::move(step));
  return Status::OK();
}

bool JsonBudget::PayCopy(const JsonNode& node, int64_t weight) {
  size_t bytes = node.text.size();
  for (const JsonMember& member : node.members) bytes += member.first.size();
  if (!Pay(static_cast<size_t>(weight) * (1 + bytes / 32))) return false;
  for (const JsonNode& item : node.items) {
    if (!PayCopy(item, weight)) return false;
  }
  for (const JsonMember& member : node.members) {
    if (!PayCopy(member.second, weight)) return false;
  }
  return true;
}

Status JsonBudget::Spent() { return InvalidData("the JSON path finds or visits too many values"); }

/// What a path with several answers finds. '..' more than once visits values once for each way to
/// them.
struct JsonPath::Collector {
  const JsonNode& root;
  JsonBudget* budget;
  std::vector<const JsonNode*> found = {};
  std::vector<std::shared_ptr<JsonNode>> made = {};  // Objects of several names, of functions.
  Found failure = {};                                // Of a function.
};

JsonPath::Found JsonPath::Find(const JsonNode& root) const {
  JsonBudget budget;
  return Search(root, 1, &budget);
}

JsonPath::Found JsonPath::Search(const JsonNode& root, int64_t copy_weight,
                                 JsonBudget* budget) const {
  Found found;
  if (budget->Pay(1))
    found = is_definite_ ? FindOne(root, budget) : FindAll(root, copy_weight, budget);
  if (budget->is_spent()) {
    found = Found();
    found.is_failure = true;
    found.error = JsonBudget::Spent().message();
  }
  return found;
}

JsonPath::Found JsonPath::FindAll(const JsonNode& root, int64_t copy_weight,
                                  JsonBudget* budget) const {
  Found result;
  Collector collector{root, budget};
  Collect(root, 0, &collector);
  if (collector.failure.is_failure) return std::move(collector.failure);
  for (const JsonNode* node : collector.found) {
    if (!budget->PayCopy(*node, copy_weight)) return result;
  }
  result.owned = std::make_shared<JsonNode>();
  result.owned->kind = JsonNode::Kind::kArray;
  result.owned->items.reserve(collector.found.size());
  for (const JsonNode* node : collector.found) result.owned->items.push_back(*node);
  result.node = result.owned.get();
  return result;
}

namespace {

/// An object of the members `names` that `node` has; empty when it cannot be paid.
JsonNode MergeMembers(const JsonNode& node, const std::vector<std::string>& names,
                      JsonBudget* budget) {
  JsonNode merged{JsonNode::Kind::kObject, {}, {}, {}};
  budget->Pay(names.size() / 16);
  for (const std::string& name : names) {
    const JsonNode* member = budget->Find(node, name);
    if (member == nullptr || budget->Find(merged, name) != nullptr) continue;
    if (!budget->PayText(2 * name.size()) || !budget->PayCopy(*member)) break;
    merged.members.push_back({name, *member});
  }
  return merged;
}

}  // namespace

std::string JsonPath::Where(size_t steps) const {
  std::string where = "$";
  for (size_t i = 0; i < steps; ++i) {
    const Step& step = steps_[i];
    if (step.kind == Step::Kind::kFunction) {
      where += "." + step.names[0];
    } else if (step.kind == Step::Kind::kMember) {
      where += fmt::format("['{}']", fmt::join(step.names, "','"));
    } else {
      where += fmt::format("[{}]", step.indices[0]);
    }
  }
  return where;
}

JsonPath::Found JsonPath::FindOne(const JsonNode& root, JsonBudget* budget) const {
  Found result;
  auto fail = [&](std::string why) {
    Found failed;
    failed.error = std::move(why);
    return failed;
  };
  const JsonNode* node = &root;
  for (size_t i = 0; i < steps_.size() && budget->Pay(1); ++i) {
    const Step& step = steps_[i];
    if (step.kind == Step::Kind::kFunction) {
      Found applied = Apply(step, *node, root, budget);
      if (applied.node == nullptr) return applied;
      result.owned = std::move(applied.owned);
      node = result.owned.get();
    } else if (step.kind == Step::Kind::kMember) {
      if (node->kind != JsonNode::Kind::kObject) {
        return fail(fmt::format("Expected to find an object with property ['{}'] in path {}",
                                fmt::join(step.names, "','"), Where(i)));
      }
      if (step.names.size() > 1) {
        result.owned = std::make_shared<JsonNode>(MergeMembers(*node, step.names, budget));
        node = result.owned.get();
        break;
      }
      node = budget->Find(*node, step.names[0]);
      if (node == nullptr) {
        bool is_last = i + 1 == steps_.size();
        return fail(fmt::format(
            "{} {}", is_last ? "No results for path:" : "Missing property in path", Where(i + 1)));
      }
    } else {
      int64_t size = static_cast<int64_t>(node->items.size());
      int64_t index = step.indices[0] < 0 ? step.indices[0] + size : step.indices[0];
      if (node->kind != JsonNode::Kind::kArray) {
        return fail(fmt::format("Filter: [{}] can only be applied to arrays, which {} is not",
                                step.indices[0], Where(i)));
      }
      if (index < 0 || index >= size)
        return fail(fmt::format("No results for path: {}", Where(i + 1)));
      node = &node->items[static_cast<size_t>(index)];
    }
  }
  result.node = node;
  return result;
}

void JsonPath::CollectDeep(const JsonNode& node, size_t step, Collector* collector) const {
  if (collector->budget->is_spent()) return;
  // A filter tests each value as itself, elements of an array too.
  bool is_filter = step < steps_.size() && steps_[step].kind == Step::Kind::kFilter;
  bool is_array = node.kind == JsonNode::Kind::kArray;
  if (!is_filter || !is_array ||
      steps_[step].filter->Accepts(node, collector->root, collector->budget))
    Collect(node, step, collector);
  for (const JsonNode& item : node.items) CollectDeep(item, step, collector);
  for (const auto& [name, member] : node.members) CollectDeep(member, step, collector);
}

void JsonPath::Collect(const JsonNode& node, size_t step_index, Collector* collector) const {
  JsonBudget* budget = collector->budget;
  if (!budget->Pay(1)) return;
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
      if (step.names.size() > 1 && step_index + 1 == steps_.size()) {
        if (node.kind != JsonNode::Kind::kObject) return;
        collector->made.push_back(
            std::make_shared<JsonNode>(MergeMembers(node, step.names, budget)));
        return Collect(*collector->made.back(), step_index + 1, collector);
      }
      budget->Pay(step.names.size() / 16);
      for (const std::string& name : step.names) {
        const JsonNode* member = budget->Find(node, name);
        if (member != nullptr) Collect(*member, step_index + 1, collector);
      }
      return;
    case Step::Kind::kIndex:
      budget->Pay(step.indices.size() / 16);
      for (int64_t index : step.indices) visit(index);
      return;
    case Step::Kind::kWildcard:
      for (const JsonNode& item : node.items) Collect(item, step_index + 1, collector);
      for (const auto& [name, member] : node.members) Collect(member, step_index + 1, collector);
      return;
    case Step::Kind::kSlice: {
      // A negative bound counts from the end only where it stands alone, as in Jayway.
      int64_t from = step.from.value_or(0), to = std::min(step.to.value_or(size), size);
      if (!step.to && from < 0) from = std::max<int64_t>(from + size, 0);
      if (!step.from && to < 0) to += size;
      for (int64_t i = std::max(from, -size); i < to; ++i) visit(i);
      return;
    }
    case Step::Kind::kFilter: {
      // Elements of an array one by one, an object as it is.
      auto test = [&](const JsonNode& value) {
        if (!budget->Pay(1)) return;
        if (step.filter->Accepts(value, collector->root, budget))
          Collect(value, step_index + 1, collector);
      };
      for (const JsonNode& item : node.items) test(item);
      if (node.kind == JsonNode::Kind::kObject) test(node);
      return;
    }
    case Step::Kind::kDeep:
      return CollectDeep(node, step_index + 1, collector);
    case Step::Kind::kFunction: {
      if (collector->failure.is_failure) return;
      Found applied = Apply(step, node, collector->root, budget);
      if (applied.is_failure) {
        collector->failure = std::move(applied);
        return;
      }
      if (applied.owned == nullptr) applied.owned = std::make_shared<JsonNode>();
      collector->made.push_back(std::move(applied.owned));
      return Collect(*collector->made.back(), step_index + 1, collector);
    }
  }
}

}  // namespace weir
