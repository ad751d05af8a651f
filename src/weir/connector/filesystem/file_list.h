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
#include <string>
#include <vector>

#include "weir/base/environment.h"

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

/// Hive's escaping of partition values in paths: "a/b" <-> "a%2Fb".
std::string EscapePartition(std::string_view value);
std::string UnescapePartition(std::string_view text);

}  // namespace weir
