// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Strings as codes: ASCII, CHR, base64, character sets.
#include <array>
#include <optional>

#include "weir/data/text.h"
#include "weir/function/string.h"
#include "weir/function/utf8_repair.h"

namespace weir {
namespace {

using sv = std::string_view;

// ---- Base64 ----

constexpr sv kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int8_t, 256> kBase64Values = [] {
  std::array<int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (size_t i = 0; i < kBase64.size(); ++i)
    values[static_cast<uint8_t>(kBase64[i])] = static_cast<int8_t>(i);
  return values;
}();

void ToBase64(sv bytes, StringRow& row, int64_t bytes_max) {
  size_t size = (bytes.size() + 2) / 3 * 4;
  char* out = ReserveResult(row, size, bytes_max);
  if (out == nullptr) return;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t word = 0;
    for (size_t k = 0; k < 3; ++k)
      word = (word << 8) | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k) {
      *out++ = i + k > bytes.size() ? '=' : kBase64[(word >> (18 - 6 * k)) & 63];
    }
  }
  row.Commit(size);
}

void FromBase64(sv text, StringRow& row) {
  sv digits = text;
  while (!digits.empty() && digits.back() == '=' && text.size() - digits.size() < 2)
    digits.remove_suffix(1);
  bool is_padded = digits.size() != text.size();
  bool is_bad = digits.size() % 4 == 1 || (is_padded && text.size() % 4 != 0);
  char* out = row.Reserve(digits.size() * 3 / 4 + 3);
  if (out == nullptr) return;
  size_t size = 0;
  uint32_t word = 0;
  for (size_t i = 0; i < digits.size() && !is_bad; ++i) {
    int8_t value = kBase64Values[static_cast<uint8_t>(digits[i])];
    is_bad = value < 0;
    word = (word << 6) | static_cast<uint32_t>(value & 63);
    if (i % 4 != 0) out[size++] = static_cast<char>(word >> (6 - 2 * (i % 4)));
  }
  if (is_bad) return row.Fail(fmt::format("no base64 text: '{}'", text.substr(0, 100)));
  row.Commit(size);
}

// ---- Character sets ----

enum class CharacterSet : uint8_t {
  kAscii,
  kLatin1,
  kUtf8,
  kUtf16,
  kUtf16BigEndian,
  kUtf16LittleEndian
};

std::optional<CharacterSet> FindCharacterSet(sv name) {
  std::string upper;
  for (char c : name) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  if (upper == "US-ASCII" || upper == "ASCII") return CharacterSet::kAscii;
  if (upper == "ISO-8859-1" || upper == "LATIN1") return CharacterSet::kLatin1;
  if (upper == "UTF-8" || upper == "UTF8") return CharacterSet::kUtf8;
  if (upper == "UTF-16") return CharacterSet::kUtf16;
  if (upper == "UTF-16BE") return CharacterSet::kUtf16BigEndian;
  if (upper == "UTF-16LE") return CharacterSet::kUtf16LittleEndian;
  return std::nullopt;
}

void FailCharacterSet(sv name, StringRow& row) {
  row.Fail(
      fmt::format("unsupported character set '{}': it is one of US-ASCII, ISO-8859-1, UTF-8, "
                  "UTF-16BE, UTF-16LE, UTF-16",
                  name));
}

void AppendUnit(uint32_t unit, bool little, std::string* out) {
  char high = static_cast<char>(unit >> 8), low = static_cast<char>(unit & 0xFF);
  *out += little ? low : high;
  *out += little ? high : low;
}

void Encode(sv text, sv name, StringRow& row, int64_t bytes_max) {
  auto set = FindCharacterSet(name);
  if (!set) return FailCharacterSet(name, row);
  if (*set == CharacterSet::kUtf8) return row.Share(text);
  std::string out;
  if (*set == CharacterSet::kUtf16 && !text.empty()) out = "\xFE\xFF";
  bool little = *set == CharacterSet::kUtf16LittleEndian;
  while (!text.empty()) {
    size_t bytes = 0;
    uint32_t c = DecodeCharacter(text, &bytes);
    text.remove_prefix(bytes);
    if (*set == CharacterSet::kAscii || *set == CharacterSet::kLatin1) {
      out += c < (*set == CharacterSet::kAscii ? 128u : 256u) ? static_cast<char>(c) : '?';
    } else if (c >= 0x10000) {
      AppendUnit(0xD800 + ((c - 0x10000) >> 10), little, &out);
      AppendUnit(0xDC00 + ((c - 0x10000) & 0x3FF), little, &out);
    } else {
      AppendUnit(c, little, &out);
    }
  }
  SetResult(row, out, bytes_max);
}

constexpr uint32_t kReplacement = 0xFFFD;

