// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// JSON_VALUE, JSON_QUERY, JSON_EXISTS and IS JSON. Paths are compiled once while they stay the
// same.
#include "weir/function/json.h"

#include <charconv>
#include <optional>

#include "weir/data/text.h"
#include "weir/data/value.h"
#include "weir/expr/kernel.h"
#include "weir/function/families.h"
#include "weir/function/json_scan.h"
#include "weir/function/json_tree.h"
#include "weir/function/string.h"

namespace weir {
namespace {

using sv = std::string_view;

/// What the JSON functions of one call share.
struct JsonScratch {
  JsonReader reader;
  JsonScanner scanner;
  std::string path_text;
  Result<JsonPath> path = Status::Invalid("");
  bool has_path = false;

  const Result<JsonPath>& Path(sv text) {
    if (!has_path || path_text != text) {
      path = JsonPath::Compile(text);
      path_text = std::string(text);
      has_path = true;
    }
    return path;
  }
};

/// A document searched for a path: a node, nothing, or what went wrong.
struct Search {
  std::optional<JsonNode> document;
  JsonPath::Found found;
  bool is_lax = false;
  std::string error;  // Not empty: strict mode found nothing, or the document is broken or null.
};

Search SearchJson(JsonScratch& scratch, sv text, sv path_text) {
  Search search;
  const Result<JsonPath>& path = scratch.Path(path_text);
  if (!path.ok()) {
    search.error = path.status().message();
    return search;
  }
  search.is_lax = path->mode() == JsonPath::Mode::kLax;
  const std::string* member = path->only_member();
  sv only = member == nullptr ? sv() : sv(*member);
  auto document = scratch.reader.Read(text, member == nullptr ? nullptr : &only);
  if (!document.ok()) {  // In lax mode there is nothing in it.
    if (!search.is_lax) search.error = document.status().message();
    return search;
  }
  if (document->kind == JsonNode::Kind::kNull) {
    search.error = "json object can not be null";
    return search;
  }
  search.document = std::move(*document);
  search.found = path->Find(*search.document);
  if (!search.is_lax || search.found.is_failure) search.error = search.found.error;
  return search;
}

/// A literal path is checked when the call is bound, so that what Weir refuses by name is refused
/// there.
Status CheckPath(const CallInfo& call) {
  auto path = LiteralString(call, 1);
  return path ? JsonPath::Compile(*path).status() : Status::OK();
}

std::string LiteralOr(const CallInfo& call, size_t argument, std::string otherwise) {
  return LiteralString(call, argument).value_or(std::move(otherwise));
}

/// The quick way, where path and document are plain enough. `missing_is_known`: where nothing is
/// found, the reason does not matter.
JsonScan Scan(JsonScratch& scratch, sv text, sv path_text, bool missing_is_known,
              JsonNode::Kind* kind, sv* value) {
  const Result<JsonPath>& path = scratch.Path(path_text);
  if (!path.ok() || path->plain_steps() == nullptr) return JsonScan::kUnsure;
  JsonScan scan = scratch.scanner.Scan(text, *path, kind, value);
  bool is_lax = path->mode() == JsonPath::Mode::kLax;
  if (scan == JsonScan::kMissing && !is_lax && !missing_is_known) return JsonScan::kUnsure;
  if (scan == JsonScan::kMissing && text.find("null") < text.find('{')) return JsonScan::kUnsure;
  return scan;
}

// ---- JSON_EXISTS ----

Result<Kernel> MakeExists(const CallInfo& call) {
  WEIR_RETURN_NOT_OK(CheckPath(call));
  std::string on_error = call.arg_types.size() > 2 ? LiteralOr(call, 2, "FALSE") : "FALSE";
  auto scratch = std::make_shared<JsonScratch>();
  auto exists = [=](sv text, sv path, KernelRow& row) {
    JsonNode::Kind kind{};
    sv value;
    JsonScan scan = Scan(*scratch, text, path, on_error == "FALSE", &kind, &value);
    if (scan == JsonScan::kMissing) return false;
    if (scan == JsonScan::kScalar) return kind != JsonNode::Kind::kNull;
    Search search = SearchJson(*scratch, text, path);
    if (search.error.empty()) {
      return search.found.node != nullptr && search.found.node->kind != JsonNode::Kind::kNull;
    }
    if (on_error == "ERROR") row.Fail(search.error);
    if (on_error == "UNKNOWN") row.SetNull();
    return on_error == "TRUE";
  };
  if (call.arg_types.size() == 2) return RowKernel<bool, sv, sv>(exists)(call);
  return RowKernel<bool, sv, sv, sv>(
      [exists](sv text, sv path, sv, KernelRow& row) { return exists(text, path, row); })(call);
}

// ---- JSON_VALUE ----

/// Appends a scalar as a value of the result's type; false when it is none.
Result<bool> AppendScalar(JsonNode::Kind kind, sv text, const DataType& type,
                          ColumnBuilder* builder) {
  switch (type.kind()) {
    case TypeKind::kBoolean: {
      if (text != "true" && text != "false") return false;
      WEIR_RETURN_NOT_OK(builder->AppendBool(text == "true"));
      return true;
    }
    case TypeKind::kInt: {
      int32_t value = 0;
      auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size()) return false;
      WEIR_RETURN_NOT_OK(builder->AppendInt(value));
      return true;
    }
    case TypeKind::kDouble: {
      auto value = kind == JsonNode::Kind::kBool ? std::nullopt : ParseDouble(text);
      if (!value) return false;
      WEIR_RETURN_NOT_OK(builder->AppendDouble(*value));
      return true;
    }
    default:
      return Internal("JSON_VALUE of type {}", type.ToString());
  }
}

/// Where the values of JSON_VALUE go: texts stay in the documents where they can, other types are
/// built.
class ValueSink {
 public:
  ValueSink(const DataType& type, const ColumnPtr& documents, int64_t n, arrow::MemoryPool* pool)
      : type_(type) {
    if (type.is_character()) {
      texts_.emplace(n, pool);
      texts_->ShareHeapsOf(*documents);
    } else {
      builder_ = ColumnBuilder::Make(type, pool);
    }
  }
  void MoveTo(int64_t row) { row_ = row; }
  Status Null() {
    if (!texts_) return builder_->AppendNull();
    texts_->SetNull(row_);
    return Status::OK();
  }
  /// `is_inside`: the text is a part of the document.
  Result<bool> Scalar(JsonNode::Kind kind, sv text, bool is_inside) {
    if (!texts_) return AppendScalar(kind, text, type_, builder_.get());
    if (is_inside) {
      texts_->Share(row_, text);
    } else {
      texts_->Set(row_, text);
    }
    return true;
  }
  Status From(const Column& column, int64_t row) {
    if (!texts_) return builder_->AppendFrom(column, row);
    texts_->Set(row_, Reader<sv>(column)[row]);
    return Status::OK();
  }
  Result<ColumnPtr> Finish() { return texts_ ? texts_->Finish() : builder_->Finish(); }

