// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// AWS Signature Version 4: what every S3-compatible store checks a request by.
// Source: Amazon S3 API Reference, "Authenticating Requests (AWS Signature Version 4)".
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "weir/base/error.h"

namespace weir {

struct AwsCredentials {
  std::string access_key;
  std::string secret_key;     // Never printed.
  std::string session_token;  // Empty: none.
};

struct SignedRequest {
  std::string method;
  std::string host;  // As it is sent: with the port if it is not the scheme's own.
  std::string path;  // Percent-encoded, begins with '/'.
  std::vector<std::pair<std::string, std::string>> query;    // Not encoded, any order.
  std::vector<std::pair<std::string, std::string>> headers;  // Signed besides host and x-amz-*.
  std::string payload_sha256;                                // Hex.
};

std::string Sha256Hex(std::string_view bytes);

/// "a=1&b=": encoded and sorted, as it is signed and must be sent.
std::string CanonicalQuery(std::vector<std::pair<std::string, std::string>> query);

/// The headers to send: those of the request, x-amz-content-sha256, x-amz-date, a session token if
/// there is one, and Authorization. `now_micros`: since 1970.
std::vector<std::pair<std::string, std::string>> SignedHeaders(const SignedRequest& request,
                                                               const AwsCredentials& credentials,
                                                               const std::string& region,
                                                               int64_t now_micros);

}  // namespace weir
