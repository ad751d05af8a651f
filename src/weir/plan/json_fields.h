// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to plan/: reading JSON objects strictly. The first error sticks; later reads give
// defaults, so that a reader is a list of fields and one check at its end:
//
//   JsonFields fields(json, "node 3");
//   calc.keep = fields.Bool("keep", true);
//   return fields.Finish();   // also refuses fields that nobody asked for
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "weir/plan/plan_node.h"

namespace weir::plan {

using Json = nlohmann::ordered_json;

class JsonFields {
 public:
  /// `where` names the object in messages.
  JsonFields(const Json& object, std::string where);

  bool Has(const char* key);
  std::string Text(const char* key, bool required = true);
  int64_t Int(const char* key, int64_t otherwise);
  int Column(const char* key, int otherwise);
  bool Bool(const char* key, bool otherwise);
  std::vector<int> Ints(const char* key);
  std::vector<std::string> Texts(const char* key);
  std::map<std::string, std::string> TextMap(const char* key);
  DataType Type(const char* key = "type");
  std::vector<Field> Columns(const char* key);
  /// Null when missing.
  ExprPtr Expression(const char* key);
  std::vector<ExprPtr> Expressions(const char* key);
  /// Elements of an array field; empty when missing.
  std::vector<const Json*> Items(const char* key);
  /// One of `names`: its position.
  int OneOf(const char* key, const std::vector<std::string_view>& names, int otherwise);
  const Json* Find(const char* key);

  void Fail(Status status);
  const std::string& where() const { return where_; }
  const Status& status() const { return status_; }
  Status Finish();

 private:
  template <typename T, typename Test>
  T Read(const char* key, T otherwise, const char* kind, Test test);

  const Json& object_;
  std::string where_;
  std::set<std::string> used_;
  Status status_;
};

constexpr int kExprDepthMax = 2000;

Json TypeToJson(const DataType& type);
Json ValueToJson(const Value& value, const DataType& type);
Json ExprToJson(const Expr& expr);
Json ColumnsToJson(const std::vector<Field>& fields);
Json TableToJson(const TableDefinition& table);

Result<Value> ValueFromJson(const Json& json, const DataType& type, const std::string& where);
Result<ExprPtr> ExprFromJson(const Json& json, const std::string& where, int depth = 0);
Result<TableDefinition> TableFromJson(const Json& json, const std::string& where);

}  // namespace weir::plan