 private:
  const DataType& type_;
  int64_t row_ = 0;
  std::optional<StringColumnWriter> texts_;
  std::unique_ptr<ColumnBuilder> builder_;
};

class ValueKernel {
 public:
  explicit ValueKernel(const CallInfo& call)
      : type_(call.result_type),
        on_empty_(LiteralOr(call, 2, "NULL")),
        on_error_(LiteralOr(call, 4, "NULL")) {}

  Status Run(KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
    ValueSink sink(type_, args[0], n, context.pool);
    Reader<sv> texts(*args[0]), paths(*args[1]);
    bool has_nulls = args[0]->may_have_nulls() || args[1]->may_have_nulls();
    for (int64_t i = 0; i < n; ++i) {
      sink.MoveTo(i);
      if (has_nulls && (args[0]->IsNull(i) || args[1]->IsNull(i))) {
        WEIR_RETURN_NOT_OK(sink.Null());
      } else {
        WEIR_RETURN_NOT_OK(Row(context, args, i, texts[i], paths[i], sink));
      }
    }
    WEIR_ASSIGN_OR_RETURN(*out, sink.Finish());
    return Status::OK();
  }

 private:
  Status Row(KernelContext& context, const ColumnVector& args, int64_t i, sv text, sv path,
             ValueSink& sink) {
    JsonNode::Kind kind{};
    sv value;
    JsonScan scan = Scan(scratch_, text, path, on_error_ == "NULL", &kind, &value);
    if (scan == JsonScan::kScalar && kind != JsonNode::Kind::kNull) {
      WEIR_ASSIGN_OR_RETURN(bool fits, sink.Scalar(kind, value, true));
      return fits ? Status::OK() : Misfit(context, args, i, value, sink);
    }
    if (scan != JsonScan::kUnsure) {
      bool is_error =
          scan == JsonScan::kMissing && scratch_.path->mode() == JsonPath::Mode::kStrict;
      return is_error ? sink.Null() : Empty(context, args, i, sink);
    }
    Search search = SearchJson(scratch_, text, path);
    const JsonNode* node = search.found.node;
    if (!search.error.empty()) return Otherwise(context, args, i, on_error_, 5, search.error, sink);
    bool is_null = node == nullptr || node->kind == JsonNode::Kind::kNull;
    if (is_null || (search.is_lax && !node->is_scalar())) return Empty(context, args, i, sink);
    if (node->is_scalar()) {
      WEIR_ASSIGN_OR_RETURN(bool fits, sink.Scalar(node->kind, JsonScalarText(*node), false));
      return fits ? Status::OK() : Misfit(context, args, i, node->text, sink);
    }
    std::string shown;
    AppendJson(*node, &shown);
    return Otherwise(
        context, args, i, on_error_, 5,
        fmt::format("Strict jsonpath mode requires scalar value, and the actual value is: ''{}''",
                    shown),
        sink);
  }

