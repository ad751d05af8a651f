// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Table programs: sources, one statement, and exactly which changelog its sinks must receive. One
// result a run; runs with a savepoint in between are in program_restore.cc.
#include <algorithm>
#include <filesystem>

#include "program.h"
#include "weir/data/text.h"

namespace weir::conformance {
namespace {

std::string WithOptions(const Json& step, const SourceSetting& sources) {
  std::string options =
      "'connector' = 'values', 'data-id' = '" + step.at("name").get<std::string>() + "'";
  if (step.at("kind") == "source" && !sources.is_bounded) {
    options += ", 'bounded' = 'false', 'terminating' = '";
    options += sources.stays_open ? "false'" : "true'";
  }
  const Json own_options = step.value("options", Json::object());
  for (const auto& [key, value] : own_options.items()) {
    if (key == "connector") continue;  // Which test connector it was in Flink.
    options += ", '" + key + "' = '" + value.get<std::string>() + "'";
  }
  return " WITH (" + options + ")";
}

std::vector<Field> FieldsOf(const Json& columns) {
  std::vector<Field> fields;
  for (const Json& column : columns) {
    auto type = ParseTypeString(column.at("type").get<std::string>());
    fields.push_back({column.at("name"), type.ok() ? *type : DataType::String()});
  }
  return fields;
}

Json RowsOf(const Json& step, Part part) {
  Json rows = Json::array();
  for (Part phase : {Part::kBefore, Part::kAfter}) {
    const char* name = phase == Part::kBefore ? "before" : "after";
    if (!step.contains(name) || (part != Part::kAll && part != phase)) continue;
    for (const Json& row : step.at(name))
      rows.push_back(Json{{"op", row.at("op")}, {"values", row.at("values")}});
  }
  return rows;
}

/// "+U|1|abc" lines of rows given as JSON, through the same text as received rows.
Result<std::vector<std::string>> Lines(const ValuesRows& rows, const std::vector<Field>& fields,
                                       bool fold, const std::vector<int>& key) {
  Schema schema{fields};
  BatchBuilder builder(schema, arrow::default_memory_pool());
  for (const ValuesEvent& event : rows) {
    if (!event.watermark_ms) WEIR_RETURN_NOT_OK(builder.AppendRow(event.values, event.kind));
  }
  WEIR_ASSIGN_OR_RETURN(Batch batch, builder.Finish());
  std::vector<std::string> lines;
  if (fold) {
    ChangelogFold folded(key, TextStyle::kJavaRow, nullptr);
    WEIR_RETURN_NOT_OK(folded.Add(batch));
    for (const FoldedRow* row : folded.Rows())
      lines.push_back(fmt::format("+I[{}]", fmt::join(row->cells, ", ")));
  } else {
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      FoldedRow row = RenderRow(batch, i, TextStyle::kJavaRow, nullptr);
      lines.push_back(
          fmt::format("{}[{}]", RowKindText(batch.kind(i)), fmt::join(row.cells, ", ")));
    }
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

std::optional<Failure> SetUpProgram(Session& session, const Json& test,
                                    const SourceSetting& sources, std::vector<ProgramSink>* sinks) {
  for (const Json& step : test.at("setup")) {
    std::string kind = step.at("kind");
    if (kind == "source" || kind == "sink") {
      auto failure = RunStatement(
          session, step.at("ddl").get<std::string>() + WithOptions(step, sources), nullptr);
      if (failure) return failure;
      if (kind == "sink") {
        sinks->push_back({step.at("name"), step});
        continue;
      }
      auto rows =
          ParseValuesRows(RowText(RowsOf(step, sources.rows)), FieldsOf(step.at("columns")));
      if (!rows.ok()) return Failure{WithContext(rows.status(), "rows of the case"), true};
      auto first = sources.rows == Part::kAfter
                       ? static_cast<int64_t>(RowsOf(step, Part::kBefore).size())
                       : 0;
      session.values_store().PutRows(step.at("name"), std::move(*rows), first);
    } else if (kind == "sql") {
      auto failure = RunStatement(session, step.at("sql"), nullptr);
      if (failure) return failure;
    } else if (kind == "function") {
      std::string sql =
          fmt::format("CREATE {}FUNCTION {} AS '{}' LANGUAGE JAVA",
                      step.value("system", false) ? "TEMPORARY SYSTEM " : "TEMPORARY ",
                      step.at("name").get<std::string>(), step.at("class").get<std::string>());
      auto failure = RunStatement(session, sql, nullptr);
      if (failure) return failure;
    } else if (kind == "model") {
      return Failure{Unsupported("CREATE MODEL is not supported yet"), true};
    } else if (kind == "temporal_function") {
      return Failure{Unsupported("temporal table functions are not supported yet"), true};
    } else {
      return Failure{InvalidData("setup step of unknown kind '{}'", kind), true};
    }
  }
  return std::nullopt;
}

std::string SqlOf(const Json& step) {
  if (step.value("no_sql", false) || !step.contains("sql")) return {};
  if (!step.at("sql").is_array()) return step.at("sql").get<std::string>();
  std::string sql = "EXECUTE STATEMENT SET BEGIN ";
  for (const Json& insert : step.at("sql")) sql += insert.get<std::string>() + "; ";
  return sql + "END";
}

Result<std::string> CompareSink(const ProgramSink& sink, const ValuesRows& received, Part part,
                                bool is_batch, bool folds) {
  const Json& step = sink.step;
  std::vector<Field> fields = FieldsOf(step.at("columns"));
  Json wanted = RowsOf(step, part);
  if (is_batch && step.contains("batch") && !step.at("batch").is_null()) {
    wanted = Json::array();
    for (const Json& row : step.at("batch"))
      wanted.push_back(Json{{"op", row.at("op")}, {"values", row.at("values")}});
  }
  bool fold = folds || is_batch || step.value("compare", "changelog") == "materialized";
  std::vector<int> key;
  for (const Json& column : step.value("primary_key", Json::array())) {
    for (size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].name == column.get<std::string>()) key.push_back(static_cast<int>(i));
    }
  }
  WEIR_ASSIGN_OR_RETURN(ValuesRows expected_rows, ParseValuesRows(RowText(wanted), fields));
  WEIR_ASSIGN_OR_RETURN(std::vector<std::string> expected, Lines(expected_rows, fields, fold, key));
  WEIR_ASSIGN_OR_RETURN(std::vector<std::string> got, Lines(received, fields, fold, key));
  if (expected == got) return std::string();
  std::vector<std::string> missing, extra;
  std::set_difference(expected.begin(), expected.end(), got.begin(), got.end(),
                      std::back_inserter(missing));
  std::set_difference(got.begin(), got.end(), expected.begin(), expected.end(),
                      std::back_inserter(extra));
  auto first = [](const std::vector<std::string>& lines) {
    return lines.empty() ? std::string("nothing") : lines[0];
  };
  return fmt::format("sink {}: {} rows missing (first {}), {} too many (first {})", sink.name,
                     missing.size(), first(missing), extra.size(), first(extra));
}

CaseResult RunFailing(const std::string& id, const Json& step,
                      const std::optional<Failure>& failure) {
  if (!failure) return {id, {}, Outcome::kFailed, "expected an error, but it worked"};
  ErrorCode code = GetErrorInfo(failure->status).code;
  if (code == ErrorCode::kUnsupported || code == ErrorCode::kInternal)
    return FromError(id, failure->status);
  if (step.value("error", "") == "validation" && !failure->while_planning) {
    return {id,
            {},
            Outcome::kFailed,
            "expected to be refused before it runs, failed while running: " +
                failure->status.message()};
  }
  std::string wanted = step.contains("message") && step.at("message").is_string()
                           ? step.at("message").get<std::string>()
                           : "";
  if (failure->status.message().find(wanted) == std::string::npos) {
    return {id,
            {},
            Outcome::kFailed,
            "expected an error with '" + wanted + "', got: " + failure->status.message()};
  }
  return {id, {}, Outcome::kPassed, {}};
}

std::map<std::string, std::string> OptionsOf(const Json& test, const Json& run, int parallelism) {
  std::string kind = run.at("kind");
  std::map<std::string, std::string> config = ConfigOf(run.value("config", Json::object()));
  for (auto& [key, value] : ConfigOf(test.at("config"))) config[key] = value;
  config["execution.runtime-mode"] = kind == "batch" ? "BATCH" : "STREAMING";
  config["parallelism.default"] = std::to_string(parallelism);
  if (kind == "stream") config["weir.watermark.per-row"] = "true";
  if (kind.starts_with("restore")) config["weir.watermark.min-step-ms"] = "200";
  if (kind == "batch") return config;
  if (parallelism == 1) {
    config["weir.strict"] = "true";
  } else {
    // As strict as it can be with several subtasks.
    config["weir.deterministic"] = "true";
    // Rows come through one subtask of a source; the others must not hold event time back.
    config["table.exec.source.idle-timeout"] = "1 ms";
    auto size = config.find("table.exec.mini-batch.size");
    auto enabled = config.find("table.exec.mini-batch.enabled");
    bool mini_batch = size != config.end() && enabled != config.end() && enabled->second == "true";
    config["weir.batch.rows-max"] = mini_batch ? size->second : "1";
  }
  return config;
}

namespace {

CaseResult RunOne(const std::string& id, const Json& test, const Json& run,
                  const RunOptions& options) {
  std::string kind = run.at("kind");
  if (kind.starts_with("restore")) return RunInTwoPhases(id, test, run, options);
  auto session = OpenSession(OptionsOf(test, run, options.parallelism));
  if (!session.ok()) return FromError(id, session.status());
  std::vector<ProgramSink> sinks;
  auto failure = SetUpProgram(**session, test, SourceSetting{}, &sinks);
  if (failure) return FromError(id, failure->status);
  for (const Json& step : test.at("run")) {
    std::string step_kind = step.at("kind"), sql = SqlOf(step);
    if (sql.empty()) return {id, {}, Outcome::kUnsupported, "the statement has no SQL form"};
    failure = RunStatement(**session, sql, nullptr);
    if (step_kind.starts_with("failing")) return RunFailing(id, step, failure);
    if (failure) return FromError(id, failure->status);
  }
  for (const ProgramSink& sink : sinks) {
    auto why = CompareSink(sink, (*session)->values_store().Received(sink.name), Part::kAll,
                           kind == "batch", options.parallelism > 1);
    if (!why.ok()) return FromError(id, why.status());
    if (!why->empty()) return {id, {}, Outcome::kFailed, *why};
  }
  return {id, {}, Outcome::kPassed, {}};
}

}  // namespace

Status RunPrograms(const std::string& dir, const RunOptions& options) {
  for (const std::string& file : CaseFiles(dir)) {
    WEIR_RETURN_NOT_OK(ForEachCase(file, [&](const Json& test) {
      for (const Json& run : test.at("runs")) {
        std::string id = test.at("id").get<std::string>();
        if (test.at("runs").size() > 1) id += "#" + run.at("kind").get<std::string>();
        if (!options.Wants(id)) continue;
        CaseResult result;
        try {
          result = RunOne(id, test, run, options);
        } catch (const Json::exception& error) {
          result = {
              id, {}, Outcome::kFailed, fmt::format("the case cannot be read: {}", error.what())};
        }
        result.file = std::filesystem::path(file).filename();
        options.report(std::move(result));
      }
    }));
  }
  return Status::OK();
}

}  // namespace weir::conformance
