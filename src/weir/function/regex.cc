// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/regex.h"

#include <re2/re2.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <limits>

#include "weir/function/regex_class.h"
#include "weir/function/utf8.h"

namespace weir {
namespace {

using sv = std::string_view;

/// A pattern in the common syntax of RE2 and PCRE2, and what is known of it.
struct Translation {
  std::string pattern;
  std::string required;     // Part of every match; empty when none is known.
  bool has_dollar = false;  // '$' may stand before a final line terminator.
};

/// Reads a Java pattern once, rewriting what differs and collecting literal runs outside of groups.
class Translator {
 public:
  explicit Translator(sv pattern) : in_(pattern) {}

  Result<Translation> Run() {
    size_t flags = in_.find("(?");
    // Inline flags may change what '.' and letters mean: then neither is touched.
    for (; flags != sv::npos; flags = in_.find("(?", flags + 2)) {
      for (size_t i = flags + 2;
           i < in_.size() && ((in_[i] >= 'a' && in_[i] <= 'z') || in_[i] == '-'); ++i) {
        if (in_[i] == 's') keeps_dot_ = true;
        if (in_[i] == 'i' || in_[i] == 'x') knows_literals_ = false;
      }
    }
    while (at_ < in_.size()) WEIR_RETURN_NOT_OK(Next());
    EndRun();
    if (!knows_literals_) out_.required.clear();
    return std::move(out_);
  }

 private:
  Status Next() {
    char c = in_[at_];
    switch (c) {
      case '\\':
        return Escape();
      case '[':
        EndRun();
        return Class();
      case '(':
        EndRun();
        ++depth_;
        break;
      case ')':
        EndRun();
        --depth_;
        break;
      case '|':
        EndRun();
        if (depth_ == 0) knows_literals_ = false;
        break;
      case '.':
        EndRun();
        if (!keeps_dot_) {
          out_.pattern += R"([^\n\r\x{85}\x{2028}\x{2029}])";
          ++at_;
          return Status::OK();
        }
        break;
      case '$':
        out_.has_dollar = true;
        EndRun();
        break;
      case '^':
        EndRun();
        break;
      case '*':
      case '?':
      case '{':
        DropLast();
        if (c == '{') return Bounds();
        break;
      case '+':
        EndRun();
        break;
      default: {
        size_t bytes = CharacterBytes(in_.substr(at_));
        AddLiteral(in_.substr(at_, bytes));
        out_.pattern += in_.substr(at_, bytes);
        at_ += bytes;
        return Status::OK();
      }
    }
    out_.pattern += c;
    ++at_;
    return Status::OK();
  }

  Status Bounds() {
    size_t end = in_.find('}', at_);
    end = end == sv::npos ? in_.size() : end + 1;
    out_.pattern += in_.substr(at_, end - at_);
    at_ = end;
    return Status::OK();
  }

  Status Escape() {
    if (at_ + 1 >= in_.size())
      return InvalidQuery("the regular expression ends with a backslash: '{}'", in_);
    char c = in_[at_ + 1];
    if (c == 's' || c == 'S') {
      EndRun();
      out_.pattern += c == 's' ? R"([\t-\r ])" : R"([^\t-\r ])";
    } else if (c == 'u' && at_ + 5 < in_.size()) {
      EndRun();
      out_.pattern += fmt::format("\\x{{{}}}", in_.substr(at_ + 2, 4));
      at_ += 4;
    } else if (c == 'p' || c == 'P') {
      EndRun();
      WEIR_ASSIGN_OR_RETURN(std::string property, TranslateRegexProperty(in_, &at_));
      out_.pattern += property;
      return Status::OK();
    } else if (c == 'Q') {
      EndRun();
      size_t end = in_.find("\\E", at_);
      end = end == sv::npos ? in_.size() : end + 2;
      out_.pattern += in_.substr(at_, end - at_);
      at_ = end;
      return Status::OK();
    } else {
      bool is_name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (is_name) {
        EndRun();
        if (c == 'Z') out_.has_dollar = true;
      } else {
        AddLiteral(in_.substr(at_ + 1, CharacterBytes(in_.substr(at_ + 1))));
      }
      size_t bytes = CharacterBytes(in_.substr(at_ + 1));
      if (static_cast<uint8_t>(c) < 0x80) out_.pattern += '\\';
      out_.pattern += in_.substr(at_ + 1, bytes);
      at_ += 1 + bytes;
      return Status::OK();
    }
    at_ += 2;
    return Status::OK();
  }

