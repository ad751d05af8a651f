// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/server/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kBearer = "Bearer ";

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

int HttpStatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidQuery:
    case ErrorCode::kInvalidData:
      return 400;
    case ErrorCode::kUnsupported:
      return 501;
    case ErrorCode::kUnavailable:
    case ErrorCode::kCancelled:
      return 503;
    case ErrorCode::kResourceExhausted:
      return 429;
    case ErrorCode::kCorruption:
    case ErrorCode::kFenced:
    case ErrorCode::kInternal:
      return 500;
  }
  return 500;
}

ApiResponse ErrorResponse(int status, std::string_view message, std::string_view hint = {},
                          std::string_view code = {}) {
  Json json;
  json["error"] = message;
  if (!hint.empty()) json["hint"] = hint;
  if (!code.empty()) json["code"] = code;
  return {status, "application/json", Dump(json)};
}

ApiResponse Ok(const Json& json) { return {200, "application/json", Dump(json)}; }

/// A body of JSON members; an empty body has none.
class Body {
 public:
  static Result<Body> Parse(const std::string& text) {
    Body body;
    body.json_ =
        text.empty() ? Json::object() : Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!body.json_.is_object()) return InvalidQuery("the request's body is no JSON object");
    return body;
  }
  Status CheckMembers(std::initializer_list<std::string_view> known) const {
    for (const auto& [key, value] : json_.items()) {
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        return WithHint(InvalidQuery("unknown member '{}' in the request", key),
                        fmt::format("its members are {}", fmt::join(known, ", ")));
      }
    }
    return Status::OK();
  }
  Result<std::string> Text(const std::string& key) const {
    if (!json_.contains(key)) return std::string();
    if (!json_[key].is_string()) return InvalidQuery("member '{}' must be a string", key);
    return json_[key].get<std::string>();
  }
  Result<bool> Flag(const std::string& key) const {
    if (!json_.contains(key)) return false;
    if (!json_[key].is_boolean()) return InvalidQuery("member '{}' must be true or false", key);
    return json_[key].get<bool>();
  }
  Result<std::map<std::string, std::string>> Texts(const std::string& key) const {
    std::map<std::string, std::string> texts;
    if (!json_.contains(key)) return texts;
    if (!json_[key].is_object()) return InvalidQuery("member '{}' must be an object", key);
    for (const auto& [name, value] : json_[key].items()) {
      if (!value.is_string())
        return InvalidQuery("option '{}' in '{}' must be a string", name, key);
      texts[name] = value.get<std::string>();
    }
    return texts;
  }

 private:
  Json json_;
};

/// "/v1/jobs/x/stop?y" -> {"v1", "jobs", "x", "stop"}. Names are ids, never paths: what is escaped
/// is decoded once, and may hold anything.
Result<std::vector<std::string>> PathParts(std::string_view target) {
  std::vector<std::string> parts;
  std::string part;
  target = target.substr(0, target.find('?'));
  if (target.empty() || target[0] != '/') return InvalidQuery("a path begins with '/'");
  auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  for (size_t i = 1; i <= target.size(); ++i) {
    if (i == target.size() || target[i] == '/') {
      parts.push_back(std::exchange(part, {}));
    } else if (target[i] == '%') {
      int high = i + 1 < target.size() ? digit(target[i + 1]) : -1;
      int low = i + 2 < target.size() ? digit(target[i + 2]) : -1;
      if (high < 0 || low < 0) return InvalidQuery("a '%' in the path lacks its two digits");
      part += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      part += target[i];
    }
  }
  return parts;
}

/// Only names of this machine: a page of a foreign site that points its own name here is refused.
bool IsLocalHost(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1) == "[::1]";
  host = host.substr(0, host.find(':'));
  return host == "localhost" || host == "127.0.0.1";
}

