// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/json_filter.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "weir/data/text.h"
#include "weir/function/regex.h"

namespace weir {
namespace {

using sv = std::string_view;
using Kind = JsonNode::Kind;

constexpr int kFilterDepthMax = 100;
constexpr int64_t kRegexStepsMax = 1'000'000;
constexpr size_t kRegexGivenUpVisits = 100'000;  // What so many steps take.

// ---- Values ----

std::optional<double> NumberOf(const JsonNode& node) {
  if (node.kind != Kind::kNumber && node.kind != Kind::kString) return std::nullopt;
  return ParseDouble(node.text);
}

/// -1, 0, 1; whole numbers exactly.
std::optional<int> CompareNumbers(const JsonNode& a, const JsonNode& b) {
  auto x = ParseInteger(a.text), y = ParseInteger(b.text);
  if (x && y) return (*x > *y) - (*x < *y);
  auto u = NumberOf(a), v = NumberOf(b);
  if (!u || !v) return std::nullopt;
  return (*u > *v) - (*u < *v);
}

bool IsTextOrNumber(const JsonNode& node) {
  return node.kind == Kind::kString || node.kind == Kind::kNumber;
}

/// Compares values and pays for it; when the budget is spent the answers mean nothing.
class Comparer {
 public:
  explicit Comparer(JsonBudget* budget) : budget_(budget) {}

  bool Equal(const JsonNode& a, const JsonNode& b) const {
    if (IsTextOrNumber(a) && IsTextOrNumber(b) && a.kind != b.kind) {
      if (!PayTexts(a, b)) return false;
      return a.kind == Kind::kNumber ? CompareNumbers(a, b) == 0 : a.text == b.text;
    }
    return SameTree(a, b);
  }
  bool Contains(const std::vector<JsonNode>& list, const JsonNode& value) const {
    for (const JsonNode& item : list) {
      if (Equal(item, value)) return true;
      if (budget_->is_spent()) return false;
    }
    return false;
  }
  bool SameTree(const JsonNode& a, const JsonNode& b) const {
    if (!PayTexts(a, b)) return false;
    if (a.kind != b.kind || a.items.size() != b.items.size() ||
        a.members.size() != b.members.size())
      return false;
    if (a.kind == Kind::kNumber) return CompareNumbers(a, b) == 0;
    if (a.is_scalar()) return a.text == b.text;
    for (size_t i = 0; i < a.items.size(); ++i) {
      if (!SameTree(a.items[i], b.items[i])) return false;
    }
    return std::all_of(a.members.begin(), a.members.end(), [&](const JsonMember& member) {
      const JsonNode* other = budget_->Find(b, member.first);
      return other != nullptr && SameTree(member.second, *other);
    });
  }
  /// Before the two are compared or read as numbers.
  bool PayTexts(const JsonNode& a, const JsonNode& b) const {
    return budget_->Pay(1 + (a.text.size() + b.text.size()) / 64);
  }

