// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

#include "weir/connector/values/values_store.h"
#include "weir/data/precision.h"
#include "weir/data/text.h"
#include "weir/data/variant.h"

namespace weir {
namespace {

using Json = nlohmann::json;

Status Mismatch(const Json& json, const DataType& type) {
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return InvalidData("{} is not a value of type {}", text.substr(0, 80), type.ToString());
}

Result<Value> FromHex(const Json& json, const DataType& type) {
  const std::string& digits = json.get_ref<const std::string&>();
  auto nibble = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  if (digits.size() % 2 != 0) return Mismatch(json, type);
  std::string bytes;
  for (size_t i = 0; i < digits.size(); i += 2) {
    int high = nibble(digits[i]), low = nibble(digits[i + 1]);
    if (high < 0 || low < 0) return Mismatch(json, type);
    bytes += static_cast<char>(high * 16 + low);
  }
  return Value::String(std::move(bytes));
}

template <typename T>
Result<Value> IntOrMismatch(const std::optional<T>& parsed, const Json& json,
                            const DataType& type) {
  if (!parsed) return Mismatch(json, type);
  return Value::Int(*parsed);
}

Result<Value> FromText(const Json& json, const DataType& type) {
  std::string text = json.get<std::string>();
  switch (type.kind()) {
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      return Value::String(std::move(text));
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      return FromHex(json, type);
    case TypeKind::kDecimal: {
      auto parsed = ParseDecimal(text, type.precision(), type.scale());
      if (!parsed) return Mismatch(json, type);
      return Value::Decimal(*parsed);
    }
    case TypeKind::kFloat:
    case TypeKind::kDouble: {
      auto parsed = ParseDouble(text);
      if (!parsed) return Mismatch(json, type);
      return Value::Double(*parsed);
    }
    case TypeKind::kDate:
      return IntOrMismatch(ParseDate(text), json, type);
    case TypeKind::kTime: {
      auto parsed = ParseTime(text);
      if (!parsed) return Mismatch(json, type);
      return Value::Int(CutTime(*parsed, type.precision()));
    }
    case TypeKind::kTimestampLtz:
      if (!text.empty() && text.back() == 'Z') text.pop_back();
      [[fallthrough]];
    case TypeKind::kTimestamp: {
      auto parsed = ParseTimestamp(text, type.precision());
      if (!parsed) return Mismatch(json, type);
      return Value::Ticks(*parsed, type);
    }
    default:
      return Mismatch(json, type);
  }
}

Result<Value> FromNumber(const Json& json, const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kTinyInt:
    case TypeKind::kSmallInt:
    case TypeKind::kInt:
    case TypeKind::kBigInt:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime: {
      if (!json.is_number_integer()) return Mismatch(json, type);
      if (json.is_number_unsigned() &&
          json.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
        return Mismatch(json, type);
      }
      int64_t value = json.get<int64_t>();
      int bits = type.value_width() * 8;
      if (bits < 64 && (value < -(int64_t{1} << (bits - 1)) || value >= (int64_t{1} << (bits - 1))))
        return Mismatch(json, type);
      return Value::Int(value);
    }
    case TypeKind::kFloat:
      return Value::Double(static_cast<float>(json.get<double>()));
    case TypeKind::kDouble:
      return Value::Double(json.get<double>());
    case TypeKind::kDecimal:
      return FromText(Json(json.dump()), type);
    default:
      return Mismatch(json, type);
  }
}

Result<Value> FromJson(const Json& json, const DataType& type);

// The kind {"t": name} of a variant's scalars as a column type.
std::optional<DataType> TypeOfVariantKind(std::string_view name) {
  if (name == "DECIMAL") return DataType::Decimal(38, 18);
  auto type = ParseTypeString(name);
  return type.ok() ? std::optional(*type) : std::nullopt;
}

Status AddVariant(const Json& json, VariantBuilder* builder);

Status AddTypedVariant(const std::string& name, const Json& json, VariantBuilder* builder) {
  if (name == "OBJECT") {
    builder->BeginObject();
    for (const auto& [key, value] : json.items()) {
      builder->AddKey(key);
      WEIR_RETURN_NOT_OK(AddVariant(value, builder));
    }
    builder->End();
    return Status::OK();
  }
  if (name == "ARRAY") {
    builder->BeginArray();
    for (const Json& element : json) WEIR_RETURN_NOT_OK(AddVariant(element, builder));
    builder->End();
    return Status::OK();
  }
  auto type = TypeOfVariantKind(name);
  if (!type) return InvalidData("{} is no kind of VARIANT", name);
  WEIR_ASSIGN_OR_RETURN(Value value, FromJson(json, *type));
  switch (type->kind()) {
    case TypeKind::kNull:
      builder->AddNull();
      break;
    case TypeKind::kBoolean:
      builder->AddBoolean(value.bool_value());
      break;
    case TypeKind::kTinyInt:
      builder->AddFixed(VariantKind::kTinyInt, value.int_value());
      break;
    case TypeKind::kSmallInt:
      builder->AddFixed(VariantKind::kSmallInt, value.int_value());
      break;
    case TypeKind::kInt:
      builder->AddFixed(VariantKind::kInt, value.int_value());
      break;
    case TypeKind::kBigInt:
      builder->AddFixed(VariantKind::kBigInt, value.int_value());
      break;
    case TypeKind::kDate:
      builder->AddFixed(VariantKind::kDate, value.int_value());
      break;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: {
      const bool is_ltz = type->kind() == TypeKind::kTimestampLtz;
      VariantKind kind = is_ltz ? VariantKind::kTimestampLtz : VariantKind::kTimestamp;
      if (type->is_wide_timestamp())
        kind = is_ltz ? VariantKind::kTimestampLtzNanos : VariantKind::kTimestampNanos;
      const auto ticks = static_cast<int64_t>(value.ticks_value());
      if (ticks != value.ticks_value()) return Mismatch(json, *type);
      builder->AddFixed(kind, ticks);
      break;
    }
    case TypeKind::kFloat:
      builder->AddFloat(static_cast<float>(value.double_value()));
      break;
    case TypeKind::kDouble:
      builder->AddDouble(value.double_value());
      break;
    case TypeKind::kVarchar:
      builder->AddString(value.string_value());
      break;
    case TypeKind::kVarbinary:
      builder->AddBytes(value.string_value());
      break;
    default:
      return InvalidData("{} as a kind of VARIANT is not supported in these rows", name);
  }
  return Status::OK();
}

// {"t": kind, "v": value}, or {"v": value} of any kind; what is neither is JSON as it stands.
Status AddVariant(const Json& json, VariantBuilder* builder) {
  if (!json.is_object() || !json.contains("v")) return ParseVariantJson(json.dump(), builder);
  if (!json.contains("t")) return ParseVariantJson(json["v"].dump(), builder);
  if (!json["t"].is_string()) return InvalidData("\"t\" must name a kind");
  if (json["t"] == "NULL") {
    builder->AddNull();
    return Status::OK();
  }
  return AddTypedVariant(json["t"].get<std::string>(), json["v"], builder);
}

Result<Value> VariantFromJson(const Json& json) {
  VariantBuilder builder;
  std::string bytes;
  WEIR_RETURN_NOT_OK(AddVariant(json, &builder));
  WEIR_RETURN_NOT_OK(builder.Finish(&bytes));
  return Value::String(std::move(bytes));
}

// Pairs [key, value] of a MAP, or [element, count] of a MULTISET.
Result<Value> FromPairs(const Json& json, const DataType& key, const DataType& value,
                        const DataType& type) {
  ValueList pairs;
  for (const Json& pair : json) {
    if (!pair.is_array() || pair.size() != 2) return Mismatch(json, type);
    ValueList list(2);
    WEIR_ASSIGN_OR_RETURN(list[0], FromJson(pair[0], key));
    WEIR_ASSIGN_OR_RETURN(list[1], FromJson(pair[1], value));
    pairs.push_back(Value::List(std::move(list)));
  }
  return Value::List(std::move(pairs));
}

Result<Value> FromArray(const Json& json, const DataType& type) {
  ValueList list;
  switch (type.kind()) {
    case TypeKind::kArray:
      for (const Json& element : json) {
        WEIR_ASSIGN_OR_RETURN(Value value, FromJson(element, type.element()));
        list.push_back(std::move(value));
      }
      return Value::List(std::move(list));
    case TypeKind::kRow:
      if (json.size() != type.fields().size()) return Mismatch(json, type);
      for (size_t i = 0; i < json.size(); ++i) {
        WEIR_ASSIGN_OR_RETURN(Value value, FromJson(json[i], type.fields()[i].type));
        list.push_back(std::move(value));
      }
      return Value::List(std::move(list));
    case TypeKind::kMap:
      return FromPairs(json, type.key(), type.value(), type);
    case TypeKind::kMultiset:
      return FromPairs(json, type.element(), DataType::Int(), type);
    default:
      return Mismatch(json, type);
  }
}

Result<Value> FromJson(const Json& json, const DataType& type) {
  if (json.is_null()) return Value::Null();
  if (type.kind() == TypeKind::kVariant) return VariantFromJson(json);
  if (json.is_boolean()) {
    if (type.kind() != TypeKind::kBoolean) return Mismatch(json, type);
    return Value::Bool(json.get<bool>());
  }
  if (json.is_number()) return FromNumber(json, type);
  if (json.is_string()) return FromText(json, type);
  if (json.is_array()) return FromArray(json, type);
  return Mismatch(json, type);
}

Result<ValuesEvent> EventFromJson(const Json& json, const std::vector<Field>& columns) {
  ValuesEvent event;
  const Json* values = &json;
  if (json.is_object()) {
    auto watermark = json.find("watermark");
    if (watermark != json.end()) {
      if (!watermark->is_number_integer())
        return InvalidData("a watermark must be an integer of milliseconds");
      event.watermark_ms = watermark->get<int64_t>();
      return event;
    }
    auto op = json.find("op");
    if (op != json.end()) {
      if (!op->is_string()) return InvalidData("'op' must be one of +I, -U, +U, -D");
      WEIR_ASSIGN_OR_RETURN(event.kind, ParseRowKind(op->get_ref<const std::string&>()));
    }
    auto found = json.find("values");
    if (found == json.end()) return InvalidData("a row object needs \"values\" or \"watermark\"");
    values = &*found;
  }
  if (!values->is_array()) return InvalidData("a row must be an array of values");
  if (values->size() != columns.size()) {
    return InvalidData("it has {} values, the table has {} columns", values->size(),
                       columns.size());
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    auto value = FromJson((*values)[i], columns[i].type);
    if (!value.ok())
      return WithContext(value.status(), fmt::format("column '{}'", columns[i].name));
    event.values.push_back(std::move(value).ValueUnsafe());
  }
  return event;
}

Status AddEvent(const Json& json, const std::vector<Field>& columns, ValuesRows* rows) {
  auto event = EventFromJson(json, columns);
  if (!event.ok()) return WithContext(event.status(), fmt::format("row {}", rows->size() + 1));
  rows->push_back(std::move(event).ValueUnsafe());
  return Status::OK();
}

bool IsEvent(const Json& json) {
  return json.is_object() ||
         (json.is_array() && (json.empty() || !(json[0].is_array() || json[0].is_object())));
}

}  // namespace