  Status Empty(KernelContext& context, const ColumnVector& args, int64_t i, ValueSink& sink) const {
    return Otherwise(context, args, i, on_empty_, 3,
                     "Empty result of JSON_VALUE function is not allowed", sink);
  }
  Status Misfit(KernelContext& context, const ColumnVector& args, int64_t i, sv text,
                ValueSink& sink) const {
    return Otherwise(context, args, i, on_error_, 5,
                     fmt::format("the JSON value {} is no {}", text.substr(0, 100),
                                 type_.AsNullable().ToString()),
                     sink);
  }
  Status Otherwise(KernelContext& context, const ColumnVector& args, int64_t i,
                   const std::string& behavior, size_t default_argument, const std::string& error,
                   ValueSink& sink) const {
    if (behavior == "DEFAULT" && default_argument < args.size() &&
        !args[default_argument]->IsNull(i)) {
      return sink.From(*args[default_argument], i);
    }
    if (behavior == "ERROR") context.errors->Add(i, error);
    return sink.Null();
  }

  DataType type_;
  std::string on_empty_, on_error_;
  JsonScratch scratch_;
};

Result<Kernel> MakeValue(const CallInfo& call) {
  WEIR_RETURN_NOT_OK(CheckPath(call));
  auto kernel = std::make_shared<ValueKernel>(call);
  return Kernel([kernel](KernelContext& context, const ColumnVector& args, int64_t n,
                         ColumnPtr* out) { return kernel->Run(context, args, n, out); });
}

Result<DataType> ReturnValue(const CallInfo& call) {
  WEIR_RETURN_NOT_OK(CheckPath(call));
  if (call.arg_types.size() < 4) return DataType::String();
  DataType type = call.arg_types[3].AsNullable();
  if (type.kind() == TypeKind::kNull) type = DataType::String();
  bool fits = type.is_character() || type.kind() == TypeKind::kBoolean ||
              type.kind() == TypeKind::kInt || type.kind() == TypeKind::kDouble;
  if (!fits)
    return InvalidQuery("JSON_VALUE returns STRING, BOOLEAN, INT or DOUBLE, not {}",
                        type.ToString());
  return type;
}

Status CoerceValue(std::vector<DataType>* types, const CallInfo&) {
  if (types->size() != 2 && types->size() != 6)
    return InvalidQuery("JSON_VALUE takes a document and a path");
  for (size_t i : {size_t{0}, size_t{1}}) {
    DataType& type = (*types)[i];
    if (type.kind() == TypeKind::kNull) type = DataType::String();
    if (!type.is_character()) return InvalidQuery("{} is no string", type.ToString());
  }
  if (types->size() == 6) (*types)[5] = (*types)[3].WithNullable((*types)[5].nullable());
  return Status::OK();
}

// ---- JSON_QUERY ----

class QueryKernel {
 public:
  explicit QueryKernel(const CallInfo& call)
      : type_(call.result_type),
        wrapper_(LiteralOr(call, 2, "WITHOUT")),
        on_empty_(LiteralOr(call, 3, "NULL")),
        on_error_(LiteralOr(call, 4, "NULL")) {}

