// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/store/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>

namespace weir {
namespace {

constexpr int64_t kHeaderBytesMax = 64 << 10;
constexpr size_t kIdleConnectionsMax = 8;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && std::string_view(" \t\r\n").find(text.back()) != std::string_view::npos)
    text.remove_suffix(1);
  return text;
}

struct Answer {
  HttpResponse response;
  int64_t bytes_max = 0;
  int64_t header_bytes = 0;
  bool is_too_long = false;
};

size_t OnBody(char* bytes, size_t size, size_t count, void* argument) {
  auto* answer = static_cast<Answer*>(argument);
  size_t length = size * count;
  if (static_cast<int64_t>(answer->response.body.size() + length) > answer->bytes_max) {
    answer->is_too_long = true;
    return 0;  // Ends the transfer.
  }
  answer->response.body.append(bytes, length);
  return length;
}

size_t OnHeader(char* bytes, size_t size, size_t count, void* argument) {
  auto* answer = static_cast<Answer*>(argument);
  size_t length = size * count;
  answer->header_bytes += static_cast<int64_t>(length);
  if (answer->header_bytes > kHeaderBytesMax) {
    answer->is_too_long = true;
    return 0;
  }
  AddHeaderLine({bytes, length}, &answer->response);
  return length;
}

struct HeaderList {
  curl_slist* list = nullptr;
  ~HeaderList() { curl_slist_free_all(list); }
};

/// Keeps a few handles, each with its open connection.
class CurlHttpClient : public HttpClient {
 public:
  ~CurlHttpClient() override {
    for (CURL* handle : idle_) curl_easy_cleanup(handle);
  }

  Result<HttpResponse> Send(const HttpRequest& request) override {
    CURL* handle = Take();
    if (handle == nullptr) return ResourceExhausted("the HTTP client cannot be started");
    auto response = SendOn(handle, request);
    GiveBack(handle);
    return response;
  }

 private:
  CURL* Take() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (!idle_.empty()) {
        CURL* handle = idle_.back();
        idle_.pop_back();
        curl_easy_reset(handle);  // Connections stay.
        return handle;
      }
    }
    return curl_easy_init();
  }
  void GiveBack(CURL* handle) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (idle_.size() < kIdleConnectionsMax) {
      idle_.push_back(handle);
    } else {
      curl_easy_cleanup(handle);
    }
  }

  static Result<HttpResponse> SendOn(CURL* handle, const HttpRequest& request) {
    Answer answer;
    answer.bytes_max = request.response_bytes_max;
    HeaderList headers;
    for (const auto& [name, value] : request.headers)
      headers.list = curl_slist_append(headers.list, (name + ": " + value).c_str());
    headers.list = curl_slist_append(headers.list, "Expect:");  // No wait for "100 Continue".
    long timeout_millis = static_cast<long>(std::max<int64_t>(request.timeout_micros / 1000, 1));
    curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);  // The signature is of these very bytes.
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, timeout_millis);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, std::min(timeout_millis, 10'000L));
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, OnBody);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, OnHeader);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &answer);
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    if (request.method == "HEAD") curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    if (request.method == "PUT" || request.method == "POST") {
      curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.data());
      headers.list = curl_slist_append(headers.list, "Content-Type: application/octet-stream");
    }
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.list);
    CURLcode code = curl_easy_perform(handle);
    if (answer.is_too_long)
      return ResourceExhausted("the answer of '{}' has more than {} bytes",
                               request.url.substr(0, request.url.find('?')), answer.bytes_max);
    if (code != CURLE_OK)
      return Unavailable("{} {}: {}", request.method, request.url.substr(0, request.url.find('?')),
                         curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    answer.response.status = static_cast<int>(status);
    return std::move(answer.response);
  }

  std::mutex mutex_;
  std::vector<CURL*> idle_;
};

}  // namespace

std::unique_ptr<HttpClient> MakeCurlHttpClient() {
  // Counted by libcurl; once a process is enough, and static initialization is safe in threads.
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)started;
  return std::make_unique<CurlHttpClient>();
}

void AddHeaderLine(std::string_view line, HttpResponse* response) {
  if (line.starts_with("HTTP/")) {
    response->headers.clear();
    return;
  }
  size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return;
  std::string name(line.substr(0, colon));
  for (char& c : name) {
    if (c <= ' ' || c > '~') return;
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  response->headers[name] = std::string(Trim(line.substr(colon + 1)));
}

std::string PercentEncode(std::string_view text, Slashes slashes) {
  std::string out;
  for (char c : text) {
    bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '.' || c == '_' || c == '~' ||
                    (c == '/' && slashes == Slashes::kKeep);
    if (is_plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace weir