Result<ValuesRows> ParseValuesRows(std::string_view json_text, const std::vector<Field>& columns) {
  ValuesRows rows;
  Json whole = Json::parse(json_text, nullptr, false);
  // A text of one line can be a list of rows or one row; a row's first value decides, unless it is
  // itself a list.
  if (!whole.is_discarded() && whole.is_array() && (whole.empty() || !IsEvent(whole))) {
    for (const Json& row : whole) WEIR_RETURN_NOT_OK(AddEvent(row, columns, &rows));
    return rows;
  }
  size_t begin = 0;
  while (begin < json_text.size()) {
    size_t end = std::min(json_text.find('\n', begin), json_text.size());
    std::string_view line = json_text.substr(begin, end - begin);
    begin = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    Json json = Json::parse(line, nullptr, false);
    if (json.is_discarded())
      return InvalidData("row {}: not valid JSON: {}", rows.size() + 1, line.substr(0, 80));
    WEIR_RETURN_NOT_OK(AddEvent(json, columns, &rows));
  }
  return rows;
}

void ValuesStore::PutRows(const std::string& id, ValuesRows rows, int64_t first_position) {
  std::lock_guard lock(mutex_);
  given_[id] = {std::make_shared<const ValuesRows>(std::move(rows)), first_position};
}

