// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Strings made of strings: ||, CONCAT, CONCAT_WS, LPAD, RPAD, REPEAT, REPLACE, TRANSLATE, ELT. What
// may grow fails the row beyond the limit for one string.
#include <algorithm>
#include <unordered_map>

#include "weir/data/value.h"
#include "weir/function/string.h"

namespace weir {
namespace {

using sv = std::string_view;

sv TextAt(const Column& column, int64_t i) {
  return column.views()[column.is_constant() ? 0 : i].view();
}

int64_t BytesMax(const CallInfo& call) {
  return call.config == nullptr ? FunctionConfig{}.result_bytes_max : call.config->result_bytes_max;
}

void FailTooLong(KernelContext& context, int64_t row, size_t size, int64_t bytes_max) {
  context.errors->Add(
      row, fmt::format("a result of {} bytes is longer than the limit of {} bytes for one string",
                       size, bytes_max));
}

// ---- Concatenation ----

Result<Kernel> MakeConcat(const CallInfo& call) {
  int64_t bytes_max = BytesMax(call);
  return Kernel([bytes_max](KernelContext& context, const ColumnVector& args, int64_t n,
                            ColumnPtr* out) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto valid, ArgumentValidity(args, n, context.pool));
    StringColumnWriter writer(n, context.pool);
    WEIR_RETURN_NOT_OK(writer.status());
    VisitSetBits(valid ? valid->data() : nullptr, n, [&](int64_t i) {
      size_t size = 0;
      for (const ColumnPtr& arg : args) size += TextAt(*arg, i).size();
      if (size > static_cast<size_t>(bytes_max)) return FailTooLong(context, i, size, bytes_max);
      char* at = writer.Reserve(size);
      if (at == nullptr) return;
      for (const ColumnPtr& arg : args) {
        const StringView& view = arg->views()[arg->is_constant() ? 0 : i];
        std::memcpy(at, view.data(), view.size());
        at += view.size();
      }
      writer.Commit(i, size);
    });
    WEIR_ASSIGN_OR_RETURN(*out, writer.Finish());
    return Status::OK();
  });
}

/// NULL arguments are left out, but a NULL separator gives NULL.
Result<Kernel> MakeConcatWs(const CallInfo& call) {
  int64_t bytes_max = BytesMax(call);
  return Kernel([bytes_max](KernelContext& context, const ColumnVector& args, int64_t n,
                            ColumnPtr* out) -> Status {
    StringColumnWriter writer(n, context.pool);
    WEIR_RETURN_NOT_OK(writer.status());
    std::string text;
    for (int64_t i = 0; i < n; ++i) {
      if (args[0]->IsNull(i)) {
        writer.SetNull(i);
        continue;
      }
      text.clear();
      bool is_first = true;
      for (size_t k = 1; k < args.size(); ++k) {
        if (args[k]->IsNull(i)) continue;
        if (!is_first) text += TextAt(*args[0], i);
        text += TextAt(*args[k], i);
        is_first = false;
      }
      if (text.size() > static_cast<size_t>(bytes_max)) {
        FailTooLong(context, i, text.size(), bytes_max);
      } else {
        writer.Set(i, text);
      }
    }
    WEIR_ASSIGN_OR_RETURN(*out, writer.Finish());
    return Status::OK();
  });
}

/// CHAR and VARCHAR add their lengths up; STRING stays STRING.
Result<DataType> ReturnJoined(const CallInfo& call) {
  int64_t length = 0;
  bool is_binary = call.arg_types[0].is_binary();
  for (const DataType& type : call.arg_types) length += type.length();
  length = std::min<int64_t>(length, DataType::kStringLength);
  DataType type = is_binary ? DataType::Varbinary(static_cast<int32_t>(length))
                            : DataType::Varchar(static_cast<int32_t>(length));
  return type.WithNullable(AnyNullable(call));
}

// ---- Padding ----

enum class Side : uint8_t { kLeft, kRight };

