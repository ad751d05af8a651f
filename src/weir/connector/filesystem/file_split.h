// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Positions within files, and whether a file is still the one that a position was taken in.
#pragma once

#include <limits>
#include <string>

#include "weir/base/environment.h"
#include "weir/connector/connector.h"

namespace weir {

inline constexpr int64_t kWholeFile = std::numeric_limits<int64_t>::max();

/// Tells a file from another one of the same name.
struct FileIdentity {
  int64_t size_bytes = 0;
  int64_t modified_micros = 0;
  uint64_t head = 0;  // Checksum of the first bytes; 0: not taken.
};

/// "begin end next rows size modified head path".
struct SplitPosition {
  int64_t begin = 0, end = kWholeFile;  // Bytes, or row groups.
  int64_t next = -1;                    // The byte to go on at; -1: not begun.
  int64_t rows = 0;                     // Rows read, where bytes cannot be told.
  FileIdentity file;
  std::string path;

  bool is_begun() const { return next >= 0 || rows > 0; }
  bool is_whole_file() const { return begin == 0 && end == kWholeFile; }
  std::string ToString() const;
  /// Errors: kCorruption.
  static Result<SplitPosition> Parse(const std::string& text);
};

/// Checksum of the first 4 KiB of a file, or of its first `size_bytes` if these are fewer; never 0.
Result<uint64_t> HeadChecksum(FileSystem& files, const std::string& path, int64_t size_bytes);

/// How a file may have changed since it was looked at.
enum class Growth : uint8_t { kAllowed, kRefused };  // kAllowed: lines are appended to text files.
enum class Touching : uint8_t { kAllowed, kRefused };  // A new time beside the same size.
/// Errors: kInvalidData naming what has changed: it became shorter, or other.
Status CheckUnchanged(FileSystem& files, const std::string& path, const FileIdentity& before,
                      const FileInfo& now, Growth growth, Touching touching);

}  // namespace weir
