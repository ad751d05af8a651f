// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The Nexmark queries over frozen events: digests of the final rows, in both modes, at parallelism
// 1 and 2.
#include <fcntl.h>
#include <openssl/evp.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "conformance.h"
#include "weir/data/text.h"
#include "weir/sql/parser.h"

namespace weir::conformance {
namespace {

struct Digest {
  uint64_t rows = 0, sum = 0, xored = 0;
  bool operator==(const Digest&) const = default;
};

uint64_t HashLine(const std::string& line) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(line.data(), line.size(), hash, &size, EVP_sha256(), nullptr);
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | hash[i];
  return value;
}

std::string JsonString(std::string_view text) {
  std::string out = "\"";
  for (unsigned char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c < 32) {
      out += fmt::format("\\u{:04x}", c);
    } else {
      out += static_cast<char>(c);
    }
  }
  return out + "\"";
}

/// The canonical line of a row: one JSON array without blanks.
std::string CanonicalRow(const Batch& batch, int64_t row, const std::vector<int>& columns) {
  std::string line = "[";
  for (int i : columns) {
    const Column& column = *batch.columns[static_cast<size_t>(i)];
    if (line.size() > 1) line += ',';
    std::string text;
    if (column.IsNull(row)) {
      line += "null";
      continue;
    }
    AppendValueText(column, row, TextStyle::kCast, nullptr, &text);
    bool plain = column.type.is_integer() || column.type.kind() == TypeKind::kDouble ||
                 column.type.kind() == TypeKind::kFloat;
    if (column.type.kind() == TypeKind::kBoolean) {
      line += text == "TRUE" ? "true" : "false";
    } else {
      line += plain ? text : JsonString(text);
    }
  }
  return line + "]";
}

Digest ReadDigest(const Json& json) {
  Digest digest;
  digest.rows = json.at("rows").get<uint64_t>();
  digest.sum = std::stoull(json.at("sum").get<std::string>(), nullptr, 16);
  digest.xored = std::stoull(json.at("xor").get<std::string>(), nullptr, 16);
  return digest;
}

void ReplaceAll(std::string* text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text->find(from, at)) != std::string::npos; at += to.size())
    text->replace(at, from.size(), to);
}

/// Runs a program without a shell, its standard output in `path`; whether it ended well.
bool RunInto(const std::vector<std::string>& command, const std::string& path) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, path.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0644);
  pid_t child = 0;
  int failed = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  return failed == 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

/// Makes the events of data set `name` ("seed1-out-of-order") unless they are there.
Result<std::string> EventsOf(const std::string& dir, const std::string& name) {
  std::filesystem::path cache = std::filesystem::temp_directory_path() / "weir-conformance-events";
  std::filesystem::create_directories(cache);
  std::string path = cache / (name + ".ndjson");
  if (std::filesystem::exists(path)) return path;
  std::string rest = name;
  bool out_of_order = rest.ends_with("-out-of-order");
  if (out_of_order) rest.resize(rest.size() - std::string("-out-of-order").size());
  if (!rest.starts_with("seed") || rest.find_first_not_of("0123456789", 4) != std::string::npos ||
      rest.size() == 4) {
    return InvalidData("data set '{}' does not say its seed", name);
  }
  std::vector<std::string> command = {"python3", dir + "/events.py", "--events",
                                      "100000",  "--seed",           rest.substr(4)};
  if (out_of_order) command.push_back("--out-of-order");
  if (!RunInto(command, path + ".part"))
    return InvalidData("the generator failed: {}", fmt::join(command, " "));
  std::filesystem::rename(path + ".part", path);
  return path;
}

/// The user function of q14_udf: how many bytes of the first argument equal the second's first
/// byte.
constexpr const char* kCountChar =
    ";CREATE TEMPORARY FUNCTION count_char(text STRING, c STRING) RETURNS BIGINT AS SQL "
    "'CAST(CHAR_LENGTH(text) - CHAR_LENGTH(REPLACE(text, SUBSTRING(c, 1, 1), '''')) AS BIGINT)';";

struct Setup {
  std::string dir, events, prelude, sql;
};

