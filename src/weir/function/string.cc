// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Case, length and nature of strings. Text of ASCII alone takes a short way everywhere.
#include "weir/function/string.h"

#include <algorithm>
#include <charconv>

#include "weir/data/text.h"
#include "weir/function/families.h"

namespace weir {
namespace {

enum class Case : uint8_t { kUpper, kLower };

/// Eight bytes at a time: the high bits of two sums say which bytes lie between the first and the
/// last letter.
template <Case kCase>
void ChangeAsciiCase(std::string_view text, char* out) {
  constexpr uint64_t kOnes = 0x0101010101010101ULL;
  constexpr uint64_t kFirst = kCase == Case::kUpper ? 'a' : 'A',
                     kLast = kCase == Case::kUpper ? 'z' : 'Z';
  auto change = [](uint64_t word) {
    uint64_t from_first = word + kOnes * (0x80 - kFirst),
             behind_last = word + kOnes * (0x7F - kLast);
    return word ^ (((from_first & ~behind_last) & (kOnes * 0x80)) >> 2);
  };
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    word = change(word);
    std::memcpy(out + i, &word, 8);
  }
  if (i < text.size()) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + i, text.size() - i);
    word = change(word);
    std::memcpy(out + i, &word, text.size() - i);
  }
}

/// Characters whose upper case is several (the common ones).
std::string_view LongUpper(uint32_t c) {
  static constexpr std::pair<uint32_t, std::string_view> kLong[] = {
      {0xDF, "SS"},    {0x149, "ʼN"},   {0x1F0, "J̌"},   {0x390, "Ϊ́"},   {0x3B0, "Ϋ́"},
      {0x587, "ԵՒ"},   {0x1E96, "H̱"},   {0xFB00, "FF"}, {0xFB01, "FI"}, {0xFB02, "FL"},
      {0xFB03, "FFI"}, {0xFB04, "FFL"}, {0xFB05, "ST"}, {0xFB06, "ST"},
  };
  for (const auto& [character, upper] : kLong) {
    if (character == c) return upper;
  }
  return {};
}

/// The lower case of one character; a capital sigma at the end of a word has one of its own.
void AppendLower(uint32_t c, bool behind_letter, std::string_view rest, std::string* out) {
  if (c == 0x130) {
    *out += "i̇";
    return;
  }
  size_t bytes = 0;
  const bool is_final =
      c == 0x3A3 && behind_letter && (rest.empty() || !IsLetter(DecodeCharacter(rest, &bytes)));
  AppendCharacter(is_final ? 0x3C2 : LowerOf(c), out);
}

template <Case kCase>
void ChangeCase(std::string_view text, StringRow& row) {
  if (IsAscii(text)) {
    char* out = row.Reserve(text.size());
    if (out == nullptr) return;
    ChangeAsciiCase<kCase>(text, out);
    row.Commit(text.size());
    return;
  }
  std::string out;
  out.reserve(text.size() + 8);
  bool behind_letter = false;
  while (!text.empty()) {
    size_t bytes = 0;
    uint32_t c = DecodeCharacter(text, &bytes);
    if (bytes == 1 && c >= 0x80) {
      out += text[0];  // No UTF-8.
    } else if (kCase == Case::kLower) {
      AppendLower(c, behind_letter, text.substr(bytes), &out);
    } else if (std::string_view upper = LongUpper(c); !upper.empty()) {
      out += upper;
    } else {
      AppendCharacter(UpperOf(c), &out);
    }
    behind_letter = IsLetter(c);
    text.remove_prefix(bytes);
  }
  row.Set(out);
}

/// Words are runs of ASCII letters and digits, as in Flink.
void InitCap(std::string_view text, StringRow& row) {
  char* out = row.Reserve(text.size());
  if (out == nullptr) return;
  bool begins = true;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    bool is_lower = c >= 'a' && c <= 'z', is_upper = c >= 'A' && c <= 'Z',
         is_digit = c >= '0' && c <= '9';
    if (begins && is_lower) c = static_cast<char>(c - 32);
    if (!begins && is_upper) c = static_cast<char>(c + 32);
    begins = !(is_lower || is_upper || is_digit);
    out[i] = c;
  }
  row.Commit(text.size());
}

void Reverse(std::string_view text, StringRow& row) {
  char* out = row.Reserve(text.size());
  if (out == nullptr) return;
  char* at = out + text.size();
  for (size_t i = 0; i < text.size();) {
    size_t bytes = CharacterBytes(text.substr(i));
    at -= bytes;
    std::memcpy(at, text.data() + i, bytes);
    i += bytes;
  }
  row.Commit(text.size());
}