template <Side kSide>
void Pad(sv text, int64_t wanted, sv pad, StringRow& row, int64_t bytes_max) {
  if (wanted < 0 || pad.empty()) return row.SetNull();
  int64_t length = CountCharacters(text);
  if (length >= wanted) return row.Share(text.substr(0, CharacterOffset(text, wanted)));
  int64_t missing = wanted - length;
  int64_t pad_length = CountCharacters(pad);
  auto whole = static_cast<size_t>(missing / pad_length);
  size_t rest = CharacterOffset(pad, missing % pad_length);
  if (whole > static_cast<size_t>(bytes_max)) return (void)ReserveResult(row, whole, bytes_max);
  size_t pad_bytes = whole * pad.size() + rest;
  char* out = ReserveResult(row, pad_bytes + text.size(), bytes_max);
  if (out == nullptr) return;
  char* at = kSide == Side::kLeft ? out : out + text.size();
  for (size_t i = 0; i < whole; ++i, at += pad.size()) std::memcpy(at, pad.data(), pad.size());
  std::memcpy(at, pad.data(), rest);
  if (!text.empty())
    std::memcpy(kSide == Side::kLeft ? out + pad_bytes : out, text.data(), text.size());
  row.Commit(pad_bytes + text.size());
}

void Repeat(sv text, int64_t count, StringRow& row, int64_t bytes_max) {
  if (count <= 0 || text.empty()) return row.Set(sv());
  if (static_cast<uint64_t>(count) > static_cast<uint64_t>(bytes_max)) {
    return (void)ReserveResult(row, static_cast<size_t>(bytes_max) + 1, bytes_max);
  }
  size_t size = text.size() * static_cast<size_t>(count);
  char* out = ReserveResult(row, size, bytes_max);
  if (out == nullptr) return;
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(out + static_cast<size_t>(i) * text.size(), text.data(), text.size());
  row.Commit(size);
}

// ---- Replacement ----

void Replace(sv text, sv search, sv replacement, StringRow& row, int64_t bytes_max) {
  if (search.empty()) {
    // As Java: the replacement stands before every character and at the end.
    std::string out(replacement);
    while (!text.empty() && out.size() <= static_cast<size_t>(bytes_max)) {
      size_t bytes = CharacterBytes(text);
      out.append(text.substr(0, bytes)).append(replacement);
      text.remove_prefix(bytes);
    }
    return SetResult(row, out, bytes_max);
  }
  size_t at = FindBytes(text, search);
  if (at == sv::npos) return row.Share(text);
  std::string out;
  size_t begin = 0;
  for (; at != sv::npos && out.size() <= static_cast<size_t>(bytes_max);
       at = FindBytes(text, search, begin)) {
    out.append(text.substr(begin, at - begin)).append(replacement);
    begin = at + search.size();
  }
  out.append(text.substr(begin));
  SetResult(row, out, bytes_max);
}

/// Maps each character of `from` to the one at its place in `to`; those beyond `to` are removed;
/// the first counts.
class CharacterMap {
 public:
  static constexpr uint32_t kRemoved = UINT32_MAX;

  CharacterMap(sv from, sv to) {
    while (!from.empty()) {
      size_t bytes = 0;
      uint32_t source = DecodeCharacter(from, &bytes);
      from.remove_prefix(bytes);
      uint32_t target = kRemoved;
      if (!to.empty()) {
        target = DecodeCharacter(to, &bytes);
        to.remove_prefix(bytes);
      }
      map_.try_emplace(source, target);
    }
  }
  std::string Apply(sv text) const {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
      size_t bytes = 0;
      auto entry = map_.find(DecodeCharacter(text, &bytes));
      if (entry == map_.end()) {
        out.append(text.substr(0, bytes));
      } else if (entry->second != kRemoved) {
        AppendCharacter(entry->second, &out);
      }
      text.remove_prefix(bytes);
    }
    return out;
  }

 private:
  std::unordered_map<uint32_t, uint32_t> map_;
};

/// NULL for a NULL text; a NULL `from` changes nothing, a NULL `to` removes.
Status Translate(KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
  StringColumnWriter writer(n, context.pool);
  WEIR_RETURN_NOT_OK(writer.status());
  writer.ShareHeapsOf(*args[0]);
  bool is_constant = args[1]->is_constant() && args[2]->is_constant();
  std::unique_ptr<CharacterMap> map;
  for (int64_t i = 0; i < n; ++i) {
    if (args[0]->IsNull(i)) {
      writer.SetNull(i);
      continue;
    }
    sv text = TextAt(*args[0], i);
    if (args[1]->IsNull(i) || TextAt(*args[1], i).empty()) {
      writer.Share(i, text);
      continue;
    }
    if (map == nullptr || !is_constant) {
      map = std::make_unique<CharacterMap>(TextAt(*args[1], i),
                                           args[2]->IsNull(i) ? sv() : TextAt(*args[2], i));
    }
    writer.Set(i, map->Apply(text));
  }
  WEIR_ASSIGN_OR_RETURN(*out, writer.Finish());
  return Status::OK();
}

