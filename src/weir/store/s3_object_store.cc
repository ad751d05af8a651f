// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/store/s3_object_store.h"

#include <algorithm>

#include "weir/store/local_object_store.h"

namespace weir {
namespace {

constexpr int64_t kListBytesMax = 16 << 20;
constexpr int kListPagesMax = 100'000;

/// Worth another attempt with the very same request.
bool IsPassing(int status) {
  return status == 408 || status == 409 || status == 429 || (status >= 500 && status != 501);
}

struct Call {
  std::string method;
  std::string key;  // Without the prefix; empty: the bucket.
  std::vector<std::pair<std::string, std::string>> query = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  int64_t response_bytes_max = 1 << 20;
};

/// What became of a call with its repetitions.
struct Outcome {
  HttpResponse response;
  bool has_lost_answer = false;  // An attempt before the last may have been carried out.
};

class S3ObjectStore : public ObjectStore {
 public:
  S3ObjectStore(S3Config config, std::unique_ptr<HttpClient> http, Clock* clock, Random* random)
      : config_(std::move(config)), http_(std::move(http)), clock_(clock), random_(random) {
    size_t host = config_.endpoint.find("://") + 3;
    scheme_ = config_.endpoint.substr(0, host);
    host_ = config_.endpoint.substr(host);
    if (scheme_ == "https://" && host_.ends_with(":443")) host_.resize(host_.size() - 4);
    if (scheme_ == "http://" && host_.ends_with(":80")) host_.resize(host_.size() - 3);
    if (config_.addressing == S3Addressing::kVirtualHost) host_ = config_.bucket + "." + host_;
  }

  Result<std::string> Get(const std::string& key) override {
    Call call{"GET", key};
    call.response_bytes_max = config_.object_bytes_max;
    WEIR_ASSIGN_OR_RETURN(Outcome outcome, Send(call));
    if (outcome.response.status != 200) return Refused(call, outcome.response);
    return std::move(outcome.response.body);
  }

  Result<std::string> GetRange(const std::string& key, int64_t offset, int64_t length) override {
    if (length == 0) return std::string();
    Call call{"GET", key};
    call.headers = {{"range", fmt::format("bytes={}-{}", offset, offset + length - 1)}};
    call.response_bytes_max = config_.object_bytes_max;
    WEIR_ASSIGN_OR_RETURN(Outcome outcome, Send(call));
    HttpResponse& response = outcome.response;
    if (response.status == 200 && static_cast<int64_t>(response.body.size()) >= offset + length)
      return response.body.substr(static_cast<size_t>(offset), static_cast<size_t>(length));
    bool is_short =
        response.status == 416 || response.status == 200 ||
        (response.status == 206 && static_cast<int64_t>(response.body.size()) != length);
    if (is_short)
      return Corruption("object '{}' does not have bytes {} to {}", NameOf(key), offset,
                        offset + length);
    if (response.status != 206) return Refused(call, response);
    return std::move(response.body);
  }

  Status Put(const std::string& key, std::string_view bytes) override {
    WEIR_RETURN_NOT_OK(CheckSize(key, bytes));
    Call call{"PUT", key, {}, {}, std::string(bytes)};
    WEIR_ASSIGN_OR_RETURN(Outcome outcome, Send(call));
    return outcome.response.status == 200 ? Status::OK() : Refused(call, outcome.response);
  }

  Result<bool> PutIfAbsent(const std::string& key, std::string_view bytes) override {
    WEIR_RETURN_NOT_OK(CheckSize(key, bytes));
    Call call{"PUT", key, {}, {{"if-none-match", "*"}}, std::string(bytes)};
    WEIR_ASSIGN_OR_RETURN(Outcome outcome, Send(call));
    int status = outcome.response.status;
    if (status == 200) return true;
    if (status != 412) return Refused(call, outcome.response);
    if (!outcome.has_lost_answer) return false;
    return Unavailable(
        "object '{}' exists, and it is not known whether an earlier attempt, whose answer was "
        "lost, has put it",
        NameOf(key));
  }

  Result<std::vector<std::string>> List(const std::string& prefix) override {
    std::vector<std::string> keys;
    std::string continuation;
    for (int page = 0; page < kListPagesMax; ++page) {
      Call call{"GET", "", {{"list-type", "2"}, {"prefix", config_.prefix + prefix}}};
      if (!continuation.empty()) call.query.emplace_back("continuation-token", continuation);
      call.response_bytes_max = kListBytesMax;
      WEIR_ASSIGN_OR_RETURN(Outcome outcome, Send(call));
      if (outcome.response.status != 200) return Refused(call, outcome.response);
      auto listing = ParseS3Listing(outcome.response.body);
      if (!listing.ok()) return WithContext(listing.status(), NameOf(prefix));
      for (std::string& key : listing->keys) {
        if (!key.starts_with(config_.prefix + prefix))
          return Unavailable("the store lists '{}' among the objects of '{}'", key, NameOf(prefix));
        key.erase(0, config_.prefix.size());
        keys.push_back(std::move(key));
      }
      if (listing->continuation.empty()) {
        std::sort(keys.begin(), keys.end());
        return keys;
      }
      continuation = std::move(listing->continuation);
    }
    return Unavailable("the list of the objects of '{}' does not end", NameOf(prefix));
  }

