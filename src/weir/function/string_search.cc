// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Where a string lies in another: POSITION, LOCATE, INSTR, STARTSWITH, ENDSWITH. Positions are
// characters, from 1; 0 means "not there".
#include "weir/function/string.h"

namespace weir {
namespace {

using sv = std::string_view;

/// Position of `needle` in `text`, looking from character `from` (1-based) on.
int32_t PositionOf(sv needle, sv text, int64_t from) {
  if (needle.empty()) return 1;
  size_t begin = from <= 1 ? 0 : CharacterOffset(text, from - 1);
  size_t at = FindBytes(text, needle, begin);
  return at == sv::npos ? 0 : static_cast<int32_t>(CountCharacters(text.substr(0, at)) + 1);
}

/// The nth occurrence from `start` on; a negative start counts from the end and looks backwards.
int32_t InstrOf(sv text, sv needle, int64_t start, int64_t nth) {
  if (start == 0) return 0;
  if (needle.empty()) return 1;
  if (start > 0) {
    size_t at = CharacterOffset(text, start - 1);
    for (;; ++at) {
      at = FindBytes(text, needle, at);
      if (at == sv::npos) return 0;
      if (--nth == 0) return static_cast<int32_t>(CountCharacters(text.substr(0, at)) + 1);
    }
  }
  int64_t length = CountCharacters(text);
  int64_t last = length + start;  // The rightmost character, from 0, at which a match may begin.
  if (last < 0) return 0;
  size_t at = CharacterOffset(text, last);
  for (;;) {
    at = text.rfind(needle, at);
    if (at == sv::npos) return 0;
    if (--nth == 0) return static_cast<int32_t>(CountCharacters(text.substr(0, at)) + 1);
    if (at == 0) return 0;
    --at;
  }
}

int32_t Instr(sv text, sv needle, int64_t start, int64_t nth, KernelRow& row) {
  if (nth <= 0) {
    row.Fail(fmt::format("the number of the appearance in INSTR must be positive: {}", nth));
    return 0;
  }
  return InstrOf(text, needle, start, nth);
}

void RegisterPosition(FunctionRegistry* registry, std::string name, std::string signatures,
                      std::string example) {
  auto first = RowKernel<int32_t, sv, sv>(
      [](sv needle, sv text, KernelRow&) { return PositionOf(needle, text, 1); });
  auto from = RowKernel<int32_t, sv, sv, int64_t>(
      [](sv needle, sv text, int64_t from, KernelRow&) { return PositionOf(needle, text, from); });
  registry->Add(ScalarFunction{
      .name = std::move(name),
      .family = "string",
      .signatures = std::move(signatures),
      .description =
          "Returns the position of the first string in the second; 0 if it is not there.",
      .example = std::move(example),
      .overloads = {{.args = {Arg::Character(), Arg::Character()},
                     .returns = ReturnType(DataType::Int()),
                     .kernel = first},
                    {.args = {Arg::Character(), Arg::Character(), IntegerArg()},
                     .returns = ReturnType(DataType::Int()),
                     .kernel = from}}});
}

template <typename Test>
void RegisterAffix(FunctionRegistry* registry, std::string name, std::string affix,
                   std::string description, std::string example, Test test) {
  auto kernel =
      RowKernel<bool, sv, sv>([test](sv text, sv part, KernelRow&) { return test(text, part); });
  registry->Add(ScalarFunction{
      .name = name,
      .family = "string",
      .signatures = fmt::format("{0}(expr <CHARACTER_STRING>, {1} <CHARACTER_STRING>)\n"
                                "{0}(expr <BINARY_STRING>, {1} <BINARY_STRING>)",
                                name, affix),
      .description = std::move(description),
      .example = std::move(example),
      .overloads = {{.args = {Arg::Character(), Arg::Character()},
                     .returns = ReturnType(DataType::Boolean()),
                     .kernel = kernel},
                    {.args = {BytesArg(), BytesArg()},
                     .returns = ReturnType(DataType::Boolean()),
                     .kernel = kernel}}});
}

}  // namespace

void RegisterStringSearch(FunctionRegistry* registry) {
  RegisterPosition(registry, "POSITION", "POSITION(string1 IN string2)",
                   "POSITION('el' IN 'hello') = 2");
  RegisterPosition(registry, "LOCATE", "LOCATE(string1, string2 [, from])",
                   "LOCATE('l', 'hello', 4) = 4");
  registry->Add(ScalarFunction{
      .name = "INSTR",
      .family = "string",
      .signatures = "INSTR(string1, string2 [, start [, nth]])",
      .description = "Returns the position of the nth appearance of the second string in the "
                     "first; 0 if there is none.",
      .example = "INSTR('hello', 'l', 1, 2) = 4",
      .overloads = {{.args = {Arg::Character(), Arg::Character()},
                     .returns = ReturnType(DataType::Int()),
                     .kernel = RowKernel<int32_t, sv, sv>([](sv text, sv needle, KernelRow& row) {
                       return Instr(text, needle, 1, 1, row);
                     })},
                    {.args = {Arg::Character(), Arg::Character(), IntegerArg()},
                     .returns = ReturnType(DataType::Int()),
                     .kernel = RowKernel<int32_t, sv, sv, int64_t>(
                         [](sv text, sv needle, int64_t start, KernelRow& row) {
                           return Instr(text, needle, start, 1, row);
                         })},
                    {.args = {Arg::Character(), Arg::Character(), IntegerArg(), IntegerArg()},
                     .returns = ReturnType(DataType::Int()),
                     .kernel = RowKernel<int32_t, sv, sv, int64_t, int64_t>(&Instr)}},
      .may_fail = true});
  RegisterAffix(registry, "STARTSWITH", "startExpr",
                "Returns whether the first string begins with the second.",
                "STARTSWITH('hello', 'he') = TRUE",
                [](sv text, sv part) { return text.starts_with(part); });
  RegisterAffix(
      registry, "ENDSWITH", "endExpr", "Returns whether the first string ends with the second.",
      "ENDSWITH('hello', 'lo') = TRUE", [](sv text, sv part) { return text.ends_with(part); });
}

}  // namespace weir
