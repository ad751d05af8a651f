// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/json_scan.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif
#include <simdjson.h>

#include <bit>
#include <cstring>

namespace weir {
namespace {

using sv = std::string_view;

constexpr size_t kPadding =
    32;  // Zeros behind a document: they end every loop, and loads may reach into them.

/// One pass over a padded document. Every step takes the place where it begins and gives the one
/// behind its end, null where something is wrong. No loop looks for the document's end: a zero byte
/// is no part of anything.
class Pass {
 public:
  explicit Pass(const std::vector<JsonPath::PlainStep>& steps)
      : steps_(steps.data()), num_steps_(static_cast<int>(steps.size())) {}

  /// Whether the document is good; `end` is where it has to end.
  bool Document(const char* p, const char* end) {
    p = Blanks(p);
    // A scalar alone is the general reader's.
    if (*p != '{' && *p != '[') return false;
    p = Value(p, 0, 0);
    return p != nullptr && Blanks(p) == end;
  }

  bool has_high() const { return high_ != 0; }
  bool is_found() const { return is_found_; }
  JsonNode::Kind kind() const { return kind_; }
  sv text() const { return text_; }

 private:
  static constexpr int kDepthMax = 64;  // Deeper documents are the general reader's.
  static constexpr int kOff = -1;       // No step of the path leads here.

  static const char* Blanks(const char* p) {
    if (static_cast<uint8_t>(*p) > ' ') return p;
    if (*p == ' ' && static_cast<uint8_t>(*++p) > ' ') return p;
    while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r') ++p;
    return p;
  }

  /// The next quote, backslash or control character.
  const char* Plain(const char* p) {
#if defined(__AVX2__)
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\');
    const __m256i control = _mm256_set1_epi8(0x1F);
    for (;; p += 32) {
      __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
      __m256i stops = _mm256_or_si256(
          _mm256_or_si256(_mm256_cmpeq_epi8(bytes, quote), _mm256_cmpeq_epi8(bytes, backslash)),
          _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, control), bytes));
      auto stop = static_cast<uint32_t>(_mm256_movemask_epi8(stops));
      auto high = static_cast<uint32_t>(_mm256_movemask_epi8(bytes));
      // The bits below the first stop; all of them where there is none.
      high_ |= high & (stop - 1) & ~stop;
      if (stop != 0) return p + std::countr_zero(stop);
    }
#else
    for (;; ++p) {
      auto byte = static_cast<uint8_t>(*p);
      if (byte == '"' || byte == '\\' || byte < 0x20) return p;
      high_ |= byte & 0x80;
    }
#endif
  }

  /// A string that nobody wants, behind its first quote: escapes are passed over.
  const char* SkipString(const char* p) {
    for (;;) {
      p = Plain(p);
      if (*p == '"') return p + 1;
      bool is_escape = *p == '\\' && p[1] != 0 && sv("\"\\/bfnrt").find(p[1]) != sv::npos;
      if (!is_escape) return nullptr;
      p += 2;
    }
  }
  static const char* Digits(const char* p) {
    while (static_cast<uint8_t>(*p - '0') < 10) ++p;
    return p;
  }
  static const char* Number(const char* p) {
    if (*p == '-') ++p;
    const char* from = p;
    p = *p == '0' ? p + 1 : Digits(p);
    if (p == from) return nullptr;
    if (*p == '.') {
      from = ++p;
      p = Digits(p);
      if (p == from) return nullptr;
    }
    if ((*p | 0x20) == 'e') {
      ++p;
      if (*p == '+' || *p == '-') ++p;
      from = p;
      p = Digits(p);
      if (p == from) return nullptr;
    }
    return p;
  }
  static const char* Word(const char* p, const char* word, size_t size) {
    return std::memcmp(p, word, size) == 0 ? p + size : nullptr;
  }