  Status Run(KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) {
    auto builder = ColumnBuilder::Make(type_, context.pool);
    Reader<sv> texts(*args[0]), paths(*args[1]);
    for (int64_t i = 0; i < n; ++i) {
      if (args[0]->IsNull(i) || args[1]->IsNull(i)) {
        WEIR_RETURN_NOT_OK(builder->AppendNull());
        continue;
      }
      WEIR_RETURN_NOT_OK(
          RunRow(context, i, SearchJson(scratch_, texts[i], paths[i]), builder.get()));
    }
    WEIR_ASSIGN_OR_RETURN(*out, builder->Finish());
    return Status::OK();
  }

 private:
  Status RunRow(KernelContext& context, int64_t i, Search search, ColumnBuilder* builder) {
    if (!search.error.empty()) return Otherwise(context, i, on_error_, search.error, builder);
    JsonNode wrapped;
    const JsonNode* node = search.found.node;
    if (node != nullptr && node->kind == JsonNode::Kind::kNull) node = nullptr;
    bool wraps = wrapper_ == "UNCONDITIONAL" || (wrapper_ == "CONDITIONAL" && node != nullptr &&
                                                 node->kind != JsonNode::Kind::kArray);
    if (node != nullptr && wraps) {
      wrapped.kind = JsonNode::Kind::kArray;
      wrapped.items.push_back(*node);
      node = &wrapped;
    }
    if (node == nullptr || (search.is_lax && node->is_scalar())) {
      return Otherwise(context, i, on_empty_, "Empty result of JSON_QUERY function is not allowed",
                       builder);
    }
    if (node->is_scalar()) {
      return Otherwise(context, i, on_error_,
                       fmt::format("Strict jsonpath mode requires array or object value, and the "
                                   "actual value is: ''{}''",
                                   node->text),
                       builder);
    }
    if (type_.kind() != TypeKind::kArray) {
      std::string text;
      AppendJson(*node, &text);
      return builder->AppendString(text);
    }
    if (node->kind != JsonNode::Kind::kArray) {
      return Otherwise(context, i, on_error_, "the JSON value is no array", builder);
    }
    WEIR_RETURN_NOT_OK(builder->AppendNested());
    for (const JsonNode& item : node->items) {
      if (item.kind == JsonNode::Kind::kNull) {
        WEIR_RETURN_NOT_OK(builder->child(0)->AppendNull());
        continue;
      }
      std::string text;
      if (item.kind == JsonNode::Kind::kString) {
        text = item.text;
      } else {
        AppendJson(item, &text);
      }
      WEIR_RETURN_NOT_OK(builder->child(0)->AppendString(text));
    }
    return Status::OK();
  }

