// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// JSON text to variants and back.
#include <charconv>
#include <cmath>

#include "weir/data/json_text.h"
#include "weir/data/text.h"
#include "weir/data/variant.h"

namespace weir {
namespace {

// Reads one document. Source: RFC 8259; like Jackson, a lone surrogate escape becomes '?'.
class JsonToVariant {
 public:
  JsonToVariant(std::string_view json, VariantBuilder* builder) : json_(json), builder_(builder) {}

  Status Read() {
    SkipBlanks();
    if (at_ == json_.size()) return InvalidData("there is no JSON in the text");
    WEIR_RETURN_NOT_OK(ReadValue(1));
    SkipBlanks();
    return at_ == json_.size() ? Status::OK() : Unexpected("the end of the text");
  }

 private:
  Status Unexpected(std::string_view wanted) const {
    if (at_ >= json_.size()) return InvalidData("expected {} but the text ends", wanted);
    auto c = static_cast<uint8_t>(json_[at_]);
    if (c < 0x20 || c >= 0x7F)
      return InvalidData("expected {} but found the byte 0x{:02X} at byte {}", wanted, c, at_);
    return InvalidData("expected {} but found '{}' at byte {}", wanted, json_[at_], at_);
  }
  void SkipBlanks() {
    while (at_ < json_.size() &&
           (json_[at_] == ' ' || json_[at_] == '\n' || json_[at_] == '\r' || json_[at_] == '\t')) {
      ++at_;
    }
  }
  bool Take(char c) {
    if (at_ >= json_.size() || json_[at_] != c) return false;
    ++at_;
    return true;
  }

  Status ReadValue(int depth) {
    if (builder_->failed()) return Status::OK();  // Finish says why.
    if (depth > kVariantDepthMax)
      return InvalidData("nested deeper than {} levels", kVariantDepthMax);
    switch (at_ < json_.size() ? json_[at_] : '\0') {
      case '{':
        return ReadObject(depth);
      case '[':
        return ReadArray(depth);
      case '"': {
        std::string_view text;
        WEIR_RETURN_NOT_OK(ReadString(&text));
        builder_->AddString(text);
        return Status::OK();
      }
      case 't':
        WEIR_RETURN_NOT_OK(ReadWord("true"));
        builder_->AddBoolean(true);
        return Status::OK();
      case 'f':
        WEIR_RETURN_NOT_OK(ReadWord("false"));
        builder_->AddBoolean(false);
        return Status::OK();
      case 'n':
        WEIR_RETURN_NOT_OK(ReadWord("null"));
        builder_->AddNull();
        return Status::OK();
      default:
        return ReadNumber();
    }
  }

  Status ReadWord(std::string_view word) {
    if (json_.substr(at_, word.size()) != word) return Unexpected("a value");
    at_ += word.size();
    return Status::OK();
  }

  Status ReadArray(int depth) {
    ++at_;
    builder_->BeginArray();
    SkipBlanks();
    if (!Take(']')) {
      do {
        SkipBlanks();
        WEIR_RETURN_NOT_OK(ReadValue(depth + 1));
        if (builder_->failed()) return Status::OK();
        SkipBlanks();
      } while (Take(','));
      if (!Take(']')) return Unexpected("',' or ']'");
    }
    builder_->End();
    return Status::OK();
  }

  Status ReadObject(int depth) {
    ++at_;
    builder_->BeginObject();
    SkipBlanks();
    if (!Take('}')) {
      do {
        SkipBlanks();
        if (at_ >= json_.size() || json_[at_] != '"') return Unexpected("a name in quotes");
        std::string_view name;
        WEIR_RETURN_NOT_OK(ReadString(&name));
        SkipBlanks();
        if (!Take(':')) return Unexpected("':'");
        SkipBlanks();
        builder_->AddKey(name);
        WEIR_RETURN_NOT_OK(ReadValue(depth + 1));
        if (builder_->failed()) return Status::OK();
        SkipBlanks();
      } while (Take(','));
      if (!Take('}')) return Unexpected("',' or '}'");
    }
    builder_->End();
    return Status::OK();
  }

  // The characters of a string; they lie in the text or in scratch_.
  Status ReadString(std::string_view* text) {
    const size_t begin = ++at_;
    while (at_ < json_.size() && json_[at_] != '"' && json_[at_] != '\\' &&
           static_cast<uint8_t>(json_[at_]) >= 0x20) {
      ++at_;
    }
    if (Take('"')) {
      *text = json_.substr(begin, at_ - 1 - begin);
      return Status::OK();
    }
    scratch_.assign(json_, begin, at_ - begin);
    while (at_ < json_.size() && json_[at_] != '"') {
      if (static_cast<uint8_t>(json_[at_]) < 0x20) return Unexpected("a character of a string");
      if (json_[at_] != '\\') {
        scratch_.push_back(json_[at_++]);
      } else {
        ++at_;
        WEIR_RETURN_NOT_OK(ReadEscape());
      }
    }
    if (!Take('"')) return Unexpected("the '\"' that ends a string");
    *text = scratch_;
    return Status::OK();
  }

