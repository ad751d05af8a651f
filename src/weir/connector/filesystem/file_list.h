// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Which files a path stands for.
//   /data/x.csv          that file
//   /data/2026-*/x.csv   glob: * ? [a-z] {a,b}, ** for any number of directories
//   /data/dir            all files below; names that begin with . or _ are hidden
//   /data/dir/k=v/...    directories of the table's partition columns
//   -  or  stdin         standard input
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weir/base/environment.h"

namespace re2 {
class RE2;
}

namespace weir {

struct InputFile {
  std::string path;
  int64_t size_bytes = 0;
  int64_t modified_micros = 0;
  std::map<std::string, std::string>
      partition;  // Of the partition columns, as written in the path, unescaped.
};

bool IsStandardInput(std::string_view path);
/// Without "file://". Errors: kUnsupported for other schemes.
Result<std::string> LocalPath(const std::string& path);
/// Errors: kInvalidData when the path does not exist or a glob matches nothing. An empty directory
/// is no error.
Result<std::vector<InputFile>> ListFiles(const std::string& path,
                                         const std::vector<std::string>& partition_keys,
                                         FileSystem* files);

/// The same for the table's 'path', where it may match nothing yet, and only what
/// 'source.path.regex-pattern' lets through.
class FileFinder {
 public:
  /// Errors: kInvalidQuery for a pattern that cannot be read.
  static Result<FileFinder> Make(const std::string& path, const std::string& regex_pattern,
                                 const std::vector<std::string>& partition_keys);
  /// What a glob that matches nothing is.
  enum class Missing : uint8_t { kIsError, kIsNothing };
  /// Errors: as ListFiles.
  Result<std::vector<InputFile>> Find(FileSystem* files, Missing missing) const;

 private:
  std::string path_;
  std::shared_ptr<const re2::RE2> pattern_;  // Null: all files.
  std::vector<std::string> partition_keys_;
};

/// The partition columns' texts in the directories of `path`.
std::map<std::string, std::string> PartitionOfPath(const std::string& path,
                                                   const std::vector<std::string>& partition_keys);

/// Hive's escaping of partition values in paths: "a/b" <-> "a%2Fb".
std::string EscapePartition(std::string_view value);
std::string UnescapePartition(std::string_view text);

}  // namespace weir
