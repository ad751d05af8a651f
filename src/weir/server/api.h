// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The server's REST interface, without a network: a request in, a response out.
//
//   GET    /v1/jobs                      all jobs
//   POST   /v1/jobs                      {"sql", "options", "resume", "fromSavepoint"} -> {"ids"}
//   GET    /v1/jobs/<id>                 one job, by id or name
//   POST   /v1/jobs/<id>/cancel
//   POST   /v1/jobs/<id>/stop            {"drain", "directory"} -> {"savepoint"}
//   POST   /v1/jobs/<id>/savepoints      {"directory"} -> {"savepoint"}
//   POST   /v1/savepoints/dispose        {"path"}
//   GET    /metrics                      Prometheus text
//   GET    /health                       without a token
//
// Everything but /health needs `Authorization: Bearer <token>`. Bodies are JSON; errors are
// {"error", "hint", "code"} with a 4xx or 5xx status.
//
// Threads: any.
#pragma once

#include <string>
#include <string_view>

#include "weir/server/job_server.h"

namespace weir {

struct ApiRequest {
  std::string method;  // "GET"
  std::string target;  // "/v1/jobs/j0123456789ab?x=y"
  std::string authorization;
  std::string host;
  std::string body;
};

struct ApiResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

class Api {
 public:
  Api(JobServer* jobs, std::string token) : jobs_(jobs), token_(std::move(token)) {}
  ApiResponse Handle(const ApiRequest& request) const;

 private:
  Result<ApiResponse> Route(const ApiRequest& request) const;
  bool IsAuthorized(std::string_view authorization) const;

  JobServer* jobs_;
  std::string token_;
};

/// What `weir job show` and GET /v1/jobs/<id> tell.
std::string JobToJson(const JobView& view, bool with_details);
/// Prometheus text, version 0.0.4.
std::string MetricsText(const std::vector<JobView>& jobs);

}  // namespace weir