 private:
  JsonBudget* budget_;
};

// ---- Expressions ----

enum class Comparison : uint8_t {
  kEqual,
  kNotEqual,
  kSame,
  kNotSame,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kMatches,
  kIn,
  kNotIn,
  kContains,
  kAll,
  kSize,
  kEmpty,
  kSubsetOf,
  kAnyOf,
  kNoneOf,
  kIs,       // `exists`: two BOOLEANs that are equal.
  kNothing,  // `type` and `matches`: a text has no operand for them.
};

/// A literal, a path, or a regular expression.
struct Operand {
  std::optional<JsonNode> literal;
  std::optional<JsonPath> path;
  bool from_root = false;
  std::shared_ptr<Regex> regex;
};

struct Node {
  enum class Kind : uint8_t { kOr, kAnd, kNot, kExists, kCompare } kind = Kind::kExists;
  std::vector<Node> parts = {};  // kOr, kAnd, kNot.
  Operand left = {}, right = {};
  Comparison comparison = Comparison::kEqual;
};

/// One test of a value.
struct Trial {
  const JsonNode& value;
  const JsonNode& root;
  JsonBudget* budget;
  bool failed = false;  // An operator does not take such operands: the filter accepts nothing.
};

/// What an operand stands for at one value; keeps what a path with several answers made.
struct Evaluated {
  Evaluated(const Operand& operand, const Trial& trial) {
    if (operand.literal) node = &*operand.literal;
    if (!operand.path) return;
    found = operand.path->Find(operand.from_root ? trial.root : trial.value, trial.budget);
    node = found.node;
  }
  const JsonNode* node = nullptr;
  JsonPath::Found found;
};

bool MatchesRegex(const JsonNode& value, const Operand& pattern, JsonBudget* budget) {
  if (pattern.regex == nullptr || !budget->Pay(1)) return false;
  if (value.kind == Kind::kArray) {
    return std::any_of(value.items.begin(), value.items.end(),
                       [&](const JsonNode& item) { return MatchesRegex(item, pattern, budget); });
  }
  sv text = IsTextOrNumber(value) ? sv(value.text) : sv();
  if (!budget->PayText(text.size())) return false;
  std::vector<sv> groups;
  auto outcome = pattern.regex->Find(text, 0, &groups);
  if (outcome == Regex::Outcome::kTooManySteps) budget->Pay(kRegexGivenUpVisits);
  return outcome == Regex::Outcome::kMatch;
}

bool IsOrdered(Comparison comparison, const JsonNode& a, const JsonNode& b) {
  std::optional<int> order;
  if (a.kind == Kind::kNumber && b.kind == Kind::kNumber) order = CompareNumbers(a, b);
  if (a.kind == Kind::kString && b.kind == Kind::kString) {
    int compared = a.text.compare(b.text);
    order = (compared > 0) - (compared < 0);
  }
  if (!order) return false;
  switch (comparison) {
    case Comparison::kLess:
      return *order < 0;
    case Comparison::kLessOrEqual:
      return *order <= 0;
    case Comparison::kGreater:
      return *order > 0;
    default:
      return *order >= 0;
  }
}

/// Comparisons of a list with a list.
bool CompareLists(Comparison comparison, const std::vector<JsonNode>& a,
                  const std::vector<JsonNode>& b, const Comparer& comparer) {
  auto in = [&comparer](const std::vector<JsonNode>& list) {
    return [&](const JsonNode& item) { return comparer.Contains(list, item); };
  };
  switch (comparison) {
    case Comparison::kAll:
      return std::all_of(b.begin(), b.end(), in(a));
    case Comparison::kSubsetOf:
      return std::all_of(a.begin(), a.end(), in(b));
    case Comparison::kAnyOf:
      return std::any_of(a.begin(), a.end(), in(b));
    default:
      return std::none_of(a.begin(), a.end(), in(b));
  }
}

/// Characters as Java counts them.
size_t Utf16Length(sv text) {
  size_t length = 0;
  for (char c : text) {
    auto byte = static_cast<uint8_t>(c);
    if ((byte & 0xC0) != 0x80) length += byte >= 0xF0 ? 2 : 1;
  }
  return length;
}

bool CompareExtent(Comparison comparison, const JsonNode& a, const JsonNode& b) {
  bool has_extent = a.kind == Kind::kString || !a.is_scalar();
  if (!has_extent) return false;
  size_t size = a.kind == Kind::kString  ? Utf16Length(a.text)
                : a.kind == Kind::kArray ? a.items.size()
                                         : a.members.size();
  if (comparison == Comparison::kEmpty)
    return b.kind == Kind::kBool && (size == 0) == (b.text == "true");
  return NumberOf(b) == static_cast<double>(size);
}

bool Compare(const Node& node, Trial* trial) {
  Evaluated left(node.left, *trial), right(node.right, *trial);
  Comparer comparer(trial->budget);
  const JsonNode *a = left.node, *b = right.node;
  Comparison comparison = node.comparison;
  bool known = a != nullptr && b != nullptr;
  switch (comparison) {
    case Comparison::kEqual:
      return known && comparer.Equal(*a, *b);
    case Comparison::kNotEqual:
      return !known || !comparer.Equal(*a, *b);
    case Comparison::kSame:
      return known && comparer.SameTree(*a, *b);
    case Comparison::kNotSame:
      return !known || !comparer.SameTree(*a, *b);
    case Comparison::kMatches:
      return a != nullptr && MatchesRegex(*a, node.right, trial->budget);
    case Comparison::kIn:
    case Comparison::kNotIn: {
      if (b == nullptr || b->is_scalar()) {
        trial->failed = true;
        return false;
      }
      bool is_in = b->kind == Kind::kArray && a != nullptr && comparer.Contains(b->items, *a);
      return is_in == (comparison == Comparison::kIn);
    }
    case Comparison::kIs:
      trial->failed |= !known || a->kind != Kind::kBool || b->kind != Kind::kBool;
      return !trial->failed && a->text == b->text;
    case Comparison::kNothing:
      trial->failed = true;
      return false;
    default:
      break;
  }
  if (!known) return false;
  switch (comparison) {
    case Comparison::kContains:
      if (a->kind == Kind::kArray) return comparer.Contains(a->items, *b);
      return a->kind == Kind::kString && b->kind == Kind::kString &&
             trial->budget->PayText(a->text.size() * (1 + b->text.size() / 64)) &&
             a->text.find(b->text) != std::string::npos;
    case Comparison::kSize:
    case Comparison::kEmpty:
      return comparer.PayTexts(*a, *b) && CompareExtent(comparison, *a, *b);
    case Comparison::kAll:
    case Comparison::kSubsetOf:
    case Comparison::kAnyOf:
    case Comparison::kNoneOf:
      return a->kind == Kind::kArray && b->kind == Kind::kArray &&
             CompareLists(comparison, a->items, b->items, comparer);
    default:
      return comparer.PayTexts(*a, *b) && IsOrdered(comparison, *a, *b);
  }
}

bool Holds(const Node& node, Trial* trial) {
  auto holds = [&](const Node& part) { return Holds(part, trial); };
  switch (node.kind) {
    case Node::Kind::kOr:
      return std::any_of(node.parts.begin(), node.parts.end(), holds);
    case Node::Kind::kAnd:
      return std::all_of(node.parts.begin(), node.parts.end(), holds);
    case Node::Kind::kNot:
      return !Holds(node.parts[0], trial);
    case Node::Kind::kExists:
      return Evaluated(node.left, *trial).node != nullptr;
    case Node::Kind::kCompare:
      return Compare(node, trial);
  }
  return false;
}

class Filter : public JsonFilter {
 public:
  Filter(Node node, bool reads_root) : node_(std::move(node)), reads_root_(reads_root) {}
  bool Accepts(const JsonNode& value, const JsonNode& root, JsonBudget* budget) const override {
    Trial trial{value, root, budget};
    return budget->Pay(1) && Holds(node_, &trial) && !trial.failed;
  }
  bool reads_root() const override { return reads_root_; }