// ---- ELT ----

/// ELT(index, first, second, ...): NULL when the index is NULL, 0 or beyond the arguments.
Status Elt(KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
  StringColumnWriter writer(n, context.pool);
  WEIR_RETURN_NOT_OK(writer.status());
  for (size_t k = 1; k < args.size(); ++k) writer.ShareHeapsOf(*args[k]);
  Reader<int64_t> indices(*args[0]);
  for (int64_t i = 0; i < n; ++i) {
    if (args[0]->IsNull(i)) {
      writer.SetNull(i);
      continue;
    }
    int64_t index = indices[i];
    if (index < 0) {
      context.errors->Add(
          i, fmt::format("Index must be an integer starting from '0', but was '{}'.", index));
    } else if (index == 0 || index >= static_cast<int64_t>(args.size()) ||
               args[static_cast<size_t>(index)]->IsNull(i)) {
      writer.SetNull(i);
    } else {
      writer.Share(i, TextAt(*args[static_cast<size_t>(index)], i));
    }
  }
  WEIR_ASSIGN_OR_RETURN(*out, writer.Finish());
  return Status::OK();
}

/// The common type of the texts; a negative literal index is refused at once.
Result<DataType> ReturnElt(const CallInfo& call) {
  if (auto index = LiteralInt(call, 0); index && *index < 0) {
    return InvalidQuery("Index must be an integer starting from '0', but was '{}'.", *index);
  }
  auto type = CommonType({call.arg_types.begin() + 1, call.arg_types.end()});
  if (!type) return InvalidQuery("the arguments of ELT have no common type");
  return type->AsNullable();
}

void RegisterConcat(FunctionRegistry* registry) {
  registry->Add(ScalarFunction{.name = "||",
                               .family = "string",
                               .signatures = "string1 || string2",
                               .description = "Returns the two strings one after the other.",
                               .example = "'a' || 'b' = 'ab'",
                               .overloads = {{.args = {Arg::Character(), Arg::Character()},
                                              .variadic = true,
                                              .returns = &ReturnJoined,
                                              .kernel = &MakeConcat},
                                             {.args = {BytesArg(), BytesArg()},
                                              .variadic = true,
                                              .returns = &ReturnJoined,
                                              .kernel = &MakeConcat}},
                               .may_fail = true});
  registry->Add(
      ScalarFunction{.name = "CONCAT",
                     .family = "string",
                     .signatures = "CONCAT(string1, string2, ...)",
                     .description = "Returns the strings one after the other; NULL if one is NULL.",
                     .example = "CONCAT('AA', 'BB') = 'AABB'",
                     .overloads = {{.args = {Arg::Character()},
                                    .variadic = true,
                                    .returns = ReturnString(),
                                    .kernel = &MakeConcat}},
                     .may_fail = true});
  registry->Add(ScalarFunction{
      .name = "CONCAT_WS",
      .family = "string",
      .signatures = "CONCAT_WS(separator, string1, string2, ...)",
      .description = "Joins the strings that are not NULL with the separator.",
      .example = "CONCAT_WS('~', 'AA', NULL, 'BB') = 'AA~BB'",
      .overloads = {{.args = {Arg::Character(), Arg::Character()},
                     .variadic = true,
                     .returns = [](const CallInfo& call) -> Result<DataType> {
                       return DataType::String().WithNullable(call.arg_types[0].nullable());
                     },
                     .kernel = &MakeConcatWs}},
      .null_policy = NullPolicy::kKernel,
      .may_fail = true});
}

