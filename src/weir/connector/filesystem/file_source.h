// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#pragma once

#include <memory>

#include "weir/connector/connector.h"
#include "weir/format/format.h"

namespace weir {

/// Where standard input comes from once its first bytes were looked at. Threads: any.
class StandardInput {
 public:
  virtual ~StandardInput() = default;
  /// The first bytes (at least a line, unless it ends before), kept for Take.
  virtual Result<std::string> Peek(FileSystem* files) = 0;
  /// The bytes that Peek kept. Errors: kInvalidQuery the second time, for it can be read only once.
  virtual Result<std::string> Take() = 0;
};

/// Reads the files of `table`. `format` and its options were checked.
Result<std::unique_ptr<Source>> MakeFileSource(const TableContext& table,
                                               const ScanRequest& request, const Format* format,
                                               const std::string& path,
                                               StandardInput* standard_input);

/// The columns of `table` that lie in its files: all but the partition columns.
Schema FileSchema(const TableContext& table);
/// Options of the table's format, without prefix.
Options FormatOptions(const TableContext& table, const Format& format);
/// Metadata columns that files have.
const std::vector<Field>& FileMetadata();

}  // namespace weir