 private:
  Node node_;
  bool reads_root_;
};

// ---- Reading ----

class FilterReader {
 public:
  FilterReader(sv text, size_t at) : text_(text), at_(at) {}
  size_t at() const { return at_; }
  bool reads_root() const { return reads_root_; }

  Result<Node> Or() {
    if (++depth_ > kFilterDepthMax) return Bad("its filter is nested too deep");
    WEIR_ASSIGN_OR_RETURN(Node node, Chain(Node::Kind::kOr, "||"));
    --depth_;
    return node;
  }

 private:
  Status Bad(sv why) const { return InvalidQuery("invalid JSON path '{}': {}", text_, why); }
  void SkipBlanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool Take(sv token) {
    SkipBlanks();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  Result<Node> Chain(Node::Kind kind, sv token) {
    Node chain{.kind = kind};
    do {
      WEIR_ASSIGN_OR_RETURN(Node part,
                            kind == Node::Kind::kOr ? Chain(Node::Kind::kAnd, "&&") : Single());
      chain.parts.push_back(std::move(part));
    } while (Take(token));
    if (chain.parts.size() == 1) return std::move(chain.parts[0]);
    return chain;
  }

  Result<Node> Single() {
    if (Take("!")) {
      if (++depth_ > kFilterDepthMax) return Bad("its filter is nested too deep");
      WEIR_ASSIGN_OR_RETURN(Node inner, Single());
      --depth_;
      Node negated{.kind = Node::Kind::kNot};
      negated.parts.push_back(std::move(inner));
      return negated;
    }
    if (Take("(")) {
      WEIR_ASSIGN_OR_RETURN(Node inner, Or());
      if (!Take(")")) return Bad("a '(' is not closed");
      return inner;
    }
    Node node;
    WEIR_ASSIGN_OR_RETURN(node.left, ReadOperand());
    std::optional<Comparison> comparison;
    WEIR_RETURN_NOT_OK(ReadComparison(&comparison));
    if (!comparison) {
      if (!node.left.path) return Bad("a filter compares a value with nothing");
      return node;
    }
    node.kind = Node::Kind::kCompare;
    node.comparison = *comparison;
    WEIR_ASSIGN_OR_RETURN(node.right, ReadOperand());
    return node;
  }

  Status ReadComparison(std::optional<Comparison>* out) {
    SkipBlanks();
    static constexpr std::pair<sv, Comparison> kSigns[] = {
        {"===", Comparison::kSame},          {"!==", Comparison::kNotSame},
        {"==", Comparison::kEqual},          {"!=", Comparison::kNotEqual},
        {"=~", Comparison::kMatches},        {"<=", Comparison::kLessOrEqual},
        {">=", Comparison::kGreaterOrEqual}, {"<", Comparison::kLess},
        {">", Comparison::kGreater},
    };
    for (const auto& [sign, comparison] : kSigns) {
      if (Take(sign)) {
        *out = comparison;
        return Status::OK();
      }
    }
    std::string word;
    size_t end = at_;
    while (end < text_.size() && std::isalpha(static_cast<unsigned char>(text_[end])))
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(text_[end++])));
    if (word.empty()) return Status::OK();
    static constexpr std::pair<sv, Comparison> kWords[] = {
        {"in", Comparison::kIn},
        {"nin", Comparison::kNotIn},
        {"contains", Comparison::kContains},
        {"all", Comparison::kAll},
        {"size", Comparison::kSize},
        {"empty", Comparison::kEmpty},
        {"subsetof", Comparison::kSubsetOf},
        {"anyof", Comparison::kAnyOf},
        {"noneof", Comparison::kNoneOf},
        {"exists", Comparison::kIs},
        {"type", Comparison::kNothing},
        {"matches", Comparison::kNothing},
    };
    for (const auto& [name, comparison] : kWords) {
      if (name == word) {
        at_ = end;
        *out = comparison;
        return Status::OK();
      }
    }
    return Bad(fmt::format("no such operator in a filter: {}", word));
  }

