// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// One HTTP request and its whole answer, as stores need them. The real client is libcurl; tests
// bring one that answers from memory.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/base/error.h"

namespace weir {

struct HttpRequest {
  std::string method;  // "GET".
  std::string url;     // With its query, percent-encoded.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  int64_t timeout_micros = 30'000'000;      // Of the whole request.
  int64_t response_bytes_max = 64ll << 20;  // Of the body; more is an error.
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // Names in lower case; of doubled ones the last.
  std::string body;
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// Redirects are not followed. Errors: kUnavailable when there is no complete answer; the server
  /// may have done what was asked or not. kResourceExhausted when the answer is too long.
  /// Threads: any.
  virtual Result<HttpResponse> Send(const HttpRequest& request) = 0;
};

/// http and https only. Certificates are checked.
std::unique_ptr<HttpClient> MakeCurlHttpClient();

/// Adds one line of a response's head, "Name: value\r\n", to `response`. A status line begins anew
/// (it follows "100 Continue"). What is neither is passed over.
void AddHeaderLine(std::string_view line, HttpResponse* response);

/// All but letters, digits and "-._~" as %XX; also '/' unless `keep_slashes`.
enum class Slashes : uint8_t { kKeep, kEncode };
std::string PercentEncode(std::string_view text, Slashes slashes);

}  // namespace weir
