// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/store/open_object_store.h"

#include "weir/store/local_object_store.h"
#include "weir/store/s3_object_store.h"

namespace weir {
namespace {

/// A part of another store.
class PrefixedObjectStore : public ObjectStore {
 public:
  PrefixedObjectStore(ObjectStore* all, std::string prefix)
      : all_(all), prefix_(std::move(prefix)) {}
  Result<std::string> Get(const std::string& key) override { return all_->Get(prefix_ + key); }
  Result<std::string> GetRange(const std::string& key, int64_t offset, int64_t length) override {
    return all_->GetRange(prefix_ + key, offset, length);
  }
  Status Put(const std::string& key, std::string_view bytes) override {
    return all_->Put(prefix_ + key, bytes);
  }
  Result<bool> PutIfAbsent(const std::string& key, std::string_view bytes) override {
    return all_->PutIfAbsent(prefix_ + key, bytes);
  }
  Result<std::vector<std::string>> List(const std::string& prefix) override {
    WEIR_ASSIGN_OR_RETURN(std::vector<std::string> keys, all_->List(prefix_ + prefix));
    for (std::string& key : keys) key.erase(0, prefix_.size());
    return keys;
  }
  Status Delete(const std::string& key) override { return all_->Delete(prefix_ + key); }

 private:
  ObjectStore* all_;
  std::string prefix_;
};

bool IsSchemeName(std::string_view text) {
  for (char c : text) {
    bool is_good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '+' || c == '-' || c == '.';
    if (!is_good) return false;
  }
  return text.size() >= 2;
}

/// "s3" of "s3://x"; empty for a plain path.
std::string SchemeOf(const std::string& uri) {
  size_t colon = uri.find(':');
  if (colon == std::string::npos || !IsSchemeName(std::string_view(uri).substr(0, colon)))
    return {};
  bool has_slash = colon + 1 < uri.size() && uri[colon + 1] == '/';
  if (!has_slash) return {};
  std::string scheme = uri.substr(0, colon);
  for (char& c : scheme) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return scheme;
}

}  // namespace

std::optional<std::string> LocalPathOf(const std::string& uri) {
  std::string scheme = SchemeOf(uri);
  if (scheme.empty()) return uri;
  if (scheme != "file") return std::nullopt;
  std::string path = uri.substr(5);  // "/dir", "///dir", "//host/dir".
  if (path.starts_with("//localhost/")) path.erase(0, 11);
  if (path.starts_with("///")) path.erase(0, 2);
  if (path.starts_with("//")) return std::nullopt;  // Another host's file.
  return path;
}

Result<std::unique_ptr<ObjectStore>> OpenObjectStore(const std::string& uri,
                                                     const Environment& environment,
                                                     const Options& options) {
  if (uri.empty()) return InvalidQuery("an empty text is no directory");
  if (std::optional<std::string> path = LocalPathOf(uri)) {
    return std::make_unique<LocalObjectStore>(environment.files, environment.random, *path);
  }
  std::string scheme = SchemeOf(uri);
  if (environment.objects != nullptr) {
    std::string prefix = uri.substr(uri.find("://") + 3);
    while (prefix.ends_with('/')) prefix.pop_back();
    return std::make_unique<PrefixedObjectStore>(environment.objects, prefix + "/");
  }
  if (scheme == "s3" || scheme == "s3a" || scheme == "s3p") {
    WEIR_ASSIGN_OR_RETURN(S3Config config, MakeS3Config(uri, options));
    return MakeS3ObjectStore(std::move(config), MakeCurlHttpClient(), environment.clock,
                             environment.random);
  }
  if (scheme == "file")
    return WithHint(InvalidQuery("'{}' names a file of another machine", uri), "file:///dir");
  return WithHint(
      Unsupported("a directory of the kind '{}://' is not supported yet: '{}'", scheme, uri),
      "use a local directory or s3://bucket/prefix");
}

}  // namespace weir
