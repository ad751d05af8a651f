// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// PARSE_JSON, TRY_PARSE_JSON, and access to the parts of a variant.
//   PARSE_JSON('{"a": [1, 2]}')['a'][2]   is the VARIANT 2
// Source: Flink documentation, "System Functions", variant; access as Flink 2.3 has it.
#include "weir/function/variant.h"

#include "weir/function/families.h"

namespace weir {
namespace {

using sv = std::string_view;

std::string Shortened(sv text) {
  constexpr size_t kBytesMax = 80;
  if (text.size() <= kBytesMax) return std::string(text);
  size_t end = kBytesMax;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return fmt::format("{}...", text.substr(0, end));
}

/// PARSE_JSON(json [, allow_duplicate_keys]).
Result<Kernel> MakeParse(bool null_instead) {
  return Kernel([null_instead](KernelContext& context, const ColumnVector& args, int64_t n,
                               ColumnPtr* out) -> Status {
    std::optional<Reader<bool>> keeps_last;
    if (args.size() > 1) keeps_last.emplace(*args[1]);
    VariantBuilder strict, lenient(VariantBuilder::DuplicateKeys::kKeepLast);
    std::string bytes;
    auto parse = [&](sv json, StringRow& row) {
      VariantBuilder& builder = keeps_last && (*keeps_last)[row.index()] ? lenient : strict;
      builder.Clear();
      bytes.clear();
      Status status = ParseVariantJson(json, &builder);
      if (status.ok()) status = builder.Finish(&bytes);
      if (status.ok()) return row.Set(bytes);
      if (null_instead) return row.SetNull();
      row.Fail(
          fmt::format("Failed to parse json string: {}. {}", Shortened(json), status.message()));
    };
    return MapStrings<sv>(context, args, n, parse, out);
  });
}

ScalarFunction ParseFunction(const char* name, const char* description, const char* example,
                             bool null_instead) {
  ScalarFunction function{.name = name, .family = "variant"};
  function.signatures =
      fmt::format("{0}(json_string)\n{0}(json_string, allow_duplicate_keys)", name);
  function.description = description;
  function.example = example;
  function.may_fail = !null_instead;
  function.expensive = true;
  ReturnRule returns = ReturnType(DataType::Variant());
  function.overloads = {
      {.args = {Arg::Character(), Arg::Of(Arg::Family::kBoolean)},
       .optional_args = 1,
       .returns = null_instead ? ForceNullable(returns) : returns,
       .kernel = [null_instead](const CallInfo&) { return MakeParse(null_instead); }}};
  return function;
}

void WritePart(const Variant& part, VariantPartWriter* writer, StringRow& row) {
  auto bytes = writer->Encode(part);
  bytes.ok() ? row.Set(*bytes) : row.Fail(bytes.status().message());
}

Status FieldKernel(KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
  VariantPartWriter writer;
  auto pick = [&](sv bytes, sv name, StringRow& row) {
    auto variant = Variant::Open(bytes);
    if (!variant || variant->kind() != VariantKind::kObject) {
      return row.Fail(fmt::format(
          "String key access on variant requires an object variant, but a non-object variant was "
          "provided: ['{}'] of {}",
          Shortened(name), variant ? VariantKindName(variant->kind()) : "nothing"));
    }
    auto field = variant->Find(name);
    field ? WritePart(*field, &writer, row) : row.SetNull();
  };
  return MapStrings<sv, sv>(context, args, n, pick, out);
}

Status ElementKernel(KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
  VariantPartWriter writer;
  auto pick = [&](sv bytes, int64_t position, StringRow& row) {
    auto variant = Variant::Open(bytes);
    if (!variant || variant->kind() != VariantKind::kArray) {
      return row.Fail(fmt::format(
          "Integer index access on variant requires an array variant, but a non-array variant was "
          "provided: [{}] of {}",
          position, variant ? VariantKindName(variant->kind()) : "nothing"));
    }
    if (position < 1 || position > variant->size()) return row.SetNull();
    WritePart(variant->element(static_cast<int>(position - 1)), &writer, row);
  };
  return MapStrings<sv, int64_t>(context, args, n, pick, out);
}

}  // namespace

Result<sv> VariantPartWriter::Encode(const Variant& part) {
  bytes_.clear();
  if (part.kind() == VariantKind::kArray || part.kind() == VariantKind::kObject) {
    builder_.Clear();
    builder_.AddVariant(part);
    WEIR_RETURN_NOT_OK(builder_.Finish(&bytes_));
  } else {
    bytes_.append("\x01\x00\x00", 3);  // Metadata without names.
    bytes_.append(part.value());
  }
  return sv(bytes_);
}

Result<Kernel> MakeVariantItem(const CallInfo& call) {
  return Kernel(call.arg_types[1].is_character() ? FieldKernel : ElementKernel);
}

void RegisterVariant(FunctionRegistry* registry) {
  registry->Add(ParseFunction("PARSE_JSON",
                              "Returns the JSON text as a VARIANT; fails where it is broken and, "
                              "unless that is allowed, where "
                              "an object has a key twice.",
                              "PARSE_JSON('{\"a\": [1, 2]}')['a'][2] = PARSE_JSON('2')", false));
  registry->Add(ParseFunction("TRY_PARSE_JSON",
                              "Returns the JSON text as a VARIANT; NULL where it is broken.",
                              "TRY_PARSE_JSON('{') IS NULL", true));
}

}  // namespace weir