template <typename Test>
bool AllCharacters(std::string_view text, Test&& test) {
  if (text.empty()) return false;
  while (!text.empty()) {
    size_t bytes = 0;
    if (!test(DecodeCharacter(text, &bytes))) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

bool IsAlpha(std::string_view text) { return AllCharacters(text, &IsLetter); }
bool IsDigit(std::string_view text) {
  return AllCharacters(text, [](uint32_t c) { return c >= '0' && c <= '9'; });
}
/// Whether Java's BigDecimal reads the text: sign, digits with at most one point, exponent.
bool IsDecimal(std::string_view text) {
  size_t i = 0;
  auto digits = [&] {
    size_t from = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - from;
  };
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
  size_t count = digits();
  if (i < text.size() && text[i] == '.') {
    ++i;
    count += digits();
  }
  if (count == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    size_t exponent = digits();
    if (exponent == 0 || exponent > 10) return false;
  }
  return i == text.size();
}

/// IS_ALPHA, IS_DIGIT, IS_DECIMAL are FALSE for NULL, and for other types ask about their text.
template <bool (*kTest)(std::string_view)>
Result<Kernel> MakeNatureKernel(const CallInfo& call) {
  bool is_numeric = call.arg_types[0].is_numeric();
  bool is_text = call.arg_types[0].is_character();
  return Kernel(
      [=](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) -> Status {
        WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<bool>(n, context.pool));
        auto* bits = OutputValues<uint8_t>(*column);
        std::string text;
        for (int64_t i = 0; i < n; ++i) {
          if (args[0]->IsNull(i)) continue;
          if (is_text) {
            if (kTest(args[0]->views()[args[0]->Position(i)].view())) SetBit(bits, i);
          } else if (is_numeric) {
            text.clear();
            AppendValueText(*args[0], i, TextStyle::kCast, nullptr, &text);
            if (kTest(text)) SetBit(bits, i);
          }
        }
        *out = std::move(column);
        return Status::OK();
      });
}

template <bool (*kTest)(std::string_view)>
void RegisterNature(FunctionRegistry* registry, std::string name, std::string description,
                    std::string example) {
  registry->Add(ScalarFunction{.name = name,
                               .family = "string",
                               .signatures = name + "(string)",
                               .description = std::move(description),
                               .example = std::move(example),
                               .overloads = {{.args = {Arg::Character()},
                                              .returns = ReturnType(DataType::Boolean().NotNull()),
                                              .kernel = &MakeNatureKernel<kTest>},
                                             {.args = {Arg::Any()},
                                              .returns = ReturnType(DataType::Boolean().NotNull()),
                                              .kernel = &MakeNatureKernel<kTest>}},
                               .null_policy = NullPolicy::kKernel});
}

void RegisterLengths(FunctionRegistry* registry) {
  auto characters = RowKernel<int32_t, std::string_view>([](std::string_view text, KernelRow&) {
    return static_cast<int32_t>(CountCharacters(text));
  });
  registry->Add(ScalarFunction{.name = "CHAR_LENGTH",
                               .family = "string",
                               .signatures = "CHAR_LENGTH(string)\nCHARACTER_LENGTH(string)",
                               .description = "Returns the number of characters.",
                               .example = "CHAR_LENGTH('Weir') = 4",
                               .overloads = {{.args = {Arg::Character()},
                                              .returns = ReturnType(DataType::Int()),
                                              .kernel = characters}}});
  registry->AddAlias("CHARACTER_LENGTH", "CHAR_LENGTH");
  registry->AddAlias("LENGTH", "CHAR_LENGTH");
  auto bytes = MapKernel<int32_t, StringView>(
      [](StringView text) { return static_cast<int32_t>(text.size()); });
  registry->Add(ScalarFunction{.name = "OCTET_LENGTH",
                               .family = "string",
                               .signatures = "OCTET_LENGTH(string)\nOCTET_LENGTH(bytes)",
                               .description = "Returns the number of bytes.",
                               .example = "OCTET_LENGTH('é') = 2",
                               .overloads = {{.args = {Arg::Of(Arg::Family::kString)},
                                              .returns = ReturnType(DataType::Int()),
                                              .kernel = bytes}}});
}

void RegisterTextMap(FunctionRegistry* registry, std::string name, std::string description,
                     std::string example, KernelFactory kernel) {
  registry->Add(ScalarFunction{
      .name = name,
      .family = "string",
      .signatures = name + "(string)",
      .description = std::move(description),
      .example = std::move(example),
      .overloads = {
          {.args = {Arg::Character()}, .returns = ReturnString(), .kernel = std::move(kernel)}}});
}

}  // namespace

void RegisterStringCase(FunctionRegistry* registry) {
  RegisterTextMap(registry, "UPPER", "Returns the string in upper case.", "UPPER('a') = 'A'",
                  StringKernel<std::string_view>(&ChangeCase<Case::kUpper>));
  RegisterTextMap(registry, "LOWER", "Returns the string in lower case.", "LOWER('A') = 'a'",
                  StringKernel<std::string_view>(&ChangeCase<Case::kLower>));
  RegisterTextMap(
      registry, "INITCAP",
      "Returns the string with each word's first letter in upper case, the rest in lower.",
      "INITCAP('hello wORLD') = 'Hello World'", StringKernel<std::string_view>(&InitCap));
  RegisterTextMap(registry, "REVERSE", "Returns the characters in reverse order.",
                  "REVERSE('abc') = 'cba'", StringKernel<std::string_view>(&Reverse));
  registry->AddAlias("UCASE", "UPPER");
  registry->AddAlias("LCASE", "LOWER");
  RegisterLengths(registry);
  RegisterNature<&IsAlpha>(registry, "IS_ALPHA",
                           "Returns whether all characters are letters; FALSE for NULL.",
                           "IS_ALPHA('abc') = TRUE");
  RegisterNature<&IsDecimal>(registry, "IS_DECIMAL",
                             "Returns whether the text is a number; FALSE for NULL.",
                             "IS_DECIMAL('1.5') = TRUE");
  RegisterNature<&IsDigit>(registry, "IS_DIGIT",
                           "Returns whether all characters are digits; FALSE for NULL.",
                           "IS_DIGIT('123') = TRUE");
}

void RegisterString(FunctionRegistry* registry) {
  RegisterStringCase(registry);
  RegisterStringParts(registry);
  RegisterStringJoin(registry);
  RegisterStringSearch(registry);
  RegisterStringCode(registry);
  RegisterStringFormat(registry);
}

}  // namespace weir
