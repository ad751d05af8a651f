// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// One SQL expression over one row. Rules A compare texts (CAST .. AS STRING), rules B typed values
// and types.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "conformance.h"
#include "weir/connector/values/values_store.h"
#include "weir/data/text.h"

namespace weir::conformance {
namespace {

bool IsTypedClass(const std::string& name) {
  return name.ends_with("ITCase") || name == "CastRulesTest";
}

Status MakeTestTable(Session& session, const Json& columns, const Json& row) {
  std::string ddl = "CREATE TEMPORARY TABLE testTable (";
  // A table has at least one column; this one nobody reads.
  ddl += columns.empty() ? "`$none` INT" : ColumnList(columns);
  ddl += ") WITH ('connector' = 'values', 'data-id' = 'testTable')";
  auto failure = RunStatement(session, ddl, nullptr);
  if (failure) return failure->status;
  WEIR_ASSIGN_OR_RETURN(TablePtr table,
                        session.catalog().GetTable({Identifier{"testTable", true, {}}}));
  Json values = columns.empty() ? Json::array({nullptr}) : row;
  WEIR_ASSIGN_OR_RETURN(ValuesRows rows, ParseValuesRows(RowText(Json::array({values})),
                                                         table->PhysicalSchema().fields));
  session.values_store().PutRows("testTable", std::move(rows));
  return Status::OK();
}

/// "{a=1, b=2}" -> its entries sorted; other texts alone.
std::vector<std::string> MapEntries(const std::string& text) {
  std::vector<std::string> entries;
  std::string inner = text.substr(1, text.size() - 2);
  for (size_t at = 0; at <= inner.size();) {
    size_t comma = inner.find(", ", at);
    if (comma == std::string::npos) comma = inner.size();
    entries.push_back(inner.substr(at, comma - at));
    at = comma + 2;
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool WithinUlps(double a, double b, int ulps) {
  if (a == b) return true;
  double low = a, high = a;
  for (int i = 0; i < ulps; ++i) {
    low = std::nextafter(low, -INFINITY);
    high = std::nextafter(high, INFINITY);
  }
  return b >= low && b <= high;
}

bool SameText(const std::string& got, const Json& test, const DataType& type) {
  const std::string& expected = test.at("expected").get_ref<const std::string&>();
  if (got == expected) return true;
  if (test.contains("ulps")) {
    std::optional<double> a = ParseDouble(expected), b = ParseDouble(got);
    return a && b && WithinUlps(*a, *b, test.at("ulps").get<int>());
  }
  bool is_map = type.kind() == TypeKind::kMap || type.kind() == TypeKind::kMultiset;
  return is_map && got.size() > 1 && expected.size() > 1 && expected.front() == '{' &&
         got.front() == '{' && MapEntries(got) == MapEntries(expected);
}

CaseResult CheckError(const std::string& id, const Json& test,
                      const std::optional<Failure>& failure) {
  if (!failure) return {id, {}, Outcome::kFailed, "expected an error, but it gave a row"};
  if (GetErrorInfo(failure->status).code == ErrorCode::kUnsupported)
    return FromError(id, failure->status);
  if (GetErrorInfo(failure->status).code == ErrorCode::kInternal)
    return FromError(id, failure->status);
  std::string phase = test.value("phase", "any");
  if ((phase == "plan" || phase == "validate") && !failure->while_planning) {
    return {
        id,
        {},
        Outcome::kFailed,
        "expected an error before execution, failed while running: " + failure->status.message()};
  }
  if (test.at("error").is_string()) {
    const std::string& wanted = test.at("error").get_ref<const std::string&>();
    if (failure->status.message().find(wanted) == std::string::npos) {
      return {id,
              {},
              Outcome::kFailed,
              "expected an error with '" + wanted + "', got: " + failure->status.message()};
    }
  }
  return {id, {}, Outcome::kPassed, {}};
}

CaseResult RunCase(const Json& test, const Json& fixtures, bool typed) {
  std::string id = test.at("id");
  auto session = OpenSession(ConfigOf(test.value("config", Json::object())));
  if (!session.ok()) return FromError(id, session.status());
  Json columns = test.value("columns", Json::array()), row = test.value("row", Json::array());
  if (test.contains("fixture") && test.at("fixture").is_string()) {
    const Json& fixture = fixtures.at(test.at("fixture").get<std::string>());
    columns = fixture.at("columns");
    row = fixture.at("row");
  }
  Status table = MakeTestTable(**session, columns, row);
  if (!table.ok()) return FromError(id, WithContext(table, "test table"));
  std::string sql = "SELECT " + test.at("sql").get<std::string>() + " FROM testTable";
  std::unique_ptr<QueryResult> kept;  // Before the column, which lies in its job's memory.
  ColumnPtr column;
  std::string type_text;
  auto failure = RunStatement(
      **session, sql,
      [&](const QueryResult& result, const Batch& batch) {
        if (batch.num_rows > 0) column = batch.columns[0];
        type_text = result.schema()[0].type.ToString();
        return Status::OK();
      },
      &kept);
  if (test.contains("error")) return CheckError(id, test, failure);
  if (failure) return FromError(id, failure->status);
  if (column == nullptr) return {id, {}, Outcome::kFailed, "no row came"};
  if (!typed) {
    auto zone = FindTimeZone((*session)->time_zone());
    std::string got;
    AppendValueText(*column, 0, TextStyle::kCast, zone.ok() ? *zone : nullptr, &got);
    if (SameText(got, test, column->type)) return {id, {}, Outcome::kPassed, {}};
    return {id,
            {},
            Outcome::kFailed,
            "expected '" + test.at("expected").get<std::string>() + "', got '" + got + "'"};
  }
  const Json& expected = test.at("expected");
  if (expected.contains("type") && expected.at("type").get<std::string>() != type_text) {
    return {id,
            {},
            Outcome::kFailed,
            "expected type " + expected.at("type").get<std::string>() + ", got " + type_text};
  }
  std::string why;
  if (expected.contains("value") && !SameTyped(*column, 0, expected.at("value"), &why)) {
    return {id, {}, Outcome::kFailed, why};
  }
  return {id, {}, Outcome::kPassed, {}};
}

}  // namespace

Status RunExpressions(const std::string& dir, const RunOptions& options) {
  WEIR_ASSIGN_OR_RETURN(std::string text, ReadText(dir + "/fixtures.json"));
  Json fixtures = Json::parse(text, nullptr, false);
  if (!fixtures.is_object()) return InvalidData("{}/fixtures.json is no JSON object", dir);
  for (const std::string& file : CaseFiles(dir)) {
    std::string name = std::filesystem::path(file).stem();
    WEIR_RETURN_NOT_OK(ForEachCase(file, [&](const Json& test) {
      std::string id = test.at("id");
      if (!options.Wants(id)) return;
      CaseResult result = RunCase(test, fixtures, IsTypedClass(name));
      result.file = std::filesystem::path(file).filename();
      options.report(std::move(result));
    }));
  }
  return Status::OK();
}

}  // namespace weir::conformance
