// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/regex_class.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "weir/function/utf8.h"

namespace weir {
namespace {

using sv = std::string_view;

constexpr uint32_t kLast = 0x10FFFF;

/// Ranges of code points, ascending, apart from each other.
using CodeSet = std::vector<std::pair<uint32_t, uint32_t>>;

CodeSet Normal(CodeSet set) {
  std::sort(set.begin(), set.end());
  CodeSet out;
  for (const auto& range : set) {
    if (!out.empty() && range.first <= out.back().second + 1) {
      out.back().second = std::max(out.back().second, range.second);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

CodeSet Complement(const CodeSet& set) {
  CodeSet out;
  uint32_t next = 0;
  for (const auto& [first, last] : set) {
    if (first > next) out.emplace_back(next, first - 1);
    next = last + 1;
  }
  if (next <= kLast) out.emplace_back(next, kLast);
  return out;
}

CodeSet Intersection(const CodeSet& a, const CodeSet& b) {
  CodeSet out;
  for (const auto& x : a) {
    for (const auto& y : b) {
      uint32_t first = std::max(x.first, y.first), last = std::min(x.second, y.second);
      if (first <= last) out.emplace_back(first, last);
    }
  }
  return Normal(std::move(out));
}

/// What one character may be: a set and the engines' own names beside it, or, where that does not
/// do, an expression of one character.
struct Characters {
  CodeSet set = {};
  std::string names = {};       // "\p{L}\P{N}"
  std::string expression = {};  // Not empty: counts instead.

  bool is_set() const { return names.empty() && expression.empty(); }

  std::string Items() const {
    std::string out;
    for (const auto& [first, last] : set) {
      out += fmt::format("\\x{{{:x}}}", first);
      if (last != first) out += fmt::format("-\\x{{{:x}}}", last);
    }
    return out + names;
  }
  std::string Text() const {
    if (!expression.empty()) return expression;
    std::string items = Items();
    return items.empty() ? "[^\\x{0}-\\x{10ffff}]" : "[" + items + "]";
  }
};

Characters Union(Characters a, const Characters& b) {
  if (!a.expression.empty() || !b.expression.empty()) {
    bool first_only = b.is_set() && b.set.empty(), second_only = a.is_set() && a.set.empty();
    if (first_only) return a;
    if (second_only) return b;
    return {.expression = "(?:" + a.Text() + "|" + b.Text() + ")"};
  }
  a.set.insert(a.set.end(), b.set.begin(), b.set.end());
  a.set = Normal(std::move(a.set));
  a.names += b.names;
  return a;
}

Characters Both(const Characters& a, const Characters& b) {
  if (a.is_set() && b.is_set()) return {.set = Intersection(a.set, b.set)};
  return {.expression = "(?:(?=" + a.Text() + ")" + b.Text() + ")"};
}

Characters Not(const Characters& a) {
  if (a.is_set()) return {.set = Complement(a.set)};
  if (a.expression.empty()) return {.expression = "[^" + a.Items() + "]"};
  return {.expression = "(?:(?!" + a.expression + ")(?s:.))"};
}

// ---- Names ----

/// Java's POSIX classes, of ASCII alone.
const CodeSet* FindAsciiSet(sv name) {
  static const std::vector<std::pair<sv, CodeSet>> kSets = {
      {"Lower", {{'a', 'z'}}},
      {"Upper", {{'A', 'Z'}}},
      {"ASCII", {{0, 0x7F}}},
      {"Alpha", {{'A', 'Z'}, {'a', 'z'}}},
      {"Digit", {{'0', '9'}}},
      {"Alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
      {"Punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
      {"Graph", {{'!', '~'}}},
      {"Print", {{' ', '~'}}},
      {"Blank", {{'\t', '\t'}, {' ', ' '}}},
      {"Cntrl", {{0, 0x1F}, {0x7F, 0x7F}}},
      {"XDigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
      {"Space", {{'\t', '\r'}, {' ', ' '}}},
  };
  for (const auto& [known, set] : kSets) {
    if (known == name) return &set;
  }
  return nullptr;
}

/// Java's other names by those of Unicode's categories.
sv CategoryOf(sv name) {
  static constexpr std::pair<sv, sv> kNames[] = {
      {"javaLowerCase", "Ll"},  {"javaUpperCase", "Lu"}, {"javaAlphabetic", "L"},
      {"javaLetter", "L"},      {"javaDigit", "Nd"},     {"javaTitleCase", "Lt"},
      {"IsAlphabetic", "L"},    {"IsLetter", "L"},       {"IsUppercase", "Lu"},
      {"IsLowercase", "Ll"},    {"IsTitlecase", "Lt"},   {"IsDigit", "Nd"},
      {"IsPunctuation", "P"},   {"IsControl", "Cc"},     {"IsIdeographic", "Han"},
      {"javaISOControl", "Cc"}, {"javaSpaceChar", "Z"},
  };
  for (const auto& [java, category] : kNames) {
    if (java == name) return category;
  }
  for (sv prefix : {"general_category=", "gc=", "script=", "sc=", "Is"}) {
    if (name.starts_with(prefix)) return name.substr(prefix.size());
  }
  return name;
}

/// Reads one class; recursion is as deep as the classes are nested, which is bounded.
class ClassReader {
 public:
  ClassReader(sv in, size_t at) : in_(in), at_(at) {}
  size_t at() const { return at_; }

  Result<Characters> Class() {
    if (++depth_ > kDepthMax) return Bad("its classes are nested too deep");
    ++at_;
    bool negated = Take('^');
    WEIR_ASSIGN_OR_RETURN(Characters result, Items(true));
    while (Ahead("&&")) {
      while (Take('&')) {
      }
      if (Ahead("]")) break;
      WEIR_ASSIGN_OR_RETURN(Characters right, Items(false));
      result = Both(result, right);
    }
    if (!Take(']')) return Bad("a '[' is not closed");
    --depth_;
    return negated ? Not(result) : result;
  }

  Result<Characters> Property() {
    bool negated = in_[at_ + 1] == 'P';
    at_ += 2;
    sv name;
    if (Take('{')) {
      size_t end = in_.find('}', at_);
      if (end == sv::npos) return Bad("a '{' is not closed");
      name = in_.substr(at_, end - at_);
      at_ = end + 1;
    } else {
      if (at_ >= in_.size()) return Bad("a property has no name");
      name = in_.substr(at_++, 1);
    }
    if (name == "javaWhitespace" || name == "IsWhite_Space") name = "Space";
    Characters out;
    if (const CodeSet* set = FindAsciiSet(name)) {
      out.set = negated ? Complement(*set) : *set;
    } else {
      out.names = fmt::format("\\{}{{{}}}", negated ? 'P' : 'p', CategoryOf(name));
    }
    return out;
  }

 private:
  static constexpr int kDepthMax = 100;

  Status Bad(sv why) const { return InvalidQuery("invalid regular expression '{}': {}", in_, why); }
  bool Ahead(sv text) const { return in_.substr(at_).starts_with(text); }
  bool Take(char c) {
    if (at_ >= in_.size() || in_[at_] != c) return false;
    ++at_;
    return true;
  }

  /// Single characters, ranges and classes up to a ']' or '&&'.
  Result<Characters> Items(bool is_first) {
    Characters out;
    for (; at_ < in_.size(); is_first = false) {
      if (Ahead("&&") || (in_[at_] == ']' && !is_first)) break;
      if (in_[at_] == '[') {
        WEIR_ASSIGN_OR_RETURN(Characters inner, Class());
        out = Union(std::move(out), inner);
        continue;
      }
      std::optional<Characters> named;
      WEIR_RETURN_NOT_OK(TakeNamed(&named));
      if (named) {
        out = Union(std::move(out), *named);
        continue;
      }
      uint32_t first = 0;
      WEIR_RETURN_NOT_OK(Character(&first));
      uint32_t last = first;
      bool is_range =
          Ahead("-") && at_ + 1 < in_.size() && in_[at_ + 1] != ']' && in_[at_ + 1] != '[';
      if (is_range) {
        ++at_;
        WEIR_RETURN_NOT_OK(Character(&last));
        if (last < first) return Bad("a range ends before it begins");
      }
      out = Union(std::move(out), {.set = {{first, last}}});
    }
    return out;
  }

  /// \d \s \w \h \v, their opposites, and properties; leaves anything else.
  Status TakeNamed(std::optional<Characters>* out) {
    if (in_[at_] != '\\' || at_ + 1 >= in_.size()) return Status::OK();
    char c = in_[at_ + 1];
    if (c == 'p' || c == 'P') {
      WEIR_ASSIGN_OR_RETURN(*out, Property());
      return Status::OK();
    }
    CodeSet set;
    switch (c | 0x20) {
      case 'd':
        set = {{'0', '9'}};
        break;
      case 's':
        set = {{'\t', '\r'}, {' ', ' '}};
        break;
      case 'w':
        set = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
        break;
      case 'h':
        set = {{'\t', '\t'},     {' ', ' '},       {0xA0, 0xA0},
               {0x1680, 0x1680}, {0x180E, 0x180E}, {0x2000, 0x200A},
               {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}};
        break;
      case 'v':
        set = {{'\n', '\r'}, {0x85, 0x85}, {0x2028, 0x2029}};
        break;
      default:
        return Status::OK();
    }
    at_ += 2;
    *out = Characters{.set = c >= 'a' ? set : Complement(set)};
    return Status::OK();
  }

  Status Number(size_t digits_min, size_t digits_max, uint32_t base, uint32_t* out) {
    size_t begin = at_;
    *out = 0;
    for (; at_ < in_.size() && at_ - begin < digits_max; ++at_) {
      char c = in_[at_];
      int digit = c >= '0' && c <= '9'   ? c - '0'
                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                         : 99;
      if (digit >= static_cast<int>(base)) break;
      *out = *out * base + static_cast<uint32_t>(digit);
    }
    if (at_ - begin < digits_min || *out > kLast) return Bad("a number of a character is wrong");
    return Status::OK();
  }

  /// One character, as it is or escaped.
  Status Character(uint32_t* out) {
    if (in_[at_] != '\\') {
      sv rest = in_.substr(at_);
      size_t bytes = 0;
      *out = DecodeCharacter(rest, &bytes);
      at_ += bytes;
      return Status::OK();
    }
    if (++at_ >= in_.size()) return Bad("it ends with a backslash");
    char c = in_[at_++];
    switch (c) {
      case 'n':
        *out = '\n';
        return Status::OK();
      case 't':
        *out = '\t';
        return Status::OK();
      case 'r':
        *out = '\r';
        return Status::OK();
      case 'f':
        *out = '\f';
        return Status::OK();
      case 'a':
        *out = '\a';
        return Status::OK();
      case 'e':
        *out = 0x1B;
        return Status::OK();
      case '0':
        return Number(1, 3, 8, out);
      case 'u':
        return Number(4, 4, 16, out);
      case 'x':
        if (!Take('{')) return Number(2, 2, 16, out);
        WEIR_RETURN_NOT_OK(Number(1, 6, 16, out));
        return Take('}') ? Status::OK() : Bad("a '{' is not closed");
      default:
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '1' && c <= '9'))
          return Bad(fmt::format("\\{} means nothing in a character class", c));
        --at_;
        sv rest = in_.substr(at_);
        size_t bytes = 0;
        *out = DecodeCharacter(rest, &bytes);
        at_ += bytes;
        return Status::OK();
    }
  }

  sv in_;
  size_t at_;
  int depth_ = 0;
};

}  // namespace

Result<std::string> TranslateRegexClass(sv pattern, size_t* at) {
  ClassReader reader(pattern, *at);
  WEIR_ASSIGN_OR_RETURN(Characters characters, reader.Class());
  *at = reader.at();
  return characters.Text();
}

Result<std::string> TranslateRegexProperty(sv pattern, size_t* at) {
  ClassReader reader(pattern, *at);
  WEIR_ASSIGN_OR_RETURN(Characters characters, reader.Property());
  *at = reader.at();
  return characters.set.empty() ? characters.names : characters.Text();
}

}  // namespace weir
