// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/json_scan.h"

namespace weir {
namespace {

using sv = std::string_view;

class Scanner {
 public:
  Scanner(sv text, sv member, JsonNode* root)
      : at_(text.data()), end_(at_ + text.size()), member_(member), root_(root) {}

  bool Document() {
    Blanks();
    if (at_ == end_ || *at_ != '{') return false;
    root_->kind = JsonNode::Kind::kObject;
    if (!Object(1)) return false;
    Blanks();
    return at_ == end_;
  }

 private:
  static constexpr int kDepthMax = 16;  // Deeper documents are the general reader's.

  void Blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  bool Take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  /// A string without escapes, of printable ASCII.
  bool String(sv* text) {
    if (!Take('"')) return false;
    const char* from = at_;
    while (at_ != end_ && *at_ != '"') {
      auto byte = static_cast<uint8_t>(*at_);
      if (byte < 0x20 || byte >= 0x80 || byte == '\\') return false;
      ++at_;
    }
    *text = sv(from, static_cast<size_t>(at_ - from));
    return Take('"');
  }
  bool Digits() {
    const char* from = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != from;
  }
  bool Number() {
    if (at_ != end_ && *at_ == '-') ++at_;
    if (!Take('0') && !Digits()) return false;
    if (Take('.') && !Digits()) return false;
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      if (!Digits()) return false;
    }
    return true;
  }
  bool Word(sv word) {
    if (static_cast<size_t>(end_ - at_) < word.size()) return false;
    for (char c : word) {
      if (*at_++ != c) return false;
    }
    return true;
  }
  /// The last characters of members differ more often than the first.
  bool IsMember(sv key) const {
    return key.size() == member_.size() && (key.empty() || key.back() == member_.back()) &&
           key == member_;
  }
  /// Any value; a scalar goes into `node`, if there is one.
  bool Value(int depth, JsonNode* node) {
    if (at_ == end_) return false;
    JsonNode::Kind kind = JsonNode::Kind::kNumber;
    const char* from = at_;
    sv text;
    bool fits = false;
    switch (*at_) {
      case '{':
        return node == nullptr && depth < kDepthMax && Object(depth + 1);
      case '[':
        return node == nullptr && depth < kDepthMax && Array(depth + 1);
      case '"':
        kind = JsonNode::Kind::kString;
        fits = String(&text);
        break;
      case 't':
        kind = JsonNode::Kind::kBool;
        fits = Word("true");
        break;
      case 'f':
        kind = JsonNode::Kind::kBool;
        fits = Word("false");
        break;
      case 'n':
        kind = JsonNode::Kind::kNull;
        fits = Word("null");
        break;
      default:
        fits = Number();
    }
    if (!fits || node == nullptr) return fits;
    node->kind = kind;
    node->text = kind == JsonNode::Kind::kString ? text : sv(from, static_cast<size_t>(at_ - from));
    return true;
  }
  bool Array(int depth) {
    ++at_;
    Blanks();
    if (Take(']')) return true;
    do {
      Blanks();
      if (!Value(depth, nullptr)) return false;
      Blanks();
    } while (Take(','));
    return Take(']');
  }
  bool Object(int depth) {
    ++at_;
    Blanks();
    if (Take('}')) return true;
    do {
      sv key;
      Blanks();
      if (!String(&key)) return false;
      Blanks();
      if (!Take(':')) return false;
      Blanks();
      JsonNode* node = nullptr;
      if (depth == 1 && IsMember(key)) {
        if (!root_->members.empty()) return false;  // The member stands there twice.
        JsonMember& member = root_->members.emplace_back();
        member.first = key;
        node = &member.second;
      }
      if (!Value(depth, node)) return false;
      Blanks();
    } while (Take(','));
    return Take('}');
  }

  const char* at_;
  const char* end_;
  sv member_;
  JsonNode* root_;
};

}  // namespace

bool ScanJsonMember(sv text, sv member, JsonNode* root) {
  return Scanner(text, member, root).Document();
}

}  // namespace weir
