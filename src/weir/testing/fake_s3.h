// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A small S3 in memory behind HttpClient: path-style GET (with Range), PUT (with If-None-Match),
// DELETE and LIST version 2 with pages, and a fault for each request that a test asks for. It
// checks signatures by making them again with the same keys. Threads: one.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weir/base/environment.h"
#include "weir/store/aws_signature.h"
#include "weir/store/http_client.h"

namespace weir {

enum class HttpFault : uint8_t {
  kNone,
  k500,  // Nothing done.
  k503,
  kReset,         // No answer, nothing done.
  kLostReply,     // Done, no answer.
  k500AfterDeed,  // Done, and 500.
  kConflict,      // 409: nothing done.
  kShortBody,     // Half of the body of a GET, as a broken-off answer without a length.
  kWrongBytes,    // One bit of the body of a GET.
  kNotFound,      // 404 although it is there.
  kBadXml,        // An answer that is no XML.
};

class FakeS3 {
 public:
  FakeS3(std::string bucket, AwsCredentials credentials, std::string region)
      : bucket_(std::move(bucket)),
        credentials_(std::move(credentials)),
        region_(std::move(region)) {}

  /// A client of this server, which must outlive it.
  std::unique_ptr<HttpClient> MakeClient();
  /// What happens to the requests to come, in turn; afterwards nothing.
  void Fail(std::vector<HttpFault> faults) { faults_.assign(faults.begin(), faults.end()); }
  void FailForEver(HttpFault fault) { for_ever_ = fault; }
  void set_page_size(size_t keys) { page_size_ = keys; }

  std::map<std::string, std::string>& objects() { return objects_; }
  const std::vector<HttpRequest>& requests() const { return requests_; }

  Result<HttpResponse> Answer(const HttpRequest& request);

 private:
  HttpResponse Serve(const HttpRequest& request);
  HttpResponse List(const std::map<std::string, std::string>& query);
  bool IsSigned(const HttpRequest& request) const;

  std::string bucket_;
  AwsCredentials credentials_;
  std::string region_;
  std::map<std::string, std::string> objects_;
  std::vector<HttpRequest> requests_;
  std::deque<HttpFault> faults_;
  HttpFault for_ever_ = HttpFault::kNone;
  size_t page_size_ = 1000;
};

}  // namespace weir