  Status Delete(const std::string& key) override {
    Call call{"DELETE", key};
    WEIR_ASSIGN_OR_RETURN(Outcome outcome, Send(call));
    int status = outcome.response.status;
    if (status == 200 || status == 204) return Status::OK();
    if (status == 404 && S3ErrorCode(outcome.response.body) != "NoSuchBucket") return Status::OK();
    return Refused(call, outcome.response);
  }

 private:
  std::string NameOf(const std::string& key) const {
    return fmt::format("s3://{}/{}{}", config_.bucket, config_.prefix, key);
  }

  Status CheckSize(const std::string& key, std::string_view bytes) const {
    if (static_cast<int64_t>(bytes.size()) <= config_.object_bytes_max) return Status::OK();
    return Unsupported("an object of {} bytes, more than {}, '{}',", bytes.size(),
                       config_.object_bytes_max, NameOf(key));
  }

  HttpRequest Sign(const Call& call) const {
    SignedRequest to_sign;
    to_sign.method = call.method;
    to_sign.host = host_;
    to_sign.path = "/";
    if (config_.addressing == S3Addressing::kPath) {
      to_sign.path += config_.bucket;
      if (!call.key.empty()) to_sign.path += "/";
    }
    if (!call.key.empty()) to_sign.path += PercentEncode(config_.prefix + call.key, Slashes::kKeep);
    to_sign.query = call.query;
    to_sign.headers = call.headers;
    to_sign.payload_sha256 = Sha256Hex(call.body);
    HttpRequest request;
    request.method = call.method;
    request.url = scheme_ + host_ + to_sign.path;
    if (!call.query.empty()) request.url += "?" + CanonicalQuery(call.query);
    request.headers =
        SignedHeaders(to_sign, config_.credentials, config_.region, clock_->WallMicros());
    request.body = call.body;
    request.timeout_micros = config_.request_timeout_micros;
    request.response_bytes_max = call.response_bytes_max;
    return request;
  }

  /// Repeats what may pass. Errors: kUnavailable when the deadline has come, kResourceExhausted
  /// when the answer is too long.
  Result<Outcome> Send(const Call& call) {
    if (!call.key.empty()) WEIR_RETURN_NOT_OK(CheckObjectKey(call.key));
    int64_t deadline = clock_->MonotonicMicros() + config_.deadline_micros;
    int64_t pause = config_.first_pause_micros;
    bool has_lost_answer = false;
    for (int attempt = 1;; ++attempt) {
      auto response = http_->Send(Sign(call));
      if (response.ok() && !IsPassing(response->status))
        return Outcome{std::move(*response), has_lost_answer};
      Status failed = response.ok() ? Refused(call, *response) : response.status();
      if (!response.ok() && GetErrorInfo(failed).code != ErrorCode::kUnavailable) return failed;
      // A refusal by 409 or 429 says that nothing was done; the others may come after the deed.
      has_lost_answer |= !response.ok() || (response->status != 409 && response->status != 429);
      int64_t wait =
          pause / 2 + static_cast<int64_t>(random_->Next() % static_cast<uint64_t>(pause / 2 + 1));
      if (clock_->MonotonicMicros() + wait >= deadline)
        return WithContext(failed, fmt::format("given up after {} attempts", attempt));
      clock_->SleepMicros(wait);
      pause = std::min(pause * 2, config_.pause_max_micros);
    }
  }

  Status Refused(const Call& call, const HttpResponse& response) const {
    std::string name = call.key.empty() ? "s3://" + config_.bucket : NameOf(call.key);
    std::string code = S3ErrorCode(response.body);
    std::string what = fmt::format("{} '{}': the store answers {}{}{}", call.method, name,
                                   response.status, code.empty() ? "" : " ", code);
    if (IsPassing(response.status)) return Unavailable("{}", what);
    if (code == "NoSuchBucket")
      return InvalidData("bucket '{}' does not exist at {}", config_.bucket, config_.endpoint);
    if (response.status == 404) return InvalidData("object '{}' does not exist", name);
    if (response.status == 403 || response.status == 401) {
      return WithHint(InvalidData("{}", what),
                      code == "RequestTimeTooSkewed"
                          ? "set the clock of this machine"
                          : "check s3.access-key, s3.secret-key and the bucket's policy");
    }
    if (response.status == 301 || response.status == 307 || response.status == 400) {
      auto region = response.headers.find("x-amz-bucket-region");
      if (region != response.headers.end() && region->second != config_.region)
        return WithHint(
            InvalidData("bucket '{}' is not in region {}", config_.bucket, config_.region),
            "set s3.region to the bucket's region");
    }
    if (response.status == 501 && call.method == "PUT" && !call.headers.empty())
      return Unsupported("the store {} does not know put-if-absent (If-None-Match), which", host_);
    return InvalidData("{}", what);
  }

  S3Config config_;
  std::unique_ptr<HttpClient> http_;
  Clock* clock_;
  Random* random_;
  std::string scheme_, host_;
};

}  // namespace

std::unique_ptr<ObjectStore> MakeS3ObjectStore(S3Config config, std::unique_ptr<HttpClient> http,
                                               Clock* clock, Random* random) {
  return std::make_unique<S3ObjectStore>(std::move(config), std::move(http), clock, random);
}

}  // namespace weir
