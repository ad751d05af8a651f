// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// JSON out of values: JSON_OBJECT, JSON_ARRAY, JSON_STRING, JSON_QUOTE, JSON_UNQUOTE. Members stand
// by name, as in Flink.
#include <algorithm>
#include <map>

#include "weir/expr/kernel.h"
#include "weir/function/json.h"
#include "weir/function/json_tree.h"
#include "weir/function/json_value_text.h"
#include "weir/function/string.h"

namespace weir {
namespace {

using sv = std::string_view;

// ---- JSON_OBJECT, JSON_ARRAY ----

constexpr char kJsonMessage[] =
    "The JSON() function is currently only supported inside JSON_ARRAY() or as the VALUE param of "
    "JSON_OBJECT()";

/// JSON_OBJECT(on_null, k, v, ...) -> $JSON_OBJECT(shapes, on_null, k, v, ...). See json.h.
Result<ExprPtr> ExpandConstructor(const FunctionRegistry& registry, std::vector<ExprPtr> args,
                                  const FunctionConfig& config, const char* name,
                                  size_t first_value, size_t step) {
  std::string shapes;
  for (size_t i = first_value; i < args.size(); i += step) {
    bool is_nested = args[i]->is_call("$JSON_OBJECT") || args[i]->is_call("$JSON_ARRAY");
    bool is_json = args[i]->is_call("JSON");
    shapes += is_nested ? 'r' : is_json ? 'j' : 'v';
    if (is_json) args[i] = args[i]->args[0];
  }
  auto length = static_cast<int32_t>(shapes.size());
  args.insert(args.begin(), MakeLiteral(Value::String(std::move(shapes)),
                                        DataType::Varchar(std::max(length, 1)).NotNull()));
  return registry.MakeCall(name, std::move(args), config);
}

/// Appends value `i` of an argument by its shape; false when the JSON text is broken.
bool AppendShaped(JsonReader& reader, char shape, const Column& column, int64_t i, std::string* out,
                  std::string* error) {
  if (shape == 'v' || column.IsNull(i)) {
    AppendJsonValue(column, i, out);
    return true;
  }
  StringView view = column.At<StringView>(i);  // Short texts lie in the view itself.
  sv text = view.view();
  if (shape == 'r') {
    *out += text;
    return true;
  }
  if (text.find_first_not_of(" \t\r\n") == sv::npos) {
    *out += "null";
    return true;
  }
  auto node = reader.Read(text);
  if (!node.ok()) {
    *error = fmt::format("{}, line: 1, column: 1 and on", node.status().message());
    return false;
  }
  AppendJson(*node, out);
  return true;
}

bool IsAbsent(char shape, const Column& column, int64_t i) {
  if (column.IsNull(i)) return true;
  if (shape != 'j') return false;
  return column.At<StringView>(i).view().find_first_not_of(" \t\r\n") == sv::npos;
}

struct Constructor {
  std::string shapes;
  bool absent_on_null = false;
  int64_t bytes_max = 0;
  JsonReader reader;
};

/// The values are every `step`-th argument from `first_value` on.
std::shared_ptr<Constructor> MakeConstructor(const CallInfo& call, size_t first_value,
                                             size_t step) {
  auto made = std::make_shared<Constructor>();
  made->shapes = LiteralString(call, 0).value_or("");
  // Somebody may call $JSON_ARRAY by its name, with other shapes than arguments.
  made->shapes.resize(call.arg_types.size(), 'v');
  for (size_t i = first_value, k = 0; i < call.arg_types.size(); i += step, ++k) {
    if (!call.arg_types[i].is_character()) made->shapes[k] = 'v';
  }
  made->absent_on_null = LiteralString(call, 1).value_or("NULL") == "ABSENT";
  made->bytes_max =
      call.config == nullptr ? FunctionConfig{}.result_bytes_max : call.config->result_bytes_max;
  return made;
}

Status FinishRow(KernelContext& context, const Constructor& constructor, int64_t i,
                 const std::string& text, const std::string& error, StringColumnWriter& writer) {
  if (!error.empty()) {
    context.errors->Add(i, error);
  } else if (text.size() > static_cast<size_t>(constructor.bytes_max)) {
    context.errors->Add(
        i, fmt::format("a result of {} bytes is longer than the limit of {} bytes for one string",
                       text.size(), constructor.bytes_max));
  } else {
    writer.Set(i, text);
  }
  return Status::OK();
}

Result<Kernel> MakeObject(const CallInfo& call) {
  auto constructor = MakeConstructor(call, 3, 2);
  return Kernel([constructor](KernelContext& context, const ColumnVector& args, int64_t n,
                              ColumnPtr* out) -> Status {
    StringColumnWriter writer(n, context.pool);
    WEIR_RETURN_NOT_OK(writer.status());
    for (int64_t i = 0; i < n; ++i) {
      std::map<std::string, std::string> members;
      std::string error;
      for (size_t k = 2; k + 1 < args.size() && error.empty(); k += 2) {
        char shape = constructor->shapes[(k - 2) / 2];
        if (args[k]->IsNull(i)) {
          error = "a key of JSON_OBJECT is NULL";
          break;
        }
        std::string& member = members[std::string(args[k]->At<StringView>(i).view())];
        member.clear();
        if (constructor->absent_on_null && IsAbsent(shape, *args[k + 1], i)) {
          members.erase(std::string(args[k]->At<StringView>(i).view()));
        } else {
          AppendShaped(constructor->reader, shape, *args[k + 1], i, &member, &error);
        }
      }
      std::string text = "{";
      for (const auto& [key, member] : members) {
        if (text.size() > 1) text += ',';
        AppendJsonString(key, &text);
        text += ':';
        text += member;
      }
      text += '}';
      WEIR_RETURN_NOT_OK(FinishRow(context, *constructor, i, text, error, writer));
    }
    WEIR_ASSIGN_OR_RETURN(*out, writer.Finish());
    return Status::OK();
  });
}

Result<Kernel> MakeArray(const CallInfo& call) {
  auto constructor = MakeConstructor(call, 2, 1);
  return Kernel([constructor](KernelContext& context, const ColumnVector& args, int64_t n,
                              ColumnPtr* out) -> Status {
    StringColumnWriter writer(n, context.pool);
    WEIR_RETURN_NOT_OK(writer.status());
    for (int64_t i = 0; i < n; ++i) {
      std::string text = "[", error;
      for (size_t k = 2; k < args.size() && error.empty(); ++k) {
        char shape = constructor->shapes[k - 2];
        if (constructor->absent_on_null && IsAbsent(shape, *args[k], i)) continue;
        if (text.size() > 1) text += ',';
        AppendShaped(constructor->reader, shape, *args[k], i, &text, &error);
      }
      text += ']';
      WEIR_RETURN_NOT_OK(FinishRow(context, *constructor, i, text, error, writer));
    }
    WEIR_ASSIGN_OR_RETURN(*out, writer.Finish());
    return Status::OK();
  });
}

Status CoerceAny(std::vector<DataType>* types, const CallInfo&) {
  for (DataType& type : *types) {
    if (type.kind() == TypeKind::kNull) type = DataType::String();
  }
  return Status::OK();
}

Status CoerceObject(std::vector<DataType>* types, const CallInfo& call) {
  WEIR_RETURN_NOT_OK(CoerceAny(types, call));
  size_t flags = types->size() % 2 == 0 ? 2 : 1;  // $JSON_OBJECT has the shapes before.
  for (size_t i = flags; i < types->size(); i += 2) {
    if (!(*types)[i].is_character())
      return InvalidQuery("a key of JSON_OBJECT must be a string, not {}", (*types)[i].ToString());
  }
  return Status::OK();
}

Result<DataType> ReturnNotNullString(const CallInfo&) { return DataType::String().NotNull(); }

void RegisterConstructor(FunctionRegistry* registry, bool is_object) {
  ScalarFunction inner;
  inner.name = is_object ? "$JSON_OBJECT" : "$JSON_ARRAY";
  inner.family = "json";
  inner.signatures = is_object
                         ? "JSON_OBJECT([[KEY] key VALUE value]* [ { NULL | ABSENT } ON NULL ])"
                         : "JSON_ARRAY([value]* [ { NULL | ABSENT } ON NULL ])";
  inner.description =
      is_object ? "Returns a JSON object of keys and values." : "Returns a JSON array of values.";
  inner.overloads = {{.returns = &ReturnNotNullString,
                      .kernel = is_object ? &MakeObject : &MakeArray,
                      .coerce = is_object ? &CoerceObject : &CoerceAny}};
  inner.null_policy = NullPolicy::kKernel;
  inner.may_fail = true;
  ScalarFunction outer = inner;
  outer.name = inner.name.substr(1);
  outer.example =
      is_object ? "JSON_OBJECT('a' VALUE 1) = '{\"a\":1}'" : "JSON_ARRAY(1, 'a') = '[1,\"a\"]'";
  std::string name = inner.name;
  outer.expand = [name, is_object](const FunctionRegistry& functions, std::vector<ExprPtr> args,
                                   const FunctionConfig& config) {
    return ExpandConstructor(functions, std::move(args), config, name.c_str(), is_object ? 2 : 1,
                             is_object ? 2 : 1);
  };
  registry->Add(std::move(inner));
  registry->Add(std::move(outer));
}

// ---- JSON_QUOTE, JSON_UNQUOTE ----

void AppendUnit(uint32_t unit, std::string* out) { *out += fmt::format("\\u{:04x}", unit); }

/// Everything but printable ASCII is escaped.
void Quote(sv text, StringRow& row, int64_t bytes_max) {
  std::string out = "\"";
  while (!text.empty()) {
    size_t bytes = 0;
    uint32_t c = DecodeCharacter(text, &bytes);
    text.remove_prefix(bytes);
    constexpr sv kEscaped = "\"\\/\b\f\n\r\t", kLetters = "\"\\/bfnrt";
    size_t at = c < 0x80 ? kEscaped.find(static_cast<char>(c)) : sv::npos;
    if (at != sv::npos) {
      out += '\\';
      out += kLetters[at];
    } else if (c >= 0x20 && c < 0x7F) {
      out += static_cast<char>(c);
    } else if (c >= 0x10000) {
      AppendUnit(0xD800 + ((c - 0x10000) >> 10), &out);
      AppendUnit(0xDC00 + ((c - 0x10000) & 0x3FF), &out);
    } else {
      AppendUnit(c, &out);
    }
  }
  out += '"';
  SetResult(row, out, bytes_max);
}

bool ReadUnit(sv text, size_t at, uint32_t* unit) {
  if (at + 4 > text.size()) return false;
  *unit = 0;
  for (size_t i = at; i < at + 4; ++i) {
    char c = text[i];
    uint32_t digit = c >= '0' && c <= '9' ? static_cast<uint32_t>(c - '0')
                     : (c | 32) >= 'a' && (c | 32) <= 'f'
                         ? static_cast<uint32_t>((c | 32) - 'a' + 10)
                         : 16;
    if (digit > 15) return false;
    *unit = *unit * 16 + digit;
  }
  return true;
}

bool Unescape(sv text, std::string* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      *out += text[i];
      continue;
    }
    if (++i >= text.size()) return false;
    constexpr sv kLetters = "\"\\/bfnrt", kValues = "\"\\/\b\f\n\r\t";
    size_t at = kLetters.find(text[i]);
    if (at != sv::npos) {
      *out += kValues[at];
      continue;
    }
    uint32_t unit = 0, low = 0;
    if (text[i] != 'u' || !ReadUnit(text, i + 1, &unit)) return false;
    i += 4;
    bool is_pair = unit >= 0xD800 && unit < 0xDC00 && text.substr(i + 1).starts_with("\\u") &&
                   ReadUnit(text, i + 3, &low) && low >= 0xDC00 && low < 0xE000;
    if (is_pair) {
      unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
      i += 6;
    } else if (unit >= 0xD800 && unit < 0xE000) {
      unit = '?';
    }
    AppendCharacter(unit, out);
  }
  return true;
}

