// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The two XML answers that are read. pugixml knows no entities but the five of XML itself and
// reads no other files, so an answer can neither grow nor reach anything.
#include <pugixml.hpp>

#include <cstring>

#include "weir/store/s3_object_store.h"

namespace weir {

Result<S3Listing> ParseS3Listing(std::string_view xml) {
  pugi::xml_document document;
  pugi::xml_parse_result parsed = document.load_buffer(xml.data(), xml.size());
  if (!parsed)
    return Unavailable("the store's list of objects cannot be read: {} at byte {}",
                       parsed.description(), parsed.offset);
  pugi::xml_node root = document.child("ListBucketResult");
  if (!root) return Unavailable("the store's answer is no list of objects");
  S3Listing listing;
  for (pugi::xml_node entry : root.children("Contents")) {
    std::string key = entry.child_value("Key");
    if (key.empty()) return Unavailable("the store's list of objects has an entry without a key");
    listing.keys.push_back(std::move(key));
  }
  if (std::strcmp(root.child_value("IsTruncated"), "true") == 0) {
    listing.continuation = root.child_value("NextContinuationToken");
    if (listing.continuation.empty())
      return Unavailable("the store's list of objects breaks off without saying how it goes on");
  }
  return listing;
}

std::string S3ErrorCode(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) return {};
  std::string code = document.child("Error").child_value("Code");
  for (char c : code) {
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!is_letter) return {};
  }
  return code.substr(0, 64);
}

}  // namespace weir