std::string DecodeUtf16(sv bytes, bool little) {
  std::string out;
  auto unit = [&](size_t i) {
    auto first = static_cast<uint8_t>(bytes[i]), second = static_cast<uint8_t>(bytes[i + 1]);
    return little ? static_cast<uint32_t>(first | (second << 8))
                  : static_cast<uint32_t>((first << 8) | second);
  };
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    uint32_t c = unit(i);
    if (c >= 0xD800 && c < 0xDC00 && i + 3 < bytes.size() && unit(i + 2) >= 0xDC00 &&
        unit(i + 2) < 0xE000) {
      c = 0x10000 + ((c - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
      i += 2;
    } else if (c >= 0xD800 && c < 0xE000) {
      c = kReplacement;
    }
    AppendCharacter(c, &out);
  }
  if (bytes.size() % 2 != 0) AppendCharacter(kReplacement, &out);
  return out;
}

void Decode(sv bytes, sv name, StringRow& row, int64_t bytes_max) {
  auto set = FindCharacterSet(name);
  if (!set) return FailCharacterSet(name, row);
  std::string out;
  switch (*set) {
    case CharacterSet::kUtf8:
      if (IsValidUtf8(bytes)) return row.Share(bytes);
      AppendRepairedUtf8(bytes, &out);
      break;
    case CharacterSet::kAscii:
    case CharacterSet::kLatin1:
      for (char c : bytes) {
        auto byte = static_cast<uint8_t>(c);
        AppendCharacter(byte >= 128 && *set == CharacterSet::kAscii ? kReplacement : byte, &out);
      }
      break;
    case CharacterSet::kUtf16: {
      bool little = bytes.starts_with("\xFF\xFE");
      if (little || bytes.starts_with("\xFE\xFF")) bytes.remove_prefix(2);
      out = DecodeUtf16(bytes, little);
      break;
    }
    default:
      out = DecodeUtf16(bytes, *set == CharacterSet::kUtf16LittleEndian);
  }
  SetResult(row, out, bytes_max);
}

// ---- Numbers of characters ----

/// As Flink: the lowest byte as a character; nothing below 0.
void Chr(int64_t code, StringRow& row) {
  std::string out;
  if (code >= 0) AppendCharacter(static_cast<uint32_t>(code & 0xFF), &out);
  row.Set(out);
}

void RegisterCharacterSets(FunctionRegistry* registry) {
  registry->Add(ScalarFunction{.name = "ENCODE",
                               .family = "string",
                               .signatures = "ENCODE(string, charset)",
                               .description = "Returns the text as bytes of a character set.",
                               .example = "ENCODE('a', 'UTF-16BE') = X'0061'",
                               .overloads = {{.args = {Arg::Character(), Arg::Character()},
                                              .returns = ReturnType(DataType::Bytes()),
                                              .kernel = BoundedStringKernel<sv, sv>(&Encode)}},
                               .may_fail = true});
  registry->Add(ScalarFunction{.name = "DECODE",
                               .family = "string",
                               .signatures = "DECODE(bytes, charset)",
                               .description = "Returns bytes of a character set as text.",
                               .example = "DECODE(X'0061', 'UTF-16BE') = 'a'",
                               .overloads = {{.args = {BytesArg(), Arg::Character()},
                                              .returns = ReturnString(),
                                              .kernel = BoundedStringKernel<sv, sv>(&Decode)}},
                               .may_fail = true});
}

}  // namespace

void RegisterStringCode(FunctionRegistry* registry) {
  RegisterCharacterSets(registry);
  registry->Add(ScalarFunction{
      .name = "ASCII",
      .family = "string",
      .signatures = "ASCII(string)",
      .description = "Returns the number of the first byte; 0 for the empty string.",
      .example = "ASCII('abc') = 97",
      .overloads = {{.args = {Arg::Character()},
                     .returns = ReturnType(DataType::Int()),
                     .kernel = MapKernel<int32_t, StringView>([](StringView text) {
                       return text.size() == 0
                                  ? 0
                                  : static_cast<int32_t>(static_cast<int8_t>(text.data()[0]));
                     })}}});
  registry->Add(
      ScalarFunction{.name = "CHR",
                     .family = "string",
                     .signatures = "CHR(integer)",
                     .description = "Returns the character with this number (its lowest 8 bits).",
                     .example = "CHR(97) = 'a'",
                     .overloads = {{.args = {IntegerArg()},
                                    .returns = ReturnString(),
                                    .kernel = StringKernel<int64_t>(&Chr)}}});
  registry->Add(ScalarFunction{.name = "TO_BASE64",
                               .family = "string",
                               .signatures = "TO_BASE64(string)",
                               .description = "Returns the string or bytes in base64.",
                               .example = "TO_BASE64('hello') = 'aGVsbG8='",
                               .overloads = {{.args = {Arg::Of(Arg::Family::kString)},
                                              .returns = ReturnString(),
                                              .kernel = BoundedStringKernel<sv>(&ToBase64)}},
                               .may_fail = true});
  registry->Add(ScalarFunction{.name = "FROM_BASE64",
                               .family = "string",
                               .signatures = "FROM_BASE64(string)",
                               .description = "Returns the text that is given in base64.",
                               .example = "FROM_BASE64('aGVsbG8=') = 'hello'",
                               .overloads = {{.args = {Arg::Of(Arg::Family::kString)},
                                              .returns = ReturnString(),
                                              .kernel = StringKernel<sv>(&FromBase64)}},
                               .may_fail = true});
}

}  // namespace weir