void RegisterPad(FunctionRegistry* registry) {
  registry->Add(ScalarFunction{
      .name = "LPAD",
      .family = "string",
      .signatures = "LPAD(string, length, pad)",
      .description = "Pads the string on the left to a length, or cuts it to it.",
      .example = "LPAD('hi', 4, '*') = '**hi'",
      .overloads = {{.args = {Arg::Character(), IntegerArg(), Arg::Character()},
                     .returns = ReturnNullableString(),
                     .kernel = BoundedStringKernel<sv, int64_t, sv>(&Pad<Side::kLeft>)}},
      .may_fail = true});
  registry->Add(ScalarFunction{
      .name = "RPAD",
      .family = "string",
      .signatures = "RPAD(string, length, pad)",
      .description = "Pads the string on the right to a length, or cuts it to it.",
      .example = "RPAD('hi', 4, '*') = 'hi**'",
      .overloads = {{.args = {Arg::Character(), IntegerArg(), Arg::Character()},
                     .returns = ReturnNullableString(),
                     .kernel = BoundedStringKernel<sv, int64_t, sv>(&Pad<Side::kRight>)}},
      .may_fail = true});
  registry->Add(ScalarFunction{.name = "REPEAT",
                               .family = "string",
                               .signatures = "REPEAT(string, integer)",
                               .description = "Returns the string repeated.",
                               .example = "REPEAT('ab', 2) = 'abab'",
                               .overloads = {{.args = {Arg::Character(), IntegerArg()},
                                              .returns = ReturnString(),
                                              .kernel = BoundedStringKernel<sv, int64_t>(&Repeat)}},
                               .may_fail = true});
  registry->Add(
      ScalarFunction{.name = "SPACE",
                     .family = "string",
                     .signatures = "SPACE(integer)",
                     .description = "Returns so many blanks.",
                     .example = "SPACE(2) = '  '",
                     .overloads = {{.args = {IntegerArg()},
                                    .returns = ReturnString(),
                                    .kernel = BoundedStringKernel<int64_t>(
                                        [](int64_t count, StringRow& row, int64_t bytes_max) {
                                          Repeat(" ", count, row, bytes_max);
                                        })}},
                     .may_fail = true});
}

}  // namespace

void RegisterStringJoin(FunctionRegistry* registry) {
  RegisterConcat(registry);
  RegisterPad(registry);
  registry->Add(
      ScalarFunction{.name = "REPLACE",
                     .family = "string",
                     .signatures = "REPLACE(string, search, replacement)",
                     .description = "Replaces every occurrence of a string by another.",
                     .example = "REPLACE('hello world', 'world', 'weir') = 'hello weir'",
                     .overloads = {{.args = {Arg::Character(), Arg::Character(), Arg::Character()},
                                    .returns = ReturnString(),
                                    .kernel = BoundedStringKernel<sv, sv, sv>(&Replace)}},
                     .may_fail = true});
  registry->Add(ScalarFunction{
      .name = "TRANSLATE",
      .family = "string",
      .signatures = "TRANSLATE3(expr <CHARACTER_STRING>, fromStr <CHARACTER_STRING>, toStr "
                    "<CHARACTER_STRING>)",
      .description =
          "Replaces each character of the second argument by that at its place in the third.",
      .example = "TRANSLATE('www.apache.org', 'abc', '12') = 'www.1p1he.org'",
      .overloads = {{.args = {Arg::Character(), Arg::Character(), Arg::Character()},
                     .returns = [](const CallInfo& call) -> Result<DataType> {
                       return DataType::String().WithNullable(call.arg_types[0].nullable());
                     },
                     .kernel = Stateless(&Translate)}},
      .null_policy = NullPolicy::kKernel});
  registry->AddAlias("TRANSLATE3", "TRANSLATE");
  registry->Add(ScalarFunction{
      .name = "ELT",
      .family = "string",
      .signatures =
          "ELT(index <INTEGER_NUMERIC>, expr <CHARACTER_STRING>, exprs <CHARACTER_STRING>...)\n"
          "ELT(index <INTEGER_NUMERIC>, expr <BINARY_STRING>, exprs <BINARY_STRING>...)",
      .description = "Returns the argument at the 1-based index.",
      .example = "ELT(2, 'a', 'b') = 'b'",
      .overloads = {{.args = {IntegerArg(), Arg::Character()},
                     .variadic = true,
                     .returns = &ReturnElt,
                     .kernel = Stateless(&Elt)},
                    {.args = {IntegerArg(), BytesArg()},
                     .variadic = true,
                     .returns = &ReturnElt,
                     .kernel = Stateless(&Elt)}},
      .null_policy = NullPolicy::kKernel,
      .may_fail = true});
}

}  // namespace weir
