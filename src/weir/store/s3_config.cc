// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include <cstdlib>

#include "weir/store/s3_object_store.h"

namespace weir {
namespace {

std::string FromEnvironment(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

/// The first of `keys` that is set; else of the environment's variables.
std::string Setting(const Options& options, std::initializer_list<const char*> keys,
                    std::initializer_list<const char*> variables) {
  for (const char* key : keys) {
    auto value = options.Get(key);
    if (value && !value->empty()) return *value;
  }
  return FromEnvironment(variables);
}

Status CheckBucket(const std::string& bucket, const std::string& uri) {
  bool is_good = bucket.size() >= 3 && bucket.size() <= 63;
  for (char c : bucket) {
    is_good = is_good && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '.' || c == '_' || (c >= 'A' && c <= 'Z'));
  }
  if (is_good && bucket.find("..") == std::string::npos) return Status::OK();
  return WithHint(InvalidQuery("'{}' is no bucket name, in '{}'", bucket, uri),
                  "s3://bucket/prefix");
}

Status CheckEndpoint(const std::string& endpoint) {
  size_t begin = endpoint.starts_with("https://") ? 8 : endpoint.starts_with("http://") ? 7 : 0;
  std::string host = endpoint.substr(begin);
  bool is_good = begin > 0 && !host.empty();
  for (char c : host) {
    bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '.' || c == ':' || c == '[' || c == ']' || c == '_';
    is_good = is_good && is_plain;
  }
  if (is_good) return Status::OK();
  return WithHint(InvalidQuery("option 's3.endpoint' is no address of a server: '{}'", endpoint),
                  "https://host or http://host:port");
}

}  // namespace

Result<S3Config> MakeS3Config(const std::string& uri, const Options& options) {
  S3Config config;
  size_t begin = uri.find("://");
  std::string rest = begin == std::string::npos ? "" : uri.substr(begin + 3);
  size_t slash = std::min(rest.find('/'), rest.size());
  config.bucket = rest.substr(0, slash);
  WEIR_RETURN_NOT_OK(CheckBucket(config.bucket, uri));
  while (slash < rest.size() && rest[slash] == '/') ++slash;
  config.prefix = rest.substr(slash);
  while (!config.prefix.empty() && config.prefix.back() == '/') config.prefix.pop_back();
  if (!config.prefix.empty()) config.prefix += '/';
  std::string region =
      Setting(options, {"s3.region", "s3.endpoint.region"}, {"AWS_REGION", "AWS_DEFAULT_REGION"});
  if (!region.empty()) config.region = region;
  config.endpoint = Setting(options, {"s3.endpoint"}, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  if (config.endpoint.empty()) config.endpoint = "https://s3." + config.region + ".amazonaws.com";
  if (config.endpoint.find("://") == std::string::npos)
    config.endpoint = "https://" + config.endpoint;
  while (config.endpoint.ends_with('/')) config.endpoint.pop_back();
  WEIR_RETURN_NOT_OK(CheckEndpoint(config.endpoint));
  bool has_odd_name = config.bucket.find_first_of("._") != std::string::npos;
  WEIR_ASSIGN_OR_RETURN(
      bool is_path_style,
      options.GetBool(
          options.Has("s3.path.style.access") ? "s3.path.style.access" : "s3.path-style-access",
          has_odd_name));  // No certificate fits a bucket's dots.
  config.addressing = is_path_style ? S3Addressing::kPath : S3Addressing::kVirtualHost;
  config.credentials.access_key =
      Setting(options, {"s3.access-key", "s3.access.key"}, {"AWS_ACCESS_KEY_ID"});
  config.credentials.secret_key =
      Setting(options, {"s3.secret-key", "s3.secret.key"}, {"AWS_SECRET_ACCESS_KEY"});
  config.credentials.session_token = Setting(options, {"s3.session-token"}, {"AWS_SESSION_TOKEN"});
  if (config.credentials.access_key.empty() || config.credentials.secret_key.empty()) {
    return WithHint(InvalidQuery("'{}' cannot be opened without keys", uri),
                    "set s3.access-key and s3.secret-key, or the variables AWS_ACCESS_KEY_ID and "
                    "AWS_SECRET_ACCESS_KEY");
  }
  WEIR_ASSIGN_OR_RETURN(config.request_timeout_micros,
                        options.GetDurationMicros("s3.connection.timeout", 30'000'000));
  WEIR_ASSIGN_OR_RETURN(config.deadline_micros,
                        options.GetDurationMicros("s3.retry.deadline", 120'000'000));
  return config;
}

}  // namespace weir
