// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Objects in an S3-compatible store: GET, PUT, DELETE, LIST (version 2), and put-if-absent by
// "If-None-Match: *". Single requests only: an object has at most 64 MiB.
//
// Requests that fail for a while (no answer, 408, 409, 429, 5xx) are repeated with exponential
// back-off and jitter until the deadline; then the error is kUnavailable. A Put or Delete can be
// repeated without harm. A PutIfAbsent cannot be told from its own echo: when an attempt got no
// answer and a later one is told that the key exists, the error is kUnavailable and says so. The
// caller then reads the key and compares.
//
// Threads: any.
#pragma once

#include <memory>
#include <string>

#include "weir/base/environment.h"
#include "weir/base/options.h"
#include "weir/store/aws_signature.h"
#include "weir/store/http_client.h"

namespace weir {

enum class S3Addressing : uint8_t { kVirtualHost, kPath };

struct S3Config {
  std::string bucket;
  std::string prefix;    // Before every key; empty, or ends in '/'.
  std::string endpoint;  // "https://s3.eu-west-1.amazonaws.com", without the bucket.
  std::string region = "us-east-1";
  AwsCredentials credentials;
  S3Addressing addressing = S3Addressing::kVirtualHost;
  int64_t object_bytes_max = 64 << 20;
  int64_t request_timeout_micros = 30'000'000;
  int64_t deadline_micros = 120'000'000;  // Of a call with all its repetitions.
  int64_t first_pause_micros = 100'000;
  int64_t pause_max_micros = 10'000'000;
};

/// From "s3://bucket/prefix" and the options s3.endpoint, s3.access-key, s3.secret-key,
/// s3.path.style.access, s3.region; what is missing from the variables AWS_ENDPOINT_URL_S3,
/// AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION,
/// AWS_DEFAULT_REGION. Errors: kInvalidQuery.
Result<S3Config> MakeS3Config(const std::string& uri, const Options& options);

/// `clock` and `random` outlive the store.
std::unique_ptr<ObjectStore> MakeS3ObjectStore(S3Config config, std::unique_ptr<HttpClient> http,
                                               Clock* clock, Random* random);

/// An answer of LIST.
struct S3Listing {
  std::vector<std::string> keys;
  std::string continuation;  // Empty: that was all.
};
/// Errors: kUnavailable when the text is no such answer.
Result<S3Listing> ParseS3Listing(std::string_view xml);
/// "NoSuchBucket" of an error answer; empty when there is none.
std::string S3ErrorCode(std::string_view xml);

}  // namespace weir
