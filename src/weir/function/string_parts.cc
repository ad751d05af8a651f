// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Parts of strings: SUBSTRING, LEFT, RIGHT, the TRIMs, SPLIT_INDEX, SPLIT and OVERLAY. Results
// share the argument's bytes where they are a part of it.
#include <algorithm>

#include "weir/data/value.h"
#include "weir/function/string.h"

namespace weir {
namespace {

using sv = std::string_view;

void Left(sv text, int64_t count, StringRow& row) {
  row.Share(count <= 0 ? sv() : text.substr(0, CharacterOffset(text, count)));
}

void Right(sv text, int64_t count, StringRow& row) {
  if (count <= 0) return row.Share(sv());
  int64_t length = CountCharacters(text);
  if (length > count) text.remove_prefix(CharacterOffset(text, length - count));
  row.Share(text);
}

// ---- TRIM ----

enum class Side : uint8_t { kLeft, kRight, kBoth };

bool Contains(sv set, sv character) { return FindBytes(set, character) != sv::npos; }

template <Side kSide>
sv TrimSet(sv text, sv set) {
  if (set.empty()) return text;
  if (kSide != Side::kRight) {
    while (!text.empty()) {
      size_t bytes = CharacterBytes(text);
      if (!Contains(set, text.substr(0, bytes))) break;
      text.remove_prefix(bytes);
    }
  }
  if (kSide != Side::kLeft) {
    while (!text.empty()) {
      size_t begin = text.size() - 1;
      while (begin > 0 && text.size() - begin < 4 &&
             (static_cast<uint8_t>(text[begin]) & 0xC0) == 0x80)
        --begin;
      if (!Contains(set, text.substr(begin))) break;
      text.remove_suffix(text.size() - begin);
    }
  }
  return text;
}

template <Side kSide>
sv TrimBlanks(sv text) {
  while (kSide != Side::kRight && !text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (kSide != Side::kLeft && !text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

template <Side kSide>
void RegisterTrim(FunctionRegistry* registry, std::string name, std::string description,
                  std::string example) {
  registry->Add(ScalarFunction{
      .name = name,
      .family = "string",
      .signatures = fmt::format(
          "{0}(str <CHARACTER_STRING>)\n{0}(str <CHARACTER_STRING>, trimStr <CHARACTER_STRING>)",
          name),
      .description = std::move(description),
      .example = std::move(example),
      .overloads = {{.args = {Arg::Character()},
                     .returns = ReturnString(),
                     .kernel = StringKernel<sv>(
                         [](sv text, StringRow& row) { row.Share(TrimBlanks<kSide>(text)); })},
                    {.args = {Arg::Character(), Arg::Character()},
                     .returns = ReturnString(),
                     .kernel = StringKernel<sv, sv>([](sv text, sv set, StringRow& row) {
                       row.Share(TrimSet<kSide>(text, set));
                     })}}});
}

// ---- SPLIT_INDEX ----

/// Part `index` (from 0) of `text` between separators. Like Java's
/// splitByWholeSeparatorPreserveAllTokens: an empty separator splits at blanks; an empty text has
/// no parts.
bool PartOf(sv text, sv separator, int64_t index, sv* part) {
  if (index < 0 || text.empty()) return false;
  if (separator.empty()) separator = " ";
  size_t begin = 0;
  for (;; --index) {
    size_t end = FindBytes(text, separator, begin);
    if (index == 0) {
      *part = text.substr(begin, (end == sv::npos ? text.size() : end) - begin);
      return true;
    }
    if (end == sv::npos) return false;
    begin = end + separator.size();
  }
}

void SplitIndex(sv text, sv separator, int64_t index, StringRow& row) {
  sv part;
  if (PartOf(text, separator, index, &part)) {
    row.Share(part);
  } else {
    row.SetNull();
  }
}

void SplitIndexByCode(sv text, int64_t code, int64_t index, StringRow& row) {
  if (code <= 0 || code > 255) return row.SetNull();
  std::string separator;
  AppendCharacter(static_cast<uint32_t>(code), &separator);
  SplitIndex(text, separator, index, row);
}

/// SPLIT(text, separator): an ARRAY of all parts; an empty separator gives the characters.
Status Split(KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
  auto builder = ColumnBuilder::Make(DataType::Array(DataType::String()), context.pool);
  for (int64_t i = 0; i < n; ++i) {
    if (args[0]->IsNull(i) || args[1]->IsNull(i)) {
      WEIR_RETURN_NOT_OK(builder->AppendNull());
      continue;
    }
    sv text = args[0]->views()[args[0]->Position(i)].view();
    sv separator = args[1]->views()[args[1]->Position(i)].view();
    WEIR_RETURN_NOT_OK(builder->AppendNested());
    ColumnBuilder* parts = builder->child(0);
    if (separator.empty()) {
      while (!text.empty()) {
        size_t bytes = CharacterBytes(text);
        WEIR_RETURN_NOT_OK(parts->AppendString(text.substr(0, bytes)));
        text.remove_prefix(bytes);
      }
      continue;
    }
    for (;;) {
      size_t end = FindBytes(text, separator);
      WEIR_RETURN_NOT_OK(parts->AppendString(text.substr(0, end)));
      if (end == sv::npos) break;
      text.remove_prefix(end + separator.size());
    }
  }
  WEIR_ASSIGN_OR_RETURN(*out, builder->Finish());
  return Status::OK();
}

// ---- OVERLAY ----

/// As Flink: outside of the text nothing is replaced; without a positive length all to the end is.
void Overlay(sv text, sv replacement, int64_t start, int64_t count, StringRow& row,
             int64_t bytes_max) {
  int64_t length = CountCharacters(text);
  if (start <= 0 || start > length) return row.Share(text);
  size_t begin = CharacterOffset(text, start - 1);
  size_t end = text.size();
  if (count > 0 && start - 1 <= length - count)
    end = begin + CharacterOffset(text.substr(begin), count);
  size_t size = begin + replacement.size() + text.size() - end;
  char* out = ReserveResult(row, size, bytes_max);
  if (out == nullptr) return;
  std::memcpy(out, text.data(), begin);
  if (!replacement.empty()) std::memcpy(out + begin, replacement.data(), replacement.size());
  std::memcpy(out + begin + replacement.size(), text.data() + end, text.size() - end);
  row.Commit(size);
}

void RegisterSubstring(FunctionRegistry* registry) {
  auto to_end = StringKernel<sv, int64_t>([](sv text, int64_t start, StringRow& row) {
    row.Share(SubstringOf(text, start, INT64_MAX));
  });
  auto counted =
      StringKernel<sv, int64_t, int64_t>([](sv text, int64_t start, int64_t count, StringRow& row) {
        if (count < 0) return row.SetNull();
        row.Share(SubstringOf(text, start, count));
      });
  // Bytes are cut by bytes: the same functions over text that is taken as one byte a character.
  auto cut = [](sv bytes, int64_t start, int64_t count, StringRow& row) {
    auto length = static_cast<int64_t>(bytes.size());
    if (count < 0) return row.SetNull();
    if (start < 0 && (start = length + start + 1) <= 0) return row.Share(sv());
    start = std::max<int64_t>(start, 1) - 1;
    if (start >= length) return row.Share(sv());
    row.Share(bytes.substr(static_cast<size_t>(start),
                           static_cast<size_t>(std::min(count, length - start))));
  };
  auto bytes_to_end = StringKernel<sv, int64_t>(
      [cut](sv bytes, int64_t start, StringRow& row) { cut(bytes, start, INT64_MAX, row); });
  ScalarFunction function{
      .name = "SUBSTRING",
      .family = "string",
      .signatures =
          "SUBSTRING(string FROM start [ FOR length ])\nSUBSTRING(string, start [, length])",
      .description =
          "Returns the part that begins at the 1-based start; a negative start counts "
          "from the end.",
      .example = "SUBSTRING('hello', 2, 3) = 'ell'",
      .overloads = {{.args = {Arg::Character(), IntegerArg()},
                     .returns = ReturnNullableString(),
                     .kernel = to_end},
                    {.args = {Arg::Character(), IntegerArg(), IntegerArg()},
                     .returns = ReturnNullableString(),
                     .kernel = counted},
                    {.args = {BytesArg(), IntegerArg()},
                     .returns = ReturnType(DataType::Bytes()),
                     .kernel = bytes_to_end},
                    {.args = {BytesArg(), IntegerArg(), IntegerArg()},
                     .returns = ForceNullable(ReturnType(DataType::Bytes())),
                     .kernel = StringKernel<sv, int64_t, int64_t>(cut)}}};
  registry->Add(function);
  function.name = "SUBSTR";
  function.signatures = "SUBSTR(string, start [, length])";
  registry->Add(std::move(function));
}

void RegisterSplit(FunctionRegistry* registry) {
  registry->Add(ScalarFunction{
      .name = "SPLIT_INDEX",
      .family = "string",
      .signatures = "SPLIT_INDEX(string, separator, index)\nSPLIT_INDEX(string, code, index)",
      .description =
          "Returns the part at the 0-based index between separators; NULL if there is none.",
      .example = "SPLIT_INDEX('a,b,c', ',', 1) = 'b'",
      .overloads = {{.args = {Arg::Character(), Arg::Character(), IntegerArg()},
                     .returns = ReturnNullableString(),
                     .kernel = StringKernel<sv, sv, int64_t>(&SplitIndex)},
                    {.args = {Arg::Character(), IntegerArg(), IntegerArg()},
                     .returns = ReturnNullableString(),
                     .kernel = StringKernel<sv, int64_t, int64_t>(&SplitIndexByCode)}}});
  registry->Add(ScalarFunction{
      .name = "SPLIT",
      .family = "collection",
      .signatures = "SPLIT(<CHARACTER_STRING>, <CHARACTER_STRING>)",
      .description = "Returns the parts between separators as an ARRAY; an empty separator gives "
                     "the characters.",
      .example = "SPLIT('a,b', ',') = ARRAY['a', 'b']",
      .overloads = {{.args = {Arg::Character(), Arg::Character()},
                     .returns = ReturnType(DataType::Array(DataType::String())),
                     .kernel = Stateless(&Split)}}});
}

}  // namespace

void RegisterStringParts(FunctionRegistry* registry) {
  RegisterSubstring(registry);
  RegisterSplit(registry);
  registry->Add(ScalarFunction{.name = "LEFT",
                               .family = "string",
                               .signatures = "LEFT(string, integer)",
                               .description = "Returns the leftmost characters.",
                               .example = "LEFT('hello', 2) = 'he'",
                               .overloads = {{.args = {Arg::Character(), IntegerArg()},
                                              .returns = ReturnString(),
                                              .kernel = StringKernel<sv, int64_t>(&Left)}}});
  registry->Add(ScalarFunction{.name = "RIGHT",
                               .family = "string",
                               .signatures = "RIGHT(string, integer)",
                               .description = "Returns the rightmost characters.",
                               .example = "RIGHT('hello', 2) = 'lo'",
                               .overloads = {{.args = {Arg::Character(), IntegerArg()},
                                              .returns = ReturnString(),
                                              .kernel = StringKernel<sv, int64_t>(&Right)}}});
  RegisterTrim<Side::kBoth>(registry, "BTRIM",
                            "Removes blanks, or the given characters, at both ends.",
                            "BTRIM('  a ') = 'a'");
  RegisterTrim<Side::kLeft>(registry, "LTRIM",
                            "Removes blanks, or the given characters, at the start.",
                            "LTRIM('xxa', 'x') = 'a'");
  RegisterTrim<Side::kRight>(registry, "RTRIM",
                             "Removes blanks, or the given characters, at the end.",
                             "RTRIM('a  ') = 'a'");
  registry->AddAlias("TRIM", "BTRIM");
  auto overlay = BoundedStringKernel<sv, sv, int64_t>(
      [](sv text, sv replacement, int64_t start, StringRow& row, int64_t bytes_max) {
        Overlay(text, replacement, start, CountCharacters(replacement), row, bytes_max);
      });
  registry->Add(ScalarFunction{
      .name = "OVERLAY",
      .family = "string",
      .signatures = "OVERLAY(string PLACING string FROM start [ FOR length ])",
      .description = "Replaces the characters from the 1-based start on by another string.",
      .example = "OVERLAY('xxxxxtest' PLACING 'abcd' FROM 6) = 'xxxxxabcd'",
      .overloads = {{.args = {Arg::Character(), Arg::Character(), IntegerArg()},
                     .returns = ReturnString(),
                     .kernel = overlay},
                    {.args = {Arg::Character(), Arg::Character(), IntegerArg(), IntegerArg()},
                     .returns = ReturnString(),
                     .kernel = BoundedStringKernel<sv, sv, int64_t, int64_t>(&Overlay)}},
      .may_fail = true});
}

}  // namespace weir
