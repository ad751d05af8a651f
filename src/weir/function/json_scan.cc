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

/// One pass over a padded document. No loop looks for the end: a zero byte is no part of anything.
class Pass {
 public:
  Pass(const char* json, const std::vector<JsonPath::PlainStep>& steps)
      : at_(json), steps_(steps) {}

  /// Whether the document is good; `end` is where it has to end.
  bool Document(const char* end) {
    Blanks();
    // A scalar alone is the general reader's.
    if (*at_ != '{' && *at_ != '[') return false;
    if (!Value(0, 0)) return false;
    Blanks();
    return at_ == end;
  }

  bool has_high() const { return has_high_; }
  bool is_found() const { return is_found_; }
  JsonNode::Kind kind() const { return kind_; }
  sv text() const { return text_; }

 private:
  static constexpr int kDepthMax = 64;  // Deeper documents are the general reader's.
  static constexpr int kOff = -1;       // No step of the path leads here.

  void Blanks() {
    if (static_cast<uint8_t>(*at_) > ' ') return;
    if (*at_ == ' ' && static_cast<uint8_t>(*++at_) > ' ') return;
    while (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r') ++at_;
  }
  bool Take(char c) {
    if (*at_ != c) return false;
    ++at_;
    return true;
  }

  /// Goes to the next quote, backslash or control character.
  void SkipPlain() {
#if defined(__AVX2__)
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\');
    const __m256i control = _mm256_set1_epi8(0x1F);
    for (;; at_ += 32) {
      __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at_));
      __m256i stops = _mm256_or_si256(
          _mm256_or_si256(_mm256_cmpeq_epi8(bytes, quote), _mm256_cmpeq_epi8(bytes, backslash)),
          _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, control), bytes));
      auto stop = static_cast<uint32_t>(_mm256_movemask_epi8(stops));
      auto high = static_cast<uint32_t>(_mm256_movemask_epi8(bytes));
      // The bits below the first stop; all of them where there is none.
      has_high_ |= (high & (stop - 1) & ~stop) != 0;
      if (stop == 0) continue;
      at_ += std::countr_zero(stop);
      return;
    }
#else
    for (;; ++at_) {
      auto byte = static_cast<uint8_t>(*at_);
      if (byte == '"' || byte == '\\' || byte < 0x20) return;
      has_high_ |= byte >= 0x80;
    }
#endif
  }

  /// A string, behind its first quote. Escapes are passed over where `text` is not wanted.
  bool String(sv* text) {
    const char* from = at_;
    for (;;) {
      SkipPlain();
      if (*at_ == '"') break;
      bool is_escape = *at_ == '\\' && text == nullptr && at_[1] != 0 &&
                       sv("\"\\/bfnrt").find(at_[1]) != sv::npos;
      if (!is_escape) return false;
      at_ += 2;
    }
    if (text != nullptr) *text = sv(from, static_cast<size_t>(at_ - from));
    ++at_;
    return true;
  }
  bool Digits() {
    const char* from = at_;
    while (static_cast<uint8_t>(*at_ - '0') < 10) ++at_;
    return at_ != from;
  }
  bool Number() {
    if (*at_ == '-') ++at_;
    if (!Take('0') && !Digits()) return false;
    if (Take('.') && !Digits()) return false;
    if ((*at_ | 0x20) == 'e') {
      ++at_;
      if (*at_ == '+' || *at_ == '-') ++at_;
      if (!Digits()) return false;
    }
    return true;
  }
  bool Word(const char* word, size_t size) {
    if (std::memcmp(at_, word, size) != 0) return false;
    at_ += size;
    return true;
  }

  bool Found(JsonNode::Kind kind, sv text) {
    is_found_ = true;
    kind_ = kind;
    text_ = text;
    return true;
  }

  /// Any value; `step` of the path is to be done with it.
  bool Value(int depth, int step) {
    bool is_answer = step == static_cast<int>(steps_.size());
    const char* from = at_;
    JsonNode::Kind kind = JsonNode::Kind::kNumber;
    switch (*at_) {
      case '{':
        return !is_answer && depth < kDepthMax && Object(depth + 1, step);
      case '[':
        return !is_answer && depth < kDepthMax && Array(depth + 1, step);
      case '"': {
        ++at_;
        sv text;
        if (!String(is_answer ? &text : nullptr)) return false;
        return !is_answer || Found(JsonNode::Kind::kString, text);
      }
      case 't':
        kind = JsonNode::Kind::kBool;
        if (!Word("true", 4)) return false;
        break;
      case 'f':
        kind = JsonNode::Kind::kBool;
        if (!Word("false", 5)) return false;
        break;
      case 'n':
        kind = JsonNode::Kind::kNull;
        if (!Word("null", 4)) return false;
        break;
      default:
        if (!Number()) return false;
    }
    return !is_answer || Found(kind, sv(from, static_cast<size_t>(at_ - from)));
  }

  bool Array(int depth, int step) {
    ++at_;
    Blanks();
    if (Take(']')) return true;
    int64_t wanted = step == kOff ? -1 : steps_[static_cast<size_t>(step)].index;
    do {
      Blanks();
      if (!Value(depth, wanted == 0 ? step + 1 : kOff)) return false;
      --wanted;
      Blanks();
    } while (Take(','));
    return Take(']');
  }

  bool Object(int depth, int step) {
    ++at_;
    Blanks();
    if (Take('}')) return true;
    bool looks = step != kOff && steps_[static_cast<size_t>(step)].index < 0;
    sv name = looks ? sv(steps_[static_cast<size_t>(step)].name) : sv();
    bool is_seen = false;
    do {
      Blanks();
      sv key;
      if (!Take('"') || !String(&key)) return false;
      Blanks();
      if (!Take(':')) return false;
      Blanks();
      // The last characters of names differ more often than the first.
      bool is_step = looks && key.size() == name.size() &&
                     (key.empty() || key.back() == name.back()) && key == name;
      if (is_step && is_seen) return false;
      is_seen |= is_step;
      if (!Value(depth, is_step ? step + 1 : kOff)) return false;
      Blanks();
    } while (Take(','));
    return Take('}');
  }

  const char* at_;
  const std::vector<JsonPath::PlainStep>& steps_;
  bool has_high_ = false;
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
  Pass pass(padded, *path.plain_steps());
  if (!pass.Document(padded + json.size())) return JsonScan::kUnsure;
  if (pass.has_high() && !simdjson::validate_utf8(padded, json.size())) return JsonScan::kUnsure;
  if (!pass.is_found()) return JsonScan::kMissing;
  *kind = pass.kind();
  *text = json.substr(static_cast<size_t>(pass.text().data() - padded), pass.text().size());
  return JsonScan::kScalar;
}

}  // namespace weir
