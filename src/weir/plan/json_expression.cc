// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Types, values, expressions and table definitions as JSON.
//   {"column": 3, "type": "BIGINT"}        {"literal": "12.50", "type": "DECIMAL(10, 2)"}
//   {"call": ">", "args": [..], "type": "BOOLEAN"}        {"call": "FIELD", "field": 2, "args":
//   [..], ...}
// Values by type: integers, dates and timestamps (ticks) are numbers, decimals the digits of the
// unscaled number, bytes and text that is no UTF-8 {"hex": ".."}, nested values arrays.
#include <charconv>
#include <cmath>

#include "weir/data/text.h"
#include "weir/data/variant.h"
#include "weir/plan/json_fields.h"

namespace weir::plan {
namespace {

std::string ToHex(std::string_view bytes) {
  std::string out;
  for (unsigned char c : bytes) out += fmt::format("{:02x}", c);
  return out;
}

std::optional<std::string> FromHex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (size_t i = 0; i < text.size(); i += 2) {
    unsigned value = 0;
    auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
    if (error != std::errc() || end != text.data() + i + 2) return std::nullopt;
    out += static_cast<char>(value);
  }
  return out;
}

std::string Int128Text(Int128 value) {
  std::string out;
  AppendDecimal(value, 0, &out);
  return out;
}

constexpr const char* kAttributes[] = {"none", "rowtime", "proctime"};
const std::vector<std::string_view> kColumnKinds = {"physical", "computed", "metadata"};

void PutType(const DataType& type, Json* json) {
  (*json)["type"] = type.ToString();
  if (type.time_attribute() != TimeAttribute::kNone) {
    (*json)["timeAttribute"] = kAttributes[static_cast<size_t>(type.time_attribute())];
  }
}

Result<Value> NestedFromJson(const Json& json, const std::vector<DataType>& types,
                             const std::string& where) {
  if (!json.is_array() || json.size() != types.size())
    return InvalidData("{} must hold {} values", where, types.size());
  ValueList list;
  for (size_t i = 0; i < types.size(); ++i) {
    WEIR_ASSIGN_OR_RETURN(Value value, ValueFromJson(json[i], types[i], where));
    list.push_back(std::move(value));
  }
  return Value::List(std::move(list));
}

Result<Value> StringFromJson(const Json& json, const std::string& where) {
  if (json.is_string()) return Value::String(json.get<std::string>());
  if (json.is_object() && json.size() == 1 && json.contains("hex") && json["hex"].is_string()) {
    auto bytes = FromHex(json["hex"].get_ref<const std::string&>());
    if (bytes) return Value::String(std::move(*bytes));
  }
  return InvalidData("{} must be a string or {{\"hex\": \"..\"}}", where);
}

Result<Value> DoubleFromJson(const Json& json, const std::string& where) {
  if (json.is_number()) return Value::Double(json.get<double>());
  if (json == "NaN") return Value::Double(std::nan(""));
  if (json == "Infinity") return Value::Double(HUGE_VAL);
  if (json == "-Infinity") return Value::Double(-HUGE_VAL);
  return InvalidData("{} must be a number", where);
}

}  // namespace

Json TypeToJson(const DataType& type) {
  Json json = Json::object();
  PutType(type, &json);
  return json;
}

Json ValueToJson(const Value& value, const DataType& type) {
  struct Visitor {
    const DataType& type;
    Json operator()(std::monostate) const { return nullptr; }
    Json operator()(bool b) const { return b; }
    Json operator()(int64_t i) const { return i; }
    Json operator()(double d) const {
      if (std::isnan(d)) return "NaN";
      if (std::isinf(d)) return d > 0 ? "Infinity" : "-Infinity";
      return d;
    }
    Json operator()(Int128 d) const { return Int128Text(d); }
    Json operator()(const std::string& s) const {
      if (type.is_character() && IsValidUtf8(s)) return s;
      return Json{{"hex", ToHex(s)}};
    }
    Json operator()(const ValueList& list) const {
      Json out = Json::array();
      const auto& fields = type.fields();
      for (size_t i = 0; i < list.size(); ++i) {
        switch (type.kind()) {
          case TypeKind::kRow:
            out.push_back(
                ValueToJson(list[i], i < fields.size() ? fields[i].type : DataType::Null()));
            break;
          case TypeKind::kMap:
          case TypeKind::kMultiset: {
            bool is_map = type.kind() == TypeKind::kMap;
            const ValueList& pair = list[i].list();
            Json entry = Json::array();
            entry.push_back(ValueToJson(pair[0], is_map ? type.key() : type.element()));
            entry.push_back(ValueToJson(pair[1], is_map ? type.value() : DataType::Int()));
            out.push_back(std::move(entry));
            break;
          }
          default:
            out.push_back(ValueToJson(
                list[i], type.kind() == TypeKind::kArray ? type.element() : DataType::Null()));
        }
      }
      return out;
    }
  };
  return std::visit(Visitor{type}, value.v);
}