/// What is not quoted, or has a broken escape, stays as it is.
void Unquote(sv text, StringRow& row) {
  std::string out;
  bool is_quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  if (is_quoted && Unescape(text.substr(1, text.size() - 2), &out)) {
    row.Set(out);
  } else {
    row.Share(text);
  }
}

Status JsonString(KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
  StringColumnWriter writer(n, context.pool);
  WEIR_RETURN_NOT_OK(writer.status());
  std::string text;
  for (int64_t i = 0; i < n; ++i) {
    if (args[0]->IsNull(i)) continue;
    text.clear();
    AppendJsonValue(*args[0], i, &text);
    writer.Set(i, text);
  }
  WEIR_ASSIGN_OR_RETURN(*out, writer.Finish());
  return Status::OK();
}

}  // namespace

void RegisterJsonConstructors(FunctionRegistry* registry) {
  RegisterConstructor(registry, true);
  RegisterConstructor(registry, false);
  registry->Add(
      ScalarFunction{.name = "JSON",
                     .family = "json",
                     .signatures = "JSON(value)",
                     .description = "Marks text as JSON inside JSON_OBJECT and JSON_ARRAY.",
                     .example = "JSON_ARRAY(JSON('[1]')) = '[[1]]'",
                     .overloads = {{.args = {Arg::Character()},
                                    .returns = ReturnType(DataType::String()),
                                    .kernel = [](const CallInfo&) -> Result<Kernel> {
                                      return InvalidQuery("{}", kJsonMessage);
                                    }}}});
  registry->Add(ScalarFunction{
      .name = "JSON_STRING",
      .family = "json",
      .signatures = "JSON_STRING(value)",
      .description = "Returns the value as JSON.",
      .example = "JSON_STRING(ARRAY[1, 2]) = '[1,2]'",
      .overloads = {
          {.args = {Arg::Any()}, .returns = ReturnString(), .kernel = Stateless(&JsonString)}}});
  registry->Add(ScalarFunction{
      .name = "JSON_QUOTE",
      .family = "json",
      .signatures = "JSON_QUOTE(string)",
      .description = "Returns the string as a JSON string, with all but printable ASCII escaped.",
      .example = "JSON_QUOTE('a\"b') = '\"a\\\"b\"'",
      .overloads = {{.args = {Arg::Character()},
                     .returns = ReturnString(),
                     .kernel = BoundedStringKernel<sv>(&Quote)}},
      .may_fail = true});
  registry->Add(
      ScalarFunction{.name = "JSON_UNQUOTE",
                     .family = "json",
                     .signatures = "JSON_UNQUOTE(string)",
                     .description = "Returns the text of a JSON string; anything else as it is.",
                     .example = "JSON_UNQUOTE('\"a\"') = 'a'",
                     .overloads = {{.args = {Arg::Character()},
                                    .returns = ReturnString(),
                                    .kernel = StringKernel<sv>(&Unquote)}}});
}

}  // namespace weir