GivenRows ValuesStore::FindRows(const std::string& id) const {
  std::lock_guard lock(mutex_);
  auto found = given_.find(id);
  return found == given_.end() ? GivenRows{} : found->second;
}

ValuesStore::Readers ValuesStore::readers() const {
  std::lock_guard lock(mutex_);
  return readers_;
}

void ValuesStore::CountOpened() {
  std::lock_guard lock(mutex_);
  ++readers_.opened;
}

void ValuesStore::CountWaiting() {
  std::lock_guard lock(mutex_);
  ++readers_.waiting;
}

ValuesRows ValuesStore::Received(const std::string& id) const {
  std::lock_guard lock(mutex_);
  auto found = received_.find(id);
  return found == received_.end() ? ValuesRows{} : found->second;
}

void ValuesStore::Clear(const std::string& id) {
  std::lock_guard lock(mutex_);
  received_.erase(id);
}

void ValuesStore::Append(const std::string& id, const Batch& batch) {
  std::lock_guard lock(mutex_);
  ValuesRows& rows = received_[id];
  for (int64_t row = 0; row < batch.num_rows; ++row) {
    ValuesEvent event;
    event.kind = batch.kind(row);
    for (const ColumnPtr& column : batch.columns) event.values.push_back(GetValue(*column, row));
    rows.push_back(std::move(event));
  }
}

}  // namespace weir