  Status Class() {
    size_t begin = at_, out_begin = out_.pattern.size();
    out_.pattern += in_[at_++];
    if (at_ < in_.size() && in_[at_] == '^') out_.pattern += in_[at_++];
    bool is_first = true;
    for (; at_ < in_.size(); is_first = false) {
      char c = in_[at_];
      if (c == ']' && !is_first) {
        out_.pattern += in_[at_++];
        return Status::OK();
      }
      bool is_property = c == '\\' && at_ + 1 < in_.size() && (in_[at_ + 1] | 0x20) == 'p';
      if (c == '[' || is_property || in_.substr(at_).starts_with("&&")) {
        out_.pattern.resize(out_begin);
        at_ = begin;
        WEIR_ASSIGN_OR_RETURN(std::string translated, TranslateRegexClass(in_, &at_));
        out_.pattern += translated;
        return Status::OK();
      }
      if (c == '\\' && at_ + 1 < in_.size()) {
        if (in_[at_ + 1] == 's') {
          out_.pattern += R"(\t-\r )";
        } else if (in_[at_ + 1] == 'u' && at_ + 5 < in_.size()) {
          out_.pattern += fmt::format("\\x{{{}}}", in_.substr(at_ + 2, 4));
          at_ += 4;
        } else {
          out_.pattern += in_.substr(at_, 2);
        }
        at_ += 2;
        continue;
      }
      out_.pattern += c;
      ++at_;
    }
    return InvalidQuery("the regular expression has a '[' that is not closed: '{}'",
                        in_.substr(begin));
  }

  void AddLiteral(sv character) {
    if (depth_ != 0) return;
    run_ += character;
    last_ = character.size();
  }
  /// A quantifier follows that allows no occurrence: the last character is not required.
  void DropLast() {
    if (depth_ == 0 && last_ <= run_.size()) run_.resize(run_.size() - last_);
    EndRun();
  }
  void EndRun() {
    if (run_.size() > out_.required.size()) out_.required = run_;
    run_.clear();
    last_ = 0;
  }

