// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/testing/fake_s3.h"

#include <cstdlib>
#include <ctime>

namespace weir {
namespace {

std::string Decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out +=
          static_cast<char>(std::strtol(std::string(text.substr(i + 1, 2)).c_str(), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string HeaderOf(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return {};
}

HttpResponse Refusal(int status, const std::string& code) {
  return {status, {}, "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code></Error>"};
}

/// "http://host/bucket/key?query".
struct ParsedUrl {
  std::string host, path;
  std::map<std::string, std::string> query;
};
ParsedUrl ParseUrl(const std::string& url) {
  ParsedUrl parsed;
  size_t begin = url.find("://") + 3, slash = url.find('/', begin), mark = url.find('?');
  parsed.host = url.substr(begin, slash - begin);
  parsed.path = url.substr(slash, mark == std::string::npos ? mark : mark - slash);
  while (mark != std::string::npos && mark + 1 < url.size()) {
    size_t end = std::min(url.find('&', mark + 1), url.size());
    std::string item = url.substr(mark + 1, end - mark - 1);
    size_t equals = std::min(item.find('='), item.size());
    parsed.query[Decode(item.substr(0, equals))] =
        equals < item.size() ? Decode(item.substr(equals + 1)) : "";
    mark = end == url.size() ? std::string::npos : end;
  }
  return parsed;
}

std::string Escaped(const std::string& text) {
  std::string out;
  for (char c : text) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
  return out;
}

class FakeClient : public HttpClient {
 public:
  explicit FakeClient(FakeS3* server) : server_(server) {}
  Result<HttpResponse> Send(const HttpRequest& request) override {
    return server_->Answer(request);
  }

 private:
  FakeS3* server_;
};

}  // namespace

std::unique_ptr<HttpClient> FakeS3::MakeClient() { return std::make_unique<FakeClient>(this); }

Result<HttpResponse> FakeS3::Answer(const HttpRequest& request) {
  requests_.push_back(request);
  HttpFault fault = for_ever_;
  if (!faults_.empty()) {
    fault = faults_.front();
    faults_.pop_front();
  }
  switch (fault) {
    case HttpFault::k500:
      return Refusal(500, "InternalError");
    case HttpFault::k503:
      return Refusal(503, "SlowDown");
    case HttpFault::kConflict:
      return Refusal(409, "ConditionalRequestConflict");
    case HttpFault::kReset:
      return Unavailable("{}: connection reset", request.url);
    case HttpFault::kNotFound:
      return Refusal(404, "NoSuchKey");
    case HttpFault::kBadXml:
      return HttpResponse{200, {}, "<html><body>come back later</bod"};
    default:
      break;
  }
  HttpResponse response = Serve(request);
  if (fault == HttpFault::kLostReply) return Unavailable("{}: connection reset", request.url);
  if (fault == HttpFault::k500AfterDeed) return Refusal(500, "InternalError");
  if (fault == HttpFault::kShortBody) response.body.resize(response.body.size() / 2);
  if (fault == HttpFault::kWrongBytes && !response.body.empty())
    response.body[0] = static_cast<char>(response.body[0] ^ 1);
  if (static_cast<int64_t>(response.body.size()) > request.response_bytes_max)
    return ResourceExhausted("{}: too long an answer", request.url);
  return response;
}

bool FakeS3::IsSigned(const HttpRequest& request) const {
  ParsedUrl url = ParseUrl(request.url);
  SignedRequest again;
  again.method = request.method;
  again.host = url.host;
  again.path = url.path;
  for (const auto& [name, value] : url.query) again.query.emplace_back(name, value);
  for (const auto& [name, value] : request.headers) {
    if (!name.starts_with("x-amz-") && name != "Authorization")
      again.headers.emplace_back(name, value);
  }
  again.payload_sha256 = Sha256Hex(request.body);
  // Any time will do that the request itself names.
  std::string time = HeaderOf(request, "x-amz-date");
  if (time.size() != 16) return false;
  std::tm utc{};
  if (strptime(time.c_str(), "%Y%m%dT%H%M%SZ", &utc) == nullptr) return false;
  auto headers = SignedHeaders(again, credentials_, region_, int64_t{timegm(&utc)} * 1'000'000);
  return headers.back().second == HeaderOf(request, "Authorization");
}

HttpResponse FakeS3::Serve(const HttpRequest& request) {
  if (!IsSigned(request)) return Refusal(403, "SignatureDoesNotMatch");
  ParsedUrl url = ParseUrl(request.url);
  std::string path = Decode(url.path).substr(1);
  size_t slash = std::min(path.find('/'), path.size());
  if (path.substr(0, slash) != bucket_) return Refusal(404, "NoSuchBucket");
  std::string key = slash < path.size() ? path.substr(slash + 1) : "";
  if (key.empty()) return List(url.query);
  auto found = objects_.find(key);
  if (request.method == "PUT") {
    if (HeaderOf(request, "if-none-match") == "*" && found != objects_.end())
      return Refusal(412, "PreconditionFailed");
    objects_[key] = request.body;
    return {200, {}, ""};
  }
  if (request.method == "DELETE") {
    objects_.erase(key);
    return {204, {}, ""};
  }
  if (found == objects_.end()) return Refusal(404, "NoSuchKey");
  std::string range = HeaderOf(request, "range");
  if (range.empty()) return {200, {}, found->second};
  size_t dash = range.find('-');
  size_t first = std::strtoull(range.c_str() + 6, nullptr, 10);
  size_t last = std::strtoull(range.c_str() + dash + 1, nullptr, 10);
  if (first >= found->second.size()) return Refusal(416, "InvalidRange");
  return {206, {}, found->second.substr(first, last - first + 1)};
}

HttpResponse FakeS3::List(const std::map<std::string, std::string>& query) {
  auto get = [&](const char* name) {
    auto at = query.find(name);
    return at == query.end() ? std::string() : at->second;
  };
  std::string prefix = get("prefix"), after = get("continuation-token");
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult "
      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  size_t count = 0;
  std::string last;
  bool is_truncated = false;
  for (const auto& [key, bytes] : objects_) {
    if (!key.starts_with(prefix) || (!after.empty() && key <= after)) continue;
    if (count == page_size_) {
      is_truncated = true;
      break;
    }
    xml += "<Contents><Key>" + Escaped(key) + "</Key><Size>" + std::to_string(bytes.size()) +
           "</Size></Contents>";
    last = key;
    ++count;
  }
  xml += std::string("<IsTruncated>") + (is_truncated ? "true" : "false") + "</IsTruncated>";
  if (is_truncated) xml += "<NextContinuationToken>" + Escaped(last) + "</NextContinuationToken>";
  return {200, {}, xml + "</ListBucketResult>"};
}

}  // namespace weir
