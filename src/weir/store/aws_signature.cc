// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/store/aws_signature.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <map>

#include "weir/base/check.h"
#include "weir/store/http_client.h"

namespace weir {
namespace {

constexpr size_t kBlockBytes = 64;  // Of SHA-256.

std::string Sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int length = 0;
  WEIR_CHECK(
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) == 1,
      "SHA-256 is there");
  return {reinterpret_cast<char*>(digest.data()), length};
}

std::string HmacSha256(std::string key, std::string_view message) {
  if (key.size() > kBlockBytes) key = Sha256(key);
  key.resize(kBlockBytes, '\0');
  std::string inner = key, outer = key;
  for (char& c : inner) c = static_cast<char>(c ^ 0x36);
  for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
  inner += message;
  return Sha256(outer + Sha256(inner));
}

std::string Hex(std::string_view bytes) {
  std::string out;
  for (char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace

std::string Sha256Hex(std::string_view bytes) { return Hex(Sha256(bytes)); }

std::string CanonicalQuery(std::vector<std::pair<std::string, std::string>> query) {
  for (auto& [name, value] : query) {
    name = PercentEncode(name, Slashes::kEncode);
    value = PercentEncode(value, Slashes::kEncode);
  }
  std::sort(query.begin(), query.end());
  std::string text;
  for (const auto& [name, value] : query) {
    if (!text.empty()) text += '&';
    text += name + "=" + value;
  }
  return text;
}

std::vector<std::pair<std::string, std::string>> SignedHeaders(const SignedRequest& request,
                                                               const AwsCredentials& credentials,
                                                               const std::string& region,
                                                               int64_t now_micros) {
  std::time_t seconds = static_cast<std::time_t>(now_micros / 1'000'000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::string day = fmt::format("{:04}{:02}{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
  std::string time = fmt::format("{}T{:02}{:02}{:02}Z", day, utc.tm_hour, utc.tm_min, utc.tm_sec);
  std::vector<std::pair<std::string, std::string>> headers = request.headers;
  headers.emplace_back("x-amz-content-sha256", request.payload_sha256);
  headers.emplace_back("x-amz-date", time);
  if (!credentials.session_token.empty())
    headers.emplace_back("x-amz-security-token", credentials.session_token);
  std::map<std::string, std::string> sorted = {{"host", request.host}};
  for (const auto& [name, value] : headers) sorted[Lower(name)] = value;
  std::string canonical_headers, names;
  for (const auto& [name, value] : sorted) {
    canonical_headers += name + ":" + value + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, request.path,
                  CanonicalQuery(request.query), canonical_headers, names, request.payload_sha256);
  std::string scope = fmt::format("{}/{}/s3/aws4_request", day, region);
  std::string to_sign =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", time, scope, Sha256Hex(canonical));
  std::string key = HmacSha256("AWS4" + credentials.secret_key, day);
  for (std::string_view part :
       {std::string_view(region), std::string_view("s3"), std::string_view("aws4_request")}) {
    key = HmacSha256(key, part);
  }
  headers.emplace_back(
      "Authorization",
      fmt::format("AWS4-HMAC-SHA256 Credential={}/{},SignedHeaders={},Signature={}",
                  credentials.access_key, scope, names, Hex(HmacSha256(key, to_sign))));
  return headers;
}

}  // namespace weir
