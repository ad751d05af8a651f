// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The REGEXP functions over function/regex.h. As in Flink an invalid pattern gives NULL (REGEXP:
// FALSE), not an error; what Weir refuses by name does fail.
#include "weir/data/value.h"
#include "weir/function/families.h"
#include "weir/function/regex.h"
#include "weir/function/string.h"

namespace weir {
namespace {

using sv = std::string_view;

/// What the kernels of one call share: compiled patterns and room for groups.
struct Scratch {
  explicit Scratch(const CallInfo& call)
      : cache(call.config == nullptr ? FunctionConfig{}.regex_steps_max
                                     : call.config->regex_steps_max) {}
  /// Null when the pattern is invalid; then `row` has failed if the pattern is one that Weir does
  /// not support.
  Regex* Get(sv pattern, KernelRow& row) {
    Status status;
    Regex* regex = cache.Get(pattern, &status);
    if (regex == nullptr && GetErrorInfo(status).code == ErrorCode::kUnsupported)
      row.Fail(status.message());
    return regex;
  }
  static void FailSteps(KernelRow& row) { row.Fail("the regular expression took too many steps"); }

  RegexCache cache;
  std::vector<sv> groups;
};

/// A kernel factory whose function gets the call's scratch first.
template <typename... In, typename Apply>
KernelFactory RegexStrings(Apply apply) {
  return [apply](const CallInfo& call) -> Result<Kernel> {
    auto scratch = std::make_shared<Scratch>(call);
    int64_t bytes_max =
        call.config == nullptr ? FunctionConfig{}.result_bytes_max : call.config->result_bytes_max;
    return StringKernel<In...>([scratch, apply, bytes_max](In... in, StringRow& row) {
      apply(*scratch, in..., row, bytes_max);
    })(call);
  };
}
template <typename Out, typename... In, typename Apply>
KernelFactory RegexValues(Apply apply) {
  return [apply](const CallInfo& call) -> Result<Kernel> {
    auto scratch = std::make_shared<Scratch>(call);
    return RowKernel<Out, In...>(
        [scratch, apply](In... in, KernelRow& row) { return apply(*scratch, in..., row); })(call);
  };
}

void Extract(Scratch& scratch, sv text, sv pattern, int64_t group, StringRow& row, int64_t) {
  Regex* regex = scratch.Get(pattern, row);
  if (regex == nullptr || group < 0 || group > regex->num_groups()) return row.SetNull();
  scratch.groups.resize(static_cast<size_t>(group) + 1);
  Regex::Outcome outcome = regex->Find(text, 0, &scratch.groups);
  if (outcome == Regex::Outcome::kTooManySteps) return Scratch::FailSteps(row);
  sv part = scratch.groups[static_cast<size_t>(group)];
  if (outcome == Regex::Outcome::kNoMatch || part.data() == nullptr) return row.SetNull();
  row.Share(part);
}

bool Test(Scratch& scratch, sv text, sv pattern, KernelRow& row) {
  if (pattern.empty()) return false;
  Regex* regex = scratch.Get(pattern, row);
  if (regex == nullptr) return false;
  scratch.groups.clear();
  Regex::Outcome outcome = regex->Find(text, 0, &scratch.groups);
  if (outcome == Regex::Outcome::kTooManySteps) Scratch::FailSteps(row);
  return outcome == Regex::Outcome::kMatch;
}

/// The replacement is taken literally.
void ReplaceAll(Scratch& scratch, sv text, sv pattern, sv replacement, StringRow& row,
                int64_t bytes_max) {
  Regex* regex = scratch.Get(pattern, row);
  if (regex == nullptr) return row.SetNull();
  scratch.groups.resize(1);
  std::string out;
  size_t copied = 0;
  bool changed = false;
  bool finished = VisitMatches(*regex, text, &scratch.groups, [&](const std::vector<sv>& groups) {
    auto begin = static_cast<size_t>(groups[0].data() - text.data());
    if (text.data() == nullptr) begin = 0;
    out.append(text.substr(copied, begin - copied)).append(replacement);
    copied = begin + groups[0].size();
    changed = true;
    return out.size() <= static_cast<size_t>(bytes_max);
  });
  if (!finished) return Scratch::FailSteps(row);
  if (!changed) return row.Share(text);
  out.append(text.substr(copied));
  SetResult(row, out, bytes_max);
}

int32_t Count(Scratch& scratch, sv text, sv pattern, KernelRow& row) {
  Regex* regex = scratch.Get(pattern, row);
  if (regex == nullptr) {
    row.SetNull();
    return 0;
  }
  scratch.groups.resize(1);
  int32_t count = 0;
  if (!VisitMatches(*regex, text, &scratch.groups,
                    [&](const std::vector<sv>&) { return ++count > 0; })) {
    Scratch::FailSteps(row);
  }
  return count;
}

int32_t Position(Scratch& scratch, sv text, sv pattern, KernelRow& row) {
  Regex* regex = scratch.Get(pattern, row);
  if (regex == nullptr) {
    row.SetNull();
    return 0;
  }
  scratch.groups.resize(1);
  Regex::Outcome outcome = regex->Find(text, 0, &scratch.groups);
  if (outcome == Regex::Outcome::kTooManySteps) Scratch::FailSteps(row);
  if (outcome != Regex::Outcome::kMatch) return 0;
  if (text.empty()) return 1;
  return static_cast<int32_t>(
      CountCharacters(text.substr(0, static_cast<size_t>(scratch.groups[0].data() - text.data()))) +
      1);
}

Result<Kernel> MakeExtractAll(const CallInfo& call) {
  auto scratch = std::make_shared<Scratch>(call);
  return Kernel([scratch](KernelContext& context, const ColumnVector& args, int64_t n,
                          ColumnPtr* out) -> Status {
    auto builder = ColumnBuilder::Make(DataType::Array(DataType::String()), context.pool);
    KernelRow row(context, n);
    for (int64_t i = 0; i < n; ++i) {
      row.MoveTo(i);
      bool has_null = false;
      for (const ColumnPtr& arg : args) has_null = has_null || arg->IsNull(i);
      Regex* regex = has_null ? nullptr : scratch->Get(Reader<sv>(*args[1])[i], row);
      int64_t group = regex != nullptr && args.size() > 2 ? Reader<int64_t>(*args[2])[i] : 1;
      if (regex == nullptr || group < 0 || group > regex->num_groups()) {
        WEIR_RETURN_NOT_OK(builder->AppendNull());
        continue;
      }
      WEIR_RETURN_NOT_OK(builder->AppendNested());
      scratch->groups.resize(static_cast<size_t>(group) + 1);
      Status status;
      sv text = Reader<sv>(*args[0])[i];
      bool finished =
          VisitMatches(*regex, text, &scratch->groups, [&](const std::vector<sv>& groups) {
            sv part = groups[static_cast<size_t>(group)];
            status = part.data() == nullptr ? builder->child(0)->AppendNull()
                                            : builder->child(0)->AppendString(part);
            return status.ok();
          });
      WEIR_RETURN_NOT_OK(status);
      if (!finished) Scratch::FailSteps(row);
    }
    WEIR_ASSIGN_OR_RETURN(*out, builder->Finish());
    return Status::OK();
  });
}

/// String.split: pieces between matches, without trailing empty ones; an empty match at the start
/// gives no piece.
bool SplitByRegex(Regex& regex, sv text, size_t pieces_max, std::vector<sv>* pieces) {
  pieces->clear();
  std::vector<sv> groups(1);
  size_t begin = 0;
  bool finished = VisitMatches(regex, text, &groups, [&](const std::vector<sv>& found) {
    if (pieces->size() + 1 >= pieces_max) return false;
    auto at = static_cast<size_t>(found[0].data() - text.data());
    if (found[0].empty() && (at == 0 || at >= text.size())) return true;
    pieces->push_back(text.substr(begin, at - begin));
    begin = at + found[0].size();
    return true;
  });
  pieces->push_back(text.substr(begin));
  while (pieces_max > 2 && pieces->size() > 1 && pieces->back().empty()) pieces->pop_back();
  return finished;
}

/// STR_TO_MAP(text [, pair delimiter, key-value delimiter]); a pair without delimiter has a NULL
/// value; the last of equal keys counts.
Result<Kernel> MakeStrToMap(const CallInfo& call) {
  auto scratch = std::make_shared<Scratch>(call);
  return Kernel([scratch](KernelContext& context, const ColumnVector& args, int64_t n,
                          ColumnPtr* out) -> Status {
    auto builder =
        ColumnBuilder::Make(DataType::Map(DataType::String(), DataType::String()), context.pool);
    KernelRow row(context, n);
    std::vector<sv> pairs, parts;
    std::vector<std::pair<sv, std::optional<sv>>> entries;
    for (int64_t i = 0; i < n; ++i) {
      row.MoveTo(i);
      bool has_null = false;
      for (const ColumnPtr& arg : args) has_null = has_null || arg->IsNull(i);
      if (has_null) {
        WEIR_RETURN_NOT_OK(builder->AppendNull());
        continue;
      }
      WEIR_RETURN_NOT_OK(builder->AppendNested());
      sv text = Reader<sv>(*args[0])[i];
      if (text.empty()) continue;
      std::string pair_pattern(args.size() > 1 ? Reader<sv>(*args[1])[i] : sv(","));
      std::string value_pattern(args.size() > 2 ? Reader<sv>(*args[2])[i] : sv("="));
      Status status;
      Regex* regex = scratch->cache.Get(pair_pattern, &status);
      if (regex != nullptr) SplitByRegex(*regex, text, SIZE_MAX, &pairs);
      regex = regex == nullptr ? nullptr : scratch->cache.Get(value_pattern, &status);
      if (regex == nullptr) {
        row.Fail(status.message());
        continue;
      }
      entries.clear();
      for (sv pair : pairs) {
        SplitByRegex(*regex, pair, 2, &parts);
        sv key = parts.size() < 2 ? pair : parts[0];
        auto value = parts.size() < 2 ? std::nullopt : std::optional<sv>(parts[1]);
        auto same = std::find_if(entries.begin(), entries.end(),
                                 [&](const auto& entry) { return entry.first == key; });
        if (same != entries.end()) {
          same->second = value;
        } else {
          entries.emplace_back(key, value);
        }
      }
      for (const auto& [key, value] : entries) {
        WEIR_RETURN_NOT_OK(builder->child(0)->AppendString(key));
        WEIR_RETURN_NOT_OK(value ? builder->child(1)->AppendString(*value)
                                 : builder->child(1)->AppendNull());
      }
    }
    WEIR_ASSIGN_OR_RETURN(*out, builder->Finish());
    return Status::OK();
  });
}

void Add(FunctionRegistry* registry, std::string name, std::string signatures,
         std::string description, std::string example, std::vector<Overload> overloads) {
  registry->Add(ScalarFunction{.name = std::move(name),
                               .family = "string",
                               .signatures = std::move(signatures),
                               .description = std::move(description),
                               .example = std::move(example),
                               .overloads = std::move(overloads),
                               .may_fail = true,
                               .expensive = true});
}

void RegisterExtract(FunctionRegistry* registry) {
  auto whole = [](Scratch& scratch, sv text, sv pattern, StringRow& row, int64_t bytes_max) {
    Extract(scratch, text, pattern, 0, row, bytes_max);
  };
  Add(registry, "REGEXP_EXTRACT", "REGEXP_EXTRACT(string, regex [, group])",
      "Returns a group of the first match (0: the match); NULL if there is none.",
      "REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2) = 'bar'",
      {{.args = {Arg::Character(), Arg::Character()},
        .returns = ReturnNullableString(),
        .kernel = RegexStrings<sv, sv>(whole)},
       {.args = {Arg::Character(), Arg::Character(), IntegerArg()},
        .returns = ReturnNullableString(),
        .kernel = RegexStrings<sv, sv, int64_t>(&Extract)}});
  Add(registry, "REGEXP_SUBSTR", "REGEXP_SUBSTR(str <CHARACTER_STRING>, regex <CHARACTER_STRING>)",
      "Returns the first match; NULL if there is none.", "REGEXP_SUBSTR('abc123', '\\d+') = '123'",
      {{.args = {Arg::Character(), Arg::Character()},
        .returns = ReturnNullableString(),
        .kernel = RegexStrings<sv, sv>(whole)}});
  DataType list = DataType::Array(DataType::String());
  Add(registry, "REGEXP_EXTRACT_ALL",
      "REGEXP_EXTRACT_ALL(str <CHARACTER_STRING>, regex <CHARACTER_STRING>)\n"
      "REGEXP_EXTRACT_ALL(str <CHARACTER_STRING>, regex <CHARACTER_STRING>, extractIndex "
      "<INTEGER_NUMERIC>)",
      "Returns a group (1 unless given) of every match as an ARRAY.",
      "REGEXP_EXTRACT_ALL('100-200, 300-400', '(\\d+)-(\\d+)', 1) = ARRAY['100', '300']",
      {{.args = {Arg::Character(), Arg::Character(), IntegerArg()},
        .optional_args = 1,
        .returns = ForceNullable(ReturnType(list)),
        .kernel = &MakeExtractAll}});
}

}  // namespace

void RegisterRegexp(FunctionRegistry* registry) {
  RegisterExtract(registry);
  Add(registry, "REGEXP", "REGEXP(string, regex)", "Returns whether a part of the string matches.",
      "REGEXP('abc-def', 'c.d') = TRUE",
      {{.args = {Arg::Character(), Arg::Character()},
        .returns = ReturnType(DataType::Boolean()),
        .kernel = RegexValues<bool, sv, sv>(&Test)}});
  Add(registry, "REGEXP_REPLACE", "REGEXP_REPLACE(string, regex, replacement)",
      "Replaces every match by the replacement, which is taken literally.",
      "REGEXP_REPLACE('foobar', 'oo|ar', '') = 'fb'",
      {{.args = {Arg::Character(), Arg::Character(), Arg::Character()},
        .returns = ReturnNullableString(),
        .kernel = RegexStrings<sv, sv, sv>(&ReplaceAll)}});
  Add(registry, "REGEXP_COUNT", "REGEXP_COUNT(str <CHARACTER_STRING>, regex <CHARACTER_STRING>)",
      "Returns the number of matches.", "REGEXP_COUNT('a.b.c', '\\.') = 2",
      {{.args = {Arg::Character(), Arg::Character()},
        .returns = ForceNullable(ReturnType(DataType::Int())),
        .kernel = RegexValues<int32_t, sv, sv>(&Count)}});
  Add(registry, "REGEXP_INSTR", "REGEXP_INSTR(str <CHARACTER_STRING>, regex <CHARACTER_STRING>)",
      "Returns the position of the first match; 0 if there is none.",
      "REGEXP_INSTR('abc123', '\\d') = 4",
      {{.args = {Arg::Character(), Arg::Character()},
        .returns = ForceNullable(ReturnType(DataType::Int())),
        .kernel = RegexValues<int32_t, sv, sv>(&Position)}});
  DataType map = DataType::Map(DataType::String(), DataType::String());
  registry->Add(
      ScalarFunction{.name = "STR_TO_MAP",
                     .family = "string",
                     .signatures = "STR_TO_MAP(string [, pair_delimiter, key_value_delimiter])",
                     .description = "Splits the string into pairs and each pair into key and "
                                    "value; both delimiters are regular expressions.",
                     .example = "STR_TO_MAP('k1=v1,k2=v2') = MAP['k1', 'v1', 'k2', 'v2']",
                     .overloads = {{.args = {Arg::Character()},
                                    .returns = ReturnType(map),
                                    .kernel = &MakeStrToMap},
                                   {.args = {Arg::Character(), Arg::Character(), Arg::Character()},
                                    .returns = ReturnType(map),
                                    .kernel = &MakeStrToMap}},
                     .may_fail = true,
                     .expensive = true});
}

}  // namespace weir