  Status Otherwise(KernelContext& context, int64_t i, const std::string& behavior,
                   const std::string& error, ColumnBuilder* builder) const {
    if (behavior == "EMPTY ARRAY")
      return type_.kind() == TypeKind::kArray ? builder->AppendNested()
                                              : builder->AppendString("[]");
    if (behavior == "EMPTY OBJECT") return builder->AppendString("{}");
    if (behavior == "ERROR") context.errors->Add(i, error);
    return builder->AppendNull();
  }

  DataType type_;
  std::string wrapper_, on_empty_, on_error_;
  JsonScratch scratch_;
};

Result<Kernel> MakeQuery(const CallInfo& call) {
  WEIR_RETURN_NOT_OK(CheckPath(call));
  auto kernel = std::make_shared<QueryKernel>(call);
  return Kernel([kernel](KernelContext& context, const ColumnVector& args, int64_t n,
                         ColumnPtr* out) { return kernel->Run(context, args, n, out); });
}

Result<DataType> ReturnQuery(const CallInfo& call) {
  WEIR_RETURN_NOT_OK(CheckPath(call));
  if (call.arg_types.size() < 6 || call.arg_types[5].is_character()) return DataType::String();
  const DataType& type = call.arg_types[5];
  if (type.kind() != TypeKind::kArray)
    return InvalidQuery("JSON_QUERY returns STRING or ARRAY<STRING>, not {}", type.ToString());
  if (!type.element().is_character()) {
    std::string element = type.element().kind() == TypeKind::kInt
                              ? "INTEGER"
                              : type.element().AsNullable().ToString();
    return InvalidQuery(
        "JSON_QUERY returns STRING or ARRAY<STRING>: Unsupported array element type '{}' for "
        "RETURNING ARRAY in JSON_QUERY()",
        element);
  }
  for (auto [argument, when] : {std::pair<size_t, const char*>{4, "error"}, {3, "empty"}}) {
    if (LiteralOr(call, argument, "NULL") == "EMPTY OBJECT") {
      return InvalidQuery(
          "Illegal on {} behavior 'EMPTY OBJECT' for return type: VARCHAR({}) ARRAY", when,
          type.element().length());
    }
  }
  return type.AsNullable();
}

Status CoerceQuery(std::vector<DataType>* types, const CallInfo&) {
  if (types->size() != 2 && types->size() != 6)
    return InvalidQuery("JSON_QUERY takes a document and a path");
  for (size_t i : {size_t{0}, size_t{1}}) {
    DataType& type = (*types)[i];
    if (type.kind() == TypeKind::kNull) type = DataType::String();
    if (!type.is_character()) return InvalidQuery("{} is no string", type.ToString());
  }
  return Status::OK();
}

// ---- IS JSON ----

Result<Kernel> MakeIsJson(const CallInfo& call) {
  std::string kind = call.arg_types.size() > 1 ? LiteralOr(call, 1, "VALUE") : "VALUE";
  auto scratch = std::make_shared<JsonScratch>();
  return Kernel(
      [=](KernelContext& context, const ColumnVector& args, int64_t n, ColumnPtr* out) -> Status {
        WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<bool>(n, context.pool));
        if (args[0]->type.kind() != TypeKind::kNull) {
          Reader<sv> texts(*args[0]);
          for (int64_t i = 0; i < n; ++i) {
            if (args[0]->IsNull(i)) continue;
            auto document = scratch->reader.Read(texts[i]);
            bool fits =
                document.ok() && (kind == "VALUE" || (kind == "SCALAR" && document->is_scalar()) ||
                                  (kind == "ARRAY" && document->kind == JsonNode::Kind::kArray) ||
                                  (kind == "OBJECT" && document->kind == JsonNode::Kind::kObject));
            if (fits) SetBit(OutputValues<uint8_t>(*column), i);
          }
        }
        *out = std::move(column);
        return Status::OK();
      });
}