  Status ReadEscape() {
    constexpr std::string_view kEscapes = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    if (at_ < json_.size()) {
      size_t which = kEscapes.find(json_[at_]);
      if (which != std::string_view::npos) {
        ++at_;
        scratch_.push_back(kMeanings[which]);
        return Status::OK();
      }
    }
    if (!Take('u')) return Unexpected("an escape such as \\n");
    uint32_t unit = 0;
    WEIR_RETURN_NOT_OK(ReadHex(&unit));
    if (unit >= 0xD800 && unit < 0xDC00 && json_.substr(at_, 2) == "\\u") {
      const size_t before = at_;
      at_ += 2;
      uint32_t low = 0;
      WEIR_RETURN_NOT_OK(ReadHex(&low));
      if (low >= 0xDC00 && low < 0xE000) {
        AppendUtf8(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
        return Status::OK();
      }
      at_ = before;
    }
    AppendUtf8(unit >= 0xD800 && unit < 0xE000 ? '?' : unit);
    return Status::OK();
  }

  Status ReadHex(uint32_t* unit) {
    for (int i = 0; i < 4; ++i) {
      char c = at_ < json_.size() ? json_[at_] : '\0';
      uint32_t digit = 0;
      if (c >= '0' && c <= '9') {
        digit = static_cast<uint32_t>(c - '0');
      } else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
        digit = static_cast<uint32_t>((c | 32) - 'a' + 10);
      } else {
        return Unexpected("four hexadecimal digits");
      }
      *unit = *unit << 4 | digit;
      ++at_;
    }
    return Status::OK();
  }

  void AppendUtf8(uint32_t c) {
    auto put = [&](uint32_t byte) { scratch_.push_back(static_cast<char>(byte)); };
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xC0 | c >> 6);
      put(0x80 | (c & 63));
    } else if (c < 0x10000) {
      put(0xE0 | c >> 12);
      put(0x80 | (c >> 6 & 63));
      put(0x80 | (c & 63));
    } else {
      put(0xF0 | c >> 18);
      put(0x80 | (c >> 12 & 63));
      put(0x80 | (c >> 6 & 63));
      put(0x80 | (c & 63));
    }
  }

  size_t Digits() {
    const size_t begin = at_;
    while (at_ < json_.size() && json_[at_] >= '0' && json_[at_] <= '9') ++at_;
    return at_ - begin;
  }

  Status ReadNumber() {
    const size_t begin = at_;
    (void)Take('-');
    const size_t first = at_;
    const size_t whole = Digits();
    if (whole == 0) return Unexpected(at_ == begin ? "a value" : "a digit");
    if (whole > 1 && json_[first] == '0') {
      at_ = first + 1;
      return Unexpected("a number without leading zeros");
    }
    size_t fraction = 0;
    if (Take('.')) {
      fraction = Digits();
      if (fraction == 0) return Unexpected("a digit");
    }
    bool exponent = at_ < json_.size() && (json_[at_] | 32) == 'e';
    if (exponent) {
      ++at_;
      if (!Take('+')) (void)Take('-');
      if (Digits() == 0) return Unexpected("a digit");
    }
    std::string_view text = json_.substr(begin, at_ - begin);
    if (!exponent && fraction == 0) {
      int64_t value = 0;
      auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error == std::errc() && end == text.data() + text.size()) {
        builder_->AddInteger(value);
        return Status::OK();
      }
    }
    if (!exponent && AddDecimal(text, fraction)) return Status::OK();
    auto value = ParseDouble(text);
    if (!value || !std::isfinite(*value))
      return InvalidData("the number {} is out of range", text.substr(0, 40));
    builder_->AddDouble(*value);
    return Status::OK();
  }

  // A number without exponent as DECIMAL, with the digits as written; false if 38 do not hold it.
  bool AddDecimal(std::string_view text, size_t fraction) {
    constexpr size_t kDigitsMax = 38;
    if (fraction > kDigitsMax) return false;
    Int128 value = 0;
    size_t digits = 0;
    for (char c : text) {
      if (c == '-' || c == '.') continue;
      if (digits > 0 || c != '0') ++digits;
      if (digits > kDigitsMax) return false;
      value = value * 10 + (c - '0');
    }
    builder_->AddDecimal(text[0] == '-' ? -value : value, static_cast<int>(fraction));
    return true;
  }

  std::string_view json_;
  VariantBuilder* builder_;
  size_t at_ = 0;
  std::string scratch_;
};