  /// Any value; `step` of the path is to be done with it. Lists and objects are functions of their
  /// own, so that a scalar costs no call.
  const char* Value(const char* p, int depth, int step) {
    if (step == num_steps_) return Answer(p);
    switch (*p) {
      case '"':
        return SkipString(p + 1);
      case '{':
        return depth == kDepthMax ? nullptr : Object(p + 1, depth + 1, step);
      case '[':
        return depth == kDepthMax ? nullptr : Array(p + 1, depth + 1, step);
      default:
        return SkipScalar(p);
    }
  }
  static const char* SkipScalar(const char* p) {
    switch (*p) {
      case 't':
        return Word(p, "true", 4);
      case 'f':
        return Word(p, "false", 5);
      case 'n':
        return Word(p, "null", 4);
      default:
        return Number(p);
    }
  }
  [[gnu::noinline]] const char* Answer(const char* p) {
    const char* from = p;
    switch (*p) {
      case '{':
      case '[':
        return nullptr;
      case '"':
        p = Plain(++from);
        if (*p != '"') return nullptr;
        Found(JsonNode::Kind::kString, from, p);
        return p + 1;
      default:
        p = SkipScalar(p);
        if (p == nullptr) return nullptr;
        if (*from <= '9' && !IsPlainJsonNumber(sv(from, static_cast<size_t>(p - from))))
          return nullptr;
        Found(*from == 'n'                   ? JsonNode::Kind::kNull
              : *from == 't' || *from == 'f' ? JsonNode::Kind::kBool
                                             : JsonNode::Kind::kNumber,
              from, p);
        return p;
    }
  }
  void Found(JsonNode::Kind kind, const char* begin, const char* end) {
    is_found_ = true;
    kind_ = kind;
    text_ = sv(begin, static_cast<size_t>(end - begin));
  }

  [[gnu::noinline]] const char* Array(const char* p, int depth, int step) {
    p = Blanks(p);
    if (*p == ']') return p + 1;
    int64_t wanted = step == kOff ? -1 : steps_[step].index;
    for (;; ++p) {
      p = Value(Blanks(p), depth, wanted == 0 ? step + 1 : kOff);
      if (p == nullptr) return nullptr;
      --wanted;
      p = Blanks(p);
      if (*p != ',') return *p == ']' ? p + 1 : nullptr;
    }
  }

  [[gnu::noinline]] const char* Object(const char* p, int depth, int step) {
    p = Blanks(p);
    if (*p == '}') return p + 1;
    bool looks = step != kOff && steps_[step].index < 0, is_seen = false;
    sv name = looks ? sv(steps_[step].name) : sv();
    for (;; ++p) {
      p = Blanks(p);
      if (*p != '"') return nullptr;
      const char* key = p + 1;
      p = Plain(key);
      if (*p != '"') return nullptr;
      // The last characters of names differ more often than the first.
      bool is_step = looks && static_cast<size_t>(p - key) == name.size() &&
                     (name.empty() ||
                      (p[-1] == name.back() && std::memcmp(key, name.data(), name.size()) == 0));
      p = Blanks(p + 1);
      if (*p != ':' || (is_step && is_seen)) return nullptr;
      is_seen |= is_step;
      p = Value(Blanks(p + 1), depth, is_step ? step + 1 : kOff);
      if (p == nullptr) return nullptr;
      p = Blanks(p);
      if (*p != ',') return *p == '}' ? p + 1 : nullptr;
    }
  }

  const JsonPath::PlainStep* steps_;
  int num_steps_;
  uint32_t high_ = 0;  // Not 0: some byte is no ASCII.
  bool is_found_ = false;
  JsonNode::Kind kind_ = JsonNode::Kind::kNull;
  sv text_;
};

}  // namespace

JsonScan JsonScanner::Scan(sv json, const JsonPath& path, JsonNode::Kind* kind, sv* text) {
  if (json.empty()) return JsonScan::kUnsure;
  if (padded_.size() < json.size() + kPadding) padded_.resize(2 * json.size() + kPadding);
  char* padded = padded_.data();
  std::memcpy(padded, json.data(), json.size());
  std::memset(padded + json.size(), 0, kPadding);
  Pass pass(*path.plain_steps());
  if (!pass.Document(padded, padded + json.size())) return JsonScan::kUnsure;
  if (pass.has_high() && !simdjson::validate_utf8(padded, json.size())) return JsonScan::kUnsure;
  if (!pass.is_found()) return JsonScan::kMissing;
  *kind = pass.kind();
  *text = json.substr(static_cast<size_t>(pass.text().data() - padded), pass.text().size());
  return JsonScan::kScalar;
}

}  // namespace weir