// Numbers of 128 bits, written as text.
Result<Value> WideFromJson(const Json& json, const std::string& where) {
  std::optional<Int128> value =
      json.is_string() ? ParseDecimal(json.get_ref<const std::string&>(), 38, 0) : std::nullopt;
  if (!value) return InvalidData("{} must be the digits of a decimal", where);
  return Value::Decimal(*value);
}

Result<Value> ValueFromJson(const Json& json, const DataType& type, const std::string& where) {
  if (json.is_null()) return Value::Null();
  switch (type.kind()) {
    case TypeKind::kNull:
      return InvalidData("{} must be null", where);
    case TypeKind::kBoolean:
      if (!json.is_boolean()) return InvalidData("{} must be true or false", where);
      return Value::Bool(json.get<bool>());
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return DoubleFromJson(json, where);
    case TypeKind::kDecimal:
      return WideFromJson(json, where);
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      return StringFromJson(json, where);
    case TypeKind::kVariant: {
      WEIR_ASSIGN_OR_RETURN(Value value, StringFromJson(json, where));
      WEIR_RETURN_NOT_OK(ValidateVariant(value.string_value()));
      return value;
    }
    case TypeKind::kRow: {
      std::vector<DataType> types;
      for (const Field& field : type.fields()) types.push_back(field.type);
      return NestedFromJson(json, types, where);
    }
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kMultiset: {
      if (!json.is_array()) return InvalidData("{} must be an array", where);
      ValueList list;
      for (const Json& item : json) {
        Result<Value> value = type.kind() == TypeKind::kArray
                                  ? ValueFromJson(item, type.element(), where)
                              : type.kind() == TypeKind::kMap
                                  ? NestedFromJson(item, {type.key(), type.value()}, where)
                                  : NestedFromJson(item, {type.element(), DataType::Int()}, where);
        if (!value.ok()) return value.status();
        list.push_back(std::move(*value));
      }
      return Value::List(std::move(list));
    }
    default:
      if (type.is_wide_timestamp()) return WideFromJson(json, where);
      if (!json.is_number_integer()) return InvalidData("{} must be an integer", where);
      return Value::Int(json.get<int64_t>());
  }
}

Json ExprToJson(const Expr& expr) {
  Json json = Json::object();
  switch (expr.kind) {
    case ExprKind::kLiteral:
      json["literal"] = ValueToJson(expr.literal, expr.type);
      break;
    case ExprKind::kInputRef:
      json["column"] = expr.index;
      break;
    case ExprKind::kCall: {
      json["call"] = expr.function;
      if (expr.index >= 0) json["field"] = expr.index;
      Json args = Json::array();
      for (const ExprPtr& arg : expr.args) args.push_back(ExprToJson(*arg));
      json["args"] = std::move(args);
      break;
    }
  }
  PutType(expr.type, &json);
  return json;
}