  Result<Operand> ReadOperand() {
    SkipBlanks();
    if (at_ >= text_.size()) return Bad("a filter ends too early");
    char c = text_[at_];
    if (c == '@' || c == '$') return ReadPath();
    if (c == '/') return ReadRegex();
    Operand operand;
    WEIR_ASSIGN_OR_RETURN(operand.literal, ReadLiteral());
    return operand;
  }

  Result<Operand> ReadPath() {
    size_t begin = at_++;
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (c == '[') {
        WEIR_RETURN_NOT_OK(SkipBracket());
      } else if (c == '(' && at_ + 1 < text_.size() && text_[at_ + 1] == ')') {
        at_ += 2;
      } else if (sv(" =!<>&|),~").find(c) != sv::npos) {
        break;
      } else {
        ++at_;
      }
    }
    Operand operand;
    operand.from_root = text_[begin] == '$';
    reads_root_ |= operand.from_root;
    WEIR_ASSIGN_OR_RETURN(
        operand.path,
        JsonPath::Compile("$" + std::string(text_.substr(begin + 1, at_ - begin - 1))));
    return operand;
  }

  /// A bracket of a path, whatever stands inside; quotes may hide brackets.
  Status SkipBracket() {
    int open = 0;
    char quote = 0;
    for (; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (quote != 0) {
        if (c == '\\') ++at_;
        if (c == quote) quote = 0;
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '[') {
        if (++open > kFilterDepthMax) return Bad("its brackets are nested too deep");
      } else if (c == ']' && --open == 0) {
        ++at_;
        return Status::OK();
      }
    }
    return Bad("a '[' is not closed");
  }

