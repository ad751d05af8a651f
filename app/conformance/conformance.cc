// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "conformance.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "weir/data/text.h"
#include "weir/sql/parser.h"

namespace weir::conformance {

Result<std::string> ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return InvalidData("cannot read {}", path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> CaseFiles(const std::string& dir) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Status ForEachCase(const std::string& path, const std::function<void(const Json&)>& run) {
  std::ifstream in(path);
  if (!in) return InvalidData("cannot read {}", path);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty()) continue;
    Json parsed = Json::parse(line, nullptr, false);
    if (parsed.is_discarded() || !parsed.is_object() || !parsed.contains("id")) {
      return InvalidData("{}:{}: no case", path, number);
    }
    run(parsed);
  }
  return Status::OK();
}

Result<std::unique_ptr<Session>> OpenSession(const std::map<std::string, std::string>& options,
                                             const Environment* environment) {
  SessionConfig config;
  config.environment = environment;
  config.options = options;
  return Session::Create(std::move(config));
}

std::map<std::string, std::string> ConfigOf(const Json& config) {
  std::map<std::string, std::string> options;
  if (!config.is_object()) return options;
  for (const auto& [key, value] : config.items())
    options[key] = value.is_string() ? value.get<std::string>() : value.dump();
  return options;
}

std::optional<Failure> RunStatement(
    Session& session, const std::string& sql,
    const std::function<Status(const QueryResult&, const Batch&)>& consume,
    std::unique_ptr<QueryResult>* kept) {
  auto parsed = ParseStatements(sql);
  if (!parsed.ok()) return Failure{parsed.status(), true};
  for (const Statement& statement : *parsed) {
    auto executed = session.Execute(statement, sql);
    if (!executed.ok()) return Failure{executed.status(), true};
    std::unique_ptr<QueryResult> own = std::move(*executed);
    QueryResult& result = *own;
    if (kept != nullptr) *kept = std::move(own);
    Batch batch;
    while (true) {
      auto more = result.Next(&batch);
      if (!more.ok()) return Failure{more.status(), false};
      if (!*more) break;
      if (!consume) continue;
      Status status = consume(result, batch);
      if (!status.ok()) return Failure{status, false};
    }
  }
  return std::nullopt;
}

CaseResult FromError(std::string id, const Status& status) {
  bool refused = GetErrorInfo(status).code == ErrorCode::kUnsupported;
  return {std::move(id), {}, refused ? Outcome::kUnsupported : Outcome::kFailed, status.message()};
}

std::string Quote(const std::string& name) {
  std::string quoted = "`";
  for (char c : name) {
    quoted += c;
    if (c == '`') quoted += c;
  }
  return quoted + "`";
}

std::string ColumnList(const Json& columns) {
  std::string list;
  for (const Json& column : columns) {
    if (!list.empty()) list += ", ";
    list += Quote(column.at("name")) + " " + column.at("type").get<std::string>();
  }
  return list;
}

std::string RowText(const Json& row) {
  return row.dump(-1, ' ', false, Json::error_handler_t::replace);
}

