// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// LIKE and SIMILAR TO. A literal pattern is compiled once, and checked when the query is bound;
// others are compiled per run of equal patterns.
#include "weir/expr/kernel.h"
#include "weir/function/families.h"
#include "weir/function/like_matcher.h"
#include "weir/function/regex.h"

namespace weir {
namespace {

using sv = std::string_view;

int64_t StepsMax(const CallInfo& call) {
  return call.config == nullptr ? FunctionConfig{}.regex_steps_max : call.config->regex_steps_max;
}

/// The escape of a call whose pattern and escape are literals; empty when there is none.
std::optional<std::pair<std::string, std::string>> LiteralPattern(const CallInfo& call) {
  auto pattern = LiteralString(call, 1);
  if (!pattern) return std::nullopt;
  if (call.arg_types.size() < 3) return std::make_pair(*pattern, std::string());
  auto escape = LiteralString(call, 2);
  if (!escape) return std::nullopt;
  return std::make_pair(*pattern, *escape);
}

Result<DataType> ReturnLike(const CallInfo& call) {
  if (auto literal = LiteralPattern(call)) {
    WEIR_RETURN_NOT_OK(LikeMatcher::Compile(literal->first, literal->second).status());
  }
  return DataType::Boolean().WithNullable(AnyNullable(call));
}

Result<DataType> ReturnSimilar(const CallInfo& call) {
  if (auto literal = LiteralPattern(call)) {
    WEIR_RETURN_NOT_OK(SimilarToRegex(literal->first, literal->second).status());
  }
  return DataType::Boolean().WithNullable(AnyNullable(call));
}

/// What is kept of the last pattern that was not constant.
template <typename Compiled>
struct LastPattern {
  bool is_set = false;
  std::string pattern, escape;
  Result<Compiled> compiled = Status::Invalid("");
};

Result<Kernel> MakeLike(const CallInfo& call) {
  if (auto literal = LiteralPattern(call)) {
    WEIR_ASSIGN_OR_RETURN(LikeMatcher matcher,
                          LikeMatcher::Compile(literal->first, literal->second));
    return Kernel([matcher](KernelContext& context, const ColumnVector& args, int64_t n,
                            ColumnPtr* out) -> Status {
      WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<bool>(n, context.pool));
      Reader<sv> texts(*args[0]);
      GenerateBits(n, OutputValues<uint8_t>(*column),
                   [&](int64_t i) { return matcher.Matches(texts[i]); });
      *out = std::move(column);
      return Status::OK();
    });
  }
  auto last = std::make_shared<LastPattern<LikeMatcher>>();
  auto matches = [last](sv text, sv pattern, sv escape, KernelRow& row) {
    if (!last->is_set || last->pattern != pattern || last->escape != escape) {
      last->compiled = LikeMatcher::Compile(pattern, escape);
      last->pattern = pattern;
      last->escape = escape;
      last->is_set = true;
    }
    if (!last->compiled.ok()) {
      row.Fail(last->compiled.status().message());
      return false;
    }
    return last->compiled->Matches(text);
  };
  if (call.arg_types.size() == 2) {
    return RowKernel<bool, sv, sv>([matches](sv text, sv pattern, KernelRow& row) {
      return matches(text, pattern, sv(), row);
    })(call);
  }
  return RowKernel<bool, sv, sv, sv>(matches)(call);
}

Result<Kernel> MakeSimilar(const CallInfo& call) {
  auto cache = std::make_shared<RegexCache>(StepsMax(call), Regex::Anchor::kBoth);
  auto last = std::make_shared<LastPattern<std::string>>();
  auto groups = std::make_shared<std::vector<sv>>(1);
  auto matches = [cache, last, groups](sv text, sv pattern, sv escape, KernelRow& row) {
    if (!last->is_set || last->pattern != pattern || last->escape != escape) {
      last->compiled = SimilarToRegex(pattern, escape);
      last->pattern = pattern;
      last->escape = escape;
      last->is_set = true;
    }
    Status status = last->compiled.status();
    Regex* regex = status.ok() ? cache->Get(*last->compiled, &status) : nullptr;
    if (regex == nullptr) {
      row.Fail(status.message());
      return false;
    }
    Regex::Outcome outcome = regex->Find(text, 0, groups.get());
    if (outcome == Regex::Outcome::kTooManySteps) row.Fail("SIMILAR TO took too many steps");
    return outcome == Regex::Outcome::kMatch;
  };
  if (call.arg_types.size() == 2) {
    return RowKernel<bool, sv, sv>([matches](sv text, sv pattern, KernelRow& row) {
      return matches(text, pattern, sv(), row);
    })(call);
  }
  return RowKernel<bool, sv, sv, sv>(matches)(call);
}

}  // namespace

void RegisterLike(FunctionRegistry* registry) {
  registry->Add(ScalarFunction{
      .name = "LIKE",
      .family = "comparison",
      .signatures = "string1 [NOT] LIKE string2 [ESCAPE char]",
      .description =
          "Returns whether the string matches the pattern: % is any text, _ any character.",
      .example = "'hello' LIKE 'h%o' = TRUE",
      .overloads = {{.args = {Arg::Character(), Arg::Character(), Arg::Character()},
                     .optional_args = 1,
                     .returns = &ReturnLike,
                     .kernel = &MakeLike}},
      .may_fail = true});
  registry->Add(ScalarFunction{
      .name = "SIMILAR TO",
      .family = "comparison",
      .signatures = "string1 [NOT] SIMILAR TO string2 [ESCAPE char]",
      .description = "Returns whether the whole string matches the SQL regular expression.",
      .example = "'abab' SIMILAR TO '(ab)+' = TRUE",
      .overloads = {{.args = {Arg::Character(), Arg::Character(), Arg::Character()},
                     .optional_args = 1,
                     .returns = &ReturnSimilar,
                     .kernel = &MakeSimilar}},
      .may_fail = true,
      .expensive = true});
}

}  // namespace weir