  Result<Operand> ReadRegex() {
    std::string pattern;
    for (++at_; at_ < text_.size() && text_[at_] != '/'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '/')
        pattern += text_[at_++];
      else if (text_[at_] == '\\')
        ++at_;
      if (at_ < text_.size()) pattern += text_[at_];
    }
    if (at_ >= text_.size()) return Bad("a regular expression is not closed");
    std::string flags;
    for (++at_; at_ < text_.size() && sv("ixmsduU").find(text_[at_]) != sv::npos; ++at_) {
      if (text_[at_] != 'd' && text_[at_] != 'u' && text_[at_] != 'U') flags += text_[at_];
    }
    if (!flags.empty()) pattern = "(?" + flags + ")" + pattern;
    WEIR_ASSIGN_OR_RETURN(auto regex,
                          Regex::Compile(pattern, kRegexStepsMax, Regex::Anchor::kBoth));
    Operand operand;
    operand.regex = std::move(regex);
    return operand;
  }

  /// 'text' "text" 12.5 true null [1, 2]
  Result<JsonNode> ReadLiteral() {
    SkipBlanks();
    JsonNode node;
    char c = at_ < text_.size() ? text_[at_] : ' ';
    if (c == '\'' || c == '"') {
      node.kind = Kind::kString;
      for (++at_; at_ < text_.size() && text_[at_] != c; ++at_) {
        if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
        node.text += text_[at_];
      }
      if (at_ >= text_.size()) return Bad("a quote is not closed");
      ++at_;
      return node;
    }
    if (c == '[') {
      if (++depth_ > kFilterDepthMax) return Bad("its filter is nested too deep");
      node.kind = Kind::kArray;
      ++at_;
      if (!Take("]")) {
        do {
          WEIR_ASSIGN_OR_RETURN(JsonNode item, ReadLiteral());
          node.items.push_back(std::move(item));
        } while (Take(","));
        if (!Take("]")) return Bad("a '[' is not closed");
      }
      --depth_;
      return node;
    }
    size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) ||
                                  sv("+-._").find(text_[at_]) != sv::npos))
      ++at_;
    sv word = text_.substr(begin, at_ - begin);
    if (word == "true" || word == "false") return JsonNode{Kind::kBool, std::string(word), {}, {}};
    if (word == "null") return node;
    if (!word.empty() && ParseDouble(word))
      return JsonNode{Kind::kNumber, std::string(word), {}, {}};
    return Bad(fmt::format("no value in a filter: '{}'", text_.substr(begin)));
  }

  sv text_;
  size_t at_;
  int depth_ = 0;
  bool reads_root_ = false;
};

}  // namespace

Result<std::shared_ptr<const JsonFilter>> JsonFilter::Read(sv text, size_t* at) {
  FilterReader reader(text, *at);
  WEIR_ASSIGN_OR_RETURN(Node node, reader.Or());
  *at = reader.at();
  return std::make_shared<const Filter>(std::move(node), reader.reads_root());
}

}  // namespace weir