namespace {

bool SameNumber(double a, const Json& expected) {
  if (expected.is_string()) {
    const std::string& text = expected.get_ref<const std::string&>();
    if (text == "NaN") return std::isnan(a);
    if (text == "Infinity") return std::isinf(a) && a > 0;
    if (text == "-Infinity") return std::isinf(a) && a < 0;
    return false;
  }
  return expected.is_number() && a == expected.get<double>();
}

std::string Text(const Column& column, int64_t row) {
  std::string text;
  AppendValueText(column, row, TextStyle::kCast, nullptr, &text);
  return text;
}

/// Timestamps and dates compare by text; both forms with T and with a blank are read.
std::string PlainTimestamp(std::string text) {
  if (text.size() > 10 && text[10] == 'T') text[10] = ' ';
  return text;
}

bool SameList(const Column& list, const Column& child, int64_t row, const Json& expected,
              std::string* why) {
  int64_t at = list.Position(row);
  int32_t begin = list.offsets()[at], end = list.offsets()[at + 1];
  if (!expected.is_array() || expected.size() != static_cast<size_t>(end - begin)) return false;
  for (int32_t i = begin; i < end; ++i) {
    if (!SameTyped(child, i, expected[static_cast<size_t>(i - begin)], why)) return false;
  }
  return true;
}

/// Entries in any order.
bool SameMap(const Column& map, int64_t row, const Json& expected, std::string* why) {
  int64_t at = map.Position(row);
  int32_t begin = map.offsets()[at], end = map.offsets()[at + 1];
  if (!expected.is_array() || expected.size() != static_cast<size_t>(end - begin)) return false;
  std::vector<bool> used(expected.size(), false);
  for (int32_t i = begin; i < end; ++i) {
    bool found = false;
    for (size_t e = 0; e < expected.size() && !found; ++e) {
      if (used[e] || !SameTyped(*map.children[0], i, expected[e][0], why)) continue;
      found = SameTyped(*map.children[1], i, expected[e][1], why);
      used[e] = found;
    }
    if (!found) return false;
  }
  return true;
}

bool SameScalar(const Column& column, int64_t row, const Json& expected) {
  switch (column.type.kind()) {
    case TypeKind::kBoolean:
      return expected.is_boolean() && column.BoolAt(row) == expected.get<bool>();
    case TypeKind::kTinyInt:
    case TypeKind::kSmallInt:
    case TypeKind::kInt:
    case TypeKind::kBigInt:
      return expected.is_number_integer() && Text(column, row) == expected.dump();
    case TypeKind::kIntervalYearMonth:
      return expected.is_number_integer() && column.At<int32_t>(row) == expected.get<int64_t>();
    case TypeKind::kIntervalDayTime:
      return expected.is_number_integer() && column.At<int64_t>(row) == expected.get<int64_t>();
    case TypeKind::kFloat:
      return expected.is_number()
                 ? column.At<float>(row) == static_cast<float>(expected.get<double>())
                 : SameNumber(column.At<float>(row), expected);
    case TypeKind::kDouble:
      return SameNumber(column.At<double>(row), expected);
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: {
      std::string hex;
      const auto bytes = column.At<StringView>(row);
      for (unsigned char c : bytes.view()) hex += fmt::format("{:02x}", c);
      std::string wanted = expected.is_string() ? expected.get<std::string>() : "";
      std::transform(wanted.begin(), wanted.end(), wanted.begin(),
                     [](unsigned char c) { return std::tolower(c); });
      return expected.is_string() && hex == wanted;
    }
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: {
      if (!expected.is_string()) return false;
      std::string wanted = PlainTimestamp(expected.get<std::string>()), got = Text(column, row);
      if (column.type.kind() == TypeKind::kTimestampLtz) got += "Z";
      // Trailing zeros of the fraction may be dropped in the corpus.
      auto trim = [](std::string text) {
        bool zone = !text.empty() && text.back() == 'Z';
        if (zone) text.pop_back();
        if (text.find('.') != std::string::npos) {
          while (text.back() == '0') text.pop_back();
          if (text.back() == '.') text.pop_back();
        }
        return zone ? text + "Z" : text;
      };
      return trim(got) == trim(wanted);
    }
    case TypeKind::kTime: {
      if (!expected.is_string()) return false;
      std::optional<int32_t> wanted = ParseTime(expected.get<std::string>());
      return wanted && *wanted == column.At<int32_t>(row);
    }
    default:
      return expected.is_string() && Text(column, row) == expected.get<std::string>();
  }
}

}  // namespace

bool SameTyped(const Column& column, int64_t row, const Json& expected, std::string* why) {
  bool same;
  if (column.IsNull(row)) {
    same = expected.is_null();
  } else if (expected.is_null()) {
    same = false;
  } else if (column.encoding == Encoding::kDictionary) {
    return SameTyped(column.dictionary(), column.indices()[row], expected, why);
  } else {
    switch (column.type.kind()) {
      case TypeKind::kArray:
        same = SameList(column, *column.children[0], row, expected, why);
        break;
      case TypeKind::kMap:
      case TypeKind::kMultiset:
        same = SameMap(column, row, expected, why);
        break;
      case TypeKind::kRow: {
        same = expected.is_array() && expected.size() == column.children.size();
        for (size_t i = 0; same && i < column.children.size(); ++i) {
          same = SameTyped(*column.children[i], column.Position(row), expected[i], why);
        }
        break;
      }
      default:
        same = SameScalar(column, row, expected);
    }
  }
  if (!same)
    *why = fmt::format("expected {}, got {}",
                       expected.dump(-1, ' ', false, Json::error_handler_t::replace),
                       Text(column, row));
  return same;
}

}  // namespace weir::conformance