Result<ExprPtr> ExprFromJson(const Json& json, const std::string& where, int depth) {
  if (depth > kExprDepthMax)
    return ResourceExhausted("{} is nested deeper than {}", where, kExprDepthMax);
  JsonFields fields(json, where);
  auto expr = std::make_shared<Expr>();
  expr->type = fields.Type();
  if (const Json* literal = fields.Find("literal")) {
    expr->kind = ExprKind::kLiteral;
    WEIR_ASSIGN_OR_RETURN(expr->literal,
                          ValueFromJson(*literal, expr->type, "literal in " + where));
  } else if (fields.Has("column")) {
    expr->kind = ExprKind::kInputRef;
    expr->index = fields.Column("column", -1);
  } else {
    expr->kind = ExprKind::kCall;
    expr->function = fields.Text("call");
    expr->index = fields.Column("field", -1);
    for (const Json* item : fields.Items("args")) {
      WEIR_ASSIGN_OR_RETURN(ExprPtr arg, ExprFromJson(*item, where, depth + 1));
      expr->args.push_back(std::move(arg));
    }
  }
  WEIR_RETURN_NOT_OK(fields.Finish());
  return ExprPtr(std::move(expr));
}

Json ColumnsToJson(const std::vector<Field>& columns) {
  Json json = Json::array();
  for (const Field& column : columns) {
    Json item = {{"name", column.name}};
    PutType(column.type, &item);
    json.push_back(std::move(item));
  }
  return json;
}

Json TableToJson(const TableDefinition& table) {
  Json json;
  json["catalog"] = table.name.catalog;
  json["database"] = table.name.database;
  json["name"] = table.name.name;
  if (table.is_temporary) json["temporary"] = true;
  Json columns = Json::array();
  for (const TableColumn& column : table.columns) {
    Json item = {{"name", column.name}};
    PutType(column.type, &item);
    if (column.kind != TableColumnKind::kPhysical)
      item["kind"] = kColumnKinds[static_cast<size_t>(column.kind)];
    if (!column.expression.empty()) item["expression"] = column.expression;
    if (!column.metadata_key.empty()) item["metadataKey"] = column.metadata_key;
    if (column.is_virtual) item["virtual"] = true;
    if (!column.comment.empty()) item["comment"] = column.comment;
    columns.push_back(std::move(item));
  }
  json["columns"] = std::move(columns);
  if (table.watermark)
    json["watermark"] = {{"column", table.watermark->column},
                         {"expression", table.watermark->expression}};
  if (!table.primary_key.empty()) json["primaryKey"] = table.primary_key;
  if (!table.primary_key_name.empty()) json["primaryKeyName"] = table.primary_key_name;
  if (!table.partition_keys.empty()) json["partitionKeys"] = table.partition_keys;
  if (!table.distribution.empty()) json["distribution"] = table.distribution;
  if (!table.options.empty()) json["options"] = table.options;
  if (!table.comment.empty()) json["comment"] = table.comment;
  return json;
}

Result<TableDefinition> TableFromJson(const Json& json, const std::string& where) {
  JsonFields fields(json, where);
  TableDefinition table;
  table.name = {fields.Text("catalog"), fields.Text("database"), fields.Text("name")};
  table.is_temporary = fields.Bool("temporary", false);
  for (const Json* item : fields.Items("columns")) {
    JsonFields of(*item, fmt::format("column {} of {}", table.columns.size(), where));
    TableColumn column;
    column.name = of.Text("name");
    column.type = of.Type();
    column.kind = static_cast<TableColumnKind>(of.OneOf("kind", kColumnKinds, 0));
    column.expression = of.Text("expression", false);
    column.metadata_key = of.Text("metadataKey", false);
    column.is_virtual = of.Bool("virtual", false);
    column.comment = of.Text("comment", false);
    WEIR_RETURN_NOT_OK(of.Finish());
    table.columns.push_back(std::move(column));
  }
  if (const Json* watermark = fields.Find("watermark")) {
    JsonFields of(*watermark, "watermark of " + where);
    table.watermark = TableWatermark{of.Text("column"), of.Text("expression")};
    WEIR_RETURN_NOT_OK(of.Finish());
  }
  table.primary_key = fields.Texts("primaryKey");
  table.primary_key_name = fields.Text("primaryKeyName", false);
  table.partition_keys = fields.Texts("partitionKeys");
  table.distribution = fields.Text("distribution", false);
  table.options = fields.TextMap("options");
  table.comment = fields.Text("comment", false);
  WEIR_RETURN_NOT_OK(fields.Finish());
  return table;
}

}  // namespace weir::plan