std::optional<Failure> RunQuery(const Setup& setup, const std::string& mode, int parallelism,
                                const std::vector<std::string>* stable, Digest* digest,
                                std::string* changes) {
  std::map<std::string, std::string> config = {
      {"execution.runtime-mode", mode}, {"parallelism.default", std::to_string(parallelism)}};
  auto session = OpenSession(config);
  if (!session.ok()) return Failure{session.status(), true};
  std::string prelude = setup.prelude;
  ReplaceAll(&prelude, "${EVENTS}", setup.events);
  ReplaceAll(&prelude, "${SIDE_INPUT}", setup.dir + "/side_input.csv");
  auto failure = RunStatement(**session, prelude + kCountChar, nullptr);
  if (failure) return failure;
  bool append_only = true;
  failure = RunStatement(**session, setup.sql, [&](const QueryResult& result, const Batch& batch) {
    std::vector<int> columns;
    for (int i = 0; i < result.schema().size(); ++i) {
      bool wanted = stable == nullptr || std::find(stable->begin(), stable->end(),
                                                   result.schema()[i].name) != stable->end();
      if (wanted) columns.push_back(i);
    }
    for (int64_t row = 0; row < batch.num_rows; ++row) {
      uint64_t hash = HashLine(CanonicalRow(batch, row, columns));
      append_only &= batch.kind(row) == RowKind::kInsert;
      bool adds = IsAccumulate(batch.kind(row));
      digest->rows += adds ? 1 : uint64_t(-1);
      digest->sum += adds ? hash : uint64_t(0) - hash;
      digest->xored ^= hash;
    }
    return Status::OK();
  });
  *changes = append_only ? "+I" : "changes";
  return failure;
}

CaseResult CheckOne(const std::string& id, const Setup& setup, const Json& expected, bool is_batch,
                    int parallelism) {
  const char* key = is_batch ? "batch" : "stream";
  if (!expected.contains(key) || !expected.at(key).is_object() ||
      !expected.at(key).contains("rows")) {
    // Flink gives no rows in this mode; where Weir gives some, they are those of the other mode.
    key = is_batch ? "stream" : "batch";
  }
  if (!expected.contains(key) || !expected.at(key).is_object() ||
      !expected.at(key).contains("rows")) {
    return {id, {}, Outcome::kUnsupported, "no golden rows: the result depends on the clock"};
  }
  Digest wanted = ReadDigest(expected.at(key)), got;
  std::string changes;
  auto failure =
      RunQuery(setup, is_batch ? "BATCH" : "STREAMING", parallelism, nullptr, &got, &changes);
  if (failure) return FromError(id, failure->status);
  if (!is_batch && expected.at(key).contains("changes")) {
    const Json& kinds = expected.at(key).at("changes");
    if (kinds.is_object() && kinds.size() == 1 && kinds.contains("+I") && changes != "+I") {
      return {id, {}, Outcome::kFailed, "the result must be append-only"};
    }
  }
  if (wanted == got) return {id, {}, Outcome::kPassed, {}};
  if (expected.contains("stable") && expected.at("stable").is_object() &&
      expected.at("stable").contains("columns")) {
    std::vector<std::string> columns;
    for (const Json& column : expected.at("stable").at("columns"))
      columns.push_back(column.get<std::string>());
    Digest stable_wanted = ReadDigest(expected.at("stable")), stable_got;
    failure = RunQuery(setup, is_batch ? "BATCH" : "STREAMING", parallelism, &columns, &stable_got,
                       &changes);
    if (!failure && stable_wanted == stable_got && (is_batch || parallelism > 1))
      return {id, {}, Outcome::kPassed, {}};
  }
  return {id,
          {},
          Outcome::kFailed,
          fmt::format("expected {} rows (sum {:016x}), got {} (sum {:016x})", wanted.rows,
                      wanted.sum, got.rows, got.sum)};
}

}  // namespace

Status RunNexmark(const std::string& dir, const RunOptions& options) {
  WEIR_ASSIGN_OR_RETURN(std::string prelude, ReadText(dir + "/prelude.sql"));
  std::vector<std::string> sets;
  for (const auto& entry : std::filesystem::directory_iterator(dir + "/expected")) {
    if (entry.is_directory()) sets.push_back(entry.path().filename());
  }
  std::sort(sets.begin(), sets.end());
  for (const std::string& set : sets) {
    WEIR_ASSIGN_OR_RETURN(std::string events, EventsOf(dir, set));
    std::vector<std::string> queries;
    for (const auto& entry : std::filesystem::directory_iterator(dir + "/expected/" + set)) {
      if (entry.path().extension() == ".json") queries.push_back(entry.path().stem());
    }
    std::sort(queries.begin(), queries.end());
    for (const std::string& query : queries) {
      WEIR_ASSIGN_OR_RETURN(std::string text,
                            ReadText(dir + "/expected/" + set + "/" + query + ".json"));
      Json expected = Json::parse(text, nullptr, false);
      if (!expected.is_object())
        return InvalidData("{}/expected/{}/{}.json is no JSON object", dir, set, query);
      auto sql = ReadText(dir + "/" + query + ".sql");
      if (!sql.ok()) return sql.status();
      Setup setup{dir, events, prelude, *sql};
      for (bool is_batch : {false, true}) {
        for (int parallelism : {1, 2}) {
          std::string id =
              fmt::format("{}/{}#{}-{}", set, query, is_batch ? "batch" : "stream", parallelism);
          if (!options.Wants(id)) continue;
          CaseResult result = CheckOne(id, setup, expected, is_batch, parallelism);
          result.file = set;
          options.report(std::move(result));
        }
      }
    }
  }
  return Status::OK();
}

}  // namespace weir::conformance