  sv in_;
  size_t at_ = 0;
  int depth_ = 0;
  bool keeps_dot_ = false;
  bool knows_literals_ = true;
  std::string run_;
  size_t last_ = 0;
  Translation out_;
};

class BacktrackingRegex {
 public:
  static Result<std::unique_ptr<BacktrackingRegex>> Compile(const std::string& pattern,
                                                            int64_t steps_max,
                                                            Regex::Anchor anchor) {
    auto regex = std::unique_ptr<BacktrackingRegex>(new BacktrackingRegex);
    int error = 0;
    size_t offset = 0;
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
    if (anchor == Regex::Anchor::kBoth) options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
    regex->code_ = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                 options, &error, &offset, nullptr);
    if (regex->code_ == nullptr) {
      char message[160] = "";
      pcre2_get_error_message(error, reinterpret_cast<PCRE2_UCHAR*>(message), sizeof(message));
      return InvalidQuery("invalid regular expression '{}': {}", pattern, message);
    }
    pcre2_jit_compile(regex->code_,
                      PCRE2_JIT_COMPLETE);  // Where that fails the interpreter serves.
    regex->data_ = pcre2_match_data_create_from_pattern(regex->code_, nullptr);
    regex->context_ = pcre2_match_context_create(nullptr);
    if (regex->data_ == nullptr || regex->context_ == nullptr)
      return ResourceExhausted("no memory for a regular expression");
    auto limit = static_cast<uint32_t>(
        std::clamp<int64_t>(steps_max, 1, std::numeric_limits<uint32_t>::max()));
    pcre2_set_match_limit(regex->context_, limit);
    pcre2_set_depth_limit(regex->context_, std::min<uint32_t>(limit, 100'000));
    pcre2_set_heap_limit(regex->context_, 20'000);  // KiB.
    regex->stack_ = pcre2_jit_stack_create(32 << 10, 8 << 20, nullptr);
    if (regex->stack_ != nullptr) pcre2_jit_stack_assign(regex->context_, nullptr, regex->stack_);
    return regex;
  }
  ~BacktrackingRegex() {
    pcre2_match_context_free(context_);
    pcre2_jit_stack_free(stack_);
    pcre2_match_data_free(data_);
    pcre2_code_free(code_);
  }

  int num_groups() const {
    uint32_t count = 0;
    pcre2_pattern_info(code_, PCRE2_INFO_CAPTURECOUNT, &count);
    return static_cast<int>(count);
  }
  Regex::Outcome Find(sv text, size_t from, std::vector<sv>* groups) {
    const char* data = text.data() == nullptr ? "" : text.data();
    int count = pcre2_match(code_, reinterpret_cast<PCRE2_SPTR>(data), text.size(), from, 0, data_,
                            context_);
    if (count == PCRE2_ERROR_NOMATCH) return Regex::Outcome::kNoMatch;
    if (count < 0) return Regex::Outcome::kTooManySteps;
    const size_t* ends = pcre2_get_ovector_pointer(data_);
    for (size_t i = 0; i < groups->size(); ++i) {
      bool has = i < static_cast<size_t>(count) && ends[2 * i] != PCRE2_UNSET;
      (*groups)[i] = has ? sv(data + ends[2 * i], ends[2 * i + 1] - ends[2 * i]) : sv();
    }
    return Regex::Outcome::kMatch;
  }

 private:
  BacktrackingRegex() = default;
  pcre2_code* code_ = nullptr;
  pcre2_match_data* data_ = nullptr;
  pcre2_match_context* context_ = nullptr;
  pcre2_jit_stack* stack_ = nullptr;
};

bool EndsInLineTerminator(sv text) {
  return !text.empty() &&
         (text.back() == '\n' || text.back() == '\r' || text.ends_with("\xC2\x85") ||
          text.ends_with("\xE2\x80\xA8") || text.ends_with("\xE2\x80\xA9"));
}

class JavaRegex : public Regex {
 public:
  JavaRegex(Translation translation, int64_t steps_max, Anchor anchor)
      : translation_(std::move(translation)), steps_max_(steps_max), anchor_(anchor) {}

  Status Init() {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(16 << 20);
    linear_ = std::make_unique<RE2>(translation_.pattern, options);
    if (linear_->ok()) {
      num_groups_ = linear_->NumberOfCapturingGroups();
      return Status::OK();
    }
    linear_.reset();
    WEIR_ASSIGN_OR_RETURN(backtracking_,
                          BacktrackingRegex::Compile(translation_.pattern, steps_max_, anchor_));
    num_groups_ = backtracking_->num_groups();
    return Status::OK();
  }

  int num_groups() const override { return num_groups_; }

  Outcome Find(sv text, size_t from, std::vector<sv>* groups) override {
    if (!translation_.required.empty() && FindBytes(text, translation_.required, from) == sv::npos)
      return Outcome::kNoMatch;
    if (linear_ == nullptr || (translation_.has_dollar && EndsInLineTerminator(text))) {
      if (backtracking_ == nullptr) {
        auto compiled = BacktrackingRegex::Compile(translation_.pattern, steps_max_, anchor_);
        if (!compiled.ok()) return Outcome::kTooManySteps;
        backtracking_ = std::move(compiled).ValueUnsafe();
      }
      return backtracking_->Find(text, from, groups);
    }
    pieces_.resize(groups->size());
    const char* data = text.data() == nullptr ? "" : text.data();
    bool found = linear_->Match(re2::StringPiece(data, text.size()), from, text.size(),
                                anchor_ == Anchor::kBoth ? RE2::ANCHOR_BOTH : RE2::UNANCHORED,
                                pieces_.data(), static_cast<int>(pieces_.size()));
    if (!found) return Outcome::kNoMatch;
    for (size_t i = 0; i < pieces_.size(); ++i)
      (*groups)[i] = sv(pieces_[i].data(), pieces_[i].size());
    return Outcome::kMatch;
  }

 private:
  Translation translation_;
  int64_t steps_max_;
  Anchor anchor_;
  int num_groups_ = 0;
  std::unique_ptr<RE2> linear_;
  std::unique_ptr<BacktrackingRegex> backtracking_;
  std::vector<re2::StringPiece> pieces_;
};

/// What pulls a parameter out of a URL or a log line: (&|^)name=([^&]*). A delimiter or the start
/// of the text, a literal, and what follows up to the next delimiter; memmem and memchr find all
/// there is to find.
class ParameterRegex : public Regex {
 public:
  /// Null when the pattern has another shape.
  static std::unique_ptr<Regex> TryCompile(sv pattern) {
    auto regex = std::make_unique<ParameterRegex>();
    auto is_plain = [](char c) {
      return static_cast<uint8_t>(c) < 0x80 && sv("\\^$.|?*+()[]{}-").find(c) == sv::npos;
    };
    // (x|^) or (^|x)
    if (pattern.size() < 5 || pattern[0] != '(' || pattern[2] != '|' || pattern[4] != ')')
      return nullptr;
    char first = pattern[1], second = pattern[3];
    if ((first == '^') == (second == '^') || !is_plain(first == '^' ? second : first))
      return nullptr;
    regex->before_ = first == '^' ? second : first;
    pattern.remove_prefix(5);
    size_t end = 0;
    while (end < pattern.size() && is_plain(pattern[end])) ++end;
    if (end == 0) return nullptr;
    regex->literal_ = std::string(pattern.substr(0, end));
    pattern.remove_prefix(end);
    // ([^y]*)
    if (pattern.size() != 7 || pattern.substr(0, 3) != "([^" || pattern.substr(4) != "]*)" ||
        !is_plain(pattern[3]))
      return nullptr;
    regex->after_ = pattern[3];
    return regex;
  }

  int num_groups() const override { return 2; }
  Outcome Find(sv text, size_t from, std::vector<sv>* groups) override {
    for (size_t at = from;; ++at) {
      at = FindBytes(text, literal_, at);
      if (at == sv::npos) return Outcome::kNoMatch;
      bool is_delimited = at > from && text[at - 1] == before_;
      if (!is_delimited && at != 0) continue;
      size_t begin = at - (is_delimited ? 1 : 0), value = at + literal_.size();
      const void* next = value < text.size()
                             ? std::memchr(text.data() + value, after_, text.size() - value)
                             : nullptr;
      size_t end = next == nullptr
                       ? text.size()
                       : static_cast<size_t>(static_cast<const char*>(next) - text.data());
      const sv all[] = {text.substr(begin, end - begin), text.substr(begin, at - begin),
                        text.substr(value, end - value)};
      for (size_t i = 0; i < groups->size(); ++i) (*groups)[i] = i < 3 ? all[i] : sv();
      return Outcome::kMatch;
    }
  }

 private:
  char before_ = 0, after_ = 0;
  std::string literal_;
};

}  // namespace

Result<std::unique_ptr<Regex>> Regex::Compile(sv pattern, int64_t steps_max, Anchor anchor) {
  if (anchor == Anchor::kNone) {
    auto parameter = ParameterRegex::TryCompile(pattern);
    if (parameter != nullptr) return parameter;
  }
  WEIR_ASSIGN_OR_RETURN(Translation translation, Translator(pattern).Run());
  auto regex = std::make_unique<JavaRegex>(std::move(translation), steps_max, anchor);
  WEIR_RETURN_NOT_OK(regex->Init());
  return regex;
}

Regex* RegexCache::Get(sv pattern, Status* status) {
  if (last_ == nullptr || last_pattern_ != pattern) {
    if (entries_.size() >= kPatternsMax) entries_.clear();
    last_pattern_ = std::string(pattern);
    auto [entry, is_new] = entries_.try_emplace(last_pattern_);
    last_ = &entry->second;
    if (is_new) {
      auto compiled = Regex::Compile(pattern, steps_max_, anchor_);
      last_->status = compiled.status();
      if (compiled.ok()) last_->regex = std::move(compiled).ValueUnsafe();
    }
  }
  if (status != nullptr) *status = last_->status;
  return last_->regex.get();
}

size_t RegexStep(sv text, size_t at) {
  return at < text.size() ? CharacterBytes(text.substr(at)) : 1;
}

}  // namespace weir