Status CoerceIsJson(std::vector<DataType>* types, const CallInfo& call) {
  DataType& type = (*types)[0];
  if (type.kind() == TypeKind::kNull) type = DataType::String();
  if (type.is_character()) return Status::OK();
  std::string kind = types->size() > 1 ? LiteralOr(call, 1, "VALUE") : "VALUE";
  std::string name = type.kind() == TypeKind::kInt ? "INTEGER" : type.AsNullable().ToString();
  return InvalidQuery(
      "Cannot apply 'IS JSON {0}' to arguments of type '<{1}> IS JSON {0}'. Supported form(s): "
      "'<CHARACTER> IS JSON {0}'",
      kind, name);
}

ScalarFunction JsonFunction(std::string name, std::string signatures, std::string description,
                            std::string example, Overload overload) {
  ScalarFunction function;
  function.name = std::move(name);
  function.family = "json";
  function.signatures = std::move(signatures);
  function.description = std::move(description);
  function.example = std::move(example);
  function.overloads.push_back(std::move(overload));
  function.may_fail = true;
  function.expensive = true;
  return function;
}

}  // namespace

void RegisterJsonQueries(FunctionRegistry* registry) {
  registry->Add(JsonFunction(
      "JSON_EXISTS", "JSON_EXISTS(jsonValue, path [ { TRUE | FALSE | UNKNOWN | ERROR } ON ERROR ])",
      "Returns whether the path finds something in the document.",
      "JSON_EXISTS('{\"a\": true}', '$.a') = TRUE",
      {.args = {Arg::Character(), Arg::Character(), Arg::Character()},
       .optional_args = 1,
       .returns = [](const CallInfo& call) -> Result<DataType> {
         WEIR_RETURN_NOT_OK(CheckPath(call));
         return DataType::Boolean();
       },
       .kernel = &MakeExists}));
  ScalarFunction value = JsonFunction(
      "JSON_VALUE",
      "JSON_VALUE(jsonValue, path [RETURNING type] [{ NULL | ERROR | DEFAULT x } ON EMPTY] [{ NULL "
      "| ERROR | DEFAULT x } ON ERROR])",
      "Returns the scalar that the path finds.", "JSON_VALUE('{\"a\": true}', '$.a') = 'true'",
      {.returns = &ReturnValue, .kernel = &MakeValue, .coerce = &CoerceValue});
  value.null_policy = NullPolicy::kKernel;
  registry->Add(std::move(value));
  ScalarFunction query =
      JsonFunction("JSON_QUERY",
                   "JSON_QUERY(jsonValue, path [RETURNING type] [{ WITHOUT | WITH CONDITIONAL | "
                   "WITH UNCONDITIONAL } [ARRAY] WRAPPER] "
                   "[{ NULL | EMPTY ARRAY | EMPTY OBJECT | ERROR } ON EMPTY] [{ NULL | EMPTY ARRAY "
                   "| EMPTY OBJECT | ERROR } ON ERROR])",
                   "Returns the array or object that the path finds, as JSON.",
                   "JSON_QUERY('{\"a\": [1]}', '$.a') = '[1]'",
                   {.returns = &ReturnQuery, .kernel = &MakeQuery, .coerce = &CoerceQuery});
  query.null_policy = NullPolicy::kKernel;
  registry->Add(std::move(query));
  ScalarFunction is_json = JsonFunction(
      "IS JSON", "string IS JSON [ { VALUE | SCALAR | ARRAY | OBJECT } ]",
      "Returns whether the string is valid JSON; FALSE for NULL.", "'{}' IS JSON OBJECT = TRUE",
      {.args = {Arg::Any(), Arg::Any()},
       .optional_args = 1,
       .returns = ReturnType(DataType::Boolean().NotNull()),
       .kernel = &MakeIsJson,
       .coerce = &CoerceIsJson});
  is_json.overloads[0].returns = [](const CallInfo&) -> Result<DataType> {
    return DataType::Boolean().NotNull();
  };
  is_json.null_policy = NullPolicy::kKernel;
  is_json.may_fail = false;
  registry->Add(std::move(is_json));
}

void RegisterJson(FunctionRegistry* registry) {
  RegisterJsonQueries(registry);
  RegisterJsonConstructors(registry);
}

}  // namespace weir
