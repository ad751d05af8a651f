// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What a store answers: LIST and error XML, header lines; and URIs and endpoints that people write.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "weir/base/check.h"
#include "weir/store/open_object_store.h"
#include "weir/store/s3_object_store.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto listing = ParseS3Listing(text);
  if (listing.ok()) {
    for (const std::string& key : listing->keys) WEIR_CHECK(!key.empty(), "keys are not empty");
  }
  WEIR_CHECK(S3ErrorCode(text).size() <= 64, "codes are short");
  HttpResponse response;
  size_t begin = 0;
  while (begin <= size) {
    size_t end = std::min(text.find('\n', begin), size);
    AddHeaderLine(text.substr(begin, end - begin), &response);
    begin = end + 1;
  }
  for (const auto& [name, value] : response.headers) {
    WEIR_CHECK(!name.empty() && name.find(' ') == std::string::npos, "names are words");
    WEIR_CHECK(value.find('\n') == std::string::npos, "values are one line");
  }
  std::string uri(text.substr(0, 200));
  (void)LocalPathOf(uri);
  Options options({{"s3.access-key", "k"}, {"s3.secret-key", "s"}, {"s3.endpoint", uri}});
  auto config = MakeS3Config(uri, options);
  if (config.ok()) WEIR_CHECK(config->endpoint.find(' ') == std::string::npos, "a host");
  (void)MakeS3Config("s3://bucket/" + uri,
                     Options({{"s3.access-key", "k"}, {"s3.secret-key", "s"}}));
  return 0;
}