Json FiguresJson(const CheckpointFigures& figures) {
  constexpr std::string_view kKinds[] = {"checkpoint", "savepoint", "final", "fence"};
  Json json;
  json["epoch"] = figures.epoch;
  json["kind"] = kKinds[static_cast<size_t>(figures.kind)];
  json["status"] = figures.status.ok() ? "completed" : "failed";
  if (!figures.status.ok()) json["error"] = figures.status.message();
  json["started"] = FormatUtcMillis(figures.started_micros);
  json["millis"] = figures.duration_micros / 1000;
  json["bytes"] = figures.bytes_written;
  return json;
}

}  // namespace

std::string JobToJson(const JobView& view, bool with_details) {
  const JobRecord& record = view.record;
  Json json;
  json["id"] = record.id;
  json["name"] = record.name;
  json["state"] = JobStateName(record.state);
  json["created"] = FormatUtcMillis(record.created_micros);
  if (record.ended_micros > 0) json["ended"] = FormatUtcMillis(record.ended_micros);
  if (!record.error.empty()) json["error"] = record.error;
  json["restarts"] = view.restarts;
  if (!view.checkpoints.empty()) json["lastCheckpoint"] = FiguresJson(view.checkpoints.back());
  if (with_details) {
    json["statement"] = record.statement;
    json["operators"] = Json::array();
    for (const NodeProgress& node : view.nodes) {
      Json one;
      one["name"] = node.name;
      one["rowsIn"] = node.counters.rows_in;
      one["rowsOut"] = node.counters.rows_out;
      one["lateRowsDropped"] = node.counters.late_rows_dropped;
      one["recordsSkipped"] = node.counters.records_skipped;
      one["bytesRead"] = node.counters.bytes_read;
      if (node.counters.watermark_millis != Watermark::kMin &&
          node.counters.watermark_millis != Watermark::kMax) {
        one["watermark"] = FormatUtcMillis(node.counters.watermark_millis * 1000);
      }
      if (!node.positions.empty()) one["positions"] = node.positions;
      json["operators"].push_back(std::move(one));
    }
    json["checkpoints"] = Json::array();
    for (const CheckpointFigures& figures : view.checkpoints)
      json["checkpoints"].push_back(FiguresJson(figures));
  }
  json["savepoints"] = Json::array();
  for (const SavepointRecord& savepoint : record.savepoints) {
    json["savepoints"].push_back(
        {{"path", savepoint.path}, {"created", FormatUtcMillis(savepoint.created_micros)}});
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool Api::IsAuthorized(std::string_view authorization) const {
  if (!authorization.starts_with(kBearer)) return false;
  std::string_view given = authorization.substr(kBearer.size());
  // In a time that does not tell how much of it was right.
  unsigned char differs = given.size() == token_.size() ? 0 : 1;
  for (size_t i = 0; i < token_.size(); ++i) {
    char c = i < given.size() ? given[i] : '\0';
    differs = static_cast<unsigned char>(differs | (c ^ token_[i]));
  }
  return differs == 0;
}

ApiResponse Api::Handle(const ApiRequest& request) const {
  if (!IsLocalHost(request.host))
    return ErrorResponse(403, "this server answers to names of this machine only");
  if (request.target == "/health") {
    if (request.method != "GET") return ErrorResponse(405, "only GET is allowed here");
    return Ok({{"status", "ok"}});
  }
  if (!IsAuthorized(request.authorization)) {
    return ErrorResponse(401, "the token is missing or wrong",
                         "Authorization: Bearer <the text of the file 'token' in the server's "
                         "state directory>");
  }
  Result<ApiResponse> response = Route(request);
  if (response.ok()) return *std::move(response);
  ErrorInfo info = GetErrorInfo(response.status());
  return ErrorResponse(HttpStatusOf(info.code), response.status().message(), info.hint,
                       ErrorCodeName(info.code));
}

Result<ApiResponse> Api::Route(const ApiRequest& request) const {
  WEIR_ASSIGN_OR_RETURN(std::vector<std::string> parts, PathParts(request.target));
  const bool is_get = request.method == "GET", is_post = request.method == "POST";
  auto only = [](std::string_view method) {
    return ErrorResponse(405, fmt::format("only {} is allowed here", method));
  };
  if (parts == std::vector<std::string>{"metrics"}) {
    if (!is_get) return only("GET");
    return ApiResponse{200, "text/plain; version=0.0.4", MetricsText(jobs_->List())};
  }
  if (parts.size() < 2 || parts[0] != "v1") return ErrorResponse(404, "there is nothing here");
  if (parts[1] == "savepoints" && parts.size() == 3 && parts[2] == "dispose") {
    if (!is_post) return only("POST");
    WEIR_ASSIGN_OR_RETURN(Body body, Body::Parse(request.body));
    WEIR_RETURN_NOT_OK(body.CheckMembers({"path"}));
    WEIR_ASSIGN_OR_RETURN(std::string path, body.Text("path"));
    WEIR_RETURN_NOT_OK(jobs_->DisposeSavepoint(path));
    return Ok(Json::object());
  }
  if (parts[1] != "jobs") return ErrorResponse(404, "there is nothing here");
  if (parts.size() == 2 && is_get) {
    std::vector<std::string> jobs;
    for (const JobView& view : jobs_->List()) jobs.push_back(JobToJson(view, false));
    return ApiResponse{200, "application/json",
                       fmt::format("{{\"jobs\":[{}]}}\n", fmt::join(jobs, ","))};
  }
  if (parts.size() == 2) {
    if (!is_post) return only("GET and POST");
    WEIR_ASSIGN_OR_RETURN(Body body, Body::Parse(request.body));
    WEIR_RETURN_NOT_OK(body.CheckMembers({"sql", "options", "resume", "fromSavepoint"}));
    SubmitRequest submit;
    WEIR_ASSIGN_OR_RETURN(submit.sql, body.Text("sql"));
    WEIR_ASSIGN_OR_RETURN(submit.options, body.Texts("options"));
    WEIR_ASSIGN_OR_RETURN(submit.resume, body.Flag("resume"));
    WEIR_ASSIGN_OR_RETURN(submit.from_savepoint, body.Text("fromSavepoint"));
    WEIR_ASSIGN_OR_RETURN(std::vector<std::string> ids, jobs_->Submit(submit));
    return Ok({{"ids", ids}});
  }
  const std::string& id = parts[2];
  if (parts.size() == 3) {
    if (!is_get) return only("GET");
    WEIR_ASSIGN_OR_RETURN(JobView view, jobs_->Show(id));
    return ApiResponse{200, "application/json", JobToJson(view, true) + "\n"};
  }
  if (parts.size() != 4) return ErrorResponse(404, "there is nothing here");
  const std::string& action = parts[3];
  if (action != "cancel" && action != "stop" && action != "savepoints")
    return ErrorResponse(404, "there is nothing here");
  if (!is_post) return only("POST");
  WEIR_ASSIGN_OR_RETURN(Body body, Body::Parse(request.body));
  if (action == "cancel") {
    WEIR_RETURN_NOT_OK(jobs_->Cancel(id));
    return Ok(Json::object());
  }
  SavepointRequest savepoint;
  WEIR_ASSIGN_OR_RETURN(savepoint.directory, body.Text("directory"));
  if (action == "stop") {
    WEIR_RETURN_NOT_OK(body.CheckMembers({"directory", "drain"}));
    WEIR_ASSIGN_OR_RETURN(bool drain, body.Flag("drain"));
    savepoint.end = drain ? SavepointEnd::kDrain : SavepointEnd::kStop;
  } else {
    WEIR_RETURN_NOT_OK(body.CheckMembers({"directory"}));
  }
  WEIR_ASSIGN_OR_RETURN(std::string path, jobs_->Savepoint(id, savepoint));
  return Ok({{"savepoint", path}});
}

}  // namespace weir