// A real number that JSON has, or its name in quotes.
void AppendReal(const Variant& variant, std::string* out) {
  const double value = variant.real_value();
  const bool quoted = !std::isfinite(value);
  if (quoted) out->push_back('"');
  if (variant.kind() == VariantKind::kFloat) {
    AppendFloat(static_cast<float>(value), out);
  } else {
    AppendDouble(value, out);
  }
  if (quoted) out->push_back('"');
}

void DropTrailingZeros(std::string* text) {
  while (text->back() == '0') text->pop_back();
  if (text->back() == '.') text->pop_back();
}

// "2020-01-31T10:08:09[.f]" without trailing zeros of f, as java.time formats.
std::string IsoTimestamp(int64_t ticks, int precision) {
  std::string text;
  AppendTimestamp(ticks, precision, &text);
  size_t blank = text.find(' ');
  if (blank != std::string::npos) text[blank] = 'T';
  DropTrailingZeros(&text);
  return text;
}

std::string TimeText(int64_t micros) {
  const int64_t seconds = micros / 1'000'000;
  std::string text = fmt::format("{:02}:{:02}:{:02}.{:06}", seconds / 3600, seconds / 60 % 60,
                                 seconds % 60, micros % 1'000'000);
  DropTrailingZeros(&text);
  return text;
}

std::string UuidText(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text += fmt::format("{:02x}", static_cast<uint8_t>(bytes[i]));
  }
  return text;
}

void AppendQuoted(std::string_view text, std::string* out) {
  out->push_back('"');
  out->append(text);
  out->push_back('"');
}

void AppendScalar(const Variant& variant, std::string* out) {
  switch (variant.kind()) {
    case VariantKind::kBoolean:
      *out += variant.bool_value() ? "true" : "false";
      return;
    case VariantKind::kTinyInt:
    case VariantKind::kSmallInt:
    case VariantKind::kInt:
    case VariantKind::kBigInt:
      *out += fmt::format_int(variant.int_value()).c_str();
      return;
    case VariantKind::kFloat:
    case VariantKind::kDouble:
      return AppendReal(variant, out);
    case VariantKind::kDecimal: {
      int scale = 0;
      Int128 value = variant.decimal_value(&scale);
      return AppendDecimal(value, scale, out);
    }
    case VariantKind::kString:
      return AppendJsonString(variant.text(), out);
    case VariantKind::kBytes:
      out->push_back('"');
      AppendBase64(variant.text(), out);
      out->push_back('"');
      return;
    case VariantKind::kDate:
      out->push_back('"');
      AppendDate(static_cast<int32_t>(variant.int_value()), out);
      out->push_back('"');
      return;
    case VariantKind::kTime:
      return AppendQuoted(TimeText(variant.int_value()), out);
    case VariantKind::kTimestamp:
      return AppendQuoted(IsoTimestamp(variant.int_value(), 6), out);
    case VariantKind::kTimestampLtz:
      return AppendQuoted(IsoTimestamp(variant.int_value(), 6) + "Z", out);
    case VariantKind::kTimestampNanos:
      return AppendQuoted(IsoTimestamp(variant.int_value(), 9), out);
    case VariantKind::kTimestampLtzNanos:
      return AppendQuoted(IsoTimestamp(variant.int_value(), 9) + "Z", out);
    case VariantKind::kUuid:
      return AppendQuoted(UuidText(variant.text()), out);
    default:
      *out += "null";
  }
}

void AppendJson(const Variant& variant, int depth, std::string* out) {
  const VariantKind kind = variant.kind();
  if (depth > kVariantDepthMax || (kind != VariantKind::kArray && kind != VariantKind::kObject))
    return AppendScalar(variant, out);
  const bool is_object = kind == VariantKind::kObject;
  out->push_back(is_object ? '{' : '[');
  for (int i = 0, size = variant.size(); i < size; ++i) {
    if (i > 0) out->push_back(',');
    if (is_object) {
      AppendJsonString(variant.key(i), out);
      out->push_back(':');
    }
    AppendJson(variant.element(i), depth + 1, out);
  }
  out->push_back(is_object ? '}' : ']');
}

}  // namespace

Status ParseVariantJson(std::string_view json, VariantBuilder* builder) {
  return JsonToVariant(json, builder).Read();
}

void AppendVariantJson(const Variant& variant, std::string* out) { AppendJson(variant, 1, out); }

void AppendVariantJson(std::string_view bytes, std::string* out) {
  auto variant = Variant::Open(bytes);
  if (variant) {
    AppendJson(*variant, 1, out);
  } else {
    *out += "null";
  }
}

}  // namespace weir
