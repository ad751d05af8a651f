// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// One query, or INSERT, over small tables; rows compared as texts of Java's Row.toString.
#include <algorithm>
#include <filesystem>

#include "conformance.h"
#include "weir/connector/values/values_store.h"
#include "weir/data/text.h"

namespace weir::conformance {
namespace {

/// The rows of a table and its watermarks, as events of the values connector.
Json EventsOf(const Json& table) {
  Json events = Json::array();
  const Json& rows = table.at("rows");
  const Json* after_rows = nullptr;
  if (table.contains("watermark") && table.at("watermark").contains("after_rows")) {
    after_rows = &table.at("watermark").at("after_rows");
  }
  size_t next = 0;
  auto add_watermarks = [&](size_t count) {
    while (after_rows != nullptr && next < after_rows->size() &&
           (*after_rows)[next][0].get<size_t>() <= count) {
      events.push_back(Json{{"watermark", (*after_rows)[next][1]}});
      ++next;
    }
  };
  add_watermarks(0);
  for (size_t i = 0; i < rows.size(); ++i) {
    std::string op =
        table.contains("row_kinds") ? table.at("row_kinds")[i].get<std::string>() : "+I";
    events.push_back(Json{{"op", op}, {"values", rows[i]}});
    add_watermarks(i + 1);
  }
  return events;
}

std::string SchemaOf(const Json& table) {
  if (table.contains("schema")) return table.at("schema").get<std::string>();
  std::string schema = ColumnList(table.at("columns"));
  if (table.contains("proctime")) schema += ", " + Quote(table.at("proctime")) + " AS PROCTIME()";
  if (table.contains("rowtime")) {
    const Json& watermark = table.at("watermark");
    std::string expr =
        watermark.contains("expr") ? watermark.at("expr").get<std::string>() : "SOURCE_WATERMARK()";
    schema += ", WATERMARK FOR " + Quote(table.at("rowtime")) + " AS " + expr;
  }
  if (table.contains("primary_key")) {
    std::string keys;
    for (const Json& key : table.at("primary_key")) keys += (keys.empty() ? "" : ", ") + Quote(key);
    schema += ", PRIMARY KEY (" + keys + ") NOT ENFORCED";
  }
  return schema;
}

Status MakeTable(Session& session, const Json& table) {
  std::string name = table.at("name");
  std::string ddl = "CREATE TABLE " + Quote(name) + " (" + SchemaOf(table) +
                    ") WITH ('connector' = 'values', 'data-id' = '" + name + "'";
  if (table.contains("options")) {
    for (const auto& [key, value] : table.at("options").items()) {
      ddl += ", '" + key + "' = '" + value.get<std::string>() + "'";
    }
  }
  auto failure = RunStatement(session, ddl + ")", nullptr);
  if (failure) return WithContext(failure->status, "table " + name);
  WEIR_ASSIGN_OR_RETURN(TablePtr made, session.catalog().GetTable({Identifier{name, true, {}}}));
  WEIR_ASSIGN_OR_RETURN(ValuesRows rows,
                        ParseValuesRows(RowText(EventsOf(table)), made->PhysicalSchema().fields));
  session.values_store().PutRows(name, std::move(rows));
  return Status::OK();
}

/// MAP texts in a fixed order: Java's HashMap order means nothing.
std::string SortMaps(const std::string& text) {
  size_t open = text.find('{');
  if (open == std::string::npos) return text;
  size_t close = text.find('}', open);
  if (close == std::string::npos) return text;
  std::vector<std::string> entries;
  std::string inner = text.substr(open + 1, close - open - 1);
  for (size_t at = 0; at <= inner.size();) {
    size_t comma = inner.find(", ", at);
    if (comma == std::string::npos) comma = inner.size();
    entries.push_back(inner.substr(at, comma - at));
    at = comma + 2;
  }
  std::sort(entries.begin(), entries.end());
  return text.substr(0, open + 1) + fmt::format("{}", fmt::join(entries, ", ")) + "}" +
         SortMaps(text.substr(close + 1));
}

struct Rows {
  std::vector<FoldedRow> rows;
  std::vector<std::string> types;
};

bool HasNote(const Json& test, const char* note) {
  if (!test.contains("notes")) return false;
  const Json& notes = test.at("notes");
  return std::find(notes.begin(), notes.end(), note) != notes.end();
}

std::string StreamLine(const FoldedRow& row, bool row_form) {
  std::string line;
  for (size_t i = 0; i < row.cells.size(); ++i)
    line += (i == 0 ? "" : row_form ? ", " : ",") + row.cells[i];
  return row_form ? "+I[" + line + "]" : line;
}

/// Nested rows without brackets, as the older tests print them.
std::string LegacyRow(std::string text) {
  for (size_t at; (at = text.find("+I[")) != std::string::npos;) {
    int depth = 0;
    size_t end = at + 2;
    for (; end < text.size(); ++end) {
      if (text[end] == '[') ++depth;
      if (text[end] == ']' && --depth == 0) break;
    }
    std::string inner = text.substr(at + 3, end - at - 3);
    for (size_t comma; (comma = inner.find(", ")) != std::string::npos;) inner.erase(comma + 1, 1);
    text = text.substr(0, at) + inner + (end < text.size() ? text.substr(end + 1) : "");
  }
  return text;
}

std::string Compare(const Json& test, const Rows& got, bool is_stream) {
  if (test.contains("expected_count")) {
    size_t wanted = test.at("expected_count").get<size_t>();
    return got.rows.size() == wanted
               ? ""
               : fmt::format("expected {} rows, got {}", wanted, got.rows.size());
  }
  bool legacy = HasNote(test, "legacy-row-text");
  std::vector<std::string> expected, actual;
  if (is_stream) {
    for (const Json& line : test.at("expected_lines")) expected.push_back(line.get<std::string>());
    bool row_form = !expected.empty() && expected[0].starts_with("+I[");
    for (const FoldedRow& row : got.rows) actual.push_back(StreamLine(row, row_form));
  } else {
    for (const Json& cells : test.at("expected_text")) {
      std::vector<std::string> texts;
      for (const Json& cell : cells) texts.push_back(cell.get<std::string>());
      expected.push_back(fmt::format("{}", fmt::join(texts, ", ")));
    }
    for (const FoldedRow& row : got.rows)
      actual.push_back(fmt::format("{}", fmt::join(row.cells, ", ")));
  }
  for (std::string& line : expected) line = SortMaps(line);
  for (std::string& line : actual) line = SortMaps(legacy ? LegacyRow(line) : line);
  if (!test.value("ordered", false)) {
    std::sort(expected.begin(), expected.end());
    std::sort(actual.begin(), actual.end());
  }
  if (expected == actual) return {};
  std::string why = fmt::format("expected {} rows, got {}", expected.size(), actual.size());
  for (size_t i = 0; i < std::max(expected.size(), actual.size()); ++i) {
    std::string e = i < expected.size() ? expected[i] : "(none)",
                a = i < actual.size() ? actual[i] : "(none)";
    if (e == a) continue;
    return why + fmt::format("; row {}: expected {}, got {}", i + 1, e, a);
  }
  return why;
}

/// Compares root, precision and scale; nullability is not asked for.
std::string CompareTypes(const Json& test, const Rows& got) {
  if (!test.contains("expected_types")) return {};
  const Json& expected = test.at("expected_types");
  for (size_t i = 0; i < expected.size() && i < got.types.size(); ++i) {
    auto wanted = ParseTypeString(expected[i].get<std::string>()),
         is = ParseTypeString(got.types[i]);
    if (wanted.ok() && is.ok() && !wanted->EqualsIgnoringNullable(*is)) {
      return fmt::format("column {}: expected type {}, got {}", i + 1, wanted->ToString(),
                         is->ToString());
    }
  }
  return {};
}

CaseResult CheckError(const std::string& id, const Json& error,
                      const std::optional<Failure>& failure) {
  if (!failure) return {id, {}, Outcome::kFailed, "expected an error, but it worked"};
  ErrorCode code = GetErrorInfo(failure->status).code;
  if (code == ErrorCode::kUnsupported || code == ErrorCode::kInternal)
    return FromError(id, failure->status);
  const std::string& message = failure->status.message();
  std::string wanted;
  bool good = true;
  for (const char* key : {"message", "message_contains"}) {
    if (!error.contains(key) || !error.at(key).is_string()) continue;
    wanted = error.at(key).get<std::string>();
    good &= message.find(wanted) != std::string::npos;
  }
  if (error.contains("message_matches") && error.at("message_matches").is_string()) {
    wanted = error.at("message_matches").get<std::string>();
    good &= std::regex_search(message, std::regex(wanted));
  }
  if (good) return {id, {}, Outcome::kPassed, {}};
  return {id, {}, Outcome::kFailed, "expected an error with '" + wanted + "', got: " + message};
}

Result<Rows> SinkRows(Session& session, const Json& test) {
  const Json& sink = test.at("sink");
  std::string name = sink.at("name");
  ValuesRows received = session.values_store().Received(name);
  WEIR_ASSIGN_OR_RETURN(TablePtr table, session.catalog().GetTable({Identifier{name, true, {}}}));
  Schema schema = table->PhysicalSchema();
  std::vector<int> key;
  for (const std::string& column : table->primary_key) key.push_back(schema.IndexOf(column));
  ChangelogFold fold(key, TextStyle::kJavaRow, nullptr);
  BatchBuilder builder(schema, arrow::default_memory_pool());
  for (const ValuesEvent& event : received) {
    if (event.watermark_ms) continue;
    WEIR_RETURN_NOT_OK(builder.AppendRow(event.values, event.kind));
  }
  WEIR_ASSIGN_OR_RETURN(Batch batch, builder.Finish());
  WEIR_RETURN_NOT_OK(fold.Add(batch));
  Rows rows;
  for (const FoldedRow* row : fold.Rows()) rows.rows.push_back(*row);
  return rows;
}

CaseResult RunCase(const Json& test, const Json& tables) {
  std::string id = test.at("id");
  bool is_stream = test.at("mode") == "stream";
  std::map<std::string, std::string> config = ConfigOf(test.value("config", Json::object()));
  config["execution.runtime-mode"] = is_stream ? "STREAMING" : "BATCH";
  config["parallelism.default"] = "1";
  if (is_stream) config["weir.strict"] = "true";
  auto session = OpenSession(config);
  if (!session.ok()) return FromError(id, session.status());
  for (const Json& key : test.at("tables")) {
    Status made = MakeTable(**session, tables.at(key.get<std::string>()));
    if (!made.ok()) return FromError(id, made);
  }
  std::optional<Failure> failure;
  for (const Json& view : test.at("views")) {
    failure = RunStatement(**session, view.get<std::string>(), nullptr);
    if (failure) break;
  }
  bool has_sink = test.contains("sink");
  if (!failure && has_sink) {
    Json sink = test.at("sink");
    sink["rows"] = Json::array();
    Status made = MakeTable(**session, sink);
    if (!made.ok()) failure = Failure{made, true};
    (*session)->values_store().Clear(sink.at("name"));
  }
  Rows rows;
  std::unique_ptr<ChangelogFold> fold;
  if (!failure) {
    failure =
        RunStatement(**session, test.at("sql"), [&](const QueryResult& result, const Batch& batch) {
          if (fold == nullptr) {
            fold =
                std::make_unique<ChangelogFold>(result.upsert_key(), TextStyle::kJavaRow, nullptr);
            for (const Field& field : result.schema().fields)
              rows.types.push_back(field.type.ToString());
          }
          return fold->Add(batch);
        });
  }
  if (test.contains("error")) return CheckError(id, test.at("error"), failure);
  if (failure) return FromError(id, failure->status);
  if (has_sink) {
    auto sunk = SinkRows(**session, test);
    if (!sunk.ok()) return FromError(id, sunk.status());
    rows = std::move(*sunk);
  } else if (fold != nullptr) {
    for (const FoldedRow* row : fold->Rows()) rows.rows.push_back(*row);
  }
  std::string why = Compare(test, rows, is_stream);
  if (why.empty()) why = CompareTypes(test, rows);
  return {id, {}, why.empty() ? Outcome::kPassed : Outcome::kFailed, why};
}

}  // namespace

Status RunQueries(const std::string& dir, const std::string& tables_file,
                  const RunOptions& options) {
  WEIR_ASSIGN_OR_RETURN(std::string text, ReadText(tables_file));
  Json tables = Json::parse(text, nullptr, false);
  if (!tables.is_object()) return InvalidData("{} is no JSON object", tables_file);
  for (const std::string& file : CaseFiles(dir)) {
    WEIR_RETURN_NOT_OK(ForEachCase(file, [&](const Json& test) {
      if (!options.Wants(test.at("id"))) return;
      CaseResult result;
      try {
        result = RunCase(test, tables);
      } catch (const Json::exception& error) {
        result = {test.at("id"),
                  {},
                  Outcome::kFailed,
                  fmt::format("the case cannot be read: {}", error.what())};
      }
      result.file = std::filesystem::path(dir).filename().string() + "/" +
                    std::filesystem::path(file).filename().string();
      options.report(std::move(result));
    }));
  }
  return Status::OK();
}

}  // namespace weir::conformance
