// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// HTTP on a loopback address in front of the interface. Connections, headers, bodies and waiting
// times are bounded.
//
// Threads: Run blocks its thread; Stop from any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "weir/base/error.h"
#include "weir/server/api.h"

namespace weir {

struct HttpLimits {
  size_t connections_max = 64;
  uint32_t header_bytes_max = 16 << 10;
  uint64_t body_bytes_max = 2 << 20;  // A script has 1 MiB at most; JSON may double it.
  int64_t idle_seconds_max = 10;
  int handler_threads = 4;
};

class HttpServer {
 public:
  /// Listens. `address` must be one of this machine's loopback; port 0: any free one. Errors:
  /// kInvalidQuery for other addresses, kUnavailable when the port is taken.
  static Result<std::unique_ptr<HttpServer>> Listen(const std::string& address, uint16_t port,
                                                    const Api* api, const HttpLimits& limits = {});
  virtual ~HttpServer() = default;
  virtual uint16_t port() const = 0;
  /// Serves until Stop.
  virtual void Run() = 0;
  virtual void Stop() = 0;
};

/// One request to a server on this machine; for `weir job`. Errors: kUnavailable when nobody
/// answers.
struct HttpAddress {
  std::string host;
  uint16_t port = 0;
};
Result<ApiResponse> SendRequest(const HttpAddress& address, const ApiRequest& request,
                                int64_t timeout_seconds);

}  // namespace weir
